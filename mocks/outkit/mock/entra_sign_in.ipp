#ifndef OUTKIT_MOCK_ENTRA_SIGN_IN_IPP
#define OUTKIT_MOCK_ENTRA_SIGN_IN_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mock/entra.hpp>
#include <outkit/mock/entra.ipp>
#include <outkit/mock/entra_state.hpp>
#include <outkit/mock/pages/sign_in.hpp>
#include <outkit/secret.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

// Sign-in and consent. A person goes through forms; each form carries the whole request sealed in it, so that there is
// nothing to fill up with sign-ins that are never finished. What browsers have is a random cookie; the seal contains it,
// too, so that no other site can post a form of its own (R-MOC-06).

namespace outkit::inline OUTKIT_ABI::mock {
namespace sts {

inline constexpr char browser_cookie[] = "ESTSMOCKAUTH";
inline constexpr std::int64_t form_life = 3600;
inline constexpr std::size_t most_browsers = 1000;
inline constexpr std::size_t longest_query = 8192;

inline std::string cookie(http::fields const& headers, std::string_view name)
{
    for (http::field const& f : headers)
    {
        if (lower(f.name) != "cookie")
            continue;
        for (std::string_view rest = f.value; !rest.empty();)
        {
            std::string_view one = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
            if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
                return std::string(one.substr(name.size() + 1));
        }
    }
    return {};
}

inline std::string seal(world& w, sign_in const& s)
{
    boost::json::object request;
    for (auto const& [name, value] : s.request)
        request[name] = value;
    boost::json::object const o{
        {"a", s.authority},   {"q", std::move(request)}, {"b", s.browser},     {"g", s.stage},   {"u", s.user_id},
        {"p", s.password_at}, {"m", s.multifactor},      {"k", s.picked},      {"s", s.staying}, {"t", s.begun_at},
        {"f", s.confirmed},   {"n", s.multifactor_at},   {"w", int(s.purpose)}};
    std::array<unsigned char, 12> nonce{};
    w.random(nonce);
    return outkit::detail::base64url_encode(w.keys.seal("form", nonce, boost::json::serialize(o)));
}

inline std::optional<sign_in> unseal(world& w, std::string_view text)
{
    auto const octets = outkit::detail::base64url_decode(text);
    auto const plain = octets ? w.keys.open("form", *octets) : std::nullopt;
    if (!plain)
        return std::nullopt;
    // It is our own, by the seal: its shape is known.
    boost::json::object const o = boost::json::parse(*plain).as_object();
    auto const text_of = [&](char const* name) { return std::string(o.at(name).as_string()); };
    sign_in s;
    s.authority = text_of("a");
    for (auto const& [name, value] : o.at("q").as_object())
        s.request.emplace_back(name, value.as_string());
    s.browser = text_of("b");
    s.stage = text_of("g");
    s.user_id = text_of("u");
    s.password_at = o.at("p").as_int64();
    s.multifactor = o.at("m").as_bool();
    s.picked = o.at("k").as_bool();
    s.staying = o.at("s").as_bool();
    s.begun_at = o.at("t").as_int64();
    s.confirmed = o.at("f").as_bool();
    s.multifactor_at = o.at("n").as_int64();
    s.purpose = static_cast<purpose>(o.at("w").as_int64());
    return s;
}

// "https://host:port" of a redirect URI, or its scheme with a colon: what a Content-Security-Policy lists.
inline std::string origin_of(std::string_view uri)
{
    std::size_t const colon = uri.find(':');
    if (colon == uri.npos)
        return {};
    std::string_view const scheme = uri.substr(0, colon);
    if (scheme != "http" && scheme != "https")
        return std::string(scheme) + ":";
    std::size_t const end = uri.find_first_of("/?#", colon + 3);
    std::string const origin(uri.substr(0, end));
    return origin.find_first_of("; ,'\"") == origin.npos ? origin : std::string();
}

inline bool is_web(std::string_view uri) { return uri.starts_with("https://") || uri.starts_with("http://"); }

// RFC 7636 section 4.2: 43 characters for S256, 43 to 128 of them for plain.
inline bool is_challenge(std::string_view text, bool hashed)
{
    if (text.size() < 43 || text.size() > (hashed ? 43u : 128u))
        return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '~';
    });
}

// The work of one request to the sign-in pages.
class sign_in_pages
{
public:
    sign_in_pages(entra::state& of, call& c) : s_(of), c_(c) {}

    http::response begin();
    http::response begin_device();
    http::response begin_admin(bool v1);
    http::response next_form();

private:
    using fields = std::vector<std::pair<std::string, std::string>>;

    std::optional<http::response> understand(parameters const& p);
    bool read_response_type(std::string_view type);
    std::optional<http::response> understand_client(parameters const& p);
    std::optional<http::response> understand_admin(parameters const& p);
    std::optional<http::response> resource_of_v1(std::string const& asked);
    std::optional<http::response> understand_device(std::string const& user_code);
    void open_browser();
    http::response proceed();
    std::optional<http::response> identify();
    std::optional<http::response> check_person(user const& u);
    std::optional<http::response> check_consent(user const& u);
    http::response finish(user const& u);
    http::response ask_admin(user const& u);
    http::response admin_has_consented(user const& u);

    http::response email_form(std::string login, std::string problem = {}, std::string detail = {});
    http::response password_form(std::string const& login, int code = 0);
    http::response new_password_form(user const& u, int code);
    http::response change_password(user& u);
    http::response pick_form(std::vector<signed_in> const& among);
    http::response code_form(int code, std::string typed = {});
    http::response accept_code(std::string const& typed);
    http::response show(char const* stage, std::string_view title, std::string_view body, pages::values with);
    http::response redirect(fields with);
    http::response redirect_error(refusal const& r, bool with_subcode = false);
    http::response personal_error(std::string error, std::string message);

    http::response accept_email(std::string const& login);
    http::response accept_password(std::string const& login, std::string const& password);
    std::optional<std::string> foreign(user const& u) const;
    std::optional<http::response> not_here(user const& u);
    std::vector<wanted_permission> missing_permissions(user const& u) const;
    std::vector<wanted_permission> admin_permissions() const;
    bool for_admin() const { return at_.purpose == purpose::admin_consent || at_.purpose == purpose::admin_consent_v1; }
    http::response interactive(refusal r);
    user here(user const& u) const;
    bool too_old(signed_in const& one) const;
    bool silent() const { return a_.prompt == "none"; }
    browser* known_browser();
    void remember_sign_in(user const& u);
    void set_cookie(std::string const& id, bool stay);

    entra::state& s_;
    call& c_;
    authorization a_;
    sign_in at_;
};

inline browser* sign_in_pages::known_browser()
{
    auto const found = s_.browsers.find(at_.browser);
    return found == s_.browsers.end() ? nullptr : &found->second;
}

inline void sign_in_pages::set_cookie(std::string const& id, bool stay)
{
    std::string value = std::string(browser_cookie) + "=" + id + "; path=/; secure; HttpOnly; SameSite=Lax";
    if (stay)
        value += "; Max-Age=7776000";
    c_.headers.push_back({"Set-Cookie", std::move(value)});
}

