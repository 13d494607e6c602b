#include "query/sql_split.h"

#include <string.h>

/* The character that opens quotes or a comment, or none of them: what it begins. */
static void look_outside(struct sql_split *split, struct span text)
{
	char c = text.data[split->at];
	char next = split->at + 1 < text.length ? text.data[split->at + 1] : '\0';
	if ((c == '-' && next == '-') || (c == '/' && next == '*')) {
		split->inside = c == '-' ? '-' : '*';
		split->at++;
		return;
	}
	if (!strchr(" \t\r\n\f", c))
		split->has_word = true;
	if (c == '\'' || c == '"' || c == '`')
		split->inside = c;
	else if (c == '[')
		split->inside = ']';
}

static void look_inside(struct sql_split *split, struct span text)
{
	char c = text.data[split->at];
	if (split->inside == '*') {
		if (c == '*' && split->at + 1 < text.length && text.data[split->at + 1] == '/') {
			split->inside = '\0';
			split->at++;
		}
	} else if (split->inside == '-' ? c == '\n' : c == split->inside) {
		/* A doubled quote ends and begins again: the same. */
		split->inside = '\0';
	}
}

bool sql_split(struct sql_split *split, struct span text)
{
	for (; split->at < text.length; split->at++) {
		if (split->inside)
			look_inside(split, text);
		else if (text.data[split->at] == ';')
			return split->at++, true;
		else
			look_outside(split, text);
	}
	return false;
}
