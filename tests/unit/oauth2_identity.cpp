#include <outkit/oauth2/id_token.hpp>
#include <outkit/oauth2/metadata.hpp>

#include <outkit/detail/encoding.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;
using detail::base64url_encode;
using oauth2::authority;

namespace {

constexpr char const* tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
constexpr char const* us = "00001111-aaaa-2222-bbbb-3333cccc4444";
std::string const issuer = std::string("https://login.microsoftonline.com/") + tenant + "/v2.0";

authority from(std::string_view name, oauth2::cloud in = oauth2::global_cloud())
{
    error_code ec;
    auto a = authority::make(std::move(in), name, ec);
    BOOST_TEST_REQUIRE(!ec);
    return a;
}

// An RSA key and what JWKS has of it.
struct rsa_key
{
    explicit rsa_key(unsigned bits = 2048) : key(EVP_RSA_gen(bits)) {}
    rsa_key(rsa_key const&) = delete;
    ~rsa_key() { EVP_PKEY_free(key); }

    std::string number(char const* name) const
    {
        BIGNUM* n = nullptr;
        EVP_PKEY_get_bn_param(key, name, &n);
        std::vector<unsigned char> octets(static_cast<std::size_t>(BN_num_bytes(n)));
        BN_bn2bin(n, octets.data());
        BN_free(n);
        return base64url_encode(std::string(octets.begin(), octets.end()));
    }
    std::string jwk(std::string const& kid, std::string const& more = {}) const
    {
        return R"({"kty":"RSA","use":"sig","kid":")" + kid + R"(","n":")" + number(OSSL_PKEY_PARAM_RSA_N) +
               R"(","e":")" + number(OSSL_PKEY_PARAM_RSA_E) + '"' + more + '}';
    }
    std::string sign(std::string const& text) const
    {
        EVP_MD_CTX* const context = EVP_MD_CTX_new();
        std::vector<unsigned char> const t(text.begin(), text.end());
        std::size_t size = 0;
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
        EVP_DigestSign(context, nullptr, &size, t.data(), t.size());
        std::vector<unsigned char> s(size);
        EVP_DigestSign(context, s.data(), &size, t.data(), t.size());
        EVP_MD_CTX_free(context);
        return std::string(s.begin(), s.end());
    }
    std::string token(std::string const& header, std::string const& claims) const
    {
        std::string const text = base64url_encode(header) + '.' + base64url_encode(claims);
        return text + '.' + base64url_encode(sign(text));
    }

    EVP_PKEY* key;
};

rsa_key const& a_key()
{
    static rsa_key const key;
    return key;
}

std::string keys(std::string const& list) { return "{\"keys\":[" + list + "]}"; }

oauth2::key_set parsed_keys(std::string const& document)
{
    error_code ec;
    auto set = oauth2::key_set::parse(document, ec);
    BOOST_TEST_REQUIRE(!ec);
    return set;
}

std::string const header = R"({"typ":"JWT","alg":"RS256","kid":"k1"})";

