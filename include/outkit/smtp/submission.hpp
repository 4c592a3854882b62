#ifndef OUTKIT_SMTP_SUBMISSION_HPP
#define OUTKIT_SMTP_SUBMISSION_HPP

#include <outkit/smtp/client.hpp>
#include <outkit/smtp/detail/submitting.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::smtp {

/** Hands mail of one account over to one server, and tries again what may succeed later.

    @code
    outkit::smtp::submission_access where;
    where.user = "ann@contoso.example";
    where.tokens = ...;  // as in docs/tokens.md
    outkit::smtp::submission outgoing(outkit::stream(io.get_executor(), tls), std::move(where));
    auto const sent = outgoing.async_send(std::move(mail), io.wait());
    @endcode

    It connects and signs in when there is something to send, and keeps the connection for the next operation. Whatever it
    tries again is the same message, with the same Message-ID:

    @li a refusal of 400 to 499 (throttled, busy) is waited out, as submission_policy says; one that other messages would get,
        too, holds them back
    @li a connection that is lost is made anew
    @li a token that is not accepted is replaced once for each operation, and one that is about to expire before that

    A message whose answer did not come is never sent again: it ends with error::outcome_unknown, and the others go on.

    Each submission has a connection of its own, for one account and one endpoint; nothing is shared, so mail never goes out
    over a connection that is secured otherwise or signed in as somebody else. Exchange lets three connections of a mailbox
    submit at once: say async_quit() when there is nothing to send for a while.

    Movable, not copyable, not thread-safe: give it a strand's executor. One operation at a time; a second one fails with
    operation_in_progress.
*/
template <outkit::detail::flow_stream Stream = outkit::stream>
class basic_submission : public outkit::detail::client_base<detail::submitter, Stream>
{
    using base = outkit::detail::client_base<detail::submitter, Stream>;

public:
    /// @param s  The stream to talk over; with a client's TLS context, unless only this machine is connected to.
    basic_submission(Stream s, submission_access where, submission_policy how = {})
        : base(std::move(s), std::move(where), how)
    {
    }

    /// As basic_client's.
    std::string const& diagnostics() const noexcept
    {
        return base::diagnostics().empty() ? *this->session().s.server_said : base::diagnostics();
    }

    /// As basic_client's.
    reply const& refused() const noexcept { return this->session().s.refused; }

    /// As basic_client's.
    smtp::stage stage() const noexcept { return this->session().s.now; }

    /// What the server offered on the last connection; empty before the first.
    extensions const& offered() const noexcept { return this->session().s.offered; }

    /// As basic_client's.
    void trace(outkit::detail::wire::trace_hook hook) { this->session().s.w.trace = std::move(hook); }

    /** Sends a message.

        @par Handler signature
        `void(error_code, delivery)`; the delivery is as far as it came, also with an error.

        @par Errors
        @li a reply of 500 to 599     the server refuses it
        @li a reply of 400 to 499     it still refuses after the policy's attempts, or its time
        @li error::outcome_unknown    as basic_client::async_send()
        @li error::authentication_failed   also with a second token, or the server says that it is not the token
        @li the token_provider's error, outkit::error::timeout when it does not answer
        @li every other error of basic_client's async_connect(), async_authenticate() and async_send(); those of the stream
            after the policy's attempts

        @par Cancellation
        Supports `terminal`, also while it waits. The connection is closed, and with it a message that is not complete.
    */
    template <class CompletionToken>
    auto async_send(mail m, CompletionToken&& token)
    {
        std::vector<mail> one;
        one.push_back(std::move(m));
        return send<true, void(error_code, delivery)>(std::move(one), std::forward<CompletionToken>(token));
    }

    /** Sends messages one after the other, with one round trip for each where the server offers PIPELINING.

        A message that is refused does not keep the others from being sent, unless the refusal is about all of them. Those
        that were not reached are error::not_sent.

        @par Handler signature
        `void(error_code, std::vector<delivery>)`; one for each message, in their order, also with an error. The error is that
        of the connection or the sign-in if there was one at the end, else that of the first message that was not taken.

        Errors and cancellation are those of async_send.
    */
    template <class CompletionToken>
    auto async_send_all(std::vector<mail> messages, CompletionToken&& token)
    {
        return send<false, void(error_code, std::vector<delivery>)>(std::move(messages),
                                                                    std::forward<CompletionToken>(token));
    }

    /** Says good-bye and closes the connection, if there is one. The next message makes another.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_quit(CompletionToken&& token)
    {
        return this->run(detail::leave(this->session()), std::forward<CompletionToken>(token));
    }

private:
    template <bool One, class Signature, class CompletionToken>
    auto send(std::vector<mail> messages, CompletionToken&& token)
    {
        auto initiate = [this](auto handler, std::vector<mail> all) {
            auto now = std::make_shared<detail::progress>();
            auto f = detail::submit(this->session(), std::move(all), now);
            this->run(std::move(f), detail::report_mailing<decltype(handler), One>{std::move(handler), std::move(now)});
        };
        return asio::async_initiate<CompletionToken, Signature>(std::move(initiate), token, std::move(messages));
    }
};

/// Over TCP and TLS.
using submission = basic_submission<>;

}  // namespace outkit::inline OUTKIT_ABI::smtp

#endif
