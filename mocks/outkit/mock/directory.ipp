#ifndef OUTKIT_MOCK_DIRECTORY_IPP
#define OUTKIT_MOCK_DIRECTORY_IPP

#include <outkit/mock/directory.hpp>

#include <boost/url/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

namespace directory_detail {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); }

inline std::string hex(detail::environment& world, std::size_t octets)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::array<unsigned char, 16> raw{};
    world.random(std::span(raw).first(octets));
    std::string out;
    for (std::size_t i = 0; i != octets; ++i)
    {
        out += digits[raw[i] >> 4];
        out += digits[raw[i] & 15];
    }
    return out;
}

// The service's own alphabet for secrets; 64 characters, so that six random bits make one without bias.
inline std::string random_secret(detail::environment& world, std::size_t n)
{
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~_";
    std::string out(n, ' ');
    for (char& c : out)
    {
        unsigned char byte = 0;
        world.random(std::span(&byte, 1));
        c = alphabet[byte & 63];
    }
    return out;
}

// A host that a redirect URI may name with http, and whose port does not matter (RFC 8252 section 7.3).
inline bool is_loopback(std::string_view host) noexcept { return same_name(host, "localhost") || host == "127.0.0.1"; }

// The mail protocols' permissions: listed under Microsoft Graph and under Exchange, and granted for both at once.
inline bool is_mail_protocol(std::string_view name) noexcept
{
    for (std::string_view const p : {"IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send"})
        if (same_name(p, name))
            return true;
    return false;
}

inline bool contains(std::vector<std::string> const& names, std::string_view name) noexcept
{
    return std::any_of(names.begin(), names.end(), [&](std::string const& n) { return same_name(n, name); });
}

inline std::string_view local_part(std::string_view address) { return address.substr(0, address.find('@')); }

template <class List, class Predicate>
auto* find(List& list, Predicate predicate)
{
    auto const i = std::find_if(list.begin(), list.end(), predicate);
    return i == list.end() ? nullptr : &*i;
}

inline directory_error invalid_property(std::string_view property, std::string detail)
{
    return {400, "Request_BadRequest",
            "Invalid value specified for property '" + std::string(property) + "' of resource 'Application'.",
            std::string(property), std::move(detail)};
}

// Why the directory does not register this redirect URI; empty: it does. The rules are those of Microsoft Learn,
// "Redirect URI restrictions and limitations".
inline std::string redirect_fault(redirect_uri const& r, bool personal_accounts)
{
    std::string const quoted = "\"" + r.uri.substr(0, 300) + "\" ";
    if (r.uri.size() > 256)
        return quoted + "is longer than 256 characters";
    if (std::size_t const at = r.uri.find_first_of("!$'(),;"); at != std::string::npos)
        return quoted + "contains the character " + r.uri[at] + ", which is not allowed";
    auto const parsed = boost::urls::parse_uri(r.uri);
    if (!parsed)
        return quoted + "is no absolute URI";
    std::string const scheme(parsed->scheme());
    std::string const host(parsed->encoded_host());
    if (parsed->has_fragment())
        return quoted + "has a fragment";
    if (parsed->has_userinfo())
        return quoted + "has user information before the host";
    if (host.find('*') != std::string::npos && personal_accounts)
        return quoted + "has a wildcard, which applications for personal accounts may not use";
    if (parsed->has_query() && personal_accounts)
        return quoted + "has a query, which applications for personal accounts may not use";
    if (same_name(scheme, "https"))
        return host.empty() ? quoted + "names no host" : std::string();
    if (same_name(scheme, "http"))
    {
        if (is_loopback(host))
            return {};
        if (host == "[::1]")
            return quoted + "names the IPv6 loopback address, which is not supported; use http://localhost";
        return quoted + "must begin with https; http is for localhost only";
    }
    if (r.type == platform::public_client)
    {
        for (std::string_view const bad : {"javascript", "data", "vbscript", "file", "blob", "about"})
            if (same_name(scheme, bad))
                return quoted + "has a scheme that is not allowed";
        return {};  // msal{client id}://auth, urn:ietf:wg:oauth:2.0:oob, the scheme of a program
    }
    return quoted + "must begin with https, or with http for localhost";
}

}  // namespace directory_detail

