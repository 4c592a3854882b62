#ifndef OUTKIT_CHECK_CHECKS_IPP
#define OUTKIT_CHECK_CHECKS_IPP

#include <outkit/check/checks.hpp>

#include <outkit/blocking.hpp>
#include <outkit/check/anatomy.hpp>
#include <outkit/check/atlas.hpp>
#include <outkit/check/detail/text.hpp>
#include <outkit/detail/encoding.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/http/url.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mime/header.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/oauth2/legality.hpp>
#include <outkit/smtp/client.hpp>
#include <outkit/tls.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace outkit::inline OUTKIT_ABI::check {

namespace detail {

OUTKIT_DECL std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

OUTKIT_DECL std::string plural(std::size_t n, std::string_view what)
{
    return std::to_string(n) + ' ' + std::string(what) + (n == 1 ? "" : "s");
}

// One run. The clients live as long as it, each with its connection.
class runner
{
public:
    runner(account::settings const& s, options const& how)
        : settings_(s), how_(how), world_(outkit::detail::real_environment())
    {
        report_.base_scope = s.base_scope;
        report_.mailbox.address(s.user);
    }

    report go()
    {
        enter(account::account_state::unset);
        if (!prepare())
            return std::move(report_);
        if (discover() && sign_in() && redeem())
        {
            if (wanted("refresh"))
                refresh();
            if (settings_.base_scope == account::base_scope::imap)
                over_imap();
            else
                over_graph();
        }
        conclude();
        return std::move(report_);
    }

private:
    using body = std::function<error_code(step&)>;

    // Whether the step is asked for, or needed by one that is.
    bool wanted(std::string_view id) const
    {
        static constexpr std::string_view needed[] = {"settings", "authority", "sign-in", "code"};
        if (how_.only.empty() || std::find(std::begin(needed), std::end(needed), id) != std::end(needed))
            return true;
        return id.starts_with(how_.only) || (how_.only.starts_with("imap") && id.starts_with("imap.")) ||
               (how_.only.starts_with("smtp") && id.starts_with("smtp."));
    }

    bool take(std::string id, std::string title, body const& f)
    {
        step s;
        s.id = std::move(id);
        s.title = std::move(title);
        if (how_.watch.begins)
            how_.watch.begins(s);
        auto const begin = std::chrono::steady_clock::now();
        error_code const ec = f(s);
        s.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
        if (ec)
        {
            s.result = outcome::failed;
            if (s.problem.empty())
                s.problem = ec.message();
            diagnose(s, ec);
        }
        else if (s.result == outcome::skipped)
        {
            s.result = outcome::passed;
        }
        return end(std::move(s));
    }

    bool end(step s)
    {
        if (s.said.size() > 512)
            s.said.resize(512);
        report_.steps.push_back(std::move(s));
        bool const good = report_.steps.back().result != outcome::failed;
        if (!good && report_.steps.back().id == "imap.sign-in")
            holding_ = true;
        if (!holding_)
            tell();
        return good;
    }

    // Tells the observer of the steps that it has not heard of. A refusal by IMAP is told when SMTP has been tried, too,
    // since that may tell which cause it has.
    void tell()
    {
        holding_ = false;
        for (; told_ != report_.steps.size(); ++told_)
            if (how_.watch.ended)
                how_.watch.ended(report_.steps[told_]);
    }

    void skip(std::string id, std::string title, std::string why)
    {
        step s;
        s.id = std::move(id);
        s.title = std::move(title);
        s.verified = std::move(why);
        end(std::move(s));
    }

    void diagnose(step& s, error_code ec)
    {
        std::string text = s.said + '\n' + s.problem + '\n' + ec.message();
        if (ec == condition::protocol_violation)
            text += "\nthe peer broke the protocol";
        if (ec == condition::limit_exceeded)
            text += "\nmore than the limit allows";
        if (ec == condition::timeout)
            text += "\ndid not answer in time";
        s.symptoms = explain(text);
        for (symptom& x : s.symptoms)
            if (x.id == "AADSTS7000215" && !oauth2::is_guid(settings_.client_secret.reveal()))
                rule_out(x, "secret-id-pasted", "the secret's form");
        // Of what is said in general terms beside a symptom of the service itself, nothing is left.
        if (s.symptoms.size() > 1)
            std::erase_if(s.symptoms, [](symptom const& x) { return x.id == "server-misbehaves"; });
    }

    void enter(account::account_state next, std::string trouble = {})
    {
        report_.mailbox.enter(next, world_.date(), std::move(trouble));
    }

    void conclude()
    {
        if (report_.passed())
        {
            enter(account::account_state::connected);
            return;
        }
        for (step const& s : report_.steps)
        {
            if (s.result != outcome::failed)
                continue;
            bool const reached = std::none_of(s.symptoms.begin(), s.symptoms.end(), [](symptom const& x) {
                return x.where == service::network || x.where == service::tls;
            });
            enter(reached ? account::account_state::authentication_error : account::account_state::connect_error,
                  s.problem);
            return;
        }
    }

    // Settings

    bool prepare()
    {
        auto const begin = std::chrono::steady_clock::now();
        step s = check_settings(settings_);
        if (how_.watch.begins)
            how_.watch.begins(s);
        if (s.result != outcome::failed)
        {
            cloud_ = cloud_of(settings_);
            error_code ec;
            tls_ = tls_context::client(ec, {.authorities_file = settings_.authorities_file});
            if (ec)
            {
                s.result = outcome::failed;
                s.problem = "the certificates in ca_file cannot be used: " + ec.message();
            }
            else
            {
                authority_ = oauth2::authority::make(cloud_, settings_.authority, ec);
                scopes_ = scopes_of(settings_, cloud_);
            }
        }
        s.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
        bool const good = end(std::move(s));
        if (!good)
            conclude();
        return good;
    }

