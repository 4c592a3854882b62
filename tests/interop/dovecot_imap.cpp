// Our client against an IMAP server that we have not written: Dovecot, with TLS and XOAUTH2, and a thousand messages;
// tools/ci-full sets OUTKIT_DOVECOT_MESSAGES to 20000.

#include <outkit/blocking.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/certificates.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#include "interop/dovecot.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace outkit::imap;
using outkit::access_token;
using outkit::condition;
using outkit::error_code;
using outkit::make_error_code;
namespace mock = outkit::mock;
namespace tests = outkit::tests;

namespace {

constexpr char const* adele = "adele@woodgrove.example";

int how_many()
{
    char const* const n = std::getenv("OUTKIT_DOVECOT_MESSAGES");
    return n ? std::atoi(n) : 1'000;
}

// What the seeded messages are marked as, and when they came: every subset of the flags, an hour apart.
constexpr std::pair<flag, char> letters[] = {
    {flag::draft, 'D'}, {flag::flagged, 'F'}, {flag::answered, 'R'}, {flag::seen, 'S'}, {flag::deleted, 'T'}};
flag marks(std::size_t i)
{
    flag f = flag::none;
    for (std::size_t k = 0; k != std::size(letters); ++k)
        if (i >> k & 1)
            f = f | letters[k].first;
    return f;
}
std::chrono::sys_seconds arrival(std::size_t i)
{
    return std::chrono::sys_seconds(std::chrono::seconds(1'790'000'000 - 3'600 * static_cast<std::int64_t>(i)));
}

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

