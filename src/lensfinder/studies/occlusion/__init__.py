"""Occlusion: which bands and places do the networks look at?"""
