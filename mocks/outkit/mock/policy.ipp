#ifndef OUTKIT_MOCK_POLICY_IPP
#define OUTKIT_MOCK_POLICY_IPP

#include <outkit/mock/directory.hpp>  // same_name
#include <outkit/mock/policy.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

namespace policy_detail {

// Values as text, both ways. parse() leaves the target alone when it fails.

inline std::string print(bool v) { return v ? "on" : "off"; }
inline bool parse(std::string_view text, bool& v)
{
    if (text != "on" && text != "off")
        return false;
    v = text == "on";
    return true;
}

inline std::string print(std::optional<bool> v) { return v ? print(*v) : "unset"; }
inline bool parse(std::string_view text, std::optional<bool>& v)
{
    if (text == "unset")
        return v.reset(), true;
    bool b = false;
    if (!parse(text, b))
        return false;
    v = b;
    return true;
}

template <class E>
struct names;
template <>
struct names<imap_profile>
{
    static constexpr std::string_view all[] = {"tcpproxy", "classic", "transition", "rev2", "generic"};
};
template <>
struct names<smtp_profile>
{
    static constexpr std::string_view all[] = {"office365", "classic", "outlook", "high-volume", "generic"};
};
template <>
struct names<federation>
{
    static constexpr std::string_view all[] = {"none", "unreachable", "no-https"};
};
template <>
struct names<outbound_mail>
{
    static constexpr std::string_view all[] = {"open", "exceeded", "refused-address", "registered-domains"};
};
template <>
struct names<outbound_verdict>
{
    static constexpr std::string_view all[] = {"none",         "spam-abuse", "banned", "banned-sender",
                                               "refuse-quota", "hip-notify", "suspend"};
};
template <>
struct names<basic_authentication>
{
    static constexpr std::string_view all[] = {"allowed", "disabled", "retired"};
};
template <>
struct names<user_consent>
{
    static constexpr std::string_view all[] = {"allowed", "low-impact-only", "disabled"};
};
template <>
struct names<conditional_access>
{
    static constexpr std::string_view all[] = {"pass",
                                               "mfa",
                                               "mfa-registration",
                                               "blocked",
                                               "compliant-device",
                                               "joined-device",
                                               "approved-app",
                                               "sign-in-frequency",
                                               "mail-protocols-only",
                                               "managed-device",
                                               "registered-device",
                                               "device-authentication",
                                               "device-platform",
                                               "external-challenge"};
};

template <class E, auto& All = names<E>::all>
std::string print(E v)
{
    return std::string(All[static_cast<std::size_t>(v)]);
}
template <class E, auto& All = names<E>::all>
bool parse(std::string_view text, E& v)
{
    for (std::size_t i = 0; i != std::size(All); ++i)
        if (All[i] == text)
            return v = static_cast<E>(i), true;
    return false;
}

inline std::string print(std::optional<conditional_access> v) { return v ? print(*v) : "unset"; }
inline bool parse(std::string_view text, std::optional<conditional_access>& v)
{
    if (text == "unset")
        return v.reset(), true;
    conditional_access c{};
    if (!parse(text, c))
        return false;
    v = c;
    return true;
}

inline bool parse_number(std::string_view text, std::uint64_t low, std::uint64_t high, std::uint64_t& v)
{
    std::uint64_t n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc() || end != text.data() + text.size() || n < low || n > high)
        return false;
    v = n;
    return true;
}

// One switch: how it is listed, and how it is reached. Only the functions of its scope are used.
struct row
{
    policy_switch listed;
    bool (*set)(void* scope, std::string_view text);
    std::string (*get)(void const* scope);
};

template <auto Member, class Scope>
constexpr row switch_of(std::string_view name, std::string_view values, std::string_view description)
{
    return {{name, values, description},
            [](void* scope, std::string_view text) { return parse(text, static_cast<Scope*>(scope)->*Member); },
            [](void const* scope) { return print(static_cast<Scope const*>(scope)->*Member); }};
}

template <auto Member, class Scope, std::uint64_t Low, std::uint64_t High>
constexpr row number_of(std::string_view name, std::string_view values, std::string_view description)
{
    return {{name, values, description},
            [](void* scope, std::string_view text) {
                std::uint64_t n = 0;
                if (!parse_number(text, Low, High, n))
                    return false;
                auto& member = static_cast<Scope*>(scope)->*Member;
                member = static_cast<std::remove_reference_t<decltype(member)>>(n);
                return true;
            },
            [](void const* scope) { return std::to_string(static_cast<Scope const*>(scope)->*Member); }};
}

