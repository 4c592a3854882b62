// Building messages: what was meant arrives, and nothing else can be made to.

#include <outkit/mime/message.hpp>

#include <outkit/mime/structure.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace outkit;
using namespace std::string_literals;
using mime::attachment;
using mime::message;

namespace {

// 24 November 2026, 06:30 UTC, and randomness that is none: the worst case for boundaries.
class fixed_world : public outkit::detail::environment
{
public:
    outkit::detail::time_point now() const override { return {}; }
    outkit::detail::wall_time date() const override
    {
        return outkit::detail::wall_time(std::chrono::seconds(1'795'501'800));
    }
    void random(std::span<unsigned char> fill) override { std::ranges::fill(fill, static_cast<unsigned char>(7)); }
};

mime::mailbox who(std::string_view text)
{
    error_code ec;
    auto m = mime::parse_mailbox(text, ec, true);
    BOOST_REQUIRE(m);
    return *m;
}

message minimal()
{
    message m;
    m.from = who("Ann Lee <ann@contoso.example>");
    m.to = {who("bob@contoso.example")};
    m.subject = "Hello";
    m.text = "Hi Bob.\n";
    return m;
}

std::string repeat(std::string_view piece, std::size_t times)
{
    std::string out;
    for (std::size_t i = 0; i != times; ++i)
        out += piece;
    return out;
}

// Builds it and checks what holds for every message that was built.
mime::built_message made(message const& m)
{
    fixed_world world;
    error_code ec;
    auto built = mime::build(m, world, ec);
    BOOST_REQUIRE(!ec);
    BOOST_REQUIRE(built);
    BOOST_TEST(built->raw.ends_with("\r\n"));
    std::size_t column = 0;
    for (std::size_t i = 0; i != built->raw.size(); ++i)
    {
        char const c = built->raw[i];
        bool const utf8 = m.allow_utf8 && static_cast<unsigned char>(c) >= 0x80;
        BOOST_REQUIRE((utf8 || c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f)));
        BOOST_REQUIRE((c != '\n' || (i != 0 && built->raw[i - 1] == '\r')));
        BOOST_REQUIRE((c != '\r' || built->raw[i + 1] == '\n'));
        column = c == '\n' ? 0 : column + 1;
        BOOST_REQUIRE(column <= 999U);  // the CR counts here
    }
    BOOST_TEST(mime::build(m, world, ec)->raw == built->raw);
    return std::move(*built);
}

error_code refused(message const& m)
{
    fixed_world world;
    error_code ec;
    BOOST_TEST(!mime::build(m, world, ec));
    return ec;
}

std::string names(std::string_view raw)
{
    std::string out;
    for (mime::field const& f : mime::read_fields(raw))
        out += std::string(f.name) + ' ';
    return out;
}

std::string text_of(std::string const& raw, std::uint32_t part = 0)
{
    mime::structure const s = mime::parse(raw);
    return mime::decoded_text(s.parts.at(part), raw);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_message)

BOOST_AUTO_TEST_CASE(a_plain_message_reads_as_it_was_written)
{
    mime::built_message const b = made(minimal());
    BOOST_TEST(b.raw == "Date: Tue, 24 Nov 2026 06:30:00 +0000\r\n"
                        "From: Ann Lee <ann@contoso.example>\r\n"
                        "To: bob@contoso.example\r\n"
                        "Subject: Hello\r\n"
                        "Message-ID: <07070707070707070707070707070707@contoso.example>\r\n"
                        "MIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=us-ascii\r\n"
                        "Content-Transfer-Encoding: 7bit\r\n"
                        "\r\n"
                        "Hi Bob.\r\n");
    BOOST_TEST(b.message_id == "07070707070707070707070707070707@contoso.example");
    BOOST_REQUIRE(b.recipients.size() == 1U);
    BOOST_TEST(b.recipients[0].to_string() == "bob@contoso.example");
}

BOOST_AUTO_TEST_CASE(every_field_is_written)
{
    message m = minimal();
    m.sender = who("Office <office@contoso.example>");
    m.reply_to = {who("list@contoso.example")};
    m.to = {who("Zoë <zoe@contoso.example>"), who("\"Lee, Bob\" <bob@contoso.example>")};
    m.cc = {who("carol@contoso.example"), who("BOB@contoso.example"), who("bob@CONTOSO.example")};
    m.bcc = {who("dan@contoso.example")};
    m.subject = "Grüße";
    m.date = mime::read_date("Fri, 21 Nov 1997 09:55:06 -0600");
    m.message_id = "1234@local.machine.example";
    m.in_reply_to = {"a@b.test"};
    m.references = {"c@d.test", "a@b.test"};
    m.fields = {{"X-Mailer", "Ünit test"}, {"List-Id", "<list.contoso.example>"}};
    mime::built_message b = made(m);
    BOOST_TEST(names(b.raw) == "Date From Sender Reply-To To Cc Subject Message-ID In-Reply-To References X-Mailer "
                               "List-Id MIME-Version Content-Type Content-Transfer-Encoding ");
    mime::structure const s = mime::parse(b.raw);
    mime::envelope const& e = s.head();
    BOOST_TEST(e.date == "Fri, 21 Nov 1997 09:55:06 -0600");
    BOOST_TEST(e.sender[0].local == "office");
    BOOST_TEST(e.reply_to[0].local == "list");
    BOOST_REQUIRE(e.to.size() == 2U);
    BOOST_TEST(mime::decode_words(e.to[0].name) == "Zoë");
    BOOST_TEST(e.to[1].name == "Lee, Bob");
    BOOST_TEST(e.cc.size() == 3U);
    BOOST_TEST(e.bcc.empty());
    BOOST_TEST(mime::decode_words(e.subject) == "Grüße");
    BOOST_TEST(e.message_id == "<1234@local.machine.example>");
    BOOST_TEST(e.in_reply_to == "<a@b.test>");

    std::string recipients;
    for (mime::address const& a : b.recipients)
        recipients += a.to_string() + ' ';
    BOOST_TEST(recipients == "zoe@contoso.example bob@contoso.example carol@contoso.example BOB@contoso.example "
                             "dan@contoso.example ");

    m.keep_bcc = true;
    b = made(m);
    BOOST_TEST(mime::parse(b.raw).head().bcc.at(0).local == "dan");
}

BOOST_AUTO_TEST_CASE(SM_14_bodies_arrive_with_normal_line_ends_and_nothing_else_changed)
{
    struct row
    {
        std::string text;
        std::string arrives;
    };
    row const rows[] = {
        {"\n.\n", "\r\n.\r\n"},
        {"\r.\r", "\r\n.\r\n"},
        {"\n.\r\n", "\r\n.\r\n"},
        {"\r\n.\n", "\r\n.\r\n"},
        {"\r\n.\r\n", "\r\n.\r\n"},
        {".first", ".first\r\n"},
        {"..", "..\r\n"},
        {"no line end", "no line end\r\n"},
        {".", ".\r\n"},
        {"", ""},
        {"\n", "\r\n"},
        {"\r\n\r\n", "\r\n\r\n"},
        {"From the start\nFrom", "From the start\r\nFrom\r\n"},
        {"trailing blanks  \n\t\n", "trailing blanks  \r\n\t\r\n"},
        {"ü \n ü\t", "ü \r\n ü\t\r\n"},
        {"ünïcödé ünïcödé ünïcödé", "ünïcödé ünïcödé ünïcödé\r\n"},
        {"=?utf-8?Q?x?= =3D", "=?utf-8?Q?x?= =3D\r\n"},
        {"--=_outkit_070707070707070707070707_a\nx", "--=_outkit_070707070707070707070707_a\r\nx\r\n"},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.text)
        {
            message m = minimal();
            m.text = r.text;
            BOOST_TEST(text_of(made(m).raw) == r.arrives);
            m.html = r.text.empty() ? "x" : r.text;
            m.attachments = {{.name = "a.bin", .content = r.text}};
            std::string const raw = made(m).raw;
            mime::structure const s = mime::parse(raw);
            mime::contents const c = mime::find_contents(s);
            BOOST_REQUIRE(c.html != mime::no_part);
            BOOST_TEST(mime::decoded_text(s.parts[c.html], raw) == (r.text.empty() ? "x\r\n" : r.arrives));
            if (!r.text.empty())
                BOOST_TEST(mime::decoded_text(s.parts.at(c.text), raw) == r.arrives);
            BOOST_REQUIRE(c.attachments.size() == 1U);
            BOOST_TEST(mime::decoded_body(s.parts[c.attachments[0]], raw) == r.text);
        }
}

BOOST_AUTO_TEST_CASE(SM_17_long_lines_eight_bit_and_binary_are_encoded)
{
    message m = minimal();
    for (std::string const& text : {std::string(100'000, 'x'), std::string(999, 'x'), "a\0b"s, repeat("ü", 50'000),
                                    repeat("日本語", 5'000), "\x1b[2J"s, "\x7f"s, repeat("mostly ascii, one ü. ", 500)})
    {
        m.text = text;
        std::string const raw = made(m).raw;
        BOOST_TEST(mime::parse(raw).parts[0].encoding != "7bit");
        BOOST_TEST((text_of(raw) == text + "\r\n"));
    }
    m.text = std::string(998, 'x');
    BOOST_TEST(mime::parse(made(m).raw).parts[0].encoding == "7bit");
    m.text = repeat("mostly ascii, one ü. ", 50);
    BOOST_TEST(mime::parse(made(m).raw).parts[0].encoding == "quoted-printable");
    m.text = repeat("日本語", 50);
    BOOST_TEST(mime::parse(made(m).raw).parts[0].encoding == "base64");

    m = minimal();
    std::string bytes;
    for (int i = 0; i != 3'000; ++i)
        bytes += static_cast<char>(i * 7 + i / 256);
    m.attachments = {{.name = "all.bin", .content = bytes}, {.name = "empty"}};
    std::string const raw = made(m).raw;
    mime::structure const s = mime::parse(raw);
    BOOST_REQUIRE(s.parts.size() == 4U);
    BOOST_TEST((mime::decoded_body(s.parts[2], raw) == bytes));
    BOOST_TEST(mime::decoded_body(s.parts[3], raw) == "");
}

BOOST_AUTO_TEST_CASE(parts_are_arranged_as_readers_expect)
{
    auto const shape = [](message const& m) {
        std::string out;
        mime::structure const s = mime::parse(made(m).raw);
        for (mime::part const& p : s.parts)
            out += p.type + '/' + p.subtype + ' ';
        return out;
    };
    message m = minimal();
    m.html = "<p>Hi Bob.</p>";
    BOOST_TEST(shape(m) == "multipart/alternative text/plain text/html ");
    m.attachments = {
        {.name = "logo.png", .content_type = "image/png", .content = "png", .content_id = "logo@x", .is_inline = true}};
    BOOST_TEST(shape(m) == "multipart/alternative text/plain multipart/related text/html image/png ");
    m.attachments.push_back({.name = "a.pdf", .content_type = "application/pdf", .content = "pdf"});
    BOOST_TEST(
        shape(m) ==
        "multipart/mixed multipart/alternative text/plain multipart/related text/html image/png application/pdf ");
    m.text.clear();
    BOOST_TEST(shape(m) == "multipart/mixed multipart/related text/html image/png application/pdf ");
    m.html.clear();
    BOOST_TEST(shape(m) == "multipart/mixed text/plain image/png application/pdf ");
    m.attachments.clear();
    BOOST_TEST(shape(m) == "text/plain ");
}

BOOST_AUTO_TEST_CASE(attachments_keep_name_type_and_id)
{
    message m = minimal();
    m.attachments = {{.name = "Grüße \"an\" alle; viele.ics",
                      .content_type = "text/calendar; method=REQUEST; name=other",
                      .content = "BEGIN",
                      .content_id = "part1@contoso.example"}};
    std::string const raw = made(m).raw;
    mime::structure const s = mime::parse(raw);
    mime::part const& p = s.parts.at(2);
    BOOST_TEST(p.is("text", "calendar"));
    BOOST_TEST(*p.find("method") == "REQUEST");
    BOOST_TEST(*p.find("name") == m.attachments[0].name);
    BOOST_TEST(p.file_name() == m.attachments[0].name);
    BOOST_TEST(p.disposition == "attachment");
    BOOST_TEST(p.id == "<part1@contoso.example>");
}

BOOST_AUTO_TEST_CASE(a_forwarded_message_stays_a_message_if_it_can)
{
    message m = minimal();
    std::string const inner = made(m).raw;
    m.attachments = {{.content_type = "message/rfc822", .content = inner}};
    std::string raw = made(m).raw;
    mime::structure s = mime::parse(raw);
    BOOST_REQUIRE(s.envelopes.size() == 2U);
    BOOST_TEST(s.envelopes[1].subject == "Hello");
    BOOST_TEST(mime::decoded_body(s.parts.at(2), raw) == inner);

    // Not if its text could end the part early: the boundaries are the same in this world.
    std::string const twice = raw;
    for (std::string const& content : {twice, "Subject: ü\r\n\r\n"s, "X: " + std::string(2'000, 'x')})
    {
        m.attachments[0].content = content;
        raw = made(m).raw;
        s = mime::parse(raw);
        BOOST_TEST(s.envelopes.size() == 1U);
        BOOST_TEST(s.parts.at(2).is("application", "octet-stream"));
        BOOST_TEST((mime::decoded_body(s.parts.at(2), raw) == content));
    }
}

BOOST_AUTO_TEST_CASE(SM_11_hostile_text_in_any_member_adds_no_field_and_no_part)
{
    std::string const hostile[] = {"x\r\nBcc: eve@evil.test",
                                   "x\nBcc: eve@evil.test",
                                   "x\rBcc: eve@evil.test",
                                   "x\r\n\r\nbody",
                                   "x\0y"s,
                                   "\r\n.\r\nMAIL FROM:<eve@evil.test>",
                                   "\x1b]0;x\x07",
                                   "x\x7f"};
    struct place
    {
        char const* name;
        std::function<void(message&, std::string const&)> put;
    };
    place const places[] = {
        {"from", [](message& m, std::string const& s) { m.from.name = s; }},
        {"sender", [](message& m, std::string const& s) { m.sender = mime::mailbox{s, m.from.addr}; }},
        {"reply-to", [](message& m, std::string const& s) { m.reply_to = {{s, m.from.addr}}; }},
        {"to", [](message& m, std::string const& s) { m.to[0].name = s; }},
        {"cc", [](message& m, std::string const& s) { m.cc = {{s, m.from.addr}}; }},
        {"bcc", [](message& m, std::string const& s) { m.bcc = {{s, m.from.addr}}; }},
        {"group", [](message& m, std::string const& s) { m.to_groups = {{s, {m.from}}}; }},
        {"group member", [](message& m, std::string const& s) { m.cc_groups = {{"x", {{s, m.from.addr}}}}; }},
        {"subject", [](message& m, std::string const& s) { m.subject = s; }},
        {"message id", [](message& m, std::string const& s) { m.message_id = s + "@x"; }},
        {"in-reply-to", [](message& m, std::string const& s) { m.in_reply_to = {s + "@x"}; }},
        {"references", [](message& m, std::string const& s) { m.references = {"a@b", s + "@x"}; }},
        {"field name", [](message& m, std::string const& s) { m.fields = {{"X-" + s, "v"}}; }},
        {"field value", [](message& m, std::string const& s) { m.fields = {{"X-Y", s}}; }},
        {"attachment name", [](message& m, std::string const& s) { m.attachments = {{.name = s}}; }},
        {"content type", [](message& m, std::string const& s) { m.attachments = {{.content_type = "text/" + s}}; }},
        {"parameter", [](message& m, std::string const& s) { m.attachments = {{.content_type = "text/x; y=" + s}}; }},
        {"content id", [](message& m, std::string const& s) { m.attachments = {{.content_id = s + "@x"}}; }},
    };
    for (place const& p : places)
        for (std::string const& text : hostile)
            BOOST_TEST_CONTEXT(p.name)
            {
                message m = minimal();
                p.put(m, text);
                BOOST_TEST((refused(m) == condition::invalid_argument));
            }
    // Text and HTML may have anything in them; it stays there.
    for (std::string const& text : hostile)
    {
        message m = minimal();
        std::string const before = names(made(m).raw);
        m.text = text;
        BOOST_TEST(names(made(m).raw) == before);
    }
}

BOOST_AUTO_TEST_CASE(SM_12_hidden_and_broken_characters_are_encoded_or_refused)
{
    for (std::string_view const hidden : {"\u0085", "\u2028", "\u2029", "\u202e", "\ufeff"})
    {
        message m = minimal();
        m.subject = m.to[0].name = "a" + std::string(hidden) + "b";
        m.attachments = {{.name = m.subject}};
        std::string const raw = made(m).raw;  // which checks that it is ASCII
        mime::structure const s = mime::parse(raw);
        BOOST_TEST(mime::decode_words(s.head().subject) == m.subject);
        BOOST_TEST(mime::decode_words(s.head().to.at(0).name) == m.subject);
        BOOST_TEST(s.parts.at(2).file_name() == m.subject);
    }
    for (std::string const& broken : {"\xc0\xaf"s, "\xed\xa0\x80"s, "\xff"s})
    {
        message m = minimal();
        m.subject = broken;
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
        m = minimal();
        m.to[0].name = broken;
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
        m = minimal();
        m.to_groups = {{broken, {}}};
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
        m = minimal();
        m.text = broken;
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
        m = minimal();
        m.html = broken;
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
        m = minimal();
        m.attachments = {{.name = broken}};
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
        m = minimal();
        m.fields = {{"X-Y", broken}};
        BOOST_TEST((refused(m) == mime::error::text_not_utf8));
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused)
{
    using enum mime::error;
    message m = minimal();
    m.from.addr = {};
    BOOST_TEST((refused(m) == no_sender));
    m = minimal();
    m.cc = {{"nobody", {}}};
    BOOST_TEST((refused(m) == address_empty));
    m = minimal();
    m.to = {who("böb@contoso.example")};
    BOOST_TEST((refused(m) == address_not_ascii));
    for (std::string_view const name : {"Bcc", "bcc", "From", "Content-Type", "content-anything", "MIME-Version",
                                        "Resent-To", "Received", "Date", "Subject"})
    {
        m = minimal();
        m.fields = {{std::string(name), "x"}};
        BOOST_TEST((refused(m) == field_reserved));
    }
    for (std::string_view const type :
         {"", "text", "/", "text/", "multipart/mixed", "text/plain/x", "text plain", "a/b; x y=z"})
    {
        m = minimal();
        m.attachments = {{.content_type = std::string(type)}};
        BOOST_TEST((refused(m) == content_type_malformed));
    }
    m = minimal();
    m.to.clear();  // a draft
    BOOST_TEST(made(m).recipients.empty());
}

BOOST_AUTO_TEST_CASE(names_of_files_are_written_for_old_readers_too)
{
    message m = minimal();
    m.attachments = {
        {.name = "Grüße.pdf"}, {.name = repeat("日本語の長い名前", 12) + ".pdf"}, {.name = "=?utf-8?Q?x?="}};
    std::string const raw = made(m).raw;
    BOOST_TEST(raw.find("name=\"=?utf-8?B?R3LDvMOfZS5wZGY=?=\"") != raw.npos);
    BOOST_TEST(raw.find("filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf") != raw.npos);
    mime::structure const s = mime::parse(raw);
    for (std::size_t i = 0; i != 3; ++i)
    {
        mime::part const& p = s.parts.at(2 + i);
        BOOST_TEST(p.file_name() == m.attachments[i].name);
        BOOST_TEST(*p.find("name") == m.attachments[i].name);
    }
    for (std::size_t i = 0; i < raw.size(); i = raw.find("\r\n", i) + 2)
        BOOST_TEST(raw.find("\r\n", i) - i <= 78U);
}

BOOST_AUTO_TEST_CASE(no_line_of_a_body_is_changed_on_its_way)
{
    for (std::string const& text : {"From here on\n>From there\n From nowhere"s, "a\nFrom b"s, "ü\nFrom ü\n.\n.."s,
                                    "x\n\n.\n" + repeat("From ", 40), repeat(".", 200) + "ü", "From "s})
    {
        message m = minimal();
        m.text = text;
        std::string const raw = made(m).raw;
        std::string const body = raw.substr(raw.find("\r\n\r\n") + 2);
        BOOST_TEST(body.find("\r\nFrom ") == body.npos);
        BOOST_TEST(text_of(raw) == mime::with_crlf(text + "\n"));
        BOOST_TEST(mime::encode_quoted_printable(text).find("\n.") == text.npos);
    }
    BOOST_TEST(mime::encode_quoted_printable("From \n.\nFrom.") == "=46rom=20\r\n=2E\r\nFrom.");
}

BOOST_AUTO_TEST_CASE(hidden_recipients_leave_a_group_behind)
{
    message m = minimal();
    m.bcc = std::exchange(m.to, {});
    mime::built_message const b = made(m);
    BOOST_TEST(b.raw.find("\r\nTo: undisclosed-recipients:;\r\n") != b.raw.npos);
    BOOST_TEST(b.raw.find("bob") == b.raw.npos);
    BOOST_REQUIRE(b.recipients.size() == 1U);
    mime::structure const s = mime::parse(b.raw);
    BOOST_REQUIRE(s.head().to.size() == 2U);
    BOOST_TEST((s.head().to[0].what == mime::address_entry::kind::group_begin));
    m.keep_bcc = true;  // a draft
    BOOST_TEST(names(made(m).raw).find("To ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(groups_stand_after_single_recipients_and_their_members_get_it)
{
    message m = minimal();
    m.to_groups = {{"The team", {who("Ann Lee <ann@contoso.example>"), who("bob@contoso.example")}},
                   {"Nobody, yet", {}}};
    m.cc_groups = {{"Gäste", {who("zoe@fabrikam.example")}}};
    m.bcc = {who("dan@contoso.example")};
    mime::built_message const b = made(m);
    BOOST_TEST(
        b.raw.find("\r\nTo: bob@contoso.example, The team: Ann Lee <ann@contoso.example>,\r\n bob@contoso.example;, "
                   "\"Nobody, yet\":;\r\n") != b.raw.npos,
        b.raw);
    BOOST_TEST(b.raw.find("\r\nCc: =?utf-8?Q?G=C3=A4ste?= : zoe@fabrikam.example;\r\n") != b.raw.npos, b.raw);
    std::string recipients;
    for (mime::address const& a : b.recipients)
        recipients += a.to_string() + ' ';
    BOOST_TEST(recipients == "bob@contoso.example ann@contoso.example zoe@fabrikam.example dan@contoso.example ");
    mime::structure const s = mime::parse(b.raw);
    using kind = mime::address_entry::kind;
    std::string read;
    for (auto const* list : {&s.head().to, &s.head().cc})
        for (mime::address_entry const& e : *list)
            read += e.what == kind::group_begin ? mime::decode_words(e.name) + ": "
                    : e.what == kind::group_end ? "; "
                                                : e.local + ' ';
    BOOST_TEST(read == "bob The team: ann bob ; Nobody, yet: ; Gäste: zoe ; ");

    m = minimal();
    m.to.clear();
    m.to_groups = {{"Friends", {}}};  // as undisclosed-recipients, in other words
    m.bcc = {who("dan@contoso.example")};
    BOOST_TEST(made(m).raw.find("\r\nTo: Friends:;\r\n") != std::string::npos);
    m.to_groups = {{"", {who("bob@contoso.example")}}};
    BOOST_TEST((refused(m) == mime::error::group_unnamed));
    m.to_groups = {{"Friends", {{"nobody", {}}}}};
    BOOST_TEST((refused(m) == mime::error::address_empty));
    m.to_groups = {{"Friends", {who("böb@contoso.example")}}};
    BOOST_TEST((refused(m) == mime::error::address_not_ascii));
}

BOOST_AUTO_TEST_CASE(header_fields_stay_utf8_where_that_is_allowed)
{
    message m = minimal();
    m.from = who("Zoë Müller <zoë@contoso.example>");
    m.to = {who("\"Грета, Т.\" <greta@contoso.example>"), who("日本 <日本@contoso.example>")};
    m.subject = "Grüße aus Köln";
    m.fields = {{"X-Note", "приве́т " + repeat("мир ", 60) + "end"}};
    m.attachments = {{.name = "Grüße.pdf"}, {.name = "a\u202egpj.exe"}};
    BOOST_TEST((refused(m) == mime::error::address_not_ascii));
    m.allow_utf8 = true;
    mime::built_message const b = made(m);
    BOOST_TEST(b.raw.find("\r\nSubject: Grüße aus Köln\r\n") != b.raw.npos);
    BOOST_TEST(b.raw.find("From: Zoë Müller <zoë@contoso.example>\r\n") != b.raw.npos);
    BOOST_TEST(b.raw.find("To: \"Грета, Т.\" <greta@contoso.example>, 日本 <日本@contoso.example>") != b.raw.npos);
    BOOST_TEST(b.raw.find("filename=\"Grüße.pdf\"") != b.raw.npos);
    BOOST_TEST(b.raw.find("\u202e") == b.raw.npos);
    BOOST_TEST(b.recipients.at(1).to_string() == "日本@contoso.example");
    mime::structure const s = mime::parse(b.raw);
    BOOST_TEST(s.head().subject == m.subject);
    BOOST_TEST((mime::strict(s.head().from.at(0)) == m.from.addr));
    BOOST_TEST(s.head().to.at(0).name == m.to[0].name);
    BOOST_TEST((mime::strict(s.head().to.at(1)) == m.to[1].addr));
    BOOST_TEST(s.parts.at(2).file_name() == m.attachments[0].name);
    BOOST_TEST(s.parts.at(3).file_name() == m.attachments[1].name);
    for (std::string const& bad : {"ü\r\nBcc: x"s, "ü\0"s, "\xff"s})
    {
        m.subject = bad;
        BOOST_TEST(!!refused(m));
    }
}

BOOST_AUTO_TEST_CASE(a_message_can_be_built_while_it_is_read)
{
    std::string bytes;
    for (int i = 0; i != 200'000; ++i)
        bytes += static_cast<char>(i * 7 + i / 256);
    message m = minimal();
    m.html = "<p>Hi</p>";
    m.attachments = {{.name = "a.bin", .content = bytes},
                     {.name = "b.bin", .content = bytes.substr(0, 57)},
                     {.name = "c.bin"},
                     {.name = "d.bin", .content = bytes.substr(1)}};
    std::string const raw = made(m).raw;
    std::uint64_t taken = 0;  // of the last file, which is no longer in memory
    auto const source = [&taken](std::string all) {
        return octet_source{all.size(),
                            [&taken, all, at = std::size_t(0)](char* into, std::size_t most, error_code&) mutable {
                                std::size_t const n = std::string_view(all).substr(at).copy(into, most);
                                at += n;
                                taken += n;
                                return n;
                            }};
    };
    for (std::size_t const piece : {1U, 7U, 76U, 4'096U, 1'000'000U})
        BOOST_TEST_CONTEXT(piece)
        {
            fixed_world world;
            error_code ec;
            message copy = m;
            copy.attachments[3].content.clear();
            copy.attachments[3].source = source(bytes.substr(1));
            taken = 0;
            auto streamed = mime::build_streamed(std::move(copy), world, ec);
            BOOST_REQUIRE(streamed);
            BOOST_TEST(streamed->raw.octets == raw.size());
            BOOST_TEST(streamed->recipients.size() == 1U);
            std::size_t const file_begins = raw.find("d.bin");
            std::string got;
            std::string room(piece, '\0');
            for (;;)
            {
                std::size_t const n = streamed->raw.read(room.data(), piece, ec);
                if (n == 0)
                    break;
                got.append(room, 0, n);
                if (got.size() < file_begins)
                    BOOST_REQUIRE(taken == 0U);
                BOOST_REQUIRE(taken <= got.size() - std::min(got.size(), file_begins) + 16'384);
            }
            BOOST_TEST(!ec);
            BOOST_TEST((got == raw));
        }
    fixed_world world;
    error_code ec;
    m.attachments[3].content.clear();
    m.attachments[3].source = source(bytes.substr(1));
    BOOST_TEST((mime::build(m, world, ec)->raw == raw));
    m.attachments = {{.content_type = "message/rfc822", .source = source("Subject: x\r\n\r\n")}};
    BOOST_TEST(mime::parse(mime::build(m, world, ec)->raw).parts.at(4).is("application", "octet-stream"));
}

BOOST_AUTO_TEST_CASE(a_source_that_ends_early_or_fails_ends_the_message)
{
    fixed_world world;
    error_code ec;
    message m = minimal();
    m.attachments = {{.name = "a", .source = {10, [left = 9](char* into, std::size_t, error_code&) mutable {
                                                  *into = 'x';
                                                  return left-- > 0 ? std::size_t(1) : 0;
                                              }}}};
    BOOST_TEST(!mime::build(m, world, ec));
    BOOST_TEST((ec == mime::error::content_incomplete));
    m.attachments[0].source.read = [](char*, std::size_t, error_code& failed) {
        failed = mime::error::no_sender;
        return std::size_t(0);
    };
    auto streamed = mime::build_streamed(m, world, ec);
    BOOST_REQUIRE(streamed);
    char room[4'096];
    while (streamed->raw.read(room, sizeof room, ec) != 0)
        ;
    BOOST_TEST((ec == mime::error::no_sender));
    m.from.addr = {};
    BOOST_TEST(!mime::build_streamed(m, world, ec));
    BOOST_TEST((ec == mime::error::no_sender));
}

BOOST_AUTO_TEST_CASE(thousands_of_recipients_are_folded_into_short_lines)
{
    message m = minimal();
    m.to.clear();
    error_code ec;
    for (int i = 0; i != 5'000; ++i)
        m.to.push_back(
            {"Person " + std::to_string(i), *mime::parse_address("p" + std::to_string(i) + "@contoso.example", ec)});
    m.cc = m.to;
    mime::built_message const b = made(m);
    BOOST_TEST(b.recipients.size() == 5'000U);
    mime::limits wide;
    wide.header = 10 << 20;
    mime::structure const s = mime::parse(b.raw, wide);
    BOOST_TEST(s.head().to.size() == 5'000U);
    BOOST_TEST(s.head().to.back().local == "p4999");
    for (std::size_t i = 0; i < b.raw.size();)
    {
        std::size_t const end = b.raw.find("\r\n", i);
        BOOST_REQUIRE(end - i <= 78U);
        i = end + 2;
    }
}

BOOST_AUTO_TEST_CASE(transfer_encodings_keep_their_line_length)
{
    for (std::string const& text :
         {repeat("ü", 1'000), repeat("=", 500), repeat("a b ", 300), std::string(5'000, 'x'),
          std::string(76, 'x') + "\n" + std::string(77, 'x') + "\n" + std::string(75, 'x') + " \n"})
    {
        std::string const coded = mime::encode_quoted_printable(text);
        for (std::size_t i = 0; i < coded.size();)
        {
            std::size_t const end = std::min(coded.find("\r\n", i), coded.size());
            BOOST_TEST(end - i <= 76U);
            i = end + 2;
        }
        BOOST_TEST((mime::decode_quoted_printable(coded) == mime::with_crlf(text)));
        std::string const base = mime::encode_base64(text);
        BOOST_TEST((mime::decode_base64(base) == text));
        BOOST_TEST(base.find("\r\n") <= 76U);
        BOOST_TEST(base.ends_with("\r\n"));
    }
    BOOST_TEST(mime::encode_base64("") == "");
    BOOST_TEST(mime::encode_quoted_printable("a b \r\nc\t") == "a b=20\r\nc=09");
    BOOST_TEST(mime::with_crlf("a\rb\nc\r\nd\n\re") == "a\r\nb\r\nc\r\nd\r\n\r\ne");
}

BOOST_AUTO_TEST_SUITE_END()
