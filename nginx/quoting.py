"""Values as nginx's configuration reads them."""


def quotable(value: object) -> str:
    """`value` as it stands between double quotes."""
    return str(value).replace("\\", "\\\\").replace('"', '\\"')
