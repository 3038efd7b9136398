#!/usr/bin/env python3
"""Writes a CLIP ViT-B/16 with random fp16 weights (OpenAI's names, 300 MB): as costly as the real one, and as fast
to write as the disk allows. Its answers mean nothing.

usage: tests/bench/random_clip.py FILE.safetensors
"""
import json
import os
import struct
import sys

WIDTH, TEXT_WIDTH, LAYERS, EMBED = 768, 512, 12, 512
# High byte of an fp16 number: any sign, magnitude 2^-7 to 2^-5.
HIGH = bytes((byte & 0x80) | (0x20 + (byte & 0x07)) for byte in range(256))
ONE = struct.pack("<e", 1.0)


def block(prefix, width):
    yield f"{prefix}.attn.in_proj_weight", [3 * width, width]
    yield f"{prefix}.attn.in_proj_bias", [3 * width]
    yield f"{prefix}.attn.out_proj.weight", [width, width]
    yield f"{prefix}.attn.out_proj.bias", [width]
    for norm in ("ln_1", "ln_2"):
        yield f"{prefix}.{norm}.weight", [width]
        yield f"{prefix}.{norm}.bias", [width]
    yield f"{prefix}.mlp.c_fc.weight", [4 * width, width]
    yield f"{prefix}.mlp.c_fc.bias", [4 * width]
    yield f"{prefix}.mlp.c_proj.weight", [width, 4 * width]
    yield f"{prefix}.mlp.c_proj.bias", [width]


def tensors():
    yield "visual.class_embedding", [WIDTH]
    yield "visual.positional_embedding", [197, WIDTH]
    yield "visual.conv1.weight", [WIDTH, 3, 16, 16]
    for norm, width in (("visual.ln_pre", WIDTH), ("visual.ln_post", WIDTH), ("ln_final", TEXT_WIDTH)):
        yield f"{norm}.weight", [width]
        yield f"{norm}.bias", [width]
    yield "visual.proj", [WIDTH, EMBED]
    for i in range(LAYERS):
        yield from block(f"visual.transformer.resblocks.{i}", WIDTH)
        yield from block(f"transformer.resblocks.{i}", TEXT_WIDTH)
    yield "token_embedding.weight", [49408, TEXT_WIDTH]
    yield "positional_embedding", [77, TEXT_WIDTH]
    yield "text_projection", [TEXT_WIDTH, EMBED]
    yield "logit_scale", []


def values(name, count):
    if ".ln_" in name or name.startswith("ln_") or name == "logit_scale":
        return (ONE if name.endswith("weight") or name == "logit_scale" else b"\0\0") * count
    data = bytearray(os.urandom(2 * count))
    data[1::2] = data[1::2].translate(HIGH)
    return bytes(data)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    header, offset = {}, 0
    for name, shape in tensors():
        count = 1
        for side in shape:
            count *= side
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, offset + 2 * count]}
        offset += 2 * count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # as the format's own writer: tensors behind it are aligned, and read without a copy
    with open(sys.argv[1], "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            file.write(values(name, (end - begin) // 2))


main()
