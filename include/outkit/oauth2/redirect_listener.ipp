#ifndef OUTKIT_OAUTH2_REDIRECT_LISTENER_IPP
#define OUTKIT_OAUTH2_REDIRECT_LISTENER_IPP

#include <outkit/http/detail/grammar.hpp>
#include <outkit/http/detail/http1.hpp>
#include <outkit/http/url.hpp>
#include <outkit/oauth2/redirect_listener.hpp>
#include <outkit/stream.hpp>

#include <list>
#include <optional>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {
namespace detail {

using outkit::detail::flow;
using outkit::detail::wire;

// What a request is to this listener.
struct redirect_target
{
    std::string host;  // as in Host, with the port
    std::string path;
};

struct redirect_answer
{
    http::response page;
    std::optional<authorization_response> found;
};

// The style of the pages, and its hash in their policy: nothing else is let in, and no request can add to it.
inline constexpr std::string_view redirect_style =
    ":root{color-scheme:light dark}body{margin:0;background:#eef1ee;color:#1c2321;font:16px/1.5 system-ui,sans-serif}"
    "main{box-sizing:border-box;width:min(28rem,calc(100% - 2rem));margin:3rem auto;padding:2rem;background:#fff;"
    "border:1px solid #b9c4bf;border-radius:.5rem}h1{margin:0 0 .4rem;font-size:1.5rem;line-height:1.25}p{margin:0}"
    "@media(prefers-color-scheme:dark){body{background:#131816;color:#e9eeec}main{background:#1e2523;"
    "border-color:#46524d}}";
inline constexpr char redirect_policy[] =
    "default-src 'none'; style-src 'sha256-tB2z4NQnoSCagV90aaGYVNGi2+Hs+Tu0n+3ggqCVNMY='; form-action 'none'; base-uri "
    "'none'; frame-ancestors 'none'";

enum class redirect_outcome
{
    answered,  // with a code
    refused,   // with an error
    unrelated
};

// Constant, one for each outcome: a page that shows what it was sent would be a script of whoever sent it.
OUTKIT_DECL http::response constant_page(unsigned status, redirect_outcome outcome)
{
    http::response r;
    r.status = status;
    r.headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Security-Policy", redirect_policy},
                 {"Referrer-Policy", "no-referrer"},           {"Cache-Control", "no-store"},
                 {"X-Content-Type-Options", "nosniff"},        {"Connection", "close"}};
    if (status == 405)
        r.headers.push_back({"Allow", "GET, POST"});
    auto const [heading, text] =
        outcome == redirect_outcome::answered
            ? std::pair("You can close this window",
                        "The sign-in has been handed over to the application. Go back to it to see how it went.")
        : outcome == redirect_outcome::refused
            ? std::pair("The sign-in did not succeed",
                        "The application has been told why. You can close this window and go back to it.")
            : std::pair("Nothing to do here", "This is not the answer to a sign-in that is in progress.");
    r.body = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
    r.body.append(heading)
        .append("</title>\n<style>")
        .append(redirect_style)
        .append("</style>\n</head>\n<body>\n<main>\n<h1>");
    r.body.append(heading).append("</h1>\n<p>").append(text).append("</p>\n</main>\n</body>\n</html>\n");
    return r;
}

// Decides on one request. Pure: what a listener does is all here.
OUTKIT_DECL redirect_answer answer_redirect(http::request const& r, redirect_target const& ours,
                                            pending_authorization const& pending)
{
    redirect_answer a;
    std::string const* const host = http::find(r.headers, "Host");
    std::string_view const target = r.target;
    auto const query = std::min(target.find('?'), target.size());
    bool const post = r.method == "POST";
    unsigned status = 200;
    if (!host || !http::detail::equal_ignoring_case(*host, ours.host))  // DNS rebinding
        status = 400;
    else if (r.method != "GET" && !post)
        status = 405;
    else if (target.substr(0, query) != ours.path)
        status = 404;
    else if (post && http::media_type(r.headers) != "application/x-www-form-urlencoded")
        status = 400;
    else
    {
        error_code unrelated;
        std::string_view const parameters =
            post ? std::string_view(r.body) : target.substr(std::min(query + 1, target.size()));
        auto response = pending.read(parameters, unrelated);
        if (unrelated)
            status = 400;
        else
            a.found = std::move(response);
    }
    a.page = constant_page(status, !a.found      ? redirect_outcome::unrelated
                                   : a.found->ec ? redirect_outcome::refused
                                                 : redirect_outcome::answered);
    return a;
}

