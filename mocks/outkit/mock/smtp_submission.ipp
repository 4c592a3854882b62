#ifndef OUTKIT_MOCK_SMTP_SUBMISSION_IPP
#define OUTKIT_MOCK_SMTP_SUBMISSION_IPP

#include <outkit/mime/header.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/delivery_report.hpp>
#include <outkit/mock/smtp.ipp>
#include <outkit/mock/smtp_state.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>
#include <cstdio>

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

inline constexpr std::size_t largest_header = 256 * 1024;

// The end of a message as servers open to smuggling find it: a lone LF or CR is a line end, too (CVE-2023-51764). For the
// misbehaviour smtp.lenient-end-of-data only. Of a line no more is kept than tells whether it is a dot.
class lenient_reader
{
public:
    std::size_t add(std::string_view bytes, std::string& content)
    {
        std::size_t i = 0;
        while (i != bytes.size() && !complete_)
        {
            char const c = bytes[i];
            if (after_cr_ && c != '\n')
            {
                end_line(content);  // at the CR; c begins the next
                continue;
            }
            ++i;
            line_ += c;
            if (c == '\n')
                end_line(content);
            else if (c == '\r')
                after_cr_ = true;
            else if (line_.size() > longest_kept)
                hand_on(content);
        }
        return i;
    }
    bool complete() const { return complete_; }

private:
    static constexpr std::size_t longest_kept = 1'000;

    void end_line(std::string& content)
    {
        after_cr_ = false;
        std::string_view const text = std::string_view(line_).substr(0, line_.find_first_of("\r\n"));
        if (at_begin_ && text == ".")
        {
            complete_ = true;
            return;
        }
        hand_on(content);
        at_begin_ = true;
    }
    void hand_on(std::string& content)
    {
        content += at_begin_ && line_.starts_with('.') ? std::string_view(line_).substr(1) : std::string_view(line_);
        line_.clear();
        at_begin_ = false;
    }

    std::string line_;
    bool at_begin_ = true;  // line_ is the beginning of a line
    bool after_cr_ = false;
    bool complete_ = false;
};

OUTKIT_DEF flow<> session::data()
{
    if (!has_sender_ || to_.empty() || chunking_)
    {
        std::string text(has_sender_ ? words().need_recipient : words().need_mail);
        if (chunking_)  // RFC 3030 section 2
            text = "503 5.5.1 BDAT has begun";
        answer("DATA", std::move(text));
        co_return;
    }
    say(words().go_ahead);
    co_await flush();
    std::uint64_t const limit = size_limit();
    bool const lenient = world_.faults.misbehaves("smtp.lenient-end-of-data");
    codec::data_reader strict;
    lenient_reader loose;
    std::string content, ignored;
    wire_.patience = 3min;
    for (bool complete = false; !complete;)
    {
        std::string& to = content.size() <= limit ? content : ignored;  // read on to the end, but keep no more
        ignored.clear();
        std::size_t const n = lenient ? loose.add(wire_.peek(), to) : strict.add(wire_.peek(), to);
        wire_.buffered_bytes(n);
        complete = lenient ? loose.complete() : strict.complete();
        if (!complete)
            co_await wire_.fill();
    }
    if (!lenient && strict.bare_line_end() && !world_.policy.service.bounce_line_feeds)
    {
        if (co_await fault("."))
            co_return reset();
        // documented: OfficeDocs-Support, as the reason of a bounce; here at once, so that senders notice
        std::string text = "554 5.6.0 There is a lone CR or LF in the message";
        if (!generic())
            text = "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be sent "
                   "via DATA" +
                   hostname();
        answer("DATA", std::move(text));
        co_return reset();
    }
    co_await take_message(std::move(content), "DATA");
}

