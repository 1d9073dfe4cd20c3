#include "tests/support/process_probe.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <malloc.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Calls `f` with the folder and the name of each thread. The name is empty if the thread has ended
// meanwhile.
template <class F>
void for_each_thread(const F& f) {
  for (const auto& entry : fs::directory_iterator("/proc/self/task")) {
    std::string name = read_text(entry.path() / "comm");
    if (name.empty()) continue;
    name.pop_back();
    f(entry.path(), name);
  }
}

}  // namespace

std::vector<std::string> open_descriptors() {
  const std::string here = "/proc/" + std::to_string(::getpid()) + "/fd";  // Is open meanwhile.
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = fs::read_symlink(entry.path(), gone).string();
    if (!gone && target != here) found.push_back(target);
  }
  return found;
}

std::vector<std::string> threads() {
  std::vector<std::string> names;
  for_each_thread([&](const fs::path&, const std::string& name) { names.push_back(name); });
  return names;
}

std::size_t heap_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::size_t resident_memory() {
  std::size_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

long waits_of_library() {
  constexpr std::string_view kLabel = "\nvoluntary_ctxt_switches:";
  long sum = 0;
  for_each_thread([&](const fs::path& folder, const std::string& name) {
    if (name.rfind("azure-iot-", 0) != 0) return;
    const std::string status = read_text(folder / "status");
    const auto start = status.find(kLabel);
    if (start != std::string::npos) sum += std::stol(status.substr(start + kLabel.size()));
  });
  return sum;
}

}  // namespace azure::iot::device::test
