#include <outkit/oauth2/token.hpp>

#include <outkit/http/error.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace outkit;
using namespace std::chrono_literals;

namespace {

struct answer
{
    error_code ec;
    oauth2::refusal refused;
    oauth2::token_response token;

    explicit answer(std::string body, unsigned status = 200, std::string type = "application/json; charset=utf-8",
                    char const* asked = "")
    {
        http::response r;
        r.status = status;
        r.body = std::move(body);
        if (!type.empty())
            r.headers.push_back({"Content-Type", std::move(type)});
        error_code bad;
        token = read_token_response(r, oauth2::scope_set::parse(asked, bad), detail::wall_time(1000s), ec, refused);
    }
    bool is(oauth2::error e) const { return ec == make_error_code(e) && token.access.empty() && token.refresh.empty(); }
};

std::string with_expiry(std::string const& value)
{
    return R"({"token_type":"Bearer","access_token":"a.b-c","expires_in":)" + value + '}';
}
std::string with_access(std::string const& value)
{
    return R"({"token_type":"Bearer","expires_in":3599,"access_token":)" + value + '}';
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_token_answers)

// The sample of Microsoft Learn, OAuth 2.0 authorization code flow, with the members in the order of the wire.
BOOST_AUTO_TEST_CASE(the_answer_of_the_documentation_is_read)
{
    answer const a(
        R"({"token_type":"Bearer","scope":"https%3A%2F%2Fgraph.microsoft.com%2Fmail.read","expires_in":3599,)"
        R"("access_token":"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIng1dCI6Ik5HVEZ2ZEstZnl0aEV1Q...",)"
        R"("refresh_token":"AwABAAAAvPM1KaPlrEqdFSBzjqfTGAMxZGUTdM0t4B4...",)"
        R"("id_token":"eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJhdWQiOiIyZDRkMTFhMi1mODE0LTQ2YTctOD..."})");
    BOOST_TEST_REQUIRE(!a.ec, a.ec.message());
    BOOST_TEST((a.token.lifetime == 3599s));
    BOOST_TEST((a.token.expires_at() == detail::wall_time(4599s)));
    BOOST_TEST(a.token.access.size() == 68u);
    BOOST_TEST(!a.token.refresh.empty());
    BOOST_TEST(!a.token.id_token.empty());
}

// Client credentials (recorded by the Azure SDK's tests; documented: Learn, client credentials flow).
BOOST_AUTO_TEST_CASE(app_only_answers_have_neither_scope_nor_refresh_token)
{
    answer const a(R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"eyJ0.eyJh.c2ln"})",
                   200, "application/json; charset=utf-8", "https://outlook.office365.com/.default");
    BOOST_TEST_REQUIRE(!a.ec);
    BOOST_TEST(a.token.refresh.empty());
    BOOST_TEST(a.token.scopes.text() == "https://outlook.office365.com/.default");
}

// Personal accounts: opaque tokens (observed: Webklex/php-imap#527; OneDrive-for-Kodi fixtures).
BOOST_AUTO_TEST_CASE(personal_accounts_tokens_are_opaque)
{
    answer const a(R"({"token_type":"bearer","expires_in":3600,"ext_expires_in":3600,)"
                   R"("scope":"https://graph.microsoft.com/Files.Read openid profile",)"
                   R"("access_token":"EwB4A8l6BAAUbDba3x2OMJElkF7gJ4z/VbCPEz0AAZ1a+b==",)"
                   R"("refresh_token":"M.C5xx_BAY.0.U.-Cg!xYz*abc$"})",
                   200, "application/json", "https://graph.microsoft.com/Files.Read offline_access");
    BOOST_TEST_REQUIRE(!a.ec, a.ec.message());
    BOOST_TEST((a.token.refresh.reveal() == "M.C5xx_BAY.0.U.-Cg!xYz*abc$"));
}

BOOST_AUTO_TEST_CASE(TR_01_lifetimes_come_as_number_string_or_double)
{
    for (char const* const value : {"3599", "\"3599\"", "3599.0", "3.599e3"})
    {
        answer const a(with_expiry(value));
        BOOST_TEST((!a.ec && a.token.lifetime == 3599s), value);
    }
}

