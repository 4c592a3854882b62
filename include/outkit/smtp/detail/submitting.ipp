#ifndef OUTKIT_SMTP_DETAIL_SUBMITTING_IPP
#define OUTKIT_SMTP_DETAIL_SUBMITTING_IPP

#include <outkit/sasl/error.hpp>
#include <outkit/smtp/detail/submitting.hpp>
#include <outkit/smtp/refusal.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace outkit::inline OUTKIT_ABI::smtp::detail {

using outkit::detail::attempt;
using outkit::detail::fail;

// Another try may do better. Of too many recipients there are as many the next time.
OUTKIT_DECL bool is_for_now(reply const& r)
{
    return r.code >= 400 && r.code < 500 && refusal_of(r) != refusal::too_many_recipients;
}

// Another token may do better, as far as the server says.
OUTKIT_DECL bool blames_token(reply const& r)
{
    refusal const why = refusal_of(r);
    return why == refusal::identity_refused || why == refusal::not_signed_in || why == refusal::unnamed;
}

// The rounds of one operation: in each, what is left is offered to the server over one connection.
class rounds
{
public:
    rounds(submitter& a, std::vector<mail>& messages, progress& now)
        : a_(a),
          messages_(messages),
          now_(now),
          tried_(messages.size()),
          read_(messages.size()),
          left_(messages.size(), 1)
    {
        for (std::size_t i = 0; i != messages.size(); ++i)
            if (octet_source& from = messages[i].source; from.read)
                from.read = [this, i, read = std::move(from.read)](char* into, std::size_t most, error_code& ec) {
                    read_[i] = true;
                    return read(into, most, ec);
                };
    }
    rounds(rounds const&) = delete;

    // False: nothing is left.
    bool begin()
    {
        now_.refusal = {};
        now_.refused = {};
        for (std::size_t i = 0; i != left_.size(); ++i)
            if (left_[i])
                begin_again(i);
        return left();
    }
    bool left() const { return std::find(left_.begin(), left_.end(), 1) != left_.end(); }

    enum class then
    {
        again,       // after a wait
        at_once,     // without
        with_token,  // without, but with another token
        over
    };

    // What a round has made of the messages; `end` is how it ended, `reached` whether the server had let us in, `reused`
    // whether the connection was there before.
    then weigh(mailing_end& end, bool reached, bool reused)
    {
        bool settled = false, own = false;
        std::size_t first = nobody;
        reply said;  // about all messages
        if (!reached || end.cause == error::service_closing)
            said = a_.s.refused;
        for (std::size_t i = 0; i != left_.size(); ++i)
        {
            if (!left_[i])
                continue;
            delivery& d = now_.deliveries[i];
            if (said.code == 0 && would_refuse_all(d.reply))
                said = d.reply;
            bool const unsent = d.ec == error::not_sent;
            bool const unsigned_in = d.ec == error::authentication_required && !renewed_;
            left_[i] = unsent || unsigned_in || is_for_now(d.reply);
            if (left_[i] && read_[i] && !messages_[i].rewind)
            {
                left_[i] = false;
                if (unsent)
                    d.ec = end.cause;
            }
            if (left_[i])
            {
                first = std::min(first, i);
                tried_[i] += !unsent;
                continue;
            }
            bool const doubtful = d.ec == error::outcome_unknown;
            if (doubtful && doubt_.empty())
                doubt_ = std::move(end.diagnostics);
            settled = settled || !doubtful;
            own = own || (!doubtful && d.ec == end.ec);
        }
        setbacks_ = settled ? 1 : setbacks_ + 1;
        if (first == nobody)
            return then::over;
        if (said.code == int(error::authentication_required) || end.ec == error::authentication_failed)
        {
            if (std::exchange(renewed_, true) || !blames_token(said))
                return then::over;
            return then::with_token;
        }
        if (end.ec && own)  // a message's own source, for example; it has cost the connection
            return then::at_once;
        if (end.ec && !outkit::detail::is_loss(end.cause))
            return then::over;
        bool const unsent = now_.deliveries[first].ec == error::not_sent;
        refusal const why = refusal_of(said);
        rated_ = why == refusal::submission_rate;
        // The connection was good, and has ended with nothing in between.
        bool const in_between = why == refusal::none || why == refusal::session_timed_out;
        if (end.ec && end.ec == end.cause && reached && (reused || settled) && unsent && in_between)
            return then::at_once;
        tried_[first] += end.ec && unsent;
        unsigned const most = std::max(1u, a_.policy.attempts);
        if ((end.ec || would_refuse_all(said)) && tried_[first] >= most)
            return then::over;
        for (std::size_t i = 0; i != left_.size(); ++i)
            left_[i] = left_[i] && tried_[i] < most;
        return left() ? then::again : then::over;
    }

