// Feeds octets to both sides of XOAUTH2. What was understood is written and read again: it must mean the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/sasl.cpp \
//     -lboost_json -lssl -lcrypto

#include <outkit/sasl/challenge.hpp>
#include <outkit/sasl/xoauth2.hpp>

#include <outkit/detail/encoding.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

bool is_printable(std::string_view text, std::size_t longest)
{
    for (char const c : text)
        if (c < 0x20 || c > 0x7e)
            return false;
    return text.size() <= longest;
}

// A client's message is in one form only: what is read from it makes the same one, but for the scheme's case.
void response(std::string_view text)
{
    sasl::error e{};
    auto const c = sasl::decode_xoauth2(text, e);
    must(c.has_value() == (e == sasl::error::none));
    if (!c)
        return;
    must(!c->user.empty() && !c->token.empty());
    auto const again = sasl::encode_xoauth2(c->user, c->token, sasl::confidential::promised_by_caller(), e);
    if (!again)
        return;  // the server is told more than a client of ours says
    must(again->size() == text.size() && again->size() <= sasl::longest_response);
    auto const same = sasl::decode_xoauth2(*again, e);
    must(same && same->user == c->user && same->token == c->token);
}

void challenge(std::string_view text)
{
    sasl::error e{};
    auto const c = sasl::decode_challenge(text, e);
    must(c.has_value() == (e == sasl::error::none));
    if (!c)
        return;
    must(is_printable(c->status, 256) && is_printable(c->schemes, 256) && is_printable(c->scope, 256));
    auto const again = sasl::decode_challenge(sasl::encode_challenge(*c), e);
    must(again && *again == *c);
}

// As it is, and as what it says.
void both(std::string const& text)
{
    std::string const encoded = outkit::detail::base64_encode(text);
    for (std::string_view const t : {std::string_view(text), std::string_view(encoded)})
    {
        response(t);
        challenge(t);
    }
    sasl::error e{};
    auto const at = std::min(text.find('|'), text.size());
    std::string const user = text.substr(0, at), token = text.substr(std::min(at + 1, text.size()));
    auto const made = sasl::encode_xoauth2(user, token, sasl::confidential::promised_by_caller(), e);
    must(made.has_value() == (e == sasl::error::none));
    if (!made)
        return;
    must(is_printable(user, user.size()) && is_printable(token, token.size()));
    auto const read = sasl::decode_xoauth2(*made, e);
    must(read && read->user == user && read->token == token);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    both(std::string(data, data + size));
    return 0;
}
