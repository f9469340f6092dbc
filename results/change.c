#include "results/change.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "results/power.h"

struct changes *changes_create(enum design design, const struct rule *rule,
	const char *base_name, const char *candidate_name)
{
	struct changes *changes = calloc(1, sizeof *changes);

	if (!changes)
		return NULL;
	changes->design = design;
	changes->rule = *rule;
	snprintf(changes->base_name, sizeof changes->base_name, "%s", base_name);
	snprintf(changes->candidate_name, sizeof changes->candidate_name, "%s",
		candidate_name);
	changes->whole = VERDICT_INCONCLUSIVE;
	return changes;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->items[i].base);
		free(changes->items[i].candidate);
		free(changes->items[i].ratios);
	}
	for (size_t i = 0; i < changes->note_count; i++)
		free(changes->notes[i]);
	free(changes->items);
	free(changes->differences);
	free(changes->notes);
	free(changes);
}

enum quantity quantity_of(const struct result_row *row)
{
	return strcmp(row->test, "capacity") == 0     ? QUANTITY_CAPACITY
	       : strcmp(row->test, "memory") == 0     ? QUANTITY_MEMORY
	       : strcmp(row->test, "throughput") == 0 ? QUANTITY_RATE
						      : QUANTITY_TIME;
}

/* Messages without bytes are counted. */
static bool counts_messages(const struct result_row *row)
{
	return row->size_bytes == 0;
}

const char *quantity_unit(const struct result_row *row)
{
	switch (quantity_of(row)) {
	case QUANTITY_CAPACITY:
	case QUANTITY_MEMORY:
		return "B";
	case QUANTITY_RATE:
		return counts_messages(row) ? "messages/s" : "B/s";
	default:
		return "ns";
	}
}

double quantity_value(const struct result_row *row)
{
	switch (quantity_of(row)) {
	case QUANTITY_CAPACITY:
		return row->capacity_bytes == ROW_UNKNOWN ? NAN
							  : (double)row->capacity_bytes;
	/* Nothing that could be measured has no ratio to anything. */
	case QUANTITY_MEMORY:
		return row->memory_bytes > 0 ? row->memory_bytes : NAN;
	case QUANTITY_RATE:
		return counts_messages(row) ? row->messages_per_s : row->bytes_per_s;
	default:
		return row->median_ns;
	}
}

char *quantity_text(const struct change *change, double value, char *text)
{
	if (change->quantity == QUANTITY_CAPACITY || change->quantity == QUANTITY_MEMORY)
		return text_bytes(value, text);
	if (change->quantity == QUANTITY_TIME)
		return text_ns(value, text);
	if (strcmp(change->unit, "B/s") == 0)
		return text_rate(value, text);
	snprintf(text, TEXT_QUANTITY, isnan(value) ? "-" : "%.3g/s", value);
	return text;
}

static double *copy(const double *values, size_t count)
{
	double *made = calloc(count + 1, sizeof *made);

	if (made && count)
		memcpy(made, values, count * sizeof *made);
	return made;
}

/* Makes room for one more, cleared, behind `count` items; NULL without memory. */
static void *grow(void *items, size_t count, size_t size)
{
	char *grown = realloc(items, (count + 1) * size);

	if (grown)
		memset(grown + count * size, 0, size);
	return grown;
}

