/* Which pair each placement picks, on machines one does not have. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/topology.h"

static struct topology *load(const char *source)
{
	struct topology *topology = NULL;
	struct why why = { 0 };
	int error = topology_load(source, &topology, &why);

	if (error)
		fail_msg("%s: %s", source ? source : "this machine", why.text);
	return topology;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* Fails, and says each of the parts (ends with NULL). */
static void assert_no_place(const struct topology *topology, const char *name, ...)
{
	struct placements placements = { 0 };
	struct why why = { 0 };
	const char *part;
	va_list parts;

	assert_true(topology_place(topology, name, 100, &placements, &why) < 0);
	assert_int_equal(placements.count, 0);
	assert_null(placements.items);
	va_start(parts, name);
	while ((part = va_arg(parts, const char *)))
		assert_says(why.text, part);
	va_end(parts);
}

/* A CPU in the affinity mask of the test. */
static int first_allowed(void)
{
	cpu_set_t mask;
	int cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
	while (!CPU_ISSET((size_t)cpu, &mask))
		cpu++;
	return cpu;
}

static void names_have_meanings(void **state)
{
	size_t count = 0;

	(void)state;
	while (placement_names[count]) {
		assert_true(strlen(placement_names[count]) < PLACEMENT_NAME);
		assert_non_null(placement_meanings[count]);
		count++;
	}
	assert_int_equal(count, 9);
	assert_null(placement_meanings[count]);
}

static void unpinned_is_everywhere(void **state)
{
	struct topology *topology = load(NULL);
	struct placements placements = { 0 };

	(void)state;
	assert_int_equal(topology_place(topology, "unpinned", 1, &placements, NULL), 0);
	assert_int_equal(placements.count, 1);
	assert_int_equal(placements.items[0].cpu[0], -1);
	assert_int_equal(placements.items[0].cpu[1], -1);
	assert_int_equal(placements.items[0].node[0], -1);
	assert_string_equal(placements.items[0].name, "unpinned");
	assert_string_equal(placements.items[0].relation, "unpinned");
	placements_free(&placements);
	assert_null(placements.items);
	topology_free(topology);
}

static void same_cpu_is_the_first_allowed(void **state)
{
	struct topology *topology = load(NULL);
	struct placements placements = { 0 };
	int cpu;

	(void)state;
	assert_true(topology_is_here(topology));
	assert_true(topology_cpus(topology) >= 1);
	assert_int_equal(topology_place(topology, "same-cpu", 1, &placements, NULL), 0);
	cpu = placements.items[0].cpu[0];
	assert_int_equal(cpu, placements.items[0].cpu[1]);
	assert_string_equal(placements.items[0].relation, "same-cpu");
	/* What is picked can be named, and the other way round. */
	assert_int_equal(topology_place_cpus(topology, cpu, cpu, &placements, NULL), 0);
	assert_int_equal(placements.count, 2);
	assert_string_equal(placements.items[1].name, "cpus");
	assert_string_equal(placements.items[1].relation, "same-cpu");
	topology_bind_memory(topology, placements.items[0].node[0]);
	topology_bind_memory(topology, -1);
	topology_bind_memory(topology, 1000000);
	placements_free(&placements);
	topology_free(topology);
}

static void misspelt_names_get_the_nearest(void **state)
{
	struct topology *topology = load(NULL);

	(void)state;
	assert_no_place(topology, "shred-l3", "'shred-l3' is not a placement",
		"did you mean shared-l3?", "cross-numa", NULL);
	assert_no_place(topology, "bogus", "'bogus' is not a placement", "same-cpu, smt",
		"all-pairs", NULL);
	assert_no_place(topology, "", "'' is not a placement", NULL);
	assert_no_place(topology, "pair", "'pair' is not a placement", NULL);
	topology_free(topology);
}

static void missing_cpus_are_told(void **state)
{
	struct topology *topology = load(NULL);
	struct placements placements = { 0 };
	struct why why = { 0 };
	int cpu = first_allowed();
	int error;

	(void)state;
	error = topology_place_cpus(topology, cpu, 99999, &placements, &why);
	assert_int_equal(error, -ENODEV);
	assert_says(why.text, "CPU 99999 does not exist here");
	assert_says(why.text, "may use CPU ");
	why_clear(&why);
	assert_int_equal(
		topology_place_cpus(topology, -1, cpu, &placements, &why), -ENODEV);
	assert_says(why.text, "CPU -1 ");
	assert_int_equal(placements.count, 0);
	topology_free(topology);
}

