"""All that speaks to MLflow.

The stages call :mod:`.log`; nothing here computes, and whatever is logged may be logged again: what a run
holds already stays as it is.
"""
