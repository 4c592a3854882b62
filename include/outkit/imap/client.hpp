#ifndef OUTKIT_IMAP_CLIENT_HPP
#define OUTKIT_IMAP_CLIENT_HPP

#include <outkit/detail/client_base.hpp>
#include <outkit/imap/detail/flows.hpp>
#include <outkit/stream.hpp>

namespace outkit::inline OUTKIT_ABI::imap {

/** An IMAP client (RFC 9051, RFC 3501), for Exchange Online and every server that takes XOAUTH2.

    One connection, one operation at a time: a second one fails with error::operation_in_progress. Not thread-safe; give
    the stream a strand's executor or run its context in one thread.

    @code
    outkit::imap::client client(outkit::stream(io.get_executor(), tls));
    client.async_connect("outlook.office365.com", 993, outkit::imap::security::implicit_tls, io.wait());
    client.async_authenticate("ann@contoso.example", std::move(token), io.wait());
    auto const inbox = client.async_select("INBOX", io.wait());
    auto const batch = client.async_fetch(outkit::imap::uid_set::all(), outkit::imap::fetch_items::metadata(), io.wait());
    @endcode

    @par Errors of every operation
    @li imap::error::connection_ended, access_token_expired   the server said BYE
    @li every error with condition::protocol_violation or condition::limit_exceeded of imap::error
    @li outkit::error and the stream's errors

    After those the connection is closed, and operations fail with outkit::error::not_connected until async_connect. A
    refusal by the server, and an argument that is refused before a byte is sent, leave the connection as it is.

    @li imap::error::outcome_unknown   the connection was lost when the command may have arrived; look before saying it
                                       again. APPEND, COPY, MOVE, EXPUNGE, CLOSE, CREATE, DELETE and RENAME only, see
                                       command_rules()

    @par Coming back
    A client that was opened with async_open() makes another connection by itself.

    @par Refusals of every command
    @li imap::error::command_refused (NO), command_rejected (BAD)
    @li imap::error::throttled       see retry_after()
    @li imap::error::unavailable, authenticated_but_not_connected

    @par Cancellation
    Every operation supports `terminal`. The connection is closed.
*/
template <class Stream = outkit::stream>
class basic_client : outkit::detail::client_base<detail::session, Stream>
{
    using base = outkit::detail::client_base<detail::session, Stream>;

public:
    /// A client over a stream that is not connected.
    explicit basic_client(Stream stream, imap::settings settings = {}) : base(std::move(stream), std::move(settings)) {}

    using base::cancel;
    using base::close;
    using base::diagnostics;
    using base::get_executor;
    using base::stream;

    /// What the server can do; of the newest of greeting, sign-in and async_capability().
    capabilities const& server_capabilities() const noexcept { return this->session().caps; }
    /// The selected mailbox as far as the server has told; an empty name when there is none.
    mailbox_status const& selected() const noexcept { return this->session().box; }
    /// What the server wants a person to read ([ALERT]), at most 512 octets; empty when there is nothing.
    std::string const& alert() const noexcept { return this->session().alert; }
    /// How long the server wants to be left alone, after error::throttled. It may be longer than anybody wants to wait.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept { return this->session().retry_after; }

    /// Told every line in both directions, secrets and bodies as their length only. Opt-in, for support. The operation
    /// waits for it. It may be replaced at any time, also while it is called; one that throws is told nothing more.
    void trace(outkit::detail::wire::trace_hook hook) { this->session().w.trace = std::move(hook); }

    /** Connects, secures the connection and reads greeting and capabilities.

        With security::starttls nothing that was said before TLS is known afterwards.

        @param host   DNS name or address; the certificate is verified against it.
        @param port   993 for implicit_tls, 143 for starttls.

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li imap::error::greeting_refused, malformed_greeting
        @li imap::error::plaintext_not_loopback   plaintext_loopback to another host
        @li outkit::error::tls_required           the server would not have TLS; nothing secret was sent
        @li outkit::error::early_plaintext        it sent more after it had agreed to STARTTLS
    */
    template <class CompletionToken>
    auto async_connect(std::string host, std::uint16_t port, security how, CompletionToken&& token)
    {
        return base::run(detail::connect(this->session(), std::move(host), port, how),
                         std::forward<CompletionToken>(token));
    }

