#ifndef OUTKIT_OAUTH2_METADATA_IPP
#define OUTKIT_OAUTH2_METADATA_IPP

#include <outkit/detail/json.hpp>
#include <outkit/http/error.hpp>
#include <outkit/oauth2/metadata.hpp>
#include <outkit/oauth2/refusal.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {

OUTKIT_DEF metadata read_metadata(http::response const& answer, authority const& from, error_code& ec,
                                  std::string& subject)
{
    auto const reject = [&](error_code e, std::string_view what) {
        ec = e;
        subject = what;
        return metadata();
    };
    ec = {};
    if (answer.status != 200)
    {
        refusal const r = read_refusal(answer);
        return reject(r.ec ? r.ec : make_error_code(error::unexpected_status), r.text());
    }
    if (http::media_type(answer.headers) != "application/json")
        return reject(error::unexpected_media_type, "Content-Type");
    auto const object = outkit::detail::parse_strict_object(answer.body);
    if (!object)
        return reject(error::malformed_response, "the discovery document");

    metadata m;
    m.issuer = outkit::detail::string_member(*object, "issuer").value_or("");
    if (m.issuer.empty())
        return reject(error::malformed_response, "issuer");
    if (!from.may_discover_issuer(m.issuer))
        return reject(error::issuer_mismatch, "issuer " + detail::presentable(m.issuer, 128));
    m.device_authorization_endpoint = from.device_authorization_endpoint();
    m.end_session_endpoint = from.end_session_endpoint();
    struct row
    {
        char const* name;
        http::url& into;
        bool required = true;
    };
    for (row const& r : {row{"authorization_endpoint", m.authorization_endpoint},
                         row{"token_endpoint", m.token_endpoint}, row{"jwks_uri", m.keys_endpoint},
                         row{"device_authorization_endpoint", m.device_authorization_endpoint, false},
                         row{"end_session_endpoint", m.end_session_endpoint, false}})
    {
        if (!r.required && !object->contains(r.name))
            continue;
        auto const text = outkit::detail::string_member(*object, r.name);
        if (!text)
            return reject(error::malformed_response, r.name);
        error_code not_a_url;
        r.into = http::parse_url(*text, not_a_url);
        if (not_a_url || !from.owns(r.into.server))
            return reject(error::untrusted_endpoint, r.name + (' ' + detail::presentable(*text, 128)));
    }
    if (auto const* const v = object->if_contains("authorization_response_iss_parameter_supported"))
    {
        if (!v->is_bool())
            return reject(error::malformed_response, "authorization_response_iss_parameter_supported");
        m.answers_with_issuer = v->get_bool();
    }
    // Entra's document does not have this member, and supports S256 all the same.
    if (auto const* const v = object->if_contains("code_challenge_methods_supported"))
    {
        if (!v->is_array())
            return reject(error::malformed_response, "code_challenge_methods_supported");
        auto const& methods = v->get_array();
        bool const s256 = std::any_of(methods.begin(), methods.end(),
                                      [](auto const& one) { return one.is_string() && one.get_string() == "S256"; });
        if (!s256)
            return reject(error::pkce_unsupported, "code_challenge_methods_supported");
    }
    return m;
}

OUTKIT_DEF metadata usual_metadata(authority const& of)
{
    metadata m;
    m.authorization_endpoint = of.authorization_endpoint();
    m.token_endpoint = of.token_endpoint();
    m.keys_endpoint = of.keys_endpoint();
    m.device_authorization_endpoint = of.device_authorization_endpoint();
    m.end_session_endpoint = of.end_session_endpoint();
    return m;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
