#ifndef OUTKIT_GRAPH_DETAIL_SCANNER_HPP
#define OUTKIT_GRAPH_DETAIL_SCANNER_HPP

#include <outkit/detail/encoding.hpp>
#include <outkit/graph/detail/codec.hpp>
#include <outkit/graph/detail/date_time.hpp>
#include <outkit/graph/error.hpp>
#include <outkit/graph/types.hpp>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// JSON text (RFC 8259) read once, from its beginning to its end, straight into values: what the service sends is large,
// and a tree of it would be made to be thrown away. Included by .ipp files only.

namespace outkit::inline OUTKIT_ABI::graph::detail {

/* What a reader expects next it asks for. The first thing that is wrong is remembered, and nothing is read after it: all
   calls are harmless then, and say that there is no more.

   Of two members of the same name the last one counts; null is the same as if there were none. */
class scanner
{
public:
    // The text must live as long. All of it is UTF-8, or nothing is read.
    OUTKIT_DECL scanner(std::string_view text, limits const& l);

    error_code ec = {};
    std::string what = {};  // names the member and what is wrong with it

    OUTKIT_DECL void wrong(std::string_view name, char const* expected);
    // Names what it is in, if something is wrong.
    OUTKIT_DECL void within(std::string const& where);

    /* { "name": … }: open_object, and next_member until there is none. `name` is what the value is called in errors;
       false: it is null, or no object, which is wrong. */
    OUTKIT_DECL bool open_object(std::string_view name);
    OUTKIT_DECL bool next_member(std::string_view& name);  // valid until the next call
    // [ … ]: the same.
    OUTKIT_DECL bool open_array(std::string_view name);
    OUTKIT_DECL bool next_element();
    // The value of any kind that comes next, as it stands there.
    OUTKIT_DECL std::string_view skip();
    // Nothing but blanks may be left.
    OUTKIT_DECL void end();

    // False: null, or no string.
    OUTKIT_DECL bool read(std::string_view name, std::string& out);
    OUTKIT_DECL bool view(std::string_view name, std::string_view& out);  // valid until the next call
    OUTKIT_DECL bool read_base64(std::string_view name, std::optional<std::string>& out);
    OUTKIT_DECL void read(std::string_view name, bool& out);
    OUTKIT_DECL void read(std::string_view name, std::optional<bool>& out);
    OUTKIT_DECL void read(std::string_view name, std::optional<date_time>& out);
    // Whole numbers from 0 to half of what the type has.
    OUTKIT_DECL void read_count(std::string_view name, std::uint32_t& out);
    OUTKIT_DECL void read_count(std::string_view name, std::optional<std::uint64_t>& out);

    template <class T, class ReadOne>
    void read_list(std::string_view name, std::vector<T>& out, ReadOne read_one)
    {
        out.clear();
        if (!open_array(name))
            return;
        while (next_element())
            read_one(*this, name, out.emplace_back());
    }
    void read(std::string_view name, std::vector<std::string>& out)
    {
        read_list(name, out, [](scanner& s, std::string_view n, std::string& one) {
            if (!s.read(n, one))
                s.wrong(n, "a string");
        });
    }

private:
    bool fail(char const* why)
    {
        if (!ec)
        {
            ec = error::response_malformed;
            what = why;
        }
        at_ = end_;
        return false;
    }
    bool too_much(char const* of_what)
    {
        if (!ec)
        {
            ec = error::limit_exceeded;
            what = of_what;
        }
        at_ = end_;
        return false;
    }
    void blanks()
    {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
            ++at_;
    }
    bool take(char c)
    {
        blanks();
        if (at_ == end_ || *at_ != c)
            return false;
        ++at_;
        return true;
    }
    bool counted() { return ++values_ <= limit_.json_values || too_much("too many values"); }
    OUTKIT_DECL bool open(char bracket);
    OUTKIT_DECL bool next(char closing);
    OUTKIT_DECL bool string(std::string_view& out, std::size_t most);
    OUTKIT_DECL bool escape(std::string& out);
    OUTKIT_DECL bool word(std::string_view text);
    OUTKIT_DECL bool null();
    OUTKIT_DECL bool number(std::string_view& out);
    OUTKIT_DECL bool whole(std::string_view name, std::uint64_t most, std::uint64_t& out);

