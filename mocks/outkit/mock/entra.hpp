#ifndef OUTKIT_MOCK_ENTRA_HPP
#define OUTKIT_MOCK_ENTRA_HPP

#include <outkit/config.hpp>
#include <outkit/http/message.hpp>

#include <memory>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/** The mock of login.microsoftonline.com: a view of the world's directory, policy and keys.

    It answers, for `{tenant}` = common, organizations, consumers, a tenant's GUID or a verified domain:

    @li `GET /{tenant}/v2.0/.well-known/openid-configuration`, `/{tenant}/discovery/v2.0/keys`,
        `/common/discovery/instance`, `/common/userrealm/{login}`
    @li `GET|POST /{tenant}/oauth2/v2.0/authorize` and the forms of sign-in and consent that follow from it
    @li `POST /{tenant}/oauth2/v2.0/token` for authorization_code, refresh_token and client_credentials
    @li `GET|POST /{tenant}/oauth2/v2.0/logout`

    as strictly as the real service does: see docs/fidelity.md for what is known from where. Documents and tokens name
    the host that the request was sent to. Credentials of the real service are refused and neither kept nor written
    down. What arrived is in the world's journal; queued faults of the server "entra" with a status or an answer happen
    here.

    Used where the world runs. Keeps the sign-ins of browsers and which codes have been redeemed, a few thousand of each
    at most.
*/
class entra
{
public:
    /// The world must outlive it.
    explicit entra(world& w);
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
