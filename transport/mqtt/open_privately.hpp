#pragma once

#include <cstddef>
#include <functional>

namespace azure::iot::device {

// Calls `open`, which opens up to `count` sockets without close-on-exec, and makes them
// close-on-exec. Until then, a program that another thread starts cannot inherit them. `open` runs
// on a thread with a descriptor table of its own, and the sockets are passed to the process under
// the same numbers.
//
// Needs Linux 5.9, and a sandbox that permits close_range. Otherwise `open` runs on the calling
// thread, and for a moment a program that is started by other means than fork can inherit the
// sockets.
//
// No fork happens while `open` runs, so `open` must not log. Returns false if the sockets could not
// be passed, for lack of descriptors. Their numbers must then be closed and cannot be used.
bool open_privately(std::size_t count, const std::function<void()>& open);

}  // namespace azure::iot::device
