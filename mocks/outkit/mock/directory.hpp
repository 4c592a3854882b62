#ifndef OUTKIT_MOCK_DIRECTORY_HPP
#define OUTKIT_MOCK_DIRECTORY_HPP

#include <outkit/config.hpp>
#include <outkit/detail/environment.hpp>

#include <chrono>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/** The directory of a world: its tenants, who is in them, which applications are registered, and what they may do.

    Plain data with the directory's own rules: what register_application() and add_secret() refuse, the real directory's
    API refuses, too. Protocol (who may sign in where, with which error) is the business of `mock::entra`; it asks here.

    References to users, tenants, applications and service principals stay valid until the thing itself is removed.
    Names, addresses, domains and GUIDs are compared without regard to the case of ASCII letters, as the service does.
*/

/// Whether two names, addresses, domains or GUIDs are the same: equal but for the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b) noexcept;

/// Whether the text has the shape 8-4-4-4-12 of hexadecimal digits.
bool is_guid(std::string_view text) noexcept;

/// A random GUID (RFC 9562 version 4), lower case.
std::string new_guid(detail::environment& world);

/// A random GUID of the shape that marks this project's tenants: `00000000-0000-4000-8000-` and 12 random digits.
std::string new_tenant_guid(detail::environment& world);

/// The tenant in which personal accounts (outlook.com, hotmail.com) live; documented: Microsoft Learn, ID token claims.
inline constexpr std::string_view consumers_tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The resources a mail client asks tokens for, by their application id; documented: Microsoft Learn.
inline constexpr std::string_view graph_app_id = "00000003-0000-0000-c000-000000000000";
inline constexpr std::string_view exchange_app_id = "00000002-0000-0ff1-ce00-000000000000";

/// What secrets made by a world begin with, so that nobody mistakes them for real ones.
inline constexpr std::string_view mock_secret_prefix = "mock-secret-";

/// Work or school account (Microsoft 365), or personal account (outlook.com).
enum class account_kind
{
    work,
    personal
};

/// "Supported account types" of a registration: who may sign in to it. Names as in Graph's `signInAudience`.
enum class sign_in_audience
{
    my_org,             // AzureADMyOrg: this tenant only
    multiple_orgs,      // AzureADMultipleOrgs: work accounts of any tenant
    orgs_and_personal,  // AzureADandPersonalMicrosoftAccount
    personal            // PersonalMicrosoftAccount
};

/// "AzureADMyOrg" and so on.
std::string_view to_string(sign_in_audience a) noexcept;
/// False when the text names none (exact, with case).
bool parse(std::string_view text, sign_in_audience& a) noexcept;

/// The kind of program behind a redirect URI; it decides how a code may be redeemed.
enum class platform
{
    web,           // confidential: a secret or certificate is demanded
    spa,           // single-page application: PKCE and an Origin header, no secret
    public_client  // mobile and desktop: no secret
};

/// "web", "spa", "publicClient", as in Graph.
std::string_view to_string(platform p) noexcept;
bool parse(std::string_view text, platform& p) noexcept;

/// Delegated permissions act for a signed-in user (claim `scp`), application permissions for the program (`roles`).
enum class permission_type
{
    delegated,
    application
};

/// "Scope" and "Role", as in Graph's `requiredResourceAccess`.
std::string_view to_string(permission_type t) noexcept;
bool parse(std::string_view text, permission_type& t) noexcept;

/// One permission that a resource offers. All views are of static storage.
struct permission
{
    std::string_view resource;  // application id of the resource: graph_app_id, exchange_app_id
    std::string_view id;        // GUID for `requiredResourceAccess`; differs between resources for the same name
    std::string_view name;      // "IMAP.AccessAsUser.All"
    permission_type type;
    bool admin_only;         // needs an administrator's consent, whatever the tenant's policy
    bool low_impact;         // a user may consent where the policy allows low-impact permissions only
    std::string_view title;  // what the consent page says
};

/// Every permission that exists in this world.
std::span<permission const> permission_catalogue() noexcept;
/// Null when the resource has no such permission. Names without regard to case.
permission const* find_permission(std::string_view resource, std::string_view name, permission_type type) noexcept;
/// Null when the resource publishes no permission of this GUID (then sign-in fails with AADSTS65006).
permission const* find_permission_id(std::string_view resource, std::string_view id) noexcept;

/// A service that tokens can be for.
struct resource
{
    std::string_view app_id;
    std::string_view name;  // "Office 365 Exchange Online"
    /// Identifier URIs without a slash at the end, the usual one first: what a scope begins with.
    std::span<std::string_view const> uris;
};

