#include "commands.hpp"
#include "console.hpp"

#include <outkit/check/atlas.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

// `outkit explain TEXT`: what a refusal means, whose fault it is, how to mend it.

namespace cli {

namespace {

namespace check = outkit::check;

constexpr std::size_t most_input = 64 * 1024;

std::string from_standard_input()
{
    if (::isatty(0) == 1)
        throw usage_error(
            "nothing to explain; give a code or a line of a log, for example: outkit explain AADSTS50011");
    std::string text;
    char piece[4096];
    while (text.size() < most_input)
    {
        std::size_t const n = std::fread(piece, 1, sizeof piece, stdin);
        if (n == 0)
            break;
        text.append(piece, n);
    }
    return text;
}

void print_wrapped(console& out, std::string_view first, std::string_view rest, std::string_view text)
{
    std::size_t const width = out.width();
    std::string_view margin = first;
    for (std::string const& line : wrap(text, width - rest.size()))
    {
        out.write(margin);
        out.line(line);
        margin = rest;
    }
}

std::string_view again(check::retry r)
{
    return r == check::retry::later            ? "the same request may succeed after a pause"
           : r == check::retry::with_new_token ? "the same request with a new access token"
                                               : "the same request after the sign-in";
}

void print(console& out, check::symptom const& s)
{
    out.write(s.id, style::strong);
    out.line(fmt::format("  ({})", check::name(s.where)));
    print_wrapped(out, "  ", "  ", s.meaning);
    std::size_t number = 0;
    for (check::cause const& c : s.causes)
    {
        out.line();
        print_wrapped(out, fmt::format("  {}. ", ++number), "     ", c.what);
        print_wrapped(out, "     who:  ", "           ", check::name(c.who));
        print_wrapped(out, "     mend: ", "           ", c.remedy);
        if (c.again != check::retry::never)
            print_wrapped(out, "     then: ", "           ", again(c.again));
        print_wrapped(out, "     from: ", "           ", fmt::format("{} ({})", c.source, check::name(c.mark)));
    }
}

// As atlas.json has it, and docs/atlas.schema.json describes it.
boost::json::object to_json(check::symptom const& s)
{
    auto const texts = [](auto const& views) {
        boost::json::array all;
        for (std::string_view const v : views)
            all.emplace_back(v);
        return all;
    };
    boost::json::array causes;
    for (check::cause const& c : s.causes)
    {
        boost::json::array steps;
        for (check::step_of_remedy const& step : c.steps)
            steps.push_back({{"kind", check::name(step.kind)}, {"text", step.text}});
        boost::json::object o{{"id", c.id},
                              {"what", c.what},
                              {"owner", check::name(c.who)},
                              {"steps", std::move(steps)},
                              {"retry", check::name(c.again)},
                              {"evidence", check::name(c.mark)},
                              {"source", c.source}};
        if (!c.first_seen.empty())
            o["first_seen"] = c.first_seen;
        if (!c.last_seen.empty())
            o["last_seen"] = c.last_seen;
        causes.emplace_back(std::move(o));
    }
    boost::json::array phases;
    for (check::phase const p : s.phases)
        phases.emplace_back(check::name(p));
    check::patterns const patterns = check::patterns_of(s.id);
    boost::json::object o{{"id", s.id},
                          {"service", check::name(s.where)},
                          {"phases", std::move(phases)},
                          {"meaning", s.meaning},
                          {"patterns", texts(patterns.particular)},
                          {"general_patterns", texts(patterns.general)},
                          {"causes", std::move(causes)}};
    if (s.id.starts_with("AADSTS"))
        o["number"] = std::stol(s.id.substr(6));
    return o;
}

std::vector<check::symptom> everything()
{
    std::vector<check::symptom> all;
    for (std::string const& id : check::symptom_ids())
        all.push_back(check::lookup(id));
    return all;
}

}  // namespace

int explain(explain_options const& o)
{
    if (o.all && !o.words.empty())
        throw usage_error("--all explains everything there is; leave the text out");
    std::string text;
    if (o.all)
        text.clear();
    else if (o.words.empty() || (o.words.size() == 1 && o.words[0] == "-"))
        text = from_standard_input();
    else
        for (std::string const& word : o.words)
            text += (text.empty() ? "" : " ") + word;

    std::vector<check::symptom> const found = o.all ? everything() : check::explain(text);
    console out(stdout);
    if (o.format == format::json)
    {
        boost::json::array all;
        for (check::symptom const& s : found)
            all.push_back(to_json(s));
        out.line(boost::json::serialize(boost::json::object{{"symptoms", std::move(all)}}));
    }
    else
    {
        bool later = false;
        for (check::symptom const& s : found)
        {
            if (later)
                out.line();
            later = true;
            print(out, s);
        }
    }
    out.flush();
    if (found.empty())
    {
        console err(stderr);
        err.line(
            "outkit explain: nothing in this text is known; look for an AADSTS number, an IMAP or SMTP reply, or the "
            "code of a Graph error");
        return failed;
    }
    return out.good() ? passed : failed;
}

}  // namespace cli
