#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_info.h"
#include "harness/command.h"
#include "harness/environment.h"
#include "harness/interrupt.h"
#include "harness/launch_row.h"
#include "harness/plan.h"
#include "harness/protocol.h"
#include "harness/vocabulary.h"
#include "results/csv.h"

/* What is asked for in one launch, and the launch while it is on. */
struct request {
	struct options options;
	struct plan plan;
	const struct planned *planned;
	struct launch launch;
	bool is_on;
	struct histogram before; /* a slice */
};

struct server {
	const struct options
		*options; /* of its own command line: those that are not asked */
	struct topology *topology;
	struct clock clock;
	struct janitor janitor;
	struct request *request;
	char *launch_line; /* the options' text is in it */
};

static int refuse(const struct why *why)
{
	return protocol_say(stdout, "refused", why->text, NULL);
}

static int misunderstood(const char *sentence, const char *what)
{
	char words[256];

	snprintf(words, sizeof words, "%s: '%.100s'", sentence, what);
	return protocol_say(stdout, "error", words, NULL);
}

static void end_launch(struct server *server)
{
	struct request *request = server->request;

	if (request->is_on)
		launch_end(&request->launch);
	request->is_on = false;
	plan_free(&request->plan);
	request->plan = (struct plan) { 0 };
	request->planned = NULL;
}

static int tell_facts(const struct server *server)
{
	struct facts facts = { 0 };
	int error = 0;

	environment_collect(&facts, &server->clock);
	for (size_t i = 0; i < facts.count && !error; i++)
		error = protocol_say(
			stdout, "fact", facts.items[i].key, facts.items[i].value, NULL);
	facts_free(&facts);
	return error ? error : protocol_say(stdout, "end", NULL);
}

/* The servers run above the sides, and whoever asks above the servers. */
static int rise_above(const struct options *options, struct why *why)
{
	struct sched_param parameter = { .sched_priority = options->sched_priority + 1 };

	if (options->sched != RUN_SCHED_FIFO ||
		sched_setscheduler(0, SCHED_FIFO, &parameter) == 0)
		return 0;
	return why_say(
		why, errno, "set SCHED_FIFO, priority %d", parameter.sched_priority);
}

/* The one launch that the options make: not one that sweeps a setting. */
static int find_launch(struct request *request, struct why *why)
{
	for (size_t i = 0; i < request->plan.count; i++) {
		const struct planned *planned = &request->plan.launches[i];

		if (planned->sweep >= 0 && planned->sweep_value != SETTING_UNSET)
			continue;
		if (request->planned)
			return why_say(why, 0, "these options make more than one launch");
		request->planned = planned;
	}
	if (!request->planned)
		return why_say(why, 0, "these options make no launch");
	return plan_is_pointless(request->planned, why) ? -EINVAL : 0;
}

/* Settings on the command line are for whichever launch has them. */
static void leave_other_settings(struct options *options)
{
	const struct mechanism *mechanism = options->mechanisms
						    ? mechanism_find(options->mechanisms)
						    : NULL;
	size_t kept = 0;

	for (size_t i = 0; mechanism && i < options->setting_count; i++)
		if (mechanism_setting(mechanism, options->settings[i].name) >= 0)
			options->settings[kept++] = options->settings[i];
	if (mechanism)
		options->setting_count = kept;
}

static int plan_request(
	struct server *server, char **fields, size_t count, struct why *why)
{
	struct request *request = server->request;
	int error = 0;

	request->options = *server->options;
	for (size_t i = 1; i < count && !error; i++) {
		char *equals = strchr(fields[i], '=');

		if (!equals)
			return why_say(why, 0, "'%.100s' is not NAME=VALUE", fields[i]);
		*equals = '\0';
		error = options_set(&request->options, fields[i], equals + 1, why);
	}
	if (!error)
		leave_other_settings(&request->options);
	if (!error)
		error = plan_make(
			&request->options, server->topology, &request->plan, why);
	if (!error)
		error = find_launch(request, why);
	if (!error)
		error = rise_above(&request->options, why);
	return error;
}

