#ifndef OUTKIT_BLOCKING_HPP
#define OUTKIT_BLOCKING_HPP

#include <outkit/detail/asio.hpp>

#include <optional>
#include <system_error>
#include <utility>

namespace outkit::inline OUTKIT_ABI {

class blocking_context;

/// A completion token: the operation blocks, and its result is returned. Made by blocking_context::wait().
class wait_token
{
public:
    wait_token(blocking_context& context, error_code* ec) : context_(&context), ec_(ec) {}

    void run_until(bool const& done) const;
    void report(error_code ec) const
    {
        if (ec_)
            *ec_ = ec;
        else if (ec)
            throw OUTKIT_SYSTEM::system_error(ec);
    }

private:
    blocking_context* context_;
    error_code* ec_;
};

/** The blocking face of every client: operations run on this context while the caller waits.

    @code
    outkit::blocking_context io;
    outkit::imap::client client(outkit::stream(io.get_executor(), tls));
    outkit::error_code ec;
    auto const status = client.async_select("INBOX", io.wait(ec));
    @endcode

    Use it from one thread at a time.
*/
class blocking_context
{
public:
    // A template, since erasing an executor's type is a quarter of a second of compilation, used or not.
    template <class = void>
    asio::any_io_executor get_executor()
    {
        return context_.get_executor();
    }

    /// The operation's error goes to `ec`, which must live until it returns; after an error the value is empty.
    wait_token wait(error_code& ec) { return {*this, &ec}; }
    /// The operation's error is thrown as a system_error.
    wait_token wait() { return {*this, nullptr}; }

    /// Runs what is pending until `done` becomes true.
    void run_until(bool const& done)
    {
        context_.restart();
        while (!done && context_.run_one() != 0)
        {
        }
    }

private:
    asio::io_context context_{1};
};

inline void wait_token::run_until(bool const& done) const { context_->run_until(done); }

}  // namespace outkit::inline OUTKIT_ABI

template <>
class outkit::asio::async_result<outkit::wait_token, void(outkit::error_code)>
{
public:
    using return_type = void;

    template <class Initiation, class... Args>
    static void initiate(Initiation&& initiation, outkit::wait_token token, Args&&... args)
    {
        bool done = false;
        outkit::error_code result;
        std::forward<Initiation>(initiation)(
            [&](outkit::error_code ec) {
                result = ec;
                done = true;
            },
            std::forward<Args>(args)...);
        token.run_until(done);
        token.report(result);
    }
};

template <class T>
class outkit::asio::async_result<outkit::wait_token, void(outkit::error_code, T)>
{
public:
    using return_type = T;

    template <class Initiation, class... Args>
    static T initiate(Initiation&& initiation, outkit::wait_token token, Args&&... args)
    {
        bool done = false;
        outkit::error_code result;
        std::optional<T> value;
        std::forward<Initiation>(initiation)(
            [&](outkit::error_code ec, T v) {
                result = ec;
                value.emplace(std::move(v));
                done = true;
            },
            std::forward<Args>(args)...);
        token.run_until(done);
        token.report(result);
        return std::move(*value);
    }
};

#endif
