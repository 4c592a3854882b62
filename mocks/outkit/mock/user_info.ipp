#ifndef OUTKIT_MOCK_USER_INFO_IPP
#define OUTKIT_MOCK_USER_INFO_IPP

#include <outkit/mock/tokens.hpp>
#include <outkit/mock/user_info.hpp>
#include <outkit/mock/world.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <ctime>

namespace outkit::inline OUTKIT_ABI::mock {

// Documented: Microsoft Learn, user info endpoint. Graph's words when it refuses, as its mock has them.
OUTKIT_INLINE http::response user_info(world& w, http::request const& request)
{
    auto const refused = [&](char const* message) {
        std::array<char, 32> date{};
        std::time_t const now = static_cast<std::time_t>(unix_time(w));
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
        boost::json::object inner{
            {"date", date.data()}, {"request-id", new_guid(w)}, {"client-request-id", new_guid(w)}};
        boost::json::object const o{
            {"error",
             {{"code", "InvalidAuthenticationToken"}, {"message", message}, {"innerError", std::move(inner)}}}};
        http::response r{.status = 401, .body = boost::json::serialize(o)};
        r.headers.push_back({"Content-Type", "application/json"});
        r.headers.push_back({"WWW-Authenticate", "Bearer realm=\"\", error=\"invalid_token\""});
        return r;
    };
    std::string const* const header = http::find(request.headers, "Authorization");
    if (!header || !same_name(header->substr(0, 7), "bearer "))
        return refused("Access token is empty.");
    access_verdict const v = verify_access_token(w.keys, w, std::string_view(*header).substr(7));
    if (v.fault == token_fault::expired)
        return refused("Lifetime validation failed, the token is expired.");
    if (!v)
        return refused("Access token validation failure. Invalid token.");
    resource const* const audience = find_resource(v.claims.audience);
    if (v.claims.app_only || !audience || audience->app_id != graph_app_id)
        return refused("Access token validation failure. Invalid audience.");
    if (!v.claims.has("openid"))
        return refused("Access token validation failure. The token has no openid scope.");
    person const& p = v.claims.person;
    boost::json::object o{{"sub", pairwise_subject(v.claims.client_id, p)}};
    if (v.claims.has("profile"))
    {
        o["name"] = p.name;
        if (!p.family_name.empty())
            o["family_name"] = p.family_name;
        if (!p.given_name.empty())
            o["given_name"] = p.given_name;
        o["picture"] = "https://graph.microsoft.com/v1.0/me/photo/$value";
    }
    user const* const u = w.directory.find_user_id(p.object_id);
    if (v.claims.has("email") && u && !u->mail.empty())
        o["email"] = u->mail;
    http::response r{.status = 200, .body = boost::json::serialize(o)};
    r.headers.push_back({"Content-Type", "application/json"});
    return r;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
