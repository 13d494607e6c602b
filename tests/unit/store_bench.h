/* What tests of all kinds do with a store from outside. */
#ifndef PORTLOG_TESTS_STORE_BENCH_H
#define PORTLOG_TESTS_STORE_BENCH_H

/* What a reader sees: each row on a line, columns by '|', "NULL" where there is none. Free it. */
char *store_rows(const char *path, const char *sql);
/* Its files; it is closed. */
void store_remove(const char *path);

#endif
