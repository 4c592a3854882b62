#ifndef OUTKIT_MOCK_SMTP_STATE_HPP
#define OUTKIT_MOCK_SMTP_STATE_HPP

#include <outkit/mime/header.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/delivery_report.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/smtp/detail/codec.hpp>

#include <optional>
#include <vector>

// What the parts of the mock SMTP server share: smtp.ipp talks and finds the command, smtp_sign_in.ipp lets people in,
// smtp_envelope.ipp takes sender and recipients, smtp_submission.ipp takes messages and decides what becomes of them.

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

namespace codec = outkit::smtp::detail;
using detail::attempt;
using detail::flow;
using detail::wire;
using namespace std::chrono_literals;

inline constexpr std::size_t longest_auth_line = 12'288;  // RFC 4954 section 4
inline constexpr auto idle_before_sign_in = 30s;
inline constexpr auto idle_after_sign_in = 30min;

// What Exchange and the plain server say where they do the same.
struct phrases
{
    std::string_view hello_first, tls_for_mail, tls_for_auth, no_mechanism, again, signed_in, cancelled;
    std::string_view sender_ok, recipient_ok, go_ahead, reset, goodbye;
    std::string_view bad_sender, bad_recipient, bad_parameter, need_mail, need_recipient, second_sender,
        too_many_recipients, too_large, line_too_long, timed_out;
};
// Sources: docs/fidelity.md.
inline constexpr phrases exchange_phrases = {
    "503 5.5.2 Send hello first",
    "451 5.7.3 STARTTLS is required to send mail",
    "504 5.7.4 Unrecognized authentication type",
    "504 5.7.4 Unrecognized authentication type",
    "503 5.5.2 Already authenticated",
    "235 2.7.0 Authentication successful",
    "535 5.7.3 Authentication unsuccessful",
    "250 2.1.0 Sender OK",
    "250 2.1.5 Recipient OK",
    "354 Start mail input; end with <CRLF>.<CRLF>",
    "250 2.0.0 Resetting",
    "221 2.0.0 Service closing transmission channel",
    "550 5.1.7 Invalid address",
    "550 5.1.7 Invalid address",
    "501 5.5.4 Invalid arguments",
    "503 5.5.2 Need mail command",
    "503 5.5.2 Need rcpt command",
    "503 5.5.2 Sender already specified",
    "452 4.5.3 Too many recipients",
    "552 5.3.4 Message size exceeds fixed maximum message size",
    "500 5.5.2 Command line too long",
    "421 4.4.1 Connection timed out. Total session duration: ",
};
// Codes are those of RFC 5321, 3207, 4954 and 6409.
inline constexpr phrases generic_phrases = {
    "503 5.5.1 Say EHLO first",
    "530 5.7.0 Say STARTTLS first",
    "538 5.7.11 Not without TLS",
    "504 5.5.4 There is no such mechanism",
    "503 5.5.1 You are signed in",
    "235 2.7.0 You are signed in",
    "501 5.7.0 As you like",
    "250 2.1.0 OK",
    "250 2.1.5 OK",
    "354 Go ahead, and end with a dot",
    "250 2.0.0 OK",
    "221 2.0.0 Goodbye",
    "501 5.1.7 That is no sender",
    "501 5.1.3 That is no recipient",
    "555 5.5.4 The parameters are not understood",
    "503 5.5.1 There is no sender yet",
    "503 5.5.1 There are no recipients yet",
    "503 5.5.1 There is a sender already",
    "452 4.5.3 There are too many recipients",
    "552 5.3.4 The message is too large",
    "500 5.5.2 The line is too long",
    "421 4.4.2 Nothing was said for too long",
};

// One recipient of the message in progress, and what the sender wants to hear of it (RFC 3461 section 4.1).
struct recipient
{
    mime::address address;
    std::string original;  // ORCPT, "rfc822;…" with its xtext decoded
    bool on_success = false, on_failure = true;
};

class session
{
public:
    session(smtp& s, wire& w, visitor& who);
    session(session const&) = delete;
    ~session() { forget_sign_in(); }

    OUTKIT_DECL flow<> run();

private:
    enum class input
    {
        line,
        end
    };

