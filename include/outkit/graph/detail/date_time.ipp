#ifndef OUTKIT_GRAPH_DETAIL_DATE_TIME_IPP
#define OUTKIT_GRAPH_DETAIL_DATE_TIME_IPP

#include <outkit/graph/detail/date_time.hpp>

#include <algorithm>
#include <array>

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DEF std::string format(date_time t)
{
    auto const day = std::chrono::floor<std::chrono::days>(t);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const time(t - day);
    std::array<char, 21> out{};
    auto const put = [&](std::size_t at, int width, long value) {
        for (int i = width; i-- > 0; value /= 10)
            out[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    };
    std::string_view const pattern = "0000-00-00T00:00:00Z";
    std::copy(pattern.begin(), pattern.end(), out.begin());
    put(0, 4, int(date.year()));
    put(5, 2, unsigned(date.month()));
    put(8, 2, unsigned(date.day()));
    put(11, 2, time.hours().count());
    put(14, 2, time.minutes().count());
    put(17, 2, time.seconds().count());
    return {out.data(), pattern.size()};
}

OUTKIT_DEF std::optional<date_time> parse_date_time(std::string_view text)
{
    auto const number = [&](std::size_t digits) -> std::optional<int> {
        int n = 0;
        if (text.size() < digits)
            return std::nullopt;
        for (char const c : text.substr(0, digits))
        {
            if (c < '0' || c > '9')
                return std::nullopt;
            n = n * 10 + (c - '0');
        }
        text.remove_prefix(digits);
        return n;
    };
    auto const mark = [&](char c) {
        bool const there = text.starts_with(c);
        if (there)
            text.remove_prefix(1);
        return there;
    };

    auto const year = number(4);
    if (!year || !mark('-'))
        return std::nullopt;
    auto const month = number(2);
    if (!month || !mark('-'))
        return std::nullopt;
    auto const day = number(2);
    if (!day || !mark('T'))
        return std::nullopt;
    auto const hour = number(2);
    if (!hour || !mark(':'))
        return std::nullopt;
    auto const minute = number(2);
    if (!minute)
        return std::nullopt;
    std::optional<int> second = 0;  // OData allows to leave them out
    if (mark(':'))
        second = number(2);
    if (!second)
        return std::nullopt;
    if (mark('.'))
    {
        std::size_t const digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0 || digits > 12)
            return std::nullopt;
        text.remove_prefix(digits);
    }
    std::chrono::minutes offset{0};
    if (!mark('Z'))
    {
        bool const east = mark('+');
        if (!east && !mark('-'))
            return std::nullopt;
        auto const hours = number(2);
        if (!hours || !mark(':'))
            return std::nullopt;
        auto const minutes = number(2);
        if (!minutes || *hours > 14 || *minutes > 59)
            return std::nullopt;
        offset = std::chrono::minutes((*hours * 60 + *minutes) * (east ? 1 : -1));
    }
    std::chrono::year_month_day const date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!text.empty() || *year < 1 || !date.ok() || *hour > 23 || *minute > 59 || *second > 59)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) - offset;
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