    /** Connects and signs in, and from then on comes back by itself when the connection is lost.

        Each later operation first makes another connection if there is none, with a token from `where.tokens`, and
        selects the mailbox that was selected. A command whose answer does not come is said again on the next connection if
        that does no harm, as command_rules() has it; of a FETCH, what has come is not asked for again, but the message whose
        octets were on their way begins anew in the sink, with offset 0. The other commands end with
        error::outcome_unknown, and are never said twice. async_noop() and async_idle() tell of a new connection
        (mailbox_event::kind::resumed).

        A token that has expired, that the server does not accept, or that it refuses later with
        [AUTHENTICATIONFAILED], is replaced once. A server that throttles us is asked again after the time it says.

        async_logout() and async_connect() end this.

        @param how  how often and how patiently

        @par Handler signature
        `void(error_code)`

        @par Errors
        As async_connect() and async_authenticate(), and of every later operation:
        @li imap::error::uid_validity_changed, no_such_mailbox   the mailbox is not the one that was selected; none is now,
                                                                 and what is known of its UIDs is worth nothing
        @li the token_provider's error, outkit::error::timeout when it does not answer
    */
    template <class CompletionToken>
    auto async_open(mailbox_access where, resume_policy how, CompletionToken&& token)
    {
        return base::run(detail::open(this->session(), std::move(where), how), std::forward<CompletionToken>(token));
    }

    /** Signs in with SASL XOAUTH2 and nothing else.

        The token is sent over TLS only (or plaintext_loopback). Reads the capabilities again, and asks for the
        namespaces, since Exchange may accept a token and refuse the mailbox to the next command.

        @param user    Address of the mailbox to open. With a shared mailbox this is the shared one, and the token
                       belongs to somebody who has access to it.
        @param access  For IMAP: its audience is https://outlook.office.com, its scope IMAP.AccessAsUser.All.

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li imap::error::authentication_failed             the token was refused; connect again before the next attempt
        @li imap::error::authenticated_but_not_connected   the token is right, the mailbox is not to be had
        @li imap::error::xoauth2_not_offered               the token was not sent
        @li imap::error::invalid_user, invalid_access_token, already_authenticated
    */
    template <class CompletionToken>
    auto async_authenticate(std::string user, access_token access, CompletionToken&& token)
    {
        return this->run(detail::authenticate(this->session(), std::move(user), std::move(access)),
                         std::forward<CompletionToken>(token));
    }

    /** Asks what the server can do (RFC 9051 section 6.1.1).

        @par Handler signature
        `void(error_code, capabilities)`
    */
    template <class CompletionToken>
    auto async_capability(CompletionToken&& token)
    {
        return this->run(detail::capability(this->session()), std::forward<CompletionToken>(token));
    }

    /** Does nothing, so that the server can say what is new (RFC 9051 section 6.1.2).

        @par Handler signature
        `void(error_code, std::vector<mailbox_event>)`; all events since the last async_noop, async_idle or async_select
    */
    template <class CompletionToken>
    auto async_noop(CompletionToken&& token)
    {
        return this->run(detail::noop(this->session()), std::forward<CompletionToken>(token));
    }

    /** Says good-bye and closes the connection (RFC 9051 section 6.1.3).

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_logout(CompletionToken&& token)
    {
        return base::run(detail::logout(this->session()), std::forward<CompletionToken>(token));
    }

    /** Tells the server who we are, and asks who it is (RFC 2971). For support; nothing may depend on it.

        @param ours  at most 30 fields, names of at most 30 octets, values of at most 1,024; empty: we tell nothing.

        @par Handler signature
        `void(error_code, id_fields)`

        @par Errors
        @li imap::error::capability_missing, invalid_string
    */
    template <class CompletionToken>
    auto async_id(id_fields ours, CompletionToken&& token)
    {
        return this->run(detail::identify(this->session(), std::move(ours)), std::forward<CompletionToken>(token));
    }

