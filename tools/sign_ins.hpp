#ifndef OUTKIT_TOOLS_SIGN_INS_HPP
#define OUTKIT_TOOLS_SIGN_INS_HPP

#include "commands.hpp"

#include <outkit/account/types.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/token_source.hpp>
#include <outkit/proxy.hpp>
#include <outkit/tls.hpp>

#include <memory>
#include <string>
#include <vector>

// What `outkit login`, `token`, `accounts` and `connect` share: where sign-ins are kept, and the application that uses them.

namespace cli {

// $OUTKIT_TOKEN_STORE, $XDG_STATE_HOME/outkit/tokens or ~/.local/state/outkit/tokens. Throws usage_error when the
// environment has none of them.
std::string default_store();

// Throws usage_error for a key that is none. The path is said with it, as messages need it.
struct opened_store
{
    std::shared_ptr<outkit::oauth2::token_store> store;
    std::string path;
};
opened_store open_store(store_options const& o);

// Looks at settings before anything is sent. Throws usage_error for those that cannot work; what looks like a mistake is told
// on standard error. `path` is what messages call them.
void look_at(outkit::account::settings const& s, std::string const& path, outkit::check::principal who);

// The application of a configuration at its authority, with its scopes. Throws usage_error where that cannot work.
class application
{
public:
    // `base_scope`: empty, "imap" or "api", instead of the configuration's. `who`: whom the tokens are for.
    application(std::string const& configuration, std::string const& base_scope, outkit::proxy_settings proxies,
                outkit::check::principal who);
    explicit application(account_options const& o);

    outkit::account::settings const& settings() const { return settings_; }
    outkit::oauth2::cloud const& cloud() const { return cloud_; }
    outkit::oauth2::authority const& from() const { return from_; }
    outkit::oauth2::scope_set const& scopes() const { return scopes_; }
    outkit::oauth2::app app() const;
    outkit::stream stream(outkit::asio::any_io_executor executor) const;
    std::string login() const;  // the origin of the authority

    // Those of the store's accounts that are this application's.
    std::vector<outkit::oauth2::stored_account> accounts(opened_store const& in) const;

private:
    outkit::account::settings settings_;
    outkit::oauth2::cloud cloud_;
    outkit::oauth2::authority from_;
    outkit::oauth2::scope_set scopes_;
    outkit::proxy_settings proxies_;
    outkit::tls_context tls_;
};

// The tokens of the account that is meant, or of the application itself. Throws std::runtime_error when nobody is signed in.
struct account_tokens
{
    std::unique_ptr<outkit::oauth2::token_source> source;
    std::string name;       // of who has signed in, not yet printable(); empty for the application
    bool personal = false;  // a Microsoft account
};
account_tokens tokens_of(application const& a, account_options const& o, outkit::asio::any_io_executor executor);

// Why there is no token, and what to do. Never returns.
[[noreturn]] void no_token(account_options const& o, outkit::oauth2::token_source const& source, outkit::error_code ec);

// All accounts of a store. Throws std::runtime_error with what is wrong with it.
std::vector<outkit::oauth2::stored_account> all_accounts(opened_store const& in);

// "anna@contoso.example", made printable; the object id where there is no name.
std::string name_of(outkit::oauth2::stored_account const& a);

// Whether the account is the one that somebody means: its name in any case, or its object id.
bool is_meant(outkit::oauth2::stored_account const& a, std::string const& name);

// The message, and what the peer or the store said.
std::string with_words(outkit::error_code ec, std::string const& said);

}  // namespace cli

#endif
