#ifndef OUTKIT_HTTP_DETAIL_HTTP1_IPP
#define OUTKIT_HTTP_DETAIL_HTTP1_IPP

#include <outkit/detail/wiping.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/http/detail/http1.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace outkit::inline OUTKIT_ABI::http::detail {

// Keeps the lines of a message head out of the wire's trace, and tells them itself without what is secret. Sets the
// line limit meanwhile.
class head_trace
{
public:
    explicit head_trace(wire& w) : wire_(w), max_line_(w.max_line) { w.untold = true; }
    head_trace(head_trace const&) = delete;
    ~head_trace()
    {
        wire_.untold = false;
        wire_.max_line = max_line_;
    }

    void start_line(wire::direction d, std::string_view line) const
    {
        if (!wire_.trace)
            return;
        std::string text(line);  // queries carry codes and tokens
        if (auto const query = text.find('?'); query != std::string::npos)
            text.replace(query, text.find(' ', query) - query, "?...");
        wire_.report(d, text);
    }
    void field_line(wire::direction d, std::string_view name, std::string_view value) const
    {
        if (!wire_.trace)
            return;
        static constexpr std::string_view secrets[] = {"Authorization", "Cookie",  "Set-Cookie",
                                                       "Location",      "Referer", "Proxy-Authorization"};
        bool const secret =
            std::any_of(std::begin(secrets), std::end(secrets), [&](auto s) { return equal_ignoring_case(s, name); });
        wire_.report(d, std::string(name) + ": " + (secret ? "<redacted>" : outkit::detail::without_tokens(value)));
    }

private:
    wire& wire_;
    std::size_t max_line_;
};

// The header section as it stands on the wire, and what Beast makes of it.
struct message_head
{
    std::string text;  // start line and field lines, CRLF after each; empty: end of the connection
    std::string method, target, reason;
    unsigned status = 0;
    int version = 0;  // 10 * major + minor
    fields headers = {};
};

namespace beast = boost::beast;

template <bool is_request>
class head_parser final : public beast::http::basic_parser<is_request>
{
public:
    explicit head_parser(message_head& out) : out_(out)
    {
        this->skip(true);
        this->header_limit(static_cast<std::uint32_t>(out.text.size() + 3));
        this->body_limit(boost::none);
    }

private:
    using view = beast::string_view;
    using ec = beast::error_code;

    void on_request_impl(beast::http::verb, view method, view target, int version, ec&) override
    {
        out_.method.assign(method.data(), method.size());
        out_.target.assign(target.data(), target.size());
        out_.version = version;
    }
    void on_response_impl(int code, view reason, int version, ec&) override
    {
        out_.status = static_cast<unsigned>(code);
        out_.reason.assign(reason.data(), reason.size());
        out_.version = version;
    }
    void on_field_impl(beast::http::field, view name, view value, ec&) override
    {
        out_.headers.push_back({std::string(name), std::string(value)});
    }
    void on_header_impl(ec&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, ec&) override {}
    std::size_t on_body_impl(view body, ec&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, view, ec&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, view body, ec&) override { return body.size(); }
    void on_finish_impl(ec&) override {}

    message_head& out_;
};

// field-line = field-name ":" OWS field-value OWS ; RFC 9112 section 5. No blank before the colon, no folding.
OUTKIT_DECL bool is_field_line(std::string_view line)
{
    auto const colon = line.find(':');
    return colon != std::string_view::npos && is_token(line.substr(0, colon)) && is_field_value(line.substr(colon + 1));
}

// Whole number in the given base, nothing else around it.
OUTKIT_DECL bool parse_number(std::string_view digits, int base, std::uint64_t& n)
{
    auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
    return r.ec == std::errc() && r.ptr == digits.data() + digits.size();
}

