#include "harness/memory_cost.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "harness/memory_crowd.h"
#include "harness/memory_use.h"

#define ROUNDS     7u
#define MIDDLE     3u /* of them; the rest are the least and the greatest */
#define CROWDS     (2 * ROUNDS + 1)
#define TRIES      3u /* of all rounds, while other processes disturb them */
#define MOST       2000u /* channels */
#define REST_BYTES ((int64_t)96 << 20) /* what all channels may have at rest... */
#define FILL_BYTES ((int64_t)96 << 20) /* ...and what may be written into them */
#define SHARE      8 /* of the memory that is available, at most */

/* A value is one when the rounds are no further apart than this, a share of it or so many
 * bytes a channel. */
#define NOISE_SHARE 0.15
#define NOISE_BYTES 256.0

/* What was freed a moment ago must be gone: objects that find a place in slabs which are
 * there would cost nothing. */
#define CALM_NS      20000000u
#define CALM_MOST_NS 400000000u

/* --- does this system tell?
 * ---------------------------------------------------------------- */

#define TRIALS      15
#define TRIAL_PIPES 128
#define TRIAL_BYTES 4096

/* Fills pipes with what is known and looks whether the system has so much less. Pages of
 * pipes stand in no counter of their own, so this is what may go unseen: in a sandbox
 * whose /proc/meminfo is made up, or made from a limit that does not count them. */
static int fill_pipes(int fds[TRIAL_PIPES][2], int64_t *filled, struct why *why)
{
	static const unsigned char bytes[TRIAL_BYTES];

	for (size_t i = 0; i < TRIAL_PIPES; i++) {
		ssize_t sent;

		if (pipe2(fds[i], O_CLOEXEC | O_NONBLOCK)) {
			fds[i][0] = fds[i][1] = -1;
			return why_say(why, errno, "make a pipe to try /proc/meminfo");
		}
		while ((sent = write(fds[i][1], bytes, sizeof bytes)) > 0)
			*filled += sent;
	}
	return 0;
}

static int try_once(int64_t *filled, int64_t *seen, struct why *why)
{
	struct memory_system before, after = { 0 };
	int fds[TRIAL_PIPES][2];
	int error;

	memset(fds, -1, sizeof fds);
	*filled = *seen = 0;
	error = memory_system(&before, why);
	if (!error)
		error = fill_pipes(fds, filled, why);
	if (!error)
		error = memory_system(&after, why);
	for (size_t i = 0; i < TRIAL_PIPES; i++)
		for (int end = 0; end < 2; end++)
			if (fds[i][end] >= 0)
				close(fds[i][end]);
	if (!error)
		*seen = after.kernel - before.kernel;
	return error;
}

/* Other processes may hide it once. */
static bool tells_of_pages(struct why *doubt)
{
	char words[2][TEXT_QUANTITY];
	int64_t filled = 0, seen = 0;

	for (int i = 0; i < TRIALS; i++) {
		if (try_once(&filled, &seen, doubt))
			return false;
		if (llabs(seen - filled) < filled / 4)
			return true;
	}
	why_say(doubt, 0,
		"/proc/meminfo is no measure of what is filled: of %s in pipes it shows %s",
		text_bytes((double)filled, words[0]), text_bytes((double)seen, words[1]));
	return false;
}

/* --- rounds
 * -------------------------------------------------------------------------------- */

/* Sorted, and what is in the middle of them. */
struct rounds {
	double values[ROUNDS];
};

struct search {
	struct crowd_spec crowd;
	struct crowd
		*open[CROWDS]; /* all stay until the end, or their places would be free */
	size_t open_count;
	struct rounds rest, used, faults;
	struct memory_cost *found;
};

static void await_calm(void)
{
	uint64_t start = clock_now_ns(), since = start;
	struct memory_system now, least;
	const struct timespec pause = { .tv_nsec = 2000000 };

	if (memory_system(&least, NULL))
		return;
	while (clock_now_ns() - since < CALM_NS &&
		clock_now_ns() - start < CALM_MOST_NS) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		if (memory_system(&now, NULL))
			return;
		if (now.objects < least.objects) {
			least = now;
			since = clock_now_ns();
		}
	}
}

