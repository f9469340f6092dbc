#include "plots/palette.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct hue {
	const char *family;
	uint32_t colour;
} hues[] = {
	{ "pipe", 0x0072b2 },
	{ "socket", 0xd55e00 },
	{ "queue", 0x009e73 },
	{ "shared memory", 0xcc79a7 },
	{ "wake-up", 0xe69f00 },
	{ "kernel copy", 0x56b4e9 },
	{ "library", 0x882255 },
	{ "floor", 0x444444 },
};
#define OTHER_HUE 0x117733u
#define CONTRAST  4.5
/* On a dark ground a hue gets this contrast in full, and so much of what is above. */
#define HUE_FULL 5.5
#define HUE_PART 0.35

/* Towards white (above 0) or black (below 0); neighbours are far apart. */
static const double shades[] = { 0, -0.42, 0.34, -0.22, 0.18, -0.58 };
static const int dashes[] = { 1, 2, 3, 4, 5, 6 };
/* Filled ones first: hollow ones are for many. With 15 of them and the shades, 30 members
 * differ where nothing but points is drawn. */
static const int markers[] = { 7, 5, 9, 13, 11, 15, 6, 4, 8, 12, 10, 14, 2, 1, 3 };
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static double channel(uint32_t colour, int shift)
{
	return (double)(colour >> shift & 0xff) / 255;
}

static uint32_t mix(uint32_t from, uint32_t to, double part)
{
	uint32_t mixed = 0;

	for (int shift = 0; shift <= 16; shift += 8) {
		double value = channel(from, shift) +
			       part * (channel(to, shift) - channel(from, shift));

		mixed |= (uint32_t)lround(value * 255) << shift;
	}
	return mixed;
}

static double linear(double value)
{
	return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour)
{
	return 0.2126 * linear(channel(colour, 16)) +
	       0.7152 * linear(channel(colour, 8)) + 0.0722 * linear(channel(colour, 0));
}

double palette_contrast(uint32_t colour)
{
	return 1.05 / (luminance(colour) + 0.05);
}

/* Is it a colour rather than a grey? */
static bool is_hue(uint32_t colour)
{
	double red = channel(colour, 16), green = channel(colour, 8),
	       blue = channel(colour, 0);

	return fmax(red, fmax(green, blue)) - fmin(red, fmin(green, blue)) > 0.2;
}

uint32_t palette_dark(uint32_t colour)
{
	double contrast = palette_contrast(colour);
	/* The dark shades of a hue would all be white. */
	double kept = is_hue(colour) && contrast > HUE_FULL
			      ? HUE_FULL + HUE_PART * (contrast - HUE_FULL)
			      : contrast;
	double wanted = (luminance(PALETTE_GROUND) + 0.05) * kept - 0.05;
	uint32_t to = luminance(colour) < wanted ? 0xffffff : 0x000000;
	double low = 0, high = 1;

	if (colour == 0xffffff)
		return PALETTE_GROUND;
	/* The luminance rises, or falls, all the way. */
	for (int i = 0; i < 20; i++) {
		double part = (low + high) / 2;
		bool is_beyond = (luminance(mix(colour, to, part)) < wanted) == !to;

		*(is_beyond ? &high : &low) = part;
	}
	return mix(colour, to, high);
}

void palette_look(const char *family, size_t member, struct look *look)
{
	uint32_t colour = OTHER_HUE;
	/* The lightness moves one step further each time the dashes start again, so that
	 * 36 members are all different. */
	double shade = shades[(member + member / COUNT(dashes)) % COUNT(shades)];

	for (size_t i = 0; i < COUNT(hues); i++)
		if (strcmp(hues[i].family, family) == 0)
			colour = hues[i].colour;
	look->line = mix(colour, shade < 0 ? 0x000000 : 0xffffff, fabs(shade));
	look->text = look->line;
	for (int i = 0; i < 40 && palette_contrast(look->text) < CONTRAST; i++)
		look->text = mix(look->text, 0x000000, 0.04);
	look->dash = dashes[member % COUNT(dashes)];
	look->marker = markers[member % COUNT(markers)];
}

uint32_t palette_heat(double value)
{
	static const struct stop {
		double at;
		uint32_t colour;
	} stops[] = { { 0, 0xfff3c4 }, { 0.12, 0xfde8a0 }, { 0.35, 0xd9b36a },
		{ 0.55, 0x8f8a72 }, { 0.78, 0x45597a }, { 1, 0x00224e } };
	size_t i = 0;

	value = value > 0 ? fmin(value, 1) : 0;
	while (i + 2 < COUNT(stops) && value > stops[i + 1].at)
		i++;
	return mix(stops[i].colour, stops[i + 1].colour,
		(value - stops[i].at) / (stops[i + 1].at - stops[i].at));
}
