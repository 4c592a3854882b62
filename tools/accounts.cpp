#include "commands.hpp"
#include "console.hpp"
#include "sign_ins.hpp"

#include <outkit/blocking.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

// `outkit accounts`: who is signed in, and signing them out.

namespace cli {

namespace {

namespace oauth2 = outkit::oauth2;
using outkit::error_code;

std::string day_of(oauth2::stored_account const& a)
{
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(a.signed_in)));
}

// Without any request: there is nothing to be asked of the authority.
void sign_out(opened_store const& in, oauth2::stored_account const& a)
{
    outkit::blocking_context io;
    oauth2::token_source source(outkit::stream(io.get_executor()), {}, {}, in.store, a.id, {});
    error_code ec;
    source.async_sign_out(io.wait(ec));
    if (ec)
        throw std::runtime_error(with_words(ec, source.diagnostics()));
}

}  // namespace

int accounts(accounts_options const& o)
{
    opened_store const in = open_store(o.store);
    std::vector<oauth2::stored_account> all = all_accounts(in);
    console out(stdout);
    if (!o.sign_out.empty())
    {
        auto const end =
            std::remove_if(all.begin(), all.end(), [&](auto const& a) { return !is_meant(a, o.sign_out); });
        all.erase(end, all.end());
        if (all.empty())
            throw std::runtime_error(printable(o.sign_out, 256) + " is not signed in; outkit accounts tells who is");
        for (oauth2::stored_account const& a : all)
        {
            sign_out(in, a);
            out.line(fmt::format("signed out {} of the application {}", name_of(a), printable(a.id.client_id, 64)));
        }
        out.flush();
        return out.good() ? passed : failed;
    }
    if (o.format == format::json)
    {
        boost::json::array list;
        for (oauth2::stored_account const& a : all)
            list.push_back({{"user", printable(a.username, 256)},
                            {"name", printable(a.name, 256)},
                            {"tenant_id", a.id.tenant_id},
                            {"object_id", a.id.object_id},
                            {"client_id", a.id.client_id},
                            {"login", a.id.login},
                            {"authority", a.tenant},
                            {"signed_in", day_of(a)},
                            {"needs_sign_in", a.refused}});
        out.line(
            boost::json::serialize(boost::json::object{{"store", printable(in.path)}, {"accounts", std::move(list)}}));
    }
    else if (all.empty())
        out.line(fmt::format("nobody is signed in; sign-ins are kept in {}", printable(in.path)));
    else
        for (oauth2::stored_account const& a : all)
        {
            out.write(name_of(a), style::strong);
            out.line(fmt::format("  since {}{}", day_of(a), a.refused ? ", not accepted any more: sign in again" : ""));
            out.line(fmt::format("  application {} at {}/{}", printable(a.id.client_id, 64), printable(a.id.login, 256),
                                 printable(a.tenant, 256)),
                     style::faint);
        }
    out.flush();
    return out.good() ? passed : failed;
}

}  // namespace cli
