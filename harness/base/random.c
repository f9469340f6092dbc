#include "harness/base/random.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t random_below(struct random *random, uint64_t limit)
{
	uint64_t reject_below = -limit % limit;
	uint64_t value;

	do {
		value = random_next(random);
	} while (value < reject_below);
	return value % limit;
}

void random_shuffle(struct random *random, void *elements, size_t count, size_t size)
{
	unsigned char *bytes = elements;
	unsigned char kept[64];

	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)random_below(random, i);

		memcpy(kept, bytes + (i - 1) * size, size);
		memmove(bytes + (i - 1) * size, bytes + j * size, size);
		memcpy(bytes + j * size, kept, size);
	}
}

uint64_t random_secret(void)
{
	uint64_t value;
	struct timespec now;
	struct random fallback;

	if (getrandom(&value, sizeof value, 0) == (ssize_t)sizeof value)
		return value;
	/* No getrandom (an old or emulated kernel): names then rest on O_EXCL and on
	 * private directories alone. */
	clock_gettime(CLOCK_REALTIME, &now);
	fallback.state = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^
			 (uint64_t)getpid();
	return random_next(&fallback);
}
