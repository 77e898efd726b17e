"""The picture as one page of HTML with nothing outside it: drawn for a wide and for a narrow window, and told in words below."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Final

from soundstage.plan.diagram.layout import narrow, wide
from soundstage.plan.diagram.letters import plain
from soundstage.plan.diagram.outline import Box, Outline
from soundstage.plan.diagram.svg import drawn, style

_STYLE: Final = """
:root{color-scheme:light dark;--text:#14181d;--line:#c3cad2;--page:#fff}
@media (prefers-color-scheme:dark){:root{--text:#f0f3f6;--line:#3d4652;--page:#0e1218}}
body{font:16px/1.5 system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:var(--text);background:var(--page);
margin:0 auto;padding:1rem;max-width:110rem;overflow-wrap:anywhere}
svg{display:block;max-width:100%;height:auto;margin:0 auto}
table{border-collapse:collapse;max-width:60rem;width:100%}caption{font-weight:600;text-align:left;padding:1.6rem 0 .3rem;font-size:1.1rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-top:1px solid var(--line)}th{font-weight:600;width:16rem}
.narrow{display:none}
@media (max-width:56rem){.wide{display:none}.narrow{display:block}th,td{display:block;width:auto}td{border:0;padding-top:0}}
@media print{.wide{display:block}.narrow{display:none}}
"""


def page(picture: Outline) -> str:
    """The file. Nothing is fetched and nothing runs: its policy allows the two style sheets by their hashes, and nothing else."""
    sheets = (_STYLE, style())
    hashes = " ".join(f"'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'" for sheet in sheets)
    policy = f"default-src 'none'; style-src {hashes}; base-uri 'none'; form-action 'none'"
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{_safe(picture.title)}</title>",
        *(f"<style>{sheet}</style>" for sheet in sheets),
    ]
    body = [
        f'<div class="wide">{drawn(picture, wide(picture), "w")}</div>',
        f'<div class="narrow">{drawn(picture, narrow(picture), "n")}</div>',
        *(_table(heading, boxes) for heading, boxes in picture.words()),
    ]
    return "\n".join(
        ["<!doctype html>", '<html lang="en"><head>', *head, "</head><body><main>", *body, "</main></body></html>", ""]
    )


def _table(heading: str, boxes: tuple[Box, ...]) -> str:
    return f"<table><caption>{_safe(heading)}</caption><tbody>{''.join(_rows(boxes))}</tbody></table>"


def _rows(boxes: tuple[Box, ...]) -> Iterator[str]:
    for box in boxes:
        yield f'<tr><th scope="row">{_safe(box.title)}</th><td>{"<br>".join(map(_safe, box.lines))}</td></tr>'


def _safe(text: str) -> str:
    return escape(plain(text))
