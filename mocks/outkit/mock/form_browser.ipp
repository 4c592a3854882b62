#ifndef OUTKIT_MOCK_FORM_BROWSER_IPP
#define OUTKIT_MOCK_FORM_BROWSER_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/mock/directory.hpp>
#include <outkit/mock/form_browser.hpp>

#include <algorithm>
#include <optional>

namespace outkit::inline OUTKIT_ABI::mock {
namespace html {

inline std::string unescape(std::string_view text)
{
    static constexpr std::pair<std::string_view, char> entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}};
    std::string out;
    while (!text.empty())
    {
        auto const found = std::find_if(std::begin(entities), std::end(entities),
                                        [&](auto const& e) { return text.starts_with(e.first); });
        bool const entity = found != std::end(entities);
        out += entity ? found->second : text.front();
        text.remove_prefix(entity ? found->first.size() : 1);
    }
    return out;
}

inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// A start or end tag, as in <input name="a" required>.
struct tag
{
    std::string name = {};  // in lower case, with the slash of an end tag
    std::map<std::string, std::string> attributes = {};

    std::string get(std::string const& attribute) const
    {
        auto const found = attributes.find(attribute);
        return found == attributes.end() ? std::string() : found->second;
    }
};

// Takes the next tag off the text; what stood before it goes to `before`.
inline std::optional<tag> next_tag(std::string_view& text, std::string* before = nullptr)
{
    auto const open = text.find('<');
    if (before)
        *before += unescape(text.substr(0, open));
    if (open == std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(open + 1);
    tag t;
    auto const take = [&](auto stop) {
        std::string_view const all = text;
        while (!text.empty() && !stop(text.front()))
            text.remove_prefix(1);
        return std::string(all.substr(0, all.size() - text.size()));
    };
    t.name = take([](char c) { return is_space(c) || c == '>'; });
    std::transform(t.name.begin(), t.name.end(), t.name.begin(), http::detail::lower);
    for (;;)
    {
        take([](char c) { return !is_space(c) && c != '/'; });
        if (text.empty() || text.front() == '>')
            break;
        std::string const name = take([](char c) { return is_space(c) || c == '=' || c == '>'; });
        std::string value;
        if (text.starts_with('='))
        {
            text.remove_prefix(1);
            char const quote = text.empty() ? ' ' : text.front();
            if (quote == '"' || quote == '\'')
            {
                text.remove_prefix(1);
                value = unescape(take([quote](char c) { return c == quote; }));
                text.remove_prefix(std::min<std::size_t>(1, text.size()));
            }
            else
                value = unescape(take([](char c) { return is_space(c) || c == '>'; }));
        }
        t.attributes.emplace(name, value);
    }
    text.remove_prefix(std::min<std::size_t>(1, text.size()));
    if (t.name == "script" || t.name == "style")  // what is in there are no tags
        text.remove_prefix(std::min(text.find("</"), text.size()));
    return t;
}

}  // namespace html

OUTKIT_INLINE bool html_form::has(std::string_view field) const
{
    return std::any_of(fields.begin(), fields.end(), [&](auto const& f) { return f.first == field; });
}

OUTKIT_INLINE void html_form::fill(std::string_view field, std::string value)
{
    for (auto& [name, old] : fields)
        if (name == field)
            old = std::move(value);
}

OUTKIT_INLINE html_form::button const* html_form::find_button(std::string_view name, std::string_view value) const
{
    auto const found = std::find_if(buttons.begin(), buttons.end(),
                                    [&](button const& b) { return b.name == name && b.value == value; });
    return found == buttons.end() ? nullptr : &*found;
}

OUTKIT_INLINE std::vector<html_form> read_forms(std::string_view text)
{
    std::vector<html_form> forms;
    bool inside = false;
    while (auto const t = html::next_tag(text))
    {
        if (t->name == "form")
        {
            html_form f;
            f.id = t->get("id");
            f.action = t->get("action");
            f.method = t->get("method").empty() ? "get" : t->get("method");
            std::transform(f.method.begin(), f.method.end(), f.method.begin(), http::detail::lower);
            forms.push_back(std::move(f));
            inside = true;
        }
        else if (t->name == "/form")
            inside = false;
        else if (!inside)
            continue;
        else if (t->name == "input")
        {
            std::string const type = t->get("type");
            bool const off = (type == "checkbox" || type == "radio") && !t->attributes.contains("checked");
            if (!t->get("name").empty() && !off)
                forms.back().fields.emplace_back(t->get("name"), t->get("value"));
        }
        else if (t->name == "button")
        {
            html_form::button b{t->get("name"), t->get("value"), {}};
            while (auto const inner = html::next_tag(text, &b.text))
            {
                if (inner->name == "/button")
                    break;
                b.text += ' ';
            }
            forms.back().buttons.push_back(std::move(b));
        }
    }
    return forms;
}

OUTKIT_INLINE std::string browser_page::text_of(std::string_view mark) const
{
    auto const at = html.find(mark);
    if (at == std::string::npos)
        return {};
    auto const begin = html.find('>', at);
    if (begin == std::string::npos)
        return {};
    return html::unescape(std::string_view(html).substr(begin + 1, html.find('<', begin) - begin - 1));
}

OUTKIT_INLINE void form_browser::keep_cookies(http::origin const& from, http::fields const& headers)
{
    for (http::field const& f : headers)
    {
        if (!http::detail::equal_ignoring_case(f.name, "Set-Cookie"))
            continue;
        std::string_view const one = std::string_view(f.value).substr(0, f.value.find(';'));
        auto const equals = one.find('=');
        if (equals == std::string_view::npos || equals == 0)
            continue;
        auto& jar = cookies_[from.host];
        std::string const name(http::detail::without_blanks(one.substr(0, equals)));
        if (f.value.find("Max-Age=0") != std::string::npos)
            jar.erase(name);
        else
            jar[name] = http::detail::without_blanks(one.substr(equals + 1));
    }
}

