/* scatter.h: names beside points that may lie close together. */
#ifndef IPCMARK_SCATTER_H
#define IPCMARK_SCATTER_H

#include <stdbool.h>
#include <stddef.h>

struct scatter_name {
	double x, y; /* in: the point, in pixels */
	double width; /* in: of the name */
	double left, middle; /* out: where the name begins, and its height */
	double end_x, end_y; /* out: where its leader ends */
	bool has_leader; /* out: the name does not stand at its point */
};

/* A line that names should not stand on. */
struct scatter_line {
	double x0, y0, x1, y1;
};

/* Finds a place for each name inside the rectangle so that names cover neither each other
 * nor points, and leaders cross as little as can be: the nearest free place around the
 * point, the loneliest points last. The same input gives the same places. */
void scatter_place(struct scatter_name *names, size_t count,
	const struct scatter_line *lines, size_t line_count, double left, double top,
	double right, double bottom);

#endif
