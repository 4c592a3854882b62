// Calls of the Graph client that change a mailbox, against scripts: drafts, answers, attachments and uploads; and deltas.

#include <outkit/graph/detail/attachments.hpp>
#include <outkit/graph/detail/batches.hpp>
#include <outkit/graph/detail/changes.hpp>
#include <outkit/graph/detail/flows.hpp>
#include <outkit/graph/detail/writing.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <memory>

using namespace outkit::graph;
using namespace std::chrono_literals;
using outkit::access_token;
using outkit::error_code;
using outkit::octet_source;
using outkit::os_error;
using outkit::detail::how;
using outkit::detail::play;
using outkit::graph::detail::session;
namespace flows = outkit::graph::detail;
namespace http = outkit::http;

namespace {

std::string answer(std::string status, std::string body, std::string headers = "Content-Type: application/json\r\n")
{
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}
std::string ok(std::string body) { return answer("200 OK", std::move(body)); }
std::string created(std::string body) { return answer("201 Created", std::move(body)); }
std::string const accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
std::string const deleted = "HTTP/1.1 204 No Content\r\n\r\n";
std::string problem_body(std::string code) { return R"({"error":{"code":")" + code + R"(","message":"m"}})"; }
std::string const gone = answer("404 Not Found", problem_body("ErrorItemNotFound"));

struct result
{
    error_code ec;
    std::string diagnostics;
    std::string written;
    std::vector<std::string> connected;
    std::chrono::nanoseconds slept;
    std::size_t steps;
};

template <class Flow>
auto run(session& s, Flow make, std::vector<std::string> scripts, how h = {})
{
    scripts.insert(scripts.begin(), "");  // the first is for a connection the flow starts with
    auto r = play(make(s), std::move(scripts), h);
    BOOST_TEST(r.diagnostics.find("secret-token") == std::string::npos);
    result out{r.ec, r.diagnostics, r.written, r.connected, r.slept, r.steps};
    if constexpr (requires { r.value; })
        return std::pair(std::move(out), std::move(r.value));
    else
        return out;
}
template <class Flow>
auto call(Flow make, std::vector<std::string> scripts, how h = {}, options o = {})
{
    session s(std::move(o), access_token("secret-token-of-the-test"));
    return run(s, std::move(make), std::move(scripts), h);
}

std::string request_line(std::string const& written) { return written.substr(0, written.find("\r\n")); }
std::size_t occurrences(std::string_view text, std::string_view of)
{
    std::size_t n = 0;
    for (auto at = text.find(of); at != text.npos; at = text.find(of, at + of.size()))
        ++n;
    return n;
}
std::string body_of(std::string const& written) { return written.substr(written.rfind("\r\n\r\n") + 4); }

octet_source source(std::string octets)
{
    octet_source from;
    from.octets = octets.size();
    from.read = [octets = std::move(octets), at = std::size_t(0)](char* into, std::size_t most, error_code&) mutable {
        std::size_t const n = octets.copy(into, std::min(most, std::size_t(100'001)), at);
        at += n;
        return n;
    };
    return from;
}

reply comment(std::string text)
{
    reply r;
    r.comment = std::move(text);
    return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_writing)

BOOST_AUTO_TEST_CASE(a_draft_is_made_changed_and_sent)
{
    outgoing_message m;
    m.subject = "Lunch?";
    m.to_recipients = {{"", "alex@contoso.example"}};
    auto const [made, draft] = call([&](session& s) { return flows::create_draft(s, m, ""); },
                                    {created(R"({"id":"D1","isDraft":true,"subject":"Lunch?"})")});
    BOOST_TEST(!made.ec, made.ec.message());
    BOOST_TEST(draft->id == "D1");
    BOOST_TEST(request_line(made.written) == "POST /v1.0/me/messages HTTP/1.1");
    BOOST_TEST(body_of(made.written) == R"({"subject":"Lunch?","body":{"contentType":"text","content":""},)"
                                        R"("toRecipients":[{"emailAddress":{"address":"alex@contoso.example"}}]})");

    auto const [there, in_folder] =
        call([&](session& s) { return flows::create_draft(s, m, "a/b"); }, {created(R"({"id":"D2"})")});
    BOOST_TEST(request_line(there.written) == "POST /v1.0/me/mailFolders/a%2Fb/messages HTTP/1.1");

    auto const [mime, of_mime] = call([&](session& s) { return flows::create_draft_of(s, "From: a@b\r\n\r\nhi\r\n"); },
                                      {created(R"({"id":"D3"})")});
    BOOST_TEST(!mime.ec, mime.ec.message());
    BOOST_TEST(mime.written.find("\r\nContent-Type: text/plain\r\n") != std::string::npos);
    BOOST_TEST(body_of(mime.written) == "RnJvbTogYUBiDQoNCmhpDQo=");

    message_update u;
    u.subject = "Dinner?";
    auto const [changed, now] =
        call([&](session& s) { return flows::update_message(s, "D1", u); }, {ok(R"({"id":"D1","subject":"Dinner?"})")});
    BOOST_TEST(now->subject == "Dinner?");
    BOOST_TEST(request_line(changed.written) == "PATCH /v1.0/me/messages/D1 HTTP/1.1");

    auto const sent = call([](session& s) { return flows::send_draft(s, "D1"); }, {accepted});
    BOOST_TEST(!sent.ec, sent.ec.message());
    BOOST_TEST(request_line(sent.written) == "POST /v1.0/me/messages/D1/send HTTP/1.1");
    BOOST_TEST(sent.written.find("\r\nContent-Length: 0\r\n") != std::string::npos);
    BOOST_TEST(sent.written.find("Content-Type") == std::string::npos);
    auto const twice = call([](session& s) { return flows::send_draft(s, "D1"); }, {gone});
    BOOST_TEST((twice.ec == error::item_not_found), twice.ec.message());
}

BOOST_AUTO_TEST_CASE(what_makes_or_sends_something_is_said_once)
{
    using make = std::function<outkit::detail::flow<message>(session&)>;
    for (auto const& one : std::initializer_list<make>{
             [](session& s) { return flows::create_draft(s, {}, ""); },
             [](session& s) { return flows::draft_answer(s, "M", flows::answering::reply, {}); },
             [](session& s) { return flows::move_message(s, "M", "inbox"); },
             [](session& s) { return flows::copy_message(s, "M", "inbox"); }})
    {
        std::string const whole = created(R"({"id":"X"})");
        for (std::size_t n = 0; n < whole.size(); n += 7)
        {
            auto const [r, nothing] = call(one, {whole.substr(0, n), whole});
            BOOST_TEST((r.ec == error::outcome_unknown), r.ec.message());
            BOOST_TEST(occurrences(r.written, "POST ") == 1u);
        }
    }
    for (std::size_t n = 0; n < accepted.size(); n += 3)
    {
        auto const sent = call([](session& s) { return flows::send_draft(s, "D"); }, {accepted.substr(0, n), accepted});
        BOOST_TEST((sent.ec == error::outcome_unknown), sent.ec.message());
        auto const answered =
            call([](session& s) { return flows::answer(s, "M", flows::answering::reply_all, comment("thanks")); },
                 {accepted.substr(0, n), accepted});
        BOOST_TEST((answered.ec == error::outcome_unknown), answered.ec.message());
        BOOST_TEST(occurrences(answered.written, "POST ") == 1u);
    }
}

BOOST_AUTO_TEST_CASE(answers_are_checked_before_they_are_said)
{
    using kind = flows::answering;
    auto const answered = [](kind how, reply r) {
        return call([&](session& s) { return flows::answer(s, "M", how, r); }, {accepted});
    };
    auto const good = answered(kind::forward, {.comment = "FYI", .to_recipients = {{"", "dana@contoso.example"}}});
    BOOST_TEST(!good.ec, good.ec.message());
    BOOST_TEST(request_line(good.written) == "POST /v1.0/me/messages/M/forward HTTP/1.1");
    BOOST_TEST(body_of(good.written) ==
               R"({"comment":"FYI","toRecipients":[{"emailAddress":{"address":"dana@contoso.example"}}]})");

    reply both;
    both.comment = "c";
    both.message.emplace().body = item_body{body_type::text, "b"};
    reply addressed;
    addressed.to_recipients = {{"", "dana@contoso.example"}};
    reply in_two_places = addressed;
    in_two_places.message.emplace().to_recipients = addressed.to_recipients;
    for (auto const& [how, r] : {std::pair(kind::reply, both), std::pair(kind::reply_all, addressed),
                                 std::pair(kind::forward, reply{}), std::pair(kind::forward, in_two_places)})
    {
        auto const bad = answered(how, r);
        BOOST_TEST((bad.ec == error::invalid_query), bad.ec.message());
        BOOST_TEST(bad.connected.empty());
        BOOST_TEST(!bad.diagnostics.empty());
    }
    auto const [drafted, draft] =
        call([](session& s) { return flows::draft_answer(s, "M", kind::forward, {}); }, {created(R"({"id":"F"})")});
    BOOST_TEST(!drafted.ec, drafted.ec.message());
    BOOST_TEST(request_line(drafted.written) == "POST /v1.0/me/messages/M/createForward HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(deleting_again_what_is_gone_is_no_error)
{
    auto const once = [](session& s) { return flows::delete_message(s, "M", false); };
    auto const first = call(once, {deleted});
    BOOST_TEST(!first.ec, first.ec.message());
    BOOST_TEST(request_line(first.written) == "DELETE /v1.0/me/messages/M HTTP/1.1");
    // Its answer was lost, and now it is not there.
    auto const again = call(once, {"HTTP/1.1 20", gone});
    BOOST_TEST(!again.ec, again.ec.message());
    BOOST_TEST(occurrences(again.written, "DELETE ") == 2u);
    // It never was there.
    auto const never = call(once, {gone});
    BOOST_TEST((never.ec == error::item_not_found), never.ec.message());
    auto const for_ever = call([](session& s) { return flows::delete_message(s, "M", true); }, {deleted});
    BOOST_TEST(request_line(for_ever.written) == "POST /v1.0/me/messages/M/permanentDelete HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(folders_are_made_renamed_moved_and_deleted)
{
    auto const [made, f] = call([](session& s) { return flows::create_folder(s, "a \"b\"", "inbox", true); },
                                {created(R"({"id":"F","displayName":"a"})")});
    BOOST_TEST(!made.ec, made.ec.message());
    BOOST_TEST(request_line(made.written) == "POST /v1.0/me/mailFolders/inbox/childFolders HTTP/1.1");
    BOOST_TEST(body_of(made.written) == R"({"displayName":"a \"b\"","isHidden":true})");
    auto const [top, g] =
        call([](session& s) { return flows::create_folder(s, "x", "", false); }, {created(R"({"id":"G"})")});
    BOOST_TEST(request_line(top.written) == "POST /v1.0/me/mailFolders HTTP/1.1");
    auto const [exists, h] = call([](session& s) { return flows::create_folder(s, "x", "", false); },
                                  {answer("409 Conflict", problem_body("ErrorFolderExists"))});
    BOOST_TEST((exists.ec == error::folder_exists), exists.ec.message());
    auto const [renamed, i] =
        call([](session& s) { return flows::rename_folder(s, "F", "b"); }, {ok(R"({"id":"F","displayName":"b"})")});
    BOOST_TEST(i->display_name == "b");
    auto const [moved, j] =
        call([](session& s) { return flows::move_folder(s, "F", "archive"); }, {ok(R"({"id":"F"})")});
    BOOST_TEST(request_line(moved.written) == "POST /v1.0/me/mailFolders/F/move HTTP/1.1");
    BOOST_TEST(body_of(moved.written) == R"({"destinationId":"archive"})");
    auto const [copied, k] =
        call([](session& s) { return flows::copy_folder(s, "F", "archive"); }, {created(R"({"id":"F2"})")});
    BOOST_TEST(k->id == "F2");
    auto const protected_one = call([](session& s) { return flows::delete_folder(s, "inbox", false); },
                                    {answer("400 Bad Request", problem_body("ErrorDeleteDistinguishedFolder"))});
    BOOST_TEST((protected_one.ec == error::protected_item), protected_one.ec.message());
}

BOOST_AUTO_TEST_CASE(attachments_are_read_and_made)
{
    // Public: message-list-attachments.md and attachment-get.md, shortened
    auto const [listed, all] =
        call([](session& s) { return flows::list_attachments(s, "M", {"id", "name"}); },
             {ok(R"({"value":[{"@odata.type":"#microsoft.graph.fileAttachment","@odata.mediaContentType":"text/plain",
                 "id":"A1","lastModifiedDateTime":"2018-09-08T20:11:27Z","name":"draft.docx","contentType":"text/plain",
                 "size":13068,"isInline":false,"contentId":null,"contentLocation":null,"contentBytes":"aGk="},
                 {"@odata.type":"#microsoft.graph.itemAttachment","id":"A2","name":"Holiday","contentType":null,
                 "size":1,"isInline":false},{"@odata.type":"#microsoft.graph.referenceAttachment","id":"A3"}]})")});
    BOOST_TEST(!listed.ec, listed.ec.message() << listed.diagnostics);
    BOOST_TEST_REQUIRE(all->value.size() == 3u);
    BOOST_TEST(all->value[0].content.value() == "hi");
    BOOST_TEST(all->value[0].size == 13068u);
    BOOST_TEST((all->value[1].kind == attachment_kind::item));
    BOOST_TEST((all->value[2].kind == attachment_kind::reference));
    BOOST_TEST(!all->value[1].content);
    BOOST_TEST(request_line(listed.written) == "GET /v1.0/me/messages/M/attachments?$select=id,name HTTP/1.1");

    std::string got;
    auto const [content, size] =
        call([&](session& s) { return flows::get_attachment_content(s, "M", "A1", [&](auto p) { got += p; }); },
             {answer("200 OK", "octets", "Content-Type: application/pdf\r\n")});
    BOOST_TEST(got == "octets");
    BOOST_TEST(size.value() == 6u);
    BOOST_TEST(request_line(content.written) == "GET /v1.0/me/messages/M/attachments/A1/$value HTTP/1.1");

    std::uint64_t told = 0;
    auto const [small, id] = call(
        [&](session& s) {
            attached_file f{"a.txt", "text/plain", true, "cid1"};
            f.progress = [&](std::uint64_t n) { told = n; };
            return flows::attach_file(s, "M", f, source("hello"));
        },
        {created(R"({"@odata.type":"#microsoft.graph.fileAttachment","id":"A4"})")});
    BOOST_TEST(!small.ec, small.ec.message());
    BOOST_TEST(*id == "A4");
    BOOST_TEST(told == 5u);
    BOOST_TEST(body_of(small.written) ==
               R"({"@odata.type":"#microsoft.graph.fileAttachment","name":"a.txt","contentType":"text/plain",)"
               R"("isInline":true,"contentId":"cid1","contentBytes":"aGVsbG8="})");
    auto const taken = call([](session& s) { return flows::delete_attachment(s, "M", "A4"); }, {deleted});
    BOOST_TEST(!taken.ec, taken.ec.message());
    auto const [short_one, no_id] = call(
        [](session& s) {
            auto from = source("four");
            from.octets = 5;
            return flows::attach_file(s, "M", {"a.txt"}, std::move(from));
        },
        {});
    BOOST_TEST((short_one.ec == error::invalid_query), short_one.ec.message());
    BOOST_TEST(short_one.connected.empty());
}

namespace {

// An upload of 3,500,000 octets in pieces of 2,000,000. What the address answers is in `then`, each on its own connection.
std::string const upload_url =
    "https://outlook.office.com/api/v2.0/Users('o@t')/Messages('M')/AttachmentSessions('S')?authtoken=x";
std::string begun(std::string url = upload_url)
{
    return created(R"({"uploadUrl":")" + url +
                   R"(","expirationDateTime":"2026-11-23T11:05:00.1234567Z","nextExpectedRanges":["0-"]})");
}
std::string taken(std::string position)
{
    return ok(R"({"ExpirationDateTime":"2026-11-23T11:05:00.1234567Z","NextExpectedRanges":[")" + position + R"("]})");
}
std::string const done =
    "HTTP/1.1 201 Created\r\nLocation: https://outlook.office.com/api/v2.0/Users('o@t')/Messages('M')/"
    "Attachments('AT1=')\r\nContent-Length: 0\r\n\r\n";

auto upload(std::vector<std::string> then, std::string url = upload_url)
{
    options o;
    o.limits.upload_piece = 2'000'000;
    then.insert(then.begin(), begun(url));
    return call([](session& s) { return flows::attach_file(s, "M", {"big.bin"}, source(std::string(3'500'000, 'x'))); },
                then, {}, o);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_large_file_goes_to_the_upload_address_without_the_token)
{
    auto const [r, id] = upload({taken("2000000"), done});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message() << r.diagnostics);
    BOOST_TEST(*id == "AT1=");
    BOOST_TEST(request_line(r.written) == "POST /v1.0/me/messages/M/attachments/createUploadSession HTTP/1.1");
    BOOST_TEST(r.written.find(R"({"AttachmentItem":{"attachmentType":"file","name":"big.bin","size":3500000}})") !=
               std::string::npos);
    BOOST_TEST(occurrences(r.written, "Authorization:") == 1u);
    BOOST_TEST(r.written.rfind("Authorization:") < r.written.find("PUT "));
    BOOST_TEST(r.written.find("\r\nContent-Range: bytes 0-1999999/3500000\r\n") != std::string::npos);
    BOOST_TEST(r.written.find("\r\nContent-Range: bytes 2000000-3499999/3500000\r\n") != std::string::npos);
    BOOST_TEST(r.written.find("\r\nHost: outlook.office.com\r\n") != std::string::npos);
    BOOST_TEST(r.connected.back() == "tls outlook.office.com");
}

BOOST_AUTO_TEST_CASE(HT_17_an_upload_goes_on_from_where_the_service_is_and_never_shows_the_token)
{
    struct row
    {
        char const* what;
        std::vector<std::string> then;
        error_code ec;
    };
    std::string const busy = answer("503 Service Unavailable", problem_body("serviceNotAvailable"));
    std::string const status_416 = answer("416 Range Not Satisfiable", problem_body("ErrorInvalidRange"));
    std::string const status_409 = answer("409 Conflict", problem_body("x"));
    std::string const expired = answer("404 Not Found", problem_body("ErrorItemNotFound"));
    std::string const cut = "HTTP/1.1 2";
    error_code const out_of_step = error::upload_out_of_step;
    for (row const& each : {
             row{"503 in the middle", {taken("2000000"), busy, taken("2000000"), done}, {}},
             row{"416, and it has a part", {taken("2000000"), status_416, taken("2500000-"), done}, {}},
             row{"409, and it has all of the piece", {status_409, taken("2000000-3499999"), done}, {}},
             row{"the answer is lost", {cut, taken("2000000"), done}, {}},
             row{"the last answer is lost", {taken("2000000"), cut, taken("3499999"), done}, {}},
             row{"it goes back", {taken("2000000"), taken("1000000"), deleted}, out_of_step},
             row{"it goes back, by its status", {taken("2000000"), busy, taken("0-"), deleted}, out_of_step},
             row{"beyond the size", {taken("9000000"), deleted}, out_of_step},
             row{"beyond the piece", {taken("2000001"), deleted}, out_of_step},
             row{"not a number", {taken("x"), deleted}, out_of_step},
             row{"negative", {taken("-5"), deleted}, out_of_step},
             row{"huge", {taken("99999999999999999999999"), deleted}, out_of_step},
             row{"no range", {ok("{}"), deleted}, out_of_step},
             row{"not JSON", {ok("x"), deleted}, error::response_malformed},
             row{"all there, too early", {done, deleted}, out_of_step},
             row{"never all there", {taken("2000000"), taken("3500000"), deleted}, out_of_step},
             row{"it takes nothing", {taken("0"), taken("0"), taken("0"), taken("0"), deleted}, out_of_step},
             row{"expired", {taken("2000000"), expired, deleted}, error::upload_expired},
             row{"gone", {answer("410 Gone", ""), deleted}, error::upload_expired},
         })
        BOOST_TEST_CONTEXT(each.what)
        {
            auto const [r, id] = upload(each.then);
            BOOST_TEST((r.ec == each.ec), r.ec.message() << ' ' << r.diagnostics);
            BOOST_TEST(occurrences(r.written, "Authorization:") == 1u);  // the first request's
            BOOST_TEST(r.written.size() < 3 * 3'500'000u + 20'000u);
            if (!r.ec)
                BOOST_TEST(*id == "AT1=");
            else
                BOOST_TEST(r.written.find("DELETE /api/v2.0/") != std::string::npos);
        }
    // Nothing is said to an address that is none, or not protected.
    for (char const* const url :
         {"http://outlook.office.com/x", "https://user@outlook.office.com/x", "", "x", "file:///etc/passwd"})
        BOOST_TEST_CONTEXT(url)
        {
            auto const [r, id] = upload({done}, url);
            BOOST_TEST((r.ec == http::error::untrusted_origin), r.ec.message());
            BOOST_TEST(occurrences(r.written, "PUT ") == 0u);
        }
}

BOOST_AUTO_TEST_CASE(HT_22_claims_of_another_host_are_not_used)
{
    std::string const challenged =
        answer("401 Unauthorized", problem_body("InvalidAuthenticationToken"),
               "WWW-Authenticate: Bearer realm=\"\", error=\"insufficient_claims\", claims=\"e30=\"\r\n"
               "Content-Type: application/json\r\n");
    int asked = 0;
    options o;
    o.limits.upload_piece = 2'000'000;
    session s(o, [&](access_token const*, outkit::token_answer to) {
        ++asked;
        to({}, access_token("secret-token-of-the-test"));
    });
    auto const [r, id] =
        run(s, [](session& t) { return flows::attach_file(t, "M", {"big.bin"}, source(std::string(3'500'000, 'x'))); },
            {begun(upload_url), challenged, deleted});
    BOOST_TEST((r.ec == error::invalid_authentication_token), r.ec.message());
    BOOST_TEST(s.last.claims == "");
    BOOST_TEST(s.last.status == 401u);
    BOOST_TEST(asked == 1);
    BOOST_TEST(occurrences(r.written, "Authorization:") == 1u);
}

BOOST_AUTO_TEST_CASE(a_source_that_fails_takes_the_upload_back)
{
    auto const broken = outkit::os_error(EIO);
    auto const [r, id] = call(
        [&](session& s) {
            octet_source from;
            from.octets = 3'500'000;
            from.read = [n = 0, broken](char* into, std::size_t most, error_code& ec) mutable -> std::size_t {
                if (++n > 2)
                {
                    ec = broken;
                    return 0;
                }
                std::fill_n(into, most, 'x');
                return most / 2;
            };
            return flows::attach_file(s, "M", {"big.bin"}, std::move(from));
        },
        {begun(), deleted});
    BOOST_TEST((r.ec == broken), r.ec.message());
    BOOST_TEST(occurrences(r.written, "PUT ") == 0u);
    BOOST_TEST(r.written.find("DELETE /api/v2.0/") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(changes_are_read_page_by_page_and_gone_on_from_a_kept_link)
{
    std::string const root = "https://graph.microsoft.com/v1.0/me/mailFolders('inbox')/messages/delta?";
    delta_query q;
    q.select = {"subject", "isRead"};
    q.page_size = 2;
    q.received_since = date_time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
    // Public: delta-query-messages.md, shortened
    auto const [r, first] = call([&](session& s) { return flows::message_changes(s, q); },
                                 {ok(R"({"@odata.context":"c","@odata.nextLink":")" + root +
                                     R"($skiptoken=GwcBoTmPuoTQ","value":[{"@odata.type":"#microsoft.graph.message",)"
                                     R"("@odata.etag":"W/\"CK\"","subject":"s","isRead":false,"id":"M1"}]})")});
    BOOST_TEST(!r.ec, r.ec.message() << r.diagnostics);
    BOOST_TEST(first->value[0].subject == "s");
    BOOST_TEST(request_line(r.written) ==
               "GET /v1.0/me/mailFolders/inbox/messages/delta?$select=subject,isRead&$filter=receivedDateTime%20ge%20"
               "2026-01-01T00%3A00%3A00Z HTTP/1.1");
    BOOST_TEST(r.written.find("\r\nPrefer: odata.maxpagesize=2\r\n") != std::string::npos);

    auto const [l, last] =
        call([&](session& s) { return flows::more_message_changes(s, *first); },
             {ok(R"({"@odata.deltaLink":")" + root +
                 R"($deltatoken=GwcBoTmPuoGN","value":[{"@odata.type":"#microsoft.graph.message","id":"M2",)"
                 R"("@removed":{"reason":"deleted"}},{"id":"M3","@removed":{"reason":"changed"}}]})")});
    BOOST_TEST(!l.ec, l.ec.message() << l.diagnostics);
    BOOST_TEST(request_line(l.written) ==
               "GET /v1.0/me/mailFolders('inbox')/messages/delta?$skiptoken=GwcBoTmPuoTQ HTTP/1.1");
    BOOST_TEST(l.written.find("\r\nPrefer: odata.maxpagesize=2\r\n") != std::string::npos);
    BOOST_TEST(last->number == 2u);
    BOOST_TEST_REQUIRE(last->removed.size() == 2u);
    BOOST_TEST(last->removed[0].id == "M2");
    BOOST_TEST(!last->removed[0].may_return);
    BOOST_TEST(last->removed[1].may_return);

    changes<message> kept;  // from a file, say
    kept.delta_link = last->delta_link;
    auto const [o, nothing] = call([&](session& s) { return flows::more_message_changes(s, kept); },
                                   {answer("410 Gone", problem_body("SyncStateNotFound"))});
    BOOST_TEST((o.ec == error::sync_state_not_found), o.ec.message());

    for (char const* const elsewhere :
         {"https://evil.example/v1.0/me/delta", "http://graph.microsoft.com/v1.0/me/delta", "/v1.0/me/delta"})
    {
        kept.delta_link = elsewhere;
        auto const [bad, none] = call([&](session& s) { return flows::more_message_changes(s, kept); }, {});
        BOOST_TEST((bad.ec == http::error::untrusted_origin), bad.ec.message());
        BOOST_TEST(bad.connected.empty());
        auto const [answered, no_page] =
            call([&](session& s) { return flows::message_changes(s, {}); },
                 {ok(R"({"@odata.deltaLink":")" + std::string(elsewhere) + R"(","value":[]})")});
        BOOST_TEST((answered.ec == http::error::untrusted_origin), answered.ec.message());
    }
    for (char const* const bad : {R"({"value":[]})", R"({"@odata.deltaLink":"a","@odata.nextLink":"b","value":[]})",
                                  R"({"@odata.deltaLink":"a","value":[{"@removed":{"reason":"deleted"}}]})",
                                  R"({"@odata.deltaLink":"a","value":[{"@removed":1,"id":"x"}]})"})
    {
        auto const [malformed, none] = call([&](session& s) { return flows::message_changes(s, {}); }, {ok(bad)});
        BOOST_TEST((malformed.ec == error::response_malformed), malformed.ec.message());
    }
    auto const [f, folders] =
        call([](session& s) { return flows::folder_changes(s, 0); },
             {ok(R"({"@odata.deltaLink":"https://graph.microsoft.com/v1.0/me/mailFolders/delta?$deltatoken=x",)"
                 R"("value":[{"id":"F1","displayName":"Inbox"}]})")});
    BOOST_TEST(folders->value[0].display_name == "Inbox");
    BOOST_TEST(request_line(f.written) == "GET /v1.0/me/mailFolders/delta HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(a_batch_asks_again_for_what_was_put_off)
{
    std::vector<batch_request> requests(4);
    requests[0] = {.id = "1", .method = "PATCH", .path = "/me/messages/M1", .body = R"({"isRead":true})"};
    requests[1] = {.id = "2", .method = "POST", .path = "/me/messages/M2/move", .body = R"({"destinationId":"x"})"};
    requests[1].headers = {{"Prefer", "IdType=\"ImmutableId\""}};
    requests[2] = {.id = "3", .method = "DELETE", .path = "/me/messages/M3"};
    requests[2].depends_on = {"2"};
    requests[3] = {.id = "4", .path = "/me/messages/M4"};
    auto const last_on_its_connection = [](std::string body) {
        return answer("200 OK", std::move(body), "Connection: close\r\nContent-Type: application/json\r\n");
    };
    std::string const first = last_on_its_connection(
        R"({"responses":[{"id":"4","status":404,"headers":{"Content-Type":"application/json"},"body":)" +
        problem_body("ErrorItemNotFound") +
        R"(},{"id":"1","status":200,"body":{"id":"M1","isRead":true}},)"
        R"({"id":"2","status":429,"headers":{"Retry-After":"7"},"body":)" +
        problem_body("ApplicationThrottled") + R"(},{"id":"3","status":424,"body":null}]})");
    std::string const second = ok(
        R"({"responses":[{"id":"3","status":204,"headers":{"Cache-Control":"private"}},{"id":"2","status":201,"body":{"id":"N"}}]})");
    auto const [r, answers] = call([&](session& s) { return flows::run_batch(s, requests); }, {first, second});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message() << r.diagnostics);
    BOOST_TEST(request_line(r.written) == "POST /v1.0/$batch HTTP/1.1");
    BOOST_TEST(
        r.written.find(R"({"requests":[{"id":"1","method":"PATCH","url":"/me/messages/M1","headers":{"Content-Type":)"
                       R"("application/json"},"body":{"isRead":true}},{"id":"2","method":"POST","url":)"
                       R"("/me/messages/M2/move","headers":{"Prefer":"IdType=\"ImmutableId\"","Content-Type":)"
                       R"("application/json"},"body":{"destinationId":"x"}},{"id":"3","method":"DELETE","url":)"
                       R"("/me/messages/M3","dependsOn":["2"]},{"id":"4","method":"GET","url":"/me/messages/M4"}]})") !=
        std::string::npos);
    BOOST_TEST(body_of(r.written).starts_with(R"({"requests":[{"id":"2",)"));
    BOOST_TEST(body_of(r.written).find("M1") == std::string::npos);
    BOOST_TEST((r.slept >= 7s && r.slept < 8s));
    BOOST_TEST_REQUIRE(answers->size() == 4u);
    BOOST_TEST((*answers)[0].body == R"({"id":"M1","isRead":true})");
    BOOST_TEST((*answers)[1].status == 201u);
    BOOST_TEST((*answers)[2].status == 204u);
    BOOST_TEST(((*answers)[3].ec == error::item_not_found));
    BOOST_TEST((*answers)[3].problem.code == "ErrorItemNotFound");

    auto const [still, last] =
        call([&](session& s) { return flows::run_batch(s, {requests[3]}); },
             std::vector<std::string>(5, last_on_its_connection(R"({"responses":[{"id":"4","status":429}]})")));
    BOOST_TEST(!still.ec, still.ec.message());
    BOOST_TEST(((*last)[0].ec == error::throttled));
    BOOST_TEST(occurrences(still.written, "POST ") == 4u);

    auto const [lost, nothing] =
        call([&](session& s) { return flows::run_batch(s, requests); }, {"HTTP/1.1 200", first});
    BOOST_TEST((lost.ec == error::outcome_unknown), lost.ec.message());
    for (char const* const bad : {R"({})", R"({"responses":[{"id":"4"}]})", R"({"responses":[{"id":"4","status":99}]})",
                                  R"({"responses":[{"id":4,"status":200}]})", R"({"responses":[1]})", R"(responses)"})
    {
        auto const [malformed, none] = call([&](session& s) { return flows::run_batch(s, {requests[3]}); }, {ok(bad)});
        BOOST_TEST((malformed.ec == error::response_malformed), malformed.ec.message());
    }

    auto const refused = [](std::vector<batch_request> wrong) {
        auto const [w, none] = call([&](session& s) { return flows::run_batch(s, wrong); }, {});
        BOOST_TEST((w.ec == error::invalid_query), w.ec.message());
        BOOST_TEST(w.connected.empty());
    };
    refused({});
    refused(std::vector<batch_request>(21, requests[3]));
    refused({requests[3], requests[3]});
    refused({requests[2]});
    refused({{.id = "1", .method = "POST", .path = "/me/sendMail", .body = "{"}});
    refused({{.id = "1", .path = "//evil.example/"}});
}

BOOST_AUTO_TEST_CASE(HT_28_answers_of_a_batch_go_to_the_requests_they_name)
{
    std::vector<batch_request> requests(4);
    requests[0] = {.id = "1", .path = "/me/messages/M1"};
    requests[1] = {.id = "2", .method = "POST", .path = "/me/messages/M2/move", .body = R"({"destinationId":"x"})"};
    requests[2] = {.id = "3", .method = "DELETE", .path = "/me/messages/M3"};
    requests[3] = {.id = "4", .path = "/me/messages/M4"};
    auto const of = [&](std::string parts) {
        auto [r, answers] = call([&](session& s) { return flows::run_batch(s, requests); },
                                 {answer("200 OK", R"({"responses":[)" + parts + "]}",
                                         "Connection: close\r\nContent-Type: application/json\r\n"),
                                  ok(R"({"responses":[{"id":"3","status":204}]})")});
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST_REQUIRE(answers->size() == 4u);
        for (std::size_t i = 0; i < 4; ++i)
            BOOST_TEST((*answers)[i].id == requests[i].id);
        return std::move(*answers);
    };
    // Without an id, with one nobody has, and the fourth answered twice; the second and third are missing.
    auto const some = of(R"({"status":200,"body":{"id":"none"}},{"id":"9","status":200,"body":{"id":"other"}},)"
                         R"({"id":"4","status":200,"body":{"id":"a"}},{"id":"1","status":200,"body":{"id":"M1"}},)"
                         R"({"id":"4","status":404})");
    BOOST_TEST(some[0].body == R"({"id":"M1"})");
    BOOST_TEST(!some[0].ec);
    for (std::size_t const i : {1u, 2u, 3u})
    {
        BOOST_TEST(some[i].status == 0u);
        BOOST_TEST(some[i].body == "");
        BOOST_TEST((some[i].ec == (i == 3 ? error::response_malformed : error::outcome_unknown)));
    }

    // 429 inside: that one is asked again, and alone.
    auto const later = of(R"({"id":"1","status":200},{"id":"2","status":201},{"id":"4","status":500,"body":"<html>"},)"
                          R"({"id":"3","status":429,"headers":{"Retry-After":"1"}})");
    BOOST_TEST(later[2].status == 204u);
    BOOST_TEST((later[3].ec == http::error::internal_server_error));
    BOOST_TEST(later[3].body == R"("<html>")");

    // 21 parts and more
    std::string many;
    for (int i = 1; i <= 40; ++i)
        many += (i > 1 ? "," : "") +
                (R"({"id":")" + std::to_string(i) + R"(","status":200,"body":)" + std::to_string(i) + "}");
    auto const all = of(many);
    for (std::size_t i = 0; i < 4; ++i)
        BOOST_TEST(all[i].body == requests[i].id);
}

BOOST_AUTO_TEST_CASE(queries_that_the_service_refuses_are_not_asked)
{
    struct row
    {
        char const* filter;
        char const* order_by;
        char const* search;
        error_code ec;
    };
    error_code const inefficient = error::inefficient_filter;
    error_code const together = error::search_not_combinable;
    for (row const& each : {
             row{"isRead eq false", "", "", {}},
             row{"", "receivedDateTime desc", "", {}},
             // observed: msgraph-sdk-dotnet#183, mpalermiti/outlook-mcp#31
             row{"from/emailAddress/address eq 'x'", "receivedDateTime desc", "", inefficient},
             row{"inferenceClassification eq 'focused'", "receivedDateTime", "", inefficient},
             // observed: postalsys/emailengine
             row{"receivedDateTime gt 1970-01-01T00:00:00.000Z and from/emailAddress/address eq 'x'",
                 "receivedDateTime desc",
                 "",
                 {}},
             row{"receivedDateTime ge 2026-01-01T00:00:00Z and subject eq 'x'", "subject", "", inefficient},
             row{"subject eq 'receivedDateTime'", "receivedDateTime", "", inefficient},
             row{"subject eq 'it''s' and receivedDateTime gt 2026-01-01T00:00:00Z",
                 "subject,receivedDateTime desc",
                 "",
                 {}},
             row{"startswith(subject,'x')", "", "", {}},
             row{"categories/any(c:c eq 'X')", "", "", {}},
             row{"singleValueExtendedProperties/Any(ep: ep/id eq 'Integer 0x0E07' and cast(ep/value, Edm.Int32) eq 1)",
                 "",
                 "",
                 {}},
             row{"isread eq false", "", "", error::unknown_property},
             row{"", "size", "", error::unknown_property},
             row{"toRecipients/any(r:r/emailAddress/address eq 'x')", "", "", error::invalid_filter},
             row{"", "", "from:alex", {}},
             row{"isRead eq false", "", "x", together},
             row{"", "receivedDateTime", "x", together},
         })
        BOOST_TEST_CONTEXT(each.filter << " / " << each.order_by << " / " << each.search)
        {
            message_query q;
            q.filter = each.filter;
            q.order_by = each.order_by;
            q.search = each.search;
            auto const [r, page] =
                call([&](session& s) { return flows::list_messages(s, q); }, {ok(R"({"value":[]})")});
            BOOST_TEST((r.ec == each.ec), r.ec.message() << ' ' << r.diagnostics);
            BOOST_TEST(r.connected.empty() == bool(each.ec));
        }
    message_query q;
    q.search = R"(subject:"a b" \ c)";
    auto const [r, page] = call([&](session& s) { return flows::list_messages(s, q); }, {ok(R"({"value":[]})")});
    BOOST_TEST(request_line(r.written) ==
               "GET /v1.0/me/messages?$search=%22subject%3A%5C%22a%20b%5C%22%20%5C%5C%20c%22 HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_renewed_once_and_the_call_said_again)
{
    std::string const refused = answer("401 Unauthorized", problem_body("InvalidAuthenticationToken"),
                                       "Connection: close\r\nContent-Type: application/json\r\n");
    std::string const challenged =
        answer("401 Unauthorized", problem_body("InvalidAuthenticationToken"),
               "WWW-Authenticate: Bearer realm=\"\", error=\"insufficient_claims\", claims=\"e30=\"\r\n"
               "Connection: close\r\nContent-Type: application/json\r\n");
    struct asked
    {
        int times = 0;
        std::vector<std::string> rejected;
        std::vector<std::string> claims;
    };
    auto const try_it = [](std::vector<std::string> scripts, asked& a, bool failing = false) {
        session* at = nullptr;
        session s({}, [&](access_token const* rejected, outkit::token_answer answer) {
            ++a.times;
            a.rejected.push_back(rejected ? std::string(rejected->reveal()) : "");
            a.claims.push_back(at->last.claims);
            if (failing && a.times == 2)
                return answer(os_error(ENETDOWN), access_token());
            answer({}, access_token("token-" + std::to_string(a.times)));
        });
        at = &s;
        return run(s, [](session& t) { return flows::send_mime(t, "x"); }, std::move(scripts));
    };
    asked once;
    auto const again = try_it({refused, accepted}, once);
    BOOST_TEST(!again.ec, again.ec.message());
    BOOST_TEST_REQUIRE(once.times == 2);
    BOOST_TEST(once.rejected[0] == "");
    BOOST_TEST(once.rejected[1] == "token-1");
    BOOST_TEST(again.written.find("Authorization: Bearer token-2") != std::string::npos);
    BOOST_TEST(occurrences(again.written, "POST ") == 2u);

    asked claimed;
    auto const with_claims = try_it({challenged, accepted}, claimed);
    BOOST_TEST(!with_claims.ec, with_claims.ec.message());
    BOOST_TEST(claimed.claims.back() == "{}");

    asked twice;
    auto const still = try_it({refused, refused, accepted}, twice);
    BOOST_TEST((still.ec == error::invalid_authentication_token), still.ec.message());
    BOOST_TEST(twice.times == 2);

    asked down;
    auto const no_token = try_it({refused, accepted}, down, true);
    BOOST_TEST((no_token.ec == os_error(ENETDOWN)), no_token.ec.message());
}

BOOST_AUTO_TEST_SUITE_END()
