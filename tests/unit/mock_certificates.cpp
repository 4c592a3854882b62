#include <outkit/mock/certificates.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>

BOOST_AUTO_TEST_SUITE(mock_certificates)
namespace {

using outkit::mock::certificates;

using store_ptr = std::unique_ptr<X509_STORE, outkit::tls_context::releaser<X509_STORE, X509_STORE_free>>;
using context_ptr = std::unique_ptr<X509_STORE_CTX, outkit::tls_context::releaser<X509_STORE_CTX, X509_STORE_CTX_free>>;
using x509_ptr = std::unique_ptr<X509, outkit::tls_context::releaser<X509, X509_free>>;

x509_ptr read(std::string const& pem)
{
    BIO* const in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    x509_ptr x(PEM_read_bio_X509(in, nullptr, nullptr, nullptr));
    BIO_free(in);
    X509_check_purpose(x.get(), -1, 0);  // has OpenSSL parse the extensions
    return x;
}

// OpenSSL's own verdict about a server's certificate, for a host.
int verdict(std::string const& authority, std::string const& server, char const* host, bool address)
{
    store_ptr const store(X509_STORE_new());
    x509_ptr const ca = read(authority), leaf = read(server);
    X509_STORE_add_cert(store.get(), ca.get());
    context_ptr const context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
    X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
    if (address)
        X509_VERIFY_PARAM_set1_ip_asc(wanted, host);
    else
        X509_VERIFY_PARAM_set1_host(wanted, host, 0);
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
}

}  // namespace

BOOST_AUTO_TEST_CASE(server_certificates_verify_for_their_names)
{
    certificates const authority;
    auto const made = authority.issue({"localhost", "127.0.0.1", "::1", "Login.Entra.Test"});
    BOOST_TEST(verdict(authority.ca_pem(), made.chain, "localhost", false) == X509_V_OK);
    BOOST_TEST(verdict(authority.ca_pem(), made.chain, "login.entra.test", false) == X509_V_OK);
    BOOST_TEST(verdict(authority.ca_pem(), made.chain, "127.0.0.1", true) == X509_V_OK);
    BOOST_TEST(verdict(authority.ca_pem(), made.chain, "::1", true) == X509_V_OK);
    BOOST_TEST(verdict(authority.ca_pem(), made.chain, "other.test", false) == X509_V_ERR_HOSTNAME_MISMATCH);
    BOOST_TEST(verdict(certificates().ca_pem(), made.chain, "localhost", false) != X509_V_OK);
}

BOOST_AUTO_TEST_CASE(names_off_the_machine_need_the_explicit_option)
{
    certificates const authority;
    for (char const* name : {"login.microsoftonline.com", "example.com", "10.0.0.1", "::2", "xtest", "test.com", "",
                             "a b.test", "a..test", ".test", "*.test"})
        BOOST_CHECK_THROW(authority.issue({name}), std::invalid_argument);
    BOOST_CHECK_THROW(authority.issue({}), std::invalid_argument);
    BOOST_CHECK_THROW(certificates({"a,DNS:b"}), std::invalid_argument);
    BOOST_CHECK_THROW(certificates({"10.0.0.1"}), std::invalid_argument);

    certificates const wider({"login.microsoftonline.com"});
    auto const made = wider.issue({"login.microsoftonline.com"});
    BOOST_TEST(verdict(wider.ca_pem(), made.chain, "login.microsoftonline.com", false) == X509_V_OK);
    BOOST_TEST(!wider.allows("graph.microsoft.com"));
    BOOST_TEST(wider.default_names().size() == 4u);
}

// What allows() says is also what verifiers enforce: the constraint stands in the certificate and is critical.
BOOST_AUTO_TEST_CASE(the_name_constraint_stands_in_the_certificate)
{
    certificates const authority;
    x509_ptr const x = read(authority.ca_pem());
    int critical = 0;
    auto* const constraints =
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(x.get(), NID_name_constraints, &critical, nullptr));
    BOOST_TEST_REQUIRE(constraints != nullptr);
    BOOST_TEST(critical == 1);
    BOOST_TEST(sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) == 4);

    auto const made = authority.issue({"localhost"});
    x509_ptr const leaf = read(made.chain);
    BOOST_TEST(NAME_CONSTRAINTS_check(leaf.get(), constraints) == X509_V_OK);
    certificates const wider({"login.microsoftonline.com"});
    x509_ptr const foreign = read(wider.issue({"login.microsoftonline.com"}).chain);
    BOOST_TEST(NAME_CONSTRAINTS_check(foreign.get(), constraints) == X509_V_ERR_PERMITTED_VIOLATION);
    NAME_CONSTRAINTS_free(constraints);
}

BOOST_AUTO_TEST_CASE(the_authority_is_visibly_a_mock_and_ends_after_a_week)
{
    certificates const authority;
    x509_ptr const x = read(authority.ca_pem());
    std::array<char, 256> name{};
    X509_NAME_oneline(X509_get_subject_name(x.get()), name.data(), int(name.size()));
    BOOST_TEST(std::string(name.data()).find("MOCK") != std::string::npos);
    int days = 0, seconds = 0;
    BOOST_TEST(ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(x.get())) == 1);
    BOOST_TEST((days == 6 || (days == 7 && seconds == 0)));
    BOOST_TEST(X509_get_extension_flags(x.get()) & EXFLAG_CA);
    BOOST_TEST(authority.ca_pem().find("PRIVATE") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_authorities_have_different_keys)
{
    BOOST_TEST(certificates().ca_pem() != certificates().ca_pem());
}

BOOST_AUTO_TEST_CASE(a_listener_gets_a_context)
{
    certificates const authority;
    BOOST_TEST(authority.server_context().is_server());
    BOOST_TEST(authority.server_context({"imap.test"}).is_server());
}

BOOST_AUTO_TEST_SUITE_END()
