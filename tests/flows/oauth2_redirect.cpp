#include <outkit/oauth2/browser.hpp>
#include <outkit/oauth2/redirect_listener.hpp>

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>
#include <outkit/http/error.hpp>

#ifdef OUTKIT_STANDALONE_ASIO
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/write.hpp>
#else
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/write.hpp>
#endif
#include <boost/test/unit_test.hpp>

#include <openssl/evp.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <cerrno>
#include <sys/wait.h>

using namespace outkit;
using namespace std::chrono_literals;

namespace {

// A listener that waits in a thread of its own, and browsers that say whatever they like.
struct waiting
{
    struct result
    {
        error_code ec;
        oauth2::authorization_response response;
        int calls = 0;
    };

    explicit waiting(oauth2::redirect_listener_options o = {}, std::string const& uri = "http://localhost/oauth")
    {
        listener.emplace(context.get_executor(), uri, ec, o);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        oauth2::app a;
        a.client_id = "x";
        a.redirect_uri = listener->redirect_uri();
        oauth2::authorization_options options;
        options.scopes.add("User.Read");
        auto const from = oauth2::authority::make(oauth2::global_cloud(), "common", ec);
        detail::simulator random(5);
        pending = begin_authorization(random, from, a, options, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        auto const at = pending.url().find("&state=");
        state = pending.url().substr(at, 7 + 43);
        listener->async_wait(pending, [this](error_code e, oauth2::authorization_response r) {
            got.ec = e;
            got.response = std::move(r);
            ++got.calls;
            done.set_value();
        });
        thread = std::thread([this] { context.run(); });
    }
    ~waiting()
    {
        asio::post(context, [this] { listener->cancel(); });
        thread.join();
    }

    std::string host() const { return "localhost:" + std::to_string(listener->port()); }

    // What comes back to these bytes, up to the end of the connection.
    std::string say(std::string const& bytes, char const* address = "127.0.0.1")
    {
        asio::io_context mine;
        asio::ip::tcp::socket s(mine);
        error_code e;
        s.connect({asio::ip::make_address(address), listener->port()}, e);
        if (e)
            return "not connected";
        for (std::size_t sent = 0; sent != bytes.size() && !e;)
            sent += s.write_some(asio::buffer(bytes.data() + sent, bytes.size() - sent), e);
        return read_all(s);
    }
    std::string get(std::string const& target, char const* address = "127.0.0.1")
    {
        return say("GET " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n\r\n", address);
    }
    static std::string read_all(asio::ip::tcp::socket& s)
    {
        std::string all;
        char part[4096];
        error_code e;
        while (std::size_t const n = s.read_some(asio::buffer(part), e))
            all.append(part, n);
        return all;
    }

    bool is_waiting() { return done_future.wait_for(0s) != std::future_status::ready; }
    result& wait()
    {
        BOOST_TEST_REQUIRE((done_future.wait_for(20s) == std::future_status::ready));
        return got;
    }

    error_code ec;
    asio::io_context context;
    std::optional<oauth2::redirect_listener> listener;
    oauth2::pending_authorization pending;
    std::string state;
    result got;
    std::promise<void> done;
    std::future<void> done_future = done.get_future();
    std::thread thread;
};

bool is(std::string const& answer, char const* status) { return answer.starts_with("HTTP/1.1 " + std::string(status)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_redirect)

BOOST_AUTO_TEST_CASE(OA_03_the_answer_ends_the_wait_and_closes_the_port)
{
    for (char const* const address : {"127.0.0.1", "::1"})
    {
        waiting w;
        auto const page = w.get("/oauth?code=c1" + w.state + "&session_state=s", address);
        BOOST_TEST(is(page, "200"), page);
        auto const& r = w.wait();
        BOOST_TEST((!r.ec && !r.response.ec && r.response.code.reveal() == "c1"));
        BOOST_TEST(w.get("/oauth") == "not connected");
        BOOST_TEST(r.calls == 1);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_posted_as_a_form)
{
    waiting w;
    std::string const form = "code=c1" + w.state;
    std::string const head =
        "POST /oauth HTTP/1.1\r\nHost: " + w.host() + "\r\nContent-Length: " + std::to_string(form.size()) + "\r\n";
    BOOST_TEST(is(w.say(head + "Content-Type: text/plain\r\n\r\n" + form), "400"));
    BOOST_TEST(w.is_waiting());
    BOOST_TEST(is(w.say(head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n" + form), "200"));
    BOOST_TEST((w.wait().response.code.reveal() == "c1"));
}

BOOST_AUTO_TEST_CASE(OA_04_OA_05_OA_09_OA_12_answers_that_are_not_ours_do_not_end_the_wait)
{
    waiting w;
    std::string wrong = w.state;
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    for (std::string const& query :
         {"?code=x" + wrong, std::string("?code=x"), std::string(), "?code=a&code=b" + w.state,
          "?code=a" + w.state + w.state, "?code=a%00b" + w.state, "?code=%ff" + w.state})
        BOOST_TEST(is(w.get("/oauth" + query), "400"), query);
    BOOST_TEST(w.is_waiting());
    BOOST_TEST(is(w.get("/oauth?code=c2" + w.state), "200"));
    BOOST_TEST((w.wait().response.code.reveal() == "c2"));
}

BOOST_AUTO_TEST_CASE(OA_10_OA_25_the_page_is_constant_and_harmless)
{
    auto const page_of = [](std::string const& query, outkit::error_code ends_with) {
        waiting w;
        auto const page = w.get("/oauth?" + query + w.state);
        auto const& r = w.wait();
        BOOST_TEST((!r.ec && r.response.ec == ends_with));
        return page;
    };
    error_code const denied = oauth2::error::access_denied;
    std::string const page = page_of("error=access_denied", denied);
    BOOST_TEST(page_of("error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E%0d%0aSet-Cookie:x",
                       denied) == page);
    std::string const success = page_of("code=c1", {});
    BOOST_TEST(page_of("code=%3Cscript%3E&session_state=%3Cscript%3E", {}) == success);
    waiting w;
    std::string const unrelated = w.get("/oauth?code=%3Cscript%3E");
    BOOST_TEST(is(page, "200"));
    BOOST_TEST(is(success, "200"));
    BOOST_TEST(is(unrelated, "400"));
    BOOST_TEST(page.find("did not succeed") != std::string::npos);
    BOOST_TEST(success.find("handed over") != std::string::npos);
    for (std::string const& one : {page, success, unrelated})
    {
        for (char const* const header :
             {"Content-Security-Policy: default-src 'none'; style-src 'sha256-", "Referrer-Policy: no-referrer\r\n",
              "Cache-Control: no-store\r\n", "X-Content-Type-Options: nosniff\r\n", "Connection: close\r\n",
              "; frame-ancestors 'none'\r\n"})
            BOOST_TEST(one.find(header) != std::string::npos, header);
        for (char const* const foreign : {"script", "Set-Cookie", "access_denied", "alert", "url(", "href", "src="})
            BOOST_TEST(one.find(foreign) == std::string::npos, foreign);
        BOOST_TEST(one.size() < 2048u);
        // The style is what the policy lets in.
        std::size_t const begin = one.find("<style>") + 7;
        std::string const style = one.substr(begin, one.find("</style>") - begin);
        unsigned char hash[32];
        BOOST_TEST_REQUIRE(EVP_Digest(style.data(), style.size(), hash, nullptr, EVP_sha256(), nullptr) == 1);
        BOOST_TEST(one.find("'sha256-" + detail::base64_encode({reinterpret_cast<char const*>(hash), 32}) + "'") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(OA_11_both_code_and_error_end_the_wait_without_a_code)
{
    waiting w;
    w.get("/oauth?error=x&code=c" + w.state);
    BOOST_TEST((w.wait().response.ec == make_error_code(oauth2::error::malformed_response)));
    BOOST_TEST(w.got.response.code.empty());
}

BOOST_AUTO_TEST_CASE(OA_13_only_the_exact_path_counts)
{
    waiting w;
    std::string const query = "?code=c" + w.state;
    for (std::string const& path :
         {"/" + query, std::string("/favicon.ico"), "/oauth/../oauth" + query, "//oauth" + query, "/OAUTH" + query,
          "/oauth/" + query, "/%6fauth" + query, "/oauth;x" + query, "http://" + w.host() + "/oauth" + query})
    {
        auto const answer = w.get(path);
        BOOST_TEST(is(answer, "404"), path << answer);
    }
    BOOST_TEST(w.is_waiting());
}

BOOST_AUTO_TEST_CASE(OA_14_other_methods_are_refused)
{
    waiting w;
    std::string const rest = " /oauth?code=c" + w.state + " HTTP/1.1\r\nHost: " + w.host() + "\r\n\r\n";
    for (char const* const method : {"OPTIONS", "HEAD", "PUT", "DELETE", "get", "TRACE"})
        BOOST_TEST(is(w.say(method + rest), "405"), method);
    BOOST_TEST(is(w.say("CONNECT evil.test:443 HTTP/1.1\r\nHost: " + w.host() + "\r\n\r\n"), "405"));
    BOOST_TEST(is(w.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "400"));
    BOOST_TEST(is(w.say("\x16\x03\x01 hello\r\n\r\n"), "400"));
    BOOST_TEST(w.is_waiting());
}

BOOST_AUTO_TEST_CASE(OA_15_other_hosts_are_refused)
{
    waiting w;
    std::string const line = "GET /oauth?code=c" + w.state + " HTTP/1.1\r\n";
    std::string const port = std::to_string(w.listener->port());
    for (std::string const& fields :
         {std::string("Host: evil.test\r\n"), std::string(), "Host: " + w.host() + "\r\nHost: " + w.host() + "\r\n",
          "Host: evil.test:" + port + "\r\n", std::string("Host: localhost\r\n"), "Host: 127.0.0.1:" + port + "\r\n",
          "Host: localhost:" + port + "x\r\n", "Host: localhost.:" + port + "\r\n", std::string("Host:\r\n")})
        BOOST_TEST(is(w.say(line + fields + "\r\n"), "400"), fields);
    BOOST_TEST(w.is_waiting());
}

BOOST_AUTO_TEST_CASE(OA_16_long_requests_are_cut_off)
{
    waiting w;
    std::string many = "GET /oauth HTTP/1.1\r\nHost: " + w.host() + "\r\n";
    for (int i = 0; i != 10'000; ++i)
        many += "X: y\r\n";
    for (std::string const& request : {std::string(10 << 20, 'x'), "GET /" + std::string(1 << 20, 'x'),
                                       "GET /oauth HTTP/1.1\r\nX: " + std::string(1 << 20, 'y'), many})
    {
        // The answer may be lost when the listener closes while we still write.
        auto const answer = w.say(request);
        BOOST_TEST((answer.empty() || is(answer, "431")), answer.substr(0, 60));
    }
    BOOST_TEST(is(w.say("GET /oauth HTTP/1.1\r\nX: " + std::string(8200, 'y') + "\r\n"), "431"));
    BOOST_TEST(w.is_waiting());
    BOOST_TEST(is(w.get("/oauth?code=c" + w.state), "200"));
}

BOOST_AUTO_TEST_CASE(OA_17_slow_requests_are_closed_and_do_not_delay_others)
{
    waiting w({.per_connection = 300ms});
    asio::io_context mine;
    asio::ip::tcp::socket slow(mine);
    slow.connect({asio::ip::make_address("127.0.0.1"), w.listener->port()});
    auto const begin = std::chrono::steady_clock::now();
    error_code e;
    char const byte = 'G';
    while (!e && std::chrono::steady_clock::now() < begin + 5s)
    {
        slow.write_some(asio::buffer(&byte, 1), e);
        std::this_thread::sleep_for(20ms);
    }
    BOOST_TEST(!!e);
    BOOST_TEST(w.is_waiting());
    BOOST_TEST(is(w.get("/oauth?code=c" + w.state), "200"));
}

BOOST_AUTO_TEST_CASE(OA_18_silent_connections_do_not_keep_the_answer_out)
{
    waiting w;
    asio::io_context mine;
    std::vector<asio::ip::tcp::socket> silent;
    for (int i = 0; i != 200; ++i)
    {
        silent.emplace_back(mine);
        silent.back().connect({asio::ip::make_address("127.0.0.1"), w.listener->port()});
    }
    auto const begin = std::chrono::steady_clock::now();
    BOOST_TEST(is(w.get("/oauth?code=c" + w.state), "200"));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 1s));
    BOOST_TEST((w.wait().response.code.reveal() == "c"));
}

BOOST_AUTO_TEST_CASE(OA_20_nobody_else_can_have_the_port)
{
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    waiting w;
    asio::io_context mine;
    std::vector<asio::ip::tcp::acceptor> thieves;
    for (char const* const address : {"127.0.0.1", "::1", "0.0.0.0", "::"})
        for (bool const port_too : {false, true})
        {
            asio::ip::tcp::endpoint const there(asio::ip::make_address(address), w.listener->port());
            asio::ip::tcp::acceptor& thief = thieves.emplace_back(mine);
            error_code e;
            thief.open(there.protocol());
            thief.set_option(asio::ip::tcp::acceptor::reuse_address(true));
            if (port_too)
                thief.set_option(reuse_port(true));
            thief.bind(there, e);
            if (!e)
                thief.listen(1, e);
            BOOST_TEST(!!e, address);
        }
    BOOST_TEST(is(w.get("/oauth?code=mine" + w.state), "200"));
    BOOST_TEST((w.wait().response.code.reveal() == "mine"));
}

BOOST_AUTO_TEST_CASE(a_port_of_which_somebody_has_one_family_is_not_used)
{
    for (char const* const address : {"::1", "127.0.0.1"})
    {
        asio::io_context mine;
        asio::ip::tcp::acceptor const taken(mine, {asio::ip::make_address(address), 0});
        auto const port = taken.local_endpoint().port();
        error_code e;
        oauth2::redirect_listener const fixed(mine.get_executor(),
                                              "http://localhost:" + std::to_string(port) + "/oauth", e);
        BOOST_TEST((e == asio::error::address_in_use), e.message());
        // Nor is the other family kept.
        asio::ip::tcp::socket s(mine);
        s.connect({asio::ip::make_address(*address == ':' ? "127.0.0.1" : "::1"), port}, e);
        BOOST_TEST((e == asio::error::connection_refused), e.message());
    }
}

BOOST_AUTO_TEST_CASE(OA_19_another_port_is_chosen_when_one_family_of_the_first_is_taken)
{
    auto const at = [](char const* address, std::uint16_t port) {
        return asio::ip::tcp::endpoint(asio::ip::make_address(address), port);
    };
    for (char const* const address : {"::1", "127.0.0.1"})
        BOOST_TEST_CONTEXT(address)
        {
            asio::io_context mine;
            asio::ip::tcp::acceptor const taken(mine, at(address, 0));
            auto const first = taken.local_endpoint().port();
            auto const second = asio::ip::tcp::acceptor(mine, at("127.0.0.1", 0)).local_endpoint().port();
            error_code e;
            {
                oauth2::redirect_listener const only(mine.get_executor(), "http://localhost/oauth", e,
                                                     {.ports = {first}});
                BOOST_TEST((e == asio::error::address_in_use), e.message());
            }
            waiting w({.ports = {first, first, second}});
            BOOST_TEST(w.listener->port() == second);
            BOOST_TEST(w.listener->redirect_uri() == "http://localhost:" + std::to_string(second) + "/oauth");
            asio::ip::tcp::socket s(mine);
            s.connect(at(*address == ':' ? "127.0.0.1" : "::1", first), e);
            BOOST_TEST((e == asio::error::connection_refused), e.message());  // nothing of ours is left there
            for (char const* const family : {"127.0.0.1", "::1"})
                BOOST_TEST(is(w.get("/oauth", family), "400"));
            BOOST_TEST(is(w.get("/oauth?code=c" + w.state, address), "200"));
            BOOST_TEST((w.wait().response.code.reveal() == "c"));
        }
}

namespace {

// The local addresses of the sockets that listen at a port, as the kernel lists them.
std::vector<std::string> listening_at(std::uint16_t port)
{
    char wanted[6];
    std::snprintf(wanted, sizeof wanted, ":%04X", unsigned(port));
    std::vector<std::string> found;
    for (char const* const table : {"/proc/net/tcp", "/proc/net/tcp6"})
    {
        std::ifstream in(table);
        std::string number, local, remote, state, rest;
        while (in >> number >> local >> remote >> state && std::getline(in, rest))
            if (local.ends_with(wanted) && state == "0A")
                found.push_back(local.substr(0, local.find(':')));
    }
    return found;
}

}  // namespace

// In a container people are told to listen on all addresses; here nothing makes it do so.
BOOST_AUTO_TEST_CASE(OA_21_only_loopback_is_listened_at_whatever_surrounds_us)
{
    ::setenv("container", "docker", 1);
    ::setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
    for (char const* const uri : {"http://localhost/oauth", "http://127.0.0.1/oauth", "http://[::1]/oauth"})
    {
        waiting w({}, uri);
        auto const found = listening_at(w.listener->port());
        BOOST_TEST(!found.empty());
        for (auto const& address : found)
            BOOST_TEST((address == "0100007F" || address == "00000000000000000000000001000000"), address);
    }
    ::unsetenv("container");
    ::unsetenv("KUBERNETES_SERVICE_HOST");
}

BOOST_AUTO_TEST_CASE(OA_22_the_wait_has_an_end)
{
    waiting w({.wait = 50ms});
    auto const& r = w.wait();
    BOOST_TEST((r.ec == make_error_code(error::timeout)));
    BOOST_TEST(w.get("/oauth") == "not connected");
}

BOOST_AUTO_TEST_CASE(the_wait_can_be_cancelled)
{
    for (bool const by_slot : {false, true})
    {
        asio::io_context context;
        error_code ec;
        oauth2::redirect_listener l(context.get_executor(), "http://127.0.0.1/oauth", ec);
        BOOST_TEST_REQUIRE(!ec);
        oauth2::pending_authorization const pending;
        asio::cancellation_signal signal;
        int calls = 0;
        auto const handler = [&](error_code e, oauth2::authorization_response) {
            ++calls;
            BOOST_TEST((e == asio::error::operation_aborted));
        };
        l.async_wait(pending, asio::bind_cancellation_slot(signal.slot(), handler));
        context.poll();
        BOOST_TEST(calls == 0);
        by_slot ? signal.emit(asio::cancellation_type::terminal) : l.cancel();
        context.run();
        BOOST_TEST(calls == 1);
    }
}

// The listener's context takes one step after the other, and the wait is cancelled after each of them once: before
// accepting, before reading, after each part of the request, and after the answer (which is written in one step with
// the last part, as it is shorter than what a socket takes).
BOOST_AUTO_TEST_CASE(OA_23_cancelled_after_every_step_it_ends_once)
{
    std::uint16_t port = 0;
    std::size_t cancelled = 0;
    for (std::size_t at = 0;; ++at)
        BOOST_TEST_CONTEXT("after step " << at)
        {
            asio::io_context context;
            error_code ec;
            std::optional<oauth2::redirect_listener> l;
            std::string const uri = "http://localhost" + (port ? ':' + std::to_string(port) : std::string()) + "/oauth";
            l.emplace(context.get_executor(), uri, ec);
            BOOST_TEST_REQUIRE(!ec, ec.message());  // the port of the last one is free again
            port = l->port();
            oauth2::app a;
            a.client_id = "x";
            a.redirect_uri = l->redirect_uri();
            oauth2::authorization_options options;
            options.scopes.add("User.Read");
            detail::simulator random(5);
            auto const from = oauth2::authority::make(oauth2::global_cloud(), "common", ec);
            auto const pending = begin_authorization(random, from, a, options, ec);
            auto const state = pending.url().substr(pending.url().find("&state="), 7 + 43);
            int calls = 0;
            error_code got;
            l->async_wait(pending, [&](error_code e, oauth2::authorization_response) {
                ++calls;
                got = e;
            });
            asio::io_context mine;
            asio::ip::tcp::socket browser(mine);
            browser.connect({asio::ip::make_address("127.0.0.1"), port});
            std::string const request =
                "GET /oauth?code=c" + state + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n\r\n";
            std::size_t steps = 0;
            // A part of the request, and the next when that has been read; the first is nothing.
            for (std::size_t said = 0; steps != at && calls == 0;)
            {
                while (steps != at && calls == 0 && context.run_one_for(said == request.size() ? 5s : 10ms) != 0)
                    ++steps;
                std::size_t const n = std::min<std::size_t>(20, request.size() - said);
                asio::write(browser, asio::buffer(request.data() + said, n));
                said += n;
            }
            bool const before = calls == 0;
            l->cancel();
            context.run();  // returns, so nothing is left that waits
            BOOST_TEST(calls == 1);
            BOOST_TEST((!got || got == asio::error::operation_aborted), got.message());
            cancelled += got == asio::error::operation_aborted;
            asio::ip::tcp::socket late(mine);
            late.connect({asio::ip::make_address("127.0.0.1"), port}, ec);
            BOOST_TEST((ec == asio::error::connection_refused), ec.message());
            if (!before)
            {
                BOOST_TEST(!got, got.message());
                break;
            }
        }
    BOOST_TEST(cancelled >= 6u);
}

BOOST_AUTO_TEST_CASE(OA_24_a_second_answer_changes_nothing)
{
    waiting w;
    auto const first = w.get("/oauth?code=c1" + w.state);
    auto const second = w.get("/oauth?code=c2" + w.state);
    BOOST_TEST(is(first, "200"));
    BOOST_TEST((second == "not connected" || is(second, "410") || second.empty()), second);
    BOOST_TEST((w.wait().response.code.reveal() == "c1"));
    BOOST_TEST(w.got.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_flood_of_requests_ends_the_wait)
{
    waiting w({.most_requests = 5});
    for (int i = 0; i != 5; ++i)
        w.get("/");
    w.wait();
    BOOST_TEST((w.got.ec == make_error_code(http::error::too_many_requests)), w.got.ec.message());
}

BOOST_AUTO_TEST_CASE(redirect_uris_that_cannot_be_listened_at_are_refused)
{
    asio::io_context context;
    for (char const* const uri :
         {"https://localhost:3000/oauth", "http://10.0.0.1:3000/oauth", "http://evil.test/oauth",
          "http://localhost:3000/oauth?x=y", "http://0.0.0.0:3000/", "x", ""})
    {
        error_code ec;
        oauth2::redirect_listener const l(context.get_executor(), uri, ec);
        BOOST_TEST((ec == make_error_code(oauth2::error::invalid_redirect_uri)), uri);
    }
}

namespace {

// A program that writes its arguments, one a line, to a file.
struct fake_browser
{
    fake_browser()
    {
        std::string name = (std::filesystem::temp_directory_path() / "outkit-browser-XXXXXX").string();
        folder = ::mkdtemp(name.data());
        std::ofstream(program()) << "#!/bin/sh\nprintf '%s\\n' \"$@\" > " << log() << ".new\nmv " << log() << ".new "
                                 << log() << "\n";
        std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
    }
    ~fake_browser() { std::filesystem::remove_all(folder); }
    std::string program() const { return folder + "/browser"; }
    std::string log() const { return folder + "/arguments"; }
    std::string arguments() const
    {
        for (int i = 0; i != 500 && !std::filesystem::exists(log()); ++i)
            std::this_thread::sleep_for(10ms);
        std::ifstream in(log());
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string folder;
};

}  // namespace

BOOST_AUTO_TEST_CASE(OA_26_only_web_pages_are_opened_and_without_a_shell)
{
    fake_browser const b;
    for (char const* const url : {"file:///etc/passwd", "javascript:alert(1)", "ms-settings:", "http://login.example/",
                                  "-version", "", "https://", "https://a b/", "https://user@x/"})
    {
        error_code ec;
        oauth2::open_browser(url, ec, b.program());
        BOOST_TEST((ec == make_error_code(oauth2::error::not_openable)), url);
    }
    BOOST_TEST(!std::filesystem::exists(b.log()));

    std::string const marker = b.folder + "/p";
    error_code ec;
    oauth2::open_browser("https://x/\"$(touch " + marker + ")\";`touch " + marker + "`", ec, b.program());
    BOOST_TEST(!ec);
    BOOST_TEST(b.arguments() == "https://x/%22$(touch%20" + marker + ")%22;%60touch%20" + marker + "%60\n");
    BOOST_TEST(!std::filesystem::exists(marker));

    fake_browser const second;
    oauth2::open_browser("https://x/%0a-flag", ec, second.program());
    BOOST_TEST(second.arguments() == "https://x/%0a-flag\n");
}

BOOST_AUTO_TEST_CASE(OA_27_a_missing_browser_is_told)
{
    error_code ec;
    oauth2::open_browser("https://x/", ec, "/nonexistent/browser");
    BOOST_TEST((ec == make_error_code(oauth2::error::browser_unavailable)));
    BOOST_TEST((ec == condition::not_found));
    oauth2::open_browser("https://x/", ec, "false");  // its exit status is nobody's business
    BOOST_TEST(!ec);

    // One that hangs is not waited for.
    fake_browser const b;
    std::string const hangs = b.folder + "/hangs";
    std::ofstream(hangs) << "#!/bin/sh\nsleep 1\n";
    std::filesystem::permissions(hangs, std::filesystem::perms::owner_all);
    auto const begin = std::chrono::steady_clock::now();
    oauth2::open_browser("https://x/", ec, hangs);
    BOOST_TEST(!ec);
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 900ms));
    // All of them are reaped once they have ended.
    bool reaped = false;
    for (int i = 0; i != 500 && !reaped; ++i)
    {
        siginfo_t left{};
        reaped = ::waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
        if (!reaped)
            std::this_thread::sleep_for(10ms);
    }
    BOOST_TEST(reaped);
}

BOOST_AUTO_TEST_SUITE_END()
