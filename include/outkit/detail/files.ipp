#ifndef OUTKIT_DETAIL_FILES_IPP
#define OUTKIT_DETAIL_FILES_IPP

#include <outkit/detail/files.hpp>
#include <outkit/detail/system_calls.hpp>
#include <outkit/detail/wiping.hpp>

#include <openssl/rand.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <utility>

// One of the three places with calls of the operating system (docs/design.md, "Ports").

namespace outkit::inline OUTKIT_ABI::detail {

class file_descriptor
{
public:
    file_descriptor(system_calls& system, int fd) : system_(&system), fd_(fd) {}
    file_descriptor(file_descriptor const&) = delete;
    ~file_descriptor()
    {
        if (fd_ >= 0)
            system_->close(fd_);
    }
    int get() const { return fd_; }
    // Errors of close are errors: with some file systems it is then that a write fails.
    bool close() { return system_->close(std::exchange(fd_, -1)) == 0; }

private:
    system_calls* system_;
    int fd_;
};

class system_files final : public files
{
public:
    explicit system_files(system_calls& s) : system_(s) {}

    std::string read(std::string const& path, std::size_t most, file_facts& facts, error_code& ec) override
    {
        return read(path, most, facts, ec, false);
    }

    std::string read_private(std::string const& path, std::size_t most, file_facts& facts, error_code& ec) override
    {
        return read(path, most, facts, ec, true);
    }

    void replace(std::string const& path, std::string_view text, error_code& ec) override
    {
        ec = {};
        std::string temporary;
        int fd = -1;
        do  // somebody may have planted something at the name
        {
            temporary = path + '.' + random_suffix().append(temporary_ending);
            fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        } while (fd < 0 && errno == EEXIST);
        file_descriptor file(system_, fd);
        if (fd < 0)
        {
            ec = os_error(errno);
            return;
        }
        // A sync that failed says what is not on the disk; a second one would say nothing, so there is none.
        bool const done = system_.make_private(fd) == 0 && write_all(fd, text) && sync(fd) && file.close() &&
                          system_.rename(temporary.c_str(), path.c_str()) == 0;
        if (!done)
        {
            ec = os_error(errno);
            system_.unlink(temporary.c_str());
            return;
        }
        sync_folder(path, ec);
    }

    void remove_leftovers(std::string const& path) override
    {
        namespace fs = std::filesystem;
        std::string const beginning = path.substr(path.rfind('/') + 1) + '.';
        std::error_code ignored;
        for (fs::directory_iterator at(folder_of(path), ignored), end; !ignored && at != end; at.increment(ignored))
        {
            std::string const name = at->path().filename().native();
            if (name.size() == beginning.size() + suffix_size + temporary_ending.size() &&
                name.starts_with(beginning) && name.ends_with(temporary_ending))
                system_.unlink(at->path().c_str());
        }
    }

    std::string set_aside(std::string const& path, error_code& ec) override
    {
        ec = {};
        for (unsigned n = 1; n != 1000; ++n)
        {
            std::string name = path + ".corrupt-" + std::to_string(n);
            // An empty file of ours holds the name, so that nothing there is overwritten.
            file_descriptor const claim(system_, open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
            if (claim.get() < 0 && errno == EEXIST)
                continue;
            if (claim.get() < 0 || system_.rename(path.c_str(), name.c_str()) != 0)
                break;
            sync_folder(path, ec);
            return name;
        }
        ec = os_error(errno);
        return {};
    }

    void make_folder_of(std::string const& path, error_code& ec) override
    {
        ec = {};
        std::string const folder = folder_of(path);
        struct stat is = {};
        if (system_.facts(folder.c_str(), is) != 0)
        {
            if (errno == ENOENT && folder.find('/') != std::string::npos && folder != "/")
                make_folder_of(folder, ec);
            if (!ec && system_.make_folder(folder.c_str()) != 0 && errno != EEXIST)
                ec = os_error(errno);
            if (!ec && system_.facts(folder.c_str(), is) != 0)
                ec = os_error(errno);
        }
        else if (S_ISLNK(is.st_mode))  // of whoever owns the folder it is in, which is looked at below
        {
            file_descriptor const target(system_, open(folder, O_RDONLY | O_DIRECTORY));
            if (target.get() < 0 || system_.facts(target.get(), is) != 0)
                ec = os_error(errno);
        }
        if (ec)
            return;
        bool const root_or_we = is.st_uid == ::geteuid() || is.st_uid == 0;
        bool const open_to_others = (is.st_mode & 022) != 0 && (is.st_mode & S_ISVTX) == 0;
        if (!S_ISDIR(is.st_mode))
            ec = os_error(ENOTDIR);
        else if (!root_or_we || open_to_others)
            ec = os_error(EACCES);
    }

    std::unique_ptr<file_lock> try_lock(std::string const& path, std::uint32_t number, error_code& ec) override
    {
        ec = {};
        for (int tries = 0; tries != 3; ++tries)
        {
            int const fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW);
            auto lock = std::make_unique<kernel_lock>(system_, fd, path, number);
            struct stat is = {};
            if (fd < 0 || system_.facts(fd, is) != 0)
            {
                ec = os_error(errno);
                return nullptr;
            }
            if (!S_ISREG(is.st_mode) || is.st_uid != ::geteuid())
            {
                ec = os_error(EACCES);
                return nullptr;
            }
            if (system_.lock(fd, F_WRLCK, static_cast<off_t>(number)) != 0)
            {
                if (errno != EAGAIN && errno != EACCES)
                    ec = os_error(errno);
                return nullptr;
            }
            lock->taken = true;
            if (lock->held())
                return lock;
            // The file was removed or replaced between the two calls: the lock is of a file that nobody else sees.
        }
        return nullptr;
    }

private:
    static constexpr std::string_view temporary_ending = ".tmp";
    static constexpr std::size_t suffix_size = 16;
    static constexpr std::size_t piece = 16 * 1024;

