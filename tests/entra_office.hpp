#ifndef OUTKIT_TESTS_ENTRA_OFFICE_HPP
#define OUTKIT_TESTS_ENTRA_OFFICE_HPP

// A tenant with people and an application, the mock Entra over it, and a browser that fills in its forms as a person
// would: by what the HTML says, with cookies.

#include <outkit/detail/encoding.hpp>
#include <outkit/http/message.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/tokens.hpp>
#include <outkit/mock/world.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::tests {

using pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string form(pairs const& fields)
{
    std::string out;
    for (auto const& [name, value] : fields)
        out += (out.empty() ? "" : "&") + outkit::detail::form_encode(name) + "=" + outkit::detail::form_encode(value);
    return out;
}

inline pairs parsed(std::string_view encoded)
{
    pairs all;
    while (!encoded.empty())
    {
        std::string_view const one = encoded.substr(0, encoded.find('&'));
        encoded.remove_prefix(std::min(one.size() + 1, encoded.size()));
        std::size_t const equals = std::min(one.find('='), one.size());
        all.emplace_back(outkit::detail::form_decode(one.substr(0, equals)).value(),
                         outkit::detail::form_decode(one.substr(std::min(equals + 1, one.size()))).value());
    }
    return all;
}

inline std::string value_of(pairs const& in, std::string_view name)
{
    for (auto const& [n, value] : in)
        if (n == name)
            return value;
    return {};
}

inline std::string header(http::response const& r, std::string_view name)
{
    std::string const* const value = http::find(r.headers, name);
    return value ? *value : std::string();
}

// The parameters of a redirect, from its query or its fragment.
inline pairs redirect_parameters(http::response const& r)
{
    std::string location = header(r, "Location");
    std::size_t const query = location.find('?');
    if (query == location.npos)
        return parsed(location.substr(std::min(location.find('#') + 1, location.size())));
    return parsed(location.substr(query + 1, location.find('#') - query - 1));
}

inline std::string unescaped(std::string_view html)
{
    static constexpr std::pair<std::string_view, char> entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}};
    std::string out;
    while (!html.empty())
    {
        std::size_t const plain = std::min(html.find('&'), html.size());
        out += html.substr(0, plain);
        html.remove_prefix(plain);
        bool found = html.empty();
        for (auto const& [entity, c] : entities)
            if (html.starts_with(entity))
            {
                out += c;
                html.remove_prefix(entity.size());
                found = true;
                break;
            }
        if (found)
            continue;
        out += html.front();
        html.remove_prefix(1);
    }
    return out;
}

// One start tag's attributes; those without a value have an empty one.
inline std::map<std::string, std::string> attributes(std::string_view tag)
{
    std::map<std::string, std::string> all;
    std::size_t at = tag.find_first_of(" \n");
    while (at < tag.size())
    {
        at = tag.find_first_not_of(" \n/", at);
        if (at == tag.npos || tag[at] == '>')
            break;
        std::size_t const end = std::min(tag.find_first_of("= \n>", at), tag.size());
        std::string const name(tag.substr(at, end - at));
        std::string value;
        at = end;
        if (at < tag.size() && tag[at] == '=')
        {
            BOOST_TEST_REQUIRE(tag[at + 1] == '"', "an attribute without quotes: " << tag);
            std::size_t const close = tag.find('"', at + 2);
            value = unescaped(tag.substr(at + 2, close - at - 2));
            at = close + 1;
        }
        all[name] = value;
    }
    return all;
}

struct html_form
{
    std::string action, method;
    pairs fields;   // inputs that are sent as they are: hidden ones and those with a value
    pairs buttons;  // in their order; the first one is what Enter presses
    std::map<std::string, std::string> types;

    bool asks_for(std::string const& name) const { return types.count(name) != 0; }
};

inline html_form form_of(std::string_view html)
{
    html_form f;
    std::size_t const begin = html.find("<form");
    BOOST_TEST_REQUIRE(begin != html.npos, "no form in: " << html);
    std::string_view const inside = html.substr(begin, html.find("</form>") - begin);
    auto const head = attributes(inside.substr(0, inside.find('>') + 1));
    f.action = head.at("action");
    f.method = head.at("method");
    for (std::size_t at = 1; (at = inside.find('<', at)) != inside.npos; ++at)
    {
        std::string_view const tag = inside.substr(at, inside.find('>', at) + 1 - at);
        if (tag.starts_with("<input"))
        {
            auto const a = attributes(tag);
            f.types[a.at("name")] = a.count("type") ? a.at("type") : "text";
            if (a.count("type") && a.at("type") == "checkbox")
                continue;
            f.fields.emplace_back(a.at("name"), a.count("value") ? a.at("value") : "");
        }
        else if (tag.starts_with("<button"))
        {
            auto const a = attributes(tag);
            f.buttons.emplace_back(a.count("name") ? a.at("name") : "", a.count("value") ? a.at("value") : "");
        }
    }
    return f;
}

