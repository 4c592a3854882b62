#ifndef OUTKIT_MOCK_ENTRA_DEVICE_IPP
#define OUTKIT_MOCK_ENTRA_DEVICE_IPP

#include <outkit/mock/entra.hpp>
#include <outkit/mock/entra.ipp>
#include <outkit/mock/entra_state.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

// The device authorization endpoint (RFC 8628 section 3.1). Documented: Microsoft Learn, device authorization grant;
// members and their order observed in recordings of the real service and in MSAL's fixtures. What the person sees is in
// entra_sign_in.ipp, what the device hears afterwards in entra_token.ipp.

namespace outkit::inline OUTKIT_ABI::mock {
namespace sts {

inline constexpr std::size_t most_devices = 1000;

// The service's own form: upper case and digits, nine of them for work and eight for personal accounts (observed). Here
// without those that look alike; 32 characters, so that five random bits make one without bias.
inline std::string new_user_code(detail::environment& world, std::size_t n)
{
    static constexpr char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    std::string code(n, ' ');
    for (char& c : code)
    {
        unsigned char byte = 0;
        world.random(std::span(&byte, 1));
        c = alphabet[byte & 31];
    }
    return code;
}

}  // namespace sts

OUTKIT_INLINE sts::device_request* entra::state::find_device(std::string_view device_code)
{
    auto const d =
        std::find_if(devices.begin(), devices.end(), [&](auto const& r) { return r.device_code == device_code; });
    return d == devices.end() ? nullptr : &*d;
}

// As people type it: with blanks or hyphens, in lower case.
OUTKIT_INLINE sts::device_request* entra::state::find_user_code(std::string_view typed)
{
    std::string plain(typed.substr(0, 64));
    std::erase_if(plain, [](char c) { return c == ' ' || c == '-'; });
    auto const d =
        std::find_if(devices.begin(), devices.end(), [&](auto const& r) { return same_name(r.user_code, plain); });
    return d == devices.end() ? nullptr : &*d;
}

OUTKIT_INLINE http::response entra::state::device_code(sts::call& c)
{
    if (std::string const twice = c.form.duplicate(); !twice.empty())
        return json_error(c, refuse(9000411, {{"name", twice}}));
    sts::authority a;
    if (auto const refused = resolve(c.asked_tenant, a))
        return json_error(c, *refused);
    if (c.has("resource") && !c.v1)
        return json_error(c, refuse(901002));
    if (c.v1 && a.is == sts::authority::kind::consumers)
        return json_error(c, refuse(90027));
    application const* app = nullptr;
    if (auto const refused = check_client(c.parameter("client_id"), a, app))
        return json_error(c, *refused);
    std::string scope = c.parameter(c.v1 ? "resource" : "scope");
    if (scope.find_first_not_of(' ') == scope.npos)
        return json_error(c, refuse(900144, {{"name", c.v1 ? "resource" : "scope"}}));
    if (c.v1)
    {
        if (!find_resource(scope))
            return json_error(c, refuse(50001, {{"resource", scope}, {"tenant", a.asked}}));
        scope +=
            scope.ends_with('/') ? ".default openid profile offline_access" : "/.default openid profile offline_access";
    }
    sts::scope_set const scopes = understand(scope, *app, a);
    if (scopes.problem)
        return json_error(c, *scopes.problem);
    if (scopes.default_mixed())
        return json_error(c, refuse(70011, {{"scopes", scope}}));

    if (!sts::parse_claims(c.parameter("claims")))
        return json_error(c, refuse(50117));

    bool const personal = a.is == sts::authority::kind::consumers;
    sts::device_request d;
    do
        d.user_code = sts::new_user_code(w, personal ? 8 : 9);
    while (find_user_code(d.user_code));
    d.device_code = "MAQABIQEAAAMOCK" + random_text(w, 120);
    d.authority = a.asked;
    d.client_id = app->app_id;
    d.scope = scope;
    d.claims = c.parameter("claims");
    d.begun_at = unix_time(w);
    // Real ones stand at login.microsoft.com/device and www.microsoft.com/link.
    std::string const page = c.base + (personal ? "/link" : "/device");
    boost::json::object const o{{"user_code", d.user_code},
                                {"device_code", d.device_code},
                                {c.v1 ? "verification_url" : "verification_uri", page},
                                {"expires_in", sts::device_request::life},
                                {"interval", 5},
                                {"message", "To sign in, use a web browser to open the page " + page +
                                                " and enter the code " + d.user_code + " to authenticate."}};
    c.entry.answer = "200 device code for " + app->display_name;
    devices.push_back(std::move(d));
    if (devices.size() > sts::most_devices)
        devices.pop_front();
    c.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    if (c.has("x-client-current-telemetry") || http::find(c.request.headers, "x-client-current-telemetry"))
        c.headers.push_back({"x-ms-clitelem", "1,0,0,,"});
    return {.status = 200, .body = boost::json::serialize(o)};
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
