#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "simulation/packet.hpp"
#include "simulation/world.hpp"

namespace azure::iot::device::simulation {

enum class End : std::uint8_t { device, hub };

// Carries packets between device and hub: in order on each link, as late as its mood says, until
// the link is closed, cut or stalls. Has a clockwork of its own, so that the timers of the loop are
// those of the pipeline alone.
class Network {
 public:
  using Receiver = std::function<void(LinkId link, Packet& packet)>;

  // How long an end takes to notice that nothing arrives: one and a half keep-alives.
  static constexpr Duration kNoticesSilence = std::chrono::seconds{90};

  explicit Network(World& world) : world_(world) {}

  // Who receives at either end.
  Receiver device;
  Receiver hub;

  LinkId open();
  void send(LinkId link, End to, Packet packet);
  // One end closes; the other learns of it behind whatever was sent before.
  void close(LinkId link, End by);
  // The link is lost, and what is on its way may be. The device learns of it soon, or late.
  void cut(LinkId link);
  // Nothing arrives any more, and nobody is told until he notices.
  void stall(LinkId link);

  // Calls `what` later, as part of what happens outside the pipeline.
  void later(Duration delay, std::function<void()> what);

  SteadyTime next_due() const { return queue_.empty() ? kNever : queue_.front().when; }
  void run_next();

 private:
  struct Link {
    bool open[2] = {true, true};  // By End.
    bool dead = false;            // Swallows whatever is sent.
    SteadyTime last[2] = {};      // When the last packet to this End arrives.
  };
  // Something to come: its place in `slots_`.
  struct Due {
    SteadyTime when;
    std::uint64_t turn;
    std::uint32_t slot;
    bool operator>(const Due& other) const {
      return when != other.when ? when > other.when : turn > other.turn;
    }
  };
  struct Slot {
    LinkId link = 0;
    End to = End::device;
    Packet packet;
    std::function<void()> call;
  };

  Link& at(LinkId link) { return links_[link - 1]; }
  static std::size_t index(End end) { return static_cast<std::size_t>(end); }
  std::uint32_t push(SteadyTime when);
  void carry(LinkId link, End to, SteadyTime when, Packet packet);
  void lose_on_the_way(LinkId link, End to);

  World& world_;
  std::vector<Link> links_;
  std::vector<Due> queue_;  // A heap: the next one first.
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_turn_ = 0;
};

}  // namespace azure::iot::device::simulation
