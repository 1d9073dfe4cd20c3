#pragma once

// Marks the calls that ask for what has come in. They are deprecated, as in Python: a handler needs
// no thread that waits. A program that uses them all the same says so, before it includes anything
// or for the whole build (-DAZURE_IOT_DEVICE_PULL_CALLS), and is not warned any more; so that one
// that treats warnings as errors compiles.
#ifdef AZURE_IOT_DEVICE_PULL_CALLS
#define AZURE_IOT_DEVICE_PULL_CALL(instead)
#else
#define AZURE_IOT_DEVICE_PULL_CALL(instead) \
  [[deprecated(instead                      \
               ", or define AZURE_IOT_DEVICE_PULL_CALLS to use this call without a warning")]]
#endif
