#ifndef OUTKIT_MOCK_GRAPH_IPP
#define OUTKIT_MOCK_GRAPH_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/graph_view.hpp>
#include <outkit/mock/odata.hpp>
#include <outkit/mock/user_info.hpp>
#include <outkit/mock/world.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>

// Texts and shapes: documented in microsoftgraph/microsoft-graph-docs-contrib, observed in the issues named at them.

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

inline constexpr std::size_t longest_target = 16 * 1024;
inline constexpr std::size_t most_segments = 64;
inline constexpr std::size_t largest_body = 4 * 1024 * 1024;  // observed: microsoft-graph-docs-contrib#682
inline constexpr std::uint64_t default_page = 10;
inline constexpr std::uint64_t largest_page = 1000;
inline constexpr std::size_t most_rendered = 4'000;  // messages whose JSON is kept
inline constexpr std::size_t most_rendered_octets = 64 << 20;

// observed: microsoftgraph/microsoft-graph-docs#10880, sdk-php#1094
inline constexpr char const* access_denied = "Access is denied. Check credentials and try again.";
// observed: microsoftgraph/msgraph-sdk-dotnet#259, microsoft/MHA#77
inline constexpr char const* not_found =
    "The specified object was not found in the store., The process failed to get the correct properties.";
// observed: MaikuB/flutter_appauth#575, O365/python-o365#1111
inline constexpr char const* not_a_jwt = "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to "
                                         "be in JWS or JWE Compact Serialization "
                                         "Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): "
                                         "'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector."
                                         "EncodedCiphertext.EncodedAuthenticationTag'.";

// The path's segments, decoded. The key syntax users('x') becomes two segments, as users/x. Nothing for a path that is
// not percent-encoded properly.
inline std::optional<std::vector<std::string>> split_path(std::string_view path)
{
    auto const decoded = [](std::string_view segment) {
        std::string plus(segment);  // a '+' is no blank in a path
        for (std::size_t at = plus.find('+'); at != plus.npos; at = plus.find('+', at))
            plus.replace(at, 1, "%2B");
        return detail::form_decode(plus);
    };
    std::vector<std::string> out;
    if (path.starts_with('/'))
        path.remove_prefix(1);
    while (!path.empty())  // a slash at the end is legal (documented: message-get.md)
    {
        std::string_view const segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(segment.size() + 1, path.size()));
        if (segment.empty())
            return std::nullopt;
        auto text = decoded(segment);
        if (!text || out.size() >= most_segments)
            return std::nullopt;
        std::size_t const open = text->find("('");
        if (open != text->npos && open != 0 && text->ends_with("')"))
        {
            std::string key;
            for (std::size_t i = open + 2; i < text->size() - 2; ++i)
            {
                key += (*text)[i];
                if ((*text)[i] == '\'' && (*text)[i + 1] == '\'')  // quotes are doubled inside
                    ++i;
            }
            out.push_back(text->substr(0, open));
            out.push_back(std::move(key));
            continue;
        }
        if (text->ends_with("()"))
            text->resize(text->size() - 2);
        if (text->starts_with("microsoft.graph."))
            text->erase(0, std::string_view("microsoft.graph.").size());
        out.push_back(std::move(*text));
    }
    return out;
}

// The name in a Host field, without port and brackets; nothing for what is none.
inline std::string_view host_name(std::string_view host)
{
    std::string_view port;
    if (host.starts_with('['))
    {
        std::size_t const end = host.find(']');
        if (end == host.npos)
            return {};
        port = host.substr(end + 1);
        host = host.substr(1, end - 1);
    }
    else
    {
        std::size_t const colon = std::min(host.find(':'), host.size());
        port = host.substr(colon);
        host = host.substr(0, colon);
    }
    bool const good = port.empty() || (port.starts_with(':') && port.size() >= 2 && port.size() <= 6 &&
                                       port.find_first_not_of("0123456789", 1) == port.npos);
    return good ? host : std::string_view();
}

struct preferences
{
    view_options view;
    std::optional<std::uint64_t> page_size;
    bool body_named = false;
};

inline std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t n = 0;
    auto const r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || r.ec != std::errc() || r.ptr != text.data() + text.size())
        return std::nullopt;
    return n;
}

// Several values in one field or in several; the value may be quoted or not (observed: microsoftgraph/msgraph-sdk-java#510).
inline preferences read_preferences(http::fields const& headers)
{
    preferences p;
    for (http::field const& f : headers)
    {
        if (!same_name(f.name, "Prefer"))
            continue;
        std::string_view rest = f.value;
        while (!rest.empty())
        {
            std::string_view item = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(item.size() + 1, rest.size()));
            item = http::detail::without_blanks(item);
            std::string_view const name = item.substr(0, item.find('='));
            item.remove_prefix(std::min(name.size() + 1, item.size()));
            if (item.size() >= 2 && item.front() == '"' && item.back() == '"')
                item = item.substr(1, item.size() - 2);
            if (same_name(name, "IdType"))
                p.view.immutable_ids = same_name(item, "ImmutableId");
            else if (same_name(name, "outlook.body-content-type"))
            {
                p.view.body = same_name(item, "text") ? outkit::graph::body_type::text : outkit::graph::body_type::html;
                p.body_named = true;
            }
            else if (same_name(name, "outlook.allow-unsafe-html"))
                p.view.unsafe_html = true;
            else if (same_name(name, "odata.maxpagesize"))
                p.page_size = number(item);
        }
    }
    return p;
}

}  // namespace graph_detail

struct graph::state
{
    explicit state(world& w) : w(w) {}

    // A message's JSON, made once. By id, the form asked for, and change key.
    struct rendered
    {
        std::string change_key;
        std::shared_ptr<std::string const> text;
    };
    std::shared_ptr<std::string const> render(message const& m, folder const& in, view_options const& o);

    // Requests of one application to one mailbox; nothing if that is too many.
    std::optional<std::chrono::seconds> over_rate(std::string const& key);

    world& w;
    std::vector<std::string> hosts;  // we answer to, without brackets
    std::unordered_map<std::string, rendered> cache;
    std::size_t cached_octets = 0;
    struct counter
    {
        detail::time_point since{};
        unsigned requests = 0;
    };
    std::map<std::string, counter> rates;
};

// One request on its way through the checks. Whatever refuses it answers at once.
struct graph::exchange
{
    using response = http::response;
    using segments = std::span<std::string const>;

    exchange(state& s, http::request const& r) : st(s), w(s.w), request(r) {}

    state& st;
    world& w;
    http::request const& request;
    std::string path;  // as it was sent
    odata::query query;
    graph_detail::preferences prefer;
    std::string host;
    std::string version = "v1.0";
    std::string request_id;
    std::string client_request_id;
    access who;
    user const* owner = nullptr;  // whose mailbox
    mailbox* box = nullptr;
    journal_entry entry;

