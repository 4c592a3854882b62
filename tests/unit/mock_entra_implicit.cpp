#include "../entra_office.hpp"

#include <openssl/evp.h>

#include <array>

// Tokens straight from the authorization endpoint. Documented: Microsoft Learn, implicit grant, OpenID Connect; OpenID
// Connect Core 1.0 sections 3.2 and 3.3.

BOOST_AUTO_TEST_SUITE(mock_entra_implicit)
namespace {

namespace json = boost::json;
using namespace outkit::tests;
using namespace outkit::mock;
namespace http = outkit::http;

std::string names(pairs const& p)
{
    std::string all;
    for (auto const& [name, value] : p)
        all += (all.empty() ? "" : " ") + name;
    return all;
}

// As OpenID Connect says it: the left half of the SHA-256 of what came along.
std::string half_hash(std::string const& of)
{
    std::array<unsigned char, 32> digest{};
    EVP_Digest(of.data(), of.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return outkit::detail::base64url_encode({reinterpret_cast<char const*>(digest.data()), 16});
}

struct office : entra_office
{
    office() { app.access_token_issuance = app.id_token_issuance = true; }

    http::response ask(std::string type, pairs changed = {}, std::string tenant = "common")
    {
        changed.insert(changed.begin(), {{"response_type", std::move(type)},
                                         {"nonce", "n-0S6"},
                                         {"scope", "openid profile email offline_access User.Read"},
                                         {"code_challenge", "-"},
                                         {"code_challenge_method", "-"}});
        return authorize(std::move(changed), std::move(tenant));
    }
    // The parameters of an answer that must stand behind the '#'.
    pairs fragment_of(http::response const& r)
    {
        std::string const location = header(r, "Location");
        BOOST_TEST((r.status == 302u || r.status == 303u), r.status << r.body);
        BOOST_TEST(location.starts_with("http://localhost:3000/oauth#"), location);
        BOOST_TEST(header(r, "Referrer-Policy") == "no-referrer");
        return parsed(location.substr(location.find('#') + 1));
    }
    void is_refused(http::response const& r, int code, std::string const& error, std::string const& text = {},
                    char mark = '#')
    {
        std::string const location = header(r, "Location");
        BOOST_TEST(location.starts_with(std::string("http://localhost:3000/oauth") + mark), location << r.body);
        pairs const p = redirect_parameters(r);
        BOOST_TEST(value_of(p, "error") == error);
        BOOST_TEST(value_of(p, "state") == "st&te 1");
        std::string const said = value_of(p, "error_description");
        BOOST_TEST(said.starts_with("AADSTS" + std::to_string(code) + ": " + text), said);
        for (char const* name : {"code", "id_token", "access_token"})
            BOOST_TEST(value_of(p, name) == "");
    }
    json::object claims_of(std::string const& token)
    {
        std::size_t const end = token.rfind('.');
        BOOST_TEST_REQUIRE(end != token.npos, token);
        BOOST_TEST(w.keys.verify_rs256(w.keys.kid(), token.substr(0, end),
                                       outkit::detail::base64url_decode(token.substr(end + 1)).value()));
        return payload_of(token);
    }
    http::response user_info(std::string const& bearer)
    {
        http::request r{.method = "GET", .target = "/oidc/userinfo", .headers = {{"Host", "localhost:8443"}}};
        r.headers.push_back({"Authorization", "Bearer " + bearer});
        return entra.answer(r);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_id_token_comes_in_the_fragment, office)
{
    pairs const p = fragment_of(go_through(ask("id_token")));
    BOOST_TEST(names(p) == "id_token state session_state");
    BOOST_TEST(value_of(p, "state") == "st&te 1");
    json::object const id = claims_of(value_of(p, "id_token"));
    BOOST_TEST(text_of(id, "aud") == app.app_id);
    BOOST_TEST(text_of(id, "iss") == "https://localhost:8443/" + home.id + "/v2.0");
    BOOST_TEST(text_of(id, "tid") == home.id);
    BOOST_TEST(text_of(id, "nonce") == "n-0S6");
    BOOST_TEST(text_of(id, "preferred_username") == "adele@woodgrove.example");
    BOOST_TEST(text_of(id, "ver") == "2.0");
    BOOST_TEST(!id.contains("c_hash"));
    BOOST_TEST(!id.contains("at_hash"));
    BOOST_TEST(w.journal.last()->answer == "redirect id_token for adele@woodgrove.example");
}

BOOST_FIXTURE_TEST_CASE(hybrid_binds_the_code_to_the_id_token, office)
{
    for (char const* type : {"code id_token", "id_token code"})
    {
        pairs const p =
            fragment_of(go_through(ask(type, {{"code_challenge", challenge}, {"code_challenge_method", "S256"}})));
        BOOST_TEST(names(p) == "code id_token state session_state");
        std::string const code = value_of(p, "code");
        json::object const id = claims_of(value_of(p, "id_token"));
        BOOST_TEST(text_of(id, "c_hash") == half_hash(code));
        BOOST_TEST(!id.contains("at_hash"));
        // The code is like any other; the ID token for it carries no hash (documented: Microsoft Learn, ID tokens).
        json::object const o = json_of(token(code_fields(code)));
        BOOST_TEST(text_of(o, "refresh_token") != "");
        json::object const second = claims_of(text_of(o, "id_token"));
        BOOST_TEST(!second.contains("c_hash"));
        BOOST_TEST(text_of(second, "nonce") == "n-0S6");
        BOOST_TEST(text_of(second, "sub") == text_of(id, "sub"));
    }
}

BOOST_FIXTURE_TEST_CASE(an_access_token_is_bound_to_the_id_token_that_comes_with_it, office)
{
    pairs const p = fragment_of(go_through(ask("id_token token")));
    BOOST_TEST(names(p) == "access_token token_type expires_in scope id_token state session_state");
    BOOST_TEST(value_of(p, "token_type") == "Bearer");
    BOOST_TEST(value_of(p, "expires_in") == "3599");
    BOOST_TEST(value_of(p, "scope") == "openid profile email https://graph.microsoft.com/User.Read");
    std::string const access = value_of(p, "access_token");
    json::object const id = claims_of(value_of(p, "id_token"));
    BOOST_TEST(text_of(id, "at_hash") == half_hash(access));
    BOOST_TEST(!id.contains("c_hash"));
    BOOST_TEST(text_of(payload_of(access), "appidacr") == "0");  // no credential was shown
    http::response const r = user_info(access);
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(text_of(json::parse(r.body).as_object(), "sub") == text_of(id, "sub"));
}

BOOST_FIXTURE_TEST_CASE(an_access_token_alone_needs_neither_openid_nor_nonce, office)
{
    pairs const p = fragment_of(go_through(ask("token", {{"scope", mail_scope}, {"nonce", "-"}})));
    BOOST_TEST(names(p) == "access_token token_type expires_in scope state session_state");
    BOOST_TEST(value_of(p, "scope") ==
               "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send");
    json::object const access = payload_of(value_of(p, "access_token"));
    BOOST_TEST(text_of(access, "aud") == "https://outlook.office.com");
    BOOST_TEST(text_of(access, "upn") == "adele@woodgrove.example");
}

BOOST_FIXTURE_TEST_CASE(a_personal_account_gets_an_opaque_one, office)
{
    pairs const p = fragment_of(go_through(ask("id_token token"), "robin@outlook.test"));
    std::string const access = value_of(p, "access_token");
    BOOST_TEST(access.starts_with("EwBMOCK"));
    BOOST_TEST(value_of(p, "expires_in") == "3600");
    json::object const id = claims_of(value_of(p, "id_token"));
    BOOST_TEST(text_of(id, "at_hash") == half_hash(access));
    BOOST_TEST(text_of(id, "tid") == std::string(consumers_tenant));
    BOOST_TEST(user_info(access).status == 200u);
}

BOOST_FIXTURE_TEST_CASE(a_guest_is_who_the_inviting_tenant_knows, office)
{
    w.directory.add_guest(w, home, olga);
    pairs const p = fragment_of(go_through(ask("id_token token", {}, "woodgrove.example"), "olga@fabrikam.example"));
    json::object const id = claims_of(value_of(p, "id_token"));
    BOOST_TEST(text_of(id, "tid") == home.id);
    BOOST_TEST(text_of(id, "oid") == home.guests.front().id);
    BOOST_TEST(text_of(id, "idp") == "https://sts.windows.net/" + other.id + "/");
    BOOST_TEST(text_of(payload_of(value_of(p, "access_token")), "oid") == home.guests.front().id);
}

BOOST_FIXTURE_TEST_CASE(a_form_carries_tokens_past_the_address_bar, office)
{
    http::response r = go_through(ask("code id_token"));  // consent, once
    r = ask("code id_token", {{"response_mode", "form_post"}});
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(header(r, "Location") == "");
    html_form const f = form_of(r.body);
    BOOST_TEST(f.action == callback);
    BOOST_TEST(names(f.fields) == "code id_token state session_state");
    BOOST_TEST(text_of(claims_of(value_of(f.fields, "id_token")), "c_hash") == half_hash(value_of(f.fields, "code")));
    // There is no form for an address that is none of the web's.
    app.redirect_uris.push_back({"msal00000000://auth", platform::public_client});
    std::string const location =
        header(ask("id_token", {{"response_mode", "form_post"}, {"redirect_uri", "msal00000000://auth"}}), "Location");
    BOOST_TEST(location.starts_with("msal00000000://auth#id_token="), location);
}

// RFC 6750 section 2.3: what stands in a query is written down on the way.
BOOST_FIXTURE_TEST_CASE(tokens_never_stand_in_the_query, office)
{
    for (char const* type : {"id_token", "code id_token", "id_token token", "token"})
        BOOST_TEST_CONTEXT(type)
    is_refused(ask(type, {{"response_mode", "query"}}), 70007, "invalid_request",
               "'query' is not a supported value of 'response_mode' when requesting a token.", '?');
    go_through(ask("code"));
    BOOST_TEST(header(ask("code"), "Location").starts_with("http://localhost:3000/oauth?code="));
}

BOOST_FIXTURE_TEST_CASE(each_switch_is_for_its_own_token, office)
{
    struct row
    {
        char const* type;
        int without_access_tokens, without_id_tokens, without_both;  // 0: answered
    };
    go_through(ask("code"));
    for (auto const& [type, without_access, without_id, without_both] :
         {row{"code", 0, 0, 0}, row{"id_token", 0, 700054, 700054}, row{"code id_token", 0, 700054, 700054},
          row{"token", 700051, 0, 700051}, row{"id_token token", 700051, 700054, 700051}})
        for (bool const access_tokens : {true, false})
            for (bool const id_tokens : {true, false})
                BOOST_TEST_CONTEXT(type << access_tokens << id_tokens)
                {
                    app.access_token_issuance = access_tokens;
                    app.id_token_issuance = id_tokens;
                    int const wanted = access_tokens ? (id_tokens ? 0 : without_id)
                                       : id_tokens   ? without_access
                                                     : without_both;
                    http::response const r = ask(type);
                    if (wanted != 0)
                        is_refused(r, wanted, "unsupported_response_type");
                    else
                        BOOST_TEST(value_of(redirect_parameters(r), "error") == "", header(r, "Location"));
                }
}

BOOST_FIXTURE_TEST_CASE(an_id_token_needs_a_nonce_and_openid, office)
{
    is_refused(ask("id_token", {{"nonce", "-"}}), 900144, "invalid_request",
               "The request body must contain the following parameter: 'nonce'.");
    is_refused(ask("code id_token", {{"nonce", ""}}), 900144, "invalid_request");
    is_refused(ask("id_token", {{"scope", "User.Read"}}), 70005, "unsupported_response_type");
}

// Observed: AzureAD/microsoft-authentication-library-for-js#523.
BOOST_FIXTURE_TEST_CASE(one_access_token_is_for_one_resource, office)
{
    std::string const two = "openid https://outlook.office.com/SMTP.Send User.Read";
    is_refused(ask("token", {{"scope", two}}), 700022, "invalid_request",
               "The provided value for the input parameter 'scope' is not valid because it contains more than one "
               "resource. Scope " +
                   two + " is not valid.");
    BOOST_TEST(value_of(fragment_of(go_through(ask("code id_token", {{"scope", two}}))), "id_token") != "");
}

BOOST_FIXTURE_TEST_CASE(renewed_without_a_page, office)
{
    is_refused(ask("id_token", {{"prompt", "none"}}), 50058, "login_required");
    go_through(ask("id_token"));
    pairs const p = fragment_of(ask("id_token token", {{"prompt", "none"}, {"nonce", "n-2"}}));
    BOOST_TEST(text_of(claims_of(value_of(p, "id_token")), "nonce") == "n-2");
    w.directory.revoke(app.app_id, home.id, adele.id);
    is_refused(ask("token", {{"prompt", "none"}}), 65001, "interaction_required");
}

// RFC 9700 section 2.1.2 leaves no access token at this endpoint; PKCE is about the code.
BOOST_FIXTURE_TEST_CASE(a_strict_authority_gives_no_access_token_here, office)
{
    w.policy.service.strict_oauth = true;
    is_refused(ask("token"), 700051, "unsupported_response_type");
    is_refused(ask("code id_token"), 900144, "invalid_request",
               "The request body must contain the following parameter: 'code_challenge'.");
    BOOST_TEST(value_of(fragment_of(go_through(ask("id_token"))), "id_token") != "");
}

BOOST_FIXTURE_TEST_CASE(v1_makes_tokens_of_its_own_shape, office)
{
    application_request asked;
    app.permissions = asked.permissions;  // User.Read of Graph
    http::response const r =
        go_through(ie.get("/woodgrove.example/oauth2/authorize?" + form({{"client_id", app.app_id},
                                                                         {"response_type", "token id_token"},
                                                                         {"redirect_uri", callback},
                                                                         {"resource", "https://graph.microsoft.com"},
                                                                         {"nonce", "n-1"}})));
    pairs const p = fragment_of(r);
    json::object const id = claims_of(value_of(p, "id_token"));
    BOOST_TEST(text_of(id, "ver") == "1.0");
    BOOST_TEST(text_of(id, "iss") == "https://sts.windows.net/" + home.id + "/");
    BOOST_TEST(text_of(id, "at_hash") == half_hash(value_of(p, "access_token")));
    BOOST_TEST(value_of(p, "scope") == "openid profile email User.Read");
}

BOOST_AUTO_TEST_SUITE_END()
