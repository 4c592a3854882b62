#ifndef OUTKIT_OAUTH2_ID_TOKEN_IPP
#define OUTKIT_OAUTH2_ID_TOKEN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/json.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/oauth2/detail/members.ipp>
#include <outkit/oauth2/id_token.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

inline constexpr std::size_t longest_jwt = 16 * 1024;
inline constexpr std::size_t longest_jwt_header = 4 * 1024;

// A claim that must be a string; an empty one counts as missing.
OUTKIT_DECL bool read_claim(boost::json::object const& o, char const* name, std::string& into)
{
    into = outkit::detail::string_member(o, name).value_or("");
    return !into.empty();
}

// NumericDate: seconds, perhaps with a fraction (RFC 7519 section 2), of this millennium.
OUTKIT_DECL bool read_time(boost::json::object const& o, char const* name, std::int64_t& into)
{
    boost::json::value const* const v = o.if_contains(name);
    if (!v)
        return false;
    if (v->is_int64())
        into = v->get_int64();
    else if (v->is_double() && std::abs(v->get_double()) < 1e12)
        into = static_cast<std::int64_t>(std::floor(v->get_double()));
    else
        return false;
    return into > 0 && into < 32'503'680'000;  // the year 3000
}

template <class T, void (*release)(T*)>
struct releaser
{
    void operator()(T* p) const { release(p); }
};
template <class T, void (*release)(T*)>
using owned = std::unique_ptr<T, releaser<T, release>>;
using big_number = owned<BIGNUM, BN_free>;

