/* report_answers.c: the three questions people have: which mechanism for small messages,
 * which for bulk, and at what price in CPU. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"
#include "plots/report_parts.h"

#define TIES_MAX   64
#define TIES_SHOWN 4
/* More than one CPU and a half all the time: both sides wait by spinning, also where they
 * would sleep after a while. */
#define BUSY_MOST 1.5

enum question { SMALL_MESSAGES, BULK, PRICE, QUESTIONS };

static const struct {
	const char *title, *says;
} questions[QUESTIONS] = {
	[SMALL_MESSAGES] = { "Small messages", "shortest round trip" },
	[BULK] = { "Bulk", "most throughput" },
	[PRICE] = { "Price in CPU", "least CPU time per round trip" },
};

struct answer {
	const struct summary_row *best;
	struct report_value value;
	/* Whose intervals overlap the best one's. */
	const struct summary_row *ties[TIES_MAX];
	size_t tie_count;
};

static struct report_value value_of(enum question question, const struct summary_row *row)
{
	if (question == BULK)
		return report_rate(row);
	if (question == PRICE)
		return (struct report_value) { report_cpu_ns(row), NAN, NAN, false };
	return report_time(row);
}

/* Does a side sleep while it waits for the other? */
static bool sleeps(enum question question, const struct summary_row *row)
{
	return !report_spins(row->mechanism) &&
	       (question == BULK || !(row->busy_cpus > BUSY_MOST));
}

/* Is the row one that answers? `size`: of the small messages, 0: wake-ups. */
static bool is_candidate(enum question question, const struct summary_row *row,
	int64_t size, bool must_sleep)
{
	if (show_is_floor(row) || (must_sleep && !sleeps(question, row)))
		return false;
	if (question == BULK)
		return row->bytes_per_s > 0;
	return show_is_latency(row) && row->size_bytes == size &&
	       value_of(question, row).value > 0;
}

static struct answer find_answer(const struct report_block *block, enum question question,
	int64_t size, bool must_sleep)
{
	struct answer answer = { .best = NULL };

	for (size_t i = 0; i < block->count; i++) {
		const struct summary_row *row = block->rows[i];

		if (!is_candidate(question, row, size, must_sleep) ||
			(answer.best &&
				!report_is_better(value_of(question, row), answer.value)))
			continue;
		answer.best = row;
		answer.value = value_of(question, row);
	}
	for (size_t i = 0; answer.best && i < block->count; i++) {
		const struct summary_row *row = block->rows[i];

		if (strcmp(row->mechanism, answer.best->mechanism) == 0 ||
			!is_candidate(question, row, size, must_sleep) ||
			!report_is_tie(value_of(question, row), answer.value) ||
			(answer.tie_count &&
				strcmp(row->mechanism,
					answer.ties[answer.tie_count - 1]->mechanism) ==
					0))
			continue;
		if (answer.tie_count < TIES_MAX)
			answer.ties[answer.tie_count++] = row;
	}
	return answer;
}

static void put_value(FILE *out, enum question question, const struct answer *answer)
{
	char value[TEXT_QUANTITY], low[TEXT_QUANTITY], high[TEXT_QUANTITY];
	char *(*text)(double, char *) = question == BULK ? text_rate : text_ns;

	html_print(out, "<p class=\"big\">%s</p><p class=\"how\">",
		text(answer->value.value, value));
	if (!isnan(answer->value.low))
		html_print(out, "%s to %s, ", text(answer->value.low, low),
			text(answer->value.high, high));
	if (question == BULK)
		html_print(out, "%s messages",
			text_bytes((double)answer->best->size_bytes, value));
	else if (answer->best->size_bytes)
		html_print(out, "%s there and back",
			text_bytes((double)answer->best->size_bytes, value));
	else
		fputs("a wake-up there and back", out);
}

/* How much of the CPUs it keeps busy, or how long it takes. */
static void put_price(FILE *out, enum question question, const struct summary_row *row)
{
	char text[TEXT_QUANTITY];

	if (question == PRICE)
		html_print(out, "; takes %s", text_ns(row->median_ns, text));
	else if (row->busy_cpus > 0)
		html_print(out, "; %.1f CPU%s busy", row->busy_cpus,
			row->busy_cpus > 1.049 ? "s" : "");
	fputs("</p>\n", out);
}

static void put_ties(FILE *out, const struct answer *answer)
{
	if (!answer->tie_count)
		return;
	fputs("<p class=\"how\">Not told apart from it: ", out);
	for (size_t i = 0; i < answer->tie_count && i < TIES_SHOWN; i++)
		html_print(out, "%s<code>%s</code>", i ? ", " : "",
			answer->ties[i]->mechanism);
	if (answer->tie_count > TIES_SHOWN)
		html_print(out, " and %zu more", answer->tie_count - TIES_SHOWN);
	fputs(".</p>\n", out);
}

