#include "plots/svg.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plots/html.h"
#include "results/format.h"

#define DEPTH_MAX 64
#define NAME_MAX_ 32

static const char *const elements[] = { "g", "defs", "path", "rect", "circle", "polygon",
	"polyline", "line", "use", "text", "tspan", NULL };

/* An element that was begun. One that shows nothing itself (g, tspan) is written when
 * something in it is: gnuplot leaves hundreds of empty ones. */
struct open_element {
	char name[NAME_MAX_];
	char *pending; /* its start tag, not written yet; or NULL */
};

struct cleaner {
	const char *at;
	const struct svg_words *words;
	struct svg_inks *inks;
	FILE *out;
	struct open_element stack[DEPTH_MAX];
	size_t depth; /* of what is kept */
	size_t dropped; /* how deep it is in what is left out */
	size_t texts; /* text and tspan around here */
	struct svg_shapes shapes;
	bool has_root, is_done;
};

static bool is_listed(const char *name, const char *const *list)
{
	while (*list && strcmp(*list, name) != 0)
		list++;
	return *list != NULL;
}

/* Reads a name of an element or attribute; false where there is none, or a long one. */
static bool read_name(struct cleaner *cleaner, char name[NAME_MAX_])
{
	size_t length = 0;

	while (isalnum((unsigned char)cleaner->at[length]) ||
		(cleaner->at[length] && strchr(":_-.", cleaner->at[length])))
		length++;
	if (!length)
		return false;
	snprintf(name, NAME_MAX_, "%.*s", (int)(length < NAME_MAX_ ? length : 0),
		cleaner->at);
	cleaner->at += length;
	return true;
}

static void skip_space(struct cleaner *cleaner)
{
	cleaner->at += strspn(cleaner->at, " \t\r\n");
}

/* Reads ` name="value"`; the caller frees *value. 1, 0 where the tag ends, or -1. */
static int read_attribute(struct cleaner *cleaner, char name[NAME_MAX_], char **value)
{
	char quote;
	size_t length;

	skip_space(cleaner);
	if (*cleaner->at == '>' || *cleaner->at == '/')
		return 0;
	if (!read_name(cleaner, name))
		return -1;
	skip_space(cleaner);
	if (*cleaner->at++ != '=')
		return -1;
	skip_space(cleaner);
	quote = *cleaner->at;
	if (quote != '"' && quote != '\'')
		return -1;
	length = strcspn(++cleaner->at, quote == '"' ? "\"<" : "'<");
	if (cleaner->at[length] != quote)
		return -1;
	*value = strndup(cleaner->at, length);
	if (!*value)
		abort();
	cleaner->at += length + 1;
	return 1;
}

static void write_root(struct cleaner *cleaner, const char *box)
{
	const struct svg_words *words = cleaner->words;

	fprintf(cleaner->out, "<svg role=\"img\" aria-labelledby=\"%s-t %s-d\"",
		words->id, words->id);
	if (box)
		svg_attribute(
			words->id, cleaner->inks, "svg", "viewBox", box, cleaner->out);
	fputs(" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">",
		cleaner->out);
	html_print(cleaner->out,
		"<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>", words->id,
		words->title, words->id, words->says);
	cleaner->has_root = true;
}

static void flush(struct cleaner *cleaner)
{
	for (size_t i = 0; i < cleaner->depth; i++) {
		struct open_element *element = &cleaner->stack[i];

		if (!element->pending)
			continue;
		fputs(element->pending, cleaner->out);
		free(element->pending);
		element->pending = NULL;
	}
}

/* Takes an element whose start tag has been read. */
static void begin(struct cleaner *cleaner, const char *name, char *tag, bool is_closed)
{
	bool can_wait = strcmp(name, "g") == 0 || strcmp(name, "tspan") == 0;
	struct open_element *element = &cleaner->stack[cleaner->depth];

	if (can_wait && is_closed) {
		free(tag);
		return;
	}
	if (!can_wait) {
		flush(cleaner);
		fprintf(cleaner->out, "%s%s", tag, is_closed ? "/>" : ">");
		free(tag);
		tag = NULL;
	} else {
		char *whole = realloc(tag, strlen(tag) + 2);

		if (!whole)
			abort();
		tag = whole;
		strcat(tag, ">");
	}
	if (is_closed)
		return;
	snprintf(element->name, sizeof element->name, "%s", name);
	element->pending = tag;
	cleaner->depth++;
	cleaner->texts += strcmp(name, "text") == 0 || strcmp(name, "tspan") == 0;
}

