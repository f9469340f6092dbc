/* Placements on the machine at hand: what this process may use, and what is told. */
#include "topology_helper.h"

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
		cmocka_unit_test(list_has_a_line_a_placement),
		cmocka_unit_test(affinity_mask_is_told),
#else
		cmocka_unit_test(all_else_needs_hwloc),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
