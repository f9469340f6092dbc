#include "conformance/needs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/check.h"
#include "harness/base/random.h"
#include "harness/base/text.h"

static int root(void)
{
	return geteuid() == 0 ? 0 : -EPERM;
}

static int proc(void)
{
	char text[16];

	return text_file("/proc/self/stat", text, sizeof text) == -ENOENT ? -ENOENT : 0;
}

static int two_cpus(void)
{
	cpu_set_t cpus;

	/* More CPUs than the set holds are more than two. */
	if (sched_getaffinity(0, sizeof cpus, &cpus))
		return errno == EINVAL ? 0 : -errno;
	return CPU_COUNT(&cpus) >= 2 ? 0 : -ENODEV;
}

/* A key at which there is nothing says ENOENT where there is such a thing at all. */
static int sysv(int got)
{
	return got < 0 && errno == ENOSYS ? -ENOSYS : 0;
}

static int sysv_shm(void)
{
	return sysv(shmget((key_t)random_secret() | 1, 1, 0));
}

static int sysv_sem(void)
{
	return sysv(semget((key_t)random_secret() | 1, 1, 0));
}

static int sysv_msg(void)
{
	return sysv(msgget((key_t)random_secret() | 1, 0));
}

static int posix_mq(void)
{
	char name[LEDGER_NAME];

	snprintf(name, sizeof name, "/ipcmark-%016llx",
		(unsigned long long)random_secret());
	return mq_open(name, O_RDONLY) < 0 && errno == ENOSYS ? -ENOSYS : 0;
}

/* Named semaphores live there too. */
static int posix_shm(void)
{
	char name[LEDGER_NAME];
	int fd;

	snprintf(name, sizeof name, "/ipcmark-%016llx",
		(unsigned long long)random_secret());
	fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	shm_unlink(name);
	return 0;
}

static int descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
			       limit.rlim_cur < NEEDED_DESCRIPTORS
		       ? -EMFILE
		       : 0;
}

static int huge_pages(void)
{
	return text_file_number("/sys/kernel/mm/hugepages/hugepages-2048kB/"
				"free_hugepages",
		       0) > 0
		       ? 0
		       : -ENOMEM;
}

/* A new network namespace lets one bind to an interface that is down, but not connect. */
static int reach_loopback(int family, const void *address, socklen_t length)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;
	union {
		struct sockaddr any;
		struct sockaddr_in6 largest;
	} own;

	if (fd < 0)
		return -errno;
	if (bind(fd, address, length) || getsockname(fd, &own.any, &length) ||
		connect(fd, &own.any, length))
		error = -errno;
	close(fd);
	return error;
}

static int ipv4(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	return reach_loopback(AF_INET, &address, sizeof address);
}

static int ipv6(void)
{
	const struct sockaddr_in6 address = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };

	return reach_loopback(AF_INET6, &address, sizeof address);
}

/* In a child, which keeps what it got to itself. */
static int in_child(int (*try)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(try() ? errno & 0x7f : 0);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

static int become_fifo(void)
{
	const struct sched_param lowest = { .sched_priority = sched_get_priority_min(
						    SCHED_FIFO) };

	/* Raw: in musl the function only says that it is not there. */
	return (int)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &lowest);
}

static int fifo_sched(void)
{
	return in_child(become_fifo);
}

static int unshare_ipc(void)
{
	if (access("/proc/self/ns/ipc", F_OK))
		return -1;
	return unshare(CLONE_NEWIPC | (geteuid() ? CLONE_NEWUSER : 0));
}

static int namespaces(void)
{
	return in_child(unshare_ipc);
}

static const struct {
	const char *name, *says;
	int (*test)(void);
} needs[NEEDS] = {
	{ "root", "needs root, to become another user", root },
	{ "/proc", "needs /proc", proc },
	{ "2 CPUs", "needs two CPUs", two_cpus },
	{ "SysV shm", "needs System V shared memory", sysv_shm },
	{ "SysV sem", "needs System V semaphores", sysv_sem },
	{ "SysV msg", "needs System V message queues", sysv_msg },
	{ "POSIX mq", "needs POSIX message queues", posix_mq },
	{ "huge pages", "needs a free huge page (vm.nr_hugepages)", huge_pages },
	{ "IPv4", "needs the IPv4 loopback interface", ipv4 },
	{ "IPv6", "needs the IPv6 loopback interface", ipv6 },
	{ "SCHED_FIFO", "needs leave to use SCHED_FIFO", fifo_sched },
	{ "namespaces", "needs leave to make namespaces, and /proc", namespaces },
	{ "POSIX shm", "needs a place for named shared memory (/dev/shm)", posix_shm },
	{ "descriptors", "needs 128 descriptors (ulimit -n)", descriptors },
};

int needs_met(unsigned mask, struct why *why)
{
	static int answers[NEEDS];
	static bool is_asked[NEEDS]; /* once */

	for (int i = 0; i < NEEDS; i++) {
		if (!(mask & 1u << i))
			continue;
		if (!is_asked[i])
			answers[i] = needs[i].test();
		is_asked[i] = true;
		if (answers[i] == -ENOSYS)
			return why_say(why, ENOSYS, "%s", needs[i].says);
		if (answers[i]) {
			why_say(why, 0, "%s", needs[i].says);
			return answers[i];
		}
	}
	return 0;
}

char *need_words(unsigned mask, const char *separator, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (int i = 0; i < NEEDS; i++)
		if (mask & 1u << i && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
				used ? separator : "", needs[i].name);
	return text;
}
