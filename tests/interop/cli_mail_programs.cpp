#include "interop/command_line.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Mail programs that have never heard of outkit, with mailboxes of `outkit mock`. Debian has them, and tools/setup installs
// them; without them these tests fail. Those that read work with the front end of today and with that of the years before
// 2026; those that send do in a world where they may, and are refused in one where nobody may.

namespace {

using namespace outkit::tests;

// Runs a witness in each world (name, file) at once, with the world's name as its last argument; it must end well, and say
// so.
void works_in(std::vector<std::pair<std::string, std::string>> const& worlds, std::vector<std::string> const& witness,
              std::string const& says)
{
    folder const f;
    std::vector<std::pair<std::string, std::unique_ptr<process>>> running;
    for (auto const& [name, text] : worlds)
    {
        std::string const world = f.file(name + ".json", text);
        std::vector<std::string> command{tool, "mock", "--world", world, "--exec", "--", "/usr/bin/python3"};
        command.insert(command.end(), witness.begin(), witness.end());
        command.push_back(name);
        running.emplace_back(name,
                             std::make_unique<process>(command, process::variables{{"PYTHONDONTWRITEBYTECODE", "1"}}));
    }
    for (auto const& [name, p] : running)
    {
        int const code = p->wait();
        BOOST_TEST_CONTEXT(name << ": " << p->output() << p->errors())
        {
            BOOST_TEST(code == 0);
            BOOST_TEST(p->output().find(says) != std::string::npos);
        }
    }
}

void works(std::vector<std::string> witness, std::string const& says)
{
    for (std::string& w : witness)
        w = scripts + w;
    works_in({{"tcpproxy", R"({"base": "default", "service": {"imap_profile": "tcpproxy"}})"},
              {"classic", R"({"base": "default", "service": {"imap_profile": "classic"}})"}},
             witness, says);
}

void sends(std::vector<std::string> witness, std::string const& says)
{
    witness.front() = scripts + witness.front();
    works_in(
        {{"open", R"({"base": "default", "service": {"messages_per_minute": 1000, "recipients_per_message": 3}})"},
         {"closed",
          R"({"base": "default", "switches": [{"name": "tenant.smtp_auth", "subject": "woodgrove.example", "value": false}]})"}},
        witness, says);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_mail_programs)

BOOST_AUTO_TEST_CASE(imaplib_carries_out_every_command)
{
    works({"imaplib_witness.py"}, "imaplib: the whole command set");
}

BOOST_AUTO_TEST_CASE(requests_does_over_graph_what_a_mail_program_does)
{
    works_in({{"default", R"({"base": "default"})"}}, {scripts + "requests_graph_witness.py"},
             "requests: mail over Graph works");
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

BOOST_AUTO_TEST_CASE(smtplib_does_all_it_can_and_smuggles_nothing)
{
    sends({"smtplib_witness.py"}, "smtplib: all of it");
}

BOOST_AUTO_TEST_CASE(curl_sends_all_that_it_can) { sends({"curl_smtp_witness.py"}, "curl: the whole of its SMTP"); }

BOOST_AUTO_TEST_CASE(msmtp_sends_with_a_token_and_tells_why_not)
{
    sends({"msmtp_witness.py"}, "msmtp: sent and refused");
}

BOOST_AUTO_TEST_CASE(exim_hands_everything_on_with_a_token)
{
    sends({"exim_witness.py", OUTKIT_BINARY_DIR "/servers"}, "exim: handed on and refused");
}

BOOST_AUTO_TEST_CASE(swaks_sees_what_is_offered_and_is_refused)
{
    sends({"swaks_witness.py"}, "swaks: offered, secured and refused");
}

BOOST_AUTO_TEST_SUITE_END()
