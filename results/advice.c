#include "results/advice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mechanisms/mechanism.h"
#include "results/summary.h"

/* What each pattern goes by. */
static const struct {
	const char *by, *cpu, *switches;
} metrics_of[] = {
	[ADVICE_RPC] = { "latency", "cpu", "switches" },
	[ADVICE_STREAM] = { "throughput", "stream_cpu", "stream_switches" },
	[ADVICE_WAKE] = { "latency", "cpu", "switches" },
};

const struct advice_wish advice_wishes[] = {
	{ "unrelated", NULL, CAP_UNRELATED, 0 },
	{ "boundaries", NULL, CAP_BOUNDARIES, 0 },
	{ "cross-host", NULL, CAP_CROSS_HOST, 0 },
	{ "pollable", NULL, CAP_POLLABLE, 0 },
	{ "reliable", "lossy", 0, CAP_LOSSY },
	{ "sleeping", "spins", 0, CAP_SPINS },
	{ NULL, NULL, 0, 0 },
};

static const struct metric *find(const char *name)
{
	return metric_find(name, strlen(name));
}

static unsigned caps_of(const struct one_case *from)
{
	const struct mechanism *mechanism = mechanism_find(from->row.mechanism);

	return mechanism ? mechanism->caps : 0;
}

/* Is the case of the pattern, in that place, at whatever size? */
static bool is_candidate(const struct one_case *from, const struct place *place,
	const struct advice_need *need)
{
	const struct metric *by = find(metrics_of[need->pattern].by);

	return case_counts(from) && case_is_at(from, place) &&
	       strcmp(from->row.test, by->test) == 0 &&
	       (from->row.coalesce == ROW_UNKNOWN || from->row.coalesce == 1) &&
	       (need->pattern != ADVICE_WAKE || from->row.size_bytes <= 0);
}

static double distance(int64_t a, int64_t b)
{
	return fabs(log((double)a / (double)b));
}

/* The size that is ranked: the one that was asked for or the nearest by ratio. */
static void choose_size(const struct witness *witness, const struct advice_need *need,
	struct advice *advice)
{
	int64_t wanted = need->size_bytes;

	advice->size_bytes = advice->below = advice->above = -1;
	if (need->pattern == ADVICE_WAKE) {
		advice->size_bytes = 0;
		return;
	}
	for (size_t i = 0; i < witness->cases.count; i++) {
		const struct one_case *from = &witness->cases.items[i];
		int64_t size = from->row.size_bytes;

		if (size <= 0 || (caps_of(from) & CAP_FLOOR) ||
			!is_candidate(from, advice->place, need))
			continue;
		if (advice->size_bytes < 0 ||
			distance(size, wanted) < distance(advice->size_bytes, wanted))
			advice->size_bytes = size;
		if (size < wanted && size > advice->below)
			advice->below = size;
		if (size > wanted && (advice->above < 0 || size < advice->above))
			advice->above = size;
	}
	advice->is_nearest = advice->size_bytes != wanted;
}

static bool is_too_dear(const struct advice_need *need, const struct one_case *from,
	const struct advice_item *item)
{
	return item->cpu.value > need->max_cpu_ns ||
	       summary_busy_cpus(from->launches, from->launch_count) >
		       need->max_cpu_share;
}

static bool make_item(const struct one_case *from, const struct advice_need *need,
	struct advice_item *item)
{
	const struct metric *by = find(metrics_of[need->pattern].by);
	const struct metric *cpu = find(metrics_of[need->pattern].cpu);
	const struct metric *switches = find(metrics_of[need->pattern].switches);

	*item = (struct advice_item) { .mechanism = from->row.mechanism,
		.caps = caps_of(from),
		.cpu = { .value = NAN },
		.switches = { .value = NAN } };
	if (!metric_of_case(by, from, &item->amount))
		return false;
	(void)metric_of_case(cpu, from, &item->cpu);
	(void)metric_of_case(switches, from, &item->switches);
	item->is_floor = item->caps & CAP_FLOOR;
	item->is_too_dear = !item->is_floor && is_too_dear(need, from, item);
	return true;
}

static int group_of(const struct advice_item *item)
{
	return item->is_floor ? 2 : item->is_too_dear;
}

/* Best first; what is not ranked after it. */
static int compare_items(const void *left, const void *right)
{
	const struct advice_item *a = left, *b = right;
	int order = group_of(a) - group_of(b);

	if (order)
		return order;
	order = (a->amount.value > b->amount.value) - (a->amount.value < b->amount.value);
	return a->amount.unit == UNIT_RATE ? -order : order;
}

/* An interval that is not there overlaps with all. */
static bool overlaps(const struct amount *a, const struct amount *b)
{
	return !(a->high < b->low || b->high < a->low);
}

/* Who overlaps with the best of a rank is of that rank. */
static void rank(struct advice *advice)
{
	struct advice_item *first = advice->items;

	for (size_t i = 0; i < advice->count; i++) {
		struct advice_item *item = &advice->items[i];

		if (group_of(item))
			break;
		if (!i || !overlaps(&first->amount, &item->amount)) {
			first = item;
			first->rank = (unsigned)i + 1;
		} else {
			item->rank = first->rank;
			item->is_tied = first->is_tied = true;
		}
		advice->ranked++;
	}
}

bool advice_make(const struct witness *witness, const struct place *place,
	const struct advice_need *need, struct advice *advice)
{
	*advice = (struct advice) { .place = place };
	choose_size(witness, need, advice);
	advice->items = calloc(witness->cases.count + 1, sizeof *advice->items);
	if (!advice->items)
		abort();
	for (size_t i = 0; i < witness->cases.count && advice->size_bytes >= 0; i++) {
		const struct one_case *from = &witness->cases.items[i];
		struct advice_item item;
		bool is_at_size = from->row.size_bytes == advice->size_bytes ||
				  ((caps_of(from) & CAP_FLOOR) &&
					  from->row.size_bytes <= 0);

		if (!is_at_size || !is_candidate(from, place, need) ||
			!make_item(from, need, &item))
			continue;
		if (!item.is_floor && ((item.caps & need->needs) != need->needs ||
					      (item.caps & need->forbids)))
			advice->unfit++;
		else
			advice->items[advice->count++] = item;
	}
	qsort(advice->items, advice->count, sizeof *advice->items, compare_items);
	rank(advice);
	if (advice->unfit || (advice->count && !advice->items[0].is_floor))
		return true;
	advice_free(advice);
	return false;
}

void advice_free(struct advice *advice)
{
	free(advice->items);
	*advice = (struct advice) { 0 };
}
