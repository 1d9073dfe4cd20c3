"""Runs programs with limits, and leaves none behind."""
import os
import resource
import signal
import subprocess
import threading

MEMORY_AT_MOST = 8 << 30  # Address space: a loop may allocate.
OUTPUT_AT_MOST = 64 << 20


class Programs:
    """Starts programs in groups of their own, so that none is left behind."""

    def __init__(self):
        self.running = set()
        self.lock = threading.Lock()
        self.stopped = False

    def run(self, command, timeout, output, cwd=None, limited=False):
        """The exit status, or None if it took too long."""

        def limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limited:
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_AT_MOST, MEMORY_AT_MOST))
                resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_AT_MOST, OUTPUT_AT_MOST))

        with self.lock:
            if self.stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, cwd=cwd, preexec_fn=limit,
                                       start_new_session=True,
                                       env={**os.environ, "CCACHE_DISABLE": "1"})
            self.running.add(process)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self._end(process)
            with self.lock:
                self.running.discard(process)

    def stop(self):
        with self.lock:
            self.stopped = True
            for process in self.running:
                self._end(process)

    @staticmethod
    def _end(process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