static void put_answer(FILE *out, enum question question, const struct answer *answer,
	const char *before)
{
	const char *name = answer->best->mechanism;

	html_print(out, "<p class=\"who\">%s<strong>%s</strong> <code>%s</code></p>",
		before, report_title(name), name);
	put_value(out, question, answer);
	put_price(out, question, answer->best);
	put_ties(out, answer);
	if (question != PRICE && isnan(answer->value.low))
		fputs("<p class=\"how\">Fewer than 6 launches: the order may be "
		      "chance.</p>\n",
			out);
}

static void put_card(
	FILE *out, const struct report_block *block, enum question question, int64_t size)
{
	struct answer first = find_answer(block, question, size, false);
	struct answer second = find_answer(block, question, size, true);

	html_print(out, "<div class=\"card\"><h4>%s <small>%s</small></h4>\n",
		questions[question].title, questions[question].says);
	if (!first.best) {
		fputs("<p class=\"how\">Not measured in this run.</p>", out);
	} else {
		put_answer(out, question, &first, "");
		if (second.best && second.best != first.best)
			put_answer(out, question, &second,
				"Of those that sleep while they wait: ");
	}
	fputs("</div>\n", out);
}

static void put_block(struct report_page *page, const struct report_run *run,
	const struct report_block *block)
{
	const struct show show = { .rows = run->rows, .count = run->count };
	int64_t size = show_rank_size(&show, &block->like);

	report_block_heading(page, run, block, "summary");
	fputs("<div class=\"cards\">\n", page->out);
	for (enum question question = 0; question < QUESTIONS; question++)
		put_card(page->out, block, question, size);
	fputs("</div>\n<p>All numbers here: <a href=\"#", page->out);
	report_block_id(page->out, run, block, "round-trips");
	fputs("\">round trips</a>, <a href=\"#", page->out);
	report_block_id(page->out, run, block, "throughput");
	fputs("\">throughput</a>, <a href=\"#", page->out);
	report_block_id(page->out, run, block, "cost");
	fputs("\">cost</a>.</p>\n", page->out);
}

void report_answers(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "summary", "Which mechanism?");
	if (!run->block_count)
		fputs("<p class=\"note\">No mechanism was measured in this run.</p>\n",
			page->out);
	for (size_t i = 0; i < run->block_count; i++)
		put_block(page, run, &run->blocks[i]);
	if (run->blocks_left_out)
		html_print(page->out,
			"<p class=\"note\">%zu more places were measured; summary.csv has "
			"them.</p>\n",
			run->blocks_left_out);
	report_end(page);
}

/* The block of another run that was measured in such a place and way, or NULL. */
static const struct report_block *counterpart(
	const struct report_run *run, const struct summary_row *like)
{
	for (size_t i = 0; i < run->block_count; i++) {
		const struct summary_row *other = &run->blocks[i].like;

		if (strcmp(other->placement, like->placement) == 0 &&
			strcmp(other->payload, like->payload) == 0 &&
			other->gap_ns == like->gap_ns)
			return &run->blocks[i];
	}
	return NULL;
}

/* What one run answers, in a cell. */
static void put_aside(FILE *out, const struct report_run *run,
	const struct report_block *block, enum question question)
{
	const struct show show = { .rows = run->rows, .count = run->count };
	struct answer answer = { .best = NULL };
	char text[TEXT_QUANTITY];

	if (block)
		answer = find_answer(
			block, question, show_rank_size(&show, &block->like), false);
	if (!answer.best) {
		fputs("<td class=\"words\"></td>", out);
		return;
	}
	html_print(out, "<td class=\"words\"><strong>%s</strong> <code>%s</code>",
		question == BULK ? text_rate(answer.value.value, text)
				 : text_ns(answer.value.value, text),
		answer.best->mechanism);
	if (answer.tie_count)
		html_print(out, " <small>or %zu more</small>", answer.tie_count);
	fputs("</td>", out);
}

void report_answers_aside(struct report_page *page)
{
	const struct report_run *first = &page->runs[0];

	report_begin(page, NULL, "answers", "Which mechanism?");
	report_table(page, "answers of the runs");
	fputs("<thead><tr><th scope=\"col\">Question</th><th scope=\"col\" "
	      "class=\"words\">Where</th>",
		page->out);
	for (size_t i = 0; i < page->run_count; i++)
		html_print(page->out, "<th scope=\"col\" class=\"words\">%zu. %s</th>",
			i + 1, page->runs[i].name);
	fputs("</tr></thead>\n<tbody>\n", page->out);
	for (size_t b = 0; b < first->block_count; b++)
		for (enum question question = 0; question < QUESTIONS; question++) {
			const struct summary_row *like = &first->blocks[b].like;

			html_print(page->out,
				"<tr><th scope=\"row\" class=\"claim\">%s, %s</th><td "
				"class=\"words\">%s</td>",
				questions[question].title, questions[question].says,
				report_placement(like->placement));
			for (size_t i = 0; i < page->run_count; i++)
				put_aside(page->out, &page->runs[i],
					counterpart(&page->runs[i], like), question);
			fputs("</tr>\n", page->out);
		}
	fputs("</tbody>", page->out);
	report_table_end(page);
	fputs("<p class=\"note\">\"or 3 more\": whose intervals overlap that of the best "
	      "one.</p>\n",
		page->out);
	report_end(page);
}
