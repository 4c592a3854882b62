#ifndef OUTKIT_SMTP_TYPES_HPP
#define OUTKIT_SMTP_TYPES_HPP

#include <outkit/mime/address.hpp>
#include <outkit/octet_source.hpp>
#include <outkit/smtp/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::smtp {

/// How the connection is secured. There is no mode that goes on without TLS when there is none.
enum class security
{
    starttls_required,  ///< plaintext first, then STARTTLS or an error: port 587 of Exchange Online has nothing else
    implicit_tls,       ///< TLS from the first byte, as on port 465 (RFC 8314)
    plaintext_loopback  ///< no TLS, and no host but this machine
};

/// How much a server may send. Zero never means unlimited.
struct limits
{
    std::size_t reply_line = 12'288;  ///< octets; RFC 4954 section 4 wants that much for challenges
    std::size_t reply_lines = 128;    ///< in one reply
    std::size_t reply = 65'536;       ///< octets in one reply
    std::size_t recipients = 1'000;   ///< of one message; Exchange Online takes 1,000 at most
};

/// How long one step may take. The last four are RFC 5321 section 4.5.3.2's.
struct timeouts
{
    std::chrono::milliseconds connect = std::chrono::seconds(15);
    std::chrono::milliseconds tls_handshake = std::chrono::seconds(15);
    std::chrono::milliseconds greeting = std::chrono::seconds(30);
    std::chrono::milliseconds command = std::chrono::minutes(5);
    std::chrono::milliseconds data_start = std::chrono::minutes(2);
    std::chrono::milliseconds data_block = std::chrono::minutes(3);
    std::chrono::milliseconds data_end = std::chrono::minutes(10);
};

/// Where to connect to, and how.
struct endpoint
{
    std::string host = "smtp.office365.com";  ///< personal accounts: smtp-mail.outlook.com
    std::uint16_t port = 587;
    smtp::security security = smtp::security::starttls_required;
    /// What EHLO says we are: a domain name, or an address literal in brackets.
    std::string client_name = "[127.0.0.1]";
    smtp::limits limits = {};
    smtp::timeouts timeouts = {};
};

/// RFC 3463: class "." subject "." detail, for example 5.7.139. All zero: there was none.
struct enhanced_code
{
    int status_class = 0;  ///< 2, 4 or 5
    int subject = 0;       ///< 0 to 999
    int detail = 0;        ///< 0 to 999

    explicit operator bool() const noexcept { return status_class != 0; }
    friend bool operator==(enhanced_code const&, enhanced_code const&) = default;
};

/// "5.7.139"; "" for none.
OUTKIT_DECL std::string to_string(enhanced_code const& c);

/// What a server answered (RFC 5321 section 4.2).
struct reply
{
    int code = 0;            ///< 200 to 599; 0: there was no answer
    enhanced_code enhanced;  ///< if the first line begins with one
    /// The lines without code and enhanced code, joined by '\n'. Printable ASCII, '?' in place of anything else.
    std::string text;

    bool positive() const noexcept { return code >= 200 && code < 300; }
    friend bool operator==(reply const&, reply const&) = default;
};

/// The reply on one line without line ends, at most 512 octets: "535 5.7.3 Authentication unsuccessful".
OUTKIT_DECL std::string to_string(reply const& r);

/// What a server offers: the keywords of its answer to EHLO (RFC 5321 section 4.1.1.1), and the name it gave itself.
struct extensions
{
    struct keyword
    {
        std::string name;        ///< upper case
        std::string parameters;  ///< as sent, "" for none
        friend bool operator==(keyword const&, keyword const&) = default;
    };

    std::string server_name;
    std::vector<keyword> keywords;
    /// RFC 1870: the largest message taken, in octets; nothing if the server does not say or says 0.
    std::optional<std::uint64_t> size;
    std::vector<std::string> mechanisms;  ///< of AUTH, upper case

    OUTKIT_DECL bool has(std::string_view name) const noexcept;            ///< name in upper case
    OUTKIT_DECL bool has_mechanism(std::string_view name) const noexcept;  ///< name in upper case
};

