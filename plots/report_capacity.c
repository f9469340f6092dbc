/* report_capacity.c: what each mechanism accepts while nobody reads. */
#include <inttypes.h>
#include <string.h>

#include "harness/base/text.h"
#include "plots/report_parts.h"

static bool is_capacity(const struct summary_row *row)
{
	return show_is_ok(row) && strcmp(row->test, "capacity") == 0;
}

static void put_bytes(FILE *out, int64_t bytes, const char *before)
{
	char text[TEXT_QUANTITY];

	if (bytes == ROW_UNKNOWN)
		fputs("<td></td>", out);
	else
		html_print(out, "<td data-v=\"%lld\">%s%s</td>", (long long)bytes, before,
			text_bytes((double)bytes, text));
}

static void put_row(struct report_page *page, const struct summary_row *row)
{
	char text[TEXT_QUANTITY];

	report_mechanism(page, row->mechanism);
	html_print(page->out, "<td class=\"words\">%s</td>", row->placement);
	if (!*row->sweep_setting)
		fputs("<td class=\"words\"></td>", page->out);
	else if (row->sweep_wanted == ROW_UNKNOWN)
		html_print(page->out, "<td class=\"words\">%s as it is</td>",
			row->sweep_setting);
	else
		html_print(page->out, "<td class=\"words\">%s = %s</td>",
			row->sweep_setting, text_bytes((double)row->sweep_value, text));
	put_bytes(page->out, row->size_bytes, "");
	put_bytes(page->out, row->capacity_bytes, row->is_exact == 0 ? "~" : "");
	if (row->capacity_messages == ROW_UNKNOWN)
		fputs("<td></td>", page->out);
	else
		html_print(page->out, "<td data-v=\"%lld\">%lld</td>",
			(long long)row->capacity_messages,
			(long long)row->capacity_messages);
	put_bytes(page->out, row->reopen_bytes, "");
	fputs("</tr>\n", page->out);
}

/* With the settings as they are, or changed. Returns how many rows there are. */
static size_t put_table(
	struct report_page *page, const struct report_run *run, bool is_swept)
{
	size_t lines = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct summary_row *row = &run->rows[i];

		if (!is_capacity(row) || (row->sweep_wanted != ROW_UNKNOWN) != is_swept)
			continue;
		if (!lines) {
			report_table(page, is_swept ? "capacity by setting" : "capacity");
			fputs("<thead><tr><th scope=\"col\">Mechanism</th><th scope=\"col\" "
			      "class=\"words\">Where</th><th scope=\"col\" "
			      "class=\"words\">Setting</th>"
			      "<th scope=\"col\">Writes of</th><th scope=\"col\">Accepted</th>"
			      "<th scope=\"col\">Writes</th><th scope=\"col\">Reopens "
			      "after</th></tr></thead>\n<tbody>\n",
				page->out);
		}
		if (lines++ < REPORT_LINES)
			put_row(page, row);
	}
	if (!lines)
		return 0;
	fputs("</tbody>", page->out);
	report_table_end(page);
	if (lines > REPORT_LINES)
		html_print(page->out,
			"<p class=\"note\">%zu more rows are in summary.csv.</p>\n",
			lines - REPORT_LINES);
	return lines;
}

void report_capacity(struct report_page *page, const struct report_run *run)
{
	size_t plain;

	report_begin(page, run, "capacity", "Capacity");
	fputs("<p>What is accepted while nobody reads, until the sender would wait; and how "
	      "much has to be read until it may write again. ~ : not the same every "
	      "time.</p>\n",
		page->out);
	plain = put_table(page, run, false);
	if (!plain)
		fputs("<p class=\"note\">Capacity was not measured at the standard "
		      "settings.</p>\n",
			page->out);
	fputs("<details><summary>With other settings</summary>\n", page->out);
	if (!put_table(page, run, true))
		fputs("<p class=\"note\">No setting was changed in this run.</p>\n",
			page->out);
	fputs("</details>\n", page->out);
	report_end(page);
}
