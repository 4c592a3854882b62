// Feeds octets to both readers of address lists, the one for what is to be sent and the one for what was received. What
// was understood is written and read again: it must be the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/address_list.cpp

#include <outkit/mime/address.hpp>
#include <outkit/mime/header.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

void for_sending(std::string_view text)
{
    error_code ec;
    auto const list = mime::parse_mailbox_list(text, ec, 100, true);
    must(list.has_value() == !ec);
    if (!list)
        return;
    for (bool const utf8 : {false, true})
    {
        std::string written;
        for (mime::mailbox const& m : *list)
        {
            must(mime::parse_mailbox(mime::to_string(m, utf8), ec, true) == m);
            written += (written.empty() ? "" : ", ") + mime::to_string(m, utf8);
        }
        must(written.find_first_of("\r\n") == written.npos);
        if (list->empty())
            continue;
        must(mime::parse_mailbox_list(written, ec, 100, true) == list);
        // The one who receives it sees what was meant.
        auto const seen = mime::read_address_list(written, 100);
        must(seen.size() == list->size());
        for (std::size_t i = 0; i != seen.size(); ++i)
            must(mime::decode_words(seen[i].name) == (*list)[i].name && mime::strict(seen[i]) == (*list)[i].addr);
    }
}

void received(std::string_view text)
{
    auto const list = mime::read_address_list(text, 100);
    must(list.size() <= 101);
    std::string const written = mime::to_string(list);
    must(written.find_first_of("\r\n") == written.npos);
    auto const again = mime::read_address_list(written, 101);
    must(again.size() == list.size());
    for (std::size_t i = 0; i != list.size(); ++i)
    {
        must(again[i].what == list[i].what);
        must(mime::strict(again[i]) == mime::strict(list[i]));
        error_code ec;
        if (auto const a = mime::strict(list[i]))
        {
            std::string const out = a->to_string();
            must(out.find_first_of("\r\n<>") == out.npos && out.size() <= 254);
            must(mime::parse_address(out, ec, true) == a);
            std::string const name = mime::decode_words(list[i].name);
            must(mime::detail::trim(mime::decode_words(again[i].name)) == mime::detail::trim(name));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    for_sending(text);
    received(text);
    return 0;
}
