#include "results/csv.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"

#define FIELDS_MAX 512
/* Enough digits to tell any two measurements apart, few enough to be read. */
#define DIGITS 9

/* Numbers have a decimal point, whatever the user's locale has. */
struct c_locale {
	locale_t ours, before;
};

static struct c_locale c_locale_enter(void)
{
	struct c_locale locale = { newlocale(LC_ALL_MASK, "C", (locale_t)0),
		(locale_t)0 };

	locale.before = uselocale(locale.ours);
	return locale;
}

static void c_locale_leave(struct c_locale locale)
{
	uselocale(locale.before);
	if (locale.ours)
		freelocale(locale.ours);
}

/* Only what JSON and spreadsheets call a number: no nan, no inf, no 0x. */
static bool is_number(const char *text, double *value)
{
	char *end;

	if (!*text || text[strspn(text, "0123456789+-.eE")])
		return false;
	*value = strtod(text, &end);
	return !*end;
}

static bool needs_quotes(const char *text)
{
	size_t length = strlen(text);
	double ignored;

	if (!length)
		return false;
	if (text[strcspn(text, ",\"\r\n")] || text[0] == ' ' || text[length - 1] == ' ')
		return true;
	return strchr("=+-@\t", text[0]) && !is_number(text, &ignored);
}

void csv_field(FILE *out, const char *text)
{
	if (!needs_quotes(text)) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

/* Takes the quotes off the field at *at, in place, ends it and moves *at past its
 * delimiter. Returns the delimiter, '"' when a quote never closes, or NUL when the text
 * ends first. */
static char take_field(char **at, char *end)
{
	char *from = *at, *to = *at;

	if (from < end && *from == '"') {
		for (from++;; from++) {
			if (from == end)
				return '"';
			if (*from == '"' && (++from == end || *from != '"'))
				break;
			*to++ = *from;
		}
	}
	for (; from < end; from++) {
		char c = *from;

		if (c == ',' || c == '\n') {
			*at = from + 1;
			*to = '\0';
			return c;
		}
		if (c != '\r' || from + 1 == end || from[1] != '\n')
			*to++ = c;
	}
	return '\0';
}

int csv_record(char **at, char *end, char **fields, size_t max)
{
	char *from = *at;
	int count = 0;
	char delimiter;

	if (from >= end)
		return 0;
	do {
		char *field = from;

		delimiter = take_field(&from, end);
		if (delimiter == '"')
			return -EINVAL;
		if (delimiter == '\0')
			return -EAGAIN;
		if ((size_t)count < max)
			fields[count] = field;
		if (count < INT_MAX)
			count++;
	} while (delimiter == ',');
	*at = from;
	return count;
}

void csv_header(FILE *out, const struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++) {
		if (i)
			putc(',', out);
		csv_field(out, table->columns[i].name);
	}
	putc('\n', out);
}

void csv_row(FILE *out, const struct table *table, const void *row)
{
	struct c_locale locale = c_locale_enter();

	for (size_t i = 0; i < table->column_count; i++) {
		const void *field = (const char *)row + table->columns[i].offset;

		if (i)
			putc(',', out);
		switch (table->columns[i].type) {
		case COLUMN_TEXT:
			csv_field(out, field);
			break;
		case COLUMN_INT:
			if (*(const int64_t *)field != ROW_UNKNOWN)
				fprintf(out, "%" PRId64, *(const int64_t *)field);
			break;
		case COLUMN_REAL:
			/* An infinity is no measurement either. */
			if (isfinite(*(const double *)field))
				fprintf(out, "%.*g", DIGITS, *(const double *)field);
			break;
		}
	}
	putc('\n', out);
	c_locale_leave(locale);
}

/* The beginning of a foreign text, fit to be shown on a terminal. */
static const char *shown(const char *text, char *buffer, size_t size)
{
	size_t length = 0;

	for (; *text && length + 1 < size; text++)
		buffer[length++] = isprint((unsigned char)*text) ? *text : '?';
	buffer[length] = '\0';
	return buffer;
}

/* A table while it is read. */
struct reader {
	const struct table *table;
	const struct column *columns[FIELDS_MAX]; /* of the file; NULL: not known here */
	char *fields[FIELDS_MAX];
	int width;
	size_t line;
	struct why *why;
};

static bool was_added(const struct table *table, const char *name)
{
	for (const char *const *added = table->added; added && *added; added++)
		if (strcmp(*added, name) == 0)
			return true;
	return false;
}