    oauth2::app app() const { return account::app_of(settings_); }

    outkit::stream stream() { return outkit::stream(io_.get_executor(), tls_, how_.proxies, world_); }

    template <class Client>
    void trace(Client& client, std::string_view server)
    {
        if (how_.trace)
            client.trace([this, server](outkit::detail::wire::direction d, std::string_view line) {
                how_.trace(server, d == outkit::detail::wire::direction::sent, line);
            });
    }

    // Sign-in

    bool discover()
    {
        oauth2_.emplace(stream(), app(), authority_);
        trace(*oauth2_, "entra");
        return take("authority", "ask the authority for its endpoints", [&](step& s) {
            s.asked.push_back({"entra", "GET /" + authority_.tenant() + "/v2.0/.well-known/openid-configuration"});
            error_code ec;
            metadata_ = oauth2_->async_discover(io_.wait(ec));
            if (ec)
                return refused(s, ec);
            s.verified = "issuer " + metadata_.issuer + ", endpoints on the same host, certificate valid for " +
                         authority_.login().host;
            return ec;
        });
    }

    error_code refused(step& s, error_code ec)
    {
        oauth2::refusal const& r = oauth2_->last_refusal();
        s.said = r.name.empty() ? oauth2_->diagnostics() : r.text();
        return ec;
    }

    bool sign_in()
    {
        return take("sign-in", "sign in and consent in the browser", [&](step& s) {
            s.asked.push_back({"entra", "GET /" + authority_.tenant() + "/oauth2/v2.0/authorize"});
            error_code ec;
            if (how_.already)
            {
                pending_ = std::move(how_.already->pending);
                answer_ = std::move(how_.already->answer);
                return signed_in(s, answer_.ec, answer_.refusal.text());
            }
            oauth2::authorization_options o;
            o.scopes = scopes_;
            if (settings_.user.empty())
                o.prompt = "select_account";
            else
                o.login_hint = settings_.user;
            pending_ = oauth2::begin_authorization(world_, authority_, app(), o, ec, &metadata_);
            if (ec)
                return ec;
            std::string said;
            answer_ = how_.sign_in(pending_, ec, said);
            if (!ec && answer_.ec)
            {
                ec = answer_.ec;
                said = answer_.refusal.text();
            }
            return signed_in(s, ec, std::move(said));
        });
    }

    error_code signed_in(step& s, error_code ec, std::string said)
    {
        if (ec)
            s.said = std::move(said);
        else
            s.verified = "a code came back to " + settings_.redirect_uri + " with the state that was sent";
        return ec;
    }

    bool redeem()
    {
        enter(account::account_state::connecting);
        return take("code", "redeem the code for tokens", [&](step& s) {
            s.asked.push_back({"entra", "POST /" + authority_.tenant() + "/oauth2/v2.0/token"});
            error_code ec;
            token_ = oauth2_->async_redeem(oauth2::redemption::of(pending_, answer_), io_.wait(ec));
            answer_ = {};
            if (ec)
                return refused(s, ec);
            if (!token_.id_token.empty())
            {
                error_code unreadable;
                who_ = oauth2::parse_id_token(token_.id_token.reveal(), unreadable).claims;
            }
            facts_ = read_token(token_.access.reveal());
            s.verified = "signed in as " + who_.preferred_username + "; access token (" +
                         fingerprint(token_.access.reveal()) + ") for " +
                         (facts_.readable ? facts_.audience : "a personal account") + ", good for " +
                         std::to_string((token_.lifetime.count() + 30) / 60) +
                         " minutes; ID token's signature, nonce and " + "audience are right";
            if (user().empty())
                report_.mailbox.address(who_.preferred_username);
            if (token_.refresh.empty())
            {
                s.result = outcome::warning;
                s.problem = "no refresh token came, so a person must sign in again in an hour; was offline_access "
                            "consented to?";
            }
            else if (!settings_.user.empty() && !who_.preferred_username.empty() &&
                     !same_text(settings_.user, who_.preferred_username))
            {
                s.result = outcome::warning;
                s.problem = "another account signed in than user names; that is right only for a mailbox that the "
                            "account may open";
            }
            return ec;
        });
    }

    void refresh()
    {
        if (token_.refresh.empty())
        {
            skip("refresh", "renew the access token", "there is no refresh token");
            return;
        }
        take("refresh", "renew the access token", [&](step& s) {
            s.asked.push_back({"entra", "POST /" + authority_.tenant() + "/oauth2/v2.0/token"});
            error_code ec;
            oauth2::token_response next = oauth2_->async_refresh(token_.refresh.clone(), scopes_, who_, io_.wait(ec));
            if (ec)
                return refused(s, ec);
            bool const another = !(next.refresh == token_.refresh);
            bool const fresh = !(next.access == token_.access);
            s.verified = std::string(fresh ? "a new access token" : "the same access token") + " (" +
                         fingerprint(next.access.reveal()) + ") and " +
                         (another ? "a new refresh token, which replaces the old one" : "the same refresh token");
            token_ = std::move(next);
            facts_ = read_token(token_.access.reveal());
            return ec;
        });
    }

