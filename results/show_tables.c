#include "results/show_tables.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"

#define SIZES      4
#define MECHANISMS 256

bool show_is_ok(const struct summary_row *row)
{
	return strcmp(row->status, "ok") == 0;
}

bool show_is_floor(const struct summary_row *row)
{
	const struct mechanism *mechanism = mechanism_find(row->mechanism);

	return mechanism && (mechanism->caps & CAP_FLOOR);
}

bool show_is_latency(const struct summary_row *row)
{
	return strcmp(row->test, "latency") == 0;
}

bool show_same_block(const struct summary_row *a, const struct summary_row *b)
{
	return strcmp(a->placement, b->placement) == 0 && a->cpu_a == b->cpu_a &&
	       a->cpu_b == b->cpu_b &&
	       (!*a->payload || !*b->payload || strcmp(a->payload, b->payload) == 0) &&
	       (!show_is_latency(a) || !show_is_latency(b) || a->gap_ns == b->gap_ns) &&
	       strcmp(a->sched, b->sched) == 0;
}

void show_block_name(const struct summary_row *row, char *text, size_t size)
{
	char gap[TEXT_QUANTITY + 8] = "", cpus[64] = "", time[TEXT_QUANTITY];

	if (row->cpu_a >= 0 && row->cpu_a == row->cpu_b)
		snprintf(cpus, sizeof cpus, ", CPU %" PRId64, row->cpu_a);
	else if (row->cpu_a >= 0 && row->cpu_b >= 0)
		snprintf(cpus, sizeof cpus, ", CPUs %" PRId64 " and %" PRId64, row->cpu_a,
			row->cpu_b);
	if (row->gap_ns > 0)
		snprintf(gap, sizeof gap, ", gap %s", text_ns((double)row->gap_ns, time));
	snprintf(text, size, "%s%s%s%.24s%s%s%.24s", row->placement, cpus,
		*row->payload ? ", payload " : "", row->payload, gap,
		*row->sched ? ", scheduling " : "", row->sched);
}

static const struct summary_row *find(const struct show *page,
	const struct summary_row *block, const char *mechanism, const char *test,
	int64_t size)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];

		if (show_is_ok(row) && row->size_bytes == size &&
			strcmp(row->mechanism, mechanism) == 0 &&
			strcmp(row->test, test) == 0 && show_same_block(row, block))
			return row;
	}
	return NULL;
}

static bool is_latency(const struct summary_row *row, const struct summary_row *block)
{
	return show_is_ok(row) && show_is_latency(row) && show_same_block(row, block);
}

/* The size nearest to `target` by ratio that is above `above`, of those measured in the
 * block; -1 when there is none. */
static int64_t nearest_size(const struct show *page, const struct summary_row *block,
	int64_t target, int64_t above)
{
	int64_t best = -1;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];
		int64_t size = row->size_bytes;

		if (size <= above || show_is_floor(row) || !is_latency(row, block))
			continue;
		if (best < 0 || fabs(log((double)size / (double)target)) <
					fabs(log((double)best / (double)target)))
			best = size;
	}
	return best;
}

int64_t show_rank_size(const struct show *page, const struct summary_row *block)
{
	int64_t size = nearest_size(page, block, 64, 0);

	return size < 0 ? 0 : size;
}

const struct summary_row *show_rank_row(const struct show *page,
	const struct summary_row *block, const char *mechanism, int64_t size)
{
	const struct summary_row *row = find(page, block, mechanism, "latency", size);

	return row ? row : find(page, block, mechanism, "latency", 0);
}

/* Up to four sizes, ascending: near 64 B, 4 KiB, 64 KiB and 1 MiB. */
static size_t choose_sizes(
	const struct show *page, const struct summary_row *block, int64_t sizes[SIZES])
{
	static const int64_t targets[SIZES] = { 64, 4096, 65536, 1048576 };
	int64_t above = 0;
	size_t count = 0;

	for (size_t i = 0; i < SIZES; i++) {
		int64_t size = nearest_size(page, block, targets[i], above);

		/* Two targets can have the same nearest size. */
		if (size < 0)
			break;
		sizes[count++] = above = size;
	}
	return count;
}

static const struct summary_row *best_throughput(
	const struct show *page, const struct summary_row *block, const char *mechanism)
{
	const struct summary_row *best = NULL;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];

		if (show_is_ok(row) && !isnan(row->bytes_per_s) &&
			strcmp(row->mechanism, mechanism) == 0 &&
			show_same_block(row, block) &&
			(!best || row->bytes_per_s > best->bytes_per_s))
			best = row;
	}
	return best;
}

/* A block as a table: which columns it has, and how wide they are. A test that was not
 * run, or in another block, has none. */
