#ifndef OUTKIT_GRAPH_DETAIL_ATTACHMENTS_IPP
#define OUTKIT_GRAPH_DETAIL_ATTACHMENTS_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/attachment_codec.hpp>
#include <outkit/graph/detail/attachments.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::graph::detail {

using outkit::detail::attempt;
using outkit::detail::environment;
using outkit::detail::fail;
using outkit::detail::refuse;
using outkit::detail::this_environment;

// Up to here one request takes a file (documented: attachment-createuploadsession.md says 3 MB).
inline constexpr std::uint64_t largest_in_one_request = 3'000'000;

OUTKIT_DECL std::string attachments_path(session const& s, std::string_view message_id)
{
    return mailbox_path(s.config) + "/messages/" + percent_encoded(message_id) + "/attachments";
}

OUTKIT_DEF flow<page<attachment>> list_attachments(session& s, std::string message_id, std::vector<std::string> select)
{
    co_await demand(is_segment(message_id), "message");
    query_builder query;
    if (!select.empty())
        query.add_list("$select", select);
    call c;
    c.target = attachments_path(s, message_id) + query.text();
    co_return co_await perform_for<page<attachment>>(s, std::move(c), parse_attachments);
}

OUTKIT_DEF flow<attachment> get_attachment(session& s, std::string message_id, std::string id)
{
    co_await demand(is_segment(message_id), "message");
    co_await demand(is_segment(id), "id");
    call c;
    c.target = attachments_path(s, message_id) + "/" + percent_encoded(id);
    co_return co_await perform_for<attachment>(s, std::move(c), parse_attachment);
}

OUTKIT_DEF flow<std::uint64_t> get_attachment_content(session& s, std::string message_id, std::string id, wire::sink to)
{
    co_await demand(is_segment(message_id), "message");
    co_await demand(is_segment(id), "id");
    std::uint64_t size = 0;
    call c;
    c.target = attachments_path(s, message_id) + "/" + percent_encoded(id) + "/$value";
    c.most = s.config.limits.download;
    c.to = [&size, &to](std::string_view part) {
        size += part.size();
        to(part);
    };
    co_await perform(s, std::move(c));
    co_return size;
}

OUTKIT_DEF flow<attachment> add_attachment(session& s, std::string message_id, file_attachment a)
{
    co_await demand(is_segment(message_id), "message");
    call c;
    c.method = "POST";
    c.target = attachments_path(s, message_id);
    c.content_type = "application/json";
    c.body = serialise(a);
    c.repeatable = false;
    co_return co_await perform_for<attachment>(s, std::move(c), parse_attachment);
}

OUTKIT_DEF flow<> delete_attachment(session& s, std::string message_id, std::string id)
{
    co_await demand(is_segment(message_id), "message");
    co_await demand(is_segment(id), "id");
    call c;
    c.method = "DELETE";
    c.target = attachments_path(s, message_id) + "/" + percent_encoded(id);
    c.gone_is_done = true;
    co_await perform(s, std::move(c));
}

// A file on its way to the service.
struct upload
{
    http::url to;
    std::uint64_t size = 0;
    std::uint64_t sent = 0;   // octets at most, those said twice included
    std::uint64_t begin = 0;  // of the piece in hand
    std::string piece = {};
    unsigned failures = 0;  // since the service last took something
};

// Where the service wants to go on: 2097152 for "2097152", "2097152-" and "2097152-4194303".
OUTKIT_DECL std::optional<std::uint64_t> position(upload_session const& u)
{
    if (u.next_expected_ranges.empty())
        return std::nullopt;
    std::string_view const text = u.next_expected_ranges.front();
    std::uint64_t n = 0;
    auto const r = std::from_chars(text.data(), text.data() + text.size(), n);
    bool const good = r.ec == std::errc() && (r.ptr == text.data() + text.size() || *r.ptr == '-');
    return good ? std::optional(n) : std::nullopt;
}

OUTKIT_DECL flow<> fill(std::string& piece, std::uint64_t octets, octet_source& from)
{
    piece.resize(static_cast<std::size_t>(octets));
    for (std::size_t have = 0; have < piece.size();)
    {
        error_code ec;
        std::size_t const n = from.read(piece.data() + have, piece.size() - have, ec);
        if (ec)
            co_await refuse(ec);
        if (n == 0)
            co_await refuse(error::invalid_query, "the file is shorter than was said");
        have += n;
    }
}

OUTKIT_DECL call at_upload_address(upload const& u, std::string method)
{
    call c;
    c.method = std::move(method);
    c.target = u.to.target;
    c.elsewhere = u.to.server;
    return c;
}

// The attachment's id in .../Messages('...')/Attachments('ID').
OUTKIT_DECL std::string id_of(http::fields const& headers)
{
    std::string const* const location = http::find(headers, "Location");
    if (!location || location->size() > 16 * 1024)
        return {};
    std::size_t const at = location->rfind("Attachments('");
    if (at == location->npos)
        return {};
    std::size_t const from = at + std::string_view("Attachments('").size();
    std::size_t const end = location->find('\'', from);
    return end == location->npos ? std::string() : location->substr(from, end - from);
}

// Goes on where the service wants, which can only be within the piece in hand: what was before is gone.
OUTKIT_DECL bool go_on_at(upload& u, std::optional<std::uint64_t> where)
{
    if (!where || *where < u.begin || *where > u.begin + u.piece.size())
        return false;
    u.piece.erase(0, static_cast<std::size_t>(*where - u.begin));
    u.begin = *where;
    return true;
}

