#include <outkit/smtp/detail/codec.hpp>
#include <outkit/smtp/refusal.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::smtp;
using namespace outkit::smtp::detail;
using namespace std::string_literals;

namespace {

struct read_result
{
    error_code ec;
    bool complete = false;
    reply said;
    std::vector<std::string> lines;
};

// Takes a text with CRLF line ends; stops at the end of the first reply.
read_result read(std::string_view text, limits const& l = {})
{
    read_result r;
    reply_reader reader(l);
    while (!text.empty() && !r.ec && !reader.complete())
    {
        auto const end = text.find("\r\n");
        r.ec = reader.add(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
    r.complete = !r.ec && reader.complete();
    r.lines = reader.lines();
    r.said = reader.take();
    return r;
}

mime::address address(std::string_view text, bool utf8 = false)
{
    error_code ec;
    auto a = mime::parse_address(text, ec, utf8);
    BOOST_TEST_REQUIRE(a.has_value(), text << ": " << ec.message());
    return *a;
}

// The reference for data_writer: the whole at once, and in the plainest way.
std::string stuffed(std::string const& content)
{
    std::string crlf;
    for (std::size_t i = 0; i != content.size(); ++i)
        if (content[i] == '\r')
        {
            crlf += "\r\n";
            i += i + 1 != content.size() && content[i + 1] == '\n';
        }
        else if (content[i] == '\n')
            crlf += "\r\n";
        else
            crlf += content[i];
    if (!crlf.empty() && !crlf.ends_with("\r\n"))
        crlf += "\r\n";
    std::string out;
    for (std::size_t i = 0; i != crlf.size(); ++i)
    {
        if (crlf[i] == '.' && (i == 0 || crlf[i - 1] == '\n'))
            out += '.';
        out += crlf[i];
    }
    return out + ".\r\n";
}

std::string written(std::vector<std::string_view> const& chunks)
{
    data_writer w;
    std::string out;
    for (auto const c : chunks)
        w.add(c, out);
    w.finish(out);
    return out;
}

// What is found out about a message in pieces is what is found out about all of it.
void examined(std::vector<std::string_view> const& chunks, content_facts const& whole)
{
    examiner look;
    for (auto const c : chunks)
        look.add(c);
    content_facts const f = look.facts();
    BOOST_TEST(f.size == whole.size);
    BOOST_TEST(f.longest_line == whole.longest_line);
    BOOST_TEST(f.eight_bit == whole.eight_bit);
    BOOST_TEST(f.nul == whole.nul);
}

// Bodies of which a careless sender makes two messages.
std::vector<std::string> const hostile_bodies = {"",
                                                 ".",
                                                 "..",
                                                 ".\r\n",
                                                 "a\n.\n",
                                                 "a\r.\rb",
                                                 "a\n.\r\nMAIL FROM:<x@evil.example>\r\n",
                                                 "a\r\n.\nb",
                                                 "a\r\n.\r\nMAIL FROM:<x@evil.example>\r\nDATA\r\n",
                                                 "a\r\n..\r\n",
                                                 "a\r\r\n.\r\r\n",
                                                 "\r\n",
                                                 "\n\n\n",
                                                 "\r\r\r",
                                                 "\r",
                                                 "a\r\n",
                                                 "a\r",
                                                 "a\n",
                                                 "no end",
                                                 "\r\n.\r\n.\r\n",
                                                 "\n.\n.\n",
                                                 "x\r.\r\ny"};

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_codec)

// RFC 5321 appendix D, RFC 4954 section 4.1, RFC 2034 and transcripts of Exchange Online (mattermost/mattermost#954,
// gophish/gophish#2900, jstedfast/MailKit#904).
BOOST_AUTO_TEST_CASE(replies)
{
    struct
    {
        char const* text;
        reply said;
    } const rows[] = {
        {"220 xyz.com Simple Mail Transfer Service Ready\r\n", {220, {}, "xyz.com Simple Mail Transfer Service Ready"}},
        {"250 OK\r\n", {250, {}, "OK"}},
        {"250\r\n", {250, {}, ""}},
        {"250 \r\n", {250, {}, ""}},
        {"334 \r\n", {334, {}, ""}},
        {"235 2.7.0 Authentication successful\r\n", {235, {2, 7, 0}, "Authentication successful"}},
        {"250-xyz.com is on the air\r\n250-8BITMIME\r\n250 HELP\r\n",
         {250, {}, "xyz.com is on the air\n8BITMIME\nHELP"}},
        {"550-5.7.1 no mail\r\n550 5.7.1 from you\r\n", {550, {5, 7, 1}, "no mail\nfrom you"}},
        {"550-5.7.1 no mail\r\n550 5.1.1 from you\r\n", {550, {5, 7, 1}, "no mail\nfrom you"}},
        {"504 5.7.4 Unrecognized authentication type [HK2PR0401CA0001.apcprd04.prod.outlook.com]\r\n",
         {504, {5, 7, 4}, "Unrecognized authentication type [HK2PR0401CA0001.apcprd04.prod.outlook.com]"}},
        {"554 5.2.252 SendAsDenied; a@b.example not allowed to send as c@b.example; STOREDRV.Submission\r\n",
         {554, {5, 2, 252}, "SendAsDenied; a@b.example not allowed to send as c@b.example; STOREDRV.Submission"}},
        {"250 2.0.0 Resetting\r\n", {250, {2, 0, 0}, "Resetting"}},
        {"354 2.0.0 not an enhanced code\r\n", {354, {}, "2.0.0 not an enhanced code"}},
        {"250 5.7.1 of another class\r\n", {250, {}, "5.7.1 of another class"}},
        {"250 2.7.1234 too long\r\n", {250, {}, "2.7.1234 too long"}},
        {"250 2.7. \r\n", {250, {}, "2.7. "}},
        {"250 2.1.5\r\n", {250, {2, 1, 5}, ""}},
        {"421 4.4.1 Connection timed out. Total session duration: 00:20:55.2872355\r\n",
         {421, {4, 4, 1}, "Connection timed out. Total session duration: 00:20:55.2872355"}},
    };
    for (auto const& row : rows)
    {
        auto const r = read(row.text);
        BOOST_TEST(r.complete, row.text);
        BOOST_TEST((r.said == row.said), row.text << " read as " << to_string(r.said));
        auto const again = read(format_reply(r.said));
        BOOST_TEST((again.said == r.said), row.text);
        for (std::string_view t = row.text; t.size() > 1; t.remove_suffix(1))
            if (auto const cut = t.rfind("\r\n"); cut != std::string_view::npos && cut + 2 == t.size() && t != row.text)
                BOOST_TEST(!read(t).complete);
    }
    BOOST_TEST(format_reply({535, {5, 7, 3}, "no"}) == "535 5.7.3 no\r\n");
    BOOST_TEST(format_reply({250, {}, "a\nSIZE 7\nDSN"}) == "250-a\r\n250-SIZE 7\r\n250 DSN\r\n");
}

BOOST_AUTO_TEST_CASE(SM_04_replies_that_are_none)
{
    for (char const* const text :
         {"", "2", "22", "abc", "250_ok", "250\tok", "199 x", "600 x", "0x0 x", "100-x", "2 50 x", " 250 x", "25o x",
          "HTTP/1.1 400 Bad Request", "* OK ready", "250-a\r\n251 b", "250-a\r\n", "250-a\r\n\r\n", "250-a\r\nb"})
    {
        auto const r = read(text + "\r\n"s);
        BOOST_TEST(!r.complete, text);
        if (text != "250-a\r\n"s)
            BOOST_TEST((r.ec == smtp::error::malformed_reply), text);
    }
    BOOST_TEST((error_code(smtp::error::malformed_reply) == condition::protocol_violation));
}

BOOST_AUTO_TEST_CASE(replies_have_limits)
{
    std::string many;
    for (int i = 0; i != 128; ++i)
        many += "250-x\r\n";
    BOOST_TEST((read(many + "250 x\r\n").ec == smtp::error::too_many_reply_lines));
    BOOST_TEST(read(many.substr(7) + "250 x\r\n").complete);
    std::string large;
    for (int i = 0; i != 6; ++i)
        large += "250-" + std::string(12'000, 'x') + "\r\n";
    BOOST_TEST((read(large + "250 x\r\n").ec == smtp::error::reply_too_long));
    BOOST_TEST((error_code(smtp::error::reply_too_long) == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(SM_26_texts_are_made_printable)
{
    auto const r = read("550 5.7.1 \x1b[31mred\xff\xc3\xa4\x7f\t"s + std::string(4'000, 'x') + "\r\n");
    BOOST_TEST(r.said.text.substr(0, 15) == "?[31mred?????xx");
    BOOST_TEST(to_string(r.said).size() == 512u);
    BOOST_TEST(to_string(r.said).starts_with("550 5.7.1 ?[31mred"));
    BOOST_TEST(to_string(reply{250, {}, "a\nb"}) == "250 a b");
}

BOOST_AUTO_TEST_CASE(codes_answer_questions)
{
    using smtp::error;
    BOOST_TEST((reply_error(535) == error::authentication_failed));
    BOOST_TEST((reply_error(535) == condition::authentication_failed));
    BOOST_TEST(reply_error(535).message() == "SMTP 535 authentication failed");
    for (int code = 400; code != 500; ++code)
        BOOST_TEST((reply_error(code) == condition::transient));
    for (int code = 500; code != 600; ++code)
        BOOST_TEST((reply_error(code) != condition::transient));
    BOOST_TEST(reply_error(499).message() == "SMTP 499 temporarily refused; try again later");
    BOOST_TEST(reply_error(599).message() == "SMTP 599 refused");
    BOOST_TEST((error_code(error::outcome_unknown) == condition::outcome_unknown));
}

// Exchange Online before and after TLS (datawookie/emayili#147, simonrob/email-oauth2-proxy#93), and oddities.
BOOST_AUTO_TEST_CASE(SM_03_keywords_of_ehlo)
{
    auto x = parse_extensions({"SC1PR80CA0174.outlook.office365.com Hello [203.0.113.9]", "SIZE 157286400",
                               "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "AUTH LOGIN XOAUTH2", "8BITMIME",
                               "BINARYMIME", "CHUNKING", "SMTPUTF8"});
    BOOST_TEST(x.server_name == "SC1PR80CA0174.outlook.office365.com");
    BOOST_TEST(x.keywords.size() == 9u);
    BOOST_TEST((x.size == 157286400u));
    BOOST_TEST((x.mechanisms == std::vector<std::string>{"LOGIN", "XOAUTH2"}));
    BOOST_TEST(x.has("PIPELINING"));
    BOOST_TEST(!x.has("STARTTLS"));
    BOOST_TEST(!x.has("PIPE"));

    x = parse_extensions({"x", "auth=login", "AUTH  plain   xoauth2 ", "auth XOAUTH2", "size", "SIZE 0", "SIZE 7",
                          "SIZE 8", "", " 8bitmime"});
    BOOST_TEST((x.mechanisms == std::vector<std::string>{"LOGIN", "PLAIN", "XOAUTH2"}));
    BOOST_TEST((x.size == 7u));
    BOOST_TEST(x.has("8BITMIME"));
    for (char const* const bad : {"SIZE", "SIZE x", "SIZE -1", "SIZE 1 2", "SIZE 99999999999999999999", "SIZE 0x10"})
        BOOST_TEST(!parse_extensions({"x", bad}).size.has_value(), bad);
    BOOST_TEST(parse_extensions({"x", "AUTH"}).mechanisms.empty());
    BOOST_TEST(parse_extensions({"x"}).keywords.empty());
    BOOST_TEST(parse_extensions({}).server_name.empty());
}

BOOST_AUTO_TEST_CASE(message_id_that_exchange_assigns)
{
    BOOST_TEST(
        assigned_message_id("OK <BYAPR17MB292020A5FA913E69A3A1C26BDC192@BYAPR17MB2920.namprd17.prod.outlook.com> "
                            "[Hostname=BYAPR17MB2920.namprd17.prod.outlook.com]") ==
        "BYAPR17MB292020A5FA913E69A3A1C26BDC192@BYAPR17MB2920.namprd17.prod.outlook.com");
    for (char const* const other : {"OK", "Ok: queued as ABC", "OK <a>", "OK <a@b", "OK <@b>", "OK <a@>", "OK <a@b@c>",
                                    "OK <a b@c>", "accepted <a@b>", "OK <<a@b>"})
        BOOST_TEST(assigned_message_id(other) == "", other);
}

// RFC 3461 section 4.
BOOST_AUTO_TEST_CASE(xtext)
{
    BOOST_TEST(encode_xtext("Bob+Carol=2@x.example") == "Bob+2BCarol+3D2@x.example");
    BOOST_TEST(encode_xtext("a b\x7f\xff") == "a+20b+7F+FF");
    BOOST_TEST((decode_xtext("Bob+2BCarol+3D2") == "Bob+Carol=2"));
    for (char const* const bad : {"+", "+2", "+2b", "a=b", "a b", "+GG", "\xff"})
        BOOST_TEST(!decode_xtext(bad), bad);
    std::string all;
    for (int c = 0; c != 256; ++c)
        all += static_cast<char>(c);
    BOOST_TEST((decode_xtext(encode_xtext(all)) == all));
}

BOOST_AUTO_TEST_CASE(client_names)
{
    for (char const* const good : {"localhost", "app.contoso.example", "[127.0.0.1]", "[IPv6:::1]", "a-1"})
        BOOST_TEST(valid_client_name(good), good);
    for (char const* const bad : {"", "a b", "a\r\nMAIL FROM:<x@y>", "a\n", "<a>", "a@b", "-a", "a..b", "[127.0.0.1",
                                  "[x]", "m\xc3\xbcnchen.example"})
        BOOST_TEST(!valid_client_name(bad), bad);
}

BOOST_AUTO_TEST_CASE(commands)
{
    extensions const none;
    auto const all = parse_extensions({"x", "SIZE 1000", "8BITMIME", "SMTPUTF8", "DSN", "PIPELINING"});
    envelope e{.from = address("adele@contoso.example"), .to = {address("bob@fabrikam.example")}};
    content_facts facts{.size = 412};
    BOOST_TEST(mail_command(e, all, facts) == "MAIL FROM:<adele@contoso.example> SIZE=412\r\n");
    BOOST_TEST(mail_command(e, none, facts) == "MAIL FROM:<adele@contoso.example>\r\n");
    BOOST_TEST(recipient_command(e.to[0], e, all) == "RCPT TO:<bob@fabrikam.example>\r\n");
    facts.eight_bit = true;
    BOOST_TEST(mail_command(e, all, facts) == "MAIL FROM:<adele@contoso.example> SIZE=412 BODY=8BITMIME\r\n");
    e.from = {};
    BOOST_TEST(mail_command(e, none, facts) == "MAIL FROM:<>\r\n");
    e.report = delivery_report{.success = true, .delay = true, .envelope_id = "id=1 +"};
    BOOST_TEST(mail_command(e, all, facts) == "MAIL FROM:<> SIZE=412 BODY=8BITMIME RET=HDRS ENVID=id+3D1+20+2B\r\n");
    BOOST_TEST(recipient_command(address("a+b@x.example"), e, all) ==
               "RCPT TO:<a+b@x.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb@x.example\r\n");
    BOOST_TEST(recipient_command(address("\"a b\"@x.example"s.replace(2, 1, "\\ ")), e, none) ==
               "RCPT TO:<\"a\\ b\"@x.example>\r\n");
    e.report = delivery_report{.failure = false, .full_message = true};
    BOOST_TEST(mail_command(e, all, facts) == "MAIL FROM:<> SIZE=412 BODY=8BITMIME RET=FULL\r\n");
    BOOST_TEST(recipient_command(address("a@x.example"), e, all) ==
               "RCPT TO:<a@x.example> NOTIFY=NEVER ORCPT=rfc822;a@x.example\r\n");
    // Of single recipients.
    e.report->recipients = {
        {.to = address("b@x.example"), .success = true, .original = "list+a=b c@x.example", .original_type = "X-400"},
        {.to = address("c@x.example"), .failure = false, .delay = true}};
    BOOST_TEST(recipient_command(address("a@x.example"), e, all) ==
               "RCPT TO:<a@x.example> NOTIFY=NEVER ORCPT=rfc822;a@x.example\r\n");
    BOOST_TEST(recipient_command(address("b@x.example"), e, all) ==
               "RCPT TO:<b@x.example> NOTIFY=SUCCESS,FAILURE ORCPT=X-400;list+2Ba+3Db+20c@x.example\r\n");
    BOOST_TEST(recipient_command(address("c@x.example"), e, all) ==
               "RCPT TO:<c@x.example> NOTIFY=DELAY ORCPT=rfc822;c@x.example\r\n");
    BOOST_TEST(recipient_command(address("b@x.example"), e, none) == "RCPT TO:<b@x.example>\r\n");
    e.to = {address("j\xc3\xbcrgen@x.example", true)};
    BOOST_TEST(recipient_command(e.to[0], e, all) == "RCPT TO:<j\xc3\xbcrgen@x.example> NOTIFY=NEVER\r\n");
    BOOST_TEST(mail_command(e, none, {}) == "MAIL FROM:<> SMTPUTF8\r\n");
    // RFC 6531 section 3.4: a header in UTF-8 wants it, too.
    BOOST_TEST(mail_command({}, all, examine("Subject: \xc3\xbc\r\n\r\nx")) ==
               "MAIL FROM:<> SIZE=18 BODY=8BITMIME SMTPUTF8\r\n");
    BOOST_TEST(mail_command({}, all, examine("Subject: x\n\n\xc3\xbc")) == "MAIL FROM:<> SIZE=18 BODY=8BITMIME\r\n");
}

// Envelopes are made of parsed addresses only, so hostile ones cannot even be asked for.
BOOST_AUTO_TEST_CASE(SM_10_addresses_that_would_be_commands)
{
    for (std::string const& text :
         {"a@b.test\r\nRCPT TO:<x@y>"s, "\"a\r\nRCPT TO:<x@y>\"@b.test"s, "a@b.test> SIZE=1"s, "a@b.test NOTIFY=NEVER"s,
          "<a@b>"s, "a b@c"s, "\"a@evil.test x\"@good.test"s, ""s, "a@"s + std::string(255, 'x'),
          std::string(65, 'a') + "@b.test", "\"a>\"@b.test"s, "a\0@b.test"s})
    {
        error_code ec;
        BOOST_TEST(!mime::parse_address(text, ec).has_value(), text);
        BOOST_TEST((ec == condition::invalid_argument), text << ": " << ec.message());
    }
}

BOOST_AUTO_TEST_CASE(SM_12_every_control_character_in_an_envelope)
{
    for (int c = 0; c != 256; ++c)
        if (c < 0x20 || c >= 0x7f || c == '<' || c == '>' || c == ' ')
            for (std::string const& form : {"a?b@x.example"s, "\"a?b\"@x.example"s, "\"a\\?b\"@x.example"s,
                                            "a@x?y.example"s, "?a@x.example"s, "a@x.example?"s})
            {
                std::string text = form;
                std::replace(text.begin(), text.end(), '?', static_cast<char>(c));
                error_code ec;
                auto const a = mime::parse_address(text, ec);
                bool const quoted_blank = c == ' ' && form == "\"a\\?b\"@x.example";
                BOOST_TEST(a.has_value() == quoted_blank, "character " << c << " in " << form);
            }
}

BOOST_AUTO_TEST_CASE(what_a_message_is_like)
{
    struct
    {
        std::string text;
        std::uint64_t size;
        std::size_t longest;
        bool eight_bit, nul, utf8_header = false;
    } const rows[] = {
        {"", 0, 0, false, false},
        {"a", 3, 1, false, false},
        {"a\r\n", 3, 1, false, false},
        {"a\nbb\n", 7, 2, false, false},
        {"a\rbb\r", 7, 2, false, false},
        {"\r\r\n\n", 6, 0, false, false},
        {"\xc3\xa4", 4, 2, true, false, true},
        {"\xe4", 3, 1, true, false, false},  // some other charset
        {"a\r\n\r\n\xc3\xa4", 9, 2, true, false, false},
        {"\xc3\xa4\n\n\xe4", 9, 2, true, false, true},
        {"a\0b"s, 5, 3, false, true},
        {"..\r\n.\r\n", 7, 2, false, false},
        {"abc\r\rd\ne", 13, 3, false, false},
    };
    for (auto const& row : rows)
    {
        auto const f = examine(row.text);
        BOOST_TEST(f.size == row.size, row.text);
        BOOST_TEST(f.longest_line == row.longest, row.text);
        BOOST_TEST(f.eight_bit == row.eight_bit, row.text);
        BOOST_TEST(f.nul == row.nul, row.text);
        BOOST_TEST(f.utf8_header == row.utf8_header, row.text);
    }
}

BOOST_AUTO_TEST_CASE(message_ids)
{
    BOOST_TEST(message_id_of("From: a\r\nMessage-ID: <1@x>\r\n\r\n") == "<1@x>");
    BOOST_TEST(message_id_of("message-id:<1@x>\n\n") == "<1@x>");
    BOOST_TEST(message_id_of("Message-ID:\r\n <1@x>\r\n\r\n") == "<1@x>");
    BOOST_TEST(message_id_of("From: a\r\n\r\nMessage-ID: <1@x>\r\n") == "");
    BOOST_TEST(message_id_of("X-Message-ID: <1@x>\r\n") == "");
    BOOST_TEST(message_id_of("") == "");
    BOOST_TEST(message_id_of("Message-ID: \x1b\r\n") == "?");
}

BOOST_AUTO_TEST_CASE(SM_14_bodies_that_look_like_the_end)
{
    BOOST_TEST(written({"a\r\n.b\r\n"}) == "a\r\n..b\r\n.\r\n");
    for (auto const& body : hostile_bodies)
    {
        std::string const wire = written({body});
        BOOST_TEST(wire == stuffed(body), body);
        // Nobody, however lenient, finds the end but at the end.
        for (char const* const end : {"\n.\r\n", "\n.\n", "\r.\r", "\n.\r"})
        {
            auto const found = wire.find(end);
            BOOST_TEST((found == std::string::npos || found + std::string_view(end).size() + 1 >= wire.size()), body);
        }
        // A strict server gets what was meant, and exactly one message.
        data_reader r;
        std::string content;
        BOOST_TEST(r.add(wire + "QUIT\r\n", content) == wire.size());
        BOOST_TEST(r.complete());
        BOOST_TEST(!r.bare_line_end());
        std::string plain;
        for (std::size_t i = 0; i != wire.size() - 3; ++i)
            if (wire[i] != '.' || (i != 0 && wire[i - 1] != '\n'))
                plain += wire[i];
            else
                plain += wire[++i];
        BOOST_TEST(content == plain, body);
    }
}

BOOST_AUTO_TEST_CASE(SM_15_bodies_in_every_chunking)
{
    std::mt19937 dice(3);
    std::string long_body = "Subject: x\r\n\r\n";
    for (int i = 0; i != 60; ++i)
        long_body += std::string_view(".\r\nab\n.\r.").substr(dice() % 9, 1 + dice() % 3);
    auto bodies = hostile_bodies;
    bodies.push_back(long_body);
    for (auto const& body : bodies)
    {
        std::string const expected = stuffed(body);
        std::string_view const v = body;
        content_facts const whole = examine(body);
        BOOST_TEST(whole.ready == (expected == body + ".\r\n"));
        for (std::size_t a = 0; a <= v.size(); ++a)
        {
            BOOST_TEST(written({v.substr(0, a), v.substr(a)}) == expected);
            examined({v.substr(0, a), v.substr(a)}, whole);
        }
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i != v.size(); ++i)
            bytes.push_back(v.substr(i, 1));
        BOOST_TEST(written(bytes) == expected);
        examined(bytes, whole);
        for (int round = 0; round != 50; ++round)
        {
            std::vector<std::string_view> pieces;
            for (std::size_t at = 0; at < v.size();)
            {
                std::size_t const n = dice() % 5;
                pieces.push_back(v.substr(at, n));
                at += n;
            }
            BOOST_TEST(written(pieces) == expected);
            examined(pieces, whole);
        }
    }
}

BOOST_AUTO_TEST_CASE(chunks_have_line_ends_and_no_doubled_dots)
{
    for (auto const& [body, sent] :
         {std::pair("a\n.b\r.", "a\r\n.b\r\n.\r\n"), std::pair("", ""), std::pair("a\r", "a\r\n")})
    {
        data_writer w(false);
        std::string out;
        for (char const& c : std::string_view(body))
            w.add({&c, 1}, out);
        w.finish(out);
        BOOST_TEST(out == sent);
    }
}

BOOST_AUTO_TEST_CASE(data_ends_at_one_sequence_only)
{
    struct
    {
        std::string bytes;
        bool complete, bare;
        std::string content;
    } const rows[] = {
        {".\r\n", true, false, ""},
        {"a\r\n.\r\n", true, false, "a\r\n"},
        {"..\r\n.\r\n", true, false, ".\r\n"},
        {".a\r\n.\r\n", true, false, "a\r\n"},
        {"a\n.\n", false, true, "a\n.\n"},
        {"a\n.\r\n", false, true, "a\n.\r\n"},
        {"a\r.\r", false, true, "a\r.\r"},
        {"a\r\n.\n", false, true, "a\r\n\n"},
        {"a\r\n.\r", false, false, "a\r\n"},
        {"a\r\n.\rb\r\n.\r\n", true, true, "a\r\n\rb\r\n"},
        {"a\r\r\n.\r\n", true, true, "a\r\r\n"},
        {"a\n\r\n.\r\n", true, true, "a\n\r\n"},
    };
    for (auto const& row : rows)
    {
        std::string content;
        data_reader whole;
        BOOST_TEST(whole.add(row.bytes, content) == row.bytes.size());
        BOOST_TEST(whole.complete() == row.complete, row.bytes);
        BOOST_TEST(whole.bare_line_end() == row.bare, row.bytes);
        BOOST_TEST(content == row.content, row.bytes);
        data_reader bytewise;
        content.clear();
        for (char const c : row.bytes)
            BOOST_TEST(bytewise.add({&c, 1}, content) == 1u);
        BOOST_TEST(content == row.content, row.bytes);
        BOOST_TEST(bytewise.complete() == row.complete, row.bytes);
    }
}

BOOST_AUTO_TEST_CASE(commands_as_servers_read_them)
{
    auto c = parse_command("mail FROM:<a@b.example> SIZE=1 ");
    BOOST_TEST(c.verb == "MAIL");
    auto p = parse_path_argument(c.argument, "FROM:");
    BOOST_TEST((p.wrong == path_argument::fault::none));
    BOOST_TEST(p.path.to_string() == "a@b.example");
    BOOST_TEST_REQUIRE(p.parameter("SIZE"));
    BOOST_TEST(*p.parameter("SIZE") == "1");
    p = parse_path_argument("TO: <a@b.example> notify=NEVER ORCPT=rfc822;a X", "TO:");
    BOOST_TEST((p.wrong == path_argument::fault::none));
    BOOST_TEST((p.parameters == std::vector<std::pair<std::string, std::string>>{
                                    {"NOTIFY", "NEVER"}, {"ORCPT", "rfc822;a"}, {"X", ""}}));
    p = parse_path_argument("FROM:<>", "FROM:");
    BOOST_TEST((p.wrong == path_argument::fault::none && p.path.empty()));
    p = parse_path_argument("FROM:<\"a>\\\"b\"@c.example>", "FROM:");
    BOOST_TEST((p.wrong == path_argument::fault::address));  // no '<', '>' in any address of ours

    using enum path_argument::fault;
    struct
    {
        char const* text;
        path_argument::fault wrong;
    } const rows[] = {{"", syntax},
                      {"FROM", syntax},
                      {"FROM:", syntax},
                      {"FROM:a@b.example", syntax},
                      {"FROM:<a@b.example", syntax},
                      {"TO:<a@b.example>", syntax},
                      {"FROM:<a@b.example>SIZE=1", syntax},
                      {"FROM:<a>", address},
                      {"FROM:<a b@c.example>", address},
                      {"FROM:<@x.example:a@b.example>", address},
                      {"FROM:<a@b.example> S_ZE=1", parameter},
                      {"FROM:<a@b.example> =1", parameter},
                      {"FROM:<a@b.example> SIZE=1 SIZE=2", parameter}};
    for (auto const& row : rows)
        BOOST_TEST((parse_path_argument(row.text, "FROM:").wrong == row.wrong), row.text);
    BOOST_TEST(parse_command("QUIT").verb == "QUIT");
    BOOST_TEST(parse_command("").verb == "");
}

// Replies as servers have given them, or as their vendor documents them.
BOOST_AUTO_TEST_CASE(refusals_are_told_apart_by_their_sentences)
{
    struct
    {
        char const* reply;
        refusal why;
        char const* source;
    } const rows[] = {
        {"535 5.7.3 Authentication unsuccessful [SN2PR00CA0018.namprd00.prod.outlook.com]", refusal::identity_refused,
         "Microsoft Learn: Authenticate an IMAP, POP or SMTP connection using OAuth"},
        {"535 5.7.3 Authentication unsuccessful", refusal::identity_refused, "tarickb/sasl-xoauth2#43"},
        {"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
         "https://aka.ms/smtp_auth_disabled for more information. [x.example]",
         refusal::smtp_auth_off_for_tenant, "simonrob/email-oauth2-proxy#193"},
        {"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit "
         "https://aka.ms/smtp_auth_disabled for more information. [x.example]",
         refusal::smtp_auth_off_for_mailbox, "Microsoft Learn: Enable or disable authenticated client SMTP submission"},
        {"535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [x.example]",
         refusal::basic_auth_off, "public notes of 2026-08"},
        {"550 5.7.30 Basic authentication is not supported for Client Submission.", refusal::basic_auth_retired,
         "Exchange Team blog, 2024-04"},
        {"535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [x.example]",
         refusal::wrong_password, "public nodemailer integrations"},
        {"535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated "
         "successfully. Contact your administrator. [x.example]",
         refusal::policy_not_met, "public reports"},
        {"535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. "
         "Contact your administrator.",
         refusal::security_defaults, "public error tables"},
        {"535 5.7.139 Authentication unsuccessful, federated STS service was unreachable.", refusal::federation_failed,
         "Microsoft Learn: Fix issues with printers, scanners, and LOB applications"},
        {"535 5.7.139 Authentication unsuccessful, the federated STS URL does not support HTTPS.",
         refusal::federation_insecure, "the same"},
        {"535 5.7.139 Authentication unsuccessful, something that nobody has seen yet. [x.example]", refusal::unnamed,
         "ours: the code alone says nothing"},
        {"501 5.5.124 Invalid XOAUTH2 auth data - User address provided is not valid. Please ensure the auth d",
         refusal::malformed_credentials, "tarickb/sasl-xoauth2#110"},
        {"504 5.7.4 Unrecognized authentication type [x.example]", refusal::mechanism_refused,
         "mattermost/mattermost#954"},
        {"451 5.7.3 STARTTLS is required to send mail [x.example]", refusal::tls_missing,
         "public troubleshooting notes"},
        {"530 5.7.57 Client not authenticated to send mail. [x.example]", refusal::not_signed_in,
         "tarickb/sasl-xoauth2#96"},
        {"530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM [x.example]",
         refusal::not_signed_in, "mageplaza/magento-2-smtp#268"},
        {"530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Authentication unsuccessful, "
         "SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more "
         "information. [x.example]",
         refusal::smtp_auth_off_for_tenant, "MicrosoftDocs/OfficeDocs-Exchange#3124"},
        {"530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.3 Authentication unsuccessful [x.example]",
         refusal::identity_refused, "renevanosnabrugge/SendEmail-BuildTask#49"},
        {"530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Something else", refusal::not_signed_in,
         "ours"},
        {"454 4.7.0 Temporary authentication failure", refusal::sign_in_unavailable, "RFC 4954 section 6"},
        {"451 4.7.0 Temporary server error. Please try again later. PRX2", refusal::mailbox_unreachable,
         "a public nodemailer snippet"},
        {"432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more "
         "information. [Hostname=x.example]",
         refusal::concurrent_connections, "nodemailer/nodemailer#1613"},
        {"432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", refusal::concurrent_connections,
         "OfficeDocs-Support: improvements to SMTP authenticated submission"},
        {"421 4.4.2 Message submission rate for this client has exceeded the configured limit",
         refusal::submission_rate, "public mailing lists"},
        {"421 4.4.1 Connection timed out. Total session duration: 00:20:55.2872355", refusal::session_timed_out,
         "haraka/Haraka#2321"},
        {"451 4.7.500 Server busy. Please try again later from [192.0.2.1].", refusal::server_busy,
         "Microsoft Learn: 451 4.7.500-699"},
        {"452 4.5.3 Too many recipients", refusal::too_many_recipients, "Microsoft Learn: NDR codes"},
        {"554 5.2.252 SendAsDenied; a@x.example not allowed to send as b@x.example; "
         "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due "
         "to a permanent exception with message [BeginDiagnosticData]Cannot submit message. 0.35250:0A007C85, "
         "1.36674:0A000000[EndDiagnosticData] [Hostname=x.example]",
         refusal::send_as_denied, "gophish/gophish#2900"},
        {"554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process "
         "message due to a permanent exception with message Cannot submit message. 0.35250:0A00AA84",
         refusal::send_as_denied, "rss2email/rss2email#147"},
        {"550 5.7.60 SMTP; Client does not have permissions to send as this sender", refusal::send_as_denied,
         "Microsoft Learn: Fix issues with printers, scanners, and LOB applications"},
        {"554 5.2.0 "
         "STOREDRV.Submission.Exception:SubmissionQuotaExceededException.MapiExceptionSubmissionQuotaExceeded",
         refusal::daily_recipients, "OfficeDocs-Support: improvements to SMTP authenticated submission"},
        {"550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
         refusal::daily_recipients, "Microsoft Learn: NDR codes"},
        {"550 5.7.232 Your message can't be sent", refusal::tenant_recipients, "the same"},
        {"550 5.7.233 Your message can't be sent", refusal::tenant_recipients, "the same"},
        {"554 5.2.2 mailbox full; "
         "STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
         refusal::mailbox_full, "OfficeDocs-Support: improvements to SMTP authenticated submission"},
        {"554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent "
         "exception with message WASCL UserAction verdict is not None. Actual verdict is RefuseQuota, ShowTierUpgrade. "
         "OutboundSpamException: WASCL UserAction verdict is not None. Actual verdict is RefuseQuota, ShowTierUpgrade. "
         "[Hostname=x.example]",
         refusal::outbound_spam, "nodemailer/nodemailer#1486"},
        {"550 5.1.8 Access denied, bad outbound sender AS(42004)", refusal::sender_blocked,
         "Microsoft Learn: NDR codes"},
        {"550 5.7.501 Access denied, spam abuse detected", refusal::sender_blocked, "the same"},
        {"550 5.7.502 Access denied, banned sender", refusal::sender_blocked, "the same"},
        {"550 5.7.503 Access denied, banned sender", refusal::sender_blocked, "the same"},
        {"550 5.7.705 Access denied, tenant has exceeded threshold", refusal::tenant_blocked, "the same"},
        {"550 5.7.708 Access denied, traffic not accepted from this IP", refusal::tenant_blocked, "the same"},
        {"550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains",
         refusal::domain_unregistered, "the same"},
        {"550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant",
         refusal::sender_header_malformed, "the same"},
        {"550 5.1.20 Multiple From addresses are not allowed without Sender address", refusal::sender_header_malformed,
         "the same"},
        {"550 5.6.11 Invalid characters", refusal::bare_line_feeds, "the same"},
        {"550 5.7.350 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be sent via DATA",
         refusal::bare_line_feeds, "OfficeDocs-Support: bare line feeds"},
        {"552 5.3.4 Header size exceeds fixed maximum size", refusal::header_too_large, "jstedfast/MailKit#904"},
        {"552 5.3.4 Message size exceeds fixed maximum message size", refusal::message_too_large,
         "Exchange Server, by the sibling text"},
        {"550 5.1.1 User unknown", refusal::unnamed, "Exchange Server"},
        {"550", refusal::unnamed, "RFC 5321"},
        {"250 2.1.0 Sender OK", refusal::none, "public transcripts"},
    };
    for (auto const& row : rows)
        BOOST_TEST_CONTEXT(row.reply << " of " << row.source)
        {
            read_result const r = read(row.reply);
            BOOST_TEST(r.complete);
            BOOST_TEST((refusal_of(r.said) == row.why));
        }
    BOOST_TEST((refusal_of({}) == refusal::none));
}

BOOST_AUTO_TEST_CASE(what_to_quote_for_support)
{
    auto const of = [](std::string const& line) { return reference_of(read(line).said); };
    auto const full = of("535 5.7.3 Authentication unsuccessful [AM0PR06CA0126.eurprd06.prod.outlook.com "
                         "2024-02-14T14:50:26.590Z 08DC2D372B4C3DED]");  // jstedfast/MailKit#1712
    BOOST_TEST_REQUIRE(full.has_value());
    BOOST_TEST(full->host == "AM0PR06CA0126.eurprd06.prod.outlook.com");
    BOOST_TEST(full->session == "08DC2D372B4C3DED");
    BOOST_TEST_REQUIRE(full->time.has_value());
    BOOST_TEST(full->time->time_since_epoch().count() == 1'707'922'226'590);
    auto const old = of("535 5.7.3 Authentication unsuccessful [TY1PR01CA0183.jpnprd01.prod.outlook.com]");
    BOOST_TEST_REQUIRE(old.has_value());  // nodemailer/nodemailer#1484
    BOOST_TEST(old->host == "TY1PR01CA0183.jpnprd01.prod.outlook.com");
    BOOST_TEST(!old->time);
    BOOST_TEST(old->session == "");
    auto const mailbox = of("554 5.2.0 x [BeginDiagnosticData]y[EndDiagnosticData] [Hostname=A.prod.outlook.com]");
    BOOST_TEST_REQUIRE(mailbox.has_value());
    BOOST_TEST(mailbox->host == "A.prod.outlook.com");
    for (char const* const none :
         {"550 x", "550 x [", "550 x []", "550 x [ip]", "550 x [EndDiagnosticData]", "550 x [a.b] y",
          "550 x [a.b 2024-02-14T14:50:26.590Z]", "550 x [a.b 2024-13-14T14:50:26.590Z 08DC2D372B4C3DED]",
          "550 x [a.b 2024-02-14T24:50:26.590Z 08DC2D372B4C3DED]", "550 x [a.b yesterday 08DC2D372B4C3DED]", "550 ]"})
        BOOST_TEST(!of(none), none);
}

BOOST_AUTO_TEST_SUITE_END()
