/* The least that sending mail costs: for each message one write of its body and the next one's commands (RFC 2920), and one
 * read of the replies. Nothing is parsed but the last line of what has come.
 * usage: smtp_floor HOST PORT CONNECTIONS MESSAGES SIZE */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const char envelope[] = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";
static const char quit[] = "QUIT\r\n";
static char *body;
static size_t body_size;

struct connection {
    int fd, quitting;
};

static void fail(const char *where) {
    perror(where);
    exit(1);
}

static void write_all(int fd, const void *first, size_t first_size, const void *second, size_t second_size) {
    struct iovec v[2] = {{(void *)first, first_size}, {(void *)second, second_size}}, *at = v;
    while (at != v + 2) {
        ssize_t n = writev(fd, at, (int)(v + 2 - at));
        if (n < 0)
            fail("writev");
        while (at != v + 2 && (size_t)n >= at->iov_len)
            n -= (ssize_t)(at++)->iov_len;
        if (at != v + 2) {
            at->iov_base = (char *)at->iov_base + n;
            at->iov_len -= (size_t)n;
        }
    }
}

static void make_body(size_t size) {
    body = malloc(size + 512);
    body_size = (size_t)sprintf(body, "From: <a@example.com>\r\nTo: <b@example.com>\r\nSubject: bench\r\n\r\n");
    while (body_size + 2 < size) {
        size_t line = size - 2 - body_size < 78 ? size - 2 - body_size : 78;
        memset(body + body_size, 'x', line);
        memcpy(body + body_size + line, "\r\n", 2);
        body_size += line + 2;
    }
    memcpy(body + body_size, ".\r\n", 3);
    body_size += 3;
}

static void open_connection(struct connection *c, const struct sockaddr_in *to) {
    char text[2048];
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (const void *)to, sizeof *to) != 0 || recv(c->fd, text, sizeof text, 0) <= 0)
        fail("connect");
    write_all(c->fd, "EHLO x\r\n", 8, "", 0);
    if (recv(c->fd, text, sizeof text, 0) <= 0)
        fail("EHLO");
}

int main(int argc, char **argv) {
    if (argc != 6)
        return 2;
    int connections = atoi(argv[3]);
    long messages = atol(argv[4]), left = messages, sent = 0;
    make_body((size_t)atol(argv[5]));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &to.sin_addr);
    int ep = epoll_create1(0), open = 0;
    struct connection *all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections && left; i++, open++) {
        open_connection(&all[i], &to);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, all[i].fd, &e);
        left--;
        write_all(all[i].fd, envelope, sizeof envelope - 1, "", 0);
    }
    while (open) {
        static char text[65536];
        struct epoll_event events[64];
        int n = epoll_wait(ep, events, 64, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t size = recv(c->fd, text, sizeof text, 0);
            if (size <= 0) {
                if (!c->quitting)
                    fail("recv");
                close(c->fd);
                open--;
                continue;
            }
            if (c->quitting || text[size - 1] != '\n')
                continue;
            const char *line = text + size - 1;
            while (line > text && line[-1] != '\n')
                line--;
            if (*line == '4' || *line == '5') {
                fprintf(stderr, "smtp_floor: %.*s", (int)size, text);
                return 1;
            }
            if (memcmp(line, "354", 3) != 0) /* everything before it was answered in order */
                continue;
            sent++;
            c->quitting = left == 0;
            if (left)
                left--;
            write_all(c->fd, body, body_size, c->quitting ? quit : envelope,
                      c->quitting ? sizeof quit - 1 : sizeof envelope - 1);
        }
    }
    printf("{\"msgs\":%ld}\n", sent);
    return sent == messages ? 0 : 1;
}
