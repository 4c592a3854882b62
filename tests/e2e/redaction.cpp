// The whole way, offline, with everything that could be written down kept: the journal, the trace, reports and error texts.
// Every secret that was issued or typed on the way is then looked for in all of it, in each shape it could have taken.

#include <outkit/blocking.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/form_browser.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>
#include <outkit/oauth2/redirect_listener.hpp>
#include <outkit/smtp/client.hpp>
#include <outkit/stream.hpp>

#include "program.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using outkit::error_code;
using outkit::detail::flow;
using outkit::detail::wire;
namespace check = outkit::check;
namespace http = outkit::http;
namespace mock = outkit::mock;
namespace oauth2 = outkit::oauth2;

namespace {

// What must not be found, and in which shapes.
class secrets
{
public:
    void add(std::string_view text)
    {
        if (text.size() >= 8)
            all_.emplace(text);
    }
    std::size_t size() const { return all_.size(); }

    // The first one that is in the text, and how; empty: none.
    std::string found_in(std::string const& text) const
    {
        std::string joined;  // over two lines is no hiding place
        for (char const c : text)
            if (c != '\r' && c != '\n' && c != ' ')
                joined += c;
        for (std::string const& s : all_)
            for (auto const& [shape, what] : shapes(s))
                if (text.find(what) != text.npos || joined.find(what) != joined.npos)
                    return shape + " of " + s;
        return {};
    }

