#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace azure::iot::device::test {

// The lines of a file below tests/, empty if there is none.
inline std::vector<std::string> lines_of_file(const std::string& name) {
  std::ifstream file(TEST_VECTORS_DIR "/../" + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Those of the kit's page between the two markers of that name.
inline std::vector<std::string> lines_of_page(const std::string& marker) {
  std::vector<std::string> inside;
  bool within = false;
  for (const std::string& line : lines_of_file("testkit/README.md")) {
    if (line == "<!-- " + marker + " end -->") within = false;
    if (within) inside.push_back(line);
    if (line == "<!-- " + marker + " begin -->") within = true;
  }
  return inside;
}

}  // namespace azure::iot::device::test
