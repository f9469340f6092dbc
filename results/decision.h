/* decision.h: is it slower? What the launches of two sides say about one case, and what
 * all cases say together.
 *
 * A case is `slower` or `faster` when a rank test on its launches passes Holm's
 * correction over all cases at alpha and the median ratio reaches the margin; `no change`
 * when the interval of the ratio, of confidence 1 - alpha, lies inside the margin; all
 * else is `inconclusive`, with the words for what it would take. The margin is a factor,
 * so that exchanging the sides mirrors each verdict: 2 % is 1.02 and 1 / 1.02.
 *
 * Launches beyond those planned never raise an alarm: the test is made on the planned
 * ones alone, whatever follows. They narrow the interval of a case that is open, which
 * may make it `no change` (why and how often: harness/duet_extend.h). */
#ifndef IPCMARK_DECISION_H
#define IPCMARK_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule {
	double alpha; /* family-wise, over the cases of one comparison */
	double margin; /* 0.02: changes below 2 % do not count */
};
#define RULE_ALPHA  0.01
#define RULE_MARGIN 0.02
#define RULE_STANDARD                                                                    \
	{                                                                                \
		RULE_ALPHA, RULE_MARGIN                                                  \
	}

enum verdict {
	VERDICT_NO_CHANGE,
	VERDICT_FASTER, /* more throughput, more capacity */
	VERDICT_SLOWER,
	VERDICT_INCONCLUSIVE,
};
#define VERDICTS 4

/* "no change", "faster", "slower", "inconclusive". */
const char *verdict_name(enum verdict verdict);

/* How the launches of the two sides belong together. */
enum design {
	DESIGN_PAIRED, /* base[i] and candidate[i] were alternated in one launch: duet */
	DESIGN_UNPAIRED, /* two runs */
	DESIGN_EXACT, /* the same every time by design: any difference is a change */
};

#define DECISION_WHY 240

/* All ratios are candidate over base. What is unknown is NAN. */
struct decision {
	/* What is decided on, set by the caller. */
	enum design design;
	bool more_is_better; /* throughput, capacity; not times */
	bool is_counted; /* a number of bytes, not a time: launches that all agree say
			  * that nothing changed, however few they are */
	bool is_realtime; /* ran under SCHED_FIFO: not an advice then */
	const double *ratios; /* paired: of each pair of launches, where it is known
			       * better than as the quotient of their values (NAN where
			       * not); or NULL */
	size_t planned; /* paired: so many of the pairs, from the first, are tested, and
			 * those that follow only narrow; 0: all are tested */

	/* Set by decision_measure(). */
	size_t base_count, candidate_count; /* launches that count */
	double base, candidate; /* medians over the launches */
	double ratio; /* of a pair: median of the launches' ratios; unpaired: median of
		       * the ratios of all pairs of launches (Hodges and Lehmann) */
	double low, high; /* its interval; NAN: too few launches for one */
	double coverage; /* what the interval reaches; 0: none */
	double p; /* of this case alone; NAN: not tested */
	double least_p; /* what p could have been at the least */

	/* The same of the planned launches and those that followed; count 0: none did. */
	struct estimate {
		size_t count;
		double base, candidate, ratio, low, high, coverage;
	} narrowed;

	/* Set by the caller after that, where the values were set against something: the
	 * ratio of what was measured. decision_measure() makes it NAN. */
	double raw_ratio;

	/* Set by decision_settle(). */
	double p_holm;
	enum verdict verdict;
	bool is_open; /* on the planned launches: neither changed nor unchanged, and more
		       * launches could tell; what is above is then of all launches */
	char why[DECISION_WHY]; /* why inconclusive and what it would take, or what the
				 * verdict rests on where that is not plain; or "" */
};

/* Compares the launches of one case. Paired: both have the same count and pairs with a
 * value that is not known or not positive are left out. Values of any positive unit. */
void decision_measure(struct decision *decision, const double *base, size_t base_count,
	const double *candidate, size_t candidate_count, const struct rule *rule);

/* A case that could not be compared: inconclusive for this reason, in no family. */
void decision_refuse(struct decision *decision, const char *why);

/* Corrects for the number of cases and gives each its verdict and its words. Cases that
 * were refused keep theirs. 0 or -ENOMEM. */
int decision_settle(
	struct decision *const *decisions, size_t count, const struct rule *rule);

/* One for all: slower if any is, else inconclusive if any is, else faster if any is. */
enum verdict decision_whole(struct decision *const *decisions, size_t count);

/* What the program exits with for that: 1 slower, 3 inconclusive, else 0. */
int decision_exit(enum verdict whole);

/* The ratio of one pair of launches; NAN where a value is not known or not positive. */
double decision_pair_ratio(const struct decision *decision, const double *base,
	const double *candidate, size_t pair);

/* How many launches (a side) it takes at the least, so that a test can pass Holm's
 * correction over `cases` cases and an interval exists. */
size_t decision_launches(enum design design, size_t cases, const struct rule *rule);

#endif
