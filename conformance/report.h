/* report.h: results and checks for people and for spreadsheets. */
#ifndef IPCMARK_REPORT_H
#define IPCMARK_REPORT_H

#include <stdio.h>

#include "conformance/judge.h"

/* One CSV record a point; the first function writes the header. */
void report_csv_begin(FILE *out);
void report_csv_point(
	FILE *out, const struct point *point, const struct judgement *judgement);

/* How many of what, and each failure in a line, grouped by who promised it. */
void report_summary(FILE *out, const struct point *points,
	const struct judgement *judgements, size_t count, double spent_s);

/* What is promised, by whom, how it is tested, who differs, what breaks; 80 columns. */
void report_explain(FILE *out, const struct point *point);

/* The list of checks. */
void report_list(FILE *out, const struct point *points, size_t count);
void report_list_csv(FILE *out, const struct point *points, size_t count);

#endif
