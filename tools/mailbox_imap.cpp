#include "mailbox.hpp"

#include "console.hpp"

#include <outkit/check/checks.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/imap/search.hpp>
#include <outkit/mime/header.hpp>
#include <outkit/smtp/client.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

// A mailbox over IMAP and SMTP.

namespace cli {

namespace {

namespace imap = outkit::imap;
namespace smtp = outkit::smtp;
using outkit::error_code;

bool has_attachment(imap::body_part const& p)
{
    for (imap::body_part const& inner : p.parts)
        if (has_attachment(inner))
            return true;
    return same_ignoring_case(p.disposition, "attachment");
}

std::string sender(imap::envelope const& e)
{
    for (imap::address const& a : e.from)
    {
        if (!a.name.empty())
            return outkit::mime::read_text(a.name);
        return std::string(a.mailbox) + (a.host.empty() ? "" : '@' + std::string(a.host));
    }
    return {};
}

summary summary_of(imap::message const& m)
{
    summary s;
    s.id = std::to_string(m.uid);
    s.received = m.internal_date;
    s.read = m.has(imap::flag::seen);
    s.flagged = m.has(imap::flag::flagged);
    s.attachments = m.structure && has_attachment(*m.structure);
    if (m.envelope)
    {
        s.from = sender(*m.envelope);
        s.subject = outkit::mime::read_text(m.envelope->subject);
    }
    return s;
}

// The last ones, of those that a search has found.
imap::uid_set last(imap::uid_set const& found, unsigned most)
{
    imap::uid_set some;
    std::uint64_t left = most;
    auto const& ranges = found.ranges();
    for (auto r = ranges.rbegin(); r != ranges.rend() && left != 0; ++r)
    {
        std::uint64_t const take = std::min<std::uint64_t>(left, std::uint64_t(r->last) - r->first + 1);
        some.add(static_cast<std::uint32_t>(r->last - take + 1), r->last);
        left -= take;
    }
    return some;
}

class over_imap final : public mailbox
{
public:
    explicit over_imap(mailbox_access& a) : a_(a), client_(a.app.stream(a.io.get_executor())) {}

    std::vector<folder> folders() override
    {
        open();
        error_code ec;
        auto const all = client_.async_list("*", a_.io.wait(ec));
        check("the folders", ec);
        std::vector<folder> names;
        for (imap::mailbox const& m : all)
            if (m.selectable && m.likely_mail())
                names.push_back({m.name, {}});
        return names;
    }

    std::vector<summary> newest(std::string const& folder, unsigned most, bool unread) override
    {
        std::uint32_t const exists = select(folder, false).exists;
        if (exists == 0)
            return {};
        error_code ec;
        imap::message_batch batch;
        if (unread)
        {
            imap::uid_set const found =
                last(client_.async_search(!imap::search_key::flagged_as(imap::flag::seen), a_.io.wait(ec)), most);
            check("unread messages", ec);
            if (found.empty())
                return {};
            batch = client_.async_fetch(found, imap::fetch_items::metadata(), a_.io.wait(ec));
        }
        else
            batch = client_.async_fetch(imap::sequence_set(exists > most ? exists - most + 1 : 1, exists),
                                        imap::fetch_items::metadata(), a_.io.wait(ec));
        check("the messages", ec);
        std::vector<summary> all;
        for (imap::message const& m : batch)
            all.push_back(summary_of(m));
        std::reverse(all.begin(), all.end());
        return all;
    }

    void read(std::string const& folder, std::string const& id, bool mark_read,
              std::function<void(std::string_view)> const& to) override
    {
        std::uint32_t uid = 0;
        auto const [end, bad] = std::from_chars(id.data(), id.data() + id.size(), uid);
        if (bad != std::errc() || end != id.data() + id.size() || uid == 0)
            throw usage_error(fmt::format("{} is no number of a message; outkit list says them", printable(id, 64)));
        select(folder, mark_read);
        imap::fetch_items wanted;
        wanted.sections.push_back({.mark_seen = mark_read});
        std::uint64_t next = 0;
        wanted.sink = [&](imap::section_piece const& piece) {
            // After a lost connection the message begins anew: what has been written is not written again.
            if (piece.offset + piece.data.size() > next)
            {
                to(piece.data.substr(piece.offset < next ? next - piece.offset : 0));
                next = piece.offset + piece.data.size();
            }
            return error_code();
        };
        error_code ec;
        auto const batch = client_.async_fetch(imap::uid_set(uid), std::move(wanted), a_.io.wait(ec));
        check("the message", ec);
        if (batch.empty())
            throw std::runtime_error(fmt::format("there is no message {} in {}", uid, printable(folder, 256)));
    }

