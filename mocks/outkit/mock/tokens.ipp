#ifndef OUTKIT_MOCK_TOKENS_IPP
#define OUTKIT_MOCK_TOKENS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/tokens.hpp>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <openssl/evp.h>

#include <array>
#include <chrono>

namespace outkit::inline OUTKIT_ABI::mock {
namespace jwt {

using outkit::detail::base64url_decode;
using outkit::detail::base64url_encode;
namespace json = boost::json;

inline constexpr std::size_t max_token = 16 * 1024;
inline constexpr std::int64_t dated_back = 300;

// What the opaque ones begin with. The beginnings are Microsoft's; the word is ours.
inline constexpr std::string_view work_refresh = "1.AXoAMOCK";
inline constexpr std::string_view personal_refresh = "M.C500_MOCK.0.U.-";
inline constexpr std::string_view work_code = "1.AXoAMOCKc";
inline constexpr std::string_view personal_code = "M.C500_MOCK.2.U.";
inline constexpr std::string_view personal_access = "EwBMOCK4A8l6BAAU";

inline std::string sha256(std::string_view text)
{
    std::array<unsigned char, 32> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

// A JSON object, or nothing. No deeper than our own go.
inline std::optional<json::object> object_of(std::string_view text)
{
    json::parse_options options;
    options.max_depth = 8;
    boost::system::error_code ec;
    json::value v = json::parse({text.data(), text.size()}, ec, {}, options);
    if (ec || !v.is_object())
        return std::nullopt;
    return std::move(v.get_object());
}

inline std::string text(json::object const& in, std::string_view name)
{
    json::value const* const v = in.if_contains({name.data(), name.size()});
    return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

// A time may have a fraction (RFC 7519 section 2), as MSAL for Python writes it into its assertions.
inline std::int64_t number(json::object const& in, std::string_view name)
{
    json::value const* const v = in.if_contains({name.data(), name.size()});
    if (v && v->is_double() && v->get_double() > 0 && v->get_double() < 1e12)
        return static_cast<std::int64_t>(v->get_double());
    return v && v->is_int64() ? v->get_int64() : 0;
}

inline std::string part(json::object const& o) { return base64url_encode(json::serialize(o)); }

// The three parts of a compact serialisation (RFC 7515 section 7.1), decoded, and what the signature is over.
struct parts
{
    json::object header, payload;
    std::string signature;
    std::string_view encoded_header, encoded_payload;
};
inline std::optional<parts> take_apart(std::string_view token)
{
    std::size_t const first = token.find('.');
    std::size_t const second = first == token.npos ? first : token.find('.', first + 1);
    if (second == token.npos || token.size() > max_token || token.find('.', second + 1) != token.npos)
        return std::nullopt;
    parts p;
    p.encoded_header = token.substr(0, first);
    p.encoded_payload = token.substr(first + 1, second - first - 1);
    auto const header = base64url_decode(p.encoded_header), payload = base64url_decode(p.encoded_payload),
               signature = base64url_decode(token.substr(second + 1));
    if (!header || !payload || !signature)
        return std::nullopt;
    auto header_object = object_of(*header), payload_object = object_of(*payload);
    if (!header_object || !payload_object)
        return std::nullopt;
    p.header = std::move(*header_object);
    p.payload = std::move(*payload_object);
    p.signature = *signature;
    return p;
}

inline bool is_microsoft_issuer(std::string_view issuer)
{
    for (std::string_view const host :
         {"sts.windows.net", "sts.microsoftonline.us", "sts.chinacloudapi.cn", "login.microsoftonline.com",
          "login.microsoftonline.us", "login.partner.microsoftonline.cn", "login.microsoft.com", "login.windows.net",
          "login.live.com"})
        if (issuer.starts_with("https://") && issuer.substr(8).starts_with(host))
            return true;
    return false;
}

inline std::string joined(std::vector<std::string> const& words)
{
    std::string all;
    for (std::string const& word : words)
        all += (all.empty() ? "" : " ") + word;
    return all;
}

inline std::vector<std::string> words(std::string_view text)
{
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();)
    {
        std::size_t const end = std::min(text.find(' ', at), text.size());
        if (end != at)
            all.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

inline std::array<unsigned char, 12> nonce(detail::environment& env)
{
    std::array<unsigned char, 12> n{};
    env.random(n);
    return n;
}

// The header that the signature of a Graph token is really over: its nonce is replaced by the nonce's hash, so that
// nobody but Graph can verify the token (observed: public decoding guides; documented: Microsoft Learn, access tokens).
inline std::string signed_header(json::object header)
{
    if (json::value* const n = header.if_contains("nonce"); n && n->is_string())
        *n = base64url_encode(sha256(n->get_string()));
    return part(header);
}

// 16 hexadecimal digits that belong to a person ("puid", and the low half of a personal account's object id).
inline std::string short_id(person const& who)
{
    return outkit::detail::hex_encode(sha256("puid" + who.home_tenant + who.object_id).substr(0, 8));
}

inline json::object person_object(person const& who)
{
    return {{"ht", who.home_tenant}, {"oid", who.object_id},  {"login", who.login}, {"name", who.name},
            {"gn", who.given_name},  {"fn", who.family_name}, {"mail", who.email}};
}
inline person person_from(json::object const& o)
{
    return {text(o, "ht"), text(o, "oid"), text(o, "login"), text(o, "name"),
            text(o, "gn"), text(o, "fn"),  text(o, "mail")};
}

inline std::string opaque_token(signing_keys const& keys, detail::environment& env, access_claims const& c)
{
    json::object o{{"aud", c.audience},
                   {"tid", c.tenant},
                   {"cid", c.client_id},
                   {"app", c.client_name},
                   {"acr", c.client_authentication},
                   {"scp", joined(c.permissions)},
                   {"iat", c.issued_at},
                   {"exp", c.expires_at},
                   {"uti", c.id},
                   {"who", person_object(c.person)}};
    std::string plain = json::serialize(o);
    plain.resize(std::max<std::size_t>(plain.size(), 900), ' ');  // the real ones have 1 to 2 kB
    return std::string(personal_access) + outkit::detail::base64_encode(keys.seal("access", nonce(env), plain));
}

// The random texts of one token, drawn in one piece: OpenSSL's generator costs by the call.
class random_texts
{
public:
    explicit random_texts(detail::environment& from) { from.random(octets_); }

    std::string next(std::size_t octets)
    {
        std::string_view const left = std::string_view(reinterpret_cast<char const*>(octets_.data()), octets_.size());
        taken_ += octets;
        return base64url_encode(left.substr(taken_ - octets, octets));
    }

private:
    std::array<unsigned char, 160> octets_;  // a token takes 143 at most
    std::size_t taken_ = 0;
};

// Where the claims of one token are made: a block that is given up as a whole.
inline constexpr std::size_t most_claims = 40;
class claims_memory
{
public:
    json::storage_ptr get() { return &resource_; }

private:
    std::array<unsigned char, 8 * 1024> block_;
    json::monotonic_resource resource_{block_.data(), block_.size()};
};

inline json::object v1_payload(random_texts& random, access_claims const& c, json::storage_ptr memory)
{
    person const& p = c.person;
    json::object o(
        {{"aud", c.audience}, {"iss", c.issuer}, {"iat", c.issued_at}, {"nbf", c.issued_at}, {"exp", c.expires_at}},
        most_claims, std::move(memory));
    if (!c.app_only)
    {
        o["acct"] = c.identity_provider.empty() ? 0 : 1;
        o["acr"] = "1";
    }
    o["aio"] = "A" + random.next(c.app_only ? 26 : 65) + "=";
    if (!c.app_only)
        o["amr"] = c.multifactor ? json::array{"pwd", "mfa"} : json::array{"pwd"};
    o["app_displayname"] = c.client_name;
    o["appid"] = c.client_id;
    o["appidacr"] = std::to_string(c.client_authentication);
    if (c.app_only || !c.identity_provider.empty())
        o["idp"] = c.app_only ? "https://sts.windows.net/" + c.tenant + "/" : c.identity_provider;
    if (!c.app_only && !p.family_name.empty())
        o["family_name"] = p.family_name;
    if (!c.app_only && !p.given_name.empty())
        o["given_name"] = p.given_name;
    o["idtyp"] = c.app_only ? "app" : "user";
    if (!c.app_only)
    {
        o["ipaddr"] = "127.0.0.1";
        o["name"] = p.name;
    }
    o["oid"] = c.app_only ? c.service_principal : p.object_id;
    if (!c.app_only)
        o["puid"] = "1003" + short_id(p).substr(4);
    o["rh"] = "1.AXoAMOCK" + random.next(30) + ".";
    if (c.app_only)
    {
        json::array roles;
        for (std::string const& role : c.permissions)
            roles.emplace_back(role);
        if (!roles.empty())
            o["roles"] = std::move(roles);
    }
    else
    {
        o["scp"] = joined(c.permissions);
        o["signin_state"] = json::array{"kmsi"};
    }
    o["sub"] = c.app_only ? c.service_principal : pairwise_subject(c.audience, p);
    o["tenant_region_scope"] = "EU";
    o["tid"] = c.tenant;
    if (!c.app_only)
    {
        o["unique_name"] = p.login;
        o["upn"] = p.login;
    }
    o["uti"] = c.id;
    o["ver"] = "1.0";
    if (!c.app_only)
        o["wids"] = json::array{"b79fbf4d-3ef9-4689-8143-76b194e85509"};
    if (c.continuous_access)
        o["xms_cc"] = json::array{"cp1"};
    o["xms_tcdt"] = 1577836800;
    return o;
}

inline json::object v2_payload(random_texts& random, access_claims const& c, json::storage_ptr memory)
{
    person const& p = c.person;
    json::object o(
        {{"aud", c.audience}, {"iss", c.issuer}, {"iat", c.issued_at}, {"nbf", c.issued_at}, {"exp", c.expires_at}},
        most_claims, std::move(memory));
    o["aio"] = "A" + random.next(c.app_only ? 26 : 65) + "=";
    o["azp"] = c.client_id;
    o["azpacr"] = std::to_string(c.client_authentication);
    if (!c.app_only)
        o["name"] = p.name;
    o["oid"] = c.app_only ? c.service_principal : p.object_id;
    if (!c.app_only)
        o["preferred_username"] = p.login;
    o["rh"] = "1.AXoAMOCK" + random.next(30) + ".";
    if (!c.app_only)
        o["scp"] = joined(c.permissions);
    else if (!c.permissions.empty())
    {
        json::array roles;
        for (std::string const& role : c.permissions)
            roles.emplace_back(role);
        o["roles"] = std::move(roles);
    }
    o["sub"] = c.app_only ? c.service_principal : pairwise_subject(c.client_id, p);
    o["tid"] = c.tenant;
    o["uti"] = c.id;
    o["ver"] = "2.0";
    o["xms_ftd"] = random.next(32);
    return o;
}

inline access_claims claims_from(json::object const& o)
{
    access_claims c;
    bool const v1 = text(o, "ver") == "1.0";
    c.kind = v1 ? access_claims::shape::v1 : access_claims::shape::v2;
    c.audience = text(o, "aud");
    c.issuer = text(o, "iss");
    c.tenant = text(o, "tid");
    c.client_id = text(o, v1 ? "appid" : "azp");
    c.client_name = text(o, "app_displayname");
    std::string const authentication = text(o, v1 ? "appidacr" : "azpacr");
    c.client_authentication = authentication.empty() ? 0 : authentication[0] - '0';
    c.app_only = !o.contains("scp");
    if (c.app_only)
    {
        c.service_principal = text(o, "oid");
        if (json::value const* const roles = o.if_contains("roles"); roles && roles->is_array())
            for (json::value const& role : roles->get_array())
                if (role.is_string())
                    c.permissions.emplace_back(role.get_string());
    }
    else
    {
        c.person.home_tenant = c.tenant;
        c.person.object_id = text(o, "oid");
        c.person.login = text(o, v1 ? "upn" : "preferred_username");
        c.person.name = text(o, "name");
        c.person.given_name = text(o, "given_name");
        c.person.family_name = text(o, "family_name");
        c.permissions = words(text(o, "scp"));
    }
    if (json::value const* const methods = o.if_contains("amr"); methods && methods->is_array())
        for (json::value const& method : methods->get_array())
            c.multifactor = c.multifactor || (method.is_string() && method.get_string() == "mfa");
    c.issued_at = number(o, "iat");
    c.expires_at = number(o, "exp");
    c.id = text(o, "uti");
    return c;
}

inline token_fault in_time(access_claims const& c, detail::environment const& env)
{
    std::int64_t const now = unix_time(env);
    return now < c.issued_at     ? token_fault::not_yet_valid
           : now >= c.expires_at ? token_fault::expired
                                 : token_fault::none;
}

inline std::string seal_grant(signing_keys const& keys, detail::environment& env, char const* purpose, grant const& g)
{
    json::object const o{{"id", g.id},
                         {"t", g.tenant},
                         {"a", g.authority},
                         {"c", g.client_id},
                         {"u", g.user_id},
                         {"ut", g.user_tenant},
                         {"s", g.scope},
                         {"p", g.platform},
                         {"r", g.redirect_uri},
                         {"n", g.nonce},
                         {"ch", g.challenge},
                         {"cm", g.challenge_method},
                         {"sid", g.session_id},
                         {"tok", g.token_id},
                         {"mfa", g.multifactor},
                         {"at", g.signed_in_at},
                         {"i", g.issued_at},
                         {"mat", g.multifactor_at},
                         {"aut", g.says_auth_time}};
    return base64url_encode(keys.seal(purpose, nonce(env), json::serialize(o)));
}

inline std::optional<grant> open_grant(signing_keys const& keys, char const* purpose, std::string_view sealed)
{
    auto const octets = base64url_decode(sealed);
    auto const plain = octets ? keys.open(purpose, *octets) : std::nullopt;
    auto const parsed = plain ? object_of(*plain) : std::nullopt;
    if (!parsed)
        return std::nullopt;
    json::object const& o = *parsed;
    grant g;
    g.id = text(o, "id");
    g.tenant = text(o, "t");
    g.authority = text(o, "a");
    g.client_id = text(o, "c");
    g.user_id = text(o, "u");
    g.user_tenant = text(o, "ut");
    g.scope = text(o, "s");
    g.platform = text(o, "p");
    g.redirect_uri = text(o, "r");
    g.nonce = text(o, "n");
    g.challenge = text(o, "ch");
    g.challenge_method = text(o, "cm");
    g.session_id = text(o, "sid");
    g.token_id = text(o, "tok");
    auto const flag = [&](char const* name) {
        json::value const* const v = o.if_contains(name);
        return v && v->is_bool() && v->get_bool();
    };
    g.multifactor = flag("mfa");
    g.says_auth_time = flag("aut");
    g.multifactor_at = number(o, "mat");
    g.signed_in_at = number(o, "at");
    g.issued_at = number(o, "i");
    return g;
}

}  // namespace jwt

OUTKIT_INLINE std::int64_t unix_time(detail::environment const& at)
{
    return std::chrono::duration_cast<std::chrono::seconds>(at.date().time_since_epoch()).count();
}

OUTKIT_INLINE std::string random_text(detail::environment& from, std::size_t octets)
{
    std::string bytes(octets, '\0');
    from.random({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
    return jwt::base64url_encode(bytes);
}

OUTKIT_INLINE bool access_claims::has(std::string_view permission) const
{
    for (std::string const& p : permissions)
        if (same_name(p, permission))
            return true;
    return false;
}

OUTKIT_INLINE std::string pairwise_subject(std::string_view client_id, person const& who)
{
    std::string const hash = jwt::base64url_encode(
        jwt::sha256("sub " + std::string(client_id) + ' ' + who.home_tenant + ' ' + who.object_id));
    return who.personal() ? std::string(21, 'A') + "I" + hash.substr(0, 21) : hash;
}

OUTKIT_INLINE std::string client_info(person const& who)
{
    return jwt::part({{"uid", who.object_id}, {"utid", who.home_tenant}});
}

OUTKIT_INLINE std::string issue_access_token(signing_keys const& keys, detail::environment& env, access_claims& claims,
                                             std::int64_t lifetime)
{
    std::int64_t const now = unix_time(env);
    claims.issued_at = now - jwt::dated_back;
    claims.expires_at = now + lifetime;
    if (claims.issuer.empty())
        claims.issuer = "https://sts.windows.net/" + claims.tenant + "/";
    jwt::random_texts random(env);
    if (claims.id.empty())
        claims.id = random.next(16);
    if (claims.kind == access_claims::shape::opaque)
        return jwt::opaque_token(keys, env, claims);
    bool const v1 = claims.kind == access_claims::shape::v1;
    jwt::claims_memory memory;
    boost::json::object header({{"typ", "JWT"}}, memory.get());
    if (v1 && claims.hashed_nonce)
        header["nonce"] = random.next(32);
    header["alg"] = "RS256";
    if (v1)
        header["x5t"] = keys.x5t();
    header["kid"] = keys.kid();
    std::string const payload =
        jwt::part(v1 ? jwt::v1_payload(random, claims, memory.get()) : jwt::v2_payload(random, claims, memory.get()));
    std::string token = jwt::part(header) + "." + payload;
    // A nonce is signed as its hash.
    token += "." + keys.sign_rs256(header.contains("nonce") ? jwt::signed_header(header) + "." + payload : token);
    return token;
}

OUTKIT_INLINE access_verdict verify_access_token(signing_keys const& keys, detail::environment const& env,
                                                 std::string_view bearer)
{
    access_verdict v;
    if (is_real_credential(keys, bearer))
    {
        v.fault = token_fault::real_credential;
        return v;
    }
    if (bearer.starts_with(jwt::personal_access) && bearer.size() <= jwt::max_token)
    {
        auto const sealed = outkit::detail::base64_decode(bearer.substr(jwt::personal_access.size()));
        auto const plain = sealed ? keys.open("access", *sealed) : std::nullopt;
        auto const parsed = plain ? jwt::object_of(*plain) : std::nullopt;
        if (!parsed)
        {
            v.fault = token_fault::bad_signature;
            return v;
        }
        boost::json::object const& o = *parsed;
        access_claims& c = v.claims;
        c.kind = access_claims::shape::opaque;
        c.audience = jwt::text(o, "aud");
        c.tenant = jwt::text(o, "tid");
        c.issuer = "https://sts.windows.net/" + c.tenant + "/";
        c.client_id = jwt::text(o, "cid");
        c.client_name = jwt::text(o, "app");
        c.client_authentication = static_cast<int>(jwt::number(o, "acr"));
        c.permissions = jwt::words(jwt::text(o, "scp"));
        c.issued_at = jwt::number(o, "iat");
        c.expires_at = jwt::number(o, "exp");
        c.id = jwt::text(o, "uti");
        if (boost::json::value const* const who = o.if_contains("who"); who && who->is_object())
            c.person = jwt::person_from(who->get_object());
        v.fault = jwt::in_time(c, env);
        return v;
    }
    auto const p = jwt::take_apart(bearer);
    if (!p)
        return v;
    std::string const kid = jwt::text(p->header, "kid");
    std::string const signed_text = jwt::signed_header(p->header) + "." + std::string(p->encoded_payload);
    bool const hashed = p->header.contains("nonce");
    if (!keys.publishes(kid))
        v.fault = token_fault::unknown_key;
    else if (jwt::text(p->header, "alg") != "RS256" ||
             !keys.verify_rs256(kid,
                                hashed ? std::string_view(signed_text)
                                       : bearer.substr(0, p->encoded_header.size() + 1 + p->encoded_payload.size()),
                                p->signature))
        v.fault = token_fault::bad_signature;
    else
    {
        v.claims = jwt::claims_from(p->payload);
        v.claims.hashed_nonce = hashed;
        v.fault = jwt::in_time(v.claims, env);
    }
    return v;
}

OUTKIT_INLINE std::string issue_id_token(signing_keys const& keys, detail::environment& env, id_claims const& claims)
{
    std::int64_t const now = unix_time(env);
    bool const personal = claims.person.personal();
    jwt::random_texts random(env);
    jwt::claims_memory memory;
    boost::json::object const header({{"typ", "JWT"}, {"alg", "RS256"}, {"kid", keys.kid()}}, memory.get());
    boost::json::object o({{"aud", claims.audience},
                           {"iss", claims.issuer},
                           {"iat", now - jwt::dated_back},
                           {"nbf", now - jwt::dated_back},
                           {"exp", now + (personal ? 86400 : 3600)}},
                          jwt::most_claims, memory.get());
    o["aio"] = "A" + random.next(65) + "=";
    // The left half of the hash (OpenID Connect Core 1.0 section 3.3.2.11).
    auto const half_hash = [](std::string const& of) { return jwt::base64url_encode(jwt::sha256(of).substr(0, 16)); };
    if (!claims.at_hash_of.empty())
        o["at_hash"] = half_hash(claims.at_hash_of);
    if (claims.auth_time != 0)
        o["auth_time"] = claims.auth_time;
    if (!claims.c_hash_of.empty())
        o["c_hash"] = half_hash(claims.c_hash_of);
    if (claims.email && !claims.person.email.empty())
        o["email"] = claims.person.email;
    if (!claims.identity_provider.empty())
        o["idp"] = claims.identity_provider;
    if (claims.profile)
        o["name"] = claims.person.name;
    if (!claims.nonce.empty())
        o["nonce"] = claims.nonce;
    if (claims.profile || claims.v1)
    {
        o["oid"] = claims.person.object_id;
        if (!claims.v1)
            o["preferred_username"] = claims.person.login;
    }
    o["rh"] = "1.AXoAMOCK" + random.next(30) + ".";
    if (!claims.session_id.empty())
        o["sid"] = claims.session_id;
    o["sub"] = pairwise_subject(claims.audience, claims.person);
    o["tid"] = claims.tenant;
    if (claims.v1)
    {
        o["unique_name"] = claims.person.login;
        o["upn"] = claims.person.login;
    }
    o["uti"] = random.next(16);
    o["ver"] = claims.v1 ? "1.0" : "2.0";
    std::string const input = jwt::part(header) + "." + jwt::part(o);
    return input + "." + keys.sign_rs256(input);
}

OUTKIT_INLINE std::string seal_code(signing_keys const& keys, detail::environment& env, grant const& g)
{
    return std::string(same_name(g.user_tenant, consumers_tenant) ? jwt::personal_code : jwt::work_code) +
           jwt::seal_grant(keys, env, "code", g);
}
OUTKIT_INLINE std::optional<grant> open_code(signing_keys const& keys, std::string_view code)
{
    for (std::string_view const beginning : {jwt::work_code, jwt::personal_code})
        if (code.starts_with(beginning) && code.size() <= jwt::max_token)
            return jwt::open_grant(keys, "code", code.substr(beginning.size()));
    return std::nullopt;
}

OUTKIT_INLINE std::string seal_refresh_token(signing_keys const& keys, detail::environment& env, grant const& g)
{
    return std::string(same_name(g.user_tenant, consumers_tenant) ? jwt::personal_refresh : jwt::work_refresh) +
           jwt::seal_grant(keys, env, "refresh", g);
}
OUTKIT_INLINE std::optional<grant> open_refresh_token(signing_keys const& keys, std::string_view text)
{
    for (std::string_view const beginning : {jwt::work_refresh, jwt::personal_refresh})
        if (text.starts_with(beginning) && text.size() <= jwt::max_token)
            return jwt::open_grant(keys, "refresh", text.substr(beginning.size()));
    return std::nullopt;
}

OUTKIT_INLINE bool is_real_credential(signing_keys const& keys, std::string_view text)
{
    auto const marked = [&](std::string_view beginning) { return text.starts_with(beginning); };
    if (marked(jwt::work_refresh) || marked(jwt::personal_access) || marked("M.C500_MOCK."))
        return false;
    if (text.size() >= 8 &&
        (text.starts_with("0.A") || text.starts_with("1.A") || text.starts_with("M.C") || text.starts_with("M.R3_")))
        return true;
    if (text.size() >= 150 && text.substr(1).starts_with("AQABAAEAAA"))  // a device code
        return true;
    if (text.size() >= 200 &&
        (text.starts_with("EwA") || text.starts_with("EwB") || text.starts_with("EwC") || text.starts_with("AQAB")))
        return true;
    if (!text.starts_with("eyJ"))
        return false;
    auto const p = jwt::take_apart(text);
    if (!p || !jwt::is_microsoft_issuer(jwt::text(p->payload, "iss")))
        return false;
    std::string const kid = jwt::text(p->header, "kid");
    return !kid.starts_with("mock-") && !keys.publishes(kid);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
