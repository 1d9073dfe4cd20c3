// Cloud-to-device messages in transit, kept in a file. A message leaves the file only when the
// broker has saved the session that took it over, so that killing the broker loses none.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <string>
#include <string_view>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

struct C2dMessage {
  std::int64_t number;
  std::string identity;  // Identity::name().
  std::string message_id;
  std::string topic;
  std::string payload;
  std::chrono::sys_seconds expiry;
  bool handed_over = false;
};

class C2dQueue {
 public:
  explicit C2dQueue(std::filesystem::path path);

  C2dMessage& push(C2dMessage message);  // Numbers the message.

  std::list<C2dMessage>& messages() { return messages_; }
  std::size_t waiting_for(std::string_view identity) const;

  // Forgets one message for good.
  std::list<C2dMessage>::iterator remove(std::list<C2dMessage>::iterator message);

 private:
  void load();
  void rewrite();

  std::filesystem::path path_;
  std::string what_;
  Fd file_;
  std::list<C2dMessage> messages_;
  std::int64_t next_number_ = 1;
  std::size_t lines_ = 0;  // Lines in the file, those of forgotten messages included.
};

}  // namespace azure::iot::device::simulator
