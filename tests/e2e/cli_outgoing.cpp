// Nothing that a message, a request or a document names is ever fetched. The program's own connect and getaddrinfo stand
// before the system's here: who asks for anything but the loopback is refused, and written down.

#include "e2e/offline_token.hpp"

#include "../../tools/sign_in.hpp"

#include <outkit/blocking.hpp>
#include <outkit/check/checks.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mime/structure.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/smtp/client.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

using namespace outkit;
using outkit::tests::token_of;

namespace {

// Where this program wanted to go.
class travel_log
{
public:
    void begin()
    {
        std::lock_guard const lock(mutex_);
        watching_ = true;
        addresses_ = 0;
        abroad_.clear();
    }
    // Those that are not on this machine.
    std::vector<std::string> end()
    {
        std::lock_guard const lock(mutex_);
        watching_ = false;
        return abroad_;
    }
    std::size_t journeys() const { return addresses_; }

    // Whether it may be asked for, or gone to.
    bool name(std::string const& text)
    {
        in_addr v4;
        in6_addr v6;
        bool const number =
            ::inet_pton(AF_INET, text.c_str(), &v4) == 1 || ::inet_pton(AF_INET6, text.c_str(), &v6) == 1;
        return note(text, number || text == "localhost");
    }
    bool address(sockaddr const* a)
    {
        char text[INET6_ADDRSTRLEN] = "";
        if (a->sa_family == AF_INET)
            ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in const*>(a)->sin_addr, text, sizeof text);
        else if (a->sa_family == AF_INET6)
            ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6 const*>(a)->sin6_addr, text, sizeof text);
        else
            return true;
        {
            std::lock_guard const lock(mutex_);
            ++addresses_;
        }
        return note(text, std::string_view(text).starts_with("127.") || text == std::string_view("::1"));
    }

private:
    bool note(std::string const& text, bool home)
    {
        std::lock_guard const lock(mutex_);
        if (watching_ && !home)
            abroad_.push_back(text);
        return home || !watching_;
    }
    std::mutex mutex_;
    bool watching_ = false;
    std::size_t addresses_ = 0;
    std::vector<std::string> abroad_;
} travel;

