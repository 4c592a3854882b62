#ifndef OUTKIT_OAUTH2_DEVICE_IPP
#define OUTKIT_OAUTH2_DEVICE_IPP

#include <outkit/http/url.hpp>
#include <outkit/oauth2/detail/members.ipp>
#include <outkit/oauth2/device.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF device_authorization read_device_authorization(http::response const& answer, scope_set const& asked,
                                                          outkit::detail::environment& world, error_code& ec,
                                                          refusal& said)
{
    using std::chrono::seconds;
    static constexpr std::int64_t least_interval = 5, most_interval = 60;  // RFC 8628 section 3.5: 5 unless told
    static constexpr std::int64_t longest_lifetime = 86'400;
    static constexpr std::size_t longest_code = 64, longest_uri = 2048;
    auto const reject = [&](error e, std::string_view what) {
        ec = e;
        said.description = what;
        return device_authorization();
    };
    ec = {};
    auto const object =
        answer.status == 200 ? outkit::detail::parse_strict_object(answer.body) : std::optional<boost::json::object>();
    if (answer.status >= 400 || (object && object->contains("error")))
    {
        said = read_refusal(answer);
        ec = said.ec ? said.ec : make_error_code(error::unexpected_status);
        return {};
    }
    if (answer.status != 200)
        return reject(error::unexpected_status, "");
    if (http::media_type(answer.headers) != "application/json")
        return reject(error::unexpected_media_type, "Content-Type");
    if (!object)
        return reject(error::malformed_response, "the device authorization answer");

    std::string_view user_code, device_code, uri, message;
    if (!detail::read_optional(*object, "user_code", user_code) || user_code.empty() ||
        user_code.size() > longest_code || !detail::is_visible(user_code))
        return reject(error::malformed_response, "user_code");
    if (!detail::read_optional(*object, "device_code", device_code) || device_code.empty() ||
        device_code.size() > detail::longest_token || !detail::is_visible(device_code))
        return reject(error::malformed_response, "device_code");
    // Names in other scripts come as A-labels or not at all, so that none looks like another.
    if (!detail::read_optional(*object, "verification_uri", uri) || uri.size() > longest_uri)
        return reject(error::malformed_response, "verification_uri");
    error_code not_a_url;
    http::url const page = http::parse_url(uri, not_a_url);
    if (not_a_url)
        return reject(error::malformed_response, "verification_uri");
    if (!detail::read_optional(*object, "message", message))
        return reject(error::malformed_response, "message");
    auto const* const lifetime = object->if_contains("expires_in");
    auto const life = lifetime ? detail::read_seconds(*lifetime) : std::nullopt;
    if (!life)
        return reject(error::malformed_response, "expires_in");
    auto const* const interval = object->if_contains("interval");
    auto const pause = interval ? detail::read_number(*interval) : least_interval;
    if (!pause)
        return reject(error::malformed_response, "interval");

    device_authorization d;
    d.user_code = user_code;
    d.device_code = secret(std::string(device_code));
    d.verification_uri = page.text();
    d.message = detail::presentable(message);
    if (d.message.empty())
        d.message = "To sign in, open the page " + d.verification_uri + " in a web browser and enter the code " +
                    d.user_code + '.';
    d.interval = seconds(std::clamp(*pause, least_interval, most_interval));
    d.lifetime = seconds(std::min(*life, longest_lifetime));
    d.expires_at = world.date() + d.lifetime;
    d.polled_until = world.now() + d.lifetime;
    d.scopes = asked;
    return d;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
