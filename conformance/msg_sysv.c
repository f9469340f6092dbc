/* System V message queues that nobody waits for: order, sizes, selection. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/msg.h>

#include "conformance/check.h"
#include "conformance/namespace_help.h"
#include "conformance/sysv_help.h"

static int make(struct scene *scene)
{
	return scene_sysv(scene, LEDGER_SYSV_MSG, 0);
}

static void put(struct scene *scene, int queue, long type, const char *text)
{
	EXPECT_INT(scene, sysv_help_send(queue, type, text, IPC_NOWAIT), 0);
}

/* The next message that `wanted` selects has this type and text. */
static void expect(struct scene *scene, int queue, long wanted, int flags, long type,
	const char *text)
{
	struct message message = { 0 };

	EXPECT_INT(scene,
		msgrcv(queue, &message, MESSAGE_TEXT, wanted, flags | IPC_NOWAIT),
		strlen(text));
	EXPECT_INT(scene, message.type, type);
	EXPECT_BYTES(scene, message.text, text, strlen(text));
}

static void expect_none(struct scene *scene, int queue, long wanted, int flags)
{
	struct message message;

	EXPECT_ERROR(scene,
		msgrcv(queue, &message, MESSAGE_TEXT, wanted, flags | IPC_NOWAIT),
		ENOMSG);
}

enum selection { SELECT_FIRST, SELECT_TYPE, SELECT_LOWEST, SELECT_NONE, SELECT_EXCEPT };

static void selection(struct scene *scene)
{
	int queue = make(scene);

	put(scene, queue, 5, "five");
	put(scene, queue, 3, "three");
	put(scene, queue, 7, "seven");
	put(scene, queue, 3, "again");
	switch ((enum selection)scene->number) {
	case SELECT_FIRST:
		expect(scene, queue, 0, 0, 5, "five");
		expect(scene, queue, 0, 0, 3, "three");
		break;
	case SELECT_TYPE:
		expect(scene, queue, 7, 0, 7, "seven");
		expect(scene, queue, 3, 0, 3, "three");
		expect(scene, queue, 0, 0, 5, "five");
		break;
	case SELECT_LOWEST:
		expect(scene, queue, -6, 0, 3, "three");
		expect(scene, queue, -6, 0, 3, "again");
		expect(scene, queue, -6, 0, 5, "five");
		expect_none(scene, queue, -6, 0);
		break;
	case SELECT_NONE:
		expect_none(scene, queue, 4, 0);
		expect_none(scene, queue, -2, 0);
		expect(scene, queue, 0, 0, 5, "five");
		break;
	case SELECT_EXCEPT:
		expect(scene, queue, 5, MSG_EXCEPT, 3, "three");
		expect(scene, queue, 3, MSG_EXCEPT, 5, "five");
		expect(scene, queue, 3, MSG_EXCEPT, 7, "seven");
		expect_none(scene, queue, 3, MSG_EXCEPT);
		break;
	}
}

static const struct value selections[] = {
	{ "first", SELECT_FIRST },
	{ "type", SELECT_TYPE },
	{ "lowest", SELECT_LOWEST },
	{ "none", SELECT_NONE },
	{ NULL, 0 },
};

static const struct value except[] = { { "type", SELECT_EXCEPT }, { NULL, 0 } };

static void fifo(struct scene *scene)
{
	int queue = make(scene);
	char text[2] = "a";

	for (int i = 0; i < 20; i++) {
		text[0] = (char)('a' + i);
		put(scene, queue, 1 + i % 2, text);
	}
	for (int i = 0; i < 20; i += 2) {
		text[0] = (char)('a' + i);
		expect(scene, queue, 1, 0, 1, text);
	}
	for (int i = 1; i < 20; i += 2) {
		text[0] = (char)('a' + i);
		expect(scene, queue, 0, 0, 2, text);
	}
}

static void boundaries(struct scene *scene)
{
	int queue = make(scene);

	put(scene, queue, 1, "one");
	put(scene, queue, 1, "");
	put(scene, queue, 1, "three and more");
	expect(scene, queue, 0, 0, 1, "one");
	expect(scene, queue, 0, 0, 1, "");
	expect(scene, queue, 0, 0, 1, "three and more");
	expect_none(scene, queue, 0, 0);
}

