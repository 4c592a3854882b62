#ifndef OUTKIT_MOCK_ENTRA_IPP
#define OUTKIT_MOCK_ENTRA_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/entra_state.hpp>
#include <outkit/mock/pages/sign_in.hpp>
#include <outkit/mock/tokens.ipp>
#include <outkit/mock/user_info.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace outkit::inline OUTKIT_ABI::mock {
namespace sts {

inline constexpr std::size_t most_parameters = 256;
inline constexpr std::size_t longest_target = 16 * 1024;
inline constexpr std::size_t most_remembered = 4096;

inline std::string lower(std::string_view s)
{
    std::string r(s);
    for (char& c : r)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return r;
}

OUTKIT_INLINE std::string const* parameters::find(std::string_view name) const
{
    for (auto const& [n, value] : all)
        if (n == name)
            return &value;
    return nullptr;
}

OUTKIT_INLINE std::string parameters::get(std::string_view name) const
{
    std::string const* const value = find(name);
    return value ? *value : std::string();
}

OUTKIT_INLINE std::string parameters::duplicate() const
{
    std::set<std::string_view> seen;
    for (auto const& [name, value] : all)
        if (!seen.insert(name).second)
            return name;
    return {};
}

OUTKIT_INLINE bool parse(std::string_view encoded, parameters& into)
{
    while (!encoded.empty())
    {
        std::string_view const one = encoded.substr(0, encoded.find('&'));
        encoded.remove_prefix(std::min(one.size() + 1, encoded.size()));
        if (one.empty())
            continue;
        std::size_t const equals = std::min(one.find('='), one.size());
        auto name = outkit::detail::form_decode(one.substr(0, equals));
        auto value = outkit::detail::form_decode(one.substr(std::min(equals + 1, one.size())));
        if (!name || !value || into.all.size() == most_parameters)
            return false;
        into.all.emplace_back(std::move(*name), std::move(*value));
    }
    return true;
}

OUTKIT_INLINE std::string encode(std::string_view text)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (char const c : text)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
            c == '.')
            out += c;
        else if (c == ' ')
            out += '+';
        else
        {
            auto const b = static_cast<unsigned char>(c);
            out += '%';
            out += digits[b >> 4];
            out += digits[b & 15];
        }
    return out;
}

OUTKIT_INLINE bool scope_set::has(std::string_view openid_scope) const
{
    return std::any_of(items.begin(), items.end(),
                       [&](scope_item const& i) { return !i.from && i.name == openid_scope; });
}

OUTKIT_INLINE std::vector<resource const*> scope_set::resources() const
{
    std::vector<resource const*> all;
    for (scope_item const& i : items)
        if (i.from && std::find(all.begin(), all.end(), i.from) == all.end())
            all.push_back(i.from);
    return all;
}

OUTKIT_INLINE scope_item const* scope_set::first_of(resource const* r) const
{
    for (scope_item const& i : items)
        if (i.from == r)
            return &i;
    return nullptr;
}

OUTKIT_INLINE bool scope_set::default_mixed() const
{
    for (scope_item const& a : items)
        for (scope_item const& b : items)
            if (a.from && a.from == b.from && a.is_default() && !b.is_default())
                return true;
    return false;
}

OUTKIT_INLINE std::string call::parameter(std::string_view name) const
{
    std::string const* const value = form.find(name);
    return value ? *value : query.get(name);
}

OUTKIT_INLINE std::optional<claims_request> parse_claims(std::string_view text)
{
    claims_request r;
    if (text.empty())
        return r;
    auto const all = jwt::object_of(text);
    if (!all)
        return std::nullopt;
    for (auto const& [token, wanted] : *all)
    {
        if (token != "access_token" && token != "id_token" && token != "userinfo")
            continue;
        if (!wanted.is_object())
            return std::nullopt;
        for (auto const& [name, how] : wanted.get_object())
        {
            if (how.is_null())
                continue;
            if (!how.is_object())
                return std::nullopt;
            boost::json::value const* const values = how.get_object().if_contains("values");
            if (values && !values->is_array())
                return std::nullopt;
            if (!values || token != "access_token")
                continue;
            for (boost::json::value const& v : values->get_array())
                if (!v.is_string())
                    return std::nullopt;
                else if (name == "capolids")
                    r.policies.emplace_back(v.get_string());
                else if (name == "xms_cc")
                    r.continuous_access = r.continuous_access || same_name(v.get_string(), "cp1");
        }
    }
    return r;
}

OUTKIT_INLINE access_policy const* second_factor_in(std::vector<access_policy> const& all)
{
    auto const found = std::find_if(all.begin(), all.end(), [](access_policy const& p) { return p.second_factor(); });
    return found == all.end() ? nullptr : &*found;
}

OUTKIT_INLINE refusal challenge(refusal r, access_policy const& by)
{
    r.claims = boost::json::serialize(boost::json::object{
        {"access_token",
         boost::json::object{
             {"capolids", boost::json::object{{"essential", true}, {"values", boost::json::array{by.id}}}}}}});
    return r;
}

// "2026-11-24 06:00:00Z", or with a T and seven digits of the second as the texts have it.
inline std::string timestamp(std::int64_t seconds, bool round_trip)
{
    std::time_t const t = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&t, &parts);
    std::array<char, 40> text{};
    std::size_t const n = std::strftime(text.data(), text.size(),
                                        round_trip ? "%Y-%m-%dT%H:%M:%S.0000000Z" : "%Y-%m-%d %H:%M:%SZ", &parts);
    return {text.data(), n};
}

