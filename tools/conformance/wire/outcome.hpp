#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/error.hpp"
#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance::wire {

// How a call, or the making of a client, ended.
struct Outcome {
  enum class Kind { ok, error, blocked };
  Kind kind = Kind::ok;
  Json result;       // Of a call that returns something.
  std::string type;  // Of the exception: "CredentialError"; "invalid_argument" for a bad argument.
  Errc code = Errc::ok;
  Errc cause = Errc::ok;  // The code of what is behind it.
  std::string text;

  static Outcome blocked() { return {.kind = Kind::blocked, .result = {}, .type = {}, .text = {}}; }
  // As the vectors write it, with what is said here.
  Json describe() const;
};

// Whatever `call` returns or throws, except a CompileTimeRefusal, which goes on.
Outcome outcome_of(const std::function<Json()>& call);

}  // namespace azure::iot::device::conformance::wire
