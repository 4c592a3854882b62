#ifndef OUTKIT_IMAP_DETAIL_ARENA_HPP
#define OUTKIT_IMAP_DETAIL_ARENA_HPP

#include <outkit/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::imap::detail {

// The block that parsed values are views into. Things in it are never destroyed one by one, so only trivial ones
// go in; all memory is given back at once. Blocks grow from 4 KB to 1 MB, by what is needed, not by what is announced.
class arena
{
public:
    arena() = default;
    arena(arena&& other) noexcept { swap(other); }
    arena& operator=(arena&& other) noexcept
    {
        arena(std::move(other)).swap(*this);
        return *this;
    }

    char* text(std::size_t n) { return static_cast<char*>(allocate(n, 1)); }
    char* copy(std::string_view s)
    {
        char* const to = text(s.size());
        if (!s.empty())
            std::memcpy(to, s.data(), s.size());
        return to;
    }
    std::string_view keep(std::string_view s) { return {copy(s), s.size()}; }

    template <class T>
    T* make()
    {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T), alignof(T))) T();
    }

    std::size_t capacity() const { return capacity_; }

    // Everything in it is gone; the first block stays for what comes next.
    void clear()
    {
        if (blocks_.empty())
            return;
        if (first_ > smallest)
            return arena().swap(*this);
        blocks_.resize(1);
        at_ = blocks_[0].get();
        left_ = capacity_ = first_;
        next_ = std::min(first_ * 4, largest);
    }

    void swap(arena& other) noexcept
    {
        blocks_.swap(other.blocks_);
        std::swap(at_, other.at_);
        std::swap(left_, other.left_);
        std::swap(capacity_, other.capacity_);
        std::swap(next_, other.next_);
        std::swap(first_, other.first_);
    }

private:
    static constexpr std::size_t smallest = 4096, largest = std::size_t(1) << 20;

    void* allocate(std::size_t n, std::size_t alignment)
    {
        std::size_t const skip = (alignment - reinterpret_cast<std::uintptr_t>(at_) % alignment) % alignment;
        if (skip + n > left_ || !at_)
        {
            std::size_t const size = std::max(n, next_);
            next_ = std::min(next_ * 4, largest);
            blocks_.emplace_back(new char[size]);
            if (blocks_.size() == 1)
                first_ = size;
            capacity_ += size;
            char* const block = blocks_.back().get();
            if (n == size)
                return block;
            at_ = block + n;
            left_ = size - n;
            return block;
        }
        char* const p = at_ + skip;
        at_ = p + n;
        left_ -= skip + n;
        return p;
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t capacity_ = 0;
    std::size_t next_ = smallest;
    std::size_t first_ = 0;
};

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
