// Feeds octets to the Graph client as the service's HTTP responses: headers, chunked bodies, JSON, errors and links.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/graph_conversation.cpp \
//     -lboost_json -lboost_url -lssl -lcrypto
//
// The first octet says what is asked for and how large the pieces are in which the rest arrives; '|' ends a connection.

#include <outkit/detail/simulate.hpp>
#include <outkit/graph/detail/attachments.hpp>
#include <outkit/graph/detail/batches.hpp>
#include <outkit/graph/detail/changes.hpp>
#include <outkit/graph/detail/flows.hpp>
#include <outkit/graph/detail/writing.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit::graph;
using outkit::detail::flow;
namespace flows = outkit::graph::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

// All pages, each of which must be of the service.
flow<> list(flows::session& s)
{
    message_query q;
    auto page = co_await flows::list_messages(s, q);
    while (!page.next_link.empty())
        page = co_await flows::next_messages(s, std::move(page));
}

flow<> follow(flows::session& s)
{
    delta_query q;
    auto news = co_await flows::message_changes(s, q);
    while (!news.next_link.empty())
        news = co_await flows::more_message_changes(s, std::move(news));
}

flow<> download(flows::session& s)
{
    std::uint64_t octets = 0;
    outkit::detail::wire::sink to = [&](std::string_view part) { octets += part.size(); };
    std::uint64_t const told = co_await flows::get_mime(s, "x", std::move(to));
    must(told == octets);
}

flow<> batch(flows::session& s)
{
    std::vector<batch_request> two(2);
    two[0].id = "1";
    two[0].path = "/me";
    two[1].id = "2";
    two[1].method = "POST";
    two[1].path = "/me/sendMail";
    two[1].body = "{}";
    auto const answers = co_await flows::run_batch(s, two);
    must(answers.size() == 2 && answers[0].id == "1" && answers[1].id == "2");
}

flow<> upload(flows::session& s)
{
    attached_file f;
    f.name = "f";
    outkit::octet_source from;
    from.octets = 4'000'000;
    from.read = [](char* into, std::size_t most, outkit::error_code&) {
        std::fill_n(into, most, 'x');
        return most;
    };
    co_await flows::attach_file(s, "m", std::move(f), std::move(from));
}

flow<> send(flows::session& s)
{
    outgoing_message m;
    co_await flows::send_mail(s, std::move(m), true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view const text(reinterpret_cast<char const*>(data) + 1, size - 1);
    std::vector<std::string> scripts{""};
    for (std::size_t at = 0; at <= text.size();)
    {
        std::size_t const end = std::min(text.find('|', at), text.size());
        scripts.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    options o;
    o.limits.pages = 5;
    o.limits.json_body = o.limits.download = 64 * 1024;
    flows::session s(o, outkit::access_token("token-of-the-test"));
    flow<> (*const all[])(flows::session&) = {list, follow, download, batch, upload, send};
    unsigned const which = data[0] % std::size(all);
    auto const r =
        outkit::detail::play(all[which](s), scripts, {.piece = std::size_t(1) + data[0] / std::size(all) * 31});
    must(r.diagnostics.size() <= 2048);
    must(s.last.claims.size() <= 8192);
    // Only an upload goes elsewhere, and only behind the first request, which has the token.
    for (std::string const& to : r.connected)
        must(which == 4 || to == "close" || to.find("graph.microsoft.com") != std::string::npos);
    std::size_t const sends = [&] {
        std::size_t n = 0;
        for (auto at = r.written.find("POST /v1.0/me/sendMail"); at != r.written.npos;
             at = r.written.find("POST /v1.0/me/sendMail", at + 1))
            ++n;
        return n;
    }();
    must(which != 5 || sends <= o.limits.attempts);
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Every fourth time something that the service says is put in, which is beyond the random octets' reach.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed)
{
    static constexpr std::string_view pieces[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n\r\nc\r\n{\"value\":[]}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"value\":[{\"id\":\"x\"}]}",
        "HTTP/1.1 200 OK\r\nContent-Type: "
        "application/json\r\n\r\n{\"value\":[],\"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/me/"
        "messages?$skip=1\"}|",
        "{\"value\":[],\"@odata.deltaLink\":\"https://graph.microsoft.com/v1.0/x\"}",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"insufficient_claims\", "
        "claims=\"e30=\"\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /v1.0/y\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
        "58\r\n\r\n{\"uploadUrl\":\"https://o.example/u\",\"nextExpectedRanges\":[]}",
        "{\"responses\":[{\"id\":\"1\",\"status\":200,\"body\":{}},{\"id\":\"2\",\"status\":202}]}",
        "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "0\r\nX-Trailer: y\r\n\r\n",
        "|"};
    if (seed % 4 != 0)
        return LLVMFuzzerMutate(data, size, most);
    std::string_view const p = pieces[seed / 4 % std::size(pieces)];
    if (size + p.size() > most)
        return LLVMFuzzerMutate(data, size, most);
    std::string text(data, data + size);
    text.insert(text.empty() ? 0 : 1 + seed / 64 % text.size(), p);
    text.copy(reinterpret_cast<char*>(data), text.size());
    return text.size();
}