/* Ends the start tag of a path with its line, or makes it a reference to one that was
 * drawn before. Returns the tag anew. */
static char *write_line(struct cleaner *cleaner, char *tag, const char *line)
{
	double x, y;
	bool is_new;
	const struct svg_shape *shape = svg_shapes_find(
		&cleaner->shapes, tag, line, &x, &y, &is_new);
	char *whole = NULL;
	size_t length;
	FILE *out = open_memstream(&whole, &length);

	if (!out)
		abort();
	if (shape && !is_new) {
		fprintf(out, "<use href=\"#%s-s%zu\" x=\"%.4g\" y=\"%.4g\"",
			cleaner->words->id, (size_t)(shape - cleaner->shapes.items), x,
			y);
	} else {
		fputs(tag, out);
		if (is_new)
			fprintf(out, " id=\"%s-s%zu\"", cleaner->words->id,
				(size_t)(shape - cleaner->shapes.items));
		svg_attribute(cleaner->words->id, cleaner->inks, "path", "d", line, out);
	}
	if (fclose(out))
		abort();
	free(tag);
	return whole;
}

/* Reads the attributes of a start tag into `tag`, and two of them as they are. What
 * read_attribute() said last is returned. */
static int read_attributes(struct cleaner *cleaner, const char *element, bool is_kept,
	char **tag, char **box, char **line)
{
	char name[NAME_MAX_], *value;
	size_t length = 0;
	FILE *out = open_memstream(tag, &length);
	int got;

	if (!out)
		abort();
	fprintf(out, "<%s", element);
	while ((got = read_attribute(cleaner, name, &value)) > 0) {
		char **kept = strcmp(name, "viewBox") == 0 ? box
			      : strcmp(name, "d") == 0     ? line
							   : NULL;

		if (kept && !*kept) {
			*kept = value;
			continue;
		}
		if (is_kept && !kept)
			svg_attribute(cleaner->words->id, cleaner->inks, element, name,
				value, out);
		free(value);
	}
	if (fclose(out))
		abort();
	return got;
}

/* Takes the start tag of an element that is left out, or the first one. */
static int pass_start(
	struct cleaner *cleaner, const char *name, const char *box, bool is_closed)
{
	if (cleaner->has_root) {
		cleaner->dropped += !is_closed;
		return 0;
	}
	if (strcmp(name, "svg") != 0 || is_closed)
		return -1;
	write_root(cleaner, box);
	return 0;
}

/* Reads a start tag after its '<'. 0 or -1. */
static int start_tag(struct cleaner *cleaner)
{
	char name[NAME_MAX_], *tag = NULL, *box = NULL, *line = NULL;
	bool is_kept, is_closed;
	int got, error = 0;

	if (!read_name(cleaner, name))
		return -1;
	is_kept = cleaner->has_root && !cleaner->dropped && is_listed(name, elements) &&
		  cleaner->depth < DEPTH_MAX;
	got = read_attributes(cleaner, name, is_kept, &tag, &box, &line);
	is_closed = got == 0 && *cleaner->at == '/';
	cleaner->at += is_closed;
	if (got < 0 || *cleaner->at != '>') {
		error = -1;
	} else {
		cleaner->at++;
		if (is_kept && line && is_closed && strcmp(name, "path") == 0)
			tag = write_line(cleaner, tag, line);
		if (is_kept) {
			begin(cleaner, name, tag, is_closed);
			tag = NULL;
		} else {
			error = pass_start(cleaner, name, box, is_closed);
		}
	}
	free(tag);
	free(box);
	free(line);
	return error;
}