// bdat-cmd = "BDAT" SP chunk-size [ SP "LAST" ] ; RFC 3030 section 2
OUTKIT_DEF flow<> session::chunk(std::string_view argument)
{
    auto const blank = std::min(argument.find(' '), argument.size());
    auto const size = codec::number(argument.substr(0, blank));
    auto const rest = codec::trimmed(argument.substr(blank));
    bool const last = codec::same_word(rest, "LAST");
    if (!size || (!rest.empty() && !last))
    {
        answer("BDAT", std::string(generic() ? "501 5.5.4 That is no chunk" : words().bad_parameter));
        close_ = true;  // how much is a chunk and how much commands cannot be told
        co_return;
    }
    std::uint64_t const limit = signed_in_ ? size_limit() : 0;
    wire_.patience = 3min;
    wire::sink take = [this, limit](std::string_view part) {
        chunked_ += part.size();
        if (chunked_ <= limit)
            chunks_ += part;
    };
    co_await wire_.read_exactly(static_cast<std::size_t>(*size), std::move(take));
    if (!has_sender_ || to_.empty())
    {
        chunks_.clear();
        chunked_ = 0;
        std::string text(has_sender_ ? words().need_recipient : words().need_mail);
        answer("BDAT", std::move(text));
        co_return;
    }
    chunking_ = !last;
    if (!last)
    {
        answer("BDAT", "250 2.6.0 CHUNK received OK, " + std::to_string(*size) + " octets");  // inferred
        co_return;
    }
    std::string content = std::move(chunks_);
    if (chunked_ > limit)
        content.assign(static_cast<std::size_t>(limit) + 1, ' ');
    co_await take_message(std::move(content), "BDAT");
}

OUTKIT_INLINE std::uint64_t session::size_limit() const
{
    return std::min({world_.policy.service.smtp_size, world_.policy.mailbox(access_.mailbox).max_send,
                     std::uint64_t(world_.mailboxes.limits().message_octets)});
}

inline std::string store_driver(std::string_view exception, std::string_view more)
{
    return "STOREDRV.Submission.Exception:" + std::string(exception) +
           "; Failed to process message due to a permanent exception with message " + std::string(more);
}

OUTKIT_INLINE mailbox* session::mailbox_of(std::string const& address)
{
    user const* const u = world_.directory.find_user(address);
    return u ? ensure_mailbox(world_, *u) : nullptr;
}

OUTKIT_INLINE bool session::may_send(std::string const& address)
{
    return may_send_on_behalf(world_, access_, address);
}

// Who the message says it is from. Documented: Microsoft Learn, NDR codes (5.1.20, 5.7.512).
OUTKIT_INLINE std::vector<std::string> session::authors_of(std::string const& content, std::string& refused,
                                                           std::string& reason) const
{
    std::vector<mime::address_entry> authors;
    std::vector<std::string> addresses;
    std::size_t froms = 0;
    bool sender = false;
    for (auto const& f : mime::read_fields(content))
        if (codec::same_word(f.name, "From"))
        {
            ++froms;
            for (auto& a : mime::read_address_list(f.value, 100))
                authors.push_back(std::move(a));
        }
        else if (codec::same_word(f.name, "Sender"))
            sender = true;
    for (auto const& a : authors)
        if (auto const address = mime::strict(a))
            addresses.push_back(address->to_string());
    if (froms != 1 || addresses.empty() || addresses.size() != authors.size())
    {
        reason = "no From field, several, or no address in it";
        refused = "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant";
    }
    else if (addresses.size() > 1 && !sender)
    {
        reason = "several authors and no Sender";
        refused = "550 5.1.20 Multiple From addresses are not allowed without Sender address";
    }
    return addresses;
}

// "1.36674:0A000000, …": what follows the sentence is longer than all that RFC 5321 has clients expect (observed:
// FusionAuth/fusionauth-issues#220).
OUTKIT_INLINE std::string session::diagnostic_pairs()
{
    std::string s = "0.35250:0A007C85, 1.36674:0A000000";
    for (int i = 2; i != 64; ++i)
    {
        char pair[24];
        std::snprintf(pair, sizeof pair, ", %d.%05u:%08X", i % 10, static_cast<unsigned>(10'000 + random(50'000)),
                      static_cast<unsigned>(random(std::uint64_t(1) << 32)));
        s += pair;
    }
    return s;
}

// observed: gophish/gophish#2900, before 2023 rss2email/rss2email#147; documented: Microsoft Learn, printers (5.7.60)
OUTKIT_INLINE std::string session::sender_refusal(std::vector<std::string> const& authors, std::string& reason)
{
    bool const registered_only =
        world_.policy.tenant(access_tenant()).outbound_mail == outbound_mail::registered_domains;
    std::string const foreign =
        "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains";
    for (std::string const& address : authors)
    {
        if (may_send(address))
            continue;
        reason = "no SendAs right on the address in From";
        if (registered_only && !is_inside(address))
            return foreign;
        std::string const exception = "SendAsDeniedException.MapiExceptionSendAsDenied";
        std::string const pairs = "Cannot submit message. " + diagnostic_pairs();
        if (profile() == smtp_profile::classic)
            return "554 5.2.0 " + store_driver(exception, pairs);
        return "554 5.2.252 SendAsDenied; " + access_.mailbox + " not allowed to send as " + codec::printable(address) +
               "; " + store_driver(exception, "[BeginDiagnosticData]" + pairs + "[EndDiagnosticData]");
    }
    if (!from_.empty() && !may_send(from_.to_string()))
    {
        reason = "no SendAs right on the envelope's sender";
        return registered_only && !is_inside(from_.to_string())
                   ? foreign
                   : "550 5.7.60 SMTP; Client does not have permissions to send as this sender";
    }
    return {};
}

