#ifndef OUTKIT_HTTP_URL_IPP
#define OUTKIT_HTTP_URL_IPP

#include <outkit/http/detail/grammar.hpp>
#include <outkit/http/url.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::http {

OUTKIT_DEF std::string origin::authority() const
{
    std::string text = host.find(':') == std::string::npos ? host : '[' + host + ']';
    if (port != (tls ? 443 : 80))
        text += ':' + std::to_string(port);
    return text;
}

OUTKIT_DEF std::string url::text() const { return (server.tls ? "https://" : "http://") + server.authority() + target; }

OUTKIT_DEF bool is_loopback(std::string_view host)
{
    return detail::equal_ignoring_case(host, "localhost") || host == "127.0.0.1" || host == "::1";
}

OUTKIT_DEF url parse_url(std::string_view text, error_code& ec, url_schemes schemes)
{
    ec = error::invalid_url;
    auto const parsed = boost::urls::parse_absolute_uri({text.data(), text.size()});  // has no fragment
    if (!parsed)
        return {};
    boost::urls::url_view const& u = *parsed;
    url out;
    out.server.tls = u.scheme_id() == boost::urls::scheme::https;
    if (!out.server.tls && u.scheme_id() != boost::urls::scheme::http)
        return {};
    if (!u.has_authority() || u.has_userinfo())
        return {};
    auto const host = u.encoded_host();
    switch (u.host_type())
    {
    case boost::urls::host_type::ipv4:
    case boost::urls::host_type::name: out.server.host.assign(host.data(), host.size()); break;
    case boost::urls::host_type::ipv6: out.server.host.assign(host.data() + 1, host.size() - 2); break;
    default: return {};
    }
    auto& name = out.server.host;
    std::transform(name.begin(), name.end(), name.begin(), detail::lower);
    // Names of hosts only: RFC 3986 allows more, resolvers and certificates do not.
    bool const plain = std::all_of(name.begin(), name.end(), [](char c) {
        return detail::is_alnum(c) || std::string_view("-._:").find(c) != std::string_view::npos;
    });
    if (!plain || name.empty() || name.ends_with('.') || name.starts_with('.') ||
        name.find("..") != std::string::npos || name.size() > 253)
        return {};
    out.server.port = out.server.tls ? 443 : 80;
    if (u.has_port())
    {
        auto const digits = u.port();
        auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), out.server.port);
        if (digits.empty() || digits.front() == '0' || r.ec != std::errc() || r.ptr != digits.data() + digits.size())
            return {};
    }
    auto const target = u.encoded_target();
    out.target.assign(target.data(), target.size());
    if (out.target.empty() || out.target.starts_with('?'))
        out.target.insert(0, "/");
    if (!detail::is_target(out.target))
        return {};
    if (!out.server.tls && (schemes == url_schemes::https || !is_loopback(name)))
        return {};
    ec = {};
    return out;
}

OUTKIT_DEF url resolve(url const& base, std::string_view reference, error_code& ec, url_schemes schemes)
{
    ec = error::invalid_url;
    auto const relative = boost::urls::parse_uri_reference({reference.data(), reference.size()});
    std::string const base_text = base.text();
    auto const from = boost::urls::parse_absolute_uri(base_text);
    boost::urls::url whole;
    if (!relative || !from || reference.empty() || !boost::urls::resolve(*from, *relative, whole))
        return {};
    whole.remove_fragment();
    return parse_url({whole.data(), whole.size()}, ec, schemes);
}

}  // namespace outkit::inline OUTKIT_ABI::http

#endif
