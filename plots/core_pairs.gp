# core_pairs.gp - round trip of a cache line for every two CPUs that were measured;
# colours, cells and their words were computed beforehand.
# gnuplot -c core_pairs.gp FIGURE.png|FIGURE.svg FIGURE.gp
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
unset multiplot
