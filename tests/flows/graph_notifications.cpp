// Subscriptions against scripts, and what is answered at a notification URL. Bodies marked "public" are those of
// webhooks.md and subscription-post-subscriptions.md in microsoftgraph/microsoft-graph-docs-contrib, ids replaced.

#include <outkit/detail/utf8.hpp>
#include <outkit/graph/detail/notification_desk.hpp>
#include <outkit/graph/detail/subscription_codec.hpp>
#include <outkit/graph/detail/subscriptions.hpp>

#include "hostile_texts.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace outkit::graph;
using namespace std::chrono_literals;
using outkit::access_token;
using outkit::secret;
using outkit::detail::play;
using outkit::graph::detail::session;
namespace flows = outkit::graph::detail;
namespace http = outkit::http;
namespace tests = outkit::tests;

namespace {

std::string answer(std::string status, std::string body, std::string headers = "Content-Type: application/json\r\n")
{
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

// Public: subscription-post-subscriptions.md
std::string const made = R"({"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",)"
                         R"("id":"7f105c7d-2dc5-4530-97cd-4e7ae6534c07","resource":"me/mailFolders('Inbox')/messages",)"
                         R"("applicationId":"24d3b144-21ae-4080-943f-7067b395b913","changeType":"created,updated",)"
                         R"("clientState":"secretClientValue","notificationUrl":"https://hook.example/api?x=1",)"
                         R"("lifecycleNotificationUrl":null,"expirationDateTime":"2026-11-27T18:23:45.9356913Z",)"
                         R"("creatorId":"8ee44408-0679-472c-bc2a-692812af3437","includeResourceData":null,)"
                         R"("latestSupportedTlsVersion":"v1_2","notificationContentType":"application/json"})";

// Public: webhooks.md
std::string const news =
    R"({"value":[{"id":"lsgTZMr9KwAAA","subscriptionId":"S1","subscriptionExpirationDateTime":)"
    R"("2026-11-27T11:00:00.0000000Z","clientState":"secret one","changeType":"created","resource":)"
    R"("Users/u@t/Messages/M1","tenantId":"T1","resourceData":{"@odata.type":"#Microsoft.Graph.Message",)"
    R"("@odata.id":"Users/u@t/Messages/M1","@odata.etag":"W/\"CQAA\"","id":"M1"}}]})";

std::string change(std::string id, std::string etag, std::string state = "secret one", std::string kind = "updated")
{
    return R"({"subscriptionId":"S1","clientState":")" + state + R"(","changeType":")" + kind +
           R"(","resource":"Users/u/Messages/)" + id + R"(","resourceData":{"@odata.etag":")" + etag + R"(","id":")" +
           id + R"("}})";
}
std::string value(std::string items) { return R"({"value":[)" + items + "]}"; }

subscription_request request()
{
    subscription_request r;
    r.updated = true;
    r.resource = "me/mailFolders('Inbox')/messages";
    r.notification_url = "https://hook.example/api?x=1";
    r.client_state = "secretClientValue";
    r.expiration = std::chrono::sys_days(std::chrono::year(2026) / 11 / 27);
    return r;
}

struct desk
{
    explicit desk(std::size_t most_waiting = 1000, std::size_t remembered = 1000)
        : ours(rules(most_waiting, remembered))
    {
    }
    static flows::desk_rules rules(std::size_t most_waiting, std::size_t remembered)
    {
        flows::desk_rules r;
        r.path = "/hook";
        r.client_states.push_back(secret("secret one"));
        r.client_states.push_back(secret("secret two"));
        r.most_waiting = most_waiting;
        r.remembered = remembered;
        return r;
    }
    http::response post(std::string body, std::string target = "/hook", std::string type = "application/json")
    {
        http::request r;
        r.method = "POST";
        r.target = std::move(target);
        r.headers = {{"Content-Type", std::move(type)}};
        r.body = std::move(body);
        return ours.answer(r);
    }
    std::string ids()
    {
        std::string out;
        while (auto const n = ours.next())
            (out += n->id) += ' ';
        return out;
    }
    flows::notification_desk ours;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_notifications)

