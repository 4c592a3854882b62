#ifndef OUTKIT_OAUTH2_ID_TOKEN_IPP
#define OUTKIT_OAUTH2_ID_TOKEN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/json.hpp>
#include <outkit/oauth2/id_token.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

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

OUTKIT_DECL bool verify_rs256(std::string_view modulus, std::string_view exponent, std::string_view text,
                              std::string_view signature)
{
    auto const n = number_of(modulus);
    auto const e = number_of(exponent);
    owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> const build(OSSL_PARAM_BLD_new());
    if (!n || !e || !build || OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return false;
    owned<OSSL_PARAM, OSSL_PARAM_free> const parameters(OSSL_PARAM_BLD_to_param(build.get()));
    owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const maker(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
        EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return false;
    owned<EVP_PKEY, EVP_PKEY_free> const key(made);
    owned<EVP_MD_CTX, EVP_MD_CTX_free> const context(EVP_MD_CTX_new());
    std::vector<unsigned char> const s(signature.begin(), signature.end());
    std::vector<unsigned char> const t(text.begin(), text.end());
    bool const good = context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                      EVP_DigestVerify(context.get(), s.data(), s.size(), t.data(), t.size()) == 1;
    ERR_clear_error();
    return good;
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
        auto const n = outkit::detail::base64url_decode(outkit::detail::string_member(o, "n").value_or(""));
        auto const e = outkit::detail::base64url_decode(outkit::detail::string_member(o, "e").value_or(""));
        bool const for_signatures = outkit::detail::string_member(o, "kty") == "RSA" &&
                                    outkit::detail::string_member(o, "use").value_or("sig") == "sig" &&
                                    outkit::detail::string_member(o, "alg").value_or("RS256") == "RS256";
        if (!for_signatures || !n || !e || !detail::is_sound(*n, *e))
            continue;
        key k;
        k.id = outkit::detail::string_member(o, "kid").value_or("");
        k.issuer = outkit::detail::string_member(o, "issuer").value_or("");
        if (!k.id.empty() && set.has(k.id))
            return {};
        k.modulus = *n;
        k.exponent = *e;
        set.keys_.push_back(std::move(k));
    }
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
    if (token.algorithm != "RS256")
        return error::unsupported_algorithm;
    key const* k = find(token.key_id);
    if (token.key_id.empty())  // no kid: only if there is no choice
        k = keys_.size() == 1 ? &keys_.front() : nullptr;
    if (!k)
        return error::unknown_signing_key;
    if (!k->issuer.empty())
    {
        std::string issuer = k->issuer;
        static constexpr std::string_view any_tenant = "{tenantid}";
        if (auto const at = issuer.find(any_tenant); at != std::string::npos)
            issuer.replace(at, any_tenant.size(), token.claims.tenant_id);
        if (issuer != token.claims.issuer)
            return error::unknown_signing_key;
    }
    return detail::verify_rs256(k->modulus, k->exponent, token.signed_part, token.signature)
               ? error_code()
               : make_error_code(error::bad_signature);
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