struct layout {
	const struct summary_row *block;
	int64_t sizes[SIZES];
	size_t size_count; /* 0: wake-ups only, or no round trips */
	bool has_latency, has_throughput;
	size_t time, rate, cost; /* first column of each */
	struct grid grid;
};

static bool has_test(
	const struct show *page, const struct summary_row *block, const char *test)
{
	for (size_t i = 0; i < page->count; i++)
		if (show_is_ok(&page->rows[i]) && strcmp(page->rows[i].test, test) == 0 &&
			show_same_block(&page->rows[i], block))
			return true;
	return false;
}

static void lay_out(
	const struct show *page, const struct summary_row *block, struct layout *layout)
{
	struct grid *grid = &layout->grid;

	*layout = (struct layout) { .block = block };
	layout->size_count = choose_sizes(page, block, layout->sizes);
	layout->has_latency = has_test(page, block, "latency");
	layout->has_throughput = has_test(page, block, "throughput");
	grid_clear(grid);
	layout->time = grid->column_count;
	if (layout->has_latency) {
		grid_column(grid, 2, false);
		grid_column(grid, 1, true); /* its interval */
		for (size_t i = 1; i < layout->size_count; i++)
			grid_column(grid, 2, false);
	}
	layout->rate = grid->column_count;
	if (layout->has_throughput) {
		grid_column(grid, 2, false);
		grid_column(grid, 1, true);
	}
	layout->cost = grid_column(grid, 2, false);
	grid_column(grid, 2, false);
}

static void put_time(const struct summary_row *row, char *cell)
{
	if (row)
		text_ns(row->median_ns, cell);
	else
		snprintf(cell, ROW_TEXT, "-");
}

void show_interval(double median, double low, double high, char cell[ROW_TEXT])
{
	*cell = '\0';
	if (median > 0 && !isnan(low))
		snprintf(cell, ROW_TEXT, "±%.*f %%", high - low < 0.2 * median,
			100 * fmax(high - median, median - low) / median);
}

static void put_interval(const struct summary_row *row, char *cell)
{
	if (row)
		show_interval(
			row->median_ns, row->median_low_ns, row->median_high_ns, cell);
}

static void put_cost(const struct summary_row *cost, char *cpu, char *switches)
{
	snprintf(switches, ROW_TEXT, "-");
	if (!cost)
		return;
	text_ns(isnan(cost->user_ns)     ? cost->system_ns
		: isnan(cost->system_ns) ? cost->user_ns
					 : cost->user_ns + cost->system_ns,
		cpu);
	if (!isnan(cost->switches))
		snprintf(switches, ROW_TEXT, "%.2f", cost->switches);
}

static void put_mechanism(const struct show *page, const struct layout *layout,
	const char *mechanism, struct grid_line *line)
{
	const struct summary_row *block = layout->block;
	const struct summary_row *first = show_rank_row(
		page, block, mechanism, layout->size_count ? layout->sizes[0] : 0);
	const struct summary_row *best = best_throughput(page, block, mechanism);

	memset(line, 0, sizeof *line);
	snprintf(line->cells[0], ROW_TEXT, "%s", mechanism);
	if (layout->has_latency) {
		put_time(first, line->cells[layout->time]);
		put_interval(first, line->cells[layout->time + 1]);
	}
	for (size_t i = 1; i < layout->size_count; i++)
		put_time(find(page, block, mechanism, "latency", layout->sizes[i]),
			line->cells[layout->time + 1 + i]);
	if (layout->has_throughput)
		snprintf(line->cells[layout->rate], ROW_TEXT, "-");
	if (layout->has_throughput && best) {
		text_rate(best->bytes_per_s, line->cells[layout->rate]);
		text_bytes((double)best->size_bytes, line->cells[layout->rate + 1]);
	}
	put_cost(first ? first : best, line->cells[layout->cost],
		line->cells[layout->cost + 1]);
}

#define TITLES (SIZES + 3)

/* The titles of two lines, of which some stand over several columns: fills `spans`,
 * returns how many. `sizes` has the words of the sizes. */
static size_t put_titles(const struct layout *layout, unsigned line,
	char sizes[SIZES][TEXT_QUANTITY], struct grid_span *spans)
{
	size_t count = 0, time = layout->time, rate = layout->rate, cost = layout->cost;

	if (line)
		spans[count++] = (struct grid_span) { 0, 0, "mechanism" };
	if (layout->has_latency && !line)
		spans[count++] = (struct grid_span) { time, rate - 1, "round trip" };
	if (layout->has_latency && line && !layout->size_count)
		spans[count++] = (struct grid_span) { time, time, "wake-up" };
	for (size_t i = 0; line && i < layout->size_count; i++)
		spans[count++] = (struct grid_span) { time + i + (i > 0),
			time + i + (i > 0),
			text_bytes((double)layout->sizes[i], sizes[i]) };
	if (layout->has_throughput)
		spans[count++] = (struct grid_span) { rate, rate + 1,
			line ? "at size" : "best throughput" };
	spans[count++] = (struct grid_span) { cost, cost + 1,
		!line                 ? "CPU  switches"
		: layout->has_latency ? "a round trip"
				      : "a message" };
	return count;
}

