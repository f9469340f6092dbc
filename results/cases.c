#include "results/cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/topology.h"
#include "harness/vocabulary.h"
#include "mechanisms/mechanism.h"

/* A row of results.csv and the number of its case. */
struct member {
	const struct result_row *row;
	size_t group;
};

/* A launch that failed early does not know what the system made of its settings, its
 * policy or its chunk. */
static bool same_text(const char *a, const char *b, bool is_lenient)
{
	return strcmp(a, b) == 0 || (is_lenient && (!*a || !*b));
}

static bool same_number(int64_t a, int64_t b, bool is_lenient)
{
	return a == b || (is_lenient && (a == ROW_UNKNOWN || b == ROW_UNKNOWN));
}

/* Are both of one case? With is_lenient, what one of them does not know does not part
 * them. */
static bool same_case(
	const struct result_row *a, const struct result_row *b, bool is_lenient)
{
	return strcmp(a->mechanism, b->mechanism) == 0 && strcmp(a->test, b->test) == 0 &&
	       a->size_bytes == b->size_bytes &&
	       strcmp(a->placement, b->placement) == 0 && a->gap_ns == b->gap_ns &&
	       strcmp(a->payload, b->payload) == 0 &&
	       strcmp(a->sweep_setting, b->sweep_setting) == 0 &&
	       a->sweep_wanted == b->sweep_wanted &&
	       same_number(a->cpu_a, b->cpu_a, is_lenient) &&
	       same_number(a->cpu_b, b->cpu_b, is_lenient) &&
	       same_number(a->chunk_bytes, b->chunk_bytes, is_lenient) &&
	       same_number(a->coalesce, b->coalesce, is_lenient) &&
	       same_number(a->pieces, b->pieces, is_lenient) &&
	       same_text(a->sched, b->sched, is_lenient) &&
	       (strcmp(a->test, "capacity") == 0 ||
		       same_text(a->settings, b->settings, is_lenient));
}

static bool is_ok(const struct result_row *row)
{
	return strcmp(row->status, "ok") == 0;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Cases one after the other; in a case the attempts of a launch one after the other. */
static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = compare_numbers((int64_t)a->group, (int64_t)b->group);

	if (!order)
		order = compare_numbers(a->row->launch, b->row->launch);
	if (!order)
		order = compare_numbers(a->row->attempt, b->row->attempt);
	return order ? order : (a->row > b->row) - (a->row < b->row);
}

/* A case in the making; those that share what every launch knows of its case hang
 * together. */
struct group {
	const struct result_row *first;
	size_t next; /* of the same bucket, in the order they were met; NO_GROUP at the
			end */
};
#define NO_GROUP SIZE_MAX
#define BUCKETS  4096

static size_t add_to_hash(size_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u; /* FNV-1a */
	return hash * 31;
}

static size_t bucket_of(const struct result_row *row)
{
	size_t hash = 2166136261u;

	hash = add_to_hash(hash, row->mechanism);
	hash = add_to_hash(hash, row->test);
	hash = add_to_hash(hash, row->placement);
	hash = (hash ^ (size_t)row->size_bytes) * 16777619u;
	hash = (hash ^ (size_t)row->sweep_wanted) * 16777619u;
	return (hash ^ hash >> 15) % BUCKETS;
}

/* Gives each row its case and sorts. What was measured makes the cases; what was not
 * joins one of them where it can. `groups` has room for one a row. */
static void group_rows(const struct result_row *rows, size_t count, struct group *groups,
	struct member *members)
{
	size_t group_count = 0, heads[BUCKETS];

	for (size_t i = 0; i < BUCKETS; i++)
		heads[i] = NO_GROUP;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			size_t *link = &heads[bucket_of(&rows[i])];

			if (is_ok(&rows[i]) != (pass == 0))
				continue;
			while (*link != NO_GROUP &&
				!same_case(groups[*link].first, &rows[i], pass == 1))
				link = &groups[*link].next;
			if (*link == NO_GROUP) {
				groups[group_count] = (struct group) { &rows[i],
					NO_GROUP };
				*link = group_count++;
			}
			members[i] = (struct member) { &rows[i], *link };
		}
	}
	qsort(members, count, sizeof *members, compare_members);
}

/* Copies what names the case. */
static void copy_case(const struct result_row *from, struct summary_row *to)
{
	row_text(to->mechanism, from->mechanism);
	row_text(to->test, from->test);
	to->size_bytes = from->size_bytes;
	row_text(to->placement, from->placement);
	row_text(to->relation, from->relation);
	to->cpu_a = from->cpu_a;
	to->cpu_b = from->cpu_b;
	row_text(to->payload, from->payload);
	to->gap_ns = from->gap_ns;
	to->chunk_bytes = from->chunk_bytes;
	to->coalesce = from->coalesce;
	to->pieces = from->pieces;
	row_text(to->settings, from->settings);
	row_text(to->sweep_setting, from->sweep_setting);
	to->sweep_wanted = from->sweep_wanted;
	to->sweep_value = from->sweep_value;
	row_text(to->sched, from->sched);
	row_text(to->status, from->status);
}

