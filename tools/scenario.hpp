#ifndef OUTKIT_TOOLS_SCENARIO_HPP
#define OUTKIT_TOOLS_SCENARIO_HPP

#include <outkit/account/types.hpp>
#include <outkit/mock/world.hpp>

#include <span>
#include <string>
#include <string_view>

// Scenarios: worlds with one thing wrong, and what `outkit check` must find in each. What is wrong may be in the world or in
// the configuration; the registration is the one that cli::offline makes.

namespace cli {

// What a scenario may change.
struct stage
{
    outkit::mock::world& world;
    outkit::mock::tenant& tenant;
    outkit::mock::user& user;
    outkit::mock::application& app;
    outkit::account::settings& settings;
};

struct scenario
{
    std::string_view name;
    std::string_view description;
    outkit::account::base_scope base_scope;
    std::string_view step;     // that fails; empty: none does
    std::string_view symptom;  // the finding
    std::string_view cause;    // ranked first
    void (*apply)(stage&);
};

std::span<scenario const> scenarios() noexcept;

// Throws usage_error, with a suggestion, when there is none of this name.
scenario const& find_scenario(std::string_view name);

}  // namespace cli

#endif