/* Adds a crowd; `bytes` is what it takes of the system and of its processes. */
static int add_crowd(struct search *search, size_t count, double *bytes, struct why *why)
{
	struct memory_system before, after;
	struct crowd *crowd = NULL;
	int error = memory_system(&before, why);

	if (!error)
		error = crowd_open(&search->crowd, count, &crowd, why);
	if (error)
		return error;
	search->open[search->open_count++] = crowd;
	error = memory_system(&after, why);
	*bytes = (double)(after.objects - before.objects + crowd_bytes(crowd));
	return error;
}

static void close_all(struct search *search)
{
	while (search->open_count)
		crowd_close(search->open[--search->open_count]);
}

/* What filling the last crowd takes, of one channel. */
static int fill_last(struct search *search, double *bytes, struct why *why)
{
	struct crowd *crowd = search->open[search->open_count - 1];
	struct memory_system before, after;
	int64_t own = crowd_bytes(crowd);
	size_t filled = 0;
	int error = memory_system(&before, why);

	if (!error)
		error = crowd_fill(crowd, &filled, why);
	if (!error)
		error = memory_system(&after, why);
	*bytes = filled && !error ? (double)(after.kernel - before.kernel + after.shared -
					     before.shared + crowd_bytes(crowd) - own) /
					    (double)filled
				  : NAN;
	return error;
}

/* An empty crowd and one of `count`, whichever first. */
static int run_round(struct search *search, size_t count, unsigned round, struct why *why)
{
	double bytes[2], faults[2];
	int error = 0;

	for (unsigned turn = 0; turn < 2 && !error; turn++) {
		bool is_full = (round + turn) % 2;

		error = add_crowd(search, is_full ? count : 0, &bytes[is_full], why);
		if (error)
			return error;
		faults[is_full] = (double)crowd_faults(
			search->open[search->open_count - 1]);
		if (is_full)
			error = fill_last(search, &search->used.values[round], why);
	}
	search->rest.values[round] = (bytes[1] - bytes[0]) / (double)count;
	search->faults.values[round] = (faults[1] - faults[0]) / (double)count;
	return error;
}

/* All rounds with `count` channels each, after a crowd that takes what places are free.
 */
static int run_rounds(struct search *search, size_t count, struct why *why)
{
	double bytes;
	int error;

	search->crowd.room = count;
	await_calm();
	error = add_crowd(search, count, &bytes, why);
	for (unsigned round = 0; round < ROUNDS && !error; round++)
		error = run_round(search, count, round, why);
	close_all(search);
	return error;
}

/* How many channels a round shall have, by what memory allows. */
static int find_count(struct search *search, size_t *count, struct why *why)
{
	int64_t available = memory_available() / SHARE;
	int64_t most = available > 0 && available < REST_BYTES ? available : REST_BYTES;
	double bytes[2];
	int error;

	search->crowd.room = 1;
	search->crowd.fill_bytes = (uint64_t)(most < FILL_BYTES ? most : FILL_BYTES) /
				   ROUNDS;
	error = add_crowd(search, 0, &bytes[0], why);
	if (!error)
		error = add_crowd(search, 1, &bytes[1], why);
	close_all(search);
	*count = MOST / (ROUNDS + 1);
	if (!error && bytes[1] - bytes[0] > (double)most / MOST)
		*count = (size_t)((double)most / (bytes[1] - bytes[0])) / (ROUNDS + 1);
	if (!*count)
		*count = 1;
	return error;
}

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The mean of those in the middle; `noise` is how far they are from it. A round that an
 * outsider disturbed is the least or the greatest. */