/* Chooses the attempt that counts of each launch and says why others do not. */
static void choose_launches(const struct member *members, size_t count,
	const struct result_row **chosen_rows, struct one_case *made)
{
	struct summary_row *row = &made->row;
	const struct result_row *last = members[0].row, *left_out = NULL;
	size_t planned = 0;

	row_clear(&summary_table, row);
	made->launches = chosen_rows;
	row->retries = 0;
	for (size_t i = 0, next; i < count; i = next) {
		const struct result_row *chosen = NULL, *failed = NULL;

		for (next = i; next < count; next++) {
			const struct result_row *attempt = members[next].row;

			/* Cases that were never launched have no number. */
			if (next > i &&
				(attempt->launch == ROW_UNKNOWN ||
					attempt->launch != members[i].row->launch))
				break;
			if (is_ok(attempt))
				chosen = attempt;
			else
				failed = attempt;
			if (attempt > last)
				last = attempt;
		}
		planned++;
		row->retries += (int64_t)(next - i - 1);
		if (chosen)
			chosen_rows[made->launch_count++] = chosen;
		else
			left_out = failed;
	}
	row->launches = (int64_t)made->launch_count;
	copy_case(made->launch_count ? chosen_rows[made->launch_count - 1] : last, row);
	if (!made->launch_count) {
		row_text(row->reason, last->reason);
	} else if (left_out) {
		char words[2 * ROW_TEXT];

		snprintf(words, sizeof words, "%zu of %zu launches do not count: %s",
			planned - made->launch_count, planned, left_out->reason);
		row_text(row->reason, words);
	}
}

static size_t index_of(const char *const *names, const char *name)
{
	size_t i = 0;

	while (names[i] && strcmp(names[i], name))
		i++;
	return i;
}

static size_t mechanism_index(const char *name)
{
	size_t i = 0;

	while (i < mechanism_count && strcmp(mechanisms[i]->name, name))
		i++;
	return i;
}

static int compare_names(const char *a, const char *b, size_t index_a, size_t index_b)
{
	return index_a == index_b ? strcmp(a, b) : index_a < index_b ? -1 : 1;
}

static int compare_cases(const void *left, const void *right)
{
	const struct summary_row *a = &((const struct one_case *)left)->row;
	const struct summary_row *b = &((const struct one_case *)right)->row;
	int order = compare_names(a->mechanism, b->mechanism,
		mechanism_index(a->mechanism), mechanism_index(b->mechanism));

	if (!order)
		order = compare_names(a->test, b->test, index_of(test_names, a->test),
			index_of(test_names, b->test));
	if (!order)
		order = compare_names(a->placement, b->placement,
			index_of(placement_names, a->placement),
			index_of(placement_names, b->placement));
	if (!order)
		order = compare_numbers(a->cpu_a, b->cpu_a);
	if (!order)
		order = compare_numbers(a->cpu_b, b->cpu_b);
	if (!order)
		order = compare_numbers(a->size_bytes, b->size_bytes);
	if (!order)
		order = strcmp(a->sweep_setting, b->sweep_setting);
	if (!order)
		order = compare_numbers(a->sweep_wanted, b->sweep_wanted);
	if (!order)
		order = strcmp(a->payload, b->payload);
	if (!order)
		order = compare_numbers(a->gap_ns, b->gap_ns);
	if (!order)
		order = compare_numbers(a->chunk_bytes, b->chunk_bytes);
	if (!order)
		order = compare_numbers(a->coalesce, b->coalesce);
	if (!order)
		order = compare_numbers(a->pieces, b->pieces);
	if (!order)
		order = strcmp(a->settings, b->settings);
	return order ? order : strcmp(a->sched, b->sched);
}

static int gather(struct cases *cases)
{
	size_t count = cases->row_count, groups;
	/* One more than needed: nothing may be there, and NULL means no memory. */
	struct group *made = calloc(count + 1, sizeof *made);
	struct member *members = calloc(count + 1, sizeof *members);
	int error = -ENOMEM;

	cases->chosen = calloc(count + 1, sizeof *cases->chosen);
	if (!made || !members || !cases->chosen)
		goto out;
	group_rows(cases->rows, count, made, members);
	groups = count ? members[count - 1].group + 1 : 0;
	cases->items = calloc(groups + 1, sizeof *cases->items);
	if (!cases->items)
		goto out;
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i; next < count && members[next].group == members[i].group;)
			next++;
		choose_launches(members + i, next - i, cases->chosen + i,
			&cases->items[cases->count++]);
	}
	qsort(cases->items, cases->count, sizeof *cases->items, compare_cases);
	error = 0;
out:
	free(made);
	free(members);
	return error;
}

int cases_load(const struct run_directory *run, struct cases *cases, struct why *why)
{
	struct cases made = { .items = NULL };
	int error = run_directory_results(run, &made.rows, &made.row_count, why);

	if (error)
		return error;
	if (gather(&made)) {
		cases_free(&made);
		return why_say(why, ENOMEM, "read %s", run_directory_path(run));
	}
	*cases = made;
	return 0;
}

void cases_free(struct cases *cases)
{
	free(cases->items);
	free(cases->chosen);
	free(cases->rows);
	*cases = (struct cases) { .items = NULL };
}
