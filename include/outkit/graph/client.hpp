#ifndef OUTKIT_GRAPH_CLIENT_HPP
#define OUTKIT_GRAPH_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/graph/detail/flows.hpp>
#include <outkit/stream.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::graph {

/** A client of the mail part of Microsoft Graph v1.0.

    One mailbox, one access token, one connection at a time, which is made when it is needed and kept between calls. The
    token is sent to `options::host` only, whatever links the service hands out.

    A call is repeated, at most `limits::attempts` times altogether, when the service asks to wait (Retry-After) and, if
    doing it twice does no harm, when the service failed or the connection broke. Sending a message is never repeated
    once the request may have been carried out: it ends in error::outcome_unknown. Timeouts are not repeated.

    After an error problem() has the service's code, message and request id.

    Movable, not copyable, not thread-safe; one operation at a time.

    @par Errors of every operation
    @li error::invalid_token_text  the token is empty or no token; nothing was sent
    @li any of graph::error, and http::error for statuses without a known code
    @li any error of http and of the stream; the connection is closed after those, and stays open after the others

    @par Cancellation
    Every operation supports `terminal`. The connection is closed.
*/
template <class Stream = outkit::stream>
class basic_client : public outkit::detail::client_base<detail::session, Stream>
{
    using base = outkit::detail::client_base<detail::session, Stream>;

public:
    /// @param t  for the Graph audience; what it must allow is said at each operation
    basic_client(Stream s, access_token t, options o = {}) : base(std::move(s), std::move(o), std::move(t)) {}

    /// Takes another token from the next operation on. Not while one is in progress.
    void set_token(access_token t) { this->session().token = std::move(t); }

    /// What the service said about the last operation's failure. Valid until the next operation begins.
    graph::problem const& problem() const noexcept { return this->session().last; }

    /// Told every line in both directions, secrets and bodies as their length only. Opt-in, for support. The operation
    /// waits for it. It may be replaced at any time, also while it is called; one that throws is told nothing more.
    void trace(outkit::detail::wire::trace_hook hook) { this->session().http.w.trace = std::move(hook); }

    /** Says whose token this is (GET /me, or /users/{user}). Needs User.Read.

        @par Handler signature
        `void(error_code, user)`
    */
    template <class CompletionToken>
    auto async_me(CompletionToken&& token)
    {
        return this->run(detail::get_me(this->session()), std::forward<CompletionToken>(token));
    }

    /** Lists the folders directly below the top, or below another folder; a page of them. Needs Mail.ReadBasic.

        @par Handler signature
        `void(error_code, page<mail_folder>)`

        @par Errors
        @li error::item_not_found  there is no such parent
        @li error::page_loop, http::error::untrusted_origin  the service's next link cannot be followed
    */
    template <class CompletionToken>
    auto async_list_folders(folder_query query, CompletionToken&& token)
    {
        return this->run(detail::list_folders(this->session(), std::move(query)), std::forward<CompletionToken>(token));
    }

    /** The page of folders after this one.

        @param after  a page whose `next_link` is not empty; its values may have been moved away
    */
    template <class CompletionToken>
    auto async_next(page<mail_folder> after, CompletionToken&& token)
    {
        return this->run(detail::next_folders(this->session(), std::move(after)), std::forward<CompletionToken>(token));
    }

    /** One folder. Needs Mail.ReadBasic.

        @param id  id, or well-known name such as "inbox", "sentitems", "drafts", "deleteditems", in any case

        @par Handler signature
        `void(error_code, mail_folder)`
    */
    template <class CompletionToken>
    auto async_get_folder(std::string id, CompletionToken&& token)
    {
        return this->run(detail::get_folder(this->session(), std::move(id)), std::forward<CompletionToken>(token));
    }

    /** Lists messages, a page of them. Needs Mail.ReadBasic, and Mail.Read for bodies.

        Ask with `select` for what you need: a page of whole messages is large, and slow to make.

        @par Handler signature
        `void(error_code, page<message>)`

        @par Errors
        @li error::unknown_property    in `select`, `filter` or `order_by`
        @li error::inefficient_filter  `order_by` is not covered by `filter`
        @li error::page_loop, http::error::untrusted_origin  the service's next link cannot be followed
    */
    template <class CompletionToken>
    auto async_list_messages(message_query query, CompletionToken&& token)
    {
        return this->run(detail::list_messages(this->session(), std::move(query)),
                         std::forward<CompletionToken>(token));
    }

    /// The page of messages after this one. See the same for folders.
    template <class CompletionToken>
    auto async_next(page<message> after, CompletionToken&& token)
    {
        return this->run(detail::next_messages(this->session(), std::move(after)),
                         std::forward<CompletionToken>(token));
    }

    /** One message. Needs Mail.ReadBasic, and Mail.Read for the body.

        @param id      as a listing gave it
        @param select  Graph's property names; empty: all there are by default

        @par Handler signature
        `void(error_code, message)`

        @par Errors
        @li error::item_not_found, error::id_malformed
    */
    template <class CompletionToken>
    auto async_get_message(std::string id, std::vector<std::string> select, CompletionToken&& token)
    {
        return this->run(detail::get_message(this->session(), std::move(id), std::move(select)),
                         std::forward<CompletionToken>(token));
    }

    /** The message as MIME text (RFC 5322), piece by piece. Needs Mail.Read.

        @param to  is given the octets in order while the operation runs; not repeated after an error, so what it has
                   then is incomplete

        @par Handler signature
        `void(error_code, std::uint64_t)`, the number of octets

        @par Errors
        @li error::item_not_found, error::id_malformed
        @li http::error::body_too_large  more than `limits::download`
    */
    template <class CompletionToken>
    auto async_get_mime(std::string id, std::function<void(std::string_view)> to, CompletionToken&& token)
    {
        return this->run(detail::get_mime(this->session(), std::move(id), std::move(to)),
                         std::forward<CompletionToken>(token));
    }

    /** Changes what may be changed of a message that was sent or received. Needs Mail.ReadWrite.

        @par Handler signature
        `void(error_code, message)`, the message as it is now
    */
    template <class CompletionToken>
    auto async_update_message(std::string id, message_update what, CompletionToken&& token)
    {
        return this->run(detail::update_message(this->session(), std::move(id), std::move(what)),
                         std::forward<CompletionToken>(token));
    }

    /** Sends a message (action sendMail). Needs Mail.Send.

        Success means that the service has taken it; if it cannot be delivered, a report comes by mail.

        @param save_to_sent_items  whether a copy is kept in Sent Items

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li error::outcome_unknown  the connection or the service failed after the request was sent: look into Sent Items
        @li error::invalid_recipients, error::send_as_denied, error::message_too_large, error::invalid_header
        @li error::throttled        nothing was sent
    */
    template <class CompletionToken>
    auto async_send_mail(outgoing_message m, bool save_to_sent_items, CompletionToken&& token)
    {
        return this->run(detail::send_mail(this->session(), std::move(m), save_to_sent_items),
                         std::forward<CompletionToken>(token));
    }

    /** Sends a message given as MIME text (RFC 5322, CRLF lines). Needs Mail.Send. A copy is kept in Sent Items.

        Recipients are those of To, Cc and Bcc. Otherwise as async_send_mail.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_send_mime(std::string mime, CompletionToken&& token)
    {
        return this->run(detail::send_mime(this->session(), std::move(mime)), std::forward<CompletionToken>(token));
    }
};

using client = basic_client<>;

}  // namespace outkit::inline OUTKIT_ABI::graph

#endif
