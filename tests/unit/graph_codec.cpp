// Graph's JSON. The rows marked "public" are sample bodies of the pages named (microsoftgraph/microsoft-graph-docs-contrib
// on GitHub), so that two ends which share a mistake are found out.

#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/detail/date_time.hpp>
#include <outkit/graph/detail/query.hpp>
#include <outkit/graph/query.hpp>
#include <outkit/http/error.hpp>
#include <outkit/mock/graph_input.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace outkit::graph;
using namespace outkit::graph::detail;
using outkit::condition;
using outkit::error_code;
namespace http = outkit::http;
using namespace std::chrono_literals;

namespace {

limits const defaults;

// Public: message-get.md, example 1
char const* const sample_message = R"({
    "@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users('7f180cbb-a5ae-457c-b7e8-6f5b42ba33e7')/messages/$entity",
    "@odata.etag":"W/\"CQAAABYAAAC4ofQHEIqCSbQPot83AFcbAAAnjjuZ\"",
    "id":"AAMkADhMGAAA=",
    "createdDateTime":"2018-09-09T03:15:05Z",
    "lastModifiedDateTime":"2018-09-09T03:15:08Z",
    "changeKey":"CQAAABYAAAC4ofQHEIqCSbQPot83AFcbAAAnjjuZ",
    "categories":[

    ],
    "receivedDateTime":"2018-09-09T03:15:08Z",
    "sentDateTime":"2018-09-09T03:15:06Z",
    "hasAttachments":false,
    "internetMessageId":"<MWHPR6E1BE060@MWHPR1120.namprd22.prod.outlook.com>",
    "subject":"9/9/2018: concert",
    "bodyPreview":"The group represents Nevada.",
    "importance":"normal",
    "parentFolderId":"AAMkADcbAAAAAAEJAAA=",
    "conversationId":"AAQkADOUpag6yWs=",
    "isDeliveryReceiptRequested":false,
    "isReadReceiptRequested":false,
    "isRead":true,
    "isDraft":false,
    "webLink":"https://outlook.office365.com/owa/?ItemID=AAMkADMGAAA%3D&exvsurl=1&viewmodel=ReadMessageItem",
    "inferenceClassification":"focused",
    "body":{
        "contentType":"html",
        "content":"<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n<meta content=\"text/html; charset=us-ascii\">\r\n</head>\r\n<body>\r\nThe group represents Nevada.\r\n</body>\r\n</html>\r\n"
    },
    "sender":{
        "emailAddress":{
            "name":"Adele Vance",
            "address":"adelev@contoso.OnMicrosoft.com"
        }
    },
    "from":{
        "emailAddress":{
            "name":"Adele Vance",
            "address":"adelev@contoso.OnMicrosoft.com"
        }
    },
    "toRecipients":[
        {
            "emailAddress":{
                "name":"Alex Wilber",
                "address":"AlexW@contoso.OnMicrosoft.com"
            }
        }
    ],
    "ccRecipients":[

    ],
    "bccRecipients":[

    ],
    "replyTo":[

    ],
    "flag":{
        "flagStatus":"notFlagged"
    }
})";

// Public: message-get.md, example 2
char const* const sample_headers = R"({
    "@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users('7f180cbb-a5ae-457c-b7e8-6f5b42ba33e7')/messages(internetMessageHeaders)/$entity",
    "@odata.etag":"W/\"FwAAABYAAAC4ofQHEIqCSbQPot83AFcbAAAW/0tB\"",
    "id":"AAMkADhAAAW-VPeAAA=",
    "internetMessageHeaders":[
        { "name":"MIME-Version", "value":"1.0" },
        { "name":"Content-Type", "value":"multipart/report" },
        { "name":"x-custom-header-group-name", "value":"Washington" },
        { "name":"x-custom-header-group-id", "value":"WA001" }
    ]
})";

// Public: user-list-mailfolders.md, example 1, shortened
char const* const sample_folders = R"json({
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('68ca8ec0-11f8-456b-a785-70d9936650d5')/mailFolders",
    "value": [
        {
            "id": "AQMkADYAAAIBXQAAAA==",
            "displayName": "Archive",
            "parentFolderId": "AQMkADYAAAIBCAAAAA==",
            "childFolderCount": 0,
            "unreadItemCount": 0,
            "totalItemCount": 0,
            "isHidden": false
        },
        {
            "id": "AQMkADYAAAIBDAAAAA==",
            "displayName": "Inbox",
            "parentFolderId": "AQMkADYAAAIBCAAAAA==",
            "childFolderCount": 1,
            "unreadItemCount": 70,
            "totalItemCount": 71,
            "isHidden": false
        },
        {
            "@odata.type": "#microsoft.graph.mailSearchFolder",
            "id": "AAMkADYRAAAZg1yTAAA=",
            "displayName": "Weekly digests",
            "parentFolderId": "AQMkADYAAAIBDAAAAA==",
            "childFolderCount": 0,
            "unreadItemCount": 4,
            "totalItemCount": 5,
            "isHidden": false,
            "isSupported": true,
            "filterQuery": "contains(subject, 'weekly digest')"
        }
    ]
})json";

// Public: user-list-messages.md, example 1
char const* const sample_list = R"json({
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('bb8775a4-4d8c-42cf-a1d4-4d58c2bb668f')/messages(sender,subject)",
    "value": [
        {
            "@odata.etag": "W/\"CQAAABYAAADHcgC8Hl9tRZ/hc1wEUs1TAAAwR4Hg\"",
            "id": "AAMkAGUAAAwTW09AAA=",
            "subject": "You have late tasks!",
            "sender": {
                "emailAddress": {
                    "name": "Microsoft Planner",
                    "address": "noreply@Planner.Office365.com"
                }
            }
        }
    ]
})json";

// Public: user-sendmail.md, examples 1, 2 and 3
char const* const sample_send = R"({
  "message": {
    "subject": "Meet for lunch?",
    "body": {
      "contentType": "Text",
      "content": "The new cafeteria is open."
    },
    "toRecipients": [ { "emailAddress": { "address": "frannis@contoso.com" } } ],
    "ccRecipients": [ { "emailAddress": { "address": "danas@contoso.com" } } ]
  },
  "saveToSentItems": "false"
})";
char const* const sample_send_headers = R"({
  "message": {
    "subject": "9/9/2018: concert",
    "body": {
      "contentType": "HTML",
      "content": "The group represents Nevada."
    },
    "toRecipients": [ { "emailAddress": { "address": "AlexW@contoso.com" } } ],
    "internetMessageHeaders": [
      { "name": "x-custom-header-group-name", "value": "Nevada" },
      { "name": "x-custom-header-group-id", "value": "NV001" }
    ]
  }
})";
char const* const sample_send_attachment = R"({
  "message": {
    "subject": "Meet for lunch?",
    "body": { "contentType": "Text", "content": "The new cafeteria is open." },
    "toRecipients": [ { "emailAddress": { "address": "meganb@contoso.com" } } ],
    "attachments": [
      {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "attachment.txt",
        "contentType": "text/plain",
        "contentBytes": "SGVsbG8gV29ybGQh"
      }
    ]
  }
})";

