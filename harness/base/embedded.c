#include "harness/base/embedded.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of a file between two symbols. */
#define FILE_BYTES(symbol, path)                                                         \
	__asm__(".section .rodata\n"                                                     \
		".global embedded_" #symbol "\n"                                         \
		"embedded_" #symbol ": .incbin \"" path "\"\n"                           \
		".global embedded_" #symbol "_end\n"                                     \
		"embedded_" #symbol "_end: .byte 0\n"                                    \
		".previous\n");                                                          \
	extern const char embedded_##symbol[], embedded_##symbol##_end[];

#define EMBEDDED(symbol, name, path) FILE_BYTES(symbol, path)
#include "embedded_files.def"
#undef EMBEDDED

const struct embedded embedded_files[] = {
#define EMBEDDED(symbol, name, path) { name, embedded_##symbol, embedded_##symbol##_end },
#include "embedded_files.def"
#undef EMBEDDED
	{ NULL, NULL, NULL },
};

char *embedded_copy(const char *name, size_t *length)
{
	char *copy;

	for (const struct embedded *file = embedded_files; file->name; file++) {
		if (strcmp(file->name, name) != 0)
			continue;
		*length = (size_t)(file->end - file->begin);
		copy = malloc(*length + 1);
		if (copy) {
			memcpy(copy, file->begin, *length);
			copy[*length] = '\0';
		}
		return copy;
	}
	return NULL;
}
