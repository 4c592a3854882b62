#ifndef OUTKIT_ACCOUNT_TYPES_HPP
#define OUTKIT_ACCOUNT_TYPES_HPP

#include <outkit/oauth2/app.hpp>
#include <outkit/oauth2/legality.hpp>
#include <outkit/oauth2/scope.hpp>
#include <outkit/secret.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::account {

using oauth2::base_scope;

enum class transport
{
    implicit_tls,  // TLS from the first octet: IMAP on port 993
    starttls       // plaintext until STARTTLS, before anything secret: SMTP on port 587
};

/// Where a mail server listens.
struct server
{
    std::string host;
    std::uint16_t port;
    transport tls;
};

/// Where the services are. Empty members mean: as the cloud has them.
struct endpoints
{
    std::string login = {};  // origin, "https://login.example"
    std::string graph = {};  // origin, "https://graph.example"
    server imap{{}, 993, transport::implicit_tls};
    server smtp{{}, 587, transport::starttls};
};

/** Everything that is needed to reach one mailbox, as a configuration file says it.

    Movable only, as it holds a secret.
*/
struct settings
{
    std::string title = {};  // what people call the application; empty: none
    bool enabled = true;     // false: not offered on the sign-in page
    std::string client_id = {};
    secret client_secret = {};  // empty: a public client, or one with a certificate
    std::shared_ptr<oauth2::client_certificate const> certificate = {};
    std::string redirect_uri = "http://localhost:3000/oauth";
    std::string authority = "common";  // common, organizations, consumers, a tenant's GUID or domain
    std::string cloud = "global";      // see oauth2::find_cloud
    account::base_scope base_scope = account::base_scope::imap;
    std::string scopes = {};  // parted by blanks, with their resource's prefix; empty: those of the base scope
    std::string user = {};    // the mailbox's address, UTF-8
    // What is known of the registration and of who signs in. Empty: nothing is predicted from it.
    std::optional<oauth2::sign_in_audience> sign_in_audience = {};  // its "Supported account types"
    std::string home_tenant = {};  // its Directory (tenant) ID, or a domain of that tenant
    std::optional<oauth2::account_kind> account_kind = {};
    account::endpoints endpoints = {};
    std::string authorities_file = {};  // PEM file with further certificate authorities; empty: the system's only
};

/// The application of the settings.
OUTKIT_DECL oauth2::app app_of(settings const& s);

/// What state a mailbox is in. An error state says in the account's `trouble` what happened.
enum class account_state
{
    init,                  // known, not yet looked at
    unset,                 // nobody has signed in yet
    connecting,            // a token is there; signing in to the mail service
    syncing,               // signed in; reading folders and the newest message
    connected,             // everything worked
    authentication_error,  // the sign-in or the token was refused: a person must act
    connect_error          // the service was not reached, or failed: worth trying again
};

OUTKIT_DECL std::string_view name(account_state s) noexcept;
OUTKIT_DECL std::string_view name(base_scope s) noexcept;

}  // namespace outkit::inline OUTKIT_ABI::account

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/account/types.ipp>
#endif

#endif
