// Sends whole messages over SMTP, each from its file: smtp_outbox RECIPIENT FILE... What may succeed later is tried again.

#include "environment.hpp"

#include <outkit/blocking.hpp>
#include <outkit/smtp/submission.hpp>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace {

outkit::mime::address parsed(std::string const& text)
{
    outkit::error_code ec;
    auto address = outkit::mime::parse_address(text, ec);
    if (!address)
        throw std::runtime_error(text + ": " + ec.message());
    return std::move(*address);
}

outkit::smtp::mail read_from(std::string const& path)
{
    auto const file = std::make_shared<std::ifstream>(path, std::ios::binary);
    if (!*file)
        throw std::runtime_error(path + " cannot be read");
    outkit::smtp::mail mail;
    mail.source.octets = std::filesystem::file_size(path);
    mail.source.read = [file](char* into, std::size_t most, outkit::error_code& ec) {
        file->read(into, static_cast<std::streamsize>(most));
        if (file->bad())
            ec = outkit::os_error(EIO);
        return static_cast<std::size_t>(file->gcount());
    };
    mail.rewind = [file] {  // so that it can be sent a second time
        file->clear();
        file->seekg(0);
        return *file ? outkit::error_code() : outkit::os_error(EIO);
    };
    return mail;
}

int send(std::string const& user, std::string const& to, std::vector<std::string> const& paths)
{
    outkit::error_code ec;
    outkit::blocking_context io;
    auto const tls = outkit::tls_context::client(ec, {.authorities_file = example::setting("OUTKIT_CA_FILE")});
    if (ec)
        throw std::runtime_error(ec.message());
    std::vector<outkit::smtp::mail> messages;
    for (std::string const& path : paths)
    {
        messages.push_back(read_from(path));
        messages.back().envelope.from = parsed(user);
        messages.back().envelope.to = {parsed(to)};
    }

    outkit::smtp::submission_access where;
    where.server.host = example::setting("OUTKIT_SMTP_HOST", where.server.host);
    where.server.port = example::port("OUTKIT_SMTP_PORT", where.server.port);
    where.user = user;
    where.tokens = [](outkit::access_token const*, outkit::token_answer answer) {
        answer({}, example::token());  // whatever is in the file now
    };
    outkit::smtp::submission outgoing(outkit::stream(io.get_executor(), tls), std::move(where));
    auto const sent = outgoing.async_send_all(std::move(messages), io.wait(ec));
    for (std::size_t i = 0; i != sent.size(); ++i)
    {
        outkit::smtp::delivery const& d = sent[i];
        if (d.ec == outkit::condition::outcome_unknown)
            std::cout << paths[i] << ": nobody knows; look into Sent Items before you send it again\n";
        else if (d.ec)
            std::cout << paths[i] << ": " << d.ec.message() << '\n';
        else
            std::cout << paths[i] << ": filed as " << d.message_id << '\n';
    }
    if (ec)
        throw std::runtime_error(ec.message() + '\n' + outgoing.diagnostics());
    outgoing.async_quit(io.wait());
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    try
    {
        if (argc < 3)
            throw std::runtime_error("usage: smtp_outbox RECIPIENT FILE...");
        return send(example::required("OUTKIT_USER"), argv[1], {argv + 2, argv + argc});
    }
    catch (std::exception const& e)
    {
        std::cerr << "smtp_outbox: " << e.what() << '\n';
        return 1;
    }
}
