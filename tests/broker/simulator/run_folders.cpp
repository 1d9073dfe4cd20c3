// Several simulators, and the folders that they leave behind.
#include <filesystem>
#include <iterator>

#include <doctest/doctest.h>
#include <signal.h>

#include "shared_hub.hpp"
#include "support/temporary_folder.hpp"

using namespace azure::iot::device::test;

namespace {

// A private place for runs. Its name contains characters that break careless scripts.
class Place {
 public:
  Place() : folder_(parent_.path() / "my sdk (x)") { std::filesystem::create_directory(folder_); }

  std::vector<std::string> environment() const {
    return {"TMPDIR=" + folder_.string(), "XDG_RUNTIME_DIR="};
  }
  Outcome run(const std::string& arguments) const {
    return azure::iot::device::test::run(arguments,
                                         "TMPDIR='" + folder_.string() + "' XDG_RUNTIME_DIR=");
  }
  std::ptrdiff_t folders() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }
  std::string path() const { return folder_.string(); }

 private:
  TemporaryFolder parent_;
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("iothub-sim: a run keeps its files under TMPDIR, and a command finds it there") {
  const Place place;
  SimulatorProcess hub({.devices = {"only"}, .environment = place.environment()});
  CHECK(hub.control_socket().find(place.path()) == 0);
  const auto outcome = place.run("devices");
  CHECK(outcome.status == 0);
  CHECK(outcome.output.find(R"("device_id":"only")") != std::string::npos);
  hub.stop();
  CHECK(place.folders() == 0);
}

TEST_CASE("iothub-sim: a command that could mean several simulators lists them and does nothing") {
  const Place place;
  const SimulatorProcess one({.devices = {"d"}, .environment = place.environment()});
  const SimulatorProcess two({.devices = {"d"}, .environment = place.environment()});
  const auto outcome = place.run("twin d --desired '{\"a\":1}'");
  CHECK(outcome.status == 2);
  CHECK(outcome.output.find("--control '" + one.control_socket() + "'") != std::string::npos);
  CHECK(outcome.output.find("--control '" + two.control_socket() + "'") != std::string::npos);
  CHECK(one.twin("d").find("\"a\"") == std::string::npos);
  CHECK(two.twin("d").find("\"a\"") == std::string::npos);
}

TEST_CASE(
    "iothub-sim: the folder of a killed run goes with the next start, that of a live one stays") {
  const Place place;
  const SimulatorProcess live({.devices = {"d"}, .environment = place.environment()});
  {
    SimulatorProcess killed({.devices = {"d"}, .environment = place.environment()});
    kill(killed.pid(), SIGKILL);
    killed.stop();
  }
  CHECK(place.folders() == 2);
  const SimulatorProcess next({.devices = {"d"}, .environment = place.environment()});
  CHECK(place.folders() == 2);
  CHECK(live.twin("d").find("desired") != std::string::npos);
}

TEST_CASE("iothub-sim: a place whose name is too long for a socket is passed over") {
  const Place place;
  const auto deep = std::filesystem::path(place.path()) / std::string(100, 'x');
  std::filesystem::create_directory(deep);
  const SimulatorProcess hub(
      {.devices = {"d"},
       .environment = {"TMPDIR=" + deep.string(), "XDG_RUNTIME_DIR=" + place.path()}});
  CHECK(std::filesystem::path(hub.control_socket()).parent_path().parent_path() == place.path());
}

TEST_CASE("iothub-sim: a place that cannot be written is named") {
  const auto outcome = run("run --device d", "TMPDIR=/nonexistent XDG_RUNTIME_DIR=");
  CHECK(outcome.status == 1);
  CHECK(outcome.output.find("/nonexistent") != std::string::npos);
  CHECK(outcome.output.find("TMPDIR") != std::string::npos);
}
