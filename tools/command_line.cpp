#include "command_line.hpp"

#include "commands.hpp"
#include "console.hpp"

#include <outkit/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

namespace {

// Help in 80 columns.
class formatter : public CLI::Formatter
{
public:
    std::string make_option(CLI::Option const* o, bool positional) const override
    {
        std::string names = positional ? o->get_name(true) : o->get_name(false, true);
        std::string const type = o->get_type_name();  // with what the validators say behind a colon
        if (!positional && !type.empty())
            names += ' ' + type.substr(0, type.find(':'));
        return row(std::move(names), o->get_description());
    }
    std::string make_subcommand(CLI::App const* command) const override
    {
        return row(command->get_name(), command->get_description());
    }
    std::string make_description(CLI::App const* app) const override
    {
        return paragraph(app->get_description()) + '\n';
    }
    std::string make_footer(CLI::App const* app) const override { return app->get_footer() + '\n'; }

private:
    static constexpr std::size_t width = 80, column = 28;

    static std::string row(std::string names, std::string const& text)
    {
        std::string out = "  " + names;
        if (out.size() > column - 2)
            out += '\n' + std::string(column, ' ');
        else
            out.resize(column, ' ');
        bool later = false;
        for (std::string const& line : wrap(text, width - column))
        {
            out += (later ? std::string(column, ' ') : "") + line + '\n';
            later = true;
        }
        return later ? out : out + '\n';
    }
    static std::string paragraph(std::string const& text)
    {
        std::string out;
        for (std::string const& line : wrap(text, width))
            out += line + '\n';
        return out;
    }
};

// What was not understood, without its value: people paste secrets.
std::string name_only(std::string_view argument) { return printable(argument.substr(0, argument.find('=')), 64); }

bool asks_for_secret(std::string_view option)
{
    for (std::string_view const word : {"secret", "token", "password", "code", "verifier"})
        if (option.find(word) != option.npos)
            return true;
    return false;
}

std::vector<std::string> option_names(CLI::App const& app)
{
    std::vector<std::string> names;
    for (CLI::Option const* const o : app.get_options())
        for (std::string const& name : o->get_lnames())
            names.push_back("--" + name);
    return names;
}

// The first argument that no command and no option took, and what it may have been meant for.
std::string about_unknown(CLI::App const& app, CLI::App const* command, int argc, char const* const* argv)
{
    std::vector<std::string> known = option_names(command ? *command : app);
    if (!command)
        for (CLI::App const* const s : app.get_subcommands([](CLI::App const*) { return true; }))
            known.push_back(s->get_name());
    for (int i = 1; i < argc; ++i)
    {
        std::string_view const argument = argv[i];
        bool const option = argument.size() > 1 && argument[0] == '-';
        std::string const name(argument.substr(0, argument.find('=')));
        if (argument == "--")
            break;
        if (!option && (command || i > 1))
            continue;
        if (std::find(known.begin(), known.end(), name) != known.end() || name == "-h")
            continue;
        if (option && asks_for_secret(name))
            return fmt::format("there is no option {}: others can read a command line. Write client_secret into the "
                               "configuration (chmod 600), name a file there as client_secret_file, or set the "
                               "environment variable OUTKIT_CLIENT_SECRET",
                               name_only(name));
        std::string said = fmt::format("unknown {} {}", option ? "option" : "command", name_only(argument));
        std::vector<std::string_view> const words(known.begin(), known.end());
        if (std::string_view const better = closest(name, words); !better.empty())
            return said + fmt::format("; did you mean {}?", better);
        return said + fmt::format("; see outkit {}{}--help", command ? command->get_name() : "", command ? " " : "");
    }
    return "an argument was not understood; see outkit --help";
}

}  // namespace