/* Reads an end tag after its '</'. 0 or -1. */
static int end_tag(struct cleaner *cleaner)
{
	struct open_element *element;
	char name[NAME_MAX_];

	if (!read_name(cleaner, name))
		return -1;
	skip_space(cleaner);
	if (*cleaner->at++ != '>')
		return -1;
	if (cleaner->dropped) {
		cleaner->dropped--;
		return 0;
	}
	if (!cleaner->depth) {
		cleaner->is_done = cleaner->has_root && strcmp(name, "svg") == 0;
		return cleaner->is_done ? 0 : -1;
	}
	element = &cleaner->stack[--cleaner->depth];
	if (strcmp(element->name, name) != 0) {
		cleaner->depth++;
		return -1;
	}
	if (element->pending)
		free(element->pending);
	else
		fprintf(cleaner->out, "</%s>", name);
	element->pending = NULL;
	cleaner->texts -= strcmp(name, "text") == 0 || strcmp(name, "tspan") == 0;
	return 0;
}

/* Length of a reference that XML or a number defines, "&amp;" or "&#181;"; or 0. */
static size_t reference(const char *text)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;",
		"&apos;" };
	size_t digits;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return strlen(names[i]);
	if (strncmp(text, "&#", 2) != 0)
		return 0;
	digits = strspn(text + 2, "0123456789");
	return digits && digits < 8 && text[2 + digits] == ';' ? digits + 3 : 0;
}

static void characters(struct cleaner *cleaner)
{
	size_t length = strcspn(cleaner->at, "<");
	const char *end = cleaner->at + length;

	if (cleaner->dropped || !cleaner->texts) {
		cleaner->at = end;
		return;
	}
	flush(cleaner);
	while (cleaner->at < end) {
		size_t known = reference(cleaner->at);
		size_t next = known ? known : format_character(cleaner->at);
		char one[8];

		if (!next)
			next = 1;
		if (known) {
			fwrite(cleaner->at, 1, known, cleaner->out);
		} else {
			snprintf(one, sizeof one, "%.*s", (int)next, cleaner->at);
			html_text(cleaner->out, one);
		}
		cleaner->at += next;
	}
}

/* Passes what begins with "<!" or "<?". */
static int pass(struct cleaner *cleaner)
{
	const char *ending = strncmp(cleaner->at, "<!--", 4) == 0        ? "-->"
			     : strncmp(cleaner->at, "<![CDATA[", 9) == 0 ? "]]>"
			     : cleaner->at[1] == '?'                     ? "?>"
									 : ">";
	const char *end = strstr(cleaner->at + 2, ending);

	if (!end)
		return -1;
	cleaner->at = end + strlen(ending);
	return 0;
}

static int clean(struct cleaner *cleaner)
{
	int error = 0;

	while (!error && *cleaner->at && !cleaner->is_done) {
		if (*cleaner->at != '<') {
			characters(cleaner);
		} else if (cleaner->at[1] == '!' || cleaner->at[1] == '?') {
			error = pass(cleaner);
		} else if (cleaner->at[1] == '/') {
			cleaner->at += 2;
			error = end_tag(cleaner);
		} else {
			cleaner->at++;
			error = start_tag(cleaner);
		}
	}
	return error;
}

int svg_clean(const char *text, const struct svg_words *words, struct svg_inks *inks,
	FILE *out, struct why *why)
{
	struct cleaner *cleaner = calloc(1, sizeof *cleaner);
	int error;

	if (!cleaner)
		abort();
	cleaner->at = text;
	cleaner->words = words;
	cleaner->inks = inks;
	cleaner->out = out;
	error = clean(cleaner);
	if (error || !cleaner->is_done)
		error = why_say(why, 0, "the drawing is no whole SVG (byte %zu)",
			(size_t)(cleaner->at - text));
	else
		fputs("</svg>\n", out);
	for (size_t i = 0; i < cleaner->depth; i++)
		free(cleaner->stack[i].pending);
	svg_shapes_clear(&cleaner->shapes);
	free(cleaner);
	return error;
}
