// A program that uses the library from two translation units: exit code 0 when both see the same outkit.

#include <outkit.hpp>

#include <iostream>

// In other.cpp.
outkit::error_code connect_to_nobody(outkit::blocking_context& io, outkit::imap::client& client);

int main()
{
    outkit::blocking_context io;
    outkit::imap::client client(outkit::stream(io.get_executor()));
    outkit::error_code const ec = connect_to_nobody(io, client);
    std::cout << "connect: " << ec.message() << '\n';
    return ec == outkit::asio::error::connection_refused ? 0 : 1;
}
