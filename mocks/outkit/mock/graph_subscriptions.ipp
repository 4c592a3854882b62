#ifndef OUTKIT_MOCK_GRAPH_SUBSCRIPTIONS_IPP
#define OUTKIT_MOCK_GRAPH_SUBSCRIPTIONS_IPP

#include <outkit/graph/detail/date_time.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <algorithm>
#include <deque>

// Subscriptions: their requests, the handshake with the URLs they name, and what is told to these afterwards
// (documented: subscription-post-subscriptions.md, change-notifications-delivery-webhooks.md,
// change-notifications-lifecycle-events.md, outlook-change-notifications-overview.md).

namespace outkit::inline OUTKIT_ABI::mock {

struct graph::state::subscription final : outkit::detail::alarm
{
    explicit subscription(state& s) : st(s) {}
    ~subscription() { st.w.drop_alarm(*this); }
    OUTKIT_INLINE void ring() override;

    state& st;
    std::string id;

    // As it was asked for
    std::string resource, change_type, notification_url, tls_version = "v1_2";
    std::optional<std::string> lifecycle_url, client_state;
    bool immutable_ids = false;

    // What it is about
    std::string mailbox, owner_id, tenant;
    std::string folder_id;  // empty: all folders
    odata::filter filter;
    bool filtered = false;
    bool created = false, updated = false, deleted = false;

    // By whom, and until when
    std::string application_id, creator_id;
    bool app_only = false, registered = false;               // the application is in the directory
    std::int64_t authorized_from = 0, authorized_until = 0;  // as its token
    outkit::detail::wall_time expires{};
    bool token_warned = false, expiry_warned = false;
    bool missed = false;  // and told so
};

struct graph::state::endpoint final : outkit::detail::alarm
{
    explicit endpoint(state& s) : st(s) {}
    ~endpoint() { st.w.drop_alarm(*this); }
    OUTKIT_INLINE void ring() override;

    struct notification
    {
        std::string subscription;
        std::string text;
        bool of_life = false;
        std::string updated = {};  // which message has changed
        std::optional<outkit::detail::time_point> first_tried = {};
    };

    state& st;
    std::string url;
    std::deque<notification> waiting;
    bool busy = false;
    unsigned failures = 0;  // in a row
};

namespace subscription_detail {

// As .NET writes it: lower-case digits, '+' for a blank
inline std::string encoded(std::string_view text)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (char const c : text)
    {
        bool const plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        if (plain)
            out += c;
        else if (c == ' ')
            out += '+';
        else
        {
            auto const octet = static_cast<unsigned char>(c);
            ((out += '%') += digits[octet >> 4]) += digits[octet & 15];
        }
    }
    return out;
}

inline std::string date(outkit::detail::wall_time t)
{
    auto const whole = std::chrono::floor<std::chrono::seconds>(t);
    return t == whole ? outkit::graph::detail::format(whole) : graph_detail::format_fraction(t);
}

// With its fraction, of which seven digits count
inline std::optional<outkit::detail::wall_time> parse_date(std::string_view text)
{
    auto const whole = outkit::graph::detail::parse_date_time(text);
    if (!whole)
        return std::nullopt;
    std::int64_t ticks = 0, unit = 10'000'000;
    std::size_t const dot = text.find('.');
    for (std::size_t i = dot; i != text.npos && ++i < text.size() && unit > 1 && text[i] >= '0' && text[i] <= '9';)
        ticks += (text[i] - '0') * (unit /= 10);
    return outkit::detail::wall_time(*whole) + std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>(ticks);
}

// "Forbidden", "NotFound"
inline std::string status_name(unsigned status)
{
    std::string name(http::reason_phrase(status));
    std::erase(name, ' ');
    return name;
}

}  // namespace subscription_detail

OUTKIT_INLINE graph::state::state(world& in) : w(in)
{
    w.mailboxes.listen(this, [this](change const& c) { changed(c); });
}

OUTKIT_INLINE graph::state::~state() { w.mailboxes.stop_listening(this); }

OUTKIT_INLINE void graph::state::subscription::ring() { st.look_after(*this); }
OUTKIT_INLINE void graph::state::endpoint::ring() { st.deliver(*this); }

// The handshake

