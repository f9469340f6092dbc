/* What the runner of checks makes of bodies that pass, deviate, crash, hang and leave
 * things behind. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ci/tests/unit/check_helper.h"
#include "harness/base/memory.h"

/* What a body tells the test. */
static struct told {
	int id;
	pid_t pid;
	char path[LEDGER_NAME];
	_Atomic int running, together, order[8], ended;
} * told;

static void passes(struct scene *scene)
{
	EXPECT_INT(scene, 1 + 1, 2);
}

static void deviates_here(struct scene *scene)
{
	errno = EPIPE;
	EXPECT_INT(scene, -1, 3);
}

static void wrong_error(struct scene *scene)
{
	errno = EBADF;
	EXPECT_ERROR(scene, -1, EPIPE);
}

static void crashes(struct scene *scene)
{
	(void)scene;
	raise(SIGSEGV);
}

static void exits(struct scene *scene)
{
	(void)scene;
	_exit(4);
}

static void hangs(struct scene *scene)
{
	(void)scene;
	pause();
}

static void hangs_in_promise(struct scene *scene)
{
	PROMISED(scene, "the thing comes");
	pause();
	arrived(scene);
}

static void kept_promise_then_hangs(struct scene *scene)
{
	PROMISED(scene, "the thing comes");
	arrived(scene);
	pause();
}

static void skips(struct scene *scene)
{
	SKIP(scene, "no %s here", "luck");
}

static void set_up_fails(struct scene *scene)
{
	errno = EBADF;
	SETUP(scene, -1);
}

static void set_up_refused(struct scene *scene)
{
	errno = EPERM;
	SETUP(scene, -1);
}

static void is_missing(struct scene *scene)
{
	errno = ENOSYS;
	EXPECT_OK(scene, -1);
}

static void test_each_verdict(void **state)
{
	struct outcome outcome;

	(void)state;
	assert_int_equal(run_body(passes, PROMISE_POSIX, 0).kind, VERDICT_OK);
	outcome = run_body(deviates_here, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_DEVIATES);
	assert_string_equal(outcome.got, "-1 (EPIPE)");
	assert_string_equal(outcome.want, "3");
	assert_string_equal(outcome.what, "-1");
	assert_int_equal(outcome.error, EPIPE);
	assert_non_null(strstr(outcome.where, "test_runner.c:"));
	outcome = run_body(wrong_error, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_DEVIATES);
	assert_string_equal(outcome.got, "-1 (EBADF)");
	assert_string_equal(outcome.want, "-1 (EPIPE)");
	outcome = run_body(skips, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_SKIPPED);
	assert_string_equal(outcome.reason, "no luck here");
	assert_int_equal(run_body(set_up_fails, PROMISE_POSIX, 0).kind, VERDICT_BROKEN);
	outcome = run_body(set_up_refused, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_SKIPPED);
	assert_non_null(strstr(outcome.reason, "EPERM"));
}

static void test_death_and_silence_are_broken(void **state)
{
	struct outcome outcome = run_body(crashes, PROMISE_POSIX, 0);

	(void)state;
	assert_int_equal(outcome.kind, VERDICT_BROKEN);
	assert_non_null(strstr(outcome.reason, "SIGSEGV"));
	outcome = run_body(exits, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_BROKEN);
	assert_non_null(strstr(outcome.reason, "exit status 4"));
}

static void test_a_hang_deviates_only_where_something_was_promised(void **state)
{
	struct outcome outcome;

	(void)state;
	deadline_scale = 0.03;
	outcome = run_body(hangs, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_BROKEN);
	assert_string_equal(outcome.reason, "no end within 300 ms");
	outcome = run_body(hangs_in_promise, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_DEVIATES);
	assert_string_equal(outcome.want, "the thing comes");
	assert_string_equal(outcome.got, "not within 300 ms");
	assert_int_equal(
		run_body(kept_promise_then_hangs, PROMISE_POSIX, 0).kind, VERDICT_BROKEN);
	deadline_scale = 1;
}

