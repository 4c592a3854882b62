// Builds messages of lines that say what is in them, and takes them apart again. Whatever the lines say, the message is
// refused or has what was meant in it and nothing else, and so has the one that is built while it is read.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/message_builder.cpp -lcrypto
//
// The first octet chooses options. Of each line after it the first octet says what it is: F, S, R, T, C, B and g are addresses
// (after the last blank of a line) with names, G a group in To and g a member of it, s the subject, d the date, m, i and r message ids, t and h texts, in which
// '|' is a line feed and '^' a carriage return, x a field ("name:value"), a and p files ("name;type;id;content").

#include <outkit/mime/message.hpp>
#include <outkit/mime/structure.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

std::string take(std::string_view& rest, char until)
{
    std::size_t const end = std::min(rest.find(until), rest.size());
    std::string const out(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return out;
}

std::string body_of(std::string_view text)
{
    std::string out(text);
    std::ranges::replace(out, '|', '\n');
    std::ranges::replace(out, '^', '\r');
    return out;
}

void add_line(mime::message& m, char what, std::string_view value)
{
    mime::mailbox who;
    if (std::string_view("FSRTCBg").find(what) != std::string_view::npos)
    {
        std::size_t const blank = value.rfind(' ');
        error_code ec;
        if (auto const a = mime::parse_address(value.substr(blank + 1), ec, m.allow_utf8))
            who.addr = *a;
        who.name = value.substr(0, blank == value.npos ? 0 : blank);
    }
    switch (what)
    {
    case 'F': m.from = who; break;
    case 'S': m.sender = who; break;
    case 'R': m.reply_to.push_back(who); break;
    case 'T': m.to.push_back(who); break;
    case 'C': m.cc.push_back(who); break;
    case 'B': m.bcc.push_back(who); break;
    case 'G': m.to_groups.push_back({std::string(value), {}}); break;
    case 'g':
        if (!m.to_groups.empty())
            m.to_groups.back().members.push_back(who);
        break;
    case 's': m.subject = value; break;
    case 'd': m.date = mime::read_date(value); break;
    case 'm': m.message_id = value; break;
    case 'i': m.in_reply_to.emplace_back(value); break;
    case 'r': m.references.emplace_back(value); break;
    case 't': m.text += body_of(value); break;
    case 'h': m.html += body_of(value); break;
    case 'x': {
        std::string const name = take(value, ':');
        m.fields.push_back({name, std::string(value)});
        break;
    }
    case 'a':
    case 'p': {
        mime::attachment a;
        a.name = take(value, ';');
        std::string const type = take(value, ';');
        if (!type.empty())
            a.content_type = type;
        a.content_id = take(value, ';');
        a.content = body_of(value);
        a.is_inline = what == 'p';
        m.attachments.push_back(std::move(a));
        break;
    }
    default: break;
    }
}

bool says(std::vector<mime::address_entry> const& got, std::vector<mime::mailbox> const& meant)
{
    return std::ranges::equal(got, meant, [](mime::address_entry const& g, mime::mailbox const& m) {
        auto const a = mime::strict(g);
        return g.what == mime::address_entry::kind::mailbox && a && *a == m.addr &&
               mime::decode_words(g.name) == m.name;
    });
}

bool says(std::span<mime::address_entry const> got, std::vector<mime::mailbox> const& single,
          std::vector<mime::group> const& groups)
{
    std::vector<std::string> meant, read;
    auto const add = [](std::vector<std::string>& to, mime::mailbox const& m) {
        to.push_back(m.name + '<' + m.addr.to_string() + '>');
    };
    for (mime::mailbox const& m : single)
        add(meant, m);
    for (mime::group const& g : groups)
    {
        meant.push_back(g.name + ':');
        for (mime::mailbox const& m : g.members)
            add(meant, m);
        meant.push_back(";");
    }
    for (mime::address_entry const& e : got)
        if (auto const a = mime::strict(e))
            add(read, {mime::decode_words(e.name), *a});
        else
            read.push_back(e.what == mime::address_entry::kind::group_begin ? mime::decode_words(e.name) + ':' : ";");
    return meant == read;
}

std::string lines_of(std::string_view text)
{
    std::string out = mime::with_crlf(text);
    return out.empty() || out.ends_with("\r\n") ? out : out + "\r\n";
}

void header_says(mime::message const& m, std::string const& message_id, mime::structure const& s, std::string_view raw)
{
    auto const fields = mime::read_fields(mime::header_of(s.parts[0], raw));
    bool const nobody = m.to.empty() && m.to_groups.empty() && m.cc.empty() && !m.bcc.empty() && !m.keep_bcc;
    std::vector<std::string_view> names = {"Date", "From"};
    for (auto const& [name, there] :
         {std::pair("Sender", m.sender.has_value()), std::pair("Reply-To", !m.reply_to.empty()),
          std::pair("To", nobody || !m.to.empty() || !m.to_groups.empty()), std::pair("Cc", !m.cc.empty()),
          std::pair("Bcc", m.keep_bcc && !m.bcc.empty()), std::pair("Subject", true), std::pair("Message-ID", true),
          std::pair("In-Reply-To", !m.in_reply_to.empty()), std::pair("References", !m.references.empty())})
        if (there)
            names.push_back(name);
    std::size_t const first = names.size();
    for (auto const& f : m.fields)
        names.push_back(f.name);
    names.push_back("MIME-Version");
    must(fields.size() > names.size());
    for (std::size_t i = 0; i != names.size(); ++i)
        must(fields[i].name == names[i]);
    for (std::size_t i = names.size(); i != fields.size(); ++i)
        must(fields[i].name.starts_with("Content-"));
    for (std::size_t i = 0; i != m.fields.size(); ++i)
        must(mime::read_text(fields[first + i].value) == m.fields[i].value);

    mime::envelope const& e = s.head();
    must(mime::read_date(e.date) == m.date.value_or(mime::date_time()));
    must(says(e.from, {m.from}) && says(e.sender, {m.sender.value_or(m.from)}));
    must(says(e.reply_to, m.reply_to.empty() ? std::vector(1, m.from) : m.reply_to));
    must(nobody ? e.to.size() == 2 && e.to[0].what == mime::address_entry::kind::group_begin
                : says(e.to, m.to, m.to_groups));
    must(says(e.cc, m.cc) && says(e.bcc, m.keep_bcc ? m.bcc : std::vector<mime::mailbox>()));
    must(mime::read_text(e.subject) == m.subject);
    must(e.message_id == '<' + message_id + '>' && (m.message_id.empty() || m.message_id == message_id));
    must(mime::read_message_ids(e.in_reply_to) == m.in_reply_to);
    auto const* const references = mime::find(fields, "References");
    must(mime::read_message_ids(references ? references->value : "") == m.references);
}

void is_file(mime::attachment const& a, mime::part const& p, std::string_view raw)
{
    mime::parameterized const type = mime::read_parameterized(a.content_type);
    bool const forwarded = type.value == "message/rfc822" && p.is_message();
    must(p.type + '/' + p.subtype ==
         (type.value == "message/rfc822" && !forwarded ? "application/octet-stream" : type.value));
    must(p.disposition == (a.is_inline ? "inline" : "attachment") && p.file_name() == a.name);
    must(p.id == (a.content_id.empty() ? "" : '<' + a.content_id + '>'));
    if (forwarded)
        must(mime::body_of(p, raw) == (a.content.empty() ? "\r\n" : lines_of(a.content)));
    else
        must(mime::decoded_body(p, raw) == a.content);
}

void parts_say(mime::message const& m, mime::structure const& s, std::string_view raw)
{
    std::vector<mime::part const*> leaves;
    for (mime::part const& p : s.parts)
    {
        bool inside = false;  // a message that is forwarded
        for (auto up = p.parent; up != mime::no_part; up = s.parts[up].parent)
            inside = inside || s.parts[up].is_message();
        if (!p.is_multipart() && !inside)
            leaves.push_back(&p);
    }
    auto next = leaves.begin();
    for (auto const& [text, subtype] : {std::pair(&m.text, "plain"), std::pair(&m.html, "html")})
        if (!text->empty() || (text == &m.text && m.html.empty()))
        {
            must(next != leaves.end() && (*next)->is("text", subtype));
            must(mime::decoded_body(**next, raw) == lines_of(*text) &&
                 mime::decoded_text(**next, raw) == lines_of(*text));
            ++next;
        }
    for (bool const with_html : {true, false})
        for (mime::attachment const& a : m.attachments)
            if ((a.is_inline && !m.html.empty()) == with_html)
            {
                must(next != leaves.end());
                is_file(a, **next++, raw);
            }
    must(next == leaves.end());
}

void message_of(std::string_view lines, unsigned options)
{
    mime::message m;
    m.keep_bcc = (options & 1) != 0;
    m.allow_utf8 = (options & 2) != 0;
    while (!lines.empty())
        if (std::string const line = take(lines, '\n'); !line.empty())
            add_line(m, line[0], std::string_view(line).substr(1));
    still_world world;
    error_code ec;
    auto const built = mime::build(m, world, ec);
    must(built.has_value() == !ec);
    if (!built)
        return;
    std::string const& raw = built->raw;
    must(mime::with_crlf(raw) == raw);
    for (std::size_t i = 0; i < raw.size(); i = raw.find('\n', i) + 1)
        must(raw.find('\n', i) - i <= 999);
    must(m.allow_utf8 || std::ranges::all_of(raw, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
    mime::structure const s = mime::parse(raw);
    must(!s.truncated);
    header_says(m, built->message_id, s, raw);
    parts_say(m, s, raw);

    std::vector<mime::address> everybody;
    auto const add = [&](std::vector<mime::mailbox> const& list) {
        for (mime::mailbox const& who : list)
            if (std::ranges::find(everybody, who.addr) == everybody.end())
                everybody.push_back(who.addr);
    };
    add(m.to);
    for (mime::group const& g : m.to_groups)
        add(g.members);
    add(m.cc);
    add(m.bcc);
    must(built->recipients == everybody);

    auto const streamed = mime::build_streamed(std::move(m), world, ec);
    must(streamed && streamed->raw.octets == raw.size() && streamed->recipients == everybody);
    std::string got;
    char room[97];
    while (std::size_t const n = streamed->raw.read(room, sizeof room, ec))
        got.append(room, n);
    must(!ec && got == raw);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size != 0)
        message_of(std::string_view(reinterpret_cast<char const*>(data) + 1, size - 1), data[0]);
    return 0;
}
