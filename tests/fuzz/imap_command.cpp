// Feeds octets to the server's reader of IMAP commands. What was understood is written as the client writes it, and read
// again: it must mean the same.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/imap_command.cpp -lssl -lcrypto

#include <outkit/imap/detail/command.hpp>

#include <outkit/detail/simulate.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;
using namespace outkit::imap;
using namespace outkit::imap::detail;

namespace {

void must(bool holds)
{
    if (!holds)
        std::abort();
}

// A command as it arrives at a server.
struct sent
{
    std::string frame;
    std::vector<literal_mark> literals;

    explicit sent(command const& c)
    {
        frame = "a ";
        for (command::piece const& p : c.pieces)
        {
            if (p.is_literal)
            {
                frame += '{' + std::to_string(p.text.size()) + "}\r\n";
                literals.push_back({.at = frame.size(), .octets = p.text.size()});
            }
            frame += p.text;
        }
    }
};

// Reads the arguments of a command of ours with `read`; they must be all of it.
template <class Read>
auto again(command const& c, Read read)
{
    must(!c.ec);
    sent const s(c);
    command_reader r(s.frame, s.literals);
    must(r.tag() == "a" && r.blank() && r.name() == "X" && r.blank());
    auto value = read(r);
    must(value && r.at_end());
    return value;
}

bool same(section const& a, section const& b)
{
    return a.part == b.part && a.what == b.what && a.fields == b.fields && a.mark_seen == b.mark_seen &&
           a.only.has_value() == b.only.has_value() &&
           (!a.only || (a.only->first == b.only->first && a.only->octets == b.only->octets));
}

// All the arguments that can be found at this place of the command.
void arguments(command_reader const& at)
{
    command_reader r = at;
    if (auto const text = r.astring(); text && text->find_first_of(std::string_view("\r\n\0", 3)) == text->npos)
        must(again(command("X").astring(*text), [](command_reader& c) { return c.astring(); }) == text);
    r = at;
    if (auto const set = r.set())
    {
        must(number_set::parse(set->to_string()) == *set);
        must(again(command("X").set(*set), [](command_reader& c) { return c.set(); }) == set);
    }
    r = at;
    if (auto const n = r.number())
        must(again(command("X").number(*n), [](command_reader& c) { return c.number(); }) == n);
    r = at;
    if (auto const f = r.flag_list(true); f && !check(*f))
        must(again(command("X").flag_list(*f), [](command_reader& c) { return c.flag_list(true); }) == f);
    r = at;
    if (auto const t = r.date_time())
        must(again(command("X").date_time(*t), [](command_reader& c) { return c.date_time(); }) == t);
    r = at;
    if (auto const d = r.date())
        must(again(command("X").date(*d), [](command_reader& c) { return c.date(); }) == d);
    r = at;
    r.list_mailbox();
    r = at;
    r.literal();
    r = at;
    r.atom();
    r = at;
    if (auto const items = r.fetch_items())
    {
        fetch_items wanted;
        for (fetch_section const& s : items->sections)
            if (!check(s.wanted))
                wanted.sections.push_back(s.wanted);
        if (wanted.sections.empty())
            return;
        auto const got = again(command("X").items(wanted), [](command_reader& c) { return c.fetch_items(); });
        must(got->sections.size() == wanted.sections.size());
        for (std::size_t i = 0; i != wanted.sections.size(); ++i)
            must(same(got->sections[i].wanted, wanted.sections[i]));
    }
}

void commands(std::string const& text)
{
    imap::limits l;
    l.literals = 20;
    auto read = [&](wire& w) -> flow<> {
        framer frames(framer::role::server, l);
        for (;;)
        {
            error_code ec;
            framer::step const step = frames.next(w, ec);
            if (ec)
                co_await fail(ec);
            if (step == framer::step::need_input)
                co_await w.fill();
            if (step != framer::step::complete)
                continue;
            command_reader r(frames.text(), frames.literals());
            r.tag();
            r.blank();
            r.name();
            for (int i = 0; i != 20 && !r.at_end(); ++i)
            {
                if (!r.blank() && !r.open())
                    break;
                arguments(r);
                if (!r.astring() && !r.atom() && !r.close())
                    break;
            }
        }
    };
    wire w(l.line);
    outkit::detail::play(read(w), {text});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    commands(std::string(data, data + size));
    return 0;
}