    /** Asks where mailboxes are kept (RFC 2342).

        @par Handler signature
        `void(error_code, namespaces)`
    */
    template <class CompletionToken>
    auto async_namespace(CompletionToken&& token)
    {
        return this->run(detail::namespaces_of(this->session()), std::forward<CompletionToken>(token));
    }

    /** Lists mailboxes (RFC 3501 section 6.3.8).

        Exchange marks \Sent, \Drafts, \Trash and \Junk in it although it does not say that it can.

        @param pattern  UTF-8; "*" stands for anything, "%" for anything within one level.

        @par Handler signature
        `void(error_code, std::vector<mailbox>)`
    */
    template <class CompletionToken>
    auto async_list(std::string pattern, CompletionToken&& token)
    {
        return this->run(detail::list(this->session(), {}, std::move(pattern)), std::forward<CompletionToken>(token));
    }

    /** Lists the subscribed mailboxes (RFC 3501 section 6.3.9). Names can be among them that exist no more.

        Handler as async_list(). Exchange refuses it (command_rejected) when IMAP4rev2 is switched on for the connection.
    */
    template <class CompletionToken>
    auto async_list_subscribed(std::string pattern, CompletionToken&& token)
    {
        return this->run(detail::list(this->session(), {}, std::move(pattern), detail::listing::subscribed),
                         std::forward<CompletionToken>(token));
    }

    /** Asks about a mailbox without selecting it (RFC 9051 section 6.3.11). Exchange needs more than a second for each.

        @par Handler signature
        `void(error_code, mailbox_status)`; flags are not in it

        @par Errors
        @li imap::error::no_such_mailbox, invalid_mailbox_name
    */
    template <class CompletionToken>
    auto async_status(mailbox_name name, CompletionToken&& token)
    {
        return this->run(detail::status(this->session(), std::move(name)), std::forward<CompletionToken>(token));
    }

    /** Selects a mailbox, so that its messages can be fetched (RFC 9051 section 6.3.2).

        Any mailbox selected before is closed first; if this fails, none is selected.

        @par Handler signature
        `void(error_code, mailbox_status)`

        @par Errors
        @li imap::error::no_such_mailbox, invalid_mailbox_name
        @li imap::error::not_authenticated
    */
    template <class CompletionToken>
    auto async_select(mailbox_name name, CompletionToken&& token)
    {
        return this->run(detail::select(this->session(), std::move(name), false), std::forward<CompletionToken>(token));
    }

    /** The same, read only (RFC 9051 section 6.3.3). */
    template <class CompletionToken>
    auto async_examine(mailbox_name name, CompletionToken&& token)
    {
        return this->run(detail::select(this->session(), std::move(name), true), std::forward<CompletionToken>(token));
    }

    /** Leaves the selected mailbox; nothing is expunged (RFC 3691).

        @par Handler signature
        `void(error_code)`
    */
    template <class CompletionToken>
    auto async_unselect(CompletionToken&& token)
    {
        return this->run(detail::unselect(this->session()), std::forward<CompletionToken>(token));
    }

    /** Leaves the selected mailbox, and removes for good all of its messages that are \Deleted, whoever has marked them
        (RFC 9051 section 6.4.1). After async_examine() nothing is removed. Handler: `void(error_code)`. */
    template <class CompletionToken>
    auto async_close(CompletionToken&& token)
    {
        return this->run(detail::close(this->session()), std::forward<CompletionToken>(token));
    }

    /** Makes a mailbox (RFC 9051 section 6.3.4). Handler: `void(error_code)`. */
    template <class CompletionToken>
    auto async_create(mailbox_name name, CompletionToken&& token)
    {
        return this->run(detail::create(this->session(), std::move(name)), std::forward<CompletionToken>(token));
    }

    /** Deletes a mailbox with all that is in it (RFC 9051 section 6.3.5). Handler: `void(error_code)`. */
    template <class CompletionToken>
    auto async_delete(mailbox_name name, CompletionToken&& token)
    {
        return this->run(detail::remove(this->session(), std::move(name)), std::forward<CompletionToken>(token));
    }