// Without the blanks between the members: what is left must be what we write.
std::string compact(std::string_view json)
{
    std::string out;
    bool quoted = false, escaped = false;
    for (char const c : json)
    {
        if (!quoted && (c == ' ' || c == '\n'))
            continue;
        out += c;
        if (c == '"' && !escaped)
            quoted = !quoted;
        escaped = c == '\\' && !escaped;
    }
    return out;
}

template <class T>
void good(parsed<T> const& p)
{
    BOOST_TEST(!p.ec, p.ec.message() << ": " << p.what);
}

template <class T>
void malformed(parsed<T> const& p, std::string_view what = {})
{
    BOOST_TEST((p.ec == error::response_malformed), p.ec.message());
    BOOST_TEST(p.what.find(what) != std::string::npos, p.what);
}

http::response response(unsigned status, std::string body, http::fields headers = {})
{
    http::response r;
    r.status = status;
    r.body = std::move(body);
    r.headers = std::move(headers);
    return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_codec)

BOOST_AUTO_TEST_CASE(the_public_message_is_read)
{
    auto const r = parse_message(sample_message, defaults);
    good(r);
    message const& m = r.value;
    BOOST_TEST(m.id == "AAMkADhMGAAA=");
    BOOST_TEST(m.etag == "W/\"CQAAABYAAAC4ofQHEIqCSbQPot83AFcbAAAnjjuZ\"");
    BOOST_TEST(m.change_key == "CQAAABYAAAC4ofQHEIqCSbQPot83AFcbAAAnjjuZ");
    BOOST_TEST_REQUIRE(m.received_date_time.has_value());
    BOOST_TEST(m.received_date_time->time_since_epoch().count() == 1536462908);
    BOOST_TEST(m.has_attachments.value() == false);
    BOOST_TEST(m.internet_message_id == "<MWHPR6E1BE060@MWHPR1120.namprd22.prod.outlook.com>");
    BOOST_TEST(m.subject == "9/9/2018: concert");
    BOOST_TEST((m.importance == importance::normal));
    BOOST_TEST(m.is_read.value());
    BOOST_TEST(!m.is_draft.value());
    BOOST_TEST_REQUIRE(m.body.has_value());
    BOOST_TEST((m.body->content_type == body_type::html));
    BOOST_TEST(m.body->content.starts_with("<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\""));
    BOOST_TEST_REQUIRE(m.from.has_value());
    BOOST_TEST(m.from->name == "Adele Vance");
    BOOST_TEST(m.from->address == "adelev@contoso.OnMicrosoft.com");
    BOOST_TEST_REQUIRE(m.to_recipients.size() == 1u);
    BOOST_TEST(m.to_recipients[0].name == "Alex Wilber");
    BOOST_TEST(m.cc_recipients.empty());
    BOOST_TEST_REQUIRE(m.flag.has_value());
    BOOST_TEST((m.flag->status == flag_status::not_flagged));
    BOOST_TEST(!m.conversation_index.size());
}

BOOST_AUTO_TEST_CASE(the_public_message_is_written_as_the_service_writes_it)
{
    std::string expected = compact(sample_message);
    auto const context_end = expected.find("\"@odata.etag\"");
    expected = "{" + expected.substr(context_end);
    // The sample has no conversationIndex although it is there by default.
    std::string const before = "\"isDeliveryReceiptRequested\"";
    expected.insert(expected.find(before), "\"conversationIndex\":null,");
    BOOST_TEST(serialise(parse_message(sample_message, defaults).value) == expected);
}

BOOST_AUTO_TEST_CASE(the_public_headers_folders_and_lists_are_read)
{
    auto const m = parse_message(sample_headers, defaults);
    good(m);
    BOOST_TEST_REQUIRE(m.value.internet_message_headers.size() == 4u);
    BOOST_TEST(m.value.internet_message_headers[3].name == "x-custom-header-group-id");
    BOOST_TEST(m.value.internet_message_headers[3].value == "WA001");
    BOOST_TEST(!m.value.is_read.has_value());

    auto const f = parse_folders(sample_folders, defaults);
    good(f);
    BOOST_TEST_REQUIRE(f.value.value.size() == 3u);
    BOOST_TEST(f.value.value[1].display_name == "Inbox");
    BOOST_TEST(f.value.value[1].unread_item_count == 70u);
    BOOST_TEST(f.value.value[1].total_item_count == 71u);
    BOOST_TEST(!f.value.value[1].is_search_folder);
    BOOST_TEST(f.value.value[2].is_search_folder);
    BOOST_TEST(f.value.next_link.empty());

    auto const l = parse_messages(sample_list, defaults);
    good(l);
    BOOST_TEST_REQUIRE(l.value.value.size() == 1u);
    BOOST_TEST(l.value.value[0].sender->address == "noreply@Planner.Office365.com");
    BOOST_TEST(!l.value.value[0].from.has_value());
}

BOOST_AUTO_TEST_CASE(the_public_folder_is_written_as_the_service_writes_it)
{
    mail_folder const f = parse_folders(sample_folders, defaults).value.value[1];
    BOOST_TEST(serialise(f) ==
               R"({"id":"AQMkADYAAAIBDAAAAA==","displayName":"Inbox","parentFolderId":"AQMkADYAAAIBCAAAAA==",)"
               R"("childFolderCount":1,"unreadItemCount":70,"totalItemCount":71,"isHidden":false})");
}

