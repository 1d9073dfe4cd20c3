#include "broker/endurance/far_end.hpp"

#include <utility>

namespace azure::iot::device::test {

const ServerCertificate& far_end_certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

void StuckResolver::resolve(const std::string&, Done done) {
  ++asked_;
  const std::lock_guard lock(mutex_);
  workers_.emplace_back([this, done = std::move(done)] {
    gate_.wait();
    done(std::vector<std::string>{"127.0.0.1"});
  });
}

void StuckResolver::give_back() {
  gate_.open();
  const std::lock_guard lock(mutex_);
  for (std::thread& worker : std::exchange(workers_, {})) worker.join();
}

void FarEnd::serve(ScriptedConnection& client) {
  if (!handshake) return keep_waiting(client);
  if (!client.start_tls(far_end_certificate())) return;
  if (!connack) return keep_waiting(client);
  client.read_packet();
  client.write(test::connack(0));
  if (!reads) return client.wait_without_reading();
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if (hangs_up && type_of(packet) == PacketType::publish) return;
    answer(client, packet);
  }
}

void FarEnd::keep_waiting(ScriptedConnection& client) {
  ++kept_waiting;
  client.wait_for_end();
}

void FarEnd::answer(ScriptedConnection& client, const std::string& packet) {
  if (type_of(packet) == PacketType::publish) {
    ++publishes;
    if (puback) client.write(test::puback(mid_of(packet)));
  } else if (type_of(packet) == PacketType::subscribe) {
    ++subscribes;
    if (suback) client.write(test::suback(mid_of(packet), 1));
  }
}

}  // namespace azure::iot::device::test
