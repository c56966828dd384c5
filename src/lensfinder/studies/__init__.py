"""Questions with a pipeline of their own, one folder each."""
