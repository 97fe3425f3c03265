"""Lists of texts that are kept as JSON, asked for in SQL alike on both databases."""

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class has_text(FunctionElement[bool]):  # noqa: N801  # it reads as the function that it is
    """`has_text(column, text)`: whether the list has this text, to the letter."""

    name = "has_text"
    type = Boolean()
    inherit_cache = True


@compiles(has_text, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    column, text = (compiler.process(one, **kwargs) for one in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {text})"  # noqa: S608  # both as the compiler made them


@compiles(has_text, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    column, text = (compiler.process(one, **kwargs) for one in element.clauses)
    return f"({column} @> jsonb_build_array(CAST({text} AS TEXT)))"
