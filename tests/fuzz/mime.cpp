// Feeds octets to everything in outkit::mime that reads, but for addresses, which have a target of their own, and builds
// messages of them. Checks what must hold whatever they are.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/mime.cpp -lcrypto

#include <outkit/mime/message.hpp>
#include <outkit/mime/structure.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;

namespace {

class still_world : public outkit::detail::environment
{
public:
    outkit::detail::time_point now() const override { return {}; }
    outkit::detail::wall_time date() const override { return {}; }
    void random(std::span<unsigned char> fill) override { std::ranges::fill(fill, static_cast<unsigned char>(0)); }
};

void must(bool holds)
{
    if (!holds)
        std::abort();
}

void structure_of(std::string_view text)
{
    mime::structure const s = mime::parse(text);
    must(!s.parts.empty() && !s.envelopes.empty());
    for (std::uint32_t i = 0; i != s.parts.size(); ++i)
    {
        mime::part const& p = s.parts[i];
        must(p.header_begin <= p.body_begin && p.body_begin <= p.body_end && p.body_end <= text.size());
        must(p.parent == mime::no_part || p.parent < i);
        must((p.first_child != mime::no_part) == (p.is_multipart() || p.is("message", "rfc822")));
        must(mime::decoded_body(p, text).size() <= p.octets());
        must(mime::valid_utf8(mime::decoded_text(p, text)));
        p.file_name();
        mime::is_inline(s, i);
    }
    mime::find_contents(s);
    for (mime::envelope const& e : s.envelopes)
    {
        must(mime::valid_utf8(mime::decode_words(e.subject)));
        must(e.subject.find_first_of("\r\n") == std::string::npos);
    }
}

// What was meant arrives, wherever the octets are put.
void message_of(std::string_view text, bool allow_utf8)
{
    std::string words(text.substr(0, 1'000));  // of one line, and of parameters that a reader puts together
    std::erase_if(words, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    mime::message m;
    error_code ec;
    m.from.addr = *mime::parse_address("ann@contoso.example", ec);
    m.from.name = m.subject = words;
    m.text = m.html = text;
    m.attachments = {{.name = words, .content = words},
                     {.content_type = "message/rfc822", .content = std::string(text)},
                     {.content = std::string(text), .content_id = "a@b", .is_inline = true}};
    m.fields = {{"X-Words", words}};
    m.allow_utf8 = allow_utf8;
    still_world world;
    auto const built = mime::build(m, world, ec);
    must(built.has_value() == !ec);
    if (!built)
        return;
    std::string const& raw = built->raw;
    for (std::size_t i = 0; i != raw.size(); i = raw.find('\n', i) + 1)
        must(raw.find('\n', i) - i <= 999);
    mime::structure const s = mime::parse(raw);
    mime::contents const c = mime::find_contents(s);
    auto const lines = [](std::string_view t) {
        std::string out = mime::with_crlf(t);
        return out.empty() || out.ends_with("\r\n") ? out : out + "\r\n";
    };
    must(s.parts[0].is("multipart", "mixed") && s.head().from.size() == 1 && s.head().to.empty());
    must(mime::decode_words(s.head().subject) == words && mime::decode_words(s.head().from[0].name) == words);
    must(mime::read_text(mime::find(mime::read_fields(mime::header_of(s.parts[0], raw)), "X-Words")->value) == words);
    if (!m.text.empty())
    {
        must(mime::decoded_body(s.parts[c.text], raw) == lines(text));
        must(mime::decoded_body(s.parts[c.html], raw) == lines(text));
    }
    must(c.attachments.size() == 3);
    std::size_t const first = m.text.empty() ? 0 : 1;  // pictures come with the HTML
    must(s.parts[c.attachments[first]].file_name() == words);
    must(mime::decoded_body(s.parts[c.attachments[first]], raw) == words);
    mime::part const& forwarded = s.parts[c.attachments[first + 1]];
    must(forwarded.is_message() ? mime::body_of(forwarded, raw) == (text.empty() ? "\r\n" : lines(text))
                                : mime::decoded_body(forwarded, raw) == text);
    must(mime::decoded_body(s.parts[c.attachments[m.text.empty() ? 2 : 0]], raw) == text);

    auto const streamed = mime::build_streamed(std::move(m), world, ec);
    must(streamed && streamed->raw.octets == raw.size());
    std::string got;
    char room[97];
    while (std::size_t const n = streamed->raw.read(room, sizeof room, ec))
        got.append(room, n);
    must(!ec && got == raw);
}

void text_of(std::string_view text)
{
    for (std::string_view const charset : {"", "iso-8859-1", "utf-8", "iso-2022-jp", "utf-7", "utf-16", "gb2312",
                                           "big5", "shift_jis", "euc-kr", "koi8-r", "iso-2022-kr", "windows-1255"})
    {
        std::string const out = mime::to_utf8(text, charset);
        must(mime::valid_utf8(out) && out.size() <= 6 * text.size());
    }
    mime::to_utf8("\xfc", text);
    must(mime::valid_utf8(mime::decode_words(text)));
    if (mime::valid_utf8(text))
    {
        must(mime::decode_words(mime::encode_words(text)) == text);
        std::string const quoted = mime::encode_quoted_printable(text);
        must(mime::decode_quoted_printable(quoted) == mime::with_crlf(text));
    }
    must(mime::decode_base64(mime::encode_base64(text)) == text);
    must(mime::unflow(text).size() <= 3 * text.size());
}

void parameters_of(std::string_view text)
{
    mime::parameterized p = mime::read_parameterized(text);
    std::erase_if(p.parameters, [](mime::parameter const& q) {
        return !mime::detail::is_token(q.name) || q.name.find_first_of("*%'") != q.name.npos ||
               q.value.find('\0') != q.value.npos;
    });
    if (!mime::detail::is_token(p.value))
        return;
    for (bool const utf8 : {false, true})
        must(mime::read_parameterized(mime::format_parameterized(p, utf8)) == p);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(data, data + size);
    structure_of(text);
    message_of(text, size % 2 != 0);
    text_of(text);
    parameters_of(text);
    if (auto const d = mime::read_date(text))
        must(mime::read_date(mime::format_date(*d)) == d);
    for (std::string const& id : mime::read_message_ids(text))
        must(!mime::valid_message_id(id) || mime::read_message_ids('<' + id + '>') == std::vector<std::string>(1, id));
    return 0;
}
