/* report_parts.h: what the sections of the report share: the runs as they were read, the
 * page they are written on, and how its tables look. */
#ifndef IPCMARK_REPORT_PARTS_H
#define IPCMARK_REPORT_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/environment.h"
#include "plots/html.h"
#include "plots/svg.h"
#include "results/run_directory.h"
#include "results/show_tables.h"

/* What a page shows at the most, so that a run of any size makes one that opens. */
#define REPORT_CASES  20000
#define REPORT_BLOCKS 24
#define REPORT_SIZES  24
#define REPORT_LINES  500 /* of a table */
#define REPORT_FACTS  1000

/* Cases that were measured in one place and in one way. */
struct report_block {
	struct summary_row like; /* as show_blocks() has it */
	const struct summary_row **rows; /* measured, mechanism by mechanism */
	size_t count;
};

struct report_run {
	const struct run_directory *directory;
	const char *name; /* the last part of its path */
	char prefix[32]; /* before each id of this run: "", or "run2-" */
	struct facts facts; /* of environment.csv */
	bool has_facts;
	struct summary_row *rows; /* each case */
	size_t count, left_out; /* cases, and those beyond REPORT_CASES */
	struct report_block *blocks; /* that have more than floors */
	size_t block_count, blocks_left_out;
};

struct report_page {
	FILE *out;
	struct svg_inks inks;
	struct report_run *runs;
	size_t run_count;
	/* What the list of contents leads to. */
	struct report_entry {
		char id[HTML_NAME + 32];
		char title[64];
	} * entries;
	size_t entry_count;
	bool has_listed; /* sections are not listed any more */
};

/* Reads a run and finds its blocks. The number tells runs of one page apart. 0 or -errno
 * in words. */
int report_run_open(struct report_run *run, const struct run_directory *directory,
	size_t number, struct why *why);
void report_run_close(struct report_run *run);

/* A fact of the environment, or "". */
const char *report_fact(const struct report_run *run, const char *key);

/* Adds to the list of contents. */
void report_contents(struct report_page *page, const char *id, const char *title);

/* Begins and ends a section; its id follows the prefix of the run (NULL: of the page). */
void report_begin(struct report_page *page, const struct report_run *run, const char *id,
	const char *title);
void report_end(struct report_page *page);

/* Begins and ends a table in a box of its own that scrolls where it is too wide; `name`
 * is read to those who do not see it. */
void report_table(struct report_page *page, const char *name);
void report_table_end(struct report_page *page);

/* A row that begins with the name of a mechanism, without its end. */
void report_mechanism(struct report_page *page, const char *mechanism);

/* Begins a cell that is sorted by this value (NAN: none), marked where it is the best. */
void report_cell(FILE *out, double value, bool is_best);

/* "Two cores that share an L3 cache, but no L2", and how else: as a heading in the
 * section `id`; and links to all of them. */
void report_block_heading(struct report_page *page, const struct report_run *run,
	const struct report_block *block, const char *id);
void report_block_links(
	struct report_page *page, const struct report_run *run, const char *id);
/* The address of such a heading. */
void report_block_id(FILE *out, const struct report_run *run,
	const struct report_block *block, const char *id);

/* The meaning of a placement, or its name where it has none. */
const char *report_placement(const char *placement);

/* "UNIX stream", or the name of a mechanism that this program does not know. */
const char *report_title(const char *mechanism);
bool report_spins(const char *mechanism);

/* CPU time of both sides per message; NAN where it is not known. */
double report_cpu_ns(const struct summary_row *row);

/* The floor that a round trip of the block is read against, or NULL. */
const struct summary_row *report_floor_time(
	const struct report_run *run, const struct report_block *block);
/* The floor that a throughput at this size is read against, or NULL. */
const struct summary_row *report_floor_rate(const struct report_run *run,
	const struct report_block *block, int64_t size_bytes);

/* "1.2" or "35": two digits; "-" where it is not known. `text` has TEXT_QUANTITY. */
char *report_number(double value, char *text);

/* The value of a case that a question is about, with its interval (NAN: none). */
struct report_value {
	double value, low, high;
	bool more_is_better;
};
struct report_value report_time(const struct summary_row *row);
struct report_value report_rate(const struct summary_row *row);
/* Is `a` better than `b`, and do their intervals leave that open? */
bool report_is_better(struct report_value a, struct report_value b);
bool report_is_tie(struct report_value a, struct report_value b);

/* The sections, in the order of the page. */
void report_answers(struct report_page *page, const struct report_run *run);
void report_tables(struct report_page *page, const struct report_run *run);
void report_figures(struct report_page *page, const struct report_run *run);
void report_costs(struct report_page *page, const struct report_run *run);
void report_floors(struct report_page *page, const struct report_run *run);
void report_capacity(struct report_page *page, const struct report_run *run);
void report_checks(struct report_page *page, const struct report_run *run);
void report_claims(struct report_page *page, const struct report_run *run);
void report_machine(struct report_page *page, const struct report_run *run);
void report_topology(struct report_page *page, const struct report_run *run);
void report_trust(struct report_page *page, const struct report_run *run);
void report_again(struct report_page *page, const struct report_run *run);
/* The answers of all runs, side by side; a question a row. */
void report_answers_aside(struct report_page *page);
/* Several runs, side by side. */
int report_runs(struct report_page *page, struct why *why);

#endif
