// Configurations of other programs, as those write them.

#include "../../tools/config.hpp"
#include "../../tools/console.hpp"
#include "../../tools/foreign.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using cli::recognise;
using outkit::account::base_scope;
using outkit::account::transport;

namespace {

cli::foreign_configuration known(std::string const& text)
{
    auto c = recognise(text);
    BOOST_TEST_REQUIRE(c.has_value(), text);
    return *c;
}

bool notes(cli::foreign_configuration const& c, std::string const& part)
{
    return std::any_of(c.notes.begin(), c.notes.end(),
                       [&](std::string const& n) { return n.find(part) != std::string::npos; });
}

outkit::account::settings read(cli::foreign_configuration const& c)
{
    return cli::parse_configuration(c.ours, "x", false);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config_foreign)

BOOST_AUTO_TEST_CASE(ours_is_not_foreign)
{
    for (char const* const text :
         {"", "{}", "[", "{\"client_id\": \"x\"}", "client_id = x", "{\"provider\": 1}", "[a]\nb = c\n"})
        BOOST_TEST(!recognise(text), text);
}

BOOST_AUTO_TEST_CASE(an_application_of_emailengine)
{
    auto const c = known(R"({"name":"My app","title":"Mail","provider":"outlook","enabled":true,
        "clientId":"4f05f488-d858-4f2c-bd12-1039062612fe","clientSecret":"8Q~x","baseScopes":"imap",
        "authority":"f8cdef31-a31e-4b4a-93e4-5f571e91255a","redirectUrl":"http://localhost:3000/oauth",
        "cloud":"gcc-high","extraScopes":["https://graph.microsoft.com/User.Read"],"pubSubApp":"x"})");
    BOOST_TEST(c.form == "an OAuth2 application of EmailEngine");
    BOOST_TEST(notes(c, "not carried over: pubSubApp"));
    auto const s = read(c);
    BOOST_TEST(s.title == "Mail");
    BOOST_TEST(s.client_id == "4f05f488-d858-4f2c-bd12-1039062612fe");
    BOOST_TEST(s.client_secret.reveal() == "8Q~x");
    BOOST_TEST(s.authority == "f8cdef31-a31e-4b4a-93e4-5f571e91255a");
    BOOST_TEST(s.cloud == "us-gov-l4");
    BOOST_TEST((s.base_scope == base_scope::imap));
    BOOST_TEST(s.scopes.find("IMAP.AccessAsUser.All") != std::string::npos);
    BOOST_TEST(s.scopes.ends_with("https://graph.microsoft.com/User.Read"));
    auto const masked = known(R"({"provider":"outlook","clientId":"a","clientSecret":"******","baseScopes":"api"})");
    BOOST_TEST(notes(masked, "masked"));
    BOOST_TEST(read(masked).client_secret.empty());
    BOOST_CHECK_THROW(recognise(R"({"provider":"gmail","clientId":"a"})"), cli::usage_error);
}

BOOST_AUTO_TEST_CASE(a_token_file_of_mutt)
{
    auto const c = known(R"({"registration": "microsoft", "authflow": "authcode", "email": "anna@contoso.example",
        "access_token": "eyJ0", "access_token_expiration": "2026-01-01T10:00:00.1", "refresh_token": "0.AX",
        "client_id": "9e5f94bc-e8a4-4e73-b8be-63364c29d753", "client_secret": ""})");
    BOOST_TEST(notes(c, "http://localhost, which must be registered"));
    auto const s = read(c);
    BOOST_TEST(s.user == "anna@contoso.example");
    BOOST_TEST(s.client_id == "9e5f94bc-e8a4-4e73-b8be-63364c29d753");
    BOOST_TEST(s.client_secret.empty());
    BOOST_TEST(s.scopes.find("POP.AccessAsUser.All") != std::string::npos);
    BOOST_TEST(c.ours.find("eyJ0") == std::string::npos);
    BOOST_TEST(c.ours.find("0.AX") == std::string::npos);
    BOOST_CHECK_THROW(recognise(R"({"registration":"google","authflow":"authcode"})"), cli::usage_error);
}