// A new sign-in gets a new cookie, whatever the browser came with.
inline void sign_in_pages::remember_sign_in(user const& u)
{
    browser b;
    if (auto const old = s_.browsers.find(at_.browser); old != s_.browsers.end())
    {
        b = std::move(old->second);
        s_.browsers.erase(old);
    }
    if (b.session_id.empty())
        b.session_id = new_guid(s_.w);
    std::erase_if(b.users, [&](signed_in const& other) { return same_name(other.user_id, u.id); });
    b.users.push_back({u.id, at_.password_at, at_.multifactor, at_.multifactor_at});
    if (b.users.size() > 16)
        b.users.erase(b.users.begin());
    at_.browser = random_text(s_.w, 24);
    s_.browsers.emplace(at_.browser, std::move(b));
    s_.browser_order.push_back(at_.browser);
    while (s_.browser_order.size() > most_browsers)
    {
        s_.browsers.erase(s_.browser_order.front());
        s_.browser_order.pop_front();
    }
    set_cookie(at_.browser, at_.staying);
}

// Application and redirect URI: whatever is wrong with them stands on a page.
inline std::optional<http::response> sign_in_pages::understand_client(parameters const& p)
{
    if (auto const refused = s_.resolve(at_.authority, a_.authority))
        return s_.error_page(c_, *refused);
    std::string const client_id = p.get("client_id");
    if (client_id.empty())
        return s_.error_page(c_, refuse(900144, {{"name", "client_id"}}));
    if (client_id == "00000000-0000-0000-0000-000000000000")
        return s_.error_page(c_, refuse(700038, {{"appId", client_id}}));
    a_.app = s_.w.directory.find_application(client_id);
    if (!a_.app)
        return s_.error_page(c_, refuse(700016, {{"appId", client_id}, {"tenant", a_.authority.asked}}));
    if (auto const refused = s_.check_application(*a_.app, a_.authority, false))
        return s_.error_page(c_, *refused);
    for (required_permission const& listed : a_.app->permissions)
        if (!find_resource(listed.resource))
            return s_.error_page(c_, refuse(650054));
        else if (!find_permission_id(listed.resource, listed.id))
            return s_.error_page(
                c_, refuse(65006, {{"resource", listed.resource}, {"appId", a_.app->app_id}, {"id", listed.id}}));

    a_.redirect_uri = p.get("redirect_uri");
    if (a_.app->redirect_uris.empty())
        return s_.error_page(c_, refuse(500113));
    if (a_.redirect_uri.empty() && !p.has("redirect_uri"))
        a_.redirect_uri = a_.app->redirect_uris.front().uri;
    if (a_.redirect_uri.empty())
        return s_.error_page(c_, refuse(900971));
    if (a_.redirect_uri.find(':') == a_.redirect_uri.npos)
        return s_.error_page(c_, refuse(90102, {{"name", "redirect_uri"}}));
    a_.registered = a_.app->match_redirect(a_.redirect_uri);
    std::string const scheme = lower(a_.redirect_uri.substr(0, a_.redirect_uri.find(':')));
    if (!a_.registered || scheme == "javascript" || scheme == "data" || scheme == "vbscript")
        return s_.error_page(c_, refuse(50011, {{"uri", a_.redirect_uri}, {"appId", a_.app->app_id}}));

    a_.has_state = p.has("state");
    a_.state = p.get("state");
    a_.response_mode = "query";
    return std::nullopt;
}

// The v1 endpoint asks for a resource, with all that the registration lists for it.
inline std::optional<http::response> sign_in_pages::resource_of_v1(std::string const& asked)
{
    resource const* const r = find_resource(asked);
    if (!r)
        return redirect_error(refuse(50001, {{"resource", asked}, {"tenant", a_.authority.asked}}));
    std::string listed;
    bool found = false;
    for (required_permission const& p : a_.app->permissions)
    {
        found = found || same_name(p.resource, r->app_id);
        if (listed.find(p.resource) == listed.npos)
            listed += (listed.empty() ? "" : ", ") + p.resource;
    }
    if (!found)
        return redirect_error(refuse(650057, {{"appId", a_.app->app_id},
                                              {"name", a_.app->display_name},
                                              {"resource", asked},
                                              {"resourceId", r->app_id},
                                              {"list", listed}}));
    return std::nullopt;
}

// Words in any order, each once (OAuth 2.0 Multiple Response Type Encoding Practices, section 3). False when one is
// unknown.
inline bool sign_in_pages::read_response_type(std::string_view type)
{
    bool known = true;
    for (std::size_t at = 0; at <= type.size();)
    {
        std::size_t const end = std::min(type.find(' ', at), type.size());
        std::string_view const one = type.substr(at, end - at);
        bool* const which = one == "code"       ? &a_.code
                            : one == "id_token" ? &a_.id_token
                            : one == "token"    ? &a_.access_token
                                                : nullptr;
        if (!which || std::exchange(*which, true))
            known = false;
        at = end + 1;
    }
    return known;
}

// The authorization request, with what is wrong in the order in which it decides whether it may be redirected.
inline std::optional<http::response> sign_in_pages::understand(parameters const& p)
{
    if (auto refused = understand_client(p))
        return refused;
    bool const v1 = at_.purpose == purpose::authorize_v1;
    // From here on errors go to the application (RFC 6749 section 4.1.2.1), by the way that its answer would take (OAuth
    // 2.0 Multiple Response Type Encoding Practices, section 5).
    std::string const type = p.get("response_type"), mode = p.get("response_mode");
    bool const known = read_response_type(type), tokens = a_.id_token || a_.access_token;
    char const* const usual = tokens ? "fragment" : "query";
    a_.response_mode = p.has("response_mode") ? mode : usual;
    if (a_.response_mode != "query" && a_.response_mode != "fragment" && a_.response_mode != "form_post")
    {
        a_.response_mode = usual;
        return redirect_error(refuse(70007, {{"mode", mode}}));
    }
    if (a_.response_mode == "form_post" && !is_web(a_.redirect_uri))
        a_.response_mode = usual;
    if (std::string const twice = p.duplicate(); !twice.empty())
        return redirect_error(refuse(9000411, {{"name", twice}}));
    if (p.has("resource") && !v1)
        return redirect_error(refuse(901002));
    if (type.empty())
        return redirect_error(refuse(900144, {{"name", "response_type"}}));
    if (!known)
        return redirect_error(refuse(90100, {{"name", "response_type"}}));
    bool const strict = s_.w.policy.service.strict_oauth;
    if (a_.access_token && (!a_.app->access_token_issuance || strict))  // strict: RFC 9700 section 2.1.2
        return redirect_error(refuse(700051));
    if (a_.id_token && !a_.app->id_token_issuance)
        return redirect_error(refuse(700054));
    if (tokens && a_.response_mode == "query")
        return redirect_error(refuse(70007, {{"mode", "query"}}));
    std::string scope = p.get("scope");
    if (v1)
    {
        if (a_.authority.is == authority::kind::consumers)
            return s_.error_page(c_, refuse(90027));
        std::string const resource = p.get("resource");
        if (!resource.empty())
            if (auto refused = resource_of_v1(resource))
                return refused;
        scope = (resource.empty() ? "" : resource + (resource.ends_with('/') ? ".default " : "/.default ")) +
                "openid profile email offline_access";
    }
    if (scope.find_first_not_of(' ') == std::string::npos)
        return redirect_error(refuse(900144, {{"name", "scope"}}));
    a_.scopes = s_.understand(scope, *a_.app, a_.authority);
    if (a_.scopes.problem)
    {
        // A scope or resource that does not exist stands on the page; one that cannot be read is redirected.
        if (a_.scopes.problem->code == 70011)
            return redirect_error(*a_.scopes.problem);
        return s_.error_page(c_, *a_.scopes.problem);
    }
    if (a_.scopes.default_mixed())
        return redirect_error(refuse(70011, {{"scopes", scope}}));
    if (a_.id_token && !a_.scopes.has("openid"))
        return redirect_error(refuse(70005));
    if (a_.access_token && a_.scopes.resources().size() > 1)
        return redirect_error(refuse(700022, {{"scopes", scope}}));
    a_.nonce = p.get("nonce");
    if (a_.id_token && a_.nonce.empty())
        return redirect_error(refuse(900144, {{"name", "nonce"}}));

    a_.challenge = p.get("code_challenge");
    a_.challenge_method = p.has("code_challenge_method") ? p.get("code_challenge_method") : "plain";
    if (p.has("code_challenge"))
    {
        bool const hashed = a_.challenge_method == "S256";
        if ((!hashed && a_.challenge_method != "plain") || (strict && !hashed))
            return redirect_error(refuse(50149));
        if (!is_challenge(a_.challenge, hashed))
            return redirect_error(refuse(hashed ? 501491 : 50147));
    }
    else if (strict && a_.code)
        return redirect_error(refuse(900144, {{"name", "code_challenge"}}));
    a_.prompt = p.get("prompt");
    if (!a_.prompt.empty() && a_.prompt != "login" && a_.prompt != "none" && a_.prompt != "consent" &&
        a_.prompt != "select_account" && a_.prompt != "create")
        return redirect_error(refuse(90100, {{"name", "prompt"}}));
    a_.login_hint = p.get("login_hint");
    a_.session_wanted = p.get("sid");
    if (!a_.session_wanted.empty() && !a_.login_hint.empty())
        return redirect_error(refuse(90005));
    if (std::string const age = p.get("max_age"); !age.empty())
    {
        if (age.size() > 9 || age.find_first_not_of("0123456789") != age.npos)
            return redirect_error(refuse(90100, {{"name", "max_age"}}));
        a_.max_age = std::stoll(age);
    }
    if (auto claims = parse_claims(p.get("claims")))
        a_.claims = std::move(*claims);
    else
        return redirect_error(refuse(50117));
    a_.client_info = p.get("client_info") == "1";
    return std::nullopt;
}

