// The mock Graph, as it calls back: subscriptions, the handshake, and what is told to whom and when.

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>

#include "graph_outlook.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using outkit::tests::header;
using outkit::tests::outlook;
using outkit::tests::plain_mail;
using outkit::tests::problem_of;
using outkit::tests::refused;
namespace http = outkit::http;
namespace mock = outkit::mock;

namespace {

struct call
{
    std::string url;  // without the validation's text
    http::request request;
};

// An outlook with somebody who is called back, at once and without a connection.
struct office : outlook
{
    office()
    {
        w.outgoing.carrier = [this](http::url to, http::request r, mock::outgoing::handler done) {
            std::size_t const mark = to.target.find("validationToken=");
            http::response answer;
            if (mark != std::string::npos)
            {
                answer.headers.push_back({"Content-Type", "text/plain"});
                answer.body = *outkit::detail::form_decode(to.target.substr(mark + 16));
                to.target.resize(mark - 1);
                validated.push_back({to.text(), std::move(r)});
            }
            else
            {
                answer.status = status;
                heard.push_back({to.text(), std::move(r)});
            }
            done({}, std::move(answer));
        };
    }

    // Creates one, and returns its id.
    std::string subscribe(std::string resource = "me/messages", std::string more = {}, http::fields headers = {})
    {
        http::response const r = write("POST", "/v1.0/subscriptions",
                                       "{\"changeType\":\"created,updated,deleted\",\"notificationUrl\":"
                                       "\"http://localhost:9/n\",\"resource\":\"" +
                                           resource + "\",\"expirationDateTime\":\"2026-11-26T08:30:00Z\"" + more + "}",
                                       std::move(headers));
        BOOST_TEST_REQUIRE(r.status == 201u, r.body);
        std::size_t const at = r.body.find("\"id\":\"");
        return r.body.substr(at + 6, 36);
    }
    http::response create(std::string_view body)
    {
        std::string text(body);
        std::replace(text.begin(), text.end(), '`', '"');
        return post("/v1.0/subscriptions", text);
    }
    // What has been told since the last time: bodies of the calls.
    std::vector<std::string> told()
    {
        w.advance(0s);
        std::vector<std::string> bodies;
        for (call& c : heard)
            bodies.push_back(std::move(c.request.body));
        heard.clear();
        return bodies;
    }
    // The same in short: "created ID, updated ID" for each call
    std::vector<std::string> told_in_short()
    {
        std::vector<std::string> all;
        for (std::string const& body : told())
        {
            std::string line;
            for (std::size_t at = 0; (at = body.find("\"changeType\":\"", at)) != std::string::npos;)
            {
                at += 14;
                line += (line.empty() ? "" : ", ") + body.substr(at, body.find('"', at) - at) + ' ';
                at = body.find("\"},\"clientState\"", at);
                std::size_t const begin = body.rfind('"', at - 1) + 1;
                line += body.substr(begin, at - begin);
            }
            for (std::size_t at = 0; (at = body.find("\"lifecycleEvent\":\"", at)) != std::string::npos;)
            {
                at += 18;
                line += (line.empty() ? "" : ", ") + body.substr(at, body.find('"', at) - at);
            }
            all.push_back(line);
        }
        return all;
    }

    unsigned status = 202;
    std::vector<call> validated, heard;
};

std::string const lifecycle = ",\"lifecycleNotificationUrl\":\"http://localhost:9/l\"";

using texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_mock_subscriptions)

