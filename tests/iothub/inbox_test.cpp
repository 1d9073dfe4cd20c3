#include "iothub/inbox.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "iothub/inbox_manager.hpp"

namespace azure::iot::device {
namespace {

using Texts = std::vector<std::string>;

// Records the requests to the far end.
struct PressureProbe {
  PressureProbe() {
    pressure.when_changed([this] { asked.push_back(pressure.high() ? "wait" : "go on"); });
  }
  Texts take_asked() { return std::exchange(asked, {}); }

  InboxPressure pressure;
  Texts asked;
};

template <class T>
Texts drain(Inbox<T>& inbox) {
  Texts texts;
  while (auto item = inbox.take()) texts.push_back(item->data);
  return texts;
}

Message to_input(const std::string& input, const std::string& text) {
  Message message{.data = text};
  message.input_name = input;
  return message;
}

TEST_CASE("Inbox: the item that fills it, and no other, says so") {
  for (const std::size_t capacity : {1, 2, 5, 8}) {
    CAPTURE(capacity);
    PressureProbe probe;
    Inbox<int> inbox(capacity, &probe.pressure);
    for (std::size_t i = 1; i < capacity; ++i) CHECK_FALSE(inbox.put(0));
    CHECK(probe.asked.empty());
    CHECK(inbox.put(0));
    CHECK(probe.take_asked() == Texts{"wait"});
    CHECK_FALSE(inbox.put(0));
    CHECK(probe.asked.empty());
    CHECK(inbox.size() == capacity + 1);
  }
}

TEST_CASE("Inbox: one that was full has room again once half of it is taken, and fills again") {
  PressureProbe probe;
  Inbox<int> inbox(5, &probe.pressure);
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    while (inbox.size() < 5) inbox.put(0);
    CHECK(probe.take_asked() == Texts{"wait"});
    while (inbox.size() > 3) inbox.take();
    CHECK(probe.asked.empty());
    inbox.put(0);  // No longer full, and not requested again.
    inbox.take();
    CHECK(probe.asked.empty());
    inbox.take();
    CHECK(probe.take_asked() == Texts{"go on"});
    inbox.take();
    CHECK(probe.asked.empty());
  }
}

TEST_CASE("Inbox: a capacity of 0 is one of 1") {
  PressureProbe probe;
  Inbox<int> inbox(0, &probe.pressure);
  CHECK(inbox.capacity() == 1);
  CHECK(inbox.put(0));
  inbox.take();
  CHECK(probe.asked == Texts{"wait", "go on"});
}

TEST_CASE("Inbox: cleared while full it makes room, and fills again as before") {
  PressureProbe probe;
  Inbox<int> inbox(2, &probe.pressure);
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    CHECK_FALSE(inbox.put(0));
    CHECK(inbox.put(0));
    CHECK(probe.take_asked() == Texts{"wait"});
    inbox.clear();
    CHECK(inbox.empty());
    CHECK_FALSE(inbox.take());
    CHECK(probe.take_asked() == Texts{"go on"});
  }
}

TEST_CASE("Inbox: cleared while it has room, or empty, it changes nothing") {
  PressureProbe probe;
  Inbox<int> inbox(2, &probe.pressure);
  inbox.clear();
  inbox.put(0);
  inbox.clear();
  CHECK(probe.asked.empty());
  inbox.put(0);
  inbox.put(0);
  CHECK(probe.asked == Texts{"wait"});
}

TEST_CASE("Inbox: while one of several is full the far end waits") {
  PressureProbe probe;
  Inbox<int> one(1, &probe.pressure), other(1, &probe.pressure);
  one.put(0);
  other.put(0);
  one.take();
  CHECK(probe.pressure.high());
  other.take();
  CHECK_FALSE(probe.pressure.high());
}

TEST_CASE("Inbox: items come out in order, each once, also without a pressure") {
  Inbox<int> inbox(2);
  for (int i = 0; i < 4; ++i) inbox.put(i);
  for (int i = 0; i < 4; ++i) CHECK(inbox.take() == i);
  CHECK_FALSE(inbox.take());
  inbox.put(4);
  inbox.put(5);
  inbox.clear();
  CHECK(inbox.empty());
}

