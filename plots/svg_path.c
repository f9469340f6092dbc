/* svg_path.c: gnuplot's lines with as many digits as a screen can show. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plots/svg.h"

#define FAR  1e6 /* pixels; no page is as large */
#define TURN 3 /* tenths of a pixel that a line may bend unseen */

/* A place in tenths of a pixel. */
struct place {
	long x, y;
};

struct pen {
	FILE *out; /* NULL: nothing is written */
	struct place at; /* the last point that was written */
	/* Where the line goes, and the last point along it, which is written when the
	 * line turns (Reumann and Witkam 1974). */
	struct place towards, held;
	bool has_held, is_begun, is_drawing;
};

static bool read_number(const char **at, long *tenths)
{
	char *end;
	double value;

	*at += strspn(*at, " ,\t\n");
	if (!strchr("-+.0123456789", **at) || !**at)
		return false;
	value = strtod(*at, &end);
	if (end == *at || !(fabs(value) < FAR))
		return false;
	*tenths = lround(10 * value);
	*at = end;
	return true;
}

/* Writes a number in tenths: "12", "-.5", and what parts it from the one before. */
static void write_number(FILE *out, long tenths, bool is_first)
{
	long whole = labs(tenths) / 10, part = labs(tenths) % 10;

	if (tenths < 0)
		putc('-', out);
	else if (!is_first)
		putc(' ', out);
	if (whole || !part)
		fprintf(out, "%ld", whole);
	if (part)
		fprintf(out, ".%ld", part);
}

static void line_to(struct pen *pen, struct place to)
{
	if (pen->out) {
		if (!pen->is_drawing)
			putc('l', pen->out);
		write_number(pen->out, to.x - pen->at.x, !pen->is_drawing);
		write_number(pen->out, to.y - pen->at.y, false);
	}
	pen->is_drawing = true;
	pen->has_held = false;
	pen->at = to;
}

static void let_go(struct pen *pen)
{
	if (pen->has_held)
		line_to(pen, pen->held);
	pen->is_drawing = false;
}

static void move_to(struct pen *pen, struct place to)
{
	let_go(pen);
	if (pen->out) {
		putc('M', pen->out);
		write_number(pen->out, to.x, true);
		write_number(pen->out, to.y, false);
	}
	pen->at = to;
	pen->is_begun = true;
}

/* Does the line go on to `to` without a turn? */
static bool goes_on(const struct pen *pen, struct place to)
{
	double x = (double)(pen->towards.x - pen->at.x);
	double y = (double)(pen->towards.y - pen->at.y);
	double length = hypot(x, y);
	double beside = x * (double)(to.y - pen->at.y) - y * (double)(to.x - pen->at.x);
	double ahead = x * (double)(to.x - pen->held.x) +
		       y * (double)(to.y - pen->held.y);

	return fabs(beside) <= TURN * length && ahead >= 0;
}

static void draw_to(struct pen *pen, struct place to)
{
	if (pen->has_held && goes_on(pen, to)) {
		pen->held = to;
		return;
	}
	if (pen->has_held)
		line_to(pen, pen->held);
	pen->towards = pen->held = to;
	pen->has_held = true;
}

bool svg_path(const char *path, FILE *out)
{
	struct pen pen = { .out = NULL };

	/* Once to see whether it is one, once to write it. */
	for (int pass = 0; pass < (out ? 2 : 1); pass++) {
		const char *at = path;

		pen = (struct pen) { .out = pass ? out : NULL };
		for (; *(at += strspn(at, " \t\n"));) {
			char command = *at++;
			struct place to;

			if (command == 'z' || command == 'Z') {
				let_go(&pen);
				if (pen.out)
					putc('z', pen.out);
				continue;
			}
			if ((command != 'M' && (command != 'L' || !pen.is_begun)) ||
				!read_number(&at, &to.x) || !read_number(&at, &to.y))
				return false;
			if (command == 'M')
				move_to(&pen, to);
			else
				draw_to(&pen, to);
		}
		let_go(&pen);
	}
	return pen.is_begun;
}

#define POINTS_LEAST 8
#define POINTS_MOST  100000
#define SAME         0.15 /* pixels: gnuplot rounds each place */

/* The points of a path of lines, three numbers each: is the pen lifted, x, y, from the
 * first one on. NULL for another path. */
static double *read_points(const char *path, size_t *count, double *x, double *y)
{
	size_t room = strlen(path) / 4 + 2;
	double *points = malloc(3 * room * sizeof *points);

	*count = 0;
	while (points && *(path += strspn(path, " \t\n"))) {
		double *point = points + 3 * *count;
		char *end;

		if ((*path != 'M' && (*path != 'L' || !*count)) || *count == room)
			goto other;
		point[0] = *path++ == 'M';
		point[1] = strtod(path, &end);
		if (end == path || *end != ',')
			goto other;
		path = end + 1;
		point[2] = strtod(path, &end);
		if (end == path)
			goto other;
		path = end;
		++*count;
	}
	if (!points || *count < POINTS_LEAST || *count > POINTS_MOST)
		goto other;
	*x = points[1];
	*y = points[2];
	for (size_t i = 0; i < *count; i++) {
		points[3 * i + 1] -= *x;
		points[3 * i + 2] -= *y;
	}
	return points;
other:
	free(points);
	return NULL;
}

static bool is_same(const struct svg_shape *shape, const char *look, const double *points,
	size_t count)
{
	if (shape->count != count || strcmp(shape->look, look) != 0)
		return false;
	for (size_t i = 0; i < 3 * count; i++)
		if (!(fabs(shape->points[i] - points[i]) < SAME))
			return false;
	return true;
}

const struct svg_shape *svg_shapes_find(struct svg_shapes *shapes, const char *look,
	const char *path, double *x, double *y, bool *is_new)
{
	size_t count, i = 0;
	double *points = read_points(path, &count, x, y);
	struct svg_shape *shape;

	*is_new = false;
	if (!points)
		return NULL;
	while (i < shapes->count && !is_same(&shapes->items[i], look, points, count))
		i++;
	shape = &shapes->items[i];
	if (i < shapes->count) {
		*x -= shape->x;
		*y -= shape->y;
		free(points);
		return shape;
	}
	if (i == SVG_SHAPES) {
		free(points);
		return NULL;
	}
	*shape = (struct svg_shape) { strdup(look), points, count, *x, *y };
	if (!shape->look)
		abort();
	shapes->count++;
	*is_new = true;
	return shape;
}

void svg_shapes_clear(struct svg_shapes *shapes)
{
	for (size_t i = 0; i < shapes->count; i++) {
		free(shapes->items[i].look);
		free(shapes->items[i].points);
	}
	shapes->count = 0;
}