    response run();
    response route(segments s);
    response get_user();
    response folders(segments s);
    response child_folders(folder& parent, segments s);
    response one_folder(folder_ptr const& f, std::string_view asked, segments s);
    response list_folders(folder& parent, std::string_view context);
    response create_folder(folder& parent, std::string_view context);
    response messages(folder_ptr const& in, std::string_view asked, segments s);
    response list_messages(folder_ptr const& in, std::string_view asked, bool only_count);
    response one_message(folder_ptr const& in, std::string const& id, segments s);
    response transfer(location const& from, bool move);
    response send_mail();
    response submit(std::string raw, std::vector<std::string> recipients, bool save);

    // The gates. Nothing: pass.
    std::optional<response> authenticate(std::string_view whose);
    enum class right
    {
        profile,
        read_basic,
        read,
        write,
        send
    };
    bool has_right(right r) const;
    std::optional<response> enter(right r);  // permission, then mailbox
    std::optional<response> decode_body() const;

    response json(unsigned status, std::string body);
    response no_content(unsigned status);
    response refuse(unsigned status, std::string code, std::string message, bool by_gateway = true);
    response refuse(odata::refusal const& r) { return refuse(400, r.code, r.message); }
    response no_segment(std::string_view s)
    {
        return refuse(400, "BadRequest", "Resource not found for the segment '" + std::string(s.substr(0, 128)) + "'.");
    }
    response no_method() { return refuse(405, "BadRequest", "The OData request is not supported.", false); }
    response no_item(std::string_view id);
    void finish(response& r);

    std::string root() const { return "https://" + host + "/" + version + "/"; }
    std::string context(std::string_view suffix) const { return root() + "$metadata#" + std::string(suffix); }
    std::string user_key() const { return "users('" + graph_user_id(*owner) + "')"; }
    bool method(std::string_view m) const { return request.method == m; }

    struct selection
    {
        std::vector<std::string> names;       // canonical; empty: the default
        std::vector<std::string_view> views;  // the same
        std::string in_context;               // "(a,b)" or nothing
    };
    using is_property = bool (*)(std::string_view);
    std::optional<response> select(is_property known, char const* type, selection& out);
    std::optional<response> page(std::uint64_t& top, std::uint64_t& skip);
    std::string entity(message const& m, folder const& in, selection const& s, bool basic);
};

OUTKIT_INLINE graph::graph(world& w, std::vector<std::string> hosts) : state_(std::make_unique<state>(w))
{
    state_->hosts = w.certificates.default_names();
    state_->hosts.insert(state_->hosts.end(), hosts.begin(), hosts.end());
}
OUTKIT_INLINE graph::~graph() = default;

OUTKIT_INLINE http::response graph::answer(http::request const& request)
{
    exchange x(*state_, request);
    http::response r = x.run();
    x.finish(r);
    state_->w.journal.record(std::move(x.entry));
    return r;
}

// The answer's head

OUTKIT_INLINE void graph::exchange::finish(response& r)
{
    auto const add = [&](char const* name, std::string value) {
        if (!http::find(r.headers, name))
            r.headers.push_back({name, std::move(value)});
    };
    add("Cache-Control", "private");
    add("Strict-Transport-Security", "max-age=31536000");
    add("request-id", request_id);
    add("client-request-id", client_request_id);
    // observed: microsoftgraph/microsoft-graph-docs#4752
    add("x-ms-ags-diagnostic", R"({"ServerInfo":{"DataCenter":"Mock","Slice":"E","Ring":"5","ScaleUnit":"002",)"
                               R"("RoleInstance":"MOCKPEPF00012345"}})");
    if (http::find(request.headers, "Origin"))
    {
        // observed: dotnet/dev-proxy, ProxyUtils
        add("Access-Control-Allow-Origin", "*");
        add("Access-Control-Expose-Headers",
            "ETag, Location, Preference-Applied, Content-Range, request-id, client-request-id, "
            "ReadWriteConsistencyToken, SdkVersion, WWW-Authenticate, x-ms-client-gcc-tenant, Retry-After");
    }
    if (entry.answer.empty())
        entry.answer = std::to_string(r.status);
}

OUTKIT_INLINE http::response graph::exchange::json(unsigned status, std::string body)
{
    response r;
    r.status = status;
    r.body = std::move(body);
    r.headers.push_back({"Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;"
                                         "IEEE754Compatible=false;charset=utf-8"});
    r.headers.push_back({"OData-Version", "4.0"});
    return r;
}

// Without a media type: SDKs parse by it, and there is nothing to parse.
OUTKIT_INLINE http::response graph::exchange::no_content(unsigned status)
{
    response r;
    r.status = status;
    return r;
}

// Errors of the gateway name the request; those of the mailbox mostly do not (observed: docs#10880, mguessan/davmail#501).
OUTKIT_INLINE http::response graph::exchange::refuse(unsigned status, std::string code, std::string message,
                                                     bool by_gateway)
{
    outkit::graph::problem p;
    p.status = status;
    p.code = std::move(code);
    p.message = std::move(message);
    p.request_id = request_id;
    p.client_request_id = client_request_id;
    p.date = outkit::graph::detail::format(std::chrono::floor<std::chrono::seconds>(w.date()));
    p.date.pop_back();  // without the Z
    entry.outcome = status == 400 || status == 405 ? journal_outcome::invalid : journal_outcome::refused;
    entry.answer = std::to_string(status) + ' ' + p.code;
    if (entry.reason.empty())
        entry.reason = p.message;
    response r;
    r.status = status;
    r.headers.push_back({"Content-Type", "application/json"});
    r.body = outkit::graph::detail::serialise(p, by_gateway);
    return r;
}

OUTKIT_INLINE http::response graph::exchange::no_item(std::string_view id)
{
    if (!is_graph_id(id) && !role_of(id))  // observed: gaiin-platform/amplify-genai-backend#380
        return refuse(400, "ErrorInvalidIdMalformed", "Id is malformed.", false);
    return refuse(404, "ErrorItemNotFound", graph_detail::not_found, false);
}

// The gates

