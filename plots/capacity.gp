# capacity.gp - bytes accepted while nobody reads, by the mechanism's size option; one
# curve a write size. Filled points hold the same amount every time, hollow ones do not.
# gnuplot -c capacity.gp FIGURE.png|FIGURE.svg FIGURE.gp
OUT = ARG1
load ARG2
load "style.gp"
load "page.gp"
do for [p=1:PANELS] {
	load "panel.gp"
	plot $grey using 1:2 with lines lc rgb GREY lw 1, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with lines \
			lc rgb CL[c] dt CD[c] lw 2, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:2 with points \
			lc rgb "#ffffff" pt 7 ps 1.15, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:($3 == 0 ? $2 : NaN) \
			with points lc rgb CL[c] pt 6 ps 1.15 lw 1.4, \
		for [c=FIRST[p]:LAST[p]] $curves index c-1 using 1:($3 == 1 ? $2 : NaN) \
			with points lc rgb CL[c] pt 7 ps 1.15
}
unset multiplot
