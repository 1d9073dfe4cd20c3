#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/error.hpp"
#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance::wire {

// The outcome of a call, or of the creation of a client.
struct Outcome {
  enum class Kind { ok, error, blocked };
  Kind kind = Kind::ok;
  Json result;  // The result of a call that returns one.
  // That of the exception: "CredentialError"; "invalid_argument" for a bad argument.
  std::string type;
  Errc code = Errc::ok;
  Errc cause = Errc::ok;  // The code of its cause.
  std::string text;

  static Outcome blocked() { return {.kind = Kind::blocked, .result = {}, .type = {}, .text = {}}; }
  // Describes the outcome as the vectors write it, with its text.
  Json describe() const;
};

// Returns the result or the exception of `call`, except a CompileTimeRefusal, which propagates.
Outcome outcome_of(const std::function<Json()>& call);

}  // namespace azure::iot::device::conformance::wire
