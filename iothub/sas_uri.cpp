#include "iothub/sas_uri.hpp"

#include <vector>

#include "pipeline/text/text.hpp"

namespace azure::iot::device {

std::string hub_sas_uri(std::string_view hostname, std::string_view device_id,
                        std::string_view module_id) {
  std::string uri(hostname);
  uri += "/devices/";
  uri += device_id;
  if (!module_id.empty()) {
    uri += "/modules/";
    uri += module_id;
  }
  return uri;
}

Result<HubSasUri> split_sas_uri(std::string_view uri) {
  std::vector<std::string_view> parts;
  for (bool more = true; more;) parts.push_back(take_part(uri, '/', more));
  if (parts.size() != 3 && parts.size() != 5) {
    return Error(Errc::bad_content,
                 "Invalid SAS URI: {hub}/devices/{device id}[/modules/{module id}] was expected");
  }
  if (parts[1] != "devices") {
    return Error(Errc::bad_content, "Cannot extract device id from SAS URI");
  }
  if (parts.size() == 5 && parts[3] != "modules") {
    return Error(Errc::bad_content, "Cannot extract module id from SAS URI");
  }
  return HubSasUri{std::string(parts[0]), std::string(parts[2]),
                   std::string(parts.size() == 5 ? parts[4] : "")};
}

}  // namespace azure::iot::device
