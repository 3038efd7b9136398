#!/usr/bin/env python3
"""Lays out the inputs that fuzzing starts from: files of tests/data and golden cases, of ../shared too where it is.

usage: tests/fuzz/seeds.py FOLDER
"""

import json
import os
import pathlib
import shutil
import sys
import zipfile

LARGEST = 65536  # bytes
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
LABELS = [
    "walking\nrunning\n",
    "\ufeffid,name\r\n3,walking\r\n1,\"opening, a \"\"door\"\"\"\r\n",
    '["walking", "opening a \\"door\\""]',
    "walking;running;a \\; b\n[x] playing",
    '["walking", 1e999, -3, null, {"a": [true]}]',
]
BUNDLE = {
    "format": "vifi-bundle", "version": 1, "method": "vifi-clip", "weights": "model.safetensors",
    "base_weights": "model.safetensors", "tokenizer": {"kind": "sentencepiece", "file": "model.safetensors"},
    "preprocess": {"resize": "squash", "size": 224, "resize_size": 256, "interpolation": "bilinear", "antialias": False,
                   "rounding": "opencv", "crop": "center", "crop_offset": "floor", "mean": [0.5, 0.5, 0.5],
                   "std": [0.5, 0.5, 0.5]},
    "activation": "quick_gelu", "prompt_templates": ["a photo of {}."],
    "window": {"frames": 16, "duration_ns": 4000000000, "hop_ns": 1000000000}, "temperature": 1.5,
    "labels": ["walking"], "background_labels": ["nothing"],
    "provenance": {"source": "here", "sha256": "0" * 64, "licence": "none"}, "unknown": [[1]],
}


def golden_folders():
    shared = pathlib.Path(os.environ.get("VIFI_SHARED", REPOSITORY.parent / "shared"))
    return [folder for folder in (REPOSITORY / "tests/data/golden", shared / "golden") if folder.is_dir()]


class Seeds:
    def __init__(self, folder):
        self.folder = folder

    def add(self, target, name, content):
        if len(content) > LARGEST:
            return
        folder = self.folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    def add_checkpoints(self):
        for golden in golden_folders():
            for path in sorted((golden / "bad-checkpoints").rglob("*")):
                if not path.is_file() or path.name == "case.json" or path.stat().st_size > LARGEST:
                    continue
                name = "-".join(path.relative_to(golden).parts[1:])
                content = path.read_bytes()
                self.add("checkpoint", name, content)
                if content.startswith(b"PK"):
                    self.add("zip", name, content)
                    self.add_pickle(name, path)
                elif content[8:9] == b"{":
                    self.add("safetensors", name, content)

    def add_pickle(self, name, path):
        try:
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    if member.endswith("data.pkl"):
                        self.add("unpickler", name, archive.read(member))
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
            pass  # it is a bad checkpoint

    def add_texts(self):
        for golden in golden_folders():
            for path in sorted((golden / "sentencepiece-tokens/_files").glob("*.model")):
                self.add("sentencepiece", path.name, path.read_bytes())
            for path in sorted(golden.glob("*-tokens/*/case.json")):
                texts = json.loads(path.read_text())["params"].get("texts", [])
                for number, text in enumerate(texts):
                    self.add("tokenizer", f"{path.parent.parent.name}-{path.parent.name}-{number}", text.encode())

    def add_own(self):
        for number, text in enumerate(LABELS):
            self.add("labels", str(number), text.encode())
        self.add("bundle", "full", json.dumps(BUNDLE).encode())
        self.add("bundle", "mini", (REPOSITORY / "models/mini/vifi.json").read_bytes())
        for number in range(64):
            self.add("prepare", str(number), bytes((number * 37 + i * 11) % 256 for i in range(120)))
            self.add("stream", str(number), bytes((number * 53 + i * i) % 256 for i in range(200)))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    seeds = Seeds(folder)
    seeds.add_checkpoints()
    seeds.add_texts()
    seeds.add_own()


if __name__ == "__main__":
    main()
