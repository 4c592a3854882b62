// Proxies: their URLs, who goes around them, and the conversation with one, from its scripted answers to TLS inside TLS.

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>
#include <outkit/proxy.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;
using namespace outkit::tests;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

proxy parsed(std::string const& url)
{
    error_code ec;
    proxy p = parse_proxy(url, ec);
    BOOST_TEST_REQUIRE(!ec, url << ": " << ec.message());
    return p;
}

proxy_settings through(std::string const& url, std::string const& except = {})
{
    return proxy_settings(parsed(url), except);
}

proxy_settings environment_with(std::map<std::string, std::string> const& variables)
{
    error_code ec;
    auto const of = [&](char const* name) {
        auto const found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
    proxy_settings s = proxy_settings::from_environment(of, ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return s;
}

// A client that wants to talk to a server of TLS, or of something that begins in plaintext.
flow<> secure(wire& w) { co_await w.connect("mail.test", 993, true); }
flow<std::string> greeting(wire& w)
{
    co_await w.connect("mail.test", 587, false);
    std::string line = co_await w.read_line();
    co_return line;
}

std::string const opened = "HTTP/1.1 200 Connection established\r\nVia: 1.1 tinyproxy\r\n\r\n";
std::string const asked = "CONNECT mail.test:993 HTTP/1.1\r\nHost: mail.test:993\r\n";
std::string const proxy_name = "http://proxy.test:3128";

// The same conversation, in small pieces, too.
void answers(std::string const& script, error_code expected, std::string const& said = {},
             std::initializer_list<std::size_t> pieces = {1, 2, 7, 4096})
{
    for (std::size_t const piece : pieces)
    {
        wire w;
        auto const r = play(secure(w), {"", script}, {.piece = piece, .proxies = through(proxy_name)});
        BOOST_TEST((r.ec == expected), r.ec.message() << " for " << script.substr(0, 80));
        BOOST_TEST(r.written == asked + "\r\n");
        std::string const wanted = expected ? "proxy " + proxy_name + ": " + said : "";
        BOOST_TEST(r.diagnostics.substr(0, wanted.size()) == wanted);
        BOOST_TEST(r.diagnostics.size() <= 512u);
        bool const tls = r.connected.back() == "tls mail.test";
        BOOST_TEST(tls == !expected);
        BOOST_TEST(w.encrypted() == !expected);
    }
}

// A proxy that is the server behind it, too. The server begins when the tunnel is there.
simulator::service proxy_before(simulator::service server, bool tls, std::vector<std::string>& requests)
{
    return [server = std::move(server), tls, &requests](wire& w) -> flow<> {
        if (tls)
            co_await w.start_tls();
        std::string request;
        for (std::string line = "-"; !line.empty();)
        {
            line = co_await w.read_line();
            request += line + "|";
        }
        requests.push_back(request);
        co_await w.write(opened);
        if (tls)
            co_await nest_connection();
        co_await server(w);
    };
}

flow<> echo_under_tls(wire& w)
{
    co_await w.start_tls();
    std::string line = co_await w.read_line();
    std::string answer = "you said " + line + "\r\n";
    co_await w.write(std::move(answer));
    co_await w.close();
}

flow<std::string> ask(wire& w, std::string host)
{
    co_await w.connect(std::move(host), 993, true);
    co_await w.write("hello\r\n");
    std::string line = co_await w.read_line();
    co_await w.close();
    co_return line;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxies)

BOOST_AUTO_TEST_CASE(urls_are_taken_apart)
{
    struct row
    {
        char const *url, *text, *user, *password;
    };
    static constexpr row rows[] = {
        {"http://proxy.example:3128", "http://proxy.example:3128", "", ""},
        {"http://proxy.example", "http://proxy.example:80", "", ""},
        {"https://proxy.example/", "https://proxy.example:443", "", ""},
        {"HTTP://Proxy.Example:8080/", "http://proxy.example:8080", "", ""},
        {"proxy.example:3128", "http://proxy.example:3128", "", ""},
        {"10.0.0.1", "http://10.0.0.1:80", "", ""},
        {"http://[2001:DB8::1]:3128", "http://[2001:db8::1]:3128", "", ""},
        {"http://[::1]", "http://[::1]:80", "", ""},
        {"http://ann:secret@proxy.example:3128", "http://proxy.example:3128", "ann", "secret"},
        {"ann:a%3Ab%40c%25:d@proxy.example:3128", "http://proxy.example:3128", "ann", "a:b@c%:d"},
        {"http://contoso%5Cann:p@ss@proxy.example", "http://proxy.example:80", "contoso\\ann", "p@ss"},
        {"http://ann@proxy.example", "http://proxy.example:80", "ann", ""},
        {"http://@proxy.example", "http://proxy.example:80", "", ""},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.url)
        {
            proxy const p = parsed(r.url);
            BOOST_TEST(p.text() == r.text);
            BOOST_TEST(p.user == r.user);
            BOOST_TEST(p.password.reveal() == r.password);
        }
    // RFC 7617 section 2
    BOOST_TEST(proxy_authorization(parsed("http://Aladdin:open%20sesame@p")).reveal() ==
               "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    BOOST_TEST(proxy_authorization(parsed("http://p")).empty());

    for (std::string const url : {"",
                                  "http://",
                                  "socks5://proxy.example:1080",
                                  "ftp://proxy.example",
                                  "://proxy.example",
                                  "http://proxy.example:",
                                  "http://proxy.example:0",
                                  "http://proxy.example:65536",
                                  "http://proxy.example:+1",
                                  "http://proxy.example:3128x",
                                  "http://proxy.example:03128",
                                  "http://proxy.example/path",
                                  "http://proxy.example?x",
                                  "http://proxy.example#x",
                                  "http://proxy example",
                                  "http://proxy.example:3128\r\nX: y",
                                  "http://2001:db8::1",
                                  "http://[proxy.example]",
                                  "http://[::1",
                                  "http://a%0d%0ab:c@proxy.example",
                                  "http://a:b%00@proxy.example",
                                  "http://a:b%4@proxy.example",
                                  "http://a:b%zz@proxy.example",
                                  "http://a%3Ab:c@proxy.example",
                                  "http://pr\xc3\xb6xy.example",
                                  "http://a\\b"})
    {
        error_code ec;
        proxy const p = parse_proxy(url, ec);
        BOOST_TEST((ec == error::invalid_proxy), url << " was taken for " << p.text());
        BOOST_TEST(p.host.empty());
    }
}

// Rows of the form "host:port in list", from curl's documentation and unit test 1614 where it has them.
BOOST_AUTO_TEST_CASE(no_proxy_means_what_it_means_to_others)
{
    struct row
    {
        char const *host, *list;
        bool direct;
        std::uint16_t port = 443;
    };
    static constexpr row rows[] = {
        // CURLOPT_NOPROXY(3)
        {"ample.com", "ample.com", true},
        {"ample.com", "ample.com", true, 80},
        {"www.ample.com", "ample.com", true},
        {"www.example.com", "ample.com", false},
        {"ample.com.org", "ample.com", false},
        {"www.example.com", "*", true},
        {"192.168.3.4", "192.168.0.0/16", true},
        // curl, unit1614
        {"www.example.com", "localhost,.example.com,.example.de", true},
        {"www.example.com.", "localhost,.example.com,.example.de", true},
        {"example.com", "localhost,.example.com,.example.de", true},
        {"www.example.com", "localhost,.example.com.,.example.de", true},
        {"www.example.com", "localhost,www.example.com.,.example.de", true},
        {"foobar", "barfoo", false},
        {"foobar", "foobar", true},
        {"192.168.0.1", "foobar", false},
        {"192.168.0.1", "192.168.0.0/16", true},
        {"192.168.0.1", "192.168.0.0/24", true},
        {"192.168.0.1", "192.168.0.0/32", false},
        {"192.168.0.1", "192.168.0.0", false},
        {"192.168.1.1", "192.168.0.0/24", false},
        {"192.168.1.1", "foo, bar, 192.168.0.0/24", false},
        {"192.168.1.1", "foo, bar, 192.168.0.0/16", true},
        {"192.160.0.1", "192.160.0.1/33", false},
        {"192.160.0.1", "192.160.0.1/26", true},
        {"192.160.0.1", "10.0.0.1/8", false},
        {"fe80::ab47:4396:55c9:8474", "fe80::ab47:4396:55c9:8474/64", true},
        {"[2001:db8::1]", "foo, bar, 192.168.0.0/16", false},
        {"[2001:db8::1]", "foo, bar, 2001:db8::/64", true},
        {"bar", "foo, bar, ::1/64", true},
        {"BAr", "foo,,,,,              bar, ::1/64", true},
        {"www.example.com", "www2.example.com, .example.net", false},
        {"nonexample.com", ".example.com, .example.net", false},
        // beyond curl: ports, *. and blanks between entries, as Go and others have them
        {"mail.example", "mail.example:993", true, 993},
        {"mail.example", "mail.example:993", false, 587},
        {"imap.mail.example", ".mail.example:993 other.example", true, 993},
        {"www.example.com", "*.example.com", true},
        {"10.1.2.3", "10.0.0.0/8:443", true},
        {"10.1.2.3", "10.0.0.0/8:443", false, 993},
        {"2001:db8::1", "[2001:db8::1]:993", true, 993},
        {"2001:db8::1", "[2001:db8::1]:993", false, 443},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8:0::1", "[2001:db8::1]", true},
        {"::ffff:10.0.0.1", "10.0.0.0/8", true},
        {"10.0.0.1", "0.0.0.0/0", true},
        {"2001:db8::1", "0.0.0.0/0", false},
        {"10.0.0.1", "::/0", true},
        {"203.0.113.10", "0.113.10", false},
        {"10.0.0.1.example", "10.0.0.1", false},
        {"www.example.com", "*example.com", false},
        {"www.example.com", "*,x", true},
        {"www.example.com", ".", false},
        {"www.example.com", "example.com:x", false},
        {"www.example.com", "", false},
        // this machine
        {"localhost", "", true},
        {"LocalHost.", "", true},
        {"app.localhost", "", true},
        {"localhost.example", "", false},
        {"127.0.0.1", "", true},
        {"127.8.8.8", "", true},
        {"::1", "", true},
        {"[::1]", "", true},
        {"::ffff:127.0.0.1", "", true},
        {"128.0.0.1", "", false},
        {"::2", "", false},
    };
    for (row const& r : rows)
    {
        proxy_settings const s = through(proxy_name, r.list);
        BOOST_TEST((s.for_target(r.host, r.port) == nullptr) == r.direct,
                   r.host << ':' << r.port << " with no_proxy=" << r.list);
        BOOST_TEST(!proxy_settings().for_target(r.host, r.port));
    }
}

BOOST_AUTO_TEST_CASE(the_environment_is_read_as_others_read_it)
{
    auto const chosen = [](std::map<std::string, std::string> const& variables, char const* host = "mail.test") {
        proxy_settings const s = environment_with(variables);
        proxy const* const p = s.for_target(host, 993);
        return p ? p->host : "";
    };
    BOOST_TEST(chosen({}) == "");
    BOOST_TEST(chosen({{"https_proxy", "http://a"}}) == "a");
    BOOST_TEST(chosen({{"HTTPS_PROXY", "http://a"}}) == "a");
    BOOST_TEST(chosen({{"https_proxy", "http://a"}, {"HTTPS_PROXY", "http://b"}, {"all_proxy", "http://c"}}) == "a");
    BOOST_TEST(chosen({{"HTTPS_PROXY", "http://b"}, {"all_proxy", "http://c"}}) == "b");
    BOOST_TEST(chosen({{"all_proxy", "http://c"}, {"ALL_PROXY", "http://d"}}) == "c");
    BOOST_TEST(chosen({{"ALL_PROXY", "http://d"}}) == "d");
    BOOST_TEST(chosen({{"https_proxy", ""}, {"all_proxy", "http://c"}}) == "");
    // httpoxy.org: what a visitor of a CGI program says in his header Proxy
    BOOST_TEST(chosen({{"HTTP_PROXY", "http://evil"}, {"http_proxy", "http://evil"}}) == "");
    BOOST_TEST(chosen({{"https_proxy", "http://a"}, {"no_proxy", "mail.test"}}) == "");
    BOOST_TEST(chosen({{"https_proxy", "http://a"}, {"NO_PROXY", "mail.test"}}) == "");
    BOOST_TEST(chosen({{"https_proxy", "http://a"}, {"no_proxy", "x"}, {"NO_PROXY", "mail.test"}}) == "a");
    BOOST_TEST(chosen({{"https_proxy", "http://a"}}, "localhost") == "");

    error_code ec;
    auto const s = proxy_settings::from_environment([](char const*) { return "socks5://a"; }, ec);
    BOOST_TEST((ec == error::invalid_proxy));
    BOOST_TEST(!s.for_target("mail.test", 993));
    std::string seen;
    auto const watched = [&](char const* name) {
        seen += name + " "s;
        return static_cast<char const*>(nullptr);
    };
    (void)proxy_settings::from_environment(watched, ec);
    BOOST_TEST(seen == "https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY ");
}

BOOST_AUTO_TEST_CASE(a_tunnel_is_asked_for_and_tls_is_with_the_server)
{
    wire w;
    auto const r = play(secure(w), {"", opened}, {.proxies = through(proxy_name)});
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(r.written == asked + "\r\n");
    std::vector<std::string> const steps{"proxy.test:3128", "tls mail.test"};
    BOOST_TEST(r.connected == steps);

    // nothing of this happens to who may go around
    wire direct;
    auto const d = play(secure(direct), {"", ""}, {.proxies = through(proxy_name, ".test")});
    BOOST_TEST(!d.ec);
    BOOST_TEST(d.written == "");
    BOOST_TEST(d.connected.front() == "mail.test:993");
}

// Servers that speak first may do so in the segment of the proxy's answer.
BOOST_AUTO_TEST_CASE(a_greeting_may_come_with_the_answer)
{
    for (std::size_t const piece : {1u, 7u, 4096u})
    {
        wire w;
        auto const r = play(greeting(w), {"", opened + "220 mail.test ready\r\n"},
                            {.piece = piece, .proxies = through(proxy_name)});
        BOOST_TEST(!r.ec, r.ec.message() << r.diagnostics);
        BOOST_TEST(r.value.value_or("") == "220 mail.test ready");
    }
}

BOOST_AUTO_TEST_CASE(TL_26_answers_that_open_no_tunnel)
{
    auto const refused = make_error_code(error::proxy_refused), strange = make_error_code(error::proxy_misbehaves),
               password = make_error_code(error::proxy_wants_password),
               dead = make_error_code(error::proxy_cannot_connect), cut = make_error_code(error::connection_closed);
    answers("HTTP/1.0 200\r\n\r\n", {});
    answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + opened, {});
    answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {});  // is to be ignored, RFC 9110 section 9.3.6
    answers("HTTP/1.1 403 Filtered\r\nContent-Length: 3\r\n\r\nNo.", refused,
            "asked for mail.test:993, it answers 403 Filtered");
    answers("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nPROXY-Authenticate:  Basic "
            "realm=\"x\"\r\n\r\n",
            password,
            "asked for mail.test:993, it answers 407 Proxy Authentication Required; it offers Negotiate, Basic");
    answers("HTTP/1.1 401 Unauthorized\r\n\r\n", password);  // tinyproxy 1.11.1, to a wrong password
    answers("HTTP/1.1 502 Bad Gateway\r\n\r\n", dead, "asked for mail.test:993, it answers 502 Bad Gateway");
    answers("HTTP/1.1 503 x\r\n\r\n", dead);
    answers("HTTP/1.1 500 Unable to connect\r\n\r\n", dead);  // tinyproxy 1.11.1
    answers("HTTP/1.1 504 x\r\n\r\n", dead);
    answers("HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\n\r\n", refused);  // redirects are not followed
    answers("HTTP/1.1 201 Created\r\n\r\n", refused);
    answers("HTTP/1.1 101 Switching Protocols\r\n\r\n", refused);
    answers("HTTP/1.1 403 \x1b[31mred\xff\r\n\r\n", refused, "asked for mail.test:993, it answers 403 ?[31mred?");
    answers("HTTP/1.1 403 " + std::string(4'000, 'x') + "\r\n\r\n", refused);

    // Data before TLS: slipped in, or no proxy at all (CVE-2011-0411). What comes later the handshake stumbles over.
    answers(opened + "* OK evil\r\n", strange, "data before the TLS handshake", {4096});
    answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", strange, "data before the TLS handshake", {4096});
    // not HTTP/1
    for (std::string const text :
         {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
          "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 -20 x\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
          "\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\r\n folded: c\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"})
        answers(text, strange, "an answer that is not HTTP/1");
    answers("HTTP/1.1 200 OK\n\n", strange, "a line that ends with LF");
    answers("HTTP/1.1 200 OK\r\nA: b\n\r\n", strange, "a line that ends with LF");
    answers("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n"s, strange, "a line that ends with LF");
    // more than anybody needs
    answers("HTTP/1.1 200 OK\r\nA: " + std::string(10'000, 'x') + "\r\n\r\n", strange);
    answers("HTTP/1.1 200 OK\r\nA: " + std::string(1 << 20, 'x'), strange);
    std::string many = "HTTP/1.1 200 OK\r\n", interim;
    for (int i = 0; i != 3'000; ++i)
        many += "A: b\r\n", interim += "HTTP/1.1 100 Continue\r\n\r\n";
    answers(many + "\r\n", strange, "an answer of more than 16 KB");
    answers(interim, strange, "an answer of more than 16 KB");
    // cut off at every byte, and by nobody's fault
    for (std::size_t n = 0; n != opened.size(); ++n)
        answers(opened.substr(0, n), cut, "it closed the connection without an answer");
}

BOOST_AUTO_TEST_CASE(each_step_may_fail_or_be_cancelled)
{
    wire unharmed;
    auto const whole = play(secure(unharmed), {"", opened}, {.proxies = through("https://proxy.test:3128")});
    BOOST_TEST(!whole.ec);
    std::vector<std::string> const steps{"proxy.test:3128", "tls proxy.test", "nest", "tls mail.test"};
    BOOST_TEST(whole.connected == steps);
    for (std::size_t at = 1; at <= whole.steps; ++at)
        for (bool const cancel : {false, true})
        {
            wire w;
            auto const r = play(secure(w), {"", opened},
                                {.fail_at = at, .cancel = cancel, .proxies = through("https://proxy.test:3128")});
            error_code const expected = cancel    ? os_error(ECANCELED)
                                        : at == 1 ? make_error_code(error::proxy_unreachable)
                                                  : os_error(ECONNRESET);
            BOOST_TEST((r.ec == expected), "step " << at << ": " << r.ec.message());
            BOOST_TEST(!w.encrypted());
            bool const named = r.diagnostics.starts_with("proxy https://proxy.test:3128: ");
            BOOST_TEST(named == (!cancel && at != whole.steps));  // the last one is the handshake with the server
        }
}

BOOST_AUTO_TEST_CASE(HT_32_credentials_are_told_to_the_proxy_and_to_nobody_else)
{
    proxy_settings const s = through("http://ann:mock-secret-7@proxy.test:3128");
    wire w;
    std::string trace;
    w.trace = [&](wire::direction, std::string_view line) { trace += line; };
    auto const r = play(secure(w), {"", "HTTP/1.1 407 No, ann\r\n\r\n"}, {.proxies = s});
    BOOST_TEST((r.ec == error::proxy_wants_password));
    std::string const credentials = base64_encode("ann:mock-secret-7");
    BOOST_TEST(r.written == asked + "Proxy-Authorization: Basic " + credentials + "\r\n\r\n");
    BOOST_TEST(trace == asked + "Proxy-Authorization: <redacted>\r\nHTTP/1.1 407 No, ann");
    for (std::string const& text : {trace, r.diagnostics})
    {
        BOOST_TEST(text.find(credentials) == text.npos);
        BOOST_TEST(text.find("mock-secret") == text.npos);
    }
    // Around the proxy nothing is said.
    wire direct;
    auto const d = play(greeting(direct), {"", "220 hi\r\n"},
                        {.proxies = through("http://ann:mock-secret-7@proxy.test:3128", "mail.test")});
    BOOST_TEST(!d.ec);
    BOOST_TEST(d.written == "");
}

BOOST_AUTO_TEST_CASE(hosts_that_could_be_taken_for_something_else_are_not_asked_for)
{
    for (std::string const host : {"mail.test\r\nX: y", "mail test", "a@mail.test", "mail.test/x", "mail.test?", "",
                                   "mail.test#", "\xc3\xa4.test", "mail.test%00"})
    {
        wire w;
        auto const r = play(w.connect(host, 993, true), {""}, {.proxies = through(proxy_name)});
        BOOST_TEST((r.ec == error::invalid_host), host);
        BOOST_TEST(r.connected.empty());
    }
    wire w;
    auto const r = play(w.connect("[2001:DB8::1]", 993, true), {"", opened}, {.proxies = through(proxy_name)});
    BOOST_TEST(r.written == "CONNECT [2001:DB8::1]:993 HTTP/1.1\r\nHost: [2001:DB8::1]:993\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_whole_conversation_through_either_kind_of_proxy)
{
    for (bool const tls : {false, true})
        for (std::size_t const piece : {7u, 1u << 16})
        {
            weather sky;
            sky.largest_piece = piece;
            simulator sim(7, sky);
            sim.proxies = through(tls ? "https://mail.test:3128" : "http://proxy.test:3128");
            std::vector<std::string> requests;
            sim.listen(tls ? "mail.test" : "proxy.test", 3128, proxy_before(echo_under_tls, tls, requests),
                       certified_server());
            tls_context const client = trusting_client();
            wire first, second;
            auto const one = sim.start("first", ask(first, "mail.test"), client);
            sim.run();
            auto const two = sim.start("second", ask(second, "mail.test"), client);  // with sessions to resume
            sim.run();
            for (auto const& r : {one, two})
            {
                BOOST_TEST(r->done);
                BOOST_TEST(!r->ec, r->ec.message() << ' ' << r->diagnostics);
                BOOST_TEST(r->value.value_or("") == "you said hello");
            }
            std::vector<std::string> const expected(2, "CONNECT mail.test:993 HTTP/1.1|Host: mail.test:993||");
            BOOST_TEST(requests == expected);
        }
}

// The certificate is the server's: one of the proxy's will not do, nor a session that another server has given.
BOOST_AUTO_TEST_CASE(TL_26_the_certificate_is_checked_against_the_server)
{
    for (bool const tls : {false, true})
    {
        simulator sim(7);
        sim.proxies = through(tls ? "https://mail.test:3128" : "http://proxy.test:3128");
        std::vector<std::string> requests;
        sim.listen(tls ? "mail.test" : "proxy.test", 3128, proxy_before(echo_under_tls, tls, requests),
                   certified_server());
        tls_context const client = trusting_client();
        wire good, evil;
        auto const one = sim.start("good", ask(good, "mail.test"), client);
        sim.run();
        BOOST_TEST(!one->ec, one->ec.message() << ' ' << one->diagnostics);
        auto const two = sim.start("evil", ask(evil, "other.test"), client);
        sim.run();
        BOOST_TEST((two->ec == condition::untrusted_peer), two->ec.message());
        BOOST_TEST(two->diagnostics.find("other.test") != std::string::npos);
        BOOST_TEST(!evil.encrypted());
    }
    // nor one who goes on in plaintext
    simulator plain(7);
    plain.proxies = through(proxy_name);
    plain.listen("proxy.test", 3128, [&](wire& w) -> flow<> {
        std::string line = "-";
        while (!line.empty())
            line = co_await w.read_line();
        co_await w.write(opened);
        co_await w.fill();  // the client's first flight
        co_await w.write("* OK IMAP4 service ready\r\n");
    });
    wire open;
    auto const talk = plain.start("client", ask(open, "mail.test"), trusting_client());
    plain.run();
    BOOST_TEST((talk->ec == condition::protocol_violation), talk->ec.message());
    BOOST_TEST(!open.encrypted());

    // nor is a proxy believed that is somebody else
    simulator sim(7);
    sim.proxies = through("https://proxy.test:3128");
    std::vector<std::string> requests;
    sim.listen("proxy.test", 3128, proxy_before(echo_under_tls, true, requests), certified_server());
    wire w;
    auto const r = sim.start("client", ask(w, "mail.test"), trusting_client());
    sim.run();
    BOOST_TEST((r->ec == condition::untrusted_peer), r->ec.message());
    BOOST_TEST(r->diagnostics.starts_with("proxy https://proxy.test:3128: "), r->diagnostics);
    BOOST_TEST(requests.empty());
}

BOOST_AUTO_TEST_CASE(the_proxy_is_named_when_it_cannot_be_reached_or_is_silent)
{
    simulator sim(7);
    sim.proxies = through(proxy_name);
    wire nobody;
    auto const refused = sim.start("client", ask(nobody, "mail.test"));
    sim.run();
    BOOST_TEST((refused->ec == error::proxy_unreachable));
    BOOST_TEST((refused->ec == condition::transient));
    BOOST_TEST(refused->diagnostics == "proxy " + proxy_name + ": " + os_error(ECONNREFUSED).message());

    sim.listen("proxy.test", 3128, [](wire& w) -> flow<> {
        for (std::string line;;)
            line = co_await w.read_line();
    });
    wire w;
    w.patience = 20s;
    time_point const begin = sim.now();
    auto const silent = sim.start("client", ask(w, "mail.test"));
    sim.run();
    BOOST_TEST((silent->ec == error::timeout));
    BOOST_TEST(silent->diagnostics.starts_with("proxy " + proxy_name + ": "));
    BOOST_TEST(((sim.now() - begin) < 90s));
}

// The whole of it, cut after every byte: never a tunnel by halves.
BOOST_AUTO_TEST_CASE(a_conversation_is_cut_at_every_byte)
{
    for (bool const resets : {false, true})
        for (std::size_t n = 0; n < asked.size() + 2 + opened.size(); ++n)
        {
            weather sky;
            sky.cut_after = n;
            sky.cut_resets = resets;
            simulator sim(7, sky);
            sim.proxies = through(proxy_name);
            std::vector<std::string> requests;
            sim.listen("proxy.test", 3128, proxy_before(echo_under_tls, false, requests), certified_server());
            wire w;
            auto const r = sim.start("client", ask(w, "mail.test"), trusting_client());
            sim.run();
            BOOST_TEST(r->done);
            BOOST_TEST(!!r->ec, "after " << n << " bytes");
            BOOST_TEST(r->diagnostics.starts_with("proxy " + proxy_name + ": "), r->diagnostics);
            BOOST_TEST(!w.encrypted());
        }
}

BOOST_AUTO_TEST_SUITE_END()
