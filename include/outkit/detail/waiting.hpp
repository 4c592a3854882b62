#ifndef OUTKIT_DETAIL_WAITING_HPP
#define OUTKIT_DETAIL_WAITING_HPP

#include <outkit/detail/drive.hpp>

#include <memory>
#include <utility>

namespace outkit::inline OUTKIT_ABI::detail {

// Somebody who waits for something that a listener will get, and whose handler we do not know here.
template <class T>
class waiting
{
public:
    virtual ~waiting() = default;
    virtual void complete(error_code ec, T result) = 0;  // destroys *this, then calls the handler

    asio::any_io_executor executor;  // the handler's
    asio::cancellation_slot slot;
};

template <class T, class Handler>
class waiting_of final : public waiting<T>
{
public:
    explicit waiting_of(Handler h) : handler_(std::move(h)) {}
    void complete(error_code ec, T result) override
    {
        std::unique_ptr<waiting_of> self(this);
        Handler handler = std::move(handler_);
        self.reset();
        std::move(handler)(ec, std::move(result));
    }

private:
    Handler handler_;
};

template <class T, class Handler>
std::unique_ptr<waiting<T>> wait_with(Handler handler, asio::any_io_executor const& otherwise)
{
    auto const ex = step_executor(handler, otherwise);
    auto const slot = asio::get_associated_cancellation_slot(handler);
    auto w = std::make_unique<waiting_of<T, Handler>>(std::move(handler));
    w->executor = asio::prefer(ex, asio::execution::outstanding_work.tracked);
    w->slot = slot;
    return w;
}

template <class T>
void deliver(std::unique_ptr<waiting<T>> w, error_code ec, T result)
{
    if (w->slot.is_connected())
        w->slot.clear();
    auto const ex = w->executor;
    asio::post(ex, [w = std::move(w), ec, result = std::move(result)]() mutable {
        w.release()->complete(ec, std::move(result));
    });
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
