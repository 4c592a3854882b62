#ifndef OUTKIT_OAUTH2_CLIENT_HPP
#define OUTKIT_OAUTH2_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/oauth2/detail/flows.hpp>
#include <outkit/stream.hpp>

#include <string>
#include <utility>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Gets tokens from an authority.

    Endpoints follow Entra's fixed pattern until async_discover() has confirmed or moved them. Requests go by https only,
    redirects are refused, and the application's secret is sent in bodies only.

    A confidential application proves itself with its secret or its certificate, whichever app has; a public one has
    neither. There is no password grant (RFC 6749 section 4.3), on purpose: it hands the user's password to the
    application, cannot ask for a second factor or a consent, does not work for personal, federated or passwordless
    accounts, is forbidden by RFC 9700 section 2.4, and Microsoft blocks it where a second factor is required, as it is
    in more and more tenants. Where there is no browser, async_begin_device() is the way; where there is no user,
    async_client_credentials().

    Nothing is retried and nothing is stored here: the caller keeps the refresh token, in a safe place, and replaces it
    whenever a new one comes. When a refresh fails with condition::interaction_required, the user must sign in again.

    Movable, not copyable, not thread-safe; one operation at a time.
*/
template <class Stream = outkit::stream>
class basic_client : public outkit::detail::client_base<detail::session, Stream>
{
    using base = outkit::detail::client_base<detail::session, Stream>;

public:
    /** @param s     a stream with a TLS context for clients
        @param a     the application
        @param from  who issues the tokens
    */
    basic_client(Stream s, app a, authority from, client_options o = {}) : base(std::move(s))
    {
        this->session().application = std::move(a);
        this->session().from = std::move(from);
        this->session().options = std::move(o);
    }

    authority const& from() const { return this->session().from; }

    /// Why the authority refused the last operation; empty when it did not.
    refusal const& last_refusal() const { return this->session().last; }

    /// Told every line in both directions, secrets and bodies as their length only. Opt-in, for support. The operation
    /// waits for it. It may be replaced at any time, also while it is called; one that throws is told nothing more.
    void trace(outkit::detail::wire::trace_hook hook) { this->session().connection.w.trace = std::move(hook); }

    /** Fetches the authority's discovery document, and uses its endpoints from now on (OpenID Connect Discovery).

        Kept for a day. Not needed for Microsoft's clouds.

        @par Handler signature
        `void(error_code, metadata)`

        @par Errors
        @li error::issuer_mismatch, untrusted_endpoint, pkce_unsupported, malformed_response, unexpected_media_type
        @li what the authority says: error::invalid_tenant, invalid_request, ...
        @li http::error::redirect_refused, other errors of HTTP, any error of the stream

        @par Cancellation
        Supports `terminal`. The connection is closed.
    */
    template <class CompletionToken>
    auto async_discover(CompletionToken&& token)
    {
        return this->run(detail::discover(this->session()), std::forward<CompletionToken>(token));
    }

    /** Asks the authority's login host which clouds it knows, and whether it is one of them.

        Not needed for a sign-in: nothing that it says changes whom outkit trusts.

        @par Handler signature
        `void(error_code, instance_metadata)`

        @par Errors
        @li error::invalid_instance  the host says that it does not know itself under this name
        @li error::untrusted_endpoint, malformed_response, unexpected_media_type
        @li other words of the authority, http::error::redirect_refused, other errors of HTTP, any error of the stream

        @par Cancellation
        Supports `terminal`. The connection is closed.
    */
    template <class CompletionToken>
    auto async_discover_instance(CompletionToken&& token)
    {
        return this->run(detail::discover_instance(this->session()), std::forward<CompletionToken>(token));
    }

