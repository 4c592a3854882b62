#ifndef OUTKIT_DETAIL_JSON_IPP
#define OUTKIT_DETAIL_JSON_IPP

#include <outkit/detail/json.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <openssl/crypto.h>

#include <cmath>
#include <new>
#include <set>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::detail {

class wiping_resource final : public boost::json::memory_resource
{
    void* do_allocate(std::size_t n, std::size_t) override { return ::operator new(n); }
    void do_deallocate(void* p, std::size_t n, std::size_t) override
    {
        OPENSSL_cleanse(p, n);
        ::operator delete(p);
    }
    bool do_is_equal(boost::json::memory_resource const& other) const noexcept override { return this == &other; }
};

// Makes a value of what the parser finds. Boost's own handler knows the depth only, and takes 1e400 for infinity
// (measured with Boost 1.81).
struct json_handler
{
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    using ec_type = boost::json::error_code;
    using text = boost::json::string_view;

    json_handler(json_limits const& l, boost::json::storage_ptr storage) : stack(std::move(storage)), limit(&l) {}

    boost::json::value_stack stack;
    json_limits const* limit;
    std::size_t values = 0;
    bool too_much = false;
    std::vector<std::set<std::string>> names;  // seen in each open object
    std::string key;

    bool refuse(ec_type& ec)
    {
        too_much = true;
        ec = boost::json::error::exception;
        return false;
    }
    bool wrong(ec_type& ec)
    {
        ec = boost::json::error::syntax;
        return false;
    }
    bool counted(ec_type& ec) { return ++values <= limit->values || refuse(ec); }

    bool on_document_begin(ec_type&) { return true; }
    bool on_document_end(ec_type&) { return true; }
    bool on_object_begin(ec_type& ec)
    {
        if (limit->unique_names)
            names.emplace_back();
        return counted(ec);
    }
    bool on_object_end(std::size_t n, ec_type&)
    {
        if (limit->unique_names)
            names.pop_back();
        stack.push_object(n);
        return true;
    }
    bool on_array_begin(ec_type& ec) { return counted(ec); }
    bool on_array_end(std::size_t n, ec_type&)
    {
        stack.push_array(n);
        return true;
    }
    bool on_key_part(text s, std::size_t n, ec_type& ec)
    {
        if (limit->unique_names)
            key.append(s.data(), s.size());
        stack.push_chars(s);
        return n <= limit->name || refuse(ec);
    }
    bool on_key(text s, std::size_t n, ec_type& ec)
    {
        stack.push_key(s);
        if (limit->unique_names)
        {
            key.append(s.data(), s.size());
            if (!names.back().insert(std::exchange(key, {})).second)
                return wrong(ec);
        }
        return n <= limit->name || refuse(ec);
    }
    bool on_string_part(text s, std::size_t n, ec_type& ec)
    {
        stack.push_chars(s);
        return n <= limit->string || refuse(ec);
    }
    bool on_string(text s, std::size_t n, ec_type& ec)
    {
        stack.push_string(s);
        return (n <= limit->string || refuse(ec)) && counted(ec);
    }
    bool on_number_part(text, ec_type&) { return true; }
    bool on_int64(std::int64_t i, text, ec_type& ec)
    {
        stack.push_int64(i);
        return counted(ec);
    }
    bool on_uint64(std::uint64_t u, text, ec_type& ec)
    {
        stack.push_uint64(u);
        return counted(ec);
    }
    bool on_double(double d, text, ec_type& ec)
    {
        if (!std::isfinite(d))
            return wrong(ec);
        stack.push_double(d);
        return counted(ec);
    }
    bool on_bool(bool b, ec_type& ec)
    {
        stack.push_bool(b);
        return counted(ec);
    }
    bool on_null(ec_type& ec)
    {
        stack.push_null();
        return counted(ec);
    }
    bool on_comment_part(text, ec_type&) { return true; }
    bool on_comment(text, ec_type&) { return true; }
};

OUTKIT_DEF std::optional<boost::json::value> parse_json(std::string_view text, json_limits const& limits,
                                                        boost::json::storage_ptr storage, json_problem& problem,
                                                        std::string& what)
{
    boost::json::parse_options options;
    options.max_depth = limits.depth;
    boost::json::storage_ptr work;
    if (limits.wiped)
        work = storage = boost::json::make_shared_resource<wiping_resource>();
    boost::json::basic_parser<json_handler> parser(options, limits, std::move(work));
    json_handler& handler = parser.handler();
    handler.stack.reset(std::move(storage));
    boost::json::error_code ec;
    std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    while (!ec && used != text.size() && std::string_view(" \t\r\n").find(text[used]) != text.npos)
        ++used;
    if (!ec && used == text.size())
    {
        problem = json_problem::none;
        return handler.stack.release();
    }
    what = ec ? ec.message() : "there is more text after the JSON";
    problem =
        handler.too_much || ec == boost::json::error::too_deep ? json_problem::too_large : json_problem::malformed;
    return std::nullopt;
}

OUTKIT_DEF std::optional<boost::json::object> parse_strict_object(std::string_view text, json_problem* problem)
{
    json_limits limits;
    limits.unique_names = true;
    limits.wiped = true;
    json_problem p{};
    std::string what;
    std::optional<boost::json::value> whole = parse_json(text, limits, {}, p, what);
    if (problem)
        *problem = p;
    if (!whole || !whole->is_object())
        return std::nullopt;
    return std::move(whole->get_object());
}

OUTKIT_DEF std::optional<std::string_view> string_member(boost::json::object const& o, std::string_view name)
{
    boost::json::value const* const v = o.if_contains({name.data(), name.size()});
    if (!v || !v->is_string())
        return std::nullopt;
    return std::string_view(v->get_string().data(), v->get_string().size());
}

OUTKIT_DEF std::optional<std::int64_t> whole_number(boost::json::value const& v)
{
    static constexpr double exact = 9007199254740992.0;
    if (v.is_int64())
        return v.get_int64();
    if (!v.is_double() || !(v.get_double() >= -exact && v.get_double() <= exact))
        return std::nullopt;
    auto const n = static_cast<std::int64_t>(v.get_double());
    if (static_cast<double>(n) != v.get_double())
        return std::nullopt;
    return n;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