BOOST_AUTO_TEST_CASE(TR_02_lifetimes_that_are_none_are_refused)
{
    for (char const* const value :
         {"-1", "\"\"", "\"abc\"", "\"3599x\"", "\"-1\"", "\"+1\"", "\" 1\"", "null", "true", "1e400", "1e300",
          "18446744073709551616", "9223372036854775808", "\"18446744073709551616\"", "1.5", "[]", "{}", "[1]"})
        BOOST_TEST(answer(with_expiry(value)).is(oauth2::error::malformed_response), value);
}

BOOST_AUTO_TEST_CASE(TR_03_lifetimes_are_limited)
{
    answer const zero(with_expiry("0"));
    BOOST_TEST((!zero.ec && zero.token.lifetime == 0s && zero.token.wants_renewal(detail::wall_time(1000s))));
    answer const endless(with_expiry("1000000000"));
    BOOST_TEST((!endless.ec && endless.token.lifetime == 172'800s));
    answer const missing(R"({"token_type":"Bearer","access_token":"a"})");
    BOOST_TEST((!missing.ec && missing.token.lifetime == 600s));
}

BOOST_AUTO_TEST_CASE(TR_04_only_bearer_tokens_are_taken)
{
    auto const with_type = [](std::string const& type) {
        return R"({"access_token":"a","expires_in":3599)" + type + '}';
    };
    for (char const* const good : {R"(,"token_type":"bearer")", R"(,"token_type":"BEARER")"})
        BOOST_TEST(!answer(with_type(good)).ec, good);
    for (char const* const bad : {R"(,"token_type":"mac")", R"(,"token_type":"pop")", R"(,"token_type":7)",
                                  R"(,"token_type":"")", R"(,"token_type":"Bearer ")", ""})
        BOOST_TEST(answer(with_type(bad)).is(oauth2::error::unsupported_token_type), bad);
}

BOOST_AUTO_TEST_CASE(TR_05_access_tokens_that_could_end_a_line_are_refused)
{
    for (char const* const value : {"\"\"", "null", "7", "\"a b\"", "\"a\\r\\nb\"", "\"a\\u0001b\"", "\"a\\u0000b\"",
                                    "\"\xc3\xa9\"", "\"a\\u00e9\"", "\"=\"", "\"a=b\"", "\"a,b\"", "[]", "{\"a\":1}"})
        BOOST_TEST(answer(with_access(value)).is(oauth2::error::malformed_response), value);
    BOOST_TEST(answer(R"({"token_type":"Bearer","expires_in":1})").is(oauth2::error::malformed_response));
    for (char const* const value : {"\"a \"", "7", "null", "\"a\\nb\""})
        BOOST_TEST(answer(R"({"token_type":"Bearer","access_token":"a","refresh_token":)" + std::string(value) + '}')
                       .is(oauth2::error::malformed_response),
                   value);
}

BOOST_AUTO_TEST_CASE(TR_06_tokens_are_at_most_16_kib_long)
{
    auto const of_size = [](std::size_t n) { return with_access('"' + std::string(n, 'x') + '"'); };
    BOOST_TEST(!answer(of_size(16 * 1024)).ec);
    BOOST_TEST(answer(of_size(16 * 1024 + 1)).is(oauth2::error::token_too_long));
    BOOST_TEST(answer(of_size(20 * 1024)).is(oauth2::error::token_too_long));
    BOOST_TEST((answer(of_size(20 * 1024)).ec == condition::limit_exceeded));
    BOOST_TEST(!!answer(of_size(1 << 20)).ec);
}

BOOST_AUTO_TEST_CASE(TR_07_members_that_come_twice_are_refused)
{
    for (char const* const twice :
         {R"({"token_type":"Bearer","access_token":"a","access_token":"b"})",
          R"({"token_type":"Bearer","access_token":"a","access\u005ftoken":"a"})",
          R"({"token_type":"Bearer","access_token":"a","refresh_token":"b","refresh_token":"c"})",
          R"({"token_type":"Bearer","access_token":"a","x":{"y":1,"y":2}})"})
        BOOST_TEST(answer(twice).is(oauth2::error::malformed_response), twice);
    answer const error_twice(R"({"error":"invalid_grant","error":"invalid_client"})", 400);
    BOOST_TEST((error_twice.ec == make_error_code(http::error::bad_request)));
}

BOOST_AUTO_TEST_CASE(TR_08_an_error_with_status_200_is_refused)
{
    BOOST_TEST(answer(R"({"error":"invalid_grant"})").is(oauth2::error::malformed_response));
    BOOST_TEST(
        answer(R"({"token_type":"Bearer","access_token":"a","error":"x"})").is(oauth2::error::malformed_response));
}

BOOST_AUTO_TEST_CASE(TR_09_tokens_with_an_error_status_are_not_used)
{
    answer const a(R"({"token_type":"Bearer","access_token":"a","refresh_token":"b"})", 400);
    BOOST_TEST((a.ec == make_error_code(http::error::bad_request)));
    BOOST_TEST((a.token.access.empty() && a.token.refresh.empty()));
    answer const b(R"({"error":"invalid_grant","access_token":"a"})", 400);
    BOOST_TEST(b.is(oauth2::error::invalid_grant));
}

BOOST_AUTO_TEST_CASE(TR_10_answers_of_another_media_type_are_refused_and_named)
{
    std::string const good = with_expiry("3599");
    for (char const* const type :
         {"text/html", "", "text/plain", "application/json;charset=utf-16", "application/jsonx"})
    {
        answer const a(good, 200, type);
        BOOST_TEST(a.is(oauth2::error::unexpected_media_type), type);
        BOOST_TEST(a.refused.description.find(*type ? type : "(none)") != std::string::npos);
        BOOST_TEST(a.refused.description.size() <= 512u);
    }
    for (char const* const type : {"application/json", "Application/JSON", "application/json; charset=UTF-8"})
        BOOST_TEST(!answer(good, 200, type).ec, type);
}

BOOST_AUTO_TEST_CASE(TR_11_answers_that_are_not_one_json_object_are_refused)
{
    std::string const good = with_expiry("3599");
    for (std::string const& body :
         {std::string(), std::string("null"), std::string("[]"), std::string("\"x\""), std::string("{}x"), good + good,
          good + "x", "\xef\xbb\xbf" + good, good + std::string(1, '\0'), std::string("{'a':1}"),
          good.substr(0, good.size() - 1)})
        BOOST_TEST(answer(body).is(oauth2::error::malformed_response), body);
    BOOST_TEST(answer("{}").is(oauth2::error::malformed_response));
    BOOST_TEST(!answer(" \r\n" + good + "\r\n\t ").ec);
}

BOOST_AUTO_TEST_CASE(TR_12_deep_and_long_documents_are_refused_quickly)
{
    BOOST_TEST(answer(std::string(10'000, '[') + std::string(10'000, ']')).is(oauth2::error::answer_too_large));
    std::string deep = R"({"token_type":"Bearer","access_token":"a","x":)";
    deep += std::string(8, '[') + std::string(8, ']') + '}';
    BOOST_TEST(answer(deep).is(oauth2::error::answer_too_large));
    std::string many = "{\"a\":[0";
    for (int i = 0; i != 20'000; ++i)
        many += ",0";
    BOOST_TEST((answer(deep).ec == condition::limit_exceeded));
    BOOST_TEST(answer("{\"a\":\"" + std::string(1 << 20, 'x') + "\"}").is(oauth2::error::answer_too_large));
    BOOST_TEST(answer(many + "]}").is(oauth2::error::answer_too_large));
    std::string members = R"({"token_type":"Bearer","access_token":"a")";
    for (int i = 0; i != 1'000'000; ++i)
        members += ",\"m" + std::to_string(i) + "\":0";
    BOOST_TEST(answer(members + '}').is(oauth2::error::answer_too_large));
    BOOST_TEST(answer("{\"a\":\"" + std::string(100 << 20, 'x') + "\"}").is(oauth2::error::answer_too_large));
}

BOOST_AUTO_TEST_CASE(TR_13_text_that_is_not_unicode_is_refused)
{
    for (char const* const value : {"\"a\xff\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\""})
        BOOST_TEST(answer(with_access(value)).is(oauth2::error::malformed_response));
    BOOST_TEST(
        answer(R"({"token_type":"Bearer","access_token":"a","x":"\ud800"})").is(oauth2::error::malformed_response));
}

BOOST_AUTO_TEST_CASE(TR_16_a_demand_for_interaction_carries_its_claims)
{
    auto const demand = [](std::string const& claims) {
        return answer(
            R"({"error":"interaction_required","error_description":"AADSTS50076: x","claims":)" + claims + '}', 400);
    };
    answer const a(demand(R"("{\"access_token\":{\"polids\":{\"essential\":true}}}")"));
    BOOST_TEST(a.is(oauth2::error::interaction_required));
    BOOST_TEST((a.ec == condition::interaction_required));
    BOOST_TEST(a.refused.claims == R"({"access_token":{"polids":{"essential":true}}})");
    BOOST_TEST(demand('"' + std::string(8192, 'x') + '"').refused.claims.size() == 8192u);
    BOOST_TEST(demand('"' + std::string(8193, 'x') + '"').refused.claims.empty());
    BOOST_TEST(demand("7").is(oauth2::error::interaction_required));
}

BOOST_AUTO_TEST_CASE(TR_21_a_token_with_fewer_scopes_than_asked_for_is_refused)
{
    auto const asked = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send openid";
    auto const granting = [&](std::string const& scope) {
        return answer(R"({"token_type":"Bearer","access_token":"a","scope":")" + scope + "\"}", 200, "application/json",
                      asked);
    };
    answer const more =
        granting("https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send "
                 "https://outlook.office.com/POP.AccessAsUser.All");
    BOOST_TEST_REQUIRE(!more.ec);
    BOOST_TEST(more.token.scopes.size() == 3u);
    answer const fewer = granting("https://outlook.office.com/IMAP.AccessAsUser.All");
    BOOST_TEST(fewer.is(oauth2::error::scope_not_granted));
    BOOST_TEST(fewer.refused.description == "not granted: https://outlook.office.com/SMTP.Send");
    BOOST_TEST(granting("Mail.Read").is(oauth2::error::scope_not_granted));
    BOOST_TEST(granting("a\\\"b").is(oauth2::error::malformed_response));
}

BOOST_AUTO_TEST_CASE(TR_25_redirects_are_no_token_answers)
{
    for (unsigned const status : {201u, 204u, 302u, 307u, 308u})
        BOOST_TEST(answer(with_expiry("3599"), status).is(oauth2::error::unexpected_status));
}

BOOST_AUTO_TEST_CASE(TR_26_long_descriptions_are_cut_and_made_presentable)
{
    std::string const token(300, 'T');
    answer const a(R"({"error":"invalid_grant","error_description":"AADSTS70008: )" + token + " \\u001b[2J \\u202e " +
                       std::string(200 * 1024, 'x') + R"(","error_codes":[70008]})",
                   400);
    BOOST_TEST(a.is(oauth2::error::invalid_grant));
    BOOST_TEST(a.refused.description.size() <= 512u);
    BOOST_TEST(a.refused.description.find(token.substr(0, 50)) == std::string::npos);
    BOOST_TEST(a.refused.description.find('\x1b') == std::string::npos);
    BOOST_TEST(a.refused.description.find("\xe2\x80\xae") == std::string::npos);
    BOOST_TEST(a.refused.text().size() < 1024u);
}

BOOST_AUTO_TEST_CASE(TR_27_unknown_members_of_every_type_are_ignored)
{
    answer const a(R"({"token_type":"Bearer","access_token":"a","expires_in":3599,"ext_expires_in":[1],"foci":1,)"
                   R"("x":null,"y":{"z":[true,1.5,"s"]},"refresh_in":7200})");
    BOOST_TEST_REQUIRE(!a.ec, a.ec.message());
    BOOST_TEST((a.token.refresh_in == 3599s));
}

BOOST_AUTO_TEST_CASE(tokens_are_renewed_five_minutes_before_their_end)
{
    answer const a(R"({"token_type":"Bearer","access_token":"a","expires_in":3600,"refresh_in":1800})");
    auto const at = [](std::chrono::seconds s) { return detail::wall_time(1000s + s); };
    BOOST_TEST(!a.token.wants_renewal(at(0s)));
    BOOST_TEST(!a.token.wants_renewal(at(1799s)));
    BOOST_TEST(a.token.wants_renewal(at(1800s)));
    answer const b(with_expiry("3600"));
    BOOST_TEST(!b.token.wants_renewal(at(3299s)));
    BOOST_TEST(b.token.wants_renewal(at(3300s)));
    BOOST_TEST(b.token.wants_renewal(at(-1s)));  // the clock went back: nobody knows how long it is still good
}

// Secret ID pasted (observed: nextcloud/mail#11211, with blanks as separators).
BOOST_AUTO_TEST_CASE(entras_refusals_are_read_in_their_newer_form)
{
    answer const a(
        R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the )"
        R"(secret being sent in the request is the client secret value, not the client secret ID, for a secret added to )"
        R"(app '00001111-aaaa-2222-bbbb-3333cccc4444'. Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333300 Correlation ID: )"
        R"(aaaa0000-bb11-2222-33cc-444444dddddd Timestamp: 2025-05-20 08:03:05Z","error_codes":[7000215],)"
        R"("timestamp":"2025-05-20 08:03:05Z","trace_id":"0000aaaa-11bb-cccc-dd22-eeeeee333300",)"
        R"("correlation_id":"aaaa0000-bb11-2222-33cc-444444dddddd",)"
        R"("error_uri":"https://login.microsoftonline.com/error?code=7000215"})",
        401);
    BOOST_TEST(a.is(oauth2::error::invalid_client));
    BOOST_TEST((a.ec == condition::authentication_failed));
    BOOST_TEST(a.refused.code() == 7000215u);
    BOOST_TEST(a.refused.status == 401u);
    BOOST_TEST(a.refused.correlation_id == "aaaa0000-bb11-2222-33cc-444444dddddd");
    BOOST_TEST(a.refused.trace_id == "0000aaaa-11bb-cccc-dd22-eeeeee333300");
    BOOST_TEST(a.refused.timestamp == "2025-05-20 08:03:05Z");
    BOOST_TEST(a.refused.description.ends_with("app '00001111-aaaa-2222-bbbb-3333cccc4444'."));
    BOOST_TEST(a.refused.text().starts_with("invalid_client: AADSTS7000215: Invalid client secret provided."));
}

// CRLF as separators, identifiers in the text only, suberror and claims (observed: Azure/azure-cli#16745;
// documented: Learn, on-behalf-of flow).
BOOST_AUTO_TEST_CASE(entras_refusals_are_read_in_their_older_form)
{
    answer const a(
        R"({"error":"invalid_grant","error_description":"AADSTS50076: Due to a configuration change made by your )"
        R"(administrator, or because you moved to a new location, you must use multi-factor authentication to access )"
        R"('797f4846-ba00-4fd7-ba43-dac1f8f63013'.\r\nTrace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333300\r\nCorrelation ID: )"
        R"(aaaa0000-bb11-2222-33cc-444444dddddd\r\nTimestamp: 2021-01-29 10:45:55Z","suberror":"basic_action",)"
        R"("claims":"{\"access_token\":{\"capolids\":{\"essential\":true,\"values\":[\"00aa00aa\"]}}}"})",
        400);
    BOOST_TEST(a.is(oauth2::error::invalid_grant));
    BOOST_TEST((a.ec == condition::interaction_required));
    BOOST_TEST(a.refused.code() == 50076u);
    BOOST_TEST(a.refused.suberror == "basic_action");
    BOOST_TEST(a.refused.trace_id == "0000aaaa-11bb-cccc-dd22-eeeeee333300");
    BOOST_TEST(a.refused.correlation_id == "aaaa0000-bb11-2222-33cc-444444dddddd");
    BOOST_TEST(a.refused.timestamp == "2021-01-29 10:45:55Z");
    BOOST_TEST(a.refused.description.ends_with("'797f4846-ba00-4fd7-ba43-dac1f8f63013'."));
    BOOST_TEST(a.refused.claims == R"({"access_token":{"capolids":{"essential":true,"values":["00aa00aa"]}}})");
}

