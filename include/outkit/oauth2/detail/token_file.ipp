#ifndef OUTKIT_OAUTH2_DETAIL_TOKEN_FILE_IPP
#define OUTKIT_OAUTH2_DETAIL_TOKEN_FILE_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/json.hpp>
#include <outkit/detail/wiping.hpp>
#include <outkit/oauth2/detail/token_file.hpp>

#include <boost/json/serializer.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <initializer_list>

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

using outkit::detail::make_room;
using outkit::detail::string_member;
using outkit::detail::wall_time;
using outkit::detail::whole_number;
using outkit::detail::wipe_at_end;

inline constexpr std::string_view token_file_magic = "outkit-tokens";
inline constexpr std::string_view token_file_cipher = "aes-256-gcm";
inline constexpr unsigned token_file_major = 1, token_file_minor = 0;
inline constexpr std::int64_t latest_time = 9'000'000'000;  // 2255, as far as nanoseconds in 64 bits go
inline constexpr std::int64_t longest_stored = 172'800;     // as of token answers
inline constexpr std::size_t nonce_octets = 12, tag_octets = 16;

// Behind the string that begins at `at`. Tokens are long: memchr passes over them.
OUTKIT_DECL std::size_t end_of_json_string(std::string_view text, std::size_t at)
{
    for (++at; at < text.size(); ++at)
    {
        void const* const quote = std::memchr(text.data() + at, '"', text.size() - at);
        if (!quote)
            return text.size();
        at = static_cast<std::size_t>(static_cast<char const*>(quote) - text.data());
        std::size_t escapes = 0;
        while (text[at - 1 - escapes] == '\\')
            ++escapes;
        if (escapes % 2 == 0)
            return at + 1;
    }
    return text.size();
}

// A well-formed JSON value at the beginning of the text: how long it is. Blanks before it are no part of it.
OUTKIT_DECL std::size_t json_value_length(std::string_view text)
{
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size();)
    {
        char const c = text[i];
        if (c == '"')
        {
            i = end_of_json_string(text, i);
            continue;
        }
        if (c == '{' || c == '[')
            ++depth;
        else if (c == '}' || c == ']' || c == ',')
        {
            if (depth == 0)
                return i;
            if (c != ',' && --depth == 0)
                return i + 1;
        }
        ++i;
    }
    return text.size();
}

// What stands between the commas of a well-formed object or array.
OUTKIT_DECL std::vector<std::string_view> json_parts(std::string_view text)
{
    static constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string_view> parts;
    text.remove_prefix(text.find_first_of("{[") + 1);
    for (;;)
    {
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        std::size_t end = json_value_length(text);
        if (end == 0)
            return parts;
        // A member's value may be an object or array, after which more of the part could only be blanks.
        std::string_view part = text.substr(0, end);
        text.remove_prefix(end);
        part = part.substr(0, part.find_last_not_of(blanks) + 1);
        parts.push_back(part);
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        if (text.empty() || text.front() != ',')
            return parts;
        text.remove_prefix(1);
    }
}

// Quoted, without a copy that nobody wipes.
OUTKIT_DECL void append_json(std::string& out, std::string_view text)
{
    boost::json::serializer quoted;
    quoted.reset(boost::json::string_view(text.data(), text.size()));
    char piece[512];
    while (!quoted.done())
    {
        auto const part = quoted.read(piece, sizeof piece);
        make_room(out, part.size());
        out.append(part.data(), part.size());
    }
    OPENSSL_cleanse(piece, sizeof piece);
}

OUTKIT_DECL void append_member(std::string& out, std::string_view name, std::string_view value)
{
    if (out.back() != '{')
        out += ',';
    append_json(out, name);
    out += ':';
    append_json(out, value);
}

OUTKIT_DECL void append_number(std::string& out, std::string_view name, std::int64_t value)
{
    if (out.back() != '{')
        out += ',';
    append_json(out, name);
    out += ':' + std::to_string(value);
}

OUTKIT_DECL void append_unknown(std::string& out, secret const& members)
{
    if (members.empty())
        return;
    make_room(out, members.size() + 1);
    if (out.back() != '{')
        out += ',';
    out += members.reveal();
}

// The members that are not among those named, as they stand in the text of the object.
OUTKIT_DECL secret unknown_members(boost::json::object const& o, std::string_view text,
                                   std::initializer_list<std::string_view> known)
{
    std::string found;
    std::vector<std::string_view> const parts = json_parts(text);
    std::size_t i = 0;
    for (auto const& member : o)
    {
        std::string_view const name(member.key().data(), member.key().size());
        std::string_view const part = i < parts.size() ? parts[i] : std::string_view();
        ++i;
        if (std::find(known.begin(), known.end(), name) != known.end())
            continue;
        make_room(found, part.size() + 1);
        if (!found.empty())
            found += ',';
        found += part;
    }
    return secret(std::move(found));
}

