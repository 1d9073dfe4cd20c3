#include "tools/conformance/wire/compare.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <openssl/evp.h>

#include "tools/conformance/python_errors.hpp"
#include "tools/conformance/wire/packets.hpp"
#include "tools/conformance/wire/values.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

constexpr std::array<std::string_view, 9> kKinds{"result", "creation", "outcome", "event", "packet",
                                                 "dial",   "proxied",  "seen",    "hang"};

// Exceptions of Python's own libraries for an unusable argument.
constexpr std::array<std::string_view, 6> kBadArgument{
    "ValueError", "TypeError", "KeyError", "FileNotFoundError", "OSError", "SSLError"};

std::string sha256_of(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 0x0f];
  }
  return text;
}

bool same_payload(const Json& recorded, const Json& actual) {
  const std::string have = payload_of(actual);
  if (const Json* size = recorded.find("payload_len")) {
    return *size == Json(have.size()) && recorded["payload_sha256"].as_string() == sha256_of(have);
  }
  const std::string want = payload_of(recorded);
  if (want == have) return true;
  // The payloads that the client itself builds as documents.
  const Json& topic = recorded["topic"];
  if (!topic.is_string() || !topic.as_string().starts_with("$iothub/")) return false;
  const auto wanted = Json::parse(want);
  const auto got = Json::parse(have);
  return wanted && got && same_document(*wanted, *got);
}

bool same_fields(const Json& recorded, const Json& actual,
                 std::initializer_list<std::string_view> names) {
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) {
    return member(recorded, name) == member(actual, name);
  });
}

// The version is a minimum that every client here keeps. Suites were noted only in vectors about
// them.
bool same_tls(const Json& recorded, const Json& actual) {
  if (!same_fields(recorded, actual, {"sni", "client_cert_cn"})) return false;
  const Json& cipher = member(recorded, "cipher");
  return cipher.is_null() || cipher == member(actual, "cipher");
}

// Headers by their values, in any order; the key is random.
bool same_upgrade(const Json& recorded, const Json& actual) {
  if (!recorded.is_object() || !actual.is_object()) return recorded.is_null() == actual.is_null();
  if (recorded["request_line"] != actual["request_line"]) return false;
  const auto value_of = [](const Json& head, const Json& name) -> const Json* {
    for (const Json& header : head["headers"].elements()) {
      if (header[0] == name) return &header.at(1);
    }
    return nullptr;
  };
  for (const Json& header : recorded["headers"].elements()) {
    const Json* value = value_of(actual, header[0]);
    if (!value || (*value != header[1] && header[1] != Json("{ws_key}"))) return false;
  }
  return true;
}

bool is_puback(const Json& packet) { return packet["packet"] == Json("PUBACK"); }

using Same = std::function<bool(const Json&, const Json&)>;

// Returns the rest of both sides without their longest common subsequence.
std::vector<Deviation> differences_of(Deviation::Kind kind, const std::vector<Json>& recorded,
                                      const std::vector<Json>& actual, const Same& same) {
  const std::size_t n = recorded.size();
  const std::size_t m = actual.size();
  std::vector<std::vector<std::size_t>> common(n + 1, std::vector<std::size_t>(m + 1, 0));
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = m; k-- > 0;) {
      common[i][k] = same(recorded[i], actual[k]) ? common[i + 1][k + 1] + 1
                                                  : std::max(common[i + 1][k], common[i][k + 1]);
    }
  }
  const auto step_of = [](const Json& each) {
    const Json& step = member(each, "step");
    return step.is_number() ? static_cast<int>(step.as_int()) : -1;
  };
  std::vector<Deviation> deviations;
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < n || k < m) {
    if (i < n && k < m && same(recorded[i], actual[k])) {
      ++i;
      ++k;
    } else if (k == m || (i < n && common[i + 1][k] >= common[i][k + 1])) {
      deviations.push_back({kind, step_of(recorded[i]), recorded[i], {}});
      ++i;
    } else {
      deviations.push_back({kind, step_of(actual[k]), {}, actual[k]});
      ++k;
    }
  }
  return deviations;
}

bool same_span(const Json& recorded, const Json& actual) {
  return member(recorded, "span") == member(actual, "span");
}

}  // namespace

std::string Deviation::describe() const {
  if (kind == Kind::result) return "the result";
  const std::string where =
      step < 0 ? "when the client is created" : "in step " + std::to_string(step);
  return std::string(kKinds[static_cast<std::size_t>(kind)]) + " " + where;
}

