/* row.h: one row of results.csv or of summary.csv, as columns.def lists them. */
#ifndef IPCMARK_ROW_H
#define IPCMARK_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/why.h"

#define ROW_SCHEMA  1
#define ROW_TEXT    200 /* longest text of a field, with its end; longer ones are cut */
#define ROW_UNKNOWN INT64_MIN /* an INT that is not known; a REAL is NAN, a TEXT "" */

#define FIELD_TEXT(name) char name[ROW_TEXT];
#define FIELD_INT(name)  int64_t name;
#define FIELD_REAL(name) double name;

struct result_row {
#define RESULT(type, name, says) FIELD_##type(name)
#define SUMMARY(type, name, says)
#include "results/columns.def"
#undef RESULT
#undef SUMMARY
};

struct summary_row {
#define RESULT(type, name, says)
#define SUMMARY(type, name, says) FIELD_##type(name)
#include "results/columns.def"
#undef RESULT
#undef SUMMARY
};

enum column_type { COLUMN_TEXT, COLUMN_INT, COLUMN_REAL };

/* Describes a table, so that one writer and one reader serve both. */
struct column {
	const char *name;
	enum column_type type;
	size_t offset; /* in the row */
	const char *says;
};
struct table {
	const struct column *columns;
	size_t column_count;
	size_t row_size;
	/* Columns that a file of an earlier version lacks, which are unknown then; ends
	 * with NULL. NULL: it has them all. */
	const char *const *added;
};
extern const struct table result_table, summary_table;

/* Makes every field unknown, and sets the schema. */
void row_clear(const struct table *table, void *row);

/* Copies a text into a TEXT field; one that is too long is cut between two characters of
 * UTF-8. */
void row_text(char field[ROW_TEXT], const char *text);

#endif
