#ifndef OUTKIT_GRAPH_DETAIL_CODEC_HPP
#define OUTKIT_GRAPH_DETAIL_CODEC_HPP

#include <outkit/graph/delta.hpp>
#include <outkit/graph/detail/date_time.hpp>
#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>
#include <outkit/http/message.hpp>

#include <span>
#include <string>
#include <string_view>

// Graph's JSON <-> values. Unknown members are passed over, as the service adds new ones at any time; the known ones
// must have the type of the schema, or be null. Written members come in the order the service writes them.

namespace outkit::inline OUTKIT_ABI::graph::detail {

// What was read, or why not: `what` names the member and what is wrong with it.
template <class T>
struct parsed
{
    T value = {};
    error_code ec = {};
    std::string what = {};
};

OUTKIT_DECL parsed<user> parse_user(std::string_view json, limits const& l);
OUTKIT_DECL parsed<mail_folder> parse_folder(std::string_view json, limits const& l);
OUTKIT_DECL parsed<message> parse_message(std::string_view json, limits const& l);
OUTKIT_DECL parsed<page<mail_folder>> parse_folders(std::string_view json, limits const& l);
OUTKIT_DECL parsed<page<message>> parse_messages(std::string_view json, limits const& l);
OUTKIT_DECL parsed<changes<mail_folder>> parse_folder_changes(std::string_view json, limits const& l);
OUTKIT_DECL parsed<changes<message>> parse_message_changes(std::string_view json, limits const& l);

// Action parameters match without regard to case: Graph's pages write `destinationId`, SDKs generated from its schema
// `DestinationId`.
OUTKIT_DECL parsed<std::string> parse_folder_name(std::string_view json,
                                                  limits const& l);  // of a new or renamed folder
OUTKIT_DECL parsed<std::string> parse_destination(std::string_view json, limits const& l);  // of move and copy

// The problem a response of 400 or more tells of. Never fails: an empty or foreign body leaves status and headers.
OUTKIT_DECL problem parse_problem(http::response const& r, limits const& l);
OUTKIT_DECL error_code error_of(problem const& p);
// One line of at most 512 octets without control characters and tokens.
OUTKIT_DECL std::string summary_of(problem const& p);

// A message as the service writes it: the members named in `select`, or all there are by default; always the etag and
// the id. `known_property` tells names to be selected from others.
OUTKIT_DECL std::string serialise(message const& m, std::span<std::string_view const> select = {});
OUTKIT_DECL std::string serialise(mail_folder const& f, std::span<std::string_view const> select = {});
OUTKIT_DECL std::string serialise(user const& u, std::span<std::string_view const> select = {});
OUTKIT_DECL bool is_message_property(std::string_view name);
OUTKIT_DECL bool is_folder_property(std::string_view name);
OUTKIT_DECL bool is_user_property(std::string_view name);

OUTKIT_DECL std::string serialise(outgoing_message const& m, bool save_to_sent_items);
OUTKIT_DECL std::string serialise(outgoing_message const& m);  // as a draft is made of it
OUTKIT_DECL std::string serialise(message_update const& u);
OUTKIT_DECL std::string serialise(reply const& r);
// {"name":"value"}: the one parameter of an action.
OUTKIT_DECL std::string serialise(std::string_view name, std::string_view value);

// An error's body. Errors of the gateway name the request in `innerError`; those of the mailbox often do not.
OUTKIT_DECL std::string serialise(problem const& p, bool inner_error);

// `text` as a JSON string, quotes included.
OUTKIT_DECL std::string json_string(std::string_view text);

// How long the service wants to be left alone (RFC 9110 section 10.2.3): whole or broken seconds, or until a date.
// Nothing when the field is missing or cannot be understood; more than a year is a year.
OUTKIT_DECL std::optional<std::chrono::seconds> retry_after(http::fields const& headers,
                                                            std::chrono::system_clock::time_point now);

// What a 401 challenges for (RFC 9110 section 11.6.1): the decoded `claims` of a Bearer challenge with
// error="insufficient_claims", at most 8 KiB; empty if there are none or they are not base64.
OUTKIT_DECL std::string claims_of(http::fields const& headers);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/codec.ipp>
#endif

#endif