BOOST_AUTO_TEST_CASE(the_public_subscription_is_read_and_written)
{
    auto const r = flows::parse_subscription(made, {});
    BOOST_TEST(!r.ec, r.what);
    BOOST_TEST(r.value.resource == "me/mailFolders('Inbox')/messages");
    BOOST_TEST(r.value.change_type == "created,updated");
    BOOST_TEST(r.value.client_state == "secretClientValue");
    BOOST_TEST(r.value.expiration_date_time->time_since_epoch().count() == 1795803825);
    BOOST_TEST(!r.value.include_resource_data.has_value());
    BOOST_TEST(r.value.other.at(0).name == "notificationContentType");
    std::string const written = flows::serialise(r.value);
    BOOST_TEST(flows::serialise(flows::parse_subscription(written, {}).value) == written);
    BOOST_TEST(
        written.ends_with(R"("latestSupportedTlsVersion":"v1_2","notificationContentType":"application/json"})"));
}

BOOST_AUTO_TEST_CASE(subscriptions_are_made_kept_and_ended)
{
    session s({}, access_token("t"));
    auto const created = play(flows::create_subscription(s, request()), {"", answer("201 Created", made)});
    BOOST_TEST(!created.ec, created.ec.message());
    BOOST_TEST(created.value->id == "7f105c7d-2dc5-4530-97cd-4e7ae6534c07");
    BOOST_TEST(created.written.starts_with("POST /v1.0/subscriptions HTTP/1.1\r\n"));
    BOOST_TEST(created.written.ends_with(
        R"({"changeType":"created,updated","notificationUrl":"https://hook.example/api?x=1",)"
        R"("resource":"me/mailFolders('Inbox')/messages","expirationDateTime":"2026-11-27T00:00:00Z",)"
        R"("clientState":"secretClientValue"})"));

    auto const listed = play(flows::list_subscriptions(s), {"", answer("200 OK", R"({"value":[)" + made + "]}")});
    BOOST_TEST(!listed.ec, listed.ec.message());
    BOOST_TEST(listed.value->value.at(0).change_type == "created,updated");
    BOOST_TEST(listed.written.starts_with("GET /v1.0/subscriptions HTTP/1.1\r\n"));
    page<subscription> first;
    first.next_link = "https://evil.test/v1.0/subscriptions";
    auto const away = play(flows::next_subscriptions(s, first), {""});
    BOOST_TEST((away.ec == http::error::untrusted_origin), away.ec.message());

    auto const got = play(flows::get_subscription(s, "a/b"), {"", answer("200 OK", made)});
    BOOST_TEST(got.written.starts_with("GET /v1.0/subscriptions/a%2Fb HTTP/1.1\r\n"));
    auto const renewed = play(flows::renew_subscription(s, "S1", request().expiration), {"", answer("200 OK", made)});
    BOOST_TEST(!renewed.ec, renewed.ec.message());
    BOOST_TEST(renewed.written.starts_with("PATCH /v1.0/subscriptions/S1 HTTP/1.1\r\n"));
    BOOST_TEST(renewed.written.ends_with(R"({"expirationDateTime":"2026-11-27T00:00:00Z"})"));
    std::string const nothing = "HTTP/1.1 204 No Content\r\n\r\n";
    auto const shown = play(flows::reauthorize_subscription(s, "S1"), {"", nothing});
    BOOST_TEST(!shown.ec, shown.ec.message());
    BOOST_TEST(shown.written.starts_with("POST /v1.0/subscriptions/S1/reauthorize HTTP/1.1\r\n"));
    auto const ended = play(flows::delete_subscription(s, "S1"), {"", nothing});
    BOOST_TEST(!ended.ec, ended.ec.message());
    BOOST_TEST(ended.written.starts_with("DELETE /v1.0/subscriptions/S1 HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(what_becomes_of_a_subscription_that_cannot_be_made)
{
    session s({}, access_token("t"));
    // splunk/azure-functions-splunk#26
    auto const refused =
        play(flows::create_subscription(s, request()),
             {"", answer("400 Bad Request",
                         R"({"error":{"code":"ValidationError","message":"Subscription validation request failed. )"
                         R"(Notification endpoint must respond with 200 OK to validation request."}})")});
    BOOST_TEST((refused.ec == error::subscription_refused), refused.ec.message());
    BOOST_TEST(refused.diagnostics.find("must respond with 200 OK") != std::string::npos);
    // One whose answer is lost may be there, and is not made twice.
    auto const lost = play(flows::create_subscription(s, request()), {"", "HTTP/1.1 20", answer("201 Created", made)});
    BOOST_TEST((lost.ec == error::outcome_unknown), lost.ec.message());

    std::string const gone =
        answer("404 Not Found", R"({"error":{"code":"ResourceNotFound","message":"The object was not found."}})");
    auto const missing = play(flows::get_subscription(s, "S1"), {"", gone});
    BOOST_TEST((missing.ec == error::item_not_found), missing.ec.message());
    // The first delete has done it, if only its answer was lost.
    auto const ended = play(flows::delete_subscription(s, "S1"), {"", "", gone});
    BOOST_TEST(!ended.ec, ended.ec.message());
    auto const never = play(flows::delete_subscription(s, "S1"), {"", gone});
    BOOST_TEST((never.ec == error::item_not_found), never.ec.message());

    auto const not_asked = [&](auto change_it) {
        subscription_request r = request();
        change_it(r);
        session fresh({}, access_token("t"));
        auto const x = play(flows::create_subscription(fresh, std::move(r)), {"", answer("201 Created", made)});
        BOOST_TEST((x.ec == error::invalid_query), x.ec.message());
        BOOST_TEST(x.connected.empty());
    };
    not_asked([](auto& r) { r.created = r.updated = false; });
    not_asked([](auto& r) { r.resource.clear(); });
    not_asked([](auto& r) { r.client_state.assign(129, 'x'); });
    for (char const* const url : {"", "http://hook.example/", "https://hook.example\\@evil.test/",
                                  "ftp://hook.example/", "https://a b/", "/hook"})
    {
        not_asked([&](auto& r) { r.notification_url = url; });
        if (*url)
            not_asked([&](auto& r) { r.lifecycle_notification_url = url; });
    }
}

BOOST_AUTO_TEST_CASE(the_public_notification_is_handed_over_once)
{
    desk d;
    auto const r = d.post(news);
    BOOST_TEST(r.status == 202u);
    BOOST_TEST(r.body == "");
    auto const n = d.ours.next();
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST((n->kind == notification_kind::created));
    BOOST_TEST(n->subscription_id == "S1");
    BOOST_TEST(n->resource == "Users/u@t/Messages/M1");
    BOOST_TEST(n->id == "M1");
    BOOST_TEST(n->etag == "W/\"CQAA\"");
    BOOST_TEST(n->tenant_id == "T1");
    BOOST_TEST(n->subscription_expiration->time_since_epoch().count() == 1795777200);
    BOOST_TEST(n->client_state == "");  // it has been looked at, and is nobody else's
    BOOST_TEST(n->other.at(0).name == "id");
    BOOST_TEST(d.post(news).status == 202u);
    BOOST_TEST(!d.ours.next().has_value());
    BOOST_TEST(d.ours.repeated() == 1u);
}

BOOST_AUTO_TEST_CASE(the_token_of_a_trial_is_echoed_and_nothing_else)
{
    desk d;
    auto const r =
        d.post("", "/hook?x=1&validationToken=Validation%3a+Testing+client+application%20Request-Id%3A+%3Cb%3E1",
               "text/plain; charset=utf-8");
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(r.body == "Validation: Testing client application Request-Id: <b>1");
    BOOST_TEST(http::media_type(r.headers) == "text/plain");
    BOOST_TEST(*http::find(r.headers, "X-Content-Type-Options") == "nosniff");

    for (std::string const& token : {std::string(), std::string("%"), std::string("%zz"), std::string("a%0D%0Ab"),
                                     std::string("%00"), std::string("%C3%A9"), std::string(1025, 'x'),
                                     std::string("a&validationToken=b"), std::string("a&validationToken=%")})
        BOOST_TEST_CONTEXT(token.substr(0, 40))
        {
            auto const refused = d.post("", "/hook?validationToken=" + token);
            BOOST_TEST(refused.status == 400u);
            BOOST_TEST(refused.body == "");
        }
    BOOST_TEST(d.post("", "/hook?validationToken=" + std::string(1024, 'x')).body.size() == 1024u);
    BOOST_TEST(d.post("", "/hook?ValidationToken=x").status == 400u);  // no JSON
    BOOST_TEST(d.post("", "/other?validationToken=x").status == 404u);
    http::request get;
    get.target = "/hook?validationToken=x";
    BOOST_TEST(d.ours.answer(get).status == 405u);
}

BOOST_AUTO_TEST_CASE(a_wrong_secret_is_thrown_away_and_not_told)
{
    desk d;
    for (char const* const state : {"", "secret on", "secret one ", "Secret one", "secret three", "secret\\u0000one"})
        BOOST_TEST(d.post(value(change("M1", "e", state))).status == 202u);
    BOOST_TEST(d.post(value(R"({"subscriptionId":"S1","changeType":"created"})")).status == 202u);
    BOOST_TEST(d.ours.foreign() == 7u);
    BOOST_TEST(d.ids() == "");
    BOOST_TEST(d.post(value(change("M1", "e") + "," + change("M2", "e", "no") + "," + change("M3", "e", "secret two")))
                   .status == 202u);
    BOOST_TEST(d.ids() == "M1 M3 ");
    BOOST_TEST(d.ours.foreign() == 8u);
    for (std::string const& text : tests::hostile_texts())
        if (outkit::detail::valid_utf8(text))
            BOOST_TEST(
                d.post(value(R"({"subscriptionId":"S1","clientState":)" + flows::json_string(text) + "}")).status ==
                202u);
    BOOST_TEST(d.ids() == "");
}

BOOST_AUTO_TEST_CASE(events_of_the_subscription_itself_are_told)
{
    desk d;
    auto const event = [](std::string name) {
        return value(R"({"subscriptionId":"S1","tenantId":"T","clientState":"secret one","lifecycleEvent":")" + name +
                     R"(","subscriptionExpirationDateTime":"2026-11-27T11:00:00Z"})");
    };
    std::pair<char const*, notification_kind> const all[] = {
        {"missed", notification_kind::missed},
        {"subscriptionRemoved", notification_kind::subscription_removed},
        {"reauthorizationRequired", notification_kind::reauthorization_required},
        {"somethingNew", notification_kind::other}};
    for (auto const& [name, kind] : all)
    {
        BOOST_TEST(d.post(event(name)).status == 202u);
        BOOST_TEST(d.post(event(name)).status == 202u);  // which waits already
        auto const n = d.ours.next();
        BOOST_TEST_REQUIRE(n.has_value());
        BOOST_TEST((n->kind == kind));
        BOOST_TEST(!d.ours.next().has_value());
    }
    // It may happen again.
    BOOST_TEST(d.post(event("missed")).status == 202u);
    BOOST_TEST(d.ours.next().has_value());
}