using sender = std::function<http::response(http::request const&)>;

class browser
{
public:
    explicit browser(sender send, std::string host = "localhost:8443") : send_(std::move(send)), host_(std::move(host))
    {
    }

    http::response get(std::string target) { return send({.method = "GET", .target = std::move(target)}); }

    http::response send(http::request r)
    {
        r.headers.push_back({"Host", host_});
        std::string cookies;
        for (auto const& [name, value] : jar_)
            cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
        if (!cookies.empty())
            r.headers.push_back({"Cookie", cookies});
        http::response a = send_(r);
        for (http::field const& f : a.headers)
            if (f.name == "Set-Cookie")
            {
                std::size_t const equals = f.value.find('=');
                std::string const name = f.value.substr(0, equals);
                jar_[name] = f.value.substr(equals + 1, f.value.find(';') - equals - 1);
                if (f.value.find("Max-Age=0") != f.value.npos)
                    jar_.erase(name);
            }
        return a;
    }

    // Fills in what is named, presses the button of that value (the first one if empty).
    http::response submit(http::response const& page, pairs const& filled = {}, std::string button = {})
    {
        BOOST_TEST_REQUIRE(page.status == 200u);
        html_form const f = form_of(page.body);
        BOOST_TEST(f.method == "post");
        pairs fields;
        for (auto [name, value] : f.fields)
        {
            for (auto const& [n, v] : filled)
                if (n == name)
                    value = v;
            fields.emplace_back(name, value);
        }
        for (auto const& [n, v] : filled)
        {
            BOOST_TEST(f.asks_for(n), "the page does not ask for " << n);
            if (f.types.at(n) == "checkbox")
                fields.emplace_back(n, v);
        }
        bool pressed = false;
        for (auto const& [name, value] : f.buttons)
            if (!pressed && (button.empty() || value == button))
            {
                pressed = true;
                if (!name.empty())
                    fields.emplace_back(name, value);
            }
        BOOST_TEST_REQUIRE(pressed, "no button " << button << " in: " << page.body);
        return post(f.action, fields);
    }

    http::response post(std::string target, pairs const& fields, http::fields more = {})
    {
        http::request r{.method = "POST", .target = std::move(target), .headers = std::move(more)};
        r.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        r.headers.push_back({"Origin", "https://" + host_});
        r.body = form(fields);
        return send(std::move(r));
    }

    std::map<std::string, std::string>& jar() { return jar_; }

private:
    sender send_;
    std::string host_;
    std::map<std::string, std::string> jar_;
};

struct entra_office
{
    mock::world w{1};
    mock::tenant& home = w.directory.add_tenant(
        w,
        {.id = "00000000-0000-4000-8000-000000000001", .display_name = "Woodgrove", .domains = {"woodgrove.example"}});
    mock::tenant& other = w.directory.add_tenant(
        w, {.id = "00000000-0000-4000-8000-000000000002", .display_name = "Fabrikam", .domains = {"fabrikam.example"}});
    mock::user& adele = add_user("adele@woodgrove.example", home.id);
    mock::user& admin = add_user("admin@woodgrove.example", home.id);
    mock::user& olga = add_user("olga@fabrikam.example", other.id);
    mock::user& robin = add_user("robin@outlook.test", std::string(mock::consumers_tenant));
    mock::application& app = add_app(mock::sign_in_audience::orgs_and_personal);
    std::string secret = add_secret(app);
    mock::entra entra{w, {"login.entra.test"}};
    browser ie{[this](http::request const& r) { return entra.answer(r); }};

