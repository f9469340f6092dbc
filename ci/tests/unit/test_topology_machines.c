/* Which pair each placement picks, on machines one does not have. */
#include "topology_helper.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_give_these_pairs),
		cmocka_unit_test(second_names_are_dropped),
		cmocka_unit_test(errors_say_what_is_needed),
		cmocka_unit_test(long_cpu_lists_are_cut),
		IN_FILES(asymmetric_machines_are_walked),
		IN_FILES(one_core_may_lack_a_sibling),
		IN_FILES(nodes_of_one_package_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