OUTKIT_DECL big_number number_of(std::string_view octets)
{
    std::vector<unsigned char> const bytes(octets.begin(), octets.end());
    return big_number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// RSA of 2048 to 8192 bits; exponent odd, above 3 and below 2^32.
OUTKIT_DECL bool is_sound(std::string_view modulus, std::string_view exponent)
{
    if (modulus.size() < 256 || modulus.size() > 1025 || exponent.empty() || exponent.size() > 4)
        return false;
    auto const n = number_of(modulus);
    auto const e = number_of(exponent);
    return n && e && BN_num_bits(n.get()) >= 2048 && BN_num_bits(n.get()) <= 8192 && BN_is_odd(n.get()) &&
           BN_is_odd(e.get()) && BN_get_word(e.get()) > 3;
}

using key_pointer = owned<EVP_PKEY, EVP_PKEY_free>;

OUTKIT_DECL key_pointer make_key(char const* kind, OSSL_PARAM_BLD* build)
{
    owned<OSSL_PARAM, OSSL_PARAM_free> const parameters(OSSL_PARAM_BLD_to_param(build));
    owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const maker(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
        EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return key_pointer(made);
}

OUTKIT_DECL key_pointer rsa_key(std::string_view modulus, std::string_view exponent)
{
    auto const n = number_of(modulus);
    auto const e = number_of(exponent);
    owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> const build(OSSL_PARAM_BLD_new());
    if (!n || !e || !build || OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return nullptr;
    return make_key("RSA", build.get());
}

inline constexpr std::size_t p256_octets = 32;

// Nothing when the point is not on the curve.
OUTKIT_DECL key_pointer p256_key(std::string_view x, std::string_view y)
{
    if (x.size() != p256_octets || y.size() != p256_octets)
        return nullptr;
    std::string const point = '\x04' + std::string(x) + std::string(y);
    owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> const build(OSSL_PARAM_BLD_new());
    if (!build ||
        OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return nullptr;
    auto key = make_key("EC", build.get());
    owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const checker(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
    if (!checker || EVP_PKEY_public_check(checker.get()) != 1)
        return nullptr;
    return key;
}

// R and S, one after the other (RFC 7518 section 3.4), as OpenSSL wants them; empty when that is not their length.
OUTKIT_DECL std::string der_of(std::string_view signature)
{
    if (signature.size() != 2 * p256_octets)
        return {};
    owned<ECDSA_SIG, ECDSA_SIG_free> const both(ECDSA_SIG_new());
    auto r = number_of(signature.substr(0, p256_octets));
    auto s = number_of(signature.substr(p256_octets));
    if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1)
        return {};
    static_cast<void>(r.release());  // now the signature's
    static_cast<void>(s.release());
    unsigned char* der = nullptr;
    int const n = i2d_ECDSA_SIG(both.get(), &der);
    std::string text(der, der + std::max(n, 0));
    OPENSSL_free(der);
    return text;
}

OUTKIT_DECL bool verify_signature(EVP_PKEY* key, bool pss, std::string_view text, std::string_view signature)
{
    owned<EVP_MD_CTX, EVP_MD_CTX_free> const context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* of_key = nullptr;  // the context's own
    std::vector<unsigned char> const s(signature.begin(), signature.end());
    std::vector<unsigned char> const t(text.begin(), text.end());
    bool good = context && EVP_DigestVerifyInit(context.get(), &of_key, EVP_sha256(), nullptr, key) == 1;
    if (good && pss)
        good = EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(of_key, EVP_sha256()) == 1;
    return good && EVP_DigestVerify(context.get(), s.data(), s.size(), t.data(), t.size()) == 1;
}

}  // namespace detail

OUTKIT_DEF id_token parse_id_token(std::string_view text, error_code& ec)
{
    ec = error::malformed_id_token;
    auto const first = text.find('.');
    auto const second = text.find('.', first == std::string_view::npos ? first : first + 1);
    if (text.size() > detail::longest_jwt || second == std::string_view::npos ||
        text.find('.', second + 1) != std::string_view::npos || first > detail::longest_jwt_header)
        return {};
    auto const header_text = outkit::detail::base64url_decode(text.substr(0, first));
    auto const claims_text = outkit::detail::base64url_decode(text.substr(first + 1, second - first - 1));
    auto signature = outkit::detail::base64url_decode(text.substr(second + 1));
    if (!header_text || !claims_text || !signature)
        return {};
    auto const header = outkit::detail::parse_strict_object(*header_text);
    auto const claims = outkit::detail::parse_strict_object(*claims_text);
    if (!header || !claims || header->contains("crit"))
        return {};
    // kid, alg and nothing else of the header is used: no key comes from the token itself (RFC 8725 section 3.10).
    id_token t;
    if (!detail::read_claim(*header, "alg", t.algorithm))
        return {};
    detail::read_claim(*header, "kid", t.key_id);
    t.signed_part = text.substr(0, second);
    t.signature = std::move(*signature);

    ec = error::missing_claim;
    id_claims& c = t.claims;
    if (!detail::read_claim(*claims, "iss", c.issuer) || !detail::read_claim(*claims, "sub", c.subject) ||
        !detail::read_time(*claims, "iat", c.issued_at) || !detail::read_time(*claims, "exp", c.expires_at))
        return {};
    if (claims->contains("nbf") && !detail::read_time(*claims, "nbf", c.not_before))
        return {};
    auto const* const audience = claims->if_contains("aud");
    if (audience && audience->is_string())
        c.audience.emplace_back(audience->get_string().data(), audience->get_string().size());
    else if (audience && audience->is_array())
        for (auto const& a : audience->get_array())
            if (a.is_string())
                c.audience.emplace_back(a.get_string().data(), a.get_string().size());
    if (c.audience.empty())
        return {};
    detail::read_claim(*claims, "azp", c.authorized_party);
    detail::read_claim(*claims, "tid", c.tenant_id);
    detail::read_claim(*claims, "oid", c.object_id);
    detail::read_claim(*claims, "nonce", c.nonce);
    detail::read_claim(*claims, "preferred_username", c.preferred_username);
    detail::read_claim(*claims, "name", c.name);
    detail::read_claim(*claims, "email", c.email);
    ec = {};
    return t;
}

OUTKIT_DEF home_account read_client_info(std::string_view text, error_code& ec)
{
    static constexpr std::size_t longest = 4096, longest_id = 128;
    ec = error::malformed_response;
    auto const json = text.size() <= longest ? outkit::detail::base64url_decode(text) : std::nullopt;
    auto const object = json ? outkit::detail::parse_strict_object(*json) : std::nullopt;
    if (!object)
        return {};
    auto const user = outkit::detail::string_member(*object, "uid").value_or("");
    home_account a;
    a.tenant_id = outkit::detail::string_member(*object, "utid").value_or("");
    bool const plain = user.find('.') == user.npos && detail::is_visible(user);
    if (user.empty() || user.size() > longest_id || !plain || !is_guid(a.tenant_id))
        return {};
    a.user_id = user;
    std::transform(a.tenant_id.begin(), a.tenant_id.end(), a.tenant_id.begin(), http::detail::lower);
    ec = {};
    return a;
}

OUTKIT_DEF error_code validate(id_claims const& c, authority const& from, id_token_expectation const& expected,
                               outkit::detail::wall_time now)
{
    using namespace std::chrono;
    if (!from.may_issue(c.tenant_id, c.issuer))
        return error::issuer_mismatch;
    bool const for_us = std::find(c.audience.begin(), c.audience.end(), expected.client_id) != c.audience.end();
    if (!for_us || (c.audience.size() > 1 && c.authorized_party != expected.client_id) ||
        (!c.authorized_party.empty() && c.authorized_party != expected.client_id))
        return error::audience_mismatch;
    std::int64_t const at = floor<seconds>(now).time_since_epoch().count();
    std::int64_t const leeway = expected.leeway.count();
    if (c.expires_at < at - leeway)
        return error::id_token_expired;
    if (c.not_before > at + leeway || c.issued_at > at + leeway)
        return error::id_token_not_yet_valid;
    if (c.nonce != expected.nonce && !(expected.refreshed && c.nonce.empty()))
        return error::nonce_mismatch;
    auto const differs = [](std::string const& now_is, std::string const& was) {
        return !was.empty() && now_is != was;
    };
    if (differs(c.subject, expected.subject) || differs(c.tenant_id, expected.tenant_id) ||
        differs(c.issuer, expected.issuer))
        return error::account_mismatch;
    return {};
}

OUTKIT_DEF key_set key_set::parse(std::string_view document, error_code& ec)
{
    ec = error::malformed_key_set;
    auto const object = outkit::detail::parse_strict_object(document);
    auto const* const list = object ? object->if_contains("keys") : nullptr;
    if (!list || !list->is_array() || list->get_array().size() > most_keys)
        return {};
    key_set set;
    for (auto const& entry : list->get_array())
    {
        if (!entry.is_object())
            continue;
        auto const& o = entry.get_object();
        auto const text = [&](char const* name) { return outkit::detail::string_member(o, name).value_or(""); };
        auto const octets = [&](char const* name) { return outkit::detail::base64url_decode(text(name)); };
        key k;
        bool const curve = text("kty") == "EC";
        if ((!curve && text("kty") != "RSA") || (o.contains("use") && text("use") != "sig"))
            continue;
        // Keys of Entra's do not say for what they are; no other algorithm is guessed.
        k.algorithm = o.contains("alg") ? text("alg") : "RS256";
        auto const first = octets(curve ? "x" : "n");
        auto const second = octets(curve ? "y" : "e");
        bool const fits =
            curve ? k.algorithm == "ES256" && text("crv") == "P-256" : k.algorithm == "RS256" || k.algorithm == "PS256";
        if (!fits || !first || !second ||
            !(curve ? detail::p256_key(*first, *second) != nullptr : detail::is_sound(*first, *second)))
            continue;
        k.id = text("kid");
        k.issuer = text("issuer");
        if (!k.id.empty() && set.has(k.id))
            return {};
        k.first = *first;
        k.second = *second;
        set.keys_.push_back(std::move(k));
    }
    ERR_clear_error();
    ec = {};
    return set;
}

OUTKIT_DEF key_set::key const* key_set::find(std::string_view key_id) const
{
    auto const found = std::find_if(keys_.begin(), keys_.end(), [&](key const& k) { return k.id == key_id; });
    return found == keys_.end() ? nullptr : &*found;
}

OUTKIT_DEF error_code key_set::verify(id_token const& token) const
{
    static constexpr std::string_view algorithms[] = {"RS256", "PS256", "ES256"};
    if (std::find(std::begin(algorithms), std::end(algorithms), token.algorithm) == std::end(algorithms))
        return error::unsupported_algorithm;
    key const* k = nullptr;
    if (!token.key_id.empty())
        k = find(token.key_id);
    else
    {
        // No kid: only if there is no choice.
        auto const fits = [&](key const& one) { return one.algorithm == token.algorithm; };
        auto const one = std::find_if(keys_.begin(), keys_.end(), fits);
        if (one != keys_.end() && std::find_if(one + 1, keys_.end(), fits) == keys_.end())
            k = &*one;
    }
    if (!k)
        return error::unknown_signing_key;
    if (k->algorithm != token.algorithm)
        return error::unsupported_algorithm;
    if (!k->issuer.empty())
    {
        std::string issuer = k->issuer;
        static constexpr std::string_view any_tenant = "{tenantid}";
        if (auto const at = issuer.find(any_tenant); at != std::string::npos)
            issuer.replace(at, any_tenant.size(), token.claims.tenant_id);
        if (issuer != token.claims.issuer)
            return error::unknown_signing_key;
    }
    bool const curve = k->algorithm == "ES256";
    auto const public_key = curve ? detail::p256_key(k->first, k->second) : detail::rsa_key(k->first, k->second);
    std::string const signature = curve ? detail::der_of(token.signature) : token.signature;
    bool const good = public_key && !signature.empty() &&
                      detail::verify_signature(public_key.get(), k->algorithm == "PS256", token.signed_part, signature);
    ERR_clear_error();
    return good ? error_code() : make_error_code(error::bad_signature);
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
