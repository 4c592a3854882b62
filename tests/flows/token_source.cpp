// A token source in virtual time: one renewal for all who wait, and what becomes of a sign-in when it is refused.

#include <outkit/oauth2/token_source.hpp>

#include "scripted_office.hpp"
#include "store_support.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <map>
#include <set>

#include <sys/wait.h>

using namespace outkit;
using namespace outkit::detail;
using namespace outkit::tests;
using namespace std::chrono_literals;

namespace {

std::string const mail = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access openid";
std::string const graph = "https://graph.microsoft.com/Mail.Read offline_access openid";

std::string value(form const& in, std::string_view name)
{
    for (auto const& [n, v] : in)
        if (n == name)
            return v;
    return {};
}

http::response refused(std::string const& name, std::string const& suberror = {}, int code = 70000)
{
    return json(400, R"({"error":")" + name + R"(","error_description":"AADSTS)" + std::to_string(code) +
                         R"(: No. Trace ID: t","error_codes":[)" + std::to_string(code) + R"(],"suberror":")" +
                         suberror + R"(","claims":"{\"access_token\":{}}"})");
}

http::response throttled(unsigned status, std::string const& retry_after)
{
    http::response r = busy(retry_after);
    r.status = status;
    return r;
}

// What the service says of the person who signed in.
oauth2::id_claims anna()
{
    oauth2::id_claims c;
    c.tenant_id = id().tenant_id;
    c.object_id = id().object_id;
    c.preferred_username = "anna@contoso.example";
    return c;
}

// A refresh token n is answered with n + 1, and an access token of that number. In strict mode each works once, and the
// second use of one is the end of all.
struct sts
{
    int number = 1;
    bool strict = false, revoked = false;
    std::string lifetime = "3599", more;
    std::set<std::string> used;

    http::response operator()(form const& asked)
    {
        std::string const token = value(asked, "refresh_token");
        bool const again = !used.insert(token).second;
        revoked = revoked || (strict && again);
        if (revoked)
            return refused("invalid_grant", "bad_token");
        ++number;
        return json(200, R"({"token_type":"Bearer","expires_in":)" + lifetime + R"(,"access_token":"a)" +
                             std::to_string(number) + R"(","refresh_token":"r)" + std::to_string(number) + '"' + more +
                             '}');
    }
};

using source = oauth2::basic_token_source<simulated_stream>;

struct result
{
    bool done = false;
    error_code ec = {};
    std::string token = {};
};

struct scene : office
{
    explicit scene(std::shared_ptr<oauth2::token_store> in = oauth2::make_memory_token_store())
        : office({}), store(std::move(in))
    {
        decide = [this](form const& f) { return service(f); };
    }

    void sign_in(std::string const& refresh = "r1")
    {
        oauth2::stored_account a = account(refresh, who);
        a.tokens.clear();
        BOOST_TEST_REQUIRE(!keep(*store, a));
    }
    source make(std::string const& wanted = mail, oauth2::token_source_options o = {})
    {
        oauth2::app app;
        app.client_id = client_id;
        return source(simulated_stream(sim, "source", trusting_client()), std::move(app), s.from, store, who,
                      scopes(wanted), o);
    }
    std::shared_ptr<result> ask(source& from)
    {
        auto r = std::make_shared<result>();
        from.async_token([r](error_code ec, access_token t) { *r = {true, ec, std::string(t.reveal())}; });
        return r;
    }
    // Asks, and lets time go on until there is an answer.
    result get(source& from)
    {
        auto const r = ask(from);
        while (!r->done)
            pass(10ms);
        return *r;
    }
    void pass(std::chrono::nanoseconds d) { sim.run(sim.now() + d); }
    std::string said_by(source& from)
    {
        result const r = get(from);
        return r.ec ? r.ec.message() : r.token;
    }
    oauth2::stored_account in_store()
    {
        error_code ec;
        std::string said;
        auto a = store->read(who, ec, said);
        BOOST_TEST_REQUIRE((!ec && a));
        return std::move(*a);
    }