class redirect_server : public std::enable_shared_from_this<redirect_server>
{
public:
    redirect_server(asio::any_io_executor ex, redirect_listener_options o, outkit::detail::environment& world)
        : executor(std::move(ex)), options_(std::move(o)), world_(world), clock_(executor, {}, world)
    {
    }

    void open(http::url const& u, error_code& ec)
    {
        using asio::ip::make_address;
        bool const any_port = u.server.port == 80;  // none was given
        bool const both = u.server.host == "localhost";
        std::vector<std::uint16_t> to_try = any_port ? options_.ports : std::vector{u.server.port};
        if (to_try.empty())
            to_try.assign(16, 0);
        for (std::uint16_t const wanted : to_try)
        {
            acceptors_.clear();
            bind({make_address(both ? "127.0.0.1" : u.server.host), wanted}, ec);
            if (ec)
                continue;
            port = acceptors_.front().local_endpoint().port();
            if (!both)
                break;
            bind({make_address("::1"), port}, ec);
            if (ec == asio::error::address_family_not_supported || ec == os_error(EADDRNOTAVAIL))  // no IPv6 here
                ec = {};
            if (!ec)
                break;
        }
        if (ec)
            acceptors_.clear();
        http::url with_port = u;
        with_port.server.port = port;
        redirect_uri = with_port.text();
        ours_.host = with_port.server.authority();
        ours_.path = u.target;
    }

    void start(std::unique_ptr<outkit::detail::waiting<authorization_response>> w, pending_authorization const& pending)
    {
        error_code ec;
        if (waiting_)
            ec = outkit::error::operation_in_progress;
        else if (acceptors_.empty())
            ec = outkit::error::not_connected;
        if (ec)
            return outkit::detail::deliver(std::move(w), ec, authorization_response());
        waiting_ = std::move(w);
        pending_ = &pending;
        if (waiting_->slot.is_connected())
            waiting_->slot.assign([this](asio::cancellation_type) { finish(asio::error::operation_aborted); });
        run_alarm(clock_, options_.wait, [self = weak_from_this()] {
            if (auto const s = self.lock())
                s->finish(outkit::error::timeout);
        });
        for (auto& a : acceptors_)
            accept(a);
    }

    void finish(error_code ec, authorization_response r = {})
    {
        auto const keep = shared_from_this();
        error_code ignored;
        for (auto& a : acceptors_)
            a.close(ignored);
        clock_.cancel();
        for (auto const& c : std::list(open_))
        {
            c->clock.cancel();
            if (!c->answered)
                c->ours.cancel();
        }
        pending_ = nullptr;
        if (waiting_)
            outkit::detail::deliver(std::move(waiting_), ec, std::move(r));
    }

    asio::any_io_executor executor;
    std::string redirect_uri;
    std::uint16_t port = 0;

private:
    struct connection
    {
        connection(asio::ip::tcp::socket s, asio::any_io_executor ex, outkit::detail::environment& world)
            : ours(std::move(s), {}, world), clock(std::move(ex), {}, world)
        {
        }
        outkit::detail::wire w;
        std::string diagnostics;
        stream ours, clock;
        bool answered = false, displaced = false;
        std::optional<authorization_response> found;
    };

    // Nobody else may have the port. On Linux address reuse does not let anybody bind next to a listening socket; it only
    // lets a second sign-in have the registered port while connections of the first still linger.
    void bind(asio::ip::tcp::endpoint at, error_code& ec)
    {
        asio::ip::tcp::acceptor a(executor);
        a.open(at.protocol(), ec);
        if (!ec && at.port() != 0)
            a.set_option(asio::ip::tcp::acceptor::reuse_address(true), ec);
        if (!ec && at.address().is_v6())
            a.set_option(asio::ip::v6_only(true), ec);
        if (!ec)
            a.bind(at, ec);
        if (!ec)
            a.listen(asio::socket_base::max_listen_connections, ec);
        if (!ec)
            acceptors_.push_back(std::move(a));
    }

    // A sleep of its own, so that the environment's clock counts.
    template <class F>
    void run_alarm(stream& on, std::chrono::milliseconds d, F f)
    {
        async_run(on, outkit::detail::sleep_for(d), std::make_shared<std::string>(), [f = std::move(f)](error_code ec) {
            if (!ec)
                f();
        });
    }

    void accept(asio::ip::tcp::acceptor& a)
    {
        a.async_accept([self = shared_from_this(), &a](error_code ec, asio::ip::tcp::socket s) {
            if (!a.is_open() || !self->waiting_)
                return;
            if (!ec)
                self->begin(std::move(s));
            else if (ec != asio::error::connection_aborted)  // out of descriptors, say: it would only spin
                return self->finish(ec);
            self->accept(a);
        });
    }

