#!/usr/bin/env python3
"""How long does a training step take, against PyTorch in eager mode?

usage: step.py [--build FOLDER] [--model FILE] [--batch B] [--frames T] [--threads N] [--pairs N]
               [--trained both|image|text] [--mode same|shipped|recompute] [--no-loader]

Both sides live at once and take turns, with the same weights, batch and prompts, so that what else the machine does
meets both; each pair's ratio of time is one measurement. Before that each takes a step to warm up, and the losses of
all steps are compared.

  same       the same work with the same settings: prompts of full length, memory as the C library gives it, and PyTorch
             too leaves out the last block's MLP where its output is not read
  shipped    vifi as `vifi train` runs it, PyTorch with all that the authors' model computes
  recompute  as shipped, with TRAIN.USE_CHECKPOINT

Without --mode the first two are measured. The model is ViT-B/16 with random weights and the actions of HMDB51 unless
--model names another. Behind that: the clips per second that a loader gives, against what the step consumes. Build
first: ninja -C build tests/bench/step_bench tests/bench/loader_bench. VIFI_TEST_PYTHON names a Python with PyTorch, if
this one has none. Exit status 77: there is no torch.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    other = os.environ.pop("VIFI_TEST_PYTHON", None)
    if other:
        os.execvp(other, [other] + sys.argv)
    print(f"{sys.executable} has no torch: {error}")
    sys.exit(77)


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.heads = width // 64
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, causal):
        qkv = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attn = Attention(width)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x, causal, rows=None):
        x = x + self.attn(self.ln_1(x), causal)
        if rows is not None:
            x = x[torch.arange(len(x)), rows]
        y = self.mlp["c_fc"](self.ln_2(x))
        return x + self.mlp["c_proj"](y * torch.sigmoid(1.702 * y))


class Transformer(nn.Module):
    frugal = False  # the last block's MLP sees only what is read

    def __init__(self, width, layers, causal):
        super().__init__()
        self.causal = causal
        self.resblocks = nn.ModuleList(Block(width) for _ in range(layers))

    def forward(self, x, rows):
        """Of each item the row that is read: [B, N, W], [B] -> [B, W]"""
        for block in self.resblocks[:-1]:
            x = block(x, self.causal)
        if self.frugal:
            return self.resblocks[-1](x, self.causal, rows)
        return self.resblocks[-1](x, self.causal)[torch.arange(len(x)), rows]


class Image(nn.Module):
    def __init__(self, width, patch, tokens, layers, out):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(tokens, width))
        self.proj = nn.Parameter(torch.empty(width, out))
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, causal=False)
        self.ln_post = nn.LayerNorm(width)

    def forward(self, frames):
        x = self.conv1(frames).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x), torch.zeros(len(x), dtype=torch.long))) @ self.proj


class Text(nn.Module):
    def __init__(self, width, length, layers, out):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.empty(length, width))
        self.text_projection = nn.Parameter(torch.empty(width, out))
        self.transformer = Transformer(width, layers, causal=True)
        self.ln_final = nn.LayerNorm(width)

    def forward(self, embeddings, ends):
        return self.ln_final(self.transformer(embeddings + self.positional_embedding, ends)) @ self.text_projection


class Prompts(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.register_buffer("complete_text_embeddings", torch.empty(shape))


class Model(nn.Module):
    """CLIP over the mean of a clip's frames, with the authors' names; the embedded prompts are a buffer."""

    def __init__(self, state):
        super().__init__()
        layers = lambda tower: 1 + max(int(name.split(".")[3]) for name in state if name.startswith(f"{tower}.transformer"))
        conv, text = state["image_encoder.conv1.weight"], state["prompt_learner.complete_text_embeddings"]
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.prompt_learner = Prompts(text.shape)
        self.image_encoder = Image(conv.shape[0], conv.shape[2], len(state["image_encoder.positional_embedding"]),
                                   layers("image_encoder"), state["image_encoder.proj"].shape[1])
        self.text_encoder = Text(text.shape[2], text.shape[1], layers("text_encoder"),
                                 state["text_encoder.text_projection"].shape[1])
        self.load_state_dict(state)

    def forward(self, clips, ends):
        unit = lambda x: x / x.norm(dim=-1, keepdim=True)
        image = self.image_encoder(clips.flatten(0, 1)).unflatten(0, clips.shape[:2]).mean(1)
        text = self.text_encoder(self.prompt_learner.complete_text_embeddings, ends)
        return self.logit_scale.exp() * unit(image) @ unit(text).T


class PyTorch:
    def __init__(self, exchange):
        state = {name.removeprefix("module."): value for name, value in exchange["model"].items()}
        self.model = Model(state)
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(exchange["trained"] == "both" or name.startswith(exchange["trained"] + "_encoder."))
        self.clips, self.targets = exchange["clips"], exchange["targets"]
        self.ends = exchange["ids"].argmax(1)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=exchange["lr"], betas=(0.9, 0.98), eps=1e-8,
                                           weight_decay=exchange["weight_decay"], fused=True)

    def step(self):
        begin, processor = time.monotonic(), time.process_time()
        logits = self.model(self.clips, self.ends)
        loss = (-self.targets * logits.log_softmax(1)).sum(1).mean()
        value = loss.item()
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return time.monotonic() - begin, time.process_time() - processor, value


class Vifi:
    def __init__(self, arguments, mode, exchange):
        command = [f"{arguments.build}/tests/bench/step_bench", exchange, "--frames", str(arguments.frames), "--batch",
                   str(arguments.batch), "--threads", str(arguments.threads), "--trained", arguments.trained]
        if arguments.model:
            command += ["--model", arguments.model]
        command += {"same": ["--full-length"], "shipped": ["--keep-memory"],
                    "recompute": ["--keep-memory", "--recompute"]}[mode]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("step.py: step_bench did not start")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def step(self):
        return tuple(map(float, self.ask("step")))

    def end(self):
        memory = int(self.ask("memory")[0])
        self.process.stdin.close()
        self.process.wait()
        return memory


def spread(values):
    ordered = sorted(values)
    return f"{statistics.median(ordered):.3f} ({ordered[0]:.3f} to {ordered[-1]:.3f})"


def measure(arguments, mode):
    with tempfile.TemporaryDirectory() as folder:
        Transformer.frugal = mode == "same"
        vifi = Vifi(arguments, mode, f"{folder}/exchange.pt")
        there = PyTorch(torch.load(f"{folder}/exchange.pt", weights_only=True))
    pairs = []
    for _ in range(1 + arguments.pairs):
        pairs.append((vifi.step(), there.step()))
        print("  {:.3f} {:.3f} s".format(*(side[0] for side in pairs[-1])), file=sys.stderr, flush=True)
    peak = vifi.end()
    apart = max(abs(ours[2] - theirs[2]) for ours, theirs in pairs)
    pairs = pairs[1:]  # the first warmed up
    column = lambda side, what: [pair[side][what] for pair in pairs]
    ours, theirs = statistics.median(column(0, 0)), statistics.median(column(1, 0))
    print(f"{mode}: vifi {ours:.3f} s, PyTorch {theirs:.3f} s a step (medians of {len(pairs)}); "
          f"vifi's peak {peak / 1e9:.2f} GB")
    print(f"  ratio of time       {spread([a[0] / b[0] for a, b in pairs])}")
    print(f"  of processor time   {spread([a[1] / b[1] for a, b in pairs])}")
    print(f"  losses at most {apart:.1e} apart over {1 + len(pairs)} steps", flush=True)
    if not apart <= 1e-3:
        sys.exit("step.py: the two sides do not compute the same")
    return arguments.batch / ours


def make_videos(folder, count):
    """Three seconds each in the size of HMDB51's."""
    with open(f"{folder}/list.txt", "w") as file:
        for i in range(count):
            subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", "num-buffers=90", "pattern=ball", "!",
                            "video/x-raw,format=I420,width=320,height=240,framerate=30/1", "!", "x264enc", "!", "h264parse",
                            "!", "mp4mux", "!", "filesink", f"location={folder}/{i}.mp4"], check=True)
            file.write(f"{i}.mp4 0\n")


