"""Does rlbook hold with the oldest and the newest libraries that pyproject.toml allows?

    nox                             oldest and newest, on each Python of pyproject.toml that is here
    nox -s prerelease               with releases that are not final yet
    nox -s oldest -p 3.12           one session, one Python
    nox -s newest -- tests          all tests; what follows -- is for pytest

A Python is here if the PATH has it, as python3.12 say; others are passed over. The extra `dev`
brings nox, and uv, which can ask for the lowest versions. numba is left out: it holds numpy back,
and without it the plain loops run. The extra `test` is where it is tested.
"""

import nox
from packaging.version import Version

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["oldest", "newest"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)  # from the classifiers
TOOLS = [
    requirement
    for requirement in PYPROJECT["project"]["optional-dependencies"]["test"]
    if requirement.startswith(("hypothesis", "pytest", "scipy"))
]

SHOW = """
import sys
from importlib.metadata import version
print("Python", sys.version.split()[0], *(f"{x} {version(x)}" for x in sys.argv[1:]))
"""

# What is left out asks the libraries nothing that others do not ask, and takes as long as all of
# them: whole items, sampling in plain Python, many processes.
LEFT_OUT = (
    "chapters", "homework_mistakes", "loops", "monte_carlo", "notebooks", "readme",
    "statements_*", "sweep_processes", "sweep_run", "temporal_difference", "theorems",
)  # fmt: skip
TESTS = ["tests", *(f"--ignore-glob=tests/test_{name}.py" for name in LEFT_OUT)]


@nox.session(python=PYTHONS)
def oldest(session):
    """The lowest version of each library that is allowed and has a wheel for this Python."""
    install(session, "--resolution=lowest-direct")
    test(session)


@nox.session(python=PYTHONS)
def newest(session):
    """The highest versions that can be installed."""
    install(session)
    test(session)


@nox.session(python=PYTHONS)
def prerelease(session):
    """The highest versions, final or not; skipped where all of them are final."""
    install(session, "--prerelease=allow")
    pins = session.run("uv", "pip", "freeze", silent=True, log=False).splitlines()
    early = [pin for pin in pins if "==" in pin and Version(pin.split("==")[1]).is_prerelease]
    if not early:
        session.skip("the newest release of every library is final")
    session.log(f"not final yet: {', '.join(early)}")
    test(session)


def install(session, *choice):
    """rlbook and the tools of its tests, from wheels, by such a choice of versions."""
    wheels = "--only-binary=:all:", "--no-binary=rlbook"
    session.install("--upgrade", *choice, *wheels, "--editable", ".", *TOOLS)
    session.run("python", "-c", SHOW, "numpy", "gymnasium", "matplotlib", log=False)


def test(session):
    """The tests that are chosen here, or what the command line asks of pytest."""
    session.run("pytest", *(session.posargs or TESTS), env={"MPLBACKEND": "Agg"})
