#ifndef OUTKIT_MOCK_JOURNAL_HPP
#define OUTKIT_MOCK_JOURNAL_HPP

#include <outkit/config.hpp>
#include <outkit/detail/environment.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

enum class journal_outcome
{
    ok,       // did what was asked
    refused,  // understood, and refused: wrong secret, no consent, IMAP switched off
    invalid,  // the peer broke the protocol or asked for nonsense
    fault     // answered by a fault that a test has queued
};

/// "ok", "refused", "invalid", "fault".
std::string_view to_string(journal_outcome o) noexcept;

/// One request and what was answered.
struct journal_entry
{
    std::uint64_t sequence = 0;    // given by the journal; counts from 1 and is never used twice
    detail::wall_time time{};      // the world's
    std::string server = {};       // "entra", "imap", "smtp", "graph", "admin"; "mailbox" for what no request caused
    std::uint64_t connection = 0;  // number of the connection; 0: not known
    std::string what = {};         // "POST /common/oauth2/v2.0/token", "AUTHENTICATE XOAUTH2", "MAIL FROM"
    /// What mattered in the request, in its order: ("grant_type", "refresh_token"), ("user", "adele@woodgrove.example").
    std::vector<std::pair<std::string, std::string>> fields = {};
    std::string answer = {};  // "400 invalid_grant AADSTS70008", "NO AUTHENTICATE failed."
    journal_outcome outcome = journal_outcome::ok;
    std::string reason = {};  // ours, for people: why it was refused, where the answer does not say it

    /// Value of the first field of this name; empty when there is none.
    std::string_view field(std::string_view name) const;
};

/// What to look for; empty members mean anything.
struct journal_query
{
    std::string_view server = {};
    std::string_view what = {};  // part of `what`
    std::string_view text = {};  // part of any text of the entry
    std::uint64_t after = 0;     // sequence numbers above this one
};

/** Everything that arrived at the servers of a world and what they answered.

    No secret is in it, whatever the servers hand over: values of fields that are secret by their name (`client_secret`,
    `code`, `refresh_token`, `passwd`, `state`, …) and, in all texts, bearer tokens, JWTs, tokens of Entra's shapes and generated
    secrets are replaced by `<N bytes redacted>`; a query in `what` becomes `?…`. Each text is cut at 512 octets and is one
    line: control characters become `\xNN`. The oldest entries give way when there
    are more than limit().
*/
class journal
{
public:
    /// Writes an entry down and returns its sequence number.
    std::uint64_t record(journal_entry e);

    std::deque<journal_entry> const& entries() const { return entries_; }
    /// Sequence number of the newest entry; 0 when there was none. What a test remembers to look at later ones only.
    std::uint64_t last_sequence() const { return sequence_; }

    using query = journal_query;
    std::vector<journal_entry const*> find(query const& q) const;
    std::size_t count(query const& q) const { return find(q).size(); }
    /// The newest entry of this kind; null when there is none.
    journal_entry const* last(query const& q = {}) const;

    void clear() { entries_.clear(); }
    std::size_t limit() const { return limit_; }
    /// At least 1.
    void limit(std::size_t entries);

    /// A JSON array, one object per entry, for the admin API and `--json`; UTF-8, and safe inside an HTML page.
    std::string to_json(query const& q = {}) const;

    /// The text without secrets, as entries have it.
    static std::string blanked(std::string_view text);
    /// Whether the value of a form field, header or JSON member of this name is secret.
    static bool is_secret_name(std::string_view name) noexcept;

private:
    std::deque<journal_entry> entries_;
    std::uint64_t sequence_ = 0;
    std::size_t limit_ = 10'000;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/journal.ipp>
#endif

#endif
