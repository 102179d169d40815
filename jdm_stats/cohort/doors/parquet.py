"""The door for Parquet files: typed columns, read as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jdm_stats.cohort.doors.opening import open_checked
from jdm_stats.cohort.doors.plain import typed_table
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.refusal import MAX_CELLS, Refusal
from jdm_stats.errors import Fault

__all__ = ["RULES", "read_parquet"]

RULES: Mapping[str, str] = MappingProxyType(
    {"malformed_parquet": "A Parquet file can be read as a table."}
)

_AS_THEY_ARE = {
    "integer_object_nulls": True,  # else whole numbers turn into fractions
    "timestamp_as_object": True,  # else days beyond the year 2262 are lost
    "date_as_object": True,
}


def read_parquet(
    path: Path, reading: Reading, *, name: str | None = None
) -> tuple[RawTable | None, list[Fault]]:
    """Read one Parquet file.

    Returns
    -------
    table : RawTable or None
        None when the file cannot be read.
    faults : list of Fault

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "kinder.parquet"
    ...     pq.write_table(pa.table({"PatNr": ["007", None], "CK": [120, None]}), file)
    ...     table, faults = read_parquet(file, Reading())
    >>> table.frame.values.tolist()
    [['007', 120], [None, None]]
    """
    name = path.stem if name is None else name
    try:
        open_checked(path, limit=None)
        names, columns = _columns(path)
    except Refusal as refusal:
        return None, [refusal.fault(name, path.name)]
    return typed_table(names, columns, reading, name=name, source=path.name)


def _columns(path: Path) -> tuple[list[str], list[Any]]:
    try:
        with pq.ParquetFile(path) as file:
            rows, width = file.metadata.num_rows, len(file.schema_arrow.names)
            if rows * width > MAX_CELLS:
                raise Refusal(
                    "too_large",
                    f"{path.name} has {rows:,} rows of {width:,} columns",
                    "leave out columns that are not needed, or give it in parts",
                )
            table = file.read()
        return list(table.column_names), [_objects(each) for each in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise Refusal(
            "malformed_parquet",
            f"{path.name}: {said}",
            "write the table to Parquet again",
        ) from None


def _objects(column: pa.ChunkedArray) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.to_pandas(**_AS_THEY_ARE).astype(object).to_numpy(dtype=object)
