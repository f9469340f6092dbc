/* figure_core_pairs.c: round trip of a cache line for every two CPUs measured. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/figure.h"
#include "plots/labels.h"

#define VALUES_MAX  8 /* CPUs up to which the values stand in the cells */
#define MAP_SIDE    640.0
#define CELL_MOST   150.0
#define BAR_WIDTH   19.0
#define BAR_STEPS   128
#define LABELS_LEFT 96.0
#define NAME_PITCH  26.0 /* least distance between two names of CPUs */

struct matrix {
	int64_t *cpus; /* rising */
	size_t count;
	double *values; /* count x count, NAN where not measured */
	double most;
};

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static size_t position(const struct matrix *matrix, int64_t cpu)
{
	size_t i = 0;

	while (i < matrix->count && matrix->cpus[i] != cpu)
		i++;
	return i;
}

static void add_cpu(struct matrix *matrix, int64_t cpu)
{
	if (position(matrix, cpu) < matrix->count)
		return;
	matrix->cpus = page_grow(matrix->cpus, matrix->count, sizeof *matrix->cpus);
	matrix->cpus[matrix->count++] = cpu;
}

static bool is_pair(const struct summary_row *row)
{
	return row->cpu_a != ROW_UNKNOWN && row->cpu_b != ROW_UNKNOWN &&
	       row->cpu_a != row->cpu_b && row->median_ns > 0;
}

/* Pass 0 and 1 take the rows of --placements all-pairs, which were measured alike, 2
 * and 3 the others; the odd ones fill the other side of the diagonal. */
static void fill_pass(const struct figure_data *data, const char *mechanism, int pass,
	struct matrix *matrix)
{
	const struct summary_row *row = NULL;

	while ((row = figure_row(data, row, TEST_LATENCY, NULL, mechanism))) {
		size_t a = position(matrix, pass % 2 ? row->cpu_b : row->cpu_a);
		size_t b = position(matrix, pass % 2 ? row->cpu_a : row->cpu_b);

		if (!is_pair(row) || matrix->values[a * matrix->count + b] > 0 ||
			(strcmp(row->placement, "pair") == 0) != (pass < 2))
			continue;
		matrix->values[a * matrix->count + b] = row->median_ns;
		matrix->most = fmax(matrix->most, row->median_ns);
	}
}

static bool fill(
	const struct figure_data *data, const char *mechanism, struct matrix *matrix)
{
	const struct summary_row *row = NULL;
	size_t n;

	while ((row = figure_row(data, row, TEST_LATENCY, NULL, mechanism)))
		if (is_pair(row)) {
			add_cpu(matrix, row->cpu_a);
			add_cpu(matrix, row->cpu_b);
		}
	n = matrix->count;
	if (!n)
		return false;
	qsort(matrix->cpus, n, sizeof *matrix->cpus, by_number);
	matrix->values = calloc(n * n, sizeof *matrix->values);
	if (!matrix->values)
		return false;
	for (int pass = 0; pass < 4; pass++)
		fill_pass(data, mechanism, pass, matrix);
	return true;
}

static void draw_cells(const struct matrix *matrix, double left, double top, double side,
	struct page *page)
{
	size_t n = matrix->count;
	/* A hair of ground between the cells while they are large. */
	double gap = side >= 12 ? 1 : 0;

	for (size_t a = 0; a < n; a++)
		for (size_t b = 0; b < n; b++) {
			double value = matrix->values[a * n + b];
			double part = value / matrix->most;
			double x = left + side * (double)b, y = top + side * (double)a;
			char text[TEXT_QUANTITY];

			if (!(value > 0)) {
				if (a != b)
					page_cell(page, x + gap, y + gap, x + side - gap,
						y + side - gap, 0xf1f3f5);
				continue;
			}
			page_cell(page, x + gap, y + gap, x + side - gap, y + side - gap,
				palette_heat(part));
			if (n <= VALUES_MAX)
				page_label(page, side < 110 ? LABEL_END : LABEL_VALUE,
					LABEL_CENTER, x + side / 2, y + side / 2,
					palette_contrast(palette_heat(part)) > 4
						? 0xffffff
						: PALETTE_INK,
					text_ns(value, text));
		}
}

static void name_cpus(const struct matrix *matrix, double left, double top, double side,
	struct page *page)
{
	size_t every = (size_t)fmax(1, ceil(NAME_PITCH * 1.4 / side));
	char text[32];

	for (size_t i = 0; i < matrix->count; i += every) {
		double at = side * ((double)i + 0.5);

		snprintf(text, sizeof text, "%s%" PRId64,
			matrix->count <= VALUES_MAX ? "CPU " : "", matrix->cpus[i]);
		page_label(page, LABEL_END, LABEL_CENTER, left + at, top - 18,
			PALETTE_MUTED, text);
		page_label(page, LABEL_END, LABEL_RIGHT, left - 12, top + at,
			PALETTE_MUTED, text);
	}
}

static void draw_scale(
	double most, double left, double top, double height, struct page *page)
{
	struct axis axis;

	axis_linear_ns(&axis, most, 6);
	for (int i = 0; i < BAR_STEPS; i++) {
		double step = height / BAR_STEPS;
		double y = top + height - step * (i + 1);

		/* Half a pixel of overlap, or the ground shines through. */
		page_cell(page, left, y, left + BAR_WIDTH, y + step + (i ? 0.5 : 0),
			palette_heat((i + 0.5) / BAR_STEPS));
	}
	for (size_t i = 0; i < axis.tick_count; i++)
		page_label(page, LABEL_END, LABEL_LEFT, left + BAR_WIDTH + 10,
			top + height * (1 - axis_place(&axis, axis.ticks[i].at)),
			PALETTE_MUTED, axis.ticks[i].text);
}

static void write_pairs(const struct matrix *matrix, const char *columns, FILE *csv)
{
	fprintf(csv, "%s\n", columns);
	for (size_t a = 0; a < matrix->count; a++)
		for (size_t b = 0; b < matrix->count; b++) {
			double value = matrix->values[a * matrix->count + b];

			if (value > 0)
				fprintf(csv, "%" PRId64 ",%" PRId64 ",%.10g\n",
					matrix->cpus[a], matrix->cpus[b], value);
		}
}

bool figure_core_pairs(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	struct matrix matrix = { 0 };
	bool is_drawn = fill(data, figure->mechanism, &matrix);

	(void)placement;
	if (is_drawn) {
		double side = fmin(CELL_MOST, MAP_SIDE / (double)matrix.count);
		double map = side * (double)matrix.count;
		double left = PAGE_MARGIN + LABELS_LEFT, top;

		page->width = fmax(820, left + map + 190);
		top = figure_head(figure, data, NULL, "", page) + 34;
		draw_cells(&matrix, left, top, side, page);
		name_cpus(&matrix, left, top, side, page);
		draw_scale(
			matrix.most, left + map + 46, top + map * 0.1, map * 0.8, page);
		page->height = top + map + 20 + page->foot;
		write_pairs(&matrix, figure->columns, csv);
	}
	free(matrix.cpus);
	free(matrix.values);
	return is_drawn;
}
