#ifndef OUTKIT_OAUTH2_INSTANCE_IPP
#define OUTKIT_OAUTH2_INSTANCE_IPP

#include <outkit/detail/json.hpp>
#include <outkit/oauth2/instance.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

// Empty: it is no host name, nor one with a port.
OUTKIT_DECL std::string host_member(boost::json::value const& v)
{
    if (!v.is_string())
        return {};
    std::string const text(v.get_string().data(), v.get_string().size());
    error_code ec;
    http::url const u = http::parse_url("https://" + text + '/', ec);
    return ec || u.target != "/" ? std::string() : u.server.authority();
}

OUTKIT_DECL std::string host_member(boost::json::object const& o, char const* name)
{
    boost::json::value const* const v = o.if_contains(name);
    return v ? host_member(*v) : std::string();
}

}  // namespace detail

OUTKIT_DEF instance_metadata::cloud_names const* instance_metadata::find(std::string_view host) const
{
    for (cloud_names const& one : clouds)
        if (std::find(one.aliases.begin(), one.aliases.end(), host) != one.aliases.end())
            return &one;
    return nullptr;
}

OUTKIT_DEF instance_metadata read_instance_metadata(http::response const& answer, authority const& from, error_code& ec,
                                                    refusal& said)
{
    static constexpr std::size_t most_clouds = 64, most_aliases = 64;
    auto const reject = [&](error e, std::string_view what) {
        ec = e;
        said.description = what;
        return instance_metadata();
    };
    ec = {};
    if (answer.status != 200)
    {
        said = read_refusal(answer);
        ec = said.ec ? said.ec : make_error_code(error::unexpected_status);
        return {};
    }
    if (http::media_type(answer.headers) != "application/json")
        return reject(error::unexpected_media_type, "Content-Type");
    auto const object = outkit::detail::parse_strict_object(answer.body);
    if (!object)
        return reject(error::malformed_response, "the instance discovery document");
    instance_metadata m;
    auto const endpoint = outkit::detail::string_member(*object, "tenant_discovery_endpoint");
    if (!endpoint)
        return reject(error::malformed_response, "tenant_discovery_endpoint");
    error_code not_a_url;
    m.tenant_discovery_endpoint = http::parse_url(*endpoint, not_a_url);
    if (not_a_url || !from.owns(m.tenant_discovery_endpoint.server))
        return reject(error::untrusted_endpoint, "tenant_discovery_endpoint " + detail::presentable(*endpoint, 128));
    auto const* const list = object->if_contains("metadata");
    if (!list || !list->is_array() || list->get_array().size() > most_clouds)
        return reject(error::malformed_response, "metadata");
    for (auto const& entry : list->get_array())
    {
        instance_metadata::cloud_names one;
        auto const* const o = entry.if_object();
        auto const* const aliases = o ? o->if_contains("aliases") : nullptr;
        if (!aliases || !aliases->is_array() || aliases->get_array().size() > most_aliases)
            return reject(error::malformed_response, "aliases");
        one.preferred_network = detail::host_member(*o, "preferred_network");
        one.preferred_cache = detail::host_member(*o, "preferred_cache");
        for (auto const& alias : aliases->get_array())
        {
            one.aliases.push_back(detail::host_member(alias));
            // A host in two clouds would have two meanings.
            if (one.aliases.back().empty() || m.find(one.aliases.back()))
                return reject(error::malformed_response, "aliases");
        }
        auto const listed = [&](std::string const& host) {
            return std::find(one.aliases.begin(), one.aliases.end(), host) != one.aliases.end();
        };
        if (!listed(one.preferred_network) || !listed(one.preferred_cache))
            return reject(error::malformed_response, "preferred_network, preferred_cache");
        m.clouds.push_back(std::move(one));
    }
    return m;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