inline http::response sign_in_pages::show(char const* stage, std::string_view title, std::string_view body,
                                          pages::values with)
{
    at_.stage = stage;
    with.texts.emplace_back("action", "/" + (a_.app ? a_.authority.name : "common") + "/login");
    with.texts.emplace_back("flow", seal(s_.w, at_));
    with.texts.emplace_back("app", a_.app ? a_.app->display_name : "");
    if (c_.entry.answer.empty())
        c_.entry.answer = std::string("page ") + stage;
    return s_.page(c_, title, body, with, origin_of(a_.redirect_uri));
}

inline http::response sign_in_pages::email_form(std::string login, std::string problem, std::string detail)
{
    at_.user_id.clear();
    at_.password_at = 0;
    at_.multifactor = false;
    return show(
        "email", "Sign in", pages::sign_in_email,
        {.texts = {{"login", std::move(login)}, {"problem", std::move(problem)}, {"detail", std::move(detail)}}});
}

inline http::response sign_in_pages::password_form(std::string const& login, int code)
{
    std::string problem, detail;
    if (code != 0)
    {
        refusal const r = refuse(code);
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page password AADSTS" + std::to_string(code);
        c_.entry.reason = r.text;
        problem = code == 50126   ? "Your account or password is incorrect. If you don't remember your password, reset "
                                    "it now."
                  : code == 50053 ? "Your account is temporarily locked to prevent unauthorized use. Try again later, "
                                    "and if you still have trouble, contact your admin."
                  : code == 50056 ? "There is no password for this account. Contact your admin."
                                  : "Your password has expired. Change it where it lives, then sign in again.";
        detail = "AADSTS" + std::to_string(code) + ": " + r.text;
    }
    return show("password", "Enter password", pages::sign_in_password,
                {.texts = {{"login", login}, {"problem", std::move(problem)}, {"detail", std::move(detail)}}});
}

// "Update your password": a new one is due. `code` says why, or what is wrong with the one typed; zero: it was not typed
// the same twice.
inline http::response sign_in_pages::new_password_form(user const& u, int code)
{
    std::string detail;
    if (code != 0)
    {
        refusal const r = refuse(code);
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page new_password AADSTS" + std::to_string(code);
        c_.entry.reason = r.text;
        detail = "AADSTS" + std::to_string(code) + ": " + r.text;
    }
    fields said{{"login", u.principal_name}, {"detail", std::move(detail)}};
    if (code == 0)
        said.emplace_back("confirm_problem", "These passwords don't match.");
    else if (code == 120000)
        said.emplace_back("old_problem", "Your current password is incorrect.");
    else if (code == 120002)
        said.emplace_back("new_problem",
                          "Choose a password that's harder for people to guess: at least eight characters, and not the "
                          "old one.");
    else if (code == 120003)
        said.emplace_back("new_problem", "Choose a password that doesn't contain your user name.");
    else if (code == 50135)
        said.emplace_back("problem", "Someone else may know your password. Create a new one.");
    return show("new_password", "Update your password", pages::new_password, {.texts = std::move(said)});
}

inline http::response sign_in_pages::change_password(user& u)
{
    std::string const old = c_.form.get("oldpasswd"), now = c_.form.get("newpasswd");
    if (!(secret(u.password) == secret(old)) || u.password.empty())
        return new_password_form(u, 120000);
    if (now != c_.form.get("confirmpasswd"))
        return new_password_form(u, 0);
    std::string const name = lower(std::string_view(u.principal_name).substr(0, u.principal_name.find('@')));
    if (name.size() >= 3 && lower(now).find(name) != std::string::npos)
        return new_password_form(u, 120003);
    if (now.size() < 8 || now.size() > 256 || now == old)
        return new_password_form(u, 120002);
    s_.w.directory.change_password(s_.w, u, now);
    at_.password_at = unix_time(s_.w);
    at_.multifactor = false;
    at_.picked = true;
    remember_sign_in(u);
    return proceed();
}

inline http::response sign_in_pages::pick_form(std::vector<signed_in> const& among)
{
    std::vector<pages::values> rows;
    for (signed_in const& one : among)
        if (user const* const u = s_.find(one.user_id))
            rows.push_back({.texts = {{"id", u->id}, {"name", u->display_name}, {"login", u->principal_name}}});
    return show("pick", "Pick an account", pages::sign_in_pick, {.lists = {{"accounts", std::move(rows)}}});
}

inline http::response sign_in_pages::personal_error(std::string error, std::string message)
{
    c_.entry.outcome = journal_outcome::refused;
    c_.entry.answer = "page " + error;
    c_.entry.reason = message;
    return s_.page(c_, "We're unable to complete your request", pages::personal_error,
                   {.texts = {{"error", std::move(error)}, {"message", std::move(message)}}});
}

