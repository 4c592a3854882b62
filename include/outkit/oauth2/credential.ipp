#ifndef OUTKIT_OAUTH2_CREDENTIAL_IPP
#define OUTKIT_OAUTH2_CREDENTIAL_IPP

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/wiping.hpp>
#include <outkit/oauth2/credential.hpp>
#include <outkit/oauth2/pkce.hpp>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

OUTKIT_DECL std::optional<outkit::detail::wall_time> time_of(ASN1_TIME const* t)
{
    std::tm broken{};
    if (!t || ASN1_TIME_to_tm(t, &broken) != 1)
        return std::nullopt;
    using namespace std::chrono;
    auto const day = sys_days(year(broken.tm_year + 1900) / (broken.tm_mon + 1) / broken.tm_mday);
    // "Never" is 9999, which a clock of nanoseconds does not reach.
    seconds const since =
        day.time_since_epoch() + hours(broken.tm_hour) + minutes(broken.tm_min) + seconds(broken.tm_sec);
    return outkit::detail::wall_time(std::clamp(since, seconds(0), seconds(9'000'000'000)));
}

OUTKIT_DECL std::string thumbprint(X509 const* certificate, EVP_MD const* digest)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(certificate, digest, octets, &size) != 1)
        return {};
    return outkit::detail::base64url_encode(std::string(octets, octets + size));
}

// Empty: it could not be signed.
OUTKIT_DECL std::string sign(EVP_PKEY* key, assertion_algorithm algorithm, std::string_view text)
{
    struct context_of
    {
        EVP_MD_CTX* const context = EVP_MD_CTX_new();
        context_of() = default;
        context_of(context_of const&) = delete;
        ~context_of() { EVP_MD_CTX_free(context); }
    } const c;
    EVP_PKEY_CTX* pss = nullptr;  // the context's own
    std::vector<unsigned char> const t(text.begin(), text.end());
    std::size_t size = 0;
    bool ready = c.context && EVP_DigestSignInit(c.context, &pss, EVP_sha256(), nullptr, key) == 1;
    // RFC 7518 section 3.5: the salt is as long as the hash, MGF1 has the same hash.
    if (ready && algorithm == assertion_algorithm::ps256)
        ready = EVP_PKEY_CTX_set_rsa_padding(pss, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, RSA_PSS_SALTLEN_DIGEST) == 1 &&
                EVP_PKEY_CTX_set_rsa_mgf1_md(pss, EVP_sha256()) == 1;
    std::string signature;
    if (ready && EVP_DigestSign(c.context, nullptr, &size, t.data(), t.size()) == 1)
    {
        std::vector<unsigned char> s(size);
        if (EVP_DigestSign(c.context, s.data(), &size, t.data(), t.size()) == 1)
            signature.assign(s.data(), s.data() + size);
    }
    ERR_clear_error();
    return signature;
}

}  // namespace detail

