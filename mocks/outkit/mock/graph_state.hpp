#ifndef OUTKIT_MOCK_GRAPH_STATE_HPP
#define OUTKIT_MOCK_GRAPH_STATE_HPP

#include <outkit/graph/detail/codec.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/graph_input.hpp>
#include <outkit/mock/graph_view.hpp>
#include <outkit/mock/odata.hpp>
#include <outkit/mock/world.hpp>

#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

// What the parts of the mock Graph share: graph.ipp is the way in with its gates, graph_folders.ipp and graph_messages.ipp
// show and change what is in a mailbox, graph_expand.ipp and graph_attachments.ipp show and change parts of messages,
// graph_delta.ipp tells what has changed, graph_batch.ipp takes several requests in one, graph_drafts.ipp writes messages,
// graph_directory.ipp is the directory, and graph_sending.ipp sends them.

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

inline constexpr std::size_t longest_target = 16 * 1024;
inline constexpr std::size_t most_segments = 64;
inline constexpr std::size_t largest_body = 4 * 1024 * 1024;  // observed: microsoft-graph-docs-contrib#682
inline constexpr std::uint64_t default_page = 10;
inline constexpr std::uint64_t largest_page = 1000;
// observed: microsoftgraph/msgraph-sdk-java#52 and its comments
inline constexpr std::size_t largest_attachment = 3'145'611;  // in one request
inline constexpr std::uint64_t smallest_upload = 2'097'152;
inline constexpr std::uint64_t largest_upload = std::uint64_t(150)
                                                << 20;  // documented: attachment-createuploadsession.md
inline constexpr std::size_t most_steps = 20;           // documented: json-batching.md
inline constexpr std::size_t most_filtered = 5'000;     // documented: message-delta.md
inline constexpr std::size_t most_hits = 250;           // documented: search-query-parameter.md
inline constexpr std::size_t most_cursors = 10'000;
inline constexpr auto cursor_lifetime = std::chrono::hours(24 * 7);  // [inferred]: it depends on the service's cache
inline constexpr std::string_view shown_in_batch[] = {"Cache-Control", "Content-Type", "OData-Version",     "ETag",
                                                      "Location",      "Retry-After",  "Preference-Applied"};
inline constexpr std::size_t most_uploads = 100;
inline constexpr auto upload_lifetime = std::chrono::hours(1);  // [inferred]
inline constexpr std::size_t most_rendered = 4'000;             // messages whose JSON is kept
inline constexpr std::size_t most_rendered_octets = 64 << 20;

// observed: microsoftgraph/microsoft-graph-docs#10880, sdk-php#1094
inline constexpr char const* access_denied = "Access is denied. Check credentials and try again.";
// observed: microsoftgraph/msgraph-sdk-dotnet#259, microsoft/MHA#77
inline constexpr char const* not_found =
    "The specified object was not found in the store., The process failed to get the correct properties.";
// observed: MaikuB/flutter_appauth#575, O365/python-o365#1111
inline constexpr char const* not_a_jwt = "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to "
                                         "be in JWS or JWE Compact Serialization "
                                         "Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): "
                                         "'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector."
                                         "EncodedCiphertext.EncodedAuthenticationTag'.";

struct preferences
{
    view_options view;
    std::optional<std::uint64_t> page_size;
    bool body_named = false;
};

inline std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t n = 0;
    auto const r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || r.ec != std::errc() || r.ptr != text.data() + text.size())
        return std::nullopt;
    return n;
}

// The id as it stands in a link's quotes.
inline std::string quoted_key(std::string_view id)
{
    std::string out;
    for (char const c : id)
        if (c == '=')
            out += "%3D";
        else if (c == '\'')
            out += "''";
        else
            out += c;
    return out;
}

// "Integer 0x0E07" as one spelling
inline std::string mapi_key(std::string_view id)
{
    std::string key = odata::lowered(id);
    if (std::size_t const tag = key.find(" 0x"); tag != key.npos)
        while (key.size() > tag + 4 && key[tag + 3] == '0')
            key.erase(tag + 3, 1);
    return key;
}

// With seven digits of a second's fraction, as dates of sessions and subscriptions are written
inline std::string format_fraction(outkit::detail::wall_time t)
{
    auto const whole = std::chrono::floor<std::chrono::seconds>(t);
    std::string text = outkit::graph::detail::format(whole);
    std::string digits = std::to_string((t - whole) / std::chrono::nanoseconds(100));
    digits.insert(0, 7 - std::min<std::size_t>(digits.size(), 7), '0');
    return text.replace(text.size() - 1, 1, "." + digits + "Z");
}

// What a reference attachment is in MIME: a part that has nothing but its name.
inline constexpr char const* reference_type = "application/x-outkit-reference";

