#ifndef OUTKIT_MOCK_FAULTS_HPP
#define OUTKIT_MOCK_FAULTS_HPP

#include <outkit/config.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/** One thing that goes wrong. What is set happens in this order: delay, then either answer or nothing, then the end.

    For line protocols `answer` is the reply without tag and line end ("NO [UNAVAILABLE] try later", "421 4.3.2 …"). For
    HTTP it is the body, sent with `status`, which must then be set.
*/
struct fault
{
    std::string server = {};     // "imap", "smtp", "entra", "graph"; empty: any
    std::string operation = {};  // see faults::take; empty: any

    std::chrono::nanoseconds delay{0};                                    // of world time, before anything else
    std::optional<std::string> answer = {};                               // instead of the real one
    int status = 0;                                                       // HTTP status, 400 to 599
    std::optional<std::chrono::seconds> retry_after = {};                 // HTTP header Retry-After
    std::vector<std::pair<std::string, std::string>> header_fields = {};  // further HTTP header fields
    bool disconnect = false;                                              // close the connection afterwards
    bool stall = false;                                                   // never answer; the connection stays open
    std::optional<std::uint64_t> drop_after = {};  // cut the connection when it has sent this many octets (0: at once)

    unsigned skip = 0;       // this many matching operations pass first
    unsigned times = 1;      // then it happens this often; 0: for ever
    double probability = 1;  // decided by the seed each time it could happen
};

/** What goes wrong in a world: queued, deterministic, and gone when it has happened.

    Servers ask take() before each operation. The first fault in the order of queueing that matches and whose turn it is
    happens; the others wait. Faults whose `skip` is not yet used up count each operation they match. With the same
    queue, the same requests and the same seed, the same things happen.
*/
class faults
{
public:
    /// At most this many may be queued, with at most `max_delay` each; enqueue() says no beyond.
    static constexpr std::size_t max_queued = 10'000;
    static constexpr std::chrono::hours max_delay{24};
    static constexpr unsigned max_times = 1'000'000;

    /** Queues a fault. False, with the reason in `problem`, for one that makes no sense: an unknown server, a negative
        or endless delay, a status that is none. Untouched otherwise. */
    bool enqueue(fault f, std::string& problem);

    /// The next such operation gets this answer instead of the real one: `next("imap", "AUTHENTICATE", "NO [UNAVAILABLE]
    /// try later")`. Throws std::invalid_argument where enqueue() would say no; so do the other short forms.
    void next(std::string_view server, std::string_view operation, std::string_view answer);
    /// The next request gets this HTTP status, with a Retry-After header unless 0, and this body.
    void next_status(std::string_view server, std::string_view operation, int status,
                     std::chrono::seconds retry_after = std::chrono::seconds(0), std::string_view body = {});
    /// The next connection of the server (any, if empty) is cut when the server has sent this many octets.
    void drop_after(std::uint64_t octets, std::string_view server = {});
    /// The next such operation is answered late, in the world's time.
    void delay(std::string_view server, std::string_view operation, std::chrono::nanoseconds by);

    /** What happens to this operation; nothing, usually.

        `operation` is the protocol's own word: for IMAP and SMTP the command in upper case ("AUTHENTICATE", "UID FETCH",
        "MAIL", "RCPT", "DATA", and "." for the end of the data), for HTTP method and path ("POST /v1.0/me/sendMail"), and
        "connect" for a new connection before its first octet. A fault's operation matches when it is the same (letters
        without case), or a word of it ("token" matches "POST /common/oauth2/v2.0/token"; "FETCH" matches "UID FETCH"), or
        ends in "*" and is its beginning up to there.
    */
    std::optional<fault> take(std::string_view server, std::string_view operation);

    /// Lets the server's next operation, whatever it is, have what is left of a fault: delay, status, answer, fields.
    /// For a server in two layers, of which the outer one takes and the inner one answers.
    void hand_on(fault f);

    std::deque<fault> const& queued() const { return queue_; }
    void clear();
    /// Begins the dice of `probability` anew.
    void seed(std::uint64_t s) { dice_.seed(s); }

    /// Named misbehaviour that stays on until it is switched off. False when the name is unknown.
    bool misbehave(std::string_view name, bool on = true);
    bool misbehaves(std::string_view name) const { return misbehaviour_.contains(name); }
    std::set<std::string, std::less<>> const& misbehaviour() const { return misbehaviour_; }

    struct named
    {
        std::string_view name;
        std::string_view description;
    };
    /// Every misbehaviour there is. Servers are correct without them.
    static std::span<named const> names() noexcept;

private:
    std::deque<fault> queue_;
    std::set<std::string, std::less<>> misbehaviour_;
    std::mt19937_64 dice_{1};
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/faults.ipp>
#endif

#endif
