#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "mailbox.hpp"

#include <outkit/mime/header.hpp>
#include <outkit/mime/message.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// `outkit send`: submits a message that it builds, or one that is whole already.

namespace cli {

namespace {

namespace mime = outkit::mime;
using outkit::error_code;

// Exchange Online takes 150 MB at most, and this is all it may be once its attachments are encoded.
constexpr std::uint64_t most_octets = std::uint64_t(150) << 20;

[[noreturn]] void not_to_be_sent(std::string const& what, error_code ec)
{
    throw usage_error(what + ": " + ec.message());
}

// `Ann Lee <ann@contoso.example>, bob@contoso.example`
void add(std::vector<std::string> const& lists, char const* option, std::vector<mime::mailbox>& to)
{
    for (std::string const& list : lists)
    {
        error_code ec;
        auto const some = mime::parse_mailbox_list(list, ec);
        if (ec)
            not_to_be_sent(fmt::format("{} {}", option, printable(list, 256)), ec);
        to.insert(to.end(), some->begin(), some->end());
    }
}

// A file of the disk, whose size is known: no FIFO or device is waited for.
class disk_file
{
public:
    explicit disk_file(std::string const& path)
        : path_(printable(path)), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    {
        struct stat s{};
        if (fd_ == -1 || ::fstat(fd_, &s) != 0)
            throw usage_error(fmt::format("{} cannot be read: {}", path_, std::strerror(errno)));
        if (!S_ISREG(s.st_mode))
            throw usage_error(path_ + " cannot be attached: it is no file");
        octets_ = static_cast<std::uint64_t>(s.st_size);
    }
    disk_file(disk_file const&) = delete;
    ~disk_file()
    {
        if (fd_ != -1)
            ::close(fd_);
    }
    std::uint64_t octets() const { return octets_; }
    std::string const& path() const { return path_; }
    // The next octets, none beyond the size there was at first. 0 when it has become shorter.
    std::size_t read(char* into, std::size_t most, error_code& ec)
    {
        most = static_cast<std::size_t>(std::min<std::uint64_t>(most, octets_ - given_));
        ssize_t n = 0;
        do
            n = most == 0 ? 0 : ::read(fd_, into, most);
        while (n < 0 && errno == EINTR);
        ec = n < 0 ? outkit::os_error(errno) : error_code();
        given_ += n > 0 ? static_cast<std::uint64_t>(n) : 0;
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }

private:
    std::string path_;
    int fd_;
    std::uint64_t octets_ = 0, given_ = 0;
};

mime::attachment attached(std::string const& path, std::uint64_t& octets)
{
    auto const file = std::make_shared<disk_file>(path);
    octets += file->octets() / 3 * 4;  // base64
    if (octets > most_octets)
        throw usage_error(fmt::format("{} is too much for one message: 150 MB once it is encoded; put it into OneDrive "
                                      "or SharePoint and send a link",
                                      file->path()));
    mime::attachment a;
    a.name = path.substr(path.find_last_of('/') + 1);
    a.source.octets = file->octets();
    a.source.read = [file](char* into, std::size_t most, error_code& ec) { return file->read(into, most, ec); };
    return a;
}

std::string whole_input()
{
    if (::isatty(STDIN_FILENO))
        console(stderr).line("outkit: the text of the message, please; Ctrl-D ends it", style::faint);
    return read_standard_input(most_octets);
}

// Standard input, if it is a file that is too large to be held twice in memory. It is read once, and no further than it
// was long at first.
class large_input
{
public:
    static constexpr std::size_t beginning = std::size_t(1) << 20;  // the header must be in there