// A message that is being written: what its text is made of, and what the mailbox keeps beside it.
struct draft
{
    mime::message text;
    std::map<std::string, std::string> properties;
};

// What $expand asks for.
struct expansion
{
    bool attachments = false;
    std::vector<std::string> of_attachments;  // their $select
    std::vector<std::string> extended;        // ids of extended properties

    explicit operator bool() const { return attachments || !extended.empty(); }
};

// How a message is answered.
enum class answer
{
    reply,
    reply_all,
    forward
};

}  // namespace graph_detail

struct graph::state
{
    explicit state(world& w) : w(w) {}

    // A message's JSON, made once. By id, the form asked for, and change key.
    struct rendered
    {
        std::string change_key;
        std::shared_ptr<std::string const> text;
    };
    std::shared_ptr<std::string const> render(message const& m, folder const& in, view_options const& o);

    // Requests of one application to one mailbox; nothing if that is too many.
    std::optional<std::chrono::seconds> over_rate(std::string const& key);

    // Where a delta query goes on: a page of a round, or the next round.
    struct entry
    {
        std::string key;  // a message's immutable id, a folder's id
        std::string id;   // as it was
        bool gone = false;
    };
    struct cursor
    {
        std::string resource;  // the folder's id; of folders the mailbox's
        std::string token;
        outkit::detail::time_point expires{};
        // As the first call had it
        std::vector<std::string> select;
        graph_detail::expansion expand;
        odata::filter filter;
        bool filtered = false;
        std::size_t page_size = 0;

        bool started = false;                        // a round has ended
        std::uint64_t since = 0;                     // the folder's mod_sequence when the round was made
        std::map<std::string, std::size_t> folders;  // what was said of each, as a hash
        std::shared_ptr<std::vector<entry> const> round;
        std::size_t at = 0;  // in the round
    };
    std::string keep(cursor c);  // its token
    cursor const* find_cursor(std::string_view token, bool& ours);
    std::map<std::uint64_t, cursor> cursors;
    std::uint64_t next_cursor = 0x1000;

    // Applications registered here whose service principal has not been asked for yet. The world has made it with the
    // registration; here it is not seen.
    std::set<std::string, std::less<>> unseen_principals;

    // An upload that has begun.
    struct upload
    {
        attachment_input attachment;
        std::uint64_t size = 0;
        std::string data;
        access owner;                      // as whom it was begun
        std::string message_id;            // immutable
        std::string key, shown_id, token;  // as its URL has them
        outkit::detail::time_point expires{};
        std::string until;
    };

    world& w;
    std::map<std::string, upload, std::less<>> uploads;
    std::vector<std::string> hosts;  // we answer to, without brackets
    std::unordered_map<std::string, rendered> cache;
    std::size_t cached_octets = 0;
    struct counter
    {
        detail::time_point since{};
        unsigned requests = 0;
    };
    std::map<std::string, counter> rates;
};

// One request on its way through the checks. Whatever refuses it answers at once.
struct graph::exchange
{
    using response = http::response;
    using segments = std::span<std::string const>;

    exchange(state& s, http::request const& r) : st(s), w(s.w), request(r) {}

    state& st;
    world& w;
    http::request const& request;
    std::string path;  // as it was sent
    odata::query query;
    graph_detail::preferences prefer;
    std::string host;
    std::string version = "v1.0";
    std::string request_id;
    std::string client_request_id;
    std::string whose = "me";  // as the path has it
    access who;
    user const* owner = nullptr;  // whose mailbox
    mailbox* box = nullptr;
    journal_entry entry;

    struct selection
    {
        std::vector<std::string> names;       // canonical; empty: the default
        std::vector<std::string_view> views;  // the same
        std::string in_context;               // "(a,b)" or nothing
        graph_detail::expansion expand = {};
    };

    response run();
    response route(segments s);
    response get_user();
    response folders(segments s);
    response child_folders(folder& parent, segments s);
    response one_folder(folder_ptr const& f, std::string_view asked, segments s);
    response list_folders(folder& parent, std::string_view context);
    response create_folder(folder& parent, std::string_view context);
    response messages(folder_ptr const& in, std::string_view asked, segments s);
    response list_messages(folder_ptr const& in, std::string_view asked, bool only_count);
    response search_messages(folder_ptr const& in, std::string_view asked, std::string const& text,
                             selection const& chosen, std::size_t top);
    response one_message(folder_ptr const& in, std::string const& id, segments s);
    response transfer(location const& from, bool move);
    response remove_folder(folder& f);
    response transfer_folder(folder& f, bool move);
    folder_ptr copy_folder(folder& f, folder& to);