    /** Renames a mailbox (RFC 9051 section 6.3.6). Handler: `void(error_code)`. */
    template <class CompletionToken>
    auto async_rename(mailbox_name from, mailbox_name to, CompletionToken&& token)
    {
        return this->run(detail::rename(this->session(), std::move(from), std::move(to)),
                         std::forward<CompletionToken>(token));
    }

    /** Adds a mailbox to the subscribed ones, or removes it (RFC 9051 section 6.3.7). Handler: `void(error_code)`. */
    template <class CompletionToken>
    auto async_subscribe(mailbox_name name, bool on, CompletionToken&& token)
    {
        return this->run(detail::subscribe(this->session(), std::move(name), on), std::forward<CompletionToken>(token));
    }

    /** Fetches from messages by UID (RFC 9051 section 6.4.5).

        Many messages at once are what it is made for: the batch is one block of memory. For more than 16 MB of metadata
        (about 17,000 messages) fetch in parts, or raise limits::untagged_octets. Message bodies belong into a sink.

        @param which  UIDs that do not exist are no error; those named one by one are in message_batch::missing().
        @param what   Answers come with what is asked for, and always with the UID.

        @par Handler signature
        `void(error_code, message_batch)`

        @par Errors
        @li the sink's error; the connection is closed then. So it is when the sink throws: the exception leaves through
            io_context::run(), or the call of a blocking_context, and the handler is not called
        @li imap::error::fetch_incomplete   the server sent messages and then NO, as Exchange does when it cannot convert
                                            one: what fetch_items::each and the sink have been given is good
        @li imap::error::response_too_long, literal_too_long   see above
        @li imap::error::empty_set, invalid_section, no_mailbox_selected
    */
    template <class CompletionToken>
    auto async_fetch(uid_set which, fetch_items what, CompletionToken&& token)
    {
        return this->run(detail::fetch(this->session(), detail::numbering::uid, std::move(which), std::move(what)),
                         std::forward<CompletionToken>(token));
    }

    /** The same by position. Positions move; prefer UIDs. */
    template <class CompletionToken>
    auto async_fetch(sequence_set which, fetch_items what, CompletionToken&& token)
    {
        return this->run(detail::fetch(this->session(), detail::numbering::sequence, std::move(which), std::move(what)),
                         std::forward<CompletionToken>(token));
    }

    /** Finds messages of the selected mailbox (RFC 9051 section 6.4.4, UID SEARCH).

        @par Handler signature
        `void(error_code, uid_set)`; empty when there are none

        @par Errors
        @li imap::error::charset_not_supported   text outside US-ASCII, at a server that cannot search for it, as Exchange
        @li imap::error::invalid_string, invalid_flag, invalid_section, empty_set   see search_key
        @li imap::error::no_mailbox_selected
    */
    template <class CompletionToken>
    auto async_search(search_key what, CompletionToken&& token)
    {
        return this->run(detail::search(this->session(), std::move(what)), std::forward<CompletionToken>(token));
    }

    /** Changes flags of messages (RFC 9051 section 6.4.6).

        @par Handler signature
        `void(error_code, message_batch)`; the flags that the server says the messages have now

        @par Errors
        @li imap::error::flag_not_permanent   a keyword that the mailbox does not keep; nothing was sent. Exchange keeps
                                              none but $MDNSent
        @li imap::error::invalid_flag, empty_set, no_mailbox_selected
    */
    template <class CompletionToken>
    auto async_store(uid_set which, store_options what, CompletionToken&& token)
    {
        return this->run(detail::store(this->session(), detail::numbering::uid, std::move(which), std::move(what)),
                         std::forward<CompletionToken>(token));
    }

