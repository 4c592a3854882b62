#ifndef OUTKIT_TESTS_FOLDER_HPP
#define OUTKIT_TESTS_FOLDER_HPP

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <sys/stat.h>

namespace outkit::tests {

// A folder that goes away with the test.
struct folder
{
    explicit folder(std::filesystem::path const& in = std::filesystem::temp_directory_path())
    {
        std::string name = (in / "outkit-test-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    folder(folder const&) = delete;
    ~folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::string at(std::string const& name) const { return (path / name).string(); }
    std::string file(std::string const& name, std::string const& text, mode_t mode = 0600) const
    {
        std::ofstream(at(name), std::ios::binary) << text;
        ::chmod(at(name).c_str(), mode);
        return at(name);
    }
    std::size_t size() const
    {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
    }

    std::filesystem::path path;
};

}  // namespace outkit::tests

#endif