template <class F>
F the_systems(char const* name)
{
    return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int connect(int fd, sockaddr const* to, socklen_t size)
{
    if (!travel.address(to))
    {
        errno = ENETUNREACH;
        return -1;
    }
    return the_systems<int (*)(int, sockaddr const*, socklen_t)>("connect")(fd, to, size);
}

extern "C" int getaddrinfo(char const* name, char const* service, addrinfo const* hints, addrinfo** found)
{
    if (name && !travel.name(name))
        return EAI_NONAME;
    return the_systems<int (*)(char const*, char const*, addrinfo const*, addrinfo**)>("getaddrinfo")(name, service,
                                                                                                      hints, found);
}

namespace {

std::string const bait = "https://bait.test/x";

// A message of which each part asks to be completed from elsewhere.
std::string letter()
{
    return "From: x@woodgrove.example\r\nTo: adele@woodgrove.example\r\nSubject: bait\r\n"
           "Disposition-Notification-To: x@bait.test\r\nReturn-Receipt-To: x@bait.test\r\n"
           "List-Unsubscribe: <" +
           bait +
           ">, <http://192.0.2.1/>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
           "DKIM-Signature: v=1; a=rsa-sha256; d=bait.test; s=k; h=from; bh=AAAA; b=AAAA\r\n"
           "BIMI-Selector: v=BIMI1; s=bait\r\nX-Image-Url: " +
           bait + "\r\nContent-Base: " + bait +
           "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
           "--b\r\nContent-Type: text/html\r\n\r\n<link rel=stylesheet href=" +
           bait + "><img src=http://192.0.2.1/p.gif><script src=" + bait +
           "></script>\r\n"
           "--b\r\nContent-Type: message/external-body; access-type=URL; URL=\"" +
           bait +
           "\"\r\n\r\nContent-Type: text/plain\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Location: " + bait +
           "\r\n\r\n" + bait + "\r\n--b--\r\n";
}

struct house
{
    explicit house(char const* scenario) : here({.scenario = scenario})
    {
        here.world().run([&] {
            mock::mailbox& box = *here.world().mailboxes.find(here.user());
            here.world().mailboxes.deliver(box, letter());
        });
        error_code ec;
        trust = tls_context::client(ec, {.system = false, .authorities_file = here.ca_file()});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    cli::offline here;
    tls_context trust;
    blocking_context io;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_outgoing)

BOOST_AUTO_TEST_CASE(what_would_be_fetched_is_noticed)
{
    blocking_context io;
    for (char const* const where : {"bait.test", "192.0.2.1"})
    {
        travel.begin();
        error_code ec;
        smtp::client lost(stream(io.get_executor()));
        lost.async_connect({.host = where, .port = 587}, io.wait(ec));
        BOOST_TEST(!!ec);
        BOOST_TEST(travel.end() == std::vector<std::string>{where}, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(MK_19_a_message_that_is_read_and_sent_on_fetches_nothing)
{
    for (char const* const scenario : {"everything-works", "everything-works-api"})
        BOOST_TEST_CONTEXT(scenario)
        {
            house h(scenario);
            travel.begin();
            account::settings settings = h.here.settings();
            settings.redirect_uri = cli::with_port(settings.redirect_uri, cli::free_port());
            check::options how;
            how.sign_in = cli::by_form(h.here.user(), h.here.password(), h.here.ca_file());
            how.send = true;
            how.expected_subjects = {"bait"};
            check::report const r = check::run(settings, how);
            BOOST_TEST(r.passed(), check::to_json(r, true));
            BOOST_TEST(travel.journeys() > 3u);
            BOOST_TEST(travel.end() == std::vector<std::string>(), boost::test_tools::per_element());
        }

    house h("everything-works");
    travel.begin();
    error_code ec;
    imap::client mail(stream(h.io.get_executor(), h.trust));
    mail.async_connect("localhost", h.here.servers().ports().imap, imap::security::implicit_tls, h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    mail.async_authenticate(h.here.user(), token_of(h.here, "https://outlook.office.com", {"IMAP.AccessAsUser.All"}),
                            h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    mail.async_select("INBOX", h.io.wait(ec));
    std::string all;
    imap::fetch_items what = imap::fetch_items::metadata();
    what.sections = {{}};
    what.sink = [&](imap::section_piece const& p) {
        all += p.data;
        return error_code();
    };
    mail.async_fetch(imap::uid_set::all(), std::move(what), h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    std::string const text = all.substr(all.find("From: x@"));
    BOOST_TEST(text.find("external-body") != text.npos);
    BOOST_TEST(mime::parse(text).parts.size() >= 4u);

    smtp::client submission(stream(h.io.get_executor(), h.trust));
    submission.async_connect({.host = "localhost", .port = h.here.servers().ports().smtp}, h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    submission.async_authenticate(h.here.user(), token_of(h.here, "https://outlook.office.com", {"SMTP.Send"}),
                                  h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    smtp::mail m;
    m.envelope.from = *mime::parse_address(h.here.user(), ec);
    m.envelope.to = {*mime::parse_address(h.here.user(), ec), *mime::parse_address("x@bait.test", ec)};
    m.content = "From: " + h.here.user() + letter().substr(letter().find("\r\n"));
    submission.async_send(std::move(m), h.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << submission.diagnostics());

    graph::options o;
    o.host = "localhost";
    o.port = h.here.servers().ports().graph;
    graph::client api(stream(h.io.get_executor(), h.trust),
                      token_of(h.here, "https://graph.microsoft.com", {"User.Read", "Mail.ReadWrite", "Mail.Send"}), o);
    auto const page = api.async_list_messages({}, h.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << api.diagnostics());
    BOOST_TEST_REQUIRE(!page.value.empty());
    graph::outgoing_message reply;
    reply.subject = "bait";
    reply.body = {graph::body_type::html, "<img src=" + bait + ">"};
    reply.to_recipients = {{"x", h.here.user()}};
    api.async_send_mail(reply, true, h.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << api.diagnostics());

    BOOST_TEST(travel.journeys() >= 3u);
    BOOST_TEST(travel.end() == std::vector<std::string>(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(MK_19_urls_in_requests_and_documents_are_not_fetched)
{
    house h("everything-works");
    mock::world& w = h.here.world();
    error_code ec;

    // The discovery document of an authority that has been got at: keys elsewhere are refused, the rest is not looked at.
    std::string member;
    auto const serve = [&](detail::wire& c, mock::visitor&) -> detail::flow<> {
        mock::http_handler answer = [&](http::request const& q) {
            http::response r = mock::entra(w).answer(q);
            for (std::size_t at = 0; (at = r.body.find('"' + member + "\":\"", at)) != r.body.npos; ++at)
            {
                std::size_t const begin = at + member.size() + 4;
                r.body.replace(begin, r.body.find('"', begin) - begin, bait);
            }
            return r;
        };
        co_await mock::serve_http(c, std::move(answer));
    };
    std::unique_ptr<mock::listener> door;
    w.run([&] {
        door = std::make_unique<mock::listener>(w, "entra", serve, w.certificates.server_context(),
                                                mock::listener::mode::implicit_tls, 0, ec);
    });
    BOOST_TEST_REQUIRE(!ec, ec.message());
    travel.begin();
    auto const cloud = oauth2::global_cloud().with_login("https://localhost:" + std::to_string(door->port()));
    for (char const* const name : {"jwks_uri", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"})
    {
        w.run([&] { member = name; });
        auto const from = oauth2::authority::make(cloud, "common", ec);
        BOOST_TEST_REQUIRE(!ec);
        oauth2::client client(stream(h.io.get_executor(), h.trust), {.client_id = "x"}, from);
        client.async_discover(h.io.wait(ec));
        bool const used = name != std::string("userinfo_endpoint");
        BOOST_TEST((ec == (used ? oauth2::error::untrusted_endpoint : error_code())), name << ": " << ec.message());
    }
    w.run([&] { door.reset(); });
    BOOST_TEST(travel.journeys() >= 4u);

    // What is asked of the mocks.
    std::string const encoded = detail::form_encode(bait);
    account::settings const settings = h.here.settings();
    std::string const jwt_head = detail::base64url_encode(R"({"alg":"PS256","typ":"JWT","jku":")" + bait +
                                                          R"(","x5u":")" + bait + R"(","kid":")" + bait + "\"}");
    auto const ask = [&](char const* method, std::string target, std::string body, auto server,
                         std::string bearer = {}) {
        http::request q;
        q.method = method;
        q.target = std::move(target);
        q.headers = {{"Host", "localhost"},
                     {"Content-Type", bearer.empty() ? "application/x-www-form-urlencoded" : "application/json"}};
        if (!bearer.empty())
            q.headers.push_back({"Authorization", "Bearer " + bearer});
        q.body = std::move(body);
        return w.run([&] { return server.answer(q).status; });
    };
    std::string const client = "client_id=" + settings.client_id;
    std::vector<std::string> const extras{"&request_uri=" + encoded, "&redirect_uri=" + encoded,
                                          "&login_hint=" + encoded,  "&resource=" + encoded,
                                          "&claims=" + encoded,      "&request=" + jwt_head + ".e30.x"};
    for (std::string const& more : extras)
        BOOST_TEST(ask("GET", "/common/oauth2/v2.0/authorize?response_type=code&scope=openid&" + client + more, {},
                       mock::entra(w)) != 0u);
    BOOST_TEST(ask("POST", "/common/oauth2/v2.0/token",
                   client +
                       "&grant_type=client_credentials&scope=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                       "client-assertion-type%3Ajwt-bearer&client_assertion=" +
                       jwt_head + ".e30.AAAA",
                   mock::entra(w)) >= 400u);
    std::string const bearer(
        token_of(h.here, "https://graph.microsoft.com", {"User.Read", "Mail.ReadWrite", "Mail.Send"}).reveal());
    BOOST_TEST(ask("POST", "/v1.0/subscriptions",
                   R"({"changeType":"created","resource":"me/messages","notificationUrl":")" + bait +
                       R"(","lifecycleNotificationUrl":")" + bait + R"(","expirationDateTime":"2030-01-01T00:00:00Z"})",
                   mock::graph(w), bearer) != 0u);
    BOOST_TEST(
        ask("POST", "/v1.0/me/messages",
            R"({"subject":"bait","attachments":[{"@odata.type":"#microsoft.graph.referenceAttachment","name":"x",)"
            R"("sourceUrl":")" +
                bait + "\"}]}",
            mock::graph(w), bearer) != 0u);
    BOOST_TEST(travel.end() == std::vector<std::string>(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