// What a client writes is read by the mock.
namespace {

outkit::mock::action_input action(std::string_view json)
{
    std::string what;
    auto const read = outkit::mock::read_action_input(json, what);
    BOOST_TEST_REQUIRE(read.has_value(), what);
    return *read;
}
outkit::mock::message_input written(std::string_view json)
{
    std::string what;
    auto const read = outkit::mock::read_message_input(json, what);
    BOOST_TEST_REQUIRE(read.has_value(), what);
    return *read;
}
void not_read(std::string_view json)
{
    std::string what;
    BOOST_TEST(!outkit::mock::read_action_input(json, what).has_value());
    BOOST_TEST(!what.empty());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_public_send_mail_bodies_are_read)
{
    auto const a = action(sample_send);
    BOOST_TEST(!a.save_to_sent_items);
    BOOST_TEST(*a.message->subject == "Meet for lunch?");
    BOOST_TEST((a.message->body->content_type == body_type::text));
    BOOST_TEST(a.message->to->at(0).address == "frannis@contoso.com");
    BOOST_TEST(a.message->cc->at(0).address == "danas@contoso.com");

    auto const b = action(sample_send_headers);
    BOOST_TEST(b.save_to_sent_items);
    BOOST_TEST((b.message->body->content_type == body_type::html));
    BOOST_TEST(b.message->headers.at(1).value == "NV001");

    auto const c = action(sample_send_attachment);
    BOOST_TEST_REQUIRE(c.message->attachments.size() == 1u);
    BOOST_TEST(c.message->attachments[0].content == "Hello World!");
    BOOST_TEST(c.message->attachments[0].content_type == "text/plain");
}

BOOST_AUTO_TEST_CASE(action_parameters_match_without_regard_to_case)
{
    auto const r = action(R"({"Message":{"subject":"s"},"SaveToSentItems":false})");
    BOOST_TEST(*r.message->subject == "s");
    BOOST_TEST(!r.save_to_sent_items);
    BOOST_TEST(!action(R"({"subject":"the message itself"})").message);
    not_read(R"({"message":{},"saveToSentItems":7})");
    not_read(R"({"message":{"attachments":[{"@odata.type":"#microsoft.graph.fileAttachment","contentBytes":"=="}]}})");
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_what_is_read_again)
{
    outgoing_message m;
    m.subject = "Größe \"日本語\" \\ \n \x01 end";
    m.body = {body_type::html, "<p>x</p>\r\n"};
    m.to_recipients = {{"Alex Wilber", "alex@contoso.example"}, {"", "b@contoso.example"}};
    m.cc_recipients = {{"C", "c@contoso.example"}};
    m.bcc_recipients = {{"D", "d@contoso.example"}};
    m.reply_to = {{"E", "e@contoso.example"}};
    m.from = recipient{"F", "f@contoso.example"};
    m.importance = importance::high;
    m.internet_message_headers = {{"x-one", "1"}};
    m.attachments = {{"a.bin", "application/octet-stream", std::string("\0\xff", 2), true, "cid1"}};
    auto const r = action(serialise(m, false));
    BOOST_TEST(!r.save_to_sent_items);
    for (auto const& read : {*r.message, written(serialise(m))})
    {
        BOOST_TEST(*read.subject == m.subject);
        BOOST_TEST(read.body->content == m.body.content);
        BOOST_TEST((read.body->content_type == body_type::html));
        BOOST_TEST(read.to->at(0).name == "Alex Wilber");
        BOOST_TEST(read.to->at(1).address == "b@contoso.example");
        BOOST_TEST(read.cc->at(0).address == "c@contoso.example");
        BOOST_TEST(read.bcc->at(0).address == "d@contoso.example");
        BOOST_TEST(read.reply_to->at(0).address == "e@contoso.example");
        BOOST_TEST(read.from->address == "f@contoso.example");
        BOOST_TEST((read.importance == importance::high));
        BOOST_TEST(read.headers.at(0).value == "1");
        BOOST_TEST(read.attachments.at(0).content == m.attachments[0].content);
        BOOST_TEST(read.attachments.at(0).is_inline);
        BOOST_TEST(read.attachments.at(0).content_id == "cid1");
    }
    BOOST_TEST(serialise(outgoing_message{}, true) ==
               R"({"message":{"subject":"","body":{"contentType":"text","content":""},"toRecipients":[]}})");
}

BOOST_AUTO_TEST_CASE(an_update_is_written_and_read_again)
{
    message_update u;
    u.is_read = false;
    u.flag = flag_status::flagged;
    u.importance = importance::low;
    u.categories.emplace().push_back("Red category");
    std::string const text = serialise(u);
    BOOST_TEST(text ==
               R"({"isRead":false,"importance":"low","flag":{"flagStatus":"flagged"},"categories":["Red category"]})");
    auto const r = written(text);
    BOOST_TEST(!r.is_read.value());
    BOOST_TEST((r.flag->status == flag_status::flagged));
    BOOST_TEST((r.importance == importance::low));
    BOOST_TEST(r.categories->at(0) == "Red category");
    BOOST_TEST(serialise(message_update{}) == "{}");
    message_update nobody;
    nobody.to_recipients.emplace();
    BOOST_TEST(serialise(nobody) == R"({"toRecipients":[]})");
}

BOOST_AUTO_TEST_CASE(a_draft_a_change_and_a_reply_are_written_and_read_again)
{
    // Public: user-post-messages.md, example 1
    auto const draft = written(R"({
    "subject":"Did you see last night's game?",
    "importance":"Low",
    "body":{
        "contentType":"HTML",
        "content":"They were <b>awesome</b>!"
    },
    "toRecipients":[ { "emailAddress":{ "address":"AdeleV@contoso.com" } } ]
})");
    BOOST_TEST((draft.importance == importance::low));
    BOOST_TEST((draft.body->content_type == body_type::html));
    BOOST_TEST(draft.to->at(0).address == "AdeleV@contoso.com");
    outgoing_message m;
    m.subject = *draft.subject;
    m.importance = *draft.importance;
    m.body = *draft.body;
    m.to_recipients = *draft.to;
    BOOST_TEST(serialise(m) ==
               R"({"subject":"Did you see last night's game?","importance":"low","body":{"contentType":)"
               R"("html","content":"They were <b>awesome</b>!"},"toRecipients":[{"emailAddress":)"
               R"({"address":"AdeleV@contoso.com"}}]})");

    message_update u;
    u.subject = "subject-value";
    u.inference_classification = "other";
    u.body = item_body{body_type::text, "content-value"};
    std::string const change = serialise(u);
    BOOST_TEST(change == R"({"inferenceClassification":"other","subject":"subject-value","body":{"contentType":"text",)"
                         R"("content":"content-value"}})");
    BOOST_TEST(*written(change).subject == "subject-value");
    BOOST_TEST(written(change).body->content == "content-value");
    BOOST_TEST(*written(change).inference_classification == "other");
    BOOST_TEST(!written(change).to);

    // Public: message-reply.md and message-forward.md; SDKs write the names in capitals.
    auto const answer = action(R"({"message":{"toRecipients":[{"emailAddress":{"address":"samanthab@contoso.com",
        "name":"Samantha Booth"}}]},"Comment":"Samantha, Randi, would you name the group please?"})");
    BOOST_TEST(*answer.comment == "Samantha, Randi, would you name the group please?");
    BOOST_TEST(answer.message->to->at(0).name == "Samantha Booth");
    auto const forward =
        action(R"({"comment":"FYI","ToRecipients":[{"emailAddress":{"address":"danas@contoso.com"}}]})");
    BOOST_TEST(forward.to->at(0).address == "danas@contoso.com");
    reply r;
    r.comment = *forward.comment;
    r.to_recipients = *forward.to;
    BOOST_TEST(serialise(r) ==
               R"({"comment":"FYI","toRecipients":[{"emailAddress":{"address":"danas@contoso.com"}}]})");
    r.message.emplace().to_recipients = *answer.message->to;
    BOOST_TEST(action(serialise(r)).message->to->at(0).name == "Samantha Booth");
    BOOST_TEST(*action(serialise(r)).comment == "FYI");
    not_read(R"({"comment":1})");
    BOOST_TEST(serialise("destinationId", "a\"b") == R"({"destinationId":"a\"b"})");
}