// What the filter of outgoing mail has against the mailbox or its tenant. Observed: Youans/nodejs-nodemailer-outlook#11,
// DesertsP/Valine-Admin#26; later transcripts have the sentences between marks. Documented: Learn, NDR codes.
OUTKIT_INLINE std::string session::outbound_refusal(bool over_personal_quota, std::string& reason) const
{
    mailbox_policy const& box = world_.policy.mailbox(access_.mailbox);
    outbound_verdict const verdict = over_personal_quota ? outbound_verdict::refuse_quota : box.outbound_verdict;
    reason = "the filter of outgoing mail refuses what this account sends";
    auto const spam = [&](std::string_view word) {
        std::string const sentence =
            "WASCL UserAction verdict is not None. Actual verdict is " + std::string(word) + ", ShowTierUpgrade.";
        std::string both = sentence + " OutboundSpamException: " + sentence;
        if (profile() != smtp_profile::classic)
            both = "[BeginDiagnosticData]" + both + "[EndDiagnosticData]";
        return "554 5.2.0 " + store_driver("OutboundSpamException", both);
    };
    if (blocked_ || box.blocked)
    {
        reason = "the account is suspended for sending spam";
        return "550 5.1.8 Access denied, bad outbound sender";
    }
    switch (verdict)
    {
    case outbound_verdict::spam_abuse: return "550 5.7.501 Access denied, spam abuse detected";
    case outbound_verdict::banned: return "550 5.7.502 Access denied, banned sender";
    case outbound_verdict::banned_sender: return "550 5.7.503 Access denied, banned sender";
    case outbound_verdict::refuse_quota: return spam("RefuseQuota");
    case outbound_verdict::hip_notify: return spam("HipNotify");
    case outbound_verdict::suspend: return spam("Suspend");
    case outbound_verdict::none: break;
    }
    switch (world_.policy.tenant(access_tenant()).outbound_mail)
    {
    case outbound_mail::exceeded: return "550 5.7.705 Access denied, tenant has exceeded threshold";
    case outbound_mail::refused_address: return "550 5.7.708 Access denied, traffic not accepted from this IP";
    case outbound_mail::open:
    case outbound_mail::registered_domains: break;
    }
    reason.clear();
    return {};
}

// Why the message is not taken; empty: it is. The order is inferred; texts as documented by Microsoft in "improvements
// to SMTP authenticated submission" and the list of NDR codes.
OUTKIT_INLINE std::string session::refusal(std::string const& content, std::string& reason)
{
    auto const size = content.size();
    if (size > size_limit() && generic())
        return std::string(words().too_large);
    if (generic())
        return {};
    auto const& limits = world_.policy.service.throttling;
    auto& mine = service_.senders_[access_.mailbox];
    auto const earlier = std::distance(mine.connections.begin(), mine.connections.find(who_.number));
    if (static_cast<std::uint64_t>(earlier) >= limits.smtp_connections)
    {
        reason = "too many connections of this mailbox at once";
        return profile() == smtp_profile::classic ? "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"
                                                  : "432 4.3.2 Concurrent connections limit exceeded. Visit "
                                                    "https://aka.ms/concurrent_sending for more "
                                                    "information.";
    }
    if (size > size_limit())
        return std::string(words().too_large);
    auto const header_end = content.find("\r\n\r\n");
    if (std::min(header_end, content.size()) > largest_header)
        return "552 5.3.4 Header size exceeds fixed maximum size";
    std::string text;
    std::vector<std::string> const authors = authors_of(content, text, reason);
    if (text.empty())
        text = sender_refusal(authors, reason);
    if (!text.empty())
        return text;
    while (!mine.mails.empty() && mine.mails.front().first + 24h <= now())
    {
        mine.recipients -= mine.mails.front().second;
        mine.mails.pop_front();
    }
    bool const spent = mine.recipients >= limits.recipients_per_day;
    user const* const owner = world_.directory.find_user_id(access_.owner_id);
    bool const personal = owner && owner->kind == account_kind::personal;
    text = outbound_refusal(spent && personal, reason);
    if (!text.empty())
        return text;
    bool const full = world_.policy.mailbox(access_.mailbox).full;
    mailbox const* const own = world_.mailboxes.find(access_.mailbox);
    if (full || (own && own->octets() + size > own->quota))
    {
        reason = "the mailbox is full, so no copy can be kept in Sent Items";
        return "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException." +
               std::string(full ? "MapiExceptionShutoffQuotaExceeded" : "MapiExceptionQuotaExceeded");
    }
    if (spent)
    {
        reason = "too many recipients within 24 hours";
        return "554 5.2.0 " +
               store_driver("SubmissionQuotaExceededException", "The submission quota has been exceeded.");
    }
    return {};
}

