#ifndef OUTKIT_MOCK_SCENARIOS_IPP
#define OUTKIT_MOCK_SCENARIOS_IPP

#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/world.hpp>

#include <chrono>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

namespace scenarios_detail {

using std::chrono::hours;

inline void flip_mailbox(scenario_stage& s, std::string_view name, std::string_view value)
{
    std::string never;
    s.world.policy.set(name, value, s.user.mail, never);
}
inline void flip_tenant(scenario_stage& s, std::string_view name, std::string_view value)
{
    std::string never;
    s.world.policy.set(name, value, s.tenant.id, never);
}

}  // namespace scenarios_detail

OUTKIT_INLINE std::string_view to_string(scenario_place p) noexcept
{
    switch (p)
    {
    case scenario_place::nowhere: return "nowhere";
    case scenario_place::configuration: return "configuration";
    case scenario_place::registration: return "registration";
    case scenario_place::tenant: return "tenant";
    case scenario_place::account: return "account";
    case scenario_place::mailbox: return "mailbox";
    case scenario_place::service: return "service";
    }
    return "";
}

OUTKIT_INLINE std::string_view default_scopes(std::string_view base_scope) noexcept
{
    return base_scope == "api" ? "openid profile offline_access https://graph.microsoft.com/User.Read "
                                 "https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.Send"
                               : "openid profile offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
                                 "https://outlook.office.com/SMTP.Send";
}

