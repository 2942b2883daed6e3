"""What can be measured, by name: each section says what is compared, and tells of what was found."""

from tests.benchmarks import steps

SECTIONS = {"steps": steps}
