# Draws points (name, files, seconds; separated by tabs) as an SVG: both axes logarithmic, a line a name. A cost
# that grows linearly lies along the grey diagonals.
BEGIN {
  FS = "\t"
  width = 720; height = 480; left = 70; right = 150; top = 20; bottom = 50
  split("#0072b2 #e69f00 #d55e00 #009e73 #cc79a7", colour, " ")  # Okabe and Ito's, told apart by all eyes
}
function log10(x) { return log(x) / log(10) }
function x_of(files) { return left + (log10(files) - low_x) / (high_x - low_x) * (width - left - right) }
function y_of(s) { return height - bottom - (log10(s) - low_y) / (high_y - low_y) * (height - top - bottom) }
function floor(x) { return int(x) - (x < int(x)) }
function line(x1, y1, x2, y2, stroke) {
  printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, stroke
}
function text(x, y, anchor, words) {
  printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words
}
$3 > 0 {
  if (!($1 in number)) { number[$1] = ++num_names; name[num_names] = $1 }
  files[NR] = $2; seconds[NR] = $3; whose[NR] = number[$1]; last = NR
  if (!num++ || $2 < least_x) least_x = $2
  if ($2 > most_x) most_x = $2
  if (num == 1 || $3 < least_y) least_y = $3
  if ($3 > most_y) most_y = $3
}
END {
  low_x = floor(log10(least_x)); high_x = floor(log10(most_x)) + 1
  low_y = floor(log10(least_y)); high_y = floor(log10(most_y)) + 1
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\"", width, height
  print " font-size=\"12\"><title>CPU seconds against files in one night</title>"
  print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
  print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
  for (e = low_x; e <= high_x; ++e) {
    line(x_of(10 ^ e), top, x_of(10 ^ e), height - bottom, "#ccc")
    text(x_of(10 ^ e), height - bottom + 18, "middle", sprintf("%d", 10 ^ e))
  }
  for (e = low_y; e <= high_y; ++e) {
    line(left, y_of(10 ^ e), width - right, y_of(10 ^ e), "#ccc")
    text(left - 6, y_of(10 ^ e) + 4, "end", sprintf("%g", 10 ^ e))
  }
  print "<clipPath id=\"c\"><rect x=\"" left "\" y=\"" top "\" width=\"" width - left - right "\" height=\"" \
    height - top - bottom "\"/></clipPath><g clip-path=\"url(#c)\">"
  for (e = low_y - high_x; e <= high_y - low_x; ++e)
    line(x_of(10 ^ low_x), y_of(10 ^ (low_x + e)), x_of(10 ^ high_x), y_of(10 ^ (high_x + e)), "#eee")
  print "</g>"
  text((left + width - right) / 2, height - 12, "middle", "files in storage")
  text(left, 13, "middle", "CPU s")
  for (n = 1; n <= num_names; ++n) {
    path = ""
    for (i = 1; i <= last; ++i) {
      if (whose[i] != n) continue
      path = path sprintf("%.1f,%.1f ", x_of(files[i]), y_of(seconds[i]))
      x = x_of(files[i]); y = y_of(seconds[i])
      printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, colour[n]
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, colour[n]
    printf "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", x + 8, y + 4, colour[n], name[n]
  }
  print "</svg>"
}