    sts service;
    oauth2::account_id who = id();
    std::shared_ptr<oauth2::token_store> store;
};

std::string message(oauth2::error e) { return make_error_code(e).message(); }

// A store some of whose calls do something else first.
struct hooked_store : oauth2::token_store
{
    explicit hooked_store(std::shared_ptr<oauth2::token_store> s) : below(std::move(s)) {}
    std::unique_ptr<lock> try_lock(oauth2::account_id const& of, error_code& ec, std::string& said) override
    {
        return taken && taken() ? nullptr : below->try_lock(of, ec, said);
    }
    std::vector<oauth2::stored_account> accounts(error_code& ec, std::string& said) override
    {
        return below->accounts(ec, said);
    }
    std::optional<oauth2::stored_account> read(oauth2::account_id const& of, error_code& ec, std::string& said) override
    {
        return below->read(of, ec, said);
    }
    void write(oauth2::stored_account const& a, error_code& ec, std::string& said) override
    {
        ec = writing ? writing() : error_code();
        if (!ec)
            below->write(a, ec, said);
        else
            said = "/home/anna/tokens: no space";
    }
    void erase(oauth2::account_id const& of, error_code& ec, std::string& said) override { below->erase(of, ec, said); }

    std::shared_ptr<oauth2::token_store> below;
    std::function<bool()> taken;
    std::function<error_code()> writing;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(token_source)

BOOST_AUTO_TEST_CASE(a_token_is_renewed_when_it_is_needed_and_kept_before_it_is_handed_out)
{
    scene o;
    o.sign_in();
    source tokens = o.make();
    BOOST_TEST(tokens.cached() == nullptr);
    BOOST_TEST(o.said_by(tokens) == "a2");
    BOOST_TEST((tokens.cached() && tokens.cached()->reveal() == "a2"));
    BOOST_TEST((o.in_store().refresh.reveal() == "r2"));
    BOOST_TEST((o.in_store().find(scopes(mail))->access.reveal() == "a2"));
    form const asked = fields_of(o.bodies.front());
    BOOST_TEST(value(asked, "grant_type") == "refresh_token");
    BOOST_TEST(value(asked, "refresh_token") == "r1");
    BOOST_TEST(value(asked, "scope") == mail);
    // Once it is there, nobody is asked until five minutes before its end.
    o.pass(3290s);
    BOOST_TEST(o.said_by(tokens) == "a2");
    o.pass(20s);
    BOOST_TEST(tokens.cached() == nullptr);
    BOOST_TEST(o.said_by(tokens) == "a3");
    BOOST_TEST(o.bodies.size() == 2u);
    // Another source of the same account finds it in the store; one for another resource has the same refresh token.
    source other = o.make(), for_graph = o.make(graph);
    BOOST_TEST(o.said_by(other) == "a3");
    BOOST_TEST(o.bodies.size() == 2u);
    BOOST_TEST(o.said_by(for_graph) == "a4");
    BOOST_TEST(value(fields_of(o.bodies.back()), "refresh_token") == "r3");
    BOOST_TEST(value(fields_of(o.bodies.back()), "scope") == graph);
    BOOST_TEST(o.in_store().tokens.size() == 2u);
    // One that a server refused is not used again, and neither is the store's copy of it.
    other.reject(*other.cached());
    BOOST_TEST(other.cached() == nullptr);
    BOOST_TEST(o.said_by(other) == "a5");
}

BOOST_AUTO_TEST_CASE(a_token_of_the_application_itself_has_no_store)
{
    scene o;
    o.decide = [&](form const& f) {
        BOOST_TEST(value(f, "grant_type") == "client_credentials");
        return json(200, R"({"token_type":"Bearer","expires_in":3599,"access_token":"app"})");
    };
    error_code ec;
    oauth2::app app;
    app.client_id = client_id;
    app.client_secret = secret("canary");
    auto const from =
        oauth2::authority::make(oauth2::global_cloud().with_login("https://mail.test"), "contoso.example", ec);
    source tokens(simulated_stream(o.sim, "source", trusting_client()), std::move(app), from,
                  scopes("https://outlook.office365.com/.default"));
    BOOST_TEST(o.said_by(tokens) == "app");
    BOOST_TEST(o.said_by(tokens) == "app");
    BOOST_TEST(o.bodies.size() == 1u);
    error_code kept_ec, out_ec;  // a mistake of the program's, and said to be one
    oauth2::token_response whole;
    whole.access = access_token("a1");
    whole.refresh = secret("r1");
    whole.received = o.sim.date();
    whole.lifetime = 3599s;
    whole.identity = anna();
    tokens.async_keep(std::move(whole), [&](error_code e, oauth2::account_id const&) { kept_ec = e; });
    o.pass(1s);
    tokens.async_sign_out([&](error_code e) { out_ec = e; });
    o.pass(1s);
    BOOST_TEST((kept_ec == oauth2::error::store_io && out_ec == oauth2::error::store_io));
    BOOST_TEST(tokens.diagnostics().find("has no store") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_sign_in_is_kept_with_its_first_token_and_forgotten)
{
    scene o;
    oauth2::token_response t;
    t.access = access_token("a1");
    t.refresh = secret("r1");
    t.received = o.sim.date();
    t.lifetime = 3599s;
    auto const copy = [&] {
        oauth2::token_response c;
        c.access = t.access.clone();
        c.refresh = t.refresh.clone();
        c.received = t.received;
        c.lifetime = t.lifetime;
        c.identity = t.identity;
        return c;
    };
    o.who = {};
    source tokens = o.make();
    auto const keep_it = [&] {
        error_code result = os_error(EAGAIN);
        tokens.async_keep(copy(), [&](error_code ec, oauth2::account_id const&) { result = ec; });
        o.pass(1s);
        return result;
    };
    BOOST_TEST(o.said_by(tokens) == message(oauth2::error::sign_in_required));
    BOOST_TEST((keep_it() == oauth2::error::missing_claim));
    t.identity = anna();
    BOOST_TEST(!keep_it());
    o.who = tokens.account();
    BOOST_TEST(o.who.login == "https://mail.test");
    BOOST_TEST(o.in_store().username == "anna@contoso.example");
    BOOST_TEST(tokens.cached()->reveal() == "a1");
    source other = o.make();
    BOOST_TEST(o.said_by(other) == "a1");
    BOOST_TEST(o.bodies.empty());
    bool out = false;
    other.async_sign_out([&](error_code ec) { out = !ec; });
    o.pass(1s);
    BOOST_TEST(out);
    BOOST_TEST(o.said_by(other) == message(oauth2::error::sign_in_required));
    BOOST_TEST(kept(*o.store, o.who) == "none");
    BOOST_TEST(o.bodies.empty());
}

BOOST_AUTO_TEST_CASE(TR_14_when_a_refresh_token_is_refused_a_newer_one_of_the_store_is_tried_once)
{
    for (bool const newer_works : {true, false})
    {
        scene o;
        o.sign_in("old");
        o.decide = [&](form const& f) {
            if (value(f, "refresh_token") == "old")
                o.sign_in("newer");  // by another process
            return newer_works && value(f, "refresh_token") == "newer" ? o.service(f)
                                                                       : refused("invalid_grant", "bad_token");
        };
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == (newer_works ? "a2" : message(oauth2::error::sign_in_required)));
        BOOST_TEST(o.bodies.size() == 2u);
        BOOST_TEST(o.in_store().refused == !newer_works);
    }
}

BOOST_AUTO_TEST_CASE(TR_15_a_refresh_token_that_is_dead_is_marked_and_not_shown_again)
{
    scene o;
    o.sign_in();
    o.service.revoked = true;
    source tokens = o.make();
    result const r = o.get(tokens);
    BOOST_TEST((r.ec == oauth2::error::sign_in_required));
    BOOST_TEST((r.ec == condition::interaction_required));
    BOOST_TEST(tokens.diagnostics().find("AADSTS70000") != std::string::npos, tokens.diagnostics());
    BOOST_TEST(tokens.diagnostics().find("r1") == std::string::npos);
    BOOST_TEST(tokens.last_refusal().suberror == "bad_token");
    BOOST_TEST((o.in_store().refused && o.in_store().refresh.reveal() == "r1"));
    source another = o.make();
    BOOST_TEST(o.said_by(tokens) == message(oauth2::error::sign_in_required));
    BOOST_TEST(o.said_by(another) == message(oauth2::error::sign_in_required));
    BOOST_TEST(o.bodies.size() == 1u);
    o.service.revoked = false;
    o.sign_in("r9");  // the person has signed in again
    BOOST_TEST(o.said_by(tokens) == "a2");
}

BOOST_AUTO_TEST_CASE(TR_16_what_a_person_must_do_ends_no_sign_in)
{
    struct row
    {
        char const *name, *suberror;
        int code;
        oauth2::error expected;
    };
    for (row const& r : {row{"interaction_required", "basic_action", 50076, oauth2::error::interaction_required},
                         row{"consent_required", "", 65001, oauth2::error::consent_required},
                         row{"login_required", "", 50058, oauth2::error::login_required},
                         row{"invalid_grant", "consent_required", 65001, oauth2::error::invalid_grant},
                         row{"invalid_grant", "basic_action", 50079, oauth2::error::invalid_grant},
                         row{"invalid_grant", "message_only", 53003, oauth2::error::invalid_grant}})
    {
        scene o;
        o.sign_in();
        o.decide = [&](form const&) { return refused(r.name, r.suberror, r.code); };
        source tokens = o.make();
        result const got = o.get(tokens);
        BOOST_TEST((got.ec == r.expected), got.ec.message());
        BOOST_TEST((got.ec == condition::interaction_required));
        BOOST_TEST(tokens.last_refusal().claims == R"({"access_token":{}})");
        BOOST_TEST(!o.in_store().refused);
        // The person has done it.
        o.decide = [&](form const& f) { return o.service(f); };
        BOOST_TEST(o.said_by(tokens) == "a2");
        BOOST_TEST(value(fields_of(o.bodies.back()), "refresh_token") == "r1");
    }
}

BOOST_AUTO_TEST_CASE(TR_17_a_busy_authority_is_asked_again_within_limits_and_then_left_alone)
{
    for (unsigned const status : {429u, 500u, 503u})
    {
        scene o;
        o.sign_in();
        o.answers = {throttled(status, "7")};
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == "a2");
        BOOST_TEST(o.asked_at.size() == 2u);
        BOOST_TEST(o.asked_at.back() - o.asked_at.front() == 7);
    }
    {  // without Retry-After: 1 and 2 seconds and a little
        scene o;
        o.sign_in();
        o.answers = {throttled(503, ""), throttled(503, ""), throttled(503, "")};
        source tokens = o.make();
        result const r = o.get(tokens);
        BOOST_TEST((r.ec == condition::transient), r.ec.message());
        BOOST_TEST_REQUIRE(o.asked_at.size() == 3u);
        auto const waited = o.asked_at.back() - o.asked_at.front();
        BOOST_TEST((waited >= 3 && waited <= 5), waited);
        BOOST_TEST((o.in_store().refresh.reveal() == "r1" && !o.in_store().refused));
        BOOST_TEST(o.said_by(tokens) == "a2");
    }
    {  // longer than anybody waits: told at once, and nobody is asked before the time has come
        scene o;
        o.sign_in();
        o.answers = {throttled(429, "100")};
        source tokens = o.make();
        for (int n = 0; n != 3; ++n)
        {
            result const r = o.get(tokens);
            BOOST_TEST((r.ec.value() == 429 && r.ec == condition::transient), r.ec.message());
        }
        BOOST_TEST(o.bodies.size() == 1u);
        o.pass(101s);
        BOOST_TEST(o.said_by(tokens) == "a2");
    }
    {  // while the old token is good it is used
        scene o;
        o.sign_in();
        o.service.lifetime = "600";
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == "a2");
        o.pass(400s);
        BOOST_TEST(tokens.cached() == nullptr);
        o.decide = [](form const&) { return throttled(503, "3000"); };
        BOOST_TEST(o.said_by(tokens) == "a2");
        BOOST_TEST(o.bodies.size() == 2u);
        o.pass(201s);
        BOOST_TEST((o.get(tokens).ec == condition::transient));
        BOOST_TEST(o.bodies.size() == 2u);
    }
}

