#include <outkit/check/atlas.hpp>
#include <outkit/check/atlas/tables.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    BOOST_TEST(ids.size() > 400u);
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

BOOST_AUTO_TEST_CASE(each_service_has_its_entries_and_each_pattern_finds_its_own)
{
    std::size_t imap = 0, smtp = 0, graph = 0;
    for (check::atlas::row const& row : check::atlas::rows)
    {
        imap += row.where == check::service::imap;
        smtp += row.where == check::service::smtp;
        graph += row.where == check::service::graph;
        check::patterns const known = check::patterns_of(row.id);
        for (auto const& some : {known.particular, known.general})
            for (std::string_view const pattern : some)
                BOOST_TEST_CONTEXT(pattern)
                {
                    // As what is looked up is made to be: lower case, single blanks.
                    BOOST_TEST(
                        std::none_of(pattern.begin(), pattern.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
                    auto const found = check::explain("log: <" + std::string(pattern) + ">");
                    BOOST_TEST(std::any_of(found.begin(), found.end(), [&](auto const& s) { return s.id == row.id; }));
                }
    }
    BOOST_TEST(imap >= 40u);
    BOOST_TEST(smtp >= 40u);
    BOOST_TEST(graph >= 40u);
}

BOOST_AUTO_TEST_CASE(a_remedy_is_its_steps_and_says_when_to_try_again)
{
    check::symptom const s = check::lookup("imap-not-connected");
    BOOST_TEST((s.phases == std::vector{check::phase::sign_in, check::phase::session}));
    auto const cause = [&](std::string_view id) {
        auto const it =
            std::find_if(s.causes.begin(), s.causes.end(), [&](check::cause const& c) { return c.id == id; });
        BOOST_TEST_REQUIRE((it != s.causes.end()), id);
        return *it;
    };
    check::cause const off = cause("imap-off-for-mailbox");
    BOOST_TEST((off.who == check::owner::mailbox_administrator));
    BOOST_TEST((off.again == check::retry::never));
    BOOST_TEST(std::any_of(off.steps.begin(), off.steps.end(), [](check::step_of_remedy const& step) {
        return step.kind == check::step_kind::powershell && step.text.find("Set-CASMailbox") != step.text.npos;
    }));
    BOOST_TEST((cause("too-many-connections").again == check::retry::later));
    for (std::string const& id : check::symptom_ids())
        for (check::cause const& c : check::lookup(id).causes)
        {
            BOOST_TEST_REQUIRE(!c.steps.empty(), id);
            std::string joined;
            for (check::step_of_remedy const& step : c.steps)
                (joined += joined.empty() ? "" : "; ") += step.text;
            BOOST_TEST(joined == c.remedy);
        }
}

// One refusal in the words of the programs that people paste from.
BOOST_AUTO_TEST_CASE(clients_wrap_the_servers_words_and_the_entry_is_found_all_the_same)
{
    for (
        auto const& [text, id] : std::vector<std::pair<std::string_view, std::string_view>>{
            {"< A002 NO AUTHENTICATE failed.\n* Connection #0 to host outlook.office365.com left intact\n"
             "curl: (67) Login denied",
             "imap-authenticate-failed"},
            {"MailKit.Net.Imap.ImapCommandException: The IMAP server replied to the 'NAMESPACE' command with a 'BAD' "
             "response: User is authenticated but not connected.",
             "imap-not-connected"},
            {"MailKit.Security.AuthenticationException: 535: 5.7.3 Authentication unsuccessful "
             "[FR4P281CA0026.DEUP281.PROD.OUTLOOK.COM 2026-03-01T10:00:00.000Z 08DE]",
             "smtp-authentication-unsuccessful"},
            {R"(Error: Command failed { response: '3 NO AUTHENTICATE failed.', responseStatus: 'NO', responseText: )"
             R"('AUTHENTICATE failed.', authenticationFailed: true })",
             "imap-authenticate-failed"},
            {R"({"level":50,"err":{"code":"EAUTH","response":"535 5.7.139 Authentication unsuccessful, )"
             R"(SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more )"
             R"(information. [AM0P]","responseCode":535,"command":"AUTH XOAUTH2"}})",
             "smtp-auth-disabled-tenant"},
            {"Error: Invalid login: 535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0P]",
             "smtp-basic-auth"},
            {"smtplib.SMTPAuthenticationError: (535, b'5.7.139 Authentication unsuccessful, the user credentials were "
             "incorrect. [AM0P]')",
             "smtp-wrong-password"},
            {"imaplib.IMAP4.error: AUTHENTICATE command error: BAD [b'User is authenticated but not connected.']",
             "imap-not-connected"},
            {"imaplib.IMAP4.error: b'AUTHENTICATE failed.'", "imap-authenticate-failed"},
            {"imaplib.IMAP4.abort: Session invalidated - AccessTokenExpired", "imap-token-expired"},
            {"Sending of the message failed.\nAn error occurred while sending mail. The mail server responded:\n5.7.57 "
             "Client not authenticated to send mail. [AM0P].\nPlease check the message and try again.",
             "smtp-not-authenticated"},
            {"The current operation on 'Inbox' did not succeed. The mail server for account anna@contoso.example "
             "responded: User is authenticated but not connected..",
             "imap-not-connected"},
            {R"({"msg":"Failed to renew access token","error":"invalid_client","status":401,"response":"{\"error\":)"
             R"(\"invalid_client\",\"error_description\":\"AADSTS7000222: The provided client secret keys for app are )"
             R"(expired.\\r\\nTrace ID: 1\",\"error_codes\":[7000222]}"})",
             "AADSTS7000222"},
            {R"({"error":"API request failed","code":"ErrorAccessDenied","oauthRequest":{"response":{"error":)"
             R"({"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}}})",
             "ErrorAccessDenied"},
            {"javax.mail.AuthenticationFailedException: AUTHENTICATE failed.", "imap-authenticate-failed"},
            {"com.sun.mail.smtp.SMTPSendFailedException: 554 5.2.252 SendAsDenied; a@contoso.example not allowed to "
             "send "
             "as b@contoso.example; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
             "smtp-send-as-denied"},
            {"msmtp: authentication failed (method XOAUTH2)\nmsmtp: server message: 535 5.7.3 Authentication "
             "unsuccessful [AM0P]",
             "smtp-authentication-unsuccessful"},
            {"IMAP error: NO Request is throttled. Suggested Backoff Time: 299910 milliseconds", "imap-throttled"},
            {"Microsoft.Graph.Models.ODataErrors.ODataError: The restriction or sort order is too complex for this "
             "operation. Code: InefficientFilter",
             "InefficientFilter"},
        })
        BOOST_TEST(first(text) == id, text);
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
    BOOST_TEST((s.sure == check::certainty::possible));
    check::rank_first(s, "too-many-connections", "a second try");
    BOOST_TEST((s.sure == check::certainty::likely));
    BOOST_TEST(s.causes.front().id == "too-many-connections");
    BOOST_TEST(s.causes[1].id == "imap-off-for-mailbox");
    BOOST_TEST(s.causes.size() == all);
    check::rule_out(s, "user-mismatch", "the token");
    check::rule_out(s, "no such cause", "nothing");
    BOOST_TEST(s.causes.size() == all - 1);
    BOOST_TEST((s.decided_by == std::vector<std::string_view>{"a second try", "the token"}));
    check::rule_out(s, "too-many-connections", "a third try");
    BOOST_TEST((s.sure == check::certainty::possible));
    while (s.causes.size() > 1)
        check::rule_out(s, s.causes.back().id, "the token");
    BOOST_TEST((s.sure == check::certainty::certain));
    BOOST_TEST((check::lookup("AADSTS65002").sure == check::certainty::likely));  // the only one that is known
    BOOST_TEST(check::lookup("nonsense").causes.empty());
}

BOOST_AUTO_TEST_SUITE_END()
