// Python's email package reads the messages of tests/unit/corpus, too: a reader that has never heard of outkit.

#include <outkit/mime/structure.hpp>

#include "program.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

using namespace outkit;
using mime::structure;

namespace {

std::string tree(structure const& s, std::uint32_t i = 0)
{
    mime::part const& p = s.parts[i];
    std::string out = p.type + '/' + p.subtype;
    if (p.first_child == mime::no_part)
        return out;
    out += '(';
    for (std::uint32_t c = p.first_child; c != mime::no_part; c = s.parts[c].next_sibling)
        out += (c == p.first_child ? "" : ",") + tree(s, c);
    return out + ')';
}

std::string with_lf(std::string text)
{
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != text.npos;)
        text.erase(at, 1);
    return text;
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_witness)

BOOST_AUTO_TEST_CASE(python_takes_the_corpus_apart_in_the_same_way)
{
    std::string const corpus = std::string(OUTKIT_SOURCE_DIR) + "/tests/unit/corpus";
    tests::process python(
        {"/usr/bin/python3", std::string(OUTKIT_SOURCE_DIR) + "/tests/interop/mime_witness.py", corpus});
    BOOST_REQUIRE_MESSAGE(python.wait() == 0, python.errors());
    std::istringstream lines(python.output());
    int compared = 0;
    for (std::string line; std::getline(lines, line);)
    {
        boost::json::value const seen = boost::json::parse(line);
        std::string const name(seen.at("name").as_string());
        // Python keeps comments in types, multiparts without parts, reads encoded messages as if they were not, ends the
        // header at the first line that is no field and lines at a lone CR, and knows uuencode.
        if (one_of(name,
                   {"comments-everywhere", "empty-multipart", "multipart-without-boundary", "gateway-base64-message",
                    "header-with-nul-and-junk", "mbox-from-line", "old-mac-cr-only", "outlook-express-uuencode"}))
            continue;
        ++compared;
        std::ifstream in(corpus + '/' + name + ".eml", std::ios::binary);
        std::string const raw{std::istreambuf_iterator<char>(in), {}};
        structure const s = mime::parse(raw);
        BOOST_TEST_CONTEXT(name)
        {
            BOOST_TEST(tree(s) == std::string_view(seen.at("tree").as_string()));
            // It takes charsets at their word, and octets beyond ASCII in a header for nothing.
            if (!one_of(name, {"eudora-macintosh-charset", "php-mail-eight-bit-header", "spam-latin1-header"}))
            {
                BOOST_TEST(mime::decode_words(s.head().subject) == std::string_view(seen.at("subject").as_string()));
            }
            auto const& texts = seen.at("texts").as_array();
            auto const& files = seen.at("files").as_array();
            std::size_t text = 0;
            std::size_t file = 0;
            for (mime::part const& p : s.parts)
            {
                if (p.type == "text")
                {
                    BOOST_REQUIRE(text < texts.size());
                    auto const* const t = texts[text++].if_string();
                    if (t)
                    {
                        BOOST_TEST(with_lf(mime::decoded_text(p, raw)) == std::string_view(*t));
                    }
                }
                if (p.file_name().empty())
                    continue;
                BOOST_REQUIRE(file < files.size());
                BOOST_TEST(p.file_name() == std::string_view(files[file++].as_string()));
            }
            BOOST_TEST(text == texts.size());
            BOOST_TEST(file == files.size());
        }
    }
    BOOST_TEST(compared >= 39);
}

BOOST_AUTO_TEST_SUITE_END()
