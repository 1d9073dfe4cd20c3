#pragma once

#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "tools/conformance/wire/outcome.hpp"

namespace azure::iot::device::conformance::wire {

// Something that is on one side only, or different on both.
struct Deviation {
  enum class Kind {
    result,    // Of a function.
    creation,  // How the making of the client ended.
    outcome,   // How a call ended.
    event,     // What a handler was told.
    packet,    // On the wire. One side is null.
    dial,      // One side is null.
    proxied,   // What a proxy was asked for. One side is null.
    seen,      // Whether the service saw so many packets of a kind.
    hang,      // A call that does not end.
  };
  Kind kind;
  int step;
  Json expected;
  Json actual;

  std::string describe() const;
};

// Whether an outcome is the recorded one: {"ok"}, {"error"} or {"blocked"}. Of an error the type
// counts, and the type of its cause where that is one of Python's pipeline; texts do not.
bool same_outcome(const Json& recorded, const Outcome& actual);
// The same for an error alone, as creating a client has it.
bool same_error(const Json& recorded, const Outcome& actual);
bool same_event(const Json& recorded, const Json& actual);

// What is on one side of the wire only. Packets are compared in their order; PUBACKs may move
// within their step. `recorded` has its placeholders filled in. Of both, and of dials, each has the
// "span" in which it came.
std::vector<Deviation> compare_wire(const std::vector<Json>& recorded,
                                    const std::vector<Json>& actual);
std::vector<Deviation> compare_dials(const std::vector<Json>& recorded,
                                     const std::vector<Json>& actual);
std::vector<Deviation> compare_proxied(const std::vector<Json>& recorded,
                                       const std::vector<Json>& actual);
// Whether two packets say the same, whenever they came.
bool same_packet(const Json& recorded, const Json& actual);

}  // namespace azure::iot::device::conformance::wire
