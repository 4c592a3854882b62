#ifndef OUTKIT_GRAPH_DETAIL_CALL_IPP
#define OUTKIT_GRAPH_DETAIL_CALL_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/call.hpp>
#include <outkit/http/detail/grammar.hpp>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <array>

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::attempt;
using outkit::detail::environment;
using outkit::detail::fail;
using outkit::detail::refuse;
using outkit::detail::this_environment;

OUTKIT_DEF std::string percent_encoded(std::string_view text)
{
    return boost::urls::encode(boost::urls::string_view(text.data(), text.size()), boost::urls::unreserved_chars);
}

OUTKIT_DEF bool is_segment(std::string_view id) { return !id.empty() && id.size() <= 2048 && id != "." && id != ".."; }

OUTKIT_DEF flow<> demand(bool kept, char const* what)
{
    if (!kept)
        co_await refuse(error::invalid_query, what);
}

OUTKIT_DEF std::string mailbox_path(options const& o)
{
    std::string path = "/" + percent_encoded(o.version);
    return path + (o.user.empty() ? "/me" : "/users/" + percent_encoded(o.user));
}

OUTKIT_DEF http::origin service_of(options const& o)
{
    http::origin service;
    service.host = o.host;
    std::transform(service.host.begin(), service.host.end(), service.host.begin(), http::detail::lower);
    service.port = o.port;
    return service;
}

OUTKIT_DEF void query_builder::add(std::string_view name, std::string_view value)
{
    text_ += text_.empty() ? '?' : '&';
    ((text_ += name) += '=') += percent_encoded(value);
}

OUTKIT_DEF void query_builder::add_list(std::string_view name, std::vector<std::string> const& values)
{
    std::string list;
    for (std::string const& v : values)
        (list += list.empty() ? "" : ",") += percent_encoded(v);
    text_ += text_.empty() ? '?' : '&';
    ((text_ += name) += '=') += list;
}

