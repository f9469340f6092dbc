#include "harness/base/payload.h"

const char *const payload_names[] = { "none", "touch", "verify", NULL };

/* Word `index` of a message. Multiplication by odd numbers keeps every bit of sequence
 * and index, and the lowest byte of a message counts the messages: a message of one byte
 * that is lost, repeated or out of order is seen. */
static inline uint64_t word(unsigned direction, uint64_t sequence, uint64_t index)
{
	return (sequence + 1) * 0x9e3779b97f4a7c15u + index * 0xc2b2ae3d27d4eb4fu +
	       direction * 0x165667b19e3779f9u;
}

static inline unsigned char byte(unsigned direction, uint64_t sequence, size_t offset)
{
	return (unsigned char)(word(direction, sequence, offset / 8) >> offset % 8 * 8);
}

void payload_fill(
	void *tx, size_t size, unsigned direction, uint64_t sequence, size_t offset)
{
	unsigned char *bytes = tx;
	size_t i = 0;

	for (; i < size && (offset + i) % 8; i++)
		bytes[i] = byte(direction, sequence, offset + i);
	for (; i + 8 <= size; i += 8) {
		uint64_t value = word(direction, sequence, (offset + i) / 8);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		value = __builtin_bswap64(value);
#endif
		memcpy(bytes + i, &value, 8);
	}
	for (; i < size; i++)
		bytes[i] = byte(direction, sequence, offset + i);
}

size_t payload_check(
	const void *rx, size_t size, unsigned direction, uint64_t sequence, size_t offset)
{
	const unsigned char *bytes = rx;
	size_t i = 0;

	for (; i < size && (offset + i) % 8; i++)
		if (bytes[i] != byte(direction, sequence, offset + i))
			return i;
	for (; i + 8 <= size; i += 8) {
		uint64_t value;

		memcpy(&value, bytes + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		value = __builtin_bswap64(value);
#endif
		if (value != word(direction, sequence, (offset + i) / 8))
			break;
	}
	for (; i < size; i++)
		if (bytes[i] != byte(direction, sequence, offset + i))
			return i;
	return size;
}
