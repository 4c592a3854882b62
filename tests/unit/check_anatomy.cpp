#include <outkit/check/anatomy.hpp>
#include <outkit/detail/encoding.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace outkit;

std::string token(std::string_view payload)
{
    return detail::base64url_encode(R"({"typ":"JWT","alg":"RS256"})") + '.' + detail::base64url_encode(payload) +
           ".c2ln";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_anatomy)

BOOST_AUTO_TEST_CASE(a_delegated_token_says_for_what_and_whom_it_is)
{
    check::token_facts const f = check::read_token(
        token(R"({"aud":"https://outlook.office.com","tid":"t","appid":"a","upn":"Ann@contoso.example",)"
              R"("scp":"IMAP.AccessAsUser.All  SMTP.Send","exp":1700000000})"));
    BOOST_TEST(f.readable);
    BOOST_TEST(f.audience == "https://outlook.office.com");
    BOOST_TEST(f.tenant == "t");
    BOOST_TEST(f.application == "a");
    BOOST_TEST(f.scopes.size() == 2u);
    BOOST_TEST(f.has_scope("smtp.send"));
    BOOST_TEST(!f.has_scope("SMTP"));
    BOOST_TEST(f.belongs_to("ann@CONTOSO.example"));
    BOOST_TEST(!f.belongs_to("bob@contoso.example"));
    BOOST_TEST(!f.app_only());
    BOOST_TEST(f.expires_at == 1700000000);
}

BOOST_AUTO_TEST_CASE(an_app_only_token_has_roles)
{
    check::token_facts const f = check::read_token(token(R"({"aud":"x","azp":"b","roles":["IMAP.AccessAsApp",1]})"));
    BOOST_TEST(f.app_only());
    BOOST_TEST(f.application == "b");
    BOOST_TEST(f.roles.size() == 1u);
}

BOOST_AUTO_TEST_CASE(CL_18_what_is_no_jwt_says_nothing_and_does_no_harm)
{
    for (std::string const& text :
         {std::string(), std::string("EwBAAl3BAAUFFpUAo7J3Ve0b"), std::string(".."), std::string("a.b.c"), token("[]"),
          token("{"), token("{\"aud\":1,\"scp\":[],\"exp\":\"x\"}") + ".d.e", std::string(1 << 20, '.'),
          token(std::string(5000, '['))})
        BOOST_TEST(check::read_token(text).audience.empty());
    BOOST_TEST(check::read_token(token("{\"aud\":\"" + std::string(5000, 'x') + "\"}")).audience.size() == 512u);
}

BOOST_AUTO_TEST_CASE(R_CLI_03_a_secret_is_shown_by_size_and_digest)
{
    BOOST_TEST(check::fingerprint("abc") == "3 octets, sha256 ba7816");
    BOOST_TEST(check::fingerprint("") == "0 octets, sha256 e3b0c4");
}

BOOST_AUTO_TEST_SUITE_END()
