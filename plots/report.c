#include "plots/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/embedded.h"
#include "plots/report_parts.h"

static void put_run(struct report_page *page, const struct report_run *run)
{
	report_answers(page, run);
	report_tables(page, run);
	report_figures(page, run);
	report_costs(page, run);
	report_floors(page, run);
	report_capacity(page, run);
	report_checks(page, run);
	report_claims(page, run);
	report_machine(page, run);
	report_trust(page, run);
	report_again(page, run);
}

/* "Intel(R) Xeon(R) Processor @ 2.50GHz, 2 CPUs, Linux 6.1.0, KVM" */
static void put_machine_line(FILE *out, const struct report_run *run)
{
	static const struct {
		const char *key, *before, *after;
	} parts[] = { { "cpu.model", "", "" }, { "cpu.count", "", " CPUs" },
		{ "kernel.release", "Linux ", "" }, { "hypervisor", "", "" },
		{ "os.name", "", "" }, { "time.utc", "", "" } };
	const char *between = "";

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		const char *value = report_fact(run, parts[i].key);

		if (!*value)
			continue;
		html_print(
			out, "%s%s%s%s", between, parts[i].before, value, parts[i].after);
		between = ", ";
	}
}

static void put_each_run(struct report_page *page)
{
	for (size_t i = 0; i < page->run_count; i++) {
		const struct report_run *run = &page->runs[i];

		if (page->run_count > 1) {
			char id[HTML_NAME], title[32];

			snprintf(id, sizeof id, "%srun", run->prefix);
			snprintf(title, sizeof title, "Run %zu alone", i + 1);
			report_contents(page, id, title);
			html_print(page->out,
				"<details class=\"run\" id=\"%srun\"><summary>Run %zu alone: "
				"%s</summary>\n",
				run->prefix, i + 1, run->name);
		}
		put_run(page, run);
		if (page->run_count > 1)
			fputs("</details>\n", page->out);
	}
}

static int put_body(struct report_page *page, struct why *why)
{
	int error = page->run_count > 1 ? report_runs(page, why) : 0;

	if (!error)
		put_each_run(page);
	return error;
}

static void put_colours(FILE *out, const struct svg_inks *inks)
{
	fputs("<style>:root{", out);
	svg_inks_write(inks, false, out);
	fputs("}@media screen and (prefers-color-scheme:dark){:root{", out);
	svg_inks_write(inks, true, out);
	fputs("}}</style>\n", out);
}

static void put_contents(FILE *out, const struct report_page *page)
{
	fputs("<nav id=\"contents\" aria-label=\"contents\"><ul>\n", out);
	for (size_t i = 0; i < page->entry_count; i++)
		html_print(out, "<li><a href=\"#%s\">%s</a></li>\n", page->entries[i].id,
			page->entries[i].title);
	fputs("</ul></nav>\n", out);
}

/* A data file of the program: the styles, the script. */
static void put_file(FILE *out, const char *name)
{
	for (const struct embedded *file = embedded_files; file->name; file++)
		if (strcmp(file->name, name) == 0)
			fwrite(file->begin, 1, (size_t)(file->end - file->begin), out);
}

static void put_head(FILE *out, const struct report_page *page)
{
	/* Nothing is fetched and nothing but the page's own script runs, whatever stands
	 * in it. */
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; "
	      "form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n",
		out);
	html_print(out, "<title>IPC on %s</title>\n<style>\n",
		page->run_count > 1 ? "several runs"
		: *report_fact(&page->runs[0], "host.name")
			? report_fact(&page->runs[0], "host.name")
			: page->runs[0].name);
	put_file(out, "plots/report.css");
	fputs("</style>\n", out);
	put_colours(out, &page->inks);
	fputs("</head>\n<body>\n<header><p class=\"brand\">ipcmark</p>\n<h1>Inter-process "
	      "communication",
		out);
	if (page->run_count > 1) {
		html_print(out, ": %zu runs side by side</h1>\n", page->run_count);
	} else {
		const char *host = report_fact(&page->runs[0], "host.name");

		html_print(out, "%s%s</h1>\n<p>", *host ? " on " : "", host);
		put_machine_line(out, &page->runs[0]);
		fputs("</p>\n", out);
	}
	fputs("</header>\n", out);
	put_contents(out, page);
	fputs("<main>\n", out);
}

static void put_page(FILE *out, const struct report_page *page, const char *body)
{
	put_head(out, page);
	fputs(body, out);
	fputs("</main>\n<footer><p>Written by ipcmark. Each number is computed from the "
	      "launches in results.csv of the run; nothing was fetched to show it.</p>"
	      "</footer>\n<script>\n",
		out);
	put_file(out, "plots/report.js");
	fputs("</script>\n</body>\n</html>\n", out);
}

int report_write(
	struct run_directory *const *runs, size_t count, FILE *out, struct why *why)
{
	struct report_page *page = calloc(1, sizeof *page);
	char *body = NULL;
	size_t length = 0;
	int error = 0;

	if (!page)
		return why_say(why, ENOMEM, "write the report");
	page->runs = calloc(count, sizeof *page->runs);
	page->out = open_memstream(&body, &length);
	if (!page->runs || !page->out)
		error = why_say(why, ENOMEM, "write the report");
	for (size_t i = 0; !error && i < count; i++, page->run_count++)
		error = report_run_open(
			&page->runs[i], runs[i], count > 1 ? i + 1 : 0, why);
	if (!error)
		error = put_body(page, why);
	if (page->out && fclose(page->out) && !error)
		error = why_say(why, ENOMEM, "write the report");
	if (!error)
		put_page(out, page, body);
	for (size_t i = 0; page->runs && i < count; i++)
		report_run_close(&page->runs[i]);
	free(body);
	free(page->entries);
	free(page->runs);
	free(page);
	return error;
}
