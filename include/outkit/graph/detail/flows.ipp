#ifndef OUTKIT_GRAPH_DETAIL_FLOWS_IPP
#define OUTKIT_GRAPH_DETAIL_FLOWS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/detail/flows.hpp>
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

OUTKIT_DECL std::string percent_encoded(std::string_view text)
{
    return boost::urls::encode(boost::urls::string_view(text.data(), text.size()), boost::urls::unreserved_chars);
}

// Ids come from the service and must stay one segment of the path, whatever is in them. A dot segment would vanish when
// the path is normalised, escaped or not (RFC 3986 section 6.2.2.3).
OUTKIT_DECL bool is_segment(std::string_view id) { return !id.empty() && id.size() <= 2048 && id != "." && id != ".."; }

OUTKIT_DECL std::string mailbox_path(options const& o)
{
    std::string path = "/" + percent_encoded(o.version);
    return path + (o.user.empty() ? "/me" : "/users/" + percent_encoded(o.user));
}

// The one origin that may see the access token.
OUTKIT_DECL http::origin service_of(options const& o)
{
    http::origin service;
    service.host = o.host;
    std::transform(service.host.begin(), service.host.end(), service.host.begin(), http::detail::lower);
    service.port = o.port;
    return service;
}

class query_builder
{
public:
    void add(std::string_view name, std::string_view value)
    {
        text_ += text_.empty() ? '?' : '&';
        ((text_ += name) += '=') += percent_encoded(value);
    }
    void add_list(std::string_view name, std::vector<std::string> const& values)
    {
        std::string list;
        for (std::string const& v : values)
            (list += list.empty() ? "" : ",") += percent_encoded(v);
        text_ += text_.empty() ? '?' : '&';
        ((text_ += name) += '=') += list;
    }
    std::string const& text() const { return text_; }

private:
    std::string text_;
};

// One request to the service, and what may be done when it fails.
struct call
{
    std::string method = "GET";
    std::string target = {};
    std::string content_type = {};  // of the body
    std::string body = {};
    bool repeatable = true;  // doing it twice is doing it once
    std::uint64_t most = 0;  // octets of the answer's body; 0: as many as JSON may have
    wire::sink to = {};      // gets the body of a good answer
};

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

// 1, 2, 4 ... seconds, more or less: many clients that failed together should not come back together.
OUTKIT_DECL std::chrono::nanoseconds backoff(environment& world, unsigned attempt_number)
{
    std::array<unsigned char, 2> dice;
    world.random(dice);
    auto const base = std::chrono::milliseconds(1000) * (1u << std::min(attempt_number - 1, 6u));
    return base / 2 + base * (dice[0] * 256u + dice[1]) / 65536;
}

OUTKIT_DECL bool lost_connection(error_code ec)
{
    return ec == outkit::error::connection_closed || ec == outkit::error::tls_truncated || ec == os_error(ECONNRESET) ||
           ec == os_error(EPIPE);
}

OUTKIT_DECL std::string preferences(options const& o)
{
    std::string value;
    if (o.immutable_ids)
        value = "IdType=\"ImmutableId\"";
    if (o.body)
    {
        value += value.empty() ? "" : ", ";
        value +=
            *o.body == body_type::text ? "outlook.body-content-type=\"text\"" : "outlook.body-content-type=\"html\"";
    }
    return value;
}

