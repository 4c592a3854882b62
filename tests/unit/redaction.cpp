// Secrets cannot be formatted, neither they nor what holds one; and nothing but a switch turns traces on.

#include <outkit/account/types.hpp>
#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/token.hpp>
#include <outkit/secret.hpp>

#include <boost/json/value_from.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

template <class T>
concept streamable = requires(std::ostream& out, T const& value) { out << value; };
template <class T>
concept has_to_string =
    requires(T const& value) { to_string(value); } || requires(T const& value) { std::to_string(value); };
template <class T>
concept becomes_text =
    std::is_convertible_v<T const&, std::string> || std::is_convertible_v<T const&, std::string_view> ||
    std::is_convertible_v<T const&, char const*> || std::is_constructible_v<std::string, T const&> ||
    std::is_constructible_v<std::string_view, T const&>;
template <class T>
concept becomes_json = boost::json::has_value_from<T>::value;
template <class T>
constexpr bool silent = !streamable<T> && !has_to_string<T> && !becomes_text<T> && !becomes_json<T>;

// what the checks find where there is something to find
static_assert(streamable<int> && has_to_string<int> && becomes_json<int>);
static_assert(becomes_text<std::string_view> && becomes_json<std::string>);

using outkit::secret;
static_assert(!has_to_string<secret> && !becomes_text<secret> && !becomes_json<secret>);
static_assert(!std::is_copy_constructible_v<secret> && !std::is_copy_assignable_v<secret>);

// what holds one
static_assert(silent<outkit::account::settings>);
static_assert(silent<outkit::oauth2::app>);
static_assert(silent<outkit::oauth2::authorization_response>);
static_assert(silent<outkit::oauth2::pending_authorization>);
static_assert(silent<outkit::oauth2::pkce>);
static_assert(silent<outkit::oauth2::token_response>);

}  // namespace

BOOST_AUTO_TEST_SUITE(redaction)

BOOST_AUTO_TEST_CASE(LG_02_a_secret_is_not_printed)
{
    std::string const canary = "canary-0123456789";
    secret const s(canary);
    std::ostringstream out;
    out << s << '|' << s.clone();
    BOOST_TEST(out.str() == "<redacted>|<redacted>");
    BOOST_TEST((s.reveal() == canary));
}

// A closed list of what is read from the environment: none of it has to do with traces. Whoever adds to it looks here.
BOOST_AUTO_TEST_CASE(LG_12_no_variable_of_the_environment_turns_a_trace_on)
{
    namespace fs = std::filesystem;
    std::vector<std::string> found;
    for (char const* const folder : {"include", "mocks", "tools"})
        for (fs::directory_entry const& e : fs::recursive_directory_iterator(fs::path(OUTKIT_SOURCE_DIR) / folder))
        {
            if (e.path().extension() != ".hpp" && e.path().extension() != ".ipp" && e.path().extension() != ".cpp")
                continue;
            std::ifstream in(e.path());
            std::string const text{std::istreambuf_iterator<char>(in), {}};
            for (std::size_t at = 0; (at = text.find("getenv(", at)) != text.npos; ++at)
                found.push_back(e.path().filename().string() + " " + text.substr(at + 7, text.find(')', at) - at - 7));
        }
    std::sort(found.begin(), found.end());
    std::vector<std::string> const known = {"config.cpp secret_variable", "console.cpp \"NO_COLOR\"",
                                            "console.cpp \"TERM\"",       "outkit.cpp \"OUTKIT_ALLOW_CORE\"",
                                            "proxies.cpp name",           "proxy.hpp name",
                                            "sign_ins.cpp name",          "tls.ipp variable"};
    BOOST_TEST(found == known, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