OUTKIT_DECL error_code parse_head(message_head& h, bool is_request)
{
    beast::error_code ec;
    std::string const text = h.text + "\r\n";
    boost::asio::const_buffer const buffer(text.data(), text.size());
    std::size_t used = 0;
    bool complete = false;
    if (is_request)
    {
        head_parser<true> p(h);
        used = p.put(buffer, ec);
        complete = p.is_header_done();
    }
    else
    {
        head_parser<false> p(h);
        used = p.put(buffer, ec);
        complete = p.is_header_done();
    }
    if (ec == beast::http::error::bad_version)
        return error::unsupported_version;
    if (ec == beast::http::error::bad_transfer_encoding)
        return error::unsupported_transfer_coding;
    if (ec == beast::http::error::bad_content_length)
        return error::ambiguous_length;
    if (ec || !complete || used != text.size())
        return error::malformed_header;
    if (h.version != 10 && h.version != 11)
        return error::unsupported_version;
    return {};
}

// How the body of a message is delimited (RFC 9112 section 6.3).
struct body_length
{
    bool chunked = false;
    bool known = false;
    std::uint64_t bytes = 0;
};

// Stricter than Beast: a length given twice is refused even if both agree, and so is any transfer coding but chunked.
OUTKIT_DECL error_code find_length(message_head const& h, body_length& out)
{
    bool has_coding = false;
    for (field const& f : h.headers)
    {
        if (equal_ignoring_case(f.name, "Content-Length"))
        {
            if (out.known || f.value.empty() || !is_digit(f.value.front()) || !parse_number(f.value, 10, out.bytes))
                return error::ambiguous_length;
            out.known = true;
        }
        else if (equal_ignoring_case(f.name, "Transfer-Encoding"))
        {
            if (has_coding || h.version == 10 || !equal_ignoring_case(f.value, "chunked"))
                return error::unsupported_transfer_coding;
            has_coding = true;
        }
    }
    out.chunked = has_coding;
    return {};
}

OUTKIT_DECL bool stays_open(message_head const& h)
{
    return h.version == 11 && !has_token(h.headers, "Connection", "close");
}

// Reads up to and including the empty line. With `may_end`, an end of the connection before the first byte is no
// failure; a peer that then leaves without close_notify does no harm either.
OUTKIT_DECL flow<message_head> read_head(wire& w, limits l, bool is_request, bool may_end)
{
    message_head h;
    if (may_end && !w.has_buffered())
    {
        auto const r = co_await attempt(w.fill());
        if (r.ec == outkit::error::connection_closed || r.ec == outkit::error::tls_truncated)
            co_return h;
        if (r.ec)
            co_await outkit::detail::fail(r.ec, r.diagnostics);
    }
    head_trace const trace(w);
    bool has_length = false, has_coding = false;
    for (std::size_t count = 0;; ++count)
    {
        w.max_line = std::max<std::size_t>(l.header_bytes - h.text.size(), 2);
        std::string const line = co_await w.read_line();
        if (!line.empty() && h.text.size() + line.size() + 2 > l.header_bytes)
            co_await outkit::detail::fail(error::header_too_large);
        if (count == 0)
        {
            if (!is_field_value(line))
                co_await outkit::detail::fail(error::malformed_header);
            trace.start_line(wire::direction::received, line);
        }
        else
        {
            if (line.empty())
                break;
            if (!is_field_line(line))
                co_await outkit::detail::fail(error::malformed_header);
            if (count > l.header_fields)
                co_await outkit::detail::fail(error::too_many_fields);
            auto const colon = line.find(':');
            auto const text = std::string_view(line);
            auto const name = text.substr(0, colon);
            has_length = has_length || equal_ignoring_case(name, "Content-Length");
            has_coding = has_coding || equal_ignoring_case(name, "Transfer-Encoding");
            trace.field_line(wire::direction::received, name, without_blanks(text.substr(colon + 1)));
        }
        h.text += line;
        h.text += "\r\n";
    }
    if (has_length && has_coding)
        co_await outkit::detail::fail(error::ambiguous_length);
    if (error_code const ec = parse_head(h, is_request))
        co_await outkit::detail::fail(ec);
    co_return h;
}

// Passes on what fits the limit.
class limited_sink
{
public:
    limited_sink(std::uint64_t limit, wire::sink to) : left_(limit), to_(std::move(to)) {}

