#ifndef OUTKIT_MOCK_ODATA_IPP
#define OUTKIT_MOCK_ODATA_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/http/detail/grammar.hpp>
#include <outkit/mock/directory.hpp>
#include <outkit/mock/odata.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::mock::odata {

using http::detail::lower;
OUTKIT_INLINE std::string lowered(std::string_view s)
{
    std::string out(s);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

OUTKIT_INLINE bool query::parse(std::string_view text)
{
    options_.clear();
    while (!text.empty())
    {
        std::string_view const option = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(option.size() + 1, text.size()));
        if (option.empty())
            continue;
        std::size_t const equals = option.find('=');
        auto name = detail::form_decode(option.substr(0, equals));
        auto value = detail::form_decode(equals == option.npos ? std::string_view() : option.substr(equals + 1));
        if (!name || !value || options_.size() >= 64)
            return false;
        options_.emplace_back(std::move(*name), std::move(*value));
    }
    return true;
}

OUTKIT_INLINE std::string const* query::find(std::string_view name) const
{
    for (auto const& o : options_)
        if (same_name(o.first, name))
            return &o.second;
    return nullptr;
}

// As in the service's links: names with %24, blanks as '+', hexadecimal digits in lower case.
inline std::string encode_option(std::string_view text)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (char const c : text)
    {
        bool const plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
                           std::string_view("-_.~!*()").find(c) != std::string_view::npos;
        auto const u = static_cast<unsigned char>(c);
        if (plain)
            out += c;
        else if (c == ' ')
            out += '+';
        else
            ((out += '%') += digits[u >> 4]) += digits[u & 15];
    }
    return out;
}

OUTKIT_INLINE std::string query::with(std::string_view option, std::string_view new_value) const
{
    std::string out;
    bool written = find(option) != nullptr;  // then it is replaced where it stands
    auto const add = [&](std::string_view name, std::string_view value) {
        (out += out.empty() ? '?' : '&') += encode_option(name);
        (out += '=') += encode_option(value);
    };
    for (auto const& [name, value] : options_)
    {
        add(name, same_name(name, option) ? new_value : std::string_view(value));
        if (!written && same_name(name, "$top"))
        {
            add(option, new_value);
            written = true;
        }
    }
    if (!written)
        add(option, new_value);
    return out;
}

// Values

