// The mock Graph, as it tells what has changed, and several requests in one.

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>
#include <outkit/mock/gzip.hpp>
#include <outkit/mock/imap.hpp>

#include "graph_outlook.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using outkit::detail::flow;
using outkit::detail::wire;
using outkit::tests::header;
using outkit::tests::outlook;
using outkit::tests::plain_mail;
using outkit::tests::refused;
namespace http = outkit::http;
namespace mock = outkit::mock;

namespace {

flow<> over_tls(mock::imap& imap, wire& w)
{
    co_await w.start_tls();
    co_await imap.serve(w);
}

// All at once; what is answered to it.
flow<std::string> say(wire& w, std::string text)
{
    co_await w.connect("mail.test", 993, true);
    co_await w.start_tls("mail.test");
    co_await w.write(std::move(text));
    std::string heard;
    wire::sink keep = [&heard](std::string_view part) { heard += part; };
    co_await w.read_to_end(std::move(keep));
    co_return heard;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::size_t count(std::string_view text, std::string_view part)
{
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

// The path and query of a link in an answer
std::string link(http::response const& r, std::string const& name)
{
    std::string const mark = "\"@odata." + name + "\":\"https://graph.microsoft.com";
    std::size_t const at = r.body.find(mark);
    BOOST_TEST_REQUIRE(at != std::string::npos, r.status << ' ' << r.body.substr(0, 400));
    return r.body.substr(at + mark.size(), r.body.find('"', at + mark.size()) - at - mark.size());
}

std::string mail(int n) { return "From: alex@contoso.example\r\nSubject: m" + std::to_string(n) + "\r\n\r\nx\r\n"; }

http::fields const pages_of_two = {{"Prefer", "odata.maxpagesize=2"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_mock_sync)

BOOST_AUTO_TEST_CASE(a_round_has_pages_and_the_next_one_what_changed_since)
{
    outlook o;
    std::vector<mock::message_ptr> m;
    for (int i = 0; i < 3; ++i)
        m.push_back(o.deliver(mail(i)));
    auto const first = o.get("/v1.0/me/mailFolders/inbox/messages/delta?$select=subject,isRead", pages_of_two);
    BOOST_TEST(first.status == 200u);
    BOOST_TEST(header(first, "Preference-Applied") == "odata.maxpagesize=2");
    BOOST_TEST(first.body.starts_with(
                   "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#Collection(message)\","
                   "\"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/me/mailFolders('inbox')/messages/"
                   "delta?$skiptoken="),
               first.body);
    BOOST_TEST(has(first.body, "\"value\":[{\"@odata.type\":\"#microsoft.graph.message\",\"@odata.etag\":\"W/\\\"" +
                                   m[2]->change_key + "\\\"\",\"subject\":\"m2\",\"isRead\":false,\"id\":\"" +
                                   m[2]->id + "\"},"),
               first.body);
    auto const last = o.get(link(first, "nextLink"), pages_of_two);
    BOOST_TEST(count(last.body, "\"subject\"") == 1u);
    BOOST_TEST(o.get(link(first, "nextLink")).body.find("\"subject\":\"m0\"") !=
               std::string::npos);  // may be asked for again
    std::string const since = link(last, "deltaLink");
    BOOST_TEST(has(since, "/messages/delta?$deltatoken="));
    auto const nothing = o.get(since);
    BOOST_TEST(nothing.body.ends_with(",\"value\":[]}"), nothing.body);

    // IMAP's changes, those of Graph, and what has come and gone
    o.w.mailboxes.store(*o.inbox, m[0]->uid, mock::mailbox_store::how::add, mock::flags::seen);
    BOOST_TEST(o.ask("DELETE", "/v1.0/me/messages/" + m[1]->id, o.everything()).status == 204u);
    auto const fresh = o.deliver(mail(7));
    auto const changed = o.get(since);
    BOOST_TEST(count(changed.body, "@odata.type") == 3u, changed.body);
    BOOST_TEST(has(changed.body, "\"subject\":\"m0\",\"isRead\":true,\"id\":\"" + m[0]->id + "\"}"));
    BOOST_TEST(has(changed.body, "\"subject\":\"m7\""));
    BOOST_TEST(has(changed.body, "{\"@odata.type\":\"#microsoft.graph.message\",\"id\":\"" + m[1]->id +
                                     "\",\"@removed\":{\"reason\":\"deleted\"}}"));
    BOOST_TEST(o.get(since).body.substr(o.get(since).body.find("\"value\"")) ==
               changed.body.substr(changed.body.find("\"value\"")));

    // With immutable ids a message that is elsewhere has only changed, and the other folder has it.
    http::fields const immutable = {{"Prefer", "IdType=\"ImmutableId\""}};
    std::string const archive = link(o.get("/v1.0/me/mailFolders/archive/messages/delta"), "deltaLink");
    std::string const here = link(changed, "deltaLink");
    o.w.mailboxes.move(*o.inbox, fresh->uid, *o.w.mailboxes.find("adele@contoso.example")->find(mock::role::archive));
    BOOST_TEST(has(o.get(here, immutable).body,
                   "\"id\":\"" + fresh->immutable_id + "\",\"@removed\":{\"reason\":\"changed\"}"));
    BOOST_TEST(has(o.get(archive, immutable).body, "\"id\":\"" + fresh->immutable_id + "\"}"));
}

BOOST_AUTO_TEST_CASE(options_of_a_delta_are_the_first_calls)
{
    outlook o;
    o.deliver(mail(1));
    o.w.advance(1h);
    o.deliver(mail(2));
    std::string const inbox = "/v1.0/me/mailFolders('inbox')/messages/delta";
    auto const filtered =
        o.get(inbox + "?$filter=receivedDateTime%20ge%202026-11-23T10:30:00Z&$orderby=receivedDateTime%20desc");
    BOOST_TEST(count(filtered.body, "\"subject\"") == 1u, filtered.body);
    BOOST_TEST(has(filtered.body, "\"m2\""));
    o.deliver(mail(3));
    BOOST_TEST(count(o.get(link(filtered, "deltaLink")).body, "\"subject\"") == 1u);
    refused(o.get(inbox + "?$filter=isRead%20eq%20false"), 400, "ErrorInvalidUrlQueryFilter");
    refused(o.get(inbox + "?$search=\"x\""), 400, "BadRequest");
    refused(o.get(inbox + "?$orderby=subject"), 400, "BadRequest");
    refused(o.get(inbox + "?$select=@removed"), 400, "RequestBroker--ParseUri");
    refused(o.get("/v1.0/me/messages/delta"), 400, "ErrorInvalidIdMalformed");
    auto const page = o.get(inbox + "?$top=1");
    BOOST_TEST(count(page.body, "\"subject\"") == 1u);
    BOOST_TEST(has(page.body, "nextLink"));
}

BOOST_AUTO_TEST_CASE(old_and_foreign_tokens_of_a_delta)
{
    outlook o;
    o.deliver(mail(1));
    std::string const inbox = "/v1.0/me/mailFolders('inbox')/messages/delta";
    std::string const since = link(o.get(inbox), "deltaLink");
    std::string const token = since.substr(since.find('='));
    refused(o.get("/v1.0/me/mailFolders('archive')/messages/delta?$deltatoken" + token), 400, "BadRequest",
            "Parameter 'DeltaToken' not supported for this request");
    refused(o.get(inbox + "?$deltatoken=garbage"), 410, "SyncStateInvalid");
    refused(o.get(inbox + "?$skiptoken" + token), 410, "SyncStateNotFound");
    BOOST_TEST(o.get(since).status == 200u);
    o.w.advance(24h * 7 + 1min);
    auto const gone = o.get(since);
    refused(gone, 410, "SyncStateNotFound",
            "The sync state generation is not found; generation=149;[highest=157][157][155][156].");
    BOOST_TEST(header(gone, "Location") == "https://graph.microsoft.com" + inbox);
    BOOST_TEST(has(gone.body, "innerError"));

    // More was removed than is remembered.
    std::string const later = link(o.get(inbox), "deltaLink");
    auto limits = o.w.mailboxes.limits();
    limits.removals = 1;
    o.w.mailboxes.set_limits(limits);
    for (int i = 0; i < 3; ++i)
        o.w.mailboxes.expunge(*o.inbox, o.deliver(mail(i))->uid);
    refused(o.get(later), 410, "SyncStateNotFound");

    auto const folder = o.w.mailboxes.create_folder(*o.inbox, "Gone");
    std::string const of_folder = link(o.get("/v1.0/me/mailFolders/" + folder->id() + "/messages/delta"), "deltaLink");
    o.w.mailboxes.remove_folder(*folder);
    refused(o.get(of_folder), 404, "ErrorSyncFolderNotFound");
}

BOOST_AUTO_TEST_CASE(folders_have_a_delta)
{
    outlook o;
    auto const kept = o.w.mailboxes.create_folder(*o.inbox, "Kept");
    auto const gone = o.w.mailboxes.create_folder(*o.inbox, "Gone");
    auto page = o.get("/v1.0/me/mailFolders/delta", pages_of_two);
    std::size_t n = count(page.body, "displayName");
    BOOST_TEST(n == 2u);
    while (has(page.body, "nextLink"))
    {
        page = o.get(link(page, "nextLink"), pages_of_two);
        n += count(page.body, "displayName");
    }
    BOOST_TEST(n == 10u);  // nested ones, too
    std::string const since = link(page, "deltaLink");
    o.deliver(plain_mail);
    o.w.mailboxes.move_folder(*kept, *o.inbox, "Renamed");
    o.w.mailboxes.remove_folder(*gone);
    auto const changed = o.get(since);
    BOOST_TEST(count(changed.body, "@odata.type") == 3u, changed.body);
    BOOST_TEST(has(changed.body, "\"displayName\":\"Renamed\""));
    BOOST_TEST(has(changed.body, "\"displayName\":\"Inbox\""));
    BOOST_TEST(has(changed.body, "{\"@odata.type\":\"#microsoft.graph.mailFolder\",\"id\":\"" + gone->id() +
                                     "\",\"@removed\":{\"reason\":\"deleted\"}}"));
}

BOOST_AUTO_TEST_CASE(a_batch_answers_each_of_its_requests)
{
    outlook o;
    auto const a = o.deliver(mail(1)), b = o.deliver(mail(2));
    auto const r = o.post(
        "/v1.0/$batch",
        R"({"requests":[{"id":"1","method":"PATCH","url":"/me/messages/)" + a->immutable_id +
            R"(","headers":{"content-type":"application/json","Prefer":"IdType=\"ImmutableId\""},"body":{"isRead":true}},)"
            R"({"id":"2","method":"delete","url":"me/messages/)" +
            b->id +
            R"("},)"
            R"({"id":"3","method":"GET","url":"/me/messages/garbage"},)"
            R"({"id":"4","method":"GET","url":"/me/messages/)" +
            a->immutable_id +
            R"(/$value"},)"
            R"({"id":"5","method":"POST","url":"/$batch","headers":{"Content-Type":"application/json"},"body":{}}]})");
    BOOST_TEST(r.status == 200u, r.body);
    BOOST_TEST(r.body.starts_with("{\"responses\":[{\"id\":\"1\",\"status\":200,\"headers\":{"), r.body);
    BOOST_TEST(has(r.body, "\"Content-Type\":\"application/json;odata.metadata=minimal"));
    BOOST_TEST(has(r.body, "\"id\":\"" + a->immutable_id + "\""));
    BOOST_TEST(has(r.body, "{\"id\":\"2\",\"status\":204,\"headers\":{\"Cache-Control\":\"private\"},\"body\":null}"),
               r.body);
    BOOST_TEST(has(r.body, "\"body\":{\"error\":{\"code\":\"ErrorInvalidIdMalformed\""));
    BOOST_TEST(has(r.body, "\"body\":\"" + outkit::detail::base64_encode(a->raw()) + "\"}"));
    BOOST_TEST(has(r.body, "{\"id\":\"5\",\"status\":400,"));
    BOOST_TEST(a->is(mock::flags::seen));
    BOOST_TEST(o.inbox->messages().size() == 1u);
    auto const send = o.post(
        "/v1.0/$batch",
        R"({"requests":[{"id":"1","method":"POST","url":"/me/sendMail","headers":{"Content-Type":"application/json"},)"
        R"("body":{"message":{"toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}]}}}]})");
    BOOST_TEST(has(send.body, "{\"id\":\"1\",\"status\":202,\"headers\":{\"Cache-Control\":\"private\"}}"), send.body);
    BOOST_TEST(o.messages("alex@contoso.example", mock::role::inbox).size() == 1u);
}