OUTKIT_INLINE http::response graph::exchange::run()
{
    namespace d = graph_detail;
    request_id = new_guid(w);
    std::string const* const asked = http::find(request.headers, "client-request-id");
    client_request_id = asked && !asked->empty() && asked->size() <= 128 ? *asked : request_id;
    std::string const* const named = http::find(request.headers, "Host");
    host = named ? *named : std::string();
    entry.time = w.date();
    entry.server = "graph";

    std::string_view const target = request.target;
    std::size_t const mark = target.find('?');
    path = target.substr(0, mark);
    entry.what = request.method + ' ' + path.substr(0, 512);
    entry.fields.push_back({"request-id", request_id});
    if (asked)
        entry.fields.push_back({"client-request-id", client_request_id});
    std::string_view name = d::host_name(host);
    if (std::none_of(st.hosts.begin(), st.hosts.end(), [&](std::string const& h) { return same_name(h, name); }))
        return refuse(421, "MisdirectedRequest", "This mock is not responsible for that host.");
    auto const segments = d::split_path(path);
    if (target.size() > d::longest_target || !segments ||
        !query.parse(mark == target.npos ? std::string_view() : target.substr(mark + 1)))
        return refuse(400, "BadRequest", "The request URL is not valid.");
    for (auto const& [name, value] : query.options())
        if (entry.fields.size() < 16)
            entry.fields.push_back({name, value.substr(0, 256)});
    prefer = d::read_preferences(request.headers);

    if (auto const fault = w.faults.take("graph", entry.what); fault && (fault->status != 0 || fault->answer))
    {
        unsigned const status = fault->status != 0 ? static_cast<unsigned>(fault->status) : 500u;
        // observed: magodo/terraform-provider-outlook#21; else what a gateway says that knows no more
        response r = status == 429 ? refuse(429, "ApplicationThrottled",
                                            "Application is over its MailboxConcurrency limit.", false)
                                   : refuse(status, "UnknownError", "");
        if (fault->answer && !fault->answer->empty())
            r.body = *fault->answer;
        if (!r.body.starts_with('{'))
            r.headers.front().value = "text/html";
        if (fault->retry_after)
            r.headers.push_back({"Retry-After", std::to_string(fault->retry_after->count())});
        for (auto const& [name, value] : fault->header_fields)
            r.headers.push_back({name, value});
        if (fault->disconnect)
            r.headers.push_back({"Connection", "close"});
        entry.outcome = journal_outcome::fault;
        entry.reason = "a queued fault";
        return r;
    }

    // Where the authority's metadata say it is (documented: Microsoft Learn, UserInfo endpoint).
    if (same_name(path, "/oidc/userinfo") && (request.method == "GET" || request.method == "POST"))
    {
        response r = user_info(w, request);
        entry.answer = std::to_string(r.status) + " user info";
        if (r.status != 200)
            entry.outcome = journal_outcome::refused;
        return r;
    }

    // Which user is meant decides what the token opens.
    std::span<std::string const> rest(*segments);
    bool const known_version = !rest.empty() && (same_name(rest[0], "v1.0") || same_name(rest[0], "beta"));
    if (known_version)
    {
        version = same_name(rest[0], "beta") ? "beta" : "v1.0";
        rest = rest.subspan(1);
    }
    std::string whose = "me";
    bool routed = false;
    if (known_version && !rest.empty() && same_name(rest[0], "me"))
    {
        rest = rest.subspan(1);
        routed = true;
    }
    else if (known_version && rest.size() >= 2 && same_name(rest[0], "users"))
    {
        // What Kiota's clients write for /me before they rewrite it
        whose = same_name(rest[1], "me-token-to-replace") ? "me" : rest[1];
        rest = rest.subspan(2);
        routed = true;
    }
    if (auto refused = authenticate(whose))
        return std::move(*refused);
    if (!known_version)
        return refuse(400, "BadRequest", "Invalid version.");
    if (!routed)
        return no_segment(rest.empty() ? "" : rest[0]);
    if (whose == "me" && who.app_only)  // observed: pnp/pnpcore#905
        return refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.");
    if (auto refused = decode_body())
        return std::move(*refused);
    return route(rest);
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::authenticate(std::string_view whose)
{
    std::string const* const authorization = http::find(request.headers, "Authorization");
    std::string_view bearer = authorization ? std::string_view(*authorization) : std::string_view();
    if (same_name(bearer.substr(0, 7), "Bearer "))
        bearer.remove_prefix(7);
    bearer = http::detail::without_blanks(bearer);
    who = open(w, bearer, protocol::graph, whose);
    owner = w.directory.find_user_id(who.owner_id);
    if (!who.actor_id.empty())
        entry.fields.push_back({"actor", who.actor_id});
    if (!who.claims.client_id.empty())
        entry.fields.push_back({"client_id", who.claims.client_id});
    if (!who.mailbox.empty())
        entry.fields.push_back({"mailbox", who.mailbox});
    if (who.denial != access_denial::none)
        entry.reason = describe(who.denial);

    auto const unauthorized = [&](std::string message, std::string challenge = {}) {
        response r = refuse(401, "InvalidAuthenticationToken", std::move(message));
        std::string value = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/"
                            "authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"";
        r.headers.push_back({"WWW-Authenticate", value + challenge});
        return r;
    };
    // A token that is good but out of date with the directory: continuous access evaluation asks for a new one
    // (observed: microsoftgraph/msgraph-sdk-dotnet#1416, msgraph-sdk-javascript#932).
    auto const reevaluated = [&](std::string const& code) {
        std::string const said = "Continuous access evaluation resulted in ";
        std::string const result = " with result: InteractionRequired and code: " + code;
        std::string const claims =
            "{\"access_token\":{\"nbf\":{\"essential\":true, \"value\":\"" + std::to_string(unix_time(w)) + "\"}}}";
        return unauthorized(said + "challenge" + result, ", error=\"insufficient_claims\", claims=\"" +
                                                             detail::base64_encode(claims) + "\", errorDescription=\"" +
                                                             said + "claims challenge" + result + "\"");
    };
    using enum access_denial;
    switch (who.denial)
    {
    case token_missing: return unauthorized("Access token is empty.");
    case token_malformed:
        if (bearer.find('.') == bearer.npos)
            return unauthorized(graph_detail::not_a_jwt);
        // observed: microsoftgraph/msgraph-training-dotnet#31
        return unauthorized("CompactToken parsing failed with error code: 80049217");
    case real_credential: {
        response r = refuse(400, "real_credential_refused",
                            "This is a mock, and the token is one of the real service. It was neither kept nor logged; "
                            "treat it as disclosed and sign in here instead.");
        r.headers.push_back({"Connection", "close"});
        return r;
    }
    case token_unknown_key:
    case token_signature:
    case token_issuer:  // observed: microsoftgraph/python-sample-auth#10
        return unauthorized("CompactToken validation failed with reason code: 80049228.");
    case token_audience:  // observed: microsoftgraph/microsoft-graph-docs#16208
        return unauthorized("Access token validation failure. Invalid audience.");
    case token_expired:  // observed: s1t5/mail-archiver#267
        return unauthorized("Lifetime validation failed, the token is expired.");
    case token_not_yet_valid: return unauthorized("Lifetime validation failed, the token is not yet valid.");
    case user_unknown: return reevaluated("UserNotFound");
    case user_disabled: return reevaluated("UserDisabled");
    default: break;
    }
    user const* const actor = who.app_only ? nullptr : w.directory.find_user_id(who.actor_id);
    auto const valid_from = [](user const& u) {
        return std::chrono::floor<std::chrono::seconds>(u.tokens_valid_from).time_since_epoch().count();
    };
    // Tokens are dated back by 300 s.
    if (actor && who.claims.issued_at + 300 < valid_from(*actor))
        return reevaluated("TokenIssuedBeforeRevocationTimestamp");
    return std::nullopt;
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::decode_body() const
{
    auto& self = const_cast<exchange&>(*this);
    std::string const* const coding = http::find(request.headers, "Content-Encoding");
    if (coding && !same_name(*coding, "identity") && !request.body.empty())  // Kiota's clients then send it plain
        return self.refuse(415, "UnsupportedMediaType", "The content encoding of the request is not supported.");
    if (request.body.size() > graph_detail::largest_body)
        return self.refuse(400, "BadRequest", "The maximum request length supported is 4MB.");
    return std::nullopt;
}

// documented: the permission tables of user-get.md, message-get.md, message-update.md, user-sendmail.md,
// outlook-share-messages-folders.md
OUTKIT_INLINE bool graph::exchange::has_right(right r) const
{
    auto const any = [&](std::initializer_list<std::string_view> names) {
        return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return who.has(n); });
    };
    bool const shared = !who.is_owner && !who.app_only;
    switch (r)
    {
    case right::profile:
        if (who.is_owner)
            return any({"User.Read", "User.ReadWrite", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All",
                        "Directory.Read.All"});
        return any({"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"});
    case right::read_basic:
        if (shared ? any({"Mail.ReadBasic.Shared"}) : any({"Mail.ReadBasic", "Mail.ReadBasic.All"}))
            return true;
        [[fallthrough]];
    case right::read:
        if (shared ? any({"Mail.Read.Shared"}) : any({"Mail.Read"}))
            return true;
        [[fallthrough]];
    case right::write: return shared ? any({"Mail.ReadWrite.Shared"}) : any({"Mail.ReadWrite"});
    case right::send: return shared ? any({"Mail.Send.Shared"}) : any({"Mail.Send"});
    }
    return false;
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::enter(right r)
{
    using enum access_denial;
    if (who.denial == mailbox_unknown)  // observed: microsoftgraph/microsoft-graph-docs#7909
        return refuse(404, "ErrorInvalidUser", "The requested user is invalid.", false);
    if (!has_right(r))
    {
        if (entry.reason.empty())
            entry.reason = "the token lacks the permission for this call";
        return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    }
    switch (who.denial)
    {
    case none: break;
    case app_no_rights:  // documented: auth-limit-mailbox-access.md
        return refuse(403, "ErrorAccessDenied", "Access to OData is disabled.", false);
    case mailbox_not_licensed:
    case not_connectable:  // observed: microsoft/MicrosoftCloud#41
        return refuse(404, "MailboxNotEnabledForRESTAPI",
                      "The mailbox is either inactive, soft-deleted, or is hosted on-premise.", false);
    case mailbox_blocked:
        return refuse(403, "ErrorAccountSuspend", "Account suspended. Follow the instructions in your Inbox.", false);
    default: return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    }
    box = w.mailboxes.find(who.mailbox);
    if (!box || !owner)
        return refuse(404, "MailboxNotEnabledForRESTAPI",
                      "The mailbox is either inactive, soft-deleted, or is hosted on-premise.", false);
    if (r != right::send && !who.full_access)
        return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    if (auto const wait = st.over_rate(who.claims.client_id + ' ' + who.mailbox))
    {
        response r429 = refuse(429, "ApplicationThrottled", "Application is over its RequestRate limit.", false);
        r429.headers.push_back({"Retry-After", std::to_string(wait->count())});
        return r429;
    }
    return std::nullopt;
}

OUTKIT_INLINE std::optional<std::chrono::seconds> graph::state::over_rate(std::string const& key)
{
    constexpr std::chrono::minutes window(10);
    if (rates.size() > 10'000)
        rates.clear();
    counter& c = rates[key];
    auto const now = w.now();
    if (c.requests == 0 || now - c.since >= window)
        c = {now, 0};
    if (c.requests >= w.policy.service.throttling.graph_per_10_minutes)
        return std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(c.since + window - now));
    ++c.requests;
    return std::nullopt;
}

// Routes

OUTKIT_INLINE http::response graph::exchange::route(segments s)
{
    if (s.empty())
        return get_user();
    if (same_name(s[0], "sendMail") && s.size() == 1)
        return method("POST") ? send_mail() : no_method();
    if (same_name(s[0], "messages"))
        return messages(nullptr, {}, s.subspan(1));
    if (same_name(s[0], "mailFolders"))
        return folders(s.subspan(1));
    return no_segment(s[0]);
}

OUTKIT_INLINE http::response graph::exchange::get_user()
{
    if (!method("GET"))
        return no_method();
    if (!has_right(right::profile))
        return refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    if (!owner)
        return refuse(404, "Request_ResourceNotFound",
                      "Resource '" + path.substr(path.rfind('/') + 1, 128) +
                          "' does not exist or one of its queried reference-property objects are not present.");
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_user_property, "microsoft.graph.user", chosen))
        return std::move(*refused);
    std::string body = outkit::graph::detail::serialise(graph_view(*owner), chosen.views);
    std::string const head =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context("users" + chosen.in_context + "/$entity"));
    return json(200, head + (body == "{}" ? "}" : "," + body.substr(1)));
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::select(is_property known, char const* type, selection& out)
{
    std::string const* const text = query.find("$select");
    if (!text)
        return std::nullopt;
    std::string_view rest = *text;
    while (!rest.empty())
    {
        std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        item = http::detail::without_blanks(item);
        if (item.empty())
            continue;
        // Names are the schema's, in any case of letters.
        std::string name(item);
        if (!known(name))
        {
            bool found = false;
            for (char const* const canonical : {"id",
                                                "createdDateTime",
                                                "lastModifiedDateTime",
                                                "changeKey",
                                                "categories",
                                                "receivedDateTime",
                                                "sentDateTime",
                                                "hasAttachments",
                                                "internetMessageId",
                                                "subject",
                                                "bodyPreview",
                                                "importance",
                                                "parentFolderId",
                                                "conversationId",
                                                "conversationIndex",
                                                "isDeliveryReceiptRequested",
                                                "isReadReceiptRequested",
                                                "isRead",
                                                "isDraft",
                                                "webLink",
                                                "inferenceClassification",
                                                "body",
                                                "sender",
                                                "from",
                                                "toRecipients",
                                                "ccRecipients",
                                                "bccRecipients",
                                                "replyTo",
                                                "flag",
                                                "uniqueBody",
                                                "internetMessageHeaders",
                                                "displayName",
                                                "childFolderCount",
                                                "unreadItemCount",
                                                "totalItemCount",
                                                "isHidden",
                                                "mail",
                                                "userPrincipalName",
                                                "givenName",
                                                "surname"})
                if (same_name(canonical, item) && known(canonical))
                {
                    name = canonical;
                    found = true;
                }
            if (!found)
            {
                std::string const message = "Could not find a property named '" + std::string(item.substr(0, 128)) +
                                            "' on type '" + type + "'.";
                // observed: wslyvh/paperweight#1 for messages, mguessan/davmail#488 for folders
                if (std::string_view(type) == "microsoft.graph.message")
                    return refuse(400, "RequestBroker--ParseUri", message);
                return refuse(400, "BadRequest", "Parsing OData Select and Expand failed: " + message);
            }
        }
        if (out.names.size() < 64)
            out.names.push_back(std::move(name));
    }
    for (std::string const& n : out.names)
    {
        out.views.push_back(n);
        (out.in_context += out.in_context.empty() ? "(" : ",") += n;
    }
    if (!out.names.empty())
        out.in_context += ')';
    return std::nullopt;
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::page(std::uint64_t& top, std::uint64_t& skip)
{
    namespace d = graph_detail;
    top = prefer.page_size ? std::clamp<std::uint64_t>(*prefer.page_size, 1, d::largest_page) : d::default_page;
    skip = 0;
    if (std::string const* const text = query.find("$top"))
    {
        auto const n = d::number(*text);
        if (!n || *n < 1 || *n > d::largest_page)  // documented: user-list-messages.md; the text is [inferred]
            return refuse(400, "BadRequest",
                          "Invalid page size specified: '" + text->substr(0, 32) +
                              "'. Must be between 1 and 1000 inclusive.");
        top = *n;
    }
    if (std::string const* const text = query.find("$skip"))
    {
        auto const n = d::number(*text);
        if (!n || *n > 1'000'000'000)
            return refuse(400, "BadRequest", "Invalid value '" + text->substr(0, 32) + "' for $skip.");
        skip = *n;
    }
    return std::nullopt;
}

// Folders

OUTKIT_INLINE http::response graph::exchange::folders(segments s)
{
    bool const writes = s.size() <= 1 && !method("GET");
    if (auto refused = enter(writes ? right::write : right::read_basic))
        return std::move(*refused);
    std::string const base = user_key() + "/mailFolders";
    if (s.empty())
    {
        if (method("POST"))
            return create_folder(*box->root(), base);
        return method("GET") ? list_folders(*box->root(), base) : no_method();
    }
    folder_ptr const f = box->find_folder(s[0]);
    if (!f || !f->is_mail())
        return no_item(s[0]);
    return one_folder(f, s[0], s.subspan(1));
}

// The id as it stands in a link's quotes.
inline std::string quoted_key(std::string_view id)
{
    std::string out;
    for (char const c : id)
        if (c == '=')
            out += "%3D";
        else if (c == '\'')
            out += "''";
        else
            out += c;
    return out;
}

OUTKIT_INLINE http::response graph::exchange::one_folder(folder_ptr const& f, std::string_view asked, segments s)
{
    if (!s.empty() && same_name(s[0], "messages"))
        return messages(f, asked, s.subspan(1));
    if (!s.empty() && same_name(s[0], "childFolders"))
        return child_folders(*f, s.subspan(1));
    if (!s.empty())
        return no_segment(s[0]);

    if (method("DELETE"))
    {
        if (f->role() != role::none)
            return refuse(400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.", false);
        w.mailboxes.remove_folder(*f);
        return no_content(204);
    }
    if (method("PATCH"))
    {
        auto const body = outkit::graph::detail::parse_folder_name(request.body, {});
        if (body.ec)
            return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
        if (f->role() != role::none)
            return refuse(400, "ErrorInvalidRequest", "Distinguished folders cannot be renamed.", false);
        if (!w.mailboxes.move_folder(*f, *f->parent(), body.value))
            return refuse(409, "ErrorFolderExists", "A folder with the specified name already exists.", false);
    }
    else if (!method("GET"))
        return no_method();
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_folder_property, "microsoft.graph.mailFolder", chosen))
        return std::move(*refused);
    std::string const head =
        "{\"@odata.context\":" +
        outkit::graph::detail::json_string(context(user_key() + "/mailFolders" + chosen.in_context + "/$entity"));
    return json(200, head + "," + outkit::graph::detail::serialise(graph_view(*f), chosen.views).substr(1));
}

OUTKIT_INLINE http::response graph::exchange::child_folders(folder& parent, segments s)
{
    std::string const base = user_key() + "/mailFolders('" + quoted_key(parent.id()) + "')/childFolders";
    if (s.empty())
    {
        if (method("POST"))
            return has_right(right::write) ? create_folder(parent, base)
                                           : refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
        return method("GET") ? list_folders(parent, base) : no_method();
    }
    folder_ptr const f = box->find_folder(s[0]);
    if (!f || !f->is_mail() || f->parent() != &parent)
        return no_item(s[0]);
    if (!method("GET") && s.size() == 1 && !has_right(right::write))
        return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    return one_folder(f, s[0], s.subspan(1));
}

OUTKIT_INLINE http::response graph::exchange::create_folder(folder& parent, std::string_view context_of)
{
    auto const body = outkit::graph::detail::parse_folder_name(request.body, {});
    if (body.ec)
        return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
    folder_ptr const f = w.mailboxes.create_folder(parent, body.value);
    if (!f)  // observed: alcionai/corso#3278
        return refuse(409, "ErrorFolderExists", "A folder with the specified name already exists.", false);
    std::string const head =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(std::string(context_of) + "/$entity"));
    response r = json(201, head + "," + outkit::graph::detail::serialise(graph_view(*f)).substr(1));
    r.headers.push_back({"Location", root() + user_key() + "/mailFolders('" + quoted_key(f->id()) + "')"});
    return r;
}

