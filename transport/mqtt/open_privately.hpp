#pragma once

#include <cstddef>
#include <functional>

namespace azure::iot::device {

// Calls `open`, which opens up to `count` sockets that are not close-on-exec, and makes them so. In
// between they are nowhere where a program that another thread starts could inherit them: `open`
// runs on a thread with descriptors of its own, and they come to the process's under their numbers.
//
// Needs Linux 5.9, and a sandbox that lets close_range through. Without it `open` runs right here,
// and for a moment a program that is started by other means than fork inherits them.
//
// Nothing forks while `open` runs, so that it must not log. False if the sockets could not be
// handed over, for want of descriptors: then their numbers are there to be closed, and good for
// nothing else.
bool open_privately(std::size_t count, const std::function<void()>& open);

}  // namespace azure::iot::device
