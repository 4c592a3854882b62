#include "interop/command_line.hpp"

#include "../../tools/command_line.hpp"
#include "../../tools/console.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

// The command line where the environment, the person, or the servers are not as they should be.

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace outkit::tests;
using namespace std::chrono_literals;

bool accepts(int port)
{
    int const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool const good = ::connect(s, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    ::close(s);
    return good;
}

std::set<std::string> keys(json::value const& object)
{
    std::set<std::string> all;
    for (auto const& member : object.as_object())
        all.emplace(member.key());
    return all;
}

std::set<std::string> const report_keys{"passed", "verdict", "base_scope", "mailbox", "state", "states", "steps"};
std::set<std::string> const step_keys{"id",       "title",   "result", "microseconds",
                                      "verified", "problem", "said",   "findings"};

// Valid, with all keys of a report and of a step, and nothing else.
json::value report(std::string const& text)
{
    json::value const r = json::parse(text);
    BOOST_TEST((keys(r) == report_keys), text);
    for (json::value const& s : r.at("steps").as_array())
        BOOST_TEST((keys(s) == step_keys), text);
    return r;
}

json::value const* failed_step(json::value const& r)
{
    for (json::value const& s : r.at("steps").as_array())
        if (s.at("result").as_string() == "failed")
            return &s;
    return nullptr;
}

// How `outkit check` goes for a mock with that world: changed before, if it is to be.
struct examination
{
    result got;
    json::value found;

    explicit examination(std::string const& world, std::function<void(json::object&)> const& change = {},
                         char const* configuration = "configuration")
    {
        folder const f;
        running_mock mock({"--world", f.file("world.json", world), "--redirect-uri", free_redirect()});
        desk const d(mock.text("ca_file"));
        json::object config = mock.about.at(configuration).as_object();
        if (change)
            change(config);
        got = run({"check", "--config", f.file("c.json", json::serialize(config)), "--format", "json"}, d.variables);
        BOOST_TEST_CONTEXT(got.out << got.err) { found = report(got.out); }
    }

    // Exit code 1, failed at that step, and the first thing found is that one.
    void expect(std::string const& step, std::string const& symptom) const
    {
        BOOST_TEST_CONTEXT(got.out << got.err)
        {
            BOOST_TEST(got.code == 1);
            json::value const* const s = failed_step(found);
            BOOST_REQUIRE(s);
            BOOST_TEST(s->at("id").as_string() == step);
            auto const& findings = s->at("findings").as_array();
            BOOST_REQUIRE(!findings.empty());
            BOOST_TEST(findings.front().at("id").as_string() == symptom);
        }
    }
};

std::function<void(json::object&)> with(std::string const& server, std::string const& host, int port)
{
    return [=](json::object& config) {
        json::object& at = config.at("endpoints").as_object().at(server).as_object();
        at["host"] = host;
        at["port"] = port;
    };
}

std::string fault(std::string const& what) { return R"({"base": "default", "faults": [{)" + what + "}]}"; }

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_hostile)

BOOST_AUTO_TEST_CASE(CL_09_an_odd_environment_works_or_is_a_clear_error)
{
    process::variables const odd{{"XDG_CONFIG_HOME", "relative"}, {"XDG_RUNTIME_DIR", "relative"}, {"LC_ALL", "C"}};
    result const check = run({"check", "--mock", "--format", "json"}, odd, {"HOME", "USER", "LANG", "TERM"});
    BOOST_TEST(check.code == 0, check.out << check.err);
    report(check.out);
    result const nowhere = run({"check", "--mock"}, {{"TMPDIR", "/nonexistent/folder"}});
    BOOST_TEST(nowhere.code == 2);
    BOOST_TEST(nowhere.says("is TMPDIR right?"));
    for (std::vector<std::string> const& arguments :
         {std::vector<std::string>{"check", "--config", "\xff\xfe\x80"}, {"\xc3\x28"}, {"check", "--\xff"}})
    {
        result const got = run(arguments, odd);
        BOOST_TEST(got.code == 2);
        BOOST_TEST(got.err == cli::printable(got.err.substr(0, got.err.size() - 1)) + '\n');
    }
}

