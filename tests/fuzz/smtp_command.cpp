// Feeds octets to the server's reader of SMTP commands. What was understood is written as a client writes it, and read again:
// it must mean the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/smtp_command.cpp -lcrypto

#include <outkit/smtp/detail/codec.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;
using namespace outkit::smtp;
using namespace outkit::smtp::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

bool is_line(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

// A sender or recipient that was read, as the client says it.
void again(path_argument const& p, std::string_view keyword)
{
    extensions offered;
    for (char const* const name : {"SIZE", "8BITMIME", "SMTPUTF8", "DSN"})
        offered.keywords.push_back({name, ""});
    envelope e;
    delivery_report wanted;
    if (auto const* const id = p.parameter("ENVID"))
        if (auto const plain = decode_xtext(*id))
            wanted.envelope_id = *plain;
    e.report = wanted;
    std::string line;
    if (keyword == "FROM:")
    {
        e.from = p.path;
        content_facts facts;
        facts.size = 4'711;
        facts.eight_bit = true;
        line = mail_command(e, offered, facts);
    }
    else
        line = recipient_command(p.path, e, offered);
    must(line.ends_with("\r\n") && is_line(std::string_view(line).substr(0, line.size() - 2)));
    line.resize(line.size() - 2);
    command const c = parse_command(line);
    must(c.verb == (keyword == "FROM:" ? "MAIL" : "RCPT"));
    path_argument const same = parse_path_argument(c.argument, keyword);
    must(same.wrong == path_argument::fault::none && same.path.to_string() == p.path.to_string());
    if (keyword == "FROM:")
    {
        must(*same.parameter("SIZE") == "4711" && *same.parameter("BODY") == "8BITMIME");
        must((same.parameter("SMTPUTF8") != nullptr) == !p.path.ascii());
        auto const* const id = same.parameter("ENVID");
        must(id ? decode_xtext(*id) == wanted.envelope_id : wanted.envelope_id.empty());
    }
    else
    {
        must(*same.parameter("NOTIFY") == "FAILURE");
        if (p.path.ascii())
            must(decode_xtext(same.parameter("ORCPT")->substr(7)) == p.path.to_string());
    }
}

void commands(std::string const& text)
{
    if (auto const plain = decode_xtext(text))
        must(decode_xtext(encode_xtext(*plain)) == plain);
    std::string const encoded = encode_xtext(text);
    must(decode_xtext(encoded) == text && is_line(encoded) && encoded.find_first_of(" =") == encoded.npos);
    if (valid_client_name(text))
        must(is_line(text) && text.find_first_of(" <>") == text.npos && text.size() <= 255);
    for (std::size_t at = 0; at < text.size();)
    {
        std::size_t const end = std::min(text.find("\r\n", at), text.size());
        command const c = parse_command(std::string_view(text).substr(at, end - at));
        at = end + 2;
        must(c.verb.find_first_of(" abcdefghijklmnopqrstuvwxyz") == c.verb.npos);
        for (char const* const keyword : {"FROM:", "TO:"})
        {
            path_argument const p = parse_path_argument(c.argument, keyword);
            if (p.wrong != path_argument::fault::none)
                continue;
            std::string const path = p.path.to_string();
            must(path.size() <= 254 && path.find_first_of("\r\n<>") == path.npos);
            for (auto const& [name, value] : p.parameters)
                must(p.parameter(name) != nullptr && value.find(' ') == value.npos);
            again(p, keyword);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    commands(std::string(data, data + size));
    return 0;
}
