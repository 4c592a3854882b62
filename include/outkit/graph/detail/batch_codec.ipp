#ifndef OUTKIT_GRAPH_DETAIL_BATCH_CODEC_IPP
#define OUTKIT_GRAPH_DETAIL_BATCH_CODEC_IPP

#include <outkit/graph/detail/batch_codec.hpp>
#include <outkit/graph/detail/members.hpp>
#include <outkit/http/error.hpp>

#include <boost/json/serialize.hpp>

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DEF std::string serialise(std::vector<batch_request> const& requests)
{
    writer w(1024);
    w.open('{');
    w.name("requests");
    w.open('[');
    for (batch_request const& r : requests)
    {
        w.next();
        w.open('{');
        w.member("id", r.id);
        w.member("method", r.method);
        w.member("url", r.path);
        bool const typed = http::find(r.headers, "Content-Type") != nullptr;
        if (!r.headers.empty() || !r.body.empty())
        {
            w.name("headers");
            w.open('{');
            for (http::field const& f : r.headers)
            {
                w.next();
                w.text(f.name);
                w.out += ':';
                w.text(f.value);
            }
            if (!typed && !r.body.empty())
                w.member("Content-Type", std::string("application/json"));
            w.close('}');
        }
        if (!r.body.empty())
        {
            w.name("body");
            w.out += r.body;
        }
        if (!r.depends_on.empty())
            w.member("dependsOn", r.depends_on);
        w.close('}');
    }
    w.close(']');
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF bool is_json(std::string_view text)
{
    document const d(text, {});
    return !d.ec;
}

OUTKIT_DEF parsed<std::vector<batch_response>> parse_batch(std::string_view text, limits const& l)
{
    parsed<std::vector<batch_response>> result;
    document const d(text, l);
    if (d.ec)
        return {{}, d.ec, d.what};
    json::object const* const o = d.root->if_object();
    reader r;
    json::value const* const value = o ? r.member(*o, "responses") : nullptr;
    json::array const* const items = value ? value->if_array() : nullptr;
    if (!items)
        return {{}, error::response_malformed, "responses: a list was expected"};
    for (json::value const& item : *items)
    {
        json::object const* const entity = item.if_object();
        if (!entity)
            return {{}, error::response_malformed, "responses: an object was expected"};
        batch_response& one = result.value.emplace_back();
        r.read(*entity, "id", one.id);
        r.read_count(*entity, "status", one.status);
        if (json::object const* const headers = r.object(*entity, "headers"))
            for (auto const& h : *headers)
                if (json::string const* const s = h.value().if_string())
                    one.headers.push_back(
                        {std::string(h.key().data(), h.key().size()), std::string(s->data(), s->size())});
        if (json::value const* const body = r.member(*entity, "body"))
            one.body = json::serialize(*body);
        if (!r.ec && !one.id.empty() && (one.status < 100 || one.status > 599))
            r.wrong("status", "another value");
        if (r.ec)
            return {{}, r.ec, "responses[" + std::to_string(result.value.size() - 1) + "]." + r.what};
        if (one.status >= 400)
        {
            http::response answer;
            answer.status = one.status;
            answer.headers = one.headers;
            answer.body = one.body;
            one.problem = parse_problem(answer, l);
            one.ec = error_of(one.problem);
        }
    }
    return result;
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
