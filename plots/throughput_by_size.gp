# throughput_by_size.gp - bytes per second by message size, with the interval over the
# launches; all in one panel, or one a panel with the others in grey.
# gnuplot -c throughput_by_size.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
load "page.gp"
do for [p=1:PANELS] {
	load "panel.gp"
	plot $grey using 1:2 with lines lc rgb GREY lw 1, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2:3:4 with yerrorbars \
			lc rgb CL[c] lw 1.2 pt 0, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with lines \
			lc rgb CL[c] dt CD[c] lw 2.2, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with points \
			lc rgb CL[c] pt CM[c] ps 0.85
}
unset multiplot