    /** Copies messages into another mailbox (RFC 9051 section 6.4.7).

        @par Handler signature
        `void(error_code, copy_result)`

        @par Errors
        @li imap::error::no_such_mailbox, empty_set, no_mailbox_selected
        @li imap::error::outcome_unknown   the connection was lost before the answer came
    */
    template <class CompletionToken>
    auto async_copy(uid_set which, mailbox_name to, CompletionToken&& token)
    {
        return this->run(detail::copy(this->session(), std::move(which), std::move(to)),
                         std::forward<CompletionToken>(token));
    }

    /** Moves messages into another mailbox (RFC 6851). Errors and handler as async_copy(), and capability_missing. */
    template <class CompletionToken>
    auto async_move(uid_set which, mailbox_name to, CompletionToken&& token)
    {
        return this->run(detail::move(this->session(), std::move(which), std::move(to)),
                         std::forward<CompletionToken>(token));
    }

    /** Removes these messages for good, if they are \Deleted, and no others (RFC 4315).

        @par Handler signature
        `void(error_code)`

        @par Errors
        @li imap::error::capability_missing   without UIDPLUS, other clients' messages would go as well
    */
    template <class CompletionToken>
    auto async_expunge(uid_set which, CompletionToken&& token)
    {
        return this->run(detail::expunge(this->session(), std::move(which)), std::forward<CompletionToken>(token));
    }

    /** Removes for good all messages of the mailbox that are \Deleted, whoever has marked them (RFC 9051 section 6.4.3).
        Handler: `void(error_code)`; which ones is told by the next async_noop(). */
    template <class CompletionToken>
    auto async_expunge(CompletionToken&& token)
    {
        return this->run(detail::expunge_all(this->session()), std::forward<CompletionToken>(token));
    }

    /** Puts a message into a mailbox (RFC 9051 section 6.3.12).

        @param message  Octets as they shall be, with CRLF line ends. Exchange takes a message apart and puts it together
                        again, so that it comes back with other octets.

        @par Handler signature
        `void(error_code, append_result)`

        @par Errors
        @li imap::error::no_such_mailbox, over_quota, message_too_big, message_too_long, invalid_flag
        @li imap::error::outcome_unknown   the connection was lost when the message may have arrived; look before
                                           appending it again
    */
    template <class CompletionToken>
    auto async_append(mailbox_name to, std::string message, append_options how, CompletionToken&& token)
    {
        return this->run(detail::append(this->session(), std::move(to), std::move(message), std::move(how)),
                         std::forward<CompletionToken>(token));
    }

    /** The same from a source, in bounded memory.

        @par Errors
        As above, and
        @li the source's error, imap::error::message_too_short   nothing was appended, and the connection is closed
    */
    template <class CompletionToken>
    auto async_append(mailbox_name to, octet_source from, append_options how, CompletionToken&& token)
    {
        return this->run(detail::append(this->session(), std::move(to), std::move(from), std::move(how)),
                         std::forward<CompletionToken>(token));
    }

    /** Waits until something happens in the selected mailbox (RFC 2177).

        Ends with DONE always, so that other commands can follow. What has happened before is told at once. The server
        does not say when the access token expires meanwhile; idle_options::token_expires ends it in time.

        @par Handler signature
        `void(error_code, std::vector<mailbox_event>)`; none after stop_idle() or idle_options::at_most

        @par Errors
        @li imap::error::access_token_expiring   the connection is good until the token is over
        @li imap::error::capability_missing, no_mailbox_selected
    */
    template <class CompletionToken>
    auto async_idle(idle_options how, CompletionToken&& token)
    {
        return base::run(detail::idle(this->session(), how), std::forward<CompletionToken>(token));
    }

    /// Ends an async_idle() in good order: DONE, the server's answer, and then the handler; also one that is coming back.
    /// On the client's executor.
    void stop_idle() { this->session().stop_idle.notify(); }

private:
    template <class T, class CompletionToken>
    auto run(outkit::detail::flow<T> f, CompletionToken&& token)
    {
        if (this->session().resume)
            f = detail::lasting(this->session(), std::move(f));
        return base::run(std::move(f), std::forward<CompletionToken>(token));
    }
};

using client = basic_client<>;

}  // namespace outkit::inline OUTKIT_ABI::imap

#endif