    std::string const& user() const { return report_.mailbox.address(); }

    // IMAP and SMTP

    account::server imap_server() const { return imap_server_of(settings_); }
    account::server smtp_server() const
    {
        return smtp_server_of(settings_, who_.tenant_id == oauth2::consumers_tenant_id);
    }
    static std::string text(account::server const& s)
    {
        return (s.host.find(':') == s.host.npos ? s.host : '[' + s.host + ']') + ':' + std::to_string(s.port);
    }

    void over_imap()
    {
        bool const imap = wanted("imap.") && imap_sign_in();
        bool open = false;
        if (imap)
        {
            enter(account::account_state::syncing);
            if (imap_still_there(imap_folders()))
                open = imap_still_there(imap_newest());
            else
                skip("imap.newest", "read the newest message by IMAP", "not tried, since the connection is lost");
        }
        bool const imap_refused = wanted("imap.") && !imap;
        bool const smtp = (wanted("smtp.") || imap_refused) && smtp_sign_in();
        compare_imap_with_smtp();
        tell();
        if (smtp)
            smtp_send();
        if (open)
        {
            if (!report_.sent_subject.empty())
                imap_arrival("imap.arrival", "see the sent message by IMAP", report_.sent_subject, true);
            for (std::string const& subject : how_.expected_subjects)
                imap_arrival("arrival.other", "see by IMAP the message sent through Graph", subject, false);
            error_code ignored;
            imap_->async_logout(io_.wait(ignored));
        }
    }

    bool imap_sign_in()
    {
        account::server const at = imap_server();
        imap_.emplace(stream());
        trace(*imap_, "imap");
        bool const connected = take("imap.connect", "connect to IMAP at " + text(at), [&](step& s) {
            error_code ec;
            imap_->async_connect(at.host, at.port,
                                 at.tls == account::transport::implicit_tls ? imap::security::implicit_tls
                                                                            : imap::security::starttls,
                                 io_.wait(ec));
            if (ec)
            {
                s.said = imap_->diagnostics();
                return ec;
            }
            s.verified = "certificate valid for " + at.host + ", " +
                         plural(imap_->server_capabilities().size(), "capability name") + ", XOAUTH2 " +
                         (imap_->server_capabilities().has("AUTH=XOAUTH2") ? "offered" : "not offered");
            return ec;
        });
        if (!connected)
            return false;
        return take("imap.sign-in", "sign in to IMAP with XOAUTH2", [&](step& s) {
            s.asked.push_back({"imap", "AUTHENTICATE XOAUTH2"});
            error_code ec;
            imap_->async_authenticate(user(), token_.access.clone(), io_.wait(ec));
            if (ec)
            {
                s.said = imap_->diagnostics();
                return ec;
            }
            s.verified = "the mailbox " + user() + " is open";
            return ec;
        });
    }

    // After a step: whether the connection has survived it.
    bool imap_still_there(bool passed)
    {
        error_code ec;
        if (!passed)
            imap_->async_noop(io_.wait(ec));
        return !ec;
    }

    bool imap_folders()
    {
        return take("imap.folders", "list the folders by IMAP", [&](step& s) {
            s.asked.push_back({"imap", "LIST"});
            error_code ec;
            std::vector<imap::mailbox> const folders = imap_->async_list("*", io_.wait(ec));
            if (ec)
            {
                s.said = imap_->diagnostics();
                return ec;
            }
            s.verified = plural(folders.size(), "folder");
            for (std::string_view const use : {"\\Sent", "\\Drafts", "\\Trash", "\\Junk"})
                for (imap::mailbox const& f : folders)
                    if (f.has(use))
                        s.verified += ", " + std::string(use.substr(1)) + " is " + in_quotes(f.name);
            return ec;
        });
    }

    static std::string described(imap::message const& m)
    {
        if (!m.envelope)
            return "UID " + std::to_string(m.uid);
        std::string text = in_quotes(mime::decode_words(m.envelope->subject));
        if (!m.envelope->from.empty())
        {
            imap::address const& from = m.envelope->from.front();
            text += " from " + std::string(from.mailbox) + '@' + std::string(from.host);
        }
        return text;
    }

    bool imap_newest()
    {
        return take("imap.newest", "read the newest message by IMAP", [&](step& s) {
            s.asked.push_back({"imap", "EXAMINE"});
            error_code ec;
            imap::mailbox_status const box = imap_->async_examine("INBOX", io_.wait(ec));
            if (!ec && box.exists == 0)
            {
                s.verified = "INBOX is empty";
                return ec;
            }
            if (!ec)
            {
                s.asked.push_back({"imap", "FETCH"});
                imap::fetch_items what = imap::fetch_items::metadata();
                imap::section header;
                header.what = imap::section::text::header;
                what.sections.push_back(std::move(header));
                imap::message_batch const newest =
                    imap_->async_fetch(imap::sequence_set(box.exists), std::move(what), io_.wait(ec));
                if (!ec && newest.empty())
                    ec = imap::error::malformed_response;
                if (!ec)
                {
                    imap::message const& m = newest[0];
                    std::uint64_t octets = 0;
                    for (imap::section_data const& d : m.sections)
                        octets += d.octets;
                    s.verified = plural(box.exists, "message") + " in INBOX; the newest is " + described(m) +
                                 ", its header has " + std::to_string(octets) + " octets";
                }
            }
            if (ec)
                s.said = imap_->diagnostics();
            return ec;
        });
    }

