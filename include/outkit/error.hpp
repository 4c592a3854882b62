#ifndef OUTKIT_ERROR_HPP
#define OUTKIT_ERROR_HPP

#include <outkit/config.hpp>

#include <span>
#include <string>

namespace outkit::inline OUTKIT_ABI {

/** The questions callers ask of an error, whichever protocol it comes from: `if (ec == condition::transient)`.

    Every error of outkit answers to one of these or to none.
*/
enum class condition
{
    authentication_failed = 1,  // the peer refused the token, the secret or the account
    interaction_required,       // a person must sign in, consent or change something before this can work
    transient,                  // the same request may succeed later: throttled, busy, restarting
    timeout,                    // the peer did not answer in time
    protocol_violation,         // the peer broke the protocol's rules; the connection is of no use any more
    limit_exceeded,             // the peer sent more than the configured limits allow
    not_found,                  // the named thing does not exist at the peer
    invalid_argument,           // the caller's input was refused before any byte was sent
    untrusted_peer,             // TLS: the peer did not prove who it is, or TLS is missing
    outcome_unknown             // the connection was lost after the request was sent: it may have been carried out
};

class condition_category final : public error_category
{
public:
    const char* name() const noexcept override { return "outkit.condition"; }
    std::string message(int c) const override
    {
        switch (static_cast<condition>(c))
        {
        case condition::authentication_failed: return "authentication failed";
        case condition::interaction_required: return "a person has to sign in or consent";
        case condition::transient: return "temporary failure; try again later";
        case condition::timeout: return "the peer did not answer in time";
        case condition::protocol_violation: return "the peer broke the protocol";
        case condition::limit_exceeded: return "the peer sent more than the limit allows";
        case condition::not_found: return "not found";
        case condition::invalid_argument: return "invalid argument";
        case condition::untrusted_peer: return "the peer is not trusted";
        case condition::outcome_unknown: return "the outcome is unknown";
        }
        return "unknown condition";
    }
};
inline error_condition make_error_condition(condition c)
{
    static const condition_category category;
    return {static_cast<int>(c), category};
}

namespace detail {

// One row per enumerator: what it says and which question it answers (condition() for none).
struct error_row
{
    int value;
    char const* message;
    condition meaning = {};
};

// The error category of one domain, made from its table.
class table_category : public error_category
{
public:
    table_category(char const* name, std::span<error_row const> rows) : name_(name), rows_(rows) {}

    const char* name() const noexcept override { return name_; }
    std::string message(int ev) const override
    {
        error_row const* const row = find(ev);
        return row ? row->message : std::string("unknown ") + name_ + " error " + std::to_string(ev);
    }
    error_condition default_error_condition(int ev) const noexcept override
    {
        error_row const* const row = find(ev);
        if (row && row->meaning != condition())
            return make_error_condition(row->meaning);
        return {ev, *this};
    }

private:
    error_row const* find(int ev) const noexcept
    {
        for (error_row const& row : rows_)
            if (row.value == ev)
                return &row;
        return nullptr;
    }
    char const* name_;
    std::span<error_row const> rows_;
};

}  // namespace detail

/// What can go wrong before any protocol's own grammar matters. Category "outkit".
enum class error
{
    connection_closed = 1,
    not_connected,
    operation_in_progress,
    timeout,
    line_too_long,
    bare_line_feed,
    early_plaintext,
    tls_truncated,
    tls_no_host,
    tls_unavailable,
    tls_unverified,
    tls_required,
    tls_too_talkative,
    no_address,
    invalid_host,
    invalid_proxy,
    proxy_unreachable,
    proxy_refused,
    proxy_wants_password,
    proxy_cannot_connect,
    proxy_misbehaves
};

inline error_code make_error_code(error e)
{
    using enum error;
    static constexpr detail::error_row rows[] = {
        {int(connection_closed), "the peer closed the connection in the middle of a message", condition::transient},
        {int(not_connected), "there is no connection; connect first", condition::invalid_argument},
        {int(operation_in_progress), "another operation is in progress; wait for it or cancel it",
         condition::invalid_argument},
        {int(timeout), "the peer did not answer in time", condition::timeout},
        {int(line_too_long), "the peer sent a line longer than the limit", condition::limit_exceeded},
        {int(bare_line_feed), "the peer ended a line with LF instead of CRLF, or sent a NUL in it",
         condition::protocol_violation},
        {int(early_plaintext), "the peer sent data after STARTTLS, before the TLS handshake",
         condition::protocol_violation},
        {int(tls_truncated), "the connection ended without TLS close_notify; data may be missing",
         condition::protocol_violation},
        {int(tls_no_host), "TLS needs the host name, to verify the certificate against it",
         condition::invalid_argument},
        {int(tls_unavailable), "this end of the connection was made without a TLS context",
         condition::invalid_argument},
        {int(tls_unverified), "the TLS handshake ended without a verified certificate", condition::untrusted_peer},
        {int(tls_required), "the connection could not be secured with TLS, so nothing secret was sent",
         condition::untrusted_peer},
        {int(tls_too_talkative), "the peer sent one TLS message after the other and no data",
         condition::limit_exceeded},
        {int(no_address), "the host name has no address", condition::not_found},
        {int(invalid_host), "the host is no name or address that a proxy can be asked for",
         condition::invalid_argument},
        {int(invalid_proxy), "the proxy must be given as http://[user:password@]host[:port], or https://",
         condition::invalid_argument},
        {int(proxy_unreachable), "the proxy cannot be reached; compare its host and port", condition::transient},
        {int(proxy_refused), "the proxy refuses connections to this server; ask who runs it to allow host and port"},
        {int(proxy_wants_password), "the proxy wants a user name and a password (Basic), or another than it was given"},
        {int(proxy_cannot_connect), "the proxy could not connect to the server", condition::transient},
        {int(proxy_misbehaves), "what answers at the proxy's address does not behave like an HTTP proxy",
         condition::protocol_violation},
    };
    static const detail::table_category category("outkit", rows);
    return {static_cast<int>(e), category};
}

}  // namespace outkit::inline OUTKIT_ABI
OUTKIT_ERROR_CODE_ENUM(outkit::error)
OUTKIT_ERROR_CONDITION_ENUM(outkit::condition)

#endif
