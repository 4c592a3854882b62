// Feeds octets to the readers of the OAuth 2.0 client: JWTs, key sets, token, discovery, device and instance documents,
// client_info, and the request with which a browser comes back.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/oauth2.cpp -o fuzz_oauth2 \
//     -lboost_json -lboost_url -lssl -lcrypto
//   ./fuzz_oauth2 -max_len=4096 -max_total_time=60
//
// The first octet says which of them.

#include <outkit/detail/encoding.hpp>
#include <outkit/detail/simulate.hpp>
#include <outkit/http/detail/http1.hpp>
#include <outkit/oauth2/admin_consent.hpp>
#include <outkit/oauth2/authorization.hpp>
#include <outkit/oauth2/device.hpp>
#include <outkit/oauth2/id_token.hpp>
#include <outkit/oauth2/instance.hpp>
#include <outkit/oauth2/metadata.hpp>
#include <outkit/oauth2/token.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace outkit;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

// What may be shown to a person: no control characters, no longer than its limit.
bool is_presentable(std::string_view text, std::size_t longest)
{
    return text.size() <= longest && std::none_of(text.begin(), text.end(), [](char c) {
               auto const u = static_cast<unsigned char>(c);
               return u < 0x20 || u == 0x7f;
           });
}

void check(oauth2::refusal const& r)
{
    must(is_presentable(r.name, 64) && is_presentable(r.suberror, 64) && is_presentable(r.description, 512));
    must(is_presentable(r.trace_id, 64) && is_presentable(r.correlation_id, 64) && is_presentable(r.timestamp, 32));
    must(r.codes.size() <= 16 && r.claims.size() <= 8192);
    must(!r.retry_after || (r.retry_after->count() >= 0 && r.retry_after->count() <= 999'999'999));
    must(is_presentable(r.text(), 1024));
}

oauth2::authority an_authority(char const* tenant)
{
    error_code ec;
    return oauth2::authority::make(oauth2::global_cloud(), tenant, ec);
}

// A token as it is, or before and after '|' what its first two parts say.
std::string token_of(std::string const& text)
{
    auto const bar = text.find('|');
    if (bar == std::string::npos)
        return text;
    return detail::base64url_encode(text.substr(0, bar)) + '.' + detail::base64url_encode(text.substr(bar + 1)) + ".eA";
}

void jwt(std::string const& text)
{
    error_code ec;
    auto const t = oauth2::parse_id_token(text, ec);
    if (ec)
        return;
    must(text == t.signed_part + '.' + detail::base64url_encode(t.signature));
    must(!t.algorithm.empty() && !t.claims.issuer.empty() && !t.claims.subject.empty() && !t.claims.audience.empty());
    must(t.claims.expires_at > 0 && t.claims.issued_at > 0);
    oauth2::id_token_expectation const expected{.client_id = "client", .nonce = "n"};
    for (char const* const tenant : {"common", "contoso.com", "consumers"})
        if (!validate(t.claims, an_authority(tenant), expected, detail::simulator().date()))
        {
            must(t.claims.nonce == "n" && oauth2::is_guid(t.claims.tenant_id));
            must(t.claims.issuer == "https://login.microsoftonline.com/" + t.claims.tenant_id + "/v2.0");
        }
}

// Before '|' a token, after it keys: nobody here has a private key, so that no signature can be right.
void keys(std::string const& text)
{
    auto const bar = std::min(text.find('|'), text.size());
    error_code ec, no_token;
    auto const set = oauth2::key_set::parse(std::string_view(text).substr(std::min(bar + 1, text.size())), ec);
    auto const t = oauth2::parse_id_token(std::string_view(text).substr(0, bar), no_token);
    must(!ec || set.size() == 0);
    must(set.size() <= oauth2::key_set::most_keys);
    if (!no_token)
        must(!!set.verify(t));
    oauth2::id_token forged;
    for (char const* const algorithm : {"RS256", "PS256", "ES256", "none", "HS256", ""})
    {
        forged.algorithm = algorithm;
        forged.key_id = "k";
        forged.signed_part = text.substr(0, bar);
        forged.signature = text;
        must(!!set.verify(forged));
    }
}

