#include "scenario.hpp"

#include "console.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

namespace cli {

namespace {

using outkit::account::base_scope;
namespace mock = outkit::mock;

void flip(stage& s, std::string_view name, std::string_view value, std::string_view subject)
{
    std::string problem;
    if (!s.world.policy.set(name, value, subject, problem))
        throw std::logic_error(problem);
}

constexpr scenario all[] = {
    {"everything-works", "nothing is wrong", base_scope::imap, "", "", "", [](stage&) {}},
    {"everything-works-api", "nothing is wrong, base scope api", base_scope::api, "", "", "", [](stage&) {}},

    // Registration and configuration
    {"secret-id-pasted", "the Secret ID is configured instead of the secret's Value", base_scope::imap, "code",
     "AADSTS7000215", "secret-id-pasted",
     [](stage& s) { s.settings.client_secret = outkit::secret(s.app.secrets.front().id); }},
    {"secret-expired", "every client secret of the application has expired", base_scope::imap, "code", "AADSTS7000222",
     "secret-expired", [](stage& s) { s.app.secrets.front().end = s.world.date() - std::chrono::hours(24); }},
    {"secret-missing", "no secret is configured for a confidential client", base_scope::imap, "code", "AADSTS7000218",
     "secret-missing", [](stage& s) { s.settings.client_secret = {}; }},
    {"redirect-mismatch", "the redirect URI has a slash too many", base_scope::imap, "sign-in", "AADSTS50011",
     "redirect-mismatch", [](stage& s) { s.settings.redirect_uri += '/'; }},
    {"wrong-tenant", "the authority is another tenant than the application's", base_scope::imap, "sign-in",
     "AADSTS700016", "wrong-tenant", [](stage& s) { s.settings.authority = "fabrikam.example"; }},
    {"tenant-unknown", "the tenant's GUID is misspelt", base_scope::imap, "authority", "AADSTS90002", "tenant-unknown",
     [](stage& s) { s.settings.authority = "00000000-0000-4000-8000-00000000dead"; }},
    {"single-tenant-on-common", "a registration for one tenant is used at /common", base_scope::imap, "sign-in",
     "AADSTS50194", "single-tenant-on-common",
     [](stage& s) {
         s.app.audience = mock::sign_in_audience::my_org;
         s.settings.authority = "common";
     }},

    // Consent and policy at the sign-in
    {"admin-approval-needed", "users may not consent to applications", base_scope::imap, "sign-in", "AADSTS90094",
     "admin-approval-needed", [](stage& s) { flip(s, "tenant.user_consent", "disabled", s.tenant.id); }},
    {"conditional-access", "Conditional Access blocks the sign-in", base_scope::imap, "sign-in", "AADSTS53003",
     "conditional-access", [](stage& s) { flip(s, "tenant.conditional_access", "blocked", s.tenant.id); }},
    {"user-disabled", "the account is disabled", base_scope::imap, "sign-in", "AADSTS50057", "user-disabled",
     [](stage& s) { s.user.enabled = false; }},
    {"not-assigned", "the application demands an assignment the user does not have", base_scope::imap, "sign-in",
     "AADSTS50105", "not-assigned",
     [](stage& s) {
         s.world.directory.ensure_service_principal(s.world, s.app.app_id, s.tenant.id).assignment_required = true;
     }},

    // The mailbox
    {"imap-disabled-for-mailbox", "IMAP is switched off for the mailbox", base_scope::imap, "imap.sign-in",
     "imap-not-connected", "imap-off-for-mailbox",
     [](stage& s) { flip(s, "mailbox.imap", "off", s.user.principal_name); }},
    {"smtp-auth-disabled-for-tenant", "authenticated SMTP is switched off for the organisation", base_scope::imap,
     "smtp.sign-in", "smtp-auth-disabled-tenant", "smtp-auth-off-for-tenant",
     [](stage& s) { flip(s, "tenant.smtp_auth", "off", s.tenant.id); }},
    {"smtp-auth-disabled-for-mailbox", "authenticated SMTP is switched off for the mailbox", base_scope::imap,
     "smtp.sign-in", "smtp-auth-disabled-mailbox", "smtp-auth-off-for-mailbox",
     [](stage& s) { flip(s, "mailbox.smtp_auth", "off", s.user.principal_name); }},
    {"no-licence-api", "the user has no mailbox", base_scope::api, "graph.folders", "MailboxNotEnabledForRESTAPI",
     "no-mailbox", [](stage& s) { s.user.licensed = false; }},
    {"another-users-mailbox", "user names somebody else's mailbox", base_scope::imap, "imap.sign-in",
     "imap-not-connected", "user-mismatch", [](stage& s) { s.settings.user = "bob@woodgrove.example"; }},
};

}  // namespace

std::span<scenario const> scenarios() noexcept { return all; }

scenario const& find_scenario(std::string_view name)
{
    std::vector<std::string_view> names;
    for (scenario const& s : all)
    {
        if (s.name == name)
            return s;
        names.push_back(s.name);
    }
    std::string said = "there is no scenario \"" + printable(name, 64) + '"';
    if (std::string_view const better = closest(name, names); !better.empty())
        said += "; did you mean " + std::string(better) + "?";
    throw usage_error(said + " (outkit mock --list-scenarios)");
}

}  // namespace cli