    // Talking
    OUTKIT_DECL flow<input> next_line(std::size_t longest);
    OUTKIT_DECL flow<> flush();
    void say(std::string_view reply) { (out_ += reply) += "\r\n"; }
    OUTKIT_DECL flow<bool> fault(std::string operation);
    OUTKIT_DECL flow<> stall();
    std::uint64_t random(std::uint64_t below);
    detail::time_point now() const { return timing_->now(); }
    std::string bracket() const;
    std::string hostname() const { return " [Hostname=" + store_name_ + '.' + store_domain_ + ']'; }
    smtp_profile profile() const { return world_.policy.service.submission; }
    bool generic() const { return profile() == smtp_profile::generic; }
    phrases const& words() const { return generic() ? generic_phrases : exchange_phrases; }
    // With the bracket that Exchange puts behind some of its replies.
    std::string marked(std::string_view text) const { return std::string(text) + (generic() ? "" : bracket()); }

    using fields = std::vector<std::pair<std::string, std::string>>;
    void note(std::string what, fields f, std::string answer, journal_outcome o, std::string_view reason = {});
    void answer(std::string what, std::string reply, fields f = {}, std::string_view reason = {});

    // Commands
    OUTKIT_DECL flow<> handle(std::string line);
    void hello(codec::command const& c, bool extended);
    OUTKIT_DECL flow<> start_tls(std::string const& argument);
    OUTKIT_DECL flow<> authenticate(std::string argument);
    OUTKIT_DECL flow<> bearer(std::string mechanism, std::optional<std::string> initial);
    OUTKIT_DECL flow<> login(std::optional<std::string> initial);
    OUTKIT_DECL flow<> plain(std::optional<std::string> initial);
    OUTKIT_DECL flow<> password(std::string what, std::string name, std::string secret);
    OUTKIT_DECL flow<bool> ask(std::string challenge);
    OUTKIT_DECL flow<> refuse_sign_in(std::string what, std::string text, std::string user, std::string_view reason);
    void enter(std::string what, std::string user);
    std::string mechanisms() const;
    std::string not_signed_in() const;
    OUTKIT_DECL flow<> hold_back();
    void mail(std::string_view argument);
    void add_recipient(std::string_view argument);
    OUTKIT_DECL flow<> data();
    OUTKIT_DECL flow<> chunk(std::string_view argument);
    OUTKIT_DECL flow<> take_message(std::string content, std::string verb);
    void reset();
    void forget_sign_in();

    // Deciding
    bool may_send(std::string const& address);
    mailbox* mailbox_of(std::string const& address);
    std::string const& access_tenant() const;
    bool is_inside(std::string const& address) const;
    std::vector<std::string> authors_of(std::string const& content, std::string& refused, std::string& reason) const;
    std::string diagnostic_pairs();
    std::string sender_refusal(std::vector<std::string> const& authors, std::string& reason);
    std::string outbound_refusal(bool over_personal_quota, std::string& reason) const;
    std::string refusal(std::string const& content, std::string& reason);
    std::string bounce_for(std::string const& address, bool bare_line_ends);
    std::string bounce_for_all(std::size_t outside);
    OUTKIT_DECL flow<std::string> slowed();
    user const* other_author(std::vector<mime::field> const& all) const;
    bool on_behalf_of(std::vector<mime::field> const& all) const;
    std::string rewritten(std::string const& content, std::string const& id);
    void copy_for_author(std::string const& raw);
    void report(std::vector<recipient_report> failures, std::string const& message);
    std::string store(std::string const& content);
    std::uint64_t size_limit() const;

    smtp& service_;
    world& world_;
    wire& wire_;
    visitor& who_;
    detail::environment* timing_ = nullptr;  // whose clock the flow's deadlines are of: the world's, or a simulator's
    detail::time_point started_;
    std::string host_, bracket_host_, store_name_, store_domain_;
    std::uint64_t session_id_ = 0;

    std::string out_;   // replies not sent yet
    std::string line_;  // the last one read
    std::uint64_t sent_ = 0;
    std::optional<std::uint64_t> drop_at_;
    bool close_ = false;
    detail::event never_;

    bool greeted_ = false;
    access access_;  // of who has signed in
    bool signed_in_ = false;
    bool blocked_ = false;      // the account is suspended
    std::string last_failure_;  // text of the last AUTH that was refused, without its bracket
    std::string client_name_;

    // The message in progress
    bool has_sender_ = false;
    mime::address from_;
    std::vector<recipient> to_;
    std::string envelope_id_;
    bool full_report_ = false;
    bool chunking_ = false;
    std::string chunks_;
    std::uint64_t chunked_ = 0;
};

}  // namespace smtp_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
