#ifndef OUTKIT_CHECK_PLAN_IPP
#define OUTKIT_CHECK_PLAN_IPP

#include <outkit/check/checks.hpp>
#include <outkit/check/plan.hpp>
#include <outkit/http/url.hpp>
#include <outkit/oauth2/authority.hpp>

#include <cstdint>
#include <initializer_list>

namespace outkit::inline OUTKIT_ABI::check {

OUTKIT_DEF std::vector<planned_request> plan(account::settings const& settings, bool send)
{
    error_code ignored;  // the settings have been looked at
    oauth2::cloud const cloud = cloud_of(settings);
    std::string const tenant = oauth2::authority::make(cloud, settings.authority, ignored).tenant();
    auto const at = [](std::string const& host, std::uint16_t port, std::uint16_t usual) {
        return port == usual ? host : host + ':' + std::to_string(port);
    };
    http::url const login = http::parse_url(cloud.login, ignored);

    std::vector<planned_request> all;
    auto const ask = [&](std::string_view step, std::string const& server,
                         std::initializer_list<std::string> requests) {
        for (std::string const& what : requests)
            all.push_back({step, server, what});
    };
    std::string const entra = at(login.server.host, login.server.port, 443);
    ask("authority", entra, {"GET /" + tenant + "/v2.0/.well-known/openid-configuration"});
    ask("sign-in", entra, {"GET /" + tenant + "/oauth2/v2.0/authorize"});
    ask("code", entra, {"POST /" + tenant + "/oauth2/v2.0/token", "GET /" + tenant + "/discovery/v2.0/keys"});
    ask("refresh", entra, {"POST /" + tenant + "/oauth2/v2.0/token"});
    if (settings.base_scope == account::base_scope::api)
    {
        graph::options const o = graph_options_of(settings);
        std::string const graph = at(o.host, o.port, 443);
        ask("graph.me", graph, {"GET /v1.0/me"});
        ask("graph.folders", graph, {"GET /v1.0/me/mailFolders"});
        ask("graph.newest", graph, {"GET /v1.0/me/mailFolders/inbox/messages"});
        if (send)
        {
            ask("graph.send", graph, {"POST /v1.0/me/sendMail"});
            ask("graph.arrival", graph, {"GET /v1.0/me/mailFolders/inbox/messages"});
        }
        return all;
    }
    account::server const reading = imap_server_of(settings), sending = smtp_server_of(settings, false);
    std::string const imap = at(reading.host, reading.port, 993), smtp = at(sending.host, sending.port, 587);
    ask("imap.connect", imap, {"CAPABILITY"});
    ask("imap.sign-in", imap, {"AUTHENTICATE XOAUTH2", "CAPABILITY", "NAMESPACE"});
    ask("imap.folders", imap, {"LIST"});
    ask("imap.newest", imap, {"EXAMINE", "FETCH"});
    ask("smtp.connect", smtp, {"EHLO"});
    if (sending.tls == account::transport::starttls)
        ask("smtp.connect", smtp, {"STARTTLS", "EHLO"});
    ask("smtp.sign-in", smtp, {"AUTH XOAUTH2"});
    if (send)
        ask("smtp.send", smtp, {"MAIL FROM", "RCPT TO", "message"});
    ask("smtp.send", smtp, {"QUIT"});
    if (send)
        ask("imap.arrival", imap, {"EXAMINE", "FETCH", "LIST", "EXAMINE", "FETCH"});
    ask("imap.newest", imap, {"LOGOUT"});
    return all;
}

}  // namespace outkit::inline OUTKIT_ABI::check

#endif
