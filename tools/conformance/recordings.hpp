#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace azure::iot::device::conformance {

// Returns the recordings that a list of files and folders names, in order. Of a folder these are
// the files that end in `extension`, except one of the name `except`. Throws std::invalid_argument
// if a name does not exist or has none.
std::vector<std::filesystem::path> find_recordings(const std::vector<std::string>& paths,
                                                   std::string_view extension,
                                                   std::string_view except = {});

}  // namespace azure::iot::device::conformance
