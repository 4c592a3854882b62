#ifndef OUTKIT_MOCK_OUTGOING_HPP
#define OUTKIT_MOCK_OUTGOING_HPP

#include <outkit/http/message.hpp>
#include <outkit/http/url.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace outkit::inline OUTKIT_ABI::mock {

class world;

/** The way out of a world: HTTP requests that its servers make, to programs on this machine and to nobody else.

    Redirects are answers like others and are not followed. Certificates are verified: trusted are the world's own
    authority and those of trust().
*/
class outgoing
{
public:
    /// What has come of a request: an answer of any status, or why there is none.
    using handler = std::function<void(error_code, http::response)>;

    explicit outgoing(world& w);
    /// Ends what is under way; its handlers are not called.
    ~outgoing();
    outgoing(outgoing const&) = delete;

    /** Sends a request and calls back, once, where the world runs.

        @param to        its target is the request's
        @param r         method, header fields, body
        @param patience  how long all of it may take, by the world's clock: else error::timeout
        @param done      called with http::error::invalid_url at once if `to` is not on this machine
    */
    void send(http::url to, http::request r, std::chrono::milliseconds patience, handler done);

    /// Has certificates of a further authority believed, PEM text.
    void trust(std::string const& authority_pem) { trusted_ += authority_pem; }

    /// Instead of connections: who carries the requests, for tests that open no socket. It may call back at once.
    std::function<void(http::url, http::request, handler)> carrier;

private:
    struct call;
    world& world_;
    std::string trusted_;
    std::list<std::unique_ptr<call>> calls_;
};

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
