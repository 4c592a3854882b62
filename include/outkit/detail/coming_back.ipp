#ifndef OUTKIT_DETAIL_COMING_BACK_IPP
#define OUTKIT_DETAIL_COMING_BACK_IPP

#include <outkit/detail/coming_back.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace outkit::inline OUTKIT_ABI::detail {

OUTKIT_DEF flow<access_token> ask_for_token(renewed_token& t, std::chrono::milliseconds patience,
                                            std::chrono::milliseconds before_expiry, error_code none)
{
    if (!t.ask)
        co_await fail(none, "there is no token_provider");
    environment& world = co_await this_environment();
    auto const coming = std::make_shared<awaited_token>();
    event::watch seen(coming->arrived);
    token_answer answer(coming);
    t.ask(t.rejected ? &t.token : nullptr, std::move(answer));
    time_point const until = world.now() + patience;
    while (!coming->here)
    {
        wake const why = co_await wait_for(seen, until);
        if (why == wake::time)
            co_await fail(error::timeout, "no access token has come");
    }
    if (coming->ec)
        co_await fail(coming->ec);
    t.token = coming->token.clone();
    t.rejected = false;
    t.renew_at.reset();
    if (coming->expires)
    {
        // A token that is nearly over is used to its end: the provider has no other.
        auto const early = *coming->expires - before_expiry;
        t.renew_at = early > world.date() ? early : *coming->expires;
    }
    co_return std::move(coming->token);
}

OUTKIT_DEF std::chrono::milliseconds back_off(environment& world, std::chrono::milliseconds first,
                                              std::chrono::milliseconds longest, unsigned failures)
{
    using std::chrono::milliseconds;
    milliseconds whole = std::clamp(first, milliseconds(0), longest);
    for (unsigned n = 1; n < failures && whole < longest; ++n)
        whole = std::min(whole * 2, longest);
    std::array<unsigned char, 4> dice;
    world.random(dice);
    std::uint64_t chance = 0;
    for (unsigned char const d : dice)
        chance = chance << 8 | d;
    std::uint64_t const half = static_cast<std::uint64_t>(whole.count()) / 2;
    return whole - milliseconds((half * chance) >> 32);
}

OUTKIT_DEF bool is_loss(error_code ec)
{
    return ec == condition::timeout || ec == condition::transient || ec == error::tls_truncated ||
           ec == error::not_connected || ec == error::no_address || ec.category() == os_error(ECONNRESET).category() ||
           std::string_view(ec.category().name()) == "asio.netdb";  // no names while there is no network
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
