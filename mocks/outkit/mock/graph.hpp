#ifndef OUTKIT_MOCK_GRAPH_HPP
#define OUTKIT_MOCK_GRAPH_HPP

#include <outkit/detail/flow.hpp>
#include <outkit/http/message.hpp>
#include <outkit/oauth2/cloud.hpp>

#include <memory>
#include <string>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/** The mock of graph.microsoft.com, its mail part: a view of the world's directory, mailboxes and policy.

    It answers under /v1.0 and /beta, for /me and /users/{id or principal name}, in slash and in key syntax:

    @li `GET /me` and `/users/{id}`
    @li `/me/mailFolders` and `…/childFolders`: list, get by id or well-known name, create, rename, delete, `move`, `copy`,
        `permanentDelete`, `delta`
    @li `/me/messages` and `/me/mailFolders/{id}/messages` with $select, $filter, $orderby, $search, $expand, $top, $skip,
        $count, and `…/messages/$count`; of a folder `…/messages/delta`
    @li messages: get, `$value`, create as JSON or MIME, update, delete, `permanentDelete`, `move`, `copy`, `send`, `reply`,
        `replyAll`, `forward` and the three that make drafts of them
    @li `…/attachments`: list, get, `$value`, create, delete, `createUploadSession` with the upload URL behind it
    @li `POST /me/sendMail` with JSON or base64 MIME
    @li `POST /$batch`
    @li `/subscriptions`: POST, list, get, PATCH, `reauthorize`, DELETE, with validation of the URLs, change and lifecycle
        notifications: to this machine only
    @li the directory: `/applications` with `addPassword` and `removePassword`, `/servicePrincipals` with
        `appRoleAssignments`, `/oauth2PermissionGrants`, `/users`, `/organization`

    Who may what is decided by the token, the directory and the policy, in the real service's order: token, route,
    permission, mailbox, item. See docs/fidelity.md for what is known from where. Links name the host that the request was
    sent to and are https always. Credentials of the real service are refused and neither kept nor written down. What
    arrived is in the world's journal; queued faults of the server "graph" with a status or an answer happen here.

    Used where the world runs.
*/
class graph
{
public:
    /** The world must outlive it.

        @param hosts  Further names under which it may be asked, as in the Host header, without port. It answers to
                      localhost, 127.0.0.1, [::1] and the names that the world's authority was made for; all others
                      get 421, so that no web page can reach it by a name of its own.
        @param in     The cloud it is Graph of: whose tokens it takes and which authority it names. Its Graph's host
                      is one of the hosts then; the worldwide one must be named.
    */
    explicit graph(world& w, std::vector<std::string> hosts = {}, oauth2::cloud const& in = oauth2::global_cloud());
    ~graph();

    /// The answer to one request that arrived over TLS. Never throws for anything that is in the request.
    OUTKIT_DECL detail::flow<http::response> serve(http::request request);

    /// The same at once, without a flow. What waits for others (a subscription, whose URLs are asked first) is refused,
    /// unless the world's `outgoing.carrier` is as quick.
    http::response answer(http::request const& request);

private:
    struct state;
    struct exchange;
    std::unique_ptr<state> state_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/graph.ipp>
#endif

#endif