// Shaped like Entra's (documented: Microsoft Learn, ID token claims reference).
std::string claims_with(std::string const& instead = {}, std::string const& removed = {})
{
    std::vector<std::pair<std::string, std::string>> members = {{"ver", "\"2.0\""},
                                                                {"iss", '"' + issuer + '"'},
                                                                {"sub", "\"AAAA\""},
                                                                {"aud", '"' + std::string(us) + '"'},
                                                                {"exp", "1536361411"},
                                                                {"iat", "1536357511"},
                                                                {"nbf", "1536357511"},
                                                                {"name", "\"Adele\""},
                                                                {"oid", "\"00000000-0000-0000-66f3-3332eca7ea81\""},
                                                                {"tid", '"' + std::string(tenant) + '"'},
                                                                {"nonce", "\"123523\""},
                                                                {"preferred_username", "\"adele@contoso.example\""}};
    std::string text = "{";
    for (auto const& [name, value] : members)
    {
        if (name == removed || instead.starts_with('"' + name + "\":"))
            continue;
        text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return text + (instead.empty() ? "" : ',' + instead) + '}';
}

error_code read(std::string const& claims)
{
    error_code ec;
    oauth2::parse_id_token(base64url_encode(header) + '.' + base64url_encode(claims) + ".eA", ec);
    return ec;
}

error_code validated(std::string const& claims,
                     oauth2::id_token_expectation expected = {.client_id = us, .nonce = "123523"},
                     std::int64_t now = 1536360000, std::string_view tenant_name = "common")
{
    error_code ec;
    auto const t = oauth2::parse_id_token(base64url_encode(header) + '.' + base64url_encode(claims) + ".eA", ec);
    if (ec)
        return ec;
    return validate(t.claims, from(tenant_name), expected, detail::wall_time(std::chrono::seconds(now)));
}

error_code verified(std::string const& token, oauth2::key_set const& set)
{
    error_code ec;
    auto const t = oauth2::parse_id_token(token, ec);
    return ec ? ec : set.verify(t);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_identity)

BOOST_AUTO_TEST_CASE(claims_are_read)
{
    error_code ec;
    auto const t = oauth2::parse_id_token(a_key().token(header, claims_with()), ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST(t.claims.issuer == issuer);
    BOOST_TEST(t.claims.tenant_id == tenant);
    BOOST_TEST(t.claims.object_id == "00000000-0000-0000-66f3-3332eca7ea81");
    BOOST_TEST(t.claims.preferred_username == "adele@contoso.example");
    BOOST_TEST(t.claims.audience == std::vector<std::string>{us}, boost::test_tools::per_element());
    BOOST_TEST(!validated(claims_with()));
}

// RFC 7515 appendix A.2.
BOOST_AUTO_TEST_CASE(the_signature_of_rfc_7515_is_verified)
{
    auto const set = parsed_keys(keys(
        R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz)"
        R"(P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbB)"
        R"(YUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco)"
        R"(9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})"));
    oauth2::id_token t;
    t.algorithm = "RS256";
    t.signed_part =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        "Ijp0cnVlfQ";
    t.signature =
        detail::base64url_decode(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGb"
            "ds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0G"
            "arZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6Lbg"
            "GY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")
            .value();
    BOOST_TEST(!set.verify(t));
    t.signed_part.back() = 'R';
    BOOST_TEST((set.verify(t) == make_error_code(oauth2::error::bad_signature)));
}

// As recorded: {"uid":"{home oid}","utid":"{home tid}"}, unpadded.
BOOST_AUTO_TEST_CASE(client_info_names_the_home_of_an_account)
{
    auto const read = [](std::string const& json) {
        error_code ec;
        auto const a = oauth2::read_client_info(base64url_encode(json), ec);
        if (ec)
            BOOST_TEST((ec == make_error_code(oauth2::error::malformed_response)));
        BOOST_TEST(!!ec == a.user_id.empty());
        return ec ? std::string() : a.text();
    };
    std::string const home = std::string("00000000-0000-0000-66f3-3332eca7ea81.") + tenant;
    BOOST_TEST(read(R"({"uid":"00000000-0000-0000-66f3-3332eca7ea81","utid":")" + std::string(tenant) + "\"}") == home);
    BOOST_TEST(read(R"({"uid":"00000000-0000-0000-66f3-3332eca7ea81","utid":"8EAEF023-2b34-4da1-9baa-8bc8c9d6a490",)"
                    R"("xms_tdbr":"EU"})") == home);
    for (std::string const& bad :
         {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"authz":[]})"),
          R"({"utid":")" + std::string(tenant) + "\"}", std::string(R"({"uid":"u","utid":"contoso.com"})"),
          R"({"uid":"","utid":")" + std::string(tenant) + "\"}", R"({"uid":7,"utid":")" + std::string(tenant) + "\"}",
          R"({"uid":"a.b","utid":")" + std::string(tenant) + "\"}",
          R"({"uid":"a\u0000b","utid":")" + std::string(tenant) + "\"}",
          R"({"uid":"u","uid":"v","utid":")" + std::string(tenant) + "\"}",
          R"({"uid":")" + std::string(129, 'x') + R"(","utid":")" + std::string(tenant) + "\"}"})
        BOOST_TEST(read(bad) == "", bad);
    error_code ec;
    for (std::string const& bad : {std::string("e30="), std::string("!"), std::string(4097, 'A')})
    {
        oauth2::read_client_info(bad, ec);
        BOOST_TEST((ec == make_error_code(oauth2::error::malformed_response)), bad.substr(0, 20));
    }
}

BOOST_AUTO_TEST_CASE(DJ_01_issuers_of_discovery_are_compared_octet_by_octet)
{
    auto const a = from(tenant);
    BOOST_TEST(a.may_discover_issuer(issuer));
    for (std::string const& other :
         {issuer + '/', "http" + issuer.substr(5),
          "https://login.microsoftonline.com:443/" + std::string(tenant) + "/v2.0",
          "https://LOGIN.microsoftonline.com/" + std::string(tenant) + "/v2.0", std::string(),
          std::string("https://login.microsoftonline.com/8EAEF023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"),
          "https://sts.windows.net/" + std::string(tenant) + '/',
          "https://login.microsoftonline.com/" + std::string(tenant) + "/v1.0",
          std::string("https://login.microsoftonline.com/{tenantid}/v2.0")})
        BOOST_TEST(!a.may_discover_issuer(other), other);
}

