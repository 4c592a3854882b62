#ifndef OUTKIT_DETAIL_WIRE_IPP
#define OUTKIT_DETAIL_WIRE_IPP

#include <outkit/detail/wire.hpp>
#include <outkit/proxy.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::detail {

// Names of hosts: three and more labels of at most 24 letters, digits and hyphens. A token's parts are longer.
OUTKIT_DECL bool is_host_name(std::string_view run)
{
    static constexpr std::size_t longest_label = 24;
    std::size_t labels = 0;
    for (;;)
    {
        std::string_view const label = run.substr(0, run.find('.'));
        ++labels;
        if (label.empty() || label.size() > longest_label || label.find_first_of("_~+/=!*") != label.npos)
            return false;
        if (label.size() == run.size())
            return labels >= 3;
        run.remove_prefix(label.size() + 1);
    }
}

// Runs of 40 and more characters that a token may have (RFC 6750 section 2.1) are no words of any protocol here, unless
// they are a server's name.
OUTKIT_DEF std::string without_tokens(std::string_view text)
{
    static constexpr std::size_t shortest_token = 40;
    auto const in_token = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/=!*").find(c) != std::string_view::npos;
    };
    std::string out;
    for (auto it = text.begin(); it != text.end();)
    {
        auto const end = std::find_if_not(it, text.end(), in_token);
        std::string_view const run(it, end);
        if (run.size() >= shortest_token && !is_host_name(run))
            out += "<redacted>";
        else
            out += run;
        if (end == text.end())
            break;
        out += *end;
        it = end + 1;
    }
    return out;
}

// Not part of the conversation, which goes on whatever becomes of it.
OUTKIT_DEF void wire::report(direction d, std::string_view text)
{
    if (!trace)
        return;
    trace_hook const now = trace;
    try
    {
        now(d, text);
    }
    catch (...)
    {
        trace = {};
    }
}

OUTKIT_DEF void wire::tell(direction d, std::string_view text)
{
    if (trace && !untold)
        report(d, without_tokens(text));
}

OUTKIT_DEF void wire::tell_size(direction d, std::size_t n, char const* what)
{
    if (trace && !untold)
        report(d, '<' + std::to_string(n) + ' ' + what + '>');
}

OUTKIT_DEF void wire::forget()
{
    input_.clear();
    taken_ = searched_ = 0;
    malformed_ = encrypted_ = false;
}

OUTKIT_DEF flow<> wire::connect(std::string host, std::uint16_t port, bool tls)
{
    forget();
    host_ = std::move(host);
    port_ = port;
    environment& world = co_await this_environment();
    proxy_settings const* const proxies = co_await these_proxies();
    time_point const deadline = world.now() + patience;
    proxy const* const through = proxies ? proxies->for_target(host_, port_) : nullptr;
    if (through)
        co_await open_tunnel(*through, tls, deadline);
    else
        co_await open_connection(host_, port_, deadline);
    if (!tls)
        co_return;
    co_await tls_handshake(host_, port_, deadline);
    encrypted_ = true;
}

OUTKIT_DEF flow<> wire::dial(std::string host, std::uint16_t port, time_point deadline)
{
    co_await open_connection(host, port, deadline);
}

// A failure says that it is the proxy's, and which one: it is not the server that the user thinks of.
OUTKIT_DEF flow<> wire::open_tunnel(proxy const& through, bool tls_follows, time_point deadline)
{
    error_code ec;
    std::string target = connect_target(host_, port_, ec);
    if (ec)
        co_await fail(ec);
    std::string said = "proxy " + through.text() + ": ";
    auto const reached = co_await attempt(dial(through.host, through.port, deadline));
    if (reached.ec)
    {
        said += reached.ec.message();
        co_await fail(error::proxy_unreachable, std::move(said));
    }
    auto const asked = co_await attempt(ask_for_tunnel(through, std::move(target), deadline));
    if (asked.ec)
    {
        said += asked.diagnostics.empty() ? asked.ec.message() : asked.diagnostics;
        co_await fail(asked.ec, std::move(said));
    }
    if (tls_follows && !buffered().empty())  // servers of TLS wait for us to speak
    {
        said += "data before the TLS handshake";
        co_await fail(error::proxy_misbehaves, std::move(said));
    }
}

