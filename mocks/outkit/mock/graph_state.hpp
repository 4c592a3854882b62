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
// graph_directory.ipp is the directory, graph_sending.ipp sends them, and graph_subscriptions.ipp calls back when something
// has changed.

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
// documented: subscription.md, change-notifications-delivery-webhooks.md
inline constexpr auto longest_subscription = std::chrono::minutes(10'080);
inline constexpr auto shortest_subscription = std::chrono::minutes(45);
inline constexpr std::size_t most_subscriptions = 1'000;  // of a mailbox
inline constexpr std::size_t longest_client_state = 128;
inline constexpr auto validation_patience = std::chrono::seconds(10);
inline constexpr auto notification_patience = std::chrono::seconds(3);
inline constexpr auto notifications_kept = std::chrono::hours(4);
// [inferred]
inline constexpr auto first_repetition = std::chrono::seconds(10);  // doubled each time
inline constexpr auto last_repetition = std::chrono::minutes(10);   // but no more than this
inline constexpr std::size_t most_in_one_post = 100;
inline constexpr std::size_t most_waiting = 10'000;               // for one endpoint
inline constexpr auto warning_before = std::chrono::minutes(15);  // reauthorizationRequired
inline constexpr std::size_t most_rendered = 4'000;               // messages whose JSON is kept
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

// The next of a list whose items may have parentheses and quoted texts in them.
inline std::string_view take_item(std::string_view& text, char separator)
{
    std::size_t depth = 0, at = 0;
    bool quoted = false;
    for (; at < text.size(); ++at)
    {
        char const c = text[at];
        if (c == '\'')
            quoted = !quoted;
        else if (!quoted && c == '(')
            ++depth;
        else if (!quoted && c == ')' && depth != 0)
            --depth;
        else if (!quoted && depth == 0 && c == separator)
            break;
    }
    std::string_view const item = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return http::detail::without_blanks(item);
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
    bool child_folders = false;               // of folders
    std::vector<std::string> of_child_folders;

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
    explicit state(world& w);
    ~state();

    // A message's JSON, made once. By id, the form asked for, and change key.
    struct rendered
    {
        std::string change_key;
        std::shared_ptr<std::string const> text;
    };
    std::shared_ptr<std::string const> render(message const& m, folder const& in, view_options const& o);

    // Those under way, by application and mailbox.
    std::map<std::string, unsigned> running;

    // Requests of one application to one mailbox; nothing if that is not too many.
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

    // Somebody wants to be told of changes.
    struct subscription;
    std::map<std::string, std::unique_ptr<subscription>, std::less<>> subscriptions;  // by id
    subscription* find_subscription(std::string_view id);
    bool look_after(subscription& s);  // false: it has ended
    bool may_go_on(subscription const& s) const;
    void changed(change const& c);
    void tell_of_life(subscription& s, char const* event);

    // What an endpoint is still to be told, and when it is tried next.
    struct endpoint;
    std::map<std::string, std::unique_ptr<endpoint>, std::less<>> endpoints;  // by URL
    void post(std::string const& url, std::string const& id, std::string notification, bool of_life,
              std::string updated = {});
    void deliver(endpoint& e);
    void delivered(endpoint& e, std::size_t count, bool taken);

    // URLs that must echo a text, one after the other, before they are called.
    struct validation
    {
        outkit::detail::event done;
        std::vector<std::string> urls;
        std::size_t at = 0;
        std::string text;
        bool finished = false;
        std::string code, message;  // why not
    };
    void validate(std::shared_ptr<validation> v);
    void note_call(std::string what, unsigned status, std::string reason);
    std::shared_ptr<int> alive = std::make_shared<int>();  // calls back only as long as we are

    world& w;
    std::map<std::string, upload, std::less<>> uploads;
    std::vector<std::string> hosts;  // we answer to, without brackets
    std::string resource;            // tokens are for, in national clouds
    std::string login;               // origin of the authority
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
    ~exchange()
    {
        if (!slot.empty() && --st.running[slot] == 0)
            st.running.erase(slot);
    }
    exchange(exchange const&) = delete;

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
    std::string slot;                   // in `running`; empty: none
    std::chrono::nanoseconds takes{0};  // as a fault has it

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
    std::optional<response> read_folder_expand(graph_detail::expansion& out);
    std::string folder_json(folder const& f, selection const& s);

    // Delta
    std::optional<response> read_cursor(std::string const& resource, std::string const& link, state::cursor& out);
    response delta_page(state::cursor c, std::string const& link, char const* type,
                        std::function<std::string(state::entry const&)> const& write);
    response delta_of_messages(folder_ptr const& in, std::string_view asked);
    response delta_of_folders();
    response sync_state_gone(std::string const& link, bool ours);
    response batch();

    // Subscriptions. While `waits_for` is not done the answer is not there yet; `then` gives it afterwards.
    std::shared_ptr<state::validation> waits_for;
    std::function<response()> then;
    response subscriptions(segments s);
    response create_subscription();
    response update_subscription(state::subscription& s);
    std::optional<response> read_resource(std::string const& text, state::subscription& out);
    std::optional<response> read_expiration(std::string const& text, outkit::detail::wall_time& out);
    std::optional<response> check_url(std::string const& text, char const* name);
    response validated(std::vector<std::string> urls, std::function<response()> and_then);
    response subscription_answer(unsigned status, state::subscription const& s);
    std::string subscription_json(state::subscription const& s) const;
    bool unfinished() const;

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
