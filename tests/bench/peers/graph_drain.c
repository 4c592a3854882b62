/* Asks a server for the same page again and again over one TLS connection, and throws the answers away as they come: the
   least that a program can do that reads them. The certificate is not looked at.

   usage: graph_drain PORT PATH TIMES */

#define _GNU_SOURCE
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    int const port = atoi(argv[1]), times = atoi(argv[3]);
    int const s = socket(AF_INET, SOCK_STREAM, 0);
    int const on = 1;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr*)&to, sizeof to) != 0)
        return 1;
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL* const tls = SSL_new(context);
    SSL_set_fd(tls, s);
    SSL_set_tlsext_host_name(tls, "localhost");
    if (SSL_connect(tls) != 1)
        return 1;
    char request[2048];
    int const length = snprintf(request, sizeof request,
                                "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nAccept: application/json\r\n"
                                "Authorization: Bearer anything\r\n\r\n",
                                argv[2], port);
    static char buffer[65536];
    unsigned long long octets = 0;
    for (int i = 0; i < times; ++i)
    {
        if (SSL_write(tls, request, length) != length)
            return 1;
        size_t have = 0;
        char* end = NULL;
        while (end == NULL)
        {
            int const n = SSL_read(tls, buffer + have, (int)(sizeof buffer - 1 - have));
            if (n <= 0)
                return 1;
            have += (size_t)n;
            buffer[have] = 0;
            end = strstr(buffer, "\r\n\r\n");
        }
        char const* const said = strcasestr(buffer, "\r\nContent-Length:");
        if (strncmp(buffer, "HTTP/1.1 200", 12) != 0 || said == NULL || said > end)
            return 1;
        unsigned long long const whole = strtoull(said + 17, NULL, 10);
        unsigned long long got = have - (size_t)(end + 4 - buffer);
        while (got < whole)
        {
            int const n = SSL_read(tls, buffer, sizeof buffer);
            if (n <= 0)
                return 1;
            got += (unsigned long long)n;
        }
        octets += whole;
    }
    printf("{\"octets\":%llu}\n", octets);
    return 0;
}
