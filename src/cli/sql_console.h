/* 'portlog sql' on a terminal. */
#ifndef PORTLOG_CLI_SQL_CONSOLE_H
#define PORTLOG_CLI_SQL_CONSOLE_H

#include "cli/sql_session.h"

/* Until the user leaves. Between statements no connection is open, and each statement sees what has
 * been recorded by then. */
bool sql_console_run(struct sql_session *session, struct error *err);

#endif
