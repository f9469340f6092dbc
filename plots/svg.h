/* svg.h: a drawing of gnuplot's made fit to stand inside a page.
 *
 * The drawing is read as what it may be, not as what it should be: elements and
 * attributes that are not known to be harmless are left out with all they hold (scripts,
 * styles, links, images, handlers), references stay inside the drawing, ids are made its
 * own. Each colour becomes a variable, so that the page can draw it light or dark. */
#ifndef IPCMARK_SVG_H
#define IPCMARK_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/base/why.h"

/* The colours that were met, in all drawings of a page. */
#define SVG_INKS 1024
struct svg_inks {
	uint32_t colours[SVG_INKS];
	size_t count;
};

struct svg_words {
	const char *id; /* stands before each id: letters, digits, '-' */
	const char *title, *says; /* what those hear who do not see it */
};

/* Writes the SVG in `text` (ended by a NUL) cleaned. 0, or -EINVAL in words where it is
 * none; what was written until then is no whole element. */
int svg_clean(const char *text, const struct svg_words *words, struct svg_inks *inks,
	FILE *out, struct why *why);

/* Writes the variables of the colours as they are ("--x0072b2:#0072b2;") or as they are
 * on a dark ground. */
void svg_inks_write(const struct svg_inks *inks, bool is_dark, FILE *out);

/* Writes ` name="value"` where such an attribute may stay in such an element: a colour as
 * its variable, ids and references with `id` before them. */
void svg_attribute(const char *id, struct svg_inks *inks, const char *element,
	const char *name, const char *value, FILE *out);

/* Writes a path of straight lines (M, L and z with absolute places) in a fraction of its
 * length: in tenths of a pixel, relative, without points where it does not turn. False,
 * and nothing is written, for any other path. `out` may be NULL. */
bool svg_path(const char *path, FILE *out);

/* Lines that a drawing has drawn, so that one that comes again elsewhere (the grey curves
 * of each panel) is not written again. */
struct svg_shape {
	char *look; /* what the path says besides its line */
	double *points; /* three numbers each: see svg_path.c */
	size_t count;
	double x, y; /* the first point */
};
#define SVG_SHAPES 1024
struct svg_shapes {
	struct svg_shape items[SVG_SHAPES];
	size_t count;
};

/* The shape that looks like this path but for its place, or one that is new; NULL for a
 * path that is too short to be worth it, or no more fit. *x and *y: how far the path is
 * from it; *is_new: it is this one. */
const struct svg_shape *svg_shapes_find(struct svg_shapes *shapes, const char *look,
	const char *path, double *x, double *y, bool *is_new);
void svg_shapes_clear(struct svg_shapes *shapes);

/* The variable of a colour, to be used by drawings that are not gnuplot's. A page has
 * room for SVG_INKS; further ones become the first one. */
uint32_t svg_ink(struct svg_inks *inks, uint32_t colour);

#endif
