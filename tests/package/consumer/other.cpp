#include <outkit.hpp>

outkit::error_code connect_to_nobody(outkit::blocking_context& io, outkit::imap::client& client)
{
    // A port that was free a moment ago.
    outkit::asio::io_context context;
    outkit::asio::ip::tcp::acceptor acceptor(context, {outkit::asio::ip::make_address("127.0.0.1"), 0});
    auto const port = acceptor.local_endpoint().port();
    acceptor.close();
    outkit::error_code ec;
    client.async_connect("127.0.0.1", port, outkit::imap::security::implicit_tls, io.wait(ec));
    return ec;
}
