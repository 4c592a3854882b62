#ifndef OUTKIT_MOCK_GRAPH_DIRECTORY_IPP
#define OUTKIT_MOCK_GRAPH_DIRECTORY_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/members.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>

// The directory's part of Graph, as set-up scripts use it (documented: application-post-applications.md,
// application-update.md, application-addpassword.md, serviceprincipal-post-serviceprincipals.md,
// oauth2permissiongrant-post.md, serviceprincipal-post-approleassignments.md, organization-get.md).

namespace outkit::inline OUTKIT_ABI::mock {

namespace directory_view {

namespace json = boost::json;
namespace g = outkit::graph::detail;

inline json::string text(std::string_view s) { return json::string(s.data(), s.size()); }
inline json::value text_or_null(std::string_view s) { return s.empty() ? json::value() : json::value(text(s)); }
inline json::value date(detail::wall_time t) { return text(g::format(std::chrono::floor<std::chrono::seconds>(t))); }

inline json::object secret(client_secret const& s, bool with_value)
{
    json::object o;
    o["customKeyIdentifier"] = nullptr;
    o["displayName"] = text_or_null(s.name);
    o["endDateTime"] = date(s.end);
    o["hint"] = text(s.hint);
    o["keyId"] = text(s.id);
    o["secretText"] = with_value ? text_or_null(s.value) : json::value();
    o["startDateTime"] = date(s.start);
    return o;
}

inline json::object view(application const& a)
{
    auto const uris = [&](platform p) {
        json::array list;
        for (redirect_uri const& r : a.redirect_uris)
            if (r.type == p)
                list.emplace_back(text(r.uri));
        return list;
    };
    json::object o;
    o["id"] = text(a.object_id);
    o["deletedDateTime"] = nullptr;
    o["appId"] = text(a.app_id);
    o["createdDateTime"] = date(a.created);
    o["displayName"] = text(a.display_name);
    o["isFallbackPublicClient"] = a.allow_public_client;
    o["signInAudience"] = text(to_string(a.audience));
    json::array secrets;
    for (client_secret const& s : a.secrets)
        secrets.emplace_back(secret(s, false));
    o["passwordCredentials"] = std::move(secrets);
    o["publicClient"] = json::object{{"redirectUris", uris(platform::public_client)}};
    json::array required;
    for (required_permission const& p : a.permissions)
    {
        json::object one{{"id", text(p.id)}, {"type", text(to_string(p.type))}};
        auto const same = std::find_if(required.begin(), required.end(), [&](json::value const& v) {
            return v.at("resourceAppId").as_string() == text(p.resource);
        });
        if (same != required.end())
            same->at("resourceAccess").as_array().push_back(std::move(one));
        else
            required.push_back(
                json::object{{"resourceAppId", text(p.resource)}, {"resourceAccess", json::array{std::move(one)}}});
    }
    o["requiredResourceAccess"] = std::move(required);
    o["spa"] = json::object{{"redirectUris", uris(platform::spa)}};
    o["web"] =
        json::object{{"redirectUris", uris(platform::web)},
                     {"implicitGrantSettings", json::object{{"enableAccessTokenIssuance", a.access_token_issuance},
                                                            {"enableIdTokenIssuance", a.id_token_issuance}}}};
    return o;
}

inline json::object view(service_principal const& s, std::string_view name)
{
    json::object o;
    o["id"] = text(s.object_id);
    o["deletedDateTime"] = nullptr;
    o["accountEnabled"] = s.enabled;
    o["appDisplayName"] = text(name);
    o["appId"] = text(s.app_id);
    o["appRoleAssignmentRequired"] = s.assignment_required;
    o["displayName"] = text(name);
    o["servicePrincipalType"] = "Application";
    json::array roles, scopes;
    for (permission const& p : permission_catalogue())
        if (same_name(p.resource, s.app_id))
        {
            json::object one{{"id", text(p.id)}, {"isEnabled", true}, {"value", text(p.name)}};
            if (p.type == permission_type::application)
            {
                one["displayName"] = text(p.title);
                roles.push_back(std::move(one));
            }
            else
            {
                one["adminConsentDisplayName"] = text(p.title);
                one["type"] = p.admin_only ? "Admin" : "User";
                scopes.push_back(std::move(one));
            }
        }
    o["appRoles"] = std::move(roles);
    o["oauth2PermissionScopes"] = std::move(scopes);
    return o;
}

// property eq 'value'; nothing for anything else
inline std::optional<std::pair<std::string, std::string>> equality(std::string_view filter)
{
    std::size_t const open = filter.find('\'');
    if (open == filter.npos || filter.size() < open + 2 || filter.back() != '\'')
        return std::nullopt;
    std::string_view const head = http::detail::without_blanks(filter.substr(0, open));
    std::size_t const blank = head.find(' ');
    if (blank == head.npos || !same_name(http::detail::without_blanks(head.substr(blank)), "eq"))
        return std::nullopt;
    std::string value;
    std::string_view const quoted = filter.substr(open + 1, filter.size() - open - 2);
    for (std::size_t i = 0; i < quoted.size(); ++i)
    {
        value += quoted[i];
        if (quoted[i] == '\'' && (i + 1 == quoted.size() || quoted[++i] != '\''))
            return std::nullopt;
    }
    return std::pair(std::string(head.substr(0, blank)), std::move(value));
}

inline std::vector<std::string> words(std::string_view text)
{
    std::vector<std::string> out;
    while (!text.empty())
    {
        std::string_view const word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (!word.empty())
            out.emplace_back(word);
    }
    return out;
}

}  // namespace directory_view

OUTKIT_INLINE bool graph::exchange::is_directory(std::string_view segment)
{
    for (char const* const name :
         {"applications", "servicePrincipals", "oauth2PermissionGrants", "users", "organization"})
        if (same_name(segment, name))
            return true;
    return false;
}

OUTKIT_INLINE http::response graph::exchange::no_resource(std::string_view id)
{
    return refuse(404, "Request_ResourceNotFound",
                  "Resource '" + std::string(id.substr(0, 128)) +
                      "' does not exist or one of its queried reference-property objects are not present.");
}

// Who may, by the token's permissions; a person must be an administrator, too.
OUTKIT_INLINE std::optional<http::response>
graph::exchange::enter_directory(std::initializer_list<std::string_view> permissions)
{
    bool const named =
        std::any_of(permissions.begin(), permissions.end(), [&](std::string_view p) { return who.has(p); });
    user const* const actor = who.app_only ? nullptr : w.directory.find_user_id(who.actor_id);
    bool const personal = !who.app_only && !actor;
    if (!named || personal || (actor && !method("GET") && !actor->is_admin()))
        return refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    return decode_body();
}

OUTKIT_INLINE http::response graph::exchange::entity_of_directory(unsigned status, std::string_view set,
                                                                  std::string_view object)
{
    return this->json(status, "{\"@odata.context\":" + outkit::graph::detail::json_string(context(set)) + "," +
                                  std::string(object.substr(1)));
}

OUTKIT_INLINE http::response graph::exchange::list_of_directory(std::string_view set, std::vector<std::string> objects)
{
    std::uint64_t top = 0, skip = 0;
    if (!query.find("$top"))
        prefer.page_size = prefer.page_size.value_or(100);  // documented: paging.md, of directory objects
    if (auto refused = page(top, skip))
        return std::move(*refused);
    std::string body = "{\"@odata.context\":" + outkit::graph::detail::json_string(context(set));
    if (skip + top < objects.size())
        body += ",\"@odata.nextLink\":" +
                outkit::graph::detail::json_string("https://" + host + path + query.with_skip(skip + top));
    body += ",\"value\":[";
    for (std::uint64_t i = skip; i < objects.size() && i < skip + top; ++i)
        (body += i == skip ? "" : ",") += objects[i];
    return this->json(200, body + "]}");
}

OUTKIT_INLINE http::response graph::exchange::directory_part(segments s)
{
    namespace v = directory_view;
    std::string const tenant = who.claims.tenant;
    std::string_view const set = s[0];
    s = s.subspan(1);
    std::optional<std::pair<std::string, std::string>> wanted;
    if (std::string const* const filter = query.find("$filter"); filter && s.empty())
    {
        wanted = v::equality(*filter);
        if (!wanted)  // the text is [inferred]
            return refuse(400, "Request_UnsupportedQuery", "Unsupported Query.");
    }
    auto const passes = [&](std::initializer_list<std::pair<char const*, std::string_view>> properties) {
        return !wanted || std::any_of(properties.begin(), properties.end(), [&](auto const& p) {
            return same_name(p.first, wanted->first) && same_name(p.second, wanted->second);
        });
    };
    if (same_name(set, "organization"))
    {
        if (auto refused = enter_directory({"Organization.Read.All", "User.Read", "Directory.Read.All"}))
            return std::move(*refused);
        mock::tenant const* const t = w.directory.find_tenant(tenant);
        if (!method("GET") || !s.empty() || !t)
            return no_method();
        boost::json::array domains;
        for (std::string const& d : t->domains)
            domains.push_back(boost::json::object{{"capabilities", "Email, OfficeCommunicationsOnline"},
                                                  {"isDefault", d == t->domains.front()},
                                                  {"isInitial", d == t->initial_domain},
                                                  {"name", v::text(d)},
                                                  {"type", "Managed"}});
        return list_of_directory(
            "organization", {boost::json::serialize(boost::json::object{{"id", v::text(t->id)},
                                                                        {"displayName", v::text(t->display_name)},
                                                                        {"verifiedDomains", std::move(domains)}})});
    }
    if (same_name(set, "users"))
    {
        if (auto refused =
                enter_directory({"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"}))
            return std::move(*refused);
        if (!method("GET") || !s.empty())
            return no_method();
        selection chosen;
        if (auto refused = select(outkit::graph::detail::is_user_property, "microsoft.graph.user", chosen))
            return std::move(*refused);
        std::vector<std::string> found;
        for (user const& u : std::as_const(w.directory).users())
            if (same_name(u.tenant_id, tenant) &&
                passes({{"userPrincipalName", u.principal_name}, {"mail", u.mail}, {"displayName", u.display_name}}))
                found.push_back(outkit::graph::detail::serialise(graph_view(u), chosen.views));
        return list_of_directory("users" + chosen.in_context, std::move(found));
    }
    if (same_name(set, "oauth2PermissionGrants"))
    {
        if (auto refused = enter_directory({"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}))
            return std::move(*refused);
        return grants(s, wanted);
    }
    bool const read = method("GET");
    if (same_name(set, "applications"))
    {
        if (auto refused =
                read ? enter_directory({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"})
                     : enter_directory({"Application.ReadWrite.All"}))
            return std::move(*refused);
        return applications(s, wanted);
    }
    bool const assigns = s.size() >= 2 && !read;
    if (auto refused =
            assigns ? enter_directory({"AppRoleAssignment.ReadWrite.All"})
            : read  ? enter_directory({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"})
                    : enter_directory({"Application.ReadWrite.All"}))
        return std::move(*refused);
    return service_principals(s, wanted);
}

OUTKIT_INLINE http::response graph::exchange::applications(segments s, equality const& wanted)
{
    namespace v = directory_view;
    std::string const& tenant = who.claims.tenant;
    application* app = nullptr;
    if (s.empty() && method("GET"))
    {
        std::vector<std::string> found;
        for (application const& a : std::as_const(w.directory).applications())
            if (same_name(a.tenant_id, tenant) &&
                (!wanted || (same_name(wanted->first, "appId") && same_name(wanted->second, a.app_id)) ||
                 (same_name(wanted->first, "displayName") && same_name(wanted->second, a.display_name))))
                found.push_back(boost::json::serialize(v::view(a)));
        return list_of_directory("applications", std::move(found));
    }
    if (!s.empty())
    {
        app = w.directory.find_application_object(s[0]);
        if (!app || !same_name(app->tenant_id, tenant))
            return no_resource(s[0]);
    }
    if (s.size() == 1 && method("GET"))
        return entity_of_directory(200, "applications/$entity", boost::json::serialize(v::view(*app)));
    if (s.size() == 1 && method("DELETE"))
    {
        w.directory.remove_application(app->app_id);
        return no_content(204);
    }

    outkit::graph::detail::document const d(request.body, {});
    boost::json::object const* const o = d.root ? d.root->if_object() : nullptr;
    if (!o)
        return refuse(400, "BadRequest",
                      "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of "
                      "valid JSON format.");
    outkit::graph::detail::reader r;
    auto const wrong = [&](std::string const& property) {
        entry.reason = r.what;
        return refuse(400, "Request_BadRequest",
                      "Invalid value specified for property '" + property + "' of resource 'Application'.");
    };
    if (s.size() == 2 && method("POST") && same_name(s[1], "addPassword"))
    {
        std::string name;
        std::optional<outkit::graph::date_time> until;
        if (boost::json::object const* const given = r.object(*o, "passwordCredential"))
        {
            r.read(*given, "displayName", name);
            r.read(*given, "endDateTime", until);
        }
        if (r.ec)
            return wrong("passwordCredential");
        // documented: application-addpassword.md: two years unless said otherwise
        auto const lifetime =
            until ? std::chrono::duration_cast<std::chrono::hours>(*until - w.date() + std::chrono::minutes(59))
                  : std::chrono::hours(24) * 730;
        directory_error error;
        client_secret const* const made = w.directory.add_secret(w, *app, std::move(name), lifetime, error);
        if (!made)
        {
            entry.reason = error.detail;
            return refuse(static_cast<unsigned>(error.status), error.code, error.message);
        }
        return entity_of_directory(200, "microsoft.graph.passwordCredential",
                                   boost::json::serialize(v::secret(*made, true)));
    }
    if (s.size() == 2 && method("POST") && same_name(s[1], "removePassword"))
    {
        std::string key;
        r.read(*o, "keyId", key);
        if (r.ec || !w.directory.remove_secret(*app, key))
            return refuse(400, "Request_BadRequest", "No password credential found with keyId.");
        return no_content(204);
    }
    if (s.size() > 1)
        return no_segment(s[1]);
    bool const made = s.empty();
    if (!(made ? method("POST") : method("PATCH")))
        return no_method();

    application_request a;
    bool access_tokens = false, id_tokens = false;
    if (app)
    {
        a = {app->display_name, app->audience, app->redirect_uris, app->allow_public_client, app->permissions};
        access_tokens = app->access_token_issuance;
        id_tokens = app->id_token_issuance;
    }
    r.read(*o, "displayName", a.display_name);
    std::string audience(to_string(a.audience));
    if (made && !o->contains("signInAudience"))
        audience = "AzureADandPersonalMicrosoftAccount";  // documented: application resource
    r.read(*o, "signInAudience", audience);
    if (r.ec || !parse(audience, a.audience))
        return wrong("signInAudience");
    r.read(*o, "isFallbackPublicClient", a.allow_public_client);
    for (platform const p : {platform::web, platform::spa, platform::public_client})
        if (boost::json::object const* const of = r.object(*o, to_string(p)))
        {
            if (r.member(*of, "redirectUris"))
            {
                std::vector<std::string> uris;
                r.read(*of, "redirectUris", uris);
                std::erase_if(a.redirect_uris, [&](redirect_uri const& u) { return u.type == p; });
                for (std::string& uri : uris)
                    a.redirect_uris.push_back({std::move(uri), p});
            }
            if (boost::json::object const* const implicit = r.object(*of, "implicitGrantSettings"))
            {
                r.read(*implicit, "enableAccessTokenIssuance", access_tokens);
                r.read(*implicit, "enableIdTokenIssuance", id_tokens);
            }
        }
    if (boost::json::value const* const list = r.member(*o, "requiredResourceAccess"))
    {
        a.permissions.clear();
        for (boost::json::value const& item : list->is_array() ? list->get_array() : boost::json::array())
        {
            boost::json::object const* const of = item.if_object();
            boost::json::value const* const access = of ? r.member(*of, "resourceAccess") : nullptr;
            required_permission p;
            if (of)
                r.read(*of, "resourceAppId", p.resource);
            if (!access || !access->is_array())
                return wrong("requiredResourceAccess");
            for (boost::json::value const& one : access->get_array())
            {
                std::string type;
                if (!one.is_object())
                    return wrong("requiredResourceAccess");
                r.read(one.get_object(), "id", p.id);
                r.read(one.get_object(), "type", type);
                if (r.ec || !parse(type, p.type))
                    return wrong("requiredResourceAccess");
                a.permissions.push_back(p);
            }
        }
    }
    else if (made)
        a.permissions.clear();  // by the API, nothing comes of itself
    if (r.ec)
        return wrong(r.what.substr(0, r.what.find(':')));
    auto const errors = w.directory.check(a);
    if (!errors.empty())
    {
        entry.reason = errors.front().detail;
        return refuse(static_cast<unsigned>(errors.front().status), errors.front().code, errors.front().message);
    }
    if (made)
    {
        // A service principal is made by a request of its own.
        application fresh;
        fresh.tenant_id = tenant;
        fresh.created = w.date();
        app = &w.directory.add_application(w, std::move(fresh));
        st.unseen_principals.insert(app->app_id);
    }
    app->display_name = a.display_name;
    app->audience = a.audience;
    app->redirect_uris = a.redirect_uris;
    app->allow_public_client = a.allow_public_client;
    app->permissions = a.permissions;
    app->access_token_issuance = access_tokens;
    app->id_token_issuance = id_tokens;
    if (!made)
        return no_content(204);
    return entity_of_directory(201, "applications/$entity", boost::json::serialize(v::view(*app)));
}

OUTKIT_INLINE http::response graph::exchange::service_principals(segments s, equality const& wanted)
{
    namespace v = directory_view;
    std::string const& tenant = who.claims.tenant;
    auto const name_of = [&](std::string const& app_id) {
        if (application const* const a = std::as_const(w.directory).find_application(app_id))
            return a->display_name;
        resource const* const r = find_resource(app_id);
        return r ? std::string(r->name) : app_id;
    };
    // The resources' own are there in every tenant.
    for (resource const& r : resources())
        w.directory.ensure_service_principal(w, r.app_id, tenant);
    if (s.empty() && method("GET"))
    {
        std::vector<std::string> found;
        for (service_principal const& p : w.directory.service_principals())
            if (same_name(p.tenant_id, tenant) && !st.unseen_principals.contains(p.app_id) &&
                (!wanted || (same_name(wanted->first, "appId") && same_name(wanted->second, p.app_id)) ||
                 (same_name(wanted->first, "displayName") && same_name(wanted->second, name_of(p.app_id)))))
                found.push_back(boost::json::serialize(v::view(p, name_of(p.app_id))));
        return list_of_directory("servicePrincipals", std::move(found));
    }
    service_principal const* const p = s.empty() ? nullptr : w.directory.find_service_principal_object(s[0]);
    if (!s.empty() && (!p || !same_name(p->tenant_id, tenant)))
        return no_resource(s[0]);
    if (s.size() == 1)
        return method("GET") ? entity_of_directory(200, "servicePrincipals/$entity",
                                                   boost::json::serialize(v::view(*p, name_of(p->app_id))))
                             : no_method();
    auto const assignment = [&](service_principal const& principal, service_principal const& of,
                                permission const& role) {
        boost::json::object o;
        o["id"] = v::text(detail::base64url_encode(principal.object_id + std::string(role.id)));
        o["appRoleId"] = v::text(role.id);
        o["principalDisplayName"] = v::text(name_of(principal.app_id));
        o["principalId"] = v::text(principal.object_id);
        o["principalType"] = "ServicePrincipal";
        o["resourceDisplayName"] = v::text(name_of(of.app_id));
        o["resourceId"] = v::text(of.object_id);
        return boost::json::serialize(o);
    };
    bool const by_principal = s.size() == 2 && same_name(s[1], "appRoleAssignments");
    if (by_principal && method("GET"))
    {
        std::vector<std::string> found;
        for (resource const& of : resources())
            for (std::string const& name : w.directory.granted_roles(p->app_id, tenant, of.app_id))
                if (permission const* const role = find_permission(of.app_id, name, permission_type::application))
                    found.push_back(assignment(*p, *w.directory.find_service_principal(of.app_id, tenant), *role));
        return list_of_directory("appRoleAssignments", std::move(found));
    }
    if (!s.empty() && !by_principal && !(s.size() == 2 && same_name(s[1], "appRoleAssignedTo")))
        return no_segment(s[1]);
    if (!method("POST"))
        return no_method();

    outkit::graph::detail::document const d(request.body, {});
    boost::json::object const* const o = d.root ? d.root->if_object() : nullptr;
    outkit::graph::detail::reader r;
    std::string app_id, principal_id, resource_id, role_id;
    if (o)
    {
        r.read(*o, "appId", app_id);
        r.read(*o, "principalId", principal_id);
        r.read(*o, "resourceId", resource_id);
        r.read(*o, "appRoleId", role_id);
    }
    if (!o || r.ec)
        return refuse(400, "Request_BadRequest", "A value in the request is not valid.");
    if (s.empty())
    {
        application const* const a = std::as_const(w.directory).find_application(app_id);
        if (!a)
            return refuse(400, "Request_BadRequest",
                          "The appId '" + app_id.substr(0, 64) +
                              "' of the service principal does not reference a valid "
                              "application object.");
        if (w.directory.find_service_principal(app_id, tenant) && st.unseen_principals.erase(a->app_id) == 0)
            return refuse(409, "Request_MultipleObjectsWithSameKeyValue",
                          "The service principal cannot be created, updated, or restored because the service principal "
                          "name " +
                              app_id + " is already in use.");
        service_principal const& made = w.directory.ensure_service_principal(w, app_id, tenant);
        return entity_of_directory(201, "servicePrincipals/$entity",
                                   boost::json::serialize(v::view(made, name_of(app_id))));
    }
    service_principal const* const principal = w.directory.find_service_principal_object(principal_id);
    service_principal const* const of = w.directory.find_service_principal_object(resource_id);
    if (!principal || !same_name(principal->tenant_id, tenant))
        return no_resource(principal_id);
    if (!of || !same_name(of->tenant_id, tenant) || (by_principal ? p != principal : p != of))
        return no_resource(resource_id);
    permission const* const role = find_permission_id(of->app_id, role_id);
    if (!role || role->type != permission_type::application)
        return refuse(400, "Request_BadRequest",
                      "Permission being assigned was not found on application '" + of->object_id + "'.");
    auto const has = w.directory.granted_roles(principal->app_id, tenant, of->app_id);
    if (std::find(has.begin(), has.end(), role->name) != has.end())
        return refuse(400, "Request_BadRequest", "Permission being assigned already exists on the object");
    w.directory.grant(
        {principal->app_id, tenant, "", of->app_id, permission_type::application, {std::string(role->name)}});
    return entity_of_directory(201, "appRoleAssignments/$entity", assignment(*principal, *of, *role));
}

OUTKIT_INLINE http::response graph::exchange::grants(segments s, equality const& wanted)
{
    namespace v = directory_view;
    std::string const& tenant = who.claims.tenant;
    struct one_grant
    {
        consent given;
        std::string id, client, of;
    };
    std::vector<one_grant> all;
    for (consent const& c : w.directory.consents())
        if (c.type == permission_type::delegated && same_name(c.tenant_id, tenant))
        {
            one_grant g{c,
                        {},
                        w.directory.ensure_service_principal(w, c.app_id, tenant).object_id,
                        w.directory.ensure_service_principal(w, c.resource, tenant).object_id};
            g.id = detail::base64url_encode(g.client + g.of + c.user_id);
            all.push_back(std::move(g));
        }
    auto const show = [&](one_grant const& g) {
        std::string scope;
        for (std::string const& name : g.given.permissions)
            (scope += scope.empty() ? "" : " ") += name;
        boost::json::object o;
        o["clientId"] = v::text(g.client);
        o["consentType"] = g.given.user_id.empty() ? "AllPrincipals" : "Principal";
        o["id"] = v::text(g.id);
        o["principalId"] = v::text_or_null(g.given.user_id);
        o["resourceId"] = v::text(g.of);
        o["scope"] = v::text(scope);
        return boost::json::serialize(o);
    };
    if (s.empty() && method("GET"))
    {
        std::vector<std::string> found;
        for (one_grant const& g : all)
            if (!wanted || (same_name(wanted->first, "clientId") && same_name(wanted->second, g.client)) ||
                (same_name(wanted->first, "resourceId") && same_name(wanted->second, g.of)) ||
                (same_name(wanted->first, "consentType") &&
                 same_name(wanted->second, g.given.user_id.empty() ? "AllPrincipals" : "Principal")))
                found.push_back(show(g));
        return list_of_directory("oauth2PermissionGrants", std::move(found));
    }
    one_grant* named = nullptr;
    for (one_grant& g : all)
        if (!s.empty() && g.id == s[0])
            named = &g;
    if (!s.empty() && (!named || s.size() > 1))
        return no_resource(s[0]);
    if (named && method("GET"))
        return entity_of_directory(200, "oauth2PermissionGrants/$entity", show(*named));

    std::string client_id, consent_type, principal_id, resource_id, scope;
    if (!method("DELETE"))
    {
        outkit::graph::detail::document const d(request.body, {});
        boost::json::object const* const o = d.root ? d.root->if_object() : nullptr;
        outkit::graph::detail::reader r;
        if (o)
        {
            r.read(*o, "clientId", client_id);
            r.read(*o, "consentType", consent_type);
            r.read(*o, "principalId", principal_id);
            r.read(*o, "resourceId", resource_id);
            r.read(*o, "scope", scope);
        }
        if (!o || r.ec)
            return refuse(400, "Request_BadRequest", "A value in the request is not valid.");
    }
    if (s.empty() && method("POST"))
    {
        service_principal const* const client = w.directory.find_service_principal_object(client_id);
        service_principal const* const of = w.directory.find_service_principal_object(resource_id);
        if (!client || !same_name(client->tenant_id, tenant))
            return no_resource(client_id);
        if (!of || !same_name(of->tenant_id, tenant))
            return no_resource(resource_id);
        bool const for_all = same_name(consent_type, "AllPrincipals");
        if ((!for_all && !same_name(consent_type, "Principal")) || for_all != principal_id.empty())
            return refuse(400, "Request_BadRequest",
                          "Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'.");
        one_grant made{{client->app_id, tenant, principal_id, of->app_id, permission_type::delegated, v::words(scope)},
                       {},
                       client->object_id,
                       of->object_id};
        made.id = detail::base64url_encode(made.client + made.of + principal_id);
        if (std::any_of(all.begin(), all.end(), [&](one_grant const& g) { return g.id == made.id; }))
            return refuse(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.");
        w.directory.grant(made.given);
        return entity_of_directory(201, "oauth2PermissionGrants/$entity", show(made));
    }
    if (!named || (!method("PATCH") && !method("DELETE")))
        return no_method();
    // All of this giver's, with the one replaced or left out.
    std::vector<consent> kept;
    for (consent const& c : w.directory.consents())
        if (same_name(c.app_id, named->given.app_id) && same_name(c.tenant_id, tenant) &&
            same_name(c.user_id, named->given.user_id) &&
            (c.type != permission_type::delegated || !same_name(c.resource, named->given.resource)))
            kept.push_back(c);
    w.directory.revoke(named->given.app_id, tenant, named->given.user_id);
    for (consent& c : kept)
        w.directory.grant(std::move(c));
    if (method("PATCH"))
    {
        named->given.permissions = v::words(scope);
        w.directory.grant(named->given);
    }
    return no_content(204);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
