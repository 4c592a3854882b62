#include "../../tools/config.hpp"
#include "../../tools/console.hpp"

#include "program.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using outkit::tests::folder;

// What is wrong with the configuration; empty when nothing is.
std::string complaint(std::string_view text, bool exposed = false)
{
    try
    {
        cli::parse_configuration(text, "c.json", exposed);
        return {};
    }
    catch (cli::usage_error const& e)
    {
        return e.what();
    }
}

template <class F>
std::string complaint_of(F f)
{
    try
    {
        f();
        return {};
    }
    catch (cli::usage_error const& e)
    {
        return e.what();
    }
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != text.npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(a_whole_configuration_is_read_and_written_again)
{
    char const* const text = R"({
  "title": "Mail", "enabled": false,
  "client_id": "11111111-2222-4333-8444-555555555555",
  "client_secret": "mock-secret-abc",
  "redirect_uri": "http://localhost:3000/oauth",
  "authority": "contoso.example",
  "cloud": "global",
  "base_scope": "api",
  "user": "ada@contoso.example",
  "sign_in_audience": "AzureADMultipleOrgs", "home_tenant": "fabrikam.example", "account_kind": "other_work",
  "endpoints": {
    "login": "https://localhost:8443", "graph": "https://localhost:8444",
    "imap": {"host": "localhost", "port": 1993, "tls": "implicit"},
    "smtp": {"host": "::1", "port": 1587, "tls": "starttls"}
  },
  "ca_file": "/ca.pem"
})";
    for (int round = 0; round != 2; ++round)
    {
        static std::string again;
        auto const s = cli::parse_configuration(round == 0 ? text : again, "c.json", true);
        BOOST_TEST(s.title == "Mail");
        BOOST_TEST(!s.enabled);
        BOOST_TEST(s.client_id == "11111111-2222-4333-8444-555555555555");
        BOOST_TEST(s.client_secret.reveal() == "mock-secret-abc");
        BOOST_TEST(s.redirect_uri == "http://localhost:3000/oauth");
        BOOST_TEST(s.authority == "contoso.example");
        BOOST_TEST((s.base_scope == outkit::account::base_scope::api));
        BOOST_TEST(s.user == "ada@contoso.example");
        BOOST_TEST((s.sign_in_audience == outkit::oauth2::sign_in_audience::multiple_orgs));
        BOOST_TEST(s.home_tenant == "fabrikam.example");
        BOOST_TEST((s.account_kind == outkit::oauth2::account_kind::other_work));
        BOOST_TEST(s.endpoints.login == "https://localhost:8443");
        BOOST_TEST(s.endpoints.imap.port == 1993);
        BOOST_TEST(s.endpoints.smtp.host == "::1");
        BOOST_TEST((s.endpoints.smtp.tls == outkit::account::transport::starttls));
        BOOST_TEST(s.authorities_file == "/ca.pem");
        again = cli::to_json(s);
    }
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_a_default)
{
    auto const s = cli::parse_configuration(R"({"client_id":"x"})", "c.json", false);
    BOOST_TEST(s.enabled);
    BOOST_TEST(s.authority == "common");
    BOOST_TEST(s.cloud == "global");
    BOOST_TEST((s.base_scope == outkit::account::base_scope::imap));
    BOOST_TEST(s.redirect_uri == "http://localhost:3000/oauth");
    BOOST_TEST((!s.sign_in_audience && s.home_tenant.empty() && !s.account_kind));
    BOOST_TEST(s.endpoints.login.empty());
    BOOST_TEST(s.endpoints.imap.port == 993);
    BOOST_TEST(s.endpoints.smtp.port == 587);
}