/* Runs `run` in a child that may use one CPU only; the child's assertions count. */
static int on_one_cpu(int (*run)(int cpu))
{
	int cpu = first_allowed();
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		cpu_set_t mask;

		CPU_ZERO(&mask);
		CPU_SET((size_t)cpu, &mask);
		_exit(sched_setaffinity(0, sizeof mask, &mask) ? 99 : run(cpu));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* Returns the number of the promise that was broken, or 0. */
static int one_cpu_only(int cpu)
{
	struct topology *topology;
	struct placements placements = { 0 };
	struct why why = { 0 };
	int number = 0;

	if (topology_load(NULL, &topology, NULL))
		return 1;
	if (topology_cpus(topology) != 1)
		number = 2;
	else if (topology_place(topology, "same-cpu", 1, &placements, NULL) ||
		 placements.items[0].cpu[0] != cpu || placements.items[0].cpu[1] != cpu)
		number = 3;
	else if (topology_place(topology, "all-pairs", 9, &placements, &why) >= 0)
		number = 4;
	else if (topology_place(topology, "shared-l3", 9, &placements, NULL) >= 0)
		number = 5;
	placements_free(&placements);
	topology_free(topology);
	return number;
}

static int others_are_forbidden(int cpu)
{
	struct topology *topology;
	struct placements placements = { 0 };
	struct why why = { 0 };
	char path[64];
	int number = 0;
	int other = cpu ? 0 : 1;

	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d", other);
	if (topology_load(NULL, &topology, NULL))
		return 1;
	if (topology_place_cpus(topology, cpu, other, &placements, &why) != -ENODEV)
		number = 2;
	else if (access(path, F_OK) == 0 && !strstr(why.text, "may use"))
		number = 3;
	else if (access(path, F_OK) == 0 && strstr(why.text, "does not exist"))
		number = 4;
	topology_free(topology);
	return number;
}

static void affinity_mask_is_respected(void **state)
{
	(void)state;
	assert_int_equal(on_one_cpu(one_cpu_only), 0);
	assert_int_equal(on_one_cpu(others_are_forbidden), 0);
}

#if IPCMARK_HAS_HWLOC

#include <hwloc.h>

#define NONE -2

/* The pair that a placement picks; NONE: an error. */
struct pick {
	const char *name;
	int a, b;
	const char *relation; /* NULL: the name */
	int node_a, node_b;
};

static void assert_pick(const struct topology *topology, const struct pick *pick)
{
	struct placements placements = { 0 };
	struct why why = { 0 };
	const struct placement *item;

	if (pick->a == NONE) {
		assert_no_place(topology, pick->name, pick->name, " needs ",
			"this topology has same-cpu", NULL);
		return;
	}
	if (topology_place(topology, pick->name, 1, &placements, &why))
		fail_msg("%s: %s", pick->name, why.text);
	assert_int_equal(placements.count, 1);
	assert_string_equal(placements.note, "");
	item = placements.items;
	if (item->cpu[0] != pick->a || item->cpu[1] != pick->b)
		fail_msg("%s picks %d,%d instead of %d,%d", pick->name, item->cpu[0],
			item->cpu[1], pick->a, pick->b);
	assert_string_equal(item->name, pick->name);
	assert_string_equal(item->relation, pick->relation ? pick->relation : pick->name);
	assert_int_equal(item->node[0], pick->node_a);
	assert_int_equal(item->node[1], pick->node_b);
	placements_free(&placements);
}

static void assert_picks(const struct topology *topology, const struct pick *picks)
{
	assert_false(topology_is_here(topology));
	for (; picks->name; picks++)
		assert_pick(topology, picks);
}

#define NOT_HERE(name)                                                                   \
	{                                                                                \
		name, NONE, NONE, NULL, NONE, NONE                                       \
	}

struct machine {
	const char *what, *source;
	size_t cpus;
	struct pick picks[8];
	const char *all; /* the names that topology_place_all gives */
	const char *note;
};

static const struct machine machines[] = {
	{ .what = "one CPU",
		.source = "core:1 pu:1",
		.cpus = 1,
		.picks = { { "same-cpu", 0, 0, NULL, 0, 0 }, NOT_HERE("smt"),
			NOT_HERE("shared-l2"), NOT_HERE("shared-l3"),
			NOT_HERE("same-package"), NOT_HERE("cross-package"),
			NOT_HERE("cross-numa") },
		.all = "same-cpu",
		.note = "" },
	{ .what = "two cores that share L3",
		.source = "pack:1 l3:1 core:2 pu:1",
		.cpus = 2,
		.picks = { { "same-cpu", 0, 0, NULL, 0, 0 }, NOT_HERE("smt"),
			NOT_HERE("shared-l2"), { "shared-l3", 0, 1, NULL, 0, 0 },
			NOT_HERE("same-package"), NOT_HERE("cross-package"),
			NOT_HERE("cross-numa") },
		.all = "same-cpu shared-l3",
		.note = "" },
	{ .what = "a virtual machine without caches",
		.source = "core:2 pu:1",
		.cpus = 2,
		.picks = { NOT_HERE("smt"), NOT_HERE("shared-l2"), NOT_HERE("shared-l3"),
			{ "same-package", 0, 1, NULL, 0, 0 }, NOT_HERE("cross-package") },
		.all = "same-cpu same-package",
		.note = "" },
	{ .what = "a machine that tells of no cores",
		.source = "pu:3",
		.cpus = 3,
		.picks = { NOT_HERE("smt"), { "same-package", 0, 1, NULL, 0, 0 } },
		.all = "same-cpu same-package",
		.note = "" },
	{ .what = "SMT, a private L2 a core",
		.source = "pack:1 l3:1 l2:2 core:1 pu:2",
		.cpus = 4,
		.picks = { { "smt", 0, 1, NULL, 0, 0 }, NOT_HERE("shared-l2"),
			{ "shared-l3", 0, 2, NULL, 0, 0 }, NOT_HERE("same-package") },
		.all = "same-cpu smt shared-l3",
		.note = "" },
	{ .what = "SMT numbered core by core, then again",
		.source = "pack:1 l3:1 core:4 pu:2(indexes=0,4,1,5,2,6,3,7)",
		.cpus = 8,
		.picks = { { "smt", 0, 4, NULL, 0, 0 },
			{ "shared-l3", 0, 1, NULL, 0, 0 } },
		.all = "same-cpu smt shared-l3",
		.note = "" },
	{ .what = "clusters that share L2",
		.source = "pack:1 l3:1 l2:2 core:2 pu:1",
		.cpus = 4,
		.picks = { NOT_HERE("smt"), { "shared-l2", 0, 1, NULL, 0, 0 },
			{ "shared-l3", 0, 2, NULL, 0, 0 }, NOT_HERE("same-package") },
		.all = "same-cpu shared-l2 shared-l3",
		.note = "" },
	{ .what = "two packages with two L3 each",
		.source = "pack:2 l3:2 l2:2 core:1 pu:2",
		.cpus = 16,
		.picks = { { "smt", 0, 1, NULL, 0, 0 }, NOT_HERE("shared-l2"),
			{ "shared-l3", 0, 2, NULL, 0, 0 },
			{ "same-package", 0, 4, NULL, 0, 0 },
			{ "cross-package", 0, 8, NULL, 0, 0 }, NOT_HERE("cross-numa") },
		.all = "same-cpu smt shared-l3 same-package cross-package",
		.note = "" },
	{ .what = "a NUMA node a package",
		.source = "pack:2 numa:1 l3:1 core:2 pu:1",
		.cpus = 4,
		.picks = { { "shared-l3", 0, 1, NULL, 0, 0 }, NOT_HERE("same-package"),
			{ "cross-package", 0, 2, NULL, 0, 1 },
			{ "cross-numa", 0, 2, "cross-package", 0, 1 } },
		.all = "same-cpu shared-l3 cross-package",
		.note = "cross-numa is the same pair as cross-package here" },
	{ .what = "two clusters, each a node with its L3, in one package",
		.source = "pack:1 numa:2 l3:1 core:2 pu:1",
		.cpus = 4,
		.picks = { { "shared-l3", 0, 1, NULL, 0, 0 },
			{ "same-package", 0, 2, NULL, 0, 1 }, NOT_HERE("cross-package"),
			{ "cross-numa", 0, 2, "same-package", 0, 1 } },
		.all = "same-cpu shared-l3 same-package",
		.note = "cross-numa is the same pair as same-package here" },
	{ .what = "two nodes below one L3",
		.source = "pack:1 l3:1 numa:2 core:2 pu:1",
		.cpus = 4,
		.picks = { { "shared-l3", 0, 1, NULL, 0, 0 }, NOT_HERE("same-package"),
			{ "cross-numa", 0, 2, "shared-l3", 0, 1 } },
		.all = "same-cpu shared-l3 cross-numa",
		.note = "" },
	{ .what = "two packages of two nodes: the nodes of one package come first",
		.source = "pack:2 numa:2 l3:2 core:2 pu:1",
		.cpus = 16,
		.picks = { { "shared-l3", 0, 1, NULL, 0, 0 },
			{ "same-package", 0, 2, NULL, 0, 0 },
			{ "cross-package", 0, 8, NULL, 0, 2 },
			{ "cross-numa", 0, 4, "same-package", 0, 1 } },
		.all = "same-cpu shared-l3 same-package cross-package cross-numa",
		.note = "" },
	{ .what = "nodes, but no packages",
		.source = "numa:2 core:2 pu:1",
		.cpus = 4,
		.picks = { { "same-package", 0, 1, NULL, 0, 0 },
			NOT_HERE("cross-package"),
			{ "cross-numa", 0, 2, "same-package", 0, 1 } },
		.all = "same-cpu same-package cross-numa",
		.note = "" },
	{ .what = "all there is",
		.source = "pack:2 numa:1 l3:2 l2:2 core:2 pu:2",
		.cpus = 32,
		.picks = { { "same-cpu", 0, 0, NULL, 0, 0 }, { "smt", 0, 1, NULL, 0, 0 },
			{ "shared-l2", 0, 2, NULL, 0, 0 },
			{ "shared-l3", 0, 4, NULL, 0, 0 },
			{ "same-package", 0, 8, NULL, 0, 0 },
			{ "cross-package", 0, 16, NULL, 0, 1 },
			{ "cross-numa", 0, 16, "cross-package", 0, 1 } },
		.all = "same-cpu smt shared-l2 shared-l3 same-package cross-package",
		.note = "cross-numa is the same pair as cross-package here" },
	{ .what = "two indistinguishable kinds of memory: the first counts",
		.source = "pack:2 [numa] [numa] l3:1 core:2 pu:1",
		.cpus = 4,
		.picks = { { "shared-l3", 0, 1, NULL, 0, 0 },
			{ "cross-numa", 0, 2, "cross-package", 0, 2 } },
		.all = "same-cpu shared-l3 cross-package",
		.note = "cross-numa is the same pair as cross-package here" },
};
#define MACHINES (sizeof machines / sizeof machines[0])

static void assert_all(
	const struct topology *topology, const char *names, const char *note)
{
	struct placements placements = { 0 };
	char got[256] = "";

	assert_int_equal(topology_place_all(topology, &placements, NULL), 0);
	for (size_t i = 0; i < placements.count; i++) {
		if (i)
			strcat(got, " ");
		strcat(got, placements.items[i].name);
	}
	assert_string_equal(got, names);
	assert_string_equal(placements.note, note);
	placements_free(&placements);
}

static void machines_give_these_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct topology *topology = load(machines[i].source);

		print_message("           %s\n", machines[i].what);
		assert_int_equal(topology_cpus(topology), machines[i].cpus);
		assert_picks(topology, machines[i].picks);
		assert_all(topology, machines[i].all, machines[i].note);
		topology_free(topology);
	}
}

