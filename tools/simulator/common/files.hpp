// Private files (mode 0600), and a descriptor that closes itself.
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

// Writes all of the text, or throws std::system_error naming `what`.
void write_all(int fd, std::string_view bytes, std::string_view what);

// Replaces the text of a file (mode 0600) in one step: a reader, or a process started after a
// crash, finds either the old text or the new. Without `commit` the old text stays.
class StagedFile {
 public:
  // Throws std::system_error if the text cannot be written, for example because the disk is full.
  StagedFile(std::filesystem::path path, std::string_view text);
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;
  ~StagedFile();

  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path fresh_;  // Empty once it is committed.
};

// Stages and commits.
void replace_file(const std::filesystem::path& path, std::string_view text);

// Opens for appending, mode 0600, creating it if need be.
Fd open_for_append(const std::filesystem::path& path);

// Appends the line and a line end to a file that this process alone writes, or throws
// std::system_error naming `what` and leaves the file as it was.
void append_line(int fd, std::string_view line, std::string_view what);

std::optional<std::string> read_file(const std::filesystem::path& path);

}  // namespace azure::iot::device::simulator
