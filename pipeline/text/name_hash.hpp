#pragma once

#include <cstdint>
#include <string_view>

namespace azure::iot::device {

// A hash of a name that a peer may have chosen. It depends on a random key of this process, so that
// no choice of names makes them collide (SipHash-1-3).
std::uint64_t hash_name(std::string_view name);

}  // namespace azure::iot::device
