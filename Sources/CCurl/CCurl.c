#include "CCurl.h"

#include <dlfcn.h>

/* The name that the library has had since 2006; no newer one is known to this code. */
#define LIBRARY_NAME "libcurl.so.4"

static struct {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_reset) *easy_reset;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_send) *easy_send;
    __typeof__(curl_easy_recv) *easy_recv;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
} library;

#define LOAD(name)                                                                                                     \
    do {                                                                                                               \
        *(void **)&library.name = dlsym(handle, "curl_" #name);                                                        \
        if (!library.name) return dlerror();                                                                           \
    } while (0)

const char *casare_curl_load(void) {
    void *handle = dlopen(LIBRARY_NAME, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return dlerror();
    LOAD(global_init);
    LOAD(easy_init);
    LOAD(easy_cleanup);
    LOAD(easy_reset);
    LOAD(easy_setopt);
    LOAD(easy_getinfo);
    LOAD(easy_perform);
    LOAD(easy_send);
    LOAD(easy_recv);
    LOAD(easy_strerror);
    LOAD(slist_append);
    LOAD(slist_free_all);
    return library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? NULL : "curl_global_init failed";
}

CURL *casare_curl_new(void) { return library.easy_init(); }

void casare_curl_free(CURL *handle) { library.easy_cleanup(handle); }

void casare_curl_reset(CURL *handle) { library.easy_reset(handle); }

CURLcode casare_curl_set_long(CURL *handle, CURLoption option, long value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode casare_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode casare_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode casare_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode casare_curl_set_receiver(CURL *handle, CURLoption option, curl_write_callback callback) {
    return library.easy_setopt(handle, option, callback);
}

CURLcode casare_curl_set_reader(CURL *handle, curl_read_callback callback) {
    return library.easy_setopt(handle, CURLOPT_READFUNCTION, callback);
}

CURLcode casare_curl_set_progress(CURL *handle, curl_xferinfo_callback callback) {
    return library.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
}

CURLcode casare_curl_set_host_key_check(CURL *handle, curl_sshkeycallback callback) {
    return library.easy_setopt(handle, CURLOPT_SSH_KEYFUNCTION, callback);
}

CURLcode casare_curl_perform(CURL *handle) { return library.easy_perform(handle); }

CURLcode casare_curl_send(CURL *handle, const void *bytes, size_t length, size_t *sent) {
    return library.easy_send(handle, bytes, length, sent);
}

CURLcode casare_curl_receive(CURL *handle, void *bytes, size_t length, size_t *received) {
    return library.easy_recv(handle, bytes, length, received);
}

long casare_curl_response_code(CURL *handle) {
    long code = 0;
    library.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

curl_off_t casare_curl_content_length(CURL *handle) {
    curl_off_t length = -1;
    library.easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length;
}

curl_socket_t casare_curl_socket(CURL *handle) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    library.easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &socket);
    return socket;
}

const char *casare_curl_entry_path(CURL *handle) {
    char *path = NULL;
    library.easy_getinfo(handle, CURLINFO_FTP_ENTRY_PATH, &path);
    return path;
}

const char *casare_curl_error_text(CURLcode code) { return library.easy_strerror(code); }

struct curl_slist *casare_curl_list_append(struct curl_slist *list, const char *text) {
    return library.slist_append(list, text);
}

void casare_curl_list_free(struct curl_slist *list) { library.slist_free_all(list); }
