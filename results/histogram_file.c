#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/csv.h"
#include "results/run_directory.h"
#include "results/run_file.h"

#define HISTOGRAMS "histograms"

/* The first bucket is written from the least value on and the last one to the greatest,
 * so that both stay exact. */
struct bucket_row {
	int64_t low_ns, high_ns, count;
};
static const struct column bucket_columns[] = {
	{ "low_ns", COLUMN_INT, offsetof(struct bucket_row, low_ns), "first value" },
	{ "high_ns", COLUMN_INT, offsetof(struct bucket_row, high_ns), "after the last" },
	{ "count", COLUMN_INT, offsetof(struct bucket_row, count), "samples" },
};
static const struct table bucket_table = { bucket_columns, 3, sizeof(struct bucket_row),
	NULL };

/* FNV-1a, 64 bits (Fowler, Noll and Vo), over a text and its end. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	} while (*text++);
	return hash;
}

static uint64_t hash_number(uint64_t hash, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	return hash_text(hash, text);
}

/* Cuts a text to what a file name takes. */
static const char *plain(const char *text, char word[49])
{
	size_t i = 0;

	for (; i < 48 && text[i]; i++)
		word[i] = isalnum((unsigned char)text[i]) || text[i] == '-' ? text[i]
									    : '_';
	word[i] = '\0';
	return word;
}

void run_directory_histogram_name(const struct result_row *row, char *name)
{
	bool is_capacity = strcmp(row->test, "capacity") == 0;
	uint64_t hash = 0xcbf29ce484222325u;
	char mechanism[49], test[49], placement[49], size[24] = "", cpus[48] = "";

	hash = hash_text(hash, row->mechanism);
	hash = hash_text(hash, row->test);
	hash = hash_number(hash, row->size_bytes);
	hash = hash_text(hash, row->placement);
	hash = hash_number(hash, row->cpu_a);
	hash = hash_number(hash, row->cpu_b);
	hash = hash_text(hash, row->payload);
	hash = hash_number(hash, row->gap_ns);
	hash = hash_number(hash, row->chunk_bytes);
	/* Known for streams only; names of what has none stay what they were. */
	if (row->coalesce != ROW_UNKNOWN)
		hash = hash_number(hash, row->coalesce);
	if (row->pieces != ROW_UNKNOWN)
		hash = hash_number(hash, row->pieces);
	hash = hash_text(hash, row->sched);
	hash = hash_text(hash, row->sweep_setting);
	hash = hash_number(hash, row->sweep_wanted);
	hash = hash_text(hash, is_capacity ? "" : row->settings);
	if (row->size_bytes != ROW_UNKNOWN)
		snprintf(size, sizeof size, ".%" PRId64, row->size_bytes);
	if (row->cpu_a != ROW_UNKNOWN && row->cpu_b != ROW_UNKNOWN)
		snprintf(cpus, sizeof cpus, ".%" PRId64 "-%" PRId64, row->cpu_a,
			row->cpu_b);
	snprintf(name, RUN_HISTOGRAM_NAME, "%s.%s%s.%s%s.%016" PRIx64 ".csv",
		plain(row->mechanism, mechanism), plain(row->test, test), size,
		plain(row->placement, placement), cpus, hash);
}

