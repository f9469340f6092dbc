/* Every row where little is allowed: without privileges, on one CPU, with few
 * descriptors, without message queues; and two runs at once. */
#include "ground_helper.h"

#include <sys/resource.h>

/* By row; asked once, in the test itself. */
static bool *usable;

static int set_up(void **state)
{
	if (set_up_ground(state))
		return -1;
	usable = calloc(mechanism_count, sizeof *usable);
	for (size_t i = 0; usable && i < mechanism_count; i++)
		usable[i] = is_usable(&ground.context, mechanisms[i]);
	return usable ? 0 : -1;
}

static int tear_down(void **state)
{
	free(usable);
	return tear_down_ground(state);
}

/* The children's directories are gone; this test's own is there. */
static void assert_nothing_but_ground(void)
{
	assert_int_equal(count_entries(place.directory, "ipcmark-"), 1);
	assert_int_equal(ledger_count(ground.janitor.ledger), 1);
	if (!place.is_private)
		return;
	assert_int_equal(count_entries("/dev/shm", "ipcmark"), 0);
	assert_int_equal(count_entries(place.queues, "ipcmark"), 0);
}

static void assert_child(int (*run)(struct why *why))
{
	int error;

	why_clear(&why);
	error = in_child(run, &why);
	if (error)
		fail_msg("error %d: %s", error, why.text);
	assert_nothing_but_ground();
}

/* Every usable row between these CPUs, in a ground of its own. */
static int every_row(
	int cpu_a, int cpu_b, unsigned needs, unsigned without, struct why *words)
{
	struct ground own;
	int error = ground_start(&own, words);

	for (size_t i = 0; i < mechanism_count && !error; i++) {
		const struct mechanism *mechanism = mechanisms[i];

		if (!usable[i] || (mechanism->caps & needs) != needs ||
			(mechanism->caps & without))
			continue;
		error = exercise(&own.context, mechanism, cpu_a, cpu_b, 64, words);
		if (!error && ledger_count(own.janitor.ledger) != 1)
			error = why_say(words, EEXIST, "%s: the ledger", mechanism->name);
	}
	janitor_stop(&own.janitor);
	return error;
}

/* --- without privileges
 * -------------------------------------------------------------------- */

#define NOBODY 65534

static int be_nobody(struct why *words)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return why_say(words, errno, "become nobody");
	return every_row(-1, -1, 0, 0, words);
}

static void nobody_can_use_every_row(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip(); /* then everything here runs without privileges */
	assert_child(be_nobody);
}

/* --- one CPU
 * ------------------------------------------------------------------------------- */

static int first_cpu(void)
{
	cpu_set_t allowed;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof allowed, &allowed))
		return -1;
	while (!CPU_ISSET((size_t)cpu, &allowed))
		cpu++;
	return cpu;
}

static int confine(struct why *words)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)first_cpu(), &one);
	return sched_setaffinity(0, sizeof one, &one)
		       ? why_say(words, errno, "stay on one CPU")
		       : 0;
}

/* A spinner must know, or it burns the time its peer needs. */
static int sharing_is_known(struct why *words)
{
	struct pair_spec spec = spec_of(row_with(CAP_SPINS, 0), -1, -1, 64);
	struct ground own;
	struct pair *pair;
	int error = confine(words);

	if (!error)
		error = ground_start(&own, words);
	if (!error)
		error = pair_start(&own.context, &spec, from_now(PATIENCE), &pair, words);
	if (error)
		return error;
	if (!pair_channel(pair)->shares_cpu)
		error = why_say(words, 0, "unpinned on one CPU, and it is not known");
	pair_stop(pair);
	janitor_stop(&own.janitor);
	return error;
}

static int unpinned_on_one(struct why *words)
{
	int error = confine(words);

	return error ? error : every_row(-1, -1, 0, CAP_TWO_CPUS, words);
}

static int pinned_on_one(struct why *words)
{
	int error = confine(words);
	int cpu = first_cpu();

	return error ? error : every_row(cpu, cpu, 0, CAP_TWO_CPUS, words);
}

/* Pinned where there are more CPUs as well. */
static int pinned_together(struct why *words)
{
	return every_row(first_cpu(), first_cpu(), 0, CAP_TWO_CPUS, words);
}

static void one_cpu_is_enough(void **state)
{
	(void)state;
	assert_child(sharing_is_known);
	assert_child(unpinned_on_one);
	assert_child(pinned_on_one);
	assert_child(pinned_together);
}

static int absent_cpu(struct why *words)
{
	struct ground own;
	struct why refused = { "" };
	int error = ground_start(&own, words);

	if (error)
		return error;
	error = exercise(&own.context, mechanisms[0], 0, 100000, 64, &refused);
	if (!error || !strstr(refused.text, "bind side 1 to CPU 100000"))
		error = why_say(words, EINVAL, "'%s'", refused.text);
	else
		error = 0;
	janitor_stop(&own.janitor);
	return error;
}

static void a_cpu_that_is_not_there_is_named(void **state)
{
	(void)state;
	assert_child(absent_cpu);
}

/* --- few descriptors
 * ------------------------------------------------------------------------ */