BOOST_AUTO_TEST_CASE(TR_19_killed_between_answer_and_save_the_old_token_is_still_there)
{
    for (bool const strict : {false, true})
    {
        folder f;
        {
            scene o(oauth2::make_file_token_store(f.at("tokens"), {}));
            o.sign_in();
        }
        pid_t const child = ::fork();
        BOOST_TEST_REQUIRE(child >= 0);
        if (child == 0)
        {
            auto const hooked = std::make_shared<hooked_store>(oauth2::make_file_token_store(f.at("tokens"), {}));
            scene o(hooked);
            hooked->writing = [] {
                ::raise(SIGKILL);
                return error_code();
            };
            source tokens = o.make();
            o.get(tokens);
            ::_exit(1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST(WIFSIGNALED(status));
        scene o(oauth2::make_file_token_store(f.at("tokens"), {}));
        o.service.strict = strict;
        o.service.used = {"r1"};  // by the one that died
        BOOST_TEST((o.in_store().refresh.reveal() == "r1"));
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == (strict ? message(oauth2::error::sign_in_required) : "a2"));
        BOOST_TEST(o.in_store().refused == strict);
    }
}

BOOST_AUTO_TEST_CASE(TR_20_a_token_that_cannot_be_saved_is_used_and_saved_the_next_time)
{
    auto const hooked = std::make_shared<hooked_store>(oauth2::make_memory_token_store());
    scene o(hooked);
    o.sign_in();
    o.service.strict = true;  // the old one is dead from now on
    hooked->writing = [] { return make_error_code(oauth2::error::store_io); };
    source tokens = o.make();
    BOOST_TEST(o.said_by(tokens) == "a2");
    BOOST_TEST((tokens.store_trouble() == oauth2::error::store_io));
    BOOST_TEST(tokens.store_diagnostics().find("no space") != std::string::npos);
    BOOST_TEST((o.in_store().refresh.reveal() == "r1"));
    o.pass(3400s);
    BOOST_TEST(o.said_by(tokens) == "a3");  // with the one in memory
    BOOST_TEST((o.in_store().refresh.reveal() == "r1"));
    hooked->writing = nullptr;
    o.pass(3400s);
    BOOST_TEST(o.said_by(tokens) == "a4");
    BOOST_TEST(!tokens.store_trouble());
    BOOST_TEST((o.in_store().refresh.reveal() == "r4"));
}

BOOST_AUTO_TEST_CASE(an_id_token_of_a_renewal_is_about_the_same_account_and_asks_for_no_keys)
{
    for (std::string const subject : {"sub", "somebody else"})
    {
        scene o;
        o.sign_in();
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(o.sim.date().time_since_epoch()).count();
        std::string const claims = R"({"iss":"https://mail.test/)" + o.who.tenant_id + R"(/v2.0","sub":")" + subject +
                                   R"(","aud":")" + client_id + R"(","tid":")" + o.who.tenant_id + R"(","iat":)" +
                                   std::to_string(seconds) + R"(,"exp":)" + std::to_string(seconds + 3600) + '}';
        o.service.more = R"(,"id_token":")" + base64url_encode(R"({"typ":"JWT","alg":"RS256","kid":"k"})") + '.' +
                         base64url_encode(claims) + R"(.eA")";
        oauth2::stored_account a = o.in_store();
        a.issuer = "https://mail.test/" + o.who.tenant_id + "/v2.0";
        BOOST_TEST(!keep(*o.store, a));
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == (subject == "sub" ? "a2" : message(oauth2::error::account_mismatch)));
        BOOST_TEST(o.targets == (std::vector<std::string>{"/common/oauth2/v2.0/token"}),
                   boost::test_tools::per_element());
        BOOST_TEST((o.in_store().refresh.reveal() == (subject == "sub" ? "r2" : "r1")));
    }
}

