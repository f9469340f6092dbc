/* rule_scan.h: the words of a rule, one after the other: names, amounts, signs. */
#ifndef IPCMARK_RULE_SCAN_H
#define IPCMARK_RULE_SCAN_H

#include "results/rule.h"

struct scan {
	const char *begin, *at;
	struct claim_rule *rule;
	struct why *why;
	unsigned depth; /* of brackets */
};

/* Says what is wrong at this place, and what stands there; -EINVAL. */
int scan_fail(struct scan *scan, const char *wanted);

void scan_space(struct scan *scan);

/* Can the character be part of a name? */
bool scan_is_name(char c);

/* Takes a sign such as ";" or "..", or a whole word, if it is next. */
bool scan_sign(struct scan *scan, const char *sign);
bool scan_word(struct scan *scan, const char *word);

/* The sign has to be next; 0 or -EINVAL. */
int scan_demand(struct scan *scan, const char *sign, const char *wanted);

/* The text from `begin` to here, without spaces at its end. */
struct piece scan_piece(const struct scan *scan, const char *begin);

/* Names with commas between them; "12.5us" in ns and its unit; "4K" in bytes. 0 or
 * -EINVAL in words. */
int scan_names(struct scan *scan, struct names *names);
int scan_amount(struct scan *scan, double *amount, enum unit *unit);
int scan_size(struct scan *scan, int64_t *size_bytes);

#endif
