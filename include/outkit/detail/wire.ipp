#ifndef OUTKIT_DETAIL_WIRE_IPP
#define OUTKIT_DETAIL_WIRE_IPP

#include <outkit/detail/wire.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::detail {

OUTKIT_DECL flow<> wire::connect(std::string host, std::uint16_t port, bool tls)
{
    input_.clear();
    taken_ = searched_ = 0;
    host_ = std::move(host);
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    co_await open_connection(host_, port, deadline);
    if (tls)
        co_await tls_handshake(host_, deadline);
}

OUTKIT_DECL flow<> wire::close()
{
    input_.clear();
    taken_ = searched_ = 0;
    co_await close_connection();
}

OUTKIT_DECL flow<> wire::start_tls(std::string host)
{
    if (host.empty())
        host = host_;
    if (!buffered().empty())
        co_await fail(error::early_plaintext);
    environment& world = co_await this_environment();
    co_await tls_handshake(host, world.now() + patience);
}

OUTKIT_DECL std::optional<std::string_view> wire::buffered_line()
{
    auto const lf = input_.find('\n', searched_);
    if (lf == std::string::npos)
    {
        searched_ = input_.size();
        return std::nullopt;
    }
    auto const end = lf > taken_ && input_[lf - 1] == '\r' ? lf - 1 : lf;
    auto const line = std::string_view(input_).substr(taken_, end - taken_);
    taken_ = searched_ = lf + 1;
    return line;
}

// Appends what the peer sends next; 0: end of file.
OUTKIT_DECL flow<std::size_t> wire::read_more(time_point deadline)
{
    input_.erase(0, taken_);
    searched_ -= taken_;
    taken_ = 0;
    co_return co_await read_some(input_, chunk, deadline);
}

OUTKIT_DECL flow<> wire::fill()
{
    if (buffered().size() > max_line_)
        co_await fail(error::line_too_long);
    environment& world = co_await this_environment();
    if (co_await read_more(world.now() + patience) == 0)
        co_await fail(error::connection_closed);
}

OUTKIT_DECL flow<std::string> wire::read_line()
{
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    for (;;)
    {
        if (auto line = buffered_line())
            co_return std::string(*line);
        if (buffered().size() > max_line_)
            co_await fail(error::line_too_long);
        if (co_await read_more(deadline) == 0)
            co_await fail(error::connection_closed);
    }
}

OUTKIT_DECL flow<> wire::read_exactly(std::size_t n, sink to)
{
    environment& world = co_await this_environment();
    time_point deadline = world.now() + patience;
    for (;;)
    {
        auto const part = buffered().substr(0, n);
        if (!part.empty())
            to(part);
        taken_ += part.size();
        searched_ = taken_;
        n -= part.size();
        if (n == 0)
            co_return;
        if (!part.empty())  // a body may be long: what counts is that it goes on
            deadline = world.now() + patience;
        if (co_await read_more(deadline) == 0)
            co_await fail(error::connection_closed);
    }
}

OUTKIT_DECL flow<std::string> wire::read_exactly(std::size_t n)
{
    std::string bytes;
    sink append = [&bytes](std::string_view part) { bytes += part; };
    co_await read_exactly(n, std::move(append));
    co_return bytes;
}

OUTKIT_DECL flow<> wire::read_to_end(sink to)
{
    environment& world = co_await this_environment();
    do
    {
        to(buffered());
        taken_ = searched_ = input_.size();
    } while (co_await read_more(world.now() + patience) != 0);
}

OUTKIT_DECL flow<> wire::write(std::string bytes)
{
    environment& world = co_await this_environment();
    time_point const deadline = world.now() + patience;
    for (std::string_view rest = bytes; !rest.empty();)
        rest.remove_prefix(co_await write_some(rest, deadline));
}

OUTKIT_DECL flow<wake> wire::wait(event::watch& w, time_point until)
{
    if (w.pending())  // before input, or a peer that never stops talking could not be interrupted
    {
        w.take();
        co_return wake::event;
    }
    if (!buffered().empty())
        co_return wake::input;
    std::string().swap(input_);
    taken_ = searched_ = 0;
    co_return co_await wait_for_input(&w, until);
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
