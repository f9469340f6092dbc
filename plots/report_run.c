/* report_run.c: a run as the report needs it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plots/report_parts.h"
#include "results/summary.h"

static void take_fact(const char *key, const char *value, void *context)
{
	struct report_run *run = context;

	/* Setting one looks through all of them. */
	if (run->facts.count < REPORT_FACTS)
		facts_set(&run->facts, key, "%s", value);
}

const char *report_fact(const struct report_run *run, const char *key)
{
	return facts_get(&run->facts, key);
}

static int take_rows(const struct report_run *run, const struct summary_row *like,
	struct report_block *block)
{
	block->like = *like;
	block->rows = calloc(run->count + 1, sizeof(void *));
	for (size_t i = 0; block->rows && i < run->count; i++)
		if (show_is_in_block(&run->rows[i]) &&
			show_same_block(&run->rows[i], like))
			block->rows[block->count++] = &run->rows[i];
	return block->rows ? 0 : -ENOMEM;
}

static bool has_mechanisms(const struct report_block *block)
{
	for (size_t i = 0; i < block->count; i++)
		if (!show_is_floor(block->rows[i]))
			return true;
	return false;
}

static int find_blocks(struct report_run *run)
{
	const struct show page = { .rows = run->rows, .count = run->count };
	size_t count;
	struct summary_row *likes = show_blocks(&page, &count);
	int error = likes ? 0 : -ENOMEM;

	run->blocks = calloc(REPORT_BLOCKS, sizeof *run->blocks);
	if (!run->blocks)
		error = -ENOMEM;
	for (size_t i = 0; !error && i < count; i++) {
		struct report_block block = { .count = 0 };

		error = take_rows(run, &likes[i], &block);
		if (!error && has_mechanisms(&block)) {
			if (run->block_count < REPORT_BLOCKS) {
				run->blocks[run->block_count++] = block;
				continue;
			}
			run->blocks_left_out++;
		}
		free(block.rows);
	}
	free(likes);
	return error;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

int report_run_open(struct report_run *run, const struct run_directory *directory,
	size_t number, struct why *why)
{
	int error;

	*run = (struct report_run) { .directory = directory,
		.name = last_part(run_directory_path(directory)) };
	if (number)
		snprintf(run->prefix, sizeof run->prefix, "run%zu-", number);
	run->has_facts = run_directory_each_fact(directory, take_fact, run);
	error = summary_compute(directory, &run->rows, &run->count, why);
	if (error)
		return error;
	run->count = summary_leave_joined(run->rows, run->count);
	if (run->count > REPORT_CASES) {
		run->left_out = run->count - REPORT_CASES;
		run->count = REPORT_CASES;
	}
	if (find_blocks(run))
		return why_say(why, ENOMEM, "read %s", run_directory_path(directory));
	return 0;
}

void report_run_close(struct report_run *run)
{
	for (size_t i = 0; i < run->block_count; i++)
		free(run->blocks[i].rows);
	free(run->blocks);
	free(run->rows);
	facts_free(&run->facts);
	*run = (struct report_run) { .count = 0 };
}
