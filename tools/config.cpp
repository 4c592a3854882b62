#include "config.hpp"

#include "console.hpp"
#include "foreign.hpp"

#include <outkit/http/url.hpp>
#include <outkit/oauth2/authority.hpp>
#include <outkit/oauth2/cloud.hpp>
#include <outkit/oauth2/legality.hpp>
#include <outkit/oauth2/scope.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cli {

namespace {

namespace json = boost::json;
using outkit::account::settings;

constexpr std::size_t deepest = 8;

[[noreturn]] void wrong(std::string const& path, std::size_t line, std::string const& what)
{
    throw usage_error(printable(path) + ":" + std::to_string(line) + ": " + what);
}

// A JSON value that knows on which line it stands.
struct node
{
    enum class kind
    {
        null,
        boolean,
        integer,
        number,
        string,
        array,
        object
    };
    kind type = kind::null;
    std::size_t line = 1;
    bool flag = false;
    std::int64_t integer = 0;
    std::string text = {};
    std::vector<std::pair<std::string, node>> members = {};  // of an object, or of an array with empty names
};

char const* described(node::kind k)
{
    switch (k)
    {
    case node::kind::null: return "null";
    case node::kind::boolean: return "true or false";
    case node::kind::integer: return "a whole number";
    case node::kind::number: return "a number";
    case node::kind::string: return "a string";
    case node::kind::array: return "a list";
    case node::kind::object: return "an object";
    }
    return "";
}

// Builds nodes from the events of Boost.JSON's parser. The parser is fed one character at a time, so that an event
// belongs to the line of that character.
struct builder
{
    static constexpr std::size_t max_object_size = 1000;
    static constexpr std::size_t max_array_size = 1000;
    static constexpr std::size_t max_key_size = 256;
    static constexpr std::size_t max_string_size = 64 * 1024;
    using error_code = boost::system::error_code;

    std::string const* path;
    std::size_t line = 1;
    node root = {};
    std::vector<node*> open = {};
    std::string key = {};
    std::size_t key_line = 1;
    std::string partial = {};