BOOST_AUTO_TEST_CASE(requests_of_a_batch_wait_for_others)
{
    outlook o;
    auto const step = [](char const* id, char const* url, char const* on) {
        return std::string("{\"id\":\"") + id + "\",\"method\":\"GET\",\"url\":\"" + url + "\"" +
               (*on ? ",\"dependsOn\":[" + std::string(on) + "]" : std::string()) + "}";
    };
    auto const ask = [&](std::string steps) { return o.post("/v1.0/$batch", "{\"requests\":[" + steps + "]}"); };
    auto const serial =
        ask(step("1", "/me/nonsense", "") + "," + step("2", "/me", "\"1\"") + "," + step("3", "/me", "\"2\""));
    BOOST_TEST(count(serial.body, "\"status\":424") == 2u, serial.body);
    auto const same = ask(step("2", "/me", "\"1\"") + "," + step("1", "/me", "") + "," + step("3", "/me", "\"1\""));
    BOOST_TEST(count(same.body, "\"status\":200") == 3u, same.body);
    BOOST_TEST(same.body.starts_with("{\"responses\":[{\"id\":\"1\""));
    refused(ask(step("1", "/me", "") + "," + step("2", "/me", "") + "," + step("3", "/me", "\"1\"")), 400,
            "BadRequest");
    refused(ask(step("1", "/me", "\"9\"")), 400, "BadRequest");
}