static int read_header(struct reader *reader)
{
	const struct table *table = reader->table;

	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		int found = -1;

		for (int j = 0; j < reader->width; j++) {
			if (strcmp(reader->fields[j], column->name))
				continue;
			if (found >= 0)
				return why_say(reader->why, 0,
					"line 1: column %s is there twice", column->name);
			found = j;
			reader->columns[j] = column;
		}
		if (found < 0 && !was_added(table, column->name))
			return why_say(reader->why, 0, "line 1: column %s is missing",
				column->name);
	}
	return 0;
}

static int read_field(struct reader *reader, int index, void *row)
{
	const struct column *column = reader->columns[index];
	const char *text = reader->fields[index];
	const char *fault = NULL;
	char words[48];
	void *field;

	if (!column || !*text)
		return 0;
	field = (char *)row + column->offset;
	if (column->type == COLUMN_TEXT) {
		row_text(field, text);
	} else if (column->type == COLUMN_INT) {
		/* The least one stands for unknown. */
		int error = text_number(text, INT64_MIN + 1, INT64_MAX, field, NULL);

		if (error)
			fault = error == -ERANGE ? "is out of range"
						 : "is not a whole number";
	} else if (!is_number(text, field)) {
		fault = "is not a number";
	} else if (!isfinite(*(double *)field)) {
		fault = "is out of range";
	}
	if (fault)
		return why_say(reader->why, 0, "line %zu, column %s: '%s' %s",
			reader->line, column->name, shown(text, words, sizeof words),
			fault);
	return 0;
}

/* How many lines the record took: one, and one for each line break in its fields. */
static size_t lines_of(const struct reader *reader, int count)
{
	size_t lines = 1;

	for (int i = 0; i < count && i < FIELDS_MAX; i++)
		for (const char *at = reader->fields[i]; (at = strchr(at, '\n')); at++)
			lines++;
	return lines;
}

static int read_rows(
	struct reader *reader, char *at, char *end, void **rows, size_t *count)
{
	size_t size = reader->table->row_size, room = 0;

	for (;;) {
		int got = csv_record(&at, end, reader->fields, FIELDS_MAX);
		char *row;
		int error = 0;

		if (got == 0 || got == -EAGAIN)
			return 0;
		/* A kill may cut a row off inside a quoted field. */
		if (got < 0 && !memchr(at, '\n', (size_t)(end - at)))
			return 0;
		if (got < 0)
			return why_say(reader->why, 0, "line %zu: a quote never closes",
				reader->line);
		if (got == 1 && !*reader->fields[0]) {
			reader->line++; /* an empty line */
			continue;
		}
		if (got != reader->width)
			return why_say(reader->why, 0,
				"line %zu has %d fields, line 1 has %d", reader->line,
				got, reader->width);
		if (*count == room) {
			void *more = reallocarray(*rows, room ? 2 * room : 64, size);

			if (!more)
				return why_say(reader->why, ENOMEM,
					"line %zu: keep %zu rows", reader->line, *count);
			*rows = more;
			room = room ? 2 * room : 64;
		}
		row = (char *)*rows + *count * size;
		row_clear(reader->table, row);
		for (int i = 0; i < got && !error; i++)
			error = read_field(reader, i, row);
		if (error)
			return error;
		reader->line += lines_of(reader, got);
		++*count;
	}
}

int csv_table(const struct table *table, char *text, size_t length, void **rows,
	size_t *count, struct why *why)
{
	struct reader reader = { .table = table, .line = 1, .why = why };
	char *at = text, *end = text + length;
	struct c_locale locale;
	void *read = NULL;
	size_t read_count = 0;
	int error;

	/* Spreadsheets begin with a byte order mark. */
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	reader.width = csv_record(&at, end, reader.fields, FIELDS_MAX);
	if (reader.width <= 0)
		return why_say(why, 0, "line 1: the names of the columns are missing");
	if (reader.width > FIELDS_MAX)
		return why_say(why, 0, "line 1 has %d columns, the most is %d",
			reader.width, FIELDS_MAX);
	error = read_header(&reader);
	if (error)
		return error;
	reader.line += lines_of(&reader, reader.width);
	locale = c_locale_enter();
	error = read_rows(&reader, at, end, &read, &read_count);
	c_locale_leave(locale);
	if (error) {
		free(read);
		return error;
	}
	*rows = read;
	*count = read_count;
	return 0;
}
