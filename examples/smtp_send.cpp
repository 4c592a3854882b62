// Sends a message over SMTP: smtp_send RECIPIENT SUBJECT; the text comes from standard input.

#include "environment.hpp"

#include <outkit/blocking.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/smtp/client.hpp>

#include <exception>
#include <iostream>

namespace {

outkit::mime::address parsed(std::string const& text)
{
    outkit::error_code ec;
    auto address = outkit::mime::parse_address(text, ec);  // strict: nothing can be smuggled into command or header
    if (!address)
        throw std::runtime_error(text + ": " + ec.message());
    return std::move(*address);
}

void send(std::string const& from, std::string const& to, std::string const& subject, std::string text)
{
    outkit::error_code ec;
    outkit::mime::message m;
    m.from.addr = parsed(from);
    m.to.push_back({"", parsed(to)});
    m.subject = subject;  // UTF-8, as all texts; encoded where it must be
    m.text = std::move(text);
    auto built = outkit::mime::build(m, ec);
    if (!built)
        throw std::runtime_error(ec.message());

    outkit::blocking_context io;
    std::string const ca_file = example::setting("OUTKIT_CA_FILE");
    auto const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
    if (ec)
        throw std::runtime_error(ca_file + ": " + ec.message());
    outkit::smtp::client server(outkit::stream(io.get_executor(), tls));
    outkit::smtp::endpoint where;  // smtp.office365.com, port 587, STARTTLS or an error
    where.host = example::setting("OUTKIT_SMTP_HOST", where.host);
    where.port = example::port("OUTKIT_SMTP_PORT", where.port);
    outkit::smtp::mail mail;
    mail.envelope.from = m.from.addr;
    mail.envelope.to = std::move(built->recipients);
    mail.content = std::move(built->raw);
    try
    {
        server.async_connect(where, io.wait());
        server.async_authenticate(from, example::token(), io.wait());
        auto const sent = server.async_send(std::move(mail), io.wait());
        std::cout << outkit::smtp::to_string(sent.reply) << '\n';
        server.async_quit(io.wait());
    }
    catch (std::exception const& e)
    {
        throw std::runtime_error(e.what() + std::string("\n") + server.diagnostics());
    }
}

}  // namespace

int main(int argc, char** argv)
{
    try
    {
        if (argc != 3)
            throw std::runtime_error("usage: smtp_send RECIPIENT SUBJECT <TEXT");
        std::string text((std::istreambuf_iterator<char>(std::cin)), {});
        send(example::required("OUTKIT_USER"), argv[1], argv[2], std::move(text));
        return 0;
    }
    catch (std::exception const& e)
    {
        std::cerr << "smtp_send: " << e.what() << '\n';
        return 1;
    }
}
