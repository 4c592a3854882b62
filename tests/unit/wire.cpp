// What a peer said, as it is shown: tokens blanked, words kept.

#include <outkit/detail/wire.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using outkit::detail::without_tokens;

BOOST_AUTO_TEST_SUITE(wire)

BOOST_AUTO_TEST_CASE(tokens_are_blanked_and_names_of_servers_are_not)
{
    struct row
    {
        std::string said, shown;
    };
    std::string const segment(40, 'a');
    std::string const part(24, 'a');
    for (row const& r : {
             row{"", ""},
             row{"535 5.7.3 Authentication unsuccessful [BN9PR03CA0123.namprd03.prod.outlook.com "
                 "2026-11-24T10:45:58.824Z "
                 "08DE89B66CBED6BA]",
                 ""},
             row{"[VI1PR0102CA0099.eurprd01.prod.exchangelabs.com]", ""},
             row{"a " + std::string(39, 'a') + " b", ""},
             row{"a " + segment + " b", "a <redacted> b"},
             // JWT: three segments (RFC 7519); its header alone is 36 characters
             row{"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + segment + '.' + segment, "<redacted>"},
             row{"token=1.AXoA" + segment + ".AQ;", "<redacted>;"},
             // a token of short parts is one all the same
             row{part + '/' + part, "<redacted>"},
             row{part + '.' + part, "<redacted>"},
             row{part + "a." + part + '.' + part, "<redacted>"},
             row{part + '.' + part + "_." + part, "<redacted>"},
             row{part + ".." + part + '.' + part, "<redacted>"},
         })
        BOOST_TEST(without_tokens(r.said) == (r.shown.empty() ? r.said : r.shown));
}

BOOST_AUTO_TEST_SUITE_END()
