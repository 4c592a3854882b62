#ifndef OUTKIT_MOCK_JOURNAL_IPP
#define OUTKIT_MOCK_JOURNAL_IPP

#include <outkit/mock/directory.hpp>  // same_name, mock_secret_prefix
#include <outkit/mock/journal.hpp>

#include <outkit/detail/utf8.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace outkit::inline OUTKIT_ABI::mock {

namespace journal_detail {

inline constexpr std::size_t max_text = 512;

// Asked for every character of a journal.
inline constexpr std::array<bool, 256> token_chars = [] {
    std::array<bool, 256> t{};
    for (char const c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=!*$%"))
        t[static_cast<unsigned char>(c)] = true;
    return t;
}();
inline bool is_token_char(char c) noexcept { return token_chars[static_cast<unsigned char>(c)]; }

inline bool begins(std::string_view text, std::string_view with) noexcept
{
    return text.size() >= with.size() && same_name(text.substr(0, with.size()), with);
}

inline std::string mark(std::size_t n) { return "<" + std::to_string(n) + " bytes redacted>"; }

inline std::size_t word_length(std::string_view text) noexcept
{
    std::size_t n = 0;
    while (n != text.size() && is_token_char(text[n]))
        ++n;
    return n;
}

// Whether a word has the shape of something that opens a door: a JWT, the refresh tokens and codes of Entra and of
// personal accounts, a secret that a world has made. Base64 of the same (a SASL response) is found by its beginning,
// too: `user=` and `auth=`.
inline bool looks_secret(std::string_view word) noexcept
{
    if (word.size() < 16)
        return false;
    for (std::string_view const p : {"eyJ", "dXNlcj", "YXV0aD", "EwA", "EwB", "EwC", "M.C", "M.R", "0.A", "1.A"})
        if (word.starts_with(p))
            return true;
    return false;
}

inline std::string iso(detail::wall_time t)
{
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
    std::time_t const seconds = static_cast<std::time_t>(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::size_t const n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(ms - seconds * 1000));
    return std::string(text, n) + fraction;
}

}  // namespace journal_detail

OUTKIT_INLINE std::string_view to_string(journal_outcome o) noexcept
{
    switch (o)
    {
    case journal_outcome::ok: return "ok";
    case journal_outcome::refused: return "refused";
    case journal_outcome::invalid: return "invalid";
    case journal_outcome::fault: return "fault";
    }
    return "";
}

OUTKIT_INLINE std::string_view journal_entry::field(std::string_view name) const
{
    for (auto const& [key, value] : fields)
        if (same_name(key, name))
            return value;
    return {};
}

OUTKIT_INLINE bool journal::is_secret_name(std::string_view name) noexcept
{
    for (std::string_view const s : {"access_token",
                                     "assertion",
                                     "authorization",
                                     "client_assertion",
                                     "client_secret",
                                     "code",
                                     "code_verifier",
                                     "cookie",
                                     "confirmpasswd",
                                     "device_code",
                                     "id_token",
                                     "id_token_hint",
                                     "initial_response",
                                     "newpasswd",
                                     "oldpasswd",
                                     "passwd",
                                     "password",
                                     "proxy-authorization",
                                     "refresh_token",
                                     "sasl",
                                     "secret",
                                     "secret_text",
                                     "secretText",
                                     "session",
                                     "state",
                                     "set-cookie",
                                     "token",
                                     "user_code",
                                     "x-outkit-key"})
        if (same_name(s, name))
            return true;
    return false;
}

namespace journal_detail {

// A URL as it is written down: without user-info and query (RFC 3986 section 3), which carry passwords, codes and tokens.
// `rest` begins at "://"; returns how much of it has been copied and how long the URL is.
inline std::pair<std::size_t, std::size_t> copy_url(std::string_view rest, std::string& out)
{
    std::size_t const end = std::min(rest.find_first_of(" \t\r\n\"'<>\\"), rest.size());
    std::string_view const authority = rest.substr(3, std::min(rest.find_first_of("/?#", 3), end) - 3);
    std::size_t const user_info = authority.rfind('@');
    out += "://";
    if (user_info == authority.npos)
        return {3, end};
    out += mark(user_info);
    return {3 + user_info, end};
}

}  // namespace journal_detail

OUTKIT_INLINE std::string journal::blanked(std::string_view text)
{
    using namespace journal_detail;
    // Looked through up to the limit and a bit, so that a secret across the cut is recognised by its beginning.
    bool const cut = text.size() > max_text;
    text = text.substr(0, max_text);
    std::string out;
    std::size_t url_end = 0;  // of the one that `i` is in
    for (std::size_t i = 0; i != text.size();)
    {
        std::string_view const rest = text.substr(i);
        if (i < url_end && text[i] == '?')
        {
            out += "?…";
            i = url_end;
            continue;
        }
        if (rest.starts_with("://"))
        {
            auto const [copied, length] = copy_url(rest, out);
            url_end = i + length;
            i += copied;
            continue;
        }
        bool const at_word = i == 0 || !is_token_char(text[i - 1]) || text[i - 1] == '=' || text[i - 1] == '/';
        if (rest.starts_with(mock_secret_prefix))
        {
            std::size_t const n = word_length(rest);
            out += mark(n);
            i += n;
            continue;
        }
        if (at_word)
        {
            // "Bearer x", whatever x looks like
            if (begins(rest, "bearer "))
            {
                std::size_t const n = word_length(rest.substr(7));
                out += rest.substr(0, 7);
                if (n != 0)
                    out += mark(n);
                i += 7 + n;
                continue;
            }
            // name=value in a query or form
            std::size_t name = 0;
            while (name != rest.size() && (is_token_char(rest[name]) && rest[name] != '=' && rest[name] != '/'))
                ++name;
            if (name != 0 && name != rest.size() && rest[name] == '=' && is_secret_name(rest.substr(0, name)))
            {
                std::size_t const n = word_length(rest.substr(name + 1));
                out += rest.substr(0, name + 1);
                if (n != 0)
                    out += mark(n);
                i += name + 1 + n;
                continue;
            }
            std::size_t const n = word_length(rest);
            if (looks_secret(rest.substr(0, n)))
            {
                out += mark(n);
                i += n;
                continue;
            }
        }
        // One record, one line: control characters and invisible ones do not get through.
        unsigned char const c = static_cast<unsigned char>(text[i++]);
        if (c < 0x20 || c == 0x7F)
        {
            static constexpr char digits[] = "0123456789ABCDEF";
            out += "\\x";
            out += digits[c >> 4];
            out += digits[c & 15];
        }
        else
            out += static_cast<char>(c);
    }
    if (cut)
        out += "…";
    return out;
}

OUTKIT_INLINE std::uint64_t journal::record(journal_entry e)
{
    e.sequence = ++sequence_;
    if (std::size_t const query = e.what.find('?'); query != e.what.npos)
        e.what.replace(query, e.what.npos, "?…");  // servers put what matters of it into fields
    for (std::string* const text : {&e.what, &e.answer, &e.reason, &e.server})
        *text = blanked(*text);
    for (auto& [name, value] : e.fields)
    {
        value = is_secret_name(name) ? (value.empty() ? std::string() : journal_detail::mark(value.size()))
                                     : blanked(value);
        name = blanked(name);
    }
    if (entries_.size() >= limit_)
        entries_.pop_front();
    entries_.push_back(std::move(e));
    return sequence_;
}

OUTKIT_INLINE void journal::limit(std::size_t entries)
{
    limit_ = std::max<std::size_t>(entries, 1);
    while (entries_.size() > limit_)
        entries_.pop_front();
}

OUTKIT_INLINE std::vector<journal_entry const*> journal::find(query const& q) const
{
    auto const has = [](std::string const& text, std::string_view part) { return text.find(part) != text.npos; };
    std::vector<journal_entry const*> found;
    for (journal_entry const& e : entries_)
    {
        if (e.sequence <= q.after || (!q.server.empty() && e.server != q.server) || !has(e.what, q.what))
            continue;
        if (!q.text.empty() && !has(e.what, q.text) && !has(e.answer, q.text) && !has(e.reason, q.text) &&
            std::none_of(e.fields.begin(), e.fields.end(),
                         [&](auto const& f) { return has(f.first, q.text) || has(f.second, q.text); }))
            continue;
        found.push_back(&e);
    }
    return found;
}

OUTKIT_INLINE journal_entry const* journal::last(query const& q) const
{
    auto const found = find(q);
    return found.empty() ? nullptr : found.back();
}

OUTKIT_INLINE std::string journal::to_json(query const& q) const
{
    namespace json = boost::json;
    json::array all;
    for (journal_entry const* const e : find(q))
    {
        json::object fields;
        for (auto const& [name, value] : e->fields)
            fields[detail::repaired_utf8(name)] = detail::repaired_utf8(value);
        json::object o;
        o["sequence"] = e->sequence;
        o["time"] = journal_detail::iso(e->time);
        o["server"] = detail::repaired_utf8(e->server);
        o["connection"] = e->connection;
        o["what"] = detail::repaired_utf8(e->what);
        o["fields"] = std::move(fields);
        o["answer"] = detail::repaired_utf8(e->answer);
        o["outcome"] = to_string(e->outcome);
        if (!e->reason.empty())
            o["reason"] = detail::repaired_utf8(e->reason);
        all.push_back(std::move(o));
    }
    // Inside a script element "</" and "<!--" would be markup.
    std::string const plain = json::serialize(all);
    std::string safe;
    safe.reserve(plain.size());
    for (char const c : plain)
        if (c == '<')
            safe += "\\u003c";
        else if (c == '>')
            safe += "\\u003e";
        else if (c == '&')
            safe += "\\u0026";
        else
            safe += c;
    return safe;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
