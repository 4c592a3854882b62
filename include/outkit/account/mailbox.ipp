#ifndef OUTKIT_ACCOUNT_MAILBOX_IPP
#define OUTKIT_ACCOUNT_MAILBOX_IPP

#include <outkit/account/mailbox.hpp>

namespace outkit::inline OUTKIT_ABI::account {

OUTKIT_DEF bool can_follow(account_state from, account_state to) noexcept
{
    using enum account_state;
    switch (to)
    {
    case init: return false;
    case unset: return true;  // signed out, or the grant is gone
    case connecting: return from != init;
    case syncing: return from == connecting;
    case connected: return from == syncing;
    case authentication_error:
    case connect_error: return from != init;
    }
    return false;
}

OUTKIT_INLINE bool mailbox::enter(account_state next, outkit::detail::wall_time now, std::string trouble)
{
    if (next == state())
    {
        trouble_ = std::move(trouble);
        return true;
    }
    if (!can_follow(state(), next))
        return false;
    history_.push_back({next, now});
    trouble_ = std::move(trouble);
    if (trouble_.size() > 512)
        trouble_.resize(512);
    return true;
}

OUTKIT_DEF std::string trace(mailbox const& a)
{
    std::string text;
    for (mailbox::change const& c : a.history())
        text += (text.empty() ? "" : ", ") + std::string(name(c.state));
    return text;
}

}  // namespace outkit::inline OUTKIT_ABI::account

#endif
