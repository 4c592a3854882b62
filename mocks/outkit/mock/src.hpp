#ifndef OUTKIT_MOCK_SRC_HPP
#define OUTKIT_MOCK_SRC_HPP

// What outkit/src.hpp is for the library, for the mocks.

#include <outkit/mock/aadsts.ipp>
#include <outkit/mock/access.ipp>
#include <outkit/mock/certificates.ipp>
#include <outkit/mock/clock.ipp>
#include <outkit/mock/delivery_report.ipp>
#include <outkit/mock/directory.ipp>
#include <outkit/mock/entra.ipp>
#include <outkit/mock/entra_device.ipp>
#include <outkit/mock/entra_sign_in.ipp>
#include <outkit/mock/entra_token.ipp>
#include <outkit/mock/faults.ipp>
#include <outkit/mock/form_browser.ipp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_attachments.ipp>
#include <outkit/mock/graph_batch.ipp>
#include <outkit/mock/graph_delta.ipp>
#include <outkit/mock/graph_directory.ipp>
#include <outkit/mock/graph_drafts.ipp>
#include <outkit/mock/graph_expand.ipp>
#include <outkit/mock/graph_folders.ipp>
#include <outkit/mock/graph_input.ipp>
#include <outkit/mock/graph_messages.ipp>
#include <outkit/mock/graph_search.ipp>
#include <outkit/mock/graph_sending.ipp>
#include <outkit/mock/graph_view.ipp>
#include <outkit/mock/http_service.ipp>
#include <outkit/mock/imap.ipp>
#include <outkit/mock/imap_mailboxes.ipp>
#include <outkit/mock/imap_messages.ipp>
#include <outkit/mock/imap_sign_in.ipp>
#include <outkit/mock/imap_view.ipp>
#include <outkit/mock/journal.ipp>
#include <outkit/mock/keys.ipp>
#include <outkit/mock/mailbox.ipp>
#include <outkit/mock/oauthbearer.ipp>
#include <outkit/mock/odata.ipp>
#include <outkit/mock/pages/page.ipp>
#include <outkit/mock/policy.ipp>
#include <outkit/mock/scenarios.ipp>
#include <outkit/mock/server.ipp>
#include <outkit/mock/servers.ipp>
#include <outkit/mock/smtp.ipp>
#include <outkit/mock/smtp_envelope.ipp>
#include <outkit/mock/smtp_sign_in.ipp>
#include <outkit/mock/smtp_submission.ipp>
#include <outkit/mock/tokens.ipp>
#include <outkit/mock/user_info.ipp>
#include <outkit/mock/world.ipp>
#include <outkit/mock/world_json.ipp>

#endif