OUTKIT_DECL std::string_view part_of(boost::json::object const& o, std::string_view text, std::string_view name)
{
    std::vector<std::string_view> const parts = json_parts(text);
    std::size_t i = 0;
    for (auto const& member : o)
    {
        if (std::string_view(member.key().data(), member.key().size()) == name && i < parts.size())
            return parts[i].substr(parts[i].find(':', member.key().size()) + 1);
        ++i;
    }
    return {};
}

OUTKIT_DECL std::int64_t seconds_of(wall_time t)
{
    return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

// Reads what must be there and of its type, and remembers the first member that is not.
struct member_reader
{
    boost::json::object const& from;
    std::string missing = {};

    OUTKIT_DECL std::string text(char const* name)
    {
        auto const v = string_member(from, name);
        if (!v && missing.empty())
            missing = name;
        return std::string(v.value_or(""));
    }
    OUTKIT_DECL std::chrono::seconds seconds(char const* name, std::int64_t most)
    {
        auto const* const v = from.if_contains(name);
        auto const n = v ? whole_number(*v) : std::nullopt;
        bool const usable = n && *n >= 0 && *n <= most;
        if (!usable && missing.empty())
            missing = name;
        return std::chrono::seconds(usable ? *n : 0);
    }
};

OUTKIT_DECL stored_token read_stored_token(boost::json::object const& o, std::string_view text, std::string& missing)
{
    member_reader r{o};
    stored_token t;
    error_code bad;
    t.scopes = scope_set::parse(r.text("scopes"), bad);
    if (bad)
        r.missing = "scopes";
    t.access = access_token(r.text("access_token"));
    t.received = wall_time(r.seconds("received", latest_time));
    t.lifetime = r.seconds("lifetime", longest_stored);
    if (o.if_contains("refresh_in"))
        t.refresh_in = r.seconds("refresh_in", longest_stored);
    t.unknown = unknown_members(o, text, {"scopes", "access_token", "received", "lifetime", "refresh_in"});
    missing = std::move(r.missing);
    return t;
}

OUTKIT_DECL stored_account read_stored_account(boost::json::object const& o, std::string_view text,
                                               std::string& missing)
{
    member_reader r{o};
    stored_account a;
    a.id = {r.text("client_id"), r.text("login"), r.text("tenant_id"), r.text("object_id")};
    a.tenant = r.text("tenant");
    a.subject = r.text("subject");
    a.issuer = r.text("issuer");
    a.username = r.text("username");
    a.name = r.text("name");
    a.refresh = secret(r.text("refresh_token"));
    a.signed_in = wall_time(r.seconds("signed_in", latest_time));
    boost::json::value const* const refused = o.if_contains("refused");
    a.refused = refused && refused->is_bool() && refused->get_bool();
    boost::json::value const* const tokens = o.if_contains("tokens");
    if (!tokens || !tokens->is_array())
        r.missing = "tokens";
    else
    {
        std::vector<std::string_view> const parts = json_parts(part_of(o, text, "tokens"));
        std::size_t i = 0;
        for (boost::json::value const& t : tokens->get_array())
        {
            std::string_view const part = i < parts.size() ? parts[i] : std::string_view();
            ++i;
            if (t.is_object() && r.missing.empty())
                a.tokens.push_back(read_stored_token(t.get_object(), part, r.missing));
            else if (r.missing.empty())
                r.missing = "tokens";
        }
    }
    a.unknown = unknown_members(o, text,
                                {"kind", "client_id", "login", "tenant_id", "object_id", "tenant", "subject", "issuer",
                                 "username", "name", "refresh_token", "refused", "signed_in", "tokens"});
    missing = std::move(r.missing);
    return a;
}

OUTKIT_DECL void append_account(std::string& out, stored_account const& a)
{
    out += '{';
    append_member(out, "kind", "user");
    append_member(out, "client_id", a.id.client_id);
    append_member(out, "login", a.id.login);
    append_member(out, "tenant_id", a.id.tenant_id);
    append_member(out, "object_id", a.id.object_id);
    append_member(out, "tenant", a.tenant);
    append_member(out, "subject", a.subject);
    append_member(out, "issuer", a.issuer);
    append_member(out, "username", a.username);
    append_member(out, "name", a.name);
    append_member(out, "refresh_token", a.refresh.reveal());
    out += a.refused ? ",\"refused\":true" : ",\"refused\":false";
    append_number(out, "signed_in", seconds_of(a.signed_in));
    out += ",\"tokens\":[";
    for (stored_token const& t : a.tokens)
    {
        out += out.back() == '[' ? "{" : ",{";
        append_member(out, "scopes", t.scopes.text());
        append_member(out, "access_token", t.access.reveal());
        append_number(out, "received", seconds_of(t.received));
        append_number(out, "lifetime", t.lifetime.count());
        if (t.refresh_in)
            append_number(out, "refresh_in", t.refresh_in->count());
        append_unknown(out, t.unknown);
        out += '}';
    }
    out += ']';
    append_unknown(out, a.unknown);
    out += '}';
}

OUTKIT_DECL std::string token_file_digest(std::string_view beginning, std::string_view rest)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    bool const done =
        context && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1 &&
        EVP_DigestUpdate(context, beginning.data(), beginning.size()) == 1 && EVP_DigestUpdate(context, "\n", 1) == 1 &&
        EVP_DigestUpdate(context, rest.data(), rest.size()) == 1 && EVP_DigestFinal_ex(context, octets, &n) == 1;
    EVP_MD_CTX_free(context);
    return done ? outkit::detail::hex_encode({reinterpret_cast<char const*>(octets), n}) : std::string();
}