BOOST_AUTO_TEST_CASE(DJ_02_entras_exceptions_for_issuers_and_no_others)
{
    auto const template_issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    auto const domain = from("contoso.onmicrosoft.com");
    BOOST_TEST(domain.may_discover_issuer(issuer));
    BOOST_TEST(!domain.may_discover_issuer("https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0"));
    BOOST_TEST(!domain.may_discover_issuer("https://evil.test/" + std::string(tenant) + "/v2.0"));
    BOOST_TEST(!domain.may_discover_issuer(template_issuer));
    for (char const* const several : {"common", "organizations"})
    {
        BOOST_TEST(from(several).may_discover_issuer(template_issuer));
        BOOST_TEST(!from(several).may_discover_issuer(issuer));
    }
    auto const consumers = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    BOOST_TEST(from("consumers").may_discover_issuer(consumers));
    BOOST_TEST(!from("consumers").may_discover_issuer(template_issuer));
    BOOST_TEST(!from("organizations").may_issue(oauth2::consumers_tenant_id, consumers));
    BOOST_TEST(from("common").may_issue(oauth2::consumers_tenant_id, consumers));

    // China answers with its partner host whatever alias is asked.
    auto china = oauth2::china_cloud();
    china.login = "https://login.chinacloudapi.cn";
    BOOST_TEST(from("common", china).may_discover_issuer("https://login.partner.microsoftonline.cn/{tenantid}/v2.0"));

    // A mock elsewhere is its own issuer.
    auto const mock = from("common", oauth2::global_cloud().with_login("https://localhost:8443"));
    BOOST_TEST(mock.may_discover_issuer("https://localhost:8443/{tenantid}/v2.0"));
    BOOST_TEST(!mock.may_discover_issuer(template_issuer));

    BOOST_TEST(
        (validated(claims_with("\"tid\":\"contoso.example\"")) == make_error_code(oauth2::error::issuer_mismatch)));
    BOOST_TEST((validated(claims_with("\"tid\":\"8eaef023-2b34-4da1-9baa-8bc8c9d6a491\"")) ==
                make_error_code(oauth2::error::issuer_mismatch)));
    BOOST_TEST((validated(claims_with(), {.client_id = us, .nonce = "123523"}, 1536360000,
                          "8eaef023-2b34-4da1-9baa-8bc8c9d6a491") == make_error_code(oauth2::error::issuer_mismatch)));
}

namespace {

error_code discovered(std::string const& document, std::string_view name = "common", std::string* subject = nullptr)
{
    http::response r;
    r.headers = {{"Content-Type", "application/json; charset=utf-8"}};
    r.body = document;
    error_code ec;
    std::string said;
    read_metadata(r, from(name), ec, said);
    if (subject)
        *subject = said;
    return ec;
}

std::string document(std::string const& token_endpoint = "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                     std::string const& jwks = "https://login.microsoftonline.com/common/discovery/v2.0/keys",
                     std::string const& more = {})
{
    // Abridged from the answer of the real service (recorded by the Azure SDK's tests).
    return R"({"token_endpoint":")" + token_endpoint +
           R"(","token_endpoint_auth_methods_supported":["client_secret_post","private_key_jwt","client_secret_basic"],)"
           R"("jwks_uri":")" +
           jwks +
           R"(","response_modes_supported":["query","fragment","form_post"],"subject_types_supported":["pairwise"],)"
           R"("id_token_signing_alg_values_supported":["RS256"],)"
           R"("issuer":"https://login.microsoftonline.com/{tenantid}/v2.0","request_uri_parameter_supported":false,)"
           R"("userinfo_endpoint":"https://graph.microsoft.com/oidc/userinfo",)"
           R"("authorization_endpoint":"https://login.microsoftonline.com/common/oauth2/v2.0/authorize",)"
           R"("tenant_region_scope":null,"cloud_instance_name":"microsoftonline.com")" +
           more + '}';
}

}  // namespace

BOOST_AUTO_TEST_CASE(entras_discovery_document_is_read)
{
    BOOST_TEST(!discovered(document()), discovered(document()).message());
    BOOST_TEST((discovered(document(), "consumers") == make_error_code(oauth2::error::issuer_mismatch)));
}

BOOST_AUTO_TEST_CASE(DJ_03_DJ_04_endpoints_elsewhere_are_refused)
{
    for (char const* const endpoint :
         {"https://evil.test/token", "http://login.microsoftonline.com/token",
          "https://a@login.microsoftonline.com/token", "https://login.microsoftonline.com/token#x",
          "https://login.microsoftonline.com.evil.test/", "https://login.microsoftonline.com:444/",
          "http://169.254.169.254/latest", "file:///etc/passwd", "", "/token"})
    {
        std::string subject;
        BOOST_TEST(
            (discovered(document(endpoint), "common", &subject) == make_error_code(oauth2::error::untrusted_endpoint)),
            endpoint);
        BOOST_TEST(subject.starts_with("token_endpoint"));
        BOOST_TEST((discovered(document("https://login.windows.net/common/oauth2/v2.0/token", endpoint), "common",
                               &subject) == make_error_code(oauth2::error::untrusted_endpoint)),
                   endpoint);
        BOOST_TEST(subject.starts_with("jwks_uri"));
    }
}

BOOST_AUTO_TEST_CASE(DJ_05_only_an_authority_that_denies_s256_is_refused)
{
    auto const with = [](std::string const& methods) {
        return discovered(document("https://login.microsoftonline.com/common/oauth2/v2.0/token",
                                   "https://login.microsoftonline.com/common/discovery/v2.0/keys",
                                   ",\"code_challenge_methods_supported\":" + methods));
    };
    BOOST_TEST(!with("[\"plain\",\"S256\"]"));
    BOOST_TEST((with("[\"plain\"]") == make_error_code(oauth2::error::pkce_unsupported)));
    BOOST_TEST((with("[]") == make_error_code(oauth2::error::pkce_unsupported)));
    BOOST_TEST((with("\"S256\"") == make_error_code(oauth2::error::malformed_response)));
}

