#include "sign_in.hpp"

#include "console.hpp"

#include <outkit/blocking.hpp>
#include <outkit/http/url.hpp>
#include <outkit/oauth2/browser.hpp>
#include <outkit/oauth2/redirect_listener.hpp>

#include <cstdio>
#include <utility>

namespace cli {

namespace {

namespace oauth2 = outkit::oauth2;
using outkit::error_code;

}  // namespace

outkit::check::sign_in_function in_browser(bool open)
{
    return [open](oauth2::pending_authorization const& pending, error_code& ec, std::string& said) {
        outkit::blocking_context io;
        oauth2::redirect_listener listener(io.get_executor(), pending.redirect_uri(), ec);
        if (ec)
        {
            said = "cannot listen at " + pending.redirect_uri() + ": " + ec.message();
            return oauth2::authorization_response();
        }
        console err(stderr);
        err.line("\nSign in at this address within five minutes:\n\n" + pending.url() + "\n");
        err.flush();
        if (open)
        {
            error_code unopened;
            oauth2::open_browser(pending.url(), unopened);
            if (unopened)
                err.line(unopened.message());
        }
        return listener.async_wait(pending, io.wait(ec));
    };
}

std::string with_port(std::string const& redirect_uri, std::uint16_t port)
{
    error_code ec;
    outkit::http::url u = outkit::http::parse_url(redirect_uri, ec, outkit::http::url_schemes::https_or_loopback_http);
    u.server.port = port;
    return ec ? redirect_uri : u.text();
}

}  // namespace cli
