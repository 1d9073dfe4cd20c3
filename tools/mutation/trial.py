"""Tries a slip: compiles it, links the test programs with it and runs them."""
import pathlib
import tempfile
import threading

from .suites import suites_of

COMPILING_TAKES_AT_MOST = 180  # Seconds.


class Trial:
    """Tries slips in copies of the tree, one copy for each worker."""

    def __init__(self, tree, programs, folder, durations, only):
        self.tree, self.programs, self.folder = tree, programs, folder
        self.durations, self.only = durations, only
        self.workers = threading.local()

    def copy(self):
        if not hasattr(self.workers, "copy"):
            self.workers.copy = pathlib.Path(tempfile.mkdtemp(prefix="copy-", dir=self.folder))
            self.tree.copy_sources(self.workers.copy)
        return self.workers.copy

    def run(self, slip):
        """Returns the verdict, and the program and test that gave it."""
        copy = self.copy()
        changed = copy / slip.file
        original = changed.read_text()
        changed.write_text(slip.apply(original))
        try:
            return self._run(slip, copy)
        finally:
            changed.write_text(original)

    def _run(self, slip, copy):
        compiled = {}
        for suite in suites_of(slip.file, self.only):
            program = suite[0]
            parts = self.tree.objects_of(slip.file) & self.tree.parts_of(program)
            if not parts:
                continue
            for part in sorted(parts - compiled.keys()):
                output = copy / f"changed-{len(compiled)}.o"
                with open(copy / "compiler.txt", "wb") as log:
                    command = self.tree.compile_command(part, copy, output)
                    if self.programs.run(command, COMPILING_TAKES_AT_MOST, log,
                                         cwd=self.tree.build) != 0:
                        return "does not compile", ""
                compiled[part] = output
            binary = copy / "program"
            binary.unlink(missing_ok=True)  # Another may still be running it.
            changed = {part: compiled[part] for part in parts}
            link = self.tree.link_command(program, changed, binary)
            with open(copy / "linker.txt", "wb") as log:
                if self.programs.run(link, COMPILING_TAKES_AT_MOST, log,
                                     cwd=self.tree.build) != 0:
                    return "does not compile", ""
            verdict = self._try(suite, binary, copy)
            if verdict:
                return "caught", verdict
        return "survived", ""

    def _try(self, suite, binary, copy):
        """Returns why the program failed; nothing if it passed."""
        program, *arguments = suite
        if program.endswith("-tests"):
            arguments = [*arguments, "--abort-after=1"]
        limit = 10 + 8 * self.durations[program]
        with open(copy / "output.txt", "wb") as log:
            status = self.programs.run([str(binary), *arguments], limit, log, cwd=copy,
                                       limited=True)
        if status == 0:
            return ""
        output = (copy / "output.txt").read_text(errors="replace").splitlines()
        if status is None:
            return f"{program}: still running after {limit:.0f} s"
        for line in output:
            if line.startswith("TEST CASE:"):
                return f"{program}: {line.split(':', 1)[1].strip()}"
        return f"{program}: " + (f"signal {-status}" if status < 0 else f"exit {status}")