static double middle(struct rounds *rounds, double *noise)
{
	const double *values = rounds->values + (ROUNDS - MIDDLE) / 2;
	double sum = 0;

	qsort(rounds->values, ROUNDS, sizeof rounds->values[0], by_size);
	for (size_t i = 0; i < MIDDLE; i++)
		sum += values[i];
	*noise = (values[MIDDLE - 1] - values[0]) / 2;
	return sum / MIDDLE;
}

static bool is_steady(double value, double noise)
{
	return noise <= NOISE_BYTES || noise <= NOISE_SHARE * value;
}

static void say_noisy(struct why *doubt, const char *what, double value, double noise)
{
	char words[2][TEXT_QUANTITY];

	why_say(doubt, 0,
		"other processes move the memory of this system too much: a channel %s seems to "
		"take %s, give or take %s",
		what, text_bytes(value, words[0]), text_bytes(noise, words[1]));
}

static const struct memory_cost unknown = {
	.rest_bytes = NAN, .used_bytes = NAN, .noise_bytes = NAN, .faults = NAN
};

/* False where other processes disturbed the rounds. */
static bool conclude(struct search *search, size_t count, struct memory_cost *found)
{
	double rest_noise, used_noise;
	double rest = middle(&search->rest, &rest_noise);
	double used = middle(&search->used, &used_noise);

	*found = unknown;
	found->channels = count * ROUNDS;
	found->noise_bytes = rest_noise;
	found->faults = middle(&search->faults, &(double) { 0 });
	if (!is_steady(rest, rest_noise)) {
		say_noisy(&found->doubt, "at rest", rest, rest_noise);
		return false;
	}
	found->rest_bytes = rest > 0 ? rest : 0;
	if (!search->crowd.pair->mechanism->offer)
		return true;
	if (!is_steady(rest + used, used_noise)) {
		say_noisy(&found->used_doubt, "that is filled", rest + used, used_noise);
		return false;
	}
	if (tells_of_pages(&found->used_doubt))
		found->used_bytes = found->rest_bytes + (used > 0 ? used : 0);
	return true;
}

/* The rounds, and once more while they are disturbed: what they found first stays, unless
 * a later try finds more. */
static int try_rounds(struct search *search, size_t count, struct why *why)
{
	bool is_calm = false;

	for (unsigned attempt = 0; attempt < TRIES && !is_calm; attempt++) {
		struct memory_cost found;
		int error = run_rounds(search, count, why);

		if (error && attempt && error != -EINTR && error != -ECHILD) {
			why_clear(why);
			return 0;
		}
		if (error)
			return error;
		is_calm = conclude(search, count, &found);
		if (!attempt || is_calm || isnan(search->found->rest_bytes))
			*search->found = found;
	}
	return 0;
}

/* As many descriptors as this user may have; returns what to go back to. */
static struct rlimit raise_descriptors(void)
{
	struct rlimit before, most;

	getrlimit(RLIMIT_NOFILE, &before);
	most = before;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	return before;
}

/* A limit that is met ends a try; half as many may be within it. */
static int search_all(struct search *search, struct why *why)
{
	size_t count;
	int error = find_count(search, &count, why);

	if (error)
		return error;
	do {
		why_clear(why);
		error = try_rounds(search, count, why);
		count /= 2;
	} while (error && error != -EINTR && error != -ETIMEDOUT && error != -ECHILD &&
		 count);
	if (error && error != -EINTR && error != -ETIMEDOUT && error != -ECHILD) {
		why_say(&search->found->doubt, 0,
			"%u channels at once cannot be made: %s", ROUNDS + 1, why->text);
		error = 0;
	}
	return error;
}

int memory_cost_find(const struct pair_context *context, const struct pair_spec *spec,
	size_t size, uint64_t deadline_ns, struct memory_cost *found, struct why *why)
{
	struct search search = { .found = found,
		.crowd = { .context = context,
			.pair = spec,
			.size = size,
			.deadline_ns = deadline_ns } };
	struct rlimit before = raise_descriptors();
	int error;

	*found = unknown;
	error = search_all(&search, why);
	setrlimit(RLIMIT_NOFILE, &before);
	return error;
}
