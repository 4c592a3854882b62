#ifndef OUTKIT_GRAPH_TYPES_HPP
#define OUTKIT_GRAPH_TYPES_HPP

#include <outkit/config.hpp>
#include <outkit/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What Microsoft Graph v1.0 says about mail, as values. Names are Graph's in snake case. A string is empty, a list is
// empty and an optional is unset when the service sent null or nothing: it leaves out what was not selected.

namespace outkit::inline OUTKIT_ABI::graph {

/// A date and time in UTC. Graph's dates on mail have whole seconds.
using date_time = std::chrono::sys_seconds;

/// How much of an answer is believed. Exceeding one fails with error::limit_exceeded; zero never means "unlimited".
struct limits
{
    http::limits http = {};                                        // but for the body, which has the two below
    std::size_t json_body = 16 * 1024 * 1024;                      // octets of one JSON answer
    std::uint64_t download = std::uint64_t(150) << 20;             // octets of one MIME message, which is streamed
    std::size_t error_body = 64 * 1024;                            // octets of an error's body; more is ignored
    std::size_t json_depth = 32;                                   // nested objects and arrays
    std::size_t json_values = 100'000;                             // members and elements altogether
    std::size_t json_string = 4 * 1024 * 1024;                     // octets of one string
    std::size_t link = 16 * 1024;                                  // octets of a nextLink or Location
    std::size_t pages = 10'000;                                    // of one listing
    std::size_t upload_piece = 12 * 320 * 1024;                    // octets of a large attachment in one request
    unsigned redirects = 3;                                        // for GET, within the same origin
    unsigned attempts = 4;                                         // per call, the first included
    std::chrono::seconds retry_after = std::chrono::seconds(300);  // longest wait the service may ask for
    std::chrono::seconds patience = std::chrono::seconds(900);     // for one call, waits and repeats included
};

/// A member that we have no name for: the service adds new ones at any time. Its value as JSON, as it came.
struct unknown_member
{
    std::string name;
    std::string json;
};

/// A signed-in user (resource type user, the properties GET /me returns by default).
struct user
{
    std::string id;                   // GUID; personal accounts: 16 hexadecimal digits
    std::string user_principal_name;  // what the user signs in with
    std::string mail;                 // primary SMTP address; may be empty, then try user_principal_name
    std::string display_name;
    std::string given_name;
    std::string surname;
    std::string job_title;
    std::string mobile_phone;
    std::string office_location;
    std::string preferred_language;  // such as "en-US"
    std::vector<std::string> business_phones;
    std::vector<unknown_member> other;
};

/// A folder of a mailbox (resource type mailFolder).
struct mail_folder
{
    std::string id;            // opaque and case-sensitive
    std::string display_name;  // localised for the well-known ones
    std::string parent_folder_id;
    std::uint32_t child_folder_count = 0;
    std::uint32_t unread_item_count = 0;
    std::uint32_t total_item_count = 0;  // counts hidden items, too
    bool is_hidden = false;
    bool is_search_folder = false;  // of type mailSearchFolder
    std::vector<unknown_member> other;
};

/// One address with its display name, which may be empty.
struct recipient
{
    std::string name;
    std::string address;
    std::vector<unknown_member> other = {};          // besides emailAddress
    std::vector<unknown_member> address_other = {};  // within it
};

enum class body_type
{
    text,
    html
};
struct item_body
{
    body_type content_type = body_type::text;
    std::string content;  // UTF-8
};

enum class importance
{
    low,
    normal,
    high
};

enum class flag_status
{
    not_flagged,
    complete,
    flagged
};

/// A time with the name of its zone, as Graph writes it: "2026-11-24T00:00:00.0000000" in "UTC".
struct zoned_time
{
    std::string date_time;
    std::string time_zone;
};
struct followup_flag
{
    graph::flag_status status = flag_status::not_flagged;
    std::optional<zoned_time> start;
    std::optional<zoned_time> due;
    std::optional<zoned_time> completed;
};

struct internet_message_header
{
    std::string name;
    std::string value;
};

/// A property that MAPI knows by a name such as "String 0x007D" or "String {guid} Name x" (resource types
/// singleValueLegacyExtendedProperty and multiValueLegacyExtendedProperty).
struct extended_property
{
    std::string id;
    std::string value;
};
struct extended_values
{
    std::string id;
    std::vector<std::string> values;
};

enum class attachment_kind
{
    file,
    item,      // a message, contact or event
    reference  // to a file in the cloud; it has no content of its own
};

/// An attachment as Graph shows it (resource types fileAttachment, itemAttachment, referenceAttachment).
struct attachment
{
    attachment_kind kind = attachment_kind::file;
    std::string id;  // opaque and case-sensitive
    std::optional<date_time> last_modified_date_time;
    std::string name;
    std::string content_type;  // empty for items
    std::uint32_t size = 0;    // octets in the store, more than the content's own
    bool is_inline = false;
    std::string content_id;
    std::string content_location;
    std::optional<std::string> content;  // the octets of a file, where they were asked for
    std::vector<unknown_member> other;   // `item` of an item among them, where that was expanded
};

/// A message as Graph shows it (resource type message). With `select` only what was asked for is there, and the id.
struct message
{
    std::string id;    // opaque, case-sensitive; changes when the message is moved, unless ids are immutable
    std::string etag;  // W/"<change_key>"
    std::optional<graph::date_time> created_date_time;
    std::optional<graph::date_time> last_modified_date_time;
    std::string change_key;
    std::vector<std::string> categories;
    std::optional<graph::date_time> received_date_time;
    std::optional<graph::date_time> sent_date_time;
    std::optional<bool> has_attachments;  // false when there are only inline ones
    std::string internet_message_id;      // with its angle brackets
    std::string subject;
    std::string body_preview;  // first 255 characters as text
    std::optional<graph::importance> importance;
    std::string parent_folder_id;
    std::string conversation_id;
    std::string conversation_index;  // base64
    std::optional<bool> is_delivery_receipt_requested;
    std::optional<bool> is_read_receipt_requested;
    std::optional<bool> is_read;
    std::optional<bool> is_draft;
    std::string web_link;
    std::string inference_classification;  // "focused" or "other"
    std::optional<item_body> body;
    std::optional<item_body> unique_body;  // what is new in it; only when selected
    std::optional<recipient> sender;
    std::optional<recipient> from;
    std::vector<recipient> to_recipients;
    std::vector<recipient> cc_recipients;
    std::vector<recipient> bcc_recipients;
    std::vector<recipient> reply_to;
    std::optional<followup_flag> flag;
    std::vector<internet_message_header> internet_message_headers;  // only when selected

