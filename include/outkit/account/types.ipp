#ifndef OUTKIT_ACCOUNT_TYPES_IPP
#define OUTKIT_ACCOUNT_TYPES_IPP

#include <outkit/account/types.hpp>

namespace outkit::inline OUTKIT_ABI::account {

OUTKIT_DECL std::string_view name(state s) noexcept
{
    switch (s)
    {
    case state::init: return "init";
    case state::unset: return "unset";
    case state::connecting: return "connecting";
    case state::syncing: return "syncing";
    case state::connected: return "connected";
    case state::authentication_error: return "authenticationError";
    case state::connect_error: return "connectError";
    }
    return "";
}

OUTKIT_DECL std::string_view name(base_scope s) noexcept { return s == base_scope::imap ? "imap" : "api"; }

}  // namespace outkit::inline OUTKIT_ABI::account

#endif
