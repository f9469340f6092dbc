/* labels.h: names at line ends that do not cover each other, and what fits where. */
#ifndef IPCMARK_LABELS_H
#define IPCMARK_LABELS_H

#include <stddef.h>

/* Moves wanted places apart so that no two are nearer than `gap` and all lie in
 * low..high, the squares of the moves being least and the order kept (equal places: the
 * earlier one stays lower). Where not all fit, the gap shrinks. Pool-adjacent-violators
 * (Barlow et al. 1972). */
void labels_spread(double *places, size_t count, double gap, double low, double high);

/* About how many pixels a text takes at a font size in points, in Inter or what stands
 * in for it. */
double labels_width(const char *text, double points);

/* Copies what fits into `width` pixels, ending in an ellipsis where something was cut,
 * and never inside a character. */
void labels_fit(
	const char *text, double points, double width, char *fitted, size_t fitted_size);

/* Bytes of `text` that fit into `width` pixels when broken at a space or at a line break
 * (all of it where it fits, at least one word). */
size_t labels_break(const char *text, double points, double width);

#endif