template <auto Member>
constexpr row delay_of(std::string_view name, std::string_view description)
{
    return {
        {name, "0..60000", description},
        [](void* scope, std::string_view text) {
            std::uint64_t n = 0;
            if (!parse_number(text, 0, 60'000, n))
                return false;
            static_cast<service_policy*>(scope)->*Member = std::chrono::milliseconds(n);
            return true;
        },
        [](void const* scope) { return std::to_string((static_cast<service_policy const*>(scope)->*Member).count()); }};
}

template <auto Member, std::uint64_t High>
constexpr row throttle_of(std::string_view name, std::string_view values, std::string_view description)
{
    return {{name, values, description},
            [](void* scope, std::string_view text) {
                std::uint64_t n = 0;
                if (!parse_number(text, 0, High, n))
                    return false;
                static_cast<service_policy*>(scope)->throttling.*Member = static_cast<unsigned>(n);
                return true;
            },
            [](void const* scope) {
                return std::to_string(static_cast<service_policy const*>(scope)->throttling.*Member);
            }};
}

inline constexpr std::string_view on_off = "on|off";
inline constexpr std::string_view access_names =
    "pass|mfa|mfa-registration|blocked|compliant-device|joined-device|approved-app|sign-in-frequency|"
    "mail-protocols-only|managed-device|registered-device|device-authentication|device-platform|external-challenge";

inline std::span<row const> rows()
{
    using S = service_policy;
    using T = tenant_policy;
    using M = mailbox_policy;
    using Q = throttling;
    static constexpr row table[] = {
        switch_of<&S::profile, S>("service.imap_profile", "tcpproxy|classic|transition|rev2|generic",
                                  "which generation of the IMAP front end answers"),
        switch_of<&S::submission, S>("service.smtp_profile", "office365|classic|outlook|high-volume|generic",
                                     "which submission service answers"),
        switch_of<&S::basic, S>("service.basic_authentication", "allowed|disabled|retired",
                                "what happens to a password at IMAP and SMTP"),
        delay_of<&S::failed_auth_delay>("service.failed_auth_delay",
                                        "milliseconds until a failed SMTP sign-in is answered"),
        delay_of<&S::failed_mail_delay>("service.failed_mail_delay",
                                        "milliseconds until SMTP answers MAIL of somebody who has not signed in"),
        switch_of<&S::bare_continuation, S>("service.bare_continuation", on_off,
                                            "IMAP asks for SASL data with \"+\" instead of \"+ \""),
        switch_of<&S::json_challenge, S>("service.json_challenge", on_off,
                                         "XOAUTH2 is refused with a JSON challenge first, as other providers do"),
        number_of<&S::smtp_size, S, 1024, 157'286'400>("service.smtp_size", "1024..157286400",
                                                       "octets per message that EHLO announces"),
        number_of<&S::recipients_per_message, S, 1, 1000>("service.recipients_per_message", "1..1000",
                                                          "RCPT commands accepted for one message"),
        switch_of<&S::bounce_line_feeds, S>("service.bounce_line_feeds", on_off,
                                            "lone line ends in SMTP data: taken, and bounced by servers outside; else "
                                            "refused at once"),
        throttle_of<&Q::imap_connections, 1000>(
            "service.imap_connections", "0..1000",
            "IMAP connections per mailbox; more are authenticated but not connected"),
        throttle_of<&Q::imap_commands_per_5_minutes, 10'000'000>(
            "service.imap_commands_per_5_minutes", "0..10000000",
            "IMAP commands about folders and messages per mailbox before it is throttled; 0 for no limit"),
        throttle_of<&Q::imap_octets_per_5_minutes, 4'000'000'000>(
            "service.imap_octets_per_5_minutes", "0..4000000000",
            "octets that IMAP says and takes per mailbox before it is throttled; 0 for no limit"),
        throttle_of<&Q::imap_status_at_once, 10'000>(
            "service.imap_status_at_once", "0..10000",
            "STATUS commands in one pipeline before \"Server Unavailable. 15\"; 0 for no limit"),
        throttle_of<&Q::smtp_connections, 1000>("service.smtp_connections", "0..1000",
                                                "SMTP connections that may submit for a mailbox at once"),
        throttle_of<&Q::messages_per_minute, 100'000>("service.messages_per_minute", "0..100000",
                                                      "messages a mailbox may submit per minute"),
        {{"service.refuse_over_rate", on_off, "over that rate 421 is answered; else messages are delayed"},
         [](void* scope, std::string_view text) {
             return parse(text, static_cast<S*>(scope)->throttling.refuse_over_rate);
         },
         [](void const* scope) { return print(static_cast<S const*>(scope)->throttling.refuse_over_rate); }},
        throttle_of<&Q::recipients_per_day, 10'000'000>("service.recipients_per_day", "0..10000000",
                                                        "recipients a mailbox may write to in 24 hours"),
        throttle_of<&Q::received_from_one_per_hour, 1'000'000>(
            "service.received_from_one_per_hour", "0..1000000",
            "messages a mailbox takes from one sender in an hour before they bounce; 0 for no limit"),
        throttle_of<&Q::received_per_hour, 1'000'000>(
            "service.received_per_hour", "0..1000000",
            "messages a mailbox takes in an hour before they bounce; 0 for no limit"),
        throttle_of<&Q::graph_per_10_minutes, 10'000'000>("service.graph_per_10_minutes", "0..10000000",
                                                          "Graph requests per application and mailbox in 10 minutes"),
        throttle_of<&Q::graph_at_once, 1000>("service.graph_at_once", "0..1000",
                                             "Graph requests per application and mailbox at once"),
        switch_of<&S::graph_calls_back, S>("service.graph_calls_back", on_off,
                                           "Graph calls notification URLs on this machine; else it takes none"),
        switch_of<&S::strict_oauth, S>("service.strict_oauth", on_off,
                                       "the authority is stricter than the real one: PKCE always, 60 s codes, a "
                                       "refresh token works once and its reuse revokes the family"),
        number_of<&S::loop_limit, S, 0, 100'000>(
            "service.loop_limit", "0..100000",
            "same token requests within five minutes before AADSTS50196; 0 for no limit"),
        {{"service.propagation_delay", "0..86400",
          "seconds until a switch of a tenant or a mailbox that an administrator flips acts"},
         [](void* scope, std::string_view text) {
             std::uint64_t n = 0;
             if (!parse_number(text, 0, 86'400, n))
                 return false;
             static_cast<S*>(scope)->propagation_delay = std::chrono::seconds(n);
             return true;
         },
         [](void const* scope) { return std::to_string(static_cast<S const*>(scope)->propagation_delay.count()); }},

        switch_of<&T::smtp_auth, T>("tenant.smtp_auth", on_off,
                                    "SMTP AUTH for mailboxes without a setting of their own"),
        switch_of<&T::security_defaults, T>("tenant.security_defaults", on_off,
                                            "security defaults: SMTP AUTH is refused whatever the other switches say"),
        switch_of<&T::authentication_policy_smtp, T>("tenant.authentication_policy_smtp", on_off,
                                                     "off: the authentication policy forbids SMTP AUTH"),
        switch_of<&T::user_consent, T>("tenant.user_consent", "allowed|low-impact-only|disabled",
                                       "whether users may consent to applications"),
        switch_of<&T::admin_consent_requests, T>("tenant.admin_consent_requests", on_off,
                                                 "users may ask an administrator for approval"),
        switch_of<&T::conditional_access, T>("tenant.conditional_access", access_names,
                                             "what Conditional Access decides about a sign-in"),

        switch_of<&T::password_grant, T>("tenant.password_grant", on_off, "the password grant, for work accounts"),
        switch_of<&T::device_code, T>("tenant.device_code", on_off,
                                      "off: Conditional Access blocks the device code flow"),
        switch_of<&T::outbound_access, T>("tenant.outbound_access", on_off,
                                          "off: its users may not be guests of other tenants"),
        switch_of<&T::inbound_access, T>("tenant.inbound_access", on_off, "off: guests may not sign in"),
        number_of<&T::mfa_lifetime, T, 0, 100'000>("tenant.mfa_lifetime", "0..100000",
                                                   "hours that a second factor counts; 0 for ever"),
        number_of<&T::sign_in_frequency, T, 0, 100'000>(
            "tenant.sign_in_frequency", "0..100000",
            "hours from a sign-in until refresh tokens and sessions end; 0 for never"),
        number_of<&T::refresh_token_lifetime, T, 0, 10'000>(
            "tenant.refresh_token_lifetime", "0..10000",
            "days from a sign-in until refresh tokens end, used or not; 0 for never"),
        number_of<&T::token_requests_per_minute, T, 0, 10'000'000>("tenant.token_requests_per_minute", "0..10000000",
                                                                   "more token requests get 429; 0 for no limit"),
        switch_of<&T::federation, T>("tenant.federation", "none|unreachable|no-https",
                                     "what is wrong with the organization's own sign-in service, if it has one"),
        switch_of<&T::outbound_mail, T>("tenant.outbound_mail", "open|exceeded|refused-address|registered-domains",
                                        "whether the tenant's mail goes out, and whose"),
        number_of<&T::external_recipients_per_day, T, 0, 10'000'000>(
            "tenant.external_recipients_per_day", "0..10000000",
            "recipients outside the tenant in 24 hours before messages bounce; 0 for no limit"),
        switch_of<&T::trial, T>("tenant.trial", on_off, "a trial tenant, which that bounce is told apart by"),

        switch_of<&M::imap, M>("mailbox.imap", on_off, "IMAP for this mailbox"),
        switch_of<&M::smtp_auth, M>("mailbox.smtp_auth", "unset|on|off",
                                    "SMTP AUTH for this mailbox; wins over the tenant's unless unset"),
        switch_of<&M::connectable, M>("mailbox.connectable", on_off,
                                      "off: signing in works, opening the mailbox does not"),
        switch_of<&M::blocked, M>("mailbox.blocked", on_off, "the account is suspended for sending spam"),
        switch_of<&M::full, M>("mailbox.full", on_off, "over quota: nothing can be sent or stored"),
        switch_of<&M::proxied, M>("mailbox.proxied", on_off,
                                  "off: SMTP does not reach the mailbox's server, a temporary error at the sign-in"),
        switch_of<&M::outbound_verdict, M>("mailbox.outbound_verdict",
                                           "none|spam-abuse|banned|banned-sender|refuse-quota|hip-notify|suspend",
                                           "what the outbound spam filter thinks of the mailbox's mail"),
        switch_of<&M::copy_sent_as, M>("mailbox.copy_sent_as", on_off,
                                       "a shared mailbox keeps copies of what others send as it"),
        switch_of<&M::copy_sent_on_behalf, M>("mailbox.copy_sent_on_behalf", on_off,
                                              "a shared mailbox keeps copies of what others send on its behalf"),
        switch_of<&M::high_volume, M>("mailbox.high_volume", on_off, "an account of High Volume Email"),
        switch_of<&M::conditional_access, M>("mailbox.conditional_access",
                                             "unset|pass|mfa|mfa-registration|blocked|compliant-device|joined-device|"
                                             "approved-app|sign-in-frequency|mail-protocols-only|managed-device|"
                                             "registered-device|device-authentication|device-platform|"
                                             "external-challenge",
                                             "Conditional Access for this user; wins over the tenant's unless unset"),
        number_of<&M::max_send, M, 1024, 157'286'400>("mailbox.max_send", "1024..157286400",
                                                      "octets of a message that may be sent"),
    };
    return table;
}

