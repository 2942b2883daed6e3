"""The models side by side: `python -m models compare`.

`plan` lists the pieces of work, `work` does one, `comparison` does all that are not done yet and keeps each result, and
`report` makes tables and pictures of them.
"""