    bool smtp_sign_in()
    {
        account::server const at = smtp_server();
        smtp_.emplace(stream());
        trace(*smtp_, "smtp");
        bool const connected = take("smtp.connect", "connect to SMTP at " + text(at), [&](step& s) {
            s.asked.push_back({"smtp", "EHLO"});
            if (at.tls == account::transport::starttls)
                s.asked.push_back({"smtp", "STARTTLS"});
            smtp::endpoint to;
            to.host = at.host;
            to.port = at.port;
            to.security = at.tls == account::transport::starttls ? smtp::security::starttls_required
                                                                 : smtp::security::implicit_tls;
            error_code ec;
            smtp::extensions const offered = smtp_->async_connect(std::move(to), io_.wait(ec));
            if (ec)
            {
                s.said = smtp_->diagnostics();
                return ec;
            }
            s.verified = std::string(at.tls == account::transport::starttls ? "STARTTLS, " : "") +
                         "certificate valid for " + at.host + ", XOAUTH2 " +
                         (offered.has_mechanism("XOAUTH2") ? "offered" : "not offered");
            if (offered.size)
                s.verified += ", messages up to " + std::to_string(*offered.size >> 20) + " MiB";
            return ec;
        });
        if (!connected)
            return false;
        return take("smtp.sign-in", "sign in to SMTP with XOAUTH2", [&](step& s) {
            s.asked.push_back({"smtp", "AUTH XOAUTH2"});
            error_code ec;
            smtp_->async_authenticate(user(), token_.access.clone(), io_.wait(ec));
            if (ec)
            {
                s.said = smtp_->diagnostics();
                return ec;
            }
            s.verified = "may send as " + user();
            return ec;
        });
    }

    std::optional<mime::built_message> note_to_self(error_code& ec)
    {
        std::optional<mime::address> const self = mime::parse_address(user(), ec);
        if (!self)
            return {};
        mime::message m;
        m.from.addr = *self;
        m.to.push_back(m.from);
        m.subject = new_subject();
        m.text = note;
        auto built = mime::build(m, world_, ec);
        if (built)
            pending_subject_ = m.subject;
        return built;
    }

    std::string new_subject()
    {
        std::array<unsigned char, 6> dice{};
        world_.random(dice);
        return "outkit check " + outkit::detail::hex_encode({reinterpret_cast<char const*>(dice.data()), dice.size()});
    }

    void smtp_send()
    {
        if (!how_.send)
        {
            skip("smtp.send", "send a message to the mailbox itself", "not asked for");
            error_code ignored;
            smtp_->async_quit(io_.wait(ignored));
            return;
        }
        take("smtp.send", "send a message to the mailbox itself", [&](step& s) {
            s.asked.push_back({"smtp", "MAIL"});
            s.asked.push_back({"smtp", "RCPT"});
            s.asked.push_back({"smtp", "message"});  // what the journal calls DATA with its text
            error_code ec;
            auto built = note_to_self(ec);
            if (!built)
                return ec;
            smtp::mail mail;
            mail.envelope.from = built->recipients.front();
            mail.envelope.to = built->recipients;
            mail.content = std::move(built->raw);
            smtp::delivery const sent = smtp_->async_send(std::move(mail), io_.wait(ec));
            if (ec)
            {
                s.said = smtp_->diagnostics();
                return ec;
            }
            report_.sent_subject = pending_subject_;
            s.verified = in_quotes(report_.sent_subject) + " was taken" +
                         (sent.message_id.empty() ? "" : ", filed as <" + sent.message_id + '>');
            return ec;
        });
        error_code ignored;
        smtp_->async_quit(io_.wait(ignored));
    }

    void imap_arrival(std::string id, std::string title, std::string const& subject, bool in_sent_too)
    {
        take(std::move(id), std::move(title), [&](step& s) {
            s.asked.push_back({"imap", "FETCH"});
            error_code ec;
            auto const until = std::chrono::steady_clock::now() + how_.arrival;
            std::string where;
            for (;;)
            {
                std::string const found = imap_find("INBOX", subject, ec);
                if (ec)
                    break;
                if (!found.empty())
                {
                    where = found;
                    break;
                }
                if (std::chrono::steady_clock::now() >= until)
                {
                    s.problem = "the message has not come into INBOX within " + std::to_string(how_.arrival.count()) +
                                " seconds";
                    return make_error_code(outkit::error::timeout);
                }
                if (imap_->server_capabilities().has("IDLE"))
                    imap_->async_idle({.at_most = std::chrono::seconds(5)}, io_.wait(ec));
                else
                    sleep(std::chrono::seconds(1));
                if (ec)
                    break;
            }
            if (ec)
            {
                s.said = imap_->diagnostics();
                return ec;
            }
            s.verified = where;
            if (in_sent_too)
                s.verified += sent_items(subject);
            return ec;
        });
    }

    // "INBOX: UID 7 ..." when the message is among the last ten of the folder.
    std::string imap_find(imap::mailbox_name folder, std::string const& subject, error_code& ec)
    {
        std::string const name = folder.utf8();
        imap::mailbox_status const box = imap_->async_examine(std::move(folder), io_.wait(ec));
        if (ec || box.exists == 0)
            return {};
        imap::fetch_items what;
        what.envelope = true;
        imap::message_batch const last = imap_->async_fetch(
            imap::sequence_set(box.exists > 10 ? box.exists - 9 : 1, box.exists), std::move(what), io_.wait(ec));
        if (ec)
            return {};
        for (imap::message const& m : last)
            if (m.envelope && mime::decode_words(m.envelope->subject) == subject)
                return name + " has it as UID " + std::to_string(m.uid);
        return {};
    }