inline row const* find_row(std::string_view name)
{
    for (row const& r : rows())
        if (r.listed.name == name)
            return &r;
    return nullptr;
}

inline std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace policy_detail

OUTKIT_INLINE std::string_view nearest_name(std::string_view typo, std::span<std::string_view const> known)
{
    std::string_view best;
    std::size_t least = typo.size() / 3 + 1;  // more than a third wrong is no typo
    if (typo.size() > 64)
        return best;
    for (std::string_view const name : known)
    {
        if (name.size() > 64)
            continue;
        std::array<std::size_t, 66> distance{};  // Levenshtein, one row at a time
        for (std::size_t j = 0; j <= name.size(); ++j)
            distance[j] = j;
        for (std::size_t i = 1; i <= typo.size(); ++i)
        {
            std::size_t diagonal = distance[0];
            distance[0] = i;
            for (std::size_t j = 1; j <= name.size(); ++j)
            {
                std::size_t const replaced = diagonal + (typo[i - 1] == name[j - 1] ? 0 : 1);
                diagonal = distance[j];
                distance[j] = std::min({distance[j] + 1, distance[j - 1] + 1, replaced});
            }
        }
        if (distance[name.size()] < least || (distance[name.size()] == least && best.empty()))
        {
            least = distance[name.size()];
            best = name;
        }
    }
    return best;
}

