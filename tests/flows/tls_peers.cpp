// What a TLS peer may say after the handshake besides data: good-bye too early, questions, nothing at all, for ever. The
// peer here is OpenSSL by hand, over an outkit wire without TLS, so that it can say what ours never would.

#include <outkit/detail/simulate.hpp>
#include <outkit/tls.hpp>

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>

using namespace outkit;
using namespace outkit::detail;
using namespace std::chrono_literals;

namespace {

template <class T, void (*release)(T*)>
using owned = std::unique_ptr<T, tls_context::releaser<T, release>>;

// One end of TLS in memory. What it has to send is fetched, what arrived is handed in.
class by_hand
{
public:
    explicit by_hand(tls_context const& c) : context_(c), ssl_(SSL_new(c.native()))
    {
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in_, -1);
        SSL_set_bio(ssl_.get(), in_, out_);
        if (c.is_server())
            SSL_set_accept_state(ssl_.get());
        else
            SSL_set_connect_state(ssl_.get());
    }

    SSL* native() const { return ssl_.get(); }
    void take(std::string_view bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }
    std::string fetch()
    {
        std::string bytes(BIO_ctrl_pending(out_), '\0');
        if (!bytes.empty())
            BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    std::string say(std::string_view text)
    {
        BOOST_TEST_REQUIRE(SSL_write(native(), text.data(), static_cast<int>(text.size())) ==
                           static_cast<int>(text.size()));
        return fetch();
    }

private:
    tls_context context_;
    owned<SSL, SSL_free> ssl_;
    BIO *in_, *out_;
};

// Until the handshake is done, whoever began it.
flow<> shake_hands(wire& w, by_hand& tls)
{
    while (SSL_do_handshake(tls.native()) != 1)
    {
        std::string ours = tls.fetch();
        co_await w.write(std::move(ours));
        if (!w.has_buffered())
            co_await w.fill();
        tls.take(w.buffered_bytes(std::string_view::npos));
    }
    std::string last = tls.fetch();
    co_await w.write(std::move(last));
}

// What the peer said next, decrypted; what that made OpenSSL answer is sent.
flow<std::string> hear(wire& w, by_hand& tls)
{
    for (;;)
    {
        char text[1024];
        int const n = SSL_read(tls.native(), text, sizeof text);
        std::string ours = tls.fetch();
        if (!ours.empty())
            co_await w.write(std::move(ours));
        if (n > 0)
            co_return std::string(text, static_cast<std::size_t>(n));
        if (SSL_get_error(tls.native(), n) != SSL_ERROR_WANT_READ)
            co_return "";
        if (!w.has_buffered())
            co_await w.fill();
        tls.take(w.buffered_bytes(std::string_view::npos));
    }
}

tls_context server_of(int version)
{
    auto c = tests::own_certified_server();
    SSL_CTX_set_max_proto_version(c.native(), version);
    SSL_CTX_set_min_proto_version(c.native(), version);
    SSL_CTX_clear_options(c.native(), SSL_OP_NO_RENEGOTIATION);
    return c;
}

// Seals records that OpenSSL would not write, with the server's key of TLS 1.3 (RFC 8446 sections 5.2 and 7.3).
class sealer
{
public:
    explicit sealer(std::string const& secret)
    {
        expand(secret, "key", key_.data(), key_.size());
        expand(secret, "iv", iv_.data(), iv_.size());
    }

    // An application data record with that text, and so many octets of padding.
    std::string record(std::string const& text, std::size_t padding)
    {
        std::string inner = text + '\x17' + std::string(padding, '\0');
        std::size_t const length = inner.size() + 16;
        std::string head{'\x17', '\x03', '\x03', static_cast<char>(length >> 8), static_cast<char>(length & 255)};
        auto nonce = iv_;
        for (std::size_t i = 0; i != 8; ++i)
            nonce[nonce.size() - 1 - i] ^= static_cast<unsigned char>(sequence_ >> (8 * i));
        ++sequence_;
        owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> const c(EVP_CIPHER_CTX_new());
        int n = 0;
        EVP_EncryptInit_ex(c.get(), EVP_aes_128_gcm(), nullptr, key_.data(), nonce.data());
        EVP_EncryptUpdate(c.get(), nullptr, &n, bytes(head), static_cast<int>(head.size()));
        std::string sealed(inner.size(), '\0'), tag(16, '\0');
        EVP_EncryptUpdate(c.get(), bytes(sealed), &n, bytes(inner), static_cast<int>(inner.size()));
        EVP_EncryptFinal_ex(c.get(), bytes(sealed), &n);
        EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, 16, tag.data());
        return head + sealed + tag;
    }

private:
    static unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

