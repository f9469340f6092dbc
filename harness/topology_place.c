/* topology_place.c: from names of placements, or CPUs, to pairs for a plan. */
#include "harness/topology.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "harness/topology_inside.h"

/* Appends to a text that is cut where it is full. */
__attribute__((format(printf, 3, 4))) static void append(
	char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

static void list_kinds(const struct topology *topology, char *text, size_t size)
{
	text[0] = '\0';
	for (enum placement_kind kind = 0; kind < PLACEMENT_KINDS; kind++)
		if (!topology || topology_offers(topology, kind))
			append(text, size, "%s%s", *text ? ", " : "",
				placement_names[kind]);
}

/* The least CPU number above `after`, or -1. */
static int next_cpu(const struct topology *topology, int after)
{
	int next = -1;

	for (size_t i = 0; i < topology->count; i++) {
		int cpu = topology->pus[i].cpu;

		if (cpu > after && (next < 0 || cpu < next))
			next = cpu;
	}
	return next;
}

/* "0-3,8": the usable CPUs. A list that does not fit ends in "...". */
#define CPU_LIST 80
static void list_cpus(const struct topology *topology, char text[CPU_LIST])
{
	int first = next_cpu(topology, -1);

	text[0] = '\0';
	while (first >= 0) {
		int last = first;
		int next = next_cpu(topology, last);

		if (strlen(text) > CPU_LIST - 30) {
			append(text, CPU_LIST, ",...");
			return;
		}
		while (next == last + 1) {
			last = next;
			next = next_cpu(topology, last);
		}
		append(text, CPU_LIST, "%s%d", *text ? "," : "", first);
		if (last > first)
			append(text, CPU_LIST, "-%d", last);
		first = next;
	}
}

static const char *subject(const struct topology *topology)
{
	return topology->is_here ? "this machine" : "this topology";
}

static int not_offered(
	const struct topology *topology, enum placement_kind kind, struct why *why)
{
	char offered[160];

	list_kinds(topology, offered, sizeof offered);
	if (!topology->is_walked) {
		why_say(why, 0,
			"the placement %s needs a build with hwloc; this one has %s, and "
			"explicit CPUs (--cpus A,B)",
			placement_names[kind], offered);
		return -ENOTSUP;
	}
	why_say(why, 0, "the placement %s needs %s; %s has %s", placement_names[kind],
		placement_needs[kind], subject(topology), offered);
	if (topology->masked) {
		char cpus[CPU_LIST];

		list_cpus(topology, cpus);
		why_add(why, "this process may use CPU %s only", cpus);
	}
	return -ENODEV;
}

static int not_a_placement(const char *name, struct why *why)
{
	const char *nearest = text_nearest(name, placement_names);
	char known[160];

	list_kinds(NULL, known, sizeof known);
	if (nearest)
		return why_say(why, 0,
			"'%.40s' is not a placement; did you mean %s? (there are %s)",
			name, nearest, known);
	return why_say(why, 0, "'%.40s' is not a placement; there are %s", name, known);
}

/* Makes room for `more` placements. */
static int reserve(struct placements *placements, size_t more, struct why *why)
{
	struct placement *items = NULL;

	if (placements->count + more <= SIZE_MAX / sizeof *items)
		items = realloc(
			placements->items, (placements->count + more) * sizeof *items);
	if (!items)
		return why_say(why, ENOMEM, "hold %zu placements more", more);
	placements->items = items;
	return 0;
}

/* Appends a placement for which there is room. */
static void add(const struct topology *topology, struct placements *placements,
	const char *name, const struct pu *a, const struct pu *b)
{
	struct placement *item = &placements->items[placements->count++];

	*item = (struct placement) { .cpu = { a->cpu, b->cpu },
		.node = { a->node, b->node } };
	append(item->name, sizeof item->name, "%s", name);
	if (topology->is_walked || a->cpu == b->cpu)
		append(item->relation, sizeof item->relation, "%s",
			placement_names[topology_relation(a, b)]);
}

__attribute__((format(printf, 2, 3))) static void note(
	struct placements *placements, const char *format, ...)
{
	size_t used = strlen(placements->note);
	va_list arguments;

	if (used)
		append(placements->note, sizeof placements->note, "; ");
	used = strlen(placements->note);
	va_start(arguments, format);
	(void)vsnprintf(placements->note + used, sizeof placements->note - used, format,
		arguments);
	va_end(arguments);
}

/* Copies the first PU of each core; PUs of unknown core stand for one each. */
static size_t one_a_core(const struct topology *topology, const struct pu **chosen)
{
	size_t count = 0;

	/* The PUs of a core stand together in topology order. */
	for (size_t i = 0; i < topology->count; i++) {
		const struct pu *pu = &topology->pus[i];

		if (!i || topology_relation(&pu[-1], pu) != PLACE_SMT)
			chosen[count++] = pu;
	}
	return count;
}

/* Chooses PUs whose pairs are at most `pairs_max` and says so in `placements`. */
static size_t choose(const struct topology *topology, size_t pairs_max,
	const struct pu **chosen, struct placements *placements)
{
	size_t all = topology->count;
	size_t from = one_a_core(topology, chosen);
	const char *siblings = from < all ? ", one a core" : "";
	size_t count = 1;

	if (from < 2 || topology_pairs(all) <= pairs_max) {
		for (from = 0; from < all; from++)
			chosen[from] = &topology->pus[from];
		siblings = "";
	}
	if (topology_pairs(from) <= pairs_max) {
		if (from < all)
			note(placements,
				"all-pairs: %zu PUs make %llu pairs; %zu PUs%s, make the "
				"%llu that are planned",
				all, (unsigned long long)topology_pairs(all), from,
				siblings, (unsigned long long)topology_pairs(from));
		return from;
	}
	while (topology_pairs(count + 1) <= pairs_max)
		count++;
	for (size_t i = 0; i < count; i++)
		chosen[i] = chosen[(uint64_t)i * from / count];
	note(placements,
		"all-pairs: %zu PUs make %llu pairs; %zu PUs%s, spread evenly in topology "
		"order, make the %llu that are planned",
		all, (unsigned long long)topology_pairs(all), count, siblings,
		(unsigned long long)topology_pairs(count));
	return count;
}

static int place_pairs(const struct topology *topology, size_t pairs_max,
	struct placements *placements, struct why *why)
{
	const struct pu **chosen;
	size_t count;
	int error;

	if (!pairs_max)
		return why_say(why, 0, "all-pairs needs room for at least one pair");
	chosen = calloc(topology->count, sizeof *chosen);
	if (!chosen)
		return why_say(why, ENOMEM, "hold the CPUs of all-pairs");
	error = reserve(placements,
		topology_pairs(topology->count) < pairs_max
			? (size_t)topology_pairs(topology->count)
			: pairs_max,
		why);
	if (error)
		goto out;
	count = choose(topology, pairs_max, chosen, placements);
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			add(topology, placements, "pair", chosen[a], chosen[b]);
out:
	free(chosen);
	return error;
}

static int place_unpinned(struct placements *placements, struct why *why)
{
	int error = reserve(placements, 1, why);

	if (error)
		return error;
	placements->items[placements->count++] = (struct placement) {
		.name = "unpinned",
		.cpu = { -1, -1 },
		.node = { -1, -1 },
		.relation = "unpinned",
	};
	return 0;
}

int topology_place(const struct topology *topology, const char *name, size_t pairs_max,
	struct placements *placements, struct why *why)
{
	const struct pu *pair[2];
	enum placement_kind kind = 0;
	int error;

	while (kind < PLACEMENT_KINDS && strcmp(name, placement_names[kind]))
		kind++;
	if (kind == PLACEMENT_KINDS)
		return not_a_placement(name, why);
	if (!topology_offers(topology, kind))
		return not_offered(topology, kind, why);
	if (kind == PLACE_UNPINNED)
		return place_unpinned(placements, why);
	if (kind == PLACE_ALL_PAIRS)
		return place_pairs(topology, pairs_max, placements, why);
	error = reserve(placements, 1, why);
	if (!error && topology_find(topology, kind, pair))
		add(topology, placements, name, pair[0], pair[1]);
	return error;
}

static const struct pu *pu_of(const struct topology *topology, int cpu)
{
	for (size_t i = 0; i < topology->count; i++)
		if (topology->pus[i].cpu == cpu)
			return &topology->pus[i];
	return NULL;
}

/* Without sysfs, where nobody can tell, a CPU is taken for a forbidden one. */
static bool is_on_machine(int cpu)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d", cpu);
	return access(path, F_OK) == 0 || access("/sys/devices/system/cpu", F_OK);
}