OUTKIT_INLINE std::span<scenario const> scenarios() noexcept
{
    using enum scenario_place;
    using namespace scenarios_detail;
    using stage = scenario_stage;
    static constexpr scenario all[] = {
        {"everything-works", "nothing is wrong", "imap", nowhere, "", "", "", "", "", [](stage&) {}},
        {"everything-works-api", "nothing is wrong, base scope api", "api", nowhere, "", "", "", "", "", [](stage&) {}},

        // The program's configuration
        {"secret-id-pasted", "the Secret ID is configured instead of the secret's Value", "imap", configuration, "code",
         "AADSTS7000215", "secret-id-pasted", "Ensure the secret being sent in the request is the client secret value",
         "make a new secret under Certificates & secrets and configure its Value, which is shown once",
         [](stage& s) { s.client.client_secret = s.app.secrets.front().id; }},
        {"secret-wrong", "the last characters of the client secret are missing", "imap", configuration, "code",
         "AADSTS7000215", "secret-wrong", "Invalid client secret provided",
         "configure the whole Value of a secret; quote it in shells and YAML",
         [](stage& s) { s.client.client_secret.resize(s.client.client_secret.size() - 4); }},
        {"secret-missing", "no secret is configured for a confidential client", "imap", configuration, "code",
         "AADSTS7000218", "secret-missing",
         "must contain the following parameter: 'client_assertion' or 'client_secret'",
         "configure a client secret, or register the redirect URI for mobile and desktop",
         [](stage& s) { s.client.client_secret.clear(); }},
        {"object-id-pasted", "the registration's Object ID is configured instead of its Application (client) ID",
         "imap", configuration, "sign-in", "AADSTS700016", "object-id-pasted", "was not found in the directory",
         "configure the Application (client) ID of the Overview page",
         [](stage& s) {
             s.client.client_id = s.app.object_id;
             s.client.authority = s.tenant.id;
         }},
        {"redirect-mismatch", "the redirect URI has a slash too many", "imap", configuration, "sign-in", "AADSTS50011",
         "redirect-mismatch", "does not match the redirect URIs configured for the application",
         "configure exactly the redirect URI that is registered", [](stage& s) { s.client.redirect_uri += '/'; }},
        {"wrong-tenant", "the authority is another tenant than the application's", "imap", configuration, "sign-in",
         "AADSTS700016", "wrong-tenant", "was not found in the directory",
         "configure the tenant the application is registered in, or register it for any organisation",
         [](stage& s) {
             s.app.audience = sign_in_audience::my_org;
             for (mock::tenant const& t : s.world.directory.tenants())
                 if (!t.personal() && t.id != s.app.tenant_id)
                     s.client.authority = t.initial_domain;
         }},
        {"tenant-unknown", "the tenant's GUID is misspelt", "imap", configuration, "sign-in", "AADSTS90002",
         "tenant-unknown", "not found", "configure the Directory (tenant) ID of the Overview page",
         [](stage& s) { s.client.authority = "00000000-0000-4000-8000-00000000dead"; }},
        {"token-for-graph-sent-to-imap", "the scopes lack the Outlook prefix, so the token is for Microsoft Graph",
         "imap", configuration, "imap.sign-in", "imap-authenticate-failed", "wrong-audience", "AUTHENTICATE failed.",
         "ask for https://outlook.office.com/IMAP.AccessAsUser.All and https://outlook.office.com/SMTP.Send",
         [](stage& s) { s.client.scopes = "openid profile offline_access IMAP.AccessAsUser.All SMTP.Send"; }},
        {"imap-scope-missing", "only SMTP.Send is asked for", "imap", configuration, "imap.sign-in",
         "imap-authenticate-failed", "wrong-scope", "AUTHENTICATE failed.",
         "ask for https://outlook.office.com/IMAP.AccessAsUser.All, too",
         [](stage& s) { s.client.scopes = "openid profile offline_access https://outlook.office.com/SMTP.Send"; }},
        {"two-resources-in-one-token", "Outlook and Graph scopes are redeemed together", "imap", configuration, "code",
         "AADSTS28000", "two-resources", "contains more than one resource",
         "redeem the code with the scopes of one resource, and refresh for the other",
         [](stage& s) {
             s.client.scopes = "openid offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
                               "https://graph.microsoft.com/Mail.Read";
         }},
        {"another-users-mailbox", "the configured user is not the one who signs in", "imap", configuration,
         "imap.sign-in", "imap-not-connected", "user-mismatch", "User is authenticated but not connected.",
         "configure the address of who signs in, or give that user Full Access to the mailbox",
         [](stage& s) {
             for (mock::user const& u : s.world.directory.users())
                 if (u.tenant_id == s.user.tenant_id && u.licensed && u.id != s.user.id)
                 {
                     s.client.user = u.principal_name;
                     return;
                 }
         }},

        // The registration
        {"secret-expired", "every client secret of the application has expired", "imap", registration, "code",
         "AADSTS7000222", "secret-expired", "The provided client secret keys for app",
         "make a new secret under Certificates & secrets and configure its Value",
         [](stage& s) {
             for (client_secret& secret : s.app.secrets)
             {
                 secret.start = s.world.date() - hours(24 * 180);
                 secret.end = s.world.date() - hours(24);
             }
         }},
        {"redirect-registered-as-spa", "the redirect URI is registered for a single-page application", "imap",
         registration, "code", "AADSTS9002327", "spa-redeemed-by-server",
         "may only be redeemed via cross-origin requests", "register the redirect URI under the platform Web",
         [](stage& s) {
             for (mock::redirect_uri& r : s.app.redirect_uris)
                 r.type = platform::spa;
         }},
        {"single-tenant-on-common", "a registration for one tenant is used at /common", "imap", registration, "sign-in",
         "AADSTS50194", "single-tenant-on-common", "is not configured as a multi-tenant application",
         "configure the tenant's id as authority, or change the supported account types",
         [](stage& s) {
             s.app.audience = sign_in_audience::my_org;
             s.client.authority = "common";
         }},
        {"no-redirect-uri", "no redirect URI is registered", "imap", registration, "sign-in", "AADSTS500113",
         "redirect-none", "No reply address is registered for the application",
         "add the platform Web with the redirect URI", [](stage& s) { s.app.redirect_uris.clear(); }},
        {"application-disabled", "the application is switched off", "imap", registration, "sign-in", "AADSTS7000112",
         "app-disabled", "is disabled", "switch on \"Enabled for users to sign-in\" of the enterprise application",
         [](stage& s) { s.app.enabled = false; }},

        // The tenant
        {"admin-approval-needed", "users may not consent to applications", "imap", tenant, "sign-in", "AADSTS90094",
         "admin-approval-needed", "AADSTS90094", "an administrator grants consent for the organisation",
         [](stage& s) { flip_tenant(s, "tenant.user_consent", "disabled"); }},
        {"conditional-access", "Conditional Access blocks the sign-in", "imap", tenant, "sign-in", "AADSTS53003",
         "conditional-access", "Access has been blocked by Conditional Access policies",
         "an administrator looks at the sign-in log and changes the policy",
         [](stage& s) { flip_tenant(s, "tenant.conditional_access", "blocked"); }},
        {"not-assigned", "the application demands an assignment that the user does not have", "imap", tenant, "sign-in",
         "AADSTS50105", "not-assigned", "to block users unless they are specifically granted",
         "an administrator assigns the user to the enterprise application",
         [](stage& s) {
             s.world.directory.ensure_service_principal(s.world, s.app.app_id, s.tenant.id).assignment_required = true;
         }},
        {"smtp-auth-disabled-for-tenant", "authenticated SMTP is switched off for the organisation", "imap", tenant,
         "smtp.sign-in", "smtp-auth-disabled-tenant", "smtp-auth-off-for-tenant",
         "SmtpClientAuthentication is disabled for the Tenant.",
         "Set-CASMailbox -SmtpClientAuthenticationDisabled $false for the mailbox, or Set-TransportConfig for all",
         [](stage& s) { flip_tenant(s, "tenant.smtp_auth", "off"); }},
        {"security-defaults", "security defaults are on, and with them SMTP AUTH is off", "imap", tenant,
         "smtp.sign-in", "smtp-security-defaults", "security-defaults",
         "locked by your organization's security defaults policy",
         "use base scope api, or replace security defaults by Conditional Access",
         [](stage& s) { flip_tenant(s, "tenant.security_defaults", "on"); }},
        {"mail-protocols-blocked", "Conditional Access lets people sign in, but keeps IMAP and SMTP out", "imap",
         tenant, "imap.sign-in", "imap-authenticate-failed", "policy", "AUTHENTICATE failed.",
         "an administrator excludes the user or the application from the policy, or the program uses Graph",
         [](stage& s) { flip_tenant(s, "tenant.conditional_access", "mail-protocols-only"); }},

        // The account
        {"user-disabled", "the account is disabled", "imap", account, "sign-in", "AADSTS50057", "user-disabled",
         "The user account is disabled.", "an administrator unblocks the account",
         [](stage& s) { s.user.enabled = false; }},
        {"password-wrong", "the password is wrong", "imap", account, "sign-in", "AADSTS50126", "password-wrong",
         "Error validating credentials due to invalid username or password.", "type the right one",
         [](stage& s) { s.client.password += "x"; }},
        {"password-expired", "the password has expired", "imap", account, "sign-in", "AADSTS50055", "password-expired",
         "The password is expired.", "sign in to a web page of Microsoft 365 and change it",
         [](stage& s) { s.user.password_expired = true; }},
        {"mailbox-not-licensed", "the user has no licence with a mailbox", "imap", account, "imap.sign-in",
         "imap-not-connected", "no-mailbox", "User is authenticated but not connected.",
         "an administrator assigns a licence with Exchange Online", [](stage& s) { s.user.licensed = false; }},
        {"mailbox-not-licensed-api", "the user has no licence with a mailbox, base scope api", "api", account,
         "graph.folders", "MailboxNotEnabledForRESTAPI", "no-mailbox", "MailboxNotEnabledForRESTAPI",
         "an administrator assigns a licence with Exchange Online", [](stage& s) { s.user.licensed = false; }},

        // The mailbox
        {"imap-disabled-for-mailbox", "IMAP is switched off for the mailbox", "imap", mailbox, "imap.sign-in",
         "imap-not-connected", "imap-off-for-mailbox", "User is authenticated but not connected.",
         "admin.microsoft.com > Users > (the user) > Mail > Manage email apps: IMAP",
         [](stage& s) { flip_mailbox(s, "mailbox.imap", "off"); }},
        {"smtp-auth-disabled-for-mailbox", "authenticated SMTP is switched off for the mailbox", "imap", mailbox,
         "smtp.sign-in", "smtp-auth-disabled-mailbox", "smtp-auth-off-for-mailbox",
         "SmtpClientAuthentication is disabled for the Mailbox.",
         "admin.microsoft.com > Users > (the user) > Mail > Manage email apps: Authenticated SMTP",
         [](stage& s) { flip_mailbox(s, "mailbox.smtp_auth", "off"); }},

        // Microsoft
        {"authenticated-but-not-connected", "the mailbox cannot be opened, by a fault of the service", "imap", service,
         "imap.sign-in", "imap-not-connected", "service-incident", "User is authenticated but not connected.",
         "wait; look at the service health page", [](stage& s) { flip_mailbox(s, "mailbox.connectable", "off"); }},
    };
    return all;
}

