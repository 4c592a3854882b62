// The mock Graph by itself and with our client: what it answers comes from the world, and nothing else.

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/utf8.hpp>
#include <outkit/graph/detail/attachments.hpp>
#include <outkit/graph/detail/batches.hpp>
#include <outkit/graph/detail/changes.hpp>
#include <outkit/graph/detail/flows.hpp>
#include <outkit/graph/detail/writing.hpp>
#include <outkit/graph/query.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/odata.hpp>
#include <outkit/oauth2/cloud.hpp>

#include "graph_outlook.hpp"
#include "hostile_texts.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace std::chrono_literals;
using outkit::access_token;
using outkit::condition;
using outkit::error_code;
using outkit::detail::flow;
using outkit::detail::meet;
using outkit::detail::wire;
using outkit::graph::detail::session;
namespace flows = outkit::graph::detail;
namespace graph = outkit::graph;
namespace http = outkit::http;
namespace mock = outkit::mock;
namespace oauth2 = outkit::oauth2;
namespace tests = outkit::tests;
using tests::header;
using tests::outlook;
using tests::plain_mail;
using tests::problem_of;
using tests::refused;

namespace {

std::string html_mail(std::string const& subject)
{
    return "From: Alex Wilber <alex@contoso.example>\r\nTo: adele@contoso.example\r\nCc: "
           "b@contoso.example\r\nSubject: " +
           subject + "\r\nMessage-ID: <" + subject +
           "@x.example>\r\nImportance: high\r\nMIME-Version: 1.0\r\n"
           "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
           "<p>At <b>noon</b>?</p><script>alert(1)</script>\r\n--b\r\n"
           "Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--b--\r\n";
}

// Client and mock over one TLS connection in memory.
template <class T>
auto over_tls(outlook& o, session& s, flow<T> call, outkit::detail::weather sky = {})
{
    auto serve = [&o](wire& w) -> flow<> {
        co_await w.start_tls();
        mock::http_handler answer = [&o](http::request const& r) { return o.g.answer(r); };
        co_await mock::serve_http(w, std::move(answer));
    };
    auto server = tests::certified_server(), client = tests::trusting_client();
    if (s.config.host != "mail.test")
    {
        tests::certificate const own = tests::make_certificate(s.config.host);
        error_code ec;
        server = outkit::tls_context::server_pem(ec, own.chain, own.key);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        client = outkit::tls_context::client(ec, {.system = false, .authorities_pem = own.chain});
        BOOST_TEST_REQUIRE(!ec, ec.message());
    }
    outkit::detail::simulator sim(1, sky);
    sim.listen(s.config.host, 443, serve, server);
    auto r = sim.start("client", std::move(call), client);
    sim.run();
    return std::move(*r);
}

graph::options at_mock()
{
    graph::options o;
    o.host = "mail.test";
    return o;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_mock)

BOOST_AUTO_TEST_CASE(me_has_the_services_shape)
{
    outlook o;
    auto const r = o.get("/v1.0/me", {{"client-request-id", "0b1c2d3e-0000-4000-8000-123456789abc"}});
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(r.body ==
               "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users/$entity\","
               "\"businessPhones\":[],\"displayName\":\"Adele Vance\",\"givenName\":\"Adele\",\"jobTitle\":null,"
               "\"mail\":\"adele@contoso.example\",\"mobilePhone\":null,\"officeLocation\":null,"
               "\"preferredLanguage\":\"en-US\",\"surname\":\"Vance\","
               "\"userPrincipalName\":\"adele@contoso.example\",\"id\":\"" +
                   o.adele->id + "\"}");
    BOOST_TEST(header(r, "Content-Type") == "application/json;odata.metadata=minimal;odata.streaming=true;"
                                            "IEEE754Compatible=false;charset=utf-8");
    BOOST_TEST(header(r, "OData-Version") == "4.0");
    BOOST_TEST(header(r, "client-request-id") == "0b1c2d3e-0000-4000-8000-123456789abc");
    BOOST_TEST(header(r, "request-id").size() == 36u);
    BOOST_TEST(header(r, "x-ms-ags-diagnostic").starts_with("{\"ServerInfo\":{\"DataCenter\":"));
    BOOST_TEST(header(r, "Cache-Control") == "private");
    BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "");
    BOOST_TEST(header(o.get("/v1.0/me", {{"Origin", "https://app.example"}}), "Access-Control-Allow-Origin") == "*");
    BOOST_TEST(o.get("/v1.0/me?$select=displayName,id").body ==
               "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users(displayName,id)/$entity\","
               "\"displayName\":\"Adele Vance\",\"id\":\"" +
                   o.adele->id + "\"}");
    auto const again = o.get("/v1.0/me");
    BOOST_TEST(header(again, "client-request-id") == header(again, "request-id"));
    BOOST_TEST(header(again, "request-id") != header(r, "request-id"));
}

