#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* The log takes its time from here: nothing waits. */
static int64_t clock_ms;

static int64_t test_now(void)
{
	return clock_ms;
}

struct capture {
	FILE *file;
	struct log *log;
	char text[16384];
};

static void begin(struct capture *c, enum log_format format)
{
	clock_ms = 1795515330123;
	c->file = tmpfile();
	assert_non_null(c->file);
	struct log_settings settings = {
		.format = format, .fd = fileno(c->file), .now_ms = test_now
	};
	c->log = log_new(&settings);
}

/* What was written since the last time. */
static const char *written(struct capture *c)
{
	assert_true(!c->log || log_flush(c->log, 10000));
	ssize_t length = pread(fileno(c->file), c->text, sizeof(c->text) - 1, 0);
	assert_true(length >= 0);
	c->text[length] = '\0';
	assert_int_equal(ftruncate(fileno(c->file), 0), 0);
	assert_int_equal(lseek(fileno(c->file), 0, SEEK_SET), 0);
	return c->text;
}

static void end(struct capture *c)
{
	log_free(c->log);
	fclose(c->file);
}

#define HEAD "time=2026-11-24T10:15:30.123Z level="

static void test_logfmt(void **state)
{
	(void)state;
	struct capture c;
	begin(&c, LOG_FORMAT_LOGFMT);
	log_say(c.log, LOG_LEVEL_INFO, "recording");
	assert_string_equal(written(&c), HEAD "info msg=recording\n");
	log_event(c.log, LOG_LEVEL_INFO, "topic came", log_text("topic", "org_1.runs"),
		log_int("partition", -3), log_text("why", ""), log_text("none", NULL));
	assert_string_equal(written(&c),
		HEAD "info msg=\"topic came\" topic=org_1.runs partition=-3 why=\"\" none=-\n");
	log_event(c.log, LOG_LEVEL_INFO, "x", log_text("a", "say \"hi\"\n\x1b[2J"),
		log_text("b", "a=b"), log_span("c", span_make("\0\xff", 2)));
	assert_string_equal(written(&c),
		HEAD "info msg=x a=\"say \\\"hi\\\"\\n\\x1b[2J\" b=\"a=b\" c=\"\\x00\\xff\"\n");
	end(&c);
}

static void test_json(void **state)
{
	(void)state;
	struct capture c;
	begin(&c, LOG_FORMAT_JSON);
	log_event(c.log, LOG_LEVEL_ERROR, "cannot store", log_int("offset", 7),
		log_text("why", "disk\tfull \x1b\xc2\x9b"));
	assert_string_equal(written(&c),
		"{\"time\":\"2026-11-24T10:15:30.123Z\",\"level\":\"error\",\"msg\":\"cannot "
		"store\","
		"\"offset\":7,\"why\":\"disk\\tfull \\\\x1b\\\\u009b\"}\n");
	end(&c);
}

