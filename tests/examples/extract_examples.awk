# Takes the examples out of the comments of public headers and out of README.md, and makes a
# function of each, so that a compiler reads them. An example is what is indented in a comment after
# an empty line of it:
#
#   // Sends telemetry.
#   //
#   //   client.send_message("21.5");
#
# and in a text what is fenced as C++, except for the programs of tools/samples, which are named in
# the line above.
#
# Usage: awk -f extract_examples.awk HEADER ... README.md >FILE.cpp
function begin_example(line) {
  ++examples
  inside = 1
  print "\nvoid example_" examples "([[maybe_unused]] " client "& client) {\n  {"
  print "#line " line " \"" FILENAME "\""
}
function end_example() {
  if (inside) print "  }\n}"
  inside = 0
}
BEGIN {
  print "#include \"names.hpp\"\n"
  # An example brings its own names, and what it does not use, its reader does.
  print "#pragma GCC diagnostic ignored \"-Wshadow\""
  print "#pragma GCC diagnostic ignored \"-Wunused-variable\""
  print "#pragma GCC diagnostic ignored \"-Wunused-but-set-variable\""
}
FNR == 1 {
  end_example()
  blank = 0
  text = FILENAME ~ /[.]md$/
  client = "IoTHubDeviceClient"
  if (FILENAME ~ /module_client/) client = "IoTHubModuleClient"
  if (FILENAME ~ /provisioning_device_client/) client = "ProvisioningDeviceClient"
}
text {
  if (inside && /^```$/) {
    end_example()
  } else if (inside) {
    print
  } else if (/^```cpp$/ && !sample) {
    begin_example(FNR + 1)
    ++fenced
  }
  sample = /^<!-- tools\/samples\/.* -->$/
  next
}
/^ *\/\/   / {
  if (blank) begin_example(FNR)
  blank = 0
  if (inside) {
    sub(/^ *\/\/ /, "")
    print
  }
  next
}
# An empty line within an example belongs to it.
{
  end_example()
  blank = $0 ~ /^ *\/\/$/
}
END {
  end_example()
  if (examples - fenced < 60 || fenced < 5) {
    print "only " examples " examples were found, " fenced + 0 " of them in texts" >"/dev/stderr"
    exit 1
  }
}
