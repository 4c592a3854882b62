#ifndef OUTKIT_GRAPH_DETAIL_CODEC_IPP
#define OUTKIT_GRAPH_DETAIL_CODEC_IPP

#include <outkit/graph/detail/attachment_codec.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/detail/members.hpp>
#include <outkit/graph/detail/scanner.hpp>

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/wire.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/http/error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace outkit::inline OUTKIT_ABI::graph::detail {

// What a resource is made of. Words of an enumeration that were added to the schema later are none we know.

OUTKIT_DECL void read(scanner& s, std::string_view name, std::optional<importance>& out)
{
    out.reset();
    std::string_view text;
    if (!s.view(name, text))
        return;
    for (auto const& [word, value] : {std::pair("low", importance::low), std::pair("normal", importance::normal),
                                      std::pair("high", importance::high)})
        if (same_letters(text, word))
            out = value;
}

OUTKIT_DECL void read(scanner& s, std::string_view name, std::optional<zoned_time>& out)
{
    out.reset();
    if (!s.open_object(name))
        return;
    out.emplace();
    for (std::string_view member; s.next_member(member);)
    {
        if (member == "dateTime")
            s.read("dateTime", out->date_time);
        else if (member == "timeZone")
            s.read("timeZone", out->time_zone);
        else
            s.skip();
    }
}

OUTKIT_DECL void read(scanner& s, std::string_view name, std::optional<followup_flag>& out)
{
    out.reset();
    if (!s.open_object(name))
        return;
    out.emplace();
    for (std::string_view member; s.next_member(member);)
    {
        if (std::string_view text; member == "flagStatus")
        {
            if (!s.view("flagStatus", text))
                continue;
            out->status = same_letters(text, "flagged")    ? flag_status::flagged
                          : same_letters(text, "complete") ? flag_status::complete
                                                           : flag_status::not_flagged;
        }
        else if (member == "startDateTime")
            read(s, "startDateTime", out->start);
        else if (member == "dueDateTime")
            read(s, "dueDateTime", out->due);
        else if (member == "completedDateTime")
            read(s, "completedDateTime", out->completed);
        else
            s.skip();
    }
}

OUTKIT_DECL void read(scanner& s, std::string_view name, std::optional<item_body>& out)
{
    out.reset();
    if (!s.open_object(name))
        return;
    out.emplace();
    for (std::string_view member; s.next_member(member);)
    {
        if (std::string_view text; member == "contentType")
            out->content_type =
                s.view("contentType", text) && same_letters(text, "html") ? body_type::html : body_type::text;
        else if (member == "content")
            s.read("content", out->content);
        else
            s.skip();
    }
}

OUTKIT_DECL bool read(scanner& s, std::string_view name, recipient& out)
{
    if (!s.open_object(name))
        return false;
    for (std::string_view member; s.next_member(member);)
    {
        if (member != "emailAddress")
            keep(s, member, out.other);
        else if (s.open_object("emailAddress"))
            while (s.next_member(member))
            {
                if (member == "name")
                    s.read("name", out.name);
                else if (member == "address")
                    s.read("address", out.address);
                else
                    keep(s, member, out.address_other);
            }
    }
    return true;
}

OUTKIT_DECL void read(scanner& s, std::string_view name, std::optional<recipient>& out)
{
    out.emplace();
    if (!read(s, name, *out))
        out.reset();
}

// Two members of an object, the second of which may be anything.
template <class T>
void read_pair(scanner& s, std::string_view list, std::string_view first, std::string& one, std::string_view second,
               T& two)
{
    if (!s.open_object(list))
        return s.wrong(list, "an object");
    for (std::string_view member; s.next_member(member);)
    {
        if (member == first)
            s.read(first, one);
        else if (member == second)
            s.read(second, two);
        else
            s.skip();
    }
}

OUTKIT_DECL void read(scanner& s, std::string_view name, std::vector<recipient>& out)
{
    s.read_list(name, out, [](scanner& in, std::string_view list, recipient& one) {
        if (!read(in, list, one))
            in.wrong(list, "an object");
    });
}
OUTKIT_DECL void read(scanner& s, std::string_view name, std::vector<internet_message_header>& out)
{
    s.read_list(name, out, [](scanner& in, std::string_view list, internet_message_header& one) {
        read_pair(in, list, "name", one.name, "value", one.value);
    });
}
OUTKIT_DECL void read(scanner& s, std::string_view name, std::vector<extended_property>& out)
{
    s.read_list(name, out, [](scanner& in, std::string_view list, extended_property& one) {
        read_pair(in, list, "id", one.id, "value", one.value);
    });
}
OUTKIT_DECL void read(scanner& s, std::string_view name, std::vector<extended_values>& out)
{
    s.read_list(name, out, [](scanner& in, std::string_view list, extended_values& one) {
        read_pair(in, list, "id", one.id, "value", one.values);
    });
}
OUTKIT_DECL void read(scanner& s, std::string_view name, std::vector<attachment>& out)
{
    s.read_list(name, out, [](scanner& in, std::string_view list, attachment& one) {
        if (!in.open_object(list))
            return in.wrong(list, "an object");
        read(in, one);
    });
}

inline constexpr member_reader<user> user_members[] = {
    {"businessPhones", [](scanner& s, user& u) { s.read("businessPhones", u.business_phones); }},
    {"displayName", [](scanner& s, user& u) { s.read("displayName", u.display_name); }},
    {"givenName", [](scanner& s, user& u) { s.read("givenName", u.given_name); }},
    {"jobTitle", [](scanner& s, user& u) { s.read("jobTitle", u.job_title); }},
    {"mail", [](scanner& s, user& u) { s.read("mail", u.mail); }},
    {"mobilePhone", [](scanner& s, user& u) { s.read("mobilePhone", u.mobile_phone); }},
    {"officeLocation", [](scanner& s, user& u) { s.read("officeLocation", u.office_location); }},
    {"preferredLanguage", [](scanner& s, user& u) { s.read("preferredLanguage", u.preferred_language); }},
    {"surname", [](scanner& s, user& u) { s.read("surname", u.surname); }},
    {"userPrincipalName", [](scanner& s, user& u) { s.read("userPrincipalName", u.user_principal_name); }},
    {"id", [](scanner& s, user& u) { s.read("id", u.id); }},
};
OUTKIT_DECL void read_user(scanner& s, user& out) { read_members(s, out, user_members); }

inline constexpr member_reader<mail_folder> folder_members[] = {
    {"@odata.type",
     [](scanner& s, mail_folder& f) {
         std::string_view type;
         f.is_search_folder = s.view("@odata.type", type) && type == "#microsoft.graph.mailSearchFolder";
     }},
    {"id", [](scanner& s, mail_folder& f) { s.read("id", f.id); }},
    {"displayName", [](scanner& s, mail_folder& f) { s.read("displayName", f.display_name); }},
    {"parentFolderId", [](scanner& s, mail_folder& f) { s.read("parentFolderId", f.parent_folder_id); }},
    {"childFolderCount", [](scanner& s, mail_folder& f) { s.read_count("childFolderCount", f.child_folder_count); }},
    {"unreadItemCount", [](scanner& s, mail_folder& f) { s.read_count("unreadItemCount", f.unread_item_count); }},
    {"totalItemCount", [](scanner& s, mail_folder& f) { s.read_count("totalItemCount", f.total_item_count); }},
    {"isHidden", [](scanner& s, mail_folder& f) { s.read("isHidden", f.is_hidden); }},
};
OUTKIT_DECL void read_folder(scanner& s, mail_folder& out) { read_members(s, out, folder_members); }

// The order of message-get.md in microsoft-graph-docs-contrib, which is the order on the wire.
struct message_member
{
    std::string_view name;
    void (*read)(scanner&, message&);
    void (*write)(writer&, message const&);
    bool by_default = true;
};
inline constexpr message_member message_members[] = {
    {"@odata.etag", [](scanner& s, message& m) { s.read("@odata.etag", m.etag); },
     [](writer& w, message const& m) { w.member("@odata.etag", m.etag); }},
    {"id", [](scanner& s, message& m) { s.read("id", m.id); },
     [](writer& w, message const& m) { w.member("id", m.id); }},
    {"createdDateTime", [](scanner& s, message& m) { s.read("createdDateTime", m.created_date_time); },
     [](writer& w, message const& m) { w.member("createdDateTime", m.created_date_time); }},
    {"lastModifiedDateTime", [](scanner& s, message& m) { s.read("lastModifiedDateTime", m.last_modified_date_time); },
     [](writer& w, message const& m) { w.member("lastModifiedDateTime", m.last_modified_date_time); }},
    {"changeKey", [](scanner& s, message& m) { s.read("changeKey", m.change_key); },
     [](writer& w, message const& m) { w.member("changeKey", m.change_key); }},
    {"categories", [](scanner& s, message& m) { s.read("categories", m.categories); },
     [](writer& w, message const& m) { w.member("categories", m.categories); }},
    {"receivedDateTime", [](scanner& s, message& m) { s.read("receivedDateTime", m.received_date_time); },
     [](writer& w, message const& m) { w.member("receivedDateTime", m.received_date_time); }},
    {"sentDateTime", [](scanner& s, message& m) { s.read("sentDateTime", m.sent_date_time); },
     [](writer& w, message const& m) { w.member("sentDateTime", m.sent_date_time); }},
    {"hasAttachments", [](scanner& s, message& m) { s.read("hasAttachments", m.has_attachments); },
     [](writer& w, message const& m) { w.member("hasAttachments", m.has_attachments); }},
    {"internetMessageId", [](scanner& s, message& m) { s.read("internetMessageId", m.internet_message_id); },
     [](writer& w, message const& m) { w.member_or_null("internetMessageId", m.internet_message_id); }},
    {"subject", [](scanner& s, message& m) { s.read("subject", m.subject); },
     [](writer& w, message const& m) { w.member("subject", m.subject); }},
    {"bodyPreview", [](scanner& s, message& m) { s.read("bodyPreview", m.body_preview); },
     [](writer& w, message const& m) { w.member("bodyPreview", m.body_preview); }},
    {"importance", [](scanner& s, message& m) { read(s, "importance", m.importance); },
     [](writer& w, message const& m) { w.member("importance", m.importance); }},
    {"parentFolderId", [](scanner& s, message& m) { s.read("parentFolderId", m.parent_folder_id); },
     [](writer& w, message const& m) { w.member("parentFolderId", m.parent_folder_id); }},
    {"conversationId", [](scanner& s, message& m) { s.read("conversationId", m.conversation_id); },
     [](writer& w, message const& m) { w.member_or_null("conversationId", m.conversation_id); }},
    {"conversationIndex", [](scanner& s, message& m) { s.read("conversationIndex", m.conversation_index); },
     [](writer& w, message const& m) { w.member_or_null("conversationIndex", m.conversation_index); }},
    {"isDeliveryReceiptRequested",
     [](scanner& s, message& m) { s.read("isDeliveryReceiptRequested", m.is_delivery_receipt_requested); },
     [](writer& w, message const& m) { w.member("isDeliveryReceiptRequested", m.is_delivery_receipt_requested); }},
    {"isReadReceiptRequested",
     [](scanner& s, message& m) { s.read("isReadReceiptRequested", m.is_read_receipt_requested); },
     [](writer& w, message const& m) { w.member("isReadReceiptRequested", m.is_read_receipt_requested); }},
    {"isRead", [](scanner& s, message& m) { s.read("isRead", m.is_read); },
     [](writer& w, message const& m) { w.member("isRead", m.is_read); }},
    {"isDraft", [](scanner& s, message& m) { s.read("isDraft", m.is_draft); },
     [](writer& w, message const& m) { w.member("isDraft", m.is_draft); }},
    {"webLink", [](scanner& s, message& m) { s.read("webLink", m.web_link); },
     [](writer& w, message const& m) { w.member_or_null("webLink", m.web_link); }},
    {"inferenceClassification",
     [](scanner& s, message& m) { s.read("inferenceClassification", m.inference_classification); },
     [](writer& w, message const& m) { w.member_or_null("inferenceClassification", m.inference_classification); }},
    {"body", [](scanner& s, message& m) { read(s, "body", m.body); },
     [](writer& w, message const& m) { w.member("body", m.body); }},
    // A draft has none, not even null.
    {"sender", [](scanner& s, message& m) { read(s, "sender", m.sender); },
     [](writer& w, message const& m) { w.member_if("sender", m.sender); }},
    {"from", [](scanner& s, message& m) { read(s, "from", m.from); },
     [](writer& w, message const& m) { w.member_if("from", m.from); }},
    {"toRecipients", [](scanner& s, message& m) { read(s, "toRecipients", m.to_recipients); },
     [](writer& w, message const& m) { w.member("toRecipients", m.to_recipients); }},
    {"ccRecipients", [](scanner& s, message& m) { read(s, "ccRecipients", m.cc_recipients); },
     [](writer& w, message const& m) { w.member("ccRecipients", m.cc_recipients); }},
    {"bccRecipients", [](scanner& s, message& m) { read(s, "bccRecipients", m.bcc_recipients); },
     [](writer& w, message const& m) { w.member("bccRecipients", m.bcc_recipients); }},
    {"replyTo", [](scanner& s, message& m) { read(s, "replyTo", m.reply_to); },
     [](writer& w, message const& m) { w.member("replyTo", m.reply_to); }},
    {"flag", [](scanner& s, message& m) { read(s, "flag", m.flag); },
     [](writer& w, message const& m) { w.member("flag", m.flag); }},
    {"uniqueBody", [](scanner& s, message& m) { read(s, "uniqueBody", m.unique_body); },
     [](writer& w, message const& m) { w.member("uniqueBody", m.unique_body ? m.unique_body : m.body); }, false},
    {"internetMessageHeaders",
     [](scanner& s, message& m) { read(s, "internetMessageHeaders", m.internet_message_headers); },
     [](writer& w, message const& m) { w.member("internetMessageHeaders", m.internet_message_headers); }, false},
    // Expanded, and not selected
    {"attachments", [](scanner& s, message& m) { read(s, "attachments", m.attachments); }, nullptr, false},
    {"singleValueExtendedProperties",
     [](scanner& s, message& m) { read(s, "singleValueExtendedProperties", m.single_value_extended_properties); },
     nullptr, false},
    {"multiValueExtendedProperties",
     [](scanner& s, message& m) { read(s, "multiValueExtendedProperties", m.multi_value_extended_properties); },
     nullptr, false},
};
OUTKIT_DECL void read_message(scanner& s, message& out) { read_members(s, out, message_members); }

template <class T>
parsed<changes<T>> parse_changes(std::string_view text, limits const& l, void (*read)(scanner&, T&))
{
    parsed<collection<T>> c = parse_collection(text, l, read);
    parsed<changes<T>> result;
    if (!c.ec && c.value.next_link.empty() == c.value.delta_link.empty())
    {
        c.ec = error::response_malformed;
        c.what = "one of @odata.nextLink and @odata.deltaLink was expected";
    }
    if (c.ec)
        return {{}, c.ec, std::move(c.what)};
    result.value.next_link = std::move(c.value.next_link);
    result.value.delta_link = std::move(c.value.delta_link);
    for (T& item : c.value.value)
    {
        unknown_member const* const removed = find(item.other, "@removed");
        if (!removed || removed->json == "null")
        {
            result.value.value.push_back(std::move(item));
            continue;
        }
        removed_item& gone = result.value.removed.emplace_back();
        gone.id = std::move(item.id);
        scanner s(removed->json, l);
        s.open_object("@removed");
        for (std::string_view member, reason; s.next_member(member);)
        {
            if (member == "reason")
                gone.may_return = s.view("reason", reason) && same_letters(reason, "changed");
            else
                s.skip();
        }
        if (s.ec)
            return {{}, s.ec, std::move(s.what)};
    }
    return result;
}

OUTKIT_DEF parsed<changes<mail_folder>> parse_folder_changes(std::string_view text, limits const& l)
{
    return parse_changes<mail_folder>(text, l, &read_folder);
}
OUTKIT_DEF parsed<changes<message>> parse_message_changes(std::string_view text, limits const& l)
{
    return parse_changes<message>(text, l, &read_message);
}
OUTKIT_DEF parsed<user> parse_user(std::string_view text, limits const& l)
{
    return parse_resource<user>(text, l, &read_user);
}
OUTKIT_DEF parsed<mail_folder> parse_folder(std::string_view text, limits const& l)
{
    return parse_resource<mail_folder>(text, l, &read_folder);
}
OUTKIT_DEF parsed<message> parse_message(std::string_view text, limits const& l)
{
    return parse_resource<message>(text, l, &read_message);
}
OUTKIT_DEF parsed<page<mail_folder>> parse_folders(std::string_view text, limits const& l)
{
    return parse_page<mail_folder>(text, l, &read_folder);
}
OUTKIT_DEF parsed<page<message>> parse_messages(std::string_view text, limits const& l)
{
    return parse_page<message>(text, l, &read_message);
}

OUTKIT_DECL json::value const* member_in_any_case(json::object const& o, std::string_view name)
{
    for (auto const& m : o)
        if (same_letters({m.key().data(), m.key().size()}, name))
            return &m.value();
    return nullptr;
}

OUTKIT_DECL parsed<std::string> parse_one_member(std::string_view text, std::string_view name, limits const& l)
{
    document const d(text, l);
    if (d.ec)
        return {{}, d.ec, d.what};
    json::object const* const o = d.root->if_object();
    json::value const* const v = o ? member_in_any_case(*o, name) : nullptr;
    json::string const* const s = v ? v->if_string() : nullptr;
    if (!s || s->empty())
        return {{}, error::response_malformed, std::string(name) + ": a string was expected"};
    return {std::string(s->data(), s->size()), {}, {}};
}
OUTKIT_DEF parsed<std::string> parse_folder_name(std::string_view text, limits const& l)
{
    return parse_one_member(text, "displayName", l);
}
OUTKIT_DEF parsed<std::string> parse_destination(std::string_view text, limits const& l)
{
    return parse_one_member(text, "destinationId", l);
}

// Errors

struct known_code
{
    char const* code;
    error meaning;
};
inline constexpr known_code known_codes[] = {
    {"InvalidAuthenticationToken", error::invalid_authentication_token},
    {"AuthenticationError", error::invalid_authentication_token},
    {"ErrorAccessDenied", error::access_denied},
    {"Authorization_RequestDenied", error::authorization_request_denied},
    {"ErrorSendAsDenied", error::send_as_denied},
    {"BadRequest", error::bad_request},
    {"ErrorInvalidRequest", error::bad_request},
    {"RequestBroker--ParseUri", error::unknown_property},
    {"InefficientFilter", error::inefficient_filter},
    {"ErrorRestrictionTooComplex", error::inefficient_filter},
    {"ErrorInvalidUrlQueryFilter", error::invalid_filter},
    {"ErrorInvalidProperty", error::invalid_filter},
    {"SearchWithOrderBy", error::search_not_combinable},
    {"SearchWithFilter", error::search_not_combinable},
    {"ErrorInvalidIdMalformed", error::id_malformed},
    {"UnableToDeserializePostBody", error::body_not_understood},
    {"ErrorMimeContentInvalidBase64String", error::invalid_mime_content},
    {"ErrorMimeContentInvalid", error::invalid_mime_content},
    {"InvalidInternetMessageHeader", error::invalid_header},
    {"ErrorInvalidRecipients", error::invalid_recipients},
    {"ErrorMessageSizeExceeded", error::message_too_large},
    {"RequestEntityTooLarge", error::message_too_large},
    {"ErrorItemNotFound", error::item_not_found},
    {"itemNotFound", error::item_not_found},
    {"ErrorSyncFolderNotFound", error::item_not_found},
    {"MailboxNotEnabledForRESTAPI", error::mailbox_not_enabled},
    {"ErrorMailboxNotEnabledForRESTAPI", error::mailbox_not_enabled},
    {"ResourceNotFound", error::mailbox_not_enabled},
    {"ErrorNonExistentMailbox", error::mailbox_not_enabled},
    {"ErrorInvalidUser", error::user_not_found},
    {"Request_ResourceNotFound", error::user_not_found},
    {"SyncStateNotFound", error::sync_state_not_found},
    {"SyncStateInvalid", error::sync_state_not_found},
    {"InvalidSyncStateData", error::sync_state_not_found},
    {"resyncRequired", error::sync_state_not_found},
    {"ErrorDeleteDistinguishedFolder", error::protected_item},
    {"ErrorCannotDeleteObject", error::protected_item},
    {"ErrorInvalidPropertySet", error::not_changeable},
    {"ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", error::attachment_too_small},
    {"ErrorInvalidRange", error::upload_out_of_step},
    {"invalidRange", error::upload_out_of_step},
    {"ErrorExecuteSearchStaleData", error::search_expired},
    {"ValidationError", error::subscription_refused},
    {"ExtensionError", error::subscription_refused},
    {"ErrorFolderExists", error::folder_exists},
    {"nameAlreadyExists", error::folder_exists},
    {"ErrorIrresolvableConflict", error::conflict},
    {"resourceModified", error::conflict},
    {"ErrorQuotaExceeded", error::mailbox_full},
    {"ErrorExceededMessageLimit", error::sending_limit_reached},
    {"ErrorExceededHourlyMessageLimit", error::sending_limit_reached},
    {"ErrorSubmissionQuotaExceeded", error::sending_limit_reached},
    {"ErrorExceededMaxRecipientLimit", error::sending_limit_reached},
    {"ApplicationThrottled", error::throttled},
    {"TooManyRequests", error::throttled},
    {"activityLimitReached", error::throttled},
    {"ErrorInternalServerError", error::server_error},
    {"generalException", error::server_error},
    {"ErrorInternalServerTransientError", error::server_busy},
    {"MailboxInfoStale", error::server_busy},
    {"serviceNotAvailable", error::server_busy},
    {"ServiceUnavailable", error::server_busy},
};

OUTKIT_DEF error_code error_of(problem const& p)
{
    if (p.status == 401 && !p.claims.empty())
        return error::claims_challenge;
    for (known_code const& k : known_codes)
        if (same_letters(p.code, k.code))
            return k.meaning;
    if (p.status == 429)
        return error::throttled;
    return p.status >= 400 && p.status <= 599 ? http::status_error(p.status) : error_code(error::response_malformed);
}

OUTKIT_DEF std::string summary_of(problem const& p)
{
    std::string text = p.status ? "HTTP " + std::to_string(p.status) : std::string();
    auto const add = [&](char const* before, std::string_view part) {
        if (!part.empty())
            (text += before) += part;
    };
    add(text.empty() ? "" : " ", p.code);
    add(text.empty() ? "" : ": ", p.message);
    text.resize(std::min<std::size_t>(text.size(), 400));
    add("; request-id ", p.request_id);
    add("; date ", p.date);
    if (p.retry_after)
        add("; retry after ", std::to_string(p.retry_after->count()) + " s");
    std::string clean;
    for (unsigned char const c : outkit::detail::without_tokens(text))
    {
        if (clean.size() >= 508)
            break;
        if (c >= 0x20 && c != 0x7f)
            clean += static_cast<char>(c);
        else
            clean += ' ';
    }
    while (!clean.empty() && (static_cast<unsigned char>(clean.back()) & 0xC0) == 0x80)
        clean.pop_back();  // no half character at the end
    if (!clean.empty() && static_cast<unsigned char>(clean.back()) >= 0xC0)
        clean.pop_back();
    return clean;
}

OUTKIT_DEF std::string claims_of(http::fields const& headers)
{
    std::string const* const challenge = http::find(headers, "WWW-Authenticate");
    if (!challenge)
        return {};
    std::string_view rest = *challenge;
    if (rest.size() > 32 * 1024 || !same_letters(rest.substr(0, 7), "Bearer "))
        return {};
    rest.remove_prefix(7);

    // auth-param = token BWS "=" BWS ( token / quoted-string ), separated by commas (edited: a comma may be missing,
    // and an unquoted value may hold anything but a comma, as authorization_uri=https://... does).
    std::string_view claims;
    bool insufficient = false;
    while (!rest.empty())
    {
        std::size_t const name_at = rest.find_first_not_of(" \t,");
        if (name_at == rest.npos)
            break;
        rest.remove_prefix(name_at);
        std::size_t const equals = rest.find('=');
        if (equals == rest.npos)
            break;
        std::string_view name = rest.substr(0, equals);
        while (!name.empty() && name.back() == ' ')
            name.remove_suffix(1);
        rest.remove_prefix(equals + 1);
        std::string_view value;
        if (rest.starts_with('"'))
        {
            std::size_t const end = rest.find('"', 1);
            if (end == rest.npos)
                return {};
            value = rest.substr(1, end - 1);
            rest.remove_prefix(end + 1);
        }
        else
        {
            value = rest.substr(0, rest.find(','));
            rest.remove_prefix(value.size());
        }
        if (same_letters(name, "error"))
            insufficient = value == "insufficient_claims";
        else if (same_letters(name, "claims"))
            claims = value;
    }
    if (!insufficient || claims.empty() || claims.size() > 11 * 1024)
        return {};
    auto decoded = outkit::detail::base64_decode(claims);
    if (!decoded || decoded->size() > 8192)
        return {};
    return std::move(*decoded);
}

OUTKIT_DEF problem parse_problem(http::response const& r, limits const& l)
{
    problem p;
    p.status = r.status;
    auto const header = [&](char const* name) {
        std::string const* const value = http::find(r.headers, name);
        return value ? value->substr(0, 128) : std::string();
    };
    p.request_id = header("request-id");
    p.client_request_id = header("client-request-id");
    p.date = header("Date");
    if (r.status == 401)
        p.claims = claims_of(r.headers);

    document const d(std::string_view(r.body).substr(0, l.error_body), l);
    json::object const* const root = d.root ? d.root->if_object() : nullptr;
    json::value const* const e = root ? root->if_contains("error") : nullptr;
    json::object const* const o = e ? e->if_object() : nullptr;
    if (!o)
        return p;
    auto const text = [](json::object const& in, std::string_view name, std::string& out, std::size_t most) {
        json::value const* const v = member_in_any_case(in, name);
        if (json::string const* const s = v ? v->if_string() : nullptr; s && !s->empty())
            out.assign(s->data(), std::min(s->size(), most));
    };
    text(*o, "code", p.code, 128);
    text(*o, "message", p.message, 1024);
    json::value const* const inner = member_in_any_case(*o, "innerError");
    if (json::object const* const i = inner ? inner->if_object() : nullptr)
    {
        text(*i, "request-id", p.request_id, 128);
        text(*i, "client-request-id", p.client_request_id, 128);
        text(*i, "date", p.date, 128);
    }
    return p;
}

OUTKIT_DEF std::optional<std::chrono::seconds> retry_after(http::fields const& headers,
                                                           std::chrono::system_clock::time_point now)
{
    using namespace std::chrono;
    constexpr seconds most = days(365);
    std::string const* const value = http::find(headers, "Retry-After");
    if (!value || value->empty() || value->size() > 64)
        return std::nullopt;
    std::string_view text = *value;

    // delay-seconds; the real service has sent fractions such as 2.128.
    if (text.front() >= '0' && text.front() <= '9')
    {
        std::size_t const whole = std::min(text.find_first_not_of("0123456789"), text.size());
        std::uint64_t n = 0;
        auto const r = std::from_chars(text.data(), text.data() + whole, n);
        text.remove_prefix(whole);
        bool const broken = text.starts_with('.') && text.size() > 1 && text.size() < 12 &&
                            text.find_first_not_of("0123456789", 1) == text.npos;
        if (!text.empty() && !broken)
            return std::nullopt;
        if (r.ec != std::errc() || n >= std::uint64_t(most.count()))
            return most;
        return seconds(n) + seconds(broken && text.find_first_not_of("0", 1) != text.npos ? 1 : 0);
    }

    auto const when = http::parse_date(text);
    if (!when)
        return std::nullopt;
    return std::clamp<seconds>(*when - floor<seconds>(now), seconds(0), most);
}

// Writing

OUTKIT_DEF std::string json_string(std::string_view text)
{
    writer w;
    w.text(text);
    return std::move(w.out);
}

OUTKIT_DEF bool is_message_property(std::string_view name)
{
    return !name.starts_with('@') && std::any_of(std::begin(message_members), std::end(message_members),
                                                 [&](auto& m) { return m.name == name && m.write; });
}

// Unknown members as they came, behind the others.
template <class Wanted>
void write_other(writer& w, std::vector<unknown_member> const& other, Wanted wanted)
{
    for (unknown_member const& m : other)
        if (wanted(m.name))
            w.json_member(m.name, m.json);
}

OUTKIT_DEF std::string serialise(message const& m, std::span<std::string_view const> select)
{
    auto const wanted = [&](std::string_view name) {
        return select.empty() || std::find(select.begin(), select.end(), name) != select.end();
    };
    writer w(1024 + (m.body ? m.body->content.size() * 9 / 8 : 0));
    w.open('{');
    for (message_member const& each : message_members)
        if (each.write &&
            (each.name == "@odata.etag" || each.name == "id" || (select.empty() ? each.by_default : wanted(each.name))))
            each.write(w, m);
    if (!m.attachments.empty())
        w.member("attachments", m.attachments);
    if (!m.single_value_extended_properties.empty())
        w.member("singleValueExtendedProperties", m.single_value_extended_properties);
    if (!m.multi_value_extended_properties.empty())
        w.member("multiValueExtendedProperties", m.multi_value_extended_properties);
    write_other(w, m.other, wanted);
    w.close('}');
    return std::move(w.out);
}

inline constexpr std::string_view folder_properties[] = {
    "id", "displayName", "parentFolderId", "childFolderCount", "unreadItemCount", "totalItemCount", "isHidden"};
inline constexpr std::string_view user_properties[] = {
    "businessPhones", "displayName",       "givenName", "jobTitle",          "mail", "mobilePhone",
    "officeLocation", "preferredLanguage", "surname",   "userPrincipalName", "id"};

OUTKIT_DEF bool is_folder_property(std::string_view name)
{
    return std::find(std::begin(folder_properties), std::end(folder_properties), name) != std::end(folder_properties);
}
OUTKIT_DEF bool is_user_property(std::string_view name)
{
    return std::find(std::begin(user_properties), std::end(user_properties), name) != std::end(user_properties);
}

OUTKIT_DEF std::string serialise(mail_folder const& f, std::span<std::string_view const> select)
{
    auto const wanted = [&](std::string_view name) {
        return select.empty() || std::find(select.begin(), select.end(), name) != select.end();
    };
    writer w(512);
    w.open('{');
    if (f.is_search_folder)
    {
        w.name("@odata.type");
        w.out += "\"#microsoft.graph.mailSearchFolder\"";
    }
    w.member("id", f.id);
    if (wanted("displayName"))
        w.member("displayName", f.display_name);
    if (wanted("parentFolderId"))
        w.member_or_null("parentFolderId", f.parent_folder_id);
    if (wanted("childFolderCount"))
        w.member("childFolderCount", f.child_folder_count);
    if (wanted("unreadItemCount"))
        w.member("unreadItemCount", f.unread_item_count);
    if (wanted("totalItemCount"))
        w.member("totalItemCount", f.total_item_count);
    if (wanted("isHidden"))
        w.member("isHidden", f.is_hidden);
    write_other(w, f.other, wanted);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise(user const& u, std::span<std::string_view const> select)
{
    auto const wanted = [&](std::string_view name) {
        return select.empty() || std::find(select.begin(), select.end(), name) != select.end();
    };
    writer w(512);
    w.open('{');
    if (wanted("businessPhones"))
        w.member("businessPhones", u.business_phones);
    auto const add = [&](std::string_view name, std::string const& value) {
        if (wanted(name))
            w.member_or_null(name, value);
    };
    add("displayName", u.display_name);
    add("givenName", u.given_name);
    add("jobTitle", u.job_title);
    add("mail", u.mail);
    add("mobilePhone", u.mobile_phone);
    add("officeLocation", u.office_location);
    add("preferredLanguage", u.preferred_language);
    add("surname", u.surname);
    add("userPrincipalName", u.user_principal_name);
    add("id", u.id);
    write_other(w, u.other, wanted);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DECL std::size_t expected_octets(outgoing_message const& m)
{
    std::size_t expected = 1024 + m.body.content.size() * 9 / 8;
    for (file_attachment const& a : m.attachments)
        expected += a.content.size() * 4 / 3 + 512;
    return expected;
}

OUTKIT_DECL void write(writer& w, outgoing_message const& m)
{
    w.open('{');
    w.member("subject", m.subject);
    if (m.importance != importance::normal)
        w.member("importance", m.importance);
    w.member("body", m.body);
    w.member("toRecipients", m.to_recipients);
    if (!m.cc_recipients.empty())
        w.member("ccRecipients", m.cc_recipients);
    if (!m.bcc_recipients.empty())
        w.member("bccRecipients", m.bcc_recipients);
    if (!m.reply_to.empty())
        w.member("replyTo", m.reply_to);
    if (m.from)
        w.member("from", *m.from);
    if (!m.internet_message_headers.empty())
        w.member("internetMessageHeaders", m.internet_message_headers);
    if (!m.attachments.empty())
        w.member("attachments", m.attachments);
    w.close('}');
}

OUTKIT_DEF std::string serialise(outgoing_message const& m, bool save_to_sent_items)
{
    writer w(expected_octets(m));
    w.open('{');
    w.name("message");
    write(w, m);
    if (!save_to_sent_items)
        w.member("saveToSentItems", false);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise(outgoing_message const& m)
{
    writer w(expected_octets(m));
    write(w, m);
    return std::move(w.out);
}

OUTKIT_DECL void write(writer& w, message_update const& u)
{
    w.open('{');
    w.member_if("isRead", u.is_read);
    w.member_if("importance", u.importance);
    if (u.flag)
    {
        w.name("flag");
        w.open('{');
        w.member("flagStatus", *u.flag);
        w.close('}');
    }
    w.member_if("categories", u.categories);
    w.member_if("inferenceClassification", u.inference_classification);
    w.member_if("isDeliveryReceiptRequested", u.is_delivery_receipt_requested);
    w.member_if("isReadReceiptRequested", u.is_read_receipt_requested);
    w.member_if("sender", u.sender);
    w.member_if("from", u.from);
    w.member_if("toRecipients", u.to_recipients);
    w.member_if("ccRecipients", u.cc_recipients);
    w.member_if("bccRecipients", u.bcc_recipients);
    w.member_if("internetMessageId", u.internet_message_id);
    w.member_if("subject", u.subject);
    w.member_if("body", u.body);
    w.member_if("replyTo", u.reply_to);
    w.close('}');
}

OUTKIT_DEF std::string serialise(message_update const& u)
{
    writer w;
    write(w, u);
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise(reply const& r)
{
    writer w(512);
    w.open('{');
    if (r.message)
    {
        w.name("message");
        write(w, *r.message);
    }
    if (!r.comment.empty())
        w.member("comment", r.comment);
    if (!r.to_recipients.empty())
        w.member("toRecipients", r.to_recipients);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise(std::string_view name, std::string_view value)
{
    writer w(64 + value.size());
    w.open('{');
    w.name(name);
    w.text(value);
    w.close('}');
    return std::move(w.out);
}

OUTKIT_DEF std::string serialise(problem const& p, bool inner_error)
{
    writer w(512);
    w.open('{');
    w.name("error");
    w.open('{');
    w.member("code", p.code);
    w.member("message", p.message);
    if (inner_error)
    {
        w.name("innerError");
        w.open('{');
        w.member("date", p.date);
        w.member("request-id", p.request_id);
        w.member("client-request-id", p.client_request_id);
        w.close('}');
    }
    w.close('}');
    w.close('}');
    return std::move(w.out);
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#endif