OUTKIT_INLINE bool same_name(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return directory_detail::lower(x) == directory_detail::lower(y);
           });
}

OUTKIT_INLINE bool is_guid(std::string_view text) noexcept
{
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i != text.size(); ++i)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !directory_detail::is_hex(text[i]))
            return false;
    return true;
}

OUTKIT_INLINE std::string new_guid(detail::environment& world)
{
    std::string h = directory_detail::hex(world, 16);
    h[12] = '4';
    static constexpr char variants[] = "89ab";
    h[16] = variants[(h[16] >= 'a' ? h[16] - 'a' + 10 : h[16] - '0') & 3];
    for (std::size_t const at : {8u, 13u, 18u, 23u})
        h.insert(at, 1, '-');
    return h;
}

OUTKIT_INLINE std::string new_tenant_guid(detail::environment& world)
{
    return "00000000-0000-4000-8000-" + directory_detail::hex(world, 6);
}

OUTKIT_INLINE std::string_view to_string(sign_in_audience a) noexcept
{
    switch (a)
    {
    case sign_in_audience::my_org: return "AzureADMyOrg";
    case sign_in_audience::multiple_orgs: return "AzureADMultipleOrgs";
    case sign_in_audience::orgs_and_personal: return "AzureADandPersonalMicrosoftAccount";
    case sign_in_audience::personal: return "PersonalMicrosoftAccount";
    }
    return "";
}

OUTKIT_INLINE bool parse(std::string_view text, sign_in_audience& a) noexcept
{
    for (auto const v : {sign_in_audience::my_org, sign_in_audience::multiple_orgs, sign_in_audience::orgs_and_personal,
                         sign_in_audience::personal})
        if (to_string(v) == text)
            return a = v, true;
    return false;
}

OUTKIT_INLINE std::string_view to_string(platform p) noexcept
{
    switch (p)
    {
    case platform::web: return "web";
    case platform::spa: return "spa";
    case platform::public_client: return "publicClient";
    }
    return "";
}

OUTKIT_INLINE bool parse(std::string_view text, platform& p) noexcept
{
    for (auto const v : {platform::web, platform::spa, platform::public_client})
        if (to_string(v) == text)
            return p = v, true;
    return false;
}

OUTKIT_INLINE std::string_view to_string(user_risk r) noexcept
{
    switch (r)
    {
    case user_risk::none: return "none";
    case user_risk::sign_in: return "sign-in";
    case user_risk::compromised: return "compromised";
    case user_risk::blocked: return "blocked";
    }
    return "";
}

OUTKIT_INLINE bool parse(std::string_view text, user_risk& r) noexcept
{
    for (auto const v : {user_risk::none, user_risk::sign_in, user_risk::compromised, user_risk::blocked})
        if (to_string(v) == text)
            return r = v, true;
    return false;
}

OUTKIT_INLINE guest const* tenant::find_guest(std::string_view user_id) const
{
    return directory_detail::find(
        guests, [&](guest const& g) { return same_name(g.user_id, user_id) || same_name(g.id, user_id); });
}

OUTKIT_INLINE resource_state tenant::state_of(std::string_view app_id) const
{
    for (resource_state const& r : resources)
        if (same_name(r.app_id, app_id))
            return r;
    return {std::string(app_id)};
}

OUTKIT_INLINE std::string_view to_string(permission_type t) noexcept
{
    return t == permission_type::delegated ? "Scope" : "Role";
}

OUTKIT_INLINE bool parse(std::string_view text, permission_type& t) noexcept
{
    for (auto const v : {permission_type::delegated, permission_type::application})
        if (to_string(v) == text)
            return t = v, true;
    return false;
}