def measure_loader(arguments, consumed):
    with tempfile.TemporaryDirectory() as folder:
        command = [f"{arguments.build}/tests/bench/loader_bench"]
        if arguments.model:
            command += ["mini", "2"]
        else:
            make_videos(folder, 24)
            command += [f"{folder}/list.txt", folder, str(arguments.frames), "224", "2"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    given, cost = map(float, re.search(r"epoch 1: +([\d.]+) clips/s, +([\d.]+) ms", said).groups())
    print(f"loader: {given:.1f} clips/s from 2 threads, {cost:.1f} ms of processor time a clip; the step as shipped consumes "
          f"{consumed:.2f} clips/s: {given / consumed:.1f} times as many")


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else "unknown processor"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(here, "../../build"))
    parser.add_argument("--model", default="")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--trained", choices=["both", "image", "text"], default="both")
    parser.add_argument("--mode", choices=["same", "shipped", "recompute"])
    parser.add_argument("--no-loader", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{processor()}, {arguments.threads} thread(s), torch {torch.__version__}; {arguments.model or 'ViT-B/16'}, "
          f"{arguments.frames} frames, batch {arguments.batch}, trained: {arguments.trained}", flush=True)
    for mode in [arguments.mode] if arguments.mode else ["same", "shipped"]:
        consumed = measure(arguments, mode)
    if not arguments.no_loader:
        measure_loader(arguments, consumed)


if __name__ == "__main__":
    main()
