// Files are read with what is to be known of them, and replaced all at once.

#include <outkit/detail/files.hpp>

#include "store_support.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

using namespace outkit;
using namespace outkit::detail;
using outkit::tests::folder;
namespace fs = std::filesystem;

namespace {

std::string read(std::string const& path, error_code& ec, std::size_t most = 1000)
{
    file_facts facts;
    return real_files().read(path, most, facts, ec);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(system_files)

BOOST_AUTO_TEST_CASE(what_is_replaced_is_read_back_and_is_private)
{
    folder f;
    ::umask(0);
    error_code ec;
    for (std::string const& text : {std::string("one"), std::string(), std::string(900, 'x')})
    {
        real_files().replace(f.at("tokens"), text, ec);
        BOOST_TEST(!ec, ec.message());
        file_facts facts;
        BOOST_TEST(real_files().read(f.at("tokens"), 1000, facts, ec) == text);
        BOOST_TEST(!ec, ec.message());
        BOOST_TEST((facts.regular && facts.ours && facts.sole_link && facts.is_private));
    }
    BOOST_TEST(std::distance(fs::directory_iterator(f.path), {}) == 1);
    ::umask(022);
}

BOOST_AUTO_TEST_CASE(a_file_others_can_read_is_told_of)
{
    folder f;
    std::ofstream(f.at("open")) << "text";
    fs::permissions(f.at("open"), fs::perms(0644));
    file_facts facts;
    error_code ec;
    BOOST_TEST(real_files().read(f.at("open"), 1000, facts, ec) == "text");
    BOOST_TEST(!facts.is_private);
    fs::create_hard_link(f.at("open"), f.at("second"));
    real_files().read(f.at("open"), 1000, facts, ec);
    BOOST_TEST(!facts.sole_link);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_an_error)
{
    folder f;
    error_code ec;
    read(f.at("missing"), ec);
    BOOST_TEST((ec == os_error(ENOENT)));
    read(f.path.string(), ec);
    BOOST_TEST((ec == os_error(EISDIR)));
    std::ofstream(f.at("large")) << std::string(1001, 'x');
    BOOST_TEST(read(f.at("large"), ec) == "");
    BOOST_TEST((ec == os_error(EFBIG)));
    BOOST_TEST(read(f.at("large"), ec, 1001).size() == 1001u);
    BOOST_TEST(!ec);
}

BOOST_AUTO_TEST_CASE(a_replacement_that_fails_leaves_the_old_one_and_nothing_else)
{
    folder f;
    error_code ec;
    real_files().replace(f.at("no/such/folder"), "text", ec);
    BOOST_TEST((ec == os_error(ENOENT)));
    fs::create_directory(f.at("name"));
    std::ofstream(f.at("name/inside")) << "kept";
    real_files().replace(f.at("name"), "text", ec);  // a folder that is not empty cannot be replaced
    BOOST_TEST(!!ec);
    BOOST_TEST(fs::exists(f.at("name/inside")));
    BOOST_TEST(std::distance(fs::directory_iterator(f.path), {}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