// Back to the application. An empty fragment is added in query mode, so that none of ours goes along (documented:
// Microsoft Learn, breaking changes, February 2020), and a path where there was none (documented there, too).
inline http::response sign_in_pages::redirect(fields with)
{
    if (a_.has_state)
    {
        auto const before =
            std::find_if(with.begin(), with.end(), [](auto const& f) { return f.first == "session_state"; });
        with.insert(before, {"state", a_.state});
    }
    if (a_.response_mode == "form_post")
    {
        std::vector<pages::values> rows;
        for (auto const& [name, value] : with)
            rows.push_back({.texts = {{"name", name}, {"value", value}}});
        return s_.page(c_, "Working...", pages::form_post,
                       {.texts = {{"action", a_.redirect_uri}}, .lists = {{"fields", std::move(rows)}}},
                       origin_of(a_.redirect_uri), true);
    }
    std::string encoded;
    for (auto const& [name, value] : with)
        encoded += (encoded.empty() ? "" : "&") + name + "=" + encode(value);
    std::string location = a_.redirect_uri;
    if (is_web(location) && location.find('/', location.find("//") + 2) == location.npos &&
        location.find_first_of("?#") == location.npos)
        location += '/';
    if (a_.response_mode == "fragment")
        location += "#" + encoded;
    else
        location += (location.find('?') == location.npos ? "?" : "&") + encoded + "#";
    c_.headers.push_back({"Location", location});
    c_.headers.push_back({"Referrer-Policy", "no-referrer"});
    return {.status = c_.request.method == "POST" ? 303u : 302u};
}

inline http::response sign_in_pages::redirect_error(refusal const& r, bool with_subcode)
{
    if (for_admin() && with_subcode)  // an administrator has pressed Cancel
    {
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "redirect: no admin consent";
        c_.entry.reason = "the administrator has declined";
        if (at_.purpose == purpose::admin_consent_v1)
            return redirect({{"error", "permission_denied"}, {"error_description", "The admin canceled the request"}});
        refusal const declined = refuse(65004);
        return redirect({{"admin_consent", "True"},
                         {"error", "consent_required"},
                         {"error_description", s_.message(c_, declined)},
                         {"error_uri", c_.base + "/error?code=65004"}});
    }
    if (a_.device)  // the device hears of it when it asks
    {
        if (r.error != "access_denied")
            return s_.error_page(c_, r);
        a_.device->is = device_request::state::declined;
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page declined";
        c_.entry.reason = "the person has declined to sign in for the device";
        return s_.page(c_, "Sign-in cancelled", pages::device_declined, {.texts = {{"app", a_.app->display_name}}});
    }
    fields with{{"error", r.error}};
    if (r.code != 0)
    {
        with.emplace_back("error_description", s_.message(c_, r));
        with.emplace_back("error_uri", c_.base + "/error?code=" + std::to_string(r.code));
    }
    else if (!r.text.empty())
        with.emplace_back("error_description", r.text);
    if (with_subcode)
        with.emplace_back("error_subcode", "cancel");
    if (!r.claims.empty())
        with.emplace_back("claims", r.claims);
    c_.entry.outcome = journal_outcome::refused;
    c_.entry.answer = "redirect " + r.error + (r.code != 0 ? " AADSTS" + std::to_string(r.code) : "");
    c_.entry.reason = r.text;
    return redirect(std::move(with));
}

// What needs the person cannot be answered to prompt=none.
inline http::response sign_in_pages::interactive(refusal r)
{
    if (!silent())
        return s_.error_page(c_, r);
    r.error = "interaction_required";
    return redirect_error(r);
}

// The person as the tenant of the request knows them.
inline user sign_in_pages::here(user const& u) const
{
    if (a_.authority.is == authority::kind::tenant)
        if (auto seen = s_.seen_as_guest(u, a_.authority.tenant->id))
            return std::move(*seen);
    return u;
}

// Why this account cannot sign in on this authority, in the words that its page has for it.
inline std::optional<std::string> sign_in_pages::foreign(user const& u) const
{
    using kind = authority::kind;
    if (u.kind == account_kind::work && a_.authority.is == kind::consumers)
        return "That Microsoft account doesn't exist. Enter a different account or get a new one.";
    if (u.kind == account_kind::personal && a_.authority.is == kind::organizations)
        return "You can't sign in here with a personal account. Use your work or school account instead.";
    return std::nullopt;
}

// After the password: accounts that exist, but not for this tenant or this registration.
inline std::optional<http::response> sign_in_pages::not_here(user const& u)
{
    using kind = authority::kind;
    bool const personal = u.kind == account_kind::personal;
    if (a_.authority.is == kind::tenant && !same_name(u.tenant_id, a_.authority.tenant->id))
    {
        tenant const& t = *a_.authority.tenant;
        guest const* const g = t.find_guest(u.id);
        if (!g)
            return interactive(refuse(silent() ? 16000 : 50020, {{"login", u.principal_name},
                                                                 {"issuer", s_.identity_provider(u)},
                                                                 {"tenant", t.display_name},
                                                                 {"appId", a_.app->app_id},
                                                                 {"name", a_.app->display_name}}));
        if (auto const refused = s_.check_guest(u, t, *g))
            return interactive(*refused);
        return std::nullopt;
    }
    if (personal && at_.purpose == purpose::authorize_v1)
        return interactive(refuse(500201));
    bool const for_personal =
        a_.app->audience == sign_in_audience::orgs_and_personal || a_.app->audience == sign_in_audience::personal;
    if (personal && !for_personal)
        return personal_error(
            "unauthorized_client",
            "The client does not exist or is not enabled for consumers. If you are the application "
            "developer, configure a new application through the App Registrations in the Azure Portal "
            "at https://go.microsoft.com/fwlink/?linkid=2083908.");
    return std::nullopt;
}

inline http::response sign_in_pages::accept_email(std::string const& login)
{
    std::size_t const begin = std::min(login.find_first_not_of(' '), login.size());
    std::string const name = login.substr(begin, login.find_last_not_of(' ') + 1 - begin);
    if (name.empty())
        return email_form({}, "Enter a valid email address, phone number, or Skype name.");
    user const* const u = s_.w.directory.find_user(name);
    if (!u)
    {
        // Only at /organizations is it certain that the domain ought to be a tenant's.
        bool const homeless = a_.authority.is == authority::kind::organizations && name.find('@') != name.npos &&
                              !s_.w.directory.find_tenant(name.substr(name.find('@') + 1));
        refusal const r = refuse(homeless ? 50128 : 50034, {{"tenant", a_.authority.asked}});
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page email AADSTS" + std::to_string(r.code);
        c_.entry.reason = "there is no such account in this world";
        return email_form(name,
                          a_.authority.is == authority::kind::tenant
                              ? "This username may be incorrect. Make sure you typed it correctly. Otherwise, contact "
                                "your admin."
                              : "We couldn't find an account with that username. Try another, or get a new Microsoft "
                                "account.",
                          "AADSTS" + std::to_string(r.code) + ": " + r.text);
    }
    if (auto problem = foreign(*u))
    {
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page email";
        c_.entry.reason = *problem;
        std::string detail;
        if (u->kind == account_kind::personal)
        {
            c_.entry.answer += " AADSTS500208";
            detail = "AADSTS500208: " + refuse(500208).text;
        }
        return email_form(name, std::move(*problem), std::move(detail));
    }
    at_.user_id = u->id;
    at_.password_at = 0;
    at_.picked = true;
    return password_form(u->principal_name);
}

inline http::response sign_in_pages::accept_password(std::string const& login, std::string const& password)
{
    user* u = s_.w.directory.find_user_id(at_.user_id);
    if (!login.empty() && (!u || !u->answers_to(login)))
        u = s_.w.directory.find_user(login);
    if (!u)
        return email_form(login);
    if (auto problem = foreign(*u))
        return email_form(login, std::move(*problem));
    at_.user_id = u->id;
    at_.staying = c_.form.get("kmsi") == "1";
    if (u->locked)
        return password_form(u->principal_name, 50053);
    if (u->password.empty())
        return password_form(u->principal_name, 50056);
    if (!(secret(u->password) == secret(password)))
        return password_form(u->principal_name, 50126);
    if (u->password_expired && u->on_premises)
        return password_form(u->principal_name, 50144);
    if (u->enabled && (u->password_expired || u->must_change_password))
        return new_password_form(*u, 50055);
    if (u->enabled && u->risk == user_risk::compromised && !u->on_premises)
        return new_password_form(*u, 50135);
    at_.password_at = unix_time(s_.w);
    at_.multifactor = false;
    at_.picked = true;
    remember_sign_in(*u);
    return proceed();
}

