// What a page of 50 messages costs Graph's two ends, in CPU time.
//
//   g++ -std=c++20 -O2 -Iinclude -Imocks tests/bench/graph.cpp -o graph
//       -lboost_json -lboost_url -lssl -lcrypto -lpthread
//   graph                     one line of JSON per task
//   graph serve PORT TLS [CA] the page at /me/messages?$top=50 on 127.0.0.1, for a load generator; TLS is 0 or 1. The
//                             authority's certificate is written to the file CA
//   graph list PORT CA PAGES  our client lists so many pages of 50 from there, and prints one line of JSON

#include <outkit/blocking.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/graph_view.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace outkit;

namespace {

double cpu_seconds()
{
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

// The median of five rounds, in microseconds of CPU time for one call.
template <class F>
double microseconds(unsigned calls, F f)
{
    std::vector<double> rounds;
    for (int round = 0; round != 5; ++round)
    {
        double const begin = cpu_seconds();
        for (unsigned i = 0; i != calls; ++i)
            f();
        rounds.push_back((cpu_seconds() - begin) * 1e6 / calls);
    }
    std::sort(rounds.begin(), rounds.end());
    return rounds[2];
}

void report(char const* task, double us, std::size_t bytes)
{
    std::printf("{\"task\":\"graph/%s\",\"us_cpu\":%.1f,\"bytes\":%zu,\"mb_per_s\":%.0f}\n", task, us, bytes,
                double(bytes) / us);
    std::fflush(stdout);
}

std::string words(std::mt19937& dice, unsigned n)
{
    static constexpr char const* list[] = {"the",    "quarterly", "report", "is",     "attached", "please", "review",
                                           "before", "friday",    "and",    "let",    "me",       "know",   "if",
                                           "there",  "are",       "any",    "budget", "größe",    "日本語"};
    std::string out;
    for (unsigned i = 0; i != n; ++i)
        (out += i ? " " : "") += list[dice() % std::size(list)];
    return out;
}

std::string mail(std::mt19937& dice, int number)
{
    std::string html;
    for (unsigned paragraphs = 1 + dice() % 19, i = 0; i != paragraphs; ++i)
        html += "<p class=\"MsoNormal\">" + words(dice, 8 + dice() % 52) + "</p>\r\n";
    return "From: Alex Wilber <alex@contoso.example>\r\nTo: Adele Vance <adele@contoso.example>, b@contoso.example\r\n"
           "Cc: Info desk <info@contoso.example>\r\nSubject: message " +
           std::to_string(number) + " about the budget\r\nDate: Mon, 23 Nov 2026 09:58:10 +0000\r\nMessage-ID: <" +
           std::to_string(number) +
           "@contoso.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
           "Content-Transfer-Encoding: 8bit\r\n\r\n<html><head></head><body>" +
           html + "</body></html>\r\n";
}

struct service
{
    service()
    {
        mock::tenant t;
        t.domains = {"contoso.example"};
        std::string const tenant = w.directory.add_tenant(w, t).id;
        mock::user u;
        u.tenant_id = tenant;
        u.principal_name = "adele@contoso.example";
        mock::user const& adele = w.directory.add_user(w, u);
        box = w.mailboxes.create({.address = adele.mail});
        std::mt19937 dice(1);
        for (int i = 1; i <= 200; ++i)
            w.mailboxes.deliver(*box, mail(dice, i));
        mock::access_claims c;
        c.audience = "https://graph.microsoft.com";
        c.tenant = tenant;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person = {tenant, adele.id, adele.principal_name, "Adele Vance", "Adele", "Vance", adele.mail};
        c.permissions = {"Mail.Read", "User.Read"};
        request.target = "/v1.0/me/messages?%24top=50";
        request.headers = {{"Host", "localhost"},
                           {"Authorization", "Bearer " + mock::issue_access_token(w.keys, w, c, 86'400)}};
    }
    mock::world w{1};
    mock::graph g{w};
    mock::mailbox* box = nullptr;
    http::request request;
};

int serve(std::uint16_t port, bool tls, char const* ca)
{
    service s;
    if (ca)
        std::ofstream(ca) << s.w.certificates.ca_pem();
    s.w.policy.service.throttling.graph_per_10_minutes = ~0u;
    auto connection = [&](detail::wire& w, mock::visitor& who) -> detail::flow<> {
        mock::http_flow_handler answer = [&](http::request const& r) {
            who.logged_in = true;
            http::request full = s.request;
            full.target = (r.target.starts_with("/v1.0/") ? "" : "/v1.0") + r.target;
            if (std::string const* const host = http::find(r.headers, "Host"))
                full.headers[0].value = *host;  // links lead there
            return s.g.serve(std::move(full));
        };
        co_await mock::serve_http(w, std::move(answer));
    };
    error_code ec;
    mock::listener door(s.w, "graph", connection, tls ? s.w.certificates.server_context() : tls_context(),
                        tls ? mock::listener::mode::implicit_tls : mock::listener::mode::starttls, port, ec);
    if (ec)
    {
        std::fprintf(stderr, "cannot listen on port %u: %s\n", port, ec.message().c_str());
        return 1;
    }
    s.w.context().run();
    return 0;
}

int list(std::uint16_t port, char const* ca, unsigned pages)
{
    std::ifstream in(ca);
    error_code ec;
    auto trust = tls_context::client(
        ec, {.system = false, .authorities_pem = std::string(std::istreambuf_iterator<char>(in), {})});
    blocking_context io;
    graph::options o;
    o.host = "localhost";
    o.port = port;
    graph::client client(stream(io.get_executor(), std::move(trust)), access_token("anything"), o);
    std::size_t messages = 0, octets = 0;
    graph::page<graph::message> page;
    for (unsigned i = 0; i != pages && !ec; ++i)
    {
        graph::message_query query;
        query.top = 50;
        if (page.next_link.empty())
            page = client.async_list_messages(std::move(query), io.wait(ec));
        else
            page = client.async_next(std::move(page), io.wait(ec));
        messages += page.value.size();
        for (graph::message const& m : page.value)
            octets += m.body ? m.body->content.size() : 0;
    }
    if (ec)
    {
        std::fprintf(stderr, "%s: %s\n", ec.message().c_str(), client.diagnostics().c_str());
        return 1;
    }
    std::printf("{\"messages\":%zu,\"octets\":%zu}\n", messages, octets);
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    if ((argc == 4 || argc == 5) && std::strcmp(argv[1], "serve") == 0)
        return serve(static_cast<std::uint16_t>(std::atoi(argv[2])), std::atoi(argv[3]) != 0,
                     argc == 5 ? argv[4] : nullptr);
    if (argc == 5 && std::strcmp(argv[1], "list") == 0)
        return list(static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], static_cast<unsigned>(std::atoi(argv[4])));
    if (argc != 1)
    {
        std::fprintf(stderr, "usage: graph [serve PORT TLS [CA] | list PORT CA PAGES]\n");
        return 2;
    }
    service s;
    s.w.policy.service.throttling.graph_per_10_minutes = ~0u;
    http::response const page = s.g.answer(s.request);
    if (page.status != 200)
    {
        std::fprintf(stderr, "the mock answered %u\n", page.status);
        return 1;
    }
    std::size_t const size = page.body.size();
    report("page of 50, from kept text", microseconds(2'000, [&] { s.g.answer(s.request); }), size);

    auto const& messages = s.box->find(mock::role::inbox)->messages();
    report("page of 50, made anew",
           microseconds(200,
                        [&] {
                            for (std::size_t i = messages.size() - 50; i != messages.size(); ++i)
                                graph::detail::serialise(
                                    mock::graph_view(*messages[i], *s.box->find(mock::role::inbox), {}));
                        }),
           size);
    std::vector<graph::message> shown;
    for (std::size_t i = messages.size() - 50; i != messages.size(); ++i)
        shown.push_back(mock::graph_view(*messages[i], *s.box->find(mock::role::inbox), {}));
    report("serialise 50",
           microseconds(500,
                        [&] {
                            for (graph::message const& m : shown)
                                graph::detail::serialise(m);
                        }),
           size);
    report("parse a page of 50", microseconds(500, [&] { graph::detail::parse_messages(page.body, {}); }), size);
    // What Boost.JSON takes for a tree of it, with none of the values of it taken out.
    report("tree of a page of 50", microseconds(500, [&] { boost::json::parse(page.body); }), size);
    report("tree of a page of 50, monotonic",
           microseconds(500,
                        [&] {
                            boost::json::monotonic_resource storage;
                            boost::json::parse(page.body, &storage);
                        }),
           size);
    std::string_view const bearer = std::string_view(s.request.headers[1].value).substr(7);
    report("verify a token", microseconds(2'000, [&] { mock::verify_access_token(s.w.keys, s.w, bearer); }),
           bearer.size());
    return 0;
}
