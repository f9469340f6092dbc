# history.gp - a panel a case over many runs: the medians of the runs, the levels between
# two changes, and a line where a level changed.
# gnuplot -c history.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
load "page.gp"
do for [p=1:PANELS] {
	load "panel.gp"
	unset logscale x
	set xrange [PX0[p]:PX1[p]]
	plot for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:3 with lines \
			lc rgb CL[c] lw 2.2, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with points \
			lc rgb CL[c] pt CM[c] ps 0.6
}
unset multiplot
