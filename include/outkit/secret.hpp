#ifndef OUTKIT_SECRET_HPP
#define OUTKIT_SECRET_HPP

#include <outkit/config.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace outkit::inline OUTKIT_ABI {

/** Text that must not appear in a log, an error or a report: a token, a client secret, a code, a verifier.

    It cannot be printed by accident: streamed, it says `<redacted>`, and it does not convert to a string. Copies are
    made by clone() only. The memory is overwritten when the secret is destroyed or replaced; a moved-from secret is
    empty.
*/
class secret
{
public:
    secret() = default;
    /// Takes the text over. What the caller keeps of it is the caller's to wipe.
    explicit secret(std::string text) noexcept : text_(std::move(text)) {}
    secret(secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    secret& operator=(secret&& other) noexcept
    {
        if (this != &other)
        {
            wipe();
            text_ = std::move(other.text_);
            other.wipe();
        }
        return *this;
    }
    secret(secret const&) = delete;
    secret& operator=(secret const&) = delete;
    ~secret() { wipe(); }

    secret clone() const { return secret(text_); }

    /// The text itself, valid until the secret changes. The one way to it: say it where the text is sent, nowhere else.
    std::string_view reveal() const noexcept { return text_; }
    std::size_t size() const noexcept { return text_.size(); }
    bool empty() const noexcept { return text_.empty(); }

    /// Compares in time that depends on the lengths only.
    friend bool operator==(secret const& a, secret const& b) noexcept
    {
        if (a.size() != b.size())
            return false;
        unsigned char difference = 0;
        for (std::size_t i = 0; i != a.size(); ++i)
            difference |= static_cast<unsigned char>(a.text_[i] ^ b.text_[i]);
        return difference == 0;
    }

    friend std::ostream& operator<<(std::ostream& out, secret const&) { return out << "<redacted>"; }

private:
    void wipe() noexcept { wipe(text_); }
    static void wipe(std::string& s) noexcept
    {
        s.resize(s.capacity());  // within the capacity, so nothing is allocated; old tails are wiped, too
        for (volatile char& c : s)
            c = 0;
        s.clear();
    }

    std::string text_;
};

/// What a resource server is shown. Opaque to its bearer.
using access_token = secret;

}  // namespace outkit::inline OUTKIT_ABI

#endif
