/* What a template asks of jq, in one question for all of its expressions. */
#include <stdlib.h>
#include <string.h>

#include "action/template_parts.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/xalloc.h"

enum { SHOWN_COLUMNS = 120 }; /* of an expression; "…" tells who masks secrets that it was cut */

void template_warn(const struct filling *f, const struct expression *e, struct span why)
{
	if (!f->warnings)
		return;
	buf_addf(f->warnings, "'%s': {{ ", f->t->path);
	text_cut_end(span_of(e->text), SHOWN_COLUMNS, f->warnings);
	buf_add_text(f->warnings, " }} is null: ");
	buf_add_span(f->warnings, why);
	buf_add_char(f->warnings, '\n');
}

/* {"name": value} of those that the expression names. */
static void secrets_object(const struct filling *f, const struct expression *e, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	for (size_t i = 0; i < e->secrets.count; i++) {
		const char *name = e->secrets.items[i];
		json_member_text(&w, name,
			f->context->secrets ? text_pairs_get(f->context->secrets, name) : NULL);
	}
	json_object_end(&w);
}

/* The program, with names for what it may use; in parentheses, which expression_length() has seen
 * to be its own. */
static void add_program(const struct expression *e, struct buf *out)
{
	buf_addf(out, ". as [$__message, $event, $__secrets] | $__message | %s(%s\n)",
		e->secrets.count > 0 ? ".secrets = $__secrets | " : "", e->text);
}

/* What is asked of jq in one filling, or in a check. */
struct questions {
	struct jq_question *items;
	size_t *expressions; /* whose question it is */
	size_t count;
	struct buf *programs;
	struct span *texts;
	size_t text_count;
};

enum { TEXT_MESSAGE, TEXT_EVENT, TEXT_FIRST_SECRETS };

static void questions_make(const struct template *t, bool compile_only, struct questions *q)
{
	size_t most = t->expression_count + 1;
	q->items = xcalloc(most, sizeof(*q->items));
	q->expressions = xcalloc(most, sizeof(*q->expressions));
	q->programs = xcalloc(most, sizeof(*q->programs));
	q->texts = xcalloc(most + TEXT_FIRST_SECRETS, sizeof(*q->texts));
	q->text_count = TEXT_FIRST_SECRETS;
	q->texts[TEXT_MESSAGE] = q->texts[TEXT_EVENT] = span_of("null");
	for (size_t i = 0; i < t->expression_count; i++) {
		if (t->expressions[i].kind != EXPRESSION_JQ)
			continue;
		struct jq_question *question = &q->items[q->count];
		add_program(&t->expressions[i], &q->programs[q->count]);
		question->program = buf_span(&q->programs[q->count]);
		question->compile_only = compile_only;
		q->expressions[q->count++] = i;
	}
}

static void questions_release(struct questions *q)
{
	for (size_t i = 0; i < q->count; i++)
		buf_free(&q->programs[i]);
	free(q->programs);
	free(q->items);
	free(q->expressions);
	free(q->texts);
}

static void add_inputs(struct filling *f, struct questions *q)
{
	q->texts[TEXT_MESSAGE] = json_raw(f->context->message, 0);
	if (f->context->event)
		q->texts[TEXT_EVENT] = json_raw(f->context->event, 0);
	for (size_t i = 0; i < q->count; i++) {
		const struct expression *e = &f->t->expressions[q->expressions[i]];
		struct jq_question *question = &q->items[i];
		question->inputs[0] = TEXT_MESSAGE;
		question->inputs[1] = question->inputs[2] = TEXT_EVENT;
		question->input_count = 3;
		if (e->secrets.count == 0)
			continue;
		struct buf *secrets = &f->secrets[q->expressions[i]];
		secrets_object(f, e, secrets);
		question->inputs[2] = (uint32_t)q->text_count;
		q->texts[q->text_count++] = buf_span(secrets);
	}
}

bool template_ask(struct filling *f, struct buf *storage, struct error *err)
{
	struct questions q = { 0 };
	questions_make(f->t, false, &q);
	add_inputs(f, &q);
	struct jq_answer *answers = xcalloc(q.count + 1, sizeof(*answers));
	struct jq_ask ask = { q.texts, q.text_count, q.items, q.count, 0 };
	bool ok = q.count == 0;
	if (!ok && !f->context->jq)
		error_set(err, ERROR_CONFIG, "there is no jq");
	else if (!ok)
		ok = jq_helper_ask(f->context->jq, &ask, answers, storage, err);
	for (size_t i = 0; ok && i < q.count; i++) {
		struct filled *filled = &f->filled[q.expressions[i]];
		filled->failed = !answers[i].ok;
		if (answers[i].ok)
			filled->json = answers[i].text;
		else
			template_warn(f, &f->t->expressions[q.expressions[i]], answers[i].text);
	}
	free(answers);
	questions_release(&q);
	return ok || error_prefix(err, "'%s'", f->t->path);
}

bool template_check(const struct template *t, struct jq_helper *jq, struct error *err)
{
	struct questions q = { 0 };
	struct buf storage = { 0 };
	questions_make(t, true, &q);
	struct jq_answer *answers = xcalloc(q.count + 1, sizeof(*answers));
	struct jq_ask ask = { q.texts, q.text_count, q.items, q.count, 0 };
	bool ok = q.count == 0 || jq_helper_ask(jq, &ask, answers, &storage, err) ||
		  error_prefix(err, "'%s'", t->path);
	for (size_t i = 0; ok && i < q.count; i++) {
		if (answers[i].ok)
			continue;
		struct buf shown = { 0 };
		text_cut_end(span_of(t->expressions[q.expressions[i]].text), SHOWN_COLUMNS, &shown);
		ok = error_set(err, ERROR_CONFIG, "'%s': {{ %s }}: %.*s", t->path, buf_text(&shown),
			(int)answers[i].text.length, answers[i].text.data);
		buf_free(&shown);
	}
	free(answers);
	buf_free(&storage);
	questions_release(&q);
	return ok;
}