    bool would_exceed(std::uint64_t n) const { return n > left_; }
    bool put(std::string_view part)
    {
        if (part.size() > left_)
            return false;
        left_ -= part.size();
        to_(part);
        return true;
    }

private:
    std::uint64_t left_;
    wire::sink to_;
};

// chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF ; RFC 9112 section 7.1
OUTKIT_DECL flow<> read_chunks(wire& w, limits l, limited_sink& to)
{
    static constexpr std::size_t size_digits = 16;
    for (;;)
    {
        std::uint64_t size = 0;
        {
            head_trace const trace(w);
            w.max_line = size_digits + l.chunk_extension_bytes;
            std::string const line = co_await w.read_line();
            auto const semicolon = std::min(line.find(';'), line.size());
            auto const digits = std::string_view(line).substr(0, semicolon);
            if (digits.size() > size_digits || !parse_number(digits, 16, size) || digits.front() == '-' ||
                !is_field_value(line))
                co_await outkit::detail::fail(error::malformed_chunk);
            if (line.size() - semicolon > l.chunk_extension_bytes)
                co_await outkit::detail::fail(error::header_too_large);
        }
        if (size == 0)
            break;
        if (to.would_exceed(size))
            co_await outkit::detail::fail(error::body_too_large);
        wire::sink pass = [&to](std::string_view part) { to.put(part); };
        co_await w.read_exactly(static_cast<std::size_t>(size), std::move(pass));
        head_trace const trace(w);
        w.max_line = 2;
        std::string const end = co_await w.read_line();
        if (!end.empty())
            co_await outkit::detail::fail(error::malformed_chunk);
    }

    // Trailer fields mean nothing to us (RFC 9110 section 6.5.1), but must be well-formed and few.
    head_trace const trace(w);
    for (std::size_t bytes = 0, count = 0;; ++count)
    {
        w.max_line = l.trailer_bytes;
        std::string const line = co_await w.read_line();
        if (line.empty())
            co_return;
        bytes += line.size() + 2;
        if (bytes > l.trailer_bytes)
            co_await outkit::detail::fail(error::header_too_large);
        if (count >= l.header_fields)
            co_await outkit::detail::fail(error::too_many_fields);
        if (!is_field_line(line))
            co_await outkit::detail::fail(error::malformed_chunk);
    }
}

// A body that ends with the connection: under TLS only a close_notify is an end.
OUTKIT_DECL flow<> read_until_closed(wire& w, limited_sink& to)
{
    for (;;)
    {
        bool const fits = to.put(w.buffered_bytes(std::string_view::npos));
        if (!fits)
            co_await outkit::detail::fail(error::body_too_large);
        auto const r = co_await attempt(w.fill());
        if (r.ec == outkit::error::connection_closed)
            co_return;
        if (r.ec)
            co_await outkit::detail::fail(r.ec, r.diagnostics);
    }
}

OUTKIT_DECL flow<> read_body(wire& w, limits l, body_length length, bool until_closed, wire::sink to)
{
    limited_sink limited(l.body_bytes, std::move(to));
    if (length.chunked)
        co_return co_await read_chunks(w, l, limited);
    if (length.known)
    {
        if (limited.would_exceed(length.bytes))
            co_await outkit::detail::fail(error::body_too_large);
        wire::sink pass = [&limited](std::string_view part) { limited.put(part); };
        co_return co_await w.read_exactly(static_cast<std::size_t>(length.bytes), std::move(pass));
    }
    if (until_closed)
        co_await read_until_closed(w, limited);
}