// The answer of a call that succeeded.
OUTKIT_DECL flow<http::response> perform(session& s, call c)
{
    environment& world = co_await this_environment();
    limits const& l = s.config.limits;
    auto const end = world.now() + l.patience;
    s.last = {};
    if (!is_token_text(s.token.reveal()))
        co_await refuse(error::invalid_token_text);

    http::url to;
    to.server = service_of(s.config);
    to.target = c.target;

    http::request r;
    r.method = c.method;
    r.headers.push_back({"Accept", "application/json"});
    r.headers.push_back({"User-Agent", "outkit/" OUTKIT_VERSION});
    r.headers.push_back({"client-request-id", new_request_id(world)});
    if (std::string prefer = preferences(s.config); !prefer.empty())
        r.headers.push_back({"Prefer", std::move(prefer)});
    if (!c.content_type.empty())
        r.headers.push_back({"Content-Type", c.content_type});
    r.body = std::move(c.body);

    http::detail::exchange_options o;
    o.limits = l.http;
    o.limits.body_bytes = c.most ? c.most : l.json_body;
    o.redirects = c.method == "GET" ? l.redirects : 0;

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
        std::string bearer = "Bearer ";
        bearer.reserve(bearer.size() + s.token.size());
        bearer += s.token.reveal();
        secret authorization(std::move(bearer));
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
                pause = backoff(world, number);
        }
        else
        {
            http::response& answer = *sent.value;
            if (answer.status < 300)
                co_return std::move(answer);
            problem& p = s.last;
            p = parse_problem(answer, l);
            p.retry_after = retry_after(answer.headers, world.date());
            why = error_of(p);
            said = summary_of(p);
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
                pause = backoff(world, number);
            else if (!c.repeatable && p.status >= 500)
                why = error::outcome_unknown;
        }
        if (!pause || number >= l.attempts || world.now() + *pause > end)
        {
            if (sent.ec)
                co_await fail(why, std::move(said));
            co_await refuse(why, std::move(said));
        }
        co_await outkit::detail::sleep_until(world.now() + *pause);
    }
}

OUTKIT_DECL flow<http::response> perform_json(session& s, call c)
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

template <class T>
flow<T> checked(parsed<T> p)
{
    if (p.ec)
        co_await refuse(p.ec, std::move(p.what));
    co_return std::move(p.value);
}

OUTKIT_DEF flow<user> get_me(session& s)
{
    call c;
    c.target = mailbox_path(s.config);
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse_user(answer.body, s.config.limits);
    co_return co_await checked(std::move(parsed));
}

OUTKIT_DEF flow<mail_folder> get_folder(session& s, std::string id)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "folder");
    call c;
    c.target = mailbox_path(s.config) + "/mailFolders/" + percent_encoded(id);
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse_folder(answer.body, s.config.limits);
    co_return co_await checked(std::move(parsed));
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

// A page's next link is checked when the page is read, so that nobody keeps a bad one, and again when it is followed.
template <class T>
flow<page<T>> get_page(session& s, std::string target, std::size_t number,
                       parsed<page<T>> (*parse)(std::string_view, limits const&))
{
    call c;
    c.target = target;
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse(answer.body, s.config.limits);
    page<T> result = co_await checked(std::move(parsed));
    result.number = number;
    if (!result.next_link.empty())
    {
        http::url next;
        if (error_code const ec = check_link(result.next_link, s, next))
            co_await refuse(ec, "@odata.nextLink");
        if (next.target == target)
            co_await refuse(error::page_loop);
    }
    co_return result;
}

template <class T>
flow<page<T>> next_page(session& s, page<T> after, parsed<page<T>> (*parse)(std::string_view, limits const&))
{
    s.last = {};
    http::url to;
    if (after.next_link.empty())
        co_await refuse(error::invalid_query, "there is no next page");
    if (error_code const ec = check_link(after.next_link, s, to))
        co_await refuse(ec, "@odata.nextLink");
    if (after.number >= s.config.limits.pages)
        co_await refuse(error::limit_exceeded, "pages");
    co_return co_await get_page(s, std::move(to.target), after.number + 1, parse);
}

