/* gnuplot.h: finds the scripts and runs gnuplot on them, without a shell. */
#ifndef IPCMARK_GNUPLOT_H
#define IPCMARK_GNUPLOT_H

#include <limits.h>

#include "harness/base/why.h"

/* The folder of the scripts: $IPCMARK_PLOTS where that is set, else the first of
 * <program>/../share/ipcmark/plots, the installed and the source folder that holds
 * style.gp. `path` has PATH_MAX bytes. 0 or -ENOENT in words that name the places. */
int gnuplot_scripts(char *path, struct why *why);

/* Runs <scripts>/<name>.gp in that folder with two arguments: the file to draw and the
 * file to load (absolute paths). The words of gnuplot are passed on when it fails. 0,
 * -ENOENT when there is no gnuplot, or -errno. */
int gnuplot_run(const char *scripts, const char *name, const char *drawing,
	const char *numbers, struct why *why);

#endif
