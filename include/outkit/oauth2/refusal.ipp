#ifndef OUTKIT_OAUTH2_REFUSAL_IPP
#define OUTKIT_OAUTH2_REFUSAL_IPP

#include <outkit/detail/json.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/http/error.hpp>
#include <outkit/oauth2/detail/text.hpp>
#include <outkit/oauth2/refusal.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

// Blanks words of 40 characters and more that could be part of a token: no identifier (a GUID has 36), host or scope name
// is as long. Dots and slashes end a word, so that scopes and URLs stay readable.
OUTKIT_DECL std::string without_long_words(std::string_view text)
{
    static constexpr std::size_t shortest_token = 40;
    std::string out;
    std::size_t word = 0;  // length of the one at the end of `out`
    auto const end_word = [&] {
        if (word >= shortest_token)
            out.replace(out.size() - word, word, "<redacted>");
        word = 0;
    };
    for (char const c : text)
    {
        bool const in_word =
            http::detail::is_alnum(c) || std::string_view("-_~+=!*$%").find(c) != std::string_view::npos;
        if (!in_word)
            end_word();
        out += c;
        word += in_word;
    }
    end_word();
    return out;
}

OUTKIT_DEF std::string presentable(std::string_view text, std::size_t n)
{
    text = text.substr(0, n * 8);  // what is cut off later need not be looked at
    std::string clean;
    while (!text.empty())
    {
        std::size_t const length = outkit::detail::utf8_length(text);
        auto const c = static_cast<unsigned char>(text.front());
        bool const control = c < 0x20 || c == 0x7f || (length == 2 && c == 0xc2 && text[1] < '\xa0') ||
                             is_direction_override(text.substr(0, length));
        if (length == 0 || control)
            clean += ' ';
        else
            clean += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    clean = without_long_words(clean);
    if (clean.size() > n)
    {
        while (n != 0 && (static_cast<unsigned char>(clean[n]) & 0xc0) == 0x80)
            --n;
        clean.resize(n);
    }
    while (clean.ends_with(' '))
        clean.pop_back();
    return clean;
}

// The value after "Trace ID: " and its like, up to the next blank or line end; a timestamp has a blank within.
OUTKIT_DECL std::string labelled(std::string_view description, std::string_view label, std::size_t longest)
{
    auto const at = description.find(label);
    if (at == std::string_view::npos)
        return {};
    auto value = description.substr(at + label.size());
    value = value.substr(0, value.find_first_of("\r\n"));
    if (label != "Timestamp: ")
        value = value.substr(0, value.find(' '));
    return presentable(value, longest);
}

OUTKIT_DECL void read_description(std::string_view description, refusal& r)
{
    static constexpr std::string_view number = "AADSTS";
    if (r.codes.empty() && description.starts_with(number))
    {
        std::uint32_t code = 0;
        auto const digits = description.substr(number.size());
        if (std::from_chars(digits.data(), digits.data() + digits.size(), code).ec == std::errc())
            r.codes.push_back(code);
    }
    if (r.trace_id.empty())
        r.trace_id = labelled(description, "Trace ID: ", 64);
    if (r.correlation_id.empty())
        r.correlation_id = labelled(description, "Correlation ID: ", 64);
    if (r.timestamp.empty())
        r.timestamp = labelled(description, "Timestamp: ", 32);
    // The tail follows after CRLF, and after a blank since 2023 (observed: betagouv/rdv-service-public#5041).
    r.description = presentable(description.substr(0, description.find("Trace ID: ")));
}

// Retry-After = HTTP-date / delay-seconds ; RFC 9110 section 10.2.3. A date is by the clock of who wrote it.
OUTKIT_DECL std::optional<std::chrono::seconds> read_retry_after(std::string_view text, std::string const* date)
{
    using std::chrono::seconds;
    if (!text.empty() && text.size() <= 9 && std::all_of(text.begin(), text.end(), http::detail::is_digit))
    {
        std::int64_t count = 0;
        std::from_chars(text.data(), text.data() + text.size(), count);
        return seconds(count);
    }
    auto const then = http::parse_date(text);
    auto const now = date ? http::parse_date(*date) : std::nullopt;
    if (!then || !now)
        return std::nullopt;
    return std::clamp(seconds(*then - *now), seconds(0), seconds(999'999'999));
}

}  // namespace detail

OUTKIT_DEF refusal make_refusal(std::string_view name, std::string_view description, std::string_view suberror)
{
    refusal r;
    r.name = detail::presentable(name, 64);
    r.ec = refusal_from_name(name);
    r.suberror = detail::presentable(suberror, 64);
    detail::read_description(description, r);
    return r;
}

OUTKIT_DEF refusal read_refusal(http::response const& answer)
{
    refusal r;
    auto const object = outkit::detail::parse_strict_object(answer.body);
    auto const name = object ? outkit::detail::string_member(*object, "error") : std::nullopt;
    if (name && !name->empty())
    {
        auto const text = [&](char const* member) {
            return outkit::detail::string_member(*object, member).value_or("");
        };
        r.name = detail::presentable(*name, 64);
        r.ec = refusal_from_name(*name);
        r.suberror = detail::presentable(text("suberror"), 64);
        if (auto const* const codes = object->if_contains("error_codes"); codes && codes->is_array())
            for (auto const& c : codes->get_array())
                if (auto const n = outkit::detail::whole_number(c);
                    n && *n > 0 && *n <= 0xffffffff && r.codes.size() < 16)
                    r.codes.push_back(static_cast<std::uint32_t>(*n));
        r.trace_id = detail::presentable(text("trace_id"), 64);
        r.correlation_id = detail::presentable(text("correlation_id"), 64);
        r.timestamp = detail::presentable(text("timestamp"), 32);
        if (auto const claims = text("claims"); claims.size() <= 8192)
            r.claims = claims;
        detail::read_description(text("error_description"), r);
    }
    else
    {
        r.ec = http::status_error(answer.status);
        if (http::media_type(answer.headers) != "text/html")  // 429 has a sentence in plain text
            r.description = detail::presentable(answer.body);
    }
    r.status = answer.status;
    if (std::string const* const wait = http::find(answer.headers, "Retry-After"))
        r.retry_after = detail::read_retry_after(*wait, http::find(answer.headers, "Date"));
    return r;
}

OUTKIT_DEF std::string refusal::text() const
{
    std::string all = name.empty() && status != 0 ? "HTTP " + std::to_string(status) : name;
    if (!suberror.empty())
        all += '/' + suberror;
    if (!description.empty())
        all += ": " + description;
    if (!correlation_id.empty())
        all += " (correlation id " + correlation_id + ')';
    return all;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
