#include "results/show_tables.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"

#define SIZES      4
#define MECHANISMS 256
#define NAME_WIDTH 17

void sheet_style(const struct sheet *page, enum sheet_style style)
{
	if (page->is_coloured)
		fprintf(page->out, "\033[%dm", (int)style);
}

void sheet_plain(const struct sheet *page)
{
	if (page->is_coloured)
		fputs("\033[0m", page->out);
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A run directory may come from anywhere, and a terminal obeys control characters. */
static void print_clean(const struct sheet *page, const char *text, const char *end)
{
	for (; text < end; text++)
		putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text,
			page->out);
}

void sheet_cell(const struct sheet *page, int width, const char *text)
{
	int wanted = width < 0 ? -width : width, used = 0;
	const char *end = text;

	for (; *end && (continues(*end) || used < wanted); end++)
		used += !continues(*end);
	for (int i = used; width < 0 && i < wanted; i++)
		putc(' ', page->out);
	print_clean(page, text, end);
	for (int i = used; width > 0 && i < wanted; i++)
		putc(' ', page->out);
}

void sheet_wrap(const struct sheet *page, int at, int indent, const char *text)
{
	bool is_first = true;

	while (*text) {
		const char *end = text + strcspn(text, " ");
		int width = 0;

		for (const char *c = text; c < end; c++)
			width += !continues(*c);
		if (!is_first && at + 1 + width > SHOW_COLUMNS) {
			fprintf(page->out, "\n%*s", indent, "");
			at = indent;
		} else if (!is_first) {
			putc(' ', page->out);
			at++;
		}
		print_clean(page, text, end);
		at += width;
		is_first = false;
		text = end + strspn(end, " ");
	}
	putc('\n', page->out);
}

bool show_is_ok(const struct summary_row *row)
{
	return strcmp(row->status, "ok") == 0;
}

bool show_is_floor(const struct summary_row *row)
{
	const struct mechanism *mechanism = mechanism_find(row->mechanism);

	return mechanism && (mechanism->caps & CAP_FLOOR);
}

