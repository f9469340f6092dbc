#include "results/decision.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/command.h"
#include "harness/ranks.h"
#include "harness/statistics.h"

/* More launches than this are not an advice any more. */
#define LAUNCHES_ADVISED_MOST 400

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICTS] = { "no change", "faster", "slower",
		"inconclusive" };

	return names[verdict];
}

static void say(struct decision *decision, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct decision *decision, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(decision->why, sizeof decision->why, format, arguments);
	va_end(arguments);
}

void decision_refuse(struct decision *decision, const char *why)
{
	decision->base_count = decision->candidate_count = 0;
	decision->base = decision->candidate = NAN;
	decision->ratio = decision->low = decision->high = NAN;
	decision->raw_ratio = NAN;
	decision->p = decision->p_holm = NAN;
	decision->least_p = 1;
	decision->coverage = 0;
	decision->narrowed.count = 0;
	decision->verdict = VERDICT_INCONCLUSIVE;
	decision->is_open = false;
	say(decision, "%s", why);
}

static bool is_value(double value)
{
	return isfinite(value) && value > 0;
}

/* The logarithms of the values that can be used; `sorted` gets the values themselves. */
static size_t take(const double *values, size_t count, double *logs, double *sorted)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_value(values[i]))
			continue;
		sorted[taken] = values[i];
		logs[taken++] = log(values[i]);
	}
	return taken;
}

static void set_interval(struct decision *decision, struct interval interval)
{
	decision->low = exp(interval.low);
	decision->high = exp(interval.high);
	decision->coverage = interval.coverage;
}

double decision_pair_ratio(const struct decision *decision, const double *base,
	const double *candidate, size_t pair)
{
	if (!is_value(base[pair]) || !is_value(candidate[pair]))
		return NAN;
	if (decision->ratios && is_value(decision->ratios[pair]))
		return decision->ratios[pair];
	return candidate[pair] / base[pair];
}

static void measure_paired(struct decision *decision, const double *base,
	const double *candidate, size_t count, const struct rule *rule, double *logs,
	double *work)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		if (is_value(base[i]) && is_value(candidate[i]))
			work[taken++] = base[i];
	decision->base = statistics_median(work, taken);
	taken = 0;
	for (size_t i = 0; i < count; i++)
		if (is_value(base[i]) && is_value(candidate[i]))
			work[taken++] = candidate[i];
	decision->candidate = statistics_median(work, taken);
	taken = 0;
	for (size_t i = 0; i < count; i++)
		if (is_value(base[i]) && is_value(candidate[i]))
			logs[taken++] = log(
				decision_pair_ratio(decision, base, candidate, i));
	decision->base_count = decision->candidate_count = taken;
	decision->p = ranks_signed_p(logs, taken);
	decision->least_p = ranks_signed_least_p(taken);
	set_interval(decision, ranks_centre_interval(logs, taken, 1 - rule->alpha));
	decision->ratio = exp(statistics_median(logs, taken));
}

/* What the planned launches say, and beside it what all do. */
static void measure_planned(struct decision *decision, const double *base,
	const double *candidate, size_t planned, size_t count, const struct rule *rule,
	double *logs, double *work)
{
	struct decision all = *decision;

	measure_paired(decision, base, candidate, planned, rule, logs, work);
	if (planned == count)
		return;
	measure_paired(&all, base, candidate, count, rule, logs, work);
	decision->narrowed = (struct estimate) { all.base_count, all.base, all.candidate,
		all.ratio, all.low, all.high, all.coverage };
}

static void measure_unpaired(struct decision *decision, const double *base,
	size_t base_count, const double *candidate, size_t candidate_count,
	const struct rule *rule, double *logs, double *work)
{
	double *others;
	size_t a = take(base, base_count, logs, work), b;

	decision->base = statistics_median(work, a);
	others = logs + a;
	b = take(candidate, candidate_count, others, work);
	decision->candidate = statistics_median(work, b);
	decision->base_count = a;
	decision->candidate_count = b;
	decision->p = ranks_sum_p(logs, a, others, b);
	decision->least_p = ranks_sum_least_p(a, b);
	set_interval(decision, ranks_shift_interval(logs, a, others, b, 1 - rule->alpha));
	decision->ratio = exp(ranks_shift(logs, a, others, b));
}

/* The one value that all launches gave, or NAN. */
static double same_value(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(values[i] >= values[0] && values[i] <= values[0]))
			return NAN;
	return count ? values[0] : NAN;
}

static bool all_agree(const double *base, size_t base_count, const double *candidate,
	size_t candidate_count)
{
	double a = same_value(base, base_count);
	double b = same_value(candidate, candidate_count);

	return a >= b && a <= b;
}

static double median_of(const double *values, size_t count, double *work)
{
	for (size_t i = 0; i < count; i++)
		work[i] = values[i];
	return statistics_median(work, count);
}