BOOST_AUTO_TEST_CASE(both_urls_are_asked_before_a_subscription_is_made)
{
    office o;
    auto const r = o.create("{`changeType`:`created,updated,deleted`,`notificationUrl`:`https://localhost:8443/n?a=7`,"
                            "`lifecycleNotificationUrl`:`http://127.0.0.1:8080/l`,`resource`:`/me/messages`,"
                            "`expirationDateTime`:`2026-11-26T08:30:00.0000000Z`,`clientState`:`5f1b0c6e`}");
    BOOST_TEST(r.status == 201u);
    BOOST_TEST_REQUIRE(o.validated.size() == 2u);
    BOOST_TEST(o.validated[0].url == "https://localhost:8443/n?a=7");
    BOOST_TEST(o.validated[1].url == "http://127.0.0.1:8080/l");
    BOOST_TEST(o.validated[0].request.method == "POST");
    BOOST_TEST(o.validated[0].request.body == "");
    BOOST_TEST(*http::find(o.validated[0].request.headers, "Content-Type") == "text/plain; charset=utf-8");
    std::string const id = r.body.substr(r.body.find("\"id\":\"") + 6, 36);
    std::string const members =
        "\"id\":\"" + id +
        "\",\"resource\":\"/me/messages\",\"applicationId\":\"00000000-0000-4000-8000-00000000a001\",\"changeType\":"
        "\"created,updated,deleted\",\"clientState\":\"5f1b0c6e\",\"notificationUrl\":\"https://localhost:8443/n?a=7\","
        "\"notificationQueryOptions\":null,\"lifecycleNotificationUrl\":\"http://127.0.0.1:8080/l\","
        "\"expirationDateTime\":\"2026-11-26T08:30:00Z\",\"creatorId\":\"" +
        o.adele->id +
        "\",\"includeResourceData\":null,\"latestSupportedTlsVersion\":\"v1_2\",\"encryptionCertificate\":null,"
        "\"encryptionCertificateId\":null,\"notificationUrlAppId\":null}";
    std::string const context = "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#subscriptions";
    BOOST_TEST(r.body == context + "/$entity\"," + members);
    BOOST_TEST(header(r, "Location") == "https://graph.microsoft.com/v1.0/subscriptions/" + id);
    BOOST_TEST(o.get("/v1.0/subscriptions/" + id).body == r.body);
    BOOST_TEST(o.get("/v1.0/subscriptions").body == context + "\",\"value\":[{" + members + "]}");
    BOOST_TEST(o.w.journal.count({.server = "graph", .what = "validate https://localhost:8443/n"}) == 1u);

    BOOST_TEST(o.write("DELETE", "/v1.0/subscriptions/" + id).status == 204u);
    refused(o.get("/v1.0/subscriptions/" + id), 404, "ResourceNotFound", "The object was not found.");
    BOOST_TEST(o.get("/v1.0/subscriptions").body == context + "\",\"value\":[]}");
}

BOOST_AUTO_TEST_CASE(the_answer_waits_until_the_url_has_answered)
{
    office o;
    mock::outgoing::handler answer_later;
    std::string text;
    o.w.outgoing.carrier = [&](http::url to, http::request, mock::outgoing::handler done) {
        text = *outkit::detail::form_decode(to.target.substr(to.target.find('=') + 1));
        answer_later = std::move(done);
    };
    http::request r;
    r.method = "POST";
    r.target = "/v1.0/subscriptions";
    r.headers = {{"Host", "graph.microsoft.com"}, {"Authorization", "Bearer " + o.everything()}};
    r.body = "{\"changeType\":\"created\",\"notificationUrl\":\"https://localhost/n\",\"resource\":\"me/messages\","
             "\"expirationDateTime\":\"2026-11-26T08:30:00Z\"}";
    refused(o.g.answer(r), 400, "ValidationError");  // it cannot wait
    outkit::detail::simulator sim;
    auto const served = sim.start("graph", o.g.serve(r));
    sim.run();
    BOOST_TEST(!served->done);
    BOOST_TEST(text.starts_with("Validation: Testing client application reachability for subscription Request-Id: "));
    http::response good;
    good.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    good.body = text;
    answer_later({}, good);
    sim.run();
    BOOST_TEST_REQUIRE(served->done);
    BOOST_TEST(served->value->status == 201u);
    BOOST_TEST(sim.unfinished() == 0u);
}