OUTKIT_DEF std::shared_ptr<client_certificate const> client_certificate::make(std::string_view certificate,
                                                                              secret const& key, error_code& ec,
                                                                              assertion_algorithm algorithm,
                                                                              secret const& passphrase)
{
    static constexpr int least_bits = 2048;
    struct pem
    {
        BIO* const bio;
        explicit pem(std::string_view text) : bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))) {}
        pem(pem const&) = delete;
        ~pem() { BIO_free(bio); }
    };
    static constexpr std::size_t longest = 1 << 20;
    void* const words = const_cast<secret*>(&passphrase);  // only read; C has no const here
    // Without it OpenSSL would ask on the terminal.
    auto const ask = [](char* to, int room, int, void* given) -> int {
        std::string_view const phrase = static_cast<secret const*>(given)->reveal();
        if (phrase.empty() || phrase.size() > static_cast<std::size_t>(room))
            return -1;
        std::copy(phrase.begin(), phrase.end(), to);
        return static_cast<int>(phrase.size());
    };
    std::shared_ptr<X509> read;
    if (certificate.size() <= longest)
    {
        pem const text(certificate);
        read.reset(text.bio ? PEM_read_bio_X509(text.bio, nullptr, ask, words) : nullptr, X509_free);
    }
    std::shared_ptr<EVP_PKEY> own;
    if (key.size() <= longest)
    {
        pem const text(key.reveal());
        own.reset(text.bio ? PEM_read_bio_PrivateKey(text.bio, nullptr, ask, words) : nullptr, EVP_PKEY_free);
    }
    auto const from = read ? detail::time_of(X509_get0_notBefore(read.get())) : std::nullopt;
    auto const until = read ? detail::time_of(X509_get0_notAfter(read.get())) : std::nullopt;
    EVP_PKEY* const theirs = read ? X509_get0_pubkey(read.get()) : nullptr;
    ec = {};
    if (!from || !until || !theirs)
        ec = error::invalid_certificate;
    else if (!own)
        ec = error::invalid_certificate_key;
    else if (EVP_PKEY_eq(theirs, own.get()) != 1)
        ec = error::certificate_key_mismatch;
    else if (!EVP_PKEY_is_a(own.get(), "RSA") || EVP_PKEY_get_bits(own.get()) < least_bits)
        ec = error::weak_certificate_key;
    ERR_clear_error();
    if (ec)
        return nullptr;
    std::shared_ptr<client_certificate> c(new client_certificate);
    c->sha1_ = detail::thumbprint(read.get(), EVP_sha1());
    c->sha256_ = detail::thumbprint(read.get(), EVP_sha256());
    c->key_ = std::move(own);
    c->algorithm_ = algorithm;
    c->not_before_ = *from;
    c->not_after_ = *until;
    return c;
}

OUTKIT_DEF error_code client_certificate::check(outkit::detail::wall_time at) const
{
    if (at > not_after_)
        return error::certificate_expired;
    return at < not_before_ ? make_error_code(error::certificate_not_yet_valid) : error_code();
}

OUTKIT_DEF secret client_certificate::assertion(outkit::detail::environment& world, std::string_view client_id,
                                                std::string_view audience, error_code& ec) const
{
    static constexpr std::chrono::seconds lifetime{600};
    auto const now = std::chrono::floor<std::chrono::seconds>(world.date());
    ec = check(now);
    if (ec)
        return {};
    auto const text = [](std::string_view s) { return boost::json::string_view(s.data(), s.size()); };
    boost::json::object header;
    header["alg"] = algorithm_ == assertion_algorithm::ps256 ? "PS256" : "RS256";
    header["typ"] = "JWT";
    // Each algorithm with its own name for the certificate (observed: the sources of the MSAL libraries).
    if (algorithm_ == assertion_algorithm::ps256)
        header["x5t#S256"] = sha256_;
    else
        header["x5t"] = sha1_;
    boost::json::object claims;
    claims["aud"] = text(audience);
    claims["iss"] = text(client_id);
    claims["sub"] = text(client_id);
    claims["jti"] = detail::random_guid(world);
    claims["iat"] = now.time_since_epoch().count();
    claims["nbf"] = now.time_since_epoch().count();
    claims["exp"] = (now + lifetime).time_since_epoch().count();
    std::string jwt = outkit::detail::base64url_encode(boost::json::serialize(header)) + '.';
    jwt += outkit::detail::base64url_encode(boost::json::serialize(claims));
    std::string signature = detail::sign(static_cast<EVP_PKEY*>(key_.get()), algorithm_, jwt);
    if (signature.empty())
    {
        ec = error::invalid_certificate_key;
        return {};
    }
    signature = '.' + outkit::detail::base64url_encode(signature);
    outkit::detail::wipe_at_end const signature_wiped(signature);
    outkit::detail::make_room(jwt, signature.size());
    jwt += signature;
    return secret(std::move(jwt));
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