/* Values that are counted may be 0 and need no test where they agree. */
static void measure_exact(struct decision *decision, const double *base,
	size_t base_count, const double *candidate, size_t candidate_count, double *work)
{
	decision->base_count = base_count;
	decision->candidate_count = candidate_count;
	decision->base = median_of(base, base_count, work);
	decision->candidate = median_of(candidate, candidate_count, work);
	if (all_agree(base, base_count, candidate, candidate_count))
		decision->ratio = 1;
	else
		decision->ratio = same_value(candidate, candidate_count) /
				  same_value(base, base_count);
	decision->low = decision->high = decision->ratio;
	decision->coverage = isnan(decision->ratio) ? 0 : 1;
	decision->p = NAN;
	decision->least_p = 0;
}

void decision_measure(struct decision *decision, const double *base, size_t base_count,
	const double *candidate, size_t candidate_count, const struct rule *rule)
{
	size_t count = base_count + candidate_count + 1;
	size_t pairs = base_count < candidate_count ? base_count : candidate_count;
	size_t planned = decision->planned && decision->planned < pairs
				 ? decision->planned
				 : pairs;
	double *logs = calloc(count, sizeof *logs), *work = calloc(count, sizeof *work);

	decision_refuse(decision, "");
	if (!logs || !work)
		say(decision, "not enough memory to compare the launches");
	else if (decision->design == DESIGN_EXACT ||
		 (decision->is_counted &&
			 all_agree(base, base_count, candidate, candidate_count)))
		measure_exact(
			decision, base, base_count, candidate, candidate_count, work);
	else if (decision->design == DESIGN_PAIRED)
		measure_planned(
			decision, base, candidate, planned, pairs, rule, logs, work);
	else
		measure_unpaired(decision, base, base_count, candidate, candidate_count,
			rule, logs, work);
	if (!*decision->why && (!decision->base_count || !decision->candidate_count))
		say(decision, "no launch of %s can be used",
			decision->base_count        ? "the candidate"
			: decision->candidate_count ? "the base"
						    : "either side");
	else if (!*decision->why && isnan(decision->p) &&
		 decision->design != DESIGN_EXACT && !decision->is_counted)
		say(decision, "not enough memory to compare the launches");
	free(logs);
	free(work);
}

static void settle_exact(struct decision *decision)
{
	if (isnan(decision->ratio)) {
		say(decision,
			"the launches of a side differ, though it holds the same every "
			"time: look for what else was changed between them");
	} else if (decision->ratio >= 1 && decision->ratio <= 1) {
		decision->verdict = VERDICT_NO_CHANGE;
	} else {
		decision->verdict = (decision->ratio > 1) == decision->more_is_better
					    ? VERDICT_FASTER
					    : VERDICT_SLOWER;
		say(decision,
			"it holds the same every time, so that any difference counts");
	}
}

/* Few launches more than there are, in steps that people would type. */
static double round_up(double launches)
{
	double step = launches < 40 ? 2 : 10;

	return ceil(launches / step) * step;
}

static double share(double ratio)
{
	return 100 * (ratio - 1);
}

/* "about 48 launches a side would tell, or --sched fifo:10" */
static void say_advice(
	const struct decision *decision, double launches, char *text, size_t size)
{
	if (isfinite(launches) && launches <= LAUNCHES_ADVISED_MOST)
		snprintf(text, size, "about %.0f launches%s would tell, or %s",
			round_up(launches),
			decision->design == DESIGN_PAIRED ? "" : " a side",
			decision->is_realtime ? "a quieter machine" : "--sched fifo:10");
	else
		snprintf(text, size, "it takes a quieter machine%s",
			decision->is_realtime ? "" : " or --sched fifo:10");
}

/* Why it is neither changed nor unchanged. The width of an interval falls with the root
 * of the number of launches, and the logarithm of p about in proportion to it. */
static void say_open(
	struct decision *decision, size_t family, const struct rule *rule, size_t least)
{
	double margin = log1p(rule->margin), distance = fabs(log(decision->ratio));
	double half = (log(decision->high) - log(decision->low)) / 2;
	double count = (double)(decision->base_count < decision->candidate_count
					? decision->base_count
					: decision->candidate_count);
	double wanted = count * pow(half / (margin - distance), 2);
	char advice[128];

	if (decision->least_p * (double)family > rule->alpha) {
		say(decision,
			"too few launches to tell a change from chance among %zu case%s; at "
			"least %zu%s",
			family, family == 1 ? "" : "s", least,
			decision->design == DESIGN_PAIRED ? "" : " a side");
		return;
	}
	decision->is_open = true;
	if (distance >= margin)
		wanted = count * log(rule->alpha / (double)family) / log(decision->p);
	say_advice(decision, fmax(wanted, count + 1), advice, sizeof advice);
	if (distance >= margin)
		say(decision, "may be chance (p %.2g among %zu case%s); %s",
			decision->p_holm, family, family == 1 ? "" : "s", advice);
	else if (decision->p_holm <= rule->alpha)
		say(decision,
			"changed, but whether by %.3g %% is open (%+.1f to %+.1f %%); %s",
			100 * rule->margin, share(decision->low), share(decision->high),
			advice);
	else
		say(decision, "%+.1f to %+.1f %% is wider than the margin of %.3g %%; %s",
			share(decision->low), share(decision->high), 100 * rule->margin,
			advice);
}