    node& place(node::kind k)
    {
        node* at = &root;
        if (!open.empty())
        {
            open.back()->members.emplace_back(std::exchange(key, {}), node{});
            at = &open.back()->members.back().second;
        }
        at->type = k;
        at->line = line;
        return *at;
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&)
    {
        open.push_back(&place(node::kind::object));
        return true;
    }
    bool on_object_end(std::size_t, error_code&)
    {
        open.pop_back();
        return true;
    }
    bool on_array_begin(error_code&)
    {
        open.push_back(&place(node::kind::array));
        return true;
    }
    bool on_array_end(std::size_t, error_code&)
    {
        open.pop_back();
        return true;
    }
    bool on_key_part(std::string_view s, std::size_t, error_code&)
    {
        partial += s;
        return true;
    }
    bool on_key(std::string_view s, std::size_t, error_code&)
    {
        key = std::exchange(partial, {});
        key += s;
        for (auto const& [name, value] : open.back()->members)
            if (name == key)
                wrong(*path, line,
                      "\"" + printable(key, 64) + "\" stands here for the second time; the first is on line " +
                          std::to_string(value.line));
        return true;
    }
    bool on_string_part(std::string_view s, std::size_t, error_code&)
    {
        partial += s;
        return true;
    }
    bool on_string(std::string_view s, std::size_t, error_code&)
    {
        node& n = place(node::kind::string);
        n.text = std::exchange(partial, {});
        n.text += s;
        return true;
    }
    bool on_number_part(std::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t i, std::string_view, error_code&)
    {
        place(node::kind::integer).integer = i;
        return true;
    }
    bool on_uint64(std::uint64_t, std::string_view, error_code&)
    {
        place(node::kind::integer).integer = std::numeric_limits<std::int64_t>::max();
        return true;
    }
    bool on_double(double, std::string_view, error_code&)
    {
        place(node::kind::number);
        return true;
    }
    bool on_bool(bool b, error_code&)
    {
        place(node::kind::boolean).flag = b;
        return true;
    }
    bool on_null(error_code&)
    {
        place(node::kind::null);
        return true;
    }
    bool on_comment_part(std::string_view, error_code&) { return true; }
    bool on_comment(std::string_view, error_code&) { return true; }
};

node parse(std::string_view text, std::string const& path)
{
    if (text.size() > most_configuration_octets)
        wrong(path, 1, "the file is larger than 1 MiB, so it is no configuration");
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        wrong(path, 1, "the file is UTF-16; save it as UTF-8");
    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    if (text.find_first_not_of(" \t\r\n") == text.npos)
        wrong(path, 1, "the file is empty; expected a JSON object with at least \"client_id\"");

    json::parse_options options;
    options.max_depth = deepest;
    json::basic_parser<builder> parser(options, builder{&path});
    std::size_t line = 1;
    std::size_t column = 0;
    boost::system::error_code ec;
    for (char const c : text)
    {
        ++column;
        if (c == '\0')
            wrong(path, line, "a NUL at column " + std::to_string(column) + "; expected text");
        parser.handler().line = line;
        bool const whole = parser.done();
        if (whole && c != ' ' && c != '\t' && c != '\r' && c != '\n')
            wrong(path, line, "something follows the object at column " + std::to_string(column));
        if (!whole)
        {
            parser.write_some(true, &c, 1, ec);
            if (ec == json::error::too_deep)
                wrong(path, line, "nested more than " + std::to_string(deepest) + " deep");
            if (ec == json::error::object_too_large || ec == json::error::array_too_large ||
                ec == json::error::key_too_large || ec == json::error::string_too_large)
                wrong(path, line, "too large for a configuration: " + ec.message());
            if (ec)
                wrong(path, line, "not JSON at column " + std::to_string(column) + ": " + ec.message());
        }
        if (c == '\n')
        {
            ++line;
            column = 0;
        }
    }
    parser.handler().line = line;
    if (!parser.done())
        parser.write_some(false, nullptr, 0, ec);
    if (ec || !parser.done())
        wrong(path, line, "the file ends before the JSON does");
    node root = std::move(parser.handler().root);
    if (root.type != node::kind::object)
        wrong(path, root.line, std::string("expected an object, but this is ") + described(root.type));
    return root;
}

// Takes fields out of an object; what is left at the end is unknown.
class fields
{
public:
    fields(node const& object, std::string const& path, std::string prefix)
        : object_(object), path_(path), prefix_(std::move(prefix)), used_(object.members.size())
    {
    }

    std::size_t line() const { return object_.line; }

    [[noreturn]] void reject(node const& n, std::string_view key, std::string const& expected) const
    {
        wrong(path_, n.line, "\"" + name(key) + "\" " + expected);
    }

    node const* find(std::string_view key, node::kind type)
    {
        if (std::find(known_.begin(), known_.end(), key) == known_.end())
            known_.push_back(key);
        for (std::size_t i = 0; i != object_.members.size(); ++i)
        {
            if (object_.members[i].first != key)
                continue;
            used_[i] = true;
            node const& n = object_.members[i].second;
            if (n.type != type)
                reject(n, key, std::string("must be ") + described(type) + ", not " + described(n.type));
            return &n;
        }
        return nullptr;
    }

    // A string of visible text, not empty.
    node const* text(std::string_view key, std::string& to)
    {
        node const* const n = find(key, node::kind::string);
        if (!n)
            return nullptr;
        if (n->text.empty())
            reject(*n, key, "must not be empty; leave it out instead");
        if (printable(n->text) != n->text)
            reject(*n, key, "has control or invisible characters: " + printable(n->text, 128));
        to = n->text;
        return n;
    }

    void finish() const
    {
        for (std::size_t i = 0; i != object_.members.size(); ++i)
        {
            if (used_[i])
                continue;
            auto const& [key, value] = object_.members[i];
            std::string what = "unknown key \"" + printable(name(key), 128) + "\"";
            if (std::string_view const better = closest(key, known_); !better.empty())
                what += "; did you mean \"" + std::string(better) + "\"?";
            else
            {
                what += "; known are ";
                for (std::size_t k = 0; k != known_.size(); ++k)
                    what += (k ? ", " : "") + std::string(known_[k]);
            }
            wrong(path_, value.line, what);
        }
    }