OUTKIT_DEF flow<std::optional<received_request>> read_request(wire& w, limits l)
{
    message_head h = co_await read_head(w, l, true, true);
    if (h.text.empty())
        co_return std::nullopt;
    body_length length;
    if (error_code const ec = find_length(h, length))
        co_await outkit::detail::fail(ec);
    // A request without or with several Host fields could mean different things to different servers (RFC 9112 3.2).
    auto const hosts = std::count_if(h.headers.begin(), h.headers.end(),
                                     [](field const& f) { return equal_ignoring_case(f.name, "Host"); });
    if (hosts > 1 || (hosts == 0 && h.version == 11))
        co_await outkit::detail::fail(error::malformed_header);
    if (length.known && length.bytes > l.body_bytes)  // before the peer is told to continue
        co_await outkit::detail::fail(error::body_too_large);
    bool const has_body = length.chunked || length.bytes != 0;
    if (has_body && h.version == 11 && has_token(h.headers, "Expect", "100-continue"))
        co_await w.write("HTTP/1.1 100 Continue\r\n\r\n");

    received_request r;
    r.keep_alive = stays_open(h);
    r.message.method = std::move(h.method);
    r.message.target = std::move(h.target);
    r.message.headers = std::move(h.headers);
    wire::sink append = [&r](std::string_view part) { r.message.body += part; };
    co_await read_body(w, l, length, false, std::move(append));
    co_return r;
}

OUTKIT_DEF flow<received_response> read_response(wire& w, std::string method, limits l, wire::sink body)
{
    message_head h;
    for (std::size_t interim = 0;; ++interim)
    {
        h = co_await read_head(w, l, false, false);
        if (h.status < 100 || h.status > 599)
            co_await outkit::detail::fail(error::malformed_header);
        if (h.status == 101)
            co_await outkit::detail::fail(error::unexpected_upgrade);
        if (h.status >= 200)
            break;
        if (interim >= l.interim_responses)
            co_await outkit::detail::fail(error::too_many_interim_responses);
    }
    body_length length;
    if (error_code const ec = find_length(h, length))
        co_await outkit::detail::fail(ec);
    for (field const& f : h.headers)
        if (equal_ignoring_case(f.name, "Content-Encoding") && !equal_ignoring_case(f.value, "identity"))
            co_await outkit::detail::fail(error::unsupported_content_coding, f.value.substr(0, 64));

    received_response r;
    r.message.status = h.status;
    r.message.reason = std::move(h.reason);
    r.keep_alive = stays_open(h);
    r.message.headers = std::move(h.headers);
    if (method == "HEAD" || h.status == 204 || h.status == 304)
        co_return r;
    bool const until_closed = !length.chunked && !length.known;
    if (until_closed)
        r.keep_alive = false;
    outkit::detail::wipe_at_end const rest_wiped(r.message.body);  // of an answer that breaks off
    wire::sink to = [&r](std::string_view part) {
        outkit::detail::make_room(r.message.body, part.size());
        r.message.body += part;
    };
    if (body && h.status < 300)
        to = std::move(body);
    else if (body)  // the limit is for what goes to the sink; this is kept in memory
        l.body_bytes = std::min(l.body_bytes, limits().body_bytes);
    co_await read_body(w, l, length, until_closed, std::move(to));
    co_return r;
}

OUTKIT_DEF error_code check(request const& r)
{
    if (!is_token(r.method) || !is_target(r.target))
        return error::invalid_request;
    static constexpr std::string_view reserved[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection",
                                                    "Authorization"};
    for (field const& f : r.headers)
    {
        if (!is_token(f.name) || !is_field_value(f.value))
            return error::invalid_request;
        for (std::string_view const name : reserved)
            if (equal_ignoring_case(f.name, name))
                return error::invalid_request;
    }
    return {};
}

