#ifndef OUTKIT_HTTP_MESSAGE_IPP
#define OUTKIT_HTTP_MESSAGE_IPP

#include <outkit/http/detail/grammar.hpp>
#include <outkit/http/message.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::http {

OUTKIT_DEF std::string const* find(fields const& in, std::string_view name)
{
    for (field const& f : in)
        if (detail::equal_ignoring_case(f.name, name))
            return &f.value;
    return nullptr;
}

OUTKIT_DEF bool has_token(fields const& in, std::string_view name, std::string_view token)
{
    for (field const& f : in)
    {
        if (!detail::equal_ignoring_case(f.name, name))
            continue;
        std::string_view rest = f.value;
        for (;;)
        {
            auto const comma = rest.find(',');
            if (detail::equal_ignoring_case(detail::without_blanks(rest.substr(0, comma)), token))
                return true;
            if (comma == std::string_view::npos)
                break;
            rest.remove_prefix(comma + 1);
        }
    }
    return false;
}

OUTKIT_DEF std::string media_type(fields const& in)
{
    std::string const* const value = find(in, "Content-Type");
    if (!value)
        return {};
    std::string type(detail::without_blanks(std::string_view(*value).substr(0, value->find(';'))));
    std::transform(type.begin(), type.end(), type.begin(), detail::lower);
    return type;
}

OUTKIT_DEF std::string_view reason_phrase(unsigned status)
{
    struct row
    {
        unsigned status;
        std::string_view phrase;
    };
    static constexpr row rows[] = {{100, "Continue"},
                                   {101, "Switching Protocols"},
                                   {200, "OK"},
                                   {201, "Created"},
                                   {202, "Accepted"},
                                   {204, "No Content"},
                                   {206, "Partial Content"},
                                   {301, "Moved Permanently"},
                                   {302, "Found"},
                                   {303, "See Other"},
                                   {304, "Not Modified"},
                                   {307, "Temporary Redirect"},
                                   {308, "Permanent Redirect"},
                                   {400, "Bad Request"},
                                   {401, "Unauthorized"},
                                   {403, "Forbidden"},
                                   {404, "Not Found"},
                                   {405, "Method Not Allowed"},
                                   {406, "Not Acceptable"},
                                   {408, "Request Timeout"},
                                   {409, "Conflict"},
                                   {410, "Gone"},
                                   {411, "Length Required"},
                                   {412, "Precondition Failed"},
                                   {413, "Content Too Large"},
                                   {414, "URI Too Long"},
                                   {415, "Unsupported Media Type"},
                                   {416, "Range Not Satisfiable"},
                                   {421, "Misdirected Request"},
                                   {423, "Locked"},
                                   {425, "Too Early"},
                                   {429, "Too Many Requests"},
                                   {431, "Request Header Fields Too Large"},
                                   {500, "Internal Server Error"},
                                   {501, "Not Implemented"},
                                   {502, "Bad Gateway"},
                                   {503, "Service Unavailable"},
                                   {504, "Gateway Timeout"},
                                   {505, "HTTP Version Not Supported"},
                                   {507, "Insufficient Storage"},
                                   {509, "Bandwidth Limit Exceeded"}};
    for (row const& r : rows)
        if (r.status == status)
            return r.phrase;
    return "Unknown";
}

OUTKIT_DEF std::optional<std::chrono::sys_seconds> parse_date(std::string_view text)
{
    using namespace std::chrono;
    static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() < 29 || text.size() > 64 || text.substr(3, 2) != ", " || !text.ends_with(" GMT"))
        return std::nullopt;
    auto const number = [](std::string_view digits) {
        int n = -1;
        auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        return r.ec == std::errc() && r.ptr == digits.data() + digits.size() ? n : -1;
    };
    std::size_t const month_at = months.find(text.substr(8, 3));
    std::size_t const year_length = text.size() - 25;
    int const day = number(text.substr(5, 2));
    int const year_number = number(text.substr(12, year_length));
    std::string_view const time = text.substr(12 + year_length + 1, 8);
    int const hour = number(time.substr(0, 2));
    int const minute = number(time.substr(3, 2));
    int const second = number(time.substr(6, 2));
    if (month_at == months.npos || month_at % 3 != 0 || day < 1 || year_number < 1 || hour < 0 || minute < 0 ||
        second < 0 || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    if (year_number > 9999)
        return sys_days(year(10000) / January / 1) - seconds(1);
    year_month_day const date(year(year_number), month(static_cast<unsigned>(month_at / 3 + 1)),
                              std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok())
        return std::nullopt;
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

}  // namespace outkit::inline OUTKIT_ABI::http

#endif
