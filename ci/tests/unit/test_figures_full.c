/* Figures of a run of all mechanisms there are, as crowded as a machine can make them:
 * no words lie on other words, and all of them on the page. */
#include "figure_room.h"

#include <math.h>

#include "mechanisms/mechanism.h"
#include "plots/labels.h"
#include "plots/page.h"

#define TICKS_BELOW  33.0 /* where gnuplot writes the words of ticks, in pixels */
#define TICKS_BESIDE 19.0
#define TICK_POINTS  13.0
#define BOXES        4096
#define WORDS        256

/* Words on the page, in pixels from its top left. */
struct words {
	char text[WORDS];
	double left, right, top, bottom;
};

struct drawn {
	const char *figure;
	double width, height;
	struct words *words;
	size_t count;
};

static void add_words(struct drawn *drawn, const char *text, double points, double x,
	double y, enum label_side side)
{
	struct words *words = &drawn->words[drawn->count];
	double width = labels_width(text, points);
	/* Capitals and what hangs below the line; the space between lines is not words.
	 */
	double half = 0.45 * points * 4 / 3;

	assert_true(drawn->count++ < BOXES);
	snprintf(words->text, WORDS, "%s", text);
	words->left = side == LABEL_LEFT     ? x
		      : side == LABEL_CENTER ? x - width / 2
					     : x - width;
	words->right = words->left + width;
	words->top = y - half;
	words->bottom = y + half;
}

/* The quoted text at `at`, without what page_quote() adds. */
static void read_quoted(const char *at, char text[WORDS])
{
	size_t used = 0;

	assert_true(*at == '\'');
	for (at++; *at && !(at[0] == '\'' && at[1] != '\''); at++) {
		if (*at == '\\' || *at == '\'')
			at++;
		if (used + 1 < WORDS)
			text[used++] = *at;
	}
	text[used] = '\0';
}

/* The number that is given to NAME[index]. */
static double number_of(const char *text, const char *name, size_t index)
{
	char wanted[32];
	const char *at;

	snprintf(wanted, sizeof wanted, "%s[%zu] = ", name, index);
	at = strstr(text, wanted);
	if (!at) {
		fail_msg("there is no '%s'", wanted);
		return NAN;
	}
	return strtod(at + strlen(wanted), NULL);
}

static void read_labels(struct drawn *drawn, const char *text)
{
	const char *at = strstr(text, "LABELS = ");
	size_t count = at ? strtoul(at + strlen("LABELS = "), NULL, 10) : 0;

	for (size_t i = 1; i <= count; i++) {
		char name[32], words[WORDS];
		int kind = (int)number_of(text, "LK", i) - 1;

		snprintf(name, sizeof name, "LT[%zu] = ", i);
		at = strstr(text, name);
		assert_non_null(at);
		read_quoted(at + strlen(name), words);
		add_words(drawn, words, label_points[kind],
			number_of(text, "LX", i) * drawn->width,
			(1 - number_of(text, "LY", i)) * drawn->height,
			(enum label_side)number_of(text, "LS", i));
	}
}

/* "'64 B' 64,'1 KiB' 1024", as it is given to PXT[index] or PYT[index]. */
static void read_ticks(struct drawn *drawn, const char *text, size_t index, bool is_x)
{
	double left = number_of(text, "PL", index) * drawn->width;
	double right = number_of(text, "PR", index) * drawn->width;
	double top = (1 - number_of(text, "PT", index)) * drawn->height;
	double bottom = (1 - number_of(text, "PB", index)) * drawn->height;
	double low = number_of(text, is_x ? "PX0" : "PY0", index);
	double high = number_of(text, is_x ? "PX1" : "PY1", index);
	char name[32];
	const char *at;

	snprintf(name, sizeof name, "%s[%zu] = \"", is_x ? "PXT" : "PYT", index);
	at = strstr(text, name);
	assert_non_null(at);
	for (at += strlen(name); *at == '\'' || *at == ','; at += strcspn(at, ",\"")) {
		char words[WORDS], *end;
		double place;

		at += *at == ',';
		read_quoted(at, words);
		at = strchr(at + 1, '\'') + 1;
		place = log(strtod(at, &end) / low) / log(high / low);
		at = end;
		if (*words && is_x)
			add_words(drawn, words, TICK_POINTS,
				left + place * (right - left), bottom + TICKS_BELOW,
				LABEL_CENTER);
		else if (*words)
			add_words(drawn, words, TICK_POINTS, left - TICKS_BESIDE,
				bottom - place * (bottom - top), LABEL_RIGHT);
	}
}

static void read_drawn(const struct room *room, const char *figure, struct drawn *drawn)
{
	char name[96], *text;
	const char *at;
	size_t panels;

	snprintf(name, sizeof name, "figures/data/%s.gp", figure);
	text = read_all(room, name);
	*drawn = (struct drawn) { .figure = figure,
		.words = calloc(BOXES, sizeof *drawn->words) };
	assert_non_null(drawn->words);
	assert_int_equal(sscanf(strstr(text, "W = "), "W = %lf; H = %lf", &drawn->width,
				 &drawn->height),
		2);
	read_labels(drawn, text);
	at = strstr(text, "PANELS = ");
	panels = at ? strtoul(at + strlen("PANELS = "), NULL, 10) : 0;
	for (size_t i = 1; i <= panels; i++) {
		read_ticks(drawn, text, i, true);
		read_ticks(drawn, text, i, false);
	}
	free(text);
}

