/* Streams where the system does less than it was asked for: writes that are cut short,
 * calls that are interrupted; and a peer that goes away, which whoever stays must notice
 * at its own end. */
#include "ground_helper.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "mechanisms/descriptor.h"

/* --- a system that does less -----------------------------------------------------------
 */

#define MOST 777 /* bytes a call */

/* While a side is in an operation of its row; the counts are shared with the test. */
static bool is_hindered;
static struct {
	futex_word cut, interrupted;
} * hindered;
static const struct mechanism *base;

/* Every third call is interrupted before it has done anything; others do a part. */
static bool hinder(size_t *size)
{
	static unsigned calls;

	if (!is_hindered || !*size)
		return false;
	if (++calls % 3 == 0) {
		atomic_fetch_add(&hindered->interrupted, 1);
		errno = EINTR;
		return true;
	}
	if (*size > 1) {
		*size = *size > MOST ? MOST : (*size + 1) / 2;
		atomic_fetch_add(&hindered->cut, 1);
	}
	return false;
}

/* These stand before those of the C library, whose parameters have other names.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
ssize_t write(int fd, const void *bytes, size_t size)
{
	return hinder(&size) ? -1 : syscall(SYS_write, fd, bytes, size);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	return hinder(&size) ? -1 : syscall(SYS_read, fd, bytes, size);
}

ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t size, unsigned flags)
{
	return hinder(&size) ? -1
			     : syscall(SYS_splice, in, in_at, out, out_at, size, flags);
}

ssize_t vmsplice(int fd, const struct iovec *parts, size_t count, unsigned flags)
{
	struct iovec part = parts[0];

	if (count == 1 && hinder(&part.iov_len))
		return -1;
	return syscall(SYS_vmsplice, fd, count == 1 ? &part : parts, count, flags);
}

ssize_t sendfile(int out, int in, off_t *at, size_t size)
{
	return hinder(&size) ? -1 : syscall(SYS_sendfile, out, in, at, size);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static int hindered_send(struct channel *channel, size_t size)
{
	int error;

	is_hindered = true;
	error = base->send(channel, size);
	is_hindered = false;
	return error;
}

static int hindered_recv(
	struct channel *channel, size_t size, const void **rx, size_t *len)
{
	int error;

	is_hindered = true;
	error = base->recv(channel, size, rx, len);
	is_hindered = false;
	return error;
}

/* What the row leaves to the kernel cannot be hindered from here. There non-blocking ends
 * do less: a full one takes a part, or says EAGAIN. */
static int unblocked_attach(struct channel *channel)
{
	const int *pairs = channel->shared; /* both tx, both rx */
	int tx = pairs[channel->side], rx = pairs[2 + channel->side];
	int error = base->attach(channel);

	if (fcntl(tx, F_SETFL, O_NONBLOCK) || fcntl(rx, F_SETFL, O_NONBLOCK))
		return why_say(channel->why, errno, "set O_NONBLOCK");
	return error;
}

static void carry(const struct mechanism *mechanism, size_t size)
{
	struct pair_spec spec = spec_of(mechanism, -1, -1, size);
	struct slice slice = slice_of(TEST_THROUGHPUT, size, MS);
	struct pair *pair = NULL;

	why_clear(&why);
	if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why) ||
		pair_slice(pair, &slice, from_now(PATIENCE), &why))
		fail_msg("%s, %zu bytes: %s", mechanism->name, size, why.text);
	slice.kind = SLICE_LATENCY;
	if (pair_slice(pair, &slice, from_now(PATIENCE), &why))
		fail_msg("%s, %zu bytes: %s", mechanism->name, size, why.text);
	pair_stop(pair);
}

static void what_is_cut_short_goes_on(void **state)
{
	static const size_t sizes[] = { 1, 2, 1000, 70000 };
	unsigned rows = 0;

	(void)state;
	hindered = shared_memory(sizeof *hindered);
	for (size_t i = 0; i < mechanism_count; i++) {
		struct mechanism row = *mechanisms[i];

		/* A cut message is an error of who cut it. */
		if (!(row.caps & CAP_PAYLOAD) || row.work ||
			(row.caps & (CAP_BOUNDARIES | CAP_INPLACE)) ||
			!is_usable(&ground.context, mechanisms[i]))
			continue;
		base = mechanisms[i];
		call_operations(&row);
		row.send = hindered_send;
		row.recv = hindered_recv;
		atomic_store(&hindered->cut, 0);
		atomic_store(&hindered->interrupted, 0);
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
			carry(&row, sizes[s]);
		rows += hindered->cut > 100 && hindered->interrupted > 100;
	}
	/* Pipes, sockets, pages of files: whose calls could be cut at all. */
	assert_in_range(rows, 10, mechanism_count);
}

