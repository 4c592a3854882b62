#ifndef OUTKIT_MOCK_ODATA_HPP
#define OUTKIT_MOCK_ODATA_HPP

#include <outkit/mock/mailbox.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The part of OData that Graph's mail understands: the query of a URL, $filter and $orderby over messages. What the real
// service refuses is refused here with its words (documented: user-list-messages.md, query-parameters.md in
// microsoftgraph/microsoft-graph-docs-contrib; observed: issues named at the texts).

namespace outkit::inline OUTKIT_ABI::mock::odata {

// Why a query is refused: error.code and error.message of the answer.
struct refusal
{
    std::string code;
    std::string message;
    explicit operator bool() const { return !code.empty(); }
};

// The options of a query in their order, decoded. Names are compared without regard to case, "$" may come as "%24".
class query
{
public:
    // False for a text that is not percent-encoded properly or has too many options.
    bool parse(std::string_view text);

    // The first option of that name, or null.
    std::string const* find(std::string_view name) const;
    // The query of the next page: the same options with another $skip or $skiptoken, written as the service writes it.
    std::string with_skip(std::uint64_t skip) const { return with("$skip", std::to_string(skip)); }
    std::string with(std::string_view option, std::string_view value) const;

    std::vector<std::pair<std::string, std::string>> const& options() const { return options_; }

private:
    std::vector<std::pair<std::string, std::string>> options_;
};

// What can be filtered and sorted by.
enum class property
{
    received,
    sent,
    created,
    modified,
    subject,
    importance,
    is_read,
    is_draft,
    has_attachments,
    conversation_id,
    internet_message_id,
    parent_folder_id,
    from_address,
    from_name,
    sender_address,
    sender_name,
    flag_status,
    inference,
    categories  // one at a time, in any()
};

// Seconds since 1970 for dates; nothing for null.
using value = std::variant<std::monostate, bool, std::int64_t, std::string>;
value value_of(message const& m, folder const& in, property p);

// What the above are made of.
std::int64_t seconds(outkit::detail::wall_time t);  // since 1970
std::int64_t sent_seconds(message const& m);        // of the Date field; when it was received, if there is none
std::string header_text(message const& m, std::string_view name);
std::string importance_of(message const& m);  // "low", "normal", "high"
std::string flag_of(message const& m);        // "notFlagged", "flagged", "complete"
std::string inference_of(message const& m);   // "focused", "other"
bool has_attachments(message const& m);       // that are not inline
std::string address_text(mime::address_entry const& e);

// "Integer 0x0E07" as one spelling.
std::string mapi_key(std::string_view id);
// What MAPI calls the message's own, or what a client has kept with it, as text.
std::optional<std::string> extended_value(message const& m, std::string_view id);

// ASCII letters in lower case; texts compare without regard to case, as Exchange's do.
std::string lowered(std::string_view s);

// The categories a view keeps with a message, and the text they are kept as.
std::vector<std::string> categories_of(message const& m);
std::string join_categories(std::vector<std::string> const& names);

class filter
{
public:
    refusal parse(std::string_view text);
    bool matches(message const& m, folder const& in) const;
    // In the order of their first mention.
    std::vector<property> const& mentioned() const { return mentioned_; }

private:
    friend class filter_parser;
    enum class kind : std::uint8_t
    {
        both,
        either,
        negation,
        comparison,
        contains,
        starts_with,
        ends_with,
        any_category,
        any_extended
    };
    enum class op : std::uint8_t
    {
        eq,
        ne,
        gt,
        ge,
        lt,
        le
    };
    struct node
    {
        kind what = kind::comparison;
        op how = op::eq;
        odata::property of = property::subject;
        odata::value with = {};
        std::uint32_t first = 0, second = 0;  // nodes, for both, either, negation and any_category
        std::string id = {};                  // of the extended property
    };
    bool holds(std::uint32_t at, message const& m, folder const& in, std::string const* category) const;
    std::vector<node> nodes_;
    std::uint32_t root_ = 0;
    std::vector<property> mentioned_;
};

struct order
{
    property by = property::received;
    bool descending = false;
};
refusal parse_order(std::string_view text, std::vector<order>& out);
// Sorting by what is not filtered by first (documented: user-list-messages.md).
refusal check_order(filter const& f, std::vector<order> const& by);
bool comes_before(std::vector<order> const& by, message const& a, folder const& in_a, message const& b,
                  folder const& in_b);

}  // namespace outkit::inline OUTKIT_ABI::mock::odata

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/odata.ipp>
#endif

#endif
