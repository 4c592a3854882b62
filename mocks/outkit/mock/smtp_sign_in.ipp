#ifndef OUTKIT_MOCK_SMTP_SIGN_IN_IPP
#define OUTKIT_MOCK_SMTP_SIGN_IN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/smtp.ipp>
#include <outkit/mock/smtp_state.hpp>
#include <outkit/sasl/challenge.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

// Sends a challenge ("334 …") and reads the answer into line_. False: the client has gone, or said "*".
OUTKIT_DEF flow<bool> session::ask(std::string challenge)
{
    say(challenge);
    input const got = co_await next_line(longest_auth_line);
    close_ = close_ || got == input::end;
    bool const answered = got == input::line && line_ != "*";
    co_return answered;
}

OUTKIT_DEF flow<> session::refuse_sign_in(std::string what, std::string text, std::string user, std::string_view reason)
{
    if (close_)
        co_return;
    if (auto const delay = world_.policy.service.failed_auth_delay; delay > 0ms)
    {
        co_await flush();
        co_await detail::sleep_for(delay);
    }
    last_failure_ = text;
    fields f;
    if (!user.empty())
        f.emplace_back("user", codec::printable(user.substr(0, 254)));
    answer(std::move(what), text + ' ' + bracket(), std::move(f), reason);
}

OUTKIT_DEF flow<> session::authenticate(std::string argument)
{
    auto const blank = std::min(argument.find(' '), argument.size());
    std::string const mechanism = codec::upper(argument.substr(0, blank));
    std::optional<std::string> initial;
    if (blank != argument.size())
        initial = std::string(codec::trimmed(std::string_view(argument).substr(blank)));
    if (initial == "=")  // RFC 4954 section 4
        initial = "";
    bool const known = mechanism == "XOAUTH2" || mechanism == "LOGIN";
    std::string const what = "AUTH " + codec::printable(mechanism.substr(0, 20));
    if (!greeted_)
        answer(what, "503 5.5.2 Send hello first");
    else if (!wire_.encrypted() || !known)  // observed: mattermost/mattermost#954, jordan-wright/email#151
        answer(what, "504 5.7.4 Unrecognized authentication type " + bracket(), {},
               known ? "not before STARTTLS" : "only LOGIN and XOAUTH2 are offered");
    else if (signed_in_ || has_sender_)  // 503 by RFC 4954 section 4; the words are inferred
        answer(what, "503 5.5.2 Already authenticated");
    else if (mechanism == "XOAUTH2")
        co_await xoauth2(std::move(initial));
    else
        co_await login(std::move(initial));
}

// What is said to a token that does not open the mailbox. The sentences about switches are those observed in
// simonrob/email-oauth2-proxy#193; a wrong identity never gets to see them.
inline std::string sign_in_refusal(access_denial d)
{
    std::string const unsuccessful = "535 5.7.139 Authentication unsuccessful, ";
    switch (d)
    {
    case access_denial::smtp_auth_disabled_tenant:
        return unsuccessful + "SmtpClientAuthentication is disabled for the Tenant. Visit "
                              "https://aka.ms/smtp_auth_disabled for more information.";
    case access_denial::smtp_auth_disabled_mailbox:
        return unsuccessful + "SmtpClientAuthentication is disabled for the Mailbox. Visit "
                              "https://aka.ms/smtp_auth_disabled for more information.";
    case access_denial::security_defaults:  // the tail is inferred
        return unsuccessful + "user is locked by your organization's security defaults policy. Contact your "
                              "administrator.";
    case access_denial::conditional_access:
    case access_denial::authentication_policy:
        return unsuccessful + "the request did not meet the criteria to be authenticated successfully. Contact your "
                              "administrator.";
    case access_denial::real_credential:  // ours
        return "535 5.7.3 Authentication unsuccessful: this is a mock server, it takes no real credentials";
    default: return "535 5.7.3 Authentication unsuccessful";
    }
}

inline std::string wanted_scope_challenge()
{
    return "334 " + sasl::encode_challenge({"401", "Bearer", "https://outlook.office.com/SMTP.Send"});
}