    large_input()
    {
        struct stat s{};
        off_t const at = ::fstat(STDIN_FILENO, &s) == 0 && S_ISREG(s.st_mode) ? ::lseek(STDIN_FILENO, 0, SEEK_CUR) : -1;
        if (at >= 0 && s.st_size > at)
            left_ = static_cast<std::uint64_t>(s.st_size - at);
        if (left_ > most_octets)
            throw usage_error(fmt::format("standard input: is larger than {} octets", most_octets));
    }
    bool there() const { return left_ > beginning; }
    std::uint64_t left() const { return left_; }
    std::size_t read(char* into, std::size_t most, error_code& ec)
    {
        most = static_cast<std::size_t>(std::min<std::uint64_t>(most, left_));
        ssize_t n = 0;
        do
            n = most == 0 ? 0 : ::read(STDIN_FILENO, into, most);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            ec = outkit::os_error(errno);
        else if (n == 0 && most != 0)
            ec = outkit::os_error(EIO);  // half of it is gone
        left_ -= n > 0 ? static_cast<std::uint64_t>(n) : 0;
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }

private:
    std::uint64_t left_ = 0;
};

// What has been read of it, and then the rest.
outkit::octet_source joined(std::string begun, std::shared_ptr<large_input> const& rest)
{
    outkit::octet_source all;
    // Where it has other line ends than CRLF, which SMTP makes of them, its size is not that of the file.
    all.octets =
        mime::with_crlf(begun).size() == begun.size() ? begun.size() + rest->left() : outkit::octet_source::unknown;
    all.read = [begun = std::move(begun), at = std::size_t(0), rest](char* into, std::size_t most,
                                                                     error_code& ec) mutable {
        std::size_t const n = begun.copy(into, most, at);
        at += n;
        return n != 0 ? n : rest->read(into, most, ec);
    };
    return all;
}

outgoing built(send_options const& o, std::string const& address, bool for_graph)
{
    if (!o.recipients.empty())
        throw usage_error("recipients without an option go with --raw only; else use --to, --cc and --bcc");
    mime::message m;
    error_code ec;
    std::string const from = o.from.empty() ? address : o.from;
    auto const sender = mime::parse_mailbox(from, ec);
    if (ec)
        not_to_be_sent("--from " + printable(from, 256), ec);
    m.from = *sender;
    add(o.to, "--to", m.to);
    add(o.cc, "--cc", m.cc);
    add(o.bcc, "--bcc", m.bcc);
    if (m.to.empty() && m.cc.empty() && m.bcc.empty())
        throw usage_error("to whom? Say it with --to, --cc or --bcc");
    m.subject = o.subject;
    m.keep_bcc = for_graph;  // which takes recipients from the header, and this field out of it
    std::uint64_t octets = 0;
    for (std::string const& path : o.attachments)
        m.attachments.push_back(attached(path, octets));
    if (!o.html.empty())
    {
        bool exposed = false;
        m.html = read_file(o.html, most_octets, exposed);
    }
    m.text = whole_input();
    auto whole = mime::build(m, ec);
    if (ec)
        not_to_be_sent("this message cannot be built", ec);
    return {m.from.addr, std::move(whole->recipients), std::move(whole->raw)};
}

// The addresses in a header field, those that can be sent to. What is none is an error: nobody is left out silently.
void add_addresses(mime::field const& f, std::vector<mime::address>& to)
{
    for (mime::address_entry const& e : mime::read_address_list(f.value))
    {
        if (e.what != mime::address_entry::kind::mailbox)
            continue;
        auto const one = mime::strict(e);
        if (!one)
            throw usage_error(fmt::format("{}: {} is no address", printable(f.name, 64),
                                          printable(e.local + (e.domain.empty() ? "" : "@" + e.domain), 320)));
        if (std::find(to.begin(), to.end(), *one) == to.end())
            to.push_back(*one);
    }
}

outgoing whole(send_options const& o, std::string const& address, bool for_graph)
{
    if (!o.to.empty() || !o.cc.empty() || !o.bcc.empty() || !o.subject.empty() || !o.html.empty() ||
        !o.attachments.empty())
        throw usage_error("with --raw the message is whole: no --to, --cc, --bcc, --subject, --html or --attach");
    if (for_graph && !o.recipients.empty())
        throw usage_error("Graph sends a whole message to those in its header; no recipients can be named besides");
    outgoing m;
    auto const input = std::make_shared<large_input>();
    bool const streamed = !for_graph && input->there();
    if (streamed)
    {
        error_code ec;
        m.raw.resize(large_input::beginning);
        for (std::size_t have = 0; have != m.raw.size() && !ec;)
            have += input->read(m.raw.data() + have, m.raw.size() - have, ec);
        if (ec)
            throw usage_error("standard input cannot be read: " + ec.message());
    }
    else
        m.raw = whole_input();
    auto const header = mime::read_fields(m.raw);
    if (mime::find(header, "From") == nullptr)
        throw usage_error("standard input is no message: there is no From field at its beginning");
    error_code ec;
    for (std::string const& r : o.recipients)
    {
        auto const one = mime::parse_address(r, ec);
        if (ec)
            not_to_be_sent(printable(r, 256), ec);
        m.to.push_back(*one);
    }
    std::vector<mime::address> from;
    std::vector<std::pair<std::size_t, std::size_t>> hidden;  // Bcc fields: where they begin and end
    if (streamed && m.raw.find("\r\n\r\n") == m.raw.npos && m.raw.find("\n\n") == m.raw.npos)
        throw usage_error("standard input is no message: its header does not end within a megabyte");
    for (mime::field const& f : header)
    {
        auto const is = [&f](char const* name) { return same_ignoring_case(f.name, name); };
        if (is("From"))
            add_addresses(f, from);
        if (o.recipients.empty() && (is("To") || is("Cc") || is("Bcc")))
            add_addresses(f, m.to);
        if (is("Bcc") && !for_graph)
        {
            auto const begin = static_cast<std::size_t>(f.name.data() - m.raw.data());
            std::size_t const end =
                m.raw.find('\n', static_cast<std::size_t>(f.value.data() + f.value.size() - m.raw.data()));
            hidden.emplace_back(begin, end == std::string::npos ? m.raw.size() : end + 1);
        }
    }
    if (m.to.empty())
        throw usage_error("the message has no recipient in To, Cc or Bcc");
    for (auto h = hidden.rbegin(); h != hidden.rend(); ++h)
        m.raw.erase(h->first, h->second - h->first);
    std::string const sender = o.from.empty() ? from.empty() ? address : from.front().to_string() : o.from;
    auto const one = mime::parse_address(sender, ec);
    if (ec)
        not_to_be_sent("--from " + printable(sender, 256), ec);
    m.from = *one;
    if (streamed)
        m.source = joined(std::exchange(m.raw, {}), input);
    else
        m.raw = mime::with_crlf(m.raw);
    return m;
}

}  // namespace

int send(send_options const& o)
{
    mailbox_access a(o);
    bool const for_graph = a.app.settings().base_scope == outkit::account::base_scope::api;
    outgoing m = o.raw ? whole(o, a.address, for_graph) : built(o, a.address, for_graph);
    sent const done = open_mailbox(a)->send(std::move(m));
    console out(stdout);
    if (o.format == format::json)
    {
        boost::json::object r{{"sent", true}};
        if (!done.message_id.empty())
            r["message_id"] = done.message_id;
        out.line(boost::json::serialize(r));
    }
    else
        out.line("sent" + (done.message_id.empty() ? std::string() : "; filed as " + printable(done.message_id, 256)));
    out.flush();
    return out.good() ? passed : failed;
}

}  // namespace cli
