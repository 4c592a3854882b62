#ifndef OUTKIT_ACCOUNT_MAILBOX_HPP
#define OUTKIT_ACCOUNT_MAILBOX_HPP

#include <outkit/account/types.hpp>
#include <outkit/detail/environment.hpp>

#include <string>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::account {

/** One mailbox and what has become of it: its address, the state it is in, and the way there.

    Thin on purpose: the clients talk, this remembers. States follow each other as in a mail program's account list:
    unset, connecting, syncing, connected; an error state may follow any of them, and connecting may follow an error.
*/
class mailbox
{
public:
    struct change
    {
        account_state state;
        outkit::detail::wall_time when;
    };

    explicit mailbox(std::string address = {}) : address_(std::move(address)) {}

    std::string const& address() const { return address_; }
    void address(std::string a) { address_ = std::move(a); }

    account_state state() const { return history_.empty() ? account_state::init : history_.back().state; }
    /// Why the state is an error; empty otherwise. At most 512 octets, no secrets.
    std::string const& trouble() const { return trouble_; }
    /// The states so far, oldest first; the same one is not repeated.
    std::vector<change> const& history() const { return history_; }

    /// Goes into a state. False, and nothing changes, when it cannot follow the present one.
    bool enter(account_state next, outkit::detail::wall_time now, std::string trouble = {});

private:
    std::string address_;
    std::string trouble_;
    std::vector<change> history_;
};

/// Whether the second state can follow the first.
OUTKIT_DECL bool can_follow(account_state from, account_state to) noexcept;

/// "unset, connecting, syncing, connected"
OUTKIT_DECL std::string trace(mailbox const& a);

}  // namespace outkit::inline OUTKIT_ABI::account

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/account/mailbox.ipp>
#endif

#endif
