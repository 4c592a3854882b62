#ifndef OUTKIT_MOCK_PKI_HPP
#define OUTKIT_MOCK_PKI_HPP

// What certificates.ipp and keys.ipp share: OpenSSL's objects with owners, PEM and X.509 in short. For those two only.

#include <outkit/tls.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace outkit::inline OUTKIT_ABI::mock::pki {

inline constexpr long authority_life = 7 * 24 * 3600L;
inline constexpr long clock_tolerance = 3600;  // certificates begin an hour ago, for clocks that are behind

using key_ptr = std::unique_ptr<EVP_PKEY, tls_context::releaser<EVP_PKEY, EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, tls_context::releaser<X509, X509_free>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, tls_context::releaser<GENERAL_NAMES, GENERAL_NAMES_free>>;

// For what only fails when memory is short or OpenSSL is broken.
inline void must(bool ok, char const* what)
{
    if (!ok)
        throw std::runtime_error(std::string("OpenSSL could not ") + what);
}

// What OpenSSL writes to a memory BIO.
template <class Write>
std::string text_of(Write write)
{
    std::unique_ptr<BIO, tls_context::releaser<BIO, BIO_free_all>> const out(BIO_new(BIO_s_mem()));
    must(out && write(out.get()) == 1, "write PEM");
    char* data = nullptr;
    long const n = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(n)};
}

inline std::string pem_of(X509* certificate)
{
    return text_of([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

inline std::string lower(std::string_view s)
{
    std::string r(s);
    for (char& c : r)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return r;
}

// The octets of an IPv4 or IPv6 address, or nothing.
inline std::string address_octets(std::string const& name)
{
    std::unique_ptr<ASN1_OCTET_STRING, tls_context::releaser<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>> const a(
        a2i_IPADDRESS(name.c_str()));
    if (!a)
        return {};
    return {reinterpret_cast<char const*>(ASN1_STRING_get0_data(a.get())),
            static_cast<std::size_t>(ASN1_STRING_length(a.get()))};
}

// Letters, digits, hyphens and dots, no empty label.
inline bool is_dns_name(std::string_view s)
{
    if (s.empty() || s.size() > 253)
        return false;
    std::size_t label = 0;
    for (char const c : s)
    {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        if (!plain && (c != '.' || label == 0))
            return false;
        label = c == '.' ? 0 : label + 1;
    }
    return label != 0;
}

inline GENERAL_NAME* general_name(int type, std::string const& octets)
{
    GENERAL_NAME* const name = GENERAL_NAME_new();
    ASN1_STRING* const value = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    must(name && value && ASN1_STRING_set(value, octets.data(), static_cast<int>(octets.size())) == 1, "make a name");
    GENERAL_NAME_set0_value(name, type, value);
    return name;
}

inline void set_extension(X509* to, int nid, char const* value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    must(extension && X509_add_ext(to, extension, -1) == 1, "add a certificate extension");
    X509_EXTENSION_free(extension);
}

// A certificate with what all of ours have: version 3, a random serial number, times, a common name, the key.
inline x509_ptr blank_certificate(EVP_PKEY* key, char const* common_name, long seconds)
{
    x509_ptr x(X509_new());
    unsigned char serial[16];
    must(x && RAND_bytes(serial, sizeof serial) == 1, "make a certificate");
    serial[0] &= 0x7f;
    serial[0] |= 0x40;
    std::unique_ptr<BIGNUM, tls_context::releaser<BIGNUM, BN_free>> const number(
        BN_bin2bn(serial, sizeof serial, nullptr));
    auto const add = [&](char const* field, char const* text) {
        return X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), field, MBSTRING_UTF8,
                                          reinterpret_cast<unsigned char const*>(text), -1, -1, 0) == 1;
    };
    must(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x.get())) &&
             X509_set_version(x.get(), 2) == 1 && X509_gmtime_adj(X509_getm_notBefore(x.get()), -clock_tolerance) &&
             X509_gmtime_adj(X509_getm_notAfter(x.get()), seconds) && X509_set_pubkey(x.get(), key) == 1 &&
             add("O", "outkit mock") && add("CN", common_name),
         "make a certificate");
    return x;
}

}  // namespace outkit::inline OUTKIT_ABI::mock::pki

#endif
