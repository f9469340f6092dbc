/* report_costs.c: what a message costs in CPU, and how far it is from what the hardware
 * allows. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"
#include "plots/report_matrix.h"

/* A cell with a time; empty where it is not known. */
static void put_ns(FILE *out, double ns)
{
	char text[TEXT_QUANTITY];

	if (isnan(ns))
		fputs("<td></td>", out);
	else
		html_print(out, "<td data-v=\"%.6g\">%s</td>", ns, text_ns(ns, text));
}

static void put_ratio(FILE *out, double value, const char *format)
{
	char text[TEXT_QUANTITY];

	if (isnan(value))
		fputs("<td></td>", out);
	else
		html_print(out, "<td data-v=\"%.6g\">%s%s</td>", value,
			report_number(value, text), format);
}

static void put_cost(struct report_page *page, const struct summary_row *row)
{
	double cpu_ns = report_cpu_ns(row);

	report_mechanism(page, row->mechanism);
	put_ns(page->out, row->median_ns);
	put_ns(page->out, row->user_ns);
	put_ns(page->out, row->system_ns);
	put_ns(page->out, cpu_ns);
	put_ratio(page->out, row->busy_cpus, "");
	put_ratio(page->out, row->switches, "");
	fputs("</tr>\n", page->out);
}

static void put_trip_costs(struct report_page *page, const struct report_run *run,
	const struct report_block *block)
{
	const struct show show = { .rows = run->rows, .count = run->count };
	int64_t size = show_rank_size(&show, &block->like);
	char text[TEXT_QUANTITY], name[4 * ROW_TEXT], how[3 * ROW_TEXT];
	const struct summary_row *last = NULL;
	size_t lines = 0;

	show_block_name(&block->like, how, sizeof how);
	snprintf(name, sizeof name, "cost of a round trip, %s", how);
	html_print(page->out, "<p>A round trip of %s, or of a wake-up:</p>\n",
		size ? text_bytes((double)size, text) : "no bytes");
	report_table(page, name);
	fputs("<thead><tr><th scope=\"col\">Mechanism</th><th scope=\"col\">Takes</th>"
	      "<th scope=\"col\">User</th><th scope=\"col\">System</th>"
	      "<th scope=\"col\">CPU, both sides</th><th scope=\"col\">CPUs busy</th>"
	      "<th scope=\"col\">Switches</th></tr></thead>\n<tbody>\n",
		page->out);
	for (size_t i = 0; i < block->count && lines < REPORT_LINES; i++) {
		const struct summary_row *row = block->rows[i];

		if (show_is_floor(row) || !show_is_latency(row) ||
			(last && strcmp(last->mechanism, row->mechanism) == 0) ||
			row != show_rank_row(&show, &block->like, row->mechanism, size))
			continue;
		put_cost(page, row);
		last = row;
		lines++;
	}
	fputs("</tbody>", page->out);
	report_table_end(page);
}

/* Bytes that a second of CPU time moves. */
static struct report_value per_cpu(const struct summary_row *row)
{
	return (struct report_value) { 1e9 * (double)row->size_bytes / report_cpu_ns(row),
		NAN, NAN, true };
}

static void put_per_cpu(FILE *out, const struct report_matrix *matrix,
	const struct summary_row *row, bool is_best)
{
	char text[TEXT_QUANTITY];
	double rate = per_cpu(row).value;

	(void)matrix;
	report_cell(out, isinf(rate) ? NAN : rate, is_best);
	html_print(
		out, "%s</td>", !(rate > 0) || isinf(rate) ? "" : text_rate(rate, text));
}

static const struct report_matrix_kind bytes_per_cpu = { .test = "throughput",
	.name = "bytes moved by a second of CPU time",
	.value = per_cpu,
	.put = put_per_cpu };

void report_costs(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "cost", "Cost per message");
	fputs("<p>CPU time and context switches of both sides together. A mechanism that "
	      "spins keeps its CPUs busy for as long as it waits: little back to back, as "
	      "here, and all the time where messages are rare.</p>\n",
		page->out);
	report_block_links(page, run, "cost");
	for (size_t i = 0; i < run->block_count; i++) {
		report_block_heading(page, run, &run->blocks[i], "cost");
		put_trip_costs(page, run, &run->blocks[i]);
		fputs("<p>Bulk: bytes moved by a second of CPU time, by message "
		      "size.</p>\n",
			page->out);
		if (!report_matrix(page, run, &run->blocks[i], &bytes_per_cpu))
			fputs("<p class=\"note\">No throughput was measured here.</p>\n",
				page->out);
	}
	report_end(page);
}

static void put_times_floor(FILE *out, const struct report_matrix *matrix,
	const struct summary_row *row, bool is_best)
{
	const struct summary_row *floor = report_floor_time(matrix->run, matrix->block);

	(void)is_best;
	put_ratio(out, floor ? row->median_ns / floor->median_ns : NAN, " ×");
}

