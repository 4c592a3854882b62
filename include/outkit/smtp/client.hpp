#ifndef OUTKIT_SMTP_CLIENT_HPP
#define OUTKIT_SMTP_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/smtp/detail/flows.hpp>
#include <outkit/smtp/refusal.hpp>
#include <outkit/stream.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::smtp {
namespace detail {

// A mailing tells what became of each message, whether it went to its end or not: the caller's handler gets that, too.
template <class Handler, bool One>
struct report_mailing
{
    Handler handler;
    std::shared_ptr<progress> now;

    void operator()(error_code ec)
    {
        if (ec == asio::error::operation_aborted && now->doubtful())
        {
            ec = error::outcome_unknown;
            now->deliveries[now->in_doubt].ec = ec;
        }
        if (!ec)
            ec = now->refusal;
        auto deliveries = std::move(now->deliveries);
        now.reset();
        if constexpr (One)
            std::move(handler)(ec, deliveries.empty() ? delivery() : std::move(deliveries.front()));
        else
            std::move(handler)(ec, std::move(deliveries));
    }
};

}  // namespace detail

/** Submits mail to Exchange Online, Outlook.com or another server that takes XOAUTH2 (RFC 6409).

    @code
    outkit::smtp::client client(outkit::stream(io.get_executor(), tls));
    client.async_connect({.host = "smtp.office365.com"}, io.wait());
    client.async_authenticate("ann@contoso.example", std::move(token), io.wait());
    auto const sent = client.async_send(std::move(mail), io.wait());
    client.async_quit(io.wait());
    @endcode

    After an error the connection is closed and async_connect must be called again, unless the error says that a message
    was refused (400 to 599 but 421, or a condition::invalid_argument): then the next one can be sent.

    Movable, not copyable, not thread-safe: give it a strand's executor. One operation at a time; a second one fails with
    operation_in_progress.
*/
template <outkit::detail::flow_stream Stream = outkit::stream>
class basic_client : public outkit::detail::client_base<detail::session, Stream>
{
    using base = outkit::detail::client_base<detail::session, Stream>;

public:
    /// @param s  The stream to talk over; with a client's TLS context, unless only this machine is connected to.
    explicit basic_client(Stream s) : base(std::move(s)) {}

    /// What the server offers; empty before async_connect. With STARTTLS: what it said under TLS.
    extensions const& offered() const noexcept { return this->session().offered; }
    bool authenticated() const noexcept { return this->session().authenticated; }

    /// The server's words about the last operation's failure or refusal, at most 512 octets, no secrets; empty when
    /// there are none. What was said before TLS is not repeated. Valid until the next operation.
    std::string const& diagnostics() const noexcept
    {
        return base::diagnostics().empty() ? *this->session().server_said : base::diagnostics();
    }

    /// What the server refused the last operation with, also when it closed the connection with 421; code 0 if it did not.
    /// refusal_of() and reference_of() say what it means. Replies from before TLS do not count. Of several messages it is
    /// that of the first one that was not taken. Valid until the next operation.
    reply const& refused() const noexcept { return this->session().refused; }

    /// How far the last operation has come: where it was when it failed. "421" or a connection that ends means little
    /// without that. After stage::message begins a message may be in doubt; the delivery says so.
    smtp::stage stage() const noexcept { return this->session().now; }

    /// Told every line in both directions, secrets and bodies as their length only. Opt-in, for support. The operation
    /// waits for it. It may be replaced at any time, also while it is called; one that throws is told nothing more.
    void trace(outkit::detail::wire::trace_hook hook) { this->session().w.trace = std::move(hook); }

    /** Connects, secures the connection and introduces itself (RFC 5321 section 3.1, RFC 3207).

        A connection there was is dropped. Nothing but EHLO and STARTTLS is said before TLS, and nothing learned there is
        kept.

        @param to     Where, and how it is secured.
        @param token  Completion token.

        @par Handler signature
        `void(error_code, extensions)`

        @par Errors
        @li error::malformed_greeting         no SMTP server there, or one that wants TLS from the first byte
        @li error::extensions_not_offered     the server does not know EHLO
        @li error::invalid_client_name        endpoint::client_name is neither a domain nor an address literal
        @li outkit::error::tls_required       the server does not do STARTTLS, or somebody in between takes it out; or
                                              plaintext_loopback was asked for with another host
        @li outkit::error::early_plaintext    there was more in the answer to STARTTLS: somebody injects text
        @li a reply of 400 to 599             the server does not want to talk
        @li any error of the stream

        @par Cancellation
        Supports `terminal`. The connection is closed.
    */
    template <class CompletionToken>
    auto async_connect(endpoint to, CompletionToken&& token)
    {
        return this->run(detail::connect(this->session(), std::move(to)), std::forward<CompletionToken>(token));
    }