static void second_names_are_dropped(void **state)
{
	struct topology *topology = load("pack:1 l3:1 core:2 pu:1");
	struct placements placements = { 0 };

	(void)state;
	/* Also when the sides are the other way round. */
	assert_int_equal(topology_place_cpus(topology, 1, 0, &placements, NULL), 0);
	assert_string_equal(placements.items[0].relation, "shared-l3");
	assert_int_equal(topology_place_all(topology, &placements, NULL), 0);
	assert_int_equal(placements.count, 2);
	assert_string_equal(placements.items[1].name, "same-cpu");
	assert_string_equal(placements.note, "shared-l3 is the same pair as cpus here");
	/* Nothing new, and nothing to say about the same name. */
	placements.note[0] = '\0';
	placements.items[0].name[0] = '\0';
	strcpy(placements.items[0].name, "shared-l3");
	assert_int_equal(topology_place_all(topology, &placements, NULL), 0);
	assert_int_equal(placements.count, 2);
	assert_string_equal(placements.note, "");
	placements_free(&placements);
	topology_free(topology);
}

static void errors_say_what_is_needed(void **state)
{
	struct topology *topology = load("core:2 pu:1");
	struct placements placements = { 0 };
	struct why why = { 0 };

	(void)state;
	assert_no_place(topology, "cross-package", "needs CPUs in two packages",
		"this topology has same-cpu, same-package, unpinned, all-pairs", NULL);
	assert_int_equal(topology_place_cpus(topology, 0, 2, &placements, &why), -ENODEV);
	assert_string_equal(why.text, "CPU 2 is not in this topology, which has CPU 0-1");
	topology_free(topology);
	topology = load("core:1 pu:1");
	assert_no_place(topology, "all-pairs", "needs two CPUs",
		"this topology has same-cpu, unpinned", NULL);
	topology_free(topology);
}

