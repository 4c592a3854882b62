#ifndef OUTKIT_SMTP_DETAIL_FLOWS_HPP
#define OUTKIT_SMTP_DETAIL_FLOWS_HPP

#include <outkit/detail/wire.hpp>
#include <outkit/secret.hpp>
#include <outkit/smtp/detail/codec.hpp>

#include <memory>
#include <vector>

// The client's side of SMTP submission (RFC 6409). A refusal that leaves the connection in order is a value; what
// breaks the conversation ends the flow.

namespace outkit::inline OUTKIT_ABI::smtp::detail {

template <class T = void>
using flow = outkit::detail::flow<T>;

inline constexpr std::size_t nobody = std::size_t(-1);

// What is known of a mailing while it runs, and afterwards, also when the flow has been cancelled.
struct progress
{
    std::vector<delivery> deliveries;
    std::size_t in_doubt = nobody;  // the message that has been sent and not been answered for
    std::string message_id;         // its Message-ID as it was sent
    error_code refusal;             // of the first message that was not taken
    reply refused;                  // the server's, to that message
    bool yielding = false;          // a refusal that any other message would get, too, ends the mailing

    bool doubtful() const { return in_doubt < deliveries.size(); }
};

struct session
{
    outkit::detail::wire w{limits().reply_line};
    smtp::endpoint at;
    extensions offered;
    bool ready = false;  // EHLO has been answered
    bool authenticated = false;
    stage now = stage::none;
    reply refused;  // the last refusal of this operation; not from before TLS
    // The server's words about the last refusal that left the connection in order.
    std::shared_ptr<std::string> server_said = std::make_shared<std::string>();
};

// Connects, greets and secures the connection. Fails with tls_required rather than go on without TLS.
OUTKIT_DECL flow<extensions> connect(session& s, endpoint to);

// AUTH XOAUTH2 (RFC 4954), with the initial response if the line has room for it.
OUTKIT_DECL flow<> authenticate(session& s, std::string user, access_token token);

// Sends the messages one after the other, and says in `now` what became of each.
OUTKIT_DECL flow<> send_all(session& s, std::vector<mail> messages, std::shared_ptr<progress> now);

// How a mailing ended; `cause` differs from `ec` where a message is in doubt.
struct mailing_end
{
    error_code ec, cause;
    std::string diagnostics;
};
// The same for those that have not been sent yet. After an error the connection is of no use.
OUTKIT_DECL flow<mailing_end> send_unsent(session& s, std::vector<mail> const& messages, progress& now);

// What is wrong with the session, or with its sender: another message would be refused as well.
OUTKIT_DECL bool would_refuse_all(reply const& r);
OUTKIT_DECL void note_outcome(session& s, progress& now, delivery const& d);
OUTKIT_DECL void forget_refusal(session& s);

OUTKIT_DECL flow<> reset(session& s);  // RSET
OUTKIT_DECL flow<> noop(session& s);   // NOOP
OUTKIT_DECL flow<> quit(session& s);   // QUIT, and closes; a server that does not answer it has no say

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/smtp/detail/flows.ipp>
#endif

#endif
