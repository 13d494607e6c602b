/* libcurl, loaded when it is first needed: it brings thirty libraries with it, whose loading took
 * more than half of the time of a command that answers from the store (3 of 5.5 ms), and only
 * recording, acting and check ask by HTTP. Include this in place of <curl/curl.h>. */
#ifndef PORTLOG_NET_CURL_LIBRARY_H
#define PORTLOG_NET_CURL_LIBRARY_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define CURL_FUNCTIONS(X)      \
	X(curl_easy_cleanup)   \
	X(curl_easy_getinfo)   \
	X(curl_easy_init)      \
	X(curl_easy_perform)   \
	X(curl_easy_reset)     \
	X(curl_easy_setopt)    \
	X(curl_easy_strerror)  \
	X(curl_free)           \
	X(curl_global_init)    \
	X(curl_slist_append)   \
	X(curl_slist_free_all) \
	X(curl_url)            \
	X(curl_url_cleanup)    \
	X(curl_url_get)        \
	X(curl_url_set)        \
	X(curl_url_strerror)   \
	X(curl_version_info)

#define CURL_POINTER(name) __typeof__(&name) name;
struct curl_library {
	CURL_FUNCTIONS(CURL_POINTER)
};
#undef CURL_POINTER

/* Loads it, and prepares it for several threads. Where it is not there, the process ends as one
 * does whose libraries are missing when it is started, with one line and status 4. */
const struct curl_library *curl_library(void);

#ifndef CURL_LIBRARY_NAMES_ARE_PLAIN
#define curl_easy_cleanup curl_library()->curl_easy_cleanup
#undef curl_easy_getinfo
#define curl_easy_getinfo curl_library()->curl_easy_getinfo
#define curl_easy_init curl_library()->curl_easy_init
#define curl_easy_perform curl_library()->curl_easy_perform
#define curl_easy_reset curl_library()->curl_easy_reset
#undef curl_easy_setopt
#define curl_easy_setopt curl_library()->curl_easy_setopt
#define curl_easy_strerror curl_library()->curl_easy_strerror
#define curl_free curl_library()->curl_free
#define curl_global_init curl_library()->curl_global_init
#define curl_slist_append curl_library()->curl_slist_append
#define curl_slist_free_all curl_library()->curl_slist_free_all
#define curl_url curl_library()->curl_url
#define curl_url_cleanup curl_library()->curl_url_cleanup
#define curl_url_get curl_library()->curl_url_get
#define curl_url_set curl_library()->curl_url_set
#define curl_url_strerror curl_library()->curl_url_strerror
#define curl_version_info curl_library()->curl_version_info
#endif

#endif
