#include "results/row.h"

#include <math.h>
#include <string.h>

#define COLUMNS(array) array, sizeof array / sizeof array[0]

static const struct column result_columns[] = {
#define RESULT(type, name, says)                                                         \
	{ #name, COLUMN_##type, offsetof(struct result_row, name), says },
#define SUMMARY(type, name, says)
#include "results/columns.def"
#undef RESULT
#undef SUMMARY
};
/* In the order in which they came. */
static const char *const results_added[] = { "is_user_only", "canary", "canary_ns",
	"pieces", "channels", "memory_bytes", "memory_used_bytes", "memory_noise_bytes",
	"page_faults", "duet_ratio", NULL };
const struct table result_table = { COLUMNS(result_columns), sizeof(struct result_row),
	results_added };

static const struct column summary_columns[] = {
#define RESULT(type, name, says)
#define SUMMARY(type, name, says)                                                        \
	{ #name, COLUMN_##type, offsetof(struct summary_row, name), says },
#include "results/columns.def"
#undef RESULT
#undef SUMMARY
};
static const char *const summary_added[] = { "busy_cpus", NULL };
const struct table summary_table = { COLUMNS(summary_columns), sizeof(struct summary_row),
	summary_added };

void row_clear(const struct table *table, void *row)
{
	memset(row, 0, table->row_size);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];
		void *field = (char *)row + column->offset;

		if (column->type == COLUMN_INT)
			*(int64_t *)field = strcmp(column->name, "schema") ? ROW_UNKNOWN
									   : ROW_SCHEMA;
		else if (column->type == COLUMN_REAL)
			*(double *)field = NAN;
	}
}

void row_text(char field[ROW_TEXT], const char *text)
{
	size_t length = strnlen(text, ROW_TEXT);

	if (length == ROW_TEXT) {
		length--;
		/* A character has at most three bytes of continuation. */
		for (int i = 0; i < 3 && ((unsigned char)text[length] & 0xc0) == 0x80;
			i++)
			length--;
	}
	memmove(field, text, length);
	memset(field + length, 0, ROW_TEXT - length);
}
