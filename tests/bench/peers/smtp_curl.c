/* libcurl's multi interface: CONNECTIONS transfers at a time, which use the same connections again. It does not pipeline.
 * usage: smtp_curl HOST PORT CONNECTIONS MESSAGES SIZE */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *body;
static size_t body_size;

static size_t give(char *to, size_t size, size_t count, void *at) {
    size_t *position = at, n = body_size - *position < size * count ? body_size - *position : size * count;
    memcpy(to, body + *position, n);
    *position += n;
    return n;
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
}

int main(int argc, char **argv) {
    if (argc != 6)
        return 2;
    long connections = atol(argv[3]), messages = atol(argv[4]), left = messages, sent = 0;
    make_body((size_t)atol(argv[5]));
    char url[256];
    snprintf(url, sizeof url, "smtp://%s:%s/x", argv[1], argv[2]);
    curl_global_init(CURL_GLOBAL_ALL);
    CURLM *all = curl_multi_init();
    curl_multi_setopt(all, CURLMOPT_MAXCONNECTS, connections);
    struct curl_slist *to = curl_slist_append(NULL, "<b@example.com>");
    size_t *positions = calloc((size_t)connections, sizeof *positions);
    for (long i = 0; i < connections && left; i++, left--) {
        CURL *one = curl_easy_init();
        curl_easy_setopt(one, CURLOPT_URL, url);
        curl_easy_setopt(one, CURLOPT_MAIL_FROM, "<a@example.com>");
        curl_easy_setopt(one, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(one, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(one, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(one, CURLOPT_READDATA, &positions[i]);
        curl_easy_setopt(one, CURLOPT_PRIVATE, &positions[i]);
        curl_multi_add_handle(all, one);
    }
    for (int running = 1; running;) {
        curl_multi_perform(all, &running);
        int queued;
        for (CURLMsg *done; (done = curl_multi_info_read(all, &queued)) != NULL;) {
            CURL *one = done->easy_handle;
            if (done->data.result != CURLE_OK) {
                fprintf(stderr, "smtp_curl: %s\n", curl_easy_strerror(done->data.result));
                return 1;
            }
            sent++;
            size_t *position;
            curl_easy_getinfo(one, CURLINFO_PRIVATE, &position);
            curl_multi_remove_handle(all, one);
            if (left) {
                left--;
                *position = 0;
                curl_multi_add_handle(all, one);
                running = 1;
            } else
                curl_easy_cleanup(one);
        }
        if (running)
            curl_multi_poll(all, NULL, 0, 1000, NULL);
    }
    curl_multi_cleanup(all);
    printf("{\"msgs\":%ld}\n", sent);
    return sent == messages ? 0 : 1;
}