    std::string name(std::string_view key) const { return prefix_ + std::string(key); }
    std::string const& path() const { return path_; }

private:
    node const& object_;
    std::string const& path_;
    std::string prefix_;
    std::vector<bool> used_;
    std::vector<std::string_view> known_ = {};
};

template <class T>
void choose(fields& f, std::string_view key, T& to, std::vector<std::pair<std::string_view, T>> const& choices)
{
    node const* const n = f.find(key, node::kind::string);
    if (!n)
        return;
    std::string expected = "must be one of";
    std::vector<std::string_view> names;
    for (auto const& [word, value] : choices)
    {
        if (n->text == word)
        {
            to = value;
            return;
        }
        names.push_back(word);
        expected += (names.size() == 1 ? " \"" : ", \"") + std::string(word) + "\"";
    }
    expected += ", not \"" + printable(n->text, 64) + "\"";
    if (std::string_view const better = closest(n->text, names); !better.empty())
        expected += "; did you mean \"" + std::string(better) + "\"?";
    f.reject(*n, key, expected);
}

bool is_host(std::string_view s)
{
    if (s.empty() || s.size() > 253 || s.front() == '.' || s.back() == '.' || s.front() == '-')
        return false;
    if (s.find(':') != s.npos)  // an IPv6 address, without brackets
        return s.find_first_not_of("0123456789abcdefABCDEF:.") == s.npos;
    return std::all_of(s.begin(), s.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

void read_origin(fields& f, std::string_view key, std::string& to)
{
    node const* const n = f.text(key, to);
    if (!n)
        return;
    outkit::error_code ec;
    outkit::http::url const u = outkit::http::parse_url(to, ec);
    if (ec || u.target != "/")
        f.reject(*n, key,
                 "must be \"https://host\" or \"https://host:port\" without a path, not \"" + printable(to, 128) +
                     "\"");
}

void read_server(fields& parent, std::string_view key, outkit::account::server& to)
{
    node const* const object = parent.find(key, node::kind::object);
    if (!object)
        return;
    fields f(*object, parent.path(), parent.name(key) + ".");
    node const* const host = f.text("host", to.host);
    if (!host)
        wrong(f.path(), f.line(), "\"" + f.name("host") + "\" is missing");
    if (!is_host(to.host))
        f.reject(*host, "host",
                 "must be a host name or an address without brackets, not \"" + printable(to.host, 128) + "\"");
    if (node const* const port = f.find("port", node::kind::integer))
    {
        if (port->integer < 1 || port->integer > 65535)
            f.reject(*port, "port", "must be from 1 to 65535, not " + std::to_string(port->integer));
        to.port = static_cast<std::uint16_t>(port->integer);
    }
    using outkit::account::transport;
    choose<transport>(f, "tls", to.tls, {{"implicit", transport::implicit_tls}, {"starttls", transport::starttls}});
    f.finish();
}

using outkit::oauth2::account_kind;
using outkit::oauth2::sign_in_audience;

template <class T>
std::vector<std::pair<std::string_view, std::optional<T>>> by_name(std::initializer_list<T> all)
{
    std::vector<std::pair<std::string_view, std::optional<T>>> named;
    for (T const one : all)
        named.emplace_back(to_string(one), one);
    return named;
}

// What is known of the registration and of who signs in, so that a sign-in can be predicted.
void read_expectations(fields& f, settings& s)
{
    choose(f, "sign_in_audience", s.sign_in_audience,
           by_name({sign_in_audience::my_org, sign_in_audience::multiple_orgs, sign_in_audience::orgs_and_personal,
                    sign_in_audience::personal}));
    if (node const* const n = f.text("home_tenant", s.home_tenant))
    {
        outkit::error_code ec;
        using outkit::oauth2::authority;
        auto const kind = authority::make(outkit::oauth2::global_cloud(), s.home_tenant, ec).kind();
        if (ec || (kind != authority::audience::tenant && kind != authority::audience::domain))
            f.reject(*n, "home_tenant",
                     "must be the Directory (tenant) ID of the registration, or a domain of that tenant, not \"" +
                         printable(s.home_tenant, 128) + "\"");
    }
    choose(f, "account_kind", s.account_kind,
           by_name({account_kind::home_work, account_kind::other_work, account_kind::guest, account_kind::personal}));
}

bool is_mock_secret(std::string_view s) { return s.starts_with("mock-secret-"); }

std::string beside(std::string const& path, std::string const& file)
{
    std::filesystem::path const p(file);
    return p.is_absolute() ? file : (std::filesystem::path(path).parent_path() / p).string();
}

// The secret in a file of its own: one line feed at its end is trimmed.
outkit::secret read_secret(std::string const& path)
{
    bool exposed = false;
    std::string text = read_file(path, most_secret_octets, exposed);
    if (text.ends_with("\r\n"))
        text.resize(text.size() - 2);
    else if (text.ends_with('\n'))
        text.pop_back();
    if (exposed && !is_mock_secret(text))
        throw usage_error(printable(path) + ": others may read this secret; chmod 600 it");
    if (text.empty())
        throw usage_error(printable(path) + ": the secret is empty");
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x21 || c > 0x7e; }))
        throw usage_error(printable(path) + ": the secret has blanks, line ends or characters outside ASCII");
    return outkit::secret(std::move(text));
}

