#include "clients/detail/pem_text.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

#include "pipeline/auth/wipe.hpp"
#include "pipeline/loop/unique_fd.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device::detail {
namespace {

constexpr std::size_t kLargest = 1 << 20;

// Reads a file into a single buffer, so that no copy of a key stays behind. Sets errno if it cannot
// be read.
std::optional<std::string> contents_of(const std::string& name) {
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::nullopt;
  std::string whole(kLargest, '\0');
  std::size_t got = 0;
  ssize_t n = 0;
  while (got < whole.size() &&
         (n = ::read(file.get(), whole.data() + got, whole.size() - got)) > 0) {
    got += static_cast<std::size_t>(n);
  }
  std::optional<std::string> text;
  if (got == whole.size()) {
    errno = EFBIG;
  } else if (n == 0) {
    text = whole.substr(0, got);
  }
  wipe(whole);
  return text;
}

// Whether this is a certificate or key in binary form: an ASN.1 sequence.
bool is_der(std::string_view bytes) {
  return bytes.size() > 16 && bytes[0] == '\x30' && (bytes[1] & '\x80') != 0 && bytes[2] != '-';
}

constexpr std::string_view kDerAdvice =
    "it is DER, which is binary; convert it with 'openssl x509 -inform DER' or 'openssl pkey "
    "-inform DER'";

}  // namespace

std::string read_pem_text(const std::string& text_or_file, std::string_view argument,
                          std::string_view what, std::string_view begin) {
  if (text_or_file.empty() || text_or_file.find(begin) != std::string::npos) return text_or_file;
  const std::string rule = std::string(argument) + ": must be " + std::string(what) +
                           " as PEM text, or the name of a file with such text; ";
  if (is_der(text_or_file)) throw std::invalid_argument(rule + std::string(kDerAdvice));
  if (text_or_file.find('\0') != std::string::npos) {
    throw std::invalid_argument(rule + "it has a NUL character, which neither of them has");
  }
  auto text = contents_of(text_or_file);
  if (!text) {
    throw std::invalid_argument(rule +
                                "it is no such text, and no file of that name can be read (" +
                                std::strerror(errno) + ")");
  }
  if (text->find(begin) != std::string::npos) return *std::move(text);
  const bool der = is_der(*text);
  wipe(*text);
  if (der) {
    throw std::invalid_argument(rule + "of the file " + escaped(text_or_file) + ", " +
                                std::string(kDerAdvice));
  }
  throw std::invalid_argument(rule + "there is none in the file " + escaped(text_or_file));
}

}  // namespace azure::iot::device::detail
