# style.gp - the house style. Loaded by every figure after its numbers; sets look, never
# data. White ground, one light horizontal grid, two thin axes, no legend (lines carry
# their own names), SI units in the tick labels; title = what is shown, subtitle = how it
# was measured.
FONT = "Inter"                       # fontconfig and the SVG fall back to DejaVu Sans
IS_SVG = OUT[strlen(OUT)-2:] eq "svg"
if (IS_SVG) {
	# an SVG pixel is 3/4 of what pngcairo takes for a point: both shall look alike
	EM = 4.0/3
	set terminal svg size W,H font sprintf("%s,%.1f", FONT, 13*EM) linewidth 1.6 \
		rounded dashlength 0.6 background "#ffffff"
} else {
	EM = 1.0
	set terminal pngcairo size W,H font sprintf("%s,%.1f", FONT, 13*EM) \
		linewidth 1.4 rounded dashlength 0.6 background "#ffffff"
}
set output OUT
set encoding utf8

INK = "#1b1f24"; MUTED = "#6b7280"; AXIS = "#9aa3ad"; HAIR = "#e3e7ec"; GREY = "#d3d8de"

# the dashes of members of a family; 1 is solid. Round ends eat into the gaps
set dashtype 2 (14,11)
set dashtype 3 (1,8)
set dashtype 4 (16,9,1,9)
set dashtype 5 (34,11)
set dashtype 6 (16,8,1,8,1,8)

# the kinds of words: title, subtitle, footnote, panel, line end, small, value in a cell,
# narrow panel
array POINTS[8] = [22, 14, 11, 15, 14, 11, 16, 13]
array BOLD[8]   = [1, 0, 0, 1, 0, 0, 1, 1]
styled(i) = sprintf("{/%s=%.2f %s}", BOLD[LK[i]] ? ":Bold" : "", POINTS[LK[i]]*EM, LT[i])

set border 3 lc rgb AXIS lw 0.8
set tics nomirror out scale 0.6,0.3 textcolor rgb MUTED
set grid ytics lt 1 lc rgb HAIR lw 0.7, lt 1 lc rgb HAIR lw 0.4
set grid back
unset key
set style fill solid 0.16 noborder
set datafile missing "NaN"
