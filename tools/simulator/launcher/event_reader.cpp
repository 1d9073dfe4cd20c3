#include "launcher/event_reader.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace azure::iot::device::simulator {

EventReader::EventReader(const std::filesystem::path& log, From from)
    : file_(open(log.c_str(), O_RDONLY | O_CLOEXEC)),
      watch_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!file_) {
    throw std::runtime_error("cannot read the event log " + log.string() +
                             ": has the simulator ended?");
  }
  // IN_ATTRIB reports the removal too, which IN_DELETE_SELF does not while this process holds it
  // open.
  if (!watch_ || inotify_add_watch(watch_.get(), log.c_str(), IN_MODIFY | IN_ATTRIB) < 0) {
    throw std::runtime_error("cannot watch the event log " + log.string());
  }
  if (from == From::now) lseek(file_.get(), 0, SEEK_END);
}

std::optional<std::string> EventReader::next(
    std::optional<std::chrono::steady_clock::time_point> deadline) {
  while (true) {
    const auto end = buffer_.find('\n', start_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(start_, end - start_);
      start_ = end + 1;
      return line;
    }
    if (read_more()) continue;
    if (ended_ || !deadline || std::chrono::steady_clock::now() >= *deadline) return std::nullopt;
    wait_until(*deadline);
  }
}

bool EventReader::read_more() {
  buffer_.erase(0, start_);
  start_ = 0;
  std::array<char, 65536> chunk;
  const auto count = read(file_.get(), chunk.data(), chunk.size());
  if (count > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  if (count > 0) return true;
  struct stat status {};
  ended_ = fstat(file_.get(), &status) != 0 || status.st_nlink == 0;
  return false;
}

void EventReader::wait_until(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd entry{watch_.get(), POLLIN, 0};
  poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000)));
  std::array<char, 4096> ignored;
  while (read(watch_.get(), ignored.data(), ignored.size()) > 0) {
  }
}

}  // namespace azure::iot::device::simulator
