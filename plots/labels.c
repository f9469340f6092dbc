#include "plots/labels.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Width of an average character in units of the font's size: between Inter and DejaVu
 * Sans, which stands in where Inter is missing and is a tenth wider. */
#define CHARACTER_EM     0.53
#define PIXELS_PER_POINT (4.0 / 3)
#define ELLIPSIS         "…"

struct wanted {
	double place;
	size_t index;
};

static int by_place(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

struct block {
	double sum;
	size_t count;
};

/* Replaces values by the nearest ones (least squares) that never fall. */
static void make_rising(struct wanted *values, struct block *blocks, size_t count)
{
	size_t used = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		blocks[used++] = (struct block) { values[i].place, 1 };
		while (used > 1 &&
			blocks[used - 2].sum / (double)blocks[used - 2].count >
				blocks[used - 1].sum / (double)blocks[used - 1].count) {
			blocks[used - 2].sum += blocks[used - 1].sum;
			blocks[used - 2].count += blocks[used - 1].count;
			used--;
		}
	}
	for (size_t b = 0; b < used; b++)
		for (size_t i = 0; i < blocks[b].count; i++)
			values[at++].place = blocks[b].sum / (double)blocks[b].count;
}

void labels_spread(double *places, size_t count, double gap, double low, double high)
{
	struct wanted *wanted;
	struct block *blocks;

	if (!count)
		return;
	if (gap * (double)(count - 1) > high - low)
		gap = (high - low) / (double)(count - 1);
	wanted = malloc(count * sizeof *wanted);
	blocks = malloc(count * sizeof *blocks);
	if (wanted && blocks) { /* without memory the names stay where they are */
		for (size_t i = 0; i < count; i++)
			wanted[i] = (struct wanted) { places[i], i };
		qsort(wanted, count, sizeof *wanted, by_place);
		for (size_t i = 0; i < count; i++)
			wanted[i].place -= gap * (double)i;
		make_rising(wanted, blocks, count);
		for (size_t i = 0; i < count; i++) {
			double most = high - gap * (double)(count - 1);

			places[wanted[i].index] = fmax(low, fmin(most, wanted[i].place)) +
						  gap * (double)i;
		}
	}
	free(wanted);
	free(blocks);
}

static bool starts_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += starts_character(*text);
	return count;
}

double labels_width(const char *text, double points)
{
	return (double)characters(text) * CHARACTER_EM * PIXELS_PER_POINT * points;
}

void labels_fit(
	const char *text, double points, double width, char *fitted, size_t fitted_size)
{
	size_t room = (size_t)fmax(2, width / labels_width("x", points));
	size_t length = 0, count = 0;
	bool is_cut;

	/* The ellipsis takes the place of the last character that would fit. */
	is_cut = characters(text) > room || strlen(text) >= fitted_size;
	while (text[length] &&
		!(is_cut && starts_character(text[length]) &&
			(++count >= room || length + sizeof ELLIPSIS + 4 > fitted_size)))
		length++;
	snprintf(
		fitted, fitted_size, "%.*s%s", (int)length, text, is_cut ? ELLIPSIS : "");
}

size_t labels_break(const char *text, double points, double width)
{
	size_t room = (size_t)(width / labels_width("x", points));
	size_t best = 0, count = 0;

	for (size_t i = 0; text[i]; i++) {
		if (text[i] == '\n')
			return i;
		/* The space itself need not fit. */
		if (text[i] == ' ' && (count <= room || !best))
			best = i;
		count += starts_character(text[i]);
		if (count > room && best)
			return best;
	}
	return strlen(text);
}
