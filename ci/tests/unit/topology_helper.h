/* topology_helper.h: what the tests of topologies share: machines loaded from a text or
 * file, the pairs they are asked for, and children that may use one CPU only. */
#ifndef IPCMARK_TESTS_TOPOLOGY_HELPER_H
#define IPCMARK_TESTS_TOPOLOGY_HELPER_H

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/topology.h"

static inline struct topology *load(const char *source)
{
	struct topology *topology = NULL;
	struct why why = { 0 };
	int error = topology_load(source, &topology, &why);

	if (error)
		fail_msg("%s: %s", source ? source : "this machine", why.text);
	return topology;
}

static inline void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* Fails, and says each of the parts (ends with NULL). */
static inline void assert_no_place(const struct topology *topology, const char *name, ...)
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
static inline int first_allowed(void)
{
	cpu_set_t mask;
	int cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
	while (!CPU_ISSET((size_t)cpu, &mask))
		cpu++;
	return cpu;
}

/* Runs `run` in a child that may use one CPU only; the child's assertions count. */
static inline int on_one_cpu(int (*run)(int cpu))
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

static inline void assert_pick(const struct topology *topology, const struct pick *pick)
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

static inline void assert_picks(const struct topology *topology, const struct pick *picks)
{
	assert_false(topology_is_here(topology));
	for (; picks->name; picks++)
		assert_pick(topology, picks);
}

#define NOT_HERE(name)                                                                   \
	{                                                                                \
		name, NONE, NONE, NULL, NONE, NONE                                       \
	}

static inline void assert_all(
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

/* Many PUs: two packages of 144 cores with two threads each. */
#define LARGE "pack:2 numa:1 l3:12 core:12 pu:2"

/* A private directory with the file names that the tests use. */
struct files {
	char directory[64], xml[96], other[96];
};

static inline int make_files(void **state)
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

static inline int remove_files(void **state)
{
	struct files *files = *state;

	unlink(files->xml);
	unlink(files->other);
	rmdir(files->directory);
	free(files);
	return 0;
}

/* Writes the XML of a synthetic machine that lacks some of its PUs. */
static inline void write_without(const char *source, const int *missing, const char *path)
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

#define IN_FILES(test) cmocka_unit_test_setup_teardown(test, make_files, remove_files)

#endif

#endif