    std::string sent_items(std::string const& subject)
    {
        error_code ec;
        std::vector<imap::mailbox> const folders = imap_->async_list("*", io_.wait(ec));
        if (ec)
            return {};
        for (imap::mailbox const& f : folders)
            if (f.has("\\Sent"))
            {
                std::string const found = imap_find(f, subject, ec);
                return found.empty() ? std::string() : ", " + found;
            }
        return {};
    }

    void sleep(std::chrono::milliseconds d)
    {
        asio::steady_timer timer(io_.get_executor(), d);
        error_code ignored;
        timer.async_wait(io_.wait(ignored));
    }

    // What the token says, and what the other protocol made of it, rules causes of a refused sign-in out or in.
    void compare_imap_with_smtp()
    {
        for (step& s : report_.steps)
            if (s.result == outcome::failed && (s.id == "imap.sign-in" || s.id == "smtp.sign-in"))
                for (symptom& x : s.symptoms)
                {
                    bool const imap = s.id == "imap.sign-in";
                    judge_by_token(x, imap ? "IMAP.AccessAsUser.All" : "SMTP.Send");
                    if (imap && x.where == service::imap)
                        judge_by_smtp(x);
                    else if (!imap && x.where == service::smtp)
                        judge_by_imap(x);
                }
    }

    void judge_by_smtp(symptom& x)
    {
        step const* const smtp = report_.find("smtp.sign-in");
        auto const said = [&](std::string_view id) {
            return smtp && std::any_of(smtp->symptoms.begin(), smtp->symptoms.end(),
                                       [&](symptom const& other) { return other.id == id; });
        };
        if (smtp && smtp->result == outcome::passed)
        {
            static constexpr std::string_view probe = "SMTP took the same token";
            for (char const* const id : {"no-mailbox", "user-mismatch", "wrong-audience", "token-expired",
                                         "wrong-tenant", "service-principal", "xoauth2-malformed", "policy"})
                rule_out(x, id, probe);
            rank_first(x, x.id == "imap-authenticate-failed" ? "wrong-scope" : "imap-off-for-mailbox", probe);
        }
        else if (said("smtp-criteria"))
            rank_first(x, "policy", "SMTP named a policy");
        else if (said("smtp-authentication-unsuccessful") && facts_.readable && facts_.belongs_to(user()))
            rank_first(x, "no-mailbox", "SMTP refused the same token, too");
    }

    void judge_by_imap(symptom& x)
    {
        step const* const imap = report_.find("imap.sign-in");
        if (!imap || imap->result != outcome::passed)
            return;
        for (char const* const id : {"user-mismatch", "wrong-audience", "token-expired", "service-principal"})
            rule_out(x, id, "IMAP took the same token");
    }

    void judge_by_token(symptom& s, std::string_view scope)
    {
        bool const personal = who_.tenant_id == oauth2::consumers_tenant_id;
        if (!personal)
            for (char const* const id : {"imap-off-personal", "switched-back"})
                rule_out(s, id, "the ID token: no personal account");
        rule_out(s, "wrong-password", "no password was sent");
        if (!facts_.readable)
            return;
        static constexpr std::string_view probe = "the claims of the access token";
        if (!facts_.app_only())
            for (char const* const id : {"role-missing", "service-principal"})
                rule_out(s, id, probe);
        auto const now = std::chrono::duration_cast<std::chrono::seconds>(world_.date().time_since_epoch()).count();
        auto const decide = [&](bool guilty, std::string_view id) {
            if (guilty)
                rank_first(s, id, probe);
            else
                rule_out(s, id, probe);
        };
        bool const own = facts_.belongs_to(user());
        decide(!own, "user-mismatch");
        if (own)
            rule_out(s, "shared-mailbox-rights", probe);
        decide(!facts_.app_only() && !facts_.has_scope(scope), "wrong-scope");
        decide(facts_.expires_at != 0 && facts_.expires_at < now, "token-expired");
        decide(facts_.audience.find("outlook.office") == std::string::npos && facts_.audience != cloud_.mail_resource &&
                   facts_.audience != cloud_.mail_app_resource &&
                   !facts_.audience.starts_with("00000002-0000-0ff1-ce00"),
               "wrong-audience");
    }

    // Graph

    error_code graph_failed(step& s, error_code ec)
    {
        graph::problem const& p = graph_->problem();
        s.said = p.code.empty() ? graph_->diagnostics() : p.code + ": " + p.message;
        return ec;
    }

