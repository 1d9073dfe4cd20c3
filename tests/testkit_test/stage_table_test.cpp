// The tables of tests/testkit/README.md say what the stages do.
#include "tests/testkit_test/stage_table.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <doctest/doctest.h>

#include "iothub/iothub_pipeline.hpp"
#include "iothub/stages/ensure_desired_properties_stage.hpp"
#include "iothub/stages/iothub_mqtt_translation_stage.hpp"
#include "iothub/stages/twin_request_response_stage.hpp"
#include "pipeline/stages/coordinate_request_and_response_stage.hpp"
#include "pipeline/stages/mqtt_transport_stage.hpp"
#include "pipeline/stages/op_timeout_stage.hpp"
#include "pipeline/stages/retry_stage.hpp"
#include "pipeline/stages/sas_token_stage.hpp"
#include "provisioning/provisioning_pipeline.hpp"
#include "provisioning/stages/polling_status_stage.hpp"
#include "provisioning/stages/provisioning_mqtt_translation_stage.hpp"
#include "provisioning/stages/registration_stage.hpp"
#include "tests/testkit_test/page.hpp"
#include "tests/testkit_test/stage_routes.hpp"

namespace azure::iot::device::test {
namespace {

using Columns = std::vector<StageColumn>;

#define STAGE(name) column_of<name>(#name)

Columns hub_columns() {
  return {STAGE(SasTokenStage),
          STAGE(EnsureDesiredPropertiesStage),
          STAGE(TwinRequestResponseStage),
          STAGE(CoordinateRequestAndResponseStage),
          STAGE(IotHubMqttTranslationStage),
          STAGE(AutoConnectStage),
          STAGE(ConnectionRetryStage),
          STAGE(RetryStage),
          STAGE(OpTimeoutStage),
          STAGE(MqttTransportStage)};
}

Columns provisioning_columns() {
  return {STAGE(SasTokenStage),
          STAGE(RegistrationStage),
          STAGE(PollingStatusStage),
          STAGE(CoordinateRequestAndResponseStage),
          STAGE(ProvisioningMqttTranslationStage),
          STAGE(AutoConnectStage),
          STAGE(ConnectionRetryStage),
          STAGE(RetryStage),
          STAGE(OpTimeoutStage),
          STAGE(MqttTransportStage)};
}

// The names of a chain's stages, top to bottom, as an error quotes them.
std::string stages_of(Pipeline& pipeline) {
  try {
    pipeline.insert_before("none", nullptr);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

std::vector<std::string> names_of(const Columns& columns) {
  std::vector<std::string> names;
  for (const StageColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string error_with(const Columns& columns) {
  std::string names;
  for (const StageColumn& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return "stage name: must be one of " + names + "; got \"none\"";
}

std::string cell(const StageColumn& column, std::string_view kind) {
  if (column.acts_on.count(kind) > 0) return " acts |";
  return column.holds.count(kind) > 0 ? " holds |" : " passes |";
}

template <class Kind>
void write_rows(std::ostream& to, const Columns& columns, const Routes& routes,
                const std::vector<Kind>& kinds) {
  for (const Kind& kind : kinds) {
    if (!routes.come(kind.name)) continue;
    std::string row = "| `" + std::string(kind.name) + "` |";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      row += routes.come(i, kind.name) ? cell(columns[i], kind.name) : " |";
    }
    to << row << '\n';
  }
}

void write_table(std::ostream& to, const std::string& title, const Columns& columns,
                 void (*run)(Routes& routes)) {
  Routes routes(names_of(columns));
  run(routes);
  to << "### " << title << "\n\n";
  std::string head = "| |", line = "|---|";
  for (std::size_t i = 1; i <= columns.size(); ++i) {
    to << i << ". `" << columns[i - 1].name << "`\n";
    head += " " + std::to_string(i) + " |";
    line += "---|";
  }
  to << '\n' << head << '\n' << line << '\n';
  write_rows(to, columns, routes, operation_kinds());
  write_rows(to, columns, routes, event_kinds());
  to << '\n';
}

TEST_CASE("Stage table: names the stages of both chains, in their order") {
  FakeMqttTransport far_end;
  const auto loop = std::make_shared<ManualLoop>();
  const auto sink = [](const Event&) {};
  const auto hub = make_iothub_mqtt_pipeline(loop, {}, {}, far_end.factory(), sink);
  const auto dps = make_provisioning_mqtt_pipeline(loop, {}, {}, far_end.factory(), sink);
  CHECK(stages_of(*hub) == error_with(hub_columns()));
  CHECK(stages_of(*dps) == error_with(provisioning_columns()));
}

TEST_CASE("Stage table: has a row for everything that a stage lists") {
  std::set<std::string_view> rows;
  for (const auto& kind : operation_kinds()) rows.insert(kind.name);
  for (const auto& kind : event_kinds()) rows.insert(kind.name);
  for (const Columns& columns : {hub_columns(), provisioning_columns()}) {
    for (const StageColumn& column : columns) {
      for (const std::string_view name : column.acts_on) {
        CAPTURE(column.name);
        CAPTURE(name);
        CHECK(rows.count(name) == 1);
      }
    }
  }
}

TEST_CASE("Stage table: the page says what the stages do, line by line") {
  std::stringstream table;
  write_table(table, "A client of the hub", hub_columns(), route_hub_client);
  write_table(table, "A client of the provisioning service", provisioning_columns(),
              route_provisioning_client);
  std::vector<std::string> expected;
  for (std::string line; std::getline(table, line);) expected.push_back(line);
  const std::vector<std::string> page = lines_of_page("stages");
  for (const std::string& line : expected) {
    CHECK_MESSAGE(std::count(page.begin(), page.end(), line) > 0, "the page lacks: ", line);
  }
  for (const std::string& line : page) {
    const bool known = std::count(expected.begin(), expected.end(), line) > 0;
    CHECK_MESSAGE(known, "the stages do not do as the page says: ", line);
  }
  CHECK_MESSAGE(page == expected, "the page has the lines in another order");
}

}  // namespace
}  // namespace azure::iot::device::test