BOOST_AUTO_TEST_CASE(TR_28_a_thousand_callers_are_one_request_and_get_one_result)
{
    for (bool const fails : {false, true})
    {
        scene o;
        o.sign_in();
        o.service.revoked = fails;
        source tokens = o.make();
        std::vector<std::shared_ptr<result>> all;
        for (int n = 0; n != 1000; ++n)
            all.push_back(o.ask(tokens));
        o.sim.run();
        BOOST_TEST(o.bodies.size() == 1u);
        std::size_t right = 0;
        for (auto const& r : all)
            right += r->done && (fails ? r->ec == oauth2::error::sign_in_required : r->token == "a2");
        BOOST_TEST(right == 1000u);
        // All of them again: the token is there.
        for (auto& r : all)
            r = o.ask(tokens);
        o.sim.run();
        BOOST_TEST(o.bodies.size() == 1u);
    }
    // The source goes away: all are told.
    scene o;
    o.sign_in();
    std::vector<std::shared_ptr<result>> all;
    {
        source tokens = o.make();
        for (int n = 0; n != 10; ++n)
            all.push_back(o.ask(tokens));
    }
    o.sim.run();
    for (auto const& r : all)
        BOOST_TEST((r->done && r->ec == os_error(ECANCELED)), r->ec.message());
}