    void over_graph()
    {
        graph::options const o = graph_options_of(settings_);
        graph_.emplace(stream(), token_.access.clone(), o);
        trace(*graph_, "graph");
        bool const me = take("graph.me", "ask Graph who is signed in", [&](step& s) {
            s.asked.push_back({"graph", "GET /v1.0/me"});
            error_code failed;
            graph::user const u = graph_->async_me(io_.wait(failed));
            if (failed)
                return graph_failed(s, failed);
            s.verified = "it is " + in_quotes(u.display_name) + ", " +
                         (u.mail.empty() ? u.user_principal_name : u.mail) + "; certificate valid for " + o.host;
            if (user().empty())
                report_.mailbox.address(u.mail.empty() ? u.user_principal_name : u.mail);
            return failed;
        });
        if (!me)
        {
            for (symptom& x : report_.steps.back().symptoms)
                judge_graph(x);
            return;
        }
        enter(account::account_state::syncing);
        take("graph.folders", "list the folders by Graph", [&](step& s) {
            s.asked.push_back({"graph", "GET /v1.0/me/mailFolders"});
            error_code failed;
            graph::folder_query q;
            q.top = 100;
            graph::page<graph::mail_folder> const p = graph_->async_list_folders(std::move(q), io_.wait(failed));
            if (failed)
                return graph_failed(s, failed);
            s.verified = plural(p.value.size(), "folder") + " at the top";
            for (graph::mail_folder const& f : p.value)
                if (f.display_name == "Inbox")
                    s.verified += ", Inbox has " + plural(f.total_item_count, "message");
            return failed;
        });
        take("graph.newest", "list the newest messages by Graph", [&](step& s) {
            s.asked.push_back({"graph", "GET /v1.0/me/mailFolders/inbox/messages"});
            error_code failed;
            graph::page<graph::message> const p = graph_list("inbox", failed);
            if (failed)
                return graph_failed(s, failed);
            if (p.value.empty())
                s.verified = "the inbox is empty";
            else
            {
                graph::message const& m = p.value.front();
                s.verified = plural(p.value.size(), "message") + "; the newest is " + in_quotes(m.subject);
                if (m.from)
                    s.verified += " from " + m.from->address;
            }
            return failed;
        });
        for (std::string const& subject : how_.expected_subjects)
            graph_arrival("arrival.other", "see by Graph the message that came by SMTP", subject);
        if (!how_.send)
        {
            skip("graph.send", "send a message to the mailbox itself", "not asked for");
            return;
        }
        bool const sent = take("graph.send", "send a message to the mailbox itself", [&](step& s) {
            s.asked.push_back({"graph", "POST /v1.0/me/sendMail"});
            graph::outgoing_message m;
            m.subject = new_subject();
            m.body.content = note;
            m.to_recipients.push_back({"", user()});
            std::string subject = m.subject;
            error_code failed;
            graph_->async_send_mail(std::move(m), true, io_.wait(failed));
            if (failed)
                return graph_failed(s, failed);
            report_.sent_subject = std::move(subject);
            s.verified = in_quotes(report_.sent_subject) + " was taken";
            return failed;
        });
        if (sent)
            graph_arrival("graph.arrival", "see the sent message by Graph", report_.sent_subject);
    }

    graph::page<graph::message> graph_list(std::string folder, error_code& ec)
    {
        graph::message_query q;
        q.folder = std::move(folder);
        q.select = {"subject", "from", "receivedDateTime", "internetMessageId"};
        q.top = 10;
        return graph_->async_list_messages(std::move(q), io_.wait(ec));
    }

    void graph_arrival(std::string id, std::string title, std::string const& subject)
    {
        take(std::move(id), std::move(title), [&](step& s) {
            s.asked.push_back({"graph", "GET /v1.0/me/mailFolders/inbox/messages"});
            error_code ec;
            auto const until = std::chrono::steady_clock::now() + how_.arrival;
            for (std::chrono::milliseconds pause{100};;
                 pause = std::min<std::chrono::milliseconds>(pause * 2, std::chrono::seconds(5)))
            {
                graph::page<graph::message> const p = graph_list("inbox", ec);
                if (ec)
                    return graph_failed(s, ec);
                for (graph::message const& m : p.value)
                    if (m.subject == subject)
                    {
                        s.verified = "the inbox has it as " + m.internet_message_id;
                        return ec;
                    }
                if (std::chrono::steady_clock::now() >= until)
                {
                    s.problem = "the message has not come into the inbox within " +
                                std::to_string(how_.arrival.count()) + " seconds";
                    return make_error_code(outkit::error::timeout);
                }
                sleep(pause);
            }
        });
    }

    void judge_graph(symptom& s)
    {
        if (!facts_.readable)
            return;
        if (facts_.has_scope("User.Read") && facts_.has_scope("Mail.ReadWrite"))
            rule_out(s, "scope-missing", "the claims of the access token");
    }

    static constexpr char const* note = "This message was sent by `outkit check` from the mailbox to itself.\n"
                                        "It shows that sending and receiving work, and may be deleted.\n";

    account::settings const& settings_;
    options const& how_;
    outkit::detail::environment& world_;
    blocking_context io_;
    tls_context tls_;
    report report_;
    std::size_t told_ = 0;  // steps the observer has heard of
    bool holding_ = false;
    oauth2::cloud cloud_;
    oauth2::authority authority_;
    oauth2::scope_set scopes_;
    oauth2::metadata metadata_;
    oauth2::pending_authorization pending_;
    oauth2::authorization_response answer_;
    oauth2::token_response token_;
    oauth2::id_claims who_;
    token_facts facts_;
    std::string pending_subject_;
    std::optional<oauth2::client> oauth2_;
    std::optional<imap::client> imap_;
    std::optional<smtp::client> smtp_;
    std::optional<graph::client> graph_;
};

}  // namespace detail

OUTKIT_DEF oauth2::cloud cloud_of(account::settings const& settings)
{
    oauth2::cloud c = oauth2::find_cloud(settings.cloud);
    if (!settings.endpoints.login.empty())
        c = c.with_login(settings.endpoints.login);
    return c;
}

OUTKIT_DEF account::server imap_server_of(account::settings const& settings)
{
    account::server s = settings.endpoints.imap;
    if (s.host.empty())
        s.host = cloud_of(settings).imap_host;
    return s;
}