    void begin(asio::ip::tcp::socket s)
    {
        if (open_.size() >= options_.most_connections)
            for (auto const& c : open_)
                if (!c->answered && !c->displaced)
                {
                    c->displaced = true;
                    c->ours.cancel();
                    break;
                }
        auto const c = std::make_shared<connection>(std::move(s), executor, world_);
        open_.push_back(c);
        run_alarm(c->clock, options_.per_connection, [weak = std::weak_ptr(c)] {
            if (auto const late = weak.lock())
                late->ours.cancel();
        });
        async_run(c->ours, talk(*c), std::shared_ptr<std::string>(c, &c->diagnostics),
                  [self = shared_from_this(), c](error_code) {
                      c->clock.cancel();
                      self->open_.remove(c);
                      if (c->found)
                          self->finish({}, std::move(*c->found));
                      else if (self->waiting_ && self->requests_ >= self->options_.most_requests)
                          self->finish(http::error::too_many_requests);
                  });
    }

    static unsigned refusal_of(error_code ec)
    {
        if (ec == condition::limit_exceeded)
            return 431;
        return ec == condition::protocol_violation ? 400 : 0;
    }

    OUTKIT_DECL flow<> talk(connection& c)
    {
        c.w.patience = options_.per_connection;
        http::limits l;
        l.header_bytes = options_.header_bytes;
        l.body_bytes = options_.body_bytes;
        auto received = co_await outkit::detail::attempt(http::detail::read_request(c.w, l));
        if (!received.ec && !*received.value)
            co_return;
        redirect_answer a;
        if (received.ec)
        {
            unsigned const status = refusal_of(received.ec);
            if (status == 0)
                co_return;
            a.page = constant_page(status, redirect_outcome::unrelated);
        }
        else if (!pending_)  // answered already, on another connection
            a.page = constant_page(410, redirect_outcome::unrelated);
        else
            a = answer_redirect((*received.value)->message, ours_, *pending_);
        ++requests_;
        c.answered = true;
        if (a.found)
        {
            c.found = std::move(a.found);
            pending_ = nullptr;
        }
        http::detail::answer_options o;
        o.keep_alive = false;
        co_await http::detail::write_response(c.w, std::move(a.page), o);
        co_await c.w.close();
    }

    redirect_listener_options options_;
    outkit::detail::environment& world_;
    redirect_target ours_;
    std::vector<asio::ip::tcp::acceptor> acceptors_;
    std::list<std::shared_ptr<connection>> open_;
    stream clock_;
    std::size_t requests_ = 0;
    pending_authorization const* pending_ = nullptr;
    std::unique_ptr<outkit::detail::waiting<authorization_response>> waiting_;
};

}  // namespace detail

OUTKIT_INLINE redirect_listener::redirect_listener(executor_type ex, std::string redirect_uri, error_code& ec,
                                                   redirect_listener_options o, outkit::detail::environment& world)
    : server_(std::make_shared<detail::redirect_server>(std::move(ex), std::move(o), world))
{
    http::url const u = http::parse_url(redirect_uri, ec, http::url_schemes::https_or_loopback_http);
    if (ec || u.server.tls || u.target.find('?') != std::string::npos)
        ec = error::invalid_redirect_uri;
    else
        server_->open(u, ec);
}

OUTKIT_INLINE redirect_listener::redirect_listener(redirect_listener&&) noexcept = default;

OUTKIT_INLINE redirect_listener& redirect_listener::operator=(redirect_listener&& other) noexcept
{
    std::swap(server_, other.server_);
    return *this;
}

OUTKIT_INLINE redirect_listener::~redirect_listener()
{
    if (server_)
        cancel();
}

OUTKIT_INLINE redirect_listener::executor_type redirect_listener::get_executor() const { return server_->executor; }

OUTKIT_INLINE std::string const& redirect_listener::redirect_uri() const { return server_->redirect_uri; }

OUTKIT_INLINE std::uint16_t redirect_listener::port() const { return server_->port; }

OUTKIT_INLINE void redirect_listener::cancel() { server_->finish(asio::error::operation_aborted); }

OUTKIT_INLINE void redirect_listener::start(std::unique_ptr<outkit::detail::waiting<authorization_response>> w,
                                            pending_authorization const& pending)
{
    server_->start(std::move(w), pending);
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#endif
