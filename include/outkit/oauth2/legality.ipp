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
inline constexpr char const* credentials_page = "Microsoft Learn, OAuth 2.0 client credentials flow";
inline constexpr char const* codes_page =
    "Microsoft Learn, Microsoft Entra authentication and authorization error codes";

// Why
inline constexpr char const* one_tenant_only = "the registration is for accounts of its own tenant only";
inline constexpr char const* work_only = "the registration is for work and school accounts only";
inline constexpr char const* personal_only =
    "the registration is for personal accounts only, which sign in at consumers";
inline constexpr char const* stranger = "the account is no member or guest of the tenant that the authority names";
inline constexpr char const* personal_account =
    "the account is a personal one, and the registration is for work and school accounts only";
inline constexpr char const* personal_at_work =
    "the account is a personal one, and the authority is for work and school accounts only";
inline constexpr char const* work_at_personal =
    "the account is of work or school, and the authority is for personal accounts only";
inline constexpr char const* no_tenant = "nobody signs in whose tenant it could be, and the authority names none";
inline constexpr char const* not_at_consumers =
    "no application is by itself among the personal accounts, whose mailboxes open to their owners only";

// What to do
inline constexpr char const* name_home =
    "set authority to the Directory (tenant) ID of the registration; or App registrations > (the app) > "
    "Authentication > Supported account types: accounts in any organizational directory";
inline constexpr char const* use_work_authority =
    "set authority to organizations, common or a tenant; or App registrations > (the app) > Authentication > "
    "Supported account types: with personal Microsoft accounts";
inline constexpr char const* use_consumers =
    "set authority to consumers; or App registrations > (the app) > Authentication > Supported account types: with "
    "accounts in any organizational directory";
inline constexpr char const* invite =
    "sign in with an account of this tenant; or Entra admin center > Users > Invite external user; or set authority to "
    "common or organizations";
inline constexpr char const* support_personal =
    "sign in with a work account; or App registrations > (the app) > Authentication > Supported account types: with "
    "personal Microsoft accounts";
inline constexpr char const* begin_at_common = "set authority to common or consumers, or sign in with a work account";
inline constexpr char const* work_elsewhere =
    "sign in with a personal account, or set authority to organizations, common or a tenant";
inline constexpr char const* name_tenant =
    "set authority to the Directory (tenant) ID of the tenant whose mailboxes are to be opened";
inline constexpr char const* support_work =
    "sign a person in at consumers; or App registrations > (the app) > Authentication > Supported account types: with "
    "accounts in any organizational directory, and set authority to a tenant";

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
      .reason = one_tenant_only,
      .remedy = name_home}},
    {my_org,
     organizations,
     anybody,
     {.page = 50194,
      .token = 50194,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = one_tenant_only,
      .remedy = name_home}},
    {my_org,
     other,
     anybody,
     {.page = 700016,
      .token = 700016,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = one_tenant_only,
      .remedy = name_home}},
    {my_org,
     consumers,
     anybody,
     {.page = 9002332,
      .also = 700016,
      .token = 9002332,
      .known = evidence::documented,
      .source = codes_page,
      .reason = one_tenant_only,
      .remedy = name_home}},
    {multiple,
     consumers,
     anybody,
     {.page = 9002332,
      .token = 9002332,
      .known = evidence::documented,
      .source = codes_page,
      .reason = work_only,
      .remedy = use_work_authority}},
    {msa,
     common | organizations,
     anybody,
     {.page = 9002346,
      .token = 9002331,
      .known = evidence::observed,
      .source = "public transcripts of sign-ins in 2022 and 2024",
      .reason = personal_only,
      .remedy = use_consumers}},
    {msa,
     home,
     anybody,
     {.page = 9002346,
      .also = 700016,
      .token = 9002346,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = personal_only,
      .remedy = use_consumers}},
    {msa,
     other,
     anybody,
     {.page = 700016,
      .token = 700016,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = personal_only,
      .remedy = use_consumers}},

    // At a tenant: its members and guests
    {my_org | multiple | both, home, home_work | guest, allowed(forms_page)},
    {multiple | both, other, other_work | guest, allowed(types_page, true)},
    {my_org | multiple | both,
     home,
     other_work,
     {.page = 50020, .known = evidence::documented, .source = codes_page, .reason = stranger, .remedy = invite}},
    {multiple | both,
     other,
     home_work,
     {.page = 50020, .known = evidence::documented, .source = codes_page, .reason = stranger, .remedy = invite}},
    {my_org | multiple | both,
     home,
     personal,
     {.page = 50020,
      .known = evidence::observed,
      .source = "AzureAD/azure-activedirectory-library-for-js#665",
      .reason = stranger,
      .remedy = invite}},
    {multiple | both,
     other,
     personal,
     {.page = 50020,
      .known = evidence::observed,
      .source = "AzureAD/azure-activedirectory-library-for-js#665",
      .reason = stranger,
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
      .reason = personal_account,
      .remedy = support_personal}},
    {multiple,
     organizations,
     personal,
     {.page = 500208,
      .also = 50020,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = personal_account,
      .remedy = support_personal}},
    {both,
     organizations,
     personal,
     {.page = 500208,
      .also = 50020,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = personal_at_work,
      .remedy = begin_at_common}},

    // Personal accounts only
    {both | msa, consumers, personal, allowed(forms_page)},
    {both | msa,
     consumers,
     work,
     {.known = evidence::documented, .source = forms_page, .reason = work_at_personal, .remedy = work_elsewhere}},
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

