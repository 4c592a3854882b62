#ifndef OUTKIT_MOCK_GRAPH_IPP
#define OUTKIT_MOCK_GRAPH_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/graph_state.hpp>
#include <outkit/mock/gzip.hpp>
#include <outkit/mock/user_info.hpp>

#include <algorithm>

// Texts and shapes: documented in microsoftgraph/microsoft-graph-docs-contrib, observed in the issues named at them.

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

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

inline bool is_gzip(http::request const& r)
{
    std::string const* const coding = http::find(r.headers, "Content-Encoding");
    return coding && same_name(*coding, "gzip") && !r.body.empty();
}

// What cannot be unpacked stays as it is, and is refused later.
inline void unpack(http::request& r)
{
    auto plain = gunzip(r.body, largest_body + 1);
    if (!plain)
        return;
    r.body = std::move(*plain);
    std::erase_if(r.headers, [](http::field const& f) { return same_name(f.name, "Content-Encoding"); });
}

// observed: microsoftgraph/microsoft-graph-docs#4752
inline void pack(http::request const& asked, http::response& r)
{
    if (r.body.empty())
        return;
    bool wanted = false;
    for (http::field const& f : asked.headers)
        for (std::string_view rest = same_name(f.name, "Accept-Encoding") ? std::string_view(f.value) : "";
             !rest.empty();)
        {
            std::string_view const item = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(item.size() + 1, rest.size()));
            std::string_view const coding = http::detail::without_blanks(item.substr(0, item.find(';')));
            std::size_t const weight = item.find("q=0");
            bool const never = weight != item.npos && item.find_first_of("123456789", weight + 3) == item.npos;
            wanted = (wanted || same_name(coding, "gzip")) && !(same_name(coding, "gzip") && never);
        }
    r.headers.push_back({"Vary", "Accept-Encoding"});
    if (!wanted)
        return;
    r.body = gzip(r.body);
    r.headers.push_back({"Content-Encoding", "gzip"});
}

}  // namespace graph_detail

OUTKIT_INLINE graph::graph(world& w, std::vector<std::string> hosts, oauth2::cloud const& in)
    : state_(std::make_unique<state>(w))
{
    state_->hosts = w.certificates.default_names();
    state_->hosts.insert(state_->hosts.end(), hosts.begin(), hosts.end());
    state_->login = in.login;
    if (in.name == oauth2::global_cloud().name)
        return;
    state_->resource = in.graph;
    state_->hosts.push_back(in.graph.substr(in.graph.find("//") + 2));
}
OUTKIT_INLINE graph::~graph() = default;

OUTKIT_INLINE http::response graph::answer(http::request const& request)
{
    if (graph_detail::is_gzip(request))
    {
        http::request plain = request;
        graph_detail::unpack(plain);
        if (!graph_detail::is_gzip(plain))
            return answer(plain);
    }
    exchange x(*state_, request);
    http::response r = x.run();
    if (x.unfinished())
        r = x.refuse(400, "ValidationError", "This request is one for serve(): the notification URL answers later.");
    x.finish(r);
    graph_detail::pack(request, r);
    state_->w.journal.record(std::move(x.entry));
    return r;
}

OUTKIT_DEF detail::flow<http::response> graph::serve(http::request request)
{
    if (graph_detail::is_gzip(request))
        graph_detail::unpack(request);
    exchange x(*state_, request);
    http::response r = x.run();
    if (x.unfinished())
    {
        detail::event::watch seen(x.waits_for->done);
        while (x.unfinished())
            co_await detail::wait_for(seen, detail::never);
        r = x.then();
    }
    if (x.takes > std::chrono::nanoseconds(0))
        co_await detail::sleep_for(x.takes);
    x.finish(r);
    graph_detail::pack(request, r);
    state_->w.journal.record(std::move(x.entry));
    co_return r;
}

// The answer's head

OUTKIT_INLINE bool graph::exchange::plain() const
{
    std::string const* const accept = http::find(request.headers, "Accept");
    return accept && odata::lowered(*accept).find("odata.metadata=none") != accept->npos;
}

