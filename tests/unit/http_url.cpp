#include <outkit/http/url.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace outkit;
using http::url_schemes;

namespace {

std::string parsed(std::string_view text, url_schemes schemes = url_schemes::https)
{
    error_code ec;
    http::url const u = http::parse_url(text, ec, schemes);
    return ec ? "refused" : u.server.host + ' ' + std::to_string(u.server.port) + ' ' + u.target;
}

std::string resolved(std::string_view reference)
{
    error_code ec;
    http::url const base = http::parse_url("https://a.test/b/c?d", ec);
    http::url const u = http::resolve(base, reference, ec);
    return ec ? "refused" : u.text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_url)

BOOST_AUTO_TEST_CASE(urls_are_taken_apart)
{
    BOOST_TEST(parsed("https://graph.microsoft.com") == "graph.microsoft.com 443 /");
    BOOST_TEST(parsed("https://GRAPH.microsoft.com/v1.0/me?$top=1") == "graph.microsoft.com 443 /v1.0/me?$top=1");
    BOOST_TEST(parsed("https://a.test?x=1") == "a.test 443 /?x=1");
    BOOST_TEST(parsed("https://a.test:8443/%2e%2e/x") == "a.test 8443 /%2e%2e/x");
    BOOST_TEST(parsed("https://[::1]:8443/") == "::1 8443 /");
    BOOST_TEST(parsed("HTTPS://127.0.0.1/") == "127.0.0.1 443 /");
}

BOOST_AUTO_TEST_CASE(HT_15_urls_that_two_parsers_could_read_differently_are_refused)
{
    for (std::string const& text : std::vector<std::string>{
             "https://graph.microsoft.com@evil.test/",
             "https://user:pass@graph.microsoft.com/",
             "https://graph.microsoft.com\\@evil.test/",
             "https://graph.microsoft.com\\evil/",
             "https://graph.microsoft.com%00.evil.test/",
             std::string("https://graph.microsoft.com\0.evil.test/", 39),
             "https://graph%2emicrosoft.com/",
             "https://GRAPH.microsoft.com./",
             "https://.graph.microsoft.com/",
             "https://graph..microsoft.com/",
             "http://graph.microsoft.com/",
             "https://",
             "https:///x",
             "https:graph.microsoft.com",
             "//graph.microsoft.com/",
             "/v1.0/me",
             "",
             "ftp://graph.microsoft.com/",
             "javascript:alert(1)",
             "file:///etc/passwd",
             "https://graph.microsoft.com:/",
             "https://graph.microsoft.com:0/",
             "https://graph.microsoft.com:0443/",
             "https://graph.microsoft.com:65536/",
             "https://graph.microsoft.com:+443/",
             "https://graph.microsoft.com:4 43/",
             "https://graph.microsoft.com/#x",
             "https://graph.microsoft.com/a b",
             "https://graph.microsoft.com/\r\nX: y",
             "https://graph.microsoft.com/\xc3\xa9",
             "https://gr\xc3\xa4ph.microsoft.com/",
             "https://[::1/",
             "https://[::1]x/",
             "https://[v1.x]/",
             "https://a$b/",
             " https://graph.microsoft.com/",
         })
        BOOST_TEST(parsed(text) == "refused", text);
}

BOOST_AUTO_TEST_CASE(HT_15_only_the_true_host_has_the_true_origin)
{
    error_code ec;
    http::origin const graph = http::parse_url("https://graph.microsoft.com", ec).server;
    BOOST_TEST((http::parse_url("https://GRAPH.microsoft.com:443/x", ec).server == graph));
    for (char const* const other : {"https://graph.microsoft.com.evil.test/", "https://evil.test/",
                                    "https://graph.microsoft.com:444/", "https://xgraph.microsoft.com/"})
        BOOST_TEST((http::parse_url(other, ec).server != graph), other);
    std::string const long_one = "https://graph.microsoft.com/?" + std::string(64 * 1024, 'x');
    BOOST_TEST((http::parse_url(long_one, ec).server == graph));
    BOOST_TEST(!ec);
}

BOOST_AUTO_TEST_CASE(plain_http_is_for_this_machine_only_and_only_where_allowed)
{
    auto const loopback = url_schemes::https_or_loopback_http;
    BOOST_TEST(parsed("http://localhost:3000/oauth") == "refused");
    BOOST_TEST(parsed("http://localhost:3000/oauth", loopback) == "localhost 3000 /oauth");
    BOOST_TEST(parsed("http://127.0.0.1/", loopback) == "127.0.0.1 80 /");
    BOOST_TEST(parsed("http://[::1]:1/", loopback) == "::1 1 /");
    BOOST_TEST(parsed("http://localhost.evil.test/", loopback) == "refused");
    BOOST_TEST(parsed("http://10.0.0.1/", loopback) == "refused");
}

BOOST_AUTO_TEST_CASE(references_are_resolved)
{
    BOOST_TEST(resolved("/x") == "https://a.test/x");
    BOOST_TEST(resolved("x") == "https://a.test/b/x");
    BOOST_TEST(resolved("../x?y") == "https://a.test/x?y");
    BOOST_TEST(resolved("https://a.test:444/x") == "https://a.test:444/x");
    BOOST_TEST(resolved("//evil.test/x") == "https://evil.test/x");
    BOOST_TEST(resolved("") == "refused");
    BOOST_TEST(resolved("\\\\evil.test/x") == "refused");
    BOOST_TEST(resolved("imap://a.test/") == "refused");
    BOOST_TEST(resolved("javascript:x") == "refused");
    BOOST_TEST(resolved("http://a.test/") == "refused");
}

BOOST_AUTO_TEST_CASE(authorities_name_the_port_only_when_it_is_not_the_usual_one)
{
    error_code ec;
    BOOST_TEST(http::parse_url("https://a.test:443/", ec).server.authority() == "a.test");
    BOOST_TEST(http::parse_url("https://a.test:444/", ec).server.authority() == "a.test:444");
    BOOST_TEST(http::parse_url("https://[::1]:444/", ec).server.authority() == "[::1]:444");
}

BOOST_AUTO_TEST_SUITE_END()
