#include <outkit/mock/keys.hpp>
#include <outkit/mock/tokens.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
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
using namespace outkit::mock;

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

// 2026-11-24T06:00:00Z, until a test moves it; counting numbers for random ones.
class fixed_environment final : public outkit::detail::environment
{
public:
    std::int64_t seconds = 1'795'500'000;
    outkit::detail::time_point now() const override { return {}; }
    outkit::detail::wall_time date() const override { return outkit::detail::wall_time(std::chrono::seconds(seconds)); }
    void random(std::span<unsigned char> fill) override
    {
        for (unsigned char& c : fill)
            c = next_++;
    }

private:
    unsigned char next_ = 0;
};

person const alex{"00000000-0000-4000-8000-000000000001",
                  "00000000-0000-4000-8000-0000000000a1",
                  "alex@woodgrove.example",
                  "Alex Wilber",
                  "Alex",
                  "Wilber",
                  "alex@woodgrove.example"};
person const robin{std::string(consumers_tenant),
                   "00000000-0000-0000-1122-334455667788",
                   "robin@outlook.test",
                   "Robin Doe",
                   "Robin",
                   "Doe",
                   "robin@outlook.test"};

access_claims exchange_claims()
{
    access_claims c;
    c.audience = "https://outlook.office.com";
    c.tenant = alex.home_tenant;
    c.client_id = "00000000-0000-4000-8000-00000000c11e";
    c.client_name = "Mail";
    c.client_authentication = 1;
    c.person = alex;
    c.permissions = {"IMAP.AccessAsUser.All", "SMTP.Send"};
    return c;
}

json::object part(std::string const& token, int number)
{
    std::size_t begin = 0;
    while (number-- != 0)
        begin = token.find('.', begin) + 1;
    return json::parse(octets(token.substr(begin, token.find('.', begin) - begin))).as_object();
}
std::string text(json::object const& o, char const* name) { return json::value_to<std::string>(o.at(name)); }

std::string encoded(std::string const& s)
{
    std::string out(s.size() * 2 + 4, '\0');
    int const n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes(s), int(s.size()));
    out.resize(std::size_t(n));
    out.resize(out.find_last_not_of('=') + 1);
    for (char& c : out)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

std::string names(json::object const& o)
{
    std::string all;
    for (auto const& member : o)
        all += std::string(member.key()) + ' ';
    return all;
}

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
    BOOST_TEST(names(jwk) == "kty use kid x5t n e x5c issuer ");
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

// The names and order of publicly decoded Outlook tokens; iat, nbf and exp as observed there: dated back by 300 s.
BOOST_AUTO_TEST_CASE(an_exchange_token_has_the_claims_of_the_first_version)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    std::string const token = issue_access_token(keys, env, c);
    json::object const header = part(token, 0), o = part(token, 1);
    BOOST_TEST(names(header) == "typ alg x5t kid ");
    BOOST_TEST(
        names(o) ==
        "aud iss iat nbf exp acct acr aio amr app_displayname appid appidacr family_name given_name idtyp ipaddr "
        "name oid puid rh scp signin_state sub tenant_region_scope tid unique_name upn uti ver wids xms_tcdt ");
    BOOST_TEST(text(o, "aud") == "https://outlook.office.com");
    BOOST_TEST(text(o, "iss") == "https://sts.windows.net/00000000-0000-4000-8000-000000000001/");
    BOOST_TEST(o.at("iat").as_int64() == env.seconds - 300);
    BOOST_TEST(o.at("nbf").as_int64() == env.seconds - 300);
    BOOST_TEST(o.at("exp").as_int64() - o.at("iat").as_int64() == 3900);
    BOOST_TEST(text(o, "scp") == "IMAP.AccessAsUser.All SMTP.Send");
    BOOST_TEST(text(o, "appidacr") == "1");
    BOOST_TEST(text(o, "upn") == "alex@woodgrove.example");
    BOOST_TEST(text(o, "ver") == "1.0");
    BOOST_TEST(text(o, "sub").size() == 43u);
    BOOST_TEST(text(o, "uti").size() == 22u);
    BOOST_TEST(token.size() > 1500u);

    EVP_PKEY* const key = key_of(json::parse(keys.jwks_json("")).at("keys").at(0).as_object());
    std::size_t const dot = token.rfind('.');
    BOOST_TEST(verify(key, token.substr(0, dot), octets(token.substr(dot + 1))));
    EVP_PKEY_free(key);
}

