# Turns the result messages of `gst-launch-1.0 -m … vificlip …` into a table. Run with LC_ALL=C;
# `-v streams=1` puts the element's name in front of each line.

# The value of field `name` in `line`, without its type.
function field(line, name,    rest, end) {
  if (!match(line, "[ ,]" name "=\\([A-Za-z0-9]+\\)")) return ""
  rest = substr(line, RSTART + RLENGTH)
  end = index(rest, ",")
  return end ? substr(rest, 1, end - 1) : rest
}

# The first value of the array `name`; GStreamer quotes what holds more than letters, and escapes inside quotes.
function first_of(line, name,    rest, text, c, i) {
  if (!match(line, "[ ,]" name "=\\([A-Za-z0-9]+\\)< *")) return ""
  rest = substr(line, RSTART + RLENGTH)
  if (substr(rest, 1, 1) != "\"") {
    match(rest, /^[^ ,>]*/)
    return substr(rest, 1, RLENGTH)
  }
  text = ""
  for (i = 2; i <= length(rest); ++i) {
    c = substr(rest, i, 1)
    if (c == "\"") break
    if (c == "\\") {
      c = substr(rest, ++i, 1)
      if (c ~ /[0-3]/ && substr(rest, i + 1, 2) ~ /^[0-7][0-7]$/) { # a byte in octal
        c = sprintf("%c", c * 64 + substr(rest, i + 1, 1) * 8 + substr(rest, i + 2, 1))
        i += 2
      }
    }
    text = text c
  }
  return text
}

function bar(share,    text) {
  text = ""
  while (length(text) < int(share * 20 + 0.5)) text = text "#"
  return text
}

/\(element\): vificlip-result,/ {
  label = first_of($0, "labels")
  score = first_of($0, "scores") + 0
  if (field($0, "accepted") ~ /^(false|FALSE)/ || label == "") label = "-"
  if (streams && match($0, /from element "[^"]*"/)) printf "%-8s ", substr($0, RSTART + 14, RLENGTH - 15)
  printf "%7.2f %7.2f s  %-34s %5.1f %%  %s\n", field($0, "start") / 1e9, field($0, "end") / 1e9, label, 100 * score, bar(score)
  fflush()
}