BOOST_AUTO_TEST_CASE(a_token_that_is_no_good_is_401_with_the_services_words)
{
    outlook o;
    auto const with = [&](std::string token) { return o.ask("GET", "/v1.0/me/messages", std::move(token)); };
    auto const none = with("");
    refused(none, 401, "InvalidAuthenticationToken", "Access token is empty.");
    BOOST_TEST(header(none, "WWW-Authenticate").starts_with("Bearer realm=\"\", authorization_uri="));
    graph::problem const p = problem_of(none);
    BOOST_TEST(p.request_id == header(none, "request-id"));
    BOOST_TEST(p.date == "2026-11-23T10:00:00");
    BOOST_TEST(none.body ==
               "{\"error\":{\"code\":\"InvalidAuthenticationToken\",\"message\":\"Access token is empty.\","
               "\"innerError\":{\"date\":\"2026-11-23T10:00:00\",\"request-id\":\"" +
                   p.request_id + "\",\"client-request-id\":\"" + p.request_id + "\"}}}");
    BOOST_TEST(problem_of(with("nonsense")).message.starts_with("IDX14100: JWT is not well formed"));
    refused(with("a.b.c"), 401, "InvalidAuthenticationToken", "CompactToken parsing failed with error code: 80049217");
    std::string altered = o.everything();
    char& c = altered[altered.find('.') + 10];
    c = c == 'A' ? 'B' : 'A';
    BOOST_TEST(with(altered).status == 401u);
    refused(with(o.token(*o.adele, {"IMAP.AccessAsUser.All"}, "https://outlook.office.com")), 401,
            "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.");
    std::string const old = o.everything();
    o.w.advance(2h);
    refused(with(old), 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.");
    BOOST_TEST(with(o.everything()).status == 200u);
}

BOOST_AUTO_TEST_CASE(a_changed_password_ends_in_a_claims_challenge)
{
    outlook o;
    std::string const token = o.everything();
    o.w.advance(10min);
    o.adele->tokens_valid_from = o.w.date();
    auto const r = o.ask("GET", "/v1.0/me", token);
    refused(r, 401, "InvalidAuthenticationToken",
            "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
            "TokenIssuedBeforeRevocationTimestamp");
    BOOST_TEST((flows::error_of(problem_of(r)) == graph::error::claims_challenge));
    BOOST_TEST(problem_of(r).claims.starts_with("{\"access_token\":{\"nbf\":{\"essential\":true, \"value\":\""));
    o.adele->enabled = false;
    BOOST_TEST(o.ask("GET", "/v1.0/me", o.everything()).status == 401u);
}

BOOST_AUTO_TEST_CASE(each_call_needs_its_permission)
{
    outlook o;
    std::string const id = o.deliver(plain_mail)->id;
    struct
    {
        char const* permission;
        char const* method;
        std::string target;
        unsigned status;
    } const rows[] = {
        {"Mail.Read", "GET", "/v1.0/me", 403},
        {"User.Read", "GET", "/v1.0/me", 200},
        {"User.Read", "GET", "/v1.0/me/messages", 403},
        {"Mail.ReadBasic", "GET", "/v1.0/me/messages", 200},
        {"Mail.ReadBasic", "GET", "/v1.0/me/messages/" + id, 200},
        {"Mail.ReadBasic", "GET", "/v1.0/me/messages/" + id + "/$value", 403},
        {"Mail.Read", "GET", "/v1.0/me/messages/" + id + "/$value", 200},
        {"Mail.Read", "GET", "/v1.0/me/mailFolders", 200},
        {"Mail.Read", "PATCH", "/v1.0/me/messages/" + id, 403},
        {"Mail.ReadWrite", "PATCH", "/v1.0/me/messages/" + id, 200},
        {"Mail.Read", "POST", "/v1.0/me/mailFolders", 403},
        {"Mail.ReadWrite", "POST", "/v1.0/me/sendMail", 403},
        {"Mail.Read", "DELETE", "/v1.0/me/messages/" + id, 403},
        {"Mail.Read", "GET", "/v1.0/users/" + o.alex->id + "/messages", 403},
        {"Mail.Read", "GET", "/v1.0/users/" + o.adele->id + "/messages", 200},
        {"Mail.Read", "GET", "/v1.0/users('adele@contoso.example')/messages", 200},
    };
    for (auto const& row : rows)
        BOOST_TEST_CONTEXT(row.permission << ' ' << row.method << ' ' << row.target)
        {
            auto const r = o.ask(row.method, row.target, o.token(*o.adele, {row.permission}),
                                 {{"Content-Type", "application/json"}}, "{}");
            BOOST_TEST(r.status == row.status);
            if (r.status == 403 && row.target != "/v1.0/me")
                refused(r, 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
        }
    // What ReadBasic hides
    std::string const basic = o.ask("GET", "/v1.0/me/messages/" + id, o.token(*o.adele, {"Mail.ReadBasic"})).body;
    BOOST_TEST(basic.find("\"subject\"") != std::string::npos);
    BOOST_TEST(basic.find("\"body\"") == std::string::npos);
    BOOST_TEST(basic.find("\"bodyPreview\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_application_has_no_me_and_may_be_confined_to_some_mailboxes)
{
    outlook o;
    std::string const token = o.app_token({"Mail.Read"});
    refused(o.ask("GET", "/v1.0/me/messages", token), 400, "BadRequest",
            "/me request is only valid with delegated authentication flow.");
    BOOST_TEST(o.ask("GET", "/v1.0/users/adele@contoso.example/messages", token).status == 200u);
    o.w.policy.edit_tenant(o.tenant).graph_mailboxes = {"alex@contoso.example"};
    refused(o.ask("GET", "/v1.0/users/adele@contoso.example/messages", token), 403, "ErrorAccessDenied",
            "Access to OData is disabled.");
    BOOST_TEST(o.ask("GET", "/v1.0/users/alex@contoso.example/messages", token).status == 200u);
}

BOOST_AUTO_TEST_CASE(mailboxes_that_are_not_there)
{
    outlook o;
    refused(o.ask("GET", "/v1.0/users/nobody@contoso.example/messages", o.everything()), 404, "ErrorInvalidUser");
    o.adele->licensed = false;
    refused(o.get("/v1.0/me/mailFolders"), 404, "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.");
    BOOST_TEST(o.get("/v1.0/me").status == 200u);
}

BOOST_AUTO_TEST_CASE(what_is_not_served_is_said_so)
{
    outlook o;
    refused(o.get("/v1.0/me/nonsense"), 400, "BadRequest", "Resource not found for the segment 'nonsense'.");
    refused(o.get("/v1.0/nonsense"), 400, "BadRequest", "Resource not found for the segment 'nonsense'.");
    refused(o.get("/v3.0/me"), 400, "BadRequest");
    refused(o.get("/v1.0/me/messages/%zz"), 400, "BadRequest");
    refused(o.get("/"), 400, "BadRequest");
    refused(o.ask("DELETE", "/v1.0/me/sendMail", o.everything()), 405, "BadRequest",
            "The OData request is not supported.");
    refused(o.get("/v1.0/me/messages/garbage"), 400, "ErrorInvalidIdMalformed", "Id is malformed.");
    refused(o.get("/v1.0/me/mailFolders/garbage"), 400, "ErrorInvalidIdMalformed");
    std::string const gone = o.deliver(plain_mail)->id;
    o.w.mailboxes.expunge(*o.inbox, o.inbox->messages().back()->uid);
    refused(o.get("/v1.0/me/messages/" + gone), 404, "ErrorItemNotFound",
            "The specified object was not found in the store., The process failed to get the correct properties.");
    auto const zipped = o.ask("POST", "/v1.0/me/sendMail", o.everything(),
                              {{"Content-Type", "application/json"}, {"Content-Encoding", "br"}}, "xx");
    BOOST_TEST(zipped.status == 415u);
    refused(o.ask("POST", "/v1.0/me/sendMail", o.everything(), {{"Content-Type", "application/json"}},
                  std::string(4 * 1024 * 1024 + 1, ' ')),
            400, "BadRequest", "The maximum request length supported is 4MB.");
}

BOOST_AUTO_TEST_CASE(MK_15_other_hosts_are_not_answered)
{
    outlook o;
    auto const at = [&](std::string host) {
        http::request r;
        r.target = "/v1.0/me";
        r.headers = {{"Host", std::move(host)}, {"Authorization", "Bearer " + o.everything()}};
        return o.g.answer(r);
    };
    for (char const* const bad : {"evil.test", "graph.microsoft.com.evil.test", "", "localhost.", "localhost:x",
                                  "localhost:123456", "localhost@evil.test", "[::1", "[::1]x", "localhost:8443:1"})
        refused(at(bad), 421, "MisdirectedRequest");
    BOOST_TEST(at("localhost").status == 200u);
    BOOST_TEST(at("LocalHost:8443").body.find("https://LocalHost:8443/v1.0/$metadata#users/$entity") !=
               std::string::npos);
    BOOST_TEST(at("127.0.0.1:1").status == 200u);
    BOOST_TEST(at("[::1]:65535").status == 200u);
}

BOOST_AUTO_TEST_CASE(MK_03_a_token_of_the_real_service_is_refused_and_forgotten)
{
    outlook o;
    // Shaped like the real ones, with Microsoft's issuer and nobody's signature.
    auto const b64 = [](std::string_view text) { return outkit::detail::base64url_encode(text); };
    std::string const token =
        b64(R"({"typ":"JWT","nonce":"x","alg":"RS256","x5t":"abc","kid":"abc"})") + "." +
        b64(R"({"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/","exp":1795428000})") +
        "." + b64(std::string(256, 's'));
    auto const r = o.ask("GET", "/v1.0/me", token);
    refused(r, 400, "real_credential_refused");
    BOOST_TEST(header(r, "Connection") == "close");
    BOOST_TEST(o.w.journal.to_json().find(token.substr(0, 40)) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(MK_30_paths_are_routed_exactly)
{
    outlook o;
    o.deliver(plain_mail);
    for (char const* const path :
         {"/v1.0/../v1.0/me", "/v1.0/me/..", "/v1.0/me%2fmessages", "/v1.0/me;x", "/v1.0/%2e%2e/me",
          "/v1.0/me/messages/..%2f..", "/V1/me", "/v1.0/users", "/v1.0/users//messages"})
        BOOST_TEST(o.get(path).status >= 400u, path);
    BOOST_TEST(o.get("/v1.0/me/" + std::string(64 * 1024, 'x')).status == 400u);
    BOOST_TEST(o.get("/v1.0//me").status == 400u);
    BOOST_TEST(o.get("/v1.0/me/").status == 200u);
}

BOOST_AUTO_TEST_CASE(folders_are_listed_in_pages_by_name)
{
    outlook o;
    auto const all = flows::parse_folders(o.get("/v1.0/me/mailFolders?$top=100&$count=true").body, {});
    BOOST_TEST(!all.ec, all.what);
    std::vector<std::string> names;
    for (auto const& f : all.value.value)
        names.push_back(f.display_name);
    BOOST_TEST(std::is_sorted(names.begin(), names.end()));
    BOOST_TEST(std::count(names.begin(), names.end(), "Inbox") == 1);
    BOOST_TEST(std::count(names.begin(), names.end(), "Sent Items") == 1);
    BOOST_TEST(std::count(names.begin(), names.end(), "Calendar") == 0);
    BOOST_TEST(all.value.count.value() == names.size());
    auto const first = o.get("/v1.0/me/mailFolders?$top=2");
    BOOST_TEST(first.body.starts_with("{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users('" +
                                      o.adele->id +
                                      "')/mailFolders\",\"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/me/"
                                      "mailFolders?%24top=2&%24skip=2\",\"value\":[{\"id\":\"AAMk"));

    std::string const inbox = o.get("/v1.0/me/mailFolders/INBOX").body;
    auto const by_name = flows::parse_folder(inbox, {});
    BOOST_TEST(by_name.value.display_name == "Inbox");
    BOOST_TEST(by_name.value.id == o.inbox->id());
    BOOST_TEST(flows::parse_folder(o.get("/v1.0/me/mailFolders/" + o.inbox->id()).body, {}).value.id == o.inbox->id());
    BOOST_TEST(flows::parse_folder(o.get("/v1.0/me/mailFolders('inbox')").body, {}).value.id == o.inbox->id());
    BOOST_TEST(inbox.starts_with("{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users('" +
                                 o.adele->id + "')/mailFolders/$entity\",\"id\":"));
    refused(o.get("/v1.0/me/mailFolders?$select=isRead"), 400, "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'isRead' on type "
            "'microsoft.graph.mailFolder'.");
}

BOOST_AUTO_TEST_CASE(folders_are_made_renamed_and_removed)
{
    outlook o;
    http::fields const json = {{"Content-Type", "application/json"}};
    auto const made =
        o.ask("POST", "/v1.0/me/mailFolders/inbox/childFolders", o.everything(), json, R"({"displayName":"Projects"})");
    BOOST_TEST(made.status == 201u);
    std::string const id = flows::parse_folder(made.body, {}).value.id;
    refused(
        o.ask("POST", "/v1.0/me/mailFolders/inbox/childFolders", o.everything(), json, R"({"displayName":"projects"})"),
        409, "ErrorFolderExists", "A folder with the specified name already exists.");
    auto const children = flows::parse_folders(o.get("/v1.0/me/mailFolders/inbox/childFolders").body, {});
    BOOST_TEST_REQUIRE(children.value.value.size() == 1u);
    BOOST_TEST(children.value.value[0].id == id);
    BOOST_TEST(children.value.value[0].parent_folder_id == o.inbox->id());
    BOOST_TEST(o.ask("PATCH", "/v1.0/me/mailFolders/" + id, o.everything(), json, R"({"displayName":"Work"})").status ==
               200u);
    BOOST_TEST(o.inbox->children()[0]->name() == "Work");
    refused(o.ask("DELETE", "/v1.0/me/mailFolders/inbox", o.everything()), 400, "ErrorDeleteDistinguishedFolder");
    BOOST_TEST(o.ask("DELETE", "/v1.0/me/mailFolders/" + id, o.everything()).status == 204u);
    BOOST_TEST(o.inbox->children().empty());
}

BOOST_AUTO_TEST_CASE(a_message_is_shown_from_its_mime_text)
{
    outlook o;
    auto const kept = o.deliver(plain_mail);
    auto const r = o.get("/v1.0/me/messages/" + kept->id);
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(header(r, "ETag") == "W/\"" + kept->change_key + "\"");
    BOOST_TEST(r.body.starts_with("{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users('" +
                                  o.adele->id + "')/messages/$entity\",\"@odata.etag\":\"W/\\\"" + kept->change_key +
                                  "\\\"\",\"id\":\"" + kept->id + "\",\"createdDateTime\":\"2026-11-23T10:00:0"));
    auto const m = flows::parse_message(r.body, {}).value;
    BOOST_TEST(m.subject == "Quarter figures é");
    BOOST_TEST(m.from->name == "Alex Wilber");
    BOOST_TEST(m.sender->address == "alex@contoso.example");
    BOOST_TEST(m.to_recipients.at(0).address == "adele@contoso.example");
    BOOST_TEST(m.reply_to.empty());
    BOOST_TEST(flows::format(*m.sent_date_time) == "2026-11-23T09:58:10Z");
    BOOST_TEST(!m.is_read.value());
    BOOST_TEST(!m.is_draft.value());
    BOOST_TEST(!m.has_attachments.value());
    BOOST_TEST(!m.is_delivery_receipt_requested.has_value());
    BOOST_TEST(m.body_preview == "Numbers <are> attached.\r\nAlex");
    BOOST_TEST((m.body->content_type == graph::body_type::html));
    BOOST_TEST(m.body->content.find("Numbers &lt;are&gt; attached.<br>") != std::string::npos);
    BOOST_TEST(m.body->content.find("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">") !=
               std::string::npos);
    BOOST_TEST(m.internet_message_id == "<one@contoso.example>");
    BOOST_TEST(m.parent_folder_id == o.inbox->id());
    BOOST_TEST(m.conversation_id.starts_with("AAQk"));
    BOOST_TEST(m.conversation_index.size() == 32u);
    BOOST_TEST(m.conversation_index.starts_with("AQ"));
    BOOST_TEST((m.importance == graph::importance::normal));
    BOOST_TEST(m.web_link.find("ItemID=AAMk") != std::string::npos);

    auto const text = o.get("/v1.0/me/messages/" + kept->id, {{"Prefer", "outlook.body-content-type=\"text\""}});
    BOOST_TEST(header(text, "Preference-Applied") == "outlook.body-content-type=\"text\"");
    BOOST_TEST(flows::parse_message(text.body, {}).value.body->content == "Numbers <are> attached.\r\nAlex\r\n");

    auto const value = o.get("/v1.0/me/messages/" + kept->id + "/$value");
    BOOST_TEST(header(value, "Content-Type") == "text/plain");
    BOOST_TEST(value.body == kept->raw());

    auto const headers =
        flows::parse_message(o.get("/v1.0/me/messages/" + kept->id + "/?$select=internetMessageHeaders").body, {});
    BOOST_TEST(headers.value.internet_message_headers.back().name == "Message-ID");
    BOOST_TEST(!headers.value.body.has_value());
}

BOOST_AUTO_TEST_CASE(html_attachments_and_importance_are_seen)
{
    outlook o;
    std::string const id = o.deliver(html_mail("Lunch"))->id;
    auto const m = flows::parse_message(o.get("/v1.0/me/messages/" + id).body, {}).value;
    BOOST_TEST(m.has_attachments.value());
    BOOST_TEST((m.importance == graph::importance::high));
    BOOST_TEST(m.body_preview == "At noon?");
    BOOST_TEST(m.body->content.find("<p>At <b>noon</b>?</p>") != std::string::npos);
    BOOST_TEST(m.body->content.find("script") == std::string::npos);
    BOOST_TEST(m.body->content.starts_with("<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\""));
    BOOST_TEST(m.cc_recipients.at(0).name == "b@contoso.example");
    auto const unsafe = o.get("/v1.0/me/messages/" + id, {{"Prefer", "outlook.allow-unsafe-html"}});
    BOOST_TEST(unsafe.body.find("alert(1)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ids_can_be_immutable)
{
    outlook o;
    auto const kept = o.deliver(plain_mail);
    for (char const* const form :
         {"IdType=\"ImmutableId\"", "IdType=ImmutableId", "outlook.body-content-type=\"text\", IdType=\"ImmutableId\""})
    {
        auto const m = flows::parse_message(o.get("/v1.0/me/messages/" + kept->id, {{"Prefer", form}}).body, {});
        BOOST_TEST(m.value.id == kept->immutable_id);
    }
    BOOST_TEST(kept->immutable_id.size() == 68u);
    BOOST_TEST(o.get("/v1.0/me/messages/" + kept->immutable_id).status == 200u);
    std::string const old = kept->id;
    auto const moved = o.ask("POST", "/v1.0/me/messages/" + old + "/move", o.everything(),
                             {{"Content-Type", "application/json"}}, R"({"destinationId":"deleteditems"})");
    BOOST_TEST(moved.status == 201u);
    BOOST_TEST(flows::parse_message(moved.body, {}).value.id != old);
    refused(o.get("/v1.0/me/messages/" + old), 404, "ErrorItemNotFound");
    BOOST_TEST(o.get("/v1.0/me/messages/" + kept->immutable_id).status == 200u);
}

BOOST_AUTO_TEST_CASE(messages_are_listed_in_pages_newest_first)
{
    outlook o;
    for (int i = 1; i <= 3; ++i)
    {
        o.deliver("From: alex@contoso.example\r\nSubject: m" + std::to_string(i) + "\r\n\r\nx\r\n");
        o.w.advance(1min);
    }
    std::string const context =
        "https://graph.microsoft.com/v1.0/$metadata#users('" + o.adele->id + "')/mailFolders('inbox')/";
    auto const r =
        o.get("/v1.0/me/mailFolders/inbox/messages?$count=true&$top=2&$skip=0&$orderBy=receivedDateTime%20desc&"
              "$select=id,subject,from,receivedDateTime,isRead");
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(r.body.starts_with(
        "{\"@odata.context\":\"" + context +
        "messages(id,subject,from,receivedDateTime,isRead)\",\"@odata.count\":3,\"@odata.nextLink\":"
        "\"https://graph.microsoft.com/v1.0/me/mailFolders/inbox/messages?%24count=true&%24top=2&%24skip=2&"
        "%24orderBy=receivedDateTime+desc&%24select=id%2csubject%2cfrom%2creceivedDateTime%2cisRead\",\"value\":["
        "{\"@odata.etag\":\"W/\\\""));
    auto const first = flows::parse_messages(r.body, {}).value;
    BOOST_TEST_REQUIRE(first.value.size() == 2u);
    BOOST_TEST(first.value[0].subject == "m3");
    BOOST_TEST(first.value[1].subject == "m2");
    BOOST_TEST(!first.value[0].body.has_value());
    auto const next = first.next_link.substr(std::string("https://graph.microsoft.com").size());
    auto const second = flows::parse_messages(o.get(next).body, {}).value;
    BOOST_TEST_REQUIRE(second.value.size() == 1u);
    BOOST_TEST(second.value[0].subject == "m1");
    BOOST_TEST(second.next_link.empty());

    BOOST_TEST(flows::parse_messages(o.get("/v1.0/me/messages?%24top=2").body, {}).value.value.size() == 2u);
    BOOST_TEST(flows::parse_messages(o.get("/v1.0/me/messages", {{"Prefer", "odata.maxpagesize=1"}}).body, {})
                   .value.value.size() == 1u);
    BOOST_TEST(o.get("/v1.0/me/messages/$count").body == "3");
    for (char const* const bad : {"$top=0", "$top=1001", "$top=-1", "$top=x", "$skip=-1", "$skip=y"})
        refused(o.get(std::string("/v1.0/me/messages?") + bad), 400, "BadRequest");
    refused(o.get("/v1.0/me/messages?$select=nonsense"), 400, "RequestBroker--ParseUri",
            "Could not find a property named 'nonsense' on type 'microsoft.graph.message'.");
    auto const sorted =
        flows::parse_messages(o.get("/v1.0/me/messages?$orderby=subject&$select=Subject").body, {}).value;
    BOOST_TEST(sorted.value.at(0).subject == "m1");
}

BOOST_AUTO_TEST_CASE(messages_are_filtered)
{
    outlook o;
    o.deliver(plain_mail);
    o.w.advance(1h);
    auto const second = o.deliver(html_mail("It's lunch"));
    auto const found = [&](std::string filter, std::string order = {}) {
        std::string target = "/v1.0/me/messages?$select=subject&$filter=";
        for (char const c : filter)
            target += c == ' ' ? "%20" : c == '#' ? "%23" : std::string(1, c);
        if (!order.empty())
            target += "&$orderby=" + order;
        auto const r = o.get(target);
        if (r.status != 200)
            return problem_of(r).code;
        std::string subjects;
        for (auto const& m : flows::parse_messages(r.body, {}).value.value)
            subjects += m.subject + ";";
        return subjects;
    };
    std::string const one = "Quarter figures é;", two = "It's lunch;";
    o.w.mailboxes.store(*o.inbox, second->uid, mock::mailbox_store::how::add, mock::flags::seen);
    BOOST_TEST(found("isRead eq false") == one);
    BOOST_TEST(found("isRead eq true") == two);
    BOOST_TEST(found("isRead ne true and hasAttachments eq false") == one);
    BOOST_TEST(found("receivedDateTime ge 2026-11-23T10:30:00Z") == two);
    BOOST_TEST(found("receivedDateTime lt 2026-11-23T10:30:00.000Z") == one);
    BOOST_TEST(found("receivedDateTime gt 2026-11-23") == two + one);
    BOOST_TEST(found("subject eq 'it''s LUNCH'") == two);
    BOOST_TEST(found("startswith(subject,'quarter')") == one);
    BOOST_TEST(found("contains(subject,'lunch') or importance eq 'high'") == two);
    BOOST_TEST(found("not (contains(subject,'lunch') or importance eq 'high')") == one);
    BOOST_TEST(found("from/emailAddress/address eq 'Alex@contoso.example'") == two + one);
    BOOST_TEST(found("internetMessageId eq '<one@contoso.example>'") == one);
    BOOST_TEST(found("flag/flagStatus eq 'flagged'") == "");
    BOOST_TEST(found("conversationId eq '" + second->conversation_id + "'") == two);
    BOOST_TEST(found("categories/any(c:c eq 'Red')") == "");
    o.ask("PATCH", "/v1.0/me/messages/" + second->id, o.everything(), {{"Content-Type", "application/json"}},
          R"({"categories":["Red","Blue"],"flag":{"flagStatus":"flagged"}})");
    BOOST_TEST(found("categories/any(c:c eq 'red')") == two);
    BOOST_TEST(found("flag/flagStatus eq 'flagged'") == two);

    BOOST_TEST(found("from/emailAddress/address eq 'alex@contoso.example'", "receivedDateTime%20desc") ==
               "InefficientFilter");
    BOOST_TEST(
        found("receivedDateTime gt 1970-01-01T00:00:00.000Z and from/emailAddress/address eq 'alex@contoso.example'",
              "receivedDateTime%20desc") == two + one);
    BOOST_TEST(found("receivedDateTime gt 1970-01-01T00:00:00Z", "receivedDateTime") == one + two);
    BOOST_TEST(found("nonsense eq 1") == "RequestBroker--ParseUri");
    BOOST_TEST(found("toRecipients/any(r:r/emailAddress/address eq 'x')") == "ErrorInvalidUrlQueryFilter");
    BOOST_TEST(found("toRecipients eq 'x'") == "ErrorInvalidProperty");
    BOOST_TEST(found("categories/any()") == "ErrorInvalidUrlQueryFilter");
    BOOST_TEST(found("length(subject) gt 3") == "ErrorInvalidUrlQueryFilter");
    for (char const* const bad : {"isRead", "isRead eq", "isRead eq 'x'", "isRead eq false and", "(isRead eq false",
                                  "isRead eq false)", "receivedDateTime gt 'x'", "subject eq 'x", "subject eq x", "or",
                                  "()", "subject like 'x'", "isRead eq false false"})
        BOOST_TEST(found(bad) == "BadRequest", bad);
    std::string deep(5000, '(');
    BOOST_TEST(found(deep + "isRead eq true") == "ErrorInvalidUrlQueryFilter");
    std::string many = "isRead eq true";
    for (int i = 0; i < 600; ++i)
        many += " or isRead eq true";
    BOOST_TEST(found(many) == "ErrorRestrictionTooComplex");
    refused(o.get("/v1.0/me/messages?$search=%22x%22&$orderby=subject"), 400, "SearchWithOrderBy");
}

BOOST_AUTO_TEST_CASE(a_message_is_changed_and_removed)
{
    outlook o;
    auto const kept = o.deliver(plain_mail);
    std::string const key = kept->change_key;
    http::fields const json = {{"Content-Type", "application/json"}};
    auto const r =
        o.ask("PATCH", "/v1.0/me/messages/" + kept->id, o.everything(), json, R"({"isRead":true,"importance":"Low"})");
    BOOST_TEST(r.status == 200u);
    auto const m = flows::parse_message(r.body, {}).value;
    BOOST_TEST(m.is_read.value());
    BOOST_TEST((m.importance == graph::importance::low));
    BOOST_TEST(m.change_key != key);
    BOOST_TEST(kept->is(mock::flags::seen));
    BOOST_TEST(flows::parse_folder(o.get("/v1.0/me/mailFolders/inbox").body, {}).value.unread_item_count == 0u);
    refused(o.ask("PATCH", "/v1.0/me/messages/" + kept->id, o.everything(), json, "{\"isRead\":7}"), 400,
            "UnableToDeserializePostBody", "were unable to deserialize ");
    refused(o.ask("PATCH", "/v1.0/me/messages/" + kept->id, o.everything(),
                  {{"Content-Type", "application/json"}, {"If-Match", "W/\"" + key + "\""}}, "{\"isRead\":false}"),
            412, "ErrorIrresolvableConflict");
    BOOST_TEST(o.ask("DELETE", "/v1.0/me/messages/" + kept->id, o.everything()).status == 204u);
    BOOST_TEST(o.inbox->messages().empty());
    BOOST_TEST(o.ask("DELETE", "/v1.0/me/messages/" + kept->immutable_id, o.everything()).status == 204u);
    BOOST_TEST(o.ask("DELETE", "/v1.0/me/messages/" + kept->immutable_id, o.everything()).status == 404u);
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_in_sent_items_and_in_the_recipients_inbox)
{
    outlook o;
    graph::outgoing_message m;
    m.subject = "Lunch?";
    m.body = {graph::body_type::html, "At <b>noon</b>?"};
    m.to_recipients = {{"", "alex@contoso.example"}};
    m.bcc_recipients = {{"", "info@contoso.example"}};
    m.internet_message_headers = {{"x-custom", "v"}};
    m.attachments = {{"note.txt", "text/plain", "Hello World!", false, ""}};
    auto const r = o.ask("POST", "/v1.0/me/sendMail", o.everything(), {{"Content-Type", "application/json"}},
                         flows::serialise(m, true));
    BOOST_TEST(r.status == 202u, r.body);
    BOOST_TEST(r.body.empty());
    BOOST_TEST(header(r, "Content-Type") == "");

    auto const& sent = o.w.mailboxes.find("adele@contoso.example")->find(mock::role::sent_items)->messages();
    BOOST_TEST_REQUIRE(sent.size() == 1u);
    auto const shown = flows::parse_message(o.get("/v1.0/me/messages/" + sent[0]->id).body, {}).value;
    BOOST_TEST(shown.subject == "Lunch?");
    BOOST_TEST(shown.from->name == "Adele Vance");
    BOOST_TEST(shown.bcc_recipients.at(0).address == "info@contoso.example");
    BOOST_TEST(shown.has_attachments.value());
    BOOST_TEST(shown.body->content.find("At <b>noon</b>?") != std::string::npos);
    auto const& received = o.w.mailboxes.find("alex@contoso.example")->find(mock::role::inbox)->messages();
    BOOST_TEST_REQUIRE(received.size() == 1u);
    auto const his = flows::parse_message(
        o.ask("GET", "/v1.0/me/messages/" + received[0]->id, o.token(*o.alex, {"Mail.Read"})).body, {});
    BOOST_TEST(his.value.subject == "Lunch?");
    BOOST_TEST(his.value.bcc_recipients.empty());
    BOOST_TEST(!his.value.is_read.value());
    BOOST_TEST(received[0]->raw().find("x-custom: v") != std::string::npos);
    BOOST_TEST(o.w.mailboxes.find("info@contoso.example")->find(mock::role::inbox)->messages().size() == 1u);

    // Not saved when that is asked for
    BOOST_TEST(o.ask("POST", "/v1.0/me/sendMail", o.everything(), {{"Content-Type", "application/json"}},
                     flows::serialise(m, false))
                   .status == 202u);
    BOOST_TEST(sent.size() == 1u);
    BOOST_TEST(received.size() == 2u);
}

BOOST_AUTO_TEST_CASE(mime_is_sent_as_it_is)
{
    outlook o;
    auto const send = [&](std::string body) {
        return o.ask("POST", "/v1.0/me/sendMail", o.everything(), {{"Content-Type", "text/plain"}}, std::move(body));
    };
    // composed as in the public page user-sendmail.md, with line breaks in the base64
    std::string const mime =
        "From: Adele Vance <adele@contoso.example>\nTo: alex@contoso.example\nSubject: hi\n\nhello\n";
    std::string encoded = outkit::detail::base64_encode(mime);
    encoded.insert(20, "\r\n");
    BOOST_TEST(send(encoded).status == 202u);
    auto const& received = o.w.mailboxes.find("alex@contoso.example")->find(mock::role::inbox)->messages();
    BOOST_TEST_REQUIRE(received.size() == 1u);
    std::string const& raw = received[0]->raw();
    BOOST_TEST(
        raw.ends_with("From: Adele Vance <adele@contoso.example>\r\nTo: alex@contoso.example\r\nSubject: hi\r\n\r\n"
                      "hello\r\n"));
    BOOST_TEST(raw.find("Message-ID: <") != std::string::npos);
    BOOST_TEST(raw.find("Date: ") != std::string::npos);
    refused(send("%%%"), 400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.");
    refused(send(""), 400, "ErrorMimeContentInvalidBase64String");
    refused(send(outkit::detail::base64_encode("From: alex@contoso.example\r\nTo: a@b.example\r\n\r\nx")), 403,
            "ErrorSendAsDenied");
    refused(send(outkit::detail::base64_encode("Subject: nobody\r\n\r\nx")), 400, "ErrorInvalidRecipients");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_sent_is_refused_with_the_services_words)
{
    outlook o;
    auto const send = [&](std::string message, std::string type = "application/json") {
        return o.ask("POST", "/v1.0/me/sendMail", o.everything(), {{"Content-Type", type}},
                     "{\"message\":" + message + "}");
    };
    refused(send("{}"), 400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., A message can't be sent because it contains no recipients.");
    refused(send(R"({"toRecipients":[{"emailAddress":{"address":"bad"}}]})"), 400, "ErrorInvalidRecipients",
            "At least one recipient is not valid., Recipient \"bad\" isn't resolved. All recipients must be resolved "
            "before a message can be submitted.");
    refused(send(R"({"toRecipients":[{"emailAddress":{"address":"a@b.example\r\nBcc: c@d.example"}}]})"), 400,
            "ErrorInvalidRecipients");
    std::string const to = R"("toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}])";
    refused(send("{" + to + R"(,"from":{"emailAddress":{"address":"alex@contoso.example"}}})"), 403,
            "ErrorSendAsDenied");
    refused(send("{" + to + R"(,"internetMessageHeaders":[{"name":"Received","value":"x"}]})"), 400,
            "InvalidInternetMessageHeader",
            "The internet message header name 'Received' should start with 'x-' or 'X-'.");
    refused(send("{" + to + R"(,"internetMessageHeaders":[{"name":"x-a","value":"1\r\nBcc: c@d.example"}]})"), 400,
            "ErrorInvalidRequest");
    refused(send("7"), 400, "UnableToDeserializePostBody", "were unable to deserialize ");
    refused(send("{" + to + "}", "application/xml"), 415, "UnsupportedMediaType");
    auto const untyped = o.ask("POST", "/v1.0/me/sendMail", o.everything(), {}, "{}");
    refused(untyped, 400, "BadRequest");
    o.w.policy.edit_mailbox("adele@contoso.example").max_send = 1000;
    refused(send("{" + to + ",\"body\":{\"content\":\"" + std::string(2000, 'x') + "\"}}"), 400,
            "ErrorMessageSizeExceeded");
    o.w.policy.edit_mailbox("adele@contoso.example").full = true;
    refused(send("{" + to + "}"), 403, "ErrorQuotaExceeded");
    BOOST_TEST(o.w.mailboxes.find("alex@contoso.example")->find(mock::role::inbox)->messages().empty());
}

BOOST_AUTO_TEST_CASE(others_mailboxes_need_rights_and_shared_permissions)
{
    outlook o;
    mock::delegate d;
    d.who = "adele@contoso.example";
    d.full_access = true;
    o.w.policy.edit_mailbox("info@contoso.example").delegates = {d};
    auto const with = [&](std::string permission) {
        return o.ask("GET", "/v1.0/users/info@contoso.example/messages", o.token(*o.adele, {permission}));
    };
    BOOST_TEST(with("Mail.Read.Shared").status == 200u);
    refused(with("Mail.Read"), 403, "ErrorAccessDenied");
    auto const send = [&] {
        return o.ask("POST", "/v1.0/users/info@contoso.example/sendMail", o.token(*o.adele, {"Mail.Send.Shared"}),
                     {{"Content-Type", "application/json"}},
                     R"({"message":{"toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}]}})");
    };
    refused(send(), 403, "ErrorSendAsDenied");
    o.w.policy.edit_mailbox("info@contoso.example").delegates[0].send_on_behalf = true;
    BOOST_TEST(send().status == 202u);
    auto const& received = o.w.mailboxes.find("alex@contoso.example")->find(mock::role::inbox)->messages();
    BOOST_TEST(received.at(0)->envelope().from.at(0).local == "info");
    BOOST_TEST(received.at(0)->envelope().sender.at(0).local == "adele");
}

BOOST_AUTO_TEST_CASE(too_many_requests_are_throttled)
{
    outlook o;
    o.w.policy.service.throttling.graph_per_10_minutes = 2;
    BOOST_TEST(o.get("/v1.0/me/messages").status == 200u);
    BOOST_TEST(o.get("/v1.0/me/messages").status == 200u);
    auto const r = o.get("/v1.0/me/messages");
    refused(r, 429, "ApplicationThrottled");
    BOOST_TEST(header(r, "Retry-After") != "");
    o.w.advance(10min);
    BOOST_TEST(o.get("/v1.0/me/messages").status == 200u);
}

BOOST_AUTO_TEST_CASE(faults_happen_and_the_journal_has_no_secrets)
{
    outlook o;
    o.w.faults.next_status("graph", "GET /v1.0/me/messages", 429, 5s);
    auto const r = o.get("/v1.0/me/messages");
    refused(r, 429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.");
    BOOST_TEST(header(r, "Retry-After") == "5");
    BOOST_TEST(o.get("/v1.0/me/messages").status == 200u);
    std::string const token = o.everything();
    o.ask("GET", "/v1.0/me/messages?$filter=isRead%20eq%20false", token);
    std::string const journal = o.w.journal.to_json();
    BOOST_TEST(journal.find(token) == std::string::npos);
    auto const* const last = o.w.journal.last({.server = "graph"});
    BOOST_TEST(last->what == "GET /v1.0/me/messages");
    BOOST_TEST(last->answer == "200");
    BOOST_TEST(last->field("mailbox") == "adele@contoso.example");
    BOOST_TEST(o.w.journal.count({.server = "graph"}) == 3u);
}

// With our client

namespace {

void meet_in(oauth2::cloud const& there, std::string const& host)
{
    BOOST_TEST_CONTEXT(host)
    {
        outlook o(there);
        for (int i = 1; i <= 25; ++i)
        {
            o.deliver("From: alex@contoso.example\r\nSubject: m" + std::to_string(i) + "\r\n\r\nx\r\n");
            o.w.advance(1min);
        }
        graph::options at;
        at.host = host;
        session s(at, access_token(o.everything()));
        auto everything = [](session& s) -> flow<std::string> {
            std::string log;
            graph::user const me = co_await flows::get_me(s);
            log += me.user_principal_name + "\n";
            graph::folder_query all;
            all.top = 3;
            auto folders = co_await flows::list_folders(s, all);
            std::size_t n = folders.value.size();
            while (!folders.next_link.empty())
            {
                folders = co_await flows::next_folders(s, std::move(folders));
                n += folders.value.size();
            }
            log += std::to_string(n > 6) + "\n";
            graph::message_query q;
            q.folder = "inbox";
            q.select = {"subject"};
            auto page = co_await flows::list_messages(s, q);
            n = page.value.size();
            std::string const first = page.value.at(0).id;
            while (!page.next_link.empty())
            {
                page = co_await flows::next_messages(s, std::move(page));
                n += page.value.size();
            }
            // A link to another cloud is not followed.
            page.next_link = s.config.host == "graph.microsoft.us"
                                 ? "https://graph.microsoft.com/v1.0/me/messages?$skip=1"
                                 : "https://graph.microsoft.us/v1.0/me/messages?$skip=1";
            auto const away = co_await outkit::detail::attempt(flows::next_messages(s, page));
            log += away.ec == http::error::untrusted_origin ? "" : "gone astray\n";
            log += std::to_string(n) + " in " + std::to_string(page.number) + "\n";
            std::vector<std::string> none;
            auto const m = co_await flows::get_message(s, first, none);
            log += m.subject + "\n";
            std::string mime;
            wire::sink to = [&](std::string_view part) { mime += part; };
            co_await flows::get_mime(s, first, to);
            log += mime.substr(0, mime.find('\r')) + "\n";
            graph::message_update u;
            u.is_read = true;
            auto const read = co_await flows::update_message(s, first, u);
            log += read.is_read.value() ? "read\n" : "unread\n";
            graph::outgoing_message out;
            out.subject = "hello";
            out.to_recipients.push_back({"", "alex@contoso.example"});
            co_await flows::send_mail(s, out, true);
            auto refused = co_await outkit::detail::attempt(flows::get_message(s, "garbage", none));
            log += refused.ec.message().substr(0, 9);
            co_return log;
        };
        auto const r = over_tls(o, s, everything(s));
        BOOST_TEST(!r.ec, r.ec.message() << " " << r.diagnostics);
        BOOST_TEST(r.value.value_or("") ==
                   "adele@contoso.example\n1\n25 in 3\nm25\nFrom: alex@contoso.example\nread\nthis is n");
        BOOST_TEST(o.w.mailboxes.find("alex@contoso.example")->find(mock::role::inbox)->messages().size() == 1u);
        // One connection carried it all.
        BOOST_TEST(o.w.journal.count({.server = "graph"}) >= 12u);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(client_and_mock_meet)
{
    // The same in each national cloud: hosts and resources are data.
    for (oauth2::cloud const& there : {oauth2::global_cloud(), oauth2::us_government_l4_cloud(),
                                       oauth2::us_government_dod_cloud(), oauth2::china_cloud()})
        meet_in(there, there.graph.substr(std::string_view("https://").size()));
    meet_in(oauth2::global_cloud(), "mail.test");
}

BOOST_AUTO_TEST_CASE(client_and_mock_meet_in_drafts_uploads_changes_and_batches)
{
    outlook o;
    o.deliver(plain_mail);
    graph::options at = at_mock();
    at.immutable_ids = true;
    session s(at, access_token(o.everything()));
    auto everything = [](session& s) -> flow<std::string> {
        std::string log;
        graph::delta_query from_the_start;
        auto before = co_await flows::message_changes(s, from_the_start);
        log += std::to_string(before.value.size()) + " there\n";
        std::string const first = before.value.at(0).id;

        graph::outgoing_message m;
        m.subject = "Figures";
        m.to_recipients.push_back({"", "alex@contoso.example"});
        std::string const usual;
        graph::message const draft = co_await flows::create_draft(s, m, usual);
        std::string const octets(3'100'000, 'x');
        std::size_t at = 0;
        outkit::octet_source file;
        file.octets = octets.size();
        file.read = [&](char* into, std::size_t most, error_code&) {
            std::size_t const n = octets.copy(into, most, at);
            at += n;
            return n;
        };
        graph::attached_file what;
        what.name = "figures.bin";
        std::string const attached = co_await flows::attach_file(s, draft.id, what, file);
        wire::sink nowhere = [](std::string_view) {};
        std::uint64_t const size = co_await flows::get_attachment_content(s, draft.id, attached, nowhere);
        log += std::to_string(size) + " octets\n";
        graph::message_update u;
        u.subject = "Quarter figures";
        graph::message const changed = co_await flows::update_message(s, draft.id, u);
        log += changed.subject + "\n";
        co_await flows::send_draft(s, draft.id);
        std::vector<std::string> none;
        graph::message const sent = co_await flows::get_message(s, draft.id, none);
        log += sent.is_draft.value_or(true) ? "a draft\n" : "sent\n";

        graph::reply thanks;
        thanks.comment = "Thank you";
        co_await flows::answer(s, first, flows::answering::reply, thanks);
        std::string const name = "Done", top;
        graph::mail_folder const done = co_await flows::create_folder(s, name, top, false);
        std::vector<graph::batch_request> two(2);
        two[0].id = "read";
        two[0].method = "PATCH";
        two[0].path = "/me/messages/" + first;
        two[0].body = R"({"isRead":true})";
        two[1].id = "none";
        two[1].path = "/me/messages/garbage";
        auto const answers = co_await flows::run_batch(s, two);
        log += std::to_string(answers[0].status) + ' ' + answers[1].ec.message().substr(0, 9) + "\n";
        graph::message const moved = co_await flows::move_message(s, first, done.id);
        log += moved.id == first ? "the same id\n" : "another id\n";
        auto const after = co_await flows::more_message_changes(s, before);
        for (auto const& gone : after.removed)
            log += gone.id == first ? "gone\n" : "another one gone\n";
        graph::message_query q;
        q.search = "subject:Quarter";
        auto const found = co_await flows::list_messages(s, q);
        log += std::to_string(found.value.size()) + " found\n";
        co_await flows::delete_folder(s, done.id, false);
        auto const no_more = co_await outkit::detail::attempt(flows::get_folder(s, done.id));
        log += no_more.ec.message().substr(0, 11);
        co_return log;
    };
    auto const r = over_tls(o, s, everything(s));
    BOOST_TEST(!r.ec, r.ec.message() << " " << r.diagnostics);
    BOOST_TEST(r.value.value_or("") ==
               "1 there\n3100000 octets\nQuarter figures\nsent\n200 this is n\nthe same id\ngone\n"
               "3 found\nthe message");
    BOOST_TEST(o.messages("alex@contoso.example", mock::role::inbox).size() == 2u);
}

BOOST_AUTO_TEST_CASE(cut_after_any_number_of_bytes_nothing_is_sent_twice)
{
    outlook o;
    std::string const token = o.everything();
    auto const& received = o.w.mailboxes.find("alex@contoso.example")->find(mock::role::inbox)->messages();
    graph::outgoing_message m;
    m.to_recipients.push_back({"", "alex@contoso.example"});
    std::size_t successes = 0, unknown = 0;
    for (bool const reset : {false, true})
        for (std::size_t n = 0; n < 12'000; n += n < 3'000 ? 500 : 37)
        {
            session fresh(at_mock(), access_token(token));
            std::size_t const before = received.size();
            outkit::detail::weather sky;
            sky.cut_after = n;
            sky.cut_resets = reset;
            auto const r = over_tls(o, fresh, flows::send_mail(fresh, m, false), sky);
            BOOST_TEST_CONTEXT("cut after " << n << (reset ? " by reset" : " by end of file"))
            {
                BOOST_TEST(r.done);
                std::size_t const sent = received.size() - before;
                BOOST_TEST(sent <= 1u);
                if (!r.ec)
                    BOOST_TEST(sent == 1u);
                else if (r.ec != graph::error::outcome_unknown)
                    BOOST_TEST(sent == 0u, r.ec.message());
            }
            successes += !r.ec;
            unknown += r.ec == graph::error::outcome_unknown;
        }
    BOOST_TEST(successes > 0u);
    BOOST_TEST(unknown > 0u);
}

BOOST_AUTO_TEST_CASE(throttled_by_the_mock_the_client_waits_and_goes_on)
{
    outlook o;
    o.w.faults.next_status("graph", "GET /v1.0/me", 429, 3s);
    o.w.faults.next_status("graph", "GET /v1.0/me", 503, 2s);
    session s(at_mock(), access_token(o.everything()));
    auto const r = over_tls(o, s, flows::get_me(s));
    BOOST_TEST(!r.ec, r.ec.message());
    BOOST_TEST(o.w.journal.count({.server = "graph"}) == 3u);
}

BOOST_AUTO_TEST_CASE(HT_27_hostile_texts_stay_what_they_are)
{
    outlook o;
    mock::message_ptr const mail = o.deliver(plain_mail);
    namespace p = graph::properties;
    auto const listed = [](graph::message_query q) {
        session s({}, access_token("t"));
        return outkit::detail::play(flows::list_messages(s, std::move(q)),
                                    {"", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                                         "12\r\n\r\n{\"value\":[]}"});
    };
    auto const occurrences = [](std::string_view text, std::string_view of) {
        std::size_t n = 0;
        for (auto at = text.find(of); at != text.npos; at = text.find(of, at + of.size()))
            ++n;
        return n;
    };
    for (std::string const& text : tests::hostile_texts())
        BOOST_TEST_CONTEXT(text.substr(0, 40))
        {
            graph::message_query q;
            q.filter = p::received > graph::date_time() && (p::subject == text || p::from_name.contains(text)) &&
                       p::categories.contains(text);
            q.order_by = p::received.descending();
            q.expand.attachments = true;
            q.expand.single_value_properties = {text};
            auto const r = listed(q);
            bool const is_text = outkit::detail::valid_utf8(text) && text.find('\0') == text.npos;
            if (!is_text || text.empty())
            {
                BOOST_TEST((r.ec == graph::error::invalid_query), r.ec.message());
                BOOST_TEST(r.connected.empty());
                continue;
            }
            BOOST_TEST(!r.ec, r.ec.message());
            // One request of one line, and the mock reads from it what was put in.
            std::string const line = r.written.substr(0, r.written.find("\r\n"));
            BOOST_TEST(occurrences(r.written, "HTTP/1.1") == 1u);
            BOOST_TEST(occurrences(r.written, "\r\nHost: ") == 1u);
            std::size_t const question = line.find('?');
            mock::odata::query read;
            BOOST_TEST_REQUIRE(read.parse(line.substr(question + 1, line.rfind(' ') - question - 1)));
            BOOST_TEST(read.options().size() == 3u);
            BOOST_TEST(*read.find("$filter") == q.filter);
            mock::odata::filter f;
            auto const refused = f.parse(*read.find("$filter"));
            BOOST_TEST(!refused, refused.code << ": " << refused.message);
            BOOST_TEST(f.mentioned().size() == 3u);
            BOOST_TEST(*read.find("$expand") ==
                       "attachments,singleValueExtendedProperties($filter=id eq " + graph::odata_quoted(text) + ")");

            q = {};
            q.search = text;
            auto const s = listed(q);
            BOOST_TEST(!s.ec, s.ec.message());
            BOOST_TEST(occurrences(s.written.substr(0, s.written.find("\r\n")), "&") == 0u);
            BOOST_TEST(occurrences(s.written, "HTTP/1.1") == 1u);
        }
    // And the filter finds the message whose subject it is.
    mock::odata::filter f;
    BOOST_TEST(!f.parse((p::subject == "Quarter figures é" && p::received > graph::date_time()).text()));
    BOOST_TEST(f.matches(*mail, *o.inbox));
}

BOOST_AUTO_TEST_SUITE_END()