enum length_case {
	LENGTH_E2BIG,
	LENGTH_NOERROR,
	LENGTH_EXACT,
	LENGTH_ZERO,
	LENGTH_TYPE_0,
	LENGTH_TYPE_NEGATIVE,
	LENGTH_TOO_LONG
};

static void lengths(struct scene *scene)
{
	struct message message = { .type = 1, .text = "" };
	struct message *longest;
	int queue = make(scene);
	int64_t most;

	put(scene, queue, 1, "abcdef");
	switch ((enum length_case)scene->number) {
	case LENGTH_E2BIG:
		EXPECT_ERROR(scene, msgrcv(queue, &message, 5, 0, IPC_NOWAIT), E2BIG);
		expect(scene, queue, 0, 0, 1, "abcdef");
		break;
	case LENGTH_NOERROR:
		EXPECT_INT(scene, msgrcv(queue, &message, 2, 0, MSG_NOERROR | IPC_NOWAIT),
			2);
		EXPECT_BYTES(scene, message.text, "ab\0", 3);
		expect_none(scene, queue, 0, 0);
		break;
	case LENGTH_EXACT:
		EXPECT_INT(scene, msgrcv(queue, &message, 6, 0, IPC_NOWAIT), 6);
		break;
	case LENGTH_ZERO:
		put(scene, queue, 2, "");
		EXPECT_INT(scene, msgrcv(queue, &message, 0, 2, IPC_NOWAIT), 0);
		EXPECT_INT(scene, message.type, 2);
		break;
	case LENGTH_TYPE_0:
		EXPECT_ERROR(scene, sysv_help_send(queue, 0, "x", IPC_NOWAIT), EINVAL);
		break;
	case LENGTH_TYPE_NEGATIVE:
		EXPECT_ERROR(scene, sysv_help_send(queue, -1, "x", IPC_NOWAIT), EINVAL);
		break;
	case LENGTH_TOO_LONG:
		most = namespace_help_ask(scene, "kernel/msgmax");
		longest = scene_memory(scene, sizeof *longest + (size_t)most);
		longest->type = 1;
		EXPECT_ERROR(scene, msgsnd(queue, longest, (size_t)most + 1, IPC_NOWAIT),
			EINVAL);
		break;
	}
}

static const struct value length_cases[] = {
	{ "e2big", LENGTH_E2BIG },
	{ "noerror", LENGTH_NOERROR },
	{ "exact", LENGTH_EXACT },
	{ "zero", LENGTH_ZERO },
	{ "type_zero", LENGTH_TYPE_0 },
	{ "type_negative", LENGTH_TYPE_NEGATIVE },
	{ "too_long", LENGTH_TOO_LONG },
	{ NULL, 0 },
};

/* In a 32-bit program on a 64-bit kernel a long is not the kernel's. */
static void type_intact(struct scene *scene)
{
	int queue = make(scene);
	long type = scene->number ? LONG_MAX : INT_MAX;

	put(scene, queue, type, "x");
	put(scene, queue, 1, "y");
	expect(scene, queue, type, 0, type, "x");
	expect(scene, queue, 0, 0, 1, "y");
	note(scene, "%zu-bit program", 8 * sizeof type);
}

static const struct value types[] = {
	{ "int_max", 0 },
	{ "long_max", 1 },
	{ NULL, 0 },
};

static const struct check checks[] = {
	{ .id = "msg.sysv.type_selection",
		.run = selection,
		.needs = NEED_SYSV_MSG,
		.values = selections },
	{ .id = "msg.sysv.except",
		.run = selection,
		.needs = NEED_SYSV_MSG,
		.values = except },
	{ .id = "msg.sysv.fifo_within_type", .run = fifo, .needs = NEED_SYSV_MSG },
	{ .id = "msg.sysv.boundaries", .run = boundaries, .needs = NEED_SYSV_MSG },
	{ .id = "msg.sysv.trunc_len_rules",
		.run = lengths,
		.needs = NEED_SYSV_MSG,
		.values = length_cases },
	{ .id = "msg.sysv.compat_32bit",
		.run = type_intact,
		.needs = NEED_SYSV_MSG,
		.values = types },
	{ .id = NULL },
};

const struct suite msg_sysv_suite = { "msg_sysv", checks };
