#ifndef OUTKIT_GRAPH_DETAIL_REGISTERING_IPP
#define OUTKIT_GRAPH_DETAIL_REGISTERING_IPP

#include <outkit/graph/detail/members.hpp>
#include <outkit/graph/detail/registering.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>

// Documented: Microsoft Graph v1.0, application, servicePrincipal, oAuth2PermissionGrant, appRoleAssignment, organization.

namespace outkit::inline OUTKIT_ABI::graph::detail {

namespace registering {

inline json::string text(std::string_view s) { return json::string(s.data(), s.size()); }

inline json::array list(std::vector<std::string> const& items)
{
    json::array a;
    for (std::string const& item : items)
        a.emplace_back(text(item));
    return a;
}

template <class Each>
void each(reader& r, json::object const& in, std::string_view name, Each&& take)
{
    json::value const* const v = r.member(in, name);
    if (!v)
        return;
    if (!v->is_array())
        return r.wrong(name, "a list");
    for (json::value const& item : v->get_array())
        if (json::object const* const o = item.if_object())
            take(*o);
        else
            r.wrong(name, "a list of objects");
}

inline void read(reader& r, json::object const& o, password_credential& out)
{
    r.read(o, "keyId", out.key_id);
    r.read(o, "displayName", out.display_name);
    r.read(o, "hint", out.hint);
    r.read(o, "endDateTime", out.end);
}

inline void read(reader& r, json::object const& o, application& out)
{
    r.read(o, "id", out.id);
    r.read(o, "appId", out.app_id);
    r.read(o, "displayName", out.display_name);
    r.read(o, "signInAudience", out.sign_in_audience);
    r.read(o, "isFallbackPublicClient", out.is_fallback_public_client);
    if (json::object const* const web = r.object(o, "web"))
        r.read(*web, "redirectUris", out.web_redirect_uris);
    if (json::object const* const spa = r.object(o, "spa"))
        r.read(*spa, "redirectUris", out.spa_redirect_uris);
    if (json::object const* const installed = r.object(o, "publicClient"))
        r.read(*installed, "redirectUris", out.public_redirect_uris);
    each(r, o, "requiredResourceAccess", [&](json::object const& resource) {
        required_permission p;
        r.read(resource, "resourceAppId", p.resource_app_id);
        each(r, resource, "resourceAccess", [&](json::object const& access) {
            r.read(access, "id", p.id);
            std::string type;
            r.read(access, "type", type);
            p.kind = same_letters(type, "Role") ? permission_kind::application : permission_kind::delegated;
            out.permissions.push_back(p);
        });
    });
    each(r, o, "passwordCredentials", [&](json::object const& c) { read(r, c, out.secrets.emplace_back()); });
}

inline void read(reader& r, json::object const& o, service_principal& out)
{
    r.read(o, "id", out.id);
    r.read(o, "appId", out.app_id);
    r.read(o, "displayName", out.display_name);
    auto const offered = [&](std::string_view name, permission_kind kind) {
        each(r, o, name, [&](json::object const& one) {
            offered_permission p;
            p.kind = kind;
            r.read(one, "id", p.id);
            r.read(one, "value", p.value);
            out.permissions.push_back(std::move(p));
        });
    };
    offered("oauth2PermissionScopes", permission_kind::delegated);
    offered("appRoles", permission_kind::application);
}

inline void read(reader& r, json::object const& o, permission_grant& out)
{
    r.read(o, "id", out.id);
    r.read(o, "clientId", out.client_id);
    r.read(o, "resourceId", out.resource_id);
    r.read(o, "principalId", out.principal_id);
    r.read(o, "scope", out.scope);
}

inline void read(reader& r, json::object const& o, role_assignment& out)
{
    r.read(o, "appRoleId", out.role_id);
    r.read(o, "principalId", out.principal_id);
    r.read(o, "resourceId", out.resource_id);
}

inline void read(reader& r, json::object const& o, organization& out)
{
    r.read(o, "id", out.id);
    r.read(o, "displayName", out.display_name);
    each(r, o, "verifiedDomains", [&](json::object const& domain) {
        bool is_default = false;
        std::string name;
        r.read(domain, "isDefault", is_default);
        r.read(domain, "name", name);
        out.domains.insert(is_default ? out.domains.begin() : out.domains.end(), std::move(name));
    });
}

inline void read(reader& r, json::object const& o, new_password& out)
{
    read(r, o, out.credential);
    std::string plain;
    r.read(o, "secretText", plain);
    out.text = secret(std::move(plain));
}

template <class T>
parsed<T> entity(std::string_view body, limits const& l)
{
    parsed<T> p;
    document const d(body, l);
    json::object const* const o = d.root ? d.root->if_object() : nullptr;
    reader r;
    if (o)
        read(r, *o, p.value);
    p.ec = d.ec ? d.ec : o ? r.ec : make_error_code(error::response_malformed);
    p.what = d.ec ? d.what : o ? r.what : "an object was expected";
    return p;
}

template <class T>
struct directory_page
{
    std::vector<T> value;
    std::string next_link;
};

template <class T>
parsed<directory_page<T>> collection(std::string_view body, limits const& l)
{
    parsed<directory_page<T>> p;
    document const d(body, l);
    json::object const* const o = d.root ? d.root->if_object() : nullptr;
    reader r;
    if (o)
    {
        r.read(*o, "@odata.nextLink", p.value.next_link);
        if (!r.member(*o, "value"))
            r.wrong("value", "a list");
        each(r, *o, "value", [&](json::object const& item) { read(r, item, p.value.value.emplace_back()); });
    }
    p.ec = d.ec ? d.ec : o ? r.ec : make_error_code(error::response_malformed);
    p.what = d.ec ? d.what : o ? r.what : "an object was expected";
    return p;
}

inline std::string path_of(session const& s, std::string_view rest)
{
    return "/" + percent_encoded(s.config.version) + "/" + std::string(rest);
}

// All pages of a listing.
template <class T>
flow<std::vector<T>> list_all(session& s, std::string target)
{
    std::vector<T> all;
    for (std::size_t number = 1;; ++number)
    {
        if (number > s.config.limits.pages)
            co_await outkit::detail::refuse(error::limit_exceeded, "pages");
        call c;
        c.target = target;
        directory_page<T> page = co_await perform_for<directory_page<T>>(s, std::move(c), collection<T>);
        std::move(page.value.begin(), page.value.end(), std::back_inserter(all));
        if (page.next_link.empty())
            co_return all;
        http::url next;
        if (error_code const ec = check_link(page.next_link, s, next))
            co_await outkit::detail::refuse(ec, "a link of the answer");
        if (next.target == target)
            co_await outkit::detail::refuse(error::page_loop);
        target = std::move(next.target);
    }
}

inline call post(session const& s, std::string_view path, json::object const& body)
{
    call c;
    c.method = "POST";
    c.target = path_of(s, path);
    c.content_type = "application/json";
    c.body = json::serialize(body);
    c.repeatable = false;
    return c;
}

inline call patch(session const& s, std::string_view path, json::object const& body)
{
    call c = post(s, path, body);
    c.method = "PATCH";
    c.repeatable = true;  // it says how things shall be
    return c;
}

inline json::object written(application const& a)
{
    json::array resources;
    for (required_permission const& p : a.permissions)
    {
        json::object one{{"id", text(p.id)}, {"type", p.kind == permission_kind::application ? "Role" : "Scope"}};
        auto const same = std::find_if(resources.begin(), resources.end(), [&](json::value const& v) {
            return v.at("resourceAppId").as_string() == text(p.resource_app_id);
        });
        if (same != resources.end())
            same->at("resourceAccess").as_array().push_back(std::move(one));
        else
            resources.push_back(json::object{{"resourceAppId", text(p.resource_app_id)},
                                             {"resourceAccess", json::array{std::move(one)}}});
    }
    return {{"displayName", text(a.display_name)},
            {"signInAudience", text(a.sign_in_audience)},
            {"isFallbackPublicClient", a.is_fallback_public_client},
            {"web", json::object{{"redirectUris", list(a.web_redirect_uris)}}},
            {"spa", json::object{{"redirectUris", list(a.spa_redirect_uris)}}},
            {"publicClient", json::object{{"redirectUris", list(a.public_redirect_uris)}}},
            {"requiredResourceAccess", std::move(resources)}};
}

}  // namespace registering

OUTKIT_DEF flow<organization> get_organization(session& s)
{
    std::string target = registering::path_of(s, "organization");
    std::vector<organization> all = co_await registering::list_all<organization>(s, std::move(target));
    if (all.size() != 1)
        co_await outkit::detail::refuse(error::response_malformed, "one organization was expected");
    co_return std::move(all.front());
}

OUTKIT_DEF flow<std::vector<application>> find_applications(session& s, std::string property, std::string value)
{
    query_builder query;
    query.add("$filter", property + " eq " + odata_quoted(value));
    return registering::list_all<application>(s, registering::path_of(s, "applications" + query.text()));
}

OUTKIT_DEF flow<application> create_application(session& s, application a)
{
    call c = registering::post(s, "applications", registering::written(a));
    co_return co_await perform_for<application>(s, std::move(c), registering::entity<application>);
}

OUTKIT_DEF flow<> update_application(session& s, application a)
{
    co_await demand(is_segment(a.id), "id");
    call c = registering::patch(s, "applications/" + percent_encoded(a.id), registering::written(a));
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<new_password> add_password(session& s, std::string id, std::string name, date_time end)
{
    co_await demand(is_segment(id), "id");
    json::object credential{{"displayName", registering::text(name)}, {"endDateTime", registering::text(format(end))}};
    call c = registering::post(s, "applications/" + percent_encoded(id) + "/addPassword",
                               {{"passwordCredential", std::move(credential)}});
    co_return co_await perform_for<new_password>(s, std::move(c), registering::entity<new_password>);
}

OUTKIT_DEF flow<> remove_password(session& s, std::string id, std::string key_id)
{
    co_await demand(is_segment(id), "id");
    call c = registering::post(s, "applications/" + percent_encoded(id) + "/removePassword",
                               {{"keyId", registering::text(key_id)}});
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<std::vector<service_principal>> find_service_principals(session& s, std::string app_id)
{
    query_builder query;
    query.add("$filter", "appId eq " + odata_quoted(app_id));
    return registering::list_all<service_principal>(s, registering::path_of(s, "servicePrincipals" + query.text()));
}

OUTKIT_DEF flow<service_principal> create_service_principal(session& s, std::string app_id)
{
    call c = registering::post(s, "servicePrincipals", {{"appId", registering::text(app_id)}});
    co_return co_await perform_for<service_principal>(s, std::move(c), registering::entity<service_principal>);
}

OUTKIT_DEF flow<std::vector<permission_grant>> list_grants(session& s, std::string client_id)
{
    query_builder query;
    query.add("$filter", "clientId eq " + odata_quoted(client_id));
    return registering::list_all<permission_grant>(s, registering::path_of(s, "oauth2PermissionGrants" + query.text()));
}

OUTKIT_DEF flow<permission_grant> create_grant(session& s, permission_grant g)
{
    json::object o{{"clientId", registering::text(g.client_id)},
                   {"consentType", g.principal_id.empty() ? "AllPrincipals" : "Principal"},
                   {"resourceId", registering::text(g.resource_id)},
                   {"scope", registering::text(g.scope)}};
    if (!g.principal_id.empty())
        o["principalId"] = registering::text(g.principal_id);
    call c = registering::post(s, "oauth2PermissionGrants", o);
    co_return co_await perform_for<permission_grant>(s, std::move(c), registering::entity<permission_grant>);
}

OUTKIT_DEF flow<> update_grant(session& s, permission_grant g)
{
    co_await demand(is_segment(g.id), "id");
    call c = registering::patch(s, "oauth2PermissionGrants/" + percent_encoded(g.id),
                                {{"scope", registering::text(g.scope)}});
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<std::vector<role_assignment>> list_role_assignments(session& s, std::string principal_id)
{
    co_await demand(is_segment(principal_id), "id");
    std::string target =
        registering::path_of(s, "servicePrincipals/" + percent_encoded(principal_id) + "/appRoleAssignments");
    co_return co_await registering::list_all<role_assignment>(s, std::move(target));
}

OUTKIT_DEF flow<> assign_role(session& s, role_assignment a)
{
    co_await demand(is_segment(a.principal_id), "id");
    call c = registering::post(s, "servicePrincipals/" + percent_encoded(a.principal_id) + "/appRoleAssignments",
                               {{"principalId", registering::text(a.principal_id)},
                                {"resourceId", registering::text(a.resource_id)},
                                {"appRoleId", registering::text(a.role_id)}});
    co_await perform(s, std::move(c));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
