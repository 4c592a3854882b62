#ifndef OUTKIT_MOCK_SMTP_SUBMISSION_IPP
#define OUTKIT_MOCK_SMTP_SUBMISSION_IPP

#include <outkit/mime/header.hpp>
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
        std::string text = "503 5.5.2 Need mail command";
        if (has_sender_)
            text = chunking_ ? "503 5.5.2 BDAT has begun" : "503 5.5.2 Need rcpt command";
        answer("DATA", std::move(text));
        co_return;
    }
    say("354 Start mail input; end with <CRLF>.<CRLF>");
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
    if (!lenient && strict.bare_line_end())
    {
        if (co_await fault("."))
            co_return reset();
        // documented: OfficeDocs-Support, as the reason of a bounce; here at once, so that senders notice
        answer("DATA", "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be "
                       "sent via DATA " +
                           hostname());
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
        answer("BDAT", "501 5.5.4 Invalid arguments");
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
        std::string text = has_sender_ ? "503 5.5.2 Need rcpt command" : "503 5.5.2 Need mail command";
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

// observed: gophish/gophish#2900; documented: Microsoft Learn, NDR codes (5.1.20, 5.7.512) and printers (5.7.60)
OUTKIT_INLINE std::string session::sender_refusal(std::string const& content, std::string& reason)
{
    auto const all = mime::read_fields(content);
    std::vector<mime::address_entry> authors;
    std::size_t froms = 0;
    bool sender = false;
    for (auto const& f : all)
        if (codec::same_word(f.name, "From"))
        {
            ++froms;
            for (auto& a : mime::read_address_list(f.value, 100))
                authors.push_back(std::move(a));
        }
        else if (codec::same_word(f.name, "Sender"))
            sender = true;
    bool const usable = froms == 1 && !authors.empty() &&
                        std::all_of(authors.begin(), authors.end(), [](auto const& a) { return mime::strict(a); });
    if (!usable)
    {
        reason = "no From field, several, or no address in it";
        return "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant " + hostname();
    }
    if (authors.size() > 1 && !sender)
    {
        reason = "several authors and no Sender";
        return "550 5.1.20 Multiple From addresses are not allowed without Sender address " + hostname();
    }
    auto const may_send = [&](std::string const& address) {
        user const* const u = world_.directory.find_user(address);
        return may_send_as(world_, access_, address) || (u && u->id == access_.owner_id && access_.send_on_behalf);
    };
    for (auto const& a : authors)
    {
        std::string const address = mime::strict(a)->to_string();
        if (may_send(address))
            continue;
        reason = "no SendAs right on the address in From";
        return "554 5.2.252 SendAsDenied; " + access_.mailbox + " not allowed to send as " + codec::printable(address) +
               "; " +
               store_driver("SendAsDeniedException.MapiExceptionSendAsDenied",
                            "[BeginDiagnosticData]Cannot submit message. 0.35250:0A007C85, "
                            "1.36674:0A000000[EndDiagnosticData] ") +
               hostname();
    }
    if (!from_.empty() && !may_send(from_.to_string()))
    {
        reason = "no SendAs right on the envelope's sender";
        return "550 5.7.60 SMTP; Client does not have permissions to send as this sender " + hostname();
    }
    return {};
}

// Why the message is not taken; empty: it is. The order is inferred; texts as documented by Microsoft in "improvements
// to SMTP authenticated submission" and the list of NDR codes.
OUTKIT_INLINE std::string session::refusal(std::string const& content, std::uint64_t size, std::string& reason)
{
    auto const& limits = world_.policy.service.throttling;
    auto& mine = service_.senders_[access_.mailbox];
    auto const earlier = std::distance(mine.connections.begin(), mine.connections.find(who_.number));
    if (static_cast<std::uint64_t>(earlier) >= limits.smtp_connections)
    {
        reason = "too many connections of this mailbox at once";
        return "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more "
               "information. " +
               hostname();
    }
    if (size > size_limit())
        return "552 5.3.4 Message size exceeds fixed maximum message size " + hostname();
    auto const header_end = content.find("\r\n\r\n");
    if (std::min(header_end, content.size()) > largest_header)
        return "552 5.3.4 Header size exceeds fixed maximum size " + hostname();
    if (std::string text = sender_refusal(content, reason); !text.empty())
        return text;
    mailbox_policy const& box = world_.policy.mailbox(access_.mailbox);
    if (blocked_ || box.blocked)
    {
        reason = "the account is suspended for sending spam";
        return "550 5.1.8 Access denied, bad outbound sender " + hostname();
    }
    mailbox const* const own = world_.mailboxes.find(access_.mailbox);
    if (box.full || (own && own->octets() + size > own->quota))
    {
        reason = "the mailbox is full, so no copy can be kept in Sent Items";
        return "554 5.2.2 mailbox full; "
               "STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded " +
               hostname();
    }
    while (!mine.mails.empty() && mine.mails.front().first + 24h <= now())
    {
        mine.recipients -= mine.mails.front().second;
        mine.mails.pop_front();
    }
    if (mine.recipients + to_.size() > limits.recipients_per_day)
    {
        reason = "too many recipients within 24 hours";
        return "554 5.2.0 " +
               store_driver("SubmissionQuotaExceededException", "The submission quota has been exceeded. ") +
               hostname();
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

// Files the message and returns its new Message-ID: the sender's own is kept in a field of Microsoft's (observed:
// marlam/msmtp#190).
OUTKIT_INLINE std::string session::store(std::string const& content)
{
    char digits_of[21];
    std::snprintf(digits_of, sizeof digits_of, "%010llX%010llX",
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 40)),
                  static_cast<unsigned long long>(random(std::uint64_t(1) << 40)));
    std::string const id = '<' + store_name_ + digits_of + '@' + store_name_ + ".mockprd06.prod.outlook.com>";
    std::string const old = codec::message_id_of(content);
    std::string head = "Message-ID: " + id + "\r\n";
    if (!old.empty())
        head += "X-Microsoft-Original-Message-ID: " + old + "\r\n";
    auto const all = mime::read_fields(content);
    if (!mime::find(all, "Date"))
        head += "Date: " +
                mime::format_date({std::chrono::floor<std::chrono::seconds>(world_.date()), std::chrono::minutes(0)}) +
                "\r\n";
    head += "X-MS-Exchange-MessageSentRepresentingType: 1\r\n";

    submission s;
    s.sender = world_.mailboxes.find(access_.mailbox);
    s.raw = head + without_field(without_field(content, "Message-ID"), "X-Microsoft-Original-Message-ID");
    for (auto const& a : to_)
    {
        s.recipients.push_back(a.to_string());
        if (user const* const u = world_.directory.find_user(s.recipients.back()))
            ensure_mailbox(world_, *u);
    }
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
        f.emplace_back("refused", r);
    std::string reply = "250 2.0.0 OK " + id + ' ' + hostname();  // observed: transcripts of 2026
    note("message", std::move(f), reply, journal_outcome::ok);
    return reply;
}

OUTKIT_DEF flow<> session::take_message(std::string content, std::string verb)
{
    if (co_await fault("."))
        co_return reset();
    std::string reason;
    std::string reply = refusal(content, content.size(), reason);
    if (reply.empty())
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
