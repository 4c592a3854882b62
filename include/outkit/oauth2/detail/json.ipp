#ifndef OUTKIT_OAUTH2_DETAIL_JSON_IPP
#define OUTKIT_OAUTH2_DETAIL_JSON_IPP

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <outkit/config.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// JSON of documents that decide about trust: tokens, discovery, keys, JWT parts. Included by .ipp files only.

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

namespace json = boost::json;

// Boost.JSON lets the last of two equal names win and makes infinity of 1e400; two readers could then disagree about
// what a document says. Both are errors here.
struct strict_handler
{
    static constexpr std::size_t max_object_size = 10'000;
    static constexpr std::size_t max_array_size = 10'000;
    static constexpr std::size_t max_key_size = 4096;
    static constexpr std::size_t max_string_size = 512 * 1024;

    using ec_type = json::error_code;

    json::value_stack values;
    std::vector<std::set<std::string>> names;  // seen in each open object
    std::string key;

    bool on_document_begin(ec_type&)
    {
        values.reset();
        return true;
    }
    bool on_document_end(ec_type&) { return true; }
    bool on_object_begin(ec_type&)
    {
        names.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t n, ec_type&)
    {
        names.pop_back();
        values.push_object(n);
        return true;
    }
    bool on_array_begin(ec_type&) { return true; }
    bool on_array_end(std::size_t n, ec_type&)
    {
        values.push_array(n);
        return true;
    }
    bool on_key_part(json::string_view s, std::size_t, ec_type&)
    {
        key.append(s.data(), s.size());
        values.push_chars(s);
        return true;
    }
    bool on_key(json::string_view s, std::size_t, ec_type& ec)
    {
        key.append(s.data(), s.size());
        values.push_key(s);
        if (!names.back().insert(std::move(key)).second)
            ec = json::error::syntax;
        key.clear();
        return !ec;
    }
    bool on_string_part(json::string_view s, std::size_t, ec_type&)
    {
        values.push_chars(s);
        return true;
    }
    bool on_string(json::string_view s, std::size_t, ec_type&)
    {
        values.push_string(s);
        return true;
    }
    bool on_number_part(json::string_view, ec_type&) { return true; }
    bool on_int64(std::int64_t i, json::string_view, ec_type&)
    {
        values.push_int64(i);
        return true;
    }
    bool on_uint64(std::uint64_t u, json::string_view, ec_type&)
    {
        values.push_uint64(u);
        return true;
    }
    bool on_double(double d, json::string_view, ec_type& ec)
    {
        if (!std::isfinite(d))
            ec = json::error::syntax;
        else
            values.push_double(d);
        return !ec;
    }
    bool on_bool(bool b, ec_type&)
    {
        values.push_bool(b);
        return true;
    }
    bool on_null(ec_type&)
    {
        values.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, ec_type&) { return true; }
    bool on_comment(json::string_view, ec_type&) { return true; }
};

// One JSON object and nothing else, or nothing. `too_large`: it went beyond a limit on depth, members or strings.
inline std::optional<json::object> parse_object(std::string_view text, bool* too_large = nullptr)
{
    json::parse_options options;
    options.max_depth = 8;
    json::basic_parser<strict_handler> parser(options);
    json::error_code ec;
    std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (too_large)
        *too_large = ec == json::error::too_deep || ec == json::error::object_too_large ||
                     ec == json::error::array_too_large || ec == json::error::string_too_large ||
                     ec == json::error::key_too_large;
    if (ec || !parser.done())
        return std::nullopt;
    for (; used != text.size(); ++used)
        if (std::string_view(" \t\r\n").find(text[used]) == std::string_view::npos)
            return std::nullopt;
    json::value whole = parser.handler().values.release();
    if (!whole.is_object())
        return std::nullopt;
    return std::move(whole.get_object());
}

// A string member; nullopt when it is missing or something else.
inline std::optional<std::string_view> string_member(json::object const& o, std::string_view name)
{
    json::value const* const v = o.if_contains({name.data(), name.size()});
    if (!v || !v->is_string())
        return std::nullopt;
    return std::string_view(v->get_string().data(), v->get_string().size());
}

// A number without fraction; also as a double, as some writers make it. Within 2^53, where doubles are exact.
inline std::optional<std::int64_t> whole_number(json::value const& v)
{
    static constexpr double exact = 9007199254740992.0;
    if (v.is_int64())
        return v.get_int64();
    if (v.is_double() && std::abs(v.get_double()) <= exact && v.get_double() == std::floor(v.get_double()))
        return static_cast<std::int64_t>(v.get_double());
    return std::nullopt;
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#endif
