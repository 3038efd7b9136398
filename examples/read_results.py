#!/usr/bin/env python3
"""Prints a video's results and events from the bus. usage: read_results.py VIDEO   (Debian: python3-gst-1.0)"""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
pipeline = Gst.parse_launch(f'filesrc location="{sys.argv[1]}" ! decodebin ! vificlip ! fakesink sync=false')
pipeline.set_state(Gst.State.PLAYING)
ends = Gst.MessageType.ERROR | Gst.MessageType.EOS
while (message := pipeline.bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, ends | Gst.MessageType.ELEMENT)).type & ends == 0:
    s = message.get_structure()
    if s.has_name("vificlip-result"):
        print(f"result {s['start'] / 1e9:.2f} {s['end'] / 1e9:.2f} {s['labels'][0]} {s['scores'][0]:.3f}")
    elif s.has_name("vificlip-event"):
        print(f"event {s['phase']} {s['start'] / 1e9:.2f} {s['end'] / 1e9:.2f} {s['name']}")
pipeline.set_state(Gst.State.NULL)
sys.exit(message.type == Gst.MessageType.ERROR)
