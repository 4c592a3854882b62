#ifndef OUTKIT_GRAPH_DETAIL_NOTIFICATION_DESK_IPP
#define OUTKIT_GRAPH_DETAIL_NOTIFICATION_DESK_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/notification_desk.hpp>
#include <outkit/graph/detail/subscription_codec.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL http::response bare(unsigned status, http::fields headers = {})
{
    http::response r;
    r.status = status;
    r.headers = std::move(headers);
    return r;
}

// The value of validationToken in a query, decoded; nothing: there is none. `wrong`: one that cannot be echoed.
OUTKIT_DECL std::optional<std::string> validation_token(std::string_view query, bool& wrong)
{
    std::optional<std::string> found;
    while (!query.empty())
    {
        std::string_view const item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(item.size() + 1, query.size()));
        std::size_t const equals = std::min(item.find('='), item.size());
        if (item.substr(0, equals) != "validationToken")
            continue;
        auto value = outkit::detail::form_decode(item.substr(std::min(equals + 1, item.size())));
        // Nothing but one line of text is echoed: it is our answer to whoever asks.
        wrong = wrong || found || !value || value->empty() || value->size() > 1024 ||
                !std::all_of(value->begin(), value->end(), [](char c) { return c >= 0x20 && c < 0x7f; });
        found = std::move(value).value_or(std::string());
    }
    return found;
}

// documented: webhooks.md. 200 with the token as it is, in plain text; and 202 at once to notifications, whoever sent
// them: an answer that tells right secrets from wrong ones would tell them to those who try.
OUTKIT_DEF http::response notification_desk::answer(http::request const& r)
{
    std::string_view const target = r.target;
    std::size_t const question = std::min(target.find('?'), target.size());
    if (target.substr(0, question) != rules_.path)
        return bare(404);
    if (r.method != "POST")
        return bare(405, {{"Allow", "POST"}});
    bool wrong = false;
    if (auto token = validation_token(target.substr(std::min(question + 1, target.size())), wrong))
    {
        if (wrong)
            return bare(400);
        http::response echo = bare(200, {{"Content-Type", "text/plain; charset=utf-8"},
                                         {"X-Content-Type-Options", "nosniff"},
                                         {"Cache-Control", "no-store"}});
        echo.body = std::move(*token);
        return echo;
    }
    if (http::media_type(r.headers) != "application/json")
        return bare(415);
    parsed<std::vector<notification>> all = parse_notifications(r.body, rules_.limits);
    if (all.ec)
        return bare(all.ec == error::limit_exceeded ? 413 : 400);

    std::vector<notification> fresh;
    std::set<std::string> keys;  // of those
    for (notification& n : all.value)
    {
        if (!is_ours(n))
            ++foreign_;
        else if (came_before(n) || !keys.insert(key_of(n)).second)
            ++repeated_;
        else
            fresh.push_back(std::move(n));
    }
    // All or nothing, so that what is sent again is not known already.
    if (fresh.size() > rules_.most_waiting - waiting_.size())
        return bare(503, {{"Retry-After", "10"}});
    for (notification& n : fresh)
    {
        n.client_state.clear();
        if (!n.etag.empty())
        {
            if (oldest_.size() >= rules_.remembered && !oldest_.empty())
            {
                known_.erase(oldest_.front());
                oldest_.pop_front();
            }
            oldest_.push_back(key_of(n));
            known_.insert(oldest_.back());
        }
        waiting_.push_back(std::move(n));
    }
    return bare(202);
}

OUTKIT_DEF std::optional<notification> notification_desk::next()
{
    if (waiting_.empty())
        return std::nullopt;
    std::optional<notification> n = std::move(waiting_.front());
    waiting_.pop_front();
    return n;
}

// Each of them is looked at, whichever it is.
OUTKIT_DEF bool notification_desk::is_ours(notification const& n) const
{
    secret const shown(n.client_state);
    bool ours = false;
    for (secret const& s : rules_.client_states)
        ours = (s == shown) | ours;
    return ours && !shown.empty();
}

// One that has an etag tells of one state of one message, which is not news twice. Others may happen again, but need not
// wait twice.
OUTKIT_DEF bool notification_desk::came_before(notification const& n) const
{
    if (!n.etag.empty())
        return known_.contains(key_of(n));
    std::string const key = key_of(n);
    return std::any_of(waiting_.begin(), waiting_.end(), [&](notification const& w) { return key_of(w) == key; });
}

OUTKIT_DEF std::string notification_desk::key_of(notification const& n)
{
    std::string key = std::to_string(static_cast<int>(n.kind));
    for (std::string const* const part : {&n.subscription_id, &n.resource, &n.id, &n.etag})
        ((key += '\0') += std::to_string(part->size()) += ':') += *part;
    return key;
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
