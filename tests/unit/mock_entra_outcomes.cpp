#include "../entra_office.hpp"
#include "../support.hpp"

#include <outkit/mock/aadsts.hpp>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

// Every AADSTS number that a change of the world or of a request produces, and what the very same way leads to without
// that change. docs/aadsts.md is written from what happens here.

BOOST_AUTO_TEST_SUITE(mock_entra_outcomes)
namespace {

namespace json = boost::json;
using namespace outkit::tests;
using namespace outkit::mock;
using namespace std::chrono_literals;
namespace http = outkit::http;

constexpr std::chrono::hours day{24};
constexpr char both[] = "offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
                        "https://graph.microsoft.com/User.Read";

// A certificate of the application's, made once.
struct app_certificate
{
    certificate const& made = test_certificate();
    EVP_PKEY* key = nullptr;
    client_certificate listed;

    app_certificate()
    {
        BIO* bio = BIO_new_mem_buf(made.key.data(), int(made.key.size()));
        key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
        BIO_free(bio);
        bio = BIO_new_mem_buf(made.chain.data(), int(made.chain.size()));
        X509* const x = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
        BIO_free(bio);
        std::string digest(EVP_MAX_MD_SIZE, '\0');
        unsigned n = 0;
        X509_digest(x, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), &n);
        X509_free(x);
        listed.sha256 = outkit::detail::base64url_encode(digest.substr(0, n));
        listed.pem = made.chain;
    }
    ~app_certificate() { EVP_PKEY_free(key); }
    app_certificate(app_certificate const&) = delete;

    std::string sign(json::object const& header, json::object const& payload) const
    {
        std::string const input = outkit::detail::base64url_encode(json::serialize(header)) + "." +
                                  outkit::detail::base64url_encode(json::serialize(payload));
        EVP_MD_CTX* const md = EVP_MD_CTX_new();
        EVP_DigestSignInit(md, nullptr, EVP_sha256(), nullptr, key);
        std::string signature(256, '\0');
        std::size_t n = signature.size();
        EVP_DigestSign(md, reinterpret_cast<unsigned char*>(signature.data()), &n,
                       reinterpret_cast<unsigned char const*>(input.data()), input.size());
        EVP_MD_CTX_free(md);
        return input + "." + outkit::detail::base64url_encode(signature);
    }
    static app_certificate const& instance()
    {
        static app_certificate const one;
        return one;
    }
};

struct scene : entra_office
{
    scene()
    {
        ie = browser([this](http::request const& q) {
            http::request with = q;
            with.headers.insert(with.headers.end(), proxy.begin(), proxy.end());
            return entra.answer(with);
        });
    }

    http::fields proxy;    // what a company's proxy adds to each request
    pairs request;         // changes to the authorization request
    pairs fields, again;   // changes to the token request, and what it says a second time
    http::fields headers;  // of the token request
    std::string tenant = "woodgrove.example", token_tenant;
    std::string login = "adele@woodgrove.example", password = "correct horse", old_password = "correct horse",
                new_password = "battery staple";
    std::string press;  // on a page with that button, instead of the first one
    std::string code_or_token;
    bool second_app = false;
    int times = 1;
    std::function<void(scene&)> between = [](scene&) {};  // once the first half is done
    std::function<void(json::object& header, json::object& payload)> forge = [](json::object&, json::object&) {};
    std::string assertion;

    std::string at_token() const { return token_tenant.empty() ? tenant : token_tenant; }

    http::response walk(http::response r)
    {
        for (int pages = 0; r.status == 200u && pages != 9; ++pages)
        {
            if (r.body.find("<form") == r.body.npos)
                return r;
            html_form const f = form_of(r.body);
            bool const stuck = r.body.find("AADSTS") != r.body.npos;
            if (f.asks_for("newpasswd") && !new_password.empty())
            {
                std::string const next = std::exchange(new_password, {});
                r = ie.submit(r, {{"oldpasswd", old_password}, {"newpasswd", next}, {"confirmpasswd", next}});
                continue;
            }
            if (stuck)
                return r;
            bool const special = !press.empty() && std::any_of(f.buttons.begin(), f.buttons.end(),
                                                               [&](auto const& b) { return b.second == press; });
            r = f.asks_for("passwd")     ? ie.submit(r, {{"passwd", password}})
                : f.asks_for("loginfmt") ? ie.submit(r, {{"loginfmt", login}})
                : f.asks_for("otc")      ? ie.submit(r, {{"otc", code_or_token}})
                                         : ie.submit(r, {}, special ? press : "");
        }
        return r;
    }
    http::response start(pairs more = {}, std::string at = {})
    {
        pairs changed = request;
        changed.insert(changed.end(), more.begin(), more.end());
        return authorize(std::move(changed), at.empty() ? tenant : std::move(at));
    }
    http::response post(std::string target, pairs const& with, std::string method = "POST")
    {
        http::request r{.method = std::move(method), .target = std::move(target), .headers = headers};
        r.headers.insert(r.headers.end(), proxy.begin(), proxy.end());
        r.headers.push_back({"Host", "localhost:8443"});
        r.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        r.body = form(with);
        return entra.answer(r);
    }
    pairs changed(pairs p) const
    {
        for (auto const& [name, value] : fields)
        {
            std::erase_if(p, [&, n = name](auto const& f) { return f.first == n; });
            if (value != "-")
                p.emplace_back(name, value);
        }
        return p;
    }
    http::response ask_token(pairs p)
    {
        p = changed(std::move(p));
        p.insert(p.end(), again.begin(), again.end());
        return post("/" + at_token() + "/oauth2/v2.0/token", p);
    }
    std::string got_code() { return value_of(redirect_parameters(walk(start())), "code"); }
    void as_public_client()
    {
        app.redirect_uris.front().type = platform::public_client;
        fields.emplace_back("client_secret", "-");
    }
    void conditions(conditional_access c) { w.policy.edit_tenant(home.id).conditional_access = c; }
    tenant_policy& policy() { return w.policy.edit_tenant(home.id); }
};

