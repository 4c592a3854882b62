#include "render.hpp"

#include <outkit/check/atlas.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include <unistd.h>

namespace cli {

namespace {

namespace check = outkit::check;

constexpr std::string_view margin = "                     ";  // under the text of a step

}  // namespace

std::string duration(std::chrono::microseconds d)
{
    double const ms = static_cast<double>(d.count()) / 1000;
    return ms < 1000 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.2f} s", ms / 1000);
}

std::string renderer::shown(std::string_view text) const
{
    return printable(full_addresses_ ? std::string(text) : check::shorten_addresses(text));
}

void renderer::wrapped(std::string_view under, std::string_view first, std::string_view text, style s)
{
    std::size_t const width = out_.width();
    std::size_t const room = width > under.size() + 20 ? width - under.size() : 20;
    std::string_view begin = first;
    for (std::string const& l : wrap(text, room))
    {
        out_.write(begin);
        out_.line(l, s);
        begin = under;
    }
}

void renderer::heading(std::string_view text)
{
    out_.line();
    out_.line(text, style::strong);
}

void renderer::line(std::string_view mark, style s, std::chrono::microseconds took, std::string_view text)
{
    out_.write("  ");
    out_.write(fmt::format("{:<7}", mark), s);
    wrapped(margin, fmt::format("{:>10}  ", took.count() ? duration(took) : ""), text);
}

void renderer::finding(check::symptom const& s, std::size_t most)
{
    wrapped(margin, margin, fmt::format("{}: {}", s.id, s.meaning), style::strong);
    std::string const under = std::string(margin) + "   ";
    std::size_t const count = std::min(most, s.causes.size());
    for (std::size_t i = 0; i != count; ++i)
    {
        check::cause const& c = s.causes[i];
        wrapped(under, fmt::format("{}{}. ", margin, i + 1), fmt::format("{} ({})", c.what, check::name(c.who)));
        wrapped(under, under, fmt::format("mend: {}", c.remedy), style::good);
    }
    if (count != s.causes.size())
        wrapped(under, under, fmt::format("{} more: outkit explain {}", s.causes.size() - count, s.id), style::faint);
}

void renderer::step(check::step const& s)
{
    std::string text = s.title;
    switch (s.result)
    {
    case check::outcome::passed: line("ok", style::good, s.took, text + ": " + shown(s.verified)); break;
    case check::outcome::skipped: line("-", style::faint, s.took, text + ": " + shown(s.verified)); break;
    case check::outcome::warning:
        line("warning", style::warning, s.took, text + ": " + shown(s.verified));
        wrapped(margin, margin, shown(s.problem), style::warning);
        break;
    case check::outcome::failed:
        line("FAILED", style::bad, s.took, text + ": " + shown(s.problem));
        if (!s.said.empty())
            wrapped(margin, margin, "said: " + shown(s.said), style::faint);
        break;
    }
    if (s.result == check::outcome::failed || s.result == check::outcome::warning)
        for (check::symptom const& x : s.symptoms)
            finding(x, s.result == check::outcome::failed ? 3 : 1);
    out_.flush();
}

void renderer::report(check::report const& r)
{
    heading(fmt::format("outkit check, base scope {}", outkit::account::name(r.base_scope)));
    out_.line();
    bool const passed = r.passed();
    out_.write(passed ? "passed" : "failed", passed ? style::good : style::bad);
    if (passed)
        out_.line(fmt::format(": {} ({})", check::verdict(r), outkit::account::trace(r.mailbox)));
    else
    {
        out_.write(": ");
        wrapped("        ", "", shown(check::verdict(r)), style::strong);
        next_action(r);
    }
    out_.line();
    for (check::step const& s : r.steps)
        step(s);
}

void renderer::next_action(check::report const& r)
{
    check::symptom const* const found = r.finding();
    check::cause const* const first = check::first_cause(r);
    if (!first)
        return;
    std::string sure(check::name(found->sure));
    for (std::size_t i = 0; i != found->decided_by.size(); ++i)
        sure += fmt::format("{}{}", i == 0 ? "; decided by: " : ", ", found->decided_by[i]);
    wrapped("  ", "  ", sure, style::faint);
    if (found->sure == check::certainty::possible && found->causes.size() > 1)
    {
        std::string tie = fmt::format("one of {} causes, which nothing here tells apart: ", found->causes.size());
        for (check::cause const& c : found->causes)
            tie += fmt::format("{}{}", &c == first ? "" : ", ", c.id);
        wrapped("  ", "  ", tie);
    }
    wrapped("  ", "  ", fmt::format("to do first, {}:", check::name(first->who)), style::good);
    for (std::size_t i = 0; i != first->steps.size(); ++i)
        wrapped("     ", fmt::format("  {}. ", i + 1), first->steps[i].text);
    if (first->steps.empty())
        wrapped("     ", "     ", first->remedy);
}

namespace {

std::function<void(check::step const&)> announcement(console& progress)
{
    return [&progress, terminal = ::isatty(2) == 1](check::step const& s) {
        if (!terminal)
            return;
        progress.write(s.title + " ...");
        progress.flush();
    };
}

void take_back(console& progress, check::step const& s)
{
    if (::isatty(2) != 1)
        return;
    progress.write("\r" + std::string(s.title.size() + 4, ' ') + "\r");
    progress.flush();
}

}  // namespace

check::observer renderer::progress()
{
    return {announcement(progress_), [this](check::step const& s) { take_back(progress_, s); }};
}

check::observer renderer::observer()
{
    return {announcement(progress_), [this](check::step const& s) {
                take_back(progress_, s);
                step(s);
            }};
}

}  // namespace cli
