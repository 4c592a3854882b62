// Feeds octets to what cuts IMAP responses and commands into frames: the same frames, whatever the pieces in which they
// arrive, and never more of them in memory than the limits say.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/imap_framer.cpp -lssl -lcrypto

#include <outkit/imap/detail/frame.hpp>

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
    l.line = 1'000;
    l.response = 1'500;
    l.streamed_literal = 2'000;
    l.literals = 10;
    return l;
}

// Takes the literals that belong to BODY[], as the client does.
struct body_sink : literal_sink
{
    std::string all;

    bool wants(std::string_view frame, std::uint64_t) override { return frame.find("BODY[") != frame.npos; }
    error_code take(std::string_view piece) override
    {
        all += piece;
        return {};
    }
};

struct heard
{
    std::string transcript;
    error_code ec;
};

heard hear(std::string const& text, std::size_t piece, framer::role role)
{
    imap::limits const l = small();
    heard out;
    body_sink sink;
    auto read = [&](wire& w) -> flow<> {
        framer frames(role, l);
        frames.sink = role == framer::role::client ? &sink : nullptr;
        for (;;)
        {
            error_code ec;
            framer::step const step = frames.next(w, ec);
            if (ec)
                co_await fail(ec);
            if (step == framer::step::literal)
            {
                must(frames.inside() && frames.in_literal() && !frames.literals().empty());
                must(frames.text().size() == frames.literals().back().at);
                if (frames.literals().back().octets % 5 == 4)  // some are refused
                {
                    frames.refuse();
                    out.transcript += "refused\n";
                }
                continue;
            }
            if (step == framer::step::need_input)
            {
                co_await w.fill();
                continue;
            }
            std::string_view const frame = frames.text();
            must(frame.size() <= l.response + l.line && frames.literals().size() <= l.literals);
            out.transcript += frame;
            out.transcript += '\n';
            for (literal_mark const& m : frames.literals())
            {
                must(m.streamed || m.at + m.octets <= frame.size());
                must(frame.substr(0, m.at).ends_with("}\r\n"));
                out.transcript += std::to_string(m.at) + ' ' + std::to_string(m.octets) + (m.streamed ? " s" : "") +
                                  (m.synchronizing ? "" : " +") + '\n';
            }
        }
    };
    wire w(l.line);
    auto const r = outkit::detail::play(read(w), {text}, {.piece = piece});
    out.ec = r.ec;
    out.transcript += sink.all;
    must(!!out.ec && sink.all.size() <= text.size());
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(data, data + size);
    for (framer::role const role : {framer::role::client, framer::role::server})
    {
        heard const whole = hear(text, 1 << 16, role);
        for (std::size_t const piece : {std::size_t(1), 2 + size % 13})
        {
            heard const again = hear(text, piece, role);
            must(again.ec == whole.ec && again.transcript == whole.transcript);
        }
    }
    return 0;
}
