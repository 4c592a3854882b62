#ifndef OUTKIT_MOCK_SMTP_STATE_HPP
#define OUTKIT_MOCK_SMTP_STATE_HPP

#include <outkit/mock/access.hpp>
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
    std::string hostname() const { return "[Hostname=" + store_name_ + ".mockprd06.prod.outlook.com]"; }

    using fields = std::vector<std::pair<std::string, std::string>>;
    void note(std::string what, fields f, std::string answer, journal_outcome o, std::string_view reason = {});
    void answer(std::string what, std::string reply, fields f = {}, std::string_view reason = {});

    // Commands
    OUTKIT_DECL flow<> handle(std::string line);
    void hello(codec::command const& c, bool extended);
    OUTKIT_DECL flow<> start_tls(std::string const& argument);
    OUTKIT_DECL flow<> authenticate(std::string argument);
    OUTKIT_DECL flow<> xoauth2(std::optional<std::string> initial);
    OUTKIT_DECL flow<> login(std::optional<std::string> initial);
    OUTKIT_DECL flow<bool> ask(std::string challenge);
    OUTKIT_DECL flow<> refuse_sign_in(std::string what, std::string text, std::string user, std::string_view reason);
    void signed_in(std::string what, std::string const& user);
    void mail(std::string_view argument);
    void recipient(std::string_view argument);
    OUTKIT_DECL flow<> data();
    OUTKIT_DECL flow<> chunk(std::string_view argument);
    OUTKIT_DECL flow<> take_message(std::string content, std::string verb);
    void reset();
    void forget_sign_in();

    // Deciding
    std::string_view switched_off(user const& u) const;
    std::string refusal(std::string const& content, std::uint64_t size, std::string& reason);
    std::string sender_refusal(std::string const& content, std::string& reason);
    OUTKIT_DECL flow<std::string> slowed();
    std::string store(std::string const& content);
    std::uint64_t size_limit() const;

    smtp& service_;
    world& world_;
    wire& wire_;
    visitor& who_;
    detail::environment* timing_ = nullptr;  // whose clock the flow's deadlines are of: the world's, or a simulator's
    detail::time_point started_;
    std::string host_, bracket_host_, store_name_;
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

    // The message in progress
    bool has_sender_ = false;
    mime::address from_;
    std::vector<mime::address> to_;
    bool chunking_ = false;
    std::string chunks_;
    std::uint64_t chunked_ = 0;
};

}  // namespace smtp_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
