#ifndef OUTKIT_TOOLS_FOREIGN_HPP
#define OUTKIT_TOOLS_FOREIGN_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Configurations of other programs, recognised by what is in them and made into ours.

namespace cli {

struct foreign_configuration
{
    std::string form;                // "an OAuth2 application of EmailEngine"
    std::string ours = {};           // JSON, to be read like any other
    std::vector<std::string> notes;  // what could not be carried over, or is not as it should be
};

// Nothing when it is none of those known: an OAuth2 application of EmailEngine (JSON of POST /v1/oauth2), a decrypted token
// file of mutt_oauth2.py, a configuration of email-oauth2-proxy (INI), the manifest of a registration in Entra. Throws
// usage_error when it is one, and not for Outlook or without an account.
std::optional<foreign_configuration> recognise(std::string_view text);

}  // namespace cli

#endif
