#include "action/jq.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/sanitizer.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "libraries/jq_library.h"

enum {
	PROGRAMS_MOST = 1024,
	ERROR_MOST = 240,
	LIFE_SECONDS = 60, /* of one ask, where nobody is there any more to end it */
};

/* jv.h's own, which would need libjq to be linked. */
static bool is_valid(jv value)
{
	return jv_get_kind(value) != JV_KIND_INVALID;
}

struct program {
	char *text;
	jq_state *jq; /* NULL: it does not compile */
	struct buf why;
};

struct evaluator {
	struct program *programs;
	size_t count;
};

/* The first line of what jq says, without what is meant for its command line; a place stays as its
 * line. */
static void keep_words(jv message, struct buf *out)
{
	static const char *const noise[] = { "jq: error: ", "jq: error (at <unknown>): " };
	static const char *const ends[] = { "\n", " (Unix shell quoting issues?)",
		" at <top-level>, line " };
	jv text = jv_get_kind(message) == JV_KIND_STRING ? message : jv_dump_string(message, 0);
	const char *words = jv_string_value(text), *place = strstr(words, ends[2]);
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (strncmp(words, noise[i], strlen(noise[i])) == 0)
			words += strlen(noise[i]);
	size_t length = strnlen(words, ERROR_MOST);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *end = strstr(words, ends[i]);
		if (end && (size_t)(end - words) < length)
			length = (size_t)(end - words);
	}
	if (out->length == 0) {
		buf_add(out, words, length);
		if (place)
			buf_addf(out, ", line %d", atoi(place + strlen(ends[2])));
	}
	jv_free(text);
}

static void on_error(void *data, jv message)
{
	keep_words(message, data);
}

static void no_memory(void *data)
{
	(void)data;
	_exit(JQ_EXIT_MEMORY);
}

/* There is no other input, and nobody to debug; 1.6 leaves both functions as memory happens to be.
 */
static jv no_input(jq_state *jq, void *data)
{
	(void)jq;
	(void)data;
	return jv_invalid();
}

static void no_debug(void *data, jv message)
{
	(void)data;
	jv_free(message);
}

static void program_release(struct program *program)
{
	free(program->text);
	buf_free(&program->why);
	if (program->jq)
		jq_teardown(&program->jq);
	*program = (struct program){ 0 };
}

