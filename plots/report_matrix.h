/* report_matrix.h: a table of a block: a mechanism a row, a message size a column. */
#ifndef IPCMARK_REPORT_MATRIX_H
#define IPCMARK_REPORT_MATRIX_H

#include "plots/report_parts.h"

struct report_matrix;

struct report_matrix_kind {
	const char *test;
	const char *name;
	bool has_floors; /* floors have rows too */
	/* What the best of a column is found by, or NULL. */
	struct report_value (*value)(const struct summary_row *row);
	/* Writes a cell, from <td> to </td>. */
	void (*put)(FILE *out, const struct report_matrix *matrix,
		const struct summary_row *row, bool is_best);
};

struct report_matrix {
	const struct report_matrix_kind *kind;
	const struct report_run *run;
	const struct report_block *block;
	int64_t sizes[REPORT_SIZES]; /* ascending; 0, a wake-up, is the last one */
	size_t size_count;
	struct report_value best[REPORT_SIZES];
};

/* Writes it; false where there is nothing in it. */
bool report_matrix(struct report_page *page, const struct report_run *run,
	const struct report_block *block, const struct report_matrix_kind *kind);

/* " ±1.2 %" in small, or both ends where they are far, and the end of the cell. */
void report_matrix_interval(
	FILE *out, struct report_value value, char *(*text)(double, char *));

#endif
