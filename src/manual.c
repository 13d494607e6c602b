/* manual PAGE <PROSE >PAGE: makes a page of the manual; run by the build, not installed. */
#include <stdio.h>
#include <string.h>

#include "cli/manual.h"

int main(int argc, char **argv)
{
	struct buf prose = { 0 }, page = { 0 };
	struct error err = { 0 };
	if (argc != 2)
		return 2;
	while (!feof(stdin) && !ferror(stdin)) {
		char *end = buf_reserve(&prose, BUFSIZ);
		prose.length += fread(end, 1, BUFSIZ, stdin);
	}
	bool ok = manual_page(argv[1], buf_span(&prose), &page, &err);
	if (ok)
		ok = fwrite(buf_text(&page), 1, page.length, stdout) == page.length &&
		     fflush(stdout) == 0;
	else
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
	buf_free(&prose);
	buf_free(&page);
	return ok ? 0 : 1;
}