OUTKIT_DEF flow<> session::xoauth2(std::optional<std::string> initial)
{
    std::string const what = "AUTH XOAUTH2";
    std::string text = "535 5.7.3 Authentication unsuccessful";
    std::string name;
    if (!initial)
    {
        bool const said = co_await ask("334 ");
        if (!said)  // RFC 4954 wants 501 for "*"; observed: comment in simonrob/email-oauth2-proxy
        {
            co_await refuse_sign_in(what, text, name, "cancelled by the client");
            co_return;
        }
        initial = line_;
    }
    sasl::error wrong{};
    auto const credentials = sasl::decode_xoauth2(*initial, wrong);
    if (!credentials)  // observed on another host of the service: tarickb/sasl-xoauth2#110
    {
        text = "501 5.5.124 Invalid XOAUTH2 auth data";
        co_await refuse_sign_in(what, text, name, sasl::describe(wrong));
        co_return;
    }
    name = credentials->user;
    access_ = open(world_, credentials->token, protocol::smtp, name);
    blocked_ = access_.denial == access_denial::mailbox_blocked;
    if (access_ || blocked_)  // a suspended account may sign in, but not send
    {
        signed_in(what, name);
        co_return;
    }
    text = sign_in_refusal(access_.denial);
    bool const real = access_.denial == access_denial::real_credential;
    if (world_.policy.service.json_challenge && !real)  // as other services do; Exchange Online refuses at once
    {
        std::string challenge = wanted_scope_challenge();
        co_await ask(std::move(challenge));
    }
    if (real)
        name.clear();
    co_await refuse_sign_in(what, text, name, describe(access_.denial));
    close_ = close_ || real;
}

// The switches of SMTP AUTH, for passwords: they are the same as for tokens.
OUTKIT_INLINE std::string_view session::switched_off(user const& u) const
{
    auto const& own = world_.policy.mailbox(mailbox_address(u)).smtp_auth;
    if (own && !*own)
        return "SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more "
               "information.";
    if (!own && !world_.policy.tenant(u.tenant_id).smtp_auth)
        return "SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more "
               "information.";
    if (world_.policy.tenant(u.tenant_id).security_defaults)
        return "user is locked by your organization's security defaults policy. Contact your administrator.";
    return {};
}

// observed: nodemailer/nodemailer#1484; both prompts are base64 of "Username:" and "Password:"
OUTKIT_DEF flow<> session::login(std::optional<std::string> initial)
{
    std::string const what = "AUTH LOGIN", unsuccessful = "535 5.7.139 Authentication unsuccessful, ", nobody;
    if (!initial)
    {
        std::string prompt = "334 VXNlcm5hbWU6";
        if (co_await ask(std::move(prompt)))
            initial = line_;
    }
    std::optional<std::string> password;
    if (initial)
    {
        std::string prompt = "334 UGFzc3dvcmQ6";
        if (co_await ask(std::move(prompt)))
            password = line_;
    }
    if (!password)
    {
        co_await refuse_sign_in(what, "535 5.7.3 Authentication unsuccessful", nobody, "cancelled by the client");
        co_return;
    }
    std::string const name = detail::base64_decode(*initial).value_or("");
    std::string const secret = detail::base64_decode(*password).value_or("");
    user const* const u = world_.directory.find_user(name);
    bool const personal = u && u->kind == account_kind::personal;
    std::string text;
    std::string_view reason = "passwords are switched off";
    if (world_.policy.service.basic == basic_authentication::retired)  // announced by the Exchange team in 2024-04
        text = "550 5.7.30 Basic authentication is not supported for Client Submission.";
    else if (world_.policy.service.basic == basic_authentication::disabled || personal)
        text = unsuccessful + "basic authentication is disabled.";
    else if (!u || !u->enabled || u->password.empty() || u->password != secret)
    {
        text = unsuccessful + "the user credentials were incorrect.";
        reason = "wrong user or password";
    }
    else if (std::string_view const off = switched_off(*u); !off.empty())
    {
        text = unsuccessful + std::string(off);
        reason = "SMTP AUTH is switched off";
    }
    if (!text.empty())
    {
        co_await refuse_sign_in(what, std::move(text), name, reason);
        co_return;
    }
    access_ = {};
    access_.protocol = protocol::smtp;
    access_.actor_id = access_.owner_id = u->id;
    access_.mailbox = mailbox_address(*u);
    access_.is_owner = access_.full_access = access_.send_as = access_.send_on_behalf = true;
    blocked_ = world_.policy.mailbox(access_.mailbox).blocked;
    signed_in(what, name);
}

OUTKIT_INLINE void session::signed_in(std::string what, std::string const& user_name)
{
    signed_in_ = who_.logged_in = true;
    last_failure_.clear();
    if (user const* const owner = world_.directory.find_user_id(access_.owner_id))
        ensure_mailbox(world_, *owner);
    service_.senders_[access_.mailbox].connections.insert(who_.number);
    answer(std::move(what), "235 2.7.0 Authentication successful", {{"user", user_name}});
}

OUTKIT_INLINE void session::forget_sign_in()
{
    if (!signed_in_)
        return;
    auto const at = service_.senders_.find(access_.mailbox);
    if (at != service_.senders_.end())
        at->second.connections.erase(who_.number);
}

}  // namespace smtp_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
