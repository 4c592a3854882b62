// What a client's TLS layer refuses, and that nothing secret has been sent by then. Both ends run in memory; the
// certificates are made here, as bad as each case wants them.

#include <outkit/detail/simulate.hpp>
#include <outkit/mock/certificates.hpp>
#include <outkit/tls.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace outkit;
using namespace outkit::detail;
using namespace std::chrono_literals;

namespace {

template <class T, void (*release)(T*)>
using owned = std::unique_ptr<T, tls_context::releaser<T, release>>;
using x509 = owned<X509, X509_free>;
using private_key = owned<EVP_PKEY, EVP_PKEY_free>;

struct wish
{
    std::string common_name = "test";
    std::vector<std::string> names = {};  // as openssl.cnf has them: "DNS:a.test", "IP:127.0.0.1"
    std::string raw_name = {};            // a DNS name added as it is, whatever it holds
    long begins = -86400, ends = 86400;   // seconds from now
    std::string usage = "serverAuth";
    unsigned rsa_bits = 0;  // 0: an elliptic curve instead
    bool authority = false;
    X509_EXTENSION* constraint = nullptr;  // copied
    EVP_MD const* digest = EVP_sha256();
};

struct signer
{
    x509 certificate;
    private_key key;
};

void extend(X509* x, int nid, std::string const& value)
{
    owned<X509_EXTENSION, X509_EXTENSION_free> const e(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
    BOOST_TEST_REQUIRE(e != nullptr);
    X509_add_ext(x, e.get(), -1);
}

signer make(wish const& w, signer const* by = nullptr)
{
    signer made{x509(X509_new()), private_key(w.rsa_bits ? EVP_RSA_gen(w.rsa_bits) : EVP_EC_gen("P-256"))};
    X509* const x = made.certificate.get();
    X509_set_version(x, 2);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), w.begins);
    X509_gmtime_adj(X509_getm_notAfter(x), w.ends);
    X509_set_pubkey(x, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>(w.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(by ? by->certificate.get() : x));
    if (w.authority)
        extend(x, NID_basic_constraints, "critical,CA:TRUE");
    else
        extend(x, NID_ext_key_usage, w.usage);
    if (w.constraint)
        X509_add_ext(x, w.constraint, -1);
    owned<GENERAL_NAMES, GENERAL_NAMES_free> const names(sk_GENERAL_NAME_new_null());
    auto const add = [&](int type, ASN1_STRING* text) {
        GENERAL_NAME* const name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, type, text);
        sk_GENERAL_NAME_push(names.get(), name);
    };
    auto const dns = [&](std::string const& text) {
        ASN1_IA5STRING* const s = ASN1_IA5STRING_new();
        ASN1_STRING_set(s, text.data(), static_cast<int>(text.size()));
        add(GEN_DNS, s);
    };
    for (std::string const& name : w.names)
        if (name.starts_with("IP:"))
            add(GEN_IPADD, a2i_IPADDRESS(name.c_str() + 3));
        else
            dns(name.substr(4));
    if (!w.raw_name.empty())
        dns(w.raw_name);
    if (sk_GENERAL_NAME_num(names.get()) > 0)
        X509_add1_ext_i2d(x, NID_subject_alt_name, names.get(), 0, 0);
    X509_sign(x, by ? by->key.get() : made.key.get(), w.digest);
    return made;
}

std::string text_of(std::function<int(BIO*)> const& write)
{
    owned<BIO, BIO_free_all> const out(BIO_new(BIO_s_mem()));
    write(out.get());
    char* data = nullptr;
    long const n = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(n)};
}
std::string pem(signer const& s)
{
    return text_of([&](BIO* b) { return PEM_write_bio_X509(b, s.certificate.get()); });
}

signer const& authority()
{
    static signer const s = make({.common_name = "test authority", .authority = true});
    return s;
}

tls_context client_of(std::string const& trusted = pem(authority()))
{
    error_code ec;
    auto c = tls_context::client(ec, {.system = false, .authorities_pem = trusted});
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return c;
}

