#ifndef OUTKIT_MOCK_WORLD_JSON_IPP
#define OUTKIT_MOCK_WORLD_JSON_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/files.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/mock/world_json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

// A world file is read in two steps: first text into nodes that know their line, then nodes into a copy of the parts of
// the world, with every problem noted. Only when there is none does the copy take the place of the original.

namespace outkit::inline OUTKIT_ABI::mock {

namespace world_json_detail {

namespace json = boost::json;
using outkit::detail::wall_time;

// A JSON value that knows on which line it begins.
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
    double number = 0;
    std::string text = {};
    std::vector<std::pair<std::string, node>> members = {};  // of an object, or of an array with empty names
};

inline std::string_view described(node::kind k)
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

// What came from a file, fit for a message: short, one line, nothing invisible.
inline std::string shown(std::string_view text, std::size_t most = 80)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (char const c : text.substr(0, most))
    {
        unsigned char const u = static_cast<unsigned char>(c);
        if (u < 0x20 || u >= 0x7F)
        {
            out += "\\x";
            out += digits[u >> 4];
            out += digits[u & 15];
        }
        else
            out += c;
    }
    return text.size() > most ? out + "…" : out;
}
inline std::string in_quotes(std::string_view text) { return "\"" + shown(text) + "\""; }

class problems
{
public:
    problems(std::string_view file, std::vector<world_problem>& list) : file_(file), list_(list) { list_.clear(); }
    void add(std::size_t line, std::string_view field, std::string message)
    {
        if (list_.size() < max_world_problems)
            list_.push_back({std::string(file_), line, shown(field, 200), std::move(message)});
    }
    bool none() const { return list_.empty(); }

private:
    std::string_view file_;
    std::vector<world_problem>& list_;
};

// Builds nodes from the events of Boost.JSON's parser. The parser is fed line by line: no token of JSON goes on into the
// next line, so an event belongs to the line that was fed.
struct builder
{
    static constexpr std::size_t max_object_size = 10'000;
    static constexpr std::size_t max_array_size = 100'000;
    static constexpr std::size_t max_key_size = 1024;
    static constexpr std::size_t max_string_size = max_world_file;
    using error_code = boost::system::error_code;