OUTKIT_INLINE delegate const* mailbox_policy::find_delegate(std::string_view who) const
{
    for (delegate const& d : delegates)
        if (same_name(d.who, who))
            return &d;
    return nullptr;
}

OUTKIT_INLINE tenant_policy const& policy::tenant(std::string_view tenant_id) const
{
    auto const i = tenants_.find(policy_detail::lower(tenant_id));
    return i == tenants_.end() ? default_tenant_ : i->second;
}

OUTKIT_INLINE tenant_policy& policy::edit_tenant(std::string_view tenant_id)
{
    if (tenant_id.empty())
        return default_tenant_;
    return tenants_.try_emplace(policy_detail::lower(tenant_id), default_tenant_).first->second;
}

OUTKIT_INLINE mailbox_policy const& policy::mailbox(std::string_view address) const
{
    static mailbox_policy const defaults;
    auto const i = mailboxes_.find(policy_detail::lower(address));
    return i == mailboxes_.end() ? defaults : i->second;
}

OUTKIT_INLINE mailbox_policy& policy::edit_mailbox(std::string_view address)
{
    return mailboxes_[policy_detail::lower(address)];
}

OUTKIT_INLINE std::span<policy_switch const> policy::switches() noexcept
{
    static std::vector<policy_switch> const listed = [] {
        std::vector<policy_switch> all;
        for (policy_detail::row const& r : policy_detail::rows())
            all.push_back(r.listed);
        return all;
    }();
    return listed;
}

