#include "harness/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/clock.h"

#define REDRAW_NS      UINT64_C(100000000)
#define COLUMNS_OTHERS 80 /* where the terminal does not say */

void progress_start(struct progress *progress, size_t total, double planned_s)
{
	const char *terminal = getenv("TERM");

	*progress = (struct progress) {
		.is_terminal = isatty(STDERR_FILENO) && terminal &&
			       strcmp(terminal, "dumb") != 0,
		.total = total,
		.planned_s = planned_s,
		.start_ns = clock_now_ns(),
	};
	progress->done_ns = progress->start_ns;
}

double progress_left_s(const struct progress *progress, uint64_t now_ns)
{
	double finished_s = (double)(progress->done_ns - progress->start_ns) / 1e9;
	double since_s = (double)(now_ns - progress->done_ns) / 1e9;
	double left_s = progress->planned_s;

	if (progress->done)
		left_s = finished_s / (double)progress->done *
			 (double)(progress->total - progress->done);
	return left_s > since_s ? left_s - since_s : 0;
}

/* "12 s", "3 min 05 s", "2 h 05 min". */
static void left_text(double left_s, char *text, size_t size)
{
	long s = lround(left_s);

	if (s < 60)
		snprintf(text, size, "%ld s", s);
	else if (s < 3600)
		snprintf(text, size, "%ld min %02ld s", s / 60, s % 60);
	else
		snprintf(text, size, "%ld h %02ld min", s / 3600, s % 3600 / 60);
}

/* Cuts to the width of the terminal, never inside a character: a line that wraps could
 * not be taken away again. Control characters would move the cursor. */
static void fit(char *line)
{
	struct winsize window = { 0 };
	size_t columns = COLUMNS_OTHERS, used = 0;
	char *at = line;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col)
		columns = window.ws_col;
	for (; *at; at++) {
		bool continues = ((unsigned char)*at & 0xc0) == 0x80;

		if (!continues && ++used >= columns)
			break;
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	}
	*at = '\0';
}

static void draw(struct progress *progress, uint64_t now_ns)
{
	char line[320], left[32];

	left_text(progress_left_s(progress, now_ns), left, sizeof left);
	snprintf(line, sizeof line, "%zu/%zu  %s left  %s", progress->done,
		progress->total, left, progress->what);
	fit(line);
	/* The old line is overwritten first and its rest cleared after: no flicker. */
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	progress->is_shown = true;
	progress->drawn_ns = now_ns;
}

void progress_tick(struct progress *progress)
{
	uint64_t now_ns = clock_now_ns();

	if (progress->is_terminal && progress->what[0] &&
		now_ns - progress->drawn_ns >= REDRAW_NS)
		draw(progress, now_ns);
}

void progress_launch(struct progress *progress, const char *what)
{
	snprintf(progress->what, sizeof progress->what, "%s", what);
	progress_tick(progress);
}

void progress_done(struct progress *progress, const char *line)
{
	progress->done_ns = clock_now_ns();
	if (progress->done < progress->total)
		progress->done++;
	if (!progress->is_terminal && line)
		fprintf(stderr, "[%zu/%zu] %s\n", progress->done, progress->total, line);
	else
		progress_tick(progress);
}

void progress_clear(struct progress *progress)
{
	if (!progress->is_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress->is_shown = false;
	progress->drawn_ns = 0;
}

void progress_note(struct progress *progress, const char *format, ...)
{
	va_list arguments;

	progress_clear(progress);
	fflush(stdout);
	fputs("ipcmark: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	progress_tick(progress);
}

void progress_end(struct progress *progress)
{
	progress_clear(progress);
	progress->is_terminal = false;
	progress->what[0] = '\0';
}
