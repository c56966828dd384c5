"""Surveys: from a row of a catalogue to its images. One package a survey."""
