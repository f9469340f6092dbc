/* Reads arbitrary bytes as a rule. What is refused is refused in words; what is accepted
 * refers to nothing outside of itself, and can be asked for any name. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
	if (!is_so)
		abort();
}

static void demand_piece(struct piece piece, const char *text, size_t length)
{
	demand(piece.text >= text && piece.text + piece.length <= text + length);
}

static void demand_names(const struct claim_rule *rule, struct names names)
{
	demand(names.first + names.count <= rule->name_count);
	(void)rule_names_match(rule, names, "pipe.eof.drain_then_zero");
}

static void look_through(const struct claim_rule *rule, const char *text, size_t length)
{
	demand(rule->statement_count >= 1);
	for (size_t i = 0; i < rule->name_count; i++)
		demand_piece(rule->names[i], text, length);
	for (size_t i = 0; i < rule->node_count; i++) {
		const struct node *node = &rule->nodes[i];

		demand_piece(node->text, text, length);
		if (node->kind == NODE_TERM)
			demand_names(rule, node->names);
		else if (node->kind != NODE_AMOUNT)
			demand(node->left < i && node->right < i);
	}
	for (size_t i = 0; i < rule->statement_count; i++) {
		const struct statement *statement = &rule->statements[i];

		demand_piece(statement->text, text, length);
		demand_names(rule, statement->names);
		demand_names(rule, statement->places);
		for (size_t side = 0; side < statement->side_count; side++)
			demand(statement->sides[side] < rule->node_count);
		demand(statement->first_node + statement->node_count <= rule->node_count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as the text, so that a step beyond it is seen. */
	char *text = malloc(size + 1);
	struct why why = { "" };
	struct claim_rule rule;

	demand(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (rule_parse(text, &rule, &why) == 0)
		look_through(&rule, text, strlen(text));
	else
		demand(why.text[0] != '\0');
	free(text);
	return 0;
}
