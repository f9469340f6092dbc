/* report_machine.c: the machine as environment.csv describes it, and what on it disturbs
 * measurements. */
#include <string.h>

#include "plots/report_parts.h"

static const struct {
	const char *key, *says, *unit;
} shown[] = {
	{ "cpu.model", "Processor", "" },
	{ "cpu.count", "CPUs", "" },
	{ "cpu.mhz", "Clock rate", " MHz" },
	{ "cache.l1d", "L1 data cache", "" },
	{ "cache.l2", "L2 cache", "" },
	{ "cache.l3", "L3 cache", "" },
	{ "smt.active", "SMT active", "" },
	{ "numa.nodes", "NUMA nodes", "" },
	{ "cpu.microcode", "Microcode", "" },
	{ "machine.model", "Machine", "" },
	{ "hypervisor", "Hypervisor", "" },
	{ "container", "Container", "" },
	{ "os.name", "System", "" },
	{ "kernel.release", "Kernel", "" },
	{ "kernel.preempt", "Preemption", "" },
	{ "libc", "C library", "" },
	{ "memory.total", "Memory", "" },
	{ "cpufreq.governor", "Governor", "" },
	{ "cpufreq.turbo", "Turbo", "" },
	{ "cpuidle.states", "Idle states", "" },
	{ "clock.kind", "Clock", "" },
	{ "clock.cost_ns", "A stamp costs", " ns" },
	{ "clocksource", "Kernel's clock source", "" },
	{ "sched.fifo", "SCHED_FIFO", "" },
	{ "option.sched", "Scheduling asked for", "" },
	{ "sched.policy", "Scheduling of the run", "" },
	{ "limits.rtprio", "RLIMIT_RTPRIO", "" },
	{ "limits.memlock", "RLIMIT_MEMLOCK", "" },
	{ "user.is_root", "Run as root", "" },
	{ "load.1", "Load at the start", "" },
	{ "steal.percent", "Stolen by the hypervisor", " %" },
};
#define SHOWN (sizeof shown / sizeof shown[0])

static void put_facts(struct report_page *page, const struct report_run *run)
{
	fputs("<dl class=\"facts\">\n", page->out);
	for (size_t i = 0; i < SHOWN; i++) {
		const char *value = report_fact(run, shown[i].key);

		if (strncmp(shown[i].key, "user.is", 7) == 0 ||
			strcmp(shown[i].key, "smt.active") == 0)
			value = strcmp(value, "1") == 0   ? "yes"
				: strcmp(value, "0") == 0 ? "no"
							  : value;
		if (*value)
			html_print(page->out, "<div><dt>%s</dt><dd>%s%s</dd></div>\n",
				shown[i].says, value, shown[i].unit);
	}
	fputs("</dl>\n", page->out);
}

static const char *mitigation(const struct fact *fact)
{
	static const char prefix[] = "mitigation.";

	return strncmp(fact->key, prefix, sizeof prefix - 1) == 0
		       ? fact->key + sizeof prefix - 1
		       : NULL;
}

static void put_mitigations(struct report_page *page, const struct report_run *run)
{
	size_t known = 0, active = 0;

	for (size_t i = 0; i < run->facts.count; i++) {
		const struct fact *fact = &run->facts.items[i];

		known += mitigation(fact) != NULL;
		active += mitigation(fact) && strncmp(fact->value, "Mitigation", 10) == 0;
	}
	if (!known) {
		fputs("<p class=\"note\">The run does not say which mitigations are "
		      "on.</p>\n",
			page->out);
		return;
	}
	html_print(page->out,
		"<details><summary>Mitigations: %zu of %zu known weaknesses are "
		"mitigated</summary><dl class=\"facts\">\n",
		active, known);
	for (size_t i = 0; i < run->facts.count; i++) {
		const struct fact *fact = &run->facts.items[i];

		if (mitigation(fact))
			html_print(page->out, "<div><dt>%s</dt><dd>%s</dd></div>\n",
				mitigation(fact), fact->value);
	}
	fputs("</dl></details>\n", page->out);
}

static void put_all_facts(struct report_page *page, const struct report_run *run)
{
	html_print(page->out,
		"<details><summary>All that was recorded: %zu "
		"facts</summary>\n",
		run->facts.count);
	report_table(page, "environment");
	fputs("<tbody>\n", page->out);
	for (size_t i = 0; i < run->facts.count; i++)
		html_print(page->out,
			"<tr><th scope=\"row\"><code>%s</code></th><td "
			"class=\"words\">%s</td></tr>\n",
			run->facts.items[i].key, run->facts.items[i].value);
	fputs("</tbody>", page->out);
	report_table_end(page);
	fputs("</details>\n", page->out);
}

static void put_doctor(struct report_page *page, const struct report_run *run)
{
	struct disturbance list[DISTURBANCES_MAX];
	size_t count = environment_disturbances(&run->facts, list), disturbing = 0;

	for (size_t i = 0; i < count; i++)
		disturbing += list[i].is_disturbing;
	html_print(page->out,
		"<h3>What the doctor says <small>of the machine as it was during the "
		"run</small></h3>\n<p>%s%zu thing%s disturb%s measurements here.</p>\n<ul "
		"class=\"doctor\">\n",
		disturbing ? "⚠ " : "", disturbing, disturbing == 1 ? "" : "s",
		disturbing == 1 ? "s" : "");
	for (size_t i = 0; i < count; i++)
		if (list[i].is_disturbing)
			html_print(page->out,
				"<li><code>%s</code> %s<br><span class=\"remedy\">%s%s"
				"</span></li>\n",
				list[i].name, list[i].finding,
				*list[i].remedy ? "→ " : "", list[i].remedy);
	fputs("</ul>\n<details><summary>Not held against it</summary><ul "
	      "class=\"doctor\">\n",
		page->out);
	for (size_t i = 0; i < count; i++)
		if (!list[i].is_disturbing)
			html_print(page->out, "<li><code>%s</code> %s</li>\n",
				list[i].name, list[i].finding);
	fputs("</ul></details>\n", page->out);
}

void report_machine(struct report_page *page, const struct report_run *run)
{
	report_begin(page, run, "machine", "Machine");
	if (!run->facts.count) {
		fputs("<p class=\"note\">The run does not say what machine it was made on: "
		      "environment.csv is missing or empty.</p>\n",
			page->out);
	} else {
		put_facts(page, run);
		report_topology(page, run);
		put_mitigations(page, run);
		put_all_facts(page, run);
		put_doctor(page, run);
	}
	report_end(page);
}
