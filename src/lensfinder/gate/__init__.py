"""The gate between split and training: what must hold of a dataset before a network may learn from it.

Tables are prepared without Great Expectations (:mod:`~lensfinder.gate.tables`, ``<survey>_tables``,
:mod:`~lensfinder.gate.image_facts` and :mod:`~lensfinder.gate.shortcuts`), suites are functions of the
parameters (``<survey>``, from what all surveys share in :mod:`~lensfinder.gate.checks`,
:mod:`~lensfinder.gate.split_checks`, :mod:`~lensfinder.gate.image_checks` and
:mod:`~lensfinder.gate.shortcut_checks`), and :mod:`~lensfinder.gate.run` applies the ones to the others.
Importing this package imports none of them, because Great Expectations takes seconds to load.
"""
