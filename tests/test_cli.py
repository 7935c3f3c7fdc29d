"""The command line as a user meets it: good runs, JSON that is only JSON, one plain line and exit code 2 on bad input."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tryon.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "tryon" / "examples"


def first(kind: str) -> Path:
    """The first example photo of a kind ("people" or "garments")."""
    return sorted((EXAMPLES / kind).glob("*.jpg"))[0]


def test_try_writes_a_picture_of_the_photos_size(tmp_path, capsys):
    out = tmp_path / "new" / "o.png"
    assert (
        main(
            [
                "try",
                "--person",
                str(first("people")),
                "--garment",
                str(first("garments")),
                "--out",
                str(out),
                "--intermediates",
                "--json",
            ]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    with (
        Image.open(first("people")) as person,
        Image.open(out) as result,
        Image.open(out.with_name("o.mask.png")) as mask,
    ):
        assert person.size == result.size == mask.size
        kept = np.asarray(mask) == 0
        assert np.array_equal(np.asarray(person.convert("RGB"))[kept], np.asarray(result)[kept])
        assert set(np.unique(np.asarray(mask))) <= {0, 255} and not result.info.get("exif")
    assert told["result"] == str(out) and {"category", "seconds", "edited_share", "warnings"} <= told.keys()
    assert out.with_name("o.warped.png").exists() and out.with_name("o.parse.png").exists()


def test_pairs_go_on_after_a_failure(tmp_path, capsys):
    (tmp_path / "bad.jpg").write_bytes(b"text")
    rows = [
        (first("people"), first("garments"), "auto"),
        (tmp_path / "bad.jpg", first("garments"), "auto"),
        (first("people"), first("garments"), "upper"),
    ]
    with open(tmp_path / "pairs.csv", "w", newline="") as file:
        csv.writer(file).writerows([("person", "garment", "category"), *rows])
    code = main(["try", "--pairs", str(tmp_path / "pairs.csv"), "--out", str(tmp_path / "out"), "--json"])
    told = capsys.readouterr()
    assert code == 2 and json.loads(told.out)["failed"] == 1 and "row 2" in told.err
    with open(tmp_path / "out" / "results.csv", newline="") as file:
        done = list(csv.DictReader(file))
    assert [bool(r["error"]) for r in done] == [False, True, False]
    assert (tmp_path / "out" / "0002.png").exists() and not (tmp_path / "out" / "0001.png").exists()


def test_parse_writes_class_ids(tmp_path, capsys):
    assert main(["parse", "--photo", str(first("people")), "--out", str(tmp_path / "m.png"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with Image.open(tmp_path / "m.png") as parsed, Image.open(first("people")) as photo:
        assert parsed.mode == "P" and parsed.size == photo.size and np.asarray(parsed).max() <= 10
    assert len(told["photos"][0]["keypoints"]) == 17


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"just text", "picture"),
        (b"\xff\xd8\xff\xe0 cut", "."),
    ],
)
def test_bad_photos_are_told_in_one_line(tmp_path, capsys, content, reason):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(content)
    assert (
        main(["try", "--person", str(bad), "--garment", str(first("garments")), "--out", str(tmp_path / "o.png")]) == 2
    )
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("error: ") and told.err.count("\n") == 1 and reason in told.err
    assert not (tmp_path / "o.png").exists()


def test_tiny_huge_and_missing_photos(tmp_path, capsys):
    Image.new("RGB", (1, 1)).save(tmp_path / "tiny.png")
    Image.new("1", (20000, 20000)).save(tmp_path / "huge.png")
    for name in ("tiny.png", "huge.png", "missing.png"):
        assert (
            main(
                [
                    "try",
                    "--person",
                    str(tmp_path / name),
                    "--garment",
                    str(first("garments")),
                    "--out",
                    str(tmp_path / "o.png"),
                ]
            )
            == 2
        )
        assert capsys.readouterr().err.count("\n") == 1


def test_a_garment_as_person_and_a_plain_wall_are_noticed(tmp_path, capsys):
    Image.new("RGB", (400, 600), (200, 200, 200)).save(tmp_path / "wall.png")
    assert (
        main(
            [
                "try",
                "--person",
                str(tmp_path / "wall.png"),
                "--garment",
                str(first("garments")),
                "--out",
                str(tmp_path / "o.png"),
            ]
        )
        == 2
    )
    assert "No person" in capsys.readouterr().err


def test_other_mistakes(tmp_path, capsys):
    person = str(first("people"))
    assert main(["try", "--person", person, "--out", str(tmp_path / "o.png")]) == 2
    assert "--garment" in capsys.readouterr().err
    assert main(["try", "--person", person, "--garment", person, "--out", "/proc/none/o.png"]) == 2
    assert main(["try", "--person", person, "--garment", person, "--out", "o.png", "--checkpoint", str(tmp_path)]) == 2
    assert "no checkpoint" in capsys.readouterr().err
    (tmp_path / "p.csv").write_text("a,b\n1,2\n")
    assert main(["try", "--pairs", str(tmp_path / "p.csv"), "--out", str(tmp_path / "out")]) == 2
    assert "columns person and garment" in capsys.readouterr().err
    assert main(["train", "cook", "--data", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    assert main(["train", "body", "--data", str(tmp_path), "--out", str(tmp_path / "run"), "--set", "steps"]) == 2
    capsys.readouterr()


def test_starts_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "tryon", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "bench" in done.stdout