// The first line is the status, then header fields, an empty line and the body.
http::response answer_of(std::string_view text)
{
    http::response r;
    r.headers.push_back({"Content-Type", "application/json"});
    r.status = text.starts_with("400") ? 400 : text.starts_with("503") ? 503 : 200;
    text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
    if (text.starts_with("Retry-After: "))
    {
        auto const end = std::min(text.find('\n'), text.size());
        r.headers.push_back({"Retry-After", std::string(text.substr(13, end < 13 ? 0 : end - 13))});
        r.headers.push_back({"Date", "Tue, 24 Nov 2026 06:30:00 GMT"});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    r.body = text;
    return r;
}

void token_answer(http::response const& answer)
{
    error_code ec;
    oauth2::scope_set const asked = oauth2::scope_set::parse("https://outlook.office.com/SMTP.Send offline_access", ec);
    oauth2::refusal refused;
    auto const t = oauth2::read_token_response(answer, asked, detail::simulator().date(), ec, refused);
    check(refused);
    if (ec)
    {
        must(t.access.empty() && t.refresh.empty());
        return;
    }
    must(!t.access.empty() && t.access.size() <= 16'384 && t.refresh.size() <= 16'384);
    must(t.access.reveal().find_first_of("\r\n\x01 ") == std::string_view::npos);
    must(t.lifetime.count() >= 0 && t.lifetime.count() <= 172'800);
    must(!t.refresh_in || *t.refresh_in <= t.lifetime);
    must(asked.missing_in(t.scopes).empty());
}

void documents(http::response const& answer)
{
    for (char const* const tenant : {"common", "contoso.com"})
    {
        auto const from = an_authority(tenant);
        error_code ec;
        std::string subject;
        auto const m = oauth2::read_metadata(answer, from, ec, subject);
        must(!!ec == m.issuer.empty());
        if (!ec)
            for (auto const* const u : {&m.authorization_endpoint, &m.token_endpoint, &m.keys_endpoint,
                                        &m.device_authorization_endpoint, &m.end_session_endpoint})
                must(from.owns(u->server) && u->server.tls);
        oauth2::refusal said;
        auto const i = oauth2::read_instance_metadata(answer, from, ec, said);
        must(!ec || i.clouds.empty());
        must(ec || from.owns(i.tenant_discovery_endpoint.server));
    }
}

void device(http::response const& answer)
{
    detail::simulator world;
    error_code ec;
    oauth2::refusal said;
    auto const d = oauth2::read_device_authorization(answer, {}, world, ec, said);
    if (ec)
    {
        must(d.device_code.empty() && d.user_code.empty());
        return;
    }
    must(!d.device_code.empty() && !d.user_code.empty() && is_presentable(d.user_code, 64));
    must(is_presentable(d.message, 4096) && !d.message.empty());
    must(d.verification_uri.starts_with("https://") && is_presentable(d.verification_uri, 4096));
    must(d.interval.count() >= 5 && d.interval.count() <= 60);
    must(d.lifetime.count() >= 0 && d.lifetime.count() <= 86'400 && d.polled_until == world.now() + d.lifetime);
}

// A request as the listener gets it; in what it asks for "@" is the state.
void redirect(std::string const& text)
{
    detail::simulator world;
    detail::wire w;
    http::limits small;
    small.body_bytes = 4096;
    auto const r = detail::play(http::detail::read_request(w, small), {text});
    std::string parameters = text;
    if (!r.ec && r.value && *r.value)
    {
        http::request const& q = (*r.value)->message;
        must(q.target.find_first_of("\r\n ") == std::string::npos);
        parameters =
            q.method == "POST" ? q.body : q.target.substr(std::min(q.target.find('?'), q.target.size() - 1) + 1);
    }
    oauth2::app a;
    a.client_id = "client";
    a.redirect_uri = "http://localhost:3000/oauth";
    oauth2::authorization_options o;
    error_code ec;
    o.scopes = oauth2::scope_set::parse("openid https://outlook.office.com/SMTP.Send", ec);
    auto const pending = begin_authorization(world, an_authority("common"), a, o, ec);
    auto const consent = begin_admin_consent(world, an_authority("contoso.com"), a, o.scopes, ec);
    auto const with_state = [&](std::string const& url) {
        auto const at = url.find("state=") + 6;
        std::string all = parameters;
        if (auto const here = all.find('@'); here != std::string::npos)
            all.replace(here, 1, url.substr(at, url.find('&', at) - at));
        return all;
    };
    auto const answer = pending.read(with_state(pending.url()), ec);
    check(answer.refusal);
    must(!ec || answer.code.empty());
    must(answer.ec || ec || !answer.code.empty());
    must(answer.code.reveal().find_first_of("\r\n") == std::string_view::npos);
    auto const given = consent.read(with_state(consent.url()), ec);
    check(given.refusal);
    must(given.ec || ec || oauth2::is_guid(given.tenant_id));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string const text(data + 1, data + size);
    switch (data[0] % 6)
    {
    case 0: jwt(token_of(text)); break;
    case 1: keys(text); break;
    case 2: token_answer(answer_of(text)); break;
    case 3: documents(answer_of(text)); break;
    case 4: device(answer_of(text)); break;
    case 5: redirect(text); break;
    }
    error_code ec;
    auto const home = oauth2::read_client_info(text, ec);
    must(ec || (oauth2::is_guid(home.tenant_id) && is_presentable(home.text(), 256)));
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

std::string const& piece(unsigned n)
{
    static std::string const head = R"({"typ":"JWT","alg":"RS256","kid":"k"})";
    static std::string const body =
        R"({"iss":"https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0","sub":"s","nonce":"n",)"
        R"("tid":"8eaef023-2b34-4da1-9baa-8bc8c9d6a490","aud":"client","iat":1766016000,"exp":1766019900})";
    static std::string const header = detail::base64url_encode(head), claims = detail::base64url_encode(body);
    static std::string const pieces[] = {
        header + '.' + claims + ".eA",
        head + '|' + body,
        R"("aud":["client","b"],"azp":"client",)",
        R"(|{"keys":[{"kty":"EC","alg":"ES256","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"RSA","kid":"l","e":"AQAB","n":")" +
            std::string(341, 'z') + "8\"}]}",
        "200\n{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"a.b.c\",\"refresh_token\":\"r\","
        "\"scope\":\"https://outlook.office.com/SMTP.Send\",\"refresh_in\":\"1800\",\"id_token\":\"" +
            header + '.' + claims + ".eA\"}",
        "400\n{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS700082: x Trace ID: t Correlation ID: c "
        "Timestamp: 2026-11-24 06:00:00Z\",\"error_codes\":[700082],\"suberror\":\"bad_token\",\"claims\":\"{}\"}",
        "503\nRetry-After: Tue, 24 Nov 2026 06:32:00 GMT\n",
        "503\nRetry-After: 60\n",
        R"(200
{"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0","authorization_endpoint":"https://login.windows.net/a",)"
        R"("token_endpoint":"https://login.windows.net/t","jwks_uri":"https://login.windows.net/k",)"
        R"("device_authorization_endpoint":"https://login.microsoft.com/d","end_session_endpoint":"https://sts.windows.net/l"})",
        R"(200
{"tenant_discovery_endpoint":"https://login.microsoftonline.com/common/x","metadata":[{"preferred_network":"a.test",)"
        R"("preferred_cache":"a.test","aliases":["a.test","b.test"]}]})",
        R"(200
{"user_code":"A62NXK96N","device_code":"d","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,)"
        R"("interval":"5","message":"To sign in, use \u001b[2J https://microsoft.com/devicelogin"})",
        "GET /oauth?code=0.AXEA&state=@&session_state=x HTTP/1.1\r\nHost: localhost:3000\r\n\r\n",
        "POST /oauth HTTP/1.1\r\nHost: localhost:3000\r\nContent-Length: 14\r\n\r\ncode=a&state=@",
        "admin_consent=True&tenant=8eaef023-2b34-4da1-9baa-8bc8c9d6a490&scope=a+b&state=@",
        "error=access_denied&error_subcode=cancel&error_description=AADSTS65004%3a+x%0d%0aTrace+ID%3a+t&state=@",
        detail::base64url_encode(R"({"uid":"u","utid":"8eaef023-2b34-4da1-9baa-8bc8c9d6a490"})")};
    return pieces[n % std::size(pieces)];
}

}  // namespace

// Every fourth time something that authorities and browsers say is put in, which is beyond the random octets' reach.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed)
{
    if (seed % 4 != 0)
        return LLVMFuzzerMutate(data, size, most);
    std::string const& p = piece(seed / 4);
    if (size + p.size() > most)
        return LLVMFuzzerMutate(data, size, most);
    std::string text(data, data + size);
    if (seed / 64 % 4 == 0)  // and nothing else
        text = static_cast<char>(seed / 256 % 6) + p;
    else
        text.insert(text.empty() ? 0 : 1 + seed / 256 % text.size(), p);
    text.copy(reinterpret_cast<char*>(data), text.size());
    return text.size();
}
