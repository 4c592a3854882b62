#ifndef OUTKIT_GRAPH_DETAIL_SUBSCRIPTION_CODEC_IPP
#define OUTKIT_GRAPH_DETAIL_SUBSCRIPTION_CODEC_IPP

#include <outkit/graph/detail/members.hpp>
#include <outkit/graph/detail/scanner.hpp>
#include <outkit/graph/detail/subscription_codec.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

inline constexpr member_reader<subscription> subscription_members[] = {
    {"id", [](scanner& s, subscription& x) { s.read("id", x.id); }},
    {"resource", [](scanner& s, subscription& x) { s.read("resource", x.resource); }},
    {"applicationId", [](scanner& s, subscription& x) { s.read("applicationId", x.application_id); }},
    {"changeType", [](scanner& s, subscription& x) { s.read("changeType", x.change_type); }},
    {"clientState", [](scanner& s, subscription& x) { s.read("clientState", x.client_state); }},
    {"notificationUrl", [](scanner& s, subscription& x) { s.read("notificationUrl", x.notification_url); }},
    {"lifecycleNotificationUrl",
     [](scanner& s, subscription& x) { s.read("lifecycleNotificationUrl", x.lifecycle_notification_url); }},
    {"expirationDateTime", [](scanner& s, subscription& x) { s.read("expirationDateTime", x.expiration_date_time); }},
    {"creatorId", [](scanner& s, subscription& x) { s.read("creatorId", x.creator_id); }},
    {"includeResourceData",
     [](scanner& s, subscription& x) { s.read("includeResourceData", x.include_resource_data); }},
    {"latestSupportedTlsVersion",
     [](scanner& s, subscription& x) { s.read("latestSupportedTlsVersion", x.latest_supported_tls_version); }},
};
OUTKIT_DECL void read_subscription(scanner& s, subscription& out) { read_members(s, out, subscription_members); }

OUTKIT_DEF parsed<subscription> parse_subscription(std::string_view text, limits const& l)
{
    return parse_resource<subscription>(text, l, &read_subscription);
}
OUTKIT_DEF parsed<page<subscription>> parse_subscriptions(std::string_view text, limits const& l)
{
    return parse_page<subscription>(text, l, &read_subscription);
}

// The order of subscription-post-subscriptions.md
OUTKIT_DEF std::string serialise(subscription const& s)
{
    writer w(512);
    w.open('{');
    w.member("id", s.id);
    w.member("resource", s.resource);
    w.member_or_null("applicationId", s.application_id);
    w.member("changeType", s.change_type);
    w.member_or_null("clientState", s.client_state);
    w.member("notificationUrl", s.notification_url);
    w.member_or_null("lifecycleNotificationUrl", s.lifecycle_notification_url);
    w.member("expirationDateTime", s.expiration_date_time);
    w.member_or_null("creatorId", s.creator_id);
    w.member("includeResourceData", s.include_resource_data);
    w.member_or_null("latestSupportedTlsVersion", s.latest_supported_tls_version);
    w.json_members(s.other);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise(subscription_request const& r)
{
    std::string changes;
    for (auto const& [wanted, name] :
         {std::pair(r.created, "created"), std::pair(r.updated, "updated"), std::pair(r.deleted, "deleted")})
        if (wanted)
            (changes += changes.empty() ? "" : ",") += name;
    writer w(512);
    w.open('{');
    w.member("changeType", changes);
    w.member("notificationUrl", r.notification_url);
    if (!r.lifecycle_notification_url.empty())
        w.member("lifecycleNotificationUrl", r.lifecycle_notification_url);
    w.member("resource", r.resource);
    w.member("expirationDateTime", r.expiration);
    if (!r.client_state.empty())
        w.member("clientState", r.client_state);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise_expiration(date_time t)
{
    writer w(64);
    w.open('{');
    w.member("expirationDateTime", t);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DECL notification_kind kind_of(std::string_view word)
{
    using enum notification_kind;
    for (auto const& [name, kind] :
         {std::pair("created", created), std::pair("updated", updated), std::pair("deleted", deleted),
          std::pair("missed", missed), std::pair("subscriptionRemoved", subscription_removed),
          std::pair("reauthorizationRequired", reauthorization_required)})
        if (same_letters(word, name))
            return kind;
    return other;
}

OUTKIT_DECL void read_kind(scanner& s, std::string_view name, notification& n)
{
    if (std::string_view word; s.view(name, word))
        n.kind = kind_of(word);
}

OUTKIT_DECL void read_resource_data(scanner& s, notification& n)
{
    if (!s.open_object("resourceData"))
        return;
    for (std::string_view member; s.next_member(member);)
    {
        if (member == "id")
            s.read("id", n.id);
        else if (member == "@odata.etag")
            s.read("@odata.etag", n.etag);
        else
            s.skip();
    }
}

inline constexpr member_reader<notification> notification_members[] = {
    {"subscriptionId", [](scanner& s, notification& n) { s.read("subscriptionId", n.subscription_id); }},
    {"subscriptionExpirationDateTime",
     [](scanner& s, notification& n) { s.read("subscriptionExpirationDateTime", n.subscription_expiration); }},
    {"changeType", [](scanner& s, notification& n) { read_kind(s, "changeType", n); }},
    {"lifecycleEvent", [](scanner& s, notification& n) { read_kind(s, "lifecycleEvent", n); }},
    {"resource", [](scanner& s, notification& n) { s.read("resource", n.resource); }},
    {"resourceData", [](scanner& s, notification& n) { read_resource_data(s, n); }},
    {"clientState", [](scanner& s, notification& n) { s.read("clientState", n.client_state); }},
    {"tenantId", [](scanner& s, notification& n) { s.read("tenantId", n.tenant_id); }},
};

OUTKIT_DEF parsed<std::vector<notification>> parse_notifications(std::string_view text, limits const& l)
{
    scanner s(text, l);
    std::vector<notification> out;
    bool there = false;
    if (!s.open_object({}))
        s.wrong({}, "an object");
    for (std::string_view member; s.next_member(member);)
    {
        if (member != "value")
        {
            s.skip();
            continue;
        }
        out.clear();
        there = s.open_array("value");
        while (there && s.next_element())
        {
            if (!s.open_object("value"))
                s.wrong("value", "an object");
            notification& n = out.emplace_back();
            read_members(s, n, notification_members);
            if (n.subscription_id.empty())
                s.wrong("subscriptionId", "an id");
        }
    }
    if (!there)
        s.wrong("value", "a list");
    return result_of(s, std::move(out));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
