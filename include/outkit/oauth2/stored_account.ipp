#ifndef OUTKIT_OAUTH2_STORED_ACCOUNT_IPP
#define OUTKIT_OAUTH2_STORED_ACCOUNT_IPP

#include <outkit/oauth2/stored_account.hpp>

#include <algorithm>
#include <utility>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF stored_token stored_token::clone() const
{
    return {scopes, access.clone(), received, lifetime, refresh_in, unknown.clone()};
}

OUTKIT_DEF bool stored_token::wants_renewal(outkit::detail::wall_time now) const
{
    return detail::wants_renewal(received, lifetime, refresh_in, now);
}

OUTKIT_DEF stored_account stored_account::clone() const
{
    stored_account a{id, tenant, subject, issuer, username, name, refresh.clone(), refused, signed_in, {}, {}};
    a.unknown = unknown.clone();
    for (stored_token const& t : tokens)
        a.tokens.push_back(t.clone());
    return a;
}

namespace detail {

OUTKIT_DEF bool same_scopes(scope_set const& a, scope_set const& b)
{
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](auto const& s) { return b.contains(s); });
}

}  // namespace detail

OUTKIT_DEF stored_token const* stored_account::find(scope_set const& scopes) const
{
    auto const at = std::find_if(tokens.begin(), tokens.end(),
                                 [&](stored_token const& t) { return detail::same_scopes(t.scopes, scopes); });
    return at == tokens.end() ? nullptr : &*at;
}

OUTKIT_DEF void stored_account::put(stored_token t)
{
    static constexpr std::size_t most_tokens = 16;
    auto at = std::find_if(tokens.begin(), tokens.end(),
                           [&](stored_token const& known) { return detail::same_scopes(known.scopes, t.scopes); });
    if (at == tokens.end() && tokens.size() >= most_tokens)
        at = std::min_element(tokens.begin(), tokens.end(),
                              [](auto const& a, auto const& b) { return a.received < b.received; });
    if (at == tokens.end())
        tokens.push_back(std::move(t));
    else
        *at = std::move(t);
}

OUTKIT_DEF stored_account account_of(token_response const& signed_in, std::string const& client_id,
                                     authority const& from, error_code& ec)
{
    ec = {};
    if (!signed_in.identity || signed_in.identity->tenant_id.empty() || signed_in.identity->object_id.empty())
    {
        ec = error::missing_claim;
        return {};
    }
    id_claims const& who = *signed_in.identity;
    stored_account a;
    a.id = {client_id, http::url{from.login(), {}}.text(), who.tenant_id, who.object_id};
    a.tenant = from.tenant();
    a.subject = who.subject;
    a.issuer = who.issuer;
    a.username = who.preferred_username;
    a.name = who.name;
    a.refresh = signed_in.refresh.clone();
    a.signed_in = signed_in.received;
    return a;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
