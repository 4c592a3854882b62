#ifndef OUTKIT_CHECK_DETAIL_MARKUP_HPP
#define OUTKIT_CHECK_DETAIL_MARKUP_HPP

#include <outkit/check/report.hpp>
#include <outkit/detail/utf8.hpp>

#include <string>
#include <string_view>

// Strangers' text in HTML and XML. Included by .ipp files only.

namespace outkit::inline OUTKIT_ABI::check::detail {

// Nothing of it is markup, also in attributes. Controls, which XML cannot have, and characters that turn the direction of
// text are shown as U+FFFD.
OUTKIT_DECL std::string escaped(std::string_view text, bool full_addresses)
{
    std::string const valid = outkit::detail::repaired_utf8(text);
    std::string const shown = full_addresses ? valid : shorten_addresses(valid);
    std::string out;
    out.reserve(shown.size());
    std::string_view rest = shown;
    while (!rest.empty())
    {
        std::string_view const before = rest;
        char32_t const c = outkit::detail::take_code_point(rest);
        bool const odd = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) ||
                         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
                         c == 0xfeff || c == 0xfffe || c == 0xffff;
        switch (c)
        {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default:
            if (odd)
                out += "\xef\xbf\xbd";
            else
                out += before.substr(0, before.size() - rest.size());
        }
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::check::detail

#endif