// The application by itself. That the tenant must be named is documented; which number an alias of several tenants gets, and
// which of two reasons is looked at first, nobody has recorded.
inline constexpr app_legality_rule app_rules[] = {
    {my_org | multiple | both, home, allowed(credentials_page)},
    // Older transcripts have 700016 where there is no service principal.
    {multiple | both,
     other,
     {.allowed = true,
      .needs_consent = true,
      .also = 700016,
      .token = 7000229,
      .known = evidence::observed,
      .source = "a public transcript of 2026"}},
    {my_org,
     other,
     {.also = 7000229,
      .token = 700016,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = one_tenant_only,
      .remedy = name_home}},
    {my_org,
     common | organizations,
     {.also = 50194,
      .token = 50059,
      .known = evidence::inferred,
      .source = credentials_page,
      .reason = no_tenant,
      .remedy = name_tenant}},
    {multiple | both,
     common | organizations,
     {.token = 50059,
      .known = evidence::inferred,
      .source = credentials_page,
      .reason = no_tenant,
      .remedy = name_tenant}},
    {my_org | multiple,
     consumers,
     {.also = 700016,
      .token = 9002332,
      .known = evidence::documented,
      .source = codes_page,
      .reason = work_only,
      .remedy = name_tenant}},
    {both,
     consumers,
     {.token = 700016,
      .known = evidence::inferred,
      .source = credentials_page,
      .reason = not_at_consumers,
      .remedy = name_tenant}},
    {msa,
     consumers,
     {.token = 700016,
      .known = evidence::inferred,
      .source = credentials_page,
      .reason = not_at_consumers,
      .remedy = support_work}},
    {msa,
     common | organizations,
     {.also = 9002331,
      .token = 50059,
      .known = evidence::inferred,
      .source = credentials_page,
      .reason = no_tenant,
      .remedy = support_work}},
    {msa,
     home,
     {.also = 700016,
      .token = 9002346,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = personal_only,
      .remedy = support_work}},
    {msa,
     other,
     {.token = 700016,
      .known = evidence::inferred,
      .source = codes_page,
      .reason = personal_only,
      .remedy = support_work}},
};

constexpr bool each_request_of_an_application_is_covered_once()
{
    for (unsigned a = 0; a != 4; ++a)
        for (unsigned f = 0; f != 5; ++f)
        {
            int covering = 0;
            for (app_legality_rule const& r : app_rules)
                covering += r.covers(sign_in_audience(a), authority_form(f));
            if (covering != 1)
                return false;
        }
    return true;
}
static_assert(each_request_of_an_application_is_covered_once());

inline constexpr legality no_personal_accounts = {
    .known = evidence::documented,
    .source = types_page,
    .reason = "national clouds have no personal accounts, and no registrations for them",
    .remedy = "use the global cloud, or a registration for work accounts"};

// A national cloud, which has no personal accounts, is asked for what has to do with them.
OUTKIT_DECL bool has_no_place_for(sign_in_audience a, authority const& from)
{
    return from.cloud().smtp_host_personal.empty() &&
           (a == sign_in_audience::orgs_and_personal || a == sign_in_audience::personal ||
            from.kind() == authority::audience::consumers);
}

OUTKIT_DECL authority_form form_of(authority const& from, std::string_view home)
{
    using kind = authority::audience;
    switch (from.kind())
    {
    case kind::common: return authority_form::common;
    case kind::organizations: return authority_form::organizations;
    case kind::consumers: return authority_form::consumers;
    case kind::tenant:
    case kind::domain: break;
    }
    return http::detail::equal_ignoring_case(from.tenant(), home) ? authority_form::home_tenant
                                                                  : authority_form::other_tenant;
}

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
    if (detail::legal::has_no_place_for(a, from) ||
        (from.cloud().smtp_host_personal.empty() && k == account_kind::personal))
        return detail::legal::no_personal_accounts;
    return find_legality(a, detail::legal::form_of(from, home), k);
}

OUTKIT_DEF std::span<app_legality_rule const> app_legality_rules() { return detail::legal::app_rules; }

OUTKIT_DEF legality const& find_legality(sign_in_audience a, authority_form f)
{
    for (app_legality_rule const& r : detail::legal::app_rules)
        if (r.covers(a, f))
            return r.outcome;
    return detail::legal::no_personal_accounts;  // not reached: each combination is covered
}

OUTKIT_DEF legality predict(sign_in_audience a, authority const& from, std::string_view home)
{
    if (detail::legal::has_no_place_for(a, from))
        return detail::legal::no_personal_accounts;
    return find_legality(a, detail::legal::form_of(from, home));
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
