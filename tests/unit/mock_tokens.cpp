#include <outkit/mock/keys.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

BOOST_AUTO_TEST_SUITE(mock_tokens)
namespace {

namespace json = boost::json;
using outkit::mock::signing_keys;

// Base64url by OpenSSL's decoder, so that ours has no part in it.
std::string octets(std::string text)
{
    for (char& c : text)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    std::size_t const padding = (4 - text.size() % 4) % 4;
    text.append(padding, '=');
    std::string out(text.size(), '\0');
    int const n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<unsigned char const*>(text.data()), int(text.size()));
    BOOST_TEST_REQUIRE(n >= 0);
    out.resize(std::size_t(n) - padding);
    return out;
}

unsigned char const* bytes(std::string const& s) { return reinterpret_cast<unsigned char const*>(s.data()); }

bool verify(EVP_PKEY* key, std::string const& input, std::string const& signature)
{
    EVP_MD_CTX* const md = EVP_MD_CTX_new();
    bool const ok = EVP_DigestVerifyInit(md, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                    EVP_DigestVerify(md, bytes(signature), signature.size(), bytes(input), input.size()) == 1;
    EVP_MD_CTX_free(md);
    return ok;
}

// The key that a JWK's n and e describe.
EVP_PKEY* key_of(json::object const& jwk)
{
    std::string const n = octets(json::value_to<std::string>(jwk.at("n")));
    std::string const e = octets(json::value_to<std::string>(jwk.at("e")));
    OSSL_PARAM_BLD* const builder = OSSL_PARAM_BLD_new();
    BIGNUM* const bn = BN_bin2bn(bytes(n), int(n.size()), nullptr);
    BIGNUM* const be = BN_bin2bn(bytes(e), int(e.size()), nullptr);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, bn);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, be);
    OSSL_PARAM* const parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(bn);
    BN_free(be);
    return key;
}

std::array<unsigned char, 12> const nonce{1, 2, 3};

}  // namespace

BOOST_AUTO_TEST_CASE(the_published_key_verifies_what_was_signed)
{
    signing_keys const keys;
    json::value const document = json::parse(keys.jwks_json("https://host/{tenantid}/v2.0"));
    json::object const& jwk = document.at("keys").at(0).as_object();
    std::string const signature = octets(keys.sign_rs256("header.payload"));

    EVP_PKEY* const key = key_of(jwk);
    BOOST_TEST(verify(key, "header.payload", signature));
    BOOST_TEST(!verify(key, "header.Payload", signature));
    EVP_PKEY_free(key);

    std::string const der = [&] {
        std::string const text = json::value_to<std::string>(jwk.at("x5c").at(0));
        return octets(text.substr(0, text.find('=')));
    }();
    unsigned char const* in = bytes(der);
    X509* const certificate = d2i_X509(nullptr, &in, long(der.size()));
    BOOST_TEST_REQUIRE(certificate != nullptr);
    BOOST_TEST(verify(X509_get0_pubkey(certificate), "header.payload", signature));
    unsigned char thumbprint[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509_digest(certificate, EVP_sha1(), thumbprint, &n);
    BOOST_TEST(octets(json::value_to<std::string>(jwk.at("x5t"))) ==
               std::string(reinterpret_cast<char*>(thumbprint), n));
    X509_free(certificate);

    BOOST_TEST(keys.verify_rs256(keys.kid(), "header.payload", signature));
    BOOST_TEST(!keys.verify_rs256(keys.kid(), "header.Payload", signature));
    BOOST_TEST(!keys.verify_rs256("other", "header.payload", signature));
    BOOST_TEST(!keys.verify_rs256(keys.kid(), "header.payload", ""));
}

// The members of Entra's document in its order, no alg; documented: Microsoft Learn, access tokens.
BOOST_AUTO_TEST_CASE(MK_29_the_key_document_is_shaped_like_entras_and_visibly_a_mocks)
{
    signing_keys const keys;
    std::string const text = keys.jwks_json("https://host/{tenantid}/v2.0");
    json::value const document = json::parse(text);
    json::object const& jwk = document.at("keys").at(0).as_object();
    std::string names;
    for (auto const& member : jwk)
        names += std::string(member.key()) + ' ';
    BOOST_TEST(names == "kty use kid x5t n e x5c issuer ");
    BOOST_TEST(jwk.at("kty") == "RSA");
    BOOST_TEST(jwk.at("use") == "sig");
    BOOST_TEST(jwk.at("e") == "AQAB");
    BOOST_TEST(jwk.at("issuer") == "https://host/{tenantid}/v2.0");
    std::string const kid = json::value_to<std::string>(jwk.at("kid"));
    BOOST_TEST(kid.starts_with("mock-"));
    BOOST_TEST(kid.size() == 27u);
    BOOST_TEST(octets(json::value_to<std::string>(jwk.at("n"))).size() == 256u);
    BOOST_TEST(text.find("PRIVATE") == std::string::npos);
    BOOST_TEST(!json::parse(keys.jwks_json("")).at("keys").at(0).as_object().contains("issuer"));
    BOOST_TEST(keys.public_key_pem(kid).starts_with("-----BEGIN PUBLIC KEY-----"));
}

BOOST_AUTO_TEST_CASE(worlds_of_one_process_share_the_first_key)
{
    BOOST_TEST(signing_keys().kid() == signing_keys().kid());
}

BOOST_AUTO_TEST_CASE(after_a_rotation_the_old_key_is_published_until_it_is_retired)
{
    signing_keys keys;
    std::string const old = keys.kid();
    std::string const signature = octets(keys.sign_rs256("text"));
    keys.rotate();
    BOOST_TEST(keys.kid() != old);
    BOOST_TEST(keys.kids().size() == 2u);
    BOOST_TEST(keys.kids().front() == old);
    BOOST_TEST(json::parse(keys.jwks_json("")).at("keys").as_array().size() == 2u);
    BOOST_TEST(keys.verify_rs256(old, "text", signature));
    BOOST_TEST(keys.verify_rs256(keys.kid(), "text", octets(keys.sign_rs256("text"))));
    keys.retire_old();
    BOOST_TEST(!keys.verify_rs256(old, "text", signature));
    BOOST_TEST(signing_keys().kid() == old);
}

BOOST_AUTO_TEST_CASE(sealed_text_opens_for_its_purpose_in_its_world_only)
{
    signing_keys const keys;
    std::string sealed = keys.seal("refresh", nonce, "text");
    BOOST_TEST(keys.open("refresh", sealed).value() == "text");
    BOOST_TEST(!keys.open("access", sealed));
    BOOST_TEST(!signing_keys().open("refresh", sealed));
    for (std::size_t n = 0; n != sealed.size(); ++n)
    {
        BOOST_TEST(!keys.open("refresh", std::string_view(sealed).substr(0, n)));
        sealed[n] ^= 1;
        BOOST_TEST(!keys.open("refresh", sealed));
        sealed[n] ^= 1;
    }
    BOOST_TEST(keys.open("refresh", keys.seal("refresh", nonce, "")).value() == "");
}

BOOST_AUTO_TEST_SUITE_END()
