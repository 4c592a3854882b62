#ifndef OUTKIT_SMTP_REFUSAL_IPP
#define OUTKIT_SMTP_REFUSAL_IPP

#include <outkit/smtp/detail/codec.hpp>
#include <outkit/smtp/detail/text.hpp>
#include <outkit/smtp/refusal.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::smtp {
namespace detail {

// A reply fits if it has the words and the enhanced code, as far as they are given. The first row that fits counts.
struct refusal_row
{
    refusal what;
    std::string_view words = {};
    enhanced_code code = {};
};

inline constexpr refusal_row refusal_rows[] = {
    {refusal::smtp_auth_off_for_tenant, "SmtpClientAuthentication is disabled for the Tenant"},
    {refusal::smtp_auth_off_for_mailbox, "SmtpClientAuthentication is disabled for the Mailbox"},
    {refusal::basic_auth_off, "basic authentication is disabled"},
    {refusal::basic_auth_retired, "Basic authentication is not supported for Client Submission"},
    {refusal::wrong_password, "the user credentials were incorrect"},
    {refusal::policy_not_met, "the request did not meet the criteria to be authenticated"},
    {refusal::security_defaults, "security defaults policy"},
    {refusal::federation_failed, "federated STS service was unreachable"},
    {refusal::federation_insecure, "federated STS URL does not support HTTPS"},
    {refusal::malformed_credentials, "Invalid XOAUTH2 auth data"},
    {refusal::mechanism_refused, "Unrecognized authentication type"},
    {refusal::tls_missing, "STARTTLS is required to send mail"},
    {refusal::identity_refused, "Authentication unsuccessful", {5, 7, 3}},
    {refusal::not_signed_in, "not authenticated to send", {5, 7, 57}},

    {refusal::sign_in_unavailable, "Temporary authentication failure"},
    {refusal::mailbox_unreachable, "Temporary server error"},
    {refusal::concurrent_connections, "Concurrent connections limit exceeded"},
    {refusal::concurrent_connections, "sender thread limit exceeded"},
    {refusal::submission_rate, "Message submission rate for this client has exceeded"},
    {refusal::session_timed_out, "Connection timed out", {4, 4, 1}},
    {refusal::server_busy, "Server busy"},
    {refusal::too_many_recipients, "Too many recipients", {4, 5, 3}},

    {refusal::outbound_spam, "OutboundSpamException"},
    {refusal::send_as_denied, "SendAsDenied"},
    {refusal::send_as_denied, "does not have permissions to send as this sender"},
    {refusal::daily_recipients, "SubmissionQuotaExceeded"},
    {refusal::daily_recipients, {}, {5, 1, 90}},
    {refusal::tenant_recipients, {}, {5, 7, 232}},
    {refusal::tenant_recipients, {}, {5, 7, 233}},
    {refusal::mailbox_full, "mailbox full"},
    {refusal::mailbox_full, "QuotaExceededException"},
    {refusal::sender_blocked, "bad outbound sender"},
    {refusal::sender_blocked, {}, {5, 7, 501}},
    {refusal::sender_blocked, {}, {5, 7, 502}},
    {refusal::sender_blocked, {}, {5, 7, 503}},
    {refusal::tenant_blocked, {}, {5, 7, 705}},
    {refusal::tenant_blocked, {}, {5, 7, 708}},
    {refusal::domain_unregistered, {}, {5, 7, 750}},
    {refusal::sender_header_malformed, {}, {5, 7, 512}},
    {refusal::sender_header_malformed, {}, {5, 1, 20}},

    {refusal::header_too_large, "Header size exceeds fixed maximum size"},
    {refusal::message_too_large, "Message size exceeds fixed maximum"},
    {refusal::bare_line_feeds, "BareLinefeedsAreIllegal"},
    {refusal::bare_line_feeds, {}, {5, 6, 11}},
};

OUTKIT_DECL bool has_words(std::string_view text, std::string_view words)
{
    auto const same = [](char a, char b) { return upper(a) == upper(b); };
    return words.empty() || std::search(text.begin(), text.end(), words.begin(), words.end(), same) != text.end();
}

// "2024-02-14T14:50:26.590Z"
OUTKIT_DECL std::optional<std::chrono::sys_time<std::chrono::milliseconds>> read_time(std::string_view s)
{
    using namespace std::chrono;
    static constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddZ";
    if (s.size() != form.size())
        return std::nullopt;
    for (std::size_t i = 0; i != form.size(); ++i)
        if (form[i] == 'd' ? !is_digit(s[i]) : s[i] != form[i])
            return std::nullopt;
    auto const at = [&](std::size_t begin, std::size_t n) { return static_cast<int>(*number(s.substr(begin, n))); };
    year_month_day const day(year(at(0, 4)), month(static_cast<unsigned>(at(5, 2))),
                             std::chrono::day(static_cast<unsigned>(at(8, 2))));
    if (!day.ok() || at(11, 2) > 23 || at(14, 2) > 59 || at(17, 2) > 60)
        return std::nullopt;
    return sys_days(day) + hours(at(11, 2)) + minutes(at(14, 2)) + seconds(at(17, 2)) + milliseconds(at(20, 3));
}

}  // namespace detail

OUTKIT_DEF refusal refusal_of(reply const& r)
{
    if (r.code < 400 || r.code > 599)
        return refusal::none;
    // "530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Authentication unsuccessful, ..."
    static constexpr std::string_view before = "Error: 535 ";
    if (auto const inner = r.text.find(before); r.code == 530 && inner != std::string::npos)
    {
        std::string_view text = std::string_view(r.text).substr(inner + before.size());
        reply earlier;
        earlier.code = 535;
        earlier.enhanced = detail::take_enhanced_code(text, 5);
        earlier.text = text;
        refusal const why = refusal_of(earlier);
        if (why != refusal::unnamed)
            return why;
    }
    for (detail::refusal_row const& row : detail::refusal_rows)
        if (detail::has_words(r.text, row.words) && (!row.code || row.code == r.enhanced))
            return row.what;
    return refusal::unnamed;
}

// "[" host [ SP time SP session ] "]" or "[Hostname=" host "]", at the end
OUTKIT_DEF std::optional<support_reference> reference_of(reply const& r)
{
    std::string_view text = detail::trimmed(r.text);
    auto const begin = text.rfind('[');
    if (!text.ends_with(']') || begin == std::string_view::npos)
        return std::nullopt;
    text = text.substr(begin + 1, text.size() - begin - 2);
    if (text.starts_with("Hostname="))
        text.remove_prefix(9);
    support_reference found;
    int words = 0;
    bool wrong = false;
    detail::each_word(text, [&](std::string_view word) {
        if (++words == 1)
            found.host = word;
        else if (words == 2)
            wrong = !(found.time = detail::read_time(word));
        else
            found.session = word;
    });
    // Else it is something else: "[ip]", "[EndDiagnosticData]".
    if (wrong || (words != 1 && words != 3) || found.host.find('.') == std::string::npos)
        return std::nullopt;
    return found;
}

}  // namespace outkit::inline OUTKIT_ABI::smtp

#endif
