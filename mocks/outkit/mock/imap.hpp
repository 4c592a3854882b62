#ifndef OUTKIT_MOCK_IMAP_HPP
#define OUTKIT_MOCK_IMAP_HPP

#include <outkit/detail/wire.hpp>
#include <outkit/mock/server.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

namespace imap_detail {
class session;
}

/** The IMAP service of Exchange Online, as on outlook.office365.com:993.

    Every answer comes from the world: who there is, what the token opens, the switches of tenant and mailbox, what is in
    the mailboxes, the clock, and the faults that are queued. `policy.service.profile` says which generation of the service
    it is: greeting, capabilities, what a password gets, and where "User is authenticated but not connected." is said.
    Texts are those of the real service as documented by Microsoft and observed in public transcripts; where they are not
    known, it is said at the place. With the profile `generic` it is a plain server by the RFCs instead.

    Serves connections that are encrypted already, and such in plaintext that go on to STARTTLS, as Exchange Server's
    port 143 does.
*/
class imap
{
public:
    /// @param w  must outlive this object
    explicit imap(world& w) : world_(w) {}
    imap(imap const&) = delete;

    /// One connection. `who.logged_in` is set when somebody has signed in on it.
    OUTKIT_DECL detail::flow<> serve(detail::wire& w, visitor& who);
    /// The same without a listener, for tests that join two flows.
    OUTKIT_DECL detail::flow<> serve(detail::wire& w);

private:
    friend class imap_detail::session;
    world& world_;
    struct budget  // what a mailbox has used up since
    {
        detail::time_point since{};
        std::uint64_t commands = 0, octets = 0;
    };
    std::map<std::string, std::set<std::uint64_t>, std::less<>> connections_;  // signed in, by mailbox
    std::map<std::string, budget, std::less<>> budgets_;                       // by mailbox, where there are limits
    std::uint64_t next_connection_ = 1;                                        // of those without a listener
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/imap.ipp>
#endif

#endif
