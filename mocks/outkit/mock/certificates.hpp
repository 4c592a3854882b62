#ifndef OUTKIT_MOCK_CERTIFICATES_HPP
#define OUTKIT_MOCK_CERTIFICATES_HPP

#include <outkit/config.hpp>
#include <outkit/tls.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/** A certificate authority that lives as long as the world: whoever trusts it, trusts the mocks, and nothing else.

    It is made when the object is made (EC P-256, a few hundred microseconds), is valid for 7 days of real time and says
    in its name that it is a mock's. By a critical name constraint (RFC 5280 section 4.2.1.10) it can vouch for
    `localhost`, names under `.test`, 127.0.0.0/8 and ::1 only, so that a copy of it is worthless elsewhere. Its
    private key never leaves the object.

    Thread-safe after construction.
*/
class certificates
{
public:
    /// An authority for loopback names and, by explicit wish, for `other_names`: DNS names such as
    /// "login.microsoftonline.com", each including the names below it. Say so to the user (R-TLS-09).
    /// Throws std::invalid_argument for a name that is none.
    explicit certificates(std::vector<std::string> other_names = {});
    certificates(certificates&&) noexcept;
    certificates& operator=(certificates&&) noexcept;
    ~certificates();

    /// The authority's certificate as PEM text: what a client must trust. Ends with a line feed.
    std::string const& ca_pem() const;

    /// Whether the authority can vouch for the DNS name (compared without case) or the IP address.
    bool allows(std::string_view name) const;

    /// localhost, 127.0.0.1, ::1, and the other names the authority was made for.
    std::vector<std::string> default_names() const;

    /// A server's certificate and its private key, both as PEM text.
    struct server_certificate
    {
        std::string chain;
        std::string key;
    };

    /** A certificate for a server, with a key of its own.

        @param names  DNS names and IP addresses, at least one; throws std::invalid_argument for one that allows() denies
    */
    server_certificate issue(std::vector<std::string> const& names) const;

    /// A TLS context with a fresh certificate for the names (default_names() when empty); for listeners.
    tls_context server_context(std::vector<std::string> const& names = {}) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/certificates.ipp>
#endif

#endif
