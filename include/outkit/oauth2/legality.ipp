#ifndef OUTKIT_OAUTH2_LEGALITY_IPP
#define OUTKIT_OAUTH2_LEGALITY_IPP

#include <outkit/http/detail/grammar.hpp>
#include <outkit/oauth2/legality.hpp>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail::legal {

constexpr unsigned bit(auto e) { return 1u << unsigned(e); }

inline constexpr unsigned my_org = bit(sign_in_audience::my_org), multiple = bit(sign_in_audience::multiple_orgs),
                          both = bit(sign_in_audience::orgs_and_personal), msa = bit(sign_in_audience::personal);
inline constexpr unsigned common = bit(authority_form::common), organizations = bit(authority_form::organizations),
                          consumers = bit(authority_form::consumers), home = bit(authority_form::home_tenant),
                          other = bit(authority_form::other_tenant);
inline constexpr unsigned home_work = bit(account_kind::home_work), other_work = bit(account_kind::other_work),
                          guest = bit(account_kind::guest), personal = bit(account_kind::personal),
                          work = home_work | other_work | guest, anybody = work | personal;

inline constexpr char const* forms_page = "Microsoft Learn, OpenID Connect on the Microsoft identity platform";
inline constexpr char const* types_page = "Microsoft Learn, supported account types";
inline constexpr char const* codes_page =
    "Microsoft Learn, Microsoft Entra authentication and authorization error codes";

inline constexpr char const* name_home =
    "sign in at the tenant of the registration, by its id, or let the registration "
    "support accounts in any directory";
inline constexpr char const* use_work_authority =
    "sign in at organizations, common or a tenant, or let the registration support personal accounts";
inline constexpr char const* use_consumers = "sign in at consumers, or let the registration support work accounts, too";
inline constexpr char const* invite =
    "sign in with an account of this tenant, have the account invited, or begin at common or organizations";
inline constexpr char const* support_personal =
    "sign in with a work account, or let the registration support personal accounts";
inline constexpr char const* begin_at_common = "begin at common or consumers, or sign in with a work account";
inline constexpr char const* work_elsewhere =
    "sign in with a personal account, or begin at organizations, common or a tenant";

constexpr legality allowed(char const* source, bool consent = false, evidence known = evidence::documented)
{
    return {.allowed = true, .needs_consent = consent, .known = known, .source = source};
}

