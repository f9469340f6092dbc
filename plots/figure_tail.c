/* figure_tail.c: round trip by percentile, one curve a mechanism. */
#include <math.h>
#include <stdlib.h>

#include "harness/base/text.h"
#include "plots/figure.h"
#include "plots/series.h"

#define SAMPLES_END 10 /* a percentile rests on at least so many samples above it */
#define DECADE      24 /* points a decade */

static void add_curve(struct series_list *list, const struct subject *subject,
	const struct histogram *histogram, double size)
{
	double last = (double)histogram->count / SAMPLES_END;
	int steps = (int)floor(log10(last) * DECADE);

	if (last < 1)
		return;
	series_begin(list, subject);
	for (int step = 0; step <= steps; step++) {
		double x = pow(10, (double)step / DECADE);
		double numbers[PAGE_CURVE] = { x, 0, 100 - 100 / x, size,
			(double)histogram->count, NAN };

		numbers[1] = histogram_quantile(histogram, 1 - 1 / x);
		if (numbers[1] > 0)
			series_point(list, numbers);
	}
}

bool figure_tail(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	struct histogram *histogram = malloc(sizeof *histogram);
	struct series_list list = { 0 };
	bool has_others = false, has_mechanisms = false;

	for (size_t s = 0; s < data->subject_count; s++)
		has_mechanisms |= !data->subjects[s].is_floor &&
				  figure_small_row(
					  data, placement, data->subjects[s].name);
	for (size_t s = 0; histogram && s < data->subject_count; s++) {
		const struct subject *subject = &data->subjects[s];
		const struct summary_row *row = figure_small_row(
			data, placement, subject->name);
		const struct result_row *result = row ? figure_result(data, row) : NULL;
		char name[RUN_HISTOGRAM_NAME];

		if (!result || (has_mechanisms && subject->is_floor))
			continue;
		run_directory_histogram_name(result, name);
		if (run_directory_histogram(data->run, name, histogram, NULL))
			continue;
		add_curve(&list, subject, histogram, (double)row->size_bytes);
		has_others |= row->size_bytes != FIGURE_SMALL && row->size_bytes != 0;
	}
	free(histogram);
	if (list.count) {
		const struct series_form form = { AXIS_TAIL, figure->unit, 1, false };
		char more[128] = "";

		if (has_others)
			snprintf(more, sizeof more,
				"Where 64 B was not measured, the size next to it.");
		series_prepare(&list, &form, page, more, sizeof more);
		series_draw(&list, &form,
			figure_head(figure, data, placement, more, page), page);
		series_write(&list, figure->columns, 5, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
