// What our IMAP client costs: reading metadata and bodies, NOOP round trips, idle connections.
//
//   imap_bench TASK HOST PORT TLS USER PASS [N]
//
// TASK is login, meta, stream (the same, not kept), bodies, noop (N times) or idle (N connections); TLS is 0 or 1, and
// OUTKIT_CA_FILE names the authority then. Prints one line of JSON. Signs in with LOGIN, which the client itself does not do, so that peers and
// servers without XOAUTH2 can be measured beside it; everything else is what the client does.

#include <outkit/blocking.hpp>
#include <outkit/imap/detail/flows.hpp>
#include <outkit/stream.hpp>

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace outkit::imap;
using outkit::error_code;
using outkit::detail::flow;
namespace flows = outkit::imap::detail;

namespace {

struct settings_of
{
    std::string task, host, user, password;
    std::uint16_t port = 0;
    bool tls = false;
    int n = 200;
};

flow<> sign_in(flows::session& s, settings_of const& o)
{
    security const how = o.tls ? security::implicit_tls : security::plaintext_loopback;
    co_await flows::connect(s, o.host, o.port, how);
    flows::command login("LOGIN");
    login.astring(o.user).astring(o.password);
    co_await flows::execute(s, std::move(login));
    if (!s.last.ok())
    {
        std::string text = flows::words(s.last);
        co_await outkit::detail::fail(outkit::imap::error::authentication_failed, std::move(text));
    }
    s.at = flows::session::state::authenticated;
    co_await flows::capability(s);
    co_await flows::select(s, "INBOX", false);
}

struct figures
{
    std::size_t messages = 0, envelopes = 0, structures = 0;
    std::uint64_t octets = 0;
};

flow<> measure(flows::session& s, settings_of const& o, figures& out)
{
    co_await sign_in(s, o);
    if (o.task == "meta")
    {
        fetch_items what = fetch_items::metadata();
        message_batch const batch =
            co_await flows::fetch(s, flows::numbering::sequence, sequence_set::all(), std::move(what));
        for (message const& m : batch)
        {
            out.envelopes += m.envelope != nullptr;
            out.structures += m.structure != nullptr;
        }
        out.messages = batch.size();
        out.octets = batch.capacity();
    }
    else if (o.task == "stream")
    {
        fetch_items what = fetch_items::metadata();
        what.each = [&out](message const& m) {
            ++out.messages;
            out.envelopes += m.envelope != nullptr;
            out.structures += m.structure != nullptr;
            return error_code();
        };
        co_await flows::fetch(s, flows::numbering::sequence, sequence_set::all(), std::move(what));
    }
    else if (o.task == "bodies")
    {
        fetch_items what;
        what.sections.emplace_back();
        what.sink = [&out](section_piece const& p) {
            out.octets += p.data.size();
            return error_code();
        };
        message_batch const batch =
            co_await flows::fetch(s, flows::numbering::sequence, sequence_set::all(), std::move(what));
        out.messages = batch.size();
    }
    else if (o.task == "noop")
        for (int i = 0; i != o.n; ++i)
            co_await flows::noop(s);
    co_await flows::logout(s);
}

long resident_kb()
{
    long kb = 0;
    char line[256];
    if (std::FILE* const f = std::fopen("/proc/self/status", "r"))
    {
        while (std::fgets(line, sizeof line, f))
            if (std::sscanf(line, "VmRSS: %ld", &kb) == 1)
                break;
        std::fclose(f);
    }
    return kb;
}

struct idler
{
    idler(outkit::asio::io_context& io, outkit::tls_context const& tls) : stream(io.get_executor(), tls) {}
    flows::session session;
    outkit::stream stream;
    std::string said;
};

flow<> sign_in_and_idle(flows::session& s, settings_of const& o, int& idling)
{
    co_await sign_in(s, o);
    ++idling;
    idle_options for_ever;
    for_ever.renew_every = std::chrono::hours(1);
    co_await flows::idle(s, for_ever);
}

int idle(settings_of const& o, outkit::tls_context const& tls)
{
    outkit::asio::io_context io(1);
    std::vector<std::unique_ptr<idler>> all;
    int idling = 0;
    long first = 0;
    bool failed = false;
    auto const begin = std::chrono::steady_clock::now();
    for (int i = 0; i != o.n && !failed; ++i)
    {
        idler& one = *all.emplace_back(std::make_unique<idler>(io, tls));
        int const before = idling;
        async_run(one.stream, sign_in_and_idle(one.session, o, idling), one.said, [&failed, &one](error_code ec) {
            if (ec)
                std::fprintf(stderr, "%s %s\n", ec.message().c_str(), one.said.c_str());
            failed = true;
        });
        // Until the IDLE command is out and its continuation read.
        while ((idling == before || !one.session.last.continuation) && !failed)
            io.run_one();
        if (i == 0)
            first = resident_kb();
    }
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    io.run_for(std::chrono::seconds(1));
    malloc_trim(0);
    long const last = resident_kb();
    std::printf("{\"n\":%d,\"rss1_kb\":%ld,\"rss_kb\":%ld,\"per_conn_kb\":%.2f,\"setup_s\":%.3f}\n", idling, first,
                last, o.n > 1 ? double(last - first) / (o.n - 1) : 0.0, seconds);
    std::fflush(stdout);
    std::_Exit(failed);
}

}  // namespace

int main(int count, char** words)
{
    if (count < 7)
    {
        std::fprintf(stderr, "usage: imap_bench login|meta|stream|bodies|noop|idle HOST PORT TLS USER PASS [N]\n");
        return 2;
    }
    settings_of o;
    o.task = words[1];
    o.host = words[2];
    o.port = static_cast<std::uint16_t>(std::atoi(words[3]));
    o.tls = std::atoi(words[4]) != 0;
    o.user = words[5];
    o.password = words[6];
    if (count > 7)
        o.n = std::atoi(words[7]);

    error_code ec;
    outkit::tls_context tls;
    if (o.tls)
    {
        char const* const authority = std::getenv("OUTKIT_CA_FILE");
        outkit::tls_trust trust;
        if (authority)
            trust = {.system = false, .authorities_file = authority};
        tls = outkit::tls_context::client(ec, trust);
        if (ec)
        {
            std::fprintf(stderr, "%s\n", ec.message().c_str());
            return 1;
        }
    }
    if (o.task == "idle")
        return idle(o, tls);

    outkit::blocking_context io;
    outkit::stream stream(io.get_executor(), tls);
    outkit::imap::settings limits;
    limits.limits.untagged_octets = std::size_t(256) << 20;  // all metadata of the mailbox in one batch
    flows::session s(limits);
    figures out;
    std::string said;
    auto const begin = std::chrono::steady_clock::now();
    async_run(stream, measure(s, o, out), said, io.wait(ec));
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (ec)
    {
        std::fprintf(stderr, "%s %s\n", ec.message().c_str(), said.c_str());
        return 1;
    }
    std::printf("{\"msgs\":%zu,\"env\":%zu,\"bs\":%zu,\"bytes\":%llu,\"secs\":%.6f}\n", out.messages, out.envelopes,
                out.structures, static_cast<unsigned long long>(out.octets), seconds);
    return 0;
}
