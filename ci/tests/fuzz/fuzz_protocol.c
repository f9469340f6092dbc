/* What a command of a duet may say: arbitrary bytes as answers to each question. Nothing
 * may crash or wait, what is refused is refused in words, and no more rows come than were
 * asked for. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/duet_side.h"
#include "results/csv.h"

#define ROWS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without the true columns hardly any input would come as far as a row. */
static void put_columns(int fd)
{
	FILE *out = fdopen(dup(fd), "w");

	if (!out)
		abort();
	fputs("columns,", out);
	csv_header(out, &result_table);
	fputs("row,", out);
	if (fclose(out))
		abort();
}

/* A side whose command has said all and ended. */
static void pretend(
	struct duet_side *side, bool has_columns, const uint8_t *data, size_t size)
{
	side->role = "candidate";
	strcpy(side->command, "fuzz serve");
	side->timeout_ns = 1000000000u;
	side->from = memfd_create("answers", MFD_CLOEXEC);
	if (side->from >= 0 && has_columns)
		put_columns(side->from);
	if (side->from < 0 || write(side->from, data, size) != (ssize_t)size ||
		lseek(side->from, 0, SEEK_SET))
		abort();
	side->to = fopen("/dev/null", "w");
	side->buffer = malloc(PROTOCOL_LINE);
	/* Readable, as the pidfd of one that has ended. */
	side->child.pidfd = eventfd(1, EFD_CLOEXEC);
	if (!side->to || !side->buffer || side->child.pidfd < 0)
		abort();
}

static int listen_to(struct duet_side *side, unsigned question, struct why *why)
{
	static const char *const launch[] = { "launch", "mechanisms=pipe" };
	static struct result_row rows[ROWS];
	struct facts facts = { 0 };
	char ready[256];
	double value;
	bool flag;
	size_t count;
	int error;

	switch (question % 4) {
	case 0:
		error = duet_side_facts(side, &facts, why);
		facts_free(&facts);
		return error;
	case 1:
		error = duet_side_launch(side, launch, 2, 0, ready, &flag, why);
		if (!error && flag && !why->text[0])
			abort(); /* refused without a word */
		return error;
	case 2:
		return duet_side_slice(side, 0, 0, 0, &value, &flag, why);
	default:
		error = duet_side_rows(side, rows, ROWS, &count, why);
		if (count > ROWS)
			abort();
		return error;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct duet_side side;
	struct why why = { "" };
	int error = 0;

	if (!size)
		return 0;
	memset(&side, 0, sizeof side);
	pretend(&side, data[0] & 4, data + 1, size - 1);
	/* The same question again until the answers are used up. */
	for (int times = 0; times < 8 && !error; times++) {
		why_clear(&why);
		error = listen_to(&side, data[0], &why);
	}
	if (error && !why.text[0])
		abort(); /* refused without a word */
	for (const char *c = why.text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort(); /* an escape sequence for the terminal */
	close(side.child.pidfd);
	duet_side_stop(&side);
	return 0;
}