    limits const& limit_;
    char const* at_;
    char const* end_;
    std::size_t depth_ = 0;
    std::size_t values_ = 0;
    bool first_ = false;  // nothing has come in the innermost object or array
    std::string buffer_;  // of strings with escapes
    std::string name_;    // the same of names, as they last longer
};

// The members of an attachment whose object has been opened.
OUTKIT_DECL void read(scanner& s, attachment& out);

// Nothing may be left.
template <class T>
parsed<T> result_of(scanner& s, T value)
{
    s.end();
    if (s.ec)
        return {{}, s.ec, std::move(s.what)};
    return {std::move(value), {}, {}};
}

// A member that has no name with us. What a context says is no property of anything.
OUTKIT_DECL void keep(scanner& s, std::string_view member, std::vector<unknown_member>& in);
OUTKIT_DECL unknown_member const* find(std::vector<unknown_member> const& in, std::string_view name);

template <class T>
struct member_reader
{
    std::string_view name;
    void (*read)(scanner&, T&);
};

// The members of an object that has been opened. They come in the table's order most of the time.
template <class T, class Table>
void read_members(scanner& s, T& out, Table const& table)
{
    auto next = std::begin(table);
    for (std::string_view member; s.next_member(member);)
    {
        auto at = next;
        while (at != std::end(table) && at->name != member)
            ++at;
        if (at == std::end(table))
            for (at = std::begin(table); at != next && at->name != member;)
                ++at;
        bool const known = at != std::end(table) && at->name == member;
        if (!known)
            keep(s, member, out.other);
        else
        {
            at->read(s, out);
            next = at + 1;
        }
    }
}

// One resource, which has an id, and nothing after it.
template <class T>
parsed<T> parse_resource(std::string_view text, limits const& l, void (*read)(scanner&, T&))
{
    scanner s(text, l);
    T value;
    if (!s.open_object({}))
        s.wrong({}, "an object");
    read(s, value);
    if (value.id.empty())
        s.wrong("id", "an id");
    return result_of(s, std::move(value));
}

template <class T>
struct collection
{
    std::vector<T> value = {};
    std::string next_link = {};
    std::string delta_link = {};
    std::optional<std::uint64_t> count = {};
};

// A page of resources: {"value":[ … ]} with its annotations.
template <class T>
parsed<collection<T>> parse_collection(std::string_view text, limits const& l, void (*read)(scanner&, T&))
{
    scanner s(text, l);
    collection<T> out;
    bool there = false;
    auto const items = [&] {
        out.value.clear();
        there = s.open_array("value");
        out.value.reserve(there ? text.size() / 4096 : 0);
        while (there && s.next_element())
        {
            if (!s.open_object("value"))
                return s.wrong("value", "an object");
            T& item = out.value.emplace_back();
            read(s, item);
            // Errors met while a page is being sent may stand in an item's place, see microsoft-graph-docs-contrib#106.
            if (find(item.other, "error"))
                return s.wrong("value", "an item and no error");
            if (item.id.empty())
                s.wrong("id", "an id");
            if (s.ec)
                return s.within("value[" + std::to_string(out.value.size() - 1) + "].");
        }
    };
    if (!s.open_object({}))
        s.wrong({}, "an object with a value");
    for (std::string_view member; s.next_member(member);)
    {
        if (member == "value")
            items();
        else if (member == "@odata.nextLink")
            s.read("@odata.nextLink", out.next_link);
        else if (member == "@odata.deltaLink")
            s.read("@odata.deltaLink", out.delta_link);
        else if (member == "@odata.count")
            s.read_count("@odata.count", out.count);
        else
            s.skip();
    }
    if (!there)
        s.wrong("value", "a list");
    return result_of(s, std::move(out));
}

template <class T>
parsed<page<T>> parse_page(std::string_view text, limits const& l, void (*read)(scanner&, T&))
{
    parsed<collection<T>> c = parse_collection(text, l, read);
    parsed<page<T>> p;
    p.ec = c.ec;
    p.what = std::move(c.what);
    p.value.value = std::move(c.value.value);
    p.value.next_link = std::move(c.value.next_link);
    p.value.count = c.value.count;
    return p;
}

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/scanner.ipp>
#endif

#endif
