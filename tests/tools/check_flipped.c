/* check_flipped COUNT: reads what random_signed.js prints. Each message is good over its raw bytes;
 * with its one byte flipped it is not, nor with a member changelogDestination put before its
 * others. No flip is excused. One that leaves the same message to JavaScript is `reprinted`, and no
 * other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/signature.h"

#define DESTINATION "\"changelogDestination\":{\"type\":\"WEBHOOK\",\"agent\":true},"

enum { FAILURES_TOLD = 10, NO_JSON = SIGNATURE_UNVERIFIABLE + 1, STATUS_COUNT };

struct signed_line {
	char *secret;
	size_t position;
	int mask;
	bool same;
	char *text;
	size_t length;
};

struct tally {
	long messages;
	long failures;
	long destinations;
	long flipped[STATUS_COUNT];
};

static const char *word(int status)
{
	return status == NO_JSON ? "no JSON" : signature_status_word((enum signature_status)status);
}

/* What cannot be scanned is never asked about: the record has a problem instead. */
static int status_of(struct json_doc *doc, struct span text, const char *secret)
{
	if (json_scan(doc, text.data, text.length) != JSON_OK)
		return NO_JSON;
	return (int)signature_check(doc, text, secret, NULL);
}

static void fail(struct tally *tally, const struct signed_line *line, const char *what, int status)
{
	if (++tally->failures > FAILURES_TOLD)
		return;
	printf("message %ld: %s: %s (byte %zu ^ %#x)\n", tally->messages, what, word(status),
		line->position, (unsigned)line->mask);
	printf("  secret %s\n  ", line->secret);
	fwrite(line->text, 1, line->length, stdout);
	putchar('\n');
}

/* A lone surrogate is U+FFFD to us, so what has one cannot be printed again. */
static bool has_surrogate(const struct signed_line *line)
{
	return memmem(line->text, line->length, "\\ud", 3) ||
	       memmem(line->text, line->length, "\\uD", 3);
}

static void check_flip(struct json_doc *doc, struct tally *tally, const struct signed_line *line)
{
	line->text[line->position] = (char)(line->text[line->position] ^ line->mask);
	int status = status_of(doc, span_make(line->text, line->length), line->secret);
	tally->flipped[status]++;
	if (status == SIGNATURE_GOOD)
		fail(tally, line, "with its byte flipped", status);
	else if (!line->same && status == SIGNATURE_REPRINTED)
		fail(tally, line, "flipped into another message", status);
	else if (line->same && status != SIGNATURE_REPRINTED && !has_surrogate(line))
		fail(tally, line, "flipped into the same message", status);
}

static void check_line(struct json_doc *doc, struct tally *tally, const struct signed_line *line)
{
	struct span text = span_make(line->text, line->length);
	struct buf changed = { 0 };
	tally->messages++;
	if (memmem(text.data, text.length, "\"changelogDestination\":", 23))
		tally->destinations++;
	int status = status_of(doc, text, line->secret);
	if (status != SIGNATURE_GOOD)
		fail(tally, line, "as it was signed", status);

	buf_add_text(&changed, "{" DESTINATION);
	buf_add(&changed, text.data + 1, text.length - 1);
	status = status_of(doc, buf_span(&changed), line->secret);
	if (status != SIGNATURE_BAD)
		fail(tally, line, "with a changelogDestination more", status);
	buf_free(&changed);

	check_flip(doc, tally, line);
}

static bool read_line(char *bytes, size_t length, struct signed_line *ret_line)
{
	char *at = bytes;
	char *fields[4];
	for (int i = 0; i < 4; i++) {
		fields[i] = strsep(&at, "\t");
		if (!at)
			return false;
	}
	*ret_line = (struct signed_line){
		.secret = fields[0],
		.position = strtoul(fields[1], NULL, 10),
		.mask = atoi(fields[2]),
		.same = atoi(fields[3]) != 0,
		.text = at,
		.length = length - (size_t)(at - bytes) - 1, /* without the line's end */
	};
	return ret_line->position < ret_line->length && ret_line->mask > 0 && ret_line->mask < 256;
}

int main(int argc, char **argv)
{
	long expected = argc == 2 ? atol(argv[1]) : 0;
	struct tally tally = { 0 };
	struct json_doc doc = { 0 };
	struct signed_line line;
	char *bytes = NULL;
	size_t capacity = 0;
	for (ssize_t length; (length = getline(&bytes, &capacity, stdin)) > 0;) {
		if (!read_line(bytes, (size_t)length, &line)) {
			printf("no such line is printed: %s", bytes);
			tally.failures++;
			break;
		}
		check_line(&doc, &tally, &line);
	}
	free(bytes);
	json_doc_release(&doc);
	printf("%ld messages, %ld with a changelogDestination; flipped:", tally.messages,
		tally.destinations);
	for (int i = 0; i < STATUS_COUNT; i++)
		printf(" %ld %s%s", tally.flipped[i], word(i), i + 1 < STATUS_COUNT ? "," : "\n");
	if (tally.messages != expected || expected == 0 || tally.destinations < expected / 100)
		printf("%ld were to come, some with a changelogDestination\n", expected);
	else if (tally.failures == 0)
		return 0;
	printf("%ld failed\n", tally.failures);
	return 1;
}
