#ifndef OUTKIT_IMAP_DETAIL_FLOWS_HPP
#define OUTKIT_IMAP_DETAIL_FLOWS_HPP

#include <outkit/detail/coming_back.hpp>
#include <outkit/imap/detail/command.hpp>
#include <outkit/imap/resume.hpp>
#include <outkit/secret.hpp>

#include <array>
#include <memory>

// What a client says and hears, in order. One flow per command; each leaves the session as RFC 9051 section 3 has it.

namespace outkit::inline OUTKIT_ABI::imap::detail {

// The answer to a command, with text of its own.
struct reply
{
    bool continuation = false;
    status_text::condition status = status_text::condition::ok;
    std::string code, arguments, text;

    bool ok() const { return !continuation && status == status_text::condition::ok; }
    status_text view() const { return {status, code, arguments, text}; }
};

// What a client needs to come back after it has lost its connection.
struct resumption
{
    resumption(mailbox_access a, resume_policy p) : where(std::move(a)), policy(p), access{std::move(where.tokens)} {}

    mailbox_access where;
    resume_policy policy;

    struct open_mailbox
    {
        mailbox_name name;
        bool read_only = false;
        std::uint32_t uid_validity = 0;
    };
    std::optional<open_mailbox> box;  // to be opened again

    outkit::detail::renewed_token access;

    bool up = false;        // there is a connection, as far as is known
    bool was_up = false;    // there has been one
    bool busy = false;      // coming back: what is said meanwhile is not repeated
    bool expired = false;   // the last connection ended with its token, and nothing has been answered since
    unsigned tried = 0;     // connections and waits, of this operation
    unsigned failures = 0;  // connections in a row on which no command was answered
};

// Tags are random, each one, so that an answer cannot have been written before its command (R-STL-07). Several are drawn at
// once, since OpenSSL takes longer for that than all the rest of a NOOP.
class tag_source
{
public:
    OUTKIT_DECL std::string next(environment& world);

private:
    static constexpr std::size_t size = 8;
    std::array<unsigned char, 8 * size> dice_;
    std::size_t left_ = 0;
};

// What is known of the server on one connection.
struct session
{
    enum class state
    {
        disconnected,
        not_authenticated,
        authenticated,
        selected
    };

    explicit session(imap::settings set = {})
        : settings(std::move(set)), w(settings.limits.line), frames(framer::role::client, settings.limits)
    {
    }

    imap::settings settings;
    wire w;
    framer frames;
    std::string host;
    security how = security::implicit_tls;
    bool trusted = false;  // TLS is up (or need not be): what the server says may be believed

    state at = state::disconnected;
    bool ending = false;  // LOGOUT has been said: BYE is no failure
    bool ended = false;   // BYE has been heard
    capabilities caps;
    imap::namespaces spaces;
    mailbox_status box;
    std::vector<mailbox_event> events;
    std::string alert;
    std::optional<std::chrono::milliseconds> retry_after;  // of the last refusal, if it was throttling
    std::size_t malformed = 0;
    bool committed = false;      // the command may have arrived with all that belongs to it
    bool source_failed = false;  // the message to append could not be had

    tag_source tags;
    reply last;
    response heard;  // scratch, of the loop that reads
    arena scratch;   // the same

    event stop_idle;
    std::unique_ptr<resumption> resume;  // null: a connection that is lost stays lost