// More messages than a minute may have: they are delayed into the next one (documented), or refused where the policy
// says so (reported of connectors with a small limit). Returns the refusal.
OUTKIT_DEF flow<std::string> session::slowed()
{
    auto const& limits = world_.policy.service.throttling;
    for (;;)
    {
        auto& times = service_.senders_[access_.mailbox].messages;
        while (!times.empty() && times.front() + 1min <= now())
            times.pop_front();
        if (times.size() < limits.messages_per_minute)
        {
            times.push_back(now());
            co_return std::string();
        }
        if (limits.refuse_over_rate || times.empty())
            co_return "421 4.4.2 Message submission rate for this client has exceeded the configured limit";
        detail::time_point const until = times.front() + 1min;
        co_await detail::sleep_until(until);
    }
}

OUTKIT_INLINE std::string const& session::access_tenant() const
{
    static std::string const none;
    user const* const owner = world_.directory.find_user_id(access_.owner_id);
    return owner ? owner->tenant_id : none;
}

// Whether the address is of one of the domains of the sender's tenant.
OUTKIT_INLINE bool session::is_inside(std::string const& address) const
{
    tenant const* const t = world_.directory.find_tenant(address.substr(address.rfind('@') + 1));
    return t && same_name(t->id, access_tenant());
}

// Why a recipient does not get the message although it was taken: "550 5.1.10 …"; empty: for no reason that is known
// before it is delivered. Codes and their causes: Learn, NDR codes; the text of the first was observed in bounces.
OUTKIT_INLINE std::string session::bounce_for(std::string const& address, bool bare_line_ends)
{
    auto const& limits = world_.policy.service.throttling;
    mailbox* const box = mailbox_of(address);
    if (!box && world_.directory.find_tenant(address.substr(address.rfind('@') + 1)))
        return "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup";
    if (!box && bare_line_ends)
        return "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be sent via "
               "DATA";
    if (!box || (limits.received_from_one_per_hour == 0 && limits.received_per_hour == 0))
        return {};
    auto& received = service_.received_[box->address()];
    while (!received.empty() && received.front().first + 1h <= now())
        received.pop_front();
    auto const from_me =
        std::count_if(received.begin(), received.end(), [&](auto const& r) { return r.second == access_.mailbox; });
    if (limits.received_from_one_per_hour != 0 &&
        static_cast<std::uint64_t>(from_me) >= limits.received_from_one_per_hour)
        return "550 5.2.121 The recipient has had too many messages from this sender within an hour";
    if (limits.received_per_hour != 0 && received.size() >= limits.received_per_hour)
        return "550 5.2.122 The recipient has had too many messages within an hour";
    received.emplace_back(now(), access_.mailbox);
    return {};
}

// Why the whole message comes back: it goes beyond a limit that its sender or their tenant has. Inside its own tenant a
// message may go on.
OUTKIT_INLINE std::string session::bounce_for_all(std::size_t outside)
{
    if (generic())
        return {};
    auto& mine = service_.senders_[access_.mailbox];
    if (mine.recipients + to_.size() > world_.policy.service.throttling.recipients_per_day)
        return "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients";
    tenant_policy const& home = world_.policy.tenant(access_tenant());
    if (home.external_recipients_per_day == 0 || outside == 0)
        return {};
    auto& sent = service_.sent_outside_[access_tenant()];
    while (!sent.empty() && sent.front().first + 24h <= now())
        sent.pop_front();
    std::size_t sum = outside;
    for (auto const& [when, how_many] : sent)
        sum += how_many;
    if (sum > home.external_recipients_per_day)
        return home.trial
                   ? "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily "
                     "limit for sending email to external recipients (tenant external recipient rate limit)"
                   : "550 5.7.233 Your message can't be sent because your tenant has exceeded its daily limit for "
                     "sending email to external recipients (tenant external recipient rate limit)";
    sent.emplace_back(now(), outside);
    return {};
}

