// Signs a person in with the browser and keeps the access token: sign_in imap|api TOKEN_FILE
//
// Authorization code flow with PKCE; the browser comes back to a listener on the loopback.

#include "environment.hpp"

#include <outkit/blocking.hpp>
#include <outkit/oauth2/browser.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/oauth2/redirect_listener.hpp>

#include <exception>
#include <filesystem>
#include <iostream>

namespace oauth2 = outkit::oauth2;

namespace {

void check(outkit::error_code ec, std::string const& what)
{
    if (ec)
        throw std::runtime_error(what + ": " + ec.message());
}

// Readable for its owner alone, before there is anything in it.
void keep(outkit::secret const& token, std::string const& file)
{
    std::ofstream out(file, std::ios::trunc);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    out << token.reveal() << std::flush;
    if (!out)
        throw std::runtime_error(file + " cannot be written");
}

void sign_in(oauth2::base_scope base, std::string const& token_file)
{
    outkit::error_code ec;
    std::string const ca_file = example::setting("OUTKIT_CA_FILE");
    auto const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
    check(ec, ca_file);
    oauth2::cloud cloud = oauth2::global_cloud();
    if (std::string const login = example::setting("OUTKIT_LOGIN"); !login.empty())
        cloud = cloud.with_login(login);
    auto const authority = oauth2::authority::make(cloud, example::setting("OUTKIT_AUTHORITY", "common"), ec);
    check(ec, "OUTKIT_AUTHORITY");

    // First the listener, so that its port is known; then the request; then the browser.
    outkit::blocking_context io;
    oauth2::redirect_listener listener(io.get_executor(),
                                       example::setting("OUTKIT_REDIRECT_URI", "http://localhost:3000/oauth"), ec);
    check(ec, "the redirect URI");
    oauth2::app app;
    app.client_id = example::required("OUTKIT_CLIENT_ID");
    app.client_secret = outkit::secret(example::setting("OUTKIT_CLIENT_SECRET"));  // a public client has none
    app.redirect_uri = listener.redirect_uri();
    oauth2::authorization_options how;
    how.scopes = oauth2::scopes_for(base, cloud);
    how.login_hint = example::setting("OUTKIT_USER");
    auto const pending = oauth2::begin_authorization(authority, app, how, ec);
    check(ec, "the request");

    std::cerr << "Sign in at\n\n" << pending.url() << "\n\n";
    oauth2::open_browser(pending.url(), ec);
    if (ec)  // no reason to give up: it can be opened by hand
        std::cerr << ec.message() << '\n';
    auto const answer = listener.async_wait(pending, io.wait(ec));
    check(ec, "waiting for the browser");
    check(answer.ec, "the sign-in was refused: " + answer.refusal.text());

    oauth2::client client(outkit::stream(io.get_executor(), tls), std::move(app), authority);
    auto const token = client.async_redeem(oauth2::redemption::of(pending, answer), io.wait(ec));
    check(ec, client.last_refusal().text());
    keep(token.access, token_file);
    std::cout << "signed in: " << (token.identity ? token.identity->preferred_username : "somebody") << '\n'
              << "granted: " << token.scopes.text() << '\n'
              << "valid for " << token.lifetime.count() / 60 << " minutes, "
              << (token.refresh.empty() ? "cannot" : "can") << " be renewed\n";
}

}  // namespace

int main(int argc, char** argv)
{
    try
    {
        std::string const base = argc == 3 ? argv[1] : "";
        if (base != "imap" && base != "api")
            throw std::runtime_error("usage: sign_in imap|api TOKEN_FILE");
        sign_in(base == "imap" ? oauth2::base_scope::imap : oauth2::base_scope::api, argv[2]);
        return 0;
    }
    catch (std::exception const& e)
    {
        std::cerr << "sign_in: " << e.what() << '\n';
        return 1;
    }
}
