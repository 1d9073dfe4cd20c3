// Files that nobody else may read, and a descriptor that closes itself.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace azure::iot::device::simulator {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() { Fd().swap(*this); }
  void swap(Fd& other) noexcept { std::swap(fd_, other.fd_); }

 private:
  int fd_ = -1;
};

// Writes all of it, or throws std::system_error naming `what`.
void write_all(int fd, std::string_view bytes, std::string_view what);

// Replaces the file in one step (mode 0600), so that a reader, or a process started after a crash,
// finds either the old text or the new.
void replace_file(const std::filesystem::path& path, std::string_view text);

// Opens for appending, mode 0600, creating it if need be.
Fd open_for_append(const std::filesystem::path& path);

std::optional<std::string> read_file(const std::filesystem::path& path);

}  // namespace azure::iot::device::simulator
