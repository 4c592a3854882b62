#ifndef OUTKIT_MOCK_AADSTS_IPP
#define OUTKIT_MOCK_AADSTS_IPP

#include <outkit/mock/aadsts.hpp>

#include <algorithm>
#include <stdexcept>

namespace outkit::inline OUTKIT_ABI::mock {

// Sources of the texts marked observed: public issues and recordings of nextcloud/mail, freescout-help-desk/freescout,
// n8n-io/n8n, betagouv/rdv-service-public, WPManageNinja/fluent-smtp, Earlybyte/aad_oauth, kellylford/QuickMail,
// jstedfast/MailKit, O365/python-o365, AzureAD's and Azure SDK's own repositories, and calvinchengx/entra-emulator's
// captures of 2026. Documented: Microsoft Learn, "Microsoft Entra authentication and authorization error codes", and
// the page of each flow.
OUTKIT_INLINE std::span<aadsts_row const> aadsts_rows() noexcept
{
    using enum text_source;
    static constexpr std::string_view client = "invalid_client", grant = "invalid_grant", request = "invalid_request",
                                      unauthorized = "unauthorized_client", interaction = "interaction_required";
    static constexpr aadsts_row rows[] = {
        {16000, 400, interaction, "",
         "User account '{login}' from identity provider '{issuer}' does not exist in tenant '{tenant}' and cannot "
         "access the application '{appId}'({name}) in that tenant. The account needs to be added as an external user "
         "in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
         observed},
        {28000, 400, request, "",
         "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope "
         "{scopes} is not valid.",
         observed},
        {28003, 400, request, "",
         "Provided value for the input parameter scope cannot be empty when requesting an access token using the "
         "provided authorization code. Please specify a valid scope.",
         observed},
        {50001, 400, "invalid_resource", "",
         "The application named {resource} was not found in the tenant named {tenant}. This can happen if the "
         "application has not been installed by the administrator of the tenant or consented to by any user in the "
         "tenant. You might have sent your authentication request to the wrong tenant.",
         documented},
        {50005, 400, grant, "additional_action",
         "User tried to log in to a device from a platform that is currently not supported through Conditional Access "
         "policy.",
         documented},
        {50011, 400, request, "",
         "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
         "application '{appId}'. Make sure the redirect URI sent in the request matches one added to your application "
         "in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to "
         "troubleshoot this error.",
         documented},
        {50012, 401, client, "", "Authentication failed. Client assertion contains an invalid signature.", documented},
        {50014, 400, grant, "",
         "The user's redemption is in a pending state. The guest user account is not fully created yet.", inferred},
        {50020, 400, grant, "",
         "User account '{login}' from identity provider '{issuer}' does not exist in tenant '{tenant}' and cannot "
         "access the application '{appId}'({name}) in that tenant. The account needs to be added as an external user "
         "in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
         observed},
        {50027, 400, request, "", "JWT token is invalid or malformed.", documented},
        {50034, 400, grant, "bad_token",
         "The user account {EUII Hidden} does not exist in the {tenant} directory. To sign into this application, the "
         "account must be added to the directory.",
         observed},
        {50049, 400, "invalid_instance", "", "Unknown or invalid instance.", observed},
        {50050, 400, request, "", "The request is malformed.", documented},
        {50053, 400, grant, "",
         "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
         documented},
        {50055, 400, grant, "user_password_expired", "The password is expired.", documented},
        {50056, 400, grant, "", "Invalid or null password: password doesn't exist in the directory for this user.",
         documented},
        {50057, 400, grant, "", "The user account is disabled.", documented},
        {50058, 400, "login_required", "", "A silent sign-in request was sent but no user is signed in.", documented},
        {50059, 400, request, "",
         "No tenant-identifying information found in either the request or implied by any provided credentials.",
         documented},
        {50076, 400, grant, "basic_action",
         "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
         "use multi-factor authentication to access '{resource}'.",
         observed},
        {50078, 400, grant, "basic_action",
         "Presented multi-factor authentication has expired due to policies configured by your administrator, you must "
         "refresh your multi-factor authentication to access '{resource}'.",
         documented},
        {50079, 400, grant, "basic_action",
         "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
         "enroll in multi-factor authentication to access '{resource}'.",
         observed},
        {50089, 400, request, "", "Authentication failed due to flow token expired.", documented},
        {50097, 400, grant, "additional_action", "Device authentication is required.", documented},
        {50105, 400, "access_denied", "",
         "Your administrator has configured the application {name} ('{appId}') to block users unless they are "
         "specifically granted ('assigned') access to the application. The signed in user '{login}' is blocked because "
         "they are not a direct member of a group with access, nor had access directly assigned by an administrator. "
         "Please contact your administrator to assign access to this application.",
         documented},
        {50117, 400, request, "", "Failed to deserialize policy specified in the request's claim parameter.",
         documented},
        {50126, 400, grant, "", "Error validating credentials due to invalid username or password.", documented},
        {50128, 400, request, "",
         "Invalid domain name - No tenant-identifying information found in either the request or implied by any "
         "provided credentials.",
         documented},
        {50129, 400, grant, "additional_action",
         "Device is not workplace joined. Workplace join is required to register the device.", documented},
        {50133, 400, grant, "bad_token", "Session is invalid due to expiration or recent password change.", documented},
        {50135, 400, grant, "", "Password change is required due to account risk.", documented},
        {50144, 400, grant, "user_password_expired", "The user's Active Directory password has expired.", documented},
        {50147, 400, request, "", "Invalid size of Code_Challenge parameter.", documented},
        {50149, 400, request, "", "Invalid Code_Challenge_method parameter.", documented},
        {50158, 400, grant, "additional_action",
         "External security challenge not satisfied. User will be redirected to another page or authentication "
         "provider to satisfy additional authentication challenges.",
         documented},
        {50173, 400, grant, "bad_token",
         "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
         "changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before "
         "which tokens are not valid) for this user is '{validFrom}'.",
         observed},
        {50194, 400, request, "",
         "Application '{appId}'({name}) is not configured as a multi-tenant application. Usage of the {endpoint} "
         "endpoint is not supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint "
         "or configure the application to be multi-tenant.",
         observed},
        {50196, 400, grant, "",
         "The server terminated an operation because it encountered a client request loop. Please contact your app "
         "vendor.",
         observed},
        {53000, 400, grant, "additional_action",
         "Device is not in required device state: {state}. Conditional Access policy requires a compliant device, and "
         "the device is not compliant. The user must enroll their device with an approved MDM provider like Intune.",
         documented},
        {53001, 400, grant, "additional_action",
         "Device is not in required device state: {state}. Conditional Access policy requires a domain joined device, "
         "and the device is not domain joined.",
         documented},
        {53002, 400, grant, "additional_action",
         "Application used is not an approved application for Conditional Access.", documented},
        {53003, 400, grant, "message_only",
         "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
         observed},
        {53004, 400, interaction, "",
         "User needs to complete Multi-factor authentication registration process before accessing this content. User "
         "should register for multi-factor authentication.",
         documented},
        {53011, 400, interaction, "", "User blocked due to risk on home tenant.", documented},
        {54000, 400, "access_denied", "",
         "The user is not allowed to access {name} due to Legal Age Group Requirement.", inferred},
        {54005, 400, grant, "",
         "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
         "refresh token.",
         observed},
        {65001, 400, grant, "consent_required",
         "The user or administrator has not consented to use the application with ID '{appId}' named '{name}'. Send an "
         "interactive authorization request for this user and resource.",
         observed},
        {65004, 400, "access_denied", "", "User declined to consent to access the app.", documented},
        {65006, 400, client, "",
         "Resource '{resource}' had no entitlements matching required permissions configured on the required resource "
         "access for client '{appId}'. Requested permission IDs: '{id}'.",
         observed},
        {70000, 400, grant, "", "Provided grant is invalid or malformed.", inferred},
        {70003, 400, "unsupported_grant_type", "", "The app requested an unsupported grant type '{grant}'.", observed},
        {70005, 400, "unsupported_response_type", "", "response_type 'id_token' requires the 'OpenID' scope.",
         documented},
        {70007, 400, request, "", "'{mode}' is not a supported value of 'response_mode' when requesting a token.",
         documented},
        {70008, 400, grant, "",
         "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
         "authorization request for this user and resource.",
         observed},
        {70011, 400, "invalid_scope", "",
         "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
         "'scope' is not valid. The scope {scopes} is not valid.",
         observed},
        {70016, 400, "authorization_pending", "",
         "OAuth 2.0 device flow error. Authorization is pending. Continue polling.", observed},
        {70018, 400, "bad_verification_code", "",
         "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not "
         "approved.",
         documented},
        {70019, 400, "bad_verification_code", "", "Verification code expired.", documented},
        {70020, 400, "expired_token", "",
         "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
         observed},
        {70021, 401, client, "",
         "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. Assertion "
         "Subject: '{subject}'. Assertion Audience: '{audience}'.",
         observed},
        {70043, 400, grant, "bad_token",
         "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token "
         "was issued on {issued} and the maximum allowed lifetime for this request is {lifetime}.",
         documented},
        {70044, 400, grant, "bad_token",
         "The session has expired or is invalid due to sign-in frequency checks by conditional access.", documented},
        {90002, 400, request, "",
         "Tenant '{tenant}' not found. This may happen if there are no active subscriptions for the tenant. Check to "
         "make sure you have the correct tenant ID. Check with your subscription administrator.",
         observed},
        {90005, 400, request, "",
         "Unable to complete the request. The request is not valid because the identifier and login hint cannot be "
         "used together.",
         documented},
        {90015, 400, request, "", "The query string is too long.", documented},
        {90022, 400, request, "",
         "The principal name format is not valid, or does not meet the expected name[/host][@realm] format.",
         documented},
        {90027, 400, request, "",
         "We are unable to issue tokens from this API version on the MSA tenant. Please contact the application vendor "
         "as they need to use version 2.0 of the protocol to support this.",
         documented},
        {90038, 400, request, "", "Tenant '{tenant}' request is being redirected to the National Cloud '{cloud}'.",
         observed},
        {90055, 429, "temporarily_unavailable", "",
         "There are too many incoming requests. This exception is thrown for blocked tenants.", documented},
        {90094, 400, "access_denied", "",
         "{name} needs permission to access resources in your organization that only an admin can grant. Please ask an "
         "admin to grant permission to this app before you can use it.",
         documented},
        {90095, 400, "access_denied", "", "Admin consent is required. Approval can be requested from an admin.",
         inferred},
        {90100, 400, request, "", "{name} parameter is empty or not valid.", documented},
        {90102, 400, request, "", "'{name}' value must be a valid absolute URI.", documented},
        {90119, 400, request, "", "The user code is null or empty.", documented},
        {90120, 400, request, "", "The request was already authorized or declined.", documented},
        {90130, 400, request, "",
         "Application '{appId}' ({name}) is not supported over the /common or /consumers endpoints. Please use the "
         "/organizations or tenant-specific endpoint.",
         documented},
        {120000, 400, grant, "", "The current password is incorrect.", inferred},
        {120002, 400, grant, "", "The new password is too weak.", inferred},
        {120003, 400, grant, "", "The new password contains the user's name.", inferred},
        {160021, 400, interaction, "", "Application requested a user session which does not exist.", documented},
        {165000, 400, request, "",
         "Invalid Request: The request tokens do not match the user context. Do not copy user context values (cookies; "
         "form fields; headers) between different requests or user sessions; always maintain the ALL of the supplied "
         "values across a complete single user flow. Failure Reasons:[Token values do not match;]",
         observed},
        {500011, 400, "invalid_resource", "",
         "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the "
         "application has not been installed by the administrator of the tenant or consented to by any user in the "
         "tenant. You might have sent your authentication request to the wrong tenant.",
         observed},
        {500014, 400, "invalid_resource", "",
         "The service principal for resource '{resource}' is disabled. This indicate that a subscription within the "
         "tenant has lapsed, or that the administrator for this tenant has disabled the application, preventing tokens "
         "from being issued for it.",
         observed},
        {500021, 400, "access_denied", "", "Access to '{tenant}' tenant is denied.", documented},
        {500022, 400, "access_denied", "", "Access to '{tenant}' tenant is denied.", documented},
        {500112, 400, grant, "",
         "The reply address '{uri}' does not match the reply address '{registered}' provided when requesting "
         "Authorization code.",
         documented},
        {500113, 400, request, "", "No reply address is registered for the application.", documented},
        {500121, 400, interaction, "", "Authentication failed during strong authentication request.", documented},
        {500201, 400, request, "",
         "We are unable to issue tokens from this API version for a Microsoft account. Please contact the application "
         "vendor as they need to use version 2.0 of the protocol to support this.",
         observed},
        {500208, 400, request, "", "The domain is not a valid login domain for the account type.", documented},
        {500212, 400, "access_denied", "",
         "The user's administrator has set an outbound access policy that does not allow access to the resource "
         "tenant.",
         documented},
        {500213, 400, "access_denied", "",
         "The resource tenant's cross-tenant access policy does not allow this user to access this tenant.",
         documented},
        {501051, 400, grant, "",
         "Application '{appId}'({name}) is not assigned to a role for the application '{resource}'({resourceName}).",
         observed},
        {501481, 400, grant, "",
         "The Code_Verifier does not match the code_challenge supplied in the authorization request.", observed},
        {501491, 400, request, "", "Invalid size/format of Code_Challenge parameter.", documented},
        {530003, 400, grant, "additional_action", "Your device is required to be managed to access this resource.",
         observed},
        {530032, 400, grant, "",
         "User blocked due to policies configured by tenant admin. The tenant admin has configured a security policy "
         "that blocks this request.",
         documented},
        {530035, 400, grant, "",
         "Access has been blocked by security defaults. This is due to the request using legacy auth or being deemed "
         "unsafe by security defaults policies.",
         documented},
        {650052, 400, client, "",
         "The app is trying to access a service '{resource}'({resourceName}) that your organization '{tenant}' lacks a "
         "service principal for. Contact your IT Admin to review the configuration of your service subscriptions or "
         "consent to the application in order to create the required service principal.",
         observed},
        {650053, 400, client, "",
         "The application '{name}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact "
         "the app vendor.",
         observed},
        {650054, 400, client, "",
         "The application asked for permissions to access a resource that has been removed or is no longer available. "
         "Contact the app vendor.",
         documented},
        {650056, 400, client, "",
         "Misconfigured application. This could be due to one of the following: the client has not listed any "
         "permissions for '{resourceName}' in the requested permissions in the client's application registration. Or, "
         "the admin has not consented in the tenant. Or, check the application identifier in the request to ensure it "
         "matches the configured client application identifier. Or, check the certificate in the request to ensure "
         "it's valid. Please contact your admin to fix the configuration or consent on behalf of the tenant. Client "
         "app ID: {appId}.",
         documented},
        {650057, 400, "invalid_resource", "",
         "Invalid resource. The client has requested access to a resource which is not listed in the requested "
         "permissions in the client's application registration. Client app ID: {appId}({name}). Resource value from "
         "request: {resource}. Resource app ID: {resourceId}. List of valid resources from app registration: {list}.",
         documented},
        {700005, 400, grant, "",
         "Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization "
         "Code must be redeemed against same tenant it was acquired for (/common or /{tenant-ID} as appropriate).",
         documented},
        {700016, 400, unauthorized, "",
         "Application with identifier '{appId}' was not found in the directory '{tenant}'. This can happen if the "
         "application has not been installed by the administrator of the tenant or consented to by any user in the "
         "tenant. You may have sent your authentication request to the wrong tenant.",
         observed},
        {700021, 401, client, "", "Client assertion application identifier doesn't match 'client_id' parameter.",
         documented},
        {700022, 400, request, "",
         "The provided value for the input parameter 'scope' is not valid because it contains more than one resource. "
         "Scope {scopes} is not valid.",
         observed},
        {700023, 401, client, "",
         "Client assertion audience claim does not match Realm issuer. Review the documentation at "
         "https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .",
         documented},
        {700024, 401, client, "",
         "Client assertion is not within its valid time range. Current time: {now}, expiry time of assertion {expiry}.",
         documented},
        {700025, 401, client, "",
         "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.", documented},
        {700027, 401, client, "",
         "The certificate with identifier used to sign the client assertion is {what} on application. [Reason - The "
         "key {reason}., Thumbprint of key used by client: '{thumbprint}', Please visit the Azure Portal, Graph "
         "Explorer or directly use MS Graph to see configured keys for app Id '{appId}'.]",
         observed},
        {700038, 400, unauthorized, "", "{appId} is not a valid application identifier.", observed},
        {700051, 400, "unsupported_response_type", "", "response_type 'token' is not enabled for the application.",
         observed},
        {700054, 400, "unsupported_response_type", "", "response_type 'id_token' is not enabled for the application.",
         observed},
        {700081, 400, grant, "",
         "The refresh token has expired due to maximum lifetime. The token was issued on {issued} and the maximum "
         "allowed lifetime for this application is {lifetime}.",
         observed},
        {700082, 400, grant, "",
         "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for "
         "{days}.00:00:00.",
         observed},
        {700084, 400, grant, "",
         "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of "
         "1.00:00:00, which cannot be extended. It is now expired and a new sign in request must be sent by the SPA to "
         "the sign in page. The token was issued on {issued}.",
         documented},
        {700211, 401, client, "",
         "No matching federated identity record found for presented assertion issuer '{issuer}'.", observed},
        {700212, 401, client, "",
         "No matching federated identity record found for presented assertion audience '{audience}'.", observed},
        {700213, 401, client, "",
         "No matching federated identity record found for presented assertion subject '{subject}'.", observed},
        {700222, 401, client, "", "AAD-issued tokens may not be used for federated identity flows.", observed},
        {900023, 400, request, "",
         "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.", observed},
        {900144, 400, request, "", "The request body must contain the following parameter: '{name}'.", observed},
        {900382, 400, request, "", "Confidential Client is not supported in Cross Cloud request.", documented},
        {900561, 400, request, "", "The endpoint only accepts POST requests. Received a {method} request.", documented},
        {900971, 400, request, "", "No reply address provided.", documented},
        {901002, 400, request, "", "The 'resource' request parameter is not supported.", documented},
        {1002012, 400, "invalid_scope", "",
         "The provided value for scope {scopes} is not valid. Client credential flows must have a scope value with "
         "/.default suffixed to the resource identifier (application ID URI).",
         observed},
        {5002723, 401, client, "",
         "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId specified in "
         "token header.",
         observed},
        {7000112, 400, unauthorized, "", "Application '{appId}'({name}) is disabled.", documented},
        {7000215, 401, client, "",
         "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
         "the client secret ID, for a secret added to app '{appId}'.",
         observed},
        {7000216, 401, client, "",
         "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
         observed},
        {7000218, 401, client, "",
         "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", observed},
        {7000222, 401, client, "",
         "The provided client secret keys for app '{appId}' are expired. Visit the Azure portal to create new keys for "
         "your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
         "https://aka.ms/certCreds.",
         observed},
        {7000229, 401, client, "",
         "The client application {appId} is missing service principal in the tenant {tenant}. See instructions here: "
         "https://go.microsoft.com/fwlink/?linkid=2225119",
         observed},
        {9000411, 400, request, "", "The request is not properly formatted. The parameter '{name}' is duplicated.",
         observed},
        {9001023, 400, request, "",
         "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or "
         "tenant-specific endpoint.",
         observed},
        {9002313, 400, grant, "", "Invalid request. Request is malformed or invalid.", observed},
        {9002325, 400, request, "",
         "Proof Key for Code Exchange is required for cross-origin authorization code redemption.", observed},
        {9002326, 400, request, "",
         "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request "
         "origin: '{origin}'.",
         observed},
        {9002327, 400, request, "",
         "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
         observed},
        {9002331, 400, request, "",
         "Application '{appId}'({name}) is configured for use by Microsoft Account users only. Please use the "
         "/consumers endpoint to serve this request.",
         observed},
        {9002332, 400, request, "",
         "Application '{appId}'({name}) is configured for use by Azure Active Directory users only. Please do not use "
         "the /consumers endpoint to serve this request.",
         documented},
        {9002346, 400, request, "",
         "Application '{appId}'({name}) is configured for use by Microsoft Account users only. Please use the "
         "/consumers endpoint to serve this request.",
         observed},
    };
    return rows;
}

OUTKIT_INLINE refusal refuse(int code, text_arguments with)
{
    auto const rows = aadsts_rows();
    auto const row = std::find_if(rows.begin(), rows.end(), [&](aadsts_row const& r) { return r.code == code; });
    if (row == rows.end())
        throw std::logic_error("AADSTS" + std::to_string(code) + " is not in the table");
    refusal r{code, row->status, std::string(row->error), std::string(row->suberror), {}, {}, {}};
    for (std::string_view rest = row->text; !rest.empty();)
    {
        std::size_t const open = std::min(rest.find('{'), rest.size());
        r.text += rest.substr(0, open);
        rest.remove_prefix(open);
        if (rest.empty())
            break;
        std::string_view const name = rest.substr(1, rest.find('}') - 1);
        auto const value = std::find_if(with.begin(), with.end(), [&](auto const& a) { return a.first == name; });
        r.text += value == with.end() ? rest.substr(0, name.size() + 2) : value->second;  // "{EUII Hidden}" stays
        rest.remove_prefix(name.size() + 2);
    }
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
