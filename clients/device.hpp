#pragma once

// Everything that an application on a device needs.
#include "../pipeline/log.hpp"
#include "enrollment_group.hpp"
#include "iothub_device_client.hpp"
#include "iothub_module_client.hpp"
#include "managed_device.hpp"
#include "provisioned_device.hpp"
#include "provisioning_device_client.hpp"
