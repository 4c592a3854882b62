#ifndef OUTKIT_CHECK_DETAIL_MAIL_TEXTS_HPP
#define OUTKIT_CHECK_DETAIL_MAIL_TEXTS_HPP

// What Exchange Online says over IMAP, SMTP and Graph, how it is recognised, and the causes behind it. Also the OAuth
// errors without a number, and what TLS and the network say before any of them.

#include <outkit/check/detail/entra_codes.hpp>
#include <outkit/check/types.hpp>

namespace outkit::inline OUTKIT_ABI::check::detail {

// How a symptom is recognised: by a text in lower case with single blanks. A pattern that begins with '~' is general:
// it speaks only when nothing particular of the same service was found. The order is from particular to general; a
// symptom may have several rows, of which the first has the meaning.
struct text_row
{
    std::string_view id;
    service where;
    std::string_view meaning;
    std::string_view pattern;
};

struct cause_row
{
    std::string_view symptom;
    std::string_view id;
    std::string_view what;
    owner who;
    std::string_view remedy;
    evidence mark;
    std::string_view source;
};

// clang-format off
inline constexpr text_row text_rows[] = {
// IMAP
{"imap-not-connected", service::imap, "the token was accepted, but the mailbox could not be opened", "user is authenticated but not connected"},
{"imap-token-expired", service::imap, "the access token expired while the session was open", "accesstokenexpired"},
{"imap-basic-auth", service::imap, "signing in by password is switched off", "no basic authentication is disabled"},
{"imap-basic-auth", service::imap, "", "logindisabled"},
{"imap-account-blocked", service::imap, "the personal account is locked", "login failed. account is blocked"},
{"imap-login-failed", service::imap, "a password was refused", "no login failed"},
{"imap-authenticate-failed", service::imap, "the token was refused, and the server does not say why", "no authenticate failed"},
{"imap-authenticate-failed", service::imap, "", "authenticate failed."},
{"imap-throttled", service::imap, "the mailbox's budget for IMAP is used up", "request is throttled"},
{"imap-server-unavailable", service::imap, "the mailbox's server did not answer the front end", "server unavailable. 15"},
{"imap-connection-closed-14", service::imap, "the server gave up after several refused commands", "connection closed. 14"},
{"imap-connection-closed-13", service::imap, "the server dropped an idle or old connection", "connection is closed. 13"},
{"imap-command-argument", service::imap, "the server knows the command, but not its argument", "command argument error. 11"},
{"imap-command-error", service::imap, "the server does not know the command", "command error. 10"},
{"imap-command-error", service::imap, "", "command error. 12"},
{"imap-invalid-state", service::imap, "the command is not allowed before signing in, or during IDLE", "command received in invalid state"},
{"imap-badcharset", service::imap, "the server searches in US-ASCII only", "badcharset (us-ascii)"},
{"imap-no-inbox", service::imap, "the mailbox's folder is not found", "inbox doesn't exist"},
{"imap-message-set", service::imap, "the message numbers are stale", "the specified message set is invalid"},
{"imap-unconvertible", service::imap, "one message cannot be converted for IMAP", "retrieval using the imap4 protocol failed"},

// SMTP
{"smtp-auth-disabled-tenant", service::smtp, "authenticated SMTP is switched off for the whole organisation", "smtpclientauthentication is disabled for the tenant"},
{"smtp-auth-disabled-mailbox", service::smtp, "authenticated SMTP is switched off for this mailbox", "smtpclientauthentication is disabled for the mailbox"},
{"smtp-basic-auth", service::smtp, "signing in by password is switched off", "authentication unsuccessful, basic authentication is disabled"},
{"smtp-basic-auth-retired", service::smtp, "signing in by password has been retired", "basic authentication is not supported for client submission"},
{"smtp-wrong-password", service::smtp, "a password was refused", "the user credentials were incorrect"},
{"smtp-criteria", service::smtp, "a policy of the organisation refuses the sign-in", "the request did not meet the criteria to be authenticated"},
{"smtp-security-defaults", service::smtp, "security defaults refuse the sign-in", "locked by your organization's security defaults policy"},
{"smtp-federation", service::smtp, "the organisation's own sign-in server was not reached", "federated sts service was unreachable"},
{"smtp-federation-tls", service::smtp, "the organisation's own sign-in server does not offer HTTPS", "federated sts url does not support https"},
{"smtp-xoauth2-data", service::smtp, "the XOAUTH2 text could not be read", "5.5.124 invalid xoauth2 auth data"},
{"smtp-starttls-required", service::smtp, "the server wants TLS before mail", "starttls is required to send mail"},
{"smtp-auth-type", service::smtp, "the server does not take this way of signing in here", "5.7.4 unrecognized authentication type"},
{"smtp-send-as-denied", service::smtp, "the signed-in mailbox may not send as this From address", "sendasdenied"},
{"smtp-send-as-denied", service::smtp, "", "client does not have permissions to send as this sender"},
{"smtp-send-as-denied", service::smtp, "", "5.2.252"},
{"smtp-concurrent", service::smtp, "more than three connections send at once", "concurrent connections limit exceeded"},
{"smtp-concurrent", service::smtp, "", "sender thread limit exceeded"},
{"smtp-rate", service::smtp, "messages come too fast", "message submission rate for this client"},
{"smtp-rate", service::smtp, "", "421 4.4.2"},
{"smtp-daily-limit", service::smtp, "the mailbox has reached its daily number of recipients", "submissionquotaexceeded"},
{"smtp-daily-limit", service::smtp, "", "5.1.90"},
{"smtp-tenant-limit", service::smtp, "the organisation has reached its daily number of outside recipients", "5.7.232"},
{"smtp-tenant-limit", service::smtp, "", "5.7.233"},
{"smtp-mailbox-full", service::smtp, "the sender's mailbox is full", "5.2.2 mailbox full"},
{"smtp-outbound-spam", service::smtp, "a personal account is over the quota of its reputation", "outboundspamexception"},
{"smtp-sender-blocked", service::smtp, "the sender is blocked for spam", "5.1.8 access denied"},
{"smtp-sender-blocked", service::smtp, "", "bad outbound sender"},
{"smtp-sender-blocked", service::smtp, "", "5.7.501"},
{"smtp-sender-blocked", service::smtp, "", "5.7.502"},
{"smtp-sender-blocked", service::smtp, "", "5.7.503"},
{"smtp-tenant-blocked", service::smtp, "the organisation, or its address, is blocked", "5.7.705"},
{"smtp-tenant-blocked", service::smtp, "", "5.7.708"},
{"smtp-domain-unregistered", service::smtp, "the From domain is not one of the organisation's", "5.7.750"},
{"smtp-from-header", service::smtp, "the From header is missing, or there are several addresses without a Sender", "5.7.512"},
{"smtp-from-header", service::smtp, "", "5.1.20"},
{"smtp-header-size", service::smtp, "the header is too large", "header size exceeds fixed maximum size"},
{"smtp-size", service::smtp, "the message is too large", "message size exceeds fixed maximum message size"},
{"smtp-bare-lf", service::smtp, "the message has line feeds without carriage returns", "barelinefeedsareillegal"},
{"smtp-bare-lf", service::smtp, "", "5.6.11"},
{"smtp-temporary", service::smtp, "the front end did not reach the mailbox's server", "451 4.7.0 temporary server error"},
{"smtp-session-timeout", service::smtp, "the session was open too long", "4.4.1 connection timed out"},
{"smtp-recipients", service::smtp, "too many recipients in one message", "4.5.3 too many recipients"},
{"smtp-authentication-unsuccessful", service::smtp, "the token was refused, and the server does not say why", "~535 5.7.3"},
{"smtp-authentication-unsuccessful", service::smtp, "", "~5.7.3 authentication unsuccessful"},
{"smtp-not-authenticated", service::smtp, "mail was sent without having signed in", "~5.7.57"},
{"smtp-policy", service::smtp, "the sign-in was refused by a rule of the organisation; the sentence after 5.7.139 says by which", "~5.7.139"},

// Graph
{"graph-wrong-audience", service::graph, "the access token is for another service", "access token validation failure. invalid audience"},
{"graph-token-expired", service::graph, "the access token has expired", "lifetime validation failed, the token is expired"},
{"graph-not-jwt", service::graph, "what was sent is not an access token", "idx14100"},
{"graph-not-jwt", service::graph, "", "compacttoken parsing failed"},
{"graph-claims-challenge", service::graph, "the tenant's policy changed since the token was issued", "continuous access evaluation resulted in"},
{"graph-claims-challenge", service::graph, "", "claimschallengerequiredexception"},
{"graph-me-app-only", service::graph, "/me means the signed-in user, and nobody is signed in", "/me request is only valid with delegated authentication flow"},
{"graph-app-policy", service::graph, "an application access policy closes this mailbox", "access to odata is disabled"},
{"ErrorSendAsDenied", service::graph, "the signed-in user may not send as this From address", "errorsendasdenied"},
{"MailboxNotEnabledForRESTAPI", service::graph, "there is no mailbox in the cloud behind this user", "mailboxnotenabledforrestapi"},
{"MailboxNotEnabledForRESTAPI", service::graph, "", "errormailboxnotenabledforrestapi"},
{"ErrorInvalidUser", service::graph, "the named user is not known", "errorinvaliduser"},
{"ErrorInvalidUser", service::graph, "", "request_resourcenotfound"},
{"ResourceNotFound", service::graph, "the user has no mailbox that can be found", "resourcenotfound"},
{"ErrorNonExistentMailbox", service::graph, "no mailbox has this address", "errornonexistentmailbox"},
{"ErrorItemNotFound", service::graph, "the message is gone, or has another id since it was moved", "erroritemnotfound"},
{"ErrorInvalidIdMalformed", service::graph, "the id is not one of Graph's", "errorinvalididmalformed"},
{"ErrorQuotaExceeded", service::graph, "the mailbox is full", "errorquotaexceeded"},
{"ErrorAccountSuspend", service::graph, "the personal account is suspended", "erroraccountsuspend"},
{"ErrorExceededMessageLimit", service::graph, "the daily number of messages or recipients is reached", "errorexceededmessagelimit"},
{"ErrorExceededMessageLimit", service::graph, "", "errorsubmissionquotaexceeded"},
{"ErrorExceededMessageLimit", service::graph, "", "errorexceededhourlymessagelimit"},
{"ErrorMessageSizeExceeded", service::graph, "the message is too large", "errormessagesizeexceeded"},
{"RequestEntityTooLarge", service::graph, "the request is too large", "requestentitytoolarge"},
{"RequestEntityTooLarge", service::graph, "", "the maximum request length supported is 4mb"},
{"ErrorInvalidRecipients", service::graph, "a recipient's address is not valid, or there is none", "errorinvalidrecipients"},
{"UnableToDeserializePostBody", service::graph, "Graph cannot read the request's JSON", "unabletodeserializepostbody"},
{"InefficientFilter", service::graph, "the query is too complex for the mailbox", "inefficientfilter"},
{"InefficientFilter", service::graph, "", "errorrestrictiontoocomplex"},
{"SyncStateNotFound", service::graph, "the delta token is too old", "syncstatenotfound"},
{"SyncStateNotFound", service::graph, "", "resyncrequired"},
{"SyncStateNotFound", service::graph, "", "syncstateinvalid"},
{"ErrorIrresolvableConflict", service::graph, "the item was changed in between", "errorirresolvableconflict"},
{"ApplicationThrottled", service::graph, "the mailbox is asked too often at once", "applicationthrottled"},
{"ApplicationThrottled", service::graph, "", "toomanyrequests"},
{"ApplicationThrottled", service::graph, "", "activitylimitreached"},
{"MailboxInfoStale", service::graph, "the mailbox is being moved", "mailboxinfostale"},
{"graph-service-fault", service::graph, "Graph or the mailbox's server failed", "errorinternalservererror"},
{"graph-service-fault", service::graph, "", "errorinternalservertransienterror"},
{"graph-service-fault", service::graph, "", "servicenotavailable"},
{"Authorization_RequestDenied", service::graph, "the token's permissions do not allow this call on the directory", "authorization_requestdenied"},
{"ErrorAccessDenied", service::graph, "the token's permissions, or the user's rights, do not allow this", "~erroraccessdenied"},
{"InvalidAuthenticationToken", service::graph, "Graph does not accept the access token", "~invalidauthenticationtoken"},

// OAuth errors; a number says more
{"invalid_grant", service::sign_in, "the code or refresh token cannot be used", "~invalid_grant"},
{"invalid_client", service::sign_in, "the application did not prove who it is", "~invalid_client"},
{"unauthorized_client", service::sign_in, "the application may not do this", "~unauthorized_client"},
{"invalid_scope", service::sign_in, "the scope is not valid", "~invalid_scope"},
{"interaction_required", service::sign_in, "a person must sign in", "~interaction_required"},
{"interaction_required", service::sign_in, "", "~login_required"},
{"consent_required", service::sign_in, "a person must consent", "~consent_required"},
{"access_denied", service::sign_in, "the user or a policy declined", "~access_denied"},
{"temporarily_unavailable", service::sign_in, "the sign-in service is overloaded", "~temporarily_unavailable"},
{"msa-not-enabled", service::sign_in, "the application does not take personal accounts", "not enabled for consumers"},

// A proxy, in the words of outkit, of curl and of Python's urllib3; what is behind the proxy says nothing then
{"proxy-unreachable", service::network, "the proxy itself cannot be reached", "the proxy cannot be reached"},
{"proxy-unreachable", service::network, "", "could not resolve proxy"},
{"proxy-unreachable", service::network, "", "cannot connect to proxy"},
{"proxy-wants-password", service::network, "the proxy wants to know who asks", "the proxy wants a user name and a password"},
{"proxy-wants-password", service::network, "", "tunnel failed, response 407"},
{"proxy-wants-password", service::network, "", "http code 407 from proxy"},
{"proxy-wants-password", service::network, "", "407 proxy authentication required"},
{"proxy-refused", service::network, "the proxy does not let this connection pass", "the proxy refuses connections to this server"},
{"proxy-refused", service::network, "", "tunnel failed, response 403"},
{"proxy-refused", service::network, "", "http code 403 from proxy"},
{"proxy-refused", service::network, "", "tunnel connection failed: 403"},
{"proxy-cannot-connect", service::network, "the proxy found no way to the server", "the proxy could not connect to the server"},
{"proxy-cannot-connect", service::network, "", "tunnel failed, response 500"},
{"proxy-cannot-connect", service::network, "", "tunnel failed, response 502"},
{"proxy-cannot-connect", service::network, "", "tunnel failed, response 503"},
{"proxy-cannot-connect", service::network, "", "tunnel failed, response 504"},
{"proxy-cannot-connect", service::network, "", "tunnel connection failed: 500"},
{"proxy-cannot-connect", service::network, "", "tunnel connection failed: 502"},
{"proxy-cannot-connect", service::network, "", "tunnel connection failed: 503"},
{"proxy-misbehaves", service::network, "what answers at the proxy's address is no HTTP proxy", "does not behave like an http proxy"},

// A server that is none
{"server-misbehaves", service::network, "what answers does not speak the protocol", "the peer broke the protocol"},
{"server-misbehaves", service::network, "", "more than the limit allows"},
{"server-misbehaves", service::network, "", "~<html"},
{"server-misbehaves", service::network, "", "~<!doctype html"},

// TLS and network, in the words of OpenSSL, of systems and of outkit
{"tls-name", service::tls, "the certificate is for another host name", "hostname mismatch"},
{"tls-name", service::tls, "", "ip address mismatch"},
{"tls-expired", service::tls, "the certificate has expired, or this computer's date is wrong", "certificate has expired"},
{"tls-expired", service::tls, "", "certificate is not yet valid"},
{"tls-untrusted", service::tls, "the certificate's issuer is not trusted", "self-signed certificate"},
{"tls-untrusted", service::tls, "", "self signed certificate"},
{"tls-untrusted", service::tls, "", "unable to get local issuer certificate"},
{"tls-untrusted", service::tls, "", "~certificate verify failed"},
{"tls-not-tls", service::tls, "the server does not speak TLS on this port", "wrong version number"},
{"tls-not-tls", service::tls, "", "not a tls handshake"},
{"tls-not-tls", service::tls, "", "packet length too long"},
{"tls-version", service::tls, "the two ends share no TLS version", "unsupported protocol"},
{"tls-version", service::tls, "", "alert protocol version"},
{"tls-refused", service::tls, "the server has not offered STARTTLS, or has refused it", "could not be secured with tls"},
{"tls-cut", service::tls, "the connection ended without TLS's good-bye", "without tls close_notify"},
{"network-no-host", service::network, "the host name has no address", "~host not found"},
{"network-no-host", service::network, "", "~name or service not known"},
{"network-no-host", service::network, "", "~could not resolve host"},
{"network-no-host", service::network, "", "~the host name has no address"},
{"network-refused", service::network, "nothing listens at this address and port", "~connection refused"},
{"network-unreachable", service::network, "there is no way to the address", "~network is unreachable"},
{"network-unreachable", service::network, "", "~no route to host"},
{"network-timeout", service::network, "no answer in time", "~connection timed out"},
{"network-timeout", service::network, "", "~did not answer in time"},
{"network-reset", service::network, "the connection was cut", "~connection reset by peer"},
{"network-reset", service::network, "", "~closed the connection in the middle"},
};

namespace source {
inline constexpr std::string_view oauth_mail = "Microsoft Learn: Authenticate an IMAP, POP or SMTP connection using OAuth";
inline constexpr std::string_view smtp_auth = "Microsoft Learn: Enable or disable authenticated client SMTP submission";
inline constexpr std::string_view printers = "Microsoft Learn: Fix issues with printers, scanners and applications that send email";
inline constexpr std::string_view ndr = "Microsoft Learn: Email non-delivery reports in Exchange Online";
inline constexpr std::string_view improvements = "Exchange Team: SMTP AUTH client submission protocol improvements (2018)";
inline constexpr std::string_view cas_mailbox = "Microsoft Learn: Set-CASMailbox";
inline constexpr std::string_view graph_errors = "Microsoft Learn: Microsoft Graph error responses and resource types";
inline constexpr std::string_view graph_throttling = "Microsoft Learn: Microsoft Graph throttling guidance";
inline constexpr std::string_view openssl = "OpenSSL: openssl-verification-options(1)";
inline constexpr std::string_view rfc6749 = "RFC 6749 section 5.2";
}  // namespace source

namespace remedy {
inline constexpr std::string_view imap_on = "Microsoft 365 admin center > Users > Active users > (user) > Mail > Manage email apps: tick IMAP; or Set-CASMailbox <user> -ImapEnabled $true; takes up to 30 minutes";
inline constexpr std::string_view smtp_on = "Microsoft 365 admin center > Users > Active users > (user) > Mail > Manage email apps: tick Authenticated SMTP; or Set-CASMailbox <user> -SmtpClientAuthenticationDisabled $false; takes up to 30 minutes";
inline constexpr std::string_view licence = "Microsoft 365 admin center > Users > Active users > (user) > Licenses and apps: assign one with Exchange Online";
inline constexpr std::string_view service_principal = "New-ServicePrincipal -AppId <client id> -ObjectId <Object ID of the enterprise application>, then Add-MailboxPermission -Identity <mailbox> -User <that id> -AccessRights FullAccess";
inline constexpr std::string_view imap_scope = "ask for https://outlook.office.com/IMAP.AccessAsUser.All with exactly this prefix; the portal lists the permission under Microsoft Graph all the same";
inline constexpr std::string_view smtp_scope = "ask for https://outlook.office.com/SMTP.Send with exactly this prefix; the portal lists the permission under Microsoft Graph all the same";
inline constexpr std::string_view same_user = "write the address of the account that signed in as user; look at upn or preferred_username in the token";
inline constexpr std::string_view to_oauth = "sign in through OAuth2 (XOAUTH2); no switch brings passwords back";
inline constexpr std::string_view send_as = "send as the address that signed in; or Add-RecipientPermission <from> -Trustee <user> -AccessRights SendAs";
inline constexpr std::string_view fresh_token = "redeem the refresh token and use the new access token";
inline constexpr std::string_view slower = "use fewer connections, close them with LOGOUT, and pause as long as the server asks";
inline constexpr std::string_view authority_file = "name the CA that signed it as ca_file; for outkit mock that is the file it prints";
}  // namespace remedy

inline constexpr cause_row cause_rows[] = {
// IMAP
{"imap-not-connected", "imap-off-for-mailbox", "IMAP is switched off for the mailbox", owner::administrator, remedy::imap_on, evidence::documented, source::cas_mailbox},
{"imap-not-connected", "user-mismatch", "user names another mailbox than the one the token belongs to, and the token's owner has no rights on it", owner::developer, remedy::same_user, evidence::observed, "simonrob/email-oauth2-proxy#275"},
{"imap-not-connected", "no-mailbox", "the account has no mailbox: no licence, a mail user, or a mailbox being moved", owner::administrator, remedy::licence, evidence::inferred, source::oauth_mail},
{"imap-not-connected", "shared-mailbox-rights", "a shared mailbox without FullAccess for the signed-in user", owner::administrator, "Add-MailboxPermission <mailbox> -User <user> -AccessRights FullAccess", evidence::observed, "mscdex/node-imap#689"},
{"imap-not-connected", "service-principal", "an app-only token: the service principal is not registered in Exchange, was registered with the Object ID of the app registration, or has no mailbox permission", owner::administrator, remedy::service_principal, evidence::documented, source::oauth_mail},
{"imap-not-connected", "imap-off-personal", "a personal account with IMAP switched off in its settings", owner::user, "outlook.com > Settings > Mail > Forwarding and IMAP: let devices and apps use IMAP", evidence::observed, "public reports on outlook.com accounts, 2026-09"},
{"imap-not-connected", "too-many-connections", "too many connections or sign-ins within minutes", owner::developer, remedy::slower, evidence::observed, "Webklex/php-imap#464; mscdex/node-imap#523; atc0005/check-mail#183"},
{"imap-not-connected", "wrong-scope", "a token of the right service whose scopes do not cover IMAP", owner::developer, remedy::imap_scope, evidence::observed, "simonrob/email-oauth2-proxy#74"},
{"imap-not-connected", "service-incident", "an incident of the service", owner::microsoft, "look for it at https://status.cloud.microsoft (January 2026: EX1215307)", evidence::observed, "press reports of January 2026 on EX1215307"},
{"imap-token-expired", "token-expired", "access tokens live 60 to 90 minutes, also on an open connection", owner::developer, "refresh and connect again some minutes before the token expires", evidence::observed, "iroco-co/aioimaplib#83; getmail6/getmail6#73"},
{"imap-basic-auth", "password-used", "the program signs in with a password or an app password", owner::developer, remedy::to_oauth, evidence::observed, "holon-run/uxc#445"},
{"imap-account-blocked", "account-locked", "Microsoft wants to know that a person is there", owner::user, "sign in at https://outlook.com in a browser and follow the page", evidence::observed, "mscdex/node-imap#799"},
{"imap-login-failed", "password-used", "the program signs in with a password", owner::developer, remedy::to_oauth, evidence::observed, "imapsync/imapsync#368; mjs/imapclient#602"},
{"imap-authenticate-failed", "wrong-audience", "the token is for another service, most often Graph, since the scope was sent without its Outlook prefix", owner::developer, remedy::imap_scope, evidence::observed, "MicrosoftDocs/office-developer-exchange-docs#87; jstedfast/MailKit#690"},
{"imap-authenticate-failed", "token-expired", "the access token has expired", owner::developer, remedy::fresh_token, evidence::observed, "simonrob/email-oauth2-proxy#77"},
{"imap-authenticate-failed", "wrong-scope", "the token has no IMAP permission in scp", owner::developer, "App registrations > (the app) > API permissions > Microsoft Graph > Delegated: add IMAP.AccessAsUser.All, then sign in again", evidence::observed, "simonrob/email-oauth2-proxy#74"},
{"imap-authenticate-failed", "user-mismatch", "user is not the account the token belongs to", owner::developer, remedy::same_user, evidence::observed, "simonrob/email-oauth2-proxy#77"},
{"imap-authenticate-failed", "role-missing", "an app-only token without IMAP.AccessAsApp, or without consent for it", owner::administrator, "API permissions > Office 365 Exchange Online > Application > IMAP.AccessAsApp, then Grant admin consent", evidence::documented, source::oauth_mail},
{"imap-authenticate-failed", "service-principal", "an app-only token: the service principal is not registered in Exchange, or with the wrong Object ID", owner::administrator, remedy::service_principal, evidence::documented, source::oauth_mail},
{"imap-authenticate-failed", "policy", "Conditional Access lets people sign in, but keeps IMAP and SMTP out", owner::administrator, remedy::policy, evidence::inferred, source::oauth_mail},
{"imap-authenticate-failed", "xoauth2-malformed", "the XOAUTH2 text is built wrongly: base64 twice, or blanks instead of the 0x01 separators", owner::developer, "base64 of user=<address> 0x01 auth=Bearer <token> 0x01 0x01", evidence::documented, source::oauth_mail},
{"imap-authenticate-failed", "wrong-tenant", "the token was issued by another tenant than the mailbox's", owner::developer, remedy::authority, evidence::inferred, source::oauth_mail},
{"imap-throttled", "throttled", "too many connections or too large batches", owner::developer, remedy::slower, evidence::observed, "ikvk/imap_tools#135; imapsync/imapsync#198"},
{"imap-server-unavailable", "service-fault", "trouble at the server, or many commands sent at once", owner::microsoft, "try again with growing pauses; send STATUS commands one after the other", evidence::observed, "owncloud-archive/mail#721"},
{"imap-connection-closed-14", "earlier-failure", "the commands before it failed, often with \"User is authenticated but not connected\"", owner::developer, "look at the replies before it", evidence::observed, "jstedfast/MailKit#849; simonrob/email-oauth2-proxy#74"},
{"imap-connection-closed-13", "idle-too-long", "the connection was idle, or old", owner::developer, "connect again; renew IDLE within 29 minutes", evidence::observed, "mscdex/node-imap#561"},
{"imap-command-argument", "unsupported-argument", "a keyword, CONDSTORE, or an empty list", owner::developer, "look at PERMANENTFLAGS and CAPABILITY before using it", evidence::observed, "imapsync/imapsync#239, #161"},
{"imap-command-error", "literal-size", "a literal shorter than announced, whose rest was read as a command", owner::developer, "count the octets of literals", evidence::observed, "mscdex/node-imap#868"},
{"imap-invalid-state", "sign-in-ignored", "the program went on after a refused sign-in", owner::developer, "look at the reply to AUTHENTICATE", evidence::observed, "simonrob/email-oauth2-proxy#192; lefcha/imapfilter#275"},
{"imap-badcharset", "non-ascii-search", "SEARCH with CHARSET UTF-8", owner::developer, "search in ASCII, or through Graph", evidence::observed, "public transcripts of Exchange IMAP"},
{"imap-no-inbox", "wrong-folder", "a localised folder name, or a second folder called Inbox", owner::developer, "use the names and attributes of LIST", evidence::observed, "public transcripts of Exchange IMAP"},
{"imap-message-set", "stale-numbers", "message numbers from before an EXPUNGE", owner::developer, "use UIDs", evidence::observed, "public transcripts of Exchange IMAP"},
{"imap-unconvertible", "damaged-item", "a damaged or calendar item", owner::user, "open it in Outlook and save it again, or delete it", evidence::observed, "public transcripts of Exchange IMAP"},

// SMTP
{"smtp-auth-disabled-tenant", "smtp-auth-off-for-tenant", "the organisation's switch is off and the mailbox has no setting of its own", owner::administrator,
 "for this mailbox: Microsoft 365 admin center > Users > Active users > (user) > Mail > Manage email apps: tick Authenticated SMTP; or for all: Set-TransportConfig -SmtpClientAuthenticationDisabled $false", evidence::documented, source::smtp_auth},
{"smtp-auth-disabled-tenant", "use-graph", "the organisation does not want SMTP", owner::developer, "send through Graph: base scope api with Mail.Send, which these switches do not touch", evidence::inferred, source::smtp_auth},
{"smtp-auth-disabled-mailbox", "smtp-auth-off-for-mailbox", "the mailbox's switch is off", owner::administrator, remedy::smtp_on, evidence::documented, source::smtp_auth},
{"smtp-auth-disabled-mailbox", "smtp-auth-personal", "a personal account, which has no such switch", owner::developer, "send through Graph: base scope api with Mail.Send", evidence::observed, "public measurements of 2026-09"},
{"smtp-basic-auth", "password-used", "the program signs in with a password or an app password", owner::developer, remedy::to_oauth, evidence::observed, "public tests and notes of 2026"},
{"smtp-basic-auth-retired", "password-used", "the program signs in with a password", owner::developer, remedy::to_oauth, evidence::documented, "Exchange Team: retirement of basic authentication for client submission"},
{"smtp-wrong-password", "wrong-password", "a wrong password, where passwords still work", owner::user, "correct it; better: sign in through OAuth2", evidence::observed, "public nodemailer integrations"},
{"smtp-criteria", "conditional-access", "Conditional Access, MFA or a rule about places", owner::administrator, remedy::policy, evidence::observed, "public reports, one of 2026-07"},
{"smtp-security-defaults", "security-defaults", "security defaults are on and a password was used", owner::developer, remedy::to_oauth, evidence::observed, "public error tables"},
{"smtp-federation", "federation", "AD FS or another own sign-in server is down", owner::administrator, "repair it", evidence::documented, source::printers},
{"smtp-federation-tls", "federation", "its address begins with http", owner::administrator, "give it a certificate", evidence::documented, source::printers},
{"smtp-xoauth2-data", "xoauth2-malformed", "the text is built wrongly, or the address is not a mailbox", owner::developer, "base64 of user=<address> 0x01 auth=Bearer <token> 0x01 0x01", evidence::observed, "tarickb/sasl-xoauth2#110"},
{"smtp-starttls-required", "no-starttls", "the program did not start TLS", owner::developer, "port 587 with STARTTLS", evidence::documented, source::printers},
{"smtp-auth-type", "auth-before-tls", "AUTH was sent before STARTTLS", owner::developer, "start TLS first", evidence::observed, "public transcripts of smtp.office365.com"},
{"smtp-auth-type", "auth-mechanism", "PLAIN or NTLM", owner::developer, "use XOAUTH2", evidence::observed, "public transcripts of smtp.office365.com"},
{"smtp-send-as-denied", "send-as", "the From header names a mailbox that the signed-in one may not send as", owner::developer, remedy::send_as, evidence::observed, "gophish/gophish#2900; rss2email/rss2email#147"},
{"smtp-concurrent", "too-many-connections", "more than three connections submit at once", owner::developer, "send one after the other, or over three connections at most", evidence::observed, "sabuhish/fastapi-mail#75; nodemailer/nodemailer#1613"},
{"smtp-rate", "throttled", "more than 30 messages a minute", owner::developer, "send more slowly", evidence::documented, source::improvements},
{"smtp-daily-limit", "daily-limit", "more than 10,000 recipients in 24 hours", owner::user, "wait a day; make sure that the account is not misused", evidence::documented, source::improvements},
{"smtp-tenant-limit", "tenant-limit", "the licences of the organisation allow so many a day", owner::administrator, "wait, or get more licences", evidence::documented, source::ndr},
{"smtp-mailbox-full", "mailbox-full", "Sent Items, where every sent message is kept, has filled the mailbox", owner::user, "empty folders or turn on the archive", evidence::documented, source::improvements},
{"smtp-outbound-spam", "reputation", "a new or unverified personal account sends much", owner::user, "sign in at https://outlook.com, verify the account by phone, wait", evidence::observed, "nodemailer/nodemailer#1486"},
{"smtp-sender-blocked", "sender-blocked", "spam was sent from the account", owner::administrator, "Microsoft Defender > Restricted entities; reset the password first", evidence::documented, source::ndr},
{"smtp-tenant-blocked", "tenant-blocked", "spam was sent from the organisation, or it is a trial", owner::administrator, "mend the cause, then open a ticket", evidence::documented, source::ndr},
{"smtp-domain-unregistered", "domain", "the domain has not been added and verified", owner::administrator, "Microsoft 365 admin center > Settings > Domains", evidence::documented, source::ndr},
{"smtp-from-header", "from-header", "the message's header", owner::developer, "one From address in angle brackets; a Sender when there are several", evidence::documented, source::ndr},
{"smtp-header-size", "header-size", "a very long header, or BDAT taken apart wrongly", owner::developer, "shorten it; use DATA", evidence::observed, "jstedfast/MailKit#904"},
{"smtp-size", "size", "larger than the mailbox may send", owner::developer, "send a link; or Set-Mailbox -MaxSendSize", evidence::inferred, source::ndr},
{"smtp-bare-lf", "line-ends", "the program does not write CRLF", owner::developer, "end every line with CRLF", evidence::documented, source::ndr},
{"smtp-temporary", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::observed, "public nodemailer reports"},
{"smtp-session-timeout", "session-too-long", "the session lasted longer than allowed", owner::developer, "connect again for each batch", evidence::observed, "haraka/Haraka#2321"},
{"smtp-recipients", "recipients", "more than the mailbox may address at once", owner::developer, "split the message", evidence::documented, source::ndr},
{"smtp-authentication-unsuccessful", "wrong-audience", "the token is for another service, most often Graph, since the scope was sent without its Outlook prefix", owner::developer, remedy::smtp_scope, evidence::documented, source::oauth_mail},
{"smtp-authentication-unsuccessful", "token-expired", "the access token has expired", owner::developer, remedy::fresh_token, evidence::documented, source::oauth_mail},
{"smtp-authentication-unsuccessful", "user-mismatch", "user is not the account the token belongs to", owner::developer, remedy::same_user, evidence::observed, "tarickb/sasl-xoauth2#43"},
{"smtp-authentication-unsuccessful", "wrong-scope", "the token has no SMTP.Send in scp", owner::developer, "App registrations > (the app) > API permissions > Microsoft Graph > Delegated: add SMTP.Send, then sign in again", evidence::documented, source::oauth_mail},
{"smtp-authentication-unsuccessful", "role-missing", "an app-only token without SMTP.SendAsApp, or without consent for it", owner::administrator, "API permissions > Office 365 Exchange Online > Application > SMTP.SendAsApp, then Grant admin consent", evidence::documented, source::oauth_mail},
{"smtp-authentication-unsuccessful", "service-principal", "an app-only token: the service principal is not registered in Exchange, or has no mailbox permission", owner::administrator, remedy::service_principal, evidence::documented, source::oauth_mail},
{"smtp-authentication-unsuccessful", "wrong-password", "a password was used and is wrong", owner::user, "sign in through OAuth2", evidence::documented, source::printers},
{"smtp-not-authenticated", "not-authenticated", "the program did not sign in, or went on after a refusal", owner::developer, "look at the reply to AUTH; the text may repeat it after \"Error:\"", evidence::observed, "tarickb/sasl-xoauth2#96; MicrosoftDocs/OfficeDocs-Exchange#3124"},
{"smtp-policy", "policy", "one of: SMTP AUTH off for the tenant or the mailbox, basic authentication off, Conditional Access, security defaults", owner::administrator, "look at the sentence after the number", evidence::observed, "simonrob/email-oauth2-proxy#193"},

// Graph
{"InvalidAuthenticationToken", "token-refused", "the token is missing, expired, for another service, or not a token", owner::developer, "look at aud and exp of the token; use one for https://graph.microsoft.com", evidence::observed, "s1t5/mail-archiver#267; microsoftgraph/microsoft-graph-docs#16208"},
{"graph-wrong-audience", "wrong-audience", "the token was issued for Outlook's IMAP and SMTP", owner::developer, "redeem the refresh token with Graph scopes for a token of its own: one token, one resource", evidence::observed, "microsoftgraph/microsoft-graph-docs#16208"},
{"graph-wrong-audience", "outlook-scopes", "the scopes that were asked for are Outlook's, and Microsoft Graph is another resource", owner::developer, "leave scopes out of the configuration, or ask for Graph's Mail.ReadWrite, Mail.Send and User.Read; for IMAP and SMTP set base_scope to imap", evidence::documented, "Microsoft Learn: scopes and permissions in the Microsoft identity platform"},
{"graph-token-expired", "token-expired", "access tokens live 60 to 90 minutes", owner::developer, remedy::fresh_token, evidence::observed, "s1t5/mail-archiver#267"},
{"graph-not-jwt", "token-damaged", "the token was cut off, quoted or encoded once more, or is one of a personal account for another service", owner::developer, "send the access token as it came, after \"Bearer \"", evidence::observed, "MaikuB/flutter_appauth#575; O365/python-o365#1111"},
{"graph-claims-challenge", "policy-changed", "Conditional Access or the location changed", owner::user, "sign in again; the program passes on the claims of WWW-Authenticate", evidence::observed, "microsoftgraph/msgraph-sdk-java#2355"},
{"graph-me-app-only", "app-only", "an app-only token", owner::developer, "use /users/{address}", evidence::observed, "pnp/pnpcore#905"},
{"graph-app-policy", "application-access-policy", "New-ApplicationAccessPolicy limits the application to other mailboxes", owner::administrator, "Get-ApplicationAccessPolicy: add the mailbox's group", evidence::documented, "Microsoft Learn: limiting application permissions to specific mailboxes"},
{"ErrorSendAsDenied", "send-as", "From names a mailbox that the user may not send as", owner::administrator, remedy::send_as, evidence::observed, "microsoftgraph/microsoft-graph-docs#3996"},
{"MailboxNotEnabledForRESTAPI", "no-mailbox", "no licence, a deleted mailbox, or one on the company's own server", owner::administrator, remedy::licence, evidence::observed, "microsoft/MicrosoftCloud#41"},
{"ErrorInvalidUser", "unknown-user", "the address or id is misspelt, or belongs to another cloud", owner::developer, "check it with GET /users/{address}", evidence::observed, "microsoftgraph/microsoft-graph-docs#7909"},
{"ResourceNotFound", "no-mailbox", "the user has no mailbox, or it is not ready yet", owner::administrator, remedy::licence, evidence::observed, "microsoftgraph/microsoft-graph-docs#6305"},
{"ErrorNonExistentMailbox", "unknown-user", "the address is misspelt", owner::developer, "check the address", evidence::documented, "Microsoft Learn: known issues with Microsoft Graph"},
{"ErrorItemNotFound", "id-changed", "ids change when a message is moved", owner::developer, "list again; ask with Prefer: IdType=\"ImmutableId\"", evidence::observed, "microsoftgraph/msgraph-sdk-dotnet#259"},
{"ErrorInvalidIdMalformed", "id-escaping", "an id that was cut off or is not percent-encoded", owner::developer, "encode / and + of ids in paths", evidence::observed, "gaiin-platform/amplify-genai-backend#380"},
{"ErrorQuotaExceeded", "mailbox-full", "the mailbox is full", owner::user, "empty folders or turn on the archive", evidence::observed, "microsoftgraph/microsoft-graph-docs#2927"},
{"ErrorAccountSuspend", "account-locked", "Microsoft wants to know that a person is there", owner::user, "sign in at https://outlook.com in a browser and follow the page", evidence::observed, "the Outlook web client's list of codes"},
{"ErrorExceededMessageLimit", "daily-limit", "a new or unverified personal account sends much", owner::user, "verify the account, wait a day", evidence::observed, "public reports of 2026"},
{"ErrorMessageSizeExceeded", "size", "larger than the mailbox may send", owner::developer, "use an upload session for attachments; or Set-Mailbox -MaxSendSize", evidence::observed, "motze92/office365-mail#39"},
{"RequestEntityTooLarge", "size", "a request of more than 4 MB", owner::developer, "use an upload session for attachments over 3 MB", evidence::observed, "microsoftgraph/msgraph-sdk-powershell#1554"},
{"ErrorInvalidRecipients", "recipient", "an address that is not one, or none at all", owner::developer, "check toRecipients", evidence::observed, "microsoftgraph/msgraph-sdk-dotnet#1891"},
{"UnableToDeserializePostBody", "json", "a wrong type or name in the body, or MIME sent as JSON", owner::developer, "compare with the resource's schema", evidence::observed, "microsoftgraph/microsoft-graph-docs#16368"},
{"InefficientFilter", "query", "$orderby by a property that does not come first in $filter", owner::developer, "name it first in $filter, or sort yourself", evidence::observed, "microsoftgraph/msgraph-sdk-dotnet#183"},
{"SyncStateNotFound", "delta-expired", "the token was not used for a long time", owner::developer, "start the delta query anew", evidence::observed, "microsoftgraph/microsoft-graph-docs#2350"},
{"ErrorIrresolvableConflict", "change-key", "a stale change key, or two writers", owner::developer, "read again and repeat", evidence::observed, "microsoftgraph/microsoft-graph-docs-contrib#7934"},
{"ApplicationThrottled", "throttled", "more than four requests at once, or too many in ten minutes", owner::developer, "wait as long as Retry-After says; send at most four at once to a mailbox", evidence::documented, source::graph_throttling},
{"MailboxInfoStale", "mailbox-moving", "the mailbox moves between servers", owner::microsoft, remedy::retry, evidence::observed, "microsoftgraph/microsoft-graph-explorer-v4#3143"},
{"graph-service-fault", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, source::graph_errors},
{"graph-service-fault", "query", "an unusual filter", owner::developer, "simplify the query", evidence::observed, "microsoftgraph/microsoft-graph-docs-contrib#7402"},
{"Authorization_RequestDenied", "scope-missing", "User.Read or a directory permission is missing", owner::developer, remedy::permissions, evidence::inferred, source::graph_errors},
{"ErrorAccessDenied", "scope-missing", "the token has no Mail.ReadWrite or Mail.Send in scp", owner::developer, "API permissions > Microsoft Graph > Delegated: Mail.ReadWrite and Mail.Send, then sign in again", evidence::observed, "microsoftgraph/msgraph-sdk-php#1094"},
{"ErrorAccessDenied", "not-owner", "the mailbox belongs to somebody else", owner::administrator, "Add-MailboxPermission, and the permissions Mail.ReadWrite.Shared and Mail.Send.Shared", evidence::observed, "microsoftgraph/microsoft-graph-docs#10880"},

// OAuth
{"invalid_grant", "grant-expired", "it expired, was redeemed already, or was revoked", owner::user, remedy::sign_in, evidence::documented, source::rfc6749},
{"invalid_client", "secret-wrong", "the secret is wrong or has expired", owner::developer, remedy::new_secret, evidence::documented, source::rfc6749},
{"unauthorized_client", "wrong-tenant", "the application is not in this tenant, or may not use this grant", owner::developer, remedy::authority, evidence::documented, source::rfc6749},
{"invalid_scope", "scope-malformed", "a misspelt scope, or scopes of two resources", owner::developer, "separate scopes by blanks, each with its resource's prefix", evidence::documented, source::rfc6749},
{"interaction_required", "interaction", "the session has ended, or a policy asks for more", owner::user, remedy::sign_in, evidence::documented, "OpenID Connect Core section 3.1.2.6"},
{"consent_required", "consent-missing", "a permission has not been consented to", owner::user, remedy::sign_in, evidence::documented, "OpenID Connect Core section 3.1.2.6"},
{"access_denied", "consent-declined", "the user pressed Cancel, or an administrator must approve", owner::user, "sign in again and accept; if the page asks for an administrator, let one consent", evidence::documented, "RFC 6749 section 4.1.2.1"},
{"temporarily_unavailable", "service-fault", "a passing fault of the service", owner::microsoft, remedy::retry, evidence::documented, "RFC 6749 section 4.1.2.1"},
{"msa-not-enabled", "work-only-app", "a personal account and a registration for work accounts", owner::developer, "App registrations > (the app) > Authentication: allow personal Microsoft accounts", evidence::observed, "O365/python-o365#514; rclone/rclone#8895"},

// Proxy
{"proxy-unreachable", "proxy-misspelt", "--proxy, https_proxy or all_proxy names another host or port than the proxy's", owner::user, "compare it with what who runs the network says", evidence::inferred, "connect(2)"},
{"proxy-unreachable", "elsewhere", "the computer is not in the proxy's network now", owner::user, "unset https_proxy and all_proxy, or connect to that network", evidence::inferred, "connect(2)"},
{"proxy-wants-password", "no-credentials", "user and password are missing or wrong", owner::user, "set https_proxy to http://user:password@host:port, special characters percent-encoded", evidence::documented, "RFC 9110 section 15.5.8"},
{"proxy-wants-password", "other-scheme", "the proxy takes Negotiate or NTLM only, and outkit says Basic", owner::network, "let the mail hosts bypass the proxy, or run a local proxy that signs in to it", evidence::inferred, "RFC 9110 section 11.7"},
{"proxy-refused", "port-not-allowed", "proxies often allow CONNECT to port 443 only; mail needs 993 and 587", owner::network, "allow CONNECT to port 993 and 587, let the mail hosts bypass the proxy, or use Graph (base scope api), which needs 443 only", evidence::documented, "Squid: default squid.conf, http_access deny CONNECT !SSL_ports"},
{"proxy-refused", "host-not-allowed", "the proxy has a list of hosts, and this one is not on it", owner::network, "allow login.microsoftonline.com, graph.microsoft.com, outlook.office365.com and smtp.office365.com", evidence::inferred, "RFC 9110 section 9.3.6"},
{"proxy-cannot-connect", "no-way-out", "the proxy does not reach the server: a firewall behind it, its DNS, or a host name that is none", owner::network, "look into the proxy's log; compare the host name in endpoints", evidence::documented, "RFC 9110 sections 15.6.3 to 15.6.5"},
{"proxy-misbehaves", "no-proxy-there", "another program listens at the proxy's host and port, or it is a proxy of another kind (SOCKS)", owner::user, "compare --proxy, https_proxy or all_proxy with what who runs the network says", evidence::inferred, "RFC 9112 section 4"},
{"proxy-misbehaves", "interference", "something between writes into the answer", owner::network, "try without what is in between; https:// in front of the proxy's host, if it speaks TLS", evidence::inferred, "CVE-2011-0411"},

// TLS and network
{"server-misbehaves", "wrong-server", "another program answers at this host and port", owner::developer, "compare host and port in endpoints with what the server prints", evidence::inferred, "RFC 9051, RFC 5321, RFC 9112"},
{"server-misbehaves", "captive-portal", "a proxy, or a network's sign-in page, answers instead", owner::network, "open a browser and sign in to the network; let the mail hosts bypass the proxy", evidence::inferred, "RFC 8910"},
{"server-misbehaves", "server-fault", "the server misbehaves", owner::microsoft, remedy::retry, evidence::inferred, "RFC 9051, RFC 5321, RFC 9112"},
{"tls-name", "wrong-host", "the configuration names another host than the certificate, or the name leads to another server", owner::developer, "use the name that stands in the certificate", evidence::documented, source::openssl},
{"tls-name", "interception", "a proxy or captive portal answers instead", owner::network, "let the mail hosts bypass TLS inspection", evidence::inferred, source::openssl},
{"tls-expired", "clock", "this computer's date is wrong", owner::user, "set the clock", evidence::documented, source::openssl},
{"tls-expired", "certificate-old", "the server's certificate was not renewed", owner::network, "renew it; Microsoft's are renewed in time, so something else answers", evidence::inferred, source::openssl},
{"tls-untrusted", "ca-file-missing", "a test server or a private cloud with an own CA, which the configuration does not name", owner::developer, remedy::authority_file, evidence::documented, source::openssl},
{"tls-untrusted", "interception", "a proxy opens TLS and signs with its own CA", owner::network, "let the mail hosts bypass TLS inspection, or name the proxy's CA as ca_file", evidence::inferred, source::openssl},
{"tls-untrusted", "trust-store", "this system has no list of authorities", owner::user, "install the package ca-certificates", evidence::documented, source::openssl},
{"tls-not-tls", "wrong-port", "the port speaks plaintext first: SMTP on 587 wants STARTTLS, IMAP with TLS is 993", owner::developer, "set tls to starttls for SMTP on port 587, to implicit for IMAP on port 993", evidence::documented, source::printers},
{"tls-not-tls", "proxy", "a proxy answers in plaintext", owner::network, "open the port, or let the mail hosts bypass the proxy", evidence::inferred, source::printers},
{"tls-version", "old-tls", "one end is limited to TLS 1.0 or 1.1", owner::network, "allow TLS 1.2 or later", evidence::documented, "Microsoft Learn: TLS 1.0 and 1.1 deprecation for Microsoft 365"},
{"tls-refused", "stripped", "something in between takes the offer out: a proxy, a virus scanner, or an attacker", owner::network, "let the mail hosts bypass it; until then nothing secret is sent", evidence::documented, "RFC 3207 section 6"},
{"tls-refused", "wrong-port", "the port is one without STARTTLS: 25 of another server, 993 or 465", owner::developer, "SMTP on port 587 with tls starttls, IMAP on port 993 with tls implicit", evidence::documented, "RFC 8314 section 3"},
{"tls-cut", "cut", "the connection was cut, by the server or something in between", owner::network, remedy::retry, evidence::documented, "RFC 8446 section 6.1"},
{"network-no-host", "host-misspelt", "the host name in endpoints is misspelt", owner::developer, "for Microsoft's cloud leave endpoints out; else correct the name", evidence::inferred, "getaddrinfo(3)"},
{"network-no-host", "dns", "no network, or the resolver does not answer", owner::network, "check the network and its DNS", evidence::inferred, "getaddrinfo(3)"},
{"network-refused", "not-running", "the server is not running, or listens on another port", owner::developer, "start it (outkit mock prints its ports), and compare endpoints", evidence::inferred, "connect(2)"},
{"network-refused", "firewall", "a firewall rejects it", owner::network, "open 443, 993 and 587 outbound", evidence::inferred, "connect(2)"},
{"network-unreachable", "network-down", "no network, or no IPv6", owner::network, "check the network", evidence::inferred, "connect(2)"},
{"network-timeout", "filtered", "a firewall drops the packets; providers often block ports", owner::network, "open 443, 993 and 587 outbound", evidence::inferred, "connect(2)"},
{"network-timeout", "slow", "the server is overloaded", owner::microsoft, remedy::retry, evidence::inferred, "connect(2)"},
{"network-reset", "cut", "the server, or something in between, cut the connection", owner::network, remedy::retry, evidence::inferred, "tcp(7)"},
};
// clang-format on

}  // namespace outkit::inline OUTKIT_ABI::check::detail

#endif
