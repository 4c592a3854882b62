#include "../../tools/console.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::string written(bool colour, std::string_view text, cli::style s)
{
    char* data = nullptr;
    std::size_t size = 0;
    std::FILE* const f = ::open_memstream(&data, &size);
    cli::console c(f, colour);
    c.write(text, s);
    std::fclose(f);
    std::string out(data, size);
    std::free(data);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(console)

BOOST_AUTO_TEST_CASE(CL_13_controls_reordering_and_broken_utf8_become_visible)
{
    using cli::printable;
    BOOST_TEST(printable("plain, Grüße, 日本, 🙂") == "plain, Grüße, 日本, 🙂");
    BOOST_TEST(printable("\x1b]0;title\x07") == "\\x1b]0;title\\x07");
    BOOST_TEST(printable("\x1b[2J\r\n\b\t") == "\\x1b[2J\\x0d\\x0a\\x08\\x09");
    BOOST_TEST(printable(std::string("a\0b\x7f", 4)) == "a\\x00b\\x7f");
    BOOST_TEST(printable("\x9b"
                         "31m") == "\\x9b31m");  // C1 as one octet
    BOOST_TEST(printable("\xc2\x9b"
                         "31m") == "\\x9b31m");  // C1 in UTF-8
    BOOST_TEST(printable("\u202eevil\u200b\ufeff") == "\\u{202e}evil\\u{200b}\\u{feff}");
    BOOST_TEST(printable("\xc0\xaf") == "\\xc0\\xaf");           // not the shortest form
    BOOST_TEST(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
    BOOST_TEST(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
    BOOST_TEST(printable("\xe2\x82") == "\\xe2\\x82");  // cut off
    std::string const large(1 << 20, '\x1b');
    BOOST_TEST(printable(large).size() == 4u << 20);
}

BOOST_AUTO_TEST_CASE(LG_03_text_is_cut_to_the_limit_between_characters)
{
    BOOST_TEST(cli::printable("abcdef", 6) == "abcdef");
    BOOST_TEST(cli::printable("abcdefg", 6) == "abc...");
    BOOST_TEST(cli::printable("ab\xc3\xa4\xc3\xa4\xc3\xa4", 6) == "ab...");
    BOOST_TEST(cli::printable(std::string(1 << 20, 'x'), 512).size() == 512u);
    BOOST_TEST(cli::printable(std::string(400, '\n'), 512).size() <= 512u);
}

BOOST_AUTO_TEST_CASE(R_CLI_03_addresses_are_shortened)
{
    BOOST_TEST(cli::shortened_address("ada@contoso.example") == "a***@contoso.example");
    BOOST_TEST(cli::shortened_address("ä@contoso.example") == "ä***@contoso.example");
    BOOST_TEST(cli::shortened_address("nonsense") == "***");
    BOOST_TEST(cli::shortened_address("").empty());
    BOOST_TEST(cli::shortened_address("\x1b@x") == "\\x1b***@x");
}

BOOST_AUTO_TEST_CASE(lines_are_wrapped_at_blanks)
{
    auto const lines = cli::wrap("one two three  four", 9);
    BOOST_REQUIRE(lines.size() == 3u);
    BOOST_TEST(lines[0] == "one two");
    BOOST_TEST(lines[1] == "three");
    BOOST_TEST(lines[2] == "four");
    BOOST_TEST(cli::wrap("", 10).size() == 1u);
    BOOST_TEST(cli::wrap("averyverylongword", 5).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_typing_error_finds_its_word_and_nonsense_none)
{
    std::vector<std::string_view> const words{"check", "connect", "demo", "explain", "mock"};
    BOOST_TEST(cli::closest("chekc", words) == "check");
    BOOST_TEST(cli::closest("conect", words) == "connect");
    BOOST_TEST(cli::closest("expl", words) == "explain");
    BOOST_TEST(cli::closest("mokc", words) == "mock");
    BOOST_TEST(cli::closest("zzzz", words).empty());
    BOOST_TEST(cli::closest("", words).empty());
    BOOST_TEST(cli::closest(std::string(100'000, 'c'), words).empty());
}

BOOST_AUTO_TEST_CASE(CL_25_colour_only_when_asked_for)
{
    BOOST_TEST(written(false, "x", cli::style::good) == "x");
    BOOST_TEST(written(true, "x", cli::style::plain) == "x");
    BOOST_TEST(written(true, "x", cli::style::good) == "\x1b[32mx\x1b[0m");
    std::FILE* const f = std::tmpfile();
    BOOST_TEST(!cli::console(f).colour());  // no terminal
    BOOST_TEST(cli::console(f).width() == 80u);
    std::fclose(f);
}

BOOST_AUTO_TEST_CASE(CL_10_a_stream_that_takes_nothing_is_noticed)
{
    std::FILE* const full = std::fopen("/dev/full", "w");
    if (!full)
        return;
    cli::console c(full, false);
    c.line("text");
    c.flush();
    BOOST_TEST(!c.good());
    std::fclose(full);
}

BOOST_AUTO_TEST_SUITE_END()