    /** Signs in with XOAUTH2 (RFC 4954), and never with anything else.

        @param user   The mailbox to send from, for example "ann@contoso.example". Printable ASCII.
        @param token  An access token for it; Exchange Online wants the scope `https://outlook.office.com/SMTP.Send`.
        @param handler  Completion token.

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li error::authentication_failed      SMTP 535; diagnostics() says why, for example
                                              "5.7.139 … SmtpClientAuthentication is disabled for the Tenant. …"
        @li error::temporarily_refused        SMTP 454, try again later
        @li error::xoauth2_not_offered        the server has other mechanisms only
        @li error::already_authenticated      connect again for another user
        @li error::too_many_challenges, error::completed_without_credentials, sasl::error::not_base64: the server breaks
            the protocol
        @li sasl::error::invalid_user, invalid_access_token, response_too_long: nothing was sent
        @li another reply of 400 to 599; any error of the stream

        The connection is closed after an error: try again with another token on a new one.

        @par Cancellation
        Supports `terminal`. The connection is closed.
    */
    template <class CompletionToken>
    auto async_authenticate(std::string user, access_token token, CompletionToken&& handler)
    {
        return this->run(detail::authenticate(this->session(), std::move(user), std::move(token)),
                         std::forward<CompletionToken>(handler));
    }

    /** Sends a message (RFC 5321 section 3.3).

        Line ends become CRLF, whatever they are. With SIZE, PIPELINING, 8BITMIME, SMTPUTF8 and DSN where the server
        offers them.

        @param m      The message and its envelope.
        @param token  Completion token.

        @par Handler signature
        `void(error_code, delivery)`; the delivery is as far as it came, also with an error.

        @par Errors
        @li a reply of 400 to 599             the server did not take the message, or with recipients_policy::all not
                                              every recipient; the connection is in order (but after 421)
        @li error::outcome_unknown            the connection was lost, or the operation cancelled, after the message had
                                              been sent: it may have been delivered. diagnostics() has its Message-ID
        @li error::message_too_large, message_line_too_long, message_has_nul, eight_bit_not_offered,
            smtputf8_not_offered, no_recipient, too_many_recipients, invalid_envelope_id, invalid_recipient_report:
            nothing was sent
        @li any error of the stream           the message has not been sent

        @par Cancellation
        Supports `terminal`. The connection is closed, and with it a message that is not complete.
    */
    template <class CompletionToken>
    auto async_send(mail m, CompletionToken&& token)
    {
        std::vector<mail> one;
        one.push_back(std::move(m));
        return send<true, void(error_code, delivery)>(std::move(one), std::forward<CompletionToken>(token));
    }

    /** Sends messages one after the other, with one round trip for each where the server offers PIPELINING.

        A message that is refused does not keep the later ones from being sent.

        @par Handler signature
        `void(error_code, std::vector<delivery>)`; one for each message, in their order, also with an error. The error is
        that of the first message that was not taken.

        Errors and cancellation are those of async_send.
    */
    template <class CompletionToken>
    auto async_send_all(std::vector<mail> messages, CompletionToken&& token)
    {
        return send<false, void(error_code, std::vector<delivery>)>(std::move(messages),
                                                                    std::forward<CompletionToken>(token));
    }

    /** Gives up the message in progress, if there is one (RSET).

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_reset(CompletionToken&& token)
    {
        return this->run(detail::reset(this->session()), std::forward<CompletionToken>(token));
    }

    /** Asks whether the server is still there (NOOP).

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_noop(CompletionToken&& token)
    {
        return this->run(detail::noop(this->session()), std::forward<CompletionToken>(token));
    }

    /** Says good-bye and closes the connection (QUIT). Succeeds whether the server answers or not.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_quit(CompletionToken&& token)
    {
        return this->run(detail::quit(this->session()), std::forward<CompletionToken>(token));
    }

private:
    template <bool One, class Signature, class CompletionToken>
    auto send(std::vector<mail> messages, CompletionToken&& token)
    {
        auto initiate = [this](auto handler, std::vector<mail> all) {
            auto now = std::make_shared<detail::progress>();
            auto f = detail::send_all(this->session(), std::move(all), now);
            this->run(std::move(f), detail::report_mailing<decltype(handler), One>{std::move(handler), std::move(now)});
        };
        return asio::async_initiate<CompletionToken, Signature>(std::move(initiate), token, std::move(messages));
    }
};

/// Over TCP and TLS.
using client = basic_client<>;

}  // namespace outkit::inline OUTKIT_ABI::smtp

// Executor, cancellation slot and the rest are those of the caller's handler.
template <template <class, class> class Associator, class Handler, bool One, class Default>
struct outkit::asio::associator<Associator, outkit::smtp::detail::report_mailing<Handler, One>, Default>
    : Associator<Handler, Default>
{
    using handler_type = outkit::smtp::detail::report_mailing<Handler, One>;

    static auto get(handler_type const& h) noexcept { return Associator<Handler, Default>::get(h.handler); }
    static auto get(handler_type const& h, Default const& d) noexcept
    {
        return Associator<Handler, Default>::get(h.handler, d);
    }
};

#endif
