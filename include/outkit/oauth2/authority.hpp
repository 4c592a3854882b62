#ifndef OUTKIT_OAUTH2_AUTHORITY_HPP
#define OUTKIT_OAUTH2_AUTHORITY_HPP

#include <outkit/http/url.hpp>
#include <outkit/oauth2/cloud.hpp>
#include <outkit/oauth2/error.hpp>

#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/// The tenant of all personal accounts (documented: Microsoft Learn, ID token claims reference, `tid`).
inline constexpr std::string_view consumers_tenant_id = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Whether the text is a GUID in its usual form, 8-4-4-4-12 hexadecimal digits.
OUTKIT_DECL bool is_guid(std::string_view text);

/** Who signs users in: a cloud's login host and a tenant.

    The endpoints follow from both by Entra's fixed pattern (documented: Microsoft Learn, OAuth 2.0 authorization code
    flow); discovery can confirm or move them, see metadata.
*/
class authority
{
public:
    enum class audience
    {
        common,         ///< work, school and personal accounts
        organizations,  ///< work and school accounts of any tenant
        consumers,      ///< personal accounts
        tenant,         ///< one tenant, by its id
        domain          ///< one tenant, by a verified domain
    };

    authority() = default;

    /** @param in      the cloud; its `login` must be an https origin without path
        @param tenant  "common", "organizations", "consumers", a tenant id (GUID) or a verified domain; any case
        @param ec      error::invalid_authority, or none
    */
    OUTKIT_DECL static authority make(cloud in, std::string_view tenant, error_code& ec);

    audience kind() const { return kind_; }
    std::string const& tenant() const { return tenant_; }  ///< in lower case
    oauth2::cloud const& cloud() const { return cloud_; }
    http::origin const& login() const { return login_; }

    http::url authorization_endpoint() const { return endpoint("/oauth2/v2.0/authorize"); }
    http::url token_endpoint() const { return endpoint("/oauth2/v2.0/token"); }
    http::url device_authorization_endpoint() const { return endpoint("/oauth2/v2.0/devicecode"); }
    http::url keys_endpoint() const { return endpoint("/discovery/v2.0/keys"); }
    http::url discovery_endpoint() const { return endpoint("/v2.0/.well-known/openid-configuration"); }
    http::url end_session_endpoint() const { return endpoint("/oauth2/v2.0/logout"); }
    http::url admin_consent_endpoint() const { return endpoint("/v2.0/adminconsent"); }
    /// Where its own login host says whether it is one of Entra's, see instance_metadata.
    OUTKIT_DECL http::url instance_discovery_endpoint() const;

    /// Whether a discovery document of this authority may have that issuer. Compared octet by octet, except that one
    /// asked for by domain answers with the tenant's id.
    OUTKIT_DECL bool may_discover_issuer(std::string_view issuer) const;

    /// Whether a token of that `tid` and `iss` may come from this authority.
    OUTKIT_DECL bool may_issue(std::string_view tid, std::string_view iss) const;

    /// The same for an `iss` that comes without `tid`, as in authorization answers (RFC 9207).
    OUTKIT_DECL bool may_issue(std::string_view iss) const;

    /// Whether an endpoint of the discovery document may be on that origin: the login host itself or an alias.
    OUTKIT_DECL bool owns(http::origin const& o) const;

private:
    OUTKIT_DECL http::url endpoint(std::string_view path) const;
    OUTKIT_DECL std::string issuer_of(std::string_view tenant_id) const;

    oauth2::cloud cloud_;
    http::origin login_;
    std::string tenant_;
    audience kind_ = audience::common;
};

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/authority.ipp>
#endif

#endif