// documented: user-list-mailfolders.md: hidden ones only when asked for, no recursion; the samples are in order of names
OUTKIT_INLINE http::response graph::exchange::list_folders(folder& parent, std::string_view context_of)
{
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_folder_property, "microsoft.graph.mailFolder", chosen))
        return std::move(*refused);
    std::uint64_t top = 0, skip = 0;
    if (auto refused = page(top, skip))
        return std::move(*refused);
    std::string const* const hidden = query.find("includeHiddenFolders");
    bool const all = hidden && same_name(*hidden, "true");
    std::vector<folder const*> found;
    for (folder_ptr const& f : parent.children())
        if (f->is_mail() && (all || !f->hidden()))
            found.push_back(f.get());
    std::sort(found.begin(), found.end(),
              [](folder const* a, folder const* b) { return odata::lowered(a->name()) < odata::lowered(b->name()); });

    std::string body = "{\"@odata.context\":" +
                       outkit::graph::detail::json_string(context(std::string(context_of) + chosen.in_context));
    if (std::string const* const count = query.find("$count"); count && same_name(*count, "true"))
        body += ",\"@odata.count\":" + std::to_string(found.size());
    if (skip + top < found.size())
        body += ",\"@odata.nextLink\":" +
                outkit::graph::detail::json_string("https://" + host + path + query.with_skip(skip + top));
    body += ",\"value\":[";
    for (std::uint64_t i = skip; i < found.size() && i < skip + top; ++i)
    {
        if (i != skip)
            body += ',';
        body += outkit::graph::detail::serialise(graph_view(*found[i]), chosen.views);
    }
    return json(200, body + "]}");
}

