#include "launcher/run_directory.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/unix_socket.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::string_view kPrefix = "iothub-sim.";

std::filesystem::path runtime_directory() {
  const char* configured = std::getenv("XDG_RUNTIME_DIR");
  return configured != nullptr && *configured != '\0' ? configured : "/tmp";
}

bool is_ours(const std::filesystem::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

// Folders of runs of this user: those that run, and those that were killed.
std::vector<std::filesystem::path> run_directories() {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(runtime_directory(), ignored)) {
    const bool named_so = entry.path().filename().string().starts_with(kPrefix);
    if (named_so && is_ours(entry.path())) found.push_back(entry.path());
  }
  return found;
}

// A run that is killed cannot remove its folder: the next one does. It lets young ones alone, which
// may be about to take their lock.
void remove_dead_runs() {
  std::error_code ignored;
  for (const auto& folder : run_directories()) {
    const auto lock = folder / "lock";
    const auto made = std::filesystem::last_write_time(lock, ignored);
    if (ignored || std::filesystem::file_time_type::clock::now() - made < std::chrono::minutes(1)) {
      continue;
    }
    const Fd fd(open(lock.c_str(), O_RDWR | O_CLOEXEC));
    if (fd && flock(fd.get(), LOCK_EX | LOCK_NB) == 0) std::filesystem::remove_all(folder, ignored);
  }
}

std::filesystem::path make_temporary() {
  remove_dead_runs();

  std::string name = (runtime_directory() / (std::string(kPrefix) + "XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make a folder " + name);
  }
  return name;
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
    : path_(named ? make_named(*named) : make_temporary()),
      socket_name_(socket_name),
      temporary_(!named) {
  const auto lock = path_ / "lock";
  lock_ = Fd(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_)
    throw std::system_error(errno, std::generic_category(), "cannot open " + lock.string());
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
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

std::optional<std::filesystem::path> find_control_socket(const char* name) {
  std::optional<std::filesystem::path> newest;
  std::filesystem::file_time_type newest_time{};
  std::error_code ignored;
  for (const auto& folder : run_directories()) {
    const auto socket = folder / name;
    const auto time = std::filesystem::last_write_time(socket, ignored);
    if (ignored || (newest && time <= newest_time) || !connect_unix(socket)) continue;
    newest = socket;
    newest_time = time;
  }
  return newest;
}

}  // namespace azure::iot::device::simulator
