"""Whole models, the tasks they learn, and the command line that trains them: `python -m models --help`.

Built from minigrad's public face alone, as a user's own project would be.
"""
