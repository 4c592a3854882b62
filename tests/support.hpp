#ifndef OUTKIT_TESTS_SUPPORT_HPP
#define OUTKIT_TESTS_SUPPORT_HPP

// What several test programs need: a certificate for "mail.test", and the three ways to maltreat a flow.

#include <outkit/detail/simulate.hpp>
#include <outkit/tls.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace outkit::tests {

struct certificate
{
    std::string chain;
    std::string key;
};

// A self-signed certificate for the DNS name. RSA, as simulations repeat to the byte then: ECDSA signatures vary in
// length. Made once per program and name; not for speed-critical tests.
inline certificate make_certificate(std::string const& name, long days = 2)
{
    EVP_PKEY* const key = EVP_RSA_gen(2048);
    X509* const x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400 * 2);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400 * days);
    X509_set_pubkey(x, key);
    auto const* const text = reinterpret_cast<unsigned char const*>(name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    std::string const alternative = "DNS:" + name;
    X509_EXTENSION* const san = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
    X509_add_ext(x, san, -1);
    X509_EXTENSION_free(san);
    X509_sign(x, key, EVP_sha256());
    auto const text_of = [](auto write) {
        BIO* const out = BIO_new(BIO_s_mem());
        write(out);
        char* data = nullptr;
        long const n = BIO_get_mem_data(out, &data);
        std::string s(data, static_cast<std::size_t>(n));
        BIO_free(out);
        return s;
    };
    certificate c;
    c.chain = text_of([&](BIO* out) { PEM_write_bio_X509(out, x); });
    c.key = text_of([&](BIO* out) { PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_free(x);
    EVP_PKEY_free(key);
    return c;
}

inline certificate const& test_certificate()
{
    static certificate const c = make_certificate("mail.test");
    return c;
}

inline tls_context trusting_client()
{
    error_code ec;
    auto c = tls_context::client(ec, {.system = false, .authorities_pem = test_certificate().chain});
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return c;
}

// To be changed by whoever has it.
inline tls_context own_certified_server()
{
    error_code ec;
    auto c = tls_context::server_pem(ec, test_certificate().chain, test_certificate().key);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return c;
}

// The same for all: to make one takes longer than a handshake. What a client remembers is its own, so each handshake is
// the first all the same.
inline tls_context certified_server()
{
    static tls_context const c = own_certified_server();
    return c;
}

// A server of "mail.test" that must not be believed, and a client that refuses it for this one reason.
struct unbelievable
{
    tls_context server, client;
};
inline std::vector<unbelievable> unbelievable_servers()
{
    std::vector<unbelievable> all;
    auto const add = [&](certificate const& shown, certificate const& trusted) {
        error_code ec;
        auto server = tls_context::server_pem(ec, shown.chain, shown.key);
        BOOST_TEST_REQUIRE(!ec, ec.message());
        auto client = tls_context::client(ec, {.system = false, .authorities_pem = trusted.chain});
        BOOST_TEST_REQUIRE(!ec, ec.message());
        all.push_back({std::move(server), std::move(client)});
    };
    certificate const expired = make_certificate("mail.test", -1), other = make_certificate("other.test");
    add(expired, expired);
    add(other, other);
    add(make_certificate("mail.test"), test_certificate());  // from an authority nobody knows
    return all;
}

// Plays what `make` returns (a fresh flow each time) with pieces of 1, 2, 7 and 4096 bytes; `check` sees each result.
template <class Make, class Check>
void in_pieces_of_every_size(Make make, std::vector<std::string> const& scripts, Check check)
{
    for (std::size_t const piece : {1u, 2u, 7u, 4096u})
        BOOST_TEST_CONTEXT("pieces of " << piece)
    make([&](auto f) { check(detail::play(std::move(f), scripts, {.piece = piece})); });
}

// Each step of the flow fails once and is cancelled once: it must end with just that error. Flows that go on after
// a failure (attempt) are not for this.
template <class Make>
void failing_at_every_step(Make make, std::vector<std::string> const& scripts)
{
    std::size_t steps = 0;
    make([&](auto f) { steps = detail::play(std::move(f), scripts).steps; });
    BOOST_TEST_REQUIRE(steps != 0u);
    for (std::size_t at = 1; at <= steps; ++at)
        for (bool const cancel : {false, true})
            BOOST_TEST_CONTEXT("step " << at << (cancel ? " cancelled" : " failing"))
    make([&](auto f) {
        auto const r = detail::play(std::move(f), scripts, {.fail_at = at, .cancel = cancel});
        BOOST_TEST((r.ec == os_error(cancel ? ECANCELED : ECONNRESET)), r.ec.message());
    });
}

// The last script cut off at every byte: the flow must fail each time, and never succeed by halves.
// `may_end_at` says after how many bytes of the script success is allowed (default: all of it).
template <class Make>
void cut_at_every_byte(Make make, std::vector<std::string> scripts, std::size_t may_end_at = std::size_t(-1))
{
    std::string const whole = scripts.back();
    for (std::size_t n = 0; n < std::min(whole.size(), may_end_at); ++n)
        BOOST_TEST_CONTEXT("cut after " << n << " bytes of " << whole.size())
        {
            scripts.back() = whole.substr(0, n);
            make([&](auto f) {
                auto const r = detail::play(std::move(f), scripts);
                BOOST_TEST(!!r.ec);
            });
        }
}

// How much was tried: printed, and kept for tools/test to print at its end.
inline void report_counts(std::string const& line)
{
    std::cout << line << std::endl;
    if (char const* const folder = std::getenv("OUTKIT_REPORTS"))
        std::ofstream(std::string(folder) + "/counts", std::ios::app) << line << '\n';
}

}  // namespace outkit::tests

#endif
