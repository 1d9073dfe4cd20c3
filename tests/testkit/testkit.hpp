#pragma once

// The whole test kit: a far end whose faults are scripted, harnesses for one stage and for the
// whole chain, and a client for the tests of an application. It creates no threads, opens no
// sockets and never waits; time is that of a ManualLoop. Link azure::iot_device_testkit.
#include "fake_hub.hpp"
#include "fake_mqtt_transport.hpp"
#include "reply.hpp"
#include "test_client.hpp"
#include "test_hub_pipeline.hpp"
#include "test_pipeline.hpp"
#include "test_provisioning_client.hpp"
#include "violations.hpp"
