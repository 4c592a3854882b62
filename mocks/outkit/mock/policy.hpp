#ifndef OUTKIT_MOCK_POLICY_HPP
#define OUTKIT_MOCK_POLICY_HPP

#include <outkit/config.hpp>
#include <outkit/detail/environment.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/// Which generation of Exchange's IMAP front end answers; the real service is in the middle of replacing it. Or none of
/// them: `generic` keeps to the RFCs, so that mail programs can be tried that are not for Exchange alone.
enum class imap_profile
{
    tcpproxy,    // since 2026
    classic,     // 2013 to 2025
    transition,  // 2024 to 2026: as classic, with LOGINDISABLED
    rev2,        // tcpproxy, and ENABLE IMAP4rev2 after login
    generic      // RFC 3501, 4315, 6154, 6851, 7628; the words are ours
};

/// Which submission service answers: a host of Microsoft's, or none of them. `generic` keeps to the RFCs, so that mail
/// programs can be tried that are not for Exchange alone.
enum class smtp_profile
{
    office365,    // smtp.office365.com
    classic,      // the same until 2022: short brackets and the texts of those years
    outlook,      // smtp-mail.outlook.com
    high_volume,  // smtp-hve.office365.com: High Volume Email accounts only
    generic       // RFC 5321, 6409, 4954, 7628; the words are ours
};

/// What happens to a password at IMAP and SMTP.
enum class basic_authentication
{
    allowed,   // checked as before 2022
    disabled,  // 535 5.7.139, basic authentication is disabled
    retired    // 550 5.7.30
};

/// Whether users may consent to applications (Enterprise applications, "Consent and permissions").
enum class user_consent
{
    allowed,
    low_impact_only,
    disabled  // "Need admin approval", AADSTS90094
};

/// What Conditional Access decides about a sign-in.
enum class conditional_access
{
    pass,
    mfa,                    // second factor demanded: AADSTS50076
    mfa_registration,       // second factor must be set up first: AADSTS50079
    blocked,                // AADSTS53003
    compliant_device,       // AADSTS53000
    joined_device,          // AADSTS53001
    approved_app,           // AADSTS53002
    sign_in_frequency,      // refresh tokens do not live on: AADSTS70043
    mail_protocols_only,    // sign-in passes, IMAP and SMTP refuse: "did not meet the criteria"
    managed_device,         // AADSTS530003
    registered_device,      // AADSTS50129
    device_authentication,  // AADSTS50097
    device_platform,        // none that the policy knows: AADSTS50005
    external_challenge      // somebody else's second factor: AADSTS50158
};

/// Who checks the passwords of a tenant's users, where SMTP takes passwords at all.
enum class federation
{
    none,         // Entra itself
    unreachable,  // the organization's own sign-in service, which does not answer
    no_https      // the same, at an address without TLS
};

/// Whether a tenant's mail goes out.
enum class outbound_mail
{
    open,
    exceeded,            // 550 5.7.705, tenant has exceeded threshold
    refused_address,     // 550 5.7.708, traffic not accepted from this IP
    registered_domains,  // 550 5.7.750 unless the sender is of the tenant's domains
};

/// What the outbound spam filter thinks of a mailbox's mail.
enum class outbound_verdict
{
    none,
    spam_abuse,     // 550 5.7.501
    banned,         // 550 5.7.502
    banned_sender,  // 550 5.7.503
    refuse_quota,   // OutboundSpamException: a personal account is over its quota, or was never verified
    hip_notify,     // the same: somebody has to prove to be human
    suspend         // the same: the account is suspended
};

/// When the exchange of mail is not refused, but slowed.
struct throttling
{
    unsigned imap_connections = 20;  // per mailbox, at once; more are authenticated but not connected
    // Per mailbox, in windows that begin with a command; what is more gets "Request is throttled". 0: no limit.
    unsigned imap_commands_per_5_minutes = 0;  // those about folders and messages
    unsigned imap_octets_per_5_minutes = 0;    // said to clients and appended by them
    unsigned imap_status_at_once = 0;  // STATUS commands in a pipeline; then "Server Unavailable. 15". 0: no limit
    unsigned smtp_connections = 3;     // per mailbox, submitting at once; more get 432 4.3.2
    unsigned messages_per_minute = 30;
    bool refuse_over_rate = false;  // false: delayed to the next minute, true: 421 4.4.2
    unsigned recipients_per_day = 10'000;
    // Messages a mailbox takes in an hour: more bounce with 5.2.121 and 5.2.122. 0: no limit.
    unsigned received_from_one_per_hour = 0;
    unsigned received_per_hour = 0;
    unsigned graph_per_10_minutes = 10'000;
    unsigned graph_at_once = 4;
};