OUTKIT_INLINE std::string form_browser::cookies_for(http::origin const& to) const
{
    std::string all;
    auto const jar = cookies_.find(to.host);
    if (jar == cookies_.end() || !to.tls)  // all cookies of a sign-in are Secure
        return all;
    for (auto const& [name, value] : jar->second)
        all += (all.empty() ? "" : "; ") + name + '=' + value;
    return all;
}

OUTKIT_DEF detail::flow<browser_page> form_browser::go(http::url to, http::request r)
{
    static constexpr int most_redirects = 10;
    for (int redirects = 0;; ++redirects)
    {
        http::request next = r;
        next.headers.push_back({"Accept", "text/html"});
        next.headers.push_back({"User-Agent", "outkit form browser"});
        if (std::string const cookies = cookies_for(to.server); !cookies.empty())
            next.headers.push_back({"Cookie", cookies});
        http::detail::exchange_options o;
        o.redirects_are_values = true;
        http::response const answer = co_await http::detail::exchange(session_, to, std::move(next), o);
        keep_cookies(to.server, answer.headers);
        std::string const* const location = http::find(answer.headers, "Location");
        if (answer.status < 300 || answer.status >= 400 || !location)
        {
            browser_page page;
            page.at = to;
            page.status = answer.status;
            page.forms = read_forms(answer.body);
            page.html = answer.body;
            co_return page;
        }
        if (redirects == most_redirects)
            co_await detail::fail(http::error::redirect_refused, "too many redirects");
        error_code ec;
        std::string const reference = location->substr(0, location->find('#'));
        to = http::resolve(to, reference, ec, http::url_schemes::https_or_loopback_http);
        if (ec)
            co_await detail::fail(ec, "redirected to something that is no web page");
        if (answer.status != 307 && answer.status != 308)
            r = http::request();
    }
}

OUTKIT_DEF detail::flow<browser_page> form_browser::open(http::url to) { return go(std::move(to), http::request()); }

OUTKIT_DEF detail::flow<browser_page> form_browser::submit(http::url page, html_form filled, html_form::button pressed)
{
    std::string encoded;
    if (!pressed.name.empty())
        filled.fields.emplace_back(pressed.name, pressed.value);
    for (auto const& [name, value] : filled.fields)
        encoded += (encoded.empty() ? "" : "&") + detail::form_encode(name) + '=' + detail::form_encode(value);
    error_code ec;
    std::string const reference = filled.action.empty() ? page.target : filled.action;
    http::url to = http::resolve(page, reference, ec, http::url_schemes::https_or_loopback_http);
    if (ec)
        co_await detail::fail(ec, "the form goes to something that is no web page");
    http::request r;
    if (filled.method == "post")
    {
        r.method = "POST";
        r.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        r.headers.push_back({"Origin", (page.server.tls ? "https://" : "http://") + page.server.authority()});
        r.body = std::move(encoded);
    }
    else
        to.target = to.target.substr(0, to.target.find('?')) + '?' + encoded;
    co_return co_await go(std::move(to), std::move(r));
}

// What this person does with a form: a button, or nothing when they do not know.
inline html_form::button const* decide(html_form& f, person_at_browser const& who)
{
    auto const press = [&](std::string_view value) { return f.find_button("step", value); };
    if (f.has("passwd"))
    {
        for (auto const& [name, value] : f.fields)  // filled in by a login_hint, perhaps somebody else's
            if (name == "loginfmt" && !same_name(value, who.login))
                return press("another");
        f.fill("passwd", who.password);
        return press("password");
    }
    if (f.has("loginfmt"))
    {
        f.fill("loginfmt", who.login);
        return press("email");
    }
    if (f.has("otc") && !who.user_code.empty())
    {
        f.fill("otc", who.user_code);
        return press("code");
    }
    if (auto const* const go_on = press("continue"))  // "Are you trying to sign in to ...?"
        return who.consents ? go_on : press("cancel");
    for (auto const& b : f.buttons)
        if (b.name == "pick" && b.text.find(who.login) != std::string::npos)
            return &b;
    if (f.has("justification") && !who.justification.empty())
    {
        f.fill("justification", who.justification);
        return press("request");
    }
    // "Need admin approval" has these two as well; there is nothing on it that this person can do.
    if (auto const* const another = press("another"); another && f.find_button("step", "cancel"))
        return f.buttons.front().name == "pick" ? another : nullptr;
    if (auto const* const approve = press("approve"))
        return who.approves ? approve : press("deny");
    if (auto const* const accept = press("accept"))
        return who.consents ? accept : press("decline");
    return nullptr;
}

OUTKIT_DEF detail::flow<browser_page> form_browser::sign_in(http::url to, person_at_browser who)
{
    static constexpr int most_pages = 12;
    browser_page page = co_await open(std::move(to));
    http::origin const authority = page.at.server;
    bool password_given = false;
    for (int pages = 0; pages != most_pages && page.at.server == authority && page.forms.size() == 1; ++pages)
    {
        html_form f = page.forms.front();
        html_form::button pressed;
        if (f.id != "hiddenform")  // that one a script submits
        {
            bool const refused = (f.has("passwd") && password_given) || !page.text_of("role=\"alert\"").empty();
            html_form::button const* const b = refused ? nullptr : decide(f, who);
            if (!b)
                break;
            pressed = *b;
            password_given = password_given || pressed.value == "password";
        }
        http::url const at = page.at;
        page = co_await submit(at, std::move(f), std::move(pressed));
    }
    co_return page;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
