#include "tools/conformance/recordings.hpp"

#include <algorithm>
#include <stdexcept>

namespace azure::iot::device::conformance {

std::vector<std::filesystem::path> find_recordings(const std::vector<std::string>& paths,
                                                   std::string_view extension,
                                                   std::string_view except) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      if (!fs::exists(path)) throw std::invalid_argument("FILE|DIR: does not exist: " + path);
      files.emplace_back(path);
      continue;
    }
    const std::size_t before = files.size();
    for (const auto& entry : fs::directory_iterator(path)) {
      const fs::path& each = entry.path();
      if (each.extension() == extension && each.filename() != except) files.push_back(each);
    }
    if (files.size() == before) {
      throw std::invalid_argument("FILE|DIR: holds no file that ends in " + std::string(extension) +
                                  ": " + path);
    }
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  }
  return files;
}

}  // namespace azure::iot::device::conformance
