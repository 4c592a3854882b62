#include <outkit/oauth2/detail/flows.hpp>

#include "entra_office.hpp"
#include "support.hpp"

#include <outkit/detail/encoding.hpp>
#include <outkit/http/detail/http1.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;
using namespace std::chrono_literals;

namespace {

constexpr char const* client_id = "00001111-aaaa-2222-bbbb-3333cccc4444";
constexpr char const* client_secret = "canary~secret.&=+% \xc3\xa9";

struct session : oauth2::detail::session
{
    explicit session(std::string_view tenant = "common")
    {
        error_code ec;
        from = oauth2::authority::make(oauth2::global_cloud(), tenant, ec);
        BOOST_TEST_REQUIRE(!ec);
        application = {.client_id = client_id, .client_secret = secret(client_secret)};
        options.verify_signatures = false;
    }
};

std::string answer(std::string const& body, std::string const& status = "200 OK")
{
    // The header fields of the real service (recorded by the Azure SDK's tests), shortened.
    return "HTTP/1.1 " + status +
           "\r\nCache-Control: no-store, no-cache\r\nPragma: no-cache\r\nContent-Type: application/json; charset=utf-8"
           "\r\nExpires: -1\r\nX-Content-Type-Options: nosniff\r\nP3P: CP=\"DSP CUR OTPi IND OTRi ONL FIN\""
           "\r\nSet-Cookie: fpc=canary-cookie; expires=Thu, 24-Dec-2026 06:00:00 GMT; path=/; secure; HttpOnly"
           "\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string const tokens =
    R"({"token_type":"Bearer","scope":"https://outlook.office.com/IMAP.AccessAsUser.All )"
    R"(https://outlook.office.com/SMTP.Send","expires_in":3599,"ext_expires_in":3599,"access_token":"canary-access",)"
    R"("refresh_token":"canary-refresh2"})";

oauth2::redemption redemption()
{
    oauth2::redemption r;
    r.code = secret("canary-code/+");
    r.verifier = secret("canary-verifier");
    r.redirect_uri = "http://localhost:3000/oauth";
    error_code ec;
    r.scopes = oauth2::scope_set::parse(
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access", ec);
    return r;
}

std::string body_of(std::string const& written) { return written.substr(written.find("\r\n\r\n") + 4); }

std::vector<std::pair<std::string, std::string>> form(std::string_view text)
{
    std::vector<std::pair<std::string, std::string>> fields;
    while (!text.empty())
    {
        auto const end = std::min(text.find('&'), text.size());
        auto const equals = text.find('=');
        fields.emplace_back(form_decode(text.substr(0, equals)).value(),
                            form_decode(text.substr(equals + 1, end - equals - 1)).value());
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return fields;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_grants)

BOOST_AUTO_TEST_CASE(a_code_is_redeemed_with_secret_verifier_and_redirect_uri)
{
    session s;
    std::string traced;
    s.connection.w.trace = [&](wire::direction, std::string_view line) { traced += std::string(line) + '\n'; };
    auto const r = play(oauth2::detail::redeem(s, redemption()), {"", answer(tokens)});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    BOOST_TEST((r.value->access.reveal() == "canary-access"));
    BOOST_TEST((r.value->refresh.reveal() == "canary-refresh2"));
    BOOST_TEST(r.connected ==
                   (std::vector<std::string>{"login.microsoftonline.com:443", "tls login.microsoftonline.com"}),
               boost::test_tools::per_element());
    BOOST_TEST(r.written.starts_with("POST /common/oauth2/v2.0/token HTTP/1.1\r\nHost: login.microsoftonline.com\r\n"));
    auto const sent = form(body_of(r.written));
    std::vector<std::pair<std::string, std::string>> const expected = {
        {"grant_type", "authorization_code"},
        {"code", "canary-code/+"},
        {"redirect_uri", "http://localhost:3000/oauth"},
        {"code_verifier", "canary-verifier"},
        {"client_info", "1"},
        {"client_id", client_id},
        {"client_secret", client_secret},
        {"scope", redemption().scopes.text()},
    };
    BOOST_TEST((sent == expected));
    BOOST_TEST(traced.find("canary") == std::string::npos, traced);
    BOOST_TEST(traced.find("POST /common/oauth2/v2.0/token") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(TR_18_a_refresh_without_a_new_token_keeps_the_old)
{
    session s;
    auto const r = play(oauth2::detail::refresh(s, secret("canary-refresh1"), {}, {}),
                        {"", answer(R"({"token_type":"Bearer","expires_in":3599,"access_token":"canary-access"})")});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    BOOST_TEST((r.value->refresh.reveal() == "canary-refresh1"));
    BOOST_TEST(body_of(r.written).find("scope=") == std::string::npos);
    auto const renewed = play(oauth2::detail::refresh(s, secret("canary-refresh1"), redemption().scopes, {}),
                              {answer(tokens), answer(tokens)});
    BOOST_TEST_REQUIRE(!renewed.ec, renewed.ec.message());
    BOOST_TEST((renewed.value->refresh.reveal() == "canary-refresh2"));
}

BOOST_AUTO_TEST_CASE(OA_37_a_secret_of_any_characters_arrives_as_it_is_and_in_the_body_only)
{
    session s("contoso.onmicrosoft.com");
    auto const scopes = oauth2::app_scopes_for(oauth2::base_scope::imap, oauth2::global_cloud());
    auto const r =
        play(oauth2::detail::client_credentials(s, scopes),
             {"", answer(R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"a.b.c"})")});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    BOOST_TEST(r.value->refresh.empty());
    std::vector<std::pair<std::string, std::string>> const expected = {
        {"grant_type", "client_credentials"},
        {"client_id", client_id},
        {"client_secret", client_secret},
        {"scope", "https://outlook.office365.com/.default"},
    };
    BOOST_TEST((form(body_of(r.written)) == expected));
    BOOST_TEST(r.written.substr(0, r.written.find("\r\n\r\n")).find("canary") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(client_credentials_need_a_tenant_and_a_secret)
{
    for (char const* const tenant : {"common", "organizations", "consumers"})
    {
        session s(tenant);
        auto const r = play(oauth2::detail::client_credentials(s, {}), {""});
        BOOST_TEST((r.ec == make_error_code(oauth2::error::invalid_authority)), tenant);
        BOOST_TEST(r.connected.empty());
    }
    session s("contoso.com");
    s.application.client_secret = secret();
    BOOST_TEST(
        (play(oauth2::detail::client_credentials(s, {}), {""}).ec == make_error_code(oauth2::error::invalid_app)));
}

BOOST_AUTO_TEST_CASE(scopes_of_two_resources_are_refused_before_anything_is_sent)
{
    session s;
    oauth2::scope_set both;
    both.add("https://outlook.office.com/SMTP.Send");
    both.add("https://graph.microsoft.com/Mail.Send");
    auto const r = play(oauth2::detail::refresh(s, secret("x"), both, {}), {""});
    BOOST_TEST((r.ec == make_error_code(oauth2::error::several_resources)));
    BOOST_TEST(r.connected.empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_is_kept_and_told)
{
    session s;
    auto const r = play(
        oauth2::detail::redeem(s, redemption()),
        {"",
         answer(R"({"error":"invalid_grant","error_description":"AADSTS54005: OAuth2 Authorization code was already )"
                R"(redeemed, please retry with a new valid code or use an existing refresh token. Trace ID: t )"
                R"(Correlation ID: c Timestamp: 2026-11-24 06:00:00Z","error_codes":[54005]})",
                "400 Bad Request")});
    BOOST_TEST((r.ec == make_error_code(oauth2::error::invalid_grant)));
    BOOST_TEST((r.ec == condition::interaction_required));
    BOOST_TEST(s.last.code() == 54005u);
    BOOST_TEST(s.last.status == 400u);
    BOOST_TEST(s.last.correlation_id == "c");
    BOOST_TEST(r.diagnostics.starts_with("invalid_grant: AADSTS54005: OAuth2 Authorization code was already redeemed"));
    // The next success forgets it.
    auto const again = play(oauth2::detail::redeem(s, redemption()), {answer(tokens), answer(tokens)});
    BOOST_TEST(!again.ec);
    BOOST_TEST(s.last.name.empty());
}

BOOST_AUTO_TEST_CASE(TR_25_redirects_of_the_token_endpoint_are_refused)
{
    for (char const* const status : {"302 Found", "307 Temporary Redirect", "308 Permanent Redirect"})
    {
        session s;
        std::string const redirect =
            std::string("HTTP/1.1 ") + status + "\r\nLocation: https://evil.test/token\r\nContent-Length: 0\r\n\r\n";
        auto const r = play(oauth2::detail::redeem(s, redemption()), {"", redirect, answer(tokens)});
        BOOST_TEST((r.ec == make_error_code(http::error::redirect_refused)), status);
        BOOST_TEST(std::none_of(r.connected.begin(), r.connected.end(),
                                [](auto const& c) { return c.find("evil") != std::string::npos; }));
    }
}

BOOST_AUTO_TEST_CASE(DJ_07_documents_beyond_the_limit_are_refused)
{
    session s;
    std::string const long_one(256 * 1024 + 1, ' ');
    auto const r = play(oauth2::detail::discover(s), {"", answer(long_one)});
    BOOST_TEST((r.ec == make_error_code(http::error::body_too_large)));
    auto const endless =
        play(oauth2::detail::redeem(s, redemption()),
             {"", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + std::string(1 << 20, ' ')});
    BOOST_TEST((endless.ec == condition::limit_exceeded), endless.ec.message());
}

BOOST_AUTO_TEST_CASE(DJ_08_redirects_of_discovery_are_refused)
{
    session s;
    auto const r =
        play(oauth2::detail::discover(s),
             {"", "HTTP/1.1 301 x\r\nLocation: https://evil.test/common/v2.0/.well-known/openid-configuration"
                  "\r\nContent-Length: 0\r\n\r\n"});
    BOOST_TEST((r.ec == make_error_code(http::error::redirect_refused)));
}

BOOST_AUTO_TEST_CASE(discovery_moves_endpoints_and_is_kept_for_a_day)
{
    std::string const document =
        R"({"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0",)"
        R"("authorization_endpoint":"https://login.windows.net/a","token_endpoint":"https://login.windows.net/t",)"
        R"("jwks_uri":"https://login.windows.net/k"})";
    session s;
    auto const r = play(oauth2::detail::discover(s), {"", answer(document)});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    BOOST_TEST(r.value->token_endpoint.text() == "https://login.windows.net/t");
    auto const kept = play(oauth2::detail::discover(s), {""});
    BOOST_TEST((!kept.ec && kept.connected.empty()));
    auto const redeemed = play(oauth2::detail::redeem(s, redemption()), {"", answer(tokens)});
    BOOST_TEST_REQUIRE(!redeemed.ec, redeemed.ec.message());
    BOOST_TEST(redeemed.written.starts_with("POST /t HTTP/1.1\r\nHost: login.windows.net\r\n"));

    // Those that the document need not have stay where Entra's pattern has them; if it has them they are used and checked.
    BOOST_TEST(r.value->device_authorization_endpoint.text() ==
               "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode");
    for (std::string const name : {"device_authorization_endpoint", "end_session_endpoint"})
        for (std::string const host : {"login.windows.net", "login.evil.test"})
        {
            session one;
            std::string more = document;
            more.insert(1, '"' + name + "\":\"https://" + host + "/d\",");
            auto const found = play(oauth2::detail::discover(one), {"", answer(more)});
            if (host == "login.evil.test")
                BOOST_TEST((found.ec == make_error_code(oauth2::error::untrusted_endpoint)), name);
            else
                BOOST_TEST((name == "end_session_endpoint" ? found.value->end_session_endpoint
                                                           : found.value->device_authorization_endpoint)
                               .text() == "https://login.windows.net/d");
        }
}

// As recorded by the Azure SDK's tests in 2022, without two of the clouds.
BOOST_AUTO_TEST_CASE(a_login_host_is_asked_for_the_clouds_it_knows_and_changes_nothing)
{
    std::string const document =
        R"({"tenant_discovery_endpoint":"https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",)"
        R"("api-version":"1.1","metadata":[{"preferred_network":"login.microsoftonline.com",)"
        R"("preferred_cache":"login.windows.net","aliases":["login.microsoftonline.com","login.windows.net",)"
        R"("login.microsoft.com","sts.windows.net"]},{"preferred_network":"login.microsoftonline.us",)"
        R"("preferred_cache":"login.microsoftonline.us","aliases":["login.microsoftonline.us",)"
        R"("login.usgovcloudapi.net"]}]})";
    session s;
    auto const r = play(oauth2::detail::discover_instance(s), {"", answer(document)});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message() << r.diagnostics);
    BOOST_TEST(
        r.written.starts_with("GET /common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2F"
                              "login.microsoftonline.com%2Fcommon%2Foauth2%2Fv2.0%2Fauthorize HTTP/1.1\r\n"));
    BOOST_TEST(r.value->find("login.windows.net")->preferred_cache == "login.windows.net");
    BOOST_TEST(r.value->find("login.usgovcloudapi.net")->preferred_network == "login.microsoftonline.us");
    BOOST_TEST(!r.value->find("login.evil.test"));

    auto const read = [&](std::string const& from, std::string const& to) {
        std::string text = document;
        text.replace(text.find(from), from.size(), to);
        session one;
        auto const done = play(oauth2::detail::discover_instance(one), {"", answer(text)});
        // An alias that only the answer knows is not trusted.
        BOOST_TEST(!one.from.owns({true, "login.evil.test", 443}));
        return done.ec;
    };
    BOOST_TEST(!read("sts.windows.net", "login.evil.test"));
    for (char const* const bad : {"https://login.evil.test/", "http://login.microsoftonline.com/", "x"})
        BOOST_TEST(
            (read("https://login.microsoftonline.com/", bad) == make_error_code(oauth2::error::untrusted_endpoint)),
            bad);
    for (auto const& [from, to] :
         {std::pair(R"("metadata":[)", R"("metadata":[7,)"), std::pair("[{", "[{},{"),
          std::pair(R"("sts.windows.net")", "7"), std::pair("sts.windows.net", "a/b"),
          std::pair("sts.windows.net", "login.usgovcloudapi.net"),
          std::pair(R"("login.windows.net","aliases")", R"("login.evil.test","aliases")"),
          std::pair(R"("tenant_discovery_endpoint")", R"("other")"), std::pair(R"("metadata")", R"("other")")})
        BOOST_TEST((read(from, to) == make_error_code(oauth2::error::malformed_response)), to);

    session unknown;
    auto const refused = play(oauth2::detail::discover_instance(unknown),
                              {"", answer(R"({"error":"invalid_instance","error_description":"AADSTS50049: Unknown or )"
                                          R"(invalid instance. Trace ID: t","error_codes":[50049]})",
                                          "400 Bad Request")});
    BOOST_TEST((refused.ec == make_error_code(oauth2::error::invalid_instance)), refused.ec.message());
    BOOST_TEST(unknown.last.code() == 50049u);
}

BOOST_AUTO_TEST_CASE(DJ_09_an_endpoint_that_moves_is_used_after_all_checks_and_what_is_pending_keeps_the_old_one)
{
    auto const document = [](std::string const& host) {
        return answer(
            R"({"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0","authorization_endpoint":"https://)" +
            host + R"(/a","token_endpoint":"https://)" + host + R"(/t","jwks_uri":"https://)" + host + "/k\"}");
    };
    session s;
    s.options.metadata_lifetime = std::chrono::hours(0);
    auto const fetch = [&](std::string const& host) {
        s.connection.open_to.reset();
        return play(oauth2::detail::discover(s), {"", document(host)});
    };
    auto const first = fetch("login.microsoftonline.com");
    BOOST_TEST_REQUIRE(!first.ec, first.ec.message());
    error_code ec;
    oauth2::app a;
    a.client_id = client_id;
    a.redirect_uri = "http://localhost:3000/oauth";
    oauth2::authorization_options o;
    o.scopes = redemption().scopes;
    auto const pending = oauth2::begin_authorization(s.from, a, o, ec, &*first.value);
    BOOST_TEST_REQUIRE(!ec, ec.message());

    auto const moved = fetch("login.windows.net");
    BOOST_TEST_REQUIRE(!moved.ec, moved.ec.message());
    BOOST_TEST(pending.url().starts_with("https://login.microsoftonline.com/a?"));
    auto const refused = fetch("login.windows.net.evil.test");
    BOOST_TEST((refused.ec == make_error_code(oauth2::error::untrusted_endpoint)), refused.ec.message());
    s.connection.open_to.reset();
    auto const redeemed = play(oauth2::detail::redeem(s, redemption()), {"", answer(tokens)});
    BOOST_TEST_REQUIRE(!redeemed.ec, redeemed.ec.message());
    BOOST_TEST(redeemed.written.starts_with("POST /t HTTP/1.1\r\nHost: login.windows.net\r\n"));
}

BOOST_AUTO_TEST_CASE(DJ_02_a_tenant_found_by_domain_stays_the_same)
{
    auto const document = [](char const* tenant) {
        std::string const base = "https://login.microsoftonline.com/" + std::string(tenant);
        return answer(R"({"issuer":")" + base + R"(/v2.0","authorization_endpoint":")" + base +
                      R"(/a","token_endpoint":")" + base + R"(/t","jwks_uri":")" + base + "/k\"}");
    };
    session s("contoso.com");
    s.options.metadata_lifetime = std::chrono::hours(0);
    auto const first = play(oauth2::detail::discover(s), {"", document("8eaef023-2b34-4da1-9baa-8bc8c9d6a490")});
    BOOST_TEST_REQUIRE(!first.ec, first.ec.message());
    s.connection.open_to.reset();
    auto const moved = play(oauth2::detail::discover(s), {"", document("8eaef023-2b34-4da1-9baa-8bc8c9d6a491")});
    BOOST_TEST((moved.ec == make_error_code(oauth2::error::issuer_mismatch)), moved.ec.message());
}

BOOST_AUTO_TEST_CASE(a_sign_in_that_asked_for_an_id_token_wants_one)
{
    session s;
    auto r = redemption();
    r.nonce = "n";
    auto const played = play(oauth2::detail::redeem(s, std::move(r)), {"", answer(tokens)});
    BOOST_TEST((played.ec == make_error_code(oauth2::error::malformed_id_token)));
}

BOOST_AUTO_TEST_CASE(TR_23_TR_24_grants_cut_split_and_broken_at_every_point_never_half_succeed)
{
    std::vector<std::string> const scripts = {"", answer(tokens)};
    auto const redeem = [](auto use) {
        session s;
        use(oauth2::detail::redeem(s, redemption()));
    };
    auto const refresh = [](auto use) {
        session s;
        use(oauth2::detail::refresh(s, secret("canary-refresh1"), redemption().scopes, {}));
    };
    auto const credentials = [](auto use) {
        session s("contoso.com");
        use(oauth2::detail::client_credentials(s, {}));
    };
    auto const check = [](auto const& r) {
        BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
        BOOST_TEST((r.value->access.reveal() == "canary-access"));
    };
    tests::in_pieces_of_every_size(redeem, scripts, check);
    tests::cut_at_every_byte(redeem, scripts);
    tests::failing_at_every_step(redeem, scripts);
    tests::in_pieces_of_every_size(refresh, scripts, check);
    tests::cut_at_every_byte(refresh, scripts);
    tests::failing_at_every_step(refresh, scripts);
    tests::in_pieces_of_every_size(credentials, scripts, check);
    tests::cut_at_every_byte(credentials, scripts);
    tests::failing_at_every_step(credentials, scripts);
}

BOOST_AUTO_TEST_CASE(discovery_cut_split_and_broken_at_every_point_never_half_succeeds)
{
    std::vector<std::string> const scripts = {
        "", answer(R"({"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0",)"
                   R"("authorization_endpoint":"https://login.windows.net/a",)"
                   R"("token_endpoint":"https://login.windows.net/t","jwks_uri":"https://login.windows.net/k"})")};
    auto const make = [](auto use) {
        session s;
        use(oauth2::detail::discover(s));
    };
    tests::in_pieces_of_every_size(make, scripts, [](auto const& r) { BOOST_TEST(!r.ec, r.ec.message()); });
    tests::cut_at_every_byte(make, scripts);
    tests::failing_at_every_step(make, scripts);
}

namespace {

// An RSA key, and ID tokens signed with it.
struct signer
{
    signer() : key(EVP_RSA_gen(2048)) {}
    signer(signer const&) = delete;
    ~signer() { EVP_PKEY_free(key); }

    std::string number(char const* name) const
    {
        BIGNUM* n = nullptr;
        EVP_PKEY_get_bn_param(key, name, &n);
        std::vector<unsigned char> octets(static_cast<std::size_t>(BN_num_bytes(n)));
        BN_bn2bin(n, octets.data());
        BN_free(n);
        return base64url_encode(std::string(octets.begin(), octets.end()));
    }
    std::string jwk(std::string const& kid) const
    {
        return R"({"kty":"RSA","use":"sig","kid":")" + kid + R"(","n":")" + number(OSSL_PKEY_PARAM_RSA_N) +
               R"(","e":")" + number(OSSL_PKEY_PARAM_RSA_E) + "\"}";
    }
    std::string token(std::string const& kid, std::string const& subject = "AAAA", wall_time at = simulator().date(),
                      std::string const& login = "https://login.microsoftonline.com") const
    {
        static std::string const tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
        auto const now = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
        std::string const text =
            base64url_encode(R"({"typ":"JWT","alg":"RS256","kid":")" + kid + "\"}") + '.' +
            base64url_encode(R"({"iss":")" + login + '/' + tenant + R"(/v2.0","tid":")" + tenant + R"(","aud":")" +
                             client_id + R"(","sub":")" + subject + R"(","nonce":"n1","iat":)" +
                             std::to_string(now - 300) + R"(,"exp":)" + std::to_string(now + 3600) + '}');
        EVP_MD_CTX* const context = EVP_MD_CTX_new();
        std::vector<unsigned char> const t(text.begin(), text.end());
        std::size_t size = 0;
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
        EVP_DigestSign(context, nullptr, &size, t.data(), t.size());
        std::vector<unsigned char> s(size);
        EVP_DigestSign(context, s.data(), &size, t.data(), t.size());
        EVP_MD_CTX_free(context);
        return text + '.' + base64url_encode(std::string(s.begin(), s.end()));
    }