OUTKIT_INLINE std::span<permission const> permission_catalogue() noexcept
{
    using enum permission_type;
    static constexpr std::string_view g = graph_app_id, x = exchange_app_id;
    // Documented: Microsoft Graph permissions reference; Exchange's own from its published service principal.
    static constexpr permission rows[] = {
        {g, "37f7f235-527c-4136-accd-4a02d197296e", "openid", delegated, false, true, "Sign you in"},
        {g, "14dad69e-099b-42c9-810b-d002981feec1", "profile", delegated, false, true, "View your basic profile"},
        {g, "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "email", delegated, false, true, "View your email address"},
        {g, "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "offline_access", delegated, false, true,
         "Maintain access to data you have given it access to"},
        {g, "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "User.Read", delegated, false, true,
         "Sign you in and read your profile"},
        {g, "b340eb25-3456-403f-be2f-af7a0d370277", "User.ReadBasic.All", delegated, false, false,
         "Read all users' basic profiles"},
        {g, "a154be20-db9c-4678-8ab7-66f6cc099a59", "User.Read.All", delegated, true, false,
         "Read all users' full profiles"},
        {g, "a4b8392a-d8d1-4954-a029-8e668a39a170", "Mail.ReadBasic", delegated, false, false, "Read your basic mail"},
        {g, "570282fd-fa5c-430d-a7fd-fc8dc98a9dca", "Mail.Read", delegated, false, false, "Read your mail"},
        {g, "7b9103a5-4610-446b-9670-80643382c1fa", "Mail.Read.Shared", delegated, false, false,
         "Read mail you can access"},
        {g, "024d486e-b451-40bb-833d-3e66d98c5c73", "Mail.ReadWrite", delegated, false, false,
         "Read and write access to your mail"},
        {g, "5df07973-7d5d-46ed-9847-1271055cbd51", "Mail.ReadWrite.Shared", delegated, false, false,
         "Read and write mail you can access"},
        {g, "e383f46e-2787-4529-855e-0e479a3ffac0", "Mail.Send", delegated, false, false, "Send mail as you"},
        {g, "a367ab51-6b49-43bf-a716-a1fb06d2a174", "Mail.Send.Shared", delegated, false, false,
         "Send mail on behalf of others or yourself"},
        {g, "87f447af-9fa4-4c32-9dfa-4a57a73d18ce", "MailboxSettings.Read", delegated, false, false,
         "Read your mailbox settings"},
        {g, "818c620a-27a9-40bd-a6a5-d96f7d610b4b", "MailboxSettings.ReadWrite", delegated, false, false,
         "Read and write to your mailbox settings"},
        {g, "652390e4-393a-48de-9484-05f9b1212954", "IMAP.AccessAsUser.All", delegated, false, false,
         "Read and write access to your mail via IMAP"},
        {g, "d7b7f2d9-0f45-4ea1-9d42-e50810c06991", "POP.AccessAsUser.All", delegated, false, false,
         "Read and write access to your mail via POP"},
        {g, "258f6531-6087-4cc4-bb90-092c5fb3ed3f", "SMTP.Send", delegated, false, false,
         "Access to sending emails from your mailbox"},
        {g, "bdfbf15f-ee85-4955-8675-146e8e5296b5", "Application.ReadWrite.All", delegated, true, false,
         "Read and write applications"},
        {g, "41ce6ca6-6826-4807-84f1-1c82854f7ee5", "DelegatedPermissionGrant.ReadWrite.All", delegated, true, false,
         "Manage all delegated permission grants"},
        {g, "84bccea3-f856-4a8a-967b-dbe0a3d53a64", "AppRoleAssignment.ReadWrite.All", delegated, true, false,
         "Manage app permission grants and app role assignments"},
        {g, "df021288-bdef-4463-88db-98f22de89214", "User.Read.All", application, true, false,
         "Read all users' full profiles"},
        {g, "693c5e45-0940-467d-9b8a-1022fb9d42ef", "Mail.ReadBasic.All", application, true, false,
         "Read basic mail in all mailboxes"},
        {g, "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Mail.Read", application, true, false,
         "Read mail in all mailboxes"},
        {g, "e2a3a72e-5f79-4c64-b1b1-878b674786c9", "Mail.ReadWrite", application, true, false,
         "Read and write mail in all mailboxes"},
        {g, "b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.Send", application, true, false, "Send mail as any user"},
        {g, "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Application.ReadWrite.All", application, true, false,
         "Read and write all applications"},

        {x, "195adc35-e27b-454b-a7ed-1ecdffa1c09f", "IMAP.AccessAsUser.All", delegated, false, false,
         "Read and write access to your mail via IMAP"},
        {x, "fb698133-92fa-453e-a9ed-688e10f2e5ac", "POP.AccessAsUser.All", delegated, false, false,
         "Read and write access to your mail via POP"},
        {x, "76faac2a-0f20-42f1-928a-50de5b9dbe52", "SMTP.Send", delegated, false, false,
         "Access to sending emails from your mailbox"},
        {x, "3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5", "EWS.AccessAsUser.All", delegated, false, false,
         "Access your mailboxes via Exchange Web Services"},
        {x, "5e5addcd-3e8d-4e90-baf5-964efab2b20a", "IMAP.AccessAsApp", application, true, false,
         "Access any mailbox via IMAP"},
        {x, "cb842b43-da6e-4506-86fe-bb12199c656d", "POP.AccessAsApp", application, true, false,
         "Access any mailbox via POP"},
        {x, "dc890d15-9560-4a4c-9b7f-a736ec74ec40", "full_access_as_app", application, true, false,
         "Use Exchange Web Services with full access to all mailboxes"},
        // The one id that no public list read for this project names; made up, and shaped so that this shows.
        {x, "00000000-0000-4000-8000-534d54500001", "SMTP.SendAsApp", application, true, false,
         "Send mail from any mailbox via SMTP"},
    };
    return rows;
}

OUTKIT_INLINE permission const* find_permission(std::string_view resource, std::string_view name,
                                                permission_type type) noexcept
{
    for (permission const& p : permission_catalogue())
        if (p.type == type && same_name(p.name, name) && same_name(p.resource, resource))
            return &p;
    return nullptr;
}

OUTKIT_INLINE permission const* find_permission_id(std::string_view resource, std::string_view id) noexcept
{
    for (permission const& p : permission_catalogue())
        if (same_name(p.id, id) && same_name(p.resource, resource))
            return &p;
    return nullptr;
}

OUTKIT_INLINE std::span<resource const> resources() noexcept
{
    static constexpr std::string_view graph[] = {"https://graph.microsoft.com", "https://canary.graph.microsoft.com"};
    static constexpr std::string_view exchange[] = {"https://outlook.office.com", "https://outlook.office365.com",
                                                    "https://outlook.com", "https://ps.outlook.com"};
    static constexpr resource rows[] = {{graph_app_id, "Microsoft Graph", graph},
                                        {exchange_app_id, "Office 365 Exchange Online", exchange}};
    return rows;
}

OUTKIT_INLINE resource const* find_resource(std::string_view app_id_or_uri) noexcept
{
    if (app_id_or_uri.ends_with('/'))
        app_id_or_uri.remove_suffix(1);
    for (resource const& r : resources())
        if (same_name(r.app_id, app_id_or_uri) ||
            std::any_of(r.uris.begin(), r.uris.end(), [&](auto uri) { return same_name(uri, app_id_or_uri); }))
            return &r;
    return nullptr;
}

OUTKIT_INLINE bool user::is_admin() const
{
    for (std::string_view const role : {"Global Administrator", "Privileged Role Administrator",
                                        "Application Administrator", "Cloud Application Administrator"})
        if (directory_detail::contains(roles, role))
            return true;
    return false;
}

OUTKIT_INLINE bool user::answers_to(std::string_view address) const
{
    return !address.empty() && (same_name(principal_name, address) || same_name(mail, address) ||
                                directory_detail::contains(aliases, address));
}

OUTKIT_INLINE redirect_uri const* application::match_redirect(std::string_view uri) const
{
    for (redirect_uri const& r : redirect_uris)
        if (r.uri == uri)
            return &r;
    auto const asked = boost::urls::parse_uri(uri);
    if (!asked || asked->scheme() != "http" || !directory_detail::is_loopback(asked->encoded_host()) ||
        asked->has_userinfo() || asked->has_fragment())
        return nullptr;
    for (redirect_uri const& r : redirect_uris)
    {
        auto const known = boost::urls::parse_uri(r.uri);
        if (known && known->scheme() == "http" && known->encoded_host() == asked->encoded_host() &&
            known->encoded_path() == asked->encoded_path() && known->has_query() == asked->has_query() &&
            known->encoded_query() == asked->encoded_query())
            return &r;
    }
    return nullptr;
}

OUTKIT_INLINE std::vector<required_permission> application_request::default_permissions()
{
    return {{std::string(graph_app_id), "e1fe6dd8-ba31-4d61-89e7-88639da4683d", permission_type::delegated}};
}

OUTKIT_INLINE bool application_request::add_permission(std::string_view name, permission_type type)
{
    permission const* p = find_permission(graph_app_id, name, type);
    if (!p)
        p = find_permission(exchange_app_id, name, type);
    if (!p)
        return false;
    for (required_permission const& listed : permissions)
        if (listed.id == p->id)
            return true;
    permissions.push_back({std::string(p->resource), std::string(p->id), type});
    return true;
}

OUTKIT_INLINE directory::directory()
{
    tenants_.push_back({std::string(consumers_tenant), "Microsoft account", {"outlook.test"}, "outlook.test", true});
}

OUTKIT_INLINE tenant& directory::add_tenant(detail::environment& world, tenant t)
{
    if (t.id.empty())
        t.id = new_tenant_guid(world);
    if (t.initial_domain.empty() && !t.domains.empty())
        t.initial_domain = t.domains.front();
    if (!t.initial_domain.empty() && !directory_detail::contains(t.domains, t.initial_domain))
        t.domains.push_back(t.initial_domain);
    if (t.display_name.empty())
        t.display_name = t.initial_domain;
    return tenants_.emplace_back(std::move(t));
}

OUTKIT_INLINE tenant* directory::find_tenant(std::string_view id_or_domain)
{
    return directory_detail::find(tenants_, [&](tenant const& t) {
        return same_name(t.id, id_or_domain) || directory_detail::contains(t.domains, id_or_domain);
    });
}

OUTKIT_INLINE tenant const* directory::find_tenant(std::string_view id_or_domain) const
{
    return const_cast<directory*>(this)->find_tenant(id_or_domain);
}

OUTKIT_INLINE user& directory::add_user(detail::environment& world, user u)
{
    if (same_name(u.tenant_id, consumers_tenant))
        u.kind = account_kind::personal;
    if (u.id.empty())
    {
        u.id = new_guid(world);
        if (u.kind == account_kind::personal)
            u.id.replace(0, 18, "00000000-0000-0000");
    }
    if (u.mail.empty() && u.licensed)
        u.mail = u.principal_name;
    if (u.display_name.empty())
    {
        u.display_name = directory_detail::local_part(u.principal_name);
        if (!u.display_name.empty() && u.display_name[0] >= 'a' && u.display_name[0] <= 'z')
            u.display_name[0] = static_cast<char>(u.display_name[0] - 'a' + 'A');
    }
    return users_.emplace_back(std::move(u));
}

OUTKIT_INLINE user* directory::find_user(std::string_view address)
{
    return directory_detail::find(users_, [&](user const& u) { return u.answers_to(address); });
}

OUTKIT_INLINE user const* directory::find_user(std::string_view address) const
{
    return const_cast<directory*>(this)->find_user(address);
}

OUTKIT_INLINE user* directory::find_user_id(std::string_view object_id)
{
    return directory_detail::find(users_, [&](user const& u) { return same_name(u.id, object_id); });
}

OUTKIT_INLINE user const* directory::find_user_id(std::string_view object_id) const
{
    return const_cast<directory*>(this)->find_user_id(object_id);
}

OUTKIT_INLINE bool directory::remove_user(std::string_view object_id)
{
    std::string const id(object_id);  // may be a view of what is removed
    std::erase_if(consents_, [&](consent const& c) { return same_name(c.user_id, id); });
    for (tenant& t : tenants_)
        std::erase_if(t.guests, [&](guest const& g) { return same_name(g.user_id, id); });
    return users_.remove_if([&](user const& u) { return same_name(u.id, id); }) != 0;
}

OUTKIT_INLINE void directory::change_password(detail::environment& world, user& u, std::string password,
                                              bool by_administrator)
{
    u.password = std::move(password);
    u.password_expired = false;
    u.must_change_password = by_administrator;
    if (u.risk == user_risk::compromised)
        u.risk = user_risk::none;
    u.tokens_valid_from = world.date();
}

OUTKIT_INLINE guest& directory::add_guest(detail::environment& world, tenant& to, user const& who, bool accepted)
{
    return to.guests.emplace_back(guest{who.id, new_guid(world), accepted});
}

OUTKIT_INLINE std::vector<directory_error> directory::check(application_request const& request) const
{
    using directory_detail::invalid_property;
    std::vector<directory_error> errors;
    // Documented: Microsoft Graph, application resource and supported account types (limits and restrictions).
    bool const personal =
        request.audience == sign_in_audience::orgs_and_personal || request.audience == sign_in_audience::personal;
    if (request.display_name.empty())
        errors.push_back({400, "Request_BadRequest",
                          "A value is required for property 'displayName' of resource 'Application'.", "displayName",
                          "an application needs a name; people see it on the consent page"});
    // 256 characters: Graph counts UTF-16 units; here a character is a UTF-8 sequence.
    auto const characters = std::count_if(request.display_name.begin(), request.display_name.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    if (characters > 256)
        errors.push_back(invalid_property("displayName", "the name is longer than 256 characters"));
    if (request.display_name.find_first_of("<>;&%") != std::string::npos)
        errors.push_back(invalid_property("displayName", "a name may not contain any of < > ; & %"));

    std::size_t const most = personal ? 100 : 256;
    if (request.redirect_uris.size() > most)
        errors.push_back(invalid_property("web", "more than " + std::to_string(most) + " redirect URIs"));
    for (std::size_t i = 0; i != request.redirect_uris.size(); ++i)
    {
        redirect_uri const& r = request.redirect_uris[i];
        std::string fault = directory_detail::redirect_fault(r, personal);
        for (std::size_t k = 0; fault.empty() && k != i; ++k)
            if (request.redirect_uris[k].uri == r.uri)
                fault = "\"" + r.uri + "\" is listed twice";
        if (!fault.empty())
            errors.push_back(invalid_property(to_string(r.type), std::move(fault)));
    }

    if (request.permissions.size() > (personal ? 200u : 400u))
        errors.push_back(invalid_property("requiredResourceAccess",
                                          std::string("more than ") + (personal ? "200" : "400") + " permissions"));
    std::vector<std::pair<std::string_view, std::size_t>> per_resource;
    for (required_permission const& p : request.permissions)
    {
        if (!is_guid(p.resource) || !is_guid(p.id))
        {
            errors.push_back(invalid_property("requiredResourceAccess",
                                              "\"" + p.id + "\" of \"" + p.resource + "\": both must be GUIDs"));
            continue;
        }
        auto i = std::find_if(per_resource.begin(), per_resource.end(),
                              [&](auto const& row) { return same_name(row.first, p.resource); });
        if (i == per_resource.end())
            i = per_resource.insert(per_resource.end(), {p.resource, 0});
        ++i->second;
    }
    if (per_resource.size() > 50)
        errors.push_back(invalid_property("requiredResourceAccess", "more than 50 resources"));
    for (auto const& [resource, n] : per_resource)
        if (personal && n > 30)
            errors.push_back(invalid_property("requiredResourceAccess",
                                              "more than 30 permissions of resource " + std::string(resource)));
    return errors;
}

OUTKIT_INLINE directory::registration
directory::register_application(detail::environment& world, std::string_view tenant_id, application_request request)
{
    registration result;
    tenant const* const home = find_tenant(tenant_id);
    if (!home)
        result.errors.push_back({404, "Request_ResourceNotFound",
                                 "Resource '" + std::string(tenant_id) +
                                     "' does not exist or one of its queried reference-property objects are not "
                                     "present.",
                                 "", "there is no such tenant in this world"});
    else
        result.errors = check(request);
    if (!result.errors.empty())
        return result;
    application a;
    a.tenant_id = home->id;
    a.display_name = std::move(request.display_name);
    a.audience = request.audience;
    a.redirect_uris = std::move(request.redirect_uris);
    a.allow_public_client = request.allow_public_client;
    a.permissions = std::move(request.permissions);
    result.app = &add_application(world, std::move(a));
    return result;
}

OUTKIT_INLINE application& directory::add_application(detail::environment& world, application a)
{
    if (a.app_id.empty())
        a.app_id = new_guid(world);
    if (a.object_id.empty())
        a.object_id = new_guid(world);
    if (a.created == detail::wall_time{})
        a.created = world.date();
    application& added = applications_.emplace_back(std::move(a));
    ensure_service_principal(world, added.app_id, added.tenant_id);
    return added;
}

OUTKIT_INLINE application* directory::find_application(std::string_view app_id)
{
    return directory_detail::find(applications_, [&](application const& a) { return same_name(a.app_id, app_id); });
}

OUTKIT_INLINE application const* directory::find_application(std::string_view app_id) const
{
    return const_cast<directory*>(this)->find_application(app_id);
}

OUTKIT_INLINE application* directory::find_application_object(std::string_view object_id)
{
    return directory_detail::find(applications_,
                                  [&](application const& a) { return same_name(a.object_id, object_id); });
}

OUTKIT_INLINE bool directory::remove_application(std::string_view app_id)
{
    std::string const id(app_id);  // may be a view of what is removed
    std::erase_if(consents_, [&](consent const& c) { return same_name(c.app_id, id); });
    service_principals_.remove_if([&](service_principal const& s) { return same_name(s.app_id, id); });
    return applications_.remove_if([&](application const& a) { return same_name(a.app_id, id); }) != 0;
}

OUTKIT_INLINE client_secret const* directory::add_secret(detail::environment& world, application& app, std::string name,
                                                         std::chrono::hours lifetime, directory_error& error)
{
    bool const personal =
        app.audience == sign_in_audience::orgs_and_personal || app.audience == sign_in_audience::personal;
    if (personal && app.secrets.size() >= 2)
    {
        error = directory_detail::invalid_property(
            "passwordCredentials", "an application that personal accounts can use has at most two client secrets");
        return nullptr;
    }
    if (lifetime <= std::chrono::hours(0) || lifetime > std::chrono::hours(24) * 731)
    {
        error = directory_detail::invalid_property("passwordCredentials",
                                                   "a client secret lives longer than nothing and at most 24 months");
        return nullptr;
    }
    client_secret s;
    s.id = new_guid(world);
    s.name = std::move(name);
    s.value = mock_secret_prefix;
    s.value += directory_detail::random_secret(world, 40 - mock_secret_prefix.size());  // real ones have 40, too
    s.hint = s.value.substr(0, 3);
    s.start = world.date();
    s.end = s.start + lifetime;
    return &app.secrets.emplace_back(std::move(s));
}

OUTKIT_INLINE bool directory::remove_secret(application& app, std::string_view secret_id)
{
    return std::erase_if(app.secrets, [&](client_secret const& s) { return same_name(s.id, secret_id); }) != 0;
}

OUTKIT_INLINE secret_check directory::check(application const& app, std::string_view presented, detail::wall_time now)
{
    secret_check result = secret_check::wrong;
    for (client_secret const& s : app.secrets)
        if (s.value == presented && !presented.empty())
        {
            if (s.start <= now && now < s.end)
                return secret_check::ok;
            result = now < s.start ? secret_check::not_yet_valid : secret_check::expired;
        }
        else if (result == secret_check::wrong && same_name(s.id, presented))
            result = secret_check::id_pasted;
    return result;
}

OUTKIT_INLINE service_principal&
directory::ensure_service_principal(detail::environment& world, std::string_view app_id, std::string_view tenant_id)
{
    if (service_principal* const known = find_service_principal(app_id, tenant_id))
        return *known;
    service_principal s;
    s.object_id = new_guid(world);
    s.app_id = app_id;
    s.tenant_id = tenant_id;
    return service_principals_.emplace_back(std::move(s));
}

OUTKIT_INLINE service_principal* directory::find_service_principal(std::string_view app_id, std::string_view tenant_id)
{
    return directory_detail::find(service_principals_, [&](service_principal const& s) {
        return same_name(s.app_id, app_id) && same_name(s.tenant_id, tenant_id);
    });
}

OUTKIT_INLINE service_principal const* directory::find_service_principal(std::string_view app_id,
                                                                         std::string_view tenant_id) const
{
    return const_cast<directory*>(this)->find_service_principal(app_id, tenant_id);
}

OUTKIT_INLINE service_principal const* directory::find_service_principal_object(std::string_view object_id) const
{
    return directory_detail::find(service_principals_,
                                  [&](service_principal const& s) { return same_name(s.object_id, object_id); });
}

OUTKIT_INLINE void directory::grant(consent c)
{
    consent* const known = directory_detail::find(consents_, [&](consent const& k) {
        return same_name(k.app_id, c.app_id) && same_name(k.tenant_id, c.tenant_id) &&
               same_name(k.user_id, c.user_id) && same_name(k.resource, c.resource) && k.type == c.type;
    });
    if (!known)
    {
        std::vector<std::string> names;
        names.swap(c.permissions);
        consents_.push_back(std::move(c));
        for (std::string& name : names)
            if (!directory_detail::contains(consents_.back().permissions, name))
                consents_.back().permissions.push_back(std::move(name));
        return;
    }
    for (std::string& name : c.permissions)
        if (!directory_detail::contains(known->permissions, name))
            known->permissions.push_back(std::move(name));
}

OUTKIT_INLINE void directory::grant_all(detail::environment& world, application const& app, std::string_view tenant_id)
{
    ensure_service_principal(world, app.app_id, tenant_id);
    for (required_permission const& p : app.permissions)
        if (permission const* const known = find_permission_id(p.resource, p.id))
            grant({app.app_id,
                   std::string(tenant_id),
                   "",
                   std::string(known->resource),
                   p.type,
                   {std::string(known->name)}});
}

OUTKIT_INLINE bool directory::consented(std::string_view app_id, user const& who, std::string_view resource,
                                        std::string_view name) const
{
    return std::any_of(consents_.begin(), consents_.end(), [&](consent const& c) {
        return c.type == permission_type::delegated && same_name(c.app_id, app_id) &&
               same_name(c.tenant_id, who.tenant_id) && (c.user_id.empty() || same_name(c.user_id, who.id)) &&
               (same_name(c.resource, resource) || directory_detail::is_mail_protocol(name)) &&
               directory_detail::contains(c.permissions, name);
    });
}

OUTKIT_INLINE std::vector<std::string> directory::granted_scopes(std::string_view app_id, user const& who,
                                                                 std::string_view resource) const
{
    std::vector<std::string> scopes;
    for (consent const& c : consents_)
    {
        if (c.type != permission_type::delegated || !same_name(c.app_id, app_id) ||
            !same_name(c.tenant_id, who.tenant_id) || !(c.user_id.empty() || same_name(c.user_id, who.id)))
            continue;
        for (std::string const& name : c.permissions)
            if ((same_name(c.resource, resource) || directory_detail::is_mail_protocol(name)) &&
                !directory_detail::contains(scopes, name))
                scopes.push_back(name);
    }
    return scopes;
}

OUTKIT_INLINE std::vector<std::string> directory::granted_roles(std::string_view app_id, std::string_view tenant_id,
                                                                std::string_view resource) const
{
    std::vector<std::string> roles;
    for (consent const& c : consents_)
        if (c.type == permission_type::application && same_name(c.app_id, app_id) &&
            same_name(c.tenant_id, tenant_id) && same_name(c.resource, resource))
            for (std::string const& name : c.permissions)
                if (!directory_detail::contains(roles, name))
                    roles.push_back(name);
    return roles;
}

OUTKIT_INLINE void directory::revoke(std::string_view app_id, std::string_view tenant_id, std::string_view user_id)
{
    std::erase_if(consents_, [&](consent const& c) {
        return same_name(c.app_id, app_id) && same_name(c.tenant_id, tenant_id) && same_name(c.user_id, user_id);
    });
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
