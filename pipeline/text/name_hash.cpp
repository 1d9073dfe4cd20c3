#include "pipeline/text/name_hash.hpp"

#include <sys/random.h>

#include "pipeline/text/sip_hash.hpp"

namespace azure::iot::device {
namespace {

const SipKey& process_key() {
  static const SipKey key = [] {
    SipKey made;
    // Without random bytes the key is predictable; only the protection against collisions is lost.
    static_cast<void>(::getrandom(&made, sizeof made, GRND_NONBLOCK));
    return made;
  }();
  return key;
}

}  // namespace

std::uint64_t hash_name(std::string_view name) { return SipHash::of(name, process_key()); }

}  // namespace azure::iot::device
