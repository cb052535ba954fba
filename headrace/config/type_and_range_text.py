"""Format the type and range of a configuration key from its JSON Schema."""

from typing import Any

# How the bounds of JSON Schema are written; a bound does not break in the middle.
BOUNDS = {
    "minimum": "≥\u00a0{}",
    "exclusiveMinimum": ">\u00a0{}",
    "maximum": "≤\u00a0{}",
    "exclusiveMaximum": "<\u00a0{}",
}
NAMES = {"string": "text", "integer": "integer", "number": "number", "boolean": "true, false", "object": "mapping"}


def target_section(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the section that a key holds, alone, as an option or as the values of a mapping; None if it holds none."""
    for option in (value, *value.get("allOf", ()), *value.get("anyOf", ())):
        inner = option.get("additionalProperties", option)
        if isinstance(inner, dict) and "$ref" in inner:
            found: dict[str, Any] = schema["$defs"][inner["$ref"].rpartition("/")[2]]
            if "properties" in found:
                return found
    return None


def is_mapping(value: dict[str, Any]) -> bool:
    """Return whether a key holds a mapping whose keys are the user's own."""
    return isinstance(value.get("additionalProperties"), dict)


def type_name(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the type of a key, or its choices in backticks."""
    if "$ref" in value or "allOf" in value:
        return "section" if target_section(value, schema) else type_name(_resolve(value, schema), schema)
    if "anyOf" in value:
        kinds = [type_name(option, schema) for option in value["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if value.get("type") == "array":
        return _array(value, schema)
    if is_mapping(value):
        return f"mapping of {type_name(value['additionalProperties'], schema)}"
    return NAMES.get(value.get("type", ""), "any")


def range_text(value: dict[str, Any]) -> str:
    """Return the bounds of a number, of the numbers of a list, or of the length of a text or list."""
    found: list[str] = []
    for option in (value, *value.get("anyOf", ())):
        for inner in (
            option,
            option.get("items", {}),
            *option.get("prefixItems", ())[:1],
            option.get("additionalProperties"),
        ):
            if isinstance(inner, dict):
                found += [text.format(_number(inner[bound])) for bound, text in BOUNDS.items() if bound in inner]
        if option.get("minLength") or (option.get("minItems") and "prefixItems" not in option):
            found.append("not empty")
    return ", ".join(dict.fromkeys(found))


def _array(value: dict[str, Any], schema: dict[str, Any]) -> str:
    if "prefixItems" in value:
        return f"list of {len(value['prefixItems'])}: {type_name(value['prefixItems'][0], schema)}"
    return f"list of {type_name(value.get('items', {}), schema)}"


def _resolve(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = value.get("$ref") or value["allOf"][0]["$ref"]
    resolved: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]]
    return resolved


def _number(value: float) -> str:
    if value == 2**32:
        return "2³²"
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