// The host of a Host header without port and brackets; empty when it is malformed.
inline std::string host_name(std::string_view host)
{
    bool const bracketed = host.starts_with('[');
    std::size_t const end = std::min(bracketed ? host.find(']') : host.find(':'), host.size());
    std::string_view const name = bracketed ? host.substr(1, std::max<std::size_t>(end, 1) - 1) : host.substr(0, end);
    std::string_view const port = host.substr(std::min(end + (bracketed ? 1 : 0), host.size()));
    bool const closed = !bracketed || end != host.size();
    bool const fine = port.empty() || (port.front() == ':' && port.size() >= 2 && port.size() <= 6 &&
                                       port.substr(1).find_first_not_of("0123456789") == port.npos);
    return closed && fine ? lower(name) : std::string();
}

inline bool is_domain(std::string_view s)
{
    if (s.find('.') == s.npos || s.size() > 253)
        return false;
    return std::all_of(s.begin(), s.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

}  // namespace sts

OUTKIT_INLINE entra::entra(world& w, std::vector<std::string> hosts) : state_(std::make_unique<state>(w))
{
    state_->hosts = w.certificates.default_names();
    for (std::string const& host : hosts)
        state_->hosts.push_back(sts::lower(host));
}
OUTKIT_INLINE entra::~entra() = default;
OUTKIT_INLINE http::response entra::answer(http::request const& request) { return state_->answer(request); }

OUTKIT_INLINE bool entra::state::remember(std::set<std::string, std::less<>>& in, std::string id)
{
    if (!in.insert(id).second)
        return false;
    order.emplace_back(&in, std::move(id));
    if (order.size() > 2 * sts::most_remembered)
    {
        order.front().first->erase(order.front().second);
        order.pop_front();
    }
    return true;
}

OUTKIT_INLINE mock::person entra::state::person_of(user const& u) const
{
    return {u.tenant_id, u.id, u.principal_name, u.display_name, u.given_name, u.surname, u.mail};
}

// Ids are not in a world; each policy has one that stays the same, and is a mock's to see.
inline std::string policy_id(std::string_view whose)
{
    std::string const hash = outkit::detail::hex_encode(jwt::sha256("policy " + sts::lower(whose)));
    return "00000000-0000-4000-8000-" + hash.substr(0, 12);
}

// The policies that hold for the person: the mailbox's own instead of the tenant's, and what is demanded of the user.
// Those that the request names are looked at even if they are about others (documented: Microsoft Learn, claims
// challenges; on-behalf-of flow).
OUTKIT_INLINE std::vector<sts::access_policy> entra::state::policies_for(user const& u,
                                                                         sts::claims_request const& asked) const
{
    auto const& own = w.policy.mailbox(u.mail).conditional_access;
    std::vector<sts::access_policy> all;
    auto const add = [&](std::string_view whose, conditional_access demands, bool holds) {
        sts::access_policy p{policy_id(whose), demands};
        auto const same = [&](std::string const& named) { return same_name(named, p.id); };
        if (holds || std::any_of(asked.policies.begin(), asked.policies.end(), same))
            all.push_back(std::move(p));
    };
    add("tenant " + u.tenant_id, w.policy.tenant(u.tenant_id).conditional_access, !own);
    if (own)
        add("mailbox " + u.mail, *own, true);
    if (u.mfa_required)
        add("user " + u.id, conditional_access::mfa, true);
    return all;
}

// Documented: Microsoft Learn, error codes; Conditional Access.
OUTKIT_INLINE std::optional<refusal> entra::state::check_policies(std::vector<sts::access_policy> const& all) const
{
    auto const refused_by = [](conditional_access demands) -> std::optional<refusal> {
        switch (demands)
        {
        case conditional_access::blocked: return refuse(53003);
        case conditional_access::compliant_device: return refuse(53000, {{"state", "unregistered"}});
        case conditional_access::joined_device: return refuse(53001, {{"state", "unregistered"}});
        case conditional_access::approved_app: return refuse(53002);
        case conditional_access::managed_device: return refuse(530003);
        case conditional_access::registered_device: return refuse(50129);
        case conditional_access::device_authentication: return refuse(50097);
        case conditional_access::device_platform: return refuse(50005);
        case conditional_access::external_challenge: return refuse(50158);
        default: return std::nullopt;
        }
    };
    for (sts::access_policy const& p : all)
        if (auto refused = refused_by(p.demands))
            return sts::challenge(std::move(*refused), p);
    return std::nullopt;
}

// Headers that a company's proxy adds (documented: Microsoft Learn, tenant restrictions, version 1 and 2).
OUTKIT_INLINE std::optional<refusal> entra::state::check_restrictions(sts::call const& c,
                                                                      std::string_view tenant_id) const
{
    auto const is = [&](std::string_view name) {
        tenant const* const t = w.directory.find_tenant(name);
        return t && same_name(t->id, tenant_id);
    };
    if (std::string const* const allowed = http::find(c.request.headers, "Restrict-Access-To-Tenants"))
    {
        bool found = false;
        for (std::size_t at = 0; at < allowed->size();)
        {
            std::size_t const end = std::min(allowed->find(',', at), allowed->size());
            std::string one = allowed->substr(at, end - at);
            std::erase(one, ' ');
            found = found || is(one);
            at = end + 1;
        }
        if (!found)
            return refuse(500021, {{"tenant", tenant_id}});
    }
    if (std::string const* const policy = http::find(c.request.headers, "sec-Restrict-Tenant-Access-Policy"))
        if (std::string_view const own = std::string_view(*policy).substr(0, policy->find(':')); !is(own))
            return refuse(500022, {{"tenant", tenant_id}});
    return std::nullopt;
}

// Somebody from elsewhere who has been invited. Documented: Microsoft Learn, error codes; cross-tenant access.
OUTKIT_INLINE std::optional<refusal> entra::state::check_guest(user const& u, tenant const& t, guest const& g) const
{
    if (!g.accepted)
        return refuse(50014);
    if (u.kind == account_kind::work && !w.policy.tenant(u.tenant_id).outbound_access)
        return refuse(500212);
    if (!w.policy.tenant(t.id).inbound_access)
        return refuse(500213);
    if (u.risk == user_risk::blocked)
        return refuse(53011);
    return std::nullopt;
}

OUTKIT_INLINE bool entra::state::second_factor_expired(std::string_view tenant_id, std::int64_t given_at) const
{
    std::int64_t const hours = w.policy.tenant(tenant_id).mfa_lifetime;
    return hours != 0 && unix_time(w) - given_at >= hours * 3600;
}

// The user as the other tenant has them: an object of its own, without roles.
OUTKIT_INLINE std::optional<user> entra::state::seen_as_guest(user const& u, std::string_view tenant_id) const
{
    tenant const* const t = w.directory.find_tenant(tenant_id);
    guest const* const g = t && !same_name(t->id, u.tenant_id) ? t->find_guest(u.id) : nullptr;
    if (!g)
        return std::nullopt;
    user seen = u;
    seen.id = g->id;
    seen.tenant_id = t->id;
    seen.kind = account_kind::work;
    seen.roles.clear();
    return seen;
}

OUTKIT_INLINE std::string entra::state::identity_provider(user const& u) const
{
    return u.kind == account_kind::personal ? "live.com" : "https://sts.windows.net/" + u.tenant_id + "/";
}

// Counts this time, too; only those within the window count.
OUTKIT_INLINE bool entra::state::too_many(std::string const& what, unsigned most, std::int64_t within)
{
    if (recent.size() > sts::most_remembered)
        recent.clear();
    std::deque<std::int64_t>& times = recent[what];
    std::int64_t const now = unix_time(w);
    while (!times.empty() && now - times.front() >= within)
        times.pop_front();
    if (times.size() >= most)
        return true;
    times.push_back(now);
    return false;
}

// What the tenant part of a path means. Documented: Microsoft Learn, OpenID Connect on the identity platform.
OUTKIT_INLINE std::optional<refusal> entra::state::resolve(std::string_view asked, sts::authority& into) const
{
    using kind = sts::authority::kind;
    into.asked = asked;
    std::string const name = sts::lower(asked);
    if (name == "common" || name == "organizations")
    {
        into.is = name == "common" ? kind::common : kind::organizations;
        into.name = name;
        return std::nullopt;
    }
    if (name == "consumers" || name == consumers_tenant)
    {
        into.is = kind::consumers;
        into.name = "consumers";
        into.tenant = w.directory.find_tenant(consumers_tenant);
        return std::nullopt;
    }
    if (!is_guid(name) && !sts::is_domain(name))
        return refuse(900023, {{"tenant", asked}});
    into.tenant = w.directory.find_tenant(name);
    if (!into.tenant)
        return refuse(90002, {{"tenant", asked}});
    if (!into.tenant->cloud.empty())
        return refuse(90038, {{"tenant", asked}, {"cloud", into.tenant->cloud}});
    into.is = into.tenant->personal() ? kind::consumers : kind::tenant;
    into.name = into.tenant->personal() ? "consumers" : sts::lower(into.tenant->id);
    return std::nullopt;
}

// Which authorities a registration can be used with. Documented: Microsoft Learn, supported account types; numbers
// observed: alexandrtovmach/react-microsoft-login#73, UvA-FNWI/M365-IMAP#9.
OUTKIT_INLINE std::optional<refusal> entra::state::check_application(application const& app, sts::authority const& a,
                                                                     bool at_token) const
{
    using kind = sts::authority::kind;
    auto const refused = [&](int code) {
        return refuse(
            code, {{"appId", app.app_id}, {"name", app.display_name}, {"tenant", a.asked}, {"endpoint", "/" + a.name}});
    };
    bool const home = a.is == kind::tenant && same_name(a.tenant->id, app.tenant_id);
    bool const alias = a.is == kind::common || a.is == kind::organizations;
    switch (app.audience)
    {
    case sign_in_audience::my_org:
        if (alias)
            return refused(50194);
        if (a.is == kind::consumers)
            return refused(9002332);
        if (!home)
            return refused(700016);
        break;
    case sign_in_audience::multiple_orgs:
        if (a.is == kind::consumers)
            return refused(9002332);
        break;
    case sign_in_audience::orgs_and_personal: break;
    case sign_in_audience::personal:
        if (alias || home)
            return refused(at_token && alias ? 9002331 : 9002346);
        if (a.is != kind::consumers)
            return refused(700016);
        break;
    }
    if (!app.enabled)
        return refused(7000112);
    return std::nullopt;
}

// Documented: Microsoft Learn, scopes and permissions; the faults observed in the issues named in aadsts.ipp.
OUTKIT_INLINE sts::scope_set entra::state::understand(std::string_view scope, application const& app,
                                                      sts::authority const& a) const
{
    sts::scope_set set;
    set.text = scope;
    auto const invalid = [&](std::string_view one) {
        if (!set.problem)
            set.problem = refuse(70011, {{"scopes", one}});
    };
    for (std::size_t at = 0; at < scope.size();)
    {
        std::size_t const end = std::min(scope.find(' ', at), scope.size());
        std::string_view const one = scope.substr(at, end - at);
        at = end + 1;
        if (one.empty())
            continue;
        sts::scope_item item;
        item.asked = one;
        // A comma or a line end between scopes makes one scope that does not exist.
        bool const plain = std::all_of(one.begin(), one.end(), [](char c) { return c > ' ' && c < 127 && c != ','; });
        if (!plain)
        {
            invalid(one);
            continue;
        }
        std::string const small = sts::lower(one);
        if (small == "openid" || small == "profile" || small == "email" || small == "offline_access")
        {
            item.name = small;
            set.items.push_back(std::move(item));
            continue;
        }
        std::size_t const slash = one.rfind('/');
        if (slash != one.npos)
            item.prefix = one.substr(0, slash);
        item.name = slash == one.npos ? one : one.substr(slash + 1);
        if (item.name.empty())
        {
            invalid(one);
            continue;
        }
        item.from = find_resource(slash == one.npos ? graph_app_id : std::string_view(item.prefix));
        if (!item.from)
        {
            if (!set.problem)
                set.problem = refuse(500011, {{"resource", item.prefix},
                                              {"tenant", a.tenant ? std::string_view(a.tenant->id) : a.asked}});
            continue;
        }
        if (sts::lower(item.name) == ".default")
            item.name = ".default";
        else
        {
            item.what = find_permission(item.from->app_id, item.name, permission_type::delegated);
            if (!item.what)
            {
                if (!set.problem)
                    set.problem = refuse(
                        650053, {{"name", app.display_name}, {"scope", item.name}, {"resource", item.from->app_id}});
                continue;
            }
            item.name = item.what->name;
        }
        set.items.push_back(std::move(item));
    }
    return set;
}

// What the service writes after "AADSTS": the text, and three ids for its support. Separated by blanks since about
// autumn 2023 (observed: betagouv/rdv-service-public#5041, n8n-io/n8n#22702).
OUTKIT_INLINE std::string entra::state::message(sts::call const& c, refusal const& r) const
{
    return "AADSTS" + std::to_string(r.code) + ": " + r.text + " Trace ID: " + c.trace +
           " Correlation ID: " + c.correlation + " Timestamp: " + c.time;
}

OUTKIT_INLINE http::response entra::state::json_error(sts::call& c, refusal const& r) const
{
    boost::json::object o{{"error", r.error},        {"error_description", message(c, r)},
                          {"error_codes", {r.code}}, {"timestamp", c.time},
                          {"trace_id", c.trace},     {"correlation_id", c.correlation}};
    // Only numbers that the look-up page knows have one (observed: calvinchengx/entra-emulator, captures of 2026).
    if (r.code != 70003 && r.code != 700038)
        o["error_uri"] = c.base + "/error?code=" + std::to_string(r.code);
    if (!r.suberror.empty())
        o["suberror"] = r.suberror;
    if (!r.claims.empty())
        o["claims"] = r.claims;
    c.entry.outcome = journal_outcome::refused;
    c.entry.answer = std::to_string(r.status) + " " + r.error + " AADSTS" + std::to_string(r.code);
    c.entry.reason = r.why.empty() ? r.text : r.why;
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    if (c.has("x-client-current-telemetry") || http::find(c.request.headers, "x-client-current-telemetry"))
        c.headers.push_back({"x-ms-clitelem", "1," + std::to_string(r.code) + ",0,,"});
    return {.status = r.status, .body = boost::json::serialize(o)};
}

// Somebody has sent a credential of the real service: it goes nowhere from here, not even into the journal (R-MOC-03).
OUTKIT_INLINE http::response entra::state::refused_credential(sts::call& c) const
{
    c.real_credential = true;
    c.entry.fields.clear();
    c.entry.outcome = journal_outcome::refused;
    c.entry.answer = "400 real_credential_refused";
    c.entry.reason = "a credential that looks like one of the real service was sent; it has not been kept";
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    c.headers.push_back({"Connection", "close"});
    boost::json::object const o{
        {"error", "real_credential_refused"},
        {"error_description",
         "This is a mock for tests. What was sent looks like a credential of the real service and was not issued here. "
         "It has been neither stored nor logged, but consider it exposed: revoke it, and use the mock's own."}};
    return {.status = 400, .body = boost::json::serialize(o)};
}

OUTKIT_INLINE http::response entra::state::page(sts::call& c, std::string_view title, std::string_view body,
                                                pages::values const& with, std::string_view form_origin,
                                                bool script) const
{
    std::string const nonce = random_text(w, 16);
    std::string policy = "default-src 'none'; style-src 'nonce-" + nonce + "'; ";
    if (script)
        policy += "script-src 'nonce-" + nonce + "'; ";
    policy += "form-action 'self'";
    if (!form_origin.empty())
        policy += " " + std::string(form_origin);  // browsers apply form-action to the redirect after a form, too
    policy += "; base-uri 'none'; frame-ancestors 'none'";
    // Not no-referrer: browsers would then send "Origin: null" with our own forms, which are refused.
    for (http::field& f : std::vector<http::field>{{"Content-Type", "text/html; charset=utf-8"},
                                                   {"Content-Security-Policy", policy},
                                                   {"X-Frame-Options", "DENY"},
                                                   {"Referrer-Policy", "same-origin"}})
        c.headers.push_back(std::move(f));
    return {.status = 200, .body = pages::document(title, body, with, nonce)};
}

// Errors of sign-in that must not be redirected (RFC 6749 section 4.1.2.1) stand on a page. Its status is 200.
OUTKIT_INLINE http::response entra::state::error_page(sts::call& c, refusal const& r) const
{
    c.entry.outcome = journal_outcome::refused;
    c.entry.answer = "page AADSTS" + std::to_string(r.code);
    c.entry.reason = r.why.empty() ? r.text : r.why;
    bool const access = (r.code >= 53000 && r.code <= 53003) || r.code == 530003 || r.code == 50005 ||
                        r.code == 50097 || r.code == 50129 || r.code == 50158;
    return page(c, access ? "You cannot access this right now" : "Sign in", pages::sign_in_error,
                {.texts = {{"heading", access ? "You cannot access this right now" : "Sign in"},
                           {"summary", access ? "Your sign-in was successful but does not meet the criteria to access "
                                                "this resource."
                                              : "Sorry, but we're having trouble signing you in."},
                           {"message", "AADSTS" + std::to_string(r.code) + ": " + r.text},
                           {"trace", c.trace},
                           {"correlation", c.correlation},
                           {"time", c.time}}});
}

// Members and order as in recordings of the real document (Azure SDK for JS, identity tests, 2021 to 2023).
OUTKIT_INLINE http::response entra::state::configuration(sts::call& c)
{
    c.headers.push_back({"Access-Control-Allow-Origin", "*"});
    c.headers.push_back({"Access-Control-Allow-Methods", "GET, OPTIONS"});
    sts::authority a;
    if (auto refused = resolve(c.asked_tenant, a))
    {
        if (refused->code == 90002)
            refused->error = "invalid_tenant";
        return json_error(c, *refused);
    }
    using kind = sts::authority::kind;
    if (c.v1)
        return configuration_v1(c, a);
    std::string const base = c.base + "/" + a.name;
    // The real one is Graph's; a mock is asked under a name at which there is no Graph.
    std::string const user_info = c.base == "https://login.microsoftonline.com"
                                      ? "https://graph.microsoft.com/oidc/userinfo"
                                      : c.base + "/oidc/userinfo";
    std::string const issuer = c.base + "/" +
                               (a.is == kind::consumers ? std::string(consumers_tenant)
                                : a.is == kind::tenant  ? a.name
                                                        : std::string("{tenantid}")) +
                               "/v2.0";
    boost::json::object o{
        {"token_endpoint", base + "/oauth2/v2.0/token"},
        {"token_endpoint_auth_methods_supported", {"client_secret_post", "private_key_jwt", "client_secret_basic"}},
        {"jwks_uri", base + "/discovery/v2.0/keys"},
        {"response_modes_supported", {"query", "fragment", "form_post"}},
        {"subject_types_supported", boost::json::array{"pairwise"}},
        {"id_token_signing_alg_values_supported", boost::json::array{"RS256"}},
        {"response_types_supported", {"code", "id_token", "code id_token", "id_token token"}},
        {"scopes_supported", {"openid", "profile", "email", "offline_access"}},
        {"issuer", issuer},
        {"request_uri_parameter_supported", false},
        {"userinfo_endpoint", user_info},
        {"authorization_endpoint", base + "/oauth2/v2.0/authorize"},
        {"device_authorization_endpoint", base + "/oauth2/v2.0/devicecode"},
        {"http_logout_supported", true},
        {"frontchannel_logout_supported", true},
        {"end_session_endpoint", base + "/oauth2/v2.0/logout"},
        {"claims_supported",
         {"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
          "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash",
          "c_hash", "email"}},
        {"kerberos_endpoint", base + "/kerberos"}};
    if (a.is == kind::tenant)
        o["tenant_region_scope"] = "EU";
    else
        o["tenant_region_scope"] = nullptr;
    o["cloud_instance_name"] = "microsoftonline.com";
    o["cloud_graph_host_name"] = "graph.windows.net";
    o["msgraph_host"] = "graph.microsoft.com";
    o["rbac_url"] = "https://pas.windows.net";
    c.entry.answer = "200 configuration of " + a.name;
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    c.headers.push_back({"Cache-Control", "max-age=86400, private"});
    return {.status = 200, .body = boost::json::serialize(o)};
}

// The document of the v1 endpoints: its issuer is another, and its keys name none (observed: public fixtures of 2019
// to 2023).
OUTKIT_INLINE http::response entra::state::configuration_v1(sts::call& c, sts::authority const& a)
{
    using kind = sts::authority::kind;
    std::string const base = c.base + "/" + a.name;
    boost::json::object o{
        {"token_endpoint", base + "/oauth2/token"},
        {"token_endpoint_auth_methods_supported", {"client_secret_post", "private_key_jwt", "client_secret_basic"}},
        {"jwks_uri", base + "/discovery/keys"},
        {"response_modes_supported", {"query", "fragment", "form_post"}},
        {"subject_types_supported", boost::json::array{"pairwise"}},
        {"id_token_signing_alg_values_supported", boost::json::array{"RS256"}},
        {"response_types_supported", {"code", "id_token", "code id_token", "token id_token", "token"}},
        {"scopes_supported", boost::json::array{"openid"}},
        {"issuer", "https://sts.windows.net/" +
                       (a.is == kind::consumers ? std::string(consumers_tenant)
                        : a.is == kind::tenant  ? a.name
                                                : std::string("{tenantid}")) +
                       "/"},
        {"microsoft_multi_refresh_token", true},
        {"authorization_endpoint", base + "/oauth2/authorize"},
        {"device_authorization_endpoint", base + "/oauth2/devicecode"},
        {"http_logout_supported", true},
        {"frontchannel_logout_supported", true},
        {"end_session_endpoint", base + "/oauth2/logout"},
        {"claims_supported",
         {"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
          "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "email", "given_name", "family_name", "nickname"}},
        {"userinfo_endpoint", base + "/openid/userinfo"},
        {"kerberos_endpoint", base + "/kerberos"}};
    if (a.is == kind::tenant)
        o["tenant_region_scope"] = "EU";
    else
        o["tenant_region_scope"] = nullptr;
    o["cloud_instance_name"] = "microsoftonline.com";
    o["cloud_graph_host_name"] = "graph.windows.net";
    o["msgraph_host"] = "graph.microsoft.com";
    o["rbac_url"] = "https://pas.windows.net";
    c.entry.answer = "200 v1 configuration of " + a.name;
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    c.headers.push_back({"Cache-Control", "max-age=86400, private"});
    return {.status = 200, .body = boost::json::serialize(o)};
}

OUTKIT_INLINE http::response entra::state::keys(sts::call& c)
{
    c.headers.push_back({"Access-Control-Allow-Origin", "*"});
    c.headers.push_back({"Access-Control-Allow-Methods", "GET, OPTIONS"});
    sts::authority a;
    if (auto const refused = resolve(c.asked_tenant, a))
        return json_error(c, *refused);
    c.entry.answer = "200 keys";
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    c.headers.push_back({"Cache-Control", "max-age=86400, private"});
    return {.status = 200, .body = w.keys.jwks_json(c.v1 ? std::string() : c.base + "/{tenantid}/v2.0")};
}

// Recorded by the Azure SDK for JS; what clients make of it: MSAL Node, MSAL Python, MSAL.NET.
OUTKIT_INLINE http::response entra::state::instance(sts::call& c)
{
    c.headers.push_back({"Access-Control-Allow-Origin", "*"});
    c.headers.push_back({"Access-Control-Allow-Methods", "GET, OPTIONS"});
    static constexpr std::string_view known[] = {"login.microsoftonline.com",
                                                 "login.windows.net",
                                                 "login.microsoft.com",
                                                 "sts.windows.net",
                                                 "login.partner.microsoftonline.cn",
                                                 "login.chinacloudapi.cn",
                                                 "login.microsoftonline.de",
                                                 "login.microsoftonline.us",
                                                 "login.usgovcloudapi.net",
                                                 "login-us.microsoftonline.com"};
    std::string const asked = c.query.get("authorization_endpoint");
    if (asked.empty())
        return json_error(c, refuse(50050));
    std::string_view rest = asked;
    bool const https = rest.starts_with("https://");
    rest.remove_prefix(https ? 8 : 0);
    std::string const host(rest.substr(0, rest.find('/')));
    std::string_view const path = rest.substr(std::min(host.size() + 1, rest.size()));
    std::string const tenant(path.substr(0, path.find('/')));
    if (!https || (std::find(std::begin(known), std::end(known), sts::lower(host)) == std::end(known) &&
                   "https://" + sts::lower(host) != c.base))
        return json_error(c, refuse(50049));
    auto const entry = [](std::string_view network, std::string_view cache, boost::json::array aliases) {
        return boost::json::object{
            {"preferred_network", network}, {"preferred_cache", cache}, {"aliases", std::move(aliases)}};
    };
    boost::json::array metadata{
        entry("login.microsoftonline.com", "login.windows.net",
              {"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}),
        entry("login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn",
              {"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"}),
        entry("login.microsoftonline.de", "login.microsoftonline.de", {"login.microsoftonline.de"}),
        entry("login.microsoftonline.us", "login.microsoftonline.us",
              {"login.microsoftonline.us", "login.usgovcloudapi.net"}),
        entry("login-us.microsoftonline.com", "login-us.microsoftonline.com", {"login-us.microsoftonline.com"})};
    boost::json::object const o{
        {"tenant_discovery_endpoint", "https://" + host + "/" + tenant + "/v2.0/.well-known/openid-configuration"},
        {"api-version", "1.1"},
        {"metadata", std::move(metadata)}};
    c.entry.answer = "200 instance metadata";
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    c.headers.push_back({"Cache-Control", "max-age=86400, private"});
    return {.status = 200, .body = boost::json::serialize(o)};
}

// Asked by MSAL before a password grant; its members observed there.
OUTKIT_INLINE http::response entra::state::user_realm(sts::call& c)
{
    std::string const login = c.path.substr(c.path.rfind('/') + 1);
    auto const decoded = outkit::detail::form_decode(login);
    std::string const address = decoded.value_or("");
    std::string const domain = address.substr(std::min(address.find('@') + 1, address.size()));
    tenant const* const t = domain.empty() ? nullptr : w.directory.find_tenant(domain);
    boost::json::object o{{"ver", "1.0"}, {"account_type", t && !t->personal() ? "Managed" : "Unknown"}};
    if (t && !t->personal())
    {
        o["domain_name"] = domain;
        o["cloud_instance_name"] = "microsoftonline.com";
        o["cloud_audience_urn"] = "urn:federation:MicrosoftOnline";
    }
    c.entry.answer = "200 user realm";
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    return {.status = 200, .body = boost::json::serialize(o)};
}

OUTKIT_INLINE http::response entra::state::route(sts::call& c)
{
    std::string const& method = c.request.method;
    auto const not_found = [&] {
        c.entry.outcome = journal_outcome::invalid;
        c.entry.answer = "404";
        http::response r = page(c, "Not found", pages::not_found, {});
        r.status = 404;
        return r;
    };
    auto const not_allowed = [&](char const* allowed) {
        c.entry.outcome = journal_outcome::invalid;
        c.entry.answer = "405";
        c.headers.push_back({"Allow", allowed});
        return http::response{.status = 405};
    };
    auto const preflight = [&](char const* methods) {
        c.entry.answer = "200 preflight";
        for (http::field& f :
             std::vector<http::field>{{"Access-Control-Allow-Origin", "*"},
                                      {"Access-Control-Allow-Methods", methods},
                                      {"Access-Control-Allow-Headers",
                                       "authorization, content-type, client-request-id, return-client-request-id, "
                                       "x-client-sku, x-client-ver, "
                                       "x-client-current-telemetry, x-client-last-telemetry, x-ms-lib-capability"},
                                      {"Access-Control-Max-Age", "7200"}})
            c.headers.push_back(std::move(f));
        return http::response{.status = 200};
    };
    bool const get = method == "GET", post = method == "POST", options = method == "OPTIONS";

    std::size_t const slash = c.path.find('/', 1);
    // microsoft.com/devicelogin, login.microsoft.com/device and www.microsoft.com/link all lead to one page.
    if (c.path == "/device" || c.path == "/devicelogin" || c.path == "/link")
    {
        if (!get)
            return not_allowed("GET");
        c.entry.answer = "302 to the page for device codes";
        c.headers.push_back({"Location", "/common/oauth2/deviceauth"});
        return {.status = 302};
    }
    if (c.path.size() < 2 || slash == std::string::npos)
        return not_found();
    std::string rest = c.path.substr(slash);
    if (rest.find('%') != std::string::npos && !rest.starts_with("/userrealm/"))
        return not_found();
    if (c.path == "/common/discovery/instance")
        return options ? preflight("GET, OPTIONS") : get ? instance(c) : not_allowed("GET");
    if (rest.starts_with("/userrealm/") && rest.find('/', 11) == std::string::npos)
        return get ? user_realm(c) : not_allowed("GET");
    // The v1 endpoints are the same ones without "v2.0"; what differs asks c.v1.
    static constexpr std::pair<std::string_view, std::string_view> first_version[] = {
        {"/.well-known/openid-configuration", "/v2.0/.well-known/openid-configuration"},
        {"/discovery/keys", "/discovery/v2.0/keys"},
        {"/oauth2/authorize", "/oauth2/v2.0/authorize"},
        {"/oauth2/token", "/oauth2/v2.0/token"},
        {"/oauth2/devicecode", "/oauth2/v2.0/devicecode"},
        {"/oauth2/logout", "/oauth2/v2.0/logout"},
        {"/adminconsent", "/v2.0/adminconsent"},
        {"/openid/userinfo", "/userinfo"}};
    for (auto const& [old, now] : first_version)
        if (rest == old)
        {
            c.v1 = true;
            rest = now;
            break;
        }
    if (c.path == "/oidc/userinfo" || (c.v1 && rest == "/userinfo"))
    {
        if (options)
            return preflight("GET, POST, OPTIONS");
        if (!get && !post)
            return not_allowed("GET, POST");
        http::response r = user_info(w, c.request);
        if (http::find(c.request.headers, "Origin"))  // Graph's endpoint, and so as the mock of Graph does
        {
            c.headers.push_back({"Access-Control-Allow-Origin", "*"});
            c.headers.push_back({"Access-Control-Expose-Headers", "WWW-Authenticate"});
        }
        c.headers.insert(c.headers.end(), r.headers.begin(), r.headers.end());
        r.headers.clear();
        c.entry.answer = std::to_string(r.status) + " user info";
        if (r.status != 200)
            c.entry.outcome = journal_outcome::refused;
        return r;
    }
    if (rest == "/v2.0/adminconsent")
        return get ? admin_consent(c) : not_allowed("GET");
    if (rest == "/v2.0/.well-known/openid-configuration")
        return options ? preflight("GET, OPTIONS") : get ? configuration(c) : not_allowed("GET");
    if (rest == "/discovery/v2.0/keys")
        return options ? preflight("GET, OPTIONS") : get ? keys(c) : not_allowed("GET");
    if (rest == "/oauth2/v2.0/authorize")
        return get || post ? authorize(c) : not_allowed("GET, POST");
    if (rest == "/login")
        return post ? form(c) : not_allowed("POST");
    if (rest == "/oauth2/deviceauth")
        return get ? device_form(c) : not_allowed("GET");
    if (rest == "/oauth2/v2.0/devicecode")
    {
        if (!post)
            return json_error(c, refuse(900561, {{"method", method}}));
        return device_code(c);
    }
    if (rest == "/oauth2/v2.0/logout")
        return get || post ? logout(c) : not_allowed("GET, POST");
    if (rest == "/oauth2/v2.0/token")
    {
        if (options)
            return preflight("POST, OPTIONS");
        if (!post)
            return json_error(c, refuse(900561, {{"method", method}}));
        return token(c);
    }
    return not_found();
}

OUTKIT_INLINE http::response entra::state::answer(http::request const& request)
{
    w.policy.apply_due(w.date());
    sts::call c{request, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, false, false};
    c.trace = new_guid(w);
    c.time = sts::timestamp(unix_time(w), false);
    std::string_view const target = request.target;
    std::string_view const path = target.substr(0, target.find('?'));
    c.path = sts::lower(path);
    c.entry.time = w.date();
    c.entry.server = "entra";
    c.entry.what = request.method + " " + std::string(path.substr(0, 512));

    auto const plain = [&](unsigned status, char const* text) {
        c.entry.outcome = journal_outcome::invalid;
        c.entry.answer = std::to_string(status);
        c.entry.reason = text;
        c.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
        c.headers.push_back({"Connection", "close"});
        return http::response{.status = status, .body = std::string(text) + "\n"};
    };
    auto const respond = [&]() -> http::response {
        std::string const* const host = http::find(request.headers, "Host");
        std::string const name = host ? sts::host_name(*host) : std::string();
        if (name.empty())
            return plain(400, "The request has no usable Host header.");
        // Any other name has been rebound to this machine by somebody (R-MOC-06).
        if (std::find(hosts.begin(), hosts.end(), name) == hosts.end())
            return plain(421, "This mock is not responsible for that host.");
        c.base = "https://" + sts::lower(*host);
        if (target.size() > sts::longest_target)
            return plain(414, "The request target is too long.");
        std::string bare = c.path;
        if (std::size_t const known = bare.find("/.well-known/"); known != bare.npos)
            bare.erase(known + 1, 1);  // the one segment that begins with a dot
        if (!bare.starts_with('/') || bare.find("//") != bare.npos || bare.find("/.") != bare.npos ||
            bare.find_first_of(";\\") != bare.npos)
            return plain(404, "There is no such path.");
        auto const tenant = outkit::detail::form_decode(path.substr(1, path.find('/', 1) - 1));
        if (!tenant || tenant->find_first_of(std::string_view("/\\\0", 3)) != tenant->npos)
            return plain(404, "There is no such path.");
        c.asked_tenant = *tenant;
        bool readable = path.size() == target.size() || parse(target.substr(path.size() + 1), c.query);
        if (request.method == "POST" && http::media_type(request.headers) == "application/x-www-form-urlencoded")
            readable = readable && parse(request.body, c.form);
        std::string const* const header = http::find(request.headers, "client-request-id");
        std::string const wanted = header ? *header : c.parameter("client-request-id");
        c.correlation = is_guid(wanted) ? wanted : new_guid(w);
        if (!readable)
            return json_error(c, refuse(9002313));
        std::size_t journaled = 0;
        for (auto const* list : {&c.query, &c.form})
            for (auto const& [n, value] : list->all)
                if (n != "flowToken" && ++journaled <= 32)
                    c.entry.fields.emplace_back(n, value);
        if (auto const fault = w.faults.take("entra", c.entry.what); fault && (fault->status != 0 || fault->answer))
        {
            c.entry.outcome = journal_outcome::fault;
            unsigned const status = fault->status != 0 ? static_cast<unsigned>(fault->status) : 500u;
            c.entry.answer = std::to_string(status);
            if (fault->retry_after)
                c.headers.push_back({"Retry-After", std::to_string(fault->retry_after->count())});
            for (auto const& [n, value] : fault->header_fields)
                c.headers.push_back({n, value});
            if (fault->disconnect)
                c.headers.push_back({"Connection", "close"});
            std::string const body = fault->answer.value_or("");
            c.headers.push_back(
                {"Content-Type", body.starts_with('{') ? "application/json; charset=utf-8" : "text/plain"});
            return {.status = status, .body = body};
        }
        for (auto const* list : {&c.query, &c.form})
            for (char const* secret :
                 {"code", "refresh_token", "client_assertion", "assertion", "id_token_hint", "device_code"})
                if (std::string const* const value = list->find(secret); value && is_real_credential(w.keys, *value))
                    return refused_credential(c);
        return route(c);
    };
    http::response r = respond();
    w.journal.record(std::move(c.entry));

    // Names and values as recorded from the real service; the server's own says that it is none of Microsoft's.
    auto const add = [&](char const* name, std::string value) {
        if (!http::find(c.headers, name))
            c.headers.push_back({name, std::move(value)});
    };
    add("Cache-Control", "no-store, no-cache");
    add("Pragma", "no-cache");
    add("Expires", "-1");
    // Never for localhost: browsers would go by it on all ports, and the redirect to http://localhost would be lost.
    if (!c.base.starts_with("https://localhost"))
        add("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    add("X-Content-Type-Options", "nosniff");
    add("P3P", "CP=\"DSP CUR OTPi IND OTRi ONL FIN\"");
    add("x-ms-request-id", c.trace);
    add("x-ms-ests-server", "2.1.00000.0 - MOCK ProdSlices");
    add("x-ms-srs", "1.P");
    add("X-XSS-Protection", "0");
    if (std::string const* const wish = http::find(request.headers, "return-client-request-id");
        wish && sts::lower(*wish) == "true")
        add("client-request-id", c.correlation);
    c.headers.push_back({"Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; samesite=none; httponly"});
    r.headers.insert(r.headers.end(), std::make_move_iterator(c.headers.begin()),
                     std::make_move_iterator(c.headers.end()));
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/entra_device.ipp>
#include <outkit/mock/entra_sign_in.ipp>
#include <outkit/mock/entra_token.ipp>
#endif

#endif