static void what_a_ring_cuts_short_goes_on(void **state)
{
	static const char *const names[] = { "io_uring_pipe", "io_uring_socket" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct mechanism row = *mechanism_find(names[i]);

		base = mechanism_find(names[i]);
		if (!is_usable(&ground.context, base))
			continue;
		row.attach = unblocked_attach;
		carry(&row, 1 << 20);
	}
}

/* --- bytes that nobody reads
 * ------------------------------------------------------------
 */

/* What floor_splice drops cannot be verified, but it can be counted: the sides take
 * turns, and the pipe holds what one call has sent, and nothing when the other has
 * dropped it. */
static struct {
	futex_word sent, dropped;
} * turns;

static int assert_holds(const struct channel *channel, size_t size)
{
	const struct descriptor_own *ends = channel->own; /* its first member */
	int bytes = -1;

	if (ioctl(ends->rx, FIONREAD, &bytes) || (size_t)bytes != size)
		return why_say(channel->why, EBADMSG, "%d bytes in the pipe, and not %zu",
			bytes, size);
	return 0;
}

static int counted_work(struct channel *channel, size_t size, uint64_t count)
{
	static uint32_t calls;
	int error = 0;

	if (channel->side == 0) {
		(void)await_count(&turns->dropped, calls++);
	} else {
		(void)await_count(&turns->sent, ++calls);
		error = assert_holds(channel, size * (size_t)count);
	}
	is_hindered = true;
	if (!error)
		error = base->work(channel, size, count);
	is_hindered = false;
	if (channel->side == 1 && !error)
		error = assert_holds(channel, 0);
	count_up(channel->side == 0 ? &turns->sent : &turns->dropped);
	return error;
}

static void what_is_dropped_is_counted(void **state)
{
	static const size_t sizes[] = { 1, 2, 1000, 5000 };
	struct mechanism row = *mechanism_find("floor_splice");

	(void)state;
	base = mechanism_find("floor_splice");
	if (!is_usable(&ground.context, base))
		skip();
	hindered = shared_memory(sizeof *hindered);
	turns = shared_memory(sizeof *turns);
	row.work = counted_work;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct pair_spec spec = spec_of(&row, -1, -1, sizes[i]);
		struct slice slice = slice_of(TEST_THROUGHPUT, sizes[i], MS);
		struct pair *pair = NULL;

		atomic_store(&turns->sent, 0);
		atomic_store(&turns->dropped, 0);
		slice.batch = 2;
		spec.settings[0] = 256 << 10; /* a page for each part of two messages */
		why_clear(&why);
		if (pair_start(&ground.context, &spec, from_now(PATIENCE), &pair, &why) ||
			pair_slice(pair, &slice, from_now(PATIENCE), &why))
			fail_msg("%zu bytes: %s", sizes[i], why.text);
		pair_stop(pair);
	}
	assert_true(hindered->cut > 10 && hindered->interrupted > 10);
	munmap(turns, sizeof *turns);
	munmap(hindered, sizeof *hindered);
}

/* --- a peer that goes away -------------------------------------------------------------
 */

#define SMALL 4096

struct scene {
	const struct mechanism *mechanism;
	bool sends; /* who stays; else it receives */
	futex_word attached, gone;
};
static struct scene *scene;

static int make_channel(struct channel *channel, struct why *words)
{
	const struct mechanism *mechanism = scene->mechanism;

	*channel = (struct channel) { .mechanism = mechanism,
		.shared = shared_memory(mechanism->shared_size),
		.own = calloc(1, mechanism->own_size),
		.tx = calloc(1, SMALL),
		.rx = calloc(1, SMALL),
		.size_max = SMALL,
		.directory = ground.janitor.directory,
		.ledger = ground.janitor.ledger,
		.why = words };
	assert_non_null(channel->own);
	mechanism_defaults(mechanism, channel->settings);
	return mechanism->create(channel);
}

