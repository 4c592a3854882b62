#ifndef OUTKIT_CHECK_TYPES_HPP
#define OUTKIT_CHECK_TYPES_HPP

#include <outkit/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

/// Who can mend it.
enum class owner
{
    developer,      // who wrote or configures the program, or registered it
    administrator,  // of the tenant
    user,           // who owns the mailbox
    microsoft,      // wait, or open a ticket
    network         // who runs the network, proxy or firewall in between
};

/// How we know.
enum class evidence
{
    documented,  // a public document of the vendor or an RFC says so
    observed,    // seen in a public transcript, recording or issue
    inferred     // our conclusion from the other two
};

/// Which service says it.
enum class service
{
    sign_in,
    imap,
    smtp,
    graph,
    tls,
    network
};

/// One possible cause of a symptom. All views are to static storage.
struct cause
{
    std::string_view id;      // stable, for example "imap-off-for-mailbox"
    std::string_view what;    // a sentence without a full stop
    owner who;                // who can mend it
    std::string_view remedy;  // what to do, or to click
    evidence mark;
    std::string_view source;  // a public document or issue
};

/// A recognised refusal.
struct symptom
{
    std::string id;  // stable: "AADSTS7000215", "imap-not-connected", "ErrorAccessDenied"
    service where = {};
    std::string_view meaning;   // a sentence without a full stop
    std::vector<cause> causes;  // the most likely first; empty for a code that is not in the atlas
};

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
