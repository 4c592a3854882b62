#ifndef OUTKIT_MOCK_GRAPH_VIEW_HPP
#define OUTKIT_MOCK_GRAPH_VIEW_HPP

#include <outkit/graph/types.hpp>
#include <outkit/mock/directory.hpp>
#include <outkit/mock/mailbox.hpp>

#include <optional>
#include <string>
#include <string_view>

// What is in the directory and in the mailboxes, as Graph shows it. All of a message comes from the one MIME parser.

namespace outkit::inline OUTKIT_ABI::mock {

struct view_options
{
    bool immutable_ids = false;
    std::optional<outkit::graph::body_type> body;  // unset: HTML
    bool unsafe_html = false;                      // scripts stay in
    bool headers = false;                          // internetMessageHeaders, too
};

outkit::graph::message graph_view(message const& m, folder const& in, view_options const& o);
outkit::graph::mail_folder graph_view(folder const& f);
outkit::graph::user graph_view(user const& u);

/// The key of a user in Graph's links: the object id; for personal accounts the last 16 digits of it ("cid").
std::string graph_user_id(user const& u);

/// Text as the HTML that the service makes of it, and the other way.
std::string html_of_text(std::string_view text);
std::string text_of_html(std::string_view html);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/graph_view.ipp>
#endif

#endif