// AES-256-GCM over nonce, tag and text, in place; `beginning` is authenticated, too. False: not what was encrypted.
OUTKIT_DECL bool crypt(bool encrypting, secret const& key, std::string_view beginning, std::string& sealed)
{
    auto* const all = reinterpret_cast<unsigned char*>(sealed.data());
    unsigned char* const nonce = all;
    unsigned char* const tag = all + nonce_octets;
    unsigned char* const text = tag + tag_octets;
    int const size = static_cast<int>(sealed.size() - nonce_octets - tag_octets);
    auto const* const added = reinterpret_cast<unsigned char const*>(beginning.data());
    auto const* const secret_key = reinterpret_cast<unsigned char const*>(key.reveal().data());
    int n = 0;
    EVP_CIPHER_CTX* const c = EVP_CIPHER_CTX_new();
    bool done = c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), nullptr, secret_key, nonce, encrypting ? 1 : 0) == 1 &&
                EVP_CipherUpdate(c, nullptr, &n, added, static_cast<int>(beginning.size())) == 1 &&
                EVP_CipherUpdate(c, text, &n, text, size) == 1;
    if (done && !encrypting)
        done = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, tag_octets, tag) == 1;
    done = done && EVP_CipherFinal_ex(c, text + n, &n) == 1;
    if (done && encrypting)
        done = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, tag_octets, tag) == 1;
    EVP_CIPHER_CTX_free(c);
    return done;
}

