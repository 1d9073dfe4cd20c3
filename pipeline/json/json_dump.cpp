#include <array>
#include <charconv>
#include <cmath>
#include <ostream>

#include "pipeline/json/json.hpp"
#include "pipeline/json/json_object.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device {
namespace {

void append_unicode_escape(std::string& to, char32_t unit) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) to += kHexDigits[(unit >> shift) & 0xF];
}

void append_escape(std::string& to, char32_t code_point) {
  switch (code_point) {
    case '"': to += "\\\""; return;
    case '\\': to += "\\\\"; return;
    case '\b': to += "\\b"; return;
    case '\f': to += "\\f"; return;
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    default: break;
  }
  if (code_point > 0xFFFF) {
    append_unicode_escape(to, 0xD800 + ((code_point - 0x10000) >> 10));
    append_unicode_escape(to, 0xDC00 + (code_point & 0x3FF));
  } else {
    append_unicode_escape(to, code_point);
  }
}

void append_text(std::string& to, std::string_view text) {
  to += '"';
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_utf8(text, at);
    if (step.code_point >= ' ' && step.code_point <= '~' && text[at] != '"' && text[at] != '\\') {
      to += text[at];
    } else {
      append_escape(to, step.code_point);
    }
    at += step.length;
  }
  to += '"';
}

template <class T>
void append_integer(std::string& to, T value) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  to.append(buffer.data(), end);
}

// As Python's repr: the shortest digits that read back as the same number, without an exponent from
// 0.0001 up to 16 digits.
void append_real(std::string& to, double value) {
  if (std::isnan(value)) {
    to += "NaN";
    return;
  }
  if (std::isinf(value)) {
    to += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const std::size_t digits_at = scientific[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(scientific.data() + digits_at, end, exponent);
  if (exponent < -4 || exponent >= 16) {
    to += scientific;
    return;
  }

  if (scientific.starts_with('-')) to += '-';
  std::string digits;
  for (const char c : scientific.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  if (exponent < 0) {
    to += "0.";
    to.append(static_cast<std::size_t>(-exponent - 1), '0');
    to += digits;
    return;
  }
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
  to.append(digits, 0, whole);
  to += '.';
  to.append(digits, whole);
}

}  // namespace

// Writes a value, with a list of open containers instead of recursion.
class Json::Writer {
 public:
  explicit Writer(bool sorted) : sorted_(sorted) {}

  std::string run(const Json& root) {
    begin(root);
    while (!open_.empty()) {
      Open& open = open_.back();
      if (open.next == open.container->size()) {
        text_ += open.container->is_array() ? ']' : '}';
        open_.pop_back();
        continue;
      }
      if (open.next > 0) text_ += ", ";
      const std::size_t index = open.next++;
      if (open.container->is_array()) {
        begin(std::get<Array>(open.container->content_)[index]);
      } else {
        const Member& member = sorted_ ? *open.ordered[index] : *open.member++;
        append_text(text_, member.name);
        text_ += ": ";
        begin(member.value);
      }
    }
    return std::move(text_);
  }

  void operator()(std::monostate) { text_ += "null"; }
  void operator()(bool value) { text_ += value ? "true" : "false"; }
  void operator()(std::int64_t value) { append_integer(text_, value); }
  void operator()(std::uint64_t value) { append_integer(text_, value); }
  void operator()(double value) { append_real(text_, value); }
  void operator()(const BigInteger& value) { text_ += value.digits; }
  void operator()(const std::string& value) { append_text(text_, value); }
  void operator()(const Array&) { text_ += '['; }
  void operator()(const ObjectBox&) { text_ += '{'; }

 private:
  struct Open {
    const Json* container;
    Members::Iterator member = {};            // Of an object.
    std::vector<const Member*> ordered = {};  // Of an object to be sorted.
    std::size_t next = 0;
  };

  void begin(const Json& value) {
    std::visit(*this, value.content_);
    if (value.is_array()) open_.push_back({&value});
    if (value.is_object()) {
      const Object& object = *std::get<ObjectBox>(value.content_);
      open_.push_back({&value, object.members().begin()});
      if (sorted_) open_.back().ordered = object.ordered_by_name();
    }
  }

  bool sorted_;
  std::vector<Open> open_;
  std::string text_;
};

std::string Json::dump() const { return Writer(false).run(*this); }

std::string Json::dump_sorted() const { return Writer(true).run(*this); }

std::ostream& Json::write_to(std::ostream& out) const { return out << dump(); }

}  // namespace azure::iot::device
