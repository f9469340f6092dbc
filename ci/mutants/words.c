#include "ci/mutants/words.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define WORD(name)                                                                       \
	{                                                                                \
#name, name                                                              \
	}
#define CALL(name)                                                                       \
	{                                                                                \
#name, SYS_##name                                                        \
	}

static const struct word {
	const char *name;
	long value;
} words[] = {
	WORD(EPERM),
	WORD(ENOENT),
	WORD(ESRCH),
	WORD(EINTR),
	WORD(EIO),
	WORD(ENXIO),
	WORD(E2BIG),
	WORD(ENOEXEC),
	WORD(EBADF),
	WORD(ECHILD),
	WORD(EAGAIN),
	WORD(ENOMEM),
	WORD(EACCES),
	WORD(EFAULT),
	WORD(EBUSY),
	WORD(EEXIST),
	WORD(EXDEV),
	WORD(ENODEV),
	WORD(ENOTDIR),
	WORD(EISDIR),
	WORD(EINVAL),
	WORD(ENFILE),
	WORD(EMFILE),
	WORD(ENOTTY),
	WORD(ETXTBSY),
	WORD(EFBIG),
	WORD(ENOSPC),
	WORD(ESPIPE),
	WORD(EROFS),
	WORD(EMLINK),
	WORD(EPIPE),
	WORD(EDOM),
	WORD(ERANGE),
	WORD(ENAMETOOLONG),
	WORD(ENOLCK),
	WORD(ENOSYS),
	WORD(ENOTEMPTY),
	WORD(ELOOP),
	WORD(ENOMSG),
	WORD(EIDRM),
	WORD(ENODATA),
	WORD(ETIME),
	WORD(EPROTO),
	WORD(EBADMSG),
	WORD(EOVERFLOW),
	WORD(EILSEQ),
	WORD(EUSERS),
	WORD(ENOTSOCK),
	WORD(EDESTADDRREQ),
	WORD(EMSGSIZE),
	WORD(EPROTOTYPE),
	WORD(ENOPROTOOPT),
	WORD(EPROTONOSUPPORT),
	WORD(ESOCKTNOSUPPORT),
	WORD(EPFNOSUPPORT),
	WORD(EAFNOSUPPORT),
	WORD(EADDRINUSE),
	WORD(EADDRNOTAVAIL),
	WORD(ENETDOWN),
	WORD(ENETUNREACH),
	WORD(ENETRESET),
	WORD(ECONNABORTED),
	WORD(ECONNRESET),
	WORD(ENOBUFS),
	WORD(EISCONN),
	WORD(ENOTCONN),
	WORD(ESHUTDOWN),
	WORD(ETOOMANYREFS),
	WORD(ETIMEDOUT),
	WORD(ECONNREFUSED),
	WORD(EHOSTDOWN),
	WORD(EHOSTUNREACH),
	WORD(EALREADY),
	WORD(EINPROGRESS),
	WORD(ESTALE),
	WORD(EDQUOT),
	WORD(ECANCELED),
	WORD(EOWNERDEAD),
	WORD(ENOTRECOVERABLE),
	WORD(SIGHUP),
	WORD(SIGINT),
	WORD(SIGQUIT),
	WORD(SIGILL),
	WORD(SIGTRAP),
	WORD(SIGABRT),
	WORD(SIGBUS),
	WORD(SIGFPE),
	WORD(SIGKILL),
	WORD(SIGUSR1),
	WORD(SIGSEGV),
	WORD(SIGUSR2),
	WORD(SIGPIPE),
	WORD(SIGALRM),
	WORD(SIGTERM),
	WORD(SIGCHLD),
	WORD(SIGCONT),
	WORD(SIGSTOP),
	WORD(SIGTSTP),
	WORD(SIGTTIN),
	WORD(SIGTTOU),
	WORD(SIGURG),
	WORD(SIGXCPU),
	WORD(SIGXFSZ),
	WORD(SIGVTALRM),
	WORD(SIGPROF),
	WORD(SIGWINCH),
	WORD(SIGIO),
	WORD(SIGPWR),
	WORD(SIGSYS),
}, calls[] = {
	CALL(clone3),
	CALL(close_range),
	CALL(dup3),
	CALL(epoll_pwait2),
	CALL(eventfd2),
	CALL(fcntl),
	CALL(futex),
	CALL(futex_waitv),
	CALL(get_robust_list),
	CALL(gettid),
	CALL(ioctl),
	CALL(kcmp),
	CALL(kill),
	CALL(membarrier),
	CALL(memfd_create),
	CALL(mq_notify),
	CALL(mq_open),
	CALL(msgget),
	CALL(openat2),
	CALL(pidfd_getfd),
	CALL(pidfd_open),
	CALL(pidfd_send_signal),
	CALL(pipe2),
	CALL(process_vm_readv),
	CALL(process_vm_writev),
	CALL(read),
	CALL(rt_sigqueueinfo),
	CALL(rt_tgsigqueueinfo),
	CALL(sched_setattr),
	CALL(sched_setscheduler),
	CALL(semget),
	CALL(semtimedop),
	CALL(set_robust_list),
	CALL(shmget),
	CALL(signalfd4),
	CALL(splice),
	CALL(tee),
	CALL(tgkill),
	CALL(timerfd_create),
	CALL(unshare),
	CALL(userfaultfd),
	CALL(vmsplice),
	CALL(waitid),
	CALL(write),
};

static const struct word *find(const struct word *from, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(from[i].name, name) == 0)
			return &from[i];
	return NULL;
}

bool word_value(const char *text, long *value)
{
	const struct word *word = find(words, sizeof words / sizeof words[0], text);
	char *end;

	*value = word ? word->value : strtol(text, &end, 0);
	return word || (end != text && !*end);
}

long syscall_number(const char *name)
{
	const struct word *word = find(calls, sizeof calls / sizeof calls[0], name);

	return word ? word->value : -1;
}
