# percentiles.gp - the tail: round trip by percentile. x is 1/(1-q) on a logarithmic axis,
# so that each decade is one more "nine"; all in one panel, or one a panel with the
# others in grey.
# gnuplot -c percentiles.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
set grid xtics
load "page.gp"
do for [p=1:PANELS] {
	load "panel.gp"
	plot $grey using 1:2 with lines lc rgb GREY lw 1, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with lines \
			lc rgb CL[c] dt CD[c] lw 2.2
}
unset multiplot
