// The places of an option of the hub's clients, and the check that reports a missing one:
//   clients/client_options.hpp          each struct, with a comment: the tests here
//   pipeline/pipeline_config.hpp        the next does not compile
//   clients/detail/pipeline_options.hpp hub_options_test.cpp
//   the stage that acts on it           the tests here if none does, its own test if it does wrong
//   clients/detail/option_checks.?pp    a rule, if it has one: hub_options_test.cpp
//   tests/clients/hub_options_test.cpp  the tests here
//   README.md                           the tests here
//   CHANGELOG.md                        the tests here
#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"

namespace azure::iot::device::test {
namespace {
using Names = std::vector<std::string>;

std::string read(const std::string& path) {
  std::ifstream file(TEST_VECTORS_DIR "/../../" + path);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_MESSAGE(!text.str().empty(), path, ": cannot be read");
  return text.str();
}

struct Field {
  std::string name;
  std::string declaration;  // With type and default.
  bool documented = false;
};

// The fields of a struct in a header, one per line, in order.
std::vector<Field> fields_of(const std::string& header, const std::string& name) {
  std::istringstream lines(read(header));
  std::vector<Field> fields;
  std::string line, before;
  while (std::getline(lines, line) && line != "struct " + name + " {") {
  }
  static const std::regex kField(R"(^  [\w:<>, ]+ (\w+)( = .*|\{.*\})?;( //.*)?$)");
  for (std::smatch match; std::getline(lines, line) && line != "};"; before = line) {
    if (!std::regex_match(line, match, kField)) continue;
    const std::size_t end = line.find(';');
    fields.push_back({match[1], line.substr(2, end - 2),
                      before.starts_with("  //") || line.find("//") != std::string::npos});
  }
  REQUIRE_MESSAGE(!fields.empty(), header, ": no field of ", name, " was found");
  return fields;
}

Names names_of(const std::vector<Field>& fields) {
  Names names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The structs of one header, each with the options that its factory does not support.
struct OptionStruct {
  std::string name;
  Names without;
};
struct Family {
  std::string header;
  std::vector<OptionStruct> structs;
  std::string test;  // The test that shows the effect of each option.
};
const Family kHub{"clients/client_options.hpp",
                  {{"ConnectionStringOptions", {"gateway_hostname"}},
                   {"SymmetricKeyOptions", {}},
                   {"SasTokenOptions", {"sastoken_ttl"}},
                   {"X509Options", {"sastoken_ttl"}}},
                  "tests/clients/hub_options_test.cpp"};
const Family kProvisioning{
    "clients/provisioning_client_options.hpp",
    {{"ProvisioningSymmetricKeyOptions", {}}, {"ProvisioningX509Options", {"sastoken_ttl"}}},
    "tests/clients/provisioning_options_test.cpp"};

std::map<std::string, Field> all_fields(const Family& family) {
  std::map<std::string, Field> all;
  for (const OptionStruct& one : family.structs) {
    for (const Field& field : fields_of(family.header, one.name)) {
      all.try_emplace(field.name, field).first->second.documented |= field.documented;
    }
  }
  return all;
}

TEST_CASE("Option places: each struct of a family has each option, or is listed as without it") {
  for (const Family& family : {kHub, kProvisioning}) {
    const auto all = all_fields(family);
    for (const OptionStruct& one : family.structs) {
      const auto fields = fields_of(family.header, one.name);
      for (const auto& entry : all) {
        const std::string& option = entry.first;
        const auto found = std::find_if(fields.begin(), fields.end(),
                                        [&](const Field& f) { return f.name == option; });
        CHECK_MESSAGE((found == fields.end()) == contains(one.without, option), family.header, ": ",
                      one.name, " and ", option);
        if (found == fields.end()) continue;
        CHECK_MESSAGE(found->declaration == entry.second.declaration, family.header, ": ", one.name,
                      " declares ", option, " otherwise than the others");
      }
    }
  }
}

// An application that names options in order may use them for any factory.
TEST_CASE("Option places: the structs of a family have the same order") {
  for (const Family& family : {kHub, kProvisioning}) {
    const auto whole = std::find_if(family.structs.begin(), family.structs.end(),
                                    [](const OptionStruct& s) { return s.without.empty(); });
    REQUIRE(whole != family.structs.end());
    const Names most = names_of(fields_of(family.header, whole->name));
    for (const OptionStruct& one : family.structs) {
      Names expected = most;
      std::erase_if(expected, [&](const std::string& n) { return contains(one.without, n); });
      CHECK_MESSAGE(names_of(fields_of(family.header, one.name)) == expected, family.header, ": ",
                    one.name);
    }
  }
}

TEST_CASE("Option places: each option is described in its header") {
  for (const Family& family : {kHub, kProvisioning}) {
    for (const auto& entry : all_fields(family)) {
      CHECK_MESSAGE(entry.second.documented, family.header, ": ", entry.first);
    }
  }
}

// Those tests fail for an option that is missing from the mapping in
// clients/detail/pipeline_options.hpp.
TEST_CASE("Option places: the test of its effect sets each option") {
  for (const Family& family : {kHub, kProvisioning}) {
    const std::string test = read(family.test);
    for (const auto& entry : all_fields(family)) {
      const std::string& option = entry.first;
      const bool set = test.find("." + option + " = ") != std::string::npos ||
                       test.find("options." + option) != std::string::npos;
      CHECK_MESSAGE(set, family.test, ": ", option);
    }
  }
}

TEST_CASE("Option places: the tables of README and CHANGELOG name each option") {
  const std::string readme = read("README.md");
  const std::string changes = read("CHANGELOG.md");
  const std::size_t table = readme.find("| option in Python | in C++ |");
  REQUIRE(table != std::string::npos);
  const std::string options = readme.substr(table, readme.find("\n\n", table) - table);
  for (const Family& family : {kHub, kProvisioning}) {
    for (const auto& entry : all_fields(family)) {
      const std::string& option = entry.first;
      const std::string quoted = "`" + option + "`";
      CHECK_MESSAGE(options.find(quoted) != std::string::npos,
                    "README.md, the table of options: ", option);
      CHECK_MESSAGE(changes.find(quoted) != std::string::npos, "CHANGELOG.md: ", option);
    }
  }
}

TEST_CASE("Option places: some stage or transport reads each field of PipelineConfig") {
  std::string readers;
  for (const char* source :
       {"pipeline/stages/auto_connect_stage.cpp", "pipeline/stages/connection_retry_stage.cpp",
        "pipeline/stages/mqtt_transport_stage.cpp", "pipeline/stages/sas_token_stage.cpp",
        "pipeline/stages/coordinate_request_and_response_stage.cpp",
        "iothub/stages/ensure_desired_properties_stage.cpp",
        "iothub/stages/iothub_mqtt_translation_stage.cpp",
        "provisioning/stages/provisioning_mqtt_translation_stage.cpp"}) {
    readers += read(source);
  }
  for (const Field& field : fields_of("pipeline/pipeline_config.hpp", "PipelineConfig")) {
    CHECK_MESSAGE(readers.find("options." + field.name) != std::string::npos,
                  "pipeline/pipeline_config.hpp: no stage reads ", field.name);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
