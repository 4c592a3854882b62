#ifndef OUTKIT_GRAPH_DETAIL_SUBSCRIPTIONS_IPP
#define OUTKIT_GRAPH_DETAIL_SUBSCRIPTIONS_IPP

#include <outkit/graph/detail/pages.hpp>
#include <outkit/graph/detail/subscription_codec.hpp>
#include <outkit/graph/detail/subscriptions.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

// Subscriptions are the application's, and below no mailbox.
OUTKIT_DECL std::string subscriptions_path(session const& s)
{
    return "/" + percent_encoded(s.config.version) + "/subscriptions";
}

// The service calls at https addresses only (documented: subscription.md); a mock does at loopback ones, too.
OUTKIT_DECL bool is_notification_url(std::string const& text)
{
    error_code ec;
    http::parse_url(text, ec, http::url_schemes::https_or_loopback_http);
    return !ec;
}

OUTKIT_DEF flow<subscription> create_subscription(session& s, subscription_request r)
{
    bool const any_change = r.created || r.updated || r.deleted;
    bool const lifecycle = r.lifecycle_notification_url.empty() || is_notification_url(r.lifecycle_notification_url);
    co_await demand(any_change, "nothing is subscribed to");
    co_await demand(!r.resource.empty(), "resource");
    co_await demand(is_notification_url(r.notification_url), "notification_url");
    co_await demand(lifecycle, "lifecycle_notification_url");
    co_await demand(r.client_state.size() <= 128, "client_state");
    call c;
    c.method = "POST";
    c.target = subscriptions_path(s);
    c.content_type = "application/json";
    c.body = serialise(r);
    c.repeatable = false;
    co_return co_await perform_for<subscription>(s, std::move(c), parse_subscription);
}

OUTKIT_DEF flow<page<subscription>> list_subscriptions(session& s)
{
    return get_page<subscription>(s, subscriptions_path(s), 1, parse_subscriptions);
}

OUTKIT_DEF flow<page<subscription>> next_subscriptions(session& s, page<subscription> after)
{
    return next_page<subscription>(s, std::move(after), parse_subscriptions);
}

OUTKIT_DECL call about_subscription(session const& s, char const* method, std::string_view id)
{
    call c;
    c.method = method;
    c.target = subscriptions_path(s) + "/" + percent_encoded(id);
    c.in_mailbox = false;
    return c;
}

OUTKIT_DEF flow<subscription> get_subscription(session& s, std::string id)
{
    co_await demand(is_segment(id), "id");
    call c = about_subscription(s, "GET", id);
    co_return co_await perform_for<subscription>(s, std::move(c), parse_subscription);
}

OUTKIT_DEF flow<subscription> renew_subscription(session& s, std::string id, date_time until)
{
    co_await demand(is_segment(id), "id");
    call c = about_subscription(s, "PATCH", id);
    c.content_type = "application/json";
    c.body = serialise_expiration(until);
    co_return co_await perform_for<subscription>(s, std::move(c), parse_subscription);
}

// Doing it twice is doing it once.
OUTKIT_DEF flow<> reauthorize_subscription(session& s, std::string id)
{
    co_await demand(is_segment(id), "id");
    call c = about_subscription(s, "POST", id);
    c.target += "/reauthorize";
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<> delete_subscription(session& s, std::string id)
{
    co_await demand(is_segment(id), "id");
    call c = about_subscription(s, "DELETE", id);
    c.gone_is_done = true;
    co_await perform(s, std::move(c));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
