#ifndef OUTKIT_CHECK_REPORT_JUNIT_IPP
#define OUTKIT_CHECK_REPORT_JUNIT_IPP

#include <outkit/check/atlas.hpp>
#include <outkit/check/detail/markup.hpp>
#include <outkit/check/report.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::check {

namespace detail {

OUTKIT_DECL std::string seconds(std::chrono::microseconds d)
{
    std::string micro = std::to_string(d.count() % 1'000'000);
    micro.insert(0, 6 - micro.size(), '0');
    return std::to_string(d.count() / 1'000'000) + '.' + micro;
}

// What a person reads under a failed test case.
OUTKIT_DECL std::string told(step const& s)
{
    std::string text = s.problem + '\n';
    if (!s.said.empty())
        text += "said: " + s.said + '\n';
    for (symptom const& x : s.symptoms)
    {
        text += x.id + ": " + std::string(x.meaning) + " (" + std::string(name(x.sure)) + ")\n";
        for (cause const& c : x.causes)
            text += "- " + std::string(c.what) + " (" + std::string(name(c.who)) +
                    ")\n  mend: " + std::string(c.remedy) + '\n';
    }
    return text;
}

}  // namespace detail

OUTKIT_DEF std::string to_junit(report const& r, bool full_addresses)
{
    auto const shown = [&](std::string_view text) { return detail::escaped(text, full_addresses); };
    auto const count = [&](outcome o) {
        return std::to_string(
            std::count_if(r.steps.begin(), r.steps.end(), [&](step const& s) { return s.result == o; }));
    };
    std::chrono::microseconds all{0};
    for (step const& s : r.steps)
        all += s.took;
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"outkit check, base scope " +
        std::string(account::name(r.base_scope)) + "\" tests=\"" + std::to_string(r.steps.size()) + "\" failures=\"" +
        count(outcome::failed) + "\" errors=\"0\" skipped=\"" + count(outcome::skipped) + "\" time=\"" +
        detail::seconds(all) + "\">\n";
    for (step const& s : r.steps)
    {
        out += "<testcase classname=\"outkit.check\" name=\"" + shown(s.id) + "\" time=\"" + detail::seconds(s.took) +
               "\">";
        if (s.result == outcome::failed)
            out += "<failure type=\"" + shown(s.symptoms.empty() ? "" : s.symptoms.front().id) + "\" message=\"" +
                   shown(s.title + ": " + s.problem) + "\">" + shown(detail::told(s)) + "</failure>";
        else if (s.result == outcome::skipped)
            out += "<skipped message=\"" + shown(s.verified) + "\"/>";
        else
            out += "<system-out>" + shown(s.verified + (s.problem.empty() ? "" : "\nwarning: " + s.problem)) +
                   "</system-out>";
        out += "</testcase>\n";
    }
    return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