OUTKIT_DEF flow<page<mail_folder>> list_folders(session& s, folder_query q)
{
    std::string target = mailbox_path(s.config) + "/mailFolders";
    if (!q.parent.empty())
    {
        if (!is_segment(q.parent))
            co_await refuse(error::invalid_query, "parent");
        target += "/" + percent_encoded(q.parent) + "/childFolders";
    }
    if (q.top > 1000)
        co_await refuse(error::invalid_query, "top");
    query_builder query;
    if (q.include_hidden)
        query.add("includeHiddenFolders", "true");
    if (q.top)
        query.add("$top", std::to_string(q.top));
    target += query.text();
    co_return co_await get_page<mail_folder>(s, std::move(target), 1, parse_folders);
}

OUTKIT_DEF flow<page<mail_folder>> next_folders(session& s, page<mail_folder> after)
{
    return next_page<mail_folder>(s, std::move(after), parse_folders);
}

OUTKIT_DEF flow<page<message>> list_messages(session& s, message_query q)
{
    std::string target = mailbox_path(s.config);
    if (!q.folder.empty())
    {
        if (!is_segment(q.folder))
            co_await refuse(error::invalid_query, "folder");
        target += "/mailFolders/" + percent_encoded(q.folder);
    }
    target += "/messages";
    if (q.top > 1000)
        co_await refuse(error::invalid_query, "top");
    query_builder query;
    if (q.count)
        query.add("$count", "true");
    if (q.top)
        query.add("$top", std::to_string(q.top));
    if (q.skip)
        query.add("$skip", std::to_string(q.skip));
    if (!q.filter.empty())
        query.add("$filter", q.filter);
    if (!q.order_by.empty())
        query.add("$orderby", q.order_by);
    if (!q.select.empty())
        query.add_list("$select", q.select);
    target += query.text();
    co_return co_await get_page<message>(s, std::move(target), 1, parse_messages);
}

OUTKIT_DEF flow<page<message>> next_messages(session& s, page<message> after)
{
    return next_page<message>(s, std::move(after), parse_messages);
}

OUTKIT_DEF flow<message> get_message(session& s, std::string id, std::vector<std::string> select)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "id");
    query_builder query;
    if (!select.empty())
        query.add_list("$select", select);
    call c;
    c.target = mailbox_path(s.config) + "/messages/" + percent_encoded(id) + query.text();
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse_message(answer.body, s.config.limits);
    co_return co_await checked(std::move(parsed));
}

OUTKIT_DEF flow<message> update_message(session& s, std::string id, message_update u)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "id");
    call c;
    c.method = "PATCH";
    c.target = mailbox_path(s.config) + "/messages/" + percent_encoded(id);
    c.content_type = "application/json";
    c.body = serialise(u);
    http::response const answer = co_await perform_json(s, std::move(c));
    auto parsed = parse_message(answer.body, s.config.limits);
    co_return co_await checked(std::move(parsed));
}

OUTKIT_DEF flow<std::uint64_t> get_mime(session& s, std::string id, wire::sink to)
{
    if (!is_segment(id))
        co_await refuse(error::invalid_query, "id");
    std::uint64_t size = 0;
    call c;
    c.target = mailbox_path(s.config) + "/messages/" + percent_encoded(id) + "/$value";
    c.most = s.config.limits.download;
    c.to = [&size, &to](std::string_view part) {
        size += part.size();
        to(part);
    };
    co_await perform(s, std::move(c));
    co_return size;
}

OUTKIT_DEF flow<> send_mail(session& s, outgoing_message m, bool save_to_sent_items)
{
    call c;
    c.method = "POST";
    c.target = mailbox_path(s.config) + "/sendMail";
    c.content_type = "application/json";
    c.body = serialise(m, save_to_sent_items);
    c.repeatable = false;
    co_await perform(s, std::move(c));
}

OUTKIT_DEF flow<> send_mime(session& s, std::string mime)
{
    call c;
    c.method = "POST";
    c.target = mailbox_path(s.config) + "/sendMail";
    c.content_type = "text/plain";
    c.body = outkit::detail::base64_encode(mime);
    c.repeatable = false;
    co_await perform(s, std::move(c));
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