BOOST_AUTO_TEST_CASE(TR_29_a_request_that_was_lost_is_made_once_more)
{
    for (bool const strict : {false, true})
    {
        scene o;
        o.sign_in();
        o.service.strict = strict;
        int requests = 0;
        o.decide = [&](form const& f) {
            http::response r = o.service(f);
            return ++requests == 1 ? hang_up() : std::move(r);  // carried out, and then the line is dead
        };
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == (strict ? message(oauth2::error::sign_in_required) : "a3"));
        BOOST_TEST(requests == 2);
        BOOST_TEST(o.in_store().refused == strict);
    }
    scene o;
    o.sign_in();
    o.decide = [](form const&) { return hang_up(); };
    source tokens = o.make();
    BOOST_TEST((o.get(tokens).ec == condition::transient));
    BOOST_TEST(o.bodies.size() == 2u);
    BOOST_TEST((o.in_store().refresh.reveal() == "r1" && !o.in_store().refused));
}

BOOST_AUTO_TEST_CASE(TS_18_without_the_lock_nothing_is_asked_and_nothing_written)
{
    auto const hooked = std::make_shared<hooked_store>(oauth2::make_memory_token_store());
    scene o(hooked);
    o.sign_in();
    time_point const from = o.sim.now();
    hooked->taken = [&] { return o.sim.now() < from + 60s; };  // by a process that is stopped
    source tokens = o.make();
    BOOST_TEST(o.said_by(tokens) == message(oauth2::error::store_busy));
    BOOST_TEST((o.sim.now() - from >= 10s && o.sim.now() - from < 11s));
    BOOST_TEST(o.bodies.empty());
    BOOST_TEST((o.in_store().refresh.reveal() == "r1"));
    // When it goes on within the time, so do all others.
    o.pass(45s);
    BOOST_TEST(o.said_by(tokens) == "a2");
}