bool show_same_block(const struct summary_row *a, const struct summary_row *b)
{
	return strcmp(a->placement, b->placement) == 0 && a->cpu_a == b->cpu_a &&
	       a->cpu_b == b->cpu_b &&
	       (!*a->payload || !*b->payload || strcmp(a->payload, b->payload) == 0) &&
	       a->gap_ns == b->gap_ns && strcmp(a->sched, b->sched) == 0;
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

static const struct summary_row *find(const struct sheet *page,
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
	return show_is_ok(row) && strcmp(row->test, "latency") == 0 &&
	       show_same_block(row, block);
}

/* The size nearest to `target` by ratio that is above `above`, of those measured in the
 * block; -1 when there is none. */
static int64_t nearest_size(const struct sheet *page, const struct summary_row *block,
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

int64_t show_rank_size(const struct sheet *page, const struct summary_row *block)
{
	int64_t size = nearest_size(page, block, 64, 0);

	return size < 0 ? 0 : size;
}

const struct summary_row *show_rank_row(const struct sheet *page,
	const struct summary_row *block, const char *mechanism, int64_t size)
{
	const struct summary_row *row = find(page, block, mechanism, "latency", size);

	return row ? row : find(page, block, mechanism, "latency", 0);
}

/* Up to four sizes, ascending: near 64 B, 4 KiB, 64 KiB and 1 MiB. */
static size_t choose_sizes(
	const struct sheet *page, const struct summary_row *block, int64_t sizes[SIZES])
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
	const struct sheet *page, const struct summary_row *block, const char *mechanism)
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

static void print_time(
	const struct sheet *page, const struct summary_row *row, bool has_interval)
{
	char text[64], time[TEXT_QUANTITY];

	sheet_cell(page, -9, row ? text_ns(row->median_ns, time) : "-");
	if (!has_interval)
		return;
	text[0] = '\0';
	if (row && !isnan(row->median_low_ns))
		snprintf(text, sizeof text, " ±%.*f %%",
			row->median_high_ns - row->median_low_ns < 0.2 * row->median_ns,
			100 *
				fmax(row->median_high_ns - row->median_ns,
					row->median_ns - row->median_low_ns) /
				row->median_ns);
	sheet_cell(page, 8, text);
}

static void print_mechanism(const struct sheet *page, const struct summary_row *block,
	const char *mechanism, const int64_t *sizes, size_t size_count)
{
	const struct summary_row *first = show_rank_row(
		page, block, mechanism, size_count ? sizes[0] : 0);
	const struct summary_row *best = best_throughput(page, block, mechanism);
	const struct summary_row *cost = first ? first : best;
	char text[64], quantity[TEXT_QUANTITY];

	fputs("  ", page->out);
	if (strlen(mechanism) < NAME_WIDTH) {
		sheet_cell(page, NAME_WIDTH - 1, mechanism);
	} else { /* a cut name could be another's */
		sheet_wrap(page, 2, 2, mechanism);
		sheet_cell(page, NAME_WIDTH + 1, "");
	}
	print_time(page, first, true);
	for (size_t i = 1; i < size_count; i++)
		print_time(
			page, find(page, block, mechanism, "latency", sizes[i]), false);
	sheet_cell(page, -11, best ? text_rate(best->bytes_per_s, quantity) : "-");
	snprintf(text, sizeof text, " %s",
		best ? text_bytes((double)best->size_bytes, quantity) : "");
	sheet_cell(page, 9, text);
	text[0] = '\0';
	if (cost)
		text_ns(isnan(cost->user_ns)     ? cost->system_ns
			: isnan(cost->system_ns) ? cost->user_ns
						 : cost->user_ns + cost->system_ns,
			text);
	sheet_cell(page, -8, text);
	snprintf(text, sizeof text, "-");
	if (cost && !isnan(cost->switches))
		snprintf(text, sizeof text, "%.2f", cost->switches);
	sheet_cell(page, -9, text);
	putc('\n', page->out);
}

static void print_titles(
	const struct sheet *page, const int64_t *sizes, size_t size_count)
{
	char text[TEXT_QUANTITY];
	int width = 17 + 9 * (size_count ? (int)size_count - 1 : 0);

	sheet_cell(page, NAME_WIDTH + 1, "");
	sheet_cell(page, width, "  round trip");
	sheet_cell(page, 20, "  best throughput");
	sheet_cell(page, -17, "CPU  switches");
	fputs("\n  ", page->out);
	sheet_cell(page, NAME_WIDTH - 1, "mechanism");
	sheet_cell(page, -9, size_count ? text_bytes((double)sizes[0], text) : "wake-up");
	sheet_cell(page, 8, "");
	for (size_t i = 1; i < size_count; i++)
		sheet_cell(page, -9, text_bytes((double)sizes[i], text));
	sheet_cell(page, 20, "          at size");
	sheet_cell(page, -17, "a round trip");
	putc('\n', page->out);
}

/* The mechanisms of the block (or its floors) once each, fastest first. */
static size_t rank(const struct sheet *page, const struct summary_row *block,
	bool is_floor, int64_t size, const char **names)
{
	double times[MECHANISMS];
	size_t count = 0;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i], *first;
		size_t at = 0;
		double time;

		if (!show_is_ok(row) || strcmp(row->test, "capacity") == 0 ||
			show_is_floor(row) != is_floor || !show_same_block(row, block))
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
static int64_t block_coalesce(const struct sheet *page, const struct summary_row *block)
{
	for (size_t i = 0; i < page->count; i++)
		if (page->rows[i].coalesce > 1 && show_is_ok(&page->rows[i]) &&
			show_same_block(&page->rows[i], block))
			return page->rows[i].coalesce;
	return 0;
}

void show_block(const struct sheet *page, const struct summary_row *block)
{
	const char *names[MECHANISMS];
	int64_t sizes[SIZES];
	size_t size_count = choose_sizes(page, block, sizes);
	int64_t first = size_count ? sizes[0] : 0;
	char title[2 * ROW_TEXT];
	bool has_wakeups = false;
	size_t count;

	show_block_name(block, title, sizeof title);
	putc('\n', page->out);
	sheet_style(page, STYLE_BOLD);
	sheet_wrap(page, 0, 2, title);
	sheet_plain(page);
	print_titles(page, sizes, size_count);
	count = rank(page, block, false, first, names);
	for (size_t i = 0; i < count; i++) {
		const struct summary_row *row = show_rank_row(
			page, block, names[i], first);

		print_mechanism(page, block, names[i], sizes, size_count);
		has_wakeups |= size_count && row && row->size_bytes == 0;
	}
	count = rank(page, block, true, first, names);
	if (count)
		fputs("  floors: what this hardware and kernel allow\n", page->out);
	for (size_t i = 0; i < count; i++)
		print_mechanism(page, block, names[i], sizes, size_count);
	if (block_coalesce(page, block))
		fprintf(page->out,
			"  Throughput: %" PRId64
			" messages joined for each send (--batch).\n",
			block_coalesce(page, block));
	if (has_wakeups)
		fputs("  A time in the first column only is that of a wake-up without "
		      "payload.\n",
			page->out);
}

static void capacity_words(const struct summary_row *row, char *text, size_t size)
{
	char bytes[TEXT_QUANTITY], each[TEXT_QUANTITY];

	if (row->capacity_bytes == ROW_UNKNOWN) {
		snprintf(text, size, "-");
		return;
	}
	snprintf(text, size, "%s%s in %" PRId64 " x %s", row->is_exact == 0 ? "~" : "",
		text_bytes((double)row->capacity_bytes, bytes),
		row->capacity_messages == ROW_UNKNOWN ? 0 : row->capacity_messages,
		text_bytes((double)row->size_bytes, each));
}

/* The row of this mechanism with the least or the greatest writes, at its own setting. */
static const struct summary_row *capacity_row(
	const struct sheet *page, const struct summary_row *like, bool is_greatest)
{
	const struct summary_row *found = NULL;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];

		if (!show_is_ok(row) || strcmp(row->test, "capacity") ||
			row->sweep_wanted != ROW_UNKNOWN ||
			strcmp(row->mechanism, like->mechanism))
			continue;
		if (!found || (is_greatest ? row->size_bytes > found->size_bytes
					   : row->size_bytes < found->size_bytes))
			found = row;
	}
	return found;
}

