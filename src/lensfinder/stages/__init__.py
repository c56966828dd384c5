"""One module a stage of the pipeline: each reads files, lets others compute, and writes files."""