bool same_error(const Json& recorded, const Outcome& actual) {
  if (actual.kind != Outcome::Kind::error) return false;
  const std::string& type = recorded["type"].as_string();
  if (member(recorded, "layer") != Json("public")) {
    const bool bad_argument =
        std::find(kBadArgument.begin(), kBadArgument.end(), type) != kBadArgument.end();
    return bad_argument && actual.type == "invalid_argument";
  }
  if (type != actual.type) return false;
  const Json& cause = member(recorded, "cause");
  if (!cause.is_object()) return true;
  const auto code = errc_of(cause["type"].as_string());
  return !code || *code == actual.code;
}

bool same_outcome(const Json& recorded, const Outcome& actual) {
  if (recorded.contains("blocked")) return actual.kind == Outcome::Kind::blocked;
  if (const Json* error = recorded.find("error")) return same_error(*error, actual);
  if (actual.kind != Outcome::Kind::ok) return false;
  const Json* result = recorded.find("result");
  return !result || same_document(*result, actual.result);
}

bool same_event(const Json& recorded, const Json& actual) {
  for (const JsonMember& each : recorded.members()) {
    const Json& other = member(actual, each.name);
    if (each.name == "background_exception") {
      if (each.value["type"] != other["type"]) return false;
    } else if (each.name == "message") {
      for (const JsonMember& field : each.value.members()) {
        if (!same_document(field.value, member(other, field.name))) return false;
      }
    } else if (!same_document(each.value, other)) {
      return false;
    }
  }
  return true;
}

bool same_packet(const Json& recorded, const Json& actual) {
  if (!same_fields(recorded, actual, {"packet", "conn"})) return false;
  const std::string& type = recorded["packet"].as_string();
  if (type == "CONNECT") {
    return same_fields(recorded, actual,
                       {"protocol_name", "protocol_level", "clean_session", "keep_alive",
                        "client_id", "will", "username", "password"}) &&
           same_tls(member(recorded, "tls"), member(actual, "tls")) &&
           same_upgrade(member(recorded, "websocket"), member(actual, "websocket"));
  }
  if (type == "PUBLISH") {
    return same_fields(recorded, actual, {"topic", "qos", "retain", "dup"}) &&
           same_payload(recorded, actual);
  }
  return same_fields(recorded, actual, {"subscriptions", "topics", "acks"});
}

std::vector<Deviation> compare_wire(const std::vector<Json>& recorded,
                                    const std::vector<Json>& actual) {
  std::vector<Deviation> deviations;
  for (const bool pubacks : {false, true}) {
    const auto pick = [&](const std::vector<Json>& all) {
      std::vector<Json> picked;
      std::copy_if(all.begin(), all.end(), std::back_inserter(picked),
                   [&](const Json& packet) { return is_puback(packet) == pubacks; });
      return picked;
    };
    for (Deviation& each : differences_of(
             Deviation::Kind::packet, pick(recorded), pick(actual),
             [](const Json&a, const Json&b) { return same_span(a, b) && same_packet(a, b); })) {
      deviations.push_back(std::move(each));
    }
  }
  return deviations;
}

std::vector<Deviation> compare_dials(const std::vector<Json>& recorded,
                                     const std::vector<Json>& actual) {
  return differences_of(Deviation::Kind::dial, recorded, actual, [](const Json& a, const Json& b) {
    return same_span(a, b) && same_fields(a, b, {"host", "port"});
  });
}

// Of an HTTP request the line and the credentials count; the rest belongs to the HTTP library.
std::vector<Deviation> compare_proxied(const std::vector<Json>& recorded,
                                       const std::vector<Json>& actual) {
  std::vector<Json> expected;
  for (Json request : recorded) {
    if (const Json* headers = request.find("headers")) {
      for (const Json& header : headers->elements()) {
        if (header[0] != Json("Proxy-Authorization")) continue;
        const std::string& value = header[1].as_string();
        request.set("authorization", value.substr(value.find(' ') + 1));
        break;
      }
      request.erase("headers");
    }
    expected.push_back(std::move(request));
  }
  return differences_of(
      Deviation::Kind::proxied, expected, actual, [](const Json& a, const Json& b) {
        return same_span(a, b) &&
               same_fields(a, b,
                           {"proxy", "request_line", "authorization", "methods", "username",
                            "password", "address_type", "host", "port"});
      });
}

}  // namespace azure::iot::device::conformance::wire
