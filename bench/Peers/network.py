"""The U-Net of the product as an ordinary eager PyTorch module; its parameters have the names of the checkpoints."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def norm(channels):
    return nn.GroupNorm(next(g for g in range(min(32, channels), 0, -1) if channels % g == 0), channels)


def resample(mode, x):
    if mode == "down":
        return F.avg_pool2d(x, 2)
    return F.interpolate(x, scale_factor=2.0, mode="nearest") if mode == "up" else x


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, width, mode=None):
        super().__init__()
        self.mode = mode
        self.in_layers = nn.Sequential(norm(inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * outputs))
        self.out_layers = nn.Sequential(norm(outputs), nn.SiLU(), nn.Identity(), nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, emb):
        h = self.in_layers[1](self.in_layers[0](x))
        h = self.in_layers[2](resample(self.mode, h))
        scale, shift = self.emb_layers(emb)[:, :, None, None].chunk(2, dim=1)
        h = self.out_layers[0](h) * (1 + scale) + shift
        return self.skip_connection(resample(self.mode, x)) + self.out_layers[1:](h)


class AttentionBlock(nn.Module):
    def __init__(self, channels, head):
        super().__init__()
        self.head = head
        self.norm = norm(channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, x, _):
        b, c, h, w = x.shape
        flat = x.reshape(b, c, h * w)
        q, k, v = self.qkv(self.norm(flat)).reshape(b * c // self.head, 3 * self.head, h * w).chunk(3, dim=1)
        weights = torch.bmm(q.transpose(1, 2), k).mul_(1 / math.sqrt(self.head)).softmax(-1)
        mixed = torch.bmm(v, weights.transpose(1, 2)).reshape(b, c, h * w)
        return (flat + self.proj_out(mixed)).reshape(b, c, h, w)


class Stage(nn.Sequential):
    def forward(self, x, emb):
        for layer in self:
            x = layer(x) if isinstance(layer, nn.Conv2d) else layer(x, emb)
        return x


class UNet(nn.Module):
    """config: the "network" of a manifest. Blocks that resample, a scaled and shifted norm and no learned variance only."""

    def __init__(self, config):
        super().__init__()
        if not (config["scaleShift"] and config["resampleInBlocks"]) or config["learnedVariance"] or config["dropout"]:
            raise ValueError("this script knows the network of the digit models only")
        self.width, multipliers, blocks = config["modelChannels"], config["channelMultipliers"], config["residualBlocks"]
        head, attends = config["headChannels"], config["attentionResolutions"]
        emb, images = 4 * self.width, config["channels"] * (2 if config["memory"] else 1)
        self.time_embed = nn.Sequential(nn.Linear(self.width, emb), nn.SiLU(), nn.Linear(emb, emb))
        self.label_emb = nn.Embedding(config["classes"] + 1, emb)

        def block(inputs, outputs, size):
            return [ResidualBlock(inputs, outputs, emb)] + ([AttentionBlock(outputs, head)] if size in attends else [])

        channels, size, skips = self.width * multipliers[0], config["imageSize"], []
        self.input_blocks = nn.ModuleList([Stage(nn.Conv2d(images, channels, 3, padding=1))])
        skips.append(channels)
        for level, multiplier in enumerate(multipliers):
            for _ in range(blocks):
                self.input_blocks.append(Stage(*block(channels, self.width * multiplier, size)))
                channels = self.width * multiplier
                skips.append(channels)
            if level + 1 < len(multipliers):
                self.input_blocks.append(Stage(ResidualBlock(channels, channels, emb, "down")))
                skips.append(channels)
                size //= 2
        self.middle_block = Stage(ResidualBlock(channels, channels, emb), AttentionBlock(channels, head), ResidualBlock(channels, channels, emb))
        self.output_blocks = nn.ModuleList()
        for level, multiplier in reversed(list(enumerate(multipliers))):
            for i in range(blocks + 1):
                layers = block(channels + skips.pop(), self.width * multiplier, size)
                channels = self.width * multiplier
                if level and i == blocks:
                    layers.append(ResidualBlock(channels, channels, emb, "up"))
                    size *= 2
                self.output_blocks.append(Stage(*layers))
        self.out = nn.Sequential(norm(channels), nn.SiLU(), nn.Conv2d(channels, config["channels"], 3, padding=1))
        half = self.width // 2
        self.register_buffer("frequencies", torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float64) / half).float(), persistent=False)

    def forward(self, x, t, labels, memory=None):
        angles = t[:, None].float() * self.frequencies[None]
        emb = self.time_embed(torch.cat([angles.cos(), angles.sin()], dim=1)) + self.label_emb(labels)
        h = x if memory is None else torch.cat([x, memory], dim=1)
        skips = []
        for stage in self.input_blocks:
            h = stage(h, emb)
            skips.append(h)
        h = self.middle_block(h, emb)
        for stage in self.output_blocks:
            h = stage(torch.cat([h, skips.pop()], dim=1), emb)
        return self.out(h)


def flops(network, config):
    """Multiplications and additions of one image, of convolutions, linear layers and products of attention."""
    total = 0

    def layer(module, inputs, output):
        nonlocal total
        # one value of the output sums over what one row of the weight has
        total += 2 * output.numel() * module.weight[0].numel()

    def attention(module, inputs, output):
        nonlocal total
        _, c, h, w = output.shape
        total += 2 * 2 * c * (h * w) ** 2

    kinds = {nn.Conv2d: layer, nn.Conv1d: layer, nn.Linear: layer, AttentionBlock: attention}
    hooks = [m.register_forward_hook(kinds[type(m)]) for m in network.modules() if type(m) in kinds]
    image = torch.zeros(1, config["channels"], config["imageSize"], config["imageSize"])
    with torch.no_grad():
        network(image, torch.zeros(1), torch.zeros(1, dtype=torch.int64), image if config["memory"] else None)
    for hook in hooks:
        hook.remove()
    return total
