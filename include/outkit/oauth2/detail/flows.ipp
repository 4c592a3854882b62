#ifndef OUTKIT_OAUTH2_DETAIL_FLOWS_IPP
#define OUTKIT_OAUTH2_DETAIL_FLOWS_IPP

#include <outkit/oauth2/detail/flows.hpp>
#include <outkit/oauth2/detail/text.hpp>
#include <outkit/version.hpp>

#include <algorithm>
#include <cerrno>

namespace outkit::inline OUTKIT_ABI::oauth2::detail {

using outkit::detail::environment;
using outkit::detail::fail;
using outkit::detail::this_environment;

OUTKIT_DECL flow<http::response> ask(session& s, http::url to, http::request r, http::limits l)
{
    environment& world = co_await this_environment();
    r.headers.push_back({"Accept", "application/json"});
    r.headers.push_back({"User-Agent", "outkit/" OUTKIT_VERSION});
    // Comes back as the correlation id (observed: the MSAL libraries send both).
    r.headers.push_back({"client-request-id", random_guid(world)});
    r.headers.push_back({"return-client-request-id", "true"});
    s.connection.w.patience = s.options.patience;
    http::detail::exchange_options o;
    o.limits = l;
    http::response answer = co_await http::detail::exchange(s.connection, std::move(to), std::move(r), o);
    s.ahead.reset();
    if (std::string const* const date = http::find(answer.headers, "Date"))
        if (auto const theirs = http::parse_date(*date))
            s.ahead = std::chrono::floor<std::chrono::seconds>(world.date()) - *theirs;
    co_return answer;
}

// Why a token may seem too young or too old.
OUTKIT_DECL std::string clock_hint(session const& s, error_code ec)
{
    bool const about_time = ec == error::id_token_expired || ec == error::id_token_not_yet_valid;
    if (!about_time || !s.ahead || (*s.ahead <= s.options.leeway && *s.ahead >= -s.options.leeway))
        return {};
    auto const off = *s.ahead < std::chrono::seconds(0) ? -*s.ahead : *s.ahead;
    return "this machine's clock is " + std::to_string(off.count()) + " s " +
           (*s.ahead < std::chrono::seconds(0) ? "behind" : "ahead of") + " the authority's (Date header)";
}

OUTKIT_DEF flow<metadata> discover(session& s)
{
    environment& world = co_await this_environment();
    s.last = {};
    if (s.discovered && world.now() < s.discovered_at + s.options.metadata_lifetime)
        co_return *s.discovered;
    http::response const answer = co_await ask(s, s.from.discovery_endpoint(), http::request(), s.options.limits);
    error_code ec;
    std::string subject;
    metadata m = read_metadata(answer, s.from, ec, subject);
    if (!ec && !s.pinned_issuer.empty() && s.pinned_issuer != m.issuer)
    {
        ec = error::issuer_mismatch;
        subject = "issuer";
    }
    if (ec)
    {
        if (answer.status != 200)
            s.last = read_refusal(answer);
        co_await fail(ec, subject);
    }
    s.pinned_issuer = m.issuer;
    s.discovered = m;
    s.discovered_at = world.now();
    co_return m;
}

OUTKIT_DECL metadata endpoints(session const& s) { return s.discovered ? *s.discovered : usual_metadata(s.from); }

OUTKIT_DECL flow<> fetch_keys(session& s, http::url where)
{
    environment& world = co_await this_environment();
    std::string from = where.text();
    http::response const answer = co_await ask(s, std::move(where), http::request(), s.options.key_limits);
    if (answer.status != 200)
    {
        s.last = read_refusal(answer);
        error_code const ec = s.last.ec ? s.last.ec : make_error_code(error::unexpected_status);
        co_await fail(ec, s.last.text());
    }
    std::string const type = http::media_type(answer.headers);
    if (type != "application/json" && type != "application/jwk-set+json")
        co_await fail(error::unexpected_media_type, presentable(type));
    error_code ec;
    key_set keys = key_set::parse(answer.body, ec);
    if (ec)
        co_await fail(ec);
    key_cache& cache = *s.options.keys;
    cache.keys = std::move(keys);
    cache.from = std::move(from);
    cache.fetched_at = world.now();
}

// Tells those who wait that the fetch is over, also when its flow is cancelled.
struct key_fetch
{
    explicit key_fetch(key_cache& c) : cache(c) { cache.fetching = true; }
    key_fetch(key_fetch const&) = delete;
    ~key_fetch()
    {
        cache.fetching = false;
        ++cache.ended;
        cache.outcome = outcome;
        cache.said = std::move(said);
        cache.changed.notify();
    }

