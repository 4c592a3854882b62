#ifndef OUTKIT_GRAPH_DETAIL_SUBSCRIPTION_CODEC_HPP
#define OUTKIT_GRAPH_DETAIL_SUBSCRIPTION_CODEC_HPP

#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/subscription.hpp>

// Subscriptions and notifications in Graph's JSON.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL parsed<subscription> parse_subscription(std::string_view json, limits const& l);
OUTKIT_DECL parsed<page<subscription>> parse_subscriptions(std::string_view json, limits const& l);
OUTKIT_DECL std::string serialise(subscription const& s);
OUTKIT_DECL std::string serialise(subscription_request const& r);
OUTKIT_DECL std::string serialise_expiration(date_time t);

// What a notification URL is sent, changes and the life of subscriptions alike.
OUTKIT_DECL parsed<std::vector<notification>> parse_notifications(std::string_view json, limits const& l);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/subscription_codec.ipp>
#endif

#endif
