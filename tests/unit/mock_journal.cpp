#include <outkit/mock/journal.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(mock_journal)
namespace {

using namespace outkit::mock;

journal_entry entry(std::string server, std::string what, std::string answer = "ok")
{
    journal_entry e;
    e.server = std::move(server);
    e.what = std::move(what);
    e.answer = std::move(answer);
    return e;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// What must never be seen again, each of another kind.
std::string const canaries[] = {
    "mock-secret-CANARYCANARYCANARYCANARY",
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJDQU5BUlkifQ.c2lnbmF0dXJlQ0FOQVJZ",
    "1.AXoAMOCKCANARYCANARY-CANARY_CANARY",
    "M.C500_MOCK.0.U.-CANARY!CANARY*CANARY$",
    "EwBMOCK4A8l6BAAUCANARYCANARY==",
    "dXNlcj1hZGVsZUB3b29kZ3JvdmUuZXhhbXBsZQFhdXRoPUJlYXJlciBDQU5BUlk=",
};

}  // namespace

BOOST_AUTO_TEST_CASE(entries_are_numbered_and_kept_in_order)
{
    journal j;
    BOOST_TEST(j.last_sequence() == 0u);
    BOOST_TEST(j.record(entry("imap", "CAPABILITY")) == 1u);
    BOOST_TEST(j.record(entry("entra", "POST /common/oauth2/v2.0/token")) == 2u);
    BOOST_TEST(j.record(entry("imap", "AUTHENTICATE XOAUTH2", "NO AUTHENTICATE failed.")) == 3u);
    BOOST_TEST(j.last_sequence() == 3u);
    BOOST_TEST(j.count({.server = "imap"}) == 2u);
    BOOST_TEST(j.count({.what = "AUTH"}) == 1u);  // "oauth2" is another case
    BOOST_TEST(j.count({.text = "failed"}) == 1u);
    BOOST_TEST(j.count({.after = 2}) == 1u);
    BOOST_TEST(j.count({.server = "smtp"}) == 0u);
    BOOST_TEST_REQUIRE(j.last({.server = "entra"}));
    BOOST_TEST(j.last({.server = "entra"})->sequence == 2u);
    BOOST_TEST(j.last()->sequence == 3u);
    BOOST_TEST(!j.last({.server = "smtp"}));
}

BOOST_AUTO_TEST_CASE(the_oldest_give_way_and_numbers_go_on)
{
    journal j;
    j.limit(3);
    for (int i = 0; i != 10; ++i)
        j.record(entry("imap", "NOOP"));
    BOOST_TEST(j.entries().size() == 3u);
    BOOST_TEST(j.entries().front().sequence == 8u);
    j.limit(0);
    BOOST_TEST(j.limit() == 1u);
    BOOST_TEST(j.entries().size() == 1u);
    j.clear();
    BOOST_TEST(j.record(entry("imap", "NOOP")) == 11u);
}

BOOST_AUTO_TEST_CASE(fields_are_found_by_name)
{
    journal_entry e = entry("entra", "POST /token");
    e.fields = {{"grant_type", "refresh_token"}, {"scope", "a"}, {"scope", "b"}};
    BOOST_TEST(e.field("Grant_Type") == "refresh_token");
    BOOST_TEST(e.field("scope") == "a");
    BOOST_TEST(e.field("nonce") == "");
}

BOOST_AUTO_TEST_CASE(secret_fields_are_blanked_by_their_name)
{
    for (char const* name :
         {"client_secret", "code", "code_verifier", "refresh_token", "access_token", "id_token", "passwd", "Password",
          "device_code", "client_assertion", "Authorization", "Cookie", "sasl", "state"})
    {
        journal j;
        journal_entry e = entry("entra", "POST /token");
        e.fields = {{name, "plain words CANARY"}};
        j.record(std::move(e));
        BOOST_TEST(j.entries()[0].fields[0].second == "<18 bytes redacted>", name);
    }
    for (char const* name :
         {"grant_type", "scope", "client_id", "redirect_uri", "user", "code_challenge", "token_type"})
        BOOST_TEST(!journal::is_secret_name(name), name);
    journal j;
    journal_entry e = entry("entra", "POST /token");
    e.fields = {{"client_secret", ""}};  // that it was empty is worth knowing
    j.record(std::move(e));
    BOOST_TEST(j.entries()[0].fields[0].second == "");
}

BOOST_AUTO_TEST_CASE(canaries_get_through_nowhere)
{
    for (std::string const& canary : canaries)
        for (std::string const& around : {canary, "before " + canary + " after", "user=x auth=Bearer " + canary,
                                          "(" + canary + ")", "https://host/path?x=" + canary + "&y=1",
                                          "{\"t\":\"" + canary + "\"}", "A1 AUTHENTICATE XOAUTH2 " + canary})
            BOOST_TEST_CONTEXT(around)
            {
                journal j;
                journal_entry e = entry(around, around, around);
                e.reason = around;
                e.fields = {{"text", around}, {around, "name"}};
                j.record(std::move(e));
                BOOST_TEST(!contains(j.to_json(), canary.substr(canary.size() / 2)));
                BOOST_TEST(!contains(j.to_json(), "CANARY"));
            }
}

BOOST_AUTO_TEST_CASE(a_canary_across_the_cut_is_blanked_too)
{
    for (std::string const& canary : canaries)
        for (std::size_t before = 512 - canary.size(); before <= 512; ++before)
        {
            std::string const text = journal::blanked(std::string(before - 1, 'x') + " " + canary);
            // of a secret less than 16 octets long there is nothing to recognise it by, and nothing to use
            BOOST_TEST((!contains(text, "CANARY") || before > 512 - 16), before << " " << text);
        }
}

BOOST_AUTO_TEST_CASE(bearer_tokens_and_query_values_are_blanked_whatever_they_look_like)
{
    BOOST_TEST(journal::blanked("Authorization: Bearer abc.def x") == "Authorization: Bearer <7 bytes redacted> x");
    BOOST_TEST(journal::blanked("bearer abc") == "bearer <3 bytes redacted>");
    BOOST_TEST(journal::blanked("grant_type=x&code=12345&scope=y") == "grant_type=x&code=<5 bytes redacted>&scope=y");
    BOOST_TEST(journal::blanked("a.code=1") == "a.code=1");
    BOOST_TEST(journal::blanked("nothing to hide: 535 5.7.3 [AM0PR06 2024-02-14T14:50:26.590Z]") ==
               "nothing to hide: 535 5.7.3 [AM0PR06 2024-02-14T14:50:26.590Z]");
    BOOST_TEST(journal::blanked("code") == "code");
    BOOST_TEST(journal::blanked("code=") == "code=");
    BOOST_TEST(journal::blanked("") == "");
}

BOOST_AUTO_TEST_CASE(LG_04_urls_are_written_down_without_user_info_and_query)
{
    for (auto const& [url, written] : std::vector<std::pair<std::string, std::string>>{
             {"http://localhost/cb?code=1&state=2", "http://localhost/cb?…"},
             {"https://graph.microsoft.com/v1.0/me/messages?$skip=10",
              "https://graph.microsoft.com/v1.0/me/messages?…"},
             {"https://host/cb#access_token=1", "https://host/cb#access_token=<1 bytes redacted>"},
             {"https://adele:pw@host:8443/x", "https://<8 bytes redacted>@host:8443/x"},
             {"https://adele:p@w@host", "https://<9 bytes redacted>@host"},
             {"https://adele@host?x=@y", "https://<5 bytes redacted>@host?…"},
             {"https://outlook.office.com/api/upload(x)?authtoken=1", "https://outlook.office.com/api/upload(x)?…"},
             {"https://host/p@th", "https://host/p@th"},
             {"://", "://"}})
        for (auto const& [before, after] : std::vector<std::pair<std::string, std::string>>{
                 {"", ""}, {"see ", " ?"}, {"<", ">?"}, {"{\"u\":\"", "\"}"}})
            BOOST_TEST(journal::blanked(before + url + after) == before + written + after);
}

BOOST_AUTO_TEST_CASE(queries_are_left_out_of_what_was_asked)
{
    journal j;
    j.record(entry("entra", "GET /common/oauth2/v2.0/authorize?client_id=x&login_hint=y"));
    BOOST_TEST(j.entries()[0].what == "GET /common/oauth2/v2.0/authorize?…");
}

BOOST_AUTO_TEST_CASE(one_record_is_one_short_line)
{
    journal j;
    journal_entry e = entry("imap", "a\r\nb\x1b[2J\x7f", std::string(100'000, 'y'));
    e.fields = {{"subject", std::string("x\0y\n", 4)}};
    j.record(std::move(e));
    BOOST_TEST(j.entries()[0].what == "a\\x0D\\x0Ab\\x1B[2J\\x7F");
    BOOST_TEST(j.entries()[0].fields[0].second == "x\\x00y\\x0A");
    BOOST_TEST(j.entries()[0].answer.size() <= 515u);
}

BOOST_AUTO_TEST_CASE(json_is_valid_and_harmless_in_a_page)
{
    journal j;
    journal_entry e = entry("graph", "</script><!-- & {{7*7}}", "\xff\xfe bad \xed\xa0\x80 utf-8 \xc3\xbc");
    e.time = outkit::detail::wall_time(std::chrono::milliseconds(1'795'000'000'123));
    e.fields = {{"subject", "<svg/onload=alert(1)>"}};
    e.outcome = journal_outcome::invalid;
    e.reason = "why";
    j.record(std::move(e));
    std::string const text = j.to_json();
    BOOST_TEST(text.find_first_of("<>&") == text.npos);
    auto const parsed = boost::json::parse(text);
    auto const& o = parsed.at(0).as_object();
    BOOST_TEST(o.at("what").as_string() == "</script><!-- & {{7*7}}");
    BOOST_TEST(o.at("fields").at("subject").as_string() == "<svg/onload=alert(1)>");
    BOOST_TEST(o.at("answer").as_string() ==
               "\xEF\xBF\xBD\xEF\xBF\xBD bad \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD utf-8 \xc3\xbc");
    BOOST_TEST(o.at("time").as_string() == "2026-11-18T11:06:40.123Z");
    BOOST_TEST(o.at("outcome").as_string() == "invalid");
    BOOST_TEST(o.at("sequence").to_number<int>() == 1);
    BOOST_TEST(journal().to_json() == "[]");
    BOOST_TEST(boost::json::parse(j.to_json({.server = "imap"})).as_array().empty());
}

BOOST_AUTO_TEST_SUITE_END()