    EVP_PKEY* key;
};

signer const& a_signer()
{
    static signer const s;
    return s;
}

std::string with_id_token(std::string const& token)
{
    return answer(tokens.substr(0, tokens.size() - 1) + R"(,"id_token":")" + token + "\"}");
}

std::string closing(std::string a) { return a.insert(a.find("\r\n") + 2, "Connection: close\r\n"); }

std::string jwks(std::string const& keys) { return closing(answer("{\"keys\":[" + keys + "]}")); }

oauth2::redemption with_nonce()
{
    auto r = redemption();
    r.nonce = "n1";
    return r;
}

}  // namespace

BOOST_AUTO_TEST_CASE(DJ_16_id_tokens_are_verified_with_published_keys_and_new_ones_fetched_once)
{
    session s;
    s.options.verify_signatures = true;
    signer const newer;
    auto const& old = a_signer();
    auto const first = play(oauth2::detail::redeem(s, with_nonce()),
                            {"", closing(with_id_token(old.token("k1"))), jwks(old.jwk("k1"))});
    BOOST_TEST_REQUIRE(!first.ec, first.ec.message() << first.diagnostics);
    BOOST_TEST(first.value->identity->subject == "AAAA");
    BOOST_TEST(first.written.find("GET /common/discovery/v2.0/keys HTTP/1.1") != std::string::npos);

    // The same key again: nothing is fetched.
    auto const second = play(oauth2::detail::redeem(s, with_nonce()), {"", closing(with_id_token(old.token("k1")))});
    BOOST_TEST(!second.ec, second.ec.message());

    // A new one: fetched, once the last fetch is five minutes ago; the old one is still good.
    s.options.keys->fetched_at -= 6min;
    auto const rotated = play(oauth2::detail::redeem(s, with_nonce()), {"", closing(with_id_token(newer.token("k2"))),
                                                                        jwks(old.jwk("k1") + ',' + newer.jwk("k2"))});
    BOOST_TEST(!rotated.ec, rotated.ec.message());
    auto const again = play(oauth2::detail::redeem(s, with_nonce()), {"", closing(with_id_token(old.token("k1")))});
    BOOST_TEST(!again.ec, again.ec.message());
}

