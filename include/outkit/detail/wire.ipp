#ifndef OUTKIT_DETAIL_WIRE_IPP
#define OUTKIT_DETAIL_WIRE_IPP

#include <outkit/detail/wire.hpp>

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
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    co_await open_connection(host_, port, deadline);
    if (tls)
    {
        co_await tls_handshake(host_, deadline);
        encrypted_ = true;
    }
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
    co_await tls_handshake(host, world.now() + patience);
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
