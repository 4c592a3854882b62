#ifndef OUTKIT_TESTS_INTEROP_DOVECOT_HPP
#define OUTKIT_TESTS_INTEROP_DOVECOT_HPP

// A Dovecot of the tests: Debian's packages, unpacked into the build folder (tests/interop/unpack), with a configuration
// of its own, on a free loopback port, as whoever runs the tests. It believes the access tokens of a mock world: their
// keys are written into its key dictionary (introspection_mode = local), and it never asks anybody.
//
// The binaries look for their parts in /usr/lib/dovecot. So each server gets a copy in which that path is replaced by
// another of the same length, in a temporary folder that is removed in the end.

#include "interop/child.hpp"

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

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

struct dovecot_options
{
    std::string protocol;                                              // "imap" or "submission"
    std::string package;                                               // "dovecot-imapd" or "dovecot-submissiond"
    std::string certificate, key;                                      // PEM
    std::vector<std::pair<std::string, std::string>> token_keys = {};  // kid, public key as PEM
    std::string audience = {};                                         // tokens must be for it, if it is not empty
    std::string user_claim = "upn";                                    // whose value must be the user
    std::string settings = {};                                         // further lines for dovecot.conf
};

class dovecot
{
public:
    explicit dovecot(dovecot_options const& o) : port_(free_port())
    {
        namespace fs = std::filesystem;
        fs::path const unpacked = fs::path(OUTKIT_BINARY_DIR) / "servers";
        child unpack({OUTKIT_SOURCE_DIR "/tests/interop/unpack", unpacked.string(), "dovecot-core", o.package}, "");
        BOOST_TEST_REQUIRE(unpack.wait() == 0, "Dovecot could not be unpacked into " << unpacked);

        char name[] = "/tmp/oXXXXXX";  // "/tmp/oXXXXXX/lib" is as long as "/usr/lib/dovecot"
        BOOST_TEST_REQUIRE(mkdtemp(name));
        home_ = name;
        fs::permissions(home_, fs::perms(0755));
        copy_patched(unpacked / "usr/lib/dovecot", home_ / "lib");
        copy_patched(unpacked / "usr/sbin/dovecot", home_ / "dovecot");
        copy_patched(unpacked / "usr/bin/doveconf", home_ / "dvcf");  // "/usr/bin/doveconf"
        configure(o);
        begin();
    }
    dovecot(dovecot const&) = delete;
    ~dovecot()
    {
        server_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(home_, ignored);
    }

    std::uint16_t port() const { return port_; }
    std::filesystem::path const& home() const { return home_; }
    std::filesystem::path mail() const { return home_ / "mail"; }  // one folder per user, a Maildir in it
    std::string log() const { return (home_ / "log").string(); }

