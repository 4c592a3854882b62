#ifndef OUTKIT_MOCK_SMTP_SIGN_IN_IPP
#define OUTKIT_MOCK_SMTP_SIGN_IN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/oauthbearer.hpp>
#include <outkit/mock/smtp.ipp>
#include <outkit/mock/smtp_state.hpp>
#include <outkit/sasl/challenge.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

// As EHLO lists them, each with a blank before it.
OUTKIT_INLINE std::string session::mechanisms() const
{
    if (!generic())
        return " LOGIN XOAUTH2";
    return std::string(" XOAUTH2 OAUTHBEARER") +
           (world_.policy.service.basic == basic_authentication::allowed ? " PLAIN LOGIN" : "");
}

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
    answer(std::move(what), marked(text), std::move(f), reason);
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
    std::string const what = "AUTH " + codec::printable(mechanism.substr(0, 20));
    bool known = false;
    codec::each_word(mechanisms(), [&](std::string_view m) { known = known || m == mechanism; });
    if (!greeted_)
        answer(what, std::string(words().hello_first));
    else if (!wire_.encrypted())
        answer(what, marked(words().tls_for_auth), {}, "not before STARTTLS");
    else if (!known)
        answer(what, marked(words().no_mechanism), {}, "only" + mechanisms() + " are offered");
    else if (signed_in_ || has_sender_)  // RFC 4954 section 4
        answer(what, std::string(words().again));
    else if (mechanism == "LOGIN")
        co_await login(std::move(initial));
    else if (mechanism == "PLAIN")
        co_await plain(std::move(initial));
    else
        co_await bearer(mechanism, std::move(initial));
}

// What is said to somebody whose token or password does not open the mailbox. The sentences about switches are those
// observed in simonrob/email-oauth2-proxy#193; a wrong identity never gets to see them.
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

inline constexpr std::string_view credentials_invalid = "535 5.7.8 The credentials are refused";  // RFC 4954 section 6

// XOAUTH2, and at the plain server OAUTHBEARER (RFC 7628).
OUTKIT_DEF flow<> session::bearer(std::string mechanism, std::optional<std::string> initial)
{
    std::string const what = "AUTH " + mechanism;
    std::string text, name;
    if (!initial)
    {
        bool const said = co_await ask("334 ");
        if (!said)  // RFC 4954 wants 501 for "*"; observed: comment in simonrob/email-oauth2-proxy
        {
            text = words().cancelled;
            co_await refuse_sign_in(what, text, name, "cancelled by the client");
            co_return;
        }
        initial = line_;
    }
    bool const xoauth2 = mechanism == "XOAUTH2";
    sasl::error wrong = sasl::error::malformed_response;
    auto credentials = xoauth2 ? sasl::decode_xoauth2(*initial, wrong) : decode_oauthbearer(*initial);
    if (credentials && credentials->user.empty() && !xoauth2)  // OAUTHBEARER need not name anybody
        credentials->user = verify_access_token(world_.keys, world_, credentials->token).claims.person.login;
    bool const bulk = profile() == smtp_profile::high_volume;
    user const* const u = credentials ? world_.directory.find_user(credentials->user) : nullptr;
    bool const no_address = credentials && xoauth2 && credentials->user.find('@') == std::string::npos;
    if (!credentials || no_address || (bulk && !(u && world_.policy.mailbox(mailbox_address(*u)).high_volume)))
    {
        // observed on the High Volume host: tarickb/sasl-xoauth2#110, where the end is cut off
        text = credentials
                   ? "501 5.5.124 Invalid XOAUTH2 auth data - User address provided is not valid. Please ensure "
                     "the auth data is valid."
                   : "501 5.5.124 Invalid XOAUTH2 auth data";
        if (generic())
            text = "501 5.5.2 The response is not understood";
        std::string_view reason = sasl::describe(wrong);
        if (credentials)
            reason = bulk ? "no account of High Volume Email has this address" : "the user is no address";
        co_await refuse_sign_in(what, text, name, reason);
        co_return;
    }
    name = credentials->user;
    access_ = open(world_, credentials->token, protocol::smtp, name);
    blocked_ = access_.denial == access_denial::mailbox_blocked;
    if (access_ || blocked_)  // a suspended account may sign in, but not send
    {
        enter(what, name);
        co_return;
    }
    bool const real = access_.denial == access_denial::real_credential;
    text = generic() && !real ? std::string(credentials_invalid) : sign_in_refusal(access_.denial);
    if ((world_.policy.service.json_challenge || generic()) && !real)  // Exchange Online refuses at once
    {
        sasl::error_challenge const why{xoauth2 ? "401" : "invalid_token", xoauth2 ? "Bearer" : "",
                                        "https://outlook.office.com/SMTP.Send"};
        std::string challenge = "334 " + sasl::encode_challenge(why);
        co_await ask(std::move(challenge));
    }
    if (real)
        name.clear();
    co_await refuse_sign_in(what, text, name, describe(access_.denial));
    close_ = close_ || real;
}

