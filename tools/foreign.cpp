#include "foreign.hpp"

#include "console.hpp"

#include <outkit/http/url.hpp>
#include <outkit/oauth2/cloud.hpp>
#include <outkit/oauth2/scope.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <utility>

namespace cli {

namespace {

namespace json = boost::json;
namespace oauth2 = outkit::oauth2;

std::string text_of(json::object const& o, std::string_view name)
{
    json::value const* const v = o.if_contains(name);
    return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

json::array list_of(json::object const& o, std::string_view name)
{
    json::value const* const v = o.if_contains(name);
    return v && v->is_array() ? v->get_array() : json::array();
}

void set(json::object& to, char const* name, std::string const& value)
{
    if (!value.empty())
        to[name] = value;
}

std::string in_one(std::vector<std::string> const& names)
{
    std::string all;
    for (std::string const& n : names)
        all += (all.empty() ? "" : ", ") + printable(n, 64);
    return all;
}

// Members nobody has looked at.
void note_others(json::object const& o, std::initializer_list<std::string_view> known, foreign_configuration& to)
{
    std::vector<std::string> others;
    for (auto const& [key, value] : o)
        if (std::find(known.begin(), known.end(), std::string_view(key)) == known.end() && !value.is_null())
            others.emplace_back(key);
    if (!others.empty())
        to.notes.push_back("not carried over: " + in_one(others));
}

// EmailEngine: the body of POST /v1/oauth2, or what GET /v1/oauth2/{app} answers.
foreign_configuration from_emailengine(json::object const& o)
{
    foreign_configuration c{"an OAuth2 application of EmailEngine", {}, {}};
    std::string const provider = text_of(o, "provider");
    if (provider != "outlook" && provider != "outlookService")
        throw usage_error(fmt::format("this is {} for \"{}\", not for Outlook", c.form, printable(provider, 64)));
    json::object ours;
    set(ours, "title", text_of(o, "title").empty() ? text_of(o, "name") : text_of(o, "title"));
    if (json::value const* const enabled = o.if_contains("enabled"); enabled && enabled->is_bool())
        ours["enabled"] = enabled->get_bool();
    set(ours, "client_id", text_of(o, "clientId"));
    std::string const secret = text_of(o, "clientSecret");
    if (secret.find('*') == 0)
        c.notes.push_back("its secret is masked, as EmailEngine shows it; set OUTKIT_CLIENT_SECRET to the secret");
    else
        set(ours, "client_secret", secret);
    set(ours, "redirect_uri", text_of(o, "redirectUrl"));
    set(ours, "authority", text_of(o, "authority"));
    std::string const cloud = text_of(o, "cloud");
    set(ours, "cloud", cloud == "gcc-high" ? "us-gov-l4" : cloud == "dod" ? "us-gov-dod" : cloud);
    std::string const base = text_of(o, "baseScopes");
    set(ours, "base_scope", base);
    json::array const extra = list_of(o, "extraScopes"), skipped = list_of(o, "skipScopes");
    if (!extra.empty() || !skipped.empty())
    {
        oauth2::cloud in = oauth2::find_cloud(text_of(ours, "cloud"));
        if (in.name.empty())
            in = oauth2::global_cloud();
        std::string scopes;
        auto const add = [&](std::string_view scope) {
            for (json::value const& s : skipped)
                if (s.is_string() && scope.ends_with(std::string_view(s.get_string())))
                    return;
            scopes += (scopes.empty() ? "" : " ") + std::string(scope);
        };
        for (std::string const& scope :
             oauth2::scopes_for(base == "api" ? oauth2::base_scope::api : oauth2::base_scope::imap, in))
            add(scope);
        for (json::value const& s : extra)
            if (s.is_string())
                add(std::string_view(s.get_string()));
        set(ours, "scopes", scopes);
    }
    if (provider == "outlookService")
        c.notes.push_back("it is an application without users, and what is checked here is a sign-in of a user; try "
                          "outkit token --app with it");
    note_others(o,
                {"provider", "name", "title", "enabled", "clientId", "clientSecret", "redirectUrl", "authority",
                 "cloud", "baseScopes", "extraScopes", "skipScopes", "id", "created", "legacy"},
                c);
    c.ours = json::serialize(ours);
    return c;
}

// mutt_oauth2.py, of mutt and NeoMutt: what gpg --decrypt makes of its token file.
foreign_configuration from_mutt(json::object const& o)
{
    foreign_configuration c{"a token file of mutt_oauth2.py", {}, {}};
    if (text_of(o, "registration") != "microsoft")
        throw usage_error(
            fmt::format("this is {} for \"{}\", not for Microsoft", c.form, printable(text_of(o, "registration"), 64)));
    json::object ours{{"redirect_uri", "http://localhost"},
                      {"authority", "common"},
                      {"scopes", "offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
                                 "https://outlook.office.com/POP.AccessAsUser.All "
                                 "https://outlook.office.com/SMTP.Send"}};
    set(ours, "user", text_of(o, "email"));
    set(ours, "client_id", text_of(o, "client_id"));
    set(ours, "client_secret", text_of(o, "client_secret"));
    if (ours.find("client_id") == ours.end())
        c.notes.push_back("its client_id stands in the script itself: copy it from there");
    if (text_of(o, "authflow") == "authcode")
        c.notes.push_back(
            "the script has people copy the code from https://login.microsoftonline.com/common/oauth2/"
            "nativeclient; here the browser comes back to http://localhost, which must be registered, too");
    c.notes.push_back("the script's endpoints are taken as it brings them (common); a tenant that was written into it "
                      "is not in this file");
    c.notes.push_back("its tokens are not used; somebody signs in");
    c.ours = json::serialize(ours);
    return c;
}

// The manifest of a registration: Microsoft Graph's form (Entra, since 2024), or the older one with replyUrlsWithType.
foreign_configuration from_manifest(json::object const& o)
{
    foreign_configuration c{"the manifest of a registration in Entra", {}, {}};
    json::object ours;
    set(ours, "client_id", text_of(o, "appId"));
    set(ours, "title", text_of(o, "displayName").empty() ? text_of(o, "name") : text_of(o, "displayName"));
    std::string const audience = text_of(o, "signInAudience"), domain = text_of(o, "publisherDomain");
    set(ours, "sign_in_audience", audience);
    set(ours, "home_tenant", domain);
    if (audience == "AzureADMyOrg")
    {
        set(ours, "authority", domain);
        if (domain.empty())
            c.notes.push_back("the registration is for one tenant, and the manifest does not say for which: set "
                              "authority to the Directory (tenant) ID");
    }
    else
        set(ours, "authority",
            audience == "AzureADMultipleOrgs"        ? "organizations"
            : audience == "PersonalMicrosoftAccount" ? "consumers"
                                                     : "common");

    std::vector<std::pair<std::string, std::string>> uris;  // platform, URI
    for (json::value const& v : list_of(o, "replyUrlsWithType"))
        if (json::object const* const r = v.if_object())
            uris.emplace_back(text_of(*r, "type"), text_of(*r, "url"));
    for (auto const& [member, platform] :
         {std::pair<char const*, char const*>{"web", "Web"}, {"publicClient", "InstalledClient"}, {"spa", "Spa"}})
        if (json::value const* const p = o.if_contains(member); p && p->is_object())
            for (json::value const& uri : list_of(p->get_object(), "redirectUris"))
                if (uri.is_string())
                    uris.emplace_back(platform, uri.get_string());
    auto const usable = [](auto const& u) { return u.first != "Spa"; };
    auto const first = std::find_if(uris.begin(), uris.end(), usable);
    if (first != uris.end())
        set(ours, "redirect_uri", first->second);
    else
        c.notes.push_back(uris.empty()
                              ? "no redirect URI is registered: App registrations > (the app) > Authentication"
                              : "the only redirect URIs are for a single-page application, which a mail program is "
                                "not: add one under the platform Web");
    if (std::count_if(uris.begin(), uris.end(), usable) > 1)
        c.notes.push_back("of several redirect URIs the first is taken; set redirect_uri for another");

    std::chrono::year_month_day const day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    std::string const today =
        fmt::format("{:04}-{:02}-{:02}", int(day.year()), unsigned(day.month()), unsigned(day.day()));
    std::size_t good = 0, expired = 0;
    for (json::value const& v : list_of(o, "passwordCredentials"))
        if (json::object const* const p = v.if_object())
        {
            std::string end = text_of(*p, "endDateTime");
            if (end.empty())
                end = text_of(*p, "endDate");
            (end.empty() || end.substr(0, 10) >= today ? good : expired) += 1;
        }
    if (good != 0)
        c.notes.push_back("a manifest has no secrets in it: set OUTKIT_CLIENT_SECRET to the Value of one");
    else if (expired != 0)
        c.notes.push_back(
            "all its client secrets have expired: App registrations > (the app) > Certificates & secrets");

    for (json::value const& v : list_of(o, "requiredResourceAccess"))
        if (json::object const* const r = v.if_object(); r && text_of(*r, "resourceAppId") == "00000002-0000-0ff1-ce00-"
                                                                                              "000000000000")
            for (json::value const& a : list_of(*r, "resourceAccess"))
                if (json::object const* const access = a.if_object();
                    access && (text_of(*access, "id") == "652390e4-393a-48de-9484-05f9b1212954" ||
                               text_of(*access, "id") == "258f6531-6087-4cc4-bb90-092c5fb3ed3f"))
                    c.notes.push_back("a permission of Microsoft Graph stands under Office 365 Exchange Online, which "
                                      "breaks every sign-in (AADSTS65006): move it to 00000003-0000-0000-c000-"
                                      "000000000000");
    c.ours = json::serialize(ours);
    return c;
}

struct section
{
    std::string name;
    std::vector<std::pair<std::string, std::string>> values;
    std::string value(std::string_view key) const
    {
        for (auto const& [k, v] : values)
            if (k == key)
                return v;
        return {};
    }
};

std::string_view trimmed(std::string_view s)
{
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
        s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r'))
        s.remove_suffix(1);
    return s;
}

// As Python's configparser writes it. Lines that begin with a blank belong to the value before them, which is prose.
std::vector<section> sections_of(std::string_view text)
{
    std::vector<section> all;
    while (!text.empty())
    {
        std::string_view const raw = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(raw.size() + 1, text.size()));
        std::string_view const line = trimmed(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';' || raw.front() == ' ' || raw.front() == '\t')
            continue;
        if (line.front() == '[' && line.back() == ']')
            all.push_back({std::string(line.substr(1, line.size() - 2)), {}});
        else if (std::size_t const at = line.find_first_of("=:"); at != line.npos && !all.empty())
            all.back().values.emplace_back(trimmed(line.substr(0, at)), trimmed(line.substr(at + 1)));
    }
    return all;
}

// The servers of a section such as [IMAP-1993].
json::object server_of(section const& s)
{
    json::object o{{"host", s.value("server_address")}};
    std::string const port = s.value("server_port");
    if (!port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos)
        o["port"] = std::stoi(port);
    std::string starttls = s.value("starttls");
    if (starttls.empty())
        starttls = s.value("server_starttls");
    o["tls"] = same_ignoring_case(starttls, "true") ? "starttls" : "implicit";
    return o;
}

std::optional<foreign_configuration> from_proxy(std::string_view text)
{
    std::vector<section> const all = sections_of(text);
    std::vector<section const*> accounts;
    bool is_one = false;
    for (section const& s : all)
        if (!s.value("token_url").empty() && !s.value("oauth2_scope").empty())
        {
            is_one = true;
            if (s.value("token_url").find("microsoftonline") != std::string::npos ||
                s.value("oauth2_scope").find("outlook") != std::string::npos)
                accounts.push_back(&s);
        }
    if (!is_one)
        return std::nullopt;
    foreign_configuration c{"a configuration of email-oauth2-proxy", {}, {}};
    if (accounts.empty())
        throw usage_error(fmt::format("this is {} without an account at Microsoft", c.form));
    section const& a = *accounts.front();
    if (accounts.size() > 1)
    {
        std::vector<std::string> others;
        for (std::size_t i = 1; i != accounts.size(); ++i)
            others.push_back(accounts[i]->name);
        c.notes.push_back(
            fmt::format("of several accounts {} is taken, and not {}", printable(a.name, 128), in_one(others)));
    }
    json::object ours;
    set(ours, "user", a.name.find('@') != std::string::npos ? a.name : "");
    set(ours, "client_id", a.value("client_id"));
    set(ours, "client_secret", a.value("client_secret"));
    set(ours, "redirect_uri", a.value("redirect_uri"));
    set(ours, "scopes", a.value("oauth2_scope"));
    outkit::error_code ec;
    outkit::http::url const token = outkit::http::parse_url(a.value("token_url"), ec);
    if (ec)
        throw usage_error("token_url of " + printable(a.name, 128) + " is no https URL");
    std::string const path = token.target.substr(1);
    set(ours, "authority", path.substr(0, path.find('/')));
    bool known = false;
    for (char const* const name : {"global", "us-gov-l4", "china"})  // the DoD cloud has the authority of us-gov-l4
    {
        oauth2::cloud const cloud = oauth2::find_cloud(name);
        auto const& aliases = cloud.login_aliases;
        if (cloud.login != "https://" + token.server.host &&
            std::find(aliases.begin(), aliases.end(), token.server.host) == aliases.end())
            continue;
        ours["cloud"] = name;
        known = true;
    }
    json::object endpoints;
    if (!known)
        endpoints["login"] = outkit::http::url{token.server, {}}.text();
    for (auto const& [prefix, member] : {std::pair<char const*, char const*>{"IMAP", "imap"}, {"SMTP", "smtp"}})
        for (section const& s : all)
            if (s.name.starts_with(prefix) && !s.value("server_address").empty() &&
                s.value("server_address").find("gmail") == std::string::npos &&
                s.value("server_address").find("yahoo") == std::string::npos &&
                s.value("server_address").find("aol") == std::string::npos)
            {
                endpoints[member] = server_of(s);
                break;
            }
    if (!endpoints.empty())
        ours["endpoints"] = std::move(endpoints);
    if (std::string const flow = a.value("oauth2_flow"); !flow.empty())
        c.notes.push_back(fmt::format("its flow is {}; what is checked here is a sign-in of a user in the browser",
                                      printable(flow, 64)));
    if (!a.value("client_secret_encrypted").empty() || !a.value("access_token").empty())
        c.notes.push_back("what the proxy has encrypted cannot be read: set OUTKIT_CLIENT_SECRET if there is a secret, "
                          "and sign in anew");
    c.ours = json::serialize(ours);
    return c;
}

}  // namespace

std::optional<foreign_configuration> recognise(std::string_view text)
{
    std::size_t const first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos)
        return std::nullopt;
    if (text[first] != '{')
        return text[first] == '[' || text.find("\n[") != text.npos ? from_proxy(text) : std::nullopt;
    json::parse_options strict;
    strict.max_depth = 16;
    boost::system::error_code ec;
    json::value const v = json::parse(json::string_view(text.data(), text.size()), ec, {}, strict);
    json::object const* const o = ec ? nullptr : v.if_object();
    if (!o)
        return std::nullopt;
    if (o->contains("provider") && (o->contains("clientId") || o->contains("baseScopes")))
        return from_emailengine(*o);
    if (o->contains("registration") && (o->contains("authflow") || o->contains("refresh_token")))
        return from_mutt(*o);
    if (o->contains("appId") && (o->contains("signInAudience") || o->contains("requiredResourceAccess")))
        return from_manifest(*o);
    return std::nullopt;
}

}  // namespace cli
