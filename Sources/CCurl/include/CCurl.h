#ifndef CASARE_CCURL_H
#define CASARE_CCURL_H

/* The checks of argument types are macros for C's variable arguments, which nothing here is called with. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/*
 * libcurl, loaded when it is first wanted: linking it would add nine libraries to the start of every program that
 * knows the nodes, for the few runs that use it. Its functions of variable arguments, which Swift cannot call, become
 * one function for each type of argument.
 */

/* Loads libcurl; NULL, or why it cannot be. To be called once, before everything else. */
const char *casare_curl_load(void);

CURL *casare_curl_new(void);
void casare_curl_free(CURL *handle);
/* Forgets all options; open connections stay. */
void casare_curl_reset(CURL *handle);

CURLcode casare_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode casare_curl_set_size(CURL *handle, CURLoption option, curl_off_t value);
/* Copied by libcurl. */
CURLcode casare_curl_set_string(CURL *handle, CURLoption option, const char *value);
/* Not copied: it must live until the option is set anew or reset. */
CURLcode casare_curl_set_pointer(CURL *handle, CURLoption option, void *value);
/* For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
CURLcode casare_curl_set_receiver(CURL *handle, CURLoption option, curl_write_callback callback);
CURLcode casare_curl_set_reader(CURL *handle, curl_read_callback callback);
CURLcode casare_curl_set_progress(CURL *handle, curl_xferinfo_callback callback);
CURLcode casare_curl_set_host_key_check(CURL *handle, curl_sshkeycallback callback);

CURLcode casare_curl_perform(CURL *handle);
CURLcode casare_curl_send(CURL *handle, const void *bytes, size_t length, size_t *sent);
CURLcode casare_curl_receive(CURL *handle, void *bytes, size_t length, size_t *received);

long casare_curl_response_code(CURL *handle);
/* The size of what is downloaded; -1 when it is not known. */
curl_off_t casare_curl_content_length(CURL *handle);
/* CURL_SOCKET_BAD when no connection is open. */
curl_socket_t casare_curl_socket(CURL *handle);
/* Where an FTP session began; NULL when it is not known. */
const char *casare_curl_entry_path(CURL *handle);
const char *casare_curl_error_text(CURLcode code);

struct curl_slist *casare_curl_list_append(struct curl_slist *list, const char *text);
void casare_curl_list_free(struct curl_slist *list);

#endif
