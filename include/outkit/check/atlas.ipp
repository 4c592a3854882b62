#ifndef OUTKIT_CHECK_ATLAS_IPP
#define OUTKIT_CHECK_ATLAS_IPP

#include <outkit/check/atlas.hpp>

#include <outkit/check/atlas/tables.hpp>

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

OUTKIT_DECL symptom symptom_of(atlas::row const& row)
{
    symptom s;
    s.id = std::string(row.id);
    s.where = row.where;
    for (int p = 0; p <= static_cast<int>(phase::call); ++p)
        if (row.phases >> p & 1)
            s.phases.push_back(static_cast<phase>(p));
    s.meaning = row.meaning;
    s.causes.assign(atlas::causes + row.first_cause, atlas::causes + row.first_cause + row.causes);
    if (row.causes == 1)
        s.sure = certainty::likely;
    return s;
}

OUTKIT_DECL symptom entra_symptom(int number)
{
    for (atlas::row const& row : atlas::rows)
        if (row.number == number)
            return symptom_of(row);
    symptom s;
    s.id = "AADSTS" + std::to_string(number);
    s.where = service::sign_in;
    s.meaning = "a refusal of Microsoft Entra that is not in the atlas; its text may say more, and "
                "https://login.microsoftonline.com/error?code=<number> has Microsoft's list";
    return s;
}

OUTKIT_DECL patterns patterns_of(atlas::row const& row)
{
    std::span<std::string_view const> const all(atlas::patterns);
    return {all.subspan(row.first_pattern, row.particular),
            all.subspan(std::size_t(row.first_pattern) + row.particular, row.general)};
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
    case owner::tenant_administrator: return "tenant administrator";
    case owner::mailbox_administrator: return "mailbox administrator";
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

OUTKIT_DEF std::string_view name(phase p) noexcept
{
    switch (p)
    {
    case phase::connect: return "connect";
    case phase::tls: return "tls";
    case phase::authorize: return "authorize";
    case phase::token: return "token";
    case phase::sign_in: return "sign-in";
    case phase::session: return "session";
    case phase::envelope: return "envelope";
    case phase::data: return "data";
    case phase::call: return "call";
    }
    return "";
}

OUTKIT_DEF std::string_view name(retry r) noexcept
{
    switch (r)
    {
    case retry::never: return "never";
    case retry::later: return "later";
    case retry::with_new_token: return "with-new-token";
    case retry::after_sign_in: return "after-sign-in";
    }
    return "";
}

OUTKIT_DEF std::string_view name(certainty c) noexcept
{
    switch (c)
    {
    case certainty::possible: return "possible";
    case certainty::likely: return "likely";
    case certainty::certain: return "certain";
    }
    return "";
}

OUTKIT_DEF std::string_view name(step_kind k) noexcept
{
    switch (k)
    {
    case step_kind::portal: return "portal";
    case step_kind::powershell: return "powershell";
    case step_kind::graph: return "graph";
    case step_kind::web: return "web";
    case step_kind::action: return "action";
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

    auto const stands = [&](std::string_view pattern) { return detail::stands_in(t, pattern); };
    auto const is_found = [&](atlas::row const& row) {
        return std::any_of(found.begin(), found.end(), [&](symptom const& s) { return s.id == row.id; });
    };
    for (atlas::row const& row : atlas::rows)
        if (auto const p = detail::patterns_of(row).particular; std::any_of(p.begin(), p.end(), stands))
            found.push_back(detail::symptom_of(row));
    // A general pattern does not speak when a particular one of the same service has: "535 5.7.3" inside the text of a
    // 530, or an OAuth error whose number is known.
    for (atlas::row const& row : atlas::rows)
    {
        auto const p = detail::patterns_of(row).general;
        bool const said = std::any_of(found.begin(), found.end(),
                                      [&](symptom const& s) { return s.where == row.where && !s.causes.empty(); });
        if (!said && !is_found(row) && std::any_of(p.begin(), p.end(), stands))
            found.push_back(detail::symptom_of(row));
    }
    return found;
}

OUTKIT_DEF symptom lookup(std::string_view id)
{
    for (atlas::row const& row : atlas::rows)
        if (row.id == id)
            return detail::symptom_of(row);
    if (int number = 0; id.starts_with("AADSTS") &&
                        std::from_chars(id.data() + 6, id.data() + id.size(), number).ptr == id.data() + id.size())
        return detail::entra_symptom(number);
    symptom none;
    none.id = std::string(id);
    return none;
}

OUTKIT_DEF std::vector<std::string> symptom_ids()
{
    std::vector<std::string> ids;
    for (atlas::row const& row : atlas::rows)
        ids.emplace_back(row.id);
    return ids;
}

OUTKIT_DEF patterns patterns_of(std::string_view id)
{
    for (atlas::row const& row : atlas::rows)
        if (row.id == id)
            return detail::patterns_of(row);
    return {};
}

namespace detail {

OUTKIT_DECL void note(symptom& s, std::string_view probe)
{
    if (std::find(s.decided_by.begin(), s.decided_by.end(), probe) == s.decided_by.end())
        s.decided_by.push_back(probe);
}

}  // namespace detail

OUTKIT_DEF void rank_first(symptom& s, std::string_view cause_id, std::string_view probe)
{
    auto const it = std::find_if(s.causes.begin(), s.causes.end(), [&](cause const& c) { return c.id == cause_id; });
    if (it == s.causes.end())
        return;
    std::rotate(s.causes.begin(), it, std::next(it));
    s.sure = std::max(s.sure, certainty::likely);
    detail::note(s, probe);
}

OUTKIT_DEF void rule_out(symptom& s, std::string_view cause_id, std::string_view probe)
{
    bool const was_first = !s.causes.empty() && s.causes.front().id == cause_id;
    if (std::erase_if(s.causes, [&](cause const& c) { return c.id == cause_id; }) == 0)
        return;
    if (s.causes.size() == 1)
        s.sure = certainty::certain;
    else if (was_first)
        s.sure = certainty::possible;
    detail::note(s, probe);
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