// The message as it is to be seen: under a new Message-ID, with the sender's own kept in a field of Microsoft's (observed:
// marlam/msmtp#190), and with the fields that transport adds.
OUTKIT_INLINE std::string session::rewritten(std::string const& content, std::string const& id)
{
    auto const all = mime::read_fields(content);
    std::string const date =
        mime::format_date({std::chrono::floor<std::chrono::seconds>(world_.date()), std::chrono::minutes(0)});
    std::string head;
    if (generic())
    {
        head = "Received: from " + client_name_ + " ([127.0.0.1]) by " + host_ + " with ESMTPSA id " + id + ";\r\n\t" +
               date + "\r\n";
        if (!mime::find(all, "Date"))
            head += "Date: " + date + "\r\n";
        if (!mime::find(all, "Message-ID"))
            head += "Message-ID: <" + id + '@' + host_ + ">\r\n";
        return head + content;
    }
    head = "Message-ID: " + id + "\r\n";
    if (auto const old = codec::message_id_of(content); !old.empty())
        head += "X-Microsoft-Original-Message-ID: " + old + "\r\n";
    if (!mime::find(all, "Date"))
        head += "Date: " + date + "\r\n";
    head += "X-ClientProxiedBy: " + bracket_host_ + "\r\n (::1) To " + store_name_ + '.' + store_domain_ +
            "\r\n (::1)\r\nX-MS-Exchange-MessageSentRepresentingType: 1\r\n";
    std::string body = without_field(without_field(content, "Message-ID"), "X-Microsoft-Original-Message-ID");
    if (on_behalf_of(all))  // whoever it is from, it says who has sent it
    {
        body = without_field(body, "Sender");
        head += "Sender: " + access_.mailbox + "\r\n";
    }
    return head + body;
}

// Whose mailbox the message is from, when it is another one than that it is sent by; null for none.
OUTKIT_INLINE user const* session::other_author(std::vector<mime::field> const& all) const
{
    auto const* const from = mime::find(all, "From");
    if (!from)
        return nullptr;
    for (auto const& a : mime::read_address_list(from->value, 1))
        if (auto const address = mime::strict(a))
            if (user const* const u = world_.directory.find_user(address->to_string()))
                return u->id == access_.owner_id ? nullptr : u;
    return nullptr;
}

OUTKIT_INLINE bool session::on_behalf_of(std::vector<mime::field> const& all) const
{
    user const* const author = other_author(all);
    return author && !may_send_as(world_, access_, mailbox_address(*author));
}

// Files the message, reports what cannot be delivered, and returns the last reply.
OUTKIT_INLINE std::string session::store(std::string const& content)
{
    char number[21];
    std::snprintf(number, sizeof number, "%010llX%010llX",
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 40)),
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 40)));
    std::string const id =
        generic() ? std::string(number) : '<' + store_name_ + number + '@' + store_name_ + '.' + store_domain_ + '>';
    std::string const old = codec::message_id_of(content);

    std::vector<recipient_report> reports;
    submission s;
    std::size_t outside = 0;
    for (auto const& r : to_)
        outside += !is_inside(r.address.to_string());
    std::string const bounced = bounce_for_all(outside);
    bool const bare = outside != 0 && mime::with_crlf(content).size() != content.size();
    for (auto const& r : to_)
    {
        std::string address = r.address.to_string();
        std::string why = bounced.empty() ? bounce_for(address, bare) : bounced;
        if (why.empty())
            s.recipients.push_back(std::move(address));
        else
            reports.push_back({.address = std::move(address), .original = r.original, .diagnostic = std::move(why)});
    }
    bool const copies = !generic() && profile() != smtp_profile::high_volume;
    s.sender = copies ? world_.mailboxes.find(access_.mailbox) : nullptr;
    s.raw = rewritten(content, id);
    std::string const header = s.raw.substr(0, s.raw.find("\r\n\r\n") + 2);
    std::string const whole = full_report_ ? s.raw : std::string();
    if (copies)
        copy_for_author(s.raw);
    auto const delivered = world_.mailboxes.submit(std::move(s));
    auto& mine = service_.senders_[access_.mailbox];
    mine.mails.emplace_back(now(), to_.size());
    mine.recipients += to_.size();

    fields f{{"message_id", id}, {"received", std::to_string(delivered.received.size())}};
    if (!old.empty())
        f.emplace_back("original_message_id", old);
    for (auto const& r : delivered.outside)
        f.emplace_back("outside", r);
    for (auto const& r : delivered.refused)
    {
        f.emplace_back("refused", r);
        reports.push_back({.address = r, .diagnostic = "554 5.2.2 mailbox full"});
    }
    for (auto const& r : reports)
        if (f.size() < 100)
            f.emplace_back("bounced", r.address + " " + r.diagnostic);
    report(std::move(reports), whole.empty() ? header : whole);
    std::string reply = generic() ? "250 2.0.0 OK: queued as " + id : "250 2.0.0 OK " + id + hostname();
    note("message", std::move(f), reply, journal_outcome::ok);
    return reply;
}

