#ifndef OUTKIT_MOCK_KEYS_IPP
#define OUTKIT_MOCK_KEYS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/keys.hpp>
#include <outkit/mock/pki.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <future>
#include <map>
#include <mutex>
#include <set>

namespace outkit::inline OUTKIT_ABI::mock {
namespace pki {

// An RSA key with its self-signed certificate and the texts derived from it. Does not change.
struct signing_key
{
    key_ptr key;
    x509_ptr certificate;
    std::string kid, x5t, x5c, n, e;

    signing_key();
};
using shared_signing_key = std::shared_ptr<signing_key const>;

inline std::string octets_of(EVP_PKEY* key, char const* parameter)
{
    BIGNUM* number = nullptr;
    must(EVP_PKEY_get_bn_param(key, parameter, &number) == 1, "read a key");
    std::string octets(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(octets.data()));
    BN_free(number);
    return octets;
}

OUTKIT_INLINE signing_key::signing_key() : key(EVP_RSA_gen(2048))
{
    must(key != nullptr, "make an RSA key");
    certificate = blank_certificate(key.get(), "outkit MOCK signing key", 365 * 24 * 3600L);
    X509* const x = certificate.get();
    must(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 && X509_sign(x, key.get(), EVP_sha256()) != 0,
         "sign a certificate");
    unsigned char* der = nullptr;
    int const size = i2d_X509(x, &der);
    must(size > 0, "write a certificate");
    std::string const octets(reinterpret_cast<char const*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    unsigned char thumbprint[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    must(X509_digest(x, EVP_sha1(), thumbprint, &length) == 1, "hash a certificate");
    x5t = outkit::detail::base64url_encode({reinterpret_cast<char const*>(thumbprint), length});
    kid = "mock-" + x5t.substr(0, x5t.size() - 5);
    x5c = outkit::detail::base64_encode(octets);
    n = outkit::detail::base64url_encode(octets_of(key.get(), OSSL_PKEY_PARAM_RSA_N));
    e = outkit::detail::base64url_encode(octets_of(key.get(), OSSL_PKEY_PARAM_RSA_E));
}

// The process's keys, each made in the background when somebody first asks for it by number.
OUTKIT_INLINE std::shared_future<shared_signing_key> process_key(std::size_t number)
{
    // OpenSSL registers its clean-up before the table is made, so it runs after the last thread has been waited for.
    static bool const initialised = OPENSSL_init_crypto(0, nullptr) == 1;
    static std::mutex mutex;
    static std::map<std::size_t, std::shared_future<shared_signing_key>> keys;
    must(initialised, "start");
    std::lock_guard const lock(mutex);
    std::shared_future<shared_signing_key>& key = keys[number];
    if (!key.valid())
        key = std::async(std::launch::async, [] { return shared_signing_key(std::make_shared<signing_key>()); });
    return key;
}

// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2) by one key. What OpenSSL looks up by name before it can sign is kept:
// it costs as much as all else that a token needs.
class rs256_signer
{
public:
    std::string sign(shared_signing_key const& by, std::string_view input)
    {
        if (key_ != by)
            prepare(by);
        unsigned char digest[EVP_MAX_MD_SIZE];
        std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(by->key.get())), '\0');
        std::size_t size = signature.size();
        unsigned digest_size = 0;
        must(EVP_Digest(input.data(), input.size(), digest, &digest_size, sha256_.get(), nullptr) == 1 &&
                 EVP_PKEY_sign(context_.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, digest,
                               digest_size) == 1,
             "sign a token");
        signature.resize(size);
        return signature;
    }

private:
    void prepare(shared_signing_key const& key)
    {
        sha256_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
        context_.reset(EVP_PKEY_CTX_new(key->key.get(), nullptr));
        must(sha256_ && context_ && EVP_PKEY_sign_init(context_.get()) == 1 &&
                 EVP_PKEY_CTX_set_rsa_padding(context_.get(), RSA_PKCS1_PADDING) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(context_.get(), sha256_.get()) == 1,
             "sign");
        key_ = key;
    }

    shared_signing_key key_;  // the context's
    std::unique_ptr<EVP_MD, tls_context::releaser<EVP_MD, EVP_MD_free>> sha256_;
    std::unique_ptr<EVP_PKEY_CTX, tls_context::releaser<EVP_PKEY_CTX, EVP_PKEY_CTX_free>> context_;
};

}  // namespace pki

struct signing_keys::state
{
    pki::rs256_signer signer;
    std::vector<std::shared_future<pki::shared_signing_key>> keys;  // the last one signs
    std::size_t number = 0;
    std::array<unsigned char, 32> sealing{};
    // What has been verified lately, as hashes: clients show the same token with each request.
    std::set<std::array<unsigned char, 32>> verified;
    std::mutex guard;
    static constexpr std::size_t most_verified = 1000;

