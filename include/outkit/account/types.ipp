#ifndef OUTKIT_ACCOUNT_TYPES_IPP
#define OUTKIT_ACCOUNT_TYPES_IPP

#include <outkit/account/types.hpp>

namespace outkit::inline OUTKIT_ABI::account {

OUTKIT_DEF oauth2::app app_of(settings const& s)
{
    return {s.client_id, s.client_secret.clone(), s.redirect_uri, s.certificate};
}

OUTKIT_DEF std::string_view name(account_state s) noexcept
{
    switch (s)
    {
    case account_state::init: return "init";
    case account_state::unset: return "unset";
    case account_state::connecting: return "connecting";
    case account_state::syncing: return "syncing";
    case account_state::connected: return "connected";
    case account_state::authentication_error: return "authenticationError";
    case account_state::connect_error: return "connectError";
    }
    return "";
}

OUTKIT_DEF std::string_view name(base_scope s) noexcept { return s == base_scope::imap ? "imap" : "api"; }

}  // namespace outkit::inline OUTKIT_ABI::account

#endif