    // HKDF-Expand-Label with an empty context; one round of HMAC is long enough.
    static void expand(std::string const& secret, std::string const& name, unsigned char* out, std::size_t size)
    {
        std::string label{'\0', static_cast<char>(size), static_cast<char>(name.size() + 6)};
        label += "tls13 " + name + std::string(1, '\0');
        owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const c(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
        EVP_PKEY_derive_init(c.get());
        EVP_PKEY_CTX_set_hkdf_mode(c.get(), EVP_PKEY_HKDEF_MODE_EXPAND_ONLY);
        EVP_PKEY_CTX_set_hkdf_md(c.get(), EVP_sha256());
        std::string key = secret;
        EVP_PKEY_CTX_set1_hkdf_key(c.get(), bytes(key), static_cast<int>(key.size()));
        EVP_PKEY_CTX_add1_hkdf_info(c.get(), bytes(label), static_cast<int>(label.size()));
        BOOST_TEST_REQUIRE(EVP_PKEY_derive(c.get(), out, &size) == 1);
    }

    std::array<unsigned char, 16> key_{};
    std::array<unsigned char, 12> iv_{};
    std::uint64_t sequence_ = 0;
};

flow<> listen(wire& w, std::string& heard)
{
    co_await w.start_tls("mail.test");
    heard = co_await w.read_line();
    co_await w.write("thanks\r\n");
    co_await w.close();
}

flow<> converse(wire& w)
{
    co_await w.start_tls();
    std::string line = co_await w.read_line();
    line += " again\r\n";
    co_await w.write(std::move(line));
    co_await w.close();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_peers)

BOOST_AUTO_TEST_CASE(TL_16_what_follows_close_notify_is_not_heard)
{
    struct row
    {
        char const* after;
        bool encrypted;
    };
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION})
        for (bool const at_once : {false, true})
            for (row const& r : {row{"* BYE evil\r\n", true}, row{"* BYE evil\r\n", false}, row{"", false}})
                BOOST_TEST_CONTEXT(version << ' ' << at_once << r.encrypted << r.after)
                {
                    auto const say_goodbye_and_go_on = [&](wire& w, by_hand& tls) -> flow<> {
                        co_await shake_hands(w, tls);
                        std::string bytes = tls.say("* OK hello\r\n");
                        SSL_shutdown(tls.native());
                        bytes += tls.fetch();
                        if (!at_once)
                        {
                            co_await w.write(std::move(bytes));
                            co_await sleep_for(1s);
                            bytes.clear();
                        }
                        SSL_set_shutdown(tls.native(), 0);
                        bytes += r.encrypted ? tls.say(r.after) : std::string(r.after);
                        co_await w.write(std::move(bytes));
                        co_await sleep_for(1h);  // the client must not need the end of file
                    };
                    auto const listen_twice = [](wire& w, std::string& heard, error_code& second,
                                                 time_point& when) -> flow<> {
                        co_await w.start_tls("mail.test");
                        wire::sink keep = [&heard](std::string_view part) { heard += part; };
                        co_await w.read_to_end(std::move(keep));
                        environment& world = co_await this_environment();
                        co_await sleep_for(5s);
                        auto const again = co_await attempt(w.read_line());
                        second = again.ec;
                        when = world.now();
                        co_await w.close();
                    };
                    by_hand tls(server_of(version));
                    wire c, s;
                    std::string heard;
                    error_code second;
                    time_point when{};
                    auto const begin = simulator(1).now();
                    auto const both = meet(listen_twice(c, heard, second, when), say_goodbye_and_go_on(s, tls), {},
                                           tests::trusting_client());
                    BOOST_TEST(!both.first.ec, both.first.ec.message());
                    BOOST_TEST(heard == "* OK hello\r\n");
                    BOOST_TEST((second == error::connection_closed), second.message());
                    BOOST_TEST((when - begin < 10s));
                }
}

BOOST_AUTO_TEST_CASE(TL_17_who_asks_for_renegotiation_gets_none)
{
    // The handshake again, or as much of it as the other end takes part in.
    auto const ask_for_it = [](wire& w, by_hand& tls, std::string& heard) -> flow<> {
        co_await shake_hands(w, tls);
        BOOST_TEST_REQUIRE(SSL_renegotiate(tls.native()) == 1);
        SSL_do_handshake(tls.native());
        std::string bytes = tls.fetch();
        BOOST_TEST_REQUIRE(!bytes.empty());
        co_await w.write(std::move(bytes));
        heard = co_await hear(w, tls);
    };
    for (bool const by_server : {false, true})
        BOOST_TEST_CONTEXT((by_server ? "server" : "client"))
        {
            auto context = by_server ? server_of(TLS1_2_VERSION) : tests::trusting_client();
            SSL_CTX_set_max_proto_version(context.native(), TLS1_2_VERSION);
            SSL_CTX_clear_options(context.native(), SSL_OP_NO_RENEGOTIATION);
            SSL_CTX_sess_set_new_cb(context.native(), nullptr);  // ours expects an engine of ours
            by_hand tls(context);
            std::size_t hellos = 0;
            SSL_set_msg_callback_arg(tls.native(), &hellos);
            SSL_set_msg_callback(tls.native(),
                                 [](int sent, int, int type, void const* message, std::size_t n, SSL*, void* count) {
                                     auto const* const kind = static_cast<unsigned char const*>(message);
                                     if (!sent && type == SSL3_RT_HANDSHAKE && n != 0 &&
                                         (*kind == SSL3_MT_CLIENT_HELLO || *kind == SSL3_MT_SERVER_HELLO))
                                         ++*static_cast<std::size_t*>(count);
                                 });
            wire c, s;
            std::string heard, line;
            auto const both = by_server
                                  ? meet(listen(c, line), ask_for_it(s, tls, heard), {}, tests::trusting_client())
                                  : meet(ask_for_it(c, tls, heard), converse(s), {}, {}, tests::certified_server());
            BOOST_TEST(hellos == 1u);
            BOOST_TEST(heard == "");
            BOOST_TEST(line == "");
            error_code const ec = by_server ? both.first.ec : both.second.ec;
            BOOST_TEST((ec == condition::protocol_violation), ec.message());
        }
}