BOOST_AUTO_TEST_CASE(CL_05_files_that_are_no_configuration_are_refused_with_the_line)
{
    BOOST_TEST(complaint("") == "c.json:1: the file is empty; expected a JSON object with at least \"client_id\"");
    BOOST_TEST(contains(complaint("\n\n \t\r\n"), "c.json:1: the file is empty"));
    BOOST_TEST(complaint("\xef\xbb\xbf{\"client_id\":\"x\"}").empty());          // a BOM
    BOOST_TEST(complaint("{\r\n\t\"client_id\":\r\n\t\"x\"\r\n}\r\n").empty());  // CRLF and tabs
    BOOST_TEST(contains(complaint(std::string("\xff\xfe{\0", 4)), "c.json:1: the file is UTF-16"));
    BOOST_TEST(contains(complaint(std::string("{\"client_id\":\n\"x\0\"}", 18)), "c.json:2: a NUL"));
    BOOST_TEST(contains(complaint(std::string(2 * 1024 * 1024, ' ')), "larger than 1 MiB"));
    BOOST_TEST(contains(complaint("\x7f\x45\x4c\x46\x02\x01"), "c.json:1: not JSON at column 1"));
    BOOST_TEST(contains(complaint("{\n\"a\":" + std::string(1000, '[')), "c.json:2: nested more than 8 deep"));
    BOOST_TEST(contains(complaint("{\n\"client_id\": \"x\"\n"), "c.json:3: the file ends before the JSON does"));
    BOOST_TEST(contains(complaint("{\n\"client_id\": \"x\",\n}"), "c.json:3: not JSON"));
    BOOST_TEST(contains(complaint("{\"client_id\":\"x\"}\n\n true"), "c.json:3: something follows"));
    BOOST_TEST(contains(complaint("[]"), "expected an object, but this is a list"));
    BOOST_TEST(contains(complaint("12"), "expected an object, but this is a whole number"));
    BOOST_TEST(contains(complaint("{\"client_id\":\"\xff\"}"), "c.json:1: not JSON"));
    BOOST_TEST(!complaint("{\"client_id\":\"" + std::string(100'000, 'x') + "\"}").empty());
}

BOOST_AUTO_TEST_CASE(CL_06_wrong_fields_are_refused_with_line_field_and_suggestion)
{
    auto const with = [](std::string const& member) { return complaint("{\n\"client_id\":\"x\",\n" + member + "\n}"); };
    BOOST_TEST(with(R"("autority":"common")") == "c.json:3: unknown key \"autority\"; did you mean \"authority\"?");
    BOOST_TEST(
        contains(with(R"("zzzzzz":1)"), "c.json:3: unknown key \"zzzzzz\"; known are title, enabled, client_id"));
    BOOST_TEST(with(R"("client_id":"y")") ==
               "c.json:3: \"client_id\" stands here for the second time; the first is on line 2");
    BOOST_TEST(with(R"("user":1)") == "c.json:3: \"user\" must be a string, not a whole number");
    BOOST_TEST(with(R"("enabled":"yes")") == "c.json:3: \"enabled\" must be true or false, not a string");
    BOOST_TEST(contains(with(R"("authority":"")"), "must not be empty"));
    BOOST_TEST(contains(with(R"("authority":"https://x/y")"), "must be common, organizations"));
    BOOST_TEST(contains(with(R"("base_scope":"imapp")"), "did you mean \"imap\"?"));
    BOOST_TEST(contains(with(R"("base_scope":"pubsub")"), "is for Gmail"));
    BOOST_TEST(contains(with(R"("redirect_uri":"http://mail.example/oauth")"), "http to localhost"));
    BOOST_TEST(contains(with(R"("user":"ada")"), "must be a mail address"));
    BOOST_TEST(contains(with(R"("cloud":"mars")"), "\"cloud\" must be one of \"global\""));
    BOOST_TEST(contains(with(R"("sign_in_audience":"AzureADMyOrgs")"), "did you mean \"AzureADMyOrg\"?"));
    BOOST_TEST(contains(with(R"("account_kind":"work")"), "one of \"home_work\", \"other_work\", \"guest\""));
    for (char const* const home : {"common", "9188040d", "https://contoso.example"})
        BOOST_TEST(contains(with(R"("home_tenant":")" + std::string(home) + '"'), "must be the Directory (tenant) ID"));
    BOOST_TEST(contains(with(R"("scopes":"a\"b")"), "must be scopes parted by blanks"));
    BOOST_TEST(contains(with(R"("endpoints":[])"), "\"endpoints\" must be an object, not a list"));
    BOOST_TEST(contains(with(R"("endpoints":{"login":"http://localhost"})"), "\"endpoints.login\" must be \"https://"));
    BOOST_TEST(contains(with(R"("endpoints":{"login":"https://a/b"})"), "without a path"));
    for (char const* port : {"0", "65536", "-1", "1000000000000", "99999999999999999999"})
        BOOST_TEST_CONTEXT(port)
        {
            std::string const said = with(std::string(R"("endpoints":{"imap":{"host":"h","port":)") + port + "}}");
            BOOST_TEST(contains(said, "c.json:3: \"endpoints.imap.port\" must be"));
        }
    BOOST_TEST(
        contains(with(R"("endpoints":{"imap":{"host":"h","port":"abc"}})"), "must be a whole number, not a string"));
    BOOST_TEST(
        contains(with(R"("endpoints":{"imap":{"host":"","port":1}})"), "\"endpoints.imap.host\" must not be empty"));
    BOOST_TEST(contains(with(R"("endpoints":{"imap":{"port":1}})"), "\"endpoints.imap.host\" is missing"));
    BOOST_TEST(contains(with(R"("endpoints":{"imap":{"host":"a b"}})"), "must be a host name"));
    BOOST_TEST(contains(with(R"("endpoints":{"smtp":{"host":"h","tls":"off"}})"),
                        "\"endpoints.smtp.tls\" must be one of \"implicit\", \"starttls\", not \"off\""));
    BOOST_TEST(contains(with(R"("endpoints":{"smpt":{"host":"h"}})"),
                        "unknown key \"endpoints.smpt\"; did you mean \"smtp\"?"));
    BOOST_TEST(contains(complaint("{}"), "\"client_id\" is missing"));
}

BOOST_AUTO_TEST_CASE(CL_08_a_path_that_is_no_file_is_refused_without_waiting)
{
    folder const f;
    std::string const fifo = (f.path / "fifo").string();
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(fifo); }), "not a regular file"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(f.path.string()); }), "is a folder"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(f.path.string() + "/none"); }), "No such file"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration("-"); }), "name a file"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(""); }), "not the name of a file"));
    if (::geteuid() != 0)
        BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(f.file("x", "{}", 0)); }), "Permission denied"));
}

BOOST_AUTO_TEST_CASE(R_CLI_05_a_secret_that_others_may_read_is_refused_unless_it_is_a_mocks)
{
    folder const f;
    std::string const secret = "canary-7cA8Q~secret";
    std::string const text = R"({"client_id":"x","client_secret":")" + secret + "\"}";
    for (mode_t mode : {0644, 0640, 0620, 0604})
    {
        std::string const said = complaint_of([&] { cli::read_configuration(f.file("c", text, mode)); });
        BOOST_TEST(contains(said, "others may read"));
        BOOST_TEST(!contains(said, secret));
    }
    BOOST_TEST(cli::read_configuration(f.file("d", text)).client_secret.reveal() == secret);
    BOOST_TEST(complaint(R"({"client_id":"x","client_secret":"mock-secret-1"})", true).empty());
    BOOST_TEST(complaint(R"({"client_id":"x"})", true).empty());
}

BOOST_AUTO_TEST_CASE(CL_03_a_secret_file_is_private_short_and_trimmed_once)
{
    folder const f;
    auto const with = [&](std::string const& content, mode_t mode = 0600) {
        f.file("secret", content, mode);
        return f.file("c.json", R"({"client_id":"x","client_secret_file":"secret"})", 0644);
    };
    BOOST_TEST(cli::read_configuration(with("s3cret\n")).client_secret.reveal() == "s3cret");
    BOOST_TEST(cli::read_configuration(with("s3cret\r\n")).client_secret.reveal() == "s3cret");
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(with("s3cret\n\n")); }), "line ends"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(with("s3cret", 0644)); }), "chmod 600"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(with("")); }), "is empty"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(with("\n")); }), "is empty"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(with(std::string(1 << 20, 'x'))); }), "is larger"));
    BOOST_TEST(contains(complaint_of([&] { cli::read_configuration(with(std::string("a\0b", 3))); }), "line ends"));
    fs::remove(f.path / "secret");
    std::string const said = complaint_of([&] { cli::read_configuration((f.path / "c.json").string()); });
    BOOST_TEST(contains(said, "secret: cannot be opened"));
    BOOST_TEST(contains(complaint(R"({"client_id":"x","client_secret":"a","client_secret_file":"b"})"), "one of them"));
}

