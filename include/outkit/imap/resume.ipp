#ifndef OUTKIT_IMAP_RESUME_IPP
#define OUTKIT_IMAP_RESUME_IPP

#include <outkit/imap/resume.hpp>

namespace outkit::inline OUTKIT_ABI::imap {

namespace detail {

inline constexpr command_rule rules[] = {
    {"CAPABILITY", after_loss::repeated, "asks"},
    {"NOOP", after_loss::repeated, "asks"},
    {"ID", after_loss::repeated, "asks"},
    {"NAMESPACE", after_loss::repeated, "asks"},
    {"LIST", after_loss::repeated, "asks"},
    {"LSUB", after_loss::repeated, "asks"},
    {"STATUS", after_loss::repeated, "asks"},
    {"SELECT", after_loss::repeated, "changes what is selected, on this connection only"},
    {"EXAMINE", after_loss::repeated, "changes what is selected, on this connection only"},
    {"UNSELECT", after_loss::repeated, "changes what is selected, on this connection only"},
    {"UID SEARCH", after_loss::repeated, "asks, by numbers that stay"},
    {"UID FETCH", after_loss::repeated, "asks, by numbers that stay; at most \\Seen is set twice"},
    {"UID STORE", after_loss::repeated, "says which flags are to be set or not, by numbers that stay"},
    {"SUBSCRIBE", after_loss::repeated, "says what is to be"},
    {"UNSUBSCRIBE", after_loss::repeated, "says what is to be"},
    {"IDLE", after_loss::repeated, "waits"},

    {"STARTTLS", after_loss::reported, "belongs to its connection"},
    {"AUTHENTICATE", after_loss::reported, "belongs to its connection; the next one has one of its own"},
    {"LOGOUT", after_loss::reported, "wants the connection to end"},
    {"FETCH", after_loss::reported, "positions are others on another connection"},
    {"STORE", after_loss::reported, "positions are others on another connection"},

    {"APPEND", after_loss::outcome_unknown, "twice it makes two messages"},
    {"UID COPY", after_loss::outcome_unknown, "twice it makes two copies"},
    {"UID MOVE", after_loss::outcome_unknown, "what has been moved has another UID in another mailbox"},
    {"CLOSE", after_loss::outcome_unknown, "removes messages, and others may be marked meanwhile"},
    {"EXPUNGE", after_loss::outcome_unknown, "removes messages, and others may be marked meanwhile"},
    {"UID EXPUNGE", after_loss::outcome_unknown, "removes messages"},
    {"CREATE", after_loss::outcome_unknown, "is refused when it has been carried out before"},
    {"DELETE", after_loss::outcome_unknown, "somebody may have made a mailbox of this name anew"},
    {"RENAME", after_loss::outcome_unknown, "somebody may have made a mailbox of this name anew"},
};

}  // namespace detail

OUTKIT_DEF std::span<command_rule const> command_rules() { return detail::rules; }

}  // namespace outkit::inline OUTKIT_ABI::imap

#endif
