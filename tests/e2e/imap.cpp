// The IMAP client and the mock IMAP: joined in memory with TLS and cut at every byte, and over real sockets.

#include <outkit/blocking.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/imap_view.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace std::chrono_literals;
using namespace outkit::imap;
using outkit::access_token;
using outkit::condition;
using outkit::error_code;
using outkit::make_error_code;
using outkit::detail::flow;
using outkit::detail::wire;
namespace flows = outkit::imap::detail;
namespace mock = outkit::mock;

namespace {

std::string const first_message = "From: Alex Wilber <alex@contoso.example>\r\n"
                                  "To: Adele Vance <adele@contoso.example>\r\n"
                                  "Subject: Gr\xc3\xbc\xc3\x9f"
                                  "e, \"quoted\"\r\n"
                                  "Date: Mon, 5 Oct 2026 08:15:02 +0200\r\n"
                                  "Message-ID: <1@contoso.example>\r\n"
                                  "MIME-Version: 1.0\r\n"
                                  "Content-Type: multipart/mixed; boundary=b\r\n"
                                  "\r\n"
                                  "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
                                  "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n"
                                  "Content-Disposition: attachment; filename=a.pdf\r\n"
                                  "Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n";
std::string const second_message = "From: b@contoso.example\r\nSubject: two\r\n\r\nA * 9 FETCH (BODY[] {3}\r\nline\r\n";

struct tenant
{
    explicit tenant(mock::imap_profile p = mock::imap_profile::tcpproxy)
    {
        mock::tenant t;
        t.domains = {"contoso.example"};
        id = world.directory.add_tenant(world, t).id;
        for (char const* const name : {"adele", "alex"})
        {
            mock::user u;
            u.tenant_id = id;
            u.principal_name = std::string(name) + "@contoso.example";
            u.display_name = name;
            world.directory.add_user(world, u);
            world.mailboxes.create({.address = u.principal_name, .display_name = name});
        }
        world.policy.service.profile = p;
        auto& box = *world.mailboxes.find("adele@contoso.example");
        auto const inbox = box.find(mock::role::inbox);
        world.mailboxes.append(*inbox, first_message);
        world.mailboxes.append(*inbox, second_message, {.flags = mock::flags::seen});
    }

    std::string token(std::string const& permission = "IMAP.AccessAsUser.All",
                      std::string const& audience = "https://outlook.office.com", std::int64_t lifetime = 3600)
    {
        return world.run([&] {
            mock::user const& u = *world.directory.find_user("adele@contoso.example");
            mock::access_claims c;
            c.audience = audience;
            c.tenant = id;
            c.client_id = "00000000-0000-4000-8000-00000000a001";
            c.person = {id, u.id, u.principal_name, u.display_name, "", "", ""};
            c.permissions = {permission};
            return mock::issue_access_token(world.keys, world, c, lifetime);
        });
    }

