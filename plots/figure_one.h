/* figure_one.h: a figure of its own, in a file that the user names; not one of a run. */
#ifndef IPCMARK_FIGURE_ONE_H
#define IPCMARK_FIGURE_ONE_H

#include <stdio.h>

#include "harness/base/why.h"
#include "plots/page.h"
#include "results/change.h"
#include "results/history.h"

/* Draws the page by the script of that name into `path`, which ends in .svg or .png. An
 * existing file is replaced as a whole. 0 or -errno in words. */
int figure_one_draw(
	const char *script, const struct page *page, const char *path, struct why *why);

/* Is it a path that can be drawn to? 0, or -EINVAL in words. */
int figure_one_check(const char *path, struct why *why);

/* What changed between two sides: a row a case. -ENODATA in words where no case has a
 * ratio. */
int figure_changes(const struct changes *changes, const char *path, struct why *why);

/* The series of a history, those that changed first. */
int figure_history(const struct history *history, const char *path, struct why *why);

#endif