OUTKIT_INLINE void graph::state::note_call(std::string what, unsigned status, std::string reason)
{
    journal_entry e;
    e.time = w.date();
    e.server = "graph";
    e.what = std::move(what);
    e.answer = status ? std::to_string(status) : "none";
    if (!reason.empty())
        e.outcome = journal_outcome::refused;
    e.reason = std::move(reason);
    w.journal.record(std::move(e));
}

OUTKIT_INLINE void graph::state::validate(std::shared_ptr<validation> v)
{
    error_code ec;
    http::url to = http::parse_url(v->urls[v->at], ec, http::url_schemes::https_or_loopback_http);
    std::string const where = "validate " + to.text();
    to.target += to.target.find('?') == std::string::npos ? "?" : "&";
    to.target += "validationToken=" + subscription_detail::encoded(v->text);
    http::request r;
    r.method = "POST";
    r.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    w.outgoing.send(
        std::move(to), std::move(r), graph_detail::validation_patience,
        [this, v, where, still = std::weak_ptr<int>(alive)](error_code failed, http::response const& answer) {
            if (still.expired())
                return;
            // observed: splunk/azure-functions-splunk#26, pnp/Microsoft365-Analytics-Insights#273,
            // microsoftgraph/nodejs-webhooks-sample#350, microsoftgraph/java-spring-webhooks-sample#82
            std::string const begin = "Subscription validation request failed. ";
            std::string const wanted = "Notification endpoint must respond with 200 OK to validation request.";
            v->code = "ValidationError";
            if (failed == make_error_code(error::timeout))
            {
                v->code = "InvalidRequest";
                v->message = "Subscription validation request timed out.";
            }
            else if (failed)
                v->message = begin + wanted;
            else if (answer.status != 200)
                v->message =
                    begin + "HTTP status code is '" + subscription_detail::status_name(answer.status) + "'. " + wanted;
            else if (http::media_type(answer.headers) != "text/plain" || answer.body != v->text)
                v->message = begin + "Response must exactly match validationToken query parameter.";
            note_call(where, failed ? 0 : answer.status, failed ? failed.message() : v->message);
            if (v->message.empty() && ++v->at < v->urls.size())
                return validate(v);
            v->finished = true;
            v->done.notify();
        });
}

OUTKIT_INLINE bool graph::exchange::unfinished() const { return waits_for && !waits_for->finished; }

OUTKIT_INLINE http::response graph::exchange::validated(std::vector<std::string> urls,
                                                        std::function<response()> and_then)
{
    waits_for = std::make_shared<state::validation>();
    waits_for->urls = std::move(urls);
    // observed: microsoftgraph/microsoft-graph-docs#21160
    waits_for->text = "Validation: Testing client application reachability for subscription Request-Id: " + request_id;
    then = [this, and_then = std::move(and_then)] {
        state::validation const& v = *waits_for;
        return v.message.empty() ? and_then() : refuse(400, v.code, v.message);
    };
    st.validate(waits_for);
    return unfinished() ? response() : then();
}

// Requests