// Documented: Microsoft Learn, access tokens; a Graph token is for Graph alone.
BOOST_AUTO_TEST_CASE(a_graph_token_cannot_be_verified_by_anyone_but_the_mocks)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    c.audience = "https://graph.microsoft.com";
    c.hashed_nonce = true;
    std::string const token = issue_access_token(keys, env, c);
    BOOST_TEST(names(part(token, 0)) == "typ nonce alg x5t kid ");
    EVP_PKEY* const key = key_of(json::parse(keys.jwks_json("")).at("keys").at(0).as_object());
    std::size_t const dot = token.rfind('.');
    BOOST_TEST(!verify(key, token.substr(0, dot), octets(token.substr(dot + 1))));
    EVP_PKEY_free(key);
    BOOST_TEST(bool(verify_access_token(keys, env, token)));
}

// The members of an app-only token captured from the real service in 2026 (calvinchengx/entra-emulator, e2e/differential).
BOOST_AUTO_TEST_CASE(a_token_of_the_second_version_names_azp)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    c.kind = access_claims::shape::v2;
    c.app_only = true;
    c.permissions.clear();
    c.service_principal = "00000000-0000-4000-8000-0000000000b1";
    c.issuer = "https://localhost/00000000-0000-4000-8000-000000000001/v2.0";
    std::string const token = issue_access_token(keys, env, c);
    BOOST_TEST(names(part(token, 0)) == "typ alg kid ");
    BOOST_TEST(names(part(token, 1)) == "aud iss iat nbf exp aio azp azpacr oid rh sub tid uti ver xms_ftd ");
    access_verdict const v = verify_access_token(keys, env, token);
    BOOST_TEST(bool(v));
    BOOST_TEST(v.claims.app_only);
    BOOST_TEST(v.claims.client_id == c.client_id);
}

BOOST_AUTO_TEST_CASE(an_app_only_token_has_roles_and_nobody)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    c.app_only = true;
    c.permissions = {"IMAP.AccessAsApp"};
    c.service_principal = "00000000-0000-4000-8000-0000000000b1";
    std::string const token = issue_access_token(keys, env, c);
    json::object const o = part(token, 1);
    BOOST_TEST(!o.contains("scp"));
    BOOST_TEST(!o.contains("upn"));
    BOOST_TEST(text(o, "idtyp") == "app");
    BOOST_TEST(json::serialize(o.at("roles")) == R"(["IMAP.AccessAsApp"])");
    BOOST_TEST(text(o, "sub") == c.service_principal);
    BOOST_TEST(text(o, "oid") == c.service_principal);
    access_verdict const v = verify_access_token(keys, env, token);
    BOOST_TEST(bool(v));
    BOOST_TEST(v.claims.app_only);
    BOOST_TEST(v.claims.has("imap.accessasapp"));
}

BOOST_AUTO_TEST_CASE(a_personal_token_is_opaque_and_still_says_everything_to_its_world)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    c.kind = access_claims::shape::opaque;
    c.tenant = robin.home_tenant;
    c.person = robin;
    std::string const token = issue_access_token(keys, env, c);
    BOOST_TEST(token.starts_with("EwB"));
    BOOST_TEST(token.find('.') == token.npos);
    BOOST_TEST(token.find("robin") == token.npos);
    BOOST_TEST(token.size() > 1000u);
    BOOST_TEST(token.size() < 2100u);
    access_verdict const v = verify_access_token(keys, env, token);
    BOOST_TEST(bool(v));
    BOOST_TEST(v.claims.person.login == "robin@outlook.test");
    BOOST_TEST(v.claims.person.personal());
    BOOST_TEST(v.claims.has("SMTP.Send"));
    BOOST_TEST(v.claims.audience == "https://outlook.office.com");
    BOOST_TEST((verify_access_token(signing_keys(), env, token).fault == token_fault::bad_signature));
    std::string broken = token;
    broken[100] = broken[100] == 'A' ? 'B' : 'A';
    BOOST_TEST((verify_access_token(keys, env, broken).fault == token_fault::bad_signature));
}

BOOST_AUTO_TEST_CASE(an_access_token_is_believed_from_its_date_to_its_end)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    std::string const token = issue_access_token(keys, env, c);
    BOOST_TEST(bool(verify_access_token(keys, env, token)));
    env.seconds += 3599;
    BOOST_TEST(bool(verify_access_token(keys, env, token)));
    env.seconds += 1;
    BOOST_TEST((verify_access_token(keys, env, token).fault == token_fault::expired));
    env.seconds -= 3600 + 301;
    BOOST_TEST((verify_access_token(keys, env, token).fault == token_fault::not_yet_valid));
}

