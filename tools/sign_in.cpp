#include "sign_in.hpp"

#include "console.hpp"

#include <outkit/blocking.hpp>
#include <outkit/http/url.hpp>
#include <outkit/mock/form_browser.hpp>
#include <outkit/oauth2/browser.hpp>
#include <outkit/oauth2/redirect_listener.hpp>
#include <outkit/stream.hpp>
#include <outkit/tls.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace cli {

namespace {

namespace oauth2 = outkit::oauth2;
using outkit::error_code;

void unescape(std::string& text)
{
    static constexpr std::pair<std::string_view, std::string_view> entities[] = {
        {"&quot;", "\""}, {"&#39;", "'"}, {"&apos;", "'"}, {"&#x27;", "'"},
        {"&lt;", "<"},    {"&gt;", ">"},  {"&amp;", "&"}};
    for (auto const& [entity, character] : entities)
        for (std::size_t at = text.find(entity); at != text.npos; at = text.find(entity, at + 1))
            text.replace(at, entity.size(), character);
}

// What a page of the authority complains about: the sentence with the number, or else the one that is announced.
std::string complaint_of(outkit::mock::browser_page const& page)
{
    std::size_t const at = page.html.find("AADSTS");
    std::string text = at == page.html.npos
                           ? page.text_of("role=\"alert\"")
                           : page.html.substr(at, std::min(page.html.find('<', at), page.html.size()) - at);
    unescape(text);
    if (text.empty())
        text = "the sign-in ended at " + page.at.server.authority() + " with status " + std::to_string(page.status);
    if (text.size() > 512)
        text.resize(512);
    return text;
}

}  // namespace

outkit::check::sign_in_function by_form(std::string user, std::string password, std::string ca_file)
{
    return [=](oauth2::pending_authorization const& pending, error_code& ec, std::string& said) {
        oauth2::authorization_response answer;
        outkit::blocking_context io;
        oauth2::redirect_listener listener(io.get_executor(), pending.redirect_uri(), ec);
        if (ec)
        {
            said = "cannot listen at " + pending.redirect_uri() + ": " + ec.message();
            return answer;
        }
        outkit::tls_context const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
        outkit::http::url const to = outkit::http::parse_url(pending.url(), ec);
        if (ec)
            return answer;

        // Both at once, on one thread: the browser goes through the forms, the listener waits for it to come back.
        bool left = false;
        bool came_back = false;
        outkit::stream connection(io.get_executor(), tls);
        outkit::mock::form_browser browser;
        std::string diagnostics;
        outkit::mock::person_at_browser person;
        person.login = user;
        person.password = password;
        async_run(connection, browser.sign_in(to, person), diagnostics,
                  [&](error_code failed, outkit::mock::browser_page page) {
                      left = true;
                      came_back = !failed && page.at.text().starts_with(pending.redirect_uri());
                      if (came_back)
                          return;
                      said = failed ? failed.message() + ' ' + diagnostics : complaint_of(page);
                      listener.cancel();
                  });
        answer = listener.async_wait(pending, io.wait(ec));
        io.run_until(left);
        if (!came_back)
            ec = oauth2::error::unknown_refusal;
        return answer;
    };
}

std::uint16_t free_port()
{
    outkit::blocking_context io;
    outkit::asio::ip::tcp::acceptor const taken(io.get_executor(), {outkit::asio::ip::address_v4::loopback(), 0});
    return taken.local_endpoint().port();
}

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
