#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "simulation/packet.hpp"
#include "simulation/world.hpp"

namespace azure::iot::device::simulation {

enum class End : std::uint8_t { device, hub };

// Carries packets between device and hub: in order on each link, with the delay of its mood, until
// the link is closed, cut or stalls. Has its own timers, so that those of the loop belong to the
// pipeline alone.
class Network {
 public:
  using Receiver = std::function<void(LinkId link, Packet& packet)>;

  // The time until an end notices that nothing arrives: one and a half keep-alives.
  static constexpr Duration kNoticesSilence = std::chrono::seconds{90};

  explicit Network(World& world) : world_(world) {}

  // The receivers at either end.
  Receiver device;
  Receiver hub;

  LinkId open();
  void send(LinkId link, End to, Packet packet);
  // One end closes; the other learns of it after all packets that were sent before.
  void close(LinkId link, End by);
  // The link is lost, and packets in transit may be. The device learns of it soon, or late.
  void cut(LinkId link);
  // Nothing arrives any more, and no end is notified until it detects the silence.
  void stall(LinkId link);

  // Calls `what` later, as an event outside the pipeline.
  void later(Duration delay, std::function<void()> what);

  SteadyTime next_due() const { return queue_.empty() ? kNever : queue_.front().when; }
  void run_next();

 private:
  struct Link {
    bool open[2] = {true, true};  // By End.
    bool dead = false;            // Drops all packets that are sent.
    SteadyTime last[2] = {};      // The arrival time of the last packet to this End.
  };
  // A future event: its place in `slots_`.
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
  std::vector<Due> queue_;  // A heap: the next event first.
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_turn_ = 0;
};

}  // namespace azure::iot::device::simulation
