#include "pipeline/stage.hpp"

#include <exception>
#include <string>
#include <utility>

#include "pipeline/events.hpp"
#include "pipeline/log.hpp"
#include "pipeline/pending_ops.hpp"

namespace azure::iot::device {

void Stage::refuse_entry(OpPtr op) {
  complete(std::move(op), Error(Errc::pipeline_not_running, "the pipeline was shut down"));
}

void Stage::receive(const Event& event) {
  if (closed_) return;
  guard([&] { handle_event(event); });
}

void Stage::complete_unhandled(OpPtr op) {
  std::string detail =
      std::string(op->name()) + " not handled after " + std::string(name()) + " with no next stage";
  complete(std::move(op), Error(Errc::pipeline_runtime, std::move(detail)));
}

void Stage::send_event_up(const Event& event) {
  if (above_) return above_->receive(event);
  log(LogLevel::error, name(), "no stage above takes the event ", event.name());
}

void Stage::report_background_error(Error error) {
  send_event_up(BackgroundExceptionEvent(std::move(error)));
}

void Stage::close(const Error& why) {
  closed_ = true;
  guard([&] { on_close(); });
  for (PendingOps* pending = first_pending_; pending; pending = pending->next_) {
    pending->fail_all(why);
  }
}

void Stage::report_thrown() {
  std::string detail = std::string(name()) + ": ";
  try {
    throw;
  } catch (const std::exception& e) {
    detail += e.what();
  } catch (...) {
    detail += "unknown exception";
  }
  report_background_error(Error(Errc::user_stage, std::move(detail)));
}

}  // namespace azure::iot::device