BOOST_AUTO_TEST_CASE(a_flood_waits_at_the_service)
{
    desk d(3, 2);
    BOOST_TEST(d.post(value(change("M1", "1") + "," + change("M2", "1"))).status == 202u);
    auto const full = d.post(value(change("M3", "1") + "," + change("M4", "1")));
    BOOST_TEST(full.status == 503u);
    BOOST_TEST(*http::find(full.headers, "Retry-After") == "10");
    BOOST_TEST(d.ids() == "M1 M2 ");
    // Nothing of what was put off counts as known, and the whole of it comes when there is room.
    BOOST_TEST(d.post(value(change("M3", "1") + "," + change("M4", "1"))).status == 202u);
    BOOST_TEST(d.post(value(change("M3", "1") + "," + change("M3", "1"))).status == 202u);
    BOOST_TEST(d.ids() == "M3 M4 ");
    // Another state of the same message is news; of the last two it is known that they came.
    BOOST_TEST(d.post(value(change("M3", "2") + "," + change("M4", "1") + "," + change("M3", "2"))).status == 202u);
    BOOST_TEST(d.ids() == "M3 ");
    BOOST_TEST(d.post(value(change("M1", "1"))).status == 202u);
    BOOST_TEST(d.ids() == "M1 ");  // long ago

    std::string many;
    for (int i = 0; i < 2000; ++i)
        many += (i ? "," : "") + change("X" + std::to_string(i), "e", "not ours");
    BOOST_TEST(d.post(value(many)).status == 202u);
    BOOST_TEST(d.ours.foreign() == 2000u);
    BOOST_TEST(d.ids() == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_notification_is_refused)
{
    desk d;
    for (char const* const body :
         {"", "null", "{}", "[]", R"({"value":null})", R"({"value":{}})", R"({"value":[7]})", R"({"value":[{}]})",
          R"({"value":[{"subscriptionId":7}]})", R"({"value":[{"subscriptionId":"S1","resourceData":[]}]})",
          R"({"value":[{"subscriptionId":"S1"}]} x)", "\xff"})
        BOOST_TEST(d.post(body).status == 400u, body);
    BOOST_TEST(d.post(news, "/hook", "text/plain").status == 415u);
    BOOST_TEST(d.post(news, "/hook/").status == 404u);
    BOOST_TEST(d.post(news, "/").status == 404u);
    std::string deep = R"({"value":[{"subscriptionId":"S1","x":)";
    deep += std::string(100, '[') + std::string(100, ']') + "}]}";
    BOOST_TEST(d.post(deep).status == 413u);
    BOOST_TEST(d.ids() == "");
    for (std::size_t n = 0; n < news.size(); ++n)
        BOOST_TEST(d.post(news.substr(0, n)).status == 400u, n);
    BOOST_TEST(d.ids() == "");
}

BOOST_AUTO_TEST_SUITE_END()