BOOST_AUTO_TEST_CASE(DJ_15_unknown_kids_do_not_make_us_ask_again_and_again)
{
    session s;
    s.options.verify_signatures = true;
    auto const unknown = closing(with_id_token(a_signer().token("unknown")));
    auto const first = play(oauth2::detail::redeem(s, with_nonce()), {"", unknown, jwks(a_signer().jwk("k1"))});
    BOOST_TEST((first.ec == make_error_code(oauth2::error::unknown_signing_key)));
    std::size_t connections = 0;
    for (int i = 0; i != 1000; ++i)
    {
        auto const r = play(oauth2::detail::redeem(s, with_nonce()), {"", unknown, ""});
        BOOST_TEST((r.ec == make_error_code(oauth2::error::unknown_signing_key)));
        connections += static_cast<std::size_t>(
            std::count(r.connected.begin(), r.connected.end(), "login.microsoftonline.com:443"));
    }
    BOOST_TEST(connections == 1000u);  // one each, for the token
}

namespace {

// An authority in virtual time whose keys take as long as they are told, and clients that share what it published.
struct busy_authority
{
    busy_authority()
    {
        sim.listen("mail.test", 443, [this](wire& w) { return serve(w); }, tests::certified_server());
    }

    flow<> serve(wire& w)
    {
        co_await w.start_tls();
        http::limits const l;
        while (auto r = co_await http::detail::read_request(w, l))
        {
            bool const keys = r->message.target.ends_with("/keys");
            http::response a;
            a.status = 200;
            a.headers.push_back({"Content-Type", "application/json"});
            a.body = "{\"keys\":[" + a_signer().jwk("k1") + "]}";
            if (keys)
            {
                ++fetches;
                co_await sleep_until(sim.now() + keys_take);
                a.status = status;
            }
            else
                a.body = tokens.substr(0, tokens.size() - 1) + R"(,"id_token":")" +
                         a_signer().token("k1", "AAAA", sim.date(), "https://mail.test") + "\"}";
            co_await http::detail::write_response(w, std::move(a));
        }
    }

