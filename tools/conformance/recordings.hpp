#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace azure::iot::device::conformance {

// The recordings that a list of files and folders names, in order; of a folder those that end in
// `extension`, but for one of the name `except`. Throws std::invalid_argument if one does not exist
// or holds none.
std::vector<std::filesystem::path> find_recordings(const std::vector<std::string>& paths,
                                                   std::string_view extension,
                                                   std::string_view except = {});

}  // namespace azure::iot::device::conformance