// Messages

OUTKIT_INLINE http::response graph::exchange::messages(folder_ptr const& in, std::string_view asked, segments s)
{
    bool const of_all = !in;
    right need = right::read_basic;
    if (s.size() == 1 && !method("GET"))
        need = right::write;
    else if (s.size() == 2 && same_name(s[1], "$value"))
        need = right::read;
    else if (s.size() >= 2)
        need = right::write;
    if (of_all)
    {
        if (auto refused = enter(need))
            return std::move(*refused);
    }
    else if (!has_right(need))
        return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
    if (s.empty())
        return method("GET") ? list_messages(in, asked, false) : no_method();
    if (s[0] == "$count" && s.size() == 1)
        return method("GET") ? list_messages(in, asked, true) : no_method();
    return one_message(in, s[0], s.subspan(1));
}

OUTKIT_INLINE std::shared_ptr<std::string const> graph::state::render(message const& m, folder const& in,
                                                                      view_options const& o)
{
    // The id changes when the message is moved, so the key has the folder in it.
    std::string key = m.id;
    key += o.immutable_ids ? 'i' : 'r';
    key += o.body == outkit::graph::body_type::text ? 't' : 'h';
    key += o.unsafe_html ? 'u' : 's';
    auto const found = cache.find(key);
    if (found != cache.end() && found->second.change_key == m.change_key)
        return found->second.text;
    auto text = std::make_shared<std::string const>(outkit::graph::detail::serialise(graph_view(m, in, o)));
    if (found != cache.end())
        cached_octets -= found->second.text->size();
    else if (cache.size() >= graph_detail::most_rendered || cached_octets > graph_detail::most_rendered_octets)
    {
        cache.clear();
        cached_octets = 0;
    }
    cached_octets += text->size();
    cache.insert_or_assign(std::move(key), rendered{m.change_key, text});
    return text;
}