    key_cache& cache;
    error_code outcome = os_error(ECANCELED);
    std::string said = {};
};

// Keys that are good for a token with that kid, or the newest that may be asked for.
OUTKIT_DECL flow<> provide_keys(session& s, std::string key_id)
{
    environment& world = co_await this_environment();
    if (!s.options.keys)
        s.options.keys = std::make_shared<key_cache>();
    key_cache& cache = *s.options.keys;
    http::url where = endpoints(s).keys_endpoint;
    auto const deadline = world.now() + s.options.patience;
    outkit::detail::event::watch changed(cache.changed);
    for (;;)
    {
        bool const any = cache.keys && cache.from == where.text();
        if (any &&
            (key_id.empty() || cache.keys->has(key_id) || world.now() < cache.fetched_at + s.options.least_key_age))
            co_return;
        if (!cache.fetching)
            break;
        auto const before = cache.ended;
        auto const why = co_await outkit::detail::wait_for(changed, deadline);
        if (cache.ended == before && why == outkit::detail::wake::time)
            co_await fail(outkit::error::timeout, "another client's request for the signing keys is not answered");
        if (cache.ended != before && cache.outcome && cache.outcome != os_error(ECANCELED))
            co_await fail(cache.outcome, cache.said);
    }
    key_fetch fetch(cache);
    auto done = co_await outkit::detail::attempt(fetch_keys(s, std::move(where)));
    fetch.outcome = done.ec;
    fetch.said = done.diagnostics;
    if (done.ec)
        co_await fail(done.ec, std::move(done.diagnostics));
}

OUTKIT_DECL flow<id_claims> check_id_token(session& s, std::string text, id_token_expectation expected)
{
    outkit::detail::wipe_at_end const text_wiped(text);
    environment& world = co_await this_environment();
    error_code ec;
    id_token const token = parse_id_token(text, ec);
    if (ec)
        co_await fail(ec);
    expected.client_id = s.application.client_id;
    expected.leeway = s.options.leeway;
    ec = validate(token.claims, s.from, expected, world.date());
    if (!ec && s.from.kind() == authority::audience::domain && !s.pinned_issuer.empty() &&
        token.claims.issuer != s.pinned_issuer)
        ec = error::issuer_mismatch;
    if (ec)
    {
        std::string hint = clock_hint(s, ec);
        co_await fail(ec, std::move(hint));
    }
    if (s.options.verify_signatures)
    {
        co_await provide_keys(s, token.key_id);
        ec = s.options.keys->keys->verify(token);
        if (ec)
            co_await fail(ec);
    }
    co_return token.claims;
}

// What can be known to be wrong before anything is sent.
OUTKIT_DECL error_code check_request(session const& s, scope_set const& scopes, outkit::detail::wall_time now)
{
    error_code ec = check(s.application);
    if (!ec && s.from.tenant().empty())
        ec = error::invalid_authority;
    if (!ec && s.application.certificate)
        ec = s.application.certificate->check(now);
    if (!ec)
        scopes.resource(s.from.cloud(), ec);
    return ec;
}

// Adds client and credential to a form and sends it.
OUTKIT_DECL flow<http::response> post_form(session& s, http::url to, std::string form, std::string scope)
{
    outkit::detail::wipe_at_end const form_wiped(form);
    environment& world = co_await this_environment();
    append_parameter(form, "client_id", s.application.client_id);
    if (!s.application.client_secret.empty())
        append_parameter(form, "client_secret", s.application.client_secret.reveal());
    if (s.application.certificate)
    {
        error_code ec;
        secret const assertion = s.application.certificate->assertion(world, s.application.client_id,
                                                                      endpoints(s).token_endpoint.text(), ec);
        if (ec)
            co_await fail(ec);
        append_parameter(form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        append_parameter(form, "client_assertion", assertion.reveal());
    }
    if (!scope.empty())
        append_parameter(form, "scope", scope);
    http::request r;
    r.method = "POST";
    r.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    r.body = std::move(form);
    co_return co_await ask(s, std::move(to), std::move(r), s.options.limits);
}

// Ends the flow with what an answer says, and keeps it for last_refusal().
OUTKIT_DECL flow<> fail_with(session& s, error_code ec, refusal refused)
{
    std::string said = refused.text();
    s.last = std::move(refused);
    s.last.ec = ec;
    co_await fail(ec, std::move(said));
}

OUTKIT_DEF flow<instance_metadata> discover_instance(session& s)
{
    s.last = {};
    if (s.from.tenant().empty())
        co_await fail(error::invalid_authority);
    http::url const where = s.from.instance_discovery_endpoint();
    http::response const answer = co_await ask(s, where, http::request(), s.options.limits);
    error_code ec;
    refusal refused;
    instance_metadata m = read_instance_metadata(answer, s.from, ec, refused);
    if (ec)
        co_await fail_with(s, ec, std::move(refused));
    co_return m;
}

// `form` lacks what all requests have in common: client, credentials, scope.
OUTKIT_DECL flow<token_response> request_token(session& s, std::string form, scope_set scopes)
{
    outkit::detail::wipe_at_end const form_wiped(form);
    environment& world = co_await this_environment();
    s.last = {};
    error_code ec = check_request(s, scopes, world.date());
    if (ec)
        co_await fail(ec);
    http::url const where = endpoints(s).token_endpoint;
    std::string scope = scopes.text();
    http::response answer = co_await post_form(s, where, std::move(form), std::move(scope));
    outkit::detail::wipe_at_end const answer_wiped(answer.body);
    refusal refused;
    token_response t = read_token_response(answer, scopes, world.date(), ec, refused);
    if (ec)
        co_await fail_with(s, ec, std::move(refused));
    co_return t;
}

OUTKIT_DEF flow<token_response> redeem(session& s, redemption r)
{
    std::string form;
    append_parameter(form, "grant_type", "authorization_code");
    append_parameter(form, "code", r.code.reveal());
    append_parameter(form, "redirect_uri", r.redirect_uri);
    append_parameter(form, "code_verifier", r.verifier.reveal());
    append_parameter(form, "client_info", "1");
    token_response t = co_await request_token(s, std::move(form), r.scopes);
    if (!t.id_token.empty())
    {
        id_token_expectation expected;
        expected.nonce = r.nonce;
        std::string text(t.id_token.reveal());
        t.identity = co_await check_id_token(s, std::move(text), std::move(expected));
    }
    else if (!r.nonce.empty())
        co_await fail(error::malformed_id_token, "no id_token");
    co_return t;
}

OUTKIT_DEF flow<token_response> refresh(session& s, secret refresh_token, scope_set scopes, id_claims account)
{
    std::string form;
    append_parameter(form, "grant_type", "refresh_token");
    append_parameter(form, "refresh_token", refresh_token.reveal());
    append_parameter(form, "client_info", "1");
    token_response t = co_await request_token(s, std::move(form), std::move(scopes));
    if (!t.id_token.empty())
    {
        id_token_expectation expected;
        expected.refreshed = true;
        expected.nonce = account.nonce;
        expected.subject = account.subject;
        expected.tenant_id = account.tenant_id;
        expected.issuer = account.issuer;
        std::string text(t.id_token.reveal());
        t.identity = co_await check_id_token(s, std::move(text), std::move(expected));
    }
    if (t.refresh.empty())  // RFC 6749 section 6: the old one stays
        t.refresh = std::move(refresh_token);
    co_return t;
}

OUTKIT_DEF flow<token_response> client_credentials(session& s, scope_set scopes)
{
    auto const kind = s.from.kind();
    if (kind != authority::audience::tenant && kind != authority::audience::domain)
        co_await fail(error::invalid_authority);  // documented: Microsoft Learn, client credentials flow
    if (s.application.is_public())
        co_await fail(error::invalid_app);
    std::string form;
    append_parameter(form, "grant_type", "client_credentials");
    co_return co_await request_token(s, std::move(form), std::move(scopes));
}

OUTKIT_DEF flow<device_authorization> begin_device(session& s, scope_set scopes)
{
    environment& world = co_await this_environment();
    s.last = {};
    error_code ec = check_request(s, scopes, world.date());
    if (!ec && scopes.empty())
        ec = error::invalid_scope_text;
    if (ec)
        co_await fail(ec);
    http::url const where = endpoints(s).device_authorization_endpoint;
    std::string scope = scopes.text();
    http::response answer = co_await post_form(s, where, std::string(), std::move(scope));
    outkit::detail::wipe_at_end const answer_wiped(answer.body);
    refusal refused;
    device_authorization d = read_device_authorization(answer, scopes, world, ec, refused);
    if (ec)
        co_await fail_with(s, ec, std::move(refused));
    co_return d;
}

// Whether a poll that came to nothing may be made again: the network's fault, or a server that is busy.
OUTKIT_DECL bool is_passing(error_code ec)
{
    return ec == condition::timeout || ec == condition::transient || ec == outkit::error::tls_truncated ||
           ec == outkit::error::no_address || ec.category() == os_error(ECONNRESET).category() ||
           std::string_view(ec.category().name()) ==
               "asio.netdb";  // names cannot be resolved while there is no network
}

OUTKIT_DEF flow<token_response> await_device(session& s, device_authorization d)
{
    using std::chrono::seconds;
    static constexpr seconds least{5}, most{60};
    environment& world = co_await this_environment();
    s.last = {};
    error_code ec = check_request(s, d.scopes, world.date());
    if (ec)
        co_await fail(ec);
    seconds interval = std::clamp(d.interval, least, most);
    seconds asked_to_wait{0};
    for (;;)
    {
        auto const next = world.now() + std::max(interval, asked_to_wait);
        if (next >= d.polled_until)
            co_await fail(error::expired_token);
        co_await outkit::detail::sleep_until(next);
        asked_to_wait = seconds(0);

        std::string form;
        append_parameter(form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
        append_parameter(form, "device_code", d.device_code.reveal());
        append_parameter(form, "client_info", "1");
        http::url const where = endpoints(s).token_endpoint;
        auto polled = co_await outkit::detail::attempt(post_form(s, where, std::move(form), std::string()));
        refusal refused;
        token_response t;
        ec = polled.ec;
        if (polled.value)
        {
            outkit::detail::wipe_at_end const answer_wiped(polled.value->body);
            t = read_token_response(*polled.value, d.scopes, world.date(), ec, refused);
        }
        if (!ec)
        {
            if (!t.id_token.empty())
            {
                std::string text(t.id_token.reveal());
                id_token_expectation expected;
                t.identity = co_await check_id_token(s, std::move(text), std::move(expected));
            }
            co_return t;
        }
        if (ec == error::authorization_pending)
            continue;
        if (ec == error::slow_down)
            interval += least;
        else if (is_passing(ec))  // RFC 8628 section 3.5: back off exponentially
        {
            interval = std::max(interval, std::min(2 * interval, most));
            asked_to_wait = refused.retry_after.value_or(seconds(0));
        }
        else if (polled.ec)
            co_await fail(ec, std::move(polled.diagnostics));
        else
            co_await fail_with(s, ec, std::move(refused));
    }
}

}  // namespace outkit::inline OUTKIT_ABI::oauth2::detail

#endif
