"""Packaging, with all metadata. The engine needs NumPy alone; an extra is named for what you want to do."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = next(
    line.split('"')[1]
    for line in (HERE / "minigrad" / "__init__.py").read_text(encoding="utf-8").splitlines()
    if line.startswith("__version__")
)

render = ["graphviz>=0.20", "pygraphviz>=2.0.4"]
train = [*render, "matplotlib>=3.10.9", "safetensors>=0.4.5", "tqdm>=4.66"]
docs = [*train, "myst-parser>=4.0", "sphinx>=8.0"]
test = [*train, "hypothesis>=6.100", "networkx>=3.2", "pytest>=8.0"]
browser = ["playwright>=1.40"]  # beside it the program Chromium, for the tests of the explorer
notebook = ["ipython>=8.12"]  # for the tests of what notebooks show; minigrad itself needs nothing for it
develop = ["mypy>=1.11", "pre-commit>=3.7", "ruff>=0.6"]

setup(
    name="minigrad",
    version=VERSION,
    description="Tensors and autograd on NumPy, with PyTorch's names and with pictures of every graph",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["minigrad", "minigrad.*"]),
    package_data={"minigrad": ["py.typed"], "minigrad.graph.explorer": ["page/*"]},
    install_requires=["numpy>=2.0"],
    extras_require={
        "render": render,
        "train": train,
        "test": test,
        "browser": [*test, *browser],
        "notebook": [*test, *notebook],
        "docs": docs,
        "develop": develop,
        "networkx": ["networkx>=3.2"],
        "bench": [*train, "autograd>=1.7", "jax>=0.4.30", "mygrad>=2.2", "torch>=2.4"],
        "all": sorted({*docs, *test, *browser, *notebook, *develop}),
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Education",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
