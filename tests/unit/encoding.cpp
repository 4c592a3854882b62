#include <outkit/detail/encoding.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/evp.h>

#include <random>
#include <string>
#include <vector>

using namespace outkit::detail;
using namespace std::string_literals;

namespace {

std::string openssl_base64(std::string const& bytes)
{
    std::string text(base64_size(bytes.size()) + 1, '\0');
    int const n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                  reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(n));
    return text;
}

std::string random_bytes(std::mt19937& dice, std::size_t n)
{
    std::string s(n, '\0');
    for (char& c : s)
        c = static_cast<char>(dice());
    return s;
}

struct row
{
    std::string bytes;
    std::string text;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(encoding)

// RFC 4648 section 10.
BOOST_AUTO_TEST_CASE(base64_vectors_of_rfc_4648)
{
    row const rows[] = {{"", ""},
                        {"f", "Zg=="},
                        {"fo", "Zm8="},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg=="},
                        {"fooba", "Zm9vYmE="},
                        {"foobar", "Zm9vYmFy"}};
    for (auto const& r : rows)
    {
        BOOST_TEST(base64_encode(r.bytes) == r.text);
        BOOST_TEST((base64_decode(r.text) == r.bytes));
        std::string bare = r.text.substr(0, r.text.find('='));
        BOOST_TEST(base64url_encode(r.bytes) == bare);
        BOOST_TEST((base64url_decode(bare) == r.bytes));
    }
    BOOST_TEST(hex_encode("foobar") == "666f6f626172");
    BOOST_TEST((hex_decode("666F6F626172") == "foobar"));
}

// RFC 7515 appendix C.
BOOST_AUTO_TEST_CASE(base64url_vector_of_rfc_7515)
{
    std::string const bytes = "\x03\xec\xff\xe0\xc1"s;
    BOOST_TEST(base64url_encode(bytes) == "A-z_4ME");
    BOOST_TEST((base64url_decode("A-z_4ME") == bytes));
    BOOST_TEST(base64_encode(bytes) == "A+z/4ME=");
}

// RFC 7636 appendix B: the verifier's octets.
BOOST_AUTO_TEST_CASE(base64url_vector_of_rfc_7636)
{
    unsigned char const octets[] = {116, 24,  223, 180, 151, 153, 224, 37,  79, 250, 96, 125, 216, 173, 187, 186,
                                    22,  212, 37,  77,  105, 214, 191, 240, 91, 88,  5,  88,  83,  132, 141, 121};
    std::string const bytes(reinterpret_cast<char const*>(octets), sizeof octets);
    BOOST_TEST(base64url_encode(bytes) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

BOOST_AUTO_TEST_CASE(base64_agrees_with_openssl_at_every_length)
{
    std::mt19937 dice(7);
    for (std::size_t n = 0; n != 300; ++n)
    {
        std::string const bytes = random_bytes(dice, n);
        std::string const text = openssl_base64(bytes);
        BOOST_TEST(base64_encode(bytes) == text);
        BOOST_TEST((base64_decode(text) == bytes));
        BOOST_TEST((base64url_decode(base64url_encode(bytes)) == bytes));
        BOOST_TEST((hex_decode(hex_encode(bytes)) == bytes));
        BOOST_TEST((form_decode(form_encode(bytes)) == bytes));
    }
}

BOOST_AUTO_TEST_CASE(base64_of_pieces_is_that_of_the_whole)
{
    std::mt19937 dice(8);
    for (std::size_t n = 0; n != 40; ++n)
    {
        std::string const bytes = random_bytes(dice, n);
        for (std::size_t a = 0; a <= n; ++a)
            for (std::size_t b = a; b <= n; ++b)
            {
                std::string text(base64_size(n), '?');
                base64_writer w(text.data());
                w.add(std::string_view(bytes).substr(0, a));
                w.add(std::string_view(bytes).substr(a, b - a));
                w.add(std::string_view(bytes).substr(b));
                w.finish();
                BOOST_TEST_REQUIRE(text == openssl_base64(bytes));
            }
    }
}

BOOST_AUTO_TEST_CASE(base64_refuses_all_but_the_one_form)
{
    for (char const* const text :
         {"=",     "==",    "===",    "====",  "Z",     "Zg",     "Zg=",          "Zg===",  "Zm8",
          "Zm8==", "Zm9v=", "Zm9vYg", " Zg==", "Zg== ", "Zg==\n", "Zm9v\r\nYg==", "Zm 9",   "Zh==",
          "Zm9=",  "Z===",  "=Zm8",   "Zg=a",  "Z=g=",  "Zg-_",   "Zg==Zg==",     "Zm9\x80"})
        BOOST_TEST(!base64_decode(text), text);
    BOOST_TEST(!base64_decode("Zg\0="s));
    for (char const* const text : {"=", "Zg==", "Z", "Zh", "Zm9", "A+z/4ME", "Zg ", "Zm9vY"})
        BOOST_TEST(!base64url_decode(text), text);
    for (unsigned c = 0; c != 256; ++c)
    {
        std::string const text = "Zm9v"s + static_cast<char>(c) + "AAA";
        bool const digit = std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
                               .find(static_cast<char>(c)) != std::string_view::npos;
        BOOST_TEST(base64_decode(text).has_value() == digit, "character " << c);
    }
}

BOOST_AUTO_TEST_CASE(hex_refuses_what_is_no_digit_pair)
{
    for (char const* const text : {"0", "0g", "g0", " 00", "0x00", "0 "})
        BOOST_TEST(!hex_decode(text), text);
}

// The URL standard's application/x-www-form-urlencoded serializer; the second row is RFC 6749 appendix B's.
BOOST_AUTO_TEST_CASE(form_encoding)
{
    row const rows[] = {{"azAZ09*-._", "azAZ09*-._"},
                        {" %&+\xC2\xA3\xE2\x82\xAC", "+%25%26%2B%C2%A3%E2%82%AC"},
                        {"https://outlook.office.com/SMTP.Send offline_access",
                         "https%3A%2F%2Foutlook.office.com%2FSMTP.Send+offline_access"},
                        {"~!'()", "%7E%21%27%28%29"}};
    for (auto const& r : rows)
    {
        BOOST_TEST(form_encode(r.bytes) == r.text);
        BOOST_TEST((form_decode(r.text) == r.bytes));
    }
    BOOST_TEST((form_decode("%7e%7E") == "~~"));
    for (char const* const text : {"%", "%4", "%4g", "a%", "%%41"})
        BOOST_TEST(!form_decode(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
