#include "plots/axis.h"

#include <math.h>
#include <stdio.h>

#include "harness/base/text.h"

static void add_tick(struct axis *axis, enum axis_unit unit, double at)
{
	/* A whisker of tolerance: the ends of the axis are often ticks themselves. */
	if (axis->tick_count == AXIS_TICKS || at < axis->low * 0.9999 ||
		at > axis->high * 1.0001)
		return;

	struct tick *tick = &axis->ticks[axis->tick_count++];
	char text[TEXT_QUANTITY];
	int decimals;

	tick->at = at;
	switch (unit) {
	case AXIS_NS:
		text_ns(at, text);
		break;
	case AXIS_BYTES:
		text_bytes(at, text);
		break;
	case AXIS_RATE:
		text_rate(at, text);
		break;
	case AXIS_COUNT:
		snprintf(text, sizeof text, "%.0f", at);
		break;
	case AXIS_TAIL:
		decimals = (int)lround(fmax(0, log10(at) - 2));
		if (at < 1.5)
			snprintf(text, sizeof text, "min");
		else
			snprintf(text, sizeof text, "%.*f %%", decimals, 100 - 100 / at);
		break;
	}
	snprintf(tick->text, sizeof tick->text, "%s", text);
}

static void binary_ticks(struct axis *axis, size_t ticks_max)
{
	static const int steps[] = { 1, 2, 3, 4, 6, 10, 20, 40 };
	int first = (int)ceil(log2(axis->low) - 1e-6);
	int last = (int)floor(log2(axis->high) + 1e-6);
	size_t s = 0;

	while (s + 1 < sizeof steps / sizeof steps[0] &&
		last / steps[s] - (first + steps[s] - 1) / steps[s] + 1 > (int)ticks_max)
		s++;
	for (int power = first; power <= last; power++)
		if (power % steps[s] == 0)
			add_tick(axis, AXIS_BYTES, ldexp(1, power));
}

static void decimal_ticks(struct axis *axis, enum axis_unit unit, size_t ticks_max)
{
	int first = (int)ceil(log10(axis->low) - 1e-6);
	int last = (int)floor(log10(axis->high) + 1e-6);
	int step = 1;

	/* 2 and 5 where there is room, and where there would be one tick without. */
	if (3 * (last - first + 2) <= (int)ticks_max || last - first < 1) {
		for (int decade = first - 1; decade <= last; decade++) {
			double one = pow(10, decade);

			add_tick(axis, unit, one);
			add_tick(axis, unit, 2 * one);
			add_tick(axis, unit, 5 * one);
		}
		return;
	}
	while (last / step - (first + step - 1) / step + 1 > (int)ticks_max)
		step++;
	for (int decade = first; decade <= last; decade++)
		if (decade % step == 0)
			add_tick(axis, unit, pow(10, decade));
}

/* min, 50 %, 90 %, 99 %, 99.9 %, ... from the left as far as there is room. */
static void tail_ticks(struct axis *axis, size_t ticks_max)
{
	int last = (int)floor(log10(axis->high) + 1e-6);
	/* min and 50 % are the nearest: a third of a decade. */
	bool is_dense = 2.3 * log10(axis->high) <= (double)ticks_max;

	add_tick(axis, AXIS_TAIL, 1);
	if (is_dense)
		add_tick(axis, AXIS_TAIL, 2);
	for (int decade = 1; decade <= last; decade++)
		if ((size_t)last + 1 <= ticks_max || decade % 2 == 0)
			add_tick(axis, AXIS_TAIL, pow(10, decade));
}

void axis_log(struct axis *axis, enum axis_unit unit, double low, double high,
	double room, size_t ticks_max)
{
	double widen;

	if (high <= low * 1.001) {
		low /= unit == AXIS_BYTES ? 2 : 3;
		high *= unit == AXIS_BYTES ? 2 : 3;
	}
	widen = pow(high / low, room);
	*axis = (struct axis) { .low = low / widen, .high = high * widen };
	if (unit == AXIS_BYTES)
		binary_ticks(axis, ticks_max);
	else if (unit == AXIS_TAIL)
		tail_ticks(axis, ticks_max);
	else
		decimal_ticks(axis, unit, ticks_max);
}

void axis_linear_ns(struct axis *axis, double high, size_t ticks_max)
{
	static const double factors[] = { 1, 2, 5, 10 };
	double decade, step = 0;

	if (!(high > 0))
		high = 1;
	decade = pow(10, floor(log10(high / (double)ticks_max)));
	for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
		step = factors[i] * decade;
		if (high / step <= (double)ticks_max)
			break;
	}
	*axis = (struct axis) { .low = 0, .high = high, .is_linear = true };
	for (int i = 0; (double)i * step <= high * 1.0001; i++)
		add_tick(axis, AXIS_NS, (double)i * step);
}

void axis_trim(struct axis *axis, double low_part, double high_part)
{
	size_t kept = 0;
	struct axis trimmed = *axis;

	for (size_t i = 0; i < axis->tick_count; i++) {
		double place = axis_place(axis, axis->ticks[i].at);

		if (place >= low_part && place <= 1 - high_part)
			trimmed.ticks[kept++] = axis->ticks[i];
	}
	trimmed.tick_count = kept;
	if (kept)
		*axis = trimmed;
}

double axis_place(const struct axis *axis, double value)
{
	if (axis->is_linear)
		return (value - axis->low) / (axis->high - axis->low);
	return log(value / axis->low) / log(axis->high / axis->low);
}
