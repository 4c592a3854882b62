#ifndef OUTKIT_CHECK_REPORT_HTML_IPP
#define OUTKIT_CHECK_REPORT_HTML_IPP

#include <outkit/check/atlas.hpp>
#include <outkit/check/detail/markup.hpp>
#include <outkit/check/report.hpp>

#include <utility>

namespace outkit::inline OUTKIT_ABI::check {

namespace detail {

inline constexpr std::string_view report_style =
    R"(:root{color-scheme:light dark;--ok:#146c2e;--bad:#b3261e;--warn:#8a5300;--line:#8885;--soft:#8881}
@media (prefers-color-scheme:dark){:root{--ok:#6fdd8b;--bad:#ffb4ab;--warn:#ffb95c}}
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1rem}
h1{font-size:1.3rem;margin:0 0 .5rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
.verdict{border-left:.4rem solid var(--bad);padding:.75rem 1rem;background:var(--soft)}
.verdict.passed{border-color:var(--ok)}.verdict p{margin:.25rem 0;font-size:1.15rem}
ol,ul{padding-left:1.4rem;margin:.25rem 0}li{margin:.25rem 0}
.step{border-top:1px solid var(--line);padding:.6rem 0;break-inside:avoid}
.step h3{font-size:1rem;margin:0;display:flex;gap:.6rem;flex-wrap:wrap}
.step p{margin:.2rem 0;overflow-wrap:anywhere}
.mark{font-weight:700;min-width:4.5rem}.passed .mark{color:var(--ok)}.failed .mark{color:var(--bad)}.warning .mark{color:var(--warn)}
.skipped{opacity:.7}code{font-size:.9em;overflow-wrap:anywhere}small{opacity:.8}
@media print{body{max-width:none;padding:0}a{color:inherit}})";

OUTKIT_DECL std::string steps_of(cause const& c)
{
    std::string out = "<ol>";
    for (step_of_remedy const& s : c.steps)
    {
        bool const typed = s.kind == step_kind::powershell || s.kind == step_kind::graph;
        out +=
            std::string("<li>") + (typed ? "<code>" : "") + escaped(s.text, true) + (typed ? "</code>" : "") + "</li>";
    }
    if (c.steps.empty())
        out += "<li>" + escaped(c.remedy, true) + "</li>";
    return out + "</ol>";
}

OUTKIT_DECL std::string again_of(retry r)
{
    switch (r)
    {
    case retry::never: return {};
    case retry::later: return "<p>The same request may succeed after a pause.</p>";
    case retry::with_new_token: return "<p>The same request may succeed with a new access token.</p>";
    case retry::after_sign_in: return "<p>The same request may succeed once somebody has signed in.</p>";
    }
    return {};
}

OUTKIT_DECL std::string causes_of(symptom const& x)
{
    std::string out = "<p><b>" + escaped(x.id, true) + "</b>: " + escaped(x.meaning, true);
    if (!x.causes.empty())
        out += " (" + std::string(name(x.sure));
    for (std::size_t i = 0; i != x.decided_by.size(); ++i)
        out += (i == 0 ? "; decided by: " : ", ") + escaped(x.decided_by[i], true);
    out += x.causes.empty() ? "</p>" : ")</p><ul>";
    for (cause const& c : x.causes)
        out += "<li>" + escaped(c.what, true) + " <small>(" + std::string(name(c.who)) + ")</small>" + steps_of(c) +
               "<small>" + std::string(name(c.mark)) + ": " + escaped(c.source, true) + "</small></li>";
    return x.causes.empty() ? out : out + "</ul>";
}

}  // namespace detail

OUTKIT_DEF std::string to_html(report const& r, bool full_addresses)
{
    auto const shown = [&](std::string_view text) { return detail::escaped(text, full_addresses); };
    std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                      "'unsafe-inline'\">\n<title>outkit check: " +
                      std::string(r.passed() ? "passed" : "failed") + "</title>\n<style>\n";
    out += detail::report_style;
    out += "\n</style>\n</head>\n<body>\n<h1>Outlook mailbox " + shown(r.mailbox.address()) +
           "</h1>\n<section class=\"verdict" + (r.passed() ? " passed" : "") + "\">\n<p><b>" +
           (r.passed() ? "Passed" : "Failed") + ":</b> " + shown(verdict(r)) + "</p>\n";
    if (cause const* const c = first_cause(r))
        out += "<p><b>To do, " + std::string(name(c->who)) + ":</b></p>" + detail::steps_of(*c) +
               detail::again_of(c->again) + '\n';
    out += "</section>\n<h2>What was looked at</h2>\n";
    for (step const& s : r.steps)
    {
        std::string const result(name(s.result));
        out += "<div class=\"step " + result + "\"><h3><span class=\"mark\">" + result + "</span><span>" +
               shown(s.title) + "</span></h3>";
        for (auto const& [before, text] : {std::pair<std::string_view, std::string const&>{"", s.verified},
                                           {"", s.problem},
                                           {"The service said: ", s.said}})
            if (!text.empty())
                out += "<p>" + std::string(before) + shown(text) + "</p>";
        for (symptom const& x : s.symptoms)
            out += detail::causes_of(x);
        out += "</div>\n";
    }
    return out + "<p><small>Made by outkit check, base scope " + std::string(account::name(r.base_scope)) +
           ". It has no passwords, secrets or tokens in it.</small></p>\n</body>\n</html>\n";
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
