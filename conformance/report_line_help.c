#include "conformance/report_line_help.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct report_line report_line_open(struct scene *scene)
{
	struct report_line line;
	int end[2];

	SETUP(scene, socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	line = (struct report_line) { .here = end[0], .there = end[1] };
	SETUP(scene, fcntl(line.here, F_SETFD, FD_CLOEXEC));
	snprintf(line.number, sizeof line.number, "%d", line.there);
	return line;
}

int report_line_execute(const struct report_line *line)
{
	char *argv[] = { (char *)CHECK_EXECUTED, (char *)line->number, NULL };

	return execve(REPORT_LINE_SELF, argv, environ);
}

struct exec_report report_line_hear(struct scene *scene, const struct report_line *line)
{
	struct exec_report report;

	memset(&report, 0, sizeof report);
	close(line->there);
	PROMISED(scene, "what is executed reports");
	EXPECT_INT(scene, recv(line->here, &report, sizeof report, MSG_WAITALL),
		sizeof report);
	arrived(scene);
	return report;
}

void report_line_end(struct scene *scene, const struct report_line *line, pid_t executed)
{
	close(line->here);
	EXPECT_EXIT(scene, executed, 7);
}