    /** Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

        An ID token in the answer is checked: claims, nonce, and the signature unless that is switched off.

        @param r  the code with its verifier and redirect URI; each code works once

        @par Handler signature
        `void(error_code, token_response)`

        @par Errors
        @li error::invalid_grant   the code is used up, expired, or not for this application, verifier or redirect URI
        @li error::invalid_client  the secret is wrong, or its id was pasted, or it has expired
        @li other words of the authority; what it said is in last_refusal()
        @li error::malformed_response and others up to missing_claim: the answer cannot be believed
        @li http::error::redirect_refused, other errors of HTTP, any error of the stream
    */
    template <class CompletionToken>
    auto async_redeem(redemption r, CompletionToken&& token)
    {
        return this->run(detail::redeem(this->session(), std::move(r)), std::forward<CompletionToken>(token));
    }

    /** Gets a new access token for a refresh token (RFC 6749 section 6).

        @param refresh_token  the newest one there is. The result has the one to keep: a new one, or this one again
        @param scopes         of one resource; empty: those that were granted first. May name another resource than
                              before, if the user has consented to it
        @param account        claims of the earlier ID token, to notice that the answer is about somebody else; may be
                              left empty

        @par Handler signature
        `void(error_code, token_response)`

        @par Errors
        As async_redeem(), and
        @li error::invalid_grant     the refresh token is not accepted any more
        @li error::account_mismatch  the ID token names another account
    */
    template <class CompletionToken>
    auto async_refresh(secret refresh_token, scope_set scopes, id_claims account, CompletionToken&& token)
    {
        return this->run(
            detail::refresh(this->session(), std::move(refresh_token), std::move(scopes), std::move(account)),
            std::forward<CompletionToken>(token));
    }

    /** Gets a token for the application itself (RFC 6749 section 4.4). There is no refresh token: ask again.

        The authority must be a tenant, by id or domain; the application must have a secret or a certificate.

        @param scopes  `{resource}/.default`, see app_scopes_for()

        @par Handler signature
        `void(error_code, token_response)`

        @par Errors
        As async_redeem(), and
        @li error::invalid_authority, error::invalid_app  nothing was sent
    */
    template <class CompletionToken>
    auto async_client_credentials(scope_set scopes, CompletionToken&& token)
    {
        return this->run(detail::client_credentials(this->session(), std::move(scopes)),
                         std::forward<CompletionToken>(token));
    }

    /** Starts a sign-in on another device, for machines without a browser (RFC 8628 section 3.1).

        The application must allow public client flows. Show the result's message, and go on with async_await_device().

        @param scopes  of one resource, not empty

        @par Handler signature
        `void(error_code, device_authorization)`

        @par Errors
        @li what the authority says: error::invalid_client, unauthorized_client, invalid_scope, ...
        @li error::malformed_response, unexpected_media_type, unexpected_status: the answer cannot be used, for example
            because the page to open is not https
        @li error::invalid_authority, invalid_app, invalid_scope_text, several_resources, and those of the certificate:
            nothing was sent
        @li http::error::redirect_refused, other errors of HTTP, any error of the stream
    */
    template <class CompletionToken>
    auto async_begin_device(scope_set scopes, CompletionToken&& token)
    {
        return this->run(detail::begin_device(this->session(), std::move(scopes)),
                         std::forward<CompletionToken>(token));
    }

    /** Waits until the user has signed in on the other device (RFC 8628 section 3.4).

        Asks once in each interval, the first time after one. The interval grows by 5 seconds whenever the authority says
        slow_down, and doubles, up to a minute, when the connection fails or the authority is busy, which ends nothing.

        @param d  from async_begin_device(), of this client; each is good for one sign-in

        @par Handler signature
        `void(error_code, token_response)`

        @par Errors
        @li error::expired_token  the user did not sign in in time; start again
        @li error::access_denied, authorization_declined  the user refused
        @li error::bad_verification_code, other words of the authority; what it said is in last_refusal()
        @li as async_redeem() for answers that cannot be believed

        @par Cancellation
        Supports `terminal`. Nothing is asked any more; the connection is closed.
    */
    template <class CompletionToken>
    auto async_await_device(device_authorization d, CompletionToken&& token)
    {
        return this->run(detail::await_device(this->session(), std::move(d)), std::forward<CompletionToken>(token));
    }
};

using client = basic_client<>;

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
