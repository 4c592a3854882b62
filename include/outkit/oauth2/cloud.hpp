#ifndef OUTKIT_OAUTH2_CLOUD_HPP
#define OUTKIT_OAUTH2_CLOUD_HPP

#include <outkit/config.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Where a Microsoft cloud has its services, and how its resources are called.

    A private cloud or a mock is a copy of one of these with another `login`, `issuer` and `login_aliases`; the
    resources keep their names, since tokens are for a name and not for a host.
*/
struct cloud
{
    std::string name = {};                        ///< "global", "us-gov-l4", "us-gov-dod", "china"
    std::string login = {};                       ///< origin of the authority, "https://login.microsoftonline.com"
    std::string issuer = {};                      ///< origin in `iss` and discovery; empty: the same as login
    std::vector<std::string> login_aliases = {};  ///< further host names of the same authority
    std::string graph = {};                       ///< resource and origin of Microsoft Graph
    std::string mail_resource = {};               ///< prefix of the delegated IMAP and SMTP scopes
    std::string mail_app_resource = {};           ///< resource of `/.default` for app-only IMAP and SMTP
    std::string imap_host = {};                   ///< port 993, TLS
    std::string smtp_host = {};                   ///< port 587, STARTTLS
    std::string smtp_host_personal = {};          ///< the same for personal accounts; empty: none

    /// This cloud with its authority somewhere else, "https://localhost:8443" say.
    cloud with_login(std::string origin) const
    {
        cloud other = *this;
        other.login = std::move(origin);
        other.issuer.clear();
        other.login_aliases.clear();
        return other;
    }
};

/// The worldwide service, GCC included (documented: Microsoft Learn, national clouds; aliases observed in its instance
/// discovery answers).
inline cloud global_cloud()
{
    return {
        .name = "global",
        .login = "https://login.microsoftonline.com",
        .issuer = "https://login.microsoftonline.com",
        .login_aliases = {"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
        .graph = "https://graph.microsoft.com",
        .mail_resource = "https://outlook.office.com",
        .mail_app_resource = "https://outlook.office365.com",
        .imap_host = "outlook.office365.com",
        .smtp_host = "smtp.office365.com",
        .smtp_host_personal = "smtp-mail.outlook.com"};
}

/// GCC High.
inline cloud us_government_l4_cloud()
{
    return {.name = "us-gov-l4",
            .login = "https://login.microsoftonline.us",
            .issuer = "https://login.microsoftonline.us",
            .login_aliases = {"login.microsoftonline.us", "login.usgovcloudapi.net"},
            .graph = "https://graph.microsoft.us",
            .mail_resource = "https://outlook.office365.us",
            .mail_app_resource = "https://outlook.office365.us",
            .imap_host = "outlook.office365.us",
            .smtp_host = "smtp.office365.us"};
}

/// DoD. Its IMAP and SMTP hosts and scope prefix are not certain: public sources disagree.
inline cloud us_government_dod_cloud()
{
    return {.name = "us-gov-dod",
            .login = "https://login.microsoftonline.us",
            .issuer = "https://login.microsoftonline.us",
            .login_aliases = {"login.microsoftonline.us", "login.usgovcloudapi.net"},
            .graph = "https://dod-graph.microsoft.us",
            .mail_resource = "https://outlook.office365.us",
            .mail_app_resource = "https://outlook.office365.us",
            .imap_host = "outlook-dod.office365.us",
            .smtp_host = "smtp-dod.office365.us"};
}

/// China, operated by 21Vianet. Its issuer is the partner host whichever alias is asked.
inline cloud china_cloud()
{
    return {.name = "china",
            .login = "https://login.partner.microsoftonline.cn",
            .issuer = "https://login.partner.microsoftonline.cn",
            .login_aliases = {"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
            .graph = "https://microsoftgraph.chinacloudapi.cn",
            .mail_resource = "https://partner.outlook.cn",
            .mail_app_resource = "https://partner.outlook.cn",
            .imap_host = "partner.outlook.cn",
            .smtp_host = "smtp.partner.outlook.cn"};
}

/// The cloud of that name; an empty name in the result: there is none.
inline cloud find_cloud(std::string_view name)
{
    for (cloud& c : std::array{global_cloud(), us_government_l4_cloud(), us_government_dod_cloud(), china_cloud()})
        if (c.name == name)
            return std::move(c);
    return {};
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
