#ifndef OUTKIT_OAUTH2_ERROR_HPP
#define OUTKIT_OAUTH2_ERROR_HPP

#include <outkit/error.hpp>

#include <string_view>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** What can go wrong on the way to a token. Category "outkit.oauth2".

    Up to unknown_refusal they are the authority's own words (`error` in RFC 6749 sections 4.1.2.1 and 5.2, and those
    Entra adds); what else it said is in the client's last_refusal(). The rest is what we found.
*/
enum class error
{
    invalid_request = 1,
    invalid_grant,
    invalid_client,
    unauthorized_client,
    unsupported_grant_type,
    unsupported_response_type,
    invalid_scope,
    invalid_resource,
    interaction_required,
    consent_required,
    login_required,
    access_denied,
    server_error,
    temporarily_unavailable,
    invalid_instance,
    invalid_tenant,
    authorization_pending,
    authorization_declined,
    slow_down,
    bad_verification_code,
    expired_token,
    unknown_refusal,

    malformed_response,
    unexpected_media_type,
    unexpected_status,
    unsupported_token_type,
    token_too_long,
    answer_too_large,
    scope_not_granted,
    state_mismatch,
    issuer_mismatch,
    nonce_mismatch,
    malformed_id_token,
    unsupported_algorithm,
    unknown_signing_key,
    bad_signature,
    audience_mismatch,
    account_mismatch,
    id_token_not_yet_valid,
    id_token_expired,
    missing_claim,
    malformed_key_set,
    untrusted_endpoint,
    pkce_unsupported,

    sign_in_required,
    request_loop,
    store_insecure,
    store_corrupt,
    store_version,
    store_key,
    store_full,
    store_busy,
    store_io,

    invalid_authority,
    invalid_app,
    invalid_redirect_uri,
    invalid_scope_text,
    several_resources,
    parameter_is_ours,
    not_openable,
    browser_unavailable,

    invalid_certificate,
    invalid_certificate_key,
    certificate_key_mismatch,
    weak_certificate_key,
    certificate_expired,
    certificate_not_yet_valid
};

