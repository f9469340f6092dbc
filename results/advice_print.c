#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/advice.h"

static const char *const titles[] = {
	[ADVICE_RPC] = "round trip",
	[ADVICE_STREAM] = "throughput",
	[ADVICE_WAKE] = "round trip",
};

static void put_head(const struct advice *advice, const struct advice_need *need,
	const struct sheet *sheet)
{
	char size[TEXT_QUANTITY], line[ROW_TEXT * 2], other[TEXT_QUANTITY];

	sheet_style(sheet, STYLE_BOLD);
	if (need->pattern == ADVICE_WAKE)
		snprintf(line, sizeof line, "Wake-ups, on %s", advice->place->name);
	else
		snprintf(line, sizeof line, "%s of %s, on %s",
			need->pattern == ADVICE_RPC ? "Round trips" : "Streams",
			text_bytes((double)advice->size_bytes, size),
			advice->place->name);
	fputs(line, sheet->out);
	sheet_plain(sheet);
	putc('\n', sheet->out);
	if (!advice->is_nearest)
		return;
	snprintf(line, sizeof line,
		"  %s was not measured, and nothing is put in between; ",
		text_bytes((double)need->size_bytes, size));
	fputs(line, sheet->out);
	if (advice->below >= 0 && advice->above >= 0)
		fprintf(sheet->out, "the nearest are %s and %s\n",
			text_bytes((double)advice->below, size),
			text_bytes((double)advice->above, other));
	else
		fprintf(sheet->out, "the nearest is %s\n",
			text_bytes((double)advice->size_bytes, size));
}

/* "Take shm_spin: 6.3 times as good as fifo", or who cannot be told apart. */
static void put_best(const struct advice *advice, const struct sheet *sheet)
{
	const struct advice_item *first = advice->items, *next;
	size_t tied = 0, length;
	char *line = NULL;
	FILE *out = open_memstream(&line, &length);

	if (!out)
		abort();
	while (tied < advice->ranked && first[tied].rank == 1)
		tied++;
	next = tied < advice->ranked ? &first[tied] : NULL;
	fprintf(out, "Take %s", first->mechanism);
	for (size_t i = 1; i < tied; i++)
		fprintf(out, "%s%s", i + 1 == tied ? " or " : ", ", first[i].mechanism);
	if (tied > 1)
		fputs(isnan(first->amount.low)
				? ": fewer than 6 launches do not tell them apart"
				: ": a tie, the intervals overlap",
			out);
	if (next) {
		double ratio = first->amount.unit == UNIT_RATE
				       ? first->amount.value / next->amount.value
				       : next->amount.value / first->amount.value;

		fprintf(out, "%s %.3g times as fast as %s", tied > 1 ? ";" : ":", ratio,
			next->mechanism);
	}
	if (fclose(out))
		abort();
	fputs("  ", sheet->out);
	sheet_wrap(sheet, 2, 4, line);
	free(line);
}

static void put_value(struct amount amount, char *cell)
{
	char text[AMOUNT_TEXT];

	row_text(cell, isnan(amount.value)
			       ? "-"
			       : amount_value_text(amount.value, amount.unit, text));
}

static void add_word(char *cell, const char *word)
{
	size_t used = strlen(cell);

	snprintf(cell + used, ROW_TEXT - used, "%s%s", used ? ", " : "", word);
}

static void fill(const struct advice_item *item, struct grid_line *line)
{
	char text[AMOUNT_TEXT], *interval;

	if (item->rank)
		snprintf(line->cells[0], sizeof line->cells[0], "%u%s %s", item->rank,
			item->is_tied ? "=" : " ", item->mechanism);
	else
		snprintf(line->cells[0], sizeof line->cells[0], "-  %s", item->mechanism);
	amount_text(item->amount, text);
	interval = strchr(text, '(');
	row_text(line->cells[2], interval ? interval : "");
	put_value(item->amount, line->cells[1]);
	put_value(item->cpu, line->cells[3]);
	put_value(item->switches, line->cells[4]);
	*line->cells[5] = '\0';
	for (const struct advice_wish *wish = advice_wishes;
		wish->word && !item->is_floor; wish++) {
		if (wish->needs && (item->caps & wish->needs))
			add_word(line->cells[5], wish->word);
		else if (wish->lacks && (item->caps & wish->forbids))
			add_word(line->cells[5], wish->lacks);
	}
}

static void put_table(const struct advice *advice, const struct advice_need *need,
	const struct sheet *sheet)
{
	struct grid_line title = { .cells = { "  mechanism", "", "", "CPU", "switches",
					   "" } };
	struct grid_line line;
	struct grid grid;

	row_text(title.cells[1], titles[need->pattern]);
	grid_clear(&grid);
	grid_column(&grid, 2, false);
	grid_column(&grid, 1, true);
	grid_column(&grid, 2, false);
	grid_column(&grid, 2, false);
	grid_column(&grid, 2, true);
	grid_measure(&grid, &title);
	for (size_t i = 0; i < advice->count; i++) {
		fill(&advice->items[i], &line);
		grid_measure(&grid, &line);
	}
	grid_fit(&grid);
	grid_print(&grid, sheet, &title);
	for (size_t i = 0; i < advice->count; i++) {
		const struct advice_item *item = &advice->items[i];

		if (item->is_floor && (!i || !item[-1].is_floor))
			fputs("  limits: what this hardware and kernel allow\n",
				sheet->out);
		else if (item->is_too_dear && (!i || !item[-1].is_too_dear))
			fputs("  left out for their CPU time\n", sheet->out);
		fill(item, &line);
		grid_print(&grid, sheet, &line);
	}
}

void advice_print(const struct advice *advice, const struct advice_need *need,
	const struct sheet *sheet)
{
	put_head(advice, need, sheet);
	if (advice->ranked)
		put_best(advice, sheet);
	else
		fputs("  Nothing that was measured meets the need.\n", sheet->out);
	put_table(advice, need, sheet);
	if (advice->unfit)
		fprintf(sheet->out, "  %zu more %s not what --need asks for\n",
			advice->unfit, advice->unfit == 1 ? "is" : "are");
}