OUTKIT_DEF account::server smtp_server_of(account::settings const& settings, bool personal)
{
    account::server s = settings.endpoints.smtp;
    oauth2::cloud const c = cloud_of(settings);
    if (s.host.empty())
        s.host = personal && !c.smtp_host_personal.empty() ? c.smtp_host_personal : c.smtp_host;
    return s;
}

OUTKIT_DEF graph::options graph_options_of(account::settings const& settings)
{
    error_code ignored;  // both have been looked at when they were read
    http::url const at = http::parse_url(
        settings.endpoints.graph.empty() ? cloud_of(settings).graph : settings.endpoints.graph, ignored);
    graph::options o;
    o.host = at.server.host;
    o.port = at.server.port;
    return o;
}

OUTKIT_DEF oauth2::scope_set scopes_of(account::settings const& settings, oauth2::cloud const& in)
{
    error_code ignored;
    return settings.scopes.empty() ? oauth2::scopes_for(settings.base_scope, in)
                                   : oauth2::scope_set::parse(settings.scopes, ignored);
}

OUTKIT_DEF std::span<std::string_view const> step_ids(account::base_scope scope)
{
    static constexpr std::string_view over_imap[] = {
        "settings",     "authority",   "sign-in",      "code",         "refresh",   "imap.connect", "imap.sign-in",
        "imap.folders", "imap.newest", "smtp.connect", "smtp.sign-in", "smtp.send", "imap.arrival"};
    static constexpr std::string_view over_graph[] = {"settings",   "authority",    "sign-in",       "code",
                                                      "refresh",    "graph.me",     "graph.folders", "graph.newest",
                                                      "graph.send", "graph.arrival"};
    return scope == account::base_scope::imap ? std::span<std::string_view const>(over_imap) : over_graph;
}

namespace detail {

// Domains that are Microsoft's own, so that no tenant has them. Other addresses may be personal accounts', too.
OUTKIT_DECL bool is_personal_address(std::string_view address)
{
    std::string_view const domain = address.substr(address.rfind('@') + 1);
    for (char const* const one : {"outlook.com", "hotmail.com", "live.com", "msn.com"})
        if (same_text(domain, one))
            return true;
    return false;
}

// A refusal that is bound to come.
struct foreseen
{
    oauth2::legality outcome;
    bool whoever = false;  // signs in
};

// Nothing where the outcome depends on what the settings do not say.
OUTKIT_DECL std::optional<foreseen> foresee(account::settings const& s, oauth2::authority const& from, principal who)
{
    using oauth2::account_kind;
    if (!s.sign_in_audience)
        return std::nullopt;
    bool const tenant = from.kind() == oauth2::authority::audience::tenant;
    bool const named = tenant || from.kind() == oauth2::authority::audience::domain;
    // A tenant has one id, but any number of domains: an id and a domain, or two domains, may be the same tenant.
    bool const home = named && same_text(from.tenant(), s.home_tenant);
    bool const another = tenant && !home && oauth2::is_guid(s.home_tenant);
    std::vector<std::string> homes;
    if (!another)
        homes.push_back(from.tenant());
    if (named && !home)
        homes.emplace_back();

    auto const outcome = [&](std::vector<account_kind> const& kinds) {
        std::optional<oauth2::legality> all;
        for (std::string const& h : homes)
            for (account_kind const k : kinds)
            {
                oauth2::legality const one = who == principal::user ? predict(*s.sign_in_audience, from, h, k)
                                                                    : predict(*s.sign_in_audience, from, h);
                if (one.allowed || (all && (all->page != one.page || all->token != one.token ||
                                            std::string_view(all->reason) != one.reason)))
                    return std::optional<oauth2::legality>();
                all = one;
            }
        return all;
    };
    if (auto const l =
            outcome({account_kind::home_work, account_kind::other_work, account_kind::guest, account_kind::personal}))
        return foreseen{*l, true};
    std::optional<oauth2::legality> l;
    if (s.account_kind)
        l = outcome({*s.account_kind});
    else if (!named && is_personal_address(s.user))  // a tenant may have invited it
    {
        l = outcome({account_kind::personal});
        if (l)
        {
            l->known = oauth2::evidence::inferred;
            l->source = "the domain of the address, which is one for personal accounts";
        }
    }
    if (!l)
        return std::nullopt;
    return foreseen{*l};
}

OUTKIT_DECL evidence mark_of(oauth2::legality const& l)
{
    switch (l.known)
    {
    case oauth2::evidence::documented: return evidence::documented;
    case oauth2::evidence::observed: return evidence::observed;
    case oauth2::evidence::inferred: break;
    }
    return evidence::inferred;
}

OUTKIT_DECL std::string words_of(foreseen const& f, principal who)
{
    oauth2::legality const& l = f.outcome;
    auto const number = [](std::uint32_t n) { return "AADSTS" + std::to_string(n); };
    std::string text = who == principal::user ? "a sign-in" : "the application's request for a token";
    text += mark_of(l) == evidence::inferred ? " will probably be refused" : " will be refused";
    std::uint32_t const first = who == principal::user ? l.page : l.token;
    if (first)
        text += " with " + number(first);
    else if (who == principal::user)
        text += " on a page without a number";
    if (l.also)
        text += ", or " + number(l.also);
    if (first && l.token && l.token != first)
        text += " (with a device code " + number(l.token) + ')';
    return text + ": " + l.reason + " (" + std::string(name(mark_of(l))) + ": " + l.source + ')';
}

OUTKIT_DECL symptom symptom_of(foreseen const& f, principal who)
{
    oauth2::legality const& l = f.outcome;
    std::uint32_t const first = who == principal::user ? l.page : l.token;
    symptom s;
    if (std::uint32_t const number = first ? first : l.also)
        s = lookup("AADSTS" + std::to_string(number));
    else
    {
        s.id = "account-not-served";
        s.where = service::sign_in;
        s.meaning = "accounts of this kind cannot sign in here";
    }
    s.causes = {{"predicted", l.reason, f.whoever ? owner::developer : owner::user, l.remedy, mark_of(l), l.source}};
    return s;
}

// Whether the scopes are those of IMAP and SMTP, whatever stands before their names, and none is one of Graph's for mail.
OUTKIT_DECL bool are_of_mail_protocols(oauth2::scope_set const& scopes)
{
    bool found = false;
    for (std::string const& scope : scopes)
    {
        std::string_view const name = std::string_view(scope).substr(scope.rfind('/') + 1);
        if (same_text(name.substr(0, 5), "Mail."))
            return false;
        for (char const* const one : {"IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send"})
            found = found || same_text(name, one);
    }
    return found;
}

}  // namespace detail

