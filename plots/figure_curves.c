#include "plots/figure.h"
#include "plots/series.h"

bool figure_curves(const struct figure *figure, const struct figure_data *data,
	const char *placement, struct page *page, FILE *csv)
{
	struct series_list list = { 0 };
	double top;

	series_collect(data, figure->test, placement, figure->values, figure->value_count,
		&list);
	if (list.count) {
		top = figure_head(figure, data, placement, "", page);
		series_draw(&list, AXIS_BYTES, figure->unit, top, page);
		series_write(&list, figure->columns, figure->value_count + 1, csv);
	}
	series_free(&list);
	return page->panel_count > 0;
}
