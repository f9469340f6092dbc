#include "harness/options_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "mechanisms/mechanism.h"

#define CPU_MOST 1048575

/* By enum run_sched; only a duet can choose by itself. */
static const char *const sched_words[] = { "inherit", "other", "fifo:N", "auto", NULL };
static const char *const fixed_sched_words[] = { "inherit", "other", "fifo:N", NULL };

/* Ends a sentence about a wrong word with the nearest right one, or with all of them. */
static int wrong_word(const char *word, const char *const *words, struct why *why)
{
	const char *nearest = text_nearest(word, words);
	char all[160] = "";

	for (size_t i = 0, used = 0; words[i] && used < sizeof all; i++)
		used += (size_t)snprintf(
			all + used, sizeof all - used, "%s%s", i ? ", " : "", words[i]);
	if (nearest)
		return why_say(why, 0, "'%s' is none of %s; did you mean %s?", word, all,
			nearest);
	return why_say(why, 0, "'%s' is none of %s", word, all);
}

int option_word(const char *text, const char *const *words, int *index, struct why *why)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0) {
			*index = i;
			return 0;
		}
	return wrong_word(text, words, why);
}

static void time_text(int64_t ns, char *text, size_t size)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = { { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 },
		{ "ns", 1 } };
	size_t unit = 0;

	if (!ns) {
		snprintf(text, size, "0");
		return;
	}
	while (ns % units[unit].ns)
		unit++;
	snprintf(text, size, "%" PRId64 "%s", ns / units[unit].ns, units[unit].name);
}

/* Sizes and times, whose ranges are said in their own units. */
static int parse_quantity(const struct option_spec *spec, const char *text,
	int64_t *number, struct why *why)
{
	bool is_size = spec->kind == OPTION_SIZE;
	char least[TEXT_QUANTITY], most[TEXT_QUANTITY];
	uint64_t value;
	int error = is_size ? text_size(text, &value, why) : text_time(text, &value, why);

	if (error)
		return error;
	if (value <= INT64_MAX && (int64_t)value >= spec->least &&
		(int64_t)value <= spec->most) {
		*number = (int64_t)value;
		return 0;
	}
	if (is_size) {
		text_size_short((uint64_t)spec->least, least);
		text_size_short((uint64_t)spec->most, most);
	} else {
		time_text(spec->least, least, sizeof least);
		time_text(spec->most, most, sizeof most);
	}
	why_say(why, 0, "%s is out of range; it can be %s to %s", text, least, most);
	return -ERANGE;
}

/* A plain number; the range is in thousandths. */
static int parse_factor(
	const struct option_spec *spec, const char *text, double *factor, struct why *why)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value))
		return why_say(why, 0, "'%s' is not a number, such as 2.5", text);
	if (value < (double)spec->least / 1000 || value > (double)spec->most / 1000) {
		why_say(why, 0, "%s is out of range; it can be %g to %g", text,
			(double)spec->least / 1000, (double)spec->most / 1000);
		return -ERANGE;
	}
	*factor = value;
	return 0;
}

static int parse_cpus(const char *text, int cpus[2], struct why *why)
{
	char item[16];
	int64_t numbers[2];

	for (int i = 0; i < 2; i++) {
		if (text_next(&text, item, sizeof item) != 1)
			return why_say(why, 0,
				"a pair of CPUs is wanted, such as 0,1 (the same twice for one "
				"CPU)");
		if (text_number(item, 0, CPU_MOST, &numbers[i], why))
			return -EINVAL;
	}
	if (text)
		return why_say(why, 0, "two CPUs are wanted, and here are more");
	cpus[0] = (int)numbers[0];
	cpus[1] = (int)numbers[1];
	return 0;
}

static int parse_sched(
	const struct option_spec *spec, const char *text, int sched[2], struct why *why)
{
	bool is_duet = strcmp(spec->standard, "auto") == 0;
	int64_t priority = 0;
	int policy;

	if (strncmp(text, "fifo:", 5) == 0) {
		/* 98 and 99 are left for those who watch the sides. */
		if (text_number(text + 5, 1, 97, &priority, why))
			return -EINVAL;
		policy = RUN_SCHED_FIFO;
	} else if (strcmp(text, "fifo") == 0) {
		return why_say(why, 0, "fifo needs a priority, such as fifo:10");
	} else if (option_word(text, is_duet ? sched_words : fixed_sched_words, &policy,
			   why)) {
		return -EINVAL;
	}
	sched[0] = policy;
	sched[1] = (int)priority;
	return 0;
}

/* A value that is no number: which setting's, and what it can be. */
static int say_setting(const char *name, const struct why *wrong, struct why *why)
{
	const struct setting_spec *spec = setting_find(name);
	char range[SETTING_RANGE];

	return why_say(why, 0, "%s: %s%s%s", name, wrong->text,
		spec ? "; it can be " : "", spec ? setting_range_text(spec, range) : "");
}

static int add_setting(struct options *options, const char *item, struct why *why)
{
	const char *equals = strchr(item, '=');
	size_t length = equals ? (size_t)(equals - item) : 0;
	struct option_setting setting = { .name = "" };
	struct why wrong = { "" };
	uint64_t value;
	size_t i = 0;

	if (!length || length >= sizeof setting.name)
		return why_say(
			why, 0, "'%s' is not NAME=VALUE, such as pipe.size=1M", item);
	memcpy(setting.name, item, length);
	if (text_size(equals + 1, &value, &wrong))
		return say_setting(setting.name, &wrong, why);
	setting.value = (int64_t)value;
	while (i < options->setting_count &&
		strcmp(options->settings[i].name, setting.name) != 0)
		i++;
	if (i == OPTION_SETTINGS)
		return why_say(why, 0, "more than %d settings", OPTION_SETTINGS);
	options->settings[i] = setting;
	if (i == options->setting_count)
		options->setting_count++;
	return 0;
}

