#include "transport/mqtt/operation_manager.hpp"

#include <algorithm>
#include <utility>

namespace azure::iot::device {

void OperationManager::queue_publish(OpKey key, std::string topic, std::string payload,
                                     const StillWaits& still_waits) {
  if (queue_.size() >= sweep_at_) {
    std::erase_if(queue_, [&](const QueuedPublish& publish) { return !still_waits(publish.key); });
    sweep_at_ = std::max<std::size_t>(1024, 2 * queue_.size());
  }
  queue_.push_back({key, std::move(topic), std::move(payload), ++last_turn_});
}

std::optional<OperationManager::QueuedPublish> OperationManager::next_to_send(
    const StillWaits& still_waits) {
  while (publishes_ < max_in_flight_ && !queue_.empty()) {
    QueuedPublish next = std::move(queue_.front());
    queue_.pop_front();
    if (still_waits(next.key)) return next;
  }
  return std::nullopt;
}

void OperationManager::establish(Kind kind, std::uint16_t mid, OpKey key, std::uint64_t turn,
                                 Message message) {
  if (kind == Kind::publish) ++publishes_;
  entries_.push_back(
      {key, turn != 0 ? turn : ++last_turn_, mid, kind, false, 0, std::move(message)});
  if (entries_.size() > buckets_.size()) return fill_buckets();
  entries_.back().older =
      std::exchange(bucket_of(mid), static_cast<std::uint32_t>(entries_.size()));
}

bool OperationManager::in_flight(std::uint16_t mid) const {
  for (std::uint32_t place = bucket_of(mid); place != 0; place = entries_[place - 1].older) {
    const Entry& entry = entries_[place - 1];
    if (entry.mid == mid && !entry.done) return true;
  }
  return false;
}

OpKey OperationManager::complete(Kind kind, std::uint16_t mid) {
  if (mid == 0) return {};
  for (std::uint32_t place = bucket_of(mid); place != 0; place = entries_[place - 1].older) {
    const Entry& entry = entries_[place - 1];
    if (entry.mid != mid || entry.kind != kind || entry.done) continue;
    const OpKey key = entry.key;
    finish(place - 1);
    return key;
  }
  return {};
}

void OperationManager::finish(std::size_t index) {
  Entry& entry = entries_[index];
  if (entry.kind == Kind::publish) --publishes_;
  entry.done = true;
  entry.message = {};
  ++done_;
  for (; first_ < entries_.size() && entries_[first_].done; ++first_) --done_;
  // Rare enough for a constant cost per packet.
  constexpr std::size_t kSlack = 64;
  if (first_ + done_ > kSlack + entries_.size() / 2) compact();
}

void OperationManager::compact() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.done; });
  first_ = done_ = 0;
  fill_buckets();
}

void OperationManager::fill_buckets() {
  std::size_t buckets = buckets_.size();
  while (buckets < entries_.size()) buckets *= 2;
  buckets_.assign(buckets, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].mid == 0) continue;
    entries_[i].older =
        std::exchange(bucket_of(entries_[i].mid), static_cast<std::uint32_t>(i + 1));
  }
}

void OperationManager::connection_ended(const StillWaits& still_waits) {
  for (Entry& entry : entries_) {
    if (entry.kind == Kind::publish) continue;
    entry.mid = 0;
    entry.done = entry.done || !entry.key || !still_waits(entry.key);
  }
  compact();
}

std::vector<OpKey> OperationManager::cancel_all() {
  std::vector<std::pair<std::uint64_t, OpKey>> waiting;
  for (Entry& entry : entries_) {
    if (entry.done) continue;
    if (entry.key) waiting.emplace_back(entry.turn, std::exchange(entry.key, OpKey{}));
    entry.message = {};
  }
  for (const QueuedPublish& publish : queue_) waiting.emplace_back(publish.turn, publish.key);
  queue_.clear();

  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<OpKey> keys;
  for (const auto& [turn, key] : waiting) keys.push_back(key);
  return keys;
}

bool OperationManager::wants_resend(const StillWaits& still_waits) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return !entry.done && entry.kind == Kind::publish && entry.key && still_waits(entry.key);
  });
}

bool OperationManager::has_withdrawn(const StillWaits& still_waits) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return !entry.done && entry.kind == Kind::publish && !(entry.key && still_waits(entry.key));
  });
}

void OperationManager::forget_sent(const StillWaits& still_waits) {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->done || entry->kind != Kind::publish) continue;
    if (!entry->key || !still_waits(entry->key)) continue;
    queue_.push_front({entry->key, std::move(entry->message.topic),
                       std::move(entry->message.payload), entry->turn});
  }
  std::erase_if(entries_, [](const Entry& entry) { return entry.kind == Kind::publish; });
  compact();
  publishes_ = 0;
}

}  // namespace azure::iot::device
