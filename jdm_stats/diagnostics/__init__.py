"""What a careful reader asks of data and of a result: faults explained, rules of time kept."""
