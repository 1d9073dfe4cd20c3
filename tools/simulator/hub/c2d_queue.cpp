#include "hub/c2d_queue.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "common/crypto.hpp"
#include "common/json.hpp"
#include "common/uri.hpp"

namespace azure::iot::device::simulator {

namespace {

// Lines of forgotten messages to tolerate before the file is rewritten.
constexpr std::size_t kSpareLines = 1000;

std::string line_of(const C2dMessage& message) {
  JsonObject line;
  line.add("number", message.number)
      .add("identity", message.identity)
      .add("message_id", message.message_id)
      .add("topic", message.topic)
      .add("payload_b64", base64_encode(message.payload))
      .add("expiry", static_cast<std::int64_t>(message.expiry.time_since_epoch().count()));
  return line.text();
}

}  // namespace

C2dQueue::C2dQueue(std::filesystem::path path)
    : path_(std::move(path)), what_("cannot write " + path_.string()) {
  load();
  rewrite();
}

C2dMessage& C2dQueue::push(C2dMessage message) {
  message.number = next_number_++;
  append_line(file_.get(), line_of(message), what_);
  ++lines_;
  return messages_.emplace_back(std::move(message));
}

std::size_t C2dQueue::waiting_for(std::string_view identity) const {
  return static_cast<std::size_t>(
      std::count_if(messages_.begin(), messages_.end(), [&](const C2dMessage& message) {
        return message.identity == identity && !message.handed_over;
      }));
}

std::list<C2dMessage>::iterator C2dQueue::remove(std::list<C2dMessage>::iterator message) {
  JsonObject line;
  line.add("done", message->number);
  const auto next = messages_.erase(message);
  try {
    append_line(file_.get(), line.text(), what_);
    ++lines_;
    if (lines_ > 2 * messages_.size() + kSpareLines) rewrite();
  } catch (const std::system_error&) {
    // A full disk: the message is delivered again if the broker is started again before the file
    // is rewritten.
  }
  return next;
}

void C2dQueue::load() {
  const std::string text = read_file(path_).value_or("");
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto line = parse_json(take_until(rest, '\n'));
    if (!line || !line->IsObject()) continue;  // The broker was killed while writing it.
    if (line->HasMember("done")) {
      const auto number = integer_member(*line, "done", 0);
      messages_.remove_if([&](const C2dMessage& message) { return message.number == number; });
      continue;
    }
    const auto number = integer_member(*line, "number", 0);
    const auto payload = base64_decode(string_member(*line, "payload_b64"));
    if (number == 0 || !payload) continue;
    const std::chrono::sys_seconds expiry{std::chrono::seconds(integer_member(*line, "expiry", 0))};
    messages_.push_back({number, string_member(*line, "identity"),
                         string_member(*line, "message_id"), string_member(*line, "topic"),
                         *payload, expiry});
    next_number_ = std::max(next_number_, number + 1);
  }
}

void C2dQueue::rewrite() {
  std::string text;
  for (const auto& message : messages_) text += line_of(message) + "\n";
  replace_file(path_, text);
  file_ = open_for_append(path_);
  lines_ = messages_.size();
}

}  // namespace azure::iot::device::simulator
