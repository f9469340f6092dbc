#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plan.h"
#include "harness/vocabulary.h"

char *plan_title(const struct planned *planned, char *title)
{
	const struct placement *placement = &planned->placement;
	size_t used = (size_t)snprintf(title, PLAN_TITLE, "%s %s %s",
		planned->mechanism->name, test_names[planned->test], placement->name);

	if (placement->cpu[0] >= 0 && used < PLAN_TITLE)
		used += (size_t)snprintf(title + used, PLAN_TITLE - used,
			" (CPU %d and %d)", placement->cpu[0], placement->cpu[1]);
	if (planned->sweep >= 0 && planned->sweep_value != SETTING_UNSET &&
		used < PLAN_TITLE)
		snprintf(title + used, PLAN_TITLE - used, " %s=%" PRId64,
			planned->mechanism->settings[planned->sweep].name,
			planned->sweep_value);
	else if (planned->joined && used < PLAN_TITLE)
		snprintf(title + used, PLAN_TITLE - used, " batch=%u", planned->joined);
	return title;
}

static void print_placements(const struct plan *plan, FILE *out)
{
	fprintf(out, "%-16s %-16s %5s %5s %5s %5s\n", "placement", "relation", "cpu_a",
		"cpu_b", "node_a", "node_b");
	for (size_t i = 0; i < plan->placements.count; i++) {
		const struct placement *p = &plan->placements.items[i];

		if (p->cpu[0] < 0)
			fprintf(out, "%-16s %-16s %5s %5s\n", p->name, p->relation, "any",
				"any");
		else
			fprintf(out, "%-16s %-16s %5d %5d %5d %5d\n", p->name,
				p->relation, p->cpu[0], p->cpu[1], p->node[0],
				p->node[1]);
	}
}

static int by_kind(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;

	if (x->mechanism != y->mechanism)
		return strcmp(x->mechanism->name, y->mechanism->name);
	if (x->test != y->test)
		return (int)x->test - (int)y->test;
	return (x->joined > y->joined) - (x->joined < y->joined);
}

void plan_print(const struct options *options, const struct plan *plan, FILE *out)
{
	struct planned *sorted = malloc(plan->count * sizeof *sorted);
	size_t start = 0;

	if (!sorted)
		abort();
	memcpy(sorted, plan->launches, plan->count * sizeof *sorted);
	qsort(sorted, plan->count, sizeof *sorted, by_kind);
	print_placements(plan, out);
	fprintf(out, "\n%-16s %-10s %8s %6s\n", "mechanism", "test", "launches", "sizes");
	for (size_t i = 0; i < plan->count; i++) {
		if (i + 1 < plan->count && by_kind(&sorted[i], &sorted[i + 1]) == 0)
			continue;
		fprintf(out, "%-16s %-10s %8zu %6zu", sorted[i].mechanism->name,
			test_names[sorted[i].test], i + 1 - start, sorted[i].size_count);
		if (sorted[i].joined)
			fprintf(out, "  %u messages a send", sorted[i].joined);
		putc('\n', out);
		start = i + 1;
	}
	fprintf(out,
		"\n%zu launches, about %.0f s; %u slices of %.3g ms a size and launch; "
		"seed %" PRIu64 "\n",
		plan->count, (double)plan->planned_ns / 1e9, plan->slices,
		(double)options->slice_ns / 1e6, plan->seed);
	fputs(plan->note, out);
	free(sorted);
}
