/* svg_attribute.c: which attributes of a drawing may stay, and how they are written. */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plots/palette.h"
#include "plots/svg.h"

enum kind { KIND_PLAIN, KIND_PATH, KIND_COLOUR, KIND_ID, KIND_REFERENCE };

static const struct attribute {
	const char *name;
	enum kind kind;
} attributes[] = {
	{ "fill", KIND_COLOUR },
	{ "stroke", KIND_COLOUR },
	{ "color", KIND_COLOUR },
	{ "id", KIND_ID },
	{ "xlink:href", KIND_REFERENCE },
	{ "d", KIND_PATH },
	{ "points", KIND_PLAIN },
	{ "x", KIND_PLAIN },
	{ "y", KIND_PLAIN },
	{ "x1", KIND_PLAIN },
	{ "y1", KIND_PLAIN },
	{ "x2", KIND_PLAIN },
	{ "y2", KIND_PLAIN },
	{ "dx", KIND_PLAIN },
	{ "dy", KIND_PLAIN },
	{ "cx", KIND_PLAIN },
	{ "cy", KIND_PLAIN },
	{ "r", KIND_PLAIN },
	{ "viewBox", KIND_PLAIN },
	{ "width", KIND_PLAIN },
	{ "height", KIND_PLAIN },
	{ "transform", KIND_PLAIN },
	{ "fill-opacity", KIND_PLAIN },
	{ "opacity", KIND_PLAIN },
	{ "stroke-width", KIND_PLAIN },
	{ "stroke-dasharray", KIND_PLAIN },
	{ "shape-rendering", KIND_PLAIN },
	{ "text-anchor", KIND_PLAIN },
	{ "font-size", KIND_PLAIN },
	{ "font-weight", KIND_PLAIN },
	{ "font-style", KIND_PLAIN },
};
#define ATTRIBUTES (sizeof attributes / sizeof attributes[0])

uint32_t svg_ink(struct svg_inks *inks, uint32_t colour)
{
	for (size_t i = 0; i < inks->count; i++)
		if (inks->colours[i] == colour)
			return colour;
	if (inks->count == SVG_INKS)
		return inks->colours[0];
	inks->colours[inks->count++] = colour;
	return colour;
}

void svg_inks_write(const struct svg_inks *inks, bool is_dark, FILE *out)
{
	for (size_t i = 0; i < inks->count; i++)
		fprintf(out, "--x%06" PRIx32 ":#%06" PRIx32 ";", inks->colours[i],
			is_dark ? palette_dark(inks->colours[i]) : inks->colours[i]);
}

/* "rgb( 27, 31, 36)", "#1b1f24", "black", "white". */
static bool read_colour(const char *text, uint32_t *colour)
{
	unsigned red, green, blue;
	int end = 0;

	if (strcmp(text, "black") == 0 || strcmp(text, "white") == 0) {
		*colour = *text == 'b' ? 0x000000 : 0xffffff;
		return true;
	}
	if (sscanf(text, "rgb(%3u ,%3u ,%3u )%n", &red, &green, &blue, &end) == 3 &&
		end && !text[end]) {
		*colour = (red & 255) << 16 | (green & 255) << 8 | (blue & 255);
		return red < 256 && green < 256 && blue < 256;
	}
	if (*text != '#' || strlen(text) != 7 ||
		strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	*colour = (uint32_t)strtoul(text + 1, NULL, 16);
	return true;
}

/* Numbers and words, runs of spaces as one, ".00" left out. */
static void write_plain(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strncmp(text, ".00", 3) == 0 && !isdigit((unsigned char)text[3]))
			text += 2;
		else if (!isspace((unsigned char)*text))
			putc(*text, out);
		else if (text[1] && !isspace((unsigned char)text[1]))
			putc(' ', out);
	}
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(" \t\n.,+-()%", *text))
			return false;
	return true;
}

static bool is_id(const char *text)
{
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return false;
	return *text != '\0';
}

/* What the root says already; and names of groups, which nothing refers to and gnuplot
 * gives several times. */
static bool is_idle(const char *element, const char *name, const char *value)
{
	return (strcmp(element, "g") == 0 &&
		       (strcmp(name, "id") == 0 ||
			       (strcmp(name, "fill") == 0 &&
				       strcmp(value, "none") == 0))) ||
	       (strcmp(name, "text-anchor") == 0 && strcmp(value, "start") == 0);
}

void svg_attribute(const char *id, struct svg_inks *inks, const char *element,
	const char *name, const char *value, FILE *out)
{
	const struct attribute *known = attributes;
	uint32_t colour;

	while (known < attributes + ATTRIBUTES && strcmp(known->name, name) != 0)
		known++;
	if (known == attributes + ATTRIBUTES || is_idle(element, name, value))
		return;
	if (known->kind == KIND_ID && is_id(value)) {
		fprintf(out, " id=\"%s-%s\"", id, value);
	} else if (known->kind == KIND_REFERENCE && *value == '#' && is_id(value + 1)) {
		fprintf(out, " href=\"#%s-%s\"", id, value + 1);
	} else if (known->kind == KIND_COLOUR) {
		if (strcmp(value, "none") == 0 || strcmp(value, "currentColor") == 0)
			fprintf(out, " %s=\"%s\"", name, value);
		else if (read_colour(value, &colour))
			fprintf(out, " %s=\"var(--x%06" PRIx32 ")\"", name,
				svg_ink(inks, colour));
	} else if (known->kind == KIND_PATH && svg_path(value, NULL)) {
		fprintf(out, " d=\"");
		svg_path(value, out);
		putc('"', out);
	} else if ((known->kind == KIND_PLAIN || known->kind == KIND_PATH) &&
		   is_plain(value)) {
		fprintf(out, " %s=\"", name);
		write_plain(out, value);
		putc('"', out);
	}
}
