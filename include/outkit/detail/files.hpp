#ifndef OUTKIT_DETAIL_FILES_HPP
#define OUTKIT_DETAIL_FILES_HPP

#include <outkit/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::detail {

class system_calls;

// What is to be known of a file before its text is trusted.
struct file_facts
{
    bool regular = false;
    bool ours = false;        // owned by the user we run as
    bool sole_link = false;   // no second name anywhere
    bool is_private = false;  // nobody else can read or write it (mode 0600 or less)

    bool trusted() const { return regular && ours && sole_link && is_private; }
};

// Held as long as it lives, and given up when the process dies, however it does.
class file_lock
{
public:
    virtual ~file_lock() = default;

    // Whether it still means anything: the file is where it was, and this is the process that took it.
    virtual bool held() const = 0;
};

// The files of the outside world; a test has its own. Paths are the system's, in UTF-8.
class files
{
public:
    virtual ~files() = default;

    // The whole text, at most `most` octets (else EFBIG). The facts are of the file that was read, whatever the path
    // leads to a moment later.
    virtual std::string read(std::string const& path, std::size_t most, file_facts& facts, error_code& ec) = 0;

    // The same of a file that is ours alone. One that is not is EACCES, one reached by a link ELOOP, and nothing of it
    // is read.
    virtual std::string read_private(std::string const& path, std::size_t most, file_facts& facts, error_code& ec) = 0;

    // Replaces the file by one with this text and mode 0600, whatever the umask: either all of it, durably, or the old
    // one stays. The folder must exist.
    virtual void replace(std::string const& path, std::string_view text, error_code& ec) = 0;

    // Removes what a replace() of that path left behind whose process died. Not while another one may be at it.
    virtual void remove_leftovers(std::string const& path) = 0;

    // Moves the file to `path.corrupt-N`, a name that was free.
    virtual std::string set_aside(std::string const& path, error_code& ec) = 0;

    // Makes the folder that the path is in, and those above it, with mode 0700 where they are missing. One that somebody
    // else could put files into is EACCES.
    virtual void make_folder_of(std::string const& path, error_code& ec) = 0;

    // Takes the lock with that number, of a file that is made for locks and never removed. Null without an error:
    // somebody else has it, in this process or another.
    virtual std::unique_ptr<file_lock> try_lock(std::string const& path, std::uint32_t number, error_code& ec) = 0;
};

OUTKIT_DECL files& real_files();

// The same over other calls, which must outlive it.
OUTKIT_DECL std::unique_ptr<files> make_files(system_calls& system);

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/files.ipp>
#endif

#endif