    struct client
    {
        std::unique_ptr<session> state = std::make_unique<session>();
        std::unique_ptr<simulated_stream> stream;
        std::string said = {};
        error_code ec = os_error(EAGAIN);
        std::chrono::seconds took{0};
    };
    // Each may wait for `patience(number)`.
    template <class F>
    void start(std::size_t n, F patience)
    {
        auto const begin = sim.now();
        auto const shared = std::make_shared<oauth2::key_cache>();
        for (std::size_t i = 0; i != n; ++i)
        {
            client& c = clients.emplace_back();
            error_code ec;
            c.state->from =
                oauth2::authority::make(oauth2::global_cloud().with_login("https://mail.test"), "common", ec);
            c.state->options.verify_signatures = true;
            c.state->options.patience = patience(i);
            c.state->options.keys = shared;
            c.stream = std::make_unique<simulated_stream>(sim, "client", tests::trusting_client());
            async_run(*c.stream, oauth2::detail::redeem(*c.state, with_nonce()), c.said,
                      [this, &c, begin](error_code e, oauth2::token_response const&) {
                          c.ec = e;
                          c.took = std::chrono::duration_cast<std::chrono::seconds>(sim.now() - begin);
                      });
        }
    }

    simulator sim{1};
    std::size_t fetches = 0;
    std::chrono::seconds keys_take{0};
    unsigned status = 200;
    std::list<client> clients;
};

}  // namespace