OUTKIT_INLINE void graph::exchange::finish(response& r)
{
    constexpr std::string_view minimal = "odata.metadata=minimal";
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
    if (plain() && r.status < 300)
        if (auto* const type = const_cast<std::string*>(http::find(r.headers, "Content-Type"));
            type && type->find(minimal) != type->npos)
        {
            type->replace(type->find(minimal), minimal.size(), "odata.metadata=none");
            r.body = without_annotations(r.body);
        }
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

    auto const fault = w.faults.take("graph", entry.what);
    if (fault)
        takes = fault->delay;
    if (fault && (fault->status != 0 || fault->answer))
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
    if (rest.size() >= 2 && same_name(rest[0], "api") && same_name(rest[1], "v2.0"))
        return upload(rest);
    bool const known_version = !rest.empty() && (same_name(rest[0], "v1.0") || same_name(rest[0], "beta"));
    if (known_version)
    {
        version = same_name(rest[0], "beta") ? "beta" : "v1.0";
        rest = rest.subspan(1);
    }
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
    if (auto refused = authenticate())
        return std::move(*refused);
    if (!known_version)
        return refuse(400, "BadRequest", "Invalid version.");
    if (rest.size() == 1 && same_name(rest[0], "$batch"))
        return batch();
    if (!routed && !rest.empty() && same_name(rest[0], "subscriptions"))
        return subscriptions(rest.subspan(1));
    if (!routed && !rest.empty() && is_directory(rest[0]))
        return directory_part(rest);
    if (!routed)
        return no_segment(rest.empty() ? "" : rest[0]);
    if (whose == "me" && who.app_only)  // observed: pnp/pnpcore#905
        return refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.");
    if (auto refused = decode_body())
        return std::move(*refused);
    return route(rest);
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::authenticate()
{
    std::string const* const authorization = http::find(request.headers, "Authorization");
    std::string_view bearer = authorization ? std::string_view(*authorization) : std::string_view();
    if (same_name(bearer.substr(0, 7), "Bearer "))
        bearer.remove_prefix(7);
    bearer = http::detail::without_blanks(bearer);
    who = open(w, bearer, protocol::graph, whose, st.resource);
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
        std::string value = "Bearer realm=\"\", authorization_uri=\"" + st.login +
                            "/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"";
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
    if (graph_detail::is_gzip(request))  // the text is [inferred]
        return self.refuse(400, "BadRequest", "The request body is not valid gzip.");
    if (coding && !same_name(*coding, "identity") && !request.body.empty())
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
    std::string const pair = who.claims.client_id + ' ' + who.mailbox;
    if (slot.empty())
    {
        if (st.running[pair] >= w.policy.service.throttling.graph_at_once)
        {
            // observed: magodo/terraform-provider-outlook#21, msgraph-sdk-javascript#297
            response r429 =
                refuse(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", false);
            r429.headers.push_back({"Retry-After", "1"});
            return r429;
        }
        ++st.running[pair];
        slot = pair;
    }
    if (auto const wait = st.over_rate(pair))
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
    bool const of_messages = same_name(s[0], "messages");
    if (!of_messages && !same_name(s[0], "mailFolders"))
        return no_segment(s[0]);
    if (auto refused = enter(needed(s)))
        return std::move(*refused);
    return of_messages ? messages(nullptr, {}, s.subspan(1)) : folders(s.subspan(1));
}

// documented: the permission tables of message-get.md, message-update.md, message-reply.md, attachment-get.md,
// mailfolder-get.md and their neighbours
OUTKIT_INLINE graph::exchange::right graph::exchange::needed(segments s) const
{
    std::size_t at = 0;  // of "messages"
    while (at < s.size() && (at == 1 || !same_name(s[at], "messages")))
        ++at;
    if (at >= s.size())
        return method("GET") ? right::read_basic : right::write;
    s = s.subspan(at + 1);
    std::string_view const last = s.empty() ? std::string_view() : std::string_view(s.back());
    if (s.size() == 2)
        for (char const* const action : {"send", "reply", "replyAll", "forward"})
            if (same_name(last, action))
                return right::send;
    if (!method("GET"))
        return right::write;
    return s.size() >= 2 ? right::read : right::read_basic;
}

OUTKIT_INLINE http::response graph::exchange::get_user()
{
    if (!method("GET"))
        return no_method();
    if (!has_right(right::profile))
        return refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    if (!owner)
        return no_resource(path.substr(path.rfind('/') + 1));
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

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/graph_attachments.ipp>
#include <outkit/mock/graph_batch.ipp>
#include <outkit/mock/graph_delta.ipp>
#include <outkit/mock/graph_directory.ipp>
#include <outkit/mock/graph_drafts.ipp>
#include <outkit/mock/graph_expand.ipp>
#include <outkit/mock/graph_folders.ipp>
#include <outkit/mock/graph_messages.ipp>
#include <outkit/mock/graph_search.ipp>
#include <outkit/mock/graph_sending.ipp>
#include <outkit/mock/graph_subscriptions.ipp>
#endif

#endif