static void test_what_is_missing_deviates_from_posix_only(void **state)
{
	(void)state;
	assert_int_equal(run_body(is_missing, PROMISE_POSIX, 0).kind, VERDICT_DEVIATES);
	assert_int_equal(run_body(is_missing, PROMISE_LINUX, 0).kind, VERDICT_SKIPPED);
	assert_int_equal(run_body(is_missing, PROMISE_OBSERVED, 0).kind, VERDICT_SKIPPED);
}

static void child_deviates(struct scene *scene)
{
	if (scene_fork(scene) == 0)
		EXPECT_INT(scene, 5, 6);
	pause(); /* the child's word ends this */
}

static void child_exits(struct scene *scene)
{
	pid_t child = scene_fork(scene);

	if (child == 0)
		_exit(3);
	EXPECT_EXIT(scene, child, 3);
	child = scene_fork(scene);
	if (child == 0)
		raise(SIGTERM);
	EXPECT_KILLED(scene, child, SIGTERM);
	child = scene_fork(scene);
	if (child == 0)
		_exit(3);
	EXPECT_KILLED(scene, child, SIGTERM);
}

static void test_children_speak_for_the_check(void **state)
{
	struct outcome outcome = run_body(child_deviates, PROMISE_POSIX, 0);

	(void)state;
	assert_int_equal(outcome.kind, VERDICT_DEVIATES);
	assert_string_equal(outcome.want, "6");
	outcome = run_body(child_exits, PROMISE_POSIX, 0);
	assert_int_equal(outcome.kind, VERDICT_DEVIATES);
	assert_string_equal(outcome.got, "exit status 3");
	assert_string_equal(outcome.want, "killed by SIGTERM");
}

