"""How results are said: the report of one page."""
