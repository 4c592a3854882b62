// The mock Graph's answers against the public schema: names, types, what may be null (tests/graph_schema.tsv).

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/date_time.hpp>

#include "graph_outlook.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

using outkit::tests::outlook;
using outkit::tests::plain_mail;
namespace http = outkit::http;
namespace json = boost::json;
namespace mock = outkit::mock;

namespace {

struct property
{
    std::string type;
    bool may_be_null = false;
};

struct schema
{
    schema()
    {
        std::ifstream file(OUTKIT_SOURCE_DIR "/tests/graph_schema.tsv");
        for (std::string line; std::getline(file, line);)
        {
            std::istringstream in(line);
            std::string type, name, kind, null;
            if (line.starts_with('#'))
                continue;
            std::getline(in, type, '\t');
            std::getline(in, name, '\t');
            std::getline(in, kind, '\t');
            std::getline(in, null, '\t');
            if (kind == "enum")
                enumerations[type].insert(name);
            else
                types[type][name] = {kind, null == "null"};
        }
        BOOST_TEST_REQUIRE(types["message"].size() > 30u);
    }
    std::map<std::string, std::map<std::string, property>> types;
    std::map<std::string, std::set<std::string>> enumerations;

    std::vector<std::string> problems;
    std::size_t checked = 0;

    void complain(std::string const& where, std::string const& what) { problems.push_back(where + ": " + what); }

    void check(json::value const& v, std::string type, std::string const& where)
    {
        ++checked;
        std::string_view const text =
            v.is_string() ? std::string_view(v.get_string().data(), v.get_string().size()) : std::string_view();
        if (type.starts_with("Collection("))
        {
            if (!v.is_array())
                return complain(where, "no list");
            for (json::value const& one : v.get_array())
                check(one, type.substr(11, type.size() - 12), where + "[]");
        }
        else if (type == "Edm.String" || type == "Edm.Guid")
        {
            if (!v.is_string())
                complain(where, "no string");
        }
        else if (type == "Edm.Boolean")
        {
            if (!v.is_bool())
                complain(where, "neither true nor false");
        }
        else if (type == "Edm.Int32" || type == "Edm.Int64")
        {
            if (!v.is_int64())
                complain(where, "no whole number");
        }
        else if (type == "Edm.DateTimeOffset")
        {
            if (!v.is_string() || !outkit::graph::detail::parse_date_time(text))
                complain(where, "no date");
        }
        else if (type == "Edm.Binary")
        {
            if (!v.is_string() || !outkit::detail::base64_decode(text))
                complain(where, "no base64");
        }
        else if (enumerations.contains(type))
        {
            if (!enumerations[type].contains(std::string(text)))
                complain(where, "no value of " + type);
        }
        else
            check_object(v, type, where);
    }

    void check_object(json::value const& v, std::string type, std::string const& where)
    {
        json::object const* const o = v.if_object();
        if (!o)
            return complain(where, "no object");
        constexpr std::string_view prefix = "#microsoft.graph.";
        if (json::value const* const named = o->if_contains("@odata.type"); named && named->is_string())
            if (std::string const name(named->get_string().data(), named->get_string().size());
                name.starts_with(prefix))
                type = name.substr(prefix.size());
        auto const known = types.find(type);
        if (known == types.end())
            return complain(where, "unknown type " + type);
        for (auto const& m : *o)
        {
            std::string const name(m.key().data(), m.key().size());
            if (name.find('@') != std::string::npos)  // an annotation
                continue;
            auto const p = known->second.find(name);
            if (p == known->second.end())
                complain(where + "." + name, "not in " + type);
            else if (m.value().is_null())
            {
                if (!p->second.may_be_null)
                    complain(where + "." + name, "may not be null");
            }
            else
                check(m.value(), p->second.type, where + "." + name);
        }
    }

