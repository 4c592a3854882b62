#ifndef OUTKIT_MOCK_OUTGOING_IPP
#define OUTKIT_MOCK_OUTGOING_IPP

#include <outkit/http/detail/flows.hpp>
#include <outkit/mock/outgoing.hpp>
#include <outkit/mock/world.hpp>
#include <outkit/stream.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {

// One request on its way, with a connection of its own.
struct outgoing::call final : outkit::detail::alarm
{
    call(world& w, tls_context tls, handler h) : in(w), done(std::move(h)), line(w.get_executor(), std::move(tls), w) {}
    ~call() { in.drop_alarm(*this); }

    OUTKIT_INLINE void ring() override;

    world& in;
    handler done;
    bool late = false;
    std::string diagnostics;
    http::detail::session session;
    stream line;
};

OUTKIT_INLINE void outgoing::call::ring()
{
    late = true;
    line.cancel();
}

OUTKIT_INLINE outgoing::outgoing(world& w) : world_(w) {}

OUTKIT_INLINE outgoing::~outgoing()
{
    while (!calls_.empty())
    {
        std::unique_ptr<call> const c = std::move(calls_.front());
        calls_.pop_front();
        c->done = nullptr;
        c->line.driver().abort();
    }
}

OUTKIT_INLINE void outgoing::send(http::url to, http::request r, std::chrono::milliseconds patience, handler done)
{
    if (!http::is_loopback(to.server.host))
        return done(http::error::invalid_url, {});
    if (carrier)
        return carrier(std::move(to), std::move(r), std::move(done));
    tls_context tls;
    if (error_code ec; to.server.tls)
    {
        tls_trust trust;
        trust.system = false;
        trust.authorities_pem = world_.certificates.ca_pem() + trusted_;
        tls = tls_context::client(ec, trust);
        if (ec)
            return done(ec, {});
    }
    call* const c = calls_.emplace_back(std::make_unique<call>(world_, std::move(tls), std::move(done))).get();
    world_.set_alarm(*c, world_.now() + patience);
    c->session.w.patience = patience;
    http::detail::exchange_options options;
    options.redirects_are_values = true;
    async_run(c->line, http::detail::exchange(c->session, std::move(to), std::move(r), std::move(options)),
              c->diagnostics, [this, c](error_code ec, http::response answer) {
                  if (!c->done)
                      return;  // we are being torn down
                  handler const then = std::move(c->done);
                  error_code const why = ec && c->late ? make_error_code(error::timeout) : ec;
                  calls_.remove_if([&](std::unique_ptr<call> const& one) { return one.get() == c; });
                  then(why, std::move(answer));
              });
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
