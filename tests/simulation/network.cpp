#include "simulation/network.hpp"

#include <algorithm>

namespace azure::iot::device::simulation {

LinkId Network::open() {
  links_.emplace_back();
  return static_cast<LinkId>(links_.size());
}

void Network::send(LinkId link, End to, Packet packet) {
  if (at(link).dead) return;
  carry(link, to, world_.now() + world_.delay(), std::move(packet));
  if (world_.random.chance(world_.mood->cut_link)) return cut(link);
  if (world_.random.chance(world_.mood->stall_link)) stall(link);
}

void Network::close(LinkId link, End by) {
  Link& closed = at(link);
  if (!std::exchange(closed.open[index(by)], false) || closed.dead) return;
  carry(link, by == End::device ? End::hub : End::device, world_.now() + world_.delay(), {});
}

void Network::cut(LinkId link) {
  if (std::exchange(at(link).dead, true)) return;
  world_.note("the network cuts link ", link);
  for (const End end : {End::device, End::hub}) {
    if (world_.random.chance(500)) lose_on_the_way(link, end);
    const bool soon = world_.random.chance(800);
    carry(link, end, world_.now() + (soon ? world_.delay() : kNoticesSilence), {});
  }
}

void Network::stall(LinkId link) {
  if (std::exchange(at(link).dead, true)) return;
  world_.note("the network stalls link ", link);
  for (const End end : {End::device, End::hub}) {
    lose_on_the_way(link, end);
    carry(link, end, world_.now() + kNoticesSilence, {});
  }
}

void Network::later(Duration delay, std::function<void()> what) {
  slots_[push(world_.now() + delay)].call = std::move(what);
}

void Network::run_next() {
  std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
  const std::uint32_t slot = queue_.back().slot;
  queue_.pop_back();
  Slot due = std::exchange(slots_[slot], Slot{});
  free_.push_back(slot);
  if (due.call) return due.call();
  if (due.link == 0) return;  // Lost.
  Link& link = at(due.link);
  if (!link.open[index(due.to)]) return;
  if (due.packet.kind == Packet::Kind::hang_up) link.open[index(due.to)] = false;
  (due.to == End::device ? device : hub)(due.link, due.packet);
}

std::uint32_t Network::push(SteadyTime when) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  queue_.push_back({when, ++last_turn_, slot});
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
  return slot;
}

void Network::carry(LinkId link, End to, SteadyTime when, Packet packet) {
  SteadyTime& last = at(link).last[index(to)];
  last = std::max(last, when);  // Nothing overtakes on one link.
  Slot& slot = slots_[push(last)];
  slot.link = link;
  slot.to = to;
  slot.packet = std::move(packet);
}

void Network::lose_on_the_way(LinkId link, End to) {
  for (Slot& slot : slots_) {
    if (slot.link == link && slot.to == to) slot.link = 0;
  }
}

}  // namespace azure::iot::device::simulation