    static constexpr char callback[] = "http://localhost:3000/oauth";
    static constexpr char mail_scope[] =
        "openid profile email offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
        "https://outlook.office.com/SMTP.Send";
    // The example of RFC 7636 appendix B.
    static constexpr char verifier[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    static constexpr char challenge[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    entra_office() { admin.roles = {"Global Administrator"}; }

    mock::user& add_user(std::string name, std::string tenant)
    {
        mock::user u;
        u.tenant_id = std::move(tenant);
        u.principal_name = std::move(name);
        u.password = "correct horse";
        u.given_name = u.principal_name.substr(0, u.principal_name.find('@'));
        u.surname = "Doe";
        u.display_name = u.given_name + " Doe";
        return w.directory.add_user(w, std::move(u));
    }

    mock::application& add_app(mock::sign_in_audience audience, mock::platform platform = mock::platform::web,
                               std::string uri = callback)
    {
        mock::application_request r;
        r.display_name = "Mail program";
        r.audience = audience;
        r.redirect_uris = {{std::move(uri), platform}};
        auto const made = w.directory.register_application(w, home.id, std::move(r));
        BOOST_TEST_REQUIRE(!!made);
        return *made.app;
    }

    std::string add_secret(mock::application& to)
    {
        mock::directory_error error;
        auto const* const s = w.directory.add_secret(w, to, "first", std::chrono::hours(24 * 180), error);
        BOOST_TEST_REQUIRE(s);
        return s->value;
    }

    pairs authorize_fields(pairs changed = {})
    {
        pairs p{{"client_id", app.app_id},
                {"response_type", "code"},
                {"redirect_uri", callback},
                {"scope", mail_scope},
                {"state", "st&te 1"},
                {"code_challenge", challenge},
                {"code_challenge_method", "S256"}};
        for (auto const& [name, value] : changed)
        {
            std::erase_if(p, [&, n = name](auto const& f) { return f.first == n; });
            if (value != "-")
                p.emplace_back(name, value);
        }
        return p;
    }

    http::response authorize(pairs changed = {}, std::string tenant = "common")
    {
        return ie.get("/" + tenant + "/oauth2/v2.0/authorize?" + form(authorize_fields(std::move(changed))));
    }

    // From the first page to the redirect: address, password, second factor, consent.
    http::response go_through(http::response r, std::string login = "adele@woodgrove.example",
                              std::string password = "correct horse")
    {
        for (int steps = 0; r.status == 200u && steps != 8; ++steps)
        {
            if (r.body.find("<form") == r.body.npos || r.body.find("AADSTS") != r.body.npos)
                return r;
            html_form const f = form_of(r.body);
            if (f.asks_for("passwd"))
                r = ie.submit(r, {{"passwd", password}});
            else if (f.asks_for("loginfmt"))
                r = ie.submit(r, {{"loginfmt", login}});
            else
                r = ie.submit(r);
        }
        return r;
    }
    std::string code(pairs changed = {}, std::string tenant = "common", std::string login = "adele@woodgrove.example")
    {
        http::response const r = go_through(authorize(std::move(changed), std::move(tenant)), std::move(login));
        std::string const found = value_of(redirect_parameters(r), "code");
        BOOST_TEST_REQUIRE(!found.empty(), "status " << r.status << " " << header(r, "Location") << r.body);
        return found;
    }

    pairs code_fields(std::string code, pairs changed = {})
    {
        pairs p{{"client_id", app.app_id},  {"grant_type", "authorization_code"}, {"code", std::move(code)},
                {"redirect_uri", callback}, {"code_verifier", verifier},          {"client_secret", secret}};
        for (auto const& [name, value] : changed)
        {
            std::erase_if(p, [&, n = name](auto const& f) { return f.first == n; });
            if (value != "-")
                p.emplace_back(name, value);
        }
        return p;
    }

    http::response token(pairs const& fields, std::string tenant = "common", http::fields more = {})
    {
        http::request r{.method = "POST", .target = "/" + tenant + "/oauth2/v2.0/token", .headers = std::move(more)};
        r.headers.push_back({"Host", "localhost:8443"});
        r.headers.push_back({"Content-Type", "application/x-www-form-urlencoded;charset=utf-8"});
        r.body = form(fields);
        return entra.answer(r);
    }
};

inline boost::json::object json_of(http::response const& r)
{
    BOOST_TEST(header(r, "Content-Type") == "application/json; charset=utf-8");
    return boost::json::parse(r.body).as_object();
}
inline std::string text_of(boost::json::object const& o, std::string_view name)
{
    auto const* const v = o.if_contains({name.data(), name.size()});
    return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

// The payload of a JWT, not verified.
inline boost::json::object payload_of(std::string const& token)
{
    std::size_t const first = token.find('.'), second = token.find('.', first + 1);
    return boost::json::parse(outkit::detail::base64url_decode(token.substr(first + 1, second - first - 1)).value())
        .as_object();
}

// Whether the answer is this error in JSON: number, OAuth error, text.
inline void is_error(http::response const& r, int code, std::string const& error, std::string const& text,
                     unsigned status = 400)
{
    BOOST_TEST(r.status == status);
    boost::json::object const o = json_of(r);
    BOOST_TEST(text_of(o, "error") == error);
    BOOST_TEST(boost::json::serialize(o.at("error_codes")) == "[" + std::to_string(code) + "]");
    std::string const beginning = "AADSTS" + std::to_string(code) + ": " + text;
    BOOST_TEST(text_of(o, "error_description").substr(0, beginning.size()) == beginning);
}

}  // namespace outkit::tests

#endif