BOOST_AUTO_TEST_CASE(DJ_30_one_fetch_of_keys_for_all_and_each_waits_as_long_as_it_will)
{
    {
        busy_authority o;
        o.keys_take = 24h;
        o.start(50, [](std::size_t i) { return std::chrono::seconds(100 - i); });
        o.sim.run(o.sim.now() + 1h);
        std::int64_t expected = 100;
        for (auto const& c : o.clients)
        {
            BOOST_TEST((c.ec == make_error_code(error::timeout)), c.ec.message());
            BOOST_TEST(c.took.count() == expected--);
        }
        BOOST_TEST(o.fetches == 1u);
    }
    {
        busy_authority o;
        o.keys_take = 10s;
        o.start(50, [](std::size_t) { return 60s; });
        o.sim.run();
        for (auto const& c : o.clients)
            BOOST_TEST(!c.ec, c.ec.message() << c.said);
        BOOST_TEST(o.fetches == 1u);
    }
    {
        // What became of the one fetch is told to all who waited, and is not kept.
        busy_authority o;
        o.keys_take = 10s;
        o.status = 503;
        o.start(50, [](std::size_t) { return 60s; });
        o.sim.run();
        for (auto const& c : o.clients)
            BOOST_TEST((c.ec == condition::transient), c.ec.message());
        BOOST_TEST(o.fetches == 1u);
        o.status = 200;
        auto& one = o.clients.front();
        async_run(*one.stream, oauth2::detail::redeem(*one.state, with_nonce()), one.said,
                  [&](error_code e, oauth2::token_response const&) { one.ec = e; });
        o.sim.run();
        BOOST_TEST(!one.ec, one.ec.message());
        BOOST_TEST(o.fetches == 2u);
    }
    {
        // The one that fetches is cancelled: the next takes over.
        busy_authority o;
        o.keys_take = 10s;
        o.start(3, [](std::size_t) { return 60s; });
        o.sim.after(5s, [&] { o.clients.front().stream->cancel(); });
        o.sim.run();
        BOOST_TEST((o.clients.front().ec == os_error(ECANCELED)));
        BOOST_TEST(!o.clients.back().ec, o.clients.back().ec.message());
        BOOST_TEST(o.fetches == 2u);
    }
}