BOOST_AUTO_TEST_CASE(a_url_that_does_not_echo_the_text_is_no_notification_url)
{
    office o;
    http::response answer;
    outkit::error_code ec;
    o.w.outgoing.carrier = [&](http::url, http::request, mock::outgoing::handler done) { done(ec, answer); };
    auto const attempt = [&] {
        return o.create("{`changeType`:`created`,`notificationUrl`:`https://localhost/n`,`resource`:`me/messages`,"
                        "`expirationDateTime`:`2026-11-26T08:30:00Z`}");
    };
    answer.status = 403;
    refused(attempt(), 400, "ValidationError",
            "Subscription validation request failed. HTTP status code is 'Forbidden'. Notification endpoint must "
            "respond with 200 OK to validation request.");
    answer.status = 404;
    BOOST_TEST(problem_of(attempt()).message.find("'NotFound'") != std::string::npos);
    answer.status = 200;
    answer.body = "hello";
    answer.headers = {{"Content-Type", "text/plain"}};
    refused(attempt(), 400, "ValidationError",
            "Subscription validation request failed. Response must exactly match validationToken query parameter.");
    ec = outkit::os_error(ECONNREFUSED);
    refused(attempt(), 400, "ValidationError",
            "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation "
            "request.");
    ec = make_error_code(outkit::error::timeout);
    refused(attempt(), 400, "InvalidRequest", "Subscription validation request timed out.");
    BOOST_TEST(o.get("/v1.0/subscriptions").body.ends_with("\"value\":[]}"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_subscribed_to_is_refused)
{
    office o;
    auto const with = [&](std::string_view change, std::string_view url, std::string_view resource,
                          std::string_view until, std::string_view more = {}) {
        return o.create("{`changeType`:`" + std::string(change) + "`,`notificationUrl`:`" + std::string(url) +
                        "`,`resource`:`" + std::string(resource) + "`,`expirationDateTime`:`" + std::string(until) +
                        "`" + std::string(more) + "}");
    };
    std::string const here = "https://localhost/n", soon = "2026-11-24T10:00:00Z";
    std::string const misspelt = "Could not process subscription creation payload. Are all property names spelled and "
                                 "camelCased properly?";
    refused(o.create("[]"), 400, "InvalidRequest", misspelt);
    refused(with("created", here, "me/messages", "2026-11-5T10:00:00Z"), 400, "InvalidRequest", misspelt);
    refused(o.create("{`changeType`:`created`,`notificationUrl`:`https://localhost/n`,`resource`:`me/messages`}"), 400,
            "InvalidRequest", "expirationDateTime is a required property for subscription creation");
    refused(with("read", here, "me/messages", soon), 400, "InvalidRequest", "'read' is not a valid changeType.");
    refused(with("created", here, "me/messages", "2026-12-01T10:00:00Z"), 400, "ExtensionError",
            "Subscription expiration can only be 10080 minutes in the future.");
    refused(with("created", here, "me/messages", "2026-11-20T10:00:00Z"), 400, "InvalidRequest");
    refused(with("created", here, "me/messages", soon, ",`clientState`:`" + std::string(129, 'x') + "`"), 400,
            "InvalidRequest");
    for (char const* const url : {"http://hook.example/n", "ftp://localhost/n", "nonsense"})
        refused(with("created", url, "me/messages", soon), 400, "InvalidRequest",
                "notificationUrl must be an https URL.");
    refused(with("created", "https://hook.example/n", "me/messages", soon), 400, "ValidationError",
            "notificationUrl: this mock calls back to this machine only: localhost, 127.0.0.1 or [::1].");
    refused(with("created", here, "me/messages", soon, ",`lifecycleNotificationUrl`:`https://10.0.0.1/`"), 400,
            "ValidationError");
    refused(with("created", here, "me/events", soon), 400, "BadRequest",
            "Resource not found for the segment 'events'.");
    refused(with("created", here, "groups", soon), 400, "BadRequest", "Resource not found for the segment 'groups'.");
    refused(with("created", here, "me/mailFolders('x')/messages", soon), 404, "ExtensionError",
            "Operation: Create; Exception: [Status Code: NotFound; Reason: Not Found]");
    refused(with("created", here, "users/alex@contoso.example/messages", soon), 403, "ExtensionError");
    refused(with("created", here, "me/messages?$filter=nonsense", soon), 400, "RequestBroker--ParseUri");
    std::string const body = "{\"changeType\":\"created\",\"notificationUrl\":\"" + here +
                             "\",\"resource\":\"me/messages\",\"expirationDateTime\":\"" + soon + "\"}";
    refused(o.ask("POST", "/v1.0/subscriptions", o.token(*o.adele, {"User.Read"}), {}, body), 403, "ExtensionError",
            "Operation: Create; Exception: [Status Code: Forbidden; Reason: Access is denied. Check credentials and "
            "try again.]");
    refused(o.ask("POST", "/v1.0/subscriptions", o.app_token({"Mail.Read"}), {}, body), 400, "BadRequest",
            "/me request is only valid with delegated authentication flow.");
    o.w.policy.service.graph_calls_back = false;
    refused(with("created", here, "me/messages", soon), 400, "ValidationError",
            "This mock is set to call nobody back.");
    BOOST_TEST(o.validated.empty());
}

BOOST_AUTO_TEST_CASE(a_subscription_lives_45_minutes_at_least_and_ends)
{
    office o;
    std::string const id = [&] {
        auto const r = o.create("{`changeType`:`created`,`notificationUrl`:`https://localhost/n`,`resource`:"
                                "`me/messages`,`expirationDateTime`:`2026-11-23T10:05:00Z`}");
        BOOST_TEST(r.body.find("\"expirationDateTime\":\"2026-11-23T10:45:0") != std::string::npos, r.body);
        return r.body.substr(r.body.find("\"id\":\"") + 6, 36);
    }();
    o.w.advance(40min);
    auto const renewed =
        o.write("PATCH", "/v1.0/subscriptions/" + id, "{\"expirationDateTime\":\"2026-11-23T12:00:00.5Z\"}");
    BOOST_TEST(renewed.status == 200u);
    BOOST_TEST(renewed.body.find("\"expirationDateTime\":\"2026-11-23T12:00:00.5000000Z\"") != std::string::npos);
    o.w.advance(60min);
    BOOST_TEST(o.get("/v1.0/subscriptions/" + id).status == 200u);
    refused(o.write("PATCH", "/v1.0/subscriptions/" + id, "{}"), 400, "InvalidRequest",
            "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its value.");
    o.deliver(plain_mail);
    BOOST_TEST(o.told().size() == 1u);
    o.w.advance(30min);
    BOOST_TEST(o.get("/v1.0/subscriptions/" + id).status == 404u);
    o.deliver(plain_mail);
    BOOST_TEST(o.told().empty());
}

BOOST_AUTO_TEST_CASE(what_happens_by_any_protocol_is_told)
{
    office o;
    std::string const id = o.subscribe("me/messages", ",\"clientState\":\"secret\"");
    auto const m = o.deliver(plain_mail);
    auto const heard = o.told();
    BOOST_TEST_REQUIRE(heard.size() == 1u);
    std::string const resource = "Users/" + o.adele->id + "/Messages/" + m->id;
    BOOST_TEST(heard[0] == "{\"value\":[{\"subscriptionId\":\"" + id +
                               "\",\"subscriptionExpirationDateTime\":\"2026-11-26T08:30:00+00:00\",\"changeType\":"
                               "\"created\",\"resource\":\"" +
                               resource +
                               "\",\"resourceData\":{\"@odata.type\":\"#Microsoft.Graph.Message\","
                               "\"@odata.id\":\"" +
                               resource + "\",\"@odata.etag\":\"W/\\\"" + m->change_key + "\\\"\",\"id\":\"" + m->id +
                               "\"},\"clientState\":\"secret\",\"tenantId\":\"" + o.tenant + "\"}]}");

    std::string const was = m->id;
    o.w.mailboxes.store(*o.inbox, m->uid, mock::mailbox_store::how::add, mock::flags::seen);  // as IMAP does
    BOOST_TEST(o.told_in_short() == texts{"updated " + was});
    BOOST_TEST(o.write("PATCH", "/v1.0/me/messages/" + was, "{\"isRead\":false}").status == 200u);
    BOOST_TEST(o.told_in_short() == texts{"updated " + was});
    BOOST_TEST(o.write("PATCH", "/v1.0/me/messages/" + was, "{\"isRead\":false}").status == 200u);
    BOOST_TEST(o.told_in_short().size() <= 1u);

    auto const moved = o.post("/v1.0/me/messages/" + was + "/move", "{\"destinationId\":\"archive\"}");
    BOOST_TEST(moved.status == 201u);
    std::string const now = o.messages("adele@contoso.example", mock::role::archive).back()->id;
    BOOST_TEST(o.told_in_short() == texts{"deleted " + was + ", created " + now});
    BOOST_TEST(o.ask("POST", "/v1.0/me/messages/" + now + "/permanentDelete", o.everything()).status == 204u);
    BOOST_TEST(o.told_in_short() == texts{"deleted " + now});

    // Sent by Graph, or by SMTP: both submit. The copy in Sent Items comes first.
    mock::submission s;
    s.sender = o.w.mailboxes.find("adele@contoso.example");
    s.raw = plain_mail;
    s.recipients = {"adele@contoso.example"};
    o.w.mailboxes.submit(std::move(s));
    BOOST_TEST(o.told_in_short() ==
               texts{"created " + o.messages("adele@contoso.example", mock::role::sent_items).back()->id +
                     ", created " + o.messages("adele@contoso.example", mock::role::inbox).back()->id});
    o.w.mailboxes.deliver(*o.w.mailboxes.find("alex@contoso.example"), plain_mail);  // somebody else's
    BOOST_TEST(o.told().empty());
}

BOOST_AUTO_TEST_CASE(a_subscription_can_be_for_one_folder_some_messages_and_some_changes)
{
    office o;
    o.subscribe("me/mailFolders('inbox')/messages?$filter=importance eq 'high'");
    auto const plain = o.deliver(plain_mail);
    auto const high = o.deliver("Importance: high\r\n" + plain_mail);
    BOOST_TEST(o.told_in_short() == texts{"created " + high->id});
    BOOST_TEST(plain->id != high->id);
    std::string const was = high->id;
    mock::folder_ptr const archive = o.w.mailboxes.find("adele@contoso.example")->find(mock::role::archive);
    auto const there = o.w.mailboxes.move(*o.inbox, high->uid, *archive);
    BOOST_TEST(o.told_in_short() == texts{"deleted " + was});
    o.w.mailboxes.move(*archive, there->uid, *o.inbox);
    BOOST_TEST(o.told_in_short().size() == 1u);
    auto const r = o.create("{`changeType`:`deleted`,`notificationUrl`:`http://localhost:9/other`,`resource`:"
                            "`me/messages`,`expirationDateTime`:`2026-11-26T08:30:00Z`}");
    BOOST_TEST(r.status == 201u);
    o.deliver(plain_mail);
    BOOST_TEST(o.told().empty());
    o.w.mailboxes.expunge(*o.inbox, plain->uid);
    BOOST_TEST(o.told_in_short() == texts{"deleted " + plain->id});
}

BOOST_AUTO_TEST_CASE(with_immutable_ids_a_move_is_a_change)
{
    office o;
    o.subscribe("me/messages", "", {{"Prefer", "IdType=\"ImmutableId\""}});
    auto const m = o.deliver(plain_mail);
    BOOST_TEST(o.told_in_short() == texts{"created " + m->immutable_id});
    o.w.mailboxes.move(*o.inbox, m->uid, *o.w.mailboxes.find("adele@contoso.example")->find(mock::role::archive));
    BOOST_TEST(o.told_in_short() == texts{"updated " + m->immutable_id});
}

BOOST_AUTO_TEST_CASE(subscriptions_with_one_url_share_a_call)
{
    office o;
    std::string const one = o.subscribe(), two = o.subscribe("me/mailFolders('inbox')/messages");
    o.deliver(plain_mail);
    auto const heard = o.told();
    BOOST_TEST_REQUIRE(heard.size() == 1u);
    BOOST_TEST(heard[0].find(one) != std::string::npos);
    BOOST_TEST(heard[0].find(two) != std::string::npos);
    for (int i = 0; i < 150; ++i)
        o.deliver(plain_mail);
    BOOST_TEST(o.told().size() == 3u);  // 300 of them, a hundred each
}

BOOST_AUTO_TEST_CASE(what_is_not_taken_is_told_again_for_four_hours)
{
    office o;
    o.subscribe("me/messages", lifecycle);
    o.status = 503;
    auto const first = o.deliver(plain_mail);
    BOOST_TEST(o.told_in_short() == texts{"created " + first->id});
    o.w.advance(5s);
    BOOST_TEST(o.told().empty());
    auto const second = o.deliver(plain_mail);
    o.w.advance(10s);
    BOOST_TEST(o.told_in_short() == texts{"created " + first->id + ", created " + second->id});
    o.status = 202;
    o.w.advance(30s);
    BOOST_TEST(o.told_in_short() == texts{"created " + first->id + ", created " + second->id});
    o.w.advance(1h);
    BOOST_TEST(o.told_in_short() == texts{"reauthorizationRequired"});

    o.status = 500;
    o.deliver(plain_mail);
    o.w.advance(3h + 50min);
    std::size_t const attempts = o.told().size();
    BOOST_TEST(attempts > 20u);
    BOOST_TEST(attempts < 35u);
    o.w.advance(25min);
    o.told();
    o.status = 202;
    o.w.advance(30min);
    BOOST_TEST(o.told_in_short() == texts{"missed"});
    auto const later = o.deliver(plain_mail);
    BOOST_TEST(o.told_in_short() == texts{"created " + later->id});
}

BOOST_AUTO_TEST_CASE(what_has_ended_is_told_no_more)
{
    office o;
    std::string const id = o.subscribe();
    o.deliver(plain_mail);
    BOOST_TEST(o.write("DELETE", "/v1.0/subscriptions/" + id).status == 204u);
    BOOST_TEST(o.told().empty());
}

BOOST_AUTO_TEST_CASE(before_token_and_subscription_end_the_application_is_warned)
{
    office o;
    std::string const id = o.subscribe("me/messages", lifecycle + ",\"clientState\":\"c\"");
    BOOST_TEST_REQUIRE(o.validated.size() == 2u);
    o.w.advance(40min);
    BOOST_TEST(o.told().empty());
    o.w.advance(10min);
    BOOST_TEST_REQUIRE(o.heard.size() == 1u);
    BOOST_TEST(o.heard[0].url == "http://localhost:9/l");
    BOOST_TEST(o.told()[0] ==
               "{\"value\":[{\"subscriptionId\":\"" + id +
                   "\",\"subscriptionExpirationDateTime\":\"2026-11-26T08:30:00+00:00\",\"tenantId\":\"" + o.tenant +
                   "\",\"clientState\":\"c\",\"lifecycleEvent\":\"reauthorizationRequired\"}]}");
    o.w.advance(1h);
    BOOST_TEST(o.told().empty());  // once
    BOOST_TEST(o.post("/v1.0/subscriptions/" + id + "/reauthorize").status == 204u);
    o.w.advance(30min);
    BOOST_TEST(o.told().empty());
    o.w.advance(20min);
    BOOST_TEST(o.told_in_short() == texts{"reauthorizationRequired"});
    o.w.advance(67h);
    BOOST_TEST(o.told().empty());
    o.w.advance(75min);
    BOOST_TEST(o.told_in_short() == texts{"reauthorizationRequired"});
    o.w.advance(30min);
    BOOST_TEST(o.get("/v1.0/subscriptions/" + id).status == 404u);
    BOOST_TEST(o.told().empty());
}

BOOST_AUTO_TEST_CASE(when_the_person_is_signed_out_or_gone_the_subscription_is_removed)
{
    for (int how = 0; how < 4; ++how)
    {
        office o;
        o.subscribe("me/messages", lifecycle);
        o.w.advance(20min);
        if (how == 0)
            o.w.directory.change_password(o.w, *o.adele, "Another-1");
        else if (how == 1)
            o.adele->enabled = false;
        else if (how == 2)
            o.w.directory.find_application("00000000-0000-4000-8000-00000000a001")->enabled = false;
        else
            o.w.mailboxes.remove("adele@contoso.example");
        o.w.advance(20min);
        BOOST_TEST(o.told_in_short() == texts{"subscriptionRemoved"}, how);
        o.w.advance(2h);
        BOOST_TEST(o.told().empty());
    }
}

BOOST_AUTO_TEST_CASE(an_application_sees_its_own_subscriptions_only)
{
    office o;
    std::string const id = o.subscribe();
    std::string const other = "00000000-0000-4000-8000-00000000a002";
    mock::application a;
    a.tenant_id = o.tenant;
    a.app_id = other;
    o.w.directory.add_application(o.w, a);
    mock::access_claims c;
    c.audience = "https://graph.microsoft.com";
    c.tenant = o.tenant;
    c.client_id = other;
    c.person = {o.tenant, o.adele->id, o.adele->principal_name, "", "", "", o.adele->mail};
    c.permissions = {"Mail.Read"};
    std::string const token = mock::issue_access_token(o.w.keys, o.w, c);
    BOOST_TEST(o.ask("GET", "/v1.0/subscriptions/" + id, token).status == 404u);
    BOOST_TEST(o.ask("DELETE", "/v1.0/subscriptions/" + id, token).status == 404u);
    BOOST_TEST(o.ask("GET", "/v1.0/subscriptions", token).body.ends_with("\"value\":[]}"));
    BOOST_TEST(o.get("/v1.0/subscriptions/" + id).status == 200u);
}

BOOST_AUTO_TEST_SUITE_END()