OUTKIT_INLINE scenario const* find_scenario(std::string_view name) noexcept
{
    for (scenario const& s : scenarios())
        if (s.name == name)
            return &s;
    return nullptr;
}

OUTKIT_INLINE std::string_view nearest_scenario(std::string_view typo) noexcept
{
    std::vector<std::string_view> names;
    for (scenario const& s : scenarios())
        names.push_back(s.name);
    return nearest_name(typo, names);
}

OUTKIT_INLINE client_setup register_client(world& w, std::string_view login, std::string_view name,
                                           std::string_view redirect_uri, directory_error* why)
{
    client_setup client;
    user const* const who = w.directory.find_user(login);
    if (!who)
    {
        if (why)
            *why = {404, "Request_ResourceNotFound",
                    "Resource '" + std::string(login) +
                        "' does not exist or one of its queried reference-property objects are not present.",
                    "", "there is no such user in this world"};
        return client;
    }
    // A personal account's tenant has no registrations of its own: those are made in some organisation.
    std::string home = who->tenant_id;
    for (tenant const& t : w.directory.tenants())
        if (same_name(home, consumers_tenant) && !t.personal())
            home = t.id;
    application_request request;
    request.display_name = name;
    request.audience = sign_in_audience::orgs_and_personal;
    request.redirect_uris.push_back({std::string(redirect_uri), platform::web});
    for (char const* const permission :
         {"IMAP.AccessAsUser.All", "SMTP.Send", "Mail.ReadWrite", "Mail.Send", "offline_access"})
        request.add_permission(permission);
    directory::registration const made = w.directory.register_application(w, home, std::move(request));
    if (!made)
    {
        if (why)
            *why = made.errors.front();
        return client;
    }
    directory_error error;
    client_secret const* const secret =
        w.directory.add_secret(w, *made.app, "first", std::chrono::hours(24) * 180, error);
    client.client_id = made.app->app_id;
    client.client_secret = secret ? secret->value : std::string();
    client.redirect_uri = redirect_uri;
    client.user = who->mail.empty() ? who->principal_name : who->mail;
    client.login = who->principal_name;
    client.password = who->password;
    return client;
}

OUTKIT_INLINE bool apply(scenario const& s, world& w, client_setup& client)
{
    application* const app = w.directory.find_application(client.client_id);
    user* const who = w.directory.find_user(client.login.empty() ? client.user : client.login);
    tenant* const home = who ? w.directory.find_tenant(who->tenant_id) : nullptr;
    if (!app || !home || app->secrets.empty())
        return false;
    client.base_scope = s.base_scope;
    scenario_stage stage{w, *home, *who, *app, client};
    s.apply(stage);
    return true;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