static void long_cpu_lists_are_cut(void **state)
{
	char source[2048] = "pu:200(indexes=";
	struct topology *topology;
	struct placements placements = { 0 };
	struct why why = { 0 };

	(void)state;
	for (int i = 0; i < 200; i++)
		snprintf(source + strlen(source), sizeof source - strlen(source), "%d%s",
			2 * i, i < 199 ? "," : ")");
	topology = load(source);
	assert_int_equal(topology_place_cpus(topology, 0, 1, &placements, &why), -ENODEV);
	assert_says(why.text, "CPU 1 is not in this topology, which has CPU 0,2,4,");
	assert_int_equal(strcmp(why.text + strlen(why.text) - 4, ",..."), 0);
	topology_free(topology);
}

/* Fails unless no pair is there twice and none is of one CPU. */
static void assert_distinct(const struct placements *placements)
{
	for (size_t i = 0; i < placements->count; i++) {
		const struct placement *item = &placements->items[i];

		assert_string_equal(item->name, "pair");
		assert_true(item->relation[0]);
		assert_true(item->cpu[0] < item->cpu[1]);
		if (i && item->cpu[0] == item[-1].cpu[0])
			assert_true(item->cpu[1] > item[-1].cpu[1]);
		else if (i)
			assert_true(item->cpu[0] > item[-1].cpu[0]);
	}
}

