#ifndef OUTKIT_PROXY_HPP
#define OUTKIT_PROXY_HPP

#include <outkit/error.hpp>
#include <outkit/secret.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI {

/** An HTTP proxy that opens tunnels (CONNECT, RFC 9110 section 9.3.6).

    Whatever goes through it is under TLS with the server, whose certificate is verified as without a proxy; of a STARTTLS
    conversation the proxy sees what is said before the handshake, like everybody else on the way.
*/
struct proxy
{
    bool tls = false;         ///< TLS to the proxy itself, too; its certificate is verified
    std::string host = {};    ///< name or address, an IPv6 address without brackets
    std::uint16_t port = 80;  ///< 1 to 65535
    std::string user = {};    ///< for Basic authentication (RFC 7617), UTF-8, no colon; empty: none
    secret password = {};     ///< belongs to the user; told to the proxy only

    /// "http://proxy.example:3128", without user and password.
    OUTKIT_DECL std::string text() const;
};

/** Takes a proxy's URL apart: `[http[s]://][user[:password]@]host[:port][/]`.

    Without a scheme it is http. Without a port it is the scheme's own, 80 or 443. User and password are percent-decoded.

    @param url  ASCII, as in https_proxy
    @param ec   error::invalid_proxy, or none. Other schemes (socks5), paths, control characters and ports that are no plain
                numbers are refused.
*/
OUTKIT_DECL proxy parse_proxy(std::string_view url, error_code& ec);

/** Which connections go through a proxy. The default: none.

    A stream is given these once, and all connections that its clients open keep to them. Copies share the proxy.

    @code
    error_code ec;
    outkit::proxy_settings const proxies(outkit::parse_proxy("http://proxy.example:3128", ec), ".intra.example");
    outkit::imap::client mail(outkit::stream(io.get_executor(), tls, proxies));
    @endcode
*/
class proxy_settings
{
public:
    proxy_settings() = default;

    /** All connections, except those to this machine and those named.

        @param p       the proxy
        @param except  what no_proxy has: names, addresses and networks, separated by commas or blanks. A name stands for
                       itself and all names that end with a dot and it, whether or not it begins with a dot or `*.`; an IP
                       address for itself, `192.0.2.0/24` for the network; a port behind any of them (`name:993`,
                       `[2001:db8::1]:993`) for connections to that port only; `*` for everything.

        `localhost`, names below it and addresses of the loopback never go through a proxy.
    */
    OUTKIT_DECL explicit proxy_settings(proxy p, std::string_view except = {});

    /// Like std::getenv: the value of a variable, or null.
    using variables = std::function<char const*(char const* name)>;

    /** What the environment says: https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY, the first that is set; and no_proxy, or
        else NO_PROXY.

        The first one set decides, also when it is empty: then there is no proxy. http_proxy is for plaintext HTTP, which
        nothing here speaks to other machines, and is not looked at; HTTP_PROXY least of all, which in a CGI program is what
        the visitor says (httpoxy.org). Nothing of this happens unless it is called.

        @param of  for example `[](char const* name) { return std::getenv(name); }`
        @param ec  error::invalid_proxy, or none
    */
    OUTKIT_DECL static proxy_settings from_environment(variables const& of, error_code& ec);

    /** The proxy on the way to a server, or null when the connection is direct.

        @param host  as the client was given it: name or IP address
        @param port  of the server

        Valid as long as these settings, or a copy.
    */
    OUTKIT_DECL proxy const* for_target(std::string_view host, std::uint16_t port) const;

private:
    using address = std::array<unsigned char, 16>;  // IPv4 as IPv6 has it, ::ffff:192.0.2.1
    struct exception
    {
        std::string name = {};  // in lower case, no dots around it
        std::optional<address> network = {};
        unsigned bits = 128;
        std::uint16_t port = 0;  // 0: any

        OUTKIT_DECL bool is_for(std::string_view host, std::optional<address> const& numeric, std::uint16_t to) const;
    };
    OUTKIT_DECL static std::optional<address> parse_address(std::string_view text);
    OUTKIT_DECL static bool is_this_machine(std::string_view host, std::optional<address> const& numeric);
    OUTKIT_DECL void add_exception(std::string_view entry);

    std::shared_ptr<proxy const> proxy_;
    std::vector<exception> except_;
};

namespace detail {

// What a proxy answers to CONNECT, a line at a time.
class connect_answer
{
public:
    // The next line, without its CRLF. False: HTTP/1 has no such line here (RFC 9112 sections 4 and 5).
    OUTKIT_DECL bool add(std::string_view line);

    bool complete() const { return complete_; }  // the empty line has come
    unsigned status() const { return status_; }
    OUTKIT_DECL error_code outcome() const;    // none: the tunnel is open
    OUTKIT_DECL std::string in_words() const;  // "407 Who are you; it offers Negotiate, NTLM", printable ASCII

private:
    unsigned status_ = 0;
    bool complete_ = false;
    std::string reason_, schemes_;
};

// host:port as CONNECT and Host have it; error::invalid_host when the host could be taken for something else.
OUTKIT_DECL std::string connect_target(std::string_view host, std::uint16_t port, error_code& ec);

// The value of Proxy-Authorization; empty: there are no credentials.
OUTKIT_DECL secret proxy_authorization(proxy const& p);

}  // namespace detail
}  // namespace outkit::inline OUTKIT_ABI

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/proxy.ipp>
#endif

#endif
