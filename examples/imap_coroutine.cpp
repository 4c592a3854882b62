// The folders of a mailbox and how many messages are in each, over IMAP, as a coroutine.
//
// g++ 12 destroys some temporaries twice when they share an expression with co_await: braces, lambdas and ?: in the awaited
// call. Name it before you await it, and it is right.

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

asio::awaitable<void> print_folders(outkit::imap::client& mail, std::string host, std::uint16_t port, std::string user,
                                    outkit::access_token token)
{
    co_await mail.async_connect(host, port, outkit::imap::security::implicit_tls, asio::use_awaitable);
    co_await mail.async_authenticate(user, std::move(token), asio::use_awaitable);
    auto const folders = co_await mail.async_list("*", asio::use_awaitable);
    for (outkit::imap::mailbox const& folder : folders)
    {
        outkit::imap::mailbox_name const name(folder.name);
        auto const status = co_await mail.async_examine(name, asio::use_awaitable);
        std::cout << status.exists << '\t' << folder.name << '\n';
    }
    co_await mail.async_logout(asio::use_awaitable);
}

}  // namespace

int main()
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
                       print_folders(mail, example::setting("OUTKIT_IMAP_HOST", "outlook.office365.com"),
                                     example::port("OUTKIT_IMAP_PORT", 993), example::required("OUTKIT_USER"),
                                     example::token()),
                       [&](std::exception_ptr failed) {
                           try
                           {
                               if (failed)
                                   std::rethrow_exception(failed);
                           }
                           catch (std::exception const& e)
                           {
                               std::cerr << "imap_coroutine: " << e.what() << '\n' << mail.diagnostics() << '\n';
                               result = 1;
                           }
                       });
        io.run();
        return result;
    }
    catch (std::exception const& e)
    {
        std::cerr << "imap_coroutine: " << e.what() << '\n';
        return 1;
    }
}