static void all_pairs_are_all(void **state)
{
	struct topology *topology = load("pack:2 l3:1 core:2 pu:2");
	struct placements placements = { 0 };

	(void)state;
	assert_int_equal(topology_place(topology, "all-pairs", 28, &placements, NULL), 0);
	assert_int_equal(placements.count, 28);
	assert_string_equal(placements.note, "");
	assert_distinct(&placements);
	assert_string_equal(placements.items[0].relation, "smt");
	assert_string_equal(placements.items[1].relation, "shared-l3");
	assert_string_equal(placements.items[6].relation, "cross-package");
	assert_int_equal(placements.items[27].cpu[0], 6);
	assert_int_equal(placements.items[27].cpu[1], 7);
	placements_free(&placements);
	/* One too many: one PU a core is enough of a reduction. */
	assert_int_equal(topology_place(topology, "all-pairs", 27, &placements, NULL), 0);
	assert_int_equal(placements.count, 6);
	assert_string_equal(placements.note,
		"all-pairs: 8 PUs make 28 pairs; 4 PUs, one a core, make the 6 that are "
		"planned");
	assert_int_equal(placements.items[0].cpu[0], 0);
	assert_int_equal(placements.items[0].cpu[1], 2);
	placements_free(&placements);
	topology_free(topology);
}

#define LARGE "pack:2 numa:1 l3:12 core:12 pu:2"

static void all_pairs_are_bounded(void **state)
{
	struct topology *topology = load(LARGE);
	struct placements placements = { 0 };
	size_t relations[2] = { 0, 0 };
	struct why why = { 0 };

	(void)state;
	assert_int_equal(topology_cpus(topology), 576);
	assert_int_equal(
		topology_place(topology, "all-pairs", 2079, &placements, NULL), 0);
	assert_int_equal(placements.count, 2016);
	assert_distinct(&placements);
	assert_string_equal(placements.note,
		"all-pairs: 576 PUs make 165600 pairs; 64 PUs, one a core, spread evenly "
		"in topology order, make the 2016 that are planned");
	for (size_t i = 0; i < placements.count; i++) {
		const struct placement *item = &placements.items[i];

		/* Siblings are out: PUs of even numbers are the first of their cores. */
		assert_int_equal(item->cpu[0] % 2, 0);
		assert_int_equal(item->cpu[1] % 2, 0);
		relations[strcmp(item->relation, "cross-package") == 0]++;
	}
	/* 32 PUs in each package. */
	assert_int_equal(relations[1], 32 * 32);
	placements_free(&placements);
	assert_int_equal(
		topology_place(topology, "all-pairs", 2080, &placements, NULL), 0);
	assert_int_equal(placements.count, 2080);
	placements_free(&placements);
	assert_int_equal(
		topology_place(topology, "all-pairs", 50000, &placements, NULL), 0);
	assert_int_equal(placements.count, 288 * 287 / 2);
	placements_free(&placements);
	assert_int_equal(topology_place(topology, "all-pairs", 1, &placements, NULL), 0);
	assert_int_equal(placements.count, 1);
	placements_free(&placements);
	assert_true(topology_place(topology, "all-pairs", 0, &placements, &why) < 0);
	assert_says(why.text, "all-pairs");
	assert_int_equal(placements.count, 0);
	topology_free(topology);
}

