#pragma once

// Everything that an application on a device needs.
#include "../pipeline/log.hpp"
#include "iothub_device_client.hpp"