static int limit_descriptors(rlim_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	limit.rlim_cur = count;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Runs short of descriptors at each step of the row's set-up in turn. */
static int row_short_of_descriptors(
	struct ground *own, const struct mechanism *mechanism, struct why *words)
{
	bool works = false;
	size_t held = open_descriptors();
	int fails = 0;

	for (rlim_t limit = 3; limit < 64 && !works; limit++) {
		struct why refused = { "" };
		int error;

		if (limit_descriptors(limit))
			return why_say(words, errno, "limit descriptors");
		error = exercise(&own->context, mechanism, -1, -1, 64, &refused);
		(void)limit_descriptors(256);
		works = !error;
		fails += error != 0;
		if (error && !refused.text[0])
			return why_say(words, EPROTO, "%s: no words with %d descriptors",
				mechanism->name, (int)limit);
		if (ledger_count(own->janitor.ledger) != 1)
			return why_say(words, EEXIST, "%s: %zu in the ledger with %d: %s",
				mechanism->name, ledger_count(own->janitor.ledger),
				(int)limit, refused.text);
		if (open_descriptors() != held)
			return why_say(words, EEXIST,
				"%s: a descriptor is left with %d: %s", mechanism->name,
				(int)limit, refused.text);
	}
	return works && fails
		       ? 0
		       : why_say(words, EPROTO, "%s: %d failures, then success: %d",
				 mechanism->name, fails, works);
}

static int short_of_descriptors(struct why *words)
{
	struct ground own;
	int error = ground_start(&own, words);

	for (size_t i = 0; i < mechanism_count && !error; i++)
		if (usable[i])
			error = row_short_of_descriptors(&own, mechanisms[i], words);
	janitor_stop(&own.janitor);
	return error;
}

/* The whole of it begins with eight. */
static int eight_descriptors(struct why *words)
{
	for (rlim_t limit = 3; limit <= 8; limit++) {
		struct why refused = { "" };
		struct ground own;
		int error;

		if (limit_descriptors(limit))
			return why_say(words, errno, "limit descriptors");
		error = ground_start(&own, &refused);
		for (size_t i = 0; i < mechanism_count && !error; i++) {
			why_clear(&refused);
			if (exercise(&own.context, mechanisms[i], -1, -1, 64, &refused) &&
				!refused.text[0])
				return why_say(words, EPROTO, "%s: no words",
					mechanisms[i]->name);
		}
		if (error && !refused.text[0])
			return why_say(words, EPROTO, "the janitor: no words");
		if (!error)
			janitor_stop(&own.janitor);
	}
	return 0;
}

static void few_descriptors_are_told(void **state)
{
	(void)state;
	assert_child(short_of_descriptors);
	assert_child(eight_descriptors);
}

/* --- no message queues
 * ----------------------------------------------------------------------- */

static int without_queues(struct why *words)
{
	const struct rlimit none = { 0, 0 };
	struct ground own;
	int error = setrlimit(RLIMIT_MSGQUEUE, &none)
			    ? why_say(words, errno, "forbid message queues")
			    : ground_start(&own, words);

	for (size_t i = 0; i < mechanism_count && !error; i++) {
		struct why refused = { "" };

		if (usable[i] &&
			exercise(&own.context, mechanisms[i], -1, -1, 64, &refused) &&
			!strstr(refused.text, "RLIMIT_MSGQUEUE is 0"))
			error = why_say(words, EPROTO, "%s: '%s'", mechanisms[i]->name,
				refused.text);
		if (!error && ledger_count(own.janitor.ledger) != 1)
			error = why_say(
				words, EEXIST, "%s: the ledger", mechanisms[i]->name);
	}
	if (!error)
		janitor_stop(&own.janitor);
	return error;
}

static void no_message_queues_are_told(void **state)
{
	(void)state;
	assert_child(without_queues);
}

/* --- two at once
 * ----------------------------------------------------------------------------- */

struct neighbours {
	futex_word is_ready;
	struct why why[2];
};

static int run_beside(struct neighbours *both, unsigned number)
{
	int error = 0;

	/* Both have begun before either goes on. */
	count_up(&both->is_ready);
	if (!await_count(&both->is_ready, 2))
		return why_say(&both->why[number], ETIMEDOUT, "wait for the neighbour");
	for (unsigned turn = 0; turn < 5 && !error; turn++)
		error = every_row(-1, -1, CAP_NAMED, 0, &both->why[number]);
	return error;
}

static void two_runs_do_not_meet(void **state)
{
	struct neighbours *both = shared_memory(sizeof *both);
	pid_t pids[2];

	(void)state;
	fflush(NULL);
	for (unsigned i = 0; i < 2; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(-run_beside(both, i));
	}
	for (unsigned i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		if (status)
			fail_msg("run %u, status %#x: %s", i, status, both->why[i].text);
	}
	assert_nothing_but_ground();
	munmap(both, sizeof *both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_can_use_every_row),
		cmocka_unit_test(one_cpu_is_enough),
		cmocka_unit_test(a_cpu_that_is_not_there_is_named),
		cmocka_unit_test(few_descriptors_are_told),
		cmocka_unit_test(no_message_queues_are_told),
		cmocka_unit_test(two_runs_do_not_meet),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