static void blocks(struct scene *scene)
{
	int end[2];
	pid_t reader;
	char byte;

	scene_pipe(scene, end);
	reader = scene_fork(scene);
	if (reader == 0) {
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	EXPECT_BLOCKED(scene, reader, SYS_read);
	SETUP(scene, write(end[1], "x", 1));
	EXPECT_EXIT(scene, reader, 0);
}

static void does_not_block(struct scene *scene)
{
	pid_t reader = scene_fork(scene);

	if (reader == 0)
		_exit(0);
	EXPECT_BLOCKED(scene, reader, SYS_read);
}

static void blocks_elsewhere(struct scene *scene)
{
	pid_t reader = scene_fork(scene);

	if (reader == 0)
		pause();
	EXPECT_BLOCKED(scene, reader, SYS_read);
}

static void test_blocking_is_seen(void **state)
{
	(void)state;
	assert_int_equal(run_body(blocks, PROMISE_POSIX, NEED_PROC).kind, VERDICT_OK);
	assert_int_equal(run_body(does_not_block, PROMISE_POSIX, NEED_PROC).kind,
		VERDICT_DEVIATES);
	assert_int_equal(run_body(blocks_elsewhere, PROMISE_POSIX, NEED_PROC).kind,
		VERDICT_DEVIATES);
}

/* A grandchild in a session of its own that outlives the check; a segment, a file. */
static void litters(struct scene *scene)
{
	pid_t child;

	told->id = SETUP(scene, shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
	scene_adopt_sysv(scene, LEDGER_SYSV_SHM, told->id);
	snprintf(told->path, sizeof told->path, "%s", scene->directory);
	SETUP(scene, mkdir("left", 0700));
	child = SETUP(scene, fork());
	if (child == 0) {
		setsid();
		if (fork() == 0) {
			told->pid = getpid();
			scene_open(scene, 0);
			for (;;)
				pause();
		}
		_exit(0);
	}
	scene_wait(scene, 0);
	if (scene->number)
		pause(); /* be killed with it all */
}

static void test_nothing_is_left_behind(void **state)
{
	static const struct value ends[] = { { "returns", 0 }, { "is_killed", 1 },
		{ NULL, 0 } };
	const struct check check = { .id = "own.check", .run = litters, .values = ends };
	const struct text text = own_text(PROMISE_POSIX);
	struct shmid_ds segment;

	(void)state;
	for (int i = 0; ends[i].name; i++) {
		struct point point = own_point(&check, &text);

		point.value = &ends[i];
		run_points(&point, 1, 1, 1);
		assert_int_equal(
			point.outcome.kind, ends[i].number ? VERDICT_BROKEN : VERDICT_OK);
		assert_int_equal(shmctl(told->id, IPC_STAT, &segment), -1);
		assert_int_equal(access(told->path, F_OK), -1);
		assert_int_equal(kill(told->pid, 0), -1);
		assert_int_equal(errno, ESRCH);
	}
}

static void looks_around(struct scene *scene)
{
	struct rlimit core;
	sigset_t mask;
	int fd = SETUP(scene, dup(0));

	EXPECT_INT(scene, fd, 3); /* nothing else is open */
	EXPECT_INT(scene, getpgrp(), getpid());
	SETUP(scene, sigprocmask(SIG_BLOCK, NULL, &mask));
	EXPECT_INT(scene, sigismember(&mask, SIGINT), 0);
	EXPECT(scene, signal(SIGPIPE, SIG_DFL) == SIG_DFL, "SIGPIPE is not default");
	SETUP(scene, getrlimit(RLIMIT_CORE, &core));
	EXPECT(scene, core.rlim_max <= 1, "core files may be made");
	EXPECT_ERROR(scene, rmdir("anything"), ENOENT);
}

static void test_a_check_is_isolated(void **state)
{
	struct outcome outcome;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	outcome = run_body(looks_around, PROMISE_POSIX, 0);
	if (outcome.kind != VERDICT_OK)
		fail_msg("%s: got %s, want %s", outcome.what, outcome.got, outcome.want);
}

static void every_third_deviates(struct scene *scene)
{
	EXPECT(scene, ++told->running % 3, "the third");
}

static void test_repetitions_that_differ_are_unstable(void **state)
{
	const struct check check = { .id = "own.check", .run = every_third_deviates };
	const struct text text = own_text(PROMISE_POSIX);
	struct point point = own_point(&check, &text);
	struct judgement judgement;

	(void)state;
	told->running = 0;
	run_points(&point, 1, 1, 9);
	assert_int_equal(point.repeats, 9);
	assert_int_equal(point.same, 6);
	assert_int_equal(point.outcome.kind, VERDICT_DEVIATES);
	judge(&point, NULL, false, &judgement);
	assert_int_equal(judgement.kind, JUDGED_UNSTABLE);
	assert_true(judgement.is_finding);
}

static void meets_others(struct scene *scene)
{
	if (++told->running > 1)
		told->together++;
	for (int looks = 0; looks < 20; looks++)
		usleep(1000);
	told->order[told->ended++] = (int)scene->number;
	told->running--;
}

static void test_serial_checks_run_alone_and_last(void **state)
{
	static const struct value numbers[] = { { "a", 0 }, { "b", 1 }, { "c", 2 } };
	const struct check serial = {
		.id = "own.serial", .run = meets_others, .is_serial = true
	};
	const struct check parallel = { .id = "own.parallel", .run = meets_others };
	const struct text text = own_text(PROMISE_POSIX);
	struct point points[3] = { own_point(&serial, &text), own_point(&serial, &text),
		own_point(&parallel, &text) };

	(void)state;
	memset(told, 0, sizeof *told);
	for (int i = 0; i < 3; i++)
		points[i].value = &numbers[i];
	run_points(points, 3, 4, 1);
	assert_int_equal(told->together, 0);
	assert_int_equal(told->order[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_verdict),
		cmocka_unit_test(test_death_and_silence_are_broken),
		cmocka_unit_test(test_a_hang_deviates_only_where_something_was_promised),
		cmocka_unit_test(test_what_is_missing_deviates_from_posix_only),
		cmocka_unit_test(test_children_speak_for_the_check),
		cmocka_unit_test(test_blocking_is_seen),
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_a_check_is_isolated),
		cmocka_unit_test(test_repetitions_that_differ_are_unstable),
		cmocka_unit_test(test_serial_checks_run_alone_and_last),
	};

	told = memory_shared(sizeof *told);
	return told ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
