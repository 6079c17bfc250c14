"""The form that a person writes: the resolved form with every field optional and every quantity short.

A quantity may be a bare number (then it has no source, and the page says *illustrative*) or a mapping with value,
low, high, source, grade and distribution.  Nobody need write a unit, for each field has one; a file that gives another
is refused.  So the resolved form is itself a scenario file, and resolves to itself.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from misid.quantities import Grade, Quantity
from misid.scenario.blocks import Bound, plain_number
from misid.scenario.resolved import Scenario

Number = Annotated[float, Strict()]


class QuantityForm(BaseModel):
    """A quantity as a person writes it: a number, or a mapping.

    Parameters
    ----------
    value : float
        Best value.
    low, high : float, optional
        Range; the value itself if left out.
    source : str, optional
        Who says so and where.  Without it the grade is D.
    grade : {"A", "B", "C", "D"}, optional
        A primary and read, B quotation of a primary, C press or secondary, D derived or assumed.
    distribution : {"uniform", "log_uniform"}, optional
        Only where the source states one.
    unit : str, optional
        The field's own unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Number
    low: Number | None = None
    high: Number | None = None
    source: str | None = Field(default=None, min_length=1)
    grade: Grade | None = None
    distribution: Literal["uniform", "log_uniform"] | None = None
    unit: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, (int, float)) and not isinstance(data, bool) else data

    @field_validator("low", "high")
    @classmethod
    def _range_holds_value(cls, bound: float | None, info: ValidationInfo) -> float | None:
        value = info.data.get("value")
        if bound is None or value is None:
            return bound
        if info.field_name == "low" and bound > value:
            raise PydanticCustomError(
                "low_above_value",
                "low {low} is above value {value}",
                {"low": plain_number(bound), "value": plain_number(value)},
            )
        if info.field_name == "high" and bound < value:
            raise PydanticCustomError(
                "high_below_value",
                "high {high} is below value {value}",
                {"high": plain_number(bound), "value": plain_number(value)},
            )
        return bound

    @field_validator("grade")
    @classmethod
    def _grade_needs_source(cls, grade: Grade | None, info: ValidationInfo) -> Grade | None:
        if grade not in (None, Grade.D) and info.data.get("source") is None:
            raise PydanticCustomError(
                "grade_without_source",
                "grade {grade} without a source",
                {"grade": grade.value if grade else ""},
            )
        return grade

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, handler.resolve_ref_schema(handler(schema))]}

    def fill(self, unit: str) -> dict[str, Any]:
        """Return the complete quantity as plain types."""
        return {
            "value": self.value,
            "low": self.value if self.low is None else self.low,
            "high": self.value if self.high is None else self.high,
            "unit": unit,
            "source": self.source or "no source given",
            "grade": self.grade or Grade.D,
            "distribution": self.distribution,
        }


@cache
def human_form(block: type[BaseModel]) -> type[BaseModel]:
    """Return the form of a block in which every field may be left out.

    Parameters
    ----------
    block : type
        A class of `misid.scenario.resolved`.

    Returns
    -------
    type
        A pydantic model with the same field names that forbids unknown ones.
    """
    fields: dict[str, Any] = {}
    for name, info in block.model_fields.items():
        annotation = _optional_inside(info.annotation, tuple(info.metadata))
        fields[name] = (
            Union[annotation, None],  # noqa: UP007  (the operands are not known before run time)
            Field(
                default=None,
                alias=info.alias,
                description=info.description,
                json_schema_extra=info.json_schema_extra,
            ),
        )
    return create_model(
        f"{block.__name__}Form",
        __config__=ConfigDict(frozen=True, extra="forbid"),
        __doc__=block.__doc__,
        **fields,
    )


def _optional_inside(annotation: Any, metadata: tuple[Any, ...] = ()) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _optional_inside(args[0], args[1:])
    if annotation is Quantity:
        return Annotated[(QuantityForm, *metadata)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return human_form(annotation)
    if origin is dict:
        entries = dict[args[0], _optional_inside(args[1])]  # type: ignore[misc, valid-type]
        return Annotated[(entries, *metadata)] if metadata else entries
    if origin is tuple:
        inner = tuple[_optional_inside(args[0]), ...]  # type: ignore[misc, valid-type]
        return Annotated[(inner, *metadata)] if metadata else inner
    return Annotated[(annotation, *metadata)] if metadata else annotation


def bound_of(metadata: Any) -> Bound:
    """Return the unit and limits among a field's metadata."""
    return next(m for m in metadata if isinstance(m, Bound))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the form that people write."""
    schema = human_form(Scenario).model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "misid scenario"
    return schema