// The ways to a token, each as somebody goes it who makes no mistake.

http::response sign_in(scene& s) { return s.walk(s.start()); }

// Signs in, and then once more without a page.
http::response silently(scene& s)
{
    s.walk(s.authorize({}, s.login.ends_with("woodgrove.example") ? "woodgrove.example" : "common"));
    s.between(s);
    return s.start({{"prompt", "none"}});
}

// The first page, and then its form.
http::response first_form(scene& s)
{
    http::response const page = s.start();
    s.between(s);
    html_form f = form_of(page.body);
    return s.ie.post(f.action, {{"flowToken", value_of(f.fields, "flowToken")}, {"loginfmt", s.login}});
}

http::response redeem(scene& s)
{
    s.code_or_token = s.got_code();
    s.between(s);
    return s.ask_token(s.code_fields(s.code_or_token));
}

http::response refresh(scene& s)
{
    std::string const code = s.got_code();
    json::object const o = json_of(s.ask_token(s.code_fields(code)));
    s.code_or_token = text_of(o, "refresh_token");
    s.between(s);
    http::response r;
    for (int i = 0; i != s.times; ++i)
        r = s.ask_token({{"client_id", s.app.app_id},
                         {"grant_type", "refresh_token"},
                         {"refresh_token", s.code_or_token},
                         {"client_secret", s.secret}});
    return r;
}

http::response app_only(scene& s)
{
    return s.ask_token({{"client_id", s.app.app_id},
                        {"grant_type", "client_credentials"},
                        {"scope", "https://outlook.office365.com/.default"},
                        {"client_secret", s.secret}});
}

