#ifndef OUTKIT_OAUTH2_PKCE_IPP
#define OUTKIT_OAUTH2_PKCE_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/oauth2/pkce.hpp>

#include <openssl/evp.h>

#include <array>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF std::string s256_challenge(std::string_view verifier)
{
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    if (EVP_Digest(verifier.data(), verifier.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
        size != digest.size())
        std::terminate();  // OpenSSL without SHA-256 is no OpenSSL
    return outkit::detail::base64url_encode(std::string(digest.begin(), digest.end()));
}

OUTKIT_DEF pkce make_pkce(outkit::detail::environment& world)
{
    pkce p;
    p.verifier = secret(detail::random_text(world, 32));
    p.challenge = s256_challenge(p.verifier.reveal());
    return p;
}

namespace detail {

OUTKIT_DEF std::string random_text(outkit::detail::environment& world, std::size_t octets)
{
    std::vector<unsigned char> random(octets);
    world.random(random);
    return outkit::detail::base64url_encode(std::string(random.begin(), random.end()));
}

OUTKIT_DEF std::string random_guid(outkit::detail::environment& world)
{
    std::array<unsigned char, 16> random{};
    world.random(random);
    random[6] = static_cast<unsigned char>((random[6] & 0x0f) | 0x40);
    random[8] = static_cast<unsigned char>((random[8] & 0x3f) | 0x80);
    std::string text = outkit::detail::hex_encode(std::string(random.begin(), random.end()));
    for (std::size_t const at : {8u, 13u, 18u, 23u})
        text.insert(at, 1, '-');
    return text;
}

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
