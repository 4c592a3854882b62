// A service without a user: a token for the application itself (client credentials), and a look into the mailbox of
// OUTKIT_USER over Graph. The application needs the application permission Mail.Read, granted by an administrator.

#include "environment.hpp"

#include <outkit/blocking.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/http/url.hpp>
#include <outkit/oauth2/client.hpp>

#include <exception>
#include <iostream>

namespace oauth2 = outkit::oauth2;

int main()
{
    try
    {
        outkit::error_code ec;
        std::string const ca_file = example::setting("OUTKIT_CA_FILE");
        auto const tls = outkit::tls_context::client(ec, {.authorities_file = ca_file});
        if (ec)
            throw std::runtime_error(ca_file + ": " + ec.message());
        oauth2::cloud cloud = oauth2::global_cloud();
        if (std::string const login = example::setting("OUTKIT_LOGIN"); !login.empty())
            cloud = cloud.with_login(login);
        // There is nobody whose tenant could be looked up: it must be said, by its id or a domain.
        auto const authority = oauth2::authority::make(cloud, example::required("OUTKIT_AUTHORITY"), ec);
        if (ec)
            throw std::runtime_error("OUTKIT_AUTHORITY: " + ec.message());
        oauth2::app app;
        app.client_id = example::required("OUTKIT_CLIENT_ID");
        app.client_secret = outkit::secret(example::required("OUTKIT_CLIENT_SECRET"));

        outkit::blocking_context io;
        oauth2::client client(outkit::stream(io.get_executor(), tls), std::move(app), authority);
        auto const scopes = oauth2::app_scopes_for(oauth2::base_scope::api, cloud);
        auto token = client.async_client_credentials(scopes, io.wait(ec));
        if (ec)
            throw std::runtime_error(ec.message() + '\n' + client.last_refusal().text());
        std::cout << "a token for " << token.lifetime.count() / 60 << " minutes\n";

        auto const url = outkit::http::parse_url(example::setting("OUTKIT_GRAPH", cloud.graph), ec);
        if (ec)
            throw std::runtime_error("OUTKIT_GRAPH: " + ec.message());
        outkit::graph::options where;
        where.host = url.server.host;
        where.port = url.server.port;
        where.user = example::required("OUTKIT_USER");  // there is no "me"
        outkit::graph::client graph(outkit::stream(io.get_executor(), tls), std::move(token.access), where);
        auto const inbox = graph.async_get_folder("inbox", io.wait(ec));
        if (ec)
            throw std::runtime_error(ec.message() + '\n' + graph.problem().code + ": " + graph.problem().message);
        std::cout << inbox.total_item_count << " messages in the Inbox, " << inbox.unread_item_count << " unread\n";
        return 0;
    }
    catch (std::exception const& e)
    {
        std::cerr << "app_only: " << e.what() << '\n';
        return 1;
    }
}