    // Ends it, with all its connections, and begins anew on the same port. Sessions would first finish their command.
    void restart()
    {
        drop_sessions();
        server_.reset();
        for (int i = 0; i != 1'000 && accepts(port_); ++i)  // its children may outlive it for a moment
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        begin();
    }

    // Ends the processes that serve those who are signed in, without a word to them; how many there were.
    std::size_t drop_sessions()
    {
        namespace fs = std::filesystem;
        std::size_t n = 0;
        for (auto const& entry : fs::directory_iterator("/proc"))
        {
            std::error_code none;
            fs::path const program = fs::read_symlink(entry.path() / "exe", none);
            if (!none && program == home_ / "lib/imap")
                n += kill(std::atoi(entry.path().filename().c_str()), SIGKILL) == 0;
        }
        return n;
    }

private:
    void begin()
    {
        server_.reset(new child({(home_ / "dovecot").string(), "-F", "-c", (home_ / "dovecot.conf").string()}, log()));
        for (int i = 0; i != 1'000 && server_->running() && !accepts(port_); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        BOOST_TEST_REQUIRE(accepts(port_), "Dovecot does not accept connections:\n" << read_file(log()));
    }
    static std::string replaced(std::string text, std::string const& from, std::string const& to)
    {
        BOOST_TEST_REQUIRE(from.size() == to.size());
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
            text.replace(at, from.size(), to);
        return text;
    }
    void copy_patched(std::filesystem::path const& from, std::filesystem::path const& to)
    {
        namespace fs = std::filesystem;
        if (fs::is_symlink(from))
            return fs::copy_symlink(from, to);
        if (fs::is_directory(from))
        {
            fs::create_directories(to);
            for (auto const& entry : fs::directory_iterator(from))
                copy_patched(entry.path(), to / entry.path().filename());
            return;
        }
        std::string bytes = replaced(read_file(from), "/usr/lib/dovecot", home_.string() + "/lib");
        write_file(to, replaced(std::move(bytes), "/usr/bin/doveconf", home_.string() + "/dvcf"));
        fs::permissions(to, fs::perms(0755));
    }

    void configure(dovecot_options const& o)
    {
        namespace fs = std::filesystem;
        std::string const here = home_.string();
        // Mail belongs to nobody if we are root, as Dovecot refuses to serve root's.
        bool const root = geteuid() == 0;
        passwd const* const us = getpwuid(geteuid());
        passwd const* const owner = root ? getpwnam("nobody") : us;
        BOOST_TEST_REQUIRE(us);
        BOOST_TEST_REQUIRE(owner);
        std::string const owner_name = owner->pw_name;
        uid_t const uid = owner->pw_uid;
        gid_t const gid = owner->pw_gid;
        fs::create_directory(mail());
        if (root)
            BOOST_TEST_REQUIRE(chown(mail().c_str(), uid, gid) == 0);
        write_file(home_ / "cert.pem", o.certificate);
        write_file(home_ / "key.pem", o.key);
        fs::permissions(home_ / "key.pem", fs::perms(0600));
        fs::create_directories(home_ / "keys/default/RS256");
        for (auto const& [kid, pem] : o.token_keys)
            write_file(home_ / "keys/default/RS256" / kid, pem);
        std::string oauth2 = "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=" + here +
                             "/keys/\nusername_attribute = " + o.user_claim + "\n";
        if (!o.audience.empty())  // not by client_id: Debian's 2.3.19 looks at that since 2026 only
            oauth2 += "active_attribute = aud\nactive_value = " + o.audience + "\n";
        write_file(home_ / "oauth2.conf", oauth2);

        std::string const user = root ? owner_name : us->pw_name;
        group const* const shared = getgrgid(gid);
        BOOST_TEST_REQUIRE(shared);
        std::string c = "base_dir = " + here + "/run\nstate_dir = " + here + "/run\nlibexec_dir = " + here +
                        "/lib\nlog_path = " + here + "/log\nmail_plugin_dir = " + here + "/lib/modules\n" +
                        "login_plugin_dir = " + here + "/lib/modules/login\n" +
                        "listen = 127.0.0.1\nprotocols = " + o.protocol + "\ndefault_login_user = " + user +
                        "\ndefault_internal_user = " + user + "\n";
        c += "default_internal_group = "s + shared->gr_name + "\nfirst_valid_uid = 1\nfirst_valid_gid = 0\n";
        c += "ssl = required\nssl_cert = <" + here + "/cert.pem\nssl_key = <" + here + "/key.pem\n" +
             "ssl_min_protocol = TLSv1.2\nauth_mechanisms = xoauth2 oauthbearer\n" +
             "passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = " + here + "/oauth2.conf\n}\n" +
             "userdb {\n  driver = static\n  args = uid=" + std::to_string(uid) + " gid=" + std::to_string(gid) +
             " home=" + here + "/mail/%u allow_all_users=yes\n}\nmail_location = maildir:~/Maildir\n";
        for (char const* const service : {"anvil", "imap-login", "submission-login", "stats"})
            c += std::string("service ") + service + " {\n  chroot =\n}\n";
        // It keeps those waiting who were refused, longer each time: a minute for five tokens.
        c += "auth_failure_delay = 0\nservice anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n";
        std::string const port = std::to_string(port_);
        if (o.protocol == "imap")
            c += "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n  inet_listener imaps {\n    port "
                 "= " +
                 port + "\n    ssl = yes\n  }\n}\n";
        else
            c += "service submission-login {\n  inet_listener submission {\n    port = " + port +
                 "\n  }\n  inet_listener submissions {\n    port = 0\n  }\n}\n";
        write_file(home_ / "dovecot.conf", c + o.settings);
    }

    std::uint16_t port_;
    std::filesystem::path home_;
    std::unique_ptr<child> server_;
};

}  // namespace outkit::tests

#endif