BOOST_AUTO_TEST_CASE(what_is_altered_or_unsigned_is_not_believed)
{
    signing_keys const keys;
    fixed_environment env;
    access_claims c = exchange_claims();
    std::string const token = issue_access_token(keys, env, c);
    std::size_t const first = token.find('.'), last = token.rfind('.');
    auto const fault = [&](std::string const& t) { return verify_access_token(keys, env, t).fault; };
    auto const with_header = [&](std::string const& header) { return encoded(header) + token.substr(first); };
    BOOST_TEST((fault("") == token_fault::malformed));
    BOOST_TEST((fault("not-a-token") == token_fault::malformed));
    BOOST_TEST((fault(token + ".x") == token_fault::malformed));
    BOOST_TEST((fault(token.substr(0, last)) == token_fault::malformed));
    BOOST_TEST((fault(token.substr(0, last + 1)) == token_fault::bad_signature));
    BOOST_TEST((fault(with_header(R"({"typ":"JWT","alg":"none","kid":")" + keys.kid() + "\"}")) ==
                token_fault::bad_signature));
    BOOST_TEST((fault(with_header(R"({"typ":"JWT","alg":"HS256","kid":")" + keys.kid() + "\"}")) ==
                token_fault::bad_signature));
    BOOST_TEST((fault(with_header(R"({"typ":"JWT","alg":"RS256","kid":"mock-other"})")) == token_fault::unknown_key));
    BOOST_TEST((fault(with_header("[[[[[[[[[[[[]]]]]]]]]]]]")) == token_fault::malformed));
    std::string payload = octets(token.substr(first + 1, last - first - 1));
    payload.replace(payload.find("alex@"), 5, "olaf@");
    BOOST_TEST(
        (fault(token.substr(0, first + 1) + encoded(payload) + token.substr(last)) == token_fault::bad_signature));
    BOOST_TEST((fault("eyJ" + std::string(20000, 'A')) == token_fault::malformed));
}

// MK-03: tokens of the real service are recognised by issuer and key, or by shape; those of a mock never are.
BOOST_AUTO_TEST_CASE(MK_03_real_credentials_are_recognised)
{
    signing_keys const keys;
    fixed_environment env;
    auto const foreign = [](std::string const& issuer, std::string const& kid) {
        return encoded(R"({"typ":"JWT","alg":"RS256","kid":")" + kid + "\"}") + "." +
               encoded(R"({"iss":")" + issuer + "\"}") + ".c2lnbmF0dXJl";
    };
    BOOST_TEST(is_real_credential(keys, foreign("https://sts.windows.net/x/", "abc")));
    BOOST_TEST(is_real_credential(keys, foreign("https://login.microsoftonline.com/x/v2.0", "abc")));
    BOOST_TEST((verify_access_token(keys, env, foreign("https://sts.windows.net/x/", "abc")).fault ==
                token_fault::real_credential));
    BOOST_TEST(!is_real_credential(keys, foreign("https://accounts.example/", "abc")));
    BOOST_TEST(!is_real_credential(keys, foreign("https://sts.windows.net/x/", keys.kid())));
    for (char const* real : {"0.AXoAabcdefghijk", "1.AXoAabcdefghijk", "M.C500_BAY.0.U.-abc", "M.R3_BAY.-abcdefg"})
        BOOST_TEST(is_real_credential(keys, real));
    BOOST_TEST(is_real_credential(keys, "EwB4A8l6BAAU" + std::string(800, 'x')));
    for (char const* nothing : {"", "0.A", "x", "mock-secret-abcdefgh", "MCAwxyz", "EwB short"})
        BOOST_TEST(!is_real_credential(keys, nothing));

    grant g;
    access_claims c = exchange_claims();
    BOOST_TEST(!is_real_credential(keys, issue_access_token(keys, env, c)));
    BOOST_TEST(!is_real_credential(keys, seal_code(keys, env, g)));
    BOOST_TEST(!is_real_credential(keys, seal_refresh_token(keys, env, g)));
    BOOST_TEST(!is_real_credential(signing_keys(), seal_refresh_token(keys, env, g)));
    g.user_tenant = std::string(consumers_tenant);
    BOOST_TEST(!is_real_credential(keys, seal_code(keys, env, g)));
    BOOST_TEST(!is_real_credential(keys, seal_refresh_token(keys, env, g)));
}

