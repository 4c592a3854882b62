#include "sign_ins.hpp"

#include "config.hpp"
#include "console.hpp"
#include "proxies.hpp"

#include <outkit/check/atlas.hpp>
#include <outkit/http/url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cli {

namespace oauth2 = outkit::oauth2;
using outkit::error_code;

namespace {

namespace check = outkit::check;

// What was found, and of each finding the likeliest cause, as `outkit explain` tells it; without a line feed at the end.
std::string told(std::string const& path, check::step const& s)
{
    static constexpr std::string_view name = "outkit: ";  // stands before it on the first line
    std::size_t const width = console(stderr).width();
    std::string text;
    for (std::string const& line : wrap(std::string(name) + printable(path) + ": " + printable(s.problem), width))
        text += (text.empty() ? "" : "\n") + line;
    text.erase(0, name.size());
    for (check::symptom const& found : s.symptoms)
    {
        if (found.causes.empty())
            continue;
        check::cause const& c = found.causes.front();
        text += fmt::format("\n  {}", found.id);
        for (auto const& [what, said] : {std::pair<std::string_view, std::string>{"  why:  ", c.what},
                                         {"  who:  ", std::string(check::name(c.who))},
                                         {"  mend: ", std::string(c.remedy)},
                                         {"  from: ", fmt::format("{} ({})", c.source, check::name(c.mark))}})
        {
            std::string_view margin = what;
            for (std::string const& line : wrap(said, width - what.size()))
            {
                text += fmt::format("\n{}{}", margin, line);
                margin = "        ";
            }
        }
    }
    return text;
}

std::string variable(char const* name)
{
    char const* const value = std::getenv(name);
    return value ? value : "";
}

// The one account that is meant.
oauth2::stored_account chosen_account(application const& a, opened_store const& in, account_options const& o)
{
    std::string const wanted = o.account.empty() ? a.settings().user : o.account;
    std::vector<oauth2::stored_account> all = a.accounts(in);
    std::string names;
    oauth2::stored_account* found = nullptr;
    std::size_t count = 0;
    for (oauth2::stored_account& one : all)
    {
        names += (names.empty() ? "" : ", ") + name_of(one);
        if (!wanted.empty() && !is_meant(one, wanted))
            continue;
        found = &one;
        ++count;
    }
    if (count == 1)
        return std::move(*found);
    std::string const how = "outkit login --config " + printable(o.configuration);
    if (all.empty())
        throw std::runtime_error("nobody is signed in for this configuration; run: " + how);
    if (count == 0)
        throw std::runtime_error(fmt::format("{} is not signed in for this configuration, only {}; run: {}",
                                             printable(wanted, 256), names, how));
    throw usage_error(fmt::format("several accounts are signed in: {}; say which one with --account", names));
}

}  // namespace

std::string default_store()
{
    if (std::string path = variable("OUTKIT_TOKEN_STORE"); !path.empty())
        return path;
    if (std::string const state = variable("XDG_STATE_HOME"); state.starts_with('/'))
        return state + "/outkit/tokens";
    if (std::string const home = variable("HOME"); home.starts_with('/'))
        return home + "/.local/state/outkit/tokens";
    throw usage_error("there is no home folder to keep sign-ins in; name a file with --store or OUTKIT_TOKEN_STORE");
}

opened_store open_store(store_options const& o)
{
    static constexpr std::size_t key_octets = 32;
    oauth2::file_protection protection;
    if (!o.key_file.empty())
    {
        static constexpr std::size_t most_octets = 4096;
        bool exposed = false;
        protection.key = outkit::secret(o.key_file == "-" ? read_standard_input(most_octets)
                                                          : read_file(o.key_file, most_octets, exposed));
        if (exposed)
            throw usage_error(printable(o.key_file) + ": others may read this key; chmod 600 it, and make a new one");
        if (protection.key.size() != key_octets)
            throw usage_error((o.key_file == "-" ? "standard input" : printable(o.key_file)) +
                              ": a key has 32 octets; make one with: head -c 32 /dev/urandom > FILE");
    }
    std::string const path = o.path.empty() ? default_store() : o.path;
    return {oauth2::make_file_token_store(path, std::move(protection)), path};
}

