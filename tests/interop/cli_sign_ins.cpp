// `outkit login`, `token` and `accounts` as programs of their own, against `outkit mock`.

#include "interop/command_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <regex>
#include <sstream>
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

// Into a pipe: no colours, and lines of at most 80 columns, unless one word (a path, a URL) is longer.
void is_readable(std::string const& text)
{
    BOOST_TEST(text.find('\x1b') == text.npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        BOOST_TEST((line.size() <= 80 || line.find(' ', line.find_first_not_of(' ')) == line.npos), line);
}

// What is said, however the lines are broken.
bool says(std::string const& text, std::string const& part)
{
    return std::regex_replace(text, std::regex("\\s+"), " ").find(part) != text.npos;
}

// A configuration for an authority that cannot be reached: whoever asks it anything fails for that reason.
std::string configuration(json::object const& more)
{
    odd_server const taken("");
    json::object o{{"client_id", "00000000-0000-4000-8000-0000000a0001"},
                   {"client_secret", "mock-secret-8"},
                   {"redirect_uri", free_redirect()},
                   {"endpoints", json::object{{"login", "https://127.0.0.1:" + std::to_string(taken.port())}}}};
    for (auto const& [key, value] : more)
        o[key] = value;
    return json::serialize(o);
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

namespace {

// A token file as some version of outkit wrote it.
std::string token_file(std::string const& version, std::string const& json)
{
    std::string const beginning = "outkit-tokens " + version + " plain", text = beginning + '\n' + json;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned octets = 0;
    BOOST_TEST_REQUIRE(EVP_Digest(text.data(), text.size(), digest, &octets, EVP_sha256(), nullptr) == 1);
    std::ostringstream hex;
    for (unsigned n = 0; n != octets; ++n)
        hex << std::hex << std::setw(2) << std::setfill('0') << int(digest[n]);
    return beginning + ' ' + std::to_string(json.size()) + ' ' + hex.str() + '\n' + json;
}

std::string text_of(std::string const& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(CL_21_what_a_newer_outkit_has_kept_is_left_alone_or_kept)
{
    place const p;
    BOOST_TEST_REQUIRE(::mkdir(p.f.at("in").c_str(), 0700) == 0);
    std::string const newer = token_file("2.0", R"({"something":"else"})");
    p.f.file("in/tokens", newer);
    for (result const& r : {p.accounts(), p.outkit({"token"}), p.outkit({"login"}),
                            p.accounts({"--sign-out", "adele@woodgrove.example"})})
    {
        BOOST_TEST(r.code == 1);
        BOOST_TEST(says(r.err, "the token file was written by a newer version; it was not changed"), r.err);
        BOOST_TEST(says(r.err, p.store), r.err);
        BOOST_TEST(r.err.find("something") == r.err.npos);
    }
    BOOST_TEST(text_of(p.store) == newer);

    // A later minor version only knows more.
    p.f.file("in/tokens", token_file("1.9", R"({"generation":7,"accounts":[],"later":{"a":[1,2]}})"));
    BOOST_TEST(p.accounts().out.starts_with("nobody is signed in"));
    passes(p.outkit({"login"}));
    BOOST_TEST(p.outkit({"token"}).out.starts_with("eyJ"));
    BOOST_TEST(text_of(p.store).starts_with("outkit-tokens 1.9 plain "));
    BOOST_TEST(text_of(p.store).find(R"("later":{"a":[1,2]})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refusal_that_is_bound_to_come_ends_each_command_before_anything_is_sent)
{
    folder const f;
    std::string const config =
        f.file("c.json", configuration({{"authority", "common"}, {"sign_in_audience", "AzureADMyOrg"}}));
    std::string const why = "a sign-in will be refused with AADSTS50194: the registration is for accounts of its own "
                            "tenant only (observed: ",
                      mend = "set authority to the Directory (tenant) ID of the registration";

    result const text = run({"check", "--config", config, "--no-browser"});
    BOOST_TEST(text.code == 1);
    BOOST_TEST(says(text.out, "look at the configuration: " + why), text.out);
    BOOST_TEST(says(text.out, "(developer) mend: " + mend), text.out);
    is_readable(text.out);
    is_readable(text.err);

    result const as_json = run({"check", "--config", config, "--no-browser", "--format", "json"});
    BOOST_TEST(as_json.code == 1);
    auto const steps = json::parse(as_json.out).at("steps").as_array();
    BOOST_TEST_REQUIRE(steps.size() == 1u);
    BOOST_TEST(steps.front().at("id").as_string() == "settings");
    json::object const found = steps.front().at("findings").at(0).as_object();
    BOOST_TEST(found.at("id").as_string() == "AADSTS50194");
    json::object const cause = found.at("causes").at(0).as_object();
    BOOST_TEST(cause.at("owner").as_string() == "developer");
    BOOST_TEST(cause.at("evidence").as_string() == "observed");
    BOOST_TEST(cause.at("remedy").as_string().starts_with(mend));
    BOOST_TEST(!cause.at("source").as_string().empty());

    std::string const store = f.at("tokens");
    for (std::vector<std::string> const& command : {std::vector<std::string>{"login", "--no-browser", "--store", store},
                                                    {"login", "--device", "--store", store},
                                                    {"token", "--store", store},
                                                    {"connect", "--no-browser", "--port", "0"}})
    {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--config", config});
        result const r = run(arguments);
        BOOST_TEST_CONTEXT(command.front() << '\n' << r.out << r.err)
        {
            BOOST_TEST(r.code == 2);
            BOOST_TEST(r.out.empty());
            BOOST_TEST(r.err.starts_with("outkit: " + config + ": "));
            BOOST_TEST(says(r.err, why));
            BOOST_TEST(says(r.err, " who: developer mend: " + mend));
            BOOST_TEST(says(r.err, "(observed)"));
            is_readable(r.err);
        }
    }
    BOOST_TEST(!std::filesystem::exists(store));

    // The application on its own behalf is another matter: here it is the authority that is missing.
    result const by_itself = run({"token", "--app", "--config", config});
    BOOST_TEST(by_itself.code == 1);
    BOOST_TEST(says(by_itself.err, "will probably be refused with AADSTS50059, or AADSTS50194"), by_itself.err);
    std::string const consumers =
        f.file("consumers.json", configuration({{"authority", "consumers"}, {"sign_in_audience", "AzureADMyOrg"}}));
    result const nowhere = run({"token", "--app", "--config", consumers});
    BOOST_TEST(nowhere.code == 2);
    BOOST_TEST(says(nowhere.err, "token will be refused with AADSTS9002332"), nowhere.err);

    // What depends on what is not said is not claimed: the authority is asked.
    std::string const unknown = f.file("u.json", configuration({{"authority", "common"}}));
    result const asked = run({"check", "--config", unknown, "--no-browser", "--format", "json"});
    BOOST_TEST(asked.code == 1);
    BOOST_TEST(json::parse(asked.out).at("steps").at(0).at("result").as_string() == "passed");
    BOOST_TEST(json::parse(asked.out).at("steps").at(1).at("id").as_string() == "authority");
    BOOST_TEST(run({"login", "--device", "--store", store, "--config", unknown}).code == 1);
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_mistake_is_told_on_standard_error_and_the_command_goes_on)
{
    place const p;
    std::ifstream in(p.config);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    json::object changed = json::parse(text).as_object();
    changed["base_scope"] = "api";
    changed["scopes"] = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access";
    p.f.file("config.json", json::serialize(changed));
    std::string const warning = "config.json: the scopes are for https://outlook.office.com, and so will be the token, "
                                "which Microsoft Graph refuses; ask for https://graph.microsoft.com/Mail.ReadWrite";

    result const login = p.outkit({"login"});
    passes(login);
    BOOST_TEST(login.out == "signed in as adele@woodgrove.example; kept in " + p.store + "\n");
    BOOST_TEST(says(login.err, warning), login.err);
    BOOST_TEST(says(login.err, "graph-wrong-audience why: the scopes that were asked for are Outlook's"), login.err);
    BOOST_TEST(says(login.err, "who: developer mend: leave scopes out of the configuration"), login.err);
    std::string const before = login.err.substr(0, login.err.find("\nSign in at"));
    is_readable(before);
    result const token = p.outkit({"token"});
    passes(token);
    BOOST_TEST(token.out.starts_with("eyJ"));
    BOOST_TEST(says(token.err, warning), token.err);

    process page({tool, "connect", "--config", p.config, "--no-browser", "--port", "0"});
    BOOST_TEST(page.first_line().starts_with("http://localhost:"));
    BOOST_TEST(says(page.errors(), warning), page.errors());
    page.signal(SIGTERM);
    BOOST_TEST(page.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