BOOST_AUTO_TEST_CASE(a_certificate_stands_instead_of_a_secret_and_its_key_is_private)
{
    folder const f;
    auto const made = outkit::tests::make_certificate("service.test");
    f.file("both.pem", made.chain + made.key);
    f.file("certificate.pem", made.chain, 0644);
    f.file("key.pem", made.key);
    auto const with = [&](std::string const& members) {
        return f.file("c.json", R"({"client_id":"x",)" + members + '}', 0644);
    };
    auto const said = [&](std::string const& members) {
        return complaint_of([&] { cli::read_configuration(with(members)); });
    };
    std::string const two = R"("certificate_file":"certificate.pem","certificate_key_file":"key.pem")";
    for (std::string const& members : {two, std::string(R"("certificate_file":"both.pem")")})
    {
        auto const s = cli::read_configuration(with(members));
        BOOST_TEST_REQUIRE(!!s.certificate);
        BOOST_TEST(!outkit::account::app_of(s).is_public());
        BOOST_TEST((outkit::account::app_of(s).certificate == s.certificate));
    }
    BOOST_TEST(contains(said(R"("certificate_file":"certificate.pem")"), "certificate.pem"));
    BOOST_TEST(contains(said(R"("certificate_key_file":"key.pem")"), "key of no certificate"));
    f.file("s", "secret");
    BOOST_TEST(contains(said(two + R"(,"client_secret_file":"s")"), "client secret stand both here"));
    ::chmod(f.at("key.pem").c_str(), 0640);
    BOOST_TEST(contains(said(two), "chmod 600"));
    auto const other = outkit::tests::make_certificate("other.test");
    f.file("key.pem", other.key);
    BOOST_TEST(!said(two).empty());
    auto const expired = outkit::tests::make_certificate("service.test", -1);
    f.file("both.pem", expired.chain + expired.key);
    BOOST_TEST(contains(said(R"("certificate_file":"both.pem")"), "expired"));
}

