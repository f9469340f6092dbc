/* All pairs of CPUs: each once, and not more than can be measured. */
#include "topology_helper.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pairs_are_all),
		cmocka_unit_test(all_pairs_are_bounded),
		cmocka_unit_test(all_pairs_of_one_core_keep_its_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
