// The mock Graph, as it writes: drafts, changes, answers, sending, folders.

#include <outkit/detail/encoding.hpp>

#include "graph_outlook.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using outkit::tests::header;
using outkit::tests::outlook;
using outkit::tests::plain_mail;
using outkit::tests::refused;
namespace flows = outkit::graph::detail;
namespace graph = outkit::graph;
namespace http = outkit::http;
namespace mock = outkit::mock;

namespace {

graph::message shown(http::response const& r)
{
    auto const m = flows::parse_message(r.body, {});
    BOOST_TEST(!m.ec, r.status << ' ' << r.body.substr(0, 300));
    return m.value;
}

bool has(http::response const& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

std::string const lunch =
    R"({"subject":"Lunch?","importance":"Low","body":{"contentType":"HTML","content":"At <b>noon</b>?"},)"
    R"("toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}]})";

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_mock_writing)

BOOST_AUTO_TEST_CASE(a_draft_is_made_changed_and_sent)
{
    outlook o;
    auto const made = o.write("POST", "/v1.0/me/messages", lunch, {{"Prefer", "IdType=\"ImmutableId\""}});
    BOOST_TEST(made.status == 201u);
    auto const& drafts = o.messages("adele@contoso.example", mock::role::drafts);
    BOOST_TEST_REQUIRE(drafts.size() == 1u);
    std::string const id = drafts[0]->immutable_id;
    BOOST_TEST(header(made, "Location") ==
               "https://graph.microsoft.com/v1.0/users('" + o.adele->id + "')/messages('" + id + "')");
    BOOST_TEST(header(made, "ETag") == "W/\"" + drafts[0]->change_key + "\"");
    auto const draft = shown(made);
    BOOST_TEST(draft.id == id);
    BOOST_TEST(draft.is_draft.value());
    BOOST_TEST(draft.is_read.value());
    BOOST_TEST(!draft.from.has_value());
    BOOST_TEST(!draft.sender.has_value());
    BOOST_TEST((draft.importance == graph::importance::low));
    BOOST_TEST(draft.to_recipients.at(0).name == "Alex Wilber");  // filled in
    BOOST_TEST(draft.body->content ==
               "<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; "
               "charset=utf-8\">\r\n</head>\r\n<body>\r\nAt <b>noon</b>?\r\n</body>\r\n</html>\r\n");
    BOOST_TEST(!draft.internet_message_id.empty());

    auto const changed =
        o.write("PATCH", "/v1.0/me/messages/" + id,
                R"({"subject":"Dinner?","body":{"contentType":"text","content":"At eight?"},)"
                R"("ccRecipients":[{"emailAddress":{"address":"info@contoso.example","name":"Desk"}}],)"
                R"("categories":["Red"],"isReadReceiptRequested":true})");
    BOOST_TEST(changed.status == 200u);
    BOOST_TEST_REQUIRE(drafts.size() == 1u);
    BOOST_TEST(drafts[0]->immutable_id == id);
    BOOST_TEST(drafts[0]->raw().find("Subject: Dinner?\r\n") != std::string::npos);
    auto const after = shown(changed);
    BOOST_TEST(after.subject == "Dinner?");
    BOOST_TEST(after.body_preview == "At eight?");
    BOOST_TEST(after.cc_recipients.at(0).name == "Desk");
    BOOST_TEST(after.to_recipients.size() == 1u);
    BOOST_TEST(after.categories.at(0) == "Red");
    BOOST_TEST(after.is_read_receipt_requested.value());
    BOOST_TEST(after.internet_message_id == draft.internet_message_id);
    BOOST_TEST(!after.from.has_value());

    auto const sent = o.post("/v1.0/me/messages/" + id + "/send");
    BOOST_TEST(sent.status == 202u, sent.body);
    BOOST_TEST(sent.body.empty());
    BOOST_TEST(drafts.empty());
    auto const copy = shown(o.get("/v1.0/me/messages/" + id));
    BOOST_TEST(copy.parent_folder_id ==
               o.w.mailboxes.find("adele@contoso.example")->find(mock::role::sent_items)->id());
    BOOST_TEST(!copy.is_draft.value());
    BOOST_TEST(copy.from->name == "Adele Vance");
    BOOST_TEST(copy.sender->address == "adele@contoso.example");
    auto const& received = o.messages("alex@contoso.example", mock::role::inbox);
    BOOST_TEST_REQUIRE(received.size() == 1u);
    BOOST_TEST("<" + received[0]->envelope().message_id.substr(1) == after.internet_message_id);
    BOOST_TEST(o.messages("info@contoso.example", mock::role::inbox).size() == 1u);
    refused(o.post("/v1.0/me/messages/" + id + "/send"), 400, "ErrorInvalidRequest");
    BOOST_TEST(received.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_draft_sent_under_its_regular_id_is_gone)
{
    outlook o;
    std::string const id = shown(o.post("/v1.0/me/messages", lunch)).id;
    BOOST_TEST(o.post("/v1.0/me/messages/" + id + "/microsoft.graph.send").status == 202u);
    refused(o.post("/v1.0/me/messages/" + id + "/send"), 404, "ErrorItemNotFound");
    BOOST_TEST(o.messages("alex@contoso.example", mock::role::inbox).size() == 1u);
}

BOOST_AUTO_TEST_CASE(drafts_come_as_mime_and_go_into_folders)
{
    outlook o;
    auto const mime = [&](std::string target, std::string body) {
        return o.ask("POST", std::move(target), o.everything(), {{"Content-Type", "text/plain"}}, std::move(body));
    };
    auto const made =
        mime("/v1.0/me/messages", outkit::detail::base64_encode("Subject: hi\nTo: alex@contoso.example\n\nhello\n"));
    BOOST_TEST(made.status == 201u);
    BOOST_TEST(shown(made).subject == "hi");
    BOOST_TEST(shown(made).is_draft.value());
    refused(mime("/v1.0/me/messages", "%%%"), 400, "ErrorMimeContentInvalidBase64String",
            "Invalid base64 string for MIME content.");
    BOOST_TEST(o.post("/v1.0/me/messages/" + shown(made).id + "/send").status == 202u);
    auto const& received = o.messages("alex@contoso.example", mock::role::inbox);
    BOOST_TEST_REQUIRE(received.size() == 1u);
    BOOST_TEST(received[0]->envelope().from.at(0).local == "adele");

    auto const there = shown(o.post("/v1.0/me/mailFolders/archive/messages", lunch));
    BOOST_TEST(there.is_draft.value());
    BOOST_TEST(there.parent_folder_id == o.w.mailboxes.find("adele@contoso.example")->find(mock::role::archive)->id());
    refused(o.ask("POST", "/v1.0/me/messages", o.token(*o.adele, {"Mail.Read"}), {}, lunch), 403, "ErrorAccessDenied");
}

BOOST_AUTO_TEST_CASE(what_is_imported_is_no_draft)
{
    outlook o;
    auto const r = o.post(
        "/v1.0/me/mailFolders/inbox/messages",
        R"({"subject":"old","from":{"emailAddress":{"address":"alex@contoso.example"}},)"
        R"("singleValueExtendedProperties":[{"id":"Integer 0x0E07","value":"1"},)"
        R"({"id":"SystemTime 0x0E06","value":"2025-11-01T10:00:00Z"},{"id":"String {00020329-0000-0000-C000-000000000046} Name x","value":"kept"}]})");
    BOOST_TEST(r.status == 201u);
    auto const m = shown(r);
    BOOST_TEST(!m.is_draft.value());
    BOOST_TEST(m.is_read.value());
    BOOST_TEST(flows::format(*m.received_date_time) == "2025-11-01T10:00:00Z");
    BOOST_TEST(m.from->name == "Alex Wilber");
    BOOST_TEST(!o.inbox->messages().at(0)->is(mock::flags::draft));
}

BOOST_AUTO_TEST_CASE(what_was_sent_keeps_its_words)
{
    outlook o;
    auto const kept = o.deliver(plain_mail);
    std::string const at = "/v1.0/me/messages/" + kept->immutable_id;
    for (char const* const body : {R"({"subject":"x"})", R"({"body":{"contentType":"text","content":"x"}})",
                                   R"({"internetMessageId":"<a@b.example>"})", R"({"replyTo":[]})"})
        refused(o.write("PATCH", at, body), 400, "ErrorInvalidPropertySet");
    BOOST_TEST(o.inbox->messages().at(0)->raw() == kept->raw());
    auto const m = shown(o.write(
        "PATCH", at,
        R"({"inferenceClassification":"other","isDeliveryReceiptRequested":true,"isRead":true,"toRecipients":[{"emailAddress":{"address":"info@contoso.example"}}],)"
        R"("flag":{"flagStatus":"flagged","startDateTime":{"dateTime":"2026-11-24T00:00:00.0000000","timeZone":"UTC"},"dueDateTime":{"dateTime":"2026-11-25T00:00:00.0000000","timeZone":"UTC"}}})"));
    BOOST_TEST(m.inference_classification == "other");
    BOOST_TEST(m.is_delivery_receipt_requested.value());
    BOOST_TEST(m.to_recipients.at(0).name == "Info desk");
    BOOST_TEST(m.from->address == "alex@contoso.example");
    BOOST_TEST(m.subject == "Quarter figures é");
    BOOST_TEST((m.flag->status == graph::flag_status::flagged));
    BOOST_TEST(m.flag->due->date_time == "2026-11-25T00:00:00.0000000");
    BOOST_TEST(o.inbox->messages().at(0)->is(mock::flags::flagged));
    refused(
        o.write(
            "PATCH", at,
            R"({"flag":{"flagStatus":"flagged","dueDateTime":{"dateTime":"2026-11-25T00:00:00","timeZone":"UTC"}}})"),
        400, "ErrorInvalidRequest");
    for (char const* const bad :
         {R"({"importance":"urgent"})", R"({"flag":{"flagStatus":"red"}})", R"({"isRead":"yes"})", "[]", "{"})
        refused(o.write("PATCH", at, bad), 400, "UnableToDeserializePostBody", "were unable to deserialize ");
    refused(o.write("DELETE", at, {}, {{"If-Match", "W/\"x\""}}), 412, "ErrorIrresolvableConflict");
    BOOST_TEST(
        o.write("DELETE", at, {}, {{"If-Match", "W/\"" + o.inbox->messages().at(0)->change_key + "\""}}).status ==
        204u);
}

BOOST_AUTO_TEST_CASE(answers_go_to_those_who_wrote)
{
    outlook o;
    auto const kept =
        o.deliver("From: Alex Wilber <alex@contoso.example>\r\nTo: adele@contoso.example, b@out.example\r\n"
                  "Cc: info@contoso.example\r\nSubject: Plan\r\nMessage-ID: <p@contoso.example>\r\n\r\n"
                  "See <this>.\r\n");
    std::string const at = "/v1.0/me/messages/" + kept->id + "/";
    auto const reply = shown(o.post(at + "createReply", R"({"Comment":"Fine & good"})"));
    BOOST_TEST(reply.subject == "RE: Plan");
    BOOST_TEST(reply.is_draft.value());
    BOOST_TEST(reply.conversation_id == kept->conversation_id);
    BOOST_TEST_REQUIRE(reply.to_recipients.size() == 1u);
    BOOST_TEST(reply.to_recipients[0].address == "alex@contoso.example");
    BOOST_TEST(reply.body->content.find("Fine &amp; good") < reply.body->content.find("See &lt;this&gt;."));
    auto const all = shown(o.post(at + "createReplyAll"));
    BOOST_TEST(all.to_recipients.size() == 2u);  // without oneself
    BOOST_TEST(all.cc_recipients.at(0).address == "info@contoso.example");
    auto const forward = shown(o.post(at + "createForward"));
    BOOST_TEST(forward.subject == "FW: Plan");
    BOOST_TEST(forward.to_recipients.empty());

    BOOST_TEST(o.post("/v1.0/me/messages/" + reply.id + "/send").status == 202u);
    auto const& received = o.messages("alex@contoso.example", mock::role::inbox);
    BOOST_TEST_REQUIRE(received.size() == 1u);
    BOOST_TEST(received[0]->envelope().in_reply_to == "<p@contoso.example>");
    BOOST_TEST(kept->is(mock::flags::answered));

    BOOST_TEST(o.post(at + "reply", R"({"message":{"body":{"contentType":"text","content":"all mine"}}})").status ==
               202u);
    BOOST_TEST(received.size() == 2u);
    BOOST_TEST(received[1]->raw().find("all mine") != std::string::npos);
    BOOST_TEST(o.post(at + "replyAll", "{}").status == 202u);
    BOOST_TEST(o.messages("info@contoso.example", mock::role::inbox).size() == 1u);
    refused(o.post(at + "reply", R"({"comment":"a","message":{"body":{"contentType":"text","content":"b"}}})"), 400,
            "ErrorInvalidRequest");
    std::string const to = R"([{"emailAddress":{"address":"info@contoso.example"}}])";
    refused(o.post(at + "forward", "{}"), 400, "ErrorInvalidRequest");
    refused(o.post(at + "forward", R"({"toRecipients":)" + to + R"(,"message":{"toRecipients":)" + to + "}}"), 400,
            "ErrorInvalidRequest");
    BOOST_TEST(o.post(at + "forward", R"({"ToRecipients":)" + to + "}").status == 202u);
    BOOST_TEST(o.messages("info@contoso.example", mock::role::inbox).size() == 2u);
    refused(o.ask("POST", at + "reply", o.token(*o.adele, {"Mail.ReadWrite"})), 403, "ErrorAccessDenied");

    auto const mime = o.ask("POST", at + "reply", o.everything(), {{"Content-Type", "text/plain"}},
                            outkit::detail::base64_encode("Content-Type: text/plain\n\nby MIME\n"));
    BOOST_TEST(mime.status == 202u, mime.body);
    BOOST_TEST(received.back()->raw().find("by MIME") != std::string::npos);
    BOOST_TEST(received.back()->envelope().subject == "RE: Plan");
}

BOOST_AUTO_TEST_CASE(what_is_removed_for_good_is_in_no_folder)
{
    outlook o;
    std::string const id = o.deliver(plain_mail)->immutable_id;
    BOOST_TEST(o.post("/v1.0/me/messages/" + id + "/permanentDelete").status == 204u);
    refused(o.get("/v1.0/me/messages/" + id), 404, "ErrorItemNotFound");
    BOOST_TEST(o.messages("adele@contoso.example", mock::role::deleted_items).empty());
}

BOOST_AUTO_TEST_CASE(folders_are_moved_copied_and_removed_for_good)
{
    outlook o;
    auto const folder = [&](http::response const& r) {
        auto const f = flows::parse_folder(r.body, {});
        BOOST_TEST(!f.ec, r.status << ' ' << r.body);
        return f.value;
    };
    std::string const a = folder(o.post("/v1.0/me/mailFolders", R"({"displayName":"A"})")).id;
    std::string const b = folder(o.post("/v1.0/me/mailFolders/" + a + "/childFolders", R"({"displayName":"B"})")).id;
    o.w.mailboxes.append(*o.w.mailboxes.find("adele@contoso.example")->find_folder(b), plain_mail);
    auto const copied = o.post("/v1.0/me/mailFolders/" + a + "/copy", R"({"DestinationId":"inbox"})");
    BOOST_TEST(copied.status == 200u);
    auto const copy = folder(copied);
    BOOST_TEST(copy.id != a);
    BOOST_TEST(copy.parent_folder_id == o.inbox->id());
    BOOST_TEST(o.inbox->children().at(0)->children().at(0)->messages().size() == 1u);
    refused(o.post("/v1.0/me/mailFolders/" + a + "/copy", R"({"destinationId":"inbox"})"), 409, "ErrorFolderExists");
    refused(o.post("/v1.0/me/mailFolders/" + a + "/move", R"({"destinationId":")" + b + "\"}"), 400,
            "ErrorMoveCopyFailed");
    refused(o.post("/v1.0/me/mailFolders/inbox/move", R"({"destinationId":"archive"})"), 400,
            "ErrorMoveDistinguishedFolder");
    auto const moved = folder(o.post("/v1.0/me/mailFolders/" + b + "/move", R"({"destinationId":"msgfolderroot"})"));
    BOOST_TEST(moved.id == b);
    BOOST_TEST(moved.total_item_count == 1u);
    BOOST_TEST(o.post("/v1.0/me/mailFolders/" + b + "/permanentDelete").status == 204u);
    refused(o.get("/v1.0/me/mailFolders/" + b), 404, "ErrorItemNotFound");
}

