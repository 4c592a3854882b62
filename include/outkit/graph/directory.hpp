#ifndef OUTKIT_GRAPH_DIRECTORY_HPP
#define OUTKIT_GRAPH_DIRECTORY_HPP

#include <outkit/graph/types.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/secret.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What an application is in the directory of a tenant: the part of Graph that set-up scripts use.

namespace outkit::inline OUTKIT_ABI::graph {

/// For a signed-in user ("Scope" in a registration), or for the application itself ("Role").
enum class permission_kind
{
    delegated,
    application
};

/// A permission that a registration asks for (requiredResourceAccess).
struct required_permission
{
    std::string resource_app_id;
    std::string id;
    permission_kind kind = permission_kind::delegated;

    friend bool operator==(required_permission const&, required_permission const&) = default;
};

/// A client secret, without its text.
struct password_credential
{
    std::string key_id;
    std::string display_name;
    std::string hint;  // the first characters of the text
    std::optional<date_time> end;
};

/// An app registration.
struct application
{
    std::string id;      // object id
    std::string app_id;  // client id
    std::string display_name;
    std::string sign_in_audience;  // AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount, ...
    std::vector<std::string> web_redirect_uris = {}, spa_redirect_uris = {}, public_redirect_uris = {};
    bool is_fallback_public_client = false;  // "Allow public client flows"
    std::vector<required_permission> permissions = {};
    std::vector<password_credential> secrets = {};  // only read; see async_add_password
};

/// A permission that a resource offers.
struct offered_permission
{
    std::string id;
    std::string value;  // "Mail.Read"
    permission_kind kind = permission_kind::delegated;
};

/// An enterprise application: what an application is in one tenant.
struct service_principal
{
    std::string id;  // object id, the one that Exchange's New-ServicePrincipal wants
    std::string app_id;
    std::string display_name;
    std::vector<offered_permission> permissions = {};  // of a resource

    /// Nothing when it offers none of this name. Compared without case.
    offered_permission const* find(std::string_view value, permission_kind kind) const
    {
        for (offered_permission const& p : permissions)
            if (p.kind == kind && http::detail::equal_ignoring_case(p.value, value))
                return &p;
        return nullptr;
    }
};

/// A consent to delegated permissions.
struct permission_grant
{
    std::string id;
    std::string client_id;     // object id of the client's service principal
    std::string resource_id;   // object id of the resource's
    std::string principal_id;  // object id of a user; empty: for everybody, by an administrator
    std::string scope;         // parted by blanks
};

/// A consent to an application permission.
struct role_assignment
{
    std::string role_id;
    std::string principal_id;  // object id of the client's service principal
    std::string resource_id;   // object id of the resource's
};

struct organization
{
    std::string id;  // tenant id
    std::string display_name;
    std::vector<std::string> domains = {};  // verified ones, the default one first
};

/// A new client secret. The text is never told again.
struct new_password
{
    password_credential credential;
    secret text;
};

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
