// Our client against an IMAP server that we have not written: Dovecot, with TLS and XOAUTH2, and a thousand messages.

#include <outkit/blocking.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/certificates.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#include "interop/dovecot.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <random>
#include <string>

using namespace outkit::imap;
using outkit::access_token;
using outkit::condition;
using outkit::error_code;
using outkit::make_error_code;
namespace mock = outkit::mock;
namespace tests = outkit::tests;

namespace {

constexpr char const* adele = "adele@woodgrove.example";
constexpr int how_many = 1'000;

// Messages with what breaks readers: lines that look like responses, dots, 8-bit text, long lines, attachments, messages
// in messages, no body at all. The same seed makes the same messages.
class generator
{
public:
    std::string next()
    {
        int const n = number_++;
        std::string m =
            "Return-Path: <bounce@x.example>\r\nFrom: \"Alex, \\\"the\\\" Wilber\" <alex@contoso.example>\r\n"
            "To: Adele <adele@woodgrove.example>,\r\n\tundisclosed: a@x.example, b@x.example;\r\n"
            "Subject: message " +
            std::to_string(n) + (n % 3 ? "" : " =?utf-8?q?Gr=C3=BC=C3=9Fe?= (\"quoted\" \\ {5})") +
            "\r\nDate: Mon, 5 Oct 2026 08:15:02 +0200\r\nMessage-ID: <" + std::to_string(n) +
            "@contoso.example>\r\nX-Number: " + std::to_string(n) + "\r\n";
        switch (n % 5)
        {
        case 0: return m + "\r\n";  // no body
        case 1: return m + "\r\n" + text(20);
        case 2:
            return m + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
                   text(n % 50 ? 60 : 3'000);
        case 3:
            return m + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b" + std::to_string(n) +
                   "\"\r\n\r\npreamble\r\n--b" + std::to_string(n) + "\r\nContent-Type: text/html\r\n\r\n" + text(5) +
                   "\r\n--b" + std::to_string(n) +
                   "\r\nContent-Type: application/octet-stream; name=\"a \\\"b\\\".bin\"\r\nContent-Disposition: "
                   "attachment;"
                   " filename*=utf-8''%C3%BC.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                   base64(30) + "--b" + std::to_string(n) + "--\r\nepilogue\r\n";
        default:
            return m +
                   "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: "
                   "i@x.example\r\n\r\n" +
                   text(3);
        }
    }

private:
    unsigned below(unsigned n) { return static_cast<unsigned>(dice_() % n); }
    std::string text(int lines)
    {
        static constexpr char const* odd[] = {"* 1 FETCH (BODY[] {3}",
                                              ")",
                                              "A1 OK FETCH completed.",
                                              ".",
                                              "..",
                                              "From me",
                                              "--",
                                              "{5}",
                                              "+ go on",
                                              ("gr\xc3\xbc\xc3\x9f"
                                               "e"),
                                              "\xff\xfe\x80",
                                              ""};
        std::string out;
        for (int i = 0; i != lines; ++i)
        {
            if (below(3) == 0)
                out += odd[below(std::size(odd))];
            else
                out.append(below(20) ? below(78) : below(3'000), static_cast<char>('a' + below(26)));
            out += "\r\n";
        }
        return out;
    }
    std::string base64(int lines)
    {
        std::string out;
        for (int i = 0; i != lines; ++i)
        {
            for (int k = 0; k != 76; ++k)
                out += static_cast<char>('A' + below(26));
            out += "\r\n";
        }
        return out;
    }

    std::mt19937 dice_{20261124};
    int number_ = 0;
};

struct set_up
{
    mock::world w{1};
    mock::tenant& home = w.directory.add_tenant(w, {.domains = {"woodgrove.example"}});
    mock::user& user = w.directory.add_user(w, {.tenant_id = home.id, .principal_name = adele});
    mock::certificates pki;
    mock::certificates::server_certificate certificate = pki.issue({"localhost", "127.0.0.1"});
    std::unique_ptr<tests::dovecot> server;
    outkit::tls_context tls;
    outkit::blocking_context io;
    std::vector<std::string> seeded;

    explicit set_up(int messages = 0)
    {
        tests::dovecot_options o;
        o.protocol = "imap";
        o.package = "dovecot-imapd";
        o.certificate = certificate.chain;
        o.key = certificate.key;
        for (auto const& kid : w.keys.kids())
            o.token_keys.emplace_back(kid, w.keys.public_key_pem(kid));
        o.audience = "https://outlook.office.com";
        server = std::make_unique<tests::dovecot>(o);
        seed(messages);
        error_code ec;
        tls = outkit::tls_context::client(ec, {.system = false, .authorities_pem = pki.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }

    // Into the Maildir, before anybody has looked at it.
    void seed(int messages)
    {
        namespace fs = std::filesystem;
        fs::path const maildir = server->mail() / adele / "Maildir";
        for (char const* const folder : {"cur", "new", "tmp"})
            fs::create_directories(maildir / folder);
        generator g;
        for (int i = 0; i != messages; ++i)
        {
            seeded.push_back(g.next());
            std::string number = std::to_string(i);
            number.insert(0, 6 - number.size(), '0');
            tests::write_file(maildir / "cur" / ("1790000000.M" + number + "P1.host:2,S"), seeded.back());
        }
        if (geteuid() == 0)
        {
            passwd const* const owner = getpwnam("nobody");
            auto const give = [owner](fs::path const& p) {
                BOOST_TEST_REQUIRE(chown(p.c_str(), owner->pw_uid, owner->pw_gid) == 0);
            };
            give(maildir.parent_path());
            for (auto const& entry : fs::recursive_directory_iterator(maildir.parent_path()))
                give(entry.path());
        }
    }

    std::string token(std::string const& audience = "https://outlook.office.com", std::int64_t lifetime = 3'600)
    {
        mock::access_claims c;
        c.audience = audience;
        c.tenant = home.id;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person.home_tenant = home.id;
        c.person.object_id = user.id;
        c.person.login = user.principal_name;
        c.permissions = {"IMAP.AccessAsUser.All"};
        return mock::issue_access_token(w.keys, w, c, lifetime);
    }

    client connected()
    {
        client c(outkit::stream(io.get_executor(), tls));
        error_code ec;
        c.async_connect("localhost", server->port(), security::implicit_tls, io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics() << '\n' << tests::read_file(server->log()));
        return c;
    }
    client signed_in()
    {
        client c = connected();
        error_code ec;
        c.async_authenticate(adele, access_token(token()), io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics() << '\n' << tests::read_file(server->log()));
        return c;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(dovecot_imap)

BOOST_AUTO_TEST_CASE(a_thousand_messages_arrive_to_the_octet)
{
    set_up s(how_many);
    client c = s.signed_in();
    error_code ec;
    BOOST_TEST(c.server_capabilities().has("IMAP4rev1"));
    auto const box = c.async_examine("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST_REQUIRE(box.exists == static_cast<unsigned>(how_many));

    std::map<std::uint32_t, std::string> bodies;
    fetch_items what;
    what.sections.emplace_back();
    what.sink = [&bodies](section_piece const& p) {
        bodies[p.uid] += p.data;
        return error_code();
    };
    auto const streamed = c.async_fetch(uid_set::all(), what, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics());
    BOOST_TEST_REQUIRE(streamed.size() == s.seeded.size());
    for (std::size_t i = 0; i != s.seeded.size(); ++i)
    {
        BOOST_TEST_REQUIRE((bodies[streamed[i].uid] == s.seeded[i]), "message " << i);
        BOOST_TEST(streamed[i].sections.front().octets == s.seeded[i].size());
        BOOST_TEST(streamed[i].sections.front().streamed);
    }

    // The same into memory, and what the server has made of them.
    fetch_items kept = fetch_items::metadata();
    kept.sections.emplace_back();
    auto const batch = c.async_fetch(sequence_set(1, 100), kept, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics());
    BOOST_TEST_REQUIRE(batch.size() == 100u);
    for (std::size_t i = 0; i != batch.size(); ++i)
    {
        message const& m = batch[i];
        BOOST_TEST_REQUIRE((m.sections.front().data == s.seeded[i]), "message " << i);
        BOOST_TEST(m.size.value_or(0) == s.seeded[i].size());
        BOOST_TEST(m.has(flag::seen));
        BOOST_TEST(m.internal_date.has_value());
        BOOST_TEST_REQUIRE(m.envelope);
        BOOST_TEST(m.envelope->message_id == '<' + std::to_string(i) + "@contoso.example>");
        BOOST_TEST(m.envelope->subject.starts_with("message " + std::to_string(i)));
        BOOST_TEST(m.envelope->from.front().name == "Alex, \"the\" Wilber");
        BOOST_TEST(m.envelope->to.size() == 5u);  // a mailbox, and a group of two with its ends
        BOOST_TEST_REQUIRE(m.structure);
        BOOST_TEST(m.structure->multipart == (i % 5 == 3));
        if (i % 5 == 4)
            BOOST_TEST(m.structure->enclosed->subject == "inner");
        if (i % 5 == 3)
            BOOST_TEST(std::next(m.structure->parts.begin())->encoding == "base64");
    }

    fetch_items part;
    part.sections = {{{}, section::text::everything, {}, section::slice{10, 20}, false},
                     {{}, section::text::header_fields, {"X-Number"}, {}, false},
                     {{2}, section::text::mime, {}, {}, false}};
    auto const third = c.async_fetch(sequence_set(4), part, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto piece = third[0].sections.begin();
    BOOST_TEST(piece->data == s.seeded[3].substr(10, 20));
    BOOST_TEST(piece->origin.value_or(0) == 10u);
    BOOST_TEST((++piece)->data == "X-Number: 3\r\n\r\n");
    BOOST_TEST((++piece)->data.starts_with("Content-Type: application/octet-stream;"));
    c.async_logout(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(what_is_done_is_done)
{
    set_up s;
    client c = s.signed_in();
    error_code ec;
    auto const spaces = c.async_namespace(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(spaces.personal.size() == 1u);
    c.async_create("Gr\xc3\xbc\xc3\x9f"
                   "e & \xe2\x82\xac",
                   s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    auto const all = c.async_list("*", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    bool found = false;
    for (mailbox const& m : all)
        found = found || m.name == "Gr\xc3\xbc\xc3\x9f"
                                   "e & \xe2\x82\xac";
    BOOST_TEST(found);

    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::string const text = "Subject: appended\r\n\r\n" + std::string(100'000, 'x') + "\r\n";
    auto const where = c.async_append(
        "INBOX", text,
        {.flags = {flag::seen, {"$Label1"}}, .date = std::chrono::sys_seconds(std::chrono::seconds(837596665))},
        s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(where.uid == 1u);
    fetch_items what = fetch_items::metadata();
    what.sections.emplace_back();
    auto const batch = c.async_fetch(uid_set(1), what, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST((batch[0].sections.front().data == text));
    BOOST_TEST(batch[0].internal_date->time_since_epoch().count() == 837596665);
    BOOST_TEST(batch[0].keywords.front() == "$Label1");

    auto const stored = c.async_store(uid_set(1), {store_mode::add, {flag::flagged, {}}, false}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST_REQUIRE(stored.size() == 1u);
    BOOST_TEST(stored[0].has(flag::flagged | flag::seen));
    auto const copied = c.async_copy(uid_set(1),
                                     "Gr\xc3\xbc\xc3\x9f"
                                     "e & \xe2\x82\xac",
                                     s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(copied.to.to_string() == "1");
    auto const moved = c.async_move(uid_set(1),
                                    "Gr\xc3\xbc\xc3\x9f"
                                    "e & \xe2\x82\xac",
                                    s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(moved.to.to_string() == "2");
    BOOST_TEST(c.selected().exists == 0u);
    auto const status = c.async_status("Gr\xc3\xbc\xc3\x9f"
                                       "e & \xe2\x82\xac",
                                       s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(status.exists == 2u);
    c.async_select("Nowhere", s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::no_such_mailbox), ec.message() << ' ' << c.diagnostics());
    c.async_noop(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(what_is_searched_for_is_found)
{
    using key = search_key;
    int const messages = 50;
    set_up s(messages);
    client c = s.signed_in();
    error_code ec;
    auto const box = c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());

    // What the server finds is what is in the texts that were seeded; the UIDs are 1 to 50 in their order.
    auto const found = [&](key const& k) {
        auto const r = c.async_search(k, s.io.wait(ec));
        BOOST_TEST(!ec, ec.message() << ' ' << c.diagnostics());
        return r.to_string();
    };
    auto const holding = [&](auto which) {
        uid_set r;
        for (std::size_t i = 0; i != s.seeded.size(); ++i)
            if (which(s.seeded[i]))
                r.add(static_cast<std::uint32_t>(i + 1));
        return r.to_string();
    };
    std::string const all = "1:50";
    BOOST_TEST(found(key::all()) == all);
    BOOST_TEST(found(key::flagged_as(flag::seen)) == all);
    BOOST_TEST(found(!key::flagged_as(flag::seen)).empty());
    BOOST_TEST(found(key::header("X-Number", "7") && key::header("X-Number", "17")) == "18");
    BOOST_TEST(found(key::header("Message-ID", "<3@contoso.example>") || key::header("X-Number", "49")) == "4,50");
    BOOST_TEST(found(key::subject("message 1") && key::uids(uid_set(1, 5))) == "2");
    BOOST_TEST(found(key::positions(sequence_set(2, 4)) && !key::uids(uid_set(3))) == "2,4");
    BOOST_TEST(found(key::larger(3'000)) == holding([](std::string const& m) { return m.size() > 3'000; }));
    BOOST_TEST(found(!key::larger(3'000) && !key::smaller(1'000)) ==
               holding([](std::string const& m) { return m.size() >= 1'000 && m.size() <= 3'000; }));
    BOOST_TEST(found(key::text("\"quoted\" \\ )")).empty());
    BOOST_TEST(found(key::from("wilber")) == all);
    BOOST_TEST(found(key::subject("Gr\xc3\xbc\xc3\x9f"
                                  "e\r\nA1 LOGOUT"))
                   .empty());  // as a literal
    std::chrono::sys_days const seeded_on = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(1'790'000'000)));  // the Maildir's file names say so
    BOOST_TEST(found(key::since(seeded_on + std::chrono::days(2))) ==
               found(!key::before(seeded_on + std::chrono::days(2))));

    // One by one, without a batch.
    std::vector<std::uint32_t> uids;
    fetch_items what = fetch_items::metadata();
    what.each = [&](message const& m) {
        uids.push_back(m.uid);
        BOOST_TEST(m.envelope->message_id == '<' + std::to_string(m.uid - 1) + "@contoso.example>");
        return error_code();
    };
    auto const none = c.async_fetch(uid_set::all(), what, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(none.empty());
    BOOST_TEST(uids.size() == std::size_t(messages));
}

BOOST_AUTO_TEST_CASE(what_is_not_in_memory_is_appended_and_what_is_deleted_goes)
{
    set_up s;
    client c = s.signed_in();
    error_code ec;
    auto const server = c.async_id({{"name", "outkit"}, {"version", "\"1\" \\"}}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    BOOST_TEST_REQUIRE(!server.empty());
    BOOST_TEST(server.front().second == "Dovecot");

    // 8 MB, of which nobody holds more than a piece.
    std::string const line = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n";
    std::string const header = "Subject: long\r\n\r\n";
    std::uint64_t const octets = header.size() + line.size() * 131'072;
    std::uint64_t at = 0;
    append_source from;
    from.octets = octets;
    from.read = [&](char* into, std::size_t most, error_code&) {
        std::size_t n = 0;
        for (; n != most && at != octets; ++n, ++at)
            into[n] = at < header.size() ? header[at] : line[(at - header.size()) % line.size()];
        return n;
    };
    auto const where = c.async_append("INBOX", from, {}, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(where.uid == 1u);
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::uint64_t back = 0;
    bool same = true;
    fetch_items what;
    what.sections.emplace_back();
    what.sink = [&](section_piece const& p) {
        for (char const o : p.data)
        {
            same = same && o == (back < header.size() ? header[back] : line[(back - header.size()) % line.size()]);
            ++back;
        }
        return error_code();
    };
    c.async_fetch(uid_set(1), what, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(back == octets);
    BOOST_TEST(same);

    c.async_create("Lists", s.io.wait(ec));
    c.async_subscribe("Lists", true, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    auto const subscribed = c.async_list_subscribed("*", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST_REQUIRE(subscribed.size() == 1u);
    BOOST_TEST(subscribed.front().name == "Lists");

    store_options const deleted{store_mode::add, {flag::deleted, {}}, true};
    c.async_store(uid_set(1), deleted, s.io.wait(ec));
    c.async_expunge(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(c.selected().exists == 0u);
    c.async_append("INBOX", std::string("Subject: 2\r\n\r\n"), {.flags = {flag::deleted, {}}}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    c.async_close(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    auto const status = c.async_status("INBOX", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(status.exists == 0u);
}

BOOST_AUTO_TEST_CASE(idle_hears_what_another_client_appends)
{
    set_up s;
    client listening = s.signed_in(), writing = s.signed_in();
    error_code ec;
    listening.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::vector<mailbox_event> heard;
    bool done = false;
    error_code result;
    listening.async_idle({}, [&](error_code e, std::vector<mailbox_event> events) {
        done = true;
        result = e;
        heard = std::move(events);
    });
    writing.async_append("INBOX", "Subject: x\r\n\r\nx\r\n", {}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    s.io.run_until(done);
    BOOST_TEST(!result, result.message());
    BOOST_TEST_REQUIRE(!heard.empty());
    BOOST_TEST(heard[0].number == 1u);
    listening.async_noop(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(tokens_that_are_not_good_are_refused)
{
    set_up s;
    std::string altered = s.token();
    altered[altered.size() - 20] = altered[altered.size() - 20] == 'A' ? 'B' : 'A';
    std::pair<std::string, std::string> const rows[] = {
        {"signature", altered},
        {"audience", s.token("https://graph.microsoft.com")},
        {"expiry", s.token("https://outlook.office.com", -600)},
        {"shape", "not-a-token"},
    };
    for (auto const& [what, token] : rows)
    {
        client c = s.connected();
        error_code ec;
        c.async_authenticate(adele, access_token(token), s.io.wait(ec));
        BOOST_TEST((ec == outkit::imap::error::authentication_failed), what << ": " << ec.message());
        BOOST_TEST(c.diagnostics().find(token) == std::string::npos);
        c.async_select("INBOX", s.io.wait(ec));
        BOOST_TEST((ec == outkit::imap::error::not_authenticated));
    }
    client c = s.connected();
    error_code ec;
    c.async_authenticate("bob@woodgrove.example", access_token(s.token()), s.io.wait(ec));
    BOOST_TEST((ec == condition::authentication_failed), "another user: " << ec.message());
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_not_trusted_is_not_spoken_to)
{
    set_up s;
    error_code ec;
    mock::certificates other;
    client c(outkit::stream(s.io.get_executor(),
                            outkit::tls_context::client(ec, {.system = false, .authorities_pem = other.ca_pem()})));
    c.async_connect("localhost", s.server->port(), security::implicit_tls, s.io.wait(ec));
    BOOST_TEST(!!ec);
    c.async_authenticate(adele, access_token(s.token()), s.io.wait(ec));
    BOOST_TEST((ec == outkit::error::not_connected));
}

BOOST_AUTO_TEST_SUITE_END()