inline error_code make_error_code(error e)
{
    using enum error;
    static constexpr outkit::detail::error_row rows[] = {
        {int(invalid_request), "the authority refused the request: a parameter is missing, repeated or wrong"},
        {int(invalid_grant),
         "the authority does not accept this code or refresh token any more; the user must sign in again",
         condition::interaction_required},
        {int(invalid_client),
         "the authority did not accept the application's credentials; check client id and secret (the secret's "
         "value, not its id, and not expired)",
         condition::authentication_failed},
        {int(unauthorized_client),
         "the authority does not know this application in this tenant, or does not allow it this kind of sign-in; "
         "check client id, tenant and supported account types",
         condition::authentication_failed},
        {int(unsupported_grant_type), "the authority does not support this kind of token request"},
        {int(unsupported_response_type), "the authority does not support this kind of answer"},
        {int(invalid_scope), "the authority does not know a requested scope, or not in this combination"},
        {int(invalid_resource), "the tenant does not have the service that the scopes are for", condition::not_found},
        {int(interaction_required), "the user must sign in again, for example because of a policy",
         condition::interaction_required},
        {int(consent_required), "the user or an administrator must consent to the requested permissions",
         condition::interaction_required},
        {int(login_required), "the user must sign in", condition::interaction_required},
        {int(access_denied), "the sign-in was cancelled or consent was refused", condition::authentication_failed},
        {int(server_error), "the authority failed; try again later", condition::transient},
        {int(temporarily_unavailable), "the authority is busy; try again later", condition::transient},
        {int(invalid_instance), "the authority does not know its own host name; check the cloud", condition::not_found},
        {int(invalid_tenant), "the authority does not know the tenant; check the tenant id or domain, and the cloud",
         condition::not_found},
        {int(authorization_pending), "the user has not finished signing in yet", condition::transient},
        {int(authorization_declined), "the user refused the sign-in", condition::authentication_failed},
        {int(slow_down), "the authority wants to be asked less often", condition::transient},
        {int(bad_verification_code), "the authority does not know the device code"},
        {int(expired_token), "the device code has expired; start again", condition::interaction_required},
        {int(unknown_refusal), "the authority refused the request with an error of its own"},

        {int(malformed_response), "the authority's answer is not what OAuth 2.0 prescribes",
         condition::protocol_violation},
        {int(unexpected_media_type),
         "the authority's answer is not JSON; is a proxy or a sign-in page of the network in the way?",
         condition::protocol_violation},
        {int(unexpected_status), "the authority answered with a status that token requests do not have",
         condition::protocol_violation},
        {int(unsupported_token_type), "the token is not a bearer token", condition::protocol_violation},
        {int(token_too_long), "the token is longer than 16 KiB", condition::limit_exceeded},
        {int(answer_too_large), "the authority's answer has more members or levels than any real one",
         condition::limit_exceeded},
        {int(scope_not_granted), "the token lacks a scope that was asked for; was it consented to?",
         condition::interaction_required},
        {int(state_mismatch), "the answer does not belong to the request that was sent", condition::protocol_violation},
        {int(issuer_mismatch), "the answer comes from another authority than the one asked", condition::untrusted_peer},
        {int(nonce_mismatch), "the ID token belongs to another sign-in", condition::untrusted_peer},
        {int(malformed_id_token), "the ID token is not a well-formed JWT", condition::protocol_violation},
        {int(unsupported_algorithm),
         "the ID token is signed with an algorithm that is not accepted, or not with that key",
         condition::untrusted_peer},
        {int(unknown_signing_key), "the ID token is signed with a key that the authority does not publish",
         condition::untrusted_peer},
        {int(bad_signature), "the ID token's signature is wrong", condition::untrusted_peer},
        {int(audience_mismatch), "the ID token is for another application", condition::untrusted_peer},
        {int(account_mismatch), "the answer is about another account than before", condition::untrusted_peer},
        {int(id_token_not_yet_valid), "the ID token is not valid yet; is this machine's clock slow?",
         condition::untrusted_peer},
        {int(id_token_expired), "the ID token has expired; is this machine's clock fast?", condition::untrusted_peer},
        {int(missing_claim), "the ID token lacks a claim that it must have", condition::protocol_violation},
        {int(malformed_key_set), "the authority's key set is not well-formed", condition::protocol_violation},
        {int(untrusted_endpoint), "the discovery document names an endpoint on a host that is not the authority's",
         condition::untrusted_peer},
        {int(pkce_unsupported), "the authority says that it does not support PKCE with S256",
         condition::protocol_violation},

        {int(sign_in_required), "nobody is signed in, or the sign-in is not accepted any more; sign in again",
         condition::interaction_required},
        {int(request_loop),
         "too many tokens were asked for within minutes; the authority would refuse this (AADSTS50196), so it was not "
         "asked",
         condition::transient},
        {int(store_insecure), "the token file could be read or changed by others, so it was not used"},
        {int(store_corrupt), "the token file is damaged; sign in again, and the damaged one is kept beside it"},
        {int(store_version), "the token file was written by a newer version; it was not changed"},
        {int(store_key), "the token file is encrypted with another key, or one is missing",
         condition::invalid_argument},
        {int(store_full), "the token file has no room for another account (4 MiB, 1,000 accounts)",
         condition::limit_exceeded},
        {int(store_busy), "somebody else is changing the stored sign-in; try again", condition::transient},
        {int(store_io), "the token file could not be read or written"},

        {int(invalid_authority),
         "the authority must be an https host, and the tenant common, organizations, consumers, a tenant id or a "
         "domain",
         condition::invalid_argument},
        {int(invalid_app),
         "the application has no client id or one with characters that it cannot have, lacks a credential that this "
         "needs, or has both a secret and a certificate",
         condition::invalid_argument},
        {int(invalid_redirect_uri), "the redirect URI must be https, or http on localhost, without fragment",
         condition::invalid_argument},
        {int(invalid_scope_text), "a scope is empty or has characters that scopes cannot have",
         condition::invalid_argument},
        {int(several_resources), "the scopes are for several resources; ask for a token for each",
         condition::invalid_argument},
        {int(parameter_is_ours), "an extra parameter repeats one that is set here", condition::invalid_argument},
        {int(not_openable), "only https URLs, and http URLs of this machine, are opened in a browser",
         condition::invalid_argument},
        {int(browser_unavailable), "no browser could be started; open the URL by hand", condition::not_found},

        {int(invalid_certificate), "the application's certificate is not a certificate in PEM form",
         condition::invalid_argument},
        {int(invalid_certificate_key),
         "the certificate's private key is not a key in PEM form, or its passphrase is missing or wrong",
         condition::invalid_argument},
        {int(certificate_key_mismatch), "the application's certificate is for another private key",
         condition::invalid_argument},
        {int(weak_certificate_key), "the certificate's key must be RSA with 2048 bits or more",
         condition::invalid_argument},
        {int(certificate_expired),
         "the application's certificate has expired; upload a new one to its registration, and use that",
         condition::invalid_argument},
        {int(certificate_not_yet_valid),
         "the application's certificate is not valid yet; is this machine's clock slow?", condition::invalid_argument},
    };
    static const outkit::detail::table_category category("outkit.oauth2", rows);
    return {static_cast<int>(e), category};
}

/// The enumerator of an `error` member or parameter; unknown_refusal for words we do not know.
OUTKIT_DECL error refusal_from_name(std::string_view name);

}  // namespace outkit::inline OUTKIT_ABI::oauth2
OUTKIT_ERROR_CODE_ENUM(outkit::oauth2::error)

#endif
