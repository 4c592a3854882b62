// `outkit login`, `token` and `accounts` as programs of their own, against `outkit mock`.

#include "interop/command_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <regex>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace outkit::tests;
namespace json = boost::json;

namespace {

// A mock, a configuration for it, a desk whose browser signs in, and a place for the sign-ins.
struct place
{
    explicit place(std::string const& authority = {})
        : mock({"--redirect-uri", free_redirect(), "--write-config", f.at("config.json")}),
          person(mock.text("ca_file")),
          config(f.at("config.json")),
          store(f.at("in/tokens"))
    {
        if (authority.empty())
            return;
        std::ifstream in(config);
        std::string const text{std::istreambuf_iterator<char>(in), {}};
        json::object changed = json::parse(text).as_object();
        changed["authority"] = authority;
        f.file("config.json", json::serialize(changed));
    }
    std::vector<std::string> with(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.end(), {"--config", config, "--store", store});
        return arguments;
    }
    result outkit(std::vector<std::string> arguments) const
    {
        return run(with(std::move(arguments)), person.variables);
    }
    result accounts(std::vector<std::string> more = {}) const
    {
        more.insert(more.begin(), {"accounts", "--store", store});
        return run(more);
    }

    folder f;
    running_mock mock;
    desk person;
    std::string config, store;
};

void passes(result const& r)
{
    BOOST_TEST_CONTEXT(r.out << r.err) { BOOST_TEST(r.code == 0); }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_sign_ins)

