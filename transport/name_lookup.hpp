#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../pipeline/loop/event_loop.hpp"
#include "resolver.hpp"

namespace azure::iot::device {

// Asks a Resolver and delivers the answer on the loop's thread. After destruction nothing is
// reported, however long the resolver takes: a running lookup owns everything that it uses. Loop's
// thread only.
class NameLookup {
 public:
  // An IP address is its own answer. `done` is called from a separate piece of work, never from
  // inside the constructor.
  NameLookup(EventLoop& loop, Resolver& resolver, const std::string& host, Resolver::Done done);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace azure::iot::device