BOOST_AUTO_TEST_CASE(an_id_token_by_another_key_is_refused_and_no_token_handed_out)
{
    session s;
    s.options.verify_signatures = true;
    signer const other;
    auto const r = play(oauth2::detail::redeem(s, with_nonce()),
                        {"", closing(with_id_token(other.token("k1"))), jwks(a_signer().jwk("k1"))});
    BOOST_TEST((r.ec == make_error_code(oauth2::error::bad_signature)));
    BOOST_TEST(!r.value.has_value());
}

BOOST_AUTO_TEST_CASE(TR_22_a_refresh_about_another_account_is_refused)
{
    session s;
    oauth2::id_claims account;
    account.subject = "AAAA";
    account.tenant_id = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    s.application.client_id = client_id;
    auto const same = play(oauth2::detail::refresh(s, secret("r"), {}, account),
                           {"", closing(with_id_token(a_signer().token("k1")))});
    // The nonce of the first sign-in may come again, or none; this one has one that nobody asked for.
    BOOST_TEST((same.ec == make_error_code(oauth2::error::nonce_mismatch)), same.ec.message());
    account.nonce = "n1";
    auto const again = play(oauth2::detail::refresh(s, secret("r"), {}, account),
                            {"", closing(with_id_token(a_signer().token("k1")))});
    BOOST_TEST(!again.ec, again.ec.message());
    auto const other = play(oauth2::detail::refresh(s, secret("r"), {}, account),
                            {"", closing(with_id_token(a_signer().token("k1", "BBBB")))});
    BOOST_TEST((other.ec == make_error_code(oauth2::error::account_mismatch)), other.ec.message());
}

