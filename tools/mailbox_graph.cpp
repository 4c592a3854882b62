#include "mailbox.hpp"

#include "console.hpp"

#include <outkit/check/checks.hpp>
#include <outkit/graph/client.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

// A mailbox over Microsoft Graph.

namespace cli {

namespace {

namespace graph = outkit::graph;
using outkit::error_code;

graph::message_query query_for(std::string folder, unsigned most, bool unread)
{
    graph::message_query q;
    q.folder = std::move(folder);
    q.select = {"receivedDateTime", "from", "subject", "isRead", "flag", "hasAttachments"};
    q.top = std::clamp(most, 1u, 1000u);
    q.order_by = "receivedDateTime desc";
    if (unread)  // what is ordered by must be filtered by first
        q.filter = "receivedDateTime ge 1900-01-01T00:00:00Z and isRead eq false";
    return q;
}

summary summary_of(graph::message const& m)
{
    summary s;
    s.id = m.id;
    s.received = m.received_date_time;
    if (m.from)
        s.from = m.from->name.empty() ? m.from->address : m.from->name;
    s.subject = m.subject;
    s.read = m.is_read.value_or(false);
    s.flagged = m.flag && m.flag->status == graph::flag_status::flagged;
    s.attachments = m.has_attachments.value_or(false);
    return s;
}

class over_graph final : public mailbox
{
public:
    explicit over_graph(mailbox_access& a) : a_(a), client_(a.app.stream(a.io.get_executor()), a.token(), options_of(a))
    {
    }

    std::vector<folder> folders() override
    {
        std::vector<folder> all;
        add_folders({}, {}, all);
        return all;
    }

    std::vector<summary> newest(std::string const& folder, unsigned most, bool unread) override
    {
        std::vector<summary> all;
        error_code ec;
        auto page = client_.async_list_messages(query_for(id_of(folder), most, unread), a_.io.wait(ec));
        for (;;)
        {
            check("the messages", ec);
            for (graph::message const& m : page.value)
                if (all.size() < most)
                    all.push_back(summary_of(m));
            if (page.next_link.empty() || all.size() >= most)
                return all;
            page = client_.async_next(std::move(page), a_.io.wait(ec));
        }
    }

    void read(std::string const&, std::string const& id, bool mark_read,
              std::function<void(std::string_view)> const& to) override
    {
        error_code ec;
        client_.async_get_mime(id, to, a_.io.wait(ec));
        check("the message", ec);
        if (!mark_read)
            return;
        client_.async_update_message(id, {.is_read = true}, a_.io.wait(ec));
        check("marking the message as read", ec);
    }

    sent send(outgoing m) override
    {
        error_code ec;
        client_.async_send_mime(std::move(m.raw), a_.io.wait(ec));
        check("the message was not sent", ec);
        return {};
    }

    // Graph tells of nothing by itself but to servers that it can reach: it is asked again and again.
    void watch(std::string const& folder, std::chrono::seconds every, std::function<void()> const& ready,
               std::function<bool(summary const&)> const& each) override
    {
        static constexpr unsigned at_once = 50;
        static constexpr std::size_t remembered = 1000;
        std::string const id = id_of(folder);
        std::deque<std::string> known;
        for (bool first = true;; first = false)
        {
            client_.set_token(a_.token());
            error_code ec;
            auto const page = client_.async_list_messages(query_for(id, at_once, false), a_.io.wait(ec));
            check("the new messages", ec);
            for (auto m = page.value.rbegin(); m != page.value.rend(); ++m)
            {
                if (std::find(known.begin(), known.end(), m->id) != known.end())
                    continue;
                known.push_back(m->id);
                if (known.size() > remembered)
                    known.pop_front();
                if (!first && !each(summary_of(*m)))
                    return;
            }
            if (first)
                ready();
            outkit::asio::steady_timer pause(a_.io.get_executor(), every);
            pause.async_wait(a_.io.wait(ec));
        }
    }

private:
    static graph::options options_of(mailbox_access const& a)
    {
        graph::options o = outkit::check::graph_options_of(a.app.settings());
        if (a.options.app || !a.options.mailbox.empty())
            o.user = a.address;
        return o;
    }

    void add_folders(std::string const& parent, std::string const& above, std::vector<folder>& to)
    {
        graph::folder_query q;
        q.parent = parent;
        q.top = 100;
        error_code ec;
        auto page = client_.async_list_folders(std::move(q), a_.io.wait(ec));
        for (;;)
        {
            check("the folders", ec);
            for (graph::mail_folder const& f : page.value)
            {
                to.push_back({above + f.display_name, f.id});
                if (f.child_folder_count != 0)
                    add_folders(f.id, above + f.display_name + '/', to);
            }
            if (page.next_link.empty())
                return;
            page = client_.async_next(std::move(page), a_.io.wait(ec));
        }
    }

    // By well-known name or id if there is such a one, else by the name that people see.
    std::string id_of(std::string const& folder_name)
    {
        error_code ec;
        std::string id = client_.async_get_folder(folder_name, a_.io.wait(ec)).id;
        if (!ec)
            return id;
        if (ec != graph::error::item_not_found && ec != graph::error::id_malformed)
            check("folder " + printable(folder_name, 256), ec);
        for (folder const& f : folders())
            if (f.name == folder_name)
                return f.id;
        throw std::runtime_error(
            fmt::format("there is no folder {}; outkit list --folders says them", printable(folder_name, 256)));
    }

    void check(std::string const& what, error_code ec)
    {
        if (!ec)
            return;
        graph::problem const& p = client_.problem();
        give_up(a_, what, ec, p.code.empty() ? client_.diagnostics() : p.code + ": " + p.message);
    }

    mailbox_access& a_;
    graph::client client_;
};

}  // namespace

std::unique_ptr<mailbox> graph_mailbox(mailbox_access& a) { return std::make_unique<over_graph>(a); }

}  // namespace cli
