#ifndef OUTKIT_TESTS_INTEROP_EXIM_HPP
#define OUTKIT_TESTS_INTEROP_EXIM_HPP

// An Exim of the tests (tests/interop/exim.py), with a configuration of its own, on a free loopback port, as whoever runs the
// tests. It takes one access token of one user, and keeps all mail in one Maildir.

#include "interop/child.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace outkit::tests {

struct exim_options
{
    std::string certificate, key;  // PEM
    std::string user, token;
    std::string withheld = {};  // an extension that is not offered
};

class exim
{
public:
    explicit exim(exim_options const& o) : port_(free_port())
    {
        namespace fs = std::filesystem;
        char name[] = "/tmp/outkit-exim-XXXXXX";
        BOOST_TEST_REQUIRE(mkdtemp(name));
        home_ = name;
        child prepare({"/usr/bin/python3", "-B", OUTKIT_SOURCE_DIR "/tests/interop/exim.py",
                       OUTKIT_BINARY_DIR "/servers", home_.string()},
                      (home_ / "prepared").string());
        BOOST_TEST_REQUIRE(prepare.wait() == 0, "Exim could not be unpacked: " << read_file(home_ / "prepared"));
        configure(o);
        server_.reset(new child({(home_ / "exim").string(), "-bdf", "-C", (home_ / "conf").string()}, output()));
        for (int i = 0; i != 1'000 && server_->running() && !accepts(port_); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        BOOST_TEST_REQUIRE(accepts(port_), "Exim does not accept connections:\n" << read_file(output()) << log());
    }
    exim(exim const&) = delete;
    ~exim()
    {
        delivered(accepted());  // so that none of its processes is left
        server_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(home_, ignored);
    }

    std::uint16_t port() const { return port_; }
    std::string log() const { return read_file(home_ / "log/main"); }

    // Log lines about messages that were taken, in their order. They are written before the client is told.
    std::vector<std::string> accepted_lines() const { return lines(" <= "); }
    std::size_t accepted() const { return accepted_lines().size(); }

    // The Maildir's messages as soon as there are so many, in no order. They begin with what Exim puts before them:
    // Return-path, Envelope-to (all recipients) and Received.
    std::vector<std::string> delivered(std::size_t wanted) const
    {
        for (int i = 0; i != 3'000 && lines(" Completed").size() < wanted; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::vector<std::string> found;
        std::error_code none_yet;
        for (auto const& entry : std::filesystem::directory_iterator(home_ / "mail/all/new", none_yet))
            found.push_back(read_file(entry.path()));
        return found;
    }

private:
    std::string output() const { return (home_ / "output").string(); }
    std::vector<std::string> lines(std::string const& part) const
    {
        std::vector<std::string> found;
        std::string const text = log();
        for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1)
            if (std::string line = text.substr(at, end - at); line.find(part) != line.npos)
                found.push_back(std::move(line));
        return found;
    }

    void configure(exim_options const& o)
    {
        namespace fs = std::filesystem;
        std::string const here = home_.string();
        write_file(home_ / "cert.pem", o.certificate);
        write_file(home_ / "key.pem", o.key);
        std::string c = "primary_hostname = mx.test\nexim_path = " + here + "/exim\nspool_directory = " + here +
                        "/spool\nlog_file_path = " + here + "/log/%s\npid_file_path = " + here + "/spool/pid\n" +
                        "local_interfaces = 127.0.0.1\ndaemon_smtp_ports = " + std::to_string(port_) + "\n";
        c += "deliver_drop_privilege = true\nkeep_environment =\nhost_lookup =\nrfc1413_hosts =\n"
             "log_selector = +pipelining +tls_cipher +received_recipients\n"
             "allow_utf8_domains = true\nmessage_size_limit = 4M\nacl_smtp_rcpt = check\n"
             "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}\ntls_certificate = " +
             here + "/cert.pem\ntls_privatekey = " + here +
             "/key.pem\naccept_8bitmime = " + (o.withheld == "8BITMIME" ? "false\n" : "true\n");
        for (auto const& [extension, setting] : {std::pair("STARTTLS", "tls"),
                                                 {"PIPELINING", "pipelining"},
                                                 {"CHUNKING", "chunking"},
                                                 {"DSN", "dsn"},
                                                 {"SMTPUTF8", "smtputf8"}})
            c += std::string(setting) + "_advertise_hosts = " + (o.withheld == extension ? ":\n" : "*\n");
        c += "begin acl\ncheck:\n  deny !authenticated = *\n       message = 5.7.1 sign in first\n"
             "  deny local_parts = nobody\n       message = 5.1.1 there is no such user\n"
             "  defer local_parts = later\n       message = 4.2.1 the mailbox is busy\n  accept\n";
        c += "begin authenticators\nxoauth2:\n  driver = plaintext\n  public_name = XOAUTH2\n  server_prompts = :\n"
             "  server_condition = ${if eq{$auth1}{user=" +
             o.user + "\\x01auth=Bearer " + o.token + "\\x01\\x01}}\n  server_set_id = " + o.user + "\n";
        c += "begin routers\nall:\n  driver = accept\n  transport = maildir\n"
             "begin transports\nmaildir:\n  driver = appendfile\n  maildir_format\n  use_crlf\n  batch_max = 1000\n"
             "  return_path_add\n  envelope_to_add\n  directory = " +
             here + "/mail/all\n";
        write_file(home_ / "conf", c);
        fs::permissions(home_ / "conf", fs::perms(0644));
        fs::permissions(home_ / "key.pem", fs::perms(0644));
    }

    std::uint16_t port_;
    std::filesystem::path home_;
    std::unique_ptr<child> server_;
};

}  // namespace outkit::tests

#endif
