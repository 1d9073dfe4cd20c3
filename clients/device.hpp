#pragma once

// Everything that an application on a device needs.
#include "../pipeline/log.hpp"
#include "iothub_device_client.hpp"
#include "iothub_module_client.hpp"
