#include <outkit/detail/encoding.hpp>
#include <outkit/sasl/challenge.hpp>
#include <outkit/sasl/error.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <type_traits>

using namespace outkit;
using namespace std::string_literals;

namespace {

sasl::confidential const safe = sasl::confidential::promised_by_caller();

sasl::error why_not_encoded(std::string_view user, std::string_view token)
{
    sasl::error e{};
    auto const r = sasl::encode_xoauth2(user, token, safe, e);
    BOOST_TEST(r.has_value() == (e == sasl::error::none));
    return e;
}

sasl::error why_not_decoded(std::string const& bytes)
{
    sasl::error e{};
    auto const r = sasl::decode_xoauth2(outkit::detail::base64_encode(bytes), e);
    BOOST_TEST(r.has_value() == (e == sasl::error::none));
    return e;
}

std::optional<sasl::error_challenge> challenge(std::string const& json, sasl::error& e)
{
    return sasl::decode_challenge(outkit::detail::base64_encode(json), e);
}

struct connection
{
    bool tls;
    bool encrypted() const { return tls; }
};

template <class... Args>
concept encodes = requires(Args... args, sasl::error& e) { sasl::encode_xoauth2(args..., e); };

}  // namespace

BOOST_AUTO_TEST_SUITE(sasl_xoauth2)

// The vectors of Google's and Microsoft's pages on XOAUTH2, "SASL XOAUTH2".
BOOST_AUTO_TEST_CASE(SL_02_known_vectors)
{
    struct
    {
        char const *user, *token, *base64;
    } const rows[] = {
        {"someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
         "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
         "Q2cBAQ=="},
        {"test@contoso.onmicrosoft.com", "EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA",
         "dXNlcj10ZXN0QGNvbnRvc28ub25taWNyb3NvZnQuY29tAWF1dGg9QmVhcmVyIEV3QkFBbDNCQUFVRkZwVUFvN0ozVmUwYmpMQldaV0NjbFJDM"
         "0"
         "VvQUEBAQ=="},
    };
    for (auto const& r : rows)
    {
        sasl::error e{};
        auto const response = sasl::encode_xoauth2(r.user, r.token, safe, e);
        BOOST_TEST_REQUIRE(response.has_value());
        BOOST_TEST(*response == r.base64);
        auto const back = sasl::decode_xoauth2(r.base64, e);
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST(back->user == r.user);
        BOOST_TEST(back->token == r.token);
    }
}

BOOST_AUTO_TEST_CASE(SL_01_users_and_tokens_that_would_change_the_message)
{
    using enum sasl::error;
    for (unsigned c = 0; c != 256; ++c)
    {
        std::string const user = "ann"s + static_cast<char>(c) + "@contoso.example";
        BOOST_TEST((why_not_encoded(user, "abc") == (c < 0x20 || c > 0x7e ? invalid_user : none)), "character " << c);
        std::string const token = "abc"s + static_cast<char>(c) + "def";
        bool const allowed = std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/!*")
                                 .find(static_cast<char>(c)) != std::string_view::npos;
        BOOST_TEST((why_not_encoded("ann@contoso.example", token) == (allowed ? none : invalid_access_token)),
                   "character " << c);
    }
    BOOST_TEST((why_not_encoded("", "abc") == invalid_user));
    BOOST_TEST((why_not_encoded("a", "") == invalid_access_token));
    BOOST_TEST((why_not_encoded("a", "==") == invalid_access_token));
    BOOST_TEST((why_not_encoded("a", "a=b") == invalid_access_token));
    BOOST_TEST((why_not_encoded("a", "ab==") == none));
    BOOST_TEST((why_not_encoded("a\1auth=Bearer x\1\1", "abc") == invalid_user));
    BOOST_TEST((error_code(invalid_user) == condition::invalid_argument));
    BOOST_TEST((error_code(not_base64) == condition::protocol_violation));
}

BOOST_AUTO_TEST_CASE(the_longest_token_makes_a_line_of_12288_octets)
{
    std::size_t const most = sasl::longest_response / 4 * 3 - (5 + 1 + 13 + 2);
    BOOST_TEST((why_not_encoded("a", std::string(most, 'x')) == sasl::error::none));
    BOOST_TEST((why_not_encoded("a", std::string(most + 1, 'x')) == sasl::error::response_too_long));
}

BOOST_AUTO_TEST_CASE(SL_03_the_encoder_wants_proof_of_confidentiality)
{
    static_assert(encodes<std::string_view, std::string_view, sasl::confidential>);
    static_assert(!encodes<std::string_view, std::string_view>);
    static_assert(!std::is_default_constructible_v<sasl::confidential>);
    BOOST_TEST(sasl::confidential::over(connection{true}).has_value());
    BOOST_TEST(!sasl::confidential::over(connection{false}).has_value());
    for (char const* const host : {"localhost", "LocalHost", "127.0.0.1", "127.255.255.255", "::1"})
        BOOST_TEST(sasl::confidential::on_loopback(host).has_value(), host);
    for (char const* const host :
         {"", "127.1", "127.0.0.256", "127.0.0.1.example", "127.0.0.1.", "127..0.1", "localhost.example", "128.0.0.1",
          "0.0.0.0", "::", "::2", "::ffff:127.0.0.1", "outlook.office365.com", "127.0.0.1 ", "127.0.0.0001"})
        BOOST_TEST(!sasl::confidential::on_loopback(host).has_value(), host);
}

