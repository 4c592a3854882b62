// Makes an SMTP message of octets, in every way. Whatever they are, it is one message to a strict server and to a lenient one,
// with CRLF line ends.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/smtp_data.cpp -lcrypto

#include <outkit/smtp/detail/codec.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;
using namespace outkit::smtp;
using namespace outkit::smtp::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

std::string normalised(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i != text.size(); ++i)
        if (text[i] == '\r' || text[i] == '\n')
        {
            out += "\r\n";
            i += text[i] == '\r' && i + 1 != text.size() && text[i + 1] == '\n';
        }
        else
            out += text[i];
    return out.empty() || out.ends_with("\r\n") ? out : out + "\r\n";
}

// Where a server that takes any line end for one sees the end of the message first.
std::size_t lenient_end(std::string_view wire)
{
    auto const is_end = [](char c) { return c == '\r' || c == '\n'; };
    for (std::size_t i = 0; i + 1 < wire.size(); ++i)
        if (wire[i] == '.' && (i == 0 || is_end(wire[i - 1])) && is_end(wire[i + 1]))
            return i;
    return wire.size();
}

void message(std::string const& text)
{
    std::string wire;
    data_writer whole;
    whole.add(text, wire);
    whole.finish(wire);
    must(wire.ends_with(".\r\n") && lenient_end(wire) == wire.size() - 3);

    for (std::size_t const size : {1, 2, 3, 7})
    {
        std::string again;
        data_writer parts;
        for (std::size_t at = 0; at < text.size(); at += size)
            parts.add(std::string_view(text).substr(at, size), again);
        parts.finish(again);
        must(wire == again);
    }

    std::string const expected = normalised(text);
    data_reader reader;
    std::string content;
    must(reader.add(wire + "QUIT\r\n", content) == wire.size());
    must(reader.complete() && !reader.bare_line_end());
    must(content == expected);
    content_facts const facts = examine(text);
    must(facts.size == expected.size() || text.empty());
    must(facts.ready == (wire == text + ".\r\n"));
    must(facts.nul == (text.find('\0') != text.npos));
    must(message_id_of(text).find_first_of("\r\n") == std::string::npos);

    // As it comes it ends where a strict reader says so, and nowhere before.
    data_reader raw;
    std::string taken;
    std::size_t const used = raw.add(text, taken);
    std::string const with_start = "\r\n" + text;
    std::size_t const end = with_start.find("\r\n.\r\n");
    must(raw.complete() == (end != with_start.npos));
    must(used == (raw.complete() ? end + 3 : text.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    message(std::string(data, data + size));
    return 0;
}