BOOST_AUTO_TEST_CASE(codes_and_refresh_tokens_say_their_grant_to_their_world_only)
{
    signing_keys const keys;
    fixed_environment env;
    grant g;
    g.id = "grant";
    g.tenant = alex.home_tenant;
    g.authority = "common";
    g.client_id = "client";
    g.user_id = alex.object_id;
    g.user_tenant = alex.home_tenant;
    g.scope = "openid offline_access";
    g.platform = "web";
    g.redirect_uri = "http://localhost:3000/oauth";
    g.nonce = "n";
    g.challenge = "c";
    g.challenge_method = "S256";
    g.session_id = "s";
    g.multifactor = true;
    g.signed_in_at = 5;
    g.issued_at = 7;
    std::string const code = seal_code(keys, env, g), refresh = seal_refresh_token(keys, env, g);
    BOOST_TEST(code.starts_with("1.AXoA"));
    BOOST_TEST(refresh.starts_with("1.AXoA"));
    BOOST_TEST(refresh.find("MOCK") != refresh.npos);
    for (auto const& opened : {open_code(keys, code), open_refresh_token(keys, refresh)})
    {
        BOOST_TEST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->id == g.id);
        BOOST_TEST(opened->tenant == g.tenant);
        BOOST_TEST(opened->authority == g.authority);
        BOOST_TEST(opened->client_id == g.client_id);
        BOOST_TEST(opened->user_id == g.user_id);
        BOOST_TEST(opened->user_tenant == g.user_tenant);
        BOOST_TEST(opened->scope == g.scope);
        BOOST_TEST(opened->platform == g.platform);
        BOOST_TEST(opened->redirect_uri == g.redirect_uri);
        BOOST_TEST(opened->nonce == g.nonce);
        BOOST_TEST(opened->challenge == g.challenge);
        BOOST_TEST(opened->challenge_method == g.challenge_method);
        BOOST_TEST(opened->session_id == g.session_id);
        BOOST_TEST(opened->multifactor == g.multifactor);
        BOOST_TEST(opened->signed_in_at == g.signed_in_at);
        BOOST_TEST(opened->issued_at == g.issued_at);
    }
    BOOST_TEST(!open_code(keys, refresh));
    BOOST_TEST(!open_refresh_token(keys, code));
    BOOST_TEST(!open_code(signing_keys(), code));
    BOOST_TEST(!open_code(keys, code.substr(0, code.size() - 1)));
    BOOST_TEST(!open_code(keys, ""));
    g.user_tenant = std::string(consumers_tenant);
    BOOST_TEST(seal_refresh_token(keys, env, g).starts_with("M.C5"));
    BOOST_TEST(open_code(keys, seal_code(keys, env, g)).value().id == "grant");
}

BOOST_AUTO_TEST_CASE(an_id_token_says_what_was_asked_for)
{
    signing_keys const keys;
    fixed_environment env;
    id_claims c;
    c.issuer = "https://localhost/t/v2.0";
    c.audience = "client";
    c.tenant = alex.home_tenant;
    c.person = alex;
    std::string token = issue_id_token(keys, env, c);
    BOOST_TEST(names(part(token, 0)) == "typ alg kid ");
    BOOST_TEST(names(part(token, 1)) == "aud iss iat nbf exp aio rh sub tid uti ver ");
    json::object o = part(token, 1);
    BOOST_TEST(o.at("exp").as_int64() - o.at("iat").as_int64() == 3900);
    BOOST_TEST(text(o, "ver") == "2.0");
    BOOST_TEST(
        keys.verify_rs256(keys.kid(), token.substr(0, token.rfind('.')), octets(token.substr(token.rfind('.') + 1))));

    c.profile = c.email = true;
    c.nonce = "n-1";
    c.person = robin;
    c.tenant = robin.home_tenant;
    c.at_hash_of = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    c.c_hash_of = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
    token = issue_id_token(keys, env, c);
    o = part(token, 1);
    BOOST_TEST(names(o) ==
               "aud iss iat nbf exp aio at_hash c_hash email name nonce oid preferred_username rh sub tid uti ver ");
    BOOST_TEST(o.at("exp").as_int64() - o.at("iat").as_int64() == 86700);
    BOOST_TEST(text(o, "preferred_username") == "robin@outlook.test");
    BOOST_TEST(text(o, "oid") == "00000000-0000-0000-1122-334455667788");
    // The examples of OpenID Connect Core 1.0 sections A.3 and A.4 hash that access token and that code to this.
    BOOST_TEST(text(o, "at_hash") == "77QmUPtjPfzWtF2AnpK9RQ");
    BOOST_TEST(text(o, "c_hash") == "LDktKdoQak3Pk0cnXxCltA");
}

BOOST_AUTO_TEST_CASE(subjects_are_pairwise_and_client_info_is_readable)
{
    BOOST_TEST(pairwise_subject("a", alex) == pairwise_subject("a", alex));
    BOOST_TEST(pairwise_subject("a", alex) != pairwise_subject("b", alex));
    BOOST_TEST(pairwise_subject("a", alex) != pairwise_subject("a", robin));
    BOOST_TEST(octets(client_info(robin)) ==
               R"({"uid":"00000000-0000-0000-1122-334455667788","utid":"9188040d-6c67-4c5b-b112-36a304b66dad"})");
}

BOOST_AUTO_TEST_SUITE_END()
