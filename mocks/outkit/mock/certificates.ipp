#ifndef OUTKIT_MOCK_CERTIFICATES_IPP
#define OUTKIT_MOCK_CERTIFICATES_IPP

#include <outkit/mock/certificates.hpp>
#include <outkit/mock/pki.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>

namespace outkit::inline OUTKIT_ABI::mock {
struct certificates::state
{
    std::vector<std::string> others;
    pki::key_ptr key;
    pki::x509_ptr certificate;
    std::string pem;
};

OUTKIT_INLINE certificates::certificates(std::vector<std::string> other_names) : state_(std::make_unique<state>())
{
    for (std::string& name : other_names)
    {
        name = pki::lower(name);
        if (!pki::is_dns_name(name) || !pki::address_octets(name).empty())
            throw std::invalid_argument("not a DNS name the mock authority could vouch for: " + name);
    }
    state_->others = std::move(other_names);
    state_->key.reset(EVP_EC_gen("P-256"));
    pki::must(state_->key != nullptr, "make a key");
    state_->certificate = pki::blank_certificate(
        state_->key.get(), "outkit MOCK authority, for tests on this machine only", pki::authority_life);
    X509* const x = state_->certificate.get();
    pki::must(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1, "name the authority");
    pki::set_extension(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    pki::set_extension(x, NID_key_usage, "critical,keyCertSign,cRLSign");
    pki::set_extension(x, NID_ext_key_usage, "serverAuth");
    pki::set_extension(x, NID_subject_key_identifier, "hash");
    std::string permitted = "critical,permitted;DNS:localhost,permitted;DNS:test";
    for (std::string const& name : state_->others)
        permitted += ",permitted;DNS:" + name;
    permitted += ",permitted;IP:127.0.0.0/255.0.0.0,permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    pki::set_extension(x, NID_name_constraints, permitted.c_str());
    pki::must(X509_sign(x, state_->key.get(), EVP_sha256()) != 0, "sign the authority's certificate");
    state_->pem = pki::pem_of(x);
}

OUTKIT_INLINE certificates::certificates(certificates&&) noexcept = default;
OUTKIT_INLINE certificates& certificates::operator=(certificates&&) noexcept = default;
OUTKIT_INLINE certificates::~certificates() = default;

OUTKIT_INLINE std::string const& certificates::ca_pem() const { return state_->pem; }

OUTKIT_INLINE bool certificates::allows(std::string_view name) const
{
    std::string const n = pki::lower(name);
    if (std::string const octets = pki::address_octets(n); !octets.empty())
        return octets.size() == 4 ? octets[0] == 127 : octets == std::string(15, '\0') + '\1';
    auto const below = [&](std::string_view base) {
        return n == base || (n.size() > base.size() && n.ends_with(base) && n[n.size() - base.size() - 1] == '.');
    };
    return pki::is_dns_name(n) &&
           (below("localhost") || below("test") || std::any_of(state_->others.begin(), state_->others.end(), below));
}

OUTKIT_INLINE std::vector<std::string> certificates::default_names() const
{
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    names.insert(names.end(), state_->others.begin(), state_->others.end());
    return names;
}

OUTKIT_INLINE certificates::server_certificate certificates::issue(std::vector<std::string> const& names) const
{
    if (names.empty())
        throw std::invalid_argument("a server certificate needs at least one name");
    pki::names_ptr const alternatives(GENERAL_NAMES_new());
    for (std::string const& name : names)
    {
        if (!allows(name))
            throw std::invalid_argument("the mock authority cannot vouch for " + name +
                                        "; name it when the authority is made");
        std::string const octets = pki::address_octets(name);
        pki::must(sk_GENERAL_NAME_push(alternatives.get(), octets.empty() ? pki::general_name(GEN_DNS, pki::lower(name))
                                                                          : pki::general_name(GEN_IPADD, octets)) > 0,
                  "add a name");
    }
    pki::key_ptr const key(EVP_EC_gen("P-256"));
    pki::must(key != nullptr, "make a key");
    pki::x509_ptr const certificate = pki::blank_certificate(key.get(), "outkit mock server", pki::authority_life - 60);
    X509* const x = certificate.get();
    pki::must(X509_set_issuer_name(x, X509_get_subject_name(state_->certificate.get())) == 1, "name the issuer");
    pki::set_extension(x, NID_basic_constraints, "critical,CA:FALSE");
    pki::set_extension(x, NID_key_usage, "critical,digitalSignature");
    pki::set_extension(x, NID_ext_key_usage, "serverAuth");
    pki::must(X509_add1_ext_i2d(x, NID_subject_alt_name, alternatives.get(), 0, 0) == 1, "add the names");
    // Strict verifiers (Python 3.13's VERIFY_X509_STRICT) want the authority's key identifier, too.
    X509V3_CTX context;
    X509V3_set_ctx(&context, state_->certificate.get(), x, nullptr, nullptr, 0);
    X509_EXTENSION* const authority = X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid");
    pki::must(authority && X509_add_ext(x, authority, -1) == 1, "name the authority's key");
    X509_EXTENSION_free(authority);
    pki::must(X509_sign(x, state_->key.get(), EVP_sha256()) != 0, "sign a certificate");
    server_certificate made;
    made.chain = pki::pem_of(x);
    made.key = pki::text_of(
        [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    return made;
}

OUTKIT_INLINE tls_context certificates::server_context(std::vector<std::string> const& names) const
{
    server_certificate made = issue(names.empty() ? default_names() : names);
    error_code ec;
    tls_context context = tls_context::server_pem(ec, made.chain, made.key);
    OPENSSL_cleanse(made.key.data(), made.key.size());
    if (ec)
        throw std::runtime_error("a server's TLS context could not be made: " + ec.message());
    return context;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
