"""`workstation image …` on the simulated cloud, as a studio's technical person types it."""

import json
from pathlib import Path

import pytest

from soundstage.cli.main import main


def _said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == code, capsys.readouterr()
    captured = capsys.readouterr()
    return captured.out + captured.err


def _document(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, object]:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.slow
def test_images_are_listed_baked_promoted_pruned_and_shared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "simulated" in _said(capsys, "image", "list")
    planned = _document(capsys, "image", "plan", "audio-linux")
    assert planned["minutes"] == 30
    assert "sound editors without a licence" in planned["steps"]  # type: ignore[operator]
    assert "Add `--yes`" in _said(capsys, "image", "bake", "audio-linux", code=2)
    baked = _document(capsys, "image", "bake", "audio-linux", "--yes")
    assert (baked["simulated"], baked["pinned"], list(baked["images"])) == (True, True, ["eu-west-1"])  # type: ignore[call-overload]
    (id,) = baked["images"].values()  # type: ignore[attr-defined]
    assert "was there already" in _said(capsys, "image", "bake", "audio-linux", "--yes")
    (row,) = (one for one in _document(capsys, "image", "list")["recipes"] if one["recipe"] == "audio-linux")  # type: ignore[attr-defined]
    assert (row["image"], row["state"]) == (id, "fresh")
    assert id in _said(capsys, "image", "show", "audio-linux")
    assert _document(capsys, "image", "promote", "audio-linux")["regions"] == {"eu-west-1": id}
    pruned = _document(capsys, "image", "prune", "audio-linux", "--keep", "0", "--yes")
    assert (pruned["deleted"], pruned["kept"]) == ([], [{"id": id, "region": "eu-west-1", "why": "pinned"}])
    shared = _document(capsys, "image", "share", "audio-linux", "123456789012")
    assert shared["images"] == {"eu-west-1": id}
    assert shared["keys"]["eu-west-1"].startswith("arn:aws:kms:eu-west-1")  # type: ignore[index]
    assert "no inside" in _said(capsys, "image", "verify", "audio-linux", code=2)
    # Of the simulated cloud nothing is left in the folder that a person commits.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "edit-linx"), 'Did you mean "edit-linux"?'),
        (("plan", "edit-linux", "--region", "eu-wets-1"), 'Did you mean "eu-west-1"?'),
        (("share", "edit-linux", "1234"), "Give its 12 digits"),
    ],
)
def test_a_wrong_word_gets_the_right_one(
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in _said(capsys, "image", *words, code=2)
