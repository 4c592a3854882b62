#ifndef OUTKIT_GRAPH_DETAIL_WRITING_HPP
#define OUTKIT_GRAPH_DETAIL_WRITING_HPP

#include <outkit/graph/detail/call.hpp>

// What changes a mailbox: drafts and what is made of them, moving, deleting, folders.

namespace outkit::inline OUTKIT_ABI::graph::detail {

// A draft; in the folder of drafts, or in another one.
OUTKIT_DECL flow<message> create_draft(session& s, outgoing_message m, std::string folder);
OUTKIT_DECL flow<message> create_draft_of(session& s, std::string mime);
OUTKIT_DECL flow<message> update_message(session& s, std::string id, message_update u);
OUTKIT_DECL flow<> send_draft(session& s, std::string id);

enum class answering
{
    reply,
    reply_all,
    forward
};
OUTKIT_DECL flow<> answer(session& s, std::string id, answering how, reply r);
OUTKIT_DECL flow<message> draft_answer(session& s, std::string id, answering how, reply r);

OUTKIT_DECL flow<message> move_message(session& s, std::string id, std::string destination);
OUTKIT_DECL flow<message> copy_message(session& s, std::string id, std::string destination);
OUTKIT_DECL flow<> delete_message(session& s, std::string id, bool for_ever);

OUTKIT_DECL flow<mail_folder> create_folder(session& s, std::string name, std::string parent, bool hidden);
OUTKIT_DECL flow<mail_folder> rename_folder(session& s, std::string id, std::string name);
OUTKIT_DECL flow<mail_folder> move_folder(session& s, std::string id, std::string destination);
OUTKIT_DECL flow<mail_folder> copy_folder(session& s, std::string id, std::string destination);
OUTKIT_DECL flow<> delete_folder(session& s, std::string id, bool for_ever);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/writing.ipp>
#endif

#endif
