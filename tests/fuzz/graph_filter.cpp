// Feeds octets to the mock's parsers of a URL's query, of $filter and of $orderby, and to what looks at the same texts on the
// client's side.
//
//   clang++-19 -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -Iinclude -Imocks tests/fuzz/graph_filter.cpp \
//     -lboost_json -lboost_url -lssl -lcrypto

#include <outkit/graph/detail/query.hpp>
#include <outkit/graph/query.hpp>
#include <outkit/mock/odata.hpp>
#include <outkit/mock/world.hpp>

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

// A mailbox with one message.
struct box
{
    box()
    {
        mock::mailbox& m = *w.mailboxes.create({.address = "a@contoso.example"});
        what = w.mailboxes.deliver(m, "From: b@contoso.example\r\nSubject: it's\r\n\r\nx\r\n").what;
        inbox = m.find(mock::role::inbox);
    }
    mock::world w{1};
    mock::message_ptr what;
    mock::folder_ptr inbox;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static box b;
    std::string const text(data, data + size);

    mock::odata::query q;
    if (q.parse(text))
        for (auto const& [name, value] : q.options())
            must(q.find(name) != nullptr);

    std::vector<mock::odata::order> by;
    bool const ordered = !mock::odata::parse_order(text, by);
    mock::odata::filter f;
    auto const refused = f.parse(text);
    must(!refused || !refused.message.empty());
    if (!refused)
    {
        bool const matches = f.matches(*b.what, *b.inbox);
        mock::odata::filter negated, twice;
        // Whatever can be negated once means the opposite then.
        if (!negated.parse("not (" + text + ")"))
            must(negated.matches(*b.what, *b.inbox) != matches);
        if (ordered)
            mock::odata::check_order(f, by);
    }

    graph::message_query asked;
    asked.filter = text;
    asked.order_by = text;
    graph::detail::check(asked);
    // Whatever text a value has, it is one value, and nothing of the filter around it.
    if (text.find('\0') == std::string::npos)
    {
        mock::odata::filter made;
        must(!made.parse((graph::properties::subject == text && graph::properties::is_read).text()));
        must(made.mentioned().size() == 2);
    }
    return 0;
}
