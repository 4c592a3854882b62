// Messages in the shapes that programs give them, one a file in tests/unit/corpus, named for the program and its habit.
// All were written for these tests. What is in them stands in the table below, and tests/interop asks Python's email
// package what it thinks.

#include <outkit/mime/message.hpp>
#include <outkit/mime/structure.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

using namespace outkit;
using mime::structure;

namespace {

std::filesystem::path const corpus = std::filesystem::path(OUTKIT_SOURCE_DIR) / "tests/unit/corpus";

std::string message_in(std::string_view name)
{
    std::ifstream in(corpus / (std::string(name) + ".eml"), std::ios::binary);
    BOOST_REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

// "mixed(text/plain[52/2],message/rfc822[99/5](text/html[20/1]))": octets and lines of each body.
std::string tree(structure const& s, std::uint32_t i = 0)
{
    mime::part const& p = s.parts[i];
    std::string out = p.is_multipart() ? p.subtype
                                       : p.type + '/' + p.subtype + '[' + std::to_string(p.octets()) + '/' +
                                             std::to_string(p.lines) + ']';
    if (p.first_child == mime::no_part)
        return out;
    out += '(';
    for (std::uint32_t c = p.first_child; c != mime::no_part; c = s.parts[c].next_sibling)
        out += (c == p.first_child ? "" : ",") + tree(s, c);
    return out + ')';
}

std::string first_line(std::string_view text)
{
    return std::string(text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 100)));
}

std::string shown_text(structure const& s, std::string const& raw)
{
    mime::contents const c = mime::find_contents(s);
    std::uint32_t const i = c.text != mime::no_part ? c.text : c.html;
    return i == mime::no_part ? std::string() : mime::decoded_text(s.parts[i], raw);
}

std::string files(structure const& s)
{
    std::string out;
    for (std::uint32_t const i : mime::find_contents(s).attachments)
    {
        mime::part const& p = s.parts[i];
        out += (out.empty() ? "" : "|") + (p.file_name().empty() ? p.type + '/' + p.subtype : p.file_name());
    }
    return out;
}