OUTKIT_INLINE http::response graph::exchange::subscriptions(segments s)
{
    if (auto refused = decode_body())
        return std::move(*refused);
    if (s.empty())
    {
        if (method("POST"))
            return create_subscription();
        if (!method("GET"))
            return no_method();
        std::string value;
        std::vector<std::string> ids;
        for (auto const& [id, one] : st.subscriptions)
            ids.push_back(id);
        for (std::string const& id : ids)
            if (state::subscription const* const one = st.find_subscription(id);
                one && same_name(one->application_id, who.claims.client_id) &&
                (who.app_only ? same_name(one->tenant, who.claims.tenant) : same_name(one->creator_id, who.actor_id)))
                (value += value.empty() ? "" : ",") += "{" + subscription_json(*one) + "}";
        return json(200, "{\"@odata.context\":" + outkit::graph::detail::json_string(context("subscriptions")) +
                             ",\"value\":[" + value + "]}");
    }
    state::subscription* const found = st.find_subscription(s[0]);
    // Those of other applications and tenants are not there for this one [inferred].
    bool const theirs =
        found && same_name(found->application_id, who.claims.client_id) && same_name(found->tenant, who.claims.tenant);
    if (!theirs)
        return refuse(404, "ResourceNotFound", "The object was not found.");
    if (s.size() == 1 && method("GET"))
        return subscription_answer(200, *found);
    if (s.size() == 1 && method("PATCH"))
        return update_subscription(*found);
    if (s.size() == 1 && method("DELETE"))
    {
        st.subscriptions.erase(found->id);
        return no_content(204);
    }
    if (s.size() == 2 && same_name(s[1], "reauthorize"))
    {
        if (!method("POST"))
            return no_method();
        found->authorized_from = who.claims.issued_at;
        found->authorized_until = who.claims.expires_at;
        found->token_warned = false;
        st.look_after(*found);
        return no_content(204);
    }
    return s.size() == 1 ? no_method() : no_segment(s[1]);
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::read_expiration(std::string const& text,
                                                                             outkit::detail::wall_time& out)
{
    auto const t = subscription_detail::parse_date(text);
    auto const now = w.date();
    if (!t)  // observed: microsoftgraph/microsoft-graph-docs#2231, #3041
        return refuse(400, "InvalidRequest",
                      "Could not process subscription creation payload. Are all property names spelled and camelCased "
                      "properly?");
    if (*t <= now)  // the text is [inferred]
        return refuse(400, "InvalidRequest", "Subscription expiration must be in the future.");
    if (*t > now + graph_detail::longest_subscription)  // observed, with the number of 2018: docs#2988
        return refuse(400, "ExtensionError",
                      "Subscription expiration can only be " +
                          std::to_string(graph_detail::longest_subscription.count()) + " minutes in the future.");
    out = std::max<outkit::detail::wall_time>(*t, now + graph_detail::shortest_subscription);
    return std::nullopt;
}

OUTKIT_INLINE std::optional<http::response> graph::exchange::check_url(std::string const& text, char const* name)
{
    error_code ec;
    http::url const to = http::parse_url(text, ec, http::url_schemes::https_or_loopback_http);
    if (ec || text.size() > 2048)  // the text is [inferred]
        return refuse(400, "InvalidRequest", std::string(name) + " must be an https URL.");
    if (!w.policy.service.graph_calls_back)  // ours
        return refuse(400, "ValidationError", "This mock is set to call nobody back.");
    if (!http::is_loopback(to.server.host))  // ours
        return refuse(400, "ValidationError",
                      std::string(name) +
                          ": this mock calls back to this machine only: localhost, 127.0.0.1 or [::1].");
    return std::nullopt;
}

// Which messages: me/messages, users/{id}/mailFolders('inbox')/messages?$filter=...
OUTKIT_INLINE std::optional<http::response> graph::exchange::read_resource(std::string const& text,
                                                                           state::subscription& out)
{
    std::size_t const mark = std::min(text.find('?'), text.size());
    auto const parts = graph_detail::split_path(std::string_view(text).substr(0, mark));
    odata::query options;
    if (!parts || parts->empty() || !options.parse(std::string_view(text).substr(std::min(mark + 1, text.size()))))
        return refuse(400, "BadRequest", "The request URL is not valid.");
    segments s(*parts);
    if (same_name(s[0], "me"))
        s = s.subspan(1);
    else if (same_name(s[0], "users") && s.size() >= 2)
    {
        whose = s[1];
        s = s.subspan(2);
        std::erase_if(entry.fields, [](auto const& f) {
            return f.first == "actor" || f.first == "client_id" || f.first == "mailbox";
        });
        if (auto refused = authenticate())
            return refused;
    }
    else
        return no_segment(s[0]);
    if (whose == "me" && who.app_only)  // observed: pnp/pnpcore#905
        return refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.");
    // observed: microsoftgraph/msgraph-sdk-java#510, nodejs-webhooks-sample#21
    auto const extension = [&](unsigned status, std::string const& name, std::string const& reason) {
        return refuse(status, "ExtensionError",
                      "Operation: Create; Exception: [Status Code: " + name + "; Reason: " + reason + "]");
    };
    if (auto refused = enter(right::read_basic))
    {
        if (refused->status == 403)
            return extension(403, "Forbidden",
                             who.denial == access_denial::app_no_rights ? "Access to OData is disabled."
                                                                        : graph_detail::access_denied);
        return refused->status == 404 ? extension(404, "NotFound", "Not Found") : std::move(*refused);
    }
    // documented: subscription-post-subscriptions.md; permissions for shared mailboxes are not enough
    if (!who.is_owner && !who.app_only)
        return extension(403, "Forbidden", graph_detail::access_denied);
    folder_ptr in;
    if (!s.empty() && same_name(s[0], "mailFolders"))
        for (bool top = true; s.size() >= 2 && same_name(s[0], top ? "mailFolders" : "childFolders"); top = false)
        {
            in = box->find_folder(s[1]);
            if (!in || !in->is_mail())
                return extension(404, "NotFound", "Not Found");
            s = s.subspan(2);
        }
    if (s.size() != 1 || !same_name(s[0], "messages"))
        return no_segment(s.empty() ? "" : s.size() > 1 && same_name(s[0], "messages") ? s[1] : s[0]);
    if (std::string const* const filter = options.find("$filter"))
    {
        if (auto const bad = out.filter.parse(*filter))
            return refuse(bad);
        out.filtered = true;
    }
    out.folder_id = in ? in->id() : std::string();
    out.mailbox = box->address();
    out.owner_id = owner->id;
    out.tenant = who.claims.tenant;
    return std::nullopt;
}

OUTKIT_INLINE http::response graph::exchange::create_subscription()
{
    std::string what;
    auto const in = read_subscription_input(request.body, what);
    if (!in)
    {
        entry.reason = what;  // observed: microsoftgraph/microsoft-graph-docs#2231, #3041
        return refuse(400, "InvalidRequest",
                      "Could not process subscription creation payload. Are all property names spelled and camelCased "
                      "properly?");
    }
    for (auto const& [name, value] : {std::pair("changeType", &in->change_type),
                                      {"notificationUrl", &in->notification_url},
                                      {"resource", &in->resource},
                                      {"expirationDateTime", &in->expiration}})
        if (!*value || (*value)->empty())  // observed for the last one: contrib#7399
            return refuse(400, "InvalidRequest",
                          std::string(name) + " is a required property for subscription creation");
    auto s = std::make_unique<state::subscription>(st);
    s->change_type = *in->change_type;
    for (std::string_view rest = s->change_type; !rest.empty();)
    {
        std::string_view const word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        std::string_view const one = http::detail::without_blanks(word);
        bool* const which = same_name(one, "created")   ? &s->created
                            : same_name(one, "updated") ? &s->updated
                            : same_name(one, "deleted") ? &s->deleted
                                                        : nullptr;
        if (!which)  // the text is [inferred]
            return refuse(400, "InvalidRequest", "'" + std::string(one.substr(0, 64)) + "' is not a valid changeType.");
        *which = true;
    }
    if (auto refused = read_expiration(*in->expiration, s->expires))
        return std::move(*refused);
    if (in->client_state && in->client_state->size() > graph_detail::longest_client_state)  // the text is [inferred]
        return refuse(400, "InvalidRequest", "clientState must not be longer than 128 characters.");
    if (in->include_resource_data)  // ours
        return refuse(400, "InvalidRequest", "This mock has no notifications with resource data.");
    std::vector<std::string> urls{*in->notification_url};
    if (in->lifecycle_url)
        urls.push_back(*in->lifecycle_url);
    for (std::string const& url : urls)
        if (auto refused = check_url(url, &url == &urls[0] ? "notificationUrl" : "lifecycleNotificationUrl"))
            return std::move(*refused);
    s->resource = *in->resource;
    if (auto refused = read_resource(s->resource, *s))
        return std::move(*refused);
    s->notification_url = urls[0];
    s->lifecycle_url = in->lifecycle_url;
    s->client_state = in->client_state;
    s->tls_version = in->tls_version.value_or("v1_2");
    s->immutable_ids = prefer.view.immutable_ids;
    s->application_id = who.claims.client_id;
    s->creator_id = who.actor_id;
    s->app_only = who.app_only;
    s->registered = w.directory.find_application(s->application_id) != nullptr;
    s->authorized_from = who.claims.issued_at;
    s->authorized_until = who.claims.expires_at;
    auto const live = std::count_if(st.subscriptions.begin(), st.subscriptions.end(), [&](auto const& other) {
        return other.second->mailbox == s->mailbox && other.second->expires > w.date();
    });
    if (static_cast<std::size_t>(live) >= graph_detail::most_subscriptions)  // documented: webhooks.md; text [inferred]
        return refuse(403, "ExtensionError",
                      "Operation: Create; Exception: [Status Code: Forbidden; Reason: Number of subscriptions has "
                      "reached its limit.]");

    std::shared_ptr<std::unique_ptr<state::subscription>> const made =
        std::make_shared<std::unique_ptr<state::subscription>>(std::move(s));
    return validated(std::move(urls), [this, made] {
        state::subscription& kept = **made;
        kept.id = new_guid(w);
        st.subscriptions[kept.id] = std::move(*made);
        if (!st.look_after(kept))  // whoever asked for it has lost the right to meanwhile
            return refuse(403, "ErrorAccessDenied", graph_detail::access_denied, false);
        response r = subscription_answer(201, kept);
        r.headers.push_back({"Location", root() + "subscriptions/" + kept.id});
        return r;
    });
}

// documented: subscription-update.md. Whoever renews authorizes again, too.
OUTKIT_INLINE http::response graph::exchange::update_subscription(state::subscription& s)
{
    std::string what;
    auto const in = read_subscription_input(request.body, what);
    if (!in)
        return unreadable(what);
    if (!in->expiration && !in->notification_url)  // observed: contrib#9498
        return refuse(
            400, "InvalidRequest",
            "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its value.");
    outkit::detail::wall_time until = s.expires;
    if (in->expiration)
        if (auto refused = read_expiration(*in->expiration, until))
            return std::move(*refused);
    auto const renew = [this, id = s.id, until, url = in->notification_url] {
        state::subscription* const found = st.find_subscription(id);  // it may have ended meanwhile
        if (!found)
            return refuse(404, "ResourceNotFound", "The object was not found.");
        found->expires = until;
        if (url)
            found->notification_url = *url;
        found->authorized_from = who.claims.issued_at;
        found->authorized_until = who.claims.expires_at;
        found->token_warned = found->expiry_warned = found->missed = false;
        return st.look_after(*found) ? subscription_answer(200, *found)
                                     : refuse(404, "ResourceNotFound", "The object was not found.");
    };
    if (!in->notification_url || *in->notification_url == s.notification_url)
        return renew();
    if (auto refused = check_url(*in->notification_url, "notificationUrl"))
        return std::move(*refused);
    return validated({*in->notification_url}, renew);
}

OUTKIT_INLINE std::string graph::exchange::subscription_json(state::subscription const& s) const
{
    using outkit::graph::detail::json_string;
    auto const or_null = [](std::optional<std::string> const& v) { return v ? json_string(*v) : std::string("null"); };
    return "\"id\":" + json_string(s.id) + ",\"resource\":" + json_string(s.resource) +
           ",\"applicationId\":" + json_string(s.application_id) + ",\"changeType\":" + json_string(s.change_type) +
           ",\"clientState\":" + or_null(s.client_state) + ",\"notificationUrl\":" + json_string(s.notification_url) +
           ",\"notificationQueryOptions\":null,\"lifecycleNotificationUrl\":" + or_null(s.lifecycle_url) +
           ",\"expirationDateTime\":" + json_string(subscription_detail::date(s.expires)) +
           ",\"creatorId\":" + json_string(s.creator_id) +
           ",\"includeResourceData\":null,\"latestSupportedTlsVersion\":" + json_string(s.tls_version) +
           ",\"encryptionCertificate\":null,\"encryptionCertificateId\":null,\"notificationUrlAppId\":null";
}

OUTKIT_INLINE http::response graph::exchange::subscription_answer(unsigned status, state::subscription const& s)
{
    return json(status, "{\"@odata.context\":" + outkit::graph::detail::json_string(context("subscriptions/$entity")) +
                            "," + subscription_json(s) + "}");
}

// What becomes of them

OUTKIT_INLINE graph::state::subscription* graph::state::find_subscription(std::string_view id)
{
    auto const found = std::find_if(subscriptions.begin(), subscriptions.end(),
                                    [&](auto const& one) { return same_name(one.first, id); });
    return found != subscriptions.end() && look_after(*found->second) ? found->second.get() : nullptr;
}

// Whether who has asked for it may still see what it is about.
OUTKIT_INLINE bool graph::state::may_go_on(subscription const& s) const
{
    application const* const app = w.directory.find_application(s.application_id);
    if ((s.registered && !app) || (app && !app->enabled) || !w.mailboxes.find(s.mailbox))
        return false;
    if (s.app_only)
    {
        service_principal const* const sp = w.directory.find_service_principal_object(s.creator_id);
        return sp && sp->enabled;
    }
    user const* const u = w.directory.find_user_id(s.creator_id);
    if (!u || !u->enabled)
        return false;
    auto const valid_from = std::chrono::floor<std::chrono::seconds>(u->tokens_valid_from).time_since_epoch().count();
    return s.authorized_from + 300 >= valid_from;  // tokens are dated back by 300 s
}

OUTKIT_INLINE bool graph::state::look_after(subscription& s)
{
    auto const now = w.date();
    if (s.expires <= now)
    {
        subscriptions.erase(std::string(s.id));
        return false;
    }
    if (!may_go_on(s))
    {
        tell_of_life(s, "subscriptionRemoved");
        subscriptions.erase(std::string(s.id));
        return false;
    }
    outkit::detail::wall_time const token_ends{std::chrono::seconds(s.authorized_until)};
    bool const token_ending = !s.token_warned && now >= token_ends - graph_detail::warning_before;
    bool const ending = !s.expiry_warned && now >= s.expires - graph_detail::warning_before;
    if (token_ending || ending)
        tell_of_life(s, "reauthorizationRequired");
    s.token_warned = s.token_warned || token_ending;
    s.expiry_warned = s.expiry_warned || ending;
    outkit::detail::wall_time next = std::min(now + graph_detail::warning_before, s.expires);
    if (!s.token_warned)
        next = std::min(next, token_ends - graph_detail::warning_before);
    if (!s.expiry_warned)
        next = std::min(next, s.expires - graph_detail::warning_before);
    w.set_alarm(s, w.now() + (next - now));
    return true;
}

OUTKIT_INLINE void graph::state::tell_of_life(subscription& s, char const* event)
{
    if (!s.lifecycle_url)
        return;
    using outkit::graph::detail::json_string;
    std::string until = subscription_detail::date(s.expires);
    until.replace(until.size() - 1, 1, "+00:00");
    post(*s.lifecycle_url, s.id,
         "{\"subscriptionId\":" + json_string(s.id) + ",\"subscriptionExpirationDateTime\":" + json_string(until) +
             ",\"tenantId\":" + json_string(s.tenant) + ",\"clientState\":" +
             (s.client_state ? json_string(*s.client_state) : "null") + ",\"lifecycleEvent\":\"" + event + "\"}",
         true);
}

OUTKIT_INLINE void graph::state::changed(change const& c)
{
    if (subscriptions.empty() || !c.where.is_mail())
        return;
    using outkit::graph::detail::json_string;
    std::vector<std::string> ids;
    for (auto const& [id, s] : subscriptions)
        if (s->mailbox == c.where.owner().address() && (s->folder_id.empty() || s->folder_id == c.where.id()))
            ids.push_back(id);
    for (std::string const& id : ids)
    {
        subscription* const s = find_subscription(id);
        if (!s)
            continue;
        // A message that is moved keeps its immutable id: seen from the whole mailbox it has changed [inferred].
        change::kind what = c.what;
        if (c.moved && s->immutable_ids && s->folder_id.empty())
        {
            if (what == change::kind::deleted)
                continue;
            what = change::kind::updated;
        }
        bool const wanted = what == change::kind::created   ? s->created
                            : what == change::kind::updated ? s->updated
                                                            : s->deleted;
        if (!wanted || (s->filtered && !s->filter.matches(c.which, c.where)))
            continue;
        std::string const& item = s->immutable_ids ? c.which.immutable_id : c.which.id;
        std::string const resource = json_string("Users/" + s->owner_id + "/Messages/" + item);
        std::string until = subscription_detail::date(s->expires);
        until.replace(until.size() - 1, 1, "+00:00");
        char const* const type = what == change::kind::created   ? "created"
                                 : what == change::kind::updated ? "updated"
                                                                 : "deleted";
        post(s->notification_url, id,
             "{\"subscriptionId\":" + json_string(id) + ",\"subscriptionExpirationDateTime\":" + json_string(until) +
                 ",\"changeType\":\"" + type + "\",\"resource\":" + resource +
                 ",\"resourceData\":{\"@odata.type\":\"#Microsoft.Graph.Message\",\"@odata.id\":" + resource +
                 ",\"@odata.etag\":" + json_string("W/\"" + c.which.change_key + "\"") + ",\"id\":" +
                 json_string(item) + "},\"clientState\":" + (s->client_state ? json_string(*s->client_state) : "null") +
                 ",\"tenantId\":" + json_string(s->tenant) + "}",
             false, what == change::kind::updated ? item : std::string());
    }
}

OUTKIT_INLINE void graph::state::post(std::string const& url, std::string const& id, std::string notification,
                                      bool of_life, std::string updated)
{
    auto& slot = endpoints[url];
    if (!slot)
    {
        slot = std::make_unique<endpoint>(*this);
        slot->url = url;
    }
    endpoint& e = *slot;
    if (e.waiting.size() >= graph_detail::most_waiting)
    {
        subscription* const s = find_subscription(id);
        if (s && !of_life && !std::exchange(s->missed, true))
            tell_of_life(*s, "missed");
        return;
    }
    // Changes of one message in a row are one.
    if (!updated.empty() && !e.waiting.empty())
        if (auto& last = e.waiting.back(); !last.first_tried && last.subscription == id && last.updated == updated)
        {
            last.text = std::move(notification);
            return;
        }
    e.waiting.push_back({id, std::move(notification), of_life, std::move(updated)});
    // Not at once: what happens together is told together.
    if (!e.busy && e.failures == 0)
        w.set_alarm(e, w.now());
}

OUTKIT_INLINE void graph::state::deliver(endpoint& e)
{
    if (e.busy)
        return;
    // Nobody waits for the changes of a subscription that has ended.
    std::erase_if(e.waiting, [&](auto const& n) { return !n.of_life && !subscriptions.contains(n.subscription); });
    if (e.waiting.empty())
        return;
    std::size_t const count = std::min(e.waiting.size(), graph_detail::most_in_one_post);
    http::request r;
    r.method = "POST";
    r.headers.push_back({"Content-Type", "application/json"});
    r.body = "{\"value\":[";
    for (std::size_t i = 0; i < count; ++i)
    {
        if (!e.waiting[i].first_tried)
            e.waiting[i].first_tried = w.now();
        (r.body += i == 0 ? "" : ",") += e.waiting[i].text;
    }
    r.body += "]}";
    error_code ec;
    http::url to = http::parse_url(e.url, ec, http::url_schemes::https_or_loopback_http);
    e.busy = true;
    std::string const where = "notify " + to.text();
    w.outgoing.send(
        std::move(to), std::move(r), graph_detail::notification_patience,
        [this, &e, count, where, still = std::weak_ptr<int>(alive)](error_code failed, http::response const& answer) {
            if (still.expired())
                return;
            bool const taken = !failed && answer.status >= 200 && answer.status < 300;
            note_call(where, failed ? 0 : answer.status, taken ? "" : failed ? failed.message() : "not taken");
            delivered(e, count, taken);
        });
}

OUTKIT_INLINE void graph::state::delivered(endpoint& e, std::size_t count, bool taken)
{
    e.busy = false;
    auto const gone = [&](std::size_t n) {
        e.waiting.erase(e.waiting.begin(), e.waiting.begin() + static_cast<std::ptrdiff_t>(n));
    };
    if (taken)
    {
        e.failures = 0;
        for (std::size_t i = 0; i < count; ++i)
            if (auto const s = subscriptions.find(e.waiting[i].subscription);
                s != subscriptions.end() && !e.waiting[i].of_life)
                s->second->missed = false;
        gone(count);
        if (!e.waiting.empty())
            w.set_alarm(e, w.now());
        return;
    }
    // What has been tried for too long is dropped, and that it was is told where somebody wants to know.
    std::vector<std::string> losers;
    auto const too_old = [&](auto const& n) {
        return n.first_tried && w.now() - *n.first_tried >= graph_detail::notifications_kept;
    };
    while (!e.waiting.empty() && too_old(e.waiting.front()))
    {
        if (!e.waiting.front().of_life)
            losers.push_back(e.waiting.front().subscription);
        gone(1);
    }
    auto pause = std::chrono::duration_cast<std::chrono::seconds>(graph_detail::last_repetition);
    if (e.failures < 6)
        pause = std::min(pause, graph_detail::first_repetition * (1 << e.failures));
    ++e.failures;
    if (e.waiting.empty())
        e.failures = 0;
    else
        w.set_alarm(e, w.now() + pause);
    for (std::string const& id : losers)
        if (subscription* const s = find_subscription(id); s && !std::exchange(s->missed, true))
            tell_of_life(*s, "missed");
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