/// The resources of this world: Microsoft Graph and Office 365 Exchange Online.
std::span<resource const> resources() noexcept;
/// By application id or identifier URI (host without regard to case, a slash at the end does not matter); or null.
resource const* find_resource(std::string_view app_id_or_uri) noexcept;

/// Somebody of another tenant, or with a personal account, who has been invited (B2B). Roles do not come along.
struct guest
{
    std::string user_id = {};  // object id in the home tenant
    std::string id = {};       // object id here; left out: made
    bool accepted = true;      // false: the invitation is still pending (AADSTS50014)
};

/// What an administrator has done to a resource's service principal.
struct resource_state
{
    std::string app_id = {};           // graph_app_id, exchange_app_id
    bool enabled = true;               // false: AADSTS500014
    bool assignment_required = false;  // app-only tokens need an app role (AADSTS501051)
};

/// An organisation, or the one tenant of personal accounts.
struct tenant
{
    std::string id = {};            // GUID, "Directory (tenant) ID"
    std::string display_name = {};  // "Woodgrove Bank"
    /// Verified domains, at least one. The first is the one of new users; `initial_domain` is one of them.
    std::vector<std::string> domains = {};
    std::string initial_domain = {};  // stands for "…onmicrosoft.com"
    bool has_exchange = true;  // false: no Exchange service principal, a token for it is refused (AADSTS500011, 650052)
    /// The national cloud the tenant lives in ("MicrosoftOnline.US"), where this authority is none of (AADSTS90038).
    std::string cloud = {};
    std::vector<guest> guests = {};
    std::vector<resource_state> resources = {};  // those not as usual

    bool personal() const { return same_name(id, consumers_tenant); }
    /// Null when this user is no guest here. By the object id at home or here.
    guest const* find_guest(std::string_view user_id) const;
    /// As usual when nothing is said of it.
    resource_state state_of(std::string_view app_id) const;
};

/// What risk detection says about an account.
enum class user_risk
{
    none,
    sign_in,      // no second factor may be set up from here (AADSTS53004)
    compromised,  // the password must be changed (AADSTS50135)
    blocked       // as a guest: blocked by the home tenant's risk (AADSTS53011)
};

/// "none", "sign-in", "compromised", "blocked".
std::string_view to_string(user_risk r) noexcept;
bool parse(std::string_view text, user_risk& r) noexcept;

/// An account.
struct user
{
    std::string id = {};              // object id ("oid"), GUID
    std::string tenant_id = {};       // home tenant
    std::string principal_name = {};  // "userPrincipalName": what is typed at sign-in
    std::string mail = {};            // primary SMTP address; empty: none
    std::vector<std::string> aliases = {};
    std::string password = {};
    std::string display_name = {};
    std::string given_name = {};
    std::string surname = {};
    account_kind kind = account_kind::work;
    bool licensed = true;       // has a plan with a mailbox
    bool enabled = true;        // "accountEnabled"; false: AADSTS50057
    bool mfa_required = false;  // this user must pass a second factor (AADSTS50076 where that cannot be asked)
    bool mfa_registered = true;
    bool password_expired = false;      // AADSTS50055
    bool must_change_password = false;  // a new one is asked for at the next sign-in (AADSTS50055 without a page)
    bool on_premises = false;           // the password lives in an Active Directory (expired: AADSTS50144)
    bool locked = false;                // AADSTS50053
    bool minor = false;                 // under age, without parental consent (AADSTS54000)
    user_risk risk = user_risk::none;
    bool shared_mailbox = false;          // nobody signs in as this one; others have rights on its mailbox
    std::vector<std::string> roles = {};  // "Global Administrator", …
    std::string language = {};            // of the mailbox's folder names, when it is made: mailbox_languages()
    /// Grants made before are void: set by a change of password or an administrator ("TokensValidFrom", AADSTS50173).
    detail::wall_time tokens_valid_from{};

    /// Whether the user may consent for the whole tenant.
    bool is_admin() const;
    /// Whether the text is the principal name, the primary address or an alias.
    bool answers_to(std::string_view address) const;
};

struct redirect_uri
{
    std::string uri = {};
    platform type = platform::web;
};

/// A client secret. Applications prove themselves with the value; its id is what people paste by mistake.
struct client_secret
{
    std::string id = {};     // "Secret ID", GUID
    std::string name = {};   // description
    std::string value = {};  // begins with mock_secret_prefix
    std::string hint = {};   // first three characters of the value
    detail::wall_time start{};
    detail::wall_time end{};
};

