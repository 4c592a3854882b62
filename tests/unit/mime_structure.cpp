// Taking messages apart: the RFCs' examples, what mail programs get wrong, and what is meant to hurt.

#include <outkit/detail/utf8.hpp>
#include <outkit/mime/file_name.hpp>
#include <outkit/mime/structure.hpp>

#include "hostile_texts.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace outkit;
using namespace std::string_literals;
using mime::structure;

namespace {

std::string repeat(std::string_view piece, std::size_t times)
{
    std::string out;
    for (std::size_t i = 0; i != times; ++i)
        out += piece;
    return out;
}

std::string lf(std::string text)
{
    std::erase(text, '\r');
    return text;
}

// "mixed(text/plain,message/rfc822(text/html))"
std::string tree(structure const& s, std::uint32_t i = 0)
{
    mime::part const& p = s.parts[i];
    std::string out = p.is_multipart() ? p.subtype : p.type + '/' + p.subtype;
    if (p.first_child == mime::no_part)
        return out;
    out += '(';
    for (std::uint32_t c = p.first_child; c != mime::no_part; c = s.parts[c].next_sibling)
        out += (c == p.first_child ? "" : ",") + tree(s, c);
    return out + ')';
}

// Holds for every message whatsoever.
void check_invariants(structure const& s, std::string_view text)
{
    BOOST_REQUIRE(!s.parts.empty());
    BOOST_REQUIRE(!s.envelopes.empty());
    std::size_t tops = 0;
    std::size_t links = 0;
    for (std::uint32_t i = 0; i != s.parts.size(); ++i)
    {
        mime::part const& p = s.parts[i];
        BOOST_REQUIRE(p.header_begin <= p.body_begin);
        BOOST_REQUIRE(p.body_begin <= p.body_end);
        BOOST_REQUIRE(p.body_end <= text.size());
        BOOST_REQUIRE(!p.type.empty());
        BOOST_REQUIRE(!p.subtype.empty());
        BOOST_REQUIRE((p.parent == mime::no_part) == (i == 0));
        BOOST_REQUIRE((p.parent == mime::no_part || p.parent < i));
        BOOST_REQUIRE((p.first_child == mime::no_part || p.first_child == i + 1));
        BOOST_REQUIRE((p.first_child == mime::no_part || p.is_multipart() || p.is("message", "rfc822")));
        BOOST_REQUIRE((p.first_child != mime::no_part || !(p.is_multipart() || p.is("message", "rfc822"))));
        BOOST_REQUIRE(
            (p.next_sibling == mime::no_part || (p.next_sibling > i && s.parts[p.next_sibling].parent == p.parent)));
        if (p.parent != mime::no_part)
            BOOST_REQUIRE(p.header_begin >= s.parts[p.parent].body_begin);
        BOOST_REQUIRE(p.lines <= p.octets());
        links += (p.first_child != mime::no_part) + (p.next_sibling != mime::no_part);
        tops += p.envelope != mime::no_part;
        BOOST_REQUIRE((p.envelope == mime::no_part || p.envelope < s.envelopes.size()));
        mime::header_of(p, text);
        mime::body_of(p, text);
    }
    BOOST_REQUIRE(links == s.parts.size() - 1);
    BOOST_REQUIRE(tops == s.envelopes.size());
    mime::contents const c = mime::find_contents(s);
    BOOST_REQUIRE((c.text == mime::no_part || s.parts[c.text].is("text", "plain")));
    BOOST_REQUIRE((c.html == mime::no_part || s.parts[c.html].is("text", "html")));
    for (std::uint32_t const a : c.attachments)
        BOOST_REQUIRE(a < s.parts.size());
}

structure taken_apart(std::string_view text, mime::limits const& at_most = {})
{
    structure s = mime::parse(text, at_most);
    check_invariants(s, text);
    return s;
}

std::string section(structure const& s, std::string_view text, std::vector<std::uint32_t> const& numbers)
{
    std::uint32_t const i = mime::find_section(s, numbers);
    return i == mime::no_part ? "none" : std::string(mime::body_of(s.parts[i], text));
}

// RFC 2046 section 5.1.1
constexpr std::string_view simple_multipart = "From: Nathaniel Borenstein <nsb@bellcore.com>\r\n"
                                              "To: Ned Freed <ned@innosoft.com>\r\n"
                                              "Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\r\n"
                                              "Subject: Sample message\r\n"
                                              "MIME-Version: 1.0\r\n"
                                              "Content-type: multipart/mixed; boundary=\"simple boundary\"\r\n"
                                              "\r\n"
                                              "This is the preamble.  It is to be ignored, though it\r\n"
                                              "is a handy place for composition agents to include an\r\n"
                                              "explanatory note to non-MIME conformant readers.\r\n"
                                              "\r\n"
                                              "--simple boundary\r\n"
                                              "\r\n"
                                              "This is implicitly typed plain US-ASCII text.\r\n"
                                              "It does NOT end with a linebreak.\r\n"
                                              "--simple boundary\r\n"
                                              "Content-type: text/plain; charset=us-ascii\r\n"
                                              "\r\n"
                                              "This is explicitly typed plain US-ASCII text.\r\n"
                                              "It DOES end with a linebreak.\r\n"
                                              "\r\n"
                                              "--simple boundary--\r\n"
                                              "\r\n"
                                              "This is the epilogue.  It is also to be ignored.\r\n";

// The message whose parts RFC 3501 section 6.4.5 numbers.
std::string numbered_message()
{
    return "Subject: outer\r\n"
           "Content-Type: multipart/mixed; boundary=outer\r\n"
           "\r\n"
           "--outer\r\n"
           "Content-Type: text/plain\r\n"
           "\r\n"
           "one\r\n"
           "--outer\r\n"
           "Content-Type: application/octet-stream\r\n"
           "\r\n"
           "two\r\n"
           "--outer\r\n"
           "Content-Type: message/rfc822\r\n"
           "\r\n"
           "Subject: third\r\n"
           "Content-Type: multipart/mixed; boundary=third\r\n"
           "\r\n"
           "--third\r\n"
           "\r\n"
           "three one\r\n"
           "--third\r\n"
           "Content-Type: application/octet-stream\r\n"
           "\r\n"
           "three two\r\n"
           "--third--\r\n"
           "--outer\r\n"
           "Content-Type: multipart/mixed; boundary=fourth\r\n"
           "\r\n"
           "--fourth\r\n"
           "Content-Type: image/gif\r\n"
           "\r\n"
           "four one\r\n"
           "--fourth\r\n"
           "Content-Type: message/rfc822\r\n"
           "\r\n"
           "Subject: inner\r\n"
           "Content-Type: multipart/mixed; boundary=inner\r\n"
           "\r\n"
           "--inner\r\n"
           "\r\n"
           "four two one\r\n"
           "--inner\r\n"
           "Content-Type: multipart/alternative; boundary=alternative\r\n"
           "\r\n"
           "--alternative\r\n"
           "Content-Type: text/plain\r\n"
           "\r\n"
           "four two two one\r\n"
           "--alternative\r\n"
           "Content-Type: text/richtext\r\n"
           "\r\n"
           "four two two two\r\n"
           "--alternative--\r\n"
           "--inner--\r\n"
           "--fourth--\r\n"
           "--outer--\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_structure)

BOOST_AUTO_TEST_CASE(a_plain_message_has_one_part)
{
    // RFC 5322 appendix A.1.1
    constexpr std::string_view text = "From: John Doe <jdoe@machine.example>\r\n"
                                      "To: Mary Smith <mary@example.net>\r\n"
                                      "Subject: Saying Hello\r\n"
                                      "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
                                      "Message-ID: <1234@local.machine.example>\r\n"
                                      "\r\n"
                                      "This is a message just to say hello.\r\n"
                                      "So, \"Hello\".\r\n";
    structure const s = taken_apart(text);
    BOOST_TEST(tree(s) == "text/plain");
    mime::part const& p = s.parts[0];
    BOOST_TEST(p.lines == 2U);
    BOOST_TEST(p.octets() == 52U);
    BOOST_TEST(p.encoding == "7bit");
    BOOST_TEST(*p.find("charset") == "us-ascii");
    BOOST_TEST(mime::header_of(p, text).ends_with("example>\r\n\r\n"));
    BOOST_TEST(mime::decoded_text(p, text).starts_with("This is"));
    mime::envelope const& e = s.head();
    BOOST_TEST(e.subject == "Saying Hello");
    BOOST_TEST(e.date == "Fri, 21 Nov 1997 09:55:06 -0600");
    BOOST_TEST(e.message_id == "<1234@local.machine.example>");
    BOOST_REQUIRE(e.from.size() == 1U);
    BOOST_TEST(e.from[0].name == "John Doe");
    BOOST_TEST((e.sender == e.from));
    BOOST_TEST((e.reply_to == e.from));
    BOOST_TEST(e.to[0].local == "mary");
    BOOST_TEST(e.cc.empty());
    BOOST_TEST(!s.truncated);
}

BOOST_AUTO_TEST_CASE(the_envelope_of_RFC_3501_is_made)
{
    // RFC 3501 section 8, the header behind its FETCH responses
    constexpr std::string_view text = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                                      "From: Terry Gray <gray@cac.washington.edu>\r\n"
                                      "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
                                      "To: imap@cac.washington.edu\r\n"
                                      "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                                      "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
                                      "MIME-Version: 1.0\r\n"
                                      "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
                                      "\r\n";
    BOOST_TEST(text.size() == 342U);  // as in that section
    structure const s = taken_apart(text);
    mime::envelope const& e = s.head();
    BOOST_TEST(e.date == "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)");
    BOOST_TEST(e.subject == "IMAP4rev1 WG mtg summary and minutes");
    BOOST_TEST(e.from[0].name == "Terry Gray");
    BOOST_TEST(e.from[0].domain == "cac.washington.edu");
    BOOST_TEST(e.to[0].local == "imap");
    BOOST_REQUIRE(e.cc.size() == 2U);
    BOOST_TEST(e.cc[0].domain == "CNRI.Reston.VA.US");
    BOOST_TEST(e.cc[1].name == "John Klensin");
    BOOST_TEST(e.bcc.empty());
    BOOST_TEST(e.in_reply_to == "");
    BOOST_TEST(e.message_id == "<B27397-0100000@cac.washington.edu>");
    BOOST_TEST(s.parts[0].octets() == 0U);
    BOOST_TEST(*s.parts[0].find("charset") == "US-ASCII");
}

BOOST_AUTO_TEST_CASE(the_multipart_of_RFC_2046_is_taken_apart)
{
    for (std::string const& text : {std::string(simple_multipart), lf(std::string(simple_multipart))})
    {
        structure const s = taken_apart(text);
        BOOST_TEST(tree(s) == "mixed(text/plain,text/plain)");
        BOOST_TEST(lf(section(s, text, {1})) ==
                   "This is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.");
        BOOST_TEST(lf(section(s, text, {2})) ==
                   "This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n");
        BOOST_TEST(s.parts[1].lines == 1U);
        BOOST_TEST(s.parts[2].lines == 2U);
        BOOST_TEST(mime::header_of(s.parts[1], text).size() == (text.find('\r') == text.npos ? 1U : 2U));
        BOOST_TEST(section(s, text, {3}) == "none");
        BOOST_TEST(section(s, text, {0}) == "none");
        BOOST_TEST(section(s, text, {1, 1}) == "none");
    }
}

BOOST_AUTO_TEST_CASE(sections_have_the_numbers_of_RFC_3501)
{
    std::string const text = numbered_message();
    structure const s = taken_apart(text);
    BOOST_TEST(tree(s) ==
               "mixed(text/plain,application/octet-stream,message/rfc822(mixed(text/plain,application/octet-stream)),"
               "mixed(image/gif,message/rfc822(mixed(text/plain,alternative(text/plain,text/richtext)))))");
    BOOST_TEST(section(s, text, {1}) == "one");
    BOOST_TEST(section(s, text, {2}) == "two");
    BOOST_TEST(section(s, text, {3}).starts_with("Subject: third\r\n"));
    BOOST_TEST(section(s, text, {3, 1}) == "three one");
    BOOST_TEST(section(s, text, {3, 2}) == "three two");
    BOOST_TEST(section(s, text, {4}).starts_with("--fourth\r\n"));
    BOOST_TEST(section(s, text, {4, 1}) == "four one");
    BOOST_TEST(section(s, text, {4, 2}).starts_with("Subject: inner\r\n"));
    BOOST_TEST(section(s, text, {4, 2, 1}) == "four two one");
    BOOST_TEST(section(s, text, {4, 2, 2}).starts_with("--alternative\r\n"));
    BOOST_TEST(section(s, text, {4, 2, 2, 1}) == "four two two one");
    BOOST_TEST(section(s, text, {4, 2, 2, 2}) == "four two two two");
    BOOST_TEST(section(s, text, {4, 2, 2, 3}) == "none");
    BOOST_TEST(section(s, text, {5}) == "none");

    // 4.1.MIME, 4.2.HEADER and 4.2.TEXT
    mime::part const& picture = s.parts[mime::find_section(s, std::vector<std::uint32_t>{4, 1})];
    BOOST_TEST(mime::header_of(picture, text) == "Content-Type: image/gif\r\n\r\n");
    mime::part const& message = s.parts[mime::find_section(s, std::vector<std::uint32_t>{4, 2})];
    BOOST_TEST(mime::header_of(message, text) == "Content-Type: message/rfc822\r\n\r\n");
    BOOST_REQUIRE(message.is_message());
    mime::part const& inner = s.parts[message.first_child];
    BOOST_TEST(mime::header_of(inner, text) ==
               "Subject: inner\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n");
    BOOST_TEST(mime::body_of(inner, text).starts_with("--inner\r\n"));
    BOOST_REQUIRE(s.envelopes.size() == 3U);
    BOOST_TEST(s.envelopes[inner.envelope].subject == "inner");
    BOOST_TEST(s.envelopes[1].subject == "third");
    BOOST_TEST(message.octets() == mime::header_of(inner, text).size() + inner.octets());

    // A message that is no multipart has one section, 1.
    constexpr std::string_view plain = "Subject: x\r\n\r\nbody";
    structure const p = taken_apart(plain);
    BOOST_TEST(section(p, plain, {1}) == "body");
    BOOST_TEST(section(p, plain, {}) == "body");
    BOOST_TEST(section(p, plain, {2}) == "none");
    // A message in a message, without a multipart.
    constexpr std::string_view nested = "Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\ninner";
    structure const n = taken_apart(nested);
    BOOST_TEST(section(n, nested, {1}) == "Subject: y\r\n\r\ninner");
    BOOST_TEST(section(n, nested, {1, 1}) == "inner");
    BOOST_TEST(section(n, nested, {1, 1, 1}) == "none");
}

BOOST_AUTO_TEST_CASE(content_fields_are_read)
{
    constexpr std::string_view text = "Content-Type: Image/PNG; name=\"a b.png\"\r\n"
                                      "Content-Transfer-Encoding: BASE64 (comment)\r\n"
                                      "Content-ID: <pic@contoso.example>\r\n"
                                      "Content-Description: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
                                      "Content-Disposition: INLINE;\r\n filename*=utf-8''gr%C3%BCn.png\r\n"
                                      "Content-Language: en, de (german)\r\n"
                                      "Content-Location: http://contoso.example/a.png\r\n"
                                      "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n"
                                      "\r\n"
                                      "aGVsbG8=\r\n";
    structure const s = taken_apart(text);
    mime::part const& p = s.parts[0];
    BOOST_TEST(tree(s) == "image/png");
    BOOST_TEST(p.encoding == "base64");
    BOOST_TEST(p.id == "<pic@contoso.example>");
    BOOST_TEST(p.description == "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=");
    BOOST_TEST(p.disposition == "inline");
    BOOST_TEST(p.file_name() == "grün.png");
    BOOST_TEST(p.languages == (std::vector<std::string>{"en", "de"}), boost::test_tools::per_element());
    BOOST_TEST(p.location == "http://contoso.example/a.png");
    BOOST_TEST(p.md5 == "Q2hlY2sgSW50ZWdyaXR5IQ==");
    BOOST_TEST(mime::decoded_body(p, text) == "hello");
    BOOST_TEST(*p.find("NAME") == "a b.png");
}

BOOST_AUTO_TEST_CASE(broken_messages_degrade_to_text)
{
    struct row
    {
        std::string_view text;
        std::string_view tree;
    };
    constexpr row rows[] = {
        {"", "text/plain"},
        {"\r\n", "text/plain"},
        {"no header at all", "text/plain"},
        {"\r\nbody", "text/plain"},
        {"Subject: header only", "text/plain"},
        {"Content-Type: text\r\n\r\nx", "text/plain"},
        {"Content-Type: /\r\n\r\nx", "text/plain"},
        {"Content-Type: te xt/(x)\r\n\r\nx", "text/plain"},
        {"Content-Type: text/html; charset\r\n\r\nx", "text/html"},
        {"Content-Type: \r\n\r\nx", "text/plain"},
        {"Content-Type: multipart/mixed\r\n\r\n--\r\n\r\nx\r\n----\r\n", "text/plain"},
        {"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n", "text/plain"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\nno delimiter\r\n", "text/plain"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n", "text/plain"},
        {"Content-Type: multipart/mixed; boundary=b\r\n", "text/plain"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b", "mixed(text/plain)"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "mixed(text/plain)"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b\r\n\r\ny\r\n--b--",
         "mixed(text/html,text/plain)"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b  \t\r\n\r\nx\r\n--b-- \r\n", "mixed(text/plain)"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--bb\r\n\r\nx\r\n--b\r\n\r\ny", "mixed(text/plain)"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n --b\r\n\r\nx", "text/plain"},
        {"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b\r\nContent-Type: "
         "text/html\r\n\r\n--b--",
         "digest(message/rfc822(text/plain),text/html)"},
        {"Content-Type: message/rfc822\r\n", "message/rfc822(text/plain)"},
        {"Content-Type: message/rfc822\r\n\r\n", "message/rfc822(text/plain)"},
        {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==",
         "application/octet-stream"},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n--b--\r\n",
         "mixed(message/rfc822(text/plain))"},
        // The outer delimiter ends what the inner multipart left open.
        {"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/alternative; "
         "boundary=b\r\n\r\n"
         "--b\r\n\r\nx\r\n--a\r\n\r\ny\r\n--b\r\n\r\nz\r\n--a--\r\n",
         "mixed(alternative(text/plain),text/plain)"},
        // The same boundary inside: the innermost counts.
        {"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
         "--a\r\n\r\nx\r\n--a--\r\n--a--\r\n",
         "mixed(mixed(text/plain))"},
        // One boundary is the beginning of the other.
        {"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\n"
         "--ab\r\n\r\nx\r\n--ab--\r\n--a\r\n\r\ny\r\n--a--\r\n",
         "mixed(mixed(text/plain),text/plain)"},
        // Delimiters behind the last one are text.
        {"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--a\r\n\r\ny\r\n",
         "mixed(text/plain)"},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.text)
        {
            BOOST_TEST(tree(taken_apart(r.text)) == r.tree);
            BOOST_TEST(tree(taken_apart(lf(std::string(r.text)))) == r.tree);
        }
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_message_is_a_message)
{
    for (std::string const& text : {numbered_message(), std::string(simple_multipart)})
        for (std::size_t n = 0; n != text.size(); ++n)
        {
            taken_apart(std::string_view(text).substr(0, n));
            taken_apart(std::string_view(text).substr(n));
        }
}

BOOST_AUTO_TEST_CASE(every_octet_of_a_message_may_be_anything)
{
    std::string const good = numbered_message();
    for (std::size_t n = 0; n != good.size(); ++n)
        for (char const c : {'\0', '\n', '\r', '\x7f', '\xff', '-', ':'})
        {
            std::string text = good;
            text[n] = c;
            taken_apart(text);
        }
}

BOOST_AUTO_TEST_CASE(quoted_printable_is_decoded)
{
    struct row
    {
        std::string_view text;
        std::string_view decoded;
    };
    constexpr row rows[] = {
        // RFC 2045 section 6.7
        {"Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
         "Now's the time for all folk to come to the aid of their country."},
        {"If you believe that truth=3Dbeauty, then surely =\r\nmathematics is the most beautiful branch of "
         "philosophy.\r\n",
         "If you believe that truth=beauty, then surely mathematics is the most beautiful branch of philosophy.\r\n"},
        {"a=20\r\nb  \r\nc\t", "a \r\nb\r\nc"},
        {"=C3=BC=c3=bc", "üü"},
        {"=\r\n", ""},
        {"=", ""},
        {"a=", "a"},
        {"a=\n b", "a b"},
        {"a=  \r\nb", "ab"},
        {"a=X=4", "a=X=4"},
        {"==3D", "=="},
        {"=0", "=0"},
        {"", ""},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.text)
    BOOST_TEST(mime::decode_quoted_printable(r.text) == r.decoded);
}

BOOST_AUTO_TEST_CASE(base64_is_decoded_tolerantly)
{
    BOOST_TEST(mime::decode_base64("aGVsbG8=") == "hello");
    BOOST_TEST(mime::decode_base64("aGVs\r\nbG8=\r\n") == "hello");
    BOOST_TEST(mime::decode_base64("aGVsbG8") == "hello");
    BOOST_TEST(mime::decode_base64("aGVsbG8=aGVsbG8=") == "hellohello");  // pieces put together
    BOOST_TEST(mime::decode_base64("a*G!V s-bG8=") == "hello");
    BOOST_TEST(mime::decode_base64("") == "");
    BOOST_TEST(mime::decode_base64("====") == "");
    BOOST_TEST(mime::decode_base64("a") == "");
    BOOST_TEST(mime::decode_base64("AAAA") == "\0\0\0"s);
}

BOOST_AUTO_TEST_CASE(text_comes_out_as_utf8)
{
    for (auto const& [field, body] : std::initializer_list<std::pair<std::string, std::string>>{
             {"text/plain; charset=iso-8859-1", "Gr\xfc\xdf"
                                                "e"},
             {"text/plain; charset=windows-1252", "Gr\xfc\xdf"
                                                  "e"},
             {"text/plain; charset=utf-8", "Grüße"},
             {"text/plain", "Grüße"},
             {"text/plain; charset=us-ascii", "Grüße"},
             {"text", "Grüße"},
             {"text/plain; charset=us-ascii", "Gr\xfc\xdf"
                                              "e"},
             {"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", "Gr=C3=BC=C3=9Fe"},
             {"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", "R3LDvMOfZQ=="},
             {"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: x-unknown", "Grüße"}})
    {
        std::string const text = "Content-Type: " + field + "\r\n\r\n" + body;
        structure const s = taken_apart(text);
        BOOST_TEST_CONTEXT(field)
        BOOST_TEST(mime::decoded_text(s.parts[0], text) == "Grüße");
    }
}

// RFC 2049 appendix A, its prose left out.
BOOST_AUTO_TEST_CASE(the_complex_example_of_the_rfc_is_taken_apart)
{
    constexpr std::string_view text = "MIME-Version: 1.0\r\n"
                                      "From: Nathaniel Borenstein <nsb@nsb.fv.com>\r\n"
                                      "To: Ned Freed <ned@innosoft.com>\r\n"
                                      "Date: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)\r\n"
                                      "Subject: A multipart example\r\n"
                                      "Content-Type: multipart/mixed; boundary=unique-boundary-1\r\n"
                                      "\r\n"
                                      "preamble\r\n"
                                      "\r\n"
                                      "--unique-boundary-1\r\n"
                                      "\r\n"
                                      "  ... Some text appears here ...\r\n"
                                      "\r\n"
                                      "--unique-boundary-1\r\n"
                                      "Content-type: text/plain; charset=US-ASCII\r\n"
                                      "\r\n"
                                      "explicit\r\n"
                                      "\r\n"
                                      "--unique-boundary-1\r\n"
                                      "Content-Type: multipart/parallel; boundary=unique-boundary-2\r\n"
                                      "\r\n"
                                      "--unique-boundary-2\r\n"
                                      "Content-Type: audio/basic\r\n"
                                      "Content-Transfer-Encoding: base64\r\n"
                                      "\r\n"
                                      "AAAA\r\n"
                                      "\r\n"
                                      "--unique-boundary-2\r\n"
                                      "Content-Type: image/jpeg\r\n"
                                      "Content-Transfer-Encoding: base64\r\n"
                                      "\r\n"
                                      "BBBB\r\n"
                                      "\r\n"
                                      "--unique-boundary-2--\r\n"
                                      "\r\n"
                                      "--unique-boundary-1\r\n"
                                      "Content-type: text/enriched\r\n"
                                      "\r\n"
                                      "This is <bold><italic>enriched.</italic></bold>\r\n"
                                      "\r\n"
                                      "--unique-boundary-1\r\n"
                                      "Content-Type: message/rfc822\r\n"
                                      "\r\n"
                                      "From: (mailbox in US-ASCII)\r\n"
                                      "To: (address in US-ASCII)\r\n"
                                      "Subject: (subject in US-ASCII)\r\n"
                                      "Content-Type: Text/plain; charset=ISO-8859-1\r\n"
                                      "Content-Transfer-Encoding: Quoted-printable\r\n"
                                      "\r\n"
                                      "  ... Additional text in ISO-8859-1 goes here ...\r\n"
                                      "\r\n"
                                      "--unique-boundary-1--\r\n";
    structure const s = taken_apart(text);
    BOOST_TEST(tree(s) == "mixed(text/plain,text/plain,parallel(audio/basic,image/jpeg),text/enriched,"
                          "message/rfc822(text/plain))");
    BOOST_TEST(section(s, text, {1}) == "  ... Some text appears here ...\r\n");
    BOOST_TEST(mime::decoded_body(s.parts[5], text) == "\x04\x10\x41");
    BOOST_TEST(section(s, text, {5, 1}) == "  ... Additional text in ISO-8859-1 goes here ...\r\n");
    BOOST_TEST(*s.parts[8].find("charset") == "ISO-8859-1");
    BOOST_REQUIRE(s.envelopes.size() == 2U);
    BOOST_TEST(s.envelopes[1].subject == "(subject in US-ASCII)");
    BOOST_TEST(s.envelopes[1].from.empty());
}

BOOST_AUTO_TEST_CASE(obsolete_blanks_and_comments_are_understood)
{
    // RFC 5322 appendix A.6.3
    constexpr std::string_view text = "From  : John Doe <jdoe@machine(comment).  example>\r\n"
                                      "To    : Mary Smith\r\n"
                                      "  \r\n"
                                      "          <mary@example.net>\r\n"
                                      "Subject     : Saying Hello\r\n"
                                      "Date  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600\r\n"
                                      "Message-ID  : <1234   @   local(blah)  .machine .example>\r\n"
                                      "\r\n"
                                      "This is a message just to say hello.\r\n"
                                      "So, \"Hello\".\r\n";
    structure const s = taken_apart(text);
    mime::envelope const& e = s.head();
    BOOST_REQUIRE(e.from.size() == 1U);
    BOOST_TEST(
        (e.from[0] == mime::address_entry{mime::address_entry::kind::mailbox, "John Doe", "jdoe", "machine.example"}));
    BOOST_REQUIRE(e.to.size() == 1U);
    BOOST_TEST(
        (e.to[0] == mime::address_entry{mime::address_entry::kind::mailbox, "Mary Smith", "mary", "example.net"}));
    BOOST_TEST(e.subject == "Saying Hello");
    auto const date = mime::read_date(e.date);
    BOOST_REQUIRE(date);
    BOOST_TEST(mime::format_date(*date) == "Fri, 21 Nov 1997 09:55:06 -0600");
    BOOST_TEST(s.parts[0].octets() == 52U);
}

BOOST_AUTO_TEST_CASE(flowed_text_becomes_paragraphs)
{
    struct row
    {
        std::string_view text;
        std::string_view paragraphs;
        bool delete_space = false;
    };
    constexpr row rows[] = {
        // RFC 3676 section 4.5
        {"> Thou villainous ill-breeding spongy dizzy-eyed \r\n"
         "> reeky elf-skinned pigeon-egg! \r\n"
         ">> Thou artless swag-bellied milk-livered \r\n"
         ">> dismal-dreaming idle-headed scut!\r\n"
         ">>> Thou errant folly-fallen spleeny reeling-ripe \r\n"
         ">>> unmuzzled ratsbane!\r\n"
         ">>>> Henceforth, the coding style is to be strictly \r\n"
         ">>>> enforced, including the use of only upper case.\r\n",
         "> Thou villainous ill-breeding spongy dizzy-eyed reeky elf-skinned pigeon-egg! \r\n"
         ">> Thou artless swag-bellied milk-livered dismal-dreaming idle-headed scut!\r\n"
         ">>> Thou errant folly-fallen spleeny reeling-ripe unmuzzled ratsbane!\r\n"
         ">>>> Henceforth, the coding style is to be strictly enforced, including the use of only upper case.\r\n"},
        // RFC 3676 section 4.7
        {">>>Take some more tea.\r\n", ">>> Take some more tea.\r\n"},
        // Section 4.3, signatures; 4.4, stuffing; 4.1, deleted blanks
        {"text \n-- \nAnn\n", "text \r\n-- \r\nAnn\r\n"},
        {" > no quote\n  indented\n From here\n", "> no quote\r\n indented\r\nFrom here\r\n"},
        {"日本 \n語\n> a \n> b", "日本語\r\n> ab", true},
        {"ends flowed \n", "ends flowed "},
        {"\n \n\r\nx", "\r\n\r\n\r\nx"},
        {"", ""},
        {">", "> "},
    };
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.text)
    BOOST_TEST(mime::unflow(r.text, r.delete_space) == r.paragraphs);
    BOOST_TEST(mime::unflow(repeat("> \n", 100'000)).size() == 400'000U);
}

BOOST_AUTO_TEST_CASE(what_people_see_is_found)
{
    std::string const text =
        "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
        "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
        "--a\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
        "--a\r\nContent-Type: multipart/related; boundary=r\r\n\r\n"
        "--r\r\nContent-Type: text/html\r\n\r\n<img src='cid:p@x'>\r\n"
        "--r\r\nContent-Type: image/png\r\nContent-ID: <p@x>\r\n\r\npng\r\n--r--\r\n"
        "--a\r\nContent-Type: text/calendar\r\n\r\nical\r\n--a--\r\n"
        "--m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n"
        "--m\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
        "--i\r\nContent-Type: text/html\r\n\r\ninner\r\n--i--\r\n"
        "--m\r\nContent-Type: text/plain\r\n\r\nfooter\r\n--m--\r\n";
    structure const s = taken_apart(text);
    mime::contents const c = mime::find_contents(s);
    BOOST_REQUIRE(c.text != mime::no_part);
    BOOST_TEST(mime::body_of(s.parts[c.text], text) == "plain");
    BOOST_REQUIRE(c.html != mime::no_part);
    BOOST_TEST(mime::body_of(s.parts[c.html], text).starts_with("<img"));
    BOOST_REQUIRE(c.attachments.size() == 4U);
    BOOST_TEST(s.parts[c.attachments[0]].subtype == "png");
    BOOST_TEST(mime::is_inline(s, c.attachments[0]));
    BOOST_TEST(s.parts[c.attachments[1]].file_name() == "a.txt");
    BOOST_TEST(!mime::is_inline(s, c.attachments[1]));
    BOOST_TEST(s.parts[c.attachments[2]].is_message());
    BOOST_TEST(mime::body_of(s.parts[c.attachments[3]], text) == "footer");
}

BOOST_AUTO_TEST_CASE(nesting_ends_at_the_limit)
{
    for (std::size_t const depth : {63U, 64U, 65U, 10'000U})
    {
        std::string multiparts;
        for (std::size_t i = 0; i != depth; ++i)
        {
            std::string const b = "b" + std::to_string(i);
            multiparts += "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n";
        }
        structure const s = taken_apart(multiparts + "\r\ninnermost");
        std::size_t const levels = std::min<std::size_t>(depth, 64);
        BOOST_TEST(s.parts.size() == levels + 1);
        BOOST_TEST(s.truncated == (depth > 64));
        BOOST_TEST(s.parts.back().is("text", "plain"));

        structure const m =
            taken_apart(repeat("Content-Type: message/rfc822\r\n\r\n", depth) + "Subject: x\r\n\r\ninnermost");
        BOOST_TEST(m.parts.size() == levels + 1);
        BOOST_TEST(m.envelopes.size() == levels + 1);
        BOOST_TEST(m.truncated == (depth > 64));
        BOOST_TEST(m.parts.back().is(depth > 64 ? "application" : "text", depth > 64 ? "octet-stream" : "plain"));
    }
}

BOOST_AUTO_TEST_CASE(the_number_of_parts_is_limited)
{
    std::string const head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    structure const s = taken_apart(head + repeat("--b\r\n", 100'000));
    BOOST_TEST(s.parts.size() == mime::limits().parts);
    BOOST_TEST(s.truncated);
    BOOST_TEST(!taken_apart(head + repeat("--b\r\n\r\n", 9'999)).truncated);
    BOOST_TEST(taken_apart(head + repeat("--b\r\n\r\n", 10'000)).truncated);

    structure const digest =
        taken_apart("Content-Type: multipart/digest; boundary=b\r\n\r\n" + repeat("--b\r\n\r\n", 20'000));
    BOOST_TEST(digest.parts.size() == mime::limits().parts);
    BOOST_TEST(digest.truncated);

    mime::limits few;
    few.parts = 3;
    std::string const text = head + "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b\r\n\r\nthree\r\n--b--\r\n";
    structure const cut = taken_apart(text, few);
    BOOST_TEST(tree(cut) == "mixed(text/plain,text/plain)");
    BOOST_TEST(section(cut, text, {2}) == "two\r\n--b\r\n\r\nthree\r\n--b--\r\n");
    few.parts = 1;
    BOOST_TEST(tree(taken_apart(text, few)) == "text/plain");
}

BOOST_AUTO_TEST_CASE(headers_are_limited)
{
    structure const many = taken_apart(repeat("X: y\r\n", 100'000) + "Subject: unseen\r\n\r\nbody");
    BOOST_TEST(many.truncated);
    BOOST_TEST(many.head().subject == "");
    structure const large = taken_apart("X: " + std::string(300'000, 'x') + "\r\nSubject: unseen\r\n\r\nbody");
    BOOST_TEST(large.truncated);
    BOOST_TEST(large.parts[0].octets() == 4U);
    structure const people = taken_apart("To: " + repeat("a@b,", 20'000) + "\r\n\r\n");
    BOOST_TEST(people.head().to.size() == mime::limits().addresses);
}

// 64 open multiparts whose boundaries are as alike as they can be, and lines that nearly match all of them.
BOOST_AUTO_TEST_CASE(boundaries_that_nearly_match_cost_a_bounded_multiple)
{
    std::string text;
    std::string const common(180, 'b');
    for (int i = 0; i != 64; ++i)
    {
        std::string const b = common + char('A' + i % 26) + char('A' + i / 26);
        text += "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n";
    }
    text += "\r\n" + repeat("--" + common + "\r\n", 5'000) + repeat("--\r\n", 50'000) + repeat("-", 1 << 20);
    structure const s = taken_apart(text);
    BOOST_TEST(s.parts.size() == 65U);
    BOOST_TEST(s.parts.back().lines == 55'000U);
}

BOOST_AUTO_TEST_CASE(hostile_bodies_are_decoded_in_linear_time)
{
    constexpr std::size_t size = 1 << 20;
    for (std::string_view const piece : {"=", "= ", "=\r\n", " ", "\n", "=4", "====", "a", "\t\t\t \n"})
    {
        std::string const text = repeat(piece, size / piece.size());
        BOOST_TEST(mime::decode_quoted_printable(text).size() <= size);
        BOOST_TEST(mime::decode_base64(text).size() <= size);
    }
}

// No name that a sender gives leads anywhere: neither the parser nor anything else in the library opens files by it, and
// whoever does takes the safe name.
BOOST_AUTO_TEST_CASE(HT_31_names_of_attachments_are_made_safe)
{
    using namespace std::string_literals;
    std::pair<std::string, std::string> const rows[] = {
        {"report.pdf", "report.pdf"},
        {"größe 日本語.txt", "größe 日本語.txt"},
        {"../../x", "x"},
        {"../..", "attachment"},
        {"/etc/passwd", "passwd"},
        {"C:\\x", "x"},
        {"C:x", "C_x"},
        {"\\\\server\\share\\a.txt", "a.txt"},
        {"a/", "attachment"},
        {"", "attachment"},
        {".", "attachment"},
        {"..", "attachment"},
        {".bashrc", "bashrc"},
        {" . x. . ", "x"},
        {"con", "_con"},
        {"CON.txt", "_CON.txt"},
        {"nul .tar.gz", "_nul .tar.gz"},
        {"com1", "_com1"},
        {"LPT9.log", "_LPT9.log"},
        {"com\xc2\xb9", "_com\xc2\xb9"},
        {"conch.txt", "conch.txt"},
        {"com10", "com10"},
        {"a\0b.txt"s, "ab.txt"},
        {"a\r\nb\x1b[31m.txt", "ab[31m.txt"},
        {"invoice\xe2\x80\xae"
         "fdp.exe",
         "invoicefdp.exe"},
        {"a\xe2\x80\x8b\xef\xbb\xbf"
         "b",
         "ab"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"a<b>:\"|?*", "a_b______"},
        {std::string(64 * 1024, 'x') + ".pdf", std::string(196, 'x') + ".pdf"},
        {std::string(300, 'x'), std::string(200, 'x')},
        {std::string(300, '.'), "attachment"},
    };
    for (auto const& [given, safe] : rows)
        BOOST_TEST(outkit::mime::safe_file_name(given) == safe);
    std::string wide;
    for (int i = 0; i < 100; ++i)
        wide += "日";
    std::string const cut = outkit::mime::safe_file_name(wide + ".pdf");
    BOOST_TEST(cut.size() <= 200u);
    BOOST_TEST(cut.ends_with("日.pdf"));
    BOOST_TEST(outkit::detail::valid_utf8(cut));

    for (std::string const& text : outkit::tests::hostile_texts())
    {
        std::string const safe = outkit::mime::safe_file_name(text);
        BOOST_TEST((!safe.empty() && safe.size() <= 200));
        BOOST_TEST(safe.find_first_of("/\\\r\n\0"s) == std::string::npos);
        BOOST_TEST((safe != "." && safe != ".."));
        BOOST_TEST(outkit::mime::safe_file_name(safe) == safe);
    }
}

BOOST_AUTO_TEST_SUITE_END()