// Keeps the head of the proxy's answer out of the trace, which is told without secrets, and to strict lines.
OUTKIT_DECL class strict_lines
{
public:
    explicit strict_lines(wire& w) : wire_(w), lenient_(w.lenient_line_ends), untold_(w.untold)
    {
        w.lenient_line_ends = false;
        w.untold = true;
    }
    strict_lines(strict_lines const&) = delete;
    ~strict_lines()
    {
        wire_.lenient_line_ends = lenient_;
        wire_.untold = untold_;
    }

private:
    wire& wire_;
    bool lenient_, untold_;
};

// CONNECT, RFC 9110 section 9.3.6. What the proxy says must fit into `most`, interim answers (1xx) included.
OUTKIT_DEF flow<> wire::ask_for_tunnel(proxy const& through, std::string target, time_point deadline)
{
    std::size_t most = 16 * 1024;
    std::size_t const longest_line = 8 * 1024;
    if (through.tls)
    {
        co_await tls_handshake(through.host, through.port, deadline);
        co_await nest_connection();
    }
    std::string ask = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    secret const authorization = proxy_authorization(through);
    report(direction::sent, ask + (authorization.empty() ? "" : "Proxy-Authorization: <redacted>\r\n"));
    wipe_at_end const wiped(ask);
    if (!authorization.empty())
    {
        make_room(ask, authorization.size() + 32);
        ask += "Proxy-Authorization: ";
        ask += authorization.reveal();
        ask += "\r\n";
    }
    ask += "\r\n";
    for (std::string_view rest = ask; !rest.empty();)
        rest.remove_prefix(co_await write_some(rest, deadline));

    strict_lines const meanwhile(*this);
    connect_answer answer;
    while (!answer.complete())
    {
        auto const line = buffered_line();
        if (line)
        {
            report(direction::received, without_tokens(*line));
            if (line->size() > longest_line || line->size() + 2 > most)
                co_await fail(error::proxy_misbehaves, "an answer of more than 16 KB, or a line of more than 8");
            most -= line->size() + 2;
            if (!answer.add(*line))
                co_await fail(error::proxy_misbehaves, "an answer that is not HTTP/1");
            if (answer.complete() && answer.status() < 200 && answer.status() != 101)
                answer = connect_answer();
            continue;
        }
        if (malformed_)
            co_await fail(error::proxy_misbehaves, "a line that ends with LF instead of CRLF, or has a NUL in it");
        if (buffered().size() > longest_line)
            co_await fail(error::proxy_misbehaves, "a line of more than 8 KB");
        std::size_t const n = co_await read_more(deadline);
        if (n == 0)
            co_await fail(error::connection_closed, "it closed the connection without an answer");
    }
    if (error_code const ec = answer.outcome())
        co_await fail(ec, "asked for " + target + ", it answers " + answer.in_words());
}

OUTKIT_DEF flow<> wire::close()
{
    forget();
    co_await close_connection();
}

OUTKIT_DEF flow<> wire::start_tls(std::string host)
{
    if (host.empty())
        host = host_;
    if (!buffered().empty())
        co_await fail(error::early_plaintext);
    environment& world = co_await this_environment();
    co_await tls_handshake(host, port_, world.now() + patience);
    encrypted_ = true;
}

OUTKIT_DEF std::optional<std::string_view> wire::buffered_line()
{
    if (malformed_)
        return std::nullopt;
    auto const lf = input_.find('\n', searched_);
    if (lf == std::string::npos)
    {
        searched_ = input_.size();
        return std::nullopt;
    }
    bool const has_cr = lf > taken_ && input_[lf - 1] == '\r';
    auto const line = std::string_view(input_).substr(taken_, lf - taken_ - (has_cr ? 1 : 0));
    if ((!has_cr && !lenient_line_ends) || line.find('\0') != std::string_view::npos)
    {
        malformed_ = true;
        return std::nullopt;
    }
    taken_ = searched_ = lf + 1;
    tell(direction::received, line);
    return line;
}

OUTKIT_DEF std::string_view wire::buffered_bytes(std::size_t n)
{
    auto const part = buffered().substr(0, n);
    taken_ += part.size();
    searched_ = taken_;
    return part;
}

// Why the next line cannot be had, whatever else arrives.
OUTKIT_DEF error_code wire::bad_line() const
{
    if (malformed_)
        return error::bare_line_feed;
    if (buffered().size() > max_line)
        return error::line_too_long;
    return {};
}