BOOST_AUTO_TEST_CASE(attachments_are_added_shown_and_removed)
{
    outlook o;
    std::string const id = shown(o.post("/v1.0/me/messages", lunch)).id;
    std::string const at = "/v1.0/me/messages/" + id + "/attachments";
    std::string const file = "{\"@odata.type\":\"#microsoft.graph.fileAttachment\",\"name\":";
    auto const made = o.post(at, file + R"("note.txt","contentType":"text/plain","contentBytes":"SGVsbG8="})");
    BOOST_TEST(made.status == 201u, made.body);
    std::string const base = "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users('" + o.adele->id +
                             "')/messages('" + id.substr(0, id.size() - 1) + "%3D')/attachments";
    BOOST_TEST(made.body.starts_with(base +
                                     "/$entity\",\"@odata.type\":\"#microsoft.graph.fileAttachment\","
                                     "\"@odata.mediaContentType\":\"text/plain\",\"id\":\"" +
                                     id.substr(0, id.size() - 1)),
               made.body);
    BOOST_TEST(made.body.ends_with("\"name\":\"note.txt\",\"contentType\":\"text/plain\",\"size\":5,\"isInline\":false,"
                                   "\"contentId\":null,\"contentLocation\":null,\"contentBytes\":\"SGVsbG8=\"}"),
               made.body);
    auto const id_of = [](http::response const& r) {
        std::string const mark = ",\"id\":\"";
        std::size_t const from = r.body.find(mark) + mark.size();
        return r.body.substr(from, r.body.find('"', from) - from);
    };
    std::string const first = id_of(made);
    BOOST_TEST(first.size() == 180u);
    std::string const picture = id_of(o.post(
        at, file + R"("p.png","contentType":"image/png","isInline":true,"contentId":"p1","contentBytes":"AAEC"})"));
    std::string const item = id_of(o.post(
        at,
        R"({"@odata.type":"#microsoft.graph.itemAttachment","item":{"@odata.type":"#microsoft.graph.message","subject":"inner"}})"));
    std::string const link =
        id_of(o.post(at, R"({"@odata.type":"#microsoft.graph.referenceAttachment","name":"on the drive"})"));
    BOOST_TEST(shown(o.get("/v1.0/me/messages/" + id)).has_attachments.value());

    auto const names = o.get(at + "?$select=name,isInline");
    BOOST_TEST(names.body.starts_with(base + "(name,isInline)\",\"value\":[{"), names.body);
    BOOST_TEST(!has(names, "contentBytes"));
    BOOST_TEST(has(names, "\"@odata.mediaContentType\":\"text/plain\",\"id\":\"" + first +
                              "\",\"name\":\"note.txt\",\"isInline\":false}"));
    BOOST_TEST(has(names, "\"id\":\"" + picture + "\",\"name\":\"p.png\",\"isInline\":true}"));
    BOOST_TEST(has(names, "{\"@odata.type\":\"#microsoft.graph.itemAttachment\",\"id\":\"" + item + "\""));
    BOOST_TEST(has(o.get(at + "?$select=microsoft.graph.fileAttachment/contentId"), "\"contentId\":\"p1\""));
    refused(o.get(at + "?$select=contentId"), 400, "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'contentId' on type "
            "'microsoft.graph.attachment'.");
    auto const value = o.get(at + "/" + first + "/$value");
    BOOST_TEST(value.body == "Hello");
    BOOST_TEST(header(value, "Content-Type") == "text/plain");
    BOOST_TEST(has(o.get(at + "/" + item + "/$value"), "Subject: inner"));
    BOOST_TEST(has(o.get(at + "/" + item), "\"name\":\"inner\",\"contentType\":null"));
    auto const inside = o.get(at + "/" + item + "?$expand=microsoft.graph.itemattachment/item");
    BOOST_TEST(has(inside, "/microsoft.graph.itemAttachment/item/$entity\",\"item\":{\"@odata.type\":"
                           "\"#microsoft.graph.message\",\"id\":\"\",\"createdDateTime\":"),
               inside.body);
    BOOST_TEST(has(inside, "\"subject\":\"inner\""));
    refused(o.get(at + "/" + link + "/$value"), 405, "BadRequest", "The OData request is not supported.");

    BOOST_TEST(o.ask("DELETE", at + "/" + first, o.everything()).status == 204u);
    refused(o.get(at + "/" + first), 404, "ErrorItemNotFound");
    BOOST_TEST(o.get(at + "/" + picture + "/$value").body == std::string("\0\1\2", 3));  // ids stay
    BOOST_TEST(o.post("/v1.0/me/messages/" + id + "/send").status == 202u);
    auto const& received = o.messages("alex@contoso.example", mock::role::inbox);
    BOOST_TEST_REQUIRE(received.size() == 1u);
    BOOST_TEST(received[0]->raw().find("filename=p.png") != std::string::npos);
    BOOST_TEST(received[0]->raw().find("note.txt") == std::string::npos);
    refused(o.post("/v1.0/me/messages/" + o.deliver(plain_mail)->id + "/attachments",
                   file + "\"x\",\"contentBytes\":\"%\"}"),
            400, "UnableToDeserializePostBody");
    std::string const one = shown(o.post("/v1.0/me/messages", lunch)).id;
    refused(o.post("/v1.0/me/messages/" + one + "/attachments",
                   file + "\"big\",\"contentBytes\":\"" + outkit::detail::base64_encode(std::string(3'145'612, 'x')) +
                       "\"}"),
            413, "RequestEntityTooLarge");
}

BOOST_AUTO_TEST_CASE(messages_are_expanded)
{
    outlook o;
    auto const id =
        shown(
            o.post(
                "/v1.0/me/messages",
                R"({"subject":"s","singleValueExtendedProperties":[{"id":"String 0x3001","value":"kept"}],)"
                R"("attachments":[{"@odata.type":"#microsoft.graph.fileAttachment","name":"a.bin","contentBytes":"AA=="}]})"))
            .id;
    auto const r = o.get("/v1.0/me/messages/" + id +
                         "?$select=subject&$expand=attachments($select=name),"
                         "singleValueExtendedProperties($filter=id%20eq%20'Integer%200x0E07'%20or%20id%20eq%20'String%"
                         "200x3001'%20or%20id%20eq%20'String%200x9999')");
    BOOST_TEST(r.status == 200u, r.body);
    BOOST_TEST(has(r, "\"subject\":\"s\",\"singleValueExtendedProperties@odata.context\":"));
    BOOST_TEST(has(r, "[{\"id\":\"Integer 0x0E07\",\"value\":\"25\"},{\"id\":\"String 0x3001\",\"value\":\"kept\"}]"),
               r.body);
    BOOST_TEST(has(r, "\"name\":\"a.bin\"}]}"), r.body);
    auto const list = o.get("/v1.0/me/mailFolders/drafts/messages?$expand=attachments");
    BOOST_TEST(has(list, "\"contentBytes\":\"AA==\""));
    BOOST_TEST(
        !has(o.ask("GET", "/v1.0/me/messages/" + id + "?$expand=attachments", o.token(*o.adele, {"Mail.ReadBasic"})),
             "a.bin"));
    refused(o.get("/v1.0/me/messages?$expand=nonsense"), 400, "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'nonsense' on type "
            "'microsoft.graph.message'.");
    refused(o.get("/v1.0/me/messages?$expand=singleValueExtendedProperties($filter=value%20eq%20'x')"), 400,
            "ErrorInvalidUrlQueryFilter");
}

BOOST_AUTO_TEST_CASE(a_large_attachment_comes_in_pieces)
{
    outlook o;
    std::string const id = shown(o.post("/v1.0/me/messages", lunch)).id;
    std::string const create = "/v1.0/me/messages/" + id + "/attachments/createUploadSession";
    auto const session = [&](std::uint64_t size) {
        return o.post(create, R"({"AttachmentItem":{"attachmentType":"file","name":"big.bin","size":)" +
                                  std::to_string(size) + "}}");
    };
    refused(session(2'097'151), 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");
    refused(session(200'000'000), 400, "ErrorMessageSizeExceeded");
    refused(o.post(create, "{}"), 400, "UnableToDeserializePostBody");
    std::uint64_t const size = 2'097'152 + 10;
    auto const made = session(size);
    BOOST_TEST(made.status == 201u, made.body);
    std::string const head =
        "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.uploadSession\","
        "\"uploadUrl\":\"https://graph.microsoft.com";
    BOOST_TEST_REQUIRE(made.body.starts_with(head));
    std::string const url = made.body.substr(head.size(), made.body.find('"', head.size()) - head.size());
    BOOST_TEST(url.starts_with("/api/v2.0/Users('" + o.adele->id + "@" + o.tenant + "')/Messages('" + id +
                               "')/AttachmentSessions('"));
    BOOST_TEST(made.body.ends_with("Z\",\"nextExpectedRanges\":[\"0-\"]}"));
    auto const put = [&](std::uint64_t first, std::string bytes, std::string range = {}) {
        if (range.empty())
            range = "bytes " + std::to_string(first) + "-" + std::to_string(first + bytes.size() - 1) + "/" +
                    std::to_string(size);
        return o.ask("PUT", url, {}, {{"Content-Type", "application/octet-stream"}, {"Content-Range", range}},
                     std::move(bytes));
    };
    auto const stranger = o.ask("PUT", url, o.everything(), {}, "x");
    refused(
        stranger, 401, "InvalidAuthenticationToken",
        "The audience claim value is invalid for current resource. Audience claim is 'https://graph.microsoft.com', "
        "request url is 'https://graph.microsoft.com/api/v2.0/Users...' and resource type is 'Exchange'.");
    auto const one = put(0, std::string(2'097'152, 'a'));
    BOOST_TEST(one.status == 200u);
    BOOST_TEST(one.body.starts_with("{\"@odata.context\":\"https://graph.microsoft.com/api/v2.0/$metadata#Users('" +
                                    o.adele->id + "%40" + o.tenant + "')/Messages('" + id.substr(0, id.size() - 1) +
                                    "%3D')/AttachmentSessions/$entity\",\"ExpirationDateTime\":\"2026-11-23T11:00:0"),
               one.body);
    BOOST_TEST(one.body.ends_with("Z\",\"NextExpectedRanges\":[\"2097152\"]}"), one.body);
    BOOST_TEST(o.ask("GET", url, {}).body == one.body);
    refused(put(0, "again"), 416, "invalidRange", "Uploaded fragment overlaps with existing data.");
    refused(put(2'097'155, "x"), 416, "invalidRange");
    refused(put(0, "x", "bytes 2097152-2097161/7"), 416, "invalidRange");
    refused(put(0, "x", "2097152"), 416, "invalidRange");
    refused(put(0, "12345678901", "bytes 2097152-2097161/2097162"), 400, "ErrorInvalidRequest",
            "Content size exceeds specified contentLength");
    auto const last = put(2'097'152, "0123456789");
    BOOST_TEST(last.status == 201u, last.body);
    BOOST_TEST(last.body.empty());
    std::string const location = header(last, "Location");
    BOOST_TEST(location.starts_with("https://graph.microsoft.com/api/v2.0/Users('" + o.adele->id + "@" + o.tenant +
                                    "')/Messages('" + id + "')/Attachments('"));
    std::string const attachment = location.substr(location.find("Attachments('") + 13, 180);
    auto const value = o.get("/v1.0/me/messages/" + id + "/attachments/" + attachment + "/$value");
    BOOST_TEST(value.body.size() == size);
    BOOST_TEST(value.body.ends_with("aaa0123456789"));
    refused(o.ask("GET", url, {}), 404, "ErrorItemNotFound");

    auto const again = session(size).body;
    std::string const second = again.substr(head.size(), again.find('"', head.size()) - head.size());
    BOOST_TEST(o.ask("GET", second, {}).status == 200u);
    refused(o.ask("GET", second.substr(0, second.size() - 4) + "xxx.", {}), 404, "ErrorItemNotFound");
    o.w.advance(61min);
    refused(o.ask("GET", second, {}), 404, "ErrorItemNotFound");
    auto const third = session(size).body;
    std::string const dropped = third.substr(head.size(), third.find('"', head.size()) - head.size());
    BOOST_TEST(o.ask("DELETE", dropped, {}).status == 204u);
    refused(o.ask("GET", dropped, {}), 404, "ErrorItemNotFound");
}

BOOST_AUTO_TEST_CASE(an_attachment_more_or_less_leaves_the_trace_of_a_received_message)
{
    outlook o;
    std::string const trace = "Return-Path: alex@contoso.example\r\nReceived: from a.example by b.example;\r\n"
                              " Mon, 23 Nov 2026 09:58:10 +0000\r\nReceived: from c.example by a.example; "
                              "Mon, 23 Nov 2026 09:58:09 +0000\r\n";
    std::string const id = o.deliver(trace + plain_mail)->id;
    std::string const at = "/v1.0/me/messages/" + id + "/attachments";
    auto const added =
        o.post(at, R"({"@odata.type":"#microsoft.graph.fileAttachment","name":"a","contentBytes":"AA=="})");
    BOOST_TEST(added.status == 201u);
    BOOST_TEST(o.inbox->messages().back()->raw().starts_with(trace));
    std::size_t const begin = added.body.find("\"id\":\"") + 6;
    BOOST_TEST(o.write("DELETE", at + "/" + added.body.substr(begin, added.body.find('"', begin) - begin)).status ==
               204u);
    BOOST_TEST(o.inbox->messages().back()->raw().starts_with(trace));
    std::string const& raw = o.inbox->messages().back()->raw();
    BOOST_TEST(raw.find("Received:", trace.size()) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
