// Feeds octets to everything in outkit::mime that reads, and checks what must hold whatever they are.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/mime.cpp -lcrypto
//
// Where there is no libFuzzer, -DOUTKIT_FUZZ_STANDALONE gives it a main of its own, which changes the texts below at
// random: program [runs [seed]]. It repeats; when it fails, it says which run.

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

void addresses_of(std::string_view text)
{
    error_code ec;
    if (auto const list = mime::parse_mailbox_list(text, ec, 100, true))
        for (mime::mailbox const& m : *list)
            must(mime::parse_mailbox(mime::to_string(m), ec, true) == m);
    for (mime::address_entry const& e : mime::read_address_list(text, 100))
        if (auto const a = mime::strict(e))
        {
            std::string const out = a->to_string();
            must(out.find_first_of("\r\n<>") == std::string::npos && out.size() <= 254);
            must(mime::parse_address(out, ec, true) == a);
        }
}

void message_of(std::string_view text)
{
    std::string words(text);  // of one line, which are the ones that are not refused at once
    std::erase_if(words, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    mime::message m;
    error_code ec;
    m.from.addr = *mime::parse_address("ann@contoso.example", ec);
    m.from.name = m.subject = words;
    m.text = text;
    m.attachments = {{.name = words, .content = words}};
    still_world world;
    auto const built = mime::build(m, world, ec);
    must(built.has_value() == !ec);
    if (!built)
        return;
    mime::structure const s = mime::parse(built->raw);
    must(s.parts.size() == 3 && s.parts[2].file_name() == words);
    must(mime::decoded_body(s.parts[2], built->raw) == words);
    must(mime::decode_words(s.head().subject) == words);
    must(s.head().from.size() == 1 && s.head().to.empty() && s.head().bcc.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(data, data + size);
    structure_of(text);
    addresses_of(text);
    message_of(text);
    must(mime::valid_utf8(mime::decode_words(text)));
    if (mime::valid_utf8(text))
        must(mime::decode_words(mime::encode_words(text)) == text);
    mime::read_date(text);
    mime::read_parameterized(text);
    mime::read_message_ids(text);
    return 0;
}

#ifdef OUTKIT_FUZZ_STANDALONE
#include <cstdio>

namespace {

constexpr std::string_view seeds[] = {
    "From: A <a@b.test>\r\nTo: G: \"x\" <c@d.test>, e@f.test (g);\r\nSubject: =?utf-8?Q?a=C3=BC?= =?utf-8?B?w7w=?=\r\n"
    "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n--a b\r\n"
    "Content-Type: message/rfc822\r\n\r\nSubject: i\r\nContent-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\n"
    "X: y\r\n\r\nz\r\n--a--\r\n--a b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC=\r\n x\r\n--a "
    "b--\r\n",
    "Content-Type: text/plain; charset=iso-2022-jp; name*0*=utf-8''%C3; name*1*=%BC; name*2=\"q\"\r\n"
    "Content-Disposition: attachment; filename=\"=?koi8-r?B?8NLJ18XU?=\"\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nGyRC\r\n",
    "Ann Lee <ann@contoso.example>, \"a\\\"b\"@c.test, d@[IPv6:1::2], <@r.test:e@f.test>, g (h (i) j)",
};
constexpr std::string_view pieces[] = {"\r\n",
                                       "\n",
                                       "--a",
                                       "--a b--",
                                       "=?utf-8?Q?",
                                       "?=",
                                       "(",
                                       ")",
                                       "\"",
                                       "\\",
                                       "<",
                                       ">",
                                       ",",
                                       ";",
                                       ":",
                                       "@",
                                       "=",
                                       "\r\n ",
                                       "\x80",
                                       "\xff",
                                       "\xc3",
                                       "*0*=",
                                       "message/rfc822",
                                       "boundary=a",
                                       "\t"};

std::uint64_t state = 1;
std::size_t below(std::size_t n)
{
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::size_t>(state >> 33) % n;
}

std::string changed(std::string text)
{
    for (std::size_t n = 1 + below(12); n-- != 0;)
    {
        std::size_t const at = below(text.size() + 1);
        std::size_t const size = std::min(below(20), text.size() - at);
        switch (below(5))
        {
        case 0: text.erase(at, size); break;
        case 1: text.insert(at, pieces[below(std::size(pieces))]); break;
        case 2: text.insert(at, text.substr(below(text.size() + 1), below(200))); break;
        case 3: text.insert(at, 1, static_cast<char>(below(256))); break;
        case 4: text.replace(at, size, size, static_cast<char>(below(256))); break;
        }
    }
    return text;
}

}  // namespace

int main(int argc, char** argv)
{
    std::size_t const runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
    std::uint64_t const seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    for (std::size_t run = 0; run != runs; ++run)
    {
        state = seed * 1'000'003 + run;
        std::string text(seeds[run % std::size(seeds)]);
        for (std::size_t n = below(4); n-- != 0;)
            text = changed(std::move(text));
        std::fprintf(stderr, "\rrun %zu", run);
        LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(text.data()), text.size());
    }
    std::fprintf(stderr, "\n%zu runs held\n", runs);
}
#endif