BOOST_AUTO_TEST_CASE(batches_that_are_none)
{
    outlook o;
    auto const invalid = [&](std::string body) {
        refused(o.post("/v1.0/$batch", std::move(body)), 400, "BadRequest", "Invalid batch payload format.");
    };
    for (char const* const bad :
         {"", "{", "[]", "{}", R"({"requests":{}})", R"({"requests":[]})", R"({"requests":[7]})",
          R"({"requests":[{"method":"GET","url":"/me"}]})", R"({"requests":[{"id":"1","url":"/me"}]})",
          R"({"requests":[{"id":"1","method":"GET"}]})",
          R"({"requests":[{"id":"1","method":"GET","url":"/me"},{"id":"1","method":"GET","url":"/me"}]})"})
        invalid(bad);
    refused(o.post("/v1.0/$batch",
                   R"({"requests":[{"id":"1","method":"PATCH","url":"/me/messages/x","body":{"isRead":true}}]})"),
            400, "BadRequest", "Write request with id '1' does not contain a Content-Type header.");
    std::string many;
    for (int i = 0; i < 21; ++i)
        many +=
            (i ? "," : "") + std::string("{\"id\":\"") + std::to_string(i) + "\",\"method\":\"GET\",\"url\":\"/me\"}";
    refused(o.post("/v1.0/$batch", "{\"requests\":[" + many + "]}"), 400, "BadRequest");
    refused(o.ask("POST", "/v1.0/$batch", {}, {}, "{}"), 401, "InvalidAuthenticationToken", "Access token is empty.");
    // Each counts for itself.
    o.w.policy.service.throttling.graph_per_10_minutes = 1;
    auto const r = o.post(
        "/v1.0/$batch",
        R"({"requests":[{"id":"1","method":"GET","url":"/me/messages"},{"id":"2","method":"GET","url":"/me/messages"}]})");
    BOOST_TEST(has(r.body, "{\"id\":\"2\",\"status\":429,\"headers\":{"));
    BOOST_TEST(has(r.body, "\"Retry-After\":\""));
}