    // Only when expanded
    std::vector<attachment> attachments;
    std::vector<extended_property> single_value_extended_properties;
    std::vector<extended_values> multi_value_extended_properties;

    std::vector<unknown_member> other;  // of types derived from message, too, with "@odata.type"
};

/// One page of a listing.
template <class T>
struct page
{
    std::vector<T> value;                // may be shorter than `top`, even empty, while there is a next page
    std::string next_link;               // empty on the last page; opaque
    std::optional<std::uint64_t> count;  // of the whole listing, if asked for
    std::size_t number = 1;              // of this page
};

/// Which folders to list. The direct children only; search folders are among them.
struct folder_query
{
    std::string parent;  // id or well-known name; empty: the top level
    unsigned top = 0;    // folders per page, 1 to 1000; 0: the service decides (10)
    bool include_hidden = false;
};

/// What comes along with each message ($expand).
struct message_expansion
{
    bool attachments = false;
    std::vector<std::string> attachment_select = {};        // as of async_list_attachments; empty: content and all
    std::vector<std::string> single_value_properties = {};  // their ids: "String 0x007D"
    std::vector<std::string> multi_value_properties = {};
};

/// Which messages to list, and what of them. Newest first by default.
struct message_query
{
    std::string folder;               // id or well-known name such as "inbox"; empty: all folders of the mailbox
    std::vector<std::string> select;  // Graph's names: "subject", "from", "receivedDateTime"; empty: all but headers
    unsigned top = 0;                 // messages per page, 1 to 1000; 0: the service decides (10)
    std::uint64_t skip = 0;           // messages to pass over
    std::string filter;               // OData: `isRead eq false`; graph/query.hpp makes it of values
    std::string order_by;             // OData: `receivedDateTime desc`; what it names must come first in `filter`
    bool count = false;               // ask for page::count
    std::string search;               // words, or KQL: `from:alex AND received>=2026-01-01`; not with the four before
    message_expansion expand = {};
};

/// A file sent along.
struct file_attachment
{
    std::string name;
    std::string content_type = "application/octet-stream";
    std::string content;     // the octets themselves
    bool is_inline = false;  // shown in the body, which names it as cid:<content_id>
    std::string content_id;
};

/// A message to be sent. Addresses are checked by the service.
struct outgoing_message
{
    std::string subject;
    item_body body;
    std::vector<recipient> to_recipients;
    std::vector<recipient> cc_recipients;
    std::vector<recipient> bcc_recipients;
    std::vector<recipient> reply_to;
    std::optional<recipient> from;  // another mailbox one may send as; empty: one's own
    graph::importance importance = graph::importance::normal;
    std::vector<internet_message_header> internet_message_headers;  // names begin with "x-"; about five at most
    std::vector<file_attachment> attachments;                       // the request may have 4 MB, base64 included
};

/// What to change of a message that is in the mailbox. Unset: leave as it is.
struct message_update
{
    // Of any message
    std::optional<bool> is_read = {};
    std::optional<graph::importance> importance = {};
    std::optional<flag_status> flag = {};
    std::optional<std::vector<std::string>> categories = {};  // all of them
    std::optional<std::string> inference_classification = {};
    std::optional<bool> is_delivery_receipt_requested = {};
    std::optional<bool> is_read_receipt_requested = {};
    std::optional<recipient> sender = {};
    std::optional<recipient> from = {};
    std::optional<std::vector<recipient>> to_recipients = {};
    std::optional<std::vector<recipient>> cc_recipients = {};
    std::optional<std::vector<recipient>> bcc_recipients = {};