    pki::signing_key const& current() const { return *keys.back().get(); }
    pki::signing_key const* find(std::string_view kid) const
    {
        for (auto const& key : keys)
            if (key.get()->kid == kid)
                return key.get().get();
        return nullptr;
    }
    ~state() { OPENSSL_cleanse(sealing.data(), sealing.size()); }
};

OUTKIT_INLINE signing_keys::signing_keys() : state_(std::make_unique<state>())
{
    state_->keys.push_back(pki::process_key(0));
    pki::must(RAND_bytes(state_->sealing.data(), int(state_->sealing.size())) == 1, "make a key");
}
OUTKIT_INLINE signing_keys::signing_keys(signing_keys&&) noexcept = default;
OUTKIT_INLINE signing_keys& signing_keys::operator=(signing_keys&&) noexcept = default;
OUTKIT_INLINE signing_keys::~signing_keys() = default;

OUTKIT_INLINE std::string const& signing_keys::kid() const { return state_->current().kid; }
OUTKIT_INLINE std::string const& signing_keys::x5t() const { return state_->current().x5t; }

OUTKIT_INLINE std::string signing_keys::sign_rs256(std::string_view input) const
{
    return outkit::detail::base64url_encode(state_->signer.sign(state_->keys.back().get(), input));
}

OUTKIT_INLINE bool signing_keys::verify_rs256(std::string_view kid, std::string_view input,
                                              std::string_view signature) const
{
    pki::signing_key const* const key = state_->find(kid);
    std::string all(kid);
    ((((all += '\0') += input) += '\0') += std::to_string(signature.size())) += signature;
    std::array<unsigned char, 32> hash{};
    SHA256(reinterpret_cast<unsigned char const*>(all.data()), all.size(), hash.data());
    std::lock_guard const locked(state_->guard);
    if (key && state_->verified.contains(hash))
        return true;
    std::unique_ptr<EVP_MD_CTX, tls_context::releaser<EVP_MD_CTX, EVP_MD_CTX_free>> const md(EVP_MD_CTX_new());
    bool const good =
        key && md && EVP_DigestVerifyInit(md.get(), nullptr, EVP_sha256(), nullptr, key->key.get()) == 1 &&
        EVP_DigestVerify(md.get(), reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                         reinterpret_cast<unsigned char const*>(input.data()), input.size()) == 1;
    if (state_->verified.size() >= state::most_verified)
        state_->verified.clear();
    if (good)
        state_->verified.insert(hash);
    return good;
}

OUTKIT_INLINE std::string signing_keys::jwks_json(std::string_view issuer) const
{
    boost::json::array keys;
    for (auto const& future : state_->keys)
    {
        pki::signing_key const& key = *future.get();
        boost::json::object o{{"kty", "RSA"}, {"use", "sig"}, {"kid", key.kid},  {"x5t", key.x5t},
                              {"n", key.n},   {"e", key.e},   {"x5c", {key.x5c}}};
        if (!issuer.empty())
            o["issuer"] = issuer;
        keys.push_back(std::move(o));
    }
    return boost::json::serialize(boost::json::object{{"keys", std::move(keys)}});
}

OUTKIT_INLINE std::vector<std::string> signing_keys::kids() const
{
    std::vector<std::string> all;
    for (auto const& key : state_->keys)
        all.push_back(key.get()->kid);
    return all;
}

OUTKIT_INLINE bool signing_keys::publishes(std::string_view kid) const { return state_->find(kid) != nullptr; }

OUTKIT_INLINE std::string signing_keys::public_key_pem(std::string_view kid) const
{
    pki::signing_key const* const key = state_->find(kid);
    return key ? pki::text_of([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key->key.get()); }) : std::string();
}

OUTKIT_INLINE void signing_keys::rotate()
{
    state_->keys.push_back(pki::process_key(++state_->number));
    state_->keys.back().wait();
}

OUTKIT_INLINE void signing_keys::retire_old() { state_->keys.erase(state_->keys.begin(), state_->keys.end() - 1); }

OUTKIT_INLINE std::string signing_keys::seal(std::string_view purpose, std::array<unsigned char, 12> const& nonce,
                                             std::string_view plain) const
{
    std::unique_ptr<EVP_CIPHER_CTX, tls_context::releaser<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>> const cipher(
        EVP_CIPHER_CTX_new());
    std::string sealed(reinterpret_cast<char const*>(nonce.data()), nonce.size());
    sealed.resize(nonce.size() + plain.size() + 16);
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data()) + nonce.size();
    int n = 0;
    pki::must(cipher &&
                  EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), state_->sealing.data(), nonce.data(), nullptr) ==
                      1 &&
                  EVP_EncryptUpdate(cipher.get(), nullptr, &n, reinterpret_cast<unsigned char const*>(purpose.data()),
                                    static_cast<int>(purpose.size())) == 1 &&
                  EVP_EncryptUpdate(cipher.get(), out, &n, reinterpret_cast<unsigned char const*>(plain.data()),
                                    static_cast<int>(plain.size())) == 1 &&
                  EVP_EncryptFinal_ex(cipher.get(), out + plain.size(), &n) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, out + plain.size()) == 1,
              "encrypt");
    return sealed;
}

OUTKIT_INLINE std::optional<std::string> signing_keys::open(std::string_view purpose, std::string_view sealed) const
{
    if (sealed.size() < 12 + 16 || sealed.size() > 1u << 20)
        return std::nullopt;
    std::unique_ptr<EVP_CIPHER_CTX, tls_context::releaser<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>> const cipher(
        EVP_CIPHER_CTX_new());
    auto const* const in = reinterpret_cast<unsigned char const*>(sealed.data());
    std::string plain(sealed.size() - 12 - 16, '\0');
    unsigned char tag[16];
    std::copy_n(in + sealed.size() - 16, 16, tag);
    unsigned char rest[16];
    int n = 0;
    bool const ok = cipher &&
                    EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), state_->sealing.data(), in, nullptr) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), nullptr, &n, reinterpret_cast<unsigned char const*>(purpose.data()),
                                      static_cast<int>(purpose.size())) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), reinterpret_cast<unsigned char*>(plain.data()), &n, in + 12,
                                      static_cast<int>(plain.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
                    EVP_DecryptFinal_ex(cipher.get(), rest, &n) == 1;
    if (!ok)
        return std::nullopt;
    return plain;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