BOOST_AUTO_TEST_CASE(messages_are_searched)
{
    outlook o;
    auto const one = o.deliver(
        "From: Alex Wilber <alex@contoso.example>\r\nTo: adele@contoso.example\r\nSubject: Quarter figures\r\n"
        "Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nImportance: high\r\n\r\nPizza is here\r\n");
    auto const two =
        o.deliver("From: b@out.example\r\nTo: adele@contoso.example\r\nCc: alex@contoso.example\r\nSubject: Lunch\r\n"
                  "Date: Mon, 23 Nov 2026 09:30:00 +0000\r\n\r\nFigures and pizza\r\n");
    struct
    {
        char const* kql;
        bool first, second;
    } const rows[] = {
        {"pizza", true, true},
        {"PIZZA quarter", true, false},
        {"pizza OR nothing", true, true},
        {"pizza AND NOT lunch", true, false},
        {"from:alex", true, false},
        {"participants:alex", true, true},
        {"cc:alex", false, true},
        {"subject:fig*", true, false},
        {"subject:\\\"quarter figures\\\"", true, false},
        {"body:figures", false, true},
        {"(from:alex OR cc:alex) AND subject:lunch", false, true},
        {"received>=2026-11-23", true, true},
        {"received<2026-11-23", false, false},
        {"sent:11/23/2026", true, true},
        {"importance:high", true, false},
        {"importance:medium", false, true},
        {"hasAttachments:true", false, false},
        {"size>100000", false, false},
        {"kind:email", true, true},
    };
    auto const search = [&](std::string kql, std::string more = {}) {
        return o.get("/v1.0/me/messages?$search=%22" + outkit::detail::form_encode(kql) + "%22" + more);
    };
    for (auto const& row : rows)
        BOOST_TEST_CONTEXT(row.kql)
        {
            auto const r = search(row.kql);
            BOOST_TEST(r.status == 200u);
            BOOST_TEST(has(r.body, one->id) == row.first);
            BOOST_TEST(has(r.body, two->id) == row.second);
        }
    auto const page = search("pizza", "&$top=1&$select=subject");
    BOOST_TEST(has(page.body, "\"subject\":\"Lunch\""));  // sent last
    BOOST_TEST(count(page.body, "\"subject\"") == 1u);
    auto const next = o.get(link(page, "nextLink"));
    BOOST_TEST(has(next.body, "\"subject\":\"Quarter figures\""), next.body);
    BOOST_TEST(!has(next.body, "nextLink"));
    refused(search("pizza", "&$skiptoken=old"), 400, "ErrorExecuteSearchStaleData");
    refused(search("pizza", "&$orderby=subject"), 400, "SearchWithOrderBy",
            "The query parameter '$orderBy' is not supported with '$search'.");
    refused(search("pizza", "&$filter=isRead%20eq%20true"), 400, "SearchWithFilter",
            "The query parameter '$filter' is not supported with '$search'.");
    refused(search("meeting go(now"), 400, "BadRequest",
            "Syntax error: character '(' is not valid at position 10 in 'meeting go(now'.");
    for (char const* const bad : {"", "(a", "a)", "NOT", "a OR", "colour:red", "from:"})
        refused(search(bad), 400, "BadRequest");
    refused(search(std::string(100, '(')), 400, "BadRequest");
    BOOST_TEST(o.get("/v1.0/me/mailFolders/archive/messages?$search=%22pizza%22").body.ends_with("\"value\":[]}"));
    refused(o.ask("GET", "/v1.0/me/messages?$search=%22pizza%22", o.token(*o.adele, {"Mail.ReadBasic"})), 403,
            "ErrorAccessDenied");
}

