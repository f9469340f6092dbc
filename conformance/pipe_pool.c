/* Pipes of a pool of workers: which descriptors they inherit, and who gets what. */
#include <sched.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/pipe_help.h"

#define WORKERS 3

struct pool {
	pid_t worker[WORKERS];
	int end[WORKERS][2];
};

/* Workers that read until their pipe ends. Each is forked after the pipes of those before
 * it were made; whether it closes the write ends that it got of them is the question. */
static void start(struct scene *scene, struct pool *pool, bool closes_inherited)
{
	char byte;

	for (int i = 0; i < WORKERS; i++) {
		scene_pipe(scene, pool->end[i]);
		pool->worker[i] = scene_fork(scene);
		if (pool->worker[i] == 0) {
			close(pool->end[i][1]);
			for (int j = 0; closes_inherited && j < i; j++)
				close(pool->end[j][1]);
			EXPECT_INT(scene, read(pool->end[i][0], &byte, 1), 0);
			_exit(0);
		}
		close(pool->end[i][0]);
	}
	for (int i = 0; i < WORKERS; i++)
		EXPECT_BLOCKED(scene, pool->worker[i], SYS_read);
}

static void inherited_writer(struct scene *scene)
{
	struct pool pool = { 0 };

	start(scene, &pool, false);
	for (int i = 0; i < WORKERS - 1; i++)
		close(pool.end[i][1]);
	for (int i = 0; i < WORKERS; i++)
		EXPECT_BLOCKED(scene, pool.worker[i], SYS_read);
	close(pool.end[WORKERS - 1][1]);
	for (int i = WORKERS - 1; i >= 0; i--)
		EXPECT_EXIT(scene, pool.worker[i], 0);
}

static void closing_inherited(struct scene *scene)
{
	struct pool pool = { 0 };

	start(scene, &pool, true);
	for (int i = 0; i < WORKERS; i++) {
		close(pool.end[i][1]);
		EXPECT_EXIT(scene, pool.worker[i], 0);
		for (int j = i + 1; j < WORKERS; j++)
			EXPECT_BLOCKED(scene, pool.worker[j], SYS_read);
	}
}

#define READERS 8
static const struct value crowds[] = { { "2", 2 }, { "8", READERS }, { NULL, 0 } };

/* Waits until one of those that were not done is. */
static int one_of(struct scene *scene, const bool *is_done, int readers)
{
	int found = -1;

	while (found < 0) {
		for (int i = 0; i < readers; i++)
			if (!is_done[i] && scene->common->cells[i])
				found = i;
		sched_yield();
	}
	return found;
}

/* As many readers as that wait; each byte ends the wait of one of them, and of no other.
 */
static void one_byte_one_reader(struct scene *scene)
{
	pid_t reader[READERS];
	bool is_done[READERS] = { false };
	int end[2], readers = (int)scene->number;

	scene_pipe(scene, end);
	for (int i = 0; i < readers; i++) {
		reader[i] = scene_fork(scene);
		if (reader[i] == 0) {
			char byte;

			close(end[1]);
			EXPECT_INT(scene, read(end[0], &byte, 1), 1);
			scene->common->cells[i] = byte;
			_exit(0);
		}
	}
	for (int i = 0; i < readers; i++)
		EXPECT_BLOCKED(scene, reader[i], SYS_read);
	for (int turn = 0; turn < readers; turn++) {
		char byte = (char)('a' + turn);
		int woken;

		SETUP(scene, write(end[1], &byte, 1));
		PROMISED(scene, "a reader gets the byte");
		woken = one_of(scene, is_done, readers);
		arrived(scene);
		is_done[woken] = true;
		EXPECT_INT(scene, scene->common->cells[woken], byte);
		EXPECT_EXIT(scene, reader[woken], 0);
		for (int i = 0; i < readers; i++)
			if (!is_done[i])
				EXPECT_BLOCKED(scene, reader[i], SYS_read);
	}
}

#define JOBS 4096

/* Jobs of one byte that any worker takes; the sums of all are those of what was given. */
static void each_byte_once(struct scene *scene)
{
	int end[2], readers = (int)scene->number;
	int64_t jobs = 0, sum = 0, want = 0;
	pid_t reader[READERS];

	scene_pipe(scene, end);
	for (int i = 0; i < readers; i++) {
		reader[i] = scene_fork(scene);
		if (reader[i] == 0) {
			unsigned char byte;
			int64_t of_mine = 0, mine = 0;

			close(end[1]);
			while (read(end[0], &byte, 1) == 1) {
				of_mine += byte;
				mine++;
			}
			scene->common->cells[i] = of_mine;
			scene->common->cells[READERS + i] = mine;
			_exit(0);
		}
	}
	for (int i = 0; i < JOBS; i++) {
		unsigned char byte = (unsigned char)(i * 7);

		want += byte;
		EXPECT_INT(scene, write(end[1], &byte, 1), 1);
	}
	close(end[1]);
	for (int i = 0; i < readers; i++) {
		EXPECT_EXIT(scene, reader[i], 0);
		sum += scene->common->cells[i];
		jobs += scene->common->cells[READERS + i];
	}
	EXPECT_INT(scene, jobs, JOBS);
	EXPECT_INT(scene, sum, want);
}

static const struct check checks[] = {
	{ .id = "pipe.pool.inherited_writer_blocks_eof",
		.run = inherited_writer,
		.needs = NEED_PROC },
	{ .id = "pipe.pool.closing_inherited_fixes",
		.run = closing_inherited,
		.needs = NEED_PROC },
	{ .id = "pipe.pool.one_byte_one_reader",
		.run = one_byte_one_reader,
		.needs = NEED_PROC,
		.values = crowds },
	{ .id = "pipe.pool.each_byte_once", .run = each_byte_once, .values = crowds },
	{ .id = NULL },
};

const struct suite pipe_pool_suite = { "pipe_pool", checks };
