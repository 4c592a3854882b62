#ifndef OUTKIT_MOCK_FAULTS_IPP
#define OUTKIT_MOCK_FAULTS_IPP

#include <outkit/mock/directory.hpp>  // same_name
#include <outkit/mock/faults.hpp>

#include <algorithm>
#include <stdexcept>

namespace outkit::inline OUTKIT_ABI::mock {

namespace faults_detail {

inline bool matches(std::string_view wanted, std::string_view operation)
{
    if (wanted.empty() || same_name(wanted, operation))
        return true;
    if (wanted.ends_with('*'))
    {
        wanted.remove_suffix(1);
        return operation.size() >= wanted.size() && same_name(operation.substr(0, wanted.size()), wanted);
    }
    // a word of it
    for (std::size_t i = 0; i <= operation.size();)
    {
        std::size_t const end = std::min(operation.find_first_of(" /", i), operation.size());
        if (same_name(operation.substr(i, end - i), wanted))
            return true;
        i = end + 1;
    }
    return false;
}

inline bool has_line_break(std::string_view text)
{
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

inline bool is_http(std::string_view server) { return server == "entra" || server == "graph"; }

// Why the fault makes no sense; empty: it does.
inline std::string objection(fault const& f)
{
    static constexpr std::string_view servers[] = {"", "imap", "smtp", "entra", "graph"};
    if (std::find(std::begin(servers), std::end(servers), f.server) == std::end(servers))
        return "there is no server \"" + f.server.substr(0, 100) + "\"; there are imap, smtp, entra and graph";
    if (f.operation.size() > 1000 || has_line_break(f.operation))
        return "an operation is one line of at most 1000 octets";
    if (f.delay < std::chrono::nanoseconds(0) || f.delay > faults::max_delay)
        return "a delay is between nothing and 24 hours";
    if (f.times > faults::max_times || f.skip > faults::max_times)
        return "a fault happens at most 1000000 times, and skips no more";
    if (!(f.probability >= 0 && f.probability <= 1))
        return "a probability is between 0 and 1";
    if (f.status != 0 && (f.status < 400 || f.status > 599))
        return "the HTTP status of a fault is between 400 and 599";
    if (f.status != 0 && (f.server == "imap" || f.server == "smtp"))
        return "IMAP and SMTP have no HTTP status; use an answer";
    if (is_http(f.server) && f.answer && f.status == 0)
        return "an HTTP answer needs a status";
    if (f.answer && f.answer->size() > 1024 * 1024)
        return "an answer has at most 1 MiB";
    if (f.answer && f.status == 0 && has_line_break(*f.answer))
        return "an answer of IMAP or SMTP is one line";
    if (f.retry_after && (*f.retry_after < std::chrono::seconds(0) || *f.retry_after > std::chrono::hours(24)))
        return "Retry-After is between nothing and 24 hours";
    if (f.header_fields.size() > 100)
        return "a fault adds at most 100 header fields";
    for (auto const& [name, value] : f.header_fields)
        if (name.empty() || name.find_first_of(" \t:\r\n") != name.npos || has_line_break(name) ||
            has_line_break(value))
            return "a header field is a name without blanks or colon and a value of one line";
    if (f.stall && (f.answer || f.status != 0 || f.disconnect))
        return "a stalled operation is not answered";
    if (!f.answer && f.status == 0 && f.delay == std::chrono::nanoseconds(0) && !f.disconnect && !f.stall &&
        !f.drop_after)
        return "nothing goes wrong in this fault: give an answer, status, delay, disconnect, stall or drop_after";
    return {};
}

}  // namespace faults_detail

OUTKIT_INLINE bool faults::enqueue(fault f, std::string& problem)
{
    std::string why = faults_detail::objection(f);
    if (why.empty() && queue_.size() >= max_queued)
        why = "10000 faults are queued already";
    if (!why.empty())
    {
        problem = std::move(why);
        return false;
    }
    queue_.push_back(std::move(f));
    return true;
}

namespace faults_detail {
inline void enqueue_or_throw(faults& to, fault f)
{
    std::string problem;
    if (!to.enqueue(std::move(f), problem))
        throw std::invalid_argument(problem);
}
}  // namespace faults_detail

OUTKIT_INLINE void faults::next(std::string_view server, std::string_view operation, std::string_view answer)
{
    fault f;
    f.server = server;
    f.operation = operation;
    f.answer = std::string(answer);
    faults_detail::enqueue_or_throw(*this, std::move(f));
}

OUTKIT_INLINE void faults::next_status(std::string_view server, std::string_view operation, int status,
                                       std::chrono::seconds retry_after, std::string_view body)
{
    fault f;
    f.server = server;
    f.operation = operation;
    f.status = status;
    if (retry_after != std::chrono::seconds(0))
        f.retry_after = retry_after;
    f.answer = std::string(body);
    faults_detail::enqueue_or_throw(*this, std::move(f));
}

OUTKIT_INLINE void faults::drop_after(std::uint64_t octets, std::string_view server)
{
    fault f;
    f.server = server;
    f.operation = "connect";
    f.drop_after = octets;
    faults_detail::enqueue_or_throw(*this, std::move(f));
}

OUTKIT_INLINE void faults::delay(std::string_view server, std::string_view operation, std::chrono::nanoseconds by)
{
    fault f;
    f.server = server;
    f.operation = operation;
    f.delay = by;
    faults_detail::enqueue_or_throw(*this, std::move(f));
}

OUTKIT_INLINE std::optional<fault> faults::take(std::string_view server, std::string_view operation)
{
    // "connect" is no operation of the protocol: only faults that name it are meant.
    bool const connecting = same_name(operation, "connect");
    for (auto i = queue_.begin(); i != queue_.end(); ++i)
    {
        if ((!i->server.empty() && i->server != server) || !faults_detail::matches(i->operation, operation) ||
            (connecting && !same_name(i->operation, "connect")))
            continue;
        if (i->skip != 0)
        {
            --i->skip;
            continue;
        }
        if (i->probability < 1 && static_cast<double>(dice_() >> 11) * 0x1p-53 >= i->probability)
            continue;
        fault happens = *i;
        if (i->times == 1)
            queue_.erase(i);
        else if (i->times != 0)
            --i->times;
        return happens;
    }
    return std::nullopt;
}

OUTKIT_INLINE void faults::hand_on(fault f)
{
    f.operation.clear();
    f.drop_after.reset();
    f.skip = 0;
    f.times = 1;
    f.probability = 1;
    queue_.push_front(std::move(f));
}

OUTKIT_INLINE void faults::clear()
{
    queue_.clear();
    misbehaviour_.clear();
}

OUTKIT_INLINE std::span<faults::named const> faults::names() noexcept
{
    static constexpr named all[] = {
        {"imap.lenient-line-ends", "IMAP accepts lines that end with a lone LF"},
        {"imap.greeting-garbage", "IMAP greets with something that is no IMAP"},
        {"imap.bare-copyuid", "MOVE says [COPYUID ...] on a line of its own, without \"* OK\""},
        {"imap.bare-disposition", "BODYSTRUCTURE has a disposition without parameters as a string, not in parentheses"},
        {"imap.empty-disposition", "BODYSTRUCTURE has (NIL NIL) for a part without a disposition"},
        {"imap.description-disposition",
         "BODYSTRUCTURE has the description of a multipart in place of its disposition"},
        {"imap.part-of-nothing", "BODYSTRUCTURE has a part without octets with NIL for its type and all else"},
        {"imap.empty-multipart", "BODYSTRUCTURE has NIL for the parts of a multipart if all are without octets"},
        {"imap.tabs-in-names", "LIST has TAB for the blanks of names, without quotes; such names are found, too"},
        {"smtp.lenient-end-of-data",
         "SMTP takes LF.LF and CR.CR for the end of a message, as servers open to smuggling do"},
        {"smtp.no-starttls", "SMTP does not offer STARTTLS, as after a stripping attack"},
        {"smtp.short-command-lines", "SMTP takes no more than 512 octets in an AUTH line, as before RFC 4954"},
        {"smtp.plaintext-after-starttls", "SMTP sends a reply in the clear after agreeing to STARTTLS"},
    };
    return all;
}

OUTKIT_INLINE bool faults::misbehave(std::string_view name, bool on)
{
    if (std::none_of(names().begin(), names().end(), [&](named const& n) { return n.name == name; }))
        return false;
    if (on)
        misbehaviour_.emplace(name);
    else if (auto const i = misbehaviour_.find(name); i != misbehaviour_.end())
        misbehaviour_.erase(i);
    return true;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
