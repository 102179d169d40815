"""Tests of the imputation room."""
