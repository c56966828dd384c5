"""Cross-validation: is the answer an accident of one split?"""
