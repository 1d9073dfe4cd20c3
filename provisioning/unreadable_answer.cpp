#include "provisioning/unreadable_answer.hpp"

#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

constexpr std::size_t kEnough = 40;

Error unreadable(const std::string& why, const std::string& shown) {
  return Error(Errc::bad_content, "the service's answer cannot be read: " + why + ": " + shown);
}

}  // namespace

std::string quote_part(const Json& part) {
  if (const std::string* text = part.get_if<std::string>()) return quoted(*text, kEnough);
  if (part.is_object()) return "an object";
  if (part.is_array()) return "a list";
  return part.dump().substr(0, kEnough);
}

Error unreadable_answer(const std::string& why, std::string_view text) {
  return unreadable(why, quoted(text, kEnough));
}

Error unreadable_part(const std::string& why, const Json& part) {
  return unreadable(why, quote_part(part));
}

}  // namespace azure::iot::device
