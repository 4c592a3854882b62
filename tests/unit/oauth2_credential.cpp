#include <outkit/oauth2/app.hpp>
#include <outkit/oauth2/credential.hpp>
#include <outkit/oauth2/detail/flows.hpp>

#include "support.hpp"

#include <outkit/detail/encoding.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <set>
#include <string>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;
using oauth2::assertion_algorithm;
using oauth2::client_certificate;

namespace {

// Made for this test, with the openssl program, and used for nothing else.
constexpr char const* certificate = "-----BEGIN CERTIFICATE-----\n"
                                    "MIICsTCCAZmgAwIBAgIBATANBgkqhkiG9w0BAQsFADAbMRkwFwYDVQQDDBBvdXRr\n"
                                    "aXQgdGVzdCBvbmx5MCAXDTIwMDEwMTAwMDAwMFoYDzIwNjAwMTAxMDAwMDAwWjAb\n"
                                    "MRkwFwYDVQQDDBBvdXRraXQgdGVzdCBvbmx5MIIBIjANBgkqhkiG9w0BAQEFAAOC\n"
                                    "AQ8AMIIBCgKCAQEA2Y4tAqqrCH7IC2ehe0SpnmQ2YANyndzQNxPbARqifBKGmwUC\n"
                                    "EVcjSskqaxXpDsyI5qV5Ulvn0PxhNzQdkzy//8S4PlW08LxhYC9Ojm6hOFF2qBFX\n"
                                    "/2t4pXfggj1OvHwY3QS3xxM6jIzPmNSRXVpb/lfAaPwvuDmWASJ4XpUJb7P7KZQa\n"
                                    "Reh+06JvuCmuZoZE1W6IeUHmVxFuzdAahJ9FfZwxfcglfbEK2sgKFne5xi1qFsuz\n"
                                    "FeY8Tia638p+oioXxq+51Lr1B90fs2eNsJIg/10N+MEzGG1Ek8ccVWJ6xQkazNyD\n"
                                    "7bIhvakbtNpxx1lXBhKJbfghlX1U8/Xvs4qo5wIDAQABMA0GCSqGSIb3DQEBCwUA\n"
                                    "A4IBAQAYzlI3o6gNKKQNDwgEkyPDoT4lqpO5S0bmjCPYcO5zY5vNndUx0J2plGfG\n"
                                    "XDSydFrf90pWvL5PgD9LVvE7KwmsJKhIido0cmBW8jHYmun0pLKiPny0zjIT3lp2\n"
                                    "wGAM/cn/+3pJ26Iqr501c5uq0Km1PnFf70om7CWoklbKn4ZIGiUDU8ssuFqUEiDM\n"
                                    "o00WAshHK17TDmlftTWxZDM5Fxzrso9pTyeUruZSaC+xRo/dDTYhAd6Uw97R8cc+\n"
                                    "y3fd+PkRasoyaZvDU+AeZwIYX+jaUC99261GOeMJmVFGEnyJWw9v93P6o9P//ZlF\n"
                                    "m/MO34CZ8W+xHw4U8zSVMww32kOo\n"
                                    "-----END CERTIFICATE-----\n";
constexpr char const* key = "-----BEGIN PRIVATE KEY-----\n"
                            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDZji0CqqsIfsgL\n"
                            "Z6F7RKmeZDZgA3Kd3NA3E9sBGqJ8EoabBQIRVyNKySprFekOzIjmpXlSW+fQ/GE3\n"
                            "NB2TPL//xLg+VbTwvGFgL06ObqE4UXaoEVf/a3ild+CCPU68fBjdBLfHEzqMjM+Y\n"
                            "1JFdWlv+V8Bo/C+4OZYBInhelQlvs/splBpF6H7Tom+4Ka5mhkTVboh5QeZXEW7N\n"
                            "0BqEn0V9nDF9yCV9sQrayAoWd7nGLWoWy7MV5jxOJrrfyn6iKhfGr7nUuvUH3R+z\n"
                            "Z42wkiD/XQ34wTMYbUSTxxxVYnrFCRrM3IPtsiG9qRu02nHHWVcGEolt+CGVfVTz\n"
                            "9e+ziqjnAgMBAAECggEACNCtezeuIXR9p5Sl4uhH1S6rU12gZcweNbUcwSEyp0Na\n"
                            "5+oeiNRWjj+zc85Z+KsJ+wqGbXNi48FuMP3wGtix0OvIKWJwp/aCHZMdJEFQUAdg\n"
                            "/vNg9O0GYPIIC07vo0yF92KrDap2S16jRMaMM1OneZlVpwtc5aKTtO0QIoj4bmmx\n"
                            "6hY4iup9UJGVYe2MzWCNQCEelmLfA1aKp6mTMDyvtWfxtr2ebeiGF9jH6Wv4tOVX\n"
                            "fAntlbu4LdlxW+IlK9SJGZBxVv5bfsQ6zxqGCEJXsJf5IVRKuyJDenZ+2ej0Lwy/\n"
                            "67Og884FeNMjnFEce2uqTlFR95kQGTJCvriMcrxScQKBgQDs8xRpD/+zR41wsL9Y\n"
                            "aL+rVB9xwdt6w62TgQZptpsp+7jRggZDj4XhN6yawDf+pqmMdMh312yajCNPe3EX\n"
                            "rtlXDOyChSmODWMzp1EHVFgukBi4ZWdRJu7MyNr10dtfkGBWOXwvmcsmdeWTNYCC\n"
                            "rki0WcY11S2ja+p+ZSeoWf++sQKBgQDrC+xsUSPqobwFMpxY4/QjWE08dTkSbixH\n"
                            "1LHksCSZyYyyS1rPg75SnwWrwzJFL5wfcJ05cezkE7Qn1GsJ7Fq8w3JwY0/M9iok\n"
                            "Bo+YQ5t22ewBxYlnX4oS4mY3JwwWDDlsqQOfVhLqO1EoDMEOnmzfN1krQoG8wGkm\n"
                            "MGX0IEC3FwKBgQCumLMqc3qD/S5wohxspcrOEQ+WgDUcscFeFk3GaaLN/ckCv9+j\n"
                            "usb43FBYO1lHUEFQ2OC6xccl3itKrvf3boSBy2kfB8ZGAQFfF2Pylajgrpc4kKff\n"
                            "uWNvDHWjev493aHPB07FuHpkHa2LmnnWUVwLYLdYBXw6lhNVDW56c86qEQKBgCT4\n"
                            "JyOST5fkAHLA1x6UHB5DEULlHSjs80IJDkHuApO9w8d3Wr0w94p/QKEXfpyrNF8t\n"
                            "k00pwhzNjJSHMJ7K8iqmgyVyOWb/gPlRntxQJe+3rwtISqhbupflzDX4ikodehrB\n"
                            "KrSxESCOW+F0wBjQikdBqWDIgSdzDBbZne+b8xHZAoGAHnDMHkRB+D7dln7iEYcp\n"
                            "dOWRA045hhilqVZfRAZ3ZHWa6QyguQF5V+bg1OUnLR4POSvamObfrHnD0U/dKXOP\n"
                            "n/gKQtOR4whbFnlrPagPzIwtbzZu++MUkkx4xJipHjaZAx/ycvAkm0jRDywdwRWu\n"
                            "MstYzwt2lzu5IKK6lF6KoL8=\n"
                            "-----END PRIVATE KEY-----\n";
constexpr char const* encrypted_key =  // the same; the passphrase is "outkit"
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQISCCOKdgQcQMCAggA\n"
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDhn4VXZ7DvXnWLY9YDj10bBIIE\n"
    "0Eivn5sP+CW3IuYxyzbS7ruVP6msIr7fcUfKBvax3RiveYrox0axxq8uZ2if4tlz\n"
    "Jvzlo+T/CW9xkpX17lFpEgATU8vVLgbk+v+yuO0IOR9fAwOj2O3Y1vkAZivrY9wx\n"
    "GiAKuFGEH0ymbR6fklkUVhnAowl9Y1Mi1P6KGcFIuBUh9REWcxVI7mLhBhPHTE2r\n"
    "94VOUvUepjJyCzL93euRDDpBd2UItfyE6B4Molgv52WG1kYFSPQ42wuxcyEoYXL3\n"
    "I0OG5EvOdVkofhWzeGLthoZnigmPt9mrEZbiX/UlF9/8EXvd2OPaUfDbhhubrkfT\n"
    "ii0tuh+sOUIntJVGv+Vcact+xkD+J7kKxxhD8TGH/nyk3LrUSdg48bk+DMkcu3VQ\n"
    "rY9NKAMNRKeNN+K+BMyRH6dk1fWfCY2qTVlLCSHjZG4mhFArsa17OKQFQnf2uo7/\n"
    "TCrWpTbnCjrhvrLQ/6FBUQOJNzj0hQGu+b5gKJdYVVliHfp/sL5sZyqIPjJmjmJU\n"
    "UKW6BqyR1tz7Uelb0EWYN0JGgsx9FgeH1t60k8zBqFLWhpf0BH8S/q/dNFUabuoB\n"
    "1wrzntzawuIpMzokBhc5XppqKwFdZxDug4KvrgFwk8OLKenjMXpFO7pSY926MYk4\n"
    "7KmHJRVZ3laWEdNcR4qer+7u7l3SzLYCLmWA9T3OnoVwYS4/Iz9okjiFqzivQ9rF\n"
    "D7lXJdRjxm9Yq+KE3wNZAeztAyjDh98Y44lrLZtYBz5wZaOH2dduZcwiJoeEfye4\n"
    "4zmO+08igXnW8i0eRZyQm0kQds3SSHstfGv7qhVRy9RbBj4OH820muNZtBMKrBVH\n"
    "lLrGsuwelTsQpfbIyE0urKsMo0TTZV4p+81Knm1EKvDW+QzPWnYma2rNXMTNokpv\n"
    "vuSgpWFumfMuEIO2K/lQl8d3irCCO1vLpYfjEY4TMqIo0UtPWlb4GALayPX+kNvn\n"
    "FyaWjaHpZ558ZcpOVA4gnbzg5FSvLv8f7qkbluxBSdwO6NzO126bGD6EurDFYKNY\n"
    "VsjRdo4otaEhZV8xmxO1PTrLcXVD0ODG1O9LuyeVEdYOYJDZq9DbJF8b+c0Mvbp1\n"
    "v6VoFpvm1D2Tn53SeU+7XBcQGC9BQvJ27u0zbV6xkxdxytNADgjTdETRpMj6X76H\n"
    "YGrVArvNX3+ma1Z2KhBDOsGwT5kV7prrOvFO8IDo34pJn+92TC9pcXDzBkcmLyEK\n"
    "H0d5T6Vbx+xfqUKfSZ2zVG7rPRziAis1heAlP0hhUoM0y5Ps1yzzCmPD4Tu79+36\n"
    "cybOTxFIhv/aFxZV1Pwc7zWieUhlSBPZdFjHBFQiYX8TSWwa8OhpSEPfFutAt75e\n"
    "9NcZkdeYvPyjkHKwX3kKBJnk3ytrdIG1CHixNusTbDdn0KEAxpO8uDXRqpKmCGQe\n"
    "X+XMiv0fFblc9N4fKnRXseBJs/9s8rvnmO7f5w6FmszNR4AnHDK4lwzvhvBKn25C\n"
    "Kgbg3u8SmvUkT024Qrdhg+5fBJnE9RmYFwC4Q3KxkGr2v3huawVdt+8KC7QXTOGD\n"
    "nukHuTRQoCfaDjPkpcCh19zbFR+sHuOp9L4bRCIcyU37Y+tpkId6EJ9G44ZFcFju\n"
    "IWsZpSAGjhS62Aep1oW21qldiQ4RA7V1KaGSe7huHML7\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
constexpr char const* weak_certificate =  // RSA with 1024 bits
    "-----BEGIN CERTIFICATE-----\n"
    "MIICCDCCAXGgAwIBAgIUEO/y/e/b2QgbvR3y/1Z695JEdoMwDQYJKoZIhvcNAQEL\n"
    "BQAwFjEUMBIGA1UEAwwLb3V0a2l0IHdlYWswHhcNMjYxMTI0MTY1NjUyWhcNNDYx\n"
    "MTE5MTY1NjUyWjAWMRQwEgYDVQQDDAtvdXRraXQgd2VhazCBnzANBgkqhkiG9w0B\n"
    "AQEFAAOBjQAwgYkCgYEA0soDmePG4lKNd0Iqc9ByUEvIrq77LJyN/LcC0rFVTzOb\n"
    "3pcp0zVcAzbQyAtZUWliHIIvQ3si6h2ssN/7ZNQve6D4Km6kdxCeKPhfstSsBmTx\n"
    "Lld0k7TMxVtVG8Ozhp2ER0TyLco7rczCYoJDJvIqHZV7PJkyle9bceMN91/TFsMC\n"
    "AwEAAaNTMFEwHQYDVR0OBBYEFCa6sxepztSNeP4KYAk2HGjqVxX+MB8GA1UdIwQY\n"
    "MBaAFCa6sxepztSNeP4KYAk2HGjqVxX+MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZI\n"
    "hvcNAQELBQADgYEAe8ILAoW0uTacRiHNlZPBiUZHdUJssGqN3iivH20VBIrxrrO0\n"
    "zZwSqbhESF82urZtfKo8WdcMrYwi4iQqyCgz8LwzAiMBZdZoHrvI2RnSBaLQXwVK\n"
    "ZtEdBsOI1mzrFTkyS2tHz7e8lDUaR8p/GieV9Hb5C+fUEyk8YtUojJIudAs=\n"
    "-----END CERTIFICATE-----\n";
constexpr char const* weak_key = "-----BEGIN PRIVATE KEY-----\n"
                                 "MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBANLKA5njxuJSjXdC\n"
                                 "KnPQclBLyK6u+yycjfy3AtKxVU8zm96XKdM1XAM20MgLWVFpYhyCL0N7IuodrLDf\n"
                                 "+2TUL3ug+CpupHcQnij4X7LUrAZk8S5XdJO0zMVbVRvDs4adhEdE8i3KO63MwmKC\n"
                                 "QybyKh2VezyZMpXvW3HjDfdf0xbDAgMBAAECgYALeqbhjY76Kka79OV88yAWkVn3\n"
                                 "cV4KWug8l/bWZIPh0UyuvYqwjtpY7nZGPp/5mASYytoqEZ2gJEeQRlJZdliziInf\n"
                                 "PXw5js8aDaVZSGfZSuxpA8CPoWsXgUZYCeye8bP88aU45J1E9tcXaC2YtAXhQFUX\n"
                                 "xK70HogEkZiUxbfy4QJBAPFAc2CLDq5PCJRQuNm5wXCQHhRZgR9U6Y2cTrLxl7Qh\n"
                                 "7p2/hbo8W/D40hLN9cuyf+WgiBzoBqOJr2P4TWHLRfMCQQDfrNQCA/UvZ/ReE4Ah\n"
                                 "dIzqNwjvJExTtnu7g3vrxRlHtl2zTuEG4EqbJ96sEX9cpwJOoxulxTroiXMxLSom\n"
                                 "bw/xAkArAcVPqZp1YmtyHS3GyoF8coSaNhZ5omZ8MygoaD8WApKKFpFdUNNHEuRI\n"
                                 "K+Usaea45bQ+CvLcBnh4xtPsohMXAkEAlIdQlTIJm3w9Ykcyu4SImnMHRL3mzWQN\n"
                                 "D/yEypAsdFleKVaEySshf5xfGgXYfC8OsidPkanBr26uhoZGShVQEQJBAIqsHxrd\n"
                                 "WzMjXJo893mMzeB0XmGej1WNfxIbQE8j3tSZnynCO66IS3lVmzveLt9yer7moZLp\n"
                                 "4P2F9bRNwhPT4ZI=\n"
                                 "-----END PRIVATE KEY-----\n";
constexpr char const* curve_certificate = "-----BEGIN CERTIFICATE-----\n"
                                          "MIIBfDCCASOgAwIBAgIUbn70zxTCxtjfXo4K7anbJACymW8wCgYIKoZIzj0EAwIw\n"
                                          "FDESMBAGA1UEAwwJb3V0a2l0IGVjMB4XDTI2MTEyNDE2NTY1MloXDTQ2MTExOTE2\n"
                                          "NTY1MlowFDESMBAGA1UEAwwJb3V0a2l0IGVjMFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
                                          "AQcDQgAEhoqIYPVZSryZQm/Vw272xTbl+U18CuQofawaesV0by5z7u+4KlbhzSWv\n"
                                          "3V+dzWBt4/LgVsW7Gx+sCPAkx7BDbaNTMFEwHQYDVR0OBBYEFIWbcEAE9aM2R1+F\n"
                                          "fle+YMftTIovMB8GA1UdIwQYMBaAFIWbcEAE9aM2R1+Ffle+YMftTIovMA8GA1Ud\n"
                                          "EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgfeIBzrrwQoyQ/W95u90cnqcr\n"
                                          "OmL0SlbXOH/3o0JcoOECIF8WKoDsEdtQfCYP0BMZK4FyK66SUdDUYBHck0kv8tvd\n"
                                          "-----END CERTIFICATE-----\n";
constexpr char const* curve_key = "-----BEGIN PRIVATE KEY-----\n"
                                  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgM549qeg6lNnB6/5H\n"
                                  "Jg6aIm9c2txxedHB1WPCKYghtZKhRANCAASGiohg9VlKvJlCb9XDbvbFNuX5TXwK\n"
                                  "5Ch9rBp6xXRvLnPu77gqVuHNJa/dX53NYG3j8uBWxbsbH6wI8CTHsENt\n"
                                  "-----END PRIVATE KEY-----\n";

constexpr char const* client_id = "00001111-aaaa-2222-bbbb-3333cccc4444";
constexpr char const* audience =
    "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/oauth2/v2.0/token";

// 2027-01-01, and the same random octets each time unless counted on.
struct fixed final : detail::environment
{
    detail::time_point now() const override { return {}; }
    detail::wall_time date() const override { return at; }
    void random(std::span<unsigned char> fill) override
    {
        for (auto& octet : fill)
            octet = next;
        next = static_cast<unsigned char>(next + step);
    }
    detail::wall_time at{1'798'761'600s};
    unsigned char next = 0x11, step = 0;
};

std::shared_ptr<client_certificate const> made(assertion_algorithm how = assertion_algorithm::ps256)
{
    error_code ec;
    auto c = client_certificate::make(certificate, secret(key), ec, how);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return c;
}

// The three parts of an assertion, decoded.
struct parts
{
    explicit parts(secret const& assertion)
    {
        std::string const all(assertion.reveal());
        auto const first = all.find('.'), second = all.rfind('.');
        header = detail::base64url_decode(all.substr(0, first)).value();
        claims = detail::base64url_decode(all.substr(first + 1, second - first - 1)).value();
        signature = detail::base64url_decode(all.substr(second + 1)).value();
        text = all.substr(0, second);
    }
    std::string header, claims, signature, text;
};

parts asserted(client_certificate const& c, detail::environment& world)
{
    error_code ec;
    secret const a = c.assertion(world, client_id, audience, ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    return parts(a);
}

// With the certificate's public key, as the authority does it. The salt must have the length of the hash.
bool verified(parts const& p, bool pss)
{
    BIO* const pem = BIO_new_mem_buf(certificate, -1);
    X509* const x = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* of_key = nullptr;
    bool good = EVP_DigestVerifyInit(context, &of_key, EVP_sha256(), nullptr, X509_get0_pubkey(x)) == 1;
    if (pss)
        good = good && EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, 32) == 1;
    std::vector<unsigned char> const s(p.signature.begin(), p.signature.end()), t(p.text.begin(), p.text.end());
    good = good && EVP_DigestVerify(context, s.data(), s.size(), t.data(), t.size()) == 1;
    EVP_MD_CTX_free(context);
    X509_free(x);
    BIO_free(pem);
    return good;
}

error_code refusal_of(char const* c, char const* k, char const* passphrase = "")
{
    error_code ec;
    auto const r = client_certificate::make(c, secret(k), ec, assertion_algorithm::ps256, secret(passphrase));
    BOOST_TEST((r == nullptr) == !!ec);
    return ec;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oauth2_credential)

// The thumbprints as `openssl x509 -fingerprint` prints them.
BOOST_AUTO_TEST_CASE(a_certificate_is_read_and_named_by_its_thumbprints)
{
    auto const c = made();
    auto const hex = [](std::string const& text) { return detail::hex_encode(detail::base64url_decode(text).value()); };
    BOOST_TEST(hex(c->sha1_thumbprint()) == "dfbdcf8b6c89f7e2370c31c952cbc51506fd4aef");
    BOOST_TEST(hex(c->sha256_thumbprint()) == "b39a9f2a88d80d04c98163e7d8d06927fe3e0071dff2d6f0b59e944e41ce9ebf");
    BOOST_TEST((c->not_before() == detail::wall_time(1'577'836'800s)));
    BOOST_TEST((c->not_after() == detail::wall_time(2'840'140'800s)));
    BOOST_TEST(!refusal_of(certificate, encrypted_key, "outkit"));
}

// `openssl dgst -sha256 -sign` makes this signature of the text, and `-verify` accepts it.
BOOST_AUTO_TEST_CASE(an_assertion_with_rs256_is_what_another_signer_makes_of_it)
{
    fixed world;
    parts const p = asserted(*made(assertion_algorithm::rs256), world);
    BOOST_TEST(p.header == R"({"alg":"RS256","typ":"JWT","x5t":"373Pi2yJ9-I3DDHJUsvFFQb9Su8"})");
    BOOST_TEST(p.claims == std::string(R"({"aud":")") + audience + R"(","iss":")" + client_id + R"(","sub":")" +
                               client_id +
                               R"(","jti":"11111111-1111-4111-9111-111111111111","iat":1798761600,)"
                               R"("nbf":1798761600,"exp":1798762200})");
    BOOST_TEST(detail::base64url_encode(p.signature) ==
               "KPAPOoN_MrkfEw1smjDNMA8uPpB-KiTHHS_H6U4jJWj_qCNM0rOJ3UyLgXHS_aPm3BPDSmD8Bf6B3CrjrcB1BTo4VfB1EE_cYpK0"
               "KUV9WzJrHWWTcjAsf1uwNzTL1vTxOVTdka6kM0ozbnVLTUWXHfhOodICjQAHTHgBl6-Y0Nhe13u5URefUl8YrwTGjyD7P4ZTrEoL"
               "fPdOMMQBYCy7NNSartK5UftOymvAPdV4YCEOZ5d3omcm-h_3F_evzGF22QqMdudiWUscxfdKdn60gpWMM-Po6bXjL616bvvSBopB"
               "wHYv9sFFOQB-vG0Ba5ic3efN1ZQpH6ZuwKaXIHgMiw");
    BOOST_TEST(verified(p, false));
}

BOOST_AUTO_TEST_CASE(an_assertion_with_ps256_is_verified_and_never_the_same)
{
    fixed world;
    auto const c = made();
    parts const one = asserted(*c, world), two = asserted(*c, world);
    BOOST_TEST(one.header == R"({"alg":"PS256","typ":"JWT","x5t#S256":"s5qfKojYDQTJgWPn2NBpJ_4-AHHf8tbwtZ6UTkHOnr8"})");
    BOOST_TEST(verified(one, true));
    BOOST_TEST(verified(two, true));
    BOOST_TEST(!verified(one, false));
    BOOST_TEST(one.text == two.text);
    BOOST_TEST(one.signature != two.signature);  // the salt is random
    parts bad = one;
    bad.text.back() = bad.text.back() == 'x' ? 'y' : 'x';
    BOOST_TEST(!verified(bad, true));
}

BOOST_AUTO_TEST_CASE(OA_39_assertions_are_for_one_request_of_ten_minutes)
{
    fixed world;
    world.step = 1;
    auto const c = made();
    std::set<std::string> identifiers;
    for (int i = 0; i != 20; ++i)
    {
        parts const p = asserted(*c, world);
        auto const at = p.claims.find("\"jti\":\"") + 7;
        BOOST_TEST(identifiers.insert(p.claims.substr(at, 36)).second);
        BOOST_TEST(p.claims.find(std::string("\"aud\":\"") + audience + '"') != std::string::npos);
        BOOST_TEST(p.claims.find("\"iat\":1798761600,\"nbf\":1798761600,\"exp\":1798762200}") != std::string::npos);
    }
    // What an identifier may hold cannot end its string.
    error_code ec;
    parts const odd(c->assertion(world, "a\"b\\", audience, ec));
    BOOST_TEST(odd.claims.find(R"("iss":"a\"b\\","sub":"a\"b\\")") != std::string::npos, odd.claims);
}

BOOST_AUTO_TEST_CASE(OA_38_certificates_that_cannot_work_are_refused_before_anything_is_sent)
{
    using enum oauth2::error;
    BOOST_TEST((refusal_of(certificate, weak_key) == make_error_code(certificate_key_mismatch)));
    BOOST_TEST((refusal_of(certificate, curve_key) == make_error_code(certificate_key_mismatch)));
    BOOST_TEST((refusal_of(weak_certificate, weak_key) == make_error_code(weak_certificate_key)));
    BOOST_TEST((refusal_of(curve_certificate, curve_key) == make_error_code(weak_certificate_key)));
    for (char const* const none : {"", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key})
        BOOST_TEST((refusal_of(none, key) == make_error_code(invalid_certificate)));
    for (char const* const none : {"", "x", certificate, encrypted_key})
        BOOST_TEST((refusal_of(certificate, none) == make_error_code(invalid_certificate_key)));
    BOOST_TEST((refusal_of(certificate, encrypted_key, "wrong") == make_error_code(invalid_certificate_key)));

    // By the clock of the flow: the simulator's day is before that on which this is made.
    auto const pem = tests::make_certificate("app");
    oauth2::detail::session s;
    error_code ec;
    s.from = oauth2::authority::make(oauth2::global_cloud(), "contoso.com", ec);
    s.application.client_id = client_id;
    s.application.certificate = client_certificate::make(pem.chain, secret(pem.key), ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    auto const early = detail::play(oauth2::detail::client_credentials(s, {}), {""});
    BOOST_TEST((early.ec == make_error_code(certificate_not_yet_valid)), early.ec.message());
    BOOST_TEST(early.connected.empty());
    fixed later;
    later.at = made()->not_after() + 1s;
    BOOST_TEST((made()->check(later.at) == make_error_code(certificate_expired)));
    BOOST_TEST(!made()->check(made()->not_after()));
    BOOST_TEST((made()->assertion(later, client_id, audience, ec).empty() && ec == certificate_expired));
    auto const spent = tests::make_certificate("app", -1);
    auto const read = client_certificate::make(spent.chain, secret(spent.key), ec);
    BOOST_TEST_REQUIRE(!ec, ec.message());
    BOOST_TEST((read->check(detail::real_environment().date()) == make_error_code(certificate_expired)));

    s.application.client_secret = secret("canary");
    auto const both = detail::play(oauth2::detail::client_credentials(s, {}), {""});
    BOOST_TEST((both.ec == make_error_code(invalid_app)));
    BOOST_TEST(both.connected.empty());
}

namespace {

std::string answer(std::string const& body)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string field_of(std::string const& written, std::string const& name)
{
    auto const body = written.rfind("\r\n\r\n") + 4;
    auto at = written.find('&' + name + '=', body - 1);
    if (at == std::string::npos)
        return {};
    at += name.size() + 2;
    return detail::form_decode(written.substr(at, written.find('&', at) - at)).value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_certificate_proves_the_application_in_every_grant)
{
    std::string const tokens =
        answer(R"({"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c","refresh_token":"r"})");
    std::string traced;
    auto const check = [&](auto flow_of, std::string const& script, std::string const& tenant) {
        oauth2::detail::session s;
        error_code ec;
        s.from = oauth2::authority::make(oauth2::global_cloud(), tenant, ec);
        s.application = {.client_id = client_id, .certificate = made()};
        s.connection.w.trace = [&](detail::wire::direction, std::string_view line) { traced += line; };
        auto const r = detail::play(flow_of(s), {"", script});
        BOOST_TEST(!r.ec, r.ec.message() << r.diagnostics);
        BOOST_TEST(field_of(r.written, "client_assertion_type") ==
                   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        BOOST_TEST(field_of(r.written, "client_id") == client_id);
        BOOST_TEST(r.written.find("client_secret") == std::string::npos);
        std::string const assertion = field_of(r.written, "client_assertion");
        BOOST_TEST_REQUIRE(std::count(assertion.begin(), assertion.end(), '.') == 2);
        parts const p{secret(assertion)};
        BOOST_TEST(verified(p, true));
        BOOST_TEST(
            p.claims.starts_with("{\"aud\":\"https://login.microsoftonline.com/" + tenant + "/oauth2/v2.0/token\","));
        BOOST_TEST(traced.find(assertion.substr(assertion.size() - 40)) == std::string::npos);
    };
    check([](auto& s) { return oauth2::detail::client_credentials(s, {}); }, tokens, "contoso.com");
    check([](auto& s) { return oauth2::detail::refresh(s, secret("r"), {}, {}); }, tokens, "common");
    check([](auto& s) { return oauth2::detail::redeem(s, {}); }, tokens, "organizations");
    auto const device = [](auto& s) {
        oauth2::device_authorization d;
        d.device_code = secret("d");
        d.polled_until = detail::simulator().now() + 900s;
        return oauth2::detail::await_device(s, std::move(d));
    };
    check(device, tokens, "common");

    // To the endpoint that discovery has moved
    oauth2::detail::session s;
    error_code ec;
    s.from = oauth2::authority::make(oauth2::global_cloud(), "contoso.com", ec);
    s.application = {.client_id = client_id, .certificate = made(assertion_algorithm::rs256)};
    s.discovered = oauth2::usual_metadata(s.from);
    s.discovered->token_endpoint = http::parse_url("https://login.windows.net/t", ec);
    auto const r = detail::play(oauth2::detail::client_credentials(s, {}), {"", tokens});
    BOOST_TEST_REQUIRE(!r.ec, r.ec.message());
    parts const p{secret(field_of(r.written, "client_assertion"))};
    BOOST_TEST(p.claims.starts_with(R"({"aud":"https://login.windows.net/t",)"));
    BOOST_TEST(verified(p, false));
}

BOOST_AUTO_TEST_SUITE_END()
