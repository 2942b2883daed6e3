"""The child process that draws with the Graphviz inside pygraphviz: DOT on stdin, the picture on stdout.

As the program `dot` does, it takes any number of graphs, one after the other; here a NUL stands between them.

It is started as a file, with the format and the resolution as arguments, and imports nothing of minigrad.
"""

import sys


def main() -> None:
    """Draw what stdin holds."""
    import pygraphviz  # here, since importing this file must not need it

    for text in sys.stdin.buffer.read().decode().split("\0"):
        graph = pygraphviz.AGraph(string=text)
        graph.graph_attr["dpi"] = sys.argv[2]
        sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))


if __name__ == "__main__":
    main()
