#include <outkit/oauth2/client.hpp>

#include "scripted_office.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;
using namespace outkit::tests;
using namespace std::chrono_literals;

// The device authorization grant (RFC 8628) in virtual time.

namespace {

// As Entra words it while it waits (observed: fixtures of MSAL JS, public captures of 2025).
http::response refused(std::string const& name, std::string const& code = "70016")
{
    return json(400, R"({"error":")" + name + R"(","error_description":"AADSTS)" + code +
                         R"(: OAuth 2.0 device flow error. Trace ID: t Correlation ID: c Timestamp: 2026-11-24 )"
                         R"(06:00:00Z","error_codes":[)" +
                         code + "]}");
}
http::response pending() { return refused("authorization_pending"); }
http::response tokens()
{
    return json(200, R"({"token_type":"Bearer","scope":"https://outlook.office.com/IMAP.AccessAsUser.All",)"
                     R"("expires_in":3599,"access_token":"canary-access","refresh_token":"canary-refresh"})");
}
// Documented: Microsoft Learn, device authorization grant.
std::string const usual_members =
    R"("user_code":"FRWQDE7YL","device_code":"canary-device","verification_uri":"https://microsoft.com/devicelogin")";
std::string
device_answer(std::string const& more = R"(,"expires_in":900,"interval":5,"message":"To sign in, use a web )"
                                        R"(browser to open the page https://microsoft.com/devicelogin and )"
                                        R"(enter the code FRWQDE7YL to authenticate.")")
{
    return '{' + usual_members + more + '}';
}

oauth2::scope_set some_scopes()
{
    oauth2::scope_set s;
    s.add("https://outlook.office.com/IMAP.AccessAsUser.All");
    s.add("offline_access");
    return s;
}

using numbers = std::vector<std::int64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_device)

BOOST_AUTO_TEST_CASE(a_device_sign_in_asks_for_a_code_and_shows_what_came)
{
    office o({json(200, device_answer())});
    o.s.application.client_secret = secret("canary-secret");
    std::string traced;
    o.s.connection.w.trace = [&](wire::direction, std::string_view line) { traced += std::string(line) + '\n'; };
    auto const r = o.run(oauth2::detail::begin_device(o.s, some_scopes()));
    BOOST_TEST_REQUIRE(!r->ec, r->ec.message() << r->diagnostics);
    BOOST_TEST(r->value->user_code == "FRWQDE7YL");
    BOOST_TEST(r->value->verification_uri == "https://microsoft.com/devicelogin");
    BOOST_TEST(r->value->message.starts_with("To sign in, use a web browser to open the page https://microsoft.com/"));
    BOOST_TEST((r->value->device_code.reveal() == "canary-device"));
    BOOST_TEST((r->value->interval == 5s));
    BOOST_TEST((r->value->lifetime == 900s));
    BOOST_TEST((r->value->expires_at - o.sim.date() <= 900s));
    BOOST_TEST_REQUIRE(o.targets.size() == 1u);
    BOOST_TEST(o.targets[0] == "/common/oauth2/v2.0/devicecode");
    form const expected = {
        {"client_id", client_id}, {"client_secret", "canary-secret"}, {"scope", some_scopes().text()}};
    BOOST_TEST((fields_of(o.bodies[0]) == expected));
    BOOST_TEST(traced.find("canary") == std::string::npos, traced);

    // As text of ours when the authority has none, or one for people who can be misled
    auto const shown = [](std::string const& more) {
        office one({json(200, device_answer(",\"expires_in\":900" + more))});
        auto const done = one.run(oauth2::detail::begin_device(one.s, some_scopes()));
        return done->ec ? done->ec.message() : done->value->message;
    };
    std::string const ours =
        "To sign in, open the page https://microsoft.com/devicelogin in a web browser and enter the code FRWQDE7YL.";
    BOOST_TEST(shown("") == ours);
    BOOST_TEST(shown(R"(,"message":"\u001b[2J\r\n")").find('\x1b') == std::string::npos);
    BOOST_TEST(shown(R"(,"message":"a\u202eb\u0007c")") == "a b c");
    BOOST_TEST(shown(R"(,"message":")" + std::string(10'000, 'x') + "\"}").size() <= 512u);
}

BOOST_AUTO_TEST_CASE(OA_31_a_device_sign_in_waits_as_it_is_told)
{
    office o({pending(), pending(), pending(), refused("slow_down"), pending(), tokens()});
    auto const r = o.poll(o.code());
    BOOST_TEST_REQUIRE(!r->ec, r->ec.message() << r->diagnostics);
    BOOST_TEST((r->value->access.reveal() == "canary-access"));
    BOOST_TEST((r->value->refresh.reveal() == "canary-refresh"));
    BOOST_TEST((r->value->scopes.contains("https://outlook.office.com/IMAP.AccessAsUser.All")));
    BOOST_TEST(o.asked_at == (numbers{5, 10, 15, 20, 30, 40}), boost::test_tools::per_element());
    BOOST_TEST(o.targets.back() == "/common/oauth2/v2.0/token");
    form const expected = {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                           {"device_code", "canary-device"},
                           {"client_info", "1"},
                           {"client_id", client_id}};
    for (auto const& body : o.bodies)
        BOOST_TEST((fields_of(body) == expected));
    BOOST_TEST(o.s.last.name.empty());  // waiting is no refusal
}

