#ifndef OUTKIT_MOCK_FORM_BROWSER_HPP
#define OUTKIT_MOCK_FORM_BROWSER_HPP

#include <outkit/http/detail/flows.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/// A form as the HTML has it.
struct html_form
{
    struct button
    {
        std::string name, value, text;
    };
    std::string id = {};
    std::string method = "get";  ///< in lower case
    std::string action = {};
    std::vector<std::pair<std::string, std::string>> fields = {};  ///< with the values they have at first
    std::vector<button> buttons = {};

    bool has(std::string_view field) const;
    /// Sets a field that is there.
    void fill(std::string_view field, std::string value);
    button const* find_button(std::string_view name, std::string_view value) const;
};

/// What a browser shows after a request and the redirects that followed.
struct browser_page
{
    http::url at = {};
    unsigned status = 0;
    std::string html = {};
    std::vector<html_form> forms = {};

    /// The text of the first element with that attribute: text_of("role=\"alert\""), text_of("<h1>").
    std::string text_of(std::string_view mark) const;
};

/// Somebody in front of a browser.
struct person_at_browser
{
    std::string login = {};
    std::string password = {};
    bool consents = true;  ///< presses Accept, or else Cancel
    bool approves = true;  ///< the second factor
    /// What a device shows, where a page asks for it (RFC 8628).
    std::string user_code = {};
    /// When an administrator must approve and may be asked: asks, with this reason. Empty: gives up.
    std::string justification = {};
};

/** A browser that can do what a sign-in needs: get and post forms by what the HTML says, keep cookies, follow redirects,
    and submit what a script would submit. It speaks https, and http with this machine.

    For tools and tests that sign in without a person. Trust and connection are those of the stream its flows run on.
*/
class form_browser
{
public:
    /// Fetches a page.
    OUTKIT_DECL detail::flow<browser_page> open(http::url to);

    /// Submits a form of a page by one of its buttons, or without (an empty one).
    OUTKIT_DECL detail::flow<browser_page> submit(http::url page, html_form filled, html_form::button pressed);

    /** Opens an authorization URL and goes through sign-in, second factor and consent.

        @return the page where it ended: that of the application, or one of the authority with an error on it, or a form
                that this person cannot fill in
    */
    OUTKIT_DECL detail::flow<browser_page> sign_in(http::url to, person_at_browser who);

    /// Forgets all cookies.
    void forget() { cookies_.clear(); }

private:
    OUTKIT_DECL detail::flow<browser_page> go(http::url to, http::request r);
    void keep_cookies(http::origin const& from, http::fields const& headers);
    std::string cookies_for(http::origin const& to) const;

    http::detail::session session_;
    std::map<std::string, std::map<std::string, std::string>> cookies_;  // by host, as browsers do: ports share them
};

/// The forms of an HTML page.
std::vector<html_form> read_forms(std::string_view html);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/form_browser.ipp>
#endif

#endif