OUTKIT_INLINE bool policy::set(std::string_view name, std::string_view value, std::string_view subject,
                               std::string& problem)
{
    policy_detail::row const* const row = policy_detail::find_row(name);
    if (!row)
    {
        std::vector<std::string_view> known;
        for (policy_switch const& s : switches())
            known.push_back(s.name);
        problem = "there is no switch \"" + std::string(name.substr(0, 100)) + "\"";
        if (std::string_view const near = nearest_name(name, known); !near.empty())
            problem += "; did you mean \"" + std::string(near) + "\"?";
        return false;
    }
    auto const refused = [&] {
        problem = "\"" + std::string(value.substr(0, 100)) + "\" is no value of " + std::string(name) + "; it takes " +
                  std::string(row->listed.values);
        return false;
    };
    if (name.starts_with("service."))
    {
        if (!subject.empty())
        {
            problem = std::string(name) + " is the same for everybody; it takes no subject";
            return false;
        }
        return row->set(&service, value) || refused();
    }
    if (name.starts_with("tenant."))
    {
        if (!subject.empty())
        {
            tenant_policy changed = tenant(subject);
            if (!row->set(&changed, value))
                return refused();
            edit_tenant(subject) = std::move(changed);
            return true;
        }
        if (!row->set(&default_tenant_, value))
            return refused();
        for (auto& [id, own] : tenants_)
            row->set(&own, value);
        return true;
    }
    if (subject.empty())
    {
        problem = std::string(name) + " needs the address of a mailbox";
        return false;
    }
    mailbox_policy changed = mailbox(subject);
    if (!row->set(&changed, value))
        return refused();
    edit_mailbox(subject) = std::move(changed);
    return true;
}

OUTKIT_INLINE std::optional<std::string> policy::get(std::string_view name, std::string_view subject) const
{
    policy_detail::row const* const row = policy_detail::find_row(name);
    if (!row)
        return std::nullopt;
    if (name.starts_with("service."))
        return row->get(&service);
    if (name.starts_with("tenant."))
        return row->get(&tenant(subject));
    return row->get(&mailbox(subject));
}

OUTKIT_INLINE bool policy::flip(detail::wall_time now, std::string_view name, std::string_view value,
                                std::string_view subject, std::string& problem)
{
    apply_due(now);
    if (service.propagation_delay.count() == 0 || name.starts_with("service."))
        return set(name, value, subject, problem);
    return set_later(now + service.propagation_delay, name, value, subject, problem);
}

OUTKIT_INLINE bool policy::set_later(detail::wall_time when, std::string_view name, std::string_view value,
                                     std::string_view subject, std::string& problem)
{
    policy trial = *this;
    if (!trial.set(name, value, subject, problem))
        return false;
    auto const later = std::upper_bound(pending_.begin(), pending_.end(), when,
                                        [](detail::wall_time t, pending_switch const& p) { return t < p.when; });
    pending_.insert(later, {when, std::string(name), std::string(value), std::string(subject)});
    return true;
}

OUTKIT_INLINE void policy::apply_due(detail::wall_time now)
{
    if (pending_.empty())
        return;
    auto const end =
        std::find_if(pending_.begin(), pending_.end(), [&](pending_switch const& p) { return p.when > now; });
    std::vector<pending_switch> const due(pending_.begin(), end);
    pending_.erase(pending_.begin(), end);
    std::string ignored;
    for (pending_switch const& p : due)
        set(p.name, p.value, p.subject, ignored);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