    void forget();  // everything learned on a connection
};

// Takes the untagged responses a command asked for.
class data_handler
{
public:
    // Where the frame's views shall live; null: they are not kept.
    virtual arena* block(std::string_view frame) = 0;
    // False: it is nothing this command asked for.
    virtual bool take(session& s, response& r, error_code& ec) = 0;
    // What it takes is gone at once: it does not count against what may be kept for one command.
    virtual bool keeps() const { return true; }
    // The caller has refused what it was given: an error is his, not the connection's.
    virtual bool gave_up() const { return false; }
    // The command will be said again, on another connection. False: it need not be, all of its answer has come.
    virtual bool again(session&, command&) { return true; }

protected:
    ~data_handler() = default;
};

OUTKIT_DECL flow<> connect(session& s, std::string host, std::uint16_t port, security how);
OUTKIT_DECL flow<> authenticate(session& s, std::string user, access_token token);
OUTKIT_DECL flow<capabilities> capability(session& s);
OUTKIT_DECL flow<std::vector<mailbox_event>> noop(session& s);
OUTKIT_DECL flow<> logout(session& s);
OUTKIT_DECL flow<id_fields> identify(session& s, id_fields ours);

OUTKIT_DECL flow<imap::namespaces> namespaces_of(session& s);
enum class listing
{
    all,
    subscribed
};
OUTKIT_DECL flow<std::vector<mailbox>> list(session& s, std::string reference, std::string pattern,
                                            listing which = listing::all);
OUTKIT_DECL flow<mailbox_status> status(session& s, mailbox_name name);
OUTKIT_DECL flow<mailbox_status> select(session& s, mailbox_name name, bool read_only);
OUTKIT_DECL flow<> unselect(session& s);
OUTKIT_DECL flow<> close(session& s);
OUTKIT_DECL flow<> create(session& s, mailbox_name name);
OUTKIT_DECL flow<> remove(session& s, mailbox_name name);
OUTKIT_DECL flow<> rename(session& s, mailbox_name from, mailbox_name to);
OUTKIT_DECL flow<> subscribe(session& s, mailbox_name name, bool on);

enum class numbering
{
    uid,
    sequence
};
OUTKIT_DECL flow<message_batch> fetch(session& s, numbering by, number_set which, fetch_items what);
OUTKIT_DECL flow<message_batch> store(session& s, numbering by, number_set which, store_options what);
OUTKIT_DECL flow<copy_result> copy(session& s, uid_set which, mailbox_name to);
OUTKIT_DECL flow<copy_result> move(session& s, uid_set which, mailbox_name to);
OUTKIT_DECL flow<uid_set> search(session& s, search_key what);
OUTKIT_DECL flow<> expunge(session& s, uid_set which);
OUTKIT_DECL flow<> expunge_all(session& s);
OUTKIT_DECL flow<append_result> append(session& s, mailbox_name to, std::string message, append_options how);
OUTKIT_DECL flow<append_result> append(session& s, mailbox_name to, octet_source from, append_options how);
OUTKIT_DECL flow<std::vector<mailbox_event>> idle(session& s, idle_options how);

// The parts these are made of. `execute` leaves the tagged answer in s.last, whatever it is.
OUTKIT_DECL flow<> execute(session& s, command c, data_handler* data = nullptr);
// The same, once and on this connection.
OUTKIT_DECL flow<> say(session& s, command& c, data_handler* data);
// The error that a NO or BAD means; sets s.retry_after.
OUTKIT_DECL error_code meaning(session& s, reply const& r);
OUTKIT_DECL std::string words(reply const& r);

// --- coming back (resuming.ipp) ---

// Connects and signs in; from then on the session comes back when its connection is lost.
OUTKIT_DECL flow<> open(session& s, mailbox_access where, resume_policy how);
// A connection is there, and its token is good for a while. True: `stop` has happened instead.
OUTKIT_DECL flow<bool> stand_ready(session& s, event::watch* stop);
// The same after one was lost for this reason.
OUTKIT_DECL flow<bool> come_back(session& s, error_code why, std::string said, event::watch* stop);
// A command was refused. True: it is worth saying again now, after a wait or a new connection.
OUTKIT_DECL flow<bool> worth_repeating(session& s, command const& c, after_loss then, bool& refreshed);
// The connection is gone, or its server cannot serve us at the moment: another one may be better.
using outkit::detail::is_loss;
OUTKIT_DECL after_loss rule_of(std::string_view command);
OUTKIT_DECL void leave_mailbox(session& s);

// A client's operation on a session that comes back.
template <class T>
flow<T> lasting(session& s, flow<T> operation)
{
    co_await stand_ready(s, nullptr);
    co_return co_await std::move(operation);
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/detail/flows.ipp>
#include <outkit/imap/detail/resuming.ipp>
#endif

#endif
