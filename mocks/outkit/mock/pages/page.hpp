#ifndef OUTKIT_MOCK_PAGES_PAGE_HPP
#define OUTKIT_MOCK_PAGES_PAGE_HPP

#include <outkit/config.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock::pages {

// What a Mustache template is filled with: texts by name (escaped where they are put in), switches, and lists.
struct values
{
    std::vector<std::pair<std::string, std::string>> texts = {};
    std::vector<std::pair<std::string, bool>> flags = {};
    std::vector<std::pair<std::string, std::vector<values>>> lists = {};
};

// The template with the values in it. Nothing in a value is a template again.
std::string fill(std::string_view page, values const& with);

// A whole document: the layout around the filled template. `nonce` is for its style, and for its script if it has one.
std::string document(std::string_view title, std::string_view page, values const& with, std::string_view nonce);

}  // namespace outkit::inline OUTKIT_ABI::mock::pages

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/pages/page.ipp>
#endif

#endif
