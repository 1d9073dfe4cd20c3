#include "pipeline/log.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "pipeline/loop/fork_guard.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

using Sink = std::function<void(const LogRecord&)>;

std::atomic<LogLevel> least_level{LogLevel::silent};

struct SinkHolder {
  ForkGuard fork_guard;
  std::shared_ptr<const Sink> sink;
};

// Never destroyed: threads may log while the process ends. Guarded by ForkGuard::mutex, so that a
// forked child can log whatever the parent's threads were doing.
SinkHolder& holder() {
  static SinkHolder& instance = *new SinkHolder;
  return instance;
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    case LogLevel::silent: return "silent";
  }
  return "unknown";
}

void set_log_sink(LogLevel level, Sink sink) {
  const LogLevel least = sink ? level : LogLevel::silent;
  auto fresh = sink ? std::make_shared<const Sink>(std::move(sink)) : nullptr;
  SinkHolder& held = holder();
  const std::scoped_lock lock(
      ForkGuard::mutex());  // Releases `fresh`, the old one, after unlocking.
  least_level = least;
  held.sink.swap(fresh);
}

bool log_enabled(LogLevel level) {
  return level >= least_level.load(std::memory_order_relaxed) && level != LogLevel::silent;
}

void detail::write_log(LogLevel level, std::string_view component, std::string_view client_id,
                       std::string_view text) {
  std::shared_ptr<const Sink> sink;
  {
    const SinkHolder& held = holder();
    const std::scoped_lock lock(ForkGuard::mutex());
    sink = held.sink;
  }
  if (!sink) return;
  try {
    (*sink)(
        LogRecord{level, escaped(component), escaped(client_id), escaped(text, std::string::npos)});
  } catch (...) {
    // A failing sink must not fail the caller, and there is no other place to report it.
  }
}

}  // namespace azure::iot::device