struct row
{
    std::string_view name;
    std::string_view tree;
    std::string_view subject;  // decoded; the first 100 octets
    std::string_view text;     // the first line of what is shown, the same
    std::string_view files;    // names of what is attached, or their types
};
constexpr row rows[] = {
    // clang-format off
    {"outlook-winmail-dat", "mixed(text/plain[31/3],application/ms-tnef[56/0])",
     "Quarterly numbers", "See the numbers below.", "winmail.dat"},
    {"exchange-non-delivery-report", "report(alternative(text/plain[223/5],text/html[121/2]),message/delivery-status[329/8],message/rfc822[405/12](text/plain[15/1]))",
     "Undeliverable: Lunch?", "Your message to nobody@fabrikam.example couldn't be delivered.", "message/delivery-status|message/rfc822"},
    {"postfix-bounce", "report(text/plain[183/4],message/delivery-status[150/6],text/rfc822-headers[80/3])",
     "Undelivered Mail Returned to Sender", "This is the mail system at host mx.contoso.example.", "message/delivery-status|text/rfc822-headers"},
    {"outlook-read-receipt", "report(text/plain[108/6],message/disposition-notification[167/3])",
     "Read: Quarterly numbers", "Your message ", "message/disposition-notification"},
    {"iphone-inline-images", "mixed(text/plain[29/2],image/jpeg[102/1],text/plain[12/2],image/jpeg[200/2],text/plain[23/2])",
     "Pictures", "", "IMG_0001.jpeg|text/plain|IMG_0002.jpeg|text/plain"},
    {"apple-mail-related", "alternative(text/plain[22/1],related(text/html[89/2],image/png[98/1]))",
     "Re: Entwürfe für das nächste Quartal", "Entwürfe anbei.", "Entwürfe für das nächste Quartal mit allen Anmerkungen von Bob.png"},
    {"gmail-alternative", "mixed(alternative(text/plain[88/2],text/html[116/2]),application/pdf[96/2])",
     "Отчёт за третий квартал и планы", "Привет, Анна!", "Отчёт.pdf"},
    {"mailman-footer", "mixed(text/plain[66/5],text/plain[94/3])",
     "[Dev] Release plan", "We release on Friday ", "text/plain"},
    {"mailman-digest", "mixed(text/plain[41/4],digest(message/rfc822[132/6](text/plain[16/1]),message/rfc822[188/7](text/plain[26/1])),text/plain[19/1])",
     "Dev Digest, Vol 12, Issue 3", "Today's Topics:", "message/rfc822|message/rfc822|text/plain"},
    {"outlook-smime-signed", "signed(alternative(text/plain[17/1],text/html[92/2]),application/pkcs7-signature[78/1])",
     "Signed", "This is signed.", "smime.p7s"},
    {"outlook-smime-opaque", "application/pkcs7-mime[78/1]",
     "Opaque", "", "smime.p7m"},
    {"thunderbird-openpgp", "signed(mixed(text/plain[30/1],application/pgp-keys[89/4]),application/pgp-signature[76/4])",
     "Keys", "Schlüssel anbei.", "OpenPGP_0x1234.asc|OpenPGP_signature.asc"},
    {"exchange-invitation", "alternative(text/plain[35/1],text/html[158/3],text/calendar[296/4])",
     "Besprechung im großen Saal", "Wir treffen uns im großen Saal.", ""},
    {"google-calendar-invitation", "mixed(alternative(text/plain[58/1],text/html[103/2],text/calendar[48/3]),application/ics[66/1])",
     "Invitation: Lunch @ Wed Nov 25, 2026 12pm - 1pm (CET) (ann@contoso.example)", "Lunch", "invite.ics"},
    {"thunderbird-nested-forwards", "mixed(text/plain[5/1],message/rfc822[801/36](mixed(text/plain[15/1],message/rfc822[299/17](alternative(text/plain[14/1],text/html[21/1])))))",
     "Fwd: Fwd: Innermost", "FYI", "Fwd: Innermost.eml"},
    {"lotus-notes-boundaries", "mixed(alternative(text/plain[27/1],text/html[69/1]),application/octet-stream[96/2])",
     "Agenda", "Tagesordnung für morgen", "agenda.doc"},
    {"scanner-single-pdf", "application/pdf[96/2]",
     "Scan from MFP-07", "", "SCAN_0007.pdf"},
    {"javamail-part-without-header", "mixed(text/plain[52/1],text/plain[42/1])",
     "Build failed in Jenkins: outkit #42", "See <https://build.contoso.example/job/outkit/42/>", "build.log"},
    {"outlook-korean", "text/plain[42/1]",
     "회의 안내", "회의는 내일입니다. 똠방각하", ""},
    {"outlook-japanese", "text/plain[54/2]",
     "会議のお知らせ", "会議は明日です。", ""},
    {"foxmail-gb2312", "text/plain[66/1]",
     "会议通知", "会议改到明天，朱镕基。", ""},
    {"the-bat-windows-1251", "text/plain[20/1]",
     "Отчет", "Здравствуйте, Ann!", ""},
    {"eudora-macintosh-charset", "text/plain[16/1]",
     "café €", "Café crème", ""},
    {"php-mail-eight-bit-header", "text/html[41/1]",
     "Bestellbestätigung für Müller", "<p>Vielen Dank für Ihre Bestellung</p>", ""},
    {"spam-latin1-header", "text/plain[19/1]",
     "Günstige Kredite für Sie", "Nur 0,9 € für Sie", ""},
    {"truncated-without-final-boundary", "mixed(text/plain[13/1],image/png[100/2])",
     "Cut", "Whole text.", "a.png"},
    {"sendmail-bad-boundaries", "mixed(alternative(text/plain[5/0],text/html[11/0]),text/plain[26/1])",
     "Boundaries", "plain", "c.txt"},
    {"multipart-without-boundary", "text/plain[24/4]",
     "No boundary", "--=_x", ""},
    {"empty-multipart", "text/plain[7/1]",
     "Empty", "--e--", ""},
    {"multipart-of-one-empty-part", "mixed(text/plain[0/0])",
     "Empty part", "", ""},
    {"cron-lf-only", "mixed(text/plain[7/1],text/x-log[4/1])",
     "Cron <root@mx> run-parts", "one", "run.log"},
    {"old-mac-cr-only", "text/plain[0/0]",
     "", "", ""},
    {"mixed-line-ends", "mixed(text/plain[8/1],text/x-log[4/1])",
     "Cron <root@mx> run-parts", "one", "run.log"},
    {"php-overlong-lines", "text/html[5009/1]",
     "word word word word word word word word word word word word word word word word word word word word ", "<p>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ""},
    {"content-type-without-subtype", "text/plain[12/1]",
     "Only text", "naïve", ""},
    {"content-type-html-only", "text/plain[10/1]",
     "Form", "<p>x</p>", ""},
    {"duplicated-fields", "text/html[10/1]",
     "First", "<p>x</p>", ""},
    {"mbox-from-line", "text/plain[12/1]",
     "From a store", ">From here", ""},
    {"header-without-body", "text/plain[0/0]",
     "Header only", "", ""},
    {"body-without-header", "text/plain[14/1]",
     "", "Just a body.", ""},
    {"header-with-nul-and-junk", "text/plain[3/1]",
     "a b", "x", ""},
    {"outlook-express-uuencode", "text/plain[32/4]",
     "Old", "begin 644 a.txt", ""},
    {"binary-attachment", "mixed(text/plain[5/0],application/octet-stream[256/1])",
     "Binary", "grün", "b.bin"},
    {"gateway-base64-message", "mixed(text/plain[3/0],application/octet-stream[76/0])",
     "Wrapped", "see", "orig.eml"},
    {"comments-everywhere", "text/plain[8/1]",
     "(no comment)", "ü", ""},
    {"exchange-long-headers", "text/plain[21/2]",
     "A subject that Exchange has folded before its first word and in the middle", "Short.", ""},
    {"outlook-encoded-file-name", "mixed(text/plain[33/1],application/vnd.openxmlformats-officedocument.wordprocessingml.document[62/1])",
     "Pläne – Entwurf", "Die Pläne – wie besprochen.", "Pläne und Entwürfe für das neue Haus am großen See.docx"},
    // clang-format on
};

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_corpus)

