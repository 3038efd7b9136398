#!/usr/bin/env python3
"""Fails where a source file includes what its layer may not know.

usage: tests/layering/layering.py REPOSITORY

Layers: core <- engine, media <- train <- training. gst-plugin and tools see the public headers alone. Core knows
neither torch nor GStreamer, the engine no GStreamer, media no torch; public headers hold the standard library only.
"""

import dataclasses
import pathlib
import re
import sys

TORCH = ("torch/", "ATen/", "c10/", "caffe2/")
GSTREAMER = ("gst/", "glib", "gobject/", "gio/")
JSON = ("nlohmann/",)
FMT = ("fmt/",)


@dataclasses.dataclass
class Layer:
    folder: str  # its sources
    layers: tuple = ()  # folders of the project it may include besides its own
    forbidden: tuple = ()  # libraries it may not include


PUBLIC = "libvifi/include"
MEDIA_PUBLIC = "libvifi/media/include"
CORE, ENGINE, MEDIA, FETCH, TRAIN = (f"libvifi/{part}" for part in ("core", "engine", "media", "fetch", "train"))

# The first layer whose folder holds a file is the file's own.
LAYERS = [
    Layer(PUBLIC, (), TORCH + GSTREAMER + JSON + FMT),
    Layer(MEDIA_PUBLIC, (PUBLIC,), TORCH + JSON + FMT),
    Layer(CORE, (PUBLIC,), TORCH + GSTREAMER),
    Layer(ENGINE, (PUBLIC, CORE), GSTREAMER),
    Layer(MEDIA, (PUBLIC, MEDIA_PUBLIC, CORE), TORCH),
    Layer(FETCH, (PUBLIC, CORE), TORCH + GSTREAMER),
    Layer(TRAIN, (PUBLIC, MEDIA_PUBLIC, CORE, ENGINE, MEDIA), ()),
    Layer("training", (PUBLIC, MEDIA_PUBLIC, CORE, ENGINE, MEDIA, TRAIN), ()),
    Layer("libvifi/tools", (PUBLIC, MEDIA_PUBLIC), TORCH),
    Layer("gst-plugin", (PUBLIC, MEDIA_PUBLIC), TORCH),
]

SOURCES = {".h", ".hpp", ".cpp", ".cc", ".cu", ".cuh", ".inc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(file):
    """(line number, path as written, whether in quotes) of each #include."""
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def layer_of(root, file):
    """The layer whose folder holds `file`; None for files of no layer, such as tests."""
    relative = file.relative_to(root).as_posix()
    return next((layer for layer in LAYERS if relative.startswith(layer.folder + "/")), None)


def resolve(root, file, own, name, quoted):
    """The project's file that an include means, or None for a library's."""
    folders = [file.parent] if quoted else []
    folders += [root / own.folder] + [root / layer.folder for layer in LAYERS]
    for folder in folders:
        candidate = (folder / name).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate
    return None


def breaches(root):
    """(number of files read, one line for each breach) below `root`."""
    count, found = 0, []
    files = {file for layer in LAYERS for file in (root / layer.folder).rglob("*") if file.suffix in SOURCES}
    for file in sorted(files):
        own = layer_of(root, file)
        count += 1
        for line, name, quoted in includes(file):
            where = f"{file.relative_to(root)}:{line}: includes {name}"
            target = resolve(root, file, own, name, quoted)
            if target is None:
                if name.startswith(own.forbidden):
                    found.append(f"{where}, a library that {own.folder} may not know")
                continue
            other = layer_of(root, target)
            if other is None:
                found.append(f"{where}, which belongs to no layer")
            elif other is not own and other.folder not in own.layers:
                found.append(f"{where} of {other.folder}, which {own.folder} may not include")
    return count, found


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    count, found = breaches(pathlib.Path(arguments[0]).resolve())
    for breach in found:
        print(breach)
    print(f"{count} files, {len(found)} breaches")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