/// How the services as such behave.
struct service_policy
{
    imap_profile profile = imap_profile::tcpproxy;
    smtp_profile submission = smtp_profile::office365;
    basic_authentication basic = basic_authentication::disabled;
    std::chrono::milliseconds failed_auth_delay{0};  // the real SMTP service takes about 5 s to refuse
    std::chrono::milliseconds failed_mail_delay{0};  // and about 4 s for MAIL without a sign-in
    bool bare_continuation = false;                  // IMAP "+" instead of "+ " (observed: jstedfast/MailKit#483)
    bool json_challenge = false;                     // refuse XOAUTH2 with a challenge first, as others do
    std::uint64_t smtp_size = 157'286'400;           // octets, as EHLO announces them
    unsigned recipients_per_message = 500;
    bool bounce_line_feeds = false;  // lone line ends in SMTP data: a bounce from outside, not a refusal
    mock::throttling throttling;
    bool graph_calls_back = true;  // notification URLs on this machine; others never
    bool strict_oauth = false;     // PKCE always, 60 s codes, refresh token families: stricter than the real service
    unsigned loop_limit = 0;       // same token requests within 5 minutes before AADSTS50196; 0: no limit
    std::chrono::seconds propagation_delay{0};  // until what an administrator flips acts; see policy::flip()
};

/// An application registered in Exchange (New-ServicePrincipal), without which app-only tokens open no mailbox.
struct exchange_principal
{
    std::string app_id = {};
    std::string object_id = {};  // must be the enterprise application's; people give the registration's
};

/// The role "Application SMTP.SendAsApp" of RBAC for Applications (New-ManagementRoleAssignment).
struct application_role
{
    std::string app_id = {};
    std::vector<std::string> mailboxes = {};  // its scope, by their addresses; empty: all of the tenant
};

/// What an administrator has decided for a tenant.
struct tenant_policy
{
    bool smtp_auth = true;                   // false: SmtpClientAuthenticationDisabled; a mailbox may override
    bool security_defaults = false;          // refuses SMTP AUTH whatever the switches say
    bool authentication_policy_smtp = true;  // false: an authentication policy forbids SMTP AUTH
    mock::user_consent user_consent = mock::user_consent::allowed;
    bool admin_consent_requests = false;  // "Need admin approval" becomes a request form (AADSTS90095)
    mock::conditional_access conditional_access = mock::conditional_access::pass;
    bool password_grant = false;          // false: AADSTS530032
    bool device_code = true;              // false: Conditional Access blocks the device code flow (AADSTS53003)
    bool outbound_access = true;          // false: its users may not go to other tenants as guests (AADSTS500212)
    bool inbound_access = true;           // false: guests may not come in (AADSTS500213)
    unsigned mfa_lifetime = 0;            // hours that a second factor counts (AADSTS50078); 0: for ever
    unsigned sign_in_frequency = 0;       // hours until a password is asked for again (AADSTS70043, 70044); 0: never
    unsigned refresh_token_lifetime = 0;  // days from the sign-in, however often it is used (AADSTS700081); 0: no limit
    unsigned token_requests_per_minute = 0;  // more get 429 and AADSTS90055; 0: no limit
    mock::federation federation = mock::federation::none;
    mock::outbound_mail outbound_mail = mock::outbound_mail::open;
    unsigned external_recipients_per_day = 0;  // of all mailboxes; more bounce with 5.7.233; 0: no limit
    bool trial = false;                        // with 5.7.232 then
    std::vector<exchange_principal> exchange_principals = {};
    std::vector<application_role> application_roles = {};
    std::vector<std::string> graph_mailboxes =
        {};  // application access policy: app-only Graph opens these only; empty: all
};

/// What somebody may do with a mailbox that is not theirs.
struct delegate
{
    std::string who = {};      // address of a user or object id of a service principal
    bool full_access = false;  // open it
    bool send_as = false;
    bool send_on_behalf = false;
};

