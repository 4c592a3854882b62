#ifndef OUTKIT_PROXY_IPP
#define OUTKIT_PROXY_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/wiping.hpp>
#include <outkit/proxy.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace outkit::inline OUTKIT_ABI {

namespace detail {

OUTKIT_DECL char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

OUTKIT_DECL std::string lower_case(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        c = ascii_lower(c);
    return out;
}

OUTKIT_DECL std::string_view without_brackets(std::string_view host)
{
    bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

// Of a name as resolvers have it, or of an address without brackets.
OUTKIT_DECL bool is_plain_host(std::string_view host)
{
    if (host.empty() || host.size() > 253)
        return false;
    for (char const c : host)
    {
        char const l = ascii_lower(c);
        if (!((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':'))
            return false;
    }
    return true;
}

OUTKIT_DECL bool parse_port(std::string_view digits, std::uint16_t& port)
{
    auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return !digits.empty() && digits.front() != '0' && r.ec == std::errc() && r.ptr == digits.data() + digits.size();
}

// Percent-decoded, without control characters.
OUTKIT_DECL bool decode_user_part(std::string_view text, std::string& out)
{
    out.reserve(text.size());
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        char c = text[i];
        if (c == '%')
        {
            auto byte = i + 2 < text.size() ? hex_decode(text.substr(i + 1, 2)) : std::nullopt;
            if (!byte)
                return false;
            c = byte->front();
            wipe(*byte);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
            return false;
        out += c;
    }
    return true;
}

OUTKIT_DEF secret proxy_authorization(proxy const& p)
{
    if (p.user.empty() && p.password.empty())
        return secret();
    static constexpr std::string_view scheme = "Basic ";
    std::string value(scheme.size() + base64_size(p.user.size() + 1 + p.password.size()), '\0');
    scheme.copy(value.data(), scheme.size());
    base64_writer out(value.data() + scheme.size());
    out.add(p.user);
    out.add(":");
    out.add(p.password.reveal());
    out.finish();
    return secret(std::move(value));
}

OUTKIT_DEF std::string connect_target(std::string_view host, std::uint16_t port, error_code& ec)
{
    host = without_brackets(host);
    ec = is_plain_host(host) && port != 0 ? error_code() : make_error_code(error::invalid_host);
    if (ec)
        return {};
    std::string out = host.find(':') == host.npos ? std::string(host) : '[' + std::string(host) + ']';
    return out + ':' + std::to_string(port);
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ] ; RFC 9112 section 4, without the last SP if need be
OUTKIT_DEF bool connect_answer::add(std::string_view line)
{
    static constexpr std::size_t longest_word = 200;
    auto const append_printable = [](std::string& to, std::string_view text) {
        for (char const c : text.substr(0, longest_word - std::min(longest_word, to.size())))
            to += c >= ' ' && c < 0x7f ? c : '?';
    };
    if (status_ == 0)
    {
        bool const http = line.size() >= 12 && line.starts_with("HTTP/1.") && line[7] >= '0' && line[7] <= '9' &&
                          line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
        unsigned status = 0;
        if (!http || std::from_chars(line.data() + 9, line.data() + 12, status).ptr != line.data() + 12 || status < 100)
            return false;
        status_ = status;
        append_printable(reason_, line.substr(std::min<std::size_t>(13, line.size())));
        return true;
    }
    if (line.empty())
    {
        complete_ = true;
        return true;
    }
    auto const colon = line.find(':');
    if (colon == line.npos || colon == 0 || line.substr(0, colon).find_first_of(" \t") != line.npos)
        return false;
    if (lower_case(line.substr(0, colon)) == "proxy-authenticate")
    {
        std::string_view scheme = line.substr(colon + 1);
        scheme.remove_prefix(std::min(scheme.find_first_not_of(" \t"), scheme.size()));
        append_printable(schemes_, schemes_.empty() ? "" : ", ");
        append_printable(schemes_, scheme.substr(0, scheme.find_first_of(" \t,")));
    }
    return true;
}

OUTKIT_DEF error_code connect_answer::outcome() const
{
    if (status_ == 200)
        return {};
    if (status_ == 407 || status_ == 401)  // the latter is what tinyproxy says to a wrong password
        return error::proxy_wants_password;
    return status_ < 500 ? error::proxy_refused : error::proxy_cannot_connect;  // tinyproxy has 500 for every reason
}

OUTKIT_DEF std::string connect_answer::in_words() const
{
    std::string out = std::to_string(status_);
    if (!reason_.empty())
        out += ' ' + reason_;
    if (!schemes_.empty())
        out += "; it offers " + schemes_;
    return out;
}

}  // namespace detail

OUTKIT_DEF std::string proxy::text() const
{
    std::string const name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return (tls ? "https://" : "http://") + name + ':' + std::to_string(port);
}

OUTKIT_DEF proxy parse_proxy(std::string_view url, error_code& ec)
{
    ec = error::invalid_proxy;
    proxy out;
    if (auto const scheme = url.find("://"); scheme != url.npos)
    {
        std::string const name = detail::lower_case(url.substr(0, scheme));
        out.tls = name == "https";
        if (!out.tls && name != "http")
            return {};
        url.remove_prefix(scheme + 3);
    }
    if (url.ends_with('/'))
        url.remove_suffix(1);
    if (auto const at = url.rfind('@'); at != url.npos)
    {
        std::string_view const who = url.substr(0, at);
        url.remove_prefix(at + 1);
        auto const colon = who.find(':');
        std::string password;
        detail::wipe_at_end const wiped(password);
        if (!detail::decode_user_part(who.substr(0, colon), out.user) || out.user.find(':') != out.user.npos ||
            (colon != who.npos && !detail::decode_user_part(who.substr(colon + 1), password)))
            return {};
        out.password = secret(std::move(password));
    }
    // The last colon begins the port, unless it is within brackets.
    auto const bracket = url.rfind(']');
    auto const colon = url.rfind(':');
    bool const has_port = colon != url.npos && (bracket == url.npos || colon > bracket);
    std::string_view const name = url.substr(0, has_port ? colon : url.npos);
    std::string_view const plain = detail::without_brackets(name);
    bool const bracketed = plain.size() != name.size();
    out.host = detail::lower_case(plain);
    out.port = out.tls ? 443 : 80;
    if (!detail::is_plain_host(plain) || bracketed != (plain.find(':') != plain.npos) ||
        (has_port && !detail::parse_port(url.substr(colon + 1), out.port)))
        return {};
    ec = {};
    return out;
}

OUTKIT_DEF proxy_settings::proxy_settings(proxy p, std::string_view except)
    : proxy_(std::make_shared<proxy const>(std::move(p)))
{
    static constexpr std::string_view separators = ", \t\r\n";
    for (;;)
    {
        except.remove_prefix(std::min(except.find_first_not_of(separators), except.size()));
        if (except.empty())
            break;
        std::string_view const entry = except.substr(0, except.find_first_of(separators));
        except.remove_prefix(entry.size());
        if (entry == "*")
        {
            proxy_.reset();
            break;
        }
        add_exception(entry);
    }
}

OUTKIT_DEF void proxy_settings::add_exception(std::string_view entry)
{
    exception e;
    // "name:993" and "[2001:db8::1]:993" have a port, "2001:db8::1" has none.
    if (auto const colon = entry.rfind(':');
        colon != entry.npos && (entry.find(':') == colon || (entry.front() == '[' && entry[colon - 1] == ']')))
    {
        if (!detail::parse_port(entry.substr(colon + 1), e.port))
            return;  // like a name nobody has
        entry = entry.substr(0, colon);
    }
    auto const slash = entry.find('/');
    std::string_view const numeric = detail::without_brackets(entry.substr(0, slash));
    e.network = parse_address(numeric);
    if (e.network && slash != entry.npos)
    {
        unsigned const most = numeric.find(':') == numeric.npos ? 32 : 128;
        std::string_view const digits = entry.substr(slash + 1);
        auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), e.bits);
        if (digits.empty() || r.ec != std::errc() || r.ptr != digits.data() + digits.size() || e.bits > most)
            return;
        e.bits += 128 - most;
    }
    if (!e.network)
    {
        if (entry.starts_with("*."))
            entry.remove_prefix(2);
        while (entry.starts_with('.'))
            entry.remove_prefix(1);
        while (entry.ends_with('.'))
            entry.remove_suffix(1);
        e.name = detail::lower_case(entry);
        if (e.name.empty())
            return;
    }
    except_.push_back(std::move(e));
}