void show_capacity(const struct sheet *page)
{
	bool is_titled = false;

	for (size_t i = 0; i < page->count; i++) {
		const struct summary_row *row = &page->rows[i];
		const struct summary_row *least = capacity_row(page, row, false);
		const struct summary_row *most = capacity_row(page, row, true);
		char text[128] = "", bytes[TEXT_QUANTITY];

		/* Rows of a mechanism stand together: print at the first. */
		if (!least || (i && strcmp(row->mechanism, row[-1].mechanism) == 0))
			continue;
		if (!is_titled) {
			putc('\n', page->out);
			sheet_style(page, STYLE_BOLD);
			fputs("Capacity: what is accepted while nobody reads, at default "
			      "settings\n",
				page->out);
			sheet_plain(page);
			fputs("  mechanism        small writes                  "
			      "large writes                  reopens after\n",
				page->out);
			is_titled = true;
		}
		fputs("  ", page->out);
		sheet_cell(page, NAME_WIDTH, row->mechanism);
		capacity_words(least, text, sizeof text);
		sheet_cell(page, 30, text);
		if (most != least)
			capacity_words(most, text, sizeof text);
		sheet_cell(page, 30, most != least ? text : "");
		fputs(most->reopen_bytes == ROW_UNKNOWN
				? "-"
				: text_bytes((double)most->reopen_bytes, bytes),
			page->out);
		putc('\n', page->out);
	}
}