static int parse_settings(struct options *options, const char *text, struct why *why)
{
	char item[OPTION_SETTING_NAME + TEXT_QUANTITY];
	int more;

	while ((more = text_next(&text, item, sizeof item)) == 1)
		if (add_setting(options, item, why))
			return -EINVAL;
	if (more < 0)
		return why_say(why, 0,
			"an empty or too long setting; it is written NAME=VALUE, such as "
			"pipe.size=1M");
	return 0;
}

/* A number with a point, whatever the locale; text after it is `end`. */
static bool read_real(const char *text, double *value, const char **end)
{
	char *after;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false; /* also "nan", "inf", "0x" and signs */
	*value = strtod(text, &after);
	*end = after;
	return after != text && isfinite(*value) && !strpbrk(text, "xXpP");
}

static int parse_percent(
	const struct option_spec *spec, const char *text, double *share, struct why *why)
{
	const char *end = "";
	double value;

	if (!read_real(text, &value, &end) || (*end && strcmp(end, "%") != 0))
		return why_say(
			why, 0, "'%s' is not a percentage; it is written 2 or 0.5", text);
	if (value < (double)spec->least || value > (double)spec->most) {
		why_say(why, 0, "%s is out of range; it can be %" PRId64 " to %" PRId64,
			text, spec->least, spec->most);
		return -ERANGE;
	}
	*share = value / 100;
	return 0;
}

static int parse_chance(const char *text, double *chance, struct why *why)
{
	const char *end = "";
	double value;

	if (!read_real(text, &value, &end) || *end)
		return why_say(
			why, 0, "'%s' is not a probability; it is written 0.01", text);
	if (!(value > 0) || value > 0.5) {
		why_say(why, 0, "%s is out of range; it can be above 0 and up to 0.5",
			text);
		return -ERANGE;
	}
	*chance = value;
	return 0;
}

int option_read(struct options *options, const struct option_spec *spec,
	const char *value, struct why *why)
{
	void *at = (char *)options + spec->offset;
	int64_t number;
	int error;

	switch (spec->kind) {
	case OPTION_FLAG:
		error = text_number(value, 0, 1, &number, why);
		if (!error)
			*(bool *)at = number != 0;
		return error;
	case OPTION_WORD:
		return option_word(value, spec->words, at, why);
	case OPTION_TEXT:
		if (!*value)
			return why_say(
				why, 0, "an empty value; %s is wanted", spec->value);
		*(const char **)at = value;
		return 0;
	case OPTION_NUMBER:
		return text_number(value, spec->least, spec->most, at, why);
	case OPTION_SIZE:
	case OPTION_TIME:
		return parse_quantity(spec, value, at, why);
	case OPTION_FACTOR:
		return parse_factor(spec, value, at, why);
	case OPTION_CPUS:
		return parse_cpus(value, at, why);
	case OPTION_SCHED:
		return parse_sched(spec, value, at, why);
	case OPTION_PERCENT:
		return parse_percent(spec, value, at, why);
	case OPTION_CHANCE:
		return parse_chance(value, at, why);
	case OPTION_SETTING:
		return parse_settings(options, value, why);
	}
	return -EINVAL;
}

static void settings_text(const struct options *options, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < options->setting_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s=%" PRId64,
			i ? "," : "", options->settings[i].name,
			options->settings[i].value);
}

bool options_text(const struct options *options, const struct option_spec *spec,
	char *text, size_t size)
{
	const void *at = (const char *)options + spec->offset;
	const int *ints = at;

	*text = '\0';
	switch (spec->kind) {
	case OPTION_FLAG:
		snprintf(text, size, "%s", *(const bool *)at ? "1" : "");
		break;
	case OPTION_WORD:
		snprintf(text, size, "%s", spec->words[*ints]);
		break;
	case OPTION_TEXT:
		if (*(const char *const *)at)
			snprintf(text, size, "%s", *(const char *const *)at);
		break;
	case OPTION_NUMBER:
	case OPTION_SIZE:
		if (*(const int64_t *)at >= 0)
			snprintf(text, size, "%" PRId64, *(const int64_t *)at);
		break;
	case OPTION_TIME:
		if (*(const int64_t *)at >= 0)
			time_text(*(const int64_t *)at, text, size);
		break;
	case OPTION_FACTOR:
		snprintf(text, size, "%g", *(const double *)at);
		break;
	case OPTION_CPUS:
		if (ints[0] >= 0)
			snprintf(text, size, "%d,%d", ints[0], ints[1]);
		break;
	case OPTION_SCHED:
		if (ints[0] == RUN_SCHED_FIFO)
			snprintf(text, size, "fifo:%d", ints[1]);
		else
			snprintf(text, size, "%s", sched_words[ints[0]]);
		break;
	case OPTION_PERCENT:
		snprintf(text, size, "%.10g", 100 * *(const double *)at);
		break;
	case OPTION_CHANCE:
		snprintf(text, size, "%.10g", *(const double *)at);
		break;
	case OPTION_SETTING:
		settings_text(options, text, size);
		break;
	}
	return *text;
}
