/* options.h: the command line. One table drives parsing, `--help`, the test of the manual
 * page and shell completion.
 *
 * An option on the command line goes before its environment variable (IPCMARK_SLICE for
 * --slice), which goes before the default. Values are typed where their meaning needs no
 * knowledge of the machine; lists stay text, which the plan reads. */
#ifndef IPCMARK_OPTIONS_H
#define IPCMARK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/base/why.h"

enum run_preset { PRESET_QUICK, PRESET_STANDARD, PRESET_FULL };
enum run_payload { RUN_PAYLOAD_NONE, RUN_PAYLOAD_TOUCH, RUN_PAYLOAD_VERIFY };
enum run_sched { RUN_SCHED_INHERIT, RUN_SCHED_OTHER, RUN_SCHED_FIFO, RUN_SCHED_AUTO };
enum run_clock { RUN_CLOCK_AUTO, RUN_CLOCK_TSC, RUN_CLOCK_MONOTONIC };
enum list_format { LIST_TABLE, LIST_CSV };
enum check_format { CHECK_TAP, CHECK_CSV };
enum claims_format { CLAIMS_TABLE, CLAIMS_CSV, CLAIMS_JSON, CLAIMS_MARKDOWN };

/* One --set NAME=VALUE, the value read as a size ("1M"). */
#define OPTION_SETTINGS     32
#define OPTION_SETTING_NAME 48
struct option_setting {
	char name[OPTION_SETTING_NAME];
	int64_t value;
};

/* What was asked for. "Not given" is NULL for text and -1 for numbers, so that the preset
 * or the plan can fill in; all others hold their default. Text belongs to argv or to the
 * environment. */
struct options {
	const char *command; /* "run"; NULL: none was named */
	char **operands; /* in argv, which is rearranged */
	size_t operand_count;
	bool help, version;

	int format; /* enum list_format */

	int claims_format; /* enum claims_format */

	int pattern; /* enum advice_pattern, of advise */
	int64_t advise_size;
	const char *max_cpu, *placement, *need;

	int change_format; /* enum format */
	double margin; /* 0.02 for 2 % */
	double alpha;
	const char *base, *candidate; /* of duet: commands; NULL: this program */
	const char *base_set, *candidate_set; /* settings of one side only, as of --set */
	bool calibrate;
	int64_t extend_ns; /* for launches beyond the planned; 0: none */
	const char *figure; /* a path, or NULL */

	int preset; /* enum run_preset */
	const char *mechanisms, *tests, *sizes, *placements; /* comma-separated */
	int cpus[2]; /* -1, -1: not given */
	int64_t launches;
	int payload; /* enum run_payload */
	int64_t gap_ns; /* 0 by default */
	int64_t chunk_bytes; /* -1: the message size */
	int64_t batch; /* messages a send, throughput of streams */
	int64_t pieces; /* sends a message, the test of that name */
	struct option_setting settings[OPTION_SETTINGS]; /* a name at most once */
	size_t setting_count;
	const char *canary; /* a mechanism, or NULL */
	int sched; /* enum run_sched */
	int sched_priority; /* of RUN_SCHED_FIFO */
	int clock; /* enum run_clock */
	int64_t seed; /* -1: draw one */
	const char *out, *resume, *topology;
	const char *output; /* of report */
	bool dry_run, with_checks;
	int64_t deadline_ns, slice_ns;
	int64_t warm_up_ns, slices;

	bool strict, explain; /* of check; explain of claims, too */
	const char *target, *junit;
	int check_format; /* enum check_format */
	int tap_version; /* 0: 13, 1: 14 */
	int64_t jobs; /* -1: as many as CPUs */
	int64_t repeat;
	double deadline_scale;
};

enum option_kind {
	OPTION_FLAG, /* bool */
	OPTION_WORD, /* int: index of one of `words` */
	OPTION_TEXT, /* const char * */
	OPTION_NUMBER, /* int64_t */
	OPTION_SIZE, /* int64_t, bytes */
	OPTION_TIME, /* int64_t, ns */
	OPTION_FACTOR, /* double, in thousandths of least and most */
	OPTION_CPUS, /* int[2] */
	OPTION_SCHED, /* int and int: policy and priority */
	OPTION_PERCENT, /* double, a share: 0.02 for 2 % */
	OPTION_CHANCE, /* double, a probability above 0 */
	OPTION_SETTING, /* settings and setting_count */
};

struct option_spec {
	const char *name; /* without the dashes */
	const char *value; /* "LIST", or the words: "table|csv"; NULL for a flag */
	const char *says; /* for --help */
	const char *standard; /* the default as it would be typed, or NULL */
	const char
		*otherwise; /* in words, where there is no such text: "from the preset" */
	const char *in_duet; /* the same for duet, where that is another; or NULL */
	const char *const *commands; /* that have it, ends with NULL; NULL: all of them */
	const char *const *words; /* OPTION_WORD; ends with NULL */
	const char *topic; /* a list of what `ipcmark list TOPIC` names; or NULL */
	const char *excludes; /* the option it cannot stand beside, or NULL */
	size_t offset; /* in struct options */
	int64_t least, most; /* numbers, sizes and times */
	enum option_kind kind;
	char letter; /* short form, or 0 */
	bool has_variable; /* IPCMARK_<NAME> stands in for it */
	bool shapes_plan; /* a run that is resumed cannot have another one */
};

extern const struct option_spec option_table[];
extern const size_t option_count;

/* Reads the command line and the environment. `options` is filled as far as it was read,
 * so that a message can begin with options->command; argv is rearranged. Once --help or
 * --version is seen the rest is not looked at. 0, or -EINVAL in words that name the
 * option, the value and the nearest right one. */
int options_parse(int argc, char **argv, struct options *options, struct why *why);

/* All defaults, nothing given. */
void options_default(struct options *options);

/* Sets one option of options->command by its name (without dashes), as `--name value`
 * would; a flag takes "1" or "0". The text must live as long as `options`. 0 or -EINVAL /
 * -ERANGE in words. */
int options_set(
	struct options *options, const char *name, const char *value, struct why *why);

/* Writes the value of the option so that options_set() reads the same again; false (and
 * "") where there is none. For --set, all of them with commas between. */
bool options_text(const struct options *options, const struct option_spec *spec,
	char *text, size_t size);

/* Does `command` (NULL: ipcmark without one) take the option? */
bool option_applies(const struct option_spec *spec, const char *command);

/* "IPCMARK_WARM_UP" for "warm-up". */
#define OPTION_VARIABLE 48
char *option_variable(const struct option_spec *spec, char *name);

/* `ipcmark --help` (command NULL) or `ipcmark COMMAND --help`. */
struct command;
void options_help(FILE *out, const struct command *command);

#endif
