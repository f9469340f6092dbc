#include "plots/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/csv.h"

void series_begin(struct series_list *list, const struct subject *subject)
{
	list->items = page_grow(list->items, list->count, sizeof *list->items);
	list->items[list->count++] = (struct series) { .subject = subject };
}

void series_point(struct series_list *list, const double numbers[PAGE_CURVE])
{
	struct series *series = &list->items[list->count - 1];

	series->points = page_grow(series->points, series->count, sizeof *series->points);
	memcpy(series->points[series->count++], numbers, sizeof *series->points);
}

void series_free(struct series_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].points);
	free(list->items);
	*list = (struct series_list) { 0 };
}

static double column(const struct summary_row *row, size_t offset)
{
	double value;

	memcpy(&value, (const char *)row + offset, sizeof value);
	return value > 0 && isfinite(value) ? value : NAN;
}

void series_collect(const struct figure_data *data, enum test test, const char *placement,
	const size_t *columns, size_t column_count, struct series_list *list)
{
	for (size_t s = 0; s < data->subject_count; s++) {
		const struct subject *subject = &data->subjects[s];
		const struct summary_row *row = NULL;
		int64_t last_size = ROW_UNKNOWN;
		bool has_begun = false;

		while ((row = figure_row(data, row, test, placement, subject->name))) {
			double numbers[PAGE_CURVE] = { (double)row->size_bytes, NAN, NAN,
				NAN, NAN, NAN };

			for (size_t i = 0; i < column_count && i + 1 < PAGE_CURVE; i++)
				numbers[i + 1] = column(row, columns[i]);
			/* Of cases that differ in payload or gap the first is shown. */
			if (isnan(numbers[1]) || row->size_bytes == last_size ||
				row->size_bytes < 0)
				continue;
			if (!has_begun)
				series_begin(list, subject);
			has_begun = true;
			last_size = row->size_bytes;
			if (list->items[list->count - 1].has_no_size) {
				/* What has sizes is shown by them. */
				list->items[list->count - 1].has_no_size = false;
				list->items[list->count - 1].count = 0;
			}
			list->items[list->count - 1].has_no_size = row->size_bytes == 0;
			series_point(list, numbers);
		}
	}
}

bool series_has_mechanisms(const struct series_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].subject->is_floor)
			return true;
	return false;
}

bool series_range(const struct series_list *list, size_t first, size_t last, double *low,
	double *high)
{
	*low = INFINITY;
	*high = 0;
	for (size_t i = 0; i < list->count; i++)
		for (size_t p = 0; p < list->items[i].count; p++)
			for (size_t c = first; c <= last; c++) {
				double value = list->items[i].points[p][c];

				if (!(value > 0))
					continue;
				*low = fmin(*low, value);
				*high = fmax(*high, value);
			}
	return *high > 0;
}

void series_write(const struct series_list *list, const char *columns,
	size_t column_count, FILE *csv)
{
	fprintf(csv, "mechanism,title,family,%s\n", columns);
	for (size_t i = 0; i < list->count; i++) {
		const struct series *series = &list->items[i];

		for (size_t p = 0; p < series->count; p++) {
			csv_field(csv, series->subject->name);
			fputc(',', csv);
			csv_field(csv, series->subject->title);
			fputc(',', csv);
			csv_field(csv, series->subject->family);
			for (size_t c = 0; c < column_count; c++)
				if (isfinite(series->points[p][c]))
					fprintf(csv, ",%.10g", series->points[p][c]);
				else
					fputc(',', csv);
			fputc('\n', csv);
		}
	}
}