BOOST_AUTO_TEST_CASE(CL_11_standard_input_that_is_closed_endless_or_a_terminal)
{
    auto const shell = [](std::string const& command) {
        process p({"sh", "-c", command}, {{"OUTKIT", tool}});
        int const code = p.wait();
        return result{code, p.output(), p.errors()};
    };
    result const closed = shell("\"$OUTKIT\" explain <&-");
    BOOST_TEST(closed.code == 1);
    BOOST_TEST(closed.says("nothing in this text is known"));
    result const endless = shell("yes AADSTS50011 | \"$OUTKIT\" explain");
    BOOST_TEST(endless.code == 0);
    BOOST_TEST(endless.says("AADSTS50011"));
    result const terminal = shell("script --quiet --return --command '\"$OUTKIT\" explain' /dev/null </dev/null");
    BOOST_TEST(terminal.code == 2);
    BOOST_TEST(terminal.says("nothing to explain"));
    BOOST_TEST(shell("\"$OUTKIT\" check --mock --format json <&-").code == 0);  // which asks for nothing
}

// Of LG-09 the half about the command line.
BOOST_AUTO_TEST_CASE(no_core_is_written_of_the_command_line_unless_it_is_asked_for)
{
    auto const limit = [](process::variables changed) {
        folder const f;
        changed["OUTKIT"] = tool;
        changed["ASAN_OPTIONS"] = "disable_coredump=0";  // else it is ASan that forbids them
        changed["READY"] = (f.path / "ready").string();
        process p({"sh", "-c",
                   "ulimit -S -c \"$(ulimit -H -c)\"; mkfifo \"$READY\"; \"$OUTKIT\" mock >\"$READY\" & read -r line "
                   "<\"$READY\"; "
                   "cat /proc/$!/limits; kill $!; wait $!; ulimit -H -c"},
                  changed);
        BOOST_TEST(p.wait() == 0, p.errors());
        return p.output();
    };
    std::string const usual = limit({});
    BOOST_TEST(usual.find("Max core file size        0 ") != usual.npos, usual);
    std::string const asked = limit({{"OUTKIT_ALLOW_CORE", "1"}});
    if (!asked.ends_with("\n0\n"))
        BOOST_TEST(asked.find("Max core file size        0 ") == asked.npos, asked);
}

BOOST_AUTO_TEST_CASE(CL_12_a_signal_during_the_sign_in_closes_the_listener_and_names_itself_in_the_exit_code)
{
    folder const f;
    std::string const redirect = free_redirect();
    running_mock mock({"--redirect-uri", redirect});
    std::string const config = f.file("c.json", json::serialize(mock.about.at("configuration")));
    int const port = std::stoi(redirect.substr(redirect.rfind(':') + 1));
    for (int const number : {SIGINT, SIGTERM, SIGHUP})
    {
        process check({tool, "check", "--config", config, "--no-browser"});
        BOOST_TEST(check.said("Sign in at this address"));
        BOOST_TEST(accepts(port));
        check.signal(number);
        BOOST_TEST(check.wait() == 128 + number);
        BOOST_TEST(!accepts(port));
        BOOST_TEST(check.errors().find("interrupted: sign in") != std::string::npos, check.errors());
    }
    // What runs its own Outlook leaves nothing behind.
    for (std::vector<std::string> const& command :
         {std::vector<std::string>{tool, "demo"}, {tool, "connect", "--mock", "--no-browser", "--port", "0"}})
    {
        process p(command, {{"TMPDIR", f.path.string()}});
        BOOST_TEST(p.said(command[1] == "demo" ? "start an offline Outlook" : "http://localhost:"));
        p.signal(SIGINT);
        BOOST_TEST(p.wait() == (command[1] == "demo" ? 130 : 0));  // ending a server is how it ends well
        for (fs::path const& left : fs::directory_iterator(f.path))
            BOOST_TEST(left.filename() == "c.json", left);
    }
}

BOOST_AUTO_TEST_CASE(CL_16_json_is_valid_when_all_is_well_when_it_fails_and_when_it_is_interrupted)
{
    BOOST_TEST(report(run({"check", "--mock", "--format", "json"}).out).at("passed").as_bool());
    json::value const refused =
        report(run({"check", "--mock", "--scenario", "secret-expired", "--format", "json"}).out);
    BOOST_TEST(!refused.at("passed").as_bool());
    folder const f;
    running_mock mock({"--redirect-uri", free_redirect()});
    std::string const config = f.file("c.json", json::serialize(mock.about.at("configuration")));
    for (int const number : {SIGINT, SIGTERM})
    {
        process check({tool, "check", "--config", config, "--no-browser", "--format", "json"});
        BOOST_TEST(check.said("Sign in at this address"));
        check.signal(number);
        BOOST_TEST(check.wait() == 128 + number);
        json::value const r = report(check.output());
        BOOST_TEST(!r.at("passed").as_bool());
        json::value const* const s = failed_step(r);
        BOOST_REQUIRE(s);
        BOOST_TEST(s->at("id").as_string() == "sign-in");
        BOOST_TEST(s->at("problem").as_string() == "interrupted");
    }
    // At any moment: whole, or nothing.
    for (auto const delay : {20ms, 60ms, 90ms, 120ms, 150ms, 180ms})
    {
        process check({tool, "check", "--mock", "--format", "json"});
        ::poll(nullptr, 0, static_cast<int>(delay.count()));
        check.signal(SIGINT);
        int const code = check.wait();
        BOOST_TEST((code == 130 || code == 0), code);
        if (!check.output().empty())
            report(check.output());
    }
}

