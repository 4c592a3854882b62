#ifndef OUTKIT_OAUTH2_SCOPE_IPP
#define OUTKIT_OAUTH2_SCOPE_IPP

#include <outkit/http/detail/grammar.hpp>
#include <outkit/oauth2/scope.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

OUTKIT_DECL bool is_openid_scope(std::string_view s)
{
    static constexpr std::string_view names[] = {"openid", "profile", "email", "offline_access"};
    return std::any_of(std::begin(names), std::end(names),
                       [&](auto name) { return http::detail::equal_ignoring_case(name, s); });
}

// "https://outlook.office.com/" of "https://outlook.office.com/SMTP.Send", with the slash; nothing for "SMTP.Send".
OUTKIT_DECL std::string_view prefix_of(std::string_view scope)
{
    auto const slash = scope.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : scope.substr(0, slash + 1);
}

}  // namespace detail

OUTKIT_DEF bool scope_set::add(std::string_view scope)
{
    // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) ; RFC 6749 section 3.3
    bool const valid = !scope.empty() && std::all_of(scope.begin(), scope.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
    });
    if (valid && !contains(scope))
        names_.emplace_back(scope);
    return valid;
}

OUTKIT_DEF bool scope_set::contains(std::string_view scope) const
{
    return std::any_of(names_.begin(), names_.end(),
                       [&](auto const& name) { return http::detail::equal_ignoring_case(name, scope); });
}

OUTKIT_DEF scope_set scope_set::parse(std::string_view text, error_code& ec)
{
    ec = {};
    scope_set s;
    while (!text.empty())
    {
        auto const blank = std::min(text.find(' '), text.size());
        if (blank != 0 && !s.add(text.substr(0, blank)))
        {
            ec = error::invalid_scope_text;
            return {};
        }
        text.remove_prefix(std::min(blank + 1, text.size()));
    }
    return s;
}

OUTKIT_DEF std::string scope_set::text() const
{
    std::string all;
    for (auto const& name : names_)
    {
        if (!all.empty())
            all += ' ';
        all += name;
    }
    return all;
}

OUTKIT_DEF std::string scope_set::resource(cloud const& in, error_code& ec) const
{
    ec = {};
    std::string found;
    for (auto const& name : names_)
    {
        if (detail::is_openid_scope(name))
            continue;
        auto const prefix = detail::prefix_of(name);
        auto const one = prefix.empty() ? std::string_view(in.graph) : prefix.substr(0, prefix.size() - 1);
        if (found.empty())
            found = one;
        else if (!http::detail::equal_ignoring_case(found, one))
        {
            ec = error::several_resources;
            return {};
        }
    }
    return found;
}

OUTKIT_DEF scope_set scope_set::missing_in(scope_set const& granted) const
{
    scope_set missing;
    for (auto const& name : names_)
    {
        auto const short_name = std::string_view(name).substr(detail::prefix_of(name).size());
        if (detail::is_openid_scope(name) || short_name == ".default")
            continue;
        bool const there = std::any_of(granted.begin(), granted.end(), [&](auto const& g) {
            auto const prefix = detail::prefix_of(g);
            return http::detail::equal_ignoring_case(std::string_view(g).substr(prefix.size()), short_name);
        });
        if (!there)
            missing.names_.push_back(name);
    }
    return missing;
}

OUTKIT_DEF scope_set scopes_for(base_scope base, cloud const& in)
{
    scope_set s;
    if (base == base_scope::imap)
    {
        s.add(in.mail_resource + "/IMAP.AccessAsUser.All");
        s.add(in.mail_resource + "/SMTP.Send");
    }
    else
    {
        s.add(in.graph + "/Mail.ReadWrite");
        s.add(in.graph + "/Mail.Send");
        s.add(in.graph + "/User.Read");
    }
    for (char const* const name : {"offline_access", "openid", "profile"})
        s.add(name);
    return s;
}

OUTKIT_DEF scope_set app_scopes_for(base_scope base, cloud const& in)
{
    scope_set s;
    s.add((base == base_scope::imap ? in.mail_app_resource : in.graph) + "/.default");
    return s;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
