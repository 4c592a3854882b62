#ifndef OUTKIT_GRAPH_SUBSCRIPTION_HPP
#define OUTKIT_GRAPH_SUBSCRIPTION_HPP

#include <outkit/graph/types.hpp>

#include <optional>
#include <string>
#include <vector>

// Being told of changes instead of asking for them (documented: subscription.md, webhooks.md, webhooks-lifecycle.md).

namespace outkit::inline OUTKIT_ABI::graph {

/// A subscription as the service has it (resource type subscription).
struct subscription
{
    std::string id;
    std::string resource;     // "me/messages"
    std::string change_type;  // "created,updated"
    std::string notification_url;
    std::string lifecycle_notification_url;
    std::string client_state;
    std::optional<date_time> expiration_date_time;
    std::string application_id;
    std::string creator_id;
    std::string latest_supported_tls_version;
    std::optional<bool> include_resource_data;
    std::vector<unknown_member> other;
};

/// What to be told, and where.
struct subscription_request
{
    std::string resource = "me/messages";  // or "me/mailFolders('inbox')/messages", "users/{id}/messages"
    bool created = true;
    bool updated = false;
    bool deleted = false;
    std::string notification_url;                 // https; it is tried before the subscription is made
    std::string lifecycle_notification_url = {};  // it cannot be added later
    date_time expiration;                         // at most a week ahead
    std::string client_state = {};                // a secret that each notification brings along; up to 128 characters
};

enum class notification_kind
{
    created,
    updated,
    deleted,
    // What became of the subscription itself
    missed,                    // some notifications: look at what has changed (async_changes)
    subscription_removed,      // make another one
    reauthorization_required,  // renew it, or reauthorize it
    other                      // of a kind that was added later
};

/// One of the things that a service tells at a notification URL.
struct notification
{
    notification_kind kind = notification_kind::other;
    std::string subscription_id;
    std::optional<date_time> subscription_expiration;
    std::string tenant_id;
    std::string resource;  // "Users/{id}/Messages/{id}"
    std::string id;        // of the message
    std::string etag;
    std::string client_state;  // as it came
    std::vector<unknown_member> other;
};

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
