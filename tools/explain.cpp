#include "commands.hpp"
#include "console.hpp"

#include <outkit/check/atlas.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <string>

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
        print_wrapped(out, "     from: ", "           ", fmt::format("{} ({})", c.source, check::name(c.mark)));
    }
}

boost::json::object to_json(check::symptom const& s)
{
    boost::json::array causes;
    for (check::cause const& c : s.causes)
        causes.push_back({{"id", c.id},
                          {"what", c.what},
                          {"owner", check::name(c.who)},
                          {"remedy", c.remedy},
                          {"evidence", check::name(c.mark)},
                          {"source", c.source}});
    return {{"id", s.id}, {"service", check::name(s.where)}, {"meaning", s.meaning}, {"causes", std::move(causes)}};
}

}  // namespace

int explain(explain_options const& o)
{
    std::string text;
    if (o.words.empty() || (o.words.size() == 1 && o.words[0] == "-"))
        text = from_standard_input();
    else
        for (std::string const& word : o.words)
            text += (text.empty() ? "" : " ") + word;

    std::vector<check::symptom> const found = check::explain(text);
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
