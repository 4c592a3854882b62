// Feeds octets to the reader of SMTP replies. What was understood is fit to be shown and within its limits; written and read
// again it means the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/smtp_reply.cpp -lcrypto

#include <outkit/smtp/detail/codec.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;
using namespace outkit::smtp;
using namespace outkit::smtp::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

smtp::limits small()
{
    smtp::limits l;
    l.reply_lines = 16;
    l.reply = 1'024;
    return l;
}

bool is_printable(std::string_view text)
{
    for (char const c : text)
        if (c < 0x20 || c > 0x7e)
            return false;
    return true;
}

// What a reader makes of the lines from `at` on, which is moved behind the reply; nothing if they are none.
std::optional<reply_reader> read(std::vector<std::string> const& lines, std::size_t& at)
{
    reply_reader reader(small());
    while (at != lines.size())
    {
        if (reader.add(lines[at++]))
            return std::nullopt;
        if (reader.complete())
            return reader;
    }
    return std::nullopt;
}

std::vector<std::string> lines_of(std::string const& text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0, end; (end = text.find("\r\n", at)) != text.npos; at = end + 2)
        lines.push_back(text.substr(at, end - at));
    return lines;
}

void look_at(reply const& r)
{
    must(r.code >= 200 && r.code <= 599);
    must(r.enhanced.status_class == 0 || r.enhanced.status_class == r.code / 100);
    must(r.enhanced.subject >= 0 && r.enhanced.subject <= 999 && r.enhanced.detail >= 0 && r.enhanced.detail <= 999);
    must(r.text.size() <= small().reply);
    for (std::size_t at = 0; at <= r.text.size();)
    {
        std::size_t const end = std::min(r.text.find('\n', at), r.text.size());
        must(is_printable(std::string_view(r.text).substr(at, end - at)));
        at = end + 1;
    }
    std::string const shown = to_string(r);
    must(shown.size() <= 512 && is_printable(shown));
    std::string const id = assigned_message_id(r.text);
    must(id.find_first_of("<> \n") == std::string::npos);
}

void replies(std::string const& text)
{
    must(printable(text).size() <= text.size() && is_printable(printable(text)));
    std::vector<std::string> const lines = lines_of(text + "\r\n");
    for (std::size_t at = 0; at != lines.size();)
    {
        auto reader = read(lines, at);
        if (!reader)
            continue;
        extensions const offered = parse_extensions(reader->lines());
        must(offered.keywords.size() < small().reply_lines);
        for (auto const& k : offered.keywords)
            must(k.name.find_first_of(" =abcdefghijklmnopqrstuvwxyz") == std::string::npos && offered.has(k.name));
        for (auto const& m : offered.mechanisms)
            must(!m.empty() && m.find(' ') == std::string::npos && offered.has_mechanism(m));
        reply const r = reader->take();
        look_at(r);

        // A reply of ours has one enhanced code for all lines, and a line's text does not begin with another one.
        std::vector<std::string> const again = lines_of(format_reply(r));
        std::size_t begin = 0;
        auto second = read(again, begin);
        if (!second)
            continue;  // it has become too long
        must(begin == again.size());
        reply const same = second->take();
        must(same.code == r.code);
        if (r.enhanced)
            must(same.enhanced == r.enhanced);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    replies(std::string(data, data + size));
    return 0;
}