// One message's JSON with what the permission allows of it (documented: permissions-reference.md, Mail.ReadBasic).
OUTKIT_INLINE std::string graph::exchange::entity(message const& m, folder const& in, selection const& chosen,
                                                  bool basic)
{
    if (chosen.names.empty() && !basic)
        return *st.render(m, in, prefer.view);
    auto const is_hidden = [](std::string_view name) {
        return name == "body" || name == "bodyPreview" || name == "uniqueBody";
    };
    view_options o = prefer.view;
    o.headers = std::find(chosen.names.begin(), chosen.names.end(), "internetMessageHeaders") != chosen.names.end();
    std::vector<std::string_view> names;
    static constexpr std::string_view defaults[] = {"createdDateTime",
                                                    "lastModifiedDateTime",
                                                    "changeKey",
                                                    "categories",
                                                    "receivedDateTime",
                                                    "sentDateTime",
                                                    "hasAttachments",
                                                    "internetMessageId",
                                                    "subject",
                                                    "importance",
                                                    "parentFolderId",
                                                    "conversationId",
                                                    "conversationIndex",
                                                    "isDeliveryReceiptRequested",
                                                    "isReadReceiptRequested",
                                                    "isRead",
                                                    "isDraft",
                                                    "webLink",
                                                    "inferenceClassification",
                                                    "sender",
                                                    "from",
                                                    "toRecipients",
                                                    "ccRecipients",
                                                    "bccRecipients",
                                                    "replyTo",
                                                    "flag"};
    if (chosen.names.empty())
        names.assign(std::begin(defaults), std::end(defaults));
    else
        std::copy_if(chosen.views.begin(), chosen.views.end(), std::back_inserter(names),
                     [&](std::string_view n) { return !basic || !is_hidden(n); });
    if (names.empty())
        names.push_back("id");
    return outkit::graph::detail::serialise(graph_view(m, in, o), names);
}

OUTKIT_INLINE http::response graph::exchange::list_messages(folder_ptr const& in, std::string_view asked,
                                                            bool only_count)
{
    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_message_property, "microsoft.graph.message", chosen))
        return std::move(*refused);
    std::uint64_t top = 0, skip = 0;
    if (auto refused = page(top, skip))
        return std::move(*refused);
    odata::filter wanted;
    std::string const* const filter_text = query.find("$filter");
    std::string const* const order_text = query.find("$orderby");
    if (query.find("$search"))
    {
        if (order_text)  // observed: visionik/mogcli#11
            return refuse(400, "SearchWithOrderBy", "The query parameter '$orderBy' is not supported with '$search'.");
        return refuse(501, "NotImplemented", "This mock does not search.");
    }
    if (filter_text)
        if (auto const refused = wanted.parse(*filter_text))
            return refuse(refused);
    std::vector<odata::order> by;
    if (order_text)
    {
        if (auto const refused = odata::parse_order(*order_text, by))
            return refuse(refused);
        if (filter_text)
            if (auto const refused = odata::check_order(wanted, by))
                return refuse(refused);
    }
    if (by.empty())
        by.push_back({odata::property::received, true});

    struct item
    {
        message const* what;
        folder const* where;
        std::size_t place;  // what is equal stays in the order it was found in
    };
    std::vector<item> found;
    auto const collect = [&](folder const& f) {
        for (auto m = f.messages().rbegin(); m != f.messages().rend(); ++m)  // the newest are the last ones
            if (!filter_text || wanted.matches(**m, f))
                found.push_back({m->get(), &f, found.size()});
    };
    if (in)
        collect(*in);
    else
        for (folder_ptr const& f : box->folders())
            if (f->is_mail())
                collect(*f);
    if (only_count)
    {
        response r;
        r.headers.push_back({"Content-Type", "text/plain"});
        r.body = std::to_string(found.size());
        return r;
    }
    bool const usual = by.size() == 1 && by[0].by == odata::property::received && by[0].descending;
    auto const before = [&](item const& a, item const& b) {
        if (usual)
        {
            auto const x = odata::seconds(a.what->internal_date), y = odata::seconds(b.what->internal_date);
            return x != y ? x > y : a.place < b.place;
        }
        if (odata::comes_before(by, *a.what, *a.where, *b.what, *b.where))
            return true;
        return a.place < b.place && !odata::comes_before(by, *b.what, *b.where, *a.what, *a.where);
    };
    if (!std::is_sorted(found.begin(), found.end(), before))
        std::sort(found.begin(), found.end(), before);

    bool const basic = !has_right(right::read);
    std::string of = user_key();
    if (in)
        of += "/mailFolders('" + quoted_key(asked) + "')";
    std::string body =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(of + "/messages" + chosen.in_context));
    if (std::string const* const count = query.find("$count"); count && same_name(*count, "true"))
        body += ",\"@odata.count\":" + std::to_string(found.size());
    if (skip + top < found.size())
        body += ",\"@odata.nextLink\":" +
                outkit::graph::detail::json_string("https://" + host + path + query.with_skip(skip + top));
    body += ",\"value\":[";
    found.erase(found.begin(),
                found.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(skip, found.size())));
    found.resize(std::min<std::uint64_t>(top, found.size()));
    if (chosen.names.empty() && !basic)
    {
        // The kept texts, joined in one allocation.
        std::vector<std::shared_ptr<std::string const>> texts;
        std::size_t size = body.size() + 2;
        for (item const& i : found)
            size += texts.emplace_back(st.render(*i.what, *i.where, prefer.view))->size() + 1;
        body.reserve(size);
        for (auto const& text : texts)
            (body += &text == &texts.front() ? "" : ",") += *text;
    }
    else
        for (item const& i : found)
        {
            body += &i == &found.front() ? "" : ",";
            body += entity(*i.what, *i.where, chosen, basic);
        }
    body += "]}";
    return json(200, std::move(body));
}

