#include "plots/report_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/topology.h"
#include "mechanisms/mechanism.h"
#include "plots/page.h"

void report_contents(struct report_page *page, const char *id, const char *title)
{
	struct report_entry *entry;

	page->entries = page_grow(
		page->entries, page->entry_count, sizeof *page->entries);
	entry = &page->entries[page->entry_count++];
	snprintf(entry->id, sizeof entry->id, "%s", id);
	snprintf(entry->title, sizeof entry->title, "%s", title);
}

void report_begin(struct report_page *page, const struct report_run *run, const char *id,
	const char *title)
{
	const char *prefix = run ? run->prefix : "";

	if (!*prefix)
		report_contents(page, id, title);
	html_print(page->out,
		"<section id=\"%s%s\" aria-labelledby=\"%s%s-h\"><h2 id=\"%s%s-h\">%s</h2>\n",
		prefix, id, prefix, id, prefix, id, title);
}

void report_end(struct report_page *page)
{
	fputs("</section>\n", page->out);
}

void report_table(struct report_page *page, const char *name)
{
	html_print(page->out,
		"<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		"aria-label=\"%s\"><table>\n",
		name);
}

void report_table_end(struct report_page *page)
{
	fputs("</table></div>\n", page->out);
}

const char *report_title(const char *mechanism)
{
	const struct mechanism *known = mechanism_find(mechanism);

	return known ? known->title : mechanism;
}

bool report_spins(const char *mechanism)
{
	const struct mechanism *known = mechanism_find(mechanism);

	return known && (known->caps & CAP_SPINS);
}

void report_mechanism(struct report_page *page, const char *mechanism)
{
	const struct mechanism *known = mechanism_find(mechanism);

	html_print(page->out, "<tr data-f=\"%s\"><th scope=\"row\">%s",
		known ? known->family : "unknown", known ? known->title : mechanism);
	html_print(page->out, " <code>%s</code></th>", mechanism);
}

const char *report_placement(const char *placement)
{
	for (size_t i = 0; placement_names[i]; i++)
		if (strcmp(placement_names[i], placement) == 0)
			return placement_meanings[i];
	return placement;
}

void report_cell(FILE *out, double value, bool is_best)
{
	fputs(is_best ? "<td class=\"best\"" : "<td", out);
	if (isnan(value))
		putc('>', out);
	else
		html_print(out, " data-v=\"%.6g\">", value);
}

void report_block_id(FILE *out, const struct report_run *run,
	const struct report_block *block, const char *id)
{
	html_print(out, "%s%s-%zu", run->prefix, id, (size_t)(block - run->blocks) + 1);
}

static void put_meaning(FILE *out, const struct report_block *block)
{
	const char *meaning = report_placement(block->like.placement);

	/* A name that is none of ours may begin with anything. */
	if (meaning == block->like.placement) {
		html_text(out, meaning);
	} else {
		putc(toupper((unsigned char)*meaning), out);
		html_text(out, meaning + 1);
	}
}

void report_block_heading(struct report_page *page, const struct report_run *run,
	const struct report_block *block, const char *id)
{
	char how[3 * ROW_TEXT];

	show_block_name(&block->like, how, sizeof how);
	fputs("<h3 id=\"", page->out);
	report_block_id(page->out, run, block, id);
	fputs("\">", page->out);
	put_meaning(page->out, block);
	html_print(page->out, " <small>%s</small></h3>\n", how);
}

void report_block_links(
	struct report_page *page, const struct report_run *run, const char *id)
{
	if (run->block_count < 2)
		return;
	fputs("<ul class=\"links\">\n", page->out);
	for (size_t i = 0; i < run->block_count; i++) {
		const struct report_block *block = &run->blocks[i];

		fputs("<li><a href=\"#", page->out);
		report_block_id(page->out, run, block, id);
		fputs("\">", page->out);
		put_meaning(page->out, block);
		fputs("</a></li>\n", page->out);
	}
	fputs("</ul>\n", page->out);
}

double report_cpu_ns(const struct summary_row *row)
{
	return isnan(row->user_ns)     ? row->system_ns
	       : isnan(row->system_ns) ? row->user_ns
				       : row->user_ns + row->system_ns;
}

/* A limit of two sides, whatever they use; one that sleeps in the kernel is a limit of
 * that call's users alone. */
static bool takes_both_sides(const struct summary_row *row)
{
	const struct mechanism *mechanism = mechanism_find(row->mechanism);

	return mechanism && !(mechanism->caps & (CAP_SOLO | CAP_BLOCKS));
}

static bool takes_one_side(const struct summary_row *row)
{
	const struct mechanism *mechanism = mechanism_find(row->mechanism);

	return mechanism && (mechanism->caps & CAP_SOLO);
}

const struct summary_row *report_floor_time(
	const struct report_run *run, const struct report_block *block)
{
	(void)run;
	for (size_t i = 0; i < block->count; i++) {
		const struct summary_row *row = block->rows[i];

		if (show_is_floor(row) && show_is_latency(row) && takes_both_sides(row) &&
			row->median_ns > 0)
			return row;
	}
	return NULL;
}

const struct summary_row *report_floor_rate(const struct report_run *run,
	const struct report_block *block, int64_t size_bytes)
{
	const struct summary_row *found = NULL;

	for (size_t i = 0; i < block->count; i++) {
		const struct summary_row *row = block->rows[i];

		if (show_is_floor(row) && row->bytes_per_s > 0 && takes_both_sides(row) &&
			row->size_bytes == size_bytes)
			return row;
	}
	/* A copy by one CPU does not depend on where the sides are. */
	for (size_t i = 0; i < run->count && !found; i++) {
		const struct summary_row *row = &run->rows[i];

		if (show_is_ok(row) && row->bytes_per_s > 0 &&
			row->size_bytes == size_bytes && show_is_floor(row) &&
			takes_one_side(row))
			found = row;
	}
	return found;
}

char *report_number(double value, char *text)
{
	if (isnan(value))
		snprintf(text, TEXT_QUANTITY, "-");
	else
		snprintf(text, TEXT_QUANTITY, "%.*f",
			value < 0.095  ? 3
			: value < 0.95 ? 2
			: value < 9.5  ? 1
				       : 0,
			value);
	return text;
}

struct report_value report_time(const struct summary_row *row)
{
	return (struct report_value) { row->median_ns, row->median_low_ns,
		row->median_high_ns, false };
}

struct report_value report_rate(const struct summary_row *row)
{
	return (struct report_value) { row->bytes_per_s, row->bytes_per_s_low,
		row->bytes_per_s_high, true };
}

bool report_is_better(struct report_value a, struct report_value b)
{
	if (isnan(a.value) || isnan(b.value))
		return !isnan(a.value);
	return a.more_is_better ? a.value > b.value : a.value < b.value;
}

bool report_is_tie(struct report_value a, struct report_value b)
{
	return a.low <= b.high && b.low <= a.high;
}
