# cost.gp - round trip by CPU time of both sides, one point a mechanism, and the same by
# name along lines; names, leaders and the lines of busy CPUs were placed beforehand.
# gnuplot -c cost.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
set grid xtics
load "page.gp"
do for [p=1:PANELS] {
	load "panel.gp"
	if (p == 1) {
		plot for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with points \
				lc rgb CL[c] pt CM[c] ps 1.25 lw 1.6
	} else {
		# a ring is so wide that a disc at the same place is seen in it
		plot for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with points \
				lc rgb CL[c] pt CM[c] ps (CM[c] == 6 ? 1.3 : 0.75) lw 1.4
	}
}
# the families' squares, on the whole page, whose words are there already
unset label
unset arrow
unset border
unset tics
unset grid
unset logscale
set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 1
set xrange [0:1]
set yrange [0:1]
plot $cells using (0):(0):1:3:2:4:5 with boxxyerror fs solid 1 noborder lc rgb variable
unset multiplot