// observed: nodemailer/nodemailer#1484; both prompts are base64 of "Username:" and "Password:"
OUTKIT_DEF flow<> session::login(std::optional<std::string> initial)
{
    std::string const what = "AUTH LOGIN", nobody;
    if (!initial)
    {
        std::string prompt = "334 VXNlcm5hbWU6";
        if (co_await ask(std::move(prompt)))
            initial = line_;
    }
    std::optional<std::string> secret;
    if (initial)
    {
        std::string prompt = "334 UGFzc3dvcmQ6";
        if (co_await ask(std::move(prompt)))
            secret = line_;
    }
    if (!secret)
    {
        std::string text(words().cancelled);
        co_await refuse_sign_in(what, std::move(text), nobody, "cancelled by the client");
        co_return;
    }
    std::string name = detail::base64_decode(*initial).value_or("");
    std::string decoded = detail::base64_decode(*secret).value_or("");
    co_await password(what, std::move(name), std::move(decoded));
}

// message = [authzid] NUL authcid NUL passwd ; RFC 4616 section 2
OUTKIT_DEF flow<> session::plain(std::optional<std::string> initial)
{
    std::string const what = "AUTH PLAIN", nobody;
    if (!initial)
    {
        std::string prompt = "334 ";
        if (co_await ask(std::move(prompt)))
            initial = line_;
    }
    if (!initial)
    {
        std::string text(words().cancelled);
        co_await refuse_sign_in(what, std::move(text), nobody, "cancelled by the client");
        co_return;
    }
    std::string const message = detail::base64_decode(*initial).value_or("");
    auto const first = message.find('\0');
    auto const second = first == message.npos ? first : message.find('\0', first + 1);
    if (second == message.npos)
    {
        co_await refuse_sign_in(what, "501 5.5.2 The response is not understood", nobody, "no message of PLAIN");
        co_return;
    }
    std::string name = message.substr(first + 1, second - first - 1), secret = message.substr(second + 1);
    co_await password(what, std::move(name), std::move(secret));
}

OUTKIT_DEF flow<> session::password(std::string what, std::string name, std::string secret)
{
    std::string const unsuccessful = "535 5.7.139 Authentication unsuccessful, ";
    auto const basic = world_.policy.service.basic;
    user const* const u = world_.directory.find_user(name);
    bool const personal = u && u->kind == account_kind::personal;
    std::string text;
    std::string_view reason = "passwords are switched off";
    if (basic == basic_authentication::retired)  // announced by the Exchange team in 2024-04
        text = "550 5.7.30 Basic authentication is not supported for Client Submission.";
    else if (basic == basic_authentication::disabled || (personal && !generic()))
        text = unsuccessful + "basic authentication is disabled.";
    else
    {
        access_ = u ? open_own(world_, *u, protocol::smtp) : access();
        blocked_ = u && access_.denial == access_denial::mailbox_blocked;
        tenant_policy const& home = world_.policy.tenant(u ? u->tenant_id : "");
        bool const federated = u && !personal && home.federation != federation::none;
        auto const rule = u ? world_.policy.mailbox(mailbox_address(*u)).conditional_access : std::nullopt;
        bool const more = u && (u->mfa_required || rule.value_or(home.conditional_access) != conditional_access::pass);
        if (federated)
        {
            // documented: Learn, printers
            text = unsuccessful + (home.federation == federation::unreachable
                                       ? "federated STS service was unreachable."
                                       : "the federated STS URL does not support HTTPS.");
            reason = "the organization's sign-in service is not to be had";
        }
        else if (!u || !u->enabled || u->password.empty() || u->password != secret)
        {
            text = unsuccessful + "the user credentials were incorrect.";
            reason = "wrong user or password";
        }
        else if (!access_ && !blocked_)
        {
            text = sign_in_refusal(access_.denial);
            reason = describe(access_.denial);
        }
        else if (more)
        {
            text = sign_in_refusal(access_denial::conditional_access);
            reason = "a password is not enough: Conditional Access, or a second factor";
        }
    }
    if (text.empty())
    {
        enter(std::move(what), std::move(name));
        co_return;
    }
    if (generic())
        text = credentials_invalid;
    co_await refuse_sign_in(std::move(what), std::move(text), std::move(name), reason);
}

// Who somebody is has been shown, and that the mailbox is theirs to send from.
OUTKIT_INLINE void session::enter(std::string what, std::string user_name)
{
    fields f{{"user", user_name}};
    if (!world_.policy.mailbox(access_.mailbox).proxied)
    {
        // observed: a public snippet of Nodemailer users; the number varies
        std::string text = "451 4.7.0 Temporary server error. Please try again later. PRX2";
        if (generic())
            text = "454 4.7.0 The mailbox is not to be reached for the moment";
        return answer(std::move(what), std::move(text), std::move(f), "the mailbox's server is not reached");
    }
    signed_in_ = who_.logged_in = true;
    last_failure_.clear();
    if (user const* const owner = world_.directory.find_user_id(access_.owner_id))
        ensure_mailbox(world_, *owner);
    service_.senders_[access_.mailbox].connections.insert(who_.number);
    answer(std::move(what), std::string(words().signed_in), std::move(f));
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
