/* bash: words from a line as it stands, and quoted texts for it. Nothing is expanded or run. */
#include <ctype.h>
#include <string.h>

#include "cli/complete.h"

/* A line as it is read. */
struct reading {
	struct text_list *words; /* NULL: only the last one is wanted */
	struct buf word;
	bool inside;
	char quote;
};

static void end_word(struct reading *r)
{
	if (r->inside && r->words)
		text_list_add(r->words, buf_text(&r->word));
	buf_clear(&r->word);
	r->inside = false;
}

/* In double quotes a backslash only quotes these. */
static bool is_escaped(const struct reading *r, char next)
{
	return r->quote == '\0' || (r->quote == '"' && strchr("\"\\$`", next));
}

static void read_line(struct reading *r, struct span line)
{
	for (size_t i = 0; i < line.length; i++) {
		char c = line.data[i];
		if (c == '\\' && r->quote != '\'' && i + 1 < line.length &&
			is_escaped(r, line.data[i + 1])) {
			buf_add_char(&r->word, line.data[++i]);
		} else if (r->quote ? c == r->quote : c == '"' || c == '\'') {
			r->quote = r->quote ? '\0' : c;
		} else if (!r->quote && (c == ' ' || c == '\t' || c == '\n')) {
			end_word(r);
			continue;
		} else {
			buf_add_char(&r->word, c);
		}
		r->inside = true;
	}
}

void complete_bash_words(const char *line, const char *piece, struct text_list *words,
	struct buf *ret_kept, char *ret_quote)
{
	struct reading all = { .words = words };
	struct reading kept = { 0 };
	size_t length = strlen(line);
	size_t piece_length = strlen(piece);
	read_line(&all, span_make(line, length));
	text_list_add(words, buf_text(&all.word));
	read_line(&kept, span_make(line, length > piece_length ? length - piece_length : 0));
	buf_add_span(ret_kept, buf_span(&kept.word));
	*ret_quote = all.quote;
	buf_free(&all.word);
	buf_free(&kept.word);
}

static bool is_plain(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || strchr("_./:@%+,=-", c);
}

bool complete_bash_quote(const char *text, char quote, struct buf *out)
{
	for (const char *c = text; *c; c++) {
		/* History is expanded in double quotes, too, and there a backslash would stay. */
		if (quote == '"' && *c == '!')
			return false;
		if (quote == '\'' && *c == '\'') {
			buf_add_text(out, "'\\'");
		} else if (quote == '"' ? strchr("\"\\$`", *c) != NULL
					: !quote && !is_plain((unsigned char)*c)) {
			buf_add_char(out, '\\');
		}
		buf_add_char(out, *c);
	}
	/* Readline closes the quote, but not behind what looks like one. */
	if (quote && out->length > 0 && out->data[out->length - 1] == quote)
		buf_add_char(out, quote);
	return true;
}
