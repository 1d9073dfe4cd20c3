#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "trace.hpp"

namespace azure::iot::device::conformance {

// What the surroundings of a stage do in the middle of a step, in reaction to its outputs: a list
// of actions for the first output of a kind, for the second, and so on. An output that was not
// recorded is nobody's first or second, so that a difference does not move the reactions to others.
class Script {
 public:
  using Actions = std::span<const Json>;

  Script() = default;
  // The step outlives this.
  explicit Script(const Step& step);

  // The reaction to an output, which comes now.
  Actions on(const Json& output);
  // What the driver did when it was told something that it is not told here: it does it all the
  // same.
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
