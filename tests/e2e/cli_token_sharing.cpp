// One sign-in used by many processes at once, at an authority where every refresh token works once and its second use ends
// the sign-in (`service.strict_oauth`).

#include "store_support.hpp"

#include "../../tools/offline.hpp"
#include "../../tools/sign_in.hpp"

#include <outkit/blocking.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/oauth2/token_source.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <csignal>
#include <sys/wait.h>

using namespace outkit;
using namespace outkit::tests;
using namespace std::chrono_literals;

namespace {

// What a process needs to know of the sign-in.
struct papers
{
    std::string login, ca_file, client_id, client_secret, tenant_id, object_id, file;

    std::string text() const
    {
        std::string all;
        for (std::string const* part : {&login, &ca_file, &client_id, &client_secret, &tenant_id, &object_id, &file})
            all += *part + '\n';
        return all;
    }
    static papers read(int from)
    {
        std::string all;
        char piece[4096];
        for (ssize_t n; (n = ::read(from, piece, sizeof piece)) > 0;)
            all.append(piece, static_cast<std::size_t>(n));
        std::istringstream in(all);
        papers p;
        for (std::string* part :
             {&p.login, &p.ca_file, &p.client_id, &p.client_secret, &p.tenant_id, &p.object_id, &p.file})
            std::getline(in, *part);
        return p;
    }
};

// A client with a process's own connection to the authority.
struct user
{
    user(papers const& p, std::string const& wanted, oauth2::file_protection protection = {})
    {
        error_code ec;
        auto const from = oauth2::authority::make(oauth2::global_cloud().with_login(p.login), "organizations", ec);
        tls_context const tls = tls_context::client(ec, {.system = false, .authorities_file = p.ca_file});
        oauth2::app app;
        app.client_id = p.client_id;
        app.client_secret = secret(p.client_secret);
        oauth2::token_source_options o;
        o.most_requests = 100'000;
        o.lock_patience = 60s;  // however slow the machine is
        source = std::make_unique<oauth2::token_source>(
            outkit::stream(io.get_executor(), tls), std::move(app), from,
            oauth2::make_file_token_store(p.file, std::move(protection)),
            oauth2::account_id{p.client_id, p.login, p.tenant_id, p.object_id}, scopes(wanted), o);
    }
    blocking_context io;
    std::unique_ptr<oauth2::token_source> source;
};

// Processes that were forked before there was any thread. Each waits for its papers, works, and ends with its status.
class crew
{
public:
    crew(int size, std::function<int(int, papers const&)> work)
    {
        for (int n = 0; n != size; ++n)
        {
            int ends[2];
            BOOST_TEST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
            pid_t const child = ::fork();
            BOOST_TEST_REQUIRE(child >= 0);
            if (child == 0)
            {
                for (int const fd : to_)
                    ::close(fd);
                ::close(ends[1]);
                papers const p = papers::read(ends[0]);
                ::_exit(p.file.empty() ? 99 : work(n, p));
            }
            ::close(ends[0]);
            to_.push_back(ends[1]);
            children_.push_back(child);
        }
    }
    ~crew()
    {
        for (pid_t const child : children_)
            ::kill(child, SIGKILL);
        for (pid_t const child : children_)
            ::waitpid(child, nullptr, 0);
        dismiss();
    }
    void start(papers const& p)
    {
        std::string const text = p.text();
        for (int const fd : to_)
            BOOST_TEST_REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        dismiss();
    }
    // How they ended.
    std::vector<int> end()
    {
        std::vector<int> all;
        for (pid_t const child : children_)
        {
            int status = 0;
            ::waitpid(child, &status, 0);
            all.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
        }
        children_.clear();
        return all;
    }
    pid_t member(std::size_t n) const { return children_.at(n); }

private:
    void dismiss()
    {
        for (int const fd : to_)
            ::close(fd);
        to_.clear();
    }
    std::vector<int> to_;
    std::vector<pid_t> children_;
};

std::string const mail = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send "
                         "offline_access openid profile";

// An offline Outlook where somebody has signed in.
struct office
{
    office() : outlook(cli::offline_options{.redirect_uri = "http://localhost:" + std::to_string(cli::free_port())})
    {
        outlook.world().run([&] {
            outlook.world().policy.service.strict_oauth = true;
            outlook.world().journal.limit(100'000);
        });
        auto const s = outlook.settings();
        p.login = s.endpoints.login;
        p.ca_file = outlook.ca_file();
        p.client_id = s.client_id;
        p.client_secret = std::string(s.client_secret.reveal());
        p.file = f.at("tokens");
        user first(p, mail);
        error_code ec;
        std::string said;
        auto const from = oauth2::authority::make(oauth2::global_cloud().with_login(p.login), "organizations", ec);
        oauth2::authorization_options o;
        o.scopes = scopes(mail);
        oauth2::app app{p.client_id, secret(p.client_secret), s.redirect_uri};
        auto const pending = begin_authorization(from, app, o, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        auto const answer = cli::by_form(outlook.user(), outlook.password(), p.ca_file)(pending, ec, said);
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << said);
        tls_context const tls = tls_context::client(ec, {.system = false, .authorities_file = p.ca_file});
        oauth2::client client(outkit::stream(first.io.get_executor(), tls), std::move(app), from);
        auto token = client.async_redeem(oauth2::redemption::of(pending, answer), first.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << client.diagnostics());
        oauth2::account_id const kept_as = first.source->async_keep(std::move(token), first.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        // Its first access token is over.
        auto const store = oauth2::make_file_token_store(p.file, {});
        auto a = store->read(kept_as, ec, said);
        BOOST_TEST_REQUIRE((!ec && a && a->tokens.size() == 1u));
        a->tokens.front().lifetime = 0s;
        BOOST_TEST(!keep(*store, *a));
        p.tenant_id = kept_as.tenant_id;
        p.object_id = kept_as.object_id;
        since = outlook.world().run([&] { return outlook.world().journal.last_sequence(); });
    }

    std::size_t requests(std::string_view text = "refresh_token")
    {
        return outlook.world().run([&] {
            return outlook.world().journal.count(
                {.server = "entra", .what = "/oauth2/v2.0/token", .text = text, .after = since});
        });
    }
    oauth2::account_id account() const { return {p.client_id, p.login, p.tenant_id, p.object_id}; }

    // In memory, where there is such a place: what a disk takes to sync is no part of this.
    folder f{std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()};
    cli::offline outlook;
    papers p;
    std::uint64_t since = 0;
};

// As many sets of scopes as processes, so that none can use what another has got: all share the refresh token alone.
std::string scopes_of(int n)
{
    std::string all = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access";
    char const* const more[] = {" https://outlook.office.com/SMTP.Send", " openid", " profile", " email"};
    for (int bit = 0; bit != 4; ++bit)
        all += (n >> bit & 1) != 0 ? more[bit] : "";
    return all;
}

// Renews again and again; how many times it failed, 90 at most.
int renewals(int who, papers const& p, int times, oauth2::file_protection protection)
{
    user u(p, scopes_of(who), std::move(protection));
    int failures = 0;
    for (int n = 0; n != times && failures != 90; ++n)
    {
        error_code ec;
        access_token const t = u.source->async_token(u.io.wait(ec));
        failures += !!ec;
        if (!ec)
            u.source->reject(t);
        else
            u.source->reject(access_token("what the store has"));
    }
    return failures;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_token_sharing)

BOOST_AUTO_TEST_CASE(TS_16_sixteen_processes_renew_a_hundred_times_each_and_no_token_is_used_twice)
{
    crew people(16, [](int who, papers const& p) { return renewals(who, p, 100, {}); });
    office o;
    people.start(o.p);
    for (int const failures : people.end())
        BOOST_TEST(failures == 0);
    BOOST_TEST(o.requests() == 1600u);
    BOOST_TEST(o.requests("invalid_grant") == 0u);
    // The last one is good.
    user u(o.p, "https://outlook.office.com/SMTP.Send offline_access");
    error_code ec;
    u.source->async_token(u.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST_MESSAGE("counts: 1600 renewals by 16 processes");
}

BOOST_AUTO_TEST_CASE(TS_16_without_the_lock_the_same_ends_the_sign_in)
{
    crew people(16, [](int who, papers const& p) { return renewals(who, p, 100, {.single_process = true}); });
    office o;
    people.start(o.p);
    int failures = 0;
    for (int const f : people.end())
        failures += f;
    BOOST_TEST(failures != 0);
    BOOST_TEST(o.requests("invalid_grant") != 0u);
}

BOOST_AUTO_TEST_CASE(TS_17_eighty_processes_that_start_at_once_make_one_request)
{
    crew people(80, [](int, papers const& p) {
        user u(p, mail);
        error_code ec;
        u.source->async_token(u.io.wait(ec));
        return ec ? 1 : 0;
    });
    office o;
    people.start(o.p);
    for (int const status : people.end())
        BOOST_TEST(status == 0);
    BOOST_TEST(o.requests() == 1u);
}

BOOST_AUTO_TEST_CASE(TS_18_while_the_holder_is_stopped_nobody_else_asks)
{
    crew people(1, [](int, papers const& p) {
        error_code ec;
        std::string said;
        auto const lock = oauth2::make_file_token_store(p.file, {})
                              ->try_lock({p.client_id, p.login, p.tenant_id, p.object_id}, ec, said);
        ::raise(SIGSTOP);
        return lock && lock->held() ? 0 : 1;
    });
    office o;
    people.start(o.p);
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(people.member(0), &status, WUNTRACED) == people.member(0));
    BOOST_TEST(WIFSTOPPED(status));
    user u(o.p, "https://outlook.office.com/SMTP.Send offline_access");
    error_code ec;
    auto const store = oauth2::make_file_token_store(o.p.file, {});
    std::string said;
    BOOST_TEST(store->try_lock(o.account(), ec, said) == nullptr);
    BOOST_TEST(!ec);
    ::kill(people.member(0), SIGCONT);
    u.source->async_token(u.io.wait(ec));  // waits for it
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(people.end().front() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