OUTKIT_DEF std::optional<proxy_settings::address> proxy_settings::parse_address(std::string_view text)
{
    std::string const terminated(text);
    address out{};
    if (inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1)
        return out;
    out[10] = out[11] = 0xff;
    if (inet_pton(AF_INET, terminated.c_str(), out.data() + 12) == 1)
        return out;
    return std::nullopt;
}

// 127.0.0.0/8, also as ::ffff:127.0.0.1, and ::1; localhost and all names below it (RFC 6761 section 6.3).
OUTKIT_DEF bool proxy_settings::is_this_machine(std::string_view host, std::optional<address> const& numeric)
{
    if (!numeric)
        return host == "localhost" || host.ends_with(".localhost");
    static constexpr address ipv4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
    static constexpr address ipv6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return *numeric == ipv6 || std::equal(ipv4.begin(), ipv4.begin() + 13, numeric->begin());
}

OUTKIT_DEF bool proxy_settings::exception::is_for(std::string_view host, std::optional<address> const& numeric,
                                                  std::uint16_t to) const
{
    if (port != 0 && port != to)
        return false;
    if (!network || !numeric)
        return !network && !numeric &&
               (host == name ||
                (host.size() > name.size() && host.ends_with(name) && host[host.size() - name.size() - 1] == '.'));
    for (unsigned bit = 0; bit < bits; bit += 8)
    {
        unsigned const care = bits - bit >= 8 ? 0xffu : 0xffu << (8 - (bits - bit)) & 0xffu;
        if ((((*network)[bit / 8] ^ (*numeric)[bit / 8]) & care) != 0)
            return false;
    }
    return true;
}

OUTKIT_DEF proxy const* proxy_settings::for_target(std::string_view host, std::uint16_t port) const
{
    if (!proxy_)
        return nullptr;
    host = detail::without_brackets(host);
    if (host.ends_with('.'))
        host.remove_suffix(1);
    std::string const name = detail::lower_case(host);
    auto const numeric = parse_address(name);
    if (is_this_machine(name, numeric))
        return nullptr;
    for (exception const& e : except_)
        if (e.is_for(name, numeric, port))
            return nullptr;
    return proxy_.get();
}

OUTKIT_DEF proxy_settings proxy_settings::from_environment(variables const& of, error_code& ec)
{
    ec = {};
    std::string_view url, except;
    for (char const* const name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
        if (char const* const value = of(name))
        {
            url = value;
            break;
        }
    for (char const* const name : {"no_proxy", "NO_PROXY"})
        if (char const* const value = of(name))
        {
            except = value;
            break;
        }
    if (url.empty())
        return {};
    proxy p = parse_proxy(url, ec);
    return ec ? proxy_settings() : proxy_settings(std::move(p), except);
}

}  // namespace outkit::inline OUTKIT_ABI

#endif
