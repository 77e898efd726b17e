"""What `image:` of a machine may be: a name, an id, or `{name, owner}`."""

import re
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainValidator, ValidationError, WithJsonSchema

from soundstage.components.images import images
from soundstage.core.strict import Form, Strict, is_a, refuse
from soundstage.images.index import shipped_index

FORM: Final = (
    "the name of a recipe such as edit-linux, the id of an image such as ami-0123456789abcdef0, {name: …, owner: …}, "
    "or on Google Cloud projects/PROJECT/global/images/NAME"
)
ID: Final = r"^ami-[0-9a-f]{8,17}$"
GOOGLE_NAME: Final = r"^projects/[a-z0-9.:-]+/global/images/[a-z]([-a-z0-9]*[a-z0-9])?$"
"""An image of Google Cloud."""
_WORD: Final = r"^[a-z0-9][a-z0-9.-]{0,62}$"
_NAME: Final = r"^[A-Za-z0-9()\[\] ./'@_-]{3,128}$"
_OWNER: Final = r"^([0-9]{12}|self)$"


class OwnImage(Strict):
    """An image by its name and its maker: its id is another one in every region."""

    name: Annotated[str, Form(_NAME, "3 to 128 letters, digits, spaces and ( ) [ ] . / - ' @ _")]
    """Its exact name."""

    owner: Annotated[str, Form(_OWNER, "the 12 digits of an account, in quotes, or self")]
    """The account that made it."""


Chosen: TypeAlias = str | OwnImage


def is_exact(image: str) -> bool:
    """Whether this names one image of a cloud, and no recipe."""
    return bool(re.fullmatch(ID, image) or re.fullmatch(GOOGLE_NAME, image))


def _chosen(value: Any) -> Chosen:
    if isinstance(value, OwnImage):
        return value
    if isinstance(value, dict):
        try:
            return OwnImage.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = str(first["loc"][0])
            said = {"missing": f"has no {key}", "extra_forbidden": f"has the key {key}, which is not known"}
            allowed = str(first.get("ctx", {}).get("allowed", "")) or "name and owner"
            raise refuse(said.get(first["type"], f"has the {key} {is_a(first['input'])[3:]}"), allowed) from error
    if not isinstance(value, str) or not any(re.fullmatch(form, value) for form in (_WORD, ID, GOOGLE_NAME)):
        raise refuse(is_a(value), FORM)
    return value


Image = Annotated[
    Chosen,
    PlainValidator(_chosen),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [*shipped_index(), *images()]},
                {"type": "string", "pattern": ID},
                {"type": "string", "pattern": GOOGLE_NAME},
                {"type": "string", "pattern": _WORD, "description": "a recipe of the studio's own"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "owner"],
                    "properties": {
                        "name": {"type": "string", "pattern": _NAME},
                        "owner": {"type": "string", "pattern": _OWNER},
                    },
                },
            ]
        }
    ),
]
"""Which names there are is up to the studio, whose recipes are not known here."""