    static std::vector<std::pair<std::string, std::string>> shapes(std::string const& s)
    {
        using namespace outkit::detail;
        std::vector<std::pair<std::string, std::string>> all{{"plain", s}};
        // wherever it stands in what was encoded: without the characters that depend on what stands beside it
        for (std::size_t before = 0; before != 3; ++before)
        {
            std::string const padded = std::string(before, 'x') + s;
            std::string const whole = padded.substr(0, padded.size() / 3 * 3);
            for (std::string encoded : {base64_encode(whole), base64url_encode(whole)})
                all.emplace_back("base64", encoded.substr(before == 0 ? 0 : 4));
        }
        all.emplace_back("percent-encoded", form_encode(s));
        std::string every, json, swapped;
        for (char const c : s)
        {
            static constexpr char digits[] = "0123456789ABCDEF";
            auto const u = static_cast<unsigned char>(c);
            ((every += '%') += digits[u >> 4]) += digits[u & 15];
            json += c == '/' || c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
            swapped += static_cast<char>(std::isupper(u) ? std::tolower(u) : std::toupper(u));
        }
        all.emplace_back("percent-encoded", every);
        all.emplace_back("JSON-escaped", json);
        all.emplace_back("in the other case", swapped);
        all.emplace_back("reversed", std::string(s.rbegin(), s.rend()));
        // a long one has parts that are as good
        for (std::size_t at = 32; at + 32 <= s.size(); at += 32)
            all.emplace_back("a part", s.substr(at, 32));
        return all;
    }

private:
    std::set<std::string> all_;
};

// A world whose Entra is overheard: what passes through it in either direction is learned as secrets.
struct house
{
    explicit house(char const* base_scope, char const* scenario = nullptr)
    {
        mock::load_default_world(world);
        setup = mock::register_client(world, "adele@woodgrove.example");
        BOOST_TEST_REQUIRE(!setup.client_id.empty());
        setup.base_scope = base_scope;
        known.add(setup.client_secret);
        if (scenario)
            BOOST_TEST_REQUIRE(mock::apply(*mock::find_scenario(scenario), world, setup));
        known.add(setup.client_secret);
        known.add(setup.password);
        entra = std::make_unique<mock::entra>(world);
        error_code ec;
        servers = std::make_unique<mock::servers>(world, mock::server_ports{}, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        auto serve = [this](wire& w, mock::visitor&) -> flow<> {
            mock::http_handler answer = [this](http::request const& q) {
                learn_from(q);
                http::response r = entra->answer(q);
                learn_from(r);
                return r;
            };
            co_await mock::serve_http(w, std::move(answer));
        };
        door = std::make_unique<mock::listener>(world, "entra", serve, world.certificates.server_context(),
                                                mock::listener::mode::implicit_tls, 0, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        world.start_thread();
        trust = outkit::tls_context::client(ec, {.system = false, .authorities_pem = world.certificates.ca_pem()});
        ca_file = files.file("ca.pem", world.certificates.ca_pem());
    }
    ~house()
    {
        world.run([&] {
            door.reset();
            entra.reset();
        });
        servers.reset();
    }

    void learn_form(std::string_view form)
    {
        while (!form.empty())
        {
            std::string_view const one = form.substr(0, form.find('&'));
            form.remove_prefix(std::min(one.size() + 1, form.size()));
            std::string_view const name = one.substr(0, one.find('='));
            for (char const* const secret :
                 {"client_secret", "code", "code_verifier", "refresh_token", "passwd", "state", "id_token"})
                if (name == secret)
                    known.add(outkit::detail::form_decode(one.substr(name.size() + 1)).value_or(""));
        }
    }
    void learn_from(http::request const& q)
    {
        learn_form(q.body);
        if (std::size_t const query = q.target.find('?'); query != q.target.npos)
            learn_form(std::string_view(q.target).substr(query + 1));
        if (auto const* const cookies = http::find(q.headers, "Cookie"))
            for (std::size_t at = 0; (at = cookies->find('=', at)) != cookies->npos;)
                known.add(cookies->substr(at + 1, cookies->find(';', at) - at - 1)), ++at;
    }
    void learn_from(http::response const& r)
    {
        if (auto const* const location = http::find(r.headers, "Location"))
            if (std::size_t const query = location->find('?'); query != location->npos)
                learn_form(std::string_view(*location).substr(query + 1));
        boost::system::error_code ec;
        boost::json::value const v = boost::json::parse(r.body, ec);
        if (ec || !v.is_object())
            return;
        for (char const* const name : {"access_token", "refresh_token", "id_token"})
            if (auto const* const token = v.as_object().if_contains(name))
            {
                std::string const text(token->as_string());
                known.add(text);
                // also its signature alone, and what XOAUTH2 makes of it
                known.add(text.substr(text.rfind('.') + 1));
                known.add(outkit::detail::base64_encode("user=adele@woodgrove.example\x01"
                                                        "auth=Bearer " +
                                                        text + "\x01\x01"));
                ++tokens;
            }
    }

    static unsigned free_port()
    {
        outkit::blocking_context io;
        outkit::asio::ip::tcp::acceptor const taken(io.get_executor(), {outkit::asio::ip::address_v4::loopback(), 0});
        return taken.local_endpoint().port();
    }

    check::report go()
    {
        outkit::account::settings s;
        s.client_id = setup.client_id;
        s.client_secret = outkit::secret(setup.client_secret);
        s.redirect_uri = setup.redirect_uri;  // its port is free to choose (RFC 8252 section 7.3)
        if (std::size_t const port = s.redirect_uri.find(":3000"); port != s.redirect_uri.npos)
            s.redirect_uri.replace(port + 1, 4, std::to_string(free_port()));
        s.authority = setup.authority;
        s.base_scope = setup.base_scope == "api" ? outkit::account::base_scope::api : outkit::account::base_scope::imap;
        s.scopes = setup.scopes;
        s.user = setup.user;
        s.endpoints.login = "https://localhost:" + std::to_string(door->port());
        s.endpoints.graph = servers->graph_url();
        s.endpoints.imap = {"localhost", servers->ports().imap, outkit::account::transport::implicit_tls};
        s.endpoints.smtp = {"localhost", servers->ports().smtp, outkit::account::transport::starttls};
        s.authorities_file = ca_file;
        check::options how;
        how.send = true;
        how.arrival = 5s;
        how.trace = [this](std::string_view server, bool sent, std::string_view line) {
            ((trace += server) += sent ? " > " : " < ") += std::string(line) + "\n";
        };
        how.sign_in = [this](oauth2::pending_authorization const& pending, error_code& ec, std::string& said) {
            return sign_in(pending, ec, said);
        };
        return check::run(s, how);
    }

    // A person with a browser, and the application's listener, at once.
    oauth2::authorization_response sign_in(oauth2::pending_authorization const& pending, error_code& ec,
                                           std::string& said)
    {
        known.add(pending.verifier().reveal());
        outkit::blocking_context io;
        oauth2::redirect_listener listener(io.get_executor(), pending.redirect_uri(), ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        http::url const to = http::parse_url(pending.url(), ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        bool left = false;
        outkit::stream network(io.get_executor(), trust);
        mock::form_browser browser;
        mock::person_at_browser who;
        who.login = setup.login;
        who.password = setup.password;
        std::string diagnostics;
        async_run(network, browser.sign_in(to, who), diagnostics, [&](error_code failed, mock::browser_page page) {
            left = true;
            if (!failed && page.at.text().starts_with(pending.redirect_uri()))
                return;
            said = failed ? failed.message() + ' ' + diagnostics : page.text_of("role=\"alert\"");
            listener.cancel();
        });
        auto answer = listener.async_wait(pending, io.wait(ec));
        io.run_until(left);
        known.add(answer.code.reveal());
        return answer;
    }

    // Everything that was written down.
    std::vector<std::pair<std::string, std::string>> written(check::report const& r)
    {
        std::string steps;
        for (check::step const& s : r.steps)
        {
            steps += s.id + '\n' + s.title + '\n' + s.verified + '\n' + s.problem + '\n' + s.said + '\n';
            for (auto const& a : s.asked)
                steps += a.server + ' ' + a.what + '\n';
        }
        return {{"the journal", world.run([&] { return world.journal.to_json(); })},
                {"the trace", trace},
                {"the report", check::to_json(r, true)},
                {"the page", check::to_html(r, true)},
                {"the test results", check::to_junit(r, true)},
                {"the steps", steps}};
    }

    mock::world world;
    mock::client_setup setup;
    secrets known;
    std::size_t tokens = 0;
    std::string trace;
    outkit::tests::folder files;
    std::string ca_file;
    outkit::tls_context trust;
    std::unique_ptr<mock::entra> entra;
    std::unique_ptr<mock::servers> servers;
    std::unique_ptr<mock::listener> door;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redaction_e2e)

// The search itself: what it would find, it finds.
BOOST_AUTO_TEST_CASE(the_search_finds_every_shape)
{
    using namespace outkit::detail;
    std::string const canary = "canary/token+with~all-kinds_of.it\"x";
    secrets s;
    s.add(canary);
    for (auto const& [shape, what] : secrets::shapes(canary))
        BOOST_TEST(!s.found_in("a " + what + " b").empty(), shape);
    for (std::string const around : {"", "a", "ab", "user=x auth=Bearer "})
    {
        BOOST_TEST(!s.found_in(base64_encode(around + canary + "\x01\x01")).empty());
        BOOST_TEST(!s.found_in(base64url_encode(around + canary + "z")).empty());
    }
    BOOST_TEST(!s.found_in("canary/token+with~\r\n all-kinds_of.it\"x").empty());
    BOOST_TEST(s.found_in("canary/token+with~all-kinds").empty());
}

BOOST_AUTO_TEST_CASE(LG_01_LG_06_no_secret_of_a_whole_run_is_written_down)
{
    for (char const* const base_scope : {"imap", "api"})
        BOOST_TEST_CONTEXT(base_scope)
        {
            house h(base_scope);
            check::report const r = h.go();
            BOOST_TEST(r.passed(), check::to_json(r, true));
            BOOST_TEST(h.tokens >= 4u);  // access, refresh and ID tokens, twice
            BOOST_TEST(h.known.size() > 12u);
            for (auto const& [where, text] : h.written(r))
            {
                BOOST_TEST(text.size() > 500u, where);
                BOOST_TEST(h.known.found_in(text) == "", where);
            }
            // and what was said can be followed
            BOOST_TEST(h.trace.find(" bytes redacted>") != std::string::npos);
            BOOST_TEST(h.trace.find("entra > POST /") != std::string::npos);
            if (base_scope == std::string("imap"))
            {
                BOOST_TEST(h.trace.find("AUTHENTICATE completed.") != std::string::npos);
                BOOST_TEST(h.trace.find("smtp < 235 2.7.0") != std::string::npos);
            }
            else
                BOOST_TEST(h.trace.find("GET /v1.0/me") != std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(LG_05_what_is_thrown_has_no_secret)
{
    house h("imap");
    std::string const canary = "canary-" + std::string(200, 'q') + "-token";
    secrets known;
    known.add(canary);
    auto refused = [&](auto call) {
        std::string said;
        try
        {
            call();
            BOOST_ERROR("nothing was thrown");
        }
        catch (std::exception const& e)
        {
            said = e.what();
        }
        BOOST_TEST(!said.empty());
        BOOST_TEST(known.found_in(said) == "", said);
    };
    outkit::blocking_context io;
    outkit::access_token const token(canary);
    outkit::imap::client imap(outkit::stream(io.get_executor(), h.trust));
    imap.async_connect("localhost", h.servers->ports().imap, outkit::imap::security::implicit_tls, io.wait());
    refused([&] { imap.async_authenticate(h.setup.user, token.clone(), io.wait()); });
    BOOST_TEST(known.found_in(imap.diagnostics()) == "", imap.diagnostics());
    outkit::smtp::client smtp(outkit::stream(io.get_executor(), h.trust));
    smtp.async_connect({.host = "localhost", .port = h.servers->ports().smtp}, io.wait());
    refused([&] { smtp.async_authenticate(h.setup.user, token.clone(), io.wait()); });
    BOOST_TEST(known.found_in(smtp.diagnostics()) == "", smtp.diagnostics());
    outkit::graph::options where;
    where.host = "localhost";
    where.port = h.servers->ports().graph;
    outkit::graph::client graph(outkit::stream(io.get_executor(), h.trust), token.clone(), where);
    refused([&] { graph.async_me(io.wait()); });
    BOOST_TEST(known.found_in(graph.problem().message + graph.diagnostics()) == "", graph.problem().message);
}

// What is refused says why, and not with what.
BOOST_AUTO_TEST_CASE(LG_01_no_secret_is_in_what_a_failed_run_says)
{
    for (mock::scenario const& s : mock::scenarios())
    {
        if (s.step.empty())
            continue;
        BOOST_TEST_CONTEXT(s.name)
        {
            house h(std::string(s.base_scope).c_str(), std::string(s.name).c_str());
            check::report const r = h.go();
            BOOST_TEST(!r.passed());
            for (auto const& [where, text] : h.written(r))
                BOOST_TEST(h.known.found_in(text) == "", where);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
