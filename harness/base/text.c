#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All unit text comes from these three tables. */
struct unit {
	const char *name;
	double factor;
};
static const struct unit size_units[] = { { "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 },
	{ "GiB", 1073741824 }, { "TiB", 1099511627776 }, { NULL, 0 } };
static const struct unit time_units[] = { { "ns", 1 }, { "µs", 1e3 }, { "ms", 1e6 },
	{ "s", 1e9 }, { NULL, 0 } };
static const struct unit rate_units[] = { { "B/s", 1 }, { "kB/s", 1e3 }, { "MB/s", 1e6 },
	{ "GB/s", 1e9 }, { "TB/s", 1e12 }, { NULL, 0 } };

#define SIZE_LETTERS "KMG"

static int size_wrong(const char *text, struct why *why)
{
	size_t digits = strspn(text, "0123456789");
	const char *letter = text[digits] ? strchr(SIZE_LETTERS,
						    toupper((unsigned char)text[digits]))
					  : NULL;

	if (!*text)
		return why_say(why, 0, "an empty size; sizes are written 64, 4K or 1M");
	if (digits && letter)
		return why_say(why, 0,
			"'%s' is not a size; did you mean %.*s%c? (powers of 1024)", text,
			(int)digits, text, *letter);
	return why_say(
		why, 0, "'%s' is not a size; sizes are written 64, 4K or 1M", text);
}

int text_size(const char *text, uint64_t *bytes, struct why *why)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	unsigned shift = 0;
	uint64_t value;

	if (!digits || (*rest && (!strchr(SIZE_LETTERS, *rest) || rest[1])))
		return size_wrong(text, why);
	if (*rest)
		shift = 10u * (unsigned)(strchr(SIZE_LETTERS, *rest) - SIZE_LETTERS + 1);
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno || value > (uint64_t)INT64_MAX >> shift) {
		why_say(why, 0, "the size '%s' is too large; the greatest is %" PRId64,
			text, INT64_MAX);
		return -ERANGE;
	}
	*bytes = value << shift;
	return 0;
}

int text_time(const char *text, uint64_t *ns, struct why *why)
{
	char *end;
	const char *suffix;
	double value;

	if (isdigit((unsigned char)*text)) {
		value = strtod(text, &end);
		if (value == 0 && !*end) {
			*ns = 0;
			return 0;
		}
		/* People type "us" where the table has the sign. */
		suffix = strcmp(end, "us") ? end : time_units[1].name;
		for (const struct unit *unit = time_units; unit->name; unit++) {
			if (strcmp(suffix, unit->name) || value * unit->factor >= 9.2e18)
				continue;
			*ns = (uint64_t)llround(value * unit->factor);
			return 0;
		}
		if (!*end)
			return why_say(why, 0,
				"'%s' has no unit; times are written 250ns, 10us, 1.5ms "
				"or 2s",
				text);
	}
	return why_say(why, 0,
		"'%s' is not a time; times are written 250ns, 10us, 1.5ms or 2s", text);
}

int text_number(
	const char *text, int64_t least, int64_t most, int64_t *number, struct why *why)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (!*text || *end || isspace((unsigned char)*text))
		return why_say(why, 0, "'%s' is not a whole number", text);
	if (errno || value < least || value > most) {
		why_say(why, 0, "%s is out of range; it can be %" PRId64 " to %" PRId64,
			text, least, most);
		return -ERANGE;
	}
	*number = value;
	return 0;
}

static char *quantity(double value, const struct unit *units, char *text)
{
	const struct unit *unit = units;
	double scaled;
	int decimals;

	if (isnan(value)) {
		snprintf(text, TEXT_QUANTITY, "-");
		return text;
	}
	/* 999.5 would be written as "1000" of the smaller unit. */
	while (unit[1].name && fabs(value) >= 0.9995 * unit[1].factor)
		unit++;
	scaled = value / unit->factor;
	decimals = fabs(scaled) >= 99.95 ? 0 : fabs(scaled) >= 9.995 ? 1 : 2;
	if (scaled == round(scaled))
		decimals = 0;
	snprintf(text, TEXT_QUANTITY, "%.*f %s", decimals, scaled, unit->name);
	return text;
}

char *text_bytes(double bytes, char *text)
{
	return quantity(bytes, size_units, text);
}

char *text_ns(double ns, char *text)
{
	return quantity(ns, time_units, text);
}

char *text_rate(double bytes_per_s, char *text)
{
	return quantity(bytes_per_s, rate_units, text);
}

char *text_size_short(uint64_t bytes, char *text)
{
	int letter = -1;

	while (letter < 2 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		letter++;
	}
	if (letter < 0)
		snprintf(text, TEXT_QUANTITY, "%" PRIu64, bytes);
	else
		snprintf(text, TEXT_QUANTITY, "%" PRIu64 "%c", bytes,
			SIZE_LETTERS[letter]);
	return text;
}

#define WORD_MAX 63

/* Optimal string alignment: insert, delete, change, and swap of two neighbours. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3];
		const size_t *earlier = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);

			if (before[j] + 1 < best)
				best = before[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
				best = earlier[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}

const char *text_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (; *words; words++) {
		size_t d = distance(word, *words);
		size_t length = strlen(*words);
		size_t allowed = length <= 3 ? 1 : length <= 6 ? 2 : length / 3;

		/* A beginning is what people type when they are sure of the rest. */
		if (strlen(word) >= 2 && strncmp(word, *words, strlen(word)) == 0)
			d = d ? 1 : 0;
		if (d < best && d <= allowed) {
			best = d;
			nearest = *words;
		}
	}
	return nearest;
}

int text_next(const char **list, char *item, size_t item_size)
{
	size_t length;

	if (!*list)
		return 0;
	length = strcspn(*list, ",");
	if (!length || length >= item_size)
		return -EINVAL;
	memcpy(item, *list, length);
	item[length] = '\0';
	*list = (*list)[length] ? *list + length + 1 : NULL;
	return 1;
}

int text_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	int error = 0;

	if (fd < 0)
		return -errno;
	got = read(fd, text, size - 1);
	if (got < 0)
		error = -errno;
	close(fd);
	if (error)
		return error;
	text[got] = '\0';
	while (got && text[got - 1] == '\n')
		text[--got] = '\0';
	return 0;
}

int64_t text_file_number(const char *path, int64_t otherwise)
{
	char text[64];
	int64_t number;

	if (text_file(path, text, sizeof text) ||
		text_number(text, INT64_MIN, INT64_MAX, &number, NULL))
		return otherwise;
	return number;
}