std::shared_ptr<outkit::oauth2::client_certificate const> read_certificate(std::string const& certificate,
                                                                           std::string const& key)
{
    bool readable_by_all = false, exposed = false;
    std::string const chain = read_file(certificate, most_configuration_octets, readable_by_all);
    outkit::secret const private_key(read_file(key, most_configuration_octets, exposed));
    if (exposed)
        throw usage_error(printable(key) + ": others may read this key; chmod 600 it");
    outkit::error_code ec;
    auto made = outkit::oauth2::client_certificate::make(chain, private_key, ec);
    if (!ec)
        ec = made->check(std::chrono::system_clock::now());
    if (ec)
        throw usage_error(printable(certificate) + ": " + ec.message());
    return made;
}

std::string what_failed(std::string const& path, char const* doing)
{
    return printable(path) + ": cannot be " + doing + ": " + std::strerror(errno);
}

struct descriptor
{
    int fd = -1;
    explicit descriptor(int f) : fd(f) {}
    descriptor(descriptor const&) = delete;
    ~descriptor()
    {
        if (fd != -1)
            ::close(fd);
    }
};

std::string read_to_end(int fd, std::string const& name, std::size_t limit)
{
    std::string text;
    char piece[16 * 1024];
    for (;;)
    {
        ssize_t const n = ::read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw usage_error(what_failed(name, "read"));
        if (n == 0)
            return text;
        text.append(piece, static_cast<std::size_t>(n));
        if (text.size() > limit)
            throw usage_error(printable(name) + ": is larger than " + std::to_string(limit) + " octets");
    }
}

}  // namespace

