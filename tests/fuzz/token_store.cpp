// Feeds octets to the reader of token files: as they are, or as the JSON of a file whose first line is right.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/token_store.cpp \
//     -o fuzz_token_store -lboost_json -lboost_url -lssl -lcrypto
//   ./fuzz_token_store -max_len=4096 -max_total_time=60
//
// The first octet says which. What was read is written and read again: it must be the same.

#include <outkit/detail/encoding.hpp>
#include <outkit/oauth2/detail/token_file.hpp>

#include <openssl/sha.h>

#include <algorithm>
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

std::string with_first_line(std::string const& json, char minor)
{
    std::string const beginning = std::string("outkit-tokens 1.") + minor + " plain";
    std::string const hashed = beginning + '\n' + json;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ::SHA256(reinterpret_cast<unsigned char const*>(hashed.data()), hashed.size(), digest);
    return beginning + ' ' + std::to_string(json.size()) + ' ' +
           detail::hex_encode({reinterpret_cast<char const*>(digest), sizeof digest}) + '\n' + json;
}

bool same(oauth2::stored_token const& a, oauth2::stored_token const& b)
{
    return a.scopes.text() == b.scopes.text() && a.access == b.access && a.received == b.received &&
           a.lifetime == b.lifetime && a.refresh_in == b.refresh_in && a.unknown == b.unknown;
}

bool same(oauth2::stored_account const& a, oauth2::stored_account const& b)
{
    return a.id == b.id && a.tenant == b.tenant && a.subject == b.subject && a.issuer == b.issuer &&
           a.username == b.username && a.name == b.name && a.refresh == b.refresh && a.refused == b.refused &&
           a.signed_in == b.signed_in && a.unknown == b.unknown &&
           std::equal(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end(),
                      [](auto const& x, auto const& y) { return same(x, y); });
}

void read(std::string const& text)
{
    error_code ec;
    std::string said;
    auto const f = oauth2::detail::read_token_file(text, secret(), ec, said);
    if (ec)
    {
        must(f.accounts.empty() && f.other_accounts.empty() && !said.empty());
        return;
    }
    for (secret const& key : {secret(), secret(std::string(oauth2::detail::token_key_octets, 'k'))})
    {
        std::string const again = oauth2::detail::write_token_file(f, key, ec);
        must(!ec);
        auto const g = oauth2::detail::read_token_file(again, key, ec, said);
        must(!ec);
        must(g.generation == f.generation && g.unknown == f.unknown && g.minor == f.minor);
        must(std::equal(f.accounts.begin(), f.accounts.end(), g.accounts.begin(), g.accounts.end(),
                        [](auto const& a, auto const& b) { return same(a, b); }));
        must(std::equal(f.other_accounts.begin(), f.other_accounts.end(), g.other_accounts.begin(),
                        g.other_accounts.end(), [](auto const& a, auto const& b) { return a == b; }));
    }
}

std::string const seeds[] = {
    R"({"generation":7,"accounts":[{"kind":"user","client_id":"c","login":"https://l","tenant_id":"t","object_id":"o",)"
    R"("tenant":"common","subject":"s","issuer":"i","username":"u","name":"n","refresh_token":"r","refused":false,)"
    R"("signed_in":1700000000,"tokens":[{"scopes":"a b","access_token":"x","received":1700000000,"lifetime":3599,)"
    R"("refresh_in":1800,"new":[1,{"a":"]"}]}],"more":{"x":"\"}"}},{"kind":"robot"}],"other":null})",
    R"({"accounts":[]})",
    R"("new" : {"a":[1.5e3,"\\"]} ,)",
    R"("kind":"robot",)",
    R"(\u0061)",
    "{}",
    "[]",
    ","};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string const text(data + 1, data + size);
    read(data[0] % 8 == 0 ? text : with_first_line(text, static_cast<char>('0' + data[0] % 8)));
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Half of the time a seed is put somewhere; else libFuzzer does as it likes.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int dice)
{
    if (dice % 2 != 0 || size == 0)
        return LLVMFuzzerMutate(data, size, most);
    std::string text(data, data + size);
    std::string const& seed = seeds[dice / 2 % std::size(seeds)];
    if (dice % 16 == 0)
        text.resize(1);
    text.insert(1 + dice / 32 % text.size(), seed);
    text.resize(std::min(text.size(), most));
    std::copy(text.begin(), text.end(), data);
    return text.size();
}
