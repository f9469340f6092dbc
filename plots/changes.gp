# changes.gp - change of each case, candidate against base: a dot for the median ratio, a
# bar for its interval, in the colour of the verdict. What counts as no change is shaded.
# gnuplot -c changes.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
unset border
unset grid
unset tics
load "page.gp"
set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 1
set xrange [0:1]
set yrange [0:1]
plot $cells using (0):(0):1:3:2:4:5 with boxxyerror fs solid 1 noborder lc rgb variable
unset label
unset arrow
set border 1 lc rgb AXIS lw 0.8
set grid xtics lt 1 lc rgb HAIR lw 0.7
set errorbars 0.9
do for [p=1:PANELS] {
	load "panel.gp"
	unset logscale
	set xrange [PX0[p]:PX1[p]]
	set yrange [PY0[p]:PY1[p]]
	plot for [c=FIRST[p]:FIRST[p]] $curves index c-1 using 1:2 with lines \
			lc rgb CL[c] lw 0.9, \
		for [c=FIRST[p]+1:LAST[p]] $curves index c-1 using 1:2:3:4 \
			with xerrorbars lc rgb CL[c] pt CM[c] ps 0 lw 1.9, \
		for [c=FIRST[p]+1:LAST[p]] $curves index c-1 using 1:2 with points \
			lc rgb CL[c] pt CM[c] ps 1.15
}
unset multiplot
