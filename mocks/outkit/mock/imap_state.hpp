#ifndef OUTKIT_MOCK_IMAP_STATE_HPP
#define OUTKIT_MOCK_IMAP_STATE_HPP

#include <outkit/mock/access.hpp>
#include <outkit/mock/imap.hpp>
#include <outkit/mock/imap_view.hpp>
#include <outkit/mock/world.hpp>

#include <optional>
#include <vector>

// What the parts of the mock IMAP server share: imap.ipp talks and finds the command, imap_sign_in.ipp lets people in,
// imap_mailboxes.ipp has the commands about mailboxes, imap_messages.ipp those about what is in them.

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

using detail::attempt;
using detail::fail;
using detail::flow;
using detail::wire;
using namespace std::chrono_literals;

inline constexpr std::size_t longest_line = 64 * 1024;
inline constexpr std::size_t largest_before_sign_in = 4 * 1024;  // of literals
inline constexpr auto idle_before_sign_in = 30s;                 // Exchange Server's is 1 minute
inline constexpr auto idle_after_sign_in = 30min;                // AuthenticatedConnectionTimeout
inline constexpr auto budget_window = 5min;                      // suggested back-offs are just under it

// What Exchange and the plain server say where they do the same.
struct phrases
{
    std::string_view unknown_command, bad_line, bad_argument, bad_state, bad_set, refused, go_ahead, idling,
        signing_off, too_many_errors, idle_too_long, read_only;
    std::string_view permanent_flags, unseen, uid_validity, uid_next;
};
// Sources: docs/fidelity.md.
inline constexpr phrases exchange_phrases = {
    "Command Error. 10",
    "Command Error. 12",
    "Command Argument Error. 11",
    "Command received in Invalid state.",
    "The specified message set is invalid.",
    "AUTHENTICATE failed.",
    "+ Ready for additional command text.",
    "+ IDLE accepted, awaiting DONE command.",
    "* BYE Microsoft Exchange Server IMAP4 server signing off.",
    "* BYE Connection closed. 14",
    "* BYE Connection is closed. 13",
    "Command received in Invalid state.",
    "Permanent flags",
    "Is the first unseen message",
    "UIDVALIDITY value",
    "The next unique identifier value",
};
inline constexpr phrases generic_phrases = {
    "There is no such command.",
    "That is no command line.",
    "The arguments are not understood.",
    "That cannot be done now.",
    "There are no such messages.",
    "[AUTHENTICATIONFAILED] The credentials are refused.",
    "+ Go ahead.",
    "+ Idling; end it with DONE.",
    "* BYE Goodbye.",
    "* BYE Too many errors.",
    "* BYE Nothing was said for too long.",
    "[CANNOT] The mailbox is open for reading only.",
    "Flags that are kept",
    "First unseen message",
    "UIDs are valid",
    "Next UID",
};

class session
{
public:
    session(imap& s, wire& w, visitor& who)
        : service_(s), world_(s.world_), wire_(w), who_(who), frames_(codec::framer::role::server, limits_)
    {
        limits_.line = longest_line;
        limits_.response = longest_line + largest_before_sign_in;
    }
    session(session const&) = delete;
    ~session() { forget_sign_in(); }

    OUTKIT_DECL flow<> run();

private:
    using reader = codec::command_reader;
    enum class verdict
    {
        ok,
        no,
        bad
    };

    // Talking
    void say(std::string_view line) { (out_ += line) += "\r\n"; }
    OUTKIT_DECL flow<> flush();
    OUTKIT_DECL flow<bool> next_frame();
    OUTKIT_DECL flow<bool> fault(std::string const& operation);
    OUTKIT_DECL flow<> stall();
    bool refuses_literal();
    void refuse_literal(std::string_view reason);
    std::uint64_t random(std::uint64_t below);
    bool after_2025() const;
    bool generic() const { return world_.policy.service.profile == imap_profile::generic; }
    bool passwords_count() const;
    phrases const& words() const { return generic() ? generic_phrases : exchange_phrases; }
    void answer(verdict v, std::string text, std::string_view reason = {});
    void completed(std::string_view code = {});
    void bad_argument() { answer(verdict::bad, std::string(words().bad_argument)); }
    void bad_state() { answer(verdict::bad, std::string(words().bad_state)); }
    void no_such(std::string const& name, bool could_be_made = false);
    void missing_set(bool valid) { answer(valid ? verdict::no : verdict::bad, std::string(words().bad_set)); }
    void field(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

    // Commands
    std::string greeting();
    std::string capabilities() const;
    bool token_over() const;
    bool throttled();
    void enable(reader& r);
    OUTKIT_DECL flow<> handle();
    OUTKIT_DECL flow<> dispatch(reader& r);
    OUTKIT_DECL flow<> start_tls(reader& r);
    OUTKIT_DECL flow<> authenticate(reader& r);
    OUTKIT_DECL flow<> login(reader& r);
    void bearer(std::string const& mechanism, std::string const& response);
    void password(std::string const& user, std::string const& secret);
    void enter();
    void forget_sign_in();
    void list(reader& r, bool subscribed);
    void select(reader& r, bool read_only);
    void status(reader& r);
    void create(reader& r);
    void remove(reader& r);
    void rename(reader& r);
    void subscribe(reader& r, bool on);
    void append(reader& r);
    OUTKIT_DECL flow<> fetch(reader& r, bool by_uid);
    void store(reader& r, bool by_uid);
    void copy(reader& r, bool by_uid, bool move);
    void expunge(reader& r, bool by_uid);
    void search(reader& r, bool by_uid);
    OUTKIT_DECL flow<> idle();

    // The selected mailbox as this client knows it
    void leave();
    void synchronize(bool with_expunges);
    struct chosen
    {
        std::vector<std::size_t> at;  // indices into uids_, ascending
        bool beyond = false;          // a range begins among the messages and ends behind them
        bool valid = true;            // false: there is a number that no message has
    };
    chosen choose(outkit::imap::number_set const& set, bool by_uid);
    std::uint32_t recent_count() const;
    std::string flags_of(message const& m) const;
    std::optional<std::string> mailbox_argument(reader& r);
    std::string encoded(std::string const& name) const;  // of a mailbox
    std::string on_wire(std::string const& name) const;  // the same for a text
    bool keepable(outkit::imap::flags const& f) const;
    std::string kept_flags(bool permanent) const;
    std::uint64_t size_of(message const& m) const { return generic() ? m.size() : estimated_size(m); }

    imap& service_;
    world& world_;
    wire& wire_;
    visitor& who_;
    detail::environment* timing_ = nullptr;
    outkit::imap::limits limits_;
    codec::framer frames_;

    std::string out_;
    std::uint64_t sent_ = 0;
    std::optional<std::uint64_t> drop_at_;
    bool close_ = false;
    detail::event never_;

    std::string tag_, name_;
    std::vector<std::pair<std::string, std::string>> fields_;
    unsigned wrong_ = 0;           // BADs in a row
    unsigned status_at_once_ = 0;  // STATUS commands since there was something to wait for
    bool rev2_ = false;            // ENABLE IMAP4rev2 has been said

    access access_;
    mailbox* box_ = nullptr;      // whose mail it is; null before the sign-in
    bool not_connected_ = false;  // signed in, in the way of the years before 2026, and no mailbox behind it
    unsigned not_connected_said_ = 0;

    folder_ptr folder_;
    bool read_only_ = false;
    std::vector<std::uint32_t> uids_;  // positions as the client knows them
    std::uint64_t seen_ = 0;           // mod_sequence that the client knows
    std::uint32_t recent_from_ = 0;
};

}  // namespace imap_detail
}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
