#include "harness/duet_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/base/random.h"
#include "harness/run_name.h"
#include "results/pairs.h"

static void put_facts(const struct duet *duet, int side, struct facts *facts)
{
	for (size_t i = 0; i < duet->facts[side].count; i++)
		facts_set(facts, duet->facts[side].items[i].key, "%s",
			duet->facts[side].items[i].value);
	for (size_t i = 0; i < option_count; i++) {
		char text[FACT_TEXT], key[48];

		if (!option_applies(&option_table[i], "duet") ||
			!option_table[i].shapes_plan)
			continue;
		snprintf(key, sizeof key, "option.%s", option_table[i].name);
		if (options_text(duet->options, &option_table[i], text, sizeof text))
			facts_set(facts, key, "%s", text);
	}
	facts_set(facts, "option.seed", "%" PRIu64, duet->plan->seed);
	facts_set(facts, "option.command", "%s", duet->sides[side].command);
	facts_set(facts, "duet.sched", "%s",
		duet->fifo.policy == SCHED_POLICY_FIFO ? "fifo" : "inherited");
	facts_set(facts, "duet.calibration", "%s", duet->calibration);
	facts_set(facts, PAIRS_DUET, "%s", duet->id);
	facts_set(facts, PAIRS_ROLE, "%s", duet->sides[side].role);
	facts_set(facts, PAIRS_PLANNED, "%zu", duet->planned);
}

static int put_environment(const struct duet *duet, int side, struct why *why)
{
	struct facts facts = { 0 };
	int error;

	put_facts(duet, side, &facts);
	error = facts_put(&facts, duet->directories[side], why);
	facts_free(&facts);
	return error;
}

int duet_record_open(struct duet *duet, const char *folder, const char *const names[2],
	struct why *why)
{
	int error = 0;

	snprintf(duet->id, sizeof duet->id, "%016" PRIx64, random_secret());
	for (int side = 0; side < 2 && !error; side++) {
		char path[RUN_NAME * 2];

		snprintf(path, sizeof path, "%s/%s", folder, names[side]);
		error = run_directory_create(path, &duet->directories[side], why);
		if (!error)
			error = put_environment(duet, side, why);
	}
	return error;
}

void duet_record_close(struct duet *duet, const char *folder)
{
	for (int side = 0; side < 2; side++)
		if (duet->count)
			run_directory_close(duet->directories[side]);
		else if (duet->directories[side])
			run_directory_discard(duet->directories[side]);
	if (!duet->count)
		rmdir(folder);
}

int duet_record_summarize(struct duet *duet, struct why *why)
{
	int error = 0;

	for (int side = 0; side < 2 && !error; side++) {
		error = put_environment(duet, side, why);
		if (!error)
			error = run_directory_summarize(duet->directories[side], why);
	}
	return error;
}
