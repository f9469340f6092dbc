#include <inttypes.h>

#include "plots/figure.h"
#include "plots/series.h"

bool figure_curves(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	const struct summary_row *row = NULL;
	struct series_list list = { 0 };
	int64_t joined = 1;
	char more[96] = "";
	double top;

	series_collect(data, figure->test, placement, figure->values, figure->value_count,
		&list);
	if (list.count) {
		while ((row = figure_row(data, row, figure->test, placement, NULL)))
			if (row->coalesce > joined)
				joined = row->coalesce;
		if (joined > 1)
			snprintf(more, sizeof more,
				"%" PRId64 " messages of a stream left in each send.",
				joined);
		top = figure_head(figure, data, placement, more, page);
		series_draw(&list, AXIS_BYTES, figure->unit, top, page);
		series_write(&list, figure->columns, figure->value_count + 1, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
