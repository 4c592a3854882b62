#ifndef OUTKIT_TOOLS_CONSOLE_HPP
#define OUTKIT_TOOLS_CONSOLE_HPP

#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// What all subcommands share: exit codes, and how text reaches a terminal or a file.

namespace cli {

enum exit_code : int
{
    passed = 0,
    failed = 1,  // a check failed, a service refused
    usage = 2,   // the command line or the configuration is wrong; nothing was tried
    interrupted = 130
};

// The command line or the configuration is wrong. Ends the program with exit_code::usage.
class usage_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

// Text from outside, made harmless: control characters (C0, C1, DEL) and octets that are not UTF-8 as \xNN, characters
// that reorder or hide text as \u{...}. For terminals and files alike.
std::string printable(std::string_view text);

// The same, cut to `limit` octets with "..." at the end where something is missing.
std::string printable(std::string_view text, std::size_t limit);

// "a***@contoso.example": reports are published.
std::string shortened_address(std::string_view address);

// Letters of ASCII compare without case.
bool same_ignoring_case(std::string_view a, std::string_view b);

// Splits at blanks into lines of at most `width` columns; a longer word has a line of its own.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

// The member that `word` most probably should have been, or nothing.
std::string_view closest(std::string_view word, std::vector<std::string_view> const& members);

enum class style
{
    plain,
    good,
    bad,
    warning,
    faint,
    strong
};

// One of the two output streams of the process.
class console
{
public:
    // Colour only when the stream is a terminal, NO_COLOR is unset and TERM is not "dumb".
    explicit console(std::FILE* out);
    console(std::FILE* out, bool colour) : out_(out), colour_(colour) {}

    // What the program itself says; the caller has made strangers' text printable().
    void write(std::string_view text, style s = style::plain);
    void line(std::string_view text = {}, style s = style::plain);
    void flush();

    // False once something could not be written: a full disk, a closed pipe.
    bool good() const { return good_; }
    bool colour() const { return colour_; }
    std::size_t width() const;

private:
    std::FILE* out_;
    bool colour_;
    bool good_ = true;
};

// Before anything else: SIGPIPE becomes an error of writing, core files stay empty of secrets (R-LOG-07), and descriptors
// 0 to 2 are open.
void prepare_process(bool allow_core);

}  // namespace cli

#endif