struct change *changes_add(struct changes *changes, const struct result_row *like,
	bool is_exact, const double *base, size_t base_count, const double *candidate,
	size_t candidate_count, const double *ratios)
{
	double *bases = copy(base, base_count);
	double *candidates = copy(candidate, candidate_count);
	double *quotients = ratios ? copy(ratios, base_count) : NULL;
	struct change *change, *items = NULL;

	if (bases && candidates && (quotients || !ratios))
		items = grow(changes->items, changes->count, sizeof *items);
	if (!items) {
		free(bases);
		free(candidates);
		free(quotients);
		return NULL;
	}
	changes->items = items;
	change = &items[changes->count++];
	row_text(change->mechanism, like->mechanism);
	row_text(change->test, like->test);
	row_text(change->placement, like->placement);
	/* What the bytes are does not matter to what is held of them. */
	if (quantity_of(like) != QUANTITY_CAPACITY &&
		quantity_of(like) != QUANTITY_MEMORY)
		row_text(change->payload, like->payload);
	change->size_bytes = like->size_bytes;
	change->cpu_a = like->cpu_a;
	change->cpu_b = like->cpu_b;
	change->quantity = quantity_of(like);
	change->unit = quantity_unit(like);
	change->base = bases;
	change->base_count = base_count;
	change->candidate = candidates;
	change->candidate_count = candidate_count;
	change->ratios = quotients;
	change->decision.ratios = quotients;
	change->visible = NAN;
	change->decision.design = is_exact && change->quantity == QUANTITY_CAPACITY
					  ? DESIGN_EXACT
					  : changes->design;
	change->decision.is_counted = change->quantity == QUANTITY_CAPACITY;
	change->decision.more_is_better = quantity_more_is_better(change->quantity);
	decision_measure(&change->decision, bases, base_count, candidates,
		candidate_count, &changes->rule);
	if (change->quantity != QUANTITY_CAPACITY)
		modes_find(bases, base_count, candidates, candidate_count, quotients,
			&change->modes);
	return change;
}

void changes_narrow(const struct changes *changes, struct change *change, size_t planned)
{
	change->decision.planned = planned;
	decision_measure(&change->decision, change->base, change->base_count,
		change->candidate, change->candidate_count, &changes->rule);
}

/* How many launches are tested. */
static size_t tested(const struct change *change, size_t count)
{
	size_t planned = change->decision.planned;

	return planned && planned < count ? planned : count;
}

struct change *changes_add_unmeasured(
	struct changes *changes, const struct result_row *like, const char *why)
{
	struct change *change = changes_add(changes, like, false, NULL, 0, NULL, 0, NULL);

	if (change)
		decision_refuse(&change->decision, why);
	return change;
}

int changes_differ(struct changes *changes, const char *key, const char *says,
	const char *base, const char *candidate)
{
	struct difference *difference, *grown = grow(changes->differences,
					       changes->difference_count, sizeof *grown);

	if (!grown)
		return -ENOMEM;
	changes->differences = grown;
	difference = &grown[changes->difference_count++];
	snprintf(difference->key, sizeof difference->key, "%s", key);
	snprintf(difference->says, sizeof difference->says, "%s", says);
	snprintf(difference->base, sizeof difference->base, "%s", base);
	snprintf(difference->candidate, sizeof difference->candidate, "%s", candidate);
	return 0;
}

int changes_note(struct changes *changes, const char *format, ...)
{
	va_list arguments;
	char *text = NULL, **grown;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return -ENOMEM;
	grown = grow(changes->notes, changes->note_count, sizeof *grown);
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	changes->notes = grown;
	grown[changes->note_count++] = text;
	return 0;
}

/* A case without payload (a wake-up, a floor) joins those of its place that have one. */
static bool same_block(const struct change *a, const struct change *b)
{
	return strcmp(a->placement, b->placement) == 0 &&
	       strcmp(a->where, b->where) == 0 &&
	       (!*a->payload || !*b->payload || strcmp(a->payload, b->payload) == 0);
}

static int compare_blocks(const void *left, const void *right)
{
	const struct change *a = left, *b = right;

	return (a->block > b->block) - (a->block < b->block);
}

/* Blocks in the order of their first case, cases of a block in the order they came. */
static void arrange(struct changes *changes)
{
	size_t count = changes->count;

	for (size_t i = 0; i < count; i++) {
		size_t first = 0;

		while (!same_block(&changes->items[first], &changes->items[i]))
			first++;
		changes->items[i].block = first * count + i;
	}
	qsort(changes->items, count, sizeof *changes->items, compare_blocks);
	for (size_t i = 0; i < count; i++)
		changes->items[i].block /= count;
}