static void compile(struct span text, struct program *program)
{
	program->text = span_dup(text);
	program->jq = jq_init();
	if (!program->jq)
		no_memory(NULL);
	jq_set_error_cb(program->jq, on_error, &program->why);
	jq_set_input_cb(program->jq, no_input, NULL);
	jq_set_debug_cb(program->jq, no_debug, NULL);
	jq_set_nomem_handler(program->jq, no_memory, NULL);
	/* Neither ~/.jq nor any module: there are no files for it, and it says so. */
	jq_set_attr(program->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	bool whole = strlen(program->text) == text.length;
	if (whole && jq_compile(program->jq, program->text))
		return;
	jq_teardown(&program->jq);
	if (program->why.length == 0)
		buf_add_text(&program->why, whole ? "it does not compile" : "it has a NUL in it");
}

static struct program *program_of(struct evaluator *e, struct span text)
{
	for (size_t i = 0; i < e->count; i++)
		if (span_equal(span_of(e->programs[i].text), text))
			return &e->programs[i];
	while (e->count >= PROGRAMS_MOST)
		program_release(&e->programs[--e->count]);
	e->programs = xreallocarray(e->programs, e->count + 1, sizeof(*e->programs));
	e->programs[e->count] = (struct program){ 0 };
	compile(text, &e->programs[e->count]);
	return &e->programs[e->count++];
}

/* The first output, as text; where there is none, null. */
static enum jq_status first_output(struct program *program, jv input, struct buf *out)
{
	jq_start(program->jq, input, 0);
	jv value = jq_next(program->jq);
	enum jq_status status = JQ_ANSWERED;
	if (jq_halted(program->jq)) {
		buf_add_text(out, "it halts");
		status = JQ_FAILED;
	} else if (is_valid(value)) {
		jv text = jv_dump_string(jv_copy(value), 0);
		size_t length = (size_t)jv_string_length_bytes(jv_copy(text));
		if (length > JQ_ANSWER_MOST) {
			buf_add_text(out, "its answer is larger than 1 MiB");
			status = JQ_FAILED;
		} else {
			buf_add(out, jv_string_value(text), length);
		}
		jv_free(text);
	} else if (jv_invalid_has_msg(jv_copy(value))) {
		keep_words(jv_invalid_get_msg(jv_copy(value)), out);
		status = JQ_FAILED;
	} else {
		buf_add_text(out, "null");
	}
	jv_free(value);
	jq_start(program->jq, jv_null(), 0); /* lets go of what the evaluation still holds */
	return status;
}

/* An ask as it is read. */
struct reading {
	struct span rest;
	bool broken;
};

static uint32_t take_number(struct reading *r)
{
	uint32_t number = 0;
	if (r->rest.length < sizeof(number)) {
		r->broken = true;
		return 0;
	}
	memcpy(&number, r->rest.data, sizeof(number));
	r->rest = span_make(r->rest.data + sizeof(number), r->rest.length - sizeof(number));
	return number;
}

static struct span take_text(struct reading *r)
{
	uint32_t length = take_number(r);
	if (r->broken || length > r->rest.length) {
		r->broken = true;
		return span_of("");
	}
	struct span text = span_make(r->rest.data, length);
	r->rest = span_make(r->rest.data + length, r->rest.length - length);
	return text;
}

static void add_number(struct buf *out, size_t number)
{
	uint32_t n = (uint32_t)number;
	buf_add(out, &n, sizeof(n));
}

static jv parsed(struct span text)
{
	return jv_parse_sized(text.data, (int)text.length);
}

/* The array that the program sees; where one of the texts is not for jq, why. */
static jv input_of(struct reading *r, const jv *texts, uint32_t text_count)
{
	jv input = jv_array();
	uint32_t count = take_number(r);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		uint32_t at = take_number(r);
		if (at >= text_count) {
			r->broken = true;
		} else if (is_valid(input) && is_valid(texts[at])) {
			input = jv_array_append(input, jv_copy(texts[at]));
		} else if (is_valid(input)) {
			jv_free(input);
			input = jv_copy(texts[at]);
		}
	}
	return input;
}

static enum jq_status answer_question(struct evaluator *e, struct reading *r, const jv *texts,
	uint32_t text_count, struct buf *out)
{
	struct program *program = program_of(e, take_text(r));
	uint32_t flags = take_number(r);
	jv input = input_of(r, texts, text_count);
	if (!program->jq || r->broken || flags & JQ_COMPILE_ONLY) {
		jv_free(input);
		buf_add_span(out, program->jq ? span_of("null") : buf_span(&program->why));
		return program->jq ? JQ_ANSWERED : JQ_NO_PROGRAM;
	}
	if (!is_valid(input)) {
		jv why = jv_invalid_get_msg(input);
		bool deep =
			jv_get_kind(why) == JV_KIND_STRING && strstr(jv_string_value(why), "depth");
		jv_free(why);
		buf_add_text(out, deep ? "the message is nested more deeply than jq reads (256)"
				       : "jq cannot read the message");
		return JQ_FAILED;
	}
	return first_output(program, input, out);
}

static bool answer_ask(struct evaluator *e, struct span ask, struct buf *out)
{
	struct reading r = { .rest = ask };
	uint32_t text_count = take_number(&r), question_count = take_number(&r);
	if (r.broken || text_count > ask.length)
		return false;
	jv *texts = xcalloc(text_count + 1, sizeof(*texts));
	for (uint32_t i = 0; i < text_count; i++)
		texts[i] = parsed(take_text(&r));
	struct buf answer = { 0 };
	for (uint32_t i = 0; i < question_count && !r.broken; i++) {
		buf_clear(&answer);
		enum jq_status status = answer_question(e, &r, texts, text_count, &answer);
		if (out->length + answer.length > JQ_ANSWERS_MOST) {
			buf_clear(&answer);
			buf_add_text(&answer, "all answers together are larger than 8 MiB");
			status = JQ_FAILED;
		}
		add_number(out, status);
		add_number(out, answer.length);
		buf_add_span(out, buf_span(&answer));
	}
	buf_free(&answer);
	for (uint32_t i = 0; i < text_count; i++)
		jv_free(texts[i]);
	free(texts);
	return !r.broken;
}

