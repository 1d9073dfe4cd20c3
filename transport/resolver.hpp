#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../pipeline/result.hpp"

namespace azure::iot::device {

// Turns the name of a host into addresses, away from the loop, since that may take minutes. One
// resolver serves many clients; tests put their own in its place.
class Resolver {
 public:
  // At least one address as text ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"), best first, or why
  // there is none.
  using Answer = Result<std::vector<std::string>>;
  using Done = std::function<void(Answer)>;

  virtual ~Resolver() = default;

  // Calls `done` once, from any thread and perhaps before it returns. The lookup may outlive
  // whoever asked, and the resolver too. A call that throws counts as an answer. Any thread; does
  // not block.
  virtual void resolve(const std::string& host, Done done) = 0;

  // The system's resolver, asked on threads of its own: as many as there are different names to
  // look up at a time, eight at most. They end when there is nothing left to look up.
  static std::shared_ptr<Resolver> system();
};

// Whether this is an address already: there is nothing to look up then.
bool is_ip_address(const std::string& host);

}  // namespace azure::iot::device
