"""What can be measured, by name: each section says what is compared, and tells of what was found."""

from tests.benchmarks import busy, chain, graphs, growth, imports, mechanisms, overhead, solved, steps

SECTIONS = {
    "steps": steps,
    "solved": solved,
    "mechanisms": mechanisms,
    "growth": growth,
    "busy": busy,
    "imports": imports,
    "overhead": overhead,
    "chain": chain,
    "graphs": graphs,
}
