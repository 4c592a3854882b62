#ifndef OUTKIT_DETAIL_FILES_HPP
#define OUTKIT_DETAIL_FILES_HPP

#include <outkit/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::detail {

// What is to be known of a file before its text is trusted.
struct file_facts
{
    bool regular = false;
    bool ours = false;        // owned by the user we run as
    bool sole_link = false;   // no second name anywhere
    bool is_private = false;  // nobody else can read or write it (mode 0600 or less)
};

// The files of the outside world; a test has its own. Paths are the system's, in UTF-8.
class files
{
public:
    virtual ~files() = default;

    // The whole text, at most `most` octets (else file_too_large). The facts are of the file that was read, whatever
    // the path leads to a moment later.
    virtual std::string read(std::string const& path, std::size_t most, file_facts& facts, error_code& ec) = 0;

    // Replaces the file by one with this text and mode 0600, whatever the umask: either all of it, durably, or the old
    // one stays. The folder must exist.
    virtual void replace(std::string const& path, std::string_view text, error_code& ec) = 0;
};

OUTKIT_DECL files& real_files();

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/files.ipp>
#endif

#endif
