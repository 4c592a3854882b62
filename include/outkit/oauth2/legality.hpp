#ifndef OUTKIT_OAUTH2_LEGALITY_HPP
#define OUTKIT_OAUTH2_LEGALITY_HPP

#include <outkit/oauth2/authority.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Which accounts can sign in to which applications where, and where an application gets a token of its own: known before
// anybody has tried.

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// "Supported account types" of a registration (documented: Microsoft Learn, supported account types).
enum class sign_in_audience
{
    my_org,             ///< AzureADMyOrg: the registration's own tenant
    multiple_orgs,      ///< AzureADMultipleOrgs: work accounts of any tenant
    orgs_and_personal,  ///< AzureADandPersonalMicrosoftAccount
    personal            ///< PersonalMicrosoftAccount
};

/// As Microsoft Graph spells it in `signInAudience`.
constexpr std::string_view to_string(sign_in_audience a)
{
    switch (a)
    {
    case sign_in_audience::my_org: return "AzureADMyOrg";
    case sign_in_audience::multiple_orgs: return "AzureADMultipleOrgs";
    case sign_in_audience::orgs_and_personal: return "AzureADandPersonalMicrosoftAccount";
    case sign_in_audience::personal: return "PersonalMicrosoftAccount";
    }
    return {};
}

/// Where a sign-in begins, as seen from the registration. A tenant is the same by id and by domain.
enum class authority_form
{
    common,
    organizations,
    consumers,
    home_tenant,  ///< the one in which the application is registered
    other_tenant
};

/// Who signs in.
enum class account_kind
{
    home_work,   ///< work or school account of the registration's tenant
    other_work,  ///< of another tenant: of the one that the authority names, if it names another
    guest,       ///< work account from elsewhere, invited to the tenant that the authority names
    personal     ///< outlook.com, hotmail.com and so on, not invited anywhere
};

/// As a configuration spells it.
constexpr std::string_view to_string(account_kind k)
{
    switch (k)
    {
    case account_kind::home_work: return "home_work";
    case account_kind::other_work: return "other_work";
    case account_kind::guest: return "guest";
    case account_kind::personal: return "personal";
    }
    return {};
}

/// How well something is known.
enum class evidence
{
    documented,
    observed,
    inferred
};

/// What becomes of a sign-in, or of an application's request on its own behalf (client credentials).
struct legality
{
    bool allowed = false;
    bool needs_consent = false;  ///< allowed once a user or an administrator of that tenant has consented
    /// AADSTS number on the page that the user sees instead; it does not come back to the application. 0 when it is
    /// refused: a page without a number, or no page at all, as nobody signs in.
    std::uint32_t page = 0;
    std::uint32_t also = 0;  ///< seen instead; 0: none
    /// The number in the answers of token and device endpoint; of an application on its own behalf that needs consent:
    /// until it has it. 0: one does not get so far.
    std::uint32_t token = 0;
    evidence known = evidence::inferred;
    char const* source = "";
    char const* reason = "";  ///< why it is refused; empty when it is allowed
    char const* remedy = "";  ///< what to change, in the registration or here; empty when it is allowed
};

/// For which sign-ins something holds: bits, one for each enumerator.
struct legality_rule
{
    unsigned audiences, forms, accounts;
    legality outcome;

    constexpr bool covers(sign_in_audience a, authority_form f, account_kind k) const
    {
        return (audiences >> unsigned(a) & 1u) && (forms >> unsigned(f) & 1u) && (accounts >> unsigned(k) & 1u);
    }
};

/// All that is known, as data: each of the 80 combinations is covered by one rule and no other.
OUTKIT_DECL std::span<legality_rule const> legality_rules();

/// What becomes of that combination.
OUTKIT_DECL legality const& find_legality(sign_in_audience a, authority_form f, account_kind k);

/** Predicts a sign-in.

    @param a     the registration's supported account types
    @param from  where it is to begin
    @param home  a name of the registration's tenant: its id, or a domain. An authority by domain is taken for another
                 tenant unless it is this domain
    @param k     who will sign in. In national clouds there are no personal accounts, and no registrations for them
                 (documented: Microsoft Learn, supported account types)
*/
OUTKIT_DECL legality predict(sign_in_audience a, authority const& from, std::string_view home, account_kind k);

/// For which registrations and authorities something holds of an application on its own behalf: bits, as above.
struct app_legality_rule
{
    unsigned audiences, forms;
    legality outcome;

    constexpr bool covers(sign_in_audience a, authority_form f) const
    {
        return (audiences >> unsigned(a) & 1u) && (forms >> unsigned(f) & 1u);
    }
};

/// All that is known of client credentials, as data: each of the 20 combinations is covered by one rule and no other.
OUTKIT_DECL std::span<app_legality_rule const> app_legality_rules();

/// What becomes of an application's request on its own behalf.
OUTKIT_DECL legality const& find_legality(sign_in_audience a, authority_form f);

/** Predicts whether an application gets a token on its own behalf (client credentials). What the token opens is another
    matter: without permissions that an administrator has granted, nothing.

    @param a     the registration's supported account types
    @param from  where the token is asked for
    @param home  a name of the registration's tenant, as above
*/
OUTKIT_DECL legality predict(sign_in_audience a, authority const& from, std::string_view home);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/legality.ipp>
#endif

#endif
