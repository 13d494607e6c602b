/* portlog why ENTITY PROPERTY */
#include <stdlib.h>

#include "base/text.h"
#include "cli/listing.h"
#include "cli/show_state.h"
#include "render/why_text.h"

struct why_settings {
	struct option_time at;
	int output;
};

static const struct option options[] = {
	OPTION(why_settings, at, '\0', TIME, "TIME", "as the entity was then"),
	OPTION(why_settings, output, 'o', CHOICE, "FORMAT", "text, json or jsonl",
		.choices = render_format_words, .fallback = "auto"),
	OPTION_END,
};

static bool several(const struct blame *blame, const char *name, struct error *err)
{
	enum { SHOWN = 10 };
	struct buf paths = { 0 };
	for (size_t i = 0; i < blame->count && i < SHOWN; i++) {
		buf_add_text(&paths, i > 0 ? ", " : "");
		text_safe(property_short(blame->entries[i].path), &paths);
	}
	error_set(err, ERROR_NEGATIVE, "'%.80s' is the name of several properties: %s%s", name,
		buf_text(&paths), blame->count > SHOWN ? " …" : "");
	buf_free(&paths);
	return false;
}

static void write_text(struct invocation *call, const struct blame_entry *entry,
	const struct causes *causes, struct span sentence)
{
	struct buf out = { 0 };
	if (call->terminal) {
		char *text = span_dup(sentence);
		text_wrap(&out, text, 0, 0, call->width);
		free(text);
	} else {
		buf_add_span(&out, sentence);
	}
	if (out.length == 0 || out.data[out.length - 1] != '\n')
		buf_add_char(&out, '\n');
	buf_add_char(&out, '\n');
	why_tree(entry, causes, call->terminal ? call->width : 0, call->color, &out);
	command_page(call);
	listing_write(&out);
	buf_free(&out);
}

static bool explain(struct invocation *call, const struct tree_subject *subject,
	struct blame *blame, struct error *err)
{
	const struct why_settings *settings = call->settings;
	const struct blame_entry *entry = &blame->entries[0];
	struct causes causes = { 0 };
	struct buf sentence = { 0 };
	bool is_set = entry->has_change && entry->certainty != CERTAINTY_UNKNOWN;
	if (is_set && !causes_find(call->reader, &entry->change, &blame->texts, &causes, err))
		return false;
	why_sentence(entry, &causes, &sentence);
	if (settings->output == RENDER_JSON || settings->output == RENDER_JSONL) {
		struct buf out = { 0 };
		why_json(subject, entry, &causes, buf_span(&sentence), &out);
		write_json(call, &out);
		buf_free(&out);
	} else {
		write_text(call, entry, &causes, buf_span(&sentence));
	}
	buf_free(&sentence);
	return true;
}

static bool why(struct invocation *call, const struct entity_argument *entity, const char *name,
	struct error *err)
{
	const struct why_settings *settings = call->settings;
	struct text_list names = { 0 };
	struct blame blame = { 0 };
	text_list_add(&names, name);
	struct blame_request request = {
		.entity = entity->id,
		.at_ms = settings->at.given ? settings->at.ms : INT64_MAX,
		.names = &names,
		.removed = true,
	};
	struct tree_subject subject = tree_subject(entity, request.at_ms);
	bool ok = blame_make(call->reader, &request, &blame, err) &&
		  check_state(&subject, &blame.state, err);
	if (ok && blame.count == 0)
		ok = check_names(&subject, &blame, err);
	else if (ok && blame.count > 1)
		ok = several(&blame, name, err);
	else if (ok)
		ok = explain(call, &subject, &blame, err);
	text_list_clear(&names);
	blame_release(&blame);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct why_settings *settings = call->settings;
	struct entity_argument entity = { 0 };
	if (call->arguments.count != 2)
		return error_set(err, ERROR_USAGE,
			"it must be said which entity and which of its properties; 'portlog blame "
			"ENTITY' lists them");
	if (settings->output == RENDER_CSV || settings->output == RENDER_TSV)
		return error_set(err, ERROR_USAGE,
			"a chain of causes is no table; -o takes text, json or jsonl");
	if (!entity_argument(call, call->arguments.items[0], &entity, err))
		return false;
	bool ok = why(call, &entity, call->arguments.items[1], err);
	entity_argument_release(&entity);
	return ok;
}

const struct command cmd_why = {
	.name = "why",
	.summary = "show the chain of causes behind a property's value",
	.arguments = "ENTITY PROPERTY",
	.description =
		"The change that set it, the run that made the change, who started and approved "
		"that "
		"run or, of an automation, what fired it, and so on to the first cause. A property "
		"that is gone is looked for among what was removed.",
	.options = options,
	.settings_size = sizeof(struct why_settings),
	.most_arguments = 2,
	.needs = NEED_STORE,
	.run = run,
};
