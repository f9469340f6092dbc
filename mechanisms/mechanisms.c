#include "mechanisms/mechanism.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/text.h"

#define ROW(name, file) extern const struct mechanism name##_mechanism;
#include "mechanisms/mechanisms.def"
#undef ROW

const struct mechanism *const mechanisms[] = {
#define ROW(name, file) &name##_mechanism,
#include "mechanisms/mechanisms.def"
#undef ROW
};
const size_t mechanism_count = sizeof mechanisms / sizeof mechanisms[0];

const struct mechanism *mechanism_find(const char *name)
{
	for (size_t i = 0; i < mechanism_count; i++)
		if (strcmp(mechanisms[i]->name, name) == 0)
			return mechanisms[i];
	return NULL;
}

int mechanism_setting(const struct mechanism *mechanism, const char *name)
{
	for (int i = 0; mechanism->settings && mechanism->settings[i].name; i++)
		if (strcmp(mechanism->settings[i].name, name) == 0)
			return i;
	return -1;
}

void setting_range(const struct setting_spec *spec, int64_t *least, int64_t *most)
{
	*least = spec->least;
	*most = spec->most;
	if (spec->range)
		spec->range(least, most);
}

char *setting_range_text(const struct setting_spec *spec, char text[SETTING_RANGE])
{
	int64_t least, most;

	setting_range(spec, &least, &most);
	snprintf(text, SETTING_RANGE, "%" PRId64 " to %" PRId64 "%s%s%s", least, most,
		spec->limit ? " (" : "", spec->limit ? spec->limit : "",
		spec->limit ? ")" : "");
	return text;
}

const struct setting_spec *setting_find(const char *name)
{
	for (size_t m = 0; m < mechanism_count; m++) {
		int index = mechanism_setting(mechanisms[m], name);

		if (index >= 0)
			return &mechanisms[m]->settings[index];
	}
	return NULL;
}

/* A size as on the command line, or "most": what this system lets it be at most. */
static int preset_value(const struct setting_spec *spec, const char *text, int64_t *value)
{
	int64_t least;
	uint64_t number;

	if (strcmp(text, "most") == 0) {
		setting_range(spec, &least, value);
		return 0;
	}
	if (text_size(text, &number, NULL))
		return -EINVAL;
	*value = (int64_t)number;
	return 0;
}

/* "name=value,name=value". */
static int apply_preset(
	const struct mechanism *mechanism, int64_t settings[MECHANISM_SETTINGS])
{
	const char *at = mechanism->preset;

	while (at && *at) {
		char name[64], value[64];
		size_t name_length = strcspn(at, "="), value_length;
		int index;

		if (at[name_length] != '=' || name_length >= sizeof name)
			return -EINVAL;
		memcpy(name, at, name_length);
		name[name_length] = '\0';
		at += name_length + 1;
		value_length = strcspn(at, ",");
		if (value_length >= sizeof value)
			return -EINVAL;
		memcpy(value, at, value_length);
		value[value_length] = '\0';
		at += value_length + (at[value_length] == ',');
		index = mechanism_setting(mechanism, name);
		if (index < 0 || preset_value(&mechanism->settings[index], value,
					 &settings[index]))
			return -EINVAL;
	}
	return 0;
}

void mechanism_defaults(
	const struct mechanism *mechanism, int64_t settings[MECHANISM_SETTINGS])
{
	for (int i = 0; i < MECHANISM_SETTINGS; i++)
		settings[i] = SETTING_UNSET;
	for (int i = 0; mechanism->settings && mechanism->settings[i].name; i++)
		settings[i] = mechanism->settings[i].standard;
	(void)apply_preset(mechanism, settings); /* mechanism_check() has tried it */
}

int mechanism_check(const struct mechanism *m, struct why *why)
{
	int64_t settings[MECHANISM_SETTINGS] = { 0 };
	unsigned caps = m->caps;
	int count = 0;

	for (; m->settings && m->settings[count].name; count++)
		;
#define DEMAND(condition, words)                                                         \
	if (!(condition))                                                                \
	return why_say(why, 0, "%s: %s", m->name ? m->name : "(no name)", words)
	DEMAND(m->name && m->title && m->family && m->cite && m->says,
		"name, title, family, cite and says are needed");
	DEMAND(count <= MECHANISM_SETTINGS, "more than MECHANISM_SETTINGS settings");
	DEMAND(apply_preset(m, settings) == 0, "the preset cannot be parsed");
	DEMAND(!m->size_setting || mechanism_setting(m, m->size_setting) >= 0,
		"size_setting is none of its settings");
	DEMAND(m->tests && m->tests < TEST_BIT(TESTS), "takes part in no test");
	DEMAND(m->work ? !m->send && !m->recv : m->send && m->recv,
		"work, or send and recv: one of the two");
	DEMAND(!m->work || (!m->send_some && !m->recv_some),
		"send_some and recv_some go with send and recv");
	DEMAND(m->detach || m->work, "something must be let go of: detach");
	DEMAND(!(m->tests & TEST_BIT(TEST_CAPACITY)) == !m->offer,
		"capacity needs offer");
	DEMAND(!m->offer || (caps & CAP_PAYLOAD), "capacity needs CAP_PAYLOAD");
	DEMAND(!(caps & CAP_EXACT_CAPACITY) || m->offer,
		"CAP_EXACT_CAPACITY without offer");
	DEMAND(!(caps & CAP_INPLACE) || m->reserve, "CAP_INPLACE without reserve");
	DEMAND(!(caps & CAP_SOLO) || m->work, "CAP_SOLO goes with work");
	DEMAND(!(caps & CAP_COALESCES) || !(m->tests & TEST_BIT(TEST_THROUGHPUT)),
		"what coalesces has no throughput");
	DEMAND((caps & CAP_PAYLOAD) ||
			!(m->tests & ~(TEST_BIT(TEST_LATENCY) | TEST_BIT(TEST_MEMORY))),
		"only round trips and memory go without CAP_PAYLOAD");
	DEMAND(!m->dial == !m->hang_up, "dial and hang_up: both or none");
	DEMAND(!(m->tests & TEST_BIT(TEST_CONNECT)) == !m->dial, "connect needs dial");
	DEMAND(!(m->tests & TEST_BIT(TEST_SEND)) || m->offer, "send needs offer");
	DEMAND(!(m->tests & TEST_BIT(TEST_PIECES)) ||
			(!m->work && !(caps & (CAP_BOUNDARIES | CAP_INPLACE))),
		"pieces need a stream of bytes");
	DEMAND(!(m->tests & TEST_BIT(TEST_MEMORY)) || !m->work, "memory needs a channel");
	DEMAND((caps & CAP_SOLO) ||
			((caps & CAP_BLOCKS) != 0) != ((caps & CAP_SPINS) != 0),
		"CAP_BLOCKS or CAP_SPINS: one of the two");
	DEMAND(!((caps & CAP_SAME_CPU) && (caps & CAP_TWO_CPUS)),
		"CAP_SAME_CPU and CAP_TWO_CPUS exclude each other");
#undef DEMAND
	return 0;
}