    std::chrono::milliseconds wait(outkit::detail::environment& world) const
    {
        submission_policy const& p = a_.policy;
        auto const usual = outkit::detail::back_off(world, p.first_wait, p.longest_wait, setbacks_);
        return rated_ ? std::max(usual, p.rate_wait) : usual;
    }

    // Says of the first message that was not taken what became of it.
    void conclude()
    {
        now_.refusal = {};
        for (delivery const& d : now_.deliveries)
            note_outcome(a_.s, now_, d);
        if (now_.refusal == error::outcome_unknown)
            *a_.s.server_said = doubt_;
        a_.s.refused = now_.refused;
    }

private:
    void begin_again(std::size_t i)
    {
        delivery& d = now_.deliveries[i];
        d = {};
        error_code ec;
        if (std::exchange(read_[i], false))
            ec = messages_[i].rewind();
        if (ec)
            d.ec = ec;
        left_[i] = !ec;
    }

    submitter& a_;
    std::vector<mail>& messages_;
    progress& now_;
    std::vector<unsigned> tried_;  // how often each was refused, or was first in line when there was no connection
    std::vector<char> read_;       // its source has given something
    std::vector<char> left_;       // it is to be sent yet
    unsigned setbacks_ = 0;        // rounds in which nothing was settled
    bool renewed_ = false;         // the token has been refused once
    bool rated_ = false;           // for too many messages a minute
    std::string doubt_;            // about the first message that is in doubt
};

// A connection that is signed in.
OUTKIT_DECL flow<> reach(submitter& a)
{
    forget_refusal(a.s);
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    if (a.access.rejected || (a.access.renew_at && world.date() >= *a.access.renew_at))
        co_await leave(a);
    if (a.s.ready && a.s.authenticated)
        co_return;
    submission_policy const& p = a.policy;
    error_code const none = sasl::error::invalid_access_token;
    access_token token = co_await outkit::detail::ask_for_token(a.access, p.token_patience, p.before_expiry, none);
    endpoint server = a.to.server;
    co_await connect(a.s, std::move(server));
    co_await authenticate(a.s, a.to.user, std::move(token));
}

OUTKIT_DECL flow<mailing_end> one_round(submitter& a, std::vector<mail> const& messages, progress& now, bool& reached)
{
    auto there = co_await attempt(reach(a));
    reached = !there.ec;
    mailing_end end{there.ec, there.ec, std::move(there.diagnostics)};
    if (reached)
        end = co_await send_unsent(a.s, messages, now);
    if (end.ec)
    {
        a.s.ready = a.s.authenticated = false;
        co_await a.s.w.close();  // a message that is not complete is dropped by the server
    }
    co_return end;
}

OUTKIT_DEF flow<> submit(submitter& a, std::vector<mail> messages, std::shared_ptr<progress> now)
{
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    auto const until = world.now() + a.policy.budget;
    forget_refusal(a.s);
    now->deliveries.resize(messages.size());
    now->yielding = true;
    rounds r(a, messages, *now);
    while (r.begin())
    {
        bool const reused = a.s.ready && a.s.authenticated;
        bool reached = false;
        mailing_end end = co_await one_round(a, messages, *now, reached);
        auto next = r.weigh(end, reached, reused);
        a.access.rejected = a.access.rejected || next == rounds::then::with_token;
        auto const wait = r.wait(world);
        if (next == rounds::then::again && world.now() + wait > until)
            next = rounds::then::over;
        if (next == rounds::then::over && end.ec && r.left())
            co_await fail(end.ec, std::move(end.diagnostics));
        if (next == rounds::then::over)
            break;
        if (next == rounds::then::again)
            co_await outkit::detail::sleep_until(world.now() + wait);
    }
    r.conclude();
}

OUTKIT_DEF flow<> leave(submitter& a)
{
    if (a.s.ready)
        co_await quit(a.s);
}

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#endif
