#ifndef OUTKIT_DETAIL_WIPING_HPP
#define OUTKIT_DETAIL_WIPING_HPP

#include <outkit/secret.hpp>

#include <cstddef>
#include <string>
#include <utility>

// For text that carries secrets without being one: bodies, forms, buffers. Its memory is overwritten before it is freed.

namespace outkit::inline OUTKIT_ABI::detail {

inline void wipe(std::string& text) { secret const wiped(std::exchange(text, {})); }

// Wipes what the text still holds at the end of a scope; what has been moved out of it is somebody else's.
class wipe_at_end
{
public:
    explicit wipe_at_end(std::string& text) : text_(text) {}
    wipe_at_end(wipe_at_end const&) = delete;
    wipe_at_end& operator=(wipe_at_end const&) = delete;
    ~wipe_at_end() { wipe(text_); }

private:
    std::string& text_;
};

// Room for `more` octets; a buffer that is left for a larger one is wiped.
inline void make_room(std::string& text, std::size_t more)
{
    if (text.capacity() - text.size() >= more)
        return;
    std::string larger;
    larger.reserve(2 * (text.size() + more));
    larger += text;
    text.swap(larger);
    wipe(larger);
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