    mock::world_json_detail::problems* found;
    std::size_t line = 1;
    node root = {};
    std::vector<node*> open = {};  // only the innermost one's members grow, so these stay valid
    std::string key = {};
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
                found->add(line, "",
                           "the key " + in_quotes(key) + " stands here a second time; the first is in line " +
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
        node& n = place(node::kind::integer);
        n.integer = i;
        n.number = static_cast<double>(i);
        return true;
    }
    bool on_uint64(std::uint64_t u, std::string_view, error_code&)
    {
        node& n = place(node::kind::number);  // larger than any range that is asked for
        n.number = static_cast<double>(u);
        return true;
    }
    bool on_double(double d, std::string_view, error_code&)
    {
        place(node::kind::number).number = d;
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

// Text into nodes; nothing, with a problem, when it is no JSON object.
inline std::optional<node> parse(std::string_view text, problems& found)
{
    if (text.size() > max_world_file)
        return found.add(0, "", "the file is larger than 16 MiB"), std::nullopt;
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        return found.add(1, "", "the file is UTF-16; save it as UTF-8"), std::nullopt;
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    if (text.find_first_not_of(" \t\r\n") == text.npos)
        return found.add(1, "", "the file is empty; a world is a JSON object, at least {}"), std::nullopt;
    if (std::size_t const nul = text.find('\0'); nul != text.npos)
        return found.add(1 + static_cast<std::size_t>(
                                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n')),
                         "", "the file has a NUL in it; a world is text"),
               std::nullopt;

    json::parse_options options;
    options.max_depth = 16;
    json::basic_parser<builder> parser(options, builder{&found});
    std::size_t line = 1;
    boost::system::error_code ec;
    for (std::size_t at = 0; at < text.size();)
    {
        std::size_t const end = std::min(text.find('\n', at), text.size() - 1) + 1;
        std::string_view const piece = text.substr(at, end - at);
        parser.handler().line = line;
        std::size_t used = 0;
        if (!parser.done())
            used = parser.write_some(end != text.size(), piece.data(), piece.size(), ec);
        std::string const where = " in column " + std::to_string(used + 1);
        if (ec == json::error::too_deep)
            return found.add(line, "", "nested more than 16 deep" + where), std::nullopt;
        if (ec == json::error::incomplete)
            return found.add(line, "",
                             "the file ends in the middle of the world; a bracket, brace or quote is missing"),
                   std::nullopt;
        if (ec)
            return found.add(line, "", "no JSON" + where + ": " + ec.message()), std::nullopt;
        if (piece.find_first_not_of(" \t\r\n", used) != piece.npos)
            return found.add(line, "", "something follows the world" + where), std::nullopt;
        at = end;
        line += piece.back() == '\n';
    }
    if (!parser.done())
        return found.add(line, "", "the file ends in the middle of the world; a bracket, brace or quote is missing"),
               std::nullopt;
    node root = std::move(parser.handler().root);
    if (root.type != node::kind::object)
        return found.add(root.line, "", "a world is a JSON object, not " + std::string(described(root.type))),
               std::nullopt;
    return root;
}

// Takes members out of an object, notes what is wrong with them, and in the end what nobody has asked for.
class object_reader
{
public:
    object_reader(node const& n, std::string path, problems& found) : node_(&n), path_(std::move(path)), found_(&found)
    {
        if (n.type != node::kind::object)
        {
            static node const empty{.type = node::kind::object};
            found.add(n.line, path_, "expected an object, not " + std::string(described(n.type)));
            node_ = &empty;
        }
    }
    object_reader(object_reader const&) = delete;
    ~object_reader()
    {
        for (auto const& [name, value] : node_->members)
            if (std::find(known_.begin(), known_.end(), name) == known_.end())
            {
                std::string_view const near = nearest_name(name, known_);
                found_->add(value.line, path_to(name),
                            near.empty() ? "unknown key; known are " + listed()
                                         : "unknown key; did you mean " + in_quotes(near) + "?");
            }
    }

    std::size_t line() const { return node_->line; }
    std::size_t line_of(std::string_view key) const
    {
        node const* const n = peek(key);
        return n ? n->line : node_->line;
    }
    std::string path_to(std::string_view key) const
    {
        return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    }
    bool has(std::string_view key) const { return peek(key) != nullptr; }
    void reject(std::string_view key, std::string message) const
    {
        found_->add(line_of(key), path_to(key), std::move(message));
    }
    void missing(std::string_view key, std::string_view what) const
    {
        found_->add(node_->line, path_.empty() ? std::string(key) : path_,
                    "the key " + in_quotes(key) + " is missing: " + std::string(what));
    }

    // Null when it is not there.
    node const* take(std::string_view key)
    {
        if (std::find(known_.begin(), known_.end(), key) == known_.end())
            known_.push_back(key);
        return peek(key);
    }
    // Null when it is not there or of another kind, which is noted.
    node const* take(std::string_view key, node::kind kind)
    {
        node const* const n = take(key);
        if (!n || n->type == kind)
            return n;
        reject(key, "expected " + std::string(described(kind)) + ", not " + std::string(described(n->type)));
        return nullptr;
    }
    void text(std::string_view key, std::string& to, std::size_t most = 1000)
    {
        node const* const n = take(key, node::kind::string);
        if (!n)
            return;
        if (n->text.size() > most)
            return reject(key, "longer than " + std::to_string(most) + " octets");
        if (most <= 1000 && n->text.find_first_of(std::string_view("\r\n\0", 3)) != n->text.npos)
            return reject(key, "has a line break or NUL in it");
        to = n->text;
    }
    void flag(std::string_view key, bool& to)
    {
        if (node const* const n = take(key, node::kind::boolean))
            to = n->flag;
    }
    bool integer(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& to)
    {
        node const* const n = take(key);
        if (!n)
            return false;
        if (n->type != node::kind::integer || n->integer < low || n->integer > high)
        {
            reject(key, "expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
            return false;
        }
        to = n->integer;
        return true;
    }
    void guid(std::string_view key, std::string& to)
    {
        std::string given;
        text(key, given);
        if (given.empty())
            return;
        if (!is_guid(given))
            return reject(key, "expected a GUID such as 00000000-0000-4000-8000-000000000001");
        to = std::move(given);
    }
    void texts(std::string_view key, std::vector<std::string>& to)
    {
        node const* const list = take(key, node::kind::array);
        if (!list)
            return;
        to.clear();
        for (std::size_t i = 0; i != list->members.size(); ++i)
        {
            node const& n = list->members[i].second;
            if (n.type == node::kind::string && !n.text.empty() && n.text.size() <= 1000)
                to.push_back(n.text);
            else
                found_->add(n.line, path_to(key) + "[" + std::to_string(i) + "]",
                            "expected a string of 1 to 1000 octets");
        }
    }
    template <class Each>
    void each(std::string_view key, Each f)
    {
        if (node const* const list = take(key, node::kind::array))
            for (std::size_t i = 0; i != list->members.size(); ++i)
                f(list->members[i].second, path_to(key) + "[" + std::to_string(i) + "]");
    }
    // "2026-11-24T12:00:00Z", or from the world's date on: "+180d", "-3h", "+15m".
    void date(std::string_view key, wall_time now, wall_time& to)
    {
        std::string given;
        text(key, given);
        if (given.empty())
            return;
        if (auto const t = parse_date(given, now))
            to = *t;
        else
            reject(key, "expected a date such as \"2026-11-24T12:00:00Z\", or \"+180d\", \"-3h\", \"+15m\" from the "
                        "world's own");
    }
    static std::optional<wall_time> parse_date(std::string_view s, wall_time now)
    {
        auto const number = [](std::string_view digits) -> std::optional<int> {
            int n = 0;
            auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
            if (digits.empty() || digits[0] == '-' || ec != std::errc() || end != digits.data() + digits.size())
                return std::nullopt;
            return n;
        };
        if (s.starts_with('+') || s.starts_with('-'))
        {
            auto const n = number(s.substr(1, s.size() - 2));
            std::string_view const unit = s.size() < 3 ? std::string_view() : s.substr(s.size() - 1);
            if (!n || *n > 1'000'000)
                return std::nullopt;
            std::chrono::minutes d{0};
            if (unit == "d")
                d = std::chrono::hours(24) * *n;
            else if (unit == "h")
                d = std::chrono::hours(*n);
            else if (unit == "m")
                d = std::chrono::minutes(*n);
            else
                return std::nullopt;
            return s[0] == '+' ? now + d : now - d;
        }
        if (s.size() != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' ||
            s[19] != 'Z')
            return std::nullopt;
        auto const y = number(s.substr(0, 4)), mo = number(s.substr(5, 2)), d = number(s.substr(8, 2)),
                   h = number(s.substr(11, 2)), mi = number(s.substr(14, 2)), sec = number(s.substr(17, 2));
        if (!y || !mo || !d || !h || !mi || !sec || *h > 23 || *mi > 59 || *sec > 59)
            return std::nullopt;
        std::chrono::year_month_day const day{std::chrono::year(*y), std::chrono::month(static_cast<unsigned>(*mo)),
                                              std::chrono::day(static_cast<unsigned>(*d))};
        if (!day.ok() || *y < 1990 || *y > 2200)
            return std::nullopt;
        return wall_time(std::chrono::sys_days(day)) + std::chrono::hours(*h) + std::chrono::minutes(*mi) +
               std::chrono::seconds(*sec);
    }

private:
    node const* peek(std::string_view key) const
    {
        for (auto const& [name, value] : node_->members)
            if (name == key)
                return &value;
        return nullptr;
    }
    std::string listed() const
    {
        std::string all;
        for (std::string_view const k : known_)
            all += (all.empty() ? "" : ", ") + std::string(k);
        return all;
    }

    node const* node_;
    std::string path_;
    problems* found_;
    std::vector<std::string_view> known_;
};

// Mail that a file describes, to be put into mailboxes when all is well.
struct seeded_message
{
    std::string address, folder, raw;
    append_options options;
};

// The copy that a file is loaded into.
class loader
{
public:
    loader(world& w, problems& found)
        : w_(w), found_(found), directory_(w.directory), policy_(w.policy), faults_(w.faults), date_(w.date())
    {
    }

    void load(node const& root)
    {
        object_reader in(root, "", found_);
        std::string base = "empty";
        in.text("base", base);
        if (base != "empty" && base != "default")
            in.reject("base", "expected \"empty\" or \"default\"");
        std::string ignored;
        in.text("comment", ignored, 100'000);
        in.date("date", date_, date_);
        move_date_ = in.has("date");
        in.each("tenants", [&](node const& n, std::string path) { tenant(n, std::move(path)); });
        in.each("users", [&](node const& n, std::string path) { user(n, std::move(path)); });
        for (auto& invite : guests_)
            invite();
        in.each("applications", [&](node const& n, std::string path) { application(n, std::move(path)); });
        for (auto& check : later_)
            check();
        if (node const* const n = in.take("service"))
            switches(*n, "service", "service.", "");
        in.each("switches", [&](node const& n, std::string path) { one_switch(n, std::move(path)); });
        in.each("faults", [&](node const& n, std::string path) { fault(n, std::move(path)); });
        in.each("misbehaviour", [&](node const& n, std::string path) { misbehaviour(n, path); });
    }

    void apply()
    {
        w_.directory = std::move(directory_);
        w_.policy = std::move(policy_);
        w_.faults = std::move(faults_);
        if (move_date_)
            w_.clock.set_date(date_);
        for (mock::user const& u : w_.directory.users())
            ensure_mailbox(w_, u);
        for (seeded_message& m : mail_)
        {
            mailbox* const box = w_.mailboxes.find(m.address);
            folder_ptr to = box ? box->find_path(m.folder) : nullptr;
            if (box && !to)
                to = w_.mailboxes.create_path(*box, m.folder);
            if (to)
                w_.mailboxes.append(*to, std::move(m.raw), std::move(m.options));
        }
    }

private:
    void tenant(node const& n, std::string path)
    {
        object_reader in(n, path, found_);
        mock::tenant t;
        in.guid("id", t.id);
        // R-MOC-02: nobody shall take a mock's tenant for a real one.
        if (!t.id.empty() && !t.id.starts_with("00000000-0000-4000-8000-") && !same_name(t.id, consumers_tenant))
            in.reject("id", "a mock's tenant id begins with 00000000-0000-4000-8000-");
        in.text("display_name", t.display_name, 256);
        in.texts("domains", t.domains);
        in.text("initial_domain", t.initial_domain, 253);
        in.flag("exchange", t.has_exchange);
        in.text("cloud", t.cloud, 64);
        in.each("resources", [&](node const& r, std::string where) {
            object_reader each(r, where, found_);
            resource_state s;
            each.guid("app_id", s.app_id);
            each.flag("enabled", s.enabled);
            each.flag("assignment_required", s.assignment_required);
            if (!s.app_id.empty() && !find_resource(s.app_id))
                each.reject("app_id", "there is no resource of this id");
            else if (s.app_id.empty())
                each.missing("app_id", "application id of Microsoft Graph or Exchange Online");
            t.resources.push_back(std::move(s));
        });
        bool const consumers = same_name(t.id, consumers_tenant);
        if (t.domains.empty() && !consumers)
            in.missing("domains", "a tenant has at least one domain");
        for (std::string const& domain : t.domains)
        {
            if (domain.find('.') == domain.npos || domain.find_first_of("@/ :") != domain.npos || domain.size() > 253)
                in.reject("domains", in_quotes(domain) + " is no domain");
            else if (mock::tenant const* const other = directory_.find_tenant(domain);
                     other && !(consumers && other->personal()))
                in.reject("domains",
                          in_quotes(domain) + " belongs to the tenant " + in_quotes(other->display_name) + " already");
        }
        if (!t.id.empty() && !consumers && directory_.find_tenant(t.id))
            in.reject("id", "there is a tenant of this id already");
        if (consumers)
        {
            mock::tenant& known = *directory_.find_tenant(consumers_tenant);
            if (!t.domains.empty())
                known.domains = std::move(t.domains);
            if (!t.display_name.empty())
                known.display_name = std::move(t.display_name);
            known.initial_domain = t.initial_domain.empty() ? known.domains.front() : t.initial_domain;
            t.id = known.id;
        }
        else
            t.id = directory_.add_tenant(w_, std::move(t)).id;
        in.each("guests", [&](node const& g, std::string where) {
            object_reader each(g, where, found_);
            mock::guest invited;
            std::string who;
            each.text("user", who);
            each.guid("id", invited.id);
            each.flag("accepted", invited.accepted);
            if (who.empty())
                each.missing("user", "the principal name of a user of another tenant");
            if (invited.id.empty())
                invited.id = new_guid(w_);
            guests_.push_back([this, id = t.id, who, invited, line = each.line_of("user"), where]() mutable {
                mock::user const* const u = directory_.find_user(who);
                mock::tenant* const to = directory_.find_tenant(id);
                if (!u && !who.empty())
                    found_.add(line, where + ".user", "there is no user " + in_quotes(who));
                if (!u || !to)
                    return;
                if (same_name(u->tenant_id, to->id))
                    found_.add(line, where + ".user", in_quotes(who) + " is a member of this tenant, no guest");
                invited.user_id = u->id;
                to->guests.push_back(std::move(invited));
            });
        });
        if (node const* const policies = in.take("policy"))
            switches(*policies, in.path_to("policy"), "tenant.", t.id);
        in.each("exchange_principals", [&](node const& p, std::string where) {
            object_reader principal(p, where, found_);
            exchange_principal e;
            principal.guid("app_id", e.app_id);
            principal.guid("object_id", e.object_id);
            if (e.app_id.empty())
                principal.missing("app_id", "the application that is registered in Exchange");
            if (e.object_id.empty())
                principal.missing("object_id", "as given to New-ServicePrincipal");
            policy_.edit_tenant(t.id).exchange_principals.push_back(std::move(e));
        });
        in.each("application_roles", [&](node const& r, std::string where) {
            object_reader role(r, where, found_);
            application_role a;
            role.guid("app_id", a.app_id);
            if (role.has("mailboxes"))
                role.texts("mailboxes", a.mailboxes);
            else
                role.take("mailboxes");
            if (a.app_id.empty())
                role.missing("app_id", "the application that has the role");
            policy_.edit_tenant(t.id).application_roles.push_back(std::move(a));
        });
        if (in.has("graph_mailboxes"))
            in.texts("graph_mailboxes", policy_.edit_tenant(t.id).graph_mailboxes);
        else
            in.take("graph_mailboxes");
    }

    // The tenant that a key names, by id or domain.
    mock::tenant const* tenant_of(object_reader& in, std::string_view key, std::string_view fallback_domain)
    {
        std::string name;
        in.text(key, name);
        bool const given = in.has(key);
        mock::tenant const* const t = directory_.find_tenant(given ? std::string_view(name) : fallback_domain);
        if (!t && given && !name.empty())
        {
            std::vector<std::string_view> known;
            for (mock::tenant const& each : directory_.tenants())
                known.insert(known.end(), each.domains.begin(), each.domains.end());
            std::string_view const near = nearest_name(name, known);
            in.reject(key, "there is no tenant " + in_quotes(name) +
                               (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
        }
        return t;
    }

    void user(node const& n, std::string path)
    {
        object_reader in(n, path, found_);
        mock::user u;
        in.text("principal_name", u.principal_name);
        std::size_t const at = u.principal_name.find('@');
        if (u.principal_name.empty())
            in.missing("principal_name", "what is typed at sign-in, for example \"adele@woodgrove.example\"");
        else if (at == 0 || at == u.principal_name.npos || at + 1 == u.principal_name.size())
            in.reject("principal_name", "expected an address such as \"adele@woodgrove.example\"");
        std::string_view const domain =
            at == u.principal_name.npos ? std::string_view() : std::string_view(u.principal_name).substr(at + 1);
        mock::tenant const* const home = tenant_of(in, "tenant", domain);
        if (!home && !in.has("tenant") && !domain.empty())
            in.reject("principal_name",
                      "no tenant has the domain " + in_quotes(domain) + "; add it, or name the user's \"tenant\"");
        if (home)
            u.tenant_id = home->id;
        in.guid("id", u.id);
        if (!u.id.empty() && directory_.find_user_id(u.id))
            in.reject("id", "there is a user of this id already");
        in.text("mail", u.mail);
        in.texts("aliases", u.aliases);
        in.text("password", u.password);
        in.text("display_name", u.display_name, 256);
        in.text("given_name", u.given_name, 256);
        in.text("surname", u.surname, 256);
        in.flag("licensed", u.licensed);
        in.flag("enabled", u.enabled);
        in.flag("mfa_required", u.mfa_required);
        in.flag("mfa_registered", u.mfa_registered);
        in.flag("password_expired", u.password_expired);
        in.flag("must_change_password", u.must_change_password);
        in.flag("on_premises", u.on_premises);
        in.flag("locked", u.locked);
        in.flag("minor", u.minor);
        std::string risk(to_string(u.risk));
        in.text("risk", risk);
        if (!parse(risk, u.risk))
            in.reject("risk", "expected none, sign-in, compromised or blocked");
        in.flag("shared_mailbox", u.shared_mailbox);
        in.texts("roles", u.roles);
        in.text("language", u.language);
        if (auto const known = mailbox_languages();
            !u.language.empty() && std::find(known.begin(), known.end(), u.language) == known.end())
            in.reject("language", "expected en, de, es, fr or pl");
        in.date("tokens_valid_from", date_, u.tokens_valid_from);
        if (!u.mail.empty() && u.mail.find('@') == u.mail.npos)
            in.reject("mail", "expected an address");
        if (u.shared_mailbox && u.mail.empty())
            u.mail = u.principal_name;
        for (std::string const& address : addresses_of(u))
            if (mock::user const* const other = directory_.find_user(address))
                in.reject("principal_name",
                          in_quotes(address) + " is an address of " + in_quotes(other->principal_name) + " already");
        mock::user const& added = directory_.add_user(w_, std::move(u));
        if (node const* const box = in.take("mailbox"))
            mailbox_settings(*box, in.path_to("mailbox"), added);
    }

    static std::vector<std::string> addresses_of(mock::user const& u)
    {
        std::vector<std::string> all = u.aliases;
        for (std::string const& a : {u.principal_name, u.mail})
            if (!a.empty() && std::none_of(all.begin(), all.end(), [&](auto const& b) { return same_name(a, b); }))
                all.push_back(a);
        return all;
    }

    void mailbox_settings(node const& n, std::string const& path, mock::user const& owner)
    {
        std::string const address = mailbox_address(owner);
        if (n.type == node::kind::object && !owner.licensed && !owner.shared_mailbox)
            found_.add(n.line, path, "this user has no mailbox: neither \"licensed\" nor \"shared_mailbox\"");
        object_reader in(n, path, found_);
        for (policy_switch const& s : policy::switches())
            if (s.name.starts_with("mailbox."))
            {
                std::string_view const key = s.name.substr(8);
                if (node const* const value = in.take(key))
                    set_switch(*value, in.path_to(key), s.name, address);
            }
        in.each("delegates", [&](node const& d, std::string where) {
            object_reader each(d, where, found_);
            delegate rights;
            each.text("who", rights.who);
            each.flag("full_access", rights.full_access);
            each.flag("send_as", rights.send_as);
            each.flag("send_on_behalf", rights.send_on_behalf);
            if (rights.who.empty())
                each.missing("who", "the address of a user, or the object id of a service principal");
            if (!rights.full_access && !rights.send_as && !rights.send_on_behalf)
                found_.add(d.line, where, "gives no right; set \"full_access\", \"send_as\" or \"send_on_behalf\"");
            std::size_t const line = each.line_of("who");
            later_.push_back([this, who = rights.who, line, where] {
                if (!who.empty() && !is_guid(who) && !directory_.find_user(who))
                    found_.add(line, where + ".who", "there is no user " + in_quotes(who));
            });
            policy_.edit_mailbox(address).delegates.push_back(std::move(rights));
        });
        if (in.has("high_volume_apps"))
            in.texts("high_volume_apps", policy_.edit_mailbox(address).high_volume_apps);
        else
            in.take("high_volume_apps");
        in.each("messages", [&](node const& m, std::string where) { message(m, std::move(where), address); });
    }

    void message(node const& n, std::string path, std::string const& address)
    {
        object_reader in(n, path, found_);
        seeded_message m;
        m.address = address;
        m.folder = "INBOX";
        in.text("folder", m.folder);
        if (m.folder.empty())
            in.reject("folder", "expected the name of a folder, such as \"INBOX\" or \"Archive/2026\"");
        if (in.has("received"))
            in.date("received", date_, m.options.internal_date.emplace(date_));
        else
            in.take("received");
        std::vector<std::string> flag_names;
        in.texts("flags", flag_names);
        for (std::string const& name : flag_names)
            if (auto const f = flag_of(name))
                m.options.flags = m.options.flags | *f;
            else
                in.reject("flags", in_quotes(name) + " is none of seen, answered, flagged, deleted, draft");
        in.flag("unconvertible", m.options.unconvertible);
        int const forms = in.has("raw") + in.has("raw_base64") + in.has("from");
        if (forms != 1)
            found_.add(
                n.line, path,
                "a message is given as \"raw\", as \"raw_base64\", or with \"from\", \"to\", \"subject\" and \"text\"");
        in.text("raw", m.raw, max_world_file);
        std::string coded;
        in.text("raw_base64", coded, max_world_file);
        if (!coded.empty())
        {
            if (auto raw = outkit::detail::base64_decode(coded))
                m.raw = std::move(*raw);
            else
                in.reject("raw_base64", "is no base64");
        }
        std::string from, to, cc;
        mime::message built;
        in.text("from", from);
        in.text("to", to, 100'000);
        in.text("cc", cc, 100'000);
        in.text("subject", built.subject);
        in.text("text", built.text, max_world_file);
        in.text("html", built.html, max_world_file);
        if (in.has("from"))
        {
            error_code ec;
            if (auto parsed = mime::parse_mailbox(from, ec))
                built.from = std::move(*parsed);
            else
                in.reject("from", ec.message());
            for (auto const& [key, given, list] : {std::tuple{"to", &to, &built.to}, std::tuple{"cc", &cc, &built.cc}})
            {
                if (given->empty())
                    continue;
                if (auto parsed = mime::parse_mailbox_list(*given, ec))
                    *list = std::move(*parsed);
                else
                    in.reject(key, ec.message());
            }
            if (found_.none())
            {
                if (auto made = mime::build(built, w_, ec))
                    m.raw = std::move(made->raw);
                else
                    found_.add(n.line, path, "cannot be built: " + ec.message());
            }
        }
        else
            for (char const* const key : {"to", "cc", "subject", "text", "html"})
                if (in.has(key))
                    in.reject(key, "goes with \"from\"; a raw message has its own");
        mail_.push_back(std::move(m));
    }

    static std::optional<mock::flags> flag_of(std::string_view name)
    {
        static constexpr std::pair<std::string_view, mock::flags> all[] = {{"seen", mock::flags::seen},
                                                                           {"answered", mock::flags::answered},
                                                                           {"flagged", mock::flags::flagged},
                                                                           {"deleted", mock::flags::deleted},
                                                                           {"draft", mock::flags::draft}};
        for (auto const& [known, f] : all)
            if (known == name)
                return f;
        return std::nullopt;
    }

    void application(node const& n, std::string path)
    {
        object_reader in(n, path, found_);
        mock::application a;
        application_request request;
        in.guid("app_id", a.app_id);
        in.guid("object_id", a.object_id);
        if (!a.app_id.empty() && directory_.find_application(a.app_id))
            in.reject("app_id", "there is an application of this id already");
        mock::tenant const* const home = tenant_of(in, "tenant", "");
        if (!home && !in.has("tenant"))
            in.missing("tenant", "the home tenant, by id or domain");
        in.text("display_name", request.display_name, 100'000);
        std::string audience(to_string(sign_in_audience::my_org));
        in.text("audience", audience);
        if (!parse(audience, request.audience))
            in.reject("audience", "expected AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount or "
                                  "PersonalMicrosoftAccount");
        in.flag("allow_public_client", request.allow_public_client);
        in.flag("access_token_issuance", a.access_token_issuance);
        in.flag("id_token_issuance", a.id_token_issuance);
        in.flag("enabled", a.enabled);
        in.date("created", date_, a.created);
        in.each("redirect_uris", [&](node const& r, std::string where) {
            object_reader each(r, where, found_);
            redirect_uri uri;
            each.text("uri", uri.uri);
            std::string type(to_string(platform::web));
            each.text("platform", type);
            if (!parse(type, uri.type))
                each.reject("platform", "expected web, spa or publicClient");
            request.redirect_uris.push_back(std::move(uri));
        });
        if (in.has("permissions"))
            request.permissions.clear();
        in.each("permissions", [&](node const& p, std::string where) { permission_of(p, std::move(where), request); });
        for (directory_error const& e : directory_.check(request))
            in.reject(e.property == "displayName"              ? "display_name"
                      : e.property == "requiredResourceAccess" ? "permissions"
                                                               : "redirect_uris",
                      e.detail);
        a.tenant_id = home ? home->id : std::string();
        a.display_name = std::move(request.display_name);
        a.audience = request.audience;
        a.redirect_uris = std::move(request.redirect_uris);
        a.allow_public_client = request.allow_public_client;
        a.permissions = std::move(request.permissions);
        mock::application& added = directory_.add_application(w_, std::move(a));
        in.each("secrets", [&](node const& s, std::string where) { secret_of(s, std::move(where), added); });
        in.each("certificates", [&](node const& c, std::string where) { certificate_of(c, std::move(where), added); });
        in.each("federated_credentials", [&](node const& c, std::string where) {
            object_reader each(c, where, found_);
            federated_credential f;
            each.text("name", f.name);
            each.text("issuer", f.issuer, 600);
            each.text("subject", f.subject, 600);
            each.text("audience", f.audience, 600);
            each.text("pem", f.pem, 16 * 1024);
            if (f.issuer.empty())
                each.missing("issuer", "what the assertion's iss says");
            if (f.subject.empty())
                each.missing("subject", "what the assertion's sub says");
            if (f.pem.find("-----BEGIN CERTIFICATE-----") == f.pem.npos)
                each.reject("pem", "expected a certificate as PEM text");
            if (f.pem.find("PRIVATE KEY") != f.pem.npos)
                each.reject("pem", "has a private key in it; a registration has the certificate only");
            added.federated_credentials.push_back(std::move(f));
        });
        in.each("service_principals", [&](node const& s, std::string where) {
            object_reader each(s, where, found_);
            mock::tenant const* const t = tenant_of(each, "tenant", "");
            if (!t && !each.has("tenant"))
                each.missing("tenant", "where the application is an enterprise application");
            service_principal& sp = directory_.ensure_service_principal(w_, added.app_id, t ? t->id : "");
            each.guid("object_id", sp.object_id);
            each.flag("enabled", sp.enabled);
            each.flag("assignment_required", sp.assignment_required);
            std::vector<std::string> users;
            each.texts("assigned_users", users);
            for (std::string const& name : users)
                if (mock::user const* const u = directory_.find_user(name))
                    sp.assigned_users.push_back(u->id);
                else
                    each.reject("assigned_users", "there is no user " + in_quotes(name));
        });
        in.each("consents", [&](node const& c, std::string where) { consent_of(c, std::move(where), added); });
    }

    void permission_of(node const& n, std::string path, application_request& to)
    {
        if (n.type == node::kind::string)
        {
            if (!to.add_permission(n.text) && !to.add_permission(n.text, permission_type::application))
            {
                std::vector<std::string_view> known;
                for (permission const& p : permission_catalogue())
                    known.push_back(p.name);
                std::string_view const near = nearest_name(n.text, known);
                found_.add(n.line, path,
                           "there is no permission " + in_quotes(n.text) +
                               (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
            }
            return;
        }
        object_reader in(n, path, found_);
        required_permission p;
        std::string name, type(to_string(permission_type::delegated));
        in.guid("resource", p.resource);
        in.guid("id", p.id);
        in.text("name", name);
        in.text("type", type);
        if (!parse(type, p.type))
            return in.reject("type", "expected Scope (delegated) or Role (application)");
        if (in.has("id") == in.has("name"))
            return found_.add(n.line, path, "a permission is given by \"name\" or by \"resource\" and \"id\"");
        if (in.has("id"))
        {
            if (!in.has("resource"))
                in.missing("resource", "the application id of what the permission belongs to");
            to.permissions.push_back(std::move(p));  // as it is: wrong pairs are a fault worth imitating
            return;
        }
        if (p.resource.empty() ? !to.add_permission(name, p.type) : !find_permission(p.resource, name, p.type))
            in.reject("name", "there is no permission " + in_quotes(name) + " of type " + type);
        else if (!p.resource.empty())
            to.permissions.push_back({p.resource, std::string(find_permission(p.resource, name, p.type)->id), p.type});
    }

    void secret_of(node const& n, std::string path, mock::application& to)
    {
        object_reader in(n, path, found_);
        client_secret s;
        in.guid("id", s.id);
        in.text("name", s.name);
        in.text("value", s.value);
        if (s.value.empty())
            in.missing("value", "what the application sends; begins with mock-secret-");
        else if (!s.value.starts_with(mock_secret_prefix))  // the value is not repeated: it may be a real one
            in.reject("value", "a mock's secret begins with mock-secret-, so that nobody keeps a real one here");
        s.start = date_;
        s.end = date_ + std::chrono::hours(24) * 180;
        in.date("start", date_, s.start);
        in.date("end", date_, s.end);
        if (s.end <= s.start)
            in.reject("end", "ends before it starts");
        if (s.id.empty())
            s.id = new_guid(w_);
        s.hint = s.value.substr(0, 3);
        to.secrets.push_back(std::move(s));
    }

    void certificate_of(node const& n, std::string path, mock::application& to)
    {
        object_reader in(n, path, found_);
        client_certificate c;
        in.guid("id", c.id);
        in.text("name", c.name);
        in.text("sha1", c.sha1);
        in.text("sha256", c.sha256);
        in.text("pem", c.pem, 16 * 1024);
        c.start = date_;
        c.end = date_ + std::chrono::hours(24) * 365;
        in.date("start", date_, c.start);
        in.date("end", date_, c.end);
        if (c.pem.find("-----BEGIN CERTIFICATE-----") == c.pem.npos)
            in.reject("pem", "expected a certificate as PEM text");
        if (c.pem.find("PRIVATE KEY") != c.pem.npos)
            in.reject("pem", "has a private key in it; a registration has the certificate only");
        if (c.id.empty())
            c.id = new_guid(w_);
        to.certificates.push_back(std::move(c));
    }

    void consent_of(node const& n, std::string path, mock::application const& app)
    {
        object_reader in(n, path, found_);
        std::string who;
        in.text("user", who);
        mock::user const* const u = who.empty() ? nullptr : directory_.find_user(who);
        if (!who.empty() && !u)
            in.reject("user", "there is no user " + in_quotes(who));
        mock::tenant const* const t = tenant_of(in, "tenant", u ? u->tenant_id : app.tenant_id);
        guest const* const visiting = u && t ? t->find_guest(u->id) : nullptr;
        if (u && t && !visiting && !same_name(t->id, u->tenant_id))
            in.reject("tenant", "is not the user's");
        std::string const user_id = visiting ? visiting->id : u ? u->id : std::string();
        std::string resource;
        in.guid("resource", resource);
        std::string type(to_string(permission_type::delegated));
        in.text("type", type);
        permission_type kind{};
        if (!parse(type, kind))
            in.reject("type", "expected Scope (delegated) or Role (application)");
        std::vector<std::string> names;
        in.texts("permissions", names);
        std::string const tenant_id = t ? t->id : std::string();
        directory_.ensure_service_principal(w_, app.app_id, tenant_id);
        if (!in.has("permissions"))
        {
            for (required_permission const& p : app.permissions)
                if (permission const* const known = find_permission_id(p.resource, p.id);
                    known && (!u || p.type == permission_type::delegated))
                    directory_.grant({app.app_id,
                                      tenant_id,
                                      user_id,
                                      std::string(known->resource),
                                      p.type,
                                      {std::string(known->name)}});
            return;
        }
        for (std::string& name : names)
        {
            permission const* p = nullptr;
            for (std::string_view const r : {std::string_view(resource), graph_app_id, exchange_app_id})
                if (!p && !r.empty() && (resource.empty() || r == resource))
                    p = find_permission(r, name, kind);
            if (!p)
                in.reject("permissions", "there is no permission " + in_quotes(name));
            else
                directory_.grant(
                    {app.app_id, tenant_id, user_id, std::string(p->resource), kind, {std::string(p->name)}});
        }
    }

    // A value of a switch as JSON: true and false for on and off, null for unset, numbers, names.
    void set_switch(node const& n, std::string path, std::string_view name, std::string_view subject,
                    std::optional<wall_time> at = std::nullopt)
    {
        std::string value;
        switch (n.type)
        {
        case node::kind::boolean: value = n.flag ? "on" : "off"; break;
        case node::kind::null: value = "unset"; break;
        case node::kind::integer: value = std::to_string(n.integer); break;
        case node::kind::string: value = n.text; break;
        case node::kind::number: value = "a number that is not whole, or too large"; break;
        default:
            found_.add(n.line, std::move(path),
                       "expected the value of a switch, not " + std::string(described(n.type)));
            return;
        }
        std::string problem;
        if (at ? !policy_.set_later(*at, name, value, subject, problem) : !policy_.set(name, value, subject, problem))
            found_.add(n.line, path, std::move(problem));
    }

    void switches(node const& n, std::string const& path, std::string_view prefix, std::string_view subject)
    {
        object_reader in(n, path, found_);
        for (policy_switch const& s : policy::switches())
            if (s.name.starts_with(prefix))
            {
                std::string_view const key = s.name.substr(prefix.size());
                if (node const* const value = in.take(key))
                    set_switch(*value, in.path_to(key), s.name, subject);
            }
    }

    void one_switch(node const& n, std::string path)
    {
        object_reader in(n, path, found_);
        std::string name, subject;
        in.text("name", name);
        in.text("subject", subject);
        node const* const value = in.take("value");
        wall_time at{};
        in.date("at", date_, at);
        if (name.empty())
            in.missing("name", "of a switch, for example \"mailbox.imap\"");
        if (!value)
            in.missing("value", "what to set it to");
        if (name.empty() || !value)
            return;
        if (name.starts_with("tenant.") && !subject.empty())
        {
            mock::tenant const* const t = directory_.find_tenant(subject);
            if (!t)
                return in.reject("subject", "there is no tenant " + in_quotes(subject));
            subject = t->id;
        }
        if (name.starts_with("mailbox.") && !subject.empty())
        {
            mock::user const* const u = directory_.find_user(subject);
            if (!u)
                return in.reject("subject", "there is no user " + in_quotes(subject));
            subject = mailbox_address(*u);
        }
        set_switch(*value, path, name, subject, in.has("at") ? std::optional(at) : std::nullopt);
    }

    void fault(node const& n, std::string path)
    {
        object_reader in(n, path, found_);
        mock::fault f;
        std::int64_t number = 0;
        in.text("server", f.server);
        in.text("operation", f.operation);
        if (in.has("answer"))
        {
            std::string answer;
            in.text("answer", answer, 1024 * 1024 + 1);
            f.answer = std::move(answer);
        }
        else
            in.take("answer");
        if (in.integer("status", 400, 599, number))
            f.status = static_cast<int>(number);
        if (in.integer("retry_after", 0, 86'400, number))
            f.retry_after = std::chrono::seconds(number);
        if (in.integer("delay_ms", 0, 86'400'000, number))
            f.delay = std::chrono::milliseconds(number);
        if (in.integer("drop_after", 0, std::numeric_limits<std::int64_t>::max(), number))
            f.drop_after = static_cast<std::uint64_t>(number);
        if (in.integer("skip", 0, faults::max_times, number))
            f.skip = static_cast<unsigned>(number);
        if (in.integer("times", 0, faults::max_times, number))
            f.times = static_cast<unsigned>(number);
        in.flag("disconnect", f.disconnect);
        in.flag("stall", f.stall);
        if (node const* const p = in.take("probability"))
        {
            if (p->type == node::kind::number || p->type == node::kind::integer)
                f.probability = p->number;
            else
                in.reject("probability", "expected a number from 0 to 1");
        }
        if (node const* const header = in.take("header_fields", node::kind::object))
            for (auto const& [name, value] : header->members)
            {
                if (value.type != node::kind::string)
                    found_.add(value.line, in.path_to("header_fields"), "expected a string");
                f.header_fields.emplace_back(name, value.text);
            }
        std::string problem;
        if (!faults_.enqueue(std::move(f), problem))
            found_.add(n.line, path, std::move(problem));
    }

    void misbehaviour(node const& n, std::string const& path)
    {
        if (n.type != node::kind::string)
            return found_.add(n.line, path, "expected a string, not " + std::string(described(n.type)));
        if (faults_.misbehave(n.text))
            return;
        std::vector<std::string_view> known;
        for (auto const& each : faults::names())
            known.push_back(each.name);
        std::string_view const near = nearest_name(n.text, known);
        found_.add(n.line, path,
                   "there is no misbehaviour " + in_quotes(n.text) +
                       (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
    }

    world& w_;
    problems& found_;
    mock::directory directory_;
    mock::policy policy_;
    mock::faults faults_;
    wall_time date_;
    bool move_date_ = false;
    std::vector<seeded_message> mail_;
    std::vector<std::function<void()>> guests_;  // once all users are known
    std::vector<std::function<void()>> later_;   // what may refer to something further down
};

// Two blanks per level, short lists in one line.
inline void print(json::value const& v, std::string& out, std::size_t depth)
{
    std::string const flat = json::serialize(v);
    if (!(v.is_object() && !v.get_object().empty()) && !(v.is_array() && !v.get_array().empty()))
    {
        out += flat;
        return;
    }
    if (depth != 0 && depth * 2 + flat.size() <= 100 && v.is_array())
    {
        out += flat;
        return;
    }
    std::string const inner((depth + 1) * 2, ' '), outer(depth * 2, ' ');
    bool first = true;
    if (v.is_object())
    {
        out += "{";
        for (auto const& member : v.get_object())
        {
            out += (first ? "\n" : ",\n") + inner + json::serialize(json::string(member.key())) + ": ";
            print(member.value(), out, depth + 1);
            first = false;
        }
        out += "\n" + outer + "}";
        return;
    }
    out += "[";
    for (json::value const& each : v.get_array())
    {
        out += (first ? "\n" : ",\n") + inner;
        print(each, out, depth + 1);
        first = false;
    }
    out += "\n" + outer + "]";
}

inline std::string printed_date(wall_time t)
{
    auto const day = std::chrono::floor<std::chrono::days>(t);
    std::chrono::year_month_day const ymd(day);
    std::chrono::hh_mm_ss const time(std::chrono::floor<std::chrono::seconds>(t - day));
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

inline json::array list_of(std::vector<std::string> const& texts)
{
    json::array a;
    for (std::string const& t : texts)
        a.emplace_back(t);
    return a;
}

// A switch's value as set_switch() reads it.
inline json::value switch_value(std::string const& v)
{
    if (v == "on" || v == "off")
        return v == "on";
    if (v == "unset")
        return nullptr;
    std::int64_t n = 0;
    auto const [end, ec] = std::from_chars(v.data(), v.data() + v.size(), n);
    if (ec == std::errc() && end == v.data() + v.size())
        return n;
    return json::value(v);
}

// The switches of one scope and subject that are not as they come.
template <class Each>
void changed_switches(policy const& p, std::string_view prefix, std::string_view subject, Each each)
{
    policy const untouched;
    for (policy_switch const& s : policy::switches())
        if (s.name.starts_with(prefix))
            if (auto const value = p.get(s.name, subject); value != untouched.get(s.name, subject))
                each(s.name.substr(prefix.size()), *value);
}

inline json::object switches_of(policy const& p, std::string_view prefix, std::string_view subject)
{
    json::object o;
    changed_switches(p, prefix, subject,
                     [&](std::string_view name, std::string const& value) { o[name] = switch_value(value); });
    return o;
}

// Whether octets can stand in JSON as they are, and come back so.
inline bool is_plain_text(std::string_view raw)
{
    return std::all_of(raw.begin(), raw.end(),
                       [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\r' || c == '\n' || c == '\t'; });
}

}  // namespace world_json_detail

OUTKIT_INLINE std::string world_problem::text() const
{
    std::string s = file;
    if (line != 0)
        s += ":" + std::to_string(line);
    s += ": ";
    if (!field.empty())
        s += field + ": ";
    return s + message;
}

OUTKIT_INLINE bool load_world(world& w, std::string_view text, std::string_view file,
                              std::vector<world_problem>& problems)
{
    using namespace world_json_detail;
    mock::world_json_detail::problems found(file, problems);
    std::optional<node> const root = parse(text, found);
    if (!root || !found.none())
        return false;
    bool on_default = false;
    for (auto const& [key, value] : root->members)
        on_default = on_default || (key == "base" && value.type == node::kind::string && value.text == "default");
    std::optional<node> base;
    if (on_default)
    {
        mock::world_json_detail::problems none(file, problems);
        base = parse(default_world_json(), none);
    }
    loader into(w, found);
    if (base)
        into.load(*base);
    into.load(*root);
    if (!found.none())
        return false;
    into.apply();
    return true;
}

OUTKIT_INLINE bool load_world_file(world& w, std::string const& path, std::vector<world_problem>& problems)
{
    problems.clear();
    detail::file_facts facts;
    error_code ec;
    std::string const text = detail::real_files().read(path, max_world_file, facts, ec);
    if (!ec && !facts.regular)
        problems.push_back({path, 0, "", "is no regular file"});
    else if (ec == os_error(EFBIG))
        problems.push_back({path, 0, "", "the file is larger than 16 MiB"});
    else if (ec)
        problems.push_back({path, 0, "", "cannot be read: " + ec.message()});
    return problems.empty() && load_world(w, text, path, problems);
}

OUTKIT_INLINE std::string_view default_world_json() noexcept
{
    return R"({
  "tenants": [
    {
      "id": "00000000-0000-4000-8000-00000000a001",
      "display_name": "Woodgrove",
      "domains": ["woodgrove.example"]
    },
    {
      "id": "00000000-0000-4000-8000-00000000a002",
      "display_name": "Fabrikam",
      "domains": ["fabrikam.example"]
    }
  ],
  "users": [
    {
      "id": "00000000-0000-4000-8000-00000000b001",
      "principal_name": "adele@woodgrove.example",
      "display_name": "Adele Vance",
      "given_name": "Adele",
      "surname": "Vance",
      "password": "mock-secret-adele",
      "mailbox": {
        "messages": [
          {
            "from": "Bob Kelly <bob@woodgrove.example>",
            "to": "Adele Vance <adele@woodgrove.example>",
            "subject": "Minutes of Monday",
            "text": "Hello Adele,\n\nthe minutes are in the shared folder.\n\nBob\n",
            "received": "-2d",
            "flags": ["seen"]
          },
          {
            "from": "Robin Kline <robin@outlook.test>",
            "to": "Adele Vance <adele@woodgrove.example>",
            "subject": "Welcome to this mailbox",
            "text": "Hello Adele,\n\nthis mailbox is a mock's: nothing in it is real.\n\nRobin\n",
            "received": "-3h"
          }
        ]
      }
    },
    {
      "id": "00000000-0000-4000-8000-00000000b002",
      "principal_name": "bob@woodgrove.example",
      "display_name": "Bob Kelly",
      "given_name": "Bob",
      "surname": "Kelly",
      "password": "mock-secret-bob"
    },
    {
      "id": "00000000-0000-4000-8000-00000000b003",
      "principal_name": "admin@woodgrove.example",
      "display_name": "Alex Wilber",
      "given_name": "Alex",
      "surname": "Wilber",
      "password": "mock-secret-admin",
      "roles": ["Global Administrator"]
    },
    {
      "id": "00000000-0000-4000-8000-00000000b004",
      "principal_name": "dora@woodgrove.example",
      "display_name": "Dora Lee",
      "given_name": "Dora",
      "surname": "Lee",
      "password": "mock-secret-dora",
      "licensed": false
    },
    {
      "id": "00000000-0000-4000-8000-00000000b005",
      "principal_name": "team@woodgrove.example",
      "display_name": "Team Mailbox",
      "licensed": false,
      "shared_mailbox": true,
      "mailbox": {
        "delegates": [{"who": "bob@woodgrove.example", "full_access": true, "send_as": true}]
      }
    },
    {
      "id": "00000000-0000-4000-8000-00000000b006",
      "principal_name": "carol@fabrikam.example",
      "display_name": "Carol Fox",
      "given_name": "Carol",
      "surname": "Fox",
      "password": "mock-secret-carol"
    },
    {
      "id": "00000000-0000-0000-8000-00000000b007",
      "principal_name": "robin@outlook.test",
      "display_name": "Robin Kline",
      "given_name": "Robin",
      "surname": "Kline",
      "password": "mock-secret-robin",
      "mailbox": {
        "messages": [
          {
            "from": "Adele Vance <adele@woodgrove.example>",
            "to": "Robin Kline <robin@outlook.test>",
            "subject": "Lunch on Thursday",
            "text": "Hello Robin,\n\nat noon, as always?\n\nAdele\n",
            "received": "-1d"
          }
        ]
      }
    }
  ]
}
)";
}

OUTKIT_INLINE void load_default_world(world& w)
{
    std::vector<world_problem> problems;
    load_world(w, default_world_json(), "default world", problems);
}

OUTKIT_INLINE std::string save_world(world const& w, save_options options)
{
    using namespace world_json_detail;
    json::object root;
    root["date"] = printed_date(w.date());

    json::array tenants;
    for (tenant const& t : w.directory.tenants())
    {
        json::object o;
        o["id"] = t.id;
        o["display_name"] = t.display_name;
        o["domains"] = list_of(t.domains);
        o["initial_domain"] = t.initial_domain;
        if (!t.has_exchange)
            o["exchange"] = false;
        if (!t.cloud.empty())
            o["cloud"] = t.cloud;
        json::array invited;
        for (guest const& g : t.guests)
            if (user const* const u = w.directory.find_user_id(g.user_id))
            {
                json::object one{{"user", u->principal_name}, {"id", g.id}};
                if (!g.accepted)
                    one["accepted"] = false;
                invited.push_back(std::move(one));
            }
        if (!invited.empty())
            o["guests"] = std::move(invited);
        json::array states;
        for (resource_state const& r : t.resources)
            states.push_back(json::object{
                {"app_id", r.app_id}, {"enabled", r.enabled}, {"assignment_required", r.assignment_required}});
        if (!states.empty())
            o["resources"] = std::move(states);
        if (json::object changed = switches_of(w.policy, "tenant.", t.id); !changed.empty())
            o["policy"] = std::move(changed);
        tenant_policy const& p = w.policy.tenant(t.id);
        json::array principals;
        for (exchange_principal const& e : p.exchange_principals)
            principals.push_back(json::object{{"app_id", e.app_id}, {"object_id", e.object_id}});
        if (!principals.empty())
            o["exchange_principals"] = std::move(principals);
        json::array roles;
        for (application_role const& a : p.application_roles)
        {
            json::object role{{"app_id", a.app_id}};
            if (!a.mailboxes.empty())
                role["mailboxes"] = list_of(a.mailboxes);
            roles.push_back(std::move(role));
        }
        if (!roles.empty())
            o["application_roles"] = std::move(roles);
        if (!p.graph_mailboxes.empty())
            o["graph_mailboxes"] = list_of(p.graph_mailboxes);
        tenants.push_back(std::move(o));
    }
    root["tenants"] = std::move(tenants);

    json::array users;
    for (user const& u : w.directory.users())
    {
        json::object o;
        o["id"] = u.id;
        o["tenant"] = u.tenant_id;
        o["principal_name"] = u.principal_name;
        auto const text = [&](char const* key, std::string const& value) {
            if (!value.empty())
                o[key] = value;
        };
        auto const flag = [&](char const* key, bool value, bool usual) {
            if (value != usual)
                o[key] = value;
        };
        text("mail", u.mail);
        if (!u.aliases.empty())
            o["aliases"] = list_of(u.aliases);
        text("password", u.password);
        text("display_name", u.display_name);
        text("given_name", u.given_name);
        text("surname", u.surname);
        flag("licensed", u.licensed, true);
        flag("enabled", u.enabled, true);
        flag("mfa_required", u.mfa_required, false);
        flag("mfa_registered", u.mfa_registered, true);
        flag("password_expired", u.password_expired, false);
        flag("must_change_password", u.must_change_password, false);
        flag("on_premises", u.on_premises, false);
        flag("locked", u.locked, false);
        flag("minor", u.minor, false);
        if (u.risk != user_risk::none)
            o["risk"] = to_string(u.risk);
        flag("shared_mailbox", u.shared_mailbox, false);
        if (!u.roles.empty())
            o["roles"] = list_of(u.roles);
        text("language", u.language);
        if (u.tokens_valid_from != wall_time{})
            o["tokens_valid_from"] = printed_date(u.tokens_valid_from);

        std::string const& address = mailbox_address(u);
        json::object box = switches_of(w.policy, "mailbox.", address);
        json::array delegates;
        for (delegate const& d : w.policy.mailbox(address).delegates)
        {
            json::object rights{{"who", d.who}};
            for (auto const& [key, value] : {std::pair{"full_access", d.full_access}, std::pair{"send_as", d.send_as},
                                             std::pair{"send_on_behalf", d.send_on_behalf}})
                if (value)
                    rights[key] = true;
            delegates.push_back(std::move(rights));
        }
        if (!delegates.empty())
            box["delegates"] = std::move(delegates);
        if (auto const& apps = w.policy.mailbox(address).high_volume_apps; !apps.empty())
            box["high_volume_apps"] = list_of(apps);
        json::array mail;
        if (mailbox const* const stored = options.messages ? w.mailboxes.find(address) : nullptr)
            for (folder_ptr const& f : stored->folders())
                for (message_ptr const& m : f->messages())
                {
                    json::object one{{"folder", f->path()}, {"received", printed_date(m->internal_date)}};
                    json::array flags;
                    for (auto const& [name, bit] :
                         {std::pair{"seen", mock::flags::seen}, std::pair{"answered", mock::flags::answered},
                          std::pair{"flagged", mock::flags::flagged}, std::pair{"deleted", mock::flags::deleted},
                          std::pair{"draft", mock::flags::draft}})
                        if (m->is(bit))
                            flags.emplace_back(name);
                    if (!flags.empty())
                        one["flags"] = std::move(flags);
                    if (m->unconvertible)
                        one["unconvertible"] = true;
                    if (is_plain_text(m->raw()))
                        one["raw"] = m->raw();
                    else
                        one["raw_base64"] = outkit::detail::base64_encode(m->raw());
                    mail.push_back(std::move(one));
                }
        if (!mail.empty())
            box["messages"] = std::move(mail);
        if (!box.empty() && (u.licensed || u.shared_mailbox))
            o["mailbox"] = std::move(box);
        users.push_back(std::move(o));
    }
    root["users"] = std::move(users);

    json::array applications;
    for (application const& a : w.directory.applications())
    {
        json::object o;
        o["app_id"] = a.app_id;
        o["object_id"] = a.object_id;
        o["tenant"] = a.tenant_id;
        o["display_name"] = a.display_name;
        o["audience"] = to_string(a.audience);
        json::array uris;
        for (redirect_uri const& r : a.redirect_uris)
            uris.push_back(json::object{{"uri", r.uri}, {"platform", to_string(r.type)}});
        o["redirect_uris"] = std::move(uris);
        if (a.allow_public_client)
            o["allow_public_client"] = true;
        if (a.access_token_issuance)
            o["access_token_issuance"] = true;
        if (a.id_token_issuance)
            o["id_token_issuance"] = true;
        if (!a.enabled)
            o["enabled"] = false;
        o["created"] = printed_date(a.created);
        json::array permissions;
        for (required_permission const& p : a.permissions)
            permissions.push_back(json::object{{"resource", p.resource}, {"id", p.id}, {"type", to_string(p.type)}});
        o["permissions"] = std::move(permissions);
        json::array secrets;
        for (client_secret const& s : a.secrets)
            secrets.push_back(json::object{{"id", s.id},
                                           {"name", s.name},
                                           {"value", s.value},
                                           {"start", printed_date(s.start)},
                                           {"end", printed_date(s.end)}});
        if (!secrets.empty())
            o["secrets"] = std::move(secrets);
        json::array certificates;
        for (client_certificate const& c : a.certificates)
            certificates.push_back(json::object{{"id", c.id},
                                                {"name", c.name},
                                                {"sha1", c.sha1},
                                                {"sha256", c.sha256},
                                                {"pem", c.pem},
                                                {"start", printed_date(c.start)},
                                                {"end", printed_date(c.end)}});
        if (!certificates.empty())
            o["certificates"] = std::move(certificates);
        json::array federated;
        for (federated_credential const& f : a.federated_credentials)
            federated.push_back(json::object{{"name", f.name},
                                             {"issuer", f.issuer},
                                             {"subject", f.subject},
                                             {"audience", f.audience},
                                             {"pem", f.pem}});
        if (!federated.empty())
            o["federated_credentials"] = std::move(federated);
        json::array principals;
        for (service_principal const& s : w.directory.service_principals())
            if (same_name(s.app_id, a.app_id))
            {
                json::object one{{"tenant", s.tenant_id}, {"object_id", s.object_id}};
                if (!s.enabled)
                    one["enabled"] = false;
                if (s.assignment_required)
                    one["assignment_required"] = true;
                json::array assigned;
                for (std::string const& id : s.assigned_users)
                    if (user const* const u = w.directory.find_user_id(id))
                        assigned.emplace_back(u->principal_name);
                if (!assigned.empty())
                    one["assigned_users"] = std::move(assigned);
                principals.push_back(std::move(one));
            }
        o["service_principals"] = std::move(principals);
        json::array consents;
        for (consent const& c : w.directory.consents())
            if (same_name(c.app_id, a.app_id))
            {
                json::object one;
                tenant const* const where = w.directory.find_tenant(c.tenant_id);
                guest const* const visiting = where && !c.user_id.empty() ? where->find_guest(c.user_id) : nullptr;
                if (user const* const u = w.directory.find_user_id(visiting ? visiting->user_id : c.user_id))
                    one["user"] = u->principal_name;
                one["tenant"] = c.tenant_id;
                one["resource"] = c.resource;
                one["type"] = to_string(c.type);
                one["permissions"] = list_of(c.permissions);
                consents.push_back(std::move(one));
            }
        if (!consents.empty())
            o["consents"] = std::move(consents);
        applications.push_back(std::move(o));
    }
    root["applications"] = std::move(applications);

    if (json::object service = switches_of(w.policy, "service.", ""); !service.empty())
        root["service"] = std::move(service);
    json::array rest;  // what holds for every tenant without a policy of its own
    changed_switches(w.policy, "", "", [&](std::string_view name, std::string const& value) {
        if (name.starts_with("tenant."))
            rest.push_back(json::object{{"name", name}, {"value", switch_value(value)}});
    });
    for (pending_switch const& p : w.policy.pending())
    {
        json::object o{{"name", p.name}, {"value", switch_value(p.value)}, {"at", printed_date(p.when)}};
        if (!p.subject.empty())
            o["subject"] = p.subject;
        rest.push_back(std::move(o));
    }
    if (!rest.empty())
        root["switches"] = std::move(rest);

    json::array faults;
    for (fault const& f : w.faults.queued())
    {
        json::object o;
        if (!f.server.empty())
            o["server"] = f.server;
        if (!f.operation.empty())
            o["operation"] = f.operation;
        if (f.answer)
            o["answer"] = *f.answer;
        if (f.status != 0)
            o["status"] = f.status;
        if (f.retry_after)
            o["retry_after"] = f.retry_after->count();
        if (f.delay != std::chrono::nanoseconds(0))
            o["delay_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(f.delay).count();
        if (f.drop_after)
            o["drop_after"] = *f.drop_after;
        if (f.disconnect)
            o["disconnect"] = true;
        if (f.stall)
            o["stall"] = true;
        if (f.skip != 0)
            o["skip"] = f.skip;
        if (f.times != 1)
            o["times"] = f.times;
        if (f.probability != 1)
            o["probability"] = f.probability;
        json::object header;
        for (auto const& [name, value] : f.header_fields)
            header[name] = value;
        if (!header.empty())
            o["header_fields"] = std::move(header);
        faults.push_back(std::move(o));
    }
    if (!faults.empty())
        root["faults"] = std::move(faults);
    json::array misbehaviour;
    for (std::string const& name : w.faults.misbehaviour())
        misbehaviour.emplace_back(name);
    if (!misbehaviour.empty())
        root["misbehaviour"] = std::move(misbehaviour);

    std::string out;
    print(root, out, 0);
    return out + "\n";
}

OUTKIT_INLINE std::string describe_world(world const& w)
{
    using namespace world_json_detail;
    std::string out;
    auto const line = [&](std::size_t depth, std::string const& text) {
        out += std::string(depth * 2, ' ') + text + "\n";
    };
    auto const switches = [&](std::size_t depth, std::string_view prefix, std::string_view subject) {
        changed_switches(w.policy, prefix, subject, [&](std::string_view name, std::string const& value) {
            line(depth, std::string(name) + " = " + value);
        });
    };
    line(0, "date " + printed_date(w.date()));
    switches(0, "service.", "");
    for (pending_switch const& p : w.policy.pending())
        line(0, "at " + printed_date(p.when) + ": " + p.name + " = " + p.value +
                    (p.subject.empty() ? "" : " for " + p.subject));
    for (tenant const& t : w.directory.tenants())
    {
        line(0, "tenant " + t.display_name + ", " + t.initial_domain + ", " + t.id);
        switches(1, "tenant.", t.id);
        for (user const& u : w.directory.users())
        {
            if (!same_name(u.tenant_id, t.id))
                continue;
            std::string text = "user " + u.principal_name;
            if (!u.mail.empty() && !same_name(u.mail, u.principal_name))
                text += ", mail " + u.mail;
            if (u.shared_mailbox)
                text += ", shared mailbox";
            else if (!u.licensed)
                text += ", no licence";
            if (!u.enabled)
                text += ", disabled";
            if (u.mfa_required)
                text += ", second factor";
            if (u.locked)
                text += ", locked";
            if (u.password_expired || u.must_change_password)
                text += ", password due";
            if (u.minor)
                text += ", minor";
            if (u.risk != user_risk::none)
                text += ", risk " + std::string(to_string(u.risk));
            for (std::string const& role : u.roles)
                text += ", " + role;
            line(1, text);
            switches(2, "mailbox.", mailbox_address(u));
            for (delegate const& d : w.policy.mailbox(mailbox_address(u)).delegates)
                line(2, "delegate " + d.who + (d.full_access ? ", full access" : "") + (d.send_as ? ", send as" : "") +
                            (d.send_on_behalf ? ", send on behalf" : ""));
        }
        for (application const& a : w.directory.applications())
        {
            if (!same_name(a.tenant_id, t.id))
                continue;
            line(1, "application " + a.display_name + ", " + a.app_id + ", " + std::string(to_string(a.audience)));
            for (redirect_uri const& r : a.redirect_uris)
                line(2, std::string(to_string(r.type)) + " " + r.uri);
            for (required_permission const& p : a.permissions)
            {
                permission const* const known = find_permission_id(p.resource, p.id);
                line(2, std::string(p.type == permission_type::delegated ? "delegated " : "application ") +
                            (known ? std::string(known->name) : p.id + " (unknown to " + p.resource + ")"));
            }
            for (client_secret const& s : a.secrets)
                line(2, "secret " + s.id + ", until " + printed_date(s.end));
        }
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
