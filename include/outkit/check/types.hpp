#ifndef OUTKIT_CHECK_TYPES_HPP
#define OUTKIT_CHECK_TYPES_HPP

#include <outkit/config.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

/// Who can mend it.
enum class owner
{
    developer,              // who wrote or configures the program, or registered it
    tenant_administrator,   // of the directory: registrations, consent, policies
    mailbox_administrator,  // of Exchange: mailboxes, their switches and rights
    user,                   // who owns the mailbox
    microsoft,              // wait, or open a ticket
    network                 // who runs the network, proxy or firewall in between
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

/// When on the way it is said.
enum class phase
{
    connect,
    tls,
    authorize,  // on the sign-in page, or when it sends the browser back
    token,      // by the token endpoint
    sign_in,    // IMAP and SMTP: the reply to AUTHENTICATE or AUTH
    session,    // IMAP: any command after that
    envelope,   // SMTP: MAIL, RCPT
    data,       // SMTP: the message
    call        // of Graph
};

/// Whether the same request may succeed when it is made again.
enum class retry
{
    never,           // not before something has been changed
    later,           // after a pause
    with_new_token,  // after the refresh token has been redeemed
    after_sign_in    // after a person has signed in
};

/// How one step of a remedy is carried out.
enum class step_kind
{
    portal,      // a path of pages and buttons
    powershell,  // a command of Exchange Online PowerShell
    graph,       // a call of Graph
    web,         // a page to open
    action       // anything else
};

struct step_of_remedy
{
    step_kind kind;
    std::string_view text;
};

/// One possible cause of a symptom. All views are to static storage.
struct cause
{
    std::string_view id;      // stable, for example "imap-off-for-mailbox"
    std::string_view what;    // a sentence without a full stop
    owner who;                // who can mend it
    std::string_view remedy;  // what to do, or to click: the steps in one sentence
    evidence mark;
    std::string_view source;  // a public document or issue
    std::span<step_of_remedy const> steps = {};
    retry again = retry::never;
    std::string_view first_seen = {}, last_seen = {};  // "2024", "2026-09"; empty: not known
};

/// How sure it is that the first cause of a symptom is the one.
enum class certainty
{
    possible,  // nothing tells the causes apart: each of them may be it
    likely,    // something speaks for it, or it is the only one that is known
    certain    // all others have been excluded
};

/// A recognised refusal.
struct symptom
{
    std::string id;  // stable: "AADSTS7000215", "imap-not-connected", "ErrorAccessDenied"
    service where = {};
    std::vector<phase> phases = {};
    std::string_view meaning;   // a sentence without a full stop
    std::vector<cause> causes;  // the most likely first; empty for a code that is not in the atlas
    certainty sure = certainty::possible;
    std::vector<std::string_view> decided_by = {};  // what ranked or excluded causes: "SMTP took the same token"
};

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