// Sign-ins end by the tenant's sign-in frequency, and for this request by its max_age.
inline bool sign_in_pages::too_old(signed_in const& one) const
{
    user const* const u = s_.find(one.user_id);
    std::int64_t const age = unix_time(s_.w) - one.at;
    std::int64_t const hours = u ? s_.w.policy.tenant(here(*u).tenant_id).sign_in_frequency : 0;
    return (hours != 0 && age >= hours * 3600) || (a_.max_age && age > *a_.max_age);
}

// Who is signing in: from the browser's sign-ins, or by asking. Nothing when it is known.
inline std::optional<http::response> sign_in_pages::identify()
{
    if (user const* const u = s_.find(at_.user_id); u && at_.password_at != 0)
        return std::nullopt;
    std::vector<signed_in> usable;
    int why_none = 50058;
    if (browser* const b = known_browser();
        silent() && !a_.session_wanted.empty() && (!b || !same_name(b->session_id, a_.session_wanted)))
        return interactive(refuse(160021));
    if (browser* const b = known_browser())
        for (signed_in const& one : b->users)
        {
            user const* const u = s_.find(one.user_id);
            std::int64_t const valid_from =
                u ? std::chrono::duration_cast<std::chrono::seconds>(u->tokens_valid_from.time_since_epoch()).count()
                  : 0;
            if (!u || foreign(*u))
                continue;
            if (one.at < valid_from)
                why_none = 50133;
            else if (too_old(one))
                why_none = 70044;
            else
                usable.push_back(one);
        }
    auto const use = [&](signed_in const& one) {
        at_.user_id = one.user_id;
        at_.password_at = one.at;
        at_.multifactor = one.multifactor;
        at_.multifactor_at = one.multifactor_at;
    };
    user const* const hinted = a_.login_hint.empty() ? nullptr : s_.w.directory.find_user(a_.login_hint);
    if (!a_.login_hint.empty())
        std::erase_if(usable, [&](signed_in const& one) {
            // A hint that names nobody leaves the choice open.
            return hinted && (silent() || a_.prompt.empty() || a_.prompt == "consent") &&
                   !same_name(one.user_id, hinted->id);
        });
    if (silent())
    {
        if (usable.empty() && why_none != 50058)
            return interactive(refuse(why_none));
        if (usable.size() != 1)
            return redirect_error(refuse(50058));
        use(usable.front());
        return std::nullopt;
    }
    if (a_.prompt != "login" && !at_.picked)
    {
        if ((a_.prompt == "select_account" && !usable.empty()) || usable.size() > 1)
            return pick_form(usable);
        if (usable.size() == 1)
        {
            use(usable.front());
            return std::nullopt;
        }
    }
    if (hinted && !at_.picked && !foreign(*hinted))
    {
        at_.user_id = hinted->id;
        return password_form(hinted->principal_name);
    }
    return email_form(a_.login_hint);
}

// What the directory and the policies say about the person who has proven the password.
inline std::optional<http::response> sign_in_pages::check_person(user const& u)
{
    if (!u.enabled || u.shared_mailbox)
        return interactive(refuse(50057));
    if (auto refused = not_here(*s_.find(at_.user_id)))
        return refused;
    if (auto const refused = s_.check_restrictions(c_, u.tenant_id))
        return interactive(*refused);
    if (u.minor)
        return interactive(refuse(54000, {{"name", a_.app->display_name}}));
    if (u.risk == user_risk::compromised)
        return interactive(refuse(50135));
    service_principal const* const sp = s_.w.directory.find_service_principal(a_.app->app_id, u.tenant_id);
    if (sp && !sp->enabled)
        return interactive(refuse(7000112, {{"appId", a_.app->app_id}, {"name", a_.app->display_name}}));
    std::vector<access_policy> const policies = s_.policies_for(u, a_.claims);
    if (auto const refused = s_.check_policies(policies))
        return interactive(*refused);
    if (a_.device && !s_.w.policy.tenant(u.tenant_id).device_code)
        return interactive(refuse(53003));
    bool const expired = at_.multifactor && s_.second_factor_expired(u.tenant_id, at_.multifactor_at);
    if (access_policy const* const by = second_factor_in(policies); by && (!at_.multifactor || expired))
    {
        bool const registers = by->demands == conditional_access::mfa_registration || !u.mfa_registered;
        if (registers && u.risk != user_risk::none)
            return interactive(refuse(53004));
        auto const resources = a_.scopes.resources();
        std::string_view const resource = resources.empty() ? graph_app_id : resources.front()->app_id;
        if (silent())
            return interactive(challenge(refuse(expired     ? 50078
                                                : registers ? 50079
                                                            : 50076,
                                                {{"resource", resource}}),
                                         *by));
        return show("second_factor", registers ? "More information required" : "Approve sign in request",
                    pages::sign_in_second_factor,
                    {.texts = {{"login", u.principal_name}}, .flags = {{"register", registers}}});
    }
    if (sp && sp->assignment_required &&
        std::none_of(sp->assigned_users.begin(), sp->assigned_users.end(),
                     [&](std::string const& id) { return same_name(id, u.id); }))
        return interactive(
            refuse(50105, {{"name", a_.app->display_name}, {"appId", a_.app->app_id}, {"login", u.principal_name}}));
    tenant const* const home = s_.w.directory.find_tenant(u.tenant_id);
    for (resource const* const r : a_.scopes.resources())
        if (home && !home->state_of(r->app_id).enabled)
            return interactive(refuse(500014, {{"resource", r->app_id}}));
        else if (home && !home->has_exchange && r->app_id == exchange_app_id)
            return interactive(
                refuse(650052, {{"resource", r->app_id}, {"resourceName", r->name}, {"tenant", u.tenant_id}}));
    return std::nullopt;
}

// The permissions of the request that nobody has granted yet. The OpenID Connect ones come with the first grant.
inline std::vector<wanted_permission> sign_in_pages::missing_permissions(user const& u) const
{
    std::vector<wanted_permission> all;
    bool const again = a_.prompt == "consent" && at_.stage != "consent";
    auto const add = [&](std::string_view resource, std::string const& name, permission const* what) {
        for (wanted_permission const& other : all)
            if (other.resource == resource && same_name(other.name, name))
                return;
        if (again || !s_.w.directory.consented(a_.app->app_id, u, resource, name))
            all.push_back({resource, name, what});
    };
    bool any = false;
    for (consent const& c : s_.w.directory.consents())
        any = any || (same_name(c.app_id, a_.app->app_id) && same_name(c.tenant_id, u.tenant_id) &&
                      c.type == permission_type::delegated && (c.user_id.empty() || same_name(c.user_id, u.id)));
    for (scope_item const& i : a_.scopes.items)
        if (i.from && i.is_default())
        {
            for (required_permission const& listed : a_.app->permissions)
                if (permission const* const p = find_permission_id(listed.resource, listed.id);
                    p && p->type == permission_type::delegated)
                    add(p->resource, std::string(p->name), p);
        }
        else if (i.from)
            add(i.from->app_id, i.name, i.what);
    if (!any || again || !all.empty())
        for (scope_item const& i : a_.scopes.items)
            if (!i.from)
                add(graph_app_id, i.name, find_permission(graph_app_id, i.name, permission_type::delegated));
    return all;
}