    class kernel_lock final : public file_lock
    {
    public:
        kernel_lock(system_calls& system, int fd, std::string path, std::uint32_t number)
            : system_(system), file_(system, fd), path_(std::move(path)), number_(number), process_(::getpid())
        {
        }
        ~kernel_lock() override
        {
            // A child that was forked meanwhile has the same open file: closing alone would not give the lock up, and it
            // is not the child's to give up.
            if (taken && process_ == ::getpid())
                system_.lock(file_.get(), F_UNLCK, static_cast<off_t>(number_));
        }
        bool held() const override
        {
            struct stat mine = {}, there = {};
            return process_ == ::getpid() && system_.facts(file_.get(), mine) == 0 &&
                   system_.facts(path_.c_str(), there) == 0 && mine.st_ino == there.st_ino &&
                   mine.st_dev == there.st_dev;
        }

        bool taken = false;

    private:
        system_calls& system_;
        file_descriptor file_;
        std::string path_;
        std::uint32_t number_;
        pid_t process_;
    };

    // Takes a second try where a signal came first.
    int open(std::string const& path, int flags)
    {
        int fd = -1;
        do
            fd = system_.open(path.c_str(), flags, 0600);
        while (fd < 0 && errno == EINTR);
        return fd;
    }
    bool sync(int fd)
    {
        int done = -1;
        do
            done = system_.sync(fd);
        while (done != 0 && errno == EINTR);
        return done == 0;
    }

    std::string read(std::string const& path, std::size_t most, file_facts& facts, error_code& ec, bool ours_alone)
    {
        ec = {};
        facts = {};
        // Without waiting: a pipe nobody writes to is no reason to hang.
        file_descriptor const file(system_, open(path, O_RDONLY | O_NONBLOCK | (ours_alone ? O_NOFOLLOW : 0)));
        struct stat is = {};
        if (file.get() < 0 || system_.facts(file.get(), is) != 0)
        {
            ec = os_error(errno);
            return {};
        }
        facts = {.regular = S_ISREG(is.st_mode),
                 .ours = is.st_uid == ::geteuid(),
                 .sole_link = is.st_nlink == 1,
                 .is_private = (is.st_mode & 077) == 0};
        if (S_ISDIR(is.st_mode))
            ec = os_error(EISDIR);
        else if (ours_alone && !facts.trusted())
            ec = os_error(EACCES);
        else if (facts.regular && static_cast<std::uint64_t>(is.st_size) > most)
            ec = os_error(EFBIG);
        std::string text;  // in one piece, so that no copies of secrets are left behind where it grows
        if (facts.regular)
            text.reserve(static_cast<std::size_t>(is.st_size) + piece);
        for (std::size_t size = 0; !ec;)
        {
            make_room(text, piece);
            text.resize(size + piece);
            ssize_t const n = system_.read(file.get(), text.data() + size, piece);
            size += n > 0 ? static_cast<std::size_t>(n) : 0;
            text.resize(size);
            if (n == 0)
                return text;
            if (n < 0 && errno != EINTR)
                ec = os_error(errno);
            if (size > most)
                ec = os_error(EFBIG);
        }
        wipe(text);
        return {};
    }

    bool write_all(int fd, std::string_view text)
    {
        while (!text.empty())
        {
            ssize_t const n = system_.write(fd, text.data(), text.size());
            if (n > 0)
                text.remove_prefix(static_cast<std::size_t>(n));
            else if (n == 0)
                errno = EIO;
            if (n == 0 || (n < 0 && errno != EINTR))
                return false;
        }
        return true;
    }

    // A new name is durable when the folder is.
    void sync_folder(std::string const& path, error_code& ec)
    {
        file_descriptor const folder(system_, open(folder_of(path), O_RDONLY | O_DIRECTORY));
        if (folder.get() < 0 || !sync(folder.get()))
            ec = os_error(errno);
    }

    static std::string folder_of(std::string const& path)
    {
        auto const slash = path.rfind('/');
        return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    }

    static std::string random_suffix()
    {
        unsigned char random[suffix_size / 2];
        if (RAND_bytes(random, sizeof random) != 1)
            std::terminate();  // nothing that needs randomness may go on without it
        std::string out;
        for (unsigned char const byte : random)
            for (int const nibble : {byte >> 4, byte & 15})
                out += "0123456789abcdef"[nibble];
        return out;
    }

    system_calls& system_;
};

OUTKIT_DEF files& real_files()
{
    static system_calls system;
    static system_files disk(system);
    return disk;
}

OUTKIT_DEF std::unique_ptr<files> make_files(system_calls& system) { return std::make_unique<system_files>(system); }

}  // namespace outkit::inline OUTKIT_ABI::detail

#endif