TEST_CASE("InboxManager: every inbox has the capacity, and counts against the pressure") {
  InboxManager inboxes(1);
  const auto fills = [&](auto& inbox, auto item) {
    CHECK(inbox.capacity() == 1);
    CHECK_FALSE(inboxes.pressure.high());
    inbox.put(std::move(item));
    CHECK(inboxes.pressure.high());
    inbox.take();
  };
  fills(inboxes.messages, Message{});
  fills(inboxes.method_requests, MethodRequest{});
  fills(inboxes.twin_patches, Json());
  fills(inboxes.input("in"), Message{});
  fills(inboxes.methods.get("m"), MethodRequest{});
  CHECK(InboxManager().messages.capacity() == 1024);
}

TEST_CASE("InboxManager: an input that is first asked for takes what came to it, in order") {
  InboxManager inboxes;
  for (const char* text : {"1", "2", "3"}) {
    inboxes.messages.put(to_input("a", std::string("a") + text));
    inboxes.messages.put(to_input("b", std::string("b") + text));
    inboxes.messages.put(Message{.data = std::string("c") + text});
  }
  CHECK(drain(inboxes.input("a")) == Texts{"a1", "a2", "a3"});
  CHECK(drain(inboxes.input("b")) == Texts{"b1", "b2", "b3"});
  CHECK(inboxes.input("a").empty());
  CHECK(drain(inboxes.messages) == Texts{"c1", "c2", "c3"});
}

TEST_CASE("InboxManager: an input that is known leaves the others' inbox alone") {
  InboxManager inboxes;
  inboxes.input("a");
  inboxes.messages.put(to_input("a", "not moved"));
  CHECK(inboxes.input("a").empty());
  CHECK(&inboxes.input("a") == &inboxes.input("a"));
  CHECK(&inboxes.input("a") != &inboxes.input("b"));
}

TEST_CASE("InboxManager: messages to inputs share the inbox until an input is asked for") {
  InboxManager inboxes;
  CHECK(inboxes.inbox_of(to_input("a", "")) == &inboxes.messages);
  inboxes.input("a");
  CHECK(inboxes.inbox_of(to_input("a", "")) == &inboxes.input("a"));
  CHECK(inboxes.inbox_of(to_input("b", "")) == nullptr);
  CHECK(inboxes.inbox_of(Message{}) == &inboxes.messages);
}

TEST_CASE("InboxManager: method requests go to the inbox of their name once that is asked for") {
  InboxManager inboxes;
  const MethodRequest request{.request_id = "1", .name = "m"};
  CHECK(&inboxes.inbox_of(request) == &inboxes.method_requests);
  auto& named = inboxes.methods.get("m");
  CHECK(&inboxes.inbox_of(request) == &named);
  CHECK(&inboxes.inbox_of(MethodRequest{.request_id = "1", .name = "n"}) ==
        &inboxes.method_requests);
}

TEST_CASE("InboxManager: clearing method requests clears those by name too, and nothing else") {
  InboxManager inboxes(1);
  inboxes.messages.put({});
  inboxes.input("in").put({});
  inboxes.twin_patches.put({});
  inboxes.method_requests.put({});
  inboxes.methods.get("m").put({});
  inboxes.clear_all_method_requests();
  CHECK(inboxes.method_requests.empty());
  CHECK(inboxes.methods.get("m").empty());
  CHECK(inboxes.messages.size() == 1);
  CHECK(inboxes.input("in").size() == 1);
  CHECK(inboxes.twin_patches.size() == 1);
  inboxes.messages.take();
  inboxes.input("in").take();
  CHECK(inboxes.pressure.high());
  inboxes.twin_patches.take();
  CHECK_FALSE(inboxes.pressure.high());
}

}  // namespace
}  // namespace azure::iot::device
