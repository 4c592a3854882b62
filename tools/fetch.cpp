#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "mailbox.hpp"

#include <outkit/mime/header.hpp>
#include <outkit/mime/structure.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <unistd.h>

// `outkit fetch`: one message, as people read it or as it is.

namespace cli {

namespace {

namespace mime = outkit::mime;

void show(std::string const& raw, console& out)
{
    mime::structure const s = mime::parse(raw);
    auto const fields = mime::read_fields(mime::header_of(s.parts.front(), raw));
    for (char const* const name : {"From", "To", "Cc", "Date", "Subject"})
        if (mime::field const* const f = mime::find(fields, name))
            for (bool first = true;
                 std::string const& line :
                 wrap(printable(fmt::format("{}: {}", name, mime::read_text(f->value)), 4096), out.width()))
            {
                out.line((first ? "" : "    ") + line, first ? style::strong : style::plain);
                first = false;
            }
    mime::contents const c = mime::find_contents(s);
    for (std::uint32_t const i : c.attachments)
    {
        mime::part const& p = s.parts[i];
        std::string const file = p.file_name();
        out.line(fmt::format("[{}{}{}, {} octets]", printable(file, 256), file.empty() ? "" : ", ",
                             printable(p.type + '/' + p.subtype, 128), mime::decoded_body(p, raw).size()),
                 style::faint);
    }
    out.line();
    if (c.text == mime::no_part)
    {
        out.line(c.html == mime::no_part ? "(there is no text in it; --raw shows all)"
                                         : "(there is no plain text in it, only HTML; --raw shows it)",
                 style::faint);
        return;
    }
    mime::part const& p = s.parts[c.text];
    std::string text = mime::decoded_text(p, raw);
    std::string const* const format = p.find("format");
    std::string const* const space = p.find("delsp");
    if (format && *format == "flowed")
        text = mime::unflow(text, space && *space == "yes");
    std::string_view rest = text;
    while (!rest.empty())
    {
        std::size_t const end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        std::string shown;
        for (std::size_t tab = line.find('\t'); tab != line.npos; tab = line.find('\t'))
        {
            shown += printable(line.substr(0, tab)) + "    ";
            line.remove_prefix(tab + 1);
        }
        out.line(shown + printable(line));
    }
}

}  // namespace

int fetch(fetch_options const& o)
{
    if (o.raw && o.output.empty() && ::isatty(STDOUT_FILENO))
        throw usage_error("a message as it is may have anything in it, and standard output is a terminal; name a file "
                          "with --output");
    mailbox_access a(o);
    auto const box = open_mailbox(a);
    console out(stdout);
    if (!o.output.empty())
    {
        std::string raw;
        box->read(o.folder, o.id, o.mark_read, [&](std::string_view piece) { raw += piece; });
        write_private_file(o.output, raw);
        out.line(fmt::format("{} octets in {}", raw.size(), printable(o.output)));
    }
    else if (o.raw)
        box->read(o.folder, o.id, o.mark_read, [&](std::string_view piece) { out.write(piece); });
    else
    {
        std::string raw;
        box->read(o.folder, o.id, o.mark_read, [&](std::string_view piece) { raw += piece; });
        show(raw, out);
    }
    out.flush();
    return out.good() ? passed : failed;
}

}  // namespace cli
