# panel.gp - sets up panel p: its place, ranges and ticks.
set lmargin at screen PL[p]
set rmargin at screen PR[p]
set tmargin at screen PT[p]
set bmargin at screen PB[p]
set logscale xy 10
if (PYL[p]) { unset logscale y }
set xrange [PX0[p]:PX1[p]]
set yrange [PY0[p]:PY1[p]]
unset xtics
unset ytics
AFTER = " nomirror out scale 0.6,0.3 textcolor rgb MUTED"
if (strlen(PXT[p])) { eval "set xtics (".PXT[p].")".AFTER }
if (strlen(PYT[p])) { eval "set ytics (".PYT[p].")".AFTER }
# words and rules belong to the page: they are drawn once, with the first panel
if (p > 1) { unset label; unset arrow }
