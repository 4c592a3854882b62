#ifndef OUTKIT_CHECK_REPORT_HPP
#define OUTKIT_CHECK_REPORT_HPP

#include <outkit/account/mailbox.hpp>
#include <outkit/check/types.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

enum class outcome
{
    passed,
    warning,  // it works, but will not for long, or looks like a mistake
    failed,
    skipped  // not tried, since something before it failed or it was not asked for
};

/// Something that was asked of a service, in the words of the mocks' journal.
struct request
{
    std::string server;  // "entra", "imap", "smtp", "graph"
    std::string what;    // "AUTHENTICATE XOAUTH2", "GET /v1.0/me"
};

/// One thing that was looked at.
struct step
{
    std::string id = {};     // stable: "imap.sign-in"
    std::string title = {};  // "sign in to IMAP with XOAUTH2"
    outcome result = outcome::skipped;
    std::string verified = {};               // what was seen to be so; the peer's words in it are as they came
    std::string problem = {};                // what failed, in our words
    std::string said = {};                   // the peer's words about it, at most 512 octets
    std::vector<symptom> symptoms = {};      // what the atlas knows about it, causes ranked by the other evidence
    std::vector<check::request> asked = {};  // in their order
    std::chrono::microseconds took{0};
};

/// What a run found.
struct report
{
    account::base_scope base_scope = account::base_scope::imap;
    account::mailbox mailbox = account::mailbox();
    std::vector<step> steps = {};
    std::string sent_subject = {};  // of the message that was sent; empty: none was

    OUTKIT_DECL bool passed() const;
    OUTKIT_DECL step const* find(std::string_view id) const;
    /// The first symptom of the first failed step; null when there is none.
    OUTKIT_DECL symptom const* finding() const;
};

OUTKIT_DECL std::string_view name(outcome o) noexcept;

/// What a report comes to, in one sentence without a full stop: "connected", or what was refused and, unless
/// nothing tells its causes apart, the first of them.
OUTKIT_DECL std::string verdict(report const& r);

/// The cause to mend first; null when there is none.
OUTKIT_DECL cause const* first_cause(report const& r);

/** The report as JSON (RFC 8259), one object, stable keys, no secrets. docs/report.schema.json describes it.

    @param full_addresses  false: mail addresses are shortened to "a***@contoso.example", since reports are published
*/
OUTKIT_DECL std::string to_json(report const& r, bool full_addresses);

/// The same as JUnit XML, a test case for each step, for continuous integration.
OUTKIT_DECL std::string to_junit(report const& r, bool full_addresses);

/// The same as one HTML page that needs nothing else and runs nothing, to be sent to whoever has to act.
OUTKIT_DECL std::string to_html(report const& r, bool full_addresses);

/// The text with every mail address in it shortened to its first character and the domain.
OUTKIT_DECL std::string shorten_addresses(std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::check

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/check/report.ipp>
#include <outkit/check/report_html.ipp>
#include <outkit/check/report_junit.ipp>
#endif

#endif