BOOST_AUTO_TEST_CASE(DJ_06_members_missing_wrong_or_twice_are_named)
{
    for (char const* const name : {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"})
    {
        std::string text = document();
        text.replace(text.find('"' + std::string(name) + "\":"), std::string(name).size() + 2, "\"other\"");
        std::string subject;
        BOOST_TEST((discovered(text, "common", &subject) == make_error_code(oauth2::error::malformed_response)), name);
        BOOST_TEST(subject == name);
        text = document();
        auto const value = text.find('"' + std::string(name) + "\":") + std::string(name).size() + 3;
        text.replace(value, text.find('"', value + 1) - value + 1, "7");
        BOOST_TEST((discovered(text, "common", &subject) == make_error_code(oauth2::error::malformed_response)), text);
        BOOST_TEST(subject == name);
        text = document();
        text.insert(1, '"' + std::string(name) + "\":\"x\",");
        BOOST_TEST((discovered(text, "common", &subject) == make_error_code(oauth2::error::malformed_response)), name);
    }
}

namespace {

std::string octets(std::string const& base64) { return detail::base64url_decode(base64).value(); }

// The public key as an attacker has it, who hopes that it is taken for a shared secret.
std::string public_key(bool as_pem)
{
    unsigned char* der = nullptr;
    int const n = i2d_PUBKEY(a_key().key, &der);
    std::string text(der, der + n);
    OPENSSL_free(der);
    if (!as_pem)
        return text;
    std::string pem = "-----BEGIN PUBLIC KEY-----\n";
    std::string const all = detail::base64_encode(text);
    for (std::size_t at = 0; at < all.size(); at += 64)
        pem += all.substr(at, 64) + '\n';
    return pem + "-----END PUBLIC KEY-----\n";
}

std::string hmac_token(std::string const& head, std::string const& key)
{
    std::string const text = base64url_encode(head) + '.' + base64url_encode(claims_with());
    std::vector<unsigned char> const t(text.begin(), text.end());
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), t.data(), t.size(), mac, &size);
    return text + '.' + base64url_encode(std::string(mac, mac + size));
}

}  // namespace

BOOST_AUTO_TEST_CASE(DJ_11_a_public_key_is_no_shared_secret)
{
    // A key without alg, as Entra publishes them
    auto const set = parsed_keys(keys(a_key().jwk("k1")));
    for (std::string const& secret :
         {public_key(true), public_key(false), octets(a_key().number(OSSL_PKEY_PARAM_RSA_N)), std::string()})
    {
        auto const hs256 = hmac_token(R"({"typ":"JWT","alg":"HS256","kid":"k1"})", secret);
        BOOST_TEST((verified(hs256, set) == make_error_code(oauth2::error::unsupported_algorithm)));
        auto const no_kid = hmac_token(R"({"alg":"HS256"})", secret);
        BOOST_TEST((verified(no_kid, set) == make_error_code(oauth2::error::unsupported_algorithm)));
        auto const renamed = hmac_token(header, secret);
        BOOST_TEST((verified(renamed, set) == make_error_code(oauth2::error::bad_signature)));
    }
}

namespace {

oauth2::id_token signed_text(std::string algorithm, std::string text, std::string const& signature)
{
    oauth2::id_token t;
    t.algorithm = std::move(algorithm);
    t.signed_part = std::move(text);
    t.signature = octets(signature);
    return t;
}

// RFC 7515 appendix A.3, with the member that makes it a key for ES256.
std::string curve_jwk(std::string const& more = R"(,"alg":"ES256")", std::string const& curve = "P-256")
{
    return R"({"kty":"EC","use":"sig","crv":")" + curve +
           R"(","kid":"k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
           R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")" +
           more + '}';
}

}  // namespace

