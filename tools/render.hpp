#ifndef OUTKIT_TOOLS_RENDER_HPP
#define OUTKIT_TOOLS_RENDER_HPP

#include "console.hpp"

#include <outkit/check/checks.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

// Reports as text, for people.

namespace cli {

class renderer
{
public:
    // `full_addresses` false: "a***@contoso.example", since reports are published (R-CLI-03).
    renderer(console& out, console& progress, bool full_addresses)
        : out_(out), progress_(progress), full_addresses_(full_addresses)
    {
    }

    // Prints steps as they end; while one lasts, a terminal on standard error shows which.
    outkit::check::observer observer();
    // Shows which step lasts, and prints nothing.
    outkit::check::observer progress();
    // The whole report: the verdict and what to do first, then the steps.
    void report(outkit::check::report const& r);

    void heading(std::string_view text);
    // A line of the form of a step's: "ok", the time, and what was verified.
    void line(std::string_view mark, style s, std::chrono::microseconds took, std::string_view text);
    void step(outkit::check::step const& s);
    // Meaning, ranked causes (at most `most`), who mends each and how.
    void finding(outkit::check::symptom const& s, std::size_t most);

private:
    void next_action(outkit::check::report const& r);
    std::string shown(std::string_view text) const;
    void wrapped(std::string_view margin, std::string_view first, std::string_view text, style s = style::plain);

    console& out_;
    console& progress_;
    bool full_addresses_;
};

// "12.3 ms", "1.20 s"
std::string duration(std::chrono::microseconds d);

}  // namespace cli

#endif
