#ifndef OUTKIT_MOCK_IMAP_SIGN_IN_IPP
#define OUTKIT_MOCK_IMAP_SIGN_IN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/imap.ipp>
#include <outkit/mock/imap_state.hpp>
#include <outkit/mock/oauthbearer.hpp>
#include <outkit/sasl/challenge.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {
namespace imap_detail {

// Where the generation of the service and the world's switch let a password in at all.
OUTKIT_INLINE bool session::passwords_count() const
{
    return world_.policy.service.basic == basic_authentication::allowed &&
           (generic() || world_.policy.service.profile == imap_profile::classic);
}

OUTKIT_DEF flow<> session::authenticate(reader& r)
{
    if (!wire_.encrypted() || box_ || not_connected_)
    {
        bad_state();
        co_return;
    }
    std::string mechanism;
    if (r.blank())
        if (auto const m = r.atom())
            mechanism = *m;
    for (char& c : mechanism)
        c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    name_ = "AUTHENTICATE " + mechanism.substr(0, 20);
    std::optional<std::string> response;
    if (r.blank())
        response = r.astring();
    bool const plain = mechanism == "PLAIN" || (mechanism == "LOGIN" && !generic());
    bool const token = mechanism == "XOAUTH2" || (mechanism == "OAUTHBEARER" && generic());
    if ((!token && !plain) || !r.at_end())
    {
        bad_argument();
        co_return;
    }
    if (response == "=")
        response = "";
    if (!response && !(plain && after_2025()))
    {
        std::string const go = world_.policy.service.bare_continuation ? "+" : "+ ";
        say(go);
        std::string const tag = tag_;
        if (!co_await next_frame())
        {
            close_ = true;
            co_return;
        }
        tag_ = tag;
        response = std::string(frames_.text());
    }
    if (response == "*")
    {
        answer(verdict::bad, generic() ? "As you like." : "AUTHENTICATE failed.", "cancelled by the client");
        co_return;
    }
    if (plain)
    {
        auto const message = detail::base64_decode(response.value_or("")).value_or("");
        auto const user = message.find('\0'), secret = message.find('\0', user + 1);  // RFC 4616 section 2
        if (user == message.npos || secret == message.npos)
            password("", "");
        else
            password(message.substr(user + 1, secret - user - 1), message.substr(secret + 1));
        co_return;
    }
    bearer(mechanism, *response);
    bool const refused = !box_ && !not_connected_ && wrong_ == 0 && !close_;
    if (refused && (world_.policy.service.json_challenge || generic()))
    {
        // As other services do (RFC 7628 section 3.2.2); Exchange Online refuses at once.
        bool const xoauth2 = mechanism == "XOAUTH2";
        std::string refusal = std::move(out_);
        out_.clear();
        sasl::error_challenge const why{xoauth2 ? "400" : "invalid_token", xoauth2 ? "Bearer" : "",
                                        "https://outlook.office.com/IMAP.AccessAsUser.All"};
        say("+ " + sasl::encode_challenge(why));
        if (co_await next_frame())
            out_ += refusal;
        else
            close_ = true;
    }
}

OUTKIT_INLINE void session::bearer(std::string const& mechanism, std::string const& response)
{
    sasl::error wrong = sasl::error::malformed_response;
    auto credentials = mechanism == "XOAUTH2" ? sasl::decode_xoauth2(response, wrong) : decode_oauthbearer(response);
    if (!credentials)  // observed: a comment in a public XOAUTH2 helper; the number is inferred
        return answer(verdict::bad, std::string(words().bad_argument), sasl::describe(wrong));
    if (credentials->user.empty())  // OAUTHBEARER need not name anybody
        credentials->user = verify_access_token(world_.keys, world_, credentials->token).claims.person.login;
    field("user", credentials->user);
    access_ = open(world_, credentials->token, protocol::imap, credentials->user);
    if (access_.denial == access_denial::real_credential)
    {
        fields_.clear();
        answer(verdict::no, std::string(words().refused),
               "a credential of the real service was shown; mocks take none");
        say("* BYE This is a mock server: it takes no real credentials.");
        close_ = true;
        return;
    }
    if (!access_ && !access_.authenticated())
        return answer(verdict::no, std::string(words().refused), describe(access_.denial));
    enter();
}

// Passwords counted until 2022, for those who still allow them. Later generations know none (observed: holon-run/uxc#445;
// another session on the same banner heard what a wrong password hears, and was not closed).
OUTKIT_INLINE void session::password(std::string const& name, std::string const& secret)
{
    bool const is_login = name_ == "LOGIN", allowed = world_.policy.service.basic == basic_authentication::allowed;
    field("user", name);
    if (after_2025() && !allowed)
    {
        answer(verdict::no, "Basic authentication is disabled.", "passwords are refused");
        if (!is_login)
            return;
        say("* BYE Microsoft Exchange Server IMAP4 server signing off.");
        close_ = true;
        return;
    }
    user const* const u = world_.directory.find_user(name);
    if (is_login && !after_2025() && !generic() && u && u->kind == account_kind::personal && u->locked)
        return answer(verdict::no,  // observed: mscdex/node-imap#799
                      "LOGIN failed. Account is blocked. Login to your account via a web browser to verify your "
                      "identity.",
                      "the account is locked");
    bool const taken = passwords_count();
    if (!taken || !u || !u->enabled || u->password.empty() || u->password != secret)
    {
        bool const as_login = is_login && !after_2025() && !generic();
        return answer(verdict::no, as_login ? "LOGIN failed." : std::string(words().refused),
                      taken ? "wrong user or password" : "passwords are refused");
    }
    access_ = open_own(world_, *u, protocol::imap);
    enter();
}

// Who somebody is has been shown; now the mailbox, or why there is none for them.
OUTKIT_INLINE void session::enter()
{
    std::string const done = (name_ == "LOGIN" ? "LOGIN" : "AUTHENTICATE") + std::string(" completed.");
    user const* const owner = access_ ? world_.directory.find_user_id(access_.owner_id) : nullptr;
    mailbox* const box = owner ? ensure_mailbox(world_, *owner) : nullptr;
    auto const open_now = service_.connections_.find(access_.mailbox);
    bool const crowded = box && open_now != service_.connections_.end() &&
                         open_now->second.size() >= world_.policy.service.throttling.imap_connections;
    if (box && !crowded)
    {
        box_ = box;
        who_.logged_in = true;
        service_.connections_[access_.mailbox].insert(who_.number);
        return answer(verdict::ok, generic() ? "[CAPABILITY " + capabilities() + "] You are signed in." : done);
    }
    std::string_view const reason = crowded   ? std::string_view("too many connections to this mailbox")
                                    : access_ ? std::string_view("there is no mailbox behind the address")
                                              : describe(access_.denial);
    if (generic())  // RFC 5530 section 3
        return answer(verdict::no,
                      crowded ? "[LIMIT] There are too many connections to this mailbox."
                              : "[AUTHORIZATIONFAILED] This mailbox is not open to you.",
                      reason);
    if (after_2025())
        return answer(verdict::no, "User is authenticated but not connected.", reason);
    not_connected_ = true;
    answer(verdict::ok, done, reason);
}

OUTKIT_INLINE void session::forget_sign_in()
{
    auto const at = service_.connections_.find(access_.mailbox);
    if (box_ && at != service_.connections_.end())
    {
        at->second.erase(who_.number);
        if (at->second.empty())
            service_.connections_.erase(at);
    }
}

OUTKIT_DEF flow<> session::login(reader& r)
{
    if (box_ || not_connected_)
    {
        bad_state();
        co_return;
    }
    std::optional<std::string> user, secret;
    if (r.blank())
        user = r.astring();
    if (user && r.blank())
        secret = r.astring();
    if (!wire_.encrypted())
    {
        bad_state();
        co_return;
    }
    if (!secret || !r.at_end())
    {
        bad_argument();
        co_return;
    }
    password(*user, *secret);
}

}  // namespace imap_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
