#ifndef OUTKIT_GRAPH_DIRECTORY_CLIENT_HPP
#define OUTKIT_GRAPH_DIRECTORY_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/graph/detail/registering.hpp>
#include <outkit/stream.hpp>

#include <string>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::graph {

/** A client of the part of Microsoft Graph v1.0 that registers applications.

    The token is an administrator's, or an application's with the permissions as application permissions. It is sent to
    `options::host` only. Calls that make something are not repeated once the request may have been carried out: they end
    in error::outcome_unknown. Other calls are repeated as basic_client's are.

    After an error problem() has the service's code, message and request id.

    Movable, not copyable, not thread-safe; one operation at a time.

    @par Errors of every operation
    @li error::authorization_request_denied  the token lacks the permission, or the person is no administrator
    @li error::user_not_found, error::item_not_found  there is no such object, or it has just been made and is not yet
        known everywhere
    @li those of basic_client

    @par Cancellation
    Every operation supports `terminal`. The connection is closed.
*/
template <class Stream = outkit::stream>
class basic_directory_client : public outkit::detail::client_base<detail::session, Stream>
{
    using base = outkit::detail::client_base<detail::session, Stream>;

public:
    basic_directory_client(Stream s, access_token t, options o = {}) : base(std::move(s), std::move(o), std::move(t)) {}

    /// What the service said about the last operation's failure. Valid until the next operation begins.
    graph::problem const& problem() const noexcept { return this->session().last; }

    /** The tenant of the token. Needs User.Read or Organization.Read.All.

        @par Handler signature
        `void(error_code, organization)`
    */
    template <class CompletionToken>
    auto async_organization(CompletionToken&& token)
    {
        return this->run(detail::get_organization(this->session()), std::forward<CompletionToken>(token));
    }

    /** The registrations with a display name, which need not be unique. Needs Application.Read.All.

        @par Handler signature
        `void(error_code, std::vector<application>)`
    */
    template <class CompletionToken>
    auto async_find_applications_named(std::string display_name, CompletionToken&& token)
    {
        return this->run(detail::find_applications(this->session(), "displayName", std::move(display_name)),
                         std::forward<CompletionToken>(token));
    }
    /// The registration with a client id, if the tenant has it.
    template <class CompletionToken>
    auto async_find_applications(std::string app_id, CompletionToken&& token)
    {
        return this->run(detail::find_applications(this->session(), "appId", std::move(app_id)),
                         std::forward<CompletionToken>(token));
    }

    /** Registers an application. Needs Application.ReadWrite.All. It has no service principal yet.

        @par Handler signature
        `void(error_code, application)`, with its ids
    */
    template <class CompletionToken>
    auto async_create_application(application a, CompletionToken&& token)
    {
        return this->run(detail::create_application(this->session(), std::move(a)),
                         std::forward<CompletionToken>(token));
    }

    /** Makes a registration what `a` says: all of it, so read it first. Its secrets stay as they are. Needs
        Application.ReadWrite.All.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_update_application(application a, CompletionToken&& token)
    {
        return this->run(detail::update_application(this->session(), std::move(a)),
                         std::forward<CompletionToken>(token));
    }

    /** Makes a client secret. Needs Application.ReadWrite.All.

        @param id    object id of the application
        @param name  what the portal shows as the secret's description
        @param end   when it expires

        @par Handler signature
        `void(error_code, new_password)`

        @par Errors
        @li error::outcome_unknown  there may be one more secret, whose text nobody knows
    */
    template <class CompletionToken>
    auto async_add_password(std::string id, std::string name, date_time end, CompletionToken&& token)
    {
        return this->run(detail::add_password(this->session(), std::move(id), std::move(name), end),
                         std::forward<CompletionToken>(token));
    }

    /** Removes a client secret.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_remove_password(std::string id, std::string key_id, CompletionToken&& token)
    {
        return this->run(detail::remove_password(this->session(), std::move(id), std::move(key_id)),
                         std::forward<CompletionToken>(token));
    }

    /** The service principal of an application or a resource, if the tenant has it. Needs Application.Read.All.

        @par Handler signature
        `void(error_code, std::vector<service_principal>)`
    */
    template <class CompletionToken>
    auto async_find_service_principals(std::string app_id, CompletionToken&& token)
    {
        return this->run(detail::find_service_principals(this->session(), std::move(app_id)),
                         std::forward<CompletionToken>(token));
    }

    /** Makes the service principal of an application. Needs Application.ReadWrite.All.

        @par Handler signature
        `void(error_code, service_principal)`
    */
    template <class CompletionToken>
    auto async_create_service_principal(std::string app_id, CompletionToken&& token)
    {
        return this->run(detail::create_service_principal(this->session(), std::move(app_id)),
                         std::forward<CompletionToken>(token));
    }

    /** What has been consented to for an application. Needs DelegatedPermissionGrant.ReadWrite.All.

        @param client_id  object id of its service principal

        @par Handler signature
        `void(error_code, std::vector<permission_grant>)`
    */
    template <class CompletionToken>
    auto async_list_grants(std::string client_id, CompletionToken&& token)
    {
        return this->run(detail::list_grants(this->session(), std::move(client_id)),
                         std::forward<CompletionToken>(token));
    }

    /** Consents, for everybody or for one user. Needs DelegatedPermissionGrant.ReadWrite.All.

        @par Handler signature
        `void(error_code, permission_grant)`
    */
    template <class CompletionToken>
    auto async_create_grant(permission_grant g, CompletionToken&& token)
    {
        return this->run(detail::create_grant(this->session(), std::move(g)), std::forward<CompletionToken>(token));
    }

    /** Makes the scope of a consent what `g` says.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_update_grant(permission_grant g, CompletionToken&& token)
    {
        return this->run(detail::update_grant(this->session(), std::move(g)), std::forward<CompletionToken>(token));
    }

    /** The application permissions that a service principal has. Needs Application.Read.All.

        @par Handler signature
        `void(error_code, std::vector<role_assignment>)`
    */
    template <class CompletionToken>
    auto async_list_role_assignments(std::string principal_id, CompletionToken&& token)
    {
        return this->run(detail::list_role_assignments(this->session(), std::move(principal_id)),
                         std::forward<CompletionToken>(token));
    }

    /** Consents to an application permission. Needs AppRoleAssignment.ReadWrite.All.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_assign_role(role_assignment a, CompletionToken&& token)
    {
        return this->run(detail::assign_role(this->session(), std::move(a)), std::forward<CompletionToken>(token));
    }
};

using directory_client = basic_directory_client<>;

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
