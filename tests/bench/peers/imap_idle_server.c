/* An IMAP server that is good for nothing but to be idled at by thousands: everybody may log in, the mailbox is empty.
 * usage: imap_idle_server CERTIFICATE KEY   prints its two ports as JSON, and ends when its standard input does */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
typedef struct { int fd, greeted; SSL *ssl; size_t held; char line[200], tag[32]; } C;
static SSL_CTX *ctx;
static int door(int *port) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}; socklen_t n = sizeof a;
  if (bind(s, (void *)&a, n) || listen(s, 1024) || getsockname(s, (void *)&a, &n)) { perror("listen"); exit(1); }
  *port = ntohs(a.sin_port); return s;
}
static void say(C *c, const char *what) {
  char out[600]; int n = snprintf(out, sizeof out, "%s", what);
  if ((c->ssl ? SSL_write(c->ssl, out, n) : send(c->fd, out, n, MSG_NOSIGNAL)) != n) perror("write");
}
static void ok(C *c, const char *before) { char t[600]; snprintf(t, sizeof t, "%s%s OK done\r\n", before, c->tag); say(c, t); }
static void handle(C *c) {
  char *word = strchr(c->line, ' ');
  if (!strcasecmp(c->line, "DONE")) { ok(c, ""); return; }
  if (!word || word - c->line >= (int)sizeof c->tag) { say(c, "* BAD what\r\n"); return; }
  *word++ = 0; strcpy(c->tag, c->line);
  if (!strcasecmp(word, "IDLE")) say(c, "+ idling\r\n");
  else if (!strcasecmp(word, "CAPABILITY")) ok(c, "* CAPABILITY IMAP4rev1 LITERAL+ IDLE NAMESPACE UIDPLUS MOVE UNSELECT\r\n");
  else if (!strncasecmp(word, "SELECT", 6))
    ok(c, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] x\r\n"
          "* 0 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT 1] x\r\n");
  else ok(c, "");
}
static void end(C *c) { if (c->ssl) SSL_free(c->ssl); close(c->fd); free(c); }
static void serve(C *c) {
  for (;;) {
    if (c->ssl && !SSL_is_init_finished(c->ssl)) {
      int r = SSL_accept(c->ssl);
      if (r != 1) { if (SSL_get_error(c->ssl, r) != SSL_ERROR_WANT_READ) end(c); return; }
    }
    if (!c->greeted) { c->greeted = 1; say(c, "* OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE] ready\r\n"); }
    char *at = c->line + c->held; int room = sizeof c->line - 1 - c->held;
    int n = c->ssl ? SSL_read(c->ssl, at, room) : recv(c->fd, at, room, 0);
    if (n <= 0) {
      if (c->ssl ? SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ : n == 0 || errno != EAGAIN) end(c);
      return;
    }
    c->held += n; c->line[c->held] = 0;
    for (char *lf; (lf = strstr(c->line, "\r\n"));) {
      char rest[200]; strcpy(rest, lf + 2); *lf = 0;
      handle(c); strcpy(c->line, rest); c->held = strlen(rest);
    }
    if (c->held == sizeof c->line - 1) { end(c); return; }
  }
}
int main(int argc, char **argv) {
  if (argc != 3) { fprintf(stderr, "usage: imap_idle_server CERTIFICATE KEY\n"); return 2; }
  ctx = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(ctx, argv[1]) != 1 || SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1) { fprintf(stderr, "certificate\n"); return 1; }
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  int ports[2], doors[2] = {door(&ports[0]), door(&ports[1])}, loop = epoll_create1(0);
  C input = {.fd = 0}, at[2] = {{.fd = doors[0]}, {.fd = doors[1]}};
  for (C **k = (C *[]){&input, &at[0], &at[1], 0}; *k; ++k) { struct epoll_event e = {.events = EPOLLIN, .data.ptr = *k}; epoll_ctl(loop, EPOLL_CTL_ADD, (*k)->fd, &e); }
  printf("{\"plain\":%d,\"tls\":%d}\n", ports[0], ports[1]); fflush(stdout);
  for (struct epoll_event all[64];;) {
    int n = epoll_wait(loop, all, 64, -1);
    for (int i = 0; i < n; ++i) {
      C *c = all[i].data.ptr;
      if (c == &input) { char b[64]; if (read(0, b, sizeof b) <= 0) return 0; continue; }
      if (c != &at[0] && c != &at[1]) { serve(c); continue; }
      int fd = accept4(c->fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) continue;
      int now = 1; setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
      C *one = calloc(1, sizeof *one); one->fd = fd;
      if (c == &at[1]) { one->ssl = SSL_new(ctx); SSL_set_fd(one->ssl, fd); SSL_set_accept_state(one->ssl); }
      struct epoll_event e = {.events = EPOLLIN, .data.ptr = one}; epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e);
      serve(one);
    }
  }
}
