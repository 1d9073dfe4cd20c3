#include "replay.hpp"

#include <exception>
#include <utility>

#include "world.hpp"

namespace azure::iot::device::conformance {
namespace {

class Replay {
 public:
  Replay(const Trace& trace, const Subject& subject)
      : trace_(trace),
        subject_(subject),
        comparer_(trace),
        world_(trace, subject, comparer_.names()) {}

  Verdict run() {
    for (std::size_t i = 0; i < trace_.steps.size() && !verdict_.failure; ++i) run_step(i);
    for (const std::string& line : world_.tear_down()) {
      fail(std::nullopt, "after the last step: " + line, {}, {});
    }
    return std::move(verdict_);
  }

 private:
  void run_step(std::size_t i) {
    std::vector<Json> expected = comparer_.expected(trace_.steps[i]);
    std::vector<Json> actual;
    try {
      actual = world_.run(trace_.steps[i]);
    } catch (const std::exception& e) {
      return fail(i, e.what(), {}, {});
    }
    check_shutdown(i);
    if (tolerance_.parted) return;
    ++verdict_.compared_steps;

    const auto deviations = comparer_.compare(expected, actual);
    const bool unexplained = !explain_all(i, deviations);
    // Once the two sides have parted, the other deviations of the step are consequences.
    if (unexplained && !tolerance_.parted) {
      fail(i, "the outputs differ", std::move(expected), std::move(actual));
    }
  }

  bool explain_all(std::size_t i, const std::vector<Deviation>& deviations) {
    const Situation situation{trace_, subject_, i, world_, deviations, tolerance_};
    std::vector<const Deviation*> open;
    for (const Deviation& deviation : deviations) open.push_back(&deviation);
    // A difference that is accepted later may explain a deviation that stands earlier.
    for (std::size_t before = open.size() + 1; !open.empty() && open.size() < before;) {
      before = open.size();
      std::erase_if(open, [&](const Deviation* deviation) {
        const Explanation found = explain(situation, *deviation);
        if (found.difference) {
          tolerance_.accepted.insert(found.difference->name);
          verdict_.accepted.push_back({i, found.difference, trace_.may_differ_at(i)});
        }
        return found.explained;
      });
    }
    return open.empty();
  }

  // A shutdown completes every operation that was submitted before it.
  void check_shutdown(std::size_t i) {
    if (subject_.kind != Subject::Kind::pipeline) return;
    const auto& ops = world_.driven_ops();
    for (const auto& [shutdown_id, shutdown] : ops) {
      if (shutdown.type != "ShutdownPipelineOperation" || shutdown.step != i) continue;
      for (const auto& [id, op] : ops) {
        if (op.step >= i || op.completions > 0) continue;
        fail(i, "operation " + id + "is still waiting after the shutdown", {}, {});
      }
    }
  }

  void fail(std::optional<std::size_t> step, std::string reason, std::vector<Json> expected,
            std::vector<Json> actual) {
    if (verdict_.failure) return;
    verdict_.failure = {step, std::move(reason), std::move(expected), std::move(actual)};
  }

  const Trace& trace_;
  const Subject& subject_;
  Comparer comparer_;
  World world_;
  Tolerance tolerance_;
  Verdict verdict_;
};

}  // namespace

Verdict replay(const Trace& trace, const Subject& subject) {
  try {
    return Replay(trace, subject).run();
  } catch (const std::exception& e) {
    Verdict verdict;
    verdict.failure = {
        std::nullopt, std::string("the trace cannot be replayed: ") + e.what(), {}, {}};
    return verdict;
  }
}

}  // namespace azure::iot::device::conformance