    // Delta
    std::optional<response> read_cursor(std::string const& resource, std::string const& link, state::cursor& out);
    response delta_page(state::cursor c, std::string const& link, char const* type,
                        std::function<std::string(state::entry const&)> const& write);
    response delta_of_messages(folder_ptr const& in, std::string_view asked);
    response delta_of_folders();
    response sync_state_gone(std::string const& link, bool ours);
    response batch();

    // The directory
    using equality = std::optional<std::pair<std::string, std::string>>;  // of $filter: property and value
    static bool is_directory(std::string_view segment);
    response directory_part(segments s);
    response applications(segments s, equality const& wanted);
    response service_principals(segments s, equality const& wanted);
    response grants(segments s, equality const& wanted);
    std::optional<response> enter_directory(std::initializer_list<std::string_view> permissions);
    response entity_of_directory(unsigned status, std::string_view set, std::string_view object);
    response list_of_directory(std::string_view set, std::vector<std::string> objects);
    response no_resource(std::string_view id);

    // Attachments
    struct added_attachment
    {
        message_ptr message;
        std::uint32_t part = 0;
        std::string id;  // empty: it was refused
        response refused;
    };
    response attachments(location const& at, segments s);
    response attachment_answer(unsigned status, message_ptr const& m, std::uint32_t part, std::string const& id,
                               std::string const& in_context, std::vector<std::string> const& chosen);
    added_attachment add_attachment(location const& at, attachment_input const& in);
    std::string attachments_json(message const& m, std::vector<std::string> const& select);
    std::optional<response> select_of_attachments(std::string_view text, std::vector<std::string>& out);
    response create_upload(location const& at);
    response upload(segments s);

    // $expand
    using expansion = graph_detail::expansion;
    std::optional<response> read_expand(expansion& out);
    std::optional<std::string> extended_value(message const& m, std::string_view id);
    std::string expanded(message const& m, expansion const& e);

    // Drafts
    using draft = graph_detail::draft;
    response create_message(folder& in);
    response update_message(location at);
    response answer_message(location const& at, graph_detail::answer how, bool send);
    std::optional<mime::attachment> attach(attachment_input const& in);
    std::optional<response> fill(draft& d, message_input const& in);
    void quote(draft& d, location const& at, graph_detail::answer how);
    void keep(message_input const& in, std::map<std::string, std::string>& properties) const;
    std::optional<std::string> build(draft const& d);
    std::optional<mime::mailbox> person(outkit::graph::recipient const& r) const;
    std::optional<std::string> mime_body();  // what is in a body of base64
    response no_mime();
    response store_draft(folder& in, draft d, std::string raw, append_options o);

    // Sending
    response send_mail();
    response send_draft(location const& at);
    response dispatch(std::string raw, bool save, location const& written);
    void mark_answered(std::map<std::string, std::string> const& properties);
    response bad_recipient(std::string_view address);
    response not_this_sender();
    response too_large();
    response unreadable(std::string what);

    // The gates. Nothing: pass.
    std::optional<response> authenticate();
    enum class right
    {
        profile,
        read_basic,
        read,
        write,
        send
    };
    bool has_right(right r) const;
    right needed(segments s) const;          // for folders and messages
    std::optional<response> enter(right r);  // permission, then mailbox
    std::optional<response> decode_body() const;

    response json(unsigned status, std::string body);
    response no_content(unsigned status);
    response refuse(unsigned status, std::string code, std::string message, bool by_gateway = true);
    response refuse(odata::refusal const& r) { return refuse(400, r.code, r.message); }
    response no_segment(std::string_view s)
    {
        return refuse(400, "BadRequest", "Resource not found for the segment '" + std::string(s.substr(0, 128)) + "'.");
    }
    response no_method() { return refuse(405, "BadRequest", "The OData request is not supported.", false); }
    response no_item(std::string_view id);
    void finish(response& r);

    std::string root() const { return "https://" + host + "/" + version + "/"; }
    std::string context(std::string_view suffix) const { return root() + "$metadata#" + std::string(suffix); }
    std::string user_key() const { return "users('" + graph_user_id(*owner) + "')"; }
    bool plain() const;  // without OData's annotations
    bool method(std::string_view m) const { return request.method == m; }

    using is_property = bool (*)(std::string_view);
    std::optional<response> select(is_property known, char const* type, selection& out);
    std::optional<response> page(std::uint64_t& top, std::uint64_t& skip);
    std::string entity(message const& m, folder const& in, selection const& s, bool basic);
    response show(unsigned status, message const& m, folder const& in);
    response show(unsigned status, folder const& f);
    bool stale(message const& m) const;  // the request's If-Match names another state
    response conflict();
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
