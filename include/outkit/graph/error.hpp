#ifndef OUTKIT_GRAPH_ERROR_HPP
#define OUTKIT_GRAPH_ERROR_HPP

#include <outkit/error.hpp>

namespace outkit::inline OUTKIT_ABI::graph {

/** What can go wrong when talking to Microsoft Graph. Category "outkit.graph".

    A refusal has the error of its `error.code`, where we know that, and else the one of its HTTP status, an
    http::error. The service's own words are in the client's diagnostics() and problem().
*/
enum class error
{
    // Ours to prevent, or found out on our side
    invalid_query = 1,
    invalid_token_text,
    response_malformed,
    limit_exceeded,
    page_loop,
    outcome_unknown,

    // Signing in and permissions
    invalid_authentication_token,
    claims_challenge,
    access_denied,
    authorization_request_denied,
    send_as_denied,

    // What was asked for
    bad_request,
    unknown_property,
    inefficient_filter,
    invalid_filter,
    search_not_combinable,
    id_malformed,
    body_not_understood,
    invalid_mime_content,
    invalid_header,
    invalid_recipients,
    message_too_large,
    not_changeable,
    protected_item,
    attachment_too_small,
    upload_out_of_step,
    upload_expired,
    search_expired,
    subscription_refused,

    // What is not there
    item_not_found,
    mailbox_not_enabled,
    user_not_found,
    sync_state_not_found,

    // What stands in the way
    folder_exists,
    conflict,
    mailbox_full,
    sending_limit_reached,
    throttled,
    server_error,
    server_busy
};

inline error_code make_error_code(error e)
{
    using enum error;
    using c = condition;
    static constexpr outkit::detail::error_row rows[] = {
        {int(invalid_query), "an id is empty or not one path segment, or a page has more than 1000 items",
         c::invalid_argument},
        {int(invalid_token_text), "the access token is empty or has characters no token has", c::invalid_argument},
        {int(response_malformed), "the service answered something that is not Graph's JSON; is this the right host?",
         c::protocol_violation},
        {int(limit_exceeded), "the service sent more than graph::limits allow", c::limit_exceeded},
        {int(page_loop), "the service's next page is the same page again", c::protocol_violation},
        {int(outcome_unknown),
         "it may or may not have been carried out; look (into Sent Items, for a message) before doing it again",
         c::outcome_unknown},

        {int(invalid_authentication_token), "Graph refused the access token; get one for the Graph audience",
         c::authentication_failed},
        {int(claims_challenge), "Graph wants a new token with the claims it named; the user may have to sign in",
         c::interaction_required},
        {int(access_denied),
         "the permission is missing in the token, or an access policy keeps the application out of this mailbox",
         c::interaction_required},
        {int(authorization_request_denied), "the directory permission is missing in the token",
         c::interaction_required},
        {int(send_as_denied), "the user may not send as that address; grant Send As or Send on Behalf"},

        {int(bad_request), "Graph did not understand the request", c::invalid_argument},
        {int(unknown_property), "a property named in select, filter or order_by does not exist", c::invalid_argument},
        {int(inefficient_filter),
         "the filter is too complex; name what order_by sorts by first in the filter, or sort yourself",
         c::invalid_argument},
        {int(invalid_filter), "Graph cannot filter like this", c::invalid_argument},
        {int(search_not_combinable), "a search cannot be combined with a filter or an order", c::invalid_argument},
        {int(id_malformed), "this is not an id of Graph; ids are case-sensitive", c::invalid_argument},
        {int(body_not_understood), "Graph could not read what was sent", c::invalid_argument},
        {int(invalid_mime_content), "Graph could not read the MIME message", c::invalid_argument},
        {int(invalid_header), "names of message headers must begin with x-", c::invalid_argument},
        {int(invalid_recipients), "a recipient is missing or not an address", c::invalid_argument},
        {int(message_too_large), "the message is larger than the mailbox may send", c::invalid_argument},

        {int(not_changeable), "this cannot be changed in a message that is no draft", c::invalid_argument},
        {int(protected_item), "a folder that every mailbox has can be neither deleted nor renamed",
         c::invalid_argument},
        {int(attachment_too_small), "an upload session is for files of 2 MB and more", c::invalid_argument},
        {int(upload_out_of_step), "the service and we disagree about how much of the file it has",
         c::protocol_violation},
        {int(upload_expired), "the upload session is over; begin the upload anew", c::not_found},
        {int(search_expired), "the search is too old to be continued; search again", c::not_found},
        {int(subscription_refused),
         "Graph could not reach the notification address, or may not watch this mailbox; see its words",
         c::invalid_argument},

        {int(item_not_found), "the message or folder is not there; it may have been moved, which changes its id",
         c::not_found},
        {int(mailbox_not_enabled), "the user has no mailbox in the cloud: no licence, deleted, or on-premises",
         c::not_found},
        {int(user_not_found), "there is no such user", c::not_found},
        {int(sync_state_not_found), "the delta link is too old; start again from the beginning", c::not_found},

        {int(folder_exists), "there is a folder of that name already"},
        {int(conflict), "the item was changed by somebody else meanwhile; read it again"},
        {int(mailbox_full), "the mailbox is full"},
        {int(sending_limit_reached), "the account has reached its sending limit"},
        {int(throttled), "Graph is throttling this mailbox; wait as long as problem().retry_after says", c::transient},
        {int(server_error), "Graph had an internal error", c::transient},
        {int(server_busy), "Graph is busy or the mailbox is being moved; try again later", c::transient},
    };
    static const outkit::detail::table_category category("outkit.graph", rows);
    return {static_cast<int>(e), category};
}

}  // namespace outkit::inline OUTKIT_ABI::graph
OUTKIT_ERROR_CODE_ENUM(outkit::graph::error)

#endif
