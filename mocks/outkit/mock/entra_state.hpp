#ifndef OUTKIT_MOCK_ENTRA_STATE_HPP
#define OUTKIT_MOCK_ENTRA_STATE_HPP

#include <outkit/mock/aadsts.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/pages/page.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#include <deque>
#include <map>
#include <set>

// What the parts of the mock authority share: entra.ipp routes and describes, entra_sign_in.ipp talks to people,
// entra_token.ipp to programs, entra_device.ipp to devices without a browser.

namespace outkit::inline OUTKIT_ABI::mock {
namespace sts {

// Names and values of a query or a form, decoded, in their order.
struct parameters
{
    std::vector<std::pair<std::string, std::string>> all;

    std::string const* find(std::string_view name) const;
    std::string get(std::string_view name) const;  // empty when there is none
    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::string duplicate() const;  // the first name that is there twice, or empty
};
// False for a '%' without two digits, or for too many.
bool parse(std::string_view encoded, parameters& into);

// Form encoding as the real service writes it into redirects: lower-case digits, '+' for a blank.
std::string encode(std::string_view text);

// The tenant part of a path.
struct authority
{
    enum class kind
    {
        common,
        organizations,
        consumers,
        tenant
    };
    kind is = kind::common;
    mock::tenant const* tenant = nullptr;  // for consumers and tenant
    std::string name;                      // "common", "organizations", "consumers" or the tenant's GUID
    std::string asked;                     // as it stood in the path
};

// One scope value of a request.
struct scope_item
{
    std::string asked;               // as it was written
    resource const* from = nullptr;  // null: an OpenID Connect scope
    std::string prefix;              // as written, without the slash; empty: none, which means Microsoft Graph
    std::string name;                // as in the catalogue, or ".default"
    permission const* what = nullptr;

    bool is_default() const { return name == ".default"; }
};

// A request's scope, understood.
struct scope_set
{
    std::vector<scope_item> items;
    std::string text;                // as it was written
    std::optional<refusal> problem;  // why it could not be understood

    bool has(std::string_view openid_scope) const;
    std::vector<resource const*> resources() const;  // without repetition
    scope_item const* first_of(resource const* r) const;
    bool default_mixed() const;  // .default with something else of the same resource
};

// What the parameter `claims` asks of an access token (OpenID Connect Core 1.0 section 5.5; documented: Microsoft Learn,
// claims challenges). Wishes for ID tokens are read over: the metadata do not announce them.
struct claims_request
{
    std::vector<std::string> policies;  // capolids: those of Conditional Access that must be satisfied, by id
    bool continuous_access = false;     // xms_cc
};
// Nothing when that is no such request; an empty text asks for nothing.
std::optional<claims_request> parse_claims(std::string_view text);

// A policy of Conditional Access, as far as it is about one person.
struct access_policy
{
    std::string id;
    conditional_access demands = conditional_access::pass;

    bool second_factor() const
    {
        return demands == conditional_access::mfa || demands == conditional_access::mfa_registration;
    }
};
// The first one that demands a second factor, or null.
access_policy const* second_factor_in(std::vector<access_policy> const& all);
// The same refusal with the claims of the request that would satisfy the policy.
refusal challenge(refusal r, access_policy const& by);

// One request, as far as all parts need it.
struct call
{
    http::request const& request;
    std::string base;  // "https://host:port"
    std::string path;  // in lower case, without the query
    std::string asked_tenant;
    parameters query, form;
    std::string trace, correlation, time;  // for errors and headers
    http::fields headers;                  // to be added to the answer
    journal_entry entry;
    bool real_credential = false;
    bool v1 = false;  // asked at /oauth2/ instead of /oauth2/v2.0/

    std::string parameter(std::string_view name) const;  // the form's, else the query's
    bool has(std::string_view name) const { return form.has(name) || query.has(name); }
};

struct signed_in
{
    std::string user_id;
    std::int64_t at = 0;
    bool multifactor = false;
    std::int64_t multifactor_at = 0;
};

// A browser in which somebody has signed in, by its cookie.
struct browser
{
    std::vector<signed_in> users;
    std::string session_id;
};

// A device that waits for somebody to sign in for it (RFC 8628).
struct device_request
{
    enum class state
    {
        pending,
        approved,
        declined,
        redeemed
    };
    std::string user_code, device_code;
    std::string authority, client_id, scope, claims;
    std::int64_t begun_at = 0;
    state is = state::pending;
    grant given = {};  // once approved

