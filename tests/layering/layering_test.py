#!/usr/bin/env python3
"""The layering check must notice each kind of breach, and nothing else."""

import pathlib
import tempfile
import unittest

import layering


class Layering(unittest.TestCase):
    def breaches(self):
        """Breaches of the files in self.tree (path -> content)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for path, content in self.tree.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content)
            return layering.breaches(root)[1]

    def check(self, path, include):
        self.tree = {
            "libvifi/include/vifi/frame.h": "#include <vector>\n",
            "libvifi/core/text/bpe.h": '#include "vifi/frame.h"\n',
            "libvifi/engine/clip/tower.h": '#include "text/bpe.h"\n#include <ATen/core/Tensor.h>\n',
            "libvifi/media/include/vifi/media/reader.h": '#include "vifi/frame.h"\n#include <gst/gst.h>\n',
            "libvifi/media/reader.cpp": '#include "vifi/media/reader.h"\n#include "text/bpe.h"\n',
            "gst-plugin/element.cpp": '#include "vifi/frame.h"\n#include "vifi/media/reader.h"\n#include <gst/gst.h>\n',
        }
        self.tree[path] = self.tree.get(path, "") + f"#include {include}\n"
        return self.breaches()

    def test_a_clean_tree_has_none(self):
        self.assertEqual(self.check("libvifi/core/text/bpe.cpp", '"bpe.h"'), [])

    def test_core_may_not_know_torch(self):
        self.assertIn("a library that libvifi/core may not know", self.check("libvifi/core/x.cpp", "<torch/torch.h>")[0])

    def test_core_may_not_know_gstreamer(self):
        self.assertEqual(len(self.check("libvifi/core/x.cpp", "<gst/gst.h>")), 1)

    def test_core_may_not_include_upwards(self):
        breach = self.check("libvifi/core/x.cpp", '"clip/tower.h"')
        self.assertIn("libvifi/core/x.cpp:1: includes clip/tower.h of libvifi/engine", breach[0])

    def test_a_relative_path_does_not_hide_a_breach(self):
        self.assertEqual(len(self.check("libvifi/core/x.cpp", '"../engine/clip/tower.h"')), 1)

    def test_the_engine_may_not_know_gstreamer_or_media(self):
        self.assertEqual(len(self.check("libvifi/engine/x.cpp", "<gst/video/video.h>")), 1)
        self.assertEqual(len(self.check("libvifi/engine/x.cpp", '"vifi/media/reader.h"')), 1)

    def test_media_may_not_know_torch_or_the_engine(self):
        self.assertEqual(len(self.check("libvifi/media/x.cpp", "<c10/util/Half.h>")), 1)
        self.assertEqual(len(self.check("libvifi/media/x.cpp", '"clip/tower.h"')), 1)

    def test_downloads_know_the_core_alone(self):
        self.assertEqual(self.check("libvifi/fetch/x.cpp", '"text/bpe.h"'), [])
        self.assertEqual(len(self.check("libvifi/fetch/x.cpp", "<torch/torch.h>")), 1)
        self.assertEqual(len(self.check("libvifi/fetch/x.cpp", '"vifi/media/reader.h"')), 1)

    def test_public_headers_hold_no_library(self):
        for library in ("<nlohmann/json.hpp>", "<fmt/format.h>", "<gst/gst.h>", "<ATen/core/Tensor.h>"):
            self.assertEqual(len(self.check("libvifi/include/vifi/frame.h", library)), 1, library)

    def test_the_element_and_the_tools_see_public_headers_alone(self):
        self.assertEqual(len(self.check("gst-plugin/element.cpp", '"text/bpe.h"')), 1)
        self.assertEqual(len(self.check("libvifi/tools/main.cpp", '"text/bpe.h"')), 1)


if __name__ == "__main__":
    unittest.main()