OUTKIT_INLINE http::response graph::exchange::one_message(folder_ptr const& in, std::string const& id, segments s)
{
    location const at = box->find_message(id);
    if (!at || !at.where->is_mail() || (in && at.where != in))
        return no_item(id);
    message& m = *at.what;
    if (s.size() == 1 && s[0] == "$value")
    {
        if (!method("GET"))
            return no_method();
        response r;
        r.headers.push_back({"Content-Type", "text/plain"});
        r.body = m.raw();
        return r;
    }
    if (s.size() == 1 && (same_name(s[0], "move") || same_name(s[0], "copy")))
        return method("POST") ? transfer(at, same_name(s[0], "move")) : no_method();
    if (!s.empty())
        return no_segment(s[0]);

    if (method("DELETE"))
    {
        folder_ptr const deleted = box->find(role::deleted_items);
        if (deleted && deleted != at.where)
            w.mailboxes.move(*at.where, m.uid, *deleted);
        else
            w.mailboxes.expunge(*at.where, m.uid);
        return no_content(204);
    }
    if (method("PATCH"))
    {
        auto const change = outkit::graph::detail::parse_update(request.body, {});
        if (change.ec)
            return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
        if (std::string const* const match = http::find(request.headers, "If-Match");
            match && *match != "*" && *match != "W/\"" + m.change_key + "\"")  // observed: docs-contrib#7934
            return refuse(412, "ErrorIrresolvableConflict",
                          "The send or update operation could not be performed because the change key passed in the "
                          "request does not match the current change key for the item.",
                          false);
        outkit::graph::message_update const& u = change.value;
        if (u.categories)
            m.properties["categories"] = odata::join_categories(*u.categories);
        if (u.importance)
            m.properties["importance"] = *u.importance == outkit::graph::importance::high  ? "high"
                                         : *u.importance == outkit::graph::importance::low ? "low"
                                                                                           : "normal";
        using outkit::graph::flag_status;
        if (u.flag)
            m.properties["flag"] = *u.flag == flag_status::complete ? "complete" : "";
        w.mailboxes.touch(*at.where, m.uid);
        auto const set = [&](flags f, bool on) {
            w.mailboxes.store(*at.where, m.uid, on ? mailbox_store::how::add : mailbox_store::how::remove, f);
        };
        if (u.flag)
            set(flags::flagged, *u.flag == flag_status::flagged);
        if (u.is_read)
            set(flags::seen, *u.is_read);
    }
    else if (!method("GET"))
        return no_method();

    selection chosen;
    if (auto refused = select(outkit::graph::detail::is_message_property, "microsoft.graph.message", chosen))
        return std::move(*refused);
    std::string const head =
        "{\"@odata.context\":" +
        outkit::graph::detail::json_string(context(user_key() + "/messages" + chosen.in_context + "/$entity"));
    response r = json(200, head + "," + entity(m, *at.where, chosen, !has_right(right::read)).substr(1));
    r.headers.push_back({"ETag", "W/\"" + m.change_key + "\""});
    if (prefer.body_named)
    {
        bool const text = prefer.view.body == outkit::graph::body_type::text;
        r.headers.push_back(
            {"Preference-Applied", std::string("outlook.body-content-type=\"") + (text ? "text" : "html") + '"'});
    }
    return r;
}

OUTKIT_INLINE http::response graph::exchange::transfer(location const& from, bool move)
{
    auto const target = outkit::graph::detail::parse_destination(request.body, {});
    if (target.ec)
        return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
    folder_ptr const to = box->find_folder(target.value);
    if (!to || !to->is_mail())
        return no_item(target.value);
    message_ptr const there =
        move ? w.mailboxes.move(*from.where, from.what->uid, *to) : w.mailboxes.copy(*from.where, from.what->uid, *to);
    if (!there)
        return refuse(404, "ErrorItemNotFound", graph_detail::not_found, false);
    std::string const head =
        "{\"@odata.context\":" + outkit::graph::detail::json_string(context(user_key() + "/messages/$entity"));
    return json(201, head + "," + st.render(*there, *to, prefer.view)->substr(1));
}

// Sending