inline std::optional<http::response> sign_in_pages::check_consent(user const& u)
{
    // Permissions of the mail protocols are listed under Graph, and count for Exchange, too.
    auto const listed = [&](scope_item const& i) {
        for (required_permission const& p : a_.app->permissions)
        {
            permission const* const known = find_permission_id(p.resource, p.id);
            if (same_name(p.resource, i.from->app_id) ||
                (known && find_permission(i.from->app_id, known->name, permission_type::delegated)))
                return true;
        }
        return false;
    };
    for (scope_item const& i : a_.scopes.items)
        if (i.is_default() && !listed(i) && s_.w.directory.granted_scopes(a_.app->app_id, u, i.from->app_id).empty())
            return interactive(refuse(650056, {{"resourceName", i.from->name}, {"appId", a_.app->app_id}}));
    std::vector<wanted_permission> const missing = missing_permissions(u);
    if (missing.empty())
        return std::nullopt;
    if (silent())
    {
        refusal r = refuse(65001, {{"appId", a_.app->app_id}, {"name", a_.app->display_name}});
        r.error = "interaction_required";
        return redirect_error(r);
    }
    std::vector<pages::values> rows;
    bool admin_only = false, low_impact = true;
    for (wanted_permission const& p : missing)
    {
        rows.push_back({.texts = {{"title", p.what ? std::string(p.what->title) : p.name}, {"name", p.name}}});
        admin_only = admin_only || (p.what && p.what->admin_only);
        low_impact = low_impact && p.what && p.what->low_impact;
    }
    tenant_policy const& policy = s_.w.policy.tenant(u.tenant_id);
    bool const work = u.kind == account_kind::work;
    bool const denied = work && !u.is_admin() &&
                        (admin_only || policy.user_consent == user_consent::disabled ||
                         (policy.user_consent == user_consent::low_impact_only && !low_impact));
    if (denied)
    {
        refusal const r = refuse(policy.admin_consent_requests ? 90095 : 90094, {{"name", a_.app->display_name}});
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page AADSTS" + std::to_string(r.code);
        c_.entry.reason = r.text;
        return show("approval", policy.admin_consent_requests ? "Approval required" : "Need admin approval",
                    pages::admin_approval,
                    {.texts = {{"login", u.principal_name},
                               {"message", "AADSTS" + std::to_string(r.code) + ": " + r.text},
                               {"trace", c_.trace},
                               {"correlation", c_.correlation},
                               {"time", c_.time}},
                     .flags = {{"requests", policy.admin_consent_requests}},
                     .lists = {{"permissions", std::move(rows)}}});
    }
    tenant const* const publisher = s_.w.directory.find_tenant(a_.app->tenant_id);
    return show(
        "consent", "Permissions requested", pages::consent,
        {.texts = {{"login", u.principal_name}, {"publisher", publisher ? publisher->display_name : "unverified"}},
         .flags = {{"admin", work && u.is_admin()}},
         .lists = {{"permissions", std::move(rows)}}});
}

inline http::response sign_in_pages::finish(user const& u)
{
    s_.w.directory.ensure_service_principal(s_.w, a_.app->app_id, u.tenant_id);
    browser* const b = known_browser();
    grant g;
    g.id = random_text(s_.w, 16);
    user const& at_home = *s_.find(at_.user_id);
    g.tenant = u.tenant_id;
    g.authority = a_.authority.name;
    g.client_id = a_.app->app_id;
    g.user_id = at_home.id;
    g.user_tenant = at_home.tenant_id;
    g.scope = a_.scopes.text;
    g.platform = a_.device ? "device" : to_string(a_.registered->type);
    g.redirect_uri = a_.redirect_uri;
    g.nonce = a_.nonce;
    g.challenge = a_.challenge;
    g.challenge_method = a_.challenge_method;
    g.session_id = b ? b->session_id : new_guid(s_.w);
    g.multifactor = at_.multifactor;
    g.multifactor_at = at_.multifactor_at;
    g.says_auth_time = a_.max_age.has_value();
    g.signed_in_at = at_.password_at;
    g.issued_at = unix_time(s_.w);
    if (a_.device)
    {
        a_.device->given = std::move(g);
        a_.device->is = device_request::state::approved;
        c_.entry.answer = "page approved for " + u.principal_name;
        return s_.page(c_, a_.app->display_name, pages::device_done, {.texts = {{"app", a_.app->display_name}}});
    }
    fields with;
    std::string given, code, access;
    auto const add = [&](char const* name, std::string value) { with.emplace_back(name, std::move(value)); };
    if (a_.code)
    {
        code = seal_code(s_.w.keys, s_.w, g);
        add("code", code);
        given = " code";
    }
    if (a_.id_token || a_.access_token)
    {
        entitlement e(s_, c_, *a_.app, g, a_.scopes, a_.scopes, a_.claims);
        if (auto const refused = e.check())
            return interactive(*refused);
        if (a_.access_token)
        {
            access_claims claims = e.access(0);
            access = issue_access_token(s_.w.keys, s_.w, claims, token_life);
            add("access_token", access);
            add("token_type", "Bearer");
            add("expires_in", std::to_string(e.expires_in()));
            add("scope", e.scope());
            given += " token";
        }
        if (a_.id_token)
        {
            id_claims id = e.identity();
            id.nonce = a_.nonce;
            id.c_hash_of = code;
            id.at_hash_of = access;
            add("id_token", issue_id_token(s_.w.keys, s_.w, id));
            given += " id_token";
        }
    }
    if (a_.client_info)
    {
        // Some applications read a name from it (observed: EmailEngine), others whose account it is (MSAL).
        mock::person const p = s_.person_of(at_home);
        boost::json::object const o{
            {"uid", p.object_id}, {"utid", p.home_tenant}, {"name", p.name}, {"preferred_username", p.login}};
        add("client_info", outkit::detail::base64url_encode(boost::json::serialize(o)));
    }
    add("session_state", g.session_id);
    c_.entry.answer = "redirect" + given + " for " + u.principal_name;
    return redirect(std::move(with));
}

inline http::response sign_in_pages::proceed()
{
    if (auto asked = identify())
        return std::move(*asked);
    user const u = here(*s_.find(at_.user_id));
    // Since June 2021, against codes that somebody else has sent (documented: Microsoft Learn, breaking changes).
    if (a_.device && !at_.confirmed)
        return show("confirm", "Are you trying to sign in?", pages::device_confirm,
                    {.texts = {{"login", u.principal_name}}});
    if (auto refused = check_person(u))
        return std::move(*refused);
    if (for_admin())
        return ask_admin(u);
    if (auto asked = check_consent(u))
        return std::move(*asked);
    return finish(u);
}

// Everything that an administrator is asked to grant: v1 what the registration lists, v2 what the scope says.
inline std::vector<wanted_permission> sign_in_pages::admin_permissions() const
{
    std::vector<wanted_permission> all;
    auto const add = [&](permission const* p) {
        if (p && std::none_of(all.begin(), all.end(), [&](wanted_permission const& other) { return other.what == p; }))
            all.push_back({p->resource, std::string(p->name), p});
    };
    bool everything = at_.purpose == purpose::admin_consent_v1;
    for (scope_item const& i : a_.scopes.items)
        if (i.is_default())
            everything = true;
        else
            add(i.from ? i.what : find_permission(graph_app_id, i.name, permission_type::delegated));
    if (everything)
        for (required_permission const& listed : a_.app->permissions)
            add(find_permission_id(listed.resource, listed.id));
    return all;
}

