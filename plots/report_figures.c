/* report_figures.c: the figures of `plot`, drawn afresh: what lies in the folder of a run
 * may be anything. */
#include <string.h>

#include "plots/figures.h"
#include "plots/report_parts.h"

struct gallery {
	struct report_page *page;
	const struct report_run *run;
	size_t count;
};

static void put_figure(const struct figure_drawn *drawn, void *context)
{
	struct gallery *gallery = context;
	FILE *out = gallery->page->out;
	char id[HTML_NAME + 64], name[HTML_NAME], title[256];
	struct svg_words words = { id, title, drawn->says };
	struct why why = { "" };

	snprintf(id, sizeof id, "%sfigure-%s", gallery->run->prefix,
		html_name(drawn->name, name));
	snprintf(title, sizeof title, "%s%s%s", drawn->title,
		*drawn->placement ? ", " : "", drawn->placement);
	fputs("<figure><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"",
		out);
	html_print(out, "figure: %s\">\n", title);
	if (svg_clean(drawn->svg, &words, &gallery->page->inks, out, &why))
		html_print(out, "</svg><p class=\"note\">%s</p>", why.text);
	html_print(out,
		"</div><figcaption>%s. The numbers are in the tables of this page.",
		title);
	fputs("</figcaption></figure>\n", out);
	gallery->count++;
}

/* Ordering many names takes gnuplot and us longer than anybody waits. */
#define CASES_MOST 10000

void report_figures(struct report_page *page, const struct report_run *run)
{
	struct gallery gallery = { page, run, 0 };
	struct why why = { "" };
	int error;

	report_begin(page, run, "figures", "Figures");
	if (run->count + run->left_out > CASES_MOST) {
		html_print(page->out,
			"<p class=\"note\">Not drawn: the run has %zu cases, the most is "
			"%d.</p>\n",
			run->count + run->left_out, CASES_MOST);
		report_end(page);
		return;
	}
	error = figures_each(run->directory, put_figure, &gallery, &why);
	if (error)
		html_print(page->out,
			"<p class=\"note\">%s: %s. The tables have all numbers.</p>\n",
			gallery.count ? "Not all figures could be drawn"
				      : "The figures could not be drawn",
			why.text);
	else if (!gallery.count)
		fputs("<p class=\"note\">There is nothing to draw.</p>\n", page->out);
	report_end(page);
}
