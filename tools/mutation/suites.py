"""The test programs of each folder."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STAGE_TRACES = ("stage-replay", "{root}/tests/vectors/stages")

# Which programs test a folder, the fastest first; the longest name that fits counts.
SUITES = {
    "pipeline": (("pipeline-tests",), STAGE_TRACES),
    "pipeline/auth": (("pipeline-tests",), ("wiping-tests",)),
    "pipeline/json": (("pipeline-tests",),),
    "pipeline/loop": (("pipeline-tests",), ("threads-tests",)),
    "pipeline/text": (("pipeline-tests",),),
    "pipeline/proxy_options.cpp": (("pipeline-tests",), ("wiping-tests",)),
    "iothub": (("iothub-tests",), STAGE_TRACES),
    "provisioning": (("provisioning-tests",), STAGE_TRACES),
    "transport": (("environment-tests",), ("transport-tests",), ("wiping-tests",)),
    "clients": (("clients-tests",), ("wiping-tests",)),
}


def suites_of(file, only=None):
    """The programs for a file of the library, with their arguments; `only` of these names."""
    folder = file
    while folder not in SUITES:
        folder, slash, _ = folder.rpartition("/")
        if not slash:
            return ()
    suites = [(program, *(argument.format(root=ROOT) for argument in arguments))
              for program, *arguments in SUITES[folder]]
    return [suite for suite in suites if not only or suite[0] in only]
