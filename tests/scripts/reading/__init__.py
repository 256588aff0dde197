"""Tests of reading values off a screen."""