BOOST_AUTO_TEST_CASE(CL_17_of_a_hostile_server_the_doctor_says_that_it_misbehaves)
{
    examination(R"({"base": "default", "misbehaviour": ["imap.greeting-garbage"]})")
        .expect("imap.connect", "server-misbehaves");
    examination(fault(R"("server": "imap", "operation": "AUTHENTICATE", "answer": "\u0001 {99999999999}")"))
        .expect("imap.sign-in", "server-misbehaves");
    examination(R"({"base": "default", "misbehaviour": ["smtp.plaintext-after-starttls"]})")
        .expect("smtp.connect", "server-misbehaves");
    examination(R"({"base": "default", "misbehaviour": ["smtp.no-starttls"]})").expect("smtp.connect", "tls-refused");
    examination(
        fault(R"("server": "entra", "operation": "token", "status": 400, "answer": "<html>Sign in to the Wi-Fi")"))
        .expect("code", "server-misbehaves");
    examination(fault(R"("server": "imap", "operation": "AUTHENTICATE", "drop_after": 5)"))
        .expect("imap.sign-in", "tls-cut");

    struct row
    {
        odd_server server;
        char const* symptom;
    };
    for (row const& r : {row{odd_server(std::string(4096, 'x'), odd_server::endless), "server-misbehaves"},
                         row{odd_server("220-hello\r\n", odd_server::endless), "server-misbehaves"},
                         row{odd_server(std::string("220 a\0b\r\n", 9)), "server-misbehaves"},
                         row{odd_server("220 mail.te"), "network-reset"}})
        examination(R"({"base": "default"})", with("smtp", "localhost", r.server.port()))
            .expect("smtp.connect", r.symptom);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_is_told_once)
{
    examination const e(fault(R"("server": "imap", "operation": "LIST", "disconnect": true)"));
    e.expect("imap.folders", "network-reset");
    for (json::value const& s : e.found.at("steps").as_array())
        if (s.at("id").as_string() == "imap.newest")
            BOOST_TEST(s.at("result").as_string() == "skipped");
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_host_name_is_refused_under_the_name_of_the_configuration)
{
    for (char const* const server : {"imap", "smtp"})
    {
        relay other_name;  // 127.0.0.2, which the mock's certificate does not name
        examination(R"({"base": "default"})", [&](json::object& config) {
            json::object& at = config.at("endpoints").as_object().at(server).as_object();
            other_name.lead_to(static_cast<int>(at.at("port").as_int64()));
            at["host"] = other_name.host;
            at["port"] = other_name.port();
        }).expect(std::string(server) + ".connect", "tls-name");
    }
}

