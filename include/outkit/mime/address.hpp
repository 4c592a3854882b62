#ifndef OUTKIT_MIME_ADDRESS_HPP
#define OUTKIT_MIME_ADDRESS_HPP

// Addresses are read in two ways by one scanner. What is going to be sent is parsed strictly, and the result is the
// only thing that envelope and header can be made of, so the two never disagree. What has been received is read
// tolerantly into the shape of IMAP's ENVELOPE and never trusted.

#include <outkit/mime/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mime {

class address;

/** Parses one address, and nothing else: no display name, no comment, no blank before or after it.

    Lengths are those of RFC 5321 section 4.5.3.1: 64 octets before the '@' (as written, with quotes), 255 after it,
    254 in all. In a quoted local part a blank must be written `\ `. Domains are ASCII letters, digits and hyphens, or
    an IPv4 or IPv6 address literal; a domain in Unicode is refused, not converted.

    @param text        For example "ann@contoso.example". To read an SMTP path, pass what stands before the first '>'.
    @param ec          Cleared, or set to one of the mime::error::address_… and domain_… values.
    @param allow_utf8  Accept a local part in UTF-8. To be set only when the server offers SMTPUTF8.
*/
OUTKIT_DECL std::optional<address> parse_address(std::string_view text, error_code& ec, bool allow_utf8 = false);

/** An e-mail address that is safe to put into an SMTP command or a header (RFC 5321 section 4.1.2).

    Made by parse_address() only; a default-constructed one is empty, which as a sender is the null reverse-path `<>`.
    It has no CR, LF, NUL, other control character, '<' or '>' in it, in whatever way it was quoted.
*/
class address
{
public:
    address() = default;

    /// The local part without its quotes. ASCII, unless parsed with allow_utf8.
    std::string const& local() const noexcept { return local_; }
    /// The domain in ASCII as it was written, or an address literal with its brackets.
    std::string const& domain() const noexcept { return domain_; }
    bool empty() const noexcept { return domain_.empty(); }
    /// Whether the address can be sent without SMTPUTF8.
    OUTKIT_DECL bool ascii() const noexcept;
    /// The address in its one normal form, quoted where it must be: `ann@contoso.example`. "" when empty.
    OUTKIT_DECL std::string to_string() const;

    /// Local parts compare exactly, domains without regard to case (RFC 5321 section 2.4).
    friend bool operator==(address const& a, address const& b) noexcept { return equal(a, b, false); }
    /// Compares both parts without regard to ASCII case, as Exchange and Outlook.com do.
    static bool same_mailbox(address const& a, address const& b) noexcept { return equal(a, b, true); }

private:
    OUTKIT_DEF friend std::optional<address> parse_address(std::string_view, error_code&, bool);
    OUTKIT_DECL static bool equal(address const& a, address const& b, bool fold_local) noexcept;

    std::string local_;
    std::string domain_;
};

/// An address with the name people see (RFC 5322 section 3.4, mailbox).
struct mailbox
{
    std::string name;  // UTF-8, not encoded or quoted; empty for none
    mime::address addr;

    friend bool operator==(mailbox const&, mailbox const&) = default;
};

/// Recipients under one name (RFC 5322 section 3.4, group). Everybody sees the name and its members.
struct group
{
    std::string name;  // UTF-8, not encoded or quoted; not empty
    std::vector<mailbox> members;

    friend bool operator==(group const&, group const&) = default;
};

/** Parses what a person writes as one recipient: `ann@contoso.example` or `Ann Lee <ann@contoso.example>`.

    The address is held to the rules of parse_address(). The name may be quoted or have encoded words.
*/
OUTKIT_DECL std::optional<mailbox> parse_mailbox(std::string_view text, error_code& ec, bool allow_utf8 = false);

/** Parses a comma-separated list of mailboxes for sending (RFC 5322 section 3.4, address-list).

    Members of groups (`Team: a@x.example, b@x.example;`) are taken out of them. Comments are refused. All or nothing:
    one bad entry makes the list fail. Takes time linear in the text.

    @param at_most  Longest list accepted; a longer one is error::too_many_addresses.
*/
OUTKIT_DECL std::optional<std::vector<mailbox>>
parse_mailbox_list(std::string_view text, error_code& ec, std::size_t at_most = 10'000, bool allow_utf8 = false);

/// The mailbox as it stands in a header, on one line and not folded: `"Lee, Ann" <ann@contoso.example>`. Always ASCII,
/// except for a local part in UTF-8; names in other scripts become encoded words (RFC 2047), or with allow_utf8 stay as
/// they are (RFC 6532).
OUTKIT_DECL std::string to_string(mailbox const& m, bool allow_utf8 = false);

/// The group as it stands in a header: `Team: ann@contoso.example, bob@contoso.example;`. As for a mailbox.
OUTKIT_DECL std::string to_string(group const& g, bool allow_utf8 = false);

/// One item of an address list that was received, in the terms of IMAP's ENVELOPE (RFC 9051 section 7.5.2).
struct address_entry
{
    enum class kind : std::uint8_t
    {
        mailbox,
        group_begin,  // name is the group's
        group_end     // all strings are empty
    };

    kind what = kind::mailbox;
    std::string name;    // as received, unquoted; may have encoded words in it, see decode_words()
    std::string local;   // unquoted; "" if the sender left it out
    std::string domain;  // "" if the sender left it out

    friend bool operator==(address_entry const&, address_entry const&) = default;
};

/** Reads the value of a From, To, Cc … field as it was received. Never fails, and takes time linear in the text.

    Comments, folds, routes and obsolete forms are understood; the last comment stands in for a missing name. What is no
    address becomes an entry with what could be made of it. Nothing of it may be put on a wire without parse_address().

    @param value    The field's value, folded or not.
    @param at_most  Entries after that many are left out.
*/
OUTKIT_DECL std::vector<address_entry> read_address_list(std::string_view value, std::size_t at_most = 10'000);

/// The address of an entry, if it is one by the rules of parse_address(); UTF-8 local parts are accepted.
OUTKIT_DECL std::optional<address> strict(address_entry const& entry);

/// The entries as a header value, on one line (RFC 5322 section 3.4); groups are `Name: a@x.example, b@x.example;`.
/// What has no domain but something else in its place is written as a name.
OUTKIT_DECL std::string to_string(std::span<address_entry const> list);

}  // namespace outkit::inline OUTKIT_ABI::mime

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mime/address.ipp>
#endif

#endif