/// The switches of one mailbox.
struct mailbox_policy
{
    bool imap = true;  // Set-CASMailbox -ImapEnabled; for personal accounts "Let devices and apps use IMAP"
    std::optional<bool> smtp_auth = {};  // unset: the tenant's; else it wins over the tenant's
    bool connectable = true;             // false: "authenticated but not connected" for no reason that can be seen
    bool blocked = false;                // the account is suspended for sending spam
    bool full = false;                   // over quota: nothing can be sent or stored
    bool proxied = true;                 // false: SMTP's front end does not reach the mailbox's server (451 4.7.0)
    mock::outbound_verdict outbound_verdict = mock::outbound_verdict::none;
    bool copy_sent_as = false;         // Set-Mailbox -MessageCopyForSentAsEnabled, for a shared mailbox
    bool copy_sent_on_behalf = false;  // -MessageCopyForSendOnBehalfEnabled
    bool high_volume = false;          // an account of High Volume Email
    std::optional<mock::conditional_access> conditional_access = {};  // instead of the tenant's
    std::uint64_t max_send = 36'700'160;                              // octets of one message (35 MB)
    std::vector<delegate> delegates = {};
    std::vector<std::string> high_volume_apps = {};  // Add-HVEAppAccess: application ids, at most ten

    /// Null when this one has no rights here. Compared without case.
    delegate const* find_delegate(std::string_view who) const;
};

/// One switch as listed: what it is called and what it takes.
struct policy_switch
{
    std::string_view name;         // "mailbox.imap"; the part before the dot is the scope
    std::string_view values;       // "on|off", "tcpproxy|classic|…", "0..1000"
    std::string_view description;  // one sentence
};

/// A switch that is flipped already and does not act yet.
struct pending_switch
{
    detail::wall_time when{};
    std::string name = {}, value = {}, subject = {};
};

/** Everything that can be switched in a world.

    The members are plain data to be read and written; set() does the same by name, so that a world file, the admin API
    and a command line have every switch that C++ has. Tenants and mailboxes not mentioned have the defaults.
*/
class policy
{
public:
    service_policy service;

    /// For reading: the tenant's policy, or the one for all.
    tenant_policy const& tenant(std::string_view tenant_id) const;
    /// For writing: begins as a copy of the one for all. An empty id: the one for all tenants that have none of their own.
    tenant_policy& edit_tenant(std::string_view tenant_id);
    /// For reading. By the mailbox's primary address, compared without case.
    mailbox_policy const& mailbox(std::string_view address) const;
    mailbox_policy& edit_mailbox(std::string_view address);

    /// Tenants and mailboxes with a policy of their own; keys in lower case.
    std::map<std::string, tenant_policy, std::less<>> const& tenants() const { return tenants_; }
    std::map<std::string, mailbox_policy, std::less<>> const& mailboxes() const { return mailboxes_; }

    /// Every switch, sorted by scope: service, tenant, mailbox.
    static std::span<policy_switch const> switches() noexcept;

    /** Sets a switch by name.

        @param subject  For `tenant.…` the tenant's id (empty: every tenant), for `mailbox.…` the mailbox's address, for
                        `service.…` empty.
        @param problem  What is wrong with name, value or subject, with a suggestion; untouched on success.
        @return         whether it was set
    */
    bool set(std::string_view name, std::string_view value, std::string_view subject, std::string& problem);
    /// The switch's present value in the form set() takes; empty optional for an unknown name.
    std::optional<std::string> get(std::string_view name, std::string_view subject = {}) const;

    /** Sets a switch as an administrator does: those of tenants and mailboxes act when `service.propagation_delay` has
        passed, those of the service at once. */
    bool flip(detail::wall_time now, std::string_view name, std::string_view value, std::string_view subject,
              std::string& problem);

    /** Sets a switch at a later date, as the real service does: minutes after an administrator has flipped it.

        Checked now, applied by apply_due(), which the servers call before they look.
    */
    bool set_later(detail::wall_time when, std::string_view name, std::string_view value, std::string_view subject,
                   std::string& problem);
    void apply_due(detail::wall_time now);
    /// Those not applied yet, by their dates.
    std::vector<pending_switch> const& pending() const { return pending_; }

private:
    tenant_policy default_tenant_;
    std::map<std::string, tenant_policy, std::less<>> tenants_;
    std::map<std::string, mailbox_policy, std::less<>> mailboxes_;
    std::vector<pending_switch> pending_;
};

/// The name among `known` that a typo probably meant; empty when none is near.
std::string_view nearest_name(std::string_view typo, std::span<std::string_view const> known);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/policy.ipp>
#endif

#endif