static int say_ready(const struct request *request)
{
	const struct launch_spec *spec = &request->launch.spec;
	char sizes[LAUNCH_SIZES * 24];
	size_t used = 0;

	for (size_t i = 0; i < spec->size_count; i++)
		used += (size_t)snprintf(sizes + used, sizeof sizes - used, "%s%zu",
			i ? "," : "", spec->sizes[i]);
	return protocol_say(stdout, "ready", request->planned->mechanism->name,
		test_names[spec->test], sizes, payload_names[spec->pairs[0].payload],
		NULL);
}

static int begin_launch(struct server *server, char **fields, size_t count)
{
	const struct pair_context context = { .janitor = &server->janitor,
		.topology = server->topology,
		.clock = &server->clock };
	struct request *request = server->request;
	struct launch_spec spec;
	struct why why = { "" };

	if (plan_request(server, fields, count, &why)) {
		end_launch(server);
		return refuse(&why);
	}
	plan_launch(&request->options, &request->plan, request->planned, &spec);
	request->is_on = true;
	if (launch_begin(&context, &spec, &request->launch, &why)) {
		end_launch(server);
		return refuse(&why);
	}
	return say_ready(request);
}

/* Where a latency slice leaves what its launch's median is made of; NULL where a slice of
 * this number does not. */
static const struct histogram *headline(
	struct launch *launch, size_t index, unsigned number)
{
	if (launch->spec.test != TEST_LATENCY)
		return NULL;
	if (launch->paces[0][index].batch == 1)
		return launch_singles(launch, 0, index);
	return number % 2 == 0 ? launch_batches(launch, 0, index) : NULL;
}

/* One slice, and what it gave in the unit of protocol.h; NAN if nothing. */
static int time_slice(struct request *request, size_t index, unsigned number,
	double *value, struct why *why)
{
	struct launch *launch = &request->launch;
	const struct measured *measured = &launch->measured[0][index];
	const struct histogram *samples = headline(launch, index, number);
	unsigned known = measured->slice_value_count;
	int error;

	if (samples)
		request->before = *samples;
	error = launch_slice(launch, 0, index, number, why);
	*value = NAN;
	if (error)
		return error;
	if (samples) {
		histogram_since(&request->before, samples);
		*value = histogram_quantile(&request->before, .5) /
			 (double)launch->paces[0][index].batch;
	} else if (measured->slice_value_count > known) {
		*value = measured->slice_values[known];
	}
	return 0;
}

static int run_slice(struct server *server, char **fields, size_t count)
{
	struct request *request = server->request;
	size_t index = count == 3 ? strtoul(fields[1], NULL, 10) : 0;
	const struct launch_spec *spec = &request->launch.spec;
	struct why why = { "" };
	char text[32] = "";
	double value;

	if (count != 3 || !request->is_on || index >= spec->size_count)
		return misunderstood("no such slice", count > 1 ? fields[1] : "");
	/* A launch here lasts as long as whoever asks lets it: a slice has its time. */
	request->launch.deadline_ns = clock_now_ns() + spec->deadline_ns +
				      4 * launch_slice_most_ns(spec);
	if (time_slice(
		    request, index, (unsigned)strtoul(fields[2], NULL, 10), &value, &why))
		return protocol_say(stdout, "failed", why.text, NULL);
	if (!isnan(value))
		snprintf(text, sizeof text, "%.9g", value);
	return protocol_say(stdout, "done", text, NULL);
}

/* A record of results.csv as a message: its first field goes before. */
static int say_record(
	const char *first, void (*write)(FILE *, const void *), const void *row)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return -1;
	fprintf(out, "%s,", first);
	write(out, row);
	if (fclose(out)) {
		free(text);
		return -1;
	}
	for (size_t i = 0; i + 1 < length; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	fwrite(text, 1, length, stdout);
	free(text);
	return ferror(stdout) ? -1 : 0;
}

static void write_columns(FILE *out, const void *row)
{
	(void)row;
	csv_header(out, &result_table);
}

static void write_row(FILE *out, const void *row)
{
	csv_row(out, &result_table, row);
}

static int tell_rows(struct server *server)
{
	struct request *request = server->request;
	int error;

	if (!request->is_on)
		return misunderstood("there is no launch", "rows");
	launch_finish(&request->launch);
	error = say_record("columns", write_columns, NULL);
	for (size_t size = 0; size < request->launch.spec.size_count && !error; size++) {
		struct result_row row;

		launch_row(&request->launch, request->planned, 0, size, 1,
			request->launch.retry_cause, &server->clock, &row);
		error = say_record("row", write_row, &row);
	}
	end_launch(server);
	return error ? error : protocol_say(stdout, "end", NULL);
}