/// A certificate whose private key the application signs assertions with.
struct client_certificate
{
    std::string id = {};      // key id, GUID
    std::string name = {};    // description
    std::string sha1 = {};    // thumbprint of the DER form, 40 hexadecimal digits, upper case
    std::string sha256 = {};  // the same with SHA-256, base64url without padding: what `x5t#S256` says
    std::string pem = {};     // the certificate
    detail::wall_time start{};
    detail::wall_time end{};
};

/// Somebody else's identity that counts as this application's ("Federated credentials").
struct federated_credential
{
    std::string name = {};
    std::string issuer = {};  // compared exactly, as the other two
    std::string subject = {};
    std::string audience = "api://AzureADTokenExchange";
    std::string pem = {};  // certificate with the issuer's public key: there is no network to fetch it from
};

/// A permission that a registration lists ("API permissions").
struct required_permission
{
    std::string resource = {};  // application id
    std::string id = {};        // permission's GUID
    permission_type type = permission_type::delegated;
};

/// A registration.
struct application
{
    std::string app_id = {};     // "Application (client) ID"
    std::string object_id = {};  // "Object ID" of the registration
    std::string tenant_id = {};  // home tenant
    std::string display_name = {};
    sign_in_audience audience = sign_in_audience::my_org;
    std::vector<redirect_uri> redirect_uris = {};
    bool allow_public_client = false;    // "Allow public client flows": device code and password grant
    bool access_token_issuance = false;  // "Access tokens (used for implicit flows)"; else AADSTS700051
    bool id_token_issuance = false;      // "ID tokens (used for implicit and hybrid flows)"; else AADSTS700054
    std::vector<client_secret> secrets = {};
    std::vector<client_certificate> certificates = {};
    std::vector<federated_credential> federated_credentials = {};
    std::vector<required_permission> permissions = {};
    detail::wall_time created{};
    bool enabled = true;  // false: AADSTS7000112

    /** The registered URI that the one in a request means; null when there is none (AADSTS50011).

        Exact and with case, but for the port of a loopback URI: it is not looked at (RFC 8252 section 7.3;
        documented: Microsoft Learn, redirect URI restrictions).
    */
    redirect_uri const* match_redirect(std::string_view uri) const;
};

/// An application as one tenant sees it ("Enterprise application").
struct service_principal
{
    std::string object_id = {};
    std::string app_id = {};
    std::string tenant_id = {};
    bool enabled = true;                           // "Enabled for users to sign-in"
    bool assignment_required = false;              // only assigned users may sign in (AADSTS50105)
    std::vector<std::string> assigned_users = {};  // object ids
};

/// What a user, or an administrator for all users of a tenant, has granted to an application.
struct consent
{
    std::string app_id = {};
    std::string tenant_id = {};
    std::string user_id = {};   // object id; empty: by an administrator, for everybody
    std::string resource = {};  // application id of the resource
    permission_type type = permission_type::delegated;
    std::vector<std::string> permissions = {};  // short names, "IMAP.AccessAsUser.All"
};

/// What is asked for when an application is registered (Graph: POST /applications).
struct application_request
{
    std::string display_name = {};
    sign_in_audience audience = sign_in_audience::my_org;
    std::vector<redirect_uri> redirect_uris = {};
    bool allow_public_client = false;
    /// What the registration lists. Left out: exactly `User.Read`, as for one made in the portal.
    std::vector<required_permission> permissions = default_permissions();

    static std::vector<required_permission> default_permissions();
    /// Adds a delegated or application permission by name, as the portal's search box does: mail protocols' delegated
    /// ones from Microsoft Graph, `IMAP.AccessAsApp` and its like from Exchange. False: there is none of this name.
    bool add_permission(std::string_view name, permission_type type = permission_type::delegated);
};

/// Why the directory's API refuses, in the form Graph reports it.
struct directory_error
{
    int status = 400;          // HTTP status
    std::string code = {};     // "Request_BadRequest"
    std::string message = {};  // Graph's words: "Invalid value specified for property 'web' of resource 'Application'."
    std::string property = {};  // "web"; empty: no single property
    std::string detail = {};    // our words, for people: which value, and which rule it breaks
};

enum class secret_check
{
    ok,
    wrong,      // AADSTS7000215
    id_pasted,  // the "Secret ID" was sent instead of the value; also AADSTS7000215
    expired,    // the value was right until it expired: AADSTS7000222
    not_yet_valid
};

class directory
{
public:
    /// Begins with the tenant of personal accounts (domain `outlook.test`) and nothing else.
    directory();

    // Tenants

    /// Adds a tenant; an empty id is replaced by a new one, an empty initial domain by the first domain.
    tenant& add_tenant(detail::environment& world, tenant t);
    /// By GUID or verified domain; `consumers` is no domain, the caller knows it. Null when there is none.
    tenant* find_tenant(std::string_view id_or_domain);
    tenant const* find_tenant(std::string_view id_or_domain) const;
    std::list<tenant> const& tenants() const { return tenants_; }

