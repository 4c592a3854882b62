#ifndef OUTKIT_MOCK_SMTP_IPP
#define OUTKIT_MOCK_SMTP_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mime/header.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/sasl/challenge.hpp>
#include <outkit/smtp/detail/codec.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

namespace codec = outkit::smtp::detail;
using detail::attempt;
using detail::flow;
using detail::wire;
using namespace std::chrono_literals;

inline constexpr std::size_t longest_command = 2'048;
inline constexpr std::size_t longest_auth_line = 12'288;  // RFC 4954 section 4
inline constexpr auto idle_before_sign_in = 30s;
inline constexpr auto idle_after_sign_in = 30min;
inline constexpr std::size_t largest_header = 256 * 1024;

inline std::string digits(std::uint64_t n, int width)
{
    std::string s = std::to_string(n);
    if (s.size() < static_cast<std::size_t>(width))
        s.insert(0, static_cast<std::size_t>(width) - s.size(), '0');
    return s;
}

// "Mon, 5 Oct 2026 08:15:02 +0000": the day is not padded (observed: simonrob/email-oauth2-proxy#93).
inline std::string greeting_date(detail::wall_time t)
{
    std::string s = mime::format_date({std::chrono::floor<std::chrono::seconds>(t), std::chrono::minutes(0)});
    if (auto const at = s.find(" 0"); at == 4)
        s.erase(5, 1);
    return s;
}

// "2026-10-05T08:15:09.114Z"
inline std::string bracket_time(detail::wall_time t)
{
    using namespace std::chrono;
    auto const day = floor<days>(t);
    year_month_day const date(day);
    hh_mm_ss const time(floor<milliseconds>(t - day));
    return digits(static_cast<std::uint64_t>(int(date.year())), 4) + '-' + digits(unsigned(date.month()), 2) + '-' +
           digits(unsigned(date.day()), 2) + 'T' + digits(static_cast<std::uint64_t>(time.hours().count()), 2) + ':' +
           digits(static_cast<std::uint64_t>(time.minutes().count()), 2) + ':' +
           digits(static_cast<std::uint64_t>(time.seconds().count()), 2) + '.' +
           digits(static_cast<std::uint64_t>(time.subseconds().count()), 3) + 'Z';
}

// The end of a message as servers open to smuggling find it: a lone LF or CR is a line end, too (CVE-2023-51764). For the
// misbehaviour smtp.lenient-end-of-data only. Of a line no more is kept than tells whether it is a dot.
class lenient_reader
{
public:
    std::size_t add(std::string_view bytes, std::string& content)
    {
        std::size_t i = 0;
        while (i != bytes.size() && !complete_)
        {
            char const c = bytes[i];
            if (after_cr_ && c != '\n')
            {
                end_line(content);  // at the CR; c begins the next
                continue;
            }
            ++i;
            line_ += c;
            if (c == '\n')
                end_line(content);
            else if (c == '\r')
                after_cr_ = true;
            else if (line_.size() > longest_kept)
                hand_on(content);
        }
        return i;
    }
    bool complete() const { return complete_; }

private:
    static constexpr std::size_t longest_kept = 1'000;

    void end_line(std::string& content)
    {
        after_cr_ = false;
        std::string_view const text = std::string_view(line_).substr(0, line_.find_first_of("\r\n"));
        if (at_begin_ && text == ".")
        {
            complete_ = true;
            return;
        }
        hand_on(content);
        at_begin_ = true;
    }
    void hand_on(std::string& content)
    {
        content += at_begin_ && line_.starts_with('.') ? std::string_view(line_).substr(1) : std::string_view(line_);
        line_.clear();
        at_begin_ = false;
    }

    std::string line_;
    bool at_begin_ = true;  // line_ is the beginning of a line
    bool after_cr_ = false;
    bool complete_ = false;
};

