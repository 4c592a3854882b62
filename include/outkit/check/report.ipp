#ifndef OUTKIT_CHECK_REPORT_IPP
#define OUTKIT_CHECK_REPORT_IPP

#include <outkit/check/report.hpp>

#include <outkit/check/atlas.hpp>
#include <outkit/detail/utf8.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace outkit::inline OUTKIT_ABI::check {

namespace detail {

// What may stand in a local part or a domain as people write them.
OUTKIT_DECL bool is_address_character(char c) noexcept
{
    auto const u = static_cast<unsigned char>(c);
    return u >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

}  // namespace detail

OUTKIT_DEF bool report::passed() const
{
    return !steps.empty() &&
           std::none_of(steps.begin(), steps.end(), [](step const& s) { return s.result == outcome::failed; });
}

OUTKIT_DEF step const* report::find(std::string_view id) const
{
    auto const it = std::find_if(steps.begin(), steps.end(), [&](step const& s) { return s.id == id; });
    return it == steps.end() ? nullptr : &*it;
}

OUTKIT_DEF symptom const* report::finding() const
{
    for (step const& s : steps)
        if (s.result == outcome::failed && !s.symptoms.empty())
            return &s.symptoms.front();
    return nullptr;
}

OUTKIT_DEF cause const* first_cause(report const& r)
{
    symptom const* const found = r.finding();
    return found && !found->causes.empty() ? &found->causes.front() : nullptr;
}

OUTKIT_DEF std::string verdict(report const& r)
{
    if (r.passed())
        return std::string(account::name(r.mailbox.state()));
    for (step const& s : r.steps)
        if (s.result == outcome::failed)
        {
            symptom const* const found = s.symptoms.empty() ? nullptr : &s.symptoms.front();
            std::string text = s.title + ": " + (found ? std::string(found->meaning) : s.problem);
            if (found && !found->causes.empty() && found->sure != certainty::possible)
                text += (found->sure == certainty::certain ? ", since " : ", probably since ") +
                        std::string(found->causes.front().what);
            return text;
        }
    return "nothing was checked";
}

OUTKIT_DEF std::string_view name(outcome o) noexcept
{
    switch (o)
    {
    case outcome::passed: return "passed";
    case outcome::warning: return "warning";
    case outcome::failed: return "failed";
    case outcome::skipped: return "skipped";
    }
    return "";
}

OUTKIT_DEF std::string shorten_addresses(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    std::size_t done = 0;
    for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1))
    {
        std::size_t begin = at;
        while (begin > done && detail::is_address_character(text[begin - 1]))
            --begin;
        if (begin == at || at + 1 == text.size() || !detail::is_address_character(text[at + 1]))
            continue;
        std::size_t first = begin + 1;
        while (first < at && (static_cast<unsigned char>(text[first]) & 0xc0) == 0x80)  // the rest of one character
            ++first;
        out += text.substr(done, first - done);
        out += "***";
        done = at;
    }
    out += text.substr(done);
    return out;
}

namespace detail {

// JSON with everything outside ASCII as \uXXXX (RFC 8259 section 7): what a message says may hold octets that are not
// UTF-8, controls of terminals, and characters that turn the direction of text.
OUTKIT_DECL std::string in_ascii(std::string_view json)
{
    std::string out;
    out.reserve(json.size());
    auto const escape = [&](unsigned unit) {
        static constexpr char digits[] = "0123456789abcdef";
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4)
            out += digits[unit >> shift & 15];
    };
    while (!json.empty())
    {
        char32_t const c = outkit::detail::take_code_point(json);
        if (c < 0x7F)
            out += static_cast<char>(c);
        else if (c < 0x10000)
            escape(static_cast<unsigned>(c));
        else
        {
            escape(0xD800 + static_cast<unsigned>((c - 0x10000) >> 10));
            escape(0xDC00 + static_cast<unsigned>((c - 0x10000) & 0x3FF));
        }
    }
    return out;
}

}  // namespace detail

OUTKIT_DEF std::string to_json(report const& r, bool full_addresses)
{
    auto const shown = [&](std::string_view text) {
        std::string const valid = outkit::detail::repaired_utf8(text);
        return full_addresses ? valid : shorten_addresses(valid);
    };
    boost::json::array steps;
    for (step const& s : r.steps)
    {
        boost::json::object o{{"id", s.id},
                              {"title", s.title},
                              {"result", name(s.result)},
                              {"microseconds", s.took.count()},
                              {"verified", shown(s.verified)},
                              {"problem", shown(s.problem)},
                              {"said", shown(s.said)}};
        boost::json::array findings;
        for (symptom const& f : s.symptoms)
        {
            boost::json::array causes;
            for (cause const& c : f.causes)
                causes.push_back({{"id", c.id},
                                  {"what", c.what},
                                  {"owner", name(c.who)},
                                  {"remedy", c.remedy},
                                  {"retry", name(c.again)},
                                  {"evidence", name(c.mark)},
                                  {"source", c.source}});
            boost::json::array probes;
            for (std::string_view const probe : f.decided_by)
                probes.emplace_back(probe);
            findings.push_back({{"id", f.id},
                                {"meaning", f.meaning},
                                {"certainty", name(f.sure)},
                                {"decided_by", std::move(probes)},
                                {"causes", std::move(causes)}});
        }
        o["findings"] = std::move(findings);
        steps.push_back(std::move(o));
    }
    boost::json::array states;
    for (auto const& change : r.mailbox.history())
        states.push_back(boost::json::string(account::name(change.state)));
    return detail::in_ascii(boost::json::serialize(boost::json::object{{"passed", r.passed()},
                                                                       {"verdict", shown(verdict(r))},
                                                                       {"base_scope", account::name(r.base_scope)},
                                                                       {"mailbox", shown(r.mailbox.address())},
                                                                       {"state", account::name(r.mailbox.state())},
                                                                       {"states", std::move(states)},
                                                                       {"steps", std::move(steps)}}));
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
