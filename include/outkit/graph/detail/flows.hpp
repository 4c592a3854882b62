#ifndef OUTKIT_GRAPH_DETAIL_FLOWS_HPP
#define OUTKIT_GRAPH_DETAIL_FLOWS_HPP

#include <outkit/graph/detail/call.hpp>

#include <string>

// Reading a mailbox by Graph, and sending.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL flow<user> get_me(session& s);
OUTKIT_DECL flow<mail_folder> get_folder(session& s, std::string id);
OUTKIT_DECL flow<page<mail_folder>> list_folders(session& s, folder_query q);
OUTKIT_DECL flow<page<mail_folder>> next_folders(session& s, page<mail_folder> after);
OUTKIT_DECL flow<page<message>> list_messages(session& s, message_query q);
OUTKIT_DECL flow<page<message>> next_messages(session& s, page<message> after);
OUTKIT_DECL flow<message> get_message(session& s, std::string id, std::vector<std::string> select);
OUTKIT_DECL flow<message> get_message(session& s, std::string id, std::vector<std::string> select, message_expansion e);
// Returns the number of octets given to the sink.
OUTKIT_DECL flow<std::uint64_t> get_mime(session& s, std::string id, wire::sink to);
OUTKIT_DECL flow<> send_mail(session& s, outgoing_message m, bool save_to_sent_items);
OUTKIT_DECL flow<> send_mime(session& s, std::string mime);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/flows.ipp>
#endif

#endif
