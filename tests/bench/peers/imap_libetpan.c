/* libetpan contestant; usage as imap_floor.c */
#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <malloc.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static long rss(void) { long r = 0; char l[256]; FILE *f = fopen("/proc/self/status", "r"); while (fgets(l, 256, f)) if (sscanf(l, "VmRSS: %ld", &r) == 1) break; fclose(f); return r; }
#define CK(x) do { int r_ = (x); if (r_ != MAILIMAP_NO_ERROR && r_ != MAILIMAP_NO_ERROR_AUTHENTICATED && r_ != MAILIMAP_NO_ERROR_NON_AUTHENTICATED) { fprintf(stderr, "%s -> %d\n", #x, r_); exit(1); } } while (0)
static mailimap *dial(const char *h, int port, int tls, const char *u, const char *p) {
  mailimap *m = mailimap_new(0, NULL);
  if (tls) CK(mailimap_ssl_connect(m, h, port)); else CK(mailimap_socket_connect(m, h, port));
  CK(mailimap_login(m, u, p)); CK(mailimap_select(m, "INBOX")); return m;
}
static size_t nmsg, nenv, nbs, bytes;
static void walk(struct mailimap_msg_att *a) {
  nmsg++;
  for (clistiter *i = clist_begin(a->att_list); i; i = clist_next(i)) {
    struct mailimap_msg_att_item *it = clist_content(i);
    if (it->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC) continue;
    struct mailimap_msg_att_static *s = it->att_data.att_static;
    if (s->att_type == MAILIMAP_MSG_ATT_ENVELOPE) nenv++;
    if (s->att_type == MAILIMAP_MSG_ATT_BODYSTRUCTURE) nbs++;
  }
}
static void att(struct mailimap_msg_att *a, void *c) { (void)c; walk(a); }
static bool body(int t, struct mailimap_msg_att_body_section *s, const char *b, size_t n, void *c) { (void)t; (void)s; (void)b; (void)c; bytes += n; return true; }
int main(int argc, char **argv) {
  const char *task = argv[1], *host = argv[2]; int port = atoi(argv[3]), tls = atoi(argv[4]), n = argc > 7 ? atoi(argv[7]) : 200;
  if (!strcmp(task, "idle")) {
    mailimap **ms = calloc(n, sizeof *ms); long r1 = 0; double t0 = now();
    for (int i = 0; i < n; i++) { ms[i] = dial(host, port, tls, argv[5], argv[6]); CK(mailimap_idle(ms[i])); if (!i) r1 = rss(); }
    double el = now() - t0; malloc_trim(0); long r2 = rss();
    printf("{\"n\":%d,\"rss1_kb\":%ld,\"rss_kb\":%ld,\"per_conn_kb\":%.2f,\"setup_s\":%.3f}\n", n, r1, r2, (double)(r2 - r1) / (n - 1), el); fflush(stdout); _exit(0);
  }
  mailimap *m = dial(host, port, tls, argv[5], argv[6]); double t0 = now();
  if (!strcmp(task, "meta") || !strcmp(task, "metalist")) {
    struct mailimap_fetch_type *ft = mailimap_fetch_type_new_fetch_att_list_empty(); struct mailimap_set *set = mailimap_set_new_interval(1, 0); clist *res;
    mailimap_fetch_type_new_fetch_att_list_add(ft, mailimap_fetch_att_new_uid());
    mailimap_fetch_type_new_fetch_att_list_add(ft, mailimap_fetch_att_new_flags());
    mailimap_fetch_type_new_fetch_att_list_add(ft, mailimap_fetch_att_new_internaldate());
    mailimap_fetch_type_new_fetch_att_list_add(ft, mailimap_fetch_att_new_rfc822_size());
    mailimap_fetch_type_new_fetch_att_list_add(ft, mailimap_fetch_att_new_envelope());
    mailimap_fetch_type_new_fetch_att_list_add(ft, mailimap_fetch_att_new_bodystructure());
    if (!strcmp(task, "meta")) mailimap_set_msg_att_handler(m, att, NULL); /* streaming: object made, seen, freed */
    CK(mailimap_fetch(m, set, ft, &res));
    if (strcmp(task, "meta")) for (clistiter *i = clist_begin(res); i; i = clist_next(i)) walk(clist_content(i));
    mailimap_fetch_list_free(res);
  } else if (!strcmp(task, "bodies")) {
    struct mailimap_fetch_type *ft = mailimap_fetch_type_new_fetch_att(mailimap_fetch_att_new_body_peek_section(mailimap_section_new(NULL))); struct mailimap_set *set = mailimap_set_new_interval(1, 0); clist *res;
    mailimap_set_msg_body_handler(m, body, NULL); mailimap_set_msg_att_handler(m, att, NULL);
    CK(mailimap_fetch(m, set, ft, &res)); mailimap_fetch_list_free(res);
  } else if (!strcmp(task, "noop")) for (int i = 0; i < n; i++) CK(mailimap_noop(m));
  double el = now() - t0; mailimap_logout(m);
  printf("{\"msgs\":%zu,\"env\":%zu,\"bs\":%zu,\"bytes\":%zu,\"secs\":%.6f}\n", nmsg, nenv, nbs, bytes, el); return 0;
}