std::function<int()> read_command_line(int argc, char const* const* argv)
{
    CLI::App app("Outlook mail over OAuth2: checks, explanations, and an offline Outlook to test against.", "outkit");
    app.set_version_flag("--version", "outkit " OUTKIT_VERSION);
    app.require_subcommand(1);
    app.failure_message([](CLI::App const*, CLI::Error const&) { return std::string(); });
    app.formatter(std::make_shared<formatter>());
    app.footer("Exit codes: 0 passed, 1 a check failed or a service refused, 2 wrong usage or\n"
               "configuration; 128 and the number of the signal that interrupted.\n"
               "Secrets come from the configuration file, a file it names, or the variable\n"
               "OUTKIT_CLIENT_SECRET.");
    std::string chosen_format = "text";
    auto const add_format = [&](CLI::App* command, bool reports = false) {
        std::vector<std::string> known{"text", "json"};
        if (reports)
            known.insert(known.end(), {"junit", "html"});
        command
            ->add_option("--format", chosen_format,
                         reports ? "text; json, for programs; junit, for continuous integration; html, a page to send"
                                 : "text or json, for programs")
            ->check(CLI::IsMember(known))
            ->type_name(reports ? "FORMAT" : "text|json");
        command->add_flag_callback("--json", [&] { chosen_format = "json"; }, "the same as --format json");
    };
    auto const wanted = [&] {
        return chosen_format == "json"    ? format::json
               : chosen_format == "junit" ? format::junit
               : chosen_format == "html"  ? format::html
                                          : format::text;
    };

    auto const add_proxy = [](CLI::App* command, std::string& to) {
        command
            ->add_option(
                "--proxy", to,
                "the HTTP proxy of all connections to other machines; without it https_proxy or all_proxy; not for "
                "what no_proxy names")
            ->type_name("URL");
    };

    std::function<int()> chosen;

    demo_options d;
    CLI::App* const demo_command = app.add_subcommand(
        "demo", "The whole way from \"New registration\" to \"connected\", offline, and three usual mistakes");
    add_format(demo_command);
    demo_command->callback([&] {
        d.format = wanted();
        chosen = [d] { return demo(d); };
    });

    check_options c;
    CLI::App* const check_command = app.add_subcommand(
        "check", "Goes from a configuration to the connected mailbox, and names the cause of a refusal");
    check_command->footer(
        "With sign_in_audience in the configuration, and home_tenant and account_kind\n"
        "where they are known, a refusal that is bound to come is told before anybody\nsigns in.\n\n" +
        app.get_footer());
    check_command->add_option("--config", c.configuration, "the configuration file")->type_name("FILE");
    check_command->add_flag("--mock", c.mock, "against an offline Outlook of its own");
    check_command->add_option("--world", c.world_file, "with --mock: what is in it")->type_name("FILE");
    check_command->add_option("--scenario", c.scenario, "with --mock: what is wrong in it")->type_name("NAME");
    check_command->add_option("--base-scope", c.base_scope, "with --mock: imap or api")
        ->check(CLI::IsMember(std::vector<std::string>{"imap", "api"}))
        ->type_name("imap|api");
    check_command->add_option("--only", c.only, "only the steps that begin so: imap, smtp.sign-in, graph, ...")
        ->type_name("STEP");
    check_command->add_flag("--send", c.send, "send a message to the mailbox itself, too; else nothing is changed");
    check_command->add_flag("--plan", c.plan, "list the requests that would be made, and make none");
    check_command->add_flag("--full-addresses", c.full_addresses, "do not shorten mail addresses in the report");
    check_command->add_flag("--verbose,-v", c.verbose,
                            "every line to and from the servers to standard error, without secrets");
    check_command->add_flag("--no-browser", c.no_browser, "print the address of the sign-in, and open nothing");
    add_proxy(check_command, c.proxy);
    add_format(check_command, true);
    check_command->callback([&] {
        c.format = wanted();
        chosen = [c] { return check(c); };
    });

    setup_options u;
    CLI::App* const setup_command =
        app.add_subcommand("setup", "Registers the application in Entra through Graph, instead of clicking");
    setup_command->footer("What it does goes to standard error, the configuration for outkit check to\n"
                          "standard output or --output. Run again, it mends what is missing and takes\n"
                          "nothing away. A token of an administrator comes from az, for example:\n"
                          "  az account get-access-token --resource-type ms-graph --query accessToken \\\n"
                          "     -o tsv | outkit setup --token-file - --output outlook.json\n\n" +
                          app.get_footer());
    setup_command
        ->add_option("--config", u.configuration,
                     "what is wanted, as outkit check reads it; without client_id a registration of the name is "
                     "looked for, or made")
        ->type_name("FILE");
    setup_command
        ->add_option("--token-file", u.token_file,
                     "an administrator's access token for Microsoft Graph; - reads standard input")
        ->type_name("FILE");
    setup_command->add_flag("--mock", u.mock, "in an offline Outlook of its own, as its administrator");
    setup_command->add_flag("--dry-run", u.dry_run, "say what would be done, and change nothing");
    setup_command->add_option("--name", u.name, "what people read when they consent; Outlook mail without it")
        ->type_name("NAME");
    setup_command
        ->add_option("--audience", u.audience,
                     "who may sign in: single (this tenant), multiple (any), personal, or both (any tenant and "
                     "personal accounts), which a new one has without it")
        ->check(CLI::IsMember(std::vector<std::string>{"single", "multiple", "both", "personal"}))
        ->type_name("WHO");
    setup_command->add_option("--redirect-uri", u.redirect_uri, "where the sign-in comes back to")->type_name("URL");
    setup_command->add_option("--base-scope", u.base_scope, "imap or api, instead of the configuration's")
        ->check(CLI::IsMember(std::vector<std::string>{"imap", "api"}))
        ->type_name("imap|api");
    setup_command->add_flag("--app", u.app, "permissions of the application itself, without a user");
    setup_command->add_flag("--public", u.public_client, "no secret: for a program on people's own machines");
    setup_command->add_flag("--grant", u.grant, "consent for everybody in the tenant, as an administrator");
    setup_command->add_option("--secret-days", u.secret_days, "how long a new secret is good; 180 without it")
        ->check(CLI::Range(1, 730))
        ->type_name("N");
    setup_command->add_flag("--new-secret", u.new_secret, "one more, though there is one that has not expired");
    setup_command->add_option("--secret-file", u.secret_file, "the secret into a new file of its own, for you alone")
        ->type_name("FILE");
    setup_command->add_option("--output", u.output, "the configuration into a file, for you alone")->type_name("FILE");
    add_proxy(setup_command, u.proxy);
    setup_command->callback([&] { chosen = [u] { return setup(u); }; });

    mock_options m;
    CLI::App* const mock_command = app.add_subcommand(
        "mock", "An offline Outlook for other programs: Entra, Graph, IMAP and SMTP on the loopback");
    mock_command->add_option("--world", m.world_file, "what is in it: a JSON file")->type_name("FILE");
    mock_command->add_option("--scenario", m.scenario, "what is wrong in it")->type_name("NAME");
    mock_command->add_flag("--list-scenarios", m.list_scenarios, "print the scenarios and end");
    mock_command->add_option("--write-config", m.write_config, "write a configuration for outkit check, for you alone")
        ->type_name("FILE");
    mock_command
        ->add_option("--write-admin-token", m.write_admin_token,
                     "write an administrator's token for Graph, for outkit setup and scripts like it; good for a day")
        ->type_name("FILE");
    mock_command->add_option("--base-scope", m.base_scope, "of that configuration: imap or api")
        ->check(CLI::IsMember(std::vector<std::string>{"imap", "api"}))
        ->type_name("imap|api");
    mock_command->add_option("--redirect-uri", m.redirect_uri, "registered for the application")->type_name("URL");
    auto const add_port = [&](char const* name, std::uint16_t& to, char const* what) {
        mock_command->add_option_function<int>(
                        name, [&to](int port) { to = static_cast<std::uint16_t>(port); }, what)
            ->check(CLI::Range(0, 65535))
            ->type_name("PORT");
    };
    add_port("--login-port", m.login_port, "of Entra; 0, the default: any that is free");
    add_port("--graph-port", m.graph_port, "of Graph");
    add_port("--imap-port", m.imap_port, "of IMAP with TLS");
    add_port("--smtp-port", m.smtp_port, "of SMTP with STARTTLS");
    mock_command->add_flag("--exec", m.exec,
                           "run the command behind -- with OUTKIT_... variables; end with its exit code");
    mock_command->add_option("CMD", m.command, "with --exec");
    mock_command->callback([&] { chosen = [m] { return mock(m); }; });

    connect_options n;
    CLI::App* const connect_command =
        app.add_subcommand("connect", "A page at http://localhost:3000 to sign in, and the accounts with their state");
    connect_command->add_option("--config", n.configurations, "a configuration file; may be repeated")
        ->type_name("FILE")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    connect_command->add_flag("--mock", n.mock, "with an offline Outlook of its own");
    connect_command->add_option("--port", n.port, "of the page; 0: any that is free")->type_name("PORT");
    connect_command->add_flag("--no-browser", n.no_browser, "open nothing");
    add_proxy(connect_command, n.proxy);
    connect_command->callback([&] { chosen = [n] { return connect(n); }; });

    explain_options e;
    CLI::App* const explain_command =
        app.add_subcommand("explain", "What a code or an error text means, whose fault it is, how to mend it");
    explain_command->add_flag("--all", e.all, "everything there is in the atlas");
    explain_command->add_option("TEXT", e.words, "a code, a line or a piece of a log; without it, standard input");
    add_format(explain_command);
    explain_command->callback([&] {
        e.format = wanted();
        chosen = [e] { return explain(e); };
    });

    auto const add_configuration = [](CLI::App* command, std::string& file, std::string& base_scope) {
        command->add_option("--config", file, "the configuration file")->type_name("FILE")->required();
        command->add_option("--base-scope", base_scope, "imap or api, instead of the configuration's")
            ->check(CLI::IsMember(std::vector<std::string>{"imap", "api"}))
            ->type_name("imap|api");
    };
    auto const add_store = [](CLI::App* command, store_options& to) {
        command
            ->add_option("--store", to.path,
                         "the file with the sign-ins; without it OUTKIT_TOKEN_STORE, or outkit/tokens in "
                         "XDG_STATE_HOME or ~/.local/state")
            ->type_name("FILE");
        command
            ->add_option("--key-file", to.key_file, "32 octets that the file is encrypted with; - reads standard input")
            ->type_name("FILE");
    };

    login_options l;
    CLI::App* const login_command =
        app.add_subcommand("login", "Signs somebody in, and keeps the sign-in for outkit token");
    add_configuration(login_command, l.configuration, l.base_scope);
    add_store(login_command, l.store);
    login_command->add_flag("--device", l.device, "on another device, with a code, instead of this one's browser");
    login_command->add_flag("--no-browser", l.no_browser, "print the address of the sign-in, and open nothing");
    add_proxy(login_command, l.proxy);
    add_format(login_command);
    login_command->callback([&] {
        l.format = wanted();
        chosen = [l] { return login(l); };
    });

    auto const add_account = [&](CLI::App* command, account_options& to) {
        add_configuration(command, to.configuration, to.base_scope);
        add_store(command, to.store);
        command->add_option("--account", to.account, "whose, if several are signed in")->type_name("ADDRESS");
        add_proxy(command, to.proxy);
        add_format(command);
    };

    account_options t;
    CLI::App* const token_command =
        app.add_subcommand("token", "A fresh access token on standard output, for mutt, mbsync, msmtp and others");
    add_account(token_command, t);
    token_command->add_flag("--app", t.app, "one of the application itself, without a user");
    token_command->callback([&] {
        t.format = wanted();
        chosen = [t] { return token(t); };
    });

    auto const add_mailbox = [&](CLI::App* command, mail_options& to) {
        add_account(command, to);
        command->add_flag("--app", to.app, "as the application itself, without a user");
        command->add_option("--mailbox", to.mailbox, "another mailbox, such as a shared one")->type_name("ADDRESS");
    };
    auto const add_folder = [](CLI::App* command, std::string& to) {
        command->add_option("--folder", to, "which folder, as outkit list --folders says it; else the inbox")
            ->type_name("NAME");
    };

    list_options i;
    CLI::App* const list_command = app.add_subcommand("list", "The newest messages of a folder, or the folders");
    list_command->footer("N unread   ! flagged   @ with attachments   Times are UTC.\nWith --format json each line is "
                         "one JSON object.\n\n" +
                         app.get_footer());
    add_mailbox(list_command, i);
    add_folder(list_command, i.folder);
    list_command->add_option("--count", i.count, "how many; 20 without it")
        ->check(CLI::Range(1, 100'000))
        ->type_name("N");
    list_command->add_flag("--unread", i.unread, "only those that nobody has read");
    list_command->add_flag("--folders", i.folders, "the folders that hold mail, instead of messages");
    list_command->callback([&] {
        i.format = wanted();
        chosen = [i] { return list(i); };
    });

    fetch_options f;
    CLI::App* const fetch_command = app.add_subcommand("fetch", "One message, as people read it or as it is");
    fetch_command->add_option("ID", f.id, "as outkit list says it")->required();
    add_mailbox(fetch_command, f);
    add_folder(fetch_command, f.folder);
    fetch_command->add_flag("--raw", f.raw, "as it is (RFC 5322), not to be shown on a terminal");
    fetch_command->add_option("--output", f.output, "the message as it is into a file, for you alone")
        ->type_name("FILE");
    fetch_command->add_flag("--mark-read", f.mark_read, "the message is read then; else nothing is changed");
    fetch_command->callback([&] {
        f.format = wanted();
        chosen = [f] { return fetch(f); };
    });

    send_options s;
    CLI::App* const send_command = app.add_subcommand("send", "Sends a message; its text comes from standard input");
    add_mailbox(send_command, s);
    send_command->add_option("--from", s.from, "the sender, if not the mailbox")->type_name("ADDRESS");
    auto const add_list = [&](char const* name, std::vector<std::string>& to, char const* what, char const* type) {
        send_command->add_option(name, to, what)
            ->type_name(type)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->expected(1);
    };
    add_list("--to", s.to, "a recipient, or several with commas; may be repeated", "ADDRESS");
    add_list("--cc", s.cc, "likewise, for a copy", "ADDRESS");
    add_list("--bcc", s.bcc, "likewise, and the others do not see it", "ADDRESS");
    send_command->add_option("--subject", s.subject, "the subject")->type_name("TEXT");
    send_command->add_option("--html", s.html, "the same text as HTML")->type_name("FILE");
    add_list("--attach", s.attachments, "a file to go with it; may be repeated", "FILE");
    send_command->add_flag(
        "--raw", s.raw,
        "standard input is a whole message (RFC 5322): for git send-email and others that run sendmail");
    bool ignored = false;
    send_command->add_flag("-i,-t", ignored, "nothing: for programs that say them to sendmail")->group("");
    send_command->add_option("RECIPIENT", s.recipients, "with --raw: to these, instead of those in its header");
    send_command->callback([&] {
        s.format = wanted();
        chosen = [s] { return send(s); };
    });

    watch_options h;
    CLI::App* const watch_command = app.add_subcommand("watch", "A line for each message that arrives, as it arrives");
    add_mailbox(watch_command, h);
    add_folder(watch_command, h.folder);
    watch_command
        ->add_option("--every", h.every,
                     "with base scope api: asks Graph every so many seconds; 20 without it. IMAP tells by itself")
        ->check(CLI::Range(1, 3600))
        ->type_name("N");
    watch_command->add_option("--count", h.count, "ends after so many messages")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    watch_command->callback([&] {
        h.format = wanted();
        chosen = [h] { return watch(h); };
    });

    accounts_options a;
    CLI::App* const accounts_command = app.add_subcommand("accounts", "Who is signed in, and signing them out");
    add_store(accounts_command, a.store);
    accounts_command->add_option("--sign-out", a.sign_out, "forgets this sign-in")->type_name("ADDRESS");
    add_format(accounts_command);
    accounts_command->callback([&] {
        a.format = wanted();
        chosen = [a] { return accounts(a); };
    });

    try
    {
        app.parse(argc, argv);
        return chosen;
    }
    catch (CLI::Success const& s)  // --help, --version
    {
        std::ostringstream text;
        app.exit(s, text, text);
        return [said = text.str()] {
            std::fputs(said.c_str(), stdout);
            return std::fflush(stdout) == 0 && !std::ferror(stdout) ? int(passed) : int(failed);
        };
    }
    catch (CLI::ParseError const& problem)
    {
        auto const commands = app.get_subcommands();
        CLI::App const* const command = commands.empty() ? nullptr : commands.front();
        if (argc < 2)
            return [help = app.help()] {
                std::fputs(help.c_str(), stderr);
                return int(usage);
            };
        auto const code = static_cast<CLI::ExitCodes>(problem.get_exit_code());
        if (code == CLI::ExitCodes::ExtrasError || (code == CLI::ExitCodes::RequiredError && !command))
            throw usage_error(about_unknown(app, command, argc, argv));
        throw usage_error(printable(problem.what(), 512));
    }
}

}  // namespace cli