int changes_settle(struct changes *changes, struct why *why)
{
	struct decision **decisions = calloc(changes->count + 1, sizeof(void *));
	int error = decisions ? 0 : -ENOMEM;

	arrange(changes);
	changes->family = 0;
	memset(changes->counts, 0, sizeof changes->counts);
	for (size_t i = 0; !error && i < changes->count; i++) {
		decisions[i] = &changes->items[i].decision;
		changes->family += isnan(decisions[i]->p) ? 0 : 1;
	}
	if (!error)
		error = decision_settle(decisions, changes->count, &changes->rule);
	for (size_t i = 0; !error && i < changes->count; i++) {
		struct change *change = &changes->items[i];

		changes->counts[change->decision.verdict]++;
		if (!isnan(change->decision.p))
			change->visible = power_visible(&change->decision, change->base,
				tested(change, change->base_count), change->candidate,
				tested(change, change->candidate_count), changes->family,
				&changes->rule);
	}
	if (!error)
		changes->whole = decision_whole(decisions, changes->count);
	free(decisions);
	return error ? why_say(why, -error, "compare %zu cases", changes->count) : 0;
}

const struct change *changes_next(
	const struct changes *changes, const struct change *previous)
{
	const struct change *next = previous ? previous + 1 : changes->items;

	return next && next < changes->items + changes->count ? next : NULL;
}

const struct change *changes_find(
	const struct changes *changes, const struct change *like)
{
	const struct change *change = changes_next(changes, NULL);

	while (change && !(change->size_bytes == like->size_bytes &&
				 strcmp(change->mechanism, like->mechanism) == 0 &&
				 strcmp(change->test, like->test) == 0 &&
				 strcmp(change->placement, like->placement) == 0 &&
				 strcmp(change->payload, like->payload) == 0 &&
				 strcmp(change->where, like->where) == 0 &&
				 strcmp(change->detail, like->detail) == 0))
		change = changes_next(changes, change);
	return change;
}

bool quantity_more_is_better(enum quantity quantity)
{
	return quantity == QUANTITY_RATE || quantity == QUANTITY_CAPACITY;
}

const char *quantity_verdict(enum quantity quantity, enum verdict verdict)
{
	bool is_size = quantity == QUANTITY_CAPACITY || quantity == QUANTITY_MEMORY;

	if (!is_size || (verdict != VERDICT_SLOWER && verdict != VERDICT_FASTER))
		return verdict_name(verdict);
	return (verdict == VERDICT_FASTER) == quantity_more_is_better(quantity)
		       ? "larger"
		       : "smaller";
}

const char *change_verdict(const struct change *change)
{
	return quantity_verdict(change->quantity, change->decision.verdict);
}

char *change_block_name(const struct change *change, char *text)
{
	snprintf(text, CHANGE_NAME, "%s%s%s%s%s", change->placement,
		*change->payload ? ", payload " : "", change->payload,
		*change->where ? ", " : "", change->where);
	return text;
}

char *change_name(const struct change *change, char *text)
{
	char size[TEXT_QUANTITY + 1] = " ", block[CHANGE_NAME];

	if (change->size_bytes > 0)
		text_bytes((double)change->size_bytes, size + 1);
	snprintf(text, CHANGE_NAME, "%.60s %.20s%s, %.320s%s%s", change->mechanism,
		change->test, change->size_bytes > 0 ? size : "",
		change_block_name(change, block), *change->detail ? ", " : "",
		change->detail);
	return text;
}

/* "31.2 µs (9 launches of the base, 4 of the candidate, +0.3 %)" */
static size_t put_mode(const struct change *change, int i, char *text, size_t size)
{
	const struct mode *mode = &change->modes.mode[i];
	char level[TEXT_QUANTITY], percent[24] = "";

	if (!isnan(mode->ratio))
		snprintf(percent, sizeof percent, ", %+.1f %%",
			change_percent(mode->ratio));
	return (size_t)snprintf(text, size,
		i ? " and %s (%zu and %zu%s)"
		  : "two modes: %s (%zu launches of the base, %zu of the candidate%s)",
		quantity_text(change, mode->level, level), mode->base, mode->candidate,
		percent);
}

char *change_remark(const struct change *change, char *text)
{
	size_t used = 0;

	*text = '\0';
	if (*change->canary)
		used = (size_t)snprintf(text, CHANGE_REMARK,
			"against the canary %s; %+.1f %% as it was measured%s",
			change->canary, change_percent(change->decision.raw_ratio),
			change->modes.count ? "; " : "");
	for (int i = 0; i < (int)change->modes.count; i++)
		used += put_mode(change, i, text + used, CHANGE_REMARK - used);
	return text;
}

double change_percent(double ratio)
{
	return 100 * (ratio - 1);
}