static void put_share_floor(FILE *out, const struct report_matrix *matrix,
	const struct summary_row *row, bool is_best)
{
	const struct summary_row *floor = report_floor_rate(
		matrix->run, matrix->block, row->size_bytes);

	(void)is_best;
	put_ratio(out, floor ? 100 * row->bytes_per_s / floor->bytes_per_s : NAN, " %");
}

static const struct report_matrix_kind times_floor = { .test = "latency",
	.name = "round trips as multiples of the floor",
	.put = put_times_floor };
static const struct report_matrix_kind share_floor = { .test = "throughput",
	.name = "throughput as a share of the floor",
	.put = put_share_floor };

/* Where a floor was measured: once for each place, and size. */
static void put_floor(struct report_page *page, const struct summary_row *row)
{
	const struct mechanism *mechanism = mechanism_find(row->mechanism);
	char value[TEXT_QUANTITY], size[TEXT_QUANTITY];
	bool is_time = show_is_latency(row);

	report_mechanism(page, row->mechanism);
	html_print(page->out, "<td class=\"words\">%s</td><td class=\"words\">%s</td>",
		mechanism->says, row->placement);
	html_print(page->out, "<td data-v=\"%.6g\">%s%s%s",
		is_time ? row->median_ns : row->bytes_per_s,
		is_time ? text_ns(row->median_ns, value)
			: text_rate(row->bytes_per_s, value),
		row->size_bytes > 0 ? " at " : "",
		row->size_bytes > 0 ? text_bytes((double)row->size_bytes, size) : "");
	report_matrix_interval(page->out, is_time ? report_time(row) : report_rate(row),
		is_time ? text_ns : text_rate);
	fputs("</tr>\n", page->out);
}

/* Pairs of CPUs beyond the first ones have a figure of their own. */
#define FLOORS_MOST 80

static void put_floors(struct report_page *page, const struct report_run *run)
{
	size_t lines = 0, left_out = 0;

	report_table(page, "floors");
	fputs("<thead><tr><th scope=\"col\">Floor</th><th scope=\"col\" class=\"words\">What "
	      "it is</th>"
	      "<th scope=\"col\" class=\"words\">Where</th><th "
	      "scope=\"col\">Measured</th></tr></thead>\n"
	      "<tbody>\n",
		page->out);
	for (size_t i = 0; i < run->count; i++) {
		const struct summary_row *row = &run->rows[i];

		if (!show_is_in_block(row) || !show_is_floor(row))
			continue;
		if (lines++ < FLOORS_MOST)
			put_floor(page, row);
		else
			left_out++;
	}
	fputs("</tbody>", page->out);
	report_table_end(page);
	if (left_out)
		html_print(page->out,
			"<p class=\"note\">%zu more are in summary.csv, and those of all pairs "
			"of CPUs in the figure.</p>\n",
			left_out);
}

static void put_against(struct report_page *page, const struct report_run *run,
	const struct report_block *block)
{
	const struct summary_row *floor = report_floor_time(run, block);
	char text[TEXT_QUANTITY];

	report_block_heading(page, run, block, "floors");
	if (floor) {
		html_print(page->out,
			"<p>Round trips as multiples of <strong>%s</strong>, %s:</p>\n",
			report_title(floor->mechanism), text_ns(floor->median_ns, text));
		report_matrix(page, run, block, &times_floor);
	} else {
		fputs("<p class=\"note\">No floor of a round trip was measured "
		      "here.</p>\n",
			page->out);
	}
	for (size_t i = 0; i < block->count; i++) {
		const struct summary_row *row = block->rows[i];

		floor = row->bytes_per_s > 0 && !show_is_floor(row)
				? report_floor_rate(run, block, row->size_bytes)
				: NULL;
		if (!floor)
			continue;
		html_print(page->out,
			"<p>Throughput as a share of <strong>%s</strong> at the same "
			"size%s:</p>\n",
			report_title(floor->mechanism),
			mechanism_find(floor->mechanism)->caps & CAP_SOLO
				? ", which what is not copied may exceed"
				: "");
		report_matrix(page, run, block, &share_floor);
		break;
	}
}

static bool has_floors(const struct report_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (show_is_in_block(&run->rows[i]) && show_is_floor(&run->rows[i]))
			return true;
	return false;
}

void report_floors(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "floors", "Floors");
	if (!has_floors(run)) {
		fputs("<p class=\"note\">No floors were measured in this run.</p>\n",
			page->out);
		report_end(page);
		return;
	}
	fputs("<p>What this hardware and kernel allow at best, measured in the same run, and "
	      "each result against it.</p>\n",
		page->out);
	put_floors(page, run);
	for (size_t i = 0; i < run->block_count; i++)
		put_against(page, run, &run->blocks[i]);
	report_end(page);
}