OUTKIT_INLINE http::response graph::exchange::send_mail()
{
    if (auto refused = enter(right::send))
        return std::move(*refused);
    // documented: outlook-send-mail-from-other-user.md; the text observed: microsoftgraph/microsoft-graph-docs#3996
    auto const not_this_sender = [&] {
        return refuse(403, "ErrorSendAsDenied",
                      "The user account which was used to submit this request does not have the right to send mail on "
                      "behalf of the specified sending account., Cannot submit message.",
                      false);
    };
    // observed: microsoftgraph/msgraph-sdk-dotnet#1891, microsoftgraph/ruby-connect-rest-sample#15
    auto const no_recipients = [&] {
        return refuse(
            400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent because it contains no recipients.", false);
    };
    auto const bad_recipient = [&](std::string_view address) {
        return refuse(400, "ErrorInvalidRecipients",
                      "At least one recipient is not valid., Recipient \"" + std::string(address.substr(0, 256)) +
                          "\" isn't resolved. All recipients must be resolved before a message can be submitted.",
                      false);
    };
    if (!who.send_on_behalf)
        return not_this_sender();
    user const* const actor = who.app_only ? owner : w.directory.find_user_id(who.actor_id);

    std::string const type = http::media_type(request.headers);
    if (type.empty())
        return refuse(400, "BadRequest",
                      "Write requests (excluding DELETE) must contain the Content-Type header declaration.");

    if (type == "text/plain")
    {
        std::string encoded;
        std::copy_if(request.body.begin(), request.body.end(), std::back_inserter(encoded),
                     [](char c) { return c != '\r' && c != '\n' && c != ' '; });
        auto const decoded = detail::base64_decode(encoded);
        if (!decoded || decoded->empty())  // documented: user-sendmail.md, example 4
            return refuse(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.", false);
        std::string raw = mime::with_crlf(*decoded);
        mime::structure const parsed = mime::parse(raw);
        mime::envelope const& head = parsed.head();
        std::vector<std::string> recipients;
        for (auto const* list : {&head.to, &head.cc, &head.bcc})
            for (mime::address_entry const& e : *list)
                if (e.what == mime::address_entry::kind::mailbox)
                {
                    auto const a = mime::strict(e);
                    if (!a)
                        return bad_recipient(odata::address_text(e));
                    recipients.push_back(a->to_string());
                }
        if (recipients.empty())
            return no_recipients();
        std::string added;
        error_code ec;
        if (head.from.empty())
        {
            mime::mailbox me;
            me.name = owner->display_name;
            me.addr = mime::parse_address(who.mailbox, ec).value_or(mime::address());
            added += "From: " + mime::to_string(me) + "\r\n";
        }
        else if (auto const from = mime::strict(head.from.front());
                 !from || (!owner->answers_to(from->to_string()) && !may_send_as(w, who, from->to_string())))
            return not_this_sender();
        if (head.date.empty())
            added += "Date: " + mime::format_date({std::chrono::floor<std::chrono::seconds>(w.date()), {}}) + "\r\n";
        if (head.message_id.empty())
        {
            std::string const domain = who.mailbox.substr(who.mailbox.find('@') + 1);
            added += "Message-ID: <" + mime::make_message_id(w, domain) + ">\r\n";
        }
        return submit(added + raw, std::move(recipients), true);
    }
    if (type != "application/json")
        return refuse(415, "UnsupportedMediaType", "The Content-Type of the request is not supported.");

    auto const body = outkit::graph::detail::parse_send_mail(request.body, {});
    if (body.ec)  // observed: mguessan/davmail#506
    {
        entry.reason = body.what;
        return refuse(400, "UnableToDeserializePostBody", "were unable to deserialize ");
    }
    outkit::graph::outgoing_message const& in = body.value.message;
    mime::message out;
    out.keep_bcc = true;
    error_code ec;
    auto const mailbox_of = [&](std::string const& name, std::string const& address) -> std::optional<mime::mailbox> {
        auto a = mime::parse_address(address, ec);
        if (!a)
            return std::nullopt;
        user const* const known = w.directory.find_user(address);
        return mime::mailbox{!name.empty() || !known ? name : known->display_name, *a};
    };

    std::string from = who.mailbox;
    if (in.from && !in.from->address.empty() && !owner->answers_to(in.from->address))
    {
        if (!may_send_as(w, who, in.from->address))
            return not_this_sender();
        from = in.from->address;
    }
    auto const sender = mailbox_of(w.directory.find_user(from) ? std::string() : owner->display_name, from);
    if (!sender)
        return not_this_sender();
    out.from = *sender;
    if (!who.send_as && actor)  // on behalf: the mailbox is seen in From, who it was in Sender
        out.sender = mailbox_of({}, mailbox_address(*actor));

    std::vector<std::string> recipients;
    std::pair<std::vector<outkit::graph::recipient> const*, std::vector<mime::mailbox>*> const lists[] = {
        {&in.to_recipients, &out.to}, {&in.cc_recipients, &out.cc}, {&in.bcc_recipients, &out.bcc}};
    for (auto const& [given, made] : lists)
        for (outkit::graph::recipient const& r : *given)
        {
            auto const m = mailbox_of(r.name, r.address);
            if (!m)
                return bad_recipient(r.address);
            recipients.push_back(m->addr.to_string());
            made->push_back(*m);
        }
    if (recipients.empty())
        return no_recipients();
    for (outkit::graph::recipient const& r : in.reply_to)
    {
        auto const m = mailbox_of(r.name, r.address);
        if (!m)
            return bad_recipient(r.address);
        out.reply_to.push_back(*m);
    }

    out.subject = in.subject;
    (in.body.content_type == outkit::graph::body_type::html ? out.html : out.text) = in.body.content;
    if (in.importance != outkit::graph::importance::normal)
        out.fields.push_back({"Importance", in.importance == outkit::graph::importance::high ? "high" : "low"});
    for (auto const& h : in.internet_message_headers)
    {
        if (!h.name.starts_with("x-") &&
            !h.name.starts_with("X-"))  // observed: terminal42/contao-notification_center#436
            return refuse(400, "InvalidInternetMessageHeader",
                          "The internet message header name '" + h.name.substr(0, 128) +
                              "' should start with 'x-' or 'X-'.",
                          false);
        out.fields.push_back({h.name, h.value});
    }
    for (auto const& a : in.attachments)
    {
        mime::attachment made;
        made.name = a.name;
        if (!a.content_type.empty())
            made.content_type = a.content_type;
        made.content = a.content;
        made.content_id = a.content_id;
        made.is_inline = a.is_inline;
        out.attachments.push_back(std::move(made));
    }
    auto built = mime::build(out, w, ec);
    if (!built)
    {
        entry.reason = ec.message();
        return refuse(400, "ErrorInvalidRequest", "The request is invalid.", false);
    }
    return submit(std::move(built->raw), std::move(recipients), body.value.save_to_sent_items);
}

OUTKIT_INLINE http::response graph::exchange::submit(std::string raw, std::vector<std::string> recipients, bool save)
{
    mailbox_policy const& policy = w.policy.mailbox(who.mailbox);
    if (recipients.size() > w.policy.service.recipients_per_message)
        return refuse(400, "ErrorExceededMaxRecipientLimit", "The message has too many recipients.", false);
    // observed: motze92/office365-mail#39
    if (raw.size() > policy.max_send || raw.size() > w.mailboxes.limits().message_octets)
        return refuse(400, "ErrorMessageSizeExceeded",
                      "The message exceeds the maximum supported size., Cannot save changes made to an item to store.",
                      false);
    if (policy.full)  // observed: microsoftgraph/microsoft-graph-docs#2927
        return refuse(403, "ErrorQuotaExceeded", "Mailbox has exceeded maximum mailbox size.", false);
    entry.fields.push_back({"recipients", std::to_string(recipients.size())});
    submission s;
    s.sender = box;
    s.raw = std::move(raw);
    s.recipients = std::move(recipients);
    s.save_to_sent_items = save;
    delivery const d = w.mailboxes.submit(std::move(s));
    entry.fields.push_back({"delivered", std::to_string(d.received.size())});
    if (!d.outside.empty())
        entry.fields.push_back({"outside", std::to_string(d.outside.size())});
    if (!d.refused.empty())
        entry.fields.push_back({"refused", std::to_string(d.refused.size())});
    return no_content(202);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