// App-only with a certificate, or with somebody else's token.
http::response by_assertion(scene& s)
{
    app_certificate const& c = app_certificate::instance();
    if (s.app.certificates.empty())
    {
        s.app.certificates.push_back(c.listed);
        s.app.certificates.back().start = s.w.date() - 1h;
        s.app.certificates.back().end = s.w.date() + 30 * day;
    }
    std::int64_t const now = unix_time(s.w);
    json::object header{{"alg", "RS256"}, {"x5t#S256", c.listed.sha256}};
    json::object payload{{"aud", "https://localhost:8443/woodgrove.example/oauth2/v2.0/token"},
                         {"iss", s.app.app_id},
                         {"sub", s.app.app_id},
                         {"nbf", now},
                         {"exp", now + 600}};
    s.forge(header, payload);
    s.fields.insert(s.fields.begin(),
                    {{"client_secret", "-"},
                     {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                     {"client_assertion", s.assertion.empty() ? c.sign(header, payload) : s.assertion}});
    s.between(s);
    return app_only(s);
}

// The same for an application that trusts somebody else's tokens.
http::response federated(scene& s)
{
    if (s.app.federated_credentials.empty())
        s.app.federated_credentials.push_back({.name = "pipeline",
                                               .issuer = "https://ci.example",
                                               .subject = "repo:mail",
                                               .pem = app_certificate::instance().listed.pem});
    auto const forge_more = s.forge;
    s.forge = [forge_more](json::object& header, json::object& payload) {
        header = {{"alg", "RS256"}, {"kid", "1"}};
        payload["iss"] = "https://ci.example";
        payload["sub"] = "repo:mail";
        payload["aud"] = "api://AzureADTokenExchange";
        forge_more(header, payload);
    };
    return by_assertion(s);
}

http::response by_password(scene& s)
{
    s.app.allow_public_client = true;
    s.w.directory.grant_all(s.w, s.app, s.home.id);
    return s.ask_token({{"client_id", s.app.app_id},
                        {"grant_type", "password"},
                        {"username", s.login},
                        {"password", s.password},
                        {"scope", "https://graph.microsoft.com/User.Read"}});
}

json::object device_request(scene& s)
{
    s.app.allow_public_client = true;
    json::object const o = json_of(s.post("/" + s.tenant + "/oauth2/v2.0/devicecode",
                                          {{"client_id", s.app.app_id}, {"scope", entra_office::mail_scope}}));
    s.code_or_token = text_of(o, "user_code");
    return o;
}

// Types the device's code, signs in, and has the device ask.
http::response device(scene& s)
{
    json::object const o = device_request(s);
    if (s.press != "nothing")
        s.walk(s.ie.get("/common/oauth2/deviceauth"));
    s.between(s);
    http::response r;
    for (int i = 0; i != s.times; ++i)
        r = s.ask_token({{"client_id", s.app.app_id},
                         {"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                         {"device_code", text_of(o, "device_code")}});
    return r;
}

// The page where the code is typed, as far as the sign-in.
http::response device_page(scene& s)
{
    device_request(s);
    s.between(s);
    return s.ie.submit(s.ie.get("/common/oauth2/deviceauth"), {{"otc", s.code_or_token}});
}

http::response sign_in_v1(scene& s)
{
    pairs changed = s.request;
    changed.emplace_back("scope", "-");
    if (value_of(changed, "resource").empty())
        changed.emplace_back("resource", "https://graph.microsoft.com");
    return s.walk(s.ie.get("/" + s.tenant + "/oauth2/authorize?" + form(s.authorize_fields(std::move(changed)))));
}

http::response admin_consent(scene& s)
{
    s.login = "admin@woodgrove.example";
    return s.walk(s.ie.get("/" + s.tenant + "/v2.0/adminconsent?" +
                           form({{"client_id", s.app.app_id},
                                 {"redirect_uri", entra_office::callback},
                                 {"scope", "https://graph.microsoft.com/User.Read"}})));
}

http::response instance_discovery(scene& s)
{
    pairs p{{"api-version", "1.1"}, {"authorization_endpoint", "https://login.microsoftonline.com/common/oauth2/x"}};
    return s.ie.get("/common/discovery/instance?" + form(s.changed(std::move(p))));
}

struct row
{
    int code;
    char const* what;  // as a reader of docs/aadsts.md wants to know it
    http::response (*way)(scene&);
    void (*change)(scene&);
    void (*given)(scene&) = nullptr;  // holds with and without the change
};

void guest_olga(scene& s)
{
    s.w.directory.add_guest(s.w, s.home, s.olga);
    s.login = "olga@fabrikam.example";
}
// The application may have tokens straight from sign-in, and asks for them.
void id_tokens(scene& s)
{
    s.app.id_token_issuance = true;
    s.request = {{"response_type", "id_token"}, {"nonce", "n-1"}};
}
void access_tokens(scene& s)
{
    s.app.access_token_issuance = true;
    s.request = {{"response_type", "token"}};
}

void second_factor(scene& s) { s.conditions(conditional_access::mfa); }
void spa(scene& s)
{
    s.app.redirect_uris.front().type = platform::spa;
    s.fields.emplace_back("client_secret", "-");
    s.headers.push_back({"Origin", "http://localhost:3000"});
}

using S = scene;
using ca = conditional_access;

row const rows[] = {
    {16000, "`prompt=none` on a tenant's authority, and the browser's only account is of another one", silently,
     [](S& s) { s.login = "olga@fabrikam.example"; }},
    {28000, "a code redeemed with scopes of two resources", redeem,
     [](S& s) { s.fields.emplace_back("scope", both); }, [](S& s) { s.request.emplace_back("scope", both); s.fields.emplace_back("scope", "User.Read"); }},
    {28003, "a code for two resources redeemed without a scope", redeem,
     [](S& s) { s.request.emplace_back("scope", both); }},
    {50001, "v1: a resource that does not exist", sign_in_v1,
     [](S& s) { s.request.emplace_back("resource", "https://nowhere.example"); }},
    {50005, "Conditional Access: `device-platform`", sign_in, [](S& s) { s.conditions(ca::device_platform); }},
    {50011, "a redirect URI that is not registered", sign_in,
     [](S& s) { s.request.emplace_back("redirect_uri", "http://localhost:3000/oauth/"); }},
    {50012, "a federated assertion signed by somebody else", federated,
     [](S& s) { s.between = [](S& t) {
          auto& text = std::find_if(t.fields.begin(), t.fields.end(), [](auto const& f) { return f.first == "client_assertion"; })->second;
          text[text.size() - 20] = text[text.size() - 20] == 'A' ? 'B' : 'A'; }; }},
    {50014, "a guest who has not accepted the invitation", sign_in,
     [](S& s) { s.home.guests.front().accepted = false; }, guest_olga},
    {50020, "an account of another tenant that is no guest", sign_in, [](S& s) { s.home.guests.clear(); }, guest_olga},
    {50027, "a client assertion that is no JWT", by_assertion, [](S& s) { s.assertion = "nonsense"; }},
    {50034, "a user name that does not exist", sign_in, [](S& s) { s.login = "nobody@woodgrove.example"; }},
    {50049, "instance discovery for a host that is not Microsoft's", instance_discovery,
     [](S& s) { s.fields.emplace_back("authorization_endpoint", "https://evil.test/common/oauth2/v2.0/authorize"); }},
    {50050, "instance discovery without `authorization_endpoint`", instance_discovery,
     [](S& s) { s.fields.emplace_back("authorization_endpoint", "-"); }},
    {50053, "user `locked`", sign_in, [](S& s) { s.adele.locked = true; }},
    {50055, "user `must_change_password`, and the person stops at the page for it", sign_in,
     [](S& s) { s.adele.must_change_password = true; }, [](S& s) { s.new_password.clear(); }},
    {50056, "user without a password", sign_in, [](S& s) { s.adele.password.clear(); }},
    {50057, "user not `enabled`", sign_in, [](S& s) { s.adele.enabled = false; }},
    {50058, "`prompt=none` in a browser without sign-ins", silently,
     [](S& s) { s.between = [](S& t) { t.ie.jar().clear(); }; }},
    {50059, "client credentials at `common`", app_only, [](S& s) { s.tenant = "common"; }},
    {50076, "Conditional Access: `mfa`, since the sign-in", refresh,
     [](S& s) { s.between = second_factor; }},
    {50078, "`tenant.mfa_lifetime` is over", refresh,
     [](S& s) { s.between = [](S& t) { t.w.advance(12h); }; },
     [](S& s) { second_factor(s); s.policy().mfa_lifetime = 12; }},
    {50079, "Conditional Access: `mfa`, since the sign-in, and user not `mfa_registered`", refresh,
     [](S& s) {
         s.between = [](S& t) {
             second_factor(t);
             t.adele.mfa_registered = false;
         };
     }},
    {50089, "a sign-in page older than an hour", first_form, [](S& s) { s.between = [](S& t) { t.w.advance(61min); }; }},
    {50097, "Conditional Access: `device-authentication`", sign_in,
     [](S& s) { s.conditions(ca::device_authentication); }},
    {50105, "enterprise application with `assignment_required`, and the user is not assigned", sign_in,
     [](S& s) { s.w.directory.find_service_principal(s.app.app_id, s.home.id)->assigned_users.clear(); },
     [](S& s) {
         auto& sp = *s.w.directory.find_service_principal(s.app.app_id, s.home.id);
         sp.assignment_required = true;
         sp.assigned_users = {s.adele.id};
     }},
    {50117, "`claims` cut off", redeem, [](S& s) { s.fields.emplace_back("claims", "{\"access_token\":{"); },
     [](S& s) { s.fields.emplace_back("claims", "{\"access_token\":{}}"); }},
    {50126, "a wrong password", sign_in, [](S& s) { s.password = "wrong"; }},
    {50128, "a user name at `organizations` whose domain is no tenant's", sign_in,
     [](S& s) { s.login = "adele@nowhere.example"; }, [](S& s) { s.tenant = "organizations"; }},
    {50129, "Conditional Access: `registered-device`", sign_in, [](S& s) { s.conditions(ca::registered_device); }},
    {50133, "`prompt=none`, and the password has changed since the sign-in", silently,
     [](S& s) {
         s.between = [](S& t) {
             t.w.advance(1min);
             t.w.directory.change_password(t.w, t.adele, "battery staple");
         };
     }},
    {50135, "user with `risk` compromised, and the person stops at the page for a new password", sign_in,
     [](S& s) { s.adele.risk = user_risk::compromised; }, [](S& s) { s.new_password.clear(); }},
    {50144, "user `on_premises` with `password_expired`", sign_in, [](S& s) { s.adele.password_expired = true; },
     [](S& s) { s.adele.on_premises = true; }},
    {50147, "a plain code challenge that is too short", sign_in,
     [](S& s) { s.request.emplace_back("code_challenge", "abc"); },
     [](S& s) { s.request.emplace_back("code_challenge_method", "plain"); }},
    {50149, "an unknown `code_challenge_method`", sign_in,
     [](S& s) { s.request.emplace_back("code_challenge_method", "S512"); }},
    {50158, "Conditional Access: `external-challenge`", sign_in, [](S& s) { s.conditions(ca::external_challenge); }},
    {50173, "the password has changed since the sign-in", refresh,
     [](S& s) {
         s.between = [](S& t) {
             t.w.advance(1min);
             t.w.directory.change_password(t.w, t.adele, "battery staple");
         };
     }},
    {50194, "application of account type `AzureADMyOrg` at `common`", sign_in,
     [](S& s) { s.app.audience = sign_in_audience::my_org; }, [](S& s) { s.tenant = "common"; }},
    {50196, "the same refresh five times within `service.loop_limit`", refresh,
     [](S& s) { s.w.policy.service.loop_limit = 4; }, [](S& s) { s.times = 5; }},
    {53000, "Conditional Access: `compliant-device`", sign_in, [](S& s) { s.conditions(ca::compliant_device); }},
    {53001, "Conditional Access: `joined-device`", sign_in, [](S& s) { s.conditions(ca::joined_device); }},
    {53002, "Conditional Access: `approved-app`", sign_in, [](S& s) { s.conditions(ca::approved_app); }},
    {53003, "Conditional Access: `blocked`, since the sign-in", refresh,
     [](S& s) { s.between = [](S& t) { t.conditions(ca::blocked); }; }},
    {53004, "user with `risk` sign-in who would have to set up a second factor", sign_in,
     [](S& s) { s.adele.risk = user_risk::sign_in; }, [](S& s) { s.conditions(ca::mfa_registration); }},
    {53011, "a guest with `risk` blocked", sign_in, [](S& s) { s.olga.risk = user_risk::blocked; }, guest_olga},
    {54000, "user `minor`", sign_in, [](S& s) { s.adele.minor = true; }},
    {54005, "a code redeemed twice", redeem,
     [](S& s) { s.between = [](S& t) { t.ask_token(t.code_fields(t.code_or_token)); }; }},
    {65001, "consent withdrawn since the sign-in", refresh,
     [](S& s) { s.between = [](S& t) { t.w.directory.revoke(t.app.app_id, t.home.id, t.adele.id); }; }},
    {65004, "the person presses Cancel on the consent page", sign_in, [](S& s) { s.press = "decline"; }},
    {65006, "a permission's id listed under the wrong resource", sign_in,
     [](S& s) {
         s.app.permissions.push_back({std::string(exchange_app_id), "652390e4-393a-48de-9484-05f9b1212954"});
     }},
    {70000, "a refresh token used by another application", refresh,
     [](S& s) {
         s.between = [](S& t) {
             application& second = t.add_app(sign_in_audience::orgs_and_personal);
             t.fields = {{"client_id", second.app_id}, {"client_secret", t.add_secret(second)}};
         };
     }},
    {70003, "a grant type that does not exist", redeem, [](S& s) { s.fields.emplace_back("grant_type", "refreshtoken"); }},
    {70005, "`response_type=id_token` without the scope `openid`", sign_in,
     [](S& s) { s.request.emplace_back("scope", "https://outlook.office.com/IMAP.AccessAsUser.All"); }, id_tokens},
    {70007, "an unknown `response_mode`", sign_in, [](S& s) { s.request.emplace_back("response_mode", "smoke"); }},
    {70008, "a code older than ten minutes", redeem, [](S& s) { s.between = [](S& t) { t.w.advance(10min); }; }},
    {70011, "scopes parted by commas", redeem, [](S& s) { s.fields.emplace_back("scope", "openid,profile"); }},
    {70016, "a device code that nobody has typed yet", device, [](S& s) { s.press = "nothing"; }},
    {70018, "a code on the device page that no device shows", device_page,
     [](S& s) { s.between = [](S& t) { t.code_or_token = "NOTACODE1"; }; }},
    {70019, "a device code used twice", device, [](S& s) { s.times = 2; }},
    {70020, "a device code older than 15 minutes", device, [](S& s) { s.between = [](S& t) { t.w.advance(15min); }; }},
    {70021, "somebody else's token, and the application has no `federated_credentials`", by_assertion,
     [](S& s) {
         s.forge = [](json::object& header, json::object& payload) {
             header.erase("x5t#S256");
             payload["iss"] = "https://ci.example";
         };
     }},
    {70043, "`tenant.sign_in_frequency` is over", refresh, [](S& s) { s.between = [](S& t) { t.w.advance(4h); }; },
     [](S& s) { s.policy().sign_in_frequency = 4; }},
    {70044, "`prompt=none`, and `tenant.sign_in_frequency` is over", silently,
     [](S& s) { s.between = [](S& t) { t.w.advance(4h); }; }, [](S& s) { s.policy().sign_in_frequency = 4; }},
    {90002, "a tenant that does not exist", sign_in, [](S& s) { s.tenant = "nobody.example"; }},
    {90005, "`sid` and `login_hint` together", sign_in,
     [](S& s) { s.request.emplace_back("sid", "00000000-0000-4000-8000-000000000099"); },
     [](S& s) { s.request.emplace_back("login_hint", "adele@woodgrove.example"); }},
    {90015, "an authorization request of more than 8 KiB", sign_in,
     [](S& s) { s.request.emplace_back("state", std::string(8192, 's')); }},
    {90022, "password grant: a user name that is no address", by_password, [](S& s) { s.login = "adele"; },
     [](S& s) { s.policy().password_grant = true; }},
    {90027, "v1 at `consumers`", sign_in_v1, [](S& s) { s.tenant = "consumers"; }, [](S& s) { s.tenant = "common"; }},
    {90038, "tenant with a `cloud` of its own", sign_in, [](S& s) { s.home.cloud = "MicrosoftOnline.US"; }},
    {90055, "more than `tenant.token_requests_per_minute`", refresh,
     [](S& s) { s.policy().token_requests_per_minute = 4; }, [](S& s) { s.times = 5; }},
    {90094, "`tenant.user_consent` disabled", sign_in,
     [](S& s) { s.policy().user_consent = user_consent::disabled; }},
    {90095, "`tenant.user_consent` disabled, with `tenant.admin_consent_requests`", sign_in,
     [](S& s) { s.policy().user_consent = user_consent::disabled; },
     [](S& s) { s.policy().admin_consent_requests = true; }},
    {90100, "an unknown `prompt`", sign_in, [](S& s) { s.request.emplace_back("prompt", "nonsense"); }},
    {90102, "a redirect URI without a scheme", sign_in,
     [](S& s) { s.request.emplace_back("redirect_uri", "//localhost/oauth"); }},
    {90119, "an empty code on the device page", device_page,
     [](S& s) { s.between = [](S& t) { t.code_or_token = " "; }; }},
    {90120, "a code on the device page that has been used", device_page,
     [](S& s) { s.between = [](S& t) { t.walk(t.ie.get("/common/oauth2/deviceauth")); }; }},
    {90130, "admin consent at `common`", admin_consent, [](S& s) { s.tenant = "common"; }},
    {120000, "a new password is due, and the old one is typed wrong", sign_in,
     [](S& s) { s.old_password = "wrong"; },
     [](S& s) { s.adele.must_change_password = true; }},
    {120002, "a new password is due, and the one chosen is short", sign_in, [](S& s) { s.new_password = "short"; },
     [](S& s) { s.adele.must_change_password = true; }},
    {120003, "a new password is due, and the one chosen has the user's name in it", sign_in,
     [](S& s) { s.new_password = "adele's password"; }, [](S& s) { s.adele.must_change_password = true; }},
    {160021, "`prompt=none` with a `sid` that is not the browser's", silently,
     [](S& s) { s.request.emplace_back("sid", "00000000-0000-4000-8000-000000000099"); }},
    {165000, "a sign-in form from a browser without its cookie", first_form,
     [](S& s) { s.between = [](S& t) { t.ie.jar().clear(); }; }},
    {500011, "a scope of a resource that does not exist", sign_in,
     [](S& s) { s.request.emplace_back("scope", "https://outlook.nowhere.example/IMAP.AccessAsUser.All"); }},
    {500014, "Exchange Online in the tenant's `resources` is not `enabled`", sign_in,
     [](S& s) { s.home.resources.push_back({.app_id = std::string(exchange_app_id), .enabled = false}); }},
    {500021, "a proxy that sends `Restrict-Access-To-Tenants` without this tenant", sign_in,
     [](S& s) { s.proxy = {{"Restrict-Access-To-Tenants", "fabrikam.example"}}; },
     [](S& s) { s.proxy = {{"Restrict-Access-To-Tenants", "fabrikam.example, woodgrove.example"}}; }},
    {500022, "a proxy that sends `sec-Restrict-Tenant-Access-Policy` of another tenant", sign_in,
     [](S& s) { s.proxy = {{"sec-Restrict-Tenant-Access-Policy", s.other.id + ":policy"}}; },
     [](S& s) { s.proxy = {{"sec-Restrict-Tenant-Access-Policy", s.home.id + ":policy"}}; }},
    {500112, "a code redeemed with another redirect URI", redeem,
     [](S& s) { s.fields.emplace_back("redirect_uri", "http://localhost:3001/oauth"); }},
    {500113, "an application without redirect URIs", sign_in, [](S& s) { s.app.redirect_uris.clear(); }},
    {500121, "the person denies the second factor", sign_in, [](S& s) { s.press = "deny"; }, second_factor},
    {500201, "v1 with a personal account", sign_in_v1, [](S& s) { s.login = "robin@outlook.test"; },
     [](S& s) { s.tenant = "common"; }},
    {500208, "a personal account at `organizations`", sign_in, [](S& s) { s.login = "robin@outlook.test"; },
     [](S& s) { s.tenant = "organizations"; }},
    {500212, "a guest whose home tenant has `tenant.outbound_access` off", sign_in,
     [](S& s) { s.w.policy.edit_tenant(s.other.id).outbound_access = false; }, guest_olga},
    {500213, "a guest, and `tenant.inbound_access` off", sign_in, [](S& s) { s.policy().inbound_access = false; },
     guest_olga},
    {501051, "Exchange Online in the tenant's `resources` has `assignment_required`, and the application no role", app_only,
     [](S& s) { s.home.resources.push_back({.app_id = std::string(exchange_app_id), .assignment_required = true}); }},
    {501481, "a code redeemed with another verifier", redeem,
     [](S& s) { s.fields.emplace_back("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"); }},
    {501491, "a S256 code challenge of a wrong length", sign_in,
     [](S& s) { s.request.emplace_back("code_challenge", "abc"); }},
    {530003, "Conditional Access: `managed-device`", sign_in, [](S& s) { s.conditions(ca::managed_device); }},
    {530032, "password grant, and `tenant.password_grant` off", by_password,
     [](S& s) { s.policy().password_grant = false; }, [](S& s) { s.policy().password_grant = true; }},
    {530035, "password grant, and `tenant.security_defaults` on", by_password,
     [](S& s) { s.policy().security_defaults = true; }, [](S& s) { s.policy().password_grant = true; }},
    {650052, "a tenant without `exchange`", sign_in, [](S& s) { s.home.has_exchange = false; }},
    {650053, "a scope that the resource does not have", sign_in,
     [](S& s) { s.request.emplace_back("scope", "https://outlook.office.com/IMAP.All"); }},
    {650054, "a permission listed of a resource that does not exist", sign_in,
     [](S& s) {
         s.app.permissions.push_back({"00000000-0000-4000-8000-00000000dead", "652390e4-393a-48de-9484-05f9b1212954"});
     }},
    {650056, "`.default` of a resource that the registration lists nothing of", sign_in,
     [](S& s) { s.app.permissions = application_request::default_permissions(); },
     [](S& s) {
         s.app.permissions.push_back({std::string(graph_app_id), "652390e4-393a-48de-9484-05f9b1212954"});
         s.request.emplace_back("scope", "https://outlook.office.com/.default");
     }},
    {650057, "v1: a resource that the registration lists nothing of", sign_in_v1,
     [](S& s) { s.request.emplace_back("resource", "https://outlook.office365.com"); }},
    {700005, "a code redeemed at another authority", redeem, [](S& s) { s.token_tenant = "organizations"; }},
    {700016, "a client id that does not exist", sign_in,
     [](S& s) { s.request.emplace_back("client_id", "00000000-0000-4000-8000-00000000dead"); }},
    {700021, "a client assertion with another `sub`", by_assertion,
     [](S& s) { s.forge = [](json::object&, json::object& payload) { payload["sub"] = "other"; }; }},
    {700022, "`response_type=token` for two resources", sign_in,
     [](S& s) { s.request.emplace_back("scope", both); }, access_tokens},
    {700023, "a client assertion with another `aud`", by_assertion,
     [](S& s) { s.forge = [](json::object&, json::object& payload) { payload["aud"] = "https://evil.test/"; }; }},
    {700024, "a client assertion that has expired", by_assertion,
     [](S& s) { s.between = [](S& t) { t.w.advance(16min); }; }},
    {700025, "a secret sent by a public client", redeem,
     [](S& s) { s.between = [](S& t) { t.fields = {{"client_secret", t.secret}}; }; },
     [](S& s) { s.as_public_client(); }},
    {700027, "a certificate that is not the application's", by_assertion,
     [](S& s) { s.between = [](S& t) { t.app.certificates.clear(); }; }},
    {700038, "a client id of zeros", sign_in,
     [](S& s) { s.request.emplace_back("client_id", "00000000-0000-0000-0000-000000000000"); }},
    {700051, "`response_type=token`, and `access_token_issuance` off", sign_in,
     [](S& s) { s.app.access_token_issuance = false; }, access_tokens},
    {700054, "`response_type=id_token`, and `id_token_issuance` off", sign_in,
     [](S& s) { s.app.id_token_issuance = false; }, id_tokens},
    {700081, "`tenant.refresh_token_lifetime` is over", refresh,
     [](S& s) { s.between = [](S& t) { t.w.advance(30 * day); }; },
     [](S& s) { s.policy().refresh_token_lifetime = 30; }},
    {700082, "a refresh token not used for 90 days", refresh,
     [](S& s) { s.between = [](S& t) { t.w.advance(90 * day); }; }},
    {700084, "a refresh token of a single-page application, a day later", refresh,
     [](S& s) { s.between = [](S& t) { t.w.advance(day); }; }, spa},
    {700211, "somebody else's token: its `iss` is in no `federated_credentials`", federated,
     [](S& s) { s.forge = [](json::object&, json::object& payload) { payload["iss"] = "https://other.example"; }; }},
    {700212, "somebody else's token: its `aud` is in no `federated_credentials`", federated,
     [](S& s) { s.forge = [](json::object&, json::object& payload) { payload["aud"] = "other"; }; }},
    {700213, "somebody else's token: its `sub` is in no `federated_credentials`", federated,
     [](S& s) { s.forge = [](json::object&, json::object& payload) { payload["sub"] = "repo:other"; }; }},
    {700222, "a token of this authority's own as federated credential", federated,
     [](S& s) {
         s.forge = [](json::object&, json::object& payload) { payload["iss"] = "https://localhost:8443/x/v2.0"; };
     }},
    {900023, "a tenant that is neither GUID nor domain", sign_in, [](S& s) { s.tenant = "woodgrove"; }},
    {900144, "a parameter left out", redeem, [](S& s) { s.fields.emplace_back("code", "-"); }},
    {900382, "tenant with a `cloud` of its own, and a client with a secret", app_only,
     [](S& s) { s.home.cloud = "MicrosoftOnline.US"; }},
    {900561, "GET instead of POST",
     [](S& s) {
         return s.post("/woodgrove.example/oauth2/v2.0/devicecode",
                       {{"client_id", s.app.app_id}, {"scope", "User.Read"}}, s.press.empty() ? "POST" : s.press);
     },
     [](S& s) { s.press = "GET"; }},
    {900971, "an empty redirect URI", sign_in, [](S& s) { s.request.emplace_back("redirect_uri", ""); }},
    {901002, "`resource` at v2", redeem,
     [](S& s) { s.fields.emplace_back("resource", "https://graph.microsoft.com"); }},
    {1002012, "client credentials with a named scope", app_only,
     [](S& s) { s.fields.emplace_back("scope", "https://outlook.office365.com/IMAP.AccessAsApp"); }},
    {5002723, "a client assertion without a key id", by_assertion,
     [](S& s) { s.forge = [](json::object& header, json::object&) { header.erase("x5t#S256"); }; }},
    {7000112, "application not `enabled`", sign_in, [](S& s) { s.app.enabled = false; }},
    {7000215, "a wrong secret", redeem, [](S& s) { s.fields.emplace_back("client_secret", "mock-secret-wrong"); }},
    {7000216, "client credentials without a secret", app_only,
     [](S& s) { s.fields.emplace_back("client_secret", "-"); }},
    {7000218, "a code of a web application redeemed without a secret", redeem,
     [](S& s) { s.fields.emplace_back("client_secret", "-"); }},
    {7000222, "a secret that has expired", redeem, [](S& s) { s.app.secrets.front().end = s.w.date(); }},
    {7000229, "client credentials in a tenant that has no service principal of the application", app_only,
     [](S& s) { s.tenant = "fabrikam.example"; }},
    {9000411, "a parameter sent twice", redeem,
     [](S& s) { s.again = {{"client_id", s.app.app_id}}; }},
    {9001023, "password grant at `common`", by_password, [](S& s) { s.tenant = "common"; },
     [](S& s) { s.policy().password_grant = true; }},
    {9002313, "a code that has been cut off", redeem,
     [](S& s) { s.between = [](S& t) { t.fields.emplace_back("code", t.code_or_token.substr(0, 100)); }; }},
    {9002325, "a single-page application's code without PKCE", redeem,
     [](S& s) {
         s.request = {{"code_challenge", "-"}, {"code_challenge_method", "-"}};
         s.fields.emplace_back("code_verifier", "-");
     },
     spa},
    {9002326, "`Origin` sent by an application that is no single-page one", redeem,
     [](S& s) { s.headers.push_back({"Origin", "http://localhost:3000"}); }},
    {9002327, "a single-page application's code without `Origin`", redeem, [](S& s) { s.headers.clear(); }, spa},
    {9002331, "application of account type `PersonalMicrosoftAccount` at the token endpoint of `common`", refresh,
     [](S& s) { s.between = [](S& t) { t.app.audience = sign_in_audience::personal; }; },
     [](S& s) { s.tenant = "common"; }},
    {9002332, "application for work accounts only at `consumers`", sign_in,
     [](S& s) { s.app.audience = sign_in_audience::multiple_orgs; },
     [](S& s) {
         s.tenant = "consumers";
         s.login = "robin@outlook.test";
     }},
    {9002346, "application of account type `PersonalMicrosoftAccount` at `common`", sign_in,
     [](S& s) { s.app.audience = sign_in_audience::personal; }, [](S& s) { s.tenant = "common"; }},
};

// What came of it.
struct outcome
{
    int code = 0;
    std::string where, error;  // error with HTTP status where there is one
    bool success = false;
};

int number_in(std::string_view text)
{
    std::size_t const at = text.find("AADSTS");
    return at == text.npos ? 0 : std::atoi(std::string(text.substr(at + 6, 8)).c_str());
}

outcome outcome_of(http::response const& r)
{
    outcome o;
    if (std::string const location = header(r, "Location"); !location.empty())
    {
        pairs const p = redirect_parameters(r);
        o.where = "redirect";
        o.error = value_of(p, "error");
        o.code = number_in(value_of(p, "error_description"));
        o.success = o.error.empty() && std::any_of(p.begin(), p.end(), [](auto const& one) {
                        return one.first == "code" || one.first == "id_token" || one.first == "access_token" ||
                               one.first == "tenant";
                    });
        return o;
    }
    if (header(r, "Content-Type").starts_with("application/json"))
    {
        json::object const a = json::parse(r.body).as_object();
        o.where = "JSON";
        o.success = r.status == 200;
        if (json::value const* const codes = a.if_contains("error_codes"))
        {
            o.code = static_cast<int>(codes->at(0).as_int64());
            o.error = std::to_string(r.status) + " `" + text_of(a, "error") + "`";
            if (std::string const more = text_of(a, "suberror"); !more.empty())
                o.error += ", `" + more + "`";
        }
        return o;
    }
    o.where = "page";
    o.code = number_in(r.body);
    o.success = o.code == 0 && r.body.find("role=\"alert\"") == r.body.npos;
    return o;
}

outcome run(row const& r, bool with_change)
{
    scene s;
    if (r.given)
        r.given(s);
    if (with_change)
        r.change(s);
    return outcome_of(r.way(s));
}

// What a text says where a program would have to look twice.
std::string way_of(row const& r)
{
    static std::pair<http::response (*)(scene&), char const*> const names[] = {
        {sign_in, "sign-in"},
        {silently, "silent sign-in"},
        {first_form, "sign-in"},
        {redeem, "redeeming a code"},
        {refresh, "refresh"},
        {app_only, "client credentials"},
        {by_assertion, "certificate"},
        {federated, "federated credential"},
        {by_password, "password"},
        {device, "device code"},
        {device_page, "device page"},
        {sign_in_v1, "sign-in, v1"},
        {admin_consent, "admin consent"},
        {instance_discovery, "instance discovery"}};
    for (auto const& [way, name] : names)
        if (way == r.way)
            return name;
    return "request";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_outcome_is_reached_by_a_change_and_by_nothing_else)
{
    std::ostringstream table;
    table << "# AADSTS outcomes of the mock\n\n"
             "Written by `tests/unit/mock_entra_outcomes.cpp` from what happens there; `OUTKIT_WRITE_TABLES=1` writes "
             "it anew. Each row is run "
             "twice: with the\nchange it names and without. The second time the same way leads to a code, a token or "
             "the next page. Names in "
             "`code` are keys of a world file\n(docs/world.md) or parameters of a request. Texts and sources: "
             "docs/fidelity.md.\n\n"
             "| AADSTS | On the way | What produces it | Said in | OAuth error |\n| --- | --- | --- | --- | --- |\n";
    std::set<int> seen;
    for (row const& r : rows)
        BOOST_TEST_CONTEXT(r.code << ": " << r.what)
        {
            outcome const with = run(r, true), without = run(r, false);
            BOOST_TEST(with.code == r.code);
            BOOST_TEST(!with.success);
            BOOST_TEST(without.success,
                       "without the change it is " << without.code << " " << without.error << " on " << without.where);
            seen.insert(with.code);
            table << "| " << r.code << " | " << way_of(r) << " | " << r.what << " | " << with.where << " | "
                  << (with.where == "redirect" ? "`" + with.error + "`" : with.error) << " |\n";
        }
    BOOST_TEST(seen.size() >= 80u);
    BOOST_TEST(std::size(rows) == seen.size());
    // Nothing is in the mock's table that cannot be had.
    for (aadsts_row const& known : aadsts_rows())
        BOOST_TEST(seen.count(known.code) == 1u, "nothing produces AADSTS" << known.code);
    table << "\n" << seen.size() << " numbers.\n";

    std::filesystem::path const file = std::filesystem::path(OUTKIT_SOURCE_DIR) / "docs/aadsts.md";
    if (char const* const write = std::getenv("OUTKIT_WRITE_TABLES"); write && std::string_view(write) == "1")
        std::ofstream(file, std::ios::binary) << table.str();
    std::ifstream in(file, std::ios::binary);
    std::ostringstream there;
    there << in.rdbuf();
    BOOST_TEST((there.str() == table.str()),
               "docs/aadsts.md is not what happens; write it anew with OUTKIT_WRITE_TABLES=1");
}

BOOST_AUTO_TEST_SUITE_END()