BOOST_AUTO_TEST_CASE(DJ_31_a_wrong_clock_is_told_by_the_date_of_the_answer)
{
    for (auto const off : {-2h, 2h, 0h})
    {
        // The authority signs by its own clock, and says what that is.
        auto const theirs = std::chrono::floor<std::chrono::seconds>(simulator().date()) - off;
        session s;
        s.options.verify_signatures = true;
        std::string both = with_id_token(a_signer().token("k1", "AAAA", theirs));
        both.insert(both.find("\r\n") + 2, "Date: " + http::detail::http_date(theirs) + "\r\n");
        auto const r =
            play(oauth2::detail::redeem(s, with_nonce()), {"", closing(both), jwks(a_signer().jwk("k1")), "", ""});
        if (off == 0h)
        {
            BOOST_TEST(!r.ec, r.ec.message());
            continue;
        }
        BOOST_TEST((r.ec == make_error_code(off < 0h ? oauth2::error::id_token_not_yet_valid
                                                     : oauth2::error::id_token_expired)),
                   r.ec.message());
        BOOST_TEST(r.diagnostics == std::string("this machine's clock is 7200 s ") +
                                        (off < 0h ? "behind" : "ahead of") + " the authority's (Date header)");
        BOOST_TEST(std::count(r.connected.begin(), r.connected.end(), "login.microsoftonline.com:443") == 1);
        BOOST_TEST(!r.value.has_value());
    }
}

BOOST_AUTO_TEST_CASE(HT_38_cookies_are_not_sent_back)
{
    session s;
    auto const first = play(oauth2::detail::redeem(s, redemption()), {"", closing(answer(tokens))});
    BOOST_TEST_REQUIRE(!first.ec);
    auto const second = play(oauth2::detail::redeem(s, redemption()), {"", closing(answer(tokens))});
    BOOST_TEST(!second.ec, second.ec.message());
    BOOST_TEST(second.written.starts_with("POST /common/oauth2/v2.0/token"));
    BOOST_TEST(second.written.find("ookie") == std::string::npos);
}

namespace {

// The mock Entra at login.entra.test, and a client of it, in one simulation.
struct mock_authority : tests::entra_office
{
    explicit mock_authority(std::string_view tenant)
    {
        w.clock.set_date(sim.date());
        error_code ec;
        auto const own = tests::make_certificate("login.entra.test");
        sim.listen(
            "login.entra.test", 443, [this](wire& end) { return serve(end); },
            tls_context::server_pem(ec, own.chain, own.key));
        BOOST_TEST_REQUIRE(!ec, ec.message());
        trust = tls_context::client(ec, {.system = false, .authorities_pem = own.chain});
        BOOST_TEST_REQUIRE(!ec, ec.message());
        cloud = oauth2::global_cloud().with_login("https://login.entra.test");
        s.from = oauth2::authority::make(cloud, tenant, ec);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        s.application.client_id = app.app_id;
    }
    flow<> serve(wire& end)
    {
        co_await end.start_tls();
        http::limits const l;
        while (auto r = co_await http::detail::read_request(end, l))
        {
            http::response answer = entra.answer(r->message);
            co_await http::detail::write_response(end, std::move(answer));
        }
    }
    template <class T>
    std::shared_ptr<simulator::result<T>> run(flow<T> f)
    {
        auto r = sim.start("client", std::move(f), trust);
        sim.run();
        return r;
    }

