/* csv.h: RFC 4180, one line at a time. */
#ifndef IPCMARK_CSV_H
#define IPCMARK_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "results/row.h"

/* Writes one field, quoted where the RFC asks for it (comma, quote, line break, leading
 * or trailing space). Text that a spreadsheet would run as a formula (a leading = + - @
 * tab or CR that is not a number) is quoted and keeps its characters; readers decide. */
void csv_field(FILE *out, const char *text);

/* Splits the record at *at (which ends at `end`) into fields, unquoted in place and ended
 * by NUL; moves *at past the record. Returns the number of fields (at most `max`, further
 * ones are counted but not stored), 0 at the end, or -EINVAL for a quote that never
 * closes (a record without its final line break counts as unfinished: -EAGAIN). */
int csv_record(char **at, char *end, char **fields, size_t max);

/* Writes the header line, or a row, of a table. */
void csv_header(FILE *out, const struct table *table);
void csv_row(FILE *out, const struct table *table, const void *row);

/* Reads a whole table from text (changed by reading): the first record names the columns,
 * in any order. Fails in words that name the line and the column when a column is missing
 * (but for those that were added later) or a number is none. The caller frees *rows. */
int csv_table(const struct table *table, char *text, size_t length, void **rows,
	size_t *count, struct why *why);

#endif
