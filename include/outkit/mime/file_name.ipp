#ifndef OUTKIT_MIME_FILE_NAME_IPP
#define OUTKIT_MIME_FILE_NAME_IPP

#include <outkit/detail/utf8.hpp>
#include <outkit/mime/file_name.hpp>

#include <algorithm>
#include <iterator>

namespace outkit::inline OUTKIT_ABI::mime {
namespace detail {

// C0 and C1, marks of direction and of width zero, separators of lines, noncharacters that are not shown.
OUTKIT_DECL bool is_unseen(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

// Those that Windows has in every folder, whatever comes after a point.
OUTKIT_DECL bool is_device(std::string_view name)
{
    std::string stem(name.substr(0, std::min(name.find('.'), name.size())));
    while (stem.ends_with(' '))
        stem.pop_back();
    for (char& c : stem)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (std::string_view const device : {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"})
        if (stem == device)
            return true;
    std::string_view const number = std::string_view(stem).substr(std::min<std::size_t>(stem.size(), 3));
    bool const port = stem.starts_with("com") || stem.starts_with("lpt");
    return port && ((number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\xc2\xb9" ||
                    number == "\xc2\xb2" || number == "\xc2\xb3");  // superscripts, too
}

}  // namespace detail

OUTKIT_DEF std::string safe_file_name(std::string_view given)
{
    constexpr std::size_t most = 200, longest_ending = 20;
    given.remove_prefix(std::min(given.find_last_of("/\\") + 1, given.size()));
    std::string name;
    while (!given.empty())
    {
        char32_t const c = outkit::detail::take_code_point(given);
        if (detail::is_unseen(c))
            continue;
        bool const special =
            c < 0x80 && std::string_view("<>:\"|?*").find(static_cast<char>(c)) != std::string_view::npos;
        outkit::detail::append_utf8(name, special ? U'_' : c);
    }
    name.erase(0, std::min(name.find_first_not_of(" ."), name.size()));
    if (name.size() > most)
    {
        std::size_t const point = name.rfind('.');
        std::string const ending =
            point != name.npos && name.size() - point <= longest_ending ? name.substr(point) : std::string();
        name.resize(most - ending.size());
        while (!outkit::detail::valid_utf8(name))
            name.pop_back();
        name += ending;
    }
    while (name.ends_with(' ') || name.ends_with('.'))
        name.pop_back();
    if (name.empty())
        return "attachment";
    return detail::is_device(name) ? '_' + name : name;
}

}  // namespace outkit::inline OUTKIT_ABI::mime

#endif
