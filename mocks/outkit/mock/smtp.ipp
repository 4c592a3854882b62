#ifndef OUTKIT_MOCK_SMTP_IPP
#define OUTKIT_MOCK_SMTP_IPP

#include <outkit/mime/header.hpp>
#include <outkit/mock/smtp.hpp>
#include <outkit/mock/smtp_state.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>
#include <cstdio>

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

inline constexpr std::size_t longest_command = 2'048;

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

OUTKIT_INLINE session::session(smtp& s, wire& w, visitor& who) : service_(s), world_(s.world_), wire_(w), who_(who)
{
    // Shaped like Microsoft's, and a mock's for everybody to see.
    std::string const number = digits(random(10'000), 4);
    store_name_ = "MOCKPR06MB" + digits(random(10'000), 4);
    store_domain_ = "mockprd06.prod.outlook.com";
    host_ = "MOCKPR06CA" + number;
    bracket_host_ = host_ + '.' + store_domain_;
    if (profile() == smtp_profile::outlook)  // as newer machines are called (observed: jstedfast/MailKit#1126)
    {
        store_domain_ = "MOCKP293.PROD.OUTLOOK.COM";
        host_ = "MOCKPEPF0000" + number;
        bracket_host_ = host_ + '.' + store_domain_;
    }
    host_ += ".outlook.office365.com";
    if (generic())
        host_ = "mock.test";
    // Looks like ticks of 100 ns since the year 1, read when the machine was started, and counted up by its sessions.
    if (service_.next_session_ == 0)
    {
        auto const since_1970 = world_.date().time_since_epoch();
        auto const ticks = std::chrono::duration_cast<std::chrono::duration<std::uint64_t, std::ratio<1, 10'000'000>>>(
            since_1970 - 6h - std::chrono::seconds(random(36 * 3600)));
        service_.next_session_ = ticks.count() + 621'355'968'000'000'000;
    }
    session_id_ = service_.next_session_++;
}

OUTKIT_INLINE std::uint64_t session::random(std::uint64_t below)
{
    unsigned char bytes[8];
    world_.random(bytes);
    std::uint64_t n = 0;
    for (unsigned char const b : bytes)
        n = n << 8 | b;
    return n % below;
}

// Since early 2023 host, time, and a number that the session keeps (observed: jstedfast/MailKit#1712); before, the host
// alone (observed: nodemailer/nodemailer#1484).
OUTKIT_INLINE std::string session::bracket() const
{
    if (profile() == smtp_profile::classic)
        return " [" + bracket_host_ + ']';
    char id[17];
    std::snprintf(id, sizeof id, "%016llX", static_cast<unsigned long long>(session_id_));
    return " [" + bracket_host_ + ' ' + bracket_time(world_.date()) + ' ' + id + ']';
}

OUTKIT_INLINE void session::note(std::string what, fields f, std::string answer, journal_outcome o,
                                 std::string_view reason)
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
OUTKIT_INLINE void session::answer(std::string what, std::string reply, fields f, std::string_view reason)
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
            answer("(line)", std::string(words().line_too_long), {}, "longer than the limit of this server");
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
                std::string text(words().timed_out);
                if (!generic())
                    text += digits(t.hours().count(), 2) + ':' + digits(t.minutes().count(), 2) + ':' +
                            digits(t.seconds().count(), 2) + '.' + digits(t.subseconds().count(), 3) + "0000";
                answer("(idle)", std::move(text));
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
        say("220 " + host_ +
            (generic() ? " ESMTP outkit mock"
                       : " Microsoft ESMTP MAIL Service ready at " + greeting_date(world_.date())));
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
    std::size_t longest = longest_command;
    if (c.verb == "AUTH")
        longest = world_.faults.misbehaves("smtp.short-command-lines") ? 510 : longest_auth_line;
    if (line.size() > longest)
    {
        answer(c.verb.substr(0, 16), std::string(words().line_too_long), {}, "longer than the limit of this server");
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
    {
        co_await hold_back();
        mail(argument);
    }
    else if (c.verb == "RCPT")
        add_recipient(argument);
    else if (c.verb == "DATA")
        co_await data();
    else if (c.verb == "BDAT")
        co_await chunk(argument);
    else if (c.verb == "RSET")
    {
        reset();
        answer("RSET", std::string(words().reset));
    }
    else if (c.verb == "NOOP")
        answer("NOOP", "250 2.0.0 OK");
    else if (c.verb == "QUIT")
    {
        answer("QUIT", std::string(words().goodbye));
        close_ = true;
    }
    else if (generic() && c.verb == "VRFY")  // RFC 5321 section 3.5.3
        answer("VRFY", "252 2.1.5 Send mail and see");
    else if (generic() && c.verb == "HELP")
        answer("HELP", "214 2.0.0 See RFC 5321");
    else if (generic())
        answer("(unknown)", "500 5.5.1 There is no such command");
    else  // observed: muquit/mailsend#152
        answer("(unknown)", "500 5.3.3 Unrecognized command '" + codec::printable(c.verb.substr(0, 64)) + "'");
}

// The lists are those observed before and after TLS, in their order (datawookie/emayili#147, minosiants/pencil#24,
// simonrob/email-oauth2-proxy#93).
OUTKIT_INLINE void session::hello(codec::command const& c, bool extended)
{
    std::string const name = codec::printable(c.argument.substr(0, 128));
    fields f{{"name", name}};
    bool const valid = !c.argument.empty() && c.argument.size() <= 255 && name == c.argument.substr(0, 128) &&
                       c.argument.find_first_of(" <>@\"\\()") == std::string_view::npos;
    if (!valid)
        return answer(c.verb, "501 5.5.4 Invalid domain name", std::move(f));
    reset();
    greeted_ = true;
    client_name_ = name;
    std::string const first = host_ + " Hello [127.0.0.1]";
    if (!extended)
        return answer("HELO", "250 " + first, std::move(f));
    say("250-" + first);
    say("250-SIZE " + std::to_string(world_.policy.service.smtp_size));
    say("250-PIPELINING");
    say("250-DSN");
    say("250-ENHANCEDSTATUSCODES");
    if (wire_.encrypted())
        say("250-AUTH" + mechanisms());
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
        answer("STARTTLS", "503 5.5.2 Only one STARTTLS command can be issued per session");  // inferred
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

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/smtp_envelope.ipp>
#include <outkit/mock/smtp_sign_in.ipp>
#include <outkit/mock/smtp_submission.ipp>
#endif

#endif