BOOST_AUTO_TEST_CASE(each_word_of_the_authority_has_its_error)
{
    struct row
    {
        char const* word;
        oauth2::error e;
    };
    for (auto const& [word, e] :
         {row{"invalid_request", oauth2::error::invalid_request},
          row{"unauthorized_client", oauth2::error::unauthorized_client},
          row{"invalid_scope", oauth2::error::invalid_scope}, row{"invalid_resource", oauth2::error::invalid_resource},
          row{"interaction_required", oauth2::error::interaction_required},
          row{"consent_required", oauth2::error::consent_required},
          row{"temporarily_unavailable", oauth2::error::temporarily_unavailable},
          row{"authorization_pending", oauth2::error::authorization_pending},
          row{"invalid_tenant", oauth2::error::invalid_tenant}, row{"something_new", oauth2::error::unknown_refusal}})
        BOOST_TEST(answer("{\"error\":\"" + std::string(word) + "\"}", 400).is(e), word);
}

// Over-eager client credentials (observed: microsoft-authentication-library-for-dotnet#2855).
BOOST_AUTO_TEST_CASE(refusals_that_are_not_json_say_what_the_status_means)
{
    http::response r;
    r.status = 429;
    r.body = "Too Many Requests";
    r.headers = {{"Retry-After", "60"}, {"Content-Type", "text/plain"}};
    auto const throttled = oauth2::read_refusal(r);
    BOOST_TEST((throttled.ec == make_error_code(http::error::too_many_requests)));
    BOOST_TEST((throttled.ec == condition::transient));
    BOOST_TEST((throttled.retry_after == 60s));
    BOOST_TEST(throttled.text() == "HTTP 429: Too Many Requests");
    r.status = 503;
    r.headers = {{"Content-Type", "text/html"}, {"Retry-After", "-1"}};
    r.body = "<html>";
    auto const down = oauth2::read_refusal(r);
    BOOST_TEST((down.ec == condition::transient));
    BOOST_TEST(down.description == "");
    BOOST_TEST(!down.retry_after);

    // A date is by the clock of who wrote it, whatever ours says.
    auto const told = [&](std::string const& wait, std::string const& date) {
        http::response answer = r;
        answer.headers = {{"Retry-After", wait}};
        if (!date.empty())
            answer.headers.push_back({"Date", date});
        auto const after = oauth2::read_refusal(answer).retry_after;
        return after ? after->count() : -1;
    };
    BOOST_TEST(told("Tue, 24 Nov 2026 06:32:00 GMT", "Tue, 24 Nov 2026 06:30:00 GMT") == 120);
    BOOST_TEST(told("Tue, 24 Nov 2026 06:29:00 GMT", "Tue, 24 Nov 2026 06:30:00 GMT") == 0);
    BOOST_TEST(told("Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 24 Nov 2026 06:30:00 GMT") == 999'999'999);
    BOOST_TEST(told("Tue, 24 Nov 2026 06:32:00 GMT", "") == -1);
    BOOST_TEST(told("Tue, 24 Nov 2026 06:32:00 GMT", "soon") == -1);
    for (char const* const bad : {"", "soon", "1.5", "9999999999", "+5", "1 2", "Tue, 24 Nov 2026 06:32:00 CET"})
        BOOST_TEST(told(bad, "Tue, 24 Nov 2026 06:30:00 GMT") == -1, bad);
}

BOOST_AUTO_TEST_SUITE_END()