BOOST_AUTO_TEST_CASE(selected_members_come_in_the_services_order)
{
    message const m = parse_message(sample_message, defaults).value;
    std::string_view const select[] = {"from", "subject", "id", "isRead"};
    BOOST_TEST(serialise(m, select) ==
               R"({"@odata.etag":"W/\"CQAAABYAAAC4ofQHEIqCSbQPot83AFcbAAAnjjuZ\"","id":"AAMkADhMGAAA=",)"
               R"("subject":"9/9/2018: concert","isRead":true,)"
               R"("from":{"emailAddress":{"name":"Adele Vance","address":"adelev@contoso.OnMicrosoft.com"}}})");
    BOOST_TEST(is_message_property("internetMessageHeaders"));
    BOOST_TEST(!is_message_property("subJect"));
    BOOST_TEST(!is_message_property("nonsense"));
}

// Composed from user-get.md's default set
BOOST_AUTO_TEST_CASE(a_user_is_read_and_written)
{
    std::string const text =
        R"({"businessPhones":[],"displayName":"Adele Vance","givenName":"Adele","jobTitle":null,)"
        R"("mail":"adele@contoso.example","mobilePhone":null,"officeLocation":null,"preferredLanguage":"en-US",)"
        R"("surname":"Vance","userPrincipalName":"adele@contoso.example","id":"7f180cbb-a5ae-457c-b7e8-6f5b42ba33e7"})";
    auto const r = parse_user(text, defaults);
    good(r);
    BOOST_TEST(r.value.user_principal_name == "adele@contoso.example");
    BOOST_TEST(r.value.job_title.empty());
    BOOST_TEST(serialise(r.value) == text);
}