    explicit set_up(int messages = 0, std::string settings = {})
    {
        tests::dovecot_options o;
        o.settings = std::move(settings);
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
            std::size_t const n = static_cast<std::size_t>(i);
            std::string name = "1790000000.M" + number + "P1.host:2,";
            for (auto const& [f, letter] : letters)
                if ((marks(n) & f) == f)
                    name += letter;
            tests::write_file(maildir / "cur" / name, seeded.back());
            timespec const when{arrival(n).time_since_epoch().count(), 0};
            timespec const both[] = {when, when};  // a Maildir has the time of arrival here
            BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, (maildir / "cur" / name).c_str(), both, 0) == 0);
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
    int const messages = how_many();
    set_up s(messages);
    client c = s.signed_in();
    error_code ec;
    BOOST_TEST(c.server_capabilities().has("IMAP4rev1"));
    auto const box = c.async_examine("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST_REQUIRE(box.exists == static_cast<unsigned>(messages));
    BOOST_TEST(box.uid_next == static_cast<unsigned>(messages) + 1);
    BOOST_TEST(box.read_only);

    // UIDs are 1 and so on in the order of seeding.
    std::vector<std::size_t> come(s.seeded.size());
    std::size_t wrong = 0;
    fetch_items what;
    what.sections.emplace_back();
    what.sink = [&](section_piece const& p) {
        std::size_t const i = p.uid - 1;
        if (i >= come.size() || p.octets != s.seeded[i].size() || p.offset != come[i] ||
            std::string_view(s.seeded[i]).substr(come[i], p.data.size()) != p.data)
            ++wrong;
        else
            come[i] += p.data.size();
        return error_code();
    };
    auto const streamed = c.async_fetch(uid_set::all(), what, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics());
    BOOST_TEST_REQUIRE(streamed.size() == s.seeded.size());
    BOOST_TEST(wrong == 0u);
    for (std::size_t i = 0; i != s.seeded.size(); ++i)
        if (come[i] != s.seeded[i].size() || streamed[i].uid != i + 1 || !streamed[i].sections.front().streamed ||
            streamed[i].sections.front().octets != s.seeded[i].size())
            BOOST_ERROR("message " << i);

    // What is known of each without reading it.
    std::size_t told = 0;
    fetch_items known = fetch_items::metadata();
    known.each = [&](message const& m) {
        std::size_t const i = told++;
        if (m.uid != i + 1 || m.sequence != i + 1 || m.size.value_or(0) != s.seeded.at(i).size() || !m.has_flags ||
            (m.system & ~flag::recent) != marks(i) || !m.keywords.empty() || m.internal_date != arrival(i) ||
            !m.envelope || m.envelope->message_id != '<' + std::to_string(i) + "@contoso.example>" || !m.structure ||
            m.structure->multipart != (i % 5 == 3))
            BOOST_ERROR("metadata of message " << i);
        return error_code();
    };
    auto const none = c.async_fetch(uid_set::all(), known, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(none.empty());
    BOOST_TEST(told == s.seeded.size());

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
        BOOST_TEST(!m.size_contradicted());
        BOOST_TEST(m.envelope->subject.starts_with("message " + std::to_string(i)));
        BOOST_TEST(m.envelope->from.front().name == "Alex, \"the\" Wilber");
        BOOST_TEST(m.envelope->to.size() == 5u);  // a mailbox, and a group of two with its ends
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
            if (which(s.seeded[i], i))
                r.add(static_cast<std::uint32_t>(i + 1));
        return r.to_string();
    };
    using text = std::string const&;
    std::string const all = "1:50";
    BOOST_TEST(found(key::all()) == all);
    for (auto const& [f, letter] : letters)
    {
        flag const one = f;
        BOOST_TEST(found(key::flagged_as(one)) == holding([&](text, std::size_t i) { return (marks(i) & one) == one; }),
                   letter);
        BOOST_TEST(found(!key::flagged_as(one)) ==
                       holding([&](text, std::size_t i) { return (marks(i) & one) != one; }),
                   letter);
    }
    BOOST_TEST(found(key::flagged_as(flag::seen | flag::draft)) == holding([](text, std::size_t i) {
                   return (marks(i) & (flag::seen | flag::draft)) == (flag::seen | flag::draft);
               }));
    BOOST_TEST(found(key::keyword("$Label1")).empty());
    BOOST_TEST(found(key::header("X-Number", "7") && key::header("X-Number", "17")) == "18");
    BOOST_TEST(found(key::header("Message-ID", "<3@contoso.example>") || key::header("X-Number", "49")) == "4,50");
    BOOST_TEST(found(key::header("X-Number", "")) == all);
    BOOST_TEST(found(key::header("X-No-Such-Field", "")).empty());
    BOOST_TEST(found(key::subject("message 1") && key::uids(uid_set(1, 5))) == "2");
    BOOST_TEST(found(key::positions(sequence_set(2, 4)) && !key::uids(uid_set(3))) == "2,4");
    BOOST_TEST(found(key::larger(3'000)) == holding([](text m, std::size_t) { return m.size() > 3'000; }));
    BOOST_TEST(found(!key::larger(3'000) && !key::smaller(1'000)) ==
               holding([](text m, std::size_t) { return m.size() >= 1'000 && m.size() <= 3'000; }));
    BOOST_TEST(found(key::text("\"quoted\" \\ )")).empty());
    BOOST_TEST(found(key::from("wilber")) == all);
    BOOST_TEST(found(key::to("undisclosed")).empty() == false);
    BOOST_TEST(found(key::cc("x")).empty());
    BOOST_TEST(found(key::bcc("x")).empty());
    BOOST_TEST(found(key::text("{5}")) ==
               holding([](text m, std::size_t) { return m.find("{5}") != std::string::npos; }));
    BOOST_TEST(found(key::body("epilogue")).empty());  // belongs to no part
    BOOST_TEST(found(key::subject("Gr\xc3\xbc\xc3\x9f"
                                  "e\r\nA1 LOGOUT"))
                   .empty());  // as a literal
    BOOST_TEST(found(key::subject("GR\xc3\x9c\xc3\x9f"
                                  "E (\"quoted")) == holding([](text, std::size_t i) { return i % 3 == 0; }));
    BOOST_TEST(found(key::sent_on(std::chrono::sys_days(std::chrono::year(2026) / 10 / 5))) == all);
    BOOST_TEST(found(key::sent_before(std::chrono::sys_days(std::chrono::year(2026) / 10 / 5))).empty());
    BOOST_TEST(found(key::sent_since(std::chrono::sys_days(std::chrono::year(2026) / 10 / 6))).empty());
    // Days are the server's: it says them in INTERNALDATE, "01-Sep-2026 ...".
    fetch_items dates;
    dates.internal_date = true;
    auto const batch = c.async_fetch(uid_set::all(), dates, s.io.wait(ec));
    BOOST_TEST_REQUIRE(batch.size() == 50u);
    auto const day_of = [&](std::size_t i) { return batch[i].internal_date_text.substr(0, 11); };
    std::chrono::sys_days const noon = std::chrono::floor<std::chrono::days>(arrival(25));
    char said[16];
    std::snprintf(said, sizeof said, "%02u-", static_cast<unsigned>(std::chrono::year_month_day(noon).day()));
    auto const that_day = [&](text, std::size_t i) { return day_of(i).starts_with(said); };
    BOOST_TEST(!found(key::on(noon)).empty());
    BOOST_TEST(found(key::on(noon)) == holding(that_day));
    BOOST_TEST(found(key::since(noon) && key::before(noon + std::chrono::days(1))) == holding(that_day));
    BOOST_TEST(found(key::since(noon)) == found(!key::before(noon)));

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
    outkit::octet_source from;
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

BOOST_AUTO_TEST_CASE(a_client_comes_back_when_its_connection_or_the_whole_server_ends)
{
    int const messages = how_many();
    set_up s(messages);
    std::size_t asked = 0;
    mailbox_access where;
    where.host = "localhost";
    where.port = s.server->port();
    where.user = adele;
    where.tokens = [&](access_token const*, outkit::token_answer answer) {
        ++asked;
        answer({}, access_token(s.token()));
    };
    resume_policy how;
    how.first_wait = std::chrono::milliseconds(20);
    client c(outkit::stream(s.io.get_executor(), s.tls));
    error_code ec;
    c.async_open(where, how, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics());
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());

    // All messages, each once and whole, though the session or the server ends at the first and at the hundredth.
    for (bool const all_of_it : {false, true})
        BOOST_TEST_CONTEXT((all_of_it ? "the server" : "the session"))
        {
            std::size_t const before = asked;
            std::vector<std::string> come(s.seeded.size());
            std::size_t told = 0, wrong = 0, ended = 0, dropped = 0;
            fetch_items what;
            what.sections.push_back({{}, section::text::everything, {}, {}, false});
            what.sink = [&](section_piece const& p) {
                if (p.uid == 0 || p.uid > come.size())
                    ++wrong;
                else
                {
                    std::string& m = come[p.uid - 1];
                    m.resize(static_cast<std::size_t>(p.offset));
                    m += p.data;
                }
                return error_code();
            };
            what.each = [&](message const&) {
                ++told;
                if (told != 1 && told != 100)
                    return error_code();
                ++ended;
                if (all_of_it)
                    s.server->restart();
                else
                    dropped += s.server->drop_sessions();
                return error_code();
            };
            c.async_fetch(uid_set::all(), what, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << ' ' << c.diagnostics());
            BOOST_TEST(ended == 2u);
            BOOST_TEST((all_of_it || dropped >= 1));  // the hundredth may still come over the first connection
            BOOST_TEST(wrong == 0u);
            BOOST_TEST(told == s.seeded.size());
            BOOST_TEST((come == s.seeded));
            auto const news = c.async_noop(s.io.wait(ec));
            BOOST_TEST(!ec, ec.message());
            BOOST_TEST(asked >= before + 1);
            BOOST_TEST_REQUIRE(!news.empty());
            BOOST_TEST((news.front().what == mailbox_event::kind::resumed));
            BOOST_TEST(news.front().number == s.seeded.size());
        }

    // Between commands it costs nothing.
    s.server->restart();
    auto const found = c.async_search(search_key::header("X-Number", "7"), s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(!found.empty());
    BOOST_TEST(c.selected().exists == s.seeded.size());

    // APPEND is said once, and nobody knows what has become of it.
    outkit::octet_source from;
    from.octets = 100'000;
    std::size_t given = 0;
    from.read = [&](char* into, std::size_t most, error_code&) {
        std::fill_n(into, most, 'x');
        given += most;
        if (given == 100'000)
            BOOST_TEST(s.server->drop_sessions() == 1u);
        return most;
    };
    std::size_t const before = asked;
    auto const appended = c.async_append("INBOX", from, {}, s.io.wait(ec));
    BOOST_TEST((ec == error::outcome_unknown), ec.message());
    BOOST_TEST(appended.uid == 0u);
    BOOST_TEST(given == 100'000u);
    BOOST_TEST(asked == before);
    c.async_noop(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(asked == before + 1);
    BOOST_TEST(c.selected().exists <= s.seeded.size() + 1);
    c.async_append("INBOX", std::string("Subject: again\r\n\r\n"), {}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << ' ' << c.diagnostics());
    c.async_logout(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
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

// --- a message, and what a server must make of it, from one description ---

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

struct node
{
    std::string type, subtype;
    pairs parameters = {};
    std::string encoding = "7bit";
    std::string body = {};          // of a part that has none within
    std::vector<node> within = {};  // of a multipart; of a message/rfc822 its one body
    std::string subject = {};       // of a message/rfc822
    std::string id = {}, description = {}, disposition = {}, language = {}, location = {};
    pairs disposition_parameters = {};

    bool multipart() const { return type == "multipart"; }
    bool message() const { return type == "message" && !within.empty(); }
    std::string boundary() const { return parameters.back().second; }

    std::string header() const
    {
        auto const list = [](pairs const& all) {
            std::string out;
            for (auto const& [name, value] : all)
                out += ";\r\n " + name + "=\"" + value + '"';
            return out;
        };
        std::string h = "Content-Type: " + type + '/' + subtype + list(parameters) + "\r\n";
        if (encoding != "7bit")
            h += "Content-Transfer-Encoding: " + encoding + "\r\n";
        for (auto const& [name, value] : pairs{{"Content-ID", id},
                                               {"Content-Description", description},
                                               {"Content-Language", language},
                                               {"Content-Location", location}})
            if (!value.empty())
                h += name + ": " + value + "\r\n";
        if (!disposition.empty())
            h += "Content-Disposition: " + disposition + list(disposition_parameters) + "\r\n";
        return h;
    }
    std::string content() const
    {
        if (message())
            return "Subject: " + subject + "\r\nFrom: Inner <inner@contoso.example>\r\nMIME-Version: 1.0\r\n" +
                   within[0].header() + "\r\n" + within[0].content();
        if (!multipart())
            return body;
        std::string out = "This is text before the first part.\r\n";
        for (node const& n : within)
            out += "--" + boundary() + "\r\n" + n.header() + "\r\n" + n.content() + "\r\n";
        return out + "--" + boundary() + "--\r\nThis is text behind the last part.\r\n";
    }
};

node multipart(std::string subtype, std::string boundary, std::vector<node> within)
{
    node n{"multipart", std::move(subtype)};
    n.parameters = {{"boundary", std::move(boundary)}};
    n.within = std::move(within);
    return n;
}

pairs list(chain<parameter> const& all)
{
    pairs out;
    for (parameter const& p : all)
        out.emplace_back(p.name, p.value);
    return out;
}

void compare(body_part const& got, node const& wanted, std::string const& where)
{
    BOOST_TEST_CONTEXT("part " << where << ", " << wanted.type << '/' << wanted.subtype)
    {
        BOOST_TEST(got.type == wanted.type);
        BOOST_TEST(got.subtype == wanted.subtype);
        BOOST_TEST((list(got.parameters) == wanted.parameters));
        BOOST_TEST(got.disposition == wanted.disposition);
        BOOST_TEST((list(got.disposition_parameters) == wanted.disposition_parameters));
        BOOST_TEST(got.location == wanted.location);
        BOOST_TEST((got.languages.empty() ? std::string_view() : got.languages.front()) == wanted.language);
        BOOST_TEST(got.multipart == wanted.multipart());
        std::size_t at = 0;
        if (!wanted.multipart())
        {
            std::string const content = wanted.content();
            BOOST_TEST(got.id == wanted.id);
            BOOST_TEST(got.description == wanted.description);
            BOOST_TEST(got.encoding == wanted.encoding);
            BOOST_TEST(got.octets == content.size());
            auto const lines = std::count(content.begin(), content.end(), '\n');
            bool const counted = wanted.type == "text" || wanted.message();
            BOOST_TEST(got.lines == (counted ? static_cast<std::uint64_t>(lines) : 0u));
            BOOST_TEST_REQUIRE((got.enclosed != nullptr) == wanted.message());
            if (got.enclosed)
            {
                BOOST_TEST(got.enclosed->subject == wanted.subject);
                BOOST_TEST(got.enclosed->from.front().name == "Inner");
            }
        }
        BOOST_TEST_REQUIRE(got.parts.size() == wanted.within.size());
        for (body_part const& child : got.parts)
        {
            compare(child, wanted.within[at], where + '.' + std::to_string(at + 1));
            ++at;
        }
    }
}

// Every part that can be fetched, by its section.
void sections_of(node const& n, std::vector<std::uint32_t> at, std::vector<std::pair<section, std::string>>& out)
{
    if (n.multipart())
    {
        for (std::size_t i = 0; i != n.within.size(); ++i)
        {
            std::vector<std::uint32_t> child = at;
            child.push_back(static_cast<std::uint32_t>(i + 1));
            out.emplace_back(section{child, section::text::mime}, n.within[i].header() + "\r\n");
            if (n.within[i].multipart())
                out.emplace_back(section{child}, n.within[i].content());
            sections_of(n.within[i], child, out);
        }
        return;
    }
    if (at.empty())
        at = {1};
    std::string const content = n.content();
    out.emplace_back(section{at}, content);
    if (!n.message())
        return;
    std::size_t const end = content.find("\r\n\r\n") + 4;
    out.emplace_back(section{at, section::text::header}, content.substr(0, end));
    out.emplace_back(section{at, section::text::body}, content.substr(end));
    out.emplace_back(section{at, section::text::header_fields, {"Subject"}}, "Subject: " + n.subject + "\r\n\r\n");
    if (!n.within[0].multipart())
        at.push_back(1);
    sections_of(n.within[0], at, out);
}

std::string shown(chain<address> const& all)
{
    std::string out;
    auto const one = [](std::string_view v) { return v.data() ? std::string(v) : "NIL"; };
    for (address const& a : all)
        out += '[' + one(a.name) + ' ' + one(a.route) + ' ' + one(a.mailbox) + ' ' + one(a.host) + ']';
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_part_of_every_structure_is_as_it_was_seeded)
{
    node plain{"text", "plain", {{"charset", "utf-8"}, {"format", "flowed"}}};
    plain.encoding = "8bit";
    plain.body = "Gr\xc3\xbc\xc3\x9f"
                 "e\r\n\r\nof three lines, the last one without an end";
    node html{"text", "html", {{"charset", "iso-8859-1"}}};
    html.encoding = "quoted-printable";
    html.body = "<p>Gr=FC=DFe</p>=\r\n\r\n";
    html.language = "de";
    html.location = "https://contoso.example/letter.html";
    node picture{"image", "png", {{"name", "a \\\"picture\\\" {5}.png"}}};
    picture.parameters = {{"name", "picture (1).png"}};
    picture.encoding = "base64";
    picture.body = std::string(760, 'A') + "\r\n" + std::string(12, 'B') + "\r\n";
    picture.id = "<picture@contoso.example>";
    picture.description = "a picture * 1 FETCH (FLAGS ())";
    picture.disposition = "inline";
    picture.disposition_parameters = {{"filename", "picture (1).png"}, {"size", "577"}};
    node file{"application", "octet-stream"};
    file.encoding = "base64";
    file.body = "AAAA";
    file.disposition = "attachment";
    file.disposition_parameters = {{"filename*", "utf-8''%C3%9Cbersicht.bin"}};
    node letter{"message", "rfc822"};
    letter.subject = "the letter within";
    letter.within = {multipart("mixed", "inner", {plain, file})};
    node short_letter{"message", "rfc822"};
    short_letter.subject = "the short one";
    short_letter.within = {html};
    node letter_in_letter{"message", "rfc822"};
    letter_in_letter.subject = "with a letter within";
    letter_in_letter.within = {multipart("mixed", "middle", {letter, plain})};
    node empty{"text", "plain"};
    empty.parameters = {{"charset", "us-ascii"}};
    node report{"text", "csv", {{"charset", "us-ascii"}}};
    report.encoding = "binary";
    report.body = std::string(70'000, 'x') + "\r\n";  // one line

    node deep = plain;
    for (int i = 0; i != 40; ++i)
        deep = multipart(i % 2 ? "mixed" : "alternative", "level-" + std::to_string(i), {deep});
    std::vector<node> hundred;
    for (int i = 0; i != 100; ++i)
        hundred.push_back(i % 3 ? file : plain);
    node const related = multipart("related", "r", {html, picture});
    node const messages[] = {
        plain,
        report,
        file,
        letter,
        short_letter,
        multipart("alternative", "a", {plain, html}),
        multipart("mixed", "=_m", {multipart("alternative", "a", {plain, related}), letter, file, empty}),
        multipart("digest", "d", {letter, short_letter}),
        multipart("report", "delivery", {plain, report, letter_in_letter}),
        deep,
        multipart("mixed", "many", hundred),
    };

    set_up s;
    client c = s.signed_in();
    error_code ec;
    std::vector<std::string> texts;
    for (node const& n : messages)
    {
        texts.push_back("Subject: structure\r\nMIME-Version: 1.0\r\n" + n.header() + "\r\n" + n.content());
        c.async_append("INBOX", texts.back(), {}, s.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    }
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::size_t read = 0;
    for (std::size_t i = 0; i != std::size(messages); ++i)
        BOOST_TEST_CONTEXT("message " << i)
        {
            uid_set const it(static_cast<std::uint32_t>(i + 1));
            fetch_items what;
            what.size = what.structure = true;
            std::vector<std::pair<section, std::string>> wanted;
            sections_of(messages[i], {}, wanted);
            wanted.emplace_back(section{}, texts[i]);
            for (auto const& [which, text] : wanted)
                what.sections.push_back(which);
            auto const batch = c.async_fetch(it, what, s.io.wait(ec));
            BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
            BOOST_TEST_REQUIRE(batch.size() == 1u);
            BOOST_TEST(batch[0].size.value_or(0) == texts[i].size());
            BOOST_TEST_REQUIRE(batch[0].structure);
            compare(*batch[0].structure, messages[i], "0");
            BOOST_TEST_REQUIRE(batch[0].sections.size() == wanted.size());
            auto expected = wanted.begin();
            for (section_data const& d : batch[0].sections)
            {
                BOOST_TEST((d.data == expected->second), "section " << d.section << ": " << d.data.substr(0, 200));
                ++expected;
                ++read;
            }
        }
    BOOST_TEST(read > 300u);
}

BOOST_AUTO_TEST_CASE(envelopes_and_large_headers_are_as_they_were_seeded)
{
    struct row
    {
        std::string header;
        std::string subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id, date;
    };
    std::string const long_text = [] {
        std::string t = "long";
        for (int i = 0; t.size() < 64 * 1024; ++i)
            t += " word" + std::to_string(i);
        return t;
    }();
    std::string folded = long_text;
    for (std::size_t at = 0; (at = folded.find(' ', at + 900)) != std::string::npos;)
        folded.replace(at, 1, "\r\n ");
    std::string many;
    for (int i = 0; i != 1'000; ++i)
        many += (i ? ",\r\n " : "") + ("P" + std::to_string(i)) + " <p" + std::to_string(i) + "@x.example>";
    std::string const a = "[NIL NIL a x.example]";
    row const rows[] = {
        {"From: a@x.example\r\n", "NIL", a, a, a, "", "", "", "NIL", "NIL", "NIL"},
        {"From: a@x.example\r\nSubject:\r\n", "", a, a, a, "", "", "", "NIL", "NIL", "NIL"},
        {"From: \"Quoted \\\"name\\\" \\\\\" <a@x.example>\r\nSubject: \"quoted\" \\ {5} (x) ]\r\n",
         "\"quoted\" \\ {5} (x) ]", "[Quoted \"name\" \\ NIL a x.example]", "[Quoted \"name\" \\ NIL a x.example]",
         "[Quoted \"name\" \\ NIL a x.example]", "", "", "", "NIL", "NIL", "NIL"},
        {"From: A <a@x.example>, b@x.example\r\nSender: S <s@x.example>\r\nReply-To: r@x.example\r\n"
         "To: A group: c@x.example, D <d@x.example>;, e@x.example\r\nCc: empty:;\r\nBcc: f@x.example\r\n"
         "In-Reply-To: <1@x.example>\r\n <2@x.example>\r\nMessage-ID: <3@x.example>\r\n"
         "Date: Thu, 1 Jan 1970 00:00:00 +0000 (of old)\r\nSubject: folded\r\n\tonce\r\n",
         "folded once", "[A NIL a x.example][NIL NIL b x.example]", "[S NIL s x.example]", "[NIL NIL r x.example]",
         "[NIL NIL A group NIL][NIL NIL c x.example][D NIL d x.example][NIL NIL NIL NIL][NIL NIL e x.example]",
         "[NIL NIL empty NIL][NIL NIL NIL NIL]", "[NIL NIL f x.example]", "<1@x.example> <2@x.example>",
         "<3@x.example>", "Thu, 1 Jan 1970 00:00:00 +0000 (of old)"},
        {"From: =?utf-8?b?R3LDvMOfZQ==?= <a@x.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and 8 bit "
         "gr\xc3\xbc\xc3\x9f"
         "e \xff\r\n",
         "=?utf-8?q?Gr=C3=BC=C3=9Fe?= and 8 bit gr\xc3\xbc\xc3\x9f"
         "e \xff",
         "[=?utf-8?b?R3LDvMOfZQ==?= NIL a x.example]", "[=?utf-8?b?R3LDvMOfZQ==?= NIL a x.example]",
         "[=?utf-8?b?R3LDvMOfZQ==?= NIL a x.example]", "", "", "", "NIL", "NIL", "NIL"},
        {"From: a@x.example\r\nSubject: " + folded + "\r\nTo: " + many + "\r\n", long_text, a, a, a, "1000", "", "",
         "NIL", "NIL", "NIL"},
        {"From: a@x.example\r\nX-Long: " + std::string(64 * 1024, 'x') + "\r\nSubject: behind it\r\n", "behind it", a,
         a, a, "", "", "", "NIL", "NIL", "NIL"},
    };

    set_up s;
    client c = s.signed_in();
    error_code ec;
    for (row const& r : rows)
    {
        c.async_append("INBOX", r.header + "\r\nbody\r\n", {}, s.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    }
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    fetch_items what;
    what.envelope = true;
    what.sections = {{{}, section::text::header},
                     {{}, section::text::header_fields, {"X-Long"}},
                     {{}, section::text::header_fields_not, {"X-Long"}}};
    auto const batch = c.async_fetch(uid_set::all(), what, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    BOOST_TEST_REQUIRE(batch.size() == std::size(rows));
    auto const one = [](std::string_view v) { return v.data() ? std::string(v) : "NIL"; };
    for (std::size_t i = 0; i != std::size(rows); ++i)
        BOOST_TEST_CONTEXT("message " << i)
        {
            row const& r = rows[i];
            BOOST_TEST_REQUIRE(batch[i].envelope);
            envelope const& e = *batch[i].envelope;
            BOOST_TEST((one(e.subject) == r.subject), one(e.subject).substr(0, 200));
            BOOST_TEST(shown(e.from) == r.from);
            BOOST_TEST(shown(e.sender) == r.sender);
            BOOST_TEST(shown(e.reply_to) == r.reply_to);
            if (r.to == "1000")
                BOOST_TEST(e.to.size() == 1'000u);
            else
                BOOST_TEST(shown(e.to) == r.to);
            BOOST_TEST(shown(e.cc) == r.cc);
            BOOST_TEST(shown(e.bcc) == r.bcc);
            BOOST_TEST(one(e.in_reply_to) == r.in_reply_to);
            BOOST_TEST(one(e.message_id) == r.message_id);
            BOOST_TEST(one(e.date) == r.date);
            auto part = batch[i].sections.begin();
            BOOST_TEST((part->data == r.header + "\r\n"));
            bool const has = r.header.find("X-Long") != std::string::npos;
            std::size_t const at = r.header.find("X-Long"), end = has ? r.header.find("\r\n", at) + 2 : 0;
            BOOST_TEST(((++part)->data == (has ? r.header.substr(at, end - at) : "") + "\r\n"));
            BOOST_TEST(((++part)->data == (has ? r.header.substr(0, at) + r.header.substr(end) : r.header) + "\r\n"));
        }
}

BOOST_AUTO_TEST_CASE(mailboxes_of_any_name_are_made_listed_renamed_and_removed)
{
    set_up s;
    client c = s.signed_in();
    error_code ec;
    std::string const names[] = {"Archive 2024",
                                 "a \"quoted\" one",
                                 "back\\slash",
                                 "R&D & more",
                                 "&AOk-",
                                 "{5}",
                                 "NIL",
                                 "(x) [y] <z>",
                                 "Entw\xc3\xbcrfe",
                                 "\xe5\x8f\xb0\xe5\x8c\x97",                  // Taipei
                                 "\xf0\x9f\x93\xac post",                     // beyond the BMP
                                 "\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1",  // Athens
                                 "INBOX.Below"};
    for (std::string const& name : names)
        BOOST_TEST_CONTEXT(name)
        {
            c.async_create(name, s.io.wait(ec));
            BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
            c.async_create(name, s.io.wait(ec));
            BOOST_TEST((ec == outkit::imap::error::mailbox_exists), ec.message() << c.diagnostics());
            auto const where = c.async_append(name, "Subject: " + name + "\r\n\r\n", {}, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            BOOST_TEST(where.uid == 1u);
            auto const status = c.async_status(name, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            BOOST_TEST(status.exists == 1u);
            BOOST_TEST(status.unseen == 1u);
            BOOST_TEST(status.uid_next == 2u);
            BOOST_TEST(status.uid_validity == where.uid_validity);
            auto const box = c.async_select(name, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            BOOST_TEST(box.uid_validity == where.uid_validity);
            BOOST_TEST(box.first_unseen == 1u);
            BOOST_TEST(c.selected().name == name);
            c.async_subscribe(name, true, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
        }
    for (bool const subscribed : {false, true})
    {
        auto const all = subscribed ? c.async_list_subscribed("*", s.io.wait(ec)) : c.async_list("*", s.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        for (std::string const& name : names)
        {
            auto const at = std::find_if(all.begin(), all.end(), [&](mailbox const& m) { return m.name == name; });
            BOOST_TEST_REQUIRE((at != all.end()), name);
            BOOST_TEST(at->delimiter.value_or(0) == '.');
            // As the server has said it, it can be said again.
            auto const status = c.async_status(*at, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            BOOST_TEST(status.exists == 1u);
        }
    }
    auto const level = c.async_list("%", s.io.wait(ec));
    BOOST_TEST(std::none_of(level.begin(), level.end(), [](mailbox const& m) { return m.name == "INBOX.Below"; }));
    c.async_unselect(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(c.selected().name.empty());
    for (std::string const& name : names)
        BOOST_TEST_CONTEXT(name)
        {
            c.async_subscribe(name, false, s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            c.async_rename(name, name + " \xe2\x82\xac", s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            c.async_select(name, s.io.wait(ec));
            BOOST_TEST((ec == outkit::imap::error::no_such_mailbox), ec.message() << c.diagnostics());
            auto const status = c.async_status(name + " \xe2\x82\xac", s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            BOOST_TEST(status.exists == 1u);
            c.async_delete(name + " \xe2\x82\xac", s.io.wait(ec));
            BOOST_TEST(!ec, ec.message() << c.diagnostics());
            c.async_delete(name + " \xe2\x82\xac", s.io.wait(ec));
            BOOST_TEST((ec == outkit::imap::error::no_such_mailbox), ec.message() << c.diagnostics());
        }
    auto const left = c.async_list("*", s.io.wait(ec));
    BOOST_TEST(left.size() == 1u);
    auto const none = c.async_list_subscribed("*", s.io.wait(ec));
    BOOST_TEST(none.empty());
    // Into what is not there
    c.async_append("Nowhere", std::string("Subject: x\r\n\r\n"), {}, s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::no_such_mailbox), ec.message() << c.diagnostics());
    c.async_append("INBOX", std::string("Subject: x\r\n\r\n"), {}, s.io.wait(ec));
    c.async_select("INBOX", s.io.wait(ec));
    for (bool const move : {false, true})
    {
        if (move)
            c.async_move(uid_set(1), "Nowhere", s.io.wait(ec));
        else
            c.async_copy(uid_set(1), "Nowhere", s.io.wait(ec));
        BOOST_TEST((ec == outkit::imap::error::no_such_mailbox), ec.message() << c.diagnostics());
    }
}

BOOST_AUTO_TEST_CASE(a_server_without_extensions_is_served_with_what_it_has)
{
    // STARTTLS, no LITERAL+, no UIDPLUS, no MOVE, no IDLE, no ID, no SASL-IR.
    std::uint16_t const port = tests::free_port();
    set_up s(
        0, "imap_capability = IMAP4rev1 UNSELECT NAMESPACE\nservice imap-login {\n  inet_listener imap {\n    port = " +
               std::to_string(port) + "\n  }\n}\n");
    client c(outkit::stream(s.io.get_executor(), s.tls));
    error_code ec;
    c.async_connect("localhost", port, security::starttls, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    c.async_authenticate(adele, access_token(s.token()), s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << c.diagnostics());
    auto const caps = c.async_capability(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(caps.has("NAMESPACE"));
    BOOST_TEST_REQUIRE(!caps.has("LITERAL+"));

    std::string heard;
    c.trace([&heard](outkit::detail::wire::direction, std::string_view line) { (heard += line) += '\n'; });
    std::string const text = "Subject: synchronising\r\n\r\n" + std::string(5'000, 'x') + "\r\n";
    c.async_append("INBOX", text, {}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    c.async_create("a \"b\" {3+}\xc3\xbc", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const found = c.async_search(search_key::subject("gr\xc3\xbc\xc3\x9f"), s.io.wait(ec));  // a literal
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(found.empty());
    BOOST_TEST(heard.find("{5028}") != std::string::npos, heard);
    BOOST_TEST(heard.find("5028+") == std::string::npos);
    fetch_items what;
    what.sections.emplace_back();
    auto const batch = c.async_fetch(uid_set(1), what, s.io.wait(ec));
    BOOST_TEST_REQUIRE(batch.size() == 1u);
    BOOST_TEST((batch[0].sections.front().data == text));

    c.async_move(uid_set(1), "INBOX", s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::capability_missing), ec.message());
    c.async_expunge(uid_set(1), s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::capability_missing), ec.message());
    c.async_idle({}, s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::capability_missing), ec.message());
    c.async_id({}, s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::capability_missing), ec.message());
    c.async_logout(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(what_is_copied_and_moved_is_told_by_uid)
{
    set_up s(40);
    client c = s.signed_in();
    error_code ec;
    c.async_create("Target", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    uid_set some(3, 5);
    some.add(9);
    some.add(30, 40);
    auto const copied = c.async_copy(some, "Target", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(copied.from.to_string() == "3:5,9,30:40");
    BOOST_TEST(copied.to.size() == 15u);
    uid_set others(10, 12);
    others.add(20);
    others.add(1'000);  // is not there
    auto const moved = c.async_move(others, "Target", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(moved.from.to_string() == "10:12,20");
    BOOST_TEST(c.selected().exists == 36u);
    auto const again = c.async_move(others, "Target", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << c.diagnostics());
    BOOST_TEST(again.from.empty());

    fetch_items what;
    what.flags = what.internal_date = true;
    what.sections.emplace_back();
    auto const gone = c.async_fetch(others, what, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(gone.empty());
    BOOST_TEST(gone.missing().contains(20));
    auto const box = c.async_select("Target", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST(box.uid_validity == copied.uid_validity);
    BOOST_TEST(box.exists == 19u);
    std::vector<std::size_t> order;
    for (number_set const& set : {number_set(copied.from), number_set(moved.from)})
        for (auto const& r : set.ranges())
            for (std::uint32_t n = r.first; n <= r.last; ++n)
                order.push_back(n - 1);
    auto const batch = c.async_fetch(uid_set::all(), what, s.io.wait(ec));
    BOOST_TEST_REQUIRE(batch.size() == order.size());
    for (std::size_t i = 0; i != order.size(); ++i)
    {
        BOOST_TEST((batch[i].sections.front().data == s.seeded[order[i]]), i);
        BOOST_TEST((batch[i].internal_date == arrival(order[i])), i);
        BOOST_TEST(((batch[i].system & ~flag::recent) == marks(order[i])), i);
    }

    // Flags, each way.
    auto const now = [&](store_options how) {
        auto const stored = c.async_store(uid_set(1, 3), how, s.io.wait(ec));
        BOOST_TEST(!ec, ec.message() << c.diagnostics());
        BOOST_TEST(stored.size() == (how.silent ? 0u : 3u));
        fetch_items flags_only;
        flags_only.flags = true;
        auto const after = c.async_fetch(uid_set(1, 3), flags_only, s.io.wait(ec));
        BOOST_TEST_REQUIRE(after.size() == 3u);
        std::vector<std::string> keywords;
        for (std::string_view const k : after[0].keywords)
            keywords.emplace_back(k);
        for (std::size_t i = 0; i != 3 && !how.silent; ++i)
            BOOST_TEST((stored[i].system == after[i].system));
        return outkit::imap::flags{after[0].system & ~flag::recent, keywords};
    };
    using outkit::imap::flags;
    BOOST_TEST((now({store_mode::replace, {flag::seen, {"$Label1", "$Forwarded"}}}) ==
                flags{flag::seen, {"$Label1", "$Forwarded"}}));
    BOOST_TEST((now({store_mode::remove, {flag::seen, {"$Label1"}}, true}) == flags{flag::none, {"$Forwarded"}}));
    BOOST_TEST((now({store_mode::add, {flag::deleted | flag::answered, {}}, true}) ==
                flags{flag::deleted | flag::answered, {"$Forwarded"}}));
    BOOST_TEST((now({store_mode::replace, {flag::draft, {}}}) == flags{flag::draft, {}}));

    // Only these, and only those that are \Deleted.
    c.async_store(uid_set(1, 4), {store_mode::add, {flag::deleted, {}}, true}, s.io.wait(ec));
    c.async_expunge(uid_set(4, 10), s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    auto const events = c.async_noop(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(!events.empty());
    auto const left =
        c.async_search(search_key::flagged_as(flag::deleted) && search_key::uids(uid_set(1, 10)), s.io.wait(ec));
    BOOST_TEST(left.to_string() == "1:3");
    BOOST_TEST(!c.async_search(search_key::uids(uid_set(4)), s.io.wait(ec)).contains(4));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(a_message_is_read_in_pieces_and_only_then_seen)
{
    set_up s;
    client c = s.signed_in();
    error_code ec;
    std::string text = "Subject: pieces\r\n\r\n";
    for (int i = 0; i != 2'000; ++i)
        text += std::to_string(i) + " gr\xc3\xbc\xc3\x9f"
                                    "e )\r\n";
    c.async_append("INBOX", text, {.date = std::chrono::sys_seconds(std::chrono::seconds(0))}, s.io.wait(ec));
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::string back;
    for (std::uint32_t at = 0;; at += 4'999)
    {
        fetch_items what;
        what.flags = what.internal_date = true;
        what.sections = {{{}, section::text::everything, {}, section::slice{at, 4'999}}};
        auto const batch = c.async_fetch(sequence_set(1), what, s.io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        section_data const& d = batch[0].sections.front();
        BOOST_TEST(d.origin.value_or(~0u) == at);
        BOOST_TEST(!batch[0].has(flag::seen));
        BOOST_TEST(batch[0].internal_date->time_since_epoch().count() == 0);
        back += d.data;
        if (d.data.size() < 4'999)
            break;
    }
    BOOST_TEST((back == text));
    fetch_items what;
    what.flags = true;
    what.sections = {{{}, section::text::body, {}, {}, true}};
    auto const batch = c.async_fetch(sequence_set(1), what, s.io.wait(ec));
    BOOST_TEST((batch[0].sections.front().data == text.substr(text.find("\r\n\r\n") + 4)));
    auto const found = c.async_search(search_key::flagged_as(flag::seen), s.io.wait(ec));
    BOOST_TEST(found.to_string() == "1");
}

BOOST_AUTO_TEST_CASE(idle_hears_of_new_messages_flags_and_removals)
{
    set_up s(3);
    client listening = s.signed_in(), writing = s.signed_in();
    error_code ec;
    listening.async_select("INBOX", s.io.wait(ec));
    writing.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::vector<mailbox_event> heard;
    // Listens until it has heard of that, while the other client writes.
    auto const until = [&](mailbox_event::kind what, auto write) {
        heard.clear();
        bool written = false;
        while (std::none_of(heard.begin(), heard.end(), [&](mailbox_event const& e) { return e.what == what; }))
        {
            bool done = false;
            listening.async_idle({}, [&](error_code e, std::vector<mailbox_event> events) {
                BOOST_TEST_REQUIRE(!e, e.message());
                heard.insert(heard.end(), events.begin(), events.end());
                done = true;
            });
            if (!std::exchange(written, true))
                write();
            s.io.run_until(done);
        }
        return *std::find_if(heard.begin(), heard.end(), [&](mailbox_event const& e) { return e.what == what; });
    };
    using kind = mailbox_event::kind;
    auto const came = until(kind::exists, [&] {
        writing.async_append("INBOX", std::string("Subject: x\r\n\r\nx\r\n"), {}, s.io.wait(ec));
    });
    BOOST_TEST(came.number == 4u);
    auto const marked = until(kind::flags, [&] {
        writing.async_store(uid_set(1), {store_mode::replace, {flag::flagged | flag::deleted, {}}, true},
                            s.io.wait(ec));
    });
    BOOST_TEST(marked.number == 1u);
    BOOST_TEST(((marked.flags.system & ~flag::recent) == (flag::flagged | flag::deleted)));
    auto const gone = until(kind::expunge, [&] { writing.async_expunge(uid_set(1), s.io.wait(ec)); });
    BOOST_TEST(gone.number == 1u);
    BOOST_TEST(listening.selected().exists == 3u);

    // Ended when nothing happens: by the clock, and by hand.
    auto const nothing = listening.async_idle({.at_most = std::chrono::milliseconds(50)}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(nothing.empty());
    bool done = false;
    listening.async_idle({}, [&](error_code e, std::vector<mailbox_event> events) {
        BOOST_TEST(!e, e.message());
        BOOST_TEST(events.empty());
        done = true;
    });
    listening.stop_idle();
    s.io.run_until(done);
    listening.async_close(s.io.wait(ec));
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
