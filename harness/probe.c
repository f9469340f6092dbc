#include "harness/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "harness/base/memory.h"
#include "harness/clock.h"

#define PROBE_TIMEOUT_MS 5000
#define PROBE_SIZE       64

/* What the child leaves behind, in memory it shares with the parent. The channel's shared
 * state follows it. */
struct answer {
	struct why why;
	int error;
	bool is_given;
	_Alignas(64) unsigned char shared[]; /* as a line of cache, like a mapping */
};

struct question {
	const struct mechanism *mechanism;
	struct janitor *janitor;
	struct answer *answer;
};

static int create_and_detach(const struct question *question)
{
	const struct mechanism *mechanism = question->mechanism;
	struct why *why = &question->answer->why;
	unsigned char buffers[2][PROBE_SIZE];
	struct channel channel = {
		.mechanism = mechanism,
		.shared = question->answer->shared,
		.tx = buffers[0],
		.rx = buffers[1],
		.size_max = PROBE_SIZE,
		.shares_cpu = true,
		.directory = question->janitor->directory,
		.ledger = question->janitor->ledger,
		.why = why,
	};
	int error = 0;

	channel.own = calloc(1, mechanism->own_size + 1);
	if (!channel.own)
		return why_say(
			why, ENOMEM, "%s: ask whether it is usable", mechanism->name);
	mechanism_defaults(mechanism, channel.settings);
	if (mechanism->create)
		error = mechanism->create(&channel);
	if (mechanism->detach)
		mechanism->detach(&channel);
	if (mechanism->remove)
		mechanism->remove(&channel);
	free(channel.own);
	return error;
}

static int ask(void *argument)
{
	const struct question *question = argument;
	struct answer *answer = question->answer;
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	answer->error = question->mechanism->probe
				? question->mechanism->probe(&answer->why)
				: create_and_detach(question);
	answer->is_given = true;
	return 0;
}

/* Waits for the child's end; false when it takes too long. */
static bool has_ended(const struct child *child)
{
	uint64_t end_ns = clock_now_ns() + PROBE_TIMEOUT_MS * UINT64_C(1000000);
	struct pollfd ended = { .fd = child->pidfd, .events = POLLIN };
	int got;

	do {
		uint64_t now_ns = clock_now_ns();

		got = poll(&ended, 1,
			now_ns < end_ns ? (int)((end_ns - now_ns) / 1000000 + 1) : 0);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

static int judge(const struct question *question, bool ended, int status, struct why *why)
{
	const struct answer *answer = question->answer;
	const char *name = question->mechanism->name;

	if (!ended)
		return why_say(why, 0, "%s: the probe did not end within %d s", name,
			PROBE_TIMEOUT_MS / 1000);
	if (WIFSIGNALED(status))
		return why_say(why, 0, "%s: the probe was ended by signal %d (%s)", name,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (!answer->is_given)
		return why_say(why, 0, "%s: the probe ended early with status %d", name,
			WEXITSTATUS(status));
	if (!answer->error)
		return 0;
	if (!answer->why.text[0])
		return why_say(why, abs(answer->error), "%s", name);
	why_say(why, 0, "%s", answer->why.text);
	return answer->error < 0 ? answer->error : -EINVAL;
}

int probe_mechanism(
	const struct mechanism *mechanism, struct janitor *janitor, struct why *why)
{
	size_t size = sizeof(struct answer) + mechanism->shared_size;
	struct question question = { mechanism, janitor, NULL };
	struct child child;
	void *memory = memory_shared(size);
	int error;

	if (!memory)
		return why_say(
			why, ENOMEM, "%s: share memory with a probe", mechanism->name);
	question.answer = memory;
	error = child_start(janitor, ask, &question, &child, why);
	if (!error) {
		int unwatched = child_watch(&child, why);
		bool ended = !unwatched && has_ended(&child);
		int status = child_end(janitor, &child);

		error = unwatched ? unwatched : judge(&question, ended, status, why);
	}
	memory_unmap(memory, size);
	return error;
}