static int no_cpu(const struct topology *topology, int cpu, struct why *why)
{
	char cpus[CPU_LIST];

	list_cpus(topology, cpus);
	if (!topology->is_here)
		why_say(why, 0, "CPU %d is not in this topology, which has CPU %s", cpu,
			cpus);
	else if (is_on_machine(cpu))
		why_say(why, 0,
			"CPU %d is not one that this process may use, which are %s; "
			"taskset, a cgroup or the kernel keeps it away",
			cpu, cpus);
	else
		why_say(why, 0, "CPU %d does not exist here; this process may use CPU %s",
			cpu, cpus);
	return -ENODEV;
}

int topology_place_cpus(const struct topology *topology, int cpu_a, int cpu_b,
	struct placements *placements, struct why *why)
{
	const struct pu *a = pu_of(topology, cpu_a);
	const struct pu *b = pu_of(topology, cpu_b);
	int error;

	if (!a || !b)
		return no_cpu(topology, a ? cpu_b : cpu_a, why);
	error = reserve(placements, 1, why);
	if (!error)
		add(topology, placements, "cpus", a, b);
	return error;
}

/* The placement that puts two sides on these CPUs, whichever side is where, or NULL. */
static const struct placement *placed(
	const struct placements *placements, const struct pu *pair[2])
{
	for (size_t i = 0; i < placements->count; i++) {
		const struct placement *item = &placements->items[i];

		if ((item->cpu[0] == pair[0]->cpu && item->cpu[1] == pair[1]->cpu) ||
			(item->cpu[0] == pair[1]->cpu && item->cpu[1] == pair[0]->cpu))
			return item;
	}
	return NULL;
}

int topology_place_all(
	const struct topology *topology, struct placements *placements, struct why *why)
{
	int error = reserve(placements, PLACE_CROSS_NUMA + 1, why);

	if (error)
		return error;
	for (enum placement_kind kind = PLACE_SAME_CPU; kind <= PLACE_CROSS_NUMA;
		kind++) {
		const char *name = placement_names[kind];
		const struct placement *same;
		const struct pu *pair[2];

		if (!topology_find(topology, kind, pair))
			continue;
		same = placed(placements, pair);
		if (!same)
			add(topology, placements, name, pair[0], pair[1]);
		else if (strcmp(same->name, name))
			note(placements, "%s is the same pair as %s here", name,
				same->name);
	}
	if (!topology->is_walked)
		note(placements, "placements that follow the topology need a build with "
				 "hwloc");
	return 0;
}

void placements_free(struct placements *placements)
{
	free(placements->items);
	*placements = (struct placements) { 0 };
}