BOOST_AUTO_TEST_CASE(links_and_counts_of_a_page_are_read)
{
    auto const r =
        parse_messages(R"({"@odata.count":3,"value":[],"@odata.nextLink":"https://x/y?$skip=10"})", defaults);
    good(r);
    BOOST_TEST(r.value.count.value() == 3u);
    BOOST_TEST(r.value.next_link == "https://x/y?$skip=10");
    BOOST_TEST(!parse_messages(R"({"value":[]})", defaults).value.count.has_value());
}

BOOST_AUTO_TEST_CASE(HT_23_what_is_not_the_schema_is_malformed)
{
    for (char const* const text : {"",
                                   "null",
                                   "[]",
                                   "\"x\"",
                                   "{}",
                                   "{\"id\":\"x\"}{\"id\":\"y\"}",
                                   "{\"id\":\"x\"} trailing",
                                   "\xef\xbb\xbf{\"id\":\"x\"}",
                                   "{\"id\":\"x\"",
                                   "{\"id\":\"\xff\"}",
                                   R"({"id":"\ud800"})",
                                   R"({"id":7})",
                                   R"({"id":null})",
                                   R"({"id":""})",
                                   R"({"id":"x","subject":7})",
                                   R"({"id":"x","isRead":"yes"})",
                                   R"({"id":"x","receivedDateTime":"yesterday"})",
                                   R"({"id":"x","receivedDateTime":"0000-01-01T00:00:00Z"})",
                                   R"({"id":"x","receivedDateTime":"99999-01-01T00:00:00Z"})",
                                   R"({"id":"x","categories":{}})",
                                   R"({"id":"x","categories":[1]})",
                                   R"({"id":"x","toRecipients":["a@b"]})",
                                   R"({"id":"x","toRecipients":[{"emailAddress":"a@b"}]})",
                                   R"({"id":"x","body":"text"})",
                                   R"({"id":"x","flag":[]})",
                                   R"({"id":"x","importance":1})",
                                   R"({"id":"x","unknown":1e400})",
                                   R"({"id":"x","unknown":-1e400})",
                                   "{\"id\":\"x\",\"subject\":\"a\nb\"}",
                                   R"({'id':'x'})",
                                   R"({"id":"x",})"})
        BOOST_TEST_CONTEXT(text)
    malformed(parse_message(text, defaults));

    std::string padded = R"({"id":"x"})";
    padded += '\0';
    malformed(parse_message(padded, defaults));

    for (char const* const number :
         {"0.1", "-1", "9223372036854775808", "18446744073709551616", "1e3", "\"7\"", "true"})
        BOOST_TEST_CONTEXT(number)
    malformed(parse_folder(std::string(R"({"id":"x","totalItemCount":)") + number + "}", defaults), "totalItemCount");
    good(parse_folder(R"({"id":"x","totalItemCount":-0})", defaults));
    good(parse_folder(R"({"id":"x","totalItemCount":2147483647})", defaults));
    malformed(parse_folder(R"({"id":"x","totalItemCount":4294967296})", defaults));
}

BOOST_AUTO_TEST_CASE(HT_16_a_page_without_value_is_malformed)
{
    malformed(parse_messages("{}", defaults), "value");
    malformed(parse_messages(R"({"value":null})", defaults), "value");
    malformed(parse_messages(R"({"value":{}})", defaults), "value");
    malformed(parse_messages(R"({"value":[7]})", defaults), "value");
    malformed(parse_messages(R"({"value":[{"id":"a"},{"id":"b","isRead":3}]})", defaults), "value[1].isRead");
    // microsoft-graph-docs-contrib#106
    malformed(parse_messages(R"({"value":[{"error":{"code":"ErrorInvalidIdMalformed"}}]})", defaults), "error");
}

BOOST_AUTO_TEST_CASE(HT_29_unknown_members_types_and_values_are_tolerated)
{
    auto const r = parse_message(
        R"({"@odata.type":"#microsoft.graph.eventMessage","id":"x","importance":"urgent","new":{"deep":[1,2,{"x":null}]},)"
        R"("flag":{"flagStatus":"later"},"body":null,"from":{"emailAddress":null},"toRecipients":null,"isRead":null,)"
        R"("subject":null,"receivedDateTime":null,"categories":null,"sender":null})",
        defaults);
    good(r);
    BOOST_TEST(!r.value.importance.has_value());
    BOOST_TEST(!r.value.is_read.has_value());
    BOOST_TEST((r.value.flag->status == flag_status::not_flagged));
    BOOST_TEST(r.value.from->address.empty());
}

BOOST_AUTO_TEST_CASE(members_without_a_name_here_are_kept_and_written_as_they_came)
{
    std::string const extra = R"("new":{"deep":[1,2.50,{"x":null}],"t":"\u00e9\n"},"a\"b":"c","next":false)";
    auto const m = parse_message(
        R"({"@odata.context":"https://x/$metadata","@odata.type":"#microsoft.graph.eventMessage","id":"x",)" + extra +
            R"(,"sender":{"emailAddress":{"name":"A","kind":7,"address":"a@x"},"status":{"response":"none"}}})",
        defaults);
    good(m);
    BOOST_TEST_REQUIRE(m.value.other.size() == 4u);  // a context is no property
    BOOST_TEST(m.value.other[0].name == "@odata.type");
    BOOST_TEST(m.value.other[0].json == R"("#microsoft.graph.eventMessage")");
    BOOST_TEST(m.value.other[1].json == R"({"deep":[1,2.50,{"x":null}],"t":"\u00e9\n"})");
    BOOST_TEST(m.value.other[2].name == "a\"b");
    BOOST_TEST(m.value.sender->address == "a@x");
    BOOST_TEST(m.value.sender->address_other.at(0).json == "7");
    BOOST_TEST(m.value.sender->other.at(0).json == R"({"response":"none"})");
    std::string const written = serialise(m.value);
    BOOST_TEST(written.find(extra) != std::string::npos);
    BOOST_TEST(written.find(R"({"emailAddress":{"name":"A","address":"a@x","kind":7},"status":{"response":"none"}})") !=
               std::string::npos);
    auto const again = parse_message(written, defaults);
    good(again);
    BOOST_TEST(serialise(again.value) == written);
    std::string_view const one[] = {"subject", "next"};
    BOOST_TEST(serialise(m.value, one) == R"({"@odata.etag":"","id":"x","subject":"","next":false})");

    // Public: user-list-mailfolders.md, a search folder's own members
    mail_folder const f = parse_folders(sample_folders, defaults).value.value[2];
    BOOST_TEST_REQUIRE(f.other.size() == 2u);
    BOOST_TEST(f.other[1].json == "\"contains(subject, 'weekly digest')\"");
    BOOST_TEST(serialise(parse_folder(serialise(f), defaults).value) == serialise(f));
    BOOST_TEST(serialise(f).find("\"isSupported\":true") != std::string::npos);

    user const u = parse_user(R"({"id":"x","city":"Paris","imAddresses":["a"]})", defaults).value;
    BOOST_TEST(u.other.at(0).name == "city");
    BOOST_TEST(serialise(u).ends_with(R"("id":"x","city":"Paris","imAddresses":["a"]})"));
    BOOST_TEST(serialise(parse_user(serialise(u), defaults).value) == serialise(u));
}

BOOST_AUTO_TEST_CASE(what_is_expanded_is_read_and_written)
{
    // Public: composed of attachment-get.md and singlevaluelegacyextendedproperty-get.md
    std::string const text =
        R"({"@odata.etag":"e","id":"x","attachments@odata.context":"https://x","attachments":[{"@odata.type":)"
        R"("#microsoft.graph.fileAttachment","@odata.mediaContentType":"text/plain","id":"a1","lastModifiedDateTime":)"
        R"("2019-04-02T03:41:29Z","name":"Draft.txt","contentType":"text/plain","size":120,"isInline":false,)"
        R"("contentId":null,"contentLocation":null,"contentBytes":"aGVsbG8="},{"@odata.type":)"
        R"("#microsoft.graph.itemAttachment","id":"a2","name":"card","item":{"id":"","subject":"s"}}],)"
        R"("singleValueExtendedProperties":[{"id":"String 0x7D","value":"Received: x"}],)"
        R"("multiValueExtendedProperties":[{"id":"StringArray {g} Name Palette","value":["Green","Aqua"]}]})";
    auto const r = parse_message(text, defaults);
    good(r);
    message const& m = r.value;
    BOOST_TEST_REQUIRE(m.attachments.size() == 2u);
    BOOST_TEST(m.attachments[0].content.value() == "hello");
    BOOST_TEST(m.attachments[0].other.at(0).name == "@odata.mediaContentType");
    BOOST_TEST((m.attachments[1].kind == attachment_kind::item));
    BOOST_TEST(m.attachments[1].other.at(0).json == R"({"id":"","subject":"s"})");
    BOOST_TEST(m.single_value_extended_properties.at(0).value == "Received: x");
    BOOST_TEST(m.multi_value_extended_properties.at(0).values.at(1) == "Aqua");
    BOOST_TEST(m.other.empty());
    std::string const written = serialise(m);
    BOOST_TEST(serialise(parse_message(written, defaults).value) == written);
    BOOST_TEST(written.find(R"("contentBytes":"aGVsbG8=")") != std::string::npos);
    malformed(parse_message(R"({"id":"x","attachments":[{"name":"no id"}]})", defaults), "id");
    malformed(parse_message(R"({"id":"x","attachments":[7]})", defaults), "attachments");
    malformed(parse_message(R"({"id":"x","singleValueExtendedProperties":[{"id":"x","value":1}]})", defaults), "value");

    // Content is one string, for which the body's limit holds and not that of other strings.
    limits few;
    few.json_string = 20;
    good(parse_message(R"({"id":"x","attachments":[{"id":"a","contentBytes":"aGVsbG9oZWxsb2hlbGxvaGVsbG8="}]})", few));
}

BOOST_AUTO_TEST_CASE(HT_23_the_last_of_two_equal_members_counts)
{
    auto const r = parse_message(
        R"({"id":"x","subject":"one","subject":"two","isRead":true,"isRead":null,"toRecipients":[{}],)"
        R"("toRecipients":[],"from":{"emailAddress":{"name":"n"}},"from":{"emailAddress":{"address":"a"}},"id":"y"})",
        defaults);
    good(r);
    BOOST_TEST(r.value.id == "y");
    BOOST_TEST(r.value.subject == "two");
    BOOST_TEST(!r.value.is_read.has_value());
    BOOST_TEST(r.value.to_recipients.empty());
    BOOST_TEST(r.value.from->name.empty());
    BOOST_TEST(r.value.from->address == "a");
}

// Every cut of a page, and every octet of it replaced by others: an error or values, and never an end of the program.
BOOST_AUTO_TEST_CASE(HT_37_a_page_cut_or_changed_at_every_octet)
{
    std::string const whole = compact(sample_folders);
    good(parse_folders(whole, defaults));
    for (std::size_t n = 0; n < whole.size(); ++n)
    {
        malformed(parse_folders(whole.substr(0, n), defaults));
        for (char const c : {'\0', '"', '\\', '{', ']', '9', '\xff'})
        {
            std::string changed = whole;
            changed[n] = c;
            auto const r = parse_folders(changed, defaults);
            BOOST_TEST((!r.ec || r.ec == error::response_malformed), r.ec.message());
        }
    }
}

BOOST_AUTO_TEST_CASE(texts_in_json_are_what_they_stand_for)
{
    auto const subject = [](std::string const& json) {
        auto const r = parse_message(R"({"id":"x","subject":)" + json + "}", defaults);
        return r.ec ? std::optional<std::string>() : r.value.subject;
    };
    BOOST_TEST(*subject(R"("")") == "");
    BOOST_TEST(*subject(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    BOOST_TEST(*subject(R"("\u0041\u00e9\u65e5\ud83d\ude00")") == "Aé日😀");
    BOOST_TEST(*subject(R"("é日😀 12345678901234567890\u0000x")") == std::string("é日😀 12345678901234567890\0x", 32));
    BOOST_TEST(*subject("\"\x7f\"") == "\x7f");
    for (char const* const text : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\u-123")", R"("\ud800")", R"("\ud800x")",
                                   R"("\ud800\u0041")", R"("\udc00")", R"("\ud800\ud800")", R"(")", R"("\)", R"("\")",
                                   "\"\x1f\"", "\"\t\"", "\"12345678\n\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "'x'", "x"})
        BOOST_TEST(!subject(text).has_value(), text);
    // Quotation marks, backslashes and control characters at every place of the words they are looked for in
    for (std::size_t n = 0; n < 24; ++n)
    {
        std::string const front(n, 'a'), back(23 - n, 'b');
        BOOST_TEST(*subject('"' + front + "\\n" + back + '"') == front + '\n' + back);
        BOOST_TEST(!subject('"' + front + '\n' + back + '"').has_value());
        BOOST_TEST(!subject('"' + front + '"' + back + '"').has_value());
        BOOST_TEST(!subject('"' + front + "\x80" + back + '"').has_value());
        BOOST_TEST(*subject('"' + front + "\u00a2" + back + '"') == front + "\u00a2" + back);
    }
}

BOOST_AUTO_TEST_CASE(depth_elements_and_strings_are_limited)
{
    auto const nested = [](std::size_t n) {
        return R"({"id":"x","a":)" + std::string(n, '[') + std::string(n, ']') + "}";
    };
    good(parse_message(nested(31), defaults));
    BOOST_TEST((parse_message(nested(32), defaults).ec == error::limit_exceeded));
    BOOST_TEST((parse_message(nested(10'000), defaults).ec == error::limit_exceeded));

    limits few;
    few.json_values = 5;
    good(parse_message(R"({"id":"x","a":[1,2]})", few));
    BOOST_TEST((parse_message(R"({"id":"x","a":[1,2,3]})", few).ec == error::limit_exceeded));
    std::string many = R"({"id":"x","a":[0)";
    for (int i = 0; i < 100'000; ++i)
        many += ",0";
    BOOST_TEST((parse_message(many + "]}", defaults).ec == error::limit_exceeded));

    few = {};
    few.json_string = 10;
    good(parse_message(R"({"id":"0123456789"})", few));
    BOOST_TEST((parse_message(R"({"id":"0123456789A"})", few).ec == error::limit_exceeded));
    BOOST_TEST((parse_message(R"({"id":"x","0123456789A":1})", few).ec == error::limit_exceeded));
    BOOST_TEST((error_code(error::limit_exceeded) == condition::limit_exceeded));
}

BOOST_AUTO_TEST_CASE(dates_are_read_strictly)
{
    struct
    {
        char const* text;
        long long expected;
    } const good_ones[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2018-09-09T03:15:08Z", 1536462908},
        {"2019-09-25T01:09:30.7671707Z", 1569373770},  // documented: attachment-createuploadsession.md
        {"2016-11-20T18:23:45.9356913+00:00", 1479666225},
        {"2026-11-23T10:00:00-08:00", 1795456800},
        {"2026-11-23T10:00Z", 1795428000},
        {"2024-02-29T00:00:00Z", 1709164800},
    };
    for (auto const& row : good_ones)
        BOOST_TEST_CONTEXT(row.text)
        {
            auto const t = parse_date_time(row.text);
            BOOST_TEST_REQUIRE(t.has_value());
            BOOST_TEST(t->time_since_epoch().count() == row.expected);
            BOOST_TEST((parse_date_time(format(*t)) == t));
        }
    BOOST_TEST(format(*parse_date_time("2018-09-09T03:15:08Z")) == "2018-09-09T03:15:08Z");
    for (char const* const text :
         {"", "2018", "2018-09-09", "2018-09-09T03:15:08", "2018-09-09 03:15:08Z", "2018-13-09T03:15:08Z",
          "2018-02-29T03:15:08Z", "2018-09-09T24:15:08Z", "2018-09-09T03:60:08Z", "2018-09-09T03:15:60Z",
          "0000-01-01T00:00:00Z", "12018-09-09T03:15:08Z", "2018-09-09T03:15:08Zx", "2018-09-09T03:15:08.Z",
          "2018-09-09T03:15:08+1:00", "2018-09-09T03:15:08+15:00", "-018-09-09T03:15:08Z", "2018-+9-09T03:15:08Z"})
        BOOST_TEST(!parse_date_time(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(problems_are_read_and_named)
{
    // MaikuB/flutter_appauth#575, ids replaced
    auto const p = parse_problem(
        response(
            401,
            R"({"error":{"code":"InvalidAuthenticationToken","message":"IDX14100: JWT is not well formed, there are no dots (.).","innerError":{"date":"2024-12-06T14:08:01","request-id":"11111111-2222-4333-8444-555555555555","client-request-id":"c"}}})"),
        defaults);
    BOOST_TEST(p.code == "InvalidAuthenticationToken");
    BOOST_TEST(p.date == "2024-12-06T14:08:01");
    BOOST_TEST(p.request_id == "11111111-2222-4333-8444-555555555555");
    BOOST_TEST((error_of(p) == error::invalid_authentication_token));
    BOOST_TEST((error_of(p) == condition::authentication_failed));
    BOOST_TEST(summary_of(p) ==
               "HTTP 401 InvalidAuthenticationToken: IDX14100: JWT is not well formed, there are no dots "
               "(.).; request-id 11111111-2222-4333-8444-555555555555; date 2024-12-06T14:08:01");
    BOOST_TEST(
        serialise(p, true) ==
        R"({"error":{"code":"InvalidAuthenticationToken","message":"IDX14100: JWT is not well formed, there are no )"
        R"(dots (.).","innerError":{"date":"2024-12-06T14:08:01",)"
        R"("request-id":"11111111-2222-4333-8444-555555555555","client-request-id":"c"}}})");

    struct
    {
        unsigned status;
        char const* code;
        error_code expected;
        condition meaning;
    } const rows[] = {
        {403, "ErrorAccessDenied", error::access_denied, condition::interaction_required},
        {404, "ErrorItemNotFound", error::item_not_found, condition::not_found},
        {404, "MailboxNotEnabledForRESTAPI", error::mailbox_not_enabled, condition::not_found},
        {429, "ApplicationThrottled", error::throttled, condition::transient},
        {429, "", error::throttled, condition::transient},
        {400, "InefficientFilter", error::inefficient_filter, condition::invalid_argument},
        {410, "ResyncRequired", error::sync_state_not_found, condition::not_found},
        {503, "SomethingNew", http::error::service_unavailable, condition::transient},
        {418, "", http::status_error(418), condition()},
        {404, "", http::error::not_found, condition::not_found},
    };
    for (auto const& row : rows)
        BOOST_TEST_CONTEXT(row.status << ' ' << row.code)
        {
            problem q;
            q.status = row.status;
            q.code = row.code;
            BOOST_TEST((error_of(q) == row.expected), error_of(q).message());
            if (row.meaning != condition())
                BOOST_TEST((error_of(q) == row.meaning));
        }
}

BOOST_AUTO_TEST_CASE(HT_24_foreign_error_bodies_are_mapped_by_status_and_limited)
{
    std::string deep = R"({"error":{"code":"x","message":"m","innerError":)";
    for (int i = 0; i < 1000; ++i)
        deep += R"({"innerError":)";
    deep += "{}" + std::string(1000, '}') + "}}";
    for (std::string const& body :
         {std::string(), std::string("<html>Bad Gateway</html>"), std::string("{}"), std::string(R"({"error":"text"})"),
          std::string(R"({"error":{"code":7}})"), deep, R"({"error":{"code":")" + std::string(1 << 20, 'x') + "\"}}"})
    {
        auto const p = parse_problem(response(502, body), defaults);
        BOOST_TEST((error_of(p) == http::error::bad_gateway), body.substr(0, 60));
        BOOST_TEST(p.code.size() <= 128u);
        BOOST_TEST(summary_of(p).size() <= 512u);
    }
    // The page on errors writes `innererror`, and ids come in headers, too.
    auto const p = parse_problem(
        response(404,
                 R"({"error":{"code":"ErrorItemNotFound","message":"gone\r\n\u001b[31m","innererror":{"date":"d"}}})",
                 {{"request-id", "r"}, {"client-request-id", "c"}, {"Date", "now"}}),
        defaults);
    BOOST_TEST(p.request_id == "r");
    BOOST_TEST(p.date == "d");
    BOOST_TEST(summary_of(p) == "HTTP 404 ErrorItemNotFound: gone   [31m; request-id r; date d");
    problem long_one;
    long_one.status = 400;
    for (int i = 0; i < 400; ++i)
        long_one.message += "é ";
    BOOST_TEST(summary_of(long_one).size() <= 512u);
    problem leaky;
    leaky.status = 401;
    leaky.message = "token eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2dyYXBoIn0.c2lnbmF0dXJl refused";
    BOOST_TEST(summary_of(leaky) == "HTTP 401: token <redacted> refused");
}

BOOST_AUTO_TEST_CASE(HT_18_retry_after_is_read_in_all_its_forms)
{
    auto const now = std::chrono::system_clock::time_point(784111777s);  // Sun, 06 Nov 1994 08:49:37 GMT
    auto const at = [&](char const* value) { return retry_after({{"retry-after", value}}, now); };
    constexpr std::chrono::seconds year = std::chrono::days(365);
    BOOST_TEST((at("7") == 7s));
    BOOST_TEST((at("0") == 0s));
    BOOST_TEST((at("2.128") == 3s));  // documented: throttling.md
    BOOST_TEST((at("2.000") == 2s));
    BOOST_TEST((at("Sun, 06 Nov 1994 08:49:47 GMT") == 10s));
    BOOST_TEST((at("Sun, 06 Nov 1994 08:49:27 GMT") == 0s));
    BOOST_TEST((at("1000000000000") == year));
    BOOST_TEST((at("99999999999999999999999999") == year));
    BOOST_TEST((at("Mon, 06 Nov 99999 08:49:37 GMT") == year));
    for (char const* const nonsense : {"", "-1", "+1", "abc", "7x", "7.", "7.5.5", " 7", "Sun, 06 Nov 1994 08:49:37",
                                       "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT"})
        BOOST_TEST(!at(nonsense).has_value(), nonsense);
    BOOST_TEST(!retry_after({}, now).has_value());
    BOOST_TEST((retry_after({{"Retry-After", "1"}, {"Retry-After", "200"}}, now) == 1s));
}

BOOST_AUTO_TEST_CASE(HT_21_claims_are_taken_from_a_challenge_of_the_right_form)
{
    std::string const begin =
        R"(Bearer realm="", authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize, client_id="00000003-0000-0000-c000-000000000000", error="insufficient_claims", )";
    std::string const claims =
        R"(claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTY1NzgzNDQxNyJ9fX0=")";
    std::string const end =
        R"(, errorDescription="Continuous access evaluation resulted in claims challenge with result: InteractionRequired and code: TokenCreatedWithOutdatedPolicies")";
    auto const at = [](std::string value) { return claims_of({{"WWW-Authenticate", std::move(value)}}); };
    // microsoftgraph/msgraph-sdk-dotnet#1416
    BOOST_TEST(at(begin + claims + end) == R"({"access_token":{"nbf":{"essential":true, "value":"1657834417"}}})");
    BOOST_TEST(at(begin + claims) != "");
    BOOST_TEST(at(begin + R"(claims="!!!")") == "");
    BOOST_TEST(at(begin + R"(claims="e30)") == "");
    BOOST_TEST(at(begin) == "");
    BOOST_TEST(at(R"(Bearer error="invalid_token", )" + claims) == "");
    BOOST_TEST(at(R"(Negotiate error="insufficient_claims", )" + claims) == "");
    BOOST_TEST(at("Bearer") == "");
    BOOST_TEST(at("Bearer ") == "");
    BOOST_TEST(at("Bearer =,=,=\"") == "");
    BOOST_TEST(at(begin + "claims=\"" + std::string(1 << 20, 'A') + "\"") == "");
    BOOST_TEST(claims_of({}) == "");

    auto const p = parse_problem(response(401, R"({"error":{"code":"InvalidAuthenticationToken"}})",
                                          {{"www-authenticate", begin + claims + end}}),
                                 defaults);
    BOOST_TEST((error_of(p) == error::claims_challenge));
    BOOST_TEST((error_of(p) == condition::interaction_required));
}

BOOST_AUTO_TEST_CASE(HT_27_odata_quotes_are_doubled)
{
    BOOST_TEST(odata_quoted("it's") == "'it''s'");
    BOOST_TEST(odata_quoted("") == "''");
    BOOST_TEST(odata_quoted("' or true or '") == "''' or true or '''");
}

BOOST_AUTO_TEST_CASE(filters_are_made_of_values)
{
    namespace p = properties;
    date_time const t = *parse_date_time("2026-11-23T10:00:00Z");
    BOOST_TEST((p::received >= t && !p::is_read).text() ==
               "receivedDateTime ge 2026-11-23T10:00:00Z and isRead eq false");
    BOOST_TEST((p::is_read || p::has_attachments == false).text() == "isRead eq true or hasAttachments eq false");
    BOOST_TEST(((p::is_read || p::is_draft) && p::subject == "it's").text() ==
               "(isRead eq true or isDraft eq true) and subject eq 'it''s'");
    BOOST_TEST((!(p::is_read && p::is_draft) || p::sent < t).text() ==
               "not (isRead eq true and isDraft eq true) or sentDateTime lt 2026-11-23T10:00:00Z");
    BOOST_TEST((filter("a or b") && p::subject.starts_with("x")).text() == "(a or b) and startswith(subject,'x')");
    BOOST_TEST(p::from_name.contains("' or true or '").text() == "contains(from/emailAddress/name,''' or true or ''')");
    BOOST_TEST((p::from_address != "a@x").text() == "from/emailAddress/address ne 'a@x'");
    BOOST_TEST((p::importance == importance::high).text() == "importance eq 'high'");
    BOOST_TEST((p::flag == flag_status::not_flagged).text() == "flag/flagStatus eq 'notFlagged'");
    BOOST_TEST(p::categories.contains("Red").text() == "categories/any(c:c eq 'Red')");
    BOOST_TEST((extended_text_property("String 0x7D") == "x").text() ==
               "singleValueExtendedProperties/any(ep:ep/id eq 'String 0x7D' and ep/value eq 'x')");
    BOOST_TEST(p::received.descending().then(p::subject.ascending()).text() == "receivedDateTime desc,subject");
}

BOOST_AUTO_TEST_CASE(what_is_sorted_by_comes_first_in_the_filter)
{
    namespace p = properties;
    auto const verdict = [](filter const& what, ordering const& by) {
        message_query q;
        q.filter = what;
        q.order_by = by;
        return check(q).ec;
    };
    ordering const newest = p::received.descending();
    filter const from = p::from_address == "alex@contoso.example";
    BOOST_TEST((verdict(from, newest) == error::inefficient_filter));
    BOOST_TEST(sorted_by(newest, from).text() ==
               "receivedDateTime ge 1970-01-01T00:00:00Z and (from/emailAddress/address eq 'alex@contoso.example')");
    BOOST_TEST(!verdict(sorted_by(newest, from), newest));
    ordering const two = newest.then(p::sent.ascending());
    BOOST_TEST(!verdict(sorted_by(two, from), two));
    // Nothing is put in front of what is right, and nothing where that would leave messages out.
    filter const right = p::received > date_time() && from;
    BOOST_TEST(sorted_by(newest, right).text() == right.text());
    ordering const by_subject = p::subject.ascending();
    BOOST_TEST(sorted_by(by_subject, from).text() == from.text());
    BOOST_TEST((verdict(sorted_by(by_subject, from), by_subject) == error::inefficient_filter));
    BOOST_TEST(!verdict(p::subject.starts_with("x") && from, by_subject));
}

BOOST_AUTO_TEST_CASE(expansions_are_written_and_looked_at)
{
    message_expansion e;
    BOOST_TEST(text_of(e) == "");
    e.single_value_properties = {"String 0x007D", "String {g} Name it's"};
    BOOST_TEST(text_of(e) ==
               "singleValueExtendedProperties($filter=id eq 'String 0x007D' or id eq 'String {g} Name it''s')");
    e.attachments = true;
    e.multi_value_properties = {"StringArray 0x1"};
    BOOST_TEST(text_of(e).starts_with("attachments,singleValueExtendedProperties("));
    BOOST_TEST(text_of(e).ends_with(",multiValueExtendedProperties($filter=id eq 'StringArray 0x1')"));
    e.attachment_select = {"id", "microsoft.graph.fileAttachment/contentId"};
    BOOST_TEST(text_of(e).starts_with("attachments($select=id,microsoft.graph.fileAttachment/contentId),single"));
    BOOST_TEST(!check(e).ec);
    for (char const* const name : {"", "id)", "a,b", "a;$expand=x", "a b", "a'b", "é"})
    {
        e.attachment_select = {name};
        BOOST_TEST((check(e).ec == error::invalid_query), name);
    }
    e.attachments = false;
    e.attachment_select = {"id"};
    BOOST_TEST((check(e).ec == error::invalid_query));
    e.attachment_select = {};
    e.single_value_properties = {""};
    BOOST_TEST((check(e).ec == error::invalid_query));
}

BOOST_AUTO_TEST_CASE(every_error_has_a_message)
{
    for (int i = 1; i <= int(error::server_busy); ++i)
        BOOST_TEST(error_code(static_cast<error>(i)).message().find("unknown") == std::string::npos, i);
}

BOOST_AUTO_TEST_SUITE_END()
