// Feeds octets to the IMAP client as what a server says in a whole conversation: greeting, sign-in, SELECT, FETCH, LIST.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/imap_conversation.cpp
//       -lboost_json -lssl -lcrypto
//
// The first octet says how large the pieces are in which the rest arrives.

#include <outkit/imap/detail/flows.hpp>

#include <outkit/detail/simulate.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;
using namespace outkit::imap;
using namespace outkit::imap::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

imap::limits small()
{
    imap::limits l;
    l.line = 2'000;
    l.response = 3'000;
    l.streamed_literal = 2'500;
    l.literals = 20;
    l.depth = 16;
    l.tokens = 500;
    l.capabilities = 20;
    l.ranges = 20;
    l.malformed_responses = 5;
    l.untagged_octets = 4'000;
    l.untagged_responses = 50;
    return l;
}

// A whole session: greeting, sign-in, SELECT and FETCH, whatever the server says.
void conversation(std::string const& text, std::size_t piece)
{
    settings set;
    set.limits = small();
    session s(set);
    std::uint64_t streamed = 0;
    auto talk = [&]() -> outkit::detail::flow<> {
        co_await connect(s, "mail.test", 993, security::implicit_tls);
        access_token t("mock-token");
        co_await authenticate(s, "ann@contoso.example", std::move(t));
        co_await select(s, "INBOX", false);
        fetch_items what;
        what.flags = true;
        what.sections = {{}};
        what.sink = [&](section_piece const& p) {
            must(p.offset + p.data.size() <= p.octets);
            streamed += p.data.size();
            return error_code();
        };
        uid_set const all = uid_set::all();
        message_batch const batch = co_await fetch(s, numbering::uid, all, what);
        for (message const& m : batch)
            must(m.uid != 0);
        co_await list(s, "", "*");
        co_await noop(s);
    };
    auto const r = outkit::detail::play(talk(), {"", text}, {.piece = piece});
    must(streamed <= text.size());
    must(r.diagnostics.size() <= 2'048);
    must(r.written.find("mock-token") == std::string::npos);
}

// Tags are random, but from the world of the play: the first are always the same. "$1" in the input is the first.
std::string tagged(std::string text)
{
    static std::vector<std::string> const tags = [] {
        outkit::detail::simulator world;
        tag_source source;
        std::vector<std::string> first;
        for (int i = 0; i != 9; ++i)
            first.push_back(source.next(world));
        return first;
    }();
    for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1))
        if (at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9')
            text.replace(at, 2, tags[static_cast<std::size_t>(text[at + 1] - '1')]);
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::size_t const piece = 1 + data[0] % 64;
    std::string const text(data + 1, data + size);
    conversation(tagged(text), piece);
    suggested_backoff(text);
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Every fourth time something that servers say is put in, which is beyond the random octets' reach.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed)
{
    static constexpr std::string_view pieces[] = {
        "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR IDLE NAMESPACE] hi\r\n",
        "$1 OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE] in\r\n",
        "* 3 EXISTS\r\n* OK [UIDVALIDITY 14] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n$2 OK [READ-WRITE] done\r\n",
        "* 1 FETCH (UID 7 FLAGS (\\Seen $X) RFC822.SIZE 5 BODY[] {5}\r\nhello)\r\n$3 OK done\r\n",
        "* LIST (\\HasNoChildren) \"/\" {3}\r\na&-\r\n$4 OK done\r\n",
        "* STATUS INBOX (MESSAGES 1 UIDNEXT 2)\r\n",
        "* 2 FETCH (ENVELOPE (\"d\" \"s\" ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL NIL \"<i>\"))\r\n",
        "* 2 FETCH (BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 1 1) \"mixed\"))\r\n",
        "$3 OK [COPYUID 1 1:3 4:6] x\r\n",
        "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
        "* BYE x\r\n",
        "{1}\r\n",
        "((",
        "))",
        "\"\\",
        "NIL ",
        " BODY[HEADER.FIELDS (A)]<1> "};
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