static int take_part(struct channel *channel, unsigned side)
{
	const struct mechanism *mechanism = scene->mechanism;
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	channel->side = side;
	error = mechanism->attach(channel);
	count_up(&scene->attached);
	if (!await_count(&scene->attached, 2))
		return -ETIMEDOUT;
	return !error && mechanism->ready ? mechanism->ready(channel) : error;
}

static _Noreturn void leave(struct channel *channel)
{
	int error = take_part(channel, 1);

	scene->mechanism->detach(channel);
	count_up(&scene->gone);
	_exit(-error);
}

/* Until an operation fails; what then is the error. */
static _Noreturn void stay(struct channel *channel)
{
	const struct mechanism *mechanism = scene->mechanism;
	int error = take_part(channel, 0);

	if (!await_count(&scene->gone, 1))
		error = -ETIMEDOUT;
	for (unsigned i = 0; i < 100000 && !error; i++) {
		const void *rx;
		size_t len;

		error = scene->sends ? mechanism->send(channel, channel->size_max)
				     : mechanism->recv(channel, SMALL, &rx, &len);
	}
	mechanism->detach(channel);
	_exit(-error);
}

/* Like the harness: the parent makes the channel, and lets go when both have theirs. */
static int play(struct why *words)
{
	const struct mechanism *mechanism = scene->mechanism;
	struct channel channel;
	int status[2] = { 0 }, error = make_channel(&channel, words);
	pid_t pids[2];

	if (error)
		return error;
	for (unsigned side = 0; side < 2; side++) {
		pids[side] = fork();
		if (pids[side] == 0 && side == 0)
			stay(&channel);
		if (pids[side] == 0)
			leave(&channel);
	}
	/* What hangs is ended with this process. */
	alarm((unsigned)(PATIENCE / S));
	(void)await_count(&scene->attached, 2);
	mechanism->detach(&channel);
	for (unsigned side = 0; side < 2; side++)
		waitpid(pids[side], &status[side], 0);
	if (mechanism->remove)
		mechanism->remove(&channel);
	if (status[1])
		return why_say(words, EPROTO, "who leaves: status %#x", status[1]);
	if (!WIFEXITED(status[0]) ||
		(WEXITSTATUS(status[0]) != EPIPE && WEXITSTATUS(status[0]) != ECONNRESET))
		return why_say(words, EPROTO, "who stays: status %#x", status[0]);
	return 0;
}

static void assert_noticed(const struct mechanism *mechanism, bool sends)
{
	int error;

	scene->mechanism = mechanism;
	scene->sends = sends;
	scene->attached = scene->gone = 0;
	why_clear(&why);
	error = in_child(play, &why);
	if (error)
		fail_msg("%s, %s: error %d: %s", mechanism->name,
			sends ? "sending" : "receiving", error, why.text);
}

/* Pipes and connections end with their peer; what is without connection does not, nor
 * does a queue, nor what a library opens again by itself. */
static bool has_an_end(const struct mechanism *mechanism)
{
	static const char *const without[] = { "unix_dgram", "udp", "udp_connected",
		"posix_mq" };

	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
		if (mechanism == mechanism_find(without[i]))
			return false;
	return (mechanism->caps & CAP_PAYLOAD) && (mechanism->caps & CAP_POLLABLE) &&
	       strcmp(mechanism->family, "library");
}

static void the_end_of_the_peer_is_noticed(void **state)
{
	unsigned rows = 0;

	(void)state;
	scene = shared_memory(sizeof *scene);
	for (size_t i = 0; i < mechanism_count; i++) {
		if (!has_an_end(mechanisms[i]) ||
			!is_usable(&ground.context, mechanisms[i]))
			continue;
		rows++;
		assert_noticed(mechanisms[i], false);
		/* A row with memory of its own may wait for that before it sends. */
		if (!mechanisms[i]->reserve)
			assert_noticed(mechanisms[i], true);
	}
	assert_true(rows >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cut_short_goes_on),
		cmocka_unit_test(what_a_ring_cuts_short_goes_on),
		cmocka_unit_test(what_is_dropped_is_counted),
		cmocka_unit_test(the_end_of_the_peer_is_noticed),
	};

	return cmocka_run_group_tests(tests, set_up_ground, tear_down_ground);
}
