#ifndef OUTKIT_GRAPH_DETAIL_BATCHES_IPP
#define OUTKIT_GRAPH_DETAIL_BATCHES_IPP

#include <outkit/graph/detail/batch_codec.hpp>
#include <outkit/graph/detail/batches.hpp>

#include <algorithm>
#include <set>

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::environment;
using outkit::detail::refuse;
using outkit::detail::this_environment;

// What is wrong with a batch before it is sent; null: nothing.
OUTKIT_DECL char const* why_no_batch(std::vector<batch_request> const& requests)
{
    if (requests.empty() || requests.size() > most_in_a_batch)
        return "a batch has 1 to 20 requests";
    std::set<std::string_view> ids;
    for (batch_request const& r : requests)
    {
        if (r.id.empty() || !ids.insert(r.id).second)
            return "each request of a batch has an id of its own";
        if (!r.path.starts_with('/') || r.path.starts_with("//") || r.method.empty())
            return "a request's path begins with /";
        if (!r.body.empty() && !is_json(r.body))
            return "a request's body is JSON";
    }
    for (batch_request const& r : requests)
        for (std::string const& before : r.depends_on)
            if (before == r.id || !ids.contains(before))
                return "a request waits for one that there is not";
    return nullptr;
}

OUTKIT_DECL batch_response answer_to(batch_request const& r, std::vector<batch_response>& got)
{
    auto const is_its = [&](batch_response const& g) { return g.id == r.id; };
    auto const found = std::find_if(got.begin(), got.end(), is_its);
    if (found != got.end() && std::find_if(found + 1, got.end(), is_its) == got.end())
        return std::move(*found);
    // None, or two that may differ: what has become of it nobody knows.
    batch_response unknown;
    unknown.id = r.id;
    unknown.ec = r.method == "GET" ? error::response_malformed : error::outcome_unknown;
    return unknown;
}

OUTKIT_DEF flow<std::vector<batch_response>> run_batch(session& s, std::vector<batch_request> requests)
{
    environment& world = co_await this_environment();
    if (char const* const why = why_no_batch(requests))
        co_await refuse(error::invalid_query, why);
    bool const read_only =
        std::all_of(requests.begin(), requests.end(), [](batch_request const& r) { return r.method == "GET"; });
    std::vector<batch_response> answers(requests.size());
    std::vector<batch_request> left = requests;
    auto const end = world.now() + s.config.limits.patience;
    for (unsigned number = 1;; ++number)
    {
        call c;
        c.method = "POST";
        c.target = "/" + percent_encoded(s.config.version) + "/$batch";
        c.content_type = "application/json";
        c.body = serialise(left);
        c.repeatable = read_only;
        auto got = co_await perform_for<std::vector<batch_response>>(s, std::move(c), parse_batch);
        for (batch_request const& r : left)
        {
            auto const at =
                std::find_if(requests.begin(), requests.end(), [&](batch_request const& q) { return q.id == r.id; });
            batch_response& answer = answers[static_cast<std::size_t>(at - requests.begin())];
            answer = answer_to(r, got);
            answer.problem.retry_after = retry_after(answer.headers, world.date());
        }
        // Put off: refused for now, or not tried because of that. Neither was carried out.
        std::vector<batch_request> again;
        std::chrono::seconds pause(0);
        for (std::size_t i = 0; i < requests.size(); ++i)
        {
            batch_response const& a = answers[i];
            bool const put_off = a.status == 429 || (a.status == 503 && a.problem.retry_after);
            bool const after_it =
                a.status == 424 && std::any_of(again.begin(), again.end(), [&](batch_request const& r) {
                    return std::count(requests[i].depends_on.begin(), requests[i].depends_on.end(), r.id) != 0;
                });
            if (!put_off && !after_it)
                continue;
            again.push_back(requests[i]);
            // Those it waited for and that are done are not part of the next batch.
            std::erase_if(again.back().depends_on, [&](std::string const& id) {
                return std::none_of(again.begin(), again.end() - 1, [&](batch_request const& r) { return r.id == id; });
            });
            pause = std::max(pause, a.problem.retry_after.value_or(std::chrono::seconds(put_off ? 1 : 0)));
        }
        if (again.empty() || number >= s.config.limits.attempts || pause > s.config.limits.retry_after ||
            world.now() + pause > end)
            co_return std::move(answers);
        co_await outkit::detail::sleep_until(world.now() + pause);
        left = std::move(again);
    }
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
