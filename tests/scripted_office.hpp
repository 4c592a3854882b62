#ifndef OUTKIT_TESTS_SCRIPTED_OFFICE_HPP
#define OUTKIT_TESTS_SCRIPTED_OFFICE_HPP

// An authority in the simulator, at "mail.test", for conversations in virtual time.

#include <outkit/oauth2/detail/flows.hpp>

#include "support.hpp"

#include <outkit/detail/encoding.hpp>
#include <outkit/http/detail/http1.hpp>

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace outkit::tests {

inline constexpr char const* client_id = "00001111-aaaa-2222-bbbb-3333cccc4444";

using form = std::vector<std::pair<std::string, std::string>>;

inline form fields_of(std::string_view text)
{
    form fields;
    while (!text.empty())
    {
        auto const end = std::min(text.find('&'), text.size());
        auto const equals = text.find('=');
        fields.emplace_back(detail::form_decode(text.substr(0, equals)).value(),
                            detail::form_decode(text.substr(equals + 1, end - equals - 1)).value());
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return fields;
}

inline http::response json(unsigned status, std::string body)
{
    http::response r;
    r.status = status;
    r.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
    r.body = std::move(body);
    return r;
}

inline http::response busy(std::string const& retry_after = {})
{
    http::response r;
    r.status = 503;
    r.headers.push_back({"Content-Type", "text/html"});
    if (!retry_after.empty())
        r.headers.push_back({"Retry-After", retry_after});
    r.body = "<html>busy</html>";
    return r;
}
inline http::response hang_up()
{
    http::response r;
    r.status = 0;
    return r;
}

// An authority that says one thing after the other, or what it is told to say, and remembers when it was asked.
struct office
{
    explicit office(std::deque<http::response> a) : answers(std::move(a))
    {
        error_code ec;
        auto const cloud = oauth2::global_cloud().with_login("https://mail.test");
        s.from = oauth2::authority::make(cloud, "common", ec);
        BOOST_TEST_REQUIRE(!ec);
        s.application.client_id = client_id;
        s.options.verify_signatures = false;
        sim.listen("mail.test", 443, [this](detail::wire& w) { return serve(w); }, tests::certified_server());
    }
    office(office const&) = delete;

    detail::flow<> serve(detail::wire& w)
    {
        co_await w.start_tls();
        http::limits const l;
        while (auto r = co_await http::detail::read_request(w, l))
        {
            asked_at.push_back(std::chrono::duration_cast<std::chrono::seconds>(sim.now() - begin).count());
            targets.push_back(r->message.target);
            bodies.push_back(r->message.body);
            http::response answer;
            answer.status = 0;
            if (!answers.empty())
            {
                answer = std::move(answers.front());
                answers.pop_front();
            }
            else if (decide)
                answer = decide(fields_of(bodies.back()));
            if (answer.status == 0)
            {
                co_await w.close();
                co_return;
            }
            co_await http::detail::write_response(w, std::move(answer));
        }
    }

    template <class T>
    std::shared_ptr<detail::simulator::result<T>> run(detail::flow<T> f)
    {
        begin = sim.now();
        auto r = sim.start("client", std::move(f), tests::trusting_client());
        sim.run();
        return r;
    }
    std::shared_ptr<detail::simulator::result<oauth2::token_response>> poll(oauth2::device_authorization d)
    {
        return run(oauth2::detail::await_device(s, std::move(d)));
    }
    oauth2::device_authorization code(std::chrono::seconds interval = std::chrono::seconds(5),
                                      std::chrono::seconds life = std::chrono::seconds(900))
    {
        oauth2::device_authorization d;
        d.device_code = secret("canary-device");
        d.interval = interval;
        d.polled_until = sim.now() + life;
        d.scopes.add("https://outlook.office.com/IMAP.AccessAsUser.All");
        return d;
    }

    detail::simulator sim{1};
    std::deque<http::response> answers;
    std::function<http::response(form const&)> decide = {};  // when there are no answers left
    oauth2::detail::session s;
    detail::time_point begin = {};
    std::vector<std::int64_t> asked_at;
    std::vector<std::string> targets, bodies;
};

}  // namespace outkit::tests

#endif