std::string key_of(signer const& s)
{
    return text_of(
        [&](BIO* b) { return PEM_write_bio_PrivateKey(b, s.key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

tls_context server_of(signer const& s)
{
    error_code ec;
    auto c = tls_context::server_pem(ec, pem(s), key_of(s));
    if (ec)  // a key too weak for us: what the peer does about it is the question
    {
        signer const strong = make({.rsa_bits = 2048});
        c = tls_context::server_pem(ec, pem(strong), key_of(strong));
        SSL_CTX_set_security_level(c.native(), 0);
        BOOST_TEST_REQUIRE(SSL_CTX_use_certificate(c.native(), s.certificate.get()) == 1);
        BOOST_TEST_REQUIRE(SSL_CTX_use_PrivateKey(c.native(), s.key.get()) == 1);
    }
    return c;
}

flow<> tell_secret(wire& w, std::string host)
{
    co_await w.start_tls(std::move(host));
    co_await w.write("secret\r\n", wire::redact);
    co_await w.read_line();
    co_await w.close();
}

flow<> hear(wire& w, std::string& heard)
{
    co_await w.start_tls();
    heard = co_await w.read_line();
    co_await w.write("heard\r\n");
    co_await w.close();
}

struct result
{
    error_code ec;
    std::string why;
    std::string heard;
};

// A client that verifies `host` tells a secret to a server.
result meet_as(std::string const& host, tls_context client, tls_context server)
{
    wire c, s;
    result r;
    auto const both = meet(tell_secret(c, host), hear(s, r.heard), {}, std::move(client), std::move(server));
    r.ec = both.first.ec;
    r.why = both.first.diagnostics;
    return r;
}

void must_refuse(std::string const& host, signer const& by, std::string const& reason,
                 std::string const& trusted = pem(authority()))
{
    result const r = meet_as(host, client_of(trusted), server_of(by));
    BOOST_TEST_CONTEXT(host << ": " << reason)
    {
        BOOST_TEST((r.ec == condition::untrusted_peer), r.ec.message());
        BOOST_TEST(r.why.find(reason) != std::string::npos, r.why);
        BOOST_TEST(r.heard == "");
    }
}

void must_accept(std::string const& host, signer const& by)
{
    result const r = meet_as(host, client_of(), server_of(by));
    BOOST_TEST_CONTEXT(host)
    {
        BOOST_TEST(!r.ec, r.ec.message() + ": " + r.why);
        BOOST_TEST(r.heard == "secret");
    }
}

signer issue(wish const& w) { return make(w, &authority()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(TL_01_bad_chains_are_refused_for_their_reason)
{
    signer const stranger = make({.common_name = "somebody", .authority = true});
    signer const no_authority = issue({.common_name = "no authority", .names = {"DNS:x.test"}});
    must_refuse("mail.test", make({.names = {"DNS:mail.test"}}), "self-signed");
    must_refuse("mail.test", make({.names = {"DNS:mail.test"}}, &stranger), "unable to get local issuer");
    must_refuse("mail.test", issue({.names = {"DNS:mail.test"}, .begins = -7200, .ends = -3600}), "expired");
    must_refuse("mail.test", issue({.names = {"DNS:mail.test"}, .begins = 3600}), "not yet valid");
    must_refuse("mail.test", issue({.names = {"DNS:mail.test"}, .usage = "clientAuth"}), "purpose");
    must_refuse("mail.test", make({.names = {"DNS:mail.test"}}, &no_authority), "invalid CA certificate",
                pem(authority()) + pem(no_authority));
    must_refuse("mail.test", issue({.names = {"DNS:mail.test"}, .rsa_bits = 1024}), "too weak");
    must_refuse("mail.test", issue({.names = {"DNS:mail.test"}, .digest = EVP_sha1()}), "too weak");
}

BOOST_AUTO_TEST_CASE(TL_02_names_that_do_not_match_are_refused)
{
    must_refuse("mail.test", issue({.names = {"DNS:other.test"}}), "hostname mismatch");
    must_refuse("mail.test", issue({.common_name = "mail.test"}), "hostname mismatch");
    must_refuse("a.b.example.test", issue({.names = {"DNS:*.example.test"}}), "hostname mismatch");
    must_refuse("foo.example.test", issue({.names = {"DNS:f*.example.test"}}), "hostname mismatch");
    must_refuse("mail.test", issue({.names = {"DNS:*.test"}}), "hostname mismatch");
    must_refuse("mail.test", issue({.names = {"DNS:*"}}), "hostname mismatch");
    must_refuse("xn--mller-kva.example.test", issue({.names = {"DNS:xn--*.example.test"}}), "hostname mismatch");
}

// An authority of ours that is held to what the mock's is: its key cannot be had, its constraint can.
BOOST_AUTO_TEST_CASE(TL_25_the_mocks_authority_cannot_vouch_for_a_real_host)
{
    std::string const text = mock::certificates().ca_pem();
    owned<BIO, BIO_free_all> const in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    x509 const mocks(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    BOOST_TEST_REQUIRE(mocks != nullptr);
    int const at = X509_get_ext_by_NID(mocks.get(), NID_name_constraints, -1);
    BOOST_TEST_REQUIRE(at >= 0);
    signer const held = make({.common_name = "held", .authority = true, .constraint = X509_get_ext(mocks.get(), at)});
    for (std::string const host : {"outlook.office365.com", "login.microsoftonline.com", "smtp.office365.com"})
        must_refuse(host, make({.names = {"DNS:" + host}}, &held), "permitted subtree violation", pem(held));
    must_refuse("10.0.0.1", make({.names = {"IP:10.0.0.1"}}, &held), "permitted subtree violation", pem(held));
    result const good =
        meet_as("mail.test", client_of(pem(held)), server_of(make({.names = {"DNS:mail.test"}}, &held)));
    BOOST_TEST(!good.ec, good.why);
}

BOOST_AUTO_TEST_CASE(TL_03_names_that_match_are_accepted)
{
    must_accept("mail.test", issue({.names = {"DNS:mail.test"}}));
    must_accept("a.example.test", issue({.names = {"DNS:*.example.test"}}));
    must_accept("127.0.0.1", issue({.names = {"IP:127.0.0.1"}}));
    must_accept("::1", issue({.names = {"IP:::1"}}));
    must_accept("[::1]", issue({.names = {"IP:::1"}}));
}

BOOST_AUTO_TEST_CASE(TL_04_an_address_is_no_name)
{
    must_refuse("127.0.0.1", issue({.names = {"DNS:127.0.0.1"}}), "IP address mismatch");
    must_refuse("127.0.0.1", issue({.common_name = "127.0.0.1"}), "IP address mismatch");
    must_refuse("127.0.0.1", issue({.names = {"DNS:*.0.0.1"}}), "IP address mismatch");
}

BOOST_AUTO_TEST_CASE(TL_05_odd_names_in_certificates_match_nothing)
{
    using namespace std::string_literals;
    must_refuse("good.test", issue({.raw_name = "good.test\0.evil.test"s}), "hostname mismatch");
    must_refuse("good.test", issue({.raw_name = "good.test."}), "hostname mismatch");
    must_refuse("good.test", issue({.raw_name = "good.test "}), "hostname mismatch");
}

BOOST_AUTO_TEST_CASE(TL_06_a_host_that_is_none_is_refused_before_a_handshake)
{
    using namespace std::string_literals;
    for (std::string const& host :
         {" "s, "host\0x"s, "a b"s, "host/x"s, "user@host"s, "ho%st"s, "m\xc3\xbcller.test"s, std::string(300, 'a')})
    {
        result const r = meet_as(host, client_of(), server_of(issue({.names = {"DNS:mail.test"}})));
        BOOST_TEST_CONTEXT(host)
        {
            BOOST_TEST((r.ec == error::tls_no_host), r.ec.message());
            BOOST_TEST((r.ec == condition::invalid_argument));
            BOOST_TEST(r.heard == "");
        }
    }
    // No name given, and none connected to.
    result const r = meet_as("", client_of(), server_of(issue({.names = {"DNS:mail.test"}})));
    BOOST_TEST((r.ec == error::tls_no_host), r.ec.message());
}

BOOST_AUTO_TEST_CASE(TL_07_case_and_a_final_dot_do_not_matter)
{
    signer const by = issue({.names = {"DNS:mail.test", "DNS:xn--mller-kva.example.test"}});
    must_accept("mail.test.", by);
    must_accept("MAIL.Test", by);
    must_accept("xn--mller-kva.example.test", by);
}

BOOST_AUTO_TEST_CASE(TL_08_old_versions_are_refused)
{
    for (int const version : {TLS1_VERSION, TLS1_1_VERSION})
    {
        auto server = server_of(issue({.names = {"DNS:mail.test"}}));
        SSL_CTX_set_security_level(server.native(), 0);
        BOOST_TEST_REQUIRE(SSL_CTX_set_min_proto_version(server.native(), TLS1_VERSION) == 1);
        BOOST_TEST_REQUIRE(SSL_CTX_set_max_proto_version(server.native(), version) == 1);
        result const r = meet_as("mail.test", client_of(), server);
        BOOST_TEST((r.ec == condition::protocol_violation), r.ec.message());
        BOOST_TEST(r.heard == "");
    }
}

BOOST_AUTO_TEST_CASE(TL_09_weak_suites_are_refused)
{
    for (char const* const suites : {"NULL", "aNULL", "RC4:LOW:EXPORT:eNULL"})
    {
        auto server = server_of(issue({.names = {"DNS:mail.test"}}));
        SSL_CTX_set_security_level(server.native(), 0);
        SSL_CTX_set_max_proto_version(server.native(), TLS1_2_VERSION);
        if (SSL_CTX_set_cipher_list(server.native(), suites) != 1)
            continue;  // this OpenSSL has none of them
        result const r = meet_as("mail.test", client_of(), server);
        BOOST_TEST(!!r.ec);
        BOOST_TEST(r.heard == "");
    }
}

BOOST_AUTO_TEST_CASE(TL_10_the_name_is_asked_for_and_an_address_is_not)
{
    auto const asked_for = [](std::string const& host) {
        static std::string asked;
        asked = "nothing";
        auto server = server_of(issue({.names = {"DNS:mail.test", "IP:127.0.0.1"}}));
        SSL_CTX_set_tlsext_servername_callback(
            server.native(), static_cast<int (*)(SSL*, int*, void*)>([](SSL* ssl, int*, void*) {
                if (char const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
                    asked = name;
                return SSL_TLSEXT_ERR_OK;
            }));
        BOOST_TEST(!meet_as(host, client_of(), server).ec);
        return asked;
    };
    BOOST_TEST(asked_for("mail.test") == "mail.test");
    BOOST_TEST(asked_for("mail.test.") == "mail.test");
    BOOST_TEST(asked_for("127.0.0.1") == "nothing");
}

BOOST_AUTO_TEST_CASE(TL_11_a_peer_that_does_not_speak_tls_is_an_error)
{
    for (char const* const greeting : {"220 hi\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "* OK ready\r\n"})
    {
        auto say = [](wire& w, std::string text, std::string& heard) -> flow<> {
            co_await w.write(std::move(text));
            wire::sink keep = [&heard](std::string_view part) { heard += part; };
            co_await w.read_to_end(std::move(keep));
        };
        wire c, s;
        std::string heard;
        auto const r = meet(tell_secret(c, "mail.test"), say(s, greeting, heard), {}, client_of());
        BOOST_TEST((r.first.ec == condition::protocol_violation), r.first.ec.message());
        BOOST_TEST(heard.find("secret") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(TL_12_a_peer_that_says_nothing_runs_into_the_deadline)
{
    auto silent = []() -> flow<> { co_await sleep_for(1h); };
    wire c;
    c.patience = 15s;
    simulator sim(1);
    auto const r = sim.start("client", tell_secret(c, "mail.test"), client_of());
    sim.start("server", silent());
    sim.join_last_two();
    time_point const begin = sim.now();
    while (!r->done && sim.now() < begin + 1h)
        sim.run(sim.now() + 1s);
    BOOST_TEST((r->ec == error::timeout), r->ec.message());
    BOOST_TEST((sim.now() - begin <= 16s));
}

BOOST_AUTO_TEST_CASE(TL_13_a_handshake_that_is_cut_anywhere_fails)
{
    auto const server = server_of(issue({.names = {"DNS:mail.test"}}));
    auto const client = client_of();
    for (bool const reset : {false, true})
        for (std::size_t n = 0;; n += 13)
        {
            wire c, s;
            std::string heard;
            auto const r = meet(tell_secret(c, "mail.test"), hear(s, heard), {.cut_after = n, .cut_resets = reset},
                                client, server);
            if (!r.first.ec)
            {
                BOOST_TEST(heard == "secret");
                BOOST_TEST(n > 1000u);
                break;
            }
            BOOST_TEST_REQUIRE(n < 20000u);
        }
}

BOOST_AUTO_TEST_CASE(TL_14_the_end_without_close_notify_is_a_truncation)
{
    auto read_all = [](wire& w, std::string& heard) -> flow<> {
        co_await w.start_tls("mail.test");
        wire::sink keep = [&heard](std::string_view part) { heard += part; };
        co_await w.read_to_end(std::move(keep));
    };
    auto hang_up = [](wire& w) -> flow<> {
        co_await w.start_tls();
        co_await w.write("half a mess");
    };
    wire c, s;
    std::string heard;
    auto const r =
        meet(read_all(c, heard), hang_up(s), {}, client_of(), server_of(issue({.names = {"DNS:mail.test"}})));
    BOOST_TEST((r.first.ec == error::tls_truncated), r.first.ec.message());
}

BOOST_AUTO_TEST_CASE(TL_18_huge_certificates_cost_no_time)
{
    signer const good = issue({.names = {"DNS:mail.test"}});
    wish many{.names = {"DNS:mail.test"}};
    for (int i = 0; i != 10'000; ++i)
        many.names.push_back("DNS:n" + std::to_string(i) + ".test");
    signer const large = issue({.names = {"DNS:mail.test"}, .raw_name = std::string(1 << 20, 'x')});
    std::string chain = pem(good);
    for (int i = 0; i != 99; ++i)
        chain += pem(issue({.common_name = "link " + std::to_string(i), .authority = true}));
    error_code ec;
    auto const linked = tls_context::server_pem(ec, chain, key_of(good));
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const client = client_of();
    BOOST_TEST(SSL_CTX_get_max_cert_list(client.native()) <= 100 * 1024);  // so much of it is ever kept
    for (auto const& server : {linked, server_of(issue(many)), server_of(large)})
    {
        auto const begin = std::clock();
        result const r = meet_as("mail.test", client, server);
        BOOST_TEST((std::clock() - begin < CLOCKS_PER_SEC));
        BOOST_TEST((r.ec ? r.heard.empty() : r.heard == "secret"), r.ec.message());
    }
    BOOST_TEST(!!meet_as("mail.test", client, server_of(large)).ec);
}

BOOST_AUTO_TEST_CASE(TL_19_a_client_certificate_that_is_wanted_is_an_error_not_a_hang)
{
    auto server = server_of(issue({.names = {"DNS:mail.test"}}));
    SSL_CTX_set_verify(server.native(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    auto ask = [](wire& w) -> flow<std::string> {
        co_await w.start_tls("mail.test");
        std::string line = co_await w.read_line();
        co_return line;
    };
    wire c, s;
    std::string heard;
    auto const r = meet(ask(c), hear(s, heard), {}, client_of(), server);
    BOOST_TEST(!!r.first.ec);
    BOOST_TEST(!!r.second.ec);
}

BOOST_AUTO_TEST_CASE(TL_20_a_session_is_resumed_under_the_same_trust_only)
{
    auto const server = server_of(issue({.names = {"DNS:mail.test"}}));
    auto const client = client_of();
    auto const times_resumed = [&] { return SSL_CTX_sess_hits(server.native()); };
    // A session arrives with the first data of TLS 1.3, so the client reads before it leaves.
    auto greet = [](wire& w) -> flow<> {
        co_await w.start_tls();
        co_await w.write("hello\r\n");
        co_await w.close();
    };
    auto listen = [](wire& w) -> flow<std::string> {
        co_await w.start_tls("mail.test");
        std::string line = co_await w.read_line();
        co_await w.close();
        co_return line;
    };
    auto const once = [&](tls_context const& as) {
        wire c, s;
        BOOST_TEST(!meet(listen(c), greet(s), {}, as, server).first.ec);
    };
    once(client);
    BOOST_TEST(times_resumed() == 0);
    once(client);
    BOOST_TEST(times_resumed() == 1);
    once(client_of());
    BOOST_TEST(times_resumed() == 1);
}

BOOST_AUTO_TEST_CASE(TL_22_a_verify_callback_cannot_make_it_laxer)
{
    auto client = client_of();
    SSL_CTX_set_verify(client.native(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    result const r = meet_as("mail.test", client, server_of(make({.names = {"DNS:mail.test"}})));
    BOOST_TEST((r.ec == error::tls_unverified), r.ec.message());
    BOOST_TEST(r.heard == "");
}

BOOST_AUTO_TEST_CASE(TL_23_without_authorities_nobody_is_trusted_and_the_paths_are_named)
{
    ::setenv("SSL_CERT_FILE", "/nonexistent/authorities.pem", 1);
    ::setenv("SSL_CERT_DIR", "/nonexistent/authorities", 1);
    error_code ec;
    auto const client = tls_context::client(ec);
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
    BOOST_TEST_REQUIRE(!ec, ec.message());
    for (signer const& by : {issue({.names = {"DNS:mail.test"}}), make({.names = {"DNS:mail.test"}})})
    {
        result const r = meet_as("mail.test", client, server_of(by));
        BOOST_TEST((r.ec == condition::untrusted_peer), r.ec.message());
        BOOST_TEST(r.why.find("/nonexistent/authorities.pem and /nonexistent/authorities)") != std::string::npos,
                   r.why);
        BOOST_TEST(r.heard == "");
    }
    // Where only one's own are trusted, the system's paths are not to blame.
    BOOST_TEST(
        meet_as("mail.test", client_of(), server_of(make({.names = {"DNS:mail.test"}}))).why.find("(the system") ==
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(TL_24_an_extra_authority_that_is_none_is_refused)
{
    error_code ec;
    tls_context::client(ec, {.authorities_file = "/nonexistent/ca.pem"});
    BOOST_TEST(!!ec);
    tls_context::client(ec, {.authorities_pem = "not PEM"});
    BOOST_TEST(!!ec);
    tls_context::client(ec, {.authorities_pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"});
    BOOST_TEST(!!ec);
    tls_context::client(ec, {.authorities_pem = pem(authority())});
    BOOST_TEST(!ec, ec.message());
}

BOOST_AUTO_TEST_CASE(TL_27_large_writes_arrive_however_slowly_they_are_read)
{
    auto const server = server_of(issue({.names = {"DNS:mail.test"}}));
    for (std::size_t const n : {1u, 16384u, 16385u, 300000u})
    {
        auto send = [](wire& w, std::string bytes) -> flow<> {
            co_await w.start_tls("mail.test");
            co_await w.write(std::move(bytes));
            co_await w.read_line();
        };
        auto receive = [](wire& w, std::size_t expected, std::string& into) -> flow<> {
            co_await w.start_tls();
            into = co_await w.read_exactly(expected);
            co_await w.write("heard\r\n");
            co_await w.close();
        };
        wire c, s;
        std::string heard;
        auto const r =
            meet(send(c, std::string(n, 'x')), receive(s, n, heard), {.largest_piece = 1000}, client_of(), server);
        BOOST_TEST(!r.first.ec, r.first.ec.message());
        BOOST_TEST(heard == std::string(n, 'x'));
    }
}

BOOST_AUTO_TEST_CASE(TL_28_cancelled_at_any_step_it_ends_once)
{
    auto const server = server_of(issue({.names = {"DNS:mail.test"}}));
    for (std::size_t at = 1;; ++at)
    {
        wire c, s;
        std::string heard;
        std::size_t steps = 0;
        auto const cancel = [&](simulator::task& t) -> error_code {
            if (t.name == "client" && ++steps == at)
                t.cancel();
            return {};
        };
        auto const r = meet(tell_secret(c, "mail.test"), hear(s, heard), {}, client_of(), server, cancel);
        if (steps < at)
            break;
        BOOST_TEST((r.first.ec == os_error(ECANCELED)), r.first.ec.message());
    }
}

BOOST_AUTO_TEST_SUITE_END()
