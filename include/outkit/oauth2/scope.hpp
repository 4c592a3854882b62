#ifndef OUTKIT_OAUTH2_SCOPE_HPP
#define OUTKIT_OAUTH2_SCOPE_HPP

#include <outkit/oauth2/cloud.hpp>
#include <outkit/oauth2/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// How mail is to be reached, and so which permissions an application asks for.
enum class base_scope
{
    imap,  ///< IMAP and SMTP
    api    ///< Microsoft Graph
};

/** A set of scopes (RFC 6749 section 3.3), in the order in which they were added.

    Names compare without regard to case. A scope without prefix belongs to Microsoft Graph, and is not what IMAP wants:
    `IMAP.AccessAsUser.All` alone gives a token that the mail server refuses.
*/
class scope_set
{
public:
    scope_set() = default;

    /** Takes apart a blank-separated list.

        @param ec  error::invalid_scope_text, or none; an empty list is no error
    */
    OUTKIT_DECL static scope_set parse(std::string_view text, error_code& ec);

    /// Adds a scope unless it is there; false and nothing added when it has characters that a scope cannot have.
    OUTKIT_DECL bool add(std::string_view scope);

    OUTKIT_DECL bool contains(std::string_view scope) const;
    bool empty() const { return names_.empty(); }
    std::size_t size() const { return names_.size(); }
    auto begin() const { return names_.begin(); }
    auto end() const { return names_.end(); }

    /// Blank-separated, as requests have it.
    OUTKIT_DECL std::string text() const;

    /** The one resource that the scopes are for: "https://outlook.office.com", Graph's for those without prefix. Empty
        when there are only OpenID Connect's scopes.

        @param in  the cloud, for Graph's name
        @param ec  error::several_resources when there is more than one, since a token is for one only
    */
    OUTKIT_DECL std::string resource(cloud const& in, error_code& ec) const;

    /// Those that the authority did not grant. Case, order, prefix, and the scopes that Entra does not echo
    /// (offline_access, openid, profile, email) do not count, and neither does `.default`.
    OUTKIT_DECL scope_set missing_in(scope_set const& granted) const;

private:
    std::vector<std::string> names_;
};

/** What to ask for, so that a token serves the base scope and can be renewed.

    imap: `{mail}/IMAP.AccessAsUser.All {mail}/SMTP.Send`, api: `{graph}/Mail.ReadWrite {graph}/Mail.Send
    {graph}/User.Read`; and `offline_access openid profile` in both (documented: Microsoft Learn, Authenticate an IMAP,
    POP or SMTP connection using OAuth; permissions reference).
*/
OUTKIT_DECL scope_set scopes_for(base_scope base, cloud const& in);

/// What an application asks for on its own behalf: `{resource}/.default`.
OUTKIT_DECL scope_set app_scopes_for(base_scope base, cloud const& in);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/scope.ipp>
#endif

#endif