// The page of the admin consent endpoint. Documented: Microsoft Learn, admin consent.
inline http::response sign_in_pages::ask_admin(user const& u)
{
    std::vector<pages::values> rows;
    for (wanted_permission const& p : admin_permissions())
        rows.push_back({.texts = {{"title", std::string(p.what->title)}, {"name", p.name}}});
    if (!u.is_admin())
    {
        refusal const r = refuse(90094, {{"name", a_.app->display_name}});
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page AADSTS90094";
        c_.entry.reason = r.text;
        return show("approval", "Need admin approval", pages::admin_approval,
                    {.texts = {{"login", u.principal_name},
                               {"message", "AADSTS90094: " + r.text},
                               {"trace", c_.trace},
                               {"correlation", c_.correlation},
                               {"time", c_.time}},
                     .lists = {{"permissions", std::move(rows)}}});
    }
    tenant const* const publisher = s_.w.directory.find_tenant(a_.app->tenant_id);
    return show("admin_consent", "Permissions requested", pages::consent,
                {.texts = {{"login", u.principal_name},
                           {"publisher", publisher ? publisher->display_name : "unverified"},
                           {"everybody", "yes"}},
                 .lists = {{"permissions", std::move(rows)}}});
}

inline http::response sign_in_pages::admin_has_consented(user const& u)
{
    s_.w.directory.ensure_service_principal(s_.w, a_.app->app_id, u.tenant_id);
    for (wanted_permission const& p : admin_permissions())
        s_.w.directory.grant({.app_id = a_.app->app_id,
                              .tenant_id = u.tenant_id,
                              .user_id = {},
                              .resource = std::string(p.resource),
                              .type = p.what->type,
                              .permissions = {p.name}});
    fields with{{"admin_consent", "True"}, {"tenant", u.tenant_id}};
    if (at_.purpose == purpose::admin_consent)
        with.emplace_back("scope", a_.scopes.text);
    c_.entry.answer = "redirect: admin consent by " + u.principal_name;
    return redirect(std::move(with));
}

inline std::optional<http::response> sign_in_pages::understand_admin(parameters const& p)
{
    if (auto refused = understand_client(p))
        return refused;
    using kind = authority::kind;
    bool const v1 = at_.purpose == purpose::admin_consent_v1;
    if (a_.authority.is == kind::consumers || (!v1 && a_.authority.is == kind::common))
        return s_.error_page(c_, refuse(90130, {{"appId", a_.app->app_id}, {"name", a_.app->display_name}}));
    if (v1)
        return std::nullopt;
    std::string const scope = p.get("scope");
    if (scope.find_first_not_of(' ') == scope.npos)
        return s_.error_page(c_, refuse(900144, {{"name", "scope"}}));
    a_.scopes = s_.understand(scope, *a_.app, a_.authority);
    if (a_.scopes.problem)
        return s_.error_page(c_, *a_.scopes.problem);
    return std::nullopt;
}

inline http::response sign_in_pages::begin_admin(bool v1)
{
    at_.purpose = v1 ? purpose::admin_consent_v1 : purpose::admin_consent;
    at_.authority = c_.asked_tenant;
    open_browser();
    if (auto refused = understand_admin(c_.query))
        return std::move(*refused);
    for (char const* name : {"client_id", "redirect_uri", "scope", "state"})
        if (std::string const* const value = c_.query.find(name))
            at_.request.emplace_back(name, *value);
    return proceed();
}

// The cookie that the forms to come are tied to.
inline void sign_in_pages::open_browser()
{
    at_.begun_at = unix_time(s_.w);
    at_.browser = cookie(c_.request.headers, browser_cookie);
    if (at_.browser.empty() || at_.browser.size() > 64)
    {
        at_.browser = random_text(s_.w, 24);
        set_cookie(at_.browser, false);
    }
}

// Where somebody types the code that a device shows.
inline http::response sign_in_pages::code_form(int code, std::string typed)
{
    at_.purpose = purpose::device;
    std::string problem, detail;
    if (code != 0)
    {
        refusal const r = refuse(code);
        c_.entry.outcome = journal_outcome::refused;
        c_.entry.answer = "page device AADSTS" + std::to_string(code);
        c_.entry.reason = r.text;
        problem = code == 90119   ? "Enter the code displayed on your app or device."
                  : code == 90120 ? "This code has been used already. Get a new one on your device."
                  : code == 70019 ? "That code has expired. Get a new one on your device."
                                  : "That code didn't work. Check the code and try again.";
        detail = "AADSTS" + std::to_string(code) + ": " + r.text;
    }
    return show(
        "device", "Enter code", pages::device_code,
        {.texts = {{"typed", std::move(typed)}, {"problem", std::move(problem)}, {"detail", std::move(detail)}}});
}

inline http::response sign_in_pages::begin_device()
{
    open_browser();
    return code_form(0);
}

inline http::response sign_in_pages::accept_code(std::string const& typed)
{
    if (typed.find_first_not_of(' ') == typed.npos)
        return code_form(90119);
    device_request const* const d = s_.find_user_code(typed);
    if (!d)
        return code_form(70018, typed.substr(0, 32));
    if (d->expired(unix_time(s_.w)))
        return code_form(70019);
    if (d->is != device_request::state::pending)
        return code_form(90120);
    at_.authority = d->authority;
    at_.request.emplace_back("user_code", d->user_code);
    if (auto refused = understand_device(d->user_code))
        return std::move(*refused);
    return proceed();
}

// What the device has asked for. It was understood then; but the world may have changed.
inline std::optional<http::response> sign_in_pages::understand_device(std::string const& user_code)
{
    device_request* const d = s_.find_user_code(user_code);
    if (!d || d->expired(unix_time(s_.w)))
        return code_form(70019);
    if (d->is != device_request::state::pending)
        return code_form(90120);
    if (auto const refused = s_.resolve(d->authority, a_.authority))
        return s_.error_page(c_, *refused);
    application const* app = nullptr;
    if (auto const refused = s_.check_client(d->client_id, a_.authority, app))
        return s_.error_page(c_, *refused);
    a_.app = app;
    a_.scopes = s_.understand(d->scope, *app, a_.authority);
    if (a_.scopes.problem)
        return s_.error_page(c_, *a_.scopes.problem);
    a_.claims = parse_claims(d->claims).value_or(claims_request());
    a_.device = d;
    return std::nullopt;
}

// The request as an application's browser sends it.
inline http::response sign_in_pages::begin()
{
    parameters p;
    p.all = c_.query.all;
    if (c_.request.method == "POST")
        p.all.insert(p.all.end(), c_.form.all.begin(), c_.form.all.end());
    at_.authority = c_.asked_tenant;
    at_.purpose = c_.v1 ? purpose::authorize_v1 : purpose::authorize;
    open_browser();
    if (c_.request.target.size() > longest_query)
        return s_.error_page(c_, refuse(90015));
    if (auto refused = understand(p))
        return std::move(*refused);
    for (char const* name : {"client_id", "response_type", "redirect_uri", "scope", "response_mode", "state", "nonce",
                             "prompt", "login_hint", "code_challenge", "code_challenge_method", "client_info",
                             "resource", "sid", "max_age", "claims"})
        if (std::string const* const value = p.find(name))
            at_.request.emplace_back(name, *value);
    return proceed();
}