BOOST_AUTO_TEST_CASE(who_has_signed_in_has_tokens_until_signing_out)
{
    place const p;
    BOOST_TEST(p.accounts().out.starts_with("nobody is signed in"));
    result const before = p.outkit({"token"});
    BOOST_TEST(before.code == 1);
    BOOST_TEST(before.says("nobody is signed in for this configuration; run: outkit login --config " + p.config));

    result const login = p.outkit({"login"});
    passes(login);
    BOOST_TEST(login.out == "signed in as adele@woodgrove.example; kept in " + p.store + "\n");
    struct stat is = {};
    BOOST_TEST_REQUIRE(::stat(p.store.c_str(), &is) == 0);
    BOOST_TEST((is.st_mode & 07777) == 0600u);

    result const token = p.outkit({"token"});
    passes(token);
    BOOST_TEST(token.err == "");
    BOOST_TEST(token.out.starts_with("eyJ"));
    BOOST_TEST(token.out.find('\n') == token.out.size() - 1);
    BOOST_TEST(p.outkit({"token"}).out == token.out);  // not one for each time it is asked for
    BOOST_TEST(p.outkit({"token", "--account", "ADELE@woodgrove.example"}).out == token.out);
    BOOST_TEST(p.outkit({"token", "--account", "alex@woodgrove.example"}).code == 1);

    // Graph is another resource, which nobody has consented to yet.
    result const refused = p.outkit({"token", "--base-scope", "api"});
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(refused.says("AADSTS65001"), refused.err);
    BOOST_TEST(refused.says("run: outkit login"));
    BOOST_TEST(p.outkit({"token"}).out == token.out);
    passes(p.outkit({"login", "--base-scope", "api"}));
    result const graph = p.outkit({"token", "--base-scope", "api", "--format", "json"});
    passes(graph);
    BOOST_TEST(json::parse(graph.out).at("access_token").as_string().starts_with("eyJ"));
    passes(p.outkit({"token"}));  // by the same refresh token

    result const listed = p.accounts({"--format", "json"});
    passes(listed);
    auto const accounts = json::parse(listed.out).at("accounts").as_array();
    BOOST_TEST_REQUIRE(accounts.size() == 1u);
    BOOST_TEST(accounts.front().at("user").as_string() == "adele@woodgrove.example");
    BOOST_TEST(accounts.front().at("needs_sign_in").as_bool() == false);
    for (result const& r : {login, listed, p.accounts()})
        BOOST_TEST(!r.says("eyJ"));
    passes(p.accounts({"--sign-out", "adele@woodgrove.example"}));
    BOOST_TEST(p.outkit({"token"}).code == 1);
    BOOST_TEST(p.accounts({"--sign-out", "adele@woodgrove.example"}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_code_on_another_device_signs_in_too)
{
    place const p;
    process login([&] {
        auto arguments = p.with({tool, "login", "--device"});
        return arguments;
    }());
    BOOST_TEST_REQUIRE(login.said("Only if you have started this yourself"), login.errors());
    std::string const said = std::regex_replace(login.errors(), std::regex("\\s+"), " ");
    std::smatch found;
    BOOST_TEST_REQUIRE(std::regex_search(said, found, std::regex("(https://localhost:[0-9]+/\\S+).* code ([A-Z0-9]+)")),
                       said);
    process::variables variables = p.person.variables;
    variables["PYTHONDONTWRITEBYTECODE"] = "1";
    process person({"/usr/bin/python3", scripts + "enter_code.py", found[1], found[2]}, variables);
    int const walked = person.wait();
    BOOST_TEST_CONTEXT(person.output() << person.errors()) { BOOST_TEST(walked == 0); }
    int const code = login.wait();
    BOOST_TEST_CONTEXT(login.output() << login.errors()) { BOOST_TEST(code == 0); }
    BOOST_TEST(login.output().starts_with("signed in as adele@woodgrove.example"));
    BOOST_TEST(p.outkit({"token"}).out.starts_with("eyJ"));
}

BOOST_AUTO_TEST_CASE(a_token_of_the_application_itself_needs_no_sign_in)
{
    place const p("woodgrove.example");
    result const r = p.outkit({"token", "--app"});
    passes(r);
    BOOST_TEST(r.out.starts_with("eyJ"));
    place const common;
    BOOST_TEST(common.outkit({"token", "--app"}).code == 1);
}

BOOST_AUTO_TEST_CASE(TS_27_without_a_home_or_with_a_key_that_is_none_it_is_said_so)
{
    folder const f;
    result const homeless = run({"accounts"}, {}, {"HOME", "XDG_STATE_HOME", "OUTKIT_TOKEN_STORE"});
    BOOST_TEST(homeless.code == 2);
    BOOST_TEST(homeless.says("--store"));
    BOOST_TEST(run({"accounts"}, {{"HOME", f.path.string()}}, {"XDG_STATE_HOME", "OUTKIT_TOKEN_STORE"})
                   .says(f.at(".local/state/outkit/tokens")));
    BOOST_TEST(run({"accounts", "--store", f.at("t"), "--key-file", f.file("short", "abc")}).code == 2);
    BOOST_TEST(run({"accounts", "--store", f.at("t"), "--key-file", f.file("open", std::string(32, 'k'), 0644)}).code ==
               2);
    auto const piped = [&](std::string const& input) {
        return run({"accounts", "--store", f.at("t"), "--key-file", "-"}, {}, {}, input);
    };
    BOOST_TEST(piped(f.file("whole", std::string(32, 'k'))).code == 0);
    BOOST_TEST(piped(f.at("short")).code == 2);
    BOOST_TEST(piped(f.at("short")).says("standard input: a key has 32 octets"));
    BOOST_TEST(run({"accounts", "--store", f.file("damaged", "x")}).code == 1);
    BOOST_TEST(run({"token", "--config", f.at("no.json")}).code == 2);
    BOOST_TEST(run({"token"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_damaged_store_is_kept_when_somebody_signs_in)
{
    place const p;
    BOOST_TEST_REQUIRE(::mkdir(p.f.at("in").c_str(), 0700) == 0);
    p.f.file("in/tokens", "damaged");
    BOOST_TEST(p.outkit({"token"}).says("damaged"));
    result const login = p.outkit({"login"});
    passes(login);
    BOOST_TEST(login.says("tokens.corrupt-"), login.err);
    BOOST_TEST(p.outkit({"token"}).out.starts_with("eyJ"));
    BOOST_TEST(std::filesystem::exists(p.f.at("in/tokens.corrupt-1")));
}

BOOST_AUTO_TEST_SUITE_END()
