"""What one sees: pictures of what was computed, and measures of it.

`record` writes down what runs in a block, and `trace` one run of a module; `read` reads a `Graph` off the engine
afterwards. `fold`, `collapse` and `hide` make smaller graphs of it; `draw` does all that and makes a `Drawing`, which
shows itself in a notebook and saves itself as SVG, PNG, PDF or DOT.

`print` shows a graph as a table of its modules, and a recording's `explain` how a gradient came about.

`measure` counts ops, parameters, FLOPs and bytes; `paths` follows positions through the ops; `layer_growth` sets the
textbook's table of layers beside what is measured.
"""

from minigrad.graph.drawing import draw
from minigrad.graph.explain import Explanation, Part, Term
from minigrad.graph.explorer import Explorer, explore
from minigrad.graph.growth import Growth, exponent, growth, layer_growth, to_markdown
from minigrad.graph.measures import Measures, measure
from minigrad.graph.numbers import Numbers
from minigrad.graph.parts import Contribution, Edge, Node, Rule, Scope, Seed, Step
from minigrad.graph.picture import Drawing
from minigrad.graph.positions import Path, Paths, paths
from minigrad.graph.reading import read
from minigrad.graph.recording import Recording, record, trace
from minigrad.graph.render import RendererError
from minigrad.graph.representation import Graph
from minigrad.graph.simplify import collapse, fold, hide