OUTKIT_DECL bool is_token_text(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// RFC 9562 version 4
OUTKIT_DECL std::string new_request_id(environment& world)
{
    std::array<unsigned char, 16> bytes;
    world.random(bytes);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    std::string id = outkit::detail::hex_encode({reinterpret_cast<char const*>(bytes.data()), bytes.size()});
    for (std::size_t const at : {20u, 16u, 12u, 8u})
        id.insert(at, 1, '-');
    return id;
}

// Many clients that failed together should not come back together.
OUTKIT_DECL std::chrono::nanoseconds pause_after(environment& world, unsigned attempts)
{
    return outkit::detail::back_off(world, std::chrono::milliseconds(1500), std::chrono::minutes(2), attempts);
}

OUTKIT_DECL bool lost_connection(error_code ec)
{
    return ec == outkit::error::connection_closed || ec == outkit::error::tls_truncated || ec == os_error(ECONNRESET) ||
           ec == os_error(EPIPE);
}

OUTKIT_DECL std::string preferences(options const& o, std::string value)
{
    if (o.immutable_ids)
    {
        value += value.empty() ? "" : ", ";
        value += "IdType=\"ImmutableId\"";
    }
    if (o.body)
    {
        value += value.empty() ? "" : ", ";
        value +=
            *o.body == body_type::text ? "outlook.body-content-type=\"text\"" : "outlook.body-content-type=\"html\"";
    }
    return value;
}

OUTKIT_DECL secret bearer(access_token const& token)
{
    std::string text = "Bearer ";
    text.reserve(text.size() + token.size());
    text += token.reveal();
    return secret(std::move(text));
}

OUTKIT_DECL bool is_over(outkit::detail::renewed_token const& t, environment& world)
{
    return t.renew_at && world.date() >= *t.renew_at;
}

OUTKIT_DECL flow<> renew_token(session& s)
{
    access_token fresh = co_await outkit::detail::ask_for_token(s.tokens, s.config.token_patience,
                                                                s.config.before_expiry, error::invalid_token_text);
}

OUTKIT_DEF flow<http::response> perform(session& s, call c)
{
    environment& world = co_await this_environment();
    limits const& l = s.config.limits;
    auto const end = world.now() + l.patience;
    s.last = {};
    bool token_renewed = !s.tokens.ask || c.elsewhere;  // or there is nobody to ask for another
    if (!c.elsewhere && s.tokens.ask && (s.tokens.token.size() == 0 || is_over(s.tokens, world)))
        co_await renew_token(s);
    if (!c.elsewhere && !is_token_text(s.tokens.token.reveal()))
        co_await refuse(error::invalid_token_text);

    http::url to;
    to.server = c.elsewhere ? *c.elsewhere : service_of(s.config);
    to.target = c.target;

    http::request r;
    r.method = c.method;
    r.headers.push_back({"Accept", "application/json"});
    r.headers.push_back({"User-Agent", "outkit/" OUTKIT_VERSION});
    r.headers.push_back({"client-request-id", new_request_id(world)});
    if (std::string prefer = preferences(s.config, std::move(c.prefer)); !c.elsewhere && !prefer.empty())
        r.headers.push_back({"Prefer", std::move(prefer)});
    if (!c.content_type.empty())
        r.headers.push_back({"Content-Type", c.content_type});
    for (http::field& f : c.headers)
        r.headers.push_back(std::move(f));
    r.body = std::move(c.body);

    http::detail::exchange_options o;
    o.limits = l.http;
    o.limits.body_bytes = c.most ? c.most : l.json_body;
    o.redirects = c.method == "GET" ? l.redirects : 0;

    bool lost_before = false;
    for (unsigned number = 1;; ++number)
    {
        bool body_begun = false;
        wire::sink pass = {};
        if (c.to)
            pass = [&](std::string_view part) {
                body_begun = true;
                c.to(part);
            };
        http::request copy = r;
        secret authorization = c.elsewhere ? secret() : bearer(s.tokens.token);
        s.http.request_sent = false;
        auto sent = co_await attempt(
            http::detail::exchange(s.http, to, std::move(copy), o, std::move(authorization), std::move(pass)));

        error_code why;
        std::string said;
        std::optional<std::chrono::nanoseconds> pause;  // and then again
        if (sent.ec)
        {
            why = sent.ec;
            said = std::move(sent.diagnostics);
            bool const refused = sent.ec == http::error::redirect_refused;
            if (!c.repeatable && s.http.request_sent && !refused)
            {
                why = error::outcome_unknown;
                said = "after the request was sent: " + sent.ec.message();
            }
            else if (c.repeatable && s.http.request_sent && !body_begun && lost_connection(sent.ec))
            {
                pause = pause_after(world, number);
                lost_before = true;
            }
        }
        else
        {
            http::response& answer = *sent.value;
            if (answer.status < 300)
                co_return std::move(answer);
            problem& p = s.last;
            p = parse_problem(answer, l);
            p.retry_after = retry_after(answer.headers, world.date());
            if (c.elsewhere)
                p.claims.clear();  // who does not see the token does not say what is to be in it
            why = error_of(p);
            if (!c.in_mailbox && why == error::mailbox_not_enabled)
                why = error::item_not_found;
            said = summary_of(p);
            if (lost_before && c.gone_is_done && why == error::item_not_found)
            {
                p = {};
                co_return http::response();
            }
            // What was refused for its token was not carried out, so it may be said again whatever it is; once, with
            // another one. The provider can see the claims that are asked for.
            if (!token_renewed && (why == error::invalid_authentication_token || why == error::claims_challenge))
            {
                token_renewed = true;
                s.tokens.rejected = true;
                co_await renew_token(s);
                if (!is_token_text(s.tokens.token.reveal()))
                    co_await refuse(error::invalid_token_text);
                continue;
            }
            bool const asked_to_wait = (p.status == 429 || p.status == 503) && p.retry_after;
            bool const passing = p.status == 429 || p.status == 500 || (p.status >= 502 && p.status <= 504) ||
                                 (p.status == 400 && answer.body.empty() && number == 1);  // twentyhq/twenty#18726
            if (asked_to_wait)
            {
                // It was not carried out, so it may be repeated whatever it is (RFC 9110 section 10.2.3).
                why = error::throttled;
                if (*p.retry_after <= l.retry_after)
                    pause = *p.retry_after;
            }
            else if (c.repeatable && passing)
                pause = pause_after(world, number);
            else if (!c.repeatable && p.status >= 500)
                why = error::outcome_unknown;
        }
        if (!pause || number >= (c.attempts ? c.attempts : l.attempts) || world.now() + *pause > end)
        {
            if (sent.ec)
                co_await fail(why, std::move(said));
            co_await refuse(why, std::move(said));
        }
        co_await outkit::detail::sleep_until(world.now() + *pause);
    }
}

OUTKIT_DEF flow<http::response> perform_json(session& s, call c)
{
    http::response answer = co_await perform(s, std::move(c));
    std::string const type = http::media_type(answer.headers);
    if (type != "application/json")
    {
        std::string said = type.empty() ? "there is no Content-Type" : "the Content-Type is " + type.substr(0, 64);
        co_await refuse(error::response_malformed, std::move(said));
    }
    co_return answer;
}

OUTKIT_DEF error_code check_link(std::string_view link, session const& s, http::url& out)
{
    error_code ec = http::error::untrusted_origin;
    if (link.size() > s.config.limits.link)
        return ec;
    out = http::parse_url(link, ec);
    if (ec || out.server != service_of(s.config) || out.target.find("%00") != std::string::npos)
        return http::error::untrusted_origin;
    return {};
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