// Says the piece in hand. Returns the answer to the last one.
OUTKIT_DECL flow<std::optional<http::response>> put_piece(session& s, upload& u)
{
    call c = at_upload_address(u, "PUT");
    c.content_type = "application/octet-stream";
    c.headers.push_back({"Content-Range", "bytes " + std::to_string(u.begin) + "-" +
                                              std::to_string(u.begin + u.piece.size() - 1) + "/" +
                                              std::to_string(u.size)});
    c.body = u.piece;
    c.repeatable = false;
    c.attempts = 1;
    http::response answer = co_await perform(s, std::move(c));
    bool const last = u.begin + u.piece.size() == u.size;
    if (answer.status == 201 || (last && answer.body.empty()))
    {
        if (!last)
            co_await refuse(error::upload_out_of_step, "the service says that it has the whole file");
        u.begin += u.piece.size();
        u.piece.clear();
        co_return std::move(answer);
    }
    auto parsed = parse_upload_session(answer.body, s.config.limits);
    upload_session const now = co_await checked(std::move(parsed));
    std::uint64_t const before = u.begin;
    if (!go_on_at(u, position(now)))
        co_await refuse(error::upload_out_of_step, "the service wants to go on elsewhere");
    if (u.begin != before)
        u.failures = 0;
    else if (++u.failures >= s.config.limits.attempts)
        co_await refuse(error::upload_out_of_step, "the service takes nothing");
    co_return std::nullopt;
}

// After a piece has failed: waits, and asks what the service has.
OUTKIT_DECL flow<> find_position(session& s, upload& u, error_code why, std::string said)
{
    environment& world = co_await this_environment();
    bool const gone = s.last.status == 404 || s.last.status == 410;
    if (gone)
        co_await refuse(error::upload_expired, std::move(said));
    bool const out_of_step = s.last.status == 409 || s.last.status == 416;
    bool const passing = why == error::outcome_unknown || why == condition::transient || out_of_step;
    if (!passing || ++u.failures >= s.config.limits.attempts)
        co_await refuse(why, std::move(said));
    std::chrono::nanoseconds pause(0);
    if (s.last.retry_after && *s.last.retry_after <= s.config.limits.retry_after)
        pause = *s.last.retry_after;
    else if (!out_of_step)
        pause = outkit::detail::back_off(world, std::chrono::seconds(2), std::chrono::minutes(2), u.failures);
    co_await outkit::detail::sleep_until(world.now() + pause);
    call c = at_upload_address(u, "GET");
    upload_session const now = co_await perform_for<upload_session>(s, std::move(c), parse_upload_session);
    if (!go_on_at(u, position(now)))
        co_await refuse(error::upload_out_of_step, "the service wants to go on elsewhere");
}

OUTKIT_DECL flow<std::string> put_pieces(session& s, upload& u, octet_source& from, attached_file const& f)
{
    while (u.begin < u.size || !u.piece.empty())
    {
        if (u.piece.empty())
            co_await fill(u.piece, std::min<std::uint64_t>(s.config.limits.upload_piece, u.size - u.begin), from);
        // On a connection that was kept and is dead it is said again at once.
        u.sent += u.piece.size() * (s.http.open_to == u.to.server ? 2 : 1);
        if (u.sent > 3 * u.size)
            co_await refuse(error::upload_out_of_step, "too much was said twice");
        auto done = co_await attempt(put_piece(s, u));
        if (!done.ec && *done.value)
        {
            if (f.progress)
                f.progress(u.size);
            co_return id_of((*done.value)->headers);
        }
        if (done.ec)
            co_await find_position(s, u, done.ec, std::move(done.diagnostics));
        if (f.progress)
            f.progress(u.begin);
    }
    co_await refuse(error::upload_out_of_step, "the service has the whole file and does not say so");
    co_return std::string();
}

OUTKIT_DEF flow<std::string> attach_file(session& s, std::string message_id, attached_file f, octet_source from)
{
    co_await demand(is_segment(message_id), "message");
    co_await demand(!f.name.empty(), "name");
    co_await demand(from.octets != octet_source::unknown, "size");
    co_await demand(from.read != nullptr, "read");
    if (from.octets <= largest_in_one_request)
    {
        file_attachment small;
        co_await fill(small.content, from.octets, from);
        small.name = f.name;
        if (!f.content_type.empty())
            small.content_type = f.content_type;
        small.is_inline = f.is_inline;
        small.content_id = f.content_id;
        attachment made = co_await add_attachment(s, std::move(message_id), std::move(small));
        if (f.progress)
            f.progress(from.octets);
        co_return std::move(made.id);
    }

    call c;
    c.method = "POST";
    c.target = attachments_path(s, message_id) + "/createUploadSession";
    c.content_type = "application/json";
    c.body = serialise(f, from.octets);
    upload_session const begun = co_await perform_for<upload_session>(s, std::move(c), parse_upload_session);
    upload u;
    u.size = from.octets;
    error_code ec;
    if (begun.upload_url.size() > s.config.limits.link)
        ec = http::error::invalid_url;
    else
        u.to = http::parse_url(begun.upload_url, ec);
    if (ec)
        co_await refuse(http::error::untrusted_origin, "uploadUrl");
    auto sent = co_await attempt(put_pieces(s, u, from, f));
    if (!sent.ec)
        co_return std::move(*sent.value);
    // What is there of the file would otherwise stay until the session is over.
    problem why = s.last;
    call end = at_upload_address(u, "DELETE");
    end.attempts = 1;
    auto const ended = co_await attempt(perform(s, std::move(end)));
    s.last = std::move(why);
    co_await refuse(sent.ec, std::move(sent.diagnostics));
    co_return std::string();
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
