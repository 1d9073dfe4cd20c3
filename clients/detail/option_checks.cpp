#include "clients/detail/option_checks.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace azure::iot::device::detail {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxKeepAlive{1740};
// What a timer of the Python SDK can wait for, and a Duration can hold.
constexpr seconds kLongestTime{9223372036};

std::string in_seconds(seconds value) { return std::to_string(value.count()) + " s"; }

}  // namespace

void refuse(std::string_view argument, std::string_view rule, const std::string& value) {
  throw std::invalid_argument(std::string(argument) + ": " + std::string(rule) + "; got " + value);
}

void check_present(std::string_view argument, std::string_view value) {
  if (value.empty()) throw std::invalid_argument(std::string(argument) + ": must not be empty");
}

void check_keep_alive(seconds keep_alive) {
  if (keep_alive > seconds{0} && keep_alive <= kMaxKeepAlive) return;
  refuse("keep_alive", "must be greater than 0 s and cannot exceed 1740 s (29 minutes)",
         in_seconds(keep_alive));
}

void check_sastoken_ttl(seconds ttl) {
  if (ttl <= seconds{0}) refuse("sastoken_ttl", "must be greater than 0 s", in_seconds(ttl));
}

void check_connection_retry_interval(seconds interval) {
  if (interval > seconds{0} && interval <= kLongestTime) return;
  refuse("connection_retry_interval", "must be greater than 0 s and cannot exceed 9223372036 s",
         in_seconds(interval));
}

void check_operation_timeout(std::chrono::milliseconds timeout) {
  if (timeout >= timeout.zero() && timeout <= kLongestTime) return;
  refuse("operation_timeout",
         "must not be negative, where 0 means no timeout, and cannot exceed 9223372036 s",
         std::to_string(timeout.count()) + " ms");
}

void check_max_in_flight(std::size_t count) {
  if (count < 1 || count > 65535) {
    refuse("max_in_flight", "must be 1 to 65535", std::to_string(count));
  }
}

std::string read_certificates(const std::string& text_or_file) {
  constexpr std::string_view kBegin = "BEGIN CERTIFICATE";
  if (text_or_file.empty() || text_or_file.find(kBegin) != std::string::npos) return text_or_file;
  constexpr std::string_view kRule =
      "server_verification_cert: must be certificates as PEM text, or the name of a file with them";
  // What names no file may be anything, also a key: it is not told.
  std::ifstream file(text_or_file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    throw std::invalid_argument(std::string(kRule) +
                                "; it has no certificate, and no file of that name can be read");
  }
  if (text.find(kBegin) == std::string::npos) {
    throw std::invalid_argument(std::string(kRule) + "; there are none in the file " +
                                text_or_file);
  }
  return text;
}

}  // namespace azure::iot::device::detail