BOOST_AUTO_TEST_CASE(messages_of_many_programs_are_taken_apart)
{
    std::size_t there = 0;
    for (auto const& entry : std::filesystem::directory_iterator(corpus))
        there += entry.path().extension() == ".eml";
    BOOST_TEST(there == std::size(rows));
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.name)
        {
            std::string const raw = message_in(r.name);
            structure const s = mime::parse(raw);
            BOOST_TEST(tree(s) == r.tree);
            BOOST_TEST(first_line(mime::decode_words(s.head().subject)) == r.subject);
            BOOST_TEST(first_line(shown_text(s, raw)) == r.text);
            BOOST_TEST(files(s) == r.files);
            BOOST_TEST(!s.truncated);
        }
}

BOOST_AUTO_TEST_CASE(lone_carriage_returns_end_lines_once_they_are_made_to)
{
    std::string const raw = mime::with_crlf(message_in("old-mac-cr-only"));
    BOOST_TEST(tree(mime::parse(raw)) == "mixed(text/plain[8/1],text/x-log[5/1])");
    BOOST_TEST(raw == mime::with_crlf(message_in("cron-lf-only")));
    BOOST_TEST(raw == mime::with_crlf(message_in("mixed-line-ends")));
}

// What is in one message can be put into another.
BOOST_AUTO_TEST_CASE(what_was_read_can_be_built_and_read_again)
{
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.name)
        {
            std::string const raw = message_in(r.name);
            structure const s = mime::parse(raw);
            mime::contents const c = mime::find_contents(s);
            error_code ec;
            mime::message m;
            m.from.addr = *mime::parse_address("ann@contoso.example", ec);
            m.subject = mime::decode_words(s.head().subject);
            for (mime::address_entry const& e : s.head().to)
                if (auto const a = mime::strict(e))
                    m.to.push_back({mime::decode_words(e.name), *a});
            m.references = mime::read_message_ids(s.head().in_reply_to);
            if (c.text != mime::no_part)
                m.text = mime::decoded_text(s.parts[c.text], raw);
            if (c.html != mime::no_part)
                m.html = mime::decoded_text(s.parts[c.html], raw);
            for (std::uint32_t const i : c.attachments)
                m.attachments.push_back({.name = s.parts[i].file_name(),
                                         .content_type = s.parts[i].type + '/' + s.parts[i].subtype,
                                         .content = mime::decoded_body(s.parts[i], raw),
                                         .is_inline = mime::is_inline(s, i)});
            auto const built = mime::build(m, ec);
            BOOST_REQUIRE_MESSAGE(built, ec.message());
            structure const again = mime::parse(built->raw);
            BOOST_TEST(mime::decode_words(again.head().subject) == m.subject);
            auto const same = [&](std::uint32_t part, std::string_view text) {
                std::string const lines = mime::with_crlf(text);
                std::string const got = mime::decoded_text(again.parts.at(part), built->raw);
                return got == lines || got == lines + "\r\n";
            };
            mime::contents const d = mime::find_contents(again);
            if (c.html != mime::no_part)
                BOOST_TEST(same(d.html, m.html));
            if (!m.text.empty() || c.html == mime::no_part)
                BOOST_TEST(same(d.text, m.text));
            std::size_t found = 0;
            for (mime::attachment const& a : m.attachments)
                found += std::any_of(again.parts.begin(), again.parts.end(), [&](mime::part const& p) {
                    return p.file_name() == a.name && mime::decoded_body(p, built->raw) == a.content;
                });
            BOOST_TEST(found == m.attachments.size());
            BOOST_TEST(again.head().to.size() == m.to.size());
        }
}

BOOST_AUTO_TEST_SUITE_END()
