/* topology_hwloc.c: the PUs of a machine as hwloc sees them. */
#include "harness/topology_inside.h"

#if IPCMARK_HAS_HWLOC

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Well above machines that exist. hwloc takes seconds for so many in one level, and would
 * go on until memory ends. */
#define SYNTHETIC_PUS_MAX 4096

/* How many PUs the description asks for: the product of its levels. What stands in
 * brackets hangs beside the levels (memory) or describes them. */
static uint64_t synthetic_pus(const char *text)
{
	uint64_t pus = 1;
	int nesting = 0;

	for (; *text; text++) {
		if (*text == '(' || *text == '[') {
			nesting++;
		} else if (*text == ')' || *text == ']') {
			nesting--;
		} else if (!nesting && isdigit((unsigned char)*text)) {
			char *end;
			uint64_t arity = strtoull(text, &end, 0);
			/* "l3:2" and "2" are levels; the 3 of "l3" is a name. */
			bool is_level = !*end || isspace((unsigned char)*end) ||
					*end == '(';

			if (is_level && arity > SYNTHETIC_PUS_MAX / pus)
				return UINT64_MAX;
			if (is_level && arity)
				pus *= arity;
			text = end - 1;
		}
	}
	return pus;
}

static int not_a_topology(const char *source, struct why *why)
{
	return why_say(why, 0,
		"'%.100s' is neither a readable hwloc XML file nor a synthetic topology such "
		"as \"pack:2 l3:2 core:4 pu:2\"",
		source);
}

static int not_xml(const char *source, struct why *why)
{
	return why_say(why, 0,
		"'%.100s' is not a whole hwloc XML file; lstopo FILE.xml writes one",
		source);
}

/* hwloc leaks what it has read of a file that is cut off, so its end is looked at first.
 */
static bool is_whole(const char *path, off_t size)
{
	char end[129];
	off_t from = size < (off_t)sizeof end ? 0 : size - (off_t)sizeof end + 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = pread(fd, end, sizeof end - 1, from);
	close(fd);
	if (got < 0)
		return false;
	end[got] = '\0';
	return strstr(end, "</topology>");
}

