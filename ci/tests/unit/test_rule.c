/* The language of the rules: what it takes, and what it says of what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/rule.h"

static struct claim_rule parsed(const char *text)
{
	struct why why = { "" };
	struct claim_rule rule;

	if (rule_parse(text, &rule, &why))
		fail_msg("'%s': %s", text, why.text);
	return rule;
}

static void refused(const char *text, const char *wanted)
{
	struct why why = { "" };
	struct claim_rule rule;

	assert_int_equal(rule_parse(text, &rule, &why), -22);
	if (strcmp(why.text, wanted) != 0)
		fail_msg("'%s': '%s' and not '%s'", text, why.text, wanted);
}

static void a_comparison_has_sides_and_relations(void **state)
{
	struct claim_rule rule = parsed(
		" latency(shm_futex) < latency(pipe, unix_*) > 5us ");
	const struct statement *statement = &rule.statements[0];
	const struct node *node = &rule.nodes[statement->sides[1]];

	(void)state;
	assert_int_equal(rule.statement_count, 1);
	assert_int_equal(statement->kind, STATEMENT_COMPARES);
	assert_int_equal(statement->side_count, 3);
	assert_int_equal(statement->relations[1], '<');
	assert_int_equal(statement->relations[2], '>');
	assert_string_equal(node->metric->name, "latency");
	assert_int_equal(node->names.count, 2);
	assert_int_equal(node->size_bytes, -1);
	assert_int_equal(node->batch, 1);
	assert_float_equal(rule.nodes[statement->sides[2]].amount, 5000, 0);
	assert_int_equal(statement->text.length,
		strlen("latency(shm_futex) < latency(pipe, unix_*) > 5us"));
}

static void terms_are_joined_as_in_arithmetic(void **state)
{
	struct claim_rule rule = parsed(
		"latency(a) - latency(b) / 2 + 3 * (latency(c) - 1us) < 1s");
	const struct node *sum = &rule.nodes[rule.statements[0].sides[0]];

	(void)state;
	assert_int_equal(sum->kind, NODE_ADD);
	assert_int_equal(rule.nodes[sum->left].kind, NODE_SUBTRACT);
	assert_int_equal(rule.nodes[rule.nodes[sum->left].right].kind, NODE_DIVIDE);
	assert_int_equal(rule.nodes[sum->right].kind, NODE_MULTIPLY);
	assert_int_equal(sum->unit, UNIT_TIME);
	rule = parsed("throughput(pipe at 64 batch 128) / throughput(pipe at 4K) > 10");
	sum = &rule.nodes[rule.statements[0].sides[0]];
	assert_int_equal(sum->unit, UNIT_NUMBER);
	assert_int_equal(rule.nodes[sum->left].batch, 128);
	assert_int_equal(rule.nodes[sum->left].size_bytes, 64);
	assert_int_equal(rule.nodes[sum->right].size_bytes, 4096);
}

static void bounds_are_taken_as_said_or_widened(void **state)
{
	struct claim_rule rule = parsed(
		"throughput(tcp) in 2GB/s..5GB/s at best size; "
		"latency(tcp)/2 about 10us..20us at ..64, 1K on !same-cpu; "
		"send(tcp at 1) about 10us");

	(void)state;
	assert_int_equal(rule.statement_count, 3);
	assert_float_equal(rule.statements[0].low, 2e9, 0);
	assert_float_equal(rule.statements[0].high, 5e9, 0);
	assert_true(rule.statements[0].is_best_size);
	assert_float_equal(rule.statements[1].low, 8000, 1e-9);
	assert_float_equal(rule.statements[1].high, 25000, 1e-9);
	assert_int_equal(rule.statements[1].size_count, 2);
	assert_int_equal(rule.statements[1].sizes[0].least, 0);
	assert_int_equal(rule.statements[1].sizes[0].most, 64);
	assert_int_equal(rule.statements[1].sizes[1].least, 1024);
	assert_int_equal(rule.statements[1].places.count, 1);
	assert_float_equal(rule.statements[2].low, 5000, 1e-9);
	assert_float_equal(rule.statements[2].high, 20000, 1e-9);
}

static void checks_and_systems_are_named(void **state)
{
	struct claim_rule rule = parsed(
		"system(Darwin); kept(pipe.eof, pipe.pool.*); not kept(a.b); see(c.d)");

	(void)state;
	assert_int_equal(rule.statements[0].kind, STATEMENT_SYSTEM);
	assert_int_equal(rule.statements[1].kind, STATEMENT_KEPT);
	assert_false(rule.statements[1].is_not);
	assert_true(rule.statements[2].is_not);
	assert_int_equal(rule.statements[3].kind, STATEMENT_SEE);
	assert_true(rule_names_match(&rule, rule.statements[1].names, "pipe.eof.drain"));
	assert_true(rule_names_match(&rule, rule.statements[1].names, "pipe.pool.x"));
	assert_false(rule_names_match(&rule, rule.statements[1].names, "pipe.eofx"));
}

static void a_name_after_a_mark_takes_away(void **state)
{
	struct claim_rule rule = parsed("latency(!shm_*) < latency(shm_*, !shm_spin*)");
	struct names others = rule.nodes[rule.statements[0].sides[0]].names;
	struct names rings = rule.nodes[rule.statements[0].sides[1]].names;

	(void)state;
	assert_true(rule_names_match(&rule, others, "pipe"));
	assert_false(rule_names_match(&rule, others, "shm_futex"));
	assert_true(rule_names_match(&rule, rings, "shm_futex"));
	assert_false(rule_names_match(&rule, rings, "shm_spin_futex"));
	assert_false(rule_names_match(&rule, rings, "pipe"));
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
	(void)state;
	refused("", "character 1: a metric, an amount or a bracket is missing (here the "
		    "rule ends)");
	refused("latensy(pipe) < 1us",
		"character 1: a metric, an amount or a bracket is missing (here is "
		"'latensy(pipe) < 1us') (did you mean latency?)");
	refused("latency(pipe)",
		"character 14: '<', '>', '==', 'in' or 'about' is missing "
		"(here the rule ends)");
	refused("latency(pipe) < 1GB/s",
		"character 22: a time and a rate cannot be set against each other (here "
		"the rule ends)");
	refused("latency(pipe) + throughput(pipe) > 1",
		"character 34: a time and a rate cannot be set against each other (here is "
		"'> 1')");
	refused("latency(pipe) * latency(tcp) > 1",
		"character 30: the product or quotient before this has no meaning (here is "
		"'> 1')");
	refused("latency(pipe) < 10xs",
		"character 19: an amount ends in ns, us, ms, s, B, K, M, G, KB/s, MB/s, "
		"GB/s or nothing (here is 'xs')");
	refused("latency(pipe) in 5us",
		"character 21: '..' and a second amount are missing "
		"(here the rule ends)");
	refused("latency(pipe) in 5us..1us",
		"character 26: the bounds before this are the wrong way round (here the "
		"rule ends)");
	refused("latency() < 1us", "character 9: a name is missing (here is ') < 1us')");
	refused("latency(pipe at 1us) < 1us",
		"character 20: a size such as 64 or 4K is missing (here is ') < 1us')");
	refused("latency(pipe) < 1us at best",
		"character 28: 'size' is missing (here the rule ends)");
	refused("not latency(pipe) < 1us",
		"character 5: 'kept' is missing after 'not' (here is 'latency(pipe) < "
		"1us')");
	refused("kept(pipe.eof",
		"character 14: ')' or ',' is missing (here the rule ends)");
	refused("kept(pipe.eof) kept(pipe.eof)",
		"character 16: ';' or the end of the rule is missing (here is "
		"'kept(pipe.eof)')");
}

static void what_is_too_much_is_refused(void **state)
{
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, "(");
	refused(text, "character 18: too many brackets (here is '(((')");
	strcpy(text, "kept(a)");
	for (int i = 0; i < RULE_STATEMENTS; i++)
		strcat(text, ";kept(a)");
	refused(text,
		"character 65: too many statements in one rule (here is 'kept(a)')");
	strcpy(text, "1");
	for (int i = 0; i < RULE_NODES; i++)
		strcat(text, "+1");
	refused(text, "character 66: too many terms in one rule (here is "
		      "'+1+1+1+1+1+1+1+1+1+1+1+1')");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_comparison_has_sides_and_relations),
		cmocka_unit_test(terms_are_joined_as_in_arithmetic),
		cmocka_unit_test(bounds_are_taken_as_said_or_widened),
		cmocka_unit_test(checks_and_systems_are_named),
		cmocka_unit_test(a_name_after_a_mark_takes_away),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(what_is_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
