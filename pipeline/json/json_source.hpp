#pragma once

#include <cstddef>
#include <string_view>

namespace azure::iot::device {

// A stream of JSON text for RapidJSON with "0" in the place of each number. RapidJSON refuses 1e400
// and rounds integers beyond 64 bits, where Python reads infinity and every digit. So numbers,
// including NaN, Infinity and -Infinity, are recognized here, and RapidJSON sees only their place.
class JsonSource {
 public:
  using Ch = char;  // RapidJSON's name, as are those of the methods.

  explicit JsonSource(std::string_view text) : text_(text) {}

  // 0 at the end.
  char Peek() const {
    if (at_ == text_.size()) return '\0';
    return at_number() ? '0' : text_[at_];
  }
  char Take() {
    if (at_ == text_.size()) return '\0';
    if (at_number()) {
      take_number();
      return '0';
    }
    const char c = text_[at_++];
    if (!in_string_) {
      in_string_ = c == '"';
    } else if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return c;
  }
  std::size_t Tell() const { return at_; }

  // The number last taken; empty if the text there is not a number.
  std::string_view number() const { return number_; }
  bool at_end() const { return at_ == text_.size(); }

  // Used on output streams only.
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  std::size_t PutEnd(char*) { return 0; }

 private:
  bool at_number() const {
    if (in_string_) return false;
    const char c = text_[at_];
    return (c >= '0' && c <= '9') || c == '-' || c == 'N' || c == 'I';
  }
  void take_number();

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  std::string_view number_;
};

// Returns the length of the JSON number at the start of the text; Python's three words count as
// numbers. Returns 0 if there is none, or if the number continues with other characters.
std::size_t json_number_length(std::string_view text);

}  // namespace azure::iot::device