    // Of drafts only
    std::optional<std::string> internet_message_id = {};
    std::optional<std::string> subject = {};
    std::optional<item_body> body = {};
    std::optional<std::vector<recipient>> reply_to = {};
};

/// What is said in a reply, or along with a message that is forwarded.
struct reply
{
    std::string comment = {};                    // above the quoted text; not together with a body in `message`
    std::optional<message_update> message = {};  // what the new message has of its own
    std::vector<recipient> to_recipients = {};   // whom it is forwarded to; none for a reply
};

/// Which Graph a client talks to, as whom, and how.
struct options
{
    /// The cloud's Graph host: graph.microsoft.com, graph.microsoft.us (GCC High), dod-graph.microsoft.us,
    /// microsoftgraph.chinacloudapi.cn, or a mock's. The access token goes to this host and port and nowhere else.
    std::string host = "graph.microsoft.com";
    std::uint16_t port = 443;
    std::string version = "v1.0";
    /// Whose mailbox: object id or principal name. Empty: the signed-in user's; an app-only token must name one.
    std::string user = {};
    /// Ids that stay the same when a message is moved. Both kinds are understood at any time.
    bool immutable_ids = false;
    /// The form bodies are wanted in. Unset: HTML, whatever was sent.
    std::optional<body_type> body = {};
    /// How long each step on the network may take.
    std::chrono::milliseconds patience{60'000};
    /// How long a token_provider may take, and how long before its end a token is not used any more. oauth2::token_source
    /// has a fresh one 5 minutes before.
    std::chrono::milliseconds token_patience = std::chrono::minutes(2);
    std::chrono::milliseconds before_expiry = std::chrono::minutes(4);
    graph::limits limits = {};
};

/// What the service said about a refusal. `code` is for programs, `message` for people; both are the service's words.
struct problem
{
    unsigned status = 0;  // of HTTP; 0: there was none
    std::string code;     // such as "ErrorItemNotFound"
    std::string message;
    std::string request_id;         // to quote to Microsoft's support
    std::string client_request_id;  // ours, as the service saw it
    std::string date;
    std::optional<std::chrono::seconds> retry_after;  // how long the service wants to be left alone
    std::string claims;  // of a claims challenge: pass them on to the authority when asking for a new token
};

/// An OData string literal: apostrophes around it, those within it doubled. For filters: `"subject eq " + odata_quoted(s)`.
OUTKIT_DECL std::string odata_quoted(std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::graph

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/types.ipp>
#endif

#endif
