#ifndef OUTKIT_DETAIL_FILES_IPP
#define OUTKIT_DETAIL_FILES_IPP

#include <outkit/detail/files.hpp>

#include <openssl/rand.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// One of the three places with calls of the operating system (docs/design.md, "Ports").

namespace outkit::inline OUTKIT_ABI::detail {

class file_descriptor
{
public:
    explicit file_descriptor(int fd) : fd_(fd) {}
    file_descriptor(file_descriptor const&) = delete;
    ~file_descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    int get() const { return fd_; }
    // Errors of close are errors: with some file systems it is then that a write fails.
    bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

private:
    int fd_;
};

class system_files final : public files
{
public:
    std::string read(std::string const& path, std::size_t most, file_facts& facts, error_code& ec) override
    {
        ec = {};
        file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        struct stat is = {};
        if (file.get() < 0 || ::fstat(file.get(), &is) != 0)
        {
            ec = os_error(errno);
            return {};
        }
        facts = {.regular = S_ISREG(is.st_mode),
                 .ours = is.st_uid == ::geteuid(),
                 .sole_link = is.st_nlink == 1,
                 .is_private = (is.st_mode & 077) == 0};
        if (S_ISDIR(is.st_mode))
        {
            ec = os_error(EISDIR);
            return {};
        }
        std::string text;
        for (char piece[16 * 1024];;)
        {
            ssize_t const n = ::read(file.get(), piece, sizeof piece);
            if (n == 0)
                return text;
            if (n > 0)
                text.append(piece, static_cast<std::size_t>(n));
            else if (errno != EINTR)
                ec = os_error(errno);
            if (text.size() > most)
                ec = os_error(EFBIG);
            if (ec)
                return {};
        }
    }

    void replace(std::string const& path, std::string_view text, error_code& ec) override
    {
        ec = {};
        auto const slash = path.rfind('/');
        std::string const folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
        std::string const temporary = path + '.' + random_suffix() + ".tmp";
        file_descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (file.get() < 0)
        {
            ec = os_error(errno);
            return;
        }
        bool const done = ::fchmod(file.get(), 0600) == 0 && write_all(file.get(), text) && ::fsync(file.get()) == 0 &&
                          file.close() && std::rename(temporary.c_str(), path.c_str()) == 0;
        if (!done)
        {
            ec = os_error(errno);
            ::unlink(temporary.c_str());
            return;
        }
        file_descriptor const in(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (in.get() < 0 || ::fsync(in.get()) != 0)
            ec = os_error(errno);
    }

private:
    static bool write_all(int fd, std::string_view text)
    {
        while (!text.empty())
        {
            ssize_t const n = ::write(fd, text.data(), text.size());
            if (n > 0)
                text.remove_prefix(static_cast<std::size_t>(n));
            else if (n == 0 || errno != EINTR)
                return false;
        }
        return true;
    }
    static std::string random_suffix()
    {
        unsigned char random[8];
        if (RAND_bytes(random, sizeof random) != 1)
            std::terminate();  // nothing that needs randomness may go on without it
        std::string out;
        for (unsigned char const byte : random)
            for (int const nibble : {byte >> 4, byte & 15})
                out += "0123456789abcdef"[nibble];
        return out;
    }
};

OUTKIT_DEF files& real_files()
{
    static system_files disk;
    return disk;
}

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