static bool read_all(void *bytes, size_t count)
{
	for (char *p = bytes; count > 0;) {
		ssize_t got = read(STDIN_FILENO, p, count);
		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		p += got > 0 ? got : 0;
		count -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

/* jq cannot be interrupted, so somebody else must see that the asker has gone. */
static void *watch_asker(void *data)
{
	struct pollfd asker = { .fd = STDIN_FILENO };
	(void)data;
	while (poll(&asker, 1, -1) <= 0 || !(asker.revents & (POLLHUP | POLLERR | POLLNVAL)))
		;
	_exit(0);
}

static bool start_watching(void)
{
	pthread_t thread;
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (!BUILT_SANITIZED)
		pthread_attr_setstacksize(&attributes, 128 * 1024);
	bool ok = pthread_create(&thread, &attributes, watch_asker, NULL) == 0;
	pthread_attr_destroy(&attributes);
	return ok;
}

static bool limit(unsigned what, rlim_t most)
{
	struct rlimit rlimit = { most, most };
	return setrlimit(what, &rlimit) == 0;
}

/* Of what it got, only the socket stays; nothing can be opened, written or started, and memory has
 * an end. */
static bool shut_in(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || dup2(nothing, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)
		return false;
	if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
		for (int i = 3; i < 4096; i++)
			close(i);
	prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
	prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
	if (!start_watching())
		return false;
	return limit(RLIMIT_NOFILE, 3) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) &&
	       limit(RLIMIT_NPROC, 0) && (BUILT_SANITIZED || limit(RLIMIT_DATA, JQ_MEMORY_BYTES));
}

int jq_process(void)
{
	struct evaluator e = { 0 };
	struct buf ask = { 0 }, answers = { 0 };
	uint32_t length;
	jq_library(); /* then no file can be opened any more */
	if (!shut_in())
		return 1;
	while (read_all(&length, sizeof(length)) && length <= JQ_ASK_MOST) {
		alarm(LIFE_SECONDS);
		buf_clear(&ask);
		if (!read_all(buf_reserve(&ask, length), length))
			break;
		ask.length = length;
		buf_clear(&answers);
		if (!answer_ask(&e, buf_span(&ask), &answers))
			break;
		uint32_t answered = (uint32_t)answers.length;
		if (!helper_write(
			    STDIN_FILENO, span_make((const char *)&answered, sizeof(answered))) ||
			!helper_write(STDIN_FILENO, buf_span(&answers)))
			break;
		buf_free(&ask); /* a large one is not kept */
		alarm(0);
	}
	_exit(0);
}

/* Evaluates a program of ours, here: it is harmless. The text is yours. */
static char *evaluate(const char *program, const char *input)
{
	struct program compiled = { 0 };
	struct buf out = { 0 };
	compile(span_of(program), &compiled);
	if (compiled.jq)
		first_output(&compiled, jv_parse(input), &out);
	program_release(&compiled);
	return buf_take(&out);
}

/* The library does not tell its version, and asking its builtins takes 15 ms. This came with 1.7.
 */
const char *jq_library_version(void)
{
	return jq_library()->jv_number_with_literal ? "1.7 or later" : "1.6";
}

const char *jq_known_harm(void)
{
	char *printed = evaluate(".", "9007199254740993");
	bool exact = strcmp(printed, "9007199254740993") == 0;
	free(printed);
	return exact ? NULL
		     : "this jq rounds integers above 2^53 and prints 1.10 as 1.1 in what rules "
		       "compute; plain paths such as {{ .a.b }} keep all digits; jq 1.7 is better";
}