// A shared mailbox may keep what others send in its name (Set-Mailbox -MessageCopyForSentAsEnabled and
// -MessageCopyForSendOnBehalfEnabled), besides the copy of the mailbox it was sent by.
OUTKIT_INLINE void session::copy_for_author(std::string const& raw)
{
    auto const all = mime::read_fields(raw);
    user const* const author = other_author(all);
    if (!author || !author->shared_mailbox)
        return;
    mailbox_policy const& box = world_.policy.mailbox(mailbox_address(*author));
    if (on_behalf_of(all) ? !box.copy_sent_on_behalf : !box.copy_sent_as)
        return;
    if (mailbox* const theirs = ensure_mailbox(world_, *author))
        world_.mailboxes.append(*theirs->find(role::sent_items), raw, {.flags = flags::seen});
}

// Tells the envelope's sender what they want to hear: failures unless NOTIFY says otherwise, successes if it asks for
// them (RFC 3461 section 5.2).
OUTKIT_INLINE void session::report(std::vector<recipient_report> failures, std::string const& message)
{
    if (from_.empty())
        return;
    std::vector<recipient_report> failed, arrived, relayed;
    for (auto const& r : to_)
    {
        std::string const address = r.address.to_string();
        auto const at = std::find_if(failures.begin(), failures.end(),
                                     [&](auto const& x) { return same_name(x.address, address); });
        if (at != failures.end() && r.on_failure)
            failed.push_back({.address = address, .original = r.original, .diagnostic = at->diagnostic});
        else if (at == failures.end() && r.on_success)
        {
            bool const here = mailbox_of(address) != nullptr;
            (here ? arrived : relayed).push_back({.address = address, .original = r.original, .relayed = !here});
        }
    }
    mailbox* const to = failed.empty() && arrived.empty() && relayed.empty() ? nullptr : mailbox_of(from_.to_string());
    if (!to)
        return;
    for (auto* const of : {&failed, &arrived, &relayed})
    {
        if (of->empty())
            continue;
        delivery_report r;
        r.server = generic() ? host_ : store_name_ + '.' + store_domain_;
        r.from = generic() ? "Mail delivery <postmaster@" + host_ + '>'
                           : "Microsoft Outlook <postmaster@" + from_.domain() + '>';
        r.to = from_.to_string();
        char number[33];
        std::snprintf(number, sizeof number, "%016llx%016llx", static_cast<unsigned long long>(random(~0ull)),
                      static_cast<unsigned long long>(random(~0ull)));
        r.id = std::string("<") + number + '@' + r.server + '>';
        r.boundary = std::string("mock_") + number;
        r.date = world_.date();
        r.envelope_id = envelope_id_;
        r.message = message;
        r.whole_message = full_report_;
        r.recipients = std::move(*of);
        world_.mailboxes.deliver(*to, format(r));
    }
}

OUTKIT_DEF flow<> session::take_message(std::string content, std::string verb)
{
    if (co_await fault("."))
        co_return reset();
    std::string reason;
    std::string reply = refusal(content, reason);
    if (!reply.empty() && !generic())
        reply += hostname();
    if (reply.empty() && !generic())
        reply = co_await slowed();
    if (reply.empty())
    {
        std::string const accepted = store(content);
        say(accepted);
    }
    else
        answer(verb, reply, {}, reason);
    if (reply.starts_with("421"))
        close_ = true;
    reset();
}

}  // namespace smtp_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
