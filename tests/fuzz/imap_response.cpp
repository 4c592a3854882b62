// Feeds octets to the parser of IMAP responses. What was understood is written and read again: it must mean the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/imap_response.cpp -lssl \
//     -lcrypto

#include <outkit/imap/detail/codec.hpp>

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
    l.literals = 20;
    l.depth = 16;
    l.tokens = 500;
    l.capabilities = 20;
    l.ranges = 20;
    return l;
}

// What must hold of a response, whatever it was made of.
void look_at(response const& r, std::string_view frame, imap::limits const& l)
{
    must(!frame.empty());
    if (auto const caps = code_capabilities(r.status, l))
        must(caps->size() <= l.capabilities);
    code_number(r.status, "UIDVALIDITY");
    code_appenduid(r.status);
    if (auto const copied = code_copyuid(r.status, l))
        must(copied->to.ranges().size() <= l.ranges);
    bool any = false;
    code_permanent_flags(r.status, l, any);
    suggested_backoff(r.status.text);
    must(shown(frame).size() <= 512);
    if (r.what == response::kind::fetch)
    {
        message const& m = *r.fetched;
        m.size_contradicted();
        for (section_data const& s : m.sections)
            must(!s.streamed && s.octets == s.data.size());
        for (std::string_view const k : m.keywords)
            must(k.find_first_of("\r\n") == std::string_view::npos);
    }
}

// All responses in the text, as they are written.
std::vector<std::string> understood(std::string const& text)
{
    std::vector<std::string> out;
    imap::limits const l = small();
    auto read = [&](wire& w) -> flow<> {
        framer frames(framer::role::client, l);
        arena block;
        response r;
        for (;;)
        {
            error_code ec;
            framer::step const step = frames.next(w, ec);
            if (ec)
                co_await fail(ec);
            if (step != framer::step::complete)
            {
                co_await w.fill();
                continue;
            }
            block.clear();
            ec = parse_response(frames.text(), frames.literals(), l, block, r);
            if (ec)
                continue;
            look_at(r, frames.text(), l);
            if (r.what == response::kind::other)
                continue;
            out.emplace_back();
            append_response(out.back(), r);
        }
    };
    wire w(l.line);
    outkit::detail::play(read(w), {text});
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    for (std::string const& one : understood(std::string(data, data + size)))
        must(understood(one) == std::vector<std::string>(1, one));
    return 0;
}
