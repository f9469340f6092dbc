#include "plots/scatter.h"

#include <math.h>
#include <stdlib.h>

#define NAME_HEIGHT  17.0
#define POINT_RADIUS 7.0
#define NEAR         11.0 /* a name so near needs no leader */
#define ANGLES       24
#define AGAIN        4 /* times that each is placed anew */
#define CROWD        90.0 /* points nearer than this are a crowd */

/* What a place costs, beside its distance in pixels. */
#define COVERS    5000.0 /* a name, a point or the frame */
#define CROSSES   160.0 /* a leader over a leader */
#define STRIKES   400.0 /* a leader through a name */
#define TOUCHES   90.0 /* a leader past a point of another name */
#define STANDS_ON 45.0 /* a name on a line */

struct box {
	double left, right, top, bottom;
};

/* What stands around the names. */
struct ground {
	struct box frame;
	const struct scatter_line *lines;
	size_t line_count;
};

static struct box name_box(const struct scatter_name *name)
{
	return (struct box) { name->left - 2, name->left + name->width + 2,
		name->middle - NAME_HEIGHT / 2, name->middle + NAME_HEIGHT / 2 };
}

static struct box point_box(const struct scatter_name *name)
{
	return (struct box) { name->x - POINT_RADIUS, name->x + POINT_RADIUS,
		name->y - POINT_RADIUS, name->y + POINT_RADIUS };
}

static bool overlap(const struct box *a, const struct box *b)
{
	return a->left < b->right && b->left < a->right && a->top < b->bottom &&
	       b->top < a->bottom;
}

static double turn(double ax, double ay, double bx, double by, double cx, double cy)
{
	return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

static bool segments_cross(double ax, double ay, double bx, double by, double cx,
	double cy, double dx, double dy)
{
	return turn(ax, ay, bx, by, cx, cy) * turn(ax, ay, bx, by, dx, dy) < 0 &&
	       turn(cx, cy, dx, dy, ax, ay) * turn(cx, cy, dx, dy, bx, by) < 0;
}

static bool meets(const struct scatter_line *line, const struct box *box)
{
	if (line->x1 > box->left && line->x1 < box->right && line->y1 > box->top &&
		line->y1 < box->bottom)
		return true;
	return segments_cross(line->x0, line->y0, line->x1, line->y1, box->left, box->top,
		       box->right, box->bottom) ||
	       segments_cross(line->x0, line->y0, line->x1, line->y1, box->left,
		       box->bottom, box->right, box->top);
}

/* Does the leader of a name meet a box? */
static bool leader_meets(const struct scatter_name *name, const struct box *box)
{
	const struct scatter_line leader = { name->x, name->y, name->end_x, name->end_y };

	return name->has_leader && meets(&leader, box);
}

/* Puts the name at a distance and an angle from its point: beside it, or over and under.
 */
static void put(struct scatter_name *name, double distance, double angle)
{
	double c = cos(angle), s = sin(angle);

	name->end_x = name->x + distance * c;
	name->end_y = name->y + distance * s;
	name->middle = name->end_y;
	name->left = name->end_x + 2;
	if (c < -0.35)
		name->left = name->end_x - name->width - 2;
	else if (c < 0.35) {
		name->left = name->end_x - name->width / 2;
		name->middle += s < 0 ? -NAME_HEIGHT / 2 : NAME_HEIGHT / 2;
	}
	name->has_leader = distance > NEAR;
}

static double price(const struct scatter_name *name, const struct scatter_name *names,
	const bool *is_placed, size_t count, const struct ground *ground)
{
	struct box box = name_box(name);
	double sum = hypot(name->end_x - name->x, name->end_y - name->y);

	if (box.left < ground->frame.left || box.right > ground->frame.right ||
		box.top < ground->frame.top || box.bottom > ground->frame.bottom)
		sum += 4 * COVERS;
	for (size_t i = 0; i < ground->line_count; i++)
		if (meets(&ground->lines[i], &box))
			sum += STANDS_ON;
	for (size_t i = 0; i < count; i++) {
		const struct scatter_name *other = &names[i];
		struct box point = point_box(other), text;

		if (overlap(&box, &point))
			sum += COVERS;
		if (other->x == name->x && other->y == name->y)
			continue;
		if (leader_meets(name, &point))
			sum += TOUCHES;
		if (!is_placed[i])
			continue;
		text = name_box(other);
		if (overlap(&box, &text))
			sum += COVERS;
		if (leader_meets(name, &text))
			sum += STRIKES;
		if (leader_meets(other, &box))
			sum += STRIKES;
		if (name->has_leader && other->has_leader &&
			segments_cross(name->x, name->y, name->end_x, name->end_y,
				other->x, other->y, other->end_x, other->end_y))
			sum += CROSSES;
	}
	return sum;
}

static void place_one(struct scatter_name *name, const struct scatter_name *names,
	const bool *is_placed, size_t count, const struct ground *ground)
{
	struct scatter_name best = *name;
	double least = INFINITY;

	for (double distance = NEAR; distance < 420; distance *= 1.22) {
		if (distance >= least)
			break;
		for (int i = 0; i < ANGLES; i++) {
			struct scatter_name tried = *name;
			double sum;

			put(&tried, distance, 2 * M_PI * i / ANGLES);
			sum = price(&tried, names, is_placed, count, ground);
			if (sum < least - 1e-6) {
				least = sum;
				best = tried;
			}
		}
	}
	*name = best;
}

static size_t crowd(const struct scatter_name *names, size_t count, size_t of)
{
	size_t near = 0;

	for (size_t i = 0; i < count; i++)
		near += hypot(names[i].x - names[of].x, names[i].y - names[of].y) < CROWD;
	return near;
}

void scatter_place(struct scatter_name *names, size_t count,
	const struct scatter_line *lines, size_t line_count, double left, double top,
	double right, double bottom)
{
	const struct ground ground = { { left, right, top, bottom }, lines, line_count };
	bool *is_placed = calloc(count + 1, sizeof *is_placed);
	size_t *crowds = calloc(count + 1, sizeof *crowds);

	for (size_t i = 0; i < count; i++) {
		put(&names[i], NEAR, 0); /* where they stay without memory */
		if (crowds)
			crowds[i] = crowd(names, count, i);
	}
	for (size_t turns = 0; is_placed && crowds && turns < count; turns++) {
		size_t next = count;

		for (size_t i = 0; i < count; i++)
			if (!is_placed[i] && (next == count || crowds[i] > crowds[next]))
				next = i;
		place_one(&names[next], names, is_placed, count, &ground);
		is_placed[next] = true;
	}
	/* Again, now that all of them stand somewhere. */
	for (size_t i = 0; is_placed && crowds && i < AGAIN * count; i++) {
		is_placed[i % count] = false;
		place_one(&names[i % count], names, is_placed, count, &ground);
		is_placed[i % count] = true;
	}
	free(is_placed);
	free(crowds);
}