static void test_level(void **state)
{
	(void)state;
	struct capture c;
	begin(&c, LOG_FORMAT_LOGFMT);
	log_say(c.log, LOG_LEVEL_DEBUG, "detail");
	assert_string_equal(written(&c), "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_say(c.log, LOG_LEVEL_DEBUG, "detail");
	assert_string_equal(written(&c), HEAD "debug msg=detail\n");
	log_set_level(LOG_LEVEL_INFO);
	end(&c);
}

static void unreachable(struct log *log, const char *broker, int64_t attempt)
{
	log_event(log, LOG_LEVEL_WARNING, "unreachable", log_text("broker", broker),
		log_varying(log_int("attempt", attempt)));
}

static void test_repeats(void **state)
{
	(void)state;
	struct capture c;
	begin(&c, LOG_FORMAT_LOGFMT);
	unreachable(c.log, "a", 1);
	assert_string_equal(written(&c), HEAD "warning msg=unreachable broker=a attempt=1\n");
	unreachable(c.log, "b", 1);
	assert_string_equal(written(&c), HEAD "warning msg=unreachable broker=b attempt=1\n");
	/* Ten minutes of one attempt every 30 s: nothing, then the count. */
	for (int i = 0; i < 19; i++) {
		clock_ms += 30000;
		unreachable(c.log, "a", i + 2);
	}
	assert_string_equal(written(&c), "");
	clock_ms += 30000;
	unreachable(c.log, "a", 21);
	assert_string_equal(written(&c), "time=2026-11-24T10:25:30.123Z level=warning "
					 "msg=unreachable broker=a repeated=19\n");
	/* A minute without: what was not said yet, and it is forgotten. */
	clock_ms += 60000;
	log_tick(c.log);
	assert_string_equal(written(&c), "time=2026-11-24T10:26:30.123Z level=warning "
					 "msg=unreachable broker=a repeated=1\n");
	log_tick(c.log);
	assert_string_equal(written(&c), "");
	unreachable(c.log, "a", 1);
	assert_non_null(strstr(written(&c), "attempt=1"));
	/* What happened twice and is no problem is written twice. */
	log_say(c.log, LOG_LEVEL_INFO, "assigned");
	log_say(c.log, LOG_LEVEL_INFO, "assigned");
	const char *text = written(&c);
	assert_ptr_not_equal(strstr(text, "assigned"), strrchr(text, 'a'));
	assert_non_null(strstr(strchr(text, '\n'), "assigned"));
	end(&c);
}

/* More kinds of trouble than are kept: each is still said, and what was counted is not lost. */
static void test_many(void **state)
{
	(void)state;
	struct capture c;
	begin(&c, LOG_FORMAT_LOGFMT);
	unreachable(c.log, "first", 1);
	unreachable(c.log, "first", 2);
	written(&c);
	for (int i = 0; i < 64; i++) {
		char name[16];
		clock_ms++;
		snprintf(name, sizeof(name), "b%d", i);
		unreachable(c.log, name, 1);
	}
	assert_non_null(strstr(written(&c), "broker=first repeated=1\n"));
	end(&c);
}

static void test_says_at_the_end(void **state)
{
	(void)state;
	struct capture c;
	begin(&c, LOG_FORMAT_LOGFMT);
	unreachable(c.log, "a", 1);
	unreachable(c.log, "a", 2);
	assert_true(log_free(c.log));
	c.log = NULL;
	assert_non_null(strstr(written(&c), "broker=a repeated=1\n"));
	fclose(c.file);
}

/* Lines of the text, and the numbers of dropped ones that are said in it. */
static void count_lines(const char *text, size_t *lines, size_t *dropped)
{
	static const char name[] = " dropped=";
	for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		const char *said = strstr(line, name);
		if (said && said < end)
			*dropped += strtoul(said + strlen(name), NULL, 10);
		else
			++*lines;
	}
}

/* A pipe that nobody reads, as when a log collector hangs: who logs goes on, other writers of the
 * pipe keep their blocking writes, and all lines are accounted for as soon as it is read again. */
static void test_nobody_reads(void **state)
{
	(void)state;
	enum { LINES = 3000 };
	int ends[2];
	char value[301] = "";
	size_t lines = 0, dropped = 0;
	struct buf text = { 0 };
	assert_int_equal(pipe(ends), 0);
	const struct log_settings settings = { .fd = ends[1], .now_ms = test_now };
	struct log *log = log_new(&settings);
	memset(value, 'x', sizeof(value) - 1);
	for (int i = 0; i < LINES; i++)
		log_event(log, LOG_LEVEL_INFO, "executed", log_text("text", value));
	assert_false(log_flush(log, 0));
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	for (struct pollfd end = { ends[0], POLLIN, 0 }; lines + dropped < LINES;
		dropped = lines = 0, count_lines(buf_text(&text), &lines, &dropped)) {
		log_tick(log);
		if (poll(&end, 1, 10) == 0)
			continue;
		ssize_t count = read(ends[0], buf_reserve(&text, 65536), 65536);
		assert_true(count > 0);
		text.length += (size_t)count;
		text.data[text.length] = '\0';
	}
	assert_int_equal(lines + dropped, LINES);
	assert_true(dropped > 0);
	assert_true(log_free(log));
	buf_free(&text);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_logfmt), TEST(test_json), TEST(test_level),
		TEST(test_repeats), TEST(test_many), TEST(test_says_at_the_end),
		TEST(test_nobody_reads) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
