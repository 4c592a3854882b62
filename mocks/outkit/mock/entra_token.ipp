#ifndef OUTKIT_MOCK_ENTRA_TOKEN_IPP
#define OUTKIT_MOCK_ENTRA_TOKEN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/entra.ipp>
#include <outkit/mock/entra_state.hpp>
#include <outkit/mock/pki.hpp>
#include <outkit/mock/tokens.ipp>
#include <outkit/secret.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/evp.h>
#include <openssl/rsa.h>

// The token endpoint. Documented: Microsoft Learn, authorization code flow, client credentials flow, refresh tokens;
// members and order of the answers observed in recordings of the real service.

namespace outkit::inline OUTKIT_ABI::mock {
namespace sts {

inline constexpr std::int64_t code_life = 600;
inline constexpr std::int64_t strict_code_life = 60;
inline constexpr std::int64_t refresh_idle_days = 90;
inline constexpr std::int64_t spa_refresh_life = 24 * 3600;

inline std::int64_t seconds_of(detail::wall_time t)
{
    return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

inline std::string sha256_base64url(std::string_view text)
{
    std::array<unsigned char, 32> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return outkit::detail::base64url_encode({reinterpret_cast<char const*>(digest.data()), digest.size()});
}

inline bool proves(std::string const& verifier, grant const& g)
{
    std::string const hashed = g.challenge_method == "S256" ? sha256_base64url(verifier) : verifier;
    return secret(hashed) == secret(g.challenge);
}

// A personal account's failures are told apart by words only (observed: public mail-app reports).
inline refusal personal_refusal(char const* text)
{
    refusal r = refuse(70000);
    r.text = text;
    return r;
}

OUTKIT_INLINE entitlement::entitlement(entra::state const& of, call const& c, application const& app, grant const& g,
                                       scope_set const& chosen, scope_set const& first, claims_request const& asked)
    : s_(of), c_(c), app_(app), g_(g), chosen_(chosen), first_(first), asked_(asked)
{
}

OUTKIT_INLINE std::optional<refusal> entitlement::check()
{
    at_home_ = s_.find(g_.user_id);
    if (auto const refused = check_alive())
        return refused;
    visiting_ = s_.seen_as_guest(*at_home_, g_.tenant);
    u_ = visiting_ ? &*visiting_ : at_home_;
    if (!visiting_ && !same_name(g_.tenant, u_->tenant_id))  // no guest there any more
        return refuse(50020, {{"login", u_->principal_name},
                              {"issuer", s_.identity_provider(*u_)},
                              {"tenant", g_.tenant},
                              {"appId", app_.app_id},
                              {"name", app_.display_name}});
    if (auto const refused = check_person())
        return refused;
    if (c_.v1 && own())
        return refuse(500201);
    auto const resources = chosen_.resources();
    target_ = resources.empty() ? find_resource(graph_app_id) : resources.front();
    model_ = chosen_.first_of(target_);
    tenant const* const home = s_.w.directory.find_tenant(u_->tenant_id);
    if (home && !home->state_of(target_->app_id).enabled)
        return refuse(500014, {{"resource", target_->app_id}});
    if (home && !home->has_exchange && target_->app_id == exchange_app_id)
        return refuse(500011, {{"resource", target_->uris.front()}, {"tenant", home->display_name}});
    return collect_permissions();
}

// Whether there still is such a person, and whether the grant is none of before a revocation.
OUTKIT_INLINE std::optional<refusal> entitlement::check_alive() const
{
    constexpr char over[] = "The user could not be authenticated as the grant is expired. The user must sign in again.";
    bool const own = g_.user_tenant == consumers_tenant && g_.tenant == g_.user_tenant;
    if (!at_home_)
        return own ? personal_refusal(over) : refuse(50034, {{"tenant", g_.user_tenant}});
    if (!at_home_->enabled)
        return own ? personal_refusal(over) : refuse(50057);
    std::int64_t const valid_from = seconds_of(at_home_->tokens_valid_from);
    if (g_.signed_in_at < valid_from)
        return own ? personal_refusal(over)
                   : refuse(50173,
                            {{"issued", timestamp(g_.signed_in_at, true)}, {"validFrom", timestamp(valid_from, true)}});
    return std::nullopt;
}

// What has happened to the person since the sign-in, as the tenant has them and as their own one does.
OUTKIT_INLINE std::optional<refusal> entitlement::check_person() const
{
    user const& u = *u_;
    if (auto refused = s_.check_restrictions(c_, u.tenant_id))
        return refused;
    if (u.minor)
        return refuse(54000, {{"name", app_.display_name}});
    if (own())
        return std::nullopt;
    tenant const* const t = s_.w.directory.find_tenant(u.tenant_id);
    guest const* const visiting = t && !same_name(t->id, at_home_->tenant_id) ? t->find_guest(at_home_->id) : nullptr;
    if (visiting)
        if (auto refused = s_.check_guest(*at_home_, *t, *visiting))
            return refused;
    service_principal const* const sp = s_.w.directory.find_service_principal(app_.app_id, u.tenant_id);
    if (sp && !sp->enabled)
        return refuse(7000112, {{"appId", app_.app_id}, {"name", app_.display_name}});
    if (u.risk == user_risk::compromised)
        return refuse(50135);
    auto const resources = chosen_.resources();
    std::string_view const resource = resources.empty() ? graph_app_id : resources.front()->app_id;
    std::vector<access_policy> const policies = s_.policies_for(u, asked_);
    bool const expired = g_.multifactor && s_.second_factor_expired(u.tenant_id, g_.multifactor_at);
    if (access_policy const* const by = second_factor_in(policies); by && (!g_.multifactor || expired))
    {
        bool const registers = by->demands == conditional_access::mfa_registration || !u.mfa_registered;
        return challenge(refuse(expired ? 50078 : registers ? 50079 : 50076, {{"resource", resource}}), *by);
    }
    if (auto refused = s_.check_policies(policies))
        return refused;
    if (sp && sp->assignment_required &&
        std::none_of(sp->assigned_users.begin(), sp->assigned_users.end(),
                     [&](std::string const& id) { return same_name(id, u.id); }))
    {
        refusal r = refuse(50105, {{"name", app_.display_name}, {"appId", app_.app_id}, {"login", u.principal_name}});
        r.error = "invalid_grant";
        return r;
    }
    return std::nullopt;
}

// What was asked for must have been granted; what else has been granted for the resource comes along (documented:
// Microsoft Learn, breaking changes, August 2021).
OUTKIT_INLINE std::optional<refusal> entitlement::collect_permissions()
{
    auto const add = [&](std::string const& name) {
        for (std::string const& other : permissions_)
            if (same_name(other, name))
                return;
        permissions_.push_back(name);
    };
    for (scope_item const& i : chosen_.items)
    {
        if (i.from != target_ || i.is_default())
            continue;
        if (!s_.w.directory.consented(app_.app_id, *u_, target_->app_id, i.name))
            return own() ? personal_refusal(
                               "The request was denied because one or more scopes requested are unauthorized or "
                               "expired. The user must first sign in and grant the client application access to "
                               "the requested scope.")
                         : refuse(65001, {{"appId", app_.app_id}, {"name", app_.display_name}});
        add(i.name);
    }
    auto const is_openid = [](std::string_view name) {
        return same_name(name, "openid") || same_name(name, "profile") || same_name(name, "email") ||
               same_name(name, "offline_access");
    };
    bool anything = !permissions_.empty();
    for (consent const& given : s_.w.directory.consents())
    {
        if (given.type != permission_type::delegated || !same_name(given.app_id, app_.app_id) ||
            !same_name(given.tenant_id, u_->tenant_id) || !(given.user_id.empty() || same_name(given.user_id, u_->id)))
            continue;
        anything = true;
        if (same_name(given.resource, target_->app_id))
            for (std::string const& name : given.permissions)
                if (!is_openid(name) && find_permission(target_->app_id, name, permission_type::delegated))
                    add(name);
    }
    if (anything)
        return std::nullopt;
    // Everything has been withdrawn.
    return own() ? personal_refusal(
                       "The user could not be authenticated or user interaction is required. The user must sign "
                       "in again and if needed grant the client application access to the requested scope.")
                 : refuse(65001, {{"appId", app_.app_id}, {"name", app_.display_name}});
}

OUTKIT_INLINE bool entitlement::asked_for(std::string_view openid_scope) const
{
    return chosen_.has(openid_scope) || first_.has(openid_scope);
}

OUTKIT_INLINE std::int64_t entitlement::expires_in() const { return own() ? token_life : token_life - 1; }

// The resource as the request has called it.
OUTKIT_INLINE std::string entitlement::prefix() const
{
    return model_ && !model_->prefix.empty() && !is_guid(model_->prefix) ? model_->prefix
                                                                         : std::string(target_->uris.front());
}

OUTKIT_INLINE access_claims entitlement::access(int client_authentication) const
{
    access_claims claims;
    claims.kind = own() ? access_claims::shape::opaque : access_claims::shape::v1;
    claims.audience = model_ && !model_->prefix.empty() ? lower(model_->prefix)
                      : graph()                         ? std::string(graph_app_id)
                                                        : std::string(target_->uris.front());
    claims.tenant = u_->tenant_id;
    claims.client_id = app_.app_id;
    claims.client_name = app_.display_name;
    claims.client_authentication = client_authentication;
    claims.person = s_.person_of(*u_);
    if (visiting_)
        claims.identity_provider = s_.identity_provider(*at_home_);
    if (graph() && asked_for("openid"))
        for (char const* name : {"openid", "profile", "email"})
            if (asked_for(name))
                claims.permissions.push_back(name);
    claims.permissions.insert(claims.permissions.end(), permissions_.begin(), permissions_.end());
    claims.multifactor = g_.multifactor;
    claims.continuous_access = asked_.continuous_access;
    claims.hashed_nonce = graph();
    return claims;
}

// offline_access is never said back, whatever happens with it (observed: Thunderbird's special case for it).
OUTKIT_INLINE std::string entitlement::scope() const
{
    if (c_.v1)  // the short names
        return jwt::joined(access(0).permissions);
    std::vector<std::string> openid_names, names;
    if (graph() || permissions_.empty())
        for (char const* name : {"openid", "profile", "email"})
            if (asked_for(name))
                openid_names.push_back(name);
    for (std::string const& name : permissions_)
        names.push_back(prefix() + "/" + name);
    std::vector<std::string>& all = own() ? names : openid_names;
    std::vector<std::string> const& rest = own() ? openid_names : names;
    all.insert(all.end(), rest.begin(), rest.end());
    if (model_ && model_->is_default())
        all.push_back(prefix() + "/.default");
    return jwt::joined(all);
}

OUTKIT_INLINE id_claims entitlement::identity() const
{
    id_claims id;
    id.v1 = c_.v1;
    id.issuer = c_.v1 ? "https://sts.windows.net/" + lower(u_->tenant_id) + "/"
                      : c_.base + "/" + lower(u_->tenant_id) + "/v2.0";
    if (visiting_)
        id.identity_provider = s_.identity_provider(*at_home_);
    if (g_.says_auth_time)
        id.auth_time = g_.signed_in_at;
    id.audience = app_.app_id;
    id.tenant = u_->tenant_id;
    id.person = s_.person_of(*u_);
    id.profile = asked_for("profile");
    id.email = asked_for("email");
    return id;
}

// The work of one request to the token endpoint.
class token_endpoint
{
public:
    token_endpoint(entra::state& of, call& c) : s_(of), c_(c) {}
    http::response answer();

private:
    std::optional<refusal> read_client();
    std::optional<refusal> authenticate(std::string_view platform, bool app_only);
    std::optional<refusal> check_assertion() const;
    std::optional<refusal> check_federated(std::string_view assertion) const;
    std::optional<refusal> check_rate(std::string_view tenant_id, std::string const& what);
    std::string scope_asked() const;
    std::optional<refusal> check_resource_of_v1() const;
    std::optional<refusal> check_origin(std::string_view platform, bool with_challenge);

    http::response code_grant();
    http::response refresh_grant();
    http::response client_credentials();
    http::response device_grant();
    http::response password_grant();
    http::response issue(grant g, scope_set const& wanted, scope_set const& first, bool from_code);
    void add_lifetime(boost::json::object& to, std::int64_t seconds, std::string const& audience) const;

    std::optional<refusal> choose(scope_set const& wanted, scope_set const& first, bool from_code,
                                  scope_set const*& chosen) const;
    http::response refuse_with(refusal const& r) { return s_.json_error(c_, r); }

    entra::state& s_;
    call& c_;
    authority a_;
    std::string client_id_;
    secret client_secret_;
    bool has_secret_ = false;
    application const* app_ = nullptr;
    claims_request claims_;
    int authentication_ = 0;
};

// The client's id and secret, from the form or from Basic authentication (RFC 6749 section 2.3.1).
inline std::optional<refusal> token_endpoint::read_client()
{
    client_id_ = c_.parameter("client_id");
    if (std::string const* const value = c_.form.find("client_secret"))
    {
        has_secret_ = !value->empty();
        client_secret_ = secret(*value);
    }
    if (std::string const* const header = http::find(c_.request.headers, "Authorization");
        header && lower(header->substr(0, 6)) == "basic ")
    {
        auto const pair = outkit::detail::base64_decode(std::string_view(*header).substr(6));
        std::size_t const colon = pair ? pair->find(':') : std::string::npos;
        if (colon == std::string::npos)
            return refuse(9002313);
        auto const id = outkit::detail::form_decode(std::string_view(*pair).substr(0, colon));
        auto value = outkit::detail::form_decode(std::string_view(*pair).substr(colon + 1));
        if (!id || !value || (!client_id_.empty() && !same_name(client_id_, *id)) || has_secret_)
            return refuse(9002313);
        client_id_ = *id;
        has_secret_ = !value->empty();
        client_secret_ = secret(std::move(*value));
    }
    return s_.check_client(client_id_, a_, app_);
}

// Whether the signature of a JWT is by the certificate's key: PS256 or RS256.
inline bool is_signed_by(std::string const& pem, bool pss, std::string_view input, std::string_view signature)
{
    std::unique_ptr<BIO, tls_context::releaser<BIO, BIO_free_all>> const in(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    pki::x509_ptr const certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
    EVP_PKEY* const key = certificate ? X509_get0_pubkey(certificate.get()) : nullptr;
    std::unique_ptr<EVP_MD_CTX, tls_context::releaser<EVP_MD_CTX, EVP_MD_CTX_free>> const md(EVP_MD_CTX_new());
    EVP_PKEY_CTX* context = nullptr;
    return key && md && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
           EVP_DigestVerifyInit(md.get(), &context, EVP_sha256(), nullptr, key) == 1 &&
           (!pss || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
                     EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0)) &&
           EVP_DigestVerify(md.get(), reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                            reinterpret_cast<unsigned char const*>(input.data()), input.size()) == 1;
}

// Somebody else's token as the credential. Documented: Microsoft Learn, workload identity federation; the texts observed
// in many public issues.
inline std::optional<refusal> token_endpoint::check_federated(std::string_view assertion) const
{
    auto const p = jwt::take_apart(assertion);
    if (!p)
        return refuse(50027);
    std::string const issuer = jwt::text(p->payload, "iss"), subject = jwt::text(p->payload, "sub"),
                      audience = jwt::text(p->payload, "aud");
    if (jwt::is_microsoft_issuer(issuer) || issuer.starts_with(c_.base + "/"))
        return refuse(700222);
    auto const& known = app_->federated_credentials;
    if (known.empty())
        return refuse(70021, {{"issuer", issuer}, {"subject", subject}, {"audience", audience}});
    federated_credential const* found = nullptr;
    bool issuer_known = false, subject_known = false;
    for (federated_credential const& f : known)
    {
        issuer_known = issuer_known || f.issuer == issuer;
        subject_known = subject_known || (f.issuer == issuer && f.subject == subject);
        if (f.issuer == issuer && f.subject == subject && f.audience == audience)
            found = &f;
    }
    if (!found)
        return !issuer_known    ? refuse(700211, {{"issuer", issuer}})
               : !subject_known ? refuse(700213, {{"subject", subject}})
                                : refuse(700212, {{"audience", audience}});
    std::string const algorithm = jwt::text(p->header, "alg");
    if ((algorithm != "PS256" && algorithm != "RS256") ||
        !is_signed_by(found->pem, algorithm == "PS256",
                      assertion.substr(0, p->encoded_header.size() + 1 + p->encoded_payload.size()), p->signature))
        return refuse(50012);
    std::int64_t const now = unix_time(s_.w), ends = jwt::number(p->payload, "exp");
    if (now - 300 >= ends || now + 300 < jwt::number(p->payload, "nbf"))
        return refuse(700024, {{"now", timestamp(now, true)}, {"expiry", timestamp(ends, true)}});
    return std::nullopt;
}

// A certificate instead of a secret (RFC 7523 section 2.2; documented: Microsoft Learn, certificate credentials).
inline std::optional<refusal> token_endpoint::check_assertion() const
{
    if (c_.form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        return refuse(90100, {{"name", "client_assertion_type"}});
    std::string const assertion = c_.form.get("client_assertion");
    auto const p = jwt::take_apart(assertion);
    if (!p)
        return refuse(50027);
    std::string const sha256 = jwt::text(p->header, "x5t#S256"), sha1 = jwt::text(p->header, "x5t");
    if (sha256.empty() && !same_name(jwt::text(p->payload, "iss"), client_id_) && p->payload.contains("iss"))
        return check_federated(assertion);
    if (sha256.empty() && sha1.empty())
        return refuse(5002723);
    std::string thumbprint =
        outkit::detail::hex_encode(outkit::detail::base64url_decode(sha256.empty() ? sha1 : sha256).value_or(""));
    for (char& c : thumbprint)
        c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    auto const unusable = [&](char const* what, char const* reason) {
        return refuse(700027,
                      {{"what", what}, {"reason", reason}, {"thumbprint", thumbprint}, {"appId", app_->app_id}});
    };
    client_certificate const* known = nullptr;
    for (client_certificate const& c : app_->certificates)
        if (sha256.empty() ? same_name(c.sha1, thumbprint) : c.sha256 == sha256)
            known = &c;
    if (!known)
        return unusable("not registered", "was not found");
    if (s_.w.date() >= known->end || s_.w.date() < known->start)
        return unusable("expired", "used is expired");
    std::string const algorithm = jwt::text(p->header, "alg");
    std::string_view const input =
        std::string_view(assertion).substr(0, p->encoded_header.size() + 1 + p->encoded_payload.size());
    if ((algorithm != "PS256" && algorithm != "RS256") ||
        !is_signed_by(known->pem, algorithm == "PS256", input, p->signature))
        return unusable("not valid", "was found, but use of the key to verify the signature failed");
    if (!same_name(jwt::text(p->payload, "iss"), client_id_) || !same_name(jwt::text(p->payload, "sub"), client_id_))
        return refuse(700021);
    // Any spelling of this authority is accepted: aliases, tenant or alias, either version, endpoint or issuer.
    std::string const audience = jwt::text(p->payload, "aud");
    std::string_view path;
    for (std::string_view const base :
         {std::string_view(c_.base), std::string_view("https://login.microsoftonline.com"),
          std::string_view("https://login.windows.net"), std::string_view("https://sts.windows.net")})
        if (audience.starts_with(base) && audience.size() > base.size() && audience[base.size()] == '/')
            path = std::string_view(audience).substr(base.size() + 1);
    std::string_view const rest = path.substr(std::min(path.find('/'), path.size()));
    if (path.empty() || (rest != "/oauth2/v2.0/token" && rest != "/oauth2/token" && rest != "/v2.0" && rest != "/"))
        return refuse(700023);
    std::int64_t const now = unix_time(s_.w), ends = jwt::number(p->payload, "exp");
    if (now - 300 >= ends || now + 300 < jwt::number(p->payload, "nbf"))
        return refuse(700024, {{"now", timestamp(now, true)}, {"expiry", timestamp(ends, true)}});
    return std::nullopt;
}

// The platform of the redirect URI decides, not the application (documented: Microsoft Learn, authorization code flow).
inline std::optional<refusal> token_endpoint::authenticate(std::string_view platform, bool app_only)
{
    // Without a redirect URI it is the switch "Allow public client flows".
    bool const confidential = app_only || platform == "web" ||
                              ((platform == "device" || platform == "password") && !app_->allow_public_client);
    bool const assertion = c_.form.has("client_assertion");
    if (!has_secret_ && !assertion)
        return !confidential ? std::nullopt : std::optional<refusal>(app_only ? refuse(7000216) : refuse(7000218));
    if (!confidential)
        return refuse(700025);
    if (!has_secret_)
    {
        if (auto refused = check_assertion())
            return refused;
        authentication_ = 2;
        return std::nullopt;
    }
    switch (directory::check(*app_, client_secret_.reveal(), s_.w.date()))
    {
    case secret_check::ok: break;
    case secret_check::expired: return refuse(7000222, {{"appId", app_->app_id}});
    case secret_check::id_pasted: {
        refusal r = refuse(7000215, {{"appId", app_->app_id}});
        r.why = "the Secret ID was sent instead of the secret's value";
        return r;
    }
    case secret_check::wrong: {
        refusal r = refuse(7000215, {{"appId", app_->app_id}});
        r.why = "the client secret is not one of this application's";
        return r;
    }
    case secret_check::not_yet_valid: {
        refusal r = refuse(7000215, {{"appId", app_->app_id}});
        r.why = "the client secret is not valid yet";
        return r;
    }
    }
    authentication_ = 1;
    return std::nullopt;
}

inline std::optional<refusal> token_endpoint::check_origin(std::string_view platform, bool with_challenge)
{
    std::string const* const origin = http::find(c_.request.headers, "Origin");
    if (platform == "spa")
    {
        if (!origin)
            return refuse(9002327);
        c_.headers.push_back({"Access-Control-Allow-Origin", "*"});
        if (!with_challenge)
            return refuse(9002325);
        if (has_secret_)
            return refuse(700025);
    }
    else if (origin)
        return refuse(9002326, {{"origin", *origin}});
    return std::nullopt;
}

// How often is too often: for a tenant altogether, and for the very same request (documented: Microsoft Learn, breaking
// changes: a client that asks without looking at its cache).
inline std::optional<refusal> token_endpoint::check_rate(std::string_view tenant_id, std::string const& what)
{
    unsigned const most = s_.w.policy.tenant(tenant_id).token_requests_per_minute;
    if (most != 0 && s_.too_many("tenant " + lower(tenant_id), most, 60))
    {
        c_.headers.push_back({"Retry-After", "60"});
        return refuse(90055);
    }
    unsigned const loop = s_.w.policy.service.loop_limit;
    if (loop != 0 && s_.too_many("client " + lower(client_id_) + " " + what, loop, 300))
        return refuse(50196);
    return std::nullopt;
}

// The request's scope; the v1 endpoint has a resource instead.
inline std::string token_endpoint::scope_asked() const
{
    if (!c_.v1)
        return c_.parameter("scope");
    std::string const resource = c_.parameter("resource");
    return resource.empty() ? std::string() : resource + (resource.ends_with('/') ? ".default" : "/.default");
}

inline std::optional<refusal> token_endpoint::check_resource_of_v1() const
{
    std::string const asked = c_.parameter("resource");
    if (c_.v1 && !asked.empty() && !find_resource(asked))
        return refuse(50001, {{"resource", asked}, {"tenant", a_.asked}});
    return std::nullopt;
}

// Which resource the token is for. One token, one resource (documented: Microsoft Learn, scopes; observed:
// Earlybyte/aad_oauth#328, AzureAD/microsoft-authentication-library-for-python#125).
inline std::optional<refusal> token_endpoint::choose(scope_set const& wanted, scope_set const& first, bool from_code,
                                                     scope_set const*& chosen) const
{
    chosen = wanted.text.find_first_not_of(' ') == std::string::npos ? &first : &wanted;
    if (chosen->problem)
        return chosen->problem;
    if (chosen->default_mixed())
        return refuse(70011, {{"scopes", chosen->text}});
    if (from_code && chosen->resources().size() > 1)
        return chosen == &first ? refuse(28003) : refuse(28000, {{"scopes", chosen->text}});
    return std::nullopt;
}

// v1 has strings for numbers, and says for what the token is.
inline void token_endpoint::add_lifetime(boost::json::object& to, std::int64_t seconds,
                                         std::string const& audience) const
{
    if (!c_.v1)
    {
        to["expires_in"] = seconds;
        to["ext_expires_in"] = seconds;
        return;
    }
    std::int64_t const now = unix_time(s_.w);
    to["expires_in"] = std::to_string(seconds);
    to["ext_expires_in"] = std::to_string(seconds);
    to["expires_on"] = std::to_string(now + seconds);
    to["not_before"] = std::to_string(now - 300);
    to["resource"] = audience;
}

inline http::response token_endpoint::issue(grant g, scope_set const& wanted, scope_set const& first, bool from_code)
{
    scope_set const* chosen = nullptr;
    if (auto const refused = choose(wanted, first, from_code, chosen))
        return refuse_with(*refused);
    entitlement e(s_, c_, *app_, g, *chosen, first, claims_);
    if (auto const refused = e.check())
        return refuse_with(*refused);
    if (auto const refused = check_rate(e.who().tenant_id, lower(e.who().id) + " " + lower(chosen->text)))
        return refuse_with(*refused);

    access_claims claims = e.access(authentication_);
    std::string const access = issue_access_token(s_.w.keys, s_.w, claims, token_life);
    std::int64_t const now = unix_time(s_.w);
    boost::json::object o{{"token_type", "Bearer"}, {"scope", e.scope()}};
    add_lifetime(o, e.expires_in(), claims.audience);
    o["access_token"] = access;
    bool const spa = g.platform == "spa";
    if (e.asked_for("offline_access"))
    {
        grant next = g;
        next.token_id = random_text(s_.w, 12);
        if (!spa || from_code)
            next.issued_at = now;  // a single-page application's stays as old as the first one
        next.nonce.clear();
        next.challenge.clear();
        next.challenge_method.clear();
        o["refresh_token"] = seal_refresh_token(s_.w.keys, s_.w, next);
        if (spa)
            o["refresh_token_expires_in"] = std::max<std::int64_t>(0, next.issued_at + spa_refresh_life - 1 - now);
    }
    // A refresh says anew whether it wants an ID token (observed: MSAL always asks, see docs/fidelity.md).
    if (from_code ? e.asked_for("openid") : chosen->has("openid"))
    {
        id_claims id = e.identity();
        if (from_code)
            id.nonce = g.nonce;
        o["id_token"] = issue_id_token(s_.w.keys, s_.w, id);
    }
    if (c_.parameter("client_info") == "1")
        o["client_info"] = client_info(s_.person_of(e.at_home()));
    c_.entry.answer = "200 token for " + claims.audience + " of " + e.who().principal_name;
    c_.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    if (c_.has("x-client-current-telemetry") || http::find(c_.request.headers, "x-client-current-telemetry"))
        c_.headers.push_back({"x-ms-clitelem", "1,0,0,,"});
    return {.status = 200, .body = boost::json::serialize(o)};
}

inline http::response token_endpoint::code_grant()
{
    std::string const code = c_.form.get("code");
    if (code.empty())
        return refuse_with(refuse(900144, {{"name", "code"}}));
    if (!c_.form.has("redirect_uri"))
        return refuse_with(refuse(900144, {{"name", "redirect_uri"}}));
    auto const opened = open_code(s_.w.keys, code);
    if (!opened)
    {
        if (auto const refused = has_secret_ ? authenticate("web", false) : std::nullopt)
            return refuse_with(*refused);
        refusal r = refuse(9002313);
        r.why = "the code was not issued by this mock, or has been altered";
        return refuse_with(r);
    }
    grant const& g = *opened;
    if (!same_name(g.client_id, app_->app_id))
    {
        refusal r = refuse(70000);
        r.why = "the code was issued to another application";
        return refuse_with(r);
    }
    if (g.authority != a_.name)
        return refuse_with(refuse(700005));
    if (auto const refused = check_origin(g.platform, !g.challenge.empty()))
        return refuse_with(*refused);
    if (auto const refused = authenticate(g.platform, false))
        return refuse_with(*refused);
    bool const strict = s_.w.policy.service.strict_oauth;
    if (s_.used.contains(g.id))
    {
        if (strict)  // RFC 6749 section 4.1.2: and revoke what has been issued for it
            s_.remember(s_.revoked, g.id);
        return refuse_with(refuse(54005));
    }
    std::int64_t const age = unix_time(s_.w) - g.issued_at;
    if (age >= (strict ? strict_code_life : code_life))
        return refuse_with(refuse(70008));
    if (c_.form.get("redirect_uri") != g.redirect_uri)
        return refuse_with(refuse(500112, {{"uri", c_.form.get("redirect_uri")}, {"registered", g.redirect_uri}}));
    std::string const verifier = c_.form.get("code_verifier");
    if (g.challenge.empty() ? !verifier.empty() : !proves(verifier, g))
        return refuse_with(refuse(501481));
    if (auto const refused = check_resource_of_v1())
        return refuse_with(*refused);
    http::response r = issue(g, s_.understand(scope_asked(), *app_, a_), s_.understand(g.scope, *app_, a_), true);
    if (r.status == 200)
        s_.remember(s_.used, g.id);
    return r;
}

inline http::response token_endpoint::refresh_grant()
{
    std::string const presented = c_.form.get("refresh_token");
    if (presented.empty())
        return refuse_with(refuse(900144, {{"name", "refresh_token"}}));
    auto const opened = open_refresh_token(s_.w.keys, presented);
    if (!opened)
    {
        if (auto const refused = has_secret_ ? authenticate("web", false) : std::nullopt)
            return refuse_with(*refused);
        refusal r = refuse(9002313);
        r.why = "the refresh token was not issued by this mock, or has been altered";
        return refuse_with(r);
    }
    grant g = *opened;
    if (!same_name(g.client_id, app_->app_id))
    {
        refusal r = refuse(70000);
        r.suberror = "client_mismatch";
        r.why = "the refresh token was issued to another application";
        return refuse_with(r);
    }
    if (auto const refused = check_origin(g.platform, true))
        return refuse_with(*refused);
    if (auto const refused = authenticate(g.platform, false))
        return refuse_with(*refused);
    bool const own = g.tenant == consumers_tenant;
    using kind = authority::kind;
    if (own ? a_.is == kind::organizations || a_.is == kind::tenant : a_.is == kind::consumers)
        return refuse_with(refuse(70000));
    // Refresh tokens belong to person and client, not to a tenant (documented: Microsoft Learn, refresh tokens).
    if (a_.is == kind::tenant && !same_name(a_.tenant->id, g.tenant))
    {
        if (!same_name(a_.tenant->id, g.user_tenant) && !a_.tenant->find_guest(g.user_id))
            return refuse_with(refuse(700005));
        g.tenant = a_.tenant->id;
    }
    std::int64_t const now = unix_time(s_.w), age = now - g.issued_at;
    if (s_.revoked.contains(g.id))
        return refuse_with(refuse(70000));
    if (g.platform == "spa" && age >= spa_refresh_life)
        return refuse_with(refuse(700084, {{"issued", timestamp(g.issued_at, true)}}));
    if (age >= refresh_idle_days * 24 * 3600)
        return refuse_with(
            own ? personal_refusal("The user could not be authenticated as the grant is expired. The user must "
                                   "sign in again.")
                : refuse(700082,
                         {{"issued", timestamp(g.issued_at, true)}, {"days", std::to_string(refresh_idle_days)}}));
    tenant_policy const& policy = s_.w.policy.tenant(g.tenant);
    if (user const* const u = s_.find(g.user_id); u && !own)
        for (access_policy const& p : s_.policies_for(*u, claims_))
            if (p.demands == conditional_access::sign_in_frequency)
                return refuse_with(refuse(70043, {{"issued", timestamp(g.issued_at, true)}, {"lifetime", "3600"}}));
    std::int64_t const since = now - g.signed_in_at, frequency = policy.sign_in_frequency * std::int64_t(3600);
    if (!own && frequency != 0 && since >= frequency)
        return refuse_with(
            refuse(70043, {{"issued", timestamp(g.issued_at, true)}, {"lifetime", std::to_string(frequency)}}));
    if (!own && policy.refresh_token_lifetime != 0 && since >= policy.refresh_token_lifetime * std::int64_t(24 * 3600))
        return refuse_with(refuse(700081, {{"issued", timestamp(g.signed_in_at, true)},
                                           {"lifetime", std::to_string(policy.refresh_token_lifetime) + ".00:00:00"}}));
    if (auto const refused = check_resource_of_v1())
        return refuse_with(*refused);
    if (s_.w.policy.service.strict_oauth)
    {
        // Each refresh token works once; a second use ends the family (RFC 9700 section 4.14.2).
        if (s_.used.contains(g.token_id))
        {
            s_.remember(s_.revoked, g.id);
            return refuse_with(refuse(70000));
        }
    }
    http::response r = issue(g, s_.understand(scope_asked(), *app_, a_), s_.understand(g.scope, *app_, a_), false);
    if (r.status == 200 && s_.w.policy.service.strict_oauth)
        s_.remember(s_.used, g.token_id);
    return r;
}

// A device asks whether somebody has signed in for it (RFC 8628 section 3.4).
inline http::response token_endpoint::device_grant()
{
    // MSAL Python sends a copy as `code`, too; old programs send nothing else.
    std::string const code = c_.form.has("device_code") ? c_.form.get("device_code") : c_.form.get("code");
    if (code.empty())
        return refuse_with(refuse(900144, {{"name", "device_code"}}));
    if (auto const refused = check_origin("device", false))
        return refuse_with(*refused);
    if (auto const refused = authenticate("device", false))
        return refuse_with(*refused);
    device_request* const d = s_.find_device(code);
    if (!d || !same_name(d->client_id, app_->app_id))
    {
        refusal r = refuse(70018);
        r.why = d ? "the device code was issued to another application" : "the device code was not issued by this mock";
        return refuse_with(r);
    }
    authority was;
    if (s_.resolve(d->authority, was) || was.name != a_.name)
        return refuse_with(refuse(700005));
    if (d->is == device_request::state::redeemed)
        return refuse_with(refuse(70019));
    if (d->expired(unix_time(s_.w)))
        return refuse_with(refuse(70020));
    if (d->is == device_request::state::pending)
        return refuse_with(refuse(70016));
    if (d->is == device_request::state::declined)
    {
        refusal r = refuse(65004);
        r.error = "authorization_declined";
        return refuse_with(r);
    }
    // As with a refresh token: of several resources the first one's.
    http::response r =
        issue(d->given, s_.understand(scope_asked(), *app_, a_), s_.understand(d->given.scope, *app_, a_), false);
    if (r.status == 200)
        d->is = device_request::state::redeemed;
    return r;
}

inline http::response token_endpoint::client_credentials()
{
    if (auto const refused = check_origin("web", false))
        return refuse_with(*refused);
    if (auto const refused = authenticate("web", true))
        return refuse_with(*refused);
    if (auto const refused = check_resource_of_v1())
        return refuse_with(*refused);
    std::string const scope = scope_asked();
    if (scope.find_first_not_of(' ') == std::string::npos)
        return refuse_with(refuse(900144, {{"name", c_.v1 ? "resource" : "scope"}}));
    // Not understand(): these are application permissions, and all that counts is the resource.
    std::vector<std::string> words;
    for (std::size_t at = 0; at < scope.size();)
    {
        std::size_t const end = std::min(scope.find(' ', at), scope.size());
        if (end != at)
            words.push_back(scope.substr(at, end - at));
        at = end + 1;
    }
    if (words.size() != 1)
        return refuse_with(refuse(70011, {{"scopes", scope}}));
    std::string const& one = words.front();
    if (!lower(one).ends_with("/.default"))
        return refuse_with(refuse(1002012, {{"scopes", scope}}));
    std::string const prefix = one.substr(0, one.size() - 9);
    resource const* const target = find_resource(prefix);
    if (!target || (target->app_id == exchange_app_id && !a_.tenant->has_exchange))
        return refuse_with(refuse(500011, {{"resource", prefix}, {"tenant", a_.tenant->display_name}}));
    service_principal const* const sp = s_.w.directory.find_service_principal(app_->app_id, a_.tenant->id);
    if (!sp)
        return refuse_with(refuse(7000229, {{"appId", app_->app_id}, {"tenant", a_.tenant->id}}));
    if (!sp->enabled)
        return refuse_with(refuse(7000112, {{"appId", app_->app_id}, {"name", app_->display_name}}));
    resource_state const state = a_.tenant->state_of(target->app_id);
    if (!state.enabled)
        return refuse_with(refuse(500014, {{"resource", target->app_id}}));
    if (auto const refused = s_.check_restrictions(c_, a_.tenant->id))
        return refuse_with(*refused);
    if (auto const refused = check_rate(a_.tenant->id, lower(scope)))
        return refuse_with(*refused);

    access_claims claims;
    claims.audience = lower(prefix);
    claims.tenant = a_.tenant->id;
    claims.client_id = app_->app_id;
    claims.client_name = app_->display_name;
    claims.client_authentication = authentication_;
    claims.app_only = true;
    claims.permissions = s_.w.directory.granted_roles(app_->app_id, a_.tenant->id, target->app_id);
    if (state.assignment_required && claims.permissions.empty())
        return refuse_with(refuse(501051, {{"appId", app_->app_id},
                                           {"name", app_->display_name},
                                           {"resource", target->app_id},
                                           {"resourceName", target->name}}));
    claims.service_principal = sp->object_id;
    claims.continuous_access = claims_.continuous_access;
    claims.hashed_nonce = target->app_id == graph_app_id;
    std::string const access = issue_access_token(s_.w.keys, s_.w, claims, token_life);
    c_.entry.answer = "200 app-only token for " + claims.audience;
    c_.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    boost::json::object o{{"token_type", "Bearer"}};
    add_lifetime(o, token_life - 1, claims.audience);
    o["access_token"] = access;
    return {.status = 200, .body = boost::json::serialize(o)};
}

// A name and a password from a program (RFC 6749 section 4.3): discouraged, and off unless the tenant's policy says
// otherwise. Documented: Microsoft Learn, resource owner password credentials.
inline http::response token_endpoint::password_grant()
{
    if (auto const refused = check_origin("password", false))
        return refuse_with(*refused);
    if (auto const refused = authenticate("password", false))
        return refuse_with(*refused);
    std::string const name = c_.form.get("username");
    secret const password(c_.form.get("password"));
    if (name.empty() || password.reveal().empty())
        return refuse_with(refuse(900144, {{"name", name.empty() ? "username" : "password"}}));
    std::size_t const at = name.find('@');
    if (at == 0 || at == name.npos || at + 1 == name.size())
        return refuse_with(refuse(90022, {{"name", name}}));
    user const* const u = s_.w.directory.find_user(name);
    if (!u && a_.is == authority::kind::organizations && !s_.w.directory.find_tenant(name.substr(at + 1)))
        return refuse_with(refuse(50128));
    std::optional<user> const visiting = u && a_.tenant ? s_.seen_as_guest(*u, a_.tenant->id) : std::optional<user>();
    if (!u || u->kind == account_kind::personal || u->shared_mailbox ||
        (a_.tenant && !visiting && !same_name(u->tenant_id, a_.tenant->id)))
        return refuse_with(refuse(50034, {{"tenant", a_.asked}}));
    if (u->locked)
        return refuse_with(refuse(50053));
    if (u->password.empty())
        return refuse_with(refuse(50056));
    if (!(secret(u->password) == password))
        return refuse_with(refuse(50126));
    if (u->password_expired || u->must_change_password)
        return refuse_with(refuse(u->on_premises ? 50144 : 50055));
    std::string const tenant_id = visiting ? visiting->tenant_id : u->tenant_id;
    tenant_policy const& policy = s_.w.policy.tenant(tenant_id);
    if (policy.security_defaults)
        return refuse_with(refuse(530035));
    if (!policy.password_grant)
        return refuse_with(refuse(530032));
    grant g;
    g.id = random_text(s_.w, 16);
    g.tenant = tenant_id;
    g.authority = a_.name;
    g.client_id = app_->app_id;
    g.user_id = u->id;
    g.user_tenant = u->tenant_id;
    g.scope = scope_asked();
    g.platform = "password";
    g.session_id = new_guid(s_.w);
    g.signed_in_at = g.issued_at = unix_time(s_.w);
    if (g.scope.find_first_not_of(' ') == std::string::npos)
        return refuse_with(refuse(900144, {{"name", "scope"}}));
    scope_set const scopes = s_.understand(g.scope, *app_, a_);
    return issue(g, scopes, scopes, false);
}

inline http::response token_endpoint::answer()
{
    if (std::string const twice = c_.form.duplicate(); !twice.empty())
        return refuse_with(refuse(9000411, {{"name", twice}}));
    if (auto const refused = s_.resolve(c_.asked_tenant, a_))
        return refuse_with(refused->code == 90038 && (c_.form.has("client_secret") || c_.form.has("client_assertion"))
                               ? refuse(900382)
                               : *refused);
    if (c_.has("resource") && !c_.v1)
        return refuse_with(refuse(901002));
    std::string const type = c_.parameter("grant_type");
    if (type.empty())
        return refuse_with(refuse(900144, {{"name", "grant_type"}}));
    // MSAL Node and MSAL.NET leave the namespace out (observed there).
    bool const device = type == "urn:ietf:params:oauth:grant-type:device_code" || type == "device_code";
    if (type != "authorization_code" && type != "refresh_token" && type != "client_credentials" && type != "password" &&
        !device)
        return refuse_with(refuse(70003, {{"grant", type}}));
    bool const app_only = type == "client_credentials";
    if (c_.v1 && a_.is == authority::kind::consumers)
        return refuse_with(refuse(90027));
    if (type == "password" && (a_.is == authority::kind::common || a_.is == authority::kind::consumers))
        return refuse_with(refuse(9001023));
    if (app_only && (a_.is == authority::kind::common || a_.is == authority::kind::organizations))
        return refuse_with(refuse(50059));
    if (auto const refused = read_client())
        return refuse_with(*refused);
    if (auto claims = parse_claims(c_.parameter("claims")))
        claims_ = std::move(*claims);
    else
        return refuse_with(refuse(50117));
    if (app_only && a_.is == authority::kind::consumers)
        return refuse_with(refuse(700016, {{"appId", client_id_}, {"tenant", a_.asked}}));
    return app_only                  ? client_credentials()
           : device                  ? device_grant()
           : type == "password"      ? password_grant()
           : type == "refresh_token" ? refresh_grant()
                                     : code_grant();
}

}  // namespace sts

// Whether there is such an application, and whether it may be used with this authority.
OUTKIT_INLINE std::optional<refusal> entra::state::check_client(std::string const& client_id, sts::authority const& a,
                                                                application const*& app) const
{
    if (client_id.empty())
        return refuse(900144, {{"name", "client_id"}});
    if (client_id == "00000000-0000-0000-0000-000000000000")
        return refuse(700038, {{"appId", client_id}});
    app = w.directory.find_application(client_id);
    if (!app)
        return refuse(700016, {{"appId", client_id}, {"tenant", a.asked}});
    return check_application(*app, a, true);
}

OUTKIT_INLINE http::response entra::state::token(sts::call& c) { return sts::token_endpoint(*this, c).answer(); }

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
