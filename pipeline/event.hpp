#pragma once

#include <string_view>

#include "operation.hpp"

namespace azure::iot::device {

// A notification that answers no operation. It travels up the chain by const reference and lives
// only for that time: a receiver that needs it longer copies it. Derive from EventOf.
class Event {
 public:
  virtual ~Event() = default;
  virtual std::string_view name() const = 0;
  TypeId type() const { return type_; }

 protected:
  explicit Event(TypeId type) : type_(type) {}

 private:
  TypeId type_;
};

// Base of an event type T, which names itself in `T::kName`.
template <class T>
class EventOf : public Event {
 public:
  std::string_view name() const final { return T::kName; }

 protected:
  EventOf() : Event(type_id<T>()) {}
};

// Returns the event as a T, or null if it has another type.
template <class T>
const T* event_cast(const Event& event) {
  return event.type() == type_id<T>() ? static_cast<const T*>(&event) : nullptr;
}

}  // namespace azure::iot::device
