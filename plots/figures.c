#include "plots/figures.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plots/figure.h"
#include "plots/figure_files.h"
#include "plots/gnuplot.h"
#include "results/run_file.h"

#define VALUE(column) offsetof(struct summary_row, column)

/* A figure is one line here and the script of its name. */
static const struct figure figures[] = {
	{ .name = "latency_by_size",
		.title = "Round trip by message size",
		.says = "Median, with bands for p25–p75 (dark) and p5–p95 (light).",
		.absent = "latency was not measured",
		.test = TEST_LATENCY,
		.is_per_placement = true,
		.is_parted = true,
		.unit = AXIS_NS,
		.columns = "size_bytes,median_ns,p05_ns,p25_ns,p75_ns,p95_ns",
		.values = { VALUE(median_ns), VALUE(p05_ns), VALUE(p25_ns), VALUE(p75_ns),
			VALUE(p95_ns) },
		.value_count = 5,
		.draw = figure_curves },
	{ .name = "percentiles",
		.title = "Round trip by percentile",
		.says = "64-byte messages, or wake-ups without payload; "
			"a curve ends where fewer than ten samples remain.",
		.absent = "there are no histograms of round trips",
		.test = TEST_LATENCY,
		.is_per_placement = true,
		.unit = AXIS_NS,
		.columns =
			"one_by_one_minus_q,round_trip_ns,percentile,size_bytes,samples",
		.draw = figure_tail },
	{ .name = "cost",
		.title = "Round trip by the CPU time it costs",
		.says = "64-byte messages, or wake-ups without payload; user and system time "
			"and context switches of both sides per round trip. Nearer to the left "
			"is cheaper, lower is faster; on the dashed lines one CPU or two are "
			"busy all the time.",
		.absent = "latency, or its CPU time, was not measured",
		.test = TEST_LATENCY,
		.is_per_placement = true,
		.unit = AXIS_NS,
		.columns = "cpu_ns,round_trip_ns,user_ns,system_ns,size_bytes,switches,"
			   "busy_cpus",
		.draw = figure_cost },
	{ .name = "throughput_by_size",
		.title = "Throughput by message size",
		.says = "One direction, timed at the receiver; "
			"whiskers are the 95 % interval of the median, from 6 launches on.",
		.absent = "throughput was not measured",
		.test = TEST_THROUGHPUT,
		.is_per_placement = true,
		.unit = AXIS_RATE,
		.columns = "size_bytes,bytes_per_s,bytes_per_s_low,bytes_per_s_high",
		.values = { VALUE(bytes_per_s), VALUE(bytes_per_s_low),
			VALUE(bytes_per_s_high) },
		.value_count = 3,
		.draw = figure_curves },
	{ .name = "capacity",
		.title = "Bytes accepted while nobody reads, by size option",
		.says = "A curve for each write size: filled where the same amount "
			"fits every time, else hollow. Vertical: the option's default; "
			"diagonal: as many bytes as the option says.",
		.absent = "capacity was not measured",
		.test = TEST_CAPACITY,
		.unit = AXIS_BYTES,
		.columns = "setting,capacity_bytes,is_exact,write_bytes,is_default",
		.draw = figure_capacity },
	{ .name = "core_pairs",
		.title = "Cache-line round trip by pair of CPUs",
		.says = "Median of there and back over one cache line.",
		.absent = "no round trips of a cache line between two CPUs were measured",
		.test = TEST_LATENCY,
		.mechanism = "floor_cacheline",
		.unit = AXIS_NS,
		.columns = "cpu_a,cpu_b,median_ns",
		.draw = figure_core_pairs },
};
#define FIGURES (sizeof figures / sizeof figures[0])

double figure_head(const struct figure *figure, const struct figure_data *data,
	const char *placement, const char *more, struct page *page)
{
	char how[200], note[PAGE_LABEL_TEXT], subtitle[PAGE_LABEL_TEXT];

	figure_how(data, figure->test, placement, figure->mechanism, how, sizeof how);
	figure_note(data, figure->test, placement, figure->mechanism, note, sizeof note);
	snprintf(subtitle, sizeof subtitle, "%s%s%s%s%s", figure->says, *more ? " " : "",
		more, *how ? "\n" : "", how);
	return page_head(page, figure->title, subtitle, note);
}

static void report(FILE *progress, const char *name, const char *words)
{
	if (progress)
		fprintf(progress, "figure %s: %s\n", name, words);
}

/* Where things come from and go to. */
struct studio {
	struct figure_data data;
	struct figure_files files;
	char scripts[PATH_MAX];
	FILE *progress;
	/* Takes what was drawn; or NULL. */
	void (*each)(const struct figure_drawn *drawn, void *context);
	void *context;
};