OUTKIT_DECL void append_field(std::string& out, std::string_view name, std::string_view value)
{
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

// Tells the trace the head line by line, and sends the whole message at once.
OUTKIT_DECL flow<> send(wire& w, std::string head, std::string body)
{
    {
        head_trace const trace(w);
        std::string_view rest = head;
        auto end = rest.find("\r\n");
        trace.start_line(wire::direction::sent, rest.substr(0, end));
        for (rest.remove_prefix(end + 2); !rest.starts_with("\r\n"); rest.remove_prefix(end + 2))
        {
            end = rest.find("\r\n");
            auto const colon = rest.find(": ");
            trace.field_line(wire::direction::sent, rest.substr(0, colon), rest.substr(colon + 2, end - colon - 2));
        }
    }
    outkit::detail::wipe_at_end const body_wiped(body);
    head.reserve(head.size() + body.size());  // a request's head, which may hold a token, has the room already
    head += body;
    co_await w.write(std::move(head), wire::redact);
}

OUTKIT_DEF flow<> write_request(wire& w, std::string host, request r, secret authorization)
{
    outkit::detail::wipe_at_end const body_wiped(r.body);
    if (error_code const ec = check(r))
        co_await outkit::detail::fail(ec);
    if (host.empty() || !is_field_value(host) || !is_field_value(authorization.reveal()))
        co_await outkit::detail::fail(error::invalid_request);
    std::string head;
    std::size_t size = 128 + r.method.size() + r.target.size() + host.size() + authorization.size() + r.body.size();
    for (field const& f : r.headers)
        size += f.name.size() + f.value.size() + 4;
    head.reserve(size);  // where it grew it would leave the credentials behind
    ((head += r.method) += ' ') += r.target;
    head += " HTTP/1.1\r\n";
    append_field(head, "Host", host);
    for (field const& f : r.headers)
        append_field(head, f.name, f.value);
    if (!authorization.empty())
        append_field(head, "Authorization", authorization.reveal());
    if (!r.body.empty() || r.method == "POST" || r.method == "PUT" || r.method == "PATCH")
        append_field(head, "Content-Length", std::to_string(r.body.size()));
    head += "\r\n";
    co_await send(w, std::move(head), std::move(r.body));
}

// Answers with tokens in them are short. Copying and wiping a page of mail would be most of what it costs.
inline constexpr std::size_t longest_wiped = 64 * 1024;

OUTKIT_DEF flow<> write_response(wire& w, response r, answer_options o)
{
    bool valid = r.status >= 100 && r.status <= 599 && is_field_value(r.reason);
    for (field const& f : r.headers)
        valid = valid && is_token(f.name) && is_field_value(f.value) &&
                !equal_ignoring_case(f.name, "Content-Length") && !equal_ignoring_case(f.name, "Transfer-Encoding");
    if (!valid)
        co_await outkit::detail::fail(error::invalid_response);
    std::string head = "HTTP/1.1 " + std::to_string(r.status) + ' ';
    head += r.reason.empty() ? reason_phrase(r.status) : std::string_view(r.reason);
    head += "\r\n";
    for (field const& f : r.headers)
        append_field(head, f.name, f.value);
    if (r.status >= 200 && r.status != 204 && r.status != 304)
        append_field(head, "Content-Length", std::to_string(r.body.size()));
    else
        r.body.clear();
    if (!o.keep_alive && !find(r.headers, "Connection"))
        append_field(head, "Connection", "close");
    head += "\r\n";
    if (o.to_head)
        r.body.clear();
    if (r.body.size() < longest_wiped)
    {
        co_await send(w, std::move(head), std::move(r.body));
        co_return;
    }
    std::string nothing;
    co_await send(w, std::move(head), std::move(nothing));
    if (w.trace)
        w.report(wire::direction::sent, '<' + std::to_string(r.body.size()) + " bytes redacted>");
    head_trace const untold(w);
    co_await w.write(std::move(r.body));
}

OUTKIT_DEF flow<> write_response(wire& w, response r)
{
    answer_options const usual;
    return write_response(w, std::move(r), usual);
}

OUTKIT_DEF std::string http_date(outkit::detail::wall_time t)
{
    using namespace std::chrono;
    static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const day = floor<std::chrono::days>(t);
    year_month_day const date(day);
    hh_mm_ss const time(floor<seconds>(t - day));
    char text[40];
    std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", days[weekday(day).c_encoding()],
                  unsigned(date.day()), months[(unsigned(date.month()) - 1) % 12], int(date.year()),
                  int(time.hours().count()), int(time.minutes().count()), int(time.seconds().count()));
    return text;
}

}  // namespace outkit::inline OUTKIT_ABI::http::detail

#endif