    mock::world world;
    std::string id;
};

constexpr char const* adele = "adele@contoso.example";

// Everything a client says in a session that goes well.
struct seen
{
    std::vector<std::string> folders;
    std::vector<std::string> subjects;
    std::string body;
    append_result appended;
    std::size_t after = 0;
};
flow<seen> whole_session(flows::session& s, std::string bearer, security how)
{
    seen out;
    co_await flows::connect(s, "mail.test", 993, how);
    access_token token(std::move(bearer));
    co_await flows::authenticate(s, adele, std::move(token));
    auto const folders = co_await flows::list(s, "", "*");
    for (mailbox const& m : folders)
        out.folders.push_back(m.name);
    co_await flows::select(s, "INBOX", false);
    fetch_items what = fetch_items::metadata();
    auto const batch = co_await flows::fetch(s, flows::numbering::uid, uid_set::all(), std::move(what));
    for (message const& m : batch)
        out.subjects.emplace_back(m.envelope->subject);
    fetch_items body;
    body.sections.emplace_back();
    body.sink = [&out](section_piece const& p) {
        out.body += p.data;
        return error_code();
    };
    auto const bodies = co_await flows::fetch(s, flows::numbering::uid, uid_set::all(), std::move(body));
    store_options flagged;
    flagged.flags.system = flag::flagged;
    co_await flows::store(s, flows::numbering::uid, uid_set(1), std::move(flagged));
    append_options how_to;
    std::string third = "Subject: three\r\n\r\n3\r\n";
    out.appended = co_await flows::append(s, "INBOX", std::move(third), std::move(how_to));
    co_await flows::noop(s);
    out.after = s.box.exists;
    co_await flows::logout(s);
    co_return out;
}

struct outcome
{
    outkit::detail::simulator::result<seen> client;
};

outcome meet_once(tenant& t, std::string bearer, security how, outkit::detail::weather sky = {})
{
    mock::imap service(t.world);
    flows::session s;
    outkit::detail::simulator sim(1, sky);
    auto serve = [&service, how](wire& w) -> flow<> {
        if (how == security::implicit_tls)
            co_await w.start_tls();
        co_await service.serve(w);
    };
    sim.listen("mail.test", 993, serve, outkit::tests::certified_server());
    auto const r = sim.start("client", whole_session(s, std::move(bearer), how), outkit::tests::trusting_client());
    sim.run();
    return {*r};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_end_to_end)

BOOST_AUTO_TEST_CASE(a_whole_session_in_every_profile_and_mode)
{
    using enum mock::imap_profile;
    for (auto const p : {tcpproxy, classic, transition, rev2})
        for (auto const piece : {std::size_t(1), std::size_t(7), std::size_t(1) << 16})
        {
            tenant t(p);
            auto const how = piece == 7 ? security::implicit_tls : security::starttls;
            auto const [c] = meet_once(t, t.token(), how, {.largest_piece = piece});
            BOOST_TEST(!c.ec, c.ec.message() << ' ' << c.diagnostics);
            BOOST_TEST_REQUIRE(c.value.has_value());
            BOOST_TEST(c.value->folders.front() == "Archive");
            BOOST_TEST(c.value->subjects.size() == 2u);
            BOOST_TEST(c.value->subjects[0] == "Gr\xc3\xbc\xc3\x9f"
                                               "e, \"quoted\"");
            BOOST_TEST(c.value->body == first_message + second_message);
            BOOST_TEST(c.value->appended.uid == 3u);
            BOOST_TEST(c.value->after == 3u);
            auto const& inbox = *t.world.mailboxes.find(adele)->find(mock::role::inbox);
            BOOST_TEST(inbox.find(1)->is(mock::flags::flagged));
            BOOST_TEST(inbox.find(3)->raw() == "Subject: three\r\n\r\n3\r\n");
        }
}

// Never success by halves, and what the client reports agrees with what is in the store. (At every byte without TLS: see
// the scripted tests of the flows.)
BOOST_AUTO_TEST_CASE(IM_43_cut_all_along_under_TLS)
{
    int succeeded = 0, failed = 0, unknown = 0;
    for (std::size_t n = 0; n < 60'000 && succeeded < 2; n += 101)
    {
        tenant t;
        auto const& inbox = *t.world.mailboxes.find(adele)->find(mock::role::inbox);
        auto const [c] = meet_once(t, t.token(), security::starttls, {.cut_after = n, .cut_resets = n % 2 == 1});
        bool const appended = inbox.messages().size() == 3;
        if (!c.ec)
        {
            ++succeeded;
            BOOST_TEST(appended);
            continue;
        }
        ++failed;
        BOOST_TEST(!c.value.has_value());
        if (c.ec == outkit::imap::error::outcome_unknown)
            ++unknown;
    }
    BOOST_TEST(failed > 50);
    BOOST_TEST(unknown > 0);
    BOOST_TEST(succeeded > 0);
}

// --- over sockets ---

namespace {

struct service : tenant
{
    explicit service(mock::imap_profile p = mock::imap_profile::tcpproxy) : tenant(p)
    {
        answering = std::make_unique<mock::imap>(world);
        world.start_thread();
        error_code ec;
        world.run([&] {
            auto serve = [this](wire& w, mock::visitor& who) { return answering->serve(w, who); };
            door = std::make_unique<mock::listener>(world, "imap", serve, world.certificates.server_context(),
                                                    mock::listener::mode::implicit_tls, std::uint16_t(0), ec);
        });
        BOOST_TEST_REQUIRE(!ec, ec.message());
        trust = outkit::tls_context::client(ec, {.system = false, .authorities_pem = world.certificates.ca_pem()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    ~service()
    {
        world.run([&] {
            door.reset();
            answering.reset();
        });
    }
    client make() { return client(outkit::stream(io.get_executor(), trust)); }
    void connect(client& c)
    {
        error_code ec;
        c.async_connect("localhost", door->port(), security::implicit_tls, io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    client opened()
    {
        client c = make();
        connect(c);
        error_code ec;
        c.async_authenticate(adele, access_token(token()), io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics());
        c.async_select("INBOX", io.wait(ec));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        return c;
    }

    std::unique_ptr<mock::imap> answering;
    std::unique_ptr<mock::listener> door;
    outkit::tls_context trust;
    outkit::blocking_context io;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_the_mailbox_holds_is_seen_through_the_client)
{
    service s;
    client c = s.opened();
    error_code ec;
    BOOST_TEST(c.selected().exists == 2u);
    BOOST_TEST(c.selected().first_unseen == 1u);
    auto const batch = c.async_fetch(uid_set::all(), fetch_items::metadata(), s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST_REQUIRE(batch.size() == 2u);
    message const& m = batch[0];
    BOOST_TEST(m.envelope->from.front().mailbox == "alex");
    BOOST_TEST(m.envelope->message_id == "<1@contoso.example>");
    BOOST_TEST(m.structure->multipart);
    BOOST_TEST(m.structure->parts.size() == 2u);
    BOOST_TEST(std::next(m.structure->parts.begin())->disposition == "attachment");
    BOOST_TEST(m.size.has_value());
    BOOST_TEST(m.internal_date.has_value());

    fetch_items parts;
    parts.sections = {{{1}, section::text::everything, {}, {}, false},
                      {{2}, section::text::mime, {}, {}, false},
                      {{}, section::text::header_fields, {"subject", "Date"}, {}, false},
                      {{}, section::text::everything, {}, section::slice{6, 4}, false},
                      {{9}, section::text::everything, {}, {}, false}};
    auto const sections = c.async_fetch(uid_set(1), parts, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::vector<std::string> texts;
    for (auto const& one : sections[0].sections)
        texts.emplace_back(one.data.data() ? one.data : std::string_view("NIL"));
    BOOST_TEST((texts == std::vector<std::string>{
                             "Hello",
                             "Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; "
                             "filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                             "Subject: Gr\xc3\xbc\xc3\x9f"
                             "e, \"quoted\"\r\nDate: Mon, 5 Oct 2026 08:15:02 +0200\r\n\r\n",
                             "Alex", "NIL"}));
    c.async_logout(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(tokens_that_do_not_open_the_mailbox)
{
    service s;
    struct row
    {
        std::string token;
        outkit::imap::error expected;
    };
    std::string altered = s.token();
    altered[altered.size() - 10] = altered[altered.size() - 10] == 'A' ? 'B' : 'A';
    for (row const& r :
         {row{altered, outkit::imap::error::authentication_failed},
          {s.token("Mail.Read"), outkit::imap::error::authentication_failed},
          {s.token("IMAP.AccessAsUser.All", "https://graph.microsoft.com"), outkit::imap::error::authentication_failed},
          {s.token("IMAP.AccessAsUser.All", "https://outlook.office.com", -7200),
           outkit::imap::error::authentication_failed},
          {"nonsense", outkit::imap::error::authentication_failed}})
    {
        client c = s.make();
        s.connect(c);
        error_code ec;
        c.async_authenticate(adele, access_token(r.token), s.io.wait(ec));
        BOOST_TEST((ec == r.expected), ec.message() << ": " << c.diagnostics());
        BOOST_TEST(c.diagnostics() == "AUTHENTICATE failed.");
        // Nothing is wrong with the connection, and no token is in the journal.
        c.async_noop(s.io.wait(ec));
        BOOST_TEST(!ec, ec.message());
    }
    std::string const journal = s.world.run([&] { return s.world.journal.to_json(); });
    BOOST_TEST(journal.find("eyJ") == std::string::npos);
    BOOST_TEST(journal.find("AUTHENTICATE XOAUTH2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(authenticated_but_not_connected_in_both_shapes)
{
    for (auto const p : {mock::imap_profile::tcpproxy, mock::imap_profile::classic})
    {
        service s(p);
        s.world.run([&] { s.world.policy.edit_mailbox(adele).imap = false; });
        client c = s.make();
        s.connect(c);
        error_code ec;
        c.async_authenticate(adele, access_token(s.token()), s.io.wait(ec));
        BOOST_TEST((ec == outkit::imap::error::authenticated_but_not_connected), ec.message());
        BOOST_TEST(c.diagnostics() == "User is authenticated but not connected.");
        bool const ok = s.world.run([&] {
            auto const* const e = s.world.journal.last({.server = "imap", .what = "AUTHENTICATE"});
            return e && e->answer.starts_with("OK");
        });
        BOOST_TEST(ok == (p == mock::imap_profile::classic));
    }
}

BOOST_AUTO_TEST_CASE(too_many_connections_are_not_connected)
{
    service s;
    s.world.run([&] { s.world.policy.service.throttling.imap_connections = 1; });
    client first = s.opened();
    client second = s.make();
    s.connect(second);
    error_code ec;
    second.async_authenticate(adele, access_token(s.token()), s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::authenticated_but_not_connected));
    first.async_logout(s.io.wait(ec));
    client third = s.opened();
    BOOST_TEST(third.selected().exists == 2u);
}

BOOST_AUTO_TEST_CASE(the_session_ends_when_the_token_does)
{
    service s;
    client c = s.opened();
    s.world.run([&] { s.world.advance(2h); });
    error_code ec;
    c.async_noop(s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::access_token_expired || ec == outkit::imap::error::connection_ended),
               ec.message());
}

BOOST_AUTO_TEST_CASE(a_client_that_was_opened_comes_back_with_another_token)
{
    service s;
    client c = s.make();
    std::size_t asked = 0, rejections = 0;
    mailbox_access where;
    where.host = "localhost";
    where.port = s.door->port();
    where.user = adele;
    where.tokens = [&](access_token const* rejected, outkit::token_answer bring) {
        ++asked;
        rejections += rejected != nullptr;
        bring({}, access_token(s.token("IMAP.AccessAsUser.All", "https://outlook.office.com", 600)));
    };
    error_code ec;
    c.async_open(where, {}, s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << ' ' << c.diagnostics());
    c.async_select("INBOX", s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    for (int i = 0; i != 2; ++i)
    {
        s.world.run([&] { s.world.advance(15min); });
        auto const batch = c.async_fetch(uid_set::all(), fetch_items::metadata(), s.io.wait(ec));
        BOOST_TEST(!ec, ec.message() << ' ' << c.diagnostics());
        BOOST_TEST(batch.size() == 2u);
        auto const heard = c.async_noop(s.io.wait(ec));
        BOOST_TEST(!ec, ec.message());
        BOOST_TEST_REQUIRE(!heard.empty());
        BOOST_TEST((heard[0].what == mailbox_event::kind::resumed));
    }
    BOOST_TEST(asked == 3u);
    BOOST_TEST(rejections == 2u);
    // What may have been carried out is not said again, and what cannot have been is.
    s.world.run([&] { s.world.advance(15min); });
    c.async_append("INBOX", second_message, {}, s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::outcome_unknown), ec.message());
    c.async_append("INBOX", second_message, {}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << ' ' << c.diagnostics());
    BOOST_TEST(asked == 4u);
    BOOST_TEST(rejections == 3u);
    c.async_logout(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    c.async_noop(s.io.wait(ec));
    BOOST_TEST((ec == outkit::error::not_connected), ec.message());
}

BOOST_AUTO_TEST_CASE(idle_hears_of_delivered_mail)
{
    service s;
    client c = s.opened();
    std::vector<mailbox_event> heard;
    error_code result;
    bool done = false;
    c.async_idle({}, [&](error_code ec, std::vector<mailbox_event> e) {
        result = ec;
        heard = std::move(e);
        done = true;
    });
    outkit::asio::post(s.world.get_executor(), [&s] {
        s.world.mailboxes.deliver(*s.world.mailboxes.find(adele), "Subject: new\r\n\r\nx\r\n");
    });
    s.io.run_until(done);
    BOOST_TEST(!result, result.message());
    BOOST_TEST_REQUIRE(!heard.empty());
    BOOST_TEST(heard[0].number == 3u);
    BOOST_TEST(c.selected().exists == 3u);
    // Nothing happens, and we stop.
    done = false;
    c.async_idle({}, [&](error_code ec, std::vector<mailbox_event> e) {
        result = ec;
        heard = std::move(e);
        done = true;
    });
    c.stop_idle();
    s.io.run_until(done);
    BOOST_TEST(!result, result.message());
    error_code ec;
    c.async_noop(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(folders_are_made_filled_and_emptied)
{
    service s;
    client c = s.opened();
    error_code ec;
    c.async_create("Projekte/Gr\xc3\xbcn", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    auto const copied = c.async_copy(uid_set::all(), "Projekte/Gr\xc3\xbcn", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(copied.to.to_string() == "1:2");
    auto const moved = c.async_move(uid_set(1), "Archive", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(moved.from.to_string() == "1");
    BOOST_TEST(c.selected().exists == 1u);
    auto const there = c.async_status("Projekte/Gr\xc3\xbcn", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(there.exists == 2u);
    BOOST_TEST(there.unseen == 1u);
    c.async_store(uid_set(2), {store_mode::add, {flag::deleted, {}}, true}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    c.async_expunge(uid_set::all(), s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(c.selected().exists == 0u);
    c.async_rename("Projekte/Gr\xc3\xbcn", "Blau", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    c.async_delete("Blau", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    c.async_select("Blau", s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::no_such_mailbox));
    BOOST_TEST(c.diagnostics() == "Blau doesn't exist.");
}

BOOST_AUTO_TEST_CASE(queued_faults_happen)
{
    service s;
    client c = s.opened();
    s.world.run([&] {
        s.world.faults.next("imap", "FETCH", "NO Request is throttled. Suggested Backoff Time: 299910 milliseconds");
    });
    error_code ec;
    c.async_fetch(uid_set::all(), {.flags = true}, s.io.wait(ec));
    BOOST_TEST((ec == outkit::imap::error::throttled));
    BOOST_TEST(c.retry_after().value().count() == 299910);
    c.async_fetch(uid_set::all(), {.flags = true}, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

// --- the mock under clients that are not ours ---

namespace {

// What is answered on a plaintext connection, after the greeting.
std::string said_to(tenant& t, std::string const& client_says, outkit::detail::how how = {})
{
    mock::imap service(t.world);
    wire w;
    auto const r = outkit::detail::play(service.serve(w), {client_says}, how);
    std::string said = r.written.substr(r.written.find("\r\n") + 2);
    // The script is silent then, which the mock takes for an idle client.
    if (auto const idle = said.find("* BYE Connection is closed. 13\r\n"); idle != std::string::npos)
        said.resize(idle);
    return said;
}

}  // namespace

BOOST_AUTO_TEST_CASE(ST_22_commands_after_STARTTLS_are_not_carried_out)
{
    tenant t;
    auto const said = said_to(t, "a STARTTLS\r\nb NOOP\r\n");
    BOOST_TEST(said == "a BAD Command Error. 12\r\n");
}

BOOST_AUTO_TEST_CASE(before_signing_in)
{
    tenant t;
    BOOST_TEST(said_to(t, "a SELECT INBOX\r\n") == "a BAD Command received in Invalid state.\r\n");
    BOOST_TEST(said_to(t, "a AUTHENTICATE XOAUTH2 x\r\n") == "a BAD Command received in Invalid state.\r\n");
    BOOST_TEST(said_to(t, "a NONSENSE\r\n") == "a BAD Command Error. 10\r\n");
    BOOST_TEST(said_to(t, "a LOGOUT\r\n") ==
               "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\na OK LOGOUT completed.\r\n");
    // observed: mscdex/node-imap#868
    BOOST_TEST(said_to(t, "<body bgcolor=red>\r\n") == "<body BAD Command Error. 10\r\n");
    BOOST_TEST(said_to(t, "a LOGIN {5000}\r\n").find("* BYE Connection closed. 14") != std::string::npos);
    BOOST_TEST(said_to(t, "a NOOP\n") == "* BAD Command Error. 12\r\n");
    BOOST_TEST(said_to(t, "a NOOP\r\n", {.piece = 1}) == "a OK NOOP completed.\r\n");
}

BOOST_AUTO_TEST_CASE(patterns_of_LIST)
{
    using mock::imap_detail::matches_pattern;
    BOOST_TEST(matches_pattern("INBOX", "inbox"));
    BOOST_TEST(matches_pattern("a/b/c", "*"));
    BOOST_TEST(!matches_pattern("a/b/c", "%"));
    BOOST_TEST(matches_pattern("a/b/c", "a/%/c"));
    BOOST_TEST(matches_pattern("a/b/c", "*c"));
    BOOST_TEST(!matches_pattern("a/b/c", "%c"));
    BOOST_TEST(matches_pattern("abc", "%b%"));
    BOOST_TEST(!matches_pattern("Sent", "sent"));
    BOOST_TEST(!matches_pattern(std::string(2000, 'a'), "*a*a*a*a*a*a*a*b"));
}

BOOST_AUTO_TEST_SUITE_END()
