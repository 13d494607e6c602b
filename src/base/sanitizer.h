/* Whether this build has ASan or TSan in it: they take terabytes of address space, so a limit on
 * memory would end the process at its start. */
#ifndef PORTLOG_BASE_SANITIZER_H
#define PORTLOG_BASE_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUILT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BUILT_SANITIZED 1
#endif
#endif
#ifndef BUILT_SANITIZED
#define BUILT_SANITIZED 0
#endif

#endif
