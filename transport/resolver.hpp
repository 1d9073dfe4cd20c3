#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../pipeline/result.hpp"

namespace azure::iot::device {

// Resolves the name of a host to addresses. It works away from the loop, since a lookup may take
// minutes. Many clients can share one resolver, and tests use their own.
class Resolver {
 public:
  // At least one address as text ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"), best first; or the
  // reason why there is none.
  using Answer = Result<std::vector<std::string>>;
  using Done = std::function<void(Answer)>;

  virtual ~Resolver() = default;

  // Calls `done` once, from any thread and possibly before `resolve` returns. The lookup may
  // outlive the caller and the resolver. A call that throws counts as an answer. Any thread; does
  // not block.
  virtual void resolve(const std::string& host, Done done) = 0;

  // The system's resolver, run on threads of its own. There is one thread for each different name
  // being looked up, eight at most. A thread ends when no lookup is left.
  static std::shared_ptr<Resolver> system();
};

// Whether this is an IP address, which needs no lookup.
bool is_ip_address(const std::string& host);

}  // namespace azure::iot::device
