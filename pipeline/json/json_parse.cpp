#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

// RapidJSON's empty stack adds to a null pointer before it checks for memory, which clang's
// sanitizer reports.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif

#include "pipeline/json/json.hpp"
#include "pipeline/json/json_object.hpp"
#include "pipeline/json/json_source.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device {
namespace {

std::string_view describe(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty: return "there is no value";
    case rapidjson::kParseErrorDocumentRootNotSingular: return "nothing may follow the value";
    case rapidjson::kParseErrorObjectMissName: return "a member's name was expected";
    case rapidjson::kParseErrorObjectMissColon: return "a colon was expected";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return "',' or '}' was expected";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return "',' or ']' was expected";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex: return "\\u needs four hex digits";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid: return "half a surrogate pair";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "an unknown escape, or a control character in a string";
    case rapidjson::kParseErrorStringMissQuotationMark: return "the string does not end";
    default: return "a value was expected";
  }
}

Error not_json(std::size_t position, std::string_view rule) {
  return Error(Errc::bad_content,
               "not JSON at byte " + std::to_string(position) + ": " + std::string(rule));
}

// Returns whether a number outside the range of double is too large rather than too small. It is
// too large if its first significant digit, shifted by the exponent, is before the decimal point.
bool is_huge(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  const double position = static_cast<double>(point) - static_cast<double>(first);

  double exponent = 0;
  if (e != std::string_view::npos) {
    const bool negative = number[e + 1] == '-';
    for (const char c : number.substr(e + 1)) {
      if (c >= '0' && c <= '9') exponent = exponent * 10 + (c - '0');
    }
    if (negative) exponent = -exponent;
  }
  return position + exponent > 0;
}

double read_real(std::string_view number) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (number == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (number == "Infinity") return kInfinity;
  if (number == "-Infinity") return -kInfinity;
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    value = std::copysign(is_huge(number) ? kInfinity : 0.0, number.front() == '-' ? -1.0 : 1.0);
  }
  return value;
}

}  // namespace

// Builds the value from RapidJSON's events; RapidJSON prescribes the names of the methods. A method
// that returns false stops the parser.
class Json::Parser {
 public:
  explicit Parser(std::string_view text) : source_(text) {}

  Result<Json> run() {
    rapidjson::Reader reader;
    const auto outcome = reader.Parse<rapidjson::kParseIterativeFlag>(source_, *this);
    if (outcome.IsError()) {
      return not_json(outcome.Offset(), refusal_.empty() ? describe(outcome.Code()) : refusal_);
    }
    // RapidJSON treats a zero byte as the end.
    if (!source_.at_end()) return not_json(source_.Tell(), "nothing may follow the value");
    return std::move(root_);
  }

  bool Null() { return add(Json()); }
  bool Bool(bool value) { return add(Json(value)); }
  bool Uint(unsigned) { return add_number(); }
  bool Int(int) { return add_number(); }
  bool Int64(std::int64_t) { return add_number(); }
  bool Uint64(std::uint64_t) { return add_number(); }
  bool Double(double) { return add_number(); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return add_number(); }

  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (!is_text({text, length})) return false;
    Json value;
    value.content_.emplace<std::string>(text, length);
    return add(std::move(value));
  }
  bool StartArray() { return open(Json::array()); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  bool StartObject() { return open(Json::object()); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (!is_text({text, length})) return false;
    std::get<ObjectBox>(open_.back().content_)->expect({text, length});
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }

 private:
  // RapidJSON detects the first half of a surrogate pair without the second, but not the reverse.
  bool is_text(std::string_view text) {
    if (find_invalid_utf8(text) == std::string_view::npos) return true;
    refusal_ = describe(rapidjson::kParseErrorStringUnicodeSurrogateInvalid);
    return false;
  }

  bool open(Json&& container) {
    if (open_.size() == kDepthLimit) {
      refusal_ = "nested deeper than 256 levels";
      return false;
    }
    open_.push_back(std::move(container));
    return true;
  }

  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    return add(std::move(done));
  }

  bool add(Json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* elements = std::get_if<Array>(&open_.back().content_)) {
      elements->push_back(std::move(value));
    } else {
      std::get<ObjectBox>(open_.back().content_)->take_expected(std::move(value));
    }
    return true;
  }

  bool add_number() {
    const std::string_view number = source_.number();
    if (number.empty()) {
      refusal_ = "a number was expected";
      return false;
    }
    const char* end = number.data() + number.size();
    if (number.find_first_not_of("-0123456789") != std::string_view::npos) {
      return add(Json(read_real(number)));
    }
    if (std::int64_t value; std::from_chars(number.data(), end, value).ec == std::errc()) {
      return add(Json(value));
    }
    if (std::uint64_t value; std::from_chars(number.data(), end, value).ec == std::errc()) {
      return add(Json(value));
    }
    Json value;
    value.content_ = BigInteger{std::string(number)};
    return add(std::move(value));
  }

  JsonSource source_;
  std::vector<Json> open_;
  Json root_;
  std::string_view refusal_;
};

Result<Json> Json::parse(std::string_view text) {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) return not_json(invalid, "the text must be UTF-8");
  return Parser(text).run();
}

}  // namespace azure::iot::device