/* The mechanisms of the block (or its floors) once each, fastest first. */
static size_t rank(const struct show *page, const struct summary_row *block,
	bool is_floor, int64_t size, const char **names)
{
	double times[MECHANISMS];
	size_t count = 0;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i], *first;
		size_t at = 0;
		double time;

		if (!show_is_in_block(row) || show_is_floor(row) != is_floor ||
			!show_same_block(row, block))
			continue;
		while (at < count && strcmp(names[at], row->mechanism))
			at++;
		if (at < count || count == MECHANISMS)
			continue;
		first = show_rank_row(page, block, row->mechanism, size);
		time = first && !isnan(first->median_ns) ? first->median_ns : INFINITY;
		for (at = count++; at > 0 && times[at - 1] > time; at--) {
			times[at] = times[at - 1];
			names[at] = names[at - 1];
		}
		times[at] = time;
		names[at] = row->mechanism;
	}
	return count;
}

/* How many messages left in one send, where any were joined; else 0. */
static int64_t block_coalesce(const struct show *page, const struct summary_row *block)
{
	for (size_t i = 0; i < page->count; i++)
		if (page->rows[i].coalesce > 1 && show_is_ok(&page->rows[i]) &&
			show_same_block(&page->rows[i], block))
			return page->rows[i].coalesce;
	return 0;
}

/* All lines of the block decide on the widths of its columns. */
static void measure(const struct show *page, struct layout *layout,
	const char *const *names, size_t count)
{
	struct grid_span titles[TITLES];
	struct grid_line line;
	char sizes[SIZES][TEXT_QUANTITY];

	for (size_t i = 0; i < count; i++) {
		put_mechanism(page, layout, names[i], &line);
		grid_measure(&layout->grid, &line);
	}
	for (unsigned i = 2; i-- > 0;)
		grid_measure_spans(
			&layout->grid, titles, put_titles(layout, i, sizes, titles));
	grid_fit(&layout->grid);
}

static void print_titles(const struct show *page, const struct layout *layout)
{
	struct grid_span titles[TITLES];
	char sizes[SIZES][TEXT_QUANTITY];

	for (unsigned i = 0; i < 2; i++)
		grid_print_spans(&layout->grid, &page->sheet, titles,
			put_titles(layout, i, sizes, titles));
}

static void print_mechanisms(const struct show *page, const struct layout *layout,
	const char *const *names, size_t count)
{
	struct grid_line line;

	for (size_t i = 0; i < count; i++) {
		put_mechanism(page, layout, names[i], &line);
		grid_print(&layout->grid, &page->sheet, &line);
	}
}

static bool has_wakeups(const struct show *page, const struct layout *layout,
	const char *const *names, size_t count)
{
	for (size_t i = 0; i < count && layout->size_count; i++) {
		const struct summary_row *row = show_rank_row(
			page, layout->block, names[i], layout->sizes[0]);

		if (row && row->size_bytes == 0)
			return true;
	}
	return false;
}

void show_block(const struct show *page, const struct summary_row *block)
{
	const char *names[2 * MECHANISMS];
	struct layout layout;
	char title[2 * ROW_TEXT];
	size_t count, floors;
	int64_t size;

	lay_out(page, block, &layout);
	size = layout.size_count ? layout.sizes[0] : 0;
	count = rank(page, block, false, size, names);
	floors = rank(page, block, true, size, names + count);
	measure(page, &layout, names, count + floors);
	show_block_name(block, title, sizeof title);
	putc('\n', page->sheet.out);
	sheet_style(&page->sheet, STYLE_BOLD);
	sheet_wrap(&page->sheet, 0, 2, title);
	sheet_plain(&page->sheet);
	print_titles(page, &layout);
	print_mechanisms(page, &layout, names, count);
	if (floors)
		fputs("  floors: what this hardware and kernel allow\n", page->sheet.out);
	print_mechanisms(page, &layout, names + count, floors);
	if (block_coalesce(page, block))
		fprintf(page->sheet.out,
			"  Throughput: %" PRId64
			" messages joined for each send (--batch).\n",
			block_coalesce(page, block));
	if (has_wakeups(page, &layout, names, count))
		fputs("  A time in the first column only is that of a wake-up without "
		      "payload.\n",
			page->sheet.out);
}
