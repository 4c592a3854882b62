#ifndef OUTKIT_GRAPH_DETAIL_CALL_HPP
#define OUTKIT_GRAPH_DETAIL_CALL_HPP

#include <outkit/detail/coming_back.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>
#include <outkit/http/detail/flows.hpp>
#include <outkit/secret.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One call of Graph: a request, repeated when the service asks for that or when it did no harm.

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::flow;
using outkit::detail::wire;

struct session
{
    session(options o, access_token t) : config(std::move(o))
    {
        tokens.token = std::move(t);
        begin();
    }
    session(options o, token_provider p) : config(std::move(o))
    {
        tokens.ask = std::move(p);
        begin();
    }

    http::detail::session http;
    options config;
    outkit::detail::renewed_token tokens;
    problem last;  // of the last call

private:
    void begin() { http.w.patience = config.patience; }
};

// One request to the service, and what may be done when it fails.
struct call
{
    std::string method = "GET";
    std::string target = {};
    std::string content_type = {};  // of the body
    std::string body = {};
    std::string prefer = {};    // besides what the options say
    http::fields headers = {};  // more of them
    bool repeatable = true;     // doing it twice is doing it once
    unsigned attempts = 0;      // 0: as many as limits::attempts
    bool in_mailbox = true;     // else "ResourceNotFound" is about the thing asked for
    bool gone_is_done = false;  // not found, when it is repeated, means that the first time has done it
    std::uint64_t most = 0;     // octets of the answer's body; 0: as many as JSON may have
    wire::sink to = {};         // gets the body of a good answer
    // Another place to go to, for which the request needs no access token, and does not get it.
    std::optional<http::origin> elsewhere = {};
};

// The answer of a call that succeeded.
OUTKIT_DECL flow<http::response> perform(session& s, call c);
// The same; its body is JSON.
OUTKIT_DECL flow<http::response> perform_json(session& s, call c);

OUTKIT_DECL std::string percent_encoded(std::string_view text);
// Ids come from the service and must stay one segment of the path, whatever is in them. A dot segment would vanish when
// the path is normalised, escaped or not (RFC 3986 section 6.2.2.3).
OUTKIT_DECL bool is_segment(std::string_view id);
OUTKIT_DECL std::string mailbox_path(options const& o);
// What a caller has to keep to: error::invalid_query, or nothing.
OUTKIT_DECL flow<> demand(bool kept, char const* what);
// The one origin that may see the access token.
OUTKIT_DECL http::origin service_of(options const& o);
// A link of the service, if the access token may go there: error::untrusted_origin of http, or none.
OUTKIT_DECL error_code check_link(std::string_view link, session const& s, http::url& out);

class query_builder
{
public:
    OUTKIT_DECL void add(std::string_view name, std::string_view value);
    OUTKIT_DECL void add_list(std::string_view name, std::vector<std::string> const& values);
    std::string const& text() const { return text_; }

private:
    std::string text_;
};

template <class T>
flow<T> checked(parsed<T> p)
{
    if (p.ec)
        co_await outkit::detail::refuse(p.ec, std::move(p.what));
    co_return std::move(p.value);
}

// What the call answers with, read from its JSON.
template <class T>
flow<T> perform_for(session& s, call c, parsed<T> (*parse)(std::string_view, limits const&))
{
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse(answer.body, s.config.limits);
    co_return co_await checked(std::move(parsed));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/call.ipp>
#endif

#endif
