// What tokens cost: at the mock Entra beside the signatures it makes, and at the client that has one already.
//
//   g++ -std=c++20 -O2 -Iinclude -Imocks tests/bench/entra_bench.cpp -o entra_bench
//       -lboost_json -lboost_url -lssl -lcrypto -lpthread
//   entra_bench REQUESTS
//   entra_bench serve
//
// The second serves tokens until standard input ends, for a client that is not ours; it prints where, and what to send.
//
// The first prints one line of JSON: CPU time in microseconds of one RS256 signature, and of one request at the server's
// thread for client credentials (one signature) and refresh with an ID token (two), over four kept-alive HTTPS connections;
// nanoseconds and allocations of token_source::cached() and of an XOAUTH2 initial response for a token of 1.5 KB; and
// milliseconds to make a directory of 1,000 users and 100 applications.

#include <outkit/blocking.hpp>
#include <outkit/mock/scenarios.hpp>
#include <outkit/mock/servers.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/oauth2/token_source.hpp>
#include <outkit/sasl/xoauth2.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace outkit;

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t n)
{
    ++allocations;
    if (void* const p = std::malloc(n ? n : 1))
        return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

double seconds(clockid_t clock)
{
    timespec t{};
    clock_gettime(clock, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

double median(std::vector<double> v)
{
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return v[v.size() / 2];
}

// CPU time in microseconds of the world's own thread for one of these, the median of `rounds` turns: a machine that others
// use is fast and slow by the second. Each is done `batch` times in a turn. What asking for the time costs is taken off.
template <class... F>
std::vector<double> at_the_server(mock::world& w, std::size_t rounds, std::size_t batch, F... each)
{
    auto const now = [] { return seconds(CLOCK_THREAD_CPUTIME_ID) * 1e6; };
    std::vector<std::vector<double>> took(sizeof...(each) + 1);
    auto const take = [&](std::size_t which, auto& f) {
        double const before = w.run(now);
        f();
        took[which].push_back(w.run(now) - before);
    };
    auto nothing = [] {};
    for (std::size_t n = 0; n != rounds; ++n)
    {
        std::size_t which = 0;
        (take(which++, each), ...);
        take(which, nothing);
    }
    std::vector<double> result;
    for (auto& one : took)
        result.push_back((median(std::move(one)) - (result.size() == sizeof...(each) ? 0 : median(took.back()))) /
                         double(batch));
    result.pop_back();
    return result;
}

struct cost
{
    double nanoseconds;
    std::size_t allocations;  // of one call
};
template <class F>
cost of_each(std::size_t rounds, F f)
{
    f();
    std::size_t const before = allocations;
    double const begin = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (std::size_t n = 0; n != rounds; ++n)
        f();
    double const took = seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
    return {took * 1e9 / double(rounds), (allocations - before) / rounds};
}

[[noreturn]] void give_up(char const* where, error_code ec)
{
    std::fprintf(stderr, "entra_bench: %s: %s\n", where, ec.message().c_str());
    std::_Exit(1);
}

struct program
{
    program(tls_context const& tls, oauth2::app app, oauth2::authority const& from)
        : client(stream(io.get_executor(), tls), std::move(app), from, trusting())
    {
    }
    static oauth2::client_options trusting()
    {
        oauth2::client_options o;
        o.verify_signatures = false;
        return o;
    }

    blocking_context io;
    oauth2::client client;
};

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2)
    {
        std::fputs("usage: entra_bench REQUESTS | serve\n", stderr);
        return 2;
    }
    bool const serve = argv[1] == std::string_view("serve");
    std::size_t const requests = std::max<std::size_t>(std::strtoul(argv[1], nullptr, 10), 1);

    mock::world w;
    mock::load_default_world(w);
    error_code ec;
    mock::servers outlook(w, {}, ec);
    if (ec)
        give_up("servers", ec);
    mock::user const person = w.directory.users().front();
    mock::client_setup const setup = mock::register_client(w, person.principal_name);
    mock::application const& app = *w.directory.find_application(setup.client_id);
    w.directory.grant_all(w, app, person.tenant_id);

    mock::grant g;
    g.id = g.token_id = "00000000-0000-4000-8000-00000000b001";
    g.tenant = g.user_tenant = person.tenant_id;
    g.authority = person.tenant_id;
    g.client_id = setup.client_id;
    g.user_id = person.id;
    g.scope = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access openid profile";
    g.platform = "web";
    g.signed_in_at = g.issued_at =
        std::chrono::duration_cast<std::chrono::seconds>(w.date().time_since_epoch()).count();
    secret const refresh_token(mock::seal_refresh_token(w.keys, w, g));
    if (serve)
    {
        std::printf(
            "{\"url\":\"%s/%s/oauth2/v2.0/token\",\"client_id\":\"%s\",\"client_secret\":\"%s\",\"scope\":\"%s\","
            "\"mail_scope\":\"https://outlook.office.com/IMAP.AccessAsUser.All offline_access\","
            "\"application_scope\":\"https://outlook.office365.com/.default\",\"refresh_token\":\"%s\"}\n",
            outlook.login_url().c_str(), person.tenant_id.c_str(), setup.client_id.c_str(), setup.client_secret.c_str(),
            g.scope.c_str(), std::string(refresh_token.reveal()).c_str());
        std::fflush(stdout);
        w.start_thread();
        while (std::getchar() != EOF)
        {
        }
        return 0;
    }

    std::string const text(1400, 'x');

    w.start_thread();

    auto const cloud = oauth2::global_cloud().with_login(outlook.login_url());
    auto const from = oauth2::authority::make(cloud, person.tenant_id, ec);
    auto const tls = tls_context::client(ec, {.system = false, .authorities_pem = w.certificates.ca_pem()});
    if (ec)
        give_up("client", ec);
    oauth2::app const application{setup.client_id, secret(setup.client_secret), {}, {}};
    oauth2::client_options trusting;
    trusting.verify_signatures = false;
    auto const own = oauth2::scope_set::parse("https://outlook.office365.com/.default", ec);
    auto const mail = oauth2::scope_set::parse(g.scope, ec);

    // Programs, each with its thread and its connection: the server always has something to do, as under load.
    static constexpr std::size_t each_asks = 10;
    std::vector<std::unique_ptr<program>> programs;
    for (std::size_t n = 0; n != 4; ++n)
        programs.push_back(std::make_unique<program>(tls, application.clone(), from));
    auto const all_ask = [&](auto request) {
        return [&, request] {
            std::vector<std::thread> threads;
            for (auto& p : programs)
                threads.emplace_back([&p, &request] {
                    for (std::size_t n = 0; n != each_asks; ++n)
                        request(*p);
                });
            for (std::thread& t : threads)
                t.join();
        };
    };
    auto credentials = all_ask([&](program& p) {
        error_code failed;
        p.client.async_client_credentials(own, p.io.wait(failed));
        if (failed)
            give_up("client credentials", failed);
    });
    auto refresh = all_ask([&](program& p) {
        error_code failed;
        p.client.async_refresh(refresh_token.clone(), mail, {}, p.io.wait(failed));
        if (failed)
            give_up(p.client.diagnostics().c_str(), failed);
    });
    credentials();
    refresh();
    std::size_t const batch = each_asks * programs.size();
    auto sign = [&] {
        w.run([&] {
            for (std::size_t n = 0; n != batch; ++n)
                w.keys.sign_rs256(text);
        });
    };
    std::vector<double> const us =
        at_the_server(w, std::max<std::size_t>(requests / batch, 1), batch, sign, credentials, refresh);

    blocking_context io;
    oauth2::token_source source(stream(io.get_executor(), tls), application.clone(), from, own);
    access_token const token = source.async_token(io.wait(ec));
    if (ec)
        give_up("token source", ec);
    bool there = true;
    cost const cached = of_each(100'000, [&] { there = there && source.cached(); });
    if (!there)
        give_up("cached", os_error(ENOENT));
    std::string const long_token(1500, 't');
    std::size_t length = 0;
    cost const xoauth2 = of_each(100'000, [&] {
        sasl::error e{};
        length += sasl::encode_xoauth2("anna@contoso.example", long_token, sasl::confidential::promised_by_caller(), e)
                      ->size();
    });
    if (length == 0)
        return 1;

    double const begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    {
        mock::world large;
        mock::tenant t;
        t.display_name = "Contoso";
        t.domains = {"contoso.example"};
        std::string const id = large.directory.add_tenant(large, t).id;
        for (int n = 0; n != 1000; ++n)
        {
            mock::user u;
            u.tenant_id = id;
            u.principal_name = "user" + std::to_string(n) + "@contoso.example";
            u.display_name = "User";
            large.directory.add_user(large, u);
        }
        for (int n = 0; n != 100; ++n)
        {
            mock::application_request r;
            r.display_name = "Application " + std::to_string(n);
            r.redirect_uris = {{"http://localhost/oauth", mock::platform::web}};
            r.add_permission("IMAP.AccessAsUser.All");
            if (!large.directory.register_application(large, id, std::move(r)))
                return 1;
        }
    }
    double const large_ms = (seconds(CLOCK_PROCESS_CPUTIME_ID) - begin) * 1e3;

    std::printf("{\"signature_us\":%.1f,\"client_credentials_us\":%.1f,\"refresh_us\":%.1f,"
                "\"cached_ns\":%.0f,"
                "\"cached_allocations\":%zu,\"xoauth2_ns\":%.0f,\"xoauth2_allocations\":%zu,\"large_world_ms\":%.1f}\n",
                us[0], us[1], us[2], cached.nanoseconds, cached.allocations, xoauth2.nanoseconds, xoauth2.allocations,
                large_ms);
    return 0;
}