// Appends what the peer sends next; 0: end of file.
OUTKIT_DEF flow<std::size_t> wire::read_more(time_point deadline)
{
    input_.erase(0, taken_);
    searched_ -= taken_;
    taken_ = 0;
    co_return co_await read_some(input_, chunk, deadline);
}

// Waits for input or the event.
OUTKIT_DEF flow<bool> wire::interrupted(event::watch& w, time_point deadline)
{
    if (w.pending())  // before input, or a peer that never stops talking could not be interrupted
    {
        w.take();
        co_return true;
    }
    wake const why = co_await wait_for_input(&w, deadline);
    if (why == wake::time)
        co_await fail(error::timeout);
    co_return why == wake::event;
}

OUTKIT_DEF flow<> wire::fill()
{
    if (error_code const ec = bad_line())
        co_await fail(ec);
    environment& world = co_await this_environment();
    if (co_await read_more(world.now() + patience) == 0)
        co_await fail(error::connection_closed);
}

OUTKIT_DEF flow<std::string> wire::read_line()
{
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    for (;;)
    {
        if (auto line = buffered_line())
            co_return std::string(*line);
        if (error_code const ec = bad_line())
            co_await fail(ec);
        if (co_await read_more(deadline) == 0)
            co_await fail(error::connection_closed);
    }
}

OUTKIT_DEF flow<std::optional<std::string>> wire::read_line(event::watch& or_event)
{
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    for (;;)
    {
        if (auto line = buffered_line())
            co_return std::string(*line);
        if (error_code const ec = bad_line())
            co_await fail(ec);
        if (co_await interrupted(or_event, deadline))
            co_return std::nullopt;
        if (co_await read_more(deadline) == 0)
            co_await fail(error::connection_closed);
    }
}

OUTKIT_DEF flow<std::size_t> wire::read_up_to(std::size_t n, sink to, event::watch* or_event)
{
    environment& world = co_await this_environment();
    time_point deadline = world.now() + patience;
    tell_size(direction::received, n, "bytes");
    for (;;)
    {
        auto const part = buffered_bytes(n);
        if (!part.empty())
            to(part);
        n -= part.size();
        if (n == 0)
            co_return 0;
        if (!part.empty())  // a body may be long: what counts is that it goes on
            deadline = world.now() + patience;
        if (or_event)
            if (co_await interrupted(*or_event, deadline))
                co_return n;
        if (co_await read_more(deadline) == 0)
            co_await fail(error::connection_closed);
    }
}

OUTKIT_DEF flow<std::size_t> wire::read_exactly(std::size_t n, sink to, event::watch& or_event)
{
    return read_up_to(n, std::move(to), &or_event);
}

OUTKIT_DEF flow<> wire::read_exactly(std::size_t n, sink to) { co_await read_up_to(n, std::move(to), nullptr); }

OUTKIT_DEF flow<std::string> wire::read_exactly(std::size_t n)
{
    std::string bytes;
    sink append = [&bytes](std::string_view part) { bytes += part; };
    co_await read_up_to(n, std::move(append), nullptr);
    co_return bytes;
}

OUTKIT_DEF flow<> wire::read_to_end(sink to)
{
    environment& world = co_await this_environment();
    do
        to(buffered_bytes(std::string_view::npos));
    while (co_await read_more(world.now() + patience) != 0);
}

OUTKIT_DEF flow<> wire::write(std::string bytes, content what)
{
    secret wiped;
    std::string_view rest = bytes;
    if (what == content::secret)
    {
        tell_size(direction::sent, bytes.size(), "bytes redacted");
        wiped = secret(std::move(bytes));
        rest = wiped.reveal();
    }
    else
        tell(direction::sent, bytes);
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    while (!rest.empty())
        rest.remove_prefix(co_await write_some(rest, deadline));
}

OUTKIT_DEF flow<wake> wire::wait(event::watch& w, time_point until)
{
    if (w.pending())  // before input, or a peer that never stops talking could not be interrupted
    {
        w.take();
        co_return wake::event;
    }
    if (!buffered().empty())
        co_return wake::input;
    wipe(input_);
    taken_ = searched_ = 0;
    co_return co_await wait_for_input(&w, until);
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
