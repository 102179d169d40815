"""Tests of the likelihood: a package, so that its fixtures have a name of their own."""