BOOST_AUTO_TEST_CASE(a_configuration_of_email_oauth2_proxy)
{
    std::string const text = R"([Server setup]
documentation = Local servers are specified below.
	[IMAP-1993] is the type and the port.

[IMAP-2993]
server_address = imap.gmail.com
server_port = 993

[IMAP-1993]
server_address = outlook.office365.com
server_port = 993

[SMTP-1587]
server_address = smtp.office365.com
server_port = 587
starttls = True

[anna@contoso.example]
permission_url = https://login.microsoftonline.com/common/oauth2/v2.0/authorize
token_url = https://login.microsoftonline.com/common/oauth2/v2.0/token
oauth2_scope = https://outlook.office365.com/IMAP.AccessAsUser.All https://outlook.office365.com/SMTP.Send offline_access
redirect_uri = http://localhost
client_id = 9e5f94bc-e8a4-4e73-b8be-63364c29d753
client_secret = 8Q~abc
token_salt = x
access_token = gAAAA

[bob@gmail.example]
token_url = https://oauth2.googleapis.com/token
oauth2_scope = https://mail.google.com/

[carol@contoso.example]
token_url = https://login.microsoftonline.com/t/oauth2/v2.0/token
oauth2_scope = https://outlook.office365.com/.default
)";
    auto const c = known(text);
    BOOST_TEST(notes(c, "of several accounts anna@contoso.example is taken, and not carol@contoso.example"));
    BOOST_TEST(notes(c, "encrypted cannot be read"));
    auto const s = read(c);
    BOOST_TEST(s.user == "anna@contoso.example");
    BOOST_TEST(s.authority == "common");
    BOOST_TEST(s.cloud == "global");
    BOOST_TEST(s.redirect_uri == "http://localhost");
    BOOST_TEST(s.endpoints.imap.host == "outlook.office365.com");
    BOOST_TEST((s.endpoints.smtp.tls == transport::starttls));
    BOOST_TEST(s.endpoints.login == "");
    BOOST_TEST(c.ours.find("gAAAA") == std::string::npos);
    BOOST_TEST(read(known("[a@b.example]\ntoken_url = https://localhost:8443/common/oauth2/v2.0/token\n"
                          "oauth2_scope = https://outlook.office.com/SMTP.Send\nclient_id = x\n"))
                   .endpoints.login == "https://localhost:8443");
    BOOST_CHECK_THROW(recognise("[a@b]\ntoken_url = https://g.example/t\noauth2_scope = mail-w\n"), cli::usage_error);
}

BOOST_AUTO_TEST_CASE(the_manifest_of_a_registration_in_both_forms)
{
    auto const c = known(R"({"id":"03ef14b0","appId":"631a96bc-a705-4eda-9f99-fdaf9f54f6a2","displayName":"Mailer",
        "signInAudience":"AzureADMyOrg","publisherDomain":"contoso.example",
        "web":{"redirectUris":["https://app.example/cb"]},"spa":{"redirectUris":["https://spa.example"]},
        "passwordCredentials":[{"hint":"8Q~","endDateTime":"2020-01-01T00:00:00Z"}],
        "requiredResourceAccess":[{"resourceAppId":"00000002-0000-0ff1-ce00-000000000000",
        "resourceAccess":[{"id":"652390e4-393a-48de-9484-05f9b1212954","type":"Scope"}]}]})");
    BOOST_TEST(notes(c, "all its client secrets have expired"));
    BOOST_TEST(notes(c, "AADSTS65006"));
    auto const s = read(c);
    BOOST_TEST(s.client_id == "631a96bc-a705-4eda-9f99-fdaf9f54f6a2");
    BOOST_TEST(s.redirect_uri == "https://app.example/cb");
    BOOST_TEST(s.authority == "contoso.example");
    BOOST_TEST((s.sign_in_audience == outkit::oauth2::sign_in_audience::my_org));
    auto const old = known(R"({"appId":"631a96bc-a705-4eda-9f99-fdaf9f54f6a2","name":"Old",
        "signInAudience":"AzureADandPersonalMicrosoftAccount","allowPublicClient":true,
        "replyUrlsWithType":[{"url":"https://spa.example","type":"Spa"}]})");
    BOOST_TEST(notes(old, "only redirect URIs are for a single-page application"));
    BOOST_TEST(read(old).authority == "common");
}

BOOST_AUTO_TEST_CASE(hostile_texts_are_none_of_them_or_are_refused_in_our_words)
{
    for (std::string const& text :
         {std::string(100'000, '['), std::string(R"({"provider":"outlook","clientId":)") + std::string(100, '['),
          std::string("[a]\ntoken_url = x\noauth2_scope = outlook\n"), std::string("\n[\n]=\n"),
          std::string(R"({"appId":7,"signInAudience":{},"requiredResourceAccess":[1,{"resourceAccess":2}]})"),
          std::string(R"({"provider":"outlook","clientId":["x"],"extraScopes":[1,null]})")})
        try
        {
            if (auto const c = recognise(text))
                read(*c);
        }
        catch (cli::usage_error const& e)
        {
            BOOST_TEST(std::string(e.what()).size() < 600u);
        }
}

BOOST_AUTO_TEST_SUITE_END()
