#ifndef OUTKIT_CHECK_DETAIL_ENTRA_CODES_HPP
#define OUTKIT_CHECK_DETAIL_ENTRA_CODES_HPP

// The AADSTS numbers that a mail program meets: what each means, why it happens to a mail program, who mends it and
// how. Several rows of one number are its causes, the most likely first. Wordings are ours; the numbers' meanings are
// Microsoft's list of authentication and authorization error codes, or what public recordings of the service show.

#include <outkit/check/types.hpp>

namespace outkit::inline OUTKIT_ABI::check::detail {

struct entra_row
{
    int number;
    std::string_view meaning;
    std::string_view id;
    std::string_view what;
    owner who;
    std::string_view remedy;
    evidence mark;
    std::string_view source;
};

namespace source {
inline constexpr std::string_view codes =
    "Microsoft Learn: Microsoft Entra authentication and authorization error codes";
inline constexpr std::string_view recorded =
    "public recordings of the service: Azure SDK for JavaScript, identity tests";
inline constexpr std::string_view captured =
    "public captures of the service: calvinchengx/entra-emulator, e2e/differential";
inline constexpr std::string_view changes = "Microsoft Learn: breaking changes of the Microsoft identity platform";
inline constexpr std::string_view reply_urls = "Microsoft Learn: redirect URI restrictions and limitations";
inline constexpr std::string_view audiences = "Microsoft Learn: validation differences by supported account types";
inline constexpr std::string_view code_flow = "Microsoft Learn: OAuth 2.0 authorization code flow";
inline constexpr std::string_view client_creds = "Microsoft Learn: OAuth 2.0 client credentials flow";
inline constexpr std::string_view device_flow = "Microsoft Learn: OAuth 2.0 device authorization grant";
inline constexpr std::string_view admin_consent = "Microsoft Learn: admin consent endpoint";
inline constexpr std::string_view refresh = "Microsoft Learn: refresh tokens in the Microsoft identity platform";
inline constexpr std::string_view clouds = "Microsoft Learn: national clouds";
inline constexpr std::string_view secrets = "MicrosoftDocs/azure-docs#33356, #42817; formbricks/formbricks#2879";
}  // namespace source

// What to click, where it is the same for several numbers.
namespace remedy {
inline constexpr std::string_view sign_in =
    "the user signs in again, in the browser; then the new refresh token replaces the stored one";
inline constexpr std::string_view enrol =
    "the user signs in at https://aka.ms/mfasetup, enrols, and then signs in to the program again";
inline constexpr std::string_view policy = "Entra admin center > Sign-in logs: open the failed sign-in, tab "
                                           "Conditional Access, and adjust the policy it names";
inline constexpr std::string_view consent = "Entra admin center > Enterprise applications > (the app) > Permissions > "
                                            "Grant admin consent; or open /adminconsent for the tenant";
inline constexpr std::string_view new_secret =
    "Entra admin center > App registrations > (the app) > Certificates & secrets > New client secret; copy its Value, "
    "which is shown once, not the Secret ID";
inline constexpr std::string_view redirect = "App registrations > (the app) > Authentication: add exactly the redirect "
                                             "URI of the configuration, byte for byte, under the platform Web";
inline constexpr std::string_view permissions =
    "App registrations > (the app) > API permissions: add the missing one as Delegated, then sign in again";
inline constexpr std::string_view retry =
    "wait and try again, with growing pauses; status at https://status.cloud.microsoft";
inline constexpr std::string_view restart = "start the sign-in from the beginning";
inline constexpr std::string_view password =
    "the user corrects or resets the password at https://aka.ms/sspr and signs in in the browser";
inline constexpr std::string_view authority = "set authority to the tenant's GUID or domain";
inline constexpr std::string_view own_cloud =
    "set cloud to the one the tenant lives in, so that its own sign-in host is used";
inline constexpr std::string_view two_requests = "ask for one resource per token: redeem with the Outlook scopes, then "
                                                 "redeem the refresh token with the Graph scopes";
}  // namespace remedy

// clang-format off
inline constexpr entra_row entra_rows[] = {
// Consent and permissions
{65001, "neither the user nor an administrator has consented to these permissions", "consent-missing",
 "a permission was added after the first sign-in, or consent was withdrawn", owner::user,
 "sign in again in the browser with the same scopes, so that the consent page is shown", evidence::documented, source::codes},
{65001, "", "app-consent-missing", "an application permission has not been granted by an administrator", owner::administrator,
 remedy::consent, evidence::documented, source::client_creds},
{65002, "this first-party application must be pre-authorised for the resource", "borrowed-client-id",
 "the program uses the client id of a Microsoft product", owner::developer, "register an application of your own and use its client id",
 evidence::documented, source::codes},
{65004, "the user declined the consent", "consent-declined", "the user pressed Cancel on the consent page", owner::user,
 "sign in again and accept; say beforehand why the program needs the listed permissions", evidence::documented, source::codes},
{65005, "the application asks for a resource or permission that cannot be used in this tenant", "resource-unusable",
 "stale or wrong entries in the API permissions, or no Exchange in the tenant", owner::developer,
 "App registrations > (the app) > API permissions: remove entries marked unknown, add the right ones, consent again", evidence::documented, source::codes},
{65006, "the resource does not publish the permission ids in the manifest", "permission-id-of-other-resource",
 "permission ids of Microsoft Graph stand under another resource in the manifest", owner::developer,
 "move them to the resource 00000003-0000-0000-c000-000000000000 (Microsoft Graph)", evidence::observed, source::captured},
{90094, "an administrator must approve (\"Need admin approval\")", "admin-approval-needed",
 "the tenant does not let users consent to this application", owner::administrator, remedy::consent, evidence::documented, source::codes},
{90095, "the page to ask for an administrator's approval was shown", "admin-approval-requested",
 "the tenant's consent workflow is on and the request has not been answered", owner::administrator,
 "Entra admin center > Enterprise applications > Admin consent requests: review the request", evidence::documented, source::codes},
{90093, "recording the consent was refused: it needs an administrator", "consent-needs-admin",
 "an ordinary user tried to consent to a permission that needs an administrator", owner::administrator, remedy::consent, evidence::documented, source::codes},
{90091, "recording the consent failed because Microsoft Graph was not reachable", "consent-not-recorded", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90092, "recording the consent failed for good", "consent-not-recorded", "Microsoft Graph refused it", owner::administrator, remedy::consent, evidence::documented, source::codes},
{650052, "the tenant has no service principal, or no licence, for the resource", "resource-not-subscribed",
 "the tenant has no Exchange Online, or the API has never been used in it", owner::administrator,
 "assign an Exchange Online licence in the Microsoft 365 admin center, or consent to the application so that the service principal is made", evidence::documented, source::codes},
{650053, "the scope does not exist on the resource", "scope-misspelt",
 "a scope is misspelt, or a mail scope was sent without its https://outlook.office.com/ prefix and so meant for Graph", owner::developer,
 "ask for https://outlook.office.com/IMAP.AccessAsUser.All and https://outlook.office.com/SMTP.Send, with the prefix", evidence::documented, source::codes},
{650054, "the application asks for a resource that has been removed or is not there", "resource-removed",
 "the API permissions name a deleted resource", owner::developer, "API permissions: remove it and consent again", evidence::documented, source::codes},
{650056, "the application is misconfigured", "permissions-incomplete",
 "the registration lacks even User.Read, or nobody has consented", owner::developer, remedy::permissions, evidence::documented, source::codes},
{650056, "", "wrong-tenant", "the request went to another tenant than the application's", owner::developer, remedy::authority, evidence::documented, source::codes},
{650057, "the resource is not in the application's list of permissions", "resource-not-listed", "no permission of this resource was added", owner::developer, remedy::permissions, evidence::documented, source::codes},
{90008, "the application must at least have the permission to sign users in", "no-permission-at-all", "the list of API permissions is empty", owner::developer,
 "API permissions > Add > Microsoft Graph > Delegated > User.Read", evidence::documented, source::codes},
{500131, "the assertion is meant for somebody else", "assertion-audience", "a token for Graph was passed on as an assertion", owner::developer, "get a token for your own API first", evidence::inferred, source::codes},
{500133, "the assertion is outside its time of validity", "assertion-stale", "a stale token, or a clock that is wrong", owner::developer, "get a fresh token; set the clock by NTP", evidence::documented, source::codes},

// MFA, Conditional Access, devices
{50076, "multi-factor authentication is required", "mfa-required",
 "MFA was switched on, or the location changed, after the last sign-in", owner::user,
 "sign in again in the browser and pass the MFA prompt; a background refresh cannot", evidence::documented, source::codes},
{50078, "the multi-factor authentication of the session has expired", "mfa-expired", "a policy limits how long MFA lasts", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50079, "the user must register for multi-factor authentication", "mfa-enrolment", "security defaults or a policy demand MFA and the user has none", owner::user, remedy::enrol, evidence::documented, source::codes},
{50072, "the user must enrol in multi-factor authentication to go on", "mfa-enrolment", "security defaults or a policy demand MFA and the user has none", owner::user, remedy::enrol, evidence::documented, source::codes},
{50074, "strong authentication is required and was not passed", "mfa-required", "the user did not pass the MFA prompt", owner::user, remedy::sign_in, evidence::documented, source::codes},
{500121, "the second factor was not passed", "mfa-denied", "the prompt was denied, or not answered in time", owner::user, "sign in again and approve the prompt; deny only what you have not started", evidence::documented, source::codes},
{50158, "an external challenge was not passed", "external-challenge", "a Conditional Access control of another vendor, or a terms-of-use page, waits for the user", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50097, "the device must authenticate", "device-authentication", "a Conditional Access policy looks at the device", owner::administrator, remedy::policy, evidence::documented, source::codes},
{50005, "the policy does not support this platform", "platform-not-allowed", "a device policy names platforms and this one is not among them", owner::administrator, remedy::policy, evidence::documented, source::codes},
{50127, "a broker application must be installed", "broker-missing", "a Conditional Access policy wants a managed device", owner::administrator, remedy::policy, evidence::documented, source::codes},
{50129, "the device is not joined to the workplace", "device-not-joined", "a Conditional Access policy wants a registered device", owner::user, "register the device, or ask the administrator for an exception", evidence::documented, source::codes},
{50131, "a Conditional Access condition was not met", "conditional-access", "the device's state, the place, or a request that looks suspicious", owner::administrator, remedy::policy, evidence::documented, source::codes},
{53000, "the device does not comply with the policy", "device-not-compliant", "Conditional Access wants a compliant device", owner::user, "enrol the device with the organisation's device management, or ask for an exception", evidence::documented, source::codes},
{53001, "the device is not joined to the domain", "device-not-joined", "Conditional Access wants a joined device", owner::administrator, remedy::policy, evidence::documented, source::codes},
{53002, "the program is not on the list of approved client apps", "app-not-approved", "Conditional Access wants an approved client app, and Microsoft's list has no third-party mail programs", owner::administrator, remedy::policy, evidence::documented, source::codes},
{53003, "Conditional Access blocks the issuing of a token", "conditional-access", "a policy about place, application, risk or the device code flow", owner::administrator, remedy::policy, evidence::documented, source::codes},
{53004, "the user must first register for MFA, from a trusted place", "mfa-enrolment", "a risk policy", owner::user, remedy::enrol, evidence::documented, source::codes},
{53010, "MFA may be registered only from certain places or devices", "mfa-enrolment-place", "a policy limits where MFA is registered", owner::administrator, remedy::policy, evidence::documented, source::codes},
{53011, "the user is blocked because of risk in the home tenant", "user-at-risk", "Identity Protection blocks the user", owner::administrator, "Entra admin center > Protection > Risky users: review and dismiss, or reset the password", evidence::documented, source::codes},
{530032, "the tenant's security policy blocks the sign-in", "security-defaults", "security defaults block older ways of signing in", owner::administrator, "use the browser sign-in of the program; or Entra admin center > Properties > Manage security defaults", evidence::documented, source::codes},
{530034, "a delegated administrator is blocked because of risk in the home tenant", "user-at-risk", "a partner's administrator account is at risk", owner::administrator, "clear the risk in the home tenant", evidence::documented, source::codes},
{530035, "security defaults block the sign-in", "security-defaults", "the program sent a password, or the sign-in looked suspicious", owner::developer, "sign in through the browser instead of by password", evidence::documented, source::codes},
{530003, "the device must be managed", "device-not-managed", "Conditional Access wants a managed device", owner::administrator, remedy::policy, evidence::inferred, source::codes},
{70043, "the refresh token is no longer valid: the sign-in frequency policy has run out", "sign-in-frequency",
 "Conditional Access demands a new sign-in every so often", owner::user, remedy::sign_in, evidence::documented, source::codes},
{70043, "", "sign-in-frequency-policy", "the policy covers a program that runs without a person", owner::administrator,
 "exempt the application from the sign-in frequency in the Conditional Access policy", evidence::inferred, source::codes},
{70044, "the session has expired through the sign-in frequency policy", "sign-in-frequency", "Conditional Access demands a new sign-in every so often", owner::user, remedy::sign_in, evidence::documented, source::codes},
{135010, "the device's key is missing", "device-removed", "the device was removed from the tenant", owner::administrator, "register the device again", evidence::documented, source::codes},
{135011, "the device is disabled", "device-disabled", "an administrator disabled the device", owner::administrator, "Entra admin center > Devices: enable it", evidence::documented, source::codes},
{50155, "the device could not be authenticated", "device-registration", "the device's registration is broken", owner::user, "disconnect and register the device again", evidence::documented, source::codes},
{50187, "the device's authentication failed", "device-registration", "the device's registration is broken", owner::user, "disconnect and register the device again", evidence::documented, source::codes},
{50105, "the user is not assigned to the application", "not-assigned", "\"Assignment required\" is on and the user has no assignment", owner::administrator,
 "Entra admin center > Enterprise applications > (the app) > Users and groups: add the user; or Properties: Assignment required = No", evidence::documented, source::codes},
{501051, "the application is not assigned to a role of the resource", "not-assigned", "the resource demands an assignment", owner::administrator, "assign an application role", evidence::inferred, source::codes},
{67003, "the actor is not a valid service identity", "actor", "a token of the wrong kind was presented", owner::developer, "check the kind of application and grant", evidence::documented, source::codes},

// Users and passwords
{50034, "the account does not exist in this directory", "unknown-user", "the address is misspelt", owner::user, "check the address", evidence::documented, source::codes},
{50034, "", "personal-account-on-tenant", "a personal account signs in through a tenant's authority", owner::developer, "set authority to common or consumers", evidence::documented, source::audiences},
{50126, "the user name or password is wrong", "password-wrong", "a mistyped or old password", owner::user, remedy::password, evidence::documented, source::codes},
{50053, "the account is locked, or the address the sign-in came from has a bad reputation", "locked-out", "a program retries with an old password", owner::user, "stop the program, wait some minutes, then reset the password at https://aka.ms/sspr", evidence::documented, source::codes},
{50053, "", "bad-address", "the sign-in came from an address known for attacks", owner::network, "sign in from another network", evidence::documented, source::codes},
{50055, "the password has expired", "password-expired", "the password's lifetime is over", owner::user, remedy::password, evidence::documented, source::codes},
{50144, "the password in the local Active Directory has expired", "password-expired", "hybrid tenant", owner::user, "change the password in the company's domain", evidence::documented, source::codes},
{50056, "no password is stored for the user", "no-password", "the user was made without a password", owner::administrator, "Microsoft 365 admin center > Users > (user) > Reset password", evidence::documented, source::codes},
{50057, "the account is disabled", "user-disabled", "an administrator blocked the sign-in", owner::administrator, "Microsoft 365 admin center > Users > (user) > Unblock sign-in", evidence::documented, source::codes},
{50133, "the session is no longer valid since the password changed", "password-changed", "the password changed after the sign-in", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50132, "the session is no longer valid: its credentials were revoked", "session-revoked", "an administrator or a password change revoked it", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50173, "the grant was revoked", "grant-revoked", "the password was changed or reset, or an administrator revoked the sessions", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50058, "nobody is signed in, and the request did not allow to ask", "no-session", "a silent request (prompt=none) without a session", owner::developer, "send the user through the browser without prompt=none", evidence::documented, source::codes},
{160021, "the session that was asked for does not exist", "no-session", "sid names a session that this browser does not have", owner::developer, "leave sid out, or send the user through the browser without prompt=none", evidence::documented, source::codes},
{50059, "the request does not say which tenant it is for", "tenant-missing", "client credentials with the authority common or organizations", owner::developer, remedy::authority, evidence::documented, source::codes},
{50020, "an account of another identity provider does not exist in this tenant", "personal-account-on-tenant",
 "a personal account signs in to an application of one organisation", owner::developer,
 "set authority to common, and in App registrations > (the app) > Authentication allow personal Microsoft accounts", evidence::documented, source::codes},
{50020, "", "guest-missing", "a guest has not been invited", owner::administrator, "Entra admin center > Users > Invite external user", evidence::documented, source::codes},
{50020, "", "wrong-account", "the browser silently used another account that was signed in", owner::user, "sign out, or choose \"Use another account\"; programs send prompt=select_account", evidence::observed, "Foundry376/Mailspring#2399; OfficeDev/outlook-dev-docs#846"},
{50014, "the guest's redemption is still pending", "guest-pending", "the invitation has not been accepted", owner::user, "accept the invitation in the mail", evidence::documented, source::codes},
{51004, "the account is not in the directory", "unknown-user", "the user was deleted, or never existed in this tenant", owner::administrator, "restore the user, or set another authority", evidence::documented, source::codes},
{50064, "the user name or password could not be checked", "wrong-password", "a mistyped or old password", owner::user, remedy::password, evidence::documented, source::codes},
{50128, "the domain of the user name is not a known tenant", "unknown-domain", "the domain is misspelt", owner::user, "check the address", evidence::documented, source::codes},
{16000, "the account is not in this tenant; another one must be chosen", "wrong-account", "several accounts are signed in to the browser", owner::user, "choose \"Use another account\"; programs send prompt=select_account", evidence::documented, source::codes},
{50001, "the resource was not found", "resource-unknown", "the scope names a wrong host", owner::developer, "use https://outlook.office.com/ for IMAP and SMTP scopes, https://graph.microsoft.com/ for Graph", evidence::documented, source::codes},
{50140, "the \"Keep me signed in\" page interrupted the sign-in", "page-waits", "the page waits for an answer", owner::user, "go on in the browser", evidence::documented, source::codes},
{50199, "a page of confirmation must be answered", "page-waits", "the page waits for an answer", owner::user, "go on in the browser", evidence::documented, source::codes},
{50125, "a password reset or registration interrupted the sign-in", "page-waits", "the user must register for self-service password reset", owner::user, "finish the page in the browser", evidence::documented, source::codes},
{50135, "the account is at risk; the password must be changed", "user-at-risk", "Identity Protection", owner::user, remedy::password, evidence::documented, source::codes},
{50177, "an external challenge cannot be shown to pass-through users", "guest-policy", "Conditional Access covers guests", owner::administrator, remedy::policy, evidence::documented, source::codes},
{50178, "session control is not supported for pass-through users", "guest-policy", "Conditional Access covers guests", owner::administrator, remedy::policy, evidence::documented, source::codes},
{50139, "the session of the personal account lacks its refresh token", "personal-session", "a personal account that is a guest", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50136, "one session of a personal account was found", "personal-session", "a personal account that is a guest", owner::user, remedy::sign_in, evidence::documented, source::codes},
{81007, "the tenant is not enabled for seamless single sign-on", "seamless-sso", "Kerberos in the company's domain", owner::user, "sign in with the password", evidence::documented, source::codes},
{81010, "seamless single sign-on failed: the ticket is stale", "seamless-sso", "Kerberos in the company's domain", owner::user, "sign in with the password", evidence::documented, source::codes},
{81012, "another user is signed in to the computer", "seamless-sso", "Kerberos in the company's domain", owner::user, "sign in with the password", evidence::documented, source::codes},
{80001, "the pass-through agent cannot reach the local Active Directory", "agent-unreachable", "the company's domain controllers are down", owner::administrator, "check the pass-through authentication agents", evidence::documented, source::codes},
{80002, "the pass-through agent did not answer in time", "agent-unreachable", "the company's agents or domain controllers are overloaded", owner::administrator, "check the pass-through authentication agents", evidence::documented, source::codes},
{80005, "the pass-through agent got an unknown answer", "agent-unreachable", "the company's domain controllers", owner::administrator, "check the pass-through authentication agents", evidence::documented, source::codes},
{80007, "the pass-through agent could not check the password", "agent-unreachable", "the company's domain controllers", owner::administrator, "check the pass-through authentication agents", evidence::documented, source::codes},
{80010, "the pass-through agent cannot decrypt the password", "agent-unreachable", "the agent's key is damaged", owner::administrator, "register the agent again", evidence::documented, source::codes},
{80012, "the user may not sign in at this time of day", "sign-in-hours", "limits of the local Active Directory", owner::administrator, "extend the user's logon hours", evidence::documented, source::codes},
{80013, "the clocks of agent and domain differ", "clock-skew", "time differs between the agent's server and Active Directory", owner::administrator, "set both by NTP", evidence::documented, source::codes},
{80014, "checking the password took too long", "agent-unreachable", "the company's domain controllers are overloaded", owner::administrator, "check the pass-through authentication agents", evidence::documented, source::codes},
{120000, "the password change failed: the current password is wrong", "password-change", "mistyped", owner::user, "try again", evidence::documented, source::codes},
{120002, "the password change failed: the new password is too weak", "password-change", "the tenant's rules", owner::user, "choose a longer one", evidence::documented, source::codes},
{120003, "the password change failed: the new password contains the user's name", "password-change", "the tenant's rules", owner::user, "choose one without the name", evidence::documented, source::codes},

// Tenant, application, authority
{700016, "the application is not in this directory", "wrong-tenant",
 "the authority names another tenant than the one the application is registered in", owner::developer,
 "set authority to the Directory (tenant) ID on the application's Overview page; or allow more account types and use common", evidence::documented, source::codes},
{700016, "", "object-id-pasted", "the client id is misspelt, or is the Object ID or the Secret ID instead of the Application (client) ID", owner::developer,
 "App registrations > (the app) > Overview: copy the Application (client) ID", evidence::documented, source::codes},
{700016, "", "app-deleted", "the application was deleted", owner::administrator, "App registrations > Deleted applications: restore it", evidence::inferred, source::codes},
{700011, "the application is unknown in this work tenant", "wrong-tenant", "as AADSTS700016", owner::developer, remedy::authority, evidence::documented, source::codes},
{70001, "the application is disabled, or not in this directory", "wrong-tenant", "older wording of AADSTS700016", owner::developer, remedy::authority, evidence::documented, source::codes},
{700038, "this is not an application's identifier", "client-id-placeholder", "a placeholder was left in the configuration", owner::developer,
 "App registrations > (the app) > Overview: copy the Application (client) ID", evidence::observed, source::captured},
{7000112, "the application is disabled", "app-disabled", "an administrator, or Microsoft, disabled it", owner::administrator,
 "Entra admin center > Enterprise applications > (the app) > Properties: Enabled for users to sign in = Yes", evidence::documented, source::codes},
{7000114, "the application may not act on behalf of other applications", "on-behalf-of", "wrong kind of application", owner::developer, "use the code flow", evidence::documented, source::codes},
{7000229, "the application has no service principal in this tenant", "service-principal-missing", "client credentials before an administrator consented", owner::administrator, remedy::consent, evidence::observed, source::captured},
{700003, "the device was not found", "device-removed", "the device was deleted", owner::user, "register the device again", evidence::inferred, source::codes},
{90002, "the tenant was not found", "tenant-unknown", "the tenant's GUID or domain is misspelt, or the tenant was deleted", owner::developer,
 "set authority to the Directory (tenant) ID on the application's Overview page", evidence::documented, source::codes},
{90002, "", "other-cloud", "the tenant lives in another national cloud", owner::developer, remedy::own_cloud, evidence::documented, source::clouds},
{900023, "the tenant part is neither a GUID nor a domain", "tenant-malformed", "an address, a name with blanks or an empty value was given as authority", owner::developer, remedy::authority, evidence::documented, source::codes},
{90023, "the request is not valid", "request-malformed", "a malformed call", owner::developer, "compare with the documented request", evidence::documented, source::codes},
{900382, "a confidential client cannot be used across clouds", "other-cloud", "the sign-in host belongs to another cloud", owner::developer, remedy::own_cloud, evidence::documented, source::codes},
{900432, "a confidential client cannot be used across clouds", "other-cloud", "the sign-in host belongs to another cloud", owner::developer, remedy::own_cloud, evidence::documented, source::codes},
{90038, "the tenant belongs to another national cloud", "other-cloud", "a tenant of another cloud on this sign-in host", owner::developer, remedy::own_cloud, evidence::documented, source::codes},
{90051, "the national cloud's id is not valid", "other-cloud", "a wrong cloud was named", owner::developer, remedy::own_cloud, evidence::documented, source::codes},
{90043, "codes across national clouds are switched off", "other-cloud", "a code of another cloud", owner::developer, remedy::own_cloud, evidence::documented, source::codes},
{900439, "a US Government user or application was used at the public sign-in host", "other-cloud", "a GCC High tenant on login.microsoftonline.com", owner::developer, "set cloud to the US Government one, whose host is login.microsoftonline.us", evidence::documented, source::codes},
{900384, "the signature of the assertion is wrong", "assertion-signature", "an altered or foreign assertion", owner::developer, "sign a new one with the registered certificate", evidence::documented, source::codes},
{90072, "the external account is not in this tenant", "guest-missing", "a guest has not been invited", owner::administrator, "Entra admin center > Users > Invite external user; or the user signs in with another account", evidence::documented, source::codes},
{50194, "the application is for one tenant only, but /common was used", "single-tenant-on-common",
 "authority is common and the registration's account type is \"this organizational directory only\"", owner::developer,
 "set authority to the tenant's GUID; or App registrations > (the app) > Authentication: choose multitenant account types", evidence::documented, source::codes},
{9002331, "the application is for personal accounts only", "personal-only-app", "authority is not consumers", owner::developer, "set authority to consumers", evidence::observed, source::captured},
{9002346, "the application is for personal accounts only", "personal-only-app", "authority is not consumers", owner::developer, "set authority to consumers", evidence::observed, source::captured},
{9002332, "the application is for work accounts only, but /consumers was used", "work-only-app", "authority is consumers", owner::developer,
 "set authority to organizations or the tenant's GUID; or allow personal accounts in the registration", evidence::documented, source::codes},
{500200, "the application does not support personal accounts", "work-only-app", "an outlook.com user and a registration for work accounts", owner::developer,
 "App registrations > (the app) > Authentication: allow personal Microsoft accounts", evidence::inferred, source::audiences},
{500201, "the older endpoint cannot serve personal accounts", "old-endpoint", "the path lacks v2.0", owner::developer, "use /oauth2/v2.0/authorize and /oauth2/v2.0/token", evidence::documented, source::codes},
{90027, "this endpoint cannot serve personal accounts", "old-endpoint", "the path lacks v2.0", owner::developer, "use /oauth2/v2.0/authorize and /oauth2/v2.0/token", evidence::documented, source::codes},
{500207, "the account type cannot be used for this resource", "account-kind", "a personal account and a resource for work accounts", owner::user, "sign in with the other account", evidence::inferred, source::codes},
{500208, "the domain cannot be used for this account type", "account-kind", "a work address was used as a personal account, or the other way round", owner::user, "sign in with the other account", evidence::inferred, source::codes},
{50048, "the assertion's subject differs from its issuer", "assertion-claims", "the client assertion is built wrongly", owner::developer, "sub and iss must both be the client id", evidence::documented, source::codes},
{50012, "the assertion could not be authenticated", "assertion-claims", "the client assertion is built or signed wrongly", owner::developer, "check certificate, clock, issuer and audience of the assertion", evidence::documented, source::codes},
{50013, "the assertion is not valid", "assertion-claims", "wrong time, issuer version or format", owner::developer, "check clock, issuer and audience of the assertion", evidence::documented, source::codes},
{50146, "the application needs a signing key of its own", "signing-key", "the registration maps claims", owner::developer, "configure the key, or ask with ?appid=", evidence::documented, source::codes},
{500011, "the resource is not in this tenant", "resource-not-subscribed", "the tenant has no Exchange Online", owner::administrator, "add Exchange Online, or consent to the resource", evidence::documented, source::codes},
{500011, "", "resource-unknown", "the scope names a wrong resource", owner::developer, "use https://outlook.office.com/ for IMAP and SMTP scopes, https://graph.microsoft.com/ for Graph", evidence::documented, source::codes},
{500014, "the resource is disabled in this tenant", "resource-disabled", "the subscription lapsed, or an administrator disabled Exchange's or Graph's service principal", owner::administrator,
 "renew the subscription; Enterprise applications > (the resource) > Properties: enable it", evidence::inferred, source::codes},
{500021, "tenant restrictions forbid this tenant", "tenant-restrictions", "the company's proxy adds Restrict-Access-To-Tenants", owner::network, "ask who runs the proxy to add the tenant", evidence::documented, source::codes},
{500022, "tenant restrictions forbid this tenant", "tenant-restrictions", "the company's proxy adds Restrict-Access-To-Tenants with a bad value", owner::network, "ask who runs the proxy", evidence::documented, source::codes},
{500212, "the user's tenant blocks access to the other tenant", "cross-tenant", "a cross-tenant access policy", owner::administrator, "Entra admin center > External Identities > Cross-tenant access settings", evidence::documented, source::codes},
{500213, "the other tenant blocks access from the user's tenant", "cross-tenant", "a cross-tenant access policy", owner::administrator, "ask the other tenant's administrator", evidence::documented, source::codes},
{50027, "the JWT is not valid", "assertion-claims", "the assertion is malformed", owner::developer, "check header and claims of the assertion", evidence::documented, source::codes},
{5002723, "the assertion's header names no key", "assertion-key", "x5t or kid is missing", owner::developer, "add x5t#S256 to the header", evidence::observed, source::recorded},
{50029, "a URI has characters that a domain may not have", "uri-encoding", "a value is not percent-encoded", owner::developer, "encode the parameters", evidence::documented, source::codes},
{50192, "the request carried no credential", "proxy-strips", "a certificate sign-in behind a proxy that opens TLS", owner::network, "let the sign-in host bypass TLS inspection", evidence::documented, source::codes},
{50049, "the sign-in host is unknown", "unknown-instance", "a custom authority was asked about at instance discovery", owner::developer, "list the host as a known authority, or switch instance discovery off", evidence::observed, source::captured},
{50134, "the code was approved in another data centre than it was made in", "data-centre", "user and device are far apart, or one uses a VPN", owner::user, remedy::restart, evidence::documented, source::codes},
{50197, "the user was not found: identities conflict", "stale-cookies", "stale cookies", owner::user, "sign in in a private window", evidence::documented, source::codes},
{1000031, "the application cannot be used at present", "app-blocked", "it is blocked or quarantined", owner::administrator, "Enterprise applications > (the app): see why it is blocked", evidence::documented, source::codes},
{1000104, "the resource's cloud is not allowed for the identity's tenant", "cross-tenant", "cross-cloud collaboration is off", owner::administrator, "Cross-tenant access settings > Microsoft cloud settings", evidence::documented, source::codes},
{1002016, "the connection uses a TLS version that is no longer supported", "old-tls", "TLS 1.0 or 1.1", owner::developer, "use TLS 1.2 or later: update OpenSSL, .NET or the system", evidence::documented, source::codes},
{240002, "an ID token was presented as an assertion", "wrong-token", "the wrong one of the tokens was passed on", owner::developer, "send the access token", evidence::documented, source::codes},
{140000, "the request's nonce is missing or has expired", "stale-page", "the page was left open too long", owner::user, remedy::restart, evidence::documented, source::codes},
{140001, "the session's key is not valid", "stale-page", "stale session", owner::user, remedy::restart, evidence::documented, source::codes},
{54000, "the user is too young without a parent's consent", "minor", "a school's rules", owner::administrator, "record the parent's consent for the user", evidence::documented, source::codes},

// Protocol: redirect, code, PKCE, refresh, client authentication
{50011, "the redirect URI is not registered for this application", "redirect-mismatch",
 "a trailing slash, http instead of https, upper case, 127.0.0.1 instead of localhost, another port or path", owner::developer, remedy::redirect, evidence::documented, source::reply_urls},
{50011, "", "wrong-app", "the client id belongs to another registration", owner::developer, "App registrations > (the app) > Overview: compare the Application (client) ID", evidence::inferred, source::codes},
{500112, "the redirect URI at redemption differs from the one at the sign-in", "redirect-differs", "a reverse proxy changed scheme or host in between", owner::developer, "send the same redirect_uri twice", evidence::inferred, source::code_flow},
{500113, "the application has no redirect URI", "redirect-none", "the registration has no platform", owner::developer, remedy::redirect, evidence::inferred, source::codes},
{90102, "the redirect URI is no absolute URI", "redirect-mismatch", "it has no scheme", owner::developer, remedy::redirect, evidence::documented, source::codes},
{70004, "the redirect URI matches none of the application's", "redirect-mismatch", "as AADSTS50011", owner::developer, remedy::redirect, evidence::documented, source::codes},
{70000, "the grant could not be used", "grant-expired", "the refresh token of a personal account has expired or was revoked", owner::user, remedy::sign_in, evidence::documented, source::codes},
{70000, "", "scope-unconsented", "a scope was never consented to; the text says \"scopes requested are unauthorized\"", owner::developer, "ask for the scopes of the first sign-in, or sign in again with the new ones", evidence::observed, "MicrosoftDocs/azure-docs#99814"},
{70002, "the client's credentials could not be checked", "old-credentials", "an old secret or redirect; a second number beside it says more", owner::developer, "see the number that comes with it", evidence::documented, source::codes},
{70003, "the grant type is not supported", "grant-type", "grant_type is misspelt", owner::developer, "use authorization_code, refresh_token, client_credentials or the device code URN", evidence::documented, source::codes},
{700005, "the code or refresh token is meant for another tenant", "tenant-differs", "signed in at /common, redeemed at another tenant's path", owner::developer, "use the same authority for both", evidence::documented, source::codes},
{7000012, "the grant was obtained for another tenant", "tenant-differs", "signed in at one authority, redeemed at another", owner::developer, "use the same authority for both", evidence::inferred, source::codes},
{70005, "the response type is not enabled", "response-type", "the request asks for id_token or token", owner::developer, "use response_type=code", evidence::documented, source::codes},
{700054, "the response type id_token is not enabled for the application", "response-type", "implicit grant is off", owner::developer, "use response_type=code", evidence::documented, source::codes},
{700051, "the response type token is not enabled for the application", "response-type", "implicit grant is off", owner::developer, "use response_type=code", evidence::observed, source::codes},
{70007, "the response mode is not supported here", "response-mode", "query with an id_token", owner::developer, "use form_post or fragment", evidence::documented, source::codes},
{70008, "the code or refresh token has expired", "grant-expired", "a code older than ten minutes, or an account that was idle", owner::user, remedy::sign_in, evidence::documented, source::codes},
{700082, "the refresh token has expired through inactivity", "grant-idle", "the program did not run for 90 days", owner::user, "sign in again; let the program refresh regularly", evidence::documented, source::refresh},
{700081, "the refresh token has reached its maximum lifetime", "grant-expired", "a token lifetime policy", owner::user, remedy::sign_in, evidence::inferred, source::codes},
{700084, "the refresh token of a single-page application has reached its 24 hours", "spa-lifetime", "the redirect URI is registered as single-page application", owner::developer,
 "App registrations > (the app) > Authentication: remove it there, add it under Web", evidence::documented, source::refresh},
{700009, "the redirect URI must be given, as the application has several", "redirect-missing", "redirect_uri was left out", owner::developer, "send it", evidence::inferred, source::codes},
{70011, "the scope is not valid", "scope-malformed", "commas between scopes, two resources at once, or .default mixed with others", owner::developer,
 "separate scopes by blanks; ask for one resource per token", evidence::documented, source::codes},
{1002012, "with client credentials the scope must end in /.default", "default-scope", "a named scope was sent", owner::developer, "use https://outlook.office365.com/.default for IMAP and SMTP, https://graph.microsoft.com/.default for Graph", evidence::observed, source::recorded},
{70012, "the service for personal accounts failed", "service-fault", "trouble with a personal account", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{70016, "the device code has not been approved yet", "pending", "the user is not through with it", owner::user, "keep polling at the given interval", evidence::documented, source::device_flow},
{70018, "the user code is wrong", "user-code", "mistyped", owner::user, "type it again", evidence::documented, source::codes},
{70019, "the user code has expired", "user-code", "it took too long", owner::user, remedy::restart, evidence::documented, source::codes},
{70020, "the device code has expired", "device-code-expired", "fifteen minutes went by", owner::user, remedy::restart, evidence::observed, source::recorded},
{7000215, "the client secret is wrong", "secret-id-pasted", "the Secret ID was pasted instead of the secret's Value", owner::developer, remedy::new_secret, evidence::observed, source::secrets},
{7000215, "", "secret-wrong", "the value was cut off, lost a character in quoting, or belongs to another application", owner::developer, "compare it with the registration: the portal shows its first three characters; quote it in shells and YAML", evidence::documented, source::codes},
{7000215, "", "secret-removed", "the secret was deleted or replaced in the registration", owner::developer, "make a new secret under Certificates & secrets and configure its Value", evidence::inferred, source::codes},
{7000222, "every client secret of the application has expired", "secret-expired", "secrets live at most 24 months", owner::developer, remedy::new_secret, evidence::documented, source::codes},
{7000216, "client credentials need a secret or a certificate", "secret-missing", "the configuration has none", owner::developer, remedy::new_secret, evidence::observed, source::recorded},
{7000218, "the request must contain a secret or an assertion", "secret-missing", "the redirect URI is of the platform Web, which is a confidential client, and the program sends no secret", owner::developer, remedy::new_secret, evidence::documented, source::codes},
{7000218, "", "public-flows-off", "the program is a public client, but the registration does not allow it", owner::developer,
 "App registrations > (the app) > Authentication: register the URI under Mobile and desktop applications, and Allow public client flows = Yes", evidence::documented, source::codes},
{7000219, "this grant needs a secret or an assertion", "secret-missing", "the configuration has none", owner::developer, remedy::new_secret, evidence::inferred, source::codes},
{700025, "a public client must not send a secret", "secret-unwanted", "the redirect URI is of a native or single-page platform", owner::developer, "drop client_secret from the configuration, or register the URI under Web", evidence::documented, source::codes},
{700027, "the certificate of the assertion is unknown or expired, or the signature is wrong", "certificate-unknown", "another certificate was uploaded, or the upload is only minutes old", owner::developer,
 "App registrations > (the app) > Certificates & secrets > Certificates: upload it and compare the thumbprint", evidence::documented, source::codes},
{700021, "the assertion's issuer is wrong", "assertion-claims", "a hand-made assertion", owner::developer, "iss and sub must be the client id", evidence::inferred, source::codes},
{700023, "the assertion's audience is wrong", "assertion-claims", "a hand-made assertion", owner::developer, "aud must be the token endpoint", evidence::inferred, source::codes},
{700024, "the assertion is outside its time of validity", "clock-skew", "the clock is wrong", owner::developer, "set the clock by NTP", evidence::inferred, source::codes},
{700020, "the grant needs interaction", "interaction", "a silent call after a policy changed", owner::user, remedy::sign_in, evidence::documented, source::codes},
{700030, "the certificate's subject name is not authorised", "certificate-subject", "subject-name authentication is not set up", owner::developer, "use the certificate by thumbprint", evidence::documented, source::codes},
{70021, "no federated identity credential matches the assertion", "federated-credential", "issuer, subject or audience differ", owner::developer, "App registrations > (the app) > Certificates & secrets > Federated credentials: compare all three, also upper and lower case", evidence::inferred, source::codes},
{700211, "no federated identity credential matches the assertion's issuer", "federated-credential", "the issuer differs", owner::developer, "Federated credentials: compare the issuer", evidence::inferred, source::codes},
{700212, "no federated identity credential matches the assertion's audience", "federated-credential", "the audience differs", owner::developer, "Federated credentials: compare the audience", evidence::inferred, source::codes},
{700213, "no federated identity credential matches the assertion's subject", "federated-credential", "the subject differs", owner::developer, "Federated credentials: compare the subject", evidence::inferred, source::codes},
{700222, "a token issued by Entra cannot be used as a federated assertion", "federated-credential", "wrong assertion", owner::developer, "use a token of another identity provider", evidence::inferred, source::codes},
{700229, "only app-only tokens can be used as a federated assertion", "federated-credential", "wrong assertion", owner::developer, "use an app-only token", evidence::documented, source::codes},
{700022, "the scopes name more than one resource", "two-resources", "Outlook and Graph scopes in one token request", owner::developer, remedy::two_requests, evidence::documented, source::codes},
{28000, "the scopes name more than one resource", "two-resources", "Outlook (IMAP, SMTP) and Graph scopes in one token request", owner::developer, remedy::two_requests, evidence::observed, source::captured},
{28002, "the scope is not valid", "scope-malformed", "malformed scopes", owner::developer, "separate scopes by blanks, each with its resource's prefix", evidence::observed, source::captured},
{28003, "a scope must be given for a code of several resources", "scope-missing", "none was sent at redemption", owner::developer, "send scope when redeeming", evidence::observed, source::captured},
{54005, "the code has already been redeemed", "code-reused", "the redirect was handled twice: a reloaded page, a prefetching browser, two workers", owner::developer, "redeem once, then use the refresh token", evidence::documented, source::codes},
{501481, "the PKCE verifier does not match", "verifier-mismatch", "the verifier of another session was sent, or plain and S256 were mixed up", owner::developer, "keep the verifier with the state it was made for", evidence::documented, source::codes},
{50148, "the PKCE verifier does not match", "verifier-mismatch", "the verifier of another session was sent", owner::developer, "keep the verifier with the state it was made for", evidence::inferred, source::codes},
{50147, "the PKCE challenge has a wrong size", "challenge-malformed", "a hex or padded challenge", owner::developer, "send base64url of the SHA-256, 43 characters, without padding", evidence::documented, source::codes},
{50149, "the PKCE challenge method is not known", "challenge-method", "code_challenge_method is neither S256 nor plain", owner::developer, "send S256", evidence::documented, source::codes},
{501491, "the PKCE challenge is malformed", "challenge-malformed", "a hex or padded challenge", owner::developer, "send base64url of the SHA-256, 43 characters, without padding", evidence::documented, source::codes},
{9002313, "the request is malformed", "grant-malformed", "the refresh token or code was cut off or is a placeholder, or the body is not form-encoded", owner::developer, "sign in again and store the whole token; send application/x-www-form-urlencoded", evidence::documented, source::codes},
{9002325, "PKCE is required for redemption from a browser", "spa-pkce", "the redirect URI is registered as single-page application and no verifier was sent", owner::developer, "register it under Web, or send PKCE", evidence::observed, source::captured},
{9002326, "redemption from a browser is for single-page applications only", "origin-header", "the request has an Origin header and the redirect URI is of the platform Web", owner::developer, "redeem at the server, without Origin", evidence::observed, source::captured},
{9002327, "tokens of a single-page application can only be redeemed from a browser", "spa-redeemed-by-server", "the redirect URI is registered as single-page application, but a server redeems", owner::developer,
 "App registrations > (the app) > Authentication: remove it from Single-page application, add it under Web", evidence::observed, source::captured},
{9002341, "the user must permit single sign-on", "page-waits", "the sign-in choice of the European Economic Area", owner::user, remedy::sign_in, evidence::documented, source::codes},
{900144, "a required parameter is missing", "parameter-missing", "a JSON body, or client_id or grant_type left out", owner::developer, "send a form-encoded body with the named parameter", evidence::documented, source::codes},
{9000411, "a parameter is sent twice", "parameter-repeated", "an extra parameter repeats one that is sent anyway", owner::developer, "send it once", evidence::observed, source::codes},
{50050, "the request is malformed", "parameter-missing", "a parameter that the endpoint needs was left out", owner::developer, "compare the request with the endpoint's documentation", evidence::documented, source::codes},
{90014, "a required field is missing", "parameter-missing", "a JSON body, or client_id or grant_type left out", owner::developer, "send a form-encoded body with the named parameter", evidence::documented, source::codes},
{900561, "the endpoint only takes POST", "method", "GET on /token", owner::developer, "use POST", evidence::documented, source::codes},
{90056, "the endpoint only takes the other method", "method", "a wrong HTTP method", owner::developer, "use POST for /token, GET for /authorize", evidence::documented, source::codes},
{900971, "no reply address was given", "redirect-missing", "redirect_uri was left out", owner::developer, "send it", evidence::documented, source::codes},
{90100, "a parameter is empty or not valid", "parameter-empty", "an empty form value", owner::developer, "send it", evidence::documented, source::codes},
{90013, "the input is not valid", "parameter-empty", "an empty or malformed form value", owner::developer, "check the values", evidence::documented, source::codes},
{90119, "the user code is missing", "parameter-empty", "an empty user code", owner::user, "type it again", evidence::documented, source::codes},
{90009, "the application asks for a token for itself by name", "own-app", "the resource is the application itself", owner::developer, "use its GUID", evidence::documented, source::codes},
{50117, "the claims of the request cannot be read", "claims-parameter", "they were cut off, built by hand or encoded twice", owner::developer, "send the claims of the refusal as they came", evidence::documented, source::codes},
{90015, "the query is too long", "query-too-long", "a very large state or claims", owner::developer, "shorten it, or use POST", evidence::documented, source::codes},
{90005, "login hint and identifier cannot be combined", "hint", "both were sent", owner::developer, "drop one", evidence::documented, source::codes},
{90019, "the request does not say which tenant it is for", "tenant-missing", "the authority is empty", owner::developer, remedy::authority, evidence::documented, source::codes},
{90022, "the name's format is not valid", "tenant-malformed", "the name should be like tenant.domain/host", owner::developer, remedy::authority, evidence::documented, source::codes},
{90016, "the token lacks a required claim", "claim-missing", "rare", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90085, "the tenant is not provisioned yet", "tenant-new", "the tenant is very new", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90036, "a directory call failed", "service-fault", "a fault of the service", owner::microsoft, "open a ticket with the correlation id", evidence::documented, source::codes},
{90099, "the application is not pre-consented for partner-managed tenants", "partner-consent", "a partner's administrator signs in", owner::administrator, "consent in Partner Center", evidence::documented, source::codes},
{901002, "the v2.0 endpoint does not take the parameter resource", "resource-parameter", "a v1 parameter at the v2.0 path", owner::developer, "use scope", evidence::documented, source::codes},
{9001023, "the password grant is not supported at /common and /consumers", "password-grant", "the program sends a password", owner::developer, "sign in through the browser", evidence::observed, source::captured},
{90055, "the tenant has sent too many requests", "throttled", "many programs, or one in a loop", owner::developer, "wait as long as Retry-After says; keep tokens until they expire", evidence::documented, source::codes},
{50196, "the same request came in a loop", "request-loop", "the program asks for a token again and again instead of keeping it", owner::developer, "keep the token until five minutes before it expires; stop after a refusal", evidence::documented, source::changes},
{50000, "an internal error of the token service", "service-fault", "a fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90033, "the service is not available at present", "service-fault", "a passing fault of the directory", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90006, "the service failed for a moment", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90090, "Microsoft Graph was not reachable for the service", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90024, "the request took up its budget", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{50033, "a retryable error of the service", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{90012, "the request timed out", "slow", "a slow link", owner::network, remedy::retry, evidence::documented, source::codes},
{90004, "the request is not properly formatted", "request-malformed", "a malformed call", owner::developer, "compare with the documented request", evidence::documented, source::codes},
{50089, "the page's flow has expired", "stale-page", "the page was left open too long", owner::user, remedy::restart, evidence::documented, source::codes},
{165000, "the page belongs to another sign-in", "stale-page", "the browser keeps no cookies of the sign-in page, or the page was copied", owner::user, remedy::restart, evidence::observed, source::codes},
{50085, "the refresh token needs a sign-in at the social identity provider", "grant-expired", "a social account", owner::user, remedy::sign_in, evidence::documented, source::codes},
{50087, "a passing fault during strong authentication", "service-fault", "MFA by phone", owner::microsoft, remedy::retry, evidence::documented, source::codes},
{50088, "too many MFA calls or messages by phone", "mfa-limit", "MFA by phone", owner::user, "wait, or use the authenticator app", evidence::documented, source::codes},
{90120, "the device request was already approved or declined", "user-code", "the code was typed twice", owner::user, remedy::restart, evidence::documented, source::codes},
{90123, "the identity or claim provider denied the request", "provider-denied", "a rule of the federated identity provider", owner::administrator, "look in the identity provider's log", evidence::documented, source::codes},
{90124, "the resource is not supported at /common and /consumers", "authority-kind", "a resource or application for work accounts only", owner::developer, "set authority to organizations or the tenant's GUID", evidence::documented, source::codes},
{90130, "the application is not supported at /common and /consumers", "authority-kind", "an application for work accounts only", owner::developer, "set authority to organizations or the tenant's GUID", evidence::documented, source::codes},
};
// clang-format on

}  // namespace outkit::inline OUTKIT_ABI::check::detail

#endif
