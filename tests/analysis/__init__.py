"""The road from a plan and a cohort to the report, by hand."""
