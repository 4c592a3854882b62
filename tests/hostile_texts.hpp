#ifndef OUTKIT_TESTS_HOSTILE_TEXTS_HPP
#define OUTKIT_TESTS_HOSTILE_TEXTS_HPP

// What a caller may hand on without having looked at it: texts that try to become a line, a literal, a string's end or a
// command of their own.

#include <string>
#include <vector>

namespace outkit::tests {

inline std::vector<std::string> const& hostile_texts()
{
    using namespace std::string_literals;
    static std::vector<std::string> const texts = {
        ""s,
        " "s,
        "\r\n"s,
        "\n"s,
        "\r"s,
        "\r\n\r\n"s,
        "\0"s,
        "a\0b"s,
        "x\r\nA1 DELETE INBOX\r\n"s,
        "x\nA1 DELETE INBOX\n"s,
        "x\rA1 DELETE INBOX\r"s,
        "x\r\nQUIT\r\n"s,
        "x\r\nRCPT TO:<eve@example.org>\r\n"s,
        "x\r\nBcc: eve@example.org\r\n"s,
        "x\r\n.\r\nMAIL FROM:<eve@example.org>\r\n"s,
        "\""s,
        "\\"s,
        "\\\""s,
        "a\" \"b"s,
        "a\\\\\" b"s,
        "{0}"s,
        "{5}"s,
        "{5+}\r\nhello"s,
        "{5}\r\nhello"s,
        "~{5}"s,
        "("s,
        ")"s,
        ") (\\Deleted"s,
        "(UID FLAGS)"s,
        "*"s,
        "%"s,
        "1:*"s,
        "NIL"s,
        "INBOX"s,
        "&AAo-"s,  // modified UTF-7 of a line feed
        "&"s,
        "]"s,
        "] {3}\r\nabc"s,
        "<0.5>"s,
        "CHARSET UTF-8 ALL"s,
        "OR ALL ALL"s,
        "DONE\r\n"s,
        "\x01auth=Bearer x\x01"s,
        "\xff\xfe"s,
        "\xc0\x8d\xc0\x8a"s,          // CR and LF, overlong
        "\xe2\x80\xa8"s,              // line separator
        "\xe4\xbc\x8d\xe4\xbc\x8a"s,  // U+4F0D U+4F0A: end in CR and LF where only the low octet is kept
        "\x7f\x1b[2J"s,
        std::string(20'000, 'x'),
        std::string(2'000, '"'),
    };
    return texts;
}

}  // namespace outkit::tests

#endif