/* 0; -1 when nobody listens any more. */
static int answer(struct server *server, char *line, size_t length)
{
	char *fields[PROTOCOL_FIELDS], *at = line;
	int got = csv_record(&at, line + length, fields, PROTOCOL_FIELDS);

	if (got < 1 || got > PROTOCOL_FIELDS)
		return misunderstood("that is no message", "");
	if (strcmp(fields[0], "facts") == 0)
		return tell_facts(server);
	if (strcmp(fields[0], "launch") == 0)
		return begin_launch(server, fields, (size_t)got);
	if (strcmp(fields[0], "slice") == 0)
		return run_slice(server, fields, (size_t)got);
	if (strcmp(fields[0], "rows") == 0)
		return tell_rows(server);
	return misunderstood("what is asked is not known", fields[0]);
}

/* What was read of standard input and not answered yet. */
struct questions {
	char *text;
	size_t used, room;
};

/* Reads more; a signal ends the wait. Returns how much, 0 at the end, or -errno. */
static ssize_t read_more(struct questions *questions)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t got;

	if (questions->used == questions->room) {
		size_t room = questions->room ? 2 * questions->room : 4096;
		char *text = realloc(questions->text, room);

		if (!text)
			return -ENOMEM;
		questions->text = text;
		questions->room = room;
	}
	if (ppoll(&input, 1, NULL, interrupt_mask()) < 0)
		return -errno;
	got = read(STDIN_FILENO, questions->text + questions->used,
		questions->room - questions->used);
	if (got > 0)
		questions->used += (size_t)got;
	return got < 0 ? -errno : got;
}

/* The next question, with the end of its line if it has one; the caller frees *line. At
 * the end of the input, or after a signal, 0. */
static size_t next_line(struct questions *questions, char **line)
{
	const char *end = NULL;
	ssize_t got = 1;
	size_t length;

	*line = NULL;
	while (got > 0 && !end) {
		if (questions->used)
			end = memchr(questions->text, '\n', questions->used);
		if (!end)
			got = read_more(questions);
	}
	if (got < 0 || interrupt_signal())
		return 0;
	length = end ? (size_t)(end - questions->text) + 1 : questions->used;
	if (!length)
		return 0;
	*line = malloc(length + 1);
	if (!*line)
		return 0;
	memcpy(*line, questions->text, length);
	(*line)[length] = '\0';
	questions->used -= length;
	memmove(questions->text, questions->text + length, questions->used);
	return length;
}

static int serve_all(struct server *server)
{
	struct questions questions = { 0 };
	char *line = NULL;
	size_t length;
	char version[16];
	int error;

	snprintf(version, sizeof version, "%d", PROTOCOL_VERSION);
	error = protocol_say(
		stdout, PROTOCOL_NAME, version, BUILD_VERSION, BUILD_COMMIT, NULL);

	while (!error && (length = next_line(&questions, &line)) > 0) {
		/* The text of a launch's options lives as long as the launch. */
		if (strncmp(line, "launch,", 7) == 0) {
			end_launch(server);
			free(server->launch_line);
			server->launch_line = line;
			error = answer(server, line, length);
		} else {
			error = answer(server, line, length);
			free(line);
		}
	}
	free(questions.text);
	return 0;
}

static int serve_run(const struct options *options)
{
	struct server server = { .options = options };
	struct why why = { "" };
	int code = EXIT_GOOD;

	server.request = calloc(1, sizeof *server.request);
	clock_choose(options->clock != RUN_CLOCK_MONOTONIC, &server.clock);
	interrupt_watch();
	if (!server.request) {
		command_error("no memory");
		return EXIT_UNMEASURED;
	}
	if (topology_load(NULL, &server.topology, &why) ||
		janitor_start(&server.janitor, &why)) {
		command_error("%s", why.text);
		code = EXIT_UNMEASURED;
	} else {
		serve_all(&server);
		end_launch(&server);
		janitor_stop(&server.janitor);
	}
	free(server.launch_line);
	free(server.request);
	topology_free(server.topology);
	return code;
}

const struct command serve_command = {
	.name = "serve",
	.synopsis = "[OPTION...]",
	.says = "Measure what standard input asks for, for 'ipcmark duet'.",
	.run = serve_run,
};
