// Responses and commands as text and as values, in both directions. Rows are from RFC 3501 and RFC 9051, and from
// transcripts of servers in public threads, which are named.

#include <outkit/detail/simulate.hpp>
#include <outkit/imap/detail/command.hpp>
#include <outkit/mime/structure.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <iterator>
#include <ostream>

using namespace outkit;
using namespace outkit::imap;
using namespace outkit::imap::detail;
namespace bdata = boost::unit_test::data;

namespace {

struct parsed
{
    error_code ec;
    arena block;
    response value;
    std::string again;  // serialised
};

struct heard
{
    error_code ec;  // of the framing
    std::vector<std::string> frames;
    std::vector<error_code> errors;
    std::vector<std::string> again;
    std::size_t steps = 0;
};

flow<> hear_all(wire& w, framer& f, limits const& l, heard& out)
{
    for (;;)
    {
        error_code ec;
        auto const step = f.next(w, ec);
        if (ec)
            co_await fail(ec);
        if (step == framer::step::complete)
        {
            arena block;
            response r;
            out.frames.emplace_back(f.text());
            out.errors.push_back(parse_response(f.text(), f.literals(), l, block, r));
            out.again.emplace_back();
            if (!out.errors.back())
                append_response(out.again.back(), r);
            continue;
        }
        co_await w.fill();
    }
}

heard hear(std::string const& text, std::size_t piece = 4096, limits const& l = {})
{
    heard out;
    wire w(l.line);
    framer f(framer::role::client, l);
    auto const r = outkit::detail::play(hear_all(w, f, l, out), {text}, {.piece = piece});
    out.ec = r.ec;
    out.steps = r.steps;
    return out;
}

// One response, which must be good framing.
parsed parse(std::string const& text, limits const& l = {})
{
    parsed out;
    wire w(l.line);
    framer f(framer::role::client, l);
    auto one = [](wire& wi, framer& fr, limits const& li, parsed& p) -> flow<> {
        for (;;)
        {
            error_code ec;
            auto const step = fr.next(wi, ec);
            if (ec)
                co_await fail(ec);
            if (step == framer::step::complete)
                break;
            co_await wi.fill();
        }
        p.ec = parse_response(fr.text(), fr.literals(), li, p.block, p.value);
        if (!p.ec)
            append_response(p.again, p.value);
    };
    auto const r = outkit::detail::play(one(w, f, l, out), {text});
    if (r.ec)
        out.ec = r.ec;
    return out;
}

// Said again in the same words.
char const* const exact[] = {
    // RFC 3501
    "* CAPABILITY IMAP4rev1 STARTTLS AUTH=GSSAPI XPIG-LATIN\r\n",
    "* 18 EXISTS\r\n",
    "* 2 RECENT\r\n",
    "* 44 EXPUNGE\r\n",
    "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n",
    "* OK [UIDNEXT 4392] Predicted next UID\r\n",
    "A142 OK [READ-WRITE] SELECT completed\r\n",
    "* LIST (\\Noselect) \"/\" \"\"\r\n",
    "* LIST (\\Noselect) \".\" #news.\r\n",
    "* LIST () \"/\" blurdybloop\r\n",
    "* LIST (\\Noselect) \"/\" foo\r\n",
    "* LSUB () \".\" #news.comp.mail.mime\r\n",
    "* BYE IMAP4rev1 Server logging out\r\n",
    "* SEARCH 2 84 882\r\n",
    "* SEARCH\r\n",
    "+ Ready for additional command text\r\n",
    "A044 BAD No such command as \"BLURDYBLOOP\"\r\n",
    "* NO Disk is 98% full, please delete unnecessary data\r\n",
    "* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)\r\n",
    "* 12 FETCH (BODY[HEADER] {342}\r\n"
    "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
    "From: Terry Gray <gray@cac.washington.edu>\r\n"
    "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
    "To: imap@cac.washington.edu\r\n"
    "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
    "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
    "\r\n)\r\n",
    "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 ENVELOPE (\"Wed, 17 Jul "
    "1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" ((\"Terry Gray\" NIL \"gray\" "
    "\"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" "
    "\"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) ((NIL NIL \"minutes\" "
    "\"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
    "\"<B27397-0100000@cac.washington.edu>\"))\r\n",
    // RFC 2342
    "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
    "* NAMESPACE NIL NIL ((\"\" \".\"))\r\n",
    "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\")) ((\"~\" \"/\")) ((\"#shared/\" \"/\")(\"#public/\" \"/\"))\r\n",
    // RFC 2971
    "* ID (\"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" \"sunos\" \"os-version\" \"5.5\")\r\n",
    // RFC 4315
    "A003 OK [APPENDUID 38505 3955] APPEND completed\r\n",
    "A004 OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n",
    // Exchange Online, observed: jstedfast/MailKit#1494, #2016
    "* OK The Microsoft Exchange IMAP4 service is ready. [TQBXAEgAUABSADIAMQBDAEEAMAAwADYAMAA=]\r\n",
    ("* CAPABILITY IMAP4 IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE "
     "LITERAL+\r\n"),
    // observed: mscdex/node-imap#867
    "* LIST (\\Marked \\HasNoChildren) \"/\" INBOX\r\n",
    // observed: a public list of a hosted Exchange
    "* LIST (\\HasNoChildren) \"/\" Kategorie/Przesy&AUI-ki\r\n",
    "* LIST (\\HasNoChildren) \"/\" \"Tematy/Dozowniki &AUE-azienkowe\"\r\n",
    // observed: owncloud-archive/mail#721
    "* STATUS Junk-E-Mail (MESSAGES 0 RECENT 0 UIDNEXT 18 UIDVALIDITY 213 UNSEEN 0)\r\n",
    // Dovecot 2.3
    "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=XOAUTH2] Dovecot ready.\r\n",
    "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags permitted.\r\n",
    "* 1 FETCH (UID 1 FLAGS (\\Seen $Forwarded) BODY[] NIL)\r\n",
};

struct to_other
{
    char const* text;
    char const* again;
};
std::ostream& operator<<(std::ostream& out, to_other const& row) { return out << row.text; }

// Understood, and said in our way.
to_other const normalised[] = {
    {"* capability IMAP4rev1 imap4REV1 AUTH= IDLE\r\n", "* CAPABILITY IMAP4rev1 IDLE\r\n"},
    {"+\r\n", "+ \r\n"},
    {"a1 ok done\r\n", "a1 OK done\r\n"},
    {"* 1 fetch (flags (\\seen) uid 4)\r\n", "* 1 FETCH (UID 4 FLAGS (\\Seen))\r\n"},
    {"* LIST () NIL \"INBOX\"\r\n", "* LIST () NIL INBOX\r\n"},
    {"* LIST (\\HasNoChildren) \"\\\\\" {5}\r\na b\\c\r\n", "* LIST (\\HasNoChildren) \"\\\\\" \"a b\\\\c\"\r\n"},
    {"* 1 FETCH (BODY[TEXT]<0> \"abc\")\r\n", "* 1 FETCH (BODY[TEXT]<0> \"abc\")\r\n"},
    {"* 1 FETCH (RFC822.HEADER {2}\r\n\r\n FLAGS ())\r\n", "* 1 FETCH (FLAGS () BODY[HEADER] {2}\r\n\r\n)\r\n"},
    {"* 1 FETCH (X-UNKNOWN ((a \"b\") {1}\r\nc) UID 9)\r\n", "* 1 FETCH (UID 9)\r\n"},
    {"* 2 FETCH (ENVELOPE (NIL {2}\r\nhi NIL NIL NIL NIL NIL NIL NIL NIL))\r\n",
     "* 2 FETCH (ENVELOPE (NIL \"hi\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n"},
    // Cyrus and others put blanks between addresses.
    {"* 2 FETCH (ENVELOPE (NIL NIL ((NIL NIL \"a\" \"b\") (NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL NIL NIL))\r\n",
     "* 2 FETCH (ENVELOPE (NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL NIL NIL))\r\n"},
    // observed: jstedfast/MailKit#115, Office 365 in 2014
    {"[COPYUID 55 31 6]\r\n", "* OK [COPYUID 55 31 6]\r\n"},
    // observed: postalsys/imapflow, its parser
    {"Server Unavailable. 15\r\n", "* NO Server Unavailable. 15\r\n"},
    {"* ID NIL\r\n", "* ID NIL\r\n"},
    {"* SEARCH 1 2 3 5 (MODSEQ 9)\r\n", "* SEARCH 1 2 3 5\r\n"},
    // observed: jstedfast/MailKit, its issue 945: TAB in an unquoted name
    {"* LIST (\\HasNoChildren) \"/\" Projects/a\tb c\r\n", "* LIST (\\HasNoChildren) \"/\" \"Projects/a\tb c\"\r\n"},
};

struct structure_row
{
    char const* body;
    char const* again;  // null: the same
};
std::ostream& operator<<(std::ostream& out, structure_row const& row) { return out << row.body; }

structure_row const structures[] = {
    // RFC 3501 section 7.4.2
    {"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48)",
     "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48 NIL NIL NIL NIL)"},
    {"((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152 23)(\"TEXT\" \"PLAIN\" (\"CHARSET\" "
     "\"US-ASCII\" \"NAME\" \"cc.diff\") \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" "
     "4554 "
     "73) \"MIXED\")",
     "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152 23 NIL NIL NIL NIL)(\"TEXT\" \"PLAIN\" "
     "(\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\") \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" "
     "\"BASE64\" 4554 73 NIL NIL NIL NIL) \"MIXED\" NIL NIL NIL NIL)"},
    // Dovecot 2.3, from its own tests of message parts
    {"((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 20 1 NIL NIL NIL NIL)(\"message\" \"rfc822\" NIL "
     "NIL "
     "NIL \"7bit\" 101 (NIL \"m1\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" NIL NIL NIL \"7bit\" 30 2 NIL "
     "NIL NIL NIL) 5 NIL (\"attachment\" (\"filename\" \"m.eml\")) (\"en\" \"de\") NIL) \"mixed\" (\"boundary\" \"x\") "
     "NIL NIL NIL)",
     nullptr},
    // Exchange, observed by MailKit: issue 919
    {"(\"image\" \"png\" (\"name\" \"a.png\") NIL NIL \"base64\" 10 NIL \"inline\" NIL NIL)",
     "(\"image\" \"png\" (\"name\" \"a.png\") NIL NIL \"base64\" 10 NIL (\"inline\" NIL) NIL NIL)"},
    // a disposition of NILs
    {"(\"image\" \"png\" NIL NIL NIL \"base64\" 10 NIL (NIL NIL) NIL NIL)",
     "(\"image\" \"png\" NIL NIL NIL \"base64\" 10 NIL NIL NIL NIL)"},
    // issues 1415 and 1446
    {"((NIL NIL NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)(\"text\" \"plain\" NIL NIL NIL \"7BIT\" 1 1 NIL NIL NIL NIL) "
     "\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)",
     nullptr},
    // issue 1393: a multipart without parts
    {"(NIL \"alternative\" (\"boundary\" \"bound\") NIL NIL NIL)", nullptr},
    // a description where the disposition belongs
    {"((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") \"a description\" "
     "NIL)",
     "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"},
};

char const* const malformed[] = {
    "* 1 FETCH",

    "* 1",
    "*",
    "* ",
    "* LIST",
    "* ID",
    "* 0 EXPUNGE",
    "* 1 FETCH (FLAGS (\\Seen)",
    "* 1 FETCH (FLAGS (\\Seen)))",
    "* 1 FETCH (UID)",
    "* 1 FETCH (UID x)",
    "* 1 FETCH (UID 0)",
    "* 1 FETCH (UID -1)",
    "* 1 FETCH (UID 4294967296)",
    "* 1 FETCH (RFC822.SIZE \"12\")",
    "* 1 FETCH (ENVELOPE NIL)",
    "* 1 FETCH (ENVELOPE (NIL NIL \"x\"))",
    "* 1 FETCH (BODYSTRUCTURE NIL)",
    "* 1 FETCH (BODYSTRUCTURE ())",
    "* 1 FETCH (BODY[)",
    "* 1 FETCH (BODY[] )",
    "* 1 FETCH (BODY[]<x> NIL)",
    "* 1 FETCH (FLAGS NIL)",
    "* LIST (a",
    "* LIST () \"ab\" x",
    "* LIST () / x",
    "* STATUS x",
    "* STATUS x (MESSAGES)",
    "* FLAGS",
    "* SEARCH x",
    "* SEARCH 0",
    "* SEARCH 4294967296",
    "* NAMESPACE NIL NIL",
    "* NAMESPACE ((\"\" \"//\")) NIL NIL",
    "* CAPABILITY (",
    "* 99999999999 EXISTS",
    "* 1 FETCH (ENVELOPE (\"unterminated NIL))",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_codec)

BOOST_DATA_TEST_CASE(responses_are_said_again_in_the_same_words, bdata::make(exact), text)
{
    auto const p = parse(text);
    BOOST_TEST(!p.ec, p.ec.message());
    BOOST_TEST(p.again == text);
}

BOOST_DATA_TEST_CASE(responses_are_normalised, bdata::make(normalised), row)
{
    auto const p = parse(row.text);
    BOOST_TEST(!p.ec, p.ec.message());
    BOOST_TEST(p.again == row.again);
    auto const q = parse(p.again);
    BOOST_TEST(!q.ec, q.ec.message());
    BOOST_TEST(q.again == row.again);
}

BOOST_DATA_TEST_CASE(structures_are_understood, bdata::make(structures), row)
{
    std::string const text = std::string("* 1 FETCH (BODYSTRUCTURE ") + row.body + ")\r\n";
    auto const p = parse(text);
    BOOST_TEST(!p.ec, p.ec.message());
    BOOST_TEST(p.again == std::string("* 1 FETCH (BODYSTRUCTURE ") + (row.again ? row.again : row.body) + ")\r\n");
}

BOOST_AUTO_TEST_CASE(IM_42_the_same_results_in_pieces_of_every_size)
{
    std::string all;
    for (char const* const text : exact)
        all += text;
    for (auto const& row : normalised)
        all += row.text;
    auto const whole = hear(all);
    BOOST_TEST((whole.ec == outkit::error::connection_closed));
    BOOST_TEST(whole.frames.size() == std::size(exact) + std::size(normalised));
    for (std::size_t const piece : {1u, 2u, 3u, 7u, 64u})
    {
        auto const pieces = hear(all, piece);
        BOOST_TEST(pieces.frames == whole.frames);
        BOOST_TEST(pieces.again == whole.again);
    }
    // Every way of cutting it in two: what has come completely is the same.
    for (std::size_t n = 0; n <= all.size(); ++n)
    {
        auto const part = hear(all.substr(0, n));
        BOOST_TEST_REQUIRE(part.frames.size() <= whole.frames.size());
        for (std::size_t i = 0; i != part.frames.size(); ++i)
            BOOST_TEST_REQUIRE(part.again[i] == whole.again[i]);
    }
}

BOOST_AUTO_TEST_CASE(fetched_values_are_what_the_rfc_says)
{
    auto const p = parse(
        "* 12 FETCH (UID 4827313 FLAGS (\\Seen \\Flagged $MDNSent \\X) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" "
        "RFC822.SIZE 4286 ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"say \\\"hi\\\" \\\\\" ((\"Terry Gray\" "
        "NIL \"gray\" \"cac.washington.edu\")) NIL NIL ((NIL NIL \"imap\" \"cac.washington.edu\")(NIL NIL \"b\" "
        "\"c\")) "
        "NIL NIL NIL \"<B27397-0100000@cac.washington.edu>\") BODY[1.MIME]<0> {3}\r\nabc BODY[] \"\")\r\n");
    BOOST_TEST_REQUIRE(!p.ec);
    message const& m = *p.value.fetched;
    BOOST_TEST(m.sequence == 12u);
    BOOST_TEST(m.uid == 4827313u);
    BOOST_TEST(m.has(flag::seen | flag::flagged));
    BOOST_TEST(!m.has(flag::answered));
    BOOST_TEST(m.keywords.size() == 2u);
    BOOST_TEST(m.keywords.front() == "$MDNSent");
    BOOST_TEST(m.size.value() == 4286u);
    BOOST_TEST_REQUIRE(m.internal_date.has_value());
    BOOST_TEST(m.internal_date->time_since_epoch().count() == 837596665);
    envelope const& e = *m.envelope;
    BOOST_TEST(e.subject == "say \"hi\" \\");
    BOOST_TEST(e.from.front().name == "Terry Gray");
    BOOST_TEST(!e.from.front().route.data());
    BOOST_TEST(e.to.size() == 2u);
    BOOST_TEST(e.cc.empty());
    BOOST_TEST(!e.in_reply_to.data());
    BOOST_TEST(m.sections.size() == 2u);
    BOOST_TEST(m.sections.front().section == "1.MIME");
    BOOST_TEST(m.sections.front().origin.value() == 0u);
    BOOST_TEST(m.sections.front().data == "abc");
    auto const& empty = *std::next(m.sections.begin());
    BOOST_TEST(empty.data.empty());
    BOOST_TEST(!!empty.data.data());  // not NIL
}

BOOST_AUTO_TEST_CASE(IM_03_literal_sizes_that_are_none)
{
    for (char const* const marker : {"{-1}", "{+5}", "{}", "{ 5}", "{18446744073709551616}", "{5+}", "{0x5}", "{5 }"})
    {
        auto const h = hear(std::string("* 1 FETCH (BODY[] ") + marker + "\r\nhello)\r\n");
        BOOST_TEST((h.ec == condition::protocol_violation), marker << ": " << h.ec.message());
        BOOST_TEST(h.frames.empty());
    }
    // No marker at the end of the line, so no framing error yet, but the frame cannot be trusted.
    for (char const* const marker : {"{5", "{5}x", "{5} x"})
    {
        auto const h = hear(std::string("* 1 FETCH (BODY[] ") + marker + "\r\n");
        BOOST_TEST_REQUIRE(h.errors.size() == 1u);
        BOOST_TEST((h.errors[0] == condition::protocol_violation), marker);
    }
    auto const zero = hear("* 1 FETCH (BODY[] {05}\r\nhello)\r\n");
    BOOST_TEST((zero.again == std::vector<std::string>{"* 1 FETCH (BODY[] \"hello\")\r\n"}));
    auto const huge = hear("* 1 FETCH (BODY[] {2147483648}\r\n");
    BOOST_TEST((huge.ec == imap::error::literal_too_long));
}

BOOST_AUTO_TEST_CASE(IM_05_literal_shorter_than_its_data)
{
    auto const h = hear("* 1 FETCH (BODY[] {3}\r\nhello)\r\n");
    BOOST_TEST_REQUIRE(h.errors.size() == 1u);
    BOOST_TEST(!!h.errors[0]);
}

BOOST_AUTO_TEST_CASE(IM_06_empty_literals_everywhere)
{
    auto const h = hear(
        "* 1 FETCH (BODY[] {0}\r\n BODY[TEXT] {0}\r\n)\r\n"
        "* LIST () \"/\" {0}\r\n\r\n"
        "* 1 FETCH (ENVELOPE ({0}\r\n {0}\r\n (({0}\r\n {0}\r\n {0}\r\n {0}\r\n)) NIL NIL NIL NIL NIL {0}\r\n "
        "{0}\r\n))\r\n"
        "* 1 FETCH (BODYSTRUCTURE ({0}\r\n {0}\r\n ({0}\r\n {0}\r\n) {0}\r\n {0}\r\n {0}\r\n 0 {0}\r\n ({0}\r\n NIL) "
        "({0}\r\n) {0}\r\n))\r\n"
        "* STATUS {0}\r\n (MESSAGES 1)\r\n"
        "* ID ({0}\r\n {0}\r\n)\r\n");
    BOOST_TEST(h.frames.size() == 6u);
    for (error_code const& ec : h.errors)
        BOOST_TEST(!ec, ec.message());
    BOOST_TEST(h.again[0] == "* 1 FETCH (BODY[] \"\" BODY[TEXT] \"\")\r\n");
}

BOOST_AUTO_TEST_CASE(IM_07_many_small_literals)
{
    auto const flood = [](std::size_t octets) {
        std::string text = "* 1 FETCH (X (";
        while (text.size() < octets)
            text += "{1}\r\na";
        return text + "))\r\n";
    };
    // What comes after the thousandth is not read any more, so ten times as much takes not a step longer.
    for (std::size_t const piece : {1u, 4096u})
    {
        auto const h = hear(flood(1u << 20), piece);
        BOOST_TEST((h.ec == imap::error::too_many_literals));
        BOOST_TEST((h.ec == condition::limit_exceeded));
        BOOST_TEST(h.steps <= 6'100u / piece + 1);
        auto const more = hear(flood(10u << 20), piece);
        BOOST_TEST((more.ec == imap::error::too_many_literals));
        BOOST_TEST(more.steps == h.steps);
    }
    std::string thousand = "* 1 FETCH (X (";
    for (int i = 0; i != 1000; ++i)
        thousand += "{1}\r\na ";
    auto const allowed = hear(thousand + "))\r\n");
    BOOST_TEST(allowed.frames.size() == 1u);
}

BOOST_AUTO_TEST_CASE(IM_08_a_line_without_end)
{
    limits l;
    l.line = 10'000;
    auto const h = hear("* OK " + std::string(100'000, 'x'), 4096, l);
    BOOST_TEST((h.ec == outkit::error::line_too_long));
    auto const folded =
        hear("* LIST " + std::string(9'000, 'x') + " {1}\r\na" + std::string(9'000, 'x') + "\r\n", 4096, l);
    BOOST_TEST((folded.ec == outkit::error::line_too_long));
}

BOOST_AUTO_TEST_CASE(IM_10_deep_nesting_and_long_lists)
{
    // On a small stack: what is nested is not met by recursion without end.
    std::string const deep[] = {"* 1 FETCH (BODYSTRUCTURE " + std::string(100'000, '(') + "\r\n",
                                "* 1 FETCH (X " + std::string(100'000, '(') + "\r\n",
                                "* THREAD " + std::string(50'000, '(') + std::string(50'000, ')') + "\r\n"};
    struct on_a_small_stack
    {
        std::string const* texts;
        error_code ec[3];
        static void* run(void* self)
        {
            auto& all = *static_cast<on_a_small_stack*>(self);
            for (std::size_t i = 0; i != std::size(all.ec); ++i)
                all.ec[i] = parse(all.texts[i]).ec;
            return nullptr;
        }
    } small{deep, {}};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    BOOST_TEST_REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    pthread_t thread;
    BOOST_TEST_REQUIRE(pthread_create(&thread, &attributes, &on_a_small_stack::run, &small) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    BOOST_TEST((small.ec[0] == imap::error::nested_too_deep), small.ec[0].message());
    BOOST_TEST((small.ec[1] == imap::error::nested_too_deep), small.ec[1].message());
    BOOST_TEST(!small.ec[2], small.ec[2].message());
    for (int const n : {50'000, 100'000})
    {
        std::string addresses;
        for (int i = 0; i != n; ++i)
            addresses += "(NIL NIL \"a\" \"b\")";
        auto const p = parse("* 1 FETCH (ENVELOPE (NIL NIL (" + addresses + ") NIL NIL NIL NIL NIL NIL NIL))\r\n");
        BOOST_TEST((p.ec == condition::limit_exceeded), p.ec.message());
    }
}

BOOST_DATA_TEST_CASE(IM_11_IM_12_malformed_responses_cost_their_frame_only, bdata::make(malformed), line)
{
    auto const h = hear(std::string(line) + "\r\n* 1 EXISTS\r\n");
    BOOST_TEST_REQUIRE(h.frames.size() == 2u);
    BOOST_TEST((h.errors[0] == imap::error::malformed_response), h.errors[0].message());
    BOOST_TEST(h.again[1] == "* 1 EXISTS\r\n");
}

BOOST_AUTO_TEST_CASE(IM_12_short_responses_that_say_something)
{
    for (char const* const line : {"* OK ", "* OK", "* FETCH", "* [UIDNEXT 4]", "* SEARCH", "* SEARCH ", "* CAPABILITY",
                                   "* STATUS \"x\" ()", "* XYZ", "* 5 XYZ", "+", "* NAMESPACE NIL NIL NIL"})
    {
        auto const p = parse(std::string(line) + "\r\n");
        BOOST_TEST(!p.ec, line << ": " << p.ec.message());
    }
}

BOOST_AUTO_TEST_CASE(IM_13_sets_stay_ranges)
{
    auto const copied = parse("a OK [COPYUID 1 1:4294967294 1:4294967294] x\r\n");
    auto const c = code_copyuid(copied.value.status, {});
    BOOST_TEST_REQUIRE(c.has_value());
    BOOST_TEST(c->from.ranges().size() == 1u);
    BOOST_TEST(c->from.size() == 4294967294u);
    for (char const* const bad : {"1:99999999999999999999", "0", "", "1,", ",1", "1:", "a", "1 2", "-1", "+1", "01",
                                  "1:0", "4294967296", "1::2", "1;2"})
        BOOST_TEST(!number_set::parse(bad), bad);
    BOOST_TEST(number_set::parse("5:*")->to_string() == "5:*");
    BOOST_TEST(number_set::parse("*:5")->to_string() == "5:*");
    BOOST_TEST(number_set::parse("*")->to_string() == "*");
    BOOST_TEST(number_set::parse("2,4:7,9,12:*")->to_string() == "2,4:7,9,12:*");  // RFC 9051 section 9
    std::string many = "1";
    for (int i = 0; i != 1'000'000; ++i)
        many += ",1";
    BOOST_TEST(!number_set::parse(many));
    for (char const* const bad : {"1 1:3 1:2", "1 1 *", "0x 1 1", "1 1", "", "1 0 0"})
        BOOST_TEST(!code_copyuid({status_text::condition::ok, "COPYUID", bad, ""}, {}), bad);
    // observed: jstedfast/MailKit, its issue 555
    BOOST_TEST(code_copyuid({status_text::condition::ok, "COPYUID", "14  ", ""}, {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_set_grows_by_ranges)
{
    number_set s;
    for (std::uint32_t n = 1; n <= 5; ++n)
        s.add(n);
    s.add(9, 7);
    s.add(0);
    BOOST_TEST(s.to_string() == "1:5,7:9");
    BOOST_TEST(s.size() == 8u);
    BOOST_TEST(s.contains(8));
    BOOST_TEST(!s.contains(6));
    BOOST_TEST(uid_set::all().to_string() == "1:*");
}

BOOST_AUTO_TEST_CASE(IM_25_capabilities)
{
    std::string many = "* CAPABILITY";
    for (int i = 0; i != 10'000; ++i)
        many += " X" + std::to_string(i);
    BOOST_TEST((parse(many + "\r\n").ec == imap::error::too_many_capabilities));
    auto const p = parse("* CAPABILITY imap4rev1 AUTH= auth=xoauth2 AUTH=XOAUTH2\r\n");
    auto const& caps = std::get<capabilities>(p.value.data);
    BOOST_TEST(caps.has("IMAP4rev1"));
    BOOST_TEST(caps.has("AUTH=XOAUTH2"));
    BOOST_TEST(!caps.has("AUTH="));
    BOOST_TEST(caps.names().size() == 2u);
    auto const word = hear("* CAPABILITY IMAP4rev1 " + std::string(1 << 20, 'x') + "\r\n");
    BOOST_TEST((word.ec == outkit::error::line_too_long), word.ec.message());
}

BOOST_AUTO_TEST_CASE(IM_26_mailbox_names)
{
    struct row
    {
        char const* utf8;
        char const* encoded;
    };
    for (row const& r : {row{"INBOX", "INBOX"},
                         {"~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
                         {"R&D", "R&-D"},
                         {"&", "&-"},
                         {"\u00c9l\u00e9ments envoy\u00e9s", "&AMk-l&AOk-ments envoy&AOk-s"},
                         {"Przesy\u0142ki", "Przesy&AUI-ki"},
                         {"\U0001F600", "&2D3eAA-"},
                         {"a\tb", "a&AAk-b"},
                         {"..", ".."},
                         {"../../etc/passwd", "../../etc/passwd"},
                         {"{5}", "{5}"},
                         {"\u202ertl", "&IC4-rtl"}})
    {
        BOOST_TEST(to_modified_utf7(r.utf8).value() == r.encoded);
        BOOST_TEST(from_modified_utf7(r.encoded).value() == r.utf8);
    }
    // RFC 3501 section 5.1.3: not in shortest form, or not finished, or not base64, or surrogates alone
    for (char const* const bad : {"&Jjo!", "&U,BTFw-&ZeVnLIqe-", "&Jjo", "&", "&AEE-", "&2D3-", "&3gA-", "&AA-",
                                  "&AAA-", "a\xc3\xa9", "a\tb", "&!-", "&U,BTFw=-"})
        BOOST_TEST(!from_modified_utf7(bad), bad);
    for (char const* const bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
        BOOST_TEST(!to_modified_utf7(bad));

    auto const odd = parse("* LIST () \"/\" \"a\tb &Jjo!\"\r\n");
    auto const& m = std::get<mailbox>(odd.value.data);
    BOOST_TEST(m.name == "a\tb &Jjo!");
    BOOST_TEST(m.selectable);
    command c("SELECT");
    c.mailbox(m);
    BOOST_TEST(!c.ec);
    BOOST_TEST(c.pieces[0].text == "SELECT \"a\tb &Jjo!\"");
    auto const lines = parse("* LIST () \"/\" {4}\r\na\r\nb\r\n");
    BOOST_TEST(!std::get<mailbox>(lines.value.data).selectable);
    BOOST_TEST(!mailbox_name(std::get<mailbox>(lines.value.data)).valid());
    for (std::string const& name : {std::string("a\r\nA1 DELETE x"), std::string("a\0b", 3), std::string("\xff")})
        BOOST_TEST(!mailbox_name(name).valid());
    // What is listed is selected by the same octets.
    for (std::string const& name :
         {std::string("/etc"), std::string("a/../b"), std::string("../../x"), std::string("{5}"),
          std::string("a\"b\\c"), std::string("iNbOx"), std::string("&AEE-"), std::string(64 * 1024, 'x')})
    {
        std::string const literal = '{' + std::to_string(name.size()) + "}\r\n" + name;
        auto const listed = hear("* LIST () \"/\" " + literal + "\r\n");
        BOOST_TEST_REQUIRE(listed.frames.size() == 1u);
        BOOST_TEST(!listed.errors[0]);
        auto const again = parse(listed.again[0]);
        BOOST_TEST(std::get<mailbox>(again.value.data).encoded == name);
        command select("SELECT");
        select.mailbox(std::get<mailbox>(again.value.data));
        BOOST_TEST(!select.ec);
        std::string text = select.pieces[0].text.substr(7);
        if (text.starts_with('"'))
        {
            text = text.substr(1, text.size() - 2);
            for (std::size_t at = 0; (at = text.find('\\', at)) != std::string::npos; ++at)
                text.erase(at, 1);
        }
        if (select.pieces.size() > 1)
            text = select.pieces[1].text;
        BOOST_TEST((text == name), text.substr(0, 40));
    }
}

BOOST_AUTO_TEST_CASE(IM_27_hierarchy_delimiters)
{
    auto const quote = parse("* LIST () \"\\\"\" a\r\n");
    BOOST_TEST(std::get<mailbox>(quote.value.data).delimiter.value() == '"');
    BOOST_TEST(!std::get<mailbox>(parse("* LIST () nil a\r\n").value.data).delimiter);
    BOOST_TEST((parse("* LIST () \"//\" a\r\n").ec == imap::error::malformed_response));
    BOOST_TEST((parse("* LIST () \"\" a\r\n").ec == imap::error::malformed_response));
}

BOOST_AUTO_TEST_CASE(IM_28_flags)
{
    auto const p = parse("* 1 FETCH (FLAGS (\\ \\* \\Seen {x} a]b))\r\n");
    BOOST_TEST(!p.ec, p.ec.message());
    BOOST_TEST(p.value.fetched->keywords.size() == 4u);
    std::string many = "* 1 FETCH (FLAGS (";
    for (int i = 0; i != 10'000; ++i)
        many += "k" + std::to_string(i) + ' ';
    BOOST_TEST(!parse(many + "))\r\n").ec);
    auto const one = hear("* 1 FETCH (FLAGS (" + std::string(1 << 20, 'x') + "))\r\n");
    BOOST_TEST((one.ec == outkit::error::line_too_long), one.ec.message());
}

BOOST_AUTO_TEST_CASE(IM_29_dates)
{
    for (char const* const bad :
         {"99-Foo-9999 00:00:00 +0000", "00-Jan-2024 00:00:00 +0000", "30-Feb-2024 00:00:00 +0000",
          "01-Jan-0000 00:00:00 +0000", "01-Jan-2024 24:00:00 +0000", "01-Jan-2024 00:00:00 +9999", "", "01-Jan-2024",
          "01-Jan-2024 00:00:00 0000 "})
    {
        BOOST_TEST(!parse_date_time(bad), bad);
        auto const p = parse("* 1 FETCH (INTERNALDATE \"" + std::string(bad) + "\" UID 3)\r\n");
        BOOST_TEST(!p.ec);
        BOOST_TEST(p.value.fetched->uid == 3u);
        BOOST_TEST(p.value.fetched->internal_date_text == bad);
    }
    BOOST_TEST(parse_date_time("29-Feb-2024 23:59:59 +0130")->time_since_epoch().count() == 1709245799);
    BOOST_TEST(format_date_time(std::chrono::sys_seconds(std::chrono::seconds(837596665))) ==
               "17-Jul-1996 09:44:25 +0000");
    BOOST_TEST(format_date_time(std::chrono::sys_seconds(std::chrono::seconds(0))) == " 1-Jan-1970 00:00:00 +0000");
    BOOST_TEST(parse_date_time(" 1-jan-1970 00:00:00 +0000")->time_since_epoch().count() == 0);
}

BOOST_AUTO_TEST_CASE(IM_30_an_envelope_is_kept_as_it_came_and_decoded_within_limits)
{
    auto const literal = [](std::string_view s) { return '{' + std::to_string(s.size()) + "}\r\n" + std::string(s); };
    auto const repeated = [](std::string_view s, std::size_t octets) {
        std::string out;
        while (out.size() < octets)
            out += s;
        return out;
    };
    static constexpr std::size_t mebi = 1u << 20;
    std::string const green = repeated("=?utf-8?Q?gr=C3=BCn?= ", mebi);
    struct row
    {
        std::string raw, decoded;
    };
    for (row const& r : {row{std::string("a\0b", 3), std::string("a\0b", 3)},
                         {"caf\xe9", "caf\xc3\xa9"},
                         {"\r\nBcc: eve@evil.test", "\r\nBcc: eve@evil.test"},
                         {green, repeated("gr\xc3\xbcn", green.size() / 22 * 5) + ' '},
                         {"=?us-ascii?q?" + std::string(mebi, 'x') + "?=", std::string(mebi, 'x')},
                         {repeated("=?", mebi), repeated("=?", mebi)},
                         {repeated("=?utf-8?B?", mebi), repeated("=?utf-8?B?", mebi)},
                         // Decoded once: what comes out is text, whatever it looks like.
                         {"=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=", "=?utf-8?Q?x?="},
                         {"=?utf-8?Q?=?utf-8?Q?x?=?=", "=?utf-8?Q?x?="}})
    {
        std::string const text = literal(r.raw);
        auto const p = parse("* 1 FETCH (ENVELOPE (NIL " + text + " ((" + text +
                             " NIL \"ann\" \"contoso.example\")) NIL NIL NIL NIL NIL NIL NIL))\r\n");
        BOOST_TEST(!p.ec, p.ec.message());
        envelope const& e = *p.value.fetched->envelope;
        BOOST_TEST((e.subject == r.raw));
        BOOST_TEST((e.from.front().name == r.raw));
        std::string const decoded = mime::decode_words(e.subject);
        BOOST_TEST((decoded == r.decoded), decoded.substr(0, 60));
    }
    auto const more = parse("* 1 FETCH (ENVELOPE (NIL {5000000}\r\n");
    BOOST_TEST((more.ec == condition::limit_exceeded), more.ec.message());

    // A header that begins with its end: there is a message, without fields, and nothing of it is taken for one.
    for (std::string const header : {"\r\n", "\r\nSubject: none\r\n\r\n", ""})
    {
        auto const p =
            parse("* 1 FETCH (BODY[HEADER] " + literal(header) + " BODY[] " + literal(header + "hello") + ")\r\n");
        BOOST_TEST_REQUIRE(!p.ec, p.ec.message());
        auto const& sections = p.value.fetched->sections;
        BOOST_TEST(sections.front().data == header);
        BOOST_TEST(mime::read_fields(sections.front().data).empty());
        std::string_view const whole = std::next(sections.begin())->data;
        BOOST_TEST(whole == header + "hello");
        auto const message = mime::parse(whole);
        BOOST_TEST(message.head().subject == "");
        BOOST_TEST(message.head().from.empty());
        BOOST_TEST(message.parts.size() == 1u);
        BOOST_TEST((header.empty() || mime::body_of(message.parts[0], whole).ends_with("hello")));
    }
}

BOOST_AUTO_TEST_CASE(IM_31_raw_octets_are_kept)
{
    static constexpr char text[] = "* 1 FETCH (ENVELOPE (NIL \"caf\xe9\" NIL NIL NIL NIL NIL NIL NIL NIL) BODY[] "
                                   "{5}\r\na\0b\n\xff)\r\n";
    auto const p = parse(std::string(text, sizeof text - 1));
    BOOST_TEST(!p.ec, p.ec.message());
    BOOST_TEST(p.value.fetched->envelope->subject == "caf\xe9");
    BOOST_TEST(p.value.fetched->sections.front().data == std::string_view("a\0b\n\xff", 5));
}

BOOST_AUTO_TEST_CASE(IM_38_what_the_server_says_is_shown_short_and_clean)
{
    auto const text = shown("[ALERT] \x1b[31m" + std::string(2000, 'x') + "\r\n");
    BOOST_TEST(text.size() <= 512u);
    BOOST_TEST(text.find('\x1b') == std::string::npos);
    BOOST_TEST(shown("Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIng1dCI6IkhlbGxv").find("eyJ0") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(IM_41_line_ends)
{
    for (std::string const& text : {std::string("* OK a\n"), std::string("* OK a\rb\r\n"),
                                    std::string("* OK a\0b\r\n", 10), std::string("* LIST () \"/\" {1}\r\na\n")})
    {
        auto const h = hear(text);
        BOOST_TEST((h.ec == condition::protocol_violation), h.ec.message());
    }
}

BOOST_AUTO_TEST_CASE(what_exchange_says_about_backoff)
{
    // observed: ikvk/imap_tools#135, imapsync/imapsync#212
    BOOST_TEST(suggested_backoff("Request is throttled. Suggested Backoff Time: 299910 milliseconds")->count() ==
               299910);
    BOOST_TEST(suggested_backoff("request is throttled. suggested backoff time=92415")->count() == 92415);
    BOOST_TEST(!suggested_backoff("Suggested Backoff Time: soon"));
    BOOST_TEST(!suggested_backoff("Request is throttled."));
}

// --- commands ---

namespace {

std::string said(command const& c)
{
    std::string out;
    for (auto const& p : c.pieces)
        out += p.is_literal ? '{' + std::to_string(p.text.size()) + "}\r\n" + p.text : p.text;
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(strings_are_said_as_their_content_needs)
{
    struct row
    {
        std::string text;
        char const* said;
    };
    for (row const& r : {row{"abc", "X abc"},
                         {"a]b", "X a]b"},
                         {"", "X \"\""},
                         {"nil", "X \"nil\""},
                         {"a b", "X \"a b\""},
                         {"a\"b\\c", "X \"a\\\"b\\\\c\""},
                         {"a\tb", "X \"a\tb\""},
                         {"{5}", "X \"{5}\""},
                         {"(", "X \"(\""},
                         {"%", "X \"%\""},
                         {"a\r\nb", "X {4}\r\na\r\nb"},
                         {"caf\xc3\xa9", "X {5}\r\ncaf\xc3\xa9"}})
    {
        command c("X");
        c.astring(r.text);
        BOOST_TEST(!c.ec);
        BOOST_TEST(said(c) == r.said);
    }
}

BOOST_AUTO_TEST_CASE(IM_32_what_callers_say_cannot_become_a_command)
{
    for (std::string const& evil : {std::string("x\r\nA1 DELETE x\r\n"), std::string("{0}"), std::string("{5+}"),
                                    std::string("\""), std::string(")"), std::string("a\0b", 3), std::string("a b")})
    {
        BOOST_TEST((check(flags{flag::none, {evil}}) == imap::error::invalid_flag));
        section s;
        s.what = section::text::header_fields;
        s.fields = {evil};
        BOOST_TEST((check(s) == imap::error::invalid_section));
        command c("SELECT");
        c.mailbox(evil);
        std::string const text = said(c);
        BOOST_TEST((c.ec == imap::error::invalid_mailbox_name || text.find_first_of("\r\n") == std::string::npos));
        command a("X");
        a.atom(evil);
        BOOST_TEST((a.ec == imap::error::invalid_string));
        command p("LIST");
        p.list_pattern(evil);
        BOOST_TEST((p.ec == imap::error::invalid_mailbox_name || said(p).find_first_of("\r\n") == std::string::npos));
    }
    command nul("X");
    nul.astring(std::string_view("a\0b", 3));
    BOOST_TEST((nul.ec == imap::error::invalid_string));
}

BOOST_AUTO_TEST_CASE(search_commands)
{
    using key = search_key;
    using namespace std::chrono;
    auto const spoken = [](search_key const& k) {
        command c("SEARCH");
        c.search(k);
        BOOST_TEST(!c.ec, c.ec.message());
        return said(c);
    };
    // RFC 3501 section 6.4.4
    BOOST_TEST(spoken(key::flagged_as(flag::flagged) && key::since(sys_days(1994y / February / 1)) &&
                      !key::from("Smith")) == "SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM Smith");
    BOOST_TEST(spoken(key::text("not in mailbox")) == "SEARCH TEXT \"not in mailbox\"");
    // RFC 9051 section 6.4.4
    BOOST_TEST(spoken(key::positions(sequence_set(282, 284)) && key::uids(uid_set(7))) == "SEARCH 282:284 UID 7");
    BOOST_TEST(spoken(key::subject("\xe2\x98\xba")) == "SEARCH CHARSET UTF-8 SUBJECT {3}\r\n\xe2\x98\xba");

    BOOST_TEST(spoken(key::all()) == "SEARCH ALL");
    BOOST_TEST(spoken(key::flagged_as(flag::none)) == "SEARCH ALL");
    BOOST_TEST(spoken(key::flagged_as(flag::seen | flag::draft)) == "SEARCH SEEN DRAFT");
    BOOST_TEST(spoken(!key::flagged_as(flag::seen | flag::draft)) == "SEARCH NOT (SEEN DRAFT)");
    BOOST_TEST(spoken((key::from("a") && key::to("b")) || !(key::cc("c") || key::bcc("d"))) ==
               "SEARCH OR (FROM a TO b) NOT OR CC c BCC d");
    BOOST_TEST(spoken(((key::larger(5) && key::smaller(9)) || key::all()) && key::body("x")) ==
               "SEARCH OR (LARGER 5 SMALLER 9) ALL BODY x");
    BOOST_TEST(spoken(!(key::positions(sequence_set(1)) && key::keyword("$Work"))) == "SEARCH NOT (1 KEYWORD $Work)");
    BOOST_TEST(spoken(!((key::all() && key::all()) || key::all()) && !(!(key::all() && key::all()))) ==
               "SEARCH NOT OR (ALL ALL) ALL NOT NOT (ALL ALL)");
    BOOST_TEST(spoken(key::header("List-Id", "")) == "SEARCH HEADER List-Id \"\"");
    BOOST_TEST(spoken(key::sent_on(sys_days(2026y / November / 28)) && key::before(sys_days(2026y / January / 3))) ==
               "SEARCH SENTON 28-Nov-2026 BEFORE 3-Jan-2026");
}

BOOST_AUTO_TEST_CASE(IM_32_what_callers_search_for_cannot_become_a_command)
{
    using key = search_key;
    for (std::string const& evil : {std::string("x\r\nA1 DELETE x\r\n"), std::string("{0}"), std::string("{5+}\r\n"),
                                    std::string("\""), std::string(") OR ALL"), std::string("a\0b", 3),
                                    std::string("a b"), std::string("\xff"), std::string("\\"), std::string()})
        for (search_key const& k : {key::from(evil), key::header("Subject", evil), key::text(evil) || !key::body(evil)})
        {
            command c("SEARCH");
            c.search(k);
            if (c.ec)
            {
                BOOST_TEST((c.ec == imap::error::invalid_string));
                continue;
            }
            for (auto const& p : c.pieces)  // octets of a literal are counted, and nobody reads them as a command
                BOOST_TEST((p.is_literal || p.text.find_first_of("\r\n") == std::string::npos));
        }
    for (std::string const& evil : {std::string("x\r\n"), std::string("a b"), std::string("("), std::string()})
    {
        command k("SEARCH"), h("SEARCH");
        k.search(key::keyword(evil));
        h.search(key::header(evil, "x"));
        BOOST_TEST((k.ec == imap::error::invalid_flag));
        BOOST_TEST((h.ec == imap::error::invalid_section));
    }
    command none("SEARCH");
    none.search(key::uids(uid_set()));
    BOOST_TEST((none.ec == imap::error::empty_set));
}

BOOST_AUTO_TEST_CASE(fetch_commands)
{
    fetch_items i = fetch_items::metadata();
    command c("UID FETCH");
    c.set(uid_set(1, 5)).items(i);
    BOOST_TEST(said(c) == "UID FETCH 1:5 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)");

    fetch_items sections;
    sections.sections = {{},
                         {{1, 2}, section::text::mime, {}, {}, true},
                         {{}, section::text::header_fields, {"Message-Id", "Received"}, {}, false},
                         {{}, section::text::everything, {}, section::slice{0, 65536}, false}};
    command d("UID FETCH");
    d.set(uid_set(7)).items(sections);
    BOOST_TEST(!d.ec);
    BOOST_TEST(said(d) == "UID FETCH 7 (UID BODY.PEEK[] BODY[1.2.MIME] BODY.PEEK[HEADER.FIELDS (Message-Id Received)] "
                          "BODY.PEEK[]<0.65536>)");
    for (section const& bad :
         {section{{}, section::text::mime, {}, {}, false}, section{{0}, section::text::everything, {}, {}, false},
          section{{}, section::text::header_fields, {}, {}, false},
          section{{}, section::text::header, {"Subject"}, {}, false},
          section{{}, section::text::everything, {}, section::slice{1, 0}, false}})
        BOOST_TEST((check(bad) == imap::error::invalid_section));
}

BOOST_AUTO_TEST_CASE(IM_33_long_sets_are_said_in_several_commands)
{
    number_set s;
    for (std::uint32_t n = 1; n != 3000; ++n)
        s.add(n * 2);
    auto const pieces = in_pieces(s);
    BOOST_TEST(pieces.size() > 1u);
    std::uint64_t n = 0;
    for (number_set const& p : pieces)
    {
        BOOST_TEST(p.to_string().size() <= 8'000u);
        n += p.size();
    }
    BOOST_TEST(n == s.size());
    command empty("UID FETCH");
    empty.set(uid_set());
    BOOST_TEST((empty.ec == imap::error::empty_set));
}

// --- the server's side ---

BOOST_AUTO_TEST_CASE(commands_are_read)
{
    command_reader r(
        "a1 uid Fetch 1:*,7 (FLAGS UID BODY.PEEK[HEADER.FIELDS (Message-Id \"Received\")] BODY[1.2.MIME]<5.10> "
        "RFC822.HEADER BODY BODYSTRUCTURE)",
        {});
    BOOST_TEST(r.tag() == "a1");
    BOOST_TEST(r.blank());
    BOOST_TEST(r.name() == "UID FETCH");
    BOOST_TEST(r.blank());
    BOOST_TEST(r.set()->to_string() == "1:*,7");
    BOOST_TEST(r.blank());
    auto const f = r.fetch_items();
    BOOST_TEST_REQUIRE(f.has_value());
    BOOST_TEST(r.at_end());
    using item = fetch_arguments::item;
    BOOST_TEST((f->order == std::vector<item>{item::flags, item::uid, item::section, item::section, item::section,
                                              item::body, item::structure}));
    BOOST_TEST(f->sections[0].reply_as == "BODY[HEADER.FIELDS (Message-Id \"Received\")]");
    BOOST_TEST(!f->sections[0].wanted.mark_seen);
    BOOST_TEST((f->sections[0].wanted.fields == std::vector<std::string>{"Message-Id", "Received"}));
    BOOST_TEST((f->sections[1].wanted.part == std::vector<std::uint32_t>{1, 2}));
    BOOST_TEST((f->sections[1].wanted.what == section::text::mime));
    BOOST_TEST(f->sections[1].wanted.only->octets == 10u);
    BOOST_TEST(f->sections[1].wanted.mark_seen);
    BOOST_TEST(f->sections[2].reply_as == "RFC822.HEADER");
}

BOOST_AUTO_TEST_CASE(fetch_arguments_that_are_none)
{
    for (char const* const bad :
         {"", "()", "(FLAGS", "(FLAGS  UID)", "XYZ", "BODY[", "BODY[]<", "BODY[]<1>", "BODY[]<1.0>", "BODY[0]",
          "BODY[1.]", "BODY[1.2X]", "BODY[MIME]", "BODY[HEADER.FIELDS]", "BODY[HEADER.FIELDS ()]",
          "BODY[\"HEADER.FIELDS (X)\"]", "BODY.PEEK", "BODY[FOO]"})
    {
        command_reader r(bad, {});
        auto const f = r.fetch_items();
        BOOST_TEST((!f || !r.at_end()), bad);
    }
}

BOOST_AUTO_TEST_SUITE_END()
