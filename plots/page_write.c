/* page_write.c: the file a script loads: arrays of numbers, quoted words, data blocks. */
#include <string.h>

#include "plots/page.h"

/* Bytes of the UTF-8 character at `text`, 0 where there is none. */
static size_t character(const char *text)
{
	unsigned char first = (unsigned char)*text;
	size_t length = first < 0x80   ? 1
			: first < 0xc2 ? 0
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
			: first < 0xf5 ? 4
				       : 0;

	for (size_t i = 1; i < length; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void page_quote(FILE *out, const char *text)
{
	fputc('\'', out);
	while (*text) {
		size_t length = character(text);

		if (!length)
			fputs("\xef\xbf\xbd", out);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			fputc(' ', out);
		/* gnuplot 5.4 does not know a doubled quote where the text begins. */
		else if (*text == '\'')
			fputs("\xe2\x80\x99", out);
		else if (strchr("\\{}^_@&~", *text))
			fprintf(out, "\\%c", *text);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('\'', out);
}

static void array(FILE *out, const char *name, size_t count)
{
	fprintf(out, "array %s[%zu]\n", name, count ? count : 1);
}

static void write_labels(const struct page *page, FILE *out)
{
	static const char *const names[] = { "LX", "LY", "LS", "LK", "LC", "LT" };

	fprintf(out, "LABELS = %zu\n", page->label_count);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		array(out, names[i], page->label_count);
	for (size_t i = 0; i < page->label_count; i++) {
		const struct page_label *l = &page->labels[i];
		double y = l->y < 0 ? -l->y : page->height - l->y;

		fprintf(out, "LX[%zu] = %.5f; LY[%zu] = %.5f; ", i + 1,
			l->x / page->width, i + 1, y / page->height);
		fprintf(out,
			"LS[%zu] = %d; LK[%zu] = %d; LC[%zu] = %u\nLT[%zu] = ", i + 1,
			(int)l->side, i + 1, (int)l->kind + 1, i + 1, l->colour, i + 1);
		page_quote(out, l->text);
		fputc('\n', out);
	}
}

static void write_rules(const struct page *page, FILE *out)
{
	static const char *const names[] = { "RX", "RY", "RU", "RV", "RC", "RD" };

	fprintf(out, "RULES = %zu\n", page->rule_count);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		array(out, names[i], page->rule_count);
	for (size_t i = 0; i < page->rule_count; i++) {
		const struct page_rule *r = &page->rules[i];

		fprintf(out, "RX[%zu] = %.5f; RY[%zu] = %.5f; ", i + 1,
			r->x0 / page->width, i + 1, 1 - r->y0 / page->height);
		fprintf(out, "RU[%zu] = %.5f; RV[%zu] = %.5f; ", i + 1,
			r->x1 / page->width, i + 1, 1 - r->y1 / page->height);
		fprintf(out, "RC[%zu] = %u; RD[%zu] = %d\n", i + 1, r->colour, i + 1,
			r->dash);
	}
}

/* "'64 B' 64,'1 KiB' 1024": what `set xtics` takes; a per cent sign is a format there. */
static void write_ticks(
	FILE *out, const char *name, size_t index, const struct axis *axis, bool has_text)
{
	fprintf(out, "%s[%zu] = \"", name, index);
	for (size_t i = 0; i < axis->tick_count; i++) {
		fprintf(out, "%s'", i ? "," : "");
		for (const char *at = axis->ticks[i].text; has_text && *at; at++)
			fprintf(out, *at == '%' ? "%%%%" : "%c", *at);
		fprintf(out, "' %.9g", axis->ticks[i].at);
	}
	fprintf(out, "\"\n");
}

static void write_panels(const struct page *page, FILE *out)
{
	static const char *const names[] = { "PL", "PR", "PT", "PB", "PX0", "PX1", "PY0",
		"PY1", "PYL", "PXT", "PYT", "FIRST", "LAST" };

	fprintf(out, "PANELS = %zu\n", page->panel_count);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		array(out, names[i], page->panel_count);
	for (size_t i = 0; i < page->panel_count; i++) {
		const struct panel *p = &page->panels[i];
		size_t n = i + 1;

		fprintf(out, "PL[%zu] = %.5f; PR[%zu] = %.5f; ", n, p->left / page->width,
			n, p->right / page->width);
		fprintf(out, "PT[%zu] = %.5f; PB[%zu] = %.5f\n", n,
			1 - p->top / page->height, n, 1 - p->bottom / page->height);
		fprintf(out, "PX0[%zu] = %.9g; PX1[%zu] = %.9g; ", n, p->x.low, n,
			p->x.high);
		fprintf(out, "PY0[%zu] = %.9g; PY1[%zu] = %.9g; PYL[%zu] = %d; ", n,
			p->y.low, n, p->y.high, n, p->y.is_linear);
		fprintf(out, "FIRST[%zu] = %zu; LAST[%zu] = %zu\n", n, p->first_curve + 1,
			n, p->first_curve + p->curve_count);
		write_ticks(out, "PXT", n, &p->x, p->has_x_text);
		write_ticks(out, "PYT", n, &p->y, p->has_y_text);
	}
}

static void write_cells(const struct page *page, FILE *out)
{
	fprintf(out, "CELLS = %zu\n$cells << END\n", page->cell_count);
	for (size_t i = 0; i < page->cell_count; i++) {
		const struct page_cell *c = &page->cells[i];

		fprintf(out, "%.5f %.5f %.5f %.5f %u\n", c->x0 / page->width,
			1 - c->y1 / page->height, c->x1 / page->width,
			1 - c->y0 / page->height, c->colour);
	}
	fprintf(out, "END\n");
}

void page_write(const struct page *page, FILE *out)
{
	fflush(page->curves);
	fflush(page->grey);
	fprintf(out,
		"# Written by ipcmark; the script of this name in plots/ loads it.\n"
		"W = %.0f; H = %.0f\n",
		page->width, page->height);
	write_labels(page, out);
	write_rules(page, out);
	write_panels(page, out);
	write_cells(page, out);
	array(out, "CL", page->curve_count);
	array(out, "CD", page->curve_count);
	array(out, "CM", page->curve_count);
	for (size_t i = 0; i < page->curve_count; i++)
		fprintf(out, "CL[%zu] = %u; CD[%zu] = %d; CM[%zu] = %d\n", i + 1,
			page->looks[i].line, i + 1, page->looks[i].dash, i + 1,
			page->looks[i].marker);
	/* A block must not be empty; this point has no value. */
	fprintf(out, "$grey << END\nNaN NaN\n%sEND\n", page->grey_text);
	fprintf(out, "$curves << END\n%sEND\n", page->curve_text);
}