    // An answer: one of the type, or a list of them.
    void check_answer(http::response const& r, std::string const& type, std::string const& where)
    {
        if (r.status >= 300)
            return complain(where, "status " + std::to_string(r.status) + " " + r.body.substr(0, 200));
        json::value const v = json::parse(r.body);
        json::value const* const list = v.as_object().if_contains("value");
        if (!list)
            return check_object(v, type, where);
        for (json::value const& one : list->as_array())
            check_object(one, type, where);
    }
};

std::string id_in(http::response const& r)
{
    std::size_t const at = r.body.find("\"id\":\"");
    BOOST_TEST_REQUIRE(at != std::string::npos, r.body);
    return r.body.substr(at + 6, r.body.find('"', at + 6) - at - 6);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_mock_schema)

BOOST_AUTO_TEST_CASE(what_is_answered_has_the_names_and_types_of_the_public_schema)
{
    schema s;
    outlook o;
    std::vector<std::string> told;
    o.w.outgoing.carrier = [&](http::url to, http::request r, mock::outgoing::handler done) {
        http::response answer;
        answer.headers.push_back({"Content-Type", "text/plain"});
        std::size_t const mark = to.target.find("validationToken=");
        if (mark != std::string::npos)
            answer.body = *outkit::detail::form_decode(to.target.substr(mark + 16));
        else
            told.push_back(r.body);
        done({}, std::move(answer));
    };
    auto const subscription = o.post(
        "/v1.0/subscriptions",
        R"({"changeType":"created,updated,deleted","notificationUrl":"https://localhost/n","resource":"me/messages",)"
        R"("lifecycleNotificationUrl":"https://localhost/l","expirationDateTime":"2026-11-26T08:30:00Z"})");
    s.check_answer(subscription, "subscription", "POST /subscriptions");
    s.check_answer(o.get("/v1.0/subscriptions"), "subscription", "GET /subscriptions");

    std::string const received = o.deliver(plain_mail)->id;
    std::string const draft = id_in(o.post(
        "/v1.0/me/messages",
        R"({"subject":"d","importance":"High","body":{"contentType":"HTML","content":"<b>x</b>"},"categories":["a"],)"
        R"("toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}],)"
        R"("flag":{"flagStatus":"flagged","startDateTime":{"dateTime":"2026-11-24T00:00:00","timeZone":"UTC"},)"
        R"("dueDateTime":{"dateTime":"2026-11-25T00:00:00","timeZone":"UTC"}},)"
        R"("singleValueExtendedProperties":[{"id":"String 0x1234","value":"v"}]})"));
    std::string const at = "/v1.0/me/messages/" + draft;
    s.check_answer(o.post(at + "/attachments",
                          R"({"@odata.type":"#microsoft.graph.fileAttachment","name":"a","contentBytes":"AA=="})"),
                   "attachment", "POST attachments");
    auto const item =
        o.post(at + "/attachments", R"({"@odata.type":"#microsoft.graph.itemAttachment","name":"i","item":)"
                                    R"({"@odata.type":"microsoft.graph.message","subject":"inner"}})");
    s.check_answer(item, "attachment", "POST attachments, item");
    s.check_answer(o.get(at + "/attachments/" + id_in(item) + "?$expand=microsoft.graph.itemattachment/item"),
                   "attachment", "GET item");
    s.check_answer(o.post(at + "/attachments/createUploadSession",
                          R"({"AttachmentItem":{"attachmentType":"file","name":"n","size":3483322}})"),
                   "uploadSession", "createUploadSession");
    std::string const expand =
        "?$expand=attachments,singleValueExtendedProperties($filter=id%20eq%20'String%200x1234')";
    for (std::string const& target :
         {std::string("/v1.0/me/messages"), "/v1.0/me/messages/" + received, at, at + expand,
          at + "?$select=internetMessageHeaders,uniqueBody,subject",
          std::string("/v1.0/me/mailFolders/inbox/messages/delta"), "/v1.0/me/messages" + expand,
          std::string("/v1.0/me/messages?$search=%22Numbers%22")})
        s.check_answer(o.get(target), "message", target);
    s.check_answer(o.get(at + "/attachments"), "attachment", "GET attachments");
    s.check_answer(o.write("PATCH", at, R"({"isRead":true})"), "message", "PATCH");
    s.check_answer(o.post("/v1.0/me/messages/" + received + "/createReply"), "message", "createReply");
    s.check_answer(o.post("/v1.0/me/messages/" + received + "/copy", R"({"destinationId":"archive"})"), "message",
                   "copy");
    for (char const* const target : {"/v1.0/me/mailFolders?$expand=childFolders", "/v1.0/me/mailFolders/inbox",
                                     "/v1.0/me/mailFolders/delta", "/v1.0/me/mailFolders/inbox/childFolders"})
        s.check_answer(o.get(target), "mailFolder", target);
    s.check_answer(o.post("/v1.0/me/mailFolders", R"({"displayName":"new"})"), "mailFolder", "POST mailFolders");
    s.check_answer(o.get("/v1.0/me"), "user", "GET /me");

    o.w.mailboxes.expunge(*o.inbox, o.inbox->messages().front()->uid);
    s.check_answer(o.get("/v1.0/me/mailFolders/inbox/messages/delta"), "message", "delta with a removal");
    o.w.advance(std::chrono::minutes(50));
    BOOST_TEST_REQUIRE(told.size() >= 2u);
    for (std::string const& text : told)
    {
        json::value v = json::parse(text);
        for (json::value& one : v.as_object().at("value").as_array())
            one.as_object().erase("resourceData");  // an open type: whatever the resource has
        s.check_object(v, "changeNotificationCollection", "a notification");
    }
    for (std::string const& problem : s.problems)
        BOOST_ERROR(problem);
    BOOST_TEST(s.checked > 300u);
}

// What the check is worth
BOOST_AUTO_TEST_CASE(the_check_finds_wrong_names_types_and_nulls)
{
    schema s;
    auto const finds = [&](std::string_view text) {
        s.problems.clear();
        s.check_object(json::parse(json::string_view(text.data(), text.size())), "message", "m");
        return s.problems.size();
    };
    BOOST_TEST(
        finds(R"({"@odata.etag":"x","id":"1","subject":null,"importance":"high","body":{"contentType":"text"}})") ==
        0u);
    BOOST_TEST(finds(R"({"Subject":"x"})") == 1u);
    BOOST_TEST(finds(R"({"isRead":"true"})") == 1u);
    BOOST_TEST(finds(R"({"id":null})") == 1u);
    BOOST_TEST(finds(R"({"toRecipients":{}})") == 1u);
    BOOST_TEST(finds(R"({"toRecipients":[{"emailAddress":{"adress":"x"}}]})") == 1u);
    BOOST_TEST(finds(R"({"importance":"High"})") == 1u);
    BOOST_TEST(finds(R"({"receivedDateTime":"yesterday"})") == 1u);
    BOOST_TEST(finds(R"({"conversationIndex":"?"})") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
