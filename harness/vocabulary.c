#include "harness/vocabulary.h"

#include <stdio.h>

const char *const test_names[] = {
	[TEST_LATENCY] = "latency",
	[TEST_THROUGHPUT] = "throughput",
	[TEST_CAPACITY] = "capacity",
	[TEST_CONNECT] = "connect",
	[TEST_SEND] = "send",
	[TEST_PIECES] = "pieces",
	[TEST_MEMORY] = "memory",
	[TESTS] = NULL,
};

const char *const test_meanings[] = {
	[TEST_LATENCY] = "closed-loop round trip, reported as a round trip",
	[TEST_THROUGHPUT] = "one direction, timed at the receiver",
	[TEST_CAPACITY] = "what is accepted while nobody reads",
	[TEST_CONNECT] = "connect, round trip and close, on a connection of its own",
	[TEST_SEND] =
		"what one send costs the sender alone, with room and nobody reading",
	[TEST_PIECES] = "round trip of a message that leaves in several sends (--pieces)",
	[TEST_MEMORY] = "what one channel takes in memory, at rest and filled",
	[TESTS] = NULL,
};

static const struct {
	unsigned cap;
	const char *words;
} caps_in_words[] = {
	{ CAP_PAYLOAD, "payload" },
	{ CAP_BOUNDARIES, "boundaries" },
	{ CAP_INPLACE, "in place" },
	{ CAP_BLOCKS, "blocks" },
	{ CAP_SPINS, "spins" },
	{ CAP_POLLABLE, "pollable" },
	{ CAP_LOSSY, "lossy" },
	{ CAP_COALESCES, "coalesces" },
	{ CAP_SOLO, "one side" },
	{ CAP_SAME_CPU, "one CPU" },
	{ CAP_TWO_CPUS, "two CPUs" },
	{ CAP_EXACT_CAPACITY, "exact capacity" },
	{ CAP_NAMED, "named" },
	{ CAP_UNRELATED, "unrelated processes" },
	{ CAP_CROSS_HOST, "cross-host" },
	{ CAP_FLOOR, "floor" },
};

static void append(
	char *text, size_t size, size_t *used, const char *separator, const char *word)
{
	if (*used < size)
		*used += (size_t)snprintf(
			text + *used, size - *used, "%s%s", *used ? separator : "", word);
}

char *test_words(unsigned tests, const char *separator, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (unsigned test = 0; test < TESTS; test++)
		if (tests & TEST_BIT(test))
			append(text, size, &used, separator, test_names[test]);
	return text;
}

char *cap_words(unsigned caps, const char *separator, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof caps_in_words / sizeof caps_in_words[0]; i++)
		if (caps & caps_in_words[i].cap)
			append(text, size, &used, separator, caps_in_words[i].words);
	return text;
}
