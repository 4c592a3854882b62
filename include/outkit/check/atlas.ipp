#ifndef OUTKIT_CHECK_ATLAS_IPP
#define OUTKIT_CHECK_ATLAS_IPP

#include <outkit/check/atlas.hpp>

#include <outkit/check/detail/entra_codes.hpp>
#include <outkit/check/detail/mail_texts.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace outkit::inline OUTKIT_ABI::check {

namespace detail {

inline constexpr std::size_t most_text = 64 * 1024;

// Lower case, and every run of white space, also an escaped one ("\r\n" in a JSON log), one space.
OUTKIT_DECL std::string normalise(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        char c = text[i];
        if (c == '\\' && i + 1 < text.size() && (text[i + 1] == 'r' || text[i + 1] == 'n' || text[i + 1] == 't'))
        {
            c = ' ';
            ++i;
        }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        {
            if (!out.empty() && out.back() != ' ')
                out += ' ';
            continue;
        }
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

OUTKIT_DECL bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
OUTKIT_DECL bool is_word(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_'; }

// Whether `pattern` stands in `text`; a pattern that begins or ends with a letter or digit is not part of a longer word.
OUTKIT_DECL bool stands_in(std::string_view text, std::string_view pattern)
{
    for (std::size_t at = text.find(pattern); at != text.npos; at = text.find(pattern, at + 1))
    {
        std::size_t const end = at + pattern.size();
        bool const left = !is_word(pattern.front()) || at == 0 || !is_word(text[at - 1]);
        bool const right = !is_word(pattern.back()) || end == text.size() || !is_word(text[end]);
        if (left && right)
            return true;
    }
    return false;
}

OUTKIT_DECL symptom entra_symptom(int number)
{
    symptom s;
    s.id = "AADSTS" + std::to_string(number);
    s.where = service::sign_in;
    for (entra_row const& row : entra_rows)
    {
        if (row.number != number)
            continue;
        if (s.meaning.empty())
            s.meaning = row.meaning;
        s.causes.push_back({row.id, row.what, row.who, row.remedy, row.mark, row.source});
    }
    if (s.causes.empty())
        s.meaning = "a refusal of Microsoft Entra that is not in the atlas; its text may say more, and "
                    "https://login.microsoftonline.com/error?code=<number> has Microsoft's list";
    return s;
}

OUTKIT_DECL symptom text_symptom(text_row const& row)
{
    symptom s;
    s.id = std::string(row.id);
    s.where = row.where;
    s.meaning = row.meaning;
    for (cause_row const& c : cause_rows)
        if (c.symptom == row.id)
            s.causes.push_back({c.id, c.what, c.who, c.remedy, c.mark, c.source});
    return s;
}

// The AADSTS numbers in the text, in order, each once.
OUTKIT_DECL std::vector<int> entra_numbers(std::string_view text)
{
    std::vector<int> found;
    auto const add = [&](std::string_view digits) {
        int number = 0;
        auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (ec == std::errc() && end == digits.data() + digits.size() &&
            std::find(found.begin(), found.end(), number) == found.end() && found.size() < 16)
            found.push_back(number);
    };
    auto const digits_at = [&](std::size_t at) {
        std::size_t end = at;
        while (end < text.size() && is_digit(text[end]))
            ++end;
        return text.substr(at, end - at);
    };
    if (!text.empty() && digits_at(0).size() == text.size() && text.size() >= 5)  // a number by itself
        add(text);
    for (std::size_t at = text.find("aadsts"); at != text.npos; at = text.find("aadsts", at + 6))
    {
        std::size_t const from =
            at + 6 + (at + 6 < text.size() && (text[at + 6] == ' ' || text[at + 6] == ':') ? 1 : 0);
        add(digits_at(from));
    }
    // "error_codes":[7000215], also when that is all the log has kept
    if (std::size_t at = text.find("error_codes"); at != text.npos)
    {
        std::size_t const open = text.find('[', at);
        std::size_t const close = open == text.npos ? open : text.find(']', open);
        if (close != text.npos && close - open < 200)
            for (at = open + 1; at < close;)
            {
                if (!is_digit(text[at]))
                {
                    ++at;
                    continue;
                }
                std::string_view const digits = digits_at(at);
                add(digits);
                at += digits.size();
            }
    }
    return found;
}

}  // namespace detail

OUTKIT_DEF std::string_view name(owner o) noexcept
{
    switch (o)
    {
    case owner::developer: return "developer";
    case owner::administrator: return "administrator";
    case owner::user: return "user";
    case owner::microsoft: return "Microsoft";
    case owner::network: return "network";
    }
    return "";
}

OUTKIT_DEF std::string_view name(evidence e) noexcept
{
    switch (e)
    {
    case evidence::documented: return "documented";
    case evidence::observed: return "observed";
    case evidence::inferred: return "inferred";
    }
    return "";
}

OUTKIT_DEF std::string_view name(service s) noexcept
{
    switch (s)
    {
    case service::sign_in: return "sign-in";
    case service::imap: return "IMAP";
    case service::smtp: return "SMTP";
    case service::graph: return "Graph";
    case service::tls: return "TLS";
    case service::network: return "network";
    }
    return "";
}

OUTKIT_DEF std::vector<symptom> explain(std::string_view text)
{
    std::string const t = detail::normalise(text.substr(0, detail::most_text));
    // What the atlas knows comes first: in [70002,54005] the second number has the reason.
    std::vector<symptom> found;
    std::vector<symptom> unknown;
    for (int const number : detail::entra_numbers(t))
    {
        symptom s = detail::entra_symptom(number);
        (s.causes.empty() ? unknown : found).push_back(std::move(s));
    }
    std::move(unknown.begin(), unknown.end(), std::back_inserter(found));

    std::vector<std::string_view> seen;
    for (detail::text_row const& row : detail::text_rows)
    {
        if (std::find(seen.begin(), seen.end(), row.id) != seen.end())
            continue;
        // A general row does not speak when a particular one of the same service has: "535 5.7.3" inside the text of
        // a 530, or an OAuth error whose number is known.
        bool const general = row.pattern.front() == '~';
        if (general && std::any_of(found.begin(), found.end(),
                                   [&](symptom const& s) { return s.where == row.where && !s.causes.empty(); }))
            continue;
        if (!detail::stands_in(t, row.pattern.substr(general ? 1 : 0)))
            continue;
        seen.push_back(row.id);
        found.push_back(detail::text_symptom(row));
    }
    return found;
}

OUTKIT_DEF symptom lookup(std::string_view id)
{
    if (id.starts_with("AADSTS"))
    {
        int number = 0;
        std::from_chars(id.data() + 6, id.data() + id.size(), number);
        return detail::entra_symptom(number);
    }
    for (detail::text_row const& row : detail::text_rows)
        if (row.id == id)
            return detail::text_symptom(row);
    symptom none;
    none.id = std::string(id);
    return none;
}

OUTKIT_DEF std::vector<std::string> symptom_ids()
{
    std::vector<std::string> ids;
    auto const add = [&](std::string id) {
        if (std::find(ids.begin(), ids.end(), id) == ids.end())
            ids.push_back(std::move(id));
    };
    for (detail::entra_row const& row : detail::entra_rows)
        add("AADSTS" + std::to_string(row.number));
    for (detail::text_row const& row : detail::text_rows)
        add(std::string(row.id));
    return ids;
}

OUTKIT_DEF void rank_first(symptom& s, std::string_view cause_id)
{
    auto const it = std::find_if(s.causes.begin(), s.causes.end(), [&](cause const& c) { return c.id == cause_id; });
    if (it != s.causes.end())
        std::rotate(s.causes.begin(), it, std::next(it));
}

OUTKIT_DEF void rule_out(symptom& s, std::string_view cause_id)
{
    std::erase_if(s.causes, [&](cause const& c) { return c.id == cause_id; });
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