static void all_pairs_of_one_core_keep_its_threads(void **state)
{
	struct topology *topology = load("core:1 pu:8");
	struct placements placements = { 0 };

	(void)state;
	assert_int_equal(topology_place(topology, "all-pairs", 10, &placements, NULL), 0);
	assert_int_equal(placements.count, 10);
	assert_distinct(&placements);
	assert_string_equal(placements.note,
		"all-pairs: 8 PUs make 28 pairs; 5 PUs, spread evenly in topology order, "
		"make the 10 that are planned");
	placements_free(&placements);
	topology_free(topology);
}

/* A private directory with the file names that the tests use. */
struct files {
	char directory[64], xml[96], other[96];
};

static int make_files(void **state)
{
	struct files *files = calloc(1, sizeof *files);

	if (!files)
		return -1;
	strcpy(files->directory, "/tmp/ipcmark-topology-XXXXXX");
	if (!mkdtemp(files->directory)) {
		free(files);
		return -1;
	}
	snprintf(files->xml, sizeof files->xml, "%s/machine.xml", files->directory);
	snprintf(files->other, sizeof files->other, "%s/other.xml", files->directory);
	*state = files;
	return 0;
}

static int remove_files(void **state)
{
	struct files *files = *state;

	unlink(files->xml);
	unlink(files->other);
	rmdir(files->directory);
	free(files);
	return 0;
}

/* Writes the XML of a synthetic machine that lacks some of its PUs. */
static void write_without(const char *source, const int *missing, const char *path)
{
	hwloc_topology_t topology;
	hwloc_bitmap_t cpus;

	assert_int_equal(hwloc_topology_init(&topology), 0);
	assert_int_equal(hwloc_topology_set_synthetic(topology, source), 0);
	assert_int_equal(hwloc_topology_load(topology), 0);
	cpus = hwloc_bitmap_dup(hwloc_topology_get_topology_cpuset(topology));
	for (; *missing >= 0; missing++)
		hwloc_bitmap_clr(cpus, (unsigned)*missing);
	assert_int_equal(hwloc_topology_restrict(topology, cpus, 0), 0);
	assert_int_equal(hwloc_topology_export_xml(topology, path, 0), 0);
	hwloc_bitmap_free(cpus);
	hwloc_topology_destroy(topology);
}

/* Two packages with SMT cores; of the first only one core is left whole, one without its
 * sibling, and the L3 of PU 0 has only PU 1. */
static void asymmetric_machines_are_walked(void **state)
{
	static const int missing[] = { 0, 2, 3, 5, 6, 7, 9, -1 };
	static const struct pick picks[] = {
		{ "same-cpu", 1, 1, NULL, 0, 0 },
		{ "smt", 10, 11, NULL, 1, 1 },
		NOT_HERE("shared-l2"),
		{ "shared-l3", 8, 10, NULL, 1, 1 },
		{ "same-package", 1, 4, NULL, 0, 0 },
		{ "cross-package", 1, 8, NULL, 0, 1 },
		{ "cross-numa", 1, 8, "cross-package", 0, 1 },
		{ 0 },
	};
	const struct files *files = *state;
	struct topology *topology;

	write_without("pack:2 numa:1 l3:2 core:2 pu:2", missing, files->xml);
	topology = load(files->xml);
	assert_int_equal(topology_cpus(topology), 16 - 7);
	assert_picks(topology, picks);
	assert_all(topology, "same-cpu smt shared-l3 same-package cross-package",
		"cross-numa is the same pair as cross-package here");
	topology_free(topology);
}

static void one_core_may_lack_a_sibling(void **state)
{
	static const int missing[] = { 1, -1 };
	const struct files *files = *state;
	struct placements placements = { 0 };
	struct topology *topology;

	write_without("pack:1 l3:1 core:3 pu:2", missing, files->xml);
	topology = load(files->xml);
	assert_pick(topology, &(struct pick) { "smt", 2, 3, NULL, 0, 0 });
	assert_int_equal(topology_place(topology, "all-pairs", 9, &placements, NULL), 0);
	assert_int_equal(placements.count, 3);
	assert_int_equal(placements.items[2].cpu[0], 2);
	assert_int_equal(placements.items[2].cpu[1], 4);
	placements_free(&placements);
	topology_free(topology);
}

