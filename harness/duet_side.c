#include "harness/duet_side.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/interrupt.h"
#include "results/csv.h"

#define GOODBYE_MS 2000
#define FACTS_MOST 1000

struct command_start {
	const struct duet_side *side;
	const struct placement *placement;
	int in, out;
};

/* A sandbox may ignore pinning inside: so it is begun on the CPUs. */
static void bind_to(const struct placement *placement)
{
	int most = placement->cpu[0] > placement->cpu[1] ? placement->cpu[0]
							 : placement->cpu[1];
	cpu_set_t *set;

	if (placement->cpu[0] < 0)
		return;
	set = CPU_ALLOC((size_t)most + 1);
	if (!set)
		return;
	CPU_ZERO_S(CPU_ALLOC_SIZE((size_t)most + 1), set);
	for (int side = 0; side < 2; side++)
		CPU_SET_S((size_t)placement->cpu[side], CPU_ALLOC_SIZE((size_t)most + 1),
			set);
	sched_setaffinity(0, CPU_ALLOC_SIZE((size_t)most + 1), set);
	CPU_FREE(set);
}

static int be_command(void *argument)
{
	const struct command_start *start = argument;
	const struct sched_param parameter = { .sched_priority = start->side->priority };

	bind_to(start->placement);
	/* Half of a launch is its start, and a busy machine would make it most. */
	if (parameter.sched_priority)
		(void)sched_setscheduler(0, SCHED_FIFO, &parameter);
	/* dup2 clears close-on-exec, which all other descriptors have. */
	if (dup2(start->in, STDIN_FILENO) < 0 || dup2(start->out, STDOUT_FILENO) < 0)
		return 126;
	execl("/bin/sh", "sh", "-c", start->side->command, (char *)NULL);
	return 127;
}

/* The first words of what is wrong: "candidate: './new/ipcmark serve': ". */
static int say(const struct duet_side *side, int error, struct why *why, const char *what)
{
	return why_say(why, error, "%s: '%.120s': %s", side->role, side->command, what);
}

int duet_side_wrong(const struct duet_side *side, struct why *why, const char *what)
{
	return say(side, 0, why, what);
}

