// Whose mailbox it is, and its newest messages, over Microsoft Graph: graph_list [HOW_MANY]

#include "environment.hpp"

#include <outkit/blocking.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/http/url.hpp>

#include <exception>
#include <iostream>

int main(int argc, char** argv)
{
    try
    {
        outkit::error_code ec;
        std::string const ca_file = example::setting("OUTKIT_CA_FILE");
        auto const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
        if (ec)
            throw std::runtime_error(ca_file + ": " + ec.message());
        std::string const origin = example::setting("OUTKIT_GRAPH", "https://graph.microsoft.com");
        auto const url = outkit::http::parse_url(origin, ec);
        if (ec)
            throw std::runtime_error(origin + ": " + ec.message());

        outkit::graph::options where;  // the token goes to this host and port, and nowhere else
        where.host = url.server.host;
        where.port = url.server.port;
        outkit::blocking_context io;
        outkit::graph::client graph(outkit::stream(io.get_executor(), tls), example::token(), where);

        auto const me = graph.async_me(io.wait(ec));
        outkit::graph::message_query query;
        query.folder = "inbox";
        query.select = {"subject", "from", "receivedDateTime"};  // a page of whole messages is slow to make
        query.top = argc > 1 ? static_cast<unsigned>(std::stoul(argv[1])) : 10;
        outkit::graph::page<outkit::graph::message> page;
        if (!ec)
            page = graph.async_list_messages(query, io.wait(ec));
        if (ec)  // what to do depends on the kind: ec == outkit::condition::transient, ...
            throw std::runtime_error(ec.message() + '\n' + graph.problem().code + ": " + graph.problem().message);

        std::cout << me.display_name << " <" << me.user_principal_name << ">\n";
        for (outkit::graph::message const& m : page.value)
            std::cout << (m.from ? m.from->address : "nobody") << '\t' << m.subject << '\n';
        return 0;
    }
    catch (std::exception const& e)
    {
        std::cerr << "graph_list: " << e.what() << '\n';
        return 1;
    }
}
