#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of the first write that failed: of those behind it stdio may say anything. */
static int failure;

static bool done(bool ok)
{
	if (!ok && !failure)
		failure = errno ? errno : EIO;
	return ok;
}

bool output_write(struct span text)
{
	errno = 0;
	return done(text.length == 0 || fwrite(text.data, 1, text.length, stdout) == text.length);
}

bool output_flush(void)
{
	errno = 0;
	return done(fflush(stdout) == 0);
}

bool output_finish(struct error *err)
{
	output_flush();
	if (!failure && !ferror(stdout))
		return true;
	if (failure == EPIPE)
		return true;
	return error_set(
		err, ERROR_STORE, "cannot write the output: %s", strerror(failure ? failure : EIO));
}