/// Where in a conversation a client is: what it says, or waits to hear the answer to.
enum class stage
{
    none,
    connect,
    tls_handshake,
    greeting,
    ehlo,
    starttls,
    auth,
    mail,
    rcpt,
    data,     ///< the command
    message,  ///< its octets, and the answer to them
    rset,
    noop,
    quit
};

/// "connect", "TLS handshake", "greeting", "message", or the command: "EHLO", "RCPT"; "" for none.
OUTKIT_DECL std::string_view to_string(stage s) noexcept;

/// What a server is to do when it refuses some recipients of a message.
enum class recipients_policy
{
    all,  ///< send to everybody or to nobody
    any   ///< send to those that were accepted
};

/// RFC 3461: what the sender wants to hear of one recipient.
struct recipient_report
{
    mime::address to = {};  ///< one of envelope::to
    bool success = false;
    bool failure = true;  ///< none of the three: no report at all
    bool delay = false;
    /// The address this recipient was reached by at first, if it was another one, as a list's: comes back in the report.
    /// Printable ASCII, at most 500 octets when it is encoded; "" for `to` itself.
    std::string original = {};
    std::string original_type = "rfc822";  ///< an atom (RFC 3461 section 4.2)
};

/// RFC 3461: which reports to send about the delivery, and how. The server decides whether it does.
struct delivery_report
{
    bool success = false;
    bool failure = true;  ///< none of the three: no report at all
    bool delay = false;
    bool full_message = false;     ///< return the message, not only its header
    std::string envelope_id = {};  ///< comes back in the report; printable ASCII, at most 100 characters; "" for none
    std::vector<recipient_report> recipients = {};  ///< of single ones, in place of the first three above
};

/// From whom and to whom a message goes. What the header says does not matter here.
struct envelope
{
    mime::address from = {};  ///< where reports go; an empty one is `<>`
    std::vector<mime::address> to = {};
    recipients_policy policy = recipients_policy::all;
    std::optional<delivery_report> report = {};  ///< ignored by servers without DSN
};

/// How the octets of a message are handed over.
enum class transfer
{
    data,    ///< DATA: line ends become CRLF, lines are at most 998 octets long, no NUL
    chunks,  ///< BDAT (RFC 3030) where the server offers CHUNKING, else DATA; the same octets arrive
    /// BDAT and BODY=BINARYMIME where the server offers both, else DATA. The octets arrive as they are: any line ends, any
    /// length, also NUL. Where DATA must do, messages that it cannot carry are refused before anything is sent.
    binary
};

/// A message and where it goes.
struct mail
{
    smtp::envelope envelope = {};
    /// Header, empty line, body (RFC 5322), with any line ends.
    std::string content = {};
    /// If it can be read, what it gives stands for content; it is never all in memory. Read once, so such a message is
    /// sent once. How many octets there are may be unknown; if they are known, so many are announced to the server, and
    /// there must not be more. What cannot be sent (a NUL, a long line, 8-bit text to a server without 8BITMIME) may be
    /// seen only when the message is half sent: that costs the connection, and the server drops the half.
    octet_source source = {};
    smtp::transfer transfer = transfer::data;
    /// Makes the source give its octets from the beginning again; returns why it cannot. A submission sends a message from
    /// a source a second time only if there is this.
    std::function<error_code()> rewind = {};
};

/// What became of one recipient.
struct recipient_result
{
    mime::address to;
    error_code ec;  ///< the reply as an error; none if accepted
    smtp::reply reply;
};

/// What became of one message.
struct delivery
{
    /// None if the server has taken the message. Else a reply (400 to 599), error::not_sent, error::outcome_unknown or
    /// why it was refused before anything was sent.
    error_code ec = error::not_sent;
    smtp::reply reply;                         ///< the one that decided
    std::vector<recipient_result> recipients;  ///< in the order of the envelope; fewer if it did not come to them
    /// The Message-ID under which Exchange Online has filed the message, without '<' and '>'. It is not the one that was
    /// sent: look up the copy in Sent Items by this one. Empty when the server does not say.
    std::string message_id;
};

}  // namespace outkit::inline OUTKIT_ABI::smtp

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/smtp/types.ipp>
#endif

#endif