BOOST_AUTO_TEST_CASE(responses_that_a_server_refuses)
{
    using enum sasl::error;
    BOOST_TEST((why_not_decoded("user=a\1auth=Bearer t\1\1") == none));
    BOOST_TEST((why_not_decoded("user=a\1auth=bearer t\1\1") == none));
    for (std::string const& bytes :
         {""s, "user=a\1auth=Bearer t\1"s, "user=a\1auth=Bearer t"s, "user=\1auth=Bearer t\1\1"s,
          "user=a\1auth=Bearer \1\1"s, "user=a\1auth=Bearert\1\1"s, "user=a\1auth=Basic t\1\1"s,
          "user=a auth=Bearer t\1\1"s, "auth=Bearer t\1user=a\1\1"s, "user=a\1auth=Bearer t\1\1\1"s,
          "User=a\1auth=Bearer t\1\1"s, "user=a\1auth=Bearer t\1x=y\1\1"s, "user=a\r\n\1auth=Bearer t\1\1"s,
          "user=a\0\1auth=Bearer t\1\1"s, "\0a\0secret"s, "user=\1\1"s, "user=a\1\1"s, "user=a\1auth=\1\1"s})
        BOOST_TEST((why_not_decoded(bytes) == malformed_response), bytes);
    sasl::error e{};
    BOOST_TEST((!sasl::decode_xoauth2("not base64", e) && e == not_base64));
    BOOST_TEST((!sasl::decode_xoauth2(std::string(20'000, 'A'), e) && e == response_too_long));
}

// The challenge of Google's page on XOAUTH2, section "Error response".
BOOST_AUTO_TEST_CASE(error_challenge_of_the_documentation)
{
    sasl::error e{};
    auto const c = sasl::decode_challenge(
        "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K", e);
    BOOST_TEST_REQUIRE(c.has_value());
    BOOST_TEST((*c == sasl::error_challenge{"401", "bearer mac", "https://mail.google.com/"}));
}

BOOST_AUTO_TEST_CASE(error_challenges_round_trip)
{
    sasl::error e{};
    sasl::error_challenge const rows[] = {
        {"400", "Bearer", "https://outlook.office.com/.default"}, {"401", "", ""}, {"", "", ""}};
    for (auto const& r : rows)
        BOOST_TEST((sasl::decode_challenge(sasl::encode_challenge(r), e) == r));
    BOOST_TEST(sasl::encode_challenge({"400", "Bearer", ""}) ==
               outkit::detail::base64_encode(R"({"status":"400","schemes":"Bearer"})"));
}

BOOST_AUTO_TEST_CASE(SL_08_challenges_that_are_not_base64)
{
    using enum sasl::error;
    sasl::error e{};
    for (char const* const text : {"=", "====", "e30", "e3 0=", " e30=", "e30=\r", "{}", "e30=="})
        BOOST_TEST((!sasl::decode_challenge(text, e) && e == not_base64), text);
    BOOST_TEST((!sasl::decode_challenge(std::string(1 << 20, 'A'), e) && e == challenge_too_long));
    BOOST_TEST((sasl::decode_challenge("", e) == sasl::error_challenge{} && e == none));
}

BOOST_AUTO_TEST_CASE(SL_09_challenges_are_limited_and_sanitised)
{
    using enum sasl::error;
    sasl::error e{};
    BOOST_TEST((!challenge(std::string(9'000, '['), e) && e == malformed_challenge));
    BOOST_TEST((!challenge(R"({"status":)" + std::string(1'000, '[') + std::string(1'000, ']') + "}", e) &&
                e == malformed_challenge));
    for (char const* const json : {"x", "[]", "7", "\"401\"", "{", "{}x", "{\"status\"}", "{\"a\":\"\xff\"}"})
        BOOST_TEST((!challenge(json, e) && e == malformed_challenge), json);

    auto c = challenge("{\"status\":401,\"scope\":\"\\u001b[31m\\r\\nred\",\"schemes\":[\"Bearer\"],\"x\":{}}", e);
    BOOST_TEST_REQUIRE(c.has_value());
    BOOST_TEST((*c == sasl::error_challenge{"401", "", "?[31m??red"}));

    c = challenge(R"({"status":")" + std::string(8'000, 's') + "\"}", e);
    BOOST_TEST_REQUIRE(c.has_value());
    BOOST_TEST(c->status.size() == 256u);
}

BOOST_AUTO_TEST_SUITE_END()
