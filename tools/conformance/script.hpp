#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "trace.hpp"

namespace azure::iot::device::conformance {

// The reactions of a stage's surroundings in the middle of a step: a list of actions for the first
// output of a kind, for the second, and so on. An output that was not recorded is not counted, so
// that a difference does not shift the reactions to the others.
class Script {
 public:
  using Actions = std::span<const Json>;

  Script() = default;
  // Refers to the step, which outlives this use.
  explicit Script(const Step& step);

  // Returns the reaction to an output that appears now.
  Actions on(const Json& output);
  // Returns the driver's reactions to recorded outputs that did not appear here; they are carried
  // out all the same.
  std::vector<Actions> left_over();

 private:
  struct Recorded {
    std::string occasion;
    const Json* output;
    bool passed = false;
  };

  Actions actions(const std::string& occasion, std::size_t time) const;

  const Step* step_ = nullptr;
  std::vector<Recorded> recorded_;
};

}  // namespace azure::iot::device::conformance