OUTKIT_DEF step check_settings(account::settings const& settings, principal who)
{
    step s;
    s.id = "settings";
    s.title = "look at the configuration";
    auto const fail = [&](std::string what, std::string_view symptom_id) {
        s.result = outcome::failed;
        s.problem = std::move(what);
        if (!symptom_id.empty())
            s.symptoms.push_back(lookup(symptom_id));
        return s;
    };
    if (!oauth2::is_guid(settings.client_id))
        return fail("client_id is no GUID; it is the Application (client) ID of the registration's Overview page",
                    "AADSTS700038");
    oauth2::cloud const cloud = cloud_of(settings);
    if (cloud.name.empty())
        return fail("there is no cloud of that name; there are global, us-gov-l4, us-gov-dod and china", {});
    error_code ec;
    oauth2::authority const authority = oauth2::authority::make(cloud, settings.authority, ec);
    if (ec)
        return fail("authority: " + ec.message(), "AADSTS900023");
    http::url const redirect = http::parse_url(settings.redirect_uri, ec, http::url_schemes::https_or_loopback_http);
    if (ec)
        return fail("redirect_uri is neither https nor http on this machine", "AADSTS50011");
    if (!http::is_loopback(redirect.server.host))
        return fail("redirect_uri leads to another machine; here the answer is awaited on localhost", "AADSTS50011");

    oauth2::scope_set const scopes = scopes_of(settings, cloud);
    std::string const resource = scopes.resource(cloud, ec);
    if (ec)
        return fail("scopes name more than one resource, but a token is for one only", "AADSTS28000");

    std::optional<detail::foreseen> const refused = detail::foresee(settings, authority, who);
    if (refused && refused->outcome.known != oauth2::evidence::inferred)
    {
        fail(detail::words_of(*refused, who), {});
        s.symptoms.push_back(detail::symptom_of(*refused, who));
        return s;
    }

    s.result = outcome::passed;
    s.verified = "client id, authority " + authority.tenant() + ", redirect URI " + settings.redirect_uri +
                 ", base scope " + std::string(account::name(settings.base_scope));
    auto const warn = [&](std::string what) {
        s.result = outcome::warning;
        s.problem += (s.problem.empty() ? "" : "; and ") + std::move(what);
    };
    if (oauth2::is_guid(settings.client_secret.reveal()))
    {
        warn("client_secret has the form of a Secret ID; what is needed is the secret's Value");
        s.symptoms.push_back(lookup("AADSTS7000215"));
    }
    if (refused)
    {
        warn(detail::words_of(*refused, who));
        s.symptoms.push_back(detail::symptom_of(*refused, who));
    }
    if (who == principal::application)  // it asks for {resource}/.default, and not for these scopes
        return s;
    if (settings.base_scope == account::base_scope::imap && resource == cloud.graph)
    {
        warn("the scopes have no Outlook prefix, so the token will be for Microsoft Graph, which IMAP and SMTP refuse; "
             "ask for " +
             cloud.mail_resource + "/IMAP.AccessAsUser.All and " + cloud.mail_resource + "/SMTP.Send");
    }
    if (settings.base_scope == account::base_scope::api)
    {
        bool const elsewhere = !resource.empty() && resource != cloud.graph;
        if (elsewhere || detail::are_of_mail_protocols(scopes))
            warn((elsewhere
                      ? "the scopes are for " + resource + ", and so will be the token, which Microsoft Graph refuses"
                      : std::string("the scopes are those of IMAP and SMTP, which open nothing at Microsoft Graph")) +
                 "; ask for " + cloud.graph + "/Mail.ReadWrite, " + cloud.graph + "/Mail.Send and " + cloud.graph +
                 "/User.Read, or set base_scope to imap");
        if (elsewhere)
        {
            s.symptoms.push_back(lookup("graph-wrong-audience"));
            rank_first(s.symptoms.back(), "outlook-scopes", "the configured scopes");
        }
    }
    if (authority.kind() == oauth2::authority::audience::common && account::app_of(settings).is_public())
        s.verified += "; a public client, as there is no secret";
    return s;
}

OUTKIT_DEF report run(account::settings const& settings, options const& how)
{
    return detail::runner(settings, how).go();
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