static int open_folder(const struct run_directory *run, char **where, struct why *why)
{
	int fd = openat(run_directory_fd(run), HISTOGRAMS,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return why_say(why, errno, "open the folder %s/%s",
			run_directory_path(run), HISTOGRAMS);
	if (asprintf(where, "%s/%s", run_directory_path(run), HISTOGRAMS) < 0) {
		close(fd);
		return why_say(why, ENOMEM, "open the folder %s", HISTOGRAMS);
	}
	return fd;
}

static int add_bucket(struct histogram *histogram, const struct bucket_row *row)
{
	uint64_t low = (uint64_t)row->low_ns, last = (uint64_t)row->high_ns - 1;
	uint64_t count = (uint64_t)row->count;
	size_t index;

	/* ROW_UNKNOWN is negative too. */
	if (row->low_ns < 0 || row->high_ns <= row->low_ns || row->count <= 0)
		return -EINVAL;
	index = histogram_index(low);
	if (index != histogram_index(last) || count > UINT64_MAX - histogram->count)
		return -EINVAL;
	if (!histogram->count || low < histogram->min)
		histogram->min = low;
	if (!histogram->count || last > histogram->max)
		histogram->max = last;
	histogram->count += count;
	histogram->sum += (double)count * ((double)low + (double)last) / 2;
	histogram->buckets[index] += count;
	return 0;
}

static int parse(const char *where, const char *name, char *text, size_t length,
	struct histogram *histogram, struct why *why)
{
	struct why inner = { "" };
	struct bucket_row *rows;
	void *read;
	size_t count;
	int error = csv_table(&bucket_table, text, length, &read, &count, &inner);

	if (error) {
		why_say(why, 0, "%s/%s: %s", where, name, inner.text);
		return error;
	}
	rows = read;
	histogram_clear(histogram);
	for (size_t i = 0; !error && i < count; i++)
		if (add_bucket(histogram, &rows[i]))
			error = why_say(why, 0,
				"%s/%s: row %zu is no bucket of this histogram", where,
				name, i + 1);
	free(read);
	return error;
}

int run_directory_histogram(const struct run_directory *run, const char *name,
	struct histogram *histogram, struct why *why)
{
	char *where, *text;
	size_t length;
	int fd, error;

	if (strchr(name, '/'))
		return why_say(why, 0, "'%s' is not the name of a histogram", name);
	fd = open_folder(run, &where, why);
	if (fd < 0)
		return fd;
	error = run_file_read(fd, where, name, &text, &length, why);
	if (!error) {
		error = parse(where, name, text, length, histogram, why);
		free(text);
	}
	free(where);
	close(fd);
	return error;
}

static void print(FILE *out, const struct histogram *histogram)
{
	uint64_t end = histogram->max < INT64_MAX ? histogram->max + 1 : INT64_MAX;
	size_t first = histogram_index(histogram->min);
	size_t last = histogram_index(histogram->max);

	fputs("low_ns,high_ns,count\n", out);
	for (size_t i = first; histogram->count && i <= last; i++) {
		if (!histogram->buckets[i])
			continue;
		fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
			i == first ? histogram->min : histogram_low(i),
			i == last ? end : histogram_high(i), histogram->buckets[i]);
	}
}

static int write_histogram(const struct run_directory *run, const char *name,
	const struct histogram *histogram, struct why *why)
{
	char *where, *text = NULL;
	size_t length = 0;
	int fd = open_folder(run, &where, why), error;
	FILE *out;

	if (fd < 0)
		return fd;
	out = open_memstream(&text, &length);
	if (out)
		print(out, histogram);
	if (!out || fclose(out))
		error = why_say(why, ENOMEM, "write %s/%s", where, name);
	else
		error = run_file_replace(fd, where, name, text, length, why);
	free(text);
	free(where);
	close(fd);
	return error;
}

int run_directory_merge_histogram(struct run_directory *run, const struct result_row *row,
	const struct histogram *histogram, struct why *why)
{
	struct histogram *merged = malloc(sizeof *merged);
	char name[RUN_HISTOGRAM_NAME];
	struct why inner = { "" };
	int error;

	if (!merged)
		return why_say(why, ENOMEM, "merge a histogram");
	run_directory_histogram_name(row, name);
	error = run_directory_histogram(run, name, merged, &inner);
	if (error == -ENOENT) {
		histogram_clear(merged);
		error = 0;
	} else if (error) {
		why_say(why, 0, "%s", inner.text);
	}
	if (!error) {
		histogram_merge(merged, histogram);
		error = write_histogram(run, name, merged, why);
	}
	free(merged);
	return error;
}