class session
{
public:
    session(smtp& s, wire& w, visitor& who) : service_(s), world_(s.world_), wire_(w), who_(who)
    {
        std::string const number = digits(random(10'000), 4);
        // Shaped like Microsoft's, and a mock's for everybody to see.
        host_ = "MOCKPR06CA" + number + ".outlook.office365.com";
        bracket_host_ = "MOCKPR06CA" + number + ".mockprd06.prod.outlook.com";
        store_name_ = "MOCKPR06MB" + digits(random(10'000), 4);
        session_id_ = random(std::uint64_t(1) << 48);
    }
    session(session const&) = delete;
    ~session() { forget_sign_in(); }

    OUTKIT_DECL flow<> run();

private:
    enum class input
    {
        line,
        end
    };

    // Talking
    OUTKIT_DECL flow<input> next_line(std::size_t longest);
    OUTKIT_DECL flow<> flush();
    void say(std::string_view reply) { (out_ += reply) += "\r\n"; }
    OUTKIT_DECL flow<bool> fault(std::string operation);
    OUTKIT_DECL flow<> stall();
    std::uint64_t random(std::uint64_t below);
    detail::time_point now() const { return timing_->now(); }
    std::string bracket() const;
    std::string hostname() const { return "[Hostname=" + store_name_ + ".mockprd06.prod.outlook.com]"; }

    using fields = std::vector<std::pair<std::string, std::string>>;
    void note(std::string what, fields f, std::string answer, journal_outcome o, std::string_view reason = {});
    void answer(std::string what, std::string reply, fields f = {}, std::string_view reason = {});

    // Commands
    OUTKIT_DECL flow<> handle(std::string line);
    void hello(codec::command const& c, bool extended);
    OUTKIT_DECL flow<> start_tls(std::string const& argument);
    OUTKIT_DECL flow<> authenticate(std::string argument);
    OUTKIT_DECL flow<> xoauth2(std::optional<std::string> initial);
    OUTKIT_DECL flow<> login(std::optional<std::string> initial);
    OUTKIT_DECL flow<bool> ask(std::string challenge);
    OUTKIT_DECL flow<> refuse_sign_in(std::string what, std::string text, std::string user, std::string_view reason);
    void signed_in(std::string what, std::string const& user);
    void mail(std::string_view argument);
    void recipient(std::string_view argument);
    OUTKIT_DECL flow<> data();
    OUTKIT_DECL flow<> chunk(std::string_view argument);
    OUTKIT_DECL flow<> take_message(std::string content, std::string verb);
    void reset();
    void forget_sign_in();

    // Deciding
    std::string_view switched_off(user const& u) const;
    std::string refusal(std::string const& content, std::uint64_t size, std::string& reason);
    std::string sender_refusal(std::string const& content, std::string& reason);
    OUTKIT_DECL flow<std::string> slowed();
    std::string store(std::string const& content);
    std::uint64_t size_limit() const;

    smtp& service_;
    world& world_;
    wire& wire_;
    visitor& who_;
    detail::environment* timing_ = nullptr;  // whose clock the flow's deadlines are of: the world's, or a simulator's
    detail::time_point started_;
    std::string host_, bracket_host_, store_name_;
    std::uint64_t session_id_ = 0;

    std::string out_;   // replies not sent yet
    std::string line_;  // the last one read
    std::uint64_t sent_ = 0;
    std::optional<std::uint64_t> drop_at_;
    bool close_ = false;
    detail::event never_;

    bool greeted_ = false;
    access access_;  // of who has signed in
    bool signed_in_ = false;
    bool blocked_ = false;      // the account is suspended
    std::string last_failure_;  // text of the last AUTH that was refused, without its bracket

    // The message in progress
    bool has_sender_ = false;
    mime::address from_;
    std::vector<mime::address> to_;
    bool chunking_ = false;
    std::string chunks_;
    std::uint64_t chunked_ = 0;
};

inline std::uint64_t session::random(std::uint64_t below)
{
    unsigned char bytes[8];
    world_.random(bytes);
    std::uint64_t n = 0;
    for (unsigned char const b : bytes)
        n = n << 8 | b;
    return n % below;
}

// As since early 2023: host, time, and a number that the session keeps (observed: jstedfast/MailKit#1712).
inline std::string session::bracket() const
{
    char id[17];
    std::snprintf(id, sizeof id, "08DE%012llX", static_cast<unsigned long long>(session_id_));
    return '[' + bracket_host_ + ' ' + bracket_time(world_.date()) + ' ' + id + ']';
}

inline void session::note(std::string what, fields f, std::string answer, journal_outcome o, std::string_view reason)
{
    journal_entry e;
    e.time = world_.date();
    e.server = "smtp";
    e.connection = who_.number;
    e.what = std::move(what);
    e.fields = std::move(f);
    e.answer = std::move(answer);
    e.outcome = o;
    e.reason = reason;
    world_.journal.record(std::move(e));
}

// Says the reply and writes it down. What the client did wrong is 500 to 504 and 550 5.1.7; else it was refused.
inline void session::answer(std::string what, std::string reply, fields f, std::string_view reason)
{
    say(reply);
    bool const positive = reply[0] == '2' || reply[0] == '3';
    bool const invalid = reply.starts_with("50") || reply.starts_with("550 5.1.7");
    journal_outcome const o = positive  ? journal_outcome::ok
                              : invalid ? journal_outcome::invalid
                                        : journal_outcome::refused;
    note(std::move(what), std::move(f), std::move(reply), o, reason);
}

OUTKIT_DEF flow<> session::flush()
{
    if (out_.empty())
        co_return;
    std::string text = std::move(out_);
    out_.clear();
    if (drop_at_ && sent_ + text.size() >= *drop_at_)
    {
        text.resize(static_cast<std::size_t>(*drop_at_ - std::min(*drop_at_, sent_)));
        close_ = true;
    }
    sent_ += text.size();
    co_await wire_.write(std::move(text));
    if (close_ && drop_at_)
        co_await detail::fail(error::connection_closed, "a fault has cut the connection");
}

OUTKIT_DEF flow<> session::stall()
{
    co_await flush();
    wire_.patience = 24h;
    wire::sink nowhere = [](std::string_view) {};
    co_await wire_.read_to_end(std::move(nowhere));
    close_ = true;
}

// Whether a fault has answered the operation.
OUTKIT_DEF flow<bool> session::fault(std::string operation)
{
    auto const f = world_.faults.take("smtp", operation);
    if (!f)
        co_return false;
    if (f->delay > 0ns)
    {
        co_await flush();
        co_await detail::sleep_for(f->delay);
    }
    if (f->drop_after)
        drop_at_ = sent_ + *f->drop_after;
    if (drop_at_ && *drop_at_ == sent_)
        co_await detail::fail(error::connection_closed, "a fault has cut the connection");
    if (f->answer || f->disconnect || f->stall)
        note(std::move(operation), {}, f->answer.value_or(""), journal_outcome::fault,
             f->stall        ? "never answered"
             : f->disconnect ? "disconnected"
                             : "");
    if (f->answer)
        say(*f->answer);
    if (f->disconnect || (f->answer && f->answer->starts_with("421")))
        close_ = true;
    if (f->stall)
        co_await stall();
    co_return f->answer || f->disconnect || f->stall;
}

// Reads the next line into line_. What has been answered goes out when nothing more is waiting to be answered: replies
// to commands that came together leave together.
OUTKIT_DEF flow<session::input> session::next_line(std::size_t longest)
{
    for (;;)
    {
        if (auto const line = wire_.buffered_line())
        {
            line_ = *line;
            if (line_.size() <= longest)
                co_return input::line;
            answer("(line)", "500 5.5.2 Command line too long", {}, "longer than the limit of this server");
            continue;
        }
        co_await flush();
        if (!wire_.has_buffered())
        {
            detail::time_point until = now() + idle_before_sign_in;
            if (signed_in_)
                until = now() + idle_after_sign_in;
            detail::event::watch nothing(never_);
            if (co_await wire_.wait(nothing, until) == detail::wake::time)
            {
                auto const lasted = std::chrono::duration_cast<std::chrono::milliseconds>(now() - started_);
                std::chrono::hh_mm_ss const t(lasted);
                answer("(idle)", "421 4.4.1 Connection timed out. Total session duration: " +
                                     digits(t.hours().count(), 2) + ':' + digits(t.minutes().count(), 2) + ':' +
                                     digits(t.seconds().count(), 2) + '.' + digits(t.subseconds().count(), 3) + "0000");
                co_await flush();
                co_return input::end;
            }
        }
        wire_.patience = idle_before_sign_in;
        auto const filled = co_await attempt(wire_.fill());
        if (filled.ec == error::connection_closed && !wire_.has_buffered())
            co_return input::end;
        if (filled.ec == error::bare_line_feed || filled.ec == error::line_too_long)
        {
            // Ours: what the real service says to lines that are none is not known.
            answer("(line)", "500 5.5.2 Syntax error, closing transmission channel", {}, filled.ec.message());
            co_await flush();
            co_return input::end;
        }
        if (filled.ec)
            co_await detail::fail(filled.ec);
    }
}

OUTKIT_DEF flow<> session::run()
{
    timing_ = &co_await detail::this_environment();
    started_ = now();
    wire_.max_line = longest_auth_line;
    bool const faulty = co_await fault("connect");
    if (!faulty)
        say("220 " + host_ + " Microsoft ESMTP MAIL Service ready at " + greeting_date(world_.date()));
    while (!close_)
    {
        if (co_await next_line(longest_auth_line) == input::end)
            break;
        std::string line = std::move(line_);
        co_await handle(std::move(line));
    }
    co_await flush();
    co_await wire_.close();
}

OUTKIT_DEF flow<> session::handle(std::string line)
{
    codec::command const c = codec::parse_command(line);
    std::string const argument(c.argument);
    world_.policy.apply_due(world_.date());
    if (c.verb != "AUTH" && line.size() > longest_command)
    {
        answer(c.verb.substr(0, 16), "500 5.5.2 Command line too long", {}, "longer than the limit of this server");
        co_return;
    }
    if (co_await fault(c.verb))
        co_return;

    if (c.verb == "EHLO" || c.verb == "HELO")
        hello(c, c.verb == "EHLO");
    else if (c.verb == "STARTTLS")
        co_await start_tls(argument);
    else if (c.verb == "AUTH")
        co_await authenticate(argument);
    else if (c.verb == "MAIL")
        mail(argument);
    else if (c.verb == "RCPT")
        recipient(argument);
    else if (c.verb == "DATA")
        co_await data();
    else if (c.verb == "BDAT")
        co_await chunk(argument);
    else if (c.verb == "RSET")
    {
        reset();
        answer("RSET", "250 2.0.0 Resetting");  // observed: jstedfast/MailKit#904
    }
    else if (c.verb == "NOOP")
        answer("NOOP", "250 2.0.0 OK");
    else if (c.verb == "QUIT")
    {
        answer("QUIT", "221 2.0.0 Service closing transmission channel");
        close_ = true;
    }
    else  // observed: muquit/mailsend#152
        answer("(unknown)", "500 5.3.3 Unrecognized command '" + codec::printable(c.verb.substr(0, 64)) + "'");
}

inline void session::reset()
{
    has_sender_ = chunking_ = false;
    from_ = {};
    to_.clear();
    chunks_.clear();
    chunked_ = 0;
}

// The lists are those observed before and after TLS, in their order (datawookie/emayili#147, minosiants/pencil#24,
// simonrob/email-oauth2-proxy#93).
inline void session::hello(codec::command const& c, bool extended)
{
    std::string const name = codec::printable(c.argument.substr(0, 128));
    fields f{{"name", name}};
    bool const valid = !c.argument.empty() && c.argument.size() <= 255 && name == c.argument.substr(0, 128) &&
                       c.argument.find_first_of(" <>@\"\\()") == std::string_view::npos;
    if (!valid)
        return answer(c.verb, "501 5.5.4 Invalid domain name", std::move(f));
    reset();
    greeted_ = true;
    std::string const first = host_ + " Hello [127.0.0.1]";
    if (!extended)
        return answer("HELO", "250 " + first, std::move(f));
    say("250-" + first);
    say("250-SIZE " + std::to_string(world_.policy.service.smtp_size));
    say("250-PIPELINING");
    say("250-DSN");
    say("250-ENHANCEDSTATUSCODES");
    if (wire_.encrypted())
        say("250-AUTH LOGIN XOAUTH2");
    else if (!world_.faults.misbehaves("smtp.no-starttls"))
        say("250-STARTTLS");
    say("250-8BITMIME");
    say("250-BINARYMIME");
    say("250-CHUNKING");
    say("250 SMTPUTF8");
    note("EHLO", std::move(f), "250", journal_outcome::ok);
}

OUTKIT_DEF flow<> session::start_tls(std::string const& argument)
{
    if (wire_.encrypted())
    {
        answer("STARTTLS", "503 5.5.2 Only one STARTTLS command can be issued per session");
        co_return;
    }
    if (!argument.empty())
    {
        answer("STARTTLS", "501 5.5.4 Invalid arguments");
        co_return;
    }
    if (world_.faults.misbehaves("smtp.no-starttls"))
    {
        answer("STARTTLS", "500 5.3.3 Unrecognized command 'STARTTLS'");
        co_return;
    }
    if (wire_.has_buffered())  // CVE-2011-0411; the words are ours
    {
        answer("STARTTLS", "554 5.5.1 Commands may not follow STARTTLS", {}, "plaintext injected after STARTTLS");
        close_ = true;
        co_return;
    }
    answer("STARTTLS", "220 2.0.0 SMTP server ready");
    if (world_.faults.misbehaves("smtp.plaintext-after-starttls"))
        say("250 2.0.0 injected");
    co_await flush();
    wire_.patience = idle_before_sign_in;
    co_await wire_.start_tls();
    greeted_ = false;  // RFC 3207 section 4.2
    reset();
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
inline std::string_view session::switched_off(user const& u) const
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

inline void session::signed_in(std::string what, std::string const& user_name)
{
    signed_in_ = who_.logged_in = true;
    last_failure_.clear();
    if (user const* const owner = world_.directory.find_user_id(access_.owner_id))
        ensure_mailbox(world_, *owner);
    service_.senders_[access_.mailbox].connections.insert(who_.number);
    answer(std::move(what), "235 2.7.0 Authentication successful", {{"user", user_name}});
}

inline void session::forget_sign_in()
{
    if (!signed_in_)
        return;
    auto const at = service_.senders_.find(access_.mailbox);
    if (at != service_.senders_.end())
        at->second.connections.erase(who_.number);
}

inline std::uint64_t session::size_limit() const
{
    return std::min({world_.policy.service.smtp_size, world_.policy.mailbox(access_.mailbox).max_send,
                     std::uint64_t(world_.mailboxes.limits().message_octets)});
}

inline void session::mail(std::string_view argument)
{
    auto const path = codec::parse_path_argument(argument, "FROM:");
    fields f{{"from", path.path.to_string()}};
    auto const reply = [&](std::string text, std::string_view why = {}) {
        answer("MAIL FROM", std::move(text), std::move(f), why);
    };
    if (!greeted_)
        return reply("503 5.5.2 Send hello first");
    if (!wire_.encrypted())
        return reply("451 5.7.3 STARTTLS is required to send mail " + bracket());
    if (!signed_in_)
    {
        // observed: tarickb/sasl-xoauth2#96; the reason of an earlier failure is repeated: MicrosoftDocs/OfficeDocs-Exchange#3124
        std::string text = "530 5.7.57 Client not authenticated to send mail. ";
        if (!last_failure_.empty())
            text += "Error: " + last_failure_ + ' ';
        return reply(text + bracket());
    }
    if (has_sender_)
        return reply("503 5.5.2 Sender already specified");
    using fault = codec::path_argument::fault;
    if (path.wrong == fault::syntax || path.wrong == fault::address)
        return reply("550 5.1.7 Invalid address");
    static constexpr std::string_view known[] = {"SIZE", "BODY", "AUTH", "RET", "ENVID", "SMTPUTF8"};
    bool parameters = path.wrong == fault::none;
    for (auto const& [name, value] : path.parameters)
        parameters = parameters && std::find(std::begin(known), std::end(known), name) != std::end(known);
    std::uint64_t size = 0;
    if (auto const* const p = path.parameter("SIZE"))
    {
        auto const n = codec::number(*p);
        parameters = parameters && n;
        size = n.value_or(0);
    }
    if (auto const* const p = path.parameter("BODY"))
    {
        std::string const body = codec::upper(*p);
        parameters = parameters && (body == "7BIT" || body == "8BITMIME" || body == "BINARYMIME");
    }
    if (!parameters)
        return reply("501 5.5.4 Invalid arguments");
    if (!path.path.ascii() && !path.parameter("SMTPUTF8"))
        return reply("550 5.1.7 Invalid address", "not ASCII, and no SMTPUTF8 was asked for");
    if (size > world_.policy.service.smtp_size)
        return reply("552 5.3.4 Message size exceeds fixed maximum message size");
    has_sender_ = true;
    from_ = path.path;
    reply("250 2.1.0 Sender OK");
}

inline void session::recipient(std::string_view argument)
{
    auto const path = codec::parse_path_argument(argument, "TO:");
    fields f{{"to", path.path.to_string()}};
    auto const reply = [&](std::string text) { answer("RCPT TO", std::move(text), std::move(f)); };
    if (!has_sender_)
        return reply("503 5.5.2 Need mail command");
    using fault = codec::path_argument::fault;
    if (path.wrong == fault::syntax || path.wrong == fault::address || path.path.empty())
        return reply("550 5.1.7 Invalid address");
    for (auto const& [name, value] : path.parameters)
        if (path.wrong != fault::none || (name != "NOTIFY" && name != "ORCPT"))
            return reply("501 5.5.4 Invalid arguments");
    if (to_.size() >= world_.policy.service.recipients_per_message)
        return reply("452 4.5.3 Too many recipients");
    to_.push_back(path.path);
    reply("250 2.1.5 Recipient OK");  // also when nobody has that address: unknown users are bounced later
}

OUTKIT_DEF flow<> session::data()
{
    if (!has_sender_ || to_.empty() || chunking_)
    {
        std::string text = "503 5.5.2 Need mail command";
        if (has_sender_)
            text = chunking_ ? "503 5.5.2 BDAT has begun" : "503 5.5.2 Need rcpt command";
        answer("DATA", std::move(text));
        co_return;
    }
    say("354 Start mail input; end with <CRLF>.<CRLF>");
    co_await flush();
    std::uint64_t const limit = size_limit();
    bool const lenient = world_.faults.misbehaves("smtp.lenient-end-of-data");
    codec::data_reader strict;
    lenient_reader loose;
    std::string content, ignored;
    wire_.patience = 3min;
    for (bool complete = false; !complete;)
    {
        std::string& to = content.size() <= limit ? content : ignored;  // read on to the end, but keep no more
        ignored.clear();
        std::size_t const n = lenient ? loose.add(wire_.peek(), to) : strict.add(wire_.peek(), to);
        wire_.buffered_bytes(n);
        complete = lenient ? loose.complete() : strict.complete();
        if (!complete)
            co_await wire_.fill();
    }
    if (!lenient && strict.bare_line_end())
    {
        if (co_await fault("."))
            co_return reset();
        // documented: OfficeDocs-Support, as the reason of a bounce; here at once, so that senders notice
        answer("DATA", "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be "
                       "sent via DATA " +
                           hostname());
        co_return reset();
    }
    co_await take_message(std::move(content), "DATA");
}

// bdat-cmd = "BDAT" SP chunk-size [ SP "LAST" ] ; RFC 3030 section 2
OUTKIT_DEF flow<> session::chunk(std::string_view argument)
{
    auto const blank = std::min(argument.find(' '), argument.size());
    auto const size = codec::number(argument.substr(0, blank));
    auto const rest = codec::trimmed(argument.substr(blank));
    bool const last = codec::same_word(rest, "LAST");
    if (!size || (!rest.empty() && !last))
    {
        answer("BDAT", "501 5.5.4 Invalid arguments");
        close_ = true;  // how much is a chunk and how much commands cannot be told
        co_return;
    }
    std::uint64_t const limit = signed_in_ ? size_limit() : 0;
    wire_.patience = 3min;
    wire::sink take = [this, limit](std::string_view part) {
        chunked_ += part.size();
        if (chunked_ <= limit)
            chunks_ += part;
    };
    co_await wire_.read_exactly(static_cast<std::size_t>(*size), std::move(take));
    if (!has_sender_ || to_.empty())
    {
        chunks_.clear();
        chunked_ = 0;
        std::string text = has_sender_ ? "503 5.5.2 Need rcpt command" : "503 5.5.2 Need mail command";
        answer("BDAT", std::move(text));
        co_return;
    }
    chunking_ = !last;
    if (!last)
    {
        answer("BDAT", "250 2.6.0 CHUNK received OK, " + std::to_string(*size) + " octets");  // inferred
        co_return;
    }
    std::string content = std::move(chunks_);
    if (chunked_ > limit)
        content.assign(static_cast<std::size_t>(limit) + 1, ' ');
    co_await take_message(std::move(content), "BDAT");
}

inline std::string store_driver(std::string_view exception, std::string_view more)
{
    return "STOREDRV.Submission.Exception:" + std::string(exception) +
           "; Failed to process message due to a permanent exception with message " + std::string(more);
}

// observed: gophish/gophish#2900; documented: Microsoft Learn, NDR codes (5.1.20, 5.7.512) and printers (5.7.60)
inline std::string session::sender_refusal(std::string const& content, std::string& reason)
{
    auto const all = mime::read_fields(content);
    std::vector<mime::address_entry> authors;
    std::size_t froms = 0;
    bool sender = false;
    for (auto const& f : all)
        if (codec::same_word(f.name, "From"))
        {
            ++froms;
            for (auto& a : mime::read_address_list(f.value, 100))
                authors.push_back(std::move(a));
        }
        else if (codec::same_word(f.name, "Sender"))
            sender = true;
    bool const usable = froms == 1 && !authors.empty() &&
                        std::all_of(authors.begin(), authors.end(), [](auto const& a) { return mime::strict(a); });
    if (!usable)
    {
        reason = "no From field, several, or no address in it";
        return "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant " + hostname();
    }
    if (authors.size() > 1 && !sender)
    {
        reason = "several authors and no Sender";
        return "550 5.1.20 Multiple From addresses are not allowed without Sender address " + hostname();
    }
    auto const may_send = [&](std::string const& address) {
        user const* const u = world_.directory.find_user(address);
        return may_send_as(world_, access_, address) || (u && u->id == access_.owner_id && access_.send_on_behalf);
    };
    for (auto const& a : authors)
    {
        std::string const address = mime::strict(a)->to_string();
        if (may_send(address))
            continue;
        reason = "no SendAs right on the address in From";
        return "554 5.2.252 SendAsDenied; " + access_.mailbox + " not allowed to send as " + codec::printable(address) +
               "; " +
               store_driver("SendAsDeniedException.MapiExceptionSendAsDenied",
                            "[BeginDiagnosticData]Cannot submit message. 0.35250:0A007C85, "
                            "1.36674:0A000000[EndDiagnosticData] ") +
               hostname();
    }
    if (!from_.empty() && !may_send(from_.to_string()))
    {
        reason = "no SendAs right on the envelope's sender";
        return "550 5.7.60 SMTP; Client does not have permissions to send as this sender " + hostname();
    }
    return {};
}

// Why the message is not taken; empty: it is. The order is inferred; texts as documented by Microsoft in "improvements
// to SMTP authenticated submission" and the list of NDR codes.
inline std::string session::refusal(std::string const& content, std::uint64_t size, std::string& reason)
{
    auto const& limits = world_.policy.service.throttling;
    auto& mine = service_.senders_[access_.mailbox];
    auto const earlier = std::distance(mine.connections.begin(), mine.connections.find(who_.number));
    if (static_cast<std::uint64_t>(earlier) >= limits.smtp_connections)
    {
        reason = "too many connections of this mailbox at once";
        return "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more "
               "information. " +
               hostname();
    }
    if (size > size_limit())
        return "552 5.3.4 Message size exceeds fixed maximum message size " + hostname();
    auto const header_end = content.find("\r\n\r\n");
    if (std::min(header_end, content.size()) > largest_header)
        return "552 5.3.4 Header size exceeds fixed maximum size " + hostname();
    if (std::string text = sender_refusal(content, reason); !text.empty())
        return text;
    mailbox_policy const& box = world_.policy.mailbox(access_.mailbox);
    if (blocked_ || box.blocked)
    {
        reason = "the account is suspended for sending spam";
        return "550 5.1.8 Access denied, bad outbound sender " + hostname();
    }
    mailbox const* const own = world_.mailboxes.find(access_.mailbox);
    if (box.full || (own && own->octets() + size > own->quota))
    {
        reason = "the mailbox is full, so no copy can be kept in Sent Items";
        return "554 5.2.2 mailbox full; "
               "STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded " +
               hostname();
    }
    while (!mine.mails.empty() && mine.mails.front().first + 24h <= now())
    {
        mine.recipients -= mine.mails.front().second;
        mine.mails.pop_front();
    }
    if (mine.recipients + to_.size() > limits.recipients_per_day)
    {
        reason = "too many recipients within 24 hours";
        return "554 5.2.0 " +
               store_driver("SubmissionQuotaExceededException", "The submission quota has been exceeded. ") +
               hostname();
    }
    return {};
}

// More messages than a minute may have: they are delayed into the next one (documented), or refused where the policy
// says so (reported of connectors with a small limit). Returns the refusal.
OUTKIT_DEF flow<std::string> session::slowed()
{
    auto const& limits = world_.policy.service.throttling;
    for (;;)
    {
        auto& times = service_.senders_[access_.mailbox].messages;
        while (!times.empty() && times.front() + 1min <= now())
            times.pop_front();
        if (times.size() < limits.messages_per_minute)
        {
            times.push_back(now());
            co_return std::string();
        }
        if (limits.refuse_over_rate || times.empty())
            co_return "421 4.4.2 Message submission rate for this client has exceeded the configured limit";
        detail::time_point const until = times.front() + 1min;
        co_await detail::sleep_until(until);
    }
}

// Files the message and returns its new Message-ID: the sender's own is kept in a field of Microsoft's (observed:
// marlam/msmtp#190).
inline std::string session::store(std::string const& content)
{
    char digits_of[21];
    std::snprintf(digits_of, sizeof digits_of, "%010llX%010llX",
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 40)),
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 40)));
    std::string const id = '<' + store_name_ + digits_of + '@' + store_name_ + ".mockprd06.prod.outlook.com>";
    std::string const old = codec::message_id_of(content);
    std::string head = "Message-ID: " + id + "\r\n";
    if (!old.empty())
        head += "X-Microsoft-Original-Message-ID: " + old + "\r\n";
    auto const all = mime::read_fields(content);
    if (!mime::find(all, "Date"))
        head += "Date: " +
                mime::format_date({std::chrono::floor<std::chrono::seconds>(world_.date()), std::chrono::minutes(0)}) +
                "\r\n";
    head += "X-MS-Exchange-MessageSentRepresentingType: 1\r\n";

    submission s;
    s.sender = world_.mailboxes.find(access_.mailbox);
    s.raw = head + without_field(without_field(content, "Message-ID"), "X-Microsoft-Original-Message-ID");
    for (auto const& a : to_)
    {
        s.recipients.push_back(a.to_string());
        if (user const* const u = world_.directory.find_user(s.recipients.back()))
            ensure_mailbox(world_, *u);
    }
    auto const delivered = world_.mailboxes.submit(std::move(s));
    auto& mine = service_.senders_[access_.mailbox];
    mine.mails.emplace_back(now(), to_.size());
    mine.recipients += to_.size();
    fields f{{"message_id", id}, {"received", std::to_string(delivered.received.size())}};
    if (!old.empty())
        f.emplace_back("original_message_id", old);
    for (auto const& r : delivered.outside)
        f.emplace_back("outside", r);
    for (auto const& r : delivered.refused)
        f.emplace_back("refused", r);
    std::string reply = "250 2.0.0 OK " + id + ' ' + hostname();  // observed: transcripts of 2026
    note("message", std::move(f), reply, journal_outcome::ok);
    return reply;
}

OUTKIT_DEF flow<> session::take_message(std::string content, std::string verb)
{
    if (co_await fault("."))
        co_return reset();
    std::string reason;
    std::string reply = refusal(content, content.size(), reason);
    if (reply.empty())
        reply = co_await slowed();
    if (reply.empty())
    {
        std::string const accepted = store(content);
        say(accepted);
    }
    else
        answer(verb, reply, {}, reason);
    if (reply.starts_with("421"))
        close_ = true;
    reset();
}

}  // namespace smtp_detail

OUTKIT_DEF detail::flow<> smtp::serve(detail::wire& w, visitor& who)
{
    smtp_detail::session s(*this, w, who);
    co_await s.run();
}

OUTKIT_DEF detail::flow<> smtp::serve(detail::wire& w)
{
    visitor who;
    who.number = next_connection_++;
    co_await serve(w, who);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