static int set_source(hwloc_topology_t walk, const char *source, struct why *why)
{
	struct stat status;

	/* What an exporting process was not allowed to use is no matter here. */
	hwloc_topology_set_flags(walk, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
	if (stat(source, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return why_say(why, EISDIR, "read the topology '%.100s'", source);
		if (access(source, R_OK))
			return why_say(why, errno, "read the topology '%.100s'", source);
		if (S_ISREG(status.st_mode) && !is_whole(source, status.st_size))
			return not_xml(source, why);
		return hwloc_topology_set_xml(walk, source) ? not_xml(source, why) : 0;
	}
	if (synthetic_pus(source) > SYNTHETIC_PUS_MAX) {
		why_say(why, 0, "the topology '%.100s' has too many PUs; the most is %d",
			source, SYNTHETIC_PUS_MAX);
		return -ERANGE;
	}
	if (hwloc_topology_set_synthetic(walk, source))
		return not_a_topology(source, why);
	return 0;
}

static int enclosing(hwloc_topology_t walk, hwloc_obj_type_t type, hwloc_obj_t pu)
{
	hwloc_obj_t object = hwloc_get_ancestor_obj_by_type(walk, type, pu);

	return object ? (int)object->logical_index : -1;
}

/* Memory hangs beside the levels: the first that is met on the way up is the closest.
 * Where a level has two kinds (DRAM and HBM), the first is what a process gets by
 * default. */
static int closest_node(hwloc_obj_t pu)
{
	for (hwloc_obj_t level = pu; level; level = level->parent) {
		hwloc_obj_t memory = level->memory_first_child;

		for (; memory; memory = memory->next_sibling) {
			hwloc_obj_t node = memory;

			/* A memory-side cache stands before its node. */
			while (node && node->type != HWLOC_OBJ_NUMANODE)
				node = node->memory_first_child;
			if (node)
				return (int)node->os_index;
		}
	}
	return -1;
}

static int collect(hwloc_topology_t walk, struct topology *topology)
{
	int count = hwloc_get_nbobjs_by_type(walk, HWLOC_OBJ_PU);
	hwloc_obj_t pu = NULL;

	topology->pus = calloc(count > 0 ? (size_t)count : 1, sizeof *topology->pus);
	if (!topology->pus)
		return -ENOMEM;
	while (topology->count < (size_t)(count > 0 ? count : 0) &&
		(pu = hwloc_get_next_obj_by_type(walk, HWLOC_OBJ_PU, pu)))
		topology->pus[topology->count++] = (struct pu) {
			.cpu = (int)pu->os_index,
			.node = closest_node(pu),
			.core = enclosing(walk, HWLOC_OBJ_CORE, pu),
			.l2 = enclosing(walk, HWLOC_OBJ_L2CACHE, pu),
			.l3 = enclosing(walk, HWLOC_OBJ_L3CACHE, pu),
			.package = enclosing(walk, HWLOC_OBJ_PACKAGE, pu),
		};
	return 0;
}

int topology_open(const char *source, struct topology *topology, struct why *why)
{
	hwloc_topology_t walk;
	int error;

	/* hwloc reports odd firmware on stderr; this program speaks for itself. */
	setenv("HWLOC_HIDE_ERRORS", "2", 0);
	if (hwloc_topology_init(&walk))
		return why_say(why, ENOMEM, "start hwloc");
	topology->walk = walk;
	error = source ? set_source(walk, source, why) : 0;
	if (error)
		return error;
	errno = 0;
	if (hwloc_topology_load(walk))
		return source ? not_xml(source, why)
			      : why_say(why, errno, "read the topology of this machine");
	topology->is_walked = true;
	/* The HWLOC_XMLFILE and HWLOC_SYNTHETIC variables give another machine too. */
	topology->is_here = !source && hwloc_topology_is_thissystem(walk);
	error = collect(walk, topology);
	return error ? why_say(why, -error, "hold the topology") : 0;
}

void topology_close(struct topology *topology)
{
	if (topology->walk)
		hwloc_topology_destroy(topology->walk);
	free(topology->pus);
}

void topology_bind_memory(const struct topology *topology, int node)
{
	hwloc_bitmap_t nodes;

	if (!topology->is_here || node < 0)
		return;
	nodes = hwloc_bitmap_alloc();
	if (!nodes || hwloc_bitmap_set(nodes, (unsigned)node))
		goto out;
	/* Not strict: a node that is full must not kill the process. Where it is
	 * forbidden (seccomp), first touch on the pinned CPU mostly comes to the same. */
	(void)hwloc_set_membind(
		topology->walk, nodes, HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET);
out:
	hwloc_bitmap_free(nodes);
}

/* Writes through stdio, because hwloc's own writer does not tell why it failed. */
static int write_file(const char *path, const char *text, size_t length)
{
	FILE *file = fopen(path, "we");
	int error = 0;

	if (!file)
		return -errno;
	if (fwrite(text, 1, length, file) != length)
		error = -errno;
	if (fclose(file) && !error)
		error = -errno;
	return error;
}

int topology_export(const struct topology *topology, const char *path, struct why *why)
{
	char *xml;
	int length;
	int error;

	errno = 0;
	if (hwloc_topology_export_xmlbuffer(topology->walk, &xml, &length, 0))
		return why_say(
			why, errno ? errno : ENOMEM, "make the XML of the topology");
	/* The length counts the final NUL. */
	error = write_file(path, xml, strnlen(xml, (size_t)length));
	hwloc_free_xmlbuffer(topology->walk, xml);
	return error ? why_say(why, -error, "write the topology to '%.100s'", path) : 0;
}

#endif