OUTKIT_DEF token_file read_token_file(std::string_view text, secret const& key, error_code& ec, std::string& said)
{
    auto const reject = [&](error e, char const* why) {
        ec = e;
        said = why;
        return token_file();
    };
    ec = {};
    static constexpr std::size_t longest_line = 160;
    std::size_t const line_end = text.substr(0, longest_line).find('\n');
    std::string_view line = text.substr(0, line_end);
    auto const word = [&] {
        std::size_t const end = std::min(line.find(' '), line.size());
        std::string_view const w = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        return w;
    };
    auto const number = [](std::string_view digits, std::uint64_t& n) {
        auto const r = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        return r.ec == std::errc() && r.ptr == digits.data() + digits.size() &&
               std::to_string(n).size() == digits.size();
    };
    if (line_end == std::string_view::npos || word() != token_file_magic)
        return reject(error::store_corrupt, "it does not begin as a token file does");
    std::string_view const version = word();
    std::size_t const dot = std::min(version.find('.'), version.size());
    std::uint64_t major = 0, minor = 0, length = 0;
    if (!number(version.substr(0, dot), major) || !number(version.substr(std::min(dot + 1, version.size())), minor) ||
        major == 0)
        return reject(error::store_corrupt, "its version is unreadable");
    if (major > token_file_major)
        return reject(error::store_version, "its major version is later than 1");
    std::string_view const protection = word();
    std::string_view const beginning(text.data(), static_cast<std::size_t>(protection.end() - text.begin()));
    std::string_view const length_word = word(), digest = word();
    std::string_view const rest = text.substr(line_end + 1);
    if (!number(length_word, length) || length != rest.size() || !line.empty())
        return reject(error::store_corrupt, "its length is not what its first line says");
    if (digest != token_file_digest(beginning, rest))
        return reject(error::store_corrupt, "its check sum is wrong");

    std::string json;
    wipe_at_end const json_wiped(json);
    if (protection == "plain")
    {
        if (!key.empty())
            return reject(error::store_key, "it is not encrypted, though a key was given");
        json = rest;
    }
    else if (protection == token_file_cipher)
    {
        if (key.size() != token_key_octets)
            return reject(error::store_key,
                          key.empty() ? "it is encrypted, and no key was given" : "the key must have 32 octets");
        json = rest;
        if (json.size() < nonce_octets + tag_octets || !crypt(false, key, beginning, json))
            return reject(error::store_key, "the key does not fit");
        json.erase(0, nonce_octets + tag_octets);
    }
    else
        return reject(error::store_version, "its protection is not known to this version");

    outkit::detail::json_limits limits;
    limits.depth = 16;
    limits.values = 400'000;
    limits.unique_names = true;
    limits.wiped = true;
    outkit::detail::json_problem problem{};
    std::string what;
    auto const whole = outkit::detail::parse_json(json, limits, {}, problem, what);
    if (!whole || !whole->is_object())
        return reject(error::store_corrupt, "its JSON is malformed");
    boost::json::object const& o = whole->get_object();
    boost::json::value const* const accounts = o.if_contains("accounts");
    if (!accounts || !accounts->is_array())
        return reject(error::store_corrupt, "it has no list of accounts");

    token_file f;
    f.minor = static_cast<unsigned>(std::min<std::uint64_t>(minor, 9999));
    if (auto const* const generation = o.if_contains("generation"))
        f.generation = static_cast<std::uint64_t>(std::max<std::int64_t>(whole_number(*generation).value_or(0), 0));
    f.unknown = unknown_members(o, json, {"generation", "accounts"});
    std::vector<std::string_view> const parts = json_parts(part_of(o, json, "accounts"));
    std::size_t i = 0;
    for (boost::json::value const& v : accounts->get_array())
    {
        std::string_view const part = i < parts.size() ? parts[i] : std::string_view();
        ++i;
        if (!v.is_object() || string_member(v.get_object(), "kind") != "user")
        {
            f.other_accounts.emplace_back(std::string(part));
            continue;
        }
        std::string missing;
        f.accounts.push_back(read_stored_account(v.get_object(), part, missing));
        if (!missing.empty())
        {
            said = "an account's " + missing + " is missing or malformed";
            ec = error::store_corrupt;
            return {};
        }
    }
    return f;
}

OUTKIT_DEF std::string write_token_file(token_file const& f, secret const& key, error_code& ec)
{
    ec = {};
    if (!key.empty() && key.size() != token_key_octets)
    {
        ec = error::store_key;
        return {};
    }
    std::string beginning(token_file_magic);
    beginning +=
        ' ' + std::to_string(token_file_major) + '.' + std::to_string(std::max(f.minor, token_file_minor)) + ' ';
    beginning += key.empty() ? "plain" : token_file_cipher;

    std::string rest;
    wipe_at_end const rest_wiped(rest);
    make_room(rest, 4096);
    if (!key.empty())
    {
        unsigned char nonce[nonce_octets];
        if (RAND_bytes(nonce, sizeof nonce) != 1)
        {
            ec = error::store_io;
            return {};
        }
        rest.append(reinterpret_cast<char const*>(nonce), sizeof nonce);
        rest.append(tag_octets, '\0');
    }
    rest += '{';
    append_number(rest, "generation", static_cast<std::int64_t>(f.generation));
    rest += ",\"accounts\":[";
    for (stored_account const& a : f.accounts)
    {
        make_room(rest, 1024);
        if (rest.back() != '[')
            rest += ',';
        append_account(rest, a);
    }
    for (secret const& other : f.other_accounts)
    {
        make_room(rest, other.size() + 1);
        if (rest.back() != '[')
            rest += ',';
        rest += other.reveal();
    }
    rest += ']';
    append_unknown(rest, f.unknown);
    rest += '}';
    if (!key.empty() && !crypt(true, key, beginning, rest))
    {
        ec = error::store_key;
        return {};
    }
    std::string text;
    make_room(text, beginning.size() + rest.size() + 160);
    text += beginning + ' ' + std::to_string(rest.size()) + ' ' + token_file_digest(beginning, rest) + '\n';
    text += rest;
    return text;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#endif
