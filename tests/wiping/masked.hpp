#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace azure::iot::device::test {

// A secret whose text this object never holds, so that any match in this process's memory is a copy
// that other code left behind.
class Masked {
 public:
  Masked();  // 64 random letters.
  // The result of `mask` for a text, in a process of its own.
  static Masked of_masked(std::string_view masked) { return Masked(masked); }
  static std::string mask(std::string_view text);

  // Writes the text into a string, in one place: `to` has to be empty, and to be wiped.
  void write_to(std::string& to) const;

  // In how many places of this process's memory the text stands, or stood before the memory was
  // freed.
  std::size_t count_in_memory() const;

 private:
  explicit Masked(std::string_view masked) : masked_(masked) {}
  // An allocator writes over the beginning of what is freed: this is the part that is looked for.
  std::string_view rest() const { return std::string_view(masked_).substr(32); }

  std::string masked_;  // 64 bytes.
};

}  // namespace azure::iot::device::test
