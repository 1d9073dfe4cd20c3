#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace azure::iot::device::conformance {

// Maps recorded names to names here. Names are assigned in order of appearance, so they differ once
// a difference was accepted: operations that a stage makes ("s3"), calls on the transport
// ("mid-3"), requests ("rid-3"). The pairs are learnt from outputs that match.
class Names {
 public:
  struct Pair {
    std::string recorded;
    std::string actual;
  };
  using Pairs = std::vector<Pair>;

  // Whether the two may be the same, as far as is known.
  bool may_be_same(const std::string& recorded, const std::string& actual) const;
  // Whether two texts are equal except for request ids that may be the same. Adds those to the
  // pairs.
  bool may_be_same_text(std::string_view recorded, std::string_view actual, Pairs& pairs) const;

  // Returns the request ids in a text.
  static std::vector<std::string> request_ids_in(std::string_view text);

  void learn(const Pairs& pairs);
  // Notes that the named operation, call or request was recorded and did not happen here.
  void learn_missing(const std::string& recorded);

  // Returns the name here of a recorded name, empty if it did not happen here. A name of which
  // nothing is known stays as it is, except for a request id, which moves down by the missing ones
  // before it.
  std::string actual(const std::string& recorded) const;
  // Replaces every request id in the text.
  std::string actual_text(std::string_view recorded) const;

 private:
  std::map<std::string, std::string> actual_;
  std::set<std::string> taken_;
};

}  // namespace azure::iot::device::conformance
