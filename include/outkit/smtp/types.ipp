#ifndef OUTKIT_SMTP_TYPES_IPP
#define OUTKIT_SMTP_TYPES_IPP

#include <outkit/smtp/types.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::smtp {

OUTKIT_DEF std::string to_string(enhanced_code const& c)
{
    if (!c)
        return {};
    return std::to_string(c.status_class) + '.' + std::to_string(c.subject) + '.' + std::to_string(c.detail);
}

OUTKIT_DEF std::string to_string(reply const& r)
{
    static constexpr std::size_t most = 512;
    std::string line = std::to_string(r.code);
    if (r.enhanced)
        line += ' ' + to_string(r.enhanced);
    if (!r.text.empty())
        (line += ' ').append(r.text, 0, most);
    std::replace(line.begin(), line.end(), '\n', ' ');
    if (line.size() > most)
        line.resize(most);
    return line;
}

OUTKIT_DEF std::string_view to_string(stage s) noexcept
{
    static constexpr std::string_view names[] = {"",         "connect", "TLS handshake", "greeting", "EHLO",
                                                 "STARTTLS", "AUTH",    "MAIL",          "RCPT",     "DATA",
                                                 "message",  "RSET",    "NOOP",          "QUIT"};
    return names[static_cast<std::size_t>(s)];
}

OUTKIT_DEF bool extensions::has(std::string_view name) const noexcept
{
    return std::any_of(keywords.begin(), keywords.end(), [&](keyword const& k) { return k.name == name; });
}

OUTKIT_DEF bool extensions::has_mechanism(std::string_view name) const noexcept
{
    return std::find(mechanisms.begin(), mechanisms.end(), name) != mechanisms.end();
}

}  // namespace outkit::inline OUTKIT_ABI::smtp

#endif
