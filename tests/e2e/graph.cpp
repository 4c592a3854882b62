// The Graph client and the mock Graph over real sockets and TLS.

#include <outkit/blocking.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/graph/detail/date_time.hpp>
#include <outkit/graph/notification_listener.hpp>
#include <outkit/http/client.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#ifdef OUTKIT_STANDALONE_ASIO
#include <asio/bind_cancellation_slot.hpp>
#else
#include <boost/asio/bind_cancellation_slot.hpp>
#endif
#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <optional>

using namespace std::chrono_literals;
using outkit::access_token;
using outkit::error_code;
using outkit::detail::flow;
using outkit::detail::wire;
namespace graph = outkit::graph;
namespace http = outkit::http;
namespace mock = outkit::mock;

namespace {

// A world with Adele and Alex, a Graph on a thread of its own, and a client's end of things.
struct service
{
    service()
    {
        mock::tenant t;
        t.domains = {"contoso.example"};
        tenant = world.directory.add_tenant(world, t).id;
        add("adele", "Adele Vance");
        add("alex", "Alex Wilber");
        answering = std::make_unique<mock::graph>(world);
        world.start_thread();
        error_code ec;
        world.run([&] {
            auto serve = [this](wire& w, mock::visitor& who) -> flow<> {
                mock::http_flow_handler answer = [this, &who](http::request r) { return ask(who, std::move(r)); };
                co_await mock::serve_http(w, std::move(answer));
            };
            door = std::make_unique<mock::listener>(world, "graph", serve, world.certificates.server_context(),
                                                    mock::listener::mode::implicit_tls, 0, ec);
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

    flow<http::response> ask(mock::visitor& who, http::request r)
    {
        http::response response = co_await answering->serve(std::move(r));
        who.logged_in = response.status != 401;
        co_return response;
    }

    void add(std::string const& name, std::string const& display)
    {
        mock::user u;
        u.tenant_id = tenant;
        u.principal_name = name + "@contoso.example";
        u.display_name = display;
        world.directory.add_user(world, u);
        world.mailboxes.create({.address = u.principal_name, .display_name = display});
    }
    std::string tomorrow()
    {
        auto const t = world.run([&] { return world.date(); }) + 24h;
        return graph::detail::format(std::chrono::floor<std::chrono::seconds>(t));
    }
    access_token token(std::string const& address, std::vector<std::string> permissions)
    {
        return world.run([&] {
            mock::user const& u = *world.directory.find_user(address);
            mock::access_claims c;
            c.audience = "https://graph.microsoft.com";
            c.tenant = tenant;
            c.client_id = "00000000-0000-4000-8000-00000000a001";
            c.person = {tenant, u.id, u.principal_name, u.display_name, u.given_name, u.surname, u.mail};
            c.permissions = std::move(permissions);
            return access_token(mock::issue_access_token(world.keys, world, c));
        });
    }
    graph::client client(std::string const& address)
    {
        graph::options o;
        o.host = "localhost";
        o.port = door->port();
        return graph::client(outkit::stream(io.get_executor(), trust),
                             token(address, {"User.Read", "Mail.ReadWrite", "Mail.Send"}), o);
    }

    mock::world world;
    std::string tenant;
    std::unique_ptr<mock::graph> answering;
    std::unique_ptr<mock::listener> door;
    outkit::tls_context trust;
    outkit::blocking_context io;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_end_to_end)

BOOST_AUTO_TEST_CASE(what_the_store_delivers_is_seen)
{
    service s;
    std::string const raw = "From: Alex Wilber <alex@contoso.example>\r\nTo: adele@contoso.example\r\n"
                            "Subject: from the store\r\n\r\nhello\r\n";
    s.world.run([&] { s.world.mailboxes.deliver(*s.world.mailboxes.find("adele@contoso.example"), raw); });
    auto client = s.client("adele@contoso.example");
    error_code ec;
    graph::user const me = client.async_me(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << ' ' << client.diagnostics());
    BOOST_TEST(me.user_principal_name == "adele@contoso.example");
    graph::mail_folder const inbox = client.async_get_folder("inbox", s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(inbox.total_item_count == 1u);
    graph::message_query q;
    q.folder = inbox.id;
    auto const page = client.async_list_messages(q, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST_REQUIRE(page.value.size() == 1u);
    BOOST_TEST(page.value[0].subject == "from the store");
    std::string mime;
    auto const size =
        client.async_get_mime(page.value[0].id, [&](std::string_view part) { mime += part; }, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(size == mime.size());
    BOOST_TEST(mime.ends_with(raw));
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_in_sent_items_and_in_the_recipients_inbox)
{
    service s;
    auto adele = s.client("adele@contoso.example");
    error_code ec;
    graph::outgoing_message m;
    m.subject = "Lunch?";
    m.body = {graph::body_type::text, "At noon?"};
    m.to_recipients = {{"", "alex@contoso.example"}};
    adele.async_send_mail(m, true, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << ' ' << adele.diagnostics());
    graph::message_query q;
    q.folder = "sentitems";
    auto const sent = adele.async_list_messages(q, s.io.wait(ec));
    BOOST_TEST_REQUIRE(sent.value.size() == 1u);
    BOOST_TEST(sent.value[0].subject == "Lunch?");
    BOOST_TEST(sent.value[0].is_read.value());
    auto alex = s.client("alex@contoso.example");
    q.folder = "inbox";
    auto const received = alex.async_list_messages(q, s.io.wait(ec));
    BOOST_TEST_REQUIRE(received.value.size() == 1u);
    BOOST_TEST(received.value[0].from->address == "adele@contoso.example");
    BOOST_TEST(received.value[0].internet_message_id == sent.value[0].internet_message_id);

    alex.async_send_mime("From: alex@contoso.example\r\nTo: adele@contoso.example\r\nSubject: Re\r\n\r\nYes.\r\n",
                         s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << ' ' << alex.diagnostics());
    BOOST_TEST(adele.async_get_folder("inbox", s.io.wait(ec)).unread_item_count == 1u);
}

BOOST_AUTO_TEST_CASE(a_refusal_keeps_the_connection)
{
    service s;
    auto client = s.client("adele@contoso.example");
    error_code ec;
    client.async_me(s.io.wait(ec));
    for (int i = 0; i < 3; ++i)
    {
        client.async_get_message("garbage", {}, s.io.wait(ec));
        BOOST_TEST((ec == graph::error::id_malformed), ec.message());
        BOOST_TEST(client.problem().code == "ErrorInvalidIdMalformed");
        BOOST_TEST(!client.problem().request_id.empty());
        BOOST_TEST(client.diagnostics().starts_with("HTTP 400 ErrorInvalidIdMalformed: Id is malformed.; request-id "));
    }
    client.async_me(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(s.world.run([&] { return s.door->connections(); }) == 1u);
}

BOOST_AUTO_TEST_CASE(HT_33_an_idle_connection_that_the_service_closed_is_replaced)
{
    service s;
    auto client = s.client("adele@contoso.example");
    error_code ec;
    client.async_me(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    s.world.run([&] { s.door->close_connections(); });
    graph::outgoing_message m;
    m.to_recipients = {{"", "alex@contoso.example"}};
    client.async_send_mail(m, true, s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    s.world.run([&] { s.door->close_connections(); });
    client.async_me(s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(a_service_that_is_not_there_or_not_trusted)
{
    service s;
    error_code ec;
    graph::options o;
    o.host = "localhost";
    o.port = s.door->port();
    auto const stranger = outkit::tls_context::client(ec);
    graph::client distrustful(outkit::stream(s.io.get_executor(), stranger), access_token("t"), o);
    distrustful.async_me(s.io.wait(ec));
    BOOST_TEST((ec == outkit::condition::untrusted_peer), ec.message());
    s.world.run([&] { s.door.reset(); });
    graph::client late(outkit::stream(s.io.get_executor(), s.trust), access_token("t"), o);
    late.async_me(s.io.wait(ec));
    BOOST_TEST(!!ec);
    BOOST_TEST((ec != outkit::condition::outcome_unknown), ec.message());
}

BOOST_AUTO_TEST_CASE(a_subscription_is_validated_and_told_over_tls)
{
    service s;
    std::promise<std::string> told;
    std::unique_ptr<mock::listener> hook;
    error_code ec;
    s.world.run([&] {
        auto serve = [&](wire& w, mock::visitor&) -> flow<> {
            mock::http_handler answer = [&](http::request const& r) {
                http::response response;
                std::size_t const mark = r.target.find("validationToken=");
                response.headers.push_back({"Content-Type", "text/plain"});
                if (mark != std::string::npos)
                    response.body = outkit::detail::form_decode(r.target.substr(mark + 16)).value_or("");
                else
                    told.set_value(r.body);
                return response;
            };
            co_await mock::serve_http(w, std::move(answer));
        };
        hook = std::make_unique<mock::listener>(s.world, "hook", serve, s.world.certificates.server_context(),
                                                mock::listener::mode::implicit_tls, 0, ec);
    });
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const subscribe = [&](std::string const& url) {
        http::client client(outkit::stream(s.io.get_executor(), s.trust));
        http::url to;
        to.server = {true, "localhost", s.door->port()};
        to.target = "/v1.0/subscriptions";
        http::request r;
        r.method = "POST";
        r.body = "{\"changeType\":\"created\",\"notificationUrl\":\"" + url +
                 "\",\"resource\":\"me/messages\",\"expirationDateTime\":\"" + s.tomorrow() + "\"}";
        return client.async_send(
            to, r, outkit::secret("Bearer " + std::string(s.token("adele@contoso.example", {"Mail.Read"}).reveal())),
            s.io.wait(ec));
    };
    std::string const here = "https://localhost:" + std::to_string(hook->port()) + "/n";
    http::response const made = subscribe(here);
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST(made.status == 201u, made.body);
    s.world.run([&] {
        s.world.mailboxes.deliver(*s.world.mailboxes.find("adele@contoso.example"), "Subject: x\r\n\r\ny\r\n");
    });
    std::string const text = told.get_future().get();
    BOOST_TEST(text.find("\"changeType\":\"created\"") != std::string::npos, text);

    // Where nobody listens
    s.world.run([&] { hook.reset(); });
    BOOST_TEST(subscribe(here).status == 400u);
    BOOST_TEST(!ec, ec.message());
}

namespace {

// A notification listener, and somebody who speaks to it, in one thread.
struct notified
{
    explicit notified(graph::notification_listener_options o = {})
    {
        o.path = "/hook";
        o.client_states.push_back(outkit::secret("state"));
        auto const certified = s.world.run([&] { return s.world.certificates.server_context(); });
        error_code ec;
        door = std::make_unique<graph::notification_listener>(s.io.get_executor(), std::move(o), ec, certified);
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    http::response post(std::string body, std::string target = "/hook")
    {
        error_code ec;
        auto const to = http::parse_url("https://localhost:" + std::to_string(door->port()) + target, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        http::request r;
        r.method = "POST";
        r.headers = {{"Content-Type", "application/json"}};
        r.body = std::move(body);
        auto const answer = sender.async_send(to, r, outkit::secret(), s.io.wait(ec));
        BOOST_TEST(!ec, ec.message());
        return answer;
    }
    std::string next()
    {
        error_code ec;
        auto const n = door->async_next(s.io.wait(ec));
        return ec ? ec.message() : n.id;
    }
    static std::string change(std::string const& id)
    {
        return R"({"value":[{"subscriptionId":"S","clientState":"state","changeType":"created","resourceData":{"id":")" +
               id + R"(","@odata.etag":"e"}}]})";
    }
    service s;
    std::unique_ptr<graph::notification_listener> door;
    http::client sender{outkit::stream(s.io.get_executor(), s.trust)};
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_listener_answers_at_once_and_hands_over_what_has_come)
{
    graph::notification_listener_options o;
    o.most_requests = 3;
    o.body_bytes = 2000;
    notified n(std::move(o));
    auto const trial = n.post("", "/hook?validationToken=Validation%3A+x");
    BOOST_TEST(trial.status == 200u);
    BOOST_TEST(trial.body == "Validation: x");
    BOOST_TEST(n.post(n.change("M1")).status == 202u);
    BOOST_TEST(n.post(n.change("M2")).status == 202u);  // and the connection is closed behind it
    BOOST_TEST(n.next() == "M1");
    BOOST_TEST(n.next() == "M2");

    std::string got;
    n.door->async_next([&](error_code ec, graph::notification told) { got = ec ? ec.message() : told.id; });
    BOOST_TEST((n.next() == error_code(outkit::error::operation_in_progress).message()));
    BOOST_TEST(got == "");
    BOOST_TEST(n.post(R"({"value":[{"subscriptionId":"S","clientState":"guess"}]})").status == 202u);
    BOOST_TEST(got == "");
    BOOST_TEST(n.door->foreign() == 1u);
    BOOST_TEST(n.post(n.change("M3")).status == 202u);
    BOOST_TEST(got == "M3");

    BOOST_TEST(n.post(std::string(2001, ' ')).status == 413u);
    BOOST_TEST(n.post("{").status == 400u);
    BOOST_TEST(n.post("", "/other").status == 404u);
    BOOST_TEST(n.post(n.change("M4")).status == 202u);
    n.door->close();
    BOOST_TEST(n.next() == "M4");  // what has come is not lost
    BOOST_TEST((n.next() == error_code(outkit::error::not_connected).message()));
}

BOOST_AUTO_TEST_CASE(client_listener_and_mock_meet_in_a_subscription)
{
    notified n;
    auto client = n.s.client("adele@contoso.example");
    graph::subscription_request r;
    r.updated = true;
    r.notification_url = "https://localhost:" + std::to_string(n.door->port()) + "/hook";
    r.lifecycle_notification_url = r.notification_url;
    r.client_state = "state";
    r.expiration = graph::detail::parse_date_time(n.s.tomorrow()).value();
    error_code ec;
    auto const made = client.async_subscribe(r, n.s.io.wait(ec));
    BOOST_TEST_REQUIRE(!ec, ec.message() << client.diagnostics());
    BOOST_TEST(made.change_type == "created,updated");
    BOOST_TEST((made.expiration_date_time == r.expiration));
    std::string const id = n.s.world.run([&] {
        return n.s.world.mailboxes
            .deliver(*n.s.world.mailboxes.find("adele@contoso.example"), "Subject: x\r\n\r\ny\r\n")
            .what->id;
    });
    auto const news = n.door->async_next(n.s.io.wait(ec));
    BOOST_TEST(!ec, ec.message());
    BOOST_TEST((news.kind == graph::notification_kind::created));
    BOOST_TEST(news.subscription_id == made.id);
    BOOST_TEST(news.id == id);
    BOOST_TEST(client.async_get_message(news.id, {"subject"}, n.s.io.wait(ec)).subject == "x");

    auto const renewed = client.async_renew_subscription(made.id, r.expiration + 60s, n.s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << client.diagnostics());
    BOOST_TEST((renewed.expiration_date_time == r.expiration + 60s));
    client.async_reauthorize_subscription(made.id, n.s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << client.diagnostics());
    BOOST_TEST(client.async_list_subscriptions(n.s.io.wait(ec)).value.size() == 1u);
    client.async_unsubscribe(made.id, n.s.io.wait(ec));
    BOOST_TEST(!ec, ec.message() << client.diagnostics());
    client.async_get_subscription(made.id, n.s.io.wait(ec));
    BOOST_TEST((ec == graph::error::item_not_found), ec.message());

    // Nobody answers there any more.
    n.door->close();
    client.async_subscribe(r, n.s.io.wait(ec));
    BOOST_TEST((ec == graph::error::subscription_refused), ec.message());
}

BOOST_AUTO_TEST_CASE(a_wait_for_notifications_can_be_given_up)
{
    notified n;
    error_code ended;
    outkit::asio::cancellation_signal stop;
    n.door->async_next(outkit::asio::bind_cancellation_slot(
        stop.slot(), [&](error_code ec, graph::notification const&) { ended = ec; }));
    stop.emit(outkit::asio::cancellation_type::terminal);
    BOOST_TEST(n.post(n.change("M1")).status == 202u);
    BOOST_TEST((ended == outkit::asio::error::operation_aborted), ended.message());
    BOOST_TEST(n.next() == "M1");
    ended = {};
    n.door->async_next([&](error_code ec, graph::notification const&) { ended = ec; });
    n.door.reset();
    error_code ec;
    outkit::asio::steady_timer now(n.s.io.get_executor(), 0s);
    now.async_wait(n.s.io.wait(ec));  // what is due is done before that
    BOOST_TEST((ended == outkit::asio::error::operation_aborted), ended.message());
}

BOOST_AUTO_TEST_CASE(more_connections_than_allowed_displace_the_oldest)
{
    graph::notification_listener_options o;
    o.most_connections = 2;
    notified n(std::move(o));
    std::vector<outkit::asio::ip::tcp::socket> silent;
    for (int i = 0; i < 5; ++i)
    {
        silent.emplace_back(n.s.io.get_executor());
        silent.back().connect({outkit::asio::ip::make_address("127.0.0.1"), n.door->port()});
    }
    BOOST_TEST(n.post(n.change("M1")).status == 202u);
    BOOST_TEST(n.next() == "M1");
}

BOOST_AUTO_TEST_CASE(a_listener_without_a_secret_or_without_tls_in_the_open_does_not_begin)
{
    outkit::blocking_context io;
    auto const begun = [&](std::string address, std::vector<std::string> states) {
        graph::notification_listener_options o;
        o.address = std::move(address);
        for (std::string& s : states)
            o.client_states.push_back(outkit::secret(std::move(s)));
        error_code ec;
        graph::notification_listener const l(io.get_executor(), std::move(o), ec);
        return ec;
    };
    BOOST_TEST(!begun("127.0.0.1", {"x"}));
    BOOST_TEST((begun("127.0.0.1", {}) == outkit::os_error(EINVAL)));
    BOOST_TEST((begun("127.0.0.1", {"x", ""}) == outkit::os_error(EINVAL)));
    BOOST_TEST((begun("0.0.0.0", {"x"}) == outkit::os_error(EINVAL)));
    BOOST_TEST(!!begun("nowhere", {"x"}));
}

BOOST_AUTO_TEST_SUITE_END()