// RFC 7515 appendix A.3.
BOOST_AUTO_TEST_CASE(the_elliptic_signature_of_rfc_7515_is_verified)
{
    auto const set = parsed_keys(keys(curve_jwk()));
    auto t = signed_text(
        "ES256",
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        "Ijp0cnVlfQ",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    BOOST_TEST(!set.verify(t));
    t.signed_part.back() = 'R';
    BOOST_TEST((set.verify(t) == make_error_code(oauth2::error::bad_signature)));
}

// Key and signatures made with the openssl program, for this test only.
BOOST_AUTO_TEST_CASE(ps256_is_verified_with_keys_that_are_for_it)
{
    std::string const modulus =
        "2Y4tAqqrCH7IC2ehe0SpnmQ2YANyndzQNxPbARqifBKGmwUCEVcjSskqaxXpDsyI5qV5Ulvn0PxhNzQdkzy__8S4PlW08LxhYC9O"
        "jm6hOFF2qBFX_2t4pXfggj1OvHwY3QS3xxM6jIzPmNSRXVpb_lfAaPwvuDmWASJ4XpUJb7P7KZQaReh-06JvuCmuZoZE1W6IeUHm"
        "VxFuzdAahJ9FfZwxfcglfbEK2sgKFne5xi1qFsuzFeY8Tia638p-oioXxq-51Lr1B90fs2eNsJIg_10N-MEzGG1Ek8ccVWJ6xQka"
        "zNyD7bIhvakbtNpxx1lXBhKJbfghlX1U8_Xvs4qo5w";
    auto const set = [&](std::string const& more) {
        return parsed_keys(keys(R"({"kty":"RSA","n":")" + modulus + R"(","e":"AQAB")" + more + '}'));
    };
    auto t = signed_text(
        "PS256", "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ",
        "WR7M2FL0wy6O4UEmc122zGu3SWPyPrPdmYTYX7EJts8w4SwFGbZUEB6qRFZnYc66ubA0-HZvKSsCYalR9QqTTtfB79KGfH_WmDaH"
        "eBIENischqH-uKfvMOstxRmtjAGV1evoqACZSfUW02dXO_X9q_fmz1jzrCMRfQb3MecK5CQp4qEvS1YbRpOpRjP4i2uGK8H3VG3I"
        "ZR_G238Wz8V7BpovWm0UYIAYXu5u7ZxlUwyqVctIBS_Lp9Ja1l7TjRjaEZDM-As0-K25D6sjtReNO1GoVueJfGbV0P53hwX04pxf"
        "HwA79DUa2FgmnqzMtAx-X5uSIV7NoPAk9EAE0yAUBw");
    BOOST_TEST(!set(R"(,"alg":"PS256")").verify(t));
    for (char const* const other : {"", R"(,"alg":"RS256")"})  // no kid: none that fits
        BOOST_TEST((set(other).verify(t) == make_error_code(oauth2::error::unknown_signing_key)), other);
    t.key_id = "k";
    for (char const* const other : {R"(,"kid":"k")", R"(,"kid":"k","alg":"RS256")"})
        BOOST_TEST((set(other).verify(t) == make_error_code(oauth2::error::unsupported_algorithm)), other);
    t.algorithm = "RS256";
    BOOST_TEST((set(R"(,"kid":"k")").verify(t) == make_error_code(oauth2::error::bad_signature)));
    // The salt must be as long as the hash (RFC 7518 section 3.5).
    auto const short_salt = signed_text(
        "PS256", "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ",
        "YCZT6Hrg46nLauKjzSJl_6rYR6vHJhISoS3Fb-eU2ivvv5KQHLerfYE0nC4xdciCLLmSRdglrCGJihpH0rCt2al6Vi2wYp4wxvif"
        "OIkOpq6gjjOagByIz1PJAxyRhtzToW7_Ta1APsYC6tclmvbCHMJHhAi9A0jW4R540AEaKdD8i01Ex7FSsyVHt3GYDiQ5Jn9T14Ey"
        "gE7yl997ccNCEQDfLqe23dWnmkVpFqmHukDD4NjlrJF-8308SYVlfZxGtSsNxDUoazaqxtOw69pNka8S-7R7n1HS8DCEDHMf3MI9"
        "UWG_6_m4q9uhoM4mwsQiJY8wvs2ncKhSn5FYMl99ug");
    BOOST_TEST((set(R"(,"alg":"PS256")").verify(short_salt) == make_error_code(oauth2::error::bad_signature)));
}

BOOST_AUTO_TEST_CASE(DJ_20_ecdsa_signatures_are_two_numbers_of_32_octets_or_refused)
{
    auto const ours = parsed_keys(keys(a_key().jwk("k1")));
    auto const curve = parsed_keys(keys(curve_jwk()));
    auto const not_said = parsed_keys(keys(curve_jwk("")));
    std::string const good =
        octets("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    std::string const der = "\x30\x06\x02\x01\x01\x02\x01\x01";
    for (std::string const& signature :
         {std::string(64, '\0'), std::string(32, '\0') + good.substr(32), good.substr(0, 32) + std::string(32, '\0'),
          std::string(64, '\xff'), good.substr(0, 63), good + 'x', std::string(96, 'x'), der, std::string("x")})
    {
        std::string const token = base64url_encode(R"({"alg":"ES256","kid":"k1"})") + '.' +
                                  base64url_encode(claims_with()) + '.' + base64url_encode(signature);
        BOOST_TEST((verified(token, ours) == make_error_code(oauth2::error::unsupported_algorithm)));
        BOOST_TEST((verified(token, curve) == make_error_code(oauth2::error::bad_signature)));
        BOOST_TEST((verified(token, not_said) == make_error_code(oauth2::error::unknown_signing_key)));
        std::string const as_rsa =
            base64url_encode(header) + '.' + base64url_encode(claims_with()) + '.' + base64url_encode(signature);
        BOOST_TEST((verified(as_rsa, ours) == make_error_code(oauth2::error::bad_signature)));
        BOOST_TEST((verified(as_rsa, curve) == make_error_code(oauth2::error::unsupported_algorithm)));
    }
}

BOOST_AUTO_TEST_CASE(DJ_28_who_somebody_is_does_not_depend_on_the_address)
{
    oauth2::id_token_expectation adele = {
        .client_id = us, .refreshed = true, .subject = "AAAA", .tenant_id = tenant, .issuer = issuer};
    // The same address, and an email claim besides: still somebody else.
    BOOST_TEST((validated(claims_with("\"sub\":\"BBBB\",\"email\":\"adele@contoso.example\"", "nonce"), adele) ==
                make_error_code(oauth2::error::account_mismatch)));
    // Another address: the same person.
    BOOST_TEST(!validated(claims_with("\"preferred_username\":\"new.name@contoso.example\"", "nonce"), adele));
}

BOOST_AUTO_TEST_CASE(DJ_10_DJ_12_an_algorithm_must_be_one_of_ours_and_that_of_the_key)
{
    auto const set = parsed_keys(keys(a_key().jwk("k1")));
    BOOST_TEST(!verified(a_key().token(header, claims_with()), set));
    for (char const* const algorithm : {"none", "None", "HS256", "RS384", "PS256", "ES256", "rs256"})
    {
        auto const other =
            a_key().token(R"({"typ":"JWT","alg":")" + std::string(algorithm) + R"(","kid":"k1"})", claims_with());
        BOOST_TEST((verified(other, set) == make_error_code(oauth2::error::unsupported_algorithm)), algorithm);
        auto const unsigned_one = other.substr(0, other.rfind('.') + 1);
        BOOST_TEST((verified(unsigned_one, set) == make_error_code(oauth2::error::unsupported_algorithm)), algorithm);
    }
    BOOST_TEST(parsed_keys(keys(R"({"kty":"EC","crv":"P-256","kid":"k1","x":"AA","y":"AA"})")).size() == 0u);
    // ES256 is for P-256 alone, and for nobody who does not say so; RSA's are not for keys of a curve.
    for (auto const& other : {curve_jwk(R"(,"alg":"ES256")", "P-384"), curve_jwk(""), curve_jwk(R"(,"alg":"RS256")"),
                              curve_jwk(R"(,"alg":"HS256")"), curve_jwk(R"(,"alg":7)"),
                              a_key().jwk("k1", R"(,"alg":"ES256")"), a_key().jwk("k1", R"(,"alg":"HS256")"),
                              a_key().jwk("k1", R"(,"alg":"none")"), a_key().jwk("k1", R"(,"alg":null)")})
        BOOST_TEST(parsed_keys(keys(other)).size() == 0u, other);
    BOOST_TEST(parsed_keys(keys(curve_jwk())).size() == 1u);
    BOOST_TEST(parsed_keys(keys(R"({"kid":"k1","n":"AA","e":"AQAB"})")).size() == 0u);
    // RS256 in the header, and a key that is none of RSA's or does not say what it is
    auto const good = a_key().token(header, claims_with());
    std::string nameless = a_key().jwk("k1");
    nameless.replace(nameless.find("\"kty\":\"RSA\","), 12, "");
    std::string curve = a_key().jwk("k1");
    curve.replace(curve.find("RSA"), 3, "EC");
    for (auto const& jwk : {nameless, curve})
        BOOST_TEST((verified(good, parsed_keys(keys(jwk))) == make_error_code(oauth2::error::unknown_signing_key)),
                   jwk);
}

BOOST_AUTO_TEST_CASE(DJ_13_DJ_14_nothing_of_the_header_but_alg_and_kid_counts)
{
    auto const set = parsed_keys(keys(a_key().jwk("k1")));
    rsa_key const attackers;
    for (char const* const bad :
         {R"({"alg":"RS256","alg":"none","kid":"k1"})", R"(["RS256"])", R"("RS256")", R"({"kid":"k1"})",
          R"({"alg":7,"kid":"k1"})", R"({"alg":"RS256","kid":"k1","crit":["b64"],"b64":false})"})
        BOOST_TEST(
            (verified(a_key().token(bad, claims_with()), set) == make_error_code(oauth2::error::malformed_id_token)),
            bad);
    for (std::string const& more :
         {std::string(R"(,"jku":"https://evil.test/keys")"), std::string(R"(,"x5u":"https://evil.test/c")"),
          ",\"jwk\":" + attackers.jwk("k1"), std::string(R"(,"x5c":["AAAA"])")})
        BOOST_TEST((verified(attackers.token(R"({"alg":"RS256","kid":"k1")" + more + '}', claims_with()), set) ==
                    make_error_code(oauth2::error::bad_signature)),
                   more);
}

BOOST_AUTO_TEST_CASE(DJ_17_DJ_18_without_kid_there_must_be_one_key_and_no_kid_twice)
{
    rsa_key const other;
    auto const anonymous = a_key().token(R"({"alg":"RS256"})", claims_with());
    BOOST_TEST(!verified(anonymous, parsed_keys(keys(a_key().jwk("k1")))));
    BOOST_TEST((verified(anonymous, parsed_keys(keys(a_key().jwk("k1") + ',' + other.jwk("k2")))) ==
                make_error_code(oauth2::error::unknown_signing_key)));
    BOOST_TEST((verified(a_key().token(R"({"alg":"RS256","kid":"k3"})", claims_with()),
                         parsed_keys(keys(a_key().jwk("k1")))) == make_error_code(oauth2::error::unknown_signing_key)));
    // One that fits beside others that do not
    std::string nameless_curve = curve_jwk();
    nameless_curve.replace(nameless_curve.find(R"("kid":"k1",)"), 11, "");
    BOOST_TEST(!verified(anonymous, parsed_keys(keys(a_key().jwk("k1") + ',' + other.jwk("k2", R"(,"alg":"PS256")") +
                                                     ',' + nameless_curve))));
    error_code ec;
    oauth2::key_set::parse(keys(a_key().jwk("k1") + ',' + other.jwk("k1")), ec);
    BOOST_TEST((ec == make_error_code(oauth2::error::malformed_key_set)));
}

BOOST_AUTO_TEST_CASE(DJ_19_weak_keys_are_left_out)
{
    rsa_key const weak(1024);
    auto const set = parsed_keys(
        keys(weak.jwk("weak") + ',' + a_key().jwk("k1") + ',' + a_key().jwk("enc", R"(,"alg":"RSA-OAEP")")));
    BOOST_TEST(set.size() == 1u);
    BOOST_TEST(set.has("k1"));
    auto const n = a_key().number(OSSL_PKEY_PARAM_RSA_N);
    std::string const even = n.substr(0, n.size() - 3) + "AAA";
    auto const key = [&](std::string const& modulus, std::string const& exponent) {
        return parsed_keys(keys(R"({"kty":"RSA","kid":"k","n":")" + modulus + R"(","e":")" + exponent + "\"}")).size();
    };
    BOOST_TEST(key(n, "AQAB") == 1u);
    BOOST_TEST(key(even, "AQAB") == 0u);
    BOOST_TEST(key(n, "AQ") == 0u);        // 1
    BOOST_TEST(key(n, "Aw") == 0u);        // 3
    BOOST_TEST(key(n, "AQAA") == 0u);      // even
    BOOST_TEST(key(n, "AQAAAQAB") == 0u);  // above 2^32
    BOOST_TEST(key(n, "") == 0u);
    BOOST_TEST(key(base64url_encode(std::string(8192, '\xff')), "AQAB") == 0u);
    BOOST_TEST(key("", "AQAB") == 0u);

    std::string for_encryption = a_key().jwk("k1");
    for_encryption.replace(for_encryption.find("sig"), 3, "enc");
    BOOST_TEST(parsed_keys(keys(for_encryption)).size() == 0u);
    std::string off_curve = curve_jwk();
    off_curve.replace(off_curve.find("f83OJ"), 5, "f83OK");
    std::string at_infinity = curve_jwk();
    at_infinity.replace(at_infinity.find("f83OJ"), 43, std::string(43, 'A'));
    at_infinity.replace(at_infinity.find("x_FEz"), 43, std::string(43, 'A'));
    std::string long_one = curve_jwk();
    long_one.replace(long_one.find("f83OJ"), 43, std::string(44, 'A'));
    for (auto const& bad : {off_curve, at_infinity, long_one})
        BOOST_TEST(parsed_keys(keys(bad)).size() == 0u, bad);
}

BOOST_AUTO_TEST_CASE(DJ_21_DJ_22_only_three_parts_of_canonical_base64url_are_a_token)
{
    auto const good = a_key().token(header, claims_with());
    auto const signature = good.rfind('.');
    std::string padded = good + "==", standard = good, line = good;
    standard[signature + 5] = '+';
    line.insert(signature + 9, "\n");
    std::string leftover = good;  // 256 octets are 342 characters; the last has four bits that must be zero
    leftover.back() = leftover.back() == 'B' ? 'C' : 'B';
    for (std::string const& bad :
         {padded, standard, line, leftover, good.substr(0, signature), good + ".x", good + ".x.y", std::string(),
          std::string("x"), std::string(".."), "." + good, std::string(1 << 20, 'x')})
    {
        error_code ec;
        oauth2::parse_id_token(bad, ec);
        BOOST_TEST((ec == make_error_code(oauth2::error::malformed_id_token)), bad.substr(0, 60));
    }
}

BOOST_AUTO_TEST_CASE(DJ_23_the_audience_must_be_us)
{
    std::string const mine = '"' + std::string(us) + '"';
    BOOST_TEST(!validated(claims_with("\"aud\":[" + mine + "]")));
    BOOST_TEST((validated(claims_with("\"aud\":[" + mine + ",\"other\"]")) ==
                make_error_code(oauth2::error::audience_mismatch)));
    BOOST_TEST(!validated(claims_with("\"aud\":[" + mine + ",\"other\"],\"azp\":" + mine)));
    BOOST_TEST((validated(claims_with("\"aud\":[" + mine + "],\"azp\":\"other\"")) ==
                make_error_code(oauth2::error::audience_mismatch)));
    for (char const* const other : {"\"aud\":[\"other\"]", "\"aud\":\"other\""})
        BOOST_TEST((validated(claims_with(other)) == make_error_code(oauth2::error::audience_mismatch)), other);
    for (char const* const none : {"\"aud\":7", "\"aud\":[]", "\"aud\":null"})
        BOOST_TEST((validated(claims_with(none)) == make_error_code(oauth2::error::missing_claim)), none);
}

BOOST_AUTO_TEST_CASE(DJ_24_required_claims_must_be_there)
{
    for (char const* const name : {"iss", "sub", "iat", "exp", "aud"})
        BOOST_TEST((read(claims_with({}, name)) == make_error_code(oauth2::error::missing_claim)), name);
    BOOST_TEST((validated(claims_with({}, "tid")) == make_error_code(oauth2::error::issuer_mismatch)));
    BOOST_TEST((read("[]") == make_error_code(oauth2::error::malformed_id_token)));
    BOOST_TEST(
        (read(claims_with("\"iss\":\"x\",\"iss\":\"y\"")) == make_error_code(oauth2::error::malformed_id_token)));
}

BOOST_AUTO_TEST_CASE(DJ_25_times_have_five_minutes_of_leeway)
{
    auto const at = [](std::int64_t now) {
        return validated(claims_with(), {.client_id = us, .nonce = "123523"}, now);
    };
    BOOST_TEST(!at(1536361411 + 299));
    BOOST_TEST((at(1536361411 + 301) == make_error_code(oauth2::error::id_token_expired)));
    BOOST_TEST(!at(1536357511 - 299));
    BOOST_TEST((at(1536357511 - 301) == make_error_code(oauth2::error::id_token_not_yet_valid)));
    BOOST_TEST(
        (validated(claims_with("\"iat\":1567893511")) == make_error_code(oauth2::error::id_token_not_yet_valid)));
    for (char const* const time : {"\"exp\":-1", "\"exp\":1e300", "\"exp\":1e400", "\"exp\":\"1536361411\"",
                                   "\"exp\":99999999999999", "\"exp\":18446744073709551616", "\"exp\":null"})
        BOOST_TEST(!!read(claims_with(time)), time);
    BOOST_TEST(!read(claims_with("\"exp\":1536361411.5")));
}

BOOST_AUTO_TEST_CASE(DJ_26_the_nonce_must_be_that_of_the_request)
{
    BOOST_TEST((validated(claims_with({}, "nonce")) == make_error_code(oauth2::error::nonce_mismatch)));
    BOOST_TEST((validated(claims_with("\"nonce\":\"123524\"")) == make_error_code(oauth2::error::nonce_mismatch)));
    BOOST_TEST((validated(claims_with(), {.client_id = us}) == make_error_code(oauth2::error::nonce_mismatch)));
    BOOST_TEST(!validated(claims_with({}, "nonce"), {.client_id = us, .refreshed = true}));
}

BOOST_AUTO_TEST_CASE(DJ_27_a_refresh_must_be_about_the_same_account)
{
    oauth2::id_token_expectation same = {
        .client_id = us, .refreshed = true, .subject = "AAAA", .tenant_id = tenant, .issuer = issuer};
    BOOST_TEST(!validated(claims_with({}, "nonce"), same));
    same.subject = "BBBB";
    BOOST_TEST((validated(claims_with({}, "nonce"), same) == make_error_code(oauth2::error::account_mismatch)));
}

BOOST_AUTO_TEST_CASE(DJ_29_key_sets_are_limited_and_one_bad_key_spoils_nothing)
{
    std::string many = R"({"kty":"RSA"})";
    for (int i = 0; i != 64; ++i)
        many += R"(,{"kty":"RSA"})";
    error_code ec;
    for (std::string const& bad :
         {keys(many), std::string(R"({"keys":{}})"), std::string("{}"), std::string("[]"), std::string("x")})
    {
        oauth2::key_set::parse(bad, ec);
        BOOST_TEST((ec == make_error_code(oauth2::error::malformed_key_set)), bad.substr(0, 40));
    }
    BOOST_TEST(parsed_keys(keys(R"(7,{},{"kty":"RSA","n":"!","e":"AQAB"},)" + a_key().jwk("k1"))).size() == 1u);
}

BOOST_AUTO_TEST_CASE(DJ_32_every_flipped_bit_of_a_token_is_noticed)
{
    auto const set = parsed_keys(keys(a_key().jwk("k1")));
    auto const good = a_key().token(header, claims_with());
    std::size_t accepted = 0, flips = 0;
    for (std::size_t i = 0; i != good.size(); ++i)
        for (int bit = 0; bit != 8; ++bit, ++flips)
        {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
            accepted += !verified(bad, set);
        }
    BOOST_TEST(accepted == 0u);
    BOOST_TEST(flips > 5000u);
}

BOOST_AUTO_TEST_CASE(DJ_33_a_key_of_another_issuer_does_not_sign_for_ours)
{
    auto const token = a_key().token(header, claims_with());
    auto const with_issuer = [&](std::string const& i) {
        return verified(token, parsed_keys(keys(a_key().jwk("k1", R"(,"issuer":")" + i + '"'))));
    };
    BOOST_TEST(!with_issuer("https://login.microsoftonline.com/{tenantid}/v2.0"));
    BOOST_TEST(!with_issuer(issuer));
    BOOST_TEST((with_issuer("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0") ==
                make_error_code(oauth2::error::unknown_signing_key)));
}

BOOST_AUTO_TEST_SUITE_END()
