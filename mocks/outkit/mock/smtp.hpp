#ifndef OUTKIT_MOCK_SMTP_HPP
#define OUTKIT_MOCK_SMTP_HPP

#include <outkit/detail/environment.hpp>
#include <outkit/detail/wire.hpp>
#include <outkit/mock/server.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

namespace smtp_detail {
class session;

// What the service remembers of a mailbox that mail is sent from.
struct sender
{
    std::set<std::uint64_t> connections;                           // signed in, oldest first
    std::deque<detail::time_point> messages;                       // of the last minute
    std::deque<std::pair<detail::time_point, std::size_t>> mails;  // of the last day: when, to how many
    std::size_t recipients = 0;                                    // sum of those
};
}  // namespace smtp_detail

/** The client submission service of Exchange Online and Outlook.com, as on smtp.office365.com:587.

    Every answer comes from the world: who there is, what the token opens, the switches of tenant and mailbox, what is in
    the mailboxes, the clock, and the faults that are queued. `policy.service.submission` says which host it is. Texts and
    their order are those of the real service, as documented by Microsoft Learn and observed in public transcripts; where
    they are not known, it is said at the place. With the profile `generic` it is a plain server by the RFCs instead.

    A message that is taken is in Sent Items of the mailbox it was sent from and in the inboxes of its recipients at once;
    what cannot be delivered comes back as a report to the envelope's sender.

    Serves connections in plaintext that go on to STARTTLS, and such that are encrypted already.
*/
class smtp
{
public:
    /// @param w  must outlive this object
    explicit smtp(world& w) : world_(w) {}
    smtp(smtp const&) = delete;

    /// One connection. `who.logged_in` is set when somebody has signed in on it.
    OUTKIT_DECL detail::flow<> serve(detail::wire& w, visitor& who);
    /// The same without a listener, for tests that join two flows.
    OUTKIT_DECL detail::flow<> serve(detail::wire& w);

private:
    friend class smtp_detail::session;
    world& world_;
    std::map<std::string, smtp_detail::sender, std::less<>> senders_;  // by mailbox
    // Where there are limits of those: what mailboxes have received within the hour (when, from whom), and tenants sent to
    // others within the day (when, to how many).
    std::map<std::string, std::deque<std::pair<detail::time_point, std::string>>, std::less<>> received_;
    std::map<std::string, std::deque<std::pair<detail::time_point, std::size_t>>, std::less<>> sent_outside_;
    std::uint64_t next_session_ = 0;     // the number in brackets
    std::uint64_t next_connection_ = 1;  // of those without a listener
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/smtp.ipp>
#endif

#endif
