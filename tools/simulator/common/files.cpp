#include "common/files.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace azure::iot::device::simulator {

namespace {

[[noreturn]] void fail(std::string_view what) {
  throw std::system_error(errno, std::generic_category(), std::string(what));
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

void write_all(int fd, std::string_view bytes, std::string_view what) {
  while (!bytes.empty()) {
    const auto written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) fail(what);
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

StagedFile::StagedFile(std::filesystem::path path, std::string_view text)
    : path_(std::move(path)), fresh_(path_.string() + ".new") {
  const std::string what = "cannot write " + path_.string();
  const Fd fd(open(fresh_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) fail(what);
  try {
    write_all(fd.get(), text, what);
  } catch (...) {
    unlink(fresh_.c_str());
    throw;
  }
}

StagedFile::~StagedFile() {
  if (!fresh_.empty()) unlink(fresh_.c_str());
}

void StagedFile::commit() {
  std::filesystem::rename(fresh_, path_);
  fresh_.clear();
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  StagedFile(path, text).commit();
}

Fd open_for_append(const std::filesystem::path& path) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) fail("cannot write " + path.string());
  return fd;
}

void append_line(int fd, std::string_view line, std::string_view what) {
  const off_t end = lseek(fd, 0, SEEK_END);
  if (end < 0) fail(what);
  try {
    write_all(fd, std::string(line) + "\n", what);
  } catch (...) {
    // There was room a moment ago. Half a line would spoil the next one.
    [[maybe_unused]] const int ignored = ftruncate(fd, end);
    throw;
  }
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace azure::iot::device::simulator