/* Only the second package has two nodes with CPUs. */
static void nodes_of_one_package_come_first(void **state)
{
	static const int missing[] = { 2, 3, -1 };
	static const struct pick picks[] = {
		{ "cross-package", 0, 4, NULL, 0, 2 },
		{ "cross-numa", 4, 6, "same-package", 2, 3 },
		{ 0 },
	};
	const struct files *files = *state;
	struct topology *topology;

	write_without("pack:2 numa:2 l3:1 core:2 pu:1", missing, files->xml);
	topology = load(files->xml);
	assert_picks(topology, picks);
	assert_all(topology, "same-cpu shared-l3 same-package cross-package",
		"cross-numa is the same pair as same-package here");
	topology_free(topology);
}

static void this_machine_is_exported_and_read(void **state)
{
	const struct files *files = *state;
	struct topology *here = load(NULL), *read;

	assert_int_equal(topology_export(here, files->xml, NULL), 0);
	read = load(files->xml);
	assert_false(topology_is_here(read));
	assert_true(topology_cpus(read) >= topology_cpus(here));
	topology_free(read);
	topology_free(here);
}

static void export_failures_are_told(void **state)
{
	struct topology *topology = load("core:2 pu:1");
	struct why why = { 0 };

	(void)state;
	assert_int_equal(topology_export(topology, "/nowhere/at/all.xml", &why), -ENOENT);
	assert_says(why.text, "'/nowhere/at/all.xml'");
	assert_says(why.text, "No such file");
	why_clear(&why);
	assert_int_equal(topology_export(topology, "/dev/full", &why), -ENOSPC);
	assert_says(why.text, "No space left");
	topology_free(topology);
}

static void assert_refused(const char *source, const char *part)
{
	struct topology *topology = NULL;
	struct why why = { 0 };

	assert_true(topology_load(source, &topology, &why) < 0);
	assert_null(topology);
	assert_says(why.text, part);
}

/* Standard error while `run` works, read back from an unnamed file. */
static void assert_silent(void (*run)(const struct files *), const struct files *files)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	long written;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	run(files);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	written = lseek(fileno(file), 0, SEEK_END);
	fclose(file);
	assert_int_equal(written, 0);
}

