#include "../../tools/config.hpp"
#include "../../tools/console.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// The command line as a program of its own: what it says and how it ends, and other programs against `outkit mock`.

extern char** environ;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string const tool = std::string(OUTKIT_BINARY_DIR) + "/tools/outkit";
std::string const scripts = std::string(OUTKIT_SOURCE_DIR) + "/tests/interop/";

struct folder
{
    fs::path path;
    folder()
    {
        std::string name = (fs::temp_directory_path() / "outkit-cli-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~folder() { fs::remove_all(path); }
    std::string file(std::string const& name, std::string const& text, mode_t mode = 0600) const
    {
        std::string const p = (path / name).string();
        std::ofstream(p, std::ios::binary) << text;
        ::chmod(p.c_str(), mode);
        return p;
    }
};

// A program that is running. Its output goes to files; standard input is empty.
class process
{
public:
    process(std::vector<std::string> const& command, std::map<std::string, std::string> const& variables = {})
    {
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 1, out().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::posix_spawn_file_actions_addopen(&actions, 2, err().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        std::vector<std::string> texts;
        for (char** e = environ; *e; ++e)
            if (!variables.contains(std::string(*e).substr(0, std::string(*e).find('='))))
                texts.emplace_back(*e);
        for (auto const& [name, value] : variables)
            texts.push_back(name + '=' + value);
        auto const pointers = [](std::vector<std::string> const& from) {
            std::vector<char*> to;
            for (std::string const& t : from)
                to.push_back(const_cast<char*>(t.c_str()));
            to.push_back(nullptr);
            return to;
        };
        BOOST_REQUIRE(::posix_spawnp(&id_, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                     pointers(texts).data()) == 0);
        ::posix_spawn_file_actions_destroy(&actions);
    }
    ~process()
    {
        if (id_ == 0)
            return;
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }

    void signal(int number) { ::kill(id_, number); }

    // Its exit code; 128 and the signal's number.
    int wait()
    {
        int status = 0;
        ::waitpid(std::exchange(id_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    // The first line of standard output, waited for; empty when it ends without.
    std::string first_line()
    {
        for (;;)
        {
            std::string const text = output();
            if (std::size_t const end = text.find('\n'); end != text.npos)
                return text.substr(0, end);
            siginfo_t gone{};
            if (::waitid(P_PID, static_cast<id_t>(id_), &gone, WEXITED | WNOHANG | WNOWAIT) == 0 && gone.si_pid != 0)
                return {};
            ::poll(nullptr, 0, 5);
        }
    }
    std::string output() const { return read(out()); }
    std::string errors() const { return read(err()); }

private:
    static std::string read(std::string const& path)
    {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string out() const { return (folder_.path / "out").string(); }
    std::string err() const { return (folder_.path / "err").string(); }

    folder folder_;
    pid_t id_ = 0;
};

struct result
{
    int code;
    std::string out, err;
    bool says(std::string const& part) const { return err.find(part) != err.npos || out.find(part) != out.npos; }
};

result run(std::vector<std::string> arguments, std::map<std::string, std::string> const& variables = {})
{
    arguments.insert(arguments.begin(), tool);
    process p(arguments, variables);
    int const code = p.wait();
    return {code, p.output(), p.errors()};
}

// `outkit mock` of its own, running.
struct running_mock
{
    process server;
    json::object about;

    explicit running_mock(std::vector<std::string> more = {})
        : server([&] {
              std::vector<std::string> command{tool, "mock"};
              command.insert(command.end(), more.begin(), more.end());
              return command;
          }())
    {
        std::string const line = server.first_line();
        BOOST_REQUIRE_MESSAGE(!line.empty(), server.errors());
        about = json::parse(line).as_object();
    }
    std::string text(char const* name) const { return std::string(about.at(name).as_string()); }
};

// A loopback port where nothing useful is: a server that says `greeting`, or closes at once, until the object goes.
class odd_server
{
public:
    explicit odd_server(std::string greeting) : greeting_(std::move(greeting))
    {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        BOOST_REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0);
        BOOST_REQUIRE(::listen(socket_, 8) == 0);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] {
            for (;;)
            {
                int const c = ::accept(socket_, nullptr, nullptr);
                if (c < 0)
                    return;
                [[maybe_unused]] auto const n = ::send(c, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
                ::shutdown(c, SHUT_WR);
                char sink[1024];
                while (::recv(c, sink, sizeof sink, 0) > 0)
                {
                }
                ::close(c);
            }
        });
    }
    ~odd_server()
    {
        ::shutdown(socket_, SHUT_RDWR);
        ::close(socket_);
        thread_.join();
    }
    int port() const { return port_; }

private:
    std::string greeting_;
    int socket_ = -1;
    int port_ = 0;
    std::thread thread_;
};

// Where check signs in by the browser made of curl.
struct desk : folder
{
    std::map<std::string, std::string> variables;
    explicit desk(std::string const& ca_file)
    {
        fs::create_symlink(scripts + "browser.sh", path / "xdg-open");
        variables = {{"PATH", path.string() + ':' + std::getenv("PATH")},
                     {"OUTKIT_CA_FILE", ca_file},
                     {"OUTKIT_USER", "adele@woodgrove.example"},
                     {"OUTKIT_PASSWORD", "mock-secret-adele"}};
    }
};

std::string free_redirect()
{
    odd_server const taken("");
    return "http://localhost:" + std::to_string(taken.port()) + "/oauth";
}

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
          row{{"mock", "ls"}, "needs --exec"}, row{{"connect"}, "needs a configuration"}})
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
    result const got = run({"mock", "--exec", "--", "/usr/bin/python3", scripts + "python_witness.py"});
    BOOST_TEST_CONTEXT(got.out << got.err) { BOOST_TEST(got.code == 0); }
    BOOST_TEST(got.says("both refuse a token that is none"));
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
