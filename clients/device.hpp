#pragma once

// Includes everything that an application on a device needs.
#if __cplusplus < 202002L
#error "azure-iot-device needs C++20: compile with -std=c++20"
#else
#include "../pipeline/log.hpp"
#include "enrollment_group.hpp"
#include "iothub_device_client.hpp"
#include "iothub_module_client.hpp"
#include "managed_device.hpp"
#include "provisioned_device.hpp"
#include "provisioning_device_client.hpp"
#endif