/* It closed its output: how did it end? */
static int say_gone(struct duet_side *side, struct why *why)
{
	struct pollfd gone = { .fd = side->child.pidfd, .events = POLLIN };
	siginfo_t info = { 0 };
	char what[96];

	(void)poll(&gone, 1, GOODBYE_MS);
	if (waitid(P_PID, (id_t)side->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
		!info.si_pid)
		snprintf(what, sizeof what, "it closed its standard output");
	else if (info.si_code == CLD_EXITED && info.si_status > 128)
		snprintf(what, sizeof what,
			"it ended with exit status %d: signal %d, says a shell",
			info.si_status, info.si_status - 128);
	else if (info.si_code == CLD_EXITED)
		snprintf(what, sizeof what, "it ended with exit status %d",
			info.si_status);
	else
		snprintf(what, sizeof what, "it was killed by signal %d", info.si_status);
	say(side, 0, why, what);
	return -ECHILD;
}

static int wait_for_bytes(struct duet_side *side, uint64_t deadline_ns, struct why *why)
{
	for (;;) {
		struct pollfd readable = { .fd = side->from, .events = POLLIN };
		uint64_t now = clock_now_ns();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
		struct timespec timeout = { (time_t)(left / 1000000000u),
			(long)(left % 1000000000u) };
		int count;

		if (interrupt_signal())
			return -EINTR;
		count = ppoll(&readable, 1, &timeout, interrupt_mask());
		if (count > 0)
			return 0;
		if (count == 0) {
			say(side, 0, why, "no answer in time");
			why_add(why, "--deadline gives it more");
			return -ETIMEDOUT;
		}
		if (errno != EINTR)
			return say(side, errno, why, "wait for its answer");
	}
}

/* What it says comes to be printed: no escape sequences for the terminal. */
static void clean(char *from, const char *end)
{
	for (; from < end; from++)
		if (((unsigned char)*from < ' ' && !(*from == '\r' && from + 1 == end)) ||
			*from == 0x7f)
			*from = '?';
}

/* Reads the next message into side->fields. */
static int hear(struct duet_side *side, uint64_t deadline_ns, struct why *why)
{
	char *end, *at;
	int got;

	memmove(side->buffer, side->buffer + side->used, side->filled - side->used);
	side->filled -= side->used;
	side->used = 0;
	while (!(end = memchr(side->buffer, '\n', side->filled))) {
		ssize_t bytes;
		int error;

		if (side->filled == PROTOCOL_LINE)
			return say(side, 0, why, "what it says has no end");
		error = wait_for_bytes(side, deadline_ns, why);
		if (error)
			return error;
		bytes = read(side->from, side->buffer + side->filled,
			PROTOCOL_LINE - side->filled);
		if (bytes == 0)
			return say_gone(side, why);
		if (bytes < 0 && errno != EINTR && errno != EAGAIN)
			return say(side, errno, why, "read its answer");
		if (bytes > 0)
			side->filled += (size_t)bytes;
	}
	side->used = (size_t)(end + 1 - side->buffer);
	at = side->buffer;
	clean(side->buffer, end);
	got = csv_record(&at, end + 1, side->fields, PROTOCOL_FIELDS);
	if (got < 1 || got > PROTOCOL_FIELDS || at != end + 1)
		return say(side, 0, why, "what it says is no message of the protocol");
	side->field_count = (size_t)got;
	return 0;
}

static int unexpected(struct duet_side *side, const char *question, struct why *why)
{
	char what[200];

	if (strcmp(side->fields[0], "error") == 0 && side->field_count > 1)
		snprintf(what, sizeof what, "%.150s", side->fields[1]);
	else
		snprintf(what, sizeof what, "to '%s' it answers '%.60s'", question,
			side->fields[0]);
	say(side, 0, why, what);
	return -EPROTO;
}

static int ask(
	struct duet_side *side, const char *const *fields, size_t count, struct why *why)
{
	return protocol_send(side->to, fields, count) ? say_gone(side, why) : 0;
}

static bool is_answer(const struct duet_side *side, const char *word)
{
	return strcmp(side->fields[0], word) == 0;
}

static int spawn(
	struct duet_side *side, const struct placement *placement, struct why *why)
{
	struct command_start start = { .side = side, .placement = placement };
	int in[2], out[2];
	int error;

	if (pipe2(in, O_CLOEXEC))
		return say(side, errno, why, "make a pipe");
	if (pipe2(out, O_CLOEXEC)) {
		error = say(side, errno, why, "make a pipe");
		close(in[0]);
		close(in[1]);
		return error;
	}
	start.in = in[0];
	start.out = out[1];
	error = child_start(side->janitor, be_command, &start, &side->child, why);
	if (!error)
		error = child_watch(&side->child, why);
	close(in[0]);
	close(out[1]);
	side->from = out[0];
	side->to = fdopen(in[1], "w");
	if (!side->to)
		close(in[1]);
	if (!error && !side->to)
		error = say(side, ENOMEM, why, "open a stream");
	return error;
}

int duet_side_start(
	struct duet_side *side, const struct placement *placement, struct why *why)
{
	side->child = (struct child) { 0, -1 };
	side->from = -1;
	side->to = NULL;
	side->filled = side->used = 0;
	side->is_known = false;
	if (!side->buffer)
		side->buffer = malloc(PROTOCOL_LINE);
	if (!side->buffer)
		return say(side, ENOMEM, why, "start it");
	return spawn(side, placement, why);
}

int duet_side_greet(struct duet_side *side, char version[64], struct why *why)
{
	int error = hear(side, clock_now_ns() + side->timeout_ns, why);

	if (error)
		return error;
	if (!is_answer(side, PROTOCOL_NAME) || side->field_count < 4)
		return say(side, 0, why,
			"it does not greet as 'ipcmark serve' does; a command of a duet is one "
			"that starts ipcmark, such as ./old/ipcmark");
	if (strtol(side->fields[1], NULL, 10) != PROTOCOL_VERSION) {
		char what[96];

		snprintf(what, sizeof what,
			"it speaks version %.16s of the protocol, this is version %d",
			side->fields[1], PROTOCOL_VERSION);
		return say(side, 0, why, what);
	}
	side->is_known = true;
	snprintf(version, 64, "%.24s%s%.24s", side->fields[2],
		*side->fields[3] ? " " : "", side->fields[3]);
	return 0;
}

int duet_side_facts(struct duet_side *side, struct facts *facts, struct why *why)
{
	int error = ask(side, (const char *const[]) { "facts" }, 1, why);

	for (size_t said = 0; !error; said++) {
		if (said > FACTS_MOST)
			return say(side, 0, why, "its facts have no end");
		error = hear(side, clock_now_ns() + side->timeout_ns, why);
		if (!error && is_answer(side, "end"))
			return 0;
		if (!error && (!is_answer(side, "fact") || side->field_count != 3))
			error = unexpected(side, "facts", why);
		if (!error && strlen(side->fields[1]) < sizeof facts->items->key)
			facts_set(facts, side->fields[1], "%s", side->fields[2]);
	}
	return error;
}

int duet_side_launch(struct duet_side *side, const char *const *fields, size_t count,
	uint64_t warm_up_ns, char ready[256], bool *is_refused, struct why *why)
{
	int error = ask(side, fields, count, why);

	*is_refused = false;
	if (!error)
		error = hear(side, clock_now_ns() + 2 * side->timeout_ns + 4 * warm_up_ns,
			why);
	if (error)
		return error;
	if (is_answer(side, "refused") && side->field_count == 2) {
		*is_refused = true;
		why_say(why, 0, "%s", side->fields[1]);
		return 0;
	}
	if (!is_answer(side, "ready") || side->field_count != 5)
		return unexpected(side, "launch", why);
	snprintf(ready, 256, "%s %s of %s B, payload %s", side->fields[1],
		side->fields[2], side->fields[3],
		*side->fields[4] ? side->fields[4] : "none");
	return 0;
}

int duet_side_slice(struct duet_side *side, size_t index, unsigned number,
	uint64_t slice_ns, double *value, bool *is_failed, struct why *why)
{
	char texts[2][24];
	int error;

	snprintf(texts[0], sizeof texts[0], "%zu", index);
	snprintf(texts[1], sizeof texts[1], "%u", number);
	error = ask(side, (const char *const[]) { "slice", texts[0], texts[1] }, 3, why);
	if (!error)
		error = hear(
			side, clock_now_ns() + 2 * side->timeout_ns + 4 * slice_ns, why);
	if (error)
		return error;
	*value = NAN;
	*is_failed = is_answer(side, "failed");
	if (*is_failed)
		return 0;
	if (!is_answer(side, "done") || side->field_count != 2)
		return unexpected(side, "slice", why);
	if (*side->fields[1])
		*value = strtod(side->fields[1], NULL);
	return 0;
}

/* The header and one record, as a table that results/ reads. */
static int read_row(struct duet_side *side, const char *columns, struct result_row *row,
	struct why *why)
{
	char *text = NULL;
	size_t length = 0, count = 0;
	void *read = NULL;
	FILE *out = open_memstream(&text, &length);
	struct why inner = { "" };
	int error;

	if (!out)
		return say(side, ENOMEM, why, "read a row");
	fputs(columns, out);
	(void)protocol_send(
		out, (const char *const *)side->fields + 1, side->field_count - 1);
	if (fclose(out)) {
		free(text);
		return say(side, ENOMEM, why, "read a row");
	}
	error = csv_table(&result_table, text, length, &read, &count, &inner);
	if (!error && count == 1)
		memcpy(row, read, sizeof *row);
	else
		error = say(
			side, 0, why, inner.text[0] ? inner.text : "a row that is none");
	free(read);
	free(text);
	return error;
}

static int keep_columns(struct duet_side *side, char **columns, struct why *why)
{
	size_t length = 0;
	FILE *out;

	if (*columns)
		return unexpected(side, "rows", why);
	out = open_memstream(columns, &length);
	if (!out)
		return say(side, ENOMEM, why, "read its rows");
	(void)protocol_send(
		out, (const char *const *)side->fields + 1, side->field_count - 1);
	return fclose(out) ? say(side, ENOMEM, why, "read its rows") : 0;
}

int duet_side_rows(struct duet_side *side, struct result_row *rows, size_t most,
	size_t *count, struct why *why)
{
	char *columns = NULL;
	int error = ask(side, (const char *const[]) { "rows" }, 1, why);

	*count = 0;
	while (!error) {
		error = hear(side, clock_now_ns() + side->timeout_ns, why);
		if (error || is_answer(side, "end"))
			break;
		if (is_answer(side, "columns") && side->field_count > 1)
			error = keep_columns(side, &columns, why);
		else if (is_answer(side, "row") && side->field_count > 1 && columns &&
			 *count < most)
			error = read_row(side, columns, &rows[(*count)++], why);
		else
			error = unexpected(side, "rows", why);
	}
	free(columns);
	return error;
}

void duet_side_stop(struct duet_side *side)
{
	struct pollfd gone = { .fd = side->child.pidfd, .events = POLLIN };

	if (side->to)
		fclose(side->to);
	side->to = NULL;
	if (side->child.pid > 0) {
		while (side->is_known && poll(&gone, 1, GOODBYE_MS) < 0 && errno == EINTR)
			;
		/* Whatever the shell started is in its group. */
		kill(-side->child.pid, SIGKILL);
		child_end(side->janitor, &side->child);
	}
	if (side->from >= 0)
		close(side->from);
	side->from = -1;
	free(side->buffer);
	side->buffer = NULL;
}
