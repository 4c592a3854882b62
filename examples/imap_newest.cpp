// The subject of the newest message in the Inbox, over IMAP, blocking.

#include "environment.hpp"

#include <outkit/blocking.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mime/header.hpp>

#include <exception>
#include <iostream>

namespace {

void print_newest_subject(std::string const& host, std::uint16_t port, std::string const& ca_file,
                          std::string const& user, outkit::access_token token)
{
    outkit::error_code ec;
    outkit::blocking_context io;
    auto const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
    if (ec)  // the file is missing, or has no certificates
        throw std::runtime_error(ca_file + ": " + ec.message());
    outkit::imap::client mail(outkit::stream(io.get_executor(), tls));
    try
    {
        mail.async_connect(host, port, outkit::imap::security::implicit_tls, io.wait());
        mail.async_authenticate(user, std::move(token), io.wait());
        auto const inbox = mail.async_select("INBOX", io.wait());
        if (inbox.exists == 0)
        {
            std::cout << "The Inbox is empty.\n";
            return;
        }
        outkit::imap::sequence_set const newest(inbox.exists);
        auto const batch = mail.async_fetch(newest, outkit::imap::fetch_items::metadata(), io.wait());
        for (auto const& message : batch)  // its texts are views into the batch
            std::cout << outkit::mime::decode_words(message.envelope->subject) << '\n';
        mail.async_logout(io.wait());
    }
    catch (std::exception const& e)  // the error's own words, and those of the server
    {
        throw std::runtime_error(e.what() + std::string("\n") + mail.diagnostics());
    }
}

}  // namespace

int main()
{
    try
    {
        print_newest_subject(example::setting("OUTKIT_IMAP_HOST", "outlook.office365.com"),
                             example::port("OUTKIT_IMAP_PORT", 993), example::setting("OUTKIT_CA_FILE"),
                             example::required("OUTKIT_USER"), example::token());
        return 0;
    }
    catch (std::exception const& e)
    {
        std::cerr << "imap_newest: " << e.what() << '\n';
        return 1;
    }
}