BOOST_AUTO_TEST_CASE(annotations_are_left_out_on_request)
{
    outlook o;
    o.deliver(mail(1));
    o.deliver(mail(2));
    auto const r = o.get("/v1.0/me/messages?$top=1&$count=true&$select=subject",
                         {{"Accept", "application/json;odata.metadata=none"}});
    BOOST_TEST(header(r, "Content-Type").starts_with("application/json;odata.metadata=none;"));
    BOOST_TEST(r.body.starts_with("{\"@odata.count\":2,\"@odata.nextLink\":\"https:"), r.body);
    BOOST_TEST(!has(r.body, "@odata.context"));
    BOOST_TEST(!has(r.body, "@odata.etag"));
}

BOOST_AUTO_TEST_CASE(the_fifth_request_at_once_of_an_application_to_a_mailbox_is_refused)
{
    outlook o;
    auto const request = [&](std::string const& token) {
        http::request r;
        r.target = "/v1.0/me/messages";
        r.headers = {{"Host", "graph.microsoft.com"}, {"Authorization", "Bearer " + token}};
        return r;
    };
    mock::fault slow{.server = "graph", .delay = 2s, .times = 0};
    std::string problem;
    BOOST_TEST_REQUIRE(o.w.faults.enqueue(slow, problem), problem);
    outkit::detail::simulator sim;
    std::string const token = o.everything(), other = o.token(*o.alex, {"Mail.Read"});
    std::vector<std::shared_ptr<outkit::detail::simulator::result<http::response>>> answers;
    for (int i = 0; i < 5; ++i)
        answers.push_back(sim.start("client", o.g.serve(request(token))));
    answers.push_back(sim.start("client", o.g.serve(request(other))));
    sim.run();
    for (std::size_t const good : {0u, 1u, 2u, 3u, 5u})
        BOOST_TEST(answers[good]->value->status == 200u, good);
    refused(*answers[4]->value, 429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.");
    BOOST_TEST(header(*answers[4]->value, "Retry-After") == "1");
    auto const later = sim.start("client", o.g.serve(request(token)));
    sim.run();
    BOOST_TEST(later->value->status == 200u);
}

BOOST_AUTO_TEST_CASE(bodies_are_gzip_where_that_is_wanted)
{
    outlook o;
    o.deliver(plain_mail);
    auto const plain = o.get("/v1.0/me/messages?$select=subject");
    BOOST_TEST(header(plain, "Content-Encoding") == "");
    BOOST_TEST(header(plain, "Vary") == "Accept-Encoding");
    for (char const* const wanted : {"gzip", "deflate, GZIP;q=0.5", "br, gzip"})
    {
        auto const r = o.get("/v1.0/me/messages?$select=subject", {{"Accept-Encoding", wanted}});
        BOOST_TEST(header(r, "Content-Encoding") == "gzip");
        BOOST_TEST(mock::gunzip(r.body, 1 << 20).value_or("") == plain.body);
    }
    for (char const* const other : {"identity", "gzip;q=0", "gzip; q=0.000"})
        BOOST_TEST(o.get("/v1.0/me/messages?$select=subject", {{"Accept-Encoding", other}}).body == plain.body);

    std::string const draft = "{\"subject\":\"packed\"}";
    http::fields const packed = {{"Content-Encoding", "gzip"}};
    BOOST_TEST(o.write("POST", "/v1.0/me/messages", mock::gzip(draft), packed).status == 201u);
    BOOST_TEST(o.messages("adele@contoso.example", mock::role::drafts).back()->envelope().subject == "packed");
    refused(o.write("POST", "/v1.0/me/messages", mock::gzip(draft).substr(0, 25), packed), 400, "BadRequest",
            "The request body is not valid gzip.");
    refused(o.write("POST", "/v1.0/me/messages", mock::gzip(std::string(5 << 20, ' ')), packed), 400, "BadRequest",
            "The maximum request length supported is 4MB.");

    // As others write it: with a file's name; not damaged, not cut, with nothing behind.
    std::string good = mock::gzip("some text, some text");
    BOOST_TEST(mock::gunzip(good, 100).value_or("") == "some text, some text");
    BOOST_TEST(mock::gunzip(good, 4).value_or("") == "some");
    std::string named = good;
    named[3] = 8;
    named.insert(10, "a.txt", 6);
    BOOST_TEST(mock::gunzip(named, 100).value_or("") == "some text, some text");
    BOOST_TEST(!mock::gunzip(good + "x", 100));
    for (std::size_t n = 0; n < good.size(); ++n)
        BOOST_TEST(!mock::gunzip(good.substr(0, n), 100), n);
    good[good.size() - 6] ^= 1;
    BOOST_TEST(!mock::gunzip(good, 100));
}

BOOST_AUTO_TEST_CASE(a_filter_can_ask_for_extended_properties)
{
    outlook o;
    auto const read = o.deliver("Subject: read\r\n\r\nx");
    o.deliver("Subject: new\r\n\r\nx");
    o.w.mailboxes.store(*o.inbox, read->uid, mock::mailbox_store::how::add, mock::flags::seen);
    std::string const guid = "String {00020329-0000-0000-C000-000000000046} Name tag";
    BOOST_TEST(o.write("PATCH", "/v1.0/me/messages/" + read->id,
                       "{\"singleValueExtendedProperties\":[{\"id\":\"" + guid + "\",\"value\":\"Blue\"}]}")
                   .status == 200u);
    auto const found = [&](std::string filter) {
        for (std::size_t at = 0; (at = filter.find(' ', at)) != std::string::npos;)
            filter.replace(at, 1, "%20");
        auto const r = o.get("/v1.0/me/messages?$select=subject&$filter=" + filter);
        BOOST_TEST(r.status == 200u, r.body);
        return std::string(has(r.body, "\"read\"") ? "read " : "") + (has(r.body, "\"new\"") ? "new" : "");
    };
    std::string const any = "singleValueExtendedProperties/Any(ep: ep/id eq '";
    BOOST_TEST(found(any + "Integer 0x0E07' and cast(ep/value, Edm.Int32) eq 1)") == "read ");
    BOOST_TEST(found(any + "Integer 0x0E07' and cast(ep/value, Edm.Int32) lt 1)") == "new");
    BOOST_TEST(found("not " + any + "Integer 0x0E07' and cast(ep/value, Edm.Int32) eq 1)") == "new");
    BOOST_TEST(found(any + guid + "' and ep/value eq 'blue')") == "read ");
    BOOST_TEST(found(any + guid + "')") == "read ");
    BOOST_TEST(found(any + "SystemTime 0x0E06' and cast(ep/value, Edm.DateTimeOffset) ge 2026-01-01T00:00:00Z)") ==
               "read new");
    BOOST_TEST(found("isRead eq false and " + any + "String 0x0037' and ep/value ne 'x')") == "new");
    for (char const* const bad :
         {"singleValueExtendedProperties/Any()", "singleValueExtendedProperties/Any(p:p/value%20eq%20'x')",
          "singleValueExtendedProperties/Any(p:p/id%20eq%20'x'%20and%20cast(p/value,Edm.Guid)%20eq%20'y')"})
        refused(o.get("/v1.0/me/messages?$filter=" + std::string(bad)), 400, "ErrorInvalidUrlQueryFilter");
    refused(o.get("/v1.0/me/messages?$filter=singleValueExtendedProperties/Any(p:p/id%20eq%20'x'%20and%20"
                  "cast(p/value,Edm.Int32)%20eq%20'y')"),
            400, "BadRequest");
}

BOOST_AUTO_TEST_CASE(folders_are_shown_with_their_children_on_request)
{
    outlook o;
    mock::mailbox& box = *o.w.mailboxes.find("adele@contoso.example");
    o.w.mailboxes.create_path(box, "INBOX/B/deep");
    o.w.mailboxes.create_path(box, "INBOX/a");
    auto const one = o.get("/v1.0/me/mailFolders/inbox?$expand=childFolders($select=displayName)&$select=displayName");
    BOOST_TEST(one.status == 200u);
    BOOST_TEST(has(one.body, "\"displayName\":\"Inbox\",\"childFolders@odata.context\":\"https://"), one.body);
    BOOST_TEST(has(one.body, "\"childFolders\":[{\"id\":\"" + box.find_path("INBOX/a")->id() +
                                 "\",\"displayName\":\"a\"},{\"id\":\"" + box.find_path("INBOX/B")->id() +
                                 "\",\"displayName\":\"B\"}]}"),
               one.body);
    auto const all = o.get("/v1.0/me/mailFolders?$expand=childFolders");
    BOOST_TEST(count(all.body, "\"childFolders\":[]") >= 3u);
    BOOST_TEST(count(all.body, "\"displayName\":\"deep\"") == 0u);
    refused(o.get("/v1.0/me/mailFolders?$expand=nonsense"), 400, "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'nonsense' on type "
            "'microsoft.graph.mailFolder'.");
}

BOOST_AUTO_TEST_CASE(in_each_cloud_links_tokens_and_challenges_are_its_own)
{
    namespace oauth2 = outkit::oauth2;
    oauth2::cloud const clouds[] = {oauth2::global_cloud(), oauth2::us_government_l4_cloud(),
                                    oauth2::us_government_dod_cloud(), oauth2::china_cloud()};
    for (oauth2::cloud const& here : clouds)
        BOOST_TEST_CONTEXT(here.name)
        {
            outlook o(here);
            std::string const root = here.graph + "/v1.0/";
            for (int i = 0; i < 3; ++i)
                o.deliver(mail(i));
            BOOST_TEST(has(o.get("/v1.0/me").body, "\"@odata.context\":\"" + root + "$metadata#users/$entity\""));
            auto const page = o.get("/v1.0/me/messages?$top=2");
            std::string const mark = "\"@odata.nextLink\":\"" + root;
            std::size_t const next = page.body.find(mark);
            BOOST_TEST_REQUIRE(next != std::string::npos, page.body.substr(0, 300));
            std::size_t const begin = next + mark.size();
            std::string const rest = page.body.substr(begin, page.body.find('"', begin) - begin);
            BOOST_TEST(count(o.get("/v1.0/" + rest).body, "\"bodyPreview\"") == 1u);
            BOOST_TEST(has(o.get("/v1.0/me/mailFolders/inbox/messages/delta").body, "\"@odata.deltaLink\":\"" + root));
            auto const draft =
                o.post("/v1.0/me/messages",
                       R"({"subject":"s","toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}]})");
            BOOST_TEST(header(draft, "Location").starts_with(root + "users('"));
            std::string const id = o.messages("adele@contoso.example", mock::role::drafts).back()->id;
            BOOST_TEST(has(o.post("/v1.0/me/messages/" + id + "/attachments/createUploadSession",
                                  R"({"AttachmentItem":{"attachmentType":"file","name":"n","size":3483322}})")
                               .body,
                           "\"uploadUrl\":\"" + here.graph + "/"));
            BOOST_TEST(o.post("/v1.0/me/messages/" + id + "/send").status == 202u);
            BOOST_TEST(o.messages("alex@contoso.example", mock::role::inbox).size() == 1u);
            BOOST_TEST(
                has(o.post("/v1.0/$batch", R"({"requests":[{"id":"1","method":"GET","url":"/me/mailFolders/inbox"}]})")
                        .body,
                    "\"status\":200"));

            // Tokens for the application's id will do anywhere, those of other clouds nowhere.
            for (oauth2::cloud const& there : clouds)
                BOOST_TEST(o.ask("GET", "/v1.0/me", o.token(*o.adele, {"User.Read"}, there.graph)).status ==
                           (there.graph == here.graph ? 200u : 401u));
            BOOST_TEST(
                o.ask("GET", "/v1.0/me", o.token(*o.adele, {"User.Read"}, "00000003-0000-0000-c000-000000000000"))
                    .status == 200u);
            auto const none = o.ask("GET", "/v1.0/me", "");
            BOOST_TEST(has(header(none, "WWW-Authenticate"),
                           "authorization_uri=\"" + here.login + "/common/oauth2/authorize\""));
            o.host = here.graph == clouds[0].graph ? "graph.microsoft.us" : "graph.microsoft.com";
            BOOST_TEST(o.get("/v1.0/me").status == 421u);
        }
}

