#ifndef OUTKIT_MOCK_GRAPH_BATCH_IPP
#define OUTKIT_MOCK_GRAPH_BATCH_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/members.hpp>
#include <outkit/mock/graph.ipp>
#include <outkit/mock/graph_state.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>

// documented: json-batching.md, known-issues.md

namespace outkit::inline OUTKIT_ABI::mock {

namespace batch_detail {

struct step
{
    std::string id;
    http::request request;
    std::vector<std::string> depends_on;
    unsigned status = 0;  // once it has been answered
};

inline std::string text_of(boost::json::value const* v)
{
    boost::json::string const* const s = v ? v->if_string() : nullptr;
    return s ? std::string(s->data(), s->size()) : std::string();
}

// Steps may depend on nothing, all on the one before, or all on the same one.
inline bool good_dependencies(std::vector<step> const& steps)
{
    bool none = true, serial = true;
    std::string same;
    bool all_on_one = true;
    for (std::size_t i = 0; i < steps.size(); ++i)
    {
        auto const& on = steps[i].depends_on;
        none = none && on.empty();
        serial = serial && (i == 0 ? on.empty() : on.size() == 1 && on[0] == steps[i - 1].id);
        if (on.size() > 1)
            all_on_one = false;
        for (std::string const& id : on)
        {
            if (same.empty())
                same = id;
            all_on_one = all_on_one && id == same && id != steps[i].id;
        }
    }
    for (step const& s : steps)
        if (!same.empty() && s.id != same && s.depends_on.empty())
            all_on_one = false;
    bool const known =
        same.empty() || std::any_of(steps.begin(), steps.end(), [&](step const& s) { return s.id == same; });
    return none || serial || (all_on_one && known);
}

}  // namespace batch_detail

OUTKIT_INLINE http::response graph::exchange::batch()
{
    namespace json = boost::json;
    using batch_detail::step;
    using batch_detail::text_of;
    if (!method("POST"))
        return no_method();
    if (auto refused = decode_body())
        return std::move(*refused);
    auto const invalid = [&] {  // observed: microsoftgraph/msgraph-sdk-javascript#1451
        return refuse(400, "BadRequest", "Invalid batch payload format.");
    };
    outkit::graph::detail::document const d(request.body, {});
    json::object const* const o = d.root ? d.root->if_object() : nullptr;
    json::value const* const list = o ? o->if_contains("requests") : nullptr;
    json::array const* const items = list ? list->if_array() : nullptr;
    if (!items || items->empty())
        return invalid();
    if (items->size() > graph_detail::most_steps)  // the text is [inferred]
        return refuse(400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20.");

    std::vector<step> steps;
    for (json::value const& item : *items)
    {
        json::object const* const in = item.if_object();
        if (!in)
            return invalid();
        step s;
        s.id = text_of(in->if_contains("id"));
        s.request.method = text_of(in->if_contains("method"));
        std::transform(s.request.method.begin(), s.request.method.end(), s.request.method.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
        std::string url = text_of(in->if_contains("url"));
        bool const known = std::any_of(steps.begin(), steps.end(), [&](step const& other) { return other.id == s.id; });
        if (s.id.empty() || known || s.request.method.empty() || url.empty())
            return invalid();
        s.request.target = "/" + version + (url.starts_with('/') ? "" : "/") + url;
        if (json::value const* const headers = in->if_contains("headers"); headers && headers->is_object())
            for (auto const& h : headers->get_object())
            {
                std::string name(h.key().data(), h.key().size());
                if (!same_name(name, "Authorization") && !same_name(name, "Host"))
                    s.request.headers.push_back({std::move(name), text_of(&h.value())});
            }
        if (json::value const* const body = in->if_contains("body"); body && !body->is_null())
        {
            std::string const type = http::media_type(s.request.headers);
            if (type.empty())  // observed: Softeria/ms-365-mcp-server#677
                return refuse(400, "BadRequest",
                              "Write request with id '" + s.id.substr(0, 64) +
                                  "' does not contain a Content-Type header.");
            if (type.ends_with("json"))
                s.request.body = json::serialize(*body);
            else
            {
                // Bodies of other types are base64; that of MIME is base64 itself, once.
                std::string text = text_of(body);
                auto decoded = type == "text/plain" ? std::nullopt : detail::base64_decode(text);
                s.request.body = decoded ? std::move(*decoded) : std::move(text);
            }
        }
        if (json::value const* const on = in->if_contains("dependsOn"); on && on->is_array())
            for (json::value const& id : on->get_array())
                s.depends_on.push_back(text_of(&id));
        for (char const* const name : {"Host", "Authorization", "client-request-id"})
            if (std::string const* const value = http::find(request.headers, name))
                s.request.headers.push_back({name, *value});
        steps.push_back(std::move(s));
    }
    if (!batch_detail::good_dependencies(steps))  // the text is [inferred]
        return refuse(400, "BadRequest", "The dependencies of the batch's requests are not supported.");

    std::string body = "{\"responses\":[";
    // What others depend on goes first.
    std::stable_partition(steps.begin(), steps.end(), [](step const& s) { return s.depends_on.empty(); });
    for (step& s : steps)
    {
        bool const failed = std::any_of(s.depends_on.begin(), s.depends_on.end(), [&](std::string const& id) {
            return std::any_of(steps.begin(), steps.end(),
                               [&](step const& other) { return other.id == id && other.status >= 400; });
        });
        response r;
        if (failed)
            r = refuse(424, "FailedDependency", "Failed Dependency");
        else if (s.request.target.find("/$batch") != std::string::npos)
            r = refuse(400, "BadRequest", "A batch cannot be in a batch.");
        else
        {
            exchange x(st, s.request);
            r = x.run();
            takes += x.takes;
            if (x.unfinished())
                r = x.refuse(400, "BadRequest", "This mock takes subscriptions outside of batches only.");
            x.finish(r);
            w.journal.record(std::move(x.entry));
        }
        s.status = r.status;
        body += &s == &steps.front() ? "" : ",";
        body += "{\"id\":" + outkit::graph::detail::json_string(s.id) + ",\"status\":" + std::to_string(r.status) +
                ",\"headers\":{";
        bool first = true;
        bool is_json = false;
        for (http::field const& f : r.headers)
        {
            if (std::none_of(std::begin(graph_detail::shown_in_batch), std::end(graph_detail::shown_in_batch),
                             [&](std::string_view n) { return same_name(n, f.name); }))
                continue;
            body += (first ? "" : ",") + outkit::graph::detail::json_string(f.name) + ":" +
                    outkit::graph::detail::json_string(f.value);
            first = false;
            if (same_name(f.name, "Content-Type"))
                is_json = f.value.starts_with("application/json");
        }
        body += '}';
        if (r.status == 204)
            body += ",\"body\":null";
        else if (is_json)
            (body += ",\"body\":") += r.body;
        else if (!r.body.empty())
            ((body += ",\"body\":\"") += detail::base64_encode(r.body)) += '"';
        body += '}';
    }
    entry.outcome = journal_outcome::ok;
    entry.reason.clear();
    entry.answer = "200";
    entry.fields.push_back({"steps", std::to_string(steps.size())});
    return this->json(200, body + "]}");
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