void look_at(outkit::account::settings const& s, std::string const& path, check::principal who)
{
    check::step const looked = check::check_settings(s, who);
    if (looked.result == check::outcome::failed)
        throw usage_error(told(path, looked));
    if (looked.result == check::outcome::warning)
        console(stderr).line("outkit: " + told(path, looked), style::warning);
}

application::application(std::string const& configuration, std::string const& base_scope,
                         outkit::proxy_settings proxies, check::principal who)
    : settings_(read_configuration(configuration)), proxies_(std::move(proxies))
{
    if (!base_scope.empty())
    {
        settings_.base_scope =
            base_scope == "api" ? outkit::account::base_scope::api : outkit::account::base_scope::imap;
        settings_.scopes.clear();
    }
    look_at(settings_, configuration, who);
    cloud_ = check::cloud_of(settings_);
    error_code ec;
    from_ = oauth2::authority::make(cloud_, settings_.authority, ec);
    if (!ec)
        tls_ = outkit::tls_context::client(ec, {.authorities_file = settings_.authorities_file});
    if (ec)
        throw usage_error(printable(configuration) + ": " + ec.message());
    scopes_ = check::scopes_of(settings_, cloud_);
    for (char const* const needed : {"openid", "profile", "offline_access"})  // whose it is, and for how long
        scopes_.add(needed);
}

oauth2::app application::app() const { return outkit::account::app_of(settings_); }

outkit::stream application::stream(outkit::asio::any_io_executor executor) const
{
    return outkit::stream(std::move(executor), tls_, proxies_);
}

std::string application::login() const { return outkit::http::url{from_.login(), {}}.text(); }

std::vector<oauth2::stored_account> application::accounts(opened_store const& in) const
{
    std::vector<oauth2::stored_account> all = all_accounts(in);
    std::string const origin = login();
    all.erase(
        std::remove_if(all.begin(), all.end(),
                       [&](auto const& a) { return a.id.login != origin || a.id.client_id != settings_.client_id; }),
        all.end());
    return all;
}

application::application(account_options const& o)
    : application(o.configuration, o.base_scope, chosen_proxies(o.proxy),
                  o.app ? check::principal::application : check::principal::user)
{
}

account_tokens tokens_of(application const& a, account_options const& o, outkit::asio::any_io_executor executor)
{
    if (o.app)
        return {std::make_unique<oauth2::token_source>(a.stream(executor), a.app(), a.from(),
                                                       oauth2::app_scopes_for(a.settings().base_scope, a.cloud())),
                {},
                false};
    opened_store const in = open_store(o.store);
    oauth2::stored_account const who = chosen_account(a, in, o);
    return {std::make_unique<oauth2::token_source>(a.stream(executor), a.app(), a.from(), in.store, who.id, a.scopes()),
            who.username, who.id.tenant_id == oauth2::consumers_tenant_id};
}

void no_token(account_options const& o, oauth2::token_source const& source, error_code ec)
{
    std::string said = with_words(ec, source.diagnostics());
    if (!o.app && ec == outkit::condition::interaction_required)
        said += "\noutkit: run: outkit login --config " + printable(o.configuration);
    throw std::runtime_error(said);
}

std::vector<oauth2::stored_account> all_accounts(opened_store const& in)
{
    error_code ec;
    std::string said;
    auto all = in.store->accounts(ec, said);
    if (ec)
        throw std::runtime_error(with_words(ec, said));
    return all;
}

std::string name_of(oauth2::stored_account const& a)
{
    return printable(a.username.empty() ? a.id.object_id : a.username, 256);
}

bool is_meant(oauth2::stored_account const& a, std::string const& name)
{
    return same_ignoring_case(a.username, name) || same_ignoring_case(a.id.object_id, name);
}

std::string with_words(error_code ec, std::string const& said)
{
    return said.empty() ? ec.message() : ec.message() + " (" + printable(said, 1024) + ')';
}

}  // namespace cli