static void assert_readable(const struct room *room, const char *figure)
{
	struct drawn drawn;

	read_drawn(room, figure, &drawn);
	assert_true(drawn.count > 10);
	for (size_t i = 0; i < drawn.count; i++) {
		const struct words *a = &drawn.words[i];

		if (a->left < 0 || a->right > drawn.width || a->top < 0 ||
			a->bottom > drawn.height)
			fail_msg("%s: '%s' leaves the page: %.0f to %.0f of %.0f", figure,
				a->text, a->left, a->right, drawn.width);
		for (size_t j = 0; j < i; j++) {
			const struct words *b = &drawn.words[j];

			if (a->left < b->right && b->left < a->right &&
				a->top < b->bottom && b->top < a->bottom)
				fail_msg("%s: '%s' lies on '%s' at %.0f,%.0f", figure,
					a->text, b->text, a->left, a->top);
		}
	}
	free(drawn.words);
}

/* The name of each mechanism stands in the figure, as far as it takes part. */
static void assert_names(const struct room *room, const char *figure, enum test test)
{
	struct drawn drawn;

	read_drawn(room, figure, &drawn);
	for (size_t m = 0; m < mechanism_count; m++) {
		const struct mechanism *mechanism = mechanisms[m];
		bool is_there = false;

		if (!(mechanism->tests & TEST_BIT(test)) || mechanism->caps & CAP_FLOOR)
			continue;
		for (size_t i = 0; i < drawn.count && !is_there; i++)
			is_there = strcmp(drawn.words[i].text, mechanism->title) == 0;
		if (!is_there)
			fail_msg("%s: '%s' is not named", figure, mechanism->title);
	}
	free(drawn.words);
}

/* Nearly all wake-ups take equally long between two CPUs of a virtual machine. */
static double crowded_ns(size_t index, const struct mechanism *mechanism)
{
	double ns = 70000 + 100 * (double)(index * 37 % 100);

	/* Hardly any memory moves faster than 10 TB/s. Long numbers leave the panels the
	 * least room. */
	if (mechanism->caps & CAP_FLOOR)
		return mechanism->caps & CAP_PAYLOAD ? 100 + 90 * (double)(index % 5)
						     : 12.3 + 15 * (double)(index % 5);
	return mechanism->caps & CAP_SPINS ? ns / 250 : ns;
}

static void add_all_capacity(struct room *room, const struct mechanism *mechanism)
{
	const int64_t writes[] = { 1, 4096, 65536 };
	const char *setting = mechanism->size_setting ? mechanism->size_setting : "";

	for (size_t w = 0; w < 3; w++) {
		add_capacity(
			room, mechanism->name, writes[w], setting, ROW_UNKNOWN, 65536);
		if (*setting)
			add_capacity(room, mechanism->name, writes[w], setting, 1 << 20,
				1 << 20);
	}
}

static void add_everything(struct room *room)
{
	const int64_t sizes[] = { 1, 64, 4096, 1 << 20 };

	for (size_t m = 0; m < mechanism_count; m++) {
		const struct mechanism *mechanism = mechanisms[m];
		double ns = crowded_ns(m, mechanism);
		bool has_payload = mechanism->caps & CAP_PAYLOAD;

		for (size_t s = 0; s < (has_payload ? 4 : 1); s++) {
			int64_t size = has_payload ? sizes[s] : 0;

			if (mechanism->tests & TEST_BIT(TEST_LATENCY))
				add_latency(room, mechanism->name, size,
					ns * (1 + (double)size / 1e5));
			if (mechanism->tests & TEST_BIT(TEST_THROUGHPUT))
				add_throughput(room, mechanism->name, size,
					1e9 * (double)size /
						(ns * (1 + (double)size / 1e5)));
		}
		if (mechanism->tests & TEST_BIT(TEST_CAPACITY))
			add_all_capacity(room, mechanism);
	}
}

static void all_mechanisms_can_be_read(void **state)
{
	struct room *room = *state;
	struct why why = { "" };
	size_t drawn;

	add_everything(room);
	if (run_directory_summarize(room->run, &why))
		fail_msg("%s", why.text);
	make_gnuplot(room, PRETENDS);
	if (figures_draw(room->run, NULL, &drawn, &why))
		fail_msg("%s", why.text);
	assert_readable(room, "latency_by_size-shared-l2");
	assert_names(room, "latency_by_size-shared-l2", TEST_LATENCY);
	assert_readable(room, "percentiles-shared-l2");
	assert_names(room, "percentiles-shared-l2", TEST_LATENCY);
	assert_readable(room, "cost-shared-l2");
	assert_names(room, "cost-shared-l2", TEST_LATENCY);
	assert_readable(room, "throughput_by_size-shared-l2");
	assert_names(room, "throughput_by_size-shared-l2", TEST_THROUGHPUT);
	assert_readable(room, "capacity");
	assert_names(room, "capacity", TEST_CAPACITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(all_mechanisms_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