inline constexpr legality_rule rules[] = {
    // Registrations that the authority does not serve, whoever signs in
    {my_org,
     common,
     anybody,
     {.page = 50194,
      .token = 50194,
      .known = evidence::observed,
      .source = "alexandrtovmach/react-microsoft-login#73, UvA-FNWI/M365-IMAP#9",
      .remedy = name_home}},
    {my_org,
     organizations,
     anybody,
     {.page = 50194, .token = 50194, .known = evidence::inferred, .source = codes_page, .remedy = name_home}},
    {my_org,
     other,
     anybody,
     {.page = 700016, .token = 700016, .known = evidence::inferred, .source = codes_page, .remedy = name_home}},
    {my_org,
     consumers,
     anybody,
     {.page = 9002332,
      .also = 700016,
      .token = 9002332,
      .known = evidence::documented,
      .source = codes_page,
      .remedy = name_home}},
    {multiple,
     consumers,
     anybody,
     {.page = 9002332,
      .token = 9002332,
      .known = evidence::documented,
      .source = codes_page,
      .remedy = use_work_authority}},
    {msa,
     common | organizations,
     anybody,
     {.page = 9002346,
      .token = 9002331,
      .known = evidence::observed,
      .source = "public transcripts of sign-ins in 2022 and 2024",
      .remedy = use_consumers}},
    {msa,
     home,
     anybody,
     {.page = 9002346,
      .also = 700016,
      .token = 9002346,
      .known = evidence::inferred,
      .source = codes_page,
      .remedy = use_consumers}},
    {msa,
     other,
     anybody,
     {.page = 700016, .token = 700016, .known = evidence::inferred, .source = codes_page, .remedy = use_consumers}},

    // At a tenant: its members and guests
    {my_org | multiple | both, home, home_work | guest, allowed(forms_page)},
    {multiple | both, other, other_work | guest, allowed(types_page, true)},
    {my_org | multiple | both,
     home,
     other_work,
     {.page = 50020, .known = evidence::documented, .source = codes_page, .remedy = invite}},
    {multiple | both,
     other,
     home_work,
     {.page = 50020, .known = evidence::documented, .source = codes_page, .remedy = invite}},
    {my_org | multiple | both,
     home,
     personal,
     {.page = 50020,
      .known = evidence::observed,
      .source = "AzureAD/azure-activedirectory-library-for-js#665",
      .remedy = invite}},
    {multiple | both,
     other,
     personal,
     {.page = 50020,
      .known = evidence::observed,
      .source = "AzureAD/azure-activedirectory-library-for-js#665",
      .remedy = invite}},

    // Where no tenant is named everybody signs in to the one they are at home in, guests too: to act as a guest the
    // tenant must be named (Microsoft Learn, authorization code flow).
    {multiple | both, common | organizations, home_work, allowed(forms_page)},
    {multiple | both, common | organizations, other_work | guest, allowed(types_page, true)},
    {both, common, personal, allowed(forms_page)},
    {multiple,
     common,
     personal,
     {.also = 500200,
      .known = evidence::observed,
      .source = "O365/python-o365#514, rclone/rclone#8895",
      .remedy = support_personal}},
    {multiple,
     organizations,
     personal,
     {.page = 500208, .also = 50020, .known = evidence::inferred, .source = codes_page, .remedy = support_personal}},
    {both,
     organizations,
     personal,
     {.page = 500208, .also = 50020, .known = evidence::inferred, .source = codes_page, .remedy = begin_at_common}},

    // Personal accounts only
    {both | msa, consumers, personal, allowed(forms_page)},
    {both | msa, consumers, work, {.known = evidence::documented, .source = forms_page, .remedy = work_elsewhere}},
};

constexpr bool each_combination_is_covered_once()
{
    for (unsigned a = 0; a != 4; ++a)
        for (unsigned f = 0; f != 5; ++f)
            for (unsigned k = 0; k != 4; ++k)
            {
                int covering = 0;
                for (legality_rule const& r : rules)
                    covering += r.covers(sign_in_audience(a), authority_form(f), account_kind(k));
                if (covering != 1)
                    return false;
            }
    return true;
}
static_assert(each_combination_is_covered_once());

inline constexpr legality no_personal_accounts = {
    .known = evidence::documented,
    .source = types_page,
    .remedy = "national clouds have no personal accounts: use the global cloud, or a registration for work accounts"};

}  // namespace detail::legal

OUTKIT_DEF std::span<legality_rule const> legality_rules() { return detail::legal::rules; }

OUTKIT_DEF legality const& find_legality(sign_in_audience a, authority_form f, account_kind k)
{
    for (legality_rule const& r : detail::legal::rules)
        if (r.covers(a, f, k))
            return r.outcome;
    return detail::legal::no_personal_accounts;  // not reached: each combination is covered
}

OUTKIT_DEF legality predict(sign_in_audience a, authority const& from, std::string_view home, account_kind k)
{
    using kind = authority::audience;
    bool const only_work = from.cloud().smtp_host_personal.empty();
    if (only_work && (a == sign_in_audience::orgs_and_personal || a == sign_in_audience::personal ||
                      k == account_kind::personal || from.kind() == kind::consumers))
        return detail::legal::no_personal_accounts;
    authority_form f = authority_form::other_tenant;
    switch (from.kind())
    {
    case kind::common: f = authority_form::common; break;
    case kind::organizations: f = authority_form::organizations; break;
    case kind::consumers: f = authority_form::consumers; break;
    case kind::tenant:
    case kind::domain:
        if (http::detail::equal_ignoring_case(from.tenant(), home))
            f = authority_form::home_tenant;
        break;
    }
    return find_legality(a, f, k);
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
