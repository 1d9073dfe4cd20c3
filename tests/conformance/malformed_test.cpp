#include <sstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "support/temporary_folder.hpp"
#include "tools/conformance/replay.hpp"
#include "tools/conformance/report.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr const char* kTrace =
    R"({"name": "t", "stage": "OpTimeoutStage", "config": {}, "clock": 1000000,
        "nucleus": {"connection_state": "CONNECTED"},
        "steps": [{"in": {"advance": 1}, "out": []}]})";
constexpr const char* kVector =
    R"([{"name": "v", "client": "device", "clock": 1000000, "create": {}, "steps": []}])";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Returns how a file with this text is refused; nothing if it is read.
template <class Read>
std::string refusal(const std::string& text, Read read) {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("recorded", text);
  try {
    read(file);
  } catch (const std::invalid_argument& e) {
    CHECK(contains(e.what(), file));
    return e.what();
  }
  return {};
}

std::string in_one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

// Returns how a trace is refused whose member at this place has another value.
std::string trace_refusal(const std::string& from, const std::string& to) {
  std::string trace = in_one_line(kTrace);
  const std::size_t at = trace.find(from);
  REQUIRE(at != std::string::npos);
  const std::string changed = std::string(trace).replace(at, from.size(), to);
  return refusal(trace + "\n" + changed + "\n", &read_traces);
}

TEST_CASE("StageReplay: a malformed recording is refused by file, line and place") {
  CHECK(trace_refusal("\"t\"", "\"u\"").empty());
  const auto refused = [](const std::string& from, const std::string& to, const char* place) {
    const std::string why = trace_refusal(from, to);
    CAPTURE(why);
    CHECK(contains(why, "line 2"));
    CHECK(contains(why, place));
  };
  refused("\"t\"", "7", "name");
  refused("\"stage\"", "\"other\"", "stage");
  refused("\"config\": {}", "\"config\": []", "config");
  refused("1000000", "1e300", "clock");
  refused("1000000", "NaN", "clock");
  refused("CONNECTED", "UP", "connection_state");
  refused("[{\"in\": {\"advance\": 1}, \"out\": []}]", "[]", "steps");
  refused("[{\"in\": {\"advance\": 1}, \"out\": []}]", "null", "steps");
  refused("\"steps\"", "\"other\"", "steps");
  refused("{\"advance\": 1}", "{}", "steps[0].in");
  refused("{\"advance\": 1}", "{\"advance\": -1}", "steps[0].in.advance");
  refused("{\"advance\": 1}", "{\"advance\": 1e18}", "steps[0].in.advance");
  refused("{\"advance\": 1}", "{\"run_op\": {\"id\": 1}}", "steps[0].in.run_op.id");
  refused("{\"advance\": 1}", "{\"jump\": 1}", "steps[0].in.jump");
  refused("{\"advance\": 1}", "{\"raise\": null}", "steps[0].in");
  refused("\"out\": []", "\"out\": [{}]", "steps[0].out[0]");
  refused("\"out\": []", "\"out\": {}", "steps[0].out");
  refused("\"out\": []", "\"out\": [], \"env\": {\"up\": [{}]}", "steps[0].env.up[0]");
  refused("\"out\": []", "\"out\": [], \"env\": {\"done\": {\"o1\": [[7]]}}",
          "steps[0].env.done.o1[0][0]");
  refused("}]}", "}]", "JSON");
}

TEST_CASE("StageReplay: a file without a trace is refused") {
  CHECK(contains(refusal("", &read_traces), "holds no trace"));
  CHECK(contains(refusal("\n\n", &read_traces), "holds no trace"));
}

TEST_CASE("StageReplay: a trace that cannot be replayed fails before its first step") {
  Trace trace;
  trace.name = "t";
  trace.subject = "OpTimeoutStage";
  trace.config = Json::object();
  const Subject& subject = *find_subject(trace.subject);
  const Verdict verdict = replay(trace, subject);
  REQUIRE(verdict.failure);
  CHECK_FALSE(verdict.failure->step);
  std::ostringstream out;
  Report report(out, false);
  report.add(trace, subject, verdict);
  CHECK(report.failed());
  CHECK(out.str().starts_with("FAILED t: the trace cannot be replayed"));
}

TEST_CASE("WireReplay: a malformed recording is refused by file and vector") {
  const auto refused = [](const std::string& from, const std::string& to, const char* place) {
    std::string vectors = kVector;
    const std::size_t at = vectors.find(from);
    REQUIRE(at != std::string::npos);
    const std::string why = refusal(vectors.replace(at, from.size(), to), &wire::read_vectors);
    CAPTURE(why);
    CHECK(contains(why, place));
  };
  CHECK(refusal(kVector, &wire::read_vectors).empty());
  refused("\"v\"", "7", "vector 1");
  refused("\"client\"", "\"other\"", "client");
  refused("1000000", "9223372036854775807", "clock");
  refused("\"create\": {}", "\"create\": []", "create");
  refused("\"steps\": []", "\"steps\": [7]", "steps");
  refused("\"steps\": []", "\"steps\": {}", "steps");
  refused("\"steps\": []", "\"steps\": [{\"ms\": 1e300}]", "ms");
  refused("\"steps\": []", "\"time_scale\": 0", "time_scale");
  refused("\"steps\": []", "\"events_left\": {\"f\": 9223372036854775807}", "f");
  refused("[{", "{", "JSON");
  CHECK(contains(refusal("", &wire::read_vectors), "not JSON"));
  CHECK(contains(refusal("[]", &wire::read_vectors), "holds no vector"));
}

}  // namespace
}  // namespace azure::iot::device::conformance
