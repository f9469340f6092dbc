/* format.h: a list of changes written for a reader: a terminal, a pull request, a
 * program, a CI server. */
#ifndef IPCMARK_FORMAT_H
#define IPCMARK_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/change.h"

enum format {
	FORMAT_TABLE, /* at most 100 columns */
	FORMAT_MARKDOWN, /* GitHub's: a step summary, a comment */
	FORMAT_JSON,
	FORMAT_JUNIT, /* a suite a comparison, a test a case; slower is a failure */
};

/* Writes the comparisons, which all have the same base, and what they mean. 0, or -errno
 * in words; -ENOTSUP where the format is not built in. */
int format_changes(enum format format, const struct changes *const *list, size_t count,
	FILE *out, bool is_coloured, struct why *why);

/* The writers behind it. */
void format_table(
	const struct changes *const *list, size_t count, FILE *out, bool is_coloured);
void format_markdown(const struct changes *const *list, size_t count, FILE *out);
int format_json(
	const struct changes *const *list, size_t count, FILE *out, struct why *why);
void format_junit(const struct changes *const *list, size_t count, FILE *out);

/* What they share. */

/* Length of the UTF-8 character at `text` (RFC 3629), 0 where there is none. */
size_t format_character(const char *text);

/* Text that may come from anywhere, as valid UTF-8 without control characters ('?' stands
 * for what is none), cut to `size`. Returns `clean`. */
char *format_clean(const char *text, char *clean, size_t size);

/* "+4.9 %"; "-" where it is not known. */
#define FORMAT_TEXT 32
char *format_percent(double ratio, char *text);
/* "+3.1 to +6.0 %". */
char *format_interval(const struct decision *decision, char *text);

/* "slower (40 cases: 2 slower, 3 inconclusive, 35 without change)". */
#define FORMAT_LINE 400
char *format_headline(const struct changes *changes, char *text);

/* How it was decided, in one sentence. */
char *format_method(const struct changes *changes, char *text);

/* What could have been seen; "" where nothing can be said. */
char *format_power(const struct changes *changes, char *text);

#endif