    // Users

    /** Adds a user to the tenant `u.tenant_id`.

        Empty members get what the directory gives: a new object id (for personal accounts of the form
        `00000000-0000-0000-…`), mail = principal name, display name from its local part, and `kind` from the tenant.
    */
    user& add_user(detail::environment& world, user u);
    /// By principal name, primary address or alias; null when there is none.
    user* find_user(std::string_view address);
    user const* find_user(std::string_view address) const;
    user* find_user_id(std::string_view object_id);
    user const* find_user_id(std::string_view object_id) const;
    std::list<user> const& users() const { return users_; }
    std::list<user>& users() { return users_; }
    bool remove_user(std::string_view object_id);
    /** Sets a password, as the user or an administrator does: the old one's grants and sessions are void from now on.

        @param by_administrator  a new one must then be chosen at the next sign-in
    */
    void change_password(detail::environment& world, user& u, std::string password, bool by_administrator = false);
    /// Invites a user to another tenant. The reference is valid until the next invitation.
    guest& add_guest(detail::environment& world, tenant& to, user const& who, bool accepted = true);

    // Applications

    /// What the directory's API has against the request, in its order; empty: nothing.
    std::vector<directory_error> check(application_request const& request) const;

    struct registration
    {
        application* app = nullptr;           // null when refused
        std::vector<directory_error> errors;  // why
        explicit operator bool() const { return app != nullptr; }
    };
    /// Registers an application in the tenant, with its service principal there, or says why not.
    registration register_application(detail::environment& world, std::string_view tenant_id,
                                      application_request request);
    /// Adds an application as it is, without check: for world files and scenarios. Empty ids are made.
    application& add_application(detail::environment& world, application a);
    application* find_application(std::string_view app_id);
    application const* find_application(std::string_view app_id) const;
    application* find_application_object(std::string_view object_id);
    std::list<application> const& applications() const { return applications_; }
    std::list<application>& applications() { return applications_; }
    /// Also removes its service principals and consents.
    bool remove_application(std::string_view app_id);

    /** Adds a client secret, valid from now on.

        @param lifetime  The portal offers 180, 365 and 730 days and no more than 24 months.
        @return          the secret with its value; null with a reason in `error`: an application that personal accounts
                         can use has at most two (documented: Microsoft Learn, supported account types)
    */
    client_secret const* add_secret(detail::environment& world, application& app, std::string name,
                                    std::chrono::hours lifetime, directory_error& error);
    bool remove_secret(application& app, std::string_view secret_id);
    static secret_check check(application const& app, std::string_view presented, detail::wall_time now);

    // Service principals and consents

    /// The application as the tenant sees it; made when it is missing.
    service_principal& ensure_service_principal(detail::environment& world, std::string_view app_id,
                                                std::string_view tenant_id);
    service_principal* find_service_principal(std::string_view app_id, std::string_view tenant_id);
    service_principal const* find_service_principal(std::string_view app_id, std::string_view tenant_id) const;
    service_principal const* find_service_principal_object(std::string_view object_id) const;
    std::list<service_principal> const& service_principals() const { return service_principals_; }

    /// Records a consent; permissions are added to what the same giver has granted before.
    void grant(consent c);
    /// Grants, for everybody in the tenant, all that the registration lists: the button "Grant admin consent".
    void grant_all(detail::environment& world, application const& app, std::string_view tenant_id);
    /// Whether this user has, by own or by an administrator's consent, granted the delegated permission.
    /// Mail protocols' permissions are the same whether Microsoft Graph or Exchange is named as the resource.
    bool consented(std::string_view app_id, user const& who, std::string_view resource, std::string_view name) const;
    /// All delegated permissions granted to the application for this user and resource, in the order of granting.
    std::vector<std::string> granted_scopes(std::string_view app_id, user const& who, std::string_view resource) const;
    /// The application permissions granted in the tenant.
    std::vector<std::string> granted_roles(std::string_view app_id, std::string_view tenant_id,
                                           std::string_view resource) const;
    /// Withdraws what the user has granted; an empty user id: what administrators have granted in the tenant.
    void revoke(std::string_view app_id, std::string_view tenant_id, std::string_view user_id);
    std::vector<consent> const& consents() const { return consents_; }

private:
    std::list<tenant> tenants_;
    std::list<user> users_;
    std::list<application> applications_;
    std::list<service_principal> service_principals_;
    std::vector<consent> consents_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/directory.ipp>
#endif

#endif
