#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "harness/base/futex.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/base/sysv.h"

pid_t scene_fork(struct scene *scene)
{
	pid_t parent = getpid();
	pid_t pid = SETUP(scene, fork());

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	return pid;
}

void scene_end(struct scene *scene, pid_t pid)
{
	(void)scene;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void scene_become_nobody(struct scene *scene)
{
	/* A number that hardly anybody has, so that limits per user count from 0. */
	uid_t user = (uid_t)(0x20000000u + (random_secret() & 0x0fffffffu));

	if (geteuid() != 0)
		SKIP(scene, "needs root, to become another user");
	SETUP(scene, setgroups(0, NULL));
	if (setresgid(user, user, user) && errno == EINVAL)
		SKIP(scene, "this user namespace has no other user");
	SETUP(scene, setresgid(user, user, user));
	SETUP(scene, setresuid(user, user, user));
	/* Changing the user makes a process undumpable, and its /proc unreadable. */
	SETUP(scene, prctl(PR_SET_DUMPABLE, 1));
	SETUP(scene, prctl(PR_SET_PDEATHSIG, SIGKILL));
}

void scene_need_ids(struct scene *scene, uid_t user, gid_t group)
{
	int end[2], got, error;

	/* A number that is not mapped is refused before anybody asks about rights. */
	SETUP(scene, pipe(end));
	got = fchown(end[0], user, group);
	error = errno;
	close(end[0]);
	close(end[1]);
	if (got < 0 && error == EINVAL)
		SKIP(scene, "this user namespace has no user %u or no group %u", user,
			group);
}

void scene_open(struct scene *scene, int gate)
{
	atomic_store(&scene->common->gates[gate], 1);
	futex_wake(&scene->common->gates[gate], INT_MAX);
}

void scene_wait(struct scene *scene, int gate)
{
	while (!atomic_load(&scene->common->gates[gate]))
		futex_wait(&scene->common->gates[gate], 0, -1);
}

void *scene_memory(struct scene *scene, size_t size)
{
	return SETUP_POINTER(scene, memory_shared(size));
}

void scene_name(struct scene *scene, enum ledger_kind kind, char name[LEDGER_NAME])
{
	struct why why = { "" };

	if (ledger_name(scene->ledger, kind, name, &why))
		BROKEN(scene, "%s", why.text);
}

int scene_sysv(struct scene *scene, enum ledger_kind kind, size_t size)
{
	struct why why = { "" };
	int id = -1;
	int error = ledger_sysv(scene->ledger, kind, size, &id, &why);

	errno = -error;
	/* The words of the ledger name the limits. */
	if (error)
		note(scene, "%s", why.text);
	return SETUP(scene, error ? -1 : id);
}

void scene_adopt_sysv(struct scene *scene, enum ledger_kind kind, int id)
{
	struct why why = { "" };

	if (ledger_adopt_sysv(scene->ledger, kind, id, &why))
		BROKEN(scene, "%s", why.text);
}

key_t scene_key(struct scene *scene, enum ledger_kind kind)
{
	key_t key = 0;

	SETUP_CODE(scene, -sysv_key(ledger_sysv_kind(kind), &key));
	return key;
}

static volatile sig_atomic_t caught[NSIG];

static void count(int signal)
{
	caught[signal]++;
}

void scene_catch(struct scene *scene, int signal, int flags)
{
	struct sigaction action = { .sa_handler = count, .sa_flags = flags };

	caught[signal] = 0;
	SETUP(scene, sigaction(signal, &action, NULL));
}

int scene_caught(int signal)
{
	return (int)caught[signal];
}

void scene_pipe(struct scene *scene, int end[2])
{
	SETUP(scene, pipe(end));
}

void scene_nonblock(struct scene *scene, int fd, bool is_nonblocking)
{
	int flags = SETUP(scene, fcntl(fd, F_GETFL));

	SETUP(scene, fcntl(fd, F_SETFL,
			     is_nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int64_t scene_fill(struct scene *scene, int fd, size_t chunk)
{
	static const char zeros[65536];
	int flags = SETUP(scene, fcntl(fd, F_GETFL));
	int64_t filled = 0;
	ssize_t got;

	if (chunk > sizeof zeros)
		BROKEN(scene, "fill by chunks of %zu bytes", chunk);
	SETUP(scene, fcntl(fd, F_SETFL, flags | O_NONBLOCK));
	while ((got = write(fd, zeros, chunk)) > 0)
		filled += got;
	if (errno != EAGAIN)
		SETUP(scene, got);
	SETUP(scene, fcntl(fd, F_SETFL, flags));
	return filled;
}
