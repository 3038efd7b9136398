#!/usr/bin/env python3
"""What vificlip's skip-unchanged saves, and what it does to the results.

usage: . pipelines/env.sh; python3 tests/bench/unchanged.py THRESHOLD... -- VIDEO...      (python3 with gst-python)

Plays each video once without the gate and once for each threshold. One line for each threshold, over all videos:
frames encoded, results whose best label is another one, largest and mean change of a best label's score.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def play(video, threshold):
    """@return results as {end time: {label: score}}, and the element's statistics"""
    pipeline = Gst.parse_launch(f"filesrc location=\"{video}\" ! decodebin ! vificlip name=v mode=sync messages=results "
                                f"top-k=1000 skip-unchanged={threshold} ! fakesink")
    pipeline.set_state(Gst.State.PLAYING)
    results = {}
    while True:
        message = pipeline.get_bus().timed_pop(Gst.CLOCK_TIME_NONE)
        if message.type == Gst.MessageType.ERROR:
            sys.exit(message.parse_error()[0].message)
        if message.type == Gst.MessageType.EOS:
            break
        structure = message.get_structure()
        if structure and structure.get_name() == "vificlip-result":
            results[structure["end"]] = dict(zip(structure["labels"], structure["scores"]))
    stats = pipeline.get_by_name("v").get_property("stats")
    counts = stats.get_value("frames-sampled"), stats.get_value("frames-unchanged")
    pipeline.set_state(Gst.State.NULL)
    return results, counts


def main():
    split = sys.argv.index("--")
    thresholds, videos = [float(word) for word in sys.argv[1:split]], sys.argv[split + 1:]
    Gst.init(None)
    reference = {video: play(video, 0)[0] for video in videos}
    for threshold in thresholds:
        encoded = sampled = others = 0
        changes = []
        for video in videos:
            results, (new, unchanged) = play(video, threshold)
            encoded += new
            sampled += new + unchanged
            assert results.keys() == reference[video].keys()
            for end, scores in results.items():
                before = reference[video][end]
                best = max(before, key=before.get)
                others += best != max(scores, key=scores.get)
                changes.append(abs(scores[best] - before[best]))
        print(f"{threshold:g}: {encoded} of {sampled} encoded ({100 * encoded / sampled:.1f} %), "
              f"{others} of {len(changes)} results name another label, "
              f"score changes by {max(changes):.3f} at most, {sum(changes) / len(changes):.4f} on average")


if __name__ == "__main__":
    main()