    sent send(outgoing m) override
    {
        outkit::account::server const at = outkit::check::smtp_server_of(a_.app.settings(), a_.tokens.personal);
        smtp::endpoint to;
        to.host = at.host;
        to.port = at.port;
        to.security = at.tls == outkit::account::transport::starttls ? smtp::security::starttls_required
                                                                     : smtp::security::implicit_tls;
        smtp::client client(a_.app.stream(a_.io.get_executor()));
        auto const need = [&](char const* what, error_code ec) {
            if (ec)
                give_up(a_, fmt::format("{} ({} port {})", what, printable(at.host, 256), at.port), ec,
                        client.diagnostics());
        };
        outkit::access_token token = a_.token();
        error_code ec;
        client.async_connect(std::move(to), a_.io.wait(ec));
        need("connect to submit mail", ec);
        client.async_authenticate(a_.address, std::move(token), a_.io.wait(ec));
        need("sign in to submit mail", ec);
        smtp::mail mail{.envelope = {.from = std::move(m.from), .to = std::move(m.to)},
                        .content = std::move(m.raw),
                        .source = std::move(m.source)};
        smtp::delivery const done = client.async_send(std::move(mail), a_.io.wait(ec));
        if (ec)
        {
            std::string refused;
            for (smtp::recipient_result const& r : done.recipients)
                if (r.ec)
                    refused += "\noutkit: not to " + printable(r.to.to_string(), 320) + ": " +
                               printable(to_string(r.reply), 512);
            throw std::runtime_error("the message was not sent: " + with_words(ec, client.diagnostics()) + refused);
        }
        client.async_quit(a_.io.wait(ec));
        return {done.message_id, to_string(done.reply)};
    }

    void watch(std::string const& folder, std::chrono::seconds, std::function<void()> const& ready,
               std::function<bool(summary const&)> const& each) override
    {
        std::uint32_t next = select(folder, false).uid_next;
        ready();
        for (;;)
        {
            error_code ec;
            auto const events = client_.async_idle({}, a_.io.wait(ec));
            check("waiting", ec);
            bool const more = std::any_of(events.begin(), events.end(), [](imap::mailbox_event const& e) {
                return e.what == imap::mailbox_event::kind::exists || e.what == imap::mailbox_event::kind::resumed;
            });
            if (!more)
                continue;
            auto const batch = client_.async_fetch(imap::uid_set(next, imap::number_set::star),
                                                   imap::fetch_items::metadata(), a_.io.wait(ec));
            check("the new messages", ec);
            for (imap::message const& m : batch)
            {
                if (m.uid < next)  // "*" is the last one, however old
                    continue;
                next = m.uid + 1;
                if (!each(summary_of(m)))
                    return;
            }
        }
    }

private:
    void open()
    {
        outkit::account::server const at = outkit::check::imap_server_of(a_.app.settings());
        imap::mailbox_access where;
        where.host = at.host;
        where.port = at.port;
        where.how =
            at.tls == outkit::account::transport::starttls ? imap::security::starttls : imap::security::implicit_tls;
        where.user = a_.address;
        where.tokens = [this](outkit::access_token const* rejected, outkit::token_answer answer) {
            outkit::oauth2::token_source& source = *a_.tokens.source;
            if (rejected)
                source.reject(*rejected);
            source.async_token([&source, answer](error_code ec, outkit::access_token t) {
                answer(ec, std::move(t), source.expires_at());
            });
        };
        a_.token();  // a sign-in that is gone is told in its own words
        imap::resume_policy patience;
        patience.attempts = 3;
        patience.longest_throttle = {};  // somebody waits: let them know
        error_code ec;
        client_.async_open(std::move(where), patience, a_.io.wait(ec));
        check(fmt::format("open the mailbox of {} ({} port {})", printable(a_.address, 256), printable(at.host, 256),
                          at.port),
              ec);
    }

    imap::mailbox_status select(std::string const& folder, bool to_change)
    {
        open();
        error_code ec;
        auto status =
            to_change ? client_.async_select(folder, a_.io.wait(ec)) : client_.async_examine(folder, a_.io.wait(ec));
        check("folder " + printable(folder, 256), ec);
        return status;
    }

    void check(std::string const& what, error_code ec) const
    {
        if (ec)
            give_up(a_, what, ec, client_.diagnostics());
    }

    mailbox_access& a_;
    imap::client client_;
};

}  // namespace

std::unique_ptr<mailbox> imap_mailbox(mailbox_access& a) { return std::make_unique<over_imap>(a); }

}  // namespace cli
