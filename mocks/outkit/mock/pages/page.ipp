#ifndef OUTKIT_MOCK_PAGES_PAGE_IPP
#define OUTKIT_MOCK_PAGES_PAGE_IPP

#include <outkit/mock/pages/layout.hpp>
#include <outkit/mock/pages/page.hpp>

#include <kainjow/mustache.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock::pages {

inline kainjow::mustache::data data_of(values const& from)
{
    kainjow::mustache::data d;
    for (auto const& [name, text] : from.texts)
        if (text.empty())
            d.set(name, false);  // a section of an empty text is left out
        else
            d.set(name, text);
    for (auto const& [name, on] : from.flags)
        d.set(name, on);
    for (auto const& [name, rows] : from.lists)
    {
        kainjow::mustache::data list{kainjow::mustache::data::type::list};
        for (values const& row : rows)
            list.push_back(data_of(row));
        d.set(name, list);
    }
    return d;
}

OUTKIT_INLINE std::string fill(std::string_view page, values const& with)
{
    kainjow::mustache::mustache m{std::string(page)};
    return m.render(data_of(with));
}

OUTKIT_INLINE std::string document(std::string_view title, std::string_view page, values const& with,
                                   std::string_view nonce)
{
    values inner = with;
    inner.texts.emplace_back("nonce", nonce);
    std::string const body = fill(page, inner);
    // The layout is long and has but three names: parsing it took most of a page's time.
    std::string out;
    out.reserve(layout.size() + body.size() + 256);
    for (std::string_view rest = layout; !rest.empty();)
    {
        std::size_t const open = std::min(rest.find("{{"), rest.size());
        out += rest.substr(0, open);
        rest.remove_prefix(open);
        if (rest.starts_with("{{{body}}}"))
            out += body;
        else if (rest.starts_with("{{title}}"))
            out += kainjow::mustache::html_escape(std::string(title));
        else if (rest.starts_with("{{nonce}}"))
            out += kainjow::mustache::html_escape(std::string(nonce));
        rest.remove_prefix(std::min(rest.find("}}"), rest.size()));
        rest.remove_prefix(std::min(rest.find_first_not_of('}'), rest.size()));
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mock::pages

#endif