BOOST_AUTO_TEST_CASE(OA_32_intervals_and_lifetimes_are_kept_within_reason)
{
    auto const read = [](std::string const& more) {
        office o({json(200, device_answer(more))});
        auto const r = o.run(oauth2::detail::begin_device(o.s, some_scopes()));
        return r->ec ? std::pair(std::int64_t(-1), std::int64_t(-1))
                     : std::pair(std::int64_t(r->value->interval.count()), std::int64_t(r->value->lifetime.count()));
    };
    auto const interval = [&](std::string const& text) {
        return read(",\"expires_in\":900,\"interval\":" + text).first;
    };
    BOOST_TEST(interval("0") == 5);
    BOOST_TEST(interval("-1") == 5);
    BOOST_TEST(interval("\"-1\"") == 5);
    BOOST_TEST(interval("1000000000") == 60);
    BOOST_TEST(interval("1e9") == 60);
    BOOST_TEST(interval("\"5\"") == 5);
    BOOST_TEST(interval("\"17\"") == 17);
    BOOST_TEST(read(",\"expires_in\":900").first == 5);
    for (char const* const bad : {"1e300", "\"\"", "\"5s\"", "true", "[]", "null", "5.5"})
        BOOST_TEST(interval(bad) == -1, bad);
    BOOST_TEST(read(",\"expires_in\":\"900\"").second == 900);
    BOOST_TEST(read(",\"expires_in\":1000000000").second == 86'400);
    for (char const* const bad : {"", ",\"expires_in\":-1", ",\"expires_in\":\"x\"", ",\"expires_in\":1e300"})
        BOOST_TEST(read(bad).second == -1, bad);

    // However it is told to wait, the code expires in time.
    for (auto const wait : {0s, 5s, 60s, 1'000'000'000s})
    {
        office o(std::deque<http::response>(200, pending()));
        auto const r = o.poll(o.code(wait, 100s));
        BOOST_TEST((r->ec == make_error_code(oauth2::error::expired_token)), r->ec.message());
        BOOST_TEST(o.asked_at.size() == (wait > 5s ? 1u : 19u));
        BOOST_TEST(o.asked_at.back() < 100);
    }
}

BOOST_AUTO_TEST_CASE(OA_33_what_passes_makes_the_polls_rarer_and_ends_nothing)
{
    {
        office o({busy(), pending(), hang_up(), busy(), busy(), busy(), tokens()});
        auto const r = o.poll(o.code());
        BOOST_TEST_REQUIRE(!r->ec, r->ec.message() << r->diagnostics);
        BOOST_TEST(o.asked_at == (numbers{5, 15, 25, 45, 85, 145, 205}), boost::test_tools::per_element());
    }
    {
        // Nobody can be reached at all: until the code expires.
        office o({});
        std::vector<std::int64_t> tried;
        o.sim.fate = [&](simulator::task& t) {
            if (t.request().what != io_request::kind::connect)
                return error_code();
            tried.push_back(std::chrono::duration_cast<std::chrono::seconds>(o.sim.now() - o.begin).count());
            return os_error(ECONNREFUSED);
        };
        auto const r = o.poll(o.code(5s, 200s));
        BOOST_TEST((r->ec == make_error_code(oauth2::error::expired_token)), r->ec.message());
        BOOST_TEST(tried == (numbers{5, 15, 35, 75, 135, 195}), boost::test_tools::per_element());
    }
    {
        // It says itself how long.
        office o({busy("100"), tokens()});
        auto const r = o.poll(o.code());
        BOOST_TEST(!r->ec, r->ec.message());
        BOOST_TEST(o.asked_at == (numbers{5, 105}), boost::test_tools::per_element());
    }
    // What does not pass ends it: a stranger is not asked again and again.
    office o({tokens()});
    error_code ec;
    auto const nobody = tls_context::client(ec, {.system = false});
    unsigned connections = 0;
    o.sim.fate = [&](simulator::task& t) {
        connections += t.request().what == io_request::kind::connect;
        return error_code();
    };
    auto const r = o.sim.start("client", oauth2::detail::await_device(o.s, o.code()), nobody);
    o.sim.run();
    BOOST_TEST((r->ec == condition::untrusted_peer), r->ec.message());
    BOOST_TEST(connections == 1u);
    BOOST_TEST(o.asked_at.empty());
}

BOOST_AUTO_TEST_CASE(OA_34_a_final_word_ends_the_polls)
{
    for (auto const& [name, value] : {std::pair("expired_token", oauth2::error::expired_token),
                                      std::pair("access_denied", oauth2::error::access_denied),
                                      std::pair("authorization_declined", oauth2::error::authorization_declined),
                                      std::pair("bad_verification_code", oauth2::error::bad_verification_code),
                                      std::pair("invalid_client", oauth2::error::invalid_client),
                                      std::pair("made_up", oauth2::error::unknown_refusal)})
    {
        office o({pending(), refused(name, "70020"), tokens()});
        auto const r = o.poll(o.code());
        BOOST_TEST((r->ec == make_error_code(value)), name);
        BOOST_TEST(o.asked_at.size() == 2u, name);
        BOOST_TEST(o.s.last.name == name);
        BOOST_TEST(o.s.last.code() == 70020u);
        BOOST_TEST(!r->value.has_value());
    }
    // Also of the first request, with either status (observed: the source of MSAL.NET knows 200)
    for (unsigned const status : {400u, 200u})
    {
        auto refusal = refused("unauthorized_client", "700016");
        refusal.status = status;
        office o({refusal});
        auto const r = o.run(oauth2::detail::begin_device(o.s, some_scopes()));
        BOOST_TEST((r->ec == make_error_code(oauth2::error::unauthorized_client)), status);
        BOOST_TEST(o.s.last.code() == 700016u);
    }
}

BOOST_AUTO_TEST_CASE(OA_35_pages_to_open_are_https_on_a_plain_host_or_refused)
{
    auto const shown = [](std::string const& uri) {
        office o({json(200, R"({"user_code":"A","device_code":"b","expires_in":900,"verification_uri":)" + uri + '}')});
        auto const r = o.run(oauth2::detail::begin_device(o.s, some_scopes()));
        if (r->ec)
            BOOST_TEST((r->ec == make_error_code(oauth2::error::malformed_response)), r->ec.message());
        return r->ec ? r->diagnostics : r->value->verification_uri;
    };
    auto const quoted = [](std::string const& text) { return '"' + text + '"'; };
    for (std::string const& bad : {quoted("http://microsoft.com/devicelogin"), quoted("javascript:alert(1)"),
                                   quoted("https://a.test/\\u001b[2J"), quoted("https://a.test/\\r\\nb"),
                                   quoted("https://a.test/" + std::string(10'240, 'x')), quoted("https://user@a.test/"),
                                   quoted("https://m\xd1\x96"
                                          "crosoft.com/"),
                                   quoted("https://m%D1%96crosoft.com/"), quoted("https://a.test/#x"), quoted(""),
                                   std::string("7"), std::string("null")})
        BOOST_TEST(shown(bad).find("verification_uri") != std::string::npos, bad.substr(0, 60));
    BOOST_TEST(shown(R"("https://xn--mcrosoft-tkg.com/device")") == "https://xn--mcrosoft-tkg.com/device");
    BOOST_TEST(shown(R"("HTTPS://Login.Microsoft.com/device?mkt=de-DE")") ==
               "https://login.microsoft.com/device?mkt=de-DE");
    for (char const* const bad : {R"("user_code":"A B")", R"("user_code":7)", R"("user_code":"\u001b[31m")",
                                  R"("user_code":"")", R"("device_code":"a\u0000b")", R"("message":7)"})
    {
        std::string const text =
            std::string("{") + bad + R"(,"verification_uri":"https://a.test/","expires_in":900,)" +
            (std::string_view(bad).starts_with("\"user") ? R"("device_code":"b"})" : R"("user_code":"A"})");
        office o({json(200, text)});
        auto const r = o.run(oauth2::detail::begin_device(o.s, some_scopes()));
        BOOST_TEST((r->ec == make_error_code(oauth2::error::malformed_response)), bad);
    }
}

BOOST_AUTO_TEST_CASE(OA_36_after_a_cancellation_nothing_is_asked)
{
    office o(std::deque<http::response>(50, pending()));
    error_code outcome;
    unsigned ended = 0;
    oauth2::basic_client<simulated_stream> client(simulated_stream(o.sim, "client", tests::trusting_client()),
                                                  o.s.application.clone(), o.s.from);
    o.begin = o.sim.now();
    client.async_await_device(o.code(), [&](error_code ec, oauth2::token_response) {
        outcome = ec;
        ++ended;
    });
    o.sim.after(12s, [&] { client.cancel(); });  // two polls have been, the third would be at 15
    o.sim.run();
    BOOST_TEST(ended == 1u);
    BOOST_TEST((outcome == os_error(ECANCELED)), outcome.message());
    BOOST_TEST(o.asked_at == (numbers{5, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
