#include <outkit/detail/encoding.hpp>

#include "interop/command_line.hpp"
#include "support.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <openssl/sha.h>

#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

// The command line as a program of its own: what it says and how it ends, and other programs against `outkit mock`.

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace outkit::tests;

}  // namespace

BOOST_AUTO_TEST_SUITE(cli)

BOOST_AUTO_TEST_CASE(CL_01_wrong_usage_ends_with_2_and_a_suggestion)
{
    BOOST_TEST(run({}).code == 2);
    BOOST_TEST(run({"--help"}).code == 0);
    BOOST_TEST(run({"check", "--help"}).code == 0);
    result const version = run({"--version"});
    BOOST_TEST(version.code == 0);
    BOOST_TEST(version.out.starts_with("outkit "));
    struct row
    {
        std::vector<std::string> arguments;
        char const* said;
    };
    for (row const& r :
         {row{{"chekc"}, "did you mean check?"}, row{{"check", "--cofnig", "x"}, "did you mean --config?"},
          row{{"check", "--config"}, "--config"},
          row{{"explain", "--format", "json", "--format", "text", "x"}, "--format"},
          row{{"explain", "--format", "xml", "x"}, "--format"}, row{{"check"}, "needs a configuration"},
          row{{"check", "--scenario", "x"}, "are for --mock"},
          row{{"mock", "--scenario", "imap-disabled-for-mailbx"}, "did you mean imap-disabled-for-mailbox?"},
          row{{"mock", "ls"}, "needs --exec"}, row{{"connect"}, "needs a configuration"},
          row{{"check", "--mock", "--only", "imap.sing-in"}, "did you mean imap.sign-in?"},
          row{{"check", "--mock", "--only", "graph.me"}, "with base scope imap there is no step"},
          row{{"mock", "--write-config", "/nonexistent/c.json"}, "/nonexistent/c.json: cannot be written"},
          row{{"mock", "--redirect-uri", "javascript:alert(1)"}, "refused the registration"}})
    {
        result const got = run(r.arguments);
        BOOST_TEST_CONTEXT(got.err)
        {
            BOOST_TEST(got.code == 2);
            BOOST_TEST(got.err.find(r.said) != got.err.npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(CL_02_no_option_takes_a_secret_and_none_is_repeated)
{
    for (std::vector<std::string> const& arguments : {std::vector<std::string>{"check", "--client-secret", "canary-1"},
                                                      {"check", "--client-secret=canary-1"},
                                                      {"--token", "canary-1"},
                                                      {"explain", "--password=canary-1"}})
    {
        result const got = run(arguments);
        BOOST_TEST(got.code == 2);
        BOOST_TEST(got.says("client_secret_file"));
        BOOST_TEST(!got.says("canary-1"));
    }
}

BOOST_AUTO_TEST_CASE(CL_06_a_malformed_configuration_ends_with_2_and_its_line)
{
    folder const f;
    result const unknown =
        run({"check", "--config", f.file("c.json", "{\n \"client_id\":\"x\",\n \"autority\":\"y\"}")});
    BOOST_TEST(unknown.code == 2);
    BOOST_TEST(unknown.says("c.json:3: unknown key \"autority\"; did you mean \"authority\"?"));
    result const port =
        run({"check", "--config",
             f.file("p.json", "{\"client_id\": \"x\",\n\"endpoints\": {\"imap\": {\"host\": \"localhost\",\n"
                              "\"port\": 70000}}}")});
    BOOST_TEST(port.code == 2);
    BOOST_TEST(port.says("p.json:3: \"endpoints.imap.port\""), port.err);
    BOOST_TEST(port.says("65535"), port.err);
    result const cut = run({"check", "--config", f.file("u.json", "{\"client_id\": \"x\",\n")});
    BOOST_TEST(cut.code == 2);
    BOOST_TEST(cut.says("u.json:2: the file ends before the JSON does"));
    if (::geteuid() != 0)  // who may read everything
    {
        result const closed = run({"check", "--config", f.file("x.json", "{}", 0)});
        BOOST_TEST(closed.code == 2);
        BOOST_TEST(closed.says("Permission denied"));
    }
    result const none = run({"check", "--config", f.path.string() + "/none.json"});
    BOOST_TEST(none.code == 2);
    BOOST_TEST(none.says("none.json: cannot be opened"));
    result const secret =
        run({"check", "--config", f.file("s.json", R"({"client_id":"x","client_secret":"canary-2"})", 0644)});
    BOOST_TEST(secret.code == 2);
    BOOST_TEST(secret.says("chmod 600"));
    BOOST_TEST(!secret.says("canary-2"));
    result const ca = run({"check", "--config", f.file("a.json", R"({"client_id":"x","ca_file":"none.pem"})")});
    BOOST_TEST(ca.code == 2);
    BOOST_TEST(ca.says("\"ca_file\""));
    BOOST_TEST(ca.says("none.pem: cannot be opened"));
}

BOOST_AUTO_TEST_CASE(CL_24_a_port_in_use_and_impossible_ports_end_with_2)
{
    odd_server const taken("");
    result const got = run({"mock", "--imap-port", std::to_string(taken.port())});
    BOOST_TEST(got.code == 2);
    BOOST_TEST(got.says("the imap server cannot listen on port " + std::to_string(taken.port())));
    BOOST_TEST(run({"mock", "--smtp-port", "70000"}).code == 2);
    BOOST_TEST(run({"mock", "--smtp-port", "-1"}).code == 2);
    BOOST_TEST(run({"mock", "--smtp-port", "abc"}).code == 2);
    BOOST_TEST(run({"mock", "--world", "/nonexistent/world.json"}).code == 2);
    result const page = run({"connect", "--mock", "--no-browser", "--port", std::to_string(taken.port())});
    BOOST_TEST(page.code == 2);
    BOOST_TEST(page.says("choose another with --port"));
}

BOOST_AUTO_TEST_CASE(CL_10_output_that_cannot_be_written_is_a_failure)
{
    process full({"sh", "-c", '"' + tool + "\" explain AADSTS50011 >/dev/full"});
    BOOST_TEST(full.wait() == 1);
    process closed({"sh", "-c", '"' + tool + "\" explain AADSTS50011 >&-"});
    BOOST_TEST(closed.wait() == 1);
    process pipe({"sh", "-c", "{ \"" + tool + "\" demo --format json; echo $? >&2; } | true"});
    pipe.wait();
    BOOST_TEST(pipe.errors() == "1\n");
}

BOOST_AUTO_TEST_CASE(the_atlas_is_told_whole_as_its_schema_says)
{
    result const all = run({"explain", "--all", "--json"});
    BOOST_TEST(all.code == 0);
    folder const f;
    std::ifstream source(OUTKIT_SOURCE_DIR "/include/outkit/check/atlas/atlas.json");
    std::string const text{std::istreambuf_iterator<char>(source), {}};
    BOOST_TEST((json::parse(all.out).at("symptoms") == json::parse(text).at("symptoms")));  // the tables are its image
    std::string const schema = OUTKIT_SOURCE_DIR "/docs/atlas.schema.json";
    for (std::string const& document :
         {all.out, text, run({"explain", "--json", "AADSTS999999 535 5.7.3 ErrorAccessDenied"}).out})
    {
        process p({"/usr/bin/python3", scripts + "schema_witness.py", schema, f.file("atlas.json", document)});
        int const code = p.wait();
        BOOST_TEST(code == 0, p.errors());
    }
    BOOST_TEST(run({"explain", "--all"}).says("imap-not-connected  (IMAP)"));
    BOOST_TEST(run({"explain", "--all", "AADSTS50011"}).code == 2);
}

BOOST_AUTO_TEST_CASE(CL_13_hostile_text_in_explain_is_harmless)
{
    result const got = run({"explain", "\x1b]0;owned\x07 AADSTS50011 \x1b[2J"});
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.out.find('\x1b') == got.out.npos);
    BOOST_TEST(run({"explain", "nothing of this is known"}).code == 1);
    BOOST_TEST(json::parse(run({"explain", "--format", "json", "535 5.7.3"}).out).at("symptoms").as_array().size() ==
               1u);
}

BOOST_AUTO_TEST_CASE(the_demo_passes_and_every_request_is_in_the_journal)
{
    result const got = run({"demo", "--format", "json"});
    BOOST_TEST(got.code == 0, got.err);
    json::value const said = json::parse(got.out);
    BOOST_TEST(said.at("passed").as_bool());
    BOOST_TEST(said.at("journeys").as_array().size() == 2u);
    for (json::value const& journey : said.at("journeys").as_array())
        BOOST_TEST(journey.at("state").as_string() == "connected");
    BOOST_TEST(said.at("mistakes").as_array().size() == 3u);
    for (json::value const& mistake : said.at("mistakes").as_array())
        BOOST_TEST(mistake.at("as_expected").as_bool());
    for (char const* const secret : {"mock-secret-", "eyJ", "\x1b"})
        BOOST_TEST(got.out.find(secret) == got.out.npos);
}

BOOST_AUTO_TEST_CASE(curl_works_against_the_mock)
{
    result const got = run({"mock", "--exec", "--", scripts + "curl_witness.sh"});
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.says("curl: 13 steps passed"));
}

BOOST_AUTO_TEST_CASE(python_works_against_the_mock)
{
    result const got = run({"mock", "--exec", "--", "/usr/bin/python3", scripts + "python_witness.py"},
                           {{"PYTHONDONTWRITEBYTECODE", "1"}});
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.says("both refuse a token that is none"));
}

BOOST_AUTO_TEST_CASE(HT_32_proxies_come_from_the_option_or_the_environment_and_passwords_from_the_latter_only)
{
    std::vector<std::string> const others{"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
    for (std::string const option :
         {"http://ann:mock-secret-9@proxy.test:3128", "socks5://mock-secret-9", "http://a b"})
    {
        result const r = run({"check", "--mock", "--proxy", option}, {}, others);
        BOOST_TEST(r.code == 2, option);
        BOOST_TEST(r.says("--proxy: "), r.err);
        BOOST_TEST(!r.says("mock-secret-9"));
    }
    BOOST_TEST(
        run({"check", "--mock"}, {{"https_proxy", "socks5://proxy.test"}}, others).says("https_proxy or all_proxy: "));

    // Microsoft's servers, which are asked for at a port where nobody is.
    std::string nobody;
    {
        odd_server const taken("");
        nobody = "127.0.0.1:" + std::to_string(taken.port());
    }
    folder const f;
    std::string const config = f.file(
        "c.json",
        R"({"client_id":"00000000-0000-4000-8000-0000000a0001","client_secret":"mock-secret-8","authority":"common",)"
        R"("redirect_uri":"http://localhost:3000/oauth","base_scope":"imap","user":"adele@woodgrove.example"})");
    std::vector<std::string> const check{"check", "--config", config, "--no-browser", "--only", "authority", "-v"};
    std::vector<std::string> with_option = check;
    with_option.insert(with_option.end(), {"--proxy", "http://" + nobody});
    for (result const& r : {run(with_option, {{"https_proxy", "http://other.test"}}, others),
                            run(check, {{"https_proxy", "http://ann:mock-secret-9@" + nobody}}, others)})
    {
        BOOST_TEST(r.code == 1, r.err);
        BOOST_TEST(r.says("proxy-unreachable"), r.out << r.err);
        BOOST_TEST(r.says("http://" + nobody));
        BOOST_TEST(!r.says("mock-secret"));
    }
}

// A service with a secret and a certificate, and a program without either that may use the device code flow.
BOOST_AUTO_TEST_CASE(msal_works_against_the_mock)
{
    certificate const made = make_certificate("service.test");
    std::string base64 = made.chain.substr(made.chain.find('\n') + 1);
    base64.resize(base64.find("-----"));
    std::erase(base64, '\n');
    std::string const der = outkit::detail::base64_decode(base64).value();
    unsigned char digest[20];
    SHA1(reinterpret_cast<unsigned char const*>(der.data()), der.size(), digest);
    std::string const thumbprint = outkit::detail::hex_encode({reinterpret_cast<char const*>(digest), sizeof digest});

    std::string const tenant = "woodgrove.example", service = "00000000-0000-4000-8000-0000000a0001",
                      terminal = "00000000-0000-4000-8000-0000000a0002", secret = "mock-secret-service";
    json::object const role{{"name", "Mail.Read"}, {"type", "Role"}};
    json::object const first{
        {"app_id", service},
        {"tenant", tenant},
        {"display_name", "Service"},
        {"permissions", json::array{role}},
        {"secrets", json::array{json::object{{"name", "first"}, {"value", secret}}}},
        {"certificates", json::array{json::object{{"name", "first"}, {"pem", made.chain}}}},
        {"consents",
         json::array{json::object{{"tenant", tenant}, {"type", "Role"}, {"permissions", json::array{"Mail.Read"}}}}}};
    json::object const second{{"app_id", terminal},
                              {"tenant", tenant},
                              {"display_name", "Terminal"},
                              {"allow_public_client", true},
                              {"permissions", json::array{"IMAP.AccessAsUser.All", "SMTP.Send", "User.Read"}},
                              {"consents", json::array{json::object{{"tenant", tenant}}}}};
    folder const f;
    std::string const world = f.file(
        "world.json", json::serialize(json::object{{"base", "default"}, {"applications", json::array{first, second}}}));
    result const got = run({"mock", "--world", world, "--exec", "--", "/usr/bin/python3", scripts + "msal_witness.py"},
                           {{"WITNESS_TENANT", tenant},
                            {"WITNESS_SERVICE", service},
                            {"WITNESS_SECRET", secret},
                            {"WITNESS_KEY", f.file("key.pem", made.key)},
                            {"WITNESS_CERTIFICATE", f.file("certificate.pem", made.chain)},
                            {"WITNESS_THUMBPRINT", thumbprint},
                            {"WITNESS_TERMINAL", terminal},
                            {"PYTHONDONTWRITEBYTECODE", "1"}});
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.says("works against the mock"));
}

BOOST_AUTO_TEST_CASE(authlib_verifies_the_mocks_id_tokens)
{
    result const got = run({"mock", "--exec", "--", "/usr/bin/python3", scripts + "authlib_witness.py"},
                           {{"WITNESS_TENANT", "woodgrove.example"}, {"PYTHONDONTWRITEBYTECODE", "1"}});
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.says("works against the mock"));
}

BOOST_AUTO_TEST_CASE(exec_ends_with_the_exit_code_of_its_command)
{
    BOOST_TEST(run({"mock", "--exec", "--", "sh", "-c", "exit 7"}).code == 7);
    BOOST_TEST(run({"mock", "--exec", "--", "sh", "-c", "kill -9 $$"}).code == 137);
    BOOST_TEST(run({"mock", "--exec", "--", "/nonexistent/program"}).code == 2);
    BOOST_TEST(
        run({"mock", "--exec", "--", "sh", "-c", "test -r \"$OUTKIT_CA_FILE\" && test -r \"$OUTKIT_CONFIG\""}).code ==
        0);
}

BOOST_AUTO_TEST_CASE(check_passes_against_a_mock_of_its_own_over_both_base_scopes)
{
    folder const f;
    std::string const config = (f.path / "c.json").string();
    running_mock mock({"--write-config", config, "--redirect-uri", free_redirect()});
    struct stat s{};
    BOOST_REQUIRE(::stat(config.c_str(), &s) == 0);
    BOOST_TEST((s.st_mode & 0777) == 0600);
    desk const d(mock.text("ca_file"));
    std::string const api = f.file("api.json", json::serialize(mock.about.at("configuration_api")));
    for (std::string const& file : {config, api})
    {
        result const got = run({"check", "--config", file, "--send", "--format", "json"}, d.variables);
        BOOST_TEST_CONTEXT(got.out << got.err)
        {
            BOOST_TEST(got.code == 0);
            json::value const report = json::parse(got.out);
            BOOST_TEST(report.at("passed").as_bool());
            BOOST_TEST(report.at("state").as_string() == "connected");
            BOOST_TEST(report.at("mailbox").as_string() == "a***@woodgrove.example");
            BOOST_TEST(!got.says("mock-secret-"));
        }
    }
    std::string const ca_file = mock.text("ca_file");
    mock.server.signal(SIGINT);
    BOOST_TEST(mock.server.wait() == 0);
    BOOST_TEST(!fs::exists(ca_file));
}

BOOST_AUTO_TEST_CASE(reports_are_what_other_programs_take_them_for)
{
    for (char const* const scenario :
         {"everything-works", "smtp-auth-disabled-for-mailbox", "imap-disabled-for-mailbox"})
    {
        folder const f;
        running_mock mock(
            {"--scenario", scenario, "--write-config", f.at("c.json"), "--redirect-uri", free_redirect()});
        desk const d(mock.text("ca_file"));
        auto const report = [&](char const* format) {
            result const got = run({"check", "--config", f.at("c.json"), "--format", format}, d.variables);
            return f.file(format, got.out);
        };
        process p({"/usr/bin/python3", scripts + "reports_witness.py", OUTKIT_SOURCE_DIR "/docs/report.schema.json",
                   report("json"), report("junit"), report("html")});
        int const code = p.wait();
        BOOST_TEST(code == 0, scenario << ": " << p.output() << p.errors());
    }
    result const refused = run({"check", "--mock", "--scenario", "imap-disabled-for-mailbox"});
    BOOST_TEST(refused.code == 1);
    std::size_t const verdict = refused.out.find("failed: "), action = refused.out.find("to do first"),
                      step = refused.out.find("FAILED");
    BOOST_TEST((verdict < action && action < step && step != std::string::npos), refused.out);
}

BOOST_AUTO_TEST_CASE(CL_14_servers_that_are_none_are_named_and_end_with_1)
{
    folder const f;
    running_mock mock({"--redirect-uri", free_redirect()});
    desk const d(mock.text("ca_file"));
    odd_server const garbage("HTTP/1.1 200 OK\r\n\r\n<html>sign in to the network</html>\r\n");
    odd_server const silent("");
    int const nobody = [] { return odd_server("").port(); }();
    struct row
    {
        char const* endpoint;
        int port;
        std::string host;
        std::string step, symptom;
    };
    for (row const& r : {row{"imap", nobody, "localhost", "imap.connect", "network-refused"},
                         row{"imap", garbage.port(), "localhost", "imap.connect", "tls-not-tls"},
                         row{"smtp", garbage.port(), "localhost", "smtp.connect", "server-misbehaves"},
                         row{"smtp", silent.port(), "localhost", "smtp.connect", "network-reset"},
                         row{"imap", -1, "127.0.0.2", "imap.connect", ""}})
    {
        json::object config = mock.about.at("configuration").as_object();
        json::object& at = config.at("endpoints").as_object().at(r.endpoint).as_object();
        at["host"] = r.host;
        if (r.port != -1)
            at["port"] = r.port;
        result const got =
            run({"check", "--config", f.file("c.json", json::serialize(config)), "--format", "json"}, d.variables);
        BOOST_TEST_CONTEXT(r.step << ' ' << r.symptom << '\n' << got.out << got.err)
        {
            BOOST_TEST(got.code == 1);
            bool found = false;
            json::value const report = json::parse(got.out);
            for (json::value const& step : report.at("steps").as_array())
                if (step.at("id").as_string() == r.step)
                {
                    found = true;
                    BOOST_TEST(step.at("result").as_string() == "failed");
                    auto const& findings = step.at("findings").as_array();
                    BOOST_TEST(!findings.empty());
                    if (!findings.empty() && !r.symptom.empty())
                        BOOST_TEST(findings.front().at("id").as_string() == r.symptom);
                }
            BOOST_TEST(found);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_host_name_or_an_unknown_authority_is_a_tls_finding)
{
    folder const f;
    running_mock mock({"--redirect-uri", free_redirect()});
    running_mock other;
    desk const d(mock.text("ca_file"));
    json::object config = mock.about.at("configuration").as_object();
    config["ca_file"] = other.text("ca_file");
    result const got =
        run({"check", "--config", f.file("c.json", json::serialize(config)), "--format", "json"}, d.variables);
    BOOST_TEST(got.code == 1);
    BOOST_TEST(got.says("tls-untrusted"));
}

BOOST_AUTO_TEST_CASE(connect_leads_from_the_button_to_connected)
{
    process page({tool, "connect", "--mock", "--no-browser", "--port", "0"});
    std::string const url = page.first_line();
    BOOST_REQUIRE_MESSAGE(url.starts_with("http://localhost:"), page.errors());
    std::string const said = page.errors();
    std::string ca_file = said.substr(said.find("certificates in ") + 16);
    ca_file.resize(ca_file.find('\n'));
    desk const d(ca_file);
    process walk({scripts + "connect_witness.sh", url}, d.variables);
    int const code = walk.wait();
    BOOST_TEST_CONTEXT(walk.output() << walk.errors() << page.errors()) { BOOST_TEST(code == 0); }
    page.signal(SIGTERM);
    BOOST_TEST(page.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
