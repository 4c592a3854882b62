#ifndef OUTKIT_MOCK_GRAPH_STATE_HPP
#define OUTKIT_MOCK_GRAPH_STATE_HPP

#include <outkit/graph/detail/codec.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/graph_view.hpp>
#include <outkit/mock/odata.hpp>
#include <outkit/mock/world.hpp>

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

// What the parts of the mock Graph share: graph.ipp is the way in with its gates, graph_folders.ipp and graph_messages.ipp
// show and change what is in a mailbox, graph_sending.ipp sends.

namespace outkit::inline OUTKIT_ABI::mock {

namespace graph_detail {

inline constexpr std::size_t longest_target = 16 * 1024;
inline constexpr std::size_t most_segments = 64;
inline constexpr std::size_t largest_body = 4 * 1024 * 1024;  // observed: microsoft-graph-docs-contrib#682
inline constexpr std::uint64_t default_page = 10;
inline constexpr std::uint64_t largest_page = 1000;
inline constexpr std::size_t most_rendered = 4'000;  // messages whose JSON is kept
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

    world& w;
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
    access who;
    user const* owner = nullptr;  // whose mailbox
    mailbox* box = nullptr;
    journal_entry entry;

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
    response one_message(folder_ptr const& in, std::string const& id, segments s);
    response transfer(location const& from, bool move);
    response send_mail();
    response submit(std::string raw, std::vector<std::string> recipients, bool save);

    // The gates. Nothing: pass.
    std::optional<response> authenticate(std::string_view whose);
    enum class right
    {
        profile,
        read_basic,
        read,
        write,
        send
    };
    bool has_right(right r) const;
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
    bool method(std::string_view m) const { return request.method == m; }

    struct selection
    {
        std::vector<std::string> names;       // canonical; empty: the default
        std::vector<std::string_view> views;  // the same
        std::string in_context;               // "(a,b)" or nothing
    };
    using is_property = bool (*)(std::string_view);
    std::optional<response> select(is_property known, char const* type, selection& out);
    std::optional<response> page(std::uint64_t& top, std::uint64_t& skip);
    std::string entity(message const& m, folder const& in, selection const& s, bool basic);
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
