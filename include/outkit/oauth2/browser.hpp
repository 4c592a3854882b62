#ifndef OUTKIT_OAUTH2_BROWSER_HPP
#define OUTKIT_OAUTH2_BROWSER_HPP

#include <outkit/oauth2/error.hpp>

#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Shows a URL in the user's browser.

    Only https URLs, and http URLs of this machine, are opened. The URL is percent-encoded anew and handed over as one
    argument, without a shell (CVE-2025-6514). Returns at once; whether the user sees anything is not known, so print
    the URL as well.

    @param url      authorization URL
    @param ec       error::not_openable, error::browser_unavailable, or none
    @param program  what opens URLs here, found by PATH
*/
OUTKIT_DECL void open_browser(std::string_view url, error_code& ec, std::string const& program = "xdg-open");

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/browser.ipp>
#endif

#endif
