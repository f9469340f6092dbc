/* report_topology.c: a picture of packages, caches, cores and CPUs, as boxes in boxes, so
 * that it fits any width of page. */

#include <stdlib.h>
#include <string.h>

#include "harness/topology.h"
#include "plots/report_parts.h"
#include "results/run_file.h"

#define TOPOLOGY_XML "topology.xml"
/* More is no picture any more, and hwloc takes its time. */
#define XML_BYTES_MAX (8u << 20)
#define PUS_MAX       1024

enum level { PACKAGE, L3, L2, CORE, LEVELS };

static const struct {
	const char *class, *says, *fact;
} levels[LEVELS] = { [PACKAGE] = { "package", "Package", "" },
	[L3] = { "l3", "L3 cache", "cache.l3" },
	[L2] = { "l2", "L2 cache", "cache.l2" },
	[CORE] = { "core", "Core", "" } };

static int number(const struct pu *pu, size_t level)
{
	const int numbers[LEVELS] = { pu->package, pu->l3, pu->l2, pu->core };

	return numbers[level];
}

static void put_picture(struct report_page *page, const struct report_run *run,
	const struct pu *pus, size_t count)
{
	int open[LEVELS] = { -1, -1, -1, -1 };

	html_print(page->out,
		"<div class=\"topology\" role=\"group\" aria-label=\"topology: %zu CPUs in "
		"their cores, caches and packages\">\n",
		count);
	for (size_t i = 0; i <= count; i++) {
		size_t from = 0;

		/* What the next one does not share is closed from the inside. */
		while (from < LEVELS && i < count && number(&pus[i], from) == open[from])
			from++;
		for (size_t level = LEVELS; level-- > from;)
			if (open[level] >= 0)
				fputs("</div></div>", page->out);
		for (size_t level = from; level < LEVELS && i < count; level++) {
			const char *size = report_fact(run, levels[level].fact);

			open[level] = number(&pus[i], level);
			if (open[level] < 0)
				continue;
			html_print(page->out,
				"<div class=\"%s\"><span>%s %d%s%s</span><div>",
				levels[level].class, levels[level].says, open[level],
				*size ? ", " : "", size);
		}
		if (i < count)
			html_print(page->out, "<b>CPU %d</b>", pus[i].cpu);
	}
	fputs("</div>\n", page->out);
}

static void put_pairs(struct report_page *page, const struct report_run *run)
{
	static const char prefix[] = "placement.";
	bool has_any = false;

	for (size_t i = 0; i < run->facts.count; i++) {
		const struct fact *fact = &run->facts.items[i];

		if (strncmp(fact->key, prefix, sizeof prefix - 1) != 0)
			continue;
		fputs(has_any ? ", " : "<p>Measured: ", page->out);
		html_print(page->out, "<code>%s</code> on CPUs %s",
			fact->key + sizeof prefix - 1, fact->value);
		has_any = true;
	}
	if (has_any)
		fputs(".</p>\n", page->out);
}

void report_topology(struct report_page *page, const struct report_run *run)
{
	struct why why = { "" };
	struct topology *topology = NULL;
	char path[64], *xml;
	size_t length = 0;
	int error;

	fputs("<h3>Topology</h3>\n", page->out);
	/* Only a regular file of some size; hwloc opens it again by the descriptor of its
	 * directory, whose path may have become another's. */
	error = run_file_read(run_directory_fd(run->directory), run->name, TOPOLOGY_XML,
		&xml, &length, &why);
	if (!error)
		free(xml);
	if (!error && length > XML_BYTES_MAX)
		error = why_say(&why, 0, "%s is too large", TOPOLOGY_XML);
	snprintf(path, sizeof path, "/proc/self/fd/%d/%s",
		run_directory_fd(run->directory), TOPOLOGY_XML);
	if (!error)
		error = topology_load(path, &topology, &why);
	if (error)
		html_print(
			page->out, "<p class=\"note\">No picture: %s.</p>\n", why.text);
	else if (topology_cpus(topology) > PUS_MAX)
		html_print(page->out, "<p class=\"note\">No picture of %zu CPUs.</p>\n",
			topology_cpus(topology));
	else
		put_picture(page, run, topology_pus(topology), topology_cpus(topology));
	topology_free(topology);
	put_pairs(page, run);
}
