#include "commands.hpp"
#include "console.hpp"
#include "mailbox.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <limits>

// `outkit list`: what is in a folder, or which folders there are. With --format json each line is one JSON object.

namespace cli {

int list(list_options const& o)
{
    mailbox_access a(o);
    auto const box = open_mailbox(a);
    console out(stdout);
    bool const json = o.format == format::json;
    if (o.folders)
    {
        for (folder const& f : box->folders())
            if (!json)
                out.line(printable(f.name));
            else if (f.id.empty())
                out.line(boost::json::serialize(boost::json::object{{"name", f.name}}));
            else
                out.line(boost::json::serialize(boost::json::object{{"name", f.name}, {"id", f.id}}));
    }
    else
        for (summary const& m : box->newest(o.folder, o.count, o.unread))
            out.line(json ? as_json(m) : one_line(m, out.width()), m.read || json ? style::plain : style::strong);
    out.flush();
    return out.good() ? passed : failed;
}

}  // namespace cli