std::string read_file(std::string const& path, std::size_t limit, bool& exposed)
{
    if (path.empty() || path.find('\0') != path.npos)
        throw usage_error("\"" + printable(path) + "\" is not the name of a file");
    // Without O_NONBLOCK a FIFO would be waited for.
    descriptor const file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (file.fd == -1)
        throw usage_error(what_failed(path, "opened"));
    struct stat s{};
    if (::fstat(file.fd, &s) != 0)
        throw usage_error(what_failed(path, "read"));
    if (!S_ISREG(s.st_mode))
        throw usage_error(printable(path) + ": is " + (S_ISDIR(s.st_mode) ? "a folder" : "not a regular file") +
                          "; expected a file");
    exposed = (s.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    return read_to_end(file.fd, path, limit);
}

std::string read_standard_input(std::size_t limit) { return read_to_end(STDIN_FILENO, "standard input", limit); }

settings parse_configuration(std::string_view text, std::string const& path, bool exposed, registration there)
{
    node const root = parse(text, path);
    fields f(root, path, "");
    settings s;

    f.text("title", s.title);
    if (node const* const n = f.find("enabled", node::kind::boolean))
        s.enabled = n->flag;
    if (!f.text("client_id", s.client_id) && there == registration::made)
        wrong(path, root.line, "\"client_id\" is missing: the Application (client) ID of the registration");

    std::string secret_text;
    std::string secret_file;
    node const* const secret = f.find("client_secret", node::kind::string);
    node const* const file = f.text("client_secret_file", secret_file);
    if (secret && file)
        f.reject(*file, "client_secret_file", "and \"client_secret\" stand both here; give one of them");
    if (secret)
    {
        secret_text = secret->text;
        if (secret_text.empty())
            f.reject(*secret, "client_secret", "must not be empty; leave it out instead");
        if (std::any_of(secret_text.begin(), secret_text.end(), [](unsigned char c) { return c < 0x21 || c > 0x7e; }))
            f.reject(*secret, "client_secret", "has blanks, line ends or characters outside ASCII");
        if (exposed && !is_mock_secret(secret_text))
            f.reject(*secret, "client_secret",
                     "is in a file that others may read; chmod 600 it, or use client_secret_file or the environment "
                     "variable " +
                         std::string(secret_variable));
        s.client_secret = outkit::secret(std::move(secret_text));
    }
    else if (file)
    {
        s.client_secret = read_secret(beside(path, secret_file));
    }

    std::string certificate_file, key_file;
    node const* const certificate = f.text("certificate_file", certificate_file);
    node const* const key = f.text("certificate_key_file", key_file);
    if (key && !certificate)
        f.reject(*key, "certificate_key_file", "is the key of no certificate; give \"certificate_file\", too");
    if (certificate && (secret || file))
        f.reject(*certificate, "certificate_file", "and a client secret stand both here; give one of them");
    if (certificate)
        s.certificate =
            read_certificate(beside(path, certificate_file), beside(path, key ? key_file : certificate_file));

    if (node const* const n = f.text("redirect_uri", s.redirect_uri))
    {
        outkit::error_code ec;
        outkit::http::parse_url(s.redirect_uri, ec, outkit::http::url_schemes::https_or_loopback_http);
        if (ec)
            f.reject(*n, "redirect_uri",
                     "must be an https URL, or http to localhost, not \"" + printable(s.redirect_uri, 128) + "\"");
    }
    if (node const* const n = f.text("authority", s.authority))
        if (!is_host(s.authority) || s.authority.find(':') != s.authority.npos)
            f.reject(*n, "authority",
                     "must be common, organizations, consumers, a tenant's GUID or a domain, not \"" +
                         printable(s.authority, 128) + "\"");
    if (node const* const n = f.text("cloud", s.cloud))
        if (outkit::oauth2::find_cloud(s.cloud).name.empty())
            f.reject(*n, "cloud",
                     "must be one of \"global\", \"us-gov-l4\", \"us-gov-dod\", \"china\", not \"" +
                         printable(s.cloud, 64) + "\"");
    using outkit::account::base_scope;
    if (node const* const n = f.find("base_scope", node::kind::string); n && n->text == "pubsub")
        f.reject(*n, "base_scope", "\"pubsub\" is for Gmail; Outlook has \"imap\" and \"api\"");
    choose<base_scope>(f, "base_scope", s.base_scope, {{"imap", base_scope::imap}, {"api", base_scope::api}});
    if (node const* const n = f.text("scopes", s.scopes))
    {
        outkit::error_code ec;
        outkit::oauth2::scope_set::parse(s.scopes, ec);
        if (ec)
            f.reject(*n, "scopes", "must be scopes parted by blanks, not \"" + printable(s.scopes, 128) + "\"");
    }
    if (node const* const n = f.text("user", s.user))
    {
        std::size_t const at = s.user.find('@');
        if (at == 0 || at == s.user.npos || at + 1 == s.user.size() || s.user.find('@', at + 1) != s.user.npos ||
            s.user.find(' ') != s.user.npos || s.user.size() > 320)
            f.reject(*n, "user", "must be a mail address, not \"" + printable(s.user, 128) + "\"");
    }
    read_expectations(f, s);
    if (f.text("ca_file", s.authorities_file))
        s.authorities_file = beside(path, s.authorities_file);
    if (node const* const n = f.find("endpoints", node::kind::object))
    {
        fields e(*n, path, "endpoints.");
        read_origin(e, "login", s.endpoints.login);
        read_origin(e, "graph", s.endpoints.graph);
        read_server(e, "imap", s.endpoints.imap);
        read_server(e, "smtp", s.endpoints.smtp);
        e.finish();
    }
    f.finish();
    return s;
}

settings read_configuration(std::string const& path, registration there)
{
    if (path == "-")
        throw usage_error("a configuration is not read from standard input; name a file");
    bool exposed = false;
    std::string text = read_file(path, most_configuration_octets, exposed);
    std::string called = path;
    if (auto const other = recognise(text))
    {
        console err(stderr);
        err.line(fmt::format("outkit: {} is {}", printable(path), other->form), style::faint);
        for (std::string const& note : other->notes)
            for (std::string const& line : wrap("outkit: " + note, err.width()))
                err.line(line, style::faint);
        text = other->ours;
        called += " (converted)";
    }
    settings s = parse_configuration(text, called, exposed, there);
    if (!s.authorities_file.empty())
    {
        bool readable_by_all = false;
        std::string pem;
        try
        {
            pem = read_file(s.authorities_file, most_configuration_octets, readable_by_all);
        }
        catch (usage_error const& e)
        {
            throw usage_error(printable(path) + ": \"ca_file\": " + e.what());
        }
        if (pem.find("-----BEGIN CERTIFICATE-----") == pem.npos)
            throw usage_error(printable(path) + ": \"ca_file\": " + printable(s.authorities_file) +
                              " has no certificate in it; expected PEM text");
    }
    if (char const* const from_environment = std::getenv(secret_variable))
    {
        if (s.client_secret.empty() && !s.certificate && *from_environment)
            s.client_secret = outkit::secret(from_environment);
        ::unsetenv(secret_variable);  // programs that are started later do not see it
    }
    return s;
}

std::string to_json(settings const& s, std::string const& secret_file)
{
    json::object o;
    if (!s.title.empty())
        o["title"] = s.title;
    if (!s.enabled)
        o["enabled"] = false;
    o["client_id"] = s.client_id;
    if (!secret_file.empty())
        o["client_secret_file"] = secret_file;
    else if (!s.client_secret.empty())
        o["client_secret"] = s.client_secret.reveal();
    o["redirect_uri"] = s.redirect_uri;
    o["authority"] = s.authority;
    o["cloud"] = s.cloud;
    o["base_scope"] = outkit::account::name(s.base_scope);
    if (!s.scopes.empty())
        o["scopes"] = s.scopes;
    if (!s.user.empty())
        o["user"] = s.user;
    if (s.sign_in_audience)
        o["sign_in_audience"] = to_string(*s.sign_in_audience);
    if (!s.home_tenant.empty())
        o["home_tenant"] = s.home_tenant;
    if (s.account_kind)
        o["account_kind"] = to_string(*s.account_kind);
    json::object endpoints;
    if (!s.endpoints.login.empty())
        endpoints["login"] = s.endpoints.login;
    if (!s.endpoints.graph.empty())
        endpoints["graph"] = s.endpoints.graph;
    auto const server = [](outkit::account::server const& at) {
        return json::object{{"host", at.host},
                            {"port", at.port},
                            {"tls", at.tls == outkit::account::transport::starttls ? "starttls" : "implicit"}};
    };
    if (!s.endpoints.imap.host.empty())
        endpoints["imap"] = server(s.endpoints.imap);
    if (!s.endpoints.smtp.host.empty())
        endpoints["smtp"] = server(s.endpoints.smtp);
    if (!endpoints.empty())
        o["endpoints"] = std::move(endpoints);
    if (!s.authorities_file.empty())
        o["ca_file"] = s.authorities_file;
    return json::serialize(o) + "\n";
}

void write_private_file(std::string const& path, std::string_view text)
{
    std::string const temporary = path + ".new-" + std::to_string(::getpid());
    {
        descriptor const file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (file.fd == -1)
            throw std::runtime_error(what_failed(path, "written"));
        bool good = true;
        while (good && !text.empty())
        {
            ssize_t const n = ::write(file.fd, text.data(), text.size());
            if (n > 0)
                text.remove_prefix(static_cast<std::size_t>(n));
            else if (n < 0 && errno != EINTR)
                good = false;
        }
        if (!good || ::fsync(file.fd) != 0)
        {
            std::string const why = what_failed(path, "written");
            ::unlink(temporary.c_str());
            throw std::runtime_error(why);
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0)
    {
        std::string const why = what_failed(path, "written");
        ::unlink(temporary.c_str());
        throw std::runtime_error(why);
    }
}

}  // namespace cli