static int hand_over(struct studio *studio, const struct figure *figure, const char *name,
	const char *placement, struct why *why)
{
	struct figure_drawn drawn = { .name = name,
		.title = figure->title,
		.says = figure->says,
		.placement = figure->is_per_placement && placement ? placement : "" };
	char file[FIGURE_NAME + 8], *svg;
	size_t length;
	int error;

	if (!studio->each)
		return 0;
	snprintf(file, sizeof file, "%s.svg", name);
	error = run_file_read(
		studio->files.figures, studio->files.path, file, &svg, &length, why);
	if (error)
		return error;
	drawn.svg = svg;
	studio->each(&drawn, studio->context);
	free(svg);
	return 0;
}

static int draw_one(struct studio *studio, const struct figure *figure,
	const char *placement, size_t *drawn, struct why *why)
{
	char name[FIGURE_NAME];
	struct page page;
	FILE *csv = NULL;
	bool is_there;
	int error;

	figure_files_name(
		figure->name, figure->is_per_placement ? placement : NULL, name);
	if (figure->is_per_placement && placement &&
		figure_cpu_pairs(&studio->data, figure->test, placement) > 1) {
		report(studio->progress, name,
			"not drawn, the placement has several pairs of CPUs");
		return 0;
	}
	error = figure_files_begin(&studio->files, name, &csv, why);
	if (error)
		return error;
	page_open(&page);
	is_there = figure->draw(figure, &studio->data, placement, &page, csv);
	if (!is_there) {
		figure_files_abandon(&studio->files, csv);
		report(studio->progress, name, figure->absent);
	} else {
		error = figure_files_draw(&studio->files, studio->scripts, figure->name,
			name, &page, csv, why);
		if (!error) {
			report(studio->progress, name, "drawn");
			(*drawn)++;
			error = hand_over(studio, figure, name, placement, why);
		}
	}
	page_close(&page);
	return error;
}

static bool has_mechanisms(
	const struct figure_data *data, enum test test, const char *placement)
{
	bool has = false;

	for (size_t s = 0; s < data->subject_count && !has; s++)
		has = !data->subjects[s].is_floor &&
		      figure_row(data, NULL, test, placement, data->subjects[s].name);
	return has;
}

/* Floors alone are worth a figure only in a run of nothing but floors. */
static bool is_worth(
	const struct figure_data *data, enum test test, const char *placement)
{
	return figure_row(data, NULL, test, placement, NULL) &&
	       (has_mechanisms(data, test, placement) ||
		       !has_mechanisms(data, test, NULL));
}

static int draw_all(struct studio *studio, size_t *drawn, struct why *why)
{
	int error = 0;

	for (size_t f = 0; f < FIGURES && !error; f++) {
		const struct figure *figure = &figures[f];
		size_t tried = 0;

		for (size_t p = 0; figure->is_per_placement && !error &&
				   p < studio->data.placement_count;
			p++) {
			const char *placement = studio->data.placements[p];

			/* A placement that only another test ran in is no gap. */
			if (!is_worth(&studio->data, figure->test, placement))
				continue;
			tried++;
			error = draw_one(studio, figure, placement, drawn, why);
		}
		if (figure->is_per_placement && !tried)
			report(studio->progress, figure->name, figure->absent);
		if (!figure->is_per_placement)
			error = draw_one(studio, figure, NULL, drawn, why);
	}
	return error;
}

/* What is common to both: `files` is where they go. */
static int draw_run(const struct run_directory *run, struct studio *studio, size_t *drawn,
	struct why *why)
{
	int error = gnuplot_scripts(studio->scripts, why);

	if (!error)
		error = figure_data_open(run, &studio->data, why);
	if (!error)
		error = studio->each ? figure_files_open_private(&studio->files, why)
				     : figure_files_open(run, &studio->files, why);
	if (!error) {
		studio->files.is_svg_only = studio->each != NULL;
		error = draw_all(studio, drawn, why);
		figure_files_close(&studio->files);
	}
	figure_data_close(&studio->data);
	return error;
}

int figures_draw(
	const struct run_directory *run, FILE *progress, size_t *drawn, struct why *why)
{
	struct studio *studio = calloc(1, sizeof *studio);
	size_t count = 0;
	int error;

	if (!studio)
		return why_say(why, ENOMEM, "draw figures");
	studio->progress = progress;
	error = draw_run(run, studio, &count, why);
	free(studio);
	if (!error)
		*drawn = count;
	return error;
}

int figures_each(const struct run_directory *run,
	void (*each)(const struct figure_drawn *drawn, void *context), void *context,
	struct why *why)
{
	struct studio *studio = calloc(1, sizeof *studio);
	size_t count = 0;
	int error;

	if (!studio)
		return why_say(why, ENOMEM, "draw figures");
	studio->each = each;
	studio->context = context;
	error = draw_run(run, studio, &count, why);
	free(studio);
	return error;
}
