#include "launcher/run_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/unix_socket.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::string_view kPrefix = "iothub-sim.";
constexpr std::string_view kUnlocked = "iothub-sim-new.";  // Until its lock is held.
constexpr std::size_t kLongestSocket = 107;                // Bytes of the path of a Unix socket.

bool is_ours(const std::filesystem::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

// Returns folders of this user in `place` whose names begin so.
std::vector<std::filesystem::path> folders_named(std::string_view prefix,
                                                 const std::filesystem::path& place) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(place, ignored)) {
    const bool named_so = entry.path().filename().string().starts_with(prefix);
    if (named_so && is_ours(entry.path())) found.push_back(entry.path());
  }
  return found;
}

Fd open_lock(const std::filesystem::path& folder, int flags) {
  return Fd(open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC | flags, 0600));
}

bool take_lock(const Fd& lock) { return lock && flock(lock.get(), LOCK_EX | LOCK_NB) == 0; }

// A killed run cannot remove its folder, so the next one does. A run holds its lock for as long as
// it lives.
void remove_dead_runs(const std::filesystem::path& place) {
  std::error_code ignored;
  for (const auto& folder : folders_named(kPrefix, place)) {
    const Fd lock = open_lock(folder, 0);
    if (take_lock(lock)) std::filesystem::remove_all(folder, ignored);
  }
  for (const auto& folder : folders_named(kUnlocked, place)) {
    const auto made = std::filesystem::last_write_time(folder, ignored);
    const auto age = std::filesystem::file_time_type::clock::now() - made;
    if (!ignored && age > std::chrono::minutes(1)) std::filesystem::remove_all(folder, ignored);
  }
}

// Returns the first place with room for the names of sockets.
std::filesystem::path choose_place() {
  const auto room = kLongestSocket - kPrefix.size() - std::string_view("/XXXXXX/").size() -
                    std::string_view(kDpsSocketName).size();
  const auto places = run_places();
  const auto fits = [room](const auto& place) { return place.string().size() <= room; };
  return *std::find_if(places.begin(), places.end() - 1, fits);
}

// Renames the folder only when its lock is held, so that no other run takes it for a dead one.
std::pair<std::filesystem::path, Fd> make_temporary() {
  for (const auto& place : run_places()) remove_dead_runs(place);
  const auto place = choose_place();
  std::string made = (place / (std::string(kUnlocked) + "XXXXXX")).string();
  if (mkdtemp(made.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot make a folder in " + place.string() +
                                ": set TMPDIR to a folder that you may write to");
  }
  Fd lock = open_lock(made, O_CREAT);
  if (!take_lock(lock)) {
    throw std::system_error(errno, std::generic_category(), "cannot lock " + made);
  }
  const auto path = place / (std::string(kPrefix) + made.substr(made.size() - 6));
  std::filesystem::rename(made, path);
  return {path, std::move(lock)};
}

std::filesystem::path make_named(const std::filesystem::path& named) {
  const auto path = std::filesystem::absolute(named);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot make the folder " + path.string());
  }
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw std::invalid_argument("--dir " + path.string() + " is no folder");
  }
  if (status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
    throw std::invalid_argument("--dir " + path.string() +
                                " must belong to you and be closed to others, since keys are kept "
                                "in it: name a new folder, or run chmod 700 on it");
  }
  return path;
}

}  // namespace

RunDirectory::RunDirectory(const std::optional<std::filesystem::path>& named,
                           const char* socket_name)
    : socket_name_(socket_name), temporary_(!named) {
  if (temporary_) {
    std::tie(path_, lock_) = make_temporary();
    return;
  }
  path_ = make_named(*named);
  lock_ = open_lock(path_, O_CREAT);
  if (!lock_) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot open " + (path_ / "lock").string());
  }
  if (!take_lock(lock_)) {
    throw std::invalid_argument("another simulator runs in --dir " + path_.string() +
                                ": stop it, or name another folder");
  }
}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  if (temporary_) {
    std::filesystem::remove_all(path_, ignored);
  } else {
    std::filesystem::remove(control_socket(), ignored);
  }
}

std::vector<std::filesystem::path> run_places() {
  std::vector<std::filesystem::path> places;
  for (const char* name : {"TMPDIR", "XDG_RUNTIME_DIR"}) {
    const char* folder = std::getenv(name);
    if (folder != nullptr && *folder != '\0') {
      places.push_back(std::filesystem::weakly_canonical(folder));
    }
  }
  places.emplace_back("/tmp");
  std::vector<std::filesystem::path> different;
  for (auto& place : places) {
    if (!place.has_filename()) place = place.parent_path();  // It ended with a slash.
    if (std::find(different.begin(), different.end(), place) == different.end()) {
      different.push_back(place);
    }
  }
  return different;
}

std::vector<std::filesystem::path> find_control_sockets(const char* name) {
  std::vector<std::filesystem::path> found;
  for (const auto& place : run_places()) {
    for (const auto& folder : folders_named(kPrefix, place)) {
      if (connect_unix(folder / name)) found.push_back(folder / name);
    }
    if (!found.empty()) break;
  }
  return found;
}

}  // namespace azure::iot::device::simulator
