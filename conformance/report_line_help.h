/* report_line_help.h: a line to a process in which a check has executed this program, to
 * hear what exec has left to it. */
#ifndef IPCMARK_REPORT_LINE_HELP_H
#define IPCMARK_REPORT_LINE_HELP_H

#include "conformance/check.h"
#include "conformance/exec_report.h"

#define REPORT_LINE_SELF "/proc/self/exe"

struct report_line {
	int here, there; /* descriptors; `here` is close-on-exec */
	char number[12]; /* of `there`, as an argument */
};

/* Set-up. */
struct report_line report_line_open(struct scene *scene);

/* Executes this program as one that reports. Returns only with what went wrong: -1. */
int report_line_execute(const struct report_line *line);

/* What is executed reports, which is promised, and stays until report_line_end(). */
struct exec_report report_line_hear(struct scene *scene, const struct report_line *line);
void report_line_end(struct scene *scene, const struct report_line *line, pid_t executed);

#endif