BOOST_AUTO_TEST_CASE(a_flag_changed_over_imap_is_seen_in_a_page_that_was_shown_before)
{
    outlook o;
    std::string const id = o.deliver(plain_mail)->id;
    std::string const target = "/v1.0/me/messages?$top=50";
    auto const before = o.get(target);
    BOOST_TEST(o.get(target).body == before.body);  // from the text that is kept
    BOOST_TEST(count(before.body, "\"isRead\":false") == 1u);

    std::string const token = o.token(*o.adele, {"IMAP.AccessAsUser.All"}, "https://outlook.office.com");
    std::string const said = "a AUTHENTICATE XOAUTH2 " +
                             outkit::detail::base64_encode("user=adele@contoso.example\x01"
                                                           "auth=Bearer " +
                                                           token + "\x01\x01") +
                             "\r\nb SELECT INBOX\r\nc STORE 1 +FLAGS (\\Seen)\r\nd LOGOUT\r\n";
    mock::imap imap(o.w);
    outkit::detail::simulator sim;
    sim.listen("mail.test", 993, [&](wire& w) { return over_tls(imap, w); }, outkit::tests::certified_server());
    wire w;
    auto const heard = sim.start("client", say(w, said), outkit::tests::trusting_client());
    sim.run();
    BOOST_TEST_REQUIRE(heard->value.has_value(), heard->ec.message() << heard->diagnostics);
    BOOST_TEST(has(*heard->value, "c OK"), *heard->value);

    auto const after = o.get(target);
    BOOST_TEST(count(after.body, "\"isRead\":true") == 1u);
    BOOST_TEST(has(after.body, id));
}

BOOST_AUTO_TEST_SUITE_END()
