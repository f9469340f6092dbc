/* palette.h: one hue a family of mechanisms, one dash, marker and lightness a member.
 *
 * The hues are those of Okabe and Ito (2008) and, where these do not suffice, of Tol's
 * muted scheme (2021), told apart by people with any kind of colour vision. Members
 * differ in lightness and dash, so that a figure printed in grey still reads. */
#ifndef IPCMARK_PALETTE_H
#define IPCMARK_PALETTE_H

#include <stddef.h>
#include <stdint.h>

#define PALETTE_INK    0x1b1f24u /* titles */
#define PALETTE_MUTED  0x6b7280u /* what explains */
#define PALETTE_FAINT  0x9aa3adu /* references */
#define PALETTE_HAIR   0xe3e7ecu /* grids, as in style.gp */
#define PALETTE_GROUND 0x15181cu /* what is white on a dark page */

struct look {
	uint32_t line; /* 0xrrggbb */
	uint32_t text; /* the same hue, dark enough to be read: contrast at least 4.5:1 */
	int dash; /* 1 is solid; 2..6 are defined in style.gp */
	int marker; /* gnuplot's point type */
};

/* The look of member `member` (from 0) of a family; a family it does not know has a hue
 * of its own too. */
void palette_look(const char *family, size_t member, struct look *look);

/* Contrast of a colour against white, 1 to 21 (WCAG 2.1, relative luminance). */
double palette_contrast(uint32_t colour);

/* The colour that has on a dark ground (PALETTE_GROUND) the contrast that this one has on
 * white; a dark hue has less of it, and stays a hue. Of two greys the contrast between
 * them stays too, for both luminances turn into their inverse. */
uint32_t palette_dark(uint32_t colour);

/* Colour of a value in 0 (near, light) to 1 (far, dark): perceptually even, for heat
 * maps. */
uint32_t palette_heat(double value);

#endif
