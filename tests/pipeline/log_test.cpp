#include "pipeline/log.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/log_listener.hpp"

namespace azure::iot::device {
namespace {

using Listener = test::LogListener;

TEST_CASE("Log: nobody listens until a sink is set, nor after it is taken away") {
  CHECK_FALSE(log_enabled(LogLevel::error));
  {
    Listener listener(LogLevel::debug);
    CHECK(log_enabled(LogLevel::debug));
  }
  CHECK_FALSE(log_enabled(LogLevel::error));
  log(LogLevel::error, "Part", "nobody hears this");
}

TEST_CASE("Log: a record says how much it matters, who speaks, for whom, and what") {
  Listener listener(LogLevel::debug);
  log_for("device-1", LogLevel::warning, "Part", "one ", std::string("and "),
          std::string_view("2"));
  log(LogLevel::debug, "Part", "of no client");
  CHECK(listener.records ==
        std::vector<std::string>{"warning|Part|device-1|one and 2", "debug|Part||of no client"});
}

TEST_CASE("Log: what matters less than the level is not told") {
  Listener listener(LogLevel::warning);
  log(LogLevel::debug, "Part", "d");
  log(LogLevel::info, "Part", "i");
  CHECK(listener.records.empty());
  CHECK_FALSE(log_enabled(LogLevel::info));
  log(LogLevel::warning, "Part", "w");
  log(LogLevel::error, "Part", "e");
  CHECK(listener.records.size() == 2);
}

TEST_CASE("Log: the silent level tells nothing, with a sink or without") {
  Listener listener(LogLevel::silent);
  log(LogLevel::error, "Part", "e");
  log(LogLevel::silent, "Part", "s");
  CHECK(listener.records.empty());
  CHECK_FALSE(log_enabled(LogLevel::silent));
}

TEST_CASE("Log: a later sink takes the place of the one before") {
  Listener first(LogLevel::debug);
  Listener second(LogLevel::error);
  log(LogLevel::error, "Part", "e");
  CHECK(first.records.empty());
  CHECK(second.records.size() == 1);
}

TEST_CASE("Log: what a sink throws does not disturb whoever logs") {
  const Listener restores_silence(LogLevel::debug);
  int calls = 0;
  set_log_sink(LogLevel::debug, [&](const LogRecord&) {
    ++calls;
    throw std::runtime_error("the disk is full");
  });
  CHECK_NOTHROW(log(LogLevel::error, "Part", "e"));
  CHECK(calls == 1);
}

TEST_CASE("Log: each level has its name") {
  CHECK(to_string(LogLevel::debug) == "debug");
  CHECK(to_string(LogLevel::info) == "info");
  CHECK(to_string(LogLevel::warning) == "warning");
  CHECK(to_string(LogLevel::error) == "error");
  CHECK(to_string(LogLevel::silent) == "silent");
}

}  // namespace
}  // namespace azure::iot::device