BOOST_AUTO_TEST_CASE(CL_04_a_secret_from_the_environment_is_used_and_not_passed_on)
{
    folder const f;
    ::setenv(cli::secret_variable, "from-environment", 1);
    auto const s = cli::read_configuration(f.file("c", R"({"client_id":"x"})", 0644));
    BOOST_TEST(s.client_secret.reveal() == "from-environment");
    BOOST_TEST(std::getenv(cli::secret_variable) == nullptr);

    ::setenv(cli::secret_variable, "from-environment", 1);
    auto const t = cli::read_configuration(f.file("c", R"({"client_id":"x","client_secret":"mock-secret-file"})"));
    BOOST_TEST(t.client_secret.reveal() == "mock-secret-file");
    BOOST_TEST(std::getenv(cli::secret_variable) == nullptr);
}

BOOST_AUTO_TEST_CASE(paths_count_from_the_folder_of_the_configuration)
{
    BOOST_TEST(cli::parse_configuration(R"({"client_id":"x","ca_file":"ca.pem"})", "/etc/outkit/c.json", false)
                   .authorities_file == "/etc/outkit/ca.pem");
    BOOST_TEST(cli::parse_configuration(R"({"client_id":"x","ca_file":"ca.pem"})", "c.json", false).authorities_file ==
               "ca.pem");
}

BOOST_AUTO_TEST_CASE(a_private_file_is_written_whole_and_for_its_owner_only)
{
    folder const f;
    std::string const path = (f.path / "out.json").string();
    f.file("out.json", "old", 0644);
    cli::write_private_file(path, "new\n");
    bool exposed = true;
    BOOST_TEST(cli::read_file(path, 100, exposed) == "new\n");
    BOOST_TEST(!exposed);
    BOOST_CHECK_THROW(cli::write_private_file((f.path / "none" / "x").string(), "x"), std::runtime_error);
    std::size_t files = 0;
    for ([[maybe_unused]] auto const& entry : fs::directory_iterator(f.path))
        ++files;
    BOOST_TEST(files == 1u);
}

BOOST_AUTO_TEST_CASE(CL_13_hostile_names_in_a_configuration_are_shown_harmless)
{
    std::string const said = complaint("{\"client_id\":\"x\",\"\\u001b]0;owned\\u0007\\u202e\":1}");
    BOOST_TEST(contains(said, "\\x1b]0;owned\\x07\\u{202e}"));
    BOOST_TEST(said.find('\x1b') == said.npos);
}

BOOST_AUTO_TEST_SUITE_END()
