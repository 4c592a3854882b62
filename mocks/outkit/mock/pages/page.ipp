#ifndef OUTKIT_MOCK_PAGES_PAGE_IPP
#define OUTKIT_MOCK_PAGES_PAGE_IPP

#include <outkit/mock/pages/layout.hpp>
#include <outkit/mock/pages/page.hpp>

#include <kainjow/mustache.hpp>

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
    return fill(layout,
                {.texts = {{"title", std::string(title)}, {"nonce", std::string(nonce)}, {"body", fill(page, inner)}}});
}

}  // namespace outkit::inline OUTKIT_ABI::mock::pages

#endif
