// Tells of news in the Inbox as they come, over IMAP, and comes back when the connection is lost.
//
// usage: imap_watch [how many times]

#include "environment.hpp"

#include <outkit/imap/client.hpp>

#ifdef OUTKIT_STANDALONE_ASIO
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>
#else
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#endif

#include <exception>
#include <iostream>

namespace asio = outkit::asio;

namespace {

asio::awaitable<void> watch(outkit::imap::client& mail, std::string host, std::uint16_t port, std::string user,
                            unsigned long times)
{
    outkit::imap::mailbox_access where;
    where.host = host;
    where.port = port;
    where.user = user;
    where.tokens = [](outkit::access_token const*, outkit::token_answer answer) {
        answer({}, example::token());  // whatever is in the file now
    };
    outkit::imap::resume_policy const policy;
    co_await mail.async_open(std::move(where), policy, asio::use_awaitable);
    outkit::imap::mailbox_name const inbox("INBOX");
    co_await mail.async_select(inbox, asio::use_awaitable);
    std::cout << "watching" << std::endl;
    outkit::imap::idle_options const how;
    for (unsigned long n = 0; n != times; ++n)
    {
        auto const news = co_await mail.async_idle(how, asio::use_awaitable);
        for (auto const& event : news)
            if (event.what == outkit::imap::mailbox_event::kind::exists)
                std::cout << "there are " << event.number << " messages now" << std::endl;
            else if (event.what == outkit::imap::mailbox_event::kind::resumed)
                std::cout << "connected again; there are " << event.number << " messages" << std::endl;
    }
    co_await mail.async_logout(asio::use_awaitable);
}

}  // namespace

int main(int argc, char** argv)
{
    try
    {
        outkit::error_code ec;
        std::string const ca_file = example::setting("OUTKIT_CA_FILE");
        auto const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
        if (ec)
            throw std::runtime_error(ca_file + ": " + ec.message());

        asio::io_context io;
        outkit::imap::client mail(outkit::stream(io.get_executor(), tls));
        int result = 0;
        asio::co_spawn(io,
                       watch(mail, example::setting("OUTKIT_IMAP_HOST", "outlook.office365.com"),
                             example::port("OUTKIT_IMAP_PORT", 993), example::required("OUTKIT_USER"),
                             argc > 1 ? std::stoul(argv[1]) : static_cast<unsigned long>(-1)),
                       [&](std::exception_ptr failed) {
                           try
                           {
                               if (failed)
                                   std::rethrow_exception(failed);
                           }
                           catch (std::exception const& e)
                           {
                               std::cerr << "imap_watch: " << e.what() << '\n' << mail.diagnostics() << '\n';
                               result = 1;
                           }
                       });
        io.run();
        return result;
    }
    catch (std::exception const& e)
    {
        std::cerr << "imap_watch: " << e.what() << '\n';
        return 1;
    }
}
