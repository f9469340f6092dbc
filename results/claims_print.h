/* claims_print.h: judged claims for people and for programs. */
#ifndef IPCMARK_CLAIMS_PRINT_H
#define IPCMARK_CLAIMS_PRINT_H

#include "results/claims.h"
#include "results/sheet.h"

/* By kind: the verdict, why, and the most telling evidence; `is_full`: the rule and all
 * evidence. At most 100 columns. */
void claims_print_table(
	const struct judged_claims *judged, const struct sheet *sheet, bool is_full);

/* One record a claim; the evidence in one field, a line each. */
void claims_print_csv(const struct judged_claims *judged, FILE *out);

/* GitHub's tables, one a kind. */
void claims_print_markdown(const struct judged_claims *judged, FILE *out);

/* 0, or -errno in words; -ENOTSUP where the format is not built in. */
int claims_print_json(const struct judged_claims *judged, FILE *out, struct why *why);

#endif
