/* Whether a mechanism is usable here, asked of mechanisms that misbehave. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/probe.h"

static struct janitor janitor;
static struct why why;

struct state {
	char name[LEDGER_NAME];
	bool has_name;
};

static int start(void **state)
{
	(void)state;
	return janitor_start(&janitor, &why);
}

static int stop(void **state)
{
	(void)state;
	janitor_stop(&janitor);
	return 0;
}

static int probe(struct mechanism mechanism)
{
	why_clear(&why);
	mechanism.name = "mechanism";
	mechanism.shared_size = sizeof(struct state);
	mechanism.own_size = sizeof(struct state);
	return probe_mechanism(&mechanism, &janitor, &why);
}

static int create_well(struct channel *channel)
{
	struct state *shared = channel->shared, *own = channel->own;
	int error = ledger_name(channel->ledger, LEDGER_SHM, shared->name, channel->why);

	/* Both states are there, zeroed, and the directory too. */
	if (error || shared->has_name || own->has_name ||
		access(channel->directory, W_OK))
		return error ? error : -EIO;
	if (channel->settings[0] != SETTING_UNSET || !channel->size_max)
		return -EIO;
	shared->has_name = true;
	return 0;
}

static void detach_well(struct channel *channel)
{
	struct state *shared = channel->shared;

	if (shared->has_name)
		ledger_remove(channel->ledger, LEDGER_SHM, shared->name);
}

static void what_can_be_made_is_usable(void **state)
{
	size_t before = ledger_count(janitor.ledger);

	(void)state;
	assert_int_equal(probe((struct mechanism) {
				 .create = create_well, .detach = detach_well }),
		0);
	assert_string_equal(why.text, "");
	assert_int_equal(ledger_count(janitor.ledger), before);
	assert_int_equal(probe((struct mechanism) { .name = "neither" }), 0);
}

static int refuse(struct channel *channel)
{
	why_say(channel->why, EMFILE, "mechanism: open it");
	return -EMFILE;
}

static int refuse_silently(struct channel *channel)
{
	(void)channel;
	return -ENOSYS;
}

static int probe_says_no(struct why *words)
{
	return why_say(words, 0, "mechanism: not in this kernel");
}

static int probe_says_yes(struct why *words)
{
	(void)words;
	return 0;
}

static void the_words_of_the_child_arrive(void **state)
{
	(void)state;
	assert_int_equal(probe((struct mechanism) { .create = refuse }), -EMFILE);
	assert_string_equal(why.text, "mechanism: open it: Too many open files");
	assert_int_equal(
		probe((struct mechanism) { .create = refuse_silently }), -ENOSYS);
	assert_string_equal(why.text, "mechanism: Function not implemented");
	/* A probe of its own goes before create(). */
	assert_int_equal(probe((struct mechanism) {
				 .probe = probe_says_no, .create = create_well }),
		-EINVAL);
	assert_string_equal(why.text, "mechanism: not in this kernel");
	assert_int_equal(
		probe((struct mechanism) { .probe = probe_says_yes, .create = refuse }),
		0);
}

static int crash(struct channel *channel)
{
	(void)channel;
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
	return 0;
}

static int leave(struct channel *channel)
{
	(void)channel;
	_exit(9);
}

static int hang(struct channel *channel)
{
	while (channel)
		pause();
	return 0;
}

static void crash_and_silence_become_words(void **state)
{
	(void)state;
	assert_int_equal(probe((struct mechanism) { .create = crash }), -EINVAL);
	assert_string_equal(
		why.text, "mechanism: the probe was ended by signal 6 (Aborted)");
	assert_int_equal(probe((struct mechanism) { .create = leave }), -EINVAL);
	assert_string_equal(why.text, "mechanism: the probe ended early with status 9");
	assert_int_equal(probe((struct mechanism) { .create = hang }), -EINVAL);
	assert_string_equal(why.text, "mechanism: the probe did not end within 5 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_made_is_usable),
		cmocka_unit_test(the_words_of_the_child_arrive),
		cmocka_unit_test(crash_and_silence_become_words),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
