/* Tokens that are passed through a small pipe, as the job servers of make and cargo do.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"
#include "conformance/proc.h"

static void stay_on_one_cpu(struct scene *scene)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		SKIP(scene, "needs to stay on one CPU");
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	SETUP(scene, sched_setaffinity(0, sizeof set, &set));
}

/* How often it went to sleep, or -1. */
static long sleeps(pid_t pid)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	char path[64], text[4096];
	const char *at;
	FILE *file;
	size_t got;
	long count = -1;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	got = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[got] = '\0';
	at = strstr(text, key);
	if (at && sscanf(at + sizeof key - 1, "%ld", &count) != 1)
		count = -1;
	return count;
}

/* A writer of one byte, asleep on a pipe of one full page, is woken by a read of it all;
 * but before it runs somebody else writes a byte. Does it go back to sleep, and does one
 * more byte find room then? */
static bool is_left_asleep(struct scene *scene)
{
	size_t page = pipe_page();
	char *got = scene_memory(scene, page);
	pid_t writer;
	long before;
	int end[2];

	scene_pipe(scene, end);
	pipe_resize(scene, end[1], page);
	pipe_fill(scene, end[1]);
	writer = pipe_writer(scene, end[1], end[0], 1);
	/* It must not run as soon as it is woken. (musl has no sched_setscheduler.) */
	SETUP(scene, syscall(SYS_sched_setscheduler, writer, SCHED_BATCH,
			     &(struct sched_param) { 0 }));
	EXPECT_BLOCKED(scene, writer, SYS_write);
	scene_nonblock(scene, end[1], true);
	before = sleeps(writer);
	SETUP(scene, read(end[0], got, page));
	SETUP(scene, write(end[1], "b", 1));
	PROMISED(scene, "the writer finds the room that there is");
	for (int looks = 0; proc_state(writer) != 'Z'; looks++) {
		bool is_again = before < 0 ? looks > 500 : sleeps(writer) > before;

		if (is_again && proc_state(writer) == 'S' && write(end[1], "c", 1) == 1 &&
			proc_state(writer) == 'S') {
			arrived(scene);
			scene_end(scene, writer);
			return true;
		}
		proc_pause();
	}
	arrived(scene);
	EXPECT_EXIT(scene, writer, 0);
	return false;
}

static void one_page_blocked_writer(struct scene *scene)
{
	stay_on_one_cpu(scene);
	/* The writer may run too early, when this process is held up in between. */
	for (int round = 0; round < 20; round++)
		EXPECT(scene, !is_left_asleep(scene),
			"a writer of 1 byte sleeps while another one's bytes find room");
}

static const struct value tokens[] = { { "single_byte", 1 }, { "block", 0 },
	{ NULL, 0 } };

/* Two tokens, so that the pipe's page is never empty and never starts anew. */
static void two_page_no_hang(struct scene *scene)
{
	char *token;
	size_t size;
	pid_t child[2];
	int end[2];

	scene_pipe(scene, end);
	size = scene->number ? 1 : pipe_buf(scene, end[1]) / 8;
	token = scene_memory(scene, size);
	pipe_resize(scene, end[1], 2 * pipe_page());
	for (int i = 0; i < 2; i++)
		SETUP(scene, write(end[1], token, size));
	for (int i = 0; i < 2; i++) {
		child[i] = scene_fork(scene);
		for (int pass = 0; child[i] == 0 && pass < 10000; pass++) {
			EXPECT_INT(scene, read(end[0], token, size), size);
			EXPECT_INT(scene, write(end[1], token, size), size);
		}
		if (child[i] == 0)
			_exit(0);
	}
	for (int i = 0; i < 2; i++)
		EXPECT_EXIT(scene, child[i], 0);
	EXPECT_INT(scene, pipe_drain(scene, end[0], NULL, SIZE_MAX), 2 * size);
}

static const struct check checks[] = {
	{ .id = "pipe.token.one_page_blocked_writer",
		.run = one_page_blocked_writer,
		.needs = NEED_PROC },
	{ .id = "pipe.token.two_page_no_hang",
		.run = two_page_no_hang,
		.values = tokens },
	{ .id = NULL },
};

const struct suite pipe_token_suite = { "pipe_token", checks };