namespace {

// Sends `many` key updates and then a line.
flow<> update_keys(wire& w, by_hand& tls, std::size_t many, int kind, std::size_t& sent, std::size_t& octets_back)
{
    co_await shake_hands(w, tls);
    for (sent = 0; sent != many; ++sent)
    {
        BOOST_TEST_REQUIRE(SSL_key_update(tls.native(), kind) == 1);
        BOOST_TEST_REQUIRE(SSL_do_handshake(tls.native()) == 1);
        std::string bytes = tls.fetch();
        co_await w.write(std::move(bytes));
    }
    std::string bytes = tls.say("* OK hello\r\n");
    co_await w.write(std::move(bytes));
    wire::sink count = [&](std::string_view part) { octets_back += part.size(); };
    co_await w.read_to_end(std::move(count));
}

}  // namespace

BOOST_AUTO_TEST_CASE(TL_17_key_updates_are_answered_within_bounds)
{
    for (int const kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED})
        for (std::size_t const many : {std::size_t(3), std::size_t(1'000), std::size_t(1'000'000)})
            BOOST_TEST_CONTEXT(many << " key updates")
            {
                by_hand tls(server_of(TLS1_3_VERSION));
                wire c, s;
                std::string heard;
                std::size_t sent = 0, octets_back = 0;
                auto const both = meet(listen(c, heard), update_keys(s, tls, many, kind, sent, octets_back), {},
                                       tests::trusting_client());
                bool const few = many == 3;
                BOOST_TEST((both.first.ec == (few ? error_code() : make_error_code(error::tls_too_talkative))),
                           both.first.ec.message());
                BOOST_TEST(heard == (few ? "* OK hello" : ""));
                BOOST_TEST(sent < 6'000u);          // the window of the connection and two buffers, at 27 octets each
                BOOST_TEST(octets_back < 20'000u);  // no answer is longer than its question
            }
}

BOOST_AUTO_TEST_CASE(TL_17_records_without_data_are_bounded)
{
    static std::string secret;
    auto context = server_of(TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context.native(), 0);
    SSL_CTX_set_ciphersuites(context.native(), "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(context.native(), [](SSL const*, char const* line) {
        std::string_view const text = line;
        if (!text.starts_with("SERVER_TRAFFIC_SECRET_0 "))
            return;
        secret.clear();
        for (std::size_t at = text.rfind(' ') + 1; at + 1 < text.size(); at += 2)
            secret += static_cast<char>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16));
    });
    auto const say_nothing = [](wire& w, by_hand& tls, std::size_t many, std::size_t padding,
                                std::size_t& sent) -> flow<> {
        co_await shake_hands(w, tls);
        sealer seal(secret);
        for (sent = 0; sent != many; ++sent)
        {
            std::string bytes = seal.record("", padding);
            co_await w.write(std::move(bytes));
        }
        std::string bytes = seal.record("* OK hello\r\n", 0);
        co_await w.write(std::move(bytes));
        wire::sink nowhere = [](std::string_view) {};
        co_await w.read_to_end(std::move(nowhere));
    };
    for (std::size_t const padding : {std::size_t(0), std::size_t(10'000)})
        for (std::size_t const many : {std::size_t(3), std::size_t(1'000'000)})
            BOOST_TEST_CONTEXT(many << " records, " << padding << " octets of padding")
            {
                by_hand tls(context);
                wire c, s;
                std::string heard;
                std::size_t sent = 0;
                auto const both =
                    meet(listen(c, heard), say_nothing(s, tls, many, padding, sent), {}, tests::trusting_client());
                bool const few = many == 3;
                BOOST_TEST((few ? !both.first.ec : both.first.ec == condition::protocol_violation),
                           both.first.ec.message());
                BOOST_TEST(heard == (few ? "* OK hello" : ""));
                BOOST_TEST(sent < 6'000u);
            }
}

BOOST_AUTO_TEST_SUITE_END()
