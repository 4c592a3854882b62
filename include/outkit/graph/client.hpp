#ifndef OUTKIT_GRAPH_CLIENT_HPP
#define OUTKIT_GRAPH_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/graph/detail/attachments.hpp>
#include <outkit/graph/detail/batches.hpp>
#include <outkit/graph/detail/changes.hpp>
#include <outkit/graph/detail/flows.hpp>
#include <outkit/graph/detail/subscriptions.hpp>
#include <outkit/graph/detail/writing.hpp>
#include <outkit/graph/query.hpp>
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

    /** @param p  asked for a token before the first call, and again when the service has refused the last one or its end is
                  near; a call that was refused for its token is then said once more. While it is asked after a claims
                  challenge, problem().claims has what the authority is to be told. */
    basic_client(Stream s, token_provider p, options o = {}) : base(std::move(s), std::move(o), std::move(p)) {}

    /// Takes another token from the next operation on. Not while one is in progress.
    void set_token(access_token t) { this->session().tokens.token = std::move(t); }

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
        @li error::search_not_combinable, error::invalid_filter  the service would refuse it, so it is not asked
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
    /// The same, with what is expanded.
    template <class CompletionToken>
    auto async_get_message(std::string id, std::vector<std::string> select, message_expansion expand,
                           CompletionToken&& token)
    {
        return this->run(detail::get_message(this->session(), std::move(id), std::move(select), std::move(expand)),
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

    /** Changes a message. Subject, body, message id and reply-to only of a draft. Needs Mail.ReadWrite.

        @par Handler signature
        `void(error_code, message)`, the message as it is now

        @par Errors
        @li error::not_changeable  of a message that is no draft
        @li error::item_not_found, error::id_malformed
    */
    template <class CompletionToken>
    auto async_update_message(std::string id, message_update what, CompletionToken&& token)
    {
        return this->run(detail::update_message(this->session(), std::move(id), std::move(what)),
                         std::forward<CompletionToken>(token));
    }

    /** Makes a draft. Needs Mail.ReadWrite.

        @param folder  id or well-known name; empty: Drafts

        @par Handler signature
        `void(error_code, message)`, the draft with its id

        @par Errors
        @li error::outcome_unknown  it may be there: look into the folder
        @li error::invalid_header, error::message_too_large
    */
    template <class CompletionToken>
    auto async_create_draft(outgoing_message m, std::string folder, CompletionToken&& token)
    {
        return this->run(detail::create_draft(this->session(), std::move(m), std::move(folder)),
                         std::forward<CompletionToken>(token));
    }

    /// The same of MIME text (RFC 5322, CRLF lines), in Drafts: in other folders the service refuses MIME at times.
    template <class CompletionToken>
    auto async_create_draft_of(std::string mime, CompletionToken&& token)
    {
        return this->run(detail::create_draft_of(this->session(), std::move(mime)),
                         std::forward<CompletionToken>(token));
    }

    /** Sends a draft, which then is a message in Sent Items. Needs Mail.Send.

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li error::outcome_unknown  as of async_send_mail; with immutable ids the message can be looked up by the same id
        @li error::invalid_recipients, error::send_as_denied, error::item_not_found (it has been sent already, say)
    */
    template <class CompletionToken>
    auto async_send_draft(std::string id, CompletionToken&& token)
    {
        return this->run(detail::send_draft(this->session(), std::move(id)), std::forward<CompletionToken>(token));
    }

    /** Answers the sender of a message, or those it has reply-to for, and sends that at once. Needs Mail.Send.

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li error::invalid_query    `what` is not as it should be, see reply
        @li error::outcome_unknown  as of async_send_mail
    */
    template <class CompletionToken>
    auto async_reply(std::string id, reply what, CompletionToken&& token)
    {
        return this->run(detail::answer(this->session(), std::move(id), detail::answering::reply, std::move(what)),
                         std::forward<CompletionToken>(token));
    }
    /// The same to all recipients.
    template <class CompletionToken>
    auto async_reply_all(std::string id, reply what, CompletionToken&& token)
    {
        return this->run(detail::answer(this->session(), std::move(id), detail::answering::reply_all, std::move(what)),
                         std::forward<CompletionToken>(token));
    }
    /// The same to those whom `what` names.
    template <class CompletionToken>
    auto async_forward(std::string id, reply what, CompletionToken&& token)
    {
        return this->run(detail::answer(this->session(), std::move(id), detail::answering::forward, std::move(what)),
                         std::forward<CompletionToken>(token));
    }

    /** A draft of an answer, to be changed and sent. Needs Mail.ReadWrite.

        @par Handler signature
        `void(error_code, message)`, the draft
    */
    template <class CompletionToken>
    auto async_create_reply(std::string id, reply what, CompletionToken&& token)
    {
        return this->run(
            detail::draft_answer(this->session(), std::move(id), detail::answering::reply, std::move(what)),
            std::forward<CompletionToken>(token));
    }
    template <class CompletionToken>
    auto async_create_reply_all(std::string id, reply what, CompletionToken&& token)
    {
        return this->run(
            detail::draft_answer(this->session(), std::move(id), detail::answering::reply_all, std::move(what)),
            std::forward<CompletionToken>(token));
    }
    template <class CompletionToken>
    auto async_create_forward(std::string id, reply what, CompletionToken&& token)
    {
        return this->run(
            detail::draft_answer(this->session(), std::move(id), detail::answering::forward, std::move(what)),
            std::forward<CompletionToken>(token));
    }

    /** Moves a message to another folder, which gives it another id unless ids are immutable. Needs Mail.ReadWrite.

        @param destination  id or well-known name

        @par Handler signature
        `void(error_code, message)`, the message with the id it has now

        @par Errors
        @li error::item_not_found   the message or the folder is not there
        @li error::outcome_unknown  it may have been moved
    */
    template <class CompletionToken>
    auto async_move_message(std::string id, std::string destination, CompletionToken&& token)
    {
        return this->run(detail::move_message(this->session(), std::move(id), std::move(destination)),
                         std::forward<CompletionToken>(token));
    }
    /// Copies a message; the handler gets the copy. Otherwise as async_move_message.
    template <class CompletionToken>
    auto async_copy_message(std::string id, std::string destination, CompletionToken&& token)
    {
        return this->run(detail::copy_message(this->session(), std::move(id), std::move(destination)),
                         std::forward<CompletionToken>(token));
    }

    /** Deletes a message; its owner can get it back from Recoverable Items for some time. To put it into Deleted Items,
        move it there. Needs Mail.ReadWrite.

        @param for_ever  not even its owner can get it back

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_delete_message(std::string id, bool for_ever, CompletionToken&& token)
    {
        return this->run(detail::delete_message(this->session(), std::move(id), for_ever),
                         std::forward<CompletionToken>(token));
    }

    /** Makes a folder. Needs Mail.ReadWrite.

        @param parent  id or well-known name; empty: at the top

        @par Handler signature
        `void(error_code, mail_folder)`

        @par Errors
        @li error::folder_exists, error::item_not_found (no such parent), error::outcome_unknown
    */
    template <class CompletionToken>
    auto async_create_folder(std::string name, std::string parent, bool hidden, CompletionToken&& token)
    {
        return this->run(detail::create_folder(this->session(), std::move(name), std::move(parent), hidden),
                         std::forward<CompletionToken>(token));
    }
    /** Gives a folder another name. Needs Mail.ReadWrite.

        @par Handler signature
        `void(error_code, mail_folder)`

        @par Errors
        @li error::protected_item  every mailbox has it
        @li error::folder_exists, error::item_not_found
    */
    template <class CompletionToken>
    auto async_rename_folder(std::string id, std::string name, CompletionToken&& token)
    {
        return this->run(detail::rename_folder(this->session(), std::move(id), std::move(name)),
                         std::forward<CompletionToken>(token));
    }
    /// Moves a folder with all that is in it into another one. As async_rename_folder, and error::outcome_unknown.
    template <class CompletionToken>
    auto async_move_folder(std::string id, std::string destination, CompletionToken&& token)
    {
        return this->run(detail::move_folder(this->session(), std::move(id), std::move(destination)),
                         std::forward<CompletionToken>(token));
    }
    /// Copies a folder with all that is in it; the handler gets the copy.
    template <class CompletionToken>
    auto async_copy_folder(std::string id, std::string destination, CompletionToken&& token)
    {
        return this->run(detail::copy_folder(this->session(), std::move(id), std::move(destination)),
                         std::forward<CompletionToken>(token));
    }
    /** Deletes a folder and all that is in it. Needs Mail.ReadWrite.

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li error::protected_item  every mailbox has it
        @li error::item_not_found
    */
    template <class CompletionToken>
    auto async_delete_folder(std::string id, bool for_ever, CompletionToken&& token)
    {
        return this->run(detail::delete_folder(this->session(), std::move(id), for_ever),
                         std::forward<CompletionToken>(token));
    }

    /** What is attached to a message. Needs Mail.Read.

        @param select  Graph's property names; empty: all, the content of files among them. Names of one kind of attachment
                       only need it in front: "microsoft.graph.fileAttachment/contentId"

        @par Handler signature
        `void(error_code, page<attachment>)`; the service gives all on one page
    */
    template <class CompletionToken>
    auto async_list_attachments(std::string message, std::vector<std::string> select, CompletionToken&& token)
    {
        return this->run(detail::list_attachments(this->session(), std::move(message), std::move(select)),
                         std::forward<CompletionToken>(token));
    }
    /** One attachment, with the content of a file. Needs Mail.Read.

        @par Handler signature
        `void(error_code, attachment)`
    */
    template <class CompletionToken>
    auto async_get_attachment(std::string message, std::string id, CompletionToken&& token)
    {
        return this->run(detail::get_attachment(this->session(), std::move(message), std::move(id)),
                         std::forward<CompletionToken>(token));
    }
    /** The octets of an attached file, or an attached item as MIME, vCard or iCalendar, piece by piece. As async_get_mime;
        references have no content.

        @par Handler signature
        `void(error_code, std::uint64_t)`, the number of octets
    */
    template <class CompletionToken>
    auto async_get_attachment_content(std::string message, std::string id, std::function<void(std::string_view)> to,
                                      CompletionToken&& token)
    {
        return this->run(
            detail::get_attachment_content(this->session(), std::move(message), std::move(id), std::move(to)),
            std::forward<CompletionToken>(token));
    }
    /** Attaches a file to a draft: up to 3 MB with one request, more by an upload session, in pieces and in bounded memory.
        A piece that is lost on its way is said again from where the service is. Needs Mail.ReadWrite.

        The address of an upload session may be at another host. It gets no access token, and nobody else is to see it.

        @param from  `octets` must be known; up to 150 MB, by default 35

        @par Handler signature
        `void(error_code, std::string)`, the attachment's id; empty if the service does not say it

        @par Errors
        @li the source's error; the upload is taken back
        @li error::upload_expired, error::upload_out_of_step
        @li error::message_too_large, error::item_not_found
        @li error::outcome_unknown  a small file may be there: list the attachments
    */
    template <class CompletionToken>
    auto async_attach(std::string message, attached_file file, octet_source from, CompletionToken&& token)
    {
        return this->run(detail::attach_file(this->session(), std::move(message), std::move(file), std::move(from)),
                         std::forward<CompletionToken>(token));
    }
    /** Takes an attachment from a draft. Needs Mail.ReadWrite.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_delete_attachment(std::string message, std::string id, CompletionToken&& token)
    {
        return this->run(detail::delete_attachment(this->session(), std::move(message), std::move(id)),
                         std::forward<CompletionToken>(token));
    }

    /** What is in a folder, and what has changed since: the first page of a series. Needs Mail.ReadBasic.

        @par Handler signature
        `void(error_code, changes<message>)`

        @par Errors
        @li error::item_not_found  there is no such folder
        @li error::page_loop, http::error::untrusted_origin
    */
    template <class CompletionToken>
    auto async_changes(delta_query query, CompletionToken&& token)
    {
        return this->run(detail::message_changes(this->session(), std::move(query)),
                         std::forward<CompletionToken>(token));
    }
    /** The page after this one, or, if it was the last, what has happened since; also from a `delta_link` alone that was
        kept.

        @par Errors
        @li error::sync_state_not_found  the service has forgotten: begin with async_changes
    */
    template <class CompletionToken>
    auto async_next(changes<message> after, CompletionToken&& token)
    {
        return this->run(detail::more_message_changes(this->session(), std::move(after)),
                         std::forward<CompletionToken>(token));
    }
    /// The same of all folders of the mailbox.
    template <class CompletionToken>
    auto async_folder_changes(unsigned page_size, CompletionToken&& token)
    {
        return this->run(detail::folder_changes(this->session(), page_size), std::forward<CompletionToken>(token));
    }
    template <class CompletionToken>
    auto async_next(changes<mail_folder> after, CompletionToken&& token)
    {
        return this->run(detail::more_folder_changes(this->session(), std::move(after)),
                         std::forward<CompletionToken>(token));
    }

    /** Up to 20 requests in one. Needs what each of them needs.

        What the service puts off (429, or 503 with Retry-After), and what waited for that, is asked again in a smaller batch,
        `limits::attempts` times altogether; nothing else is.

        @par Handler signature
        `void(error_code, std::vector<batch_response>)`, in the order of the requests, failed ones among them

        @par Errors
        @li error::invalid_query    too many, an id twice, a body that is no JSON, or one waits for what there is not
        @li error::outcome_unknown  the connection or the service failed, and not all requests were GET
    */
    template <class CompletionToken>
    auto async_batch(std::vector<batch_request> requests, CompletionToken&& token)
    {
        return this->run(detail::run_batch(this->session(), std::move(requests)), std::forward<CompletionToken>(token));
    }

    /** Wants to be told of changes. The service tries the notification URL first, so whoever answers there, such as a
        notification_listener, must be there already. Needs what reading the resource needs.

        @par Handler signature
        `void(error_code, subscription)`

        @par Errors
        @li error::invalid_query         no change is wanted, a URL is not https, or the client state is too long
        @li error::subscription_refused  the URL did not answer as it should, or the mailbox may not be watched
        @li error::outcome_unknown       it may have been made: list them
    */
    template <class CompletionToken>
    auto async_subscribe(subscription_request r, CompletionToken&& token)
    {
        return this->run(detail::create_subscription(this->session(), std::move(r)),
                         std::forward<CompletionToken>(token));
    }
    /** The application's subscriptions, a page of them.

        @par Handler signature
        `void(error_code, page<subscription>)`
    */
    template <class CompletionToken>
    auto async_list_subscriptions(CompletionToken&& token)
    {
        return this->run(detail::list_subscriptions(this->session()), std::forward<CompletionToken>(token));
    }
    template <class CompletionToken>
    auto async_next(page<subscription> after, CompletionToken&& token)
    {
        return this->run(detail::next_subscriptions(this->session(), std::move(after)),
                         std::forward<CompletionToken>(token));
    }
    /// One of them, or error::item_not_found when it is over.
    template <class CompletionToken>
    auto async_get_subscription(std::string id, CompletionToken&& token)
    {
        return this->run(detail::get_subscription(this->session(), std::move(id)),
                         std::forward<CompletionToken>(token));
    }
    /** Lets it last longer.

        @param until  at most a week ahead; less than 45 minutes become 45

        @par Handler signature
        `void(error_code, subscription)`
    */
    template <class CompletionToken>
    auto async_renew_subscription(std::string id, date_time until, CompletionToken&& token)
    {
        return this->run(detail::renew_subscription(this->session(), std::move(id), until),
                         std::forward<CompletionToken>(token));
    }
    /** Shows the service a valid token, which it asks for with notification_kind::reauthorization_required.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_reauthorize_subscription(std::string id, CompletionToken&& token)
    {
        return this->run(detail::reauthorize_subscription(this->session(), std::move(id)),
                         std::forward<CompletionToken>(token));
    }
    /** Ends it.

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_unsubscribe(std::string id, CompletionToken&& token)
    {
        return this->run(detail::delete_subscription(this->session(), std::move(id)),
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