BOOST_AUTO_TEST_CASE(TS_25_who_has_signed_out_is_not_brought_back)
{
    for (bool const refused_then : {false, true})
    {
        scene o;
        o.sign_in();
        o.decide = [&](form const& f) {
            error_code ec;
            std::string said;
            o.store->erase(o.who, ec, said);  // by somebody who cares for no lock
            return refused_then ? refused("invalid_grant", "bad_token") : o.service(f);
        };
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == message(oauth2::error::sign_in_required));
        BOOST_TEST(kept(*o.store, o.who) == "none");
    }
}

BOOST_AUTO_TEST_CASE(TS_28_a_full_disk_ends_nothing_and_the_first_save_that_works_has_all)
{
    auto const hooked = std::make_shared<hooked_store>(oauth2::make_memory_token_store());
    scene o(hooked);
    o.sign_in();
    o.service.strict = true;
    time_point const from = o.sim.now();
    hooked->writing = [&] {
        return o.sim.now() < from + 3600s ? make_error_code(oauth2::error::store_io) : error_code();
    };
    source tokens = o.make();
    for (int n = 2; n != 8; ++n)
    {
        BOOST_TEST(o.said_by(tokens) == "a" + std::to_string(n));
        o.pass(800s);
        tokens.reject(access_token("a" + std::to_string(n)));
    }
    BOOST_TEST((o.in_store().refresh.reveal() == "r7"));
    BOOST_TEST(!tokens.store_trouble());
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_again_and_again_is_stopped_before_the_authority_does)
{
    {
        scene o;
        o.sign_in();
        o.service.lifetime = "0";  // usable for this call only
        source tokens = o.make();
        for (int n = 2; n != 14; ++n)
            BOOST_TEST(o.said_by(tokens) == "a" + std::to_string(n));
        BOOST_TEST(o.said_by(tokens) == message(oauth2::error::request_loop));
        BOOST_TEST(o.bodies.size() == 12u);
        o.pass(301s);
        BOOST_TEST(o.said_by(tokens) == "a14");
    }
    {  // a short token serves as long as it lasts
        scene o;
        o.sign_in();
        o.service.lifetime = "200";
        source tokens = o.make();
        for (int n = 0; n != 30; ++n)
            BOOST_TEST(!o.get(tokens).ec);
        BOOST_TEST(o.bodies.size() == 12u);
    }
    {  // the authority has had enough: that says nothing of the refresh token
        scene o;
        o.sign_in();
        o.answers = {refused("invalid_grant", "", 50196)};
        source tokens = o.make();
        BOOST_TEST(o.said_by(tokens) == message(oauth2::error::request_loop));
        BOOST_TEST(o.said_by(tokens) == message(oauth2::error::request_loop));
        BOOST_TEST(o.bodies.size() == 1u);
        BOOST_TEST(!o.in_store().refused);
        o.pass(301s);
        BOOST_TEST(o.said_by(tokens) == "a2");
    }
}

BOOST_AUTO_TEST_CASE(a_renewal_fails_at_each_step_and_nothing_is_lost)
{
    std::size_t steps = 0;
    for (std::size_t at = 1;; ++at)
    {
        scene o;
        o.sign_in();
        bool failed = false;
        o.sim.fate = [&](simulator::task& t) {
            if (t.name != "source" || t.request().what == io_request::kind::wait || t.steps < at || failed)
                return error_code();
            failed = true;
            return os_error(ECONNRESET);
        };
        source tokens = o.make();
        result const r = o.get(tokens);
        if (!failed)
            break;
        ++steps;
        BOOST_TEST_CONTEXT("step " << at)
        {
            BOOST_TEST(!r.ec, r.ec.message());  // once more, and it works
            BOOST_TEST((o.in_store().refresh.reveal() == "r" + std::to_string(o.service.number)));
        }
    }
    BOOST_TEST(steps >= 4u);  // connect, handshake, write, read
}

BOOST_AUTO_TEST_SUITE_END()
