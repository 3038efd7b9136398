"""Goes on in PyTorch with a training that vifi began.

usage: go_on_in_pytorch.py CHECKPOINT STEPS

CHECKPOINT is opened as any file of torch.save that may not run code. Its weights must be exactly those of the model
below, and its optimizer's state must fit the AdamW that the ViFi-CLIP authors build: one group of all parameters.
STEPS holds the batches that follow (clips, targets, rate) and the losses that vifi computed; each must come out here.
Exit status 77: there is no torch.
"""
import sys

try:
    import torch
    from torch import nn
except ImportError as error:
    print(f"python3 has no torch: {error}")
    sys.exit(77)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, width // 64, batch_first=True)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x, mask):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        y = self.mlp["c_fc"](self.ln_2(x))
        return x + self.mlp["c_proj"](y * torch.sigmoid(1.702 * y))


class Transformer(nn.Module):
    def __init__(self, width, layers):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width) for _ in range(layers))

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class Image(nn.Module):
    def __init__(self, width, patch, tokens, layers, out):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(tokens, width))
        self.proj = nn.Parameter(torch.empty(width, out))
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers)
        self.ln_post = nn.LayerNorm(width)

    def forward(self, frames):
        x = self.conv1(frames).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj


class Text(nn.Module):
    def __init__(self, width, length, layers, out):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.empty(length, width))
        self.text_projection = nn.Parameter(torch.empty(width, out))
        self.transformer = Transformer(width, layers)
        self.ln_final = nn.LayerNorm(width)

    def forward(self, embeddings, ends):
        length = embeddings.shape[1]
        mask = torch.full((length, length), float("-inf")).triu(1)
        x = self.ln_final(self.transformer(embeddings + self.positional_embedding, mask))
        return x[torch.arange(len(x)), ends] @ self.text_projection


class Prompts(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.register_buffer("complete_text_embeddings", torch.empty(shape))


class Model(nn.Module):
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

    def forward(self, clips, ends):
        image = self.image_encoder(clips.flatten(0, 1)).unflatten(0, clips.shape[:2]).mean(1)
        text = self.text_encoder(self.prompt_learner.complete_text_embeddings, ends)
        unit = lambda x: x / x.norm(dim=-1, keepdim=True)
        return self.logit_scale.exp() * unit(image) @ unit(text).T


def main(checkpoint_path, steps_path):
    checkpoint = torch.load(checkpoint_path, weights_only=True)
    rest = torch.load(steps_path, weights_only=True)
    state = {name.removeprefix("module."): value for name, value in checkpoint["model"].items()}
    model = Model(state)
    model.load_state_dict(state, strict=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1, betas=(0.9, 0.98), eps=1e-8, weight_decay=1)
    optimizer.load_state_dict(checkpoint["optimizer"])
    assert optimizer.param_groups[0]["weight_decay"] == 0.001, optimizer.param_groups[0]
    ends = rest["ids"].argmax(1)
    for number, step in enumerate(rest["steps"]):
        optimizer.param_groups[0]["lr"] = step["lr"]
        loss = (-step["targets"] * model(step["clips"], ends).log_softmax(1)).sum(1).mean()
        print(f"step {number}: {loss.item():.6f} here, {step['loss']:.6f} in vifi")
        assert abs(loss.item() - step["loss"]) <= 1e-5 * step["loss"], "another loss"
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    main(*sys.argv[1:])
