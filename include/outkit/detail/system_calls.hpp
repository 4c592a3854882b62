#ifndef OUTKIT_DETAIL_SYSTEM_CALLS_HPP
#define OUTKIT_DETAIL_SYSTEM_CALLS_HPP

#include <outkit/detail/abi.hpp>

#include <cstddef>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace outkit::inline OUTKIT_ABI::detail {

// What detail/files asks of the operating system, call by call, so that a test can make each of them fail, fall short
// or be the last one. They return what the system returns, with errno.
class system_calls
{
public:
    virtual ~system_calls() = default;

    virtual int open(char const* path, int flags, unsigned mode) { return ::open(path, flags | O_CLOEXEC, mode); }
    virtual ssize_t read(int fd, void* to, std::size_t n) { return ::read(fd, to, n); }
    virtual ssize_t write(int fd, void const* from, std::size_t n) { return ::write(fd, from, n); }
    virtual int facts(int fd, struct stat& is) { return ::fstat(fd, &is); }
    virtual int facts(char const* path, struct stat& is) { return ::lstat(path, &is); }
    virtual int make_private(int fd) { return ::fchmod(fd, 0600); }
    virtual int sync(int fd) { return ::fsync(fd); }
    virtual int close(int fd) { return ::close(fd); }
    virtual int rename(char const* from, char const* to) { return ::rename(from, to); }
    virtual int unlink(char const* path) { return ::unlink(path); }
    virtual int make_folder(char const* path) { return ::mkdir(path, 0700); }
    // An open file description lock on one octet: the kernel gives it up when its holder dies.
    virtual int lock(int fd, short type, off_t place)
    {
        struct flock one = {};
        one.l_type = type;
        one.l_whence = SEEK_SET;
        one.l_start = place;
        one.l_len = 1;
        return ::fcntl(fd, F_OFD_SETLK, &one);
    }
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
