#include "values.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "pipeline/auth/base64.hpp"
#include "pipeline/text/utf8.hpp"
#include "python_errors.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::string_view kThrown = "thrown by the surroundings";
constexpr std::array<std::string_view, 9> kInternalErrors{
    "AttributeError",  "KeyError",           "IndexError",        "TypeError",   "ValueError",
    "JSONDecodeError", "UnicodeDecodeError", "UnboundLocalError", "RuntimeError"};
// The error with which a stage of this library rejects content that it cannot use.
constexpr std::array kReported{Errc::bad_content, Errc::pipeline_runtime, Errc::operation_error};

bool is_bytes(const Json& value) { return value.size() == 1 && value.find("b64"); }
bool is_text(const Json& value) { return value.is_string() || is_bytes(value); }

std::string type_of(const Json& error) {
  const Json* type = error.find("type");
  return type && type->is_string() ? type->as_string() : std::string();
}

std::string message_of(const Json& error) {
  const Json* message = error.find("message");
  return message && message->is_string() ? message->as_string() : std::string();
}

}  // namespace

std::string to_bytes(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.as_string();
  if (!is_bytes(value)) return value.dump();
  auto bytes = decode_base64(value["b64"].as_string());
  if (!bytes) throw std::invalid_argument("b64: not base64");
  return *std::move(bytes);
}

Json to_value(std::string_view bytes) {
  if (find_invalid_utf8(bytes) == std::string_view::npos) return Json(bytes);
  return {{"b64", encode_base64(bytes)}};
}

bool same_value(const Json& expected, const Json& actual) {
  if (expected == actual) return true;
  if (!actual.is_null() && !is_text(actual)) return false;
  const std::string have = to_bytes(actual);
  if (expected.is_null()) return have.empty();
  if (is_text(expected)) {
    const std::string want = to_bytes(expected);
    if (want == have) return true;
    const auto want_json = Json::parse(want);
    const auto have_json = Json::parse(have);
    return want_json && have_json && *want_json == *have_json;
  }
  const auto json = Json::parse(have);
  return json && *json == expected;
}

Error to_error(const Json& error) {
  if (error.is_null()) return {};
  const std::string type = type_of(error);
  Error cause = error.contains("cause") ? to_error(error["cause"]) : Error{};
  const Errc code = errc_of(type).value_or(Errc::user_stage);
  return Error(code, message_of(error), std::move(cause));
}

Json to_json(const Error& error) {
  if (!error) return nullptr;
  std::string_view type = python_name(error.code());
  if (type.empty()) type = to_string(error.code());
  if (error.code() == Errc::user_stage) type = kThrown;
  Json json{{"type", type}};
  if (!error.detail().empty()) json.set("message", to_value(error.detail()));
  if (error.cause()) json.set("cause", to_json(error.cause()));
  return json;
}

bool is_internal_error(const Json& error) {
  return message_of(error).empty() && std::find(kInternalErrors.begin(), kInternalErrors.end(),
                                                type_of(error)) != kInternalErrors.end();
}

bool same_error(const Json& expected, const Json& actual, bool from_outside) {
  if (expected.is_null() || actual.is_null()) return expected.is_null() == actual.is_null();
  const std::string have = type_of(actual);
  if (is_internal_error(expected)) {
    return std::any_of(kReported.begin(), kReported.end(),
                       [&](Errc code) { return type_of(to_json(Error(code))) == have; });
  }
  std::string want = type_of(expected);
  if (want == "ValueError" || want == "TypeError") want = kThrown;
  if (want != have) return false;
  if (from_outside && message_of(expected) != message_of(actual)) return false;
  const Json* cause = expected.find("cause");
  // A cause without a text comes from Python's own libraries, whose errors have no name here.
  if (!cause || is_internal_error(*cause)) return true;
  const Json* have_cause = actual.find("cause");
  return have_cause && same_error(*cause, *have_cause, from_outside);
}

std::optional<std::string> optional_text(const Json& fields, std::string_view name) {
  const Json* value = fields.find(name);
  if (!value || value->is_null()) return std::nullopt;
  return to_bytes(*value);
}

Json optional_value(const std::optional<std::string>& value) {
  return value ? to_value(*value) : Json();
}

}  // namespace azure::iot::device::conformance