static bool is_inside(const struct decision *decision, const struct rule *rule)
{
	double margin = log1p(rule->margin) - 1e-12;

	return decision->coverage > 0 && log(decision->high) <= margin &&
	       log(decision->low) >= -margin;
}

/* An open case that got further launches: they can say that nothing changed. */
static void settle_narrowed(struct decision *decision, const struct rule *rule)
{
	const struct estimate *all = &decision->narrowed;
	size_t planned = decision->base_count, further = all->count - planned;
	double margin = log1p(rule->margin) - 1e-12;
	double half = (log(all->high) - log(all->low)) / 2;
	double distance = fabs(log(all->ratio));
	char advice[128];

	decision->base_count = decision->candidate_count = all->count;
	decision->base = all->base;
	decision->candidate = all->candidate;
	decision->ratio = all->ratio;
	decision->low = all->low;
	decision->high = all->high;
	decision->coverage = all->coverage;
	if (is_inside(decision, rule)) {
		decision->verdict = VERDICT_NO_CHANGE;
		say(decision, "with %zu launches beyond the planned %zu", further,
			planned);
	} else if (distance >= margin) {
		say(decision,
			"%zu launches beyond the planned %zu, which alone could have said "
			"that it changed, leave %+.1f to %+.1f %%; --launches %zu tests that",
			further, planned, share(decision->low), share(decision->high),
			all->count);
	} else {
		say_advice(decision,
			fmax((double)all->count * pow(half / (margin - distance), 2),
				(double)all->count + 1),
			advice, sizeof advice);
		say(decision,
			"%+.1f to %+.1f %% is wider than the margin of %.3g %% even with %zu "
			"launches beyond the planned %zu; %s",
			share(decision->low), share(decision->high), 100 * rule->margin,
			further, planned, advice);
	}
}

static void settle_tested(
	struct decision *decision, size_t family, const struct rule *rule, size_t least)
{
	double margin = log1p(rule->margin) - 1e-12, ratio = decision->ratio;

	if (decision->p_holm <= rule->alpha && fabs(log(ratio)) >= margin) {
		/* The ranks and the median can disagree where the launches fall in two
		 * groups. */
		if (ratio > 1 ? decision->high < 1 : decision->low > 1)
			say(decision, "the launches fall in two groups that moved apart; "
				      "look at each launch");
		else if (!isnan(decision->raw_ratio) &&
			 (fabs(log(decision->raw_ratio)) < margin ||
				 (ratio > 1) != (decision->raw_ratio > 1)))
			say(decision,
				"what was measured itself moved by %+.1f %%, so that it "
				"may be what it was set against that changed",
				share(decision->raw_ratio));
		else
			decision->verdict = (ratio > 1) == decision->more_is_better
						    ? VERDICT_FASTER
						    : VERDICT_SLOWER;
	} else if (is_inside(decision, rule)) {
		decision->verdict = VERDICT_NO_CHANGE;
	} else {
		say_open(decision, family, rule, least);
		if (decision->is_open && decision->narrowed.count > decision->base_count)
			settle_narrowed(decision, rule);
	}
}

int decision_settle(
	struct decision *const *decisions, size_t count, const struct rule *rule)
{
	double *p = calloc(count + 1, sizeof *p);
	size_t family = 0;
	int error = p ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < count; i++) {
		p[i] = decisions[i]->p;
		family += isnan(p[i]) ? 0 : 1;
	}
	if (!error)
		error = ranks_holm(p, count, p);
	for (size_t i = 0; !error && i < count; i++) {
		struct decision *decision = decisions[i];

		decision->p_holm = p[i];
		if (*decision->why || !decision->base_count || !decision->candidate_count)
			continue;
		if (isnan(decision->p))
			settle_exact(decision);
		else
			settle_tested(decision, family, rule,
				decision_launches(decision->design, family, rule));
	}
	free(p);
	return error;
}

enum verdict decision_whole(struct decision *const *decisions, size_t count)
{
	size_t counts[VERDICTS] = { 0 };

	for (size_t i = 0; i < count; i++)
		counts[decisions[i]->verdict]++;
	return counts[VERDICT_SLOWER]                   ? VERDICT_SLOWER
	       : counts[VERDICT_INCONCLUSIVE] || !count ? VERDICT_INCONCLUSIVE
	       : counts[VERDICT_FASTER]                 ? VERDICT_FASTER
							: VERDICT_NO_CHANGE;
}

int decision_exit(enum verdict whole)
{
	return whole == VERDICT_SLOWER         ? EXIT_FINDING
	       : whole == VERDICT_INCONCLUSIVE ? EXIT_UNMEASURED
					       : EXIT_GOOD;
}

size_t decision_launches(enum design design, size_t cases, const struct rule *rule)
{
	double level = rule->alpha / (double)(cases ? cases : 1);
	size_t count = 1;

	if (design == DESIGN_EXACT)
		return 1;
	while (count < 1000 &&
		(design == DESIGN_PAIRED ? ranks_signed_least_p(count)
					 : ranks_sum_least_p(count, count)) > level)
		count++;
	return count;
}