static void refuse_truncated(const struct files *files)
{
	char text[8192];
	FILE *file = fopen(files->xml, "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, sizeof text, file);
	fclose(file);
	/* 0: an empty file. */
	for (size_t size = 0; size < length - 20; size += 97) {
		file = fopen(files->other, "w");
		assert_non_null(file);
		fwrite(text, 1, size, file);
		fclose(file);
		assert_refused(files->other, "is not a whole hwloc XML file");
	}
}

static void truncated_xml_is_refused(void **state)
{
	static const int missing[] = { 1, -1 };
	const struct files *files = *state;

	write_without("pack:1 l3:1 core:2 pu:1", missing, files->xml);
	assert_silent(refuse_truncated, files);
}

static void refuse_sources(const struct files *files)
{
	FILE *file = fopen(files->other, "w");

	assert_non_null(file);
	fputs("<?xml version=\"1.0\"?>\n<html><body>no</body></html>\n", file);
	fclose(file);
	assert_refused(files->other, "is not a whole hwloc XML file");
	assert_refused(files->directory, "Is a directory");
	assert_refused("foo",
		"'foo' is neither a readable hwloc XML file nor a synthetic topology "
		"such as \"pack:2 l3:2 core:4 pu:2\"");
	assert_refused("", "'' is neither");
	assert_refused("  ", "'  ' is neither");
	assert_refused("/nowhere/at/all.xml", "is neither");
	assert_refused("core:2 pu:-1", "is neither");
	assert_refused("core:0 pu:1", "is neither");
	assert_refused("pu:2 core:2", "is neither");
	assert_refused("pack:2 core:64 pu:33", "the most is 4096");
	assert_refused("core:99999999999999999999 pu:2", "the most is 4096");
	assert_refused("4096 4096 4096 4096 4096 4096", "the most is 4096");
}

static void bad_sources_are_refused(void **state)
{
	assert_silent(refuse_sources, *state);
}

static void list_has_a_line_a_placement(void **state)
{
	struct topology *topology = load("pack:2 numa:1 l3:1 core:2 pu:1");
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(out);
	topology_list(topology, out);
	fclose(out);
	assert_string_equal(text,
		"same-cpu       CPU 0 <-> CPU 0\n"
		"smt            not here: needs two CPUs in one core\n"
		"shared-l2      not here: needs two cores that share an L2 cache\n"
		"shared-l3      CPU 0 <-> CPU 1\n"
		"same-package   not here: needs two cores of one package that share no L2 "
		"or L3 cache\n"
		"cross-package  CPU 0 <-> CPU 2\n"
		"cross-numa     CPU 0 <-> CPU 2 (cross-package, nodes 0 and 1)\n"
		"unpinned       wherever the scheduler puts them\n"
		"all-pairs      6 pairs of 4 CPUs\n");
	free(text);
	topology_free(topology);
}

static int mask_is_told(int cpu)
{
	struct topology *topology;
	struct placements placements = { 0 };
	struct why why = { 0 };
	char part[64];
	int number = 0;

	if (topology_load(NULL, &topology, NULL))
		return 1;
	snprintf(part, sizeof part, "this process may use CPU %d only", cpu);
	if (topology_place(topology, "all-pairs", 9, &placements, &why) != -ENODEV)
		number = 2;
	else if (!strstr(why.text, "this machine has same-cpu, unpinned"))
		number = 3;
	/* Only where the mask takes something away. */
	else if (sysconf(_SC_NPROCESSORS_ONLN) > 1 && !strstr(why.text, part))
		number = 4;
	topology_free(topology);
	return number;
}

/* A foreign machine is taken whole, whatever this process may do here. */
static int foreign_is_whole(int cpu)
{
	struct topology *topology;
	size_t cpus;

	(void)cpu;
	if (topology_load(LARGE, &topology, NULL))
		return 1;
	cpus = topology_cpus(topology);
	topology_free(topology);
	return cpus == 576 ? 0 : 2;
}

static void affinity_mask_is_told(void **state)
{
	(void)state;
	assert_int_equal(on_one_cpu(mask_is_told), 0);
	assert_int_equal(on_one_cpu(foreign_is_whole), 0);
}

#else

static void all_else_needs_hwloc(void **state)
{
	struct topology *topology = load(NULL), *other = NULL;
	struct placements placements = { 0 };
	struct why why = { 0 };

	(void)state;
	for (const char *const *name = placement_names; *name; name++)
		if (strcmp(*name, "same-cpu") && strcmp(*name, "unpinned"))
			assert_no_place(topology, *name, *name,
				"needs a build with hwloc", "same-cpu, unpinned", NULL);
	assert_int_equal(topology_place_all(topology, &placements, NULL), 0);
	assert_int_equal(placements.count, 1);
	assert_int_equal(placements.items[0].cpu[0], first_allowed());
	assert_says(placements.note, "need a build with hwloc");
	assert_int_equal(topology_export(topology, "/dev/null", &why), -ENOTSUP);
	assert_says(why.text, "needs a build with hwloc");
	why_clear(&why);
	assert_int_equal(topology_load("core:2 pu:1", &other, &why), -ENOTSUP);
	assert_says(why.text, "'core:2 pu:1' needs a build with hwloc");
	placements_free(&placements);
	topology_free(topology);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_meanings),
		cmocka_unit_test(unpinned_is_everywhere),
		cmocka_unit_test(same_cpu_is_the_first_allowed),
		cmocka_unit_test(misspelt_names_get_the_nearest),
		cmocka_unit_test(missing_cpus_are_told),
		cmocka_unit_test(affinity_mask_is_respected),
#if IPCMARK_HAS_HWLOC
		cmocka_unit_test(machines_give_these_pairs),
		cmocka_unit_test(second_names_are_dropped),
		cmocka_unit_test(errors_say_what_is_needed),
		cmocka_unit_test(long_cpu_lists_are_cut),
		cmocka_unit_test(all_pairs_are_all),
		cmocka_unit_test(all_pairs_are_bounded),
		cmocka_unit_test(all_pairs_of_one_core_keep_its_threads),
		cmocka_unit_test_setup_teardown(
			asymmetric_machines_are_walked, make_files, remove_files),
		cmocka_unit_test_setup_teardown(
			one_core_may_lack_a_sibling, make_files, remove_files),
		cmocka_unit_test_setup_teardown(
			nodes_of_one_package_come_first, make_files, remove_files),
		cmocka_unit_test_setup_teardown(
			this_machine_is_exported_and_read, make_files, remove_files),
		cmocka_unit_test(export_failures_are_told),
		cmocka_unit_test_setup_teardown(
			truncated_xml_is_refused, make_files, remove_files),
		cmocka_unit_test_setup_teardown(
			bad_sources_are_refused, make_files, remove_files),
		cmocka_unit_test(list_has_a_line_a_placement),
		cmocka_unit_test(affinity_mask_is_told),
#else
		cmocka_unit_test(all_else_needs_hwloc),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
