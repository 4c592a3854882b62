#ifndef OUTKIT_GRAPH_DETAIL_FLOWS_HPP
#define OUTKIT_GRAPH_DETAIL_FLOWS_HPP

#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>
#include <outkit/http/detail/flows.hpp>
#include <outkit/secret.hpp>

#include <string>

// Conversations with Graph. Each is one call: a request, repeated when the service asks for that or when it did no harm.

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::flow;
using outkit::detail::wire;

struct session
{
    session(options o, access_token t) : config(std::move(o)), token(std::move(t))
    {
        http.w.patience = config.patience;
    }

    http::detail::session http;
    options config;
    access_token token;
    problem last;  // of the last call
};

OUTKIT_DECL flow<user> get_me(session& s);
OUTKIT_DECL flow<mail_folder> get_folder(session& s, std::string id);
OUTKIT_DECL flow<page<mail_folder>> list_folders(session& s, folder_query q);
OUTKIT_DECL flow<page<mail_folder>> next_folders(session& s, page<mail_folder> after);
OUTKIT_DECL flow<page<message>> list_messages(session& s, message_query q);
OUTKIT_DECL flow<page<message>> next_messages(session& s, page<message> after);
OUTKIT_DECL flow<message> get_message(session& s, std::string id, std::vector<std::string> select);
OUTKIT_DECL flow<message> update_message(session& s, std::string id, message_update u);
// Returns the number of octets given to the sink.
OUTKIT_DECL flow<std::uint64_t> get_mime(session& s, std::string id, wire::sink to);
OUTKIT_DECL flow<> send_mail(session& s, outgoing_message m, bool save_to_sent_items);
OUTKIT_DECL flow<> send_mime(session& s, std::string mime);

// A link of the service, if the access token may go there: error::untrusted_origin of http, or none.
OUTKIT_DECL error_code check_link(std::string_view link, session const& s, http::url& out);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/flows.ipp>
#endif

#endif
