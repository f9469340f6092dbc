# latency_by_size.gp - round trip by message size: one mechanism in colour a panel, the
# others grey, so crossing lines never tangle. Bands are p25-p75 (dark) and p5-p95
# (light). In the last panel what has no size lies along lines, bands and all.
# gnuplot -c latency_by_size.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
load "page.gp"
do for [p=1:PANELS] {
	load "panel.gp"
	plot $grey using 1:2 with lines lc rgb GREY lw 1, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:3:6 with filledcurves \
			lc rgb CL[c] fs transparent solid 0.13 noborder, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:4:5 with filledcurves \
			lc rgb CL[c] fs transparent solid 0.30 noborder, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with lines \
			lc rgb CL[c] lw 2.4, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with points \
			lc rgb CL[c] pt CM[c] ps 0.7
}
unset multiplot
