#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../pipeline/loop/event_loop.hpp"
#include "resolver.hpp"

namespace azure::iot::device {

// A question to a Resolver whose answer is wanted on the loop's thread. Once this is gone nothing
// is told any more, however long the resolver takes: what it works on belongs to itself. Loop's
// thread only.
class NameLookup {
 public:
  // An address is its own answer. `done` is called from another piece of work, never from here.
  NameLookup(EventLoop& loop, Resolver& resolver, const std::string& host, Resolver::Done done);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace azure::iot::device
