"""What pipelines/evaluate.sh computes: reads a folder of classes, has `vifi classify` name each video, counts.

usage: evaluate.py [--model M] [--prompt TEXT] [--page FILE] [--json FILE] FOLDER
"""

import argparse
import collections
import html
import json
import pathlib
import subprocess
import sys

VIDEOS = {".mp4", ".mkv", ".webm", ".mov", ".avi", ".ts", ".mpg", ".mpeg", ".m4v", ".ogv", ".flv", ".wmv"}
BATCH = 200  # videos of one `vifi classify`, so that the command line stays short


def read_folder(folder):
    """{class: [videos]}, classes and videos in order."""
    classes = {}
    for directory in sorted(path for path in folder.iterdir() if path.is_dir()):
        videos = sorted(path for path in directory.rglob("*") if path.suffix.lower() in VIDEOS)
        if videos:
            classes[directory.name.replace("_", " ")] = videos
    return classes


def classify(videos, labels, options):
    """{video: its labels, best first}; what cannot be read is missing."""
    names = ";".join(label.replace("\\", "\\\\").replace(";", "\\;") for label in labels)
    command = ["vifi", "classify", "--json", "--no-events", "--protocol", "video", "--labels", names]
    command += ["--top-k", str(len(labels))]
    if options.model:
        command += ["--model", options.model]
    if options.prompt:
        command += ["--prompt-template", options.prompt]
    ranking = {}
    for begin in range(0, len(videos), BATCH):
        run = subprocess.run(command + ["--"] + [str(video) for video in videos[begin : begin + BATCH]],
                             stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode == 2:
            sys.exit(2)
        for line in run.stdout.splitlines():
            result = json.loads(line)
            if result["schema"] == "vifi.result/1":
                ranking[result["stream"]] = [label["name"] for label in result["labels"]]
    return ranking


def measure(classes, ranking):
    """The figures: shares are of the videos that could be read."""
    per_class, confusion = {}, collections.Counter()
    for label, videos in classes.items():
        ranks = [ranking[str(video)].index(label) for video in videos if str(video) in ranking]
        per_class[label] = {
            "videos": len(ranks),
            "top1": sum(rank < 1 for rank in ranks) / len(ranks) if ranks else None,
            "top5": sum(rank < 5 for rank in ranks) / len(ranks) if ranks else None,
        }
        for video in videos:
            if str(video) in ranking:
                confusion[label, ranking[str(video)][0]] += 1
    read = sum(entry["videos"] for entry in per_class.values())
    counted = [entry for entry in per_class.values() if entry["videos"]]

    def over_videos(figure):
        return sum(entry[figure] * entry["videos"] for entry in counted) / read if read else None

    return {
        "schema": "vifi.evaluation/1",
        "videos": read,
        "unreadable": sum(len(videos) for videos in classes.values()) - read,
        "top1": over_videos("top1"),
        "top5": over_videos("top5"),
        "mean_class_top1": sum(entry["top1"] for entry in counted) / len(counted) if counted else None,
        "classes": per_class,
        "confusion": [{"label": a, "named": b, "videos": n} for (a, b), n in sorted(confusion.items())],
    }


def percent(share):
    return "     -" if share is None else f"{100 * share:5.1f} %"


def print_table(figures):
    width = max(len(label) for label in figures["classes"])
    print(f"{'class':{width}}  videos    top-1    top-5  most often taken for")
    for label, entry in figures["classes"].items():
        wrong = [(cell["videos"], cell["named"]) for cell in figures["confusion"]
                 if cell["label"] == label and cell["named"] != label]
        taken = "{1} ({0})".format(*max(wrong)) if wrong else ""
        row = f"{label:{width}}  {entry['videos']:6}  {percent(entry['top1'])}  {percent(entry['top5'])}  {taken}"
        print(row.rstrip())
    print(f"{figures['videos']} videos, {figures['unreadable']} unreadable: "
          f"top-1 {percent(figures['top1']).strip()}, top-5 {percent(figures['top5']).strip()}, "
          f"mean of classes {percent(figures['mean_class_top1']).strip()}")


def page(figures):
    """One HTML page without scripts: the table, and the confusions as shaded cells."""
    labels = list(figures["classes"])
    cells = {(cell["label"], cell["named"]): cell["videos"] for cell in figures["confusion"]}
    rows, matrix = [], []
    for label in labels:
        entry = figures["classes"][label]
        name = html.escape(label)
        rows.append(f"<tr><th>{name}<td>{entry['videos']}<td>{percent(entry['top1'])}<td>{percent(entry['top5'])}")
        line = [f"<tr><th>{name}"]
        for named in labels:
            count = cells.get((label, named), 0)
            share = count / entry["videos"] if entry["videos"] else 0
            line.append(f'<td title="{name} named {html.escape(named)}" style="background:rgba(0,95,165,{share:.2f})">{count or ""}')
        matrix.append("".join(line))
    heads = "".join(f"<th><span>{html.escape(label)}</span>" for label in labels)
    return f"""<!doctype html>
<meta charset="utf-8"><title>Evaluation</title>
<style>body{{font:16px sans-serif;margin:2em}} td,th{{padding:.2em .6em;text-align:right}} th{{font-weight:normal}}
#c td{{border:1px solid #ccc}} #c span{{writing-mode:vertical-rl}}</style>
<h1>Evaluation</h1>
<p>{figures['videos']} videos, {figures['unreadable']} unreadable. Top-1 {percent(figures['top1'])}, top-5 {percent(figures['top5'])}, mean of classes {percent(figures['mean_class_top1'])}.
<table><tr><th>class<th>videos<th>top-1<th>top-5
{chr(10).join(rows)}
</table>
<h2>Confusions</h2><p>Rows: what the videos show. Columns: what they were named.
<table id="c"><tr><th>{heads}
{chr(10).join(matrix)}
</table>
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    parser.add_argument("--prompt")
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()

    classes = read_folder(options.folder)
    if not classes:
        print(f"{options.folder}: no folder with videos in it\n  hint: one folder for each class", file=sys.stderr)
        return 1
    videos = [video for of_class in classes.values() for video in of_class]
    figures = measure(classes, classify(videos, list(classes), options))
    print_table(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    if options.page:
        options.page.write_text(page(figures), encoding="utf-8")
    return 1 if figures["unreadable"] else 0


if __name__ == "__main__":
    sys.exit(main())
