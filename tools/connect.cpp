#include <outkit/check/checks.hpp>

#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "offline.hpp"
#include "process.hpp"
#include "proxies.hpp"
#include "sign_in.hpp"
#include "sign_ins.hpp"

#include <outkit/http/message.hpp>
#include <outkit/http/url.hpp>
#include <outkit/mock/http_service.hpp>
#include <outkit/mock/server.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/browser.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// `outkit connect`: the guide's ending. A page with "Sign in with Microsoft" for each enabled application, the redirect that
// comes back to it, and the list of accounts with the state each has reached.
//
// The page is served by the HTTP service of the mocks, on the executor of a world that has no other purpose here. Accounts
// are checked in threads of their own by the steps of `outkit check`, and tell the page's executor what became of them.

namespace cli {

namespace {

namespace account = outkit::account;
namespace check = outkit::check;
namespace http = outkit::http;
namespace mock = outkit::mock;
namespace oauth2 = outkit::oauth2;
using outkit::error_code;
using outkit::account::base_scope;

constexpr std::size_t most_sign_ins = 16;  // begun and not come back
constexpr std::size_t most_accounts = 64;
constexpr int most_checks = 8;  // at once

std::string escaped(std::string_view text)
{
    std::string out;
    for (char const c : printable(text, 2048))
        switch (c)
        {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    return out;
}

constexpr std::string_view style_sheet =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 "
    "1rem;color:#222;background:#fff}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}"
    "button{font:inherit;padding:.6rem 1rem;border:1px solid #666;border-radius:4px;background:#f4f4f4;cursor:pointer}"
    "button:focus-visible{outline:3px solid #06c}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd;"
    "vertical-align:top}td:first-child,.quiet,.error{overflow-wrap:anywhere}.quiet{color:#555;font-size:.9rem}.error{"
    "color:#a00}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1b}button{background:#333;color:#eee}"
    "th,td{border-color:#444}.quiet{color:#aaa}.error{color:#f88}}";

class site
{
public:
    site(mock::world& host, std::vector<account::settings> applications, std::uint16_t port,
         outkit::proxy_settings proxies)
        : host_(host),
          applications_(std::move(applications)),
          wanted_port_(port),
          proxies_(std::move(proxies)),
          key_(random_text())
    {
    }

    ~site()
    {
        host_.run([&] { listener_.reset(); });
        for (std::thread& t : workers_)
            t.join();
    }

    void listen()
    {
        host_.run([&] {
            error_code ec;
            auto const service = [this](auto& w, auto& visitor) {
                visitor.logged_in = true;
                return mock::serve_http(w, [this](http::request const& r) { return answer(r); });
            };
            listener_.emplace(host_, "connect", service, outkit::tls_context(), mock::listener::mode::starttls,
                              wanted_port_, ec);
            if (ec)
                throw usage_error(fmt::format("the page cannot be served on port {}: {}; choose another with --port",
                                              wanted_port_, ec.message()));
            for (account::settings& s : applications_)
                s.redirect_uri = with_port(s.redirect_uri, listener_->port());
        });
    }

    // Whether accounts are being checked.
    bool busy() const { return running_ != 0; }

    std::string url() const { return fmt::format("http://localhost:{}", listener_->port()); }

private:
    struct begun
    {
        std::size_t application;
        oauth2::pending_authorization pending;
    };
    struct entry
    {
        std::string application;
        account::mailbox mailbox;
        std::string finding;  // what to do about the trouble
    };

    std::string random_text()
    {
        unsigned char dice[16];
        host_.random(dice);
        std::string text;
        for (unsigned char const d : dice)
            text += fmt::format("{:02x}", d);
        return text;
    }

    // Answers

    http::response page(unsigned status, std::string_view body) const
    {
        std::string logins;  // a form's redirect must be allowed, too
        for (account::settings const& s : applications_)
        {
            error_code ec;
            http::url const u = http::parse_url(check::cloud_of(s).login, ec);
            std::string origin = ec ? "" : "https://" + u.server.authority();
            if (logins.find(origin) == logins.npos)
                logins += ' ' + origin;
        }
        http::response r;
        r.status = status;
        r.headers = {{"Content-Type", "text/html; charset=utf-8"},
                     {"Cache-Control", "no-store"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Referrer-Policy", "same-origin"},  // with no-referrer a browser's form says Origin: null
                     {"Cross-Origin-Opener-Policy", "same-origin"},
                     {"Content-Security-Policy", "default-src 'none'; style-src 'nonce-" + key_.substr(0, 16) +
                                                     "'; form-action 'self'" + logins +
                                                     "; frame-ancestors 'none'; base-uri 'none'"}};
        r.body = body;
        return r;
    }

    std::string document(std::string_view title, std::string_view content, bool refresh) const
    {
        return fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">{}<title>{}</title>"
                           "<style nonce=\"{}\">{}</style></head>\n<body><main>\n{}</main></body></html>\n",
                           refresh ? "<meta http-equiv=\"refresh\" content=\"1\">" : "", title, key_.substr(0, 16),
                           style_sheet, content);
    }

    http::response plain(unsigned status, std::string_view heading, std::string_view text) const
    {
        return page(status,
                    document(heading,
                             fmt::format("<h1>{}</h1>\n<p>{}</p>\n<p><a href=\"/\">Back</a></p>\n", heading, text),
                             false));
    }

    static http::response redirect(std::string to)
    {
        http::response r;
        r.status = 303;
        r.headers = {{"Location", std::move(to)}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}};
        return r;
    }

    bool is_ours(std::string_view host) const
    {
        std::uint16_t const port = listener_->port();
        for (char const* const name : {"localhost", "127.0.0.1", "[::1]"})
            if (host == fmt::format("{}:{}", name, port))
                return true;
        return false;
    }

    http::response answer(http::request const& r)
    {
        // A name that somebody has made lead here (DNS rebinding) is not ours, nor is another site's form.
        std::string const* const host = http::find(r.headers, "Host");
        if (!host || !is_ours(*host))
            return plain(421, "Not here", "This page is served to this machine only.");
        std::string const path = r.target.substr(0, r.target.find('?'));
        std::string const query = path.size() < r.target.size() ? r.target.substr(path.size() + 1) : "";

        if (path == "/sign-in")
        {
            if (r.method != "POST")
                return plain(405, "Use the button", "A sign-in begins with a button of the page.");
            std::string const* const origin = http::find(r.headers, "Origin");
            if (origin && (!origin->starts_with("http://") || !is_ours(origin->substr(7))))
                return plain(403, "Another site's form", "A sign-in begins with a button of this page.");
            return begin(r.body);
        }
        if (r.method != "GET" && r.method != "HEAD")
            return plain(405, "Not possible", "This page is only for reading.");
        if (path == "/")
            return overview();
        if (path == "/accounts")
            return accounts();
        for (account::settings const& s : applications_)
            if (path == path_of(s.redirect_uri))
                return come_back(query);
        return plain(404, "Not found", "There is no such page.");
    }

    static std::string path_of(std::string const& url)
    {
        error_code ec;
        std::string const target = http::parse_url(url, ec, http::url_schemes::https_or_loopback_http).target;
        return target.substr(0, target.find('?'));
    }

    static std::string title_of(account::settings const& s)
    {
        return s.title.empty() ? std::string(s.base_scope == base_scope::imap ? "Outlook (IMAP and SMTP)"
                                                                              : "Outlook (Microsoft Graph)")
                               : s.title;
    }

    http::response overview() const
    {
        std::string text = "<h1>Connect a mailbox</h1>\n";
        for (std::size_t i = 0; i != applications_.size(); ++i)
        {
            account::settings const& s = applications_[i];
            if (!s.enabled)
                continue;
            text += fmt::format(
                "<form method=\"post\" action=\"/sign-in\">"
                "<input type=\"hidden\" name=\"key\" value=\"{}\">"
                "<input type=\"hidden\" name=\"application\" value=\"{}\">"
                "<p><button>Sign in with Microsoft</button> <span class=\"quiet\">{}, base scope {}</span></p>"
                "</form>\n",
                key_, i, escaped(title_of(s)), account::name(s.base_scope));
        }
        bool busy = false;
        text += "<h2>Accounts</h2>\n";
        if (accounts_.empty())
            text += "<p class=\"quiet\">None yet.</p>\n";
        else
        {
            text += "<table><thead><tr><th scope=\"col\">Mailbox</th><th scope=\"col\">Application</th>"
                    "<th scope=\"col\">State</th></tr></thead><tbody>\n";
            for (auto const& a : accounts_)
            {
                account::account_state const state = a->mailbox.state();
                busy = busy || state == account::account_state::unset || state == account::account_state::connecting ||
                       state == account::account_state::syncing;
                text += fmt::format("<tr><td>{}</td><td>{}</td><td>{}", escaped(a->mailbox.address()),
                                    escaped(a->application), account::name(state));
                if (!a->mailbox.trouble().empty())
                    text += fmt::format("<p class=\"error\">{}</p>", escaped(a->mailbox.trouble()));
                if (!a->finding.empty())
                    text += fmt::format("<p class=\"quiet\">{}</p>", escaped(a->finding));
                text += "</td></tr>\n";
            }
            text += "</tbody></table>\n";
        }
        return page(200, document("Connect a mailbox", text, busy));
    }

    http::response accounts() const
    {
        boost::json::array all;
        for (auto const& a : accounts_)
            all.push_back({{"mailbox", printable(a->mailbox.address(), 512)},
                           {"application", printable(a->application, 512)},
                           {"state", account::name(a->mailbox.state())},
                           {"states", account::trace(a->mailbox)},
                           {"trouble", printable(a->mailbox.trouble(), 512)},
                           {"finding", printable(a->finding, 1024)}});
        http::response r = page(200, boost::json::serialize(boost::json::object{{"accounts", std::move(all)}}));
        r.headers.front().value = "application/json";
        return r;
    }

    static std::string_view field(std::string_view form, std::string_view name)
    {
        while (!form.empty())
        {
            std::string_view const pair = form.substr(0, form.find('&'));
            if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
                return pair.substr(name.size() + 1);
            form.remove_prefix(std::min(pair.size() + 1, form.size()));
        }
        return {};
    }

    http::response begin(std::string_view form)
    {
        if (field(form, "key") != key_)
            return plain(403, "This form is not of this page", "Load the page again, and use its button.");
        std::string_view const which = field(form, "application");
        std::size_t chosen = applications_.size();
        for (std::size_t i = 0; i != applications_.size(); ++i)
            if (applications_[i].enabled && std::to_string(i) == which)
                chosen = i;
        if (chosen == applications_.size())
            return plain(400, "There is no such application", "Load the page again.");
        account::settings const& s = applications_[chosen];
        oauth2::cloud const cloud = check::cloud_of(s);
        error_code ec;
        oauth2::authority const from = oauth2::authority::make(cloud, s.authority, ec);
        oauth2::authorization_options o;
        o.scopes = check::scopes_of(s, cloud);
        o.prompt = "select_account";  // the browser's other account is the most human mistake
        oauth2::app const app = account::app_of(s);
        oauth2::pending_authorization pending;
        if (!ec)
            pending = oauth2::begin_authorization(host_, from, app, o, ec);
        if (ec)
            return plain(500, "The configuration cannot work", escaped(ec.message()));
        std::string const to = pending.url();
        if (running_ >= most_checks)
            return plain(503, "Too many accounts at once", "Wait until some of them are connected.");
        if (begun_.size() == most_sign_ins)
            begun_.pop_front();
        begun_.push_back({chosen, std::move(pending)});
        return redirect(to);
    }

    http::response come_back(std::string const& query)
    {
        for (auto it = begun_.begin(); it != begun_.end(); ++it)
        {
            error_code ec;
            oauth2::authorization_response response = it->pending.read(query, ec);
            if (ec)
                continue;  // of another sign-in
            check::granted granted{std::move(it->pending), std::move(response)};
            std::size_t const application = it->application;
            begun_.erase(it);
            follow(application, std::move(granted));
            return redirect("/");
        }
        return plain(400, "This is not the answer to a sign-in of this page",
                     "It may have been used already. Go back and sign in again.");
    }

    // Goes on from the code to the connected mailbox, in a thread of its own.
    void follow(std::size_t application, check::granted granted)
    {
        ++running_;
        if (accounts_.size() == most_accounts)
            accounts_.pop_front();
        auto const entry_ = std::make_shared<entry>();
        entry_->application = title_of(applications_[application]);
        entry_->mailbox.enter(account::account_state::unset, host_.date());
        accounts_.push_back(entry_);
        account::settings settings = clone(applications_[application]);
        workers_.emplace_back([this, entry_, s = std::move(settings), g = std::move(granted)]() mutable {
            check::options how;
            how.already = &g;
            how.proxies = proxies_;
            how.watch.ended = [&](check::step const& done) {
                if (done.result == check::outcome::failed)
                    return;
                if (done.id == "code")
                    host_.run([&] { entry_->mailbox.enter(account::account_state::connecting, host_.date()); });
                else if (done.id == "imap.sign-in" || done.id == "graph.me")
                    host_.run([&] { entry_->mailbox.enter(account::account_state::syncing, host_.date()); });
            };
            check::report r = check::run(s, how);
            host_.run([&] {
                if (check::symptom const* const finding = r.finding(); finding && !finding->causes.empty())
                    entry_->finding = fmt::format("{}: {}. To mend it: {}", finding->id, finding->causes.front().what,
                                                  finding->causes.front().remedy);
                entry_->mailbox = std::move(r.mailbox);
            });
            --running_;
        });
    }

    mock::world& host_;
    std::vector<account::settings> applications_;
    std::uint16_t wanted_port_;
    outkit::proxy_settings proxies_;
    std::string key_;
    std::optional<mock::listener> listener_;
    std::list<begun> begun_;
    std::list<std::shared_ptr<entry>> accounts_;
    std::vector<std::thread> workers_;
    std::atomic<int> running_{0};
};

}  // namespace

int connect(connect_options const& o)
{
    if (o.configurations.empty() && !o.mock)
        throw usage_error("connect needs a configuration: outkit connect --config FILE, or --mock for an offline one");
    if (!o.configurations.empty() && o.mock)
        throw usage_error("--mock brings a configuration of its own; leave --config out");

    auto proxies = chosen_proxies(o.proxy);
    signals const caught;  // before any thread is started
    std::optional<offline> outlook;
    std::vector<account::settings> applications;
    if (o.mock)
    {
        outlook.emplace(offline_options());
        for (base_scope const scope : {base_scope::imap, base_scope::api})
        {
            applications.push_back(outlook->settings(scope));
            applications.back().title.clear();
            applications.back().user.clear();
        }
    }
    for (std::string const& file : o.configurations)
    {
        applications.push_back(read_configuration(file));
        applications.back().user.clear();  // whoever signs in
        look_at(applications.back(), file, check::principal::user);
    }

    mock::world host;
    site pages(host, std::move(applications), o.port, std::move(proxies));
    pages.listen();
    host.start_thread();

    console out(stdout);
    console err(stderr);
    if (outlook)
        err.line(fmt::format("sign in as {} with the password {}; the browser must trust the certificates in {}",
                             outlook->user(), outlook->password(), outlook->ca_file()));
    out.line(pages.url());
    out.flush();
    if (!out.good())
        return failed;
    if (!o.no_browser)
    {
        error_code ec;
        oauth2::open_browser(pages.url(), ec);
        if (ec)
            err.line(ec.message());
    }
    caught.wait();
    if (pages.busy())  // a service that does not answer would keep us waiting
    {
        offline::remove_all_files();
        std::_Exit(passed);
    }
    return passed;
}

}  // namespace cli
