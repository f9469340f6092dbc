/* figure_curves.c: values by message size, a curve a mechanism. */
#include <inttypes.h>
#include <string.h>

#include "plots/figure.h"
#include "plots/series.h"

/* "4 messages of a stream left in each send." where any were joined. */
static void say_joined(const struct figure *figure, const struct figure_data *data,
	const char *placement, char *text, size_t size)
{
	const struct summary_row *row = NULL;
	int64_t joined = 1;

	while ((row = figure_row(data, row, figure->test, placement, NULL)))
		if (row->coalesce > joined)
			joined = row->coalesce;
	if (joined > 1)
		snprintf(text, size,
			"%" PRId64 " messages of a stream left in each send.", joined);
}

bool figure_curves(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	const struct series_form form = { AXIS_BYTES, figure->unit, figure->value_count,
		figure->is_parted };
	struct series_list list = { 0 };
	char more[128] = "";

	series_collect(data, figure->test, placement, figure->values, figure->value_count,
		&list);
	if (list.count) {
		say_joined(figure, data, placement, more, sizeof more);
		series_prepare(&list, &form, page, more, sizeof more);
		series_draw(&list, &form,
			figure_head(figure, data, placement, more, page), page);
		series_write(&list, figure->columns, figure->value_count + 1, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
