# Takes the examples out of the comments of public headers, and makes a function of each, so that a
# compiler reads them. An example is what is indented in a comment after an empty line of it:
#
#   // Sends telemetry.
#   //
#   //   client.send_message("21.5");
#
# Usage: awk -f extract_examples.awk HEADER ... >FILE.cpp
function end_example() {
  if (inside) print "  }\n}"
  inside = 0
}
BEGIN {
  print "#include \"names.hpp\"\n"
  print "namespace {"
}
FNR == 1 {
  end_example()
  blank = 0
  client = "IoTHubDeviceClient"
  if (FILENAME ~ /module_client/) client = "IoTHubModuleClient"
  if (FILENAME ~ /provisioning_device_client/) client = "ProvisioningDeviceClient"
}
/^ *\/\/   / {
  if (blank) {
    ++examples
    inside = 1
    print "\nvoid example_" examples "([[maybe_unused]] " client "& client) {\n  {"
    print "#line " FNR " \"" FILENAME "\""
  }
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
  print "\n}  // namespace"
  if (examples < 20) {
    print "only " examples " examples were found in the headers" >"/dev/stderr"
    exit 1
  }
}