BOOST_AUTO_TEST_CASE(CL_22_random_arguments_end_in_a_usage_error_or_ask_for_something)
{
    constexpr unsigned seed = 20261124;
    std::mt19937 dice(seed);
    auto const below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
    std::vector<std::string> const words{
        "demo", "check", "mock", "connect", "explain", "--config", "--mock", "--world", "--scenario", "--base-scope",
        "--only", "--send", "--full-addresses", "--no-browser", "--format", "--list-scenarios", "--write-config",
        "--redirect-uri", "--login-port", "--graph-port", "--imap-port", "--smtp-port", "--exec", "--", "--port",
        "--help", "-h", "--version", "--token", "--client-secret", "-", "-v", "--format=json", "--port=0", "--config=",
        // values
        "json", "text", "imap", "api", "0", "70000", "-1", "1e9", "", " ", "everything-works", "secret-expired",
        "/nonexistent/file", "/dev/null", "/", "http://localhost:3000/oauth", "AADSTS50011", "true", "\xff\xfe",
        "\x1b[2J", "%s%n"};
    int usage_errors = 0, good = 0, executed = 0;
    for (int round = 0; round != 2000; ++round)
    {
        std::vector<std::string> arguments;
        for (std::size_t n = below(7); n != 0; --n)
        {
            std::string word = words[below(words.size())];
            switch (below(12))
            {
            case 0: word += static_cast<char>(1 + below(255)); break;
            case 1: word = word.substr(0, below(word.size() + 1)); break;
            case 2: word.insert(below(word.size() + 1), 1, static_cast<char>(1 + below(255))); break;
            case 3: word += '=' + words[below(words.size())]; break;
            case 4: word = std::string(1 + below(4096), static_cast<char>('!' + below(90))); break;
            default: break;
            }
            arguments.push_back(std::move(word));
        }
        std::vector<char const*> argv{"outkit"};
        for (std::string const& a : arguments)
            argv.push_back(a.c_str());
        std::string shown;
        for (std::string const& a : arguments)
            shown += " [" + cli::printable(a, 64) + ']';
        BOOST_TEST_CONTEXT("seed " << seed << ", round " << round << ':' << shown)
        {
            auto const begin = std::chrono::steady_clock::now();
            bool wrong = false;
            try
            {
                BOOST_TEST(!!cli::read_command_line(static_cast<int>(argv.size()), argv.data()));
                ++good;
            }
            catch (cli::usage_error const& e)
            {
                std::string const said = e.what();
                BOOST_TEST(!said.empty());
                BOOST_TEST(said.size() <= 1024u);
                BOOST_TEST(said == cli::printable(said));
                wrong = true;
                ++usage_errors;
            }
            BOOST_TEST((std::chrono::steady_clock::now() - begin < 2s));
            if (wrong && round % 20 == 0)  // the program says the same
            {
                result const got = run(arguments);
                BOOST_TEST(got.code == 2, got.err);
                BOOST_TEST(got.out.empty());
                ++executed;
            }
        }
    }
    BOOST_TEST_MESSAGE(usage_errors << " usage errors, " << good << " commands, " << executed << " executed");
    BOOST_TEST(usage_errors > 500);
    BOOST_TEST(good > 100);
    BOOST_TEST(executed > 20);
}

BOOST_AUTO_TEST_CASE(CL_23_the_verbose_output_of_a_sign_in_and_a_message_has_no_secret)
{
    running_mock mock({"--redirect-uri", free_redirect()});
    desk const d(mock.text("ca_file"));
    folder const f;
    for (int round = 0; round != 10; ++round)
    {
        bool const api = round % 2 != 0;
        json::value const& configuration = mock.about.at(api ? "configuration_api" : "configuration_imap");
        std::string const secret(configuration.at("client_secret").as_string());
        std::string const config = f.file("c.json", json::serialize(configuration));
        result const got = run(
            {"check", "--config", config, "--send", "--verbose", "--format", round < 8 ? "text" : "json"}, d.variables);
        BOOST_TEST_CONTEXT(got.err)
        {
            BOOST_TEST(got.code == 0, got.out);
            BOOST_TEST(got.says("entra > POST /common/oauth2/v2.0/token"));
            BOOST_TEST(got.says(api ? "graph > POST /v1.0/me/sendMail" : "imap  > "));
            BOOST_TEST(got.says(api ? "graph < HTTP/1.1 202" : "smtp  > MAIL FROM:"));
            BOOST_TEST(got.says("redacted"));
            for (std::string const& canary : {secret, std::string("mock-secret-"), std::string("eyJ"),
                                              std::string("code="), std::string("adele@"), std::string("\x1b")})
                BOOST_TEST(got.err.find(canary) == got.err.npos, canary);
        }
    }
}

BOOST_AUTO_TEST_CASE(help_fits_a_terminal_and_has_no_escapes_in_a_pipe)
{
    for (std::vector<std::string> arguments :
         {std::vector<std::string>{}, {"demo"}, {"check"}, {"mock"}, {"connect"}, {"explain"}})
    {
        arguments.emplace_back("--help");
        result const got = run(arguments, {{"TERM", "xterm-256color"}, {"COLORTERM", "truecolor"}});
        BOOST_TEST(got.code == 0);
        BOOST_TEST(got.out.find('\x1b') == got.out.npos);
        std::string::size_type at = 0;
        while (at < got.out.size())
        {
            auto const end = std::min(got.out.find('\n', at), got.out.size());
            BOOST_TEST(end - at <= 80u, got.out.substr(at, end - at));
            at = end + 1;
        }
    }
    result const check =
        run({"check", "--mock", "--scenario", "imap-disabled-for-mailbox"}, {{"TERM", "xterm-256color"}});
    BOOST_TEST(check.code == 1);
    BOOST_TEST(check.out.find('\x1b') == check.out.npos);
    BOOST_TEST(check.err.find('\x1b') == check.err.npos);
}

BOOST_AUTO_TEST_SUITE_END()
