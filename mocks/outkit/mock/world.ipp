#ifndef OUTKIT_MOCK_WORLD_IPP
#define OUTKIT_MOCK_WORLD_IPP

#include <outkit/mock/world.hpp>

#include <openssl/rand.h>

#include <exception>

namespace outkit::inline OUTKIT_ABI::mock {

OUTKIT_INLINE world::world(std::uint64_t seed)
    : dice_(seed),
      seeded_(seed != 0),
      clock(context_.get_executor()),
      mailboxes(*this),
      outgoing(*this),
      work_(asio::make_work_guard(context_))
{
    // Mail that is dropped must be seen to be dropped: a test that misses a message looks here.
    mailboxes.on_drop = [this](std::string const& text) {
        journal_entry e;
        e.time = date();
        e.server = "mailbox";
        e.what = "limit";
        e.reason = text;
        journal.record(std::move(e));
    };
}

OUTKIT_INLINE world::~world()
{
    work_.reset();
    context_.stop();
    if (thread_.joinable())
        thread_.join();
}

OUTKIT_INLINE void world::start_thread()
{
    if (!thread_.joinable())
        thread_ = std::thread([this] { context_.run(); });
}

OUTKIT_INLINE void world::advance(std::chrono::nanoseconds d)
{
    detail::time_point const limit = run([&] { return clock.now(); }) + d;
    bool const other_thread = thread_.joinable() && std::this_thread::get_id() != thread_.get_id();
    while (run([&] { return clock.step(limit); }))
        if (!thread_.joinable())
            context_.poll();
    if (other_thread)
        run([] {});  // what the last alarm has posted has run
}

OUTKIT_INLINE void world::random(std::span<unsigned char> fill)
{
    if (seeded_)
        for (unsigned char& byte : fill)
            byte = static_cast<unsigned char>(dice_());
    else if (RAND_bytes(fill.data(), static_cast<int>(fill.size())) != 1)
        std::terminate();  // nothing that needs randomness may go on without it
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