OUTKIT_INLINE std::int64_t seconds(detail::wall_time t)
{
    return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

OUTKIT_INLINE std::int64_t sent_seconds(message const& m)
{
    auto const date = mime::read_date(m.envelope().date);
    return date ? date->utc.time_since_epoch().count() : seconds(m.internal_date);
}

OUTKIT_INLINE std::string header_text(message const& m, std::string_view name)
{
    std::string_view const header = mime::header_of(m.structure().parts.front(), m.raw());
    auto const fields = mime::read_fields(header);
    mime::field const* const f = mime::find(fields, name);
    return f ? mime::read_text(f->value) : std::string();
}

OUTKIT_INLINE std::string importance_of(message const& m)
{
    if (auto const kept = m.properties.find("importance"); kept != m.properties.end())
        return kept->second;
    std::string const importance = lowered(header_text(m, "Importance"));
    if (importance == "high" || importance == "low")
        return importance;
    std::string const priority = header_text(m, "X-Priority");
    if (priority.starts_with('1') || priority.starts_with('2'))
        return "high";
    return priority.starts_with('4') || priority.starts_with('5') ? "low" : "normal";
}

OUTKIT_INLINE std::string flag_of(message const& m)
{
    if (m.is(flags::flagged))
        return "flagged";
    auto const kept = m.properties.find("flag");
    return kept != m.properties.end() && kept->second == "complete" ? "complete" : "notFlagged";
}

OUTKIT_INLINE std::string inference_of(message const& m)
{
    auto const kept = m.properties.find("inference");
    return kept == m.properties.end() ? "focused" : kept->second;
}

OUTKIT_INLINE bool has_attachments(message const& m)
{
    mime::contents const c = mime::find_contents(m.structure());
    return std::any_of(c.attachments.begin(), c.attachments.end(),
                       [&](std::uint32_t at) { return !mime::is_inline(m.structure(), at); });
}

OUTKIT_INLINE std::string address_text(mime::address_entry const& e)
{
    if (e.domain.empty())
        return e.local;
    return e.local + '@' + e.domain;
}

OUTKIT_INLINE std::string mapi_key(std::string_view id)
{
    std::string key = lowered(id);
    if (std::size_t const tag = key.find(" 0x"); tag != key.npos)
        while (key.size() > tag + 4 && key[tag + 3] == '0')
            key.erase(tag + 3, 1);
    return key;
}

OUTKIT_INLINE std::optional<std::string> extended_value(message const& m, std::string_view id)
{
    std::string const key = mapi_key(id);
    auto const date = [](std::int64_t s) {
        return outkit::graph::detail::format(std::chrono::sys_seconds(std::chrono::seconds(s)));
    };
    if (key == "integer 0xe07")  // PidTagMessageFlags
        return std::to_string((m.is(flags::seen) ? 1 : 0) | (m.is(flags::draft) ? 8 : 0) |
                              (has_attachments(m) ? 16 : 0));
    if (key == "systemtime 0xe06")  // PidTagMessageDeliveryTime
        return date(seconds(m.internal_date));
    if (key == "systemtime 0x39")  // PidTagClientSubmitTime
        return date(sent_seconds(m));
    if (key == "integer 0xe23")  // the UID of IMAP (observed: mguessan/davmail)
        return std::to_string(m.uid);
    if (key == "integer 0xe08" || key == "long 0xe08")  // PidTagMessageSize
        return std::to_string(m.size());
    if (key == "string 0x7d")  // PidTagTransportMessageHeaders
        return std::string(mime::header_of(m.structure().parts.front(), m.raw()));
    if (key == "string 0x37")  // PidTagSubject
        return mime::decode_words(m.envelope().subject);
    if (key == "string 0x1035")  // PidTagInternetMessageId
        return m.envelope().message_id;
    auto const kept = m.properties.find("mapi " + key);
    return kept == m.properties.end() ? std::nullopt : std::optional(kept->second);
}

OUTKIT_INLINE std::vector<std::string> categories_of(message const& m)
{
    std::vector<std::string> names;
    auto const kept = m.properties.find("categories");
    std::string_view rest = kept == m.properties.end() ? std::string_view() : std::string_view(kept->second);
    while (!rest.empty())
    {
        std::string_view const name = rest.substr(0, rest.find('\n'));
        names.emplace_back(name);
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    return names;
}

OUTKIT_INLINE std::string join_categories(std::vector<std::string> const& names)
{
    std::string text;
    for (std::string const& name : names)
        (text += name) += '\n';
    return text;
}

OUTKIT_INLINE value value_of(message const& m, folder const& in, property p)
{
    auto const person = [](std::vector<mime::address_entry> const& list, bool name) -> value {
        if (list.empty())
            return {};
        std::string text = name ? mime::decode_words(list.front().name) : address_text(list.front());
        return text.empty() ? address_text(list.front()) : text;
    };
    switch (p)
    {
    case property::received: return seconds(m.internal_date);
    case property::sent: return sent_seconds(m);
    case property::created: return seconds(m.created);
    case property::modified: return seconds(m.modified);
    case property::subject: return mime::decode_words(m.envelope().subject);
    case property::importance: return importance_of(m);
    case property::is_read: return m.is(flags::seen);
    case property::is_draft: return m.is(flags::draft);
    case property::has_attachments: return has_attachments(m);
    case property::conversation_id: return m.conversation_id;
    case property::internet_message_id: return m.envelope().message_id;
    case property::parent_folder_id: return in.id();
    case property::from_address: return person(m.envelope().from, false);
    case property::from_name: return person(m.envelope().from, true);
    case property::sender_address: return person(m.envelope().sender, false);
    case property::sender_name: return person(m.envelope().sender, true);
    case property::flag_status: return flag_of(m);
    case property::inference: return inference_of(m);
    case property::categories: break;
    }
    return {};
}

// Names

struct known_property
{
    std::string_view name;
    property what;
    enum class type : std::uint8_t
    {
        text,
        date,
        boolean
    } of = type::text;
};
inline constexpr known_property known_properties[] = {
    {"receivedDateTime", property::received, known_property::type::date},
    {"sentDateTime", property::sent, known_property::type::date},
    {"createdDateTime", property::created, known_property::type::date},
    {"lastModifiedDateTime", property::modified, known_property::type::date},
    {"subject", property::subject},
    {"importance", property::importance},
    {"isRead", property::is_read, known_property::type::boolean},
    {"isDraft", property::is_draft, known_property::type::boolean},
    {"hasAttachments", property::has_attachments, known_property::type::boolean},
    {"conversationId", property::conversation_id},
    {"internetMessageId", property::internet_message_id},
    {"parentFolderId", property::parent_folder_id},
    {"from/emailAddress/address", property::from_address},
    {"from/emailAddress/name", property::from_name},
    {"sender/emailAddress/address", property::sender_address},
    {"sender/emailAddress/name", property::sender_name},
    {"flag/flagStatus", property::flag_status},
    {"inferenceClassification", property::inference},
};

inline known_property const* find_property(std::string_view name)
{
    for (known_property const& p : known_properties)
        if (same_name(p.name, name))
            return &p;
    return nullptr;
}

// What is said of a property that cannot be used: unknown, or known and of no use here.
inline refusal no_such_property(std::string_view path)
{
    std::string const name(path.substr(0, path.find('/')));
    for (char const* const recipients :
         {"toRecipients", "ccRecipients", "bccRecipients", "replyTo", "body", "uniqueBody", "internetMessageHeaders",
          "webLink", "changeKey", "bodyPreview", "categories"})
        if (same_name(name, recipients))
        {
            std::string shown = recipients;
            shown[0] = static_cast<char>(shown[0] - ('a' - 'A'));
            // observed: microsoftgraph/microsoft-graph-docs#17863
            return {"ErrorInvalidProperty", "The property '" + shown + "' does not support filtering."};
        }
    // observed: wslyvh/paperweight#1
    return {"RequestBroker--ParseUri",
            "Could not find a property named '" + name + "' on type 'microsoft.graph.message'."};
}

// What is asked of an extended property, where it is not text: kept as a node's `second`.
inline constexpr std::uint32_t whole_number = 1, there = 2;

// filter = disjunction; conjunctions and disjunctions of comparisons and functions, `not`, parentheses (OData 4.01
// part 2, section 5.1.1; edited: only what Graph's mail has been seen to answer).
class filter_parser
{
public:
    filter_parser(filter& into, std::string_view text) : f_(into), rest_(text) {}

    refusal run()
    {
        f_.root_ = disjunction();
        if (!problem_ && !peek().empty())
            syntax();
        return problem_;
    }

private:
    using kind = filter::kind;
    static constexpr int deepest = 32;

    void syntax()
    {
        if (!problem_)
            problem_ = {"BadRequest",
                        "Invalid filter clause: syntax error near '" + std::string(peek().substr(0, 64)) + "'."};
    }
    void unsupported()
    {
        if (!problem_)  // observed: microsoftgraph/microsoft-graph-docs#17863
            problem_ = {"ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."};
    }
    std::uint32_t add(filter::node n)
    {
        if (f_.nodes_.size() >= 1000)
        {
            if (!problem_)  // observed: mguessan/davmail#501
                problem_ = {"ErrorRestrictionTooComplex", "The restriction or sort order is too complex for this "
                                                          "operation., Cannot query rows in a table."};
            return 0;
        }
        f_.nodes_.push_back(std::move(n));
        return static_cast<std::uint32_t>(f_.nodes_.size() - 1);
    }

    // The next token, which is not empty unless the text is at its end.
    std::string_view peek()
    {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
            rest_.remove_prefix(1);
        if (rest_.empty())
            return {};
        if (std::string_view("(),").find(rest_.front()) != std::string_view::npos)
            return rest_.substr(0, 1);
        if (rest_.front() == '\'')
        {
            for (std::size_t at = 1;; at += 2)
            {
                at = rest_.find('\'', at);
                if (at == rest_.npos)
                    return rest_;
                if (at + 1 == rest_.size() || rest_[at + 1] != '\'')
                    return rest_.substr(0, at + 1);
            }
        }
        return rest_.substr(0, rest_.find_first_of(" \t(),'"));
    }
    std::string_view take()
    {
        std::string_view const t = peek();
        rest_.remove_prefix(t.size());
        return t;
    }
    bool take_word(std::string_view word)
    {
        if (!same_name(peek(), word))
            return false;
        take();
        return true;
    }

    std::uint32_t disjunction()
    {
        if (++depth_ > deepest)
        {
            unsupported();
            return 0;
        }
        std::uint32_t left = conjunction();
        while (!problem_ && take_word("or"))
            left = add({.what = kind::either, .first = left, .second = conjunction()});
        --depth_;
        return left;
    }
    std::uint32_t conjunction()
    {
        std::uint32_t left = term();
        while (!problem_ && take_word("and"))
            left = add({.what = kind::both, .first = left, .second = term()});
        return left;
    }
    std::uint32_t term()
    {
        bool negated = false;
        while (take_word("not"))
            negated = !negated;
        std::uint32_t inner = 0;
        if (peek() == "(")
        {
            take();
            inner = disjunction();
            expect(")");
        }
        else
            inner = predicate();
        return negated && !problem_ ? add({.what = kind::negation, .first = inner}) : inner;
    }
    void expect(std::string_view what)
    {
        if (problem_)
            return;
        if (peek() == what)
            take();
        else
            syntax();
    }

    std::uint32_t predicate()
    {
        std::string const name(take());
        if (name.empty() || name == ")" || name == "," || same_name(name, "or") || same_name(name, "and"))
        {
            syntax();
            return 0;
        }
        if (peek() == "(")
            return function(name);
        filter::node n;
        if (!variable_.empty() && name == variable_)
            n.of = property::categories;
        else if (!use(name, n.of))
            return 0;
        return comparison(n);
    }

    bool use(std::string_view name, property& p)
    {
        known_property const* const known = find_property(name);
        if (!known)
        {
            if (!problem_)
                problem_ = no_such_property(name);
            return false;
        }
        p = known->what;
        if (std::find(f_.mentioned_.begin(), f_.mentioned_.end(), p) == f_.mentioned_.end())
            f_.mentioned_.push_back(p);
        return true;
    }

    std::uint32_t comparison(filter::node n)
    {
        static constexpr std::pair<std::string_view, filter::op> operators[] = {
            {"eq", filter::op::eq}, {"ne", filter::op::ne}, {"gt", filter::op::gt},
            {"ge", filter::op::ge}, {"lt", filter::op::lt}, {"le", filter::op::le}};
        std::string_view const word = take();
        auto const* const found = std::find_if(std::begin(operators), std::end(operators),
                                               [&](auto const& o) { return same_name(o.first, word); });
        if (found == std::end(operators))
        {
            syntax();
            return 0;
        }
        n.how = found->second;
        return literal(n) ? add(std::move(n)) : 0;
    }

    bool literal(filter::node& n)
    {
        if (n.second == whole_number)
        {
            std::string_view const digits = take();
            std::int64_t number = 0;
            auto const end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            if (digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size())
                return mismatch(digits);
            n.with = number;
            return true;
        }
        auto type = known_property::type::text;
        for (known_property const& p : known_properties)
            if (p.what == n.of)
                type = p.of;
        std::string_view const text = take();
        if (same_name(text, "null"))
            return true;
        if (type == known_property::type::boolean)
        {
            if (!same_name(text, "true") && !same_name(text, "false"))
                return mismatch(text);
            n.with = same_name(text, "true");
            return true;
        }
        if (type == known_property::type::date)
        {
            auto t = outkit::graph::detail::parse_date_time(text);
            if (!t && text.size() == 10)
                t = outkit::graph::detail::parse_date_time(std::string(text) + "T00:00:00Z");
            if (!t)
                return mismatch(text);
            n.with = std::int64_t(t->time_since_epoch().count());
            return true;
        }
        auto const s = string_of(text);
        if (!s)
            return mismatch(text);
        n.with = *s;
        return true;
    }
    bool mismatch(std::string_view text)
    {
        if (!problem_)
            problem_ = {"BadRequest", "Invalid filter clause: the literal '" + std::string(text.substr(0, 64)) +
                                          "' does not have the type of the property."};
        return false;
    }

    static std::optional<std::string> string_of(std::string_view text)
    {
        if (text.size() < 2 || text.front() != '\'' || text.back() != '\'')
            return std::nullopt;
        text = text.substr(1, text.size() - 2);
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i)
        {
            out += text[i];
            if (text[i] == '\'')
                ++i;
        }
        return out;
    }

    std::uint32_t function(std::string const& name)
    {
        take();  // "("
        if (same_name(name, "categories/any"))
            return any_category();
        if (same_name(name, "singleValueExtendedProperties/any"))
            return any_extended();
        filter::node n;
        if (same_name(name, "contains"))
            n.what = kind::contains;
        else if (same_name(name, "startswith"))
            n.what = kind::starts_with;
        else if (same_name(name, "endswith"))
            n.what = kind::ends_with;
        else
        {
            unsupported();
            return 0;
        }
        std::string const path(take());
        if (!variable_.empty() && path == variable_)
            n.of = property::categories;
        else if (!use(path, n.of))
            return 0;
        expect(",");
        auto const text = string_of(take());
        if (!text)
            syntax();
        else
            n.with = *text;
        expect(")");
        if (problem_)
            return 0;
        std::uint32_t const at = add(std::move(n));
        if (take_word("eq"))  // contains(subject,'x') eq true
        {
            std::string_view const truth = take();
            if (same_name(truth, "false"))
                return add({.what = kind::negation, .first = at});
            if (!same_name(truth, "true"))
                syntax();
        }
        return at;
    }

    // categories/any(c:c eq 'Red category')
    std::uint32_t any_category()
    {
        std::string_view const head = peek();
        std::size_t const colon = head.find(':');
        if (head == ")" || colon == head.npos || colon == 0 || !variable_.empty())
        {
            unsupported();  // observed: any() without a predicate is refused
            return 0;
        }
        variable_ = head.substr(0, colon);
        rest_.remove_prefix(colon + 1);
        filter::node n{.what = kind::any_category, .first = disjunction()};
        expect(")");
        variable_.clear();
        return problem_ ? 0 : add(n);
    }

    // singleValueExtendedProperties/Any(p: p/id eq 'Integer 0x0E07' and cast(p/value, Edm.Int32) eq 1)
    std::uint32_t any_extended()
    {
        std::string_view const head = peek();
        std::size_t const colon = head.find(':');
        if (head == ")" || colon == head.npos || colon == 0 || !variable_.empty())
        {
            unsupported();
            return 0;
        }
        std::string const variable(head.substr(0, colon));
        rest_.remove_prefix(colon + 1);
        filter::node n{.what = kind::any_extended};
        std::string_view const subject = take(), how = take();
        auto const id = string_of(take());
        if (subject != variable + "/id" || !same_name(how, "eq") || !id)
        {
            unsupported();
            return 0;
        }
        n.id = *id;
        if (!take_word("and"))
        {
            n.second = there;
            expect(")");
            return problem_ ? 0 : add(std::move(n));
        }
        n.of = property::subject;  // text, unless it is cast
        if (take_word("cast"))
        {
            expect("(");
            bool const named = take() == variable + "/value";
            expect(",");
            std::string const type(take());
            expect(")");
            if (same_name(type, "Edm.Int16") || same_name(type, "Edm.Int32") || same_name(type, "Edm.Int64"))
                n.second = whole_number;
            else if (same_name(type, "Edm.Boolean"))
                n.of = property::is_read;
            else if (same_name(type, "Edm.DateTimeOffset"))
                n.of = property::received;
            else if (!same_name(type, "Edm.String"))
                unsupported();
            if (!named)
                unsupported();
        }
        else if (take() != variable + "/value")
            unsupported();
        if (problem_)
            return 0;
        std::uint32_t const at = comparison(std::move(n));
        expect(")");
        return problem_ ? 0 : at;
    }

    filter& f_;
    std::string_view rest_;
    refusal problem_;
    std::string variable_;  // of the any() we are in
    int depth_ = 0;
};

OUTKIT_INLINE refusal filter::parse(std::string_view text)
{
    nodes_.clear();
    mentioned_.clear();
    return filter_parser(*this, text).run();
}

OUTKIT_INLINE bool filter::matches(message const& m, folder const& in) const
{
    return nodes_.empty() || holds(root_, m, in, nullptr);
}

// The text of an extended property, as what it is compared with; null if it is not of that type.
inline value as_type_of(value const& with, property of, std::string const& text)
{
    if (std::holds_alternative<bool>(with))
        return same_name(text, "true") || text == "1";
    if (!std::holds_alternative<std::int64_t>(with))
        return text;
    std::int64_t number = 0;
    if (of == property::received)
    {
        auto const t = outkit::graph::detail::parse_date_time(text);
        return t ? value(std::int64_t(t->time_since_epoch().count())) : value();
    }
    auto const end = std::from_chars(text.data(), text.data() + text.size(), number);
    return end.ec == std::errc() && end.ptr == text.data() + text.size() ? value(number) : value();
}

OUTKIT_INLINE bool filter::holds(std::uint32_t at, message const& m, folder const& in,
                                 std::string const* category) const
{
    node const& n = nodes_[at];
    switch (n.what)
    {
    case kind::both: return holds(n.first, m, in, category) && holds(n.second, m, in, category);
    case kind::either: return holds(n.first, m, in, category) || holds(n.second, m, in, category);
    case kind::negation: return !holds(n.first, m, in, category);
    case kind::any_category: {
        auto const names = categories_of(m);
        return std::any_of(names.begin(), names.end(),
                           [&](std::string const& name) { return holds(n.first, m, in, &name); });
    }
    default: break;
    }

    value v;
    if (n.what == kind::any_extended)
    {
        auto const text = extended_value(m, n.id);
        if (!text || n.second == there)
            return text.has_value();
        v = as_type_of(n.with, n.of, *text);
    }
    else
        v = n.of == property::categories && category ? value(*category) : value_of(m, in, n.of);
    // Texts compare without regard to case, as Exchange's do.
    auto const folded = [](value const& x) {
        std::string const* const s = std::get_if<std::string>(&x);
        return s ? value(lowered(*s)) : x;
    };
    value const left = folded(v), right = folded(n.with);
    if (n.what != kind::comparison && n.what != kind::any_extended)
    {
        std::string const* const text = std::get_if<std::string>(&left);
        std::string const* const part = std::get_if<std::string>(&right);
        if (!text || !part)
            return false;
        return n.what == kind::contains      ? text->find(*part) != text->npos
               : n.what == kind::starts_with ? text->starts_with(*part)
                                             : text->ends_with(*part);
    }
    if (n.how == op::eq || n.how == op::ne)
        return (left == right) == (n.how == op::eq);
    if (left.index() != right.index() || left.index() == 0)
        return false;
    return n.how == op::gt   ? left > right
           : n.how == op::ge ? left >= right
           : n.how == op::lt ? left < right
                             : left <= right;
}

// Order

OUTKIT_INLINE refusal parse_order(std::string_view text, std::vector<order>& out)
{
    out.clear();
    while (!text.empty())
    {
        std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        while (item.starts_with(' '))
            item.remove_prefix(1);
        while (item.ends_with(' '))
            item.remove_suffix(1);
        std::string_view const name = item.substr(0, item.find(' '));
        item.remove_prefix(name.size());
        while (item.starts_with(' '))
            item.remove_prefix(1);
        known_property const* const known = find_property(name);
        if (!known)
            return {"RequestBroker--ParseUri", "Could not find a property named '" + std::string(name.substr(0, 128)) +
                                                   "' on type 'microsoft.graph.message'."};
        bool const descending = same_name(item, "desc");
        if (!descending && !item.empty() && !same_name(item, "asc"))
            return {"BadRequest", "Syntax error in the $orderby clause."};
        if (out.size() >= 8)
            return {"InefficientFilter", "The restriction or sort order is too complex for this operation."};
        out.push_back({known->what, descending});
    }
    return {};
}

OUTKIT_INLINE refusal check_order(filter const& f, std::vector<order> const& by)
{
    auto const& mentioned = f.mentioned();
    for (std::size_t i = 0; i < by.size(); ++i)
        if (i >= mentioned.size() || mentioned[i] != by[i].by)  // observed: microsoftgraph/msgraph-sdk-dotnet#183
            return {"InefficientFilter", "The restriction or sort order is too complex for this operation."};
    return {};
}

OUTKIT_INLINE bool comes_before(std::vector<order> const& by, message const& a, folder const& in_a, message const& b,
                                folder const& in_b)
{
    for (order const& o : by)
    {
        auto const key = [&](message const& m, folder const& in) -> value {
            value v = value_of(m, in, o.by);
            if (std::string* const s = std::get_if<std::string>(&v))
            {
                if (o.by == property::importance)
                    return std::int64_t(*s == "low" ? 0 : *s == "high" ? 2 : 1);
                *s = lowered(*s);
            }
            return v;
        };
        value const x = key(a, in_a), y = key(b, in_b);
        if (x != y)
            return o.descending ? y < x : x < y;
    }
    return false;
}

}  // namespace outkit::inline OUTKIT_ABI::mock::odata

#endif
