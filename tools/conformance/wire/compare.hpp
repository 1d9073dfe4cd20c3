#pragma once

#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "tools/conformance/wire/outcome.hpp"

namespace azure::iot::device::conformance::wire {

// A deviation: on one side only, or different on both.
struct Deviation {
  enum class Kind {
    result,    // Of a function.
    creation,  // Creation of the client.
    outcome,   // Outcome of a call.
    event,     // Argument of a handler.
    packet,    // On the wire. One side is null.
    dial,      // One side is null.
    proxied,   // Request to a proxy. One side is null.
    seen,      // Whether the service saw that many packets of a kind.
    hang,      // A call that does not return.
  };
  Kind kind;
  int step;
  Json expected;
  Json actual;

  std::string describe() const;
};

// Whether an outcome is the recorded one: {"ok"}, {"error"} or {"blocked"}. Of an error the type
// counts, and the type of its cause if that is one of Python's pipeline; texts do not.
bool same_outcome(const Json& recorded, const Outcome& actual);
// The same for an error alone, as a failed creation of a client has it.
bool same_error(const Json& recorded, const Outcome& actual);
bool same_event(const Json& recorded, const Json& actual);

// Returns the packets that are on one side of the wire only. Packets are compared in their order;
// PUBACKs may move within their step. `recorded` has its placeholders filled in. Packets and dials
// have the "span" of steps in which they came.
std::vector<Deviation> compare_wire(const std::vector<Json>& recorded,
                                    const std::vector<Json>& actual);
std::vector<Deviation> compare_dials(const std::vector<Json>& recorded,
                                     const std::vector<Json>& actual);
std::vector<Deviation> compare_proxied(const std::vector<Json>& recorded,
                                       const std::vector<Json>& actual);
// Whether two packets have the same content, at any time.
bool same_packet(const Json& recorded, const Json& actual);

}  // namespace azure::iot::device::conformance::wire