    bool expired(std::int64_t now) const { return now - begun_at >= life; }
    static constexpr std::int64_t life = 900;  // seconds
};

// What somebody signs in for.
enum class purpose
{
    authorize,
    authorize_v1,
    device,
    admin_consent,
    admin_consent_v1
};

// Where a sign-in stands. Travels sealed in the forms, so nothing is kept of those that are never finished.
struct sign_in
{
    sts::purpose purpose = sts::purpose::authorize;
    std::string authority;
    std::vector<std::pair<std::string, std::string>> request;  // the parameters of /authorize; a device's user_code
    std::string browser;
    std::string stage;  // which form was shown
    std::string user_id;
    std::int64_t password_at = 0;  // 0: not proven yet
    bool multifactor = false;
    std::int64_t multifactor_at = 0;
    bool picked = false;     // the person has chosen the account; do not ask again
    bool confirmed = false;  // "Are you trying to sign in to ...?"
    bool staying = false;    // "stay signed in"
    std::int64_t begun_at = 0;
};

// An authorization request that may be answered by redirect.
struct authorization
{
    sts::authority authority;
    application const* app = nullptr;
    mock::redirect_uri const* registered = nullptr;
    std::string redirect_uri;
    bool code = false, id_token = false, access_token = false;  // response_type
    std::string response_mode;                                  // "query", "fragment", "form_post"
    std::string state, nonce, prompt, login_hint, challenge, challenge_method;
    bool has_state = false, client_info = false;
    scope_set scopes;
    claims_request claims;
    device_request* device = nullptr;  // then there is no redirect URI
    std::optional<std::int64_t> max_age = {};
    std::string session_wanted;  // sid
};

// A permission that needs consent.
struct wanted_permission
{
    std::string_view resource;
    std::string name;
    permission const* what = nullptr;
};

inline constexpr std::int64_t token_life = 3600;  // seconds, of an access token

// What a grant comes to now: a person as the tenant of the grant has them, a resource, its permissions. Tokens are made
// of it by both endpoints, the one for programs and, if the registration allows that, the one that redirects browsers.
// Refers to what it is made from.
class entitlement
{
public:
    entitlement(entra::state const& of, call const& c, application const& app, grant const& g, scope_set const& chosen,
                scope_set const& first, claims_request const& asked);
    entitlement(entitlement const&) = delete;

    // What has happened to person, tenant or consent since the sign-in, if that leaves nothing. To be asked first.
    std::optional<refusal> check();

    user const& who() const { return *u_; }
    user const& at_home() const { return *at_home_; }
    bool asked_for(std::string_view openid_scope) const;
    std::int64_t expires_in() const;
    std::string scope() const;  // as an answer says it
    access_claims access(int client_authentication) const;
    id_claims identity() const;  // without nonce and hashes

private:
    std::optional<refusal> check_alive() const;
    std::optional<refusal> check_person() const;
    std::optional<refusal> collect_permissions();
    bool own() const { return u_->kind == account_kind::personal; }
    bool graph() const { return target_->app_id == graph_app_id; }
    std::string prefix() const;

    entra::state const& s_;
    call const& c_;
    application const& app_;
    grant const& g_;
    scope_set const& chosen_;
    scope_set const& first_;  // of the sign-in; OpenID Connect's scopes count from there, too
    claims_request const& asked_;
    user const* at_home_ = nullptr;
    std::optional<user> visiting_;
    user const* u_ = nullptr;
    resource const* target_ = nullptr;
    scope_item const* model_ = nullptr;  // the first scope that names the resource
    std::vector<std::string> permissions_;
};

}  // namespace sts

struct entra::state
{
    explicit state(world& of) : w(of) {}

    world& w;
    std::vector<std::string> hosts;  // lower case, without brackets
    std::map<std::string, sts::browser, std::less<>> browsers;
    std::deque<std::string> browser_order;
    std::deque<sts::device_request> devices;
    std::set<std::string, std::less<>> used;     // ids of redeemed codes, and in strict mode of used refresh tokens
    std::set<std::string, std::less<>> revoked;  // ids of grants
    std::map<std::string, std::deque<std::int64_t>, std::less<>> recent;  // when what was asked for, for limits
    std::deque<std::pair<std::set<std::string, std::less<>>*, std::string>> order;

    // entra.ipp
    http::response answer(http::request const& request);
    http::response route(sts::call& c);
    http::response configuration(sts::call& c);
    http::response keys(sts::call& c);
    http::response instance(sts::call& c);
    http::response user_realm(sts::call& c);
    std::optional<refusal> resolve(std::string_view asked, sts::authority& into) const;
    std::optional<refusal> check_application(application const& app, sts::authority const& a, bool at_token) const;
    sts::scope_set understand(std::string_view scope, application const& app, sts::authority const& a) const;
    http::response json_error(sts::call& c, refusal const& r) const;
    http::response refused_credential(sts::call& c) const;
    std::string message(sts::call const& c, refusal const& r) const;
    http::response page(sts::call& c, std::string_view title, std::string_view body, pages::values const& with,
                        std::string_view form_origin = {}, bool script = false) const;
    http::response error_page(sts::call& c, refusal const& r) const;
    mock::person person_of(user const& u) const;
    user const* find(std::string_view user_id) const { return w.directory.find_user_id(user_id); }
    std::vector<sts::access_policy> policies_for(user const& u, sts::claims_request const& asked) const;
    std::optional<refusal> check_policies(std::vector<sts::access_policy> const& all) const;
    std::optional<refusal> check_restrictions(sts::call const& c, std::string_view tenant_id) const;
    std::optional<refusal> check_guest(user const& u, tenant const& t, guest const& g) const;
    bool second_factor_expired(std::string_view tenant_id, std::int64_t given_at) const;
    std::optional<user> seen_as_guest(user const& u, std::string_view tenant_id) const;
    std::string identity_provider(user const& u) const;
    bool too_many(std::string const& what, unsigned most, std::int64_t within);
    http::response configuration_v1(sts::call& c, sts::authority const& a);
    bool remember(std::set<std::string, std::less<>>& in, std::string id);  // false: it was there

    // entra_sign_in.ipp
    http::response authorize(sts::call& c);
    http::response form(sts::call& c);
    http::response device_form(sts::call& c);
    http::response admin_consent(sts::call& c);
    http::response logout(sts::call& c);

    // entra_token.ipp
    http::response token(sts::call& c);
    std::optional<refusal> check_client(std::string const& client_id, sts::authority const& a,
                                        application const*& app) const;

    // entra_device.ipp
    http::response device_code(sts::call& c);
    sts::device_request* find_device(std::string_view device_code);
    sts::device_request* find_user_code(std::string_view typed);
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
