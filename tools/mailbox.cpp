#include "mailbox.hpp"

#include "console.hpp"

#include <outkit/mime/header.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace cli {

namespace {

// "2026-11-24 06:30", UTC.
std::string minute(std::optional<std::chrono::sys_seconds> const& when)
{
    if (!when)
        return std::string(16, ' ');
    auto const day = std::chrono::floor<std::chrono::days>(*when);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const time(*when - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                       time.hours().count(), time.minutes().count());
}

// Printable, in so many characters, filled with blanks.
std::string column(std::string_view text, std::size_t width)
{
    std::string const all = printable(text, 4 * width + 16);
    std::string cut;
    std::size_t characters = 0;
    for (std::size_t i = 0; i != all.size(); ++i)
    {
        bool const begins = (static_cast<unsigned char>(all[i]) & 0xc0) != 0x80;
        if (begins && characters == width)
            return cut;
        characters += begins;
        cut += all[i];
    }
    return cut + std::string(width - characters, ' ');
}

}  // namespace

mailbox_access::mailbox_access(mail_options const& o)
    : options(o),
      app(o),
      tokens(tokens_of(app, o, io.get_executor())),
      address(!o.mailbox.empty()    ? o.mailbox
              : tokens.name.empty() ? app.settings().user
                                    : tokens.name)
{
    if (address.empty())
        throw usage_error("whose mailbox? Say it with --mailbox, or as user in the configuration");
}

outkit::access_token mailbox_access::token()
{
    outkit::error_code ec;
    outkit::access_token t = tokens.source->async_token(io.wait(ec));
    if (ec)
        no_token(options, *tokens.source, ec);
    return t;
}

std::unique_ptr<mailbox> open_mailbox(mailbox_access& a)
{
    return a.app.settings().base_scope == outkit::account::base_scope::api ? graph_mailbox(a) : imap_mailbox(a);
}

void give_up(mailbox_access const& a, std::string const& what, outkit::error_code ec, std::string const& said)
{
    std::string text = what + ": " + with_words(ec, said);
    if (ec == outkit::condition::authentication_failed || ec == outkit::condition::interaction_required)
        text += "\noutkit: to see why, run: outkit check --config " + printable(a.options.configuration);
    throw std::runtime_error(text);
}

std::string one_line(summary const& m, std::size_t width)
{
    static constexpr std::size_t of_sender = 20, of_marks = 3, least = 10;
    std::string const id = m.id.size() > 10 ? std::string() : fmt::format("{:>6} ", m.id);
    std::string const marks = {m.read ? ' ' : 'N', m.flagged ? '!' : ' ', m.attachments ? '@' : ' '};
    std::string line = id + marks + ' ' + minute(m.received) + "  " + column(m.from, of_sender) + "  ";
    std::size_t const used = id.size() + of_marks + 1 + 16 + 2 + of_sender + 2;
    std::string subject = column(m.subject, std::max(width > used ? width - used : 0, least));
    subject.erase(subject.find_last_not_of(' ') + 1);
    line += subject;
    line.erase(line.find_last_not_of(' ') + 1);
    if (id.empty())  // Graph's are too long for a column
        line += "\n    " + printable(m.id);
    return line;
}

std::string as_json(summary const& m)
{
    boost::json::object o{{"id", m.id}};
    if (m.received)
        o["received"] = m.received->time_since_epoch().count();
    o["from"] = m.from;
    o["subject"] = m.subject;
    o["read"] = m.read;
    o["flagged"] = m.flagged;
    o["attachments"] = m.attachments;
    return boost::json::serialize(o);
}

}  // namespace cli
