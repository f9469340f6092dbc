#include "conformance/errors.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#define NAME(number)                                                                     \
	{                                                                                \
		number, #number                                                          \
	}

static const struct named {
	int number;
	const char *name;
} errors[] = {
	{ 0, "0" },
	NAME(EPERM),
	NAME(ENOENT),
	NAME(ESRCH),
	NAME(EINTR),
	NAME(EIO),
	NAME(ENXIO),
	NAME(E2BIG),
	NAME(ENOEXEC),
	NAME(EBADF),
	NAME(ECHILD),
	NAME(EAGAIN),
	NAME(ENOMEM),
	NAME(EACCES),
	NAME(EFAULT),
	NAME(EBUSY),
	NAME(EEXIST),
	NAME(EXDEV),
	NAME(ENODEV),
	NAME(ENOTDIR),
	NAME(EISDIR),
	NAME(EINVAL),
	NAME(ENFILE),
	NAME(EMFILE),
	NAME(ENOTTY),
	NAME(ETXTBSY),
	NAME(EFBIG),
	NAME(ENOSPC),
	NAME(ESPIPE),
	NAME(EROFS),
	NAME(EMLINK),
	NAME(EPIPE),
	NAME(EDOM),
	NAME(ERANGE),
	NAME(ENAMETOOLONG),
	NAME(ENOLCK),
	NAME(ENOSYS),
	NAME(ENOTEMPTY),
	NAME(ELOOP),
	NAME(ENOMSG),
	NAME(EIDRM),
	NAME(ENODATA),
	NAME(ETIME),
	NAME(EPROTO),
	NAME(EBADMSG),
	NAME(EOVERFLOW),
	NAME(EILSEQ),
	NAME(EUSERS),
	NAME(ENOTSOCK),
	NAME(EDESTADDRREQ),
	NAME(EMSGSIZE),
	NAME(EPROTOTYPE),
	NAME(ENOPROTOOPT),
	NAME(EPROTONOSUPPORT),
	NAME(ESOCKTNOSUPPORT),
	NAME(EPFNOSUPPORT),
	NAME(EAFNOSUPPORT),
	NAME(EADDRINUSE),
	NAME(EADDRNOTAVAIL),
	NAME(ENETDOWN),
	NAME(ENETUNREACH),
	NAME(ENETRESET),
	NAME(ECONNABORTED),
	NAME(ECONNRESET),
	NAME(ENOBUFS),
	NAME(EISCONN),
	NAME(ENOTCONN),
	NAME(ESHUTDOWN),
	NAME(ETOOMANYREFS),
	NAME(ETIMEDOUT),
	NAME(ECONNREFUSED),
	NAME(EHOSTDOWN),
	NAME(EHOSTUNREACH),
	NAME(EALREADY),
	NAME(EINPROGRESS),
	NAME(ESTALE),
	NAME(EDQUOT),
	NAME(ECANCELED),
	NAME(EOWNERDEAD),
	NAME(ENOTRECOVERABLE),
}, signals[] = {
	NAME(SIGHUP),
	NAME(SIGINT),
	NAME(SIGQUIT),
	NAME(SIGILL),
	NAME(SIGTRAP),
	NAME(SIGABRT),
	NAME(SIGBUS),
	NAME(SIGFPE),
	NAME(SIGKILL),
	NAME(SIGUSR1),
	NAME(SIGSEGV),
	NAME(SIGUSR2),
	NAME(SIGPIPE),
	NAME(SIGALRM),
	NAME(SIGTERM),
	NAME(SIGCHLD),
	NAME(SIGCONT),
	NAME(SIGSTOP),
	NAME(SIGTSTP),
	NAME(SIGTTIN),
	NAME(SIGTTOU),
	NAME(SIGURG),
	NAME(SIGXCPU),
	NAME(SIGXFSZ),
	NAME(SIGVTALRM),
	NAME(SIGPROF),
	NAME(SIGWINCH),
	NAME(SIGIO),
	NAME(SIGPWR),
	NAME(SIGSYS),
};

static const char *find(const struct named *names, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

char *error_name(int error, char text[ERROR_NAME])
{
	const char *name = find(errors, sizeof errors / sizeof errors[0], error);

	if (name)
		snprintf(text, ERROR_NAME, "%s", name);
	else
		snprintf(text, ERROR_NAME, "error %d", error);
	return text;
}

char *signal_name(int signal, char text[ERROR_NAME])
{
	const char *name = find(signals, sizeof signals / sizeof signals[0], signal);

	if (name)
		snprintf(text, ERROR_NAME, "%s", name);
	else if (signal >= SIGRTMIN && signal <= SIGRTMAX)
		snprintf(text, ERROR_NAME, "SIGRTMIN+%d", signal - SIGRTMIN);
	else
		snprintf(text, ERROR_NAME, "signal %d", signal);
	return text;
}
