/* progress.h: how far a run has got, on stderr: one line that is rewritten on a terminal,
 * one plain line a finished launch elsewhere. */
#ifndef IPCMARK_PROGRESS_H
#define IPCMARK_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool is_terminal; /* one that can rewrite a line: not TERM=dumb */
	bool is_shown; /* the line stands on the terminal now */
	size_t total, done; /* launches */
	double planned_s;
	uint64_t start_ns, done_ns; /* of the run, and of the last finished launch */
	uint64_t drawn_ns;
	char what[160];
};

/* The run begins: `total` launches that are planned to take `planned_s` seconds. */
void progress_start(struct progress *progress, size_t total, double planned_s);

/* A launch is about to start. */
void progress_launch(struct progress *progress, const char *what);

/* Redraws the line when a tenth of a second has gone by; for whoever waits long. */
void progress_tick(struct progress *progress);

/* A launch is finished; `line` is printed where there is no terminal (NULL: nothing). */
void progress_done(struct progress *progress, const char *line);

/* Takes the line away, so that something else can be printed; it comes back by itself. */
void progress_clear(struct progress *progress);

/* A warning in between: "ipcmark: sentence". */
void progress_note(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The run is over; the line goes. */
void progress_end(struct progress *progress);

/* Seconds left by the plan, scaled by how long the finished part really took. */
double progress_left_s(const struct progress *progress, uint64_t now_ns);

#endif
