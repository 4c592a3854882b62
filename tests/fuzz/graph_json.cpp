// Feeds octets to the readers of Graph's JSON: resources, pages, deltas, batches, notifications. What was understood is
// written and read again: it must mean the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/graph_json.cpp \
//     -lboost_json -lboost_url -lssl -lcrypto
//
// The first octet says which reader.

#include <outkit/graph/detail/attachment_codec.hpp>
#include <outkit/graph/detail/batch_codec.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/detail/notification_desk.hpp>
#include <outkit/graph/detail/subscription_codec.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit::graph;
using namespace outkit::graph::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

limits small()
{
    limits l;
    l.json_depth = 8;
    l.json_values = 200;
    l.json_string = 500;
    return l;
}

// Both ends of a value: written and read again it is written the same.
template <class T>
void round_trip(T const& value, parsed<T> (*parse)(std::string_view, limits const&))
{
    std::string const once = serialise(value);
    parsed<T> const again = parse(once, {});
    must(!again.ec);
    must(serialise(again.value) == once);
}

template <class T>
void look_at(parsed<T> const& p)
{
    must(!p.ec || p.ec == error::response_malformed || p.ec == error::limit_exceeded);
    must(p.what.size() <= 2048);
    must(p.ec || p.what.empty());
}

void notifications(std::string_view text)
{
    desk_rules rules;
    rules.client_states.push_back(outkit::secret("s"));
    rules.most_waiting = 3;
    rules.remembered = 2;
    rules.limits = small();
    notification_desk desk(std::move(rules));
    for (int twice = 0; twice != 2; ++twice)
    {
        outkit::http::request r;
        r.method = "POST";
        r.target = "/";
        if (text.starts_with('?'))  // a trial
            r.target += text;
        r.headers = {{"Content-Type", "application/json"}};
        r.body = text;
        outkit::http::response const a = desk.answer(r);
        must(a.status == 200 || a.status == 202 || a.status == 400 || a.status == 413 || a.status == 503);
        must(a.body.empty() || a.status == 200);
        must(a.body.size() <= 1024 && a.body.find_first_of("\r\n") == std::string::npos);
    }
    for (int n = 0; auto const told = desk.next(); ++n)
    {
        must(n < 3);
        must(!told->subscription_id.empty() && told->client_state.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string const text(data + 1, data + size);
    limits const l = small();
    switch (data[0] % 8)
    {
    case 0: {
        auto const p = parse_messages(text, l);
        look_at(p);
        for (message const& m : p.value.value)
            round_trip(m, &parse_message);
        break;
    }
    case 1: {
        auto const p = parse_folders(text, l);
        look_at(p);
        for (mail_folder const& f : p.value.value)
            round_trip(f, &parse_folder);
        break;
    }
    case 2: {
        auto const p = parse_user(text, l);
        look_at(p);
        if (!p.ec)
            round_trip(p.value, &parse_user);
        break;
    }
    case 3: {
        auto const p = parse_subscription(text, l);
        look_at(p);
        if (!p.ec)
            round_trip(p.value, &parse_subscription);
        break;
    }
    case 4: {
        auto const p = parse_message_changes(text, l);
        look_at(p);
        must(p.ec || p.value.next_link.empty() != p.value.delta_link.empty());
        for (removed_item const& gone : p.value.removed)
            must(!gone.id.empty());
        break;
    }
    case 5: {
        auto const p = parse_batch(text, l);
        look_at(p);
        for (batch_response const& r : p.value)
            must(r.status <= 599 && (r.body.empty() || is_json(r.body)));
        break;
    }
    case 6:
        look_at(parse_attachments(text, l));
        look_at(parse_upload_session(text, l));
        break;
    case 7: notifications(text); break;
    }
    outkit::http::response refused;
    refused.status = 400;
    refused.body = text;
    must(summary_of(parse_problem(refused, l)).size() <= 512);
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Every fourth time something that the service says is put in, which is beyond the random octets' reach.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed)
{
    static constexpr std::string_view pieces[] = {
        R"({"value":[{"id":"x"}],"@odata.nextLink":"https://x"})",
        R"({"id":"x","from":{"emailAddress":{"name":"n","address":"a","k":1},"x":[]}})",
        R"("flag":{"flagStatus":"flagged","dueDateTime":{"dateTime":"d","timeZone":"UTC"}},)",
        R"("body":{"contentType":"html","content":"\ud83d\ude00\r\n"},)",
        R"("attachments":[{"@odata.type":"#microsoft.graph.itemAttachment","id":"a","contentBytes":"aGk=","size":7}],)",
        R"("singleValueExtendedProperties":[{"id":"String 0x1","value":"v"}],)",
        R"({"id":"x","@removed":{"reason":"changed"}})",
        R"("@odata.deltaLink":"https://x",)",
        R"({"responses":[{"id":"1","status":429,"headers":{"Retry-After":"1"},"body":{"error":{"code":"c"}}}]})",
        R"({"value":[{"subscriptionId":"S","clientState":"s","changeType":"created","resourceData":{"@odata.etag":"e","id":"i"}}]})",
        "?validationToken=a%20b",
        R"("receivedDateTime":"2026-11-23T10:00:00Z",)",
        R"("importance":"high","isRead":true,"size":2147483647,)",
        "1e400",
        R"("toRecipients":[{"emailAddress":{}}],)"};
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
