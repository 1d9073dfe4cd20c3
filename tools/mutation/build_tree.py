"""Compiles and links single programs of a finished build with changed sources.

The build and the sources are only read. Changed sources stand in a copy of the tree. Each compiler
and linker command is that of the build, with the paths of the copy.
"""
import collections
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

SOURCE_FOLDERS = ("pipeline", "transport", "iothub", "provisioning", "clients", "tests", "tools")


class BuildError(Exception):
    pass


class BuildTree:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        commands = self.build / "compile_commands.json"
        if not commands.exists() or not (self.build / "build.ninja").exists():
            raise BuildError(f"{build} is not a Ninja build folder with compile_commands.json; "
                             "the preset dev makes one")
        cache = (self.build / "CMakeCache.txt").read_text()
        self.source = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", cache, re.M).group(1)
        self.compile_commands = {}  # By object.
        self.objects_of_source = collections.defaultdict(set)
        for entry in json.loads(commands.read_text()):
            words = shlex.split(entry["command"])
            if pathlib.Path(words[0]).name == "ccache":
                words = words[1:]
            name = words[words.index("-o") + 1]
            self.compile_commands[name] = words
            self.objects_of_source[os.path.relpath(entry["file"], self.source)].add(name)
        self._dependents = None
        self._inputs = {}

    def _ninja(self, *arguments):
        return subprocess.run(["ninja", "-C", str(self.build), *arguments], check=False, text=True,
                              capture_output=True)

    def bring_up_to_date(self, programs):
        result = self._ninja("-j2", *(f"bin/{program}" for program in programs))
        if result.returncode != 0:
            raise BuildError("the test programs cannot be built:\n"
                             f"{result.stdout[-3000:]}{result.stderr}")

    def objects_of(self, file):
        """The objects that a source or header is compiled into."""
        if file.endswith(".cpp"):
            return self.objects_of_source[file]
        if self._dependents is None:
            self._dependents = collections.defaultdict(set)
            for line in self._ninja("-t", "deps").stdout.splitlines():
                if line.startswith(" "):
                    self._dependents[os.path.relpath(line.strip(), self.source)].add(name)
                else:
                    name = line.split(":")[0]
        return self._dependents[file]

    def parts_of(self, program):
        """The objects of which a program is made."""
        if program not in self._inputs:
            inputs = self._ninja("-t", "inputs", f"bin/{program}").stdout.splitlines()
            self._inputs[program] = {name for name in inputs if name in self.compile_commands}
        return self._inputs[program]

    def copy_sources(self, copy):
        """Copies the sources, and the build's folder of links to them by which tests include."""
        links = self.build / "include"
        if links.exists():
            shutil.copytree(links, pathlib.Path(copy, "include"), symlinks=True)
            for link in pathlib.Path(copy, "include").rglob("*"):
                if link.is_symlink() and str(link.readlink()).startswith(self.source + "/"):
                    target = pathlib.Path(copy, link.readlink().relative_to(self.source))
                    link.unlink()
                    link.symlink_to(target)
        for folder in SOURCE_FOLDERS:
            for path in pathlib.Path(self.source, folder).rglob("*.[chip]*"):
                if path.suffix in (".cpp", ".hpp", ".h", ".c") and path.is_file():
                    to = pathlib.Path(copy, path.relative_to(self.source))
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, to)

    def compile_command(self, name, copy, output):
        """The command for one object, with the sources taken from the copy."""
        build = re.escape(os.path.relpath(self.build, self.source))
        source = re.compile(rf"{re.escape(self.source)}(?=/|$)(?!/{build}(?:/|$))")
        words = [word.replace(f"{self.build}/include", f"{copy}/include")
                 for word in self.compile_commands[name]]
        words = [source.sub(str(copy), word) for word in words]
        words[words.index("-o") + 1] = str(output)
        return words

    def link_command(self, program, changed, output):
        """`changed`: where the new form of an object stands, by the object's name."""
        commands = self._ninja("-t", "commands", f"bin/{program}").stdout.splitlines()
        steps = commands[-1].split(" && ")
        link = next(step for step in steps if f" -o bin/{program} " in step)
        words = shlex.split(link)
        words[words.index("-o") + 1] = str(output)
        left = dict(changed)
        words = [str(left.pop(word, word)) for word in words]
        # The linker takes no member of an archive for names that it has already.
        archive = next((at for at, word in enumerate(words) if word.endswith(".a")), len(words))
        return words[:archive] + [str(path) for path in left.values()] + words[archive:]
