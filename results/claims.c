#include "results/claim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/embedded.h"
#include "results/csv.h"

#define CLAIMS_FILE "results/claims.csv"

const char *const claim_verdict_words[] = {
	[CLAIM_CONFIRMED] = "confirmed",
	[CLAIM_REFUTED] = "refuted",
	[CLAIM_DEPENDS] = "depends",
	[CLAIM_UNDECIDED] = "not decidable here",
	[CLAIM_VERDICTS] = NULL,
};

enum { ID, KIND, CLAIM, RULE, CONFIRMED, REFUTED, DEPENDS, COLUMNS };

static const char *const columns[COLUMNS] = { "id", "kind", "claim", "rule", "confirmed",
	"refuted", "depends" };

static struct claim *loaded;
static size_t loaded_count;

static int add(char **fields, int got, struct why *why)
{
	struct why inner = { "" };
	struct claim *claim;

	if (got != COLUMNS)
		return why_say(why, 0, CLAIMS_FILE ": %s: %d fields instead of %d",
			fields[ID], got, COLUMNS);
	claim = reallocarray(loaded, loaded_count + 1, sizeof *loaded);
	if (!claim)
		return why_say(why, ENOMEM, "read " CLAIMS_FILE);
	loaded = claim;
	claim += loaded_count;
	*claim = (struct claim) { .id = fields[ID],
		.kind = fields[KIND],
		.claim = fields[CLAIM],
		.rule_text = fields[RULE],
		.words = { fields[CONFIRMED], fields[REFUTED], fields[DEPENDS] } };
	if (rule_parse(claim->rule_text, &claim->rule, &inner))
		return why_say(
			why, 0, CLAIMS_FILE ": %s: rule, %s", claim->id, inner.text);
	loaded_count++;
	return 0;
}

int claims_load(const struct claim **claims, size_t *count, struct why *why)
{
	char *fields[COLUMNS], *bytes, *at;
	size_t length;
	int got, error = 0;

	if (!loaded) {
		bytes = embedded_copy(CLAIMS_FILE, &length); /* the fields stay in it */
		if (!bytes)
			return why_say(why, ENOMEM, "read " CLAIMS_FILE);
		at = bytes;
		got = csv_record(&at, bytes + length, fields, COLUMNS);
		for (int i = 0; i < COLUMNS; i++)
			if (got != COLUMNS || strcmp(fields[i], columns[i]) != 0)
				return why_say(why, 0, CLAIMS_FILE ": no column '%s'",
					columns[i]);
		while (!error &&
			(got = csv_record(&at, bytes + length, fields, COLUMNS)) > 0)
			error = add(fields, got, why);
		if (!error && got < 0)
			error = why_say(why, 0, CLAIMS_FILE ": a record does not end");
	}
	*claims = loaded;
	*count = loaded_count;
	return error;
}
