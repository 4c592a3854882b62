#ifndef OUTKIT_MOCK_ENTRA_HPP
#define OUTKIT_MOCK_ENTRA_HPP

#include <outkit/config.hpp>
#include <outkit/http/message.hpp>

#include <memory>
#include <string>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/** The mock of login.microsoftonline.com: a view of the world's directory, policy and keys.

    It answers, for `{tenant}` = common, organizations, consumers, a tenant's GUID or a verified domain:

    @li `GET /{tenant}/v2.0/.well-known/openid-configuration`, `/{tenant}/discovery/v2.0/keys`,
        `/common/discovery/instance`, `/common/userrealm/{login}`
    @li `GET|POST /{tenant}/oauth2/v2.0/authorize` and the forms of sign-in and consent that follow from it
    @li `GET /{tenant}/v2.0/adminconsent` and `/{tenant}/adminconsent`
    @li `POST /{tenant}/oauth2/v2.0/devicecode`, and the page for the code at `/device`
    @li `POST /{tenant}/oauth2/v2.0/token` for authorization_code, refresh_token, client_credentials, device_code and, if
        a tenant's policy allows it, password
    @li `GET|POST /{tenant}/oauth2/v2.0/logout`, and `/oidc/userinfo`, which is Graph's as well
    @li the endpoints of v1: `/{tenant}/oauth2/authorize`, `token`, `devicecode` and `logout`, its metadata and keys

    as strictly as the real service does: see docs/fidelity.md for what is known from where. Documents and tokens name
    the host that the request was sent to. Credentials of the real service are refused and neither kept nor written
    down. What arrived is in the world's journal; queued faults of the server "entra" with a status or an answer happen
    here.

    Used where the world runs. Keeps the sign-ins of browsers, waiting devices and which codes have been redeemed, a few
    thousand of each at most.
*/
class entra
{
public:
    /** The world must outlive it.

        @param hosts  Further names under which it may be asked, as in the Host header, without port. It answers to
                      localhost, 127.0.0.1, [::1] and the names that the world's authority was made for; all others
                      get 421, so that no web page can reach it by a name of its own.
    */
    explicit entra(world& w, std::vector<std::string> hosts = {});
    ~entra();

    /// The answer to one request that arrived over TLS. Never throws for anything that is in the request.
    http::response answer(http::request const& request);

    struct state;  // for the parts of the mock itself

private:
    std::unique_ptr<state> state_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/entra.ipp>
#endif

#endif
