#include "pipeline/stage.hpp"

#include <exception>
#include <string>
#include <utility>

#include "pipeline/events.hpp"
#include "pipeline/log.hpp"
#include "pipeline/loop/escape.hpp"
#include "pipeline/pending_ops.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

thread_local Stage* stage_at_work = nullptr;

// Converts the exception being handled into the error reported to the application.
Error thrown_by(std::string_view what) noexcept {
  try {
    return Error(Errc::user_stage, escaped(what, kLongestQuote) + ": " + thrown_text());
  } catch (...) {
    return Error(Errc::user_stage, "no memory is left for the text of what was thrown");
  }
}

}  // namespace

Stage::AtWork::AtWork(Stage& stage) : before_(std::exchange(stage_at_work, &stage)) {}
Stage::AtWork::~AtWork() { stage_at_work = before_; }

void Stage::refuse_entry(OpPtr op) {
  complete(std::move(op), Error(Errc::pipeline_not_running, "the pipeline was shut down"));
}

void Stage::receive(const Event& event) {
  if (closed_) return;
  try {
    handle_event(event);
  } catch (...) {
    report_thrown();
  }
}

void Stage::complete_unhandled(OpPtr op) {
  std::string detail = escaped(op->name(), kLongestQuote) + " not handled after " +
                       escaped(safe_name(), kLongestQuote) + " with no next stage";
  complete(std::move(op), Error(Errc::pipeline_runtime, std::move(detail)));
}

void Stage::send_event_up(const Event& event) {
  if (above_) return above_->receive(event);
  log(LogLevel::error, safe_name(), "no stage above takes the event ",
      escaped(event.name(), kLongestQuote));
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

void Stage::report_thrown() noexcept {
  contain("a report", [&] { report_background_error(thrown_by(safe_name())); });
}

// The stage that added the continuation is unknown, but its chain is known. The report goes
// straight to the top of that chain: the stages between may be closed or in destruction.
void Stage::report_continuation() noexcept {
  Stage* top = stage_at_work;
  if (!top) return report_escape("a continuation", std::current_exception());
  const BackgroundExceptionEvent report(thrown_by("a continuation"));
  while (top->above_) top = top->above_;
  contain("a report", [&] { top->handle_event(report); });
}

std::string_view Stage::safe_name() const noexcept {
  try {
    return name();
  } catch (...) {
    return "a stage whose name() throws";
  }
}

}  // namespace azure::iot::device
