/* portlog complete SHELL -- …: what may come next, for the scripts in doc/completion. The first
 * line of the answer is "files" where names of files may come, too, else "words"; then a line for
 * each word. Whatever goes wrong, there is nothing to say: a user is typing. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complete.h"

static void print_first(const struct completion *c)
{
	puts(c->files ? "files" : "words");
}

/* zsh and fish quote by themselves, and show what a word is. */
static void answer_words(struct completion *c, const struct text_list *words)
{
	complete_line(c, words);
	print_first(c);
	for (size_t i = 0; i < c->texts.count; i++)
		printf("%s\t%s\n", c->texts.items[i], c->notes.items[i]);
}

static void answer_bash(struct completion *c, const char *line, const char *piece)
{
	struct text_list words = { 0 };
	struct buf kept = { 0 };
	struct buf quoted = { 0 };
	char quote;
	complete_bash_words(line, piece, &words, &kept, &quote);
	/* The first is the command's name. */
	struct text_list rest = { words.items + 1, words.count - 1 };
	if (words.count > 1)
		complete_line(c, &rest);
	print_first(c);
	for (size_t i = 0; i < c->texts.count; i++) {
		const char *text = c->texts.items[i];
		buf_clear(&quoted);
		if (strncmp(text, buf_text(&kept), kept.length) == 0 &&
			complete_bash_quote(text + kept.length, quote, &quoted))
			puts(buf_text(&quoted));
	}
	text_list_clear(&words);
	buf_free(&kept);
	buf_free(&quoted);
}

static bool run(struct invocation *call, struct error *err)
{
	struct completion c = { .global = call->global };
	struct text_list given = call->arguments;
	const char *shell = given.count > 0 ? given.items[0] : "";
	struct text_list words = { given.items + 1, given.count - 1 };
	if (strcmp(shell, "words") == 0 && given.count > 1)
		answer_words(&c, &words);
	else if (strcmp(shell, "bash") == 0 && given.count == 3)
		answer_bash(&c, given.items[1], given.items[2]);
	else
		return error_set(err, ERROR_USAGE, "it is for the shells' completion");
	completion_release(&c);
	return true;
}

const struct command cmd_complete = {
	.name = "complete",
	.summary = "say what may come next on a command line",
	.arguments = "words|bash -- WORD…",
	.hidden = true,
	.run = run,
};
