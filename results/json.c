#include "results/json.h"

#include <errno.h>
#include <math.h>

#include "results/format.h"

#if IPCMARK_HAS_JSON

json_t *json_text(const char *text)
{
	char clean[1024];

	return json_string(format_clean(text, clean, sizeof clean));
}

json_t *json_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

int json_write(json_t *value, FILE *out, struct why *why)
{
	int error = value ? 0 : why_say(why, ENOMEM, "write JSON");

	/* 12 digits say a number as it was measured, without what doubles add. */
	if (!error && json_dumpf(value, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12)))
		error = why_say(why, EIO, "write JSON");
	if (!error)
		putc('\n', out);
	json_decref(value);
	return error;
}

#endif

int json_missing(struct why *why)
{
	why_say(why, 0,
		"JSON is not built in: install libjansson-dev (or what it is called here) "
		"and build ipcmark again");
	return -ENOTSUP;
}
