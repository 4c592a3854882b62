#ifndef OUTKIT_TOOLS_MAILBOX_HPP
#define OUTKIT_TOOLS_MAILBOX_HPP

#include "sign_ins.hpp"

#include <outkit/blocking.hpp>
#include <outkit/mime/message.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What `outkit list`, `fetch`, `send` and `watch` share: a mailbox, over IMAP and SMTP or over Graph as the base scope says.

namespace cli {

// What people see of a message before they open it. Text is UTF-8 from strangers: not yet printable().
struct summary
{
    std::string id;  // for read(), in the same folder
    std::optional<std::chrono::sys_seconds> received;
    std::string from, subject;
    bool read = false;
    bool flagged = false;
    bool attachments = false;
};

struct folder
{
    std::string name;  // for the other operations, as people know it
    std::string id;    // Graph's; empty with IMAP, where the name is one
};

// Where a message goes, and what the service has said.
struct outgoing
{
    outkit::mime::address from = {};
    std::vector<outkit::mime::address> to = {};
    std::string raw = {};              // RFC 5322, CRLF
    outkit::octet_source source = {};  // if it can be read, what it gives stands for raw; SMTP only
};
struct sent
{
    std::string message_id = {};  // under which the service has filed it; empty: not said
    std::string said = {};        // its words; empty for Graph, which has none
};

// Every operation throws std::runtime_error with what happened and what to do, and usage_error for what cannot be.
class mailbox
{
public:
    virtual ~mailbox() = default;

    virtual std::vector<folder> folders() = 0;
    // The newest ones, newest first.
    virtual std::vector<summary> newest(std::string const& folder, unsigned most, bool unread) = 0;
    // The octets of a message, piece by piece.
    virtual void read(std::string const& folder, std::string const& id, bool mark_read,
                      std::function<void(std::string_view)> const& to) = 0;
    virtual sent send(outgoing m) = 0;
    // Tells of each message that arrives from now on, until `each` returns false. `ready` is called when it listens. `every`:
    // how often the service is asked, if it does not tell by itself.
    virtual void watch(std::string const& folder, std::chrono::seconds every, std::function<void()> const& ready,
                       std::function<bool(summary const&)> const& each) = 0;
};

// Everything that a mailbox needs, and where its address is known.
struct mailbox_access
{
    explicit mailbox_access(mail_options const& o);

    mail_options const& options;
    application app;
    outkit::blocking_context io;
    account_tokens tokens;
    std::string address;

    outkit::access_token token();  // a fresh one
};

std::unique_ptr<mailbox> open_mailbox(mailbox_access& a);
std::unique_ptr<mailbox> imap_mailbox(mailbox_access& a);
std::unique_ptr<mailbox> graph_mailbox(mailbox_access& a);

// Why something failed, and what the service said about it. Never returns.
[[noreturn]] void give_up(mailbox_access const& a, std::string const& what, outkit::error_code ec,
                          std::string const& said);

// One message on one line, of the terminal's width if there is one; or as JSON.
std::string one_line(summary const& m, std::size_t width);
std::string as_json(summary const& m);

}  // namespace cli

#endif