// A form of ours that somebody has filled in.
inline http::response sign_in_pages::next_form()
{
    std::string const* const origin = http::find(c_.request.headers, "Origin");
    auto sealed = unseal(s_.w, c_.form.get("flowToken"));
    std::string const browser_id = cookie(c_.request.headers, browser_cookie);
    if (!sealed || sealed->browser != browser_id || (origin && *origin != c_.base) || !c_.form.duplicate().empty())
    {
        http::response r = s_.error_page(c_, refuse(165000));
        r.status = 400;
        return r;
    }
    at_ = std::move(*sealed);
    c_.v1 = at_.purpose == purpose::authorize_v1 || at_.purpose == purpose::admin_consent_v1;  // the form has one path
    if (unix_time(s_.w) - at_.begun_at > form_life)
        return s_.error_page(c_, refuse(50089));
    if (at_.stage == "device")
        return accept_code(c_.form.get("otc"));
    parameters p;
    p.all = at_.request;
    if (auto refused = at_.purpose == purpose::device ? understand_device(p.get("user_code"))
                       : for_admin()                  ? understand_admin(p)
                                                      : understand(p))
        return std::move(*refused);

    std::string step = c_.form.get("step");
    if (c_.form.has("pick"))
        step = "pick";
    if (step.empty())  // sent without a button, as programs do: the form's first one
        step = at_.stage == "consent" || at_.stage == "admin_consent" ? "accept"
               : at_.stage == "second_factor"                         ? "approve"
               : at_.stage == "confirm"                               ? "continue"
                                                                      : at_.stage;

    if (step == "cancel")
        return redirect_error({.code = 0, .error = "access_denied", .why = "the user pressed Cancel"}, true);
    if (step == "another")
    {
        at_.picked = true;
        return email_form({});
    }
    if (step == "email" && at_.stage == "email")
        return accept_email(c_.form.get("loginfmt"));
    if (step == "password" && (at_.stage == "password" || at_.stage == "email"))
        return accept_password(c_.form.get("loginfmt"), c_.form.get("passwd"));
    if (step == "pick" && at_.stage == "pick")
    {
        std::string const id = c_.form.get("pick");
        at_.picked = true;
        if (browser* const b = known_browser())
            for (signed_in const& one : b->users)
                if (same_name(one.user_id, id))
                {
                    at_.user_id = one.user_id;
                    at_.password_at = one.at;
                    at_.multifactor = one.multifactor;
                    at_.multifactor_at = one.multifactor_at;
                    if (!too_old(one))
                        return proceed();
                    at_.password_at = 0;
                    if (user const* const who = s_.find(one.user_id))
                        return password_form(who->principal_name);
                }
        return email_form({});
    }
    user* const u = s_.w.directory.find_user_id(at_.user_id);
    if (u && at_.stage == "new_password" && step == "new_password")
        return change_password(*u);
    if (!u || at_.password_at == 0)
        return email_form({});
    if (at_.stage == "confirm" && step == "continue")
        at_.confirmed = true;
    if (at_.stage == "second_factor" && step == "approve")
    {
        u->mfa_registered = true;
        at_.multifactor = true;
        at_.multifactor_at = unix_time(s_.w);
        remember_sign_in(*u);
        return proceed();
    }
    if (at_.stage == "second_factor" && step == "deny")
        return s_.error_page(c_, refuse(500121));
    if (at_.stage == "consent" && step == "accept")
    {
        user const seen = here(*u);
        if (auto refused = check_person(seen))
            return std::move(*refused);
        std::string const giver = seen.is_admin() && c_.form.get("organization") == "1" ? std::string() : seen.id;
        std::vector<wanted_permission> const missing = missing_permissions(seen);
        // A policy may have changed since the page was shown; then it is shown anew, as it is now.
        at_.stage = "accepting";
        tenant_policy const& policy = s_.w.policy.tenant(seen.tenant_id);
        bool const work = seen.kind == account_kind::work;
        for (wanted_permission const& p : missing)
            if (work && !seen.is_admin() &&
                ((p.what && p.what->admin_only) || policy.user_consent == user_consent::disabled ||
                 (policy.user_consent == user_consent::low_impact_only && !(p.what && p.what->low_impact))))
                return proceed();
        for (wanted_permission const& p : missing)
            s_.w.directory.grant({.app_id = a_.app->app_id,
                                  .tenant_id = seen.tenant_id,
                                  .user_id = giver,
                                  .resource = std::string(p.resource),
                                  .type = permission_type::delegated,
                                  .permissions = {p.name}});
        return finish(seen);
    }
    if (at_.stage == "admin_consent" && step == "accept")
    {
        user const seen = here(*u);
        if (auto refused = check_person(seen))
            return std::move(*refused);
        return seen.is_admin() ? admin_has_consented(seen) : ask_admin(seen);
    }
    if (at_.stage == "admin_consent" && step == "decline")
        return redirect_error(refuse(65004), true);
    // Documented: Microsoft Learn, Configure the admin consent workflow. The administrator finds it in the journal.
    if (std::string const why = c_.form.get("justification");
        at_.stage == "approval" && step == "request" && !why.empty() && why.size() <= 500 &&
        s_.w.policy.tenant(here(*u).tenant_id).admin_consent_requests && !missing_permissions(here(*u)).empty())
    {
        c_.entry.answer = "page Request sent";
        c_.entry.reason = u->principal_name + " asks an administrator to approve " + a_.app->display_name + ": " + why;
        return show("requested", "Request sent", pages::approval_requested, {.texts = {{"login", u->principal_name}}});
    }
    if (at_.stage == "consent" && step == "decline")
    {
        if (u->kind == account_kind::personal)
            return redirect_error({.code = 0,
                                   .error = "access_denied",
                                   .text = "The user has denied access to the scope requested by the client "
                                           "application."});
        return redirect_error(refuse(65004), true);
    }
    return proceed();
}

}  // namespace sts

OUTKIT_INLINE http::response entra::state::authorize(sts::call& c) { return sts::sign_in_pages(*this, c).begin(); }

OUTKIT_INLINE http::response entra::state::form(sts::call& c) { return sts::sign_in_pages(*this, c).next_form(); }

OUTKIT_INLINE http::response entra::state::admin_consent(sts::call& c)
{
    return sts::sign_in_pages(*this, c).begin_admin(c.v1);
}

OUTKIT_INLINE http::response entra::state::device_form(sts::call& c)
{
    return sts::sign_in_pages(*this, c).begin_device();
}

// Signs the browser out, and goes where the application says if it has registered that address.
OUTKIT_INLINE http::response entra::state::logout(sts::call& c)
{
    browsers.erase(sts::cookie(c.request.headers, sts::browser_cookie));
    c.headers.push_back(
        {"Set-Cookie", std::string(sts::browser_cookie) + "=; path=/; secure; HttpOnly; SameSite=Lax; Max-Age=0"});
    std::string const back = c.parameter("post_logout_redirect_uri");
    c.entry.answer = "signed out";
    if (!back.empty())
        for (application const& app : w.directory.applications())
            if (sts::is_web(back) && app.match_redirect(back))
            {
                std::string location = back;
                if (c.has("state"))
                    location +=
                        (back.find('?') == back.npos ? "?state=" : "&state=") + sts::encode(c.parameter("state"));
                c.headers.push_back({"Location", location});
                return {.status = c.request.method == "POST" ? 303u : 302u};
            }
    return page(c, "Sign out", pages::signed_out, {});
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