    simulator sim{1};
    tls_context trust;
    oauth2::cloud cloud;
    oauth2::detail::session s;  // verifies signatures, as usual
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_mock_entra_signs_in_a_device_while_it_polls)
{
    for (bool const refuses : {false, true})
    {
        mock_authority m("organizations");
        m.app.allow_public_client = true;
        oauth2::scope_set const scopes = oauth2::scopes_for(oauth2::base_scope::imap, m.cloud);
        auto const begun = m.run(oauth2::detail::begin_device(m.s, scopes));
        BOOST_TEST_REQUIRE(!begun->ec, begun->ec.message() << begun->diagnostics);
        auto& d = *begun->value;
        BOOST_TEST(d.verification_uri == "https://login.entra.test/device");
        BOOST_TEST(d.message.find(d.user_code) != std::string::npos);
        std::string const code = d.user_code;
        auto const start = m.sim.now();
        m.sim.after(12s, [&] {
            auto page = m.ie.submit(m.ie.get(tests::header(m.ie.get("/device"), "Location")), {{"otc", code}});
            page = m.ie.submit(page, {{"loginfmt", "adele@woodgrove.example"}});
            page = m.ie.submit(page, {{"passwd", "correct horse"}});
            page = m.ie.submit(page);
            m.ie.submit(page, {}, refuses ? "decline" : "accept");
        });
        auto const r = m.sim.start("client", oauth2::detail::await_device(m.s, std::move(d)), m.trust);
        m.sim.run(start + 20s);
        BOOST_TEST_REQUIRE(r->done);
        if (refuses)
        {
            BOOST_TEST((r->ec == condition::authentication_failed), r->ec.message());
            continue;
        }
        BOOST_TEST_REQUIRE(!r->ec, r->ec.message() << r->diagnostics);
        BOOST_TEST(!r->value->refresh.empty());
        BOOST_TEST(r->value->identity->preferred_username == "adele@woodgrove.example");
        BOOST_TEST(r->value->identity->tenant_id == m.home.id);
        error_code ec;
        auto const home = oauth2::read_client_info(r->value->client_info, ec);
        BOOST_TEST((!ec && home.tenant_id == m.home.id && home.user_id == m.adele.id), ec.message());
        auto const renewed = m.run(oauth2::detail::refresh(m.s, r->value->refresh.clone(), {}, *r->value->identity));
        BOOST_TEST(!renewed->ec, renewed->ec.message() << renewed->diagnostics);
        // The one refresh token, for another resource, once that is consented to
        oauth2::scope_set graph;
        graph.add("https://graph.microsoft.com/Mail.ReadWrite");
        auto const not_yet = m.run(oauth2::detail::refresh(m.s, r->value->refresh.clone(), graph, {}));
        BOOST_TEST((not_yet->ec == condition::interaction_required), not_yet->ec.message());
        m.w.directory.grant({.app_id = m.app.app_id,
                             .tenant_id = m.home.id,
                             .resource = std::string(mock::graph_app_id),
                             .permissions = {"Mail.ReadWrite"}});
        auto const other = m.run(oauth2::detail::refresh(m.s, r->value->refresh.clone(), graph, {}));
        BOOST_TEST_REQUIRE(!other->ec, other->ec.message() << other->diagnostics);
        BOOST_TEST(tests::text_of(tests::payload_of(std::string(other->value->access.reveal())), "aud") ==
                   "https://graph.microsoft.com");
    }
}

BOOST_AUTO_TEST_CASE(the_mock_entra_believes_a_certificate_that_is_uploaded)
{
    tests::entra_office o;
    auto const pem = tests::make_certificate("Mail program");
    error_code ec;
    auto const at = oauth2::global_cloud().with_login("https://localhost:8443");
    auto const from = oauth2::authority::make(at, "woodgrove.example", ec);
    using how = oauth2::assertion_algorithm;
    for (how const algorithm : {how::ps256, how::rs256})
    {
        auto const c = oauth2::client_certificate::make(pem.chain, secret(pem.key), ec, algorithm);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        auto const answer = [&] {
            auto const assertion = c->assertion(o.w, o.app.app_id, from.token_endpoint().text(), ec);
            BOOST_TEST_REQUIRE(!ec, ec.message());
            return o
                .token({{"grant_type", "client_credentials"},
                        {"client_id", o.app.app_id},
                        {"scope", "https://outlook.office365.com/.default"},
                        {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                        {"client_assertion", std::string(assertion.reveal())}},
                       "woodgrove.example")
                .body;
        };
        o.app.certificates.clear();
        BOOST_TEST(answer().find("AADSTS700027") != std::string::npos);
        mock::client_certificate uploaded;
        uploaded.sha1 = hex_encode(base64url_decode(c->sha1_thumbprint()).value());
        uploaded.sha256 = c->sha256_thumbprint();
        uploaded.pem = pem.chain;
        uploaded.start = c->not_before();
        uploaded.end = c->not_after();
        o.app.certificates.push_back(uploaded);
        std::string const good = answer();
        BOOST_TEST(good.starts_with(R"({"token_type":"Bearer","expires_in":)"), good);
    }
}

BOOST_AUTO_TEST_SUITE_END()
