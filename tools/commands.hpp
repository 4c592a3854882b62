#ifndef OUTKIT_TOOLS_COMMANDS_HPP
#define OUTKIT_TOOLS_COMMANDS_HPP

#include <cstdint>
#include <string>
#include <vector>

// The subcommands: their options, as outkit.cpp reads them from the command line, and what carries them out. Each returns
// the exit code and may throw usage_error.

namespace cli {

enum class format
{
    text,
    json,
    junit,  // reports of check only, like html
    html
};

// Where sign-ins are kept.
struct store_options
{
    std::string path = {};      // empty: default_store()
    std::string key_file = {};  // empty: not encrypted
};

struct explain_options
{
    std::vector<std::string> words = {};  // empty, or "-": standard input
    bool all = false;                     // the whole atlas
    cli::format format = format::text;
};
int explain(explain_options const& o);

struct mock_options
{
    std::string world_file = {};
    std::string scenario = {};
    bool list_scenarios = false;
    std::string write_config = {};
    std::string write_admin_token = {};
    std::string base_scope = {};  // empty: the scenario's, or imap
    std::string redirect_uri = "http://localhost:3000/oauth";
    std::uint16_t login_port = 0;
    std::uint16_t graph_port = 0;
    std::uint16_t imap_port = 0;
    std::uint16_t smtp_port = 0;
    bool exec = false;
    std::vector<std::string> command = {};  // with exec
};
int mock(mock_options const& o);

struct setup_options
{
    std::string configuration = {};  // what is wanted, and where the services are; empty: the global cloud
    bool mock = false;
    std::string token_file = {};  // an administrator's access token for Graph; - is standard input
    std::string name = {};        // empty: the configuration's title, or "Outlook mail"
    std::string audience = {};    // empty: as the registration has it, or one of both kinds
    std::string redirect_uri = {};
    std::string base_scope = {};
    bool app = false;            // permissions of the application itself, without a user
    bool public_client = false;  // no secret: a program on people's own machines
    bool grant = false;          // consent for everybody
    unsigned secret_days = 180;
    bool new_secret = false;
    std::string secret_file = {};
    std::string output = {};  // a file for the configuration; empty: standard output
    bool dry_run = false;
    std::string proxy = {};
};
int setup(setup_options const& o);

struct check_options
{
    std::string configuration = {};
    bool mock = false;
    std::string world_file = {};
    std::string scenario = {};
    std::string base_scope = {};  // with mock; empty: the scenario's, or imap
    cli::format format = format::text;
    std::string only = {};
    bool send = false;
    bool full_addresses = false;
    bool plan = false;        // only say what would be asked of whom
    bool no_browser = false;  // print the URL instead of opening it
    bool verbose = false;
    std::string proxy = {};  // empty: as the environment says
};
int check(check_options const& o);

struct demo_options
{
    cli::format format = format::text;
};
int demo(demo_options const& o);

struct connect_options
{
    std::vector<std::string> configurations = {};
    bool mock = false;
    std::uint16_t port = 3000;
    bool no_browser = false;
    std::string proxy = {};  // empty: as the environment says
};
int connect(connect_options const& o);

struct login_options
{
    std::string configuration = {};
    std::string base_scope = {};  // empty: the configuration's
    store_options store = {};
    bool device = false;
    bool no_browser = false;
    std::string proxy = {};
    cli::format format = format::text;
};
int login(login_options const& o);

// A configuration, and whose token for it is wanted.
struct account_options
{
    std::string configuration = {};
    std::string base_scope = {};  // empty: the configuration's
    store_options store = {};
    std::string account = {};  // empty: the configuration's user, or the only one there is
    bool app = false;          // of the application itself
    std::string proxy = {};
    cli::format format = format::text;
};
int token(account_options const& o);

// The everyday commands.
struct mail_options : account_options
{
    std::string mailbox =
        {};  // another one, such as a shared one; empty: the account's, or the configuration's with app
    std::string folder = "inbox";
};

struct list_options : mail_options
{
    unsigned count = 20;
    bool unread = false;
    bool folders = false;  // the folders instead of the messages of one
};
int list(list_options const& o);

struct fetch_options : mail_options
{
    std::string id = {};  // as `outkit list` says it
    bool raw = false;
    std::string output = {};  // a file for the octets of the message
    bool mark_read = false;
};
int fetch(fetch_options const& o);

struct send_options : mail_options
{
    std::string from = {};  // empty: the mailbox
    std::vector<std::string> to = {}, cc = {}, bcc = {};
    std::string subject = {};
    std::string html = {};  // a file
    std::vector<std::string> attachments = {};
    bool raw = false;                          // standard input is a whole message
    std::vector<std::string> recipients = {};  // with raw; empty: those of its header
};
int send(send_options const& o);

struct watch_options : mail_options
{
    unsigned count = 0;   // ends after so many messages; 0: never
    unsigned every = 20;  // seconds between two questions to Graph
};
int watch(watch_options const& o);

struct accounts_options
{
    store_options store = {};
    std::string sign_out = {};  // a name or object id
    cli::format format = format::text;
};
int accounts(accounts_options const& o);

}  // namespace cli

#endif
