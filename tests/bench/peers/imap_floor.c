/* The floor: connect, login, select, send the command, drain the answer's bytes, parse nothing.
 * usage: imap_floor TASK HOST PORT TLS USER PASS [N]   TASK: login|meta|bodies|noop|idle */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <malloc.h>
static SSL_CTX *ctx; static char buf[65536];
typedef struct { int fd; SSL *ssl; } C;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static long rss(void) { long r = 0; char l[256]; FILE *f = fopen("/proc/self/status", "r"); while (fgets(l, 256, f)) if (sscanf(l, "VmRSS: %ld", &r) == 1) break; fclose(f); return r; }
static ssize_t rd(C *c) { return c->ssl ? SSL_read(c->ssl, buf, sizeof buf) : recv(c->fd, buf, sizeof buf, 0); }
static void wr(C *c, const char *s) { int n = strlen(s); if ((c->ssl ? SSL_write(c->ssl, s, n) : send(c->fd, s, n, 0)) != n) { perror("write"); exit(1); } }
static C dial(const char *h, int port, int tls) {
  C c = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0};
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)}; inet_pton(AF_INET, h, &a.sin_addr);
  int one = 1; setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c.fd, (void *)&a, sizeof a)) { perror("connect"); exit(1); }
  if (tls) { c.ssl = SSL_new(ctx); SSL_set_fd(c.ssl, c.fd); if (SSL_connect(c.ssl) != 1) { fprintf(stderr, "tls\n"); exit(1); } }
  return c;
}
/* drain until a line starting with TAG is complete; returns bytes */
static size_t drain(C *c, const char *tag) {
  static char tail[4096]; int tl = 0; size_t total = 0, tagl = strlen(tag); char pat[32]; snprintf(pat, 32, "\n%s", tag);
  for (;;) {
    ssize_t n = rd(c); if (n <= 0) { fprintf(stderr, "eof\n"); exit(1); }
    total += n;
    if (n >= 2048) { memcpy(tail, buf + n - 2048, 2048); tl = 2048; }
    else { if (tl + n > 4095) { int k = tl + n - 4095; memmove(tail, tail + k, tl - k); tl -= k; } memcpy(tail + tl, buf, n); tl += n; }
    if (tail[tl - 1] == '\n') { tail[tl] = 0; if ((size_t)tl >= tagl && !memcmp(tail, tag, tagl)) return total; if (memmem(tail, tl, pat, tagl + 1)) return total; }
  }
}
int main(int argc, char **argv) {
  const char *task = argv[1], *host = argv[2]; int port = atoi(argv[3]), tls = atoi(argv[4]), n = argc > 7 ? atoi(argv[7]) : 200;
  if (tls) { ctx = SSL_CTX_new(TLS_client_method()); if (getenv("READ_AHEAD")) { SSL_CTX_set_read_ahead(ctx, 1); SSL_CTX_set_default_read_buffer_len(ctx, 256 * 1024); } if (!strcmp(task, "idle")) SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); }
  char login[256]; snprintf(login, 256, "A1 LOGIN %s %s\r\n", argv[5], argv[6]);
  if (!strcmp(task, "idle")) {
    C *cs = calloc(n, sizeof *cs); long r1 = 0; double t0 = now();
    for (int i = 0; i < n; i++) {
      cs[i] = dial(host, port, tls); drain(&cs[i], "* OK"); wr(&cs[i], login); drain(&cs[i], "A1 "); wr(&cs[i], "A2 SELECT INBOX\r\n"); drain(&cs[i], "A2 "); wr(&cs[i], "A3 IDLE\r\n"); drain(&cs[i], "+ ");
      if (i == 0) r1 = rss();
    }
    double el = now() - t0; malloc_trim(0); long r2 = rss();
    printf("{\"n\":%d,\"rss1_kb\":%ld,\"rss_kb\":%ld,\"per_conn_kb\":%.2f,\"setup_s\":%.3f}\n", n, r1, r2, (double)(r2 - r1) / (n - 1), el); fflush(stdout); _exit(0);
  }
  C c = dial(host, port, tls); drain(&c, "* OK"); wr(&c, login); drain(&c, "A1 "); wr(&c, "A2 SELECT INBOX\r\n"); drain(&c, "A2 ");
  size_t b = 0; double t0 = now();
  if (!strcmp(task, "meta")) { wr(&c, "A3 FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n"); b = drain(&c, "A3 "); }
  else if (!strcmp(task, "bodies")) { wr(&c, "A3 FETCH 1:* (BODY.PEEK[])\r\n"); b = drain(&c, "A3 "); }
  else if (!strcmp(task, "noop")) for (int i = 0; i < n; i++) { wr(&c, "A3 NOOP\r\n"); b += drain(&c, "A3 "); }
  double el = now() - t0;
  wr(&c, "A4 LOGOUT\r\n"); drain(&c, "A4 ");
  printf("{\"bytes\":%zu,\"secs\":%.6f}\n", b, el); return 0;
}
