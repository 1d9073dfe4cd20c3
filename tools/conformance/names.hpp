#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace azure::iot::device::conformance {

// Names that are given in the order in which things come up, and so differ once a difference was
// accepted: operations that a stage makes ("s3"), calls on the transport ("mid-3"), requests
// ("rid-3"). Which of the recording is which of the replay is learnt where their outputs match.
class Names {
 public:
  struct Pair {
    std::string recorded;
    std::string actual;
  };
  using Pairs = std::vector<Pair>;

  // Whether the two may mean the same, as far as is known.
  bool may_be_same(const std::string& recorded, const std::string& actual) const;
  // Whether two texts are equal but for the request ids in them, which may mean the same. Adds them
  // to the pairs.
  bool may_be_same_text(std::string_view recorded, std::string_view actual, Pairs& pairs) const;

  // The request ids in a text.
  static std::vector<std::string> request_ids_in(std::string_view text);

  void learn(const Pairs& pairs);
  // What this names was recorded and did not happen here.
  void learn_missing(const std::string& recorded);

  // What a recorded name is here, empty if there is none. Where nothing is known of it: itself, or
  // the request id that it is if only those are missing of which that is known.
  std::string actual(const std::string& recorded) const;
  // The same with every request id in the text.
  std::string actual_text(std::string_view recorded) const;

 private:
  std::map<std::string, std::string> actual_;
  std::set<std::string> taken_;
};

}  // namespace azure::iot::device::conformance
