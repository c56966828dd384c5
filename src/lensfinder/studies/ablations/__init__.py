"""Ablations: which information do the networks need?"""
