#ifndef OUTKIT_TESTS_GRAPH_OUTLOOK_HPP
#define OUTKIT_TESTS_GRAPH_OUTLOOK_HPP

#include <outkit/graph/detail/codec.hpp>
#include <outkit/mock/access.hpp>
#include <outkit/mock/graph.hpp>
#include <outkit/mock/world.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// A world for tests that speak to the mock Graph in HTTP.

namespace outkit::tests {

inline std::string const plain_mail = "From: Alex Wilber <alex@contoso.example>\r\n"
                                      "To: Adele Vance <adele@contoso.example>\r\n"
                                      "Subject: =?utf-8?Q?Quarter_figures_=C3=A9?=\r\n"
                                      "Date: Mon, 23 Nov 2026 09:58:10 +0000\r\n"
                                      "Message-ID: <one@contoso.example>\r\n"
                                      "\r\n"
                                      "Numbers <are> attached.\r\nAlex\r\n";

// A tenant with Adele, Alex and a shared mailbox.
struct outlook
{
    explicit outlook(oauth2::cloud const& c = oauth2::global_cloud())
        : in(c), host(c.graph.substr(8)), g(w, {c.graph.substr(8), "mail.test"}, c)
    {
        w.clock.set_date(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(10));
        outkit::mock::tenant t;
        t.display_name = "Contoso";
        t.domains = {"contoso.example"};
        tenant = w.directory.add_tenant(w, t).id;
        adele = add("adele", "Adele Vance");
        alex = add("alex", "Alex Wilber");
        info = add("info", "Info desk");
        info->shared_mailbox = true;
        outkit::mock::application a;
        a.tenant_id = tenant;
        a.display_name = "Mailer";
        a.app_id = "00000000-0000-4000-8000-00000000a001";
        w.directory.add_application(w, a);
        inbox = w.mailboxes.find("adele@contoso.example")->find(outkit::mock::role::inbox);
    }

    outkit::mock::user* add(std::string const& name, std::string const& display)
    {
        outkit::mock::user u;
        u.tenant_id = tenant;
        u.principal_name = name + "@contoso.example";
        u.display_name = display;
        u.given_name = display.substr(0, display.find(' '));
        u.surname = display.substr(display.find(' ') + 1);
        outkit::mock::user* const added = &w.directory.add_user(w, u);
        w.mailboxes.create({.address = added->mail, .display_name = display});
        return added;
    }

    std::string token(outkit::mock::user const& u, std::vector<std::string> permissions, std::string audience = {},
                      std::int64_t lifetime = 3600)
    {
        outkit::mock::access_claims c;
        c.audience = audience.empty() ? in.graph : std::move(audience);
        c.tenant = tenant;
        c.client_id = "00000000-0000-4000-8000-00000000a001";
        c.person = {tenant, u.id, u.principal_name, u.display_name, u.given_name, u.surname, u.mail};
        c.permissions = std::move(permissions);
        return outkit::mock::issue_access_token(w.keys, w, c, lifetime);
    }
    std::string app_token(std::vector<std::string> roles)
    {
        auto const* sp = w.directory.find_service_principal("00000000-0000-4000-8000-00000000a001", tenant);
        outkit::mock::access_claims c;
        c.audience = in.graph;
        c.tenant = tenant;
        c.client_id = sp->app_id;
        c.app_only = true;
        c.service_principal = sp->object_id;
        c.client_authentication = 1;
        c.permissions = std::move(roles);
        return outkit::mock::issue_access_token(w.keys, w, c);
    }
    std::string everything() { return token(*adele, {"User.Read", "Mail.ReadWrite", "Mail.Send"}); }

    outkit::http::response ask(std::string method, std::string target, std::string bearer,
                               outkit::http::fields headers = {}, std::string body = {})
    {
        outkit::http::request r;
        r.method = std::move(method);
        r.target = std::move(target);
        r.headers = std::move(headers);
        r.headers.push_back({"Host", host});
        if (!bearer.empty())
            r.headers.push_back({"Authorization", "Bearer " + bearer});
        r.body = std::move(body);
        return g.answer(r);
    }
    outkit::http::response get(std::string target, outkit::http::fields headers = {})
    {
        return ask("GET", std::move(target), everything(), std::move(headers));
    }

    // With a body of JSON
    outkit::http::response write(std::string method, std::string target, std::string body = {},
                                 outkit::http::fields headers = {})
    {
        headers.push_back({"Content-Type", "application/json"});
        return ask(std::move(method), std::move(target), everything(), std::move(headers), std::move(body));
    }
    outkit::http::response post(std::string target, std::string body = {})
    {
        return write("POST", std::move(target), std::move(body));
    }
    std::vector<outkit::mock::message_ptr> const& messages(std::string const& address, outkit::mock::role r)
    {
        return w.mailboxes.find(address)->find(r)->messages();
    }

    outkit::mock::message_ptr deliver(std::string raw)
    {
        return w.mailboxes.deliver(*w.mailboxes.find("adele@contoso.example"), std::move(raw)).what;
    }

    oauth2::cloud in;
    std::string host;
    outkit::mock::world w{7};
    outkit::mock::graph g;
    std::string tenant;
    outkit::mock::user *adele, *alex, *info;
    outkit::mock::folder_ptr inbox;
};

inline std::string header(outkit::http::response const& r, char const* name)
{
    std::string const* const value = outkit::http::find(r.headers, name);
    return value ? *value : std::string();
}

inline outkit::graph::problem problem_of(outkit::http::response const& r)
{
    return outkit::graph::detail::parse_problem(r, {});
}

inline void refused(outkit::http::response const& r, unsigned status, std::string_view code,
                    std::string_view message = {})
{
    BOOST_TEST(r.status == status);
    BOOST_TEST(problem_of(r).code == code);
    if (!message.empty())
        BOOST_TEST(problem_of(r).message == message);
    BOOST_TEST(header(r, "Content-Type") == "application/json");
}

}  // namespace outkit::tests

#endif
