#ifndef OUTKIT_MOCK_GRAPH_INPUT_HPP
#define OUTKIT_MOCK_GRAPH_INPUT_HPP

#include <outkit/graph/types.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What clients write to Graph: bodies of POST and PATCH as values. Members that are missing stay unset; unknown ones are
// passed over. Parameters of actions match without regard to case: Graph's pages write `destinationId`, SDKs that are
// generated from its schema `DestinationId`.

namespace outkit::inline OUTKIT_ABI::mock {

struct message_input;

struct attachment_input
{
    enum class kind
    {
        file,
        item,
        reference
    };
    kind what = kind::file;
    std::string name;
    std::string content_type;
    std::string content;  // the octets
    std::string content_id;
    bool is_inline = false;
    std::shared_ptr<message_input> item;  // of an item attachment
};

// A property by its MAPI name, such as "Integer 0x0E07".
struct extended_property
{
    std::string id;
    std::string value;
};

struct message_input
{
    using people = std::vector<outkit::graph::recipient>;

    std::optional<std::string> subject;
    std::optional<outkit::graph::item_body> body;
    std::optional<std::string> internet_message_id;
    std::optional<outkit::graph::recipient> from, sender;
    std::optional<people> to, cc, bcc, reply_to;
    std::optional<outkit::graph::importance> importance;
    std::optional<outkit::graph::followup_flag> flag;
    std::optional<std::vector<std::string>> categories;
    std::optional<std::string> inference_classification;
    std::optional<bool> is_read, wants_read_receipt, wants_delivery_receipt;
    std::vector<outkit::graph::internet_message_header> headers;
    std::vector<attachment_input> attachments;
    std::vector<extended_property> extended;
};

// The body of sendMail, reply, forward and those that create drafts of them.
struct action_input
{
    std::optional<message_input> message;
    std::optional<std::string> comment;
    std::optional<message_input::people> to;
    bool save_to_sent_items = true;
};

// What createUploadSession is told.
struct upload_input
{
    attachment_input attachment;
    std::uint64_t size = 0;
};

// A subscription as it is asked for, or what is to change of one.
struct subscription_input
{
    std::optional<std::string> change_type, notification_url, lifecycle_url, resource, expiration, client_state,
        tls_version;
    bool include_resource_data = false;
};

// Nothing for a body that cannot be read; `what` says why. An empty body of an action is one without parameters.
std::optional<message_input> read_message_input(std::string_view json, std::string& what);
std::optional<action_input> read_action_input(std::string_view json, std::string& what);
std::optional<attachment_input> read_attachment_input(std::string_view json, std::string& what);
std::optional<upload_input> read_upload_input(std::string_view json, std::string& what);
std::optional<subscription_input> read_subscription_input(std::string_view json, std::string& what);

// An answer's JSON without "@odata." members, but for links and counts (documented: the query pages).
std::string without_annotations(std::string_view json);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/graph_input.ipp>
#endif

#endif
