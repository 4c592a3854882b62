#include <outkit/check/atlas.hpp>
#include <outkit/check/detail/mail_texts.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

namespace {

using namespace outkit;

std::string first(std::string_view text)
{
    auto const found = check::explain(text);
    return found.empty() ? std::string() : found.front().id;
}

std::string first_cause(std::string_view text)
{
    auto const found = check::explain(text);
    return found.empty() || found.front().causes.empty() ? std::string() : std::string(found.front().causes.front().id);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(atlas)

BOOST_AUTO_TEST_CASE(every_symptom_has_a_meaning_and_a_cause_with_remedy_and_source)
{
    auto const ids = check::symptom_ids();
    BOOST_TEST(ids.size() > 330u);
    for (std::string const& id : ids)
    {
        check::symptom const s = check::lookup(id);
        BOOST_TEST_CONTEXT(id)
        {
            BOOST_TEST(!s.meaning.empty());
            BOOST_TEST(!s.causes.empty());
            BOOST_TEST(!check::name(s.where).empty());
            std::set<std::string_view> causes;
            for (check::cause const& c : s.causes)
            {
                BOOST_TEST(!c.what.empty());
                BOOST_TEST(!c.remedy.empty());
                BOOST_TEST(!c.source.empty());
                BOOST_TEST(!check::name(c.who).empty());
                BOOST_TEST(!check::name(c.mark).empty());
                BOOST_TEST(c.remedy.back() != '.');
                BOOST_TEST(causes.insert(c.id).second);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_cause_belongs_to_a_symptom_that_can_be_recognised)
{
    std::set<std::string_view> symptoms;
    for (auto const& row : check::detail::text_rows)
    {
        symptoms.insert(row.id);
        std::string_view pattern = row.pattern;
        if (pattern.starts_with('~'))
            pattern.remove_prefix(1);
        BOOST_TEST_CONTEXT(row.pattern)
        {
            // As what is looked up is made to be: lower case, single blanks.
            BOOST_TEST(std::none_of(pattern.begin(), pattern.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
            BOOST_TEST(pattern.find("  ") == std::string_view::npos);
            auto const found = check::explain("log: <" + std::string(pattern) + ">");
            BOOST_TEST(std::any_of(found.begin(), found.end(), [&](auto const& s) { return s.id == row.id; }));
        }
    }
    for (auto const& row : check::detail::cause_rows)
        BOOST_TEST(symptoms.count(row.symptom) == 1u);
}

BOOST_AUTO_TEST_CASE(an_aadsts_number_is_found_by_itself_and_in_a_log)
{
    BOOST_TEST(first("7000215") == "AADSTS7000215");
    BOOST_TEST(first("aadsts50011") == "AADSTS50011");
    BOOST_TEST(first("AADSTS 50194") == "AADSTS50194");
    BOOST_TEST(
        first(R"(2026-11-24 ERROR {"error":"invalid_client","error_description":"AADSTS7000215: Invalid client )"
              R"(secret provided. Ensure the secret ... Trace ID: 7 Correlation ID: 8","error_codes":[7000215]})") ==
        "AADSTS7000215");
    BOOST_TEST(first(R"("error_codes":[700016])") == "AADSTS700016");
}

BOOST_AUTO_TEST_CASE(of_two_numbers_the_known_one_comes_first_and_each_once)
{
    auto const found = check::explain(R"(AADSTS70002: ... AADSTS54005: ... "error_codes":[70002,54005])");
    BOOST_REQUIRE(found.size() == 2u);
    BOOST_TEST(found[1].id == "AADSTS54005");
    auto const unknown = check::explain("AADSTS12345 AADSTS65001");
    BOOST_REQUIRE(unknown.size() == 2u);
    BOOST_TEST(unknown[0].id == "AADSTS65001");
    BOOST_TEST(unknown[1].causes.empty());
}

BOOST_AUTO_TEST_CASE(an_unknown_number_says_where_to_look)
{
    auto const found = check::explain("AADSTS999999");
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].causes.empty());
    BOOST_TEST(found[0].meaning.find("login.microsoftonline.com/error") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(the_number_speaks_before_the_oauth_error)
{
    auto const found = check::explain(R"({"error":"invalid_grant","error_description":"AADSTS700082: ..."})");
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].id == "AADSTS700082");
    BOOST_TEST(first(R"({"error":"invalid_grant"})") == "invalid_grant");
}

BOOST_AUTO_TEST_CASE(imap_lines_are_recognised)
{
    BOOST_TEST(first("A3 BAD User is authenticated but not connected.\r\n") == "imap-not-connected");
    BOOST_TEST(first("a1 NO User is authenticated   but not\tconnected.") == "imap-not-connected");
    BOOST_TEST(first_cause("User is authenticated but not connected") == "imap-off-for-mailbox");
    BOOST_TEST(first("A1 NO AUTHENTICATE failed.") == "imap-authenticate-failed");
    BOOST_TEST(first_cause("AUTHENTICATE failed.") == "wrong-audience");
    BOOST_TEST(first("* BYE Session invalidated - AccessTokenExpired") == "imap-token-expired");
    BOOST_TEST(first("A9 NO Request is throttled. Suggested Backoff Time: 299910 milliseconds") == "imap-throttled");
}

BOOST_AUTO_TEST_CASE(smtp_replies_are_recognised_by_their_sentence)
{
    BOOST_TEST(first("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. "
                     "Visit https://aka.ms/smtp_auth_disabled for more information. [X.prod.outlook.com]") ==
               "smtp-auth-disabled-tenant");
    BOOST_TEST(
        first("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.") ==
        "smtp-auth-disabled-mailbox");
    BOOST_TEST(first("535 5.7.3 Authentication unsuccessful [SN2PR00CA0018.namprd00.prod.outlook.com]") ==
               "smtp-authentication-unsuccessful");
    BOOST_TEST(first("535 5.7.139 something new") == "smtp-policy");
    BOOST_TEST(first("550 5.7.30 Basic authentication is not supported for Client Submission.") ==
               "smtp-basic-auth-retired");
    BOOST_TEST(first("554 5.2.252 SendAsDenied; a@b.example not allowed to send as c@b.example; STOREDRV") ==
               "smtp-send-as-denied");
}

BOOST_AUTO_TEST_CASE(the_reason_inside_a_530_speaks_alone)
{
    auto const found = check::explain(
        "530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Authentication unsuccessful, "
        "SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled");
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].id == "smtp-auth-disabled-tenant");
    BOOST_TEST(
        first("530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.3 Authentication unsuccessful") ==
        "smtp-authentication-unsuccessful");
    BOOST_TEST(first("530 5.7.57 Client not authenticated to send mail.") == "smtp-not-authenticated");
}

BOOST_AUTO_TEST_CASE(graph_errors_are_recognised_the_message_before_the_code)
{
    BOOST_TEST(first(R"({"error":{"code":"ErrorAccessDenied","message":"Access is denied."}})") == "ErrorAccessDenied");
    BOOST_TEST(first(R"({"error":{"code":"InvalidAuthenticationToken",)"
                     R"("message":"Access token validation failure. Invalid audience."}})") == "graph-wrong-audience");
    BOOST_TEST(first("Request_ResourceNotFound") == "ErrorInvalidUser");
    BOOST_TEST(first("ResourceNotFound") == "ResourceNotFound");
}

BOOST_AUTO_TEST_CASE(a_pattern_is_not_found_inside_a_longer_word_or_number)
{
    BOOST_TEST(check::explain("my_invalid_grants are fine").empty());
    BOOST_TEST(check::explain("15.7.579").empty());
    BOOST_TEST(check::explain("build 1234").empty());
    BOOST_TEST(check::explain("").empty());
}

BOOST_AUTO_TEST_CASE(CL_13_hostile_text_is_harmless_and_bounded)
{
    std::string hostile = "\x1b]0;x\x07 AADSTS";
    hostile += std::string(1'000'000, '9');
    BOOST_TEST(check::explain(hostile).empty());
    BOOST_TEST(check::explain("\"error_codes\":[" + std::string(100'000, '1')).empty());
    std::string many;
    for (int i = 0; i != 10'000; ++i)
        many += "AADSTS" + std::to_string(i) + ' ';
    BOOST_TEST(check::explain(many).size() <= 16u);
}

BOOST_AUTO_TEST_CASE(causes_can_be_ranked_and_ruled_out_by_evidence)
{
    check::symptom s = check::lookup("imap-not-connected");
    std::size_t const all = s.causes.size();
    check::rank_first(s, "too-many-connections");
    BOOST_TEST(s.causes.front().id == "too-many-connections");
    BOOST_TEST(s.causes[1].id == "imap-off-for-mailbox");
    BOOST_TEST(s.causes.size() == all);
    check::rule_out(s, "user-mismatch");
    check::rule_out(s, "no such cause");
    BOOST_TEST(s.causes.size() == all - 1);
    BOOST_TEST(check::lookup("nonsense").causes.empty());
}

BOOST_AUTO_TEST_SUITE_END()
