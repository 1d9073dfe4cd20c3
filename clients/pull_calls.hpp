#pragma once

// Marks the receive calls, which wait for an item in place of a handler. They are deprecated, as in
// Python: a handler needs no waiting thread. Define AZURE_IOT_DEVICE_PULL_CALLS to use them without
// a warning, for example where warnings are errors. Define it before any include, or for the whole
// build (-DAZURE_IOT_DEVICE_PULL_CALLS).
#ifdef AZURE_IOT_DEVICE_PULL_CALLS
#define AZURE_IOT_DEVICE_PULL_CALL(instead)
#else
#define AZURE_IOT_DEVICE_PULL_CALL(instead) \
  [[deprecated(instead                      \
               ", or define AZURE_IOT_DEVICE_PULL_CALLS to use this call without a warning")]]
#endif
