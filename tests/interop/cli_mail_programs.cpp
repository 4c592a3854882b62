#include "interop/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Mail programs that have never heard of outkit, with a mailbox of `outkit mock`. Debian has them, and tools/setup installs
// them; without them these tests fail. Each works with the front end of today and with that of the years before 2026.

namespace {

using namespace outkit::tests;

// Runs a witness in both worlds at once; it must end well, and say so.
void works(std::vector<std::string> const& witness, std::string const& says)
{
    folder const f;
    std::vector<std::pair<std::string, std::unique_ptr<process>>> running;
    for (std::string const profile : {"tcpproxy", "classic"})
    {
        std::string const world =
            f.file(profile + ".json", R"({"base": "default", "service": {"imap_profile": ")" + profile + R"("}})");
        std::vector<std::string> command{tool, "mock", "--world", world, "--exec", "--", "/usr/bin/python3"};
        for (std::string const& w : witness)
            command.push_back(scripts + w);
        command.push_back(profile);
        running.emplace_back(profile,
                             std::make_unique<process>(command, process::variables{{"PYTHONDONTWRITEBYTECODE", "1"}}));
    }
    for (auto const& [profile, p] : running)
    {
        int const code = p->wait();
        BOOST_TEST_CONTEXT(profile << ": " << p->output() << p->errors())
        {
            BOOST_TEST(code == 0);
            BOOST_TEST(p->output().find(says) != std::string::npos);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_mail_programs)

BOOST_AUTO_TEST_CASE(imaplib_carries_out_every_command)
{
    works({"imaplib_witness.py"}, "imaplib: the whole command set");
}

BOOST_AUTO_TEST_CASE(curl_does_with_mail_all_that_it_can)
{
    works({"signed_in.py", "curl_imap_witness.sh"}, "curl: the whole of its IMAP works");
}

BOOST_AUTO_TEST_CASE(mbsync_keeps_a_maildir_and_a_mailbox_the_same)
{
    works({"mbsync_witness.py"}, "both sides the same");
}

BOOST_AUTO_TEST_CASE(neomutt_reads_searches_files_and_removes)
{
    works({"neomutt_witness.py"}, "neomutt: read, searched, flagged, copied, moved, removed and kept");
}

BOOST_AUTO_TEST_CASE(offlineimap_keeps_a_maildir_and_a_mailbox_the_same_and_getmail_fetches)
{
    works({"offlineimap_witness.py"}, "offlineimap and getmail: 12 messages");
}

BOOST_AUTO_TEST_CASE(mail_imapclient_works_from_perl)
{
    works({"signed_in.py", "imapclient_witness.pl"}, "Mail::IMAPClient: works");
}

BOOST_AUTO_TEST_SUITE_END()
