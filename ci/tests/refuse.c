/* A sandbox or an old kernel in little: runs a command under a filter that makes system
 * calls fail.
 *     refuse [ERROR=]NAME... -- COMMAND [ARGUMENT...]
 * The error is ENOSYS unless it is named ("EPERM=unshare"). Exit 77 where there are no
 * filters; seccomp(2). */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ci/mutants/words.h"

#define MOST 32

/* One call more: where the number is this one, the error. */
static unsigned short refuse(struct sock_filter *at, const char *word)
{
	const char *is = strchr(word, '=');
	char error[16] = "ENOSYS";
	long value, number = syscall_number(is ? is + 1 : word);

	if (is)
		snprintf(error, sizeof error, "%.*s", (int)(is - word), word);
	if (number < 0 || !word_value(error, &value)) {
		fprintf(stderr, "refuse: '%s' is not known; see ci/mutants/words.c\n",
			word);
		_exit(2);
	}
	at[0] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1);
	at[1] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)value);
	return 2;
}

int main(int count, char **words)
{
	struct sock_filter filter[2 + 2 * MOST] = { BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { .len = 1, .filter = filter };
	int at = 1;

	for (; at < count && strcmp(words[at], "--") != 0 && at <= MOST; at++)
		program.len += refuse(&filter[program.len], words[at]);
	if (at + 1 >= count || at > MOST) {
		fprintf(stderr, "usage: refuse [ERROR=]NAME... -- COMMAND...\n");
		return 2;
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("refuse: install the filter");
		return 77;
	}
	execvp(words[at + 1], &words[at + 1]);
	perror(words[at + 1]);
	return 127;
}
