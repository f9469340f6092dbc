/* Progress: one line rewritten on a terminal, a line a launch elsewhere. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/clock.h"
#include "harness/progress.h"

static int kept_stderr = -1;
static int reader = -1;
static char output[4096];

/* Standard error goes to `fd` until restore(). */
static void redirect(int fd)
{
	fflush(stderr);
	kept_stderr = dup(STDERR_FILENO);
	assert_true(kept_stderr >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

static void restore(void)
{
	fflush(stderr);
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	kept_stderr = -1;
}

static void to_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	reader = ends[0];
	redirect(ends[1]);
}

/* A pseudo-terminal of that many columns. */
static void to_terminal(const char *type, unsigned short columns)
{
	struct winsize window = { .ws_row = 24, .ws_col = columns };
	int terminal;

	setenv("TERM", type, 1);
	reader = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_int_equal(grantpt(reader), 0);
	assert_int_equal(unlockpt(reader), 0);
	terminal = open(ptsname(reader), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &window), 0);
	redirect(terminal);
}

/* What was written since the last call. A terminal hands on what it gets a little later,
 * and in parts: all is there when the mark that is written behind it is. */
static const char *written(void)
{
	const char mark = '\1';
	size_t count = 0;

	fflush(stderr);
	assert_int_equal(write(STDERR_FILENO, &mark, 1), 1);
	while (count == 0 || output[count - 1] != mark) {
		struct pollfd readable = { .fd = reader, .events = POLLIN };
		ssize_t got;

		assert_int_equal(poll(&readable, 1, 60000), 1);
		got = read(reader, output + count, sizeof output - 1 - count);
		assert_true(got > 0);
		count += (size_t)got;
	}
	output[count - 1] = '\0';
	return output;
}

static int tidy(void **state)
{
	(void)state;
	if (kept_stderr >= 0)
		restore();
	if (reader >= 0)
		close(reader);
	reader = -1;
	return 0;
}

static void a_pipe_gets_a_line_a_launch(void **state)
{
	struct progress progress;

	(void)state;
	to_pipe();
	progress_start(&progress, 2, 10);
	progress_launch(&progress, "pipe latency");
	assert_string_equal(written(), "");
	progress_done(&progress, "pipe latency: 4 us");
	assert_string_equal(written(), "[1/2] pipe latency: 4 us\n");
	progress_note(&progress, "CPU %d is busy", 3);
	assert_string_equal(written(), "ipcmark: CPU 3 is busy\n");
	progress_done(&progress, NULL);
	progress_end(&progress);
	assert_string_equal(written(), "");
}

static void a_terminal_gets_one_line(void **state)
{
	struct progress progress;

	(void)state;
	to_terminal("xterm", 60);
	progress_start(&progress, 3, 10);
	progress_launch(&progress, "pipe latency\tsame-cpu");
	assert_string_equal(written(), "\r0/3  10 s left  pipe latency same-cpu\033[K");
	progress_end(&progress);
	assert_string_equal(written(), "\r\033[K");
	progress_tick(&progress);
	assert_string_equal(written(), "");
}

static void drawing_is_rare(void **state)
{
	struct progress progress;
	uint64_t start_ns, end_ns;
	size_t drawn = 0;

	(void)state;
	to_terminal("xterm", 60);
	progress_start(&progress, 1000, 10);
	start_ns = clock_now_ns();
	for (int i = 0; i < 1000; i++) {
		progress_launch(&progress, "x");
		progress_done(&progress, "x");
		for (const char *at = written(); *at; at++)
			drawn += *at == '\r';
	}
	end_ns = clock_now_ns();
	assert_true(drawn >= 1);
	assert_true(drawn <= 1 + (end_ns - start_ns) / 100000000);
}

static void a_note_takes_the_line_away(void **state)
{
	struct progress progress;

	(void)state;
	to_terminal("xterm", 60);
	progress_start(&progress, 3, 0);
	progress_launch(&progress, "x");
	written();
	progress_note(&progress, "careful");
	assert_string_equal(
		written(), "\r\033[Kipcmark: careful\r\n\r0/3  0 s left  x\033[K");
	progress_clear(&progress);
	assert_string_equal(written(), "\r\033[K");
	progress_clear(&progress);
	assert_string_equal(written(), "");
}

static void a_narrow_terminal_is_not_wrapped(void **state)
{
	struct progress progress;

	(void)state;
	to_terminal("xterm", 20);
	progress_start(&progress, 3, 10);
	/* Two bytes a character: 19 columns are more bytes. */
	progress_launch(&progress, "\xc2\xb5\xc2\xb5\xc2\xb5\xc2\xb5");
	assert_string_equal(
		written(), "\r0/3  10 s left  \xc2\xb5\xc2\xb5\xc2\xb5\033[K");
}

static void a_dumb_terminal_is_none(void **state)
{
	struct progress progress;

	(void)state;
	to_terminal("dumb", 60);
	progress_start(&progress, 3, 10);
	progress_launch(&progress, "x");
	assert_string_equal(written(), "");
	progress_done(&progress, "x: 1 us");
	assert_string_equal(written(), "[1/3] x: 1 us\r\n");
}

static void time_left_follows_what_launches_took(void **state)
{
	const uint64_t s = 1000000000;
	struct progress progress = {
		.total = 10, .planned_s = 20, .start_ns = 5 * s, .done_ns = 5 * s
	};

	(void)state;
	assert_float_equal(progress_left_s(&progress, 5 * s), 20, 1e-6);
	assert_float_equal(progress_left_s(&progress, 8 * s), 17, 1e-6);
	/* Two launches of 2 s each by plan took 8 s: 8 more take 32. */
	progress.done = 2;
	progress.done_ns = 13 * s;
	assert_float_equal(progress_left_s(&progress, 13 * s), 32, 1e-6);
	assert_float_equal(progress_left_s(&progress, 15 * s), 30, 1e-6);
	assert_float_equal(progress_left_s(&progress, 99 * s), 0, 1e-6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tidy)
	const struct CMUnitTest tests[] = {
		TEST(a_pipe_gets_a_line_a_launch),
		TEST(a_terminal_gets_one_line),
		TEST(drawing_is_rare),
		TEST(a_note_takes_the_line_away),
		TEST(a_narrow_terminal_is_not_wrapped),
		TEST(a_dumb_terminal_is_none),
		TEST(time_left_follows_what_launches_took),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
